#!/usr/bin/env python3
"""Money on pages, by three people: one prepares a batch, two others approve it with password and code, it is sent and the
bank's orders leave; what the same person may not, and what nobody else may, at the page and at the treasury's own door.
On real Kafka and PostgreSQL."""
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import uuid

os.environ["LIANOU_TREASURY_FROM"] = "2020-01-01"
os.environ.setdefault("LIANOU_PROCESS_FROM", "2100-01-01")  # the way of steps is desk.py's
from county import SOURCE, Bus, application  # noqa: E402
import desk  # noqa: E402
from brokers import free_port  # noqa: E402
from desk import PASSWORD, SCRIPT, Browser, check, database, faults, operator, signed_in  # noqa: E402
from patience import until  # noqa: E402
from telephone import set_up  # noqa: E402

ZHAO, CHEN, LIU = "op-001250", "op-001251", "op-001252"  # cashiers of the county
TODAY = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()
FROM = (TODAY.replace(day=1) - datetime.timedelta(days=40)).replace(day=1)


def county_folder():
    """Lines are made two months ahead: there is always something due."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-money-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", folder)
    conf = folder / "bus.yaml"
    conf.write_text(conf.read_text().replace("\ntreasury: # ops/docs/treasury.md\n", "\ntreasury:\n  lead_days: 60\n", 1))
    return folder


def award(bus):
    a = application(1, "WEB", "M-1")
    a["members"][0].update(account="6200000012345678", bank_code="nongshang")
    bus.submit(a)
    (_, told), *_ = bus.events("application", 1, channel_reference="M-1")
    (_, q), *_ = bus.events("assignment", 1, seconds=60, household_id=told["household_id"], item="MZ01", action="ASSIGNED")
    bus.decide(q, 66000, delivery="BANK", period="MONTHLY", from_month=FROM.strftime("%Y-%m"), deviation="补发自困难发生之月")
    assert until(lambda: int(database(bus, "SELECT count(*) FROM due_line WHERE state = 'due'")[0]) >= 3, 90, bus.town.moved)


def post(b, page, path, **form):
    """What the page's form would send, also where it does not stand there."""
    token = re.search(r'name="csrf" value="([^"]*)"', b.get(page).text).group(1)
    return b.ask("POST", path, dict(form, csrf=token))


def prepared(zhao, bus):
    zhao.get("/money")
    row = re.search(r'name="fund" value="CG"><input type="hidden" name="pay_day" value="([\d-]+)"', zhao.text)
    check("what is due stands there, to be put into a batch", zhao.status == 200 and row and 'aria-current="page">资金发放' in zhao.text, zhao.text)
    days = re.findall(r'name="pay_day" value="([\d-]+)"', zhao.text)
    post(zhao, "/money", "/money/batches", fund="CG", pay_day=days[-1])
    check("without money there is no batch, and it says so", zhao.status == 422 and "可用" in zhao.text, zhao.text)
    bus.town.lianou("treasury", "budget", "CG", "600000.00", "--why", "年度预算", "--account", "liu", stdin=PASSWORD + "\n")
    for fund, day in (("XX" + SCRIPT, days[-1]), ("CG", SCRIPT), ("", "")):
        post(zhao, "/money", "/money/batches", fund=fund, pay_day=day)
        check("nor of no fund or no day", zhao.status == 422, zhao.text)
    post(zhao, "/money", "/money/batches", fund="CG", pay_day=days[-1])
    check("a batch is prepared", zhao.status == 303 and re.fullmatch(r"/money/batches/[0-9a-f-]{36}\?told=prepare", zhao.place), zhao.text)
    return zhao.place.split("?")[0]


