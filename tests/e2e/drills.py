#!/usr/bin/env python3
"""Drills D2, D3, D5 and D11 of the domain (tests/README.md has where others are) on one county of a day of its own, through
the real roles on real Kafka and PostgreSQL. After each: `lianou audit` all zero; what was ordered is what was due, and
paid less returned is the fund's board, by fund and day, reckoned here from the topics.

  drills.py [D3 ...]        those only"""
import datetime
import os
import shutil
import signal
import sys
import time
import uuid

import own_day

START = datetime.date(2026, 9, 1)
if os.environ.get("COUNTY_INNER"):
    own_day.go(START)
from board import money, today  # noqa: E402
from treasury import (CHEN, FOLDER, LIU, ZHAO, answer, asked, batched, becomes, granted, treasury)  # noqa: E402
from county import SOURCE, Bus, application, framed, newest  # noqa: E402
from patience import until  # noqa: E402


def home(q):
    return uuid.UUID(bytes=q["household_id"])


def lines(bus, q):
    """The award's lines by their month: (state, owed)."""
    return {p: (s, int(o)) for p, s, o in (x.split("|") for x in asked(
        bus, "SELECT period, state, owed_fen FROM due_line WHERE assignment_id = '%s' ORDER BY period" % uuid.UUID(bytes=q["assignment_id"])).split())}


def are(bus, q, **want):
    """Months that are (m8: "settled") as told, with nothing owed unless told."""
    wanted = {"2026-%02d" % int(m[1:]): (w, 0) if isinstance(w, str) else w for m, w in want.items()}
    assert until(lambda: {m: s for m, s in lines(bus, q).items() if m in wanted} == wanted, 60, bus.town.moved), (lines(bus, q), wanted)


def three(bus, order):
    """A household with the lines of July, August and September due at once."""
    q, _ = granted(bus, order, "D-%d" % order, 66000, first=datetime.date(2026, 7, 1))
    assert until(lambda: len(lines(bus, q)) >= 3, 60, bus.town.moved), lines(bus, q)
    return q


def orders_of(bus, q, n):
    return sorted((r for _, r in bus.events("payment_order", n, seconds=60, assignment_id=q["assignment_id"])), key=lambda r: r["from_month"] or "")


def say(bus, order, outcome, reference, **changes):
    answer(bus, order, outcome, reference, value_date=today(), **changes)


def settle(bus, q, n):
    for i, o in enumerate(orders_of(bus, q, n)):
        say(bus, o, "SETTLED", "%s-%d" % (home(q), i))


def D2(bus):
    """A bank that answers twice, late, and the return before the settlement."""
    q = three(bus, 1)
    batched(bus)
    july, august, september = orders_of(bus, q, 3)
    say(bus, july, "RETURNED", "R-1", reason_code="AC04")
    are(bus, q, m7="returned")
    for _ in range(2):
        say(bus, july, "SETTLED", "S-1")
        say(bus, july, "RETURNED", "R-1", reason_code="AC04")
        say(bus, august, "SETTLED", "S-2")
    own_day.go(today() + datetime.timedelta(9))
    say(bus, september, "SETTLED", "S-3")  # late by a week
    are(bus, q, m7="returned", m8="settled", m9="settled")
    becomes(bus, "DOUBLED 3 LATE 2 TAKEN 3", "SELECT string_agg(e, ' ' ORDER BY e) FROM (SELECT ended || ' ' || count(*) AS e FROM bank_answer "
            "GROUP BY ended) x", "each answer has its end")


