#!/usr/bin/env python3
"""A department without a system: its worklist is a workbook in a folder, an
officer fills it in with a spreadsheet that is not ours (openpyxl) and puts it
back, on real Kafka and PostgreSQL, while its adapter is killed. Each assignment
is decided once; the same file again changes nothing; another value is told."""
import collections
import csv
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("WORKLIST_INNER") is None:
    os.environ["WORKLIST_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
import openpyxl  # noqa: E402
from patience import SLOW, until as patiently  # noqa: E402
from topics import load_schemas, read_topics  # noqa: E402
from town import Town  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")
CODE = "MZ"
APPLICATIONS = 12


def config():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-worklist-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", folder)
    p = folder / "partners.d" / (CODE + ".yaml")
    text = p.read_text().replace("transport: kafka", "transport: sheet")
    text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
    p.write_text(re.sub(r"metrics_port: .*", "metrics_port: 0", text))
    return folder


class WorklistTown(Town):
    def __init__(self, *args):
        super().__init__(*args)
        self.env["LIANOU_SEAL_MZ"] = str(self.dir / "seals/seal-MZ.key")

    def arguments(self, name):
        return ["run", "partner", CODE] if name == CODE else super().arguments(name)

    def spool(self, name):
        return self.dir / "state/spool" / CODE / name


def wait(town, what, seconds, test):
    found = patiently(test, seconds, town.moved)
    if not found:
        sys.exit("no %s; nothing moved for %d s" % (what, seconds * SLOW))
    return found


def said(town):
    """What the department was asked, and what it has said, by number."""
    asked, decided, withdrawn = {}, [], set()
    for topic, part, place, kind, record in read_topics(town.bootstrap, "qihe.", SCHEMAS):
        if topic == "assignments." + CODE and record["action"] in ("ASSIGNED", "RETURNED"):
            asked[record["event_id"]] = record
        elif topic == "assignments." + CODE and record["action"] == "WITHDRAWN":
            withdrawn.add(record["assignment_id"])
        elif topic == "decisions." + CODE:
            decided.append(record)
    gone = withdrawn - {r["assignment_id"] for r in decided}
    return {k: r for k, r in asked.items() if r["assignment_id"] not in gone}, decided


def officer(town):
    rows = [line for line in (town.dir / "registers/operators.csv").read_text().splitlines() if not line.startswith("#")]
    return next(r["id"] for r in csv.DictReader(rows) if r["org"] == CODE and "approver" in r["role"].split())


def fill(folder, name, decide):
    """The worklist with what decide(row) says in it, put back as `name`; how many rows that were."""
    book = openpyxl.load_workbook(folder / "out/worklist.xlsx")
    sheet = book.worksheets[0]
    titles = {cell.value: cell.column for cell in sheet[1]}
    filled = 0
    for i in range(2, sheet.max_row + 1):
        row = {title: sheet.cell(i, column).value for title, column in titles.items()}
        answer = decide(row)
        for title, value in answer.items():
            sheet.cell(i, titles[title]).value = value
        filled += len(answer) > 0
    if filled:
        book.save(folder / "in" / ("." + name))
        (folder / "in" / ("." + name)).rename(folder / "in" / name)
    return filled


def decision(town):
    who = officer(town)

    def decide(row):
        if row["拟给金额 proposed (元)"] and row["收款账户 payee"]:
            return {"决定 decision": "同意", "金额 amount (元)": float(row["拟给金额 proposed (元)"]),
                    "方式 delivery": "银行代发", "经办人 operator": who}
        return {"决定 decision": "不同意", "理由 reason": "材料不足", "经办人 operator": who}
    return decide


def report(town, name):
    """Where the file went, and its report."""
    def look():
        for folder, note in (("done", "ack"), ("rejected", "reason")):
            file = town.spool(folder) / ("%s.%s.csv" % (name[:-5], note))
            if file.exists():
                return folder, file.read_text(encoding="utf-8-sig")
        return None
    return wait(town, "report of " + name, 60, look)


def everything(town):
    """Files until nothing waits; the adapter is killed behind each."""
    files, decide = [], decision(town)

    def ended():
        town.revive()
        name = "第%d份.xlsx" % (len(files) + 1)
        if fill(town.spool(""), name, decide):
            time.sleep(0.3 * len(files))
            town.kill(CODE)
            files.append(name)
            folder, text = report(town, name)
            # What was updated or withdrawn since the list was copied is told by its row; the others count.
            wrong = {r[2] for r in csv.reader(text.splitlines()[2:]) if r[2] != "TAKEN"}
            assert folder == "done" or wrong == {"UNKNOWN_ROW"}, text
            time.sleep(2.5)  # until the list is written anew
            return False
        asked, decided = said(town)
        # What came back (a payment did not arrive) is asked, and decided, once more.
        times = collections.Counter(r["assignment_id"] for r in asked.values())
        return asked and times == collections.Counter({r["event_id"]: r["assignment_id"] for r in decided}.values())
    wait(town, "end of the worklist", 60, ended)
    return files


def again(town, files):
    before = len(said(town)[1])
    files = [f for f in files if (town.spool("done") / f).exists()]
    shutil.copy(town.spool("done") / files[0], town.spool("in") / "again.xlsx")
    folder, text = report(town, "again.xlsx")
    assert folder == "done" and "0 rows taken" in text, text
    book = openpyxl.load_workbook(town.spool("done") / files[0])
    sheet = book.worksheets[0]
    column = next(c.column for c in sheet[1] if c.value == "理由 reason")
    sheet.cell(2, column).value = "=1+1"
    sheet.cell(3, column).value = "另有理由"
    book.save(town.spool("in") / ".other")
    (town.spool("in") / ".other").rename(town.spool("in") / "other.xlsx")
    folder, text = report(town, "other.xlsx")
    rows = {(r[0], r[1], r[2]) for r in csv.reader(text.splitlines())}
    assert folder == "rejected" and {("2", "理由 reason", "FORMULA"), ("3", "决定 decision", "ANSWERED")} <= rows, text
    assert len(said(town)[1]) == before
    print("  the same file again: nothing; a formula and another value: told by row and column")


def main():
    program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    town = WorklistTown(program, config())
    good = False
    try:
        for name in ("matcher", "dispatch", "ledger", "partners", CODE):
            town.start(name)
        lines = town.lianou("generate", "applications", str(APPLICATIONS), "--seed", "7").stdout
        (town.dir / "in").write_text(lines)
        wait(town, "submission", 120, lambda: town.lianou("intake", "submit", str(town.dir / "in"), check=False).returncode == 0)
        wait(town, "worklist", 60, lambda: town.spool("out/worklist.xlsx").exists())
        files = everything(town)
        asked, decided = said(town)
        distinct = {r["event_id"] for r in decided}
        print("%d assignments, %d files, %d decisions (%d written again)" % (len(asked), len(files), len(distinct), len(decided) - len(distinct)))
        assert len(distinct) == len(asked) and all(r["seal"] for r in decided)
        assert {r["outcome"] for r in decided} == {"CONFIRMED", "REFUSED"}
        again(town, files)
        letters = [r for topic, *_, r in read_topics(town.bootstrap, "qihe.", SCHEMAS) if topic == "dead-letters"]
        assert not letters, letters
        audit = wait(town, "account", 60, lambda: (lambda a: a and a["unread"] == 0 and a)(town.audit()))
        print("  lianou audit:", json.dumps(audit))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order")), audit
        good = True
    finally:
        town.close(keep=not good)
        shutil.rmtree(town.env["LIANOU_CONFIG"], ignore_errors=True)


main()
