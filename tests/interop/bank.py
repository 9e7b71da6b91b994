#!/usr/bin/env python3
"""Files to and from banks against other people's programs: our pain.001 by the published schema (sepaxml) and by a bank
(mock-bank), whose pain.002, camt.054 and camt.053 are read here; an MT940 as mt-940 reads it; a large batch in little memory."""
import json
import os
import re
import subprocess
import sys
import time
import urllib.request

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON:
    print("SKIPPED: LIANOU_PYTHON is not set; ops/test brings it")
    sys.exit(77)
if os.environ.get("BANK_INNER") is None:
    os.environ["BANK_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
import pathlib  # noqa: E402
import socket  # noqa: E402

import mt940  # noqa: E402
import sepaxml  # noqa: E402
import xmlschema  # noqa: E402

TOOL = sys.argv[1]
ORDERS = ["80" + "%030x" % i for i in range(3)]


def written(n):
    return subprocess.run([TOOL, "write", str(n)], capture_output=True, check=True).stdout


def read(data):
    r = subprocess.run([TOOL, "read"], input=data, capture_output=True)
    assert r.returncode == 0, (r.stderr, data[:600])
    return r.stdout.decode()


def by_the_schema():
    schema = xmlschema.XMLSchema(str(pathlib.Path(sepaxml.__file__).parent / "schemas/pain.001.001.09.xsd"))
    said = written(3).decode()
    assert list(schema.iter_errors(said)) == []
    for was, becomes in (("<CtrlSum>", "<CtrlSum>x"), ("InstdAmt", "InstAmt"), ("<PmtMtd>TRF", "<PmtMtd>ABC")):
        assert list(schema.iter_errors(said.replace(was, becomes))) != [], was
    print("pain.001.001.09 is what the schema says")


class Bank:
    """mock-bank on a port of its own, in yuan."""

    def __init__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % s.getsockname()[1]
        self.run = subprocess.Popen([pathlib.Path(PYTHON).parent / "mock-bank", "-q", "--port", self.url.rsplit(":")[-1],
                                     "--clock", "2026-12-09T09:00"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.ask("/_mock/health")
                break
            except OSError:
                time.sleep(0.1)
        self.ask("/_mock/accounts/ACME", "PATCH", json.dumps({
            "currency": "CNY", "behaviour": "return-later", "parameters": {"days": 3, "end_to_end_id": ORDERS[2]}}).encode())

    def ask(self, path, method="GET", data=None):
        r = urllib.request.Request(self.url + path, data=data, method=method, headers={"Content-Type": "application/xml"})
        with urllib.request.urlopen(r, timeout=20) as f:
            return json.loads(f.read())

    def mail(self):
        return [(m["type"], next(m[k] for k in ("xml", "body") if k in m).encode()) for m in self.ask("/_mock/mailbox")]


def by_a_bank():
    bank = Bank()
    try:
        told = bank.ask("/payments", "POST", written(3))
        assert told["findings"] == [] and told["accepted"] == 2 and told["rejected"] == 1, told
        (kind, status), = bank.mail()
        said = read(status)
        assert kind == "pain.002.001.10", kind
        assert re.search(r"^of 0{31}1 3 198003 noted", said, re.M), said
        assert re.search(r"^\d+ %s rejected -\d+ \S* \S+ AC04 " % ORDERS[1], said, re.M), said
        bank.ask("/_mock/advance?days=8", "POST", b"")
        mail = bank.mail()
        notices = "".join(read(body) for kind, body in mail if kind.startswith("camt.054"))
        for i in (0, 2):
            assert re.search(r"^\d+ %s settled -%d CNY 2026-12-10" % (ORDERS[i], 66000 + i), notices, re.M), notices
        assert re.search(r"^\d+ %s returned \+66002 CNY 2026-12-\d\d A\S+ " % ORDERS[2], notices, re.M), notices
        days = [body for kind, body in mail if kind.startswith("camt.053") and b"NL41MOCK0000000001" in body]
        statements = [re.search(r"^statement .* (-?\d+) -> (-?\d+) (\S+)$", read(body), re.M).groups() for body in days]
        assert len(statements) >= 3, statements
        for before, after in zip(statements, statements[1:]):
            assert before[1] == after[0], statements
        assert int(statements[0][0]) - int(statements[-1][1]) == 66000, statements
        print("a bank has paid it, refused one and sent one back; %d statements add up" % len(statements))
    finally:
        bank.run.terminate()
        bank.run.wait()


def by_mt940():
    data = (":20:S1\n:25:10\n:28C:12/1\n:60F:C261209CNY1000,00\n:61:2612101210D660,00NTRFNONREF//T1\n:86:EREF+%s\n"
            ":61:2612101210C600,5NRTINONREF//T2\n:62F:C261210CNY940,50\n-\n" % ORDERS[0])
    theirs = mt940.parse(data)
    ours = re.findall(r"^\d+ (\S*) (\w+) ([+-]\d+) (\w+) (\S+) +(\S*)$", read(data.encode()), re.M)
    assert len(theirs) == len(ours) == 2, (theirs, ours)
    for t, (_, _, fen, currency, day, reference) in zip(theirs, ours):
        amount = t.data["amount"]
        assert (int(amount.amount * 100), amount.currency, str(t.data["date"]), t.data["bank_reference"]) == (
            int(fen), currency, day, reference), (t.data, ours)
    print("MT940 is read as mt-940 reads it")


def a_large_one():
    """What ASan keeps back of freed memory is not ours."""
    env = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")
    with subprocess.Popen([TOOL, "write", "60000"], stdout=subprocess.PIPE, env=env) as p:
        n = sum(len(x) for x in iter(lambda: p.stdout.read(1 << 20), b""))
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = status
    print("60 000 payments, %d MiB, in %d KiB" % (n >> 20, used.ru_maxrss))
    assert status == 0 and used.ru_maxrss <= 65536, used.ru_maxrss


by_the_schema()
by_a_bank()
by_mt940()
a_large_one()
