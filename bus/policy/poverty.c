/* Measures of groups. Sums are kept as whole numbers per dimension and made
 * into fractions once, at the end. */
#include "bus/policy/poverty.h"

#include "bus/base/check.h"

static const struct bus_policy_ratio none = {.n = 0, .d = 1};

static int64_t poverty_size_of(const struct bus_policy_deprivations *in,
                               size_t row)
{
    BUS_CHECK(row < in->rows);
    return in->sizes ? in->sizes[row] : 1;
}

static int64_t
poverty_value_of(const struct bus_policy_deprivations *in, size_t row, size_t j)
{
    BUS_CHECK(row < in->rows && j < in->dimensions);
    return in->values[row * in->dimensions + j];
}

static struct bus_policy_ratio
sum_of_weights(const struct bus_policy_deprivations *in)
{
    struct bus_policy_ratio sum = none;
    for (size_t j = 0; j < in->dimensions; j++) {
        sum = bus_policy_ratio_add(sum, in->weights[j]);
    }
    return sum;
}

struct bus_policy_ratio
bus_policy_deprivation_of(const struct bus_policy_deprivations *in, size_t row)
{
    BUS_CHECK(in->cutoffs != NULL && in->weights != NULL);
    struct bus_policy_ratio c = none;
    for (size_t j = 0; j < in->dimensions; j++) {
        if (poverty_value_of(in, row, j) < in->cutoffs[j]) {
            c = bus_policy_ratio_add(c, in->weights[j]);
        }
    }
    return bus_policy_ratio_div(c, sum_of_weights(in));
}

static int poverty_check(const struct bus_policy_deprivations *in,
                         struct bus_err *err)
{
    struct bus_policy_ratio sum = sum_of_weights(in);
    if (in->rows == 0 || in->dimensions == 0 ||
        in->dimensions > BUS_POLICY_DIMENSIONS_MAX) {
        return bus_fail(err, BUS_ERANGE, "%zu rows of %zu dimensions; 1 to %d",
                        in->rows, in->dimensions, BUS_POLICY_DIMENSIONS_MAX);
    }
    for (size_t j = 0; j < in->dimensions; j++) {
        if (in->cutoffs[j] <= 0 || in->weights[j].broken ||
            in->weights[j].n <= 0) {
            return bus_fail(err, BUS_ERANGE,
                            "dimension %zu: cut-off and weight must be above "
                            "zero",
                            j + 1);
        }
    }
    for (size_t i = 0; i < in->rows; i++) {
        if (poverty_size_of(in, i) <= 0) {
            return bus_fail(err, BUS_ERANGE, "row %zu stands for nobody",
                            i + 1);
        }
    }
    if (sum.broken || in->k.broken || in->k.n <= 0 ||
        bus_policy_ratio_cmp(in->k, sum) > 0) {
        return bus_fail(err, BUS_ERANGE,
                        "k must be above zero and at most the weights' sum");
    }
    return BUS_OK;
}

struct sums
{
    __int128 people, poor;
    struct bus_policy_ratio counts; /* of the poor, times people */
    __int128 deprived[BUS_POLICY_DIMENSIONS_MAX];
    __int128 censored[BUS_POLICY_DIMENSIONS_MAX];
    __int128 gaps[BUS_POLICY_DIMENSIONS_MAX];    /* cut-off less value */
    __int128 squares[BUS_POLICY_DIMENSIONS_MAX]; /* of gaps */
    bool over;
};

static void poverty_add_row(const struct bus_policy_deprivations *in,
                            size_t i,
                            struct bus_policy_ratio k,
                            struct sums *s)
{
    BUS_CHECK(in->dimensions <= BUS_POLICY_DIMENSIONS_MAX);
    struct bus_policy_ratio c = bus_policy_deprivation_of(in, i);
    __int128 size = poverty_size_of(in, i);
    BUS_CHECK(size > 0);
    bool poor = !c.broken && bus_policy_ratio_cmp(c, k) >= 0;
    s->over |= c.broken;
    s->people += size;
    s->poor += poor ? size : 0;
    if (poor) {
        s->counts = bus_policy_ratio_add(
            s->counts, bus_policy_ratio_mul(c, bus_policy_ratio(size, 1)));
    }
    for (size_t j = 0; j < in->dimensions; j++) {
        __int128 gap = (__int128)in->cutoffs[j] - poverty_value_of(in, i, j),
                 square;
        if (gap <= 0) {
            continue;
        }
        s->deprived[j] += size;
        if (!poor) {
            continue;
        }
        s->censored[j] += size;
        s->gaps[j] += gap * size;
        s->over |=
            __builtin_mul_overflow(gap, gap, &square) ||
            __builtin_mul_overflow(square, size, &square) ||
            __builtin_add_overflow(s->squares[j], square, &s->squares[j]);
    }
}

