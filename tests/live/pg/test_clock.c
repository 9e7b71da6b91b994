/* Deadlines on a real PostgreSQL: opened and closed in whatever order the
 * ledger has them, told once each on their days, one day after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/ledger/outbox.h"
#include "bus/role/types.h"
#include "consumers/clock/rules/grant_ends.h"
#include "consumers/clock/rules/pay_days.h"
#include "consumers/clock/rules/reviews.h"
#include "consumers/clock/sql/stages_next.h"
#include "consumers/clock/tick.h"
#include "consumers/ledger/extract.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/claim.h"
#include "schemas/claim_result.h"
#include "schemas/delivery_receipt.h"
#include "schemas/delivery_task.h"
#include "schemas/due.h"
#include "schemas/payment_order.h"
#include "schemas/payment_result.h"
#include "schemas/step.h"
#include "schemas/verification_request.h"
#include "schemas/verification_result.h"
#include "tests/live/pg/place.h"

static struct bus_config config;
static struct bus_policy_calendar *calendar;
static struct clock subject;
static struct bus_ledger_outbox outbox;
static struct bus_wire_registry *schemas;
static struct bus_err err;

static int clock_setup(void **state)
{
    char folder[512];
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&subject.mem, 0, CLOCK_MEM_BYTES);
    bus_arena_init(&outbox.mem, 0, CLOCK_MEM_BYTES);
    schemas = bus_role_types_registry();
    return place_setup(state) != 0 || schemas == NULL ||
           bus_conf_open(&config, folder, NULL, &err) != BUS_OK ||
           bus_policy_calendar_new(config.calendars, config.calendars_count,
                                   &calendar, &err) != BUS_OK;
}

static int clock_teardown(void **state)
{
    bus_policy_calendar_free(calendar);
    bus_wire_registry_free(schemas);
    bus_conf_close(&config);
    clock_fini(&subject);
    bus_arena_fini(&outbox.mem);
    return place_teardown(state);
}

static void number_is(int64_t want, const char *sql)
{
    int64_t got = place_number(sql);
    if (got != want) {
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
    }
}

/* A day is a number in the ledger's detail. */
#define DUE(day) "json_build_object('due', date '" day "' - date '1970-01-01')"

/* An event as the ledger keeps it; at: a time in China; detail: SQL. */
static void ledger_has(const char *topic,
                       int place_of_it,
                       const char *kind,
                       const char *word,
                       int about,
                       const char *at,
                       const char *detail)
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO event (topic, part, place, event_id, kind, household_id, "
        "case_id, about, word, item, partner, note, occurred_at, detail) "
        "VALUES ('%s', 0, %d, gen_random_uuid(), '%s', u(1), u(2), u(%d), "
        "'%s', 'MZ01', 'MZ', '', '%s+08', %s); INSERT INTO reading (topic, "
        "part, next) VALUES ('%s', 0, %d) ON CONFLICT (topic, part) DO UPDATE "
        "SET next = excluded.next",
        topic, place_of_it, kind, about, word, at, detail, topic,
        place_of_it + 1);
    place_do(sql);
}

static void begin(const char *name, const char *day)
{
    char sql[128];
    (void)place_database(name);
    place_do("CREATE FUNCTION u(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS "
             "$f$ SELECT lpad(n::text, 32, '0')::uuid $f$");
    subject.pg = place.pg;
    subject.calendar = calendar;
    subject.config = &config;
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO clock_day (day) VALUES ('%s')", day);
    place_do(sql);
}

/* As if the database's clock stood there: the machine's is what is tried. */
static void ticks_on(const char *day, int64_t ahead_ms, int want)
{
    char sql[512];
    int32_t d = 0;
    struct clock_ticked t = {.more = true};
    assert_true(bus_date_parse(bus_strv(day), &d));
    int64_t now = d * INT64_C(86400000) + 3600000;
    (void)snprintf(sql, sizeof(sql),
                   "CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS "
                   "timestamptz LANGUAGE sql AS $f$ SELECT "
                   "to_timestamp(%lld / 1000.0) $f$; SET search_path TO "
                   "public, pg_catalog",
                   (long long)now);
    place_do(sql);
    while (t.more) {
        int rc = clock_tick(&subject, now + ahead_ms, &t, &err);
        if (rc != want) {
            fail_msg("%d, not %d: %s", rc, want, rc != BUS_OK ? err.msg : "");
        }
        if (rc != BUS_OK) {
            return;
        }
    }
}

