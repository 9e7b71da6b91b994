#!/usr/bin/env python3
"""A source of facts that knows people by the numbers of their documents, through its real adapter, matcher and dispatch on
real Kafka: what it may say comes home, to the head's household and to a member's; what it may not is told it, and is
not lost. The number ends at the adapter: it stands in no topic, key, log, metric, error and state of the county."""
import datetime
import json
import pathlib
import re
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from county import OFFSET_BEGINNING, SOURCE, Bus, Consumer, TopicPartition, application, identity  # noqa: E402
from patience import until  # noqa: E402

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
HEAD, MEMBER, NOBODY = identity(701), identity(702), identity(703)
INCOME = "household.income_total_fen"


def spool(bus, name=""):
    return bus.town.dir / "state/spool/check" / name


def report(number, fact=INCOME, value=500, as_of=TODAY, **changes):
    return dict(dict(document="facts", version=1, occurred_at=TODAY.isoformat(timespec="seconds"), person={"id_no": number},
                     facts=[dict(name=fact, value=value, as_of=str(as_of.date()))]), **changes)


def say(bus, name, document):
    """What became of it: its acknowledgement or its reasons."""
    until((lambda: spool(bus, "in").is_dir()), 60, bus.town.moved)
    part = spool(bus, "in") / ("." + name)
    part.write_text(json.dumps(document))
    part.rename(spool(bus, "in") / (name + ".json"))
    files = (spool(bus, "done") / (name + ".ack.json"), spool(bus, "rejected") / (name + ".reason.json"))
    assert until(lambda: any(f.exists() for f in files), 60, bus.town.moved), "%s: nothing is said of it" % name
    return json.loads(next(f for f in files if f.exists()).read_text())


def refused(bus, name, document, pointer, code):
    why = say(bus, name, document)
    found = [(f["pointer"], f["code"]) for f in why.get("faults", [])]
    assert (pointer, code) in found, (name, why)
    number = document["person"].get("id_no", "")
    assert str(number) not in json.dumps(why), why


def known(bus, home):
    judged = max((r for _, r in bus.events("evaluation", 1, household_id=home)), key=lambda r: r["facts_version"])
    return {f["name"]: f["value"] for f in judged["facts"]}


def comes_home(bus):
    a = application(701, "WEB", "sources-1")
    a["members"].append({"id_no": MEMBER, "relation": "10", "name": "乙", "facts": {"sex": "female"}})
    bus.submit(a)
    (_, came), = bus.events("application", 1, channel_reference="sources-1")
    home = came["household_id"]
    bus.events("evaluation", 1, household_id=home)
    ack = say(bus, "head", report(HEAD, value=501, reference="R-1"))
    assert ack["again"] is False, ack
    bus.events("evaluation", 2, household_id=home)
    assert known(bus, home)[INCOME] == 501
    (topic, said), = bus.events("facts_reported", 1, household_id=home)
    assert topic == "facts.check" and [(f["source"], f["verified"], str(f["as_of"])) for f in said["facts"]] == [
        ("check", True, str(TODAY.date()))], said
    assert say(bus, "head-again", report(HEAD, value=501, reference="R-1"))["again"] is True
    say(bus, "member", report(MEMBER, fact="household.vehicle_count", value=2))
    bus.events("evaluation", 3, household_id=home)
    assert known(bus, home)["household.vehicle_count"] == 2, "by a member's number it comes to the household that he lives in"
    print("what it may say comes home: by the head's number, and by a member's")


def silent(bus):
    """Whether somebody has applied is no source's to know: what it says of one who has not waits with the lead
    department, and it is told nothing."""
    unknown = say(bus, "nobody", report(NOBODY))
    (_, letter), = bus.events("dead_letter", 1, reason_code="PERSON_UNKNOWN")
    assert letter["owner"] == "MZ" and letter["value"], letter
    bus.submit(application(703, "WEB", "sources-2"))
    (_, came), = bus.events("application", 1, channel_reference="sources-2")
    bus.events("evaluation", 1, household_id=came["household_id"])
    r = bus.town.lianou("dlq", "redrive", "all", check=False)
    assert r.returncode == 0, r.stdout + r.stderr
    bus.events("evaluation", 2, household_id=came["household_id"])
    assert known(bus, came["household_id"])[INCOME] == 500, "what was not lost counts when he has applied"
    print("of whom nobody knows: kept by the lead department; when he has applied, what it said is there")
    return unknown["event_id"]


