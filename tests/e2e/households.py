#!/usr/bin/env python3
"""Households A to J of bus-config/policies/samples through the real roles: applied
for by a village assistant, judged by the matcher, assigned to the departments.
Then a family of three that told little: few are bothered with it, it is asked for
little, and its case fits one screen. Ages are as on the samples' day, whenever
this runs. --plant expects one fen more of each sum, which must be found."""
import datetime
import json
import sys
import urllib.request
import uuid

from county import SOURCE, OPERATOR, Bus  # first: it takes this up with the tests' Python
import yaml

SAMPLES = SOURCE / "bus-config/policies/samples/ten-households.yaml"
CODES = dict(self="0", spouse="1", son="2", daughter="3", grandchild="4", parent="5", grandparent="6", sibling="7", other="8")
VERDICTS = {"eligible": "ELIGIBLE", "not eligible": "NOT_ELIGIBLE", "undetermined": "UNDETERMINED", "not chosen": "ELIGIBLE"}
FOLLOWS = ("MZ15", "FG01")  # what begins by itself follows a confirmed status only
SCREEN = (24, 80)
FAMILY = {
    "area": "rural", "registered_in_county": True, "status": "none", "income_total_fen": 2160000, "house_count": 1,
    "vehicle_count": 0, "event_shock": "none", "spend_medical_fen": 1500000}
MEMBERS = [  # relation, born, sex, facts: with the family's own 25
    ("0", datetime.date(1985, 5, 5), "male", dict(labour="full", employment="flexible", disability_grade=0, serious_illness=False)),
    ("1", datetime.date(1987, 6, 6), "female", dict(labour="full", employment="unemployed", disability_grade=0, serious_illness=True)),
    ("3", datetime.date(2012, 7, 7), "female", dict(stage="compulsory", boarding=False, disability_grade=0))]


def identity(born, sex, order):
    """GB 11643, of the division that is none: the 17th digit is odd for a man."""
    body = "000000%s%03d" % (born.strftime("%Y%m%d"), order * 2 + (sex == "male"))
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


def member(order, relation, born, sex, facts):
    return {"id_no": identity(born, sex, order), "name": "甲乙丙丁"[order % 4], "relation": relation, "head": relation == "0",
            "facts": dict(facts, sex=sex, life_state="alive")}


def form(reference, facts, members):
    return {"channel": "WEB", "channel_reference": reference, "evidence": None, "operator": OPERATOR, "helper": OPERATOR,
            "division_code": OPERATOR["org_code"], "consent": True, "facts": facts, "members": members}


def of_sample(number, sample, day):
    members = []
    for m in sample["members"]:
        facts = {k: v for k, v in m.items() if k not in ("relation", "birth_date", "sex")}
        # As old as on the samples' day.
        born = m["birth_date"] + (datetime.date.today() - day)
        members.append(member(100 + number * 10 + len(members), CODES[m["relation"]], born, m["sex"], facts))
    return form("H-%d" % number, sample["facts"], members)


def judged(bus, household, times=1):
    """Item -> verdict, and item -> assignment, by the household's evaluation of that number."""
    evaluation = bus.events("evaluation", times, household_id=household)[times - 1][1]
    items = {i["item"]: i for i in evaluation["items"]}
    chosen = [i for i in items.values() if i["verdict"] == "ELIGIBLE" and i["left_out_by"] is None]
    assigned = {a["item"]: a for _, a in bus.events("assignment", len(chosen), household_id=household, action="ASSIGNED")}
    return items, assigned


def faults_of(expect, items, assigned, plant):
    for item, want in expect.items():
        word, fen = (want["verdict"], want["amount_fen"] + plant) if isinstance(want, dict) else (want, None)
        got = items[item]
        if got["verdict"] != VERDICTS[word] or (got["left_out_by"] is not None) != (word == "not chosen"):
            yield "%s: is %s (left out by %s; missing %s), must be %s" % (
                item, got["verdict"], got["left_out_by"], [m["name"] for m in got["missing"]], word)
        elif fen is not None and (got["amount_fen"] != fen or assigned.get(item, {}).get("amount_fen") != fen):
            yield "%s: %s fen, assigned %s, not %d" % (item, got["amount_fen"], assigned.get(item, {}).get("amount_fen"), fen)
        elif word == "eligible" and item not in assigned:
            yield "%s: nobody has it" % item
        elif word in ("not eligible", "not chosen") and item in assigned:
            yield "%s: assigned all the same" % item


