/* Awards: what an assignment has come to. It is decided,
 * and pending; it stands once dispatch has answered: what it grants is a fact
 * then, until its last day is over. */
#ifndef CONSUMERS_MATCHER_AWARD_H
#define CONSUMERS_MATCHER_AWARD_H

#include "bus/policy/process.h"
#include "consumers/matcher/parts.h"

int matcher_award_decide(struct step *s,
                         struct sa_assignment_state *a,
                         const struct sa_decision *d,
                         const struct bus_policy_item *item);
int matcher_award_stand(struct step *s,
                        struct sa_assignment_state *a,
                        bool *ret_changed);
/* Its owner, or dispatch, has said no: a live one ends with yesterday. */
void matcher_award_end(struct step *s, struct sa_assignment_state *a);
/* Before facts are looked at: what is over by that day grants nothing any
 * more, and people are told. */
int matcher_awards_judge(struct step *s, int32_t day);
/* Is there anything that is over by that day and was not ended yet? */
bool matcher_awards_due(const struct sa_household_state *st, int32_t day);
bool matcher_award_due(const struct sa_assignment_state *a, int32_t day);
/* The live award of the item, of whatever case; NULL. */
struct sa_assignment_state *
matcher_award_of(const struct step *s, const struct bus_policy_item *item);
/* --- a cut or a stop --- */

/* It is there that day and goes on: not what is given once. */
bool matcher_award_stands(const struct step *s,
                          const struct sa_assignment_state *a);
/* How often a year it is paid; what is given once: 1. */
int64_t matcher_award_times(enum sa_period period);
/* Would less be left of what stands? */
bool matcher_award_lessens(const struct step *s,
                           const struct sa_assignment_state *a,
                           const struct sa_decision *d);
/* The steps before it, as what this one is held against: its people are told,
 * and heard, or have had their days to be. */
void matcher_award_hearing(const struct step *s,
                           const struct sa_assignment_state *a,
                           enum sa_step_kind kind,
                           struct bus_policy_process *ret);
/* Why it may not be decided yet; "" if it may. */
struct bus_strv matcher_award_heard(const struct step *s,
                                    const struct sa_assignment_state *a,
                                    const struct sa_decision *d);
/* It was decided: the next cut or stop is heard anew. */
void matcher_award_unheard(struct sa_assignment_state *a);
/* What was decided so, of an award whose assignment is in nobody's hands: it
 * has less from now on, or ends: today, or with the last day before the month
 * that was decided. Nothing is ordered. */
int matcher_award_lessen(struct step *s,
                         struct sa_assignment_state *a,
                         const struct sa_decision *d);

/* The item is judged again; met: it would be assigned. */
int matcher_award_tell(struct step *s,
                       struct sa_assignment_state *a,
                       bool met,
                       const struct sa_item_verdict *judged);

#endif
