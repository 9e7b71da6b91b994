/* What one decision may give, and what becomes of a benefit afterwards: rules
 * about what was decided, beside the verdicts on who may get what.
 *
 * They propose. To cut or end a benefit is a process with a hearing before it
 * (L26 art. 48), and people decide it. */
#ifndef BUS_POLICY_REVIEW_H
#define BUS_POLICY_REVIEW_H

#include "bus/policy/catalogue.h"

/* May a decision on this item give so much? By the cap of its version. */
enum bus_policy_request {
    BUS_POLICY_REQUEST_ALLOWED,
    BUS_POLICY_REQUEST_ABOVE_CAP,
    BUS_POLICY_REQUEST_OPEN /* the cap hangs on a fact nobody knows */
};
struct bus_policy_request_of
{
    enum bus_policy_request outcome;
    bool has_cap;
    int64_t cap_fen;
    struct bus_strv instead; /* the item for more (`above_cap`), "" for none */
};
/* BUS_EUNKNOWN: no version of it is in force on that day. */
int bus_policy_request(const struct bus_policy_catalogue *c,
                       const struct bus_policy_household *h,
                       int32_t rule_date,
                       int item,
                       int64_t fen,
                       struct bus_arena *mem,
                       struct bus_policy_request_of *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* Is it given to some of the members, and not to the household as one? */
bool bus_policy_item_is_members(const struct bus_policy_catalogue *c,
                                size_t item,
                                int32_t rule_date);
/* To whom it is given, of the first 64 members: bit m for member m; those for
 * sure, where of others it is not known; 0: to the household as one, or nobody
 * knows of anyone. BUS_EUNKNOWN: no version of it is in force
 * on that day. */
int bus_policy_beneficiaries(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int item,
                             struct bus_arena *mem,
                             uint64_t *ret,
                             struct bus_err *err) BUS_MUSTCHECK;

/* Rules of kind `cut`: a member's own share of a benefit of the household is
 * withheld, the others' is not. The shares are equal; what is paid is rounded
 * once, up. */
struct bus_policy_cut
{
    struct bus_strv rule;     /* "" while nobody is cut */
    uint64_t members;         /* bit m: member m's share is withheld */
    uint64_t open;            /* bit m: nobody knows; is not cut */
    int64_t pay_fen, cut_fen; /* of full_fen, exactly */
};
/* full_fen >= 0: what the household gets a period without a cut. */
int bus_policy_cut(const struct bus_policy_catalogue *c,
                   const struct bus_policy_household *h,
                   int32_t rule_date,
                   int item,
                   int64_t full_fen,
                   struct bus_arena *mem,
                   struct bus_policy_cut *ret,
                   struct bus_err *err) BUS_MUSTCHECK;

/* X10, X11: does a confirmed status go on? */
enum bus_policy_review {
    BUS_POLICY_REVIEW_NONE,  /* there is no status */
    BUS_POLICY_REVIEW_KEEPS, /* its rule is met, and no better one's */
    BUS_POLICY_REVIEW_GRACE, /* no longer met, but work is new */
    BUS_POLICY_REVIEW_CHANGES,
    BUS_POLICY_REVIEW_OPEN /* for want of a fact: it stays */
};
struct bus_policy_review_of
{
    enum bus_policy_review outcome;
    struct bus_strv now;  /* the status of the facts */
    struct bus_strv then; /* what it becomes; "none" */
    int32_t until;        /* GRACE: the last day it goes on */
};
int bus_policy_review(const struct bus_policy_catalogue *c,
                      const struct bus_policy_household *h,
                      int32_t rule_date,
                      struct bus_arena *mem,
                      struct bus_policy_review_of *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

/* A seal's life. Instants in ms since 1970 UTC; INT64_MAX: has not come. */
struct bus_policy_seal
{
    int64_t from_ms;    /* registered and valid from, included */
    int64_t expires_ms; /* not included, nor are the next two */
    int64_t suspended_ms, revoked_ms;
};
/* Valid when it was set? The instant of reading is no argument: a revocation
 * that arrives late, or comes after, changes nothing (domain: validity is
 * looked at for the signing time). */
bool bus_policy_seal_valid(const struct bus_policy_seal *seal,
                           int64_t signed_ms);

#endif
