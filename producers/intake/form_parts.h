/* What the files that read a form share; see form.h. */
#ifndef PRODUCERS_INTAKE_FORM_PARTS_H
#define PRODUCERS_INTAKE_FORM_PARTS_H

#include "producers/intake/form.h"

/* Where a value stands: "/members/0" and "id_no"; either may be "". */
struct form_at
{
    const char *base, *key;
};
struct reading
{
    const struct form_rules *rules;
    struct bus_arena *mem;
    struct form *form;
    int32_t today; /* in China */
    int32_t day;   /* of the application: applied_on or today */
};

void intake_form_fault(struct reading *r,
                       struct form_at at,
                       const char *code,
                       const char *zh,
                       const char *en);
/* Texts of faults, in mem; "" when it is full. */
const char *intake_form_text(struct reading *r, const char *fmt, ...)
    BUS_PRINTF(2, 3);
/* A text member: the empty view when absent or null; a fault if it is no text,
 * too long, has control characters, or is needed and not there. */
struct bus_strv intake_form_string(struct reading *r,
                                   const json_t *map,
                                   struct form_at at,
                                   bool needed);
/* False when absent or null; a fault if it is no boolean. */
bool intake_form_flag(struct reading *r, const json_t *map, struct form_at at);
/* A fault for every key that is not in the NULL-ended list. */
void intake_form_only(struct reading *r,
                      const json_t *map,
                      const char *base,
                      const char *const *allowed);
/* Absent or null. */
bool intake_form_absent(const json_t *map, const char *key);

/* intake_form_members.c: members, facts, ids, the applicant's personal record.
 */
int intake_form_members(struct reading *r, const json_t *j) BUS_MUSTCHECK;

#endif
