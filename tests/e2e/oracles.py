#!/usr/bin/env python3
"""T17, T20, T21, T22, T24 of the domain through the real roles, on real Kafka and
PostgreSQL. The department here is this program: it reads its topic and answers
with other people's clients."""
import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.request
import uuid

from county import SCHEMAS, SOURCE, Bus, application, fastavro, identity


STARTED = time.time()
PROGRAM = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
KEY = pathlib.Path(tempfile.mkdtemp(prefix="lianou-seal-")) / "S-gone.key"


def fixture_config():
    """The county's configuration with the three items of T24 alone in force, the others ended in 2020 (a figure
    must have a rule that reads it); MZ06 in its version of 2020, in force without end."""
    config = pathlib.Path(tempfile.mkdtemp(prefix="lianou-oracles-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", config)
    for p in (config / "policies").glob("*/*.yaml"):
        if p.stem not in ("MZ01", "MZ06", "RS06"):
            days = iter(range(1, 29, 4))
            p.write_text(re.sub(r"effective: \{[^}]*\}",
                                lambda _: "effective: {from: 2020-01-%02d, to: 2020-01-%02d}" % ((d := next(days)), d + 3),
                                p.read_text()))
    p = config / "policies/MZ/MZ06.yaml"
    head, versions = p.read_text().split("\nversions:\n", 1)
    blocks = re.split(r"(?m)^(?=  - version:)", versions)
    rest = re.split(r"(?m)^(?=\w)", blocks[-1], maxsplit=1)[1]
    first = re.sub(r"effective: \{from: ([\d-]+), to: [\d-]+\}", r"effective: {from: \1}", blocks[1])
    p.write_text(head + "\nversions:\n" + first + rest)
    gone = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(STARTED - 60))
    KEY.unlink(missing_ok=True)
    public = subprocess.run([PROGRAM, "seal", "keygen", str(KEY)], capture_output=True, text=True, check=True).stdout.split()[0]
    with open(config / "registers/seals.csv", "a") as f:
        f.write(f"S-gone,MZ,,{public},*,2020-01-01T00:00:00+08:00,,,{gone},\n")
    return config


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


def test_T20(bus):
    """A seal revoked a minute before the test began, on a decision of now and on one from before that (by a
    clock as far behind as one may be); and an amount above the item's cap."""
    (_, a), = bus.events("assignment", 1, action="RETURNED")
    tasks = len(bus.events("delivery_task", 1))
    for n, (fen, changes, why) in enumerate(((1000001, {}, "ABOVE_CAP"), (250000, {"seal_id": "S-gone", "key": KEY}, "SEAL_REVOKED"),
                                             (250000, {"seal_id": "S-none"}, "SEAL_UNKNOWN"))):
        d = bus.decide(a, fen, **changes)
        back = bus.events("assignment", 2 + n, action="RETURNED")[-1][1]
        assert back["reason"] == why and back["assignment_id"] == a["assignment_id"], back["reason"]
        told = [r["note"] for _, r in bus.events("case_event", 1, kind="ORDER_REFUSED", refers_to=d["decision_id"])]
        assert told == [why], told
    assert len(bus.events("delivery_task", 1)) == tasks
    signed = int((STARTED - 61) * 1000)
    bus.decide(a, 250000, seal_id="S-gone", key=KEY, signed_at=signed)
    assert bus.events("delivery_task", tasks + 1)[-1][1]["amount_fen"] == 250000
    print("T20: a revoked seal does not count, what it signed before does; above the cap comes back")


