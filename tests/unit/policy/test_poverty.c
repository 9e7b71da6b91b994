/* The measures of groups against published and recomputed figures. */
#include <string.h>

#include "bus/policy/poverty.h"
#include "tests/lib/check.h"

static struct bus_policy_ratio R(int64_t n, int64_t d)
{
    return bus_policy_ratio(n, d);
}

static void
equal(struct bus_policy_ratio have, int64_t n, int64_t d)
{
    if (have.broken || bus_policy_ratio_cmp(have, R(n, d)) != 0) {
        char t[64];
        fail_msg("have %s, want %lld/%lld",
                 bus_policy_ratio_text(have, 9, t, 64), (long long)n,
                 (long long)d);
    }
}

static void text(struct bus_policy_ratio have, int digits, const char *want)
{
    char t[64];
    assert_string_equal(bus_policy_ratio_text(have, digits, t, sizeof(t)),
                        want);
}

/* Alkire and Foster 2011; the first dimension in tenths. Row 4 equals its
 * cut-off in dimensions 3 and 4 and is deprived in dimension 2 alone. */
static const int64_t af_values[] = {131, 14, 4, 1, 152, 7,  5, 0,
                                    125, 10, 1, 0, 200, 11, 3, 1};
static const int64_t af_cutoffs[] = {130, 12, 3, 1};
static const struct bus_policy_ratio ones[] = {{.n = 1, .d = 1},
                                               {.n = 1, .d = 1},
                                               {.n = 1, .d = 1},
                                               {.n = 1, .d = 1}};

