#!/usr/bin/env python3
"""The households of bus-config/policies/samples get what they expect, on the county's catalogue; those of local_choices.yaml, on it with the figures of its first
lines (`# with NAME: VALUE`), which a county may choose. No item is without one. --plant expects one fen more of each sum, which must be found."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
CONFIG = pathlib.Path(os.environ["LIANOU_SOURCE"]) / "bus-config"


def chosen(text, folder):
    """The county's configuration, its standards as the households' file has them."""
    choices = re.findall(r"(?m)^# with (\w+): (\S+)$", text)
    if not choices:
        return CONFIG
    config = pathlib.Path(folder) / "config"
    shutil.copytree(CONFIG, config)
    standards = (config / "standards.yaml").read_text()
    for name, value in choices:
        standards, n = re.subn(r"(?m)(^%s:\n(?:  .*\n)*?    - \{from: [\d-]+, value: )[\d.]+" % name, lambda m: m.group(1) + value, standards)
        assert n == 1, name
    (config / "standards.yaml").write_text(standards)
    return config


def run(path, config):
    r = subprocess.run([PROGRAM, "policy", "test", str(path), "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return r.returncode, r.stdout


def main():
    files = sorted((CONFIG / "policies/samples").glob("*.yaml")) + [pathlib.Path(__file__).with_name("local_choices.yaml")]
    items = {p.stem for p in (CONFIG / "policies").glob("[A-Z][A-Z]/*.yaml")}
    expected = [line for path in files for line in path.read_text().splitlines() if line.startswith("    expect: ")]
    untried = items - set(re.findall(r"\b([A-Z]{2}\d\d): ", "\n".join(expected)))
    if not items or untried:
        sys.exit("no household for %s" % " ".join(sorted(untried)))
    for path in files:
        text = path.read_text()
        sums = len(re.findall(r"amount_fen: \d+", text))
        if "--plant" in sys.argv:
            text = re.sub(r"amount_fen: (\d+)", lambda m: "amount_fen: %d" % (int(m.group(1)) + 1), text)
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / path.name
            copy.write_text(text)
            code, out = run(copy, chosen(text, folder))
        print(out)
        wrong = int(re.search(r"(\d+) not as expected", out).group(1))
        if wrong != (sums if "--plant" in sys.argv else 0) or (code == 0) != (wrong == 0):
            sys.exit("%s: %d not as expected, %d sums" % (path.name, wrong, sums))


main()
