"""A clean little history; each fault put into it on purpose must be found."""
import checker
import states

H = b"\x01" * 16
CASE_1 = states.case_id(H, 1)


def ident(n):
    return bytes([n]) * 16


def history():
    places, events = {}, []

    def ev(topic, record, /, **r):
        places[topic] = places.get(topic, -1) + 1
        events.append((topic, 0, places[topic], record,
                       dict({"case_id": CASE_1}, **r, household_id=H, event_id=ident(100 + len(events)))))

    def case(kind, **r):
        ev("cases", "case_event", kind=kind, **dict({"application_id": None, "decision": None, "refers_to": None,
                                                     "outcomes": []}, **r))

    def state(n, open_, version, decision=None, written=None):
        """The case, and the only assignment."""
        if written != "assignment":
            ev("households", "household_part", record="household_case", part=states.CASE, sequence=n, case_no=1, case_open=open_,
               facts_version=version, parked=[], assignments=1)
        if written != "case":
            ev("households", "household_part", record="household_assignment", part=0, sequence=n, case_no=1,
               assignment_id=ident(4), decision_id=decision)

    ev("applications", "application", application_id=ident(3), channel="WEB", channel_reference="A", case_id=None)
    case("OPENED", application_id=ident(3))
    ev("evaluations", "evaluation", facts_version=1)
    ev("assignments.MZ", "assignment", assignment_id=ident(4), action="ASSIGNED", reason=None, amount_fen=None)
    state(1, True, 1)
    ev("applications", "application", application_id=ident(5), channel="MOBILE", channel_reference="B", case_id=None)
    case("APPLICATION_JOINED", application_id=ident(5))
    ev("evaluations", "evaluation", facts_version=2)
    state(2, True, 2, written="case")
    ev("decisions.MZ", "decision", decision_id=ident(6), assignment_id=ident(4), outcome="CONFIRMED", amount_fen=100)
    case("DECISION_ACCEPTED", decision={"decision_id": ident(6), "assignment_id": ident(4)}, refers_to=ident(4))
    state(3, True, 2, ident(6), written="assignment")
    ev("payment-orders.B", "payment_order", order_id=ident(7), decision_id=ident(6), amount_fen=100)
    ev("dispatches", "dispatch_result", decision_id=ident(6), outcome="ORDERED", lines=[{"order_id": ident(7)}])
    state(4, True, 2, ident(6), written="assignment")
    ev("payment-results.B", "payment_result", order_id=ident(7), outcome="SETTLED", amount_fen=100)
    case("RESULT_FOLDED", refers_to=ident(7))
    case("CLOSED", outcomes=[{"assignment_id": ident(4)}])
    state(5, False, 2, ident(6))
    return events


def rows_of(events):
    """The ledger that holds just these."""
    rows = {}
    for topic, _, place, kind, r in events:
        if kind != "household_part":
            about, word, amount = checker.ROWS[kind]
            amount = r[amount] if amount else None
            rows[topic, place] = (checker.text(r["event_id"]), kind, checker.text(r["household_id"]),
                                  checker.text(r["case_id"]), checker.text(r[about]) if about else None,
                                  r[word] if word else "", "", None if amount is None else str(amount))
    return rows


def show(answers):
    bad = 0
    for name, want, hit in answers:
        fine = any(k in hit for k in want) if want else not hit
        print("  %s %s: %s" % ("ok  " if fine else "MISS", name, ", ".join(hit) or "nothing found"))
        bad += not fine
    return bad == 0


def run():
    events = history()
    return show(checker.plant_all(events, {}, rows_of(events)))
