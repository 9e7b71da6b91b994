#!/usr/bin/env python3
"""The doors, as those meet them who should not come in: ids that are guessed,
names that are borrowed, cases of others, documents in many spellings, rows of
the reading log that are changed. On real Kafka and PostgreSQL, through the
roles that a county runs."""
import datetime
import hashlib
import hmac
import http.client
import json
import os
import shutil
import struct
import subprocess
import sys
import tty
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("DOORS_INNER") is None:
    os.environ["DOORS_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SOURCE, "tests", d) for d in ("fault", "e2e")]
from intake_role import identity  # noqa: E402
from patience import SLOW, until  # noqa: E402
from town import Town  # noqa: E402

JSON = {"Content-Type": "application/json"}
SYSTEMS_DAY = 12
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-70s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))


def operators():
    """id, name, org, role of those in office."""
    with open(os.path.join(SOURCE, "bus-config/registers/operators.csv")) as f:
        rows = [line.rstrip("\n").split(",") for line in f if line.startswith("op-")]
    return [r for r in rows if r[6] == ""]


class Door:
    def __init__(self, town):
        self.town, self.count = town, 0
        self.assistants = [r for r in operators() if r[3] == "assistant" and len(r[2]) == 12 and r[2].isdigit()]
        until(self.up, 30, town.moved)

    def town_clerk(self):
        """Of the first assistant's town."""
        return next(r for r in operators() if r[3] == "clerk" and r[2] == self.assistants[0][2][:9])

    def up(self):
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.town.port, timeout=60)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            c.request(method, path, data, dict(JSON if data is not None else {}, **(headers or {})))
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def form(self, operator=None, order=None, **changes):
        self.count += 1
        o = operator or self.assistants[0]
        form = {"channel": "SPOKEN", "channel_reference": "door-%d" % self.count, "evidence": {"read_back": "本人确认"},
                "operator": {"operator_id": o[0], "org_code": o[2]}, "division_code": o[2], "consent": True,
                "facts": {"area": "rural", "income_total_fen": 600000},
                "members": [{"id_no": identity(order or self.count), "name": "甲乙", "relation": "0", "head": True}]}
        form.update(changes)
        return form

    def post(self, form, headers=None):
        s, _, b = self.ask("POST", "/v1/applications", form, headers)
        return s, json.loads(b)

    def codes(self, form, headers=None):
        s, b = self.post(form, headers)
        return s, {(f["pointer"], f["code"]) for f in b.get("faults", ())}

    def progress(self, i, headers=None, where="applications", part="all"):
        s, h, b = self.ask("GET", "/v1/%s/%s?part=%s" % (where, i, part), headers=dict({"Lianou-Purpose": "doors"}, **(headers or {})))
        return s, h, b

    def case_of(self, i, headers=None):
        def there():
            s, _, b = self.progress(i, headers)
            case = s == 200 and json.loads(b).get("case")
            return case if case and "items" in case else None  # topics come one by one
        got = until(there, 40, self.town.moved)
        assert got, "no case of %s within %d s" % (i, 40 * SLOW)
        return got


def as_uuid8(digest):
    b = bytearray(digest[:16])
    b[6], b[8] = b[6] & 0x0F | 0x80, b[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(b)))


def guessed_application(channel, reference):
    """What anybody could work out who has read the page of ids."""
    h = hashlib.sha256(b"application\0")
    for part in (channel, reference):
        h.update(struct.pack(">I", len(part.encode())) + part.encode())
    return as_uuid8(h.digest())


def ids_that_leave(door):
    print("ids that leave")
    form = door.form()
    s, body = door.post(form)
    check("an application is taken", s == 202, body)
    mine = body["application_id"]
    guess = guessed_application(form["channel"], form["channel_reference"])
    case = door.case_of(mine)
    s, _, b = door.progress(guess)
    check("nobody computes an application id from its reference", guess != mine and s == 404, (s, b))
    text = json.dumps(json.loads(door.progress(mine)[2]))
    household = json.loads(door.town.lianou("case", "show", mine, "--json").stdout)["household_id"]
    check("an application's answer has no household id", household not in text and "household" not in json.loads(text)["case"], text)
    text = door.progress(case["case_id"], where="cases")[2].decode()
    check("a case's answer has no household id", household not in text and "household_id" not in text, text)


