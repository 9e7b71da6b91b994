#!/usr/bin/env python3
"""Whose decision counts (issue of authority, section 2), through the real matcher and dispatch: what once moved
money on anybody's word, each refused with its reason and without an order; and beside it what is well.

  who      nobody-at-all, role "cleaner"; a clerk; another department's approver; one who has left
  what     another item, another case
  how much 999 000 yuan a month; more than the rule worked out, without and with a reason; above the cap
  seal     none, only named, another key, changed by one fen after sealing, another department's, signed long ago
  payee    an account that a later application put in the place of the one decided on"""
import pathlib
import struct
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/interop")]
from county import SCHEMAS, Bus, application, approver, fastavro  # noqa: E402
import io  # noqa: E402
from sealed import keys_of, open_sealed  # noqa: E402

DAY = 86400000
faults = []


def check(what, holds, got=""):
    print("  %-66s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))
    if not holds:
        faults.append(what)


def with_account(order, reference, account):
    a = application(order, "WEB", reference)
    a["members"][0].update(account=account, bank_code="nongshang")
    return a


def opened(bus, order, partner="nongshang", record="payment_order"):
    """The personal part of a payment order, with the bank's own key; or of another's."""
    keys = keys_of(bus.town.dir / "keys" / (partner + ".keys"), partner)
    framed = open_sealed(keys, record, "personal", order["event_id"], order["personal"])
    return fastavro.schemaless_reader(io.BytesIO(framed[5:]), SCHEMAS[struct.unpack(">I", framed[1:5])[0]][1])


def foreign_key(bus):
    path = bus.town.dir / "foreign.key"
    subprocess.run([bus.town.program, "seal", "keygen", str(path)], check=True, capture_output=True)
    return path


def refused(bus, assignment, why, what, fen, **changes):
    d = bus.decide(assignment, fen, **changes)
    told = [r["note"] for _, r in bus.events("case_event", 1, seconds=90, kind="ORDER_REFUSED", refers_to=d["decision_id"])]
    check("%s: %s" % (what, why), len(told) >= 1 and told[0].split()[0] == why, told)


def matrix(bus, a):
    """Everything that must not count, on one open assignment."""
    ok = a["amount_fen"]
    me = approver("MZ")
    his = approver("YB")
    refused(bus, a, "OPERATOR_UNKNOWN", "nobody-at-all, a cleaner, 999 000 yuan a month, no seal", 99900000, key=False,
            seal_id=None, period="MONTHLY", decided_by={"operator_id": "nobody-at-all", "org_code": "MZ", "role": "cleaner"})
    refused(bus, a, "OPERATOR_ELSEWHERE", "another department's approver under this one's name", ok,
            decided_by=dict(his, org_code="MZ"))
    refused(bus, a, "NOT_DELEGATED", "another department's approver", ok, decided_by=his, seal_id="seal-YB",
            key=bus.town.dir / "seals/seal-YB.key")
    clerk = next(x.split(",") for x in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines()
                 if x.split(",")[2:4] == ["MZ", "clerk"])
    refused(bus, a, "ROLE_MAY_NOT", "a clerk", ok, decided_by={"operator_id": clerk[0], "org_code": "MZ", "role": "clerk"})
    refused(bus, a, "ITEM_DIFFERS", "another item than was asked", ok, item="MZ01")
    refused(bus, a, "CASE_DIFFERS", "another case", ok, case_id=b"\1" * 16)
    refused(bus, a, "ABOVE_ORDER_MAX", "2^63-1 fen", 2**63 - 1)
    refused(bus, a, "ABOVE_CAP", "a fen above the cap", 1000001)
    if ok:
        refused(bus, a, "ABOVE_PROPOSED", "a fen above what was worked out, without a reason", ok + 1, deviation=None)
    refused(bus, a, "SEAL_MISSING", "no seal", ok, key=False, seal_id=None)
    refused(bus, a, "SEAL_MISSING", "a seal only named", ok, key=False)
    refused(bus, a, "SEAL_UNKNOWN", "a seal that nobody has", ok, seal_id="seal-NOBODY")
    refused(bus, a, "SEAL_OTHERS", "another department's seal", ok, seal_id="seal-YB", key=bus.town.dir / "seals/seal-YB.key")
    refused(bus, a, "SEAL_BROKEN", "sealed with another key", ok, key=foreign_key(bus))
    refused(bus, a, "SEAL_BROKEN", "one fen less, after it was sealed", ok, after={"amount_fen": ok - 1})
    refused(bus, a, "SEAL_BROKEN", "another reason, after it was sealed", ok, after={"reason": "x"})
    refused(bus, a, "SEAL_BEFORE_ASSIGNMENT", "signed before it was assigned", ok, signed_at=int(time.time() * 1000) - DAY)
    refused(bus, a, "SEAL_AFTER_ARRIVAL", "signed tomorrow", ok, signed_at=int(time.time() * 1000) + DAY)
    refused(bus, a, "PAYEE_MISSING", "a transfer to nobody", ok, delivery="BANK", payee_hash=None)
    refused(bus, a, "PAYEE_DIFFERS", "a transfer to another account", ok, delivery="BANK", payee_hash=b"\1" * 16)
    paid = [r for _, k, r in bus.read if k in ("payment_order", "delivery_task") and r["assignment_id"] == a["assignment_id"]]
    check("nothing was ordered for all that", paid == [], paid)
    check("the officer is told whose account it is, and no more", a["payee_masked"] == "nongshang ***5678", a["payee_masked"])
    bus.decide(a, ok, delivery="BANK")
    orders = bus.events("payment_order", 1, assignment_id=a["assignment_id"])
    check("the well-sealed one is paid, once, to the account that was shown",
          len(orders) == 1 and opened(bus, orders[0][1])["account"] == "6200000012345678"
          and orders[0][1]["amount_fen"] == ok, orders and orders[0][1]["amount_fen"])


def redirected(bus, a):
    """The household's second application names another account; the decision was about the first."""
    bus.submit(with_account(22, "T-redirect-2", "6200000099999999"))
    bus.events("case_event", 1, kind="APPLICATION_JOINED", household_id=a["household_id"])
    d = bus.decide(a, a["amount_fen"], delivery="BANK")
    bus.take(3)
    orders = [r for _, k, r in bus.read if k == "payment_order" and r["assignment_id"] == a["assignment_id"]]
    to = [opened(bus, o)["account"] for o in orders]
    told = [r["note"] for _, k, r in bus.read if k == "case_event" and r["refers_to"] == d["decision_id"]
            and r["kind"] == "ORDER_REFUSED"]
    check("another account, put there by a later application, gets nothing",
          "6200000099999999" not in to and (to == ["6200000012345678"] or told == ["PAYEE_DIFFERS"]), (to, told))


def by_hand(bus, a):
    """What the post brings has a name and an address, and no account."""
    bus.decide(a, min(a["amount_fen"], 300000))
    (_, task), = bus.events("delivery_task", 1, assignment_id=a["assignment_id"])
    who = opened(bus, task, "youzheng", "delivery_task")
    check("the post learns a name and no account", who["name"] == "甲" and who["account"] is None
          and who["bank_code"] is None and who["account_holder"] is None, sorted(k for k, v in who.items() if v))


def main():
    bus = Bus(SOURCE / "bus-config")
    good = False
    try:
        bus.submit(with_account(21, "T-matrix", "6200000012345678"), with_account(22, "T-redirect", "6200000012345678"),
                   with_account(23, "T-post", "6200000012345678"))
        home = {r["channel_reference"]: r["household_id"] for _, r in bus.events("application", 3)}
        for reference, play in (("T-matrix", matrix), ("T-redirect", redirected), ("T-post", by_hand)):
            (_, a), = bus.events("assignment", 1, action="ASSIGNED", item="MZ06", household_id=home[reference])
            play(bus, a)
        good = not faults
    finally:
        bus.town.close(keep=not good)
    if faults:
        sys.exit("%d of them do not hold: %s" % (len(faults), "; ".join(faults)))
    print("decisions: all held")


if __name__ == "__main__":
    main()
