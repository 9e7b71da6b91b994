#!/usr/bin/env python3
"""A case followed from outside, on real Kafka and PostgreSQL: over HTTP and with
`lianou case`, while it moves, and when the ledger's database is gone. The ledger
itself: it refuses to be two, waits for its database, and counts an event that
stands twice as one."""
import concurrent.futures
import gzip
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("CASES_INNER") is None:
    os.environ["CASES_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests/fault"))
from patience import SLOW, until as patiently  # noqa: E402
from brokers import free_port  # noqa: E402
from town import Town  # noqa: E402

CONTRACT = json.load(open(os.path.join(SOURCE, "producers/intake/openapi.json")))


def fits(value, schema, at="$"):
    """The part of JSON Schema that openapi.json uses."""
    if "$ref" in schema:
        node = CONTRACT
        for part in schema["$ref"][2:].split("/"):
            node = node[part]
        return fits(value, node, at)
    for s in schema.get("allOf", ()):
        fits(value, s, at)
    for some in ("oneOf", "anyOf"):
        if some in schema:
            assert any(tried(value, s, at) for s in schema[some]), "%s: %r" % (at, value)
    if "enum" in schema:
        assert value in schema["enum"], "%s: %r" % (at, value)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if "type" in schema:
        want = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert isinstance(value, tuple(kinds[k] for k in want)), "%s: %r is no %s" % (at, value, want)
    if isinstance(value, dict):
        assert not set(schema.get("required", ())) - set(value), "%s lacks %s" % (at, set(schema["required"]) - set(value))
        for k, v in value.items():
            fits(v, schema.get("properties", {}).get(k, {}), at + "." + k)
    for i, v in enumerate(value if isinstance(value, list) else ()):
        fits(v, schema.get("items", {}), "%s[%d]" % (at, i))


def tried(value, schema, at):
    try:
        fits(value, schema, at)
        return True
    except AssertionError:
        return False


def get(url, data=None):
    """(status, headers, JSON)."""
    rq = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"} if data else {})
    try:
        with urllib.request.urlopen(rq, timeout=20) as r:
            return r.status, r.headers, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, e.headers, json.load(e)


def until(town, what, seconds, ask):
    got = patiently(ask, seconds, town.moved)
    assert got, "nothing moved for %d s: %s" % (seconds * SLOW, what)
    return got


class Followed:
    def __init__(self, town):
        self.town = town
        self.url = "http://127.0.0.1:%d" % town.port
        self.forms = town.lianou("generate", "applications", "12", "--seed", "7").stdout.splitlines()
        until(self.town, "the intake answers", 30, self.answers)

    def answers(self):
        try:
            return get(self.url + "/openapi.json")[0] == 200
        except OSError:
            return False

    def submit(self):
        form = self.forms.pop(0)
        status, headers, body = get(self.url + "/v1/applications", form.encode())
        assert status == 202, (status, body)
        assert headers["Location"] == "/v1/applications/" + body["application_id"]
        return form, body["application_id"]

    def application(self, i):
        status, headers, body = get(self.url + "/v1/applications/" + i + "?part=all")
        if status == 200:
            fits(body, {"$ref": "#/components/schemas/Progress"})
        return status, headers, body

    def with_case(self, i):
        """With all of one transaction: the ledger takes each topic by itself."""
        def whole(status, _, b):
            return "items" in b.get("case", {}) and b["case"]["applications"] and b
        return until(self.town, "the case of " + i, 40, lambda: whole(*self.application(i)))


def test_ledger_behind(f):
    """The ledger is not even started: what the intake took it knows, and no more."""
    form, i = f.submit()
    status, _, body = f.application(i)
    assert status == 200 and body["state"] == "accepted" and "case" not in body, (status, body)
    assert f.application(str(uuid.uuid4()))[0] == 404
    print("at once:", body["state"], body["state_text"])
    return form, i


