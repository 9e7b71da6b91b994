"""A household's state from its parts in the topic `households`; see
consumers/matcher/state_parts.h. Knows the form of the topic, nothing of the
program: ops/docs/events.md is what it is written from."""
import hashlib
import uuid

CASE, FACTS = -2, -1  # parts; assignments are numbered from 0
RECORDS = {"household_case", "household_facts", "household_assignment", "household_names"}


def part_of(key):
    """(household id, part) of a message's key; (None, None) for the names'."""
    text = key.decode()
    if text == "names":
        return None, None
    rest = text[37:]
    return uuid.UUID(text[:36]).bytes, CASE if len(text) == 36 else FACTS if rest == "f" else int(rest)


def case_id(household, number):
    if number == 0:
        return None
    h = hashlib.sha256(b"case\0")
    for part in (household, number.to_bytes(4, "big")):
        h.update(len(part).to_bytes(4, "big") + part)
    b = bytearray(h.digest()[:16])
    b[6], b[8] = 0x80 | b[6] & 0x0f, 0x80 | b[8] & 0x3f
    return bytes(b)


def gathered(household, parts):
    """What the parts say together, as far as an account needs it."""
    case = parts[CASE]
    return {"household_id": household, "sequence": max(p["sequence"] for p in parts.values()), "case_no": case["case_no"],
            "case_open": case["case_open"], "case_id": case_id(household, case["case_no"]), "facts_version": case["facts_version"],
            "parked": case["parked"], "assignments": [parts[i] for i in range(case["assignments"]) if i in parts],
            "missing": [i for i in range(case["assignments"]) if i not in parts]}


def whole(household, parts, names):
    """A household_state of the form before, from every field of the parts."""
    def word(n):
        return "" if n == -1 else names[n]

    case, facts = parts[CASE], parts.get(FACTS)
    state = {k: case[k] for k in ("division_code", "case_no", "case_open", "opened_at", "facts_version", "undetermined", "parked",
                                  "judged_on", "memberships")}
    state.update(household_id=household, sequence=max(p["sequence"] for p in parts.values()),
                 case_id=case_id(household, case["case_no"]), catalogue_version=word(case["catalogue_version"]), members=[], facts=[],
                 applications=[], personal=None, personal_event=None)
    state["verifications"] = [dict(v, partner=word(v["partner"]), facts=[dict(f, name=word(f["name"])) for f in v["facts"]])
                              for v in case["verifications"]]
    state["needs"] = [dict(n, claimed_by=word(n["claimed_by"]) or None, item=word(n["item"]),
                           held=[dict(h, charity=word(h["charity"])) for h in n["held"]]) for n in case["needs"]]
    state["assignments"] = []
    for i in range(case["assignments"]):
        a = parts[i]
        reason = word(a["reason"]) if isinstance(a["reason"], int) else a["reason"]
        state["assignments"].append(dict(a, item=word(a["item"]), item_version=word(a["item_version"]),
                                         department=word(a["department"]), reason=reason))
    if facts:
        state.update({k: facts[k] for k in ("members", "applications", "personal", "personal_event")})
        for f in facts["facts"]:
            state["facts"].append({"name": word(f["name"]), "source": word(f["source"]), "value": f["value"], "verified": f["verified"],
                                   "as_of": days_after(facts["day"], f["days"]),
                                   "member": facts["members"][f["member"]]["person_id"] if f["member"] >= 0 else None})
        state["facts"] += facts["others"]
    return state


def days_after(day, n):
    import datetime
    return day + (datetime.timedelta(days=n) if isinstance(day, datetime.date) else n)
