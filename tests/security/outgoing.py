#!/usr/bin/env python3
"""What leaves is the minimum, over everything that has left, through the real roles on real Kafka: whose personal part
has an account and whose has not; a charity that has won learns whom to help with the household's consent and only
then; without consent nobody is asked to verify; no account and no number stands anywhere in clear."""
import io
import pathlib
import shutil
import struct
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from county import SCHEMAS, SOURCE, Bus, application, fastavro, identity, newest  # noqa: E402
from decisions import opened  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-outgoing-")) / "bus-config"
ACCOUNT = "6200000012345678"
TOPICS = {"assignments": "assignment", "verification-requests": "verification_request", "payment-orders": "payment_order",
          "delivery-tasks": "delivery_task", "needs": "need", "claim-results": "claim_result"}
ACCOUNTS = ("account", "bank_code", "account_holder")


def apply(bus, order, reference, consent):
    a = application(order, "WEB", reference, vehicle_count=None)
    a["members"][0].update(account=ACCOUNT, bank_code="nongshang")
    a["consent"] = consent
    bus.submit(a)
    (_, a), = bus.events("application", 1, channel_reference=reference)
    bus.events("evaluation", 1, household_id=a["household_id"])
    return a["household_id"]


def grant(bus, home, **how):
    _, got = bus.events("assignment", 1, action="ASSIGNED", item="MZ06", household_id=home)[0]
    bus.decide(got, 100000, uncovered_fen=30000, **how)
    return bus.events("need", 2, household_id=home)


def claim(bus, need, charity, fen):
    values = dict(event_id=uuid.uuid4().bytes, household_id=need["household_id"], occurred_at=int(time.time() * 1000),
                  case_id=need["case_id"], claim_id=uuid.uuid4().bytes, need_id=need["need_id"], charity=charity,
                  outcome="CLAIMED", amount_fen=fen)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[newest("claim")][1], values)
    bus.producer.produce("qihe.claims." + charity, key=str(uuid.UUID(bytes=need["household_id"])),
                         value=struct.pack(">bI", 0, newest("claim")) + out.getvalue())
    assert bus.producer.flush(20) == 0
    (topic, r), = bus.events("claim_result", 1, claim_id=values["claim_id"])
    assert topic == "claim-results." + charity
    return r


def claims(bus):
    for order, consent in ((1, True), (2, False)):
        home = apply(bus, order, "outgoing-%d" % order, consent)
        needs = grant(bus, home, delivery="BANK" if consent else "POST_CASH")
        by = [t.split(".")[1] for t, _ in needs]
        first = claim(bus, needs[0][1], by[0], 20000)
        second = claim(bus, needs[0][1], by[1], 20000)
        third = claim(bus, needs[0][1], by[0], 5000)
        got = [(r["outcome"], r["amount_fen"]) for r in (first, second, third)]
        assert got == [("WON", 20000), ("PARTLY", 10000), ("LOST", 0)], got
        whom = [r["personal"] is not None for r in (first, second, third)]
        assert whom == [consent, consent, False], (consent, whom)
        asked = [1 for _, k, r in bus.read if k == "verification_request" and r["household_id"] == home]
        assert bool(asked) == consent, (consent, len(asked))
    print("claims add up, each charity is told what is its, and whom to help only with consent")


def who_learns_what(bus):
    bus.take(1)
    seen = {}
    for topic, kind, r in bus.read:
        what, _, whom = topic.partition(".")
        if TOPICS.get(what) != kind or not r.get("personal"):
            continue
        p = opened(bus, r, partner=whom, record=kind)
        account = any(p[f] for f in ACCOUNTS)
        seen.setdefault(what, set()).add(account)
        if what in ("verification-requests", "delivery-tasks", "claim-results", "needs"):
            assert not account, "%s learns an account" % topic
        if what == "claim-results":
            assert p["name"] == "甲" and not p["id_no"], "a charity learns a number"
    assert seen.get("payment-orders") == {True}, seen
    assert seen.get("delivery-tasks") == {False} and seen.get("verification-requests") == {False}, seen
    assert seen.get("claim-results") == {False}, seen
    text = repr([r for t, _, r in bus.read])
    for secret in (ACCOUNT, identity(1), identity(2)):
        assert secret not in text, "%s... stands in clear" % secret[:3]
    print("insurer, post and charity learn no account; nothing stands in clear")


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher", "dispatch"))
    good = False
    try:
        claims(bus)
        who_learns_what(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
