/* Interactions on the county's own catalogue: 10 000 generated households
 * whose chosen set is compared with brute force over every set of claims. The
 * law (X1 to X6, X9, X10, X14) is written here from the documents, not read
 * from interactions.yaml. */
#include "bus/advice/sample.h"
#include "bus/policy/interact.h"
#include "bus/policy/source.h"
#include "tests/golden/rules.h"
#include "tests/lib/cases.h"

#define CASES      10000
#define CLAIMS_MAX 14
#define DAY        "2026-10-09"

static struct county k;
static struct bus_arena mem;

static const char *const codes[] = {"MZ01", "MZ02", "MZ03", "MZ07", "MZ08",
                                    "MZ09", "MZ10", "MZ11", "MZ12", "MZ13"};
#define CODES (sizeof(codes) / sizeof(codes[0]))
static int items[CODES];

static int open_all(void **state)
{
    (void)state;
    county_open(&k);
    bus_arena_init(&mem, 0, 0);
    for (size_t i = 0; i < CODES; i++) {
        items[i] = bus_policy_item_find(k.c, bus_strv(codes[i]));
        assert_true(items[i] >= 0);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    county_close(&k);
    return 0;
}

/* --- the law once more --- */

static bool one_of(const char *code, const char *list)
{
    return strstr(list, code) != NULL;
}

static bool beats(const char *a, const char *b)
{
    static const char *const ladder[] = {"MZ03", "MZ01", "MZ07", "MZ08"};
    int at = 9, bt = 0;
    for (int i = 0; i < 4; i++) {
        at = strcmp(a, ladder[i]) == 0 ? i : at;
        bt = strcmp(b, ladder[i]) == 0 ? i : bt;
    }
    return (strcmp(a, "MZ03") == 0 &&
            one_of(b, "MZ01 MZ02 MZ11 MZ12")) ||                 /* X1 */
           (strcmp(a, "MZ10") == 0 && strcmp(b, "MZ11") == 0) || /* X3 */
           (strcmp(a, "MZ01") == 0 && strcmp(b, "MZ02") == 0) || /* X9 */
           at < bt;                                              /* X10 */
}

static bool differ(const char *a, const char *b)
{
    return (one_of(a, "MZ09 MZ10") && strcmp(b, "MZ03") == 0) || /* X2 */
           (one_of(b, "MZ09 MZ10") && strcmp(a, "MZ03") == 0) ||
           (strcmp(a, "MZ09") == 0 && strcmp(b, "MZ02") == 0) || /* X14 */
           (strcmp(b, "MZ09") == 0 && strcmp(a, "MZ02") == 0) ||
           (one_of(a, "MZ11 MZ12") && strcmp(b, "MZ13") == 0) || /* X5 */
           (one_of(b, "MZ11 MZ12") && strcmp(a, "MZ13") == 0);
}

struct claim
{
    const char *code;
    int member;
    int64_t fen; /* a month */
    bool chosen;
};
struct world
{
    struct claim c[CLAIMS_MAX];
    size_t n;
    int64_t people;
};

static bool meet(const struct claim *a, const struct claim *b)
{
    return a->member < 0 || b->member < 0 || a->member == b->member;
}

static int64_t pays(const struct world *w, unsigned set, size_t i)
{
    const struct claim *a = &w->c[i];
    int64_t pay = a->fen * w->people;
    for (size_t o = 0; o < w->n; o++) {
        if (strcmp(a->code, "MZ10") == 0 && (set >> o & 1) &&
            meet(a, &w->c[o]) && one_of(w->c[o].code, "MZ01 MZ02 MZ03 MZ11")) {
            pay -= w->c[o].fen * (w->c[o].member < 0 ? 1 : w->people);
        }
    }
    return pay;
}

static bool ruled_out(const struct world *w, unsigned set, size_t a)
{
    for (size_t i = 0; i < w->n; i++) {
        if ((set >> i & 1) && meet(&w->c[i], &w->c[a]) &&
            (beats(w->c[i].code, w->c[a].code) ||
             differ(w->c[i].code, w->c[a].code))) {
            return true;
        }
    }
    return false;
}

static bool lawful(const struct world *w, unsigned set)
{
    for (size_t a = 0; a < w->n; a++) {
        bool in = (set >> a & 1) != 0;
        if (in && strcmp(w->c[a].code, "MZ10") == 0 && pays(w, set, a) <= 0) {
            return false;
        }
        for (size_t b = 0; b < w->n; b++) {
            if (a == b || !(set >> b & 1) || !meet(&w->c[a], &w->c[b])) {
                continue;
            }
            bool over = beats(w->c[a].code, w->c[b].code);
            if (in ? over || differ(w->c[a].code, w->c[b].code)
                   : over && !ruled_out(w, set, a)) {
                return false;
            }
        }
    }
    return true;
}

static unsigned brute(const struct world *w, int64_t *ret_money)
{
    unsigned best = 0;
    int64_t most = 0;
    for (unsigned set = 1; set < 1u << w->n; set++) {
        if (!lawful(w, set)) {
            continue;
        }
        int64_t money = 0;
        for (size_t i = 0; i < w->n; i++) {
            money += (set >> i & 1) ? pays(w, set, i) : 0;
        }
        int more = __builtin_popcount(set) - __builtin_popcount(best);
        if (money > most || (money == most && more > 0)) {
            best = set;
            most = money;
        }
    }
    *ret_money = most;
    return best;
}

/* --- households in which something meets --- */

static void set(struct bus_policy_household *h,
                const char *name,
                int member,
                int64_t number,
                const char *word)
{
    int fact = bus_policy_fact_find(k.c, bus_strv(name));
    struct bus_policy_fact *f = (struct bus_policy_fact *)(uintptr_t)h->facts;
    for (size_t i = 0; i < h->fact_count; i++) {
        if (f[i].fact == fact && f[i].member == member) {
            f[i].number = number;
            f[i].text = word ? bus_strv(word) : f[i].text;
            return;
        }
    }
    fail_msg("no cell for %s", name);
}

static struct bus_policy_household household(struct bus_advice_sampler *d)
{
    static const char *const gone[] = {"dead", "missing", "severely_disabled",
                                       "able"};
    static const char *const status[] = {"none", "dibao", "edge", "tekun"};
    struct bus_policy_household h;
    size_t people = 1 + bus_advice_sampler_upto(d, 3);
    bool old = bus_advice_sampler_upto(d, 3) == 0;
    assert_int_equal(
        bus_advice_sample_household(d, items, CODES, people, &mem, &h, NULL),
        BUS_OK);
    set(&h, "household.registered_in_county", -1, 1, NULL);
    set(&h, "household.deposit_fen", -1, 0, NULL);
    set(&h, "household.securities_fen", -1, 0, NULL);
    set(&h, "household.vehicle_count", -1, 0, NULL);
    set(&h, "household.house_count", -1, 1, NULL);
    set(&h, "household.has_supporter", -1, bus_advice_sampler_upto(d, 4) == 0,
        NULL);
    set(&h, "household.income_total_fen", -1,
        (int64_t)bus_advice_sampler_upto(d, 1400000) * (int64_t)people, NULL);
    set(&h, "household.status", -1, 0, status[bus_advice_sampler_upto(d, 4)]);
    for (int m = 0; (size_t)m < people; m++) {
        int64_t age = old ? 60 + (int64_t)bus_advice_sampler_upto(d, 35)
                          : (int64_t)bus_advice_sampler_upto(d, 17);
        set(&h, "member.birth_date", m, rules_day(DAY) - age * 366 - 5, NULL);
        set(&h, "member.father_state", m, 0,
            gone[bus_advice_sampler_upto(d, 4)]);
        set(&h, "member.mother_state", m, 0,
            gone[bus_advice_sampler_upto(d, 4)]);
        set(&h, "member.disability_grade", m,
            (int64_t)bus_advice_sampler_upto(d, 4), NULL);
        set(&h, "member.care_months", m, 12, NULL);
        set(&h, "member.care_allowance", m, bus_advice_sampler_upto(d, 6) == 0,
            NULL);
    }
    return h;
}

/* The claims as the engine saw them, and what it chose. */
static void claims(const struct bus_policy_result *r, struct world *w)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct bus_policy_verdict_of *v = &r->items[i];
        struct bus_policy_item it;
        assert_true(
            bus_policy_item_at(k.c, (size_t)v->item, rules_day(DAY), &it));
        for (size_t s = 0; s < v->share_count; s++) {
            const struct bus_policy_share *h = &v->shares[s];
            if (bus_strv_is(h->left_out_by, "X6")) {
                assert_true(one_of(it.code.p, "MZ11 MZ12"));
                continue;
            }
            if (w->n < CLAIMS_MAX) {
                w->c[w->n] = (struct claim){it.code.p, h->member, h->full_fen,
                                            h->left_out_by.n == 0};
            }
            w->n++;
        }
    }
}