/* What left so far, "rule STAGE day", in order. */
static void told(const char *const *want, size_t n)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 1 << 20);
    assert_int_equal(
        bus_ledger_outbox_next(place.pg, CLOCK_OWNER, &outbox, &err), BUS_OK);
    for (size_t i = 0; i < outbox.n && i < n; i++) {
        void *record = NULL;
        char text[96], day[BUS_DATE_TEXT + 1];
        assert_int_equal(bus_wire_decode(schemas, &sa_due_type,
                                         outbox.v[i].value, &mem, &record,
                                         &err),
                         BUS_OK);
        const struct sa_due *d = record;
        (void)snprintf(text, sizeof(text), "%.*s %s %s %.*s",
                       BUS_STRV_ARG(d->rule), sa_due_stage_word(d->stage),
                       bus_date_text(bus_china_day(d->occurred_at), day),
                       BUS_STRV_ARG(d->whose));
        if (strcmp(text, want[i]) != 0) {
            fail_msg("%zu: %s, not %s", i, text, want[i]);
        }
    }
    assert_int_equal(outbox.n, n);
    bus_arena_fini(&mem);
}
#define TOLD(...)                            \
    told((const char *const[]){__VA_ARGS__}, \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Soon, overdue, escalated over the holidays of October 2026 (1 to 7; 10
 * worked); then decided, and nothing more. */
static void stages_on_their_days(void **state)
{
    (void)state;
    begin("stages", "2026-09-01");
    ledger_has("assignments.MZ", 0, "assignment", "ASSIGNED", 3,
               "2026-09-02 10:00", DUE("2026-09-30"));
    ticks_on("2026-09-26", 0, BUS_OK);
    number_is(0, "SELECT count(*) FROM outbox");
    number_is(1, "SELECT count(*) FROM deadline WHERE stage = 'open'");
    ticks_on("2026-09-27", 0, BUS_OK);
    ticks_on("2026-09-27", 0, BUS_OK); /* told once */
    TOLD("decisions SOON 2026-09-27 MZ");
    ticks_on("2026-10-13", 0, BUS_OK);
    TOLD("decisions SOON 2026-09-27 MZ", "decisions OVERDUE 2026-10-01 MZ");
    ticks_on("2026-10-14", 0, BUS_OK); /* five working days: 8, 9, 10, 12, 13 */
    TOLD("decisions SOON 2026-09-27 MZ", "decisions OVERDUE 2026-10-01 MZ",
         "decisions ESCALATED 2026-10-14 MZ");
    ledger_has("cases", 0, "case_event", "DECISION_ACCEPTED", 9,
               "2026-10-14 11:00", "json_build_object('assignment_id', u(3))");
    ticks_on("2026-12-31", 0, BUS_OK);
    number_is(3, "SELECT count(*) FROM outbox");
    number_is(1, "SELECT count(*) FROM deadline WHERE rule = 'decisions' "
                 "AND stage = 'done'");
}

/* The end may be read before the beginning; handed back it begins anew. */
static void in_any_order(void **state)
{
    (void)state;
    begin("orders", "2026-09-01");
    ledger_has("a-cases", 0, "case_event", "DECISION_ACCEPTED", 9,
               "2026-09-03 10:00", "json_build_object('assignment_id', u(3))");
    ledger_has("b-assignments", 0, "assignment", "ASSIGNED", 3,
               "2026-09-02 10:00", DUE("2026-09-10"));
    ticks_on("2026-09-20", 0, BUS_OK);
    number_is(0, "SELECT count(*) FROM outbox");
    ledger_has("b-assignments", 1, "assignment", "RETURNED", 3,
               "2026-09-18 10:00", DUE("2026-10-20"));
    ledger_has("b-assignments", 2, "assignment", "UPDATED", 3,
               "2026-09-19 10:00", DUE("2026-10-20"));
    ticks_on("2026-10-18", 0, BUS_OK);
    TOLD("decisions SOON 2026-10-17 MZ");
    ledger_has("b-assignments", 3, "assignment", "UPDATED", 3,
               "2026-10-18 10:00", DUE("2026-10-20"));
    ticks_on("2026-10-19", 0, BUS_OK); /* not told of the same day again */
    number_is(1, "SELECT count(*) FROM outbox");
}

/* A case that nothing is assigned of is in nobody's hands: the lead
 * department's. One that somebody works on, or that is closed, is not. */
static void nobodys_cases(void **state)
{
    (void)state;
    begin("nobodys", "2026-09-01");
    ledger_has("a-cases", 0, "case_event", "OPENED", 2, "2026-09-02 10:00",
               "'{}'");
    ticks_on("2026-10-02", 0, BUS_OK);
    TOLD("cases SOON 2026-09-29 MZ");
    ticks_on("2026-10-03", 0, BUS_OK);
    TOLD("cases SOON 2026-09-29 MZ", "cases OVERDUE 2026-10-03 MZ");
    ledger_has("b-assignments", 0, "assignment", "ASSIGNED", 3,
               "2026-10-04 10:00", DUE("2026-12-30"));
    ledger_has("b-assignments", 1, "assignment", "ASSIGNED", 4,
               "2026-10-04 10:00", DUE("2026-12-30"));
    ticks_on("2026-12-01", 0, BUS_OK);
    number_is(2, "SELECT count(*) FROM outbox");
    number_is(1, "SELECT count(*) FROM deadline WHERE rule = 'cases' AND "
                 "stage = 'done'");
    ledger_has("a-cases", 1, "case_event", "CLOSED", 2, "2026-12-02 10:00",
               "'{}'");
    ticks_on("2027-02-01", 0, BUS_OK);
    number_is(0, "SELECT count(*) FROM deadline WHERE rule = 'cases' AND "
                 "next_day IS NOT NULL");
}

/* A week of standstill: day by day, each event on its own day. */
static void a_standstill_is_caught_up(void **state)
{
    (void)state;
    begin("standstill", "2026-09-01");
    ledger_has("delivery-tasks.youzheng", 0, "delivery_task", "GOODS", 5,
               "2026-09-01 10:00", DUE("2026-09-06"));
    ledger_has("verification-requests.caixian", 0, "verification_request",
               "REQUESTED", 6, "2026-09-01 10:00", DUE("2026-09-04"));
    ticks_on("2026-09-08", 0, BUS_OK);
    TOLD("requests SOON 2026-09-02 MZ", "deliveries SOON 2026-09-03 MZ",
         "requests OVERDUE 2026-09-05 MZ", "deliveries OVERDUE 2026-09-07 MZ");
    number_is(1, "SELECT count(*) FROM clock_day WHERE day = '2026-09-08'");
}

/* One of the two clocks is wrong: nothing is told, no deadline moves. */
static void a_clock_that_jumps(void **state)
{
    (void)state;
    begin("jumps", "2026-09-01");
    ledger_has("delivery-tasks.youzheng", 0, "delivery_task", "GOODS", 5,
               "2026-09-01 10:00", DUE("2026-09-06"));
    ticks_on("2026-09-02", 30 * INT64_C(86400000), BUS_EAGAIN);
    ticks_on("2026-09-02", -30 * INT64_C(86400000), BUS_EAGAIN);
    number_is(0, "SELECT count(*) FROM outbox");
    ticks_on("2026-09-02", 500000, BUS_OK);
    number_is(1, "SELECT count(*) FROM deadline WHERE due_day = '2026-09-06'");
    ticks_on("2026-09-03", 0, BUS_OK);
    ticks_on("2026-09-01", 0, BUS_OK); /* back: a day that was told is over */
    number_is(1, "SELECT count(*) FROM outbox");
    number_is(1, "SELECT count(*) FROM clock_day WHERE day = '2026-09-03'");
}

/* Pay days, ends and yearly reviews of what the treasury pays. */
static void days_of_awards(void **state)
{
    (void)state;
    begin("awards", "2026-09-01");
    place_do(
        "INSERT INTO fund (code) VALUES ('CG'); INSERT INTO award "
        "(assignment_id, decision_id, household_id, case_id, event_id, item, "
        "beneficiary, purpose, fund, bank, amount_fen, period, day_off, "
        "pay_day, from_month, decided, until, state, payee_hash, personal) "
        "SELECT u(10 + n), u(20), u(1), u(2), u(30 + n), 'MZ' || n, u(1), "
        "'aid', 'CG', 'nongshang', 1, 'month', 'after', 10, 24310, "
        "'2025-09-03', v.last_day, 'live', decode(repeat('00', 16), 'hex'), '' "
        "FROM "
        "(VALUES (1, '2026-09-04'::date), (2, NULL)) v(n, last_day); INSERT "
        "INTO "
        "due_line (line_id, assignment_id, item, beneficiary, period, purpose, "
        "fund, bank, amount_fen, first_day, last_day, pay_day, back) VALUES "
        "(u(40), u(12), 'MZ2', u(1), '2026-09', 'aid', 'CG', 'nongshang', 1, "
        "'2026-09-01', '2026-09-30', '2026-09-10', false)");
    ticks_on("2026-09-30", 0, BUS_OK);
    TOLD("reviews DUE 2026-09-03 treasury", "reviews DUE 2026-09-03 treasury",
         "grant_ends DUE 2026-09-05 treasury",
         "pay_days DUE 2026-09-10 nongshang");
    ticks_on("2027-09-04", 0, BUS_OK); /* each year, of what stands */
    number_is(6, "SELECT count(*) FROM outbox");
}

/* n live awards, a day apart from the first one's on, each of its own. */
static void awards_from(const char *first, int n)
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO fund (code) VALUES ('CG') ON CONFLICT DO NOTHING; INSERT "
        "INTO award (assignment_id, decision_id, household_id, case_id, "
        "event_id, item, beneficiary, purpose, fund, bank, amount_fen, period, "
        "day_off, pay_day, from_month, decided, state, payee_hash, personal) "
        "SELECT u(1000 + n), u(20), u(1), u(2), u(30), 'MZ01', u(1000 + n), "
        "'aid', 'CG', 'nongshang', 1, 'month', 'after', 10, 24310, date '%s' + "
        "n %% 2000, 'live', decode(repeat('00', 16), 'hex'), '' FROM "
        "generate_series(0, %d) n",
        first, n - 1);
    place_do(sql);
}

