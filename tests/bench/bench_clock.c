/* A tick of the clock over a million open deadlines.
 *
 * bench-needs: postgresql
 *   bench_clock [--json] [--quick]
 *
 * consumers/clock/tick.h as the role runs it, on the ledger's own tables,
 * filled set-wise: deadlines open and done, awards with due lines of three
 * years, and events that the clock has read. Then days one after the other,
 * each with some hundred things to tell (stages, pay days, reviews, ends of
 * grants); ticks that read some hundred new events; and ticks with nothing at
 * all. CPU time of this process and of its server session, in the middle of the
 * ticks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/base/clock.h"
#include "bus/ledger/migrate.h"
#include "consumers/clock/tick.h"

#define DAYS  9 /* ticks of a kind */
#define A_DAY 200 /* of each kind */

static struct bus_config config;
static struct bus_policy_calendar *calendar;
static struct clock subject;
static struct bus_err err;
static long open_deadlines = 1000000;
static int server;

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_clock: %s\n", what);
    exit(1);
}

static void run_sql(const char *sql)
{
    if (bus_pg_exec(subject.pg, sql, &err) != BUS_OK) {
        die(err.msg);
    }
}

static int64_t ask(const char *sql)
{
    struct bus_pg_rows *r = NULL;
    if (bus_pg_query(subject.pg, sql, NULL, 0, &r, &err) != BUS_OK) {
        die(err.msg);
    }
    int64_t n = bus_pg_count(r) > 0 ? bus_pg_i64(r, 0, 0) : 0;
    bus_pg_rows_free(r);
    return n;
}

/* Of this process and of its session, in milliseconds. */
static double spent_ms(void)
{
    struct timespec own, other;
    clockid_t of_server;
    if (clock_getcpuclockid(server, &of_server) != 0 ||
        clock_gettime(of_server, &other) != 0 ||
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0) {
        die("no CPU time of the session");
    }
    return (double)(own.tv_sec + other.tv_sec) * 1e3 +
           (double)(own.tv_nsec + other.tv_nsec) / 1e6;
}

/* --- the tables --- */

/* today is the last of the days that are told; each has A_DAY stages, pay days
 * and a share of the awards' reviews and ends. Triggers and foreign keys are
 * left out while they are filled: states have histories. */
static const char *const filled[] = {
    "CREATE FUNCTION u(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql "
    "AS $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(n), 24, '0'))"
    "::uuid $$",
    "SET session_replication_role = replica",
    "INSERT INTO fund (code) VALUES ('CG') ON CONFLICT DO NOTHING",
    "INSERT INTO clock_day (day) SELECT today - days FROM bench",
    /* told long ago, or in weeks: open; the rest is done */
    "INSERT INTO deadline (rule, about, household_id, case_id, item, whose, "
    "due_day, opened_at, stage, next_day) SELECT (ARRAY['decisions', "
    "'requests', 'payments', 'deliveries', 'claims', 'notices'])[1 + n % 6], "
    "u(1, n), u(2, n / 40), u(3, n / 20), 'MZ01', 'MZ', today + 10 + n::int "
    "% 300, now() - interval '9 days', 'open', today + 7 + n::int % 300 FROM "
    "bench, generate_series(1, open) n",
    "INSERT INTO deadline (rule, about, household_id, closed_at, stage) SELECT "
    "'decisions', u(4, n), u(2, n / 40), now(), 'done' FROM bench, "
    "generate_series(1, open / 2) n",
    "UPDATE deadline SET due_day = today + 3 - days + s.day, next_day = today "
    "- "
    "days + s.day FROM (SELECT n, 1 + n % days AS day FROM bench, "
    "generate_series(1, a_day * days) n) s, bench WHERE rule = (ARRAY["
    "'decisions', 'requests', 'payments', 'deliveries', 'claims', 'notices'])"
    "[1 + n % 6] AND about = u(1, n)",
    "INSERT INTO award (assignment_id, decision_id, household_id, case_id, "
    "event_id, item, beneficiary, purpose, fund, bank, amount_fen, period, "
    "day_off, pay_day, from_month, decided, until, state, next_pay, "
    "payee_hash, personal) SELECT u(5, n), u(6, n), u(2, n), u(3, n), u(7, n), "
    "'MZ01', u(8, n), 'aid', 'CG', 'nongshang', 66000, 'month', 'after', 10, "
    "24300, today - n::int % 1461, CASE WHEN n % 3 = 0 THEN today + 7 + "
    "n::int % 700 WHEN n % 365 = 1 THEN today - 1 - n::int % days END, "
    "'live', today + 20, decode(repeat('00', 16), 'hex'), '' FROM bench, "
    "generate_series(1, open / 20) n",
    "INSERT INTO due_line (line_id, assignment_id, item, beneficiary, period, "
    "purpose, fund, bank, amount_fen, first_day, last_day, pay_day, back, "
    "state) SELECT u(9, n * 100 + m), u(5, n), 'MZ01', u(8, n), m::text, "
    "'aid', 'CG', 'nongshang', 66000, today - 30 * m - 60, today - 30 * m - "
    "31, today - days - 30 * m, false, 'settled' FROM bench, "
    "generate_series(1, open / 20) n, "
    "generate_series(1, 20) m",
    "INSERT INTO due_line (line_id, assignment_id, item, beneficiary, period, "
    "purpose, fund, bank, amount_fen, first_day, last_day, pay_day, back) "
    "SELECT u(9, n * 100 + 99), u(5, n), 'MZ01', u(8, n), 'now', 'aid', 'CG', "
    "'nongshang', 66000, today - 30, today, CASE WHEN n <= a_day * days / 3 "
    "THEN today - n::int % days ELSE today + 20 END, false FROM bench, "
    "generate_series(1, open / 20) n",
    "INSERT INTO event (topic, part, place, event_id, kind, household_id, "
    "case_id, about, word, item, partner, note, occurred_at, detail) SELECT "
    "'assignments.MZ', n % 4, n / 4, u(10, n), 'assignment', u(2, n / 40), "
    "u(3, n / 20), u(1, n), 'ASSIGNED', 'MZ01', 'MZ', '', now(), "
    "json_build_object('due', today - date '1970-01-01' + 90) FROM bench, "
    "generate_series(0, open / 4 - 1) n",
    "INSERT INTO reading SELECT topic, part, max(place) + 1 FROM event GROUP "
    "BY 1, 2",
    "INSERT INTO clock_reading SELECT topic, part, next FROM reading",
    "SET session_replication_role = DEFAULT",
    "VACUUM ANALYZE",
};