static void equal_to_brute_force(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    size_t left_out = 0, topped = 0, compared = 0;
    uint64_t seed = seed_of(371425);
    print_message("seed %llu, %d households\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES); n++) {
        struct bus_policy_result r;
        struct bus_err err;
        bus_arena_reset(&mem);
        struct bus_policy_household h = household(&dice);
        struct world w = {.people = (int64_t)h.member_count};
        if (bus_policy_evaluate(k.c, &h, rules_day(DAY), BUS_POLICY_REASONS,
                                &mem, &r, &err) != BUS_OK) {
            fail_msg("%s", err.msg);
        }
        claims(&r, &w);
        if (w.n > CLAIMS_MAX) {
            continue;
        }
        int64_t money, mine = 0;
        unsigned want = brute(&w, &money), have = 0;
        for (size_t i = 0; i < w.n; i++) {
            have |= w.c[i].chosen ? 1u << i : 0;
        }
        for (size_t i = 0; i < w.n; i++) {
            if (have >> i & 1) {
                mine += pays(&w, have, i);
                topped += pays(&w, have, i) != w.c[i].fen * w.people;
            }
        }
        assert_true(lawful(&w, have));
        if (mine != money ||
            __builtin_popcount(have) != __builtin_popcount(want)) {
            fail_msg("case %d: chose %x of %lld, brute force %x of %lld", n,
                     have, (long long)mine, want, (long long)money);
        }
        compared++;
        left_out += have != (1u << w.n) - 1;
    }
    print_message("%zu compared, %zu with something left out, %zu topped up\n",
                  compared, left_out, topped);
    assert_true(compared > (size_t)cases(CASES) * 9 / 10);
    assert_true(left_out > (size_t)cases(CASES) / 10);
    assert_true(topped > (size_t)cases(CASES) / 200);
}

static void rechecks(void **state)
{
    (void)state;
    assert_int_equal(bus_policy_recheck_months(k.c, "status_ended"), 6); /*X11*/
    assert_int_equal(bus_policy_recheck_months(k.c, "member_died"), 3);  /*X12*/
    assert_int_equal(bus_policy_recheck_months(k.c, "moved"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_brute_force),
        cmocka_unit_test(rechecks),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
