#!/usr/bin/env python3
"""Reading a case over HTTP: what it costs the server beside a POST. bench-needs: kafka postgresql

CPU time of the intake alone, all its threads, from the scheduler's own account (nanoseconds): the database's and the client's are apart. A case
that nothing new is known of is read again and again; then each once, made anew; then by who has it (304)."""
import http.client
import json
import os
import pathlib
import sys
import tempfile
import time

import county

quick = "--quick" in sys.argv
CASES, READS = (40, 400) if quick else (200, 4000)


def row(name, value, unit, target=None, better="less", **note):
    print(json.dumps(dict(name="reads: " + name, value=value, unit=unit, target=target, better=better, **note)), flush=True)


def cpu_us(pid):
    return sum(int((t / "schedstat").read_text().split()[0]) for t in pathlib.Path("/proc/%d/task" % pid).iterdir()) / 1e3


class Door:
    def __init__(self, town, server):
        self.server = server
        self.conn = http.client.HTTPConnection("127.0.0.1", town.port["intake"], timeout=60)

    def ask(self, method, path, body=None, **headers):
        self.conn.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        r = self.conn.getresponse()
        return r.status, r.headers, r.read()

    def cost(self, n, what):
        """CPU microseconds of the server for each of n."""
        before = cpu_us(self.server.pid)
        for k in range(n):
            what(k)
        return (cpu_us(self.server.pid) - before) / n


def expect(status, answer):
    if answer[0] != status:
        sys.exit("bench_reads: %d instead of %d: %s" % (answer[0], status, answer[2][:300]))
    return answer


with tempfile.TemporaryDirectory(prefix="lianou-bench-reads-") as directory:
    work = pathlib.Path(directory)
    town = county.County(work, "r%d." % os.getpid())
    town.lianou("topics", "apply")
    town.lianou("db", "migrate")
    forms = town.lianou("generate", "applications", str(CASES + 20), "--seed", "3").splitlines()
    roles = [town.start(r) for r in ("intake", "matcher", "ledger")]
    for r in roles:
        r.wait_ready()
    door, ids = Door(town, roles[0]), []

    def post(k):
        body = expect(202, door.ask("POST", "/v1/applications", forms[k].encode(), Content_Type="application/json"))[2]
        ids.append(json.loads(body)["application_id"])

    for k in range(20):
        post(k)
    a_post = door.cost(CASES, lambda k: post(k + 20))
    ids, until, cases = ids[20:], time.monotonic() + 120, {}
    while len(cases) < len(ids) and time.monotonic() < until:
        for i in ids:
            a_case = i not in cases and json.loads(door.ask("GET", "/v1/applications/" + i)[2]).get("case")
            if a_case and a_case["doing"]:
                cases[i] = a_case["case_id"]
    time.sleep(3)  # the last of their rows
    paths = ["/v1/cases/" + c for c in cases.values()]
    row("server CPU per POST, one connection", round(a_post, 1), "us", note="%d of %d have a case" % (len(paths), len(ids)))
    for part in ("", "?part=items"):
        name = part[6:] or "in short"
        if part:  # what would change a verdict is worked out: hundreds of evaluations an item
            paths = paths[:5]
        anew = door.cost(len(paths), lambda k: expect(200, door.ask("GET", paths[k] + part)))
        again = door.cost(READS, lambda k: expect(200, door.ask("GET", paths[k % len(paths)] + part)))
        has = [expect(200, door.ask("GET", p + part, Accept_Encoding="gzip"))[1]["ETag"] for p in paths]
        known = door.cost(READS, lambda k: expect(304, door.ask("GET", paths[k % len(paths)] + part, If_None_Match=has[k % len(paths)])))
        row("a case %s that is as it was, over a POST" % name, round(again / a_post, 2), "times", 2, note="%.0f us" % again)
        row("a case %s to who has it (304), over a POST" % name, round(known / a_post, 2), "times", 2, note="%.0f us" % known)
        row("a case %s made anew, over a POST" % name, round(anew / a_post, 2), "times", note="%.0f us" % anew)
    for r in roles:
        r.stop()