def household_of(bus, seen):
    """The one whose evaluation is new."""
    while True:
        for _, e in bus.events("evaluation", 1):
            if e["household_id"] not in seen:
                seen.append(e["household_id"])
                return e["household_id"]
        bus.events("evaluation", len(seen) + 1)


def confirmed(bus, household, items, assigned):
    """What follows a status waits until somebody has confirmed what the household declares: the department does."""
    for item in FOLLOWS:
        assert items[item]["verdict"] == "UNDETERMINED" and item not in assigned, items[item]
    bus.decide(assigned["MZ01"], assigned["MZ01"]["amount_fen"])
    return judged(bus, household, 2)


def test_samples(bus, plant, seen):
    text = yaml.safe_load(SAMPLES.read_text())
    sums = found = 0
    for number, sample in enumerate(text["households"]):
        bus.submit(of_sample(number, sample, text["date"]))
        household = household_of(bus, seen)
        items, assigned = judged(bus, household)
        if sample["facts"]["status"] == "dibao":
            items, assigned = confirmed(bus, household, items, assigned)
        wrong = list(faults_of(sample["expect"], items, assigned, plant))
        sums += sum(isinstance(x, dict) for x in sample["expect"].values())
        found += len(wrong)
        print("%s: %d assigned%s" % (sample["name"]["en"], len(assigned), "".join("\n  WRONG " + w for w in wrong)))
    if found != (sums if plant else 0):
        sys.exit("%d are not as expected, of %d sums" % (found, sums))


def columns(line):
    return sum(2 if ord(c) > 0x2e80 else 1 for c in line)


def test_family(bus, seen):
    """25 facts of three people: at most 8 assignments, 10 lines of what is missing, one screen."""
    members = [member(300 + i, *m) for i, m in enumerate(MEMBERS)]
    told = len(FAMILY) + sum(len(m[3]) + 2 for m in MEMBERS)  # an identity number tells the sex and the day of birth
    assert told == 25, told
    bus.submit(form("H-family", FAMILY, members))
    household = household_of(bus, seen)
    _, assigned = judged(bus, household)
    case = str(uuid.UUID(bytes=next(iter(assigned.values()))["case_id"]))
    bus.take(2)
    all_of_it = {a["item"] for _, k, a in bus.read if k == "assignment" and a["household_id"] == household}
    assert 1 <= len(all_of_it) <= 8, sorted(all_of_it)
    shown = json.loads(bus.town.lianou("case", "show", case, "--json").stdout)
    assert {a["item"]["code"] for a in shown["assignments"]} == all_of_it, shown["assignments"]
    for lang in ([], ["--en"]):
        screen = bus.town.lianou("case", "show", case, *lang).stdout
        lines = screen.rstrip("\n").split("\n")
        assert len(lines) <= SCREEN[0] and max(map(columns, lines)) <= SCREEN[1], screen
        print(screen)
    with urllib.request.urlopen("http://127.0.0.1:%s/v1/cases/%s" % (bus.town.port, shown["case_id"])) as answer:
        text = answer.read()
    wanted = json.loads(text)["wanted"]
    assert 1 <= len(wanted) <= 10 and len(text) <= 4096, (len(wanted), len(text))
    print("a family of three, %d facts: %d assignments (%s), %d lines missing, %d bytes" % (
        told, len(all_of_it), " ".join(sorted(all_of_it)), len(wanted), len(text)))


def main():
    bus, good = Bus(SOURCE / "bus-config", roles=("matcher", "dispatch", "ledger", "intake")), False
    try:
        seen = []
        test_samples(bus, "--plant" in sys.argv, seen)
        if "--plant" not in sys.argv:
            test_family(bus, seen)
        good = True
    finally:
        bus.town.close(keep=not good)


main()
