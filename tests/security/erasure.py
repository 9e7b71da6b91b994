#!/usr/bin/env python3
"""A household is erased, through the real roles on real Kafka and PostgreSQL: two people, a basis; not while its case is
open or a grant stands. Then its name, number, telephone, address and accounts are searched for in every record of every
topic with every keyring of the county and every household's key there is: in the states never again, in what topics
of events still keep until those have dropped it. The key's bytes go from the broker's files. Counts, chain and another
household stay as they were; the matcher is killed on the way."""
import datetime
import io
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / p) for p in ("e2e", "interop")]
import os  # noqa: E402
for bound in ("AHEAD", "LATE", "APPLICATION"):  # a grant of long ago within minutes
    os.environ["LIANOU_TIMES_" + bound] = "3660d"
from county import CLIENT, SCHEMAS, SOURCE, Bus, application, approver, clerk, fastavro, framed, identity, newest  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition  # noqa: E402
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType  # noqa: E402
from sealed import keys_of, open_sealed, open_under  # noqa: E402
from town import PASSWORD  # noqa: E402

NOBODY = str(uuid.UUID(int=0))
DAY = 86400000
BASIS = "本人申请删除"
faults = []


def check(what, holds, got=""):
    print("  %-92s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:500],)), flush=True)
    if not holds:
        faults.append(what)


class Person:
    def __init__(self, order, name):
        n = "%04d" % order
        self.order = order
        self.secrets = dict(name=name, number=identity(order), phone="1391357" + n, address="凤鸣岭莲藕巷" + n + "号",
                            account="62258817290" + n + "57", later="62258817299" + n + "11")
        self.home = None

    def form(self, reference, **changes):
        s, a = self.secrets, application(self.order, "WEB", reference, **changes)
        a["members"][0].update(name=s["name"], phone=s["phone"], account=s["account"], bank_code="nongshang", address=s["address"])
        return a


# --- the search: what all keys together read ---

class Reader:
    """Every record of every topic, with all keyrings and the keys of households as their topic has them."""

    def __init__(self, bus):
        self.rings = {}
        for f in (bus.town.dir / "keys").glob("*.keys"):
            self.rings.update({i: k for i, k in keys_of(f).items() if k[0] in ("x25519-private", "aes-256-gcm")})
        self.messages = self.read(bus)
        self.wrapped = {}
        for topic, key, value, _ in self.messages:
            if topic == "household-keys":
                self.wrapped[key] = value
        self.homes = {}
        for key, value in self.wrapped.items():
            if value is not None:
                record = self.decoded(value)[1]
                self.homes[key] = open_sealed(self.rings, "household_key", "wrapped", uuid.UUID(key).bytes, record["wrapped"])

    @staticmethod
    def read(bus):
        c = Consumer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap, "group.id": "erasure", "enable.auto.commit": False,
                                     "isolation.level": "read_uncommitted", "fetch.wait.max.ms": 50}))
        listed = c.list_topics(timeout=20).topics
        c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in listed if t.startswith("qihe.") for p in listed[t].partitions])
        got, quiet = [], 0
        while quiet < 6:
            some = [m for m in c.consume(2000, 0.5) if not m.error()]
            quiet = 0 if some else quiet + 1
            got += [(m.topic()[len("qihe."):], (m.key() or b"").decode("latin-1"), m.value(), m.partition()) for m in some]
        c.close()
        return got

    @staticmethod
    def decoded(value):
        name, schema = SCHEMAS[struct.unpack(">I", value[1:5])[0]]
        return name, fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)

    def opened(self, name, record, home):
        """Each sealed field of a record that any of the keys opens."""
        here = self.homes.get(home)
        for field, event in (("personal", record.get("personal_event") or record.get("event_id")), ("payee", record.get("payee_event"))):
            sealed = record.get(field)
            if not isinstance(sealed, bytes) or not isinstance(event, bytes):
                continue
            came = {"household_facts": "application", "household_assignment": "payee_change"}.get(name, name)
            for how in ((lambda: open_sealed(self.rings, came, "personal", event, sealed)),
                        (lambda: open_under(here, name, field, event, sealed))):
                try:
                    yield how()
                except Exception:  # noqa: BLE001 (any refusal is one)
                    pass

    def readable(self, person):
        """topic -> what of the person stands in it for whoever has all keys."""
        places = {}
        for topic, key, value, _ in self.messages:
            if value is None or value[:1] != b"\0":
                continue
            name, record = self.decoded(value)
            plain = b"".join([value, *self.opened(name, record, key[:36])])
            for what, text in person.secrets.items():
                if text.encode() in plain:
                    places.setdefault(topic, set()).add(what)
        return places


