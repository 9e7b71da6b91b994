"""A case's whole life, from POST to closed: `lianou demo` on a real Kafka and PostgreSQL, all partners simulated.

bench-needs: kafka postgresql

Counted until nothing moves any more: CPU time of each role, of the broker and of the database; the bytes of every topic, on the broker's disk
(its .log files, lz4 as written, transaction marks and all) and as messages (key, value, headers); the matcher's memory. With --against PROGRAM
(or LIANOU_AGAINST) both programs run in blocks a b b a, and the ratios of pairs are what has a target. Partner-facing are the topics somebody
outside writes or reads: PARTNERS below; the others are the bus's own.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient

import bench_memory

TICKS = os.sysconf("SC_CLK_TCK")
PARTNERS = ("applications", "facts", "evaluations", "assignments", "decisions", "cases", "verification-requests", "verification-results",
            "payment-orders", "payment-results", "delivery-tasks", "delivery-receipts", "needs", "claims")
LOOK_S = 0.05


def stat(pid):
    """(own seconds, waited children's seconds) of a process, (0, 0) if it is gone."""
    try:
        f = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, 0.0
    return (int(f[11]) + int(f[12])) / TICKS, (int(f[13]) + int(f[14])) / TICKS


def children(pid):
    try:
        return [int(p) for p in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]
    except OSError:
        return []


def words(pid):
    try:
        return pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().decode().split("\0")[1:-1]
    except OSError:
        return []


def metrics(pid, *names):
    """Counters of a role by its own /metrics; None if it has no such (an earlier build)."""
    try:
        environ = pathlib.Path("/proc/%d/environ" % pid).read_bytes().decode().split("\0")
        port = next(e.split("=", 1)[1] for e in environ if e.startswith("LIANOU_PORT_MATCHER="))
        with urllib.request.urlopen("http://127.0.0.1:%s/metrics" % port, timeout=5) as r:
            lines = dict(line.rsplit(" ", 1) for line in r.read().decode().splitlines() if not line.startswith("#"))
        return [float(lines[n]) if n in lines else None for n in names]
    except (OSError, StopIteration, TypeError):
        return [None] * len(names)


def tree(pid):
    """Seconds of a process, of its living children and of those it has waited for."""
    own, ended = stat(pid)
    return own + ended + sum(stat(p)[0] for p in children(pid))


class Watch(threading.Thread):
    """CPU of the demo's roles, each to the last look before it ended."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.cpu, self.name_of, self.over = pid, {}, {}, threading.Event()

    def run(self):
        while not self.over.wait(LOOK_S):
            self.look()

    def look(self):
        for p in children(self.pid):
            name = self.name_of.get(p)
            if name is None:
                w = words(p)
                if len(w) < 2 or w[0] == "demo":  # not there yet
                    continue
                name = self.name_of[p] = "partners" if w[0] == "partners" else " ".join(w[1:3]) if w[0] == "run" else w[0]
            self.cpu[p] = max(self.cpu.get(p, 0.0), stat(p)[0])

    def by_role(self):
        got = {}
        for p, s in self.cpu.items():
            got[self.name_of[p]] = got.get(self.name_of[p], 0.0) + s
        return got

    def matcher(self):
        return next((p for p, n in self.name_of.items() if n == "matcher"), None)


class Life:
    def __init__(self):
        self.kafka = {"bootstrap.servers": os.environ["LIANOU_KAFKA"], "log_level": 0}
        self.admin = AdminClient(self.kafka)
        self.dir = pathlib.Path(os.environ["LIANOU_KAFKA_DIR"])
        self.broker = int((self.dir / "pid").read_text())
        self.postgres = int(os.environ["LIANOU_DB_PID"])

    def demo_topics(self):
        return {t for t in self.admin.list_topics(timeout=20).topics if t.startswith("demo-")}

    def messages(self, topics):
        """Bytes and messages by topic, as a consumer that reads everything sees them."""
        c = Consumer(dict(self.kafka, **{"group.id": "bench-life", "enable.partition.eof": True, "enable.auto.commit": False}))
        meta = self.admin.list_topics(timeout=20).topics
        parts = [TopicPartition(t, p, 0) for t in topics for p in meta[t].partitions]
        c.assign(parts)
        got, left = {t: [0, 0] for t in topics}, len(parts)
        while left > 0:
            for m in c.consume(10000, 5):
                if m.error():
                    if m.error().code() != KafkaError._PARTITION_EOF:
                        raise RuntimeError(str(m.error()))
                    left -= 1
                    continue
                heads = sum(len(k) + len(v or b"") for k, v in m.headers() or ())
                got[m.topic()][0] += len(m.key() or b"") + len(m.value() or b"") + heads
                got[m.topic()][1] += 1
        c.close()
        return got

    def disk(self, topics):
        got = dict.fromkeys(topics, 0)
        for d in (self.dir / "data").iterdir():
            if d.is_dir() and d.name.rsplit("-", 1)[0] in got:
                got[d.name.rsplit("-", 1)[0]] += sum(used(f) for f in d.glob("*.log"))
        return got

    def run(self, program, n):
        """One life of n applications with the program."""
        before, old = {"broker": tree(self.broker), "postgresql": tree(self.postgres)}, self.demo_topics()
        env = {k: v for k, v in os.environ.items() if k not in ("LIANOU_KAFKA_DIR", "LIANOU_DB_PID")}
        config = pathlib.Path(program).resolve().parent.parent / "bus-config.of"
        if config.exists():
            env["LIANOU_CONFIG"] = config.read_text().strip()
        begun = time.monotonic()
        p = subprocess.Popen([program, "demo", "--kafka", os.environ["LIANOU_KAFKA"], "--db", os.environ["LIANOU_DB"],
                              "--applications", str(n), "--json", "--keep"] + self.as_before(program), env=env, cwd=os.environ["LIANOU_SOURCE"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        w = Watch(p.pid)
        w.start()
        try:
            tail = self.until_rest(p)
            w.look()
            w.over.set()
            cpu = w.by_role()
            cpu["broker"] = tree(self.broker) - before["broker"]
            cpu["postgresql"] = tree(self.postgres) - before["postgresql"]
            seconds = time.monotonic() - begun
            memory = bench_memory.beside_lmdb(w.matcher())
            seals, seals_us = metrics(w.matcher(), "lianou_seals_verified_total", "lianou_seals_verified_cpu_microseconds_total")
            topics = self.demo_topics() - old
            disk, said = self.disk(topics), self.messages(topics)
        finally:
            p.send_signal(signal.SIGINT)
            try:
                out, err = p.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                p.kill()
                out, err = p.communicate()
        if p.returncode != 0 or not out.strip():
            raise RuntimeError("%s demo ended with %s: %s" % (program, p.returncode, (tail + err)[-1500:]))
        account = json.loads(out.strip().splitlines()[-1])
        if account["lost"] or account["duplicated"] or account["out_of_order"] or account["dead_lettered"]:
            raise RuntimeError("the account is not clean: %s" % account)
        short = {t: t.split(".", 1)[1] for t in topics}
        return {"cpu": {k: v / n * 1e3 for k, v in cpu.items()}, "seconds": seconds, "memory": memory, "account": account, "n": n,
                "seals": (seals or 0) / n, "seals_ms": (seals_us or 0) / n / 1e3,
                "disk": fold(short, disk, n), "said": fold(short, {t: b for t, (b, _) in said.items()}, n),
                "count": fold(short, {t: c for t, (_, c) in said.items()}, n)}

    def as_before(self, program):
        """Partners as the county's files have them: the demo puts some behind ways that the earlier program does not know."""
        usage = subprocess.run([program, "help", "demo"], stdout=subprocess.PIPE, text=True, check=False).stdout
        return ["--as-configured"] if "--as-configured" in usage else []

    def until_rest(self, p):
        """--keep says how to go on when nothing moves any more."""
        tail = ""
        for line in p.stderr:
            tail = (tail + line)[-3000:]
            if "lianou()" in line or "/env" in line or "Ctrl-C" in line:
                return tail
        raise RuntimeError("the demo ended before it came to rest:\n" + tail)


def used(f):
    """A log file's bytes; the active one may be preallocated."""
    return min(f.stat().st_size, f.stat().st_blocks * 512)


def fold(short, by_topic, n):
    """Bytes (or messages) an application by what stands before the topic's dot."""
    got = {}
    for t, b in by_topic.items():
        name = short[t].split(".")[0]
        got[name] = got.get(name, 0) + b / n
    return {k: v for k, v in sorted(got.items(), key=lambda i: -i[1]) if v > 0}


def partner_bytes(by_name):
    return sum(b for name, b in by_name.items() if name in PARTNERS)


def share(r, kind):
    return sum(r[kind].values()) / partner_bytes(r[kind])


def beside_seals(r):
    """The matcher's CPU an application but for the verification of seals, which the earlier program did not do."""
    return r["cpu"]["matcher"] - r["seals_ms"]


def whole(r):
    return sum(r["cpu"].values())


def row(name, values, unit, target, note):
    print(json.dumps({"name": name, "value": round(statistics.median(values), 3), "unit": unit, "target": target, "better": "less",
                      "note": "%s; %.3g to %.3g" % (note, min(values), max(values))}, ensure_ascii=False), flush=True)


def tell(which, r):
    rounded = {k: round(v, 2) for k, v in sorted(r["cpu"].items(), key=lambda i: -i[1])}
    print("%s: %d applications in %.0f s, %.2f ms CPU each: %s" % (which, r["n"], r["seconds"], whole(r), rounded))
    print("   bytes of messages each %d: %s" % (sum(r["said"].values()), {k: round(v) for k, v in r["said"].items()}))
    print("   messages each: %s" % {k: round(v, 2) for k, v in r["count"].items()})
    print("   on disk each %d: %s" % (sum(r["disk"].values()), {k: round(v) for k, v in r["disk"].items()}))
    print("   %.2f seals verified each, %.3f ms; the matcher beside it %.3f ms" % (r["seals"], r["seals_ms"], beside_seals(r)))
    print("   memory %s MB" % {k: round(v, 1) for k, v in r["memory"].items()}, flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--applications", type=int)
    p.add_argument("--pairs", type=int)
    p.add_argument("--many", type=int, help="applications of the run whose memory is looked at; 0: none")
    p.add_argument("--against", default=os.environ.get("LIANOU_AGAINST"), help="the other program")
    args = p.parse_args()
    n = args.applications or (200 if args.quick else 2000)
    pairs = args.pairs or (1 if args.quick else 2)
    many = args.many if args.many is not None else (0 if args.quick else 8000)
    life, ours = Life(), os.environ["LIANOU_PROGRAM"]
    got = {"ours": [], "against": []}
    for i in range(pairs):
        order = ("ours", "against") if i % 2 == 0 else ("against", "ours")
        for which in order if args.against else ("ours",):
            got[which].append(life.run(ours if which == "ours" else args.against, n))
            tell(which, got[which][-1])
    mine, other = got["ours"], got["against"]
    note = "%d applications to the last close, %d closed, %d of them open" % (n, mine[0]["account"]["cases_closed"], mine[0]["account"]["open"])
    row("bytes of all topics against partner-facing ones", [share(r, "said") for r in mine], "x", 1.5, "key, value and headers; " + note)
    row("the same on the broker's disk", [share(r, "disk") for r in mine], "x", None, "lz4, transaction marks and all; " + note)
    if other:
        row("matcher's CPU, whole life, against before, seals apart", [beside_seals(a) / beside_seals(b) for a, b in zip(mine, other)], "x", 0.333, note)
        row("the same with the seals", [a["cpu"]["matcher"] / b["cpu"]["matcher"] for a, b in zip(mine, other)], "x", None, note)
        row("CPU of all processes, whole life, against before", [whole(a) / whole(b) for a, b in zip(mine, other)], "x", 0.5,
            "broker and database in it; " + note)
        row("matcher's CPU before, an application", [r["cpu"]["matcher"] for r in other], "ms", None, note)
        row("CPU of all processes before, an application", [whole(r) for r in other], "ms", None, note)
        row("bytes of all topics before, an application", [sum(r["said"].values()) for r in other], "B", None, note)
        row("matcher's memory before", [bench_memory.size(r["memory"]) for r in other], "MB", None, note)
    row("matcher's CPU, whole life, an application", [r["cpu"]["matcher"] for r in mine], "ms", None, note)
    row("of that SM2, %.2f seals verified" % mine[0]["seals"], [r["seals_ms"] for r in mine], "ms", None, "lianou_seals_verified_cpu_microseconds_total")
    row("matcher's CPU, whole life, an application, seals apart", [beside_seals(r) for r in mine], "ms", 0.8, note)
    row("CPU of all processes, whole life, an application", [whole(r) for r in mine], "ms", None, note)
    row("bytes of all topics, an application", [sum(r["said"].values()) for r in mine], "B", None, note)
    row("bytes of households, an application", [r["said"].get("households", 0) for r in mine], "B", None, note)
    row("matcher's memory after %d lives" % n, [bench_memory.size(r["memory"]) for r in mine], "MB", 96, note)
    if many:
        r = life.run(ours, many)
        tell("ours", r)
        row("matcher's memory after %d lives" % many, [bench_memory.size(r["memory"])], "MB", 96, "one run")


if __name__ == "__main__":
    sys.exit(main())