def test_the_way(f, form, i):
    body = f.with_case(i)
    case = body["case"]
    status, _, same = get(f.url + "/v1/cases/" + case["case_id"] + "?part=items")
    assert status == 200 and same["case_id"] == case["case_id"] and len(same["items"]) == len(case["items"])
    assert len(case["items"]) > 50 and case["evaluation"]["same_catalogue"] is True
    for item in case["items"]:
        assert item["reasons"] and item["verdict"]["zh"] and item["department"]["zh"] != item["department"]["code"], item
        assert item["verdict"]["code"] != "UNDETERMINED" or item["missing"], item
        for m in item["missing"]:
            assert m["zh"] and m["en"] and m["suppliers"], m
    assert any(item["changes"] for item in case["items"])
    sums = [item for item in case["items"] if item["amount_fen"] and item["verdict"]["code"] == "ELIGIBLE"]
    assert sums and all(item["working"]["zh"] and item["working"]["en"] for item in sums), sums
    print("items:", {v: sum(x["verdict"]["code"] == v for x in case["items"]) for v in ("ELIGIBLE", "UNDETERMINED", "NOT_ELIGIBLE")})
    return form, i, case


def test_short(f, i, case):
    """What is asked mostly: how it goes, in at most 4 KB; the rest by its part."""
    url = f.url + "/v1/cases/" + case["case_id"]
    with urllib.request.urlopen(url) as answer:
        text = answer.read()
    short = json.loads(text)
    fits(short, {"$ref": "#/components/schemas/CaseShort"})
    assert len(text) <= 4096, len(text)
    started = [a for a in case["assignments"] if a["status"]["code"] == "ASSIGNED"]
    assert len(short["doing"]) + short["more"].get("doing", 0) == len(started), (short["doing"], short["more"])
    assert short["doing"][0]["due"] and short["doing"][0]["department"]["zh"]
    assert len(short["wanted"]) <= 10 and short["not"] and short["not"][0]["why"]["zh"], short
    assert all(w["supplier"] for w in short["wanted"]), short["wanted"]
    fits(get(url + "?part=items")[2], {"$ref": "#/components/schemas/CaseItems"})
    history = get(url + "?part=history")[2]
    assert "items" not in history and history["timeline"]
    status, _, wrong = get(url + "?part=everything")
    assert status == 400 and "items" in wrong["detail"] and wrong["detail_zh"], wrong
    print("in short: %d bytes, %d at work, %d lines missing" % (len(text), len(started), len(short["wanted"])))


def raw(url, **headers):
    """(status, headers, bytes) as they came."""
    rq = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(rq, timeout=60) as r:
            return r.status, r.headers, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def log_rows(f):
    return int(subprocess.run(["psql", "-X", "-q", "-A", "-t", f.town.db, "-c", "SELECT count(*) FROM read_log"],
                              check=True, capture_output=True, text=True).stdout)


def test_kept(f, i, case):
    """Packed for who takes it, no bytes twice for who has them, and each of it a row of the reading log."""
    before, asked = log_rows(f), 0
    for part in ("", "?part=items", "?part=history", "?part=all"):
        url = f.url + "/v1/cases/" + case["case_id"] + part
        s, h, plain = raw(url)
        sp, hp, packed = raw(url, Accept_Encoding="br, gzip")
        assert s == sp == 200 and h["Content-Encoding"] is None and hp["Content-Encoding"] == "gzip", (part, h, hp)
        assert gzip.decompress(packed) == plain and len(packed) * 2 < len(plain), (part, len(packed), len(plain))
        assert h["ETag"] == hp["ETag"] and h["Vary"] == hp["Vary"] == "Accept-Encoding" and h["Cache-Control"] == "no-store", h
        s, h304, nothing = raw(url, If_None_Match=h["ETag"], Accept_Encoding="gzip")
        assert s == 304 and nothing == b"" and h304["ETag"] == h["ETag"], (s, h304.items(), nothing)
        assert raw(url, If_None_Match='"0000000000000000"')[0] == 200
        asked += 4
    assert log_rows(f) == before + asked, (before, asked, log_rows(f))
    for path, want in (("cases/" + str(uuid.uuid4()), 404), ("cases/12", 400)):
        s, h, _ = raw(f.url + "/v1/" + path, If_None_Match="*")
        assert s == want and h["ETag"] is None, (path, s)
    print("packed and known: %d reads, %d rows of the reading log" % (asked, asked))
    return h304["ETag"]


def test_moves_on(f, case, etag):
    """What was kept holds no longer than the ledger says no more."""
    s, h, now = raw(f.url + "/v1/cases/" + case["case_id"] + "?part=all", If_None_Match=etag)
    assert s == 200 and h["ETag"] != etag and json.loads(now)["state"]["code"] == "CLOSED", (s, h["ETag"], etag)
    print("and not what was before the end")


