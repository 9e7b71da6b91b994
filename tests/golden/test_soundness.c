/* Three values are sound: what is said while facts are missing stays true
 * whatever they turn out to be. Random rules over small domains against every
 * completion; the county's own rules against random ones. */
#include "bus/advice/sample.h"
#include "bus/policy/source.h"
#include "tests/golden/county.h"
#include "tests/lib/cases.h"

#define CASES 10000
#define DAY   "2026-10-09"

static struct bus_policy_result evaluate(const struct bus_policy_catalogue *c,
                                         const struct bus_policy_household *h)
{
    struct bus_policy_result r;
    struct bus_err err;
    if (bus_policy_evaluate(c, h, rules_day(DAY), BUS_POLICY_REASONS, &mem, &r,
                            &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return r;
}

/* What was said of a household with holes against what is said of it whole. */
/* Eligible all the same; what the facts come to in money is what fails, and
 * that was not said before it was known. */
static bool amount_alone_failed(const struct bus_policy_verdict_of *open,
                                const struct bus_policy_verdict_of *whole)
{
    return open->verdict == BUS_POLICY_ELIGIBLE && !open->has_amount &&
           whole->verdict == BUS_POLICY_FAILED &&
           (whole->amount == BUS_POLICY_AMOUNT_NEGATIVE ||
            whole->amount == BUS_POLICY_AMOUNT_BEYOND);
}

static const char *broken(const struct bus_policy_verdict_of *open,
                          const struct bus_policy_verdict_of *whole)
{
    if (amount_alone_failed(open, whole)) {
        return NULL;
    }
    if ((open->verdict == BUS_POLICY_NOT_ELIGIBLE &&
         whole->verdict != BUS_POLICY_NOT_ELIGIBLE) ||
        (open->verdict == BUS_POLICY_ELIGIBLE &&
         whole->verdict != BUS_POLICY_ELIGIBLE)) {
        return "the verdict";
    }
    if (open->verdict == BUS_POLICY_ELIGIBLE && open->share_count == 0 &&
        open->has_amount &&
        (!whole->has_amount || whole->amount_fen != open->amount_fen)) {
        return "the amount";
    }
    return NULL;
}

/* --- small domains, every completion --- */

static const char facts[] =
    "household:\n"
    "  a: {type: boolean, sources: [declared]}\n"
    "  b: {type: boolean, sources: [declared]}\n"
    "  w: {type: enum, words: {x: {}, y: {}, z: {}}, sources: [declared]}\n"
    "  n: {type: count, sources: [declared]}\n"
    "  p: {type: count, sources: [declared]}\n"
    "  d: {type: boolean, derived: household.a and household.n > 1}\n"
    "  s: {type: count, derived: household.n + household.p}\n"
    "member:\n"
    "  m: {type: boolean, sources: [declared]}\n"
    "  q: {type: count, sources: [declared]}\n"
    "  f: {type: boolean, derived: m or q = 2}\n";
#define CELLS    9 /* a b w n p, m q of two members */
#define RULES    16
#define HOLES    4
#define TEXT_MAX 4000

static const int domain[CELLS] = {2, 2, 3, 4, 4, 2, 4, 2, 4};

struct writer
{
    struct bus_advice_sampler *dice;
    char text[TEXT_MAX];
    size_t n;
};

static void report(struct writer *w, const char *fmt, ...) BUS_PRINTF(2, 3);
static void report(struct writer *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(w->text + w->n, sizeof(w->text) - w->n, fmt, ap);
    va_end(ap);
    assert_true(n >= 0 && w->n + (size_t)n < sizeof(w->text));
    w->n += (size_t)n;
}

static uint64_t pick(struct writer *w, uint64_t n)
{
    return bus_advice_sampler_upto(w->dice, n);
}

/* A number; in_member: inside `some m in members satisfies`. Calls itself at
 * most depth deep, as the next does. */
static void number(struct writer *w, int depth, bool in_member)
{
    static const char *const leaves[] = {
        "household.n", "household.p", "household.s", "1", "2", "m.q"};
    uint64_t how = depth > 0 ? pick(w, 9) : 0;
    if (how < 5) {
        report(w, "%s", leaves[pick(w, in_member ? 6 : 5)]);
    } else if (how == 5) {
        report(w, "count(members[m])");
    } else if (how == 6) {
        report(w, "min(");
        number(w, depth - 1, in_member);
        report(w, ", ");
        number(w, depth - 1, in_member);
        report(w, ")");
    } else {
        report(w, "(");
        number(w, depth - 1, in_member);
        report(w, how == 7 ? " + " : " * ");
        number(w, depth - 1, in_member);
        report(w, ")");
    }
}

static void compare(struct writer *w, int depth, bool in_member)
{
    static const char *const ops[] = {" < ", " >= ", " = ", " != ", " <= "};
    if (pick(w, 4) == 0) {
        number(w, depth - 1, in_member);
        report(w, " in [1..2]");
        return;
    }
    number(w, depth - 1, in_member);
    report(w, "%s", ops[pick(w, 5)]);
    number(w, depth - 1, in_member);
}

static void truth(struct writer *w, int depth, bool in_member)
{
    static const char *const leaves[] = {"household.a",
                                         "household.b",
                                         "household.d",
                                         "not(household.b)",
                                         "household.w = \"x\"",
                                         "household.w in (\"x\", \"z\")",
                                         "m.m",
                                         "m.f"};
    static const char *const quantifiers[] = {"some", "every"};
    uint64_t how = depth > 0 ? pick(w, 8) : 0;
    if (how < 2) {
        report(w, "%s", leaves[pick(w, in_member ? 8 : 6)]);
        return;
    }
    report(w, how == 3 ? "not(" : "(");
    if (how == 2) {
        compare(w, depth, in_member);
    } else if (how == 3) {
        truth(w, depth - 1, in_member);
    } else if (how == 4 && !in_member) {
        report(w, "%s m in members satisfies ", quantifiers[pick(w, 2)]);
        truth(w, depth - 1, true);
    } else if (how == 5) {
        report(w, "if ");
        truth(w, depth - 1, in_member);
        report(w, " then ");
        truth(w, depth - 1, in_member);
        report(w, " else ");
        truth(w, depth - 1, in_member);
    } else {
        truth(w, depth - 1, in_member);
        report(w, how == 6 ? " and " : " or ");
        truth(w, depth - 1, in_member);
    }
    report(w, ")");
}

static void make_rules(struct rules *r, struct bus_advice_sampler *dice)
{
    static char texts[RULES][2 * TEXT_MAX + 400];
    const char *items[RULES + 1] = {NULL};
    for (int i = 0; i < RULES; i++) {
        struct writer rule = {.dice = dice}, money = {.dice = dice};
        truth(&rule, 4, false);
        number(&money, 2, false);
        (void)snprintf(texts[i], sizeof(texts[i]),
                       "code: R%02d\ndepartment: A\nname: {zh: r, en: r}\n"
                       "versions:\n  - version: '1'\n"
                       "    effective: {from: 2020-01-01}\n"
                       "    condition:\n      feel: |\n        %s\n"
                       "    amount:\n      feel: |\n        %s\n",
                       i, rule.text, money.text);
        items[i] = texts[i];
    }
    rules_load(r, facts, "{}", "rules: []", items);
}

/* value: 0 .. domain - 1, or -1 for known to be absent. */
static struct bus_policy_fact cell(const struct rules *r, int c, int value)
{
    static const char *const names[] = {
        "household.a", "household.b", "household.w", "household.n",
        "household.p", "member.m",    "member.q"};
    static const char *const words[] = {"x", "y", "z"};
    int at = c < 7 ? c : c - 2;
    struct bus_policy_fact f = {
        .fact = bus_policy_fact_find(r->c, bus_strv(names[at])),
        .member = c < 5   ? -1
                  : c < 7 ? 0
                          : 1,
        .kind = at == 2          ? BUS_POLICY_TEXT
                : domain[c] == 2 ? BUS_POLICY_BOOL
                                 : BUS_POLICY_LONG,
        .number = value};
    if (value < 0) {
        f.kind = BUS_POLICY_NULL;
    } else if (at == 2) {
        f.text = bus_strv(words[value]);
    }
    return f;
}

struct small
{
    int hole[CELLS]; /* number among the holes, -1 */
    int value[CELLS];
    size_t holes;
};

static struct bus_policy_household build(const struct rules *r,
                                         const struct small *s,
                                         const int *fill,
                                         struct bus_policy_fact *to)
{
    struct bus_policy_household h = {.member_count = 2, .facts = to};
    for (int c = 0; c < CELLS; c++) {
        if (s->hole[c] < 0 || fill != NULL) {
            int v = s->hole[c] < 0 ? s->value[c] : fill[s->hole[c]];
            to[h.fact_count++] = cell(r, c, v);
        }
    }
    return h;
}

/* The next completion; false after the last. */
static bool next(const struct small *s, int *fill)
{
    for (int c = 0; c < CELLS; c++) {
        if (s->hole[c] >= 0) {
            int *v = &fill[s->hole[c]];
            if (++*v < domain[c]) {
                return true;
            }
            *v = -1;
        }
    }
    return false;
}

static size_t every_completion(struct rules *r,
                               struct bus_advice_sampler *dice,
                               size_t *decided)
{
    struct small s;
    struct bus_policy_fact some[CELLS], all[CELLS];
    int fill[CELLS];
    size_t completions = 0;
    s.holes = 0;
    for (int c = 0; c < CELLS; c++) {
        bool hole = s.holes < HOLES && bus_advice_sampler_upto(dice, 2) == 0;
        s.hole[c] = hole ? (int)s.holes++ : -1;
        s.value[c] =
            (int)bus_advice_sampler_upto(dice, (uint64_t)domain[c] + 1) - 1;
        fill[c] = -1;
    }
    struct bus_policy_household h = build(r, &s, NULL, some);
    struct bus_policy_result open = evaluate(r->c, &h);
    for (size_t i = 0; i < open.count; i++) {
        *decided += open.items[i].verdict <= BUS_POLICY_NOT_ELIGIBLE;
    }
    struct bus_arena_mark mark = bus_arena_mark(&mem);
    do {
        h = build(r, &s, fill, all);
        struct bus_policy_result whole = evaluate(r->c, &h);
        for (size_t i = 0; i < open.count; i++) {
            const char *what = broken(&open.items[i], &whole.items[i]);
            if (what != NULL) {
                for (size_t c = 0; c < h.fact_count; c++) {
                    print_message("  %s of %d = %lld%s%s\n",
                                  bus_policy_fact_name(r->c, all[c].fact).p,
                                  all[c].member, (long long)all[c].number,
                                  all[c].kind == BUS_POLICY_NULL ? " null" : "",
                                  s.hole[c] >= 0 ? " (hidden)" : "");
                }
                fail_msg("%s, %d with holes, %d whole (%s), of %s", what,
                         (int)open.items[i].verdict,
                         (int)whole.items[i].verdict,
                         whole.items[i].failure ? whole.items[i].failure : "",
                         bus_node_get(
                             bus_node_get(bus_policy_version_node(
                                              r->c, (size_t)open.items[i].item,
                                              rules_day(DAY)),
                                          "condition"),
                             "feel")
                             ->text.p);
            }
        }
        completions++;
        bus_arena_release(&mem, mark);
    } while (next(&s, fill));
    return completions;
}

static int cell_of(const struct rules *r, const struct bus_policy_missing *m)
{
    for (int c = 0; c < CELLS; c++) {
        struct bus_policy_fact f = cell(r, c, 0);
        if (f.fact == m->fact && f.member == m->member) {
            return c;
        }
    }
    fail_msg("no such cell");
    return -1;
}

/* Is the item decided for every value of the missing facts but one (-1: of
 * all), the other holes staying open? */
static bool decided_by(const struct rules *r,
                       const struct bus_policy_household *some,
                       const struct bus_policy_verdict_of *v,
                       int without)
{
    struct bus_policy_fact all[CELLS];
    struct bus_policy_verdict_of now;
    struct bus_err err;
    int value[CELLS] = {0}, at[CELLS];
    size_t n = v->missing_count;
    for (size_t i = 0; i < n; i++) {
        at[i] = cell_of(r, &v->missing[i]);
    }
    for (;;) {
        struct bus_arena_mark mark = bus_arena_mark(&mem);
        struct bus_policy_household h = *some;
        memcpy(all, some->facts, some->fact_count * sizeof(*all));
        h.facts = all;
        for (size_t i = 0; i < n; i++) {
            if ((int)i != without) {
                all[h.fact_count++] = cell(r, at[i], value[i]);
            }
        }
        assert_int_equal(bus_policy_evaluate_item(r->c, &h, rules_day(DAY),
                                                  v->item, BUS_POLICY_VERDICTS,
                                                  &mem, &now, &err),
                         BUS_OK);
        bus_arena_release(&mem, mark);
        if (now.verdict == BUS_POLICY_UNDETERMINED) {
            return false;
        }
        size_t i = 0;
        while (i < n && ((int)i == without || ++value[i] == domain[at[i]])) {
            value[i] = 0;
            i++;
        }
        if (i == n) {
            return true;
        }
    }
}

/* Flags and words only: all of them decides, no part of it does. */
static void hold_least(struct rules *r,
                       const struct bus_policy_household *h,
                       const struct bus_policy_verdict_of *v,
                       size_t lists[CELLS])
{
    for (size_t i = 0; i < v->missing_count; i++) {
        int c = cell_of(r, &v->missing[i]);
        if (c == 3 || c == 4 || c == 6 || c == 8) {
            return; /* a number */
        }
    }
    lists[v->missing_count]++;
    bool enough = decided_by(r, h, v, -1), too_much = false;
    for (size_t i = 0; i < v->missing_count; i++) {
        too_much |= decided_by(r, h, v, (int)i);
    }
    if (!enough || too_much) {
        for (size_t i = 0; i < v->missing_count; i++) {
            print_message("  missing %s of %d\n",
                          bus_policy_fact_name(r->c, v->missing[i].fact).p,
                          v->missing[i].member);
        }
        fail_msg("%s: %s", enough ? "a part decides" : "it does not decide",
                 bus_node_get(
                     bus_node_get(bus_policy_version_node(r->c, (size_t)v->item,
                                                          rules_day(DAY)),
                                  "condition"),
                     "feel")
                     ->text.p);
    }
}

static void the_missing_is_least(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    uint64_t seed = seed_of(20261003);
    size_t lists[CELLS] = {0};
    print_message("seed %llu, %d random rules\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES); n += RULES) {
        struct rules r;
        bus_arena_reset(&mem);
        rules_open(&r);
        make_rules(&r, &dice);
        for (int round = 0; round < 4; round++) {
            struct bus_policy_fact some[CELLS];
            struct bus_policy_household h = {.member_count = 2, .facts = some};
            for (int c = 0; c < CELLS; c++) {
                if (bus_advice_sampler_upto(&dice, 2) == 0) {
                    int v = (int)bus_advice_sampler_upto(&dice,
                                                         (uint64_t)domain[c]);
                    some[h.fact_count++] = cell(&r, c, v);
                }
            }
            struct bus_policy_result open = evaluate(r.c, &h);
            for (size_t i = 0; i < open.count; i++) {
                if (open.items[i].verdict == BUS_POLICY_UNDETERMINED) {
                    hold_least(&r, &h, &open.items[i], lists);
                }
            }
        }
        rules_close(&r);
    }
    print_message("lists of one to six: %zu %zu %zu %zu %zu %zu\n", lists[1],
                  lists[2], lists[3], lists[4], lists[5], lists[6]);
    assert_true(lists[1] > 100 && lists[2] > 100 && lists[3] > 20);
}

static void small_domains(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    uint64_t seed = seed_of(20260701);
    size_t completions = 0, decided = 0;
    int rules = 0;
    print_message("seed %llu, %d random rules\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (; rules < cases(CASES); rules += RULES) {
        struct rules r;
        rules_open(&r);
        make_rules(&r, &dice);
        for (int n = 0; n < 3; n++) {
            bus_arena_reset(&mem);
            completions += every_completion(&r, &dice, &decided);
        }
        rules_close(&r);
    }
    print_message("%d rules of three households each, %zu completions, %zu "
                  "verdicts with holes\n",
                  rules, completions, decided);
    assert_true(completions > (size_t)rules);
    assert_true(decided > (size_t)rules);
}

/* --- the county's rules, random completions --- */

static int all_items[64];

static void fill_again(struct bus_advice_sampler *dice,
                       struct bus_policy_household *h,
                       const bool *hidden)
{
    struct bus_policy_fact *f = (struct bus_policy_fact *)(uintptr_t)h->facts;
    for (size_t i = 0; i < h->fact_count; i++) {
        if (hidden[i]) {
            bus_advice_sample_value(dice, h->member_count, &f[i]);
            if (bus_advice_sampler_upto(dice, 12) == 0) {
                f[i].kind = BUS_POLICY_NULL;
            }
        }
    }
}

static void hold(const struct bus_policy_result *open,
                 const struct bus_policy_result *whole,
                 int number)
{
    for (size_t i = 0; i < open->count; i++) {
        const char *what = broken(&open->items[i], &whole->items[i]);
        struct bus_policy_item it;
        if (what != NULL) {
            (void)bus_policy_item_at(k.c, (size_t)open->items[i].item,
                                     rules_day(DAY), &it);
            fail_msg("household %d: %s of %.*s", number, what,
                     BUS_STRV_ARG(it.code));
        }
    }
}

/* All that was said to be missing is brought: nothing is open any more, but
 * for what the new facts ask in turn; each round asks for something new. */
static void the_missing_decides(const struct bus_policy_household *whole,
                                struct bus_policy_fact *some,
                                size_t n,
                                const struct bus_policy_verdict_of *open)
{
    struct bus_policy_household h = {
        .member_count = whole->member_count, .facts = some, .fact_count = n};
    struct bus_policy_verdict_of v = *open;
    struct bus_err err;
    for (int round = 0; v.verdict == BUS_POLICY_UNDETERMINED; round++) {
        if (round >= 40 || v.missing_count == 0) {
            fail_msg("item %d: %d rounds, and %zu missing", v.item, round,
                     v.missing_count);
        }
        size_t before = h.fact_count;
        for (size_t m = 0; m < v.missing_count; m++) {
            for (size_t i = 0; i < whole->fact_count; i++) {
                if (whole->facts[i].fact == v.missing[m].fact &&
                    whole->facts[i].member == v.missing[m].member) {
                    some[h.fact_count++] = whole->facts[i];
                }
            }
        }
        assert_true(h.fact_count > before);
        assert_int_equal(bus_policy_evaluate_item(k.c, &h, rules_day(DAY),
                                                  v.item, BUS_POLICY_REASONS,
                                                  &mem, &v, &err),
                         BUS_OK);
    }
}

static void the_countys_rules(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    uint64_t seed = seed_of(371425);
    size_t decided = 0, open_ones = 0;
    static bool hidden[1024];
    static struct bus_policy_fact some[2048];
    print_message("seed %llu, %d households\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int i = 0; i < 64; i++) {
        all_items[i] = i;
    }
    for (int n = 0; n < cases(CASES); n++) {
        struct bus_policy_household h;
        bus_arena_reset(&mem);
        assert_int_equal(
            bus_advice_sample_household(&dice, all_items, 64,
                                        1 + bus_advice_sampler_upto(&dice, 2),
                                        &mem, &h, NULL),
            BUS_OK);
        uint64_t share = 1 + bus_advice_sampler_upto(&dice, 9);
        struct bus_policy_household less = {.member_count = h.member_count,
                                            .facts = some};
        for (size_t i = 0; i < h.fact_count; i++) {
            hidden[i] = !county_claim(h.facts[i].fact) &&
                        bus_advice_sampler_upto(&dice, 10) < share;
            if (!hidden[i]) {
                some[less.fact_count++] = h.facts[i];
            }
        }
        struct bus_policy_result open = evaluate(k.c, &less);
        struct bus_policy_result whole = evaluate(k.c, &h);
        hold(&open, &whole, n);
        size_t at = bus_advice_sampler_upto(&dice, open.count);
        for (size_t i = 0; i < open.count; i++) {
            decided += open.items[i].verdict <= BUS_POLICY_NOT_ELIGIBLE;
            open_ones += open.items[i].verdict == BUS_POLICY_UNDETERMINED;
        }
        the_missing_decides(&h, some, less.fact_count, &open.items[at]);
        fill_again(&dice, &h, hidden);
        whole = evaluate(k.c, &h);
        hold(&open, &whole, n);
    }
    print_message("%zu verdicts with holes held, %zu undetermined\n", decided,
                  open_ones);
    assert_true(decided > (size_t)cases(CASES) * 10);
    assert_true(open_ones > (size_t)cases(CASES) * 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_domains),
        cmocka_unit_test(the_missing_is_least),
        cmocka_unit_test(the_countys_rules),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
