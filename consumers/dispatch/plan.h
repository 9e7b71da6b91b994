/* plan: what one accepted decision becomes. Pure.
 *
 *   BANK        one payment order to the fund's bank: one fund, one order, fen;
 *               what is paid every period is ordered by the treasury, under
 *               the same id the first time, where there is one
 *   POST_CASH   one delivery task with cash, up to the post's cap (S63)
 *   POST_GOODS  one delivery task with goods
 *   SERVICE     nothing to send
 *   uncovered   a de-identified need, offered to every charity (S58)
 *
 * and one dispatch_result that says so. Cash above the cap is refused before
 * anything is sent (T17): the dispatch_result is REFUSED, with the reason.
 *
 * The last door: whatever the matcher let through, money above order_max_fen,
 * to another account than the one decided on, or to nobody, is refused here. */
#ifndef CONSUMERS_DISPATCH_PLAN_H
#define CONSUMERS_DISPATCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/role/need.h"
#include "bus/role/payee.h"
#include "schemas/case_event.h"

#define DISPATCH_OUTPUTS_MAX   32
#define DISPATCH_CHARITIES_MAX 16

struct dispatch_rules
{
    /* The bank that pays a fund's money; "" when the fund has none. */
    struct bus_strv (*bank_of)(void *data, struct bus_strv fund);
    /* The day from which what it pays once is the treasury's, too; INT32_MAX:
     * none. NULL: of no bank. */
    int32_t (*once_from)(void *data, struct bus_strv bank);
    void *data;
    struct bus_strv post;  /* partner code, "" for none */
    int64_t cash_max_fen;  /* 300000: inclusive (Civil Code 1259) */
    int64_t order_max_fen; /* of any order, inclusive */
    int32_t treasury_from; /* who orders from this day on what is paid every
                              period; 0: nobody else */
    struct bus_strv charities[DISPATCH_CHARITIES_MAX];
    size_t charity_count;
    int32_t pay_days, deliver_days, claim_days; /* limits from today */
};

/* Who would get it, of the personal part that came with the event. */
struct dispatch_payee
{
    enum bus_role_payee_is account; /* the one decided on? */
    bool named;                     /* a person's name is there */
};

enum dispatch_topic {
    DISPATCH_OUT_RESULTS,
    DISPATCH_OUT_PAYMENTS,
    DISPATCH_OUT_DELIVERIES,
    DISPATCH_OUT_NOTICES,
    DISPATCH_OUT_NEEDS,
    DISPATCH_OUT_TOPICS
};
struct dispatch_output
{
    enum dispatch_topic topic;
    struct bus_strv partner;
    void *record; /* struct sa_<record>, in the arena */
    struct bus_id event_id;
    bool personal; /* the partner gets the payee, sealed */
};
struct dispatch_outputs
{
    struct dispatch_output v[DISPATCH_OUTPUTS_MAX];
    size_t n;
};

/* need: the number that a gap gets, if there is one. Does nothing (n == 0) for
 * an event that is no accepted decision. Borrows the event's texts. Fails with
 * BUS_ETOOBIG (arena) or BUS_ESCHEMA (a decision accepted without its body). */
int dispatch_plan(const struct dispatch_rules *rules,
                  const struct sa_case_event *event,
                  const struct dispatch_payee *payee,
                  const struct bus_role_need *need,
                  struct bus_arena *mem,
                  struct dispatch_outputs *ret,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
