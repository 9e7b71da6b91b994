"""What is submitted on a page and may still be changed (part of desk.py): two desks, and what goes wrong between them and intake."""
import http.client
import json
import re
import signal
import subprocess
import uuid

from county import identity
from patience import until
from brokers import free_port


def form(b, number, deposit="0"):
    """Checked, and ready to be sent: the fields of the page."""
    b.get("/apply")
    facts = dict(area="rural", registered_in_county="true", status="none", income_total_fen="1,200.00", deposit_fen=deposit, securities_fen="0",
                 vehicle_count="0", house_count="1")
    b.send("/apply", go="check", __members__0__name="甲", __members__0__id_no=number, __members__0__phone="13800000001",
           **{"__facts__" + k: v for k, v in facts.items()})
    return dict(b.fields(), go="send", **{"/consent": "true", "/channel": "WEB"})


class Submitted:
    def __init__(self, desk, bus, port, assistant, elsewhere):
        self.desk, self.bus, self.check = desk, bus, desk.check
        self.b, self.other = assistant, elsewhere
        self.port, self.second, self.order = port, free_port(), 40
        self.bus.town.env["LIANOU_CHANGEABLE"] = "10m"

    def sql(self, query):
        return self.desk.database(self.bus, query)

    def desks(self):
        """Two of them, of one database; both anew."""
        town = self.bus.town
        for name, port in (("desk", self.port), ("desk-two", self.second)):
            if name in town.roles and town.alive(name):
                town.roles[name].send_signal(signal.SIGKILL)
                town.roles[name].wait()
            town.roles[name] = subprocess.Popen([town.program, "run", "desk"], env=dict(town.env, LIANOU_PORT_DESK=str(port), LIANOU_STATE=str(town.dir / name)),
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(town.dir / (name + ".log"), "a"))
        assert until(lambda: self.desk.answers(self.port) and self.desk.answers(self.second), 60, town.moved), "the desks do not answer"

    def submit(self, b=None, deposit="0"):
        self.order += 1
        b = b or self.b
        f = form(b, identity(self.order), deposit)
        b.ask("POST", "/apply", f)
        found = re.search(r'class="number-big">([0-9a-f-]{36})<', b.text)
        assert b.status == 200 and found, (b.status, b.text)
        return found.group(1), f, identity(self.order)[-6:]

    def state(self, a):
        return self.sql("SELECT state, claimed IS NOT NULL, sealed IS NULL FROM desk_held WHERE application = '%s'" % a)

    def due(self, *which):
        self.sql("UPDATE desk_held SET until = now() WHERE application IN (%s)" % ", ".join("'%s'" % a for a in which))

    def gone(self, *which):
        """They have left; the events of each."""
        assert until(lambda: all(self.state(a) == ["left|t|t"] for a in which), 60, self.bus.town.moved), [self.state(a) for a in which]
        self.bus.take(1)
        return [[r for _, k, r in self.bus.read if k == "application" and str(uuid.UUID(bytes=r["application_id"])) == a] for a in which]

    def page(self, a, b=None, **fields):
        b = b or self.b
        if not fields:
            return b.get("/apply/sent/" + a)
        token = re.search(r'name="csrf" value="([^"]*)"', b.get("/progress").text).group(1)
        return b.ask("POST", "/apply/sent/" + a, dict({"csrf": token}, **fields))

    def own(self, path, a, last, **more):
        b = self.desk.Browser(self.second).get("/progress")
        return b.ask("POST", path, dict(csrf=b.fields()["csrf"], application=a, id_last=last, **more))


