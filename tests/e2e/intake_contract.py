#!/usr/bin/env python3
"""Server and contract, held equal in both directions.

Applications are drawn from the contract and from around it: missing, null,
empty, at, below and beyond each length, of another type, each channel's
evidence, each word, dates, numbers. What the contract accepts the server takes;
what the contract forbids it refuses. A validator that is not ours judges the
contract. What only the county knows (its registers, its calendar, check digits)
no schema can say: the contract lists the codes of such faults (CountyCode),
and they alone may refuse what the schema accepts.

LIANOU_DRAWS: how many are drawn (1500); LIANOU_SEED."""
import collections
import copy
import http.client
import json
import os
import random
import sys

import intake_role
from intake_role import JSON, Intake, an_operator, identity

intake_role.with_clients()
import jsonschema  # noqa: E402

SEED = int(os.environ.get("LIANOU_SEED", "20260910"))
DRAWS = int(os.environ.get("LIANOU_DRAWS", "1500"))
OPERATOR = an_operator()
ABSENT = object()
CHANNELS = ("WEB", "MOBILE", "TELEPHONE", "SPOKEN", "STATION_CSV")
# The contract did not say them before it was generated; then these.
COUNTY = {"ID_LENGTH", "ID_DIGITS", "ID_DATE", "ID_CHECK_DIGIT", "OPERATOR", "DIVISION", "DATE_RANGE", "BANK", "MEMBER_TWICE",
          "ITEM_UNKNOWN", "FACT_UNKNOWN", "HEAD", "APPLICANT", "NAME", "REFERENCE_REUSED"}


class Judge:
    """What the contract says of one application."""

    def __init__(self, contract):
        schemas = contract["components"]["schemas"]
        self.county = set(schemas["CountyCode"]["enum"]) if "CountyCode" in schemas else COUNTY
        self.by_key = {}
        for keyed, name in ((False, "Application"), (True, "KeyedApplication")):
            whole = dict(schemas.get(name, schemas["Application"]), components=contract["components"])
            jsonschema.Draft202012Validator.check_schema(whole)
            self.by_key[keyed] = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker(["date"]))

    def accepts(self, application, keyed):
        return self.by_key[keyed].is_valid(application)

    def why(self, application, keyed):
        e = jsonschema.exceptions.best_match(self.by_key[keyed].iter_errors(application))
        return "/".join(map(str, e.absolute_path)) + ": " + e.message[:60]


class Server:
    def __init__(self, intake):
        self.port = intake.port
        self.c = None

    def post(self, application, keyed):
        body = json.dumps(application, ensure_ascii=False).encode("utf-8", "surrogatepass")
        headers = dict(JSON, **({"Idempotency-Key": "k-%d" % random.getrandbits(60)} if keyed else {}))
        for attempt in (0, 1):
            if self.c is None:
                self.c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self.c.request("POST", "/v1/applications", body, headers)
                r = self.c.getresponse()
                return r.status, json.loads(r.read())
            except (http.client.HTTPException, OSError):
                self.c = None
                if attempt:
                    raise


numbers = iter(range(1, 10 ** 9))


