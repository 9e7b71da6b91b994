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
import subprocess
import sys
import tempfile
import uuid

os.environ["LIANOU_TREASURY_FROM"] = "2020-01-01"
os.environ.setdefault("LIANOU_PROCESS_FROM", "2100-01-01")  # the way of steps is desk.py's
from county import SOURCE, Bus, application, identity  # noqa: E402
from county import clerk as in_town  # noqa: E402
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


def budgeted(bus, who=("liu", "chen")):
    """A fund's money by two, at commands, where nobody has a code yet."""
    def said(*args):
        r = subprocess.run([bus.town.program, "treasury", "budget", *args], env=dict(bus.town.env, LIANOU_SECOND_FACTOR="false"), check=True,
                           capture_output=True, text=True, input=PASSWORD + "\n")
        return r.stdout.strip()
    n = said("CG", "600000.00", "--why", "年度预算", "--account", who[0])
    said("agree", n, "--account", who[1])


def prepared(zhao, bus):
    zhao.get("/money")
    row = re.search(r'name="fund" value="CG"><input type="hidden" name="pay_day" value="([\d-]+)"', zhao.text)
    check("what is due stands there, to be put into a batch", zhao.status == 200 and row and 'aria-current="page">资金发放' in zhao.text, zhao.text)
    days = re.findall(r'name="pay_day" value="([\d-]+)"', zhao.text)
    post(zhao, "/money", "/money/batches", fund="CG", pay_day=days[-1])
    check("without money there is no batch, and it says so", zhao.status == 422 and "可用" in zhao.text, zhao.text)
    budgeted(bus)
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
    budgets(bus, chen, liu, of_chen, of_liu)
    suspended(bus, chen, of_chen)
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


