#!/usr/bin/env python3
"""Canaries: persons with an unmistakable name, number, telephone, account, address, illness and child go through every
channel (web, telephone, list, draft) and every fault (Kafka away and the journal, the database away, a dead letter, a
wrong document in a spool). Then every topic's keys, headers and values, the database, every file, every log, the
metrics and the screens are searched for them: as they are, in GB18030 and UTF-16, base64, hex, JSON's and URLs' escapes,
numbers with blanks or dashes between their digits. MAY says where what may stand; anything else fails."""
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e")]
from county import CLIENT, Bus, application, identity  # noqa: E402
from patience import halt  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition  # noqa: E402

faults = []
ILLNESS = "breast_cancer_invasive"  # a word of the dictionary: elsewhere than in a person's data it is no secret

# Where what may stand: a place's pattern, what, why.
MAY = (
    (r"file state/spool/youzheng/out/.*", r"(name|phone|address|number) .*", "to whom the post hands what, at the post's site"),
    (r"file state/spool/youzheng/(in|done|rejected)/.*", r".* of document", "what the post itself wrote"),
    (r"topic (decisions\.MZ|payment-results\.nongshang|dead-letters) value", r".* of stray",
     "the bytes that a partner wrote and nobody could read, for their owner"),
    (r"topic dead-letters value", r".* of document", "the same, by a spool"),
    (r"topic (applications|evaluations|households|assignments\.\w+) value", r"illness .*", "facts, for the rules that read them"),
    (r"table event\.body", r"illness .*", "evaluations as they came"),
    (r"file state/intake/journal.*", r"illness .*", "facts of applications, as in their topic"),
    (r"file state/matcher.*", r"illness .*", "the households' state, as in its topic"),
    (r"screen case .*", r"illness .*", "why an item was judged so"),
)


class Person:
    def __init__(self, order, name, child):
        n = "%04d" % order
        self.order = order
        self.secrets = {"name": name, "number": identity(order), "phone": "1391357" + n, "account": "62258817290" + n + "57",
                        "address": "凤鸣岭莲藕巷" + n + "号", "child": child, "child's number": identity(order + 1)}

    def form(self, channel, reference, **changes):
        s = self.secrets
        a = application(self.order, channel, reference, **changes)
        a["members"][0].update(name=s["name"], phone=s["phone"], account=s["account"], bank_code="nongshang", address=s["address"])
        a["members"][0]["facts"]["diagnosis"] = ILLNESS
        a["members"].append({"id_no": s["child's number"], "name": s["child"], "relation": "3"})
        return a


PEOPLE = {what: Person(*x) for what, x in dict(
    web=(401, "犀角麟", "雏鸮甲"), telephone=(411, "狴犴鸣", "雏鸮乙"), list=(421, "貔貅岩", "雏鸮丙"), draft=(431, "饕餮峰", "雏鸮丁"),
    journal=(441, "螭吻川", "雏鸮戊"), database=(451, "椒图林", "雏鸮己"), stray=(461, "囚牛海", "雏鸮庚"),
    document=(471, "睚眦原", "雏鸮辛"), payee=(481, "负屃岚", "雏鸮壬")).items()}


# --- what is looked for ---

