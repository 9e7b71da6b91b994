#!/usr/bin/env python3
"""Lists as stations really send them: what went wrong is named, at its place,
in both languages, without a word of a person; what is well is taken. Real Kafka.

The lists are made here, of generated people under division 000000; a folder
LIANOU_SHARED/cases/lists is tried as well where there is one."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import intake_role
from intake_role import SOURCE, Intake, an_operator, identity, program

intake_role.with_clients(kafka=True)
from brokers import start_brokers  # noqa: E402
from topics import load_schemas, read_topics  # noqa: E402

OPERATOR = an_operator()
ORG, WHO = OPERATOR["org_code"], OPERATOR["operator_id"]
HEADS = "流水号,申请日期,村居代码,受理人编号,受理机构,授权核对,姓名,证件号码,与户主关系,联系电话,城乡类别,家庭年收入(元)"
faults = []
numbers = iter(range(1, 900))


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
        print("  WRONG %s: %s" % (what, str(got)[:1500]))


def row(reference, day="", phone="", name=None, number=None, more="", income="12000"):
    n = next(numbers)
    return "%s,%s,%s,%s,%s,是,%s,%s,户主,%s,农村,%s%s" % (
        reference, day, ORG, WHO, ORG, name or "甲%d" % n, number or identity(n, "19850101"), phone, income, more)


class Lists:
    def __init__(self, bootstrap):
        self.intake = Intake("lists", bootstrap=bootstrap)
        self.n = 0

    def run(self, text, code=None, encoding="utf-8-sig", more=()):
        self.n += 1
        path = self.intake.work / ("list-%d.csv" % self.n)
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        r = subprocess.run([program(), "intake", "import", str(path), *more], env=self.intake.env, capture_output=True, text=True,
                           timeout=120)
        out = r.stdout + r.stderr
        check("exit code", code is None or r.returncode == code, (r.returncode, out))
        written = text if isinstance(text, str) else ""
        for secret in re.findall(r"\b\d{17}[\dXx]\b|甲\d+|\+?86[- \d]{11,}|\b1[3-9]\d{9}\b", written):
            check("personal data in a message: list %d" % self.n, secret not in out, out)
        return out


def refused(lists, what, text, *words, encoding="utf-8-sig"):
    """A whole list: the cause is named, nothing is sent."""
    out = lists.run(text, 1, encoding)
    for w in words:
        check("%s: names %r" % (what, w), w in out, out)
    check(what + ": nothing is sent", "0 applications: 0 accepted" in out, out)
    check(what + ": one cause, not nine", out.count(" / ") <= 3, out)
    print("  %-28s %s" % (what, next((x for x in out.splitlines() if words[0] in x), "?")[:150]))


def rows(lists, what, lines, expected, heads=HEADS):
    """expected: of each line, None when it is taken, else (column, code)."""
    out = lists.run(heads + "\r\n" + "\r\n".join(lines) + "\r\n", 1 if any(expected) else 0)
    for i, want in enumerate(expected):
        line = i + 2
        block = re.search(r"^lines? %d(?:-\d+)?  (.*(?:\n    .*)*)" % line, out, re.M)
        told = block.group(1) if block else ""
        if want is None:
            check("%s, row %d is taken" % (what, line), re.search(r"  (accepted|known)", told), told or out)
        else:
            check("%s, row %d: %s" % (what, line, want[1]), "column %d " % want[0] in told and want[1] in told if want[0]
                  else want[1] in told, told or out)
            check("%s, row %d: found stays hidden or harmless" % (what, line), told.count("found") <= 3, told)
    taken = sum(w is None for w in expected)
    check("%s: %d taken" % (what, taken), "%d applications: %d accepted" % (len(lines), taken) in out, out)
    print("  %-28s %d rows, %d taken, %d told" % (what, len(lines), taken, len(lines) - taken))


def whole_lists(lists):
    good = row("W1")
    refused(lists, "title row", "二〇二六年救助申请登记表,,,,,,,,,,,\r\n%s\r\n%s\r\n" % (HEADS, good), "TITLE_ROW", "line 2", "列名之前")
    refused(lists, "semicolons", (HEADS + "\r\n" + good).replace(",", ";"), "DELIMITER", "separated by ;", "以 ; 分隔")
    refused(lists, "tabs", (HEADS + "\r\n" + good).replace(",", "\t"), "DELIMITER", "tab")
    refused(lists, "UTF-16 and tabs", (HEADS + "\r\n" + good).replace(",", "\t"), "UTF-16", "tab", encoding="utf-16")
    refused(lists, "CR line ends", HEADS + "\r" + good + "\r" + row("W2") + "\r", "LINE_ENDS", "CR")
    refused(lists, "no header", good + "\r\n" + row("W2") + "\r\n", "NO_HEADER", "template")
    refused(lists, "a workbook", b"PK\x03\x04" + b"\0" * 200, ".xlsx")
    refused(lists, "not sorted", "\r\n".join((HEADS, row("W3"), row("W4"), row("W3"))) + "\r\n", "sort the list", "line 4", "排序")
    refused(lists, "a head misspelt", "\r\n".join((HEADS.replace("村居代码", "村居代玛"), good)) + "\r\n", "COLUMN_UNKNOWN", "村居代码")
    columns = HEADS.split(",")
    order = list(range(len(columns)))[::-1]
    turned = [",".join(line.split(",")[i] for i in order) for line in (HEADS, row("W5"))]
    out = lists.run("\r\n".join(turned) + "\r\n", 0)
    check("columns in another order", "1 applications: 1 accepted" in out, out)
    out = lists.run(HEADS + ",,,\r\n" + row("W6") + ",,,\r\n,,,,,,,,,,,,,,\r\n", 0)
    check("columns without a name", "1 applications: 1 accepted" in out, out)


def cells(lists):
    rows(lists, "dates", [row("D%d" % i, day=d) for i, d in enumerate((
        "2026/11/1", "2026-11-1", "2026.11.01", "2026年11月1日", "20261101", "26/11/1", "88-1-1", "11/1/2026", "46327",
        "2026-11-31", "2026/2/29", "２０２６-11-01"))],
        [None] * 5 + [(2, "DATE_YEAR")] * 2 + [(2, "DATE")] * 5)
    rows(lists, "phones", [row("P%d" % i, phone=p) for i, p in enumerate((
        "+8613000000000", "+86 130 0000 0000", "86-13000000000", "130-0000-0000", "0000-0000000",
        "13000000000/13100000000", "1.3E+10", "13000000000.0", "130００００００００", "无", "13000000000 李", "12"))],
        [None] * 5 + [(10, "PHONE")] * 7)
    heads = HEADS + ",开户银行,账号,户名,member.birth_date"
    def of(i, account, birth="1985-01-01"):
        return row("A%d" % i, more=",nongshang,%s,,%s" % (account, birth))
    rows(lists, "accounts", [of(i, a) for i, a in enumerate((
        "6200 0000 0000 0001", "6200000000000001", "", "6.2E+18", "6200000000000000000", "0", "无", "６２００", "6200000000000001.00",
        "-"))], [None] * 3 + [(14, "ACCOUNT"), (14, "ACCOUNT_ROUNDED")] + [(14, "ACCOUNT")] * 5, heads)
    rows(lists, "births", [of(50 + i, "", b) for i, b in enumerate(("1985-01-01", "85-1-1", "1985/1/1"))],
         [None, (16, "DATE_YEAR"), None], heads)
    rows(lists, "numbers", [row("N%d" % i, number=n) for i, n in enumerate((
        identity(950), "3.71425E+17", identity(951)[:15], "".join(chr(ord(c) + 0xfee0) if c.isdigit() else c for c in identity(952))))],
        [None, (8, "ID_"), (8, "ID_LENGTH"), (8, "ID_")])


def broken_rows(lists):
    rows(lists, "one bad row", [row("B0"), row("B1"), row("B2", name="甲\"二\""), row("B3"), row("B4")],
         [None, None, (7, "ROW_BROKEN"), None, None])
    rows(lists, "a quote that never ends", [row("B5"), row("B6", name="\"甲"), row("B7")], [None, (7, "ROW_BROKEN"), None])
    rows(lists, "total and note", [row("B8"), "合计,,,,,,,,,,,12000", "填表人：某某,,,,,,,,,,,", row("B9")],
         [None, (0, "ROW_NO_HOUSEHOLD"), (0, "ROW_NO_HOUSEHOLD"), None])
    # A household with a broken row is not taken in part, and the next one is.
    text = "\r\n".join((HEADS, row("C1"), row("", name="乙\"丙\""), row("C2"))) + "\r\n"
    out = lists.run(text, 1)
    check("a household with a broken row", "2 applications: 1 accepted" in out and "lines 2-3  C1  failed" in out, out)


def stopped(lists):
    """Kafka is away: said; the import is broken off: where, and how much is left."""
    lists.n += 1
    path = lists.intake.work / "away.csv"
    path.write_text(HEADS + "\n" + "\n".join(row("K%d" % i) for i in range(40)) + "\n")
    p = subprocess.Popen([program(), "intake", "import", str(path)], env=dict(lists.intake.env, LIANOU_KAFKA="127.0.0.1:1"),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = ""
    while "is away" not in said:
        line = p.stderr.readline()
        check("Kafka away is said", line != "", said)
        if not line:
            break
        said += line
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    check("a stopped import is no success", p.returncode not in (0, None), p.returncode)
    check("where it stopped", "stopped at line 0, 41 lines not read" in err and "未读41行" in err, err)
    print("  stopped: exit %s, %s" % (p.returncode, err.strip().splitlines()[-1][-150:] if err.strip() else ""))


def shared(lists):
    folder = pathlib.Path(os.environ.get("LIANOU_SHARED", "")) / "cases/lists"
    for path in sorted(folder.glob("*.csv")) if os.environ.get("LIANOU_SHARED") else []:
        data = path.read_bytes()
        out = lists.run(data)
        text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig", "replace")
        for secret in re.findall(r"\b\d{17}[\dXx]\b|\+?86[- \d]{11,}", text):
            check("personal data in a message: " + path.name, secret not in out, out)
        print("  %-24s %s" % (path.name, out.strip().splitlines()[-1]))


def command(lists):
    text = subprocess.run([program(), "intake", "template", "--csv"], env=lists.intake.env, capture_output=True, check=True).stdout
    check("the template names the columns", text.decode("utf-8-sig").startswith("流水号,申请日期,村居代码"), text)
    out = lists.run(text, None)
    check("the template is a list", "0 applications: 0 accepted" in out, out)
    said = subprocess.run([program(), "intake", "openapi"], env=lists.intake.env, capture_output=True, check=True).stdout
    check("the contract is the one in the tree", json.loads(said) ==
          json.loads((SOURCE / "producers/intake/openapi.json").read_text()), "lianou intake openapi > producers/intake/openapi.json")


def main():
    kafka = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / ("lianou-lists-kafka-%d" % os.getpid())
    bootstrap = start_brokers(kafka)
    lists = Lists(bootstrap)
    try:
        subprocess.run([program(), "topics", "apply"], env=lists.intake.env, check=True, capture_output=True, timeout=60)
        whole_lists(lists)
        cells(lists)
        broken_rows(lists)
        stopped(lists)
        shared(lists)
        command(lists)
        applied = [r for t, p, o, k, r in read_topics(bootstrap, "qihe.", load_schemas(SOURCE / "schemas")) if k == "application"]
        references = [r["channel_reference"].split(":")[1] for r in applied]
        check("nothing of a refused list is on the topic", not {"W1", "W2", "W3", "W4"} & set(references), references)
        check("nothing twice", len(references) == len(set(references)), references)
    finally:
        subprocess.run([SOURCE / "ops/kafka/stop", kafka], capture_output=True)
        subprocess.run(["rm", "-rf", str(kafka)])
        lists.intake.end(not faults)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
