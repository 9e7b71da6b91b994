#!/usr/bin/env python3
"""Kills every role at random moments, restarts the broker and the database, and
lets two accounts judge: `lianou audit` and tests/fault/checker.py.

  run.py [--applications N] [--kills K] [--rounds R] [--seed S] [--plant]
  run.py --planted      shows that the checker finds faults put in on purpose
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PYTHON = os.environ.get("LIANOU_PYTHON")
if __name__ == "__main__" and PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path.insert(0, str(HERE))
from patience import Patience, until  # noqa: E402
from town import ROLES, Town  # noqa: E402


def skip(why):
    print("SKIPPED:", why)
    sys.exit(77)


def feed(town, lines, done):
    """Each line until it is answered 202: an answer may be lost, the
    application may not, and sending it again is the same application."""
    for line in lines:
        while not done.is_set():
            try:
                rq = urllib.request.Request("http://127.0.0.1:%d/v1/applications" % town.port, line.encode(),
                                            {"Content-Type": "application/json"})
                with urllib.request.urlopen(rq, timeout=10) as answer:
                    if answer.status == 202:
                        break
            except OSError:
                time.sleep(0.2)


def killing(town, rng, kills):
    """Every role in turn, in a shuffled order, at random moments; the broker and
    the database in between."""
    names = [n for n in town.roles]
    deck, killed = [], {}
    for i in range(kills):
        time.sleep(rng.uniform(0.2, 1.2))
        if not deck:
            deck = names + ["matcher"]
            rng.shuffle(deck)
        name = deck.pop()
        killed[name] = killed.get(name, 0) + 1
        town.kill(name)
        if i in (kills // 4, 3 * kills // 4):
            town.restart_kafka()
            killed["kafka"] = killed.get("kafka", 0) + 1
        if i == kills // 2:
            town.restart_database()
            killed["postgres"] = killed.get("postgres", 0) + 1
        town.revive()
    return killed


def settle(town, limit):
    """Until the ledger has read everything and nothing changes any more; given up
    after so many seconds in which nothing was read or written."""
    quiet, last = 0, None
    patience = Patience(min(limit, 120), lambda: (json.dumps(last), town.moved()))
    while quiet < 3 and not patience.over():
        town.revive()
        now = town.audit()
        quiet = quiet + 1 if now is not None and now == last and now["unread"] == 0 else 0
        last = now
        time.sleep(1)
    return last if quiet >= 3 else None


LETTERS = "SELECT word, note, item, partner, detail FROM event WHERE kind = 'dead_letter' LIMIT 20"


def judge(town, applications, seen, plant):
    import checker
    import planted
    found, counts, plants = checker.check(town.bootstrap, "qihe.", SOURCE / "schemas", town.db, plant)
    print("  checker:", json.dumps(counts), {k: len(v) for k, v in found.items()}, flush=True)
    for kind, list_ in found.items():
        for one in list_[:5]:
            print("   ", kind, *one)
    good = plants is None or planted.show(plants)
    if counts["applications"] != applications:
        print("  %d of %d applications are in the topic" % (counts["applications"], applications))
        good = False
    if seen is None:
        print("  the ledger did not come to rest")
    elif seen["dead_lettered"] > 0:  # nobody said anything that is not to be taken
        print(subprocess.run(["psql", "-X", "-At", town.db, "-c", LETTERS], capture_output=True, text=True).stdout)
        good = False
    return (good and seen is not None and all(seen[k] == 0 for k in checker.KINDS) and not any(found.values()))


def one_round(program, seed, applications, kills, plant):
    rng = random.Random(seed)
    begun = time.time()

    def passed():
        return "%.0f s" % (time.time() - begun)

    town = Town(program)
    good = False
    try:
        for name in ROLES:
            town.start(name)
        lines = town.lianou("generate", "applications", str(applications), "--seed", str(seed)).stdout.splitlines()
        done = threading.Event()
        share = max(1, applications // 20)
        feeders = [threading.Thread(target=feed, args=(town, lines[i * share:(i + 1) * share], done)) for i in range(4)]
        for f in feeders:
            f.start()
        (town.dir / "bulk").write_text("\n".join(lines[4 * share:]) + "\n")
        bulk = [program, "intake", "submit", str(town.dir / "bulk")]
        log = open(town.dir / "submit.log", "a")
        submit = subprocess.Popen(bulk, env=town.env, stdout=log, stderr=log)
        killed = killing(town, rng, kills)
        print("  killed by %s:" % passed(), json.dumps(killed), flush=True)
        for f in feeders:
            f.join()
        if not until(lambda: submit.poll() is not None, 100, town.moved):
            raise RuntimeError("intake submit stands still")
        if submit.returncode != 0:
            subprocess.run(bulk, env=town.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("  all applications in by", passed(), flush=True)
        last = settle(town, 900)
        print("  lianou audit by %s:" % passed(), json.dumps(last), flush=True)
        good = judge(town, applications, last, plant)
        print("  judged by", passed(), flush=True)
    finally:
        town.close(keep=not good)
    return good


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--applications", type=int, default=20000)
    p.add_argument("--kills", type=int, default=60)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--plant", action="store_true", help="also put faults into what was read and look for them")
    p.add_argument("--planted", action="store_true")
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if a.planted:
        import planted
        sys.exit(0 if planted.run() else 1)
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    for r in range(a.rounds):
        seed = a.seed + r if a.seed else random.SystemRandom().randrange(1 << 30)
        print("round %d, seed %d, %d applications, %d kills" % (r + 1, seed, a.applications, a.kills), flush=True)
        if not one_round(program, seed, a.applications, a.kills, a.plant):
            sys.exit("round %d with seed %d FAILED" % (r + 1, seed))


if __name__ == "__main__":
    main()
