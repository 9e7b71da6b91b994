#!/usr/bin/env python3
"""Intake while Kafka hangs, is away and comes back, under clients that never
pause: nothing is lost, a household's order stays, the journal empties while they
go on, and /readyz and the metrics say what is so. Real Kafka.

Also what must not be ready: an intake without the key it seals with."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import intake_role
from intake_role import JSON, SOURCE, Intake, an_operator, identity, program

intake_role.with_clients(kafka=True)
from patience import SLOW, halt, until as progress  # noqa: E402
from brokers import start_brokers  # noqa: E402
from topics import load_schemas, read_topics  # noqa: E402

OPERATOR = an_operator()
CLIENTS = 2
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-62s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))


class Client(threading.Thread):
    """Posts one application after the other, of 50 households in turn."""

    def __init__(self, intake, name):
        super().__init__(daemon=True)
        self.intake, self.name_, self.taken, self.refused, self.stop = intake, name, [], [], False
        self.states = []
        self.start()

    def run(self):
        c, n = http.client.HTTPConnection("127.0.0.1", self.intake.port, timeout=60), 0
        while not self.stop:
            ref = "%s-%06d" % (self.name_, n)
            body = {"channel": "WEB", "channel_reference": ref, "division_code": OPERATOR["org_code"], "consent": True,
                    "members": [{"id_no": identity(1 + n % 50 + 50 * (ord(self.name_[0]) % 8)), "name": "甲", "relation": "0",
                                 "head": True}]}
            c.request("POST", "/v1/applications", json.dumps(body, ensure_ascii=False).encode(), JSON)
            r = c.getresponse()
            answer = json.loads(r.read())
            if r.status == 202:
                self.taken.append(ref)
                self.states.append(answer["state"])
                n += 1
            else:
                self.refused.append((r.status, answer.get("detail")))
                time.sleep(0.05)


def ready(intake):
    status, _, body = intake.ask("GET", "/readyz")
    return status, json.loads(body)


def metric(intake, name):
    for line in intake.ask("GET", "/metrics")[2].decode().splitlines():
        if line.startswith(name):
            return float(line.split()[-1])
    return None


def until(what, holds, moved=lambda: None, patience=60):
    """Ends on progress: patience is for one that makes none."""
    if progress(holds, patience, moved, 0.05):
        return True
    check(what, False, "not in %d s without progress" % (patience * SLOW))
    return False


def journal_bytes(intake):
    return metric(intake, "lianou_intake_journal_bytes")


class Least:
    """Of the journal's bytes: while it becomes less there is progress."""

    def __init__(self, intake):
        self.intake, self.bytes = intake, journal_bytes(intake)

    def __call__(self):
        self.bytes = min(self.bytes, journal_bytes(self.intake))
        return self.bytes


def hang(intake, kafka, clients):
    """The broker is stopped for 3 s and goes on."""
    broker = int((kafka / "pid").read_text())
    halt(broker)
    begun = time.monotonic()
    try:
        until("a hang: /readyz says journaling", lambda: ready(intake)[1].get("state") == "journaling")
        status, said = ready(intake)
        check("journaling is ready", status == 200 and said["ready"], (status, said))
        until("the journal is a metric", lambda: journal_bytes(intake) > 0)
        while time.monotonic() - begun < 3.5:
            time.sleep(0.05)
    finally:
        os.kill(broker, signal.SIGCONT)
    waiting, back, least = journal_bytes(intake), time.monotonic(), Least(intake)
    taken = sum(len(c.taken) for c in clients)
    empty = until("the journal empties under clients without pause",
                  lambda: ready(intake)[1]["state"] == "taking" and all(c.states[-1] == "accepted" for c in clients), least)
    took = time.monotonic() - back
    print("    waited %d bytes; taking again after %.1f s, %d applications meanwhile" %
          (waiting, took, sum(len(c.taken) for c in clients) - taken))
    check("and it stays so", empty and until("no journal", lambda: journal_bytes(intake) == 0))


