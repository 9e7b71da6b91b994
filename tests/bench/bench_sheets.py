#!/usr/bin/env python3
"""A county's month on every board: 30 rows a village, in all formats.

bench-needs: postgresql

The county's villages are those of bus-config/divisions; each has 30 households that were paid in the month, as the ledger has them: case, assignment,
decision, order and the bank's answer, put there set-wise. `lianou sheets make` with the printer beside it makes JSON, HTML and PDF of every village, town
and of the county, and the list. CPU time of the command, of the printer and of PostgreSQL; memory of the greater of the two programs."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from county import SOURCE, County, cpu_of  # noqa: E402

MONTH, DAY, ROWS = "2026-11", "2026-11-10", 30
VILLAGES = [x.split(",")[0] for x in (SOURCE / "bus-config/divisions/371425.csv").read_text().splitlines() if x[:6] == "371425"]
BOARDS = len(VILLAGES) + len({v[:9] for v in VILLAGES}) + 1
DB = os.environ["LIANOU_DB"]
# kind, topic, word, about, detail: what a household's month is in the ledger. Items with rows of their own, and some that are summed.
EVENTS = [
    ("case_event", "cases", "OPENED", "1", "'case_no', 1, 'division_code', village"),
    ("assignment", "assignments.MZ", "ASSIGNED", "2", "'department', 'MZ', 'division_code', village, 'round', 1, 'due', 20800"),
    ("decision", "decisions.MZ", "CONFIRMED", "2", "'decision_id', u(3, home.n), 'delivery', 'BANK'"),
    ("case_event", "cases", "DECISION_ACCEPTED", "3", "'household_size', 1 + home.n % 4, 'fund', 'CG'"),
    ("payment_order", "payment-orders.nongshang", "ORDERED", "4",
     "'decision_id', u(3, home.n), 'assignment_id', u(2, home.n), 'fund', 'CG', 'period', 'MONTH'"),
    ("payment_result", "payment-results.nongshang", "SETTLED", "4", "'value_date', date '%s' - date '1970-01-01'" % DAY),
]
FILLED = """
CREATE FUNCTION u(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(n), 24, '0'))::uuid $$;
CREATE TABLE home AS SELECT row_number() OVER () - 1 AS n, village, (ARRAY['MZ01', 'MZ01', 'MZ01', 'MZ06', 'MZ10'])[1 + m %% 5] AS item, 30000 + 100 * m AS fen
    FROM unnest(ARRAY[%s]) village, generate_series(1, %d) m;
"""
PUT = """
INSERT INTO event (topic, part, place, event_id, kind, household_id, case_id, about, word, item, partner, amount_fen, note, occurred_at, detail)
SELECT '%(topic)s', home.n %% 4, coalesce(r.next, 0) + home.n / 4, u(10 + %(at)d, home.n), '%(kind)s', u(1, home.n), u(1, home.n), u(%(about)s, home.n), '%(word)s', item,
       split_part('%(topic)s', '.', 2), fen, '', timestamptz '%(day)s 10:00+08' + %(at)d * interval '1 minute', json_build_object(%(detail)s)
FROM home LEFT JOIN reading r ON r.topic = '%(topic)s' AND r.part = home.n %% 4;
INSERT INTO reading (topic, part, next) SELECT topic, part, max(place) + 1 FROM event WHERE topic = '%(topic)s' GROUP BY 1, 2
ON CONFLICT (topic, part) DO UPDATE SET next = excluded.next;
"""


def sql(text):
    r = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", DB], input=text, capture_output=True, text=True)
    if r.returncode != 0:
        sys.exit("bench_sheets: " + r.stderr[-2000:])
    return r.stdout.strip()


def fill(villages, rows):
    sql(FILLED % (", ".join("'%s'" % v for v in villages), rows) + "".join(
        PUT % dict(kind=k, topic=t, word=w, about=a, detail=d, at=i, day=DAY) for i, (k, t, w, a, d) in enumerate(EVENTS)) + "ANALYZE;")


def cost(county, *args):
    """CPU seconds of a command with its children and of PostgreSQL, seconds of a clock, kB of the greatest of its processes."""
    server = int(os.environ["LIANOU_DB_PID"])
    def of_server():
        fields = pathlib.Path("/proc/%d/stat" % server).read_text().rsplit(")", 1)[1].split()
        return sum(int(fields[k]) for k in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    was, begun = of_server(), time.monotonic()
    # getrusage's children: what this one has waited for, and they for theirs
    r = subprocess.run([sys.executable, "-c", "import resource, subprocess, sys\nr = subprocess.run(sys.argv[1:], stdout=sys.stderr)\n"
                        "c = resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(c.ru_utime + c.ru_stime, c.ru_maxrss)\nsys.exit(r.returncode)",
                        os.environ["LIANOU_PROGRAM"], *args], env=county.env, capture_output=True, text=True)
    if r.returncode != 0:
        sys.exit("bench_sheets: %s: %s" % (" ".join(args), r.stderr[-2000:]))
    clock = time.monotonic() - begun
    sql("SELECT 1")  # a session that has ended is counted once its server has seen it
    cpu, kb = r.stdout.split()
    return float(cpu), of_server() - was, clock, int(kb)


def row(name, value, unit, target=None, **note):
    print(json.dumps(dict(name="sheets: " + name, value=value, unit=unit, target=target, better="less", **note)), flush=True)


def main():
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory(prefix="lianou-bench-sheets-") as work:
        county = County(work, "sheets.")
        county.lianou("db", "migrate")
        fill(VILLAGES[:40] if quick else VILLAGES, ROWS)
        tables, tables_pg, tables_clock, _ = cost(county, "db", "rebuild", "--new")
        folder = pathlib.Path(work) / "out"
        cpu, pg, clock, kb = cost(county, "sheets", "make", "--month", MONTH, "--out", str(folder))
        made = {end: len(list(folder.glob("*-%s-v1.%s" % (MONTH, end)))) for end in ("json", "html", "pdf")}
        assert set(made.values()) == {BOARDS}, made
        sheet = json.loads((folder / ("%s-%s-v1.json" % (VILLAGES[0], MONTH))).read_text())
        cg = next(f for f in sheet["funds"] if f["fund"] == "CG")
        assert len(cg["rows"]) == ROWS * 4 // 5 and cg["paid_fen"] == sum(30000 + 100 * (m + 1) for m in range(ROWS)), cg
        row("JSON, HTML and PDF of %d boards, %d rows a village, CPU" % (BOARDS, ROWS), round(cpu + pg, 2), "s", 60,
            note="command and printer %.1f, PostgreSQL %.1f; %.1f s of a clock" % (cpu, pg, clock))
        row("memory of the greater of command and printer", round(kb / 1024, 1), "MB", 128)
        row("the tables they are read from, CPU", round(tables + tables_pg, 2), "s", note="%.1f s of a clock" % tables_clock)


if __name__ == "__main__":
    main()
