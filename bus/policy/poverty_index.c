/* The household index of S76, as domain knowledge proposes it (A): a weighted
 * sum of six burdens, each from 0 to 1; what is not known makes a range. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/poverty.h"
#include "bus/policy/source.h"

#define MILLION 1000000

const int bus_policy_index_weights[BUS_POLICY_INDEX_PARTS] = {
    [BUS_POLICY_INDEX_INCOME] = 30,    [BUS_POLICY_INDEX_RIGID] = 20,
    [BUS_POLICY_INDEX_ILLNESS] = 15,   [BUS_POLICY_INDEX_HOUSING] = 10,
    [BUS_POLICY_INDEX_EDUCATION] = 10, [BUS_POLICY_INDEX_DEPENDENCY] = 15,
};
const char *const bus_policy_index_zh[BUS_POLICY_INDEX_PARTS] = {
    "收入缺口", "刚性支出负担", "残疾重病", "住房", "教育负担", "抚养负担"};
const char *const bus_policy_index_en[BUS_POLICY_INDEX_PARTS] = {
    "income gap", "rigid burden", "illness and disability",
    "housing",    "education",    "dependency"};

struct range
{
    struct bus_policy_ratio low, high;
};
struct looking
{
    const struct bus_policy_catalogue *c;
    const struct bus_policy_household *h;
    bool lacking; /* the catalogue has no such fact */
};

static struct range poverty_index_between(struct bus_policy_ratio low,
                                          struct bus_policy_ratio high)
{
    return (struct range){low, high};
}

static struct bus_policy_ratio poverty_index_clamp(struct bus_policy_ratio r)
{
    struct bus_policy_ratio zero = bus_policy_ratio(0, 1),
                            one = bus_policy_ratio(1, 1);
    return r.broken                            ? r
           : bus_policy_ratio_cmp(r, zero) < 0 ? zero
           : bus_policy_ratio_cmp(r, one) > 0  ? one
                                               : r;
}

static const struct bus_policy_fact *
poverty_index_find(struct looking *k, const char *name, int member)
{
    BUS_CHECK(member < (int)k->h->member_count);
    int fact = bus_policy_fact_find(k->c, bus_strv(name));
    k->lacking |= fact < 0;
    for (size_t i = 0; i < k->h->fact_count; i++) {
        if (k->h->facts[i].fact == fact && k->h->facts[i].member == member) {
            return &k->h->facts[i];
        }
    }
    return NULL;
}

static bool
poverty_index_number(struct looking *k, const char *name, int m, int64_t *ret)
{
    const struct bus_policy_fact *f = poverty_index_find(k, name, m);
    *ret = f && f->kind == BUS_POLICY_LONG && f->number > 0 ? f->number : 0;
    return f != NULL;
}

/* Is the word one of the list (spaces around each)? false if not known. */
static bool poverty_index_among(struct looking *k,
                                const char *name,
                                int m,
                                const char *list,
                                bool *ret)
{
    const struct bus_policy_fact *f = poverty_index_find(k, name, m);
    char word[40];
    if (f == NULL) {
        return false;
    }
    (void)snprintf(word, sizeof(word), " %.*s ",
                   (int)(f->text.n < 32 ? f->text.n : 32),
                   f->text.p ? f->text.p : "");
    *ret = f->kind == BUS_POLICY_TEXT && strstr(list, word) != NULL;
    return true;
}

/* clamp((edge - income a head a month) / edge) */
static struct range income_gap(const struct looking *k,
                               struct bus_policy_ratio edge,
                               struct bus_policy_ratio income)
{
    BUS_CHECK(k->h->member_count > 0);
    if (edge.broken || income.broken) {
        return poverty_index_between(bus_policy_ratio(0, 1),
                                     bus_policy_ratio(1, 1));
    }
    struct bus_policy_ratio y = bus_policy_ratio_div(
        income,
        bus_policy_ratio((__int128)12 * (__int128)k->h->member_count, 1));
    struct bus_policy_ratio d = poverty_index_clamp(
        bus_policy_ratio_div(bus_policy_ratio_sub(edge, y), edge));
    return poverty_index_between(d, d);
}

/* clamp((R - R0) / (1 - R0)); R is 1 without income, at most 1. */
static struct bus_policy_ratio
burden(int64_t spend, int64_t income, struct bus_policy_ratio r0)
{
    BUS_CHECK(spend >= 0 && income >= 0);
    struct bus_policy_ratio one = bus_policy_ratio(1, 1);
    struct bus_policy_ratio r =
        income == 0 ? one
                    : poverty_index_clamp(bus_policy_ratio(spend, income));
    return poverty_index_clamp(bus_policy_ratio_div(
        bus_policy_ratio_sub(r, r0), bus_policy_ratio_sub(one, r0)));
}

