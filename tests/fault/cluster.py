#!/usr/bin/env python3
"""A cluster of three brokers, replication 3, that is treated badly: brokers are
killed and stopped, the network loses, doubles and swallows. The roles must come
to rest by themselves, never be silent while a majority of brokers is well, and
nothing may be lost, doubled, torn or out of order: told by `lianou audit` and by
tests/fault/checker.py, which reads topics and tables itself.

  cluster.py [--applications N] [--rounds R] [--seed S] [FAULT ...]
  cluster.py --short      the coordinator killed and stopped, and resets; some applications,
                          what is usual measured and all judged once
A role may be silent for 10 s, from when the brokers themselves say that they can
go on, beside what it is silent for without any fault: that is measured before
each fault. Seconds are those of a machine that does nothing else (tests/fault/pace.py):
where others take half of the cores, two seconds pass as one, and four at most.

FAULTs, in the order given (default: all):
  coordinator   the broker that leads the matcher's group is killed and stays away
                until the roles have gone on without it
  kills         one broker after the other is killed and comes back
  stops         one broker after the other is stopped (SIGSTOP) for 20 to 60 s
  stopped       the broker that leads the matcher's group is, not killed
  hole          the network to one broker swallows everything for 20 to 40 s
  resets        all connections are reset, again and again
  answers       requests of transactions come late, wait, double, lose their answers
"""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PYTHON = os.environ.get("LIANOU_PYTHON")
if __name__ == "__main__" and PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path[:0] = [str(HERE), str(HERE / "torn")]
from brokers import start_brokers  # noqa: E402
from proxy import ADD_OFFSETS, ADD_PARTITIONS, END_TXN, PRODUCE, TXN_OFFSETS, Faults, Proxy  # noqa: E402
from pace import Pace  # noqa: E402
from patience import halt, until  # noqa: E402
from run import feed, judge, settle, skip  # noqa: E402
from town import ROLES, Town  # noqa: E402

FAULTS = ("coordinator", "kills", "stops", "stopped", "hole", "resets", "answers")
CHANCES = {END_TXN: 0.15, ADD_PARTITIONS: 0.05, ADD_OFFSETS: 0.05, TXN_OFFSETS: 0.1, PRODUCE: 0.03}
SILENT = 10  # seconds longer than without a fault, from when the cluster can go on
AWAY = 30  # seconds in which the coordinator stays away and all must go on
CALM = 20  # seconds without a fault, to know how often a role speaks anyway
ACCOUNT = ("applications", "closed", "open", "parked", "dead_lettered", "lost", "duplicated", "torn", "out_of_order")


class Cluster(Town):
    """Three brokers; the roles' way to them leads through a proxy."""

    brokers = 3
    away = AWAY

    def __init__(self, program, seed):
        self.faults = Faults(seed, chances=CHANCES)
        self.homes, self.proxy = [], None
        self.admins = {}  # of the brokers that are there: who asks only that one
        super().__init__(program)

    def start_kafka(self):
        self.proxy = Proxy(self.faults, self.brokers)
        self.direct = start_brokers(self.dir / "kafka", self.brokers, OUTER=" ".join(map(str, self.proxy.ports)))
        self.homes = [self.dir / "kafka" / str(i + 1) for i in range(self.brokers)]
        for i in range(self.brokers):
            self.know(i)
        self.bootstrap = self.proxy.aim([(h / "outer").read_text().strip() for h in self.homes])

    def broker_signal(self, i, number):
        pid = int((self.homes[i] / "pid").read_text())
        halt(pid) if number == signal.SIGSTOP else os.kill(pid, number)
        self.admins.pop(i, None) if number == signal.SIGSTOP else self.know(i)

    def broker_kill(self, i):
        self.admins.pop(i, None)
        subprocess.run([SOURCE / "ops/kafka/stop", self.homes[i], "KILL"], check=True)

    def broker_start(self, i):
        start_brokers(self.homes[i])
        self.know(i)

    def know(self, i):
        from confluent_kafka.admin import AdminClient
        self.admins[i] = AdminClient({"bootstrap.servers": (self.homes[i] / "bootstrap").read_text().strip(), "socket.timeout.ms": 3000,
                                      "log_level": 0})

    def partitions(self):
        """Of all topics [(leader, copies in step)], as each broker that is there tells it."""
        def told(admin):
            try:
                topics = admin.list_topics(timeout=5).topics.values()
            except Exception:  # noqa: BLE001 it is on its way up
                return []
            return [(p.leader - 1, {b - 1 for b in p.isrs}) for t in topics for p in t.partitions.values()]
        return [told(a) for a in self.admins.values()]

    def able(self, away):
        """The others know that this broker leads nothing and that nothing waits for
        its copies: all can go on without it."""
        others = set(range(self.brokers)) - {away}
        return all(seen and all(leader in others and copies == others for leader, copies in seen) for seen in self.partitions())

    def whole(self):
        """Every copy is in step: any broker may go."""
        seen = self.partitions()
        return len(seen) == self.brokers and all(s and all(len(p[1]) == self.brokers for p in s) for s in seen)

    def wait(self, holds, what):
        """For what the cluster does by itself; fails after long without progress."""
        begun = time.time()
        if not until(holds, 40, lambda: str(self.partitions())):
            raise RuntimeError("the cluster itself is not " + what)
        print("    %s by %.1f s" % (what, time.time() - begun), flush=True)

    def coordinator(self, group):
        """The broker (from 0) that leads the group."""
        from confluent_kafka.admin import AdminClient
        admin = AdminClient({"bootstrap.servers": self.direct})
        for _ in range(20):
            try:
                got = admin.describe_consumer_groups([group])[group].result(15)
                return got.coordinator.id - 1
            except Exception:  # noqa: BLE001 it may be on its way to another broker
                time.sleep(0.5)
        raise RuntimeError("nobody leads " + group)

    def close(self, keep):
        for i in range(len(self.homes)):
            try:
                self.broker_signal(i, signal.SIGCONT)
            except OSError:
                pass
        super().close(keep)
        if self.proxy is not None:
            self.proxy.close()


