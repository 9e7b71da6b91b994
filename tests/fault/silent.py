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
  silent.py --short     few applications, so p50 decides and loosely: at most
                        thrice the other's (of a second at least), in one of
                        three tries, for a machine may stumble but who waits
                        for the silent waits always. Then such a wait, put in
                        on purpose, must be found
"""
import argparse
import os
import pathlib
import random
import signal
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

PYTHON = os.environ.get("LIANOU_PYTHON")
if PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE))
from patience import halt  # noqa: E402
from run import settle, skip  # noqa: E402
from town import ROLES, Town  # noqa: E402

PREFIX = "qihe."
WARM = 0.2  # of the applications come before anything counts
SHORT_TRIES, SHORT_TIMES, SHORT_FLOOR_MS = 3, 3, 1000
FEWEST = 30  # answers of others that say anything
HELD_S = 5  # the planted wait goes on so long after the last application, at least


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


def timeline(town, schemas, since):
    """(asked, answered) in ms -> by department, of what applied at `since` or
    later."""
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
    ours = sorted(at for at in applied.values() if at >= since)
    begun = ours[int(len(ours) * WARM)]
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


def compare(both, silent, q, times, floor):
    """both: {"all answer": (asked, answered), "silent": ...}. Is the quantile q
    of one at most so many times that of the other?"""
    good = True
    print("  %-9s %-12s %9s %9s %9s" % ("", "", "events", "p50 ms", "p99 ms"))
    for k, what in enumerate(("asked", "answered")):
        seen = {}
        for name in both:
            values = others(both[name][k], silent)
            seen[name] = quantile(values, q)
            print("  %-9s %-12s %9d %9d %9d" % (what, name, len(values), quantile(values, 0.5), quantile(values, 0.99)))
        ratio = seen["silent"] / max(floor, seen["all answer"])
        print("  %-9s p%d with a silent %s is %.2f of that without" % (what, q * 100, silent, ratio))
        good = good and ratio <= times
    departments = len([d for d in both["silent"][0] if d != silent])
    print("  %d other departments; the silent one answered %d" % (departments, len(both["silent"][0].get(silent, []))))
    few = min(len(others(b[0], silent)) for b in both.values()) < FEWEST
    return good and not few and silent not in both["silent"][0]


def warmed(towns, lines):
    """Groups joined, caches filled, in both; the instant from which it counts."""
    feed(towns, lines, 10)
    at_rest(towns)
    return int(time.time() * 1000)


def long_run(towns, schemas, a, since, lines):
    feed(towns, lines, a.rate)
    return compare(rest(towns, schemas, since), a.department, 0.99, 1 + a.within / 100, 1)


def short_run(towns, schemas, a, since, lines):
    share, good, tries = len(lines) // (SHORT_TRIES + 1), False, 0
    while not good and tries < SHORT_TRIES:
        feed(towns, lines[tries * share:(tries + 1) * share], a.rate)
        good = compare(rest(towns, schemas, since), a.department, 0.5, SHORT_TIMES, SHORT_FLOOR_MS)
        tries, since = tries + 1, int(time.time() * 1000)
    print("  now all partners wait behind the silent one", flush=True)
    partners = towns[1].roles["partners"]
    halt(partners.pid)
    try:
        feed(towns, lines[-share:], a.rate)
        ended = time.time()
        at_rest(towns[:1])
        # Beyond what is allowed on this machine, however slow it is just now.
        mine = quantile(others(timeline(towns[0], schemas, since)[0], a.department), 0.5)
        held = max(HELD_S, (SHORT_TIMES + 1) * max(mine, SHORT_FLOOR_MS) / 1000)
        time.sleep(max(0, ended + held - time.time()))
    finally:
        partners.send_signal(signal.SIGCONT)
    found = not compare(rest(towns, schemas, since), a.department, 0.5, SHORT_TIMES, SHORT_FLOOR_MS)
    print("  %s; the planted wait is %s" % ("good" if good else "TOO SLOW", "found" if found else "MISSED"))
    return good and found


def at_rest(towns):
    with ThreadPoolExecutor() as pool:
        for town, last in zip(towns, pool.map(lambda t: settle(t, 90), towns)):
            if last is None:
                raise RuntimeError("a town did not come to rest: %s" % town.audit())


def rest(towns, schemas, since):
    """Both at rest, and what they took."""
    at_rest(towns)
    return {"all answer": timeline(towns[0], schemas, since), "silent": timeline(towns[1], schemas, since)}


def play(program, a):
    from topics import Schemas
    schemas = Schemas(SOURCE / "schemas")
    towns = []
    try:
        with ThreadPoolExecutor() as pool:
            for made in [pool.submit(Half, program) for _ in range(2)]:
                towns.append(made.result())
        towns[1].silent = a.department
        for town in towns:
            for name in ROLES:
                town.start(name)
        seed = a.seed or random.SystemRandom().randrange(1 << 30)
        print("seed %d, %d applications at %g a second into both" % (seed, a.applications, a.rate), flush=True)
        lines = towns[0].lianou("generate", "applications", str(a.applications), "--seed", str(seed)).stdout.splitlines()
        since = warmed(towns, towns[0].lianou("generate", "applications", "15", "--seed", str(seed + 1)).stdout.splitlines())
        return (short_run if a.short else long_run)(towns, schemas, a, since, lines)
    finally:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda t: t.close(keep=False), towns))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--department", default="MZ")
    p.add_argument("--applications", type=int, default=2000)
    p.add_argument("--rate", type=float, default=25)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--within", type=float, default=10)
    p.add_argument("--short", action="store_true")
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    sys.exit(0 if play(program, a) else 1)


if __name__ == "__main__":
    main()