def test_many_readers(f, case):
    """128 at once: each has the case or is told that too many ask; nobody that the ledger is away."""
    url = f.url + "/v1/cases/" + case["case_id"]
    with concurrent.futures.ThreadPoolExecutor(128) as pool:
        answers = list(pool.map(lambda k: raw(url + ("?part=all" if k % 3 else "")), range(512)))
    busy = [(h, b) for s, h, b in answers if s == 503]
    assert {s for s, _, _ in answers} <= {200, 503}, {s for s, _, _ in answers}
    for h, b in busy:
        assert int(h["Retry-After"]) > 0 and h["Content-Type"] == "application/problem+json" and "too many" in json.loads(b)["detail"], b
    assert len(busy) < 512
    print("128 readers: %d answers, %d told to come again" % (512 - len(busy), len(busy)))


def columns(line):
    return sum(2 if ord(c) > 0x2e80 else 1 for c in line)


def test_screen(f, i):
    for lang in ([], ["--en"]):
        screen = f.town.lianou("case", "show", i, *lang).stdout
        lines = screen.rstrip("\n").split("\n")
        assert len(lines) <= 24 and max(map(columns, lines)) <= 80, screen
    print("one screen:\n" + f.town.lianou("case", "show", i).stdout)


def test_masked(form, case):
    text = json.dumps(case, ensure_ascii=False)
    for m in json.loads(form)["members"]:
        for key in ("id_no", "name", "phone", "account", "address"):
            assert not m.get(key) or m[key] not in text, key
    print("masked: no name, number, telephone, account or address of %d members" % len(json.loads(form)["members"]))


def test_refusals(f, case):
    for path, want in (("applications/" + str(uuid.uuid4()), 404), ("cases/" + str(uuid.uuid4()), 404),
                       ("applications/" + case["case_id"], 404), ("cases/" + case["applications"][0]["application_id"], 404),
                       ("applications/12", 400)):
        status, headers, body = get(f.url + "/v1/" + path)
        assert status == want and body["status"] == want, (path, status, body)
        assert "detail_zh" in body and headers["Content-Type"] == "application/problem+json", (body, headers.items())
        assert want != 404 or int(headers["Retry-After"]) > 0
    print("refusals: 404 with Retry-After, 400; both languages")


def test_open(f, i):
    """Nobody has answered yet: all wait, each with its day."""
    case = f.application(i)[2]["case"]
    assert case["state"]["code"] == "OPEN" and case["closed_at"] is None
    waiting = [a for a in case["assignments"] if a["status"]["code"] == "ASSIGNED"]
    assert waiting and len(waiting) == len(case["assignments"]), case["assignments"]
    assert len(case["deadlines"]) == len(waiting) + len(case["verifications"]), case["deadlines"]
    assert not case["decisions"]
    print("open: %d assignments wait, until %s" % (len(waiting), sorted({d["due"] for d in case["deadlines"]})))


