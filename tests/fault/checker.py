"""An account of its own over what stands in the topics and in the ledger: what
is lost, duplicated, torn, out of order. Shares no code with the program.

A household's events all stand in one partition number, so each number is
accounted for by itself, two at a time. What is judged:
- every application opened a case or joined one, once, or is a dead letter
- every case begins with its opening, ends once, after the results of its
  orders; every version of a household's facts is evaluated exactly once, in order
- every assignment begins with ASSIGNED; a closed case names each of its own
- every decision was accepted once, or is a dead letter, or waits parked, or
  crossed the assignment's withdrawal; every
  accepted one was dispatched once; every order of a dispatch is there, once
- every result of a bank, post or insurer was folded or is a dead letter
- the matcher's last state of a household is the fold of the events before it,
  put together from its parts, each of which only goes forward
- no event of ours stands twice; the ledger holds each event, no other, as it is
- what is a dead letter for its key is no household's event in the ledger"""
import multiprocessing
import uuid
from types import MappingProxyType

import states

OWN = {"evaluation", "assignment", "verification_request", "case_event", "parked_note", "dispatch_result",
       "payment_order", "delivery_task", "need", "membership"}
KINDS = ("lost", "duplicated", "torn", "out_of_order")
ORDERS = {"payment_order": "order_id", "delivery_task": "task_id"}
RESULTS = {"payment_result": "order_id", "delivery_receipt": "task_id"}
# What a row of the ledger says of an event: (about, word, amount).
ROWS = {
    "application": ("application_id", "channel", None), "facts_reported": (None, "source", None),
    "evaluation": (None, None, "facts_version"), "assignment": ("assignment_id", "action", "amount_fen"),
    "decision": ("assignment_id", "outcome", "amount_fen"), "step": ("assignment_id", "kind", None), "payee_change": ("assignment_id", "name_check", None), "verification_request": ("request_id", "action", None),
    "verification_result": ("request_id", "outcome", None), "case_event": ("refers_to", "kind", None),
    "dispatch_result": ("decision_id", "outcome", None), "payment_order": ("order_id", None, "amount_fen"),
    "payment_result": ("order_id", "outcome", "amount_fen"), "delivery_task": ("task_id", "kind", "amount_fen"),
    "delivery_receipt": ("task_id", "outcome", None), "need": ("need_id", None, "gap_fen"),
    "membership": ("person_id", None, None), "review": (None, "reason", None),
    "claim": ("need_id", "outcome", "amount_fen"), "claim_result": ("need_id", "outcome", "amount_fen"), "parked_note": ("parked_event_id", "action", None),
}


def dead_of_key(reason):
    return reason in ("KEY_UNREADABLE", "KEY_MISMATCH", "WRONG_PARTITION")


def text(id_):
    return None if id_ is None else str(uuid.UUID(bytes=id_))


