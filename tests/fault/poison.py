#!/usr/bin/env python3
"""Poisonous messages on every topic the roles read: each ends in the dead
letters with its bytes, headers, place, reason and owner; nothing else changes;
`lianou dlq` lists, shows (masked) and sends again, once.

  poison.py [--each N] [--applications N] [--seed S]
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import time
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE))
from patience import Patience  # noqa: E402
from run import settle, skip  # noqa: E402
from town import ROLES, Town  # noqa: E402

PREFIX = "qihe."
NAME, NUMBER = "测试姓名", "000000199001010017"  # in headers and bytes; must be shown nowhere
BATCHES = 30  # of applications at most until there is a record of every kind
CAPITALS = b"ABCDEF00-0000-4000-8000-000000000000"
LEFT = "lianou-bytes-left-behind"
BYTES = {"BUS_EPARSE", "BUS_ETRUNCATED", "BUS_ESCHEMA", "BUS_ETYPE", "BUS_ERANGE", "BUS_EUNKNOWN", "BUS_ETOOBIG"}


def new_id():
    return uuid.uuid4().bytes


def key_of(household):
    return str(uuid.UUID(bytes=household)).encode()


class Poison:
    def __init__(self, topic, kind, key, value, codes, partition=-1):
        self.topic, self.kind, self.key, self.value = topic, kind, key, value
        self.codes, self.partition = codes, partition
        self.headers = [("ce_id", str(uuid.uuid4()).encode()), ("ce_type", b"sa.test.v1"),
                        ("x-applicant", NAME.encode()), ("ce_subject", ("person/" + NUMBER).encode()),
                        ("x-bytes", os.urandom(8))]
        self.place, self.large = None, False


def generic(topic, record, key):
    """What no record is, for any topic. `record`: a real one's bytes."""
    other = str(uuid.uuid4()).encode()
    yield "no text at all", key, os.urandom(40), BYTES
    yield "wrong framing", key, b"\x01" + record[1:], BYTES
    yield "unknown schema id", key, b"\x00\x00\x00\xff\xff" + record[5:], BYTES
    yield "another topic's schema id", key, b"\x00\x00\x00\x00\x5f" + record[5:], BYTES
    yield "half of a record", key, record[:5 + (len(record) - 5) // 2], BYTES
    yield "a record and more", key, record + b"\x00\x00", BYTES
    yield "framing only", key, record[:5], BYTES
    yield "nothing", key, b"", BYTES
    yield "no value", key, None, BYTES
    yield "text with a name", key, (NAME + NUMBER).encode(), BYTES
    yield "a key that is none", b"household", record, {"KEY_UNREADABLE"}
    yield "no key", None, record, {"KEY_UNREADABLE"}
    yield "a key in capitals", CAPITALS, record, {"KEY_UNREADABLE"}
    yield "another household's key", other, record, {"KEY_MISMATCH"}


class Maker:
    """Poison from what really stands in the topics after a quiet run."""

    def __init__(self, town, schemas, events):
        self.town, self.schemas, self.by_topic = town, schemas, {}
        for topic, part, place, value in events:
            self.by_topic.setdefault(topic, []).append((part, value))
        self.households = sorted({r["household_id"] for r in self.all_of("applications")})
        # The state stands in parts: an assignment is one, and its last record says how it stands.
        self.status = {r["assignment_id"]: r["status"] for r in self.all_of("households") if "assignment_id" in r}
        assert self.status, "no assignment in the states"

    def all_of(self, topic):
        return [self.schemas.read_all(v) for _, v in self.by_topic.get(topic, [])]

    def one(self, topic):
        """Some record's bytes of that kind of topic; None where there is none yet."""
        base = topic.split(".")[0]
        for t in [topic] + sorted(self.by_topic):
            if t.split(".")[0] == base:
                for _, value in reversed(self.by_topic.get(t, [])):
                    if self.fits(base, self.schemas.read_all(value)):
                        return value
        if base == "facts" and self.households:
            return self.schemas.write("facts_reported", {"event_id": new_id(), "household_id": self.households[0],
                                                         "occurred_at": 0, "source": topic[6:], "facts": []})
        if base == "reviews" and self.households:
            return self.schemas.write("review", {"event_id": new_id(), "household_id": self.households[0], "occurred_at": 0,
                                                 "reason": "CATALOGUE", "catalogue_version": "", "behind": None})
        return None

    def fits(self, base, r):
        """Is a second word on the same thing poison? Not a decision on what was
        withdrawn (the two may cross), nor a late "paid" of what came back."""
        if base == "decisions":
            return self.status.get(r["assignment_id"], "ASSIGNED") not in ("ASSIGNED", "ENDED_WITHDRAWN")
        return base != "payment-results" or r["outcome"] != "RETURNED"

    def made(self, topic, record, kind, codes, **changes):
        """That record with other ids (in its bytes) or other words (written anew)."""
        from topics import RECORDS
        old = self.schemas.read_all(record)
        changes["event_id"] = new_id()
        words = {k: v for k, v in changes.items() if not isinstance(v, bytes)}
        value = self.schemas.write(RECORDS[topic.split(".")[0]], dict(old, **words)) if words else record
        for k, v in changes.items():
            if isinstance(v, bytes):
                assert old[k] in value, k
                value = value.replace(old[k], v)
        return Poison(topic, kind, key_of(changes.get("household_id", old["household_id"])), value, codes)

    def special(self, topic, record):
        """What breaks a rule of this kind of topic."""
        base, _, partner = topic.partition(".")
        r = self.schemas.read_all(record)
        if base == "decisions":
            own = r["department"] == partner
            yield self.made(topic, record, "an assignment never made", {"ASSIGNMENT_UNKNOWN"}, assignment_id=new_id())
            yield self.made(topic, record, "an assignment ended" if own else "another department's",
                            {"ASSIGNMENT_ENDED"} if own else {"WRONG_TOPIC"}, decision_id=new_id())
            yield self.made(topic, record, "a household nobody knows", {"HOUSEHOLD_UNKNOWN"}, household_id=new_id())
        elif base == "applications":
            yield self.made(topic, record, "a seal that does not open", {"DECRYPT_FAILED"}, application_id=new_id(),
                            household_id=new_id(), personal=r["personal"][:-1] + bytes([r["personal"][-1] ^ 1]))
        elif base == "verification-results":
            yield self.made(topic, record, "a request never made", {"REQUEST_UNKNOWN"}, request_id=new_id())
        elif base == "dispatches":
            yield self.made(topic, record, "a decision nobody made", {"DECISION_UNKNOWN"}, decision_id=new_id())
        elif base == "payment-results":
            yield self.made(topic, record, "an order never sent", {"ORDER_UNKNOWN"}, order_id=new_id())
            yield self.made(topic, record, "an outcome unknown", {"RESULT_UNREADABLE"}, outcome="UNKNOWN")
            yield self.made(topic, record, "an order that ended otherwise", {"LINE_ENDED"},
                            outcome="REJECTED" if r["outcome"] == "SETTLED" else "SETTLED")
        elif base == "delivery-receipts":
            yield self.made(topic, record, "a task never sent", {"ORDER_UNKNOWN"}, task_id=new_id())
            yield self.made(topic, record, "an outcome unknown", {"RESULT_UNREADABLE"}, outcome="UNKNOWN")
        elif base == "claims":
            yield self.made(topic, record, "a need never published", {"NEED_UNKNOWN"}, need_id=new_id())
            yield self.made(topic, record, "another charity's", {"WRONG_TOPIC"}, charity="nobody", claim_id=new_id())

    def poisons(self, topic, each, first):
        """`each` of them: one of every kind, then over again. Where it begins
        goes by `first`, so that a few on each topic are together every kind."""
        record, out = self.one(topic), []
        own = self.schemas.read_all(record)
        while len(out) < each:
            fresh = record.replace(own["event_id"], new_id())
            kinds = list(self.special(topic, record))
            kinds += [Poison(topic, *g) for g in generic(topic, fresh, key_of(own["household_id"]))]
            at = first % len(kinds)
            out += kinds[at:] + kinds[:at]
        return out[:each]


def raw_events(bootstrap):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
    from topics import partitions, to_the_end
    numbers = partitions(bootstrap, PREFIX)
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "poison", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True})
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in numbers for p in numbers[t]])
    out = [(m.topic()[len(PREFIX):], m.partition(), m.offset(), m.value())
           for m in to_the_end(c, {(t, p) for t in numbers for p in numbers[t]}) if m.value() is not None]
    c.close()
    return out


