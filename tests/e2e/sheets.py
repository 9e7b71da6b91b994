#!/usr/bin/env python3
"""The month's sheets of every board: made, published, hung, withdrawn and replaced, checked by anybody; what stands in
them and what does not (S70-S72, D15)."""
import json
import pathlib
import shutil
import subprocess
import sys
import uuid

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e")]
from county import Bus  # noqa: E402
import desk  # noqa: E402
from brokers import free_port  # noqa: E402
from patience import until  # noqa: E402

MONTH = "2026-11"
faults, place = [], [0]
VILLAGES = [x.split(",") for x in (SOURCE / "bus-config/divisions/371425.csv").read_text().splitlines() if x[:6] == "371425"]
BOARDS = len(VILLAGES) + len({v[2] for v in VILLAGES}) + 1
HERE, THERE = VILLAGES[0][0], VILLAGES[1][0]


def check(what, holds, got=""):
    print("  %-78s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:800],)), flush=True)
    if not holds:
        faults.append(what)


def sql(bus, text):
    return subprocess.run(["psql", "-X", "-A", "-t", "-q", bus.town.db, "-c", text], capture_output=True, check=True, text=True).stdout


def event(topic, kind, word, home, about, item, fen, detail, day):
    place[0] += 1
    return ("INSERT INTO event (topic, part, place, event_id, kind, household_id, case_id, about, word, item, partner, amount_fen, note, "
            "occurred_at, detail) VALUES ('%s', 0, %d, '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', %d, '', '%s', '%s');"
            "INSERT INTO reading (topic, part, next) VALUES ('%s', 0, %d) ON CONFLICT (topic, part) DO UPDATE SET next = excluded.next;" % (
                topic, place[0], uuid.uuid4(), kind, home, home, about, word, item, topic.partition(".")[2], fen, day,
                json.dumps(detail), topic, place[0] + 1))


def paid(bus, village, item, fund, fen, people=2, day="2026-11-10", back=None):
    """A household's own case, decision, order and the bank's answers."""
    home, assignment, decision, order = (str(uuid.uuid4()) for _ in range(4))
    days = lambda d: (__import__("datetime").date.fromisoformat(d) - __import__("datetime").date(1970, 1, 1)).days  # noqa: E731
    said = ""
    said += event("x-cases", "case_event", "OPENED", home, home, "", 0, dict(case_no=1, division_code=village), day)
    said += event("x-assignments.MZ", "assignment", "ASSIGNED", home, assignment, item, 0,
          dict(department=item[:2], division_code=village, round=1, due=20800), day)
    said += event("x-decisions.MZ", "decision", "CONFIRMED", home, assignment, item, fen, dict(decision_id=decision, delivery="BANK"), day)
    said += event("x-cases", "case_event", "DECISION_ACCEPTED", home, decision, "", 0, dict(household_size=people, fund=fund), day)
    said += event("x-payment-orders.b", "payment_order", "ORDERED", home, order, item, fen,
          dict(decision_id=decision, assignment_id=assignment, fund=fund, period="MONTH"), day)
    said += event("x-payment-results.b", "payment_result", "SETTLED", home, order, item, fen, dict(value_date=days(day)), day)
    if back:
        said += event("x-payment-results.b", "payment_result", "RETURNED", home, order, item, fen, dict(value_date=days(back)), back)
    sql(bus, said)
    return home, decision


def run(bus, *args, check=True, who=None):
    return bus.town.signed_in(who, "sheets", *args, check=check) if who else bus.town.lianou("sheets", *args, check=check)


def made(folder, board, version=1):
    return json.loads((folder / ("%s-%s-v%d.json" % (board, MONTH, version))).read_text())


def fund(sheet, code):
    return next(f for f in sheet["funds"] if f["fund"] == code)


def what_stands_in_it(bus, folder, homes):
    check("a file of each kind for each of %d boards" % BOARDS,
          [len(list(folder.glob("*-v1." + end))) for end in ("json", "html", "pdf")] == [BOARDS] * 3)
    here = made(folder, HERE)
    cg = fund(here, "CG")
    check("dibao has its rows, the greatest first", [(r["item"], r["people"], r["fen"]) for r in cg["rows"]]
          == [("MZ01", 3, 66000), ("MZ01", 2, 50000)], cg)
    check("what concerns children and disability is one sum, not counted out below three", cg["sums"] ==
          [dict(item_zh="其他(涉及隐私, 合并公示)", times=None, fen=110000)], cg["sums"])
    check("what came back before its sheet is not in it, what came back later of an earlier month is told", (
        cg["paid_fen"], cg["back_fen"]) == (226000, 7000), cg)
    check("a fund that paid nothing says so", fund(here, "LF")["none"] and fund(made(folder, VILLAGES[-1][0]), "CG")["none"])
    check("other departments' funds are not the bureau's", all(f["fund"] != "EF" for f in here["funds"]), here["funds"])
    town, county = made(folder, HERE[:9]), made(folder, HERE[:6])
    check("a town's and the county's have sums and no rows", not any(f["rows"] for s in (town, county) for f in s["funds"])
          and fund(county, "CG")["paid_fen"] == 226000 + 44000, county["paid_fen"])
    whole = b"".join(p.read_bytes() for p in folder.iterdir() if p.suffix != ".pdf")
    check("no surrogate, no decision, no child's item stands anywhere", not any(
        x.encode() in whole for pair in homes for x in pair) and "事实无人抚养".encode() not in whole)
    page = (folder / ("%s-%s-v1.html" % (HERE, MONTH))).read_text()
    check("the page says it in Chinese", "最低生活保障" in page and "本月无" in page and "660.00" in page and "<svg" in page)
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", folder / ("%s-%s-v1.pdf" % (HERE, MONTH)), "-"], capture_output=True, text=True).stdout
        check("so does the PDF", "最低生活保障" in text and "660.00" in text, text[:300])
    if shutil.which("zbarimg") and shutil.which("pdftoppm"):
        subprocess.run(["pdftoppm", "-r", "150", "-png", folder / ("%s-%s-v1.pdf" % (HERE, MONTH)), folder / "code"], check=True)
        r = subprocess.run(["zbarimg", "--raw", "-q", *sorted(folder.glob("code*.png"))], capture_output=True, text=True)
        sm3 = next(x["sm3"] for x in json.loads((folder / ("list-%s.json" % MONTH)).read_text())["sheets"] if x["board"] == HERE)
        check("its code is the sheet's SM3", r.stdout.strip() == "lianou:sheet:%s:%s:1:%s" % (HERE, MONTH, sm3), r.stdout)


def anybody_checks(bus, folder, list_file):
    for end in ("json", "html", "pdf"):
        file = str(folder / ("%s-%s-v1.%s" % (HERE, MONTH, end)))
        check("its %s is as published, by the list and by the ledger" % end, "一致" in run(bus, "verify", file).stdout
              and "一致" in run(bus, "verify", file, "--list", list_file).stdout)
    forged = folder / "forged.json"
    forged.write_text((folder / ("%s-%s-v1.json" % (HERE, MONTH))).read_text().replace("66000", "66001"))
    for more in ((), ("--list", list_file)):
        r = run(bus, "verify", str(forged), *more, check=False)
        check("a changed one is told", r.returncode != 0 and "不符" in r.stderr, r)


def anybody_reads(bus, folder, homes):
    """At the public door, without signing in: what is published, as it was published, and nothing else."""
    port = free_port()
    bus.town.env["LIANOU_DESK_SHEETS"] = str(folder)
    desk.desk_of(bus, port)
    bus.town.lianou("db", "rebuild", "--new")
    b, one = desk.Browser(port), "/sheets/%s/%s" % (HERE, MONTH)
    b.get("/sheets")
    check("the county and its towns are listed, without signing in", b.status == 200 and "/sheets/%s/%s" % (HERE[:6], MONTH) in b.text and
          "town=" + HERE[:9] in b.text and one not in b.text and 'href="/sign-in"' in b.text, b.text)
    check("a town with its villages", one in b.get("/sheets?month=%s&town=%s" % (MONTH, HERE[:9])).text and "2,190.00" in b.text, b.text)
    check("no month of others: the newest", b.get("/sheets?month=%3Cscript%3E&town=1").status == 200 and "town=" + HERE[:9] in b.text)
    check("a month without any: said so", "还没有这样的公示表" in b.get("/sheets?month=2020-01").text)
    text = (folder / ("%s-%s-v1.json" % (HERE, MONTH))).read_text()
    sm3 = sql(bus, "SELECT sm3 FROM life_sheet WHERE board_code = '%s'" % HERE).strip()
    b.get(one)
    check("a village's: its rows, sums and its check sum", b.status == 200 and all(w in b.text for w in ("660.00", "500.00", "本月无", "其他(涉及隐私", sm3)), b.text)
    check("no surrogate, no child's item", not any(x in b.text for pair in homes for x in pair) and "事实无人抚养" not in b.text)
    check("in English, too", "nothing this month" in b.get(one + "?lang=en").text and "Public sheets" in b.text, b.text)
    check("and its own bytes", b.get(one + "/json").text == text)
    nothing = b.get("/nowhere").text
    for path in ("/sheets/%s/2020-01" % HERE, "/sheets/1/" + MONTH, "/sheets/%s/%s" % (HERE[:6] + "%2e%2e%2f%2e%2e", MONTH), "/sheets/%s/%%3Cscript%%3E" % HERE, "/sheets/999999999999/" + MONTH):
        check("no such sheet: the page of none", b.get(path).text == nothing and b.status == 404 and b.get(path + "/json").text == nothing, (path, b.text))
    (folder / ("%s-%s-v1.json" % (HERE, MONTH))).write_text(text.replace("66000", "66001"))
    check("one that is not what was published is not shown", b.get(one).status == 404 and b.text == nothing and b.get(one + "/json").status == 404)
    (folder / ("%s-%s-v1.json" % (HERE, MONTH))).write_text(text)
    check("as it was, it is", b.get(one).status == 200)
    return b


def assistant(village):
    for row in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines():
        x = row.split(",")
        if len(x) > 3 and x[2] == village and x[3] == "assistant" and row.endswith(","):
            return x[0]
    raise LookupError(village)


def left(bus, list_file):
    """Whoever has left office by the register that is in force says nothing any more, whatever the folder says."""
    theirs = bus.town.dir / "left"
    shutil.copytree(bus.town.dir / "registers", theirs)
    path = theirs / "operators.csv"
    path.write_text("".join(line.rstrip("\n") + "2026-11-01\n" if line.startswith("op-000001,") else line
                            for line in path.read_text().splitlines(True)))
    subprocess.run([bus.town.program, "register", "publish"], env=dict(bus.town.env, LIANOU_REGISTERS=str(theirs)), check=True,
                   capture_output=True)
    r = run(bus, "withdraw", HERE, "--month", MONTH, "--why", "x", who="op-000001", check=False)
    check("who has left office by the published register withdraws nothing", r.returncode != 0 and "无此权限" in r.stderr, r)
    bus.town.lianou("register", "publish")


def missing(bus):
    """(not published, not posted) as the last line says, and the boards named."""
    lines = run(bus, "missing", "--month", MONTH).stdout.splitlines()
    words = lines[-1].replace(",", "").split()
    return int(words[words.index("published") + 1]), int(words[words.index("posted") + 1]), [x.split()[0] for x in lines[:-1]]


def letters(bus, home):
    """The one page a household gets; the day to appeal was worked out by hand: 10 November and 60 days is a Saturday."""
    def letter(*args):
        return subprocess.run([bus.town.program, "case", "letter", home, *args], env=bus.town.env, capture_output=True)
    r = letter()
    check("a letter wants to know what for", r.returncode != 0 and not r.stdout, r)
    text = letter("--why", "告知").stdout.decode()
    check("it says what, how much, from whom", "最低生活保障" in text and "660.00元" in text and "民政局" in text, text)
    check("and until when to appeal", "2027-01-11" in text, text)
    sms = letter("--why", "告知", "--format", "sms").stdout.decode().splitlines()
    check("as a short message, 70 characters a part", 1 <= len(sms) and max(map(len, sms)) <= 70 and "2027-01-11" in "".join(sms), sms)
    check("on paper", letter("--why", "告知", "--format", "pdf").stdout[:5] == b"%PDF-")
    check("each is a row of the reading log", sql(bus, "SELECT count(*) FROM read_log WHERE via = 'lianou case letter' AND purpose = '告知'").strip() == "3")


def published(bus, n):
    return until(lambda: int(sql(bus, "SELECT count(*) FROM event WHERE kind = 'sheet'")) >= n, 60, bus.town.moved)


def main():
    bus = Bus(SOURCE / "bus-config", roles=("ledger",))
    good = False
    try:
        folder = bus.town.dir / "sheets"
        list_file = str(folder / ("list-%s.json" % MONTH))
        homes = [paid(bus, HERE, "MZ01", "CG", 66000, people=3), paid(bus, HERE, "MZ01", "CG", 50000),
                 paid(bus, HERE, "MZ10", "CG", 80000), paid(bus, HERE, "MZ12", "CG", 30000), paid(bus, THERE, "MZ01", "CG", 44000),
                 paid(bus, HERE, "RS01", "EF", 99000), paid(bus, HERE, "MZ01", "CG", 88000, back="2026-11-20"),
                 paid(bus, HERE, "MZ01", "CG", 7000, day="2026-10-10", back="2026-11-12"), paid(bus, HERE, "MZ01", "CG", 5000, day="2026-12-01")]
        run(bus, "make", "--month", MONTH, "--out", str(folder))
        what_stands_in_it(bus, folder, homes)
        letters(bus, homes[0][0])
        first = {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith("code")}
        other = bus.town.dir / "again"
        run(bus, "make", "--month", MONTH, "--out", str(other))
        check("made again elsewhere, it is the same bytes", all((other / k).read_bytes() == v for k, v in first.items()))
        page, pdf = (folder / ("%s-%s-v1.%s" % (HERE, MONTH, end)) for end in ("html", "pdf"))
        page.write_text(page.read_text().replace("660.00", "990.00"))
        pdf.unlink()
        kept = (folder / ("%s-%s-v1.pdf" % (THERE, MONTH))).stat().st_mtime_ns
        run(bus, "make", "--month", MONTH, "--out", str(folder))
        check("made again in its place, what was touched is as it was, the rest is left", all(
            (folder / k).read_bytes() == v for k, v in first.items())
            and (folder / ("%s-%s-v1.pdf" % (THERE, MONTH))).stat().st_mtime_ns == kept)
        for who in ("op-000001", assistant(HERE), assistant(THERE)):
            bus.town.account(who)
        r = bus.town.lianou("sheets", "publish", "--month", MONTH, "--list", list_file, "--account", "op-000001", check=False, stdin="not his\n")
        check("who only names an officer publishes nothing", r.returncode != 0 and "sent" not in r.stdout, r)
        r = run(bus, "publish", "--month", MONTH, "--list", list_file, who=assistant(HERE), check=False)
        check("a village's assistant publishes nothing", r.returncode != 0 and "无此权限" in r.stderr, r)
        run(bus, "publish", "--month", MONTH, "--list", list_file, who="op-000001")
        check("every board's is published, as an event", published(bus, BOARDS))
        r = run(bus, "publish", "--month", MONTH, "--list", list_file, who="op-000001")
        check("published again, nothing is sent", r.stdout.startswith("0 "), r.stdout)
        anybody_checks(bus, folder, list_file)
        reader = anybody_reads(bus, folder, homes)
        check("nobody has posted", missing(bus)[:2] == (0, BOARDS), missing(bus)[:2])
        r = run(bus, "posted", HERE, "--month", MONTH, who=assistant(THERE), check=False)
        check("another village's assistant does not say so", r.returncode != 0 and "无此权限" in r.stderr, r)
        run(bus, "posted", HERE, "--month", MONTH, "--photo", list_file, who=assistant(HERE))
        check("the village's own does", until(lambda: missing(bus)[1] == BOARDS - 1, 60, bus.town.moved) and HERE not in missing(bus)[2])
        left(bus, list_file)
        # what comes late changes three sheets
        paid(bus, HERE, "MZ06", "CG", 30000)
        run(bus, "make", "--month", MONTH, "--out", str(folder))
        check("village, town and county have a second version", sorted(p.name.split("-")[0] for p in folder.glob("*-v2.json"))
              == sorted([HERE, HERE[:9], HERE[:6]]), list(folder.glob("*-v2.json")))
        run(bus, "publish", "--month", MONTH, "--list", list_file, who="op-000001")
        check("the first ones are withdrawn with it", published(bus, BOARDS + 6))
        r = run(bus, "verify", str(folder / ("%s-%s-v1.json" % (HERE, MONTH))), check=False)
        check("who has the first one is told", r.returncode != 0 and "已撤回" in r.stderr, r)
        check("what hangs is no longer what stands", missing(bus)[:2] == (0, BOARDS), missing(bus)[:2])
        run(bus, "withdraw", THERE, "--month", MONTH, "--why", "更正", who="op-000001")
        check("one can be withdrawn", published(bus, BOARDS + 7) and until(lambda: missing(bus)[0] == 1, 60, bus.town.moved), missing(bus)[:2])
        bus.town.lianou("db", "rebuild", "--new")
        check("nor does anybody read it; the second version of another", reader.get("/sheets/%s/%s" % (THERE, MONTH)).status == 404 and
              "version 2" in reader.get("/sheets/%s/%s" % (HERE, MONTH)).text, reader.text)
        check("why stands nowhere in the ledger in words", "更正" not in sql(bus, "SELECT detail FROM event WHERE kind = 'sheet'"))
        faults.extend(desk.faults)
        good = not faults
    finally:
        bus.town.close(keep=not good)
    print("D15 no number, name, child or surrogate on any sheet: " + ("held" if not faults else "NOT held"))
    print("%d faults%s" % (len(faults), "".join("\n  " + f for f in faults)))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
