#!/usr/bin/env python3
"""What banks and the post answer, held against what was asked of them, through the real roles on real Kafka: another
bank, another amount, another kind leave the line open and people see it; a second answer with other content is a
contradiction, not a duplicate; what was rejected goes back to its owner, and the case stays in hand until he ends it."""
import datetime
import io
import pathlib
import shutil
import struct
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from county import SCHEMAS, SOURCE, Bus, application, fastavro  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-answers-")) / "bus-config"
IDS = {name: i for i, (name, _) in SCHEMAS.items()}
BANKS = ("nongshang", "youchu")
POST = "youzheng"


def send(bus, topic, record, **values):
    values = dict(dict(event_id=uuid.uuid4().bytes, occurred_at=int(time.time() * 1000)), **values)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[IDS[record]][1], values)
    bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=values["household_id"])),
                         value=struct.pack(">bI", 0, IDS[record]) + out.getvalue())
    assert bus.producer.flush(20) == 0


def hand(bus, task, outcome, by=POST, **more):
    send(bus, "delivery-receipts." + by, "delivery_receipt",
         **dict(dict(household_id=task["household_id"], case_id=task["case_id"], task_id=task["task_id"], outcome=outcome,
                     attempts=1, signer_relation=None, reason=None), **more))


def pay(bus, task, by, fen, ref="B1", outcome="SETTLED"):
    send(bus, "payment-results." + by, "payment_result", household_id=task["household_id"], case_id=task["case_id"],
         order_id=task.get("order_id") or task["task_id"], outcome=outcome, amount_fen=fen, reason_code=None,
         value_date=datetime.date.today(), bank_reference=ref)


def attention(bus, home, n):
    """The n notes that people see of a household, in order."""
    return [r["note"] for _, r in bus.events("case_event", n, kind="ATTENTION", household_id=home)]


def decided(bus, order, reference, action="ASSIGNED", **changes):
    """An application whose MZ06 is confirmed; its assignment."""
    bus.submit(application(order, "WEB", reference))
    (_, a), *_ = bus.events("application", 1, channel_reference=reference)
    (_, got), = bus.events("assignment", 1, action=action, item="MZ06", household_id=a["household_id"])
    bus.decide(got, 100000, **changes)
    return got


def cash(bus):
    got = decided(bus, 1, "answers-1")
    home = got["household_id"]
    (_, task), = bus.events("delivery_task", 1, household_id=home)
    pay(bus, task, BANKS[0], 100000)
    assert attention(bus, home, 1) == ["NOT_YOURS"], "a bank answers the post's task"
    hand(bus, task, "SIGNED")
    assert attention(bus, home, 2)[1] == "NOT_ASKED", "goods signed for, where cash was asked"
    bus.take(0.5)
    assert not [1 for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["note"] == "PAID"]
    hand(bus, task, "PAID")
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="PAID", household_id=home)
    hand(bus, task, "PAID", attempts=2)
    assert attention(bus, home, 3)[2] == "CONTRADICTION"
    print("cash: only the post, only what was asked, once")


def transfer(bus):
    a = application(4, "WEB", "answers-4")
    a["members"][0].update(account="6200000012345678", bank_code="nongshang")
    bus.submit(a)
    (_, a), *_ = bus.events("application", 1, channel_reference="answers-4")
    home = a["household_id"]
    (_, got), = bus.events("assignment", 1, action="ASSIGNED", item="MZ06", household_id=home)
    bus.decide(got, 140000, delivery="BANK")
    (topic, order), = bus.events("payment_order", 1, household_id=home)
    by = topic.split(".")[1]
    other = next(b for b in BANKS if b != by)
    pay(bus, order, by, 100)
    assert attention(bus, home, 1) == ["AMOUNT_DIFFERS"], "100 fen where 140 000 were asked"
    pay(bus, order, by, 139900, ref="B2")
    assert attention(bus, home, 2)[1] == "AMOUNT_DIFFERS", "what is left of it is no answer either"
    pay(bus, order, other, 140000)
    assert attention(bus, home, 3)[2] == "NOT_YOURS", "another bank settles it"
    bus.take(0.5)
    assert not [1 for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["note"] == "SETTLED"]
    pay(bus, order, by, 140000)
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="SETTLED", household_id=home)
    pay(bus, order, by, 140000, ref="B9")
    assert attention(bus, home, 4)[3] == "CONTRADICTION", "settled once more under another number"
    print("a transfer: only its bank, only the amount that was ordered, once")