def signed(key, system, method, path, body=b"", key_id=7, at=None, nonce=None):
    """As ops/docs/doors.md tells a system's programmer."""
    date = at or datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    nonce = nonce or os.urandom(16).hex()
    text = "\n".join(("LIANOU-HMAC-SHA256", method, path, date, nonce, hashlib.sha256(body).hexdigest(), ""))
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {"Lianou-Date": date,
            "Authorization": "Lianou-HMAC-SHA256 system=%s, key=%d, nonce=%s, signature=%s" % (system, key_id, nonce, signature)}


def bearer(token):
    return {"Authorization": "Bearer " + token}


def login(door, account, password):
    s, h, b = door.ask("POST", "/v1/sessions", {"account": account, "password": password})
    return s, h, json.loads(b)


def account(door, name, operator, password="a long password " + "7"):
    r = subprocess.run([door.town.program, "account", "add", name, "--operator", operator[0]], env=door.town.env,
                       input=password + "\n", capture_output=True, text=True)
    assert r.returncode == 0, r
    return login(door, name, password)[2]["token"]


def loopback(door):
    """What is open without a word is open to this machine only."""
    print("the loopback")
    check("a program of this machine", door.post(door.form())[0] == 202)
    for header in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"):
        check("behind a proxy (%s): 401" % header, door.post(door.form(), {header: "192.0.2.1"})[0] == 401)
    check("who gives credentials is held to them", door.post(door.form(), bearer("0" * 64))[0] == 401)
    env = dict(door.town.env, LIANOU_HTTP_HOST="0.0.0.0", LIANOU_STATE=str(door.town.dir / "other"), LIANOU_PORT_INTAKE="0")
    for args, said in ((("check",), "http.host"), (("run", "intake"), "beyond this machine")):
        r = subprocess.run([door.town.program, *args], env=env, capture_output=True, text=True, timeout=60)
        check("plain HTTP on every address: lianou %s refuses" % " ".join(args), r.returncode != 0 and said in r.stdout + r.stderr, r)
    warned = door.town.lianou("check", "--warnings").stdout
    check("what is open is named by check --warnings", "http.callers" in warned and "open" in warned, warned[-300:])


def documents(door):
    print("documents")
    households = set()
    for spelling in ("E12345678", "e12345678", " E1234 5678", "E1234-5678"):
        form = door.form()
        form["members"][0].update(id_type="414", id_no=spelling)
        s, b = door.post(form)
        check("a document spelt %r is taken" % spelling, s == 202, b)
        door.case_of(b["application_id"])
        households.add(json.loads(door.town.lianou("case", "show", b["application_id"], "--json").stdout)["household_id"])
    check("and is one household", len(households) == 1, households)
    form = door.form()
    form["members"][0].update(id_type="414", id_no="\uff251234\uff15678")
    check("in full width it is told", door.codes(form) == (422, {("/members/0/id_no", "ID_NUMBER")}), door.codes(form))
    for name in ("  ", "\u3000", "甲\u200b", "甲\u202e乙", "甲\u0007", "甲\u009b"):
        form = door.form()
        form["members"][0]["name"] = name
        check("a name %s is told" % ascii(name), door.codes(form) == (422, {("/members/0/name", "TEXT")}), door.codes(form))
        check("evidence %s is told" % ascii(name), door.codes(door.form(evidence={"read_back": name}))[0] == 422)