def three_people(bus, zhao, chen, liu):
    batch = prepared(zhao, bus)
    post(zhao, batch, batch, act="withdraw", why="")
    check("it is not withdrawn without a reason", zhao.status == 422 and "原因" in zhao.text, zhao.text)
    post(zhao, batch, batch, act="withdraw", why="金额有误" + SCRIPT)
    zhao.get(zhao.place or "/")
    check("with one it is, and the reason stands there as text", "已撤批" in zhao.text and "&lt;script&gt;" in zhao.text, zhao.text)
    batch = prepared_again(zhao)
    zhao.get(batch)
    check("its page: lines, total, sum, who prepared it", all(w in zhao.text for w in ("SM3", ZHAO, "1,980.00", "尚无人审批")) or
          "660.00" in zhao.text, zhao.text)
    post(chen, batch, batch, act="approve", password=PASSWORD)
    check("without a second factor nobody approves, and it says where to get one", chen.status == 422 and "须先在本人账号页" in chen.text, chen.text)
    r = bus.town.lianou("treasury", "batch", "approve", batch[-36:], "--account", "chen", check=False, stdin=PASSWORD + "\n")
    check("nor at a command", r.returncode != 0 and "须先开通动态码" in r.stderr, r)
    of_zhao, of_chen, of_liu = (set_up(b, PASSWORD) for b in (zhao, chen, liu))
    zhao.get(batch).send(batch, password=PASSWORD, code=of_zhao.code(), act="approve")
    check("who prepared it does not approve it", zhao.status == 422 and "制批" in zhao.text and 'role="alert"' in zhao.text, zhao.text)
    chen.get(batch).send(batch, password="wrong wrong wrong", act="approve")
    check("nor anybody with a wrong password", chen.status == 422 and "口令不对" in chen.text, chen.text)
    post(chen, batch, batch, act="approve", password=PASSWORD)
    check("nor with the password alone", chen.status == 422 and "动态码" in chen.text, chen.text)
    post(chen, batch, batch, act="send", password=PASSWORD, code=of_chen.code())
    check("it is not sent before two have approved", chen.status == 422 and "不能" in chen.text, chen.text)
    code = of_chen.code()
    post(chen, batch, batch, act="approve", password=PASSWORD, code=code)
    check("the second of three approves", chen.status == 303 and chen.place.endswith("?told=approve"), chen.text)
    post(chen, batch, batch, act="approve", password=PASSWORD, code=code)
    check("the same code counts once", chen.status == 422 and "已用过" in chen.text, chen.text)
    post(chen, batch, batch, act="approve", password=PASSWORD, code=of_chen.code())
    check("not twice: a third has to", chen.status == 422 and 'role="alert"' in chen.text, chen.text)
    chen.get("/?lang=en")
    post(chen, batch, batch, act="approve", password=PASSWORD, code=of_chen.code())
    check("said in English to who reads English", "a third person" in chen.text, chen.text)
    r = bus.town.lianou("treasury", "batch", "approve", batch[-36:], "--account", "liu", check=False, stdin=PASSWORD + "\n000000\n")
    check("nor at a command with a wrong code", r.returncode != 0 and "动态码不对" in r.stderr, r)
    r = bus.town.lianou("treasury", "batch", "approve", batch[-36:], "--account", "liu", check=False, stdin="%s\n%s\n" % (PASSWORD, of_liu.code()))
    check("the third approves, at a command", r.returncode == 0, r)
    check("nothing has left yet", database(bus, "SELECT count(*) FROM batch WHERE state = 'approved_twice'") == ["1"])
    post(zhao, batch, batch, act="send", password="")
    check("sending wants a password", zhao.status == 422 and "口令" in zhao.text, zhao.text)
    post(zhao, batch, batch, act="send", password=PASSWORD, code=of_zhao.code())
    check("it is sent", zhao.status == 303 and "已发送银行" in zhao.get(zhao.place).text, zhao.text)
    post(zhao, batch, batch, act="send", password=PASSWORD, code=of_zhao.code())
    check("and not twice", zhao.status == 422, zhao.text)
    lines = int(database(bus, "SELECT count(*) FROM batch_line l JOIN batch b USING (batch_id) WHERE b.state = 'sent'")[0])
    orders = bus.events("payment_order", lines, seconds=60)
    check("the bank's orders leave: %d" % lines, len(orders) == lines >= 3 and all(o["amount_fen"] == 66000 for _, o in orders), orders)
    local = database(bus, "SELECT to_char(max(at) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') FROM treasury_act WHERE act = 'send'")[0]
    check("when it was sent, as clocks here have it; where he is from", local in zhao.get(batch).text and "· 齐河县<" in zhao.text, (local, zhao.text))
    acts = database(bus, "SELECT string_agg(act || ' ' || operator, ', ' ORDER BY n) FROM treasury_act WHERE batch_id = '%s'" % batch[-36:])
    check("each step is a row of who did it", acts == ["prepare %s, approve %s, approve %s, send %s" % (ZHAO, CHEN, LIU, ZHAO)], acts)
    zhao.get("/money/lines?state=sent")
    check("the lines are listed by their state", zhao.text.count('class="number-small"') == lines and "已发送" in zhao.text, zhao.text)
    check("no state of lines: all", zhao.get("/money/lines?state=%3Cscript%3E").status == 200)
    zhao.get("/money")
    check("the funds add up", "600,000.00" in zhao.text and "{:,.2f}".format(600000 - 660 * lines) in zhao.text, zhao.text)
    differing(bus, chen, liu, of_chen, of_liu)
    return batch, of_zhao


