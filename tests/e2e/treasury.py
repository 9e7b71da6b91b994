#!/usr/bin/env python3
"""What is paid every period through the real roles, on real Kafka and PostgreSQL: a monthly award from two months ago
becomes lines, one batch that three people stand for, orders for the bank, settled lines and a fund that closes. The
treasury is killed when orders leave (D3), the bank says everything twice (D2), the head leaves in the end (D8)."""
import datetime
import io
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import uuid

os.environ["LIANOU_TREASURY_FROM"] = "2020-01-01"
os.environ["LIANOU_SECOND_FACTOR"] = "false"  # codes are desk_money.py's
from county import OPERATOR, SCHEMAS, SOURCE, Bus, application, fastavro, framed, newest  # noqa: E402

sys.path.insert(0, str(SOURCE / "tests/interop"))
from patience import until  # noqa: E402
from town import PASSWORD  # noqa: E402
from sealed import keys_of, open_sealed  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-treasury-")) / "bus-config"
ACCOUNT = "6200000012345678"
ZHAO, CHEN, LIU = "op-001250", "op-001251", "op-001252"  # cashiers; the first up to 500 000 yuan
TODAY = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()
FROM = (TODAY.replace(day=1) - datetime.timedelta(days=40)).replace(day=1)


def treasury(bus, *args, who=None, good=True):
    r = bus.town.lianou("treasury", *args, *(["--account", who] if who else []), check=False, stdin=PASSWORD + "\n")
    assert (r.returncode == 0) == good, (args, r.returncode, r.stdout, r.stderr)
    return r.stdout if good else r.stderr


def asked(bus, sql):
    r = subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c", sql], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return r.stdout.strip()


def budgeted(bus, yuan, fund="CG", why="the year's", who=(CHEN, LIU)):
    """A fund's money: one says it, another agrees."""
    n = treasury(bus, "budget", fund, yuan, "--why", why, who=who[0]).strip()
    treasury(bus, "budget", "agree", n, who=who[1])


def becomes(bus, want, sql, what):
    assert until(lambda: asked(bus, sql) == str(want), 60, bus.town.moved), (what, asked(bus, sql), want)


def granted(bus, order, reference, fen, first=FROM):
    a = application(order, "WEB", reference)
    a["members"][0].update(account=ACCOUNT, bank_code="nongshang")
    bus.submit(a)
    (_, told), *_ = bus.events("application", 1, channel_reference=reference)
    (_, q), *_ = bus.events("assignment", 1, seconds=60, household_id=told["household_id"], item="MZ01", action="ASSIGNED")
    bus.decide(q, fen, delivery="BANK", period="MONTHLY", from_month=first.strftime("%Y-%m"),
               deviation="补发自困难发生之月")
    (_, result), *_ = bus.events("dispatch_result", 1, seconds=60, assignment_id=q["assignment_id"])
    assert result["outcome"] == "ORDERED" and len(result["lines"]) == 1, result
    becomes(bus, 1, "SELECT count(*) FROM award WHERE assignment_id = '%s'" % uuid.UUID(bytes=q["assignment_id"]), "an award")
    return q, result["lines"][0]["order_id"]


def batched(bus, who=(ZHAO, CHEN, LIU)):
    """Prepared, approved and sent; what the same person may not is refused on the way."""
    last = asked(bus, "SELECT max(pay_day) FROM due_line WHERE state = 'due'")
    assert last in treasury(bus, "due", "--through", last, who=who[0])
    batch = treasury(bus, "batch", "prepare", "CG", last, who=who[0]).strip()
    assert "prepared this batch" in treasury(bus, "batch", "approve", batch, who=who[0], good=False)
    treasury(bus, "batch", "approve", batch, who=who[1])
    assert "a third person" in treasury(bus, "batch", "approve", batch, who=who[1], good=False)
    assert "approved_once" in treasury(bus, "batch", "send", batch, who=who[0], good=False)
    treasury(bus, "batch", "approve", batch, who=who[2])
    treasury(bus, "batch", "send", batch, who=who[0])
    return batch


