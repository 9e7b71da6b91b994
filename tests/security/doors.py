#!/usr/bin/env python3
"""The doors, as those meet them who should not come in: ids that are guessed,
names that are borrowed, cases of others, documents in many spellings, rows of
the reading log that are changed. On real Kafka and PostgreSQL, through the
roles that a county runs."""
import hashlib
import http.client
import json
import os
import struct
import sys
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("DOORS_INNER") is None:
    os.environ["DOORS_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SOURCE, "tests", d) for d in ("fault", "e2e")]
from intake_role import identity  # noqa: E402
from patience import SLOW, until  # noqa: E402
from town import Town  # noqa: E402

JSON = {"Content-Type": "application/json"}
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-70s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))


def operators():
    """id, name, org, role of those in office."""
    with open(os.path.join(SOURCE, "bus-config/registers/operators.csv")) as f:
        rows = [line.rstrip("\n").split(",") for line in f if line.startswith("op-")]
    return [r for r in rows if r[6] == ""]


class Door:
    def __init__(self, town):
        self.town, self.count = town, 0
        self.assistants = [r for r in operators() if r[3] == "assistant" and len(r[2]) == 12 and r[2].isdigit()]
        until(self.up, 30, town.moved)

    def up(self):
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.town.port, timeout=60)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            c.request(method, path, data, dict(JSON if data is not None else {}, **(headers or {})))
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def form(self, operator=None, order=None, **changes):
        self.count += 1
        o = operator or self.assistants[0]
        form = {"channel": "SPOKEN", "channel_reference": "door-%d" % self.count, "evidence": {"read_back": "本人确认"},
                "operator": {"operator_id": o[0], "org_code": o[2]}, "division_code": o[2], "consent": True,
                "facts": {"area": "rural", "income_total_fen": 600000},
                "members": [{"id_no": identity(order or self.count), "name": "甲乙", "relation": "0", "head": True}]}
        form.update(changes)
        return form

    def post(self, form, headers=None):
        s, _, b = self.ask("POST", "/v1/applications", form, headers)
        return s, json.loads(b)

    def codes(self, form, headers=None):
        s, b = self.post(form, headers)
        return s, {(f["pointer"], f["code"]) for f in b.get("faults", ())}

    def progress(self, i, headers=None, where="applications"):
        s, h, b = self.ask("GET", "/v1/%s/%s" % (where, i), headers=headers)
        return s, h, b

    def case_of(self, i, headers=None):
        def there():
            s, _, b = self.progress(i, headers)
            return s == 200 and json.loads(b).get("case")
        got = until(there, 40, self.town.moved)
        assert got, "no case of %s within %d s" % (i, 40 * SLOW)
        return got


def as_uuid8(digest):
    b = bytearray(digest[:16])
    b[6], b[8] = b[6] & 0x0F | 0x80, b[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(b)))


def guessed_application(channel, reference):
    """What anybody could work out who has read the page of ids."""
    h = hashlib.sha256(b"application\0")
    for part in (channel, reference):
        h.update(struct.pack(">I", len(part.encode())) + part.encode())
    return as_uuid8(h.digest())


def ids_that_leave(door):
    print("ids that leave")
    form = door.form()
    s, body = door.post(form)
    check("an application is taken", s == 202, body)
    mine = body["application_id"]
    guess = guessed_application(form["channel"], form["channel_reference"])
    case = door.case_of(mine)
    s, _, b = door.progress(guess)
    check("nobody computes an application id from its reference", guess != mine and s == 404, (s, b))
    text = json.dumps(json.loads(door.progress(mine)[2]))
    household = json.loads(door.town.lianou("case", "show", mine, "--json").stdout)["household_id"]
    check("an application's answer has no household id", household not in text and "household" not in json.loads(text)["case"], text)
    text = door.progress(case["case_id"], where="cases")[2].decode()
    check("a case's answer has no household id", household not in text and "household_id" not in text, text)


def main():
    town = Town(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good = False
    try:
        for role in ("intake", "matcher", "ledger"):
            town.start(role)
        door = Door(town)
        for part in (ids_that_leave,):
            part(door)
        good = not faults
    finally:
        town.close(keep=not good)
    print("%d faults%s" % (len(faults), "".join("\n  " + f for f in faults)))
    sys.exit(bool(faults))


main()
