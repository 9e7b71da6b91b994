#!/usr/bin/env python3
"""Who said what in a demo that is left running, from its topics and its registers alone: each decision by a named officer
under a seal of his office, the steps before it by named people, a survey and a hearing by two, notices that hung and
ended, facts of a source that names people by number, and that all of it counted. Planted offenders must each be seen."""
import collections
import csv
import io
import os
import pathlib
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/fault"), str(SOURCE / "tests/interop")]
import fastavro  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition  # noqa: E402
from topics import load_schemas  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")
READ = ("application", "assignment", "decision", "step", "facts_reported", "evaluation", "case_event", "dead_letter")
STEPS = ("ACCEPTED", "SURVEYED", "CHECKED", "OPINION", "NOTICE_POSTED", "NOTICE_EXPIRED")
TWO = ("SURVEYED", "HEARD")


def rows(county, name):
    lines = (pathlib.Path(county) / "registers" / name).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def events(bootstrap, prefix):
    """(topic without the prefix, record's name, record), each event once."""
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "demo-said", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True})
    topics = c.list_topics(timeout=30).topics
    left = {(t, p) for t in topics if t.startswith(prefix) for p in topics[t].partitions}
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t, p in left])
    seen, found = set(), []
    while left:
        m = c.poll(30)
        assert m is not None, "no end of %s" % sorted(left)
        if m.error():
            assert m.error().code() == KafkaError._PARTITION_EOF, m.error()
            left.discard((m.topic(), m.partition()))
            continue
        value = m.value() or b""
        name, schema = SCHEMAS.get(int.from_bytes(value[1:5], "big"), ("", None)) if value[:1] == b"\0" else ("", None)
        if name in READ:
            r = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)
            if (m.topic(), r["event_id"]) not in seen:
                seen.add((m.topic(), r["event_id"]))
                found.append((m.topic()[len(prefix):], name, r))
    c.close()
    return found


def named(people, actor, orgs, roles):
    """In the register under this id, of one of these offices, in one of these roles."""
    row = people.get(actor["operator_id"])
    return row is not None and row["name"] and row["org"] == actor["org_code"] and row["org"] in orgs and any(
        r in row["role"] for r in roles)


def faults(said, people, seals):
    of = collections.defaultdict(list)
    for topic, name, r in said:
        of[name].append((topic, r))
    homes = {r["household_id"]: r for _, r in of["application"]}
    counted = {str(r["refers_to"]): r for _, r in of["case_event"] if r.get("refers_to")}
    posted, ended = set(), set()
    kinds = collections.Counter()
    if not of["decision"]:
        yield "no decision"
    for topic, d in of["decision"]:
        office = topic.split(".")[-1]
        if not named(people, d["decided_by"], {office}, ("approver",)):
            yield "decision by nobody's officer: %s on %s" % (d["decided_by"], topic)
        if not d["seal"]:
            yield "decision without a seal on %s" % topic
        elif seals.get(d["seal_id"], {}).get("org") != office:
            yield "decision under a seal %s that is not of %s" % (d["seal_id"], office)
    if not any(str(d["decision_id"]) in counted or str(d["event_id"]) in counted for _, d in of["decision"]):
        yield "no decision counted"
    for topic, s in of["step"]:
        office, kinds[s["kind"]] = topic.split(".")[-1], kinds[s["kind"]] + 1
        town = str(homes.get(s["household_id"], {}).get("division_code", ""))
        if not named(people, s["done_by"], {office}, ("clerk",)):
            yield "step %s by nobody: %s" % (s["kind"], s["done_by"])
        second = s["second"]
        if s["kind"] in TWO and (not second or second["operator_id"] == s["done_by"]["operator_id"] or not named(
                people, second, {town, town[:9]}, ("clerk", "assistant"))):
            yield "step %s without a second of the place: %s" % (s["kind"], second)
        (posted if s["kind"] == "NOTICE_POSTED" else ended if s["kind"] in ("NOTICE_EXPIRED", "HEARD") else set()).add(s["assignment_id"])
    noted = collections.Counter(r["note"].split()[0] for _, r in of["case_event"] if r["kind"] == "STEP" and r.get("note"))
    for kind in STEPS:
        if not kinds[kind] or not noted[kind]:
            yield "step %s: said %d times, counted %d" % (kind, kinds[kind], noted[kind])
    if not posted or posted - ended:
        yield "%d notices hang of %d" % (len(posted - ended), len(posted))
    reports = [(t, r) for t, r in of["facts_reported"] if t == "facts.check"]
    if not reports:
        yield "no fact of a source"
    for _, r in reports:
        if not r["person"] or r["household_id"] not in homes:
            yield "a source's person has not come home"
        if r["source"] != "check" or not all(f["verified"] and f["source"] == "check" for f in r["facts"]):
            yield "a source's fact is not verified by it"
    if reports and not any(f["source"] == "check" and f["verified"] for _, r in of["evaluation"] for f in r.get("facts") or ()):
        yield "no case is judged by a source's facts"
    for _, r in of["dead_letter"]:
        yield "dead letter %s of %s" % (r["reason_code"], r["owner"])


