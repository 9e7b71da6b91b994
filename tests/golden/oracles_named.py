#!/usr/bin/env python3
"""Every oracle T1 to T25 has a row in tests/README.md, and each place named
there holds a test of its name that is run: those in C pass here, those in
Python are in the list their program goes through. --plant takes one away and
must see it missed."""
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


def faults(table, ran, python):
    places = {int(n): re.findall(r"`([^`]+)`", where)
              for n, where in re.findall(r"(?m)^\| T(\d+) \|[^|]*\|([^|]*)\|$", table)}
    for n in range(1, 26):
        if not places.get(n):
            yield "T%d has no row in tests/README.md" % n
        for place in places.get(n, []):
            name = "test_T%02d" % n
            well = name in (ran.get(place, ()) if place.endswith(".c") else python)
            if not well:
                yield "T%d: no %s is run in %s" % (n, name, place)


# Programs by the source file that their tests stand in: "FILE=PROGRAM".
ran, failed = {}, False
for place, binary in (a.split("=", 1) for a in sys.argv[1:] if "=" in a):
    out = subprocess.run([binary], capture_output=True, text=True)
    ran[place] = set(re.findall(r"(?m)^\[       OK \] (test_T\d\d)$", out.stdout + out.stderr))
    failed |= out.returncode != 0
text = (SOURCE / "tests/e2e/oracles.py").read_text()
python = set(re.search(r"for test in \(([^)]*)\)", text).group(1).split(", ")) & set(
    re.findall(r"(?m)^def (test_T\d\d)\(", text))
table = (SOURCE / "tests/README.md").read_text()
if "--plant" in sys.argv:
    planted = [(re.sub(r"(?m)^\| T7 .*\n", "", table), ran, python), (table, {p: t - {"test_T18"} for p, t in ran.items()}, python),
               (table, ran, python - {"test_T17"})]
    sys.exit(0 if all(list(faults(*p)) for p in planted) else "a planted gap was not seen")
found = list(faults(table, ran, python))
print("\n".join(found) or "T1 to T25: all named, %d run here" % sum(map(len, ran.values())))
sys.exit(1 if found or failed else 0)
