#!/usr/bin/env python3
"""Alerting rules and the dashboard name only metrics that there are, by labels that they have (ops/docs/metrics.md), and leave
no metric out of both; promtool takes the rules, and each of them fires where alerts.test.yaml says so. What is wrong is found
when it is planted.
  alerts.py names|promtool SOURCE"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[2])
FOLDER = SOURCE / "ops/alerts"
PROMETHEUS = {"instance", "job", "le"}  # what Prometheus and histograms put on everything
RULE = "groups: [{name: g, rules: [{alert: A, expr: '%s'}]}]\n"


def reference():
    """name -> its labels; a histogram's counters stand for themselves."""
    found = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| (\S+) \|", (SOURCE / "ops/docs/metrics.md").read_text(), re.M):
        for end in ("_bucket", "_count", "_sum") if kind == "histogram" else ("",):
            found[name + end] = set() if labels == "-" else set(labels.split(","))
    return found


def expressions(path):
    """Each in one line, as PromQL reads it."""
    text = path.read_text()
    if path.suffix == ".json":
        found = json.loads(text)
        return [t["expr"] for p in found["panels"] for t in p.get("targets", [])]
    return re.findall(r"expr: (.*)", text)


def faults(path, metrics):
    for e in expressions(path):
        named = re.findall(r"\blianou_[a-z_]+", e)
        for name in named:
            if name not in metrics:
                yield "%s: no metric %s" % (path.name, name)
        for name, inside in re.findall(r"(lianou_[a-z_]+)\{([^}]*)\}", e):
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside):
                if label not in metrics.get(name, set()) | PROMETHEUS:
                    yield "%s: %s has no label %s" % (path.name, name, label)
        for label in {x for group in re.findall(r"\bby \(([^)]*)\)", e) for x in re.findall(r"\w+", group)}:
            if named and not any(label in metrics.get(n, set()) | PROMETHEUS for n in named):
                yield "%s: none of %s has a label %s" % (path.name, ", ".join(sorted(set(named))), label)


def shape(path):
    """What a dashboard must be, so that it is taken in whole."""
    d = json.loads(path.read_text())
    ids = [p["id"] for p in d["panels"]]
    if len(ids) != len(set(ids)):
        yield "%s: two panels of one id" % path.name
    for p in d["panels"]:
        if not re.search("[\u4e00-\u9fff].* / [a-z]", p["title"]):
            yield "%s: '%s' is not called in both languages" % (path.name, p["title"])
        if p["type"] != "row" and not all(t["expr"] for t in p["targets"]):
            yield "%s: '%s' shows nothing" % (path.name, p["title"])
    cells = set()
    for g in (p["gridPos"] for p in d["panels"]):
        mine = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        if cells & mine or g["x"] + g["w"] > 24:
            yield "%s: panels lie on each other at %s" % (path.name, g)
        cells |= mine


def names():
    metrics = reference()
    files = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*.json")])
    wrong = [f for p in files for f in faults(p, metrics)]
    wrong += [f for p in files if p.suffix == ".json" for f in shape(p)]
    used = {n for p in files for e in expressions(p) for n in re.findall(r"\blianou_[a-z_]+", e)}
    unused = {n for n in metrics if not n.endswith(("_count", "_sum"))} - used  # beside its buckets
    wrong += ["%s is in no rule and on no panel" % n for n in sorted(unused)]
    if not any(p.suffix == ".json" for p in files) or not any(p.suffix == ".yaml" for p in files):
        wrong.append("no rules or no dashboard in %s" % FOLDER)
    planted = ("increase(lianou_reads_bulky_total[1h])", 'lianou_reads_total{whom="x"}', "sum by (whom) (lianou_reads_total)",
               "rate(lianou_lag_seconds_bucket[1m])")
    with tempfile.TemporaryDirectory() as folder:
        for e in planted:
            for end, text in ((".yaml", "expr: " + e), (".json", json.dumps({"panels": [{"targets": [{"expr": e}]}]}))):
                path = pathlib.Path(folder) / ("planted" + end)
                path.write_text(text)
                if not list(faults(path, metrics)):
                    wrong.append("not found: %s in %s" % (e, end))
        whole = json.loads(next(p for p in files if p.suffix == ".json").read_text())
        shapes = ({"title": "events in"}, {"id": whole["panels"][0]["id"]}, {"gridPos": whole["panels"][0]["gridPos"]}, {"targets": [{"expr": ""}]})
        for change in shapes:
            path.write_text(json.dumps(dict(whole, panels=whole["panels"][:-1] + [dict(whole["panels"][-1], **change)])))
            if not list(shape(path)):
                wrong.append("not found in the dashboard: %s" % change)
    return wrong, "%d files, %d metrics, %d planted" % (len(files), len(metrics), 2 * len(planted) + len(shapes))


def promtool(*args):
    return subprocess.run(["promtool", *map(str, args)], capture_output=True, text=True)


def rules():
    if shutil.which("promtool") is None:
        print("SKIPPED: no promtool; `ops/setup.sh test` installs it (Debian: prometheus)")
        sys.exit(1 if os.environ.get("CI") else 77)
    files, wrong = sorted(FOLDER.glob("*.yaml")), []
    told = (SOURCE / "tests/golden/alerts.test.yaml").read_text()
    for name in re.findall(r"alert: (\w+)", "".join(p.read_text() for p in files)):
        fires = re.search(r"alertname: %s\n +exp_alerts:\n +- exp_labels" % name, told)
        quiet = "alertname: %s, exp_alerts: []" % name in told
        if not fires or not quiet:
            wrong.append("alerts.test.yaml does not make %s fire, or not be quiet" % name)
    with tempfile.TemporaryDirectory() as folder:  # its rule_files are beside it
        for p in files:
            shutil.copy(p, folder)
        tests = pathlib.Path(folder) / "alerts.test.yaml"
        tests.write_text(told)
        for r in (promtool("check", "rules", *files), promtool("test", "rules", tests)):
            if r.returncode:
                wrong.append(r.stdout + r.stderr)
        bad = pathlib.Path(folder) / "bad.yaml"
        bad.write_text(RULE % "sum by (")
        if promtool("check", "rules", bad).returncode == 0:
            wrong.append("promtool took a rule that is none")
        lame = pathlib.Path(folder) / files[0].name  # a rule that never fires
        lame.write_text(re.sub(r"lianou_lag_seconds\) > 60", "lianou_lag_seconds) > 6000", lame.read_text()))
        if promtool("test", "rules", tests).returncode == 0:
            wrong.append("a rule that does not fire was not found")
    return wrong, "%d files of rules" % len(files)


if __name__ == "__main__":
    found, said = {"names": names, "promtool": rules}[sys.argv[1]]()
    if found:
        sys.exit("\n".join(found))
    print(said)
