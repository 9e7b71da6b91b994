/* What the events come to, in tables: written anew from the events, or what is
 * new of them, the rows are the same; and what a row says. */
#include "bus/ledger/sql/life_rebuild.h"
#include "bus/ledger/sql/life_refresh.h"
#include "tests/live/pg/writer.h"

#define HOUSEHOLDS 24

static const char *const tables[] = {
    "household", "member",  "case",     "assignment",   "step", "decision",
    "award",     "payment", "delivery", "verification", "need", "claim"};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static int64_t rows_by(const char *sql)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    if (bus_pg_query(place.pg, sql, NULL, 0, &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    int64_t n = bus_pg_i64(r, 0, 0);
    bus_pg_rows_free(r);
    return n;
}

/* Rows that two hold and only one of them has. */
static int64_t differ(const char *a, const char *b, const char *name)
{
    char sql[400];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT (SELECT count(*) FROM (TABLE %1$s EXCEPT ALL TABLE "
                   "%2$s) AS x) + (SELECT count(*) FROM (TABLE %2$s EXCEPT ALL "
                   "TABLE %1$s) AS y) /* %3$s */",
                   a, b, name);
    return place_number(sql);
}

static void all_hold(void)
{
    char now[64], table[64];
    for (size_t i = 0; i < TABLES; i++) {
        (void)snprintf(table, sizeof(table), "life_%s", tables[i]);
        (void)snprintf(now, sizeof(now), "life_%s_now", tables[i]);
        assert_int_equal(differ(table, now, tables[i]), 0);
    }
}

static void new_rows_are_the_same_as_all_anew(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[64];
    char sql[200], was[64], table[64];
    size_t n = 0, all;
    (void)state;
    open_writer(&w, place_database("life"), 0);
    messages_init(&l, HOUSEHOLDS * LETTERS_PER_CASE);
    for (uint32_t i = 0; i < HOUSEHOLDS; i++) {
        messages_case(&l, i);
    }
    place_until(is_ready, &w, "ready");
    all = l.n;
    for (int part = 1; part <= 3; part++) { /* as they come, a third a time */
        size_t from = all * (size_t)(part - 1) / 3;
        struct messages some = l;
        some.msgs = l.msgs + from;
        some.n = all * (size_t)part / 3 - from;
        put(&w, &some, batches, &n);
        place_until(is_idle, &w, "written");
        assert_int_equal(w.fails, 0);
        assert_true(rows_by(bus_ledger_sql_life_refresh) > 0);
        all_hold();
    }
    assert_int_equal(rows_by(bus_ledger_sql_life_refresh), 0);
    assert_int_equal(place_number("SELECT count(*) FROM life_household"),
                     HOUSEHOLDS);
    assert_true(place_number("SELECT count(*) FROM life_payment WHERE state = "
                             "'SETTLED' AND paid_on IS NOT NULL") > 0);
    for (size_t i = 0; i < TABLES; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "CREATE TABLE was_%1$s AS TABLE life_%1$s", tables[i]);
        place_do(sql);
    }
    place_do("UPDATE life_payment SET amount_fen = amount_fen + 1"); /* worn */
    place_do("DELETE FROM life_case");
    assert_true(rows_by(bus_ledger_sql_life_rebuild) > 0);
    for (size_t i = 0; i < TABLES; i++) {
        (void)snprintf(table, sizeof(table), "life_%s", tables[i]);
        (void)snprintf(was, sizeof(was), "was_%s", tables[i]);
        assert_int_equal(differ(table, was, tables[i]), 0);
    }
    all_hold();
    messages_fini(&l);
    close_writer(&w);
}

/* One event of household 1; `about` and detail as they stand there. */
static void say(const char *topic,
                const char *kind,
                const char *word,
                int about,
                int64_t fen,
                const char *detail)
{
    static int64_t at;
    char sql[900];
    const char *dot = strchr(topic, '.');
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO event (topic, part, place, event_id, kind, household_id, "
        "case_id, about, word, item, partner, amount_fen, note, occurred_at, "
        "detail) VALUES ('%s', 0, %lld, '00000000-0000-8000-8000-%012lld', "
        "'%s', '00000000-0000-8000-8000-000000000001', "
        "'00000000-0000-8000-8000-000000000002', "
        "'00000000-0000-8000-8000-%012d', '%s', 'MZ01', '%s', %lld, '', "
        "timestamptz '2026-11-01' + interval '1 hour' * %lld, '%s')",
        topic, (long long)at, (long long)(90000 + at), kind, about, word,
        dot ? dot + 1 : "", (long long)fen, (long long)at, detail);
    place_do(sql);
    at++;
}

static void order(int id)
{
    say("payment-orders.b", "payment_order", "ORDERED", id, 50000,
        "{\"decision_id\": \"00000000-0000-8000-8000-000000000500\", "
        "\"assignment_id\": \"00000000-0000-8000-8000-000000000400\", "
        "\"fund\": \"CG\", \"period\": \"MONTH\"}");
}

static void
answer_on(int day, const char *bank, const char *word, int id, int64_t fen)
{
    char topic[40], detail[40];
    (void)snprintf(topic, sizeof(topic), "payment-results.%s", bank);
    (void)snprintf(detail, sizeof(detail), "{\"value_date\": %d}", day);
    say(topic, "payment_result", word, id, fen, detail);
}

static void answer(const char *bank, const char *word, int id, int64_t fen)
{
    answer_on(20770, bank, word, id, fen);
}

static void what_counts_as_paid(void **state)
{
    (void)state;
    (void)place_database("paid");
    order(601);
    answer("b", "SETTLED", 601, 50000);
    order(602); /* another bank's word, and another amount's */
    answer("c", "SETTLED", 602, 50000);
    answer("b", "SETTLED", 602, 50001);
    order(603); /* came back, and the news in the wrong order */
    answer("b", "RETURNED", 603, 50000);
    answer("b", "SETTLED", 603, 50000);
    order(604);
    answer("b", "REJECTED", 604, 50000);
    static const char *const state_of[] = {"SETTLED", "ORDERED", "RETURNED",
                                           "REJECTED"};
    for (int i = 0; i < 4; i++) {
        char sql[200];
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM life_payment_now WHERE order_id = "
                       "'00000000-0000-8000-8000-%012d' AND state = '%s'",
                       601 + i, state_of[i]);
        assert_int_equal(place_number(sql), 1);
    }
    assert_int_equal(place_number("SELECT count(*) FROM life_payment_now WHERE "
                                  "paid_on = '2026-11-13'"),
                     2);
}