def replay(bus):
    """An evaluation of T24 verified: by its bytes as another client writes them, by
    its id, under its own catalogue and under another one, and with one figure changed."""
    def named(record):  # fastavro takes any text for a date unless its branch is named
        return dict(record, facts=[dict(f, value=("string", f["value"])) if isinstance(f["value"], str) else f
                                   for f in record["facts"]])

    judged = named([r for _, r in bus.events("evaluation", 1) if r["facts_version"] == 1][0])
    path = bus.town.dir / "evaluation"

    def write(record):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMAS[33][1], record)
        path.write_bytes(struct.pack(">bI", 0, 33) + out.getvalue())

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
    bus.town.lianou("policy", "publish")  # now the bus itself holds the archive it was judged by
    verify(str(uuid.UUID(bytes=judged["event_id"])), 0, "1 identical", "--config", str(SOURCE / "bus-config"))
    shown = bus.town.lianou("tap", "evaluations", "--from", "--why", "verified by hand").stdout
    path.write_text("".join(line + "\n" for line in shown.splitlines() if line.startswith("  {")))
    verify(str(path), 0, "%d identical, 0 different, 0 without" % shown.count("\n  {"))
    masked = bus.town.lianou("tap", "evaluations", "--from").stdout  # nobody said what for
    path.write_text("".join(line + "\n" for line in masked.splitlines() if line.startswith("  {")))
    verify(str(path), 1, "0 identical, 0 different, 0 without their catalogue, %d masked" % masked.count("\n  {"))
    verify(str(path), 1, "lianou tap --why")
    every = [named(r) for _, r in bus.events("evaluation", 1)]
    for codec in ("null", "deflate"):
        with open(path, "wb") as f:
            fastavro.writer(f, SCHEMAS[33][1], every, codec=codec, sync_interval=4000)
        verify(str(path), 0, "%d identical, 0 different, 0 without" % len(every))
    rehearse = ("policy", "rehearse", "--with", bus.town.env["LIANOU_CONFIG"], "--lang", "en")
    for on in (("--on", "archive", str(path)), ("--on", "ledger")):
        r = bus.town.lianou(*rehearse, *on)
        homes = len({r["household_id"] for r in every})
        assert "%d households" % homes in r.stdout and "none turns" in r.stdout, (homes, r.stdout)
    at = next(i for i, f in enumerate(judged["facts"]) if f["name"] == "household.income_total_fen")
    judged["facts"][at]["value"] += 5
    write(judged)
    verify(str(path), 1, "facts[%d] household.income_total_fen\n    记录 recorded 120000 (" % at)
    verify(str(path), 1, "现有 found    120005 (")
    judged["facts"][at]["value"] -= 5
    judged["items"][0]["amount_fen"] += 1
    write(judged)
    verify(str(path), 1, "items[0] MZ01: amount_fen")
    print("replay: identical by file and id; a fen more is named with its place")


def two_households(bus):
    """The same couple applies twice, each as the head of the other: people must look."""
    pair = []
    for head, other, reference in ((6, 7, "two-6"), (7, 6, "two-7")):
        a = application(head, "WEB", reference)
        a["members"].append({"id_no": identity(other), "name": "乙", "relation": "1"})
        pair.append(a)
    bus.submit(*pair)
    home = {r["channel_reference"]: r for _, r in bus.events("application", 8) if r["channel_reference"].startswith("two-")}
    households = [home[n]["household_id"] for n in ("two-6", "two-7")]
    told = [r for _, r in bus.events("case_event", 4, kind="CONFLICT")]
    assert {(r["household_id"], r["other_household"], r["refers_to"]) for r in told} == {
        (h, o, m["person_id"]) for h, o in (households, households[::-1]) for m in home["two-6"]["members"]}
    assert len(told) == 4 and len({r["event_id"] for r in told}) == 4
    opened = {r["case_id"]: r["household_id"] for _, r in bus.events("case_event", 2, kind="OPENED")}
    assert all(opened[r["case_id"]] == r["household_id"] for r in told)
    for _ in range(40):
        r = bus.town.lianou("case", "list", "--conflicts", "--json", check=False)
        listed = json.loads(r.stdout)["cases"] if r.returncode == 0 else []
        if sum(len(c["conflicts"]) for c in listed) == 2:
            break
        time.sleep(0.5)
    assert {(c["household_id"], c["conflicts"][0]) for c in listed} == {
        tuple(str(uuid.UUID(bytes=h)) for h in (a, b)) for a, b in (households, households[::-1])}, listed
    assert "另见于家庭" in bus.town.lianou("case", "list", "--conflicts").stdout
    print("two households: both cases told of both persons")


def what_waits(bus):
    """An event that the matcher parks shows at the ledger until it is released."""
    household = uuid.uuid4()

    def note(action):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMAS[96][1], dict(
            event_id=uuid.uuid4().bytes, household_id=household.bytes, occurred_at=int(time.time() * 1000), action=action,
            parked_event_id=household.bytes, waits_for=household.bytes, kind="payment_result"))
        bus.producer.produce("qihe.parked", key=str(household), value=struct.pack(">bI", 0, 96) + out.getvalue())
        assert bus.producer.flush(20) == 0

    def shown(n):
        line, url = 'lianou_parked_events{topic="qihe.parked"} %d\n' % n, "http://127.0.0.1:%s/metrics"
        for _ in range(300):
            with urllib.request.urlopen(url % bus.town.env["LIANOU_PORT_LEDGER"], timeout=20) as answer:
                text = answer.read().decode()
            if line in text:
                return
            time.sleep(0.2)
        raise AssertionError("no %s in %s" % (line, [x for x in text.splitlines() if "parked" in x]))

    shown(0)
    note("PARKED")
    shown(1)
    note("RELEASED")
    shown(0)
    print("what waits: the ledger's gauge goes up and down")


bus = Bus(fixture_config())
good = False
try:
    for test in (test_T24, test_T21, test_T22, test_T17, test_T20, two_households, replay, what_waits):
        test(bus)
    good = True
finally:
    bus.town.close(keep=not good)
