"""The real matcher role against raw librdkafka, on one real broker.

bench-needs: kafka

Ours: `lianou run matcher` (release), exactly once, all items evaluated, fan-out. Raw: bench_matcher raw, at least once: the
same input messages, and as many output messages of the same topics, keys, headers, bytes (lz4) as a matcher wrote before; both read the
memberships that they write. Blocks
ours raw raw ours, each on topics of its own; CPU time of the client process. What the role needs for its start is measured by an
idle one and taken off; the raw client's start is not counted either.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

import county

OUTPUTS = ("evaluations", "cases", "households", "parked", "assignments", "verification-requests", "memberships", "dead-letters")
QUIET_S = 0.5  # nothing more is committed for so long: all is done


class Bench:
    def __init__(self, work, applications, lanes=2):
        self.work, self.n = pathlib.Path(work), applications
        self.kafka = {"bootstrap.servers": county.os.environ["LIANOU_KAFKA"], "log_level": 0}
        self.admin = AdminClient(self.kafka)
        self.blocks = 0
        self.first = self.county()
        self.keys = self.first.keys
        self.records = self.work / "applications"
        self.more = {"LIANOU_MATCHER_LANES": str(lanes)}

    def county(self):
        self.blocks += 1
        c = county.County(self.work, "b%dx%d." % (county.os.getpid(), self.blocks), keys=getattr(self, "keys", None))
        c.lianou("topics", "apply")
        return c

    def topics(self, c):
        return [t for t in self.admin.list_topics(timeout=20).topics if t.startswith(c.prefix)]

    def forget(self, c):
        for f in self.admin.delete_topics(self.topics(c)).values():
            f.result()

    def committed(self, consumer, topic):
        try:
            got = consumer.committed([TopicPartition(topic, p) for p in range(4)], timeout=5)
        except KafkaException:
            return 0
        return sum(max(0, p.offset) for p in got)

    def drain(self, c, role, n):
        """Waits until n applications and what follows from them are committed; CPU seconds by then, and applications a second from the
        first commit on."""
        consumer = Consumer(dict(self.kafka, **{"group.id": c.prefix + "matcher"}))
        first, last = None, (0, 0)
        while True:
            done, more = (self.committed(consumer, c.prefix + t) for t in ("applications", "memberships"))
            at = time.monotonic()
            if done > 0 and first is None:
                first = (done, at)
            if done + more != last[0]:
                last = (done + more, at)
            if done >= n and at - last[1] > QUIET_S:
                cpu = role.cpu()
                consumer.close()
                return cpu, (n - first[0]) / max(last[1] - first[1], 1e-3)
            if role.process.poll() is not None:
                raise RuntimeError(role.log.read_text()[-2000:])
            time.sleep(0.01)

    def prepare(self, captured):
        """Makes the input, and what raw is to write: the outputs of the first applications."""
        made = self.first.tool("bench_matcher", "prepare", self.first.config, self.n, 7, self.records)
        role = self.first.start("matcher", **self.more)
        role.wait_ready()
        self.idle = role.cpu()
        self.first.tool("bench_matcher", "feed", self.records, self.first.prefix + "applications", 0, captured)
        self.drain(self.first, role, captured)
        role.stop()
        outputs = [t[len(self.first.prefix):] for t in self.topics(self.first)
                   if t[len(self.first.prefix):].split(".")[0] in OUTPUTS]
        wrote = self.first.tool("bench_matcher", "capture", self.first.prefix, self.work / "outputs", *outputs)
        self.forget(self.first)
        self.shape = "%d applications of %d bytes, %.2f messages and %d bytes out of each, lz4" % (
            self.n, made["value_bytes"], wrote["messages"] / captured, wrote["bytes"] / captured)
        print(self.shape)
        self.wrote, self.captured = wrote, captured
        if wrote["dead_letters"] > 0:
            raise RuntimeError("%d applications became dead letters" % wrote["dead_letters"])

    def feed(self, c):
        c.tool("bench_matcher", "feed", self.records, c.prefix + "applications", 0, self.n)

    def ours(self):
        c = self.county()
        self.feed(c)
        role = c.start("matcher", **self.more)
        cpu, rate = self.drain(c, role, self.n)
        role.stop()
        self.forget(c)
        r = {"cpu": (cpu - self.idle) / self.n * 1e6, "rate": rate}
        print("ours  %7.1f us CPU an application  %6.0f applications/s" % (r["cpu"], r["rate"]), flush=True)
        return r

    def raw(self):
        c = self.county()
        self.feed(c)
        got = c.tool("bench_matcher", "raw", self.work / "outputs", self.captured, c.prefix + "applications", c.prefix, self.n)
        self.forget(c)
        r = {"cpu": got["cpu"] / self.n * 1e6, "rate": self.n / got["wall"], "messages": got["messages"] / self.n,
             "bytes": got["bytes"] / self.n}
        print("raw   %7.1f us CPU an application  %6.0f applications/s  %.2f messages, %d bytes each" %
              (r["cpu"], r["rate"], r["messages"], r["bytes"]), flush=True)
        return r


def line(name, values, unit, target, better, note):
    print(json.dumps({"name": name, "value": round(statistics.median(values), 3), "unit": unit, "target": target, "better": better,
                      "note": "%s; %d pairs, %.3g to %.3g" % (note, len(values), min(values), max(values))}), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--applications", type=int)
    p.add_argument("--pairs", type=int)
    p.add_argument("--lanes", type=int, default=2)
    args = p.parse_args()
    n = args.applications or (3000 if args.quick else 40000)
    pairs = args.pairs or (1 if args.quick else 4)
    with tempfile.TemporaryDirectory(prefix="lianou-bench-matcher-") as work:
        b = Bench(work, n, args.lanes)
        b.prepare(min(n, 2000 if args.quick else 4000))
        ours, raw = [], []
        for i in range(pairs):
            for which in ("ours", "raw") if i % 2 == 0 else ("raw", "ours"):
                (ours if which == "ours" else raw).append(getattr(b, which)())
        cpu = [o["cpu"] / r["cpu"] for o, r in zip(ours, raw)]
        rate = [o["rate"] / r["rate"] for o, r in zip(ours, raw)]
        line("matcher against raw librdkafka, CPU an application", cpu, "x", 2.0, "less", b.shape)
        line("the same, throughput", rate, "x", 0.6, "more", b.shape)
        line("matcher, CPU an application", [o["cpu"] for o in ours], "us", None, "less", b.shape)
        line("raw librdkafka, CPU an application", [r["cpu"] for r in raw], "us", None, "less", b.shape)


if __name__ == "__main__":
    sys.exit(main())