static struct bus_policy_ratio poverty_over(struct bus_policy_ratio a,
                                            struct bus_policy_ratio b)
{
    return b.n == 0 && !b.broken ? none : bus_policy_ratio_div(a, b);
}

int bus_policy_alkire_foster(const struct bus_policy_deprivations *in,
                             struct bus_policy_alkire_foster *ret,
                             struct bus_err *err)
{
    struct sums s = {.counts = none};
    struct bus_policy_alkire_foster r = {.M1 = none, .M2 = none};
    int rc = poverty_check(in, err);
    if (rc != BUS_OK) {
        return rc;
    }
    struct bus_policy_ratio all = sum_of_weights(in);
    for (size_t i = 0; i < in->rows; i++) {
        poverty_add_row(in, i, bus_policy_ratio_div(in->k, all), &s);
    }
    r.H = bus_policy_ratio(s.poor, s.people);
    r.A = poverty_over(s.counts, bus_policy_ratio(s.poor, 1));
    r.M0 = bus_policy_ratio_div(s.counts, bus_policy_ratio(s.people, 1));
    for (size_t j = 0; j < in->dimensions; j++) {
        struct bus_policy_ratio w = bus_policy_ratio_div(in->weights[j], all);
        __int128 z = in->cutoffs[j];
        r.uncensored[j] = bus_policy_ratio(s.deprived[j], s.people);
        r.censored[j] = bus_policy_ratio(s.censored[j], s.people);
        r.share[j] = poverty_over(bus_policy_ratio_mul(w, r.censored[j]), r.M0);
        r.M1 = bus_policy_ratio_add(
            r.M1, bus_policy_ratio_mul(
                      w, bus_policy_ratio_div(bus_policy_ratio(s.gaps[j], z),
                                              bus_policy_ratio(s.people, 1))));
        r.M2 = bus_policy_ratio_add(
            r.M2,
            bus_policy_ratio_mul(
                w, bus_policy_ratio_div(bus_policy_ratio(s.squares[j], z * z),
                                        bus_policy_ratio(s.people, 1))));
    }
    r.G = poverty_over(r.M1, r.M0);
    BUS_CHECK(s.poor <= s.people);
    r.S = poverty_over(r.M2, r.M0);
    if (s.over || r.M0.broken || r.M1.broken || r.M2.broken || r.G.broken ||
        r.S.broken) {
        return bus_fail(err, BUS_ETOOBIG,
                        "figures too big for exact fractions");
    }
    *ret = r;
    return BUS_OK;
}

struct bus_policy_ratio
bus_policy_deprived_between(const struct bus_policy_deprivations *in,
                            struct bus_policy_ratio from,
                            struct bus_policy_ratio to)
{
    __int128 people = 0, between = 0;
    for (size_t i = 0; i < in->rows; i++) {
        struct bus_policy_ratio c = bus_policy_deprivation_of(in, i);
        people += poverty_size_of(in, i);
        if (!c.broken && bus_policy_ratio_cmp(c, from) >= 0 &&
            bus_policy_ratio_cmp(c, to) < 0) {
            between += poverty_size_of(in, i);
        }
    }
    return bus_policy_ratio(between, people);
}

struct bus_policy_ratio
bus_policy_fgt(const int64_t *values, size_t count, int64_t line, int alpha)
{
    BUS_CHECK(count == 0 || values != NULL);
    __int128 sum = 0;
    bool too_big = line <= 0 || alpha < 0 || alpha > 2;
    for (size_t i = 0; i < count; i++) {
        __int128 gap = (__int128)line - values[i], term = 1;
        if (gap <= 0) {
            continue;
        }
        for (int a = 0; a < alpha; a++) {
            too_big |= __builtin_mul_overflow(term, gap, &term);
        }
        too_big |= __builtin_add_overflow(sum, term, &sum);
    }
    struct bus_policy_ratio r = bus_policy_ratio(sum, (__int128)count);
    for (int a = 0; a < alpha && a < 2; a++) {
        r = bus_policy_ratio_div(r, bus_policy_ratio(line, 1));
    }
    r.broken |= too_big;
    return r;
}

void bus_policy_targeting(int64_t tp,
                          int64_t fp,
                          int64_t fn,
                          struct bus_policy_ratio *ret_undercoverage,
                          struct bus_policy_ratio *ret_leakage)
{
    BUS_CHECK(tp >= 0 && fp >= 0 && fn >= 0);
    *ret_undercoverage = bus_policy_ratio(fn, (__int128)tp + fn);
    *ret_leakage = bus_policy_ratio(fp, (__int128)tp + fp);
}
