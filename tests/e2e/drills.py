#!/usr/bin/env python3
"""Drills D1 to D3 and D5 to D11 of the domain (tests/README.md has who proves the others) on one county of a day of its own, through
the real roles on real Kafka and PostgreSQL. After each: `lianou audit` all zero; what was ordered is what was due, and
paid less returned is the fund's board, by fund and day, reckoned here from the topics.

  drills.py [D7 ...]        those only"""
import datetime
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import time
import uuid

import own_day

START = datetime.date(2026, 9, 1)
if os.environ.get("COUNTY_INNER"):
    own_day.go(START)
from board import money, today  # noqa: E402
from treasury import (CHEN, FOLDER, LIU, ZHAO, answer, asked, batched, becomes, budgeted, granted, head_of, treasury)  # noqa: E402
from county import OPERATOR, SOURCE, Bus, application, framed, newest  # noqa: E402
from patience import halt, until  # noqa: E402

SHORT_SEAL = FOLDER.parent / "S-month.key"
ENDS = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))  # of the month, in China
letters = 0  # dead letters that drills have caused on purpose


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


def leaves(bus, q, kind, since, who=None):
    change = dict(event_id=uuid.uuid4().bytes, household_id=q["household_id"], occurred_at=int(time.time() * 1000), kind=kind,
                  members=[who or head_of(bus, q)], said_by=OPERATOR)
    change["from"] = since
    bus.producer.produce("qihe.membership-changes", key=str(uuid.UUID(bytes=q["household_id"])), value=framed(newest("membership_change"), change))
    assert bus.producer.flush(20) == 0
    bus.events("case_event", 1, seconds=60, kind="ATTENTION", note="HEAD_LEAVES", household_id=q["household_id"])
    becomes(bus, "waiting", "SELECT state FROM award WHERE assignment_id = '%s'" % uuid.UUID(bytes=q["assignment_id"]), "the award waits")


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
    halt(bus.town.roles["ledger"].pid)
    batched(bus)
    bus.town.kill("treasury")
    orders_of(bus, q, 3)
    for reads in (False, True):  # what it looks in: the topic behind the ledger; the ledger
        if reads:
            bus.town.roles["ledger"].send_signal(signal.SIGCONT)
        becomes(bus, 0, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", "all is sent")
        if reads:
            becomes(bus, 3, "SELECT count(*) FROM event e JOIN outbox o USING (event_id) WHERE o.owner = 'treasury' AND e.household_id = '%s'" % home(q), "it has read")
        asked(bus, "UPDATE outbox SET sent_at = NULL WHERE owner = 'treasury' AND household_id = '%s'" % home(q))
        bus.town.kill("treasury")
    becomes(bus, 0, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", "all is sent")
    bus.take(2)
    of = [r for _, k, r in bus.read if k == "payment_order" and r["assignment_id"] == q["assignment_id"]]
    assert len({r["event_id"] for r in of}) == len({r["order_id"] for r in of}) == len(of) == 3, len(of)
    settle(bus, q, 3)
    are(bus, q, m7="settled", m8="settled", m9="settled")


def D6(bus):
    """Bytes that nobody can read in a household's stream: it and all others go on."""
    global letters
    q = three(bus, 3)
    for topic in ("decisions.MZ", "applications", "membership-changes"):
        bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=q["household_id"])), value=b"\0\0\0\xff\xffpoison")
    assert bus.producer.flush(20) == 0
    letters += 3
    batched(bus)
    settle(bus, q, 3)
    are(bus, q, m7="settled", m8="settled", m9="settled")
    bus.events("dead_letter", 3)


def D7(bus):
    """The head splits off while payments are in flight: those arrive, nothing else leaves until people have looked."""
    q = three(bus, 4)
    batched(bus)
    orders = orders_of(bus, q, 3)
    say(bus, orders[0], "SETTLED", "D7-0")
    leaves(bus, q, "SPLIT", today())
    for i in (1, 2):
        say(bus, orders[i], "SETTLED", "D7-%d" % i)
    are(bus, q, m7="settled", m8="settled", m9="settled")
    other = three(bus, 8)
    own_day.go(datetime.date(2026, 9, 30))  # ten days before the next pay day
    assert until(lambda: "2026-10" in lines(bus, other), 60, bus.town.moved), lines(bus, other)
    are(bus, q, m10="stopped")  # on record


