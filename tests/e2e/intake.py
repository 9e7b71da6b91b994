#!/usr/bin/env python3
"""The one way in, as its clients meet it: every answer against the OpenAPI
document it serves; the same key again; Kafka away, back, the journal's limit, a
full disk, a torn end, a second instance."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("INTAKE_INNER") is None:
    os.environ["INTAKE_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
import jsonschema  # noqa: E402
import openapi_spec_validator  # noqa: E402
from brokers import free_port, start_brokers  # noqa: E402
from patience import halt  # noqa: E402
from topics import load_schemas, read_topics  # noqa: E402
from town import Town  # noqa: E402

PROGRAM = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
WORK = pathlib.Path(tempfile.mkdtemp(prefix="lianou-intake-"))
PORT = free_port()
CONFIG = WORK / "bus-config"
JSON = {"Content-Type": "application/json"}
line = next(x for x in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines() if x.startswith("op-")
            and x.endswith(",") and x.split(",")[3] == "assistant")
OPERATOR = {"operator_id": line.split(",")[0], "org_code": line.split(",")[2]}


def identity(order):
    body = "000000198001%02d%03d" % (1 + order // 500, order % 500 * 2)  # a woman's
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


def application(reference, order=1):
    return {"channel": "TELEPHONE", "channel_reference": reference, "evidence": {"call_reference": "C-1"},
            "operator": OPERATOR, "helper": OPERATOR, "division_code": OPERATOR["org_code"], "consent": True,
            "facts": {"area": "rural"},
            "members": [{"id_no": identity(order), "name": "甲", "relation": "0", "head": True}]}


class Intake:
    """The role as a process, and what is asked of it."""

    def __init__(self, bootstrap):
        ring = WORK / "keyring"
        ring.write_text("1 bus %s\n" % os.urandom(32).hex())
        (WORK / "person.key").write_text(os.urandom(32).hex() + "\n")
        for f in ("keyring", "person.key"):
            (WORK / f).chmod(0o600)
        shutil.copytree(SOURCE / "bus-config", CONFIG)
        bus = CONFIG / "bus.yaml"
        bus.write_text(bus.read_text().replace("journal_max: 1GiB", "journal_max: 256KiB\n  kafka_wait: 500ms")
                       .replace("body_max: 256KiB", "body_max: 32KiB"))
        self.env = dict(os.environ, LIANOU_KAFKA=bootstrap, LIANOU_KAFKA_PARTITIONS="2", LIANOU_KAFKA_REPLICATION="1",
                        LIANOU_KAFKA_MIN_INSYNC="1", LIANOU_STATE=str(WORK / "state"), LIANOU_KEYRING=str(ring),
                        LIANOU_PERSON_KEY=str(WORK / "person.key"), LIANOU_ACCOUNTS=str(WORK / "accounts"),
                        LIANOU_CONFIG=str(CONFIG),
                        LIANOU_PORT_INTAKE=str(PORT))
        self.process = None

    def start(self, limit=None):
        def small_files():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        self.process = subprocess.Popen([PROGRAM, "run", "intake"], env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(WORK / "intake.log", "a"),
                                        preexec_fn=small_files if limit else None)
        for _ in range(200):
            try:
                return self.ask("GET", "/healthz")
            except OSError:
                time.sleep(0.05)
        raise AssertionError("intake does not answer: " + (WORK / "intake.log").read_text()[-2000:])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(30)

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        answer = r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        c.close()
        return answer

    def raw(self, data):
        with socket.create_connection(("127.0.0.1", PORT), 10) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            got = b""
            while part := s.recv(65536):
                got += part
            return got

    def post(self, body, **headers):
        """Posts, and holds the answer against the contract."""
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        got = self.ask("POST", "/v1/applications", body, dict(JSON, **{k.replace("_", "-"): v for k, v in headers.items()}))
        self.fits("post", *got)
        return got

    def fits(self, method, status, headers, body, path="/v1/applications"):
        responses = CONTRACT["paths"][path][method]["responses"]
        assert str(status) in responses, "%d is not in the contract" % status
        r = responses[str(status)]
        if "$ref" in r:
            r = CONTRACT["components"]["responses"][r["$ref"].split("/")[-1]]
        kind = headers["content-type"]
        assert kind in r["content"], kind
        checker(r["content"][kind]["schema"]).validate(json.loads(body))
        for h in r.get("headers", {}):
            assert h.lower() in headers, "no header " + h
        if kind == "application/problem+json":
            assert json.loads(body)["status"] == status


def checker(schema):
    whole = dict(schema, components=CONTRACT["components"])
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def applied():
    """References in the order of each partition, and the headers of one."""
    return [(r["channel_reference"], r["application_id"].hex())
            for t, p, o, k, r in sorted(read_topics(BOOTSTRAP, "qihe.", load_schemas(SOURCE / "schemas")),
                                        key=lambda x: (x[1], x[2])) if k == "application"]


def answers_of_the_server(intake):
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/v1/applications", 405), ("POST", "/openapi.json", 405)):
        s, h, b = intake.ask(method, path, b"{}", JSON)
        assert s == status and h["content-type"] == "application/problem+json", (method, path, s)
        assert json.loads(b)["detail_zh"] and (status != 405 or h["allow"] in ("POST", "GET")), h
    for path, operations in CONTRACT["paths"].items():  # every path of the contract is served as it says
        if "get" in operations:
            s, h, b = intake.ask("GET", path.replace("{id}", "0190f000-0000-7000-8000-000000000000"))
            intake.fits("get", s, h, b, path)
    s, h, b = intake.ask("POST", "/v1/applications", b"x", {"Content-Type": "text/csv"})
    intake.fits("post", s, h, b)
    assert s == 415
    assert intake.ask("POST", "/v1/applications", json.dumps(application("utf8")).encode(),
                      {"Content-Type": "Application/JSON; charset=utf-8"})[0] == 202
    for bad, place in ((b"", "line 1, column 1"), (b'{"a": 1,\n "a": 2}', "line 2, column 2"),
                       (b'{"a": "\xff"}', "line 1, column 8"), (b"[" * 100, "line 1, column 17"),
                       (b'{"a": 1e999}', "line 1"), (b'{"a": 1} x', "line 1, column 10"), (b'{"a": "\\u0000"}', "line 1")):
        s, h, b = intake.post(bad)
        assert s == 400 and place in json.loads(b)["detail"], b
        assert kept(intake, json.loads(b)) == bad if bad else "draft" not in json.loads(b)
    big = json.dumps(dict(application("big"), facts={"f%d" % i: "x" * 200 for i in range(300)})).encode()
    assert len(big) > 40000
    assert intake.post(big)[0] == 413
    s, h, b = intake.ask("POST", "/v1/applications", iter([big[:20000], big[20000:]]), JSON)  # chunked
    intake.fits("post", s, h, b)
    assert s == 413
    s, h, b = intake.post(application("k"), Idempotency_Key="k" * 129)
    assert s == 400 and json.loads(kept(intake, json.loads(b))) == application("k")
    for garbage in (b"nonsense\r\n\r\n", b"\x16\x03\x01" + b"\0" * 200, b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n",
                    b"POST /v1/applications HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
                    b"POST /v1/applications HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
                    b"POST /v1/applications HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100000 + b"\r\n\r\n"):
        try:
            got = intake.raw(garbage)
        except OSError:
            got = b""
        assert got == b"" or re.match(rb"HTTP/1.[01] (4|5)\d\d ", got), got[:100]
    assert intake.ask("GET", "/healthz")[0] == 200


def kept(intake, problem):
    """What was sent, back from its draft."""
    path = WORK / "back"
    lianou(intake, "drafts", "export", problem["draft"], str(path), "--why", "to mend it")
    back = path.read_bytes()
    path.unlink()
    assert "***" in lianou(intake, "drafts", "show", problem["draft"])
    return back


def faults_and_drafts(intake):
    bad = application("bad")
    bad["members"][0].update(id_no="000000198001010031", relation="self", nmae="x")
    bad["division_code"] = "000000000000"
    del bad["consent"]
    s, _, b = intake.post(bad)
    problem = json.loads(b)
    found = {(f["pointer"], f["code"]) for f in problem["faults"]}
    assert s == 422 and found == {("/members/0/id_no", "ID_CHECK_DIGIT"), ("/members/0/relation", "RELATION"),
                                  ("/members/0/nmae", "FIELD_UNKNOWN"), ("/division_code", "DIVISION"),
                                  ("/consent", "CONSENT")}, found
    draft = WORK / "state/intake/drafts" / (problem["draft"] + ".json")
    assert json.loads(kept(intake, problem)) == bad and draft.stat().st_mode & 0o777 == 0o600
    assert identity(1) not in draft.read_text() and bad["members"][0]["id_no"] not in draft.read_text(), "it is sealed"
    assert json.loads(intake.post(bad)[2])["draft"] == problem["draft"]
    log = (WORK / "intake.log").read_text()
    assert identity(1) not in log and bad["members"][0]["id_no"] not in log


def requests_against_contract(intake):
    """What the contract forbids is never taken; what the generator makes fits
    the contract and is taken."""
    allowed = checker(CONTRACT["components"]["schemas"]["Application"])
    made = subprocess.run([PROGRAM, "generate", "applications", "5", "--seed", "9"], env=intake.env, check=True, capture_output=True,
                          text=True)
    for a in map(json.loads, made.stdout.splitlines()):
        allowed.validate(a)
        assert intake.post(a)[0] == 202
    changes = 0
    base = application("mutant", 7)

    def walk(node, path):
        yield path
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for k, v in list(items):
            yield from walk(v, path + [k])
    for path in list(walk(base, [])):
        for value in (None, "", 7, -1, True, [], {}, [{}], {"x": 1}, "x" * 129, "\u0001"):
            a = json.loads(json.dumps(base))
            if not path:
                a = value
            else:
                at = a
                for k in path[:-1]:
                    at = at[k]
                if at[path[-1]] == value:
                    continue
                at[path[-1]] = value
            changes += 1
            if isinstance(a, dict) and a.get("channel_reference") == "mutant":
                a["channel_reference"] = "mutant-%d" % changes
            s, _, b = intake.post(a)
            assert s in (422, 202) or (s == 400 and not path), (s, path, value)
            if s == 202:
                allowed.validate(a)
    print("contract: %d changed requests" % changes)


def keys(intake):
    a = application("key-1", 2)
    first = intake.post(a, Idempotency_Key="K1")
    again = intake.post(a, Idempotency_Key="K1")
    assert first[0] == again[0] == 202 and first[2] == again[2] and first[1]["location"] == again[1]["location"]
    other = dict(a, channel_reference="key-2")
    s, _, b = intake.post(other, Idempotency_Key="K1")
    assert s == 422 and json.loads(b)["faults"][0]["code"] == "REFERENCE_REUSED"
    s, _, b = intake.post(dict(a, consent=False))
    assert s == 422 and json.loads(b)["faults"][0]["code"] == "REFERENCE_REUSED"
    del other["channel_reference"]
    assert intake.post(other, Idempotency_Key="K3")[0] == 202
    intake.stop(signal.SIGKILL)
    intake.start()
    assert intake.post(a, Idempotency_Key="K1")[2] == first[2]
    assert intake.post(dict(a, consent=False), Idempotency_Key="K1")[0] == 422
    return {"key-1", "K3"}


def second_instance(intake):
    env = dict(intake.env, LIANOU_PORT_INTAKE=str(free_port()))
    second = subprocess.run([PROGRAM, "run", "intake"], env=env, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0 and "in use by another process" in second.stderr, second.stderr
    assert intake.post(application("still", 3))[0] == 202


def limit(intake, sent, accepted_before):
    """Until 503; what was answered 202 is in the journal."""
    n, s = 0, 202
    while s == 202:
        s, h, b = intake.post(application("full-%04d" % n, n % 900))
        if s == 202:
            assert json.loads(b)["state"] == "journaled"
            sent.append("full-%04d" % n)
        n += 1
        assert n < 1000
    assert s == 503 and int(h["retry-after"]) > 0 and n > 20, (s, n)
    size = (WORK / "state/intake/journal").stat().st_size
    assert size <= 262144
    print("journal: full at %d bytes after %d applications" % (size, n - 1))


def full_disk(intake, sent):
    intake.stop()
    (WORK / "state/intake/journal").rename(WORK / "aside")
    (WORK / "state/intake/journal.mark").rename(WORK / "aside.mark")
    intake.start(limit=20000)
    mine = []
    for i in range(100):
        s, h, b = intake.post(application("disk-%d" % i, i))
        if s != 202:
            break
        mine.append("disk-%d" % i)
    assert s == 503 and "retry-after" in h and len(mine) > 5, (s, len(mine))
    assert intake.ask("GET", "/healthz")[0] == 200
    intake.stop()
    intake.start()  # room again: all that was answered is there, and it goes on
    assert intake.post(application("disk-%d" % len(mine), len(mine)))[0] == 202
    mine.append("disk-%d" % len(mine))
    intake.stop()
    with open(WORK / "aside", "ab") as f:  # one file again, in the order of answers
        f.write((WORK / "state/intake/journal").read_bytes())
    (WORK / "aside").rename(WORK / "state/intake/journal")
    (WORK / "aside.mark").rename(WORK / "state/intake/journal.mark")
    sent += mine
    print("disk: full after %d applications" % (len(mine) - 1))


def torn_end(intake):
    with open(WORK / "state/intake/journal", "ab") as f:
        f.write(b"LNOU")
    intake.start()
    assert "damaged bytes set aside" in (WORK / "intake.log").read_text()
    assert (WORK / "state/intake/journal.damaged").stat().st_size == 4


def drains(intake, sent):
    start_brokers(WORK / "kafka")
    for _ in range(300):
        if (WORK / "state/intake/journal").stat().st_size == 0:
            break
        time.sleep(0.1)
    assert intake.post(dict(application("direct", 5)))[0] == 202
    for _ in range(50):
        s, _, b = intake.post(application("direct-2", 6), traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
        if json.loads(b)["state"] == "accepted":
            break
        time.sleep(0.2)
    got = applied()
    names = [n for n, _ in got]
    assert set(sent) <= set(names), sorted(set(sent) - set(names))[:5]
    assert len({i for _, i in got}) == len(set(names)) and len(names) == len(set(names)), "sent twice"
    ours = [n for n in names if n.startswith("full-")]
    per = {}
    for n in ours:
        per.setdefault(int(n[5:]) % 900, []).append(n)
    assert all(v == sorted(v) for v in per.values())
    print("drained: %d applications, each once" % len(names))
    headers()


def hangs(intake):
    """Kafka is there and says nothing: the journal has it before long."""
    broker = int((WORK / "kafka/pid").read_text())
    halt(broker)
    begun = time.time()
    try:
        s, _, b = intake.post(application("hang", 8))
        took = time.time() - begun
        assert s == 202 and json.loads(b)["state"] == "journaled", (s, b)
        assert intake.post(application("hang-2", 9))[0] == 202
    finally:
        os.kill(broker, signal.SIGCONT)
    assert took < 10, "answered after %.1f s; what is in flight is given up after 15" % took
    for _ in range(600):
        if (WORK / "state/intake/journal").stat().st_size == 0:
            break
        time.sleep(0.1)
    got = applied()
    assert {n for n, _ in got} >= {"hang", "hang-2"} and len({i for n, i in got if n == "hang"}) == 1
    print("Kafka hangs: answered after %.1f s" % took)


def headers():
    from confluent_kafka import Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "h", "auto.offset.reset": "earliest"})
    c.assign([TopicPartition("qihe.applications", p, 0) for p in range(2)])
    seen, traces = 0, 0
    while (m := c.poll(3)) is not None:
        h = dict(m.headers())
        assert h["ce_specversion"] == b"1.0" and h["ce_type"] == b"sa.application.v1" and len(h["ce_id"]) == 36, h
        assert h["ce_partitionkey"] == m.key() and h["ce_subject"] == b"household/" + m.key()
        assert re.match(rb"\d{4}-\d\d-\d\dT", h["ce_time"]) and h["content-type"] == b"application/avro"
        traces += "traceparent" in h
        seen += 1
    c.close()
    assert seen > 10 and traces == 1, (seen, traces)


def lianou(intake, *args, code=0, stdin=None):
    r = subprocess.run([PROGRAM, "intake", *args], env=dict(intake.env, LIANOU_DB=BASE.db), capture_output=True, text=True, timeout=60,
                       input=stdin)
    assert r.returncode == code, (args, r.returncode, r.stdout, r.stderr)
    return r.stdout


def station_list(intake):
    head = "流水号,村居代码,受理人编号,受理机构,授权核对,姓名,证件号码,与户主关系,城乡类别,家庭年收入(元),性别\r\n"
    org = OPERATOR["org_code"]

    def row(n, number, income="100.5", sex="女"):
        return "S%d,%s,%s,%s,是,\"甲\"\"乙\",%s,户主,农村,%s,%s\r\n" % (n, org, OPERATOR["operator_id"], org, number, income, sex)
    rows = [row(n, identity(n)) for n in range(100, 130)]
    rows[3] = row(103, identity(103)[:17] + ("1" if identity(103)[17] != "1" else "2"))
    rows[4] = row(104, identity(104), income="很少")
    rows[5] += ",,,,,丙,%s,配偶,,,女\r\n" % identity(200)
    path = WORK / "list.csv"
    path.write_bytes((head + "".join(rows[:20])).encode("gb18030"))
    got = lianou(intake, "import", str(path), code=1)
    assert "20 applications: 18 accepted, 0 already known, 2 drafts with faults, 0 not taken" in got, got
    assert "line 5, column 7 证件号码: found '***': ID_CHECK_DIGIT" in got, got
    assert "line 6, column 10 家庭年收入(元): found '很少': FACT_VALUE" in got and "lines 7-8  S105  accepted" in got, got
    assert identity(100) not in got
    path.write_bytes(b"\xef\xbb\xbf" + (head + "".join(rows)).encode())  # longer now, and saved by another program
    sums = [json.loads(x) for x in lianou(intake, "import", str(path), "--json", code=1).splitlines()]
    assert sums[-1] == {"applications": 30, "accepted": 10, "known": 18, "drafts": 2, "failed": 0}, sums[-1]
    assert sums[3]["faults"][0]["line"] == 5 and sums[3]["outcome"] == "draft"
    path.write_text(head + rows[0] + rows[0].replace("农村", "城镇"))
    got = lianou(intake, "import", str(path), code=1)
    assert "HOUSEHOLD_DIFFERS" in got and "found '城镇'" in got, got
    path.write_bytes((head + rows[29]).encode()[:-40])
    assert "0 accepted" in lianou(intake, "import", str(path), code=1)
    path.write_text(head.replace("姓名", "名字"))
    assert "0 applications" in lianou(intake, "import", str(path), code=1)
    columns = lianou(intake, "columns")
    readme = (SOURCE / "producers/intake/README.md").read_text()
    for x in columns.splitlines()[:-1]:
        zh, en, needed = x.split("\t")
        assert "| %s | %s | %s" % (zh, en, needed) in readme, x
    drafts(intake)
    broken_off(intake, head, row)


def drafts(intake):
    listed = lianou(intake, "drafts").splitlines()
    wrong = [x for x in listed if ":S103 " in x]
    assert len(wrong) == 1 and "ID_CHECK_DIGIT" in wrong[0], listed
    name = wrong[0].split()[0]
    shown = lianou(intake, "drafts", "show", name)
    assert '"***"' in shown and "000000" not in shown and "身份证号校验位不符" in shown, shown
    mended = WORK / "mended.json"
    lianou(intake, "drafts", "export", name, str(mended), code=2)  # not without a purpose
    assert not mended.exists()
    lianou(intake, "drafts", "export", name, str(mended), "--why", "to mend it")
    assert mended.stat().st_mode & 0o777 == 0o600
    a = json.loads(mended.read_text())
    a["members"][0]["id_no"] = identity(103)
    mended.write_text(json.dumps(a))
    got = lianou(intake, "drafts", "resubmit", name, str(mended))
    assert "accepted" in got and "1 accepted" in got, got
    assert "no draft" in subprocess.run([PROGRAM, "intake", "drafts", "show", name], env=intake.env, capture_output=True,
                                        text=True).stderr
    other = [x for x in listed if ":S104 " in x][0].split()[0]
    assert "1 drafts" in lianou(intake, "drafts", "resubmit", other, code=1)  # faults as before: it stays
    lianou(intake, "drafts", "drop", other)
    assert other not in lianou(intake, "drafts", "list", "--json")
    lianou(intake, "drafts", "show", "../../person.key", code=1)


def broken_off(intake, head, row):
    """Killed in the middle; the second run takes the rest, and no household twice."""
    path = WORK / "long.csv"
    path.write_text(head + "".join(row(10000 + n, identity(n % 1000)) for n in range(6000)))
    first = subprocess.Popen([PROGRAM, "intake", "import", str(path)], env=intake.env, stdout=subprocess.PIPE, text=True)
    for _ in range(1500):
        first.stdout.readline()
    first.kill()
    first.wait()
    second = json.loads(lianou(intake, "import", str(path), "--json").splitlines()[-1])
    assert second["known"] >= 1000 and second["accepted"] + second["known"] == 6000, second
    names = [n for n, _ in applied() if ":S1" in n and len(n) == 19]
    assert len(set(names)) == 6000, len(set(names))
    print("import: killed after %d, then %d; on the topic %d, each at least once" %
          (second["known"], second["accepted"], len(set(names))))


WORK.chmod(0o755)  # the server's account goes through it
BASE = Town.__new__(Town)  # of a town, its database: what is opened is written down there
BASE.dir = WORK
BASE.start_database(first=True)
BOOTSTRAP = start_brokers(WORK / "kafka")
intake = Intake(BOOTSTRAP)
good = False
try:
    subprocess.run([PROGRAM, "topics", "apply"], env=intake.env, check=True, capture_output=True)
    subprocess.run([PROGRAM, "db", "migrate"], env=dict(intake.env, LIANOU_DB=BASE.db), check=True, capture_output=True)
    subprocess.run([SOURCE / "ops/kafka/stop", WORK / "kafka"], check=True)
    intake.start()
    s, h, b = intake.ask("GET", "/openapi.json")
    CONTRACT = json.loads(b)
    openapi_spec_validator.validate(CONTRACT)
    assert s == 200 and CONTRACT["openapi"].startswith("3.1")
    answers_of_the_server(intake)
    faults_and_drafts(intake)
    requests_against_contract(intake)
    sent = sorted(keys(intake)) + ["still"]
    second_instance(intake)
    limit(intake, sent, 0)
    full_disk(intake, sent)
    torn_end(intake)
    drains(intake, sent)
    hangs(intake)
    station_list(intake)
    intake.stop()
    assert intake.process.returncode == 0
    good = True
finally:
    if intake.process:
        intake.process.kill()
    BASE.server.kill()
    subprocess.run([SOURCE / "ops/kafka/stop", WORK / "kafka"])
    if good:
        shutil.rmtree(WORK, ignore_errors=True)
    else:
        print("everything stays in", WORK)