static struct bus_policy_alkire_foster
measure(const struct bus_policy_ratio *weights, int k)
{
    struct bus_policy_deprivations in = {.rows = 4,
                                         .dimensions = 4,
                                         .values = af_values,
                                         .cutoffs = af_cutoffs,
                                         .weights = weights,
                                         .k = R(k, 1)};
    struct bus_policy_alkire_foster r;
    struct bus_err err;
    if (bus_policy_alkire_foster(&in, &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return r;
}

static void alkire_foster(void **unused)
{
    (void)unused;
    struct bus_policy_alkire_foster r = measure(ones, 2);
    equal(r.H, 1, 2);
    equal(r.A, 3, 4);
    equal(r.M0, 3, 8);
    text(r.G, 6, "0.548077");
    equal(r.M1, 171, 832);
    text(r.M1, 6, "0.205529");
    text(r.S, 6, "0.441219");
    text(r.M2, 6, "0.165457");
    static const int censored[] = {1, 2, 1, 2}, uncensored[] = {1, 3, 1, 2};
    for (int j = 0; j < 4; j++) {
        equal(r.censored[j], censored[j], 4);
        equal(r.uncensored[j], uncensored[j], 4);
        equal(r.share[j], censored[j], 6);
    }
    struct bus_policy_alkire_foster one = measure(ones, 1);
    equal(one.H, 3, 4);
    equal(one.A, 7, 12);
    equal(one.M0, 7, 16);
    for (int k = 3; k <= 4; k++) {
        struct bus_policy_alkire_foster all = measure(ones, k);
        equal(all.H, 1, 4);
        equal(all.A, 1, 1);
        equal(all.M0, 1, 4);
    }
    static const struct bus_policy_ratio weights[] = {
        {.n = 2, .d = 1}, {.n = 1, .d = 2}, {.n = 1, .d = 1}, {.n = 1, .d = 2}};
    struct bus_policy_alkire_foster weighted = measure(weights, 2);
    equal(weighted.M0, 1, 4);
    equal(weighted.H, 1, 4);
}

/* By dimension and by group the parts make the whole. */
static void decomposition(void **unused)
{
    (void)unused;
    struct bus_policy_alkire_foster r = measure(ones, 2), g;
    struct bus_policy_ratio sum = R(0, 1), groups = R(0, 1);
    for (int j = 0; j < 4; j++) {
        sum = bus_policy_ratio_add(
            sum, bus_policy_ratio_mul(R(1, 4), r.censored[j]));
    }
    assert_int_equal(bus_policy_ratio_cmp(sum, r.M0), 0);
    for (size_t from = 0; from < 4; from += from == 0 ? 1 : 3) {
        struct bus_policy_deprivations in = {.rows = from == 0 ? 1 : 3,
                                             .dimensions = 4,
                                             .values = af_values + 4 * from,
                                             .cutoffs = af_cutoffs,
                                             .weights = ones,
                                             .k = R(2, 1)};
        struct bus_err err;
        assert_int_equal(bus_policy_alkire_foster(&in, &g, &err), BUS_OK);
        groups = bus_policy_ratio_add(
            groups, bus_policy_ratio_mul(R((int64_t)in.rows, 4), g.M0));
    }
    assert_int_equal(bus_policy_ratio_cmp(groups, r.M0), 0);
}

/* The example of the UNDP technical note; 1 = deprived. */
static void multidimensional(void **unused)
{
    (void)unused;
    static const char *const flags[] = {"0010", "1101", "0101", "0100", "0111",
                                        "0010", "0110", "0000", "1111", "0101"};
    static const int64_t sizes[] = {4, 7, 5, 4};
    int64_t values[40], cutoffs[10];
    struct bus_policy_ratio weights[10];
    for (int j = 0; j < 10; j++) {
        cutoffs[j] = 1;
        weights[j] = j < 4 ? R(1, 6) : R(1, 18);
        for (int i = 0; i < 4; i++) {
            values[i * 10 + j] = flags[j][i] == '1' ? 0 : 1;
        }
    }
    struct bus_policy_deprivations in = {.rows = 4,
                                         .dimensions = 10,
                                         .values = values,
                                         .cutoffs = cutoffs,
                                         .weights = weights,
                                         .k = R(1, 3),
                                         .sizes = sizes};
    static const int c[4][2] = {{2, 9}, {13, 18}, {7, 18}, {1, 2}};
    for (size_t i = 0; i < 4; i++) {
        equal(bus_policy_deprivation_of(&in, i), c[i][0], c[i][1]);
    }
    struct bus_policy_alkire_foster r;
    struct bus_err err;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_OK);
    equal(r.H, 4, 5);
    equal(r.A, 9, 16);
    equal(r.M0, 9, 20);
    struct bus_policy_ratio by[3] = {R(0, 1), R(0, 1), R(0, 1)};
    for (int j = 0; j < 10; j++) {
        int group = j < 2 ? 0 : j < 4 ? 1 : 2;
        by[group] = bus_policy_ratio_add(by[group], r.share[j]);
    }
    equal(by[0], 8, 27);
    equal(by[1], 1, 3);
    equal(by[2], 10, 27);
    equal(bus_policy_deprived_between(&in, R(1, 2), R(2, 1)), 11, 20);
    equal(bus_policy_deprived_between(&in, R(1, 5), R(1, 3)), 1, 5);
}

static void fgt(void **unused)
{
    (void)unused;
    static const struct
    {
        int64_t y[4];
        const char *p1, *p2;
    } cases[] = {{{99, 101, 150, 150}, "0.100000", "0.020032"},
                 {{79, 121, 150, 150}, "0.100000", "0.034112"},
                 {{100, 110, 150, 160}, "0.080000", "0.013600"}};
    for (size_t i = 0; i < 3; i++) {
        equal(bus_policy_fgt(cases[i].y, 4, 125, 0), 1, 2);
        text(bus_policy_fgt(cases[i].y, 4, 125, 1), 6, cases[i].p1);
        text(bus_policy_fgt(cases[i].y, 4, 125, 2), 6, cases[i].p2);
    }
    assert_true(bus_policy_fgt(NULL, 0, 125, 1).broken); /* nobody */
    assert_true(bus_policy_fgt(cases[0].y, 4, 0, 1).broken);
    static const int64_t line[] = {125};
    equal(bus_policy_fgt(line, 1, 125, 0), 0, 1); /* strictly below */
}

static void targeting(void **unused)
{
    (void)unused;
    struct bus_policy_ratio u, l;
    bus_policy_targeting(150, 50, 50, &u, &l);
    equal(u, 1, 4);
    equal(l, 1, 4);
    bus_policy_targeting(0, 0, 0, &u, &l);
    assert_true(u.broken && l.broken);
}

static void refused(void **unused)
{
    (void)unused;
    struct bus_policy_deprivations in = {.rows = 4,
                                         .dimensions = 4,
                                         .values = af_values,
                                         .cutoffs = af_cutoffs,
                                         .weights = ones,
                                         .k = R(5, 1)};
    struct bus_policy_alkire_foster r;
    struct bus_err err;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_ERANGE);
    in.k = R(0, 1);
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_ERANGE);
    in.k = R(2, 1);
    in.rows = 0;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_ERANGE);
    in.rows = 4;
    static const int64_t nobody[] = {1, 1, 0, 1};
    in.sizes = nobody;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_ERANGE);
    in.sizes = NULL;
    static const int64_t zero[] = {130, 0, 3, 1};
    in.cutoffs = zero;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_ERANGE);
    /* Nobody poor: no division by zero. */
    static const int64_t rich[] = {999, 999, 999, 999, 999, 999, 999, 999,
                                   999, 999, 999, 999, 999, 999, 999, 999};
    in.cutoffs = af_cutoffs;
    in.values = rich;
    assert_int_equal(bus_policy_alkire_foster(&in, &r, &err), BUS_OK);
    equal(r.M0, 0, 1);
    equal(r.A, 0, 1);
    equal(r.share[0], 0, 1);
}