def D8(bus):
    """A death a minute before the second approval, and one a minute after it left; the second was none."""
    before, after = three(bus, 5), three(bus, 6)
    last = asked(bus, "SELECT max(pay_day) FROM due_line WHERE state = 'due'")
    batch = treasury(bus, "batch", "prepare", "CG", last, who=ZHAO).strip()
    treasury(bus, "batch", "approve", batch, who=CHEN)
    leaves(bus, before, "DEATH", today())
    becomes(bus, "prepared|3", "SELECT state, lines FROM batch WHERE batch_id = '%s'" % batch, "the approval is void, his lines are out")
    treasury(bus, "batch", "send", batch, who=ZHAO, good=False)
    for who in (CHEN, LIU):
        treasury(bus, "batch", "approve", batch, who=who)
    treasury(bus, "batch", "send", batch, who=ZHAO)
    orders_of(bus, after, 3)
    leaves(bus, after, "DEATH", datetime.date(2026, 8, 20))
    settle(bus, after, 3)
    are(bus, before, m7="stopped", m8="stopped", m9="stopped")
    are(bus, after, m7="settled", m8="settled", m9=("settled", 66000))  # September was sent: it is claimed back
    treasury(bus, "resume", str(uuid.UUID(bytes=after["assignment_id"])), "--why", "误报", who=LIU)
    are(bus, after, m7="settled", m8="settled", m9="settled")
    bus.take(0.5)
    assert not [1 for _, k, r in bus.read if k == "payment_order" and r["assignment_id"] == before["assignment_id"]]


def why_not(bus, role):
    """What it says when it is asked whether it is ready."""
    port = re.findall(r"http_port=(\d+)", (bus.town.dir / (role + ".log")).read_text())[-1]
    try:
        return urllib.request.urlopen("http://127.0.0.1:%s/readyz" % port, timeout=10).read().decode()
    except urllib.error.HTTPError as e:
        return e.read().decode()
    except OSError:
        return ""


def D9(bus):
    """One machine's clock is forty days ahead: nothing becomes due by it, nothing is booked or told by it."""
    q = three(bus, 7)
    own, wrong = bus.town.env["CLOCK_FILE"], own_day.FILE.with_name("wrong")
    own_day.step(wrong, int(own_day.FILE.read_text()) + 40 * 86400)
    told, made = asked(bus, "SELECT day FROM clock_day"), lines(bus, q)
    bus.town.env["CLOCK_FILE"] = str(wrong)
    for role in ("treasury", "clock"):
        bus.town.kill(role)
    said = treasury(bus, "budget", "CG", "1.00", "--why", "x", who=CHEN, good=False)
    assert "apart" in said, said
    bus.town.env["CLOCK_FILE"] = own
    batched(bus)  # an officer at another machine goes on
    for role in ("treasury", "clock"):
        assert until(lambda: " apart: " in why_not(bus, role), 60, bus.town.moved), role
    assert asked(bus, "SELECT day FROM clock_day") == told
    assert set(lines(bus, q)) == set(made), lines(bus, q)
    for role in ("treasury", "clock"):
        bus.town.kill(role)
    settle(bus, q, len(made))
    assert until(lambda: {s for s, _ in lines(bus, q).values()} == {"settled"}, 60, bus.town.moved), lines(bus, q)
    assert asked(bus, "SELECT count(*) FROM account_entry WHERE day > '%s'" % today()) == "0"


def simulated(bus, name, *partners):
    bus.town.arguments = lambda what: ["simulate", *partners, "--seed", "5", "--group", name]
    bus.town.start(name)


