"""Kafka, PostgreSQL and the roles, for tests of the whole program."""
import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from brokers import free_port, start_brokers
from patience import until

# Ended from outside, a test still takes its town down.
def ended(*_):
    if os.getpid() == MAIN:
        sys.exit("ended by SIGTERM")
    os._exit(1)


MAIN = os.getpid()
if multiprocessing.current_process().name == "MainProcess":  # the checker's helpers are ended so
    signal.signal(signal.SIGTERM, ended)
PASSWORD = "a long password 7"  # of every account that is made
FAULTS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
ROLES = ("matcher", "dispatch", "ledger", "intake", "partners")
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


def size(file):
    try:
        return file.stat().st_size
    except OSError:  # taken away meanwhile
        return 0


class Town:
    """Kafka, PostgreSQL and the roles of one round."""

    brokers = 1
    database_options = ("-c", "listen_addresses=")

    def __init__(self, program, config=SOURCE / "bus-config"):
        self.program = program
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lianou-fault-"))
        self.dir.chmod(0o755)
        self.roles, self.server = {}, None
        try:
            self.build(config)
        except BaseException:  # nothing that was started outlives a town that could not be
            self.close(keep=True)
            raise

    def build(self, config):
        self.start_kafka()
        self.start_database(first=True)
        # Of one key, so that the same applications have the same ids, by which the simulated partners throw their dice.
        (self.dir / "person.key").write_text(hashlib.sha256(b"a town of tests").hexdigest() + "\n")
        (self.dir / "person.key").chmod(0o600)
        self.port = free_port()
        self.env = dict(os.environ, LIANOU_KAFKA=self.bootstrap, LIANOU_KAFKA_PARTITIONS="4",
                        LIANOU_KAFKA_REPLICATION=str(self.brokers), LIANOU_KAFKA_MIN_INSYNC=str(max(1, self.brokers - 1)), LIANOU_STATE=str(self.dir / "state"),
                        LIANOU_KEYRING=str(self.dir / "keys"), LIANOU_PERSON_KEY=str(self.dir / "person.key"), LIANOU_DB=self.db,
                        LIANOU_ACCOUNTS=str(self.dir / "accounts"),
                        LIANOU_CONFIG=str(config), LIANOU_PORT_INTAKE=str(self.port),
                        **{"LIANOU_PORT_" + n: str(free_port()) for n in ("MATCHER", "DISPATCH", "LEDGER", "REGISTRY", "TREASURY", "YOUZHENG", "CHECK")})
        self.bureau = self.dir / "bureau.pem"
        self.env.update(LIANOU_BUREAU_KEY=str(self.bureau))
        self.env.update(LIANOU_BUREAU_PUBLIC=self.lianou("seal", "keygen", str(self.bureau)).stdout.strip())
        self.env.update(LIANOU_SEALS=str(self.dir / "seals"))
        self.env.setdefault("LIANOU_CHANGEABLE", "0s")  # what is submitted on a page leaves at once, but where a test waits for it
        self.env.setdefault("LIANOU_PROCESS_FROM", "2100-01-01")  # decisions without their steps, but where a test says them
        self.lianou("seal", "demo", "--registers", str(self.dir / "registers"), "--keys", str(self.dir / "seals"))
        self.env.update(LIANOU_REGISTERS=str(self.dir / "registers"))
        self.lianou("keys", "init")
        self.lianou("topics", "apply")
        self.lianou("db", "migrate")

    def start_kafka(self):
        self.bootstrap = start_brokers(self.dir / "kafka")

    def lianou(self, *args, check=True, stdin=None):
        r = subprocess.run([self.program, *args], env=self.env, capture_output=True, text=True, input=stdin)
        if check and r.returncode != 0:
            raise RuntimeError("lianou %s ended with %d\n%s%s" % (" ".join(args), r.returncode, r.stdout[-2000:], r.stderr[-2000:]))
        return r

    def account(self, operator):
        """One of the operator's name and his."""
        self.lianou("account", "add", operator, "--operator", operator, stdin=PASSWORD + "\n")

    def signed_in(self, who, *args, check=True):
        return self.lianou(*args, "--account", who, check=check, stdin=PASSWORD + "\n")

    def as_user(self, *args):
        return (["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []) + list(args)

    def start_database(self, first=False):
        bin_dir = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.pg = self.dir / "pg"
        if first:
            self.pg.mkdir()
            if os.geteuid() == 0:
                shutil.chown(self.pg, "postgres", "postgres")
            subprocess.run(self.as_user(bin_dir / "initdb", "-D", self.pg / "data", "-U", "lianou", "-A", "trust",
                                        "--locale=C", "-E", "UTF8"), check=True, capture_output=True)
        self.server = subprocess.Popen(self.as_user(bin_dir / "postgres", "-D", self.pg / "data", "-k", self.pg,
                                                    *self.database_options),
                                       stdout=subprocess.DEVNULL, stderr=open(self.dir / "pg.log", "a"))
        self.db = "host=%s user=lianou dbname=postgres" % self.pg
        answers = until(lambda: subprocess.run(["psql", "-X", "-q", self.db, "-c", "SELECT 1"], capture_output=True).returncode == 0,
                        20, lambda: size(self.dir / "pg.log"))
        if not answers:
            raise RuntimeError("PostgreSQL does not answer")

    def arguments(self, name):
        return {"partners": ["simulate", "all", "--seed", "5"],
                "post": ["run", "partner", "youzheng"], "check": ["run", "partner", "check"]}.get(name, ["run", name])

    def start(self, name):
        if name == "partners" and "post" not in self.roles:
            self.start("post")  # it is behind a spool: the adapter between it and the bus
        self.roles[name] = subprocess.Popen([self.program, *self.arguments(name)], env=self.env, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=open(self.dir / (name + ".log"), "a"))

    def alive(self, name):
        """False if it ended by itself; a role that ends by a signal has a fault, whoever starts it again."""
        code = self.roles[name].poll()
        if code is not None and -code in FAULTS:
            raise RuntimeError("%s ended by signal %d" % (name, -code))
        return code is None

    def kill(self, name):
        self.alive(name)
        self.roles[name].send_signal(signal.SIGKILL)
        self.roles[name].wait()
        self.start(name)

    def moved(self):
        """Changes whenever something is written to a topic or a role's log; not when the
        controller says to itself that it is there, as it does for ever."""
        logs = [self.dir / (name + ".log") for name in self.roles]
        kept = (f for f in (self.dir / "kafka/data").glob("*-[0-9]*/*.log") if not f.parent.name.startswith("__cluster_metadata"))
        return sum(size(f) for f in (*logs, *kept))

    def revive(self):
        for name, p in self.roles.items():
            if not self.alive(name):
                print("  %s ended by itself with %d" % (name, p.returncode))
                self.start(name)

    def restart_kafka(self):
        subprocess.run([SOURCE / "ops/kafka/stop", self.dir / "kafka", "KILL"], check=True)
        start_brokers(self.dir / "kafka")

    def restart_database(self):
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait()
        self.start_database()

    def audit(self):
        r = self.lianou("audit", "--json", check=False)
        return json.loads(r.stdout) if r.stdout.strip() else None

    def tell(self):
        """The last things that each role was not content with."""
        for log in sorted(self.dir.glob("*.log")):
            for line in [x for x in log.read_text(errors="replace").splitlines() if "lvl=warn" in x or "lvl=error" in x][-8:]:
                print("  %s: %s" % (log.name, line[:300]))

    def close(self, keep):
        for p in self.roles.values():
            p.terminate()
        for p in self.roles.values():
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait()
        subprocess.run([SOURCE / "ops/kafka/stop", self.dir / "kafka", *([] if keep else ["KILL"])])  # nobody reads it again
        if keep:
            self.tell()
            print("  everything stays in", self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
