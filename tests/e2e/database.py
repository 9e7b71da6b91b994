#!/usr/bin/env python3
"""A department works in its own PostgreSQL: events come as rows of lianou.inbox,
its answers are rows of lianou.outbox, on real Kafka and PostgreSQL, while its
adapter, its own program and the connections between are killed. Each assignment
is decided once; tables, columns and rights that are missing are said in both
languages and waited for; rows that are no answer are rejected where they stand;
what its own trigger refuses waits alone; neither side may do what is the
other's.

The partner's side is the text WORK: all that a department has to write, and
mz.decide, which is what it decides."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("DATABASE_INNER") is None:
    os.environ["DATABASE_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import requests  # noqa: E402
from brokers import free_port  # noqa: E402
from one_partner import CODE, SCHEMAS, SOURCE, submit, text_of, wait  # noqa: E402
from topics import read_topics  # noqa: E402
from town import Town  # noqa: E402

APPLICATIONS, KILLS = 8, 3

WORK = """
WITH mine AS (
    SELECT event_id, document FROM lianou.inbox WHERE taken_at IS NULL
    ORDER BY number LIMIT 20 FOR UPDATE SKIP LOCKED
), answered AS (
    INSERT INTO lianou.outbox (key, document)
    SELECT event_id::text, mz.decide(document) FROM mine
    WHERE document->>'document' = 'assignment' AND document->>'action' IN ('ASSIGNED', 'RETURNED')
    ON CONFLICT (key) DO NOTHING
)
UPDATE lianou.inbox SET taken_at = now() WHERE event_id IN (SELECT event_id FROM mine);
"""
DECIDE = """
CREATE SCHEMA mz;
CREATE FUNCTION mz.decide(asked jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('document', 'decision', 'version', 1, 'reply_to', asked->'reply_to', 'occurred_at', t,
        'reference', 'MZ-' || (asked->'reply_to'->>'event_id'), 'outcome', 'REFUSED', 'reason', '材料不足', 'signed_at', t,
        'decided_by', jsonb_build_object('operator_id', '%s', 'org_code', 'MZ', 'role', 'approver'))
    FROM to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') AS t
$$;
GRANT USAGE ON SCHEMA mz TO lianou_app;
CREATE ROLE mz_bus LOGIN IN ROLE lianou_bus;
CREATE ROLE mz_app LOGIN IN ROLE lianou_app;
"""


class DatabaseTown(Town):
    def build(self, config):
        super().build(config)
        self.officer = next(r[0] for r in (x.split(",") for x in (self.dir / "registers/operators.csv").read_text().splitlines() if not x.startswith("#"))
                            if r[2] == CODE and "approver" in r[3].split())
        self.env["LIANOU_SEAL_MZ"] = str(self.dir / "seals/seal-MZ.key")
        self.sql("CREATE DATABASE mz", database="postgres")
        conninfo = self.dir / "mz.conninfo"
        conninfo.write_text("host=%s dbname=mz user=mz_bus\n" % self.pg)
        conninfo.chmod(0o600)
        self.env["LIANOU_MZ_CONNINFO"] = str(conninfo)

    def psql(self, user="lianou", database="mz"):
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "host=%s user=%s dbname=%s" % (self.pg, user, database)]

    def sql(self, text, check=True, **who):
        r = subprocess.run(self.psql(**who), input=text, capture_output=True, text=True)
        if check and r.returncode != 0:
            raise RuntimeError(text + r.stderr)
        return r.stdout.strip() if check else r

    def arguments(self, name):
        return ["run", "partner", CODE] if name == CODE else super().arguments(name)


class Works(threading.Thread):
    """The department's program: WORK again and again, sometimes killed in the middle."""

    def __init__(self, town):
        super().__init__(daemon=True)
        self.town, self.over, self.dice = town, False, random.Random(5)
        self.start()

    def run(self):
        while not self.over:
            p = subprocess.Popen(self.town.psql("mz_app"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
            p.stdin.write(WORK)
            p.stdin.close()
            if self.dice.random() < 0.1:
                time.sleep(self.dice.random() / 20)
                p.kill()
            p.wait()
            time.sleep(0.2)


def config(folder, metrics, poll):
    shutil.copytree(SOURCE / "bus-config", folder / "bus-config", dirs_exist_ok=True)
    p = folder / "bus-config/partners.d" / (CODE + ".yaml")
    text = (SOURCE / "bus-config/partners.d" / (CODE + ".yaml")).read_text().replace("transport: kafka", "transport: postgres")
    text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
    text += 'postgres: {conninfo_file: "${LIANOU_MZ_CONNINFO:-none}", poll: %s}\n' % poll
    text = re.sub(r"(?m)^retry: .*", "retry: {first: 200ms, max: 1s, tries: 8}", text)
    p.write_text(re.sub(r"metrics_port: .*", "metrics_port: %d" % metrics, text))
    return folder / "bus-config"


def said(town):
    asked, decided, letters = [], [], []
    for topic, part, place, kind, record in read_topics(town.bootstrap, "qihe.", SCHEMAS):
        if topic == "assignments." + CODE:
            asked.append(record)
        elif topic == "decisions." + CODE:
            decided.append(record)
        elif topic == "dead-letters":
            letters.append(record)
    return asked, decided, letters


def why(metrics):
    try:
        r = requests.get("http://127.0.0.1:%d/readyz" % metrics, timeout=10)
        return {c["name"]: c for c in r.json()["conditions"]}["postgres"].get("why", "")
    except requests.RequestException:
        return None


def hostile_rows(town, sample):
    """What is no answer is rejected where it stands, and the next one is taken."""
    other = dict(sample, reply_to=dict(sample["reply_to"], department="RS"))
    town.sql("ALTER TABLE lianou.outbox ALTER document DROP NOT NULL")
    rows = {"null": "NULL", "list": "'[1]'", "text": "'\"hello\"'", "other": "$q$%s$q$" % json.dumps(other, ensure_ascii=False),
            "huge": "jsonb_build_object('document', repeat('x', 20000000))", "again": "$q$%s$q$" % json.dumps(sample, ensure_ascii=False)}
    for key, document in rows.items():
        town.sql("INSERT INTO lianou.outbox (key, document) VALUES ('%s', %s)" % (key, document))

    def settled():
        got = dict(x.split("|", 1) for x in town.sql("SELECT key, state || ' ' || result FROM lianou.outbox WHERE key IN ('%s') AND state <> 'new'" % "','".join(rows)).splitlines())
        return len(got) == len(rows) and got

    got = {k: (v.split(" ", 1)[0], json.loads(v.split(" ", 1)[1])) for k, v in wait(town, "result of each row", 60, settled).items()}
    assert got["again"][0] == "taken" and got["again"][1]["again"], got["again"]
    assert all(state == "rejected" and result["faults"] for k, (state, result) in got.items() if k != "again"), got
    assert got["huge"][1]["faults"][0]["code"] == "TOO_BIG" and "/reply_to/department" in [f["pointer"] for f in got["other"][1]["faults"]], got
    print("  hostile rows:", {k: r["faults"][0]["code"] for k, (_, r) in got.items() if k != "again"})


def rights(town):
    """Neither may do what is the other's, nor take anything away."""
    for user, statement in (("mz_app", "UPDATE lianou.outbox SET state = 'taken'"), ("mz_app", "UPDATE lianou.inbox SET document = '{}'"),
                            ("mz_app", "INSERT INTO lianou.inbox (event_id, document) VALUES (gen_random_uuid(), '{}')"),
                            ("mz_app", "DELETE FROM lianou.inbox"), ("mz_app", "DELETE FROM lianou.outbox"),
                            ("mz_app", "UPDATE lianou.outbox SET document = '{}'"), ("mz_app", "INSERT INTO lianou.outbox (document, state) VALUES ('{}', 'taken')"),
                            ("mz_bus", "UPDATE lianou.inbox SET taken_at = now()"), ("mz_bus", "INSERT INTO lianou.outbox (document) VALUES ('{}')"),
                            ("mz_bus", "DELETE FROM lianou.inbox"), ("mz_bus", "UPDATE lianou.outbox SET document = '{}'"),
                            ("mz_bus", "CREATE TABLE lianou.mine (a int)"), ("mz_bus", "SELECT mz.decide('{}')")):
        r = town.sql(statement, check=False, user=user)
        assert r.returncode != 0 and "permission denied" in r.stderr, (user, statement, r.stderr)


def main():
    binary = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-database-"))
    metrics, good, rng = free_port(), False, random.Random(13)
    # Looked at once in an hour: what comes meanwhile comes by NOTIFY.
    town = DatabaseTown(binary, config(folder, metrics, "1h"))
    try:
        town.sql("CREATE ROLE mz_bus LOGIN")
        for name in ("matcher", "dispatch", "ledger", "partners", CODE):
            town.start(name)
        print("  no tables:", wait(town, "missing table", 60, lambda: (lambda w: w and "缺少表" in w and "postgres.sql" in w and w)(why(metrics))))
        town.sql("DROP ROLE mz_bus")
        made = (SOURCE / "bus/partner/sql/postgres.sql").read_text()
        town.sql(made)
        town.sql(made)  # once more changes nothing
        town.sql(DECIDE % town.officer)
        works = Works(town)

        def ended():
            town.revive()
            asked, decided, letters = said(town)
            tasks = {text_of(r["assignment_id"]) for r in asked if r["action"] in ("ASSIGNED", "RETURNED")}
            return tasks and tasks == {text_of(r["assignment_id"]) for r in decided} and (asked, decided, letters)

        submit(town, 7, APPLICATIONS)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.3, 1.0))
            town.kill(CODE)
            time.sleep(rng.uniform(0.1, 0.6))
            town.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mz_bus'")
        asked, decided, letters = wait(town, "decision of each", 60, ended)
        distinct = {text_of(r["event_id"]) for r in decided}
        rows = town.sql("SELECT count(*), count(taken_at) FROM lianou.inbox")
        print("bad days: %d events, inbox %s, %d decisions (%d written again)" % (len(asked), rows, len(distinct), len(decided) - len(distinct)))
        assert int(rows.split("|")[0]) == len({text_of(r["event_id"]) for r in asked}) and not letters, (rows, letters)
        assert len({text_of(r["assignment_id"]) for r in decided}) == len(distinct) and all(r["seal"] for r in decided)
        audit = wait(town, "clean audit", 60, lambda: (lambda a: a and a["unread"] == 0 and a)(town.audit()))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), audit
        assert town.sql("SELECT pg_try_advisory_lock(119165187157877)") == "f", "one adapter at a time"

        sample = json.loads(town.sql("SELECT document FROM lianou.outbox WHERE state = 'taken' ORDER BY number LIMIT 1"))
        hostile_rows(town, sample)
        rights(town)

        # A trigger of its own that refuses: those rows wait, with no word of their text.
        town.sql("CREATE FUNCTION mz.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'canary-hush %', NEW.document; END $$;"
                 "CREATE TRIGGER no BEFORE INSERT ON lianou.inbox FOR EACH ROW WHEN (NEW.document->>'document' = 'assignment') EXECUTE FUNCTION mz.no()")
        submit(town, 8, 2)
        wait(town, "parked event", 60, lambda: re.search(r'lianou_parked_events\{topic="[^"]*assignments.MZ"\} [1-9]', requests.get("http://127.0.0.1:%d/metrics" % metrics, timeout=10).text))
        town.sql("DROP TRIGGER no ON lianou.inbox")
        wait(town, "decision of each", 60, ended)
        assert "canary-hush" not in (town.dir / (CODE + ".log")).read_text()

        # A right that is missing is said, and nothing is lost.
        town.sql("REVOKE INSERT (event_id, document) ON lianou.inbox FROM lianou_bus")
        submit(town, 9, 1)
        print("  no right:", wait(town, "missing right", 60, lambda: (lambda w: w and "缺少权限" in w and w)(why(metrics))))
        town.sql("GRANT INSERT (event_id, document) ON lianou.inbox TO lianou_bus")
        wait(town, "decision of each", 60, ended)

        # Without a NOTIFY it looks by itself, as often as it is told to.
        town.roles[CODE].terminate()
        town.roles[CODE].wait()
        config(folder, metrics, "500ms")
        town.sql("DROP TRIGGER wake ON lianou.outbox")
        town.start(CODE)
        submit(town, 10, 1)
        wait(town, "decision of each", 60, ended)
        audit = wait(town, "end of the cases", 60, lambda: ended() and (lambda a: a and a["open"] == 0 and a["unread"] == 0 and a)(town.audit()))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), audit
        print("  lianou audit:", json.dumps(audit))

        # The kit goes by the same tables.
        town.roles[CODE].terminate()
        town.roles[CODE].wait()
        report = town.lianou("partner", "test", CODE, "--wait", "20s").stdout
        assert report.count("已答复 answered") == 3 and "合格 passed" in report, report
        works.over = True
        good = True
    finally:
        town.close(keep=not good)
        shutil.rmtree(folder, ignore_errors=True)


main()
