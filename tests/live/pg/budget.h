/* A fund's money in a test's transaction: b->who says it, another agrees. */
#ifndef TESTS_LIVE_PG_BUDGET_H
#define TESTS_LIVE_PG_BUDGET_H

#include "consumers/treasury/officer.h"

#define BUDGET_AGREES "op-agrees"

static inline int budget_by_two(struct treasury_books *b,
                                const char *fund,
                                int64_t fen,
                                const char *why,
                                struct bus_err *err)
{
    const char *budget = NULL, *who = b->who;
    BUS_TRY(treasury_budget_say(b, fund, fen, why, &budget, err));
    b->who = BUDGET_AGREES;
    int rc = treasury_budget_agree(b, budget, err);
    b->who = who;
    return rc;
}

#endif