def answer(bus, order, outcome, reference, again=1, **changes):
    record = dict(event_id=uuid.uuid4().bytes, household_id=order["household_id"], occurred_at=int(time.time() * 1000),
                  case_id=order["case_id"], order_id=order["order_id"], outcome=outcome, amount_fen=order["amount_fen"],
                  reason_code=None, value_date=TODAY, bank_reference=reference)
    record.update(changes)
    for _ in range(again):
        bus.producer.produce("qihe.payment-results.nongshang", key=str(uuid.UUID(bytes=order["household_id"])),
                             value=framed(newest("payment_result"), record))
        record = dict(record, event_id=uuid.uuid4().bytes)
    assert bus.producer.flush(20) == 0


def paid_to(bus, order):
    keys = keys_of(bus.town.dir / "keys/nongshang.keys", "nongshang")
    text = open_sealed(keys, "payment_order", "personal", order["event_id"], order["personal"])
    return fastavro.schemaless_reader(io.BytesIO(text[5:]), SCHEMAS[struct.unpack(">I", text[1:5])[0]][1])["account"]


def months(bus):
    """As a calendar has them: the start month to the last whose pay day is within the lead."""
    return int(asked(bus, "SELECT count(*) FROM due_line"))


def no_longer_in_office(bus):
    """Who left office by the register that the bureau has published pays nothing, whatever this machine's folder says."""
    theirs = FOLDER.parent / "published"
    shutil.copytree(bus.town.env["LIANOU_REGISTERS"], theirs)
    path = theirs / "operators.csv"
    line = next(x for x in path.read_text().splitlines() if x.startswith(CHEN + ","))
    path.write_text(path.read_text().replace(line, line + str(TODAY - datetime.timedelta(1))))
    subprocess.run([bus.town.program, "register", "publish"], env=dict(bus.town.env, LIANOU_REGISTERS=str(theirs)), check=True,
                   capture_output=True)
    said = treasury(bus, "budget", "CG", "1.00", "--why", "x", who=CHEN, good=False)
    assert "may not" in said, said
    bus.town.lianou("register", "publish")
    print("out of office by the published register: pays nothing")


