/* The catalogue: the items of all departments, compiled, and what they say of
 * one household at one date.
 *
 * Pure: no clock, no I/O. It is built from node trees that somebody else read
 * (bus/base/node.h), never changes after that and may be read by any thread.
 * The engine proposes and explains; people decide (PIPL art. 24). */
#ifndef BUS_POLICY_CATALOGUE_H
#define BUS_POLICY_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"
#include "bus/base/strv.h"

struct bus_policy_catalogue;

struct bus_policy_sources
{
    const struct bus_node *facts;        /* facts.yaml */
    const struct bus_node *standards;    /* standards.yaml */
    const struct bus_node *interactions; /* policies/interactions.yaml */
    const struct bus_node *const *items; /* policies/<dept>/<code>.yaml */
    size_t item_count;
    const struct bus_source *models; /* policies/<dept>/<name>.dmn */
    size_t model_count;
};

/* Compiles everything; faults go to `faults` with their places. Borrows the
 * node trees: they live as long as the catalogue. NULL if there was any
 * error. */
struct bus_policy_catalogue *
bus_policy_catalogue_new(const struct bus_policy_sources *sources,
                         struct bus_faults *faults);
void bus_policy_catalogue_free(struct bus_policy_catalogue *c);
/* The content's version: a hash of all sources in canonical form, 16 hex. */
/* The most that an item may come to (facts.yaml's money.item_max_fen); 0: no
 * limit. */
int64_t bus_policy_item_max_fen(const struct bus_policy_catalogue *c);
const char *bus_policy_catalogue_version(const struct bus_policy_catalogue *c);

enum bus_policy_delivery {
    BUS_POLICY_BANK,
    BUS_POLICY_POST_CASH,
    BUS_POLICY_POST_GOODS,
    BUS_POLICY_SERVICE
};
struct bus_policy_item
{
    struct bus_strv code, department, title_zh, title_en;
    struct bus_strv version; /* the one in force at the date asked */
    struct bus_strv fund;    /* "" for none */
    enum bus_policy_delivery delivery;
    bool startable; /* while facts are missing */
    bool status;    /* a confirmation that opens others */
    bool working_days, starts_next_month, pays_before_day_off;
    int32_t limit, pay_day; /* days to decide; of a month, 0: none */
    /* What a confirmed decision makes true: a fact of the dictionary ("" for
     * none), what it gets, and for so many months; 0: until somebody ends it */
    struct bus_strv grants_fact, grants_value;
    int32_t grants_months;
    int64_t per_year; /* payments of its amount; 0: once, or an event's */
};
size_t bus_policy_item_count(const struct bus_policy_catalogue *c);
/* Item i (0 <= i < count, in code order) as in force at rule_date; false if no
 * version of it is in force then. Borrows from the catalogue. */
bool bus_policy_item_at(const struct bus_policy_catalogue *c,
                        size_t i,
                        int32_t rule_date,
                        struct bus_policy_item *ret);
/* -1 if there is none. */
int bus_policy_item_find(const struct bus_policy_catalogue *c,
                         struct bus_strv code);

/* The fact dictionary: "household.x" and "member.x". */
int bus_policy_fact_find(const struct bus_policy_catalogue *c,
                         struct bus_strv name); /* id, or -1 */
struct bus_strv bus_policy_fact_name(const struct bus_policy_catalogue *c,
                                     int fact);
/* May this source word supply the fact? */
bool bus_policy_fact_supplied_by(const struct bus_policy_catalogue *c,
                                 int fact,
                                 struct bus_strv source);