class Account:
    """Of one partition number. Topics may be taken in any order among
    themselves; within a topic in the order of their offsets."""

    def __init__(self, dead=MappingProxyType({}), whole=lambda state: state):
        self.whole = whole
        self.dead = dead  # (topic, partition, offset) of what is in the dead letters -> reason code
        self.found = {k: [] for k in KINDS}
        self.counts = {}
        self.seen, self.rows = {}, {}
        self.applications, self.taken, self.aside = {}, {}, set()
        self.opened, self.closed, self.joined = {}, {}, set()
        self.versions, self.assigned, self.outcomes = {}, {}, {}
        self.given, self.told = set(), set()  # assignments that began; with the topics that tell of them
        self.decided, self.accepted, self.dispatched, self.lines = {}, {}, {}, {}
        self.orders, self.results, self.folded = {}, {}, {}
        self.of_household, self.needs = {}, set()
        self.named = {}  # household a person would head -> those that name him
        self.states, self.waiting, self.withdrawn = {}, set(), set()
        self.parts, self.answered = {}, {}  # household -> its parts; assignment -> its last accepted decision

    def say(self, kind, *what):
        self.found[kind].append(what)

    def take(self, topic, part, place, kind, r):
        at = (topic, part, place)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if dead_of_key(self.dead.get(at)):
            self.rows[topic, place] = ("unreadable", r)  # nobody's, whatever it says
            return
        if kind in OWN:
            if self.dead.get(at) == "REDRIVEN":  # its copy, at another place, speaks for it
                self.rows[topic, place] = (kind, r)
                return
            if r["event_id"] in self.seen:
                self.say("duplicated", *at, "as", self.seen[r["event_id"]])
            self.seen[r["event_id"]] = at
        if kind not in ("household_state", "household_part", "household_key", "catalogue", "register"):
            self.rows[topic, place] = (kind, r)
        handler = getattr(self, "on_" + kind, None)
        if handler:
            handler(at, r)

    def on_application(self, at, r):
        self.applications.setdefault(r["application_id"], []).append((at, r))

    def on_case_event(self, at, r):
        case, kind = r["case_id"], r["kind"]
        if kind == "OPENED":
            if case in self.opened:
                self.say("duplicated", "opened twice", *at)
            self.opened[case] = at
        elif case not in self.opened:
            self.say("out_of_order", "before its opening", kind, *at)
        if kind in ("OPENED", "APPLICATION_JOINED"):
            if r["application_id"] in self.taken:
                self.say("duplicated", "an application taken twice", *at)
            self.taken[r["application_id"]] = case
        elif kind == "ATTENTION" and r.get("application_id") is not None:
            self.aside.add(r["application_id"])  # for people; of several reasons one event each
        elif kind == "DECISION_ACCEPTED":
            decision = r["decision"]["decision_id"]
            if decision in self.accepted:
                self.say("duplicated", "a decision accepted twice", *at)
            self.accepted[decision] = at
            self.answered[r["decision"].get("assignment_id")] = decision
            if case in self.closed:
                self.say("out_of_order", "a decision after the end", *at)
        elif kind == "CLOSED":
            if case in self.closed:
                self.say("duplicated", "closed twice", *at)
            self.closed[case] = at
            self.outcomes[case] = {o["assignment_id"] for o in r["outcomes"]}
        if kind in ("RESULT_FOLDED", "ORDER_REFUSED") and r["refers_to"] is not None:
            self.folded.setdefault(r["refers_to"], at)

    def on_membership(self, at, r):
        self.named.setdefault(r["household_id"], set()).add(r["member_of"])

    def on_evaluation(self, at, r):
        versions = self.versions.setdefault(r["case_id"], [])
        if r["facts_version"] in versions:
            self.say("duplicated", "evaluated twice", r["facts_version"], *at)
        elif versions and r["facts_version"] < versions[-1]:
            self.say("out_of_order", "evaluations", versions[-1], "before", r["facts_version"], *at)
        versions.append(r["facts_version"])
        self.of_household.setdefault(r["household_id"], []).append(r["facts_version"])

    def on_assignment(self, at, r):
        id_, topic = r["assignment_id"], at[0]
        handed = r["action"] == "RETURNED" and r["reason"] == "NOT_OURS"  # the lead's from here
        if (id_, topic) not in self.told and r["action"] != "ASSIGNED" and not handed:
            self.say("out_of_order", "before it was assigned", r["action"], *at)
        if r["action"] == "ASSIGNED":
            self.given.add(id_)
        self.told.add((id_, topic))
        self.assigned.setdefault(r["case_id"], {}).setdefault(id_, at)
        if r["action"] == "WITHDRAWN":
            self.withdrawn.add(r["assignment_id"])

    def on_decision(self, at, r):
        self.decided.setdefault(r["decision_id"], []).append((at, r["event_id"], r["assignment_id"]))

    def on_dispatch_result(self, at, r):
        if r["decision_id"] in self.dispatched:
            self.say("duplicated", "dispatched twice", *at)
        self.dispatched[r["decision_id"]] = at
        for line in r["lines"]:
            self.lines[line["order_id"]] = at

    def order(self, at, r, id_):
        if id_ in self.orders:
            self.say("duplicated", "ordered twice", *at)
        self.orders[id_] = (at, r["decision_id"], r["case_id"])

    def on_payment_order(self, at, r):
        self.order(at, r, r["order_id"])

    def on_delivery_task(self, at, r):
        self.order(at, r, r["task_id"])

    def on_need(self, at, r):
        self.needs.add(r["need_id"])

    def on_payment_result(self, at, r):
        self.results.setdefault(r["order_id"], []).append((at, r["event_id"]))

    def on_delivery_receipt(self, at, r):
        self.results.setdefault(r["task_id"], []).append((at, r["event_id"]))

    def on_household_state(self, at, r):
        old = self.states.get(r["household_id"])
        if old is not None and r["sequence"] <= old["sequence"]:
            self.say("out_of_order", "a state went back", *at)
        elif r["sequence"] != (old["sequence"] if old else 0) + 1:
            self.say("torn", "a state is missing before", *at)
        self.states[r["household_id"]] = r

    def on_household_part(self, at, r):
        if r["household_id"] is None:
            return  # the names
        parts = self.parts.setdefault(r["household_id"], {})
        old = parts.get(r["part"])
        if old is not None and r["sequence"] <= old["sequence"]:
            self.say("out_of_order", "a part of a state went back", *at)
        parts[r["part"]] = r

    def gather(self):
        for household, parts in self.parts.items():
            if states.CASE not in parts:
                self.say("torn", "a state without its case", text(household))
                continue
            state = states.gathered(household, parts)
            if state["missing"]:
                self.say("torn", "a state without assignments", text(household), state["missing"])
            for a in state["assignments"]:
                if self.answered.get(a["assignment_id"]) and a["decision_id"] is None:
                    self.say("torn", "a state that does not know a decision", text(household), text(a["assignment_id"]))
            self.states[household] = state

    def finish(self):
        self.counts["applications"] = len(self.applications)
        self.gather()
        for household, state in self.states.items():
            try:
                self.states[household] = state = self.whole(state)
            except (IndexError, ValueError):
                self.say("torn", "a state that does not end", text(household))
                self.states[household] = state = dict(state, parked=[], case_id=None)
            self.waiting.update(p["event_id"] for p in state["parked"])
        self.finish_applications()
        self.finish_cases()
        self.finish_decisions()
        for id_, all_ in self.results.items():
            if id_ not in self.folded and not self.excused(all_):
                self.say("lost", "a result", *all_[0][0])

    def excused(self, all_):
        return all(e[0] in self.dead or e[1] in self.waiting for e in all_)

    def finish_applications(self):
        for id_, all_ in self.applications.items():
            dead = all(at in self.dead for at, _ in all_)
            if id_ not in self.taken and id_ not in self.aside and not dead:
                self.say("lost", "application", text(id_), *all_[0][0])
            if id_ in self.taken and id_ in self.aside:
                self.say("duplicated", "an application taken and set aside", text(id_))
            if not dead and all_[0][1]["household_id"] not in self.states:
                self.say("torn", "an application without a state", text(id_))
        for id_ in self.taken:
            if id_ not in self.applications:
                self.say("torn", "a case of no application", text(id_))

    def finish_cases(self):
        for case, at in self.opened.items():
            if not self.versions.get(case):
                self.say("torn", "opened without an evaluation", *at)
        for case, versions in self.versions.items():
            if case not in self.opened:
                self.say("torn", "evaluated but never opened", text(case))
        for household, versions in self.of_household.items():
            if sorted(set(versions)) != list(range(1, max(versions) + 1)):
                self.say("lost", "an evaluation of", text(household), versions)
        for case, its in self.assigned.items():
            for id_ in set(its) - self.given:
                self.say("lost", "handed on, but never assigned", *its[id_])
            if case not in self.opened:
                self.say("torn", "assigned but never opened", text(case))
        for case, named in self.outcomes.items():
            if named != set(self.assigned.get(case, {})):
                self.say("torn", "closed without naming each assignment", *self.closed[case])
        for household in self.named:
            if household not in self.states:
                self.say("lost", "a membership of", text(household))
        for state in self.states.values():
            self.finish_state(state)

    def finish_state(self, state):
        case = state["case_id"]
        if case is None and state["sequence"] == len(self.named.get(state["household_id"], ())):
            return  # nobody applied; others named the person who would head it, each once
        if case is None or case not in self.opened:
            self.say("torn", "a state of no case", text(state["household_id"]))
            return
        if state["case_open"] == (case in self.closed):
            self.say("torn", "a state that does not know the end", text(case))
        if max(self.versions.get(case, [0])) != state["facts_version"]:
            self.say("torn", "facts of version", state["facts_version"], "evaluated", self.versions.get(case))
        held = {a["assignment_id"] for a in state["assignments"] if a["case_no"] == state["case_no"]}
        if held != set(self.assigned.get(case, {})):
            self.say("torn", "assignments in the state and in the topics", text(case))

    def finish_decisions(self):
        for id_, all_ in self.decided.items():
            crossed = all_[0][2] in self.withdrawn
            if id_ not in self.accepted and id_ not in self.folded and not crossed and not self.excused(all_):
                self.say("lost", "a decision", text(id_), *all_[0][0])
        for id_, at in self.accepted.items():
            if id_ not in self.decided:
                self.say("torn", "an accepted decision nobody made", *at)
            if id_ not in self.dispatched:
                self.say("lost", "a dispatch", *at)
        for id_, at in self.lines.items():
            if id_ not in self.orders and id_ not in self.needs:
                self.say("torn", "dispatched without its order", *at)
        for id_, (at, decision, case) in self.orders.items():
            if case in self.closed and (id_ not in self.folded or self.folded[id_][2] > self.closed[case][2]):
                self.say("out_of_order", "the end before the result of", *at)
            if id_ not in self.lines or decision not in self.dispatched:
                self.say("torn", "an order never dispatched", *at)

    def compare(self, ledger):
        """Against ledger_rows() of the same partition number."""
        for place, (kind, r) in self.rows.items():
            row = ledger.get(place)
            if row is None:
                self.say("lost", "not in the ledger", *place)
            elif row[1] != kind or kind in ROWS and not same(row, kind, r):
                self.say("torn", "in the ledger as", row[1], "not", kind, *place)
        for place in ledger:
            if place not in self.rows:
                self.say("duplicated", "only in the ledger", *place)