def D3(bus):
    """The treasury dies between the books and the outbox, and between the outbox and what Kafka acknowledged."""
    q = three(bus, 2)
    bus.town.roles["ledger"].send_signal(signal.SIGSTOP)
    batched(bus)
    bus.town.kill("treasury")
    orders_of(bus, q, 3)
    for reads in (signal.SIGSTOP, signal.SIGCONT):  # what it looks in: the topic behind the ledger; the ledger
        bus.town.roles["ledger"].send_signal(reads)
        becomes(bus, 0, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", "all is sent")
        if reads == signal.SIGCONT:
            becomes(bus, 3, "SELECT count(*) FROM event e JOIN outbox o USING (event_id) WHERE o.owner = 'treasury' AND e.household_id = '%s'" % home(q), "it has read")
        asked(bus, "UPDATE outbox SET sent_at = NULL WHERE owner = 'treasury' AND household_id = '%s'" % home(q))
        bus.town.kill("treasury")
    becomes(bus, 0, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", "all is sent")
    bus.take(2)
    of = [r for _, k, r in bus.read if k == "payment_order" and r["assignment_id"] == q["assignment_id"]]
    assert len({r["event_id"] for r in of}) == len({r["order_id"] for r in of}) == len(of) == 3, len(of)
    settle(bus, q, 3)
    are(bus, q, m7="settled", m8="settled", m9="settled")


def D5(bus):
    """A village station was offline for a week: 300 applications with their old days come at once, twice."""
    (_, n) = bus.take(0.5), len([1 for _, k, r in bus.read if k == "case_event" and r["kind"] == "OPENED"])
    since = {d: str(today() - datetime.timedelta(d)) for d in (2, 7)}

    def known(order, reference, days, fen):
        return application(order, "WEB", reference, income_total_fen=dict(value=fen, as_of=since[days]))
    bus.submit(known(300, "D5-newer", 2, 130000))
    (_, told), *_ = bus.events("application", 1, channel_reference="D5-newer")
    bus.events("evaluation", 1, household_id=told["household_id"])
    station = [known(300 + i, "D5-%d" % i, 7, 110000 + i) for i in range(300)]
    for _ in range(2):
        bus.submit(*station)
        bus.events("case_event", n + 300, kind="OPENED", seconds=90)
    bus.events("case_event", 1, kind="APPLICATION_JOINED", household_id=told["household_id"])
    assert until(lambda: asked(bus, "SELECT count(*) FROM event WHERE kind = 'case_event' AND word = 'OPENED'") == str(n + 300), 60, bus.town.moved)
    bus.take(1)
    assert len([1 for _, k, r in bus.read if k == "case_event" and r["kind"] == "OPENED"]) == n + 300
    judged = bus.events("evaluation", 1, household_id=told["household_id"])[-1][1]
    income, = (f for f in judged["facts"] if f["name"] == "household.income_total_fen")
    assert (income["value"], str(income["as_of"])) == (130000, since[2]), income


def D11(bus):
    """The insurer answers what was withdrawn: it changes nothing."""
    bus.submit(application(70, "WEB", "D11-1", vehicle_count=None))
    (_, told), *_ = bus.events("application", 1, channel_reference="D11-1")
    (topic, ask), *_ = bus.events("verification_request", 1, household_id=told["household_id"], action="REQUESTED")
    bus.submit(dict(application(70, "WEB", "D11-2", vehicle_count=None), consent=False))
    bus.events("verification_request", 1, request_id=ask["request_id"], action="WITHDRAWN")
    n = len(bus.events("evaluation", 1, household_id=told["household_id"]))
    who = topic.split(".")[1]
    bus.producer.produce("qihe.verification-results." + who, key=str(uuid.UUID(bytes=told["household_id"])), value=framed(
        newest("verification_result"), dict(event_id=uuid.uuid4().bytes, household_id=told["household_id"], occurred_at=int(time.time() * 1000),
                                            case_id=ask["case_id"], request_id=ask["request_id"], outcome="ANSWERED", report_hash=None,
                                            facts=[dict(name="household.vehicle_count", member=None, value=3, as_of=today(), source="insurer", verified=True)],
                                            appraiser=dict(operator_id="op-9", org_code=who, role="appraiser"))))
    assert bus.producer.flush(20) == 0
    becomes(bus, 1, "SELECT count(*) FROM event WHERE kind = 'verification_result' AND household_id = '%s'" % home(told), "it has come")
    bus.take(2)
    assert len(bus.events("evaluation", 1, household_id=told["household_id"])) == n


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "ledger", "treasury", "clock"))
    good = False
    try:
        for who in (ZHAO, CHEN, LIU):
            bus.town.account(who)
        treasury(bus, "budget", "CG", "600000.00", "--why", "the year's", who=CHEN)
        for drill in (D2, D3, D11, D5):
            if not sys.argv[1:] or drill.__name__ in sys.argv:
                begun = time.monotonic()
                drill(bus)
                bus.held(drill.__name__, drill.__doc__.rstrip("."), wrong=lambda: money(bus))
                print("   %.1f s" % (time.monotonic() - begun))
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


if __name__ == "__main__":
    main()