def test_find(f, form, i, case):
    """By what a person at the counter says; each find is a row of the reading log, which never has what was said."""
    head = next(m for m in form["members"] if m["head"])
    lianou, why = f.town.lianou, ("--why", "counter, he asks how it goes")
    for what in (head["id_no"], head["id_no"][-6:].lower(), form["channel_reference"]):
        found = json.loads(lianou("case", "find", what, *why, "--json").stdout)["cases"]
        assert [c["case_id"] for c in found] == [case["case_id"]], (what, found)
    found = json.loads(lianou("case", "find", "no such reference", *why, "--json").stdout)["cases"]
    assert found == [], found
    for what, words in (("张三", "sealed"), ("13800000000", "电话号码已加密")):
        r = f.town.lianou("case", "find", what, *why, check=False)
        assert r.returncode != 0 and words in r.stderr, r
    r = f.town.lianou("case", "find", head["id_no"], check=False)
    assert r.returncode != 0 and "--why" in r.stderr, r
    rows = subprocess.run(["psql", "-X", "-q", "-A", "-t", f.town.db, "-c",
                           "SELECT record, fields, purpose FROM read_log WHERE via = 'lianou case find'"],
                          check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(rows) == 4 and not any(head["id_no"][-6:] in str(x) or form["channel_reference"] in str(x) for x in rows), rows
    print("found by number, last six, reference; %d rows of the reading log" % len(rows))


def test_command(f, i, case):
    assert "household_id" not in case
    household = json.loads(f.town.lianou("case", "show", i, "--json").stdout)["household_id"]
    shown = [json.loads(f.town.lianou("case", "show", x, "--json").stdout)["case_id"]
             for x in (i, case["case_id"], household)]
    assert shown == [case["case_id"]] * 3, shown
    screen = f.town.lianou("case", "show", i, "--items").stdout
    for x in case["items"]:
        assert x["item"]["zh"] in screen and x["department"]["zh"] in screen, x
    assert "改变" in screen and household in screen
    assert "[would change it]" in f.town.lianou("case", "show", i, "--items", "--en").stdout
    for query, there in ((["--limit", "50"], True), (["--village", case["division"]["code"]], True),
                         (["--village", "000000"], False)):
        cases = json.loads(f.town.lianou("case", "list", "--json", *query).stdout)["cases"]
        assert (case["case_id"] in [c["case_id"] for c in cases]) == there, (query, cases)
    nobody = f.town.lianou("case", "show", str(uuid.uuid4()), check=False)
    assert nobody.returncode == 1 and "no case" in nobody.stderr, nobody
    print("lianou case: by three ids; list")


def test_whole_life(f, i):
    body = until(f.town, "the case closes", 60, lambda: (lambda b: b["state"] == "closed" and b)(f.application(i)[2]))
    case = body["case"]
    assert {a["status"]["code"][:5] for a in case["assignments"]} <= {"ENDED"}, case["assignments"]
    assert not case["deadlines"] and case["timeline"][-1]["word"]["code"] == "CLOSED", case["timeline"][-1]
    for part in ("assignments", "decisions"):
        assert case[part], part
    print("closed:", {k: len(case[k]) for k in ("assignments", "decisions", "verifications", "payments", "deliveries",
                                                "needs", "timeline")})


def ready(f, role):
    try:
        return get("http://127.0.0.1:%s/readyz" % f.town.env["LIANOU_PORT_" + role])[0] == 200
    except OSError:
        return False


def test_two_ledgers(f):
    """A second one started by mistake ends by itself and leaves the first alone."""
    env = dict(f.town.env, LIANOU_PORT_LEDGER=str(free_port()))
    second = subprocess.run([f.town.program, "run", "ledger"], env=env, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0 and "another ledger writes to this database" in second.stderr, second
    assert f.town.roles["ledger"].poll() is None and ready(f, "LEDGER")
    f.with_case(f.submit()[1])
    print("a second ledger is refused; the first goes on")


def test_database_gone(f):
    log = f.town.dir / "ledger.log"
    lines_before = len(log.read_text().splitlines())
    f.town.server.send_signal(signal.SIGQUIT)
    f.town.server.wait()
    until(f.town, "the ledger says it is not ready", 20, lambda: not ready(f, "LEDGER"))
    _, i = f.submit()  # taken all the same
    status, headers, body = f.application(i)
    assert status == 503 and int(headers["Retry-After"]) > 0 and "台账" in body["detail_zh"], (status, body)
    time.sleep(3)  # several tries
    assert f.town.roles["ledger"].poll() is None
    f.town.start_database()
    until(f.town, "the ledger is ready again", 30, lambda: ready(f, "LEDGER"))
    f.with_case(i)
    said = [x for x in log.read_text().splitlines()[lines_before:] if 'condition="database"' in x]
    assert len(said) == 2, said  # gone, back
    print("the database gone: said once, waited for, gone on")


def main():
    town = Town(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good = False
    try:
        for role in ("intake", "matcher", "dispatch"):
            town.start(role)
        f = Followed(town)
        form, i = test_ledger_behind(f)
        town.start("ledger")
        form, i, case = test_the_way(f, form, i)
        test_short(f, i, case)
        etag = test_kept(f, i, case)
        test_many_readers(f, case)
        test_screen(f, i)
        test_masked(form, case)
        test_refusals(f, case)
        test_find(f, json.loads(form), i, case)
        test_command(f, i, case)
        test_open(f, i)
        test_two_ledgers(f)
        test_database_gone(f)
        town.start("partners")
        test_whole_life(f, i)
        test_moves_on(f, case, etag)
        good = True
    finally:
        town.close(keep=not good)


main()
