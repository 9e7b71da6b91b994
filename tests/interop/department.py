"""A department's own program: Kafka, the registry's address, a key, and no
code of ours. Reads an assignment with confluent-kafka's Avro deserializer,
opens the sealed field by schemas/README.md, answers with a decision.

department.py BOOTSTRAP REGISTRY KEYRING PREFIX DEPARTMENT OPERATOR SEAL-KEY
Prints one line: the assignment, the decision, and whether a name was opened.
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
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from sealed import keys_of, open_sealed

bootstrap, registry_url, keyring, prefix, department, operator, seal_key = sys.argv[1:8]
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
            if value["action"] == "ASSIGNED" and value["personal"]:
                return message.key(), value
    finally:
        consumer.close()
    sys.exit(f"no assignment for {department}")


def decision_of(assignment):
    now = int(time.time() * 1000)

    def derived(label):
        raw = bytearray(hashlib.sha256(label + assignment["assignment_id"]).digest()[:16])
        raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
        return bytes(raw)

    return {
        "event_id": derived(b"event"), "household_id": assignment["household_id"], "occurred_at": now,
        "case_id": assignment["case_id"], "decision_id": derived(b"decision"),
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
decision = decision_of(assignment)
decision["seal"] = sealed(encode(decision, SerializationContext(topic, MessageField.VALUE)))
failures = []
producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "acks": "all"})
producer.produce(topic, key=key, value=encode(decision, SerializationContext(topic, MessageField.VALUE)),
                 on_delivery=lambda e, m: e and failures.append(e))
producer.flush(20)
assert not failures, failures
# The certificate number never leaves this program; its shape is enough.
print(uuid.UUID(bytes=assignment["case_id"]), uuid.UUID(bytes=assignment["assignment_id"]),
      uuid.UUID(bytes=decision["decision_id"]),
      "opened" if person["name"] and len(person["id_no"]) == 18 else "empty")
