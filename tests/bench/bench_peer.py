"""Decision tables against a peer: Apache KIE (Drools) DMN on Java 17. The same
model and rows for both; every decision of every row must be the same before
anything is measured. CPU time of the whole process a row of four decisions, the
peer's after as long a warm-up, in turns a b b a."""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("LIANOU_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
PEER = SOURCE / "tests/bench/peer"
NAMES = "Income,Area,Registered,Assets,Grade,Months,Age,Stage,Illness,Members"


def jars():
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lianou/bench-peer"
    pom = (PEER / "pom.xml").read_text()
    if not (home / "pom.xml").exists() or (home / "pom.xml").read_text() != pom:
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mvn", "-q", "-B", "-f", PEER / "pom.xml", "dependency:copy-dependencies",
                        "-DoutputDirectory=%s" % home], check=True, stdout=sys.stderr)
        (home / "pom.xml").write_text(pom)
    return "%s/*" % home


def rows(n):
    dice = random.Random(20261001)
    edges = [0, 69999, 70000, 90000, 104999, 105000, 134999, 135000, 199999, 200000, 299999, 300000]
    for _ in range(n):
        yield ",".join(map(str, [
            dice.choice(edges) if dice.random() < 0.3 else dice.randrange(400000), dice.choice(["urban", "rural"]),
            str(dice.random() < 0.9).lower(), str(dice.random() < 0.8).lower(), dice.randrange(5), dice.randrange(13),
            dice.randrange(100), dice.choice(["none", "preschool", "compulsory", "senior_high", "vocational", "higher"]),
            str(dice.random() < 0.3).lower(), 1 + dice.randrange(6)]))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    args = p.parse_args()
    seconds = "2" if args.quick else "8"
    cp = jars()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "rows").write_text(NAMES + "\n" + "".join(r + "\n" for r in rows(1000)))
        ours = [pathlib.Path(os.environ["LIANOU_BENCH_DIR"]) / "bench_peer"]
        subprocess.run(["javac", "-cp", cp, "-d", work / "classes", PEER / "Peer.java"], check=True)
        peer = ["java", "-Xmx512m", "-cp", "%s:%s" % (work / "classes", cp), "Peer"]

        def run(who, out):
            r = subprocess.run([*who, PEER / "assistance.dmn", work / "rows", work / out, seconds], check=True,
                               stdout=subprocess.PIPE, text=True)
            return int(r.stdout.split()[-1])

        us, them = [run(ours, "ours")], [run(peer, "theirs")]
        a, b = (work / "ours").read_text().splitlines(), (work / "theirs").read_text().splitlines()
        if a != b:
            first = next(i for i, (x, y) in enumerate(zip(a, b)) if x != y)
            sys.exit("row %d: ours %s, the peer's %s" % (first, a[first], b[first]))
        print("%d rows of 4 decisions: the same by both" % len(a))
        if not args.quick:
            them.append(run(peer, "theirs"))
            us.append(run(ours, "ours"))
        ratio = statistics.median(u / t for u, t in zip(us, them))
        note = "ours %s ns, Drools DMN 8.44.2 %s ns a row of 4 decisions (CPU time of the process), 1000 rows the same" % (us, them)
        for name, value, unit, target in (("decision tables, CPU a row of four decisions", us[0] / 1000, "us", None),
                                          ("the same by Drools DMN after warm-up", them[0] / 1000, "us", None),
                                          ("decision tables against Drools DMN after warm-up, CPU a decision", ratio, "x", 0.1)):
            print(json.dumps({"name": name, "value": value, "unit": unit, "target": target, "better": "less", "note": note}))


main()
