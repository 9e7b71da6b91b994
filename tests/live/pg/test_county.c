/* The county on a day, and the list behind each count, from rows put there. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/ledger/county.h"
#include "tests/live/pg/place.h"

static struct bus_arena mem;
static int32_t today;

/* An assignment of the case of its household; ids by number. closed: "NULL" or
 * an instant. */
static void
assigned(int n, const char *department, const char *town, const char *due)
{
    char sql[700];
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO life_case (household_id, case_id, case_no, division_code, "
        "channel, opened_at) VALUES (lpad('%d', 32, '0')::uuid, lpad('%d', 32, "
        "'1')::uuid, 1, '%s001', 'WEB', '2026-11-01 10:00+08');"
        "INSERT INTO life_assignment (household_id, assignment_id, case_id, "
        "item, department, division_code, assigned_at, due, state) VALUES "
        "(lpad('%d', 32, '0')::uuid, lpad('%d', 32, '2')::uuid, lpad('%d', 32, "
        "'1')::uuid, 'MZ01', '%s', '%s001', '2026-11-01 10:00+08', '%s', "
        "'ASSIGNED')",
        n, n, town, n, n, n, department, town, due);
    place_do(sql);
}

static void counted(struct bus_ledger_county *c)
{
    struct bus_err err;
    if (bus_ledger_county(place.pg, today, &mem, c, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static void nothing_is_a_page_too(void **state)
{
    struct bus_ledger_county c;
    (void)state;
    (void)place_database("empty");
    counted(&c);
    assert_int_equal(c.open + c.waiting + c.late + c.stuck + c.untold, 0);
    assert_int_equal(c.departments_count + c.towns_count + c.owners_count +
                         c.funds_count + c.sheets_count,
                     0);
}

static void what_waits_is_counted(void **state)
{
    struct bus_ledger_county c;
    (void)state;
    (void)place_database("county");
    assigned(1, "MZ", "371425101", "2026-11-30"); /* due today: not overdue */
    assigned(2, "MZ", "371425101", "2026-11-29");
    assigned(3, "RS", "371425102", "2026-12-20");
    assigned(4, "RS", "371425102", "2026-11-02"); /* decided */
    assigned(5, "RS", "371425102", "2026-11-02"); /* its case is closed */
    place_do("UPDATE life_assignment SET state = 'CONFIRMED' WHERE "
             "household_id = lpad('4', 32, '0')::uuid");
    place_do("UPDATE life_case SET closed_at = '2026-11-30 00:30+08' WHERE "
             "household_id = lpad('5', 32, '0')::uuid");
    /* somebody went there; a step that was not accepted does not count */
    place_do("INSERT INTO life_step (household_id, assignment_id, step_id, "
             "accepted_at) SELECT household_id, assignment_id, case_id, "
             "CASE item WHEN 'MZ01' THEN timestamptz '2026-11-20 09:00+08' END "
             "FROM life_assignment WHERE department = 'RS'");
    place_do("INSERT INTO life_step (household_id, assignment_id, step_id) "
             "SELECT household_id, assignment_id, case_id FROM "
             "life_assignment WHERE department = 'MZ'");
    place_do("INSERT INTO reading (topic, part, next) VALUES ('cases', 0, 7)");
    place_do("INSERT INTO life_reading (topic, part, next) VALUES ('cases', "
             "0, 3)");
    counted(&c);
    assert_int_equal(c.came, 0);
    assert_int_equal(c.ended, 1);
    assert_int_equal(c.open, 4);
    assert_int_equal(c.waiting, 3);
    assert_int_equal(c.late, 1);
    assert_int_equal(c.stuck, 2);
    assert_int_equal(c.untold, 4);
    assert_int_equal(c.departments_count, 2);
    assert_string_equal(c.departments[0].code, "MZ"); /* the most overdue */
    assert_int_equal(c.departments[0].waiting, 2);
    assert_int_equal(c.departments[0].late, 1);
    assert_int_equal(c.departments[0].stuck, 2);
    assert_string_equal(c.towns[1].code, "371425102");
    assert_int_equal(c.towns[1].waiting, 1);
}

static void
listed(const char *department, const char *town, const char *which, int n)
{
    struct bus_ledger_waiting_wish wish = {department, town,  which,
                                           "MZ",       today, 1};
    struct bus_ledger_waiting *list;
    struct bus_err err;
    size_t count;
    int64_t all;
    if (bus_ledger_waiting(place.pg, &wish, &mem, &list, &count, &all, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(all, n);
    assert_int_equal(count, n > 0); /* one a page */
    if (count > 0) {
        assert_int_equal(list[0].opens, strcmp(list[0].department, "MZ") == 0);
    }
}

static void each_count_has_its_list(void **state)
{
    (void)state;
    listed("", "", "", 3);
    listed("MZ", "", "", 2);
    listed("RS", "", "", 1);
    listed("", "371425102", "", 1);
    listed("MZ", "371425102", "", 0);
    listed("", "", "late", 1);
    listed("", "", "stuck", 2);
    listed("RS", "", "stuck", 0);
}

static void letter(int place_no, const char *word, const char *owner)
{
    char sql[500];
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO event (topic, part, place, event_id, kind, word, item, "
        "partner, note, "
        "occurred_at, detail) VALUES ('dead-letters', 0, (SELECT count(*) FROM "
        "event), gen_random_uuid(), 'dead_letter', '%s', '', '', "
        "'decisions.MZ', "
        "'2026-11-2%d 10:00+08', '{\"partition\": 0, \"offset\": %d, "
        "\"owner\": \"%s\"}')",
        word, place_no, place_no, owner);
    place_do(sql);
}

static void letters_sheets_and_funds(void **state)
{
    struct bus_ledger_county c;
    (void)state;
    letter(1, "ASSIGNMENT_UNKNOWN", "MZ");
    letter(2, "ASSIGNMENT_UNKNOWN", "MZ");
    letter(2, "REDRIVEN", "MZ"); /* sent again: nobody's any more */
    letter(3, "WRONG_TOPIC", "RS");
    place_do(
        "INSERT INTO life_sheet (board_code, month, version, sm3, "
        "withdrawn_at) VALUES ('a', '2026-10', 1, 's1', NULL), ('b', "
        "'2026-10', 1, 's2', now()), ('b', '2026-10', 2, 's3', NULL), "
        "('c', '2026-10', 1, 's4', now()), ('d', '2026-10', 1, 's5', NULL)");
    place_do("INSERT INTO life_posting (posting_id, board_code, month, "
             "version, sm3) VALUES (gen_random_uuid(), 'a', '2026-10', 1, "
             "'s1'), (gen_random_uuid(), 'b', '2026-10', 1, 's2')");
    place_do("INSERT INTO fund (code) VALUES ('CG')");
    counted(&c);
    assert_int_equal(c.owners_count, 2);
    assert_string_equal(c.owners[0].code, "MZ");
    assert_int_equal(c.owners[0].letters, 1);
    assert_string_equal(c.owners[0].since, "2026-11-21");
    assert_int_equal(c.sheets_count, 1);
    assert_int_equal(c.sheets[0].boards, 3);
    assert_int_equal(c.sheets[0].unposted, 2); /* b hangs an old one; d */
    assert_int_equal(c.funds_count, 1);
    assert_string_equal(c.funds[0].code, "CG");
    assert_int_equal(c.funds[0].budget_fen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_a_page_too),
        cmocka_unit_test(what_waits_is_counted),
        cmocka_unit_test(each_count_has_its_list),
        cmocka_unit_test(letters_sheets_and_funds),
    };
    (void)bus_date_parse(bus_strv("2026-11-30"), &today);
    bus_arena_init(&mem, 0, 1 << 20);
    int failed = cmocka_run_group_tests(tests, place_setup, place_teardown);
    bus_arena_fini(&mem);
    return failed;
}
