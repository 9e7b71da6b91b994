#!/usr/bin/env python3
"""Whose word counts of a fact, through the real roles on real Kafka: a source sets its own facts, the insurer those
it was asked, everything within the dictionary's bounds; what does not count is a dead letter with its reason and
owner, and changes nothing. Verified beats declared, a later denial is a dispute that people see."""
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
from county import SCHEMAS, SOURCE, Bus, application, fastavro  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-facts-")) / "bus-config"
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
IDS = {name: i for i, (name, _) in SCHEMAS.items()}


def ago(days):
    return TODAY - datetime.timedelta(days=days)


def fact(name, value, as_of=TODAY, source=None, member=None, verified=True):
    """`source` None: of whom sends it."""
    return dict(name=name, member=member, value=("string", value) if isinstance(value, str) else value, as_of=as_of,
                source=source, verified=verified)


def send(bus, topic, record, values):
    values = dict(values, facts=[dict(f, source=f["source"] or values.pop("who", None) or topic.split(".")[1])
                                 for f in values["facts"]])
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[IDS[record]][1], values)
    bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=values["household_id"])),
                         value=struct.pack(">bI", 0, IDS[record]) + out.getvalue())
    assert bus.producer.flush(20) == 0


def report(bus, home, who, *facts, source=None):
    send(bus, "facts." + who, "facts_reported",
         dict(event_id=uuid.uuid4().bytes, household_id=home, occurred_at=int(time.time() * 1000),
              source=source or who, facts=list(facts)))


def apply(bus, order, reference, **changes):
    bus.submit(application(order, "WEB", reference, **changes))
    (_, a), *_ = bus.events("application", 1, channel_reference=reference)
    return a


def known(bus, home):
    """name -> value of the latest evaluation."""
    judged = max((r for _, r in bus.events("evaluation", 1, household_id=home)), key=lambda r: r["facts_version"])
    return {f["name"]: f["value"] for f in judged["facts"]}


def refused(bus, why, owner, n=1):
    letters = bus.events("dead_letter", n, reason_code=why)
    assert len(letters) == n and all(r["owner"] == owner for _, r in letters[-1:]), (why, [r["owner"] for _, r in letters])


def each_source(bus):
    home = apply(bus, 1, "facts-1")["household_id"]
    member = next(m["person_id"] for m in bus.events("application", 1)[0][1]["members"])
    before = known(bus, home)
    tries = (
        ("school", "FACT_NOT_YOURS", fact("household.income_total_fen", 0)),
        ("school", "FACT_NOT_YOURS", fact("household.status", "dibao")),
        ("school", "FACT_NOT_YOURS", fact("household.income_total_fen", 0, source="check")),
        ("check", "FACT_BOUNDS", fact("household.income_total_fen", -1)),
        ("check", "FACT_BOUNDS", fact("household.income_total_fen", 2 ** 63 - 1)),
        ("check", "FACT_BOUNDS", fact("household.income_total_fen", -2 ** 63)),
        ("bank", "FACT_BOUNDS", fact("household.deposit_fen", -5)),
        ("check", "FACT_BOUNDS", fact("household.income_total_fen", 0, as_of=datetime.date(2062, 7, 1))),
        ("check", "FACT_BOUNDS", fact("household.income_total_fen", 0, as_of=datetime.date(26, 7, 1))),
        ("disability", "FACT_BOUNDS", fact("member.disability_grade", 9, member=member)),
        ("disability", "FACT_BOUNDS", fact("member.disability_grade", 1, member=member, as_of=datetime.date(1979, 1, 1))),
        ("police", "FACT_BOUNDS", fact("member.birth_date", datetime.date(1850, 1, 1), member=member)),
        ("police", "FACT_BOUNDS", fact("member.birth_date", datetime.date(2090, 1, 1), member=member)),
        ("check", "FACT_UNKNOWN", fact("household.shoe_size", 1)),
    )
    count = {}
    for who, why, f in tries:
        report(bus, home, who, f)
        count[why] = count.get(why, 0) + 1
        refused(bus, why, who, count[why])
    report(bus, home, "school", fact("household.income_total_fen", 0, source="check"), source="check")
    refused(bus, "WRONG_TOPIC", "school")
    assert known(bus, home) == before
    print("%d ways to say what one may not: each a dead letter with its reason and owner" % (len(tries) + 1))
    report(bus, home, "check", fact("household.income_total_fen", 500))
    bus.events("evaluation", 2, household_id=home)
    assert known(bus, home)["household.income_total_fen"] == 500
    print("the check centre's own fact counts")