def away(intake, kafka, clients):
    subprocess.run([SOURCE / "ops/kafka/stop", kafka], check=True, capture_output=True)
    until("away: /readyz says journaling", lambda: ready(intake)[1]["state"] == "journaling")
    before = [len(c.taken) for c in clients]
    until("clients go on", lambda: all(len(c.taken) > b + 200 for c, b in zip(clients, before)), lambda: [len(c.taken) for c in clients])
    subprocess.run([SOURCE / "ops/kafka/restart", kafka], check=True, capture_output=True)
    until("back: taking again", lambda: ready(intake)[1]["state"] == "taking" and all(c.states[-1] == "accepted" for c in clients),
          Least(intake))


def audit(bootstrap, clients):
    applied = [r["channel_reference"] for t, p, o, k, r in
               sorted(read_topics(bootstrap, "qihe.", load_schemas(SOURCE / "schemas")), key=lambda x: (x[1], x[2]))
               if k == "application"]
    taken = {ref for c in clients for ref in c.taken}
    check("none lost", taken <= set(applied), sorted(taken - set(applied))[:5])
    check("none refused", not any(c.refused for c in clients), [c.refused[:3] for c in clients])
    households, first, moved = {}, set(), 0
    for ref in applied:  # the first time each stands there
        if ref in first:
            continue
        first.add(ref)
        who = (ref[0], int(ref.split("-")[1]) % 50)
        moved += households.get(who, -1) > int(ref.split("-")[1])
        households[who] = max(households.get(who, -1), int(ref.split("-")[1]))
    check("a household's order stays", moved == 0, moved)
    print("    %d taken, %d on the topic (%d twice)" % (len(taken), len(applied), len(applied) - len(set(applied))))


def full(bootstrap):
    """Kafka away and the journal at its limit: cannot, and counted."""
    intake = Intake("full", {"journal_max: 1GiB": "journal_max: 64KiB"}).start()
    client = Client(intake, "f")
    try:
        until("full: refused", lambda: client.refused)
        until("/readyz says cannot", lambda: ready(intake)[1]["state"] == "cannot" and ready(intake)[0] == 503)
        check("the reason is counted", (metric(intake, 'lianou_intake_refused_total{reason="journal_full"}') or 0) > 0)
        check("and why is said", any(not c["holds"] and c["name"] == "journal" for c in ready(intake)[1]["conditions"]))
    finally:
        client.stop = True
        client.join(60)
        intake.end(not faults)


def no_key():
    intake = Intake("nokey", ring="1 nongshang %s\n" % os.urandom(32).hex())
    r = subprocess.run([program(), "run", "intake"], env=intake.env, capture_output=True, text=True, timeout=60)
    check("without the key bus: it ends with 3 and says why", r.returncode == 3 and "bus" in r.stderr and "keyring" in r.stderr,
          (r.returncode, r.stderr[-300:]))
    intake.end(not faults)


def main():
    kafka = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / ("lianou-hang-kafka-%d" % os.getpid())
    bootstrap = start_brokers(kafka)
    intake, clients = Intake("hang", bootstrap=bootstrap), []
    try:
        subprocess.run([program(), "topics", "apply"], env=intake.env, check=True, capture_output=True, timeout=60)
        intake.start()
        until("taking", lambda: ready(intake)[1]["state"] == "taking")
        clients = [Client(intake, "ab"[i]) for i in range(CLIENTS)]
        until("clients are accepted", lambda: all(len(c.taken) > 100 and c.states[-1] == "accepted" for c in clients),
              lambda: [c.states.count("accepted") for c in clients])
        hang(intake, kafka, clients)
        hang(intake, kafka, clients)
        away(intake, kafka, clients)
        for c in clients:
            c.stop = True
        for c in clients:
            c.join(60)
        until("empty at the end", lambda: journal_bytes(intake) == 0)
        intake.stop()
        audit(bootstrap, clients)
        full(bootstrap)
        no_key()
    finally:
        subprocess.run([SOURCE / "ops/kafka/stop", kafka], capture_output=True)
        subprocess.run(["rm", "-rf", str(kafka)])
        intake.end(not faults)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
