#!/usr/bin/env python3
"""What one event makes goes out as a whole or not at all: an application whose
household grows beyond what a message may hold, seen only when its evaluation is
written already, is a dead letter and nothing else; others flow on, also of the
same household."""
import io
import pathlib
import shutil
import struct
import tempfile
import uuid

from county import APPLICATION, SCHEMAS, SOURCE, Bus, Producer, application, fastavro

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-whole-")) / "bus-config"
LARGER = 70000  # than a message of ours; small on the way, where it is compressed


def produce(bus, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[APPLICATION][1], record)
    p = Producer({"bootstrap.servers": bus.town.bootstrap, "partitioner": "murmur2_random", "compression.codec": "lz4",
                  "message.max.bytes": 8 << 20})
    p.produce("qihe.applications", key=str(uuid.UUID(bytes=record["household_id"])),
              value=struct.pack(">bI", 0, APPLICATION) + out.getvalue())
    assert p.flush(20) == 0


def another(record, household, text):
    """The same of another household, with one fact that is so long."""
    facts = [f for f in record["facts"] if f["name"] != "household.power_meter"]
    facts.append(dict(facts[0], name="household.power_meter", member=None, value="1" * text))
    for i, f in enumerate(facts):
        if isinstance(f["value"], str):  # a union's branch, or it would be taken for a date
            facts[i] = dict(f, value=("string", f["value"]))
    return dict(record, event_id=uuid.uuid4().bytes, application_id=uuid.uuid4().bytes, household_id=household,
                channel_reference=str(uuid.uuid4()), facts=facts, personal=None, homes=[])


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    conf = FOLDER / "bus.yaml"
    conf.write_text(conf.read_text().replace("\nkafka:\n", "\nkafka:\n  message_max: 64KiB\n", 1))
    bus = Bus(FOLDER, roles=("matcher",))
    good = False
    try:
        bus.submit(application(1, "WEB", "whole-1"))
        first = bus.events("application")[0][1]
        bus.events("evaluation", household_id=first["household_id"])
        home, elsewhere = uuid.uuid4().bytes, uuid.uuid4().bytes
        produce(bus, another(first, home, LARGER))
        produce(bus, another(first, elsewhere, 10))
        (_, letter), = bus.events("dead_letter")
        assert letter["household_id"] == home and letter["reason_code"] == "BUS_ETOOBIG", letter
        bus.events("evaluation", household_id=elsewhere)
        bus.take(1)
        torn = [(t, k) for t, k, r in bus.read if r.get("household_id") == home and k not in ("application", "dead_letter")]
        assert torn == [], "beside its dead letter stands %s" % torn
        again = another(first, home, 10)
        produce(bus, again)
        bus.events("evaluation", household_id=home)
        (_, state), = bus.events("household_case", household_id=home)
        assert state["sequence"] == 1, state["sequence"]
        print("an event too big midway: a dead letter and nothing else")
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


main()