static void reviewed(const char *day, size_t want)
{
    struct bus_pg_rows *r = NULL;
    assert_int_equal(bus_pg_query(place.pg, consumers_clock_rules_reviews, &day,
                                  1, &r, &err),
                     BUS_OK);
    if (bus_pg_count(r) != want) {
        fail_msg("%s: %zu, not %zu", day, bus_pg_count(r), want);
    }
    bus_pg_rows_free(r);
}

/* Granted on 28 and 29 February and 1 March 2024. */
static void a_year_of_a_leap_day(void **state)
{
    (void)state;
    begin("leap", "2024-01-01");
    awards_from("2024-02-28", 3);
    reviewed("2024-02-29", 0);
    reviewed("2025-02-28", 2);
    reviewed("2025-03-01", 1);
    reviewed("2028-02-28", 1);
    reviewed("2028-02-29", 1);
    reviewed("2028-03-01", 1);
}

#define READS "EXPLAIN (ANALYZE) EXECUTE asked "
/* How the server reads what a rule asks for has this in it, and no row that
 * it read and threw away. */
static void reads_by(const char *index,
                     const char *sql,
                     const char *types,
                     const char *asked)
{
    char text[4096];
    bool there = false;
    struct bus_pg_rows *r = NULL;
    (void)snprintf(text, sizeof(text), "PREPARE asked (%s) AS %s", types, sql);
    place_do(text);
    assert_int_equal(bus_pg_query(place.pg, asked, NULL, 0, &r, &err), BUS_OK);
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        const char *line = bus_pg_value(r, i, 0);
        there |= strstr(line, index) != NULL;
        if (strstr(line, "Seq Scan") != NULL ||
            strstr(line, "Rows Removed") != NULL) {
            fail_msg("%s: %s", index, line);
        }
    }
    bus_pg_rows_free(r);
    place_do("DEALLOCATE asked");
    if (!there) {
        fail_msg("not by %s", index);
    }
}

