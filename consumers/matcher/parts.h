/* What the files of decide share; see decide.h. */
#ifndef CONSUMERS_MATCHER_PARTS_H
#define CONSUMERS_MATCHER_PARTS_H

#include "consumers/matcher/decide.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/claim.h"
#include "schemas/claim_result.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/dispatch_result.h"
#include "schemas/evaluation.h"
#include "schemas/facts_reported.h"
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

/* A list's facts, numbered and written once; of an older list: made anew. */
struct step_facts
{
    const struct sa_fact *of;
    size_t n;
    int32_t *ids;           /* of the catalogue's dictionary, -1 */
    uint32_t *ends;         /* of bus_wire_encode_field() */
    struct bus_strv *bytes; /* NULL: not written yet */
};
/* One call of matcher_decide(). */
struct step
{
    const struct matcher_rules *rules;
    struct sa_household_state *state;
    const struct matcher_event *event;
    struct bus_arena *mem;
    struct matcher_outputs *out;
    struct bus_err *err;
    struct bus_id cause;     /* id of the event in hand */
    int64_t now_ms;          /* its occurred_at */
    int32_t today;           /* that day in China */
    struct step_facts facts; /* the state's */
    struct step_facts said;  /* what was checked last; never written */
    /* decide.c: one event of any kind; what was parked is folded by it. */
    int (*run)(struct step *s);
};

/* Rejects with a reason code of the dead letter. */
int matcher_step_reject(struct step *s,
                        enum bus_errc code,
                        const char *reason_code,
                        const char *fmt,
                        ...) BUS_PRINTF(4, 5);
int matcher_step_no_memory(struct step *s);
/* Facts, members, applications and the personal part are there from here on:
 * whoever reads or changes them calls this first. */
int matcher_step_whole(struct step *s);
int32_t matcher_step_size(const struct step *s); /* how many members */
/* When the event came, by the broker; where that is not known, when it says
 * that it happened. */
int64_t matcher_step_known_ms(const struct step *s);
/* Of an output: from its record, what it is about, and the cause. */
struct bus_id matcher_step_event_id(struct step *s,
                                    const char *record,
                                    const struct bus_id *about,
                                    int32_t number);
int matcher_step_emit(struct step *s, const struct matcher_output *o);
/* A case_event with the common fields filled. NULL: no memory. */
struct sa_case_event *matcher_step_case_event(struct step *s,
                                              enum sa_case_event_kind kind,
                                              const struct bus_id *about);
int matcher_step_emit_case(struct step *s,
                           struct sa_case_event *e,
                           struct bus_strv seal_for);

/* A case_event of that kind with a note. */
int matcher_step_note(struct step *s,
                      enum sa_case_event_kind kind,
                      const struct bus_id *about,
                      struct bus_strv note);
/* An answer is folded: RESULT_FOLDED, and the state has changed. */
int matcher_step_folded(struct step *s,
                        const struct bus_id *about,
                        struct bus_strv note);
/* People must look: the note says at what, a code first. The event's id follows
 * from what it is about: one of each in an event. */
int matcher_step_attention(struct step *s,
                           const struct bus_id *about,
                           struct bus_strv note);

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
int matcher_on_application(struct step *s);
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
