#!/usr/bin/env python3
"""A department's own server takes its assignments by POST and answers in what
it says, over TLS with a certificate on each side and a signature, on real Kafka
and PostgreSQL: it is slow, fails, asks for a pause, refuses, closes
connections, answers twice, and its adapter is killed meanwhile. Each assignment
is decided once; what is refused is a dead letter with its owner; those of a
household come in their order; a key that comes again comes with the same
content.

The partner's side is the class `Partner`: all that a department has to write."""
import collections
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("PUSH_INNER") is None:
    os.environ["PUSH_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import requests  # noqa: E402
from brokers import free_port  # noqa: E402
from one_partner import CODE, SOURCE, conditions, said, submit, text_of, wait  # noqa: E402
from town import Town  # noqa: E402

PATH, TOKEN = "/lianou/events", "a long token of the department 7"
APPLICATIONS, KILLS = 12, 4
KEY = hashlib.sha256(b"the key that the bus signs with").digest()


class Partner(http.server.BaseHTTPRequestHandler):
    """A department's system: who sends, keep, answer; the same key is the same event."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not signed_well(self.headers, self.path, body):
            return self.say(403)
        key, document = self.headers["Idempotency-Key"], json.loads(body)
        kept = self.server.kept.setdefault(key, document)  # a real one keeps it on its disk
        if kept != document:
            return self.say(422)
        if document["document"] == "assignment" and document["action"] in ("ASSIGNED", "RETURNED"):
            return self.say(200, self.server.decide(document))
        self.say(204)

    def say(self, status, document=None, **headers):
        body = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if document is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def signed_well(headers, path, body):
    """ops/docs/doors.md, from the other side; a real one refuses a nonce that it has seen, too."""
    says = dict(part.split("=", 1) for part in headers["Authorization"].split(" ", 1)[1].split(", "))
    date = headers["Lianou-Date"]
    off = abs(datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(date))
    lines = ("LIANOU-HMAC-SHA256", "POST", path, date, says["nonce"], hashlib.sha256(body).hexdigest(), "")
    wanted = hmac.new(KEY, "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return says["system"] == "lianou" and off.total_seconds() < 300 and hmac.compare_digest(wanted, says["signature"])


class Moody(Partner):
    """The same on bad days."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        s = self.server
        key = self.headers["Idempotency-Key"]
        s.seen.append(key)
        if s.mood == "away":
            return self.drop()
        if s.mood == "error":
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(500)
        if key in s.refuses:
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(400, {"why": "a document that it never takes"})
        dice = s.dice.random() if s.mood == "bad" else 1
        if dice < 0.08:
            return self.drop()
        if dice < 0.16:
            time.sleep(1.5)  # over push.timeout: the bus asks again
        elif dice < 0.24:
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(429, Retry_After="1")
        elif dice < 0.32:
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(500)
        elif dice < 0.36:
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(307, Location="https://localhost:1/elsewhere")
        elif dice < 0.40:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")  # and no more
            return self.drop()
        if key not in s.refuses and dice == 1 and s.mood == "refuses" and key not in s.kept and len(s.refuses) < 2:
            s.refuses.add(key)
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say(422)
        if s.dice.random() < 0.2 and s.mood == "bad":
            s.lost.add(key)  # it takes it, and its answer never comes
            self.wfile, out = open(os.devnull, "wb"), self.wfile
            try:
                super().do_POST()
            finally:
                self.wfile = out
            return self.drop()
        super().do_POST()

    def drop(self):
        self.close_connection = True
        try:
            self.connection.unwrap()
        except OSError:
            pass

    def say(self, status, document=None, **headers):
        if status == 403:
            self.server.forged += 1
        if status in (200, 204):
            self.server.order.append(self.headers["Idempotency-Key"])
        super().say(status, document, **headers)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # the bus was killed, or has another certificate


def certificates(folder):
    """A county's own authority, the partner's certificate and the bus's, and one of nobody's."""
    def run(*args):
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=folder)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for ca in ("ca", "other"):
        run("req", "-x509", *new, "-subj", "/CN=" + ca, "-keyout", ca + ".key", "-out", ca + ".pem")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    for name, ca in (("partner", "ca"), ("bus", "ca"), ("stranger", "other")):
        run("req", *new[:-2], "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
        run("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", name + ".pem")
    for key in folder.glob("*.key"):
        key.chmod(0o600)


def config(folder, port, metrics):
    shutil.copytree(SOURCE / "bus-config", folder / "bus-config")
    p = folder / "bus-config/partners.d" / (CODE + ".yaml")
    text = p.read_text().replace("transport: kafka", "transport: http")
    text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
    text = re.sub(r"(?m)^retry: .*", "retry: {first: 200ms, max: 2s, tries: 8}", text)
    text += "http: {token_sha256: %s}\n" % hashlib.sha256(TOKEN.encode()).hexdigest()
    text += PUSH % (port, PATH, folder, folder, folder, folder)
    p.write_text(re.sub(r"metrics_port: .*", "metrics_port: %d" % metrics, text))
    (folder / "signing.keys").write_text("1 lianou %s\n" % KEY.hex())
    (folder / "signing.keys").chmod(0o600)
    return folder / "bus-config"


PUSH = """push:
  url: https://localhost:%d%s
  timeout: 1s
  in_flight: 4
  ca_file: %s/ca.pem
  cert_file: %s/bus.pem
  key_file: %s/bus.key
  sign_keys: %s/signing.keys
  failures: 3
  open: 1s
"""


def serve(folder, port, decide):
    s = Server(("127.0.0.1", port), Moody)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "partner.pem", folder / "partner.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    s.socket = context.wrap_socket(s.socket, server_side=True, do_handshake_on_connect=False)
    s.kept, s.seen, s.order, s.refuses, s.lost = {}, [], [], set(), set()
    s.forged, s.mood, s.decide, s.dice = 0, "good", decide, random.Random(11)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s


class PushTown(Town):
    def __init__(self, *args):
        super().__init__(*args)
        self.env["LIANOU_SEAL_MZ"] = str(self.dir / "seals/seal-MZ.key")

    def arguments(self, name):
        return ["run", "partner", CODE] if name == CODE else super().arguments(name)


def decision(assignment, officer):
    now = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))
    return {"document": "decision", "version": 1, "reply_to": assignment["reply_to"], "occurred_at": now,
            "reference": "MZ-" + assignment["reply_to"]["event_id"], "outcome": "REFUSED", "reason": "材料不足",
            "decided_by": {"operator_id": officer, "org_code": CODE, "role": "approver"}, "signed_at": now}


