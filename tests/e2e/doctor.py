#!/usr/bin/env python3
"""`lianou doctor` on a county that can work says so; each thing that keeps a role from working is put there once and must be
told, with what to do, and by the exit code."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fault")]
from brokers import start_brokers  # noqa: E402
from patience import until  # noqa: E402
from town import SOURCE, Town  # noqa: E402

if not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    sys.exit(77)
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-62s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[-600:],)), flush=True)


def ask(town, **env):
    r = subprocess.run([town.program, "doctor"], env=dict(town.env, **env), capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout, r.stderr


def expects(what, got, code, *words):
    check(what, got[0] == code and all(w in got[1] for w in words) and not got[2], got)


def certificate(folder, days):
    cert = folder / ("%d.pem" % abs(days))
    key = folder / "any.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
                    "-subj", "/CN=localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key)


def files(town):
    ring = pathlib.Path(town.env["LIANOU_KEYRING"])
    empty = town.dir / "empty"
    empty.mkdir()
    expects("no keyring", ask(town, LIANOU_KEYRING=str(empty / "none")), 1, "错误 FAULT    密钥环 keyring", "lianou keys init")
    loose = town.dir / "loose"
    loose.write_bytes(next(f for f in sorted(ring.iterdir()) if f.is_file()).read_bytes())
    loose.chmod(0o644)
    expects("a keyring that others may read", ask(town, LIANOU_KEYRING=str(loose)), 1, "密钥环 keyring", str(loose))
    expects("no key of person ids", ask(town, LIANOU_PERSON_KEY=str(empty / "none")), 1, "county's key", "lianou keys init")
    expects("no key of second factors", ask(town, LIANOU_ACCOUNTS=str(empty / "none")), 1, "key of second factors", "keys.md")
    expects("no state folder", ask(town, LIANOU_STATE=str(empty / "none")), 1, "state folder", "owned by who runs")
    expects("no bureau's key", ask(town, LIANOU_BUREAU_PUBLIC=""), 1, "bureau's key: none", "lianou seal keygen")
    expects("two roles on one port", ask(town, LIANOU_PORT_MATCHER=town.env["LIANOU_PORT_INTAKE"]), 1, "intake, matcher", "a port each")
    for days, code, word in ((400, 0, "好 ok       证书 certificate"), (9, 0, "注意 warning  证书 certificate")):
        cert, key = certificate(town.dir, days)
        expects("a certificate of %d days" % days, ask(town, LIANOU_HTTP_CERT=cert, LIANOU_HTTP_KEY=key), code, word, cert)
    expects("a certificate that is none", ask(town, LIANOU_HTTP_CERT=str(loose), LIANOU_HTTP_KEY=key), 1, "certificate: " + str(loose))
    config = town.dir / "config"
    subprocess.run(["cp", "-r", town.env["LIANOU_CONFIG"], config], check=True)
    (config / "bus.yaml").write_text((config / "bus.yaml").read_text().replace("lanes:", "lains:"))
    expects("a configuration with a fault", ask(town, LIANOU_CONFIG=str(config)), 1, "错误 FAULT    配置 configuration", "lianou check")


def services(town):
    until(lambda: ask(town)[0] != 3, 60, town.moved)  # topics that were just made have leaders a moment later
    expects("nothing is published", ask(town), 1, "published: catalogue: 0", "published: register: 0", "lianou policy publish")
    town.lianou("policy", "publish")
    town.lianou("register", "publish")
    expects("all is there", ask(town), 0, "published: register: 1", "up to date", " 0 faults, 0 away")
    expects("a broker that others do not wait for", ask(town), 0, "好 ok       消息服务器 brokers: request.timeout.ms 5000 (1)")
    kafka = town.dir / "kafka"
    subprocess.run([SOURCE / "ops/kafka/stop", kafka], check=True)
    settings = kafka / "server.properties"
    settings.write_text("".join(line for line in settings.read_text().splitlines(True) if not line.startswith("request.timeout.ms")))
    start_brokers(kafka)
    until(lambda: ask(town)[0] != 3, 60, town.moved)
    expects("brokers that wait for each other for long", ask(town), 0, "注意 warning  消息服务器 brokers: request.timeout.ms 30000 (1)",
            "set it to 5000")
    expects("topics of another prefix", ask(town, LIANOU_PREFIX="other."), 1, "错误 FAULT    主题 topics", "lianou topics apply")
    made = town.lianou("topics", "plan").stdout
    check("and it made none", made.startswith("0 differences"), made)
    taken = "DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)"
    subprocess.run(["psql", "-X", "-q", town.db, "-c", taken], check=True)
    expects("a migration that is not made", ask(town), 1, "1 migrations are not made", "lianou db migrate")
    expects("a database without tables", ask(town, LIANOU_DB=town.db.replace("dbname=postgres", "dbname=template1")), 1,
            "migrations are not made")
    expects("no database", ask(town, LIANOU_DB="host=/nowhere dbname=none"), 3, "无应答 AWAY     数据库 database", "ledger.conninfo")
    expects("no broker", ask(town, LIANOU_KAFKA="127.0.0.1:9"), 1, "无应答 AWAY     消息服务 Kafka", "kafka.bootstrap")


def main():
    town = Town(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good = False
    try:
        (town.dir / "state").mkdir(exist_ok=True)
        services(town)
        subprocess.run(["psql", "-X", "-q", town.db, "-c", "DROP SCHEMA public CASCADE; CREATE SCHEMA public"], check=True,
                       capture_output=True)
        town.lianou("db", "migrate")
        files(town)
        r = subprocess.run([town.program, "doctor", "--fix"], env=town.env, capture_output=True, text=True)
        check("an option that it has not", r.returncode == 2 and "usage: lianou doctor" in r.stderr, r)
        good = not faults
    finally:
        town.close(keep=not good)
    if faults:
        sys.exit("%d wrong: %s" % (len(faults), "; ".join(faults)))
    print("what keeps a county from working is told")


if __name__ == "__main__":
    main()
