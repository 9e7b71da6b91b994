/* Why a verdict is what it is, and what would change it. */
#ifndef BUS_ADVICE_EXPLAIN_H
#define BUS_ADVICE_EXPLAIN_H

#include "bus/base/buf.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/clause.h"
#include "bus/policy/source.h"

#define BUS_POLICY_CHANGES_MAX 6
#define BUS_POLICY_MOVES_MAX   2
#define BUS_POLICY_DATE_MOVE   (-1) /* as a move's fact: the rule date */

enum bus_advice_move_how {
    BUS_POLICY_SET_TO,
    BUS_POLICY_AT_MOST,
    BUS_POLICY_AT_LEAST
};
struct bus_advice_move
{
    struct bus_policy_fact to; /* fact, member, kind, the value */
    enum bus_advice_move_how how;
    bool known_before;
    int64_t before; /* of a number that was known */
    bool ends;      /* beyond `end` it holds no more */
    int64_t end;
};
struct bus_advice_change /* all its moves together */
{
    struct bus_advice_move moves[BUS_POLICY_MOVES_MAX];
    size_t count;
};
enum bus_advice_search {
    BUS_POLICY_SEARCH_DONE,  /* every single fact and promising pair tried */
    BUS_POLICY_SEARCH_LIMIT, /* the limit of tries ended it: there may be more
                              */
    BUS_POLICY_SEARCH_FULL   /* as many as asked for; there may be more */
};
struct bus_advice_changes
{
    enum bus_policy_verdict from, to; /* from the verdict now, to that one */
    struct bus_advice_change list[BUS_POLICY_CHANGES_MAX];
    size_t count;
    enum bus_advice_search end;
    size_t tries;
};
/* Of each item, by its number: the first day of a search by weeks, up to two
 * years ahead, on which time alone makes it eligible, or not; 0: none. */
struct bus_advice_days
{
    const int32_t *yes, *no;
};
/* Of all items at once, for who asks about many. In mem. */
int bus_advice_days_of(const struct bus_policy_catalogue *c,
                       const struct bus_policy_household *h,
                       int32_t rule_date,
                       struct bus_arena *mem,
                       struct bus_advice_days *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

struct bus_advice_question
{
    const struct bus_policy_catalogue *c;
    const struct bus_policy_household *h;
    int32_t rule_date;
    int item;
    size_t limit; /* evaluations at most */
    /* Only what a family can do or wait for, towards eligible only: facts
     * marked `actionable`, to more and never to less of them, and the date. Of
     * an eligible item: nothing. */
    bool family;
    const struct bus_advice_days *days; /* NULL: found for this item */
};
/* What would change the verdict on one item: of an eligible one to no, of any
 * other to eligible. One fact at a time, then (towards eligible) two:
 * numbers by bisection to the nearest threshold, booleans and words by trying
 * each, the rule date up to two years ahead. Facts that nobody can change
 * (birth, sex, relation) are not tried, nor those that what is in the way of a
 * yes does not read. A verdict is never claimed that was not evaluated. mem:
 * scratch, given back. */
int bus_advice_changes(const struct bus_advice_question *q,
                       struct bus_arena *mem,
                       struct bus_advice_changes *ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* "家庭年收入降低 1200.00 元(至多 8399.99 元)". members: how many there are. */
int bus_advice_report_change(const struct bus_policy_catalogue *c,
                             const struct bus_advice_change *change,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err) BUS_MUSTCHECK;
/* The facts and figures that a rule's text names, with their values for the
 * household: "月人均收入 666.66 元; 低保标准 700.00 元". */
int bus_advice_report_values(const struct bus_policy_values *values,
                             struct bus_strv rule,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err) BUS_MUSTCHECK;

#endif
