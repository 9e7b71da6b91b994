#!/usr/bin/env python3
"""ops/docs/operate.md, followed line by line: each `sh` box, in order, in one environment, against real Kafka and PostgreSQL in
which nothing was made before. The roles of its `console` box are started where it starts them."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fault")]
from patience import until  # noqa: E402
from brokers import free_port  # noqa: E402
from town import SOURCE, Town  # noqa: E402

if not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    sys.exit(77)
PAGE = SOURCE / "ops/docs/operate.md"
UNITS = re.compile(r"lianou@(\w+)")
STATUS = "lianou status matcher dispatch ledger intake desk clock"
ANSWERS = {  # the line, and what it has to say
    "lianou check": "0 faults", "lianou register check": "0 faults", "lianou topics plan": " differences",
    "lianou doctor": "0 错误", STATUS: "6 就绪, 0 未就绪, 0 无应答", "lianou intake submit first.json": "1", "lianou audit": "0",
}


class Bare(Town):
    """A broker and a database, and nothing in them."""

    def build(self, config):
        self.start_kafka()
        self.start_database(first=True)
        home = self.dir / "etc"
        home.mkdir()
        (home / "bin").mkdir()
        (home / "bin/lianou").symlink_to(pathlib.Path(self.program).resolve())
        keep = {k: v for k, v in os.environ.items() if not k.startswith("LIANOU_")}
        # A name of the sample's, made of common syllables: nobody's.
        name = next(line.split(",")[1] for line in (config / "registers/operators.csv").read_text().splitlines() if line.startswith("op-"))
        (home / "bus-config").symlink_to(config)  # the sample, as beside the sources
        self.env = dict(keep, PATH="%s:%s" % (home / "bin", keep["PATH"]), KAFKA=self.bootstrap, DB=self.db, NAME=name,
                        **{"LIANOU_PORT_" + n: str(free_port()) for n in ("INTAKE", "MATCHER", "DISPATCH", "LEDGER", "REGISTRY", "DESK", "TREASURY", "CLOCK")})
        self.env["LIANOU_DESK_INTAKE"] = "http://127.0.0.1:" + self.env["LIANOU_PORT_INTAKE"]
        self.home = home

    def run(self, line):
        """One line as a shell runs it; what it exports stays."""
        shell = "%s\nrc=$?; export -p > environment; exit $rc" % line
        r = subprocess.run(["bash", "-c", shell], cwd=self.home, env=self.env, capture_output=True, text=True, timeout=300)
        for name, value in re.findall(r'^declare -x (LIANOU_\w+)="(.*)"$', (self.home / "environment").read_text(), re.M):
            self.env[name] = value
        return r


def main():
    town = Bare(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good, lines = False, 0
    try:
        for kind, box in re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.M | re.S):
            if kind == "console":
                for role in UNITS.findall(box):
                    town.start(role)
                continue
            for line in box.splitlines():
                lines += 1
                r = town.run(line)
                if line == "lianou intake submit first.json" and r.returncode:
                    # it stands on the journal's folder of a role that has just been started
                    until(lambda: town.run(line).returncode == 0, 30, town.moved)
                    r = town.run(line)
                if line == STATUS:  # they have just been started
                    until(lambda: town.run(line).returncode == 0, 60, town.moved)
                    r = town.run(line)
                if line == "lianou audit":
                    until(lambda: town.audit() and town.audit()["applications"] == 1 and town.audit()["unread"] == 0, 60, town.moved)
                    r = town.run(line)
                print("$ " + line, flush=True)
                if r.returncode != 0 or ANSWERS.get(line, "") not in r.stdout:
                    sys.exit("operate.md says `%s`, and it ended with %d\n%s%s" % (line, r.returncode, r.stdout[-1500:], r.stderr[-1500:]))
        last = town.audit()
        if not last or last["applications"] != 1 or any(last[k] for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")):
            sys.exit("the first application: %s" % last)
        if lines < 14:
            sys.exit("only %d lines were found in %s" % (lines, PAGE))
        good = True
    finally:
        town.close(keep=not good)
    print("%d lines of the page, each as it says" % lines)


if __name__ == "__main__":
    main()