def who_helps(door):
    print("who helps, who takes down")
    rows, village = operators(), door.assistants[0][2]

    def by(r, **changes):
        form = door.form(**changes)
        form["operator"] = {"operator_id": r[0], "org_code": r[2]}
        return door.codes(form)

    def of(role, org):
        return next(r for r in rows if r[3] == role and r[2] == org)
    neighbour = {"name": "丙丁", "relation": "邻居", "phone": "00000000009"}
    form = door.form(helped_by=neighbour)
    s, b = door.post(form)
    check("a neighbour helps, by name, relation and telephone", s == 202, b)
    door.case_of(b["application_id"])
    shown = door.town.lianou("case", "show", b["application_id"], "--json").stdout
    detail = subprocess.run(["psql", "-X", "-A", "-t", door.town.db, "-c", "SELECT detail::text FROM event WHERE kind = 'application'"],
                            capture_output=True, text=True).stdout
    check("his name and telephone are nowhere to be read", not [x for x in ("丙丁", "00000000009") if x in shown + detail])
    check("half of it is told", door.codes(door.form(helped_by={"name": "丙丁"})) ==
          (422, {("/helped_by/relation", "MISSING"), ("/helped_by/phone", "MISSING")}))
    may_not = (422, {("/operator/operator_id", "OPERATOR_MAY_NOT")})
    far = next(r for r in door.assistants if r[2][:9] != village[:9])
    check("the village's assistant", by(door.assistants[0])[0] == 202)
    check("another village's assistant may not", by(next(r for r in door.assistants if r[2][:9] == village[:9] and r[2] != village)) == may_not)
    check("another town's assistant may not", by(far) == may_not)
    check("the town's clerk", by(of("clerk", village[:9]))[0] == 202)
    check("another town's clerk may not", by(next(r for r in rows if r[3] == "clerk" and len(r[2]) == 9 and r[2] != village[:9])) == may_not)
    station = next(line.split(",")[1] for line in open(os.path.join(SOURCE, "bus-config/divisions/stations.csv")) if line.startswith(village))
    check("the village's station", by(of("clerk", station))[0] == 202)
    check("another station may not", by(next(r for r in rows if r[3] == "clerk" and len(r[2]) == 12 and r[2] != station)) == may_not)
    check("the county's clerk", by(of("clerk", "371425"))[0] == 202)
    check("a department's clerk may not", by(of("clerk", "RS")) == may_not)
    check("the county's auditor may not", by(of("auditor", "371425")) == may_not)
    form = door.form()
    form["operator"]["org_code"] = village[:9]
    check("an assistant in the town's name may not", door.codes(form) == (422, {("/operator/operator_id", "OPERATOR")}))


def on_a_terminal(door, args):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    p = subprocess.Popen([door.town.program, *args], env=door.town.env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    got = b""
    try:
        while part := os.read(ours, 65536):
            got += part
    except OSError:  # its end
        pass
    os.close(ours)
    return got.decode(), p.wait(60)


def terminal(door):
    """What others wrote never steers the terminal of who looks at it."""
    print("the terminal")
    form = door.form()
    form["a\x1b[2J\x9b31m\u202ekey"] = 1
    s, b = door.post(form)
    check("an unknown field with an escape: told", s == 422, b)
    for args in (("intake", "drafts"), ("intake", "drafts", "show", b["draft"])):
        text, code = on_a_terminal(door, args)
        bad = [c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) <= 0x9f or c in "\u202e\u200b"]
        check("no control character in lianou %s" % " ".join(args[:3]), code == 0 and "key" in text and not bad, ascii(text)[:300])