def prepared_again(zhao):
    day = re.findall(r'name="pay_day" value="([\d-]+)"', zhao.get("/money").text)[-1]
    post(zhao, "/money", "/money/batches", fund="CG", pay_day=day)
    return zhao.place.split("?")[0]


def differing(bus, chen, liu, of_chen, of_liu):
    """A fee that the bank took: one says what it is, another agrees, with password and code."""
    chen.get("/?lang=zh")
    check("no difference yet", "没有差异" in chen.get("/money/differences").text, chen.text)
    database(bus, "BEGIN; INSERT INTO statement (bank, fund, name, first_day, closing_day, opening_fen, moved_fen, closing_fen, lines, content, "
             "file, operator) VALUES ('nongshang', 'CG', 'S-1', current_date, current_date, 0, -500, -500, 1, sha256('1'), sha256('2'), '%s'); "
             "INSERT INTO statement_line (statement, n, amount_fen, day, reference) SELECT n, 1, -500, current_date, 'FEE' FROM statement; COMMIT" % ZHAO)
    name = database(bus, "SELECT name FROM fund_difference")[0]
    check("the fund says that it differs", "与银行不符 1 笔" in chen.get("/money").text, chen.text)
    page = "/money/differences"
    chen.get(page)
    check("its page: the entry, what is wrong with it, nobody yet", chen.status == 200 and name in chen.text and "-5.00" in chen.text and
          "没有指令号" in chen.text and "尚无人" in chen.text, chen.text)
    post(chen, page, page, act="agree", difference=name, password=PASSWORD, code=of_chen.code())
    check("nobody agrees to what nobody has said", chen.status == 422 and "尚无人核实" in chen.text, chen.text)
    for form in (dict(as_="fee", why=""), dict(as_="", why="手续费"), dict(as_="interest", why="手续费"), dict(as_=SCRIPT, why=SCRIPT)):
        post(chen, page, page, act="look", difference=name, **{k.strip("_"): v for k, v in form.items()})
        check("nor is it said without a reason, or as what it is not", chen.status == 422 and 'role="alert"' in chen.text, chen.text)
    post(chen, page, page, act="look", difference=SCRIPT, **{"as": "fee", "why": "手续费"})
    check("no such difference", chen.status in (404, 422), chen.text)
    post(chen, page, page, act="look", difference=name, **{"as": "fee", "why": "手续费" + SCRIPT})
    check("one says what it is", chen.status == 303 and "等另一人复核" in chen.get(chen.place).text and "op-001251" in chen.text, chen.text)
    post(chen, page, page, act="agree", difference=name, password=PASSWORD, code=of_chen.code())
    check("not agreed to by the same", chen.status == 422 and "须由另一人复核" in chen.text, chen.text)
    post(liu, page, page, act="agree", difference=name, password=PASSWORD)
    check("nor by another without a code", liu.status == 422 and "动态码" in liu.text, liu.text)
    post(liu, page, page, act="agree", difference=name, password=PASSWORD, code=of_liu.code())
    check("another agrees, and it is booked", liu.status == 303 and "已复核" in liu.get(liu.place).text and "没有差异" in liu.text, liu.text)
    acts = database(bus, "SELECT act || ' ' || operator FROM treasury_act WHERE act IN ('look at', 'agree') ORDER BY n")
    check("each is a row of who did it", acts == ["look at " + CHEN, "agree " + LIU], acts)