/* One bank's day that no database holds takes nobody the tables away. */
static void a_bank_names_any_day(void **state)
{
    (void)state;
    (void)place_database("any_day");
    order(611);
    answer_on(INT32_MAX, "b", "SETTLED", 611, 50000);
    order(612);
    answer_on(INT32_MIN, "b", "SETTLED", 612, 50000);
    answer_on(-800000, "b", "RETURNED", 612, 50000);
    assert_int_equal(
        place_number("SELECT count(*) FROM life_payment_now WHERE paid_on IN "
                     "('0001-01-01', '9999-12-31') AND coalesce(returned_on, "
                     "'0001-01-01') = '0001-01-01'"),
        2);
}

static void a_need_is_its_households(void **state)
{
    (void)state;
    (void)place_database("needs");
    say("dispatches", "dispatch_result", "ORDERED", 500, 0,
        "{\"lines\": [{\"order_id\": "
        "\"00000000-0000-8000-8000-000000000700\", \"kind\": \"NEED\"}]}");
    place_do("INSERT INTO reading (topic, part, next) VALUES ('dispatches', 0, "
             "1000), ('needs.aixin', 0, 1), ('claims.aixin', 0, 1)");
    (void)rows_by(bus_ledger_sql_life_refresh);
    say("needs.aixin", "need", "PUBLISHED", 700, 30000, "{\"expires\": 20780}");
    say("claims.aixin", "claim", "DELIVERED", 700, 20000,
        "{\"claim_id\": \"00000000-0000-8000-8000-000000000701\"}");
    /* neither names the household */
    place_do("UPDATE event SET household_id = about WHERE kind IN ('need', "
             "'claim')");
    place_do("UPDATE reading SET next = 1000");
    place_do("UPDATE life_reading SET next = 0");
    (void)rows_by(bus_ledger_sql_life_refresh);
    assert_int_equal(
        place_number("SELECT count(*) FROM life_claim JOIN life_need USING "
                     "(household_id, need_id) WHERE household_id = "
                     "'00000000-0000-8000-8000-000000000001' AND "
                     "received_on IS NOT NULL AND won_fen IS NULL"),
        1);
}