static void fill(void)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "CREATE TABLE bench AS SELECT %ld::bigint AS open, %d AS "
                   "days, %d AS a_day, (now() AT TIME ZONE 'Asia/Shanghai')"
                   "::date AS today",
                   open_deadlines, DAYS, A_DAY);
    run_sql(sql);
    for (size_t i = 0; i < sizeof(filled) / sizeof(filled[0]); i++) {
        run_sql(filled[i]);
    }
}

/* A_DAY assignments are new in the ledger. */
static void news(void)
{
    run_sql(
        "INSERT INTO event (topic, part, place, event_id, kind, "
        "household_id, case_id, about, word, item, partner, note, "
        "occurred_at, detail) SELECT topic, part, next + s.g, "
        "gen_random_uuid(), 'assignment', u(2, s.g), u(3, s.g), "
        "gen_random_uuid(), 'ASSIGNED', 'MZ01', 'MZ', '', now(), "
        "json_build_object('due', today - date '1970-01-01' + 90) FROM "
        "bench, reading, generate_series(0, a_day - 1) s(g) WHERE part = 0; "
        "UPDATE reading SET next = next + (SELECT a_day FROM bench) WHERE "
        "part = 0");
}

/* --- ticks --- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ticked(const char *what, void (*before)(void), bool reads)
{
    double ms[DAYS];
    int64_t told = 0, read = 0;
    struct clock_ticked t;
    for (int i = 0; i < DAYS; i++) {
        if (before != NULL) {
            before();
        }
        double begun = spent_ms();
        if (clock_tick(&subject, bus_clock_system.wall_ms(NULL), &t, &err) !=
            BUS_OK) {
            die(err.msg);
        }
        ms[i] = spent_ms() - begun;
        told += t.told;
        read += t.read;
    }
    if (reads ? read != (int64_t)A_DAY * DAYS : read != 0) {
        die("a tick that has not read what it should");
    }
    qsort(ms, DAYS, sizeof(ms[0]), by_value);
    (void)printf(
        "{\"name\":\"clock: a tick, %ld open deadlines, %s\",\"value\":%.2f,"
        "\"unit\":\"ms\",\"target\":50,\"better\":\"less\",\"note\":\"%lld "
        "told and %lld read a tick; %.2f to %.2f\"}\n",
        open_deadlines, what, ms[DAYS / 2], (long long)told / DAYS,
        (long long)read / DAYS, ms[0], ms[DAYS - 1]);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    char folder[512];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            open_deadlines = 50000;
        }
    }
    if (getenv("LIANOU_DB") == NULL || getenv("LIANOU_SOURCE") == NULL) {
        die("LIANOU_DB and LIANOU_SOURCE are to be set");
    }
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (bus_conf_open(&config, folder, NULL, &err) != BUS_OK ||
        bus_policy_calendar_new(config.calendars, config.calendars_count,
                                &calendar, &err) != BUS_OK ||
        bus_pg_open(getenv("LIANOU_DB"), 0, &subject.pg, &err) != BUS_OK ||
        bus_ledger_migrate(subject.pg, false, NULL, &err) != BUS_OK) {
        die(err.msg);
    }
    subject.calendar = calendar;
    subject.config = &config;
    bus_arena_init(&subject.mem, 0, CLOCK_MEM_BYTES);
    server = (int)ask("SELECT pg_backend_pid()");
    fill();
    ticked("a day's", NULL, false);
    if (ask("SELECT count(*) FROM outbox WHERE owner = 'clock'") <
            (int64_t)DAYS * A_DAY ||
        ask("SELECT day = today FROM clock_day, bench") < 0) {
        die("days were not told");
    }
    ticked("new events", news, true);
    ticked("nothing new", NULL, false);
    clock_fini(&subject);
    bus_pg_close(subject.pg);
    bus_policy_calendar_free(calendar);
    bus_conf_close(&config);
    return 0;
}