def others(bus, port, batch, telephone):
    """At the page: as if there were none. At the treasury's door: refused, whoever asks."""
    director = signed_in(bus, port, "mz.approver", operator("MZ", "approver"))
    nothing = director.get("/nowhere").text
    for path in ("/money", "/money/lines", "/money/differences", batch):
        director.get(path)
        check("who does not pay: %s is not there" % path, director.status == 404 and director.text == nothing and "/money" not in director.text)
    post(director, "/progress", batch, act="approve", password=PASSWORD)
    check("nor an approval", director.status == 404, director.text)
    door = int(bus.town.env["LIANOU_PORT_TREASURY"])

    def asked(method, path, body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", door, timeout=60)
        c.request(method, "/v1/treasury" + path, body, headers)
        return c.getresponse().status

    def bearer(b):
        return {"Authorization": "Bearer " + b.cookies["lianou_session"], "Content-Type": "application/json"}
    one = batch.replace("/money", "")
    word = json.dumps({"password": PASSWORD})
    check("the door itself: this machine is nobody who pays", asked("GET", "") == 403 and asked("POST", one + "/send", word) == 403)
    check("nor is who does not", asked("GET", "", **bearer(director)) == 403 and asked("POST", one + "/approve", word, **bearer(director)) == 403)
    check("nor a session that is none", asked("GET", one, Authorization="Bearer " + "0" * 64) == 401)
    zhao = Browser(port).get("/sign-in")
    zhao.send("/sign-in", account="zhao", password=PASSWORD, code=telephone.code())
    check("another site's form is none", asked("POST", one + "/send", "password=" + PASSWORD, **dict(bearer(zhao), **{"Content-Type": "text/plain"})) == 415)
    check("a cashier's session without his password sends nothing", asked("POST", one + "/send", "{}", **bearer(zhao)) == 403)
    check("no such batch", asked("GET", "/batches/" + str(uuid.uuid4()), **bearer(zhao)) == 404 and
          asked("GET", "/batches/x", **bearer(zhao)) == 404 and zhao.get("/money/batches/" + str(uuid.uuid4())).status == 404)


def main():
    folder = county_folder()
    bus = Bus(folder, roles=("matcher", "dispatch", "ledger", "treasury"))
    port, well = free_port(), False
    try:
        desk.desk_of(bus, port)
        award(bus)
        people = [signed_in(bus, port, name, (op,)) for name, op in (("zhao", ZHAO), ("chen", CHEN), ("liu", LIU))]
        batch, telephone = three_people(bus, *people)
        others(bus, port, batch, telephone)
        reads = database(bus, "SELECT DISTINCT who || '|' || record FROM read_log WHERE via = 'GET /money'")
        check("each look is in the reading log", "account chen|" + batch[-36:] in reads and "account zhao|board" in reads, reads)
        well = not faults
    finally:
        bus.town.close(not well)
        shutil.rmtree(folder.parent)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
