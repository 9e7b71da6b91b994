/* How poor: a household (the index of S76) and groups (Alkire-Foster, FGT,
 * the multidimensional poverty index), on exact fractions.
 *
 * The index proposes an order of visits (S78); it decides nothing alone. */
#ifndef BUS_POLICY_POVERTY_H
#define BUS_POLICY_POVERTY_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/ratio.h"

/* --- groups --- */

#define BUS_POLICY_DIMENSIONS_MAX 32
struct bus_policy_deprivations
{
    size_t rows, dimensions;
    const int64_t *values;  /* rows x dimensions */
    const int64_t *cutoffs; /* deprived if value < cut-off, strictly */
    const struct bus_policy_ratio *weights; /* their sum is 1, or a count */
    struct bus_policy_ratio k; /* poor if the weighted count is >= k */
    const int64_t *sizes;      /* people a row stands for; NULL: 1 each */
};
struct bus_policy_alkire_foster
{
    struct bus_policy_ratio H, A, M0, G, M1, S, M2;
    /* By dimension: headcount among all and among the poor; share of M0. */
    struct bus_policy_ratio uncensored[BUS_POLICY_DIMENSIONS_MAX];
    struct bus_policy_ratio censored[BUS_POLICY_DIMENSIONS_MAX];
    struct bus_policy_ratio share[BUS_POLICY_DIMENSIONS_MAX];
};
/* Weights are divided by their sum, and k with them. BUS_ERANGE: nobody, no
 * dimension, a cut-off or weight that is not above zero, k outside 0 to the
 * sum. Where nobody is poor A, G, S and the shares are 0. */
int bus_policy_alkire_foster(const struct bus_policy_deprivations *in,
                             struct bus_policy_alkire_foster *ret,
                             struct bus_err *err) BUS_MUSTCHECK;
/* The weighted count of one row, over the sum of the weights. */
struct bus_policy_ratio
bus_policy_deprivation_of(const struct bus_policy_deprivations *in, size_t row);
/* The share of people with from <= count < to. */
struct bus_policy_ratio
bus_policy_deprived_between(const struct bus_policy_deprivations *in,
                            struct bus_policy_ratio from,
                            struct bus_policy_ratio to);
/* Foster-Greer-Thorbecke; alpha 0, 1 or 2; poor if value < line. */
struct bus_policy_ratio
bus_policy_fgt(const int64_t *values, size_t count, int64_t line, int alpha);
/* How well a choice hits: undercoverage FN/(TP+FN), leakage FP/(TP+FP). */
void bus_policy_targeting(int64_t tp,
                          int64_t fp,
                          int64_t fn,
                          struct bus_policy_ratio *ret_undercoverage,
                          struct bus_policy_ratio *ret_leakage);

/* --- the household --- */

#define BUS_POLICY_INDEX_VERSION "HPI 2026.2" /* .1 took X7 off and not X8 */
enum bus_policy_index_part {
    BUS_POLICY_INDEX_INCOME,     /* gap to the edge of dibao */
    BUS_POLICY_INDEX_RIGID,      /* rigid spending over income */
    BUS_POLICY_INDEX_ILLNESS,    /* disability, serious illness */
    BUS_POLICY_INDEX_HOUSING,    /* grade of the house */
    BUS_POLICY_INDEX_EDUCATION,  /* members in paid schooling */
    BUS_POLICY_INDEX_DEPENDENCY, /* members who do not work */
    BUS_POLICY_INDEX_PARTS
};
struct bus_policy_index
{
    /* 0 to 100 in millionths; low = high when everything is known. */
    int64_t low, high;
    struct
    {
        struct bus_policy_ratio low, high; /* 0 to 1 */
    } parts[BUS_POLICY_INDEX_PARTS];
};
/* Weights in hundredths, and names. */
extern const int bus_policy_index_weights[BUS_POLICY_INDEX_PARTS];
extern const char *const bus_policy_index_zh[BUS_POLICY_INDEX_PARTS];
extern const char *const bus_policy_index_en[BUS_POLICY_INDEX_PARTS];
/* BUS_EUNKNOWN: the catalogue lacks a fact or standard the index reads. */
int bus_policy_index(const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     struct bus_policy_index *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

struct bus_policy_ranked
{
    int64_t low, high; /* of the index */
    size_t who;        /* the caller's number */
    size_t rank;       /* 1, 2, 2, 4: equal ones share the better place */
};
/* Sorts by the middle of the range, the poorest first, then by `who`; equal
 * middles share a rank. */
void bus_policy_rank(struct bus_policy_ranked *list, size_t count);

#endif
