#!/usr/bin/env python3
"""A department's own program takes its assignments as lines and answers on
lines, run by its adapter, on real Kafka and PostgreSQL: it ends in the middle,
hangs, says a line without end, leaves a child that holds the pipe, answers
twice, says again, refuses, and its adapter is killed meanwhile. Each assignment
is decided once; what is refused is a dead letter with its owner; nothing that
it says beside stands in a log, and nothing of the bus in its environment.

The partner's side is the function `work`: all that a department has to write."""
import collections
import json
import os
import pathlib
import random
import sys
import time

CODE = "MZ"


def work(lines, say, keep, decide):
    """A department's program: keep, answer, say that it is taken; the same id is the same event."""
    for line in lines:
        told = json.loads(line)
        if "event_id" not in told:
            continue  # {"answer": 1, "document": {...}}: what became of its first answer
        event, document = told["event_id"], told["document"]
        keep(event, document)
        if document["document"] == "assignment" and document["action"] in ("ASSIGNED", "RETURNED"):
            say(decide(document))
        say({"taken": event})


def to_decide(document):
    return document["document"] == "assignment" and document["action"] in ("ASSIGNED", "RETURNED")


def decision(assignment, officer):
    now = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))
    return {"document": "decision", "version": 1, "reply_to": assignment["reply_to"], "occurred_at": now,
            "reference": "MZ-" + assignment["reply_to"]["event_id"], "outcome": "REFUSED", "reason": "材料不足",
            "decided_by": {"operator_id": officer, "org_code": CODE, "role": "approver"}, "signed_at": now}


def program(folder, officer):
    """What the adapter runs: `work`, on its good and bad days."""
    dice = random.Random(os.getpid())
    folder = pathlib.Path(folder)
    (folder / "environment").write_text(json.dumps(dict(os.environ)))
    note(folder, "started", os.getpid())

    def say(document):
        print(json.dumps(document, ensure_ascii=False), flush=True)

    def lines():
        for line in sys.stdin:
            told = json.loads(line)
            if "answer" in told:
                note(folder, "told", told)
            yield line

    def keep(event, document):
        note(folder, "kept", [event, document])
        mood = (folder / "mood").read_text()
        if mood == "bad":
            bad_day(dice.random(), event, document)
        elif mood == "holds":
            (folder / "mood").write_text("good")
            leave_a_child()
        elif mood == "refuses" and document["document"] == "assignment" and document["action"] == "ASSIGNED":
            refused = (folder / "refused").read_text().split() if (folder / "refused").exists() else []
            if len(refused) < 2:
                note(folder, "refused", None, event)
                say({"refused": event})
                raise Refused

    def leave_a_child():
        child = os.fork()
        if child == 0:
            time.sleep(600)  # with our output open
            os._exit(0)
        note(folder, "child", child)
        os._exit(0)

    def bad_day(n, event, document):
        sys.stderr.write("canary-hush\n" * 20000)
        if n < 0.08:
            sys.exit(0)
        elif n < 0.14:
            time.sleep(60)  # over exec.timeout
        elif n < 0.20:
            while True:
                sys.stdout.write("canary-hush" * 1000)  # a line without end
        elif n < 0.28 and to_decide(document):
            say(decide(document))  # and never says that it is taken
            os._exit(1)
        elif n < 0.34:
            leave_a_child()
        elif n < 0.42:
            say({"again": event})
            raise Refused
        elif n < 0.50:
            print("canary-hush", flush=True)  # left over from looking for a fault
            say({"taken": "aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeee06"})
        elif n < 0.60 and to_decide(document):
            say(decide(document))  # once more below

    def decide(document):
        """What it has once answered it says again, to the letter: another hour would be another answer."""
        answers = folder / "answers"
        answers.mkdir(exist_ok=True)
        kept = answers / document["reply_to"]["event_id"]
        if not kept.exists():
            new = answers / str(os.getpid())
            new.write_text(json.dumps(decision(document, officer)))
            new.rename(kept)
        return json.loads(kept.read_text())

    while True:
        try:
            work(lines(), say, keep, decide)
            return
        except Refused:
            pass


