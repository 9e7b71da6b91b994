/* Between the files of applying. */
#ifndef PRODUCERS_DESK_APPLY_H
#define PRODUCERS_DESK_APPLY_H

#include "producers/desk/desk.h"

#define APPLY_MEMBERS_MAX 12
#define APPLY_INPUTS_MAX  80 /* of one group */
#define APPLY_FAULTS_MAX  64

enum apply_step { APPLY_MEMBERS, APPLY_HOUSEHOLD, APPLY_PEOPLE, APPLY_CHECK };
struct apply_fault
{
    const char *pointer, *text;
};
struct applying
{
    struct desk_visit *v;
    enum apply_step step;
    size_t members;
    const char *reference;
    const char *problem;
    struct apply_fault faults[APPLY_FAULTS_MAX];
    size_t faults_count;
};

/* apply_inputs.c: what a step asks; NULL: no memory. */
const struct desk_group *
desk_apply_groups(struct applying *a, enum apply_step step, size_t *ret_n);
/* desk_apply_json.c: the form as intake takes it; NULL: no memory. */
json_t *desk_apply_json(const struct applying *a);

#endif