def callers(door):
    print("callers")
    town, me, other = door.town, door.assistants[0], door.assistants[1]
    s, h, b = door.ask("POST", "/v1/applications", door.form())
    check("nobody in particular: 401, problem+json", s == 401 and h["content-type"] == "application/problem+json", (s, b))
    check("it says how", "www-authenticate" in h and json.loads(b)["detail_zh"], (h, b))
    check("reads as well", door.progress(str(uuid.uuid4()))[0] == 401)
    for name, args, text in (("short", ["add", "aa", "--operator", me[0]], "short"), ("no such operator",
                             ["add", "aa", "--operator", "op-999999"], "a long password 7"), ("no operator", ["add", "aa"], "")):
        r = subprocess.run([town.program, "account", *args], env=town.env, input=text + "\n", capture_output=True, text=True)
        check("account add refused: " + name, r.returncode == 2 and r.stderr, r)
    token = account(door, "li.one", me)
    again = subprocess.run([town.program, "account", "add", "li.two", "--operator", me[0]], env=town.env,
                           input="a long password 7\n", capture_output=True, text=True)
    check("one operator, one account", again.returncode == 1, again)
    s, h, b = login(door, "li.one", "a long password 7")
    check("a session is HttpOnly, SameSite", s == 201 and "HttpOnly" in h["set-cookie"] and "SameSite=Strict" in h["set-cookie"], h)
    cookie = {"Cookie": "a=b; " + h["set-cookie"].split(";")[0]}
    form = door.form()
    check("a person applies", door.post(form, bearer(token))[0] == 202)
    check("by cookie too", door.post(door.form(), cookie)[0] == 202)
    alone = door.form()
    del alone["operator"]
    check("who took it down comes from the session", door.post(alone, bearer(token))[0] == 202)
    s, codes = door.codes(door.form(other), bearer(token))
    check("somebody else's name is refused", s == 422 and ("/operator/operator_id", "OPERATOR_NOT_YOU") in codes, (s, codes))
    check("a token that is none", door.post(door.form(), bearer("0" * 64))[0] == 401)
    check("a changed token", door.post(door.form(), bearer(token[:-1] + ("0" if token[-1] != "0" else "1")))[0] == 401)
    s = door.ask("DELETE", "/v1/sessions", headers=cookie)[0]
    check("logged out", s == 204 and door.post(door.form(), cookie)[0] == 401, s)
    check("another session of the same person goes on", door.post(door.form(), bearer(token))[0] == 202)
    s1, h1, b1 = door.ask("POST", "/v1/sessions", {"account": "li.one", "password": "wrong wrong wrong"})
    s2, h2, b2 = door.ask("POST", "/v1/sessions", {"account": "nobody.here", "password": "wrong wrong wrong"})
    check("a wrong password and no account: the same bytes", s1 == s2 == 401 and b1 == b2, (b1, b2))
    for _ in range(4):
        login(door, "li.one", "wrong wrong wrong")
    check("after five wrong ones it waits, with the right one too", login(door, "li.one", "a long password 7")[0] == 401)
    listed = town.lianou("account", "list").stdout
    check("account list says so", "waiting" in listed and me[0] in listed and "argon" not in listed, listed)
    r = subprocess.run([town.program, "account", "passwd", "li.one"], env=town.env, input="another password 8\n",
                       capture_output=True, text=True)
    check("a new password lets him in at once", r.returncode == 0 and login(door, "li.one", "another password 8")[0] == 201, r)
    town.lianou("account", "disable", "li.one")
    check("a disabled account: none", login(door, "li.one", "another password 8")[0] == 401)
    town.lianou("account", "enable", "li.one")
    systems(door)


def systems(door):
    key, form = bytes.fromhex(door.secret), door.form()
    body = json.dumps(form).encode()
    path = "/v1/applications"
    head = signed(key, "callcentre", "POST", path, body)
    check("a system applies", door.ask("POST", path, body, head)[0] == 202)
    check("its signed request counts once", door.ask("POST", path, body, head)[0] == 401)
    check("of another body", door.ask("POST", path, body.replace(b"rural", b"urban"), signed(key, "callcentre", "POST", path, body))[0] == 401)
    check("of another path", door.ask("POST", path, body, signed(key, "callcentre", "POST", "/v1/x", body))[0] == 401)
    check("with another's key", door.ask("POST", path, body, signed(os.urandom(32), "callcentre", "POST", path, body))[0] == 401)
    check("in another's name", door.ask("POST", path, body, signed(key, "MZ", "POST", path, body))[0] == 401)
    check("of an hour ago", door.ask("POST", path, body, signed(key, "callcentre", "POST", path, body, at="2026-01-01T00:00:00+08:00"))[0] == 401)
    check("half a header", door.ask("POST", path, body, {"Authorization": "Lianou-HMAC-SHA256 system=callcentre"})[0] == 401)
    mine = json.loads(door.ask("POST", path, body, signed(key, "callcentre", "POST", path, body))[2])["application_id"]
    s, theirs = door.post({k: v for k, v in form.items() if k != "operator"}, bearer(door.clerk))
    check("another sender's reference is another application", s == 202 and theirs["application_id"] != mine, (s, theirs))


def systems_limited(door):
    """http.systems_day is SYSTEMS_DAY here."""
    key, path = bytes.fromhex(door.many), "/v1/applications"

    def sent(form, key=key, name="many", key_id=9):
        body = json.dumps(form).encode()
        return door.ask("POST", path, body, signed(key, name, "POST", path, body, key_id))
    forms = [door.form() for _ in range(SYSTEMS_DAY + 1)]
    slips = [sent(dict(door.form(), division_code="1"))[0] for _ in range(SYSTEMS_DAY + 1)]
    got = [sent(f)[0] for f in forms]
    check("a system sends so many a day, slips of the pen not counted, then 429", (slips, got) == (
        [422] * (SYSTEMS_DAY + 1), [202] * SYSTEMS_DAY + [429]), (slips, got))
    s, h, b = sent(forms[-1])
    told = json.loads(b)
    check("it is told when again, as a problem, in both languages", s == 429 and 86000 < int(h["retry-after"]) <= 86401
          and h["content-type"].startswith("application/problem+json") and told["status"] == 429
          and "one system" in b.decode() and "本系统" in b.decode(), (s, h, b))
    check("the same once more is still answered", sent(forms[0])[0] == 202)
    check("another system has its own", sent(door.form(), bytes.fromhex(door.mz), "MZ", 8)[0] == 202)