def in_base64(raw):
    """What of its base64 is the same whatever stands before and behind it."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw)
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        yield text[first:last]
        yield text[first:last].replace(b"+", b"-").replace(b"/", b"_")


def forms(text):
    raw = text.encode()
    yield from (raw, text.encode("gb18030"), text.encode("utf-16-le"), text.encode("utf-16-be"))
    for x in (raw, text.encode("gb18030"), text.encode("utf-16-le")):
        yield x.hex().encode()
        yield x.hex().upper().encode()
        yield from in_base64(x)
    escaped = json.dumps(text)[1:-1].encode()
    yield escaped
    yield escaped.upper().replace(b"\\U", b"\\u")
    yield urllib.parse.quote(text).encode()
    yield urllib.parse.quote(text).lower().encode()


def patterns():
    """form -> what it is."""
    all_forms = {ILLNESS.encode(): "illness of anybody"}
    for who, p in PEOPLE.items():
        for what, text in p.secrets.items():
            for f in forms(text):
                all_forms.setdefault(f, "%s of %s" % (what, who))
    return all_forms


FORMS = patterns()
SPACED = {re.sub(r"\D", "", text[:17]): "%s of %s" % (what, who) for who, p in PEOPLE.items() for what, text in p.secrets.items()
          if len(re.sub(r"\D", "", text)) >= 11}
DIGITS = re.compile(rb"\d(?:[ \t\-.\xa0]{0,2}\d){10,24}")


def found_in(blob):
    """{what: a place in the blob}"""
    got = {}
    for form, what in FORMS.items():
        at = blob.find(form)
        if at >= 0 and what not in got:
            got[what] = at
    for m in DIGITS.finditer(blob):
        digits = re.sub(rb"\D", b"", m.group()).decode()
        for number, what in SPACED.items():
            if number in digits:
                got.setdefault(what, m.start())
    return got


def seek_planted():
    """The search itself: each form, planted in something else, is found."""
    missed = []
    for who, p in PEOPLE.items():
        for what, text in p.secrets.items():
            for f in forms(text):
                if "%s of %s" % (what, who) not in found_in(b"\x01{\"a\":\"" + f + b"\"}\x02") and "%s of" % what not in str(
                        found_in(b"\x01{\"a\":\"" + f + b"\"}\x02")):
                    missed.append((what, f))
            if re.fullmatch(r"\d+", text):
                for between in (" ", "-", "  "):
                    if not found_in(between.join(re.findall("..?.?.?", text)).encode()):
                        missed.append((what, between))
    check("the search finds each form of each canary, %d in all" % len(FORMS), not missed, missed[:3])


def check(what, holds, got=""):
    print("  %-78s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:600],)), flush=True)
    if not holds:
        faults.append(what)


# --- where is looked ---

places = {}  # place -> {what: where}


def look(place, blob):
    for what, at in found_in(blob).items():
        places.setdefault(place, {}).setdefault(what, blob[max(0, at - 30):at + 50])


def topics(bus):
    c = Consumer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap, "group.id": "canary", "enable.auto.commit": False,
                                 "isolation.level": "read_uncommitted", "fetch.wait.max.ms": 50}))
    listed = c.list_topics(timeout=20).topics
    c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t in listed for p in listed[t].partitions])
    messages, quiet = 0, 0
    while quiet < 4:
        got = c.consume(2000, 0.5)
        quiet = 0 if got else quiet + 1
        for m in got:
            if m.error():
                continue
            messages += 1
            name = m.topic().replace("qihe.", "")
            look("topic %s key" % name, m.key() or b"")
            look("topic %s value" % name, m.value() or b"")
            for k, v in m.headers() or ():
                look("topic %s header %s" % (name, k), v or b"")
    c.close()
    print("  %d messages of %d topics" % (messages, len(listed)))
    return messages


def tables(bus):
    def sql(text):
        return subprocess.run(["psql", "-X", "-A", "-t", "-q", bus.town.db, "-c", text], capture_output=True, check=True).stdout
    for line in sql("SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t "
                    "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'").decode().splitlines():
        table, column, kind = line.split("|")
        if kind == "bytea":
            for row in sql("SELECT encode(%s, 'hex') FROM %s" % (column, table)).splitlines():
                look("table %s.%s" % (table, column), bytes.fromhex(row.decode()))
        else:
            look("table %s.%s" % (table, column), sql("SELECT %s::text FROM %s" % (column, table)))


def text_of(path):
    """A page for the printer packs its words; one with nothing to pay has none of anybody's."""
    if path.suffix != ".pdf":
        return path.read_bytes()
    if all(f["none"] for f in json.loads(path.with_suffix(".json").read_bytes())["funds"]):
        return b""
    return subprocess.run(["pdftotext", "-q", path, "-"], capture_output=True, check=True).stdout


def files(bus, when=""):
    for path in sorted((bus.town.dir).rglob("*")):
        name = str(path.relative_to(bus.town.dir))
        if not path.is_file() or path.is_symlink() or name.startswith(("pg/", "kafka/", "canary-")):
            continue
        look(("log " if name.endswith(".log") else "file ") + name, text_of(path))
    look("log of the database", (bus.town.dir / "pg.log").read_bytes())


def metrics(bus):
    for name in ("INTAKE", "MATCHER", "DISPATCH", "LEDGER", "YOUZHENG"):
        port = bus.town.env["LIANOU_PORT_" + name]
        for path in ("/metrics", "/readyz", "/healthz"):
            try:
                with urllib.request.urlopen("http://127.0.0.1:%s%s" % (port, path), timeout=20) as r:
                    look("metric %s%s" % (name.lower(), path), r.read())
            except urllib.error.HTTPError as e:
                look("metric %s%s" % (name.lower(), path), e.read())


