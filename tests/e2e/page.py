"""ops/docs/operate.md as tests follow it: a machine with a broker, a database and nothing in them, and its boxes, in order, each
`sh` line as a shell runs it, each unit of a `console` box started and stopped where it says so."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fault")]
from brokers import free_port  # noqa: E402
from town import SOURCE, Town  # noqa: E402

PAGE = SOURCE / "ops/docs/operate.md"
PORTS = ("INTAKE", "MATCHER", "DISPATCH", "LEDGER", "REGISTRY", "DESK", "TREASURY", "CLOCK", "YOUZHENG", "CHECK")
UNITS = re.compile(r"lianou@(\w+)")
STATUS = "lianou status matcher dispatch ledger intake desk clock"


def need_kafka():
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        print("SKIPPED: LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
        sys.exit(77)


def person():
    """A name of the sample's, made of common syllables: nobody's."""
    rows = (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines()
    return next(row.split(",")[1] for row in rows if row.startswith("op-"))


def boxes(first, last):
    """(kind, lines) of the sections from one number to another."""
    for number, text in re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S):
        if first <= int(number) <= last:
            for kind, box in re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S):
                yield kind, box.splitlines()


class Bare(Town):
    """A broker and a database, nothing in them, `lianou` on the path, and the sample as it stands beside the sources."""

    def build(self, config):
        self.start_kafka()
        self.start_database(first=True)
        self.home = self.dir / "etc"
        (self.home / "bin").mkdir(parents=True)
        (self.home / "bin/lianou").symlink_to(pathlib.Path(self.program).resolve())
        (self.home / "bus-config").symlink_to(config)
        keep = {k: v for k, v in os.environ.items() if not k.startswith("LIANOU_")}
        self.env = dict(keep, PATH="%s:%s" % (self.home / "bin", keep["PATH"]), KAFKA=self.bootstrap, DB=self.db, NAME=person(),
                        LIANOU_KAFKA_PARTITIONS="4", **{"LIANOU_PORT_" + n: str(free_port()) for n in PORTS})
        self.port = int(self.env["LIANOU_PORT_INTAKE"])
        self.env["LIANOU_DESK_INTAKE"] = "http://127.0.0.1:%d" % self.port

    def run(self, line):
        """One line as a shell runs it; what it exports stays."""
        shell = "%s\nrc=$?; export -p > environment; exit $rc" % line
        r = subprocess.run(["bash", "-c", shell], cwd=self.home, env=self.env, capture_output=True, text=True, timeout=300)
        for name, value in re.findall(r'^declare -x ((?:LIANOU_)?[A-Z_]+)="(.*)"$', (self.home / "environment").read_text(), re.M):
            if name.startswith("LIANOU_") or name in ("DB", "KAFKA"):
                self.env[name] = value
        return r

    def stop(self, names=None):
        """As systemd does: SIGTERM, and it is waited for."""
        for name in names or list(self.roles):
            self.roles[name].terminate()
        for name in names or list(self.roles):
            if self.roles.pop(name).wait(60) != 0:
                sys.exit("%s did not end well" % name)

    def console(self, lines):
        """Units that a box starts or stops; the rest wants root."""
        for line in lines:
            if "systemctl stop" in line:
                self.stopped = list(self.roles)
                self.stop()
            elif "systemctl start" in line:
                for name in self.stopped:
                    if name not in self.roles:
                        self.start(name)
            elif "systemctl enable" in line:
                for role in UNITS.findall(line):
                    self.start(role)
