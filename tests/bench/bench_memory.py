"""The matcher's memory while it works off a large backlog.

bench-needs: kafka

Resident memory beside the pages of the LMDB map (smaps: Rss of all but data.mdb), its peak over the run, sampled twice a second.
"""
import argparse
import json
import pathlib
import re
import sys
import tempfile
import time

import bench_matcher


def beside_lmdb(pid):
    """MB resident: {"map": the LMDB map, "files": programs and libraries, "heap": .., "other": ..}."""
    got, kind = {"map": 0, "files": 0, "heap": 0, "other": 0}, "other"
    for line in pathlib.Path("/proc/%d/smaps" % pid).read_text().splitlines():
        if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
            name = line.split(None, 5)[5] if len(line.split(None, 5)) > 5 else ""
            kind = "map" if name.endswith("data.mdb") else "files" if name.startswith("/") else "heap" if name == "[heap]" else "other"
        elif line.startswith("Rss:"):
            got[kind] += int(line.split()[1]) / 1024
    return got


def size(sample):
    return sum(v for k, v in sample.items() if k != "map")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--applications", type=int)
    p.add_argument("--seconds", type=int, help="look on for so long, not until all is done")
    args = p.parse_args()
    n = args.applications or (20000 if args.quick else 1000000)
    seconds = args.seconds or (20 if args.quick else 90)
    with tempfile.TemporaryDirectory(prefix="lianou-bench-memory-") as work:
        b = bench_matcher.Bench(work, n)
        c = b.first
        c.tool("bench_matcher", "prepare", c.config, min(n, 10000), 7, b.records)
        b.feed(c)
        role = c.start("matcher", **b.more)
        samples, until = [], time.monotonic() + seconds
        while time.monotonic() < until and role.process.poll() is None:
            samples.append(beside_lmdb(role.pid))
            time.sleep(0.5)
        consumer = bench_matcher.Consumer(dict(b.kafka, **{"group.id": c.prefix + "matcher"}))
        done = b.committed(consumer, c.prefix + "applications")
        consumer.close()
        role.stop()
        peak = max(samples, key=size)
        half = max(size(s) for s in samples[:len(samples) // 2])
        print("%d of %d done in %d s; at the peak %s MB; every fifth part: %s" % (
            done, n, seconds, {k: round(v) for k, v in peak.items()}, [round(size(s)) for s in samples[::max(1, len(samples) // 5)]]))
        print(json.dumps({"name": "matcher's memory beside the LMDB map, backlog of %d" % n, "value": round(size(peak), 1), "unit": "MB",
                          "target": 96, "better": "less",
                          "note": "peak over %d s, %d done; first half %.1f" % (seconds, done, half)}))
        if done == 0:
            sys.exit("nothing was done")


if __name__ == "__main__":
    main()
