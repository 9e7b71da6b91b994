/* Between the files of applying. */
#ifndef PRODUCERS_DESK_APPLY_H
#define PRODUCERS_DESK_APPLY_H

#include "producers/desk/ask.h"
#include "producers/desk/desk.h"

#define APPLY_MEMBERS_MAX 12
#define APPLY_INPUTS_MAX  80 /* of one group */
#define APPLY_FAULTS_MAX  64

/* In the order in which they are asked. */
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
    const char *draft;       /* its number, when it was kept; "" */
    const char *go;          /* the button */
    const char *application; /* taken, by this number */
    const char *until;       /* it may be changed; "": it has left */
    bool is_journaled;
    struct apply_fault faults[APPLY_FAULTS_MAX];
    size_t faults_count;
};

/* apply_inputs.c: what a step asks; NULL: no memory. */
const struct desk_group *
desk_apply_groups(struct applying *a, enum apply_step step, size_t *ret_n);
/* The same fact of each member that it is asked of. */
struct desk_group desk_apply_question(struct applying *a,
                                      const struct desk_question *q);
/* apply_json.c: what "/facts/area" and "/members/1/facts/labour" say, as a
 * request's facts and member_facts. */
void desk_apply_facts(const struct desk_visit *v, json_t *to);
/* apply_ask.c: the next question, or what stands before sending. back: the one
 * before, whose answer is forgotten. */
void desk_apply_ask(struct applying *a, bool back);
/* apply_page.c: what came, with a reference. NULL: no memory. */
struct applying *desk_applying(struct desk_visit *v);
/* Does it go along to the next page, and into the draft? */
bool desk_apply_kept(const struct bus_web_field *f);
const char *desk_apply_step_name(enum apply_step step); /* of a button */
/* The page of a->step. */
void desk_apply_show(struct applying *a, int status);
/* What goes along unseen: every answer that no group asks. */
const struct desk_hidden *desk_apply_hidden(const struct applying *a,
                                            const struct desk_group *groups,
                                            size_t groups_count,
                                            size_t *ret_n);
/* apply_json.c: the form as intake takes it; NULL: no memory. */
json_t *desk_apply_json(const struct applying *a);

#endif