def planted(said):
    """Each: what one of them said, otherwise."""
    def otherwise(name, change, when=lambda r: True, every=True):
        out, done = [], False
        for topic, n, r in said:
            if n == name and when(r) and (every or not done):
                r, done = change(dict(r)), True
            if r is not None:
                out.append((topic, n, r))
        return out
    nobody = dict(operator_id="op-nobody", org_code="MZ", role="approver")
    return {
        "a decision without its seal": otherwise("decision", lambda r: dict(r, seal=None), every=False),
        "another's seal": otherwise("decision", lambda r: dict(r, seal_id="seal-nobody"), every=False),
        "nobody decides": otherwise("decision", lambda r: dict(r, decided_by=nobody), every=False),
        "nobody does a step": otherwise("step", lambda r: dict(r, done_by=nobody), every=False),
        "alone at a survey": otherwise("step", lambda r: dict(r, second=None), lambda r: r["kind"] == "SURVEYED", every=False),
        "the same twice": otherwise("step", lambda r: dict(r, second=r["done_by"]), lambda r: r["kind"] == "SURVEYED", every=False),
        "a notice that hangs on": otherwise("step", lambda r: None, lambda r: r["kind"] == "NOTICE_EXPIRED", every=False),
        "no step counts": otherwise("case_event", lambda r: None, lambda r: r["kind"] == "STEP"),
        "no decision counts": otherwise("case_event", lambda r: None, lambda r: r["kind"] != "STEP"),
        "no source": otherwise("facts_reported", lambda r: None),
        "a source that declares": otherwise("facts_reported", lambda r: dict(r, facts=[dict(f, verified=False) for f in r["facts"]]), every=False),
        "a source of a stranger": otherwise("facts_reported", lambda r: dict(r, household_id="?"), every=False),
        "a source that no case reads": otherwise("evaluation", lambda r: dict(r, facts=[]))} | {
        "no " + kind: otherwise("step", lambda r: None, lambda r, kind=kind: r["kind"] == kind) for kind in STEPS}


def main():
    county = os.environ["LIANOU_CONFIG"]
    people = {r["id"]: r for r in rows(county, "operators.csv") if not r["to"]}
    seals = {r["id"]: r for r in rows(county, "seals.csv")}
    said = events(os.environ["LIANOU_KAFKA"], os.environ.get("LIANOU_PREFIX", "qihe."))
    found = list(faults(said, people, seals))
    assert not found, "%d: %s" % (len(found), "\n".join(found[:10]))
    missed = [what for what, other in planted(said).items() if not list(faults(other, people, seals))]
    assert not missed, "planted offenders that were not seen: %s" % missed
    n = collections.Counter(r["kind"] if name == "step" else name for _, name, r in said)
    print("said: %d sealed decisions of %d officers; steps %s; %d reports of a source; %d offenders seen" % (
        n["decision"], len({r["decided_by"]["operator_id"] for _, name, r in said if name == "decision"}),
        ", ".join("%s %d" % (k, n[k]) for k in STEPS), n["facts_reported"], len(planted(said))))


main()