def not_its_own(bus, unknown):
    wrong = NOBODY[:-1] + ("0" if NOBODY[-1] != "0" else "1")
    refused(bus, "digit", report(wrong), "/person/id_no", "ID_CHECK_DIGIT")
    refused(bus, "short", report(NOBODY[:17]), "/person/id_no", "ID_LENGTH")
    refused(bus, "number", report(int(NOBODY[:17])), "/person/id_no", "TEXT")
    refused(bus, "status", report(HEAD, fact="household.status", value="dibao"), "/facts/0/name", "FACT_NOT_YOURS")
    refused(bus, "phone", report(HEAD, fact="household.phone", value="13800000000"), "/facts/0/name", "FACT_NOT_YOURS")
    refused(bus, "unknown", report(HEAD, fact="household.shoe_size", value=1), "/facts/0/name", "FACT")
    refused(bus, "minus", report(HEAD, value=-1), "/facts/0/value", "FACT_VALUE")
    refused(bus, "huge", report(HEAD, value=2 ** 62), "/facts/0/value", "FACT_VALUE")
    refused(bus, "tomorrow", report(HEAD, as_of=TODAY + datetime.timedelta(days=1)), "/facts/0/as_of", "DATE_RANGE")
    later = TODAY + datetime.timedelta(hours=3)
    ahead = say(bus, "ahead", report(HEAD, value=1, occurred_at=later.isoformat(timespec="seconds")))
    (_, letter), = bus.events("dead_letter", 1, reason_code="TIME_AHEAD")
    assert letter["owner"] == "check", letter
    def told():
        found = [json.loads(f.read_text()) for f in spool(bus, "out").glob("*.json")]
        return {n["refers_to"]: n for n in found if n["document"] == "notice"}
    assert until(lambda: ahead["event_id"] in told(), 60, bus.town.moved), "of its own fault it is told"
    assert told()[ahead["event_id"]]["reason_code"] == "TIME_AHEAD" and "时钟" in told()[ahead["event_id"]]["zh"], told()
    assert unknown not in told(), "whether somebody has applied is not"
    bus.take(1)
    (_, came), = bus.events("application", 1, channel_reference="sources-1")
    assert known(bus, came["household_id"])[INCOME] == 501, "nothing of it counts"
    print("a wrong number, another's fact, what is beyond bounds or to come: told at its place, and nothing counts")


def everywhere(bus):
    """Bytes of every topic, of every file but the source's own, and what the adapter says over HTTP."""
    c = Consumer({"bootstrap.servers": bus.town.bootstrap, "group.id": "raw"})
    topics = c.list_topics(timeout=20).topics
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in topics for p in topics[t].partitions])
    quiet = 0
    while quiet < 6:
        m = c.poll(0.5)
        quiet = quiet + 1 if m is None else 0
        if m is not None and not m.error():
            yield m.topic(), (m.key() or b"") + (m.value() or b"") + repr(m.headers()).encode()
    c.close()
    own = [spool(bus, d) for d in ("in", "done", "rejected")]
    for f in bus.town.dir.rglob("*"):
        if f.is_file() and not any(d in f.parents for d in own) and f.name != "in" and "pg/" not in str(f) and "kafka/" not in str(f):
            yield str(f), f.read_bytes()
    port = re.findall(r"http_port=(\d+)", (bus.town.dir / "check.log").read_text())[-1]
    for path in ("/metrics", "/readyz"):
        with urllib.request.urlopen("http://127.0.0.1:%s%s" % (port, path), timeout=10) as answer:
            yield path, answer.read()


def number_is_nowhere(bus):
    seen = 0
    for where, data in everywhere(bus):
        seen += 1
        for number in (HEAD, MEMBER, NOBODY, NOBODY[:17]):
            assert number.encode() not in data, "%s has a number" % where
    assert seen > 40, seen
    print("no number in %d messages, files and answers" % seen)


def main():
    bus = Bus(SOURCE / "bus-config", roles=("matcher", "dispatch", "check"))
    good = False
    try:
        comes_home(bus)
        not_its_own(bus, silent(bus))
        number_is_nowhere(bus)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
