#!/usr/bin/env python3
"""Intake: POST over 64 connections, a real broker behind: as a program of this machine, and with a person's session. bench-needs: kafka postgresql

The generator of load and the broker share the machine's cores, so what counts
is the server's own CPU time for a request, its loop's thread apart from the
client library's: on two cores with nothing else on them the loop has one for
itself, and the rate is the lesser of 1 / loop and 2 / all."""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import county

quick = "--quick" in sys.argv
TOTAL, CONNECTIONS, WARM = (6000 if quick else 40000), 64, 2000


def row(name, value, unit, target=None, better="less", **note):
    print(json.dumps(dict(name="intake: " + name, value=value, unit=unit, target=target, better=better, **note)), flush=True)


def threads(pid):
    """CPU seconds of the loop's thread, and of the others."""
    tick = os.sysconf("SC_CLK_TCK")
    mine = rest = 0
    for t in pathlib.Path("/proc/%d/task" % pid).iterdir():
        fields = (t / "stat").read_text().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / tick
        if t.name == str(pid):
            mine = cpu
        else:
            rest += cpu
    return mine, rest


def generate(c, n, seed, path):
    path.write_text(c.lianou("generate", "applications", str(n), "--seed", str(seed)))


def post(c, path):
    return c.tool("bench_intake", c.port["intake"], path, CONNECTIONS)


def session(c, operator):
    password = "a long password 7"
    subprocess.run([county.PROGRAM, "account", "add", "bench", "--operator", operator], env=c.env, input=password + "\n", text=True,
                   check=True, capture_output=True)
    conn = http.client.HTTPConnection("127.0.0.1", c.port["intake"], timeout=60)
    conn.request("POST", "/v1/sessions", json.dumps({"account": "bench", "password": password}), {"Content-Type": "application/json"})
    return json.loads(conn.getresponse().read())["token"]


def of_one(path):
    """The same as the assistant of the first one's village sends them, as himself; who that is."""
    forms = [json.loads(x) for x in path.read_text().splitlines()]
    helper = next(f for f in forms if (f.get("helper") or {}).get("operator_id"))
    with open(path, "w") as out:
        for f in forms:
            f.pop("operator", None)
            f.update(helper=helper["helper"], division_code=helper["division_code"])
            out.write(json.dumps(f, ensure_ascii=False) + "\n")
    return helper["helper"]["operator_id"]


def measured(c, server, path):
    """Of the server for each POST: its loop's microseconds, the others'."""
    before = threads(server.pid)
    got = post(c, path)
    after = threads(server.pid)
    if got["accepted"] != got["requests"]:
        sys.exit("bench_intake: %d of %d were accepted" % (got["accepted"], got["requests"]))
    return got, *[(b - a) * 1e6 / got["requests"] for a, b in zip(before, after)]


def rate(loop, rest):
    return round(min(1e6 / loop, 2e6 / (loop + rest)))


with tempfile.TemporaryDirectory(prefix="lianou-bench-intake-") as directory:
    work = pathlib.Path(directory)
    town = county.County(work, "i%d." % os.getpid())
    bus = town.config / "bus.yaml"  # one person sends them all
    bus.write_text(re.sub(r"^http:.*$", lambda m: m.group() + "\n  applications_hour: 0\n  applications_day: 0", bus.read_text(), count=1, flags=re.M))
    town.lianou("topics", "apply")
    generate(town, WARM, 1, work / "warm")
    town.lianou("db", "migrate")
    generate(town, TOTAL, 2, work / "load")
    generate(town, TOTAL, 3, work / "more")
    server = town.start("intake")
    server.wait_ready()
    post(town, work / "warm")
    got, loop, rest = measured(town, server, work / "load")
    size = os.path.getsize(work / "load") / TOTAL
    note = "%d requests of %d bytes; server %.1f us on its loop + %.1f us in the client library's threads" % (
        got["requests"], size, loop, rest)
    row("POST, 64 connections, two cores for the server (derived)", rate(loop, rest), "1/s", 10000, "more", note=note)
    row("server CPU per POST", round(loop + rest, 1), "us")
    row("server CPU per POST, the loop alone", round(loop, 1), "us")
    row("as run: load, broker and server on %d cores" % os.cpu_count(), round(got["requests"] / got["seconds"]), "1/s",
        note="generator %.1f us a request" % got["cpu_us"])
    row("as run: p50", got["p50_us"], "us")
    row("as run: p99", got["p99_us"], "us")
    os.environ["LIANOU_BENCH_TOKEN"] = town.env["LIANOU_BENCH_TOKEN"] = session(town, of_one(work / "more"))
    _, loop, rest = measured(town, server, work / "more")
    row("POST with a session, two cores for the server (derived)", rate(loop, rest), "1/s", 10000, "more",
        note="server %.1f us on its loop + %.1f us in other threads" % (loop, rest))
    peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/%d/status" % server.pid).read_text()).group(1))
    row("server's peak memory", peak // 1024, "MB")
    server.stop()