class Ear:
    """Hears of each role what only it says, past the proxy: intake's applications,
    the matcher's evaluations (of each lane), the departments' decisions, dispatch's
    answers, the ledger's rows. Of each the longest silence since it was asked to
    listen, by the pace of the machine."""

    TOPICS = {"applications": "intake", "evaluations": "matcher", "decisions": "departments", "dispatches": "dispatch"}
    LEDGER = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'event'"
    LANES = 2

    def __init__(self, town):
        self.town, self.on, self.pace = town, True, Pace()
        self.roles = ["intake", *("matcher.%d" % i for i in range(self.LANES)), "departments", "dispatch", "ledger"]
        self.count = dict.fromkeys(self.roles, 0)
        self.rows = 0
        self.listen()
        for what in (self.hear, self.look):
            threading.Thread(target=what, daemon=True).start()

    def listen(self):
        now = self.pace.now()
        self.heard, self.longest = dict.fromkeys(self.roles, now), dict.fromkeys(self.roles, 0)

    def silence(self):
        now = self.pace.now()
        return {r: max(self.longest[r], now - self.heard[r]) for r in self.roles}

    def said(self, role):
        now = self.pace.now()
        self.count[role] += 1
        self.longest[role] = max(self.longest[role], now - self.heard[role])
        self.heard[role] = now

    def hear(self):
        from confluent_kafka import OFFSET_END, Consumer, TopicPartition
        c = Consumer({"bootstrap.servers": self.town.direct, "group.id": "ear", "isolation.level": "read_committed",
                      "enable.auto.commit": False, "socket.timeout.ms": 5000, "log_level": 0})
        whose = {t: self.TOPICS.get(t.split(".")[1]) for t in c.list_topics(timeout=20).topics if t.startswith("qihe.")}
        c.assign([TopicPartition(t, p, OFFSET_END) for t, role in whose.items() if role for p in range(4)])
        while self.on:
            for m in c.consume(1000, 0.2):
                if m.error() is None:
                    role = whose[m.topic()]
                    self.said("matcher.%d" % (m.partition() % self.LANES) if role == "matcher" else role)
        c.close()

    def look(self):
        while self.on:
            got = subprocess.run(["psql", "-X", "-At", self.town.db, "-c", self.LEDGER], capture_output=True, text=True).stdout.strip()
            if got and int(got) != self.rows:
                self.rows = int(got)
                self.said("ledger")
            time.sleep(0.5)


# -- the faults: each returns the longest silence of each role that counts

def until_heard(ear, limit):
    """From now on: how long until each role says something."""
    begun, count, waited = time.time(), dict(ear.count), {}
    while len(waited) < len(count) and time.time() - begun < limit:
        for role, n in count.items():
            if role not in waited and ear.count[role] != n:
                waited[role] = time.time() - begun
        time.sleep(0.1)
    return {role: waited.get(role, limit) for role in count}


def worse(a, b):
    return {k: max(a.get(k, 0), n) for k, n in b.items()}


def without(town, ear, i, seconds):
    """The longest silences while broker i is away, from when the others can go on;
    so many seconds, and until each has been heard once."""
    town.wait(lambda: town.able(i), "elected without broker %d" % (i + 1))
    ear.listen()
    begun = time.time()
    until_heard(ear, 120)
    time.sleep(max(0, begun + seconds - time.time()))
    return ear.silence()


def coordinator(town, ear, rng):
    i = town.coordinator("qihe.matcher")
    town.broker_kill(i)
    silent = without(town, ear, i, town.away)
    town.broker_start(i)
    town.wait(town.whole, "whole")
    return silent


