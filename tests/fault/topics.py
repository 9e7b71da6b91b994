"""What stands in the topics, read with other people's clients: confluent-kafka
with read_committed; records by readers compiled from the schemas (avrocode.py),
every so often compared with fastavro's. Of a state of the form before only the
last is read to its end."""
import io
import json
import pathlib
import struct
import subprocess

import fastavro
import states
from avrocode import compiled
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

CHECKED_EVERY = 400  # by fastavro as well

ALWAYS = ("event_id", "household_id", "occurred_at", "case_id")
WANTED = {
    "application": ("application_id", "channel", "channel_reference"),
    "facts_reported": ("source",),
    "evaluation": ("facts_version",),
    "assignment": ("assignment_id", "action", "reason", "item", "round", "amount_fen"),
    "decision": ("decision_id", "assignment_id", "outcome", "item", "amount_fen"), "step": ("assignment_id", "kind", "item"), "payee_change": ("assignment_id", "name_check", "item"),
    "verification_request": ("request_id", "action"),
    "verification_result": ("request_id", "outcome"),
    "case_event": ("kind", "application_id", "decision", "refers_to", "outcomes"),
    "dispatch_result": ("decision_id", "outcome", "lines"),
    "payment_order": ("order_id", "decision_id", "item", "amount_fen"),
    "payment_result": ("order_id", "outcome", "amount_fen"),
    "delivery_task": ("task_id", "decision_id", "item", "kind", "amount_fen"),
    "delivery_receipt": ("task_id", "outcome"),
    "need": ("need_id", "item", "gap_fen"),
    "claim": ("claim_id", "need_id", "outcome", "amount_fen"), "claim_result": ("need_id", "outcome", "amount_fen"),
    "notice": ("refers_to", "reason_code"),
    "household_state": ("sequence", "case_no", "case_open", "case_id", "facts_version", "assignments", "parked"),
    "household_case": ("sequence", "case_no", "case_open", "facts_version", "assignments", "parked"),
    "household_facts": ("sequence",), "household_names": (),
    "household_assignment": ("sequence", "assignment_id", "case_no", "decision_id"),
    "parked_note": ("action", "parked_event_id"), "membership": ("person_id", "member_of"), "review": ("reason",),
    "dead_letter": ("topic", "partition", "offset", "reason_code", "owner"),
}
# Inside of what is wanted.
INNER = {"decision": ("decision_id", "assignment_id"), "assignment_state": ("assignment_id", "status", "case_no"),
         "parked_event": ("event_id",), "dispatch_line": ("order_id",), "case_outcome": ("assignment_id",)}


AWAY = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT)  # the client goes on by itself
COMPACTED = ("households", "household-keys", "catalogue", "register")  # where no value is a deletion, not a message


# Topic, or what stands before its dot -> record.
RECORDS = {
    "applications": "application", "facts": "facts_reported", "evaluations": "evaluation", "assignments": "assignment",
    "decisions": "decision", "verification-requests": "verification_request",
    "verification-results": "verification_result", "cases": "case_event", "dispatches": "dispatch_result",
    "payment-orders": "payment_order", "payment-results": "payment_result", "delivery-tasks": "delivery_task",
    "delivery-receipts": "delivery_receipt", "needs": "need", "claims": "claim",
    "claim-results": "claim_result", "notices": "notice", "membership-changes": "membership_change", "requests": "household_request", "dues": "due", "households": "household_state",
    "household-keys": "household_key",
    "parked": "parked_note", "dead-letters": "dead_letter", "catalogue": "catalogue", "register": "register", "memberships": "membership",
    "reviews": "review",
}


BESIDE = {"decisions": ("step", "payee_change"), "memberships": ("facts_reported",),
          "membership-changes": ("erasure",)}  # other records in the same topic