/* Many awards, lines and deadlines, of which few are due: the others are not
 * looked at. */
static void reads_what_is_due(void **state)
{
    (void)state;
    begin("reads", "2026-09-01");
    awards_from("2021-03-01", 20000);
    place_do(
        "INSERT INTO due_line (line_id, assignment_id, item, beneficiary, "
        "period, purpose, fund, bank, amount_fen, first_day, last_day, "
        "pay_day, back) SELECT u(100000 + n), u(1000 + n), 'MZ01', u(1000 + "
        "n), '2026-09', 'aid', 'CG', 'nongshang', 1, '2026-09-01', "
        "'2026-09-30', date '2026-09-02' + n % 2000, false FROM "
        "generate_series(0, 19999) n; INSERT INTO deadline (rule, about, "
        "household_id, due_day, opened_at, stage, next_day) SELECT 'notices', "
        "u(n), u(1), date '2026-09-05' + n % 2000, now(), 'open', date "
        "'2026-09-02' + n % 2000 FROM generate_series(1, 20000) n; UPDATE "
        "award SET until = '2027-01-01' WHERE assignment_id < u(2000); "
        "ANALYZE");
    reads_by("award_reviewed", consumers_clock_rules_reviews, "date",
             READS "('2026-09-02')");
    reads_by("award_until", consumers_clock_rules_grant_ends, "date",
             READS "('2026-09-02')");
    reads_by("due_line_open", consumers_clock_rules_pay_days, "date",
             READS "('2026-09-02')");
    reads_by("deadline_next", consumers_clock_sql_stages_next, "date, int",
             READS "('2026-09-02', 500)");
}

