"""The matcher role against a Kafka Streams program that does the same (peer-streams/Peer.java), on one real broker.

bench-needs: kafka

Both read the same applications, judge the same conditions of all items (Rules.java is made from the catalogue) and must come to the same
verdicts of every household before anything is timed. What the peer leaves out, in its favour, stands at the head of Peer.java. Both run for
a while before they are measured (the JVM until its code is compiled); blocks ours peer peer ours; CPU time of the process an application.
"""
import argparse
import datetime
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import fastavro
from confluent_kafka import Consumer, KafkaError, TopicPartition

import bench_matcher
import county

HERE = pathlib.Path(__file__).resolve().parent / "peer-streams"


def jars():
    """The pinned jars, once, in a cache outside the tree."""
    cache = pathlib.Path(county.os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lianou/peer-streams-4.1.1"
    if not (cache / ".complete").exists():
        print("bringing Kafka Streams to", cache, flush=True)
        subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", "-DoutputDirectory=%s" % cache],
                       check=True, stdout=subprocess.DEVNULL)
        (cache / ".complete").touch()
    return "%s/*" % cache


def compiled(work, config, env):
    """Rules.java from the catalogue, Peer.java; (class path, rules file)."""
    if shutil.which("javac") is None:
        sys.exit("javac is needed: apt-get install openjdk-17-jdk-headless")
    day = str(datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date())
    rules, path = work / "rules.json", jars()
    rules.write_text(subprocess.run([pathlib.Path(county.os.environ["LIANOU_BENCH_DIR"]) / "peer_rules", config, day], env=env,
                                    check=True, stdout=subprocess.PIPE, text=True).stdout)
    java = subprocess.run([sys.executable, HERE / "rules_to_java.py", rules, day], check=True, stdout=subprocess.PIPE, text=True).stdout
    (work / "Rules.java").write_text(java)
    subprocess.run(["javac", "-cp", path, "-d", work / "classes", work / "Rules.java", HERE / "Peer.java"], check=True)
    return "%s:%s" % (work / "classes", path), rules


class Peer:
    def __init__(self, bench, c, classes, rules, threads):
        self.process = subprocess.Popen(
            ["java", "-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", classes, "Peer",
             bench.kafka["bootstrap.servers"], c.prefix + "applications", c.prefix, rules, str(threads), c.dir / "streams"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(c.dir / "peer.log", "w"), text=True)
        self.log = c.dir / "peer.log"
        county.RUNNING.append(self.process)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the peer ended: " + self.log.read_text()[-2000:])
        return line.strip()

    def measure(self, n, feed):
        self.process.stdin.write("measure %d\n" % n)
        self.process.stdin.flush()
        while self.line() != "ready":
            pass
        feed()
        return json.loads(self.line())["cpu"]

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def verdicts(bench, c, schema):
    """{household: [(item, verdict)]} of the first evaluations."""
    topic = c.prefix + "evaluations"
    consumer = Consumer(dict(bench.kafka, **{"group.id": "bench-verdicts", "enable.partition.eof": True, "auto.offset.reset": "earliest"}))
    consumer.assign([TopicPartition(topic, p, 0) for p in range(c.partitions)])
    out, open_ = {}, c.partitions
    while open_ > 0:
        m = consumer.poll(10)
        if m is None:
            raise RuntimeError("nothing comes from " + topic)
        if m.error():
            if m.error().code() != KafkaError._PARTITION_EOF:
                raise RuntimeError(str(m.error()))
            open_ -= 1
            continue
        e = fastavro.schemaless_reader(io.BytesIO(m.value()[5:]), schema)
        out.setdefault(bytes(e["household_id"]), [(i["item"], i["verdict"]) for i in e["items"]])
    consumer.close()
    return out


def compare(ours, theirs):
    if not ours or set(ours) != set(theirs):
        sys.exit("%d households here, %d there" % (len(ours), len(theirs)))
    for h, v in ours.items():
        if v != theirs[h]:
            sys.exit("other verdicts of one household: %r" % [(a, b) for a, b in zip(v, theirs[h]) if a != b][:5])
    kinds = {}
    for v in ours.values():
        for _, word in v:
            kinds[word] = kinds.get(word, 0) + 1
    print("the same verdicts of %d households: %s" % (len(ours), kinds), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--applications", type=int)
    p.add_argument("--warm", type=int)
    p.add_argument("--pairs", type=int)
    args = p.parse_args()
    n = args.applications or (2000 if args.quick else 15000)
    warm = args.warm or (4000 if args.quick else 40000)
    pairs = args.pairs or (1 if args.quick else 4)
    checked = 1000
    with tempfile.TemporaryDirectory(prefix="lianou-bench-streams-") as work:
        b = bench_matcher.Bench(work, n)
        c, other = b.first, b.county()
        classes, rules = compiled(pathlib.Path(work), c.config, c.env)
        c.tool("bench_matcher", "prepare", c.config, 10000, 7, b.records)
        fed = {c: 0, other: 0}

        def feed(to, count):
            to.tool("bench_matcher", "feed", b.records, to.prefix + "applications", fed[to], count)
            fed[to] += count

        role = c.start("matcher", **b.more)
        role.wait_ready()
        peer = Peer(b, other, classes, rules, 2)
        feed(c, checked)
        b.drain(c, role, fed[c])
        peer.measure(checked, lambda: feed(other, checked))
        schema = fastavro.parse_schema(json.loads(json.loads(rules.read_text())["schemas"]["lianou.evaluation"]["json"]))
        compare(verdicts(b, c, schema), verdicts(b, other, schema))
        begun = time.monotonic()
        cold = peer.measure(warm, lambda: feed(other, warm))
        print("warmed for %.0f s, %.0f us CPU an application" % (time.monotonic() - begun, cold / warm * 1e6), flush=True)
        feed(c, warm)
        b.drain(c, role, fed[c])

        def ours():
            before = role.cpu()
            feed(c, n)
            b.drain(c, role, fed[c])
            return (role.cpu() - before) / n * 1e6

        def theirs():
            return peer.measure(n, lambda: feed(other, n)) / n * 1e6

        mine, its = [], []
        for i in range(pairs):
            for f in (ours, theirs) if i % 2 == 0 else (theirs, ours):
                (mine if f is ours else its).append(f())
            print("ours %.1f us, Kafka Streams %.1f us" % (mine[-1], its[-1]), flush=True)
        peer.stop()
        role.stop()
        note = "%d applications a block, all 64 items, verdicts of %d households compared" % (n, checked)
        bench_matcher.line("matcher against Kafka Streams 4.1 exactly_once_v2, CPU an application",
                           [m / t for m, t in zip(mine, its)], "x", 0.5, "less", note)
        bench_matcher.line("Kafka Streams, CPU an application", its, "us", None, "less", note)


if __name__ == "__main__":
    main()
