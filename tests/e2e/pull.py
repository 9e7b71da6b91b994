#!/usr/bin/env python3
"""A department's own system fetches its assignments over HTTP and posts its
decisions, on real Kafka and PostgreSQL, while its adapter is killed: each is
decided once. Who may ask, what is refused, what is said again; the contract is
OpenAPI and what is answered keeps it.

The partner's side is the function `work`: all that a department has to write."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("PULL_INNER") is None:
    os.environ["PULL_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
import jsonschema  # noqa: E402
import openapi_spec_validator  # noqa: E402
import requests  # noqa: E402
from brokers import free_port  # noqa: E402
from patience import SLOW, until as patiently  # noqa: E402
from topics import load_schemas, read_topics  # noqa: E402
from town import Town  # noqa: E402

SCHEMAS = load_schemas(SOURCE / "schemas")
CODE, TOKEN = "MZ", "a long token of the department 7"
APPLICATIONS, KILLS = 12, 5
WAIT = 3  # seconds; a real one waits for 30


def config(port):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-pull-")) / "bus-config"
    shutil.copytree(SOURCE / "bus-config", folder)
    p = folder / "partners.d" / (CODE + ".yaml")
    text = p.read_text().replace("transport: kafka", "transport: http")
    text += "http: {token_sha256: %s}\n" % hashlib.sha256(TOKEN.encode()).hexdigest()
    text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
    p.write_text(re.sub(r"metrics_port: .*", "metrics_port: %d" % port, text))
    return folder


class PullTown(Town):
    def __init__(self, *args):
        super().__init__(*args)
        self.env["LIANOU_SEAL_MZ"] = str(self.dir / "seals/seal-MZ.key")

    def arguments(self, name):
        return ["run", "partner", CODE] if name == CODE else super().arguments(name)


def wait(town, what, seconds, test):
    found = patiently(test, seconds, town.moved)
    if not found:
        sys.exit("no %s; nothing moved for %d s" % (what, seconds * SLOW))
    return found


def decision(assignment, officer):
    now = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))
    return {"document": "decision", "version": 1, "reply_to": assignment["reply_to"], "occurred_at": now,
            "reference": "MZ-" + assignment["reply_to"]["event_id"], "outcome": "REFUSED", "reason": "材料不足",
            "decided_by": {"operator_id": officer, "org_code": CODE, "role": "approver"}, "signed_at": now}


def work(base, session, decide, stopping):
    """A department's system: fetch, keep, answer, say that it is safe."""
    after = None
    while not stopping():
        try:
            page = session.get(base + "/events", params={"wait": WAIT, **({"after": after} if after else {})}, timeout=60)
            page.raise_for_status()
            for event in page.json()["events"]:
                document = event["document"]
                if document["document"] == "assignment" and document["action"] in ("ASSIGNED", "RETURNED"):
                    answer = session.post(base + "/answers", json=decide(document), timeout=60,
                                          headers={"Idempotency-Key": event["event_id"]})
                    answer.raise_for_status()
                after = event["cursor"]
        except requests.RequestException:
            time.sleep(0.5)  # the bus is away: again, from where it was last said


def said(town):
    asked, decided = {}, []
    for topic, part, place, kind, record in read_topics(town.bootstrap, "qihe.", SCHEMAS):
        if topic == "assignments." + CODE and record["action"] in ("ASSIGNED", "RETURNED"):
            asked[record["assignment_id"]] = record
        elif topic == "decisions." + CODE:
            decided.append(record)
    return asked, decided


