/* Households of the oracles, and what they get on the county's catalogue.
 * Figures of the fixture: dibao 700, edge 1050, disposable income 2000 a month
 * (rural), rigid ratio 0.60. */
#ifndef TESTS_GOLDEN_ORACLE_HOUSEHOLD_H
#define TESTS_GOLDEN_ORACLE_HOUSEHOLD_H

#include "bus/policy/review.h"
#include "bus/policy/source.h"
#include "tests/golden/county.h"

#define DAY "2026-10-09"

struct household
{
    struct bus_policy_fact facts[128];
    struct bus_policy_household h;
};

/* Sets a fact anew or changes it. */
static inline void put(struct household *o,
                       const char *name,
                       int member,
                       enum bus_policy_kind kind,
                       int64_t number,
                       const char *text)
{
    struct bus_policy_fact f = {.fact =
                                    bus_policy_fact_find(k.c, bus_strv(name)),
                                .member = member,
                                .kind = kind,
                                .verified = true,
                                .number = number,
                                .text = bus_strv(text)};
    if (f.fact < 0) {
        fail_msg("no fact %s", name);
    }
    o->h.facts = o->facts;
    for (size_t i = 0; i < o->h.fact_count; i++) {
        if (o->facts[i].fact == f.fact && o->facts[i].member == member) {
            o->facts[i] = f;
            return;
        }
    }
    assert_true(o->h.fact_count < 128);
    o->facts[o->h.fact_count++] = f;
}
#define H_LONG(o, n, v)    put(o, "household." n, -1, BUS_POLICY_LONG, v, NULL)
#define H_FLAG(o, n, v)    put(o, "household." n, -1, BUS_POLICY_BOOL, v, NULL)
#define H_WORD(o, n, v)    put(o, "household." n, -1, BUS_POLICY_TEXT, 0, v)
#define M_LONG(o, n, m, v) put(o, "member." n, m, BUS_POLICY_LONG, v, NULL)
#define M_FLAG(o, n, m, v) put(o, "member." n, m, BUS_POLICY_BOOL, v, NULL)
#define M_WORD(o, n, m, v) put(o, "member." n, m, BUS_POLICY_TEXT, 0, v)
#define M_DAY(o, n, m, v) \
    put(o, "member." n, m, BUS_POLICY_DATE, rules_day(v), NULL)

/* A rural household, everything known and nothing the matter: y fen a head and
 * month, members of 40. */
static inline struct household rural(int people, int64_t y)
{
    struct household o = {.h = {.member_count = (size_t)people}};
    static const char *const zero[] = {
        "household.deposit_fen",       "household.securities_fen",
        "household.vehicle_count",     "household.spend_living_fen",
        "household.spend_medical_fen", "household.spend_education_fen",
        "household.spend_rehab_fen",   "household.spend_other_fen"};
    static const char *const no[] = {
        "household.has_supporter", "household.basic_life_broken",
        "household.already_aided", "household.monitored",
        "household.in_low_income_list"};
    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        put(&o, zero[i], -1, BUS_POLICY_LONG, 0, NULL);
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        put(&o, no[i], -1, BUS_POLICY_BOOL, 0, NULL);
    }
    H_WORD(&o, "area", "rural");
    H_WORD(&o, "status", "none");
    H_WORD(&o, "event_shock", "none");
    H_FLAG(&o, "registered_in_county", 1);
    H_LONG(&o, "house_count", 1);
    H_LONG(&o, "income_total_fen", y * people * 12);
    for (int m = 0; m < people; m++) {
        M_DAY(&o, "birth_date", m, "1986-01-01");
        M_WORD(&o, "relation", m, m == 0 ? "self" : m == 1 ? "spouse" : "son");
        M_LONG(&o, "own_income_fen", m, y * 12);
        M_LONG(&o, "disability_grade", m, 0);
        M_WORD(&o, "disability_category", m, "none");
        M_WORD(&o, "status", m, "none");
        M_WORD(&o, "stage", m, "none");
        M_FLAG(&o, "serious_illness", m, 0);
        M_FLAG(&o, "care_allowance", m, 0);
        M_LONG(&o, "care_months", m, 0);
        M_WORD(&o, "father_state", m, "able");
        M_WORD(&o, "mother_state", m, "able");
        M_WORD(&o, "labour", m, "full");
        M_WORD(&o, "employment", m, "employed");
        M_FLAG(&o, "employment_difficulty", m, 0);
        M_LONG(&o, "job_refusals", m, 0);
    }
    return o;
}

static inline struct bus_policy_verdict_of
item_on(const struct household *o, const char *code, const char *date)
{
    struct bus_policy_result r;
    struct bus_err err;
    struct bus_policy_household h = o->h;
    h.facts = o->facts;
    if (bus_policy_evaluate(k.c, &h, rules_day(date), BUS_POLICY_REASONS, &mem,
                            &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < r.count; i++) {
        if (r.items[i].item == bus_policy_item_find(k.c, bus_strv(code))) {
            return r.items[i];
        }
    }
    fail_msg("no item %s on %s", code, date);
    return (struct bus_policy_verdict_of){0};
}

/* Eligible and chosen. */
static inline bool gets(const struct household *o, const char *code)
{
    struct bus_policy_verdict_of v = item_on(o, code, DAY);
    if (v.verdict == BUS_POLICY_UNDETERMINED ||
        v.verdict == BUS_POLICY_FAILED) {
        for (size_t i = 0; i < v.missing_count; i++) {
            print_message("%s wants %s of %d\n", code,
                          bus_policy_fact_name(k.c, v.missing[i].fact).p,
                          v.missing[i].member);
        }
        fail_msg("%s: verdict %d %s", code, (int)v.verdict,
                 v.failure ? v.failure : "");
    }
    return v.verdict == BUS_POLICY_ELIGIBLE && v.left_out_by.n == 0;
}

/* "dibao", "edge", "rigid", "tekun" or "": the one status it gets. */
static inline const char *status(const struct household *o)
{
    static const char *const words[][2] = {{"MZ03", "tekun"},
                                           {"MZ01", "dibao"},
                                           {"MZ07", "edge"},
                                           {"MZ08", "rigid"}};
    const char *one = "";
    for (size_t i = 0; i < 4; i++) {
        if (gets(o, words[i][0])) {
            assert_string_equal(one, "");
            one = words[i][1];
        }
    }
    return one;
}

static inline int64_t fen(const struct household *o, const char *code)
{
    struct bus_policy_verdict_of v = item_on(o, code, DAY);
    assert_true(v.has_amount);
    return v.amount_fen;
}

static inline struct household old(const char *birth)
{
    struct household o = rural(1, 0);
    M_DAY(&o, "birth_date", 0, birth);
    return o;
}

#endif