def disputes(bus):
    a = apply(bus, 2, "facts-2")
    home, member = a["household_id"], a["members"][0]["person_id"]
    report(bus, home, "police", fact("member.life_state", "dead", as_of=ago(200), member=member))
    bus.events("evaluation", 2, household_id=home)
    assert known(bus, home)["member.life_state"] == "dead", "an older verified fact beats a declared one"
    bus.submit(application(2, "TELEPHONE", "facts-2-again"))  # alive, says whoever telephones
    (_, told), = bus.events("case_event", 1, kind="ATTENTION", household_id=home)
    assert told["note"] == "FACT_DISPUTED member.life_state", told["note"]
    bus.events("evaluation", 3, household_id=home)
    assert "member.life_state" not in known(bus, home), "it counts for nobody"
    report(bus, home, "police", fact("member.life_state", "dead", member=member))
    bus.events("evaluation", 4, household_id=home)
    assert known(bus, home)["member.life_state"] == "dead"
    print("a declared denial is a dispute that people see; who looks again settles it")


def insurer(bus):
    a = apply(bus, 3, "facts-3", vehicle_count=None, event_cost_fen=None)
    home = a["household_id"]
    (topic, asked), = bus.events("verification_request", 1, household_id=home)
    who = topic.split(".")[1]

    def answer(*facts, outcome="ANSWERED"):
        send(bus, "verification-results." + who, "verification_result",
             dict(event_id=uuid.uuid4().bytes, household_id=home, occurred_at=int(time.time() * 1000), case_id=asked["case_id"],
                  request_id=asked["request_id"], outcome=outcome, report_hash=None, who="insurer", facts=list(facts),
                  appraiser=dict(operator_id="op-9", org_code=who, role="appraiser")))

    n = len([1 for _, k, r in bus.read if k == "dead_letter" and r["reason_code"] == "FACT_BOUNDS"])
    answer(fact("household.deposit_fen", 1))
    refused(bus, "FACT_NOT_ASKED", who)
    answer(fact("household.vehicle_count", 0, as_of=datetime.date(2062, 7, 1)))
    refused(bus, "FACT_BOUNDS", who, n + 1)
    assert "household.vehicle_count" not in known(bus, home)
    answer(fact("household.vehicle_count", 0))
    bus.events("evaluation", 2, household_id=home)
    assert known(bus, home)["household.vehicle_count"] == 0
    answer(fact("household.vehicle_count", 5))
    (_, told), = bus.events("case_event", 1, kind="ATTENTION", household_id=home)
    assert told["note"] == "CONTRADICTION" and told["refers_to"] == asked["request_id"], told
    bus.take(0.5)
    assert known(bus, home)["household.vehicle_count"] == 0
    print("the insurer sets what it was asked, once; another answer is a contradiction that people see")


def consent_and_members(bus):
    a = application(4, "WEB", "facts-4", vehicle_count=None)
    a["consent"] = False
    bus.submit(a)
    (_, came), = bus.events("application", 1, channel_reference="facts-4")
    home = came["household_id"]
    (_, opened), = bus.events("case_event", 1, kind="OPENED", household_id=home)
    assert opened["note"] == "NO_CONSENT", opened["note"]
    bus.events("evaluation", 1, household_id=home)
    more = application(4, "TELEPHONE", "facts-4-more", vehicle_count=None)
    more["consent"] = False
    more["members"].append({"relation": "2", "name": "丙", "facts": {"sex": "male"}})
    bus.submit(more)
    (_, told), = bus.events("case_event", 1, kind="ATTENTION", household_id=home)
    assert told["note"] == "MEMBERS_DIFFER", told["note"]
    bus.take(0.5)
    sizes = {len(r["members"]) for _, r in bus.events("evaluation", 1, household_id=home)}
    assert sizes == {1}, sizes
    asked = [r for _, k, r in bus.read if k == "verification_request" and r["household_id"] == home]
    assert asked == [], "nobody may be asked"
    print("without consent nobody is asked; another list of members is for people")