class Refused(Exception):
    """It has said what it thinks of this event: to the next one."""


def note(folder, name, what, text=None):
    with open(folder / name, "a") as f:
        f.write((text or json.dumps(what, ensure_ascii=False)) + "\n")


if sys.argv[1:2] == ["work"]:
    program(*sys.argv[2:4])
    sys.exit(0)

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
    print("SKIPPED: LIANOU_PYTHON and LIANOU_KAFKA_HOME are not set; ops/test brings both")
    sys.exit(77)
if os.environ.get("PROGRAM_INNER") is None:
    os.environ["PROGRAM_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
import re  # noqa: E402
import shutil  # noqa: E402
import tempfile  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
from brokers import free_port  # noqa: E402
from one_partner import SOURCE, conditions, said, submit, text_of, wait  # noqa: E402
from town import Town  # noqa: E402

APPLICATIONS, KILLS = 10, 3
EXEC = """exec:
  command: [%s, %s, work, %s, "${LIANOU_OFFICER:-none}"]
  folder: %s
  environment: [OWN=mine]
  timeout: 1s
  in_flight: 2
  memory: 256MiB
  failures: 3
  open: 1s
"""


def config(folder, metrics):
    shutil.copytree(SOURCE / "bus-config", folder / "bus-config")
    p = folder / "bus-config/partners.d" / (CODE + ".yaml")
    text = p.read_text().replace("transport: kafka", "transport: exec")
    text += "seal: {id: seal-MZ, key: '${LIANOU_SEAL_MZ:-none}'}\n"
    text = re.sub(r"(?m)^retry: .*", "retry: {first: 200ms, max: 2s, tries: 8}", text)
    text += EXEC % (sys.executable, pathlib.Path(__file__).resolve(), folder, folder)
    p.write_text(re.sub(r"metrics_port: .*", "metrics_port: %d" % metrics, text))
    return folder / "bus-config"


class ProgramTown(Town):
    def __init__(self, *args):
        super().__init__(*args)
        rows = [x.split(",") for x in (self.dir / "registers/operators.csv").read_text().splitlines() if not x.startswith("#")]
        officer = next(r[0] for r in rows if r[2] == CODE and "approver" in r[3].split())
        self.env.update(LIANOU_SEAL_MZ=str(self.dir / "seals/seal-MZ.key"), LIANOU_OFFICER=officer)

    def arguments(self, name):
        return ["run", "partner", CODE] if name == CODE else super().arguments(name)


def notes(folder, name):
    return [json.loads(x) for x in (folder / name).read_text().splitlines()] if (folder / name).exists() else []


def lives(pid):
    try:
        return ") Z " not in pathlib.Path("/proc/%d/stat" % pid).read_text()
    except OSError:
        return False


def main():
    binary = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-program-"))
    metrics, good, rng = free_port(), False, random.Random(13)
    (folder / "mood").write_text("bad")
    town = ProgramTown(binary, config(folder, metrics))
    try:
        for name in ("matcher", "dispatch", "ledger", "partners", CODE):
            town.start(name)

        def ended():
            town.revive()
            asked, decided, letters = said(town)
            refused = (folder / "refused").read_text().split() if (folder / "refused").exists() else []
            tasks = {text_of(r["assignment_id"]) for r in asked if r["action"] in ("ASSIGNED", "RETURNED")}
            gone = {text_of(r["assignment_id"]) for r in asked if text_of(r["event_id"]) in refused}
            done = {text_of(r["assignment_id"]) for r in decided}
            return tasks and tasks - gone == done - gone and len(letters) >= len(refused) and (asked, decided, letters)

        submit(town, 7, APPLICATIONS)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.5, 1.5))
            town.kill(CODE)
        asked, decided, letters = wait(town, "decision of each", 60, ended)
        kept, contents = notes(folder, "kept"), collections.defaultdict(set)
        for event, document in kept:
            contents[event].add(json.dumps(document, sort_keys=True))
        starts = len(notes(folder, "started"))
        print("bad days: %d events, %d lines of which %d again, started %d times" % (len(asked), len(kept), len(kept) - len(contents), starts))
        assert len(kept) > len(contents) and starts > KILLS + 2 and not letters, letters
        assert all(len(v) == 1 for v in contents.values()), "the same id is the same event"
        firsts = {e: i for i, (e, _) in reversed(list(enumerate(kept)))}
        houses = collections.defaultdict(list)
        for r in asked:
            houses[text_of(r["household_id"])].append(firsts[text_of(r["event_id"])])
        assert any(len(v) > 1 for v in houses.values()) and all(v == sorted(v) for v in houses.values()), houses
        audit = wait(town, "clean audit", 60, lambda: (lambda a: a and a["unread"] == 0 and a)(town.audit()))
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order", "dead_lettered")), audit

        # Its words of its own stand in no log, ours not in its environment.
        assert "canary-hush" not in (town.dir / (CODE + ".log")).read_text()
        has = json.loads((folder / "environment").read_text())
        assert has["OWN"] == "mine" and has["LIANOU_PARTNER"] == CODE, has
        assert {k for k in has if k.startswith("LIANOU")} == {"LIANOU_PARTNER"} and not set(has) & {"LIANOU_DB", "PROGRAM_INNER", "USER"}, has
        assert any(t["document"]["document"] == "rejection" for t in notes(folder, "told")), "it is told what cannot be used"

        # It ends and leaves a child with the pipe: that is over at once, and the next one gets the event.
        (folder / "mood").write_text("holds")
        before = len(notes(folder, "child"))
        submit(town, 8, 1)
        wait(town, "decision of each", 60, lambda: len(notes(folder, "child")) > before and ended())
        assert not lives(notes(folder, "child")[-1]), "what it forked is ended with it"

        # There is no such program any more: nothing is lost, and it is said.
        (folder / "mood").write_text("good")
        town.roles[CODE].terminate()
        town.roles[CODE].wait()
        assert not lives(notes(folder, "started")[-1]), "it ends with its adapter"
        p = folder / "bus-config/partners.d" / (CODE + ".yaml")
        right = p.read_text()
        p.write_text(right.replace("command: [" + sys.executable, "command: [/nonexistent/python3"))
        town.start(CODE)
        submit(town, 9, 1)
        why = wait(town, "open breaker", 60, lambda: "no such file" in conditions(metrics).get("breaker", {}).get("why", "") and conditions(metrics)["breaker"]["why"])
        print("  no program:", why)
        p.write_text(right)
        town.roles[CODE].terminate()
        town.roles[CODE].wait()

        (folder / "mood").write_text("refuses")
        town.start(CODE)
        submit(town, 10, 3)
        wait(town, "refusals", 60, lambda: (folder / "refused").exists() and len((folder / "refused").read_text().split()) == 2 and ended())
        letters = said(town)[2]
        assert len(letters) == 2 and all(r["reason_code"] == "REFUSED" and r["owner"] == CODE for r in letters), letters
        print("  refused: %d letters, %s" % (len(letters), letters[0]["reason"]))
        (folder / "refused").unlink()
        (folder / "mood").write_text("good")
        town.lianou("dlq", "redrive", "all")
        audit = wait(town, "end of the cases", 60, lambda: ended() and (lambda a: a and a["open"] == 0 and a["unread"] == 0 and a)(town.audit()))
        asked, decided, _ = said(town)
        distinct = {text_of(r["event_id"]) for r in decided}
        print("%d events, %d decisions (%d written again)" % (len(asked), len(distinct), len(decided) - len(distinct)))
        assert len({text_of(r["assignment_id"]) for r in decided}) == len(distinct) and all(r["seal"] for r in decided)
        assert all(audit[k] == 0 for k in ("lost", "duplicated", "torn", "out_of_order")), audit
        good = True
    finally:
        town.close(keep=not good)
        shutil.rmtree(folder, ignore_errors=True)


main()