def refusals(base, contract, officer, sample):
    """Who may not, and what may not be said."""
    schemas = contract["components"]["schemas"]
    good = {"Authorization": "Bearer " + TOKEN}
    assert requests.get(base + "/events").status_code == 401
    assert requests.get(base + "/events", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert requests.post(base + "/answers", data=b"{}").status_code == 401
    assert requests.get(base.replace(CODE, "RS") + "/events", headers=good).status_code == 404
    assert requests.get(base + "/events?after=999999", headers=good).status_code == 409
    assert requests.get(base + "/events?after=x", headers=good).status_code == 400
    assert requests.get(base + "/events?wait=61", headers=good).status_code == 400
    bad = requests.post(base + "/answers", headers=good, json={"document": "decision", "version": 1})
    jsonschema.validate(bad.json(), schemas["rejection"])
    assert bad.status_code == 422 and {"/reply_to", "/outcome"} <= {f["pointer"] for f in bad.json()["faults"]}, bad.text
    other = decision(sample, officer)
    other["reply_to"] = dict(other["reply_to"], department="RS")
    r = requests.post(base + "/answers", headers=good, json=other)
    assert r.status_code == 422 and r.json()["faults"][0]["code"] == "DEPARTMENT", r.text
    same = decision(sample, officer)
    r = requests.post(base + "/answers", headers=dict(good, **{"Idempotency-Key": "k-1"}), json=same)
    jsonschema.validate(r.json(), schemas["acknowledgement"])
    assert r.status_code == 200 and r.json()["again"], r.text
    r = requests.post(base + "/answers", headers=dict(good, **{"Idempotency-Key": "k-1"}), json=dict(same, reason="另一理由"))
    assert r.status_code == 422 and r.json()["faults"][0]["code"] == "KEY_REUSED", r.text
    r = requests.post(base + "/answers", headers=good, data=b"x" * 2000000)
    assert r.status_code == 413, r.status_code
    begun = time.time()
    page = requests.get(base + "/events?wait=1", headers=good)
    jsonschema.validate(page.json(), schemas["events"])
    assert page.json()["events"] == [] and time.time() - begun > 0.9, page.text
    print("  refused: no token, another's, another partner, a cursor never given, another department, a key used twice, 2 MB")


def main():
    program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    port = free_port()
    town = PullTown(program, config(port))
    base, good, stop = "http://127.0.0.1:%d/v1/partners/%s" % (port, CODE), False, threading.Event()
    rng = random.Random(13)
    try:
        for name in ("matcher", "dispatch", "ledger", "partners", CODE):
            town.start(name)
        rows = [x.split(",") for x in (town.dir / "registers/operators.csv").read_text().splitlines() if not x.startswith("#")]
        officer = next(r[0] for r in rows if r[2] == CODE and "approver" in r[3].split())
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + TOKEN
        system = threading.Thread(target=work, args=(base, session, lambda a: decision(a, officer), stop.is_set), daemon=True)
        system.start()
        lines = town.lianou("generate", "applications", str(APPLICATIONS), "--seed", "7").stdout
        (town.dir / "in").write_text(lines)
        wait(town, "submission", 120, lambda: town.lianou("intake", "submit", str(town.dir / "in"), check=False).returncode == 0)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.2, 0.9))
            town.kill(CODE)

        def ended():
            town.revive()
            asked, decided = said(town)
            audit = town.audit()
            return asked and set(asked) == {r["assignment_id"] for r in decided} and audit and audit["open"] == 0 and audit["unread"] == 0 and audit
        audit = wait(town, "end of the cases", 60, ended)
        stop.set()
        system.join(40)
        asked, decided = said(town)
        distinct = {r["event_id"] for r in decided}
        print("%d assignments, %d decisions (%d written again)" % (len(asked), len(distinct), len(decided) - len(distinct)))
        assert len(distinct) == len(asked) and all(r["seal"] for r in decided)
        print("  lianou audit:", json.dumps(audit))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), audit
        contract = requests.get("http://127.0.0.1:%d/v1/partners/openapi.json" % port).json()
        openapi_spec_validator.validate(contract)
        import uuid
        last = decided[-1]
        text = {k: str(uuid.UUID(bytes=last[k])) if isinstance(last[k], bytes) else str(last[k])
                for k in ("household_id", "case_id", "assignment_id")}
        asked_last = asked[last["assignment_id"]]
        sample = {"reply_to": {"event_id": str(uuid.UUID(bytes=asked_last["event_id"])) if isinstance(asked_last["event_id"], bytes)
                               else str(asked_last["event_id"]), **text, "department": CODE, "item": last["item"]}}
        refusals(base, contract, officer, sample)
        assert len(said(town)[1]) == len(decided)
        good = True
    finally:
        stop.set()
        town.close(keep=not good)
        shutil.rmtree(town.env["LIANOU_CONFIG"], ignore_errors=True)


main()