def misplaced(schemas, record, n):
    """Good applications on a partition their household does not belong to."""
    out, r = [], schemas.read_all(record)
    for _ in range(n):
        value, household = record, new_id()
        own = [(r["household_id"], household), (r["application_id"], new_id())]
        for old, new in own + [(m["person_id"], new_id()) for m in r["members"] if m["person_id"] != r["household_id"]]:
            value = value.replace(old, new)
        out.append(Poison("applications", "on a wrong partition", key_of(household), value, {"WRONG_PARTITION"}))
    return out


def oversized(key):
    """Small on the way (it is compressed), larger than a letter may be."""
    one = Poison("applications", "larger than a letter", key, b"\0" * (3 << 20), BYTES)
    one.large = True
    return one


def produce(bootstrap, poisons, rng):
    from confluent_kafka import Producer
    p = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "enable.idempotence": True,
                  "compression.codec": "zstd", "message.max.bytes": 8 << 20})
    rng.shuffle(poisons)

    def send(one, partition):
        def done(err, m, one=one):
            assert err is None, err
            one.place = (m.partition(), m.offset())
        p.produce(PREFIX + one.topic, key=one.key, value=one.value, headers=one.headers, partition=partition,
                  on_delivery=done)
        p.poll(0)

    for one in poisons:
        if one.kind != "on a wrong partition":
            send(one, one.partition)
    p.flush(60)
    # Where a key belongs is learnt by asking the client; the next one is wrong.
    for one in poisons:
        if one.kind == "on a wrong partition":
            send(one, (murmur2(one.key) % 4 + 1) % 4)
    p.flush(60)


