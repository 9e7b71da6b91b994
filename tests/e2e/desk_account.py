#!/usr/bin/env python3
"""An officer's own account at the desk: he sees where he is signed in and ends it, another does with a reason, he changes his
password; his second factor is shown, confirmed, asked for at every door, counts once, is lost and reset by another. Plain HTTP,
no script, on real Kafka and PostgreSQL."""
import base64
import http.client
import json
import re
import subprocess
import sys
import time
import uuid

from county import SOURCE, Bus
import desk
from brokers import free_port
from desk import PASSWORD, SCRIPT, Browser, check, database, faults, operator, signed_in
from patience import until
from telephone import Telephone, secret_of

CLERK = "rs.clerk"
ANOTHER = "ty.other"
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0 " + SCRIPT}
LOOKED = 30  # seconds a role takes a session for what it was (bus/web/callers.h)


def signs_in(port, code, wanted, what):
    b = Browser(port).get("/sign-in").send("/sign-in", account=CLERK, password=PASSWORD, code=code)
    check("signing in " + what, b.status == wanted and (wanted == 303 or "动态码不对" in b.text), b.text)
    return b


def intake_session(bus, **body):
    c = http.client.HTTPConnection("127.0.0.1", bus.town.port, timeout=60)
    c.request("POST", "/v1/sessions", json.dumps(dict(account=CLERK, password=PASSWORD, **body)), {"Content-Type": "application/json"})
    return c.getresponse().status


def again(port, headers=None, password=PASSWORD):
    """One more session of his."""
    b = Browser(port).get("/sign-in").send("/sign-in", headers, account=CLERK, password=password)
    check("signed in once more", b.status == 303, b.text)
    return b


def lives(b):
    return b.get("/account").status == 200


def rows_of(b):
    """The table of his sessions: number or None for this one, and its cells."""
    out = []
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", b.get("/account").text, re.S):
        n = re.search(r'name="session" value="(\d+)"', row)
        out.append((int(n.group(1)) if n else None, re.findall(r"<t[hd][^>]*>([^<]*)", row)))
    return out


def ends(b, **fields):
    return b.get("/account").ask("POST", "/account/sessions", dict(csrf=b.fields()["csrf"], **fields))


def at_intake(bus):
    """A session of his there; asks with it, for what there is not."""
    c = http.client.HTTPConnection("127.0.0.1", bus.town.port, timeout=60)
    c.request("POST", "/v1/sessions", json.dumps(dict(account=CLERK, password=PASSWORD)),
              dict(FIREFOX, **{"Content-Type": "application/json"}))
    token = json.loads(c.getresponse().read())["token"]

    def asks():
        c.request("GET", "/v1/cases/%s" % uuid.uuid4(), headers={"Authorization": "Bearer " + token, "Lianou-Purpose": "test"})
        r = c.getresponse()
        r.read()
        return r.status
    check("a session at the other door", asks() == 404)
    return asks


def within(what, holds):
    """As documented; a slow machine's share beside it."""
    since = time.monotonic()
    while not holds() and time.monotonic() - since < LOOKED + 15:
        time.sleep(1)
    took = time.monotonic() - since
    check("%s within %d s" % (what, LOOKED), took < LOOKED + 5, took)


