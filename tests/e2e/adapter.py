#!/usr/bin/env python3
"""One partner of every kind behind a spool, on real Kafka and PostgreSQL: cases
go through while the adapters are killed with SIGKILL. Nothing is lost and
nothing is given twice; what cannot be read is a dead letter or a rejection
with its reason, and holds up nothing else.

  adapter.py [SEED] [--broker]   the broker is killed once as well"""
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("ADAPTER_INNER") is None:
    os.environ["ADAPTER_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
from topics import load_schemas, read_topics  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from patience import SLOW, Patience, until as patiently  # noqa: E402
from town import Town  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")
BEHIND = {"youzheng": ("delivery-tasks", "delivery-receipts", "task_id"),
          "nongshang": ("payment-orders", "payment-results", "order_id"),
          "caixian": ("verification-requests", "verification-results", "request_id"),
          "aixin": ("needs", "claims", "need_id"),
          "MZ": ("assignments", "decisions", "assignment_id")}
APPLICATIONS = 40
KILLS = 12
SILENT, IN_FLIGHT = "aixin", 3  # says nothing at first, and takes no more than that at once


def config():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-adapter-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", folder)
    for code in BEHIND:
        p = folder / "partners.d" / (code + ".yaml")
        text = p.read_text().replace("transport: kafka", "transport: spool")
        text = text.replace("in_flight: 5000", "in_flight: %d" % (IN_FLIGHT if code == SILENT else 5000))
        if code == "MZ":  # what comes as a file is sealed by its adapter
            text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
        p.write_text(re.sub(r"metrics_port: .*", "metrics_port: 0", text))
    return folder


class AdapterTown(Town):
    silent = ["--silent", SILENT]

    def __init__(self, *args):
        super().__init__(*args)
        self.env["LIANOU_SEAL_MZ"] = str(self.dir / "seals/seal-MZ.key")

    def start(self, name):
        if name in BEHIND:
            self.spawn(name, "run", "partner", name)
        elif name == "partners":
            self.spawn(name, "simulate", "all", "--seed", "5", *self.silent)
        else:
            super().start(name)

    def spawn(self, name, *args):
        import subprocess
        self.roles[name] = subprocess.Popen([self.program, *args], env=self.env, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=open(self.dir / (name + ".log"), "a"))


def folder(town, code, name):
    return town.dir / "state/spool" / code / name


def drop(town, code, name, text):
    part = folder(town, code, "in") / ("." + name)
    part.write_text(text)
    part.rename(folder(town, code, "in") / name)


def wait(town, what, seconds, test):
    found = patiently(test, seconds, town.moved)
    if not found:
        sys.exit("no %s; nothing moved for %d s" % (what, seconds * SLOW))
    return found


def topics(town):
    by_topic = {}
    for topic, part, place, kind, record in read_topics(town.bootstrap, "qihe.", SCHEMAS):
        by_topic.setdefault(topic, []).append(record)
    return by_topic


def asks(code, record):
    return record.get("action", "ASSIGNED") in ("ASSIGNED", "RETURNED", "REQUESTED")


def ready(town, code):
    """What its /readyz says; the port is in its log."""
    port = re.findall(r"http_port=(\d+)", (town.dir / (code + ".log")).read_text())[-1]
    try:
        with urllib.request.urlopen("http://127.0.0.1:%s/readyz" % port, timeout=5) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as e:
        return json.loads(e.read())


def condition(town, code, name):
    return next(c for c in ready(town, code)["conditions"] if c["name"] == name)


def quiet(town, but=()):
    """Until nothing moves: the account of the ledger stands still."""
    still, last = 0, None
    patience = Patience(60, lambda: (last, town.moved()))
    while not patience.over():
        town.revive()
        now = town.audit()
        waiting = sum(len(list(folder(town, c, n).glob("*.json"))) for c in BEHIND if c not in but
                      for n in ("out", "in"))
        still = still + 1 if now is not None and now == last and now["unread"] == 0 and waiting == 0 else 0
        last = now
        if still >= 4:
            return last
        time.sleep(0.5)
    sys.exit("it does not come to rest: %s" % json.dumps(last))


def account(town):
    by_topic = topics(town)
    for code, (out, into, about) in BEHIND.items():
        asked = {r["event_id"] for r in by_topic.get("%s.%s" % (out, code), []) if r and asks(code, r)}
        about_asked = {r[about] for r in by_topic.get("%s.%s" % (out, code), []) if r and asks(code, r)}
        answers = by_topic.get("%s.%s" % (into, code), [])
        distinct = {r["event_id"] for r in answers}
        answered = {r[about] for r in answers}
        done = [p.name for p in folder(town, code, "done").glob("*.json") if not p.name.endswith(".ack.json")]
        twice = [n for n in done if "~" in n]
        rejected = [p.name for p in folder(town, code, "rejected").glob("*") if not p.name.startswith("bad")]
        print("  %-9s %3d asked, %3d answered by %3d events (%d written again), %d given twice, %d rejected"
              % (code, len(asked), len(answered), len(distinct), len(answers) - len(distinct), len(twice), len(rejected)))
        assert asked, code
        assert about_asked == answered, "%s: %d asked, %d answered" % (code, len(about_asked), len(answered))
        assert not twice and not rejected, (twice, rejected)
        assert len(done) == len(distinct), (len(done), len(distinct))
        assert not list((folder(town, code, ".bus") / "staged").iterdir())
    return by_topic


def silence(town):
    """A silent charity has what it may have, and no other waits for it."""
    quiet(town, but=(SILENT,))
    out = len(list(folder(town, SILENT, "out").glob("*.json")))
    room = condition(town, SILENT, "room")
    assert out == IN_FLIGHT and not room["holds"] and "limits.in_flight" in room["why"], (out, room)
    print("  %s is silent: %d tasks given, no more; the others are done" % (SILENT, out))
    town.silent = []
    town.kill("partners")


def full_disk(town):
    """A spool on a disk of its own that is full: said, logged once, gone on with."""
    import subprocess
    code = "youzheng"
    spool = folder(town, code, "")
    town.roles[code].terminate()
    town.roles[code].wait()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", spool], capture_output=True).returncode != 0:
        print("  full disk: may not mount; the unit test has it")
        return
    try:
        town.start(code)
        wait(town, "spool", 20, lambda: (spool / "out").exists() and ready(town, code)["ready"])
        filler = open(spool / "filler", "wb", buffering=0)
        try:
            while filler.write(b"\0" * 4096) > 0:
                pass
        except OSError:
            pass
        before = (town.dir / (code + ".log")).read_text().count("condition lost")
        send_task(town, code)
        why = wait(town, "word of the full disk", 20, lambda: (lambda c: not c["holds"] and c["why"])(condition(town, code, "spool")))
        time.sleep(3)
        lost = (town.dir / (code + ".log")).read_text().count("condition lost") - before
        assert "No space left" in why and lost == 1 and not list((spool / "out").iterdir()), (why, lost)
        os.truncate(spool / "filler", 0)
        (town.roles["partners"]).send_signal(19)  # so that the task stays to be seen
        wait(town, "task", 20, lambda: len(list((spool / "out").glob("*.json"))) == 1)
        wait(town, "readiness", 10, lambda: ready(town, code)["ready"])
        (town.roles["partners"]).send_signal(18)
        print("  full disk: /readyz said '%s', one line in the log, then it went on" % why[:60])
    finally:
        town.roles[code].kill()
        town.roles[code].wait()
        subprocess.run(["umount", "-l", spool])


def send_task(town, code):
    import fastavro
    import io
    import struct
    ids = {k: uuid.uuid4().bytes for k in ("event_id", "household_id", "case_id", "task_id", "assignment_id", "decision_id")}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[62][1], dict(
        ids, occurred_at=int(time.time() * 1000), item="MZ06", kind="GOODS", goods="rice", amount_fen=None, fund="civil",
        division_code="371425001201", due=20000, personal=None))
    p = Producer({"bootstrap.servers": town.bootstrap, "partitioner": "murmur2_random"})
    p.produce("qihe.delivery-tasks." + code, key=str(uuid.UUID(bytes=ids["household_id"])),
              value=struct.pack(">bI", 0, 62) + out.getvalue())
    assert p.flush(20) == 0