def stands(s, a, f, last):
    b = s.b
    s.check("a receipt says until when it may be changed, and where", re.search(r"在 \d{4}-\d\d-\d\d \d\d:\d\d 之前可以更改或撤回", b.text) and
            'href="/apply/sent/%s"' % a in b.text and '<svg class="qr"' in b.text, b.text)
    b.ask("POST", "/apply", f)
    s.check("sent twice it is one", b.status == 200 and a in b.text and s.state(a) == ["changeable|f|f"] and
            s.sql("SELECT count(*) FROM desk_held") == ["1"], b.text)
    s.bus.take(1)
    s.check("no event has left, no draft has stayed", not any(k == "application" and str(uuid.UUID(bytes=r["application_id"])) == a
            for _, k, r in s.bus.read) and s.sql("SELECT count(*) FROM desk_draft WHERE number = '%s'" % f["reference"][:12]) == ["0"])
    kept = s.sql("SELECT position(convert_to('13800000001', 'UTF8') IN sealed), position(convert_to('Lianou-Admission', 'UTF8') IN sealed) FROM desk_held")
    s.check("the database has it sealed", kept == ["0|0"], kept)
    c = s.own("/progress", a, last)
    s.check("the applicant sees that it stands, until when", c.status == 200 and "申请已提交" in c.text and "13800000001" not in c.text, c.text)
    s.page(a)
    s.check("so does its office", b.status == 200 and "已提交,仍可更改" in b.text and "13800000001" not in b.text, b.text)
    s.check("in English, too", "Submitted, still changeable" in b.get("/apply/sent/%s?lang=en" % a).text and b.get("/?lang=zh").status == 200, b.text)
    s.check("and it was written down", "account village.one|/apply/sent/{application}|to look|" + a in
            s.sql("SELECT who, via, purpose, record FROM read_log ORDER BY n"))


def strangers(s, a, last):
    nothing = s.page(str(uuid.uuid4()), s.other).text
    for fields in ({}, {"go": "change"}, {"go": "withdraw"}):
        s.page(a, s.other, **fields)
        s.check("another village's assistant: as if there were none %s" % fields, s.other.status == 404 and s.other.text == nothing, s.other.text)
    token = re.search(r'name="csrf" value="([^"]*)"', s.other.get("/progress").text).group(1)
    for csrf in ("", token):
        s.b.ask("POST", "/apply/sent/" + a, {"csrf": csrf, "go": "withdraw"})
        s.check("nothing without the token, nor with another's", s.b.status == 403)
    nobody = s.desk.Browser(s.second)
    s.check("who is not signed in is sent to sign in", nobody.get("/apply/sent/" + a).status == 303)
    for path in ("/progress", "/progress/withdraw"):
        s.check("the wrong end of the document: nothing", s.own(path, a, "000000").status == 404)
    s.check("it stands as it did", s.state(a) == ["changeable|f|f"], s.state(a))
    s.own("/progress", a, "000001")
    s.check("after three wrong ones the right one opens nothing", s.own("/progress/withdraw", a, last).status == 404 and s.state(a) == ["changeable|f|f"])


def leaves(s, a, f):
    """Changed, then its time is over while intake is away and the desks die."""
    b, town = s.b, s.bus.town
    s.page(a, go="change")
    s.check("it is changed where its answers are checked", b.status == 200 and "第4步" in b.text and "1,200.00" in b.text and
            b.fields()["reference"] == f["reference"], b.text)
    b.ask("POST", "/apply", dict(b.fields(), go="send", **{"/facts/deposit_fen": "700.00"}))
    s.check("the same application, changed", b.status == 200 and a in b.text and s.sql("SELECT count(*) FROM desk_held") == ["1"], b.text)
    town.roles["intake"].send_signal(signal.SIGKILL)
    town.roles["intake"].wait()
    s.due(a)
    assert until(lambda: s.state(a) == ["changeable|t|f"], 30, town.moved), s.state(a)
    for go in ("change", "withdraw"):
        s.page(a, go=go)
        s.check("on its way nobody changes it: %s" % go, b.status == 409 and "已不能更改或撤回" in b.text, b.text)
    s.desks()
    town.start("intake")
    (events,) = s.gone(a)
    s.check("desks and intake died: it has left once, as changed", len(events) == 1 and
            [x["value"] for x in events[0]["facts"] if x["name"] == "deposit_fen" or x["name"].endswith(".deposit_fen")] == [70000], events)
    s.page(a, go="withdraw")
    s.check("then it is too late", b.status == 409 and "已送出办理" in b.text, b.text)
    b.ask("POST", "/apply", dict(f, **{"/facts/deposit_fen": "800.00"}))
    s.check("what the button back sends is told so", b.status in (303, 422) and (b.place == "/apply/sent/" + a or "REFERENCE" in b.text or "流水号" in b.text), (b.status, b.text))


