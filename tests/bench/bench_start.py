"""From a role's place in its group to ready.

bench-needs: kafka postgresql

Each role is started several times on a broker and a database that are up, in a county through which some applications have gone to their end: its
topics hold records and transactions' marks, its groups have committed offsets, its matcher has households. What counts begins when the role says
that it is in its group (/readyz), for a role without a group when the process is made; it ends with /readyz 200. Looked at every millisecond.
After it was stopped, and after it was killed.
"""
import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import county

ROLES = ("intake", "matcher", "dispatch", "ledger", "registry", "partner youzheng")
NO_GROUP = ("intake", "registry")
TARGET_MS = 150
SETTLE_S = 0.5  # what it writes of itself when it has started (the day's catalogue) is not the next one's backlog


def once(c, role, end):
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
    time.sleep(SETTLE_S)
    end(r)
    return (at - (joined or r.begun)) * 1000, (at - r.begun) * 1000


def kill(r):
    r.process.send_signal(signal.SIGKILL)
    r.process.wait()


def live(c, applications):
    """All roles and partners, until the applications have come to rest."""
    roles = [c.start(r) for r in ROLES if r != "registry"]
    partners = subprocess.Popen([county.PROGRAM, "simulate", "all"], env=c.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
    county.RUNNING.append(partners)
    for r in roles:
        r.wait_ready()
    file = pathlib.Path(c.dir) / "applications"
    file.write_text(c.lianou("generate", "applications", str(applications)))
    c.lianou("intake", "submit", str(file))
    last, quiet, until = None, 0, time.monotonic() + 120
    while quiet < 2:
        # Not at rest is no success to the audit.
        now = json.loads(subprocess.run([county.PROGRAM, "audit", "--json"], env=c.env, stdout=subprocess.PIPE, text=True).stdout)
        quiet = quiet + 1 if now == last and now["unread"] == 0 and now["closed"] > 0 else 0
        last = now
        if time.monotonic() > until:
            raise RuntimeError("the county does not come to rest: %s" % now)
        time.sleep(0.5)
    for r in roles:
        r.stop()
    partners.terminate()
    partners.wait()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--json", action="store_true")
    p.add_argument("--quick", action="store_true")
    p.add_argument("roles", nargs="*", default=ROLES)
    args = p.parse_args()
    rounds, applications = (3, 30) if args.quick else (7, 200)
    with tempfile.TemporaryDirectory(prefix="lianou-bench-start-") as work:
        c = county.County(work, "s0.")
        c.lianou("topics", "apply")
        c.lianou("db", "migrate")
        live(c, applications)
        for role in args.roles:
            for what, end in (("", county.Role.stop), (", killed before", kill)):
                if what and role in NO_GROUP:
                    continue
                if what:
                    once(c, role, end)
                took = [once(c, role, end) for _ in range(rounds)]
                from_group = [t[0] for t in took]
                whole = [t[1] for t in took]
                print(json.dumps({"name": "start of %s to ready, once in its group%s" % (role, what),
                                  "value": round(statistics.median(from_group), 1), "unit": "ms",
                                  "target": TARGET_MS, "better": "less",
                                  "note": "%d starts, %.0f to %.0f; from the process on %.0f" % (
                                      rounds, min(from_group), max(from_group), statistics.median(whole))}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
