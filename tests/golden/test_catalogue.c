/* The county's own catalogue, held against the oracles of the domain (T1 ...).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/source.h"
#include "tests/lib/check.h"

static struct bus_config config;
static struct bus_arena config_mem;
static struct bus_policy_catalogue *cat;

static int load(void **state)
{
    (void)state;
    char folder[512];
    struct bus_faults faults;
    struct bus_err err;
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&config_mem, 0, 0);
    bus_faults_init(&faults, &config_mem);
    if (bus_conf_open(&config, folder, &faults, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    struct bus_policy_sources s = {
        .facts = config.facts_node,
        .standards = config.standards_node,
        .interactions = config.interactions_node,
        .items = config.policies,
        .item_count = config.policies_count,
    };
    cat = bus_policy_catalogue_new(&s, &faults);
    for (size_t i = 0; i < faults.count; i++) {
        if (!faults.list[i].warning) {
            (void)fprintf(stderr, "%s:%u:%u: %s: %s\n", faults.list[i].at.file,
                          faults.list[i].at.line, faults.list[i].at.col,
                          faults.list[i].path, faults.list[i].text);
        }
    }
    assert_non_null(cat);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    bus_policy_catalogue_free(cat);
    bus_conf_close(&config);
    bus_arena_fini(&config_mem);
    return 0;
}

struct household
{
    struct bus_policy_fact facts[64];
    struct bus_policy_household h;
};

static void add(struct household *household,
                const char *name,
                int member,
                enum bus_policy_kind kind,
                int64_t number,
                const char *text)
{
    int fact = bus_policy_fact_find(cat, bus_strv(name));
    if (fact < 0) {
        fail_msg("no fact %s", name);
    }
    household->facts[household->h.fact_count++] = (struct bus_policy_fact){
        .fact = fact,
        .member = member,
        .kind = kind,
        .number = number,
    };
    if (text != NULL) { /* as from a message: no NUL behind it */
        static char texts[4096];
        static size_t used;
        size_t n = strlen(text);
        assert_true(used + n + 1 < sizeof(texts));
        memcpy(texts + used, text, n);
        texts[used + n] = '!';
        household->facts[household->h.fact_count - 1].text =
            (struct bus_strv){texts + used, n};
        used += n + 1;
    }
}
#define MONEY(h, n, v)     add(h, n, -1, BUS_POLICY_LONG, v, NULL)
#define FLAG(h, n, v)      add(h, n, -1, BUS_POLICY_BOOL, v, NULL)
#define WORD(h, n, v)      add(h, n, -1, BUS_POLICY_TEXT, 0, v)
#define M_FLAG(h, n, m, v) add(h, n, m, BUS_POLICY_BOOL, v, NULL)
#define M_WORD(h, n, m, v) add(h, n, m, BUS_POLICY_TEXT, 0, v)
#define M_LONG(h, n, m, v) add(h, n, m, BUS_POLICY_LONG, v, NULL)

static int32_t day(const char *s)
{
    int32_t d = 0;
    assert_true(bus_date_parse(bus_strv(s), &d));
    return d;
}

static struct bus_policy_verdict_of
verdict(const struct household *household, const char *item, const char *date)
{
    static struct bus_arena mem;
    struct bus_policy_result r;
    struct bus_err err;
    bus_arena_fini(&mem);
    bus_arena_init(&mem, 0, 0);
    struct bus_policy_household hh = household->h;
    hh.facts = household->facts;
    if (bus_policy_evaluate(cat, &hh, day(date), BUS_POLICY_REASONS, &mem, &r,
                            &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < r.count; i++) {
        struct bus_policy_item it;
        assert_true(
            bus_policy_item_at(cat, (size_t)r.items[i].item, day(date), &it));
        if (bus_strv_is(it.code, item)) {
            return r.items[i];
        }
    }
    fail_msg("no item %s on %s", item, date);
    return (struct bus_policy_verdict_of){0};
}

/* A rural household of one whose income per head is y fen a month. */
static struct household rural(int64_t year_fen)
{
    struct household h = {0};
    h.h.member_count = 1;
    WORD(&h, "household.area", "rural");
    FLAG(&h, "household.registered_in_county", 1);
    MONEY(&h, "household.income_total_fen", year_fen);
    MONEY(&h, "household.deposit_fen", 0);
    MONEY(&h, "household.securities_fen", 0);
    return h;
}

static void all_items_are_there(void **state)
{
    (void)state;
    assert_int_equal(bus_policy_item_count(cat), 64);
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    /* Of a household nothing is known of, nobody says no. */
    struct bus_policy_household nobody = {.member_count = 1};
    struct bus_policy_result r;
    struct bus_err err;
    assert_int_equal(bus_policy_evaluate(cat, &nobody, day("2026-10-01"),
                                         BUS_POLICY_REASONS, &mem, &r, &err),
                     BUS_OK);
    assert_int_equal(r.count, 64);
    for (size_t i = 0; i < r.count; i++) {
        struct bus_policy_item it;
        assert_true(bus_policy_item_at(cat, (size_t)r.items[i].item,
                                       day("2026-10-01"), &it));
        if (r.items[i].verdict == BUS_POLICY_FAILED ||
            r.items[i].verdict == BUS_POLICY_NOT_ELIGIBLE) {
            print_message("%.*s: verdict %d %s\n", BUS_STRV_ARG(it.code),
                          r.items[i].verdict,
                          r.items[i].failure ? r.items[i].failure : "");
        }
        assert_int_not_equal(r.items[i].verdict, BUS_POLICY_FAILED);
    }
    bus_arena_fini(&mem);
}

/* T1, T22: strictly below the line; a missing fact is a question. */
static void t1_t22_dibao(void **state)
{
    (void)state;
    struct household h = rural(69999 * 12);
    struct bus_policy_verdict_of v = verdict(&h, "MZ01", "2026-10-01");
    for (size_t i = 0; i < v.missing_count; i++) {
        struct bus_strv n = bus_policy_fact_name(cat, v.missing[i].fact);
        print_message("missing %.*s %d\n", BUS_STRV_ARG(n),
                      v.missing[i].member);
    }
    assert_int_equal(v.verdict, BUS_POLICY_UNDETERMINED);
    assert_true(v.missing_count > 0);
    h = rural(70000 * 12);
    v = verdict(&h, "MZ01", "2026-10-01");
    assert_int_equal(v.verdict, BUS_POLICY_NOT_ELIGIBLE);
    assert_int_equal(v.missing_count, 0);
}

/* T24: the household of the source article, its three items. */
static void t24_dibao_with_assets(void **state)
{
    (void)state;
    struct household h = rural(120000);
    MONEY(&h, "household.vehicle_count", 0);
    MONEY(&h, "household.house_count", 1);
    struct bus_policy_verdict_of v = verdict(&h, "MZ01", "2026-10-01");
    if (v.verdict != BUS_POLICY_ELIGIBLE) {
        fail_msg("verdict %d: %s", v.verdict, v.failure ? v.failure : "");
    }
    assert_true(v.has_amount);
    assert_int_equal(v.amount_fen, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_items_are_there),
        cmocka_unit_test(t1_t22_dibao),
        cmocka_unit_test(t24_dibao_with_assets),
    };
    return cmocka_run_group_tests(tests, load, drop);
}