def run(bus):
    for who in (ZHAO, CHEN, LIU):
        bus.town.account(who)
    q, first = granted(bus, 1, "T-1", 66000)
    clock_tells(bus, q)
    assert until(lambda: months(bus) >= 3, 60, bus.town.moved), months(bus)
    n = months(bus)
    assert "0.00 yuan free" in treasury(bus, "batch", "prepare", "CG", "2099-12-31", who=ZHAO, good=False)
    assert "OPERATOR_LIMIT" in treasury(bus, "budget", "CG", "500000.01", "--why", "2026", who=ZHAO, good=False)
    no_longer_in_office(bus)
    said = treasury(bus, "budget", "CG", "600000.00", "--why", "the year's", who=CHEN).strip()
    assert "another has to" in treasury(bus, "budget", "agree", said, who=CHEN, good=False)
    assert "OPERATOR_LIMIT" in treasury(bus, "budget", "agree", said, who=ZHAO, good=False)
    assert "0.00 yuan free" in treasury(bus, "batch", "prepare", "CG", "2099-12-31", who=ZHAO, good=False)
    assert "600000.00" in treasury(bus, "budgets")
    treasury(bus, "budget", "agree", said, who=LIU)
    assert "open no more" in treasury(bus, "budget", "agree", said, who=LIU, good=False)
    assert "is not over" in treasury(bus, "close-year", "CG", str(TODAY.year), "--why", "x", who=CHEN, good=False)
    assert re.search(r"CG +%d +0.00 +600000.00 .* 600000.00" % TODAY.year, treasury(bus, "years", "CG"))
    dropped = treasury(bus, "budget", "CG", "1.00", "--why", "x", who=CHEN).strip()
    treasury(bus, "budget", "drop", dropped, who=ZHAO)
    assert "ACCOUNT" in treasury(bus, "budget", "CG", "1.00", "--why", "x", good=False).upper()
    batch = batched(bus)
    bus.town.kill("treasury")  # D3
    orders = {r["order_id"]: r for _, r in bus.events("payment_order", n, seconds=90)}
    bus.take(2)
    orders = {r["order_id"]: r for _, k, r in bus.read if k == "payment_order"}
    events = {r["event_id"] for _, k, r in bus.read if k == "payment_order"}
    assert len(orders) == n and len(events) == n, (n, len(orders), len(events))
    assert first in orders, "the first order is the one that dispatch told of"
    assert sum(o["amount_fen"] for o in orders.values()) == 66000 * n
    assert {o["from_month"] for o in orders.values()} >= {FROM.strftime("%Y-%m")}
    assert {paid_to(bus, o) for o in orders.values()} == {ACCOUNT}
    print("%d months in one batch: %d orders, each once" % (n, n))

    for i, o in enumerate(orders.values()):
        answer(bus, o, "SETTLED", "S-%d" % i, again=2)
    becomes(bus, n, "SELECT count(*) FROM due_line WHERE state = 'settled'", "all are settled")
    becomes(bus, n, "SELECT count(*) FROM bank_answer WHERE ended = 'DOUBLED'", "the second answers are no news")
    becomes(bus, "settled", "SELECT state FROM batch WHERE batch_id = '%s'" % batch, "the batch")
    bus.events("case_event", 1, seconds=60, kind="RESULT_FOLDED", note="SETTLED", refers_to=first)
    returned = list(orders.values())[-1]
    answer(bus, returned, "RETURNED", "R-1", reason_code="AC04")
    becomes(bus, 1, "SELECT count(*) FROM due_line WHERE state = 'returned'", "one came back")
    assert asked(bus, "SELECT count(*) FROM fund_day WHERE opening + budget - spent + back <> closing") == "0"
    assert asked(bus, "SELECT closing FROM fund_day ORDER BY day DESC LIMIT 1") == str(60000000 - 66000 * (n - 1))
    letters = [r["reason_code"] for _, k, r in bus.read if k == "dead_letter"]
    assert letters == [], letters
    treasury(bus, "batch", "close", batch, who=LIU)
    print(treasury(bus, "funds"))

    # paid once more under another order; then the head leaves, and nothing more is paid until people have looked
    line = asked(bus, "SELECT line_id FROM due_line WHERE state = 'returned'")
    treasury(bus, "again", line, "--why", "新账户", who=CHEN)
    change = dict(event_id=uuid.uuid4().bytes, household_id=q["household_id"], occurred_at=int(time.time() * 1000),
                  kind="DEATH", members=[head_of(bus, q)], said_by=OPERATOR)
    change["from"] = TODAY
    bus.producer.produce("qihe.membership-changes", key=str(uuid.UUID(bytes=q["household_id"])),
                         value=framed(newest("membership_change"), change))
    assert bus.producer.flush(20) == 0
    bus.events("case_event", 1, seconds=60, kind="ATTENTION", note="HEAD_LEAVES")
    becomes(bus, "stopped", "SELECT state FROM due_line WHERE line_id = '%s'" % line, "stopped by the death")
    becomes(bus, "waiting", "SELECT state FROM award", "the award waits")
    assert "nothing of fund CG" in treasury(bus, "batch", "prepare", "CG", "2099-12-31", who=ZHAO, good=False)
    treasury(bus, "resume", str(uuid.UUID(bytes=q["assignment_id"])), "--why", "误报", who=LIU)
    batched(bus)
    bus.events("payment_order", n + 1, seconds=60)
    print("stopped by a death, resumed, paid once more")
    print(treasury(bus, "lines"))
    acts = asked(bus, "SELECT count(DISTINCT operator) FROM treasury_act WHERE operator <> 'treasury'")
    assert acts == "3", acts


def decided_anew(bus):
    """The bank does not know the account, and the office gives the money by the post: no bank pays it any more."""
    q, first = granted(bus, 2, "T-2", 66000)
    award = uuid.UUID(bytes=q["assignment_id"])
    assert until(lambda: int(asked(bus, "SELECT count(*) FROM due_line WHERE assignment_id = '%s'" % award)) >= 3, 60, bus.town.moved)
    batched(bus)
    (_, order), *_ = bus.events("payment_order", 1, seconds=60, order_id=first)
    answer(bus, order, "REJECTED", "X-1", reason_code="AC04")
    becomes(bus, 1, "SELECT count(*) FROM due_line WHERE state = 'rejected'", "no such account")
    bus.events("assignment", 1, seconds=60, action="RETURNED", assignment_id=q["assignment_id"])
    bus.decide(q, 66000, delivery="POST_CASH", period="MONTHLY")
    bus.events("delivery_task", 1, seconds=60, assignment_id=q["assignment_id"])
    becomes(bus, "ended", "SELECT state FROM award WHERE assignment_id = '%s'" % award, "given in another way")
    line = asked(bus, "SELECT line_id FROM due_line WHERE assignment_id = '%s' AND state IN ('rejected', 'stopped')" % award)
    treasury(bus, "again", line, "--why", "再发", who=CHEN, good=False)
    assert "nothing of fund CG" in treasury(bus, "batch", "prepare", "CG", "2099-12-31", who=ZHAO, good=False)
    print("given by the post after the bank refused: the bank pays no more of it")