def undelivered(bus):
    got = decided(bus, 2, "answers-2")
    home = got["household_id"]
    (_, task), = bus.events("delivery_task", 1, household_id=home)
    hand(bus, task, "FAILED")
    (_, back), = bus.events("assignment", 1, action="RETURNED", household_id=home)
    assert back["reason"] == "UNDELIVERED" and back["assignment_id"] == got["assignment_id"], back
    bus.take(0.5)
    closed = [r for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["kind"] == "CLOSED"]
    assert closed == [], "it does not end the case"
    bus.decide(back, 90000)
    (_, again) = bus.events("delivery_task", 2, household_id=home)[-1]
    assert again["task_id"] != task["task_id"] and again["amount_fen"] == 90000
    hand(bus, again, "PAID")
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="PAID", household_id=home)
    print("what did not arrive is its owner's again, and is sent anew when he decides so")


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


def not_ours(bus):
    """What its owner gives back is the lead department's, until somebody decides that it ends."""
    bus.submit(application(3, "WEB", "answers-3"))
    (_, a), *_ = bus.events("application", 1, channel_reference="answers-3")
    home = a["household_id"]
    bus.events("case_event", 1, kind="OPENED", household_id=home)
    bus.take(1)
    asked = [r for _, k, r in bus.read if k == "assignment" and r["household_id"] == home]
    got = next(r for r in asked if r["department"] != "MZ")
    owner = got["department"]
    no = dict(delivery="SERVICE", amount_fen=None)
    bus.decide(got, 0, outcome="RETURNED", reason="不属本部门", **no)
    ((topic, lead),) = bus.events("assignment", 1, action="RETURNED", household_id=home)
    assert topic == "assignments.MZ" and lead["department"] == "MZ" and lead["reason"] == "NOT_OURS", (topic, lead["reason"])
    assert lead["assignment_id"] == got["assignment_id"] and lead["item"] == got["item"]
    (_, told), = bus.events("case_event", 1, kind="DECISION_ACCEPTED", household_id=home)
    assert told["note"] == "HELD_BY MZ", told["note"]
    bus.decide(lead, 0, outcome="RETURNED", reason="属该部门职责", **no)
    topic, back = bus.events("assignment", 2, action="RETURNED", household_id=home)[-1]
    assert topic == "assignments." + owner and back["reason"] == "YOURS", (topic, back["reason"])
    bus.decide(back, 0, outcome="RETURNED", reason="仍不属本部门", **no)
    _, lead = bus.events("assignment", 3, action="RETURNED", household_id=home)[-1]
    for r in asked:
        if r["assignment_id"] != got["assignment_id"]:
            bus.decide(r, 0, outcome="REFUSED", reason="材料不足", **no)
    bus.events("case_event", 3 + len(asked) - 1, kind="DECISION_ACCEPTED", household_id=home)
    bus.take(0.5)
    assert not [r for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["kind"] == "CLOSED"]
    unable(bus, home, lambda b, topic, r: send(b, topic, "verification_result", **r))
    bus.decide(lead, 0, outcome="REFUSED", reason="无部门承办", **no)
    (_, closed), = bus.events("case_event", 1, kind="CLOSED", household_id=home)
    last = {o["item"]: o["status"] for o in closed["outcomes"]}
    assert last[got["item"]] == "ENDED_RETURNED", last
    assert not [r for _, k, r in bus.read if k == "dead_letter"], "nothing of it is a dead letter"
    print("what is given back is somebody's until somebody says that it ends")


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher", "dispatch"))
    good = False
    try:
        for test in (cash, transfer, undelivered, not_ours):
            test(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
