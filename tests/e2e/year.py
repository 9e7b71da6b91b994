#!/usr/bin/env python3
"""A county's year in compressed time, through the real roles on real Kafka and PostgreSQL: households apply, simulated
departments decide under their seals, a simulated bank pays, rejects, returns, also before it has settled; each month three
people pay what is due and publish every board's sheet; heads die (one does not), move, split off; grants are suspended,
cut after a hearing, reviewed after a year. At the end an account of its own, from topics and tables: every due line is
paid exactly once, stopped, or claimed back; money is conserved by fund and day; every village has its sheet or its
"none" each month; and the topics, read again into an empty database, make the same library and the same board (D14).

  year.py [--households N] [--months N] [--villages N] [--seed N]      the whole: --households 500 --months 13 --villages 1038"""
import argparse
import datetime
import hashlib
import json
import os
import random
import shutil
import subprocess
import time
import uuid

import own_day

FIRST = datetime.date(2026, 1, 5)
if os.environ.get("COUNTY_INNER"):
    own_day.go(FIRST)
from board import money, reckoned, today  # noqa: E402
from treasury import ACCOUNT, CHEN, FOLDER, LIU, ZHAO, asked, becomes, budgeted, treasury  # noqa: E402
from county import OPERATOR, SOURCE, Bus, application, clerk, framed, identity, newest  # noqa: E402
from patience import until  # noqa: E402

CLERK = "op-000001"  # of the lead department: publishes
DONE = ("settled", "stopped")
CIVIL = ("CG", "LF")  # whose lines are looked for on the sheets


def smaller(folder, villages):
    """The first so many villages of the county, their stations and officers."""
    there = [x[:12] for x in (folder / "divisions/371425.csv").read_text().splitlines() if x.startswith("371425")][:villages]
    known = {"371425", *there, *(v[:9] for v in there)}
    for name, column in (("divisions/371425.csv", 0), ("divisions/stations.csv", 0), ("registers/operators.csv", 2)):
        text = (folder / name).read_text().splitlines(True)
        (folder / name).write_text("".join(x for x in text if not x.split(",")[min(column, x.count(","))].startswith("371425")
                                           or x.split(",")[column] in known))


def rows(bus, sql):
    return [x.split("|") for x in asked(bus, sql).splitlines()]


