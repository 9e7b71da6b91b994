#!/usr/bin/env python3
"""Whoever has sent what nobody can use is told so, through the real roles on real Kafka: a department and a source on
topics of their own, the post in its folder; which event, code and reason in both languages, and nobody's data. Whose
dead letter it is closes it, by name and with a reason; nobody else does."""
import datetime
import io
import json
import pathlib
import shutil
import struct
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from county import SCHEMAS, SOURCE, Bus, application, clerk, fastavro, identity, newest  # noqa: E402
from patience import until  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-notices-")) / "bus-config"
SPOOL = FOLDER.parent / "spool"


def send(bus, topic, record, values, headers=None):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[newest(record)][1], values)
    bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=values["household_id"])),
                         headers=headers or [("ce_id", str(uuid.UUID(bytes=values["event_id"])))],
                         value=struct.pack(">bI", 0, newest(record)) + out.getvalue())
    assert bus.producer.flush(20) == 0


def told(bus, whom, event_id, code):
    """The one notice of that event; only its sender's topic has it."""
    (topic, n), = bus.events("notice", 1, refers_to=event_id)
    assert topic == "notices." + whom, (topic, whom)
    assert n["reason_code"] == code, n["reason_code"]
    assert n["reason_zh"] and n["reason_en"] and not n["reason_zh"].isascii(), n
    return n


def apply(bus):
    bus.submit(application(1, "WEB", "notices-1"))
    (_, a), *_ = bus.events("application", 1, channel_reference="notices-1")
    return a


def a_department(bus, a):
    (_, got), = bus.events("assignment", 1, item="MZ06", household_id=a["household_id"])
    d = bus.decide(got, 100000, assignment_id=uuid.uuid4().bytes)
    (_, letter), = bus.events("dead_letter", 1, owner="MZ")
    assert letter["reason_code"] == "ASSIGNMENT_UNKNOWN", letter["reason_code"]
    n = next(r for _, r in bus.events("notice", 1, topic="qihe.decisions.MZ"))
    assert n["reason_code"] == "ASSIGNMENT_UNKNOWN" and n["household_id"] == d["household_id"]
    print("a department is told of its decision")
    return got


def a_source(bus, a):
    event = uuid.uuid4().bytes
    send(bus, "facts.school", "facts_reported", dict(
        event_id=event, household_id=a["household_id"], occurred_at=int(time.time() * 1000), source="school",
        facts=[dict(name="household.income_total_fen", member=None, value=0, as_of=datetime.date.today(), source="school", verified=True)]))
    told(bus, "school", event, "FACT_NOT_YOURS")
    print("a source is told of its fact")


def in_a_folder(bus, a, got):
    bus.decide(got, 100000)
    (_, task), = bus.events("delivery_task", 1, household_id=a["household_id"])
    event = uuid.uuid4().bytes
    send(bus, "delivery-receipts.youzheng", "delivery_receipt", dict(
        event_id=event, household_id=a["household_id"], occurred_at=int(time.time() * 1000), case_id=task["case_id"],
        task_id=uuid.uuid4().bytes, outcome="PAID", attempts=1, signer_relation=None, reason=None))
    told(bus, "youzheng", event, "ORDER_UNKNOWN")
    deadline = time.time() + 40
    while time.time() < deadline:
        for path in (SPOOL / "out").glob("*.json"):
            text = path.read_text()
            doc = json.loads(text)
            if doc["document"] == "notice":
                assert doc["refers_to"] == str(uuid.UUID(bytes=event)) and doc["reason_code"] == "ORDER_UNKNOWN", doc
                assert doc["zh"] and doc["en"] and "household_id" not in doc, doc
                assert identity(1) not in text and "甲" not in text
                print("the post is told in its folder")
                return
        time.sleep(0.2)
    raise AssertionError("no notice in the folder")


def nobody_else(bus):
    bus.take(1)
    notices = [(t, r) for t, k, r in bus.read if k == "notice"]
    letters = [r for _, k, r in bus.read if k == "dead_letter"]
    assert len(notices) == len(letters) == 3, (len(notices), len(letters))
    assert identity(1) not in repr(notices) and "甲" not in repr(notices)


def refused(town, who, letter, reason, words):
    r = town.signed_in(who, "dlq", "close", letter, "--reason", reason, check=False)
    assert r.returncode != 0 and words in r.stderr, (words, r.returncode, r.stdout, r.stderr)


def closing(bus):
    """A letter is its owner's to close, or the lead department's; the others stay open."""
    town = bus.town
    mine, school = ("%(topic)s/%(partition)d/%(offset)d" % r for o in ("MZ", "school") for _, k, r in bus.read
                    if k == "dead_letter" and r["owner"] == o)
    town.lianou("register", "publish")
    ours, others = clerk("MZ")["operator_id"], clerk("TY")["operator_id"]
    for who in (ours, others):
        town.account(who)
    refused(town, others, mine, "已电话核实", "nor of the lead department")
    refused(town, ours, mine, "", "--reason")
    refused(town, ours, mine, identity(1), "--reason")
    refused(town, ours, mine, "two\nlines", "--reason")
    refused(town, ours, "qihe.cases/0/99", "已电话核实", "no dead letter")
    r = town.lianou("dlq", "close", mine, "--reason", "已电话核实", check=False)
    assert r.returncode != 0, "closed by nobody"
    assert "3 open, 0 redriven, 0 closed" in town.lianou("dlq", "ls").stdout
    for letter in (mine, school):  # the second as the lead department
        assert "closed" in town.signed_in(ours, "dlq", "close", letter, "--reason", "已电话核实").stdout
    refused(town, ours, mine, "已电话核实", "has its end: %s: 已电话核实" % ours)
    out = town.lianou("dlq", "ls").stdout
    assert "1 open, 0 redriven, 2 closed" in out and mine not in out, out
    assert mine in town.lianou("dlq", "ls", "--all", "--owner", "MZ").stdout
    assert "end " in town.lianou("dlq", "show", mine).stdout
    assert "0 redriven, 1 had been" in town.lianou("dlq", "redrive", mine).stdout, "a closed letter was sent"
    dry = town.lianou("dlq", "redrive", "all", "--dry-run").stdout
    assert dry.count("would be sent") == 1 and "delivery-receipts" in dry, dry
    assert "1 open" in town.lianou("dlq", "ls").stdout
    until(lambda: (lambda a: a and a["unread"] == 0 and a["dead_lettered"] == 3)(town.audit()), 60, town.moved)
    last = town.audit()
    assert last["dead_lettered"] == 3 and not any(last[k] for k in ("lost", "duplicated", "torn", "out_of_order")), last
    status = town.lianou("status", check=False).stdout
    assert "dead letters 1\n" in status or "dead letters 1," in status, status
    print("a letter is closed by whose it is")


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    SPOOL.mkdir()
    path = FOLDER / "partners.d/youzheng.yaml"
    text = "".join(x for x in path.read_text().splitlines(keepends=True) if not x.startswith(("transport:", "metrics_port:")))
    path.write_text(text + "transport: spool\nmetrics_port: 0\nspool_dir: %s\n" % SPOOL)
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "post", "ledger"))
    good = False
    try:
        a = apply(bus)
        got = a_department(bus, a)
        a_source(bus, a)
        in_a_folder(bus, a, got)
        nobody_else(bus)
        closing(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