static struct range poverty_index_rigid(struct looking *k,
                                        struct bus_policy_ratio r0)
{
    static const char *const spends[] = {
        "household.spend_living_fen", "household.spend_medical_fen",
        "household.spend_education_fen", "household.spend_rehab_fen",
        "household.spend_other_fen"};
    int64_t income, sum = 0, one;
    bool all = true;
    if (!poverty_index_number(k, "household.income_total_fen", -1, &income) ||
        r0.broken) {
        return poverty_index_between(bus_policy_ratio(0, 1),
                                     bus_policy_ratio(1, 1));
    }
    for (size_t i = 0; i < sizeof(spends) / sizeof(spends[0]); i++) {
        all &= poverty_index_number(k, spends[i], -1, &one);
        sum = sum > INT64_MAX - one ? INT64_MAX : sum + one;
    }
    struct bus_policy_ratio low = burden(sum, income, r0);
    return poverty_index_between(
        low, all || income == 0 ? low : bus_policy_ratio(1, 1));
}

/* 1 for a severe disability or serious illness of anybody, 0.5 for another. */
static struct range illness(struct looking *k)
{
    int low = 0, high = 0; /* halves */
    for (int m = 0; m < (int)k->h->member_count; m++) {
        const struct bus_policy_fact *ill =
            poverty_index_find(k, "member.serious_illness", m);
        const struct bus_policy_fact *chronic =
            poverty_index_find(k, "member.chronic_illness", m);
        int64_t grade = 0;
        bool mind = false;
        bool graded =
            poverty_index_number(k, "member.disability_grade", m, &grade);
        bool kind = poverty_index_among(k, "member.disability_category", m,
                                        " intellectual mental ", &mind);
        bool severe = grade == 1 || grade == 2 || (grade == 3 && mind);
        bool maybe = !graded || (grade == 3 && !kind) || ill == NULL;
        bool some = grade > 0 || (chronic != NULL && chronic->number == 1);
        int one = severe || (ill != NULL && ill->number == 1) ? 2
                  : some                                      ? 1
                                                              : 0;
        int most = maybe ? 2 : chronic == NULL ? (one > 1 ? one : 1) : one;
        low = one > low ? one : low;
        high = most > high ? most : high;
    }
    high = high > low ? high : low;
    BUS_CHECK(low >= 0 && low <= high && high <= 2);
    return poverty_index_between(bus_policy_ratio(low, 2),
                                 bus_policy_ratio(high, 2));
}

static struct range poverty_index_housing(struct looking *k)
{
    bool worst = false, bad = false;
    if (!poverty_index_among(k, "household.house_grade", -1, " D no_house ",
                             &worst) ||
        !poverty_index_among(k, "household.house_grade", -1, " C ", &bad)) {
        return poverty_index_between(bus_policy_ratio(0, 1),
                                     bus_policy_ratio(1, 1));
    }
    struct bus_policy_ratio d = bus_policy_ratio(worst ? 2 : bad ? 1 : 0, 2);
    return poverty_index_between(d, d);
}

/* Half for one member in paid schooling (beyond the compulsory years), 1 for
 * two and more. */
static struct range education(struct looking *k)
{
    int low = 0, open = 0;
    for (int m = 0; m < (int)k->h->member_count; m++) {
        bool paid = false;
        bool known = poverty_index_among(
            k, "member.stage", m, " senior_high vocational higher ", &paid);
        low += paid;
        open += !known;
    }
    BUS_CHECK(low + open <= (int)k->h->member_count);
    int high = low + open;
    return poverty_index_between(bus_policy_ratio(low > 2 ? 2 : low, 2),
                                 bus_policy_ratio(high > 2 ? 2 : high, 2));
}

static struct range dependency(struct looking *k)
{
    int workers = 0, open = 0, n = (int)k->h->member_count;
    for (int m = 0; m < n; m++) {
        bool works = false;
        bool known = poverty_index_among(k, "member.employment", m,
                                         " employed flexible farming ", &works);
        workers += works;
        open += !known;
    }
    BUS_CHECK(n > 0 && workers + open <= n);
    return poverty_index_between(bus_policy_ratio(n - workers - open, n),
                                 bus_policy_ratio(n - workers, n));
}

/* Plain digits as a fraction; anything else ("?", "-") is broken. */
static struct bus_policy_ratio poverty_index_fraction(struct bus_strv t)
{
    __int128 n = 0, d = 1;
    bool point = false, digits = false;
    for (size_t i = 0; i < t.n && i < 24; i++) {
        if (t.p[i] == '.' && !point) {
            point = true;
        } else if (t.p[i] >= '0' && t.p[i] <= '9') {
            n = n * 10 + (t.p[i] - '0');
            d *= point ? 10 : 1;
            digits = true;
        } else {
            return (struct bus_policy_ratio){.broken = true};
        }
    }
    return digits ? bus_policy_ratio(n, d)
                  : (struct bus_policy_ratio){.broken = true};
}

