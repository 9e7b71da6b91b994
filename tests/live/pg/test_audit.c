/* The no-drop certificate: a small history that is whole, each loss put into
 * it on purpose, and each again beside an event whose ids are null: one such
 * event hid every loss from NOT IN. */
#include <stdio.h>
#include <string.h>

#include "bus/ledger/sql/audit.h"
#include "tests/live/pg/place.h"

enum { LOST, DUPLICATED, TORN, OUT_OF_ORDER, FOUND };

static void read_audit(int64_t ret[FOUND])
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    if (bus_pg_query(place.pg, bus_ledger_sql_audit, NULL, 0, &r, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < FOUND; i++) {
        ret[i] = bus_pg_i64(r, 0, i);
    }
    bus_pg_rows_free(r);
}

/* Event `id` at the next place of its topic; 0 for case and about: null. */
static void add(const char *topic,
                const char *kind,
                const char *word,
                int id,
                int of_case,
                int about)
{
    static int64_t place_no;
    char sql[700], case_text[48] = "NULL", about_text[48] = "NULL";
    if (of_case != 0) {
        (void)snprintf(case_text, sizeof(case_text),
                       "'00000000-0000-8000-8000-%012d'", of_case);
    }
    if (about != 0) {
        (void)snprintf(about_text, sizeof(about_text),
                       "'00000000-0000-8000-8000-%012d'", about);
    }
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO event (topic, part, place, event_id, kind, case_id, "
        "about, word, item, partner, note, occurred_at) VALUES ('%s', 0, %lld, "
        "'00000000-0000-8000-8000-%012d', '%s', %s, %s, '%s', '', '', '', "
        "now())",
        topic, (long long)place_no++, id, kind, case_text, about_text, word);
    place_do(sql);
}

static void whole_history(void)
{
    place_do("DELETE FROM event");
    add("applications", "application", "WEB", 1, 0, 900);
    add("cases", "case_event", "OPENED", 2, 800, 900);
    add("evaluations", "evaluation", "v1", 3, 800, 0);
    add("assignments.MZ", "assignment", "ASSIGNED", 4, 800, 700);
    add("decisions.MZ", "decision", "CONFIRMED", 5, 800, 700);
    add("cases", "case_event", "DECISION_ACCEPTED", 6, 800, 600);
    add("dispatches", "dispatch_result", "ORDERED", 7, 800, 600);
    add("payment-orders.B", "payment_order", "ORDERED", 8, 800, 500);
    add("cases", "case_event", "CLOSED", 9, 800, 0);
}

/* Events whose ids nobody gave, one of each kind that the audit compares. */
static void nameless(void)
{
    add("cases", "case_event", "OPENED", 20, 801, 0);
    add("evaluations", "evaluation", "v1", 21, 801, 0);
    add("dispatches", "dispatch_result", "REFUSED", 22, 801, 0);
}

static void lose_application(void)
{
    add("applications", "application", "WEB", 30, 0, 901);
}
static void lose_nameless_application(void)
{
    add("applications", "application", "WEB", 31, 0, 0);
}
static void lose_dispatch(void)
{
    add("cases", "case_event", "DECISION_ACCEPTED", 32, 800, 601);
}
static void give_twice(void)
{
    add("payment-orders.B", "payment_order", "ORDERED", 8, 800, 500);
}
/* A letter of the first order, and that people sent it again. */
static void redrive(void)
{
    static const char *const words[] = {"REFUSED", "REDRIVEN"};
    for (size_t i = 0; i < 2; i++) {
        char sql[700];
        (void)snprintf(
            sql, sizeof(sql),
            "INSERT INTO event (topic, part, place, event_id, kind, word, "
            "item, partner, note, detail, occurred_at) SELECT 'dead-letters', "
            "0, place * 2 + %d, '00000000-0000-8000-8000-00000000010%d', "
            "'dead_letter', '%s', '', '', 'qihe.' || topic, "
            "jsonb_build_object('partition', part, 'offset', place), now() "
            "FROM event WHERE kind = 'payment_order' ORDER BY place LIMIT 1",
            (int)i, (int)i, words[i]);
        place_do(sql);
    }
    give_twice();
}
static void redrive_and_give_twice(void)
{
    redrive();
    give_twice();
}
static void never_judge(void)
{
    add("cases", "case_event", "OPENED", 33, 802, 902);
}
static void never_open(void)
{
    add("evaluations", "evaluation", "v1", 34, 803, 0);
}
static void judge_without_a_case(void)
{
    add("evaluations", "evaluation", "v1", 35, 0, 0);
}
static void open_again(void)
{
    add("cases", "case_event", "OPENED", 36, 800, 900);
}

static const struct plant
{
    const char *what;
    void (*put)(void);
    int found;
} plants[] = {
    {"an application that nobody took", lose_application, LOST},
    {"an application without an id", lose_nameless_application, LOST},
    {"an accepted decision that was not dispatched", lose_dispatch, LOST},
    {"an order that stands twice", give_twice, DUPLICATED},
    {"an order sent again, and twice", redrive_and_give_twice, DUPLICATED},
    {"a case that was not judged", never_judge, TORN},
    {"a judgement of no case", never_open, TORN},
    {"a judgement that names no case", judge_without_a_case, TORN},
    {"a case that opens again", open_again, OUT_OF_ORDER},
};

static void a_whole_history_is_all_zero(void **state)
{
    (void)state;
    int64_t n[FOUND];
    (void)place_database("audit_whole");
    for (int with = 0; with < 2; with++) {
        whole_history();
        if (with) {
            nameless();
        }
        read_audit(n);
        for (size_t i = 0; i < FOUND; i++) {
            assert_int_equal(n[i], 0);
        }
    }
}

static void what_people_sent_again_is_no_fault(void **state)
{
    (void)state;
    int64_t n[FOUND];
    (void)place_database("audit_again");
    whole_history();
    redrive();
    read_audit(n);
    for (size_t i = 0; i < FOUND; i++) {
        assert_int_equal(n[i], 0);
    }
}

static void each_loss_is_found_beside_null_ids(void **state)
{
    (void)state;
    int64_t n[FOUND];
    int missed = 0;
    (void)place_database("audit_plants");
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        for (int with = 0; with < 2; with++) {
            whole_history();
            if (with) {
                nameless();
            }
            plants[i].put();
            read_audit(n);
            if (n[plants[i].found] != 1) {
                print_error("%s%s: %d is found\n", plants[i].what,
                            with ? ", beside null ids" : "",
                            (int)n[plants[i].found]);
                missed++;
            }
        }
    }
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_history_is_all_zero),
        cmocka_unit_test(what_people_sent_again_is_no_fault),
        cmocka_unit_test(each_loss_is_found_beside_null_ids),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