def parts(reader, person):
    """key -> the last value: the household's state as the topic has it."""
    home = str(uuid.UUID(bytes=person.home))
    return {k: v for t, k, v, _ in reader.messages if t == "households" and k[:36] == home}


# --- what happens to them ---

def applies(bus, person, reference, **changes):
    bus.submit(person.form(reference, **changes))
    (_, a), *_ = bus.events("application", 1, channel_reference=reference)
    person.home = a["household_id"]
    bus.events("case_event", 1, kind="OPENED", household_id=person.home)
    return a


def unable(bus, home):
    answered = {r["request_id"] for _, k, r in bus.read if k == "verification_result"}
    for topic, k, r in list(bus.read):
        if k == "verification_request" and r["household_id"] == home and r["request_id"] not in answered:
            answered.add(r["request_id"])
            who = topic.split(".")[1]
            bus.producer.produce("qihe.verification-results." + who, key=str(uuid.UUID(bytes=home)), value=framed(
                newest("verification_result"), dict(
                    event_id=uuid.uuid4().bytes, household_id=home, occurred_at=int(time.time() * 1000), case_id=r["case_id"],
                    request_id=r["request_id"], outcome="UNABLE", report_hash=None, facts=[],
                    appraiser=dict(operator_id="op-9", org_code=who, role="appraiser"))))
            bus.producer.flush(20)


def ends(bus, home, but=()):
    """Refuses what is open until the case has ended."""
    said = set()
    for _ in range(60):
        bus.take(0.5)
        for _, k, r in list(bus.read):
            if (k == "assignment" and r["household_id"] == home and r["action"] == "ASSIGNED" and r["item"] not in but
                    and r["assignment_id"] not in said):
                said.add(r["assignment_id"])
                bus.decide(r, 0, outcome="REFUSED", reason="材料不足", delivery="SERVICE", amount_fen=None)
        unable(bus, home)
        if any(k == "case_event" and r["household_id"] == home and r["kind"] == "CLOSED" for _, k, r in bus.read):
            return
    raise AssertionError("the case does not end")


