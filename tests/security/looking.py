#!/usr/bin/env python3
"""Who looks at a command: `lianou tap`, `dlq show`, `export`, `intake drafts`, `case show`. Facts are shown to nobody
who does not say what for; what is opened is a row of the reading log first, and nothing is opened that cannot be
written down. Drafts stand sealed, for who mends them, and not for ever. `lianou audit` says who read much, a topic as
a whole, or without a purpose."""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e")]
from county import CLIENT, Bus, application  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition  # noqa: E402
from patience import until  # noqa: E402

ILLNESS, NAME = "breast_cancer_invasive", "犀角麟"
faults = []


def check(what, holds, got=""):
    print("  %-74s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:500],)), flush=True)
    if not holds:
        faults.append(what)


class Look:
    def __init__(self, bus):
        self.bus, self.town = bus, bus.town

    def run(self, *args, **env):
        r = subprocess.run([self.town.program, *args], env=dict(self.town.env, **env), capture_output=True)
        return r.returncode, (r.stdout + r.stderr).decode()

    def rows(self):
        r = subprocess.run(["psql", "-X", "-q", "-A", "-t", self.town.db, "-c",
                            "SELECT via, purpose, record, fields FROM read_log WHERE who LIKE 'user %' ORDER BY n"],
                           capture_output=True, text=True, check=True)
        return r.stdout.splitlines()

    def both(self, what, args, record, fields):
        """Masked without a word; with one it is shown, and written down."""
        before = self.rows()
        code, text = self.run(*args)
        check("%s: masked, and no row" % what, code == 0 and ILLNESS not in text and NAME not in text and self.rows() == before, text)
        for why in ("", "  "):
            code, text = self.run(*args, "--why", why)
            check("%s: no purpose is none (%r)" % (what, why), code == 2 and ILLNESS not in text and self.rows() == before, text)
        code, text = self.run(*args, "--why", "complaint 3", LIANOU_DB="host=/nonexistent user=lianou dbname=x")
        check("%s: what cannot be written down is not shown" % what, code != 0 and ILLNESS not in text, text)
        code, text = self.run(*args, "--why", "complaint 3")
        new = self.rows()[len(before):]
        check("%s: with one it is shown" % what, code == 0 and ILLNESS in text and NAME not in text, (code, text))
        wanted = "lianou %s|complaint 3|%s|%s" % (" ".join(args[:3] if args[0] == "intake" else args[:2] if args[0] == "dlq" else args[:1]),
                                                  record, fields)
        check("%s: and written down: who, what for, whose, what" % what, wanted in new, (wanted, new))


def posted(bus, form):
    rq = urllib.request.Request("http://127.0.0.1:%d/v1/applications" % bus.town.port, json.dumps(form).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(rq, timeout=60) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def form_of(order, reference):
    a = application(order, "WEB", reference)
    a["members"][0].update(name=NAME)
    a["members"][0]["facts"]["diagnosis"] = ILLNESS
    return a


def raw(bus, topic, key):
    """A household's first record of a topic, as its bytes."""
    c = Consumer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap, "group.id": "raw", "enable.auto.commit": False}))
    try:
        c.assign([TopicPartition("qihe." + topic, p, OFFSET_BEGINNING) for p in range(4)])
        def own():
            m = c.poll(1.0)
            return m if m and m.key() == key.encode() else None
        return until(own, 30, bus.town.moved)
    finally:
        c.close()


def topics(look, household):
    look.both("tap", ("tap", "applications"), household, "applications")
    bus, m = look.bus, raw(look.bus, "applications", household)
    bus.producer.produce("qihe.facts.school", key=m.key(), value=m.value())
    bus.producer.flush(20)
    (_, letter), = bus.events("dead_letter", 1)
    place = "%s/%d/%d" % (letter["topic"], letter["partition"], letter["offset"])
    look.both("dlq show", ("dlq", "show", place), household if letter["household_id"] else place, place)


def exported(look):
    town, path = look.town, look.town.dir / "out.avro"
    before, alarms = look.rows(), town.audit()["reads_bulk"]
    code, text = look.run("export", "applications", str(path), "--codec", "null")
    check("export: masked, and no row", code == 0 and ILLNESS.encode() not in path.read_bytes() and look.rows() == before, text)
    path = path.with_name("facts.avro")
    code, text = look.run("export", "applications", str(path), "--codec", "null", "--why", "")
    check("export: no purpose is none", code == 2, text)
    code, text = look.run("export", "applications", str(path), "--codec", "null", "--why", "the yearly count")
    check("export: with one facts are in it, written down", code == 0 and ILLNESS.encode() in path.read_bytes()
          and look.rows()[len(before):] == ["lianou export|the yearly count|applications|all records"], (text, look.rows()))
    check("a topic as a whole is an alarm of the audit", town.audit()["reads_bulk"] == alarms + 1)


