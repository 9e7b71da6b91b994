/* awards: what was decided, its lines and their stops, in the caller's
 * transaction (books.h). */
#ifndef CONSUMERS_TREASURY_AWARDS_H
#define CONSUMERS_TREASURY_AWARDS_H

#include "consumers/treasury/books.h"
#include "consumers/treasury/schedule.h"

struct treasury_award
{
    struct bus_id assignment_id, decision_id, household_id, case_id, event_id;
    struct bus_id beneficiary; /* a member, or the household as one */
    struct bus_strv item, fund, bank;
    struct bus_strv purpose; /* "aid", or of what is paid once its case */
    int64_t amount_fen;
    struct bus_strv payee_hash, personal; /* as they came */
};
/* A decision once is one award, however often it comes. One about the same item
 * and beneficiary takes the place of the one before, from its first period on:
 * what no order has left for, or was stopped, is paid by the new one; what was
 * sent stays as it is, and what the one before granted until then is still
 * paid. BUS_ERANGE: what cannot be paid so. *ret_new: it was not there. */
int treasury_award_take(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct treasury_award *a,
                        const struct treasury_schedule *s,
                        bool *ret_new,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Less of an award that stands, from a month on: what was granted until then is
 * made and paid as it was; what was sent of later is claimed back as far as it
 * is more. Of an award that is not there, or has ended: nothing. */
struct treasury_cut
{
    struct bus_id assignment_id, decision_id;
    int64_t amount_fen;
    int32_t from_month, decided;
    int period; /* enum treasury_period; ONCE: as it was */
};
int treasury_award_cut(struct treasury_books *b,
                       const struct bus_policy_calendar *calendar,
                       const struct treasury_cut *cut,
                       struct bus_err *err);
/* Another account from now on: whose sum, and sealed for `dispatch` as field
 * `personal` of the case event event_id. Lines leave batches that were not
 * sent, whose approvals are void. */
struct treasury_payee
{
    struct bus_id assignment_id, event_id;
    struct bus_strv payee_hash, personal;
};
int treasury_award_payee(struct treasury_books *b,
                         const struct treasury_payee *payee,
                         struct bus_err *err);
/* The household is erased: what has ended and owes nothing forgets its account;
 * the rest when it is erased once more. */
int treasury_award_forget(struct treasury_books *b,
                          const struct bus_id *household,
                          struct bus_err *err);
/* Makes the lines whose pay day is not after `through`; the same ones however
 * often it is asked. *ret: how many are new. */
int treasury_due_make(struct treasury_books *b,
                      const struct bus_policy_calendar *calendar,
                      int32_t through,
                      int64_t *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

struct treasury_stop
{
    const char *award;  /* assignment id */
    const char *state;  /* "ended", or "waiting" until people have looked */
    const char *reason; /* a word */
    const char *why;    /* in an officer's own; NULL: none */
    int32_t last_day;   /* of what may still be paid */
    bool all;           /* or nothing that was not sent */
};
/* Lines that were not sent stop, and leave their batches, whose approvals are
 * void; what was sent for later days is claimed back. Stopped again, nothing
 * happens. */
int treasury_award_stop(struct treasury_books *b,
                        const struct treasury_stop *stop,
                        struct bus_err *err) BUS_MUSTCHECK;
/* It ends with that day and goes on until then: of what comes later nothing is
 * made, what was not sent stops, what was sent is claimed back. Of an award
 * that is not there, or has ended: nothing. */
int treasury_award_until(struct treasury_books *b,
                         const char *award,
                         int32_t last_day,
                         struct bus_err *err) BUS_MUSTCHECK;
/* An officer's stop: it waits, and nothing that was not sent is paid.
 * BUS_EUNKNOWN; BUS_ESTATE: it does not stand. */
int treasury_award_suspend(struct treasury_books *b,
                           const char *award,
                           const char *why,
                           struct bus_err *err) BUS_MUSTCHECK;
/* What it was stopped for was not so. BUS_EUNKNOWN, BUS_ESTATE. */
int treasury_award_resume(struct treasury_books *b,
                          const char *award,
                          const char *why,
                          struct bus_err *err) BUS_MUSTCHECK;

/* --- between awards.c, decided.c and due.c --- */

/* A row of awards_due.sql and its like. */
bool treasury_award_row(const struct bus_pg_rows *r,
                        size_t i,
                        struct treasury_schedule *ret);

/* Lines up to a pay day, and whose period begins before a day. */
struct treasury_award_until
{
    int32_t pay, first;
};
/* Makes them, of the award of a row; *made grows by what is new. */
int treasury_award_fill(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct bus_pg_rows *r,
                        size_t i,
                        const struct treasury_award_until *until,
                        int64_t *made,
                        struct bus_err *err) BUS_MUSTCHECK;

/* The lines alone: what was not sent. The award stays as it is. */
int treasury_award_lines_stop(struct treasury_books *b,
                              const struct treasury_stop *stop,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
