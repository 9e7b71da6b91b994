#!/usr/bin/env python3
"""ops/docs/operate.md, followed line by line up to its section on copies (backup.py has that): each `sh` box, in order, in one
environment, against real Kafka and PostgreSQL in which nothing was made before. The roles of its `console` box are started
where it starts them."""
import os
import sys

from page import PAGE, STATUS, Bare, boxes, need_kafka  # first: it finds the others
from patience import until

need_kafka()
ANSWERS = {  # the line, and what it has to say
    "lianou check": "0 faults", "lianou register check": "0 faults", "lianou topics plan": " differences",
    "lianou doctor": "0 错误", STATUS: "6 就绪, 0 未就绪, 0 无应答", "lianou intake submit first.json": "1", "lianou audit": "0",
}


def main():
    town = Bare(os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"])
    good, lines = False, 0
    try:
        for kind, box in boxes(1, 8):
            if kind == "console":
                town.console(box)
                continue
            for line in box:
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
