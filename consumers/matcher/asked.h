/* What was asked of whom, and what was heard of it: the same for a decision and
 * for the steps before it. */
#ifndef CONSUMERS_MATCHER_ASKED_H
#define CONSUMERS_MATCHER_ASKED_H

#include "bus/policy/process.h"
#include "consumers/matcher/parts.h"

/* Is it this department's assignment? A reject, or nothing; what was heard
 * before is a duplicate, whoever has it in hand by now. id: the decision's, or
 * the step's. */
int matcher_assignment_asked(struct step *s,
                             const struct sa_assignment_state *a,
                             struct bus_strv department,
                             const struct bus_id *id);
/* Was it taken? */
bool matcher_answer_known(const struct step *s,
                          const struct sa_assignment_state *a,
                          const struct bus_id *id);
/* It is taken, and known again. */
int matcher_answer_note(struct step *s,
                        struct sa_assignment_state *a,
                        const struct bus_id *id);
/* The event goes back to its department once, which may say it anew. about: the
 * id of what was said. */
int matcher_give_back(struct step *s,
                      struct sa_assignment_state *a,
                      const struct bus_id *about,
                      struct bus_strv why);

/* Of a reason its code alone, which outlives the event: for a dead letter. */
const char *matcher_reason_code(struct bus_strv why);
/* The reason code, or "": not the assignment's own item, or case. */
struct bus_strv matcher_asked_about(const struct step *s,
                                    struct bus_strv item,
                                    const struct bus_id *case_id,
                                    const struct sa_assignment_state *a);
/* The register's reason code, or "": he may, or there is no register. */
struct bus_strv matcher_register_held(const struct step *s,
                                      const struct bus_register_claim *claim);
/* The household's town. */
struct bus_strv matcher_asked_town(const struct step *s);
/* The day on which it came. */
int32_t matcher_known_day(const struct step *s);
/* What the item's process asks for on the day. */
void matcher_process_asked(const struct step *s,
                           const struct sa_assignment_state *a,
                           struct bus_policy_process *ret);

/* held.c: what a sealed record says of its seal, as a decision has it. */
struct matcher_sealing
{
    struct bus_strv department, operator_id, org, item;
    int64_t signed_at;
    bool has_seal_id, has_seal;
    struct bus_strv seal_id, seal;
};
/* Held against register, key, bytes and time; "" if it stands. */
struct bus_strv matcher_seal_held(const struct step *s,
                                  const struct matcher_sealing *d,
                                  const struct sa_assignment_state *a);

#endif
