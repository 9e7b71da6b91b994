#!/usr/bin/env python3
"""Partners with nothing but their own credentials, on a broker with SASL (SCRAM-SHA-512) and the access rules that
`lianou acl apply` makes. The roles run as their own principals. A department, a bank, a charity, a source, the insurer and the post try
what is not theirs and get nothing, nor do the desk and the treasury, whose machines stand nearer to people and money; what
is theirs works: a case goes from its application to the bank's order."""
import os
import pathlib
import secrets
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e")]
import county  # noqa: E402
from brokers import start_brokers  # noqa: E402
from county import DECISION, Bus, application, framed  # noqa: E402
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition  # noqa: E402

WHO = ["admin", "lianou-intake", "lianou-matcher", "lianou-dispatch", "lianou-ledger", "lianou-desk", "lianou-treasury",
       "MZ", "nongshang", "aixin", "check", "caixian", "youzheng"]
PASSWORDS = {w: secrets.token_hex(12) for w in WHO}
faults = []


def check(what, holds, got=""):
    print("  %-70s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))
    if not holds:
        faults.append(what)


class Town(county.Town):
    """Everybody comes by the listener with SASL, each under a name of its own."""

    def start_kafka(self):
        start_brokers(self.dir / "kafka", SCRAM=" ".join("%s:%s" % x for x in PASSWORDS.items()))
        self.bootstrap = (self.dir / "kafka/outer").read_text().strip()
        os.environ.update(LIANOU_KAFKA_SECURITY="sasl_plaintext", **who("admin"))

    def start(self, name):
        self.env.update(who("lianou-" + name))
        super().start(name)
        self.env.update(who("admin"))

    def lianou(self, *args, check=True):
        self.env.update(who("lianou-intake" if args[0] == "intake" else "admin"))
        return super().lianou(*args, check=check)


def who(name):
    return {"LIANOU_KAFKA_USER": name, "LIANOU_KAFKA_PASSWORD": PASSWORDS[name]}


def client(name, password=None):
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": name,
            "sasl.password": password or PASSWORDS[name], "log_level": 0}


class SecretBus(Bus):
    """The bus of the tests, read by the admin."""

    def __init__(self, config):
        county.Town, county.CLIENT = Town, client("admin")
        super().__init__(config, roles=())
        self.town.lianou("acl", "apply")
        for role in ("matcher", "dispatch", "ledger"):
            self.town.start(role)


def may_write(bus, name, topic, value=b"x"):
    done = []
    p = Producer(dict(client(name), **{"bootstrap.servers": bus.town.bootstrap, "message.timeout.ms": 8000}))
    p.produce(topic, key=b"00000000-0000-8000-8000-000000000001", value=value, on_delivery=lambda e, m: done.append(e))
    p.flush(15)
    return done and done[0] is None


def may_read(bus, name, topic):
    """None: there is nothing in it, so neither refused nor read."""
    c = Consumer(dict(client(name), **{"bootstrap.servers": bus.town.bootstrap, "group.id": "qihe.partner-" + name,
                                       "auto.offset.reset": "earliest", "enable.partition.eof": True}))
    try:
        described = c.list_topics(topic, timeout=20).topics[topic]
        if described.error is not None:
            return described.error.code() != KafkaError.TOPIC_AUTHORIZATION_FAILED and None
        c.assign([TopicPartition(topic, p, 0) for p in described.partitions])
        ends = set()
        for _ in range(100):
            m = c.poll(0.3)
            if m is None:
                continue
            if m.error() is None:
                return True
            if m.error().code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                return False
            if m.error().code() == KafkaError._PARTITION_EOF:
                ends.add(m.partition())
            if len(ends) == len(described.partitions):
                return None  # of its group, which is not its, it hears as well
        return None
    finally:
        c.close()


