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
    (_, a), = bus.events("application", 1, channel_reference=reference)
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


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher", "dispatch"))
    good = False
    try:
        for test in (cash, undelivered):
            test(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