def taken_back(s):
    a, f, last = s.submit()
    s.check("the applicant withdraws it", s.own("/progress/withdraw", a, last).status == 200 and s.state(a) == ["withdrawn|f|t"])
    s.check("once", s.own("/progress/withdraw", a, last).status == 200 and "已撤回" in s.own("/progress", a, last).text)
    s.b.ask("POST", "/apply", f)
    s.check("sent again from an old page it stays withdrawn", s.b.status == 303 and s.b.place == "/apply/sent/" + a and s.state(a) == ["withdrawn|f|t"], s.b.text)
    c, _, _ = s.submit()
    s.page(c, go="withdraw")
    s.check("its office withdraws one", s.b.status == 200 and "已撤回" in s.b.text and s.state(c) == ["withdrawn|f|t"], s.b.text)
    d, _, last = s.submit()
    s.sql("UPDATE desk_held SET state = 'returned', claimed = now() WHERE application = '%s'" % d)
    s.check("one that came back is on the office's list", d in s.b.get("/cases").text and "未能送出" in s.b.text, s.b.text)
    s.page(d, go="change")
    s.b.ask("POST", "/apply", dict(s.b.fields(), go="send"))
    s.check("mended it stands again", s.b.status == 200 and d in s.b.text and s.state(d) == ["changeable|f|f"], s.b.text)
    s.check("and is on no other's list", d in s.b.get("/cases").text and d not in s.other.get("/cases").text)
    return [a, c], d


def at_once(s, withdrawn, d):
    """Several are due, and two desks."""
    which = [d] + [s.submit()[0] for _ in range(4)]
    s.due(*which, *withdrawn)
    events = s.gone(*which)
    s.check("two desks: each leaves once", [len(e) for e in events] == [1] * len(which), [len(e) for e in events])
    s.check("what was withdrawn never", not any(k == "application" and str(uuid.UUID(bytes=r["application_id"])) in withdrawn for _, k, r in s.bus.read))


def admissions(s, session):
    """At intake itself: an admission is good for one thing."""
    from county import application
    def post(path, body, **headers):
        c = http.client.HTTPConnection("127.0.0.1", s.bus.town.port, timeout=60)
        c.request("POST", path, body, dict({"Content-Type": "application/json", "Idempotency-Key": "adm-1"}, **headers))
        r = c.getresponse()
        return r.status, json.loads(r.read())
    a = application(60, "WEB", None)
    for key in ("channel_reference", "operator", "helper", "evidence"):
        del a[key]
    body, bearer = json.dumps(a), {"Authorization": "Bearer " + session}
    s.check("this machine gets no admission", post("/v1/admissions", body)[0] == 403)
    status, said = post("/v1/admissions", body, **bearer)
    s.check("who is logged in does", status == 200 and said["state"] == "admitted" and said["admission"].startswith("Lianou-Admission village.one,"), said)
    mine = {"Authorization": said["admission"]}
    other = body.replace("120000", "120001")
    forged = said["admission"][:-1] + ("0" if said["admission"][-1] != "0" else "1")
    later = re.sub(r",(\d{13}),", lambda m: ",%d," % (int(m.group(1)) - 1), said["admission"])
    somebody = said["admission"].replace("village.one", "village.two")
    for what, got in (("another form", post("/v1/applications", other, **mine)), ("another key", post("/v1/applications", body, **dict(mine, **{"Idempotency-Key": "adm-2"}))),
                      ("a forged one", post("/v1/applications", body, Authorization=forged)), ("another hour", post("/v1/applications", body, Authorization=later)),
                      ("another person", post("/v1/applications", body, Authorization=somebody)), ("none", post("/v1/applications", body, Authorization="Lianou-Admission x"))):
        s.check("not with %s" % what, got[0] == 401, got)
    first, again = post("/v1/applications", body, **mine), post("/v1/applications", body, **mine)
    s.check("with its own: taken, and sent again the same one", first[0] == again[0] == 202 and first[1]["application_id"] == again[1]["application_id"] ==
            said["application_id"], (first, again))
    status, said = post("/v1/admissions", body, **bearer)
    s.check("what was taken needs none", status == 200 and said["state"] == "accepted" and said["admission"] == "", said)


def submitted(desk, bus, port, assistant, elsewhere):
    s = Submitted(desk, bus, port, assistant, elsewhere)
    s.desks()
    a, f, last = s.submit()
    stands(s, a, f, last)
    strangers(s, a, last)
    leaves(s, a, f)
    at_once(s, *taken_back(s))
    admissions(s, assistant.cookies["lianou_session"])
    for name in ("desk-two", "desk"):
        bus.town.roles.pop(name).kill()
    bus.town.env["LIANOU_CHANGEABLE"] = "0s"
    return a