def erase(bus, person, by=None, second=None, basis=BASIS, start=False):
    args = [bus.town.program, "person", "erase", str(uuid.UUID(bytes=person.home)), "--basis", basis,
            "--by", by or clerk("MZ")["operator_id"], "--second", second or approver("MZ")["operator_id"]]
    p = subprocess.Popen(args, env=bus.town.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if start:
        p.stdin.write(2 * (PASSWORD + "\n"))
        p.stdin.flush()
        return p
    out, err = p.communicate(2 * (PASSWORD + "\n"))
    return p.returncode, out + err


def not_yet(bus, a, c):
    code, said = erase(bus, a)
    check("refused while its case is open, and told", code == 1 and "ERASURE_REFUSED CASE_OPEN" in said, (code, said))
    q = next(r for _, r in bus.events("assignment", 1, household_id=c.home, item="MZ08", action="ASSIGNED"))
    bus.decide(q, 0, delivery="SERVICE", amount_fen=None)
    bus.events("dispatch_result", 1, assignment_id=q["assignment_id"])
    ends(bus, c.home, but=("MZ08", "MZ01"))
    code, said = erase(bus, c)
    check("refused while a grant stands, with the day from which it may be", code == 1 and "GRANT_OPEN 20" in said, (code, said))
    one = clerk("MZ")["operator_id"]
    code, said = erase(bus, c, second=one)
    check("refused to one person", code != 0 and "two" in said or "same person" in said, (code, said))
    code, said = erase(bus, c, by=approver("YB")["operator_id"])
    check("refused to another department: a dead letter", code == 3 and "dead letter" in said, (code, said))
    bus.events("dead_letter", 1, reason_code="NOT_DELEGATED")


def erased_under_kills(bus, a):
    p = erase(bus, a, start=True)
    for pause in (1.0, 0.4, 0.8):
        time.sleep(pause)
        bus.town.kill("matcher")
    out, err = p.communicate(timeout=180)
    check("erased, the matcher killed three times on the way", p.returncode == 0 and "ERASED" in out, (p.returncode, out, err))
    rest = set(re.findall(r"until (\d{4}-\d\d-\d\d)", out))
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    check("and until which day topics keep what was sealed to their readers", {str(today + datetime.timedelta(days=d + 7 - late))
          for d in (400, 1830) for late in (0, 1)} >= rest and len(rest) == 2, out)
    bus.take(2)
    told = [r for _, k, r in bus.read if k == "case_event" and r["household_id"] == a.home and r["note"] == "ERASED"]
    check("said once", len(told) == 1 and told[0]["kind"] == "RESULT_FOLDED" and told[0]["personal"] is None, told)
    code, said = erase(bus, a)
    check("once more is answered once more", code == 0 and "ERASED" in said, (code, said))


def sql(bus, text):
    r = subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c", text], capture_output=True, text=True, check=True)
    return r.stdout.strip()


# --- what is left ---

def in_files(bus, raw):
    """How many of the broker's files of the topic have these bytes."""
    return sum(raw in f.read_bytes() for f in (bus.town.dir / "kafka/data").glob("qihe.household-keys-*/*") if f.is_file())


def alter(admin, topic, **entries):
    resource = ConfigResource(ResourceType.TOPIC, "qihe." + topic, incremental_configs=[
        ConfigEntry(k.replace("_", "."), str(v), incremental_operation=AlterConfigOpType.SET) for k, v in entries.items()])
    for f in admin.incremental_alter_configs([resource]).values():
        f.result()


def config_of(admin, topic):
    resource = ConfigResource(ResourceType.TOPIC, "qihe." + topic)
    return {k: e.value for k, e in admin.describe_configs([resource])[resource].result().items()}


def key_bytes_go(bus, admin, a, b, raw):
    """What the broker does within a day it does here within seconds, by the same settings."""
    is_ = config_of(admin, "household-keys")
    bounds = {n: is_[n] for n in ("cleanup.policy", "segment.ms", "max.compaction.lag.ms", "delete.retention.ms")}
    check("the broker rolls, cleans and drops tombstones each half day", bounds == {
        "cleanup.policy": "compact", "segment.ms": "43200000", "max.compaction.lag.ms": "43200000", "delete.retention.ms": "43200000"}, bounds)
    beats = {p for t, k, v, p in Reader.read(bus) if t == "household-keys" and k == NOBODY and v is None}
    check("the matcher gives each partition something to roll by, each day", len(beats) == int(bus.town.env["LIANOU_KAFKA_PARTITIONS"]), beats)
    check("(before: the destroyed key's bytes are in the broker's files)", in_files(bus, raw[a]) > 0)
    alter(admin, "household-keys", segment_ms=1000, max_compaction_lag_ms=1000, delete_retention_ms=1000, file_delete_delay_ms=1000,
          min_cleanable_dirty_ratio=0.01)
    p = Producer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap}))

    def gone():
        for part in sorted(beats):  # what a new day brings
            p.produce("qihe.household-keys", key=NOBODY, value=None, partition=part)
        p.flush(20)
        return in_files(bus, raw[a]) == 0
    check("a tombstone is a deletion: they are gone", wait(gone, 150))
    check("(the search finds what stands: another household's key)", in_files(bus, raw[b]) > 0)


def wait(what, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(2)
    return False


def topics_drop(bus, admin):
    """What retention does when its days are over."""
    c = Consumer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap, "group.id": "erasure"}))
    listed = c.list_topics(timeout=20).topics
    names = [t for t in listed if t.startswith("qihe.") and t not in ("qihe.households", "qihe.household-keys", "qihe.catalogue", "qihe.register")]
    ends_of = [TopicPartition(t, p, c.get_watermark_offsets(TopicPartition(t, p), timeout=20)[1]) for t in names for p in listed[t].partitions]
    for f in admin.delete_records([x for x in ends_of if x.offset > 0]).values():
        f.result()
    c.close()
    return {t[len("qihe."):] for t in names}