def screens(bus, cases):
    def run(*args):
        r = subprocess.run([bus.town.program, *args], env=bus.town.env, capture_output=True)
        look("screen " + " ".join(args[:2]), r.stdout + r.stderr)
        return r.stdout
    run("case", "list")
    for i in cases:
        run("case", "show", i)
        run("case", "show", i, "--json")
        for form in ("text", "sms", "pdf"):
            run("case", "letter", i, "--why", "canary", "--format", form)
        run("results", i, "--why", "canary")
    run("db", "rebuild")
    run("sheets", "make", "--month", time.strftime("%Y-%m"), "--out", str(bus.town.dir / "sheets"))  # files() looks into them
    run("audit")
    run("intake", "drafts")
    for draft in (bus.town.dir / "state/intake/drafts").glob("*.json"):
        run("intake", "drafts", "show", draft.stem)
    letters = run("dlq", "ls", "--json") or run("dlq", "ls")
    for i in set(re.findall(rb"[0-9a-f]{8}-[0-9a-f-]{27}", letters)):
        run("dlq", "show", i.decode())
    for topic in ("applications", "cases", "dead-letters", "payment-orders.nongshang", "delivery-tasks.youzheng"):
        run("tap", topic)


# --- the ways in ---

def post(bus, form):
    request = urllib.request.Request("http://127.0.0.1:%d/v1/applications" % bus.town.port, json.dumps(form).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as r:
            body = r.read()
            look("screen answer of the door", body)
            return r.status, json.loads(body)
    except urllib.error.HTTPError as e:
        body = e.read()
        look("screen answer of the door", body)
        return e.code, json.loads(body)


def listed(bus, person):
    s, where = person.secrets, application(1, "WEB", "x")["operator"]
    path = bus.town.dir / "canary-list.csv"
    path.write_text("流水号,申请日期,村居代码,受理人编号,受理机构,授权核对,姓名,证件号码,与户主关系,联系电话,城乡类别,家庭年收入(元)\n"
                    "C-1,,%s,%s,%s,是,%s,%s,户主,%s,农村,12000\nC-2,,%s,%s,%s,是,%s,不是号码,户主,%s,农村,12000\n" % (
                        where["org_code"], where["operator_id"], where["org_code"], s["name"], s["number"], s["phone"],
                        where["org_code"], where["operator_id"], where["org_code"], s["name"], s["phone"]), encoding="utf-8-sig")
    r = subprocess.run([bus.town.program, "intake", "import", str(path)], env=bus.town.env, capture_output=True)
    look("screen intake import", r.stdout + r.stderr)
    check("the list is taken", b"accepted" in r.stdout + r.stderr, r)


def stray(bus, person):
    """What nobody can read, on topics that partners write to; a wrong document in the post's folder."""
    text = ("stray " + json.dumps(person.secrets, ensure_ascii=False)).encode()
    p = Producer(dict(CLIENT, **{"bootstrap.servers": bus.town.bootstrap}))
    home = next(r["household_id"] for _, k, r in bus.read if k == "application")
    import uuid
    for topic in ("decisions.MZ", "payment-results.nongshang"):
        p.produce("qihe." + topic, key=str(uuid.UUID(bytes=home)), value=text)
    p.flush(20)


def wrong_document(bus, person):
    folder = bus.town.dir / "state/spool/youzheng/in"
    if folder.is_dir():
        (folder / "r-1.json").write_text(json.dumps(dict(person.secrets, kind="delivery_receipt"), ensure_ascii=False))
        (folder / "r-2.json").write_text(json.dumps(person.secrets, ensure_ascii=False)[:-9])


def another_payee(bus, q, person):
    """Whose account takes the place of the applicant's; once well, once refused and told."""
    account, holder = person.secrets["account"], person.secrets["name"]
    c = bus.payee(q, account, holder=holder, **{"second": None})
    (topic, told), = bus.events("notice", 1, refers_to=c["event_id"])
    check("a change of the payee by one person is refused and told", (topic, told["reason_code"]) == ("notices.MZ", "SECOND_MISSING"), told)
    bus.payee(q, account, holder=holder)
    (_, shown), = bus.events("assignment", 1, action="UPDATED", assignment_id=q["assignment_id"])
    check("one that holds is shown masked", shown["payee_masked"] == "youchu ***" + account[-4:], shown["payee_masked"])
    bus.decide(shown, 90000, delivery="BANK")
    bus.events("payment_order", 1, assignment_id=q["assignment_id"])


def ways(bus):
    town, cases = bus.town, []
    status, body = post(bus, PEOPLE["web"].form("WEB", "canary-web"))
    check("an application by web", status == 202, (status, body))
    cases.append(body.get("application_id"))
    status, body = post(bus, PEOPLE["telephone"].form("TELEPHONE", "canary-telephone"))
    check("by telephone", status == 202, (status, body))
    listed(bus, PEOPLE["list"])
    form = PEOPLE["draft"].form("WEB", "canary-draft")
    form["members"][0]["relation"] = "no such relation"
    status, body = post(bus, form)
    check("what has a fault is a draft", status == 422 or "draft" in body, (status, body))
    bus.take(1)
    # Kafka stands still: the journal takes it
    kafka = int((town.dir / "kafka/pid").read_text())
    halt(kafka)
    try:
        status, body = post(bus, PEOPLE["journal"].form("WEB", "canary-journal"))
        check("while Kafka stands still the journal takes it", status == 202, (status, body))
        files(bus)
    finally:
        os.kill(kafka, signal.SIGCONT)
    # the database away
    town.server.send_signal(signal.SIGQUIT)
    town.server.wait()
    status, body = post(bus, PEOPLE["database"].form("WEB", "canary-database"))
    check("while the database is away", status == 202, (status, body))
    subprocess.run([town.program, "case", "show", cases[0] or "x"], env=town.env, capture_output=True)
    town.start_database()
    mine = [r for _, r in bus.events("assignment", 2, action="ASSIGNED", item="MZ06")][:4]
    another_payee(bus, mine[0], PEOPLE["payee"])
    for q in mine[1:]:
        bus.decide(q, 90000, delivery="BANK" if q["household_id"][0] % 2 else "POST_CASH")
    bus.events("case_event", 1, kind="DECISION_ACCEPTED")
    stray(bus, PEOPLE["stray"])
    wrong_document(bus, PEOPLE["document"])
    bus.events("dead_letter", 1)
    bus.take(3)
    return [c for c in cases if c]


def judge():
    for place, got in sorted(places.items()):
        for what, text in sorted(got.items()):
            if not may_stand(place, what):
                check("%s: %s" % (place, what), False, text)


def may_stand(place, what):
    return any(re.fullmatch(where, place) and re.fullmatch(w, what) for where, w, _ in MAY)


def judge_planted():
    """The table itself: what must not stand where it is planted."""
    planted = [("log intake.log", "name of web"), ("table event.detail", "number of list"), ("metric intake/metrics", "phone of web"),
               ("topic applications value", "address of web"), ("topic applications key", "number of web"),
               ("topic cases header ce_subject", "number of web"), ("screen case show", "name of web"), ("topic dead-letters value", "name of web"),
               ("file state/spool/youzheng/out/1.json", "account of web"), ("file state/intake/journal/1", "name of journal"),
               ("topic payment-orders.nongshang value", "illness of anybody"), ("log matcher.log", "illness of anybody"),
               ("file state/intake/drafts/1.json", "name of draft"), ("file state/intake/drafts/1.json", "illness of anybody"),
               ("topic decisions.MZ value", "account of payee"), ("topic payment-orders.youchu value", "account of payee"),
               ("topic notices.MZ value", "account of payee"), ("topic dead-letters value", "name of payee"),
               ("topic households value", "account of payee"), ("file sheets/371425-2026-11-v1.json", "name of web"),
               ("file sheets/371425-2026-11-v1.html", "illness of anybody"), ("topic sheets value", "name of web"), ("screen sheets make", "number of web"),
               ("screen case letter", "name of web"), ("screen results x", "illness of anybody"), ("table life_payment.item", "name of web"), ("screen intake drafts", "illness of anybody"), ("screen tap applications", "illness of anybody")]
    check("the table lets none of %d planted ones through" % len(planted), not [p for p in planted if may_stand(*p)],
          [p for p in planted if may_stand(*p)])


def main():
    bus = Bus(SOURCE / "bus-config")
    good = False
    try:
        seek_planted()
        judge_planted()
        for role in ("intake", "post"):
            bus.town.start(role)
        for _ in range(150):
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/healthz" % bus.town.port, timeout=5)
                break
            except OSError:
                time.sleep(0.2)
        cases = ways(bus)
        for _ in range(60):  # the ledger has what there is
            a = bus.town.audit()
            if a and a["unread"] == 0:
                break
            time.sleep(0.5)
        check("the ledger has all", a and a["unread"] == 0, a)
        check("the topics were read", topics(bus) > 20)
        tables(bus)
        metrics(bus)
        screens(bus, cases)
        files(bus)
        check("the canaries went through: drafts, dead letters, facts stand where they may",
              len(list((bus.town.dir / "state/intake/drafts").glob("*.json"))) > 0 and "topic dead-letters value" in places
              and "topic applications value" in places, sorted(places))
        judge()
        good = not faults
    finally:
        bus.town.close(keep=not good)
    print("D15 nobody is found in any feed, log, topic, key or metric: " + ("held" if not faults else "NOT held"))
    print("%d faults%s" % (len(faults), "".join("\n  " + f for f in faults)))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
