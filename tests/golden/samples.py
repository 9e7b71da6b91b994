#!/usr/bin/env python3
"""The households of bus-config/policies/samples get what they expect, on the county's catalogue. --plant expects one fen more of each sum, which must be found."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
CONFIG = pathlib.Path(os.environ["LIANOU_SOURCE"]) / "bus-config"


def run(path):
    r = subprocess.run([PROGRAM, "policy", "test", str(path), "--config", str(CONFIG)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return r.returncode, r.stdout


def main():
    files = sorted((CONFIG / "policies/samples").glob("*.yaml"))
    assert files
    for path in files:
        text = path.read_text()
        sums = len(re.findall(r"amount_fen: \d+", text))
        if "--plant" in sys.argv:
            text = re.sub(r"amount_fen: (\d+)", lambda m: "amount_fen: %d" % (int(m.group(1)) + 1), text)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(text)
            f.flush()
            code, out = run(f.name)
        print(out)
        wrong = int(re.search(r"(\d+) not as expected", out).group(1))
        if wrong != (sums if "--plant" in sys.argv else 0) or (code == 0) != (wrong == 0):
            sys.exit("%s: %d not as expected, %d sums" % (path.name, wrong, sums))


main()
