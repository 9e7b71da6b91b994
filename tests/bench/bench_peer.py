"""Decisions against peers, verdicts compared first: CPU time of the process, one thread, warm, in turns a b b a.

Rules: the catalogue's conditions and derived facts on generated households (peer_form.py), against Camunda's feel-engine (Java) and dsntk
(Rust). Each expression is read once; the standards of the day are given to the peers and worked out by ours. An item that a peer cannot read,
or answers otherwise, is left out of what the peer is asked, and told; ours judges all of them.
Decision tables: one model and rows, against Apache KIE (Drools) DMN on Java 17.
A peer that cannot be had here is told as not available.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

import peer_form

SOURCE = pathlib.Path(os.environ.get("LIANOU_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
PEER, FEEL = SOURCE / "tests/bench/peer", SOURCE / "tests/bench/peer-feel"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lianou"
NAMES = "Income,Area,Registered,Assets,Grade,Months,Age,Stage,Illness,Members"
DAY, HOUSEHOLDS = "2026-11-25", 256
LEAST = 300
FETCH_S = 1800


class NotAvailable(Exception):
    """A peer cannot be had on this machine."""


def tool(name):
    return pathlib.Path(os.environ["LIANOU_BENCH_DIR"]) / name


def said(*words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def fetched(*words, **more):
    """Of a registry, or by a compiler that may be too old."""
    if shutil.which(words[0]) is None:
        raise NotAvailable("no %s" % words[0])
    try:
        r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=FETCH_S, **more)
    except subprocess.TimeoutExpired:
        raise NotAvailable("%s did not end in %d s" % (words[0], FETCH_S))
    if r.returncode != 0:
        why = [line for line in r.stdout.splitlines() if "rror" in line] or r.stdout.splitlines() or ["no word"]
        raise NotAvailable("%s: %s" % (words[0], why[0].strip()[:200]))


def jars(folder, name):
    """The jars of a pom, once."""
    home, pom = CACHE / name, (folder / "pom.xml").read_text()
    if not (home / "pom.xml").exists() or (home / "pom.xml").read_text() != pom:
        home.mkdir(parents=True, exist_ok=True)
        fetched("mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies", "-DoutputDirectory=%s" % home)
        (home / "pom.xml").write_text(pom)
    return "%s/*" % home


def java(work, source, folder, name):
    """The command of a program of one file with its jars."""
    path = jars(folder, name)
    fetched("javac", "-cp", path, "-d", str(work / source), str(folder / (source + ".java")))
    return ["java", "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-cp", "%s:%s" % (work / source, path), source]


def rust():
    """Built in a copy, where what it resolved stays as well."""
    home = CACHE / "peer-dsntk"
    shutil.copytree(FEEL / "dsntk", home, dirs_exist_ok=True)
    fetched("cargo", "build", "--release", "--quiet", "--manifest-path", str(home / "Cargo.toml"), "--target-dir", str(home / "target"))
    return [home / "target/release/bench-peer-dsntk"]


def row(name, value, unit, target, better, note):
    print(json.dumps({"name": name, "value": value, "unit": unit, "target": target, "better": better, "note": note}), flush=True)


# -- rules

class Rules:
    def __init__(self, work, seconds):
        self.work, self.seconds = work, seconds
        env = dict(os.environ, LIANOU_KEYRING="/none", LIANOU_PERSON_KEY="/none", LIANOU_SOURCE=str(SOURCE))
        self.env = env
        self.rules = json.loads(said(tool("peer_rules"), SOURCE / "bus-config", DAY, env=env))
        self.households = said(tool("peer_verdicts"), "households", DAY, str(HOUSEHOLDS), env=env).splitlines()
        self.ours()
        codes, *lines = (work / "ours").read_text().splitlines()
        self.verdicts = {c: [line[i] for line in lines] for i, c in enumerate(codes.split())}

    def ours(self):
        """CPU nanoseconds a household: verdicts, verdicts with amounts."""
        return [float(x) for x in said(tool("peer_verdicts"), "judge", DAY, str(HOUSEHOLDS), self.seconds, self.work / "ours",
                                       env=self.env).split()]

    def theirs(self, command, rules, seconds=None):
        """CPU nanoseconds a household: all of it, the conditions alone; and its verdicts."""
        (self.work / "form").write_text(peer_form.form(rules, self.households))
        got = [float(x) for x in said(*command, self.work / "form", self.work / "theirs", seconds or self.seconds).split()]
        codes, *lines = (self.work / "theirs").read_text().splitlines()
        return got, {c: [line[i] for line in lines] for i, c in enumerate(codes.split())}

    def asked(self, name, command):
        """The rules without what the peer does not read, or answers otherwise."""
        _, verdicts = self.theirs(command, self.rules, "1")
        out = [c for c in self.verdicts if verdicts[c] != self.verdicts[c]]
        for c in out:
            n = sum(a != b for a, b in zip(self.verdicts[c], verdicts[c]))
            print("%s: %s of %d households otherwise: ours %s, its %s" % (
                name, c, n, "".join(self.verdicts[c])[:60], "".join(verdicts[c])[:60]), flush=True)
        same = dict(self.rules, items=[i for i in self.rules["items"] if i["code"] not in out])
        kinds = {k: sum(v.count(k) for c, v in self.verdicts.items() if c not in out) for k in "10?"}
        print("%s: %d of %d items of %d households the same: %s" % (
            name, len(same["items"]), len(self.verdicts), HOUSEHOLDS, kinds), flush=True)
        if len(same["items"]) * 2 < len(self.verdicts):
            raise NotAvailable("it answers %d of %d items as ours" % (len(same["items"]), len(self.verdicts)))
        return same

    def against(self, name, command, pairs):
        rules = self.asked(name, command)
        us, them = [], []
        for i in range(pairs):
            for mine in (True, False) if i % 2 == 0 else (False, True):
                (us if mine else them).append(self.ours() if mine else self.theirs(command, rules)[0])
        ratios = [t[0] / u[0] for u, t in zip(us, them)]
        note = "%d of %d items, %d households, the same verdicts; %d pairs, %.0f to %.0f; with amounts of ours %.0f; conditions alone of its %.0f" % (
            len(rules["items"]), len(self.verdicts), HOUSEHOLDS, pairs, min(ratios), max(ratios),
            statistics.median(t[0] / u[1] for u, t in zip(us, them)), statistics.median(t[1] / u[0] for u, t in zip(us, them)))
        row("64 items against %s, CPU a household" % name, round(statistics.median(ratios), 1), "times", LEAST, "more", note)
        row("64 items by %s, CPU a household" % name, round(statistics.median(t[0] for t in them) / 1000, 1), "us", None, "less", note)
        row("64 items, verdicts, beside %s" % name, round(statistics.median(u[0] for u in us) / 1000, 2), "us", None, "less", note)


def rules_against_peers(work, quick):
    r = Rules(work, "2" if quick else "8")
    peers = (("Camunda feel-engine 1.19.3", lambda: java(work, "Feel", FEEL, "peer-feel")), ("dsntk 0.3.0", rust))
    for name, command in peers:
        try:
            r.against(name, command(), 1 if quick else 4)
        except NotAvailable as why:
            row("64 items against %s, CPU a household" % name, None, "times", LEAST, "more", "not available: %s" % why)


# -- decision tables

def table_rows(n):
    dice = random.Random(20261001)
    edges = [0, 69999, 70000, 90000, 104999, 105000, 134999, 135000, 199999, 200000, 299999, 300000]
    for _ in range(n):
        yield ",".join(map(str, [
            dice.choice(edges) if dice.random() < 0.3 else dice.randrange(400000), dice.choice(["urban", "rural"]),
            str(dice.random() < 0.9).lower(), str(dice.random() < 0.8).lower(), dice.randrange(5), dice.randrange(13),
            dice.randrange(100), dice.choice(["none", "preschool", "compulsory", "senior_high", "vocational", "higher"]),
            str(dice.random() < 0.3).lower(), 1 + dice.randrange(6)]))


def tables_against_drools(work, quick):
    name = "decision tables against Drools DMN after warm-up, CPU a decision"
    try:
        peer = java(work, "Peer", PEER, "bench-peer")
    except NotAvailable as why:
        row(name, None, "x", 0.1, "less", "not available: %s" % why)
        return
    (work / "rows").write_text(NAMES + "\n" + "".join(r + "\n" for r in table_rows(1000)))

    def run(who, out):
        return int(said(*who, PEER / "assistance.dmn", work / "rows", work / out, "2" if quick else "8").split()[-1])

    ours = [tool("bench_peer")]
    us, them = [run(ours, "ours.rows")], [run(peer, "theirs.rows")]
    a, b = (work / "ours.rows").read_text().splitlines(), (work / "theirs.rows").read_text().splitlines()
    if a != b:
        first = next(i for i, (x, y) in enumerate(zip(a, b)) if x != y)
        sys.exit("row %d: ours %s, the peer's %s" % (first, a[first], b[first]))
    print("%d rows of 4 decisions: the same by both" % len(a))
    if not quick:
        them.append(run(peer, "theirs.rows"))
        us.append(run(ours, "ours.rows"))
    ratio = statistics.median(u / t for u, t in zip(us, them))
    note = "ours %s ns, Drools DMN 8.44.2 %s ns a row of 4 decisions (CPU time of the process), 1000 rows the same" % (us, them)
    row("decision tables, CPU a row of four decisions", us[0] / 1000, "us", None, "less", note)
    row("the same by Drools DMN after warm-up", them[0] / 1000, "us", None, "less", note)
    row(name, ratio, "x", 0.1, "less", note)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as work:
        rules_against_peers(pathlib.Path(work), args.quick)
        tables_against_drools(pathlib.Path(work), args.quick)


main()
