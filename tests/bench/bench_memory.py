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
    """(beside, of the map) in MB."""
    beside = of_map = 0
    mapped = False
    for line in pathlib.Path("/proc/%d/smaps" % pid).read_text().splitlines():
        if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
            mapped = line.endswith("data.mdb")
        elif line.startswith("Rss:"):
            kb = int(line.split()[1])
            of_map, beside = (of_map + kb, beside) if mapped else (of_map, beside + kb)
    return beside / 1024, of_map / 1024


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
        peak = max(s[0] for s in samples)
        half = max(s[0] for s in samples[:len(samples) // 2])
        print("%d of %d done in %d s; peak of the first half %.0f MB; the map %.0f MB" % (done, n, seconds, half, samples[-1][1]))
        print(json.dumps({"name": "matcher's memory beside the LMDB map, backlog of %d" % n, "value": round(peak, 1), "unit": "MB",
                          "target": 96, "better": "less",
                          "note": "peak over %d s, %d done; first half %.1f" % (seconds, done, half)}))
        if done == 0:
            sys.exit("nothing was done")


if __name__ == "__main__":
    main()
