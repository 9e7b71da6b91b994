#!/usr/bin/env python3
"""A fund and what its bank says, through the real roles: a batch goes as a file to somebody else's bank (mock-bank), whose
camt.053 come before its camt.054: the next batch is blocked until the answers are there. A statement that is left out, the same
twice, another under the same id, a fee that two persons book; then the auditor holds it all, and names what was changed."""
import datetime
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.request

from bank_files import FILES, SPACE, main, sent, take  # noqa: E402
from treasury import CHEN, LIU, ZHAO, asked, becomes, budgeted, granted, months, treasury, until  # noqa: E402

ACCOUNT = "NL41MOCK0000000001"


class Bank:
    """mock-bank on a port of its own, in yuan, on a day of its own."""

    def __init__(self, day):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % s.getsockname()[1]
        program = pathlib.Path(os.environ["LIANOU_PYTHON"]).parent / "mock-bank"
        self.run = subprocess.Popen([program, "-q", "--port", self.url.rsplit(":")[-1], "--clock", "%sT09:00" % day],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.ask("/_mock/health")
                return
            except OSError:
                time.sleep(0.1)

    def ask(self, path, method="GET", data=None):
        r = urllib.request.Request(self.url + path, data=data, method=method, headers={"Content-Type": "application/xml"})
        with urllib.request.urlopen(r, timeout=20) as f:
            return json.loads(f.read())

    def mail(self):
        """What has come since it was asked for last: (kind, text)."""
        return [(m["type"][:8], next(m[k] for k in ("xml", "body") if k in m)) for m in self.ask("/_mock/mailbox")]


def statement(bus, text, good=True):
    path = FILES / ("statement-%d.xml" % time.monotonic_ns())
    path.write_text(text)
    return treasury(bus, "statement", str(path), "--bank", "nongshang", who=LIU, good=good)


def blocked(bus, what):
    said = treasury(bus, "batch", "prepare", "CG", "2099-12-31", who=ZHAO, good=False)
    assert "differs from its bank" in said and what in said, said


def paid_there(bus):
    """The batch at the other bank: its file in, eight days later its mail. One order comes back."""
    batch, out = sent(bus, "min")
    treasury(bus, "file", batch, "--out", str(out), who=LIU)
    orders = re.findall(r"<EndToEndId>([0-9a-f]{32})<", out.read_text())
    day = datetime.date.fromisoformat(asked(bus, "SELECT pay_day FROM batch"))
    bank = Bank(day - datetime.timedelta(1))
    try:
        bank.ask("/_mock/accounts/ACME", "PATCH", json.dumps({
            "currency": "CNY", "behaviour": "return-later", "parameters": {"days": 3, "end_to_end_id": orders[0]}}).encode())
        told = bank.ask("/payments", "POST", out.read_bytes())
        assert told["findings"] == [] and told["accepted"] == len(orders), told
        for kind, text in bank.mail():
            assert kind == "pain.002", kind
            take(bus, text)
        bank.ask("/_mock/advance?days=8", "POST", b"")
        mail = bank.mail()
        return (orders, [x for kind, x in mail if kind == "camt.053" and ACCOUNT in x],
                [x for kind, x in mail if kind == "camt.054"])
    finally:
        bank.run.terminate()
        bank.run.wait()


def fee(after, number):
    """A statement of ours that follows the bank's: five yuan, of no order."""
    left = re.findall(r'<Cd>CLBD</Cd>.*?<Amt Ccy="CNY">([\d.]+)</Amt>\s*<CdtDbtInd>(\w+)</CdtDbtInd>.*?<Dt>([\d-]+)</Dt>', after, re.S)[-1]
    yuan, day = float(left[0]) * (1 if left[1] == "CRDT" else -1), datetime.date.fromisoformat(left[2])
    seq = re.search(r"<(ElctrncSeqNb|LglSeqNb)>(\d+)<", after)
    day += datetime.timedelta(3 if day.weekday() == 4 else 1)
    def balance(kind, x):
        return ('<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">%.2f</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>'
                % (kind, abs(x), "CRDT" if x >= 0 else "DBIT", day))
    return ('<Document xmlns="%scamt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>%s</MsgId></GrpHdr><Stmt><Id>S-%s</Id>%s<Acct><Id><IBAN>%s</IBAN>'
            "</Id></Acct>%s%s<Ntry><Amt Ccy=\"CNY\">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><ValDt><Dt>%s</Dt></ValDt>"
            "<AcctSvcrRef>FEE</AcctSvcrRef></Ntry></Stmt></BkToCstmrStmt></Document>" % (
                SPACE, number, number, seq and "<%s>%d</%s>" % (seq[1], int(seq[2]) + 1, seq[1]) or "", ACCOUNT, balance("OPBD", yuan),
                balance("CLBD", yuan - 5), day))


def stated(bus, orders, days, notices):
    n = len(orders)
    assert len(days) >= 3, len(days)
    said = statement(bus, days[0])
    assert "statements 对账单 1" in said, said
    assert "taken before" in statement(bus, days[0])
    gap = statement(bus, days[2], good=False)
    assert re.search("NUMBER_MISSING|OPENING_DIFFERS|DAY_MISSING", gap), gap
    assert re.search(r"^F\d+ .* nongshang .*(MISSING|DIFFERS)", treasury(bus, "files"), re.M), treasury(bus, "files")
    assert asked(bus, "SELECT count(*) FROM statement") == "1"
    for text in days[1:]:
        statement(bus, text)
    assert "MISSING" not in treasury(bus, "files")
    assert asked(bus, "SELECT count(*) FROM statement") == str(len(days))
    assert asked(bus, "SELECT count(*), sum(amount_fen) FROM statement_line") == "%d|%d" % (n + 1, -66000 * (n - 1))
    assert asked(bus, "SELECT count(*) FROM fund_difference WHERE reason = 'ANSWER_MISSING'") == str(n + 1)
    blocked(bus, "ANSWER_MISSING")
    assert re.search(r"^CG .* %d +$" % (n + 1), treasury(bus, "funds"), re.M), treasury(bus, "funds")
    assert notices
    for text in notices:
        take(bus, text)
    assert asked(bus, "SELECT count(*) FROM fund_difference") == "0", treasury(bus, "differences")
    assert asked(bus, "SELECT count(*) FROM statement_line WHERE txn IS NOT NULL") == str(n + 1)
    print("%d statements of another bank: %d entries wait for their answers, and are matched when these come" % (len(days), n + 1))


def resolved(bus, last):
    text = fee(last, "FEE-1")
    said = statement(bus, text)
    assert "NO_ORDER" in said and "-5.00" in said, said
    assert "another" in statement(bus, text.replace("<MsgId>FEE-1", "<MsgId>FEE-2").replace("FEE</Acct", "FEF</Acct"), good=False)
    blocked(bus, "NO_ORDER -5.00")
    name = asked(bus, "SELECT name FROM fund_difference")
    treasury(bus, "look", name, "--as", "fee", "--why", "手续费", who=LIU)
    assert "another has to agree" in treasury(bus, "agree", name, who=LIU, good=False)
    blocked(bus, "NO_ORDER")
    treasury(bus, "agree", name, who=CHEN)
    assert asked(bus, "SELECT other FROM fund_day WHERE other <> 0") == "-500"
    last = asked(bus, "SELECT max(pay_day) FROM due_line WHERE state = 'due'")
    batch = treasury(bus, "batch", "prepare", "CG", last, who=ZHAO).strip()
    for who in (CHEN, LIU):
        treasury(bus, "batch", "approve", batch, who=who)
    treasury(bus, "batch", "send", batch, who=ZHAO)
    becomes(bus, 0, "SELECT count(*) FROM batch_line WHERE NOT written", "the next batch goes")
    print("a fee blocks the fund until two have said so; the next batch goes")


def audited(bus):
    def audit():
        return bus.town.lianou("audit", check=False).stdout
    assert until(lambda: "not yet in the ledger 0\n" in audit(), 60, bus.town.moved)
    assert re.search(r"^money off +0$", audit(), re.M), audit()
    for what, change in (("statement", "UPDATE statement_line SET amount_fen = amount_fen - 1 WHERE n = 1 AND amount_fen = -66000"),
                         ("balance", "UPDATE statement SET closing_fen = closing_fen + 1, moved_fen = moved_fen + 1 WHERE n = 1")):
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c",
                               "BEGIN; SET LOCAL session_replication_role = replica; " + change + "; COMMIT"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert re.search(r"^money off +%s .*fund CG, 20" % what, audit(), re.M), (what, audit())
    print("paid less returned is what the bank says; what was changed is named by fund and day")


def run(bus):
    for who in (ZHAO, CHEN, LIU):
        bus.town.account(who)
    FILES.mkdir(mode=0o700)
    granted(bus, 1, "S-1", 66000)
    assert until(lambda: months(bus) >= 3, 60, bus.town.moved)
    budgeted(bus, "600000.00")
    orders, days, notices = paid_there(bus)
    stated(bus, orders, days, notices)
    resolved(bus, days[-1])
    audited(bus)


main(run, account=ACCOUNT)