/* --- fractions --- */

static void fractions(void **unused)
{
    (void)unused;
    equal(bus_policy_ratio(6, -4), -3, 2);
    equal(bus_policy_ratio_sub(R(1, 3), R(1, 2)), -1, 6);
    assert_true(bus_policy_ratio(1, 0).broken);
    assert_true(bus_policy_ratio_div(R(1, 2), R(0, 1)).broken);
    assert_true(bus_policy_ratio_add(bus_policy_ratio(1, 0), R(1, 2)).broken);
    assert_true(bus_policy_ratio_cmp(R(-1, 3), R(-1, 2)) > 0);
    assert_true(bus_policy_ratio_cmp(R(-1, 3), R(1, 1000)) < 0);
    /* A third less a hair: the sums that floats get wrong. */
    struct bus_policy_ratio sum = R(0, 1);
    for (int i = 0; i < 6; i++) {
        sum = bus_policy_ratio_add(sum, R(1, 18));
    }
    assert_int_equal(bus_policy_ratio_cmp(sum, R(1, 3)), 0);
    __int128 big = (__int128)1 << 120;
    assert_true(bus_policy_ratio_cmp(bus_policy_ratio(big, big - 1),
                                     bus_policy_ratio(big + 2, big + 1)) > 0);
    assert_true(
        bus_policy_ratio_mul(bus_policy_ratio(big, 3), bus_policy_ratio(big, 7))
            .broken);
    text(R(-1, 8), 2, "-0.13");
    text(R(1, 3), 0, "0");
    text(bus_policy_ratio(1, 0), 2, "?");
    static const int64_t n[] = {-7, -3, -1, 0, 1, 2, 5};
    for (int a = 0; a < 7; a++) { /* against cross products */
        for (int b = 0; b < 7; b++) {
            for (int64_t d = 1; d < 6; d++) {
                int64_t x = n[a] * (d + 1), y = n[b] * d;
                int want = x < y ? -1 : x > y;
                int have = bus_policy_ratio_cmp(R(n[a], d), R(n[b], d + 1));
                assert_int_equal(have < 0 ? -1 : have > 0, want);
            }
        }
    }
}

static void competition_ranks(void **unused)
{
    (void)unused;
    struct bus_policy_ranked list[] = {{10, 10, 0, 0},
                                       {50, 50, 1, 0},
                                       {20, 80, 2, 0},
                                       {99, 99, 3, 0},
                                       {10, 10, 4, 0}};
    bus_policy_rank(list, 5);
    static const size_t who[] = {3, 1, 2, 0, 4}, rank[] = {1, 2, 2, 4, 4};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(list[i].who, who[i]);
        assert_int_equal(list[i].rank, rank[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alkire_foster),    cmocka_unit_test(decomposition),
        cmocka_unit_test(multidimensional), cmocka_unit_test(fgt),
        cmocka_unit_test(targeting),        cmocka_unit_test(refused),
        cmocka_unit_test(fractions),        cmocka_unit_test(competition_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