def poison(town):
    """What cannot be read, in both directions, and a second adapter."""
    p = Producer({"bootstrap.servers": town.bootstrap, "partitioner": "murmur2_random",
                  "message.max.bytes": 1048500})
    p.produce("qihe.delivery-tasks.youzheng", key=str(uuid.UUID(int=7 << 64 | 8 << 76)), value=b"not avro")
    p.produce("qihe.delivery-tasks.youzheng", key=str(uuid.UUID(int=9 << 64 | 8 << 76)), value=b"n" * 1048000)
    assert p.flush(20) == 0
    drop(town, "youzheng", "bad-receipt.json", '{"document": "delivery-receipt", "version": 1}')
    drop(town, "youzheng", "bad-half.json", '{"document": "delivery-rec')
    letter, large = wait(town, "two dead letters", 20, lambda: (lambda found: len(found) == 2 and sorted(
        found, key=lambda r: r["value"] is None))([r for r in topics(town).get("dead-letters", [])
                                                   if r["topic"] == "qihe.delivery-tasks.youzheng"]))
    assert letter["owner"] == "youzheng" and letter["value"] == b"not avro", letter
    assert large["value"] is None and "1048000 bytes stand at its place" in large["reason"], large
    reason = folder(town, "youzheng", "rejected") / "bad-receipt.reason.json"
    wait(town, "reason", 10, reason.exists)
    faults = json.loads(reason.read_text())["faults"]
    assert {f["pointer"] for f in faults} >= {"/reply_to", "/outcome", "/occurred_at"}, faults
    assert not (folder(town, "youzheng", "rejected") / "bad-half.json").exists()  # it may still be written
    (folder(town, "youzheng", "in") / "bad-half.json").unlink(missing_ok=True)
    r = town.lianou("run", "partner", "youzheng", check=False)
    assert r.returncode == 1 and "another adapter has this spool" in r.stderr, (r.returncode, r.stderr)
    r = town.lianou("run", "partner", "youchu", check=False)
    assert r.returncode == 3 and "nothing to run" in r.stderr, (r.returncode, r.stderr)
    print("  two dead letters, one of them without its bytes, one rejection with %d reasons, a second adapter refused" % len(faults))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 30)
    rng = random.Random(seed)
    program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    town = AdapterTown(program, config())
    good = False
    try:
        for name in ("matcher", "dispatch", "ledger", "partners", *BEHIND):
            town.start(name)
        lines = town.lianou("generate", "applications", str(APPLICATIONS), "--seed", str(seed)).stdout
        (town.dir / "in").write_text(lines)
        wait(town, "submission", 120, lambda: town.lianou("intake", "submit", str(town.dir / "in"), check=False).returncode == 0)
        for i in range(KILLS):
            time.sleep(rng.uniform(0.1, 0.8))
            town.kill(rng.choice(list(BEHIND)))
            if "--broker" in sys.argv and i == KILLS // 2:
                town.restart_kafka()
        print("seed %d: %d applications, %d adapters killed" % (seed, APPLICATIONS, KILLS), flush=True)
        silence(town)
        audit = quiet(town)
        print("  lianou audit:", json.dumps(audit))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order")), audit
        account(town)
        poison(town)
        full_disk(town)
        good = True
    finally:
        town.close(keep=not good)
        shutil.rmtree(town.env["LIANOU_CONFIG"], ignore_errors=True)


main()
