/* A case in short: what is in which list, and that it fits. */
#include "bus/ledger/cases.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/check.h"

static json_t *text(const char *code)
{
    return json_pack("{s:s, s:s, s:s}", "code", code, "zh", "中文的一句话",
                     "en", "a sentence in English");
}

static void add(json_t *document, const char *list, json_t *row)
{
    assert_int_equal(
        json_array_append_new(json_object_get(document, list), row), 0);
}

static json_t *whole(int of_each)
{
    static const char *const status[] = {"ASSIGNED", "ENDED_DELIVERED",
                                         "DISPATCHED", "ENDED_REFUSED",
                                         "ENDED_WITHDRAWN"};
    json_t *d = json_pack(
        "{s:s, s:i, s:s, s:n, s:o, s:[], s:[], s:[], s:[], s:[]}", "case_id",
        "0198c0de-0000-7000-8000-000000000000", "case_no", 1, "opened_at",
        "2026-10-09T08:00:00+08:00", "closed_at", "state", text("OPEN"),
        "assignments", "decisions", "payments", "items", "wanted");
    for (int i = 0; i < of_each; i++) {
        for (int k = 0; k < 5; k++) {
            char id[32], item[32];
            (void)snprintf(id, sizeof(id), "a-%d-%d", i, k);
            (void)snprintf(item, sizeof(item), "X%d%d", k, i);
            add(d, "assignments",
                json_pack("{s:s, s:o, s:o, s:o, s:s, s:n}", "assignment_id", id,
                          "item", text(item), "department", text("MZ"),
                          "status", text(status[k]), "due", "2026-11-19",
                          "reason"));
            if (k == 1) {
                add(d, "payments",
                    json_pack("{s:s, s:I, s:o}", "assignment_id", id,
                              "amount_fen", (json_int_t)12345, "outcome",
                              text("SETTLED")));
            }
            if (k == 3) {
                add(d, "decisions",
                    json_pack("{s:s, s:s}", "assignment_id", id, "reason_text",
                              "证明不足"));
            }
        }
    }
    add(d, "items",
        json_pack("{s:o, s:o, s:[o]}", "item", text("N1"), "verdict",
                  text("NOT_ELIGIBLE"), "reasons", text("N1.1")));
    add(d, "items",
        json_pack("{s:o, s:o, s:[o]}", "item", text("U1"), "verdict",
                  text("UNDETERMINED"), "reasons", text("U1.1")));
    return d;
}

static size_t rows(const json_t *d, const char *list)
{
    return json_array_size(json_object_get(d, list));
}

static void test_lists(void **state)
{
    (void)state;
    json_t *d = whole(1), *p = NULL;
    struct bus_err err;
    assert_int_equal(bus_ledger_progress(d, SIZE_MAX, &p, &err), BUS_OK);
    assert_int_equal(rows(p, "got"), 1);
    assert_int_equal(rows(p, "doing"), 2);
    assert_int_equal(rows(p, "not"), 2); /* refused; not by the facts */
    assert_int_equal(json_integer_value(json_object_get(p, "paid_fen")), 12345);
    assert_int_equal(json_integer_value(json_object_get(p, "to_learn_of")), 1);
    const json_t *why =
        json_object_get(json_array_get(json_object_get(p, "not"), 0), "why");
    assert_string_equal(json_string_value(json_object_get(why, "zh")),
                        "证明不足");
    json_decref(p);
    json_decref(d);
}

/* What was stopped was received, and it says from when on it is not. */
static void test_stopped(void **state)
{
    (void)state;
    json_t *d = whole(1), *p = NULL;
    struct bus_err err;
    json_t *a = json_array_get(json_object_get(d, "assignments"), 2);
    (void)json_object_set_new(a, "stopped_on", json_string("2026-12-01"));
    for (int no = 0; no < 2; no++) {
        add(d, "decisions",
            json_pack("{s:s, s:o, s:o}", "assignment_id", "a-0-2", "outcome",
                      text(no ? "REFUSED" : "CONFIRMED"), "amount_fen",
                      no ? json_null() : json_integer(66000)));
    }
    assert_int_equal(bus_ledger_progress(d, SIZE_MAX, &p, &err), BUS_OK);
    assert_int_equal(rows(p, "got"), 2);
    assert_int_equal(rows(p, "doing"), 1);
    const json_t *got = json_array_get(json_object_get(p, "got"), 1);
    const char *zh = json_string_value(
        json_object_get(json_object_get(got, "status"), "zh"));
    assert_string_equal(zh, "已终止, 自 2026-12-01 起停发");
    assert_int_equal(json_integer_value(json_object_get(got, "amount_fen")),
                     66000);
    json_decref(p);
    json_decref(d);
}

/* Written in an officer's own words: masked, and never shown as stars. */
static void test_masked_words(void **state)
{
    (void)state;
    json_t *d = whole(1), *p = NULL;
    struct bus_err err;
    size_t i;
    json_t *decision;
    json_array_foreach(json_object_get(d, "decisions"), i, decision)
    {
        if (json_object_get(decision, "reason_text") != NULL) {
            (void)json_object_set_new(decision, "reason_text",
                                      json_string("***"));
        }
    }
    assert_int_equal(bus_ledger_progress(d, SIZE_MAX, &p, &err), BUS_OK);
    const json_t *why =
        json_object_get(json_array_get(json_object_get(p, "not"), 0), "why");
    assert_string_equal(json_string_value(json_object_get(why, "zh")),
                        "理由见部门告知书");
    json_decref(p);
    json_decref(d);
}

static void test_it_fits(void **state)
{
    (void)state;
    json_t *d = whole(20), *p = NULL;
    struct bus_err err;
    assert_int_equal(bus_ledger_progress(d, BUS_CASES_PROGRESS_MAX, &p, &err),
                     BUS_OK);
    char *t = json_dumps(p, JSON_COMPACT);
    assert_true(strlen(t) <= BUS_CASES_PROGRESS_MAX);
    free(t);
    size_t more = 0;
    const char *lists[] = {"got", "doing", "not"};
    for (size_t i = 0; i < 3; i++) {
        more += (size_t)json_integer_value(
            json_object_get(json_object_get(p, "more"), lists[i]));
        more += rows(p, lists[i]);
    }
    assert_int_equal(more, 20 + 40 + 21); /* nothing is lost without a word */
    json_decref(p);
    json_decref(d);
}

static size_t bytes_at(const json_t *d, size_t max)
{
    json_t *p = NULL;
    struct bus_err err;
    assert_int_equal(bus_ledger_progress(d, max, &p, &err), BUS_OK);
    size_t n = json_dumpb(p, NULL, 0, JSON_COMPACT);
    json_decref(p);
    return n;
}

/* As much as fits, to the byte: what is reckoned is what is written. */
static void test_no_more_is_cut_than_needed(void **state)
{
    (void)state;
    json_t *d = whole(20);
    for (size_t max = 1500; max < 9000; max += 61) {
        size_t n = bytes_at(d, max);
        assert_true(n <= max);
        assert_int_equal(bytes_at(d, n), n);
        assert_true(bytes_at(d, n - 1) < n);
    }
    json_decref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_is_cut_than_needed),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_masked_words),
        cmocka_unit_test(test_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