def in_order(server, asked):
    """The first time that each of a household was taken, they stood in the topic's order."""
    assert all(str(uuid.UUID(key)) == key for key in server.seen), "an event's id whole"
    at = {}
    for n, key in enumerate(server.order):
        at.setdefault(key, n)
    houses = collections.defaultdict(list)
    for r in asked:
        if text_of(r["event_id"]) in at:
            houses[text_of(r["household_id"])].append(at[text_of(r["event_id"])])
    assert any(len(v) > 1 for v in houses.values()), "no household with two"
    assert all(v == sorted(v) for v in houses.values()), houses


def main():
    program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-push-"))
    port, metrics = free_port(), free_port()
    certificates(folder)
    town, good, rng = PushTown(program, config(folder, port, metrics)), False, random.Random(13)
    try:
        rows = [x.split(",") for x in (town.dir / "registers/operators.csv").read_text().splitlines() if not x.startswith("#")]
        officer = next(r[0] for r in rows if r[2] == CODE and "approver" in r[3].split())
        server = serve(folder, port, lambda a: decision(a, officer))
        for name in ("matcher", "dispatch", "ledger", "partners", CODE):
            town.start(name)

        def ended():
            town.revive()
            asked, decided, letters = said(town)
            tasks = {text_of(r["assignment_id"]) for r in asked if r["action"] in ("ASSIGNED", "RETURNED")}
            refused = {text_of(r["assignment_id"]) for r in asked if text_of(r["event_id"]) in server.refuses}
            done = {text_of(r["assignment_id"]) for r in decided}
            return tasks and tasks - refused == done - refused and len(letters) >= len(server.refuses) and (asked, decided, letters)

        server.mood = "bad"
        submit(town, 7, APPLICATIONS)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.3, 1.2))
            town.kill(CODE)
        asked, decided, letters = wait(town, "decision of each", 60, ended)
        again = len(server.seen) - len(set(server.seen))
        print("bad days: %d assignments, %d POSTs of which %d again, %d answers lost" % (len(asked), len(server.seen), again, len(server.lost)))
        assert again > 0 and server.lost and not letters and server.forged == 0, (letters, server.forged)
        in_order(server, asked)

        audit = wait(town, "clean audit", 60, lambda: (lambda a: a and a["unread"] == 0 and a)(town.audit()))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), audit

        server.mood = "error"
        submit(town, 8, 2)
        lost = wait(town, "open breaker", 60, lambda: "HTTP 500" in conditions(metrics).get("breaker", {}).get("why", "") and conditions(metrics))
        text = requests.get("http://127.0.0.1:%d/metrics" % metrics, timeout=10).text
        assert 'lianou_partner_breaker_open{partner="MZ"} 1' in text and 'lianou_partner_pushes_total{partner="MZ",result="again"}' in text, text
        print("  500s: breaker:", lost["breaker"]["why"])
        server.mood = "good"
        wait(town, "closed breaker", 60, lambda: conditions(metrics).get("breaker", {}).get("holds"))
        wait(town, "decision of each", 60, ended)

        server.mood = "refuses"
        submit(town, 9, 3)
        asked, decided, letters = wait(town, "refusal", 60, lambda: len(server.refuses) == 2 and ended())
        mine = [r for r in letters if r["reason_code"] == "REFUSED"]
        assert len(mine) == 2 and all(r["owner"] == CODE and "HTTP 422" in r["reason"] for r in mine), letters
        times = collections.Counter(server.seen)
        assert all(times[k] == 1 for k in server.refuses), "what is refused is not sent again"
        print("  refused: %d letters, %s" % (len(mine), mine[0]["reason"]))
        server.refuses.clear()
        server.mood = "good"
        town.lianou("dlq", "redrive", "all")
        audit = wait(town, "end of the cases", 60, lambda: ended() and (lambda a: a and a["open"] == 0 and a["unread"] == 0 and a)(town.audit()))
        asked, decided, letters = said(town)
        distinct = {text_of(r["event_id"]) for r in decided}
        print("%d assignments, %d decisions (%d written again)" % (len(asked), len(distinct), len(decided) - len(distinct)))
        assert len({text_of(r["assignment_id"]) for r in decided}) == len(distinct) and all(r["seal"] for r in decided)
        # What people redrove stands in its topic twice; that is no fault.
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order")), audit
        print("  lianou audit:", json.dumps(audit))

        at_the_door(metrics, server)
        assert len({text_of(r["event_id"]) for r in said(town)[1]}) == len(distinct)
        stranger(town, folder, server, metrics)
        good = True
    finally:
        town.close(keep=not good)
        shutil.rmtree(folder, ignore_errors=True)


