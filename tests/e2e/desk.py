#!/usr/bin/env python3
"""The desk, as people without any other system use it: an assistant signs in and applies through pages, a resident
follows, an officer finds the application in his queue, records a step and decides under his office's seal. And as
those meet it who should not: no token, another's session, another office's case, script in every field. Plain HTTP,
no script, on real Kafka and PostgreSQL."""
import html
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse
import uuid

os.environ.setdefault("LIANOU_PROCESS_FROM", "2020-01-01")  # decisions need their steps
from county import SOURCE, Bus, identity  # noqa: E402
from patience import until  # noqa: E402
from brokers import free_port  # noqa: E402
from submitted import submitted  # noqa: E402
from telephone import set_up  # noqa: E402

SCRIPT = "\"><script>alert('x')</script>"
PASSWORD = "a long password 7"
CSP = "default-src 'none'"
faults, SENT = [], []


def check(what, holds, got=""):
    print("  %-82s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:600],)), flush=True)
    if not holds:
        faults.append(what)


class Browser:
    """Cookies, and forms as a browser without scripts sends them."""

    seen = 0

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def ask(self, method, path, fields=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        h = {"Cookie": "; ".join("%s=%s" % x for x in self.cookies.items())} if self.cookies else {}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            h["Content-Type"] = "application/x-www-form-urlencoded"
        c.request(method, path, body, dict(h, **(headers or {})))
        r = c.getresponse()
        self.status, self.text = r.status, r.read().decode()
        self.headers = r.getheaders()
        self.set = [v for k, v in self.headers if k.lower() == "set-cookie"]
        for v in self.set:
            name, _, value = v.split(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in v:
                del self.cookies[name]
        got = dict(self.headers)
        self.place = got.get("Location")
        Browser.seen += 1
        if not (got.get("Content-Security-Policy", "").startswith(CSP) and got.get("X-Content-Type-Options") == "nosniff" and
                got.get("X-Frame-Options") == "DENY" and got.get("Referrer-Policy") == "same-origin"):
            check("security headers of %s %s (%d)" % (method, path, r.status), False, got)
        if "<script" in self.text or re.search(r"\son\w+=\"|\sstyle=\"|javascript:", self.text):
            check("no script in %s %s" % (method, path), False, self.text)
        return self

    def get(self, path):
        return self.ask("GET", path)

    def pairs(self):
        """Of the last form of the page: names and values as they stand."""
        form = re.findall(r"<form.*?</form>", self.text, re.S)[-1]
        out = []
        for m in re.finditer(r"<input([^>]*)>|<select[^>]*name=\"([^\"]*)\"[^>]*>(.*?)</select>", form, re.S):
            if m.group(2) is None:
                a = dict(re.findall(r'(\w+)="([^"]*)"', m.group(1)))
                if a.get("type") != "radio" or m.group(1).endswith(" checked"):
                    out.append((html.unescape(a["name"]), html.unescape(a.get("value", ""))))
            else:
                chosen = re.search(r'<option value="([^"]*)" selected', m.group(3)) or re.search(r'<option value="([^"]*)"', m.group(3))
                out.append((html.unescape(m.group(2)), html.unescape(chosen.group(1)) if chosen else ""))
        return out

    def fields(self):
        return dict(self.pairs())

    def send(self, path, headers=None, **changes):
        new = {k.replace("__", "/"): v for k, v in changes.items()}
        return self.ask("POST", path, [x for x in self.pairs() if x[0] not in new] + list(new.items()), headers)


def operator(org, role):
    for line in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines():
        x = line.split(",")
        if len(x) > 6 and x[2] == org and x[3] == role and x[6] == "":
            return x
    raise LookupError(org)


def assistant_of_village():
    line = next(x for x in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines()
                if x.endswith(",") and x.split(",")[3:4] == ["assistant"] and len(x.split(",")[2]) == 12)
    return line.split(",")


def operator_elsewhere(village):
    """An assistant of another town."""
    for line in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines():
        x = line.split(",")
        if len(x) > 6 and x[3] == "assistant" and x[6] == "" and len(x[2]) == 12 and x[2][:9] != village[:9]:
            return x
    raise LookupError(village)


def signed_in(bus, port, name, op):
    subprocess.run([bus.town.program, "account", "add", name, "--operator", op[0]], env=bus.town.env, input=PASSWORD + "\n",
                   text=True, check=True, capture_output=True)
    b = Browser(port)
    b.get("/sign-in?to=/queue").send("/sign-in", account=name, password=PASSWORD)
    assert b.status == 303, (b.status, b.text)
    return b


def public(port):
    b = Browser(port).get("/")
    check("GET / is a page in Chinese", b.status == 200 and '<html lang="zh-CN">' in b.text and "救助" in b.text, b.text[:300])
    b.get("/?lang=en")
    check("?lang=en is English, and a cookie keeps it", "Sign in" in b.text and any("HttpOnly" in c and "SameSite=Lax" in c for c in b.set), b.set)
    check("the next page is English, too", "Kinds of assistance" in b.get("/catalogue").text)
    check("64 items", len(re.findall(r'<th scope="row"><a href="/catalogue/', b.text)) == 64)
    b.get("/catalogue/MZ01?lang=zh")
    check("an item says conditions, standard, who and how long",
          all(w in b.text for w in ("低保标准", "由谁决定", "民政局", "30 个工作日")), b.text)
    b.get("/catalogue?type=large")
    check("large type is kept by a cookie", '<html lang="zh-CN" class="large">' in b.text and 'href="/catalogue?type=normal"' in b.text and
          '" class="large">' in b.get("/").text and '" class="large">' not in b.get("/?type=normal").text and 'class="large"' not in b.get("/").text, b.set)
    check("no type of others: as before", 'class="large"' not in b.get("/?type=%22%3E%3Cscript%3E").text, b.text)
    missing = b.get("/catalogue/" + urllib.parse.quote(SCRIPT))
    check("no such item: 404 as a page", missing.status == 404 and "没有这一页" in b.text)
    css = Browser(port).get("/style/desk.css")
    etag = dict(css.headers)["ETag"]
    check("the stylesheet has an ETag", css.status == 200 and Browser(port).ask("GET", "/style/desk.css", headers={"If-None-Match": etag}).status == 304)
    check("what is not public leads to signing in", Browser(port).get("/apply").place == "/sign-in?to=/apply" and b.get("/queue").status == 303)
    b.get("/sign-in?to=//evil.example/")
    check("no way to elsewhere", 'name="to" value="/"' in b.text, b.text)


def signing_in(bus, port, name, op):
    b = Browser(port).get("/sign-in?to=/apply")
    f = b.fields()
    check("a form without its token is refused", Browser(port).ask("POST", "/sign-in", {"account": name, "password": PASSWORD}).status == 403)
    other = Browser(port).get("/sign-in")
    check("nor with another visitor's", b.ask("POST", "/sign-in", dict(f, csrf=other.fields()["csrf"], account=name, password=PASSWORD)).status == 403)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        b.ask("POST", "/sign-in", dict(f, account=name, password=PASSWORD), headers)
        check("nor from elsewhere: %s" % headers, b.status == 403, b.text)
    b.ask("POST", "/sign-in", dict(f, account=SCRIPT, password="x"))
    check("a wrong one is told so, and nothing more", b.status == 401 and "&lt;script&gt;" in b.text, b.text)
    signed = signed_in(bus, port, name, op)
    cookie = next(c for c in signed.set if c.startswith("lianou_session="))
    check("the session's cookie is HttpOnly and SameSite=Strict", "HttpOnly" in cookie and "SameSite=Strict" in cookie, cookie)
    return signed


def questions(b, number):
    """One question a page, only of what can decide something."""
    b.get("/apply").send("/apply", go="questions", __members__0__name="甲" + SCRIPT, __members__0__id_no=number)
    said, largest, before = {}, 0, None
    for _ in range(80):
        asked = re.search(r'<input type="hidden" name="asked" value="([^"]+)">\s*<(?:fieldset|p)', b.text)
        if not asked:
            break
        fact = asked.group(1)
        if len(said) == 3:
            before = fact
            b.send("/apply", go="question-before")
            again = re.search(r'name="asked" value="([^"]+)">\s*<(?:fieldset|p)', b.text).group(1)
            check("the question before comes back, without its answer", again == list(said)[-1] and 'checked' not in b.text, (again, said))
            b.send("/apply", go="questions")
            check("and the one behind it again", 'value="%s"' % before in b.text, b.text)
        check("question %s: once, with 不清楚, about something" % fact, fact not in said and "不清楚" in b.text and
              re.search(r"与 [1-9]\d* 项救助", b.text) and b.status == 200, b.text)
        largest = max(largest, len(b.text.encode()))
        names = sorted(set(re.findall(r'<input(?: type="radio")? (?:id="[^"]*" )?name="(/[^"]*)"', b.text)))
        values = [v for v in re.findall(r'type="radio" name="[^"]*" value="([^"]*)"', b.text)]
        said[fact] = "false" if "false" in values else "0" if not values else ""
        b.send("/apply", go="questions", **({n.replace("/", "__"): said[fact] for n in names} if fact != "member.serious_illness" else
                                            {n.replace("/", "__"): "true" for n in names}))
    check("asking ends (%d questions), and the answers are checked" % len(said), 8 < len(said) < 80 and "第4步" in b.text and
          "&lt;script&gt;" in b.text, (list(said), b.text))
    check("what decides is among it, what is shared by departments is last", "member.serious_illness" in said, said)
    check("a question's page is at most 8 KB: %d" % largest, largest <= 8192)
    check("each answer leads to where it is changed", 'name="go" value="household">修改' in b.text, b.text)


def drafts(bus, b, port, number):
    """Kept at each step, opened by who knows both things, sealed, and gone once it was sent."""
    b.get("/apply").send("/apply", go="household", __members__0__name="甲", __members__0__id_no=number, __members__0__phone="13800000001")
    found = re.search(r"编号 ([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})", b.text)
    check("a step is kept as a draft with a number", found, b.text)
    b.send("/apply", go="people", __facts__area="rural", __facts__power_meter=SCRIPT)
    b.get("/apply/resume").send("/apply/resume", number=found.group(1), id_last="000000")
    check("not opened with the wrong end of the document", b.status == 404 and "没有与此编号" in b.text and "13800000001" not in b.text, b.text)
    b.send("/apply/resume", number=SCRIPT[:20], id_last=number[-6:])
    check("nor with no number", b.status == 404 and "&lt;scr" in b.text, b.text)
    check("nor without the token", b.ask("POST", "/apply/resume", {"number": found.group(1), "id_last": number[-6:]}).status == 403)
    b.get("/apply/resume").send("/apply/resume", number=found.group(1), id_last=number[-6:])
    check("opened with both, where it was left, with all of it", b.status == 200 and "第3步" in b.text and 'value="13800000001"' in b.text and
          "&lt;script&gt;" in b.text, b.text)
    rows = database(bus, "SELECT position(convert_to('13800000001', 'UTF8') IN sealed), position(convert_to('%s', 'UTF8') IN sealed), "
                    "account FROM desk_draft" % number)
    check("the database has it sealed", rows == ["0|0|village.one"], rows)
    check("and the look at it is in the reading log", "account village.one|POST /apply/resume|to apply" in database(
        bus, "SELECT who, via, purpose FROM read_log ORDER BY n"))


def database(bus, query):
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c", query], capture_output=True, text=True, check=True).stdout.splitlines()


def apply(b, number, reference_again=None):
    b.get("/apply")
    check("the first step asks for people", b.status == 200 and "/members/0/name" in b.text, b.text[:400])
    b.send("/apply", go="add", __members__0__name="甲" + SCRIPT, __members__0__id_no="123" + SCRIPT, __members__0__phone=SCRIPT,
           __members__0__address=SCRIPT, __members__0__account=SCRIPT, __members__0__account_holder=SCRIPT)
    check("a second person, and what was written stays, escaped", "/members/1/name" in b.text and b.text.count("&lt;script&gt;") == 6, b.text)
    b.get("/apply").send("/apply", go="household", __members__0__name="甲", __members__0__id_no=number[:-1] + ("1" if number[-1] != "1" else "2"),
                         __members__0__phone="13800000000", __members__0__bank_code="nongshang",
                         __members__0__account="6222000000000000", __members__0__account_holder="甲")
    check("the second asks for the household", "/facts/income_total_fen" in b.text and "不清楚" in b.text, b.text[:400])
    facts = dict(area="rural", registered_in_county="true", status="none", income_total_fen="1,200.00", deposit_fen="0", securities_fen="0",
                 vehicle_count="0", house_count="1", event_shock="illness", basic_life_broken="true", spend_medical_fen="40000",
                 medical_out_of_pocket_fen="30000.00", event_cost_fen="abc", power_meter=SCRIPT)
    b.send("/apply", go="people", **{"__facts__" + k: v for k, v in facts.items()})
    people = dict(life_state="alive", serious_illness="true", labour="full", employment="unemployed", registered_unemployed="true",
                  employment_difficulty="true")
    b.send("/apply", go="check", **{"__members__0__facts__" + k: v for k, v in people.items()})
    check("the last shows the answers", "第4步" in b.text and "1,200.00" in b.text and "&lt;script&gt;" in b.text, b.text)
    b.send("/apply", go="send", __consent="true", __channel="WEB")
    check("faults stand beside their fields, and nothing is lost",
          b.status == 422 and "aria-invalid" in b.text and 'value="6222000000000000"' in b.text and b.text.count("<li>") >= 3, b.text)
    b.send("/apply", go="household", __members__0__id_no=number)
    b.send("/apply", go="check", __facts__event_cost_fen="30000", __facts__power_meter="")
    f = dict(b.fields(), go="send", **{"/consent": "true"})
    SENT.append(f["reference"])
    b.ask("POST", "/apply", f)
    found = re.search(r'class="number-big">([0-9a-f-]{36})<', b.text)
    check("the receipt has a number, and a square that leads to its progress", b.status == 200 and found and '<svg class="qr"' in b.text and
          "https://desk.example/progress" in b.text, (b.status, b.text))
    first = found.group(1) if found else ""
    b.ask("POST", "/apply", f)
    check("sent twice it is one application", first in b.text and b.status == 200, b.text[-800:])
    stranger = dict(f)
    del stranger["csrf"]
    check("without the token it is not taken", b.ask("POST", "/apply", stranger).status == 403)
    return first


def follow(port, application, number):
    b = Browser(port).get("/progress")
    b.send("/progress", application=application, id_last="000000")
    check("the wrong end of the document: nothing", b.status == 404 and "没有与此编号" in b.text, b.text)
    b.send("/progress", application=SCRIPT, id_last=SCRIPT)
    check("no number at all: the same", b.status == 404 and "&lt;script&gt;" in b.text, b.text)
    b.send("/progress", application=application, id_last=number[-6:])
    check("the resident sees how far it is", b.status == 200 and "办理状态" in b.text and application in b.text, b.text)
    says_something(b, application, number[-6:])


def says_something(b, application, last):
    """An objection to what was refused or begun, in his own words: they are nobody's markup, and go to intake as they are."""
    options = re.search(r'<select id="item".*?</select>', b.text, re.S).group(0)
    items = [x for x in re.findall(r'value="([^"]*)"', options) if x]
    check("he may add, object, withdraw: what is asked of him, his items", items and 'value="SUPPLEMENT" checked' in b.text and
          re.search(r'name="/(facts|members)/', b.text), b.text)
    page = b.pairs()
    def said(**changes):
        return b.ask("POST", "/progress/request", [x for x in page if x[0] not in changes] + list(changes.items()))
    said(kind="OBJECT", item=items[-1], reason="", id_last=last)
    check("an objection without its reason is told so", b.status == 422 and "异议须写明理由" in b.text, b.text)
    said(kind="OBJECT", item=items[-1], reason=SCRIPT, id_last="000000")
    check("the wrong end of the document: nothing is said", b.status == 404 and "没有与此编号" in b.text, b.text)
    said(kind="OBJECT", item=items[-1], reason=SCRIPT, id_last=last)
    check("an objection is taken, by its number", b.status == 202 and "已收到您的诉求" in b.text and "<script>" not in b.text, b.text)
    said(kind="SUPPLEMENT", item="", reason="", id_last=last)
    check("a supplement of nothing is told so", b.status == 422 and "补充情况须有" in b.text, b.text)


def asks_for(bus, assistant, elsewhere, clerk, other, lead, case):
    """An assistant asks for people of his own village, in their words; who must act reads them, nobody else does."""
    path, words = "/cases/%s/requests" % case, "公示的收入不对" + SCRIPT
    until(lambda: "申请人本人" in assistant.get("/cases/" + case).text, 60, bus.town.moved)
    items = [x for x in re.findall(r'value="(RS\d\d)"', re.search(r'<select id="item".*?</select>', assistant.text, re.S).group(0))]
    check("what the applicant asked stands there, in his words and nobody's markup", "家庭诉求" in assistant.text and
          "&lt;script&gt;alert" in assistant.text and "申请人本人" in assistant.text and items, assistant.text)
    page = assistant.pairs()
    def asks(b, **changes):
        token = re.search(r'name="csrf" value="([^"]*)"', b.get("/progress").text).group(1)
        return b.ask("POST", path, [x for x in page if x[0] not in dict(changes, csrf="")] + list(dict({"csrf": token}, **changes).items()))
    for b in (elsewhere, clerk, other, lead):
        asks(b, kind="OBJECT", item=items[0], reason=words)
        check("not for another village's people, nor by a department", b.status == 404 and "没有这一页" in b.text, b.text)
    check("nor without the token", asks(assistant, kind="WITHDRAW", item="", reason="", csrf="").status == 403)
    asks(assistant, kind="OBJECT", item=items[0], reason="")
    check("an objection needs its reason", assistant.status == 422 and "异议须写明理由" in assistant.text, assistant.text)
    asks(assistant, kind="OBJECT", item=items[0], reason=words)
    check("an objection for the household is taken", assistant.status == 303 and assistant.place == "/cases/%s?told=request" % case, assistant.text)
    told = [r for _, r in bus.events("household_request", 1, kind="OBJECT", reason=words)]
    check("as the household's, said by him", [r["said_by"]["operator_id"] for r in told] == [assistant_of_village()[0]] and told[0]["item"] == items[0], told)

    def seen():
        clerk.get("/cases/" + case)
        return re.search(r"<tr><td>[^<]*</td><td>异议</td><td>[^<]*</td><td>公示的收入不对[^<]*</td><td>%s</td><td>[^<]*异议" % assistant_of_village()[0], clerk.text)
    check("its department reads what, why, who for it, and what came of it", until(seen, 60, bus.town.moved), clerk.text)
    check("no other department does", "公示的收入不对" not in lead.get("/cases/" + case).text and lead.status == 200 and
          "公示的收入不对" not in other.get("/cases/" + case).text)
    kept = database(bus, "SELECT count(*), max(position(convert_to('公示的收入不对', 'UTF8') IN sealed)) FROM desk_request")
    check("the words are sealed, and in no row of the ledger", kept == ["2|0"] and
          database(bus, "SELECT count(*) FROM event WHERE detail::text LIKE '%公示的收入不对%'") == ["0"], kept)
    asks(assistant, kind="WITHDRAW", item=items[0], reason="不要了")
    check("he withdraws an item for them", assistant.status == 303, assistant.text)
    bus.events("household_request", 1, kind="WITHDRAW", item=items[0])


def many_residents(port, intake):
    """Residents on pages have one address at intake, not one limit."""
    b, status = Browser(port).get("/progress"), []
    for _ in range(62):
        b.send("/progress", application=str(uuid.uuid4()), id_last="000000")
        status.append(b.status)
    check("one address asks wrongly sixty times a day, not more", status[40] == 404 and status[-1] == 429, status)
    c = http.client.HTTPConnection("127.0.0.1", intake, timeout=60)
    c.request("POST", "/v1/progress", json.dumps({"application_id": str(uuid.uuid4()), "id_last": "000000"}), {"Content-Type": "application/json"})
    check("and intake, which knows the desk by its signature, counts none of them", c.getresponse().status == 404)


def surveys(bus, assistant, village, case):
    """The village's assistant says what he and the town's clerk saw, with the survey: it counts in the survey's name."""
    path, second = "/cases/%s/steps" % case, operator(village[2][:9], "clerk")[0]

    def form():
        assistant.get("/cases/" + case)
        token = re.search(r'name="csrf" value="([^"]*)"', assistant.text).group(1)
        found = [f for f in re.findall(r'<form method="post" action="%s".*?</form>' % path, assistant.text, re.S)
                 if all('value="%s"' % k in f for k in ("ACCEPTED", "SURVEYED"))]
        check("a step with a survey has fields for what was seen, of the names that have `survey`", found and all(
            ('name="%s"' % n in found[0]) == there for n, there in (
                ("/facts/spend_living_fen", True), ("/members/0/facts/adl_fails", True), ("/facts/deposit_fen", False), ("/facts/phone", False))), found)
        return dict(re.findall(r'name="(assignment|once)" value="([^"]*)"', found[0]), csrf=token)
    for what, said in (("with another step", {"kind": "ACCEPTED", "/facts/spend_living_fen": "12.34"}),
                       ("less than nothing", {"/facts/spend_living_fen": "-1"}), ("no amount", {"/facts/spend_living_fen": "1e3"}),
                       ("beyond its bounds", {"/members/0/facts/adl_fails": "7"}), ("of nobody", {"/members/9/facts/adl_fails": "1"}),
                       ("neither yes nor no", {"/facts/has_supporter": "perhaps"}),
                       ("the bank's to say", {"/facts/deposit_fen": "0"})):
        assistant.ask("POST", path, dict(form(), **dict({"kind": "SURVEYED", "second": second}, **said)))
        check("what was seen, %s: told, and nothing is sent" % what, assistant.status == 422 and "入户所见只随" in assistant.text, assistant.text)
    first = form()
    for kind, more in (("ACCEPTED", {}), ("SURVEYED", {"second": second, "/facts/spend_living_fen": "12.34", "/members/0/facts/adl_fails": "2"})):
        assistant.ask("POST", path, dict(form(), assignment=first["assignment"], kind=kind, **more))
        check("%s by the assistant" % kind, assistant.status == 303, assistant.text)
        sent = next(r for _, r in bus.events("step", 1, kind=kind) if str(uuid.UUID(bytes=r["assignment_id"])) == first["assignment"])
        bus.events("case_event", 1, kind="STEP", refers_to=sent["event_id"])
    (topic, said), = bus.events("facts_reported", 1)
    got = {f["name"]: (f["value"], f["source"], f["verified"], f["member"] is not None) for f in said["facts"]}
    check("both say it, in the survey's name, on its topic", topic == "facts.survey" and got == {
        "household.spend_living_fen": (1234, "survey", True, False), "member.adl_fails": (2, "survey", True, True)}, (topic, got))
    check("and the case is judged by it", until(lambda: bus.take(0.3) or any(
        f["name"] == "member.adl_fails" and f["source"] == "survey" for _, k, r in bus.read if k == "evaluation" for f in r["facts"]), 40, bus.town.moved))


def looking_for(bus, clerk, application, case):
    """By the number on the receipt, or its end; and it is written down what for."""
    why = urllib.parse.quote("来电查询")
    for receipt in (application, application[-6:].upper(), " " + application[-10:]):
        clerk.get("/queue?receipt=%s&why=%s" % (urllib.parse.quote(receipt), why))
        check("the queue by a receipt's number: %s" % receipt, clerk.status == 200 and case in clerk.text and 'value="来电查询"' in clerk.text, clerk.text)
    other = "%06x" % (int(application[-6:], 16) ^ 1)
    check("another's number: nothing", case not in clerk.get("/queue?receipt=" + other).text and clerk.status == 200)
    for receipt in (application[-5:], "x" * 10, SCRIPT, "0" * 33):
        clerk.get("/queue?receipt=" + urllib.parse.quote(receipt))
        check("no number: said so", clerk.status == 422 and "至少六位" in clerk.text and case not in clerk.text, clerk.text)
    rows = database(bus, "SELECT who, via, purpose, record, fields FROM read_log")
    want = r"account rs\.clerk\|GET /queue\|来电查询\|RS\|queue of [1-9]\d* for receipt " + application[-6:]
    check("what for stands in the reading log", any(re.fullmatch(want, r) for r in rows), rows[-10:])


def officers(bus, port, application):
    clerk = signed_in(bus, port, "rs.clerk", operator("RS", "clerk"))
    approver = signed_in(bus, port, "rs.approver", operator("RS", "approver"))
    other = signed_in(bus, port, "ty.approver", operator("TY", "approver"))

    def waiting():
        return re.search(r'<a href="/cases/([0-9a-f-]{36})">', clerk.get("/queue").text)
    found = until(waiting, 60, bus.town.moved)
    check("the application is in the office's queue", found, clerk.text)
    case = found.group(1)
    check("due within a week or overdue: not this one; the oldest first: this one",
          case not in clerk.get("/queue?due=late").text and 'value="late" selected' in clerk.text and
          case in clerk.get("/queue?by=age&due=%3Cscript%3E").text and 'value="age" selected' in clerk.text, clerk.text)
    looking_for(bus, clerk, application, case)
    clerk.get("/queue.csv?by=age")
    check("the queue as a file for spreadsheets", clerk.status == 200 and dict(clerk.headers)["Content-Type"].startswith("text/csv") and
          "attachment" in dict(clerk.headers)["Content-Disposition"] and case in clerk.text and clerk.text.count("\r\n") >= 2, clerk.text)
    clerk.get("/cases/" + case)
    check("the case's page: assignments, verdicts, what happened",
          clerk.status == 200 and "登记步骤" in clerk.text and "研判说明" in clerk.text and "办理过程" in clerk.text, clerk.text)
    check("and nothing of other departments", "MZ0" not in clerk.text and "临时救助" not in clerk.text, clerk.text)
    nothing = other.get("/cases/" + str(uuid.uuid4())).text
    check("another office's case: the same bytes as none", other.get("/cases/" + case).text == nothing and other.status == 404)
    assignment = re.search(r'name="assignment" value="([0-9a-f-]{36})"', clerk.text).group(1)
    check("nor its decision", other.get("/cases/%s/decide/%s" % (case, assignment)).text == nothing and other.status == 404)
    forms = re.findall(r'<form method="post" action="/cases/.*?</form>', clerk.text, re.S)
    step = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', forms[0]), kind="ACCEPTED")
    mine = dict(step, csrf=re.search(r'name="csrf" value="([^"]*)"', other.get("/queue").text).group(1))
    other.ask("POST", "/cases/%s/steps" % case, mine)
    check("nor a step of it, which is not sent", other.status == 404 and other.text == nothing, other.text)
    check("another's token does not help", other.ask("POST", "/cases/%s/steps" % case, step).status == 403)
    clerk.ask("POST", "/cases/%s/steps" % case, dict(step, csrf=""))
    check("a step without the token is refused", clerk.status == 403)
    clerk.ask("POST", "/cases/%s/steps" % case, dict(step, second="op-nobody"))
    check("a second surveyor is in the register", clerk.status == 422)
    clerk.ask("POST", "/cases/%s/steps" % case, dict(step, kind="SURVEYED", second=operator("JY", "clerk")[0]))
    check("and of an office that may go along", clerk.status == 422, clerk.text)
    clerk.ask("POST", "/cases/%s/steps" % case, step)
    check("a step is recorded", clerk.status == 303 and clerk.place == "/cases/%s?told=step" % case, (clerk.status, clerk.text))
    sent = bus.events("step", 1)[0]
    check("as the department's event, by him", sent[0] == "decisions.RS" and sent[1]["done_by"]["operator_id"] == operator("RS", "clerk")[0], sent)
    bus.events("case_event", 1, kind="STEP")
    decide(bus, clerk, approver, case, step["assignment"])
    return case


def decide(bus, clerk, approver, case, assignment):
    path = "/cases/%s/decide/%s" % (case, assignment)
    reason = "符合条件" + SCRIPT
    clerk.get(path).send(path, password=PASSWORD, outcome="CONFIRMED", amount="100.00", reason=reason)
    check("a clerk decides nothing, and what he wrote stays", clerk.status == 422 and "&lt;script&gt;" in clerk.text, clerk.text)
    approver.get(path)
    check("the form has what was worked out, and the payee masked", approver.status == 200 and "6222000000000000" not in approver.text, approver.text)
    approver.send(path, password="wrong wrong wrong", outcome="CONFIRMED", amount="100.00", reason=reason)
    check("a wrong password: nothing is sent", approver.status == 422 and "口令不对" in approver.text, approver.text)
    approver.send(path, password=PASSWORD, outcome="CONFIRMED", amount="1e3", reason=reason)
    check("no amount: said so", approver.status == 422 and "金额" in approver.text, approver.text)
    approver.send(path, password=PASSWORD, outcome="CONFIRMED", amount="100.00", uncovered="1e3", reason=reason)
    check("nor what stays uncovered", approver.status == 422 and "金额" in approver.text, approver.text)
    approver.send(path, password=PASSWORD, outcome="CONFIRMED", amount="", uncovered="", delivery="POST_GOODS", reason=reason)
    check("goods need a list", approver.status == 422 and "物资清单" in approver.text, approver.text)
    sealed = dict(password=PASSWORD, outcome="CONFIRMED", amount="100.00", delivery="BANK", uncovered="1,234.50", authority="民函 7", reason=reason)
    approver.send(path, **sealed)
    check("without a second factor nothing is sealed, and it says where to get one", approver.status == 422 and "须有动态码" in approver.text and
          "口令不对" not in approver.text, approver.text)
    telephone = set_up(approver, PASSWORD)
    for code in ("", SCRIPT[:32], telephone.recovery[0][:-1] + "1"):
        approver.get(path).send(path, code=code, **sealed)
        check("nor without a code of it", approver.status == 422 and "动态码不对" in approver.text, approver.text)
    approver.send(path, code=telephone.code(), **sealed)
    check("the approver decides", approver.status == 303 and approver.place == "/cases/%s?told=decision" % case, (approver.status, approver.text))
    topic, d = bus.events("decision", 1)[0]
    (_, asked), *_ = bus.events("assignment", 1, assignment_id=d["assignment_id"], action="ASSIGNED")
    check("as the department's event: by him, sealed, the payee as shown",
          topic == "decisions.RS" and d["decided_by"]["operator_id"] == operator("RS", "approver")[0] and d["seal_id"] == "seal-RS" and
          d["seal"] and d["payee_hash"] == asked["payee_hash"] and d["amount_fen"] == 10000, d)
    check("with what stays uncovered and the authority", d["uncovered_fen"] == 123450 and d["authority_ref"] == "民函 7", d)
    taken = bus.events("case_event", 1, kind="DECISION_ACCEPTED")
    check("the matcher takes it like any other", taken[0][1]["refers_to"] == d["decision_id"], taken)
    (_, sent), *_ = bus.events("dispatch_result", 1, assignment_id=d["assignment_id"])
    check("and dispatch orders it from the bank: the account is the one decided on", sent["outcome"] == "ORDERED", sent)
    shown = until(lambda: "已生效" in approver.get("/cases/" + case).text and approver.text, 60, bus.town.moved)
    check("the case shows it in effect; what the ledger masks stays masked", shown and "符合条件" not in shown and "100.00" in shown, approver.text)


def leading(bus, port, case, clerk):
    """The county on one page, for its lead department."""
    lead = signed_in(bus, port, "mz.clerk", operator("MZ", "clerk"))
    bus.town.lianou("db", "rebuild", "--new")
    lead.get("/county")
    check("the lead department has the county on a page: counts, bars, dead letters, funds, sheets",
          lead.status == 200 and 'aria-current="page">今日全县' in lead.text and '<svg class="bars"' in lead.text and
          re.search(r'今日立案</dt><dd>[1-9]', lead.text) and all(w in lead.text for w in ("死信", "资金", "公示表")), lead.text)
    towns = re.findall(r'<a href="(/county/waiting\?town=\d{9})">([^<]+)</a></th><td class="number">(\d+)', lead.text)
    offices = re.findall(r'<a href="(/county/waiting\?department=\w+)">([^<]+)</a></th><td class="number">(\d+)', lead.text)
    check("what waits by town and by department is the same number", towns and sum(int(t[2]) for t in towns) == sum(int(o[2]) for o in offices), (towns, offices))
    for path, name, n in (towns[0], offices[0]):
        lead.get(html.unescape(path))
        check("each leads to its list: %s" % name, lead.status == 200 and "共 %s 件" % n in lead.text, (n, lead.text))
    lead.get("/county/waiting?department=%3Cscript%3E&town=1&which=late")
    check("a filter that is none is all; none is overdue yet", lead.status == 200 and "没有待办事项" in lead.text and 'value="late" selected' in lead.text, lead.text)
    lead.get("/county/waiting")
    check("a case with an assignment of his office opens", 'href="/cases/%s"' % case in lead.text and lead.get("/cases/" + case).status == 200, lead.text)
    lead.get("/county.csv")
    check("the counts as a file", lead.status == 200 and lead.text.count("\r\n") == 1 + len(towns) + len(offices) and
          "attachment" in dict(lead.headers)["Content-Disposition"], lead.text)
    lead.get("/county/waiting.csv?which=stuck")
    check("and the list", lead.status == 200 and lead.text.count("\r\n") == 1, lead.text)
    check("who does not lead has no such page, nor the way to it", clerk.get("/county").status == 404 and "/county" not in clerk.get("/queue").text)
    check("and it was written down", "account mz.clerk|GET /county|the county today|371425" in
          database(bus, "SELECT who, via, purpose, record FROM read_log"))
    return lead


# What each may ask for: nobody, the village's assistant, another village's, the department's officer, another department's,
# the lead department's.
# -: not asked here, for it would be done (the flows above do it).
ALLOWED = {
    "GET /": (200, 200, 200, 200, 200, 200),
    "GET /style": (200, 200, 200, 200, 200, 200),
    "GET /sign-in": (200, 200, 200, 200, 200, 200),
    "POST /sign-in": (401, 401, 401, 401, 401, 401),
    "POST /sign-out": (403, "-", "-", "-", "-", "-"),
    "GET /account": (303, 200, 200, 200, 200, 200),
    "POST /account/sessions": (403, 422, 422, 422, 422, 422),  # each his own: desk_account.py
    "POST /account/password": (403, 422, 422, 422, 422, 422),
    "POST /account/factor": (403, 422, "-", "-", "-", "-"),  # a wrong password each: desk_account.py
    "POST /account/factor/confirm": (403, 422, 422, 422, 422, 422),
    "GET /catalogue": (200, 200, 200, 200, 200, 200),
    "GET /catalogue/{item}": (200, 200, 200, 200, 200, 200),
    "GET /sheets": (200, 200, 200, 200, 200, 200),
    "GET /sheets/{board}/{month}": (404, 404, 404, 404, 404, 404),  # what is published: sheets.py
    "GET /sheets/{board}/{month}/json": (404, 404, 404, 404, 404, 404),
    "GET /progress": (200, 200, 200, 200, 200, 200),
    "POST /progress": (404, 404, 404, 404, 404, 404),
    "POST /progress/withdraw": (404, 404, 404, 404, 404, 404),
    "POST /progress/request": (422, 422, 422, 422, 422, 422),
    "GET /apply": (303, 200, 200, 403, 403, 403),
    "POST /apply": (403, 200, 200, 403, 403, 403),
    "GET /apply/resume": (303, 200, 200, 403, 403, 403),
    "POST /apply/resume": (403, 404, 404, 403, 403, 403),
    "GET /apply/sent/{application}": (303, 404, 404, 404, 404, 404),  # each office its own: submitted.py
    "POST /apply/sent/{application}": (403, 404, 404, 404, 404, 404),
    "GET /queue": (303, 403, 403, 200, 200, 200),
    "GET /queue.csv": (303, 403, 403, 200, 200, 200),
    "GET /county": (303, 404, 404, 404, 404, 200),
    "GET /county.csv": (303, 404, 404, 404, 404, 200),
    "GET /county/waiting": (303, 404, 404, 404, 404, 200),
    "GET /county/waiting.csv": (303, 404, 404, 404, 404, 200),
    "GET /money": (303, 404, 404, 404, 404, 404),  # who pays: desk_money.py
    "GET /money/lines": (303, 404, 404, 404, 404, 404),
    "GET /money/differences": (303, 404, 404, 404, 404, 404),
    "POST /money/differences": (403, 404, 404, 404, 404, 404),
    "GET /money/awards": (303, 404, 404, 404, 404, 404),
    "POST /money/awards": (403, 404, 404, 404, 404, 404),
    "GET /money/budgets": (303, 404, 404, 404, 404, 404),
    "POST /money/budgets": (403, 404, 404, 404, 404, 404),
    "POST /money/batches": (403, 404, 404, 404, 404, 404),
    "GET /money/batches/{id}": (303, 404, 404, 404, 404, 404),
    "POST /money/batches/{id}": (403, 404, 404, 404, 404, 404),
    "GET /cases": (303, 200, 200, 403, 403, 403),
    "GET /cases/{id}": (303, 200, 404, 200, 404, 200),
    "POST /cases/{id}/steps": (403, "-", 404, "-", 404, 404),
    "POST /cases/{id}/requests": (403, 422, 404, 404, 404, 404),
    "GET /cases/{id}/decide/{assignment}": (303, 404, 404, 200, 404, 404),
    "POST /cases/{id}/decide/{assignment}": (403, 404, 404, "-", 404, 404),
    "GET /cases/{id}/end/{assignment}": (303, 404, 404, 200, 404, 404),  # what was granted: desk_money.py
    "POST /cases/{id}/end/{assignment}": (403, 404, 404, 422, 404, 404),
    "GET /cases/{id}/payee/{assignment}": (303, 404, 404, 200, 404, 404),  # by two: desk_money.py
    "POST /cases/{id}/payee/{assignment}": (403, 404, 404, 422, 404, 404),
    "GET /{rest*}": (404, 404, 404, 404, 404, 404),
}


def crawl(port, callers, case, assignment, secrets):
    """Every page and action, by everybody; and no byte of others where it is refused."""
    routes = re.findall(r'\{"(GET|POST)", "([^"]+)", DESK_', (SOURCE / "producers/desk/role_desk.c").read_text())
    check("the table has every route of the desk", {"%s %s" % r for r in routes} == set(ALLOWED), routes)
    asked = 0
    for route, wants in ALLOWED.items():
        method, pattern = route.split(" ", 1)
        path = pattern.replace("{item}", "MZ01").replace("{id}", case).replace("{assignment}", assignment).replace(
            "{application}", str(uuid.uuid4())).replace("{rest*}", "no-such-page").replace("{board}", "371425").replace("{month}", "2020-01")
        for b, want in zip(callers, wants):
            if want == "-":
                continue
            token = re.search(r'name="csrf" value="([^"]*)"', b.get("/progress").text).group(1)
            form = dict(csrf=token, assignment=assignment, once=str(uuid.uuid4()), kind="ACCEPTED", account="no.body", password="x" * 12, change=str(uuid.uuid4()),
                        application=str(uuid.uuid4()), id_last="000000", number="0123-4567-89ab", outcome="CONFIRMED", amount="1")
            b.ask(method, path, form if method == "POST" else None)
            asked += 1
            held = [s for s in secrets if s in b.text]
            if b.status != want or (want in (303, 403, 404) and held):
                check("%s by caller %d: %d" % (route, callers.index(b), want), False, (b.status, held, b.text))
    check("each of %d asked as the table says, and nothing of others in what is refused" % asked, asked > 80)


def log(bus, case):
    rows = subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c",
                           "SELECT who, via, purpose, record FROM read_log ORDER BY n"], capture_output=True, text=True, check=True).stdout.splitlines()
    for want in ("account rs.clerk|GET /queue|queue|RS", "account rs.clerk|GET /cases/{id}|case work|%s" % case,
                 "account rs.approver|GET /cases/{id}/decide|to decide|%s" % case):
        check("the reading log has: " + want[:60], want in rows, rows)
    check("who was refused has read nothing", not any(r.startswith("account ty.approver|GET /cases") for r in rows), rows)


def answers(port):
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        c.request("GET", "/healthz")
        return c.getresponse().status == 200
    except OSError:
        return False


def desk_of(bus, port):
    """Intake and the desk of a bus, up."""
    bus.town.env.update(LIANOU_PORT_DESK=str(port), LIANOU_DESK_INTAKE="http://127.0.0.1:%d" % bus.town.port,
                        LIANOU_DESK_TREASURY="http://127.0.0.1:%s" % bus.town.env["LIANOU_PORT_TREASURY"],
                        LIANOU_DESK_ADDRESS="https://desk.example")
    key = "1 desk %s\n" % os.urandom(32).hex()
    for name, text in (("callers", key), ("desk.key", key + "2 drafts %s\n" % os.urandom(32).hex())):
        (bus.town.dir / name).write_text(text)
        (bus.town.dir / name).chmod(0o600)
    bus.town.env.update(LIANOU_CALLERS=str(bus.town.dir / "callers"), LIANOU_DESK_KEY=str(bus.town.dir / "desk.key"))
    bus.town.start("intake")
    bus.town.start("desk")

    assert until(lambda: answers(port) and answers(bus.town.port), 60, bus.town.moved), "the desk does not answer"


def main():
    bus = Bus(SOURCE / "bus-config", roles=("matcher", "dispatch", "ledger"))
    port = free_port()
    well = False
    try:
        desk_of(bus, port)
        public(port)
        village = assistant_of_village()
        assistant = signing_in(bus, port, "village.one", village)
        check("an assistant has no queue", assistant.get("/queue").status == 403)
        number = identity(7)
        drafts(bus, assistant, port, number)
        questions(assistant, number)
        application = apply(assistant, number)
        officers_case = officers(bus, port, application)
        follow(port, application, number)
        log(bus, officers_case)
        kept = database(bus, "SELECT number FROM desk_draft")
        check("what was sent is no draft any more", len(kept) == 3 and SENT[0][:12] not in kept, (SENT, kept))
        assistant.get("/cases")
        check("the assistant has the case in his village's list", "/cases/" + officers_case in assistant.text, assistant.text)
        assistant.get("/cases/" + officers_case)
        check("and reads it as a whole, but decides nothing", assistant.status == 200 and "作出决定" not in assistant.text, assistant.text)
        surveys(bus, assistant, village, officers_case)
        elsewhere = signed_in(bus, port, "village.two", operator_elsewhere(village[2]))
        nothing = elsewhere.get("/cases/" + str(uuid.uuid4())).text
        check("another village's assistant: neither", officers_case not in elsewhere.get("/cases").text and
              elsewhere.get("/cases/" + officers_case).text == nothing and elsewhere.status == 404)
        clerk, other = Browser(port), Browser(port)
        for b, name in ((clerk, "rs.clerk"), (other, "ty.approver")):
            b.get("/sign-in").send("/sign-in", account=name, password=PASSWORD)
        lead = leading(bus, port, officers_case, clerk)
        asks_for(bus, assistant, elsewhere, clerk, other, lead, officers_case)
        assignment = bus.events("decision", 1)[0][1]["assignment_id"]
        crawl(port, [Browser(port), assistant, elsewhere, clerk, other, lead], officers_case,
              str(uuid.UUID(bytes=assignment) if isinstance(assignment, bytes) else assignment),
              [number, number[-6:], "13800000000", "就业援助", 'href="/cases/' + officers_case])
        check("a department has no list of an area", signed_in(bus, port, "yb.clerk", operator("YB", "clerk")).get("/cases").status == 403)
        many_residents(port, bus.town.port)
        submitted(sys.modules[__name__], bus, port, assistant, elsewhere)
        bus.town.start("desk")
        assert until(lambda: answers(port), 60, bus.town.moved), "the desk does not answer"
        assistant.get("/").send("/sign-out")
        check("signing out ends the session", assistant.status == 200 and assistant.get("/apply").status == 303, assistant.text)
        check("pages looked at: %d" % Browser.seen, Browser.seen > 40)
        well = not faults
    finally:
        bus.town.close(not well)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
