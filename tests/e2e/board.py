"""What the topics say of money that is paid every period, reckoned here and held against the treasury's books."""
import datetime
import uuid

from treasury import asked


def today():
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()


def reckoned(bus):
    """(fund, day) -> [paid, returned]: of what banks have said of the treasury's orders, each order by its first word."""
    fund = dict(x.split("|") for x in asked(bus, "SELECT l.order_id, b.fund FROM batch_line l JOIN batch b USING (batch_id)").split())
    sent = {str(uuid.UUID(bytes=r["order_id"])): r["amount_fen"] for _, k, r in bus.read if k == "payment_order"}
    first, back, days = {}, {}, {}
    for _, kind, r in bus.read:
        of = str(uuid.UUID(bytes=r["order_id"])) if kind == "payment_result" else None
        if of in fund and r["amount_fen"] == sent[of] and r["outcome"] in ("SETTLED", "RETURNED"):
            first.setdefault(of, r["value_date"])
            if r["outcome"] == "RETURNED":
                back.setdefault(of, r["value_date"])
    for at, said in enumerate((first, back)):
        for of, day in said.items():
            days.setdefault((fund[of], str(day)), [0, 0])[at] += sent[of]
    return days


def money(bus):
    """What differs between the topics and the treasury's books."""
    bus.take(0.3)
    orders = {str(uuid.UUID(bytes=r["order_id"])): r["amount_fen"] for _, k, r in bus.read if k == "payment_order" and "fund" in r}
    lines = dict(x.split("|") for x in asked(bus, "SELECT order_id, amount_fen FROM batch_line WHERE written").split())
    wrong = [("order", o, fen, orders.get(o)) for o, fen in lines.items() if orders.get(o) != int(fen)]
    wrong += [("due", x) for x in asked(bus, "SELECT l.order_id, l.amount_fen, d.amount_fen FROM batch_line l JOIN due_line d USING (line_id) "
                                             "WHERE l.written AND l.attempt = d.attempt AND l.amount_fen <> d.amount_fen").split()]
    board = {(f, d): [int(s), int(b)] for f, d, s, b in (x.split("|") for x in asked(
        bus, "SELECT fund, day, spent, back FROM fund_day WHERE spent <> 0 OR back <> 0").split())}
    said = reckoned(bus)
    wrong += [(k, "board", board.get(k), "banks", said.get(k)) for k in sorted(set(board) | set(said)) if board.get(k) != said.get(k)]
    return wrong + [("closing", x) for x in asked(bus, "SELECT fund, day FROM fund_day WHERE opening + budget - spent + back + other <> closing").split()]