def survey(bus):
    """What two people of the register saw comes with their step, in the survey's name; nobody else says it."""
    home = (a := apply(bus, 6, "facts-6"))["household_id"]
    member = a["members"][0]["person_id"]
    q = next(r for _, r in bus.events("assignment", 1, household_id=home, item="MZ01", action="ASSIGNED"))
    bus.step(q, "ACCEPTED")
    bus.events("case_event", 1, kind="STEP", household_id=home)
    for why, f, kind in (("FACT_NOT_YOURS", fact("household.deposit_fen", 0, source="survey"), "SURVEYED"),
                         ("FACT_NOT_YOURS", fact("member.adl_fails", 3, source="survey", member=uuid.uuid4().bytes), "SURVEYED"),
                         ("FACT_NOT_YOURS", fact("household.spend_living_fen", 1, source="survey"), "CHECKED"),
                         ("FACT_BOUNDS", fact("household.spend_living_fen", -1, source="survey"), "SURVEYED"),
                         ("FACT_BOUNDS", fact("member.adl_fails", 7, source="survey", member=member), "SURVEYED"),
                         ("FACT_BOUNDS", fact("household.spend_living_fen", 1, source="survey", as_of=datetime.date(2062, 7, 1)), "SURVEYED")):
        n = len([1 for _, k, r in bus.read if k == "dead_letter" and r["reason_code"] == why])
        bus.step(q, kind, facts=[f])
        refused(bus, why, "MZ", n + 1)
    seen = [fact("household.spend_living_fen", 4321, source="police", verified=False), fact("member.adl_fails", 3, source="police", member=member)]
    bus.step(q, "SURVEYED", second=None, facts=seen)
    (_, back), = bus.events("assignment", 1, household_id=home, item="MZ01", action="RETURNED")
    assert back["reason"] == "SECOND_MISSING", back["reason"]
    bus.take(0.5)
    assert not [r for _, k, r in bus.read if k == "facts_reported" and r["household_id"] == home], "nothing of it counts"
    bus.step(q, "SURVEYED", facts=seen)
    (topic, said), = bus.events("facts_reported", 1, household_id=home)
    assert topic == "facts.survey" and {(f["source"], f["verified"]) for f in said["facts"]} == {("survey", True)}, (topic, said)
    bus.events("evaluation", 2, household_id=home)
    now = known(bus, home)
    assert (now["household.spend_living_fen"], now["member.adl_fails"]) == (4321, 3), now
    assert [r["note"].split()[0] for _, r in bus.events("case_event", 2, kind="STEP", household_id=home)] == ["ACCEPTED", "SURVEYED"]
    print("a survey's facts are said by its two people, held at the door, and judge the case")


def at_the_form(bus):
    """The form's own door: told at its place, and nothing is sent."""
    for n, (at, change) in enumerate((("/facts/income_total_fen", {"income_total_fen": -1}),
                                      ("/facts/income_total_fen", {"income_total_fen": 2 ** 63 - 1}),
                                      ("/facts/deposit_fen", {"deposit_fen": -1}),
                                      ("/facts/area/as_of", {"area": {"value": "rural", "as_of": "0026-07-01"}}),
                                      ("/facts/shoe_size", {"shoe_size": 1}))):
        path = bus.town.dir / ("refused-%d" % n)
        path.write_text(json.dumps(application(5, "WEB", "refused-%d" % n, **change)) + "\n")
        r = bus.town.lianou("intake", "submit", str(path), check=False)
        assert r.returncode != 0 and at in r.stdout + r.stderr, (at, r.stdout, r.stderr)
    bus.take(0.5)
    assert not [r for _, k, r in bus.read if k == "application" and r["channel_reference"].startswith("refused")]
    print("the form tells each at its place")


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    bus = Bus(FOLDER, roles=("matcher",))
    good = False
    try:
        for test in (each_source, disputes, insurer, consent_and_members, survey, at_the_form):
            test(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
