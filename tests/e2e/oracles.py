#!/usr/bin/env python3
"""T17, T21, T22, T24 of the domain through the real roles, on real Kafka and
PostgreSQL. The department here is this program: it reads its topic and answers
with other people's clients."""
import io
import os
import pathlib
import re
import shutil
import struct
import sys
import tempfile
import time
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("ORACLES_INNER") is None:
    os.environ["ORACLES_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
import fastavro  # noqa: E402
from checker import load_schemas, read_topics  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from town import Town  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")


def fixture_config():
    """The county's configuration with the three items of T24 alone; MZ06 in its
    version of 2020, in force without end."""
    config = pathlib.Path(tempfile.mkdtemp(prefix="lianou-oracles-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", config)
    for p in (config / "policies").glob("*/*.yaml"):
        if p.stem not in ("MZ01", "MZ06", "RS06"):
            p.unlink()
    p = config / "policies/MZ/MZ06.yaml"
    head, versions = p.read_text().split("\nversions:\n", 1)
    blocks = re.split(r"(?m)^(?=  - version:)", versions)
    rest = re.split(r"(?m)^(?=\w)", blocks[-1], maxsplit=1)[1]
    first = re.sub(r"effective: \{from: ([\d-]+), to: [\d-]+\}", r"effective: {from: \1}", blocks[1])
    p.write_text(head + "\nversions:\n" + first + rest)
    return config


def identity(order):
    body = "00000019800101%03d" % order
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


def application(order, channel, reference, **changes):
    """A rural adult, seriously ill, below the standard, unemployed and able."""
    facts = dict(area="rural", registered_in_county=True, status="none", income_total_fen=120000, deposit_fen=0,
                 securities_fen=0, vehicle_count=0, house_count=1, event_shock="illness", basic_life_broken=True,
                 spend_living_fen=0, spend_medical_fen=4000000, spend_education_fen=0, spend_rehab_fen=0,
                 spend_other_fen=0, medical_out_of_pocket_fen=3000000, event_cost_fen=3000000)
    facts.update(changes)
    facts = {k: v for k, v in facts.items() if v is not None}
    return {"channel": channel, "channel_reference": reference, "evidence": {"call_reference": "C-1"},
            "operator": OPERATOR, "helper": OPERATOR, "division_code": OPERATOR["org_code"], "consent": True,
            "facts": facts,
            "members": [{"id_no": identity(order), "name": "甲", "relation": "0", "head": True, "facts": {
                "sex": "female", "life_state": "alive", "serious_illness": True, "labour": "full",
                "employment": "unemployed", "registered_unemployed": True, "employment_difficulty": True}}]}


line = next(x for x in (SOURCE / "bus-config/operators.csv").read_text().splitlines() if x.startswith("op-")
            and x.endswith(",") and x.split(",")[3] == "assistant")
OPERATOR = {"operator_id": line.split(",")[0], "org_code": line.split(",")[2], "role": "assistant"}


class Bus:
    def __init__(self):
        program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
        self.town = Town(program, fixture_config())
        for role in ("matcher", "dispatch", "ledger"):
            self.town.start(role)
        self.producer = Producer({"bootstrap.servers": self.town.bootstrap, "partitioner": "murmur2_random"})

    def submit(self, *applications):
        import json
        path = self.town.dir / "in"
        path.write_text("".join(json.dumps(a) + "\n" for a in applications))
        r = self.town.lianou("intake", "submit", str(path), check=False)
        assert r.returncode == 0, r.stdout + r.stderr

    def events(self, record, want=1, seconds=40, **match):
        """All events of a kind once there are `want` of them."""
        for _ in range(seconds):
            found = [(t, r) for t, _, _, k, r in read_topics(self.town.bootstrap, "qihe.", SCHEMAS)
                     if k == record and all(r[m] == v for m, v in match.items())]
            if len(found) >= want:
                return found
            time.sleep(1)
        raise AssertionError("no %d %s with %s; there are %d" % (want, record, match, len(found)))

    def decide(self, assignment, fen):
        now = int(time.time() * 1000)
        record = dict(event_id=uuid.uuid4().bytes, household_id=assignment["household_id"], occurred_at=now,
                      case_id=assignment["case_id"], decision_id=uuid.uuid4().bytes,
                      assignment_id=assignment["assignment_id"], department=assignment["department"],
                      item=assignment["item"], outcome="CONFIRMED", amount_fen=fen, uncovered_fen=0,
                      delivery="POST_CASH", goods=None, period="ONCE", from_month=None, reason="",
                      decided_by=dict(operator_id="op-1", org_code="MZ", role="approver"), authority_ref=None,
                      signed_at=now, document_hash=None, seal_id=None, seal=None)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMAS[41][1], record)
        self.producer.produce("qihe.decisions." + assignment["department"],
                              key=str(uuid.UUID(bytes=assignment["household_id"])),
                              value=struct.pack(">bI", 0, 41) + out.getvalue())
        assert self.producer.flush(20) == 0
        return record


def test_T24(bus):
    bus.submit(application(1, "TELEPHONE", "T24"))
    (_, judged), = bus.events("evaluation", 1)
    print("T24: verdicts:", [(i["item"], i["verdict"], i["left_out_by"], i["reasons"], [m["name"] for m in i["missing"]])
                             for i in judged["items"]])
    got = {(r["item"], r["department"]) for _, r in bus.events("assignment", 3, action="ASSIGNED")}
    assert got == {("MZ01", "MZ"), ("MZ06", "MZ"), ("RS06", "RS")}, got
    print("T24: 3 items, 2 departments:", sorted(got))


def test_T21(bus):
    before = len(bus.events("case_event", 1, kind="OPENED"))
    bus.submit(application(2, "TELEPHONE", "T21-phone"), application(2, "WEB", "T21-web"))
    joined = bus.events("case_event", 1, kind="APPLICATION_JOINED")
    assert len(joined) == 1
    case = joined[0][1]["case_id"]
    opened = bus.events("case_event", before + 1, kind="OPENED")
    assert len(opened) == before + 1
    assert [r["case_id"] for _, r in opened].count(case) == 1
    print("T21: one case, two channel records")


def test_T22(bus):
    bus.submit(application(3, "WEB", "T22", deposit_fen=None))
    mine = [r for _, r in bus.events("evaluation", 3) if not any(f["name"] == "household.deposit_fen" for f in r["facts"])]
    assert mine, "no evaluation without the deposit"
    verdict = next(i for i in mine[0]["items"] if i["item"] == "MZ01")
    assert verdict["verdict"] == "UNDETERMINED", verdict
    assert any(m["name"] == "household.deposit_fen" for m in verdict["missing"]), verdict
    print("T22: undetermined, missing household.deposit_fen, never no")


def test_T17(bus):
    for order, fen in ((4, 300000), (5, 300001)):
        bus.submit(application(order, "WEB", "T17-%d" % fen))
    home = {}
    for _, r in bus.events("application", 6):
        if r["channel_reference"].startswith("T17-"):
            home[r["channel_reference"]] = r["household_id"]
    for fen in (300000, 300001):
        h = home["T17-%d" % fen]
        (_, a), = bus.events("assignment", 1, action="ASSIGNED", item="MZ06", household_id=h)
        bus.decide(a, fen)
    (_, task), = bus.events("delivery_task", 1)
    assert task["amount_fen"] == 300000 and task["household_id"] == home["T17-300000"]
    (topic, back), = bus.events("assignment", 1, action="RETURNED")
    assert topic == "assignments.MZ" and back["reason"] == "CASH_ABOVE_CAP"
    assert back["household_id"] == home["T17-300001"]
    assert len(bus.events("delivery_task", 1)) == 1
    print("T17: 3000.00 yuan goes out, 3000.01 comes back with CASH_ABOVE_CAP and nothing is sent")


def replay(bus):
    """An evaluation of T24 verified: by its bytes as another client writes them, by
    its id, under its own catalogue and under another one, and with one figure changed."""
    (_, judged), = [e for e in bus.events("evaluation", 1) if e[1]["facts_version"] == 1][:1]
    path = bus.town.dir / "evaluation"

    def write(record):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMAS[32][1], record)
        path.write_bytes(struct.pack(">bI", 0, 32) + out.getvalue())

    def verify(what, want, words, *more):
        r = bus.town.lianou("policy", "verify", what, *more, check=False)
        assert r.returncode == want and words in r.stdout, (want, words, r.returncode, r.stdout, r.stderr)

    write(judged)
    verify(str(path), 0, "1 identical, 0 different")
    verify(str(uuid.UUID(bytes=judged["event_id"])), 0, "1 identical, 0 different")
    verify(str(uuid.UUID(bytes=judged["case_id"])), 0, " identical, 0 different, 0 without")
    verify(str(path), 1, "its catalogue is not here", "--config", str(SOURCE / "bus-config"))
    verify(str(path), 0, "1 identical", "--config", str(SOURCE / "bus-config"),
           "--catalogue", bus.town.env["LIANOU_CONFIG"])
    every = [r for _, r in bus.events("evaluation", 1)]
    for codec in ("null", "deflate"):
        with open(path, "wb") as f:
            fastavro.writer(f, SCHEMAS[32][1], every, codec=codec, sync_interval=4000)
        verify(str(path), 0, "%d identical, 0 different, 0 without" % len(every))
    rehearse = ("policy", "rehearse", "--with", bus.town.env["LIANOU_CONFIG"], "--lang", "en")
    for on in (("--on", "archive", str(path)), ("--on", "ledger")):
        r = bus.town.lianou(*rehearse, *on)
        homes = len({r["household_id"] for r in every})
        assert "%d households" % homes in r.stdout and "none turns" in r.stdout, (homes, r.stdout)
    judged["items"][0]["amount_fen"] += 1
    write(judged)
    verify(str(path), 1, "items[0] MZ01: amount_fen")
    print("replay: identical by file and id; a fen more is named with its place")


bus = Bus()
good = False
try:
    for test in (test_T24, test_T21, test_T22, test_T17, replay):
        test(bus)
    good = True
finally:
    bus.town.close(keep=not good)
