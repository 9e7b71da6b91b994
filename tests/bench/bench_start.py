"""From a role's place in its group to ready.

bench-needs: kafka postgresql

Each role is started several times on a broker and a database that are up. What counts begins when the role says that it is in its
group (/readyz), for a role without a group when the process is made; it ends with /readyz 200. Looked at every millisecond.
"""
import argparse
import json
import statistics
import sys
import tempfile
import time

import county

ROLES = ("intake", "matcher", "dispatch", "ledger", "registry", "partner youzheng")
TARGET_MS = 150


def once(c, role):
    """(milliseconds from the group on, from the start on)"""
    r = c.start(role)
    joined = None
    while True:
        status, text = r.get("/readyz")
        at = time.monotonic()
        if status == 200:
            break
        if "in the group" in text and joined is None:
            joined = at
        if r.process.poll() is not None or at - r.begun > 30:
            raise RuntimeError("%s is not ready:\n%s\n%s" % (role, text, r.log.read_text()[-2000:]))
        time.sleep(0.001)
    r.stop()
    return (at - (joined or r.begun)) * 1000, (at - r.begun) * 1000


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("roles", nargs="*", default=ROLES)
    args = p.parse_args()
    rounds = 2 if args.quick else 7
    with tempfile.TemporaryDirectory(prefix="lianou-bench-start-") as work:
        c = county.County(work, "s0.")
        c.lianou("topics", "apply")
        c.lianou("db", "migrate")
        for role in args.roles:
            took = [once(c, role) for _ in range(rounds)]
            from_group = [t[0] for t in took]
            whole = [t[1] for t in took]
            print(json.dumps({"name": "start of %s to ready, once in its group" % role, "value": round(statistics.median(from_group), 1),
                              "unit": "ms", "target": TARGET_MS, "better": "less",
                              "note": "%d starts, %.0f to %.0f; from the process on %.0f" % (
                                  rounds, min(from_group), max(from_group), statistics.median(whole))}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