def drafts(look):
    bus, town = look.bus, look.town
    form = form_of(61, "look-draft")
    form["members"][0]["relation"] = "no such relation"
    form["members"][0]["nmae"] = NAME
    status, body = posted(bus, form)
    check("what has a fault is a draft", status == 422 and "draft" in body, body)
    name = body["draft"]
    path = town.dir / "state/intake/drafts" / (name + ".json")
    text = path.read_text()
    number = form["members"][0]["id_no"]
    check("it stands sealed, 0600", not [x for x in (ILLNESS, NAME, number, json.dumps(NAME)[1:-1], "members") if x in text]
          and path.stat().st_mode & 0o777 == 0o600, text[:200])
    ring = (town.dir / "keys/intake.keys").read_text()
    check("the door seals for who mends, and does not open", " drafts x25519-public" in ring and "private" not in ring, ring)
    code, text = look.run("intake", "drafts")
    check("the list shows its faults and nothing of a person", code == 0 and name in text and "RELATION" in text
          and not [x for x in (ILLNESS, NAME, number) if x in text], text)
    look.both("intake drafts show", ("intake", "drafts", "show", name), name, "facts")
    before, out = look.rows(), town.dir / "canary-draft.json"
    code, text = look.run("intake", "drafts", "export", name, str(out))
    check("to mend it one says what for", code == 2 and not out.exists(), text)
    code, text = look.run("intake", "drafts", "export", name, str(out), "--why", "to mend it")
    check("then it is there as it came, written down", code == 0 and json.loads(out.read_text()) == form
          and look.rows()[len(before):] == ["lianou intake drafts export|to mend it|%s|all" % name], (text, look.rows()))
    keys = town.dir / "keys/drafts.keys"
    keys.rename(town.dir / "drafts.keys")
    code, text = look.run("intake", "drafts", "show", name, "--why", "x")
    check("without its key nobody opens it", code != 0 and ILLNESS not in text, text)
    code, text = look.run("intake", "drafts")
    check("and the list says so", code == 0 and "closed" in text, text)
    (town.dir / "drafts.keys").rename(keys)
    form["members"][0].update(relation="0")
    del form["members"][0]["nmae"]
    out.write_text(json.dumps(form))
    code, text = look.run("intake", "drafts", "resubmit", name, str(out))
    check("mended, it is taken, and gone", code == 0 and "1 accepted" in text and not path.exists(), text)
    name = posted(bus, dict(form_of(62, "look-old"), consent="perhaps"))[1]["draft"]
    path = path.with_name(name + ".json")
    month = 30 * 86400
    os.utime(path, (time.time() - month + 600,) * 2)
    look.run("intake", "drafts")
    check("a draft of nearly thirty days is there", path.exists())
    os.utime(path, (time.time() - month - 600,) * 2)
    look.run("intake", "drafts")
    check("one of more is gone", not path.exists())


def cases(look, asked):
    town = look.town
    assert until(lambda: town.audit()["unread"] == 0, 40, town.moved)
    before = town.audit()
    code, text = look.run("case", "show", asked, "--why", "visit 4")
    check("case show: a row", code == 0 and look.rows()[-1] == "lianou case show|visit 4|%s|case" % asked, (text[-300:], look.rows()[-1]))
    look.run("case", "show", asked)
    after = town.audit()
    code, text = look.run("audit")
    check("what was read without a word is an alarm of the audit", after["reads"] == before["reads"] + 2
          and after["reads_unsaid"] == before["reads_unsaid"] + 1 and "reads without purpose" in text, (before, after, text))
    check("the chain holds", after["reads_broken"] == 0, after)


def main():
    bus = Bus(SOURCE / "bus-config")
    good = False
    try:
        bus.town.start("intake")
        status = until(lambda: up(bus), 40, bus.town.moved)
        assert status, "the door does not open"
        status, body = posted(bus, form_of(60, "look-1"))
        check("an application is taken", status == 202, body)
        (_, a), *_ = bus.events("application", 1, channel_reference="look-1")
        bus.events("case_event", 1, kind="OPENED")
        look = Look(bus)
        drafts(look)
        topics(look, str(uuid.UUID(bytes=a["household_id"])))
        exported(look)
        cases(look, body["application_id"])
        good = not faults
    finally:
        bus.town.close(keep=not good)
    print("%d faults%s" % (len(faults), "".join("\n  " + f for f in faults)))
    sys.exit(bool(faults))


def up(bus):
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d/healthz" % bus.town.port, timeout=5) as r:
            return r.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()
