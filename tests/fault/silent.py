#!/usr/bin/env python3
"""One department is silent for the whole run: do the others notice?

Two towns side by side, so that both have the same machine at the same moment:
in one, a department never answers. The same applications at the same rate go
into both. Of every other department, by the timestamps in Kafka:
  asked     application -> the department has answered it (matcher, commit, the
            department's own reading and answering)
  answered  its decision -> dispatch's word on it (matcher, commit, dispatch)
Printed as p50 and p99 of all other departments together; p99 must be within
--within percent.

  silent.py [--department MZ] [--applications N] [--rate PER_SECOND] [--seed S]
"""
import argparse
import os
import pathlib
import random
import sys
import threading
import time
import urllib.request

PYTHON = os.environ.get("LIANOU_PYTHON")
if PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE))
from run import settle, skip  # noqa: E402
from town import ROLES, Town  # noqa: E402

PREFIX = "qihe."
WARM = 0.2  # of the applications come before anything counts


class Half(Town):
    """A town whose partners are all but one."""

    silent = None

    def arguments(self, name):
        args = super().arguments(name)
        return args + ["--silent", self.silent] if name == "partners" and self.silent else args


def post(town, line):
    rq = urllib.request.Request("http://127.0.0.1:%d/v1/applications" % town.port, line.encode(),
                                {"Content-Type": "application/json"})
    for _ in range(50):
        try:
            with urllib.request.urlopen(rq, timeout=10):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("intake does not answer")


def feed(towns, lines, rate):
    """Each line to both at once, at that rate."""
    begun = time.time()
    for i, line in enumerate(lines):
        wait = begun + i / rate - time.time()
        if wait > 0:
            time.sleep(wait)
        both = [threading.Thread(target=post, args=(t, line)) for t in towns]
        for t in both:
            t.start()
        for t in both:
            t.join()


def timeline(town, schemas):
    """(asked, answered) in ms -> by department."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
    from topics import partitions, to_the_end
    numbers = {t: p for t, p in partitions(town.bootstrap, PREFIX).items()
               if t[len(PREFIX):].split(".")[0] in ("applications", "decisions", "dispatches")}
    c = Consumer({"bootstrap.servers": town.bootstrap, "group.id": "silent", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True})
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in numbers for p in numbers[t]])
    applied, decided, dispatched = {}, {}, {}
    for m in to_the_end(c, {(t, p) for t in numbers for p in numbers[t]}):
        topic = m.topic()[len(PREFIX):]
        kind, r = schemas.read(topic, m.value())
        at = m.timestamp()[1]
        if kind == "application":
            applied.setdefault(r["household_id"], at)
        elif kind == "decision":
            decided.setdefault(r["decision_id"], (topic.split(".")[1], r["household_id"], r["item"], at))
        elif kind == "dispatch_result":
            dispatched.setdefault(r["decision_id"], at)
    c.close()
    begun = sorted(applied.values())[int(len(applied) * WARM)]
    asked, answered, first = {}, {}, set()
    for id_, (department, household, item, at) in sorted(decided.items(), key=lambda d: d[1][3]):
        if applied[household] < begun or (household, item) in first:
            continue  # a later round is about news, not about the application
        first.add((household, item))
        asked.setdefault(department, []).append(at - applied[household])
        if id_ in dispatched:
            answered.setdefault(department, []).append(dispatched[id_] - at)
    return asked, answered


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))]


def others(by_department, silent):
    return [v for d, list_ in by_department.items() if d != silent for v in list_]


def judge(both, silent, within):
    """both: {"all answer": (asked, answered), "silent": ...}"""
    good = True
    print("  %-9s %-12s %9s %9s %9s" % ("", "", "events", "p50 ms", "p99 ms"))
    for k, what in enumerate(("asked", "answered")):
        p99 = {}
        for name in both:
            values = others(both[name][k], silent)
            p99[name] = quantile(values, 0.99)
            print("  %-9s %-12s %9d %9d %9d" % (what, name, len(values), quantile(values, 0.5), p99[name]))
        ratio = p99["silent"] / max(1, p99["all answer"])
        print("  %-9s p99 with a silent %s is %.2f of that without" % (what, silent, ratio))
        good = good and ratio <= 1 + within / 100
    departments = len([d for d in both["silent"][0] if d != silent])
    print("  %d other departments; the silent one answered %d" % (departments, len(both["silent"][0].get(silent, []))))
    return good and silent not in both["silent"][0]


def play(program, a):
    from topics import Schemas
    schemas = Schemas(SOURCE / "schemas")
    towns = []
    try:
        for silent in (None, a.department):
            town = Half(program)
            towns.append(town)
            town.silent = silent
            for name in ROLES:
                town.start(name)
        seed = a.seed or random.SystemRandom().randrange(1 << 30)
        print("seed %d, %d applications at %g a second into both" % (seed, a.applications, a.rate), flush=True)
        lines = towns[0].lianou("generate", "applications", str(a.applications), "--seed", str(seed)).stdout.splitlines()
        feed(towns, lines, a.rate)
        for town in towns:
            settle(town, 60)
        both = {"all answer": timeline(towns[0], schemas), "silent": timeline(towns[1], schemas)}
        return judge(both, a.department, a.within)
    finally:
        for town in towns:
            town.close(keep=False)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--department", default="MZ")
    p.add_argument("--applications", type=int, default=2000)
    p.add_argument("--rate", type=float, default=25)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--within", type=float, default=10)
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    sys.exit(0 if play(program, a) else 1)


if __name__ == "__main__":
    main()
