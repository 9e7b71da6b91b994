#!/usr/bin/env python3
"""Decoding and encoding an application: bus/wire against Avro C's generic value.

Instructions are counted by callgrind: one more round of the same applications,
less what is there without it. CPU time stands beside them.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

PROGRAM = pathlib.Path(os.environ["LIANOU_BENCH_DIR"]) / "bench_wire"
FORMS = 64
TARGET = 10


# callgrind counts each byte of a `rep movsb` as an instruction: none for either.
PLAIN = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.x86_rep_movsb_threshold=2000000000:"
             "glibc.cpu.x86_rep_stosb_threshold=2000000000")


def collected(way, rounds):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(PROGRAM), way, str(rounds)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=PLAIN)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit("bench_wire: callgrind failed: " + done.stderr[-500:])
    return int(found.group(1))


def instructions(way):
    return (collected(way, 2) - collected(way, 1)) / FORMS


def row(name, value, unit, target=None, better="less", note=""):
    print(json.dumps({"name": name, "value": round(value, 2), "unit": unit, "target": target, "better": better, "note": note}),
          flush=True)


def main():
    rounds = "20" if "--quick" in sys.argv else "500"
    times = dict(line.split() for line in
                 subprocess.run([str(PROGRAM), "time", rounds], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines())
    size = "%d applications, %s bytes on average" % (FORMS, times["bytes"])
    for what, word, target in (("read", "decode", TARGET), ("write", "encode", None)):
        ours, theirs = instructions("ours-" + what), instructions("theirs-" + what)
        row(f"{word} against Avro C, instructions", theirs / ours, "x", target, "more",
            f"{theirs:.0f} and {ours:.0f} an application; {size}")
        row(f"{word} against Avro C, CPU time", float(times["theirs-" + what]) / float(times["ours-" + what]), "x", None, "more",
            f"{times['theirs-' + what]} and {times['ours-' + what]} ns")


main()