def main():
    bus = SecretBus(SOURCE / "bus-config")
    good = False
    try:
        a = application(31, "WEB", "T-hostile")
        a["members"][0].update(account="6200000012345678", bank_code="nongshang")
        bus.submit(a)
        (_, q), = bus.events("assignment", 1, action="ASSIGNED", item="MZ06")
        mine = "qihe.assignments.MZ"
        check("a department reads its own assignments", may_read(bus, "MZ", mine))
        for name, topic in (("MZ", "assignments.YB"), ("MZ", "applications"), ("MZ", "households"), ("MZ", "cases"),
                            ("MZ", "payment-orders.nongshang"), ("MZ", "decisions.YB"),
                            ("nongshang", "assignments.MZ"), ("nongshang", "applications"), ("nongshang", "households"),
                            ("aixin", "assignments.MZ"), ("aixin", "needs.yigong"), ("aixin", "dead-letters"),
                            ("caixian", "applications"), ("caixian", "households"), ("caixian", "cases"), ("caixian", "assignments.YB"),
                            ("caixian", "payment-orders.nongshang"), ("caixian", "evaluations"), ("caixian", "facts.check"),
                            ("caixian", "notices.youzheng"), ("youzheng", "applications"), ("youzheng", "households"),
                            ("youzheng", "cases"), ("youzheng", "assignments.MZ"), ("youzheng", "payment-orders.nongshang"),
                            ("youzheng", "verification-requests.caixian"), ("youzheng", "needs.aixin"), ("youzheng", "dead-letters"),
                            ("check", "applications"), ("check", "households"), ("check", "notices.MZ"), ("check", "cases"),
                            ("lianou-desk", "applications"), ("lianou-desk", "assignments.MZ"), ("lianou-desk", "households"),
                            ("lianou-desk", "cases"), ("lianou-desk", "payment-results.nongshang"), ("lianou-desk", "dead-letters"),
                            ("lianou-treasury", "applications"), ("lianou-treasury", "assignments.MZ"),
                            ("lianou-treasury", "decisions.MZ"), ("lianou-treasury", "households"),
                            ("lianou-treasury", "delivery-receipts.youzheng")):
            check("%s does not read %s" % (name, topic), may_read(bus, name, "qihe." + topic) is False)
        for name, topic in (("MZ", "decisions.YB"), ("MZ", "applications"), ("MZ", "facts.school"), ("MZ", "catalogue"),
                            ("MZ", "register"), ("MZ", "households"), ("MZ", "cases"), ("MZ", "payment-orders.nongshang"),
                            ("nongshang", "payment-results.gonghang"), ("nongshang", "decisions.MZ"), ("nongshang", "facts.school"),
                            ("aixin", "claims.yigong"), ("aixin", "decisions.MZ"), ("aixin", "register"),
                            ("MZ", "facts.survey"), ("caixian", "facts.survey"), ("caixian", "facts.check"), ("caixian", "facts.insurer"),
                            ("caixian", "decisions.YB"), ("caixian", "payment-results.nongshang"), ("caixian", "verification-requests.caixian"),
                            ("caixian", "register"), ("caixian", "catalogue"), ("youzheng", "delivery-tasks.youzheng"),
                            ("youzheng", "payment-results.youchu"), ("youzheng", "verification-results.caixian"), ("youzheng", "decisions.MZ"),
                            ("youzheng", "facts.police"), ("youzheng", "claims.aixin"), ("youzheng", "register"), ("youzheng", "memberships"),
                            ("check", "facts.school"), ("check", "decisions.MZ"), ("check", "notices.check"), ("check", "memberships"),
                            ("lianou-desk", "applications"), ("lianou-desk", "facts.check"), ("lianou-desk", "payment-orders.nongshang"),
                            ("lianou-desk", "payment-results.nongshang"), ("lianou-desk", "register"), ("lianou-desk", "catalogue"),
                            ("lianou-desk", "cases"), ("lianou-desk", "claims.aixin"), ("lianou-desk", "memberships"),
                            ("lianou-treasury", "decisions.MZ"), ("lianou-treasury", "payment-orders.caixian"),
                            ("lianou-treasury", "delivery-tasks.youzheng"), ("lianou-treasury", "cases"),
                            ("lianou-treasury", "register"), ("lianou-treasury", "dispatches")):
            check("%s does not write %s" % (name, topic), not may_write(bus, name, "qihe." + topic))
        for name, topic in (("lianou-desk", "register"), ("lianou-treasury", "cases"), ("lianou-treasury", "payment-results.nongshang"),
                            ("check", "notices.check"), ("caixian", "verification-requests.caixian"), ("youzheng", "delivery-tasks.youzheng")):
            check("%s may read %s" % (name, topic), may_read(bus, name, "qihe." + topic) is not False)
        for name, topic in (("lianou-desk", "decisions.YB"), ("lianou-treasury", "payment-orders.nongshang"), ("lianou-treasury", "payment-results.nongshang"), ("check", "facts.check"),
                            ("caixian", "verification-results.caixian"), ("youzheng", "delivery-receipts.youzheng")):
            check("%s may write %s" % (name, topic), may_write(bus, name, "qihe." + topic))
        wrong = dict(bus.town.env, LIANOU_KAFKA_USER="MZ", LIANOU_KAFKA_PASSWORD="wrong")
        r = subprocess.run([bus.town.program, "topics", "plan"], env=wrong, capture_output=True, text=True, timeout=90)
        check("a wrong password is called one", r.returncode != 0 and "password" in r.stderr, r.stderr)
        theirs = dict(bus.town.env, **who("MZ"))
        r = subprocess.run([bus.town.program, "acl", "apply"], env=theirs, capture_output=True, text=True, timeout=90)
        check("a partner changes no access rule", r.returncode != 0, r.stdout)
        d = bus.decide(q, q["amount_fen"], delivery="BANK", send=False)
        check("the department's decision is taken on its own topic", may_write_at(bus, "MZ", "qihe.decisions.MZ", q, d))
        order = bus.events("payment_order", 1, assignment_id=q["assignment_id"])
        check("and the bank has its order", len(order) == 1 and order[0][1]["amount_fen"] == q["amount_fen"], order)
        order_topic = "qihe." + order[0][0]
        check("dispatch does not read the orders that it writes", may_read(bus, "lianou-dispatch", order_topic) is not True)
        got = may_read(bus, "lianou-treasury", order_topic)
        check("the treasury reads them: it looks whether its own was sent", got is True, got)
        check("but for what it does not write", may_read(bus, "lianou-treasury", "qihe.delivery-tasks.youzheng") is not True)
        good = not faults
    finally:
        bus.town.close(keep=not good)
    if faults:
        sys.exit("%d do not hold: %s" % (len(faults), "; ".join(faults)))
    print("hostile partners: all held")


def may_write_at(bus, name, topic, assignment, record):
    import uuid
    done = []
    p = Producer(dict(client(name), **{"bootstrap.servers": bus.town.bootstrap, "partitioner": "murmur2_random"}))
    p.produce(topic, key=str(uuid.UUID(bytes=assignment["household_id"])), value=framed(DECISION, record),
              on_delivery=lambda e, m: done.append(e))
    p.flush(20)
    return done == [None]


if __name__ == "__main__":
    main()