def month_of(n):
    return datetime.date(FIRST.year + (FIRST.month - 1 + n) // 12, (FIRST.month - 1 + n) % 12 + 1, 1)


class Year:
    def __init__(self, bus, args):
        self.bus, self.args, self.dice = bus, args, random.Random(args.seed)
        self.touched, self.events, self.months = set(), [], []

    def rest(self):
        """Until every order has its answer and nothing moves."""
        self.bus.take(1)
        waits = ("SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) + (SELECT count(*) FROM due_line WHERE state = 'sent')"
                 " + (SELECT count(*) FROM clock_day WHERE day < '%s')" % today())
        assert until(lambda: asked(self.bus, waits) == "0", 120, self.bus.town.moved), asked(self.bus, waits)
        assert until(lambda: "not yet in the ledger 0\n" in self.bus.town.lianou("audit", check=False).stdout, 120, self.bus.town.moved, 1)
        self.bus.take(1)

    # --- what happens ---

    def apply(self, month):
        first = max(1, self.args.months * 2 // 3)
        forms = []
        for i in range(month, self.args.households, first) if month < first else ():
            a = application(i, "WEB", "Y-%d" % i, income_total_fen=120000 + 6000 * (i % 60))
            a["members"][0].update(account=ACCOUNT, bank_code="nongshang")
            if i % 4 == 0:
                a["members"][0]["facts"].update(disability_grade=1, disability_category="physical", care_months=12)
            if i % 5 == 0:
                a["members"].append({"id_no": identity(5000 + i), "name": "乙", "relation": "1", "facts": {
                    "sex": "female", "life_state": "alive", "labour": "full", "employment": "flexible"}})
            forms.append(a)
        if forms:
            self.bus.submit(*forms)

    def homes(self, item="MZ01"):
        """Households with a live grant that nothing has happened to."""
        return [h for h, in rows(self.bus, "SELECT DISTINCT household_id FROM award WHERE state = 'live' AND item = '%s' ORDER BY 1" % item)
                if h not in self.touched]

    def awards(self, home, state="waiting"):
        return [a for a, in rows(self.bus, "SELECT assignment_id FROM award WHERE household_id = '%s' AND state = '%s' ORDER BY 1" % (home, state))]

    def leaves(self, home, kind):
        (_, a), *_ = self.bus.events("application", 1, household_id=uuid.UUID(home).bytes)
        change = dict(event_id=uuid.uuid4().bytes, household_id=a["household_id"], occurred_at=int(time.time() * 1000), kind=kind,
                      members=[a["members"][0]["person_id"]], said_by=OPERATOR)
        change["from"] = today()
        self.bus.producer.produce("qihe.membership-changes", key=home, value=framed(newest("membership_change"), change))
        assert self.bus.producer.flush(20) == 0
        assert until(lambda: not self.awards(home, "live"), 60, self.bus.town.moved), home

    def cut(self, home):
        """Less, after its people were told and heard."""
        award, fen = rows(self.bus, "SELECT assignment_id, amount_fen FROM award WHERE household_id = '%s' AND item = 'MZ01'" % home)[0]
        (_, q), *_ = self.bus.events("assignment", 1, assignment_id=uuid.UUID(award).bytes)
        town = clerk(q["division_code"][:9])
        self.bus.step(q, "NOTICE_POSTED", town)
        self.bus.step(q, "HEARD", town, second=clerk("MZ"))
        self.bus.decide(q, int(fen) // 2, delivery="BANK", period="MONTHLY", reason="收入增加")
        becomes(self.bus, int(fen) // 2, "SELECT amount_fen FROM award WHERE assignment_id = '%s'" % award, "a cut")

    def live(self, month):
        """One of each a month, and one more for each hundred households; what was not so goes on, the others wait."""
        for home, _, false in self.events:
            for award in self.awards(home) if false else ():
                treasury(self.bus, "resume", award, "--why", "核实", who=LIU)
        self.events = []
        for kind, false in [("DEATH", False), ("DEATH", True), ("MOVE", False), ("SPLIT", False), ("SUSPENDED", True), ("CUT", False)] * (
                1 + self.args.households // 200):
            free = self.homes()
            if not free:
                return
            home = free[self.dice.randrange(len(free))]
            self.touched.add(home)
            if kind == "CUT":
                self.cut(home)
                continue
            if kind == "SUSPENDED":
                for award in self.awards(home, "live"):
                    treasury(self.bus, "stop", award, "--why", "核实中", who=LIU)
            else:
                self.leaves(home, kind)
            self.events.append((home, kind, false))

    def pay(self):
        """Everything that is due, fund by fund, by three people."""
        for fund, bank, last, fen in rows(self.bus, "SELECT d.fund, d.bank, max(d.pay_day), sum(d.amount_fen) FROM due_line d JOIN award a "
                                          "USING (assignment_id) WHERE d.state = 'due' AND a.state <> 'waiting' AND (a.state = 'live' OR d.first_day <= a.until) "
                                          "AND d.pay_day <= '%s' GROUP BY 1, 2 ORDER BY 1, 2" % today()):
            budgeted(self.bus, "%d.%02d" % divmod(int(fen), 100), fund, "当月预算")
            batch = treasury(self.bus, "batch", "prepare", fund, last, who=ZHAO).strip()
            for who in (CHEN, LIU):
                treasury(self.bus, "batch", "approve", batch, who=who)
            treasury(self.bus, "batch", "send", batch, who=ZHAO)
        self.rest()

    def sheets(self, first):
        month = first.strftime("%Y-%m")
        folder = self.bus.town.dir / ("sheets-" + month)
        self.bus.town.lianou("sheets", "make", "--month", month, "--out", str(folder))
        self.bus.town.signed_in(CLERK, "sheets", "publish", "--month", month, "--list", str(folder / ("list-%s.json" % month)))
        self.months.append((month, {p.name.split("-")[0]: json.loads(p.read_text()) for p in folder.glob("*-v1.json")}))
        shutil.rmtree(folder)

    def run(self):
        for who in (ZHAO, CHEN, LIU, CLERK):
            self.bus.town.account(who)
        for n in range(self.args.months):
            begun, first = time.monotonic(), month_of(n)
            if n > 0:
                own_day.go(first + datetime.timedelta(1))
                self.rest()
                self.sheets(month_of(n - 1))
            self.apply(n)
            self.rest()
            if n > 0:
                self.live(n)
            own_day.go(first + datetime.timedelta(12))  # behind the tenth, and the days off after it
            self.rest()
            self.pay()
            print("%s: %s (%.0f s)" % (first.strftime("%Y-%m"), " ".join("%s %s" % tuple(x) for x in rows(
                self.bus, "SELECT state, count(*) FROM due_line GROUP BY 1 ORDER BY 1")), time.monotonic() - begun), flush=True)
        own_day.go(month_of(self.args.months) + datetime.timedelta(1))
        self.rest()
        self.pay()  # what came back and was decided again
        self.sheets(month_of(self.args.months - 1))
        self.ended()
        self.rest()

    def ended(self):
        """What nobody decides any more is stopped by people."""
        for award, in rows(self.bus, "SELECT DISTINCT assignment_id FROM due_line WHERE state IN ('rejected', 'returned') ORDER BY 1"):
            treasury(self.bus, "stop", award, "--why", "年终", who=LIU)


# --- the account at the end ---

def net(bus):
    """order -> times it is paid by the topics: settled (or returned) and not returned."""
    said = {}
    for _, kind, r in bus.read:
        if kind == "payment_result":
            said.setdefault(r["order_id"], set()).add(r["outcome"])
    return {o: int("SETTLED" in w and "RETURNED" not in w) for o, w in said.items()}


def paid_once(bus, last_pay):
    orders = {r["order_id"]: r for _, k, r in bus.read if k == "payment_order"}
    paid, of, wrong = net(bus), {}, []
    for line, order in rows(bus, "SELECT line_id, order_id FROM batch_line WHERE written"):
        of.setdefault(line, []).append(uuid.UUID(order).bytes)
    counts = {}
    for line, state, fen, owed, pay in rows(bus, "SELECT line_id, state, amount_fen, owed_fen, pay_day FROM due_line"):
        times = sum(paid.get(o, 0) for o in of.get(line, ()))
        well = (state == "settled" and times == 1) or (state == "stopped" and times == 0) or (
            state == "due" and times == 0 and pay > str(last_pay))
        well = well and all(orders[o]["amount_fen"] >= 0 for o in of.get(line, ()))
        if state == "settled":
            well = well and sum(orders[o]["amount_fen"] for o in of[line] if paid.get(o)) == int(fen)
        counts[state + (" claimed" if int(owed) > 0 else "")] = counts.get(state + (" claimed" if int(owed) > 0 else ""), 0) + 1
        if not well:
            wrong.append((line, state, times, pay))
    twice = {}
    for o, r in orders.items():
        if r["from_month"] and paid.get(o):
            twice.setdefault((r["item"], r["household_id"], r["from_month"]), []).append(o)
    wrong += [("paid twice", k[0], k[2]) for k, v in twice.items() if len(v) > 1]
    return counts, wrong


def no_gaps(bus, until_month):
    """Months of an award follow each other, and a live one has come to this month."""
    wrong, months = [], {}
    for award, period in rows(bus, "SELECT assignment_id, period FROM due_line WHERE period ~ '^\\d{4}-\\d\\d$' ORDER BY 1, 2"):
        months.setdefault(award, []).append(int(period[:4]) * 12 + int(period[5:]) - 1)
    live = {a for a, in rows(bus, "SELECT assignment_id FROM award WHERE state = 'live' AND period = 'month'")}
    for award, have in months.items():
        if have != list(range(have[0], have[-1] + 1)):
            wrong.append(("gap", award, have))
        if award in live and have[-1] < until_month.year * 12 + until_month.month - 1:
            wrong.append(("ends early", award, have[-1]))
    return wrong + [("no line", a) for a in live - set(months)]


def boards(bus, months):
    villages = [x.split(",") for x in (FOLDER / "divisions/371425.csv").read_text().splitlines() if x[:6] == "371425"]
    all_of_them = {v[0] for v in villages} | {v[0][:9] for v in villages} | {"371425"}
    wrong = []
    for month, sheets in months:
        told = {r["board_code"] for _, k, r in bus.read if k == "sheet" and r["month"] == month and r["action"] == "PUBLISHED"}
        if told != all_of_them or set(sheets) != all_of_them:
            wrong.append((month, "boards", len(told), len(sheets), len(all_of_them)))
        for code in CIVIL:
            def fund(board):
                return next((f for f in sheets[board]["funds"] if f["fund"] == code), dict(none=True, paid_fen=0, back_fen=0))
            for what in ("paid_fen", "back_fen"):
                parts = sum(fund(v[0])[what] for v in villages)
                if parts != fund("371425")[what]:
                    wrong.append((month, code, what, parts, fund("371425")[what]))
            wrong += [(month, code, v[0], "says none") for v in villages if fund(v[0])["none"] != (
                fund(v[0])["paid_fen"] == 0 and fund(v[0])["back_fen"] == 0)]
    return wrong


def reviews(bus):
    """Each grant that stood a year was told of, once."""
    due = {uuid.UUID(bytes=r["about"]) for _, k, r in bus.read if k == "due" and r["rule"] == "reviews"}
    want = {uuid.UUID(a) for a, in rows(bus, "SELECT assignment_id FROM award WHERE state = 'live' AND decided + interval '1 year' <= '%s'" % today())}
    return len(due), want - due


def claimed_back(bus):
    """What is owed comes back to its fund, to the fen."""
    def back():
        return int(asked(bus, "SELECT coalesce(sum(back), 0) FROM fund_day"))
    before, owed = back(), rows(bus, "SELECT line_id, owed_fen FROM due_line WHERE owed_fen > 0 ORDER BY 1")
    for line, _ in owed:
        treasury(bus, "repaid", line, "--why", "已收回", who=LIU)
    assert back() - before == sum(int(fen) for _, fen in owed), (before, back(), owed)
    assert asked(bus, "SELECT count(*) FROM due_line WHERE owed_fen > 0") == "0"
    return len(owed)


LIBRARY = ("life_household", "life_member", "life_case", "life_assignment", "life_decision", "life_award", "life_payment", "life_delivery",
           "life_sheet")


def library(bus, conninfo):
    """Every table that people query, and what of the board follows from events, as bytes."""
    def ask(sql):
        r = subprocess.run(["psql", "-X", "-q", "-A", "-t", conninfo, "-c", sql], capture_output=True, text=True)
        assert r.returncode == 0, r.stderr
        return r.stdout
    there = [t for t in LIBRARY if ask("SELECT to_regclass('%s')" % t).strip()]
    assert len(there) >= 6, there
    said = {t: ask("SELECT t::text FROM %s t ORDER BY 1" % t) for t in there}
    said["board"] = ask("SELECT o.detail->>'fund', r.detail->>'value_date', r.word, sum(r.amount_fen) FROM event r JOIN event o ON o.about = r.about AND "
                        "o.kind = 'payment_order' WHERE r.kind = 'payment_result' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
    return said


def replayed(bus):
    """The topics once more, by a ledger that knows nothing (D14)."""
    subprocess.run(["psql", "-X", "-q", bus.town.db, "-c", "CREATE DATABASE again"], check=True)
    other, kept = bus.town.db.replace("dbname=postgres", "dbname=again"), dict(bus.town.env)
    bus.town.env["LIANOU_DB"] = other
    try:
        bus.town.lianou("db", "migrate")
        old = bus.town.roles.pop("ledger")
        old.terminate()
        old.wait()
        bus.town.start("ledger")
        assert until(lambda: "not yet in the ledger 0\n" in bus.town.lianou("audit", check=False).stdout, 120, bus.town.moved, 1)
        bus.town.lianou("db", "rebuild")
        again = library(bus, other)
    finally:
        bus.town.env = kept
    bus.town.lianou("db", "rebuild")
    first = library(bus, bus.town.db)
    return {t: hashlib.sha256(x.encode()).hexdigest()[:12] for t, x in first.items()}, [
        (t, next(((a, b) for a, b in zip(first[t].splitlines(), again[t].splitlines()) if a != b), "rows")) for t in first if first[t] != again[t]]


def account(bus, year, args):
    last = month_of(args.months)
    counts, wrong = paid_once(bus, last + datetime.timedelta(1))
    print("lines: %s" % ", ".join("%d %s" % (n, s) for s, n in sorted(counts.items())))
    assert wrong == [], wrong[:10]
    assert no_gaps(bus, month_of(args.months - 1)) == [], no_gaps(bus, month_of(args.months - 1))[:10]
    assert money(bus) == [], money(bus)[:10]
    total = [sum(x) for x in zip(*reckoned(bus).values())]
    print("paid %d.%02d yuan, came back %d.%02d: as the board, by fund and day" % (*divmod(total[0], 100), *divmod(total[1], 100)))
    print("%d lines claimed back and repaid" % claimed_back(bus))
    wrong = boards(bus, year.months)
    assert wrong == [], wrong[:10]
    n, missing = reviews(bus)
    assert not missing, missing
    print("%d months of %d boards each; %d reviews were told" % (len(year.months), len(year.months[0][1]), n))
    digests, wrong = replayed(bus)
    assert wrong == [], wrong[:5]
    bus.held("D14", "%d months replayed into an empty database: the same library and board, byte for byte (%s)" % (
        args.months, " ".join(sorted(digests.values())[:3])))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=25)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--villages", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    smaller(FOLDER, args.villages)
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "ledger", "treasury", "clock", "partners"))
    good = False
    try:
        year = Year(bus, args)
        year.run()
        account(bus, year, args)
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


if __name__ == "__main__":
    main()
