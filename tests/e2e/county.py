"""A few households, Kafka, PostgreSQL and the roles, for tests in Python: this
program plays the county, the department and the reader of every topic."""
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import time
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("COUNTY_INNER") is None:
    os.environ["COUNTY_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/fault"), str(SOURCE / "tests/interop")]
import fastavro  # noqa: E402
import states  # noqa: E402
from topics import load_schemas  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition  # noqa: E402
from patience import Patience, until  # noqa: E402
from sealed import keys_of, seal_field  # noqa: E402
from town import Town  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")


def identity(order):
    """A woman's: the 17th digit is even (GB 11643)."""
    body = "000000198001%02d%03d" % (1 + order // 500, order % 500 * 2)
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
    evidence = {"TELEPHONE": {"call_reference": "C-1"}, "SPOKEN": {"read_back": "乙"}}.get(channel)
    return {"channel": channel, "channel_reference": reference, "evidence": evidence,
            "operator": OPERATOR, "helper": OPERATOR, "division_code": OPERATOR["org_code"], "consent": True,
            "facts": facts,
            "members": [{"id_no": identity(order), "name": "甲", "relation": "0", "head": True, "facts": {
                "sex": "female", "life_state": "alive", "serious_illness": True, "labour": "full",
                "employment": "unemployed", "registered_unemployed": True, "employment_difficulty": True}}]}


line = next(x for x in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines() if x.startswith("op-")
            and x.endswith(",") and x.split(",")[3] == "assistant")
OPERATOR = {"operator_id": line.split(",")[0], "org_code": line.split(",")[2], "role": "assistant"}


def approver(department):
    """The first of the register; the one who decides when nothing else is said."""
    for row in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines():
        x = row.split(",")
        if len(x) > 3 and x[2] == department and "approver" in x[3] and row.endswith(","):
            return dict(operator_id=x[0], org_code=department, role="approver")
    return dict(operator_id="op-nobody", org_code=department, role="approver")


def clerk(org):
    """Who does the steps before a decision, of a department or a town."""
    for row in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines():
        x = row.split(",")
        if len(x) > 3 and x[2] == org and x[3] == "clerk" and row.endswith(","):
            return dict(operator_id=x[0], org_code=org, role="clerk")
    raise LookupError(org)


def newest(record):
    """The id of its schema as it is written today."""
    return max(i for i, (name, _) in SCHEMAS.items() if name == record)


DECISION, APPLICATION, STEP = newest("decision"), newest("application"), newest("step")
PAYEE, PERSONAL = newest("payee_change"), newest("personal")


def framed(schema_id, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[schema_id][1], record)
    return struct.pack(">bI", 0, schema_id) + out.getvalue()


def seal(program, record, key, schema_id=DECISION):
    """SM2 over all that stands before the seal, which is the last field."""
    text = framed(schema_id, dict(record, seal=None))[:-1]
    r = subprocess.run([program, "seal", "sign", "--key", str(key)], input=text, capture_output=True, check=True)
    return bytes.fromhex(r.stdout.decode().split()[0])


QUIET = ("lost", "duplicated", "torn", "out of order", "money off")  # of `lianou audit`
CLIENT = {}  # more of the clients' configuration: how they say who they are


class Bus:
    def __init__(self, config, roles=("matcher", "dispatch", "ledger")):
        program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
        self.town = Town(program, config)
        try:
            self.join(roles)
        except BaseException:
            self.town.close(keep=True)  # nobody else has it
            raise

    def join(self, roles):
        for role in roles:
            self.town.start(role)
        self.producer = Producer(dict(CLIENT, **{"bootstrap.servers": self.town.bootstrap, "partitioner": "murmur2_random"}))
        self.consumer = Consumer(dict(CLIENT, **{"bootstrap.servers": self.town.bootstrap, "group.id": "county",
                                  "isolation.level": "read_committed", "enable.auto.commit": False,
                                  "fetch.wait.max.ms": 50}))
        topics = self.consumer.list_topics(timeout=20).topics
        self.consumer.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in topics if t.startswith("qihe.")
                              for p in topics[t].partitions])
        self.read = []

    def submit(self, *applications):
        path = self.town.dir / "in"
        path.write_text("".join(json.dumps(a) + "\n" for a in applications))
        for _ in range(4):
            r = self.town.lianou("intake", "submit", str(path), check=False)
            if "Kafka is away" not in r.stdout + r.stderr:
                break  # on a machine that is busy Kafka may not answer at once
        assert r.returncode == 0, r.stdout + r.stderr

    def take(self, seconds):
        """What has come since, until nothing comes for so long."""
        while True:
            m = self.consumer.poll(seconds)
            if m is None:
                return
            if m.error() or m.value() is None or m.value()[:1] != b"\0":
                continue
            name, schema = SCHEMAS.get(struct.unpack(">I", m.value()[1:5])[0], (None, None))
            if schema is None:  # poison
                continue
            record = fastavro.schemaless_reader(io.BytesIO(m.value()[5:]), schema)
            if name in states.RECORDS:
                record["household_id"], record["part"] = states.part_of(m.key())
                record["partition"] = m.partition()
            self.read.append((m.topic()[len("qihe."):], name, record))

    def events(self, record, want=1, seconds=40, **match):
        """All events of a kind, in each topic's order, once there are `want` of them."""
        patience = Patience(seconds, self.town.moved)
        while True:
            self.take(0.3)
            found = [(t, r) for t, k, r in self.read if k == record and all(r[m] == v for m, v in match.items())]
            if len(found) >= want:
                return found
            assert not patience.over(), "no %d %s with %s; there are %d" % (want, record, match, len(found))

    def held(self, drill, what, letters=0, wrong=lambda: []):
        """The end of a drill: nothing is lost, doubled, torn, out of order or off, once all is read and `wrong` tells of
        nothing; `letters`: dead letters that were caused on purpose."""
        want = dict({"not yet in the ledger": 0, "dead letters": letters}, **dict.fromkeys(QUIET, 0))

        def differs():
            said = self.town.lianou("audit", check=False).stdout
            found = {k: v for k, v in want.items() if not re.search(r"^%s +%d$" % (k, v), said, re.M)}
            return (found or "chain broken" in said) and said or wrong()
        found = [""]
        if not until(lambda: not found.__setitem__(0, differs()) and not found[0], 60, self.town.moved, 1):
            raise AssertionError("%s: %s" % (drill, found[0]))
        print("%s %s: held" % (drill, what), flush=True)

    def step(self, assignment, kind, done_by=None, second="town", **changes):
        """A step of the item's process: by a clerk of the department, with one of the household's town at a survey."""
        if second == "town":
            second = clerk(assignment["division_code"][:9]) if kind == "SURVEYED" else None
        record = dict(event_id=uuid.uuid4().bytes, household_id=assignment["household_id"],
                      occurred_at=int(time.time() * 1000), case_id=assignment["case_id"],
                      assignment_id=assignment["assignment_id"], department=assignment["department"],
                      item=assignment["item"], kind=kind, done_by=done_by or clerk(assignment["department"]),
                      second=second, document_hash=None)
        record.update(changes)
        self.producer.produce("qihe.decisions." + assignment["department"], key=str(uuid.UUID(bytes=assignment["household_id"])),
                              headers=[("ce_id", str(uuid.UUID(bytes=record["event_id"])))], value=framed(STEP, record))
        assert self.producer.flush(20) == 0
        return record

    def payee(self, assignment, account, key=None, after=None, topic=None, holder="甲", **changes):
        """Another account for what the assignment pays: by a clerk and an approver, under the department's seal, the
        account sealed with what the department's keyring has of the bus. `key`, `after`: as of a decision."""
        now, department, event = int(time.time() * 1000), assignment["department"], uuid.uuid4().bytes
        ours = keys_of(self.town.dir / "keys" / (department + ".keys"), "bus")
        def sealed(number):
            return seal_field(ours, "payee_change", "personal", event, framed(PERSONAL, dict(
                name="", id_type="111", id_no="", phone=None, address=None, bank_code="youchu", account=number, account_holder=holder)))
        record = dict(event_id=event, household_id=assignment["household_id"], occurred_at=now, case_id=assignment["case_id"],
                      assignment_id=assignment["assignment_id"], department=department, item=assignment["item"],
                      asked_by="HOUSEHOLD", name_check="SAME_NAME", document_hash=None, done_by=clerk(department),
                      second=approver(department), signed_at=now, personal=sealed(account), seal_id="seal-" + department, seal=None)
        record.update(changes)
        if key is None:
            key = self.town.dir / "seals" / ("seal-%s.key" % department)
        if key:
            record["seal"] = seal(self.town.program, record, key, PAYEE)
        record.update(after(sealed) if after else {})
        self.producer.produce("qihe.decisions." + (topic or department), key=str(uuid.UUID(bytes=assignment["household_id"])),
                              headers=[("ce_id", str(uuid.UUID(bytes=event)))], value=framed(PAYEE, record))
        assert self.producer.flush(20) == 0
        return record

    def decide(self, assignment, fen, key=None, after=None, send=True, **changes):
        """A decision of the department's approver under its seal; `key` False: without one; `after`: changes
        made when it is sealed already."""
        now = int(time.time() * 1000)
        department = assignment["department"]
        record = dict(event_id=uuid.uuid4().bytes, household_id=assignment["household_id"], occurred_at=now,
                      case_id=assignment["case_id"], decision_id=uuid.uuid4().bytes,
                      assignment_id=assignment["assignment_id"], department=department,
                      item=assignment["item"], outcome="CONFIRMED", amount_fen=fen, uncovered_fen=0,
                      deviation="特殊困难" if fen is not None and fen > (assignment["amount_fen"] or fen) else None,
                      delivery="POST_CASH", payee_hash=assignment.get("payee_hash"), goods=None, period="ONCE",
                      from_month=None, reason="", decided_by=approver(department), authority_ref=None,
                      signed_at=now, document_hash=None, seal_id="seal-" + department, seal=None)
        record.update(changes)
        if key is None:
            key = self.town.dir / "seals" / ("seal-%s.key" % department)
        if key:
            record["seal"] = seal(self.town.program, record, key)
        record.update(after or {})
        if not send:
            return record
        self.producer.produce("qihe.decisions." + department, key=str(uuid.UUID(bytes=assignment["household_id"])),
                              headers=[("ce_id", str(uuid.UUID(bytes=record["event_id"])))], value=framed(DECISION, record))
        assert self.producer.flush(20) == 0
        return record