def listed(bus, port, clerk):
    """What he is shown, and nothing that was sent."""
    firefox = again(port, FIREFOX)
    odd = again(port, {"User-Agent": SCRIPT})
    database(bus, "INSERT INTO account_session (token_hash, account, made_at, expires_at, address, program) VALUES "
             "('x', '%s', now(), now() + interval '1 hour', '%s', 'command')" % (CLERK, SCRIPT.replace("'", "''")))
    rows = rows_of(clerk)
    check("four sessions; his own first, and not to be ended there", [n is None for n, _ in rows] == [True, False, False, False], rows)
    check("the program's family, where it is known", [c[0] for _, c in rows] == ["未知程序", "命令行", "未知程序", "Firefox, Windows"], rows)
    check("from where, since, last used, until: to the minute", all(
        c[1] == "127.0.0.1" and all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", x) for x in c[2:5]) for _, c in rows if c[0] != "命令行"), rows)
    check("nothing of the header, nothing unescaped", not any(w in clerk.text for w in ("Mozilla", "128.0", "<script", "Gecko")), clerk.text)
    kept = "".join(database(bus, "SELECT s::text FROM account_session s WHERE token_hash <> 'x'"))
    check("nor in the database", "Firefox, Windows" in kept and not any(w in kept for w in ("Mozilla", "script", "128.0")), kept)
    said = account(bus, "sessions", CLERK).stdout
    check("a command lists them", len(said.splitlines()) == 4 and re.search(
        r"^ +%d  .*127\.0\.0\.1 +Firefox, Windows$" % rows[3][0], said, re.M), said)
    check("in English, too", "Command" in clerk.get("/account?lang=en").text and "This one" in clerk.text, clerk.text)
    clerk.get("/account?lang=zh")
    return firefox, odd, rows


def sessions(bus, port, clerk):
    firefox, odd, rows = listed(bus, port, clerk)
    other = signed_in(bus, port, ANOTHER, operator("TY", "clerk"))
    theirs = database(bus, "SELECT n FROM account_session WHERE account = '%s'" % ANOTHER)[0]
    check("without the token nothing ends", clerk.ask("POST", "/account/sessions", {"act": "others"}).status == 403 and lives(odd))
    check("nor with another's", clerk.ask("POST", "/account/sessions", {"act": "others", "csrf": odd.get("/account").fields()["csrf"]}).status == 403
          and lives(odd))
    for guess in (theirs, "9999999", "0", "-1", "", "9" * 30, "1 OR 1=1", SCRIPT):
        ends(clerk, act="end", session=guess)
        check("no number of another opens anything: %.12s" % guess, clerk.status == 422 and "没有这个登录" in clerk.text, clerk.text)
    ends(clerk, act="all", session=theirs)
    check("nor what is no act", clerk.status == 422 and lives(other) and lives(firefox) and lives(odd), clerk.text)
    ends(clerk, act="end", session=rows[3][0])
    check("one ends", clerk.status == 303 and clerk.place == "/account?told=end" and "已结束" in clerk.get(clerk.place).text, clerk.text)
    check("at once, that one alone", firefox.get("/account").status == 303 and lives(odd) and lives(clerk) and len(rows_of(clerk)) == 3)
    check("once", ends(clerk, act="end", session=rows[3][0]).status == 422)
    asks = at_intake(bus)
    database(bus, "UPDATE account_session SET seen_at = seen_at - interval '5 minutes'")
    ends(clerk, act="others")
    check("all others end", clerk.status == 303 and "全部结束" in clerk.get(clerk.place).text and [n for n, _ in rows_of(clerk)] == [None], clerk.text)
    check("at once; another person's does not", odd.get("/account").status == 303 and lives(clerk) and lives(other))
    within("at the other door, too,", lambda: asks() == 401)
    seen = "SELECT xmin, seen_at = date_trunc('minute', seen_at), seen_at > now() - interval '2 minutes' FROM account_session WHERE account = '%s'" % CLERK
    lives(clerk)
    before = database(bus, seen)[0]
    check("seen is moved on, to the minute", before.endswith("|t|t"), before)
    for _ in range(30):
        lives(clerk)
    check("and not written at each request", len({before, database(bus, seen)[0]}) == 1 or time.time() % 60 < 10, before)


def password(bus, port, clerk):
    fresh, fourth = "another long one 8", again(port)
    hashed = "SELECT hash FROM account WHERE name = '%s'" % CLERK
    before = database(bus, hashed)
    for old, new, twice, said in ((PASSWORD, fresh, fresh + "x", "不一致"), (PASSWORD, "short", "short", "不符合"), (PASSWORD, "a" * 20, "a" * 20, "不符合"),
                                  (PASSWORD, "", "", "不符合"), ("wrong wrong wrong", fresh, fresh, "口令不对"), ("", fresh, fresh, "口令不对")):
        clerk.get("/account").send("/account/password", old=old, new=new, again=twice)
        check("the password stays: %s" % said, clerk.status == 422 and said in clerk.text and fresh not in clerk.text, clerk.text)
    check("without the token, too", clerk.ask("POST", "/account/password", dict(old=PASSWORD, new=fresh, again=fresh)).status == 403)
    check("and every session", database(bus, hashed) == before and lives(fourth) and lives(clerk))
    stolen = Browser(port)
    stolen.cookies = dict(clerk.cookies)
    clerk.get("/account").send("/account/password", old=PASSWORD, new=fresh, again=fresh)
    check("changed, and he goes on in a fresh session", clerk.status == 303 and "口令已修改" in clerk.get(clerk.place).text and
          clerk.cookies["lianou_session"] != stolen.cookies["lianou_session"] and len(rows_of(clerk)) == 1, clerk.text)
    check("the others end, and what he had before", fourth.get("/account").status == 303 and stolen.get("/account").status == 303)
    check("it is written down", re.search(r"^\S+ \S+ +%s +password +%s" % (CLERK, operator("RS", "clerk")[0]), account(bus, "log", CLERK).stdout, re.M))
    signs_in(port, "", 401, "with the old one: no")
    again(port, password=fresh)
    clerk.get("/account").send("/account/password", old=fresh, new=PASSWORD, again=PASSWORD)
    check("and back", clerk.status == 303 and [n for n, _ in rows_of(clerk)] == [None])


def ended_by_another(bus, port, clerk):
    one, two = again(port, FIREFOX), again(port)
    n = str(max(int(line.split()[0]) for line in account(bus, "sessions", CLERK).stdout.splitlines() if "Firefox" in line))
    reason = "电脑丢失" + SCRIPT
    for args, stdin, said in ((("--account", ANOTHER, "--why", ""), PASSWORD, "原因"), (("--account", CLERK, "--why", "试"), PASSWORD, "另一人"),
                              (("--account", ANOTHER, "--why", "试"), "wrong wrong wrong", "口令"),
                              (("--account", ANOTHER, "--why", "试", "--session", "9999999"), PASSWORD, "没有这个会话"),
                              (("--account", ANOTHER, "--why", "试", "--session", "1x"), PASSWORD, "编号"), ((), PASSWORD, "usage")):
        r = account(bus, "end", CLERK, *args, stdin=stdin + "\n")
        check("not ended: %s" % said, r.returncode != 0 and said in r.stderr, r)
    check("all are there", lives(one) and lives(two) and lives(clerk))
    r = account(bus, "end", CLERK, "--session", n, "--account", ANOTHER, "--why", reason)
    check("another ends one, with a reason", r.returncode == 0 and not re.search(r"^ +%s " % n, account(bus, "sessions", CLERK).stdout, re.M), r)
    within("it ends at the desk", lambda: not lives(one))
    check("that one alone", lives(two) and lives(clerk))
    r = account(bus, "end", CLERK, "--account", ANOTHER, "--why", reason)
    check("then all", r.returncode == 0 and account(bus, "sessions", CLERK).stdout == "", r)
    check("it is written down: by whom and why", len(re.findall(r" end +%s +电脑丢失" % operator("TY", "clerk")[0], account(bus, "log", CLERK).stdout)) == 2)
    check("a person who has none has none to end", "没有这个会话" in account(bus, "end", CLERK, "--account", ANOTHER, "--why", reason).stderr)
    within("they end at the desk", lambda: not lives(two) and not lives(clerk))


def begun(clerk):
    """Shown and not in force; the telephone that has it."""
    clerk.get("/account")
    check("his account's page, from the top of each", clerk.status == 200 and CLERK in clerk.text and "尚未开通" in clerk.text and
          '<a href="/account" aria-current="page"' in clerk.text, clerk.text)
    page = clerk.pairs()
    check("without the token nothing is begun", clerk.ask("POST", "/account/factor", {"password": PASSWORD}).status == 403)
    clerk.ask("POST", "/account/factor/confirm", dict(page, code="123456"))
    check("nothing was begun: nothing is confirmed", clerk.status == 422 and "没有等待确认" in clerk.text, clerk.text)
    clerk.get("/account").send("/account/factor", password="wrong wrong wrong")
    check("not begun with a wrong password", clerk.status == 422 and "口令不对" in clerk.text, clerk.text)
    clerk.send("/account/factor", password=PASSWORD)
    secret = secret_of(clerk.text)
    check("a secret, as text and as a square", clerk.status == 200 and '<svg class="qr"' in clerk.text, clerk.text)
    for wrong in ("000000" if Telephone(secret).code() != "000000" else "111111", SCRIPT, ""):
        clerk.send("/account/factor/confirm", code=wrong)
        check("a wrong first code: the same secret again", clerk.status == 422 and secret in clerk.text and "不对" in clerk.text, clerk.text)
    check("it is not in force yet", "尚未开通" in clerk.get("/account").text)
    clerk.send("/account/factor", password=PASSWORD)
    telephone = Telephone(secret_of(clerk.text))
    check("begun again it is another", telephone.secret != secret)
    return telephone


def second_factor(bus, port, clerk):
    telephone = begun(clerk)
    first = telephone.code()
    clerk.send("/account/factor/confirm", code=first)
    codes = telephone.recovery = re.findall(r'class="number-big">([a-z2-7-]{19})<', clerk.text)
    check("confirmed: ten recovery codes, told once", clerk.status == 200 and len(set(codes)) == 10, clerk.text)
    check("the page says so and tells none", "还有 10 个恢复码" in clerk.get("/account").text and codes[0] not in clerk.text and
          telephone.secret not in clerk.text, clerk.text)
    rows = "".join(database(bus, "SELECT f::text FROM account_factor f") + database(bus, "SELECT r::text FROM account_recovery r"))
    kept = [telephone.secret, codes[0], codes[0].replace("-", ""), base64.b32decode(telephone.secret).hex()]
    check("the database has neither the secret nor a recovery code", rows and not any(k in rows for k in kept))
    signs_in(port, "", 401, "wants the code")
    signs_in(port, first, 401, "with a code that has counted: no")
    signs_in(port, telephone.code(), 303, "with a fresh one")
    signs_in(port, codes[0].upper().replace("-", " "), 303, "with a recovery code, however it is written")
    signs_in(port, codes[0], 401, "with the same once more: no")
    check("nine are left", "还有 9 个恢复码" in clerk.get("/account").text, clerk.text)
    check("nor at the other door without a code; with one, yes", (intake_session(bus), intake_session(bus, code=codes[1])) == (401, 201))
    clerk.get("/account").send("/account/factor", password=PASSWORD, code="")
    check("another telephone wants a code of the one before", clerk.status == 422 and "动态码不对" in clerk.text, clerk.text)
    clerk.send("/account/factor", password=PASSWORD, code=codes[2])
    other = Telephone(secret_of(clerk.text))
    signs_in(port, telephone.code(), 303, "with the one before, until the other is confirmed")
    clerk.send("/account/factor/confirm", code=other.code())
    other.recovery = re.findall(r'class="number-big">([a-z2-7-]{19})<', clerk.text)
    check("then with the other alone", clerk.status == 200, clerk.text)
    signs_in(port, telephone.code(), 401, "with the one before: no more")
    signs_in(port, codes[3], 401, "nor with its recovery codes")
    signs_in(port, other.code(), 303, "with the other")
    password_by_code(bus, port, clerk, other)


def desk_again(bus, port):
    """It forgets how many wrong ones have come from this address: twenty, and the address waits."""
    bus.town.kill("desk")
    assert until(lambda: desk.answers(port), 60, bus.town.moved), "the desk does not answer"


def password_by_code(bus, port, clerk, telephone):
    """Who has a second factor changes his password by it, too: each code once, here as at the door."""
    desk_again(bus, port)
    fresh, hashed, fourth = "a third long one 9", "SELECT hash FROM account WHERE name = '%s'" % CLERK, Browser(port)
    fourth.get("/sign-in").send("/sign-in", account=CLERK, password=PASSWORD, code=telephone.recovery[0])
    before, used = database(bus, hashed), telephone.recovery[0]
    for code in ("", used, SCRIPT[:32]):
        clerk.get("/account").send("/account/password", old=PASSWORD, new=fresh, again=fresh, old_code=code)
        check("the old password without a code of his, nothing: %.6s" % code, clerk.status == 422 and "动态码不对" in clerk.text and fresh not in clerk.text, clerk.text)
    check("the password stands, and every session", database(bus, hashed) == before and lives(fourth) and lives(clerk))
    code = telephone.code()
    clerk.get("/account").send("/account/password", old="wrong wrong wrong", new=fresh, again=fresh, old_code=telephone.recovery[1])
    check("nor a code without the old one", clerk.status == 422 and "口令不对" in clerk.text and database(bus, hashed) == before, clerk.text)
    clerk.get("/account").send("/account/password", old=PASSWORD, new=fresh, again=fresh, old_code=code)
    check("with both it is changed, and the others end", clerk.status == 303 and lives(clerk) and not lives(fourth) and len(rows_of(clerk)) == 1, clerk.text)
    for password, code, wanted in ((fresh, "", 401), (fresh, code, 401), (PASSWORD, telephone.recovery[2], 401), (fresh, telephone.recovery[3], 303)):
        b = Browser(port).get("/sign-in").send("/sign-in", account=CLERK, password=password, code=code)
        check("then in with the new one and a code that has not counted: %d" % wanted, b.status == wanted, b.text)
    clerk.get("/account").send("/account/password", old=fresh, new=PASSWORD, again=PASSWORD, old_code=telephone.recovery[4])
    check("and back by a recovery code", clerk.status == 303 and "还有 7 个恢复码" in clerk.get("/account").text, clerk.text)
    desk_again(bus, port)


def account(bus, *args, stdin=PASSWORD + "\n"):
    return subprocess.run([bus.town.program, "account", *args], env=bus.town.env, input=stdin, text=True, capture_output=True)


def waiting(bus, port):
    """Wrong codes count as wrong passwords do."""
    for _ in range(5):
        signs_in(port, "000000", 401, "with a guess")
    rows = database(bus, "SELECT retry_at > now() FROM account WHERE name = '%s'" % CLERK)
    check("five wrong codes: the account waits", rows == ["t"] and re.search(CLERK + r" .* waiting .*factor", account(bus, "list").stdout), rows)
    account(bus, "enable", CLERK)


def reset(bus, port):
    r = account(bus, "code", stdin="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")
    check("a secret's code at a command", re.fullmatch(r"\d{6}\n", r.stdout), r)
    check("what is no secret is told so", "base32" in account(bus, "code", stdin="GEZD1\n").stderr)
    other = operator("TY", "clerk")[0]
    reason = "手机丢失" + SCRIPT
    for who, name, why, stdin, said in (
            (ANOTHER, CLERK, "", PASSWORD, "原因"), (ANOTHER, ANOTHER, "试", PASSWORD, "另一人"),
            (ANOTHER, CLERK, reason, "wrong wrong wrong", "口令"), (ANOTHER, "no.body", reason, PASSWORD, "未开通")):
        r = account(bus, "reset", name, "--account", who, "--why", why, stdin=stdin + "\n")
        check("not reset: %s" % said, r.returncode != 0 and said in r.stderr, r)
    r = account(bus, "reset", CLERK, "--account", ANOTHER, "--why", reason)
    check("another resets it, with a reason", r.returncode == 0, r)
    r = account(bus, "log", CLERK)
    check("and it is written down: by whom and why", re.search(r"reset +%s +手机丢失" % other, r.stdout) and
          r.stdout.count("recovery") == 6 and r.stdout.count("factor") == 2, r)
    check("nobody takes a row away", "only grows" in subprocess.run(
        ["psql", "-X", "-q", bus.town.db, "-c", "DELETE FROM account_act"], capture_output=True, text=True).stderr)
    signs_in(port, "", 303, "with his password is enough again")
    r = subprocess.Popen([bus.town.program, "account", "factor", CLERK], env=bus.town.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    r.stdin.write(PASSWORD + "\n")
    r.stdin.flush()
    secret, address = r.stdout.readline().strip(), r.stdout.readline().strip()
    r.stdin.write(Telephone(secret).code() + "\n")
    said = r.communicate()[0]
    check("and at a command he sets one up", r.returncode == 0 and address.startswith("otpauth://totp/") and
          len(re.findall(r"^[a-z2-7]{4}(?:-[a-z2-7]{4}){3}$", said, re.M)) == 10, (address, said))
    signs_in(port, "", 401, "wants a code then")


def main():
    bus = Bus(SOURCE / "bus-config", roles=("ledger",))
    port, well = free_port(), False
    try:
        desk.desk_of(bus, port)
        clerk = signed_in(bus, port, CLERK, operator("RS", "clerk"))
        sessions(bus, port, clerk)
        password(bus, port, clerk)
        ended_by_another(bus, port, clerk)
        second_factor(bus, port, again(port))
        waiting(bus, port)
        reset(bus, port)
        well = not faults
    finally:
        bus.town.close(not well)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