enum bus_policy_kind {
    BUS_POLICY_NULL, /* known to be absent */
    BUS_POLICY_BOOL,
    BUS_POLICY_LONG, /* money_fen, count, number */
    BUS_POLICY_DATE, /* days since 1970-01-01 */
    BUS_POLICY_TEXT  /* enum word, text */
};
struct bus_policy_fact
{
    int fact;   /* id of the dictionary */
    int member; /* index of the household's members; -1 = household fact */
    enum bus_policy_kind kind;
    int64_t number;       /* BOOL 0/1, LONG, DATE */
    struct bus_strv text; /* TEXT */
    int32_t as_of;
    bool verified;
    struct bus_strv source;
};
struct bus_policy_household
{
    size_t member_count;
    const struct bus_policy_fact *facts; /* one per (fact, member) */
    size_t fact_count;
};

enum bus_policy_verdict {
    BUS_POLICY_ELIGIBLE,
    BUS_POLICY_NOT_ELIGIBLE,
    BUS_POLICY_UNDETERMINED,
    BUS_POLICY_FAILED /* the rule itself failed, or its amount is below 0 or
                         beyond what an item may come to; `failure` says so */
};
struct bus_policy_missing
{
    int fact, member; /* member -1: household fact */
};
/* How the amount came about. */
enum bus_policy_amount {
    BUS_POLICY_AMOUNT_NONE,    /* the rule gives none, or the verdict is no */
    BUS_POLICY_AMOUNT_GIVEN,   /* amount_fen as the rule says */
    BUS_POLICY_AMOUNT_CAPPED,  /* amount_fen is the cap; the rule gave more */
    BUS_POLICY_AMOUNT_UNKNOWN, /* for want of a fact */
    BUS_POLICY_AMOUNT_NEGATIVE,
    BUS_POLICY_AMOUNT_BEYOND, /* above facts.yaml's money.item_max_fen */
    BUS_POLICY_AMOUNT_BROKEN  /* not whole, no number, over 64 bits */
};
/* What an item gives one member (-1: the household as one), before and after
 * what items do to each other (bus/policy/interact.h). */
struct bus_policy_share
{
    int member;
    int64_t full_fen, pay_fen;
    struct bus_strv left_out_by; /* the rule; "" when chosen */
};
struct bus_policy_verdict_of
{
    int item;
    enum bus_policy_verdict verdict;
    enum bus_policy_amount amount;
    bool has_amount; /* GIVEN or CAPPED */
    int64_t amount_fen;
    const struct bus_strv *reasons; /* clause keys that decided */
    size_t reason_count;
    const struct bus_policy_missing *missing;
    size_t missing_count;
    /* Of an undetermined item that may be started: something in the facts
     * speaks for it (its signs). Without any it is to be told of, and nobody
     * is set to work. */
    bool sign;
    struct bus_strv left_out_by; /* "" when chosen or not eligible */
    /* Of an eligible item that rules of interactions.yaml name; its amount is
     * what the chosen ones pay together, rounded once. */
    const struct bus_policy_share *shares;
    size_t share_count;
    const char *failure;
};
struct bus_policy_result
{
    const struct bus_policy_verdict_of *items; /* in item order, in force */
    size_t count;
};

enum bus_policy_depth {
    BUS_POLICY_VERDICTS, /* verdicts and amounts only */
    BUS_POLICY_REASONS   /* and reasons, missing facts, interactions */
};
/* What is returned lives in mem or in the catalogue. Never "not eligible" for
 * want of a fact. Fails only over a limit (BUS_ETOOBIG) or for want of room. */
int bus_policy_evaluate(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        enum bus_policy_depth depth,
                        struct bus_arena *mem,
                        struct bus_policy_result *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

/* Of one item alone, without interactions. BUS_EUNKNOWN: none is in force. */
int bus_policy_evaluate_item(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int item,
                             enum bus_policy_depth depth,
                             struct bus_arena *mem,
                             struct bus_policy_verdict_of *ret,
                             struct bus_err *err) BUS_MUSTCHECK;

/* Does item i read this fact (condition, amount, form)? The reverse index. */
bool bus_policy_item_reads(const struct bus_policy_catalogue *c,
                           size_t i,
                           int fact);

#endif
