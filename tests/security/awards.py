#!/usr/bin/env python3
"""What was granted stays beyond its case, through the real roles on real Kafka: a household that applies again next
month gets no second dibao, people see why; a status counts when dispatch has answered; after its twelve months a
recognition is asked for again."""
import datetime
import io
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import time
import uuid

for bound in ("AHEAD", "LATE", "APPLICATION"):  # years pass here within minutes
    os.environ["LIANOU_TIMES_" + bound] = "3660d"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from county import (APPLICATION, OPERATOR, SCHEMAS, SOURCE, Bus, application, clerk, fastavro, identity, newest)  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-awards-")) / "bus-config"
NO = dict(outcome="REFUSED", reason="材料不足", delivery="SERVICE", amount_fen=None)


def send(bus, topic, schema_id, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[schema_id][1], record)
    bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=record["household_id"])),
                         value=struct.pack(">bI", 0, schema_id) + out.getvalue())
    assert bus.producer.flush(20) == 0


def first(bus, order, reference, **changes):
    bus.submit(application(order, "WEB", reference, **changes))
    (_, a), *_ = bus.events("application", 1, channel_reference=reference)
    return a


def as_read(v):
    """A text among a fact's kinds of values is named as one: the writer takes it for a day."""
    if isinstance(v, list):
        return [as_read(x) for x in v]
    if isinstance(v, dict):
        return {k: ("string", x) if k == "value" and isinstance(x, str) else as_read(x) for k, x in v.items()}
    return v


def again(bus, a, days):
    """The same household, so many days later."""
    b = dict(as_read(a), personal=None, helped_by=None, event_id=uuid.uuid4().bytes, application_id=uuid.uuid4().bytes, occurred_at=a["occurred_at"] + datetime.timedelta(days=days))
    send(bus, "applications", APPLICATION, b)


def assigned(bus, home, n):
    """item -> assignment of the household's n-th case."""
    bus.events("case_event", n, kind="OPENED", household_id=home)
    bus.take(1)
    case = [r["case_id"] for _, k, r in bus.read if k == "case_event" and r["kind"] == "OPENED" and r["household_id"] == home][-1]
    return {r["item"]: r for _, k, r in bus.read if k == "assignment" and r["case_id"] == case and r["action"] == "ASSIGNED"}


def unable(bus, home, send):
    """The insurer finds nothing out: what it was asked holds the case open no longer."""
    answered = {r["request_id"] for _, k, r in bus.read if k == "verification_result"}
    for topic, k, r in list(bus.read):
        if k == "verification_request" and r["household_id"] == home and r["request_id"] not in answered:
            answered.add(r["request_id"])
            who = topic.split(".")[1]
            send(bus, "verification-results." + who, dict(
                event_id=uuid.uuid4().bytes, household_id=home, occurred_at=int(time.time() * 1000), case_id=r["case_id"],
                request_id=r["request_id"], outcome="UNABLE", report_hash=None, facts=[],
                appraiser=dict(operator_id="op-9", org_code=who, role="appraiser")))


def end(bus, home, n):
    """Refuses what is open, also what the status has brought, until the case has ended."""
    said = set()
    for _ in range(40):
        for r in assigned(bus, home, n).values():
            if r["assignment_id"] not in said and r["item"] not in ("MZ01", "MZ08"):
                said.add(r["assignment_id"])
                bus.decide(r, 0, **NO)
        bus.take(0.5)
        unable(bus, home, lambda b, topic, r: send(b, topic, newest("verification_result"), r))
        if len([1 for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["kind"] == "CLOSED"]) >= n:
            return
    raise AssertionError("the case does not end")


def notes(bus, home):
    return [r["note"] for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["kind"] == "ATTENTION"]


def status(bus, home):
    judged = max((r for _, r in bus.events("evaluation", 1, household_id=home)), key=lambda r: r["facts_version"])
    return {f["name"]: f["value"] for f in judged["facts"]}["household.status"]


def dibao_once(bus):
    a = first(bus, 1, "awards-1")
    home = a["household_id"]
    got = assigned(bus, home, 1)["MZ01"]
    bus.decide(got, got["amount_fen"], period="MONTHLY", from_month="2026-12")
    (_, task), = bus.events("delivery_task", 1, household_id=home)
    bus.events("evaluation", 2, household_id=home)
    assert status(bus, home) == "dibao", status(bus, home)
    send(bus, "delivery-receipts.youzheng", newest("delivery_receipt"),
         dict(event_id=uuid.uuid4().bytes, household_id=home, occurred_at=int(time.time() * 1000), case_id=task["case_id"],
              task_id=task["task_id"], outcome="PAID", attempts=1, signer_relation=None, reason=None))
    end(bus, home, 1)
    again(bus, a, 31)
    second = assigned(bus, home, 2)
    assert "MZ01" not in second, "dibao is assigned a second time"
    assert "AWARD_LIVE MZ01" in notes(bus, home), notes(bus, home)
    tasks = [r for _, k, r in bus.read if k in ("delivery_task", "payment_order") and r["household_id"] == home]
    assert len(tasks) == 1, "dibao is paid twice"
    print("who has dibao and applies again next month gets no second one, and people see why")


