#!/usr/bin/env python3
"""`lianou init`: from an empty folder with flags alone to a closed case, on real Kafka and PostgreSQL, by the commands that it
printed; a county with villages and people of its own; on a terminal, by questions; and what it refuses, without a trace."""
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys

from page import SOURCE, Bare, need_kafka, person  # first: it finds the others
from patience import until
from town import PASSWORD

need_kafka()
# Generated names of the sample's: they belong to nobody.
PEOPLE = [line.split(",")[1] for line in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines() if line.startswith("op-")]
WANTS = {"code": "371425", "zh": "齐河县", "en": "Qihe County", "kafka": "127.0.0.1:9", "db": "host=/nowhere dbname=none",
         "admin-id": "op-first", "admin-name": person()}
NONE = object()
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-66s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[-900:],)), flush=True)


class Empty(Bare):
    def init(self, folder, *more, **other):
        flags = ["--from", str(SOURCE / "bus-config")]
        for name, value in dict(WANTS, **{k.replace("_", "-"): v for k, v in other.items()}).items():
            flags += [] if value is NONE else ["--" + name, value]
        return subprocess.run([self.program, "init", str(folder), *flags, *more], env=self.env, cwd=self.dir, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)


def modes(folder):
    """Whatever in it others may look at."""
    return [str(p) for p in [folder, *folder.rglob("*")] if stat.S_IMODE(p.stat().st_mode) & 0o077]


def refusals(town):
    def refused(what, words, ends, folder, *more, **other):
        before = sorted(town.dir.rglob("*"))
        r = town.init(folder, *more, **other)
        check(what, r.returncode == ends and all(w in r.stderr for w in words) and not r.stdout, r)
        check("  and nothing was made", [p for p in sorted(town.dir.rglob("*")) if p not in before and "/kafka/" not in str(p)
                                          and "/pg/" not in str(p)] == [])
    full = town.dir / "full"
    full.mkdir()
    (full / "bus.yaml").write_text("ours\n")
    refused("a folder with something in it", ("bus.yaml", "未作改动"), 2, full)
    check("  which stays", (full / "bus.yaml").read_text() == "ours\n")
    refused("a file where the folder should be", ("须为新文件夹",), 2, full / "bus.yaml")
    refused("a folder that cannot be made", ("No such file", "文件夹无法建立"), 2, town.dir / "no" / "such" / "place")
    for code in ("37142", "3714255", "37142x", ""):
        refused("--code '%s'" % code, ("--code: found '%s'" % code, "6 digits"), 2, town.dir / "x", code=code)
    refused("an id with a comma", ("--admin-id", "letters, digits"), 2, town.dir / "x", admin_id="a,b")
    refused("an office as a name", ("--admin-name", "S41"), 2, town.dir / "x", admin_name="齐河县民政局")
    refused("brokers without a port", ("--kafka", "HOST:PORT"), 2, town.dir / "x", kafka="broker1,broker2:9092")
    refused("a role that there is not", ("registers/operators.csv", "role"), 2, town.dir / "x", admin_role="king")
    refused("an organisation that there is not", ("registers/operators.csv", "XX"), 2, town.dir / "x", admin_org="XX")
    refused("without a code and a name", ("--code is missing", "--zh is missing", "缺少"), 2, town.dir / "x", code=NONE, zh=NONE)
    refused("a sample that is none", ("bus.yaml",), 2, town.dir / "x", "--from", str(town.home / "bin"))
    refused("training with another county's villages", ("--training", "371425"), 2, town.dir / "x", "--training", code="000101")
    refused("people that are not there", ("No such file",), 2, town.dir / "x", "--operators", "none.csv")
    refused("an option that it has not", ("usage: lianou init",), 2, town.dir / "x", "--force")
    (town.dir / "locked").mkdir(mode=0o555)
    mortal = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []  # root writes wherever it likes
    r = subprocess.run([*mortal, town.program, "init", str(town.dir / "locked/x"), "--from", str(SOURCE / "bus-config"),
                        *(a for k, v in WANTS.items() for a in ("--" + k, v))], env=town.env, capture_output=True, text=True)
    check("a folder that may not be written", r.returncode == 2 and "Permission denied" in r.stderr, r)


