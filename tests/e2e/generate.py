#!/usr/bin/env python3
"""The made-up county: the same for a seed, plausible in its shares, of nobody
real, and streamed (what is held does not grow with the number asked for)."""
import datetime
import json
import os
import subprocess
import sys

program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
os.chdir(os.environ["LIANOU_SOURCE"])
env = dict(os.environ, LIANOU_KEYRING="/dev/null", LIANOU_PERSON_KEY="/dev/null")


def fail(text):
    sys.exit("FAILED: " + text)


def run(n, seed, what="households"):
    child = subprocess.Popen([program, "generate", what, str(n), "--seed", str(seed)],
                             stdout=subprocess.PIPE, env=env)
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        fail("generate ended with %d" % child.returncode)
    return out, used.ru_maxrss


few, small = run(300, 7)
again, _ = run(300, 7)
other, _ = run(300, 8)
many, large = run(20000, 7)
if few != again:
    fail("the same seed gave another county")
if few == other:
    fail("another seed gave the same county")
if not many.startswith(few):
    fail("household i is not the same in a longer run")
if large > small * 1.2 + 4096:
    fail("memory grows with the number: %d KB for 300, %d KB for 20000" % (small, large))

homes = [json.loads(line) for line in many.splitlines()]
people = [m for h in homes for m in h["members"]]
if len(homes) != 20000:
    fail("%d lines" % len(homes))
weights, check = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
for m in people:
    i = m["id_number"]
    if i[:6] != "000000" or check[sum(int(a) * w for a, w in zip(i, weights)) % 11] != i[17]:
        fail("identity number %s" % i)
    if i[6:14] != m["birth_date"].replace("-", "") or (int(i[16]) % 2 == 1) != (m["sex"] == "male"):
        fail("%s does not go with %s, %s" % (i, m["birth_date"], m["sex"]))


def share(of, total, low, high, what):
    have = 100.0 * of / total
    print("%-34s %6.2f%%" % (what, have))
    if not low <= have <= high:
        fail("%s: %.2f%%, expected %.1f to %.1f" % (what, have, low, high))


def head(h):
    return h["facts"]["income_total_fen"] / 12 / len(h["members"])


def edge(h):
    return 105000 if h["facts"]["area"] == "rural" else 135000


mean = len(people) / len(homes)
print("mean size %.3f" % mean)
if not 2.70 <= mean <= 2.84:  # 2.77 at the census
    fail("mean size %.3f" % mean)
low = [h for h in homes if head(h) < edge(h)]
share(sum(len(h["members"]) for h in low), len(people), 3.7, 6.0, "people of low income (4.7)")
for word, least, most in (("dibao", 1.8, 3.4), ("tekun", 0.1, 0.6), ("edge", 0.3, 1.1)):
    share(sum(len(h["members"]) for h in homes if h["facts"]["status"] == word), len(people), least, most, word)
share(sum(m["birth_date"] < "1966-10-01" for m in people), len(people), 15, 26, "60 and older")
share(sum(m["disability_grade"] > 0 for m in people), len(people), 4, 7.5, "with a disability certificate")
# What goes together: illness and poverty, age and illness.
ill = [h for h in homes if any(m["serious_illness"] for m in h["members"])]
poor_ill = sum(head(h) < edge(h) for h in ill) / len(ill)
poor_all = len(low) / len(homes)
if poor_ill < 1.3 * poor_all:
    fail("illness and low income do not go together: %.3f, %.3f" % (poor_ill, poor_all))
if len({h["village"] for h in homes}) < 900:
    fail("few villages")
# Applications: nobody is what he cannot be.
young = str(datetime.date.today().year - 16)  # born later: 15 at most
for line in run(2000, 7, "applications")[0].splitlines():
    for m in json.loads(line)["members"]:
        f, child, man = m["facts"], m["id_no"][6:10] > young, m["facts"]["sex"] == "male"
        if child and (f["union_member"] or f["veteran"] != "none" or f["pension_resident"]):
            fail("a child in the union, a veteran or with a pension: %s" % m)
        if man and (f["relation"] == "daughter" or f["diagnosis"] in ("cervical_cancer_iib", "breast_cancer_invasive")):
            fail("no man's illness, or place in the household: %s" % m)
        if not man and f["relation"] == "son":
            fail("a woman who is a son: %s" % m)
        if f["mental_risk"] > 0 and f["diagnosis"] != "severe_mental":
            fail("a mental risk without the illness: %s" % m)