/* What was told and not committed is told again, under the same id; what is in
 * the outbox leaves under it. */
static void over_a_crash(void **state)
{
    (void)state;
    struct bus_id first;
    begin("crash", "2026-09-01");
    ledger_has("delivery-tasks.youzheng", 0, "delivery_task", "GOODS", 5,
               "2026-09-01 10:00", DUE("2026-09-06"));
    ticks_on("2026-09-02", 0, BUS_OK);
    place_do("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $f$ "
             "BEGIN RAISE 'killed' USING ERRCODE = '40001'; END $f$; CREATE "
             "TRIGGER broken BEFORE UPDATE ON clock_day FOR EACH ROW EXECUTE "
             "FUNCTION broken()");
    struct clock_ticked t;
    int32_t d = 0;
    assert_true(bus_date_parse(BUS_STRV("2026-09-03"), &d));
    place_do("CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz "
             "LANGUAGE sql AS $f$ SELECT '2026-09-03 09:00+08'::timestamptz "
             "$f$");
    assert_int_not_equal(
        clock_tick(&subject, d * INT64_C(86400000) + 3600000, &t, &err),
        BUS_OK);
    number_is(0, "SELECT count(*) FROM outbox");
    place_do("DROP TRIGGER broken ON clock_day");
    ticks_on("2026-09-03", 0, BUS_OK);
    TOLD("deliveries SOON 2026-09-03 MZ");
    first = outbox.v[0].event_id;
    TOLD("deliveries SOON 2026-09-03 MZ"); /* not said to be sent: again */
    assert_true(bus_id_eq(&first, &outbox.v[0].event_id));
    assert_int_equal(bus_ledger_outbox_sent(place.pg, &outbox.v[0].id, 1, &err),
                     BUS_OK);
    assert_int_equal(
        bus_ledger_outbox_next(place.pg, CLOCK_OWNER, &outbox, &err), BUS_OK);
    assert_int_equal(outbox.n, 0);
}

/* --- as the ledger writes them --- */

static struct bus_arena made;

