/* What the files of decide share; see decide.h. */
#ifndef CONSUMERS_MATCHER_PARTS_H
#define CONSUMERS_MATCHER_PARTS_H

#include "consumers/matcher/step.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/claim.h"
#include "schemas/claim_result.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/dispatch_result.h"
#include "schemas/erasure.h"
#include "schemas/evaluation.h"
#include "schemas/facts_reported.h"
#include "schemas/household_request.h"
#include "schemas/membership.h"
#include "schemas/membership_change.h"
#include "schemas/need.h"
#include "schemas/parked_note.h"
#include "schemas/payee_change.h"
#include "schemas/payment_result.h"
#include "schemas/review.h"
#include "schemas/step.h"
#include "schemas/verification_request.h"
#include "schemas/verification_result.h"

/* Of a hash of what an answer says, as the state keeps it; never 0. */
int32_t matcher_answer_of(uint64_t hash);

/* facts.c: held against who may say them and what they may be, before any is
 * folded; source: who speaks. A reject is FACT_UNKNOWN, FACT_NOT_YOURS or
 * FACT_BOUNDS. */
int matcher_facts_check(struct step *s,
                        const struct sa_fact *facts,
                        size_t n,
                        struct bus_strv source);
#define MATCHER_DECIDED BUS_STRV("decision") /* our own source */
/* facts.c: folds facts into the state; *ret_changed if any is new. */
int matcher_fold_facts(struct step *s,
                       const struct sa_fact *facts,
                       size_t n,
                       bool *ret_changed);
/* disclose.c: numbers n facts if `in` is not of them already. */
int matcher_number_list(struct step *s,
                        struct step_facts *in,
                        const struct sa_fact *facts,
                        size_t n);
/* Fills s->facts. */
int matcher_number_facts(struct step *s);
/* disclose.c: those of the state's facts that the department may receive, as
 * the bytes of an array; and the parts of the personal record it may not. */
int matcher_disclosed_facts(struct step *s,
                            struct bus_strv department,
                            struct bus_strv **ret,
                            uint8_t *ret_withheld);
/* match.c: evaluates all items and fans out what differs. */
int matcher_match_household(struct step *s);
/* Who was asked to verify need not: the household no longer consents. */
int matcher_verifications_withdraw(struct step *s);
int matcher_on_application(struct step *s);
/* What the household declares counts, of those whom the case is about; people
 * are told what it declares anew. about: what they came with. */
int matcher_declare_facts(struct step *s,
                          const struct bus_id *about,
                          struct sa_fact *facts,
                          size_t n,
                          bool *ret_changed);
/* By the register of that day; without one everybody's word would count. */
int matcher_may_take_down(struct step *s, const struct sa_actor *who);
/* household/request.c: the household withdraws, objects, or adds what was
 * missing. */
int matcher_on_request(struct step *s);
/* It asks again for what it wanted no more of; was there any? */
bool matcher_requests_forget(struct step *s);
/* answers.c: decisions, dispatches. */
int matcher_on_decision(struct step *s);
int matcher_on_dispatch(struct step *s);
/* results.c: what banks, the post and charities answer. */
int matcher_on_payment(struct step *s);
int matcher_on_receipt(struct step *s);
int matcher_on_claim(struct step *s);
/* Claims whose day is over open their needs again. */
int matcher_claims_expire(struct step *s);
bool matcher_need_due(const struct sa_need_state *need, int32_t day);
/* application.c: somebody no longer lives there. conflict.c: a person in two
 * households. */
int matcher_on_members(struct step *s);
int matcher_on_membership(struct step *s);
/* The i-th member is new to this household: where all who name him meet. */
int matcher_report_membership(struct step *s,
                              const struct sa_application *a,
                              size_t i);
/* Is he of the household, as its case has it? */
bool matcher_lives_here(const struct sa_household_state *st,
                        const struct bus_id *person);
/* Who was named by number: are these facts for this household? They are handed
 * on to those that name him. A reject is PERSON_UNKNOWN, or that a fact of the
 * household would be of two. */
int matcher_facts_home(struct step *s,
                       const struct sa_facts_reported *r,
                       bool *ret_here);
/* Does the reject say whether he has applied, or in how many households he
 * lives? No source's to know: the letter is the lead department's. */
bool matcher_tells_of_person(const char *reason_code);
/* The household has its first case: whoever named its head before is told. */
int matcher_meet_memberships(struct step *s);
/* match.c: gives an assignment back to whom it is in hand of, with a reason. */
int matcher_assignment_return(struct step *s,
                              struct sa_assignment_state *a,
                              struct bus_strv reason);
/* held.c: what a decision is held against before it counts; the reason code it
 * goes back with, "" if it stands. */
int matcher_decision_held(struct step *s,
                          const struct sa_decision *d,
                          const struct sa_assignment_state *a,
                          struct bus_strv *ret_reason);
/* steps.c: what an item's process asks for, said by who may. */
int matcher_on_step(struct step *s);
/* payee.c: another account for what an assignment pays from now on. */
int matcher_on_payee(struct step *s);
/* match.c: it is taken back from whom it is in hand of. */
int matcher_assignment_withdraw(struct step *s,
                                struct sa_assignment_state *a,
                                struct bus_strv reason);
#define MATCHER_BY_HOUSEHOLD BUS_STRV("BY_HOUSEHOLD") /* it wanted no more */
bool matcher_assignment_by_household(const struct sa_assignment_state *a);
/* keys/erasure.c: the household's personal data is forgotten. */
int matcher_on_erasure(struct step *s);
/* match.c: an assignment in hand is shown anew, with the same verdict. */
int matcher_assignment_show(struct step *s, struct sa_assignment_state *a);
/* assignment_state.c: emits CLOSED if every assignment has ended. */
int matcher_close_if_ended(struct step *s);
/* park.c */
int matcher_park_event(struct step *s,
                       const struct bus_id *event_id,
                       const struct bus_id *waits_for);
/* Folds what waited for `id`, in the order it came. */
int matcher_release_parked(struct step *s, const struct bus_id *id);

/* assignment_state.c: the only place that moves an assignment. */
enum matcher_assignment_move {
    MOVE_ACCEPT,   /* a confirmed decision */
    MOVE_REFUSE,   /* a refused one */
    MOVE_RETURN,   /* "not ours": another department has it in hand now */
    MOVE_END,      /* what was given back ends: the lead decides so */
    MOVE_WITHDRAW, /* we take it back */
    MOVE_ORDER,    /* dispatch sent something */
    MOVE_SERVE,    /* dispatch had nothing to send */
    MOVE_REOPEN,   /* dispatch refused the order */
    MOVE_DELIVER,  /* every line is done */
    MOVE_BACK,     /* a line failed or was reversed: its owner decides anew */
    MOVE_FAIL,     /* the same, when the case has ended */
    ASSIGNMENT_MOVES
};
bool matcher_assignment_ended(enum sa_assignment_status status);
bool matcher_assignment_can(const struct sa_assignment_state *a,
                            enum matcher_assignment_move move);
/* Asserts matcher_assignment_can(). */
void matcher_assignment_move(struct sa_assignment_state *a,
                             enum matcher_assignment_move move);
struct sa_assignment_state *
matcher_assignment_find(struct sa_household_state *state,
                        const struct bus_id *id);
const char *matcher_assignment_status_word(enum sa_assignment_status status);

#endif
