"""A department's own program: Kafka, the registry's address, a key, and no
code of ours. Reads an assignment with confluent-kafka's Avro deserializer,
opens the sealed field by schemas/README.md, says the first step of the item's
process, answers with a decision.

department.py BOOTSTRAP REGISTRY KEYRING PREFIX DEPARTMENT OPERATOR SEAL-KEY OPERATORS ITEMS
OPERATORS: the register's operators.csv; the town's clerk is of it.
ITEMS: those whose process begins with a town's acceptance, with commas between.
Prints one line: the assignment, the decision, whether a name was opened, the step.
"""
import hashlib
import io
import struct
import subprocess
import sys
import tempfile
import time
import uuid

import fastavro
from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from sealed import keys_of, open_sealed

bootstrap, registry_url, keyring, prefix, department, operator, seal_key, operators = sys.argv[1:9]
taken_by_towns = sys.argv[9].split(",")
registry = SchemaRegistryClient({"url": registry_url})

keys = keys_of(keyring, department)


def opened(record, field, event_id, sealed):
    framed = open_sealed(keys, record, field, event_id, sealed)
    zero, schema_id = struct.unpack(">BI", framed[:5])
    assert zero == 0, zero
    schema = fastavro.parse_schema(__import__("json").loads(registry.get_schema(schema_id).schema_str))
    return fastavro.schemaless_reader(io.BytesIO(framed[5:]), schema)


def next_assignment():
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{department}-own-{uuid.uuid4()}",
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    topic = f"{prefix}assignments.{department}"
    consumer.subscribe([topic])
    decode = AvroDeserializer(registry)
    until = time.time() + 60
    try:
        while time.time() < until:
            message = consumer.poll(1.0)
            if message is None or message.error():
                continue
            value = decode(message.value(), SerializationContext(topic, MessageField.VALUE))
            if value["action"] == "ASSIGNED" and value["personal"] and value["item"] in taken_by_towns:
                return message.key(), value
    finally:
        consumer.close()
    sys.exit(f"no assignment for {department}")


def derived(assignment, label):
    raw = bytearray(hashlib.sha256(label + assignment["assignment_id"]).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
    return bytes(raw)


def accepted_by_the_town(assignment):
    """ops/docs/events.md: the steps stand before the decision, on its topic."""
    town = assignment["division_code"][:9]
    clerk = next(x for x in (line.split(",") for line in open(operators)) if x[2:4] == [town, "clerk"])
    return {
        "event_id": derived(assignment, b"step"), "household_id": assignment["household_id"], "occurred_at": int(time.time() * 1000),
        "case_id": assignment["case_id"], "assignment_id": assignment["assignment_id"], "department": department,
        "item": assignment["item"], "kind": "ACCEPTED", "second": None, "document_hash": None,
        "done_by": {"operator_id": clerk[0], "org_code": town, "role": "clerk"},
    }


def decision_of(assignment):
    now = int(time.time() * 1000)
    return {
        "event_id": derived(assignment, b"event"), "household_id": assignment["household_id"], "occurred_at": now,
        "case_id": assignment["case_id"], "decision_id": derived(assignment, b"decision"),
        "assignment_id": assignment["assignment_id"], "department": department, "item": assignment["item"],
        "outcome": "CONFIRMED", "amount_fen": assignment["amount_fen"] or 12300,
        "delivery": "BANK" if assignment["payee_hash"] else "POST_CASH", "payee_hash": assignment["payee_hash"],
        "reason": "independent client", "signed_at": now,
        "decided_by": {"operator_id": operator, "org_code": department, "role": "approver"},
        "seal_id": "seal-" + department, "seal": None,
    }


def sealed(message):
    """schemas/README.md, "Seals": SM2 over all that stands before the last field, by OpenSSL alone."""
    with tempfile.NamedTemporaryFile() as text:
        text.write(message[:-1])
        text.flush()
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-in", text.name, "-inkey", seal_key,
                               "-pkeyopt", "distid:1234567812345678"], capture_output=True, check=True).stdout


key, assignment = next_assignment()
person = opened("assignment", "personal", assignment["event_id"], assignment["personal"])
topic = f"{prefix}decisions.{department}"
schema = registry.get_latest_version(f"{topic}-value").schema.schema_str
encode = AvroSerializer(registry, schema, conf={"auto.register.schemas": False})
step_schema = registry.get_latest_version(f"{topic}-lianou.step").schema.schema_str
step = accepted_by_the_town(assignment)
step_text = AvroSerializer(registry, step_schema, conf={
    "auto.register.schemas": False, "subject.name.strategy": topic_record_subject_name_strategy})(
        step, SerializationContext(topic, MessageField.VALUE))
decision = decision_of(assignment)
decision["seal"] = sealed(encode(decision, SerializationContext(topic, MessageField.VALUE)))
failures = []
producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "acks": "all"})
producer.produce(topic, key=key, value=step_text, on_delivery=lambda e, m: e and failures.append(e))
producer.produce(topic, key=key, value=encode(decision, SerializationContext(topic, MessageField.VALUE)),
                 on_delivery=lambda e, m: e and failures.append(e))
producer.flush(20)
assert not failures, failures
# The certificate number never leaves this program; its shape is enough.
print(uuid.UUID(bytes=assignment["case_id"]), uuid.UUID(bytes=assignment["assignment_id"]),
      uuid.UUID(bytes=decision["decision_id"]),
      "opened" if person["name"] and len(person["id_no"]) == 18 else "empty", uuid.UUID(bytes=step["event_id"]))
