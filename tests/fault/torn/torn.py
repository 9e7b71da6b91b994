#!/usr/bin/env python3
"""Late, held, doubled and lost requests of transactions, and who notices.

  torn.py [--faults N] [--control N] [--shares P] [--lanes L] [--mode ours|stock]
          [--seed S] [--brokers B]      N faults on ours, fewer on stock
  torn.py --short       both modes on one broker, some dozens of faults each
  torn.py --planted     shows that the judge finds faults put in on purpose

A trial (trial.c) reads a topic and writes what it read to two others, in
transactions, through a proxy (proxy.py) that does to its requests what a network
may. Afterwards the judge reads what is committed in all topics, and the group's
offsets as they were written, past the proxy, with another client:
  duplicated  an input's output stands more than once
  lost        an input's output does not stand
  torn        of a transaction only a part stands
  back        a committed offset of the group, or the order of outputs, went back
`ours` (bus/kafka's shell) must show none of it; `stock` (librdkafka as its
documentation says) must show some, or the trial proves nothing.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent.parent
PYTHON = os.environ.get("LIANOU_PYTHON")
if __name__ == "__main__" and PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path[:0] = [str(HERE), str(HERE.parent)]
from brokers import start_brokers  # noqa: E402
from proxy import ADD_OFFSETS, ADD_PARTITIONS, END_TXN, INIT_PRODUCER, KINDS, PRODUCE, TXN_OFFSETS, Faults, Proxy  # noqa: E402

ANOMALIES = ("duplicated", "lost", "torn", "back")
# What harms stock use most; of it the short round's control is made.
WORST = (("late",), {END_TXN: 0.3})
CHANCES = {END_TXN: 0.25, ADD_PARTITIONS: 0.1, ADD_OFFSETS: 0.1, TXN_OFFSETS: 0.15, PRODUCE: 0.05}
STILL = 90  # seconds without any progress are a standstill
CONTROLS = 6  # rounds of stock use, until one shows something
AHEAD = 300  # a lane: inputs that wait, so that it always has something to do


class Judge:
    """Takes what stands, in the order of the topics; knows nothing of the trial."""

    def __init__(self):
        self.found = {k: 0 for k in ANOMALIES}
        self.first = {}
        self.sides = {}     # side -> {partition: [offsets of inputs]}
        self.attempts = {}  # (side, attempt) -> [how many stand, how many should]
        self.offsets = {}   # partition -> the group's last

    def say(self, kind, *what):
        self.found[kind] += 1
        self.first.setdefault(kind, what)

    def output(self, side, partition, value):
        attempt, size, offset = value.split()
        self.sides.setdefault(side, {}).setdefault(partition, []).append(int(offset))
        self.attempts.setdefault((side, attempt), [0, int(size)])[0] += 1

    def committed(self, partition, offset):
        if offset < self.offsets.get(partition, 0):
            self.say("back", "offset of", partition, self.offsets[partition], offset)
        self.offsets[partition] = offset

    def finish(self, inputs):
        """inputs: partition -> how many there are, from offset 0 on."""
        for side in ("left", "right"):
            for partition, count in inputs.items():
                got = self.sides.get(side, {}).get(partition, [])
                twice = len(got) - len(set(got))
                if twice:
                    self.found["duplicated"] += twice - 1
                    self.say("duplicated", side, partition, sorted(o for o in set(got) if got.count(o) > 1)[:1])
                missing = count - len(set(got))
                if missing:
                    self.found["lost"] += missing - 1
                    self.say("lost", side, partition, missing)
                for a, b in zip(got, got[1:]):
                    if b < a:
                        self.say("back", side, partition, a, b)
        for (side, attempt), (stand, should) in self.attempts.items():
            if stand != should:
                self.say("torn", side, attempt, stand, should)
        for side, other in (("left", "right"), ("right", "left")):
            for attempt in {a for s, a in self.attempts if s == side} - {a for s, a in self.attempts if s == other}:
                self.say("torn", side, attempt, "nothing in", other)
        return self.found


# -- reading, with another client than the one on trial

def consumer(bootstrap, isolation="read_committed"):
    from confluent_kafka import Consumer
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "torn-judge", "enable.auto.commit": False,
                     "auto.offset.reset": "earliest", "isolation.level": isolation, "enable.partition.eof": True,
                     "fetch.wait.max.ms": 50})


def read_all(bootstrap, topic, partitions, take):
    from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition
    c = consumer(bootstrap)
    left = set(range(partitions))
    c.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
    until = time.time() + STILL
    while left:
        if time.time() > until:
            raise SystemExit("%s cannot be read to its end: %s" % (topic, left))
        for m in c.consume(10000, 0.5):
            if m.error() is None:
                take(m)
            elif m.error().code() == KafkaError._PARTITION_EOF:
                left.discard(m.partition())
            until = time.time() + STILL
    c.close()


def group_offset(message, group, topic):
    """(partition, offset) if this record of __consumer_offsets is of the group."""
    key, value = message.key(), message.value()
    if not key or not value or struct.unpack_from(">h", key)[0] not in (0, 1):
        return None
    at, names = 2, []
    for _ in range(2):
        n = struct.unpack_from(">h", key, at)[0]
        names.append(key[at + 2:at + 2 + n].decode())
        at += 2 + n
    if names != [group, topic]:
        return None
    return struct.unpack_from(">i", key, at)[0], struct.unpack_from(">q", value, 2)[0]


def ends(bootstrap, topic, partitions):
    from confluent_kafka import TopicPartition
    c = consumer(bootstrap)
    found = {p: c.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(partitions)}
    c.close()
    return found


def judge(bootstrap, prefix, partitions):
    j = Judge()
    for side in ("left", "right"):
        read_all(bootstrap, prefix + side, partitions,
                 lambda m, side=side: j.output(side, m.partition(), m.value().decode()))

    def offset(m):
        got = group_offset(m, prefix + "group", prefix + "in")
        if got:
            j.committed(*got)
    read_all(bootstrap, "__consumer_offsets", 4, offset)
    inputs = ends(bootstrap, prefix + "in", partitions)
    read = sum(len(v) for s in j.sides.values() for v in s.values())
    return j.finish(inputs), j.first, {"inputs": sum(inputs.values()), "outputs": read,
                                       "transactions": len({a for _, a in j.attempts})}


# -- the trial

class Share:
    """One process on trial with its own topics and group: so many lanes, each
    with a producer of its own."""

    def __init__(self, trial, number):
        self.trial, self.lanes = trial, trial.lanes
        self.prefix = "torn.%s.%d.%d." % (trial.mode, trial.round, number)
        self.restarts, self.fed, self.done, self.since = 0, 0, 0, time.time()
        self.process = self.consumer = None

    def run(self):
        self.process = subprocess.Popen([self.trial.program, self.trial.mode, self.trial.outer, self.prefix, str(self.lanes)],
                                        stderr=open(self.trial.dir / (self.trial.mode + ".log"), "a"))

    def revive(self):
        if self.process.poll() is not None:
            self.restarts += 1
            print("  %s ended by itself with %d" % (self.prefix, self.process.returncode), flush=True)
            self.run()

    def feed(self, times=1):
        subprocess.run([self.trial.program, "feed", self.trial.direct, self.prefix, str(times * AHEAD * self.lanes),
                        str(self.lanes)], check=True)
        self.fed += times * AHEAD * self.lanes

    def look(self):
        """How far it has committed; True while that goes on."""
        from confluent_kafka import Consumer, KafkaException, TopicPartition
        self.consumer = self.consumer or Consumer({"bootstrap.servers": self.trial.direct, "group.id": self.prefix + "group"})
        try:
            got = self.consumer.committed([TopicPartition(self.prefix + "in", p) for p in range(self.lanes)], timeout=10)
            done = sum(max(p.offset, 0) for p in got)
        except KafkaException:
            done = self.done
        if done != self.done:
            self.done, self.since = done, time.time()
        return time.time() - self.since < STILL

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.consumer is not None:
            self.consumer.close()


class Trial:
    """Shares side by side: they mostly wait, for each other's brokers and for
    what the network does to them."""
    rounds = 0

    def __init__(self, program, mode, a, faults, folder, direct, outer):
        self.program, self.mode, self.lanes, self.dir = program, mode, a.lanes, pathlib.Path(folder)
        Trial.rounds = self.round = Trial.rounds + 1
        self.faults, self.direct, self.outer = faults, direct, outer
        self.shares = [Share(self, i) for i in range(a.shares)]

    def topics(self, copies):
        from confluent_kafka.admin import AdminClient, NewTopic
        admin = AdminClient({"bootstrap.servers": self.direct})
        names = [s.prefix + n for s in self.shares for n in ("in", "left", "right")]
        for f in admin.create_topics([NewTopic(n, self.lanes, copies) for n in names]).values():
            f.result(60)

    def calm(self):
        """So much more, without faults; how many producers were begun by then."""
        for s in self.shares:
            s.feed()
        while any(s.done < s.fed for s in self.shares):
            if not all([s.look() for s in self.shares]):
                return None
            time.sleep(0.2)
        return self.faults.seen.get(INIT_PRODUCER)

    def drive(self, faults):
        """Until so many faults are done; then until all that was fed is done with."""
        for s in self.shares:
            s.run()
        calm = [self.calm(), self.calm()]
        if calm[1] is None or self.mode == "ours" and calm[0] != calm[1]:
            print("  without a fault producers were made anew: %s, %s" % tuple(calm), flush=True)
            return False
        begun = time.time()
        while True:
            self.faults.on = self.faults.count() < faults
            for s in self.shares:
                if not s.look():
                    print("  %s stands still at %d of %d" % (s.prefix, s.done, s.fed), flush=True)
                    return False
                if self.faults.on and s.fed - s.done < AHEAD * self.lanes:
                    s.feed(4)
                s.revive()
            if not self.faults.on and all(s.done >= s.fed for s in self.shares):
                print("  %.1f faults a second" % (self.faults.count() / (time.time() - begun)), flush=True)
                return True
            time.sleep(0.2)

    def end(self):
        for s in self.shares:
            if s.process is not None:
                s.end()


def added(into, more):
    for k, n in more.items():
        into[k] = into.get(k, 0) + n


def trial(direct, proxy, mode, a, folder, outer):
    begun = time.time()
    worst = WORST if a.short and mode == "stock" else (KINDS, CHANCES)
    t = Trial(a.program, mode, a, Faults(a.seed, *worst), folder, direct, outer)
    proxy.faults = t.faults
    t.topics(a.brokers)
    try:
        rested = t.drive(a.faults if mode == "ours" else a.control)
    finally:
        t.end()
    found, first, counts = {}, {}, {}
    for s in t.shares:
        one = judge(direct, s.prefix, t.lanes)
        added(found, one[0])
        first.update(one[1])
        added(counts, one[2])
    told = {"%s %s" % k: n for k, n in sorted(t.faults.done.items())}
    restarts = sum(s.restarts for s in t.shares)
    print("%s: %d faults in %.0f s, seed %d: %s" % (mode, t.faults.count(), time.time() - begun, a.seed,
                                                    json.dumps(counts)), flush=True)
    print("  faults:", json.dumps(told))
    print("  anomalies:", json.dumps(found), first or "", "restarts %d" % restarts if restarts else "", flush=True)
    return rested, found, restarts


def planted():
    """The judge on records of its own, each with one fault."""
    def account(outputs, offsets=((0, 2), (0, 4)), inputs=4):
        j = Judge()
        for side, value in outputs:
            j.output(side, 0, value)
        for o in offsets:
            j.committed(*o)
        return {k for k, n in j.finish({0: inputs}).items() if n}
    good = [(s, "%s 2 %d" % (a, o)) for s in ("left", "right") for a, o in (("1-1", 0), ("1-1", 1), ("1-2", 2), ("1-2", 3))]
    cases = [("nothing", account(good), set()),
             ("an output twice", account(good + [good[3]]), {"duplicated", "torn"}),
             ("a transaction twice", account(good + [("left", "1-3 2 2"), ("left", "1-3 2 3"), ("right", "1-3 2 2"),
                                                     ("right", "1-3 2 3")]), {"duplicated", "back"}),
             ("half of a transaction, done again", account(good[:2] + [("left", "1-0 2 2")] + good[2:]), {"duplicated", "torn"}),
             ("an output dropped", account(good[1:]), {"lost", "torn"}),
             ("a transaction of one side", account(good[:4] + good[4:6]), {"lost", "torn"}),
             ("an input without outputs", account(good, inputs=5), {"lost"}),
             ("an offset that goes back", account(good, offsets=((0, 2), (0, 4), (0, 2))), {"back"})]
    ok = True
    for name, got, want in cases:
        ok = ok and got >= want and (bool(want) or not got)
        print("%-36s %s" % (name, ", ".join(sorted(got)) or "nothing found"), "" if got >= want else "WANTED %s" % want)
    return ok


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--faults", type=int, default=10000)
    p.add_argument("--control", type=int, default=1000)
    p.add_argument("--shares", type=int, default=4)
    p.add_argument("--lanes", type=int, default=16)
    p.add_argument("--mode", choices=("ours", "stock", "both"), default="both")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--brokers", type=int, default=1)
    p.add_argument("--program", default=os.environ.get("LIANOU_TORN_TRIAL"))
    p.add_argument("--short", action="store_true")
    p.add_argument("--planted", action="store_true")
    a = p.parse_args()
    if a.planted:
        sys.exit(0 if planted() else 1)
    if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
        print("SKIPPED: LIANOU_PYTHON or LIANOU_KAFKA_HOME is not set; ops/test makes them")
        sys.exit(77)
    a.program = a.program or str(SOURCE / "build/dev/tests/fault/torn/torn_trial")
    a.seed = a.seed or random.SystemRandom().randrange(1 << 30)
    if a.short:
        a.faults, a.control, a.shares, a.lanes = 60, 60, 1, 8
    modes = ("stock", "ours") if a.mode == "both" else (a.mode,)
    folder = tempfile.mkdtemp(prefix="lianou-torn-")
    proxy = Proxy(Faults(), a.brokers)
    kafka, good = pathlib.Path(folder) / "kafka", True
    try:
        direct = start_brokers(kafka, a.brokers, OUTER=" ".join(map(str, proxy.ports)))
        homes = [kafka] if a.brokers == 1 else [kafka / str(i + 1) for i in range(a.brokers)]
        outer = proxy.aim([(h / "outer").read_text().strip() for h in homes])
        for mode in modes:
            rested, found, restarts = trial(direct, proxy, mode, a, folder, outer)
            # Where processes wait for the processor a late request often finds
            # no transaction to tear: then more of them.
            for _ in range(CONTROLS - 1 if mode == "stock" else 0):
                if any(found.values()):
                    break
                a.seed += 1
                found = trial(direct, proxy, mode, a, folder, outer)[1]
            if mode == "ours":
                good = good and rested and restarts == 0 and not any(found.values())
            elif not any(found.values()):
                print("  stock use showed nothing: the trial proves nothing")
                good = False
    finally:
        proxy.close()
        subprocess.run([SOURCE / "ops/kafka/stop", kafka, "KILL"])
        if good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print("  logs stay in", folder)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