def same(row, kind, r):
    about, word, amount = ROWS[kind]
    want_amount = r[amount] if amount else None
    return (row[0] == text(r["event_id"]) and row[1] == kind and row[2] == text(r["household_id"])
            and row[3] == text(r.get("case_id")) and (about is None or row[4] == text(r[about]))
            and (word is None or row[5] == r[word])
            and (amount is None or (row[7] is None) == (want_amount is None) and int(row[7] or 0) == (want_amount or 0)))


def one_number(work):
    from topics import Schemas, ledger_rows, read
    bootstrap, prefix, part, names, folder, db, dead, planted = work
    schemas = Schemas(folder)
    events = read(bootstrap, prefix, [(n, part) for n in names], schemas)
    ledger = ledger_rows(db, part)
    a = Account(dead, schemas.state)
    if not planted:
        for e in events:
            a.take(*e)
        a.finish()
        a.compare(ledger)
        return a.found, a.counts, None
    events = list(events)
    return None, None, plant_all([whole_event(e, schemas) for e in events], dead, ledger)


def whole_event(e, schemas):
    return e[:4] + (schemas.state(e[4]),) if e[3] == "household_state" else e


def dead_letters(bootstrap, prefix, numbers, schemas):
    from topics import read
    dead = {}
    name = prefix + "dead-letters"
    for _, _, _, kind, r in read(bootstrap, prefix, [(name, p) for p in numbers.get(name, [])], schemas):
        at = kind == "dead_letter" and (r["topic"][len(prefix):], r["partition"], r["offset"])
        if at and r["reason_code"] != "CLOSED" and (r["reason_code"] != "REDRIVEN" or not dead_of_key(dead.get(at))):
            dead[at] = r["reason_code"]
    return dead