def murmur2(data):
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    for i in range(0, len(data) - len(data) % 4, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    tail = data[len(data) - len(data) % 4:]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


class Letters:
    """The dead letters so far, by the place they are of."""

    def __init__(self, town, schemas):
        self.by_place, self.marks = {}, set()
        for topic, _, _, value in raw_events(town.bootstrap):
            if topic == "dead-letters":
                d = schemas.read_all(value)
                place = (d["topic"][len(PREFIX):], d["partition"], d["offset"])
                if d["reason_code"] == "REDRIVEN":
                    self.marks.add(place)
                else:
                    self.by_place.setdefault(place, []).append(d)


def check_letter(one, letters, wrong):
    place = (one.topic,) + one.place
    found = letters.by_place.get(place, [])

    def say(what, *more):
        wrong.append((one.topic, one.kind, what) + more)

    if len(found) != 1:
        return say("%d letters" % len(found))
    d = found[0]
    owner = one.topic.partition(".")[2] or ("dispatch" if one.topic == "cases" else one.topic)
    if d["key"] != one.key:
        say("another key")
    if one.large:
        if d["value"] is not None or list(d["headers"]) != [LEFT] or "bytes stand at its place" not in d["reason"]:
            say("a letter without its bytes does not say so")
    elif d["value"] != one.value:
        say("other bytes")
    elif d["headers"] != dict(one.headers):
        say("other headers")
    if d["reason_code"] not in one.codes:
        say("reason", d["reason_code"], d["reason"])
    if d["owner"] != owner:
        say("owner", d["owner"])
    if not (0 < d["first_at"].timestamp() <= d["last_at"].timestamp()) or d["tries"] < 1:
        say("tries", d["tries"])
    if NAME in d["reason"] or NUMBER in d["reason"]:
        say("a name in the reason")


def wait_letters(town, schemas, n, limit):
    patience = Patience(limit, town.moved)
    while True:
        letters = Letters(town, schemas)
        if len(letters.by_place) >= n or patience.over():
            return letters
        time.sleep(2)


def check_commands(town, poisons, letters, wrong):
    """ls counts them; show says what is wrong and nothing personal."""
    out = town.lianou("dlq", "ls").stdout
    if "%d open, 0 redriven" % len(letters.by_place) not in out:
        wrong.append(("dlq ls", out.splitlines()[-1:]))
    kinds = {}
    for one in poisons:
        kinds.setdefault(one.kind, one)
    for one in kinds.values():
        letter = "%s%s/%d/%d" % (PREFIX, one.topic, *one.place)
        out = town.lianou("dlq", "show", letter, check=False).stdout
        header = LEFT if one.large else "ce_id"
        if letter not in out or not any(c in out for c in one.codes) or "header  %s = " % header not in out:
            wrong.append(("dlq show", one.kind, out))
        if NAME in out or NUMBER in out or NUMBER[6:] in out:
            wrong.append(("dlq show is not masked", one.kind, out))


def check_redrive(town, schemas, curable, wrong):
    """Through the front door: on the partition of its key it is taken. Once."""
    for one in curable:
        letter = "%s%s/%d/%d" % (PREFIX, one.topic, *one.place)
        first = town.lianou("dlq", "redrive", letter, check=False).stdout
        again = town.lianou("dlq", "redrive", letter, check=False).stdout
        if "1 redriven, 0 had" not in first or "0 redriven, 1 had" not in again:
            wrong.append(("dlq redrive", first, again))
    settle(town, 60)
    taken = opened(schemas, raw_events(town.bootstrap))
    for one in curable:
        n = taken.count(schemas.read_all(one.value)["application_id"])
        if n != 1:
            wrong.append(("redriven", one.kind, "opened %d cases" % n))


def opened(schemas, events):
    out = []
    for t, _, _, v in events:
        if t == "cases" and schemas.read(t, v)[0] == "case_event":
            r = schemas.read_all(v)
            if r["kind"] == "OPENED":
                out.append(r["application_id"])
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--each", type=int, default=200)
    p.add_argument("--applications", type=int, default=60)
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    seed = a.seed or random.SystemRandom().randrange(1 << 30)
    print("seed %d, %d on each topic" % (seed, a.each), flush=True)
    sys.exit(0 if play(program, random.Random(seed), a) else 1)


def generated(town, rng, n):
    """A file of n applications."""
    file = town.dir / ("part%d" % rng.randrange(1 << 30))
    file.write_text(town.lianou("generate", "applications", str(n), "--seed", str(rng.randrange(1 << 20))).stdout)
    return str(file)


def sampled(town, schemas, topics, rng, n):
    """Applications, n at a time, until there is something real to spoil for every
    topic: how soon an insurer is asked or a charity claims is chance."""
    for _ in range(BATCHES):
        town.lianou("intake", "submit", generated(town, rng, n))
        if settle(town, 120) is None:
            raise RuntimeError("the first half did not come to rest: %s" % town.audit())
        maker = Maker(town, schemas, raw_events(town.bootstrap))
        missing = [t for t in topics if maker.one(t) is None]
        if not missing:
            return maker
        print("  nothing yet to spoil for", *missing, flush=True)
    raise RuntimeError("%d applications made nothing for %s" % (BATCHES * n, missing))


def play(program, rng, a):
    import checker
    from topics import Schemas
    schemas, wrong, good = Schemas(SOURCE / "schemas"), [], False
    town = Town(program)
    try:
        for name in ROLES:
            town.start(name)
        topics = read_by_roles(town)
        maker = sampled(town, schemas, topics, rng, max(1, a.applications // 2))
        poisons = [one for i, t in enumerate(topics) for one in maker.poisons(t, a.each, i * a.each)]
        poisons.append(oversized(poisons[0].key))
        curable = misplaced(schemas, maker.one("applications"), min(a.each, 5))
        second = subprocess.Popen([program, "intake", "submit", generated(town, rng, max(1, a.applications // 2))],
                                  env=town.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        produce(town.bootstrap, poisons + curable, rng)
        if second.wait() != 0:
            wrong.append(("the second half was not taken",))
        print("  %d poisonous messages on %d topics, %d kinds" %
              (len(poisons), len(topics), len({one.kind for one in poisons})), flush=True)
        letters = wait_letters(town, schemas, len(poisons) + len(curable), 60 + a.each)
        last = settle(town, 120)
        for one in poisons + curable:
            check_letter(one, letters, wrong)
        if len(letters.by_place) != len(poisons) + len(curable):
            wrong.append(("%d letters for %d" % (len(letters.by_place), len(poisons) + len(curable)),))
        check_commands(town, poisons, letters, wrong)
        check_redrive(town, schemas, curable, wrong)
        last = settle(town, 120)
        print("  lianou audit:", last, flush=True)
        found, counts, _ = checker.check(town.bootstrap, PREFIX, SOURCE / "schemas", town.db)
        print("  checker:", counts, {k: len(v) for k, v in found.items()}, flush=True)
        wrong += [(k,) + w for k in found for w in found[k]]
        ended = [n for n, r in town.roles.items() if r.poll() is not None]
        if ended:
            wrong.append(("ended by itself", ended))
        for one in wrong[:20]:
            print("  WRONG", *one)
        good = not wrong and last is not None and all(last[k] == 0 for k in checker.KINDS)
        print("  %s: %d letters, each with its bytes, headers, place, reason and owner" %
              ("good" if good else "FAILED, %d findings" % len(wrong), len(letters.by_place)))
    finally:
        town.close(keep=not good)
    return good


def read_by_roles(town):
    """The topics the matcher and dispatch read."""
    from topics import partitions
    bases = ("applications", "facts", "decisions", "verification-results", "dispatches", "payment-results",
             "delivery-receipts", "claims", "cases", "memberships", "reviews")
    return [t[len(PREFIX):] for t in sorted(partitions(town.bootstrap, PREFIX))
            if t[len(PREFIX):].split(".")[0] in bases]


if __name__ == "__main__":
    main()
