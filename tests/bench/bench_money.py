#!/usr/bin/env python3
"""Ten thousand payment lines: due, in a batch, approved, sent, in the bank's file, acknowledged, settled.

A town of its own (tests/e2e), with one real award; the others are that award's rows with a beneficiary each, so that every line has a sealed account
to open. Lines a second are of two cores that do nothing else: by all CPU time of the commands, the treasury's role, PostgreSQL and the broker. What the
last three take anyway while nothing is asked of them (looked at for some seconds before) is in it, and grows with a way that takes longer on a busy
machine: the row without it is beside. Memory is the greatest of the commands that make and take the files, at two sizes."""
import hmac
import json
import os
import pathlib
import re
import resource
import struct
import subprocess
import sys
import time
import uuid

SOURCE = pathlib.Path(os.environ["LIANOU_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/e2e"))
import bank_files  # noqa: E402
from county import application  # noqa: E402
from sealed import keys_of  # noqa: E402
from town import PASSWORD  # noqa: E402
from bank_files import CHEN, FILES, LIU, ZHAO, asked, budgeted, granted, months, notice, status, treasury, until  # noqa: E402

LINES = 1000 if "--quick" in sys.argv else 10000
TICKS = os.sysconf("SC_CLK_TCK")
IDLE = 10  # seconds
CLONES = """
INSERT INTO award SELECT c.assignment, decision_id, household_id, case_id, event_id, item, gen_random_uuid(), purpose, fund, bank, 100, period, day_off,
       pay_day, from_month, decided, until, 'live', '', 0, (SELECT min(pay_day) FROM due_line), c.payee, personal
FROM (SELECT * FROM award LIMIT 1) a, (VALUES %s) c (assignment, payee)
"""


def payee_hash(bus, household, assignment):
    """Whom an award pays, by the key of `dispatch` (ops/docs/keys.md)."""
    name = application(1, "WEB", "M-1")["members"][0]["name"].encode()
    for kind, secret in keys_of(bus.town.dir / "keys/dispatch.keys", "dispatch").values():
        if kind == "sums":
            key = hmac.digest(secret, b"lianou sums 1", "sha256")
            parts = (b"payee", household.bytes, assignment.bytes, b"nongshang", bank_files.ACCOUNT.encode(), name)
            return hmac.digest(key, b"".join(struct.pack(">I", len(p)) + p for p in parts), "sha256")[:16]
    raise AssertionError("no key of dispatch for sums")


def clones(bus, n):
    household, assignment, payee = asked(bus, "SELECT household_id, assignment_id, encode(payee_hash, 'hex') FROM award").split("|")
    household = uuid.UUID(household)
    assert payee_hash(bus, household, uuid.UUID(assignment)).hex() == payee
    for begin in range(0, n, 500):
        ids = [uuid.uuid4() for _ in range(begin, min(begin + 500, n))]
        asked(bus, CLONES % ", ".join("('%s'::uuid, '\\x%s'::bytea)" % (i, payee_hash(bus, household, i).hex()) for i in ids))


def row(name, value, unit, target=None, better="less", **note):
    print(json.dumps(dict(name="money: " + name, value=value, unit=unit, target=target, better=better, **note)), flush=True)


def spent(pid):
    """Seconds of a process and of its children, those that ended too."""
    def of(p, fields):
        try:
            stat = pathlib.Path("/proc/%s/stat" % p).read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0
        return sum(int(stat[k]) for k in fields) / TICKS
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return of(pid, (11, 12, 13, 14)) + sum(of(c, (11, 12)) for c in children)


class Cost:
    """Of all that works: what each part of the way has taken."""

    def __init__(self, bus):
        server = int((bus.town.pg / "data/postmaster.pid").read_text().split()[0])
        broker = int((bus.town.dir / "kafka/pid").read_text())
        self.pids = {"postgresql": server, "broker": broker, "treasury": bus.town.roles["treasury"].pid}
        self.commands, self.parts = 0, []
        was = self.now()
        time.sleep(IDLE)
        self.idle = {n: (s - was[n]) / IDLE for n, s in self.now().items()}
        self.was, self.at = self.now(), time.monotonic()

    def now(self):
        return {"commands": self.commands, **{n: spent(p) for n, p in self.pids.items()}}

    def run(self, what, *args, **how):
        """A command of the treasury; what else runs here only looks."""
        def children():
            c = resource.getrusage(resource.RUSAGE_CHILDREN)
            return c.ru_utime + c.ru_stime
        was = children()
        said = what(*args, **how)
        self.commands += children() - was
        return said

    def busy(self):
        """All of it but what is taken idle."""
        wall = sum(w for _, _, w in self.parts)
        return sum(max(0, sum(p[n] for _, p, _ in self.parts) - self.idle[n] * wall) for n in self.idle)

    def lap(self, what):
        now, at = self.now(), time.monotonic()
        self.parts.append((what, {n: now[n] - self.was[n] for n in now}, at - self.at))
        self.was, self.at = self.now(), time.monotonic()