def check(bootstrap, prefix, folder, db, planted=False):
    """Found per kind, and how many of each record were read. With `planted`
    also what was found of each fault put in on purpose (in memory)."""
    from topics import Schemas, partitions
    numbers = partitions(bootstrap, prefix)
    dead = dead_letters(bootstrap, prefix, numbers, Schemas(folder))
    parts = sorted({p for list_ in numbers.values() for p in list_})
    works = [(bootstrap, prefix, p, [t for t in numbers if p in numbers[t]], folder, db, dead, False) for p in parts]
    # Not forked: a thread of the caller may hold a lock just then.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.map(one_number, works, chunksize=1)
        plants = pool.map(one_number, [works[0][:7] + (True,)])[0][2] if planted else None
    found, counts = {k: [] for k in KINDS}, {}
    for f, c, _ in answers:
        for k in KINDS:
            found[k] += f[k]
        for k, n in c.items():
            counts[k] = counts.get(k, 0) + n
    return found, counts, plants


def account(events, ledger=None, dead=MappingProxyType({}), whole=lambda state: state):
    a = Account(dead, whole)
    for e in events:
        a.take(*e)
    a.finish()
    if ledger is not None:
        a.compare(ledger)
    return a.found


# -- faults on purpose

def index_of(events, record, /, **like):
    for i in range(len(events) // 2, len(events)):
        if events[i][3] == record and all(events[i][4].get(k) == v for k, v in like.items()):
            return i
    for i, e in enumerate(events):
        if e[3] == record and all(e[4].get(k) == v for k, v in like.items()):
            return i
    raise LookupError(record)


def dropped(events, record, /, **like):
    i = index_of(events, record, **like)
    return events[:i] + events[i + 1:]


def doubled(events, record):
    i = index_of(events, record)
    e = events[i]
    last = max(x[2] for x in events if x[0] == e[0])
    return events + [e[:2] + (last + 1,) + e[3:]]


def swapped(events, record, /, **like):
    """An event and its predecessor of the same household (and part) change places."""
    j = index_of(events, record, **like)
    topic, household, part = events[j][0], events[j][4]["household_id"], events[j][4].get("part")
    i = max(k for k in range(j) if events[k][0] == topic and events[k][4].get("household_id") == household
            and events[k][4].get("part") == part)
    out = list(events)
    a, b = out[i], out[j]
    out[i], out[j] = a[:3] + b[3:], b[:3] + a[3:]
    return out


def undecided(events):
    """Every later state of the first assignment that was decided is missing."""
    first = next(e[4] for e in events if e[3] == "household_part" and e[4].get("decision_id"))
    return [e for e in events if not (e[3] == "household_part" and e[4]["household_id"] == first["household_id"]
                                      and e[4]["part"] == first["part"] and e[4]["decision_id"])]


def handed_on(events):
    """The first assignment stands on the lead's topic alone."""
    i = index_of(events, "assignment", action="ASSIGNED")
    e = events[i]
    handed = ("assignments.lead",) + e[1:4] + (dict(e[4], action="RETURNED", reason="NOT_OURS"),)
    return events[:i] + [handed] + events[i + 1:]


def both_ways(events):
    """What opened its case is set aside as well."""
    e = events[index_of(events, "case_event", kind="OPENED")]
    last = max(x[2] for x in events if x[0] == e[0])
    return events + [e[:2] + (last + 1, e[3], dict(e[4], kind="ATTENTION", event_id=uuid.uuid4().bytes))]


PLANTS = {
    "an application that counts set aside as well": (both_ways, ("duplicated",)),
    "an assignment handed on that never began": (handed_on, ("lost",)),
    "an application's case dropped": (lambda e: dropped(e, "case_event", kind="OPENED"), ("lost",)),
    "an evaluation dropped": (lambda e: dropped(e, "evaluation"), ("lost", "torn")),
    "an accepted decision dropped": (lambda e: dropped(e, "case_event", kind="DECISION_ACCEPTED"), ("lost",)),
    "a dispatch dropped": (lambda e: dropped(e, "dispatch_result"), ("lost",)),
    "an evaluation doubled": (lambda e: doubled(e, "evaluation"), ("duplicated",)),
    "a payment order doubled": (lambda e: doubled(e, "payment_order"), ("duplicated",)),
    "a case's end swapped": (lambda e: swapped(e, "case_event", kind="CLOSED"), ("out_of_order",)),
    "states swapped": (lambda e: swapped(e, "household_part", case_open=False), ("out_of_order",)),
    "half-written: orders without their dispatch": (lambda e: dropped(e, "dispatch_result", outcome="ORDERED"), ("torn",)),
    "half-written: a dispatch without its order": (lambda e: dropped(e, "payment_order"), ("torn",)),
    "half-written: an assignment's state without its decision":
        (lambda e: undecided(e), ("torn",)),
    "half-written: no state": (lambda e: dropped(e, "household_part", case_open=False), ("torn",)),
}


def plant_all(events, dead, ledger=None):
    """(name, any kind wanted, kinds found) of each."""
    answers = [("nothing", (), sorted(k for k, v in account(events, ledger, dead).items() if v))]
    for name, (plant, want) in PLANTS.items():
        answers.append((name, want, sorted(k for k, v in account(plant(events), None, dead).items() if v)))
    if ledger:
        place = next(p for p in ledger if p[0] == "cases")
        less = {p: r for p, r in ledger.items() if p != place}
        other = dict(ledger, **{}) | {place: (str(uuid.UUID(int=1)),) + ledger[place][1:]}
        more = ledger | {("cases", 1 << 40): ledger[place]}
        for name, rows, want in (("a row of the ledger dropped", less, ("lost",)), ("a row otherwise", other, ("torn",)),
                                 ("a row too many", more, ("duplicated",))):
            answers.append((name, want, sorted(k for k, v in account(events, rows, dead).items() if v)))
    return answers
