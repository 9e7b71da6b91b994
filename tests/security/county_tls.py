#!/usr/bin/env python3
"""A whole county with nothing in clear: Kafka by SASL_SSL (SCRAM-SHA-512, a certificate of each client, the access
rules of `lianou acl apply`), PostgreSQL by TLS (verify-full, a password and a certificate) with a login of each program
in its own role, HTTPS at the door, every role and every partner under a principal of its own. An application goes from
a clerk's POST to the end of its case: steps, a decision under seal, the bank's order and its result; the account is
exact, the chains hold."""
import datetime
import http.client
import io
import json
import os
import pathlib
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
import uuid

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/security")]
import county  # noqa: E402
from authority import Authority  # noqa: E402
from county import OPERATOR, Bus, application, fastavro, newest  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from patience import until  # noqa: E402
from brokers import free_port, start_brokers  # noqa: E402

PARTNERS = sorted(p.stem for p in (SOURCE / "bus-config/partners.d").glob("*.yaml"))
ROLES = ("intake", "matcher", "dispatch", "ledger")
WHO = ["admin", *("lianou-" + r for r in ROLES), *PARTNERS]
PASSWORDS = {w: secrets.token_hex(12) for w in WHO}
DATABASE_PASSWORD = secrets.token_hex(12)
faults = []