def person(i, **more):
    n = next(numbers)
    return dict({"id_no": identity(n % 1000, "19%02d0%d0%d" % (50 + n // 9000 % 50, 1 + n // 1000 % 9, 1 + i % 9)),
                 "name": "甲", "relation": "0" if i == 0 else "2"}, **more)


def well(channel="TELEPHONE", members=1):
    a = {"channel": channel, "channel_reference": "c-%d-%d" % (SEED, next(numbers)), "division_code": OPERATOR["org_code"],
         "consent": True, "members": [person(i, **({"head": True} if i == 0 else {})) for i in range(members)]}
    if channel == "TELEPHONE":
        a["evidence"] = {"call_reference": "C-1"}
    if channel == "SPOKEN":
        a["evidence"] = {"read_back": "乙"}
    if channel in ("TELEPHONE", "SPOKEN", "STATION_CSV"):
        a["operator"] = dict(OPERATOR)
    return a


def put(a, pointer, value):
    at = a
    for k in pointer[:-1]:
        at = at.setdefault(k, {}) if isinstance(at, dict) else at[k]
    if value is ABSENT:
        at.pop(pointer[-1], None) if isinstance(at, dict) else at.pop(pointer[-1])
    else:
        at[pointer[-1]] = value
    return a


def probe(pointer, value, channel="TELEPHONE", members=1):
    return put(well(channel, members), pointer, value)


def probes():
    """Those that were tried by hand first: what each is about, and it."""
    p = probe
    yield "as it should be", well()
    for what, text in (("blanks", "  "), ("a wide blank", "\u3000"), ("zero width", "甲\u200b"), ("right to left", "甲\u202e乙"),
                       ("a C1 control", "甲\u0085"), ("a soft hyphen", "甲\u00ad"), ("an escape", "\u001b[2J"), ("blanks within", "甲 乙")):
        yield "a name of " + what, p(["members", 0, "name"], text)
        yield "an evidence of " + what, p(["evidence", "call_reference"], text)
        yield "an address of " + what, p(["members", 0, "address"], text)
    yield "an address of 120 characters", p(["members", 0, "address"], "路" * 120)
    yield "an address of 121 characters", p(["members", 0, "address"], "路" * 121)
    for what, text in (("in small letters", "e12345678"), ("with blanks", " E1234 5678"), ("of dashes", "---")):
        yield "a document " + what, put(p(["members", 0, "id_no"], text), ["members", 0, "id_type"], "414")
    yield "no channel_reference", p(["channel_reference"], ABSENT)
    yield "null channel_reference", p(["channel_reference"], None)
    yield "empty channel_reference", p(["channel_reference"], "")
    yield "channel_reference of 128 characters of 3 bytes", p(["channel_reference"], "甲" * 128)
    yield "channel_reference of 129", p(["channel_reference"], "x" * 129)
    yield "no name of the applicant", p(["members", 0, "name"], ABSENT)
    yield "null name of the applicant", p(["members", 0, "name"], None)
    yield "empty name", p(["members", 0, "name"], "")
    yield "a member without a name", p(["members", 1, "name"], ABSENT, members=2)
    yield "a member's empty name", p(["members", 1, "name"], "", members=2)
    yield "name of 100 characters of 3 bytes", p(["members", 0, "name"], "甲" * 100)
    yield "name of 125 characters", p(["members", 0, "name"], "x" * 125)
    yield "a control character in a name", p(["members", 0, "name"], "甲\n")
    yield "null helper", p(["helper"], None)
    yield "null operator where one is needed", p(["operator"], None)
    yield "no operator where one is needed", p(["operator"], ABSENT)
    yield "empty role", p(["operator", "role"], "")
    yield "null evidence of a telephone", p(["evidence"], None)
    yield "no evidence of a telephone", p(["evidence"], ABSENT)
    yield "empty evidence of a telephone", p(["evidence"], {"call_reference": ""})
    yield "the other channel's evidence", p(["evidence"], {"read_back": "乙"})
    yield "evidence of 129 characters", p(["evidence", "call_reference"], "x" * 129)
    yield "evidence of another channel beside", p(["evidence", "read_back"], "乙")
    yield "evidence where none is asked", p(["evidence"], {"call_reference": "C"}, "WEB")
    yield "spoken without its read-back", p(["evidence"], ABSENT, "SPOKEN")
    yield "null applied_on", p(["applied_on"], None)
    yield "empty applied_on", p(["applied_on"], "")
    yield "null facts", p(["facts"], None)
    yield "a fact that is null", p(["facts"], {"area": None})
    yield "a fact's null value", p(["facts"], {"area": {"value": None}})
    yield "a fact's null as_of", p(["facts"], {"area": {"value": "rural", "as_of": None}})
    yield "a fact nobody knows", p(["facts"], {"are": "rural"})
    yield "a fact of another type", p(["facts"], {"area": 7})
    yield "a fact's unknown word", p(["facts"], {"area": "moon"})
    yield "a negative count", p(["facts"], {"member_count": -1})
    yield "a whole number written 1.0", p(["facts"], {"income_total_fen": 1.0})
    yield "a fraction of a fen", p(["facts"], {"income_total_fen": 1.5})
    yield "null requested_items", p(["requested_items"], None)
    yield "an unknown item", p(["requested_items"], ["NO"])
    yield "an item that is a number", p(["requested_items"], [7])
    yield "null id_no", p(["members", 0, "id_no"], None)
    yield "empty phone", p(["members", 0, "phone"], "")
    yield "null head", p(["members", 0, "head"], None)
    yield "nobody is the head", p(["members", 0, "head"], False)
    yield "two heads", p(["members", 1, "head"], True, members=2)
    yield "two applicants", put(p(["members", 1, "applicant"], True, members=2), ["members", 0, "applicant"], True)
    yield "null consent", p(["consent"], None)
    yield "a relation of no place in GB/T 4761", p(["members", 0, "relation"], "099")
    yield "an empty relation", p(["members", 0, "relation"], "")
    yield "a kind of document with a newline", p(["members", 0, "id_type"], "111\n")
    yield "an unknown bank", p(["members", 0, "bank_code"], "mars")


def text_values(rng):
    n = rng.choice((0, 1, 2, 3, 11, 12, 13, 18, 119, 120, 121, 127, 128, 129, 400, 401))
    yield rng.choice(("x", "甲", "😀", "é")) * n
    yield rng.choice(("1", "12", "111", "0" * 12, "000000000000", "１１１", " 1", "1 ", "1\n", "a\u0000b", "a\tb", "a\u007fb",
                      "\u0085", "a\u2028b", "MZ01", "nongshang", "rural", "农村", "WEB", "web", "true"))


def odd_values(rng):
    """Around what may stand anywhere."""
    yield from text_values(rng)
    yield rng.choice((None, ABSENT, True, False, [], {}, [None], {"x": 1}, {"value": 1}, [1, 2], {"x_own": 1}))
    yield rng.choice((0, 1, -1, 7, 12, 371425, 2 ** 31, 2 ** 53, 2 ** 63 - 1, -2 ** 63, 1.0, 0.5, -0.0, 1e3, 1e18, 9.3e18, 1e-3))
    yield rng.choice(("2026-09-10", "2026-9-10", "20260910", "2026-02-29", "2024-02-29", "0000-01-01", "0001-01-01",
                      "9999-12-31", "2026-13-01", "2026-W01-1", "2026-01-01T00:00:00Z", "26-01-01"))


def fact_value(rng, schema):
    """A value as the dictionary's type has it, where the contract shows it."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice([v for v in odd_values(rng) if v is not ABSENT])
    v = rng.choice(("rural", "urban", "female", "male", True, False, 0, 1, 100000, "2000-01-01", None, 2.0))
    return v if kind < 0.8 else {"value": v, **({"as_of": rng.choice(("2020-01-01", None, "", "2999-01-01", 7))}
                                                if rng.random() < 0.5 else {})}


FACTS = {
    "household": ("area", "income_total_fen", "member_count", "no_such", "address", "phone"),
    "member": ("sex", "birth_date", "serious_illness", "disability_grade", "status", "no_such", "area")}


def draw(rng):
    a = well(rng.choice(CHANNELS), rng.choice((1, 1, 2, 3)))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        top = ["channel", "channel_reference", "evidence", "applied_on", "members", "division_code", "helper", "operator",
               "consent", "requested_items", "facts", "chanel", "x_own"]
        mine = ["id_type", "id_no", "name", "relation", "head", "applicant", "phone", "bank_code", "account", "account_holder",
                "facts", "address", "nmae"]
        where = rng.random()
        members = a.get("members")
        m = members[rng.randrange(len(members))] if isinstance(members, list) and members else None
        value = rng.choice(list(odd_values(rng)))
        if where < 0.35 or not isinstance(m, dict):
            put(a, [rng.choice(top)], value)
        elif where < 0.6:
            put(m, [rng.choice(mine)], value)
        elif where < 0.7:
            who = rng.choice(("operator", "helper"))
            if not isinstance(a.get(who), dict):
                a[who] = dict(OPERATOR)
            put(a[who], [rng.choice(("operator_id", "org_code", "role", "name"))], value)
        elif where < 0.8:
            e = a.get("evidence")
            a["evidence"] = e if isinstance(e, dict) else {}
            put(a["evidence"], [rng.choice(("call_reference", "read_back", "other"))], value)
        else:
            scope = rng.choice(("household", "member"))
            at = a if scope == "household" else m
            at["facts"] = at["facts"] if isinstance(at.get("facts"), dict) else {}
            at["facts"][rng.choice(FACTS[scope])] = fact_value(rng, None)
    if rng.random() < 0.1:
        a["requested_items"] = [rng.choice(("MZ01", "MZ07", "", None, 7, "mz01"))] * rng.choice((0, 1, 64, 65))
    if rng.random() < 0.05:
        a["members"] = (a["members"] * 40)[:rng.choice((0, 32, 33))] if isinstance(a.get("members"), list) else a.get("members")
        if isinstance(a["members"], list):
            a["members"] = [dict(person(i), head=i == 0) for i, _ in enumerate(a["members"])]
    return a


def compare(judge, server, name, application, keyed):
    """None, or in which way the two differ."""
    says = judge.accepts(application, keyed)
    status, answer = server.post(application, keyed)
    assert status in (202, 400, 422), (name, status, answer)
    codes = [f["code"] for f in answer.get("faults", [])]
    pointers = [f["pointer"] for f in answer.get("faults", [])]
    if status != 202 and not set(codes) - judge.county and says:
        return "county", None, codes
    takes = status == 202
    if says == takes:
        return None, None, codes
    detail = "contract %s, server %s" % ("accepts" if says else "forbids (%s)" % judge.why(application, keyed),
                                         "takes it" if takes else " ".join("%s %s" % x for x in zip(codes, pointers))[:90])
    return "differs", detail, codes


def main():
    intake = Intake("contract", {"journal_max: 1GiB": "journal_max: 1GiB\n  drafts_max: 1GiB"}).start()
    well_ended = False
    try:
        judge, server = Judge(intake.contract()), Server(intake)
        rng = random.Random(SEED)
        random.seed(SEED)
        differ, total = [], 0
        for name, a in probes():
            total += 1
            how, detail, _ = compare(judge, server, name, a, False)
            if how == "differs":
                differ.append((name, detail))
        for name, detail in differ:
            print("  %-48s %s" % (name, detail))
        print("probes: %d of %d differ" % (len(differ), total))
        ways, outcomes = collections.Counter(), collections.Counter()
        example = {}
        for i in range(DRAWS):
            keyed = rng.random() < 0.2
            a = draw(rng)
            if keyed and isinstance(a, dict) and rng.random() < 0.5:
                a.pop("channel_reference", None)
            how, detail, codes = compare(judge, server, i, copy.deepcopy(a), keyed)
            outcomes[how or ("taken" if not codes else "refused")] += 1
            if how == "differs":
                ways[detail] += 1
                example.setdefault(detail, (a, keyed))
        for detail, n in ways.most_common(40):
            print("  %4d x %s" % (n, detail))
            print("         %s" % json.dumps(example[detail][0], ensure_ascii=False)[:400])
        print("drawn: %d of seed %d: %s" % (DRAWS, SEED, ", ".join("%d %s" % (n, k) for k, n in sorted(outcomes.items()))))
        assert outcomes["taken"] > DRAWS // 20 and outcomes["refused"] > DRAWS // 20, "the draws are all of one kind"
        well_ended = not differ and not ways
    finally:
        intake.end(well_ended)
    sys.exit(0 if well_ended else 1)


if __name__ == "__main__":
    main()