/* A record through the ledger's own hands. */
static void
record_came(const char *topic, const struct bus_wire_type *type, const void *r)
{
    struct ledger_extract x = {0};
    struct ledger_row row;
    struct bus_strv value;
    char text[3][BUS_ID_TEXT + 1];
    static int at;
    assert_int_equal(bus_wire_encode_framed(type, r, &made, &value, &err),
                     BUS_OK);
    assert_int_equal(ledger_extract_init(&x, &err), BUS_OK);
    assert_int_equal(ledger_extract(&x, type, value, &row, &err), BUS_OK);
    const char *params[] = {
        topic,
        bus_arena_printf(&made, "%d", at++),
        row.kind,
        bus_id_text(&row.household_id, text[0]),
        bus_id_text(&row.case_id, text[1]),
        row.has_about ? bus_id_text(&row.about, text[2]) : NULL,
        bus_arena_strndup(&made, row.word.p, row.word.n),
        bus_arena_printf(&made, "%lld", (long long)row.occurred_at),
        bus_arena_strndup(&made, row.detail.p, row.detail.n)};
    static const char put[] =
        "WITH e AS (INSERT INTO event (topic, part, place, event_id, kind, "
        "household_id, case_id, about, word, item, partner, note, occurred_at, "
        "detail) VALUES ($1, 0, $2::int, gen_random_uuid(), $3, $4::uuid, "
        "$5::uuid, $6::uuid, $7, '', 'whoever', '', to_timestamp($8::bigint / "
        "1000.0), $9::json)) INSERT INTO reading (topic, part, next) VALUES "
        "($1, 0, $2::int + 1) ON CONFLICT (topic, part) DO UPDATE SET next = "
        "excluded.next";
    if (bus_pg_query(place.pg, put, params, 9, NULL, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    ledger_extract_fini(&x);
}

#define CAME(topic, name, ...)                                 \
    record_came(topic, &sa_##name##_type,                      \
                &(struct sa_##name){.event_id = {{9}},         \
                                    .household_id = {{1}},     \
                                    .case_id = {{2}},          \
                                    .occurred_at = at += 1000, \
                                    __VA_ARGS__})

static void as_the_ledger_writes_them(void **state)
{
    (void)state;
    int32_t due = 0, day = 0;
    assert_true(bus_date_parse(BUS_STRV("2026-09-30"), &due));
    assert_true(bus_date_parse(BUS_STRV("2026-09-23"), &day));
    int64_t at = day * INT64_C(86400000);
    bus_arena_init(&made, 0, 1 << 22);
    begin("written", "2026-09-22");
    CAME("g", case_event, .kind = SA_CASE_EVENT_KIND_OPENED);
    ticks_on("2026-09-23", 0, BUS_OK);
    number_is(1, "SELECT count(*) FROM deadline WHERE rule = 'cases' AND "
                 "due_day = '2026-10-23' AND whose = 'MZ'");
    CAME("a", assignment, .assignment_id = {{3}}, .due = due,
         .action = SA_ASSIGNMENT_ACTION_ASSIGNED);
    CAME("b", verification_request, .request_id = {{4}}, .due = due,
         .action = SA_REQUEST_ACTION_REQUESTED);
    CAME("c", payment_order, .order_id = {{5}}, .due = due);
    CAME("d", delivery_task, .task_id = {{6}}, .due = due);
    CAME("e", claim_result, .claim_id = {{7}}, .has_until = true, .until = due,
         .outcome = SA_CLAIM_RESULT_OUTCOME_WON);
    CAME("f", step, .assignment_id = {{3}}, .kind = SA_STEP_KIND_NOTICE_POSTED);
    ticks_on("2026-09-23", 0, BUS_OK);
    number_is(6, "SELECT count(*) FROM deadline WHERE due_day = '2026-09-30' "
                 "AND stage = 'open' AND next_day = '2026-09-27' AND whose = "
                 "'whoever'");
    CAME("a", case_event, .kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
         .has_assignment_id = true, .assignment_id = {{3}});
    CAME("b", verification_result, .request_id = {{4}});
    CAME("c", payment_result, .order_id = {{5}});
    CAME("d", delivery_receipt, .task_id = {{6}},
         .outcome = SA_DELIVERY_OUTCOME_FAILED);
    CAME("e", claim, .claim_id = {{7}}, .outcome = SA_CLAIM_OUTCOME_DELIVERED);
    CAME("f", step, .assignment_id = {{3}},
         .kind = SA_STEP_KIND_NOTICE_EXPIRED);
    ticks_on("2026-09-23", 0, BUS_OK);
    number_is(6, "SELECT count(*) FROM deadline WHERE stage = 'done'");
    CAME("d", delivery_receipt, .task_id = {{6}},
         .outcome = SA_DELIVERY_OUTCOME_SIGNED);
    ticks_on("2026-12-31", 0, BUS_OK);
    number_is(7, "SELECT count(*) FROM deadline WHERE stage = 'done'");
    number_is(0, "SELECT count(*) FROM outbox");
    bus_arena_fini(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_on_their_days),
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(nobodys_cases),
        cmocka_unit_test(a_standstill_is_caught_up),
        cmocka_unit_test(a_clock_that_jumps),
        cmocka_unit_test(days_of_awards),
        cmocka_unit_test(a_year_of_a_leap_day),
        cmocka_unit_test(reads_what_is_due),
        cmocka_unit_test(over_a_crash),
        cmocka_unit_test(as_the_ledger_writes_them),
    };
    return cmocka_run_group_tests(tests, clock_setup, clock_teardown);
}
