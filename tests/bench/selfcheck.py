#!/usr/bin/env python3
"""That the benches run and that what they compare is the same; no figure is judged.

  selfcheck.py rules    without a broker
  selfcheck.py broker   the matcher and raw librdkafka on real Kafka, a few applications
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
if os.environ.get("LIANOU_PYTHON", sys.executable) != sys.executable:
    os.execv(os.environ["LIANOU_PYTHON"], [os.environ["LIANOU_PYTHON"], *sys.argv])
os.environ["LIANOU_SOURCE"] = str(SOURCE)
os.environ.setdefault("LIANOU_PROGRAM", os.environ["LIANOU_BUILT"])
TOOLS = pathlib.Path(os.environ["LIANOU_BENCH_DIR"])


def check(what, well):
    if not well:
        sys.exit("FAILED: " + what)
    print("well:", what)


def to_java(rules, work):
    path = work / "rules.json"
    path.write_text(json.dumps(rules))
    return subprocess.run([sys.executable, HERE / "peer-streams/rules_to_java.py", path, "2026-11-25"], capture_output=True, text=True)


def form(told):
    """The peers' rules: all items, and nothing is read before it is worked out."""
    sys.path.insert(0, str(HERE))
    import peer_form
    f, known, late = peer_form.Form(told), set(), []
    for kind, *part in (line.split("\t") for line in f.lines()):
        text = part[-1].replace("self.", "m.")
        late += [(part[0], n) for n in f.reads("household", text) if n not in known]
        if kind == "step":
            known.add("%s.%s" % (part[0].replace("members", "member"), part[1]))
    items = sum(line.startswith("item\t") for line in f.lines())
    check("all %d items and %d derived facts in plain FEEL, each after what it reads" % (items, len(known)),
          items == len(told["items"]) and len(known) > 30 and not late)


def audit():
    """What the audit of a run of bench_latency must notice."""
    sys.path.insert(0, str(HERE))
    import bench_latency

    def faults(count=None, **told):
        read = {n: {"n": 9, "of": 9, "twice": 0} for n in ("applications", "cases", "assignments")}
        for name, more in (count or {}).items():
            read[name].update(more)
        clean = dict.fromkeys(("lost", "duplicated", "torn", "out_of_order", "dead_lettered", "rows_broken"), 0)
        return bench_latency.faults_of(9, read, dict(clean, applications=9) | told)

    check("a clean run has no faults", faults() == [])
    for name, found in (("a lost application", faults({"applications": {"of": 8}})), ("one without a case", faults({"cases": {"of": 8}})),
                        ("an assignment twice", faults({"assignments": {"twice": 1}})), ("what the ledger lost", faults(lost=1)),
                        ("what it does not have", faults(applications=8))):
        check(name + " is noticed", len(found) == 1)


def rules(work):
    """Each condition of the catalogue has its Java; the pure part allocates nothing."""
    env = dict(os.environ, LIANOU_KEYRING="/none", LIANOU_PERSON_KEY="/none")
    told = json.loads(subprocess.run([TOOLS / "peer_rules", SOURCE / "bus-config", "2026-11-25"], env=env, check=True,
                                     stdout=subprocess.PIPE).stdout)
    java = to_java(told, work)
    check("the peer judges all %d items" % len(told["items"]),
          java.returncode == 0 and java.stdout.count("] = item") == len(told["items"]) > 60)
    form(told)
    audit()
    told["items"][0]["condition"] = "string length(household.area) > 3"
    check("a condition that has no Java ends it", to_java(told, work).returncode != 0)
    out = subprocess.run([TOOLS / "bench_decide", "--json", "400"], check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    check("one application's own work allocates nothing: %r" % [r["value"] for r in rows],
          len(rows) == 6 and rows[0]["value"] > 0 and rows[2]["value"] == 0)
    check("whose word counts was asked: %s" % [r["name"] for r in rows[3:]], all(r["value"] > 0 for r in rows[3:]))
    runner = subprocess.run([HERE / "run", "no-such-bench"], capture_output=True, text=True)
    check("a bench that is not there is told", runner.returncode != 0 and "matcher" in runner.stderr)


def broker(work):
    if not os.path.isdir(os.environ.get("LIANOU_KAFKA_HOME", "")):
        print("SKIPPED: LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
        sys.exit(77)
    kafka = work / "kafka"
    os.environ["LIANOU_KAFKA"] = subprocess.run([SOURCE / "ops/kafka/start", kafka], check=True, text=True,
                                                stdout=subprocess.PIPE).stdout.strip()
    try:
        sys.path.insert(0, str(HERE))
        import bench_matcher
        b = bench_matcher.Bench(work, 200)
        b.prepare(200)
        raw = b.raw()
        check("raw writes what the matcher wrote: %.2f and %.2f messages, %.0f and %.0f bytes" % (
            raw["messages"], b.wrote["messages"] / 200, raw["bytes"], b.wrote["bytes"] / 200),
            abs(raw["messages"] / (b.wrote["messages"] / 200) - 1) < 0.1 and abs(raw["bytes"] / (b.wrote["bytes"] / 200) - 1) < 0.1)
        check("more is written than read", b.wrote["messages"] > 600 and b.wrote["bytes"] > 200 * 15000)
    finally:
        subprocess.run([SOURCE / "ops/kafka/stop", kafka])


with tempfile.TemporaryDirectory(prefix="lianou-selfcheck-") as directory:
    {"rules": rules, "broker": broker}[sys.argv[1]](pathlib.Path(directory))