def reads(door):
    print("whose case")
    town, village = door.town, door.assistants[0][2]
    rows = operators()
    clerk = {org: next(r for r in rows if r[2] == org and r[3] != "assistant")
             for org in ("371425", village[:9], "MZ", "RS", "TW", next(r[2] for r in rows if r[3] == "clerk" and len(r[2]) == 9
                                                                    and r[2] != village[:9]))}
    far = list(clerk)[-1]
    tokens = {org: door.clerk if org == village[:9] else account(door, "of." + org, r) for org, r in clerk.items()}
    mine = login(door, "li.one", "another password 8")[2]["token"]
    other = account(door, "li.other", door.assistants[1])
    form = door.form(facts={"area": "rural", "income_total_fen": 100000, "head_ill": True})
    form["facts"].pop("head_ill")
    i = door.post(form, bearer(mine))[1]["application_id"]
    check("a moment ago: he who sent it", door.progress(i, bearer(mine))[0] == 200)
    check("a moment ago: another does not see it", door.progress(i, bearer(other))[0] == 404)
    door.case_of(i, bearer(mine))
    until(lambda: town.audit()["unread"] == 0, 30, town.moved)
    case = door.case_of(i, bearer(mine))
    check("the village's assistant", door.progress(case["case_id"], bearer(mine), "cases")[0] == 200)
    nothing = str(uuid.uuid4())
    h1 = door.progress(case["case_id"], bearer(mine), "cases")[1]
    for name, token in (("another village's assistant", other), ("another town", tokens[far])):
        for where, there in (("applications", i), ("cases", case["case_id"])):
            s, h, b = door.progress(there, bearer(token), where)
            s0, h0, b0 = door.progress(nothing, bearer(token), where)
            h.pop("date"), h0.pop("date")
            check("%s: %s as what there is not, byte for byte" % (name, where), (s, h, b) == (s0, h0, b0) and s == 404, (s, b))
            for has in ("*", h1["etag"]):  # kept for who may, and asked for a second time
                again, ha, ba = door.progress(there, dict(bearer(token), **{"If-None-Match": has, "Accept-Encoding": "gzip"}), where)
                ha.pop("date")
                check("%s: %s neither as what he has" % (name, where), (again, ha, ba) == (s0, h0, b0), (again, ha))
    check("the town", door.progress(i, bearer(tokens[village[:9]]))[0] == 200)
    check("the county", door.progress(i, bearer(tokens["371425"]))[0] == 200)
    departments = {a["department"]["code"] for a in case["assignments"]}
    for org in ("MZ", "RS", "TW"):
        s, _, b = door.progress(case["case_id"], bearer(tokens[org]), "cases")
        if org not in departments:
            check("%s, with nothing to do there: 404" % org, s == 404, s)
            continue
        seen = json.loads(b)
        if s != 200:
            check("%s sees its items" % org, False, (s, b))
            continue
        foreign = [(part, x) for part in ("items", "assignments", "decisions") for x in seen[part] if x["department"]["code"] != org]
        check("%s sees its items and no other's" % org, s == 200 and seen["items"] and not foreign, (s, foreign[:2]))
        codes = {x["item"]["code"] for x in case["items"] if x["department"]["code"] != org}
        short = door.ask("GET", "/v1/cases/" + case["case_id"], headers=dict(bearer(tokens[org]), **{"Lianou-Purpose": "doors"}))[2]
        check("%s: nor in short" % org, len(short) <= 4096 and not [c for c in codes if '"%s"' % c in short.decode()]
              and "wanted" not in json.loads(short), short)
        check("%s: no word of others' items" % org, not [c for c in codes if '"%s"' % c in b.decode()])
    for system, key, want in (("MZ", door.mz, 200 if "MZ" in departments else 404), ("callcentre", door.secret, 404)):
        path = "/v1/cases/" + case["case_id"]
        s = door.ask("GET", path, headers=signed(bytes.fromhex(key), system, "GET", path, key_id=8 if system == "MZ" else 7))[0]
        check("system %s: %d" % (system, want), s == want, s)
    purposes(door, i, case, mine)
    strangers(door, mine, other)
    resident(door, i, form)
    limited(door)
    guesses(door)


