#!/usr/bin/env python3
"""ops/docs/operate.md's section on copies, line by line, on real Kafka and PostgreSQL, under a county's traffic: what is lost is
lost before the recipe is followed, cases go on to their end afterwards, and `lianou audit` is all zero.

- the database, with a copy that is older than the topics
- the state folder, and so the matcher's LMDB
- the keyring
- the machine: another folder, another PostgreSQL"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from page import PAGE, STATUS, Bare, boxes, need_kafka  # first: it finds the others
from patience import until

need_kafka()
EACH = 12  # applications between two losses
ZERO = ("unread", "parked", "dead_lettered", "lost", "duplicated", "torn", "out_of_order", "rows_broken", "reads_broken", "money")


class County(Bare):
    sent = 0

    def line(self, line):
        print("$ " + line, flush=True)
        if line == "lianou audit":  # the ledger is still reading
            until(lambda: self.run(line).returncode == 0, 60, self.moved)
        r = self.run(line)
        if r.returncode != 0:
            sys.exit("operate.md says `%s`, and it ended with %d\n%s%s" % (line, r.returncode, r.stdout[-1500:], r.stderr[-1500:]))
        return r.stdout

    def ready(self):
        if not until(lambda: self.run(STATUS).returncode == 0, 60, self.moved):
            sys.exit("the roles are not ready:\n%s" % self.run(STATUS).stdout)

    def apply(self):
        """As many applications more, through the door; nobody has to wait for them."""
        name = self.dir / ("%d.json" % self.sent)
        name.write_text(self.lianou("generate", "applications", str(EACH), "--seed", str(self.sent + 1)).stdout)
        until(lambda: self.lianou("intake", "submit", str(name), check=False).returncode == 0, 30, self.moved)
        self.sent += EACH

    def settled(self, what):
        """Each application is in the ledger, nine of ten cases are closed (some wait for facts that nobody here says), and nothing is
        amiss."""
        def account():
            a = self.audit()
            return a if a and a["applications"] == self.sent and not any(a[k] for k in ZERO) and a["open"] * 10 <= self.sent else None
        last = until(account, 90, lambda: (self.moved(), str(self.audit())))
        if not last:
            sys.exit("after %s: of %d applications %s" % (what, self.sent, self.audit()))
        print("  after %s: %d applications, %d closed, %d open, all else zero" % (what, last["applications"], last["closed"], last["open"]),
              flush=True)
        return last


def section(number):
    """The boxes of 9.number."""
    text = re.search(r"^### 9\.%d (.*?)(?=^### |^## |\Z)" % number, PAGE.read_text(), re.M | re.S).group(1)
    return [(kind, box.splitlines()) for kind, box in re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)]


def follow(town, number, lose=None):
    """What is lost, is lost as soon as the roles stand still."""
    for kind, box in section(number):
        for line in box:
            if kind == "sh" and line == "lianou audit":
                town.ready()
            if kind == "console":
                town.console([line])
            else:
                town.line(line)
            if "systemctl stop" in line and lose:
                lose()


def another_database(town):
    """A server of the new machine's, with nothing in it; the old one ends when all was copied."""
    place = town.dir / "newpg"
    bin_dir = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    place.mkdir()
    if os.geteuid() == 0:
        shutil.chown(place, "postgres", "postgres")
    subprocess.run(town.as_user(bin_dir / "initdb", "-D", place / "data", "-U", "lianou", "-A", "trust", "--locale=C", "-E", "UTF8"),
                   check=True, capture_output=True)
    server = subprocess.Popen(town.as_user(bin_dir / "postgres", "-D", place / "data", "-k", place, *town.database_options),
                              stdout=subprocess.DEVNULL, stderr=open(town.dir / "newpg.log", "a"))
    town.env["NEWDB"] = "host=%s user=lianou dbname=postgres" % place
    until(lambda: subprocess.run(["psql", "-X", "-q", town.env["NEWDB"], "-c", "SELECT 1"], capture_output=True).returncode == 0, 20,
          lambda: (town.dir / "newpg.log").stat().st_size)
    return server


def begin(town):
    """Sections 3 to 7, as operate.py follows them, then partners that answer."""
    for kind, box in boxes(1, 7):
        if kind == "console":
            town.console(box)
            continue
        for line in box:
            if line == "lianou intake submit first.json":
                until(lambda: town.run(line).returncode == 0, 30, town.moved)
                town.sent += 1
            elif line == STATUS:
                town.ready()
            else:
                town.line(line)
    for name in ("post", "check", "partners"):
        town.start(name)


def main():
    town = County(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good, moved = False, None
    try:
        begin(town)
        town.apply()
        town.settled("the beginning")
        follow(town, 1)
        town.apply()  # what the copy has not
        first = town.settled("more than the copy has")

        def lost_database():
            subprocess.run(["psql", "-X", "-q", town.db, "-c", "DROP SCHEMA public CASCADE; CREATE SCHEMA public"], check=True,
                           capture_output=True)
        follow(town, 2, lost_database)
        again = town.settled("the database was lost")
        if again["rows"] < first["rows"] or again["closed"] < first["closed"]:
            sys.exit("there is less than before: %s, %s" % (first, again))
        town.apply()
        follow(town, 3, lambda: shutil.rmtree(town.home / "county/state"))
        town.apply()
        town.settled("the state folder was lost")

        def lost_keys():
            shutil.rmtree(town.home / "county/keys")
            (town.home / "county/person.key").unlink()
        town.apply()
        follow(town, 4, lost_keys)
        town.apply()
        town.settled("the keyring was lost")
        town.apply()
        moved = another_database(town)
        follow(town, 5)
        shutil.rmtree(town.home / "county")  # the old machine's
        town.apply()
        last = town.settled("the move to another machine")
        if last["closed"] == 0:
            sys.exit("no case was closed: %s" % last)
        good = True
    finally:
        town.close(keep=not good)
        if moved:
            moved.terminate()
            moved.wait()
    print("%d applications, each loss made good" % town.sent)


if __name__ == "__main__":
    main()