def recognised_for_a_year(bus):
    a = first(bus, 2, "awards-2", income_total_fen=1500000)
    home = a["household_id"]
    bus.decide(assigned(bus, home, 1)["MZ08"], 0, delivery="SERVICE", amount_fen=None)
    bus.events("evaluation", 2, household_id=home)
    assert status(bus, home) == "rigid", status(bus, home)
    end(bus, home, 1)
    again(bus, a, 300)
    assert "MZ08" not in assigned(bus, home, 2) and "AWARD_LIVE MZ08" in notes(bus, home)
    end(bus, home, 2)
    again(bus, a, 367)
    assert "MZ08" in assigned(bus, home, 3), "after twelve months it is asked for again"
    assert status(bus, home) == "none", status(bus, home)
    print("a recognition is there for twelve months and then asked for again")


def over_on_its_day(bus):
    """What was granted ends on its last day though nothing comes of the household, its case long closed: the matcher
    looks at its households once a day, and when it starts."""
    a = first(bus, 4, "awards-4", income_total_fen=1500000)
    home = a["household_id"]
    bus.decide(assigned(bus, home, 1)["MZ08"], 0, delivery="SERVICE", amount_fen=None,
               occurred_at=int(time.time() * 1000) - 400 * 86400000)
    bus.events("evaluation", 2, household_id=home)
    assert status(bus, home) == "rigid", status(bus, home)
    end(bus, home, 1)
    bus.take(1)
    assert "AWARD_ENDED MZ08" not in notes(bus, home), notes(bus, home)
    bus.town.kill("matcher")
    bus.events("case_event", 1, seconds=90, kind="ATTENTION", note="AWARD_ENDED MZ08", household_id=home)
    bus.town.kill("matcher")
    bus.take(3)
    assert notes(bus, home).count("AWARD_ENDED MZ08") == 1, "it ends once"
    again(bus, a, 1)
    assert "MZ08" in assigned(bus, home, 2), "it may be asked for again"
    print("what was granted is over on its day, without an event of the household")


def leave(bus, order, who, kind="DEATH", by=OPERATOR):
    """An officer's word by the command that he has: the ids of the events that went out."""
    line = json.dumps(dict(kind=kind, **{"from": str(datetime.date.today())}, head={"id_no": identity(order)},
                           members=[{"id_no": identity(who)}], operator=by))
    path = bus.town.dir / "leave"
    path.write_text(line + "\n")
    r = bus.town.lianou("intake", "leave", str(path), check=False)
    assert r.returncode == 0 and identity(who) not in r.stdout + r.stderr, r.stdout + r.stderr
    return uuid.UUID(r.stdout.split()[0]).bytes


def who_leaves(bus):
    """A death is said by who may take down the household's application, and by nobody else."""
    a = application(3, "WEB", "awards-3")
    a["members"].append({"id_no": identity(53), "name": "乙", "relation": "1", "facts": {"sex": "female", "life_state": "alive"}})
    bus.submit(a)
    (_, a), *_ = bus.events("application", 1, channel_reference="awards-3")
    home, people = a["household_id"], {m["person_id"] for m in a["members"]}
    bus.events("evaluation", 1, household_id=home)
    elsewhere = clerk("YB")
    for by, why in ((dict(OPERATOR, operator_id="nobody-at-all"), "OPERATOR_UNKNOWN"), (elsewhere, "NOT_DELEGATED"),
                    (dict(elsewhere, org_code=OPERATOR["org_code"]), "OPERATOR_ELSEWHERE")):
        leave(bus, 3, 53, by=by)
        bus.events("dead_letter", 1, reason_code=why, owner="membership-changes")
    leave(bus, 3, 54)
    bus.events("dead_letter", 1, reason_code="MEMBER_UNKNOWN")
    assert not [r for _, k, r in bus.read if k == "case_event" and str(r["note"]).startswith("MEMBERS_")]
    event = leave(bus, 3, 53)
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="MEMBERS_DEATH", household_id=home, refers_to=event)
    judged = max((r for _, r in bus.events("evaluation", 2, household_id=home)), key=lambda r: r["facts_version"])
    left = {m["person_id"] for m in judged["members"]}
    assert len(people) == 2 and len(left) == 1 and left < people
    assert not [f for f in judged["facts"] if f["member"] in people - left], "his facts have stayed"
    print("who has died leaves the household on the word of its own town's officer, and of nobody else")


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher", "dispatch"))
    good = False
    try:
        for test in (dibao_once, recognised_for_a_year, over_on_its_day, who_leaves):
            test(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