def at_the_door(metrics, server):
    """What was said in answer to a POST and is said once more at the door counts once."""
    base, good = "http://127.0.0.1:%d/v1/partners/%s" % (metrics, CODE), {"Authorization": "Bearer " + TOKEN}
    document = next(d for d in server.kept.values() if d["document"] == "assignment" and d["action"] == "ASSIGNED")
    r = requests.post(base + "/answers", json=server.decide(document), headers=good, timeout=60)
    assert r.status_code == 200 and r.json()["again"], r.text
    assert requests.post(base + "/answers", json=server.decide(document), timeout=60).status_code == 401
    assert requests.get(base + "/events", headers=good, timeout=60).status_code == 404


def stranger(town, folder, server, metrics):
    """With another's certificate nobody is reached: nothing is lost, and it is said."""
    town.roles[CODE].terminate()
    town.roles[CODE].wait()
    mine = {k: (folder / ("bus." + k)).read_bytes() for k in ("pem", "key")}
    for k in mine:
        shutil.copy(folder / ("stranger." + k), folder / ("bus." + k))
    before = len(server.seen)
    town.start(CODE)
    submit(town, 10, 1)
    why = wait(town, "lost condition", 60, lambda: conditions(metrics).get("breaker", {}).get("why"))
    assert len(server.seen) == before
    print("  a stranger's certificate:", why)
    town.roles[CODE].terminate()
    town.roles[CODE].wait()
    for k, v in mine.items():
        (folder / ("bus." + k)).write_bytes(v)
    town.start(CODE)
    wait(town, "POST with its own certificate", 60, lambda: len(server.seen) > before)


main()
