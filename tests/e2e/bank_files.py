#!/usr/bin/env python3
"""A batch as its bank's file and what the bank gives back, through the real roles: a pain.001 that the published schema takes,
with the accounts that were decided on (D4: made again it is the same bytes, given in again nothing, with other content it is refused); bad answers, each refused by name and without an effect; then a pain.002 and two
camt.054 that reject, settle and return lines as answers over Kafka do, and whose outcome the matcher hears."""
import re
import shutil
import stat
import time
import uuid

from treasury import ACCOUNT, CHEN, FOLDER, LIU, ZHAO, Bus, asked, becomes, budgeted, granted, months, treasury, until  # noqa: E402
import pathlib  # noqa: E402

import sepaxml  # noqa: E402
import xmlschema  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SPACE = "urn:iso:std:iso:20022:tech:xsd:"
FILES = FOLDER.parent / "files"


def status(number, batch, group="", entries=()):
    """A pain.002 of a batch; entries: (order, status, reason)."""
    rows = "".join("<TxInfAndSts><OrgnlEndToEndId>%s</OrgnlEndToEndId><TxSts>%s</TxSts>%s</TxInfAndSts>" % (
        order, word, reason and "<StsRsnInf><Rsn><Cd>%s</Cd></Rsn></StsRsnInf>" % reason) for order, word, reason in entries)
    return ('<?xml version="1.0"?><Document xmlns="%spain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>%s</MsgId></GrpHdr>'
            "<OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId>%s</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>%s</OrgnlPmtInfAndSts>"
            "</CstmrPmtStsRpt></Document>" % (SPACE, number, batch, group, rows))


def notice(number, *entries, currency="CNY"):
    """A camt.054; entries: (order, yuan, sign, reference, reason)."""
    rows = "".join(
        '<Ntry><Amt Ccy="%s">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls><Refs><AcctSvcrRef>%s'
        "</AcctSvcrRef><EndToEndId>%s</EndToEndId></Refs>%s</TxDtls></NtryDtls></Ntry>" % (
            currency, yuan, sign, reference, order, reason and "<RtrInf><Rsn><Cd>%s</Cd></Rsn></RtrInf>" % reason)
        for order, yuan, sign, reference, reason in entries)
    return ('<Document xmlns="%scamt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>%s</MsgId></GrpHdr><Ntfctn><Id>N</Id>%s'
            "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>" % (SPACE, number, rows))


def take(bus, text, good=True, bank="nongshang"):
    path = FILES / ("in-%d.xml" % time.monotonic_ns())
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return treasury(bus, "take", str(path), "--bank", bank, who=LIU, good=good)


def sent(bus, which="max"):
    last = asked(bus, "SELECT %s(pay_day) FROM due_line WHERE state = 'due'" % which)
    treasury(bus, "due", "--through", last, who=ZHAO)
    batch = treasury(bus, "batch", "prepare", "CG", last, who=ZHAO).strip()
    out = FILES / "batch.xml"
    assert "a file is made of what was sent" in treasury(bus, "file", batch, "--out", str(out), who=LIU, good=False)
    for who in (CHEN, LIU):
        treasury(bus, "batch", "approve", batch, who=who)
    treasury(bus, "batch", "send", batch, who=ZHAO)
    becomes(bus, 0, "SELECT count(*) FROM batch_line WHERE NOT written", "orders are written")
    return batch, out


def made(bus, batch, out, n):
    said = treasury(bus, "file", batch, "--out", str(out), who=LIU)
    assert "笔数 %d" % n in said, said
    text = out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600 and not out.with_suffix(".xml.part").exists()
    schema = xmlschema.XMLSchema(str(pathlib.Path(sepaxml.__file__).parent / "schemas/pain.001.001.09.xsd"))
    assert list(schema.iter_errors(text)) == []
    assert set(re.findall(r"<CdtrAcct><Id><Othr><Id>(\d+)<", text)) == {ACCOUNT}
    assert re.findall(r"<CtrlSum>([\d.]+)<", text) == ["%d.00" % (660 * n)] * 2
    assert "there already" in treasury(bus, "file", batch, "--out", str(out), who=LIU, good=False)
    again = out.with_name("again.xml")
    assert "made before" in treasury(bus, "file", batch, "--out", str(again), who=LIU)
    assert again.read_text() == text
    assert asked(bus, "SELECT count(*) FROM read_log WHERE via = 'lianou treasury file' AND record = '%s'" % batch) == "3"  # asked before it was sent, too
    orders = re.findall(r"<EndToEndId>([0-9a-f]{32})<", text)
    assert len(set(orders)) == n and {uuid.UUID(x) for x in orders} == {
        uuid.UUID(x) for x in asked(bus, "SELECT order_id FROM batch_line").split()}
    return orders


