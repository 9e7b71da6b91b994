#!/usr/bin/env python3
"""Kills every role at random moments, restarts the broker and the database, and
lets two accounts judge: `lianou audit` and tests/fault/checker.py.

  run.py [--applications N] [--kills K] [--rounds R] [--seed S]
  run.py --planted      shows that the checker finds faults put in on purpose
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
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PYTHON = os.environ.get("LIANOU_PYTHON")
if PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path.insert(0, str(HERE))
from town import Town  # noqa: E402


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


def one_round(program, seed, applications, kills):
    from checker import account, load_schemas, read_ledger, read_topics
    rng = random.Random(seed)
    town = Town(program)
    good = False
    try:
        for name in ("matcher", "dispatch", "ledger", "intake", "partners"):
            town.start(name)
        lines = town.lianou("generate", "applications", str(applications), "--seed", str(seed)).stdout.splitlines()
        done = threading.Event()
        share = max(1, applications // 20)
        feeders = [threading.Thread(target=feed, args=(town, lines[i * share:(i + 1) * share], done)) for i in range(4)]
        bulk = lines[4 * share:]
        for f in feeders:
            f.start()
        (town.dir / "bulk").write_text("\n".join(bulk) + "\n")
        submit = subprocess.Popen([program, "intake", "submit", str(town.dir / "bulk")], env=town.env,
                                  stdout=subprocess.DEVNULL, stderr=open(town.dir / "submit.log", "a"))
        killed = {}
        for i in range(kills):
            time.sleep(rng.uniform(0.2, 1.2))
            name = rng.choice(("matcher", "matcher", "dispatch", "ledger", "intake", "partners"))
            killed[name] = killed.get(name, 0) + 1
            town.kill(name)
            if i == kills // 3:
                town.restart_kafka()
            if i == kills // 2:
                town.restart_database()
            town.revive()
        for f in feeders:
            f.join()
        if submit.wait(120) != 0:
            subprocess.run([program, "intake", "submit", str(town.dir / "bulk")], env=town.env, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("  killed:", killed, "and the broker and the database once each")
        quiet, last = 0, None
        for _ in range(120):
            town.revive()
            now = town.audit()
            quiet = quiet + 1 if now is not None and now == last and now["unread"] == 0 else 0
            last = now
            if quiet >= 3:
                break
            time.sleep(1)
        print("  lianou audit:", json.dumps(last))
        events = read_topics(town.bootstrap, "qihe.", load_schemas(SOURCE / "schemas"))
        found, counts = account(events, read_ledger(town.db))
        print("  checker:", json.dumps(counts), {k: len(v) for k, v in found.items()})
        for kind, list_ in found.items():
            for one in list_[:5]:
                print("   ", kind, one)
        good = (last is not None and quiet >= 3 and counts["applications"] == applications
                and all(last[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order"))
                and not any(found.values()))
        if counts["applications"] != applications:
            print("  %d of %d applications are in the topic" % (counts["applications"], applications))
    finally:
        town.close(keep=not good)
    return good


def planted():
    """A clean little history, then each fault put into it on purpose."""
    from checker import account
    ids = [bytes([i]) * 16 for i in range(1, 9)]
    h = ids[0]

    def ev(topic, place, record, **r):
        return (topic, 0, place, record, dict(r, household_id=h, event_id=bytes([place + 50]) * 16))

    clean = [
        ev("applications", 0, "application", application_id=ids[1], channel_reference="A"),
        ev("cases", 1, "case_event", case_id=ids[2], kind="OPENED", application_id=ids[1], decision=None),
        ev("evaluations", 2, "evaluation", case_id=ids[2], facts_version=1),
        ev("households", 3, "household_state", sequence=1),
        ev("cases", 4, "case_event", case_id=ids[2], kind="DECISION_ACCEPTED", application_id=None,
           decision={"decision_id": ids[3]}),
        ev("dispatches", 5, "dispatch_result", decision_id=ids[3]),
        ev("households", 6, "household_state", sequence=2),
        ev("cases", 7, "case_event", case_id=ids[2], kind="CLOSED", application_id=None, decision=None),
    ]
    swapped = list(clean)
    a, b = swapped[1], swapped[4]
    swapped[1], swapped[4] = a[:2] + (4,) + a[3:], b[:2] + (1,) + b[3:]
    cases = {
        "clean": (clean, None),
        "dropped": ([e for e in clean if e[3] != "dispatch_result"], "lost"),
        "application dropped on the way": ([e for e in clean if not (e[3] == "case_event")], "lost"),
        "doubled": (clean + [clean[2][:2] + (99,) + clean[2][3:]], "duplicated"),
        "swapped": (swapped, "out_of_order"),
        "half-written": ([e for e in clean if e[3] != "evaluation"], "torn"),
    }
    bad = 0
    for name, (events, want) in cases.items():
        found, _ = account(events, None)
        hit = {k for k, v in found.items() if v}
        fine = (not hit) if want is None else want in hit
        print("%s %s: %s" % ("ok  " if fine else "MISS", name, sorted(hit)))
        bad += not fine
    return bad == 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--applications", type=int, default=20000)
    p.add_argument("--kills", type=int, default=60)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--planted", action="store_true")
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if a.planted:
        sys.exit(0 if planted() else 1)
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    for r in range(a.rounds):
        seed = a.seed + r if a.seed else random.SystemRandom().randrange(1 << 30)
        print("round %d, seed %d, %d applications, %d kills" % (r + 1, seed, a.applications, a.kills), flush=True)
        if not one_round(program, seed, a.applications, a.kills):
            sys.exit("round %d with seed %d FAILED" % (r + 1, seed))


main()
