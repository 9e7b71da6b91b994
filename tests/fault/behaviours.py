#!/usr/bin/env python3
"""What the roles do when the world is not as it should be, one town through all
of it: the broker gone, the database gone, a second matcher by mistake, a clock
that steps back or forward, a full disk under the matcher's state, under intake's
journal, under a partner's spool, a map that is too small, that state lost. After
each: nothing lost, doubled, torn or out of order.

  behaviours.py [NAME...]        those only
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

PYTHON = os.environ.get("LIANOU_PYTHON")
if PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE))
from brokers import free_port, start_brokers  # noqa: E402
from run import settle, skip  # noqa: E402
from patience import SLOW, until as patiently  # noqa: E402
from smalldisk import SmallDisk  # noqa: E402
from town import ROLES, Town  # noqa: E402

SERVING = ("matcher", "dispatch", "ledger", "intake")


class Failed(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Failed(what)


class Play:
    def __init__(self, program):
        self.town = Town(program)
        self.fed = 0
        self.disk = None

    def until(self, holds, seconds, what):
        need(patiently(holds, seconds, self.town.moved), "nothing moved for %d s: %s" % (seconds * SLOW, what))

    def stays(self, holds, what, times=6):
        """It holds, and goes on to: as often as a role can be asked, half a second
        between two answers, however long an answer takes."""
        for i in range(times):
            need(holds(), "%s, also the %d. time" % (what, i + 1))
            time.sleep(0.5)

    def feed(self, n):
        """Other households each time; all of them taken."""
        self.fed += n
        lines = self.town.lianou("generate", "applications", str(n), "--seed", str(1000 + self.fed)).stdout
        file = self.town.dir / ("feed%d" % self.fed)
        file.write_text(lines)
        r = self.town.lianou("intake", "submit", str(file), check=False)
        need(r.returncode == 0, "submit: " + r.stdout + r.stderr[-300:])

    def clean(self):
        last = settle(self.town, 120)
        need(last is not None, "the ledger came to rest")
        need(last["applications"] == self.fed, "%d of %d applications" % (last["applications"], self.fed))
        need(all(last[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order")), str(last))

    def ready(self, role, port=None):
        """(is it, what it says)"""
        port = port or self.town.env["LIANOU_PORT_" + role.upper()]
        try:
            with urllib.request.urlopen("http://127.0.0.1:%s/readyz" % port, timeout=5) as answer:
                return True, answer.read().decode()
        except urllib.error.HTTPError as e:
            return False, e.read().decode()
        except OSError as e:
            return False, str(e)

    def all_ready(self, roles=SERVING, seconds=60):
        self.until(lambda: all(self.ready(r)[0] for r in roles), seconds, "ready: %s" % {r: self.ready(r) for r in roles})

    def log(self, role):
        return (self.town.dir / (role + ".log")).read_text(errors="replace")

    def lost_lines(self, role, condition, since):
        return len(re.findall(r'condition lost" condition="%s"' % condition, self.log(role)[since:]))

    def stop(self, role):
        """Ends it and forgets it; its log so far."""
        p = self.town.roles.pop(role)
        p.terminate()
        p.wait(30)
        return p.returncode

    # -- the behaviours

    def broker_gone(self):
        """Every role goes on living, says so in /readyz and once in its log, and
        goes on by itself when the broker is back."""
        since = {r: len(self.log(r)) for r in SERVING}
        subprocess.run([SOURCE / "ops/kafka/stop", self.town.dir / "kafka", "KILL"], check=True)
        conditions = {r: "kafka producer" if r == "intake" else "kafka" for r in SERVING}
        self.until(lambda: all(c in self.ready(r)[1] for r, c in conditions.items()), 30, "each says so in /readyz")
        for r, condition in conditions.items():
            self.stays(lambda r=r, c=condition: c in self.ready(r)[1], "/readyz of %s says it" % r)
            need(self.town.roles[r].poll() is None, r + " lives on")
            n = self.lost_lines(r, condition, since[r])
            need(n == 1, "%s says it once in its log, not %d times" % (r, n))
        start_brokers(self.town.dir / "kafka")
        self.all_ready(seconds=90)
        for r in SERVING:
            need(self.town.roles[r].poll() is None, r + " was never started again")
        self.feed(10)

    def database_gone(self):
        """The ledger waits, says so once, and goes on; the others do not notice."""
        since = len(self.log("ledger"))
        self.town.server.send_signal(3)
        self.town.server.wait()
        self.feed(10)
        self.until(lambda: "database" in self.ready("ledger")[1], 30, "the ledger says so in /readyz")
        self.stays(lambda: "database" in self.ready("ledger")[1] and self.ready("matcher")[0], "the ledger waits, the matcher does not")
        self.town.start_database()
        self.all_ready(seconds=60)
        n = self.lost_lines("ledger", "database", since)
        need(n == 1, "said once in the log, not %d times" % n)

    def second_matcher(self):
        """By mistake, on the same machine and state: the first sees that it is
        fenced and stops, the second goes on; neither fences the other again."""
        first = self.town.roles["matcher"]
        since, port = len(self.log("matcher")), self.town.env["LIANOU_PORT_MATCHER"]
        self.town.env["LIANOU_PORT_MATCHER"] = str(free_port())
        self.town.start("matcher")
        # Idle: told by the group, not by a transaction that is refused.
        self.until(lambda: first.poll() is not None, 60, "the first stops, though it has nothing to do")
        need(first.returncode != 0, "with a failure: %d" % first.returncode)
        need("BUS_EFENCED" in self.log("matcher")[since:], "and says why")
        self.all_ready(seconds=60)
        self.feed(10)
        need(self.town.roles["matcher"].poll() is None, "the second lives")
        self.clean()
        self.stop("matcher")
        self.town.env["LIANOU_PORT_MATCHER"] = port
        self.town.start("matcher")

    def clock_back(self):
        """Hours and a day back under a running matcher and dispatch: order and ids
        come from the events, not from the clock."""
        self.clock_stepped("0", "-3600", "-86400", "-7200")

    def clock_forward(self):
        """Minutes and days ahead of the broker's clock, which refuses what says it
        is of tomorrow: the topics take the broker's time."""
        self.clock_stepped("86400", "864000")

    def clock_stepped(self, *steps):
        shim = self.town.dir / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "clock.c", "-ldl"], check=True)
        offset = self.town.dir / "clock"
        offset.write_text("0")
        for r in ("matcher", "dispatch"):
            self.stop(r)
        kept = dict(self.town.env)
        self.town.env.update(LD_PRELOAD=str(shim), CLOCK_FILE=str(offset))
        for r in ("matcher", "dispatch"):
            self.town.start(r)
        self.town.env = kept
        self.all_ready(("matcher", "dispatch"))
        for seconds in steps:
            offset.write_text(seconds)
            self.feed(6)
            time.sleep(1)
        need("2" in re.findall(r"time=(\S+)", self.log("matcher"))[-1], "it logs")
        self.clean()
        for r in ("matcher", "dispatch"):
            need(self.town.roles[r].poll() is None, r + " lives on")
            self.stop(r)
            self.town.start(r)

    def matcher_disk_full(self):
        """The matcher stops, or waits; started again it waits, says so in /readyz,
        and with room goes on by itself. The others do not notice."""
        self.stop("matcher")
        disk = self.disk = SmallDisk(self.town.dir / "state/matcher")
        self.town.start("matcher")
        self.all_ready(("matcher",))
        since = len(self.log("matcher"))
        disk.fill(self.town.roles["matcher"])
        self.feed(150)
        # Its supervisor is who starts it again.
        self.until(lambda: self.town.revive() or disk.also(self.town.roles["matcher"]) or disk.says(self.ready("matcher")[1]), 60,
              "/readyz says that the disk is full")
        p = self.town.roles["matcher"]
        self.stays(lambda: p.poll() is None and not self.ready("matcher")[0], "then it waits")
        need(disk.mounted is False or disk.says(self.log("matcher")[since:]), "its log says so")
        need(all(self.ready(r)[0] for r in ("dispatch", "ledger", "intake")), "the others are ready")
        disk.free()
        self.all_ready(("matcher",))
        need(p.poll() is None, "it goes on by itself")
        self.clean()
        self.give_up_disk(disk, "matcher")

    def journal_disk_full(self):
        """With Kafka there intake needs no disk. Without, what finds no room is not
        taken: 503 with Retry-After; with room it is, and drained afterwards."""
        self.stop("intake")
        disk = self.disk = SmallDisk(self.town.dir / "state/intake")
        self.town.start("intake")
        self.all_ready(("intake",))
        p = self.town.roles["intake"]
        one, two, three = self.town.lianou("generate", "applications", "3", "--seed", str(9000 + self.fed)).stdout.splitlines()
        disk.fill(p)
        self.taken(one, "accepted")
        subprocess.run([SOURCE / "ops/kafka/stop", self.town.dir / "kafka", "KILL"], check=True)
        self.refused_for_want_of_room(two)
        disk.free()
        self.taken(two, "journaled")
        disk.fill(p)
        self.refused_for_want_of_room(three)
        need(p.poll() is None, "it lives on")
        start_brokers(self.town.dir / "kafka")
        self.all_ready(seconds=90)
        # Not before what waits is drained: that is first in order.
        self.until(lambda: self.post(three)[0] == 202, 30, "the disk still full, it takes again")
        self.fed += 1
        self.clean()
        disk.free()
        self.give_up_disk(disk, "intake")

    def spool_disk_full(self):
        """The adapter waits, says so, and gives what waited when there is room."""
        for r in ("partners", "post"):
            self.stop(r)
        disk = self.disk = SmallDisk(self.town.dir / "state/spool/youzheng")
        self.town.start("partners")
        p = self.town.roles["post"]
        self.until(lambda: self.ready("youzheng")[0], 30, "the adapter is ready")
        disk.fill(p)
        self.feed(60)
        self.until(lambda: disk.says(self.ready("youzheng")[1]), 60, "/readyz of the adapter says it")
        self.stays(lambda: p.poll() is None and disk.says(self.ready("youzheng")[1]), "it waits")
        need(all(self.ready(r)[0] for r in SERVING), "the others are ready")
        disk.free()
        self.until(lambda: self.ready("youzheng")[0], 30, "it goes on by itself")
        need(p.poll() is None, "the same process")
        self.clean()
        for r in ("partners", "post"):
            self.stop(r)
        disk.close()
        self.town.start("partners")

    def give_up_disk(self, disk, role):
        self.stop(role)
        disk.close()
        self.town.start(role)

    def post(self, body):
        """(status, headers, what it says); a connection that is refused is no answer"""
        request = urllib.request.Request("http://127.0.0.1:%d/v1/applications" % self.town.port, body.encode(),
                                         {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read().decode()

    def taken(self, body, how):
        status, _, text = self.post(body)
        need(status == 202 and how in text, "202 %s, not %d %s" % (how, status, text))
        self.fed += 1

    def refused_for_want_of_room(self, body):
        status, headers, text = self.post(body)
        need(status == 503 and headers["Retry-After"], "503 with Retry-After, not %d %s" % (status, text))

    def map_full(self):
        """No room for the matcher's state: it stops or waits, says which key or
        what is full, and with room goes on where it was."""
        config = self.town.dir / "config"
        shutil.copytree(self.town.env["LIANOU_CONFIG"], config)
        bus = (config / "bus.yaml").read_text()
        (config / "bus.yaml").write_text(bus.replace("  batch_wait: 20ms\n", "  batch_wait: 20ms\n  map_size: 1MiB\n"))
        self.stop("matcher")
        shutil.rmtree(self.town.dir / "state/matcher")
        since, kept = len(self.log("matcher")), dict(self.town.env)
        self.town.env["LIANOU_CONFIG"] = str(config)
        self.town.start("matcher")
        self.town.env = kept
        self.feed(150)
        p = self.town.roles["matcher"]
        self.until(lambda: p.poll() is not None or "map_size" in self.ready("matcher")[1], 60, "the room ends")
        said = self.log("matcher")[since:] + self.ready("matcher")[1]
        need("raise matcher.map_size" in said, "and it says what to do: " + said[-600:])
        if p.poll() is None:
            self.stop("matcher")
        else:
            need(p.returncode != 0, "it stops with a failure")
            self.town.roles.pop("matcher")
        self.town.start("matcher")

    def state_lost(self):
        """The matcher's directory is gone: restored from the topic."""
        self.stop("matcher")
        shutil.rmtree(self.town.dir / "state/matcher")
        self.town.start("matcher")
        self.all_ready(("matcher",))
        self.feed(10)


NAMES = ("broker_gone", "database_gone", "second_matcher", "clock_back", "clock_forward", "matcher_disk_full", "journal_disk_full",
         "spool_disk_full", "map_full", "state_lost")


def play(program, names):
    import checker
    good, p = False, None
    try:
        p = Play(program)
        for role in ROLES:
            p.town.start(role)
        p.feed(15)
        p.all_ready()
        p.clean()
        for name in names:
            begun = time.time()
            getattr(p, name)()
            p.clean()
            print("  ok   %s (%.0f s)" % (name, time.time() - begun), flush=True)
        found, counts, _ = checker.check(p.town.bootstrap, "qihe.", SOURCE / "schemas", p.town.db)
        need(not any(found.values()), "checker: %s" % {k: v[:3] for k, v in found.items()})
        print("  checker:", counts["applications"], "applications,", {k: len(v) for k, v in found.items()})
        good = True
    except Failed as e:
        print("  FAILED", e)
    finally:
        if p is not None:
            if p.disk is not None:
                p.disk.abandon()
            p.town.close(keep=not good)
    return good


def main():
    names = sys.argv[1:] or NAMES
    if not PYTHON:
        skip("LIANOU_PYTHON is not set; ops/test makes it")
    if not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_KAFKA_HOME is not set; ops/test brings Kafka")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    sys.exit(0 if play(program, names) else 1)


if __name__ == "__main__":
    main()