def peak_kb(bus, *args):
    """A treasury's command with the greatest memory it had."""
    r = subprocess.run([sys.executable, "-c", "import resource, subprocess, sys\n"
                        "r = subprocess.run(sys.argv[1:], input=sys.stdin.buffer.read(), stdout=subprocess.PIPE)\n"
                        "print(r.stdout.decode())\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\nsys.exit(r.returncode)",
                        bus.town.program, "treasury", *args, "--account", LIU], env=bus.town.env, input=PASSWORD + "\n",
                       capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr
    said, kb = r.stdout.rstrip().rsplit("\n", 1)
    return said, int(kb)


def rests():
    """Looking costs the database, too."""
    time.sleep(1)
    return True


def main(bus):
    for who in (ZHAO, CHEN, LIU):
        bus.town.account(who)
    FILES.mkdir(mode=0o700)
    granted(bus, 1, "M-1", 66000)
    assert until(lambda: months(bus) >= 3, 60, bus.town.moved)
    budgeted(bus, "600000.00")
    for role in ("matcher", "dispatch", "ledger"):
        bus.town.kill(role)
    each = months(bus)
    cost = Cost(bus)  # looks at what is taken idle before there is anything to do
    clones(bus, LINES // each)
    lines = each + LINES // each * each
    assert until(lambda: rests() and months(bus) == lines, 60, lambda: months(bus)), (months(bus), lines)
    cost.lap("due lines made")
    last = asked(bus, "SELECT max(pay_day) FROM due_line")
    batch = cost.run(treasury, bus, "batch", "prepare", "CG", last, who=ZHAO).strip()
    cost.lap("batch prepared")
    for who in (CHEN, LIU):
        cost.run(treasury, bus, "batch", "approve", batch, who=who)
    cost.lap("approved by two")
    cost.run(treasury, bus, "batch", "send", batch, who=ZHAO)
    unsent = "SELECT count(*) FROM batch_line WHERE NOT written OR EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)"
    assert until(lambda: rests() and asked(bus, unsent) == "0", 60, lambda: asked(bus, unsent))
    cost.lap("sent, orders on their topic")
    out = FILES / "batch.xml"
    _, made_kb = cost.run(peak_kb, bus, "file", batch, "--out", str(out))
    cost.lap("the bank's file")
    orders = re.findall(r"<EndToEndId>([0-9a-f]{32})<.*?<InstdAmt Ccy=\"CNY\">([\d.]+)<", out.read_text(), re.S)
    assert len(orders) == lines, (len(orders), lines)
    (FILES / "status.xml").write_text(status("A1", batch.replace("-", ""), "<OrgnlNbOfTxs>%d</OrgnlNbOfTxs><GrpSts>ACCP</GrpSts>" % lines,
                                             [(x, "ACCP", "") for x, _ in orders]))
    (FILES / "notice.xml").write_text(notice("A2", *[(x, yuan, "DBIT", "T-" + x, "") for x, yuan in orders]))
    cost.was = cost.now()
    cost.at = time.monotonic()
    cost.run(peak_kb, bus, "take", str(FILES / "status.xml"), "--bank", "nongshang")
    said, took_kb = cost.run(peak_kb, bus, "take", str(FILES / "notice.xml"), "--bank", "nongshang")
    assert "TAKEN %d" % lines in said, said[-500:]
    assert asked(bus, "SELECT count(*) FROM due_line WHERE state = 'settled'") == str(lines)
    assert asked(bus, "SELECT count(*) FROM fund_day WHERE opening + budget - spent + back <> closing") == "0"
    cost.lap("acknowledged and settled")
    cpu = sum(sum(p.values()) for _, p, _ in cost.parts)
    for what, p, wall in cost.parts:
        row("%s, CPU a line" % what, round(sum(p.values()) * 1e6 / lines, 1), "us",
            note=", ".join("%s %.0f" % (n, s * 1e6 / lines) for n, s in p.items()) + "; %.1f s" % wall)
    row("lines a second on two cores, from due to settled", round(2 * lines / cpu), "/s", 2000, "more",
        note="%d lines, %.1f CPU seconds, %.1f s of a clock; idle, of a core: %s" % (
            lines, cpu, sum(w for _, _, w in cost.parts), ", ".join("%s %.1f %%" % (n, 100 * s) for n, s in cost.idle.items() if s > 0)))
    row("the same without what is taken idle", round(2 * lines / cost.busy()), "/s")
    row("memory of the command that makes the file", round(made_kb / 1024, 1), "MB", 128)
    row("memory of the command that takes the answers", round(took_kb / 1024, 1), "MB", 128)


if __name__ == "__main__":
    bank_files.main(main)