class Schemas:
    """Schema id -> (record name, the schema standing alone, a reader of what is wanted)."""

    def __init__(self, folder):
        texts = {p.stem: json.loads(p.read_text()) for p in pathlib.Path(folder).glob("*.avsc")}
        self.ids, self.by_id, self.reads = {}, {}, 0
        for name, text in texts.items():
            if "lianou.id" in text and text["type"] == "record":
                alone = whole(name, texts)
                wanted = WANTED.get(name, ()) + ALWAYS
                self.ids[name] = text["lianou.id"]
                self.by_id[text["lianou.id"]] = (name, fastavro.parse_schema(alone), compiled(alone, wanted, INNER))

    def read(self, topic, value):
        """(record name, what is wanted of it); ("unreadable", {}) for what is none of the topic's."""
        value = value or b""
        magic, schema_id = struct.unpack_from(">bI", value) if len(value) >= 5 else (1, 0)
        if magic != 0 or schema_id not in self.by_id:
            return "unreadable", {}
        name, schema, reader = self.by_id[schema_id]
        ours = topic == "households" and name in states.RECORDS or name in BESIDE.get(topic.split(".")[0], ())
        if name != RECORDS.get(topic.split(".")[0], name) and not ours:
            return "unreadable", {}
        self.reads += 1
        if name == "household_state" and self.reads % CHECKED_EVERY:
            return name, {"household_id": value[5:21], "sequence": front_number(value, 21), "raw": value}
        try:
            record = reader(value, 5)
        except (IndexError, ValueError):
            return "unreadable", {}
        if self.reads % CHECKED_EVERY == 0:
            self.check(name, schema, record, value)
        return name, record

    @staticmethod
    def part(key, name, record):
        """A record of the topic `households` with whose it is, and which part."""
        household, part = states.part_of(key)
        return "household_part", dict(record, household_id=household, part=part, record=name)

    def state(self, r):
        """The whole of a state that read() only looked at the front of."""
        return self.by_id[self.ids["household_state"]][2](r["raw"], 5) if "raw" in r else r

    def check(self, name, schema, record, value):
        """Our reader against fastavro's."""
        other = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)
        for field, ours in record.items():
            if isinstance(ours, (bytes, str, int)) and isinstance(other[field], (bytes, str, int)):
                assert ours == other[field], (name, field)
            elif isinstance(ours, list):
                assert len(ours) == len(other[field]), (name, field)

    def write(self, name, record):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, self.by_id[self.ids[name]][1], record)
        return struct.pack(">bI", 0, self.ids[name]) + body.getvalue()

    def read_all(self, value):
        """With every field."""
        return fastavro.schemaless_reader(io.BytesIO(value[5:]), self.by_id[struct.unpack_from(">bI", value)[1]][1])


def front_number(b, p):
    n, shift = 0, 0
    while True:
        n |= (b[p] & 127) << shift
        if b[p] < 128:
            return n >> 1 ^ -(n & 1)
        p, shift = p + 1, shift + 7


def whole(name, texts):
    """The record's schema standing alone."""
    seen = {"lianou." + name}

    def walk(node):
        if isinstance(node, str) and node.startswith("lianou.") and node[7:] in texts:
            if node in seen:
                return node
            seen.add(node)
            return walk(texts[node[7:]])
        if isinstance(node, list):
            return [walk(n) for n in node]
        if not isinstance(node, dict):
            return node
        return {k: walk(v) if k in ("type", "items", "values", "fields") else v for k, v in node.items()}

    return walk(texts[name])


def partitions(bootstrap, prefix):
    """Topic -> partition numbers, for the topics of this county."""
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "checker"})
    try:
        meta = c.list_topics(timeout=20)
        return {t: sorted(meta.topics[t].partitions) for t in meta.topics if t.startswith(prefix)}
    finally:
        c.close()


def read(bootstrap, prefix, places, schemas):
    """Every record of these (topic, partition) as (topic without the prefix,
    partition, offset, record name, record); in order within a partition."""
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "checker", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True, "fetch.max.bytes": 16 << 20,
                  "queued.max.messages.kbytes": 64 << 10})
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t, p in places])
    cut, names = len(prefix), {}
    for m in to_the_end(c, set(places)):
        value = m.value()
        topic = names.setdefault(m.topic(), m.topic()[cut:])
        if value is not None or topic not in COMPACTED:
            name, record = schemas.read(topic, value)
            if name in states.RECORDS:
                name, record = Schemas.part(m.key(), name, record)
            yield topic, m.partition(), m.offset(), name, record
    c.close()


def to_the_end(consumer, places):
    """Every message of these (topic, partition), until each has told its end;
    a client that loses its broker for a moment tells it again."""
    left = set(places)
    while left:
        for m in consumer.consume(5000, 2.0):
            if not m.error():
                yield m
            elif m.error().code() == KafkaError._PARTITION_EOF:
                left.discard((m.topic(), m.partition()))
            elif not m.error().retriable() and m.error().code() not in AWAY:
                raise RuntimeError(str(m.error()))


def ledger_rows(conninfo, part):
    """(topic, offset) -> (event id, kind, household, case, about, word, item, amount) of one partition number."""
    sql = ("COPY (SELECT topic, place, event_id, kind, household_id, case_id, about, word, item, amount_fen "
           "FROM event WHERE part = %d) TO STDOUT" % part)
    out = subprocess.run(["psql", "-X", conninfo, "-c", sql], check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in out.splitlines():
        f = line.split("\t")
        rows[f[0], int(f[1])] = tuple(None if x == "\\N" else x for x in f[2:])
    return rows


def load_schemas(folder):
    """Schema id -> (record name, its schema standing alone)."""
    return {i: (name, schema) for i, (name, schema, _) in Schemas(folder).by_id.items()}


def read_topics(bootstrap, prefix, by_id):
    """Every record with every field, for tests of a few hundred events: a list
    of (topic without the prefix, partition, offset, record name, record)."""
    class Whole:
        @staticmethod
        def read(topic, value):
            value = value or b""
            magic, schema_id = struct.unpack_from(">bI", value) if len(value) >= 5 else (1, 0)
            if magic != 0 or schema_id not in by_id:
                return "unreadable", {}
            name, schema = by_id[schema_id]
            return name, fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)

    places = [(t, p) for t, parts in partitions(bootstrap, prefix).items() for p in parts]
    return list(read(bootstrap, prefix, places, Whole))