def D1(bus):
    """One department is down for three days while seventeen work: nothing of theirs waits for it, and it catches up."""
    codes = [p.stem for p in sorted((FOLDER / "partners.d").glob("*.yaml")) if re.search(r"^kind: department", p.read_text(), re.M)]
    assert len(codes) == 18, codes
    simulated(bus, "others", *(c for c in codes if c not in ("MZ", "RS")))

    def waiting():
        bus.take(0.3)
        told = {r["assignment_id"] for _, k, r in bus.read if k == "decision"}
        return [r for _, k, r in bus.read if k == "assignment" and r["action"] == "ASSIGNED" and r["assignment_id"] not in told]
    for day in range(3):
        own_day.go(today() + datetime.timedelta(1))
        bus.submit(application(40 + day, "WEB", "D1-%d" % day))
        (_, told), *_ = bus.events("application", 1, channel_reference="D1-%d" % day)
        (_, q), *_ = bus.events("assignment", 1, household_id=told["household_id"], item="MZ01", action="ASSIGNED")
        bus.decide(q, q["amount_fen"])
        assert until(lambda: {r["department"] for r in waiting()} <= {"MZ", "RS"}, 60, bus.town.moved), sorted({r["item"] for r in waiting()})
    late = [r for r in waiting() if r["department"] == "RS"]
    assert len(late) >= 3, late
    simulated(bus, "RS", "RS")
    assert until(lambda: {r["department"] for r in waiting()} <= {"MZ"}, 60, bus.town.moved), sorted({r["item"] for r in waiting()})
    for name in ("others", "RS"):
        end = bus.town.roles.pop(name)
        end.terminate()
        end.wait()
    print("   %d of %s waited, 16 others and MZ had none open" % (len(late), "RS"))


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


def D10(bus):
    """A seal ends with the month while the month's 1025 sheets and more are published: by the time of signing."""
    asks = []
    for order in (80, 81, 82):
        bus.submit(application(order, "WEB", "D10-%d" % order))
        (_, told), *_ = bus.events("application", 1, channel_reference="D10-%d" % order)
        asks.append(bus.events("assignment", 1, household_id=told["household_id"], item="MZ06", action="ASSIGNED")[0][1])
    folder, month = bus.town.dir / "sheets", "2026-08"
    bus.town.account("op-000001")
    bus.town.lianou("sheets", "make", "--month", month, "--out", str(folder))
    last = ENDS - datetime.timedelta(seconds=8)
    own_day.go(last.date(), last.hour, last.minute, last.second)
    of = dict(seal_id="S-month", key=SHORT_SEAL)
    before = bus.decide(asks[0], 20000, **of)
    bus.town.signed_in("op-000001", "sheets", "publish", "--month", month, "--list", str(folder / ("list-%s.json" % month)))
    while time.time() < ENDS.timestamp() + 3:
        time.sleep(0.2)
    after = bus.decide(asks[1], 20000, **of)
    late = bus.decide(asks[2], 20000, signed_at=int(ENDS.timestamp() * 1000) - 1000, **of)
    for decision in (before, late):
        bus.events("case_event", 1, kind="DECISION_ACCEPTED", household_id=decision["household_id"])
    (_, back), *_ = bus.events("assignment", 1, action="RETURNED", assignment_id=after["assignment_id"])
    assert back["reason"] == "SEAL_EXPIRED", back["reason"]
    boards = len(list(folder.glob("*-v1.json")))
    assert boards > 1025, boards
    becomes(bus, "%d %d" % (boards, boards), "SELECT count(*) || ' ' || count(DISTINCT household_id) FROM event WHERE kind = 'sheet'", "each once")
    again = bus.town.signed_in("op-000001", "sheets", "publish", "--month", month, "--list", str(folder / ("list-%s.json" % month)))
    assert again.stdout.startswith("0 "), again.stdout


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


def configured():
    """The county's, and a seal of MZ that ends with the month."""
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    public = subprocess.run([os.environ["LIANOU_PROGRAM"], "seal", "keygen", str(SHORT_SEAL)], capture_output=True, text=True, check=True).stdout.split()[0]
    with open(FOLDER / "registers/seals.csv", "a") as f:
        f.write("S-month,MZ,,%s,*,2020-01-01T00:00:00+08:00,%s,,,\n" % (public, ENDS.isoformat()))


def main():
    configured()
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "ledger", "treasury", "clock"))
    good = False
    try:
        for who in (ZHAO, CHEN, LIU):
            bus.town.account(who)
        budgeted(bus, "600000.00")
        for drill in (D2, D3, D6, D8, D9, D7, D1, D11, D5, D10):
            if not sys.argv[1:] or drill.__name__ in sys.argv:
                begun = time.monotonic()
                drill(bus)
                bus.held(drill.__name__, drill.__doc__.rstrip("."), letters, lambda: money(bus))
                print("   %.1f s" % (time.monotonic() - begun))
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


if __name__ == "__main__":
    main()