def series(door):
    """What an alarm goes by: {name and labels: value} of reads."""
    text = door.ask("GET", "/metrics")[2].decode()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("lianou_reads")}


def purposes(door, i, case, mine):
    before = door.town.audit()["reads"]
    for where, what in (("applications", i), ("cases", case["case_id"])):
        for said in ({}, {"Lianou-Purpose": ""}, {"Lianou-Purpose": "  "}):
            s, h, b = door.ask("GET", "/v1/%s/%s" % (where, what), headers=dict(bearer(mine), **said))
            check("a person who does not say what for reads nothing: %s %r" % (where, said), s == 400 and "Lianou-Purpose" in
                  json.loads(b)["detail"] and json.loads(b)["detail_zh"], (s, b))
    check("and no row is written", door.town.audit()["reads"] == before)
    was = series(door)
    s, _, _ = door.progress(i, bearer(mine))
    path = "/v1/cases/" + case["case_id"]
    door.ask("GET", path, headers=signed(bytes.fromhex(door.mz), "MZ", "GET", path, key_id=8))
    def purpose():
        return subprocess.run(["psql", "-X", "-A", "-t", door.town.db, "-c", "SELECT purpose FROM read_log WHERE who = 'system MZ' ORDER BY n DESC LIMIT 1"],
                              capture_output=True, text=True, check=True).stdout.strip()
    registered = "办理本单位事项 what it was assigned"
    check("a system reads for what it was registered for", purpose() == registered, purpose())
    door.ask("GET", path, headers=dict(signed(bytes.fromhex(door.mz), "MZ", "GET", path, key_id=8), **{"Lianou-Purpose": "audit"}))
    check("what it says itself stands behind that", purpose() == registered + "; audit", purpose())
    now = series(door)
    moved = {k: now[k] - was.get(k, 0) for k in now if now[k] != was.get(k, 0)}
    check("reads are counted, those of systems without a purpose apart", s == 200 and moved.get(
        'lianou_reads_total{who="person",purpose="said"}') == 1 and moved.get('lianou_reads_total{who="system",purpose="unsaid"}') == 1, moved)
    for _ in range(205):
        door.progress(i, bearer(mine), part="history")
    moved = series(door).get("lianou_reads_bulk_total", 0) - was.get("lianou_reads_bulk_total", 0)
    check("who reads in bulk is counted: %d" % moved, moved > 0, moved)