/* He has gone when the matcher took it, and not when somebody said so. */
static void a_member_leaves_when_it_was_taken(void **state)
{
    (void)state;
    (void)place_database("leaves");
    say("memberships", "membership", "NAMED", 801, 0,
        "{\"member_of\": \"00000000-0000-8000-8000-000000000001\"}");
    say("membership-changes", "membership_change", "MOVE", 0, 0,
        "{\"members\": [\"00000000-0000-8000-8000-000000000801\"], \"from\": "
        "20760}");
    assert_int_equal(place_number("SELECT count(*) FROM life_member_now WHERE "
                                  "left_on IS NULL"),
                     1);
    say("cases", "case_event", "RESULT_FOLDED", 0, 0, "{}");
    place_do("UPDATE event SET note = 'MEMBERS_MOVE', about = (SELECT event_id "
             "FROM event WHERE kind = 'membership_change') WHERE kind = "
             "'case_event'");
    assert_int_equal(place_number("SELECT count(*) FROM life_member_now WHERE "
                                  "left_on = '2026-11-03' AND left_why = "
                                  "'MOVE'"),
                     1);
}

static size_t received(const struct bus_ledger_cases *c, int id, int64_t *fen)
{
    char text[48];
    struct bus_err err;
    json_t *document = NULL, *row;
    size_t i;
    (void)snprintf(text, sizeof(text), "00000000-0000-8000-8000-%012d", id);
    *fen = 0;
    if (bus_ledger_results(c, place.pg, bus_strv(text), &document, &err) !=
        BUS_OK) {
        return SIZE_MAX;
    }
    const json_t *list = json_object_get(document, "results");
    size_t n = json_array_size(list);
    json_array_foreach(list, i, row)
    {
        *fen += json_integer_value(json_object_get(row, "amount_fen"));
        assert_non_null(json_object_get(json_object_get(row, "partner"), "zh"));
    }
    json_decref(document);
    return n;
}

/* What came, and nothing that was given back or only ordered; by everybody who
 * may ask by an id. */
static void what_was_received(void **state)
{
    struct bus_config config;
    struct bus_err err;
    char dir[300];
    int64_t fen;
    (void)state;
    (void)place_database("received");
    (void)snprintf(dir, sizeof(dir), "%s/bus-config", getenv("LIANOU_SOURCE"));
    assert_int_equal(bus_conf_open(&config, dir, NULL, &err), BUS_OK);
    struct bus_ledger_cases c = {&config, bus_role_frame_catalogue(&config),
                                 BUS_LEDGER_OFFICER};
    say("cases", "case_event", "OPENED", 900, 0, "{\"case_no\": 1}");
    say("memberships", "membership", "NAMED", 801, 0,
        "{\"member_of\": \"00000000-0000-8000-8000-000000000001\"}");
    order(601);
    answer("b", "SETTLED", 601, 50000);
    order(602);
    order(603);
    answer("b", "SETTLED", 603, 50000);
    answer("b", "RETURNED", 603, 50000);
    static const int ids[] = {1, 2, 900, 801}; /* household .. person */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(received(&c, ids[i], &fen), 1);
        assert_int_equal(fen, 50000);
    }
    assert_int_equal(received(&c, 77, &fen), SIZE_MAX);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)c.catalogue);
    bus_conf_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_rows_are_the_same_as_all_anew),
        cmocka_unit_test(what_counts_as_paid),
        cmocka_unit_test(a_bank_names_any_day),
        cmocka_unit_test(a_need_is_its_households),
        cmocka_unit_test(a_member_leaves_when_it_was_taken),
        cmocka_unit_test(what_was_received),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