def run(bus):
    admin = AdminClient(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap}))
    alter(admin, "household-keys", compression_type="uncompressed")  # bytes are searched for as they are
    a, b, c = Person(501, "犀角麟"), Person(511, "貔貅岩"), Person(521, "饕餮峰")
    for who in (clerk("MZ"), approver("MZ"), approver("YB")):
        bus.town.account(who["operator_id"])
    applies(bus, a, "erase-a")
    applies(bus, b, "erase-b")
    applies(bus, c, "erase-c", income_total_fen=1500000)
    (_, q), *_ = bus.events("assignment", 1, household_id=a.home, item="MZ06", action="ASSIGNED")
    bus.payee(q, a.secrets["later"], holder=a.secrets["name"])
    bus.events("case_event", 1, kind="ATTENTION", note="PAYEE_CHANGED MZ06", household_id=a.home)
    not_yet(bus, a, c)
    ends(bus, a.home)

    before = Reader(bus)
    was, others = before.readable(a), parts(before, b)
    check("(before: all keys read the applicant and his later account in the states)",
          was.get("households", set()) >= {"name", "number", "phone", "address", "account", "later"}, was)
    check("(and what he sent, and what departments were sent)", "applications" in was and "decisions.MZ" in was, was)
    raw = {h: Reader.decoded(before.wrapped[str(uuid.UUID(bytes=h))])[1]["wrapped"] for h in (a.home, b.home)}

    erased_under_kills(bus, a)
    after = Reader(bus)
    home = str(uuid.UUID(bytes=a.home))
    check("his key's last record is a tombstone", after.wrapped[home] is None)
    left = after.readable(a)
    check("nothing of him in any state, not in records of before either", "households" not in left and "household-keys" not in left, left)
    after.homes[home] = before.homes[home]
    check("(a key that had stayed would be found)", "households" in after.readable(a))
    state = {k: Reader.decoded(v) for k, v in parts(after, a).items()}
    facts = state[home + "/f"][1]
    check("his state has no fact, no member, no personal field", facts["personal"] is None and not facts["facts"] and not facts["members"]
          and not any(r.get("payee") for _, r in state.values()), facts)
    check("what was done stays: each assignment", len([k for k in state if k[36:37] == "/" and k[37:] != "f"]) ==
          len({r["assignment_id"] for _, k, r in bus.read if k == "assignment" and r["household_id"] == a.home}), list(state))
    check("another household's parts are the same bytes", parts(after, b) == others)
    check("and read as before", Reader(bus).readable(b) == before.readable(b))
    row = sql(bus, "SELECT count(*) FROM read_log WHERE via = 'lianou person erase' AND record = '%s' AND purpose = '%s'" % (home, BASIS))
    check("each asking is a row of the reading log", int(row) == 3, row)
    audit = {}

    def read_all():
        audit.clear()
        audit.update(bus.town.audit() or {})
        return audit.get("unread") == 0
    check("the ledger has all", wait(read_all, 60), audit)
    check("lianou audit: nothing lost, doubled, torn, out of order; the chain holds", bus.town.lianou("audit", check=False).returncode == 0, audit)
    check("in the ledger nobody names him", not any(sql(bus, "SELECT count(*) FROM event WHERE detail::text LIKE '%%%s%%'" % s) != "0" for s in a.secrets.values()))

    key_bytes_go(bus, admin, a.home, b.home, raw)
    events = topics_drop(bus, admin)
    check("what still names him are topics of events, which drop it", set(left) <= events, set(left) - events)
    last = Reader(bus)
    check("then nothing names him, whoever has all keys", not last.readable(a), last.readable(a))
    check("(and the state of another still does)", "name" in last.readable(b).get("households", ()))

    applies(bus, a, "erase-again")
    bus.events("assignment", 1, household_id=a.home, action="ASSIGNED", case_id=next(
        r["case_id"] for _, k, r in reversed(bus.read) if k == "case_event" and r["kind"] == "OPENED" and r["household_id"] == a.home))
    new = Reader(bus)
    check("who applies again is a household as any other, under a new key", new.homes[home] != before.homes[home]
          and "name" in new.readable(a).get("households", ()), list(new.homes))


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-erasure-"))
    shutil.copytree(SOURCE / "bus-config", folder / "bus-config")
    bus = Bus(folder / "bus-config")
    good = False
    try:
        run(bus)
        good = not faults
    finally:
        if not good:
            bus.town.tell()
        bus.town.close(keep=not good)
        shutil.rmtree(folder, ignore_errors=True)
    print("%d faults" % len(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