def refused(bus, batch, orders):
    """Each by its name, kept, with no effect."""
    m, n = batch.replace("-", ""), len(orders)
    good = status("G", m, entries=[(orders[0], "ACSC", "")])
    bad = [
        ("another count or total", status("B1", m, "<OrgnlNbOfTxs>%d</OrgnlNbOfTxs><OrgnlCtrlSum>1.00</OrgnlCtrlSum>" % n)),
        ("no batch", status("B3", uuid.uuid4().hex)),
        ("no batch of ours", status("B4", "M-1")),
        ("another currency", notice("B5", (orders[0], "660.00", "DBIT", "T1", ""), currency="USD")),
        ("document types and entities", good.replace("<Document", '<!DOCTYPE a [<!ENTITY x "y">]><Document')),
        ("not well-formed, or cut off", good[:-40]),
    ]
    for what, text in bad:
        assert what in take(bus, text, good=False), what
    assert "another bank's" in take(bus, good, good=False, bank="youchu")
    assert "no bank" in take(bus, good, good=False, bank="nobank")
    assert asked(bus, "SELECT count(*) FROM bank_answer") == "0"
    assert asked(bus, "SELECT count(*) FROM batch_line WHERE state = 'sent'") == str(n)
    assert asked(bus, "SELECT count(*), count(DISTINCT sm3) FROM bank_file WHERE ended = 'REFUSED' AND reason <> ''") == "7|7"
    said = take(bus, "流水号,金额,结果,银行流水\r\nX-1,660.00,成功,T1\r\n".encode("gb18030"), bank="youchu")
    assert "UNKNOWN_ORDER 1" in said and "order 指令 X-1" in said, said
    said = take(bus, "流水号,金额,结果,银行流水\r\n%s,660.00,成功,T1\r\n".encode("gb18030") % orders[0].encode(), bank="youchu")
    assert "NOT_YOURS 1" in said, said
    assert "line 2, column 3" in take(bus, "流水号,金额,结果,银行流水\nX,1,好,\n".encode("gb18030"), good=False, bank="youchu")
    treasury(bus, "looked", asked(bus, "SELECT event_id FROM bank_answer WHERE ended = 'NOT_YOURS'"), "--why", "他行误报", who=CHEN)
    print("bad files, each refused by its name, kept, without an effect")


def answered(bus, batch, orders, first):
    m, n = batch.replace("-", ""), len(orders)
    back = next(x for x in orders if x != first)
    rest = [x for x in orders if x not in (first, back)]
    said = take(bus, status("A1", m, "<OrgnlNbOfTxs>%d</OrgnlNbOfTxs><OrgnlCtrlSum>%d</OrgnlCtrlSum><GrpSts>ACCP</GrpSts>" % (
        n, 660 * n), [(x, "ACCP", "") for x in orders]))
    assert "noted 未办结 %d" % n in said, said
    assert asked(bus, "SELECT state FROM batch") == "acknowledged"
    text = status("A2", m, entries=[(rest[0], "RJCT", "AC04")])
    said = take(bus, text)
    assert "TAKEN 1" in said and "账户已销户" in said, said
    assert "taken before" in take(bus, text)
    assert "another file of this number" in take(bus, text.replace("AC04", "AC01"), good=False)
    said = take(bus, notice("A3", *[(x, "660.00", "DBIT", "T-" + x, "") for x in orders if x != rest[0]],
                            (uuid.uuid4().hex, "1.00", "DBIT", "T-x", "")))
    assert "TAKEN %d" % (n - 1) in said and "UNKNOWN_ORDER 1" in said, said
    said = take(bus, notice("A4", (back, "660.00", "CRDT", "R-1", "AC06"), (first, "660.00", "DBIT", "T-" + first, "")))
    assert "TAKEN 1" in said and "known 已知 1" in said, said
    assert asked(bus, "SELECT string_agg(state, ' ' ORDER BY state) FROM due_line WHERE state <> 'due'") == " ".join(
        ["rejected", "returned"] + ["settled"] * (n - 2))
    assert asked(bus, "SELECT count(*) FROM fund_day WHERE opening + budget - spent + back <> closing") == "0"
    # the matcher hears of each that moved a line, once; the treasury knows its own words again
    bus.events("case_event", 1, seconds=60, kind="RESULT_FOLDED", note="SETTLED", refers_to=uuid.UUID(first).bytes)
    results = bus.events("payment_result", n + 1, seconds=60)
    assert len({r["event_id"] for _, r in results}) == n + 1
    becomes(bus, n + 4, "SELECT count(*) FROM bank_answer", "its own messages are no news")
    letters = [r["reason_code"] for _, k, r in bus.read if k == "dead_letter"]
    assert letters == [], letters
    bus.held("D4", "a bank's file given in twice, and another under its number")
    print("%d lines: rejected, settled, returned by files; the matcher has heard" % n)


def run(bus):
    for who in (ZHAO, CHEN, LIU):
        bus.town.account(who)
    FILES.mkdir(mode=0o700)
    _, first = granted(bus, 1, "F-1", 66000)
    assert until(lambda: months(bus) >= 3, 60, bus.town.moved)
    budgeted(bus, "600000.00")
    batch, out = sent(bus)
    orders = made(bus, batch, out, int(asked(bus, "SELECT lines FROM batch")))
    refused(bus, batch, orders)
    answered(bus, batch, orders, uuid.UUID(bytes=first).hex)


def configured(account="100000000001"):
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    conf = FOLDER / "bus.yaml"
    conf.write_text(conf.read_text().replace("\ntreasury: # ops/docs/treasury.md\n", "\ntreasury:\n  lead_days: 60\n", 1))
    shown = re.findall(r"^```yaml\n(file: .*?)^```", (SOURCE / "ops/docs/treasury.md").read_text(), re.M | re.S)
    for bank, profile in zip(("nongshang", "youchu"), shown, strict=True):  # pain001; a table of its own
        path = FOLDER / ("partners.d/%s.yaml" % bank)
        path.write_text(path.read_text() + profile)
    path = FOLDER / "funds.yaml"
    path.write_text(path.read_text().replace("  CG: {", '  CG: {account: "%s", ' % account, 1))


def main(work=run, **how):
    configured(**how)
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "ledger", "treasury"))
    good = False
    try:
        work(bus)
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


if __name__ == "__main__":
    main()
