#!/usr/bin/env python3
"""Intake: POST over 64 connections, a real broker behind. bench-needs: kafka

The generator of load and the broker share the machine's cores, so what counts
is the server's own CPU time for a request, its loop's thread apart from the
client library's: on two cores with nothing else on them the loop has one for
itself, and the rate is the lesser of 1 / loop and 2 / all."""
import json
import os
import pathlib
import re
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


with tempfile.TemporaryDirectory(prefix="lianou-bench-intake-") as directory:
    work = pathlib.Path(directory)
    town = county.County(work, "i%d." % os.getpid())
    town.lianou("topics", "apply")
    generate(town, WARM, 1, work / "warm")
    generate(town, TOTAL, 2, work / "load")
    server = town.start("intake")
    server.wait_ready()
    post(town, work / "warm")
    before = threads(server.pid)
    got = post(town, work / "load")
    after = threads(server.pid)
    loop, rest = [(b - a) * 1e6 / got["requests"] for a, b in zip(before, after)]
    if got["accepted"] != got["requests"]:
        sys.exit("bench_intake: %d of %d were accepted" % (got["accepted"], got["requests"]))
    size = os.path.getsize(work / "load") / TOTAL
    rate = min(1e6 / loop, 2e6 / (loop + rest))
    note = "%d requests of %d bytes; server %.1f us on its loop + %.1f us in the client library's threads" % (
        got["requests"], size, loop, rest)
    row("POST, 64 connections, two cores for the server (derived)", round(rate), "1/s", 10000, "more", note=note)
    row("server CPU per POST", round(loop + rest, 1), "us")
    row("server CPU per POST, the loop alone", round(loop, 1), "us")
    row("as run: load, broker and server on %d cores" % os.cpu_count(), round(got["requests"] / got["seconds"]), "1/s",
        note="generator %.1f us a request" % got["cpu_us"])
    row("as run: p50", got["p50_us"], "us")
    row("as run: p99", got["p99_us"], "us")
    peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/%d/status" % server.pid).read_text()).group(1))
    row("server's peak memory", peak // 1024, "MB")
    server.stop()
