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
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
from town import free_port  # noqa: E402

quick = "--quick" in sys.argv
TOTAL, CONNECTIONS, WARM = (6000 if quick else 40000), 64, 2000
program, source = os.environ["LIANOU_PROGRAM"], pathlib.Path(os.environ["LIANOU_SOURCE"])
work = pathlib.Path(tempfile.mkdtemp(prefix="lianou-bench-intake-"))
port = free_port()
(work / "keyring").write_text("1 bus %s\n" % os.urandom(32).hex())
(work / "person.key").write_text(os.urandom(32).hex() + "\n")
for f in ("keyring", "person.key"):
    (work / f).chmod(0o600)
env = dict(os.environ, LIANOU_KAFKA_PARTITIONS="4", LIANOU_KAFKA_REPLICATION="1", LIANOU_KAFKA_MIN_INSYNC="1",
           LIANOU_STATE=str(work / "state"), LIANOU_KEYRING=str(work / "keyring"), LIANOU_PERSON_KEY=str(work / "person.key"),
           LIANOU_CONFIG=str(source / "bus-config"), LIANOU_PORT_INTAKE=str(port))


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


def generate(n, seed, path):
    with open(path, "w") as out:
        subprocess.run([program, "generate", "applications", str(n), "--seed", str(seed)], env=env, stdout=out, check=True)


def post(path):
    r = subprocess.run([os.environ["LIANOU_BENCH_DIR"] + "/bench_intake", str(port), path, str(CONNECTIONS)], check=True,
                       capture_output=True, text=True)
    return json.loads(r.stdout)


server = None
try:
    subprocess.run([program, "topics", "apply"], env=env, check=True, stdout=subprocess.DEVNULL)
    generate(WARM, 1, work / "warm")
    generate(TOTAL, 2, work / "load")
    server = subprocess.Popen([program, "run", "intake"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=open(work / "log", "w"))
    for _ in range(400):
        try:
            urllib.request.urlopen("http://127.0.0.1:%d/readyz" % port)
            break
        except OSError:
            time.sleep(0.05)
    post(work / "warm")
    before = threads(server.pid)
    got = post(work / "load")
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
finally:
    if server:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    shutil.rmtree(work, ignore_errors=True)
