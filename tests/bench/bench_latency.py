"""From POST to the assignments: how long until a department that reads committed records has them.

bench-needs: kafka postgresql

Intake, matcher, dispatch and ledger as they run (release), one broker. What they can do is found first: 64 connections, each posting as soon
as it is answered (a closed loop), applications a second whose last assignment is visible. Then an open loop at 25, 50, 75 % of it: times of
arrival are planned beforehand with exponential gaps, and time is counted from the planned time, whether or not the program had a free
connection then (no coordinated omission). Percentiles are of all of them, sorted. The audit is of the same run: a reader of the whole topics,
and `lianou audit` when the ledger has read them.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import county

ROLES = ("intake", "matcher", "dispatch", "ledger")
CONNECTIONS = 64
SHARES = (25, 50, 75)
TARGET_MS = 250
PATIENCE_S = 240  # without any progress of the ledger


class Latency:
    def __init__(self, work, applications):
        self.c = county.County(work, "l%d." % county.os.getpid())
        self.c.lianou("topics", "apply")
        self.c.lianou("db", "migrate")
        self.file, self.ids = pathlib.Path(work) / "applications", pathlib.Path(work) / "ids"
        self.file.write_text(self.c.lianou("generate", "applications", str(applications), "--seed", "11"))
        self.used = 0
        self.roles = {r: self.c.start(r) for r in ROLES}
        for r in self.roles.values():
            r.wait_ready()

    def load(self, count, rate):
        before = {n: r.cpu() for n, r in self.roles.items()}
        got = self.c.tool("bench_latency", "load", self.c.port["intake"], self.file, self.used, count, "%.3f" % rate, self.used + 1,
                          CONNECTIONS, self.c.prefix, self.ids)
        self.used += count
        got["cpu"] = {n: round((r.cpu() - before[n]) / count * 1e3, 3) for n, r in self.roles.items()}
        return got

    def audit(self):
        """When the ledger has read everything."""
        last, since = None, time.monotonic()
        while True:
            # Cases stay open here: nobody decides, and that is no failure of the audit.
            r = subprocess.run([county.PROGRAM, "audit", "--json"], env=self.c.env, stdout=subprocess.PIPE, text=True)
            now = json.loads(r.stdout)
            if now["unread"] == 0:
                return now
            if now["unread"] != last:
                last, since = now["unread"], time.monotonic()
            if time.monotonic() - since > PATIENCE_S:
                sys.exit("the ledger reads no more: %s" % now)
            time.sleep(0.5)


def row(name, value, unit, note, target=None, better="less"):
    print(json.dumps({"name": name, "value": value, "unit": unit, "target": target, "better": better, "note": note}), flush=True)


def tell(what, got):
    v, a, m = got["visible_ms"], got["answer_ms"], got["made_ms"]
    print("%s: %d posted in %.1f s, %d accepted, %d without an assignment; visible p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f max %.1f ms; "
          "answered p50 %.1f p99 %.1f ms, made by the matcher p50 %.1f p99 %.1f ms; sent late p99 %.1f ms; ms CPU each %s" % (
              what, got["requests"], got["seconds"], got["accepted"], got["without"], v["p50"], v["p90"], v["p99"], v["p999"], v["max"],
              a["p50"], a["p99"], m["p50"], m["p99"], got["late_ms"]["p99"], got["cpu"]), flush=True)


def faults_of(accepted, read, told):
    """What is wrong with the run, in words; nothing when all is well."""
    found = []
    found += ["%d accepted, %d of them among the %s" % (accepted, read[n]["of"], n) for n in ("applications", "cases")
              if read[n]["of"] != accepted]
    found += ["%d %s twice" % (read[n]["twice"], n) for n in ("applications", "cases", "assignments") if read[n]["twice"]]
    found += ["%s: %s" % (n, told[n]) for n in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered", "rows_broken") if told[n]]
    if told["applications"] != accepted:
        found.append("%d accepted, %d in the ledger" % (accepted, told["applications"]))
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--seconds", type=float, help="of each rate")
    p.add_argument("--burst", type=int, help="applications by which the capacity is found")
    p.add_argument("--most", type=int, default=60000, help="applications of a rate")
    args = p.parse_args()
    seconds = args.seconds or (5 if args.quick else 60)
    burst = args.burst or (1200 if args.quick else 10000)
    with tempfile.TemporaryDirectory(prefix="lianou-bench-latency-") as work:
        # Made beforehand for the greatest capacity that is expected of this machine; a rate's run is shorter if there are too few.
        most = min(args.most, int(seconds * (800 if args.quick else 1000)))
        warm = 400 if args.quick else 4000
        b = Latency(work, warm + burst + 3 * most)
        tell("to warm", b.load(warm, 0))
        closed = b.load(burst, 0)
        tell("closed loop", closed)
        capacity, asked = closed["steady"], warm + burst
        b.audit()  # what the burst has left to the ledger is not the next one's load
        for share in SHARES:
            rate = capacity * share / 100
            n = max(50, min(most, int(rate * seconds)))
            got = b.load(n, rate)
            tell("%d %% of capacity, %.0f/s" % (share, rate), got)
            asked += n
            note = "open loop, %d applications at %.0f/s of %.0f/s; p90 %.1f, p99.9 %.1f, longest %.1f; answered p50 %.1f, p99 %.1f; made by the matcher p50 %.1f, p99 %.1f" % (
                n, rate, capacity, got["visible_ms"]["p90"], got["visible_ms"]["p999"], got["visible_ms"]["max"],
                *(got[at][p] for at in ("answer_ms", "made_ms") for p in ("p50", "p99")))
            for which in ("p50", "p99"):
                aim = TARGET_MS if (share, which) == (50, "p99") else None
                row("POST to assignments visible, %s at %d %% of capacity" % (which, share), got["visible_ms"][which], "ms", note, aim)
        accepted = b.ids.stat().st_size // 16
        read = b.c.tool("bench_latency", "count", b.c.prefix, b.ids)
        told = b.audit()
        for r in b.roles.values():
            r.stop()
        found = faults_of(accepted, read, told)
        if accepted != asked:
            found.append("%d posted, %d accepted" % (asked, accepted))
        note = "%d applications, %d assignments; lost %d, duplicated %d, torn %d, out of order %d, dead letters %d" % (
            accepted, read["assignments"]["n"], told["lost"], told["duplicated"], told["torn"], told["out_of_order"], told["dead_lettered"])
        row("capacity, POST to assignments visible (closed loop, %d connections)" % CONNECTIONS, capacity, "1/s", note, better="more")
        row("the audit of the same run: faults", len(found), "", note + "".join("; " + f for f in found), 0)
        if found:
            sys.exit("the audit of the run: " + "; ".join(found))


if __name__ == "__main__":
    sys.exit(main())
