/* Rehearsal: two catalogues side by side over many households. Pure: nothing
 * is written anywhere; who reads the households and prints is the caller.
 *
 * A household *has* an item if the verdict is eligible and the item is in the
 * chosen set. Money is a year's: the amount times the payments of a year its
 * schedule names. Items are matched by code. */
#ifndef BUS_ADVICE_REHEARSE_H
#define BUS_ADVICE_REHEARSE_H

#include "bus/policy/catalogue.h"

#define BUS_POLICY_EXAMPLES 3

enum bus_policy_effective_day {
    BUS_POLICY_TURN_SAME,
    BUS_POLICY_TURN_GAINS, /* has it now and had it not */
    BUS_POLICY_TURN_LOSES,
    BUS_POLICY_TURN_MORE, /* has it in both, for more money */
    BUS_POLICY_TURN_LESS,
    BUS_POLICY_TURN_OPENS, /* has it in neither; only now a fact is missing (of
                              a household: only questions differ) */
    BUS_POLICY_TURN_CLOSES,
    BUS_POLICY_TURN_SWAPS, /* of a household: gains and loses, equal money */
    BUS_POLICY_TURNS
};
struct bus_advice_verdict_change /* of items, or of households */
{
    size_t turns[BUS_POLICY_TURNS];
    int64_t before_fen, after_fen; /* a year */
};
struct bus_advice_verdict_change_group
{
    struct bus_strv key; /* item code, fund, village, kind of household */
    struct bus_advice_verdict_change sum;
    /* Of each turn the first few households. */
    struct bus_strv examples[BUS_POLICY_TURNS][BUS_POLICY_EXAMPLES];
};

/* One item of one household that comes out otherwise. */
struct bus_advice_verdict_change_of
{
    struct bus_strv household, village, kind, item;
    enum bus_policy_effective_day turn;
    /* NULL: not in force in that catalogue. */
    const struct bus_policy_verdict_of *before, *after;
    int64_t before_fen, after_fen; /* a year; 0 where it has not the item */
};
typedef int (*bus_advice_verdict_change_cb)(
    void *data,
    const struct bus_advice_verdict_change_of *t,
    struct bus_err *err);

/* The first day from today on, on which the two say anything else of anybody (a
 * version or a figure begins, or has ended); today if they already do, or
 * never. */
int32_t bus_advice_first_day(const struct bus_policy_catalogue *present,
                             const struct bus_policy_catalogue *proposed,
                             int32_t today);

struct bus_policy_rehearsal;
/* Borrows both catalogues. NULL: no memory. */
struct bus_policy_rehearsal *
bus_advice_rehearsal_new(const struct bus_policy_catalogue *present,
                         const struct bus_policy_catalogue *proposed,
                         int32_t rule_date);
void bus_advice_rehearsal_free(struct bus_policy_rehearsal *r);

struct bus_advice_rehearsed
{
    struct bus_strv household, village, kind; /* copied */
    /* Numbered by the present and by the proposed catalogue; the latter NULL:
     * worked out of the former by the facts' names. */
    const struct bus_policy_household *present, *proposed;
};
/* cb (NULL: none) for each item that turns. mem: scratch of this household,
 * given back. Fails as bus_policy_evaluate, or as cb. */
int bus_advice_rehearse(struct bus_policy_rehearsal *r,
                        const struct bus_advice_rehearsed *who,
                        bus_advice_verdict_change_cb cb,
                        void *data,
                        struct bus_arena *mem,
                        struct bus_err *err) BUS_MUSTCHECK;

/* Households, each by its own turn: by the money of all items, and where that
 * is the same by the items it gains and loses. */
const struct bus_advice_verdict_change *
bus_advice_rehearsal_all(const struct bus_policy_rehearsal *r);
enum bus_advice_verdict_change_by {
    BUS_POLICY_BY_ITEM,    /* turns are items */
    BUS_POLICY_BY_FUND,    /* likewise; "" for items without one */
    BUS_POLICY_BY_VILLAGE, /* turns are households */
    BUS_POLICY_BY_KIND,
    BUS_POLICY_BYS
};
/* In order of their keys. */
void bus_advice_rehearsal_groups(
    struct bus_policy_rehearsal *r,
    enum bus_advice_verdict_change_by by,
    struct bus_advice_verdict_change_group *const **ret,
    size_t *ret_count);

#endif