/* A standard's figure; broken if it is not known. */
static struct bus_policy_ratio poverty_index_figure(struct looking *k,
                                                    int32_t day,
                                                    const char *name,
                                                    struct bus_arena *mem)
{
    struct bus_strv t = {0};
    int at = bus_policy_standard_find(k->c, bus_strv(name));
    k->lacking |= at < 0;
    bool there = at >= 0 && bus_policy_standard_text(k->c, k->h, day, at, mem,
                                                     &t, NULL) == BUS_OK;
    return there ? poverty_index_fraction(t)
                 : (struct bus_policy_ratio){.broken = true};
}

/* The income that counts for dibao (without X7 and X8), as the catalogue works
 * it out; the total where it has no such fact. Broken if it is not known. */
static struct bus_policy_ratio
poverty_index_income(struct looking *k, int32_t day, struct bus_arena *mem)
{
    static const char counted[] = "household.income_counted_fen";
    struct bus_strv t = {0};
    int64_t total;
    bool known =
        poverty_index_number(k, "household.income_total_fen", -1, &total);
    int fact = bus_policy_fact_find(k->c, bus_strv(counted));
    if (!known || fact < 0) {
        return known ? bus_policy_ratio(total, 1)
                     : (struct bus_policy_ratio){.broken = true};
    }
    struct bus_policy_missing which = {.fact = fact, .member = -1};
    int rc = bus_policy_fact_text(k->c, k->h, day, which, mem, &t, NULL);
    return rc == BUS_OK ? poverty_index_fraction(t)
                        : (struct bus_policy_ratio){.broken = true};
}

static bool
poverty_index_total(const struct bus_policy_index *x, bool high, int64_t *ret)
{
    struct bus_policy_ratio sum = bus_policy_ratio(0, 1);
    for (int i = 0; i < BUS_POLICY_INDEX_PARTS; i++) {
        struct bus_policy_ratio d = high ? x->parts[i].high : x->parts[i].low;
        sum = bus_policy_ratio_add(
            sum, bus_policy_ratio_mul(
                     d, bus_policy_ratio(bus_policy_index_weights[i], 1)));
    }
    return bus_policy_ratio_round(sum, MILLION, ret);
}

int bus_policy_index(const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     struct bus_policy_index *ret,
                     struct bus_err *err)
{
    struct looking k = {.c = c, .h = h};
    struct bus_policy_index x;
    if (h->member_count == 0) {
        return bus_fail(err, BUS_ERANGE, "a household without members");
    }
    const struct range parts[BUS_POLICY_INDEX_PARTS] = {
        [BUS_POLICY_INDEX_INCOME] =
            income_gap(&k, poverty_index_figure(&k, rule_date, "edge_fen", mem),
                       poverty_index_income(&k, rule_date, mem)),
        [BUS_POLICY_INDEX_RIGID] = poverty_index_rigid(
            &k, poverty_index_figure(&k, rule_date, "rigid_ratio_floor", mem)),
        [BUS_POLICY_INDEX_ILLNESS] = illness(&k),
        [BUS_POLICY_INDEX_HOUSING] = poverty_index_housing(&k),
        [BUS_POLICY_INDEX_EDUCATION] = education(&k),
        [BUS_POLICY_INDEX_DEPENDENCY] = dependency(&k),
    };
    for (int i = 0; i < BUS_POLICY_INDEX_PARTS; i++) {
        x.parts[i].low = parts[i].low;
        x.parts[i].high = parts[i].high;
    }
    if (k.lacking) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "the catalogue lacks a fact or standard of the index");
    }
    if (!poverty_index_total(&x, false, &x.low) ||
        !poverty_index_total(&x, true, &x.high)) {
        return bus_fail(err, BUS_ETOOBIG, "figures too big for the index");
    }
    *ret = x;
    return BUS_OK;
}

static int poorest_first(const void *a, const void *b)
{
    const struct bus_policy_ranked *x = a, *y = b;
    int64_t p = x->low + x->high, q = y->low + y->high;
    return p != q             ? (p > q ? -1 : 1)
           : x->who != y->who ? (x->who < y->who ? -1 : 1)
                              : 0;
}

void bus_policy_rank(struct bus_policy_ranked *list, size_t count)
{
    BUS_CHECK(count == 0 || list != NULL);
    qsort(list, count, sizeof(*list), poorest_first);
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && list[i].low + list[i].high ==
                                 list[i - 1].low + list[i - 1].high;
        list[i].rank = same ? list[i - 1].rank : i + 1;
    }
}