def own_county(town):
    """Villages and people of its own: nothing of the sample's is left in it."""
    (town.dir / "villages.csv").write_text("code,name,town_code,town,kind\n000101001001,甲村委会,000101001,甲镇,village\n"
                                           "000101001002,乙村委会,000101001,甲镇,village\n")
    (town.dir / "people.csv").write_text("id,name,org,role,limit_fen,from,to\nop-1,%s,000101001001,assistant,,2024-01-01,\n"
                                         "op-2,%s,000101001002,assistant,,2024-01-01,\n" % (PEOPLE[1], PEOPLE[2]))
    (town.dir / "stations.csv").write_text("village,station,station_name\n000101001001,S1,甲镇服务站\n000101001002,S1,甲镇服务站\n")
    home = town.dir / "own county"  # a blank in its name
    r = town.init(home, "--divisions", "villages.csv", "--stations", "stations.csv", "--operators", "people.csv", code="000101", zh="甲县", en="A'b: County",
                  db="host=/x user='o''k' dbname=none # no")
    check("a county of its own", r.returncode == 0 and "2 村居 villages" in r.stdout, r)
    env = dict(town.env, LIANOU_CONFIG=str(home))
    r = subprocess.run(["lianou", "check"], env=env, capture_output=True, text=True)
    check("  without a fault", r.returncode == 0 and "2 villages of 1 stations, 3 operators" in r.stdout and "\n0 faults" in r.stdout, r)
    text = (home / "bus.yaml").read_text()
    check("  its values, with the names of the environment",
          "${LIANOU_DB:-host=/x user=''o''''k'' dbname=none # no}" in text and "prefix: ${LIANOU_PREFIX:-a.}" in text
          and "lead: MZ #" in text, text)
    check("  nothing of another county", not (home / "divisions/371425.csv").exists()
          and "371425" not in (home / "divisions/stations.csv").read_text())
    check("  nobody else may look", modes(home) == [], modes(home))
    r = town.init(town.dir / "people to come")
    check("villages of the sample, people to come", r.returncode == 0 and "registers/operators.csv" in r.stdout, r)
    env["LIANOU_CONFIG"] = str(town.dir / "people to come")
    r = subprocess.run(["lianou", "check"], env=env, capture_output=True, text=True)
    lines = r.stdout.splitlines()
    check("  check says only that", r.returncode == 1 and all("民政助理员" in line for line in lines[:-2]) and len(lines) == 1038 + 2, lines[-3:])
    r = subprocess.run(["lianou", "doctor"], env=env, capture_output=True, text=True)
    check("  and doctor what is away", [line.split(":")[0] for line in r.stdout.splitlines() if line[:2] in ("错误", "无应")] ==
          ["无应答 AWAY     消息服务 Kafka", "无应答 AWAY     数据库 database"], r.stdout)


def questions(town):
    """On a terminal what no flag says is asked for; a wrong answer again."""
    home = town.dir / "asked"
    home.mkdir()  # an empty one will do
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(town.env)
        os.execv(town.program, ["lianou", "init", str(home), "--from", str(SOURCE / "bus-config"), "--kafka", WANTS["kafka"], "--en", "A"])
    answers = ["12", WANTS["code"], WANTS["zh"], WANTS["db"], WANTS["admin-id"], WANTS["admin-name"], "", ""]
    told = b""
    while True:
        if select.select([fd], [], [], 60)[0]:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            told += piece
            if not piece:
                break
            if answers and told.rstrip(b" ").endswith(b":") and told.endswith(b": "):
                os.write(fd, (answers.pop(0) + "\n").encode())
        else:
            break
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    told = told.decode(errors="replace")
    check("asked on a terminal", code == 0 and not answers and "[371425]" in told and "[director]" in told and "6 digits" in told, told)
    check("  as answered", "op-first,%s,371425,director," % person() in (home / "registers/operators.csv").read_text())


class Shell:
    """One that stays, as an operator's does; its background jobs end with it."""

    def __init__(self, town):
        self.town = town
        self.p = subprocess.Popen(["bash"], env=town.env, cwd=town.dir, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  stderr=open(town.dir / "shell.log", "w"), start_new_session=True)

    def run(self, line):
        """As it was typed; what it leaves running writes into a log."""
        where = ">> roles.log 2>&1 < /dev/null" if line.rstrip().endswith(("&", "& done")) else "< password"
        self.p.stdin.write("{ %s\n} %s\necho \"=$?\"\n" % (line, where))
        self.p.stdin.flush()
        told = []
        for line in self.p.stdout:
            if re.fullmatch(r"=\d+\n", line):
                return int(line[1:]), "".join(told)
            told.append(line)
        sys.exit("the shell ended: %s" % (self.town.dir / "shell.log").read_text())

    def close(self):
        try:
            os.killpg(self.p.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.p.wait(30)


def whole(town):
    home = town.dir / "county"
    home.mkdir()
    r = town.init(home, "--training", kafka=town.bootstrap, db=town.db)
    check("init with flags alone", r.returncode == 0 and not r.stderr, r)
    check("  nobody else may look", modes(home) == [], modes(home))
    (town.dir / "password").write_text(PASSWORD + "\n")
    commands = [line[2:] for line in r.stdout.split("next, line by line:\n")[1].splitlines()]
    shell = Shell(town)
    try:
        for line in commands:
            code, told = shell.run(line)
            if line.startswith(("lianou doctor", "lianou status")):
                until(lambda: shell.run(line)[0] == 0, 90, lambda: (town.dir / "roles.log").stat().st_size if "status" in line else 0)
                code, told = shell.run(line)
            check("$ " + line, code == 0, told + (town.dir / "shell.log").read_text()[-600:])
            if code and line != "lianou doctor":
                return
            if line == "lianou check":
                check("  without a fault", "\n0 faults" in told, told)
        for line in ("lianou generate applications 1 --seed 1 > first.json", "lianou intake submit first.json"):
            code, told = shell.run(line)
            check("$ " + line, code == 0, told + (town.dir / "shell.log").read_text()[-600:])
        town.env["LIANOU_CONFIG"] = str(home)
        ended = until(lambda: (town.audit() or {}).get("closed") == 1, 120, lambda: str(town.audit()))
        last = town.audit()
        check("the first case is closed", bool(ended), last)
        check("  and nothing is amiss", last and not any(last[k] for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), last)
    finally:
        shell.close()


def main():
    town = Empty(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good = False
    try:
        refusals(town)
        own_county(town)
        questions(town)
        whole(town)
        good = not faults
    finally:
        town.close(keep=not good)
    if faults:
        sys.exit("%d wrong: %s" % (len(faults), "; ".join(faults)))
    print("a county from an empty folder")


if __name__ == "__main__":
    main()