def clock_tells(bus, q):
    """Until when the assignment is to be decided is told, once, over a kill between the ledger and the outbox, and one
    between the outbox and the topic."""
    about = uuid.UUID(bytes=q["assignment_id"])
    becomes(bus, 1, "SELECT count(*) FROM deadline WHERE rule = 'decisions' AND about = '%s' AND stage = 'done'" % about, "decided")
    becomes(bus, "t", "SELECT day >= (now() AT TIME ZONE 'Asia/Shanghai')::date FROM clock_day", "today is told")
    asked(bus, "SELECT clock_opens('decisions', '%s', household_id, case_id, item, 'MZ', '%s', now()) FROM deadline "
               "WHERE rule = 'decisions' AND about = '%s'" % (about, TODAY, about))
    bus.town.kill("clock")
    (_, told), = bus.events("due", 1, seconds=90, about=about.bytes)
    assert (told["rule"], told["stage"], told["whose"]) == ("decisions", "SOON", "MZ"), told
    asked(bus, "UPDATE outbox SET sent_at = NULL WHERE event_id = '%s'" % uuid.UUID(bytes=told["event_id"]))
    bus.town.kill("clock")
    becomes(bus, 0, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", "relayed again")
    bus.take(2)
    ids = {r["event_id"] for _, k, r in bus.read if k == "due" and r["about"] == about.bytes}
    assert ids == {told["event_id"]}, ids
    assert str(about) in bus.town.lianou("clock", "due", "--rule", "decisions").stdout
    print("a deadline is told once, over two kills")


def money_adds_up(bus):
    """By the auditor; and what somebody changes behind the triggers' back is named, by fund and day."""
    def audit():
        return bus.town.lianou("audit", check=False).stdout
    assert until(lambda: "not yet in the ledger 0\n" in audit(), 60, bus.town.moved)
    assert re.search(r"^money off +0$", audit(), re.M), audit()
    for what, change in (
            ("board paid", "UPDATE fund_balance SET fen = fen + 1 WHERE account = 'paid'"),
            ("paid", "UPDATE account_entry SET amount_fen = amount_fen + CASE account WHEN 'paid' THEN 1 ELSE -1 END WHERE txn = "
                     "(SELECT txn FROM account_entry WHERE kind = 'settle' LIMIT 1)"),
            ("entries", "DELETE FROM account_entry WHERE n = (SELECT n FROM account_entry WHERE kind = 'send' LIMIT 1)"),
            ("ordered", "UPDATE batch_line SET amount_fen = amount_fen + 1 WHERE written AND state = 'settled'"),
            ("line", "UPDATE due_line SET state = 'settled' WHERE state IN ('rejected', 'returned', 'sent')"),
            ("paid", "UPDATE bank_answer SET value_day = value_day + 1 WHERE ended = 'TAKEN' AND outcome = 'SETTLED'")):
        back = subprocess.run(["psql", "-X", "-q", "-A", "-t", bus.town.db, "-c",
                               "BEGIN; SET LOCAL session_replication_role = replica; " + change + "; COMMIT"], capture_output=True, text=True)
        assert back.returncode == 0, back.stderr
        assert re.search(r"^money off +%s .*fund \w+" % what, audit(), re.M), (what, audit())
    print("money adds up, and each planted fault is named")


def head_of(bus, q):
    (_, a), *_ = bus.events("application", 1, household_id=q["household_id"])
    return a["members"][0]["person_id"]


def main():
    shutil.copytree(SOURCE / "bus-config", FOLDER)
    conf = FOLDER / "bus.yaml"
    conf.write_text(conf.read_text().replace("\ntreasury: # ops/docs/treasury.md\n", "\ntreasury:\n  lead_days: 60\n", 1))
    bus = Bus(FOLDER, roles=("matcher", "dispatch", "ledger", "treasury", "clock"))
    good = False
    try:
        run(bus)
        decided_anew(bus)
        money_adds_up(bus)
        good = True
    finally:
        bus.town.close(keep=not good)
        shutil.rmtree(FOLDER.parent)


if __name__ == "__main__":
    main()
