#!/usr/bin/env python3
"""`lianou partner test`: a partner behind a spool, or a program, that answers
well passes; one that is silent, late, wrong, or answers a task twice and
otherwise does not, and the report says which; nor does a program that says of
no event that it has it, or ends. Neither Kafka nor a database has a part in it."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT")
CODE, WAIT = "MZ", 2


def decision(task, reference):
    now = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))
    return {"document": "decision", "version": 1, "reply_to": task["reply_to"], "occurred_at": now, "reference": reference,
            "outcome": "REFUSED", "reason": "材料不足", "decided_by": {"operator_id": "op-1", "org_code": task["reply_to"]["department"], "role": "approver"}, "signed_at": now}


def good(task, seen):
    return [decision(task, "MZ-" + task["reply_to"]["event_id"])]


def late(task, seen):
    time.sleep(WAIT * 1.2 if len(seen) == 1 else 0)
    return good(task, seen)


def wrong(task, seen):
    return [dict(good(task, seen)[0], outcome="PERHAPS")] + good(task, seen)


def otherwise(task, seen):
    return [decision(task, "MZ-%d" % len(seen))]  # a number of its own for each time it hears of it


def strange(task, seen):
    return good(task, seen) + [decision(dict(task, reply_to=dict(task["reply_to"], assignment_id=task["reply_to"]["case_id"])), "MZ-x")]


def untaken(task, seen):
    return good(task, seen)


def ends(task, seen):
    sys.exit(3)


def program(behave):
    """What `exec` runs: a line in, answers and "taken" out."""
    seen = []
    for line in sys.stdin:
        told = json.loads(line)
        if "event_id" in told:
            seen.append(told["document"])
            for answer in behave(told["document"], seen):
                print(json.dumps(answer, ensure_ascii=False), flush=True)
            if behave is not untaken:
                print(json.dumps({"taken": told["event_id"]}), flush=True)
        elif told["document"]["document"] == "rejection":
            print("told of a rejection", file=sys.stderr, flush=True)


class Partner(threading.Thread):
    def __init__(self, folder, behave):
        super().__init__(daemon=True)
        self.folder, self.behave, self.over = folder, behave, threading.Event()

    def run(self):
        seen = []
        while not self.over.wait(0.1):
            for f in sorted((self.folder / "out").glob("*.json")) if (self.folder / "out").exists() else []:
                task = json.loads(f.read_text())
                f.unlink()
                seen.append(task)
                for i, answer in enumerate(self.behave(task, seen)):
                    part = self.folder / "in" / (".%d-%d" % (len(seen), i))
                    part.write_text(json.dumps(answer, ensure_ascii=False))
                    part.rename(self.folder / "in" / ("%03d-%d.json" % (len(seen), i)))


def tries(folder, config, behave):
    shutil.rmtree(folder / "spool", ignore_errors=True)
    partner = Partner(folder / "spool", behave) if behave else None
    if partner:
        partner.start()
    r = subprocess.run([PROGRAM, "partner", "test", CODE, "--wait", "%ds" % WAIT, "--config", str(config)], capture_output=True, text=True, timeout=120)
    if partner:
        partner.over.set()
        partner.join()
    return r


def silent(task, seen):
    return []


def programs(folder, config):
    p = config / "partners.d" / "FL.yaml"
    base = p.read_text()

    def tried(command, wait):
        p.write_text(base.replace("transport: kafka", "transport: exec\nexec: {command: %s, folder: %s, errors: %s/errors, grace: 1s}"
                                  % (json.dumps(command), folder, folder)))
        return subprocess.run([PROGRAM, "partner", "test", "FL", "--wait", "%ds" % wait, "--config", str(config)], capture_output=True, text=True, timeout=120)
    # Who answers ends the waiting: only what never comes takes its time.
    for behave, code, wait, words in ((good, 0, 60, ("已答复 answered", "and the same 3", "合格 passed")), (silent, 1, WAIT, ("无答复 silent", "不合格 failed")),
                                      (wrong, 1, 60, ("/outcome  WORD", "不合格 failed")), (untaken, 1, WAIT, ("NOT_TAKEN", "有误 faults 6", "不合格 failed")),
                                      (ends, 1, 60, ("程序自行结束",))):
        r = tried([sys.executable, str(pathlib.Path(__file__).resolve()), behave.__name__], wait)
        assert r.returncode == code, (behave, r.returncode, r.stdout, r.stderr)
        for word in words:
            assert word in r.stdout + r.stderr, (behave, word, r.stdout, r.stderr)
        assert "材料不足" not in r.stdout + r.stderr
    assert "told of a rejection" in (folder / "errors").read_text(), "told what became of each"
    r = tried(["/nonexistent/program"], WAIT)
    assert r.returncode == 3 and "no such file" in r.stderr, (r.returncode, r.stderr)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-kit-"))
    try:
        config = folder / "bus-config"
        shutil.copytree(SOURCE / "bus-config", config)
        p = config / "partners.d" / (CODE + ".yaml")
        p.write_text(p.read_text().replace("transport: kafka", "transport: spool\nspool_dir: %s/spool" % folder))
        for behave, code, words in ((good, 0, ("已答复 answered", "and the same 3", "合格 passed")), (None, 1, ("无答复 silent", "不合格 failed")),
                                    (late, 1, ("超时答复 late", "不合格 failed")), (wrong, 1, ("/outcome  WORD", "不合格 failed")),
                                    (otherwise, 1, ("answered otherwise, too", "不合格 failed")), (strange, 1, ("not asked 6", "不合格 failed"))):
            r = tries(folder, config, behave)
            assert r.returncode == code, (behave, r.returncode, r.stdout, r.stderr)
            for word in words:
                assert word in r.stdout, (behave, word, r.stdout, r.stderr)
            assert "材料不足" not in r.stdout + r.stderr
        print(r.stdout)
        assert len(list((folder / "spool/done").glob("*.ack.json"))) == 12, "told what became of each"

        programs(folder, config)

        # Where somebody's events wait it does not meddle; other transports have no such test.
        (folder / "spool/out/x.json").write_text("{}")
        r = subprocess.run([PROGRAM, "partner", "test", CODE, "--config", str(config)], capture_output=True, text=True)
        assert r.returncode == 1 and "1 events and 0 answers wait there already" in r.stderr, (r.returncode, r.stderr)
        assert (folder / "spool/out/x.json").exists()
        r = subprocess.run([PROGRAM, "partner", "test", "RS", "--config", str(config)], capture_output=True, text=True)
        assert r.returncode == 2 and "for transports spool, postgres and exec" in r.stderr, (r.returncode, r.stderr)
        r = subprocess.run([PROGRAM, "partner", "test", "nobody", "--config", str(config)], capture_output=True, text=True)
        assert r.returncode == 2 and "no partner 'nobody'" in r.stderr, (r.returncode, r.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if sys.argv[1:]:
    program({b.__name__: b for b in (good, silent, wrong, untaken, ends)}[sys.argv[1]])
else:
    main()
