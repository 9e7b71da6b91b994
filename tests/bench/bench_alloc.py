"""Allocations of the running matcher from the general heap, an application, steady state.

bench-needs: kafka

The release role with count_malloc.so preloaded: every malloc, calloc and realloc whose caller is the program's own code, on the lanes'
threads, where applications are worked on. What its loop does by the clock, and what librdkafka, LMDB and OpenSSL allocate for themselves, is told
beside it.
"""
import argparse
import json
import os
import pathlib
import struct
import sys
import tempfile

import bench_matcher


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    args = p.parse_args()
    warm, n = (2000, 2000) if args.quick else (16000, 16000)
    with tempfile.TemporaryDirectory(prefix="lianou-bench-alloc-") as work:
        b = bench_matcher.Bench(work, warm)
        c = b.first
        counts = pathlib.Path(work) / "counts"
        c.tool("bench_matcher", "prepare", c.config, min(warm + n, 10000), 7, b.records)
        role = c.start("matcher", COUNT_MALLOC=str(counts),
                       LD_PRELOAD=os.path.join(os.environ["LIANOU_BENCH_DIR"], "libcount_malloc.so"), **b.more)

        def after(total, fed):
            c.tool("bench_matcher", "feed", b.records, c.prefix + "applications", fed, total - fed)
            b.drain(c, role, total)
            return struct.unpack("qqq", counts.read_bytes())

        role.wait_ready()
        before = after(warm, 0)
        now = after(warm + n, warm)
        role.stop()
        if before[0] == 0 or before[1] == 0:
            sys.exit("nothing was counted: the program starts without an allocation?")
        lanes, loop, others = (now[i] - before[i] for i in range(3))
        print(json.dumps({"name": "allocations of our code in the running matcher, an application", "value": round(lanes / n, 5), "unit": "",
                          "target": 0, "better": "less",
                          "note": "%d in %d applications after %d; the loop %d; libraries %.1f an application" % (lanes, n, warm, loop, others / n)}))


if __name__ == "__main__":
    main()