def strangers(door, mine, other):
    """Who knows a number applies with it while its household has an open case."""
    order = door.count + 500
    def person(**more):
        return [dict({"id_no": identity(order), "name": "甲乙", "relation": "0", "head": True, "phone": "13800000001"}, **more)]
    i = door.post(door.form(order=order, members=person()), bearer(mine))[1]["application_id"]
    door.case_of(i, bearer(mine))
    until(lambda: door.town.audit()["unread"] == 0, 30, door.town.moved)
    before = door.case_of(i, bearer(mine))
    poor = {"area": "rural", "income_total_fen": 0}
    far = door.form(door.assistants[1], order=order, members=person(phone="13900000009"), consent=False, facts=poor)
    web = door.form(order=order, members=person(phone="13900000009"), consent=False, facts=poor, channel="WEB", evidence=None)
    del web["operator"]
    s, one = door.post(far, bearer(other))
    body, path = json.dumps(web, ensure_ascii=False).encode(), "/v1/applications"
    s2, _, two = door.ask("POST", path, body, signed(bytes.fromhex(door.secret), "callcentre", "POST", path, body))
    check("both are taken, as if there were no such household", (s, s2) == (202, 202), (one, two))
    one, two = one["application_id"], json.loads(two)["application_id"]

    def seen():
        case = door.case_of(i, bearer(mine))
        aside = {a["application_id"]: a for a in case["applications"] if a.get("aside")}
        return (case, aside) if {one, two} <= set(aside) else None
    got = until(seen, 40, door.town.moved)
    check("the case's village sees both, set aside", got and set(got[1]) == {one, two} and
          got[1][one]["operator"] == door.assistants[1][0], got)
    after = got[0] if got else before
    notes = sorted(x["note"]["code"] for x in after["timeline"] if x["word"] and x["word"]["code"] == "ATTENTION")
    check("and why", notes == ["APPLICANT_DIFFERS", "DIVISION_DIFFERS"], notes)
    same = ("evaluations", "evaluation", "items", "assignments", "members", "verifications", "division")
    check("nothing of them counts: facts, consent, members, village", all(before.get(k) == after.get(k) for k in same),
          [k for k in same if before.get(k) != after.get(k)])
    s, _, b = door.progress(one, bearer(other))
    check("who sent it learns of no case", s == 200 and json.loads(b)["state"] == "accepted" and "case" not in json.loads(b), (s, b))
    for what in (one, two):
        s, _, b = door.ask("POST", "/v1/progress", {"application_id": what, "id_last": identity(order)[-6:]})
        check("nor does who knows the number", s == 200 and "case" not in json.loads(b), (s, b))
    audit = door.town.audit()
    check("nothing is lost", (audit["lost"], audit["duplicated"], audit["torn"]) == (0, 0, 0), audit)


def resident(door, i, form):
    def own(application, last):
        return door.ask("POST", "/v1/progress", {"application_id": application, "id_last": last})
    number = form["members"][0]["id_no"]
    s, _, b = own(i, number[-6:])
    check("the resident with the last six characters", s == 200 and json.loads(b)["application_id"] == i, (s, b[:200]))
    check("no number in it", number not in b.decode() and number[-6:] not in b.decode())
    wrong, unknown = own(i, "000000"), own(str(uuid.uuid4()), "000000")
    check("wrong ones and no application: the same bytes", wrong[0] == unknown[0] == 404 and wrong[2] == unknown[2], (wrong, unknown))
    fresh = str(uuid.uuid4())
    there = [own(i, "00000%d" % k)[0] for k in range(4)]
    none = [own(fresh, "00000%d" % k)[0] for k in range(5)]
    check("guessing waits", there == [404, 404, 429, 429], there)
    check("guessing at nothing waits likewise", none == [404, 404, 404, 429, 429], none)
    s, h, _ = own(i, number[-6:])
    check("then the right ones, too; it says how long", s == 429 and int(h["retry-after"]) > 3000, (s, h))
    check("in another spelling of the id", own(i.upper(), "000000")[0] in (400, 429))


def guesses(door):
    """Who tries the last six characters of one application after the other: sixty a day from one address."""
    def wrong():
        s, h, _ = door.ask("POST", "/v1/progress", {"application_id": str(uuid.uuid4()), "id_last": "000000"})
        return s, int(h.get("retry-after", 0))
    got = [wrong() for _ in range(500)]
    taken = [s for s, _ in got].count(404)
    waits = {wait for s, wait in got if s == 429}
    check("500 guesses are a matter of days: %d were taken" % taken, 30 < taken <= 60 and taken + [s for s, _ in got].count(429) == 500
          and min(waits) > 23 * 3600, (taken, sorted(waits)[:2]))


def limited(door):
    token = account(door, "li.many", door.assistants[2])
    slips = [door.post(dict(door.form(door.assistants[2]), division_code="1"), bearer(token))[0] for _ in range(5)]
    once = door.form(door.assistants[2])
    same = [door.post(once, bearer(token))[0] for _ in range(5)]
    check("slips of the pen, and the same once more, are not counted", (slips, same) == ([422] * 5, [202] * 5), (slips, same))
    got = [door.post(door.form(door.assistants[2]), bearer(token))[0] for _ in range(41)]
    check("forty applications an hour, then 429", got == [202] * 39 + [429] * 2, got)
    check("the same once more is still answered", door.post(once, bearer(token))[0] == 202)