def check(what, holds, got=""):
    print("  %-74s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:400],)), flush=True)
    if not holds:
        faults.append(what)


class Town(county.Town):
    """Nobody reaches anything but by TLS and under a name."""

    def start_kafka(self):
        self.authority = Authority(self.dir / "tls")
        key, certificate = self.authority.issue("broker", "IP:127.0.0.1")
        (self.dir / "tls/broker.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
        self.issued = {w: self.authority.issue(w, "DNS:" + w) for w in WHO}
        start_brokers(self.dir / "kafka", TLS=str(self.dir / "tls"), SCRAM=" ".join("%s:%s" % x for x in PASSWORDS.items()))
        self.bootstrap = (self.dir / "kafka/outer").read_text().strip()
        os.environ.update(LIANOU_KAFKA_SECURITY="sasl_ssl", LIANOU_KAFKA_CA=str(self.authority.ca), **self.who("admin"))

    def start_database(self, first=False):
        key, certificate = self.authority.issue("database", "DNS:localhost")
        if os.geteuid() == 0:
            shutil.chown(key, "postgres", "postgres")
        port = str(free_port())
        os.environ["PGPORT"] = port
        self.database_options = ["-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c", "ssl_key_file=%s" % key,
                                 "-c", "ssl_cert_file=%s" % certificate, "-c", "ssl_ca_file=%s" % self.authority.ca]
        super().start_database(first)
        self.by_hand = self.db  # of who runs the server, by its socket
        (self.pg / "data/pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n")
        self.sql("ALTER ROLE lianou PASSWORD '%s'; SELECT pg_reload_conf()" % DATABASE_PASSWORD)
        self.db = self.conninfo("lianou", DATABASE_PASSWORD, "admin")

    def conninfo(self, user, password, holder, **more):
        key, certificate = self.issued[holder]
        values = dict(host="localhost", hostaddr="127.0.0.1", port=os.environ["PGPORT"], dbname="postgres", user=user, password=password,
                      sslmode="verify-full", sslrootcert=self.authority.ca, sslcert=certificate, sslkey=key)
        return " ".join("%s=%s" % x for x in dict(values, **more).items())

    def sql(self, text):
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", self.by_hand, "-c", text], capture_output=True, text=True, check=True).stdout

    def who(self, name):
        key, certificate = self.issued[name]
        return {"LIANOU_KAFKA_USER": name, "LIANOU_KAFKA_PASSWORD": PASSWORDS[name], "LIANOU_KAFKA_CERT": str(certificate),
                "LIANOU_KAFKA_KEY": str(key)}

    def client(self, name):
        key, certificate = self.issued[name]
        return {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": name, "sasl.password": PASSWORDS[name],
                "ssl.ca.location": str(self.authority.ca), "ssl.certificate.location": str(certificate), "ssl.key.location": str(key),
                "ssl.endpoint.identification.algorithm": "https", "log_level": 0}

    def logins(self):
        """One a program, each with the rights of its role and no others."""
        self.sql("; ".join("CREATE ROLE on_%s LOGIN PASSWORD '%s' IN ROLE lianou_%s" % (p, DATABASE_PASSWORD, p)
                           for p in ("ledger", "intake", "reader", "accounts")))

    def as_program(self, name):
        return dict(self.env, LIANOU_DB=self.conninfo("on_" + name, DATABASE_PASSWORD, "admin"))

    def start(self, name):
        before = dict(self.env)
        self.env.update(self.who("lianou-" + name), LIANOU_DB="host=/none user=none dbname=none")
        if name in ("ledger", "intake"):
            self.env.update(LIANOU_DB=self.conninfo("on_" + name, DATABASE_PASSWORD, "lianou-" + name))
        super().start(name)
        self.env = before

    def audit(self):
        r = subprocess.run([self.program, "audit", "--json"], env=self.as_program("reader"), capture_output=True, text=True)
        return json.loads(r.stdout) if r.stdout.strip() else None


class Mouths:
    """Each partner says what it says under its own name: by the topic it goes to."""

    def __init__(self, town):
        self.town, self.of = town, {}

    def produce(self, topic, **message):
        name = topic.rsplit(".", 1)[1]
        if name not in self.of:
            self.of[name] = Producer(dict(self.town.client(name), **{"bootstrap.servers": self.town.bootstrap, "partitioner": "murmur2_random"}))
        self.of[name].produce(topic, on_delivery=self.told, **message)

    @staticmethod
    def told(error, message):
        assert error is None, (message.topic(), error)

    def flush(self, seconds):
        return sum(p.flush(seconds) for p in self.of.values())


class TlsBus(Bus):
    """The bus of the tests, read by the admin, spoken to by each partner itself."""

    def __init__(self):
        county.Town = Town
        started = Town.start_kafka

        def start_kafka(town):
            started(town)
            county.CLIENT = town.client("admin")
        Town.start_kafka = start_kafka
        super().__init__(SOURCE / "bus-config", roles=())
        self.producer = Mouths(self.town)
        self.town.lianou("acl", "apply")
        self.town.logins()
        key, certificate = self.town.authority.issue("door", "DNS:localhost")
        self.town.env.update(LIANOU_HTTP_CERT=str(certificate), LIANOU_HTTP_KEY=str(key), LIANOU_HTTP_CALLERS="named")
        for role in ROLES:
            self.town.start(role)

    def say(self, record, topic, **values):
        values = dict(dict(event_id=uuid.uuid4().bytes, occurred_at=int(time.time() * 1000)), **values)
        out = io.BytesIO()
        number = newest(record)
        fastavro.schemaless_writer(out, county.SCHEMAS[number][1], values)
        self.producer.produce("qihe." + topic, key=str(uuid.UUID(bytes=values["household_id"])),
                              value=b"\0" + number.to_bytes(4, "big") + out.getvalue())
        assert self.producer.flush(20) == 0

    def ask(self, method, path, body=None, token=None):
        context = ssl.create_default_context(cafile=str(self.town.authority.ca))
        c = http.client.HTTPSConnection("localhost", self.town.port, timeout=60, context=context)
        try:
            c.request(method, path, json.dumps(body).encode() if body else None,
                      dict({"Content-Type": "application/json"} if body else {}, **({"Authorization": "Bearer " + token, "Lianou-Purpose": "county"} if token else {})))
            r = c.getresponse()
            return r.status, json.loads(r.read() or b"null")
        finally:
            c.close()


def posted(bus):
    """By a clerk with a session, over HTTPS."""
    def up():
        try:
            return bus.ask("GET", "/openapi.json")[0] == 200
        except ssl.SSLCertVerificationError:
            raise  # no patience makes that one well
        except OSError:
            return False
    assert until(up, 40, bus.town.moved), "the door does not open"
    r = subprocess.run([bus.town.program, "account", "add", "li.one", "--operator", OPERATOR["operator_id"]],
                       env=bus.town.as_program("accounts"),
                       input="a long password 7\n", capture_output=True, text=True)
    assert r.returncode == 0, r
    status, session = bus.ask("POST", "/v1/sessions", {"account": "li.one", "password": "a long password 7"})
    check("a clerk logs in over HTTPS", status == 201, session)
    form = application(31, "WEB", "T-tls")
    form["members"][0].update(account="6200000012345678", bank_code="nongshang")
    check("nobody in particular applies: 401", bus.ask("POST", "/v1/applications", form)[0] == 401)
    status, body = bus.ask("POST", "/v1/applications", form, session["token"])
    check("the clerk's application is taken", status == 202, (status, body))
    return body["application_id"], session["token"]


def not_otherwise(bus):
    """What is not encrypted, or not named, gets nothing."""
    town = bus.town
    with socket.create_connection(("127.0.0.1", town.port), 10) as c:
        c.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try:
            got = c.recv(65536)
        except OSError:
            got = b""
    check("plain HTTP is answered nothing", b"HTTP/1" not in got, got)
    tries = []  # all at once: each waits for what does not come
    for what, changes in (("in clear", dict(sslmode="disable")), ("without a password", dict(password="wrong")),
                          ("without a certificate", dict(sslcert="/none", sslkey="/none")), ("of another name", dict(host="elsewhere.invalid"))):
        info = town.conninfo("lianou", changes.pop("password", DATABASE_PASSWORD), "admin", **changes)
        tries.append(("the database " + what, ["psql", "-X", info, "-c", "SELECT 1"], dict(os.environ, PGCONNECT_TIMEOUT="10")))
    for what, changes in (("in clear", dict(LIANOU_KAFKA_SECURITY="sasl_plaintext")), ("without a certificate", dict(LIANOU_KAFKA_CERT="", LIANOU_KAFKA_KEY="")),
                          ("without the password", dict(LIANOU_KAFKA_PASSWORD="wrong"))):
        tries.append(("Kafka " + what, [town.program, "topics", "plan"], dict(town.env, **changes)))
    tries = [(what, subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) for what, command, env in tries]
    for what, process in tries:
        code = process.wait(90)
        check("%s: no" % what, code != 0, code)
    clear = town.sql("SELECT a.usename, s.ssl FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid) "
                     "WHERE a.client_addr IS NOT NULL AND a.backend_type = 'client backend'").split()
    check("every connection to the database is under TLS, each of its program", {x.split("|")[0] for x in clear} == {"on_ledger", "on_intake"}
          and all(x.endswith("|t") for x in clear), clear)


def until_closed(bus, home):
    """Each department decides under its own name and seal; the bank settles, the insurer finds nothing out."""
    (_, q), = bus.events("assignment", 1, action="ASSIGNED", item="MZ06")
    bus.step(q, "ACCEPTED")
    bus.events("case_event", 1, kind="STEP", refers_to=bus.step(q, "NOTICE_POSTED")["event_id"])
    d = bus.decide(q, q["amount_fen"], delivery="BANK")
    bus.events("case_event", 1, kind="DECISION_ACCEPTED", refers_to=d["decision_id"])
    (topic, order), = bus.events("payment_order", 1, assignment_id=q["assignment_id"])
    check("the bank has the order, of what was decided", topic == "payment-orders.nongshang" and order["amount_fen"] == q["amount_fen"], (topic, order["amount_fen"]))
    bus.say("payment_result", "payment-results.nongshang", household_id=home, case_id=order["case_id"], order_id=order["order_id"],
            outcome="SETTLED", amount_fen=order["amount_fen"], reason_code=None, value_date=datetime.date.today(), bank_reference="B1")
    bus.events("case_event", 1, kind="RESULT_FOLDED", note="SETTLED", household_id=home)
    answered = {q["assignment_id"]}
    patience = county.Patience(60, bus.town.moved)
    while True:
        bus.take(0.3)
        if [1 for _, k, r in bus.read if k == "case_event" and r["household_id"] == home and r["kind"] == "CLOSED"]:
            return answered
        assert not patience.over(), "the case does not close: %s" % [(k, r.get("kind"), r.get("note")) for _, k, r in bus.read if k == "case_event"]
        for topic, k, r in list(bus.read):
            if k == "assignment" and r["household_id"] == home and r["assignment_id"] not in answered:
                answered.add(r["assignment_id"])
                bus.decide(r, 0, outcome="REFUSED", amount_fen=None, reason="材料不足", delivery="SERVICE")
            if k == "verification_request" and r["request_id"] not in answered:
                answered.add(r["request_id"])
                bus.say("verification_result", "verification-results." + topic.split(".")[1], household_id=home, case_id=r["case_id"],
                        request_id=r["request_id"], outcome="UNABLE", report_hash=None, facts=[],
                        appraiser=dict(operator_id="op-9", org_code=topic.split(".")[1], role="appraiser"))


def whole(bus):
    asked, token = posted(bus)
    (_, a), *_ = bus.events("application", 1, channel_reference="T-tls")
    not_otherwise(bus)
    answered = until_closed(bus, a["household_id"])
    refused = [r["note"] for _, k, r in bus.read if k == "case_event" and r["kind"] == "ORDER_REFUSED"]
    check("the case is closed, %d answers of partners, none went back" % len(answered), refused == [], refused)
    account = until(lambda: (lambda x: x and x["unread"] == 0 and x["closed"] == 1 and x)(bus.town.audit()), 60, bus.town.moved)
    account = account or bus.town.audit()
    exact = dict(applications=1, closed=1, open=0, parked=0, dead_lettered=0, lost=0, duplicated=0, torn=0, out_of_order=0, unread=0,
                 rows_broken=0, reads_broken=0)
    check("the account is exact, the chains hold", {k: account[k] for k in exact} == exact, account)
    status, body = bus.ask("GET", "/v1/applications/%s?part=all" % asked, token=token)
    paid = [d for d in (body.get("case") or {}).get("decisions", ()) if d["item"]["code"] == "MZ06"]
    check("the clerk reads it over HTTPS: closed, paid", status == 200 and body["case"]["closed_at"] and len(paid) == 1, (status, body))


def main():
    began = time.monotonic()
    bus = TlsBus()
    good = False
    try:
        whole(bus)
        good = not faults
    finally:
        bus.town.close(keep=not good)
    print("%d faults, %.0f s" % (len(faults), time.monotonic() - began))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
