#!/usr/bin/env python3
"""What a household says of its own case, over HTTP and through the real roles on real Kafka and PostgreSQL: it adds
what was missing, objects, withdraws an item and the rest, asks again; and what it may not say, or who may not."""
import http.client
import json
import sys
import time
import uuid

from county import Bus, SOURCE, application, identity

sys.path.insert(0, str(SOURCE / "tests/fault"))
from patience import Patience, until  # noqa: E402


class Door:
    def __init__(self, bus):
        self.bus, self.port = bus, bus.town.port

    def up(self):
        try:
            return self.post("/v1/progress", {})[0] == 400
        except OSError:
            return False

    def post(self, path, body, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request("POST", path, json.dumps(body), dict({"Content-Type": "application/json"}, **headers))
        r = c.getresponse()
        text = r.read()
        c.close()
        return r.status, json.loads(text) if text else None

    def ask(self, a, last, want=202, **what):
        """A resident's request; while the ledger is behind, again."""
        patience = Patience(40, self.bus.town.moved)
        while True:
            status, body = self.post("/v1/requests", dict(what, application_id=a, id_last=last))
            if status == want or patience.over():
                assert status == want, (what, status, body)
                return body
            assert status in (409, 503), (what, status, body)
            time.sleep(0.2)


def note(bus, home, text, kind="ATTENTION"):
    bus.events("case_event", 1, household_id=home, kind=kind, note=text)


def assigned(bus, home, action, n=1):
    return {r["item"]: r for _, r in bus.events("assignment", n, household_id=home, action=action)}


def applied(door, bus, order, **changes):
    reference = "requests-%d" % order
    status, body = door.post("/v1/applications", application(order, "WEB", reference, **changes))
    assert status == 202, body
    (_, a), *_ = bus.events("application", 1, channel_reference=reference)
    assert str(uuid.UUID(bytes=a["application_id"])) == body["application_id"]
    bus.events("evaluation", 1, household_id=a["household_id"])
    return body["application_id"], identity(order)[-6:], a["household_id"]


def adds(door, bus, a, last, home):
    door.ask(a, last, 422, kind="SUPPLEMENT", member_facts={"2": {"disabled": True}})
    door.ask(a, last, 422, kind="SUPPLEMENT", facts={"status": "gold"})
    door.ask(a, last, kind="SUPPLEMENT", facts={"spend_rehab_fen": 10000}, member_facts={"1": {"employment_difficulty": False}})
    note(bus, home, "SUPPLEMENTED", "RESULT_FOLDED")
    judged = max((r for _, r in bus.events("evaluation", 2, household_id=home)), key=lambda r: r["facts_version"])
    facts = {f["name"]: (f["value"], f["source"]) for f in judged["facts"]}
    assert facts["household.spend_rehab_fen"] == (10000, "declared"), facts
    assert facts["member.employment_difficulty"] == (False, "declared"), facts
    print("what was missing is added, by the numbers that a progress has, and judged anew")


def objects(door, bus, a, last, home):
    wrong = door.ask(a, last, 422, kind="OBJECT", reason="x")
    assert [f["pointer"] for f in wrong["faults"]] == ["/item"], wrong
    wrong = door.ask(a, last, 422, kind="OBJECT", item="MZ01")
    assert [f["pointer"] for f in wrong["faults"]] == ["/reason"], wrong
    door.ask(a, last, kind="OBJECT", item="MZ01", reason="公示的收入不对")
    note(bus, home, "OBJECTED MZ01")
    (_, back), = bus.events("assignment", 1, household_id=home, item="MZ01", reason="OBJECTED")
    assert back["action"] == "RETURNED"
    print("an objection goes back to its department with what it is about")


def withdraws(door, bus, a, last, home):
    assert "MZ01" in assigned(bus, home, "ASSIGNED")
    door.ask(a, last, kind="WITHDRAW", item="MZ01")
    note(bus, home, "WITHDRAWN_BY_HOUSEHOLD MZ01", "RESULT_FOLDED")
    bus.events("assignment", 1, household_id=home, action="WITHDRAWN", reason="BY_HOUSEHOLD")
    gone = {r["item"] for r in assigned(bus, home, "WITHDRAWN").values() if r["reason"] == "BY_HOUSEHOLD"}
    assert gone == {"MZ01"}, gone
    door.ask(a, last, kind="WITHDRAW")
    note(bus, home, "WITHDRAWN_BY_HOUSEHOLD", "RESULT_FOLDED")
    (_, closed), = bus.events("case_event", 1, household_id=home, kind="CLOSED")
    assert {o["status"] for o in closed["outcomes"]} == {"ENDED_WITHDRAWN"}, closed["outcomes"]
    door.ask(a, last, kind="WITHDRAW", reason="又一次")
    note(bus, home, "REQUEST_LATE WITHDRAW")
    door.ask(a, last, kind="WITHDRAW", reason="又一次")
    bus.events("case_event", 2, household_id=home, note="REQUEST_LATE WITHDRAW")
    print("an item, then the case is withdrawn: closed, and nothing of it is in anybody's hands")


def may_not(door, bus, a, last, other):
    nobody = door.post("/v1/requests", dict(application_id=str(uuid.uuid4()), id_last=last, kind="WITHDRAW"))
    wrong = door.post("/v1/requests", dict(application_id=a, id_last="000000", kind="WITHDRAW"))
    assert nobody[0] == wrong[0] == 404 and nobody[1] == wrong[1], (nobody, wrong)
    for body in ({}, [], dict(id_last=""), dict(id_last="1"), dict(id_last="1234567", application_id=a, kind="WITHDRAW"),
                 dict(application_id=a, kind="WITHDRAW"), dict(application_id=a, id_last=last), dict(application_id=a, id_last=last, kind="DESTROY"),
                 dict(application_id=a, id_last=last, kind="WITHDRAW", facts={"area": "rural"}),
                 dict(application_id=a, id_last=last, kind="WITHDRAW", household_id="x"),
                 dict(application_id=a, id_last=last, kind="OBJECT", item="ZZ99", reason="x" * 501)):
        status, said = door.post("/v1/requests", body)
        assert status in (400, 422) and said["detail_zh"], (body, status, said)
    status, said = door.post("/v1/requests", dict(application_id=a, id_last=last, kind="WITHDRAW"), **{"Content-Type": "text/plain"})
    assert status == 415, (status, said)
    again = [door.post("/v1/requests", dict(application_id=a, id_last="00000%d" % i, kind="WITHDRAW"))[0] for i in range(1, 4)]
    assert 429 in again, again
    # One that was set aside knows the household's numbers, and speaks for nobody.
    stranger = application(2, "WEB", "requests-stranger", income_total_fen=1)
    stranger["members"][0]["name"] = "乙"
    del stranger["operator"], stranger["helper"]
    status, body = door.post("/v1/applications", stranger)
    assert status == 202, body
    bus.events("case_event", 1, household_id=other, kind="ATTENTION", note="APPLICANT_DIFFERS")
    door.ask(body["application_id"], last_of(2), 409, kind="WITHDRAW")
    print("no wrong word, no wrong factor, nobody else's, none that was set aside")


def last_of(order):
    return identity(order)[-6:]


def once(door, bus, a, last, home):
    """Sent twice it is one; who has no item in anybody's hands any more is told."""
    first = door.ask(a, last, kind="WITHDRAW", item="RS06")
    again = door.ask(a, last, kind="WITHDRAW", item="RS06")
    bus.events("household_request", 2, household_id=home, kind="WITHDRAW", item="RS06")
    assert first["state"] == again["state"] == "accepted"
    bus.take(1)
    notes = [r["note"] for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["note"] and "RS06" in r["note"]]
    assert notes == ["WITHDRAWN_BY_HOUSEHOLD RS06"], notes
    print("sent twice: withdrawn once")


def main():
    bus = Bus(SOURCE / "bus-config", roles=("matcher", "dispatch", "ledger", "intake"))
    good = False
    try:
        door = Door(bus)
        until(door.up, 30, bus.town.moved)
        a, last, home = applied(door, bus, 1)
        other_a, other_last, other = applied(door, bus, 2)
        adds(door, bus, a, last, home)
        objects(door, bus, a, last, home)
        once(door, bus, other_a, other_last, other)
        withdraws(door, bus, a, last, home)
        may_not(door, bus, other_a, other_last, other)
        dead = [r for _, k, r in bus.read if k == "dead_letter"]
        assert not dead, dead
        audit = bus.town.audit()
        assert not any(audit[k] for k in ("lost", "duplicated", "out_of_order")), audit
        good = True
    finally:
        bus.town.close(keep=not good)


main()
