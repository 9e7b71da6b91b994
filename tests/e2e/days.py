#!/usr/bin/env python3
"""A figure of the catalogue in force has its first day while a matcher is away:
whom it touches is judged anew, nobody else. One of the states was written by an
earlier program, under its own schema."""
import io
import json
import pathlib
import re
import shutil
import struct
import tempfile
import uuid

from county import APPLICATION, SCHEMAS, SOURCE, Bus, application, fastavro, states

EARLIER = 92
JULY = 1784088000000  # 2026-07-15 12:00 in China
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-days-")) / "bus-config"
shutil.copytree(SOURCE / "bus-config", FOLDER)
text = (FOLDER / "standards.yaml").read_text()
dated = re.sub(r"(disability_care_2_fen:(?:.*\n)*?)(    - \{from: 2020-01-01, value: )(\d+)(\}\n)",
               r"\1\2\3\4    - {from: 2026-08-01, value: 77700}\n", text, count=1)
assert dated != text
(FOLDER / "standards.yaml").write_text(dated)


def disabled(order, reference, grade):
    a = application(order, "WEB", reference)
    a["members"][0]["facts"].update(disability_grade=grade, care_months=12 if grade else 0,
                                    disability_category="physical" if grade else "none")
    return a


def written(schema, record):
    """With the branch named where fastavro would take any text for a date."""
    facts = [dict(f, value=("string", f["value"])) if isinstance(f["value"], str) else f for f in record["facts"]]
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, dict(record, facts=facts))
    return out.getvalue()


def send(bus, topic, schema_id, schema, record):
    bus.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=record["household_id"])),
                         value=struct.pack(">bI", 0, schema_id) + written(schema, record))
    assert bus.producer.flush(20) == 0


def in_july(bus, like):
    """The same application of another household, of a day before the figure's."""
    home = dict(like, household_id=uuid.uuid4().bytes, application_id=uuid.uuid4().bytes, occurred_at=JULY)
    send(bus, "applications", APPLICATION, SCHEMAS[APPLICATION][1], home)
    (_, judged), = bus.events("evaluation", 1, household_id=home["household_id"])
    assert str(judged["rule_date"]) == "2026-07-15", judged["rule_date"]
    return home["household_id"]


def before(bus, home):
    """The household's state as the form before the parts had it."""
    bus.events("household_case", 1, household_id=home)
    parts = {r["part"]: r for _, k, r in bus.read if k in states.RECORDS and r["household_id"] == home}
    at = parts[states.CASE]["partition"]
    names = [r["names"] for _, k, r in bus.read if k == "household_names" and r["partition"] == at]
    return states.whole(home, parts, max(names, key=len))


def amount(bus, home, n):
    found = [r for _, r in bus.events("assignment", n, item="MZ12", household_id=home)]
    return [(r["action"], r["amount_fen"]) for r in found]


bus = Bus(FOLDER, roles=("matcher",))
good = False
try:
    bus.submit(disabled(31, "touched", 2), disabled(32, "other", 0))
    bus.events("evaluation", 2)
    like = {r["channel_reference"]: r for _, r in bus.events("application", 2)}
    homes = {"touched": in_july(bus, like["touched"]), "older": in_july(bus, like["touched"]), "other": in_july(bus, like["other"])}
    assert amount(bus, homes["touched"], 1) == [("ASSIGNED", 14000)]
    bus.town.roles["matcher"].kill()
    bus.town.roles["matcher"].wait()
    state = before(bus, homes["older"])
    assert state.pop("judged_on") is not None
    was = fastavro.parse_schema(json.loads((SOURCE / ("schemas/earlier/household_state.%d.avsc" % EARLIER)).read_text()))
    send(bus, "households", EARLIER, was, state)
    shutil.rmtree(bus.town.dir / "state")  # a lost disk: all of it from the topic
    SCHEMAS[EARLIER] = ("household_state", was)
    bus.town.start("matcher")
    for name in ("touched", "older"):
        found = bus.events("evaluation", 2, household_id=homes[name])
        assert str(found[-1][1]["rule_date"]) >= "2026-08-01" and found[-1][1]["facts_version"] == 2, found[-1][1]
        assert amount(bus, homes[name], 2) == [("ASSIGNED", 14000), ("UPDATED", 77700)], name
    told = len(bus.events("review", 4, household_id=bytes(16)))
    bus.town.kill("matcher")  # told again, and idle
    bus.events("review", told + 4, household_id=bytes(16))
    bus.take(2)
    assert len(bus.events("evaluation", 1, household_id=homes["touched"])) == 2
    assert len(bus.events("evaluation", 1, household_id=homes["older"])) == 2
    other = bus.events("evaluation", 1, household_id=homes["other"])
    print("judged anew since 2026-08-01:", [n for n in homes if len(bus.events("evaluation", 1, household_id=homes[n])) == 2])
    assert len(other) == 1, [(str(r["rule_date"]), r["facts_version"]) for _, r in other]
    assert len(bus.events("evaluation", 5)) == 2 + 5
    good = True
finally:
    bus.town.close(keep=not good)
