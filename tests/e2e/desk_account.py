#!/usr/bin/env python3
"""An officer's own account at the desk: his second factor is shown, confirmed, asked for at every door, counts once, is lost
and reset by another. Plain HTTP, no script, on real Kafka and PostgreSQL."""
import base64
import http.client
import json
import re
import subprocess
import sys

from county import SOURCE, Bus
import desk
from brokers import free_port
from desk import PASSWORD, SCRIPT, Browser, check, database, faults, operator, signed_in
from telephone import Telephone, secret_of

CLERK = "rs.clerk"


def signs_in(port, code, wanted, what):
    b = Browser(port).get("/sign-in").send("/sign-in", account=CLERK, password=PASSWORD, code=code)
    check("signing in " + what, b.status == wanted and (wanted == 303 or "动态码不对" in b.text), b.text)
    return b


def intake_session(bus, **body):
    c = http.client.HTTPConnection("127.0.0.1", bus.town.port, timeout=60)
    c.request("POST", "/v1/sessions", json.dumps(dict(account=CLERK, password=PASSWORD, **body)), {"Content-Type": "application/json"})
    return c.getresponse().status


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
    check("then with the other alone", clerk.status == 200, clerk.text)
    signs_in(port, telephone.code(), 401, "with the one before: no more")
    signs_in(port, codes[3], 401, "nor with its recovery codes")
    signs_in(port, other.code(), 303, "with the other")


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
    account(bus, "add", "ty.other", "--operator", other)
    reason = "手机丢失" + SCRIPT
    for who, name, why, stdin, said in (
            ("ty.other", CLERK, "", PASSWORD, "原因"), ("ty.other", "ty.other", "试", PASSWORD, "另一人"),
            ("ty.other", CLERK, reason, "wrong wrong wrong", "口令"), ("ty.other", "no.body", reason, PASSWORD, "未开通")):
        r = account(bus, "reset", name, "--account", who, "--why", why, stdin=stdin + "\n")
        check("not reset: %s" % said, r.returncode != 0 and said in r.stderr, r)
    r = account(bus, "reset", CLERK, "--account", "ty.other", "--why", reason)
    check("another resets it, with a reason", r.returncode == 0, r)
    r = account(bus, "log", CLERK)
    check("and it is written down: by whom and why", re.search(r"reset +%s +手机丢失" % other, r.stdout) and
          r.stdout.count("recovery") == 3 and r.stdout.count("factor") == 2, r)
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
        second_factor(bus, port, clerk)
        waiting(bus, port)
        reset(bus, port)
        well = not faults
    finally:
        bus.town.close(not well)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