def reading_log(door):
    print("the reading log")
    town = door.town

    def sql(text):
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", town.db, "-c", text], capture_output=True, text=True)
    token = login(door, "li.one", "another password 8")[2]["token"]
    i = door.post(door.form(), bearer(token))[1]["application_id"]
    door.case_of(i, bearer(token))
    before = town.audit()
    door.progress(i, dict(bearer(token), **{"Lianou-Purpose": "visit"}))
    town.lianou("case", "show", i, "--why", "complaint 12")
    door.progress(str(uuid.uuid4()), bearer(token))
    after = town.audit()
    check("a read over HTTP and one at the command are two rows", after["reads"] == before["reads"] + 2, (before, after))
    rows = sql("SELECT who, via, purpose, record, fields FROM read_log ORDER BY n DESC LIMIT 2").stdout.splitlines()
    check("who, by what, what for, whose", rows[1] == "account li.one|GET /v1/applications/{id}|visit|%s|progress" % i
          and rows[0].startswith("user ") and "|lianou case show|complaint 12|%s|case" % i in rows[0], rows)
    check("the chain holds", after["reads_broken"] == 0, after)
    for what in ("UPDATE read_log SET who = 'nobody' WHERE n = 2", "DELETE FROM read_log WHERE n = 2", "TRUNCATE read_log"):
        r = sql(what)
        check("only grows: " + what.split()[0], r.returncode != 0 and "only grows" in r.stderr, r)
    n = after["reads"]
    for what, back, found in (
            ("UPDATE read_log SET who = 'nobody' WHERE n = 3", "UPDATE read_log SET who = (SELECT who FROM kept WHERE n = 3) WHERE n = 3", 3),
            ("DELETE FROM read_log WHERE n = 4", "INSERT INTO read_log SELECT * FROM kept WHERE n = 4", 4),
            ("DELETE FROM read_log WHERE n = %d" % n, "INSERT INTO read_log SELECT * FROM kept WHERE n = %d" % n, n),
            ("UPDATE read_log SET n = CASE n WHEN 2 THEN -3 ELSE -2 END WHERE n IN (2, 3); UPDATE read_log SET n = -n WHERE n < 0",
             "DELETE FROM read_log WHERE n IN (2, 3); INSERT INTO read_log SELECT * FROM kept WHERE n IN (2, 3)", 2)):
        sql("CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM read_log")
        r = sql("SET session_replication_role = replica; " + what)
        audit = town.audit()
        code = town.lianou("audit", check=False)
        check("found and named: " + what[:44], r.returncode == 0 and audit["reads_broken"] == found and code.returncode == 1, (r, audit, code))
        r = sql("SET session_replication_role = replica; " + back)
        check("put back, it holds", r.returncode == 0 and town.audit()["reads_broken"] == 0, r)


def few_a_day(town):
    """The county's folder with a low limit of a system's applications."""
    folder = town.dir / "few"
    shutil.copytree(os.path.join(SOURCE, "bus-config"), folder)
    text = (folder / "bus.yaml").read_text()
    assert "\nhttp:\n" in text
    (folder / "bus.yaml").write_text(text.replace("\nhttp:\n", "\nhttp:\n  systems_day: %d\n" % SYSTEMS_DAY))
    return folder


def main():
    town = Town(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good = False
    try:
        secret = os.urandom(32).hex()
        ring = town.dir / "callers"
        mz, many = os.urandom(32).hex(), os.urandom(32).hex()
        ring.write_text("7 callcentre %s\n8 MZ %s\n9 many %s\n" % (secret, mz, many))
        ring.chmod(0o600)
        town.env["LIANOU_CALLERS"] = str(ring)
        for role in ("intake", "matcher", "ledger"):
            town.start(role)
        door = Door(town)
        for part in (ids_that_leave, loopback, documents, who_helps, terminal):
            part(door)
        # From here on everybody says who he is.
        town.env.update(LIANOU_HTTP_CALLERS="named", LIANOU_CONFIG=str(few_a_day(town)))
        town.roles["intake"].terminate()
        town.roles["intake"].wait()
        town.start("intake")
        until(door.up, 30, town.moved)
        door.secret, door.mz, door.many = secret, mz, many
        door.clerk = account(door, "town.clerk", door.town_clerk())
        for part in (callers, systems_limited, reads, reading_log):
            part(door)
        good = not faults
    finally:
        town.close(keep=not good)
    print("%d faults%s" % (len(faults), "".join("\n  " + f for f in faults)))
    sys.exit(bool(faults))


main()