def kills(town, ear, rng):
    worst = {}
    for i in rng.sample(range(3), 3):
        town.broker_kill(i)
        worst = worse(worst, without(town, ear, i, rng.uniform(5, 15)))
        town.broker_start(i)
        town.wait(town.whole, "whole")
        time.sleep(rng.uniform(0, 5))
    return worst


def stop(town, ear, i, seconds):
    town.broker_signal(i, signal.SIGSTOP)
    silent = without(town, ear, i, seconds)
    town.broker_signal(i, signal.SIGCONT)
    town.wait(town.whole, "whole")
    return silent


def stops(town, ear, rng):
    worst = {}
    for i in rng.sample(range(3), 3):
        worst = worse(worst, stop(town, ear, i, rng.uniform(20, 60)))
        time.sleep(rng.uniform(0, 5))
    return worst


def stopped(town, ear, rng):
    return stop(town, ear, town.coordinator("qihe.matcher"), town.away)


def hole(town, ear, rng):
    i = rng.randrange(3)
    town.proxy.hole(i, True)  # the broker is well, and leads: only we do not reach it
    time.sleep(rng.uniform(20, 40))
    town.proxy.hole(i, False)
    return until_heard(ear, 120)


def resets(town, ear, rng):
    for _ in range(20):
        town.proxy.reset_all()
        time.sleep(rng.uniform(0.1, 1.5))
    return until_heard(ear, 120)


def answers(town, ear, rng):
    town.faults.on = True
    time.sleep(30)
    town.faults.on = False
    return until_heard(ear, 120)


class Load(threading.Thread):
    """Applications all the time, so that silence means something."""

    def __init__(self, town, applications, seed, pause):
        super().__init__(daemon=True)
        self.town, self.pause, self.seed, self.applications = town, pause, seed, applications
        self.gate, self.done, self.sent = threading.Lock(), threading.Event(), 0

    def run(self):
        lines = self.town.lianou("generate", "applications", str(self.applications), "--seed", str(self.seed)).stdout.splitlines()
        for line in lines:
            with self.gate:
                feed(self.town, [line], self.done)
                self.sent += 1
            if self.done.wait(self.pause):
                return


def judged(town, load):
    """By both accounts, once all that was sent has come to rest."""
    with load.gate:
        last = settle(town, 600)
        print("  lianou audit:", json.dumps({k: last[k] for k in ACCOUNT} if last else None), flush=True)
        return judge(town, load.sent, last, False)


def calm(ear):
    """How long each role is silent while nothing is wrong, on this machine, now."""
    until_heard(ear, 120)
    ear.listen()
    time.sleep(CALM)
    silent = ear.silence()
    print("  %-12s silent for %s s" % ("no fault", shown(silent)), flush=True)
    return silent


def shown(silent):
    return ", ".join("%s %.1f" % one for one in silent.items())


def one_round(program, seed, a):
    rng, begun = random.Random(seed), time.time()
    town = Cluster(program, seed)
    load = Load(town, a.applications, seed, a.pause)
    if a.short:
        town.away = AWAY / 3
    good, table, ear = False, [], None
    try:
        for name in ROLES:
            town.start(name)
        ear = Ear(town)
        load.start()
        names, usual = a.faults or FAULTS, None
        for name in names:
            usual = calm(ear) if usual is None or not a.short else usual
            town.wait(town.whole, "whole")
            quiet = globals()[name](town, ear, rng)
            loud = [role for role, n in quiet.items() if n > SILENT + usual[role]]
            exact = judged(town, load) if name == names[-1] or not a.short else None
            table.append("  %-12s silent for %s s; %s; %d applications, %s, by %.0f s" % (
                name, shown(quiet), "TOO LONG: " + ", ".join(loud) if loud else "in time", load.sent,
                {None: "judged with the next", True: "exact", False: "NOT EXACT"}[exact], time.time() - begun))
            print(table[-1], flush=True)
            good = not loud and exact is not False
            if not good:
                break
    finally:
        if ear:
            ear.on = False
            ear.pace.close()
        load.done.set()
        town.close(keep=not good or a.keep)
    print("\n".join(["  seed %d" % seed] + table), flush=True)
    return good


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--applications", type=int, default=20000)
    p.add_argument("--pause", type=float, default=0.02, help="seconds between two applications")
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--keep", action="store_true", help="logs and topics stay")
    p.add_argument("--short", action="store_true")
    p.add_argument("faults", nargs="*", choices=FAULTS + ([],))
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    if a.short:
        a.faults, a.applications, a.pause = ["coordinator", "stopped", "resets"], 2000, 0.2
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    for r in range(a.rounds):
        seed = a.seed + r if a.seed else random.SystemRandom().randrange(1 << 30)
        print("round %d, seed %d" % (r + 1, seed), flush=True)
        if not one_round(program, seed, a):
            sys.exit("round %d with seed %d FAILED" % (r + 1, seed))


if __name__ == "__main__":
    main()