def budgets(bus, chen, liu, of_chen, of_liu):
    """A fund's money: one says it, another agrees, with password and code (recovery codes here: they do not wait for the half minute)."""
    page, free = "/money/budgets", "SELECT fen FROM fund_balance WHERE fund = 'CG' AND account = 'free'"
    before = int(database(bus, free)[0])
    chen.get(page)
    check("a page of budgets, from that of the money", chen.status == 200 and "没有等待复核的预算" in chen.text and page in chen.get("/money").text, chen.text)
    for form in (dict(fund="XX" + SCRIPT, yuan="10", why="x"), dict(fund="CG", yuan="1e3", why="x"), dict(fund="CG", yuan="0", why="x"),
                 dict(fund="CG", yuan="--5", why="x"), dict(fund="CG", yuan="10.00", why="")):
        post(chen, page, page, act="say", **form)
        check("none is said of %s" % form, chen.status == 422 and 'role="alert"' in chen.text and database(bus, "SELECT count(*) FROM budget_said") == ["1"], chen.text)
    post(chen, page, page, act="say", fund="CG", yuan="1000.00", why="追加" + SCRIPT)
    check("one says it", chen.status == 303 and "等另一人复核" in chen.get(chen.place).text and "&lt;script&gt;" in chen.text and "1,000.00" in chen.text, chen.text)
    n = database(bus, "SELECT max(n) FROM budget_said")[0]
    check("nothing is booked yet", int(database(bus, free)[0]) == before)
    check("the form to agree is not for him", 'value="agree"' not in chen.text and 'value="agree"' in liu.get(page).text, liu.text)
    post(chen, page, page, act="agree", budget=n, password=PASSWORD, code=of_chen.recovery[0])
    check("not agreed to by the same", chen.status == 422 and "须由另一人" in chen.text, chen.text)
    post(liu, page, page, act="agree", budget=n, password=PASSWORD)
    check("nor by another without a code", liu.status == 422 and "动态码" in liu.text, liu.text)
    for no in ("0", "-1", "999999", SCRIPT, "1 OR 1=1", ""):
        post(liu, page, page, act="drop", budget=no)
        check("no such budget: %.8s" % no, liu.status == 404, liu.text)
    check("without the token nothing", liu.ask("POST", page, dict(act="drop", budget=n)).status == 403)
    post(liu, page, page, act="agree", budget=n, password=PASSWORD, code=of_liu.recovery[0])
    check("another agrees, and it is booked", liu.status == 303 and "已复核入账" in liu.get(liu.place).text and
          int(database(bus, free)[0]) == before + 100000, liu.text)
    post(liu, page, page, act="agree", budget=n, password=PASSWORD, code=of_liu.recovery[1])
    check("once", liu.status == 422 and "已处理" in liu.text and int(database(bus, free)[0]) == before + 100000, liu.text)
    post(liu, page, page, act="say", fund="CG", yuan="-%d" % (before // 100 + 5000), why="核减")
    post(chen, page, page, act="agree", budget=str(int(n) + 1), password=PASSWORD, code=of_chen.recovery[1])
    check("more than is free is not taken away", chen.status == 422 and "余额不足" in chen.text and int(database(bus, free)[0]) == before + 100000, chen.text)
    post(chen, page, page, act="drop", budget=str(int(n) + 1))
    check("it is dropped", chen.status == 303 and "已作废" in chen.get(chen.place).text and "没有等待复核的预算" in chen.text, chen.text)
    acts = database(bus, "SELECT act || ' ' || operator FROM treasury_act WHERE act LIKE '%budget' ORDER BY n OFFSET 2")
    check("each is a row of who did it", acts == ["say budget " + CHEN, "budget " + LIU, "say budget " + LIU, "drop budget " + CHEN], acts)
    r = [subprocess.run(["psql", "-X", "-q", bus.town.db, "-c", q], capture_output=True, text=True).stderr for q in
         ("UPDATE budget_said SET amount_fen = 1", "DELETE FROM budget_said", "INSERT INTO budget_said (fund, amount_fen, why, said_by, agreed, ended_by, ended_at) "
          "VALUES ('CG', 1, 'x', 'a', true, 'a', now())")]
    check("nobody writes them otherwise", "only grows" in r[0] and "only grows" in r[1] and "budget_agreed_by_another" in r[2], r)


def suspended(bus, chen, of_chen):
    page = "/money/awards"
    award = database(bus, "SELECT assignment_id FROM award")[0]
    chen.get(page)
    check("the awards that stand", chen.status == 200 and award in chen.text and "发放中" in chen.text and 'name="password"' not in chen.text, chen.text)
    one = page + "?award=" + award
    check("one by its number, with what can be done", 'value="suspend"' in chen.get(one).text and award not in chen.get(page + "?state=waiting").text)
    check("no number, nobody's", chen.get(page + "?award=" + "%3Cscript%3E").status == 404 and
          chen.get(page + "?award=" + str(uuid.uuid4())).status == 200 and "没有这样的救助" in chen.text)
    post(chen, one, page, act="suspend", award=award, why="", password=PASSWORD, code=of_chen.recovery[2])
    check("not without a reason", chen.status == 422 and "原因" in chen.text, chen.text)
    post(chen, one, page, act="suspend", award=award, why="核查收入", password=PASSWORD)
    check("nor without a code", chen.status == 422 and "动态码" in chen.text and database(bus, "SELECT state FROM award") == ["live"], chen.text)
    post(chen, one, page, act="resume", award=award, why="核查", password=PASSWORD, code=of_chen.recovery[3])
    check("what stands is not resumed", chen.status == 422 and "只能恢复暂停的救助" in chen.text, chen.text)
    post(chen, one, page, act="suspend", award=award, why="核查收入" + SCRIPT, password=PASSWORD, code=of_chen.recovery[4])
    check("suspended, with a reason", chen.status == 303 and "已暂停" in chen.get(chen.place).text and 'value="resume"' in chen.text and
          database(bus, "SELECT state FROM award") == ["waiting"], chen.text)
    post(chen, one, page, act="suspend", award=award, why="再次", password=PASSWORD, code=of_chen.recovery[5])
    check("not twice", chen.status == 422 and "已暂停或已终止" in chen.text, chen.text)
    post(chen, one, page, act="resume", award=award, why="收入无变化", password=PASSWORD, code=of_chen.recovery[6])
    check("resumed", chen.status == 303 and "已恢复" in chen.get(chen.place).text and database(bus, "SELECT state FROM award") == ["live"], chen.text)
    acts = database(bus, "SELECT act || ' ' || operator || ' ' || left(note, 4) FROM treasury_act WHERE assignment_id IS NOT NULL AND act IN ('stop', 'resume') ORDER BY n")
    check("each is a row of who did it and why", acts == ["stop %s 核查收入" % CHEN, "resume %s 收入无变" % CHEN], acts)


def another_account(bus, port, director, chen):
    """Another account for what is paid: a clerk takes it down, the approver writes it once more, with password and code; then it is
    the department's event, the treasury pays to it, and the account stands in clear in no row. For others there is no such page."""
    clerk, other = (signed_in(bus, port, name, op) for name, op in
                    (("mz.clerk", operator("MZ", "clerk")), ("ty.approver", operator("TY", "approver"))))
    award, case = database(bus, "SELECT assignment_id || ' ' || case_id FROM award")[0].split()
    path, account = "/cases/%s/payee/%s" % (case, award), "6200000099994321"
    check("the case leads to where its account is changed", until(lambda: path in clerk.get("/cases/" + case).text, 60, bus.town.moved), clerk.text)
    check("it is the same bytes as none for anybody else", all(b.get(path).text == b.get("/nowhere").text and b.get(path).status == 404 for b in (other, chen)))
    well = dict(change=str(uuid.uuid4()), act="say", asked_by="HOUSEHOLD", name_check="SAME_NAME", bank="youchu", account=account, holder="甲" + SCRIPT)
    post(other, "/queue", path, **well)
    check("nor taken down by him", other.status == 404 and other.text == other.get("/nowhere").text and database(bus, "SELECT count(*) FROM desk_payee") == ["0"])
    clerk.get(path)
    check("its page: the account as it is masked", clerk.status == 200 and "***5678" in clerk.text and 'value="say"' in clerk.text, clerk.text)
    for form in (dict(well, account="12"), dict(well, account=SCRIPT), dict(well, bank="MZ"), dict(well, holder=""), dict(well, name_check="DIFFERS"), dict(well, asked_by="")):
        post(clerk, path, path, **form)
        check("not without a bank, an account, whose it is, who asked", clerk.status == 422 and 'role="alert"' in clerk.text and account not in clerk.text, clerk.text)
    post(clerk, path, path, **well)
    check("a clerk takes it down", clerk.status == 303 and "等另一人审批" in clerk.get(clerk.place).text, clerk.text)
    check("sealed, in no row in clear", database(bus, "SELECT state, said_by, position('%s' IN encode(sealed, 'escape')) FROM desk_payee" % account) ==
          ["open|%s|0" % operator("MZ", "clerk")[0]])
    post(director, path, path, **dict(well, change=str(uuid.uuid4())))
    check("one at a time", director.status == 422 and "已有一项变更" in director.text, director.text)
    check("the form to approve is not for him", 'value="agree"' not in clerk.get(path).text and 'value="agree"' in director.get(path).text, director.text)
    check("what waits is shown masked", "***4321" in director.text and account not in director.text and "本人或家庭成员" in director.text, director.text)
    codes = set_up(director, PASSWORD).recovery
    agree = dict(act="agree", change=well["change"], account=account, password=PASSWORD, code=codes[0])
    for form in (dict(agree, account=account[:-1] + "2"), dict(agree, change=str(uuid.uuid4())), dict(agree, code=""), dict(agree, password="wrong wrong wrong")):
        post(director, path, path, **form)
        check("not with another account, of nothing, without a code or the password", director.status == 422 and 'role="alert"' in director.text, director.text)
    post(clerk, path, path, **agree)
    check("nor by a clerk, who put it forward", clerk.status == 422 and database(bus, "SELECT state FROM desk_payee") == ["open"], clerk.text)
    post(director, path, path, **dict(agree, code=codes[1]))
    check("approved by another", director.status == 303 and "变更已签章发出" in director.get(director.place).text, director.text)
    (_, c), = bus.events("payee_change", 1)
    check("as the department's event, of the two, under its seal", c["done_by"]["operator_id"] == operator("MZ", "clerk")[0] and c["second"]["operator_id"] ==
          operator("MZ", "approver")[0] and c["seal"] and c["seal_id"] == "seal-MZ" and str(uuid.UUID(bytes=c["event_id"])) == well["change"], c)
    bus.events("case_event", 1, seconds=60, kind="ATTENTION", note="PAYEE_CHANGED MZ01")
    check("the treasury pays to it from now on", until(lambda: database(bus, "SELECT count(*) FROM treasury_act WHERE act = 'payee'") == ["1"], 60, bus.town.moved))
    post(director, path, path, **dict(agree, code=codes[2]))
    check("not twice; what was kept of it is gone", director.status == 422 and "没有等待审批的变更" in director.text and
          database(bus, "SELECT state, ended_by, sealed IS NULL FROM desk_payee") == ["sent|%s|t" % operator("MZ", "approver")[0]], director.text)
    post(clerk, path, path, **dict(well, change=str(uuid.uuid4())))
    again = database(bus, "SELECT change FROM desk_payee WHERE state = 'open'")[0]
    post(director, path, path, act="drop", change=again)
    check("what was put forward is dropped", director.status == 303 and database(bus, "SELECT count(*) FROM desk_payee WHERE state = 'dropped'") == ["1"], director.text)
    check("each look is in the reading log", {"account mz.%s|GET /cases/{id}/payee|another account|%s" % (who, case) for who in ("clerk", "approver")} <=
          set(database(bus, "SELECT DISTINCT who, via, purpose, record FROM read_log")))
    return clerk, other, codes[3:]


def ended(bus, director, chen, clerk, other, codes):
    """What was granted is ended by its department's officer on a page, after its people were told and heard: from the month on
    nothing is paid, what was is claimed back, the household sees it. For anybody else there is no such page."""
    award, case = database(bus, "SELECT assignment_id || ' ' || case_id FROM award")[0].split()
    page, path = "/cases/" + case, "/cases/%s/end/%s" % (case, award)
    check("the case leads to where it is ended", until(lambda: path in director.get(page).text, 60, bus.town.moved), director.text)
    check("it is the same bytes as none for anybody else", all(b.get(path).text == b.get("/nowhere").text and b.get(path).status == 404 for b in (other, chen)))
    post(other, "/queue", path, once=str(uuid.uuid4()), authority="x", reason="x", from_month="2099-01", password=PASSWORD)
    check("nor ended by him", other.status == 404 and other.text == other.get("/nowhere").text, other.text)
    month = (TODAY.replace(day=1) + datetime.timedelta(days=32)).strftime("%Y-%m")
    well = dict(authority="社会救助法第48条", reason="收入增加" + SCRIPT, from_month=month, password=PASSWORD)
    check("the form has the next month", 'value="%s"' % month in director.get(path).text and director.status == 200, director.text)
    for form in (dict(well, reason=""), dict(well, authority=""), dict(well, from_month="2020-01"), dict(well, from_month=SCRIPT), dict(well, password="wrong wrong wrong"), dict(well, code="000000")):
        director.get(path).send(path, **form)
        check("not without its ground, its reason, a month to come, password and code", director.status == 422 and 'role="alert"' in director.text, director.text)
    clerk.get(path).send(path, **well)
    check("nor by a clerk", clerk.status == 422 and "按登记簿" in clerk.text and "&lt;script&gt;" in clerk.text, clerk.text)

    def sent():
        before = len([r for _, k, r in bus.read if k == "decision"])
        director.get(path).send(path, code=codes.pop(), **well)
        check("sealed and sent", director.status == 303 and director.place == page + "?told=end", (director.status, director.text))
        return bus.events("decision", before + 1)[-1][1]
    d = sent()
    check("as a refusal by him, under his office's seal, with ground and month", d["outcome"] == "REFUSED" and d["seal"] and d["seal_id"] == "seal-MZ" and
          d["decided_by"]["operator_id"] == operator("MZ", "approver")[0] and d["authority_ref"] == well["authority"] and d["from_month"] == month, d)
    told = [n["reason_code"] for _, n in bus.events("notice", 1, seconds=60, refers_to=d["decision_id"])]
    check("nobody was heard: it has no effect", told == ["STEP_MISSING"] and database(bus, "SELECT count(*) FROM award WHERE until IS NULL") == ["1"], told)
    (_, asked), *_ = bus.events("assignment", 1, item="MZ01", action="ASSIGNED")
    for kind, second in (("NOTICE_POSTED", ""), ("HEARD", in_town(asked["division_code"][:9])["operator_id"])):
        post(clerk, page, page + "/steps", assignment=award, once=str(uuid.uuid4()), kind=kind, second=second)
        check("%s is recorded on the case" % kind, clerk.status == 303, clerk.text)
        bus.events("case_event", 1, kind="STEP", refers_to=bus.events("step", 1, kind=kind)[0][1]["event_id"])
    d = sent()
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="AWARD_STOPPED MZ01", refers_to=d["decision_id"])
    last = (datetime.date.fromisoformat(month + "-01") - datetime.timedelta(days=1)).isoformat()
    check("the treasury pays until then, and no longer", until(lambda: database(bus, "SELECT state || until FROM award") == ["live" + last], 60, bus.town.moved) and
          database(bus, "SELECT count(*) FROM due_line WHERE first_day > '%s' AND state <> 'stopped' AND owed_fen = 0" % last) == ["0"],
          database(bus, "SELECT * FROM due_line"))
    check("the case says so, and that it was ended", until(lambda: "停发" in director.get(page).text and month + "-01" in director.text, 60, bus.town.moved) and
          path not in director.text and director.get(path).status == 404, director.text)
    (_, a), *_ = bus.events("application", 1, channel_reference="M-1")
    him = Browser(director.port).get("/progress")
    him.send("/progress", application=str(uuid.UUID(bytes=a["application_id"])), id_last=identity(1)[-6:])
    check("and the household sees it with its progress", "已终止, 自 %s-01 起停发" % month in him.text, him.text)
    r = bus.town.lianou("case", "letter", case, "--why", "告知")
    check("and in its letter", "%s-01起停发" % month in r.stdout, r.stdout)
    check("each look is in the reading log", "account mz.approver|GET /cases/{id}/end|to end an award|" + case in
          database(bus, "SELECT DISTINCT who, via, purpose, record FROM read_log"))


def others(bus, port, batch, telephone, director):
    """At the page: as if there were none. At the treasury's door: refused, whoever asks."""
    nothing = director.get("/nowhere").text
    for path in ("/money", "/money/lines", "/money/differences", "/money/budgets", "/money/awards", batch):
        director.get(path)
        check("who does not pay: %s is not there" % path, director.status == 404 and director.text == nothing and "/money" not in director.text)
    post(director, "/progress", batch, act="approve", password=PASSWORD)
    check("nor an approval", director.status == 404, director.text)
    for path in ("/money/budgets", "/money/awards"):
        post(director, "/progress", path, act="say", fund="CG", yuan="1", why="x", award=str(uuid.uuid4()))
        check("nor a budget, nor an award", director.status == 404, director.text)
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
    check("nor is who does not", asked("GET", "", **bearer(director)) == 403 and asked("POST", one + "/approve", word, **bearer(director)) == 403 and
          all(asked("POST", p, word, **bearer(director)) == 403 for p in ("/awards/suspend", "/awards/resume", "/budgets/say", "/budgets/agree", "/budgets/drop")))
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
        director = signed_in(bus, port, "mz.approver", operator("MZ", "approver"))
        others(bus, port, batch, telephone, director)
        ended(bus, director, people[1], *another_account(bus, port, director, people[1]))
        reads = database(bus, "SELECT DISTINCT who || '|' || record FROM read_log WHERE via = 'GET /money'")
        check("each look is in the reading log", "account chen|" + batch[-36:] in reads and "account zhao|board" in reads, reads)
        well = not faults
    finally:
        bus.town.close(not well)
        shutil.rmtree(folder.parent)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
