/* One household at one date as rules read it: cells of facts and standards,
 * each worked out once. Made for one evaluation, in its arena. */
#ifndef BUS_POLICY_VIEW_H
#define BUS_POLICY_VIEW_H

#include "bus/policy/catalogue_parts.h"

#define POLICY_MEMBERS_MAX 64

/* A value as the flat program handles it: what is no plain number, word, day or
 * boolean is a FEEL value behind a pointer. */
enum cell_tag {
    CELL_NONE, /* not worked out yet */
    CELL_BUSY, /* being worked out: a fact that needs itself */
    CELL_NULL, /* why: NULL or the reason */
    CELL_BOOL,
    CELL_INT,
    CELL_DATE,
    CELL_TEXT,
    CELL_VALUE,
    CELL_UNKNOWN
};
struct cell
{
    enum cell_tag tag;
    union {
        int64_t n; /* BOOL, INT, DATE */
        const struct bus_strv *text;
        const struct feel_value *value;
        const struct feel_missing *missing;
        const char *why;
    };
};

struct household_view
{
    const struct bus_policy_catalogue *c;
    const struct bus_policy_household *h;
    struct bus_arena *mem;
    struct feel_env env;
    int32_t rule_date;
    size_t width;       /* members + 1 */
    struct cell *cells; /* [fact * width + member + 1] */
    struct cell *standards;
    struct
    {
        struct cell *cells, *standards;
    } probed;                  /* missing.c's own; NULL: not made yet */
    struct feel_value members; /* list of things */
    struct feel_value beneficiaries;
    bool has_beneficiaries;
    const char *broken; /* a limit that the program at hand has met */
    bool quiet;         /* nobody asks what is missing */
    bool unconfirmed;   /* a status was only declared */
    struct household_view *confirmed; /* without those; NULL: not made yet */
    bool by_tree; /* the tree walk instead of the programs: the reference */
};

/* BUS_ETOOBIG: more members than POLICY_MEMBERS_MAX, or no room. */
int policy_view_open(struct household_view *w,
                     const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     struct bus_err *err);
/* The household without the statuses that nobody has confirmed: what begins by
 * itself (`start: status`) follows no declaration. w itself if there are none
 * such; NULL: no room. */
struct household_view *policy_view_confirmed(struct household_view *w);
struct cell
policy_fact(struct household_view *w, const struct fact_def *f, int member);
struct cell policy_standard(struct household_view *w,
                            const struct standard_def *s);
struct feel_value policy_value(struct cell c);
struct cell policy_cell(struct household_view *w, struct feel_value v);
struct cell
policy_unknown_of(struct household_view *w, struct cell a, struct cell b);
/* a and b, in three values. */
struct cell
policy_cell_and(struct household_view *w, struct cell a, struct cell b);
static inline bool policy_cell_is(struct cell c, bool b)
{
    return c.tag == CELL_BOOL && c.n == b;
}
/* By the program, or by its tree if the view says so. */
struct feel_value policy_eval(struct household_view *w,
                              const struct feel_node *tree,
                              const struct program *program);
struct cell policy_eval_cell(struct household_view *w,
                             const struct feel_node *tree,
                             const struct program *program);
/* evaluate.c: one item. What begins by itself is judged again without the
 * statuses that were only declared, once they gave it. *ret_w: the view that
 * judged. False: no room. */
bool policy_evaluate_one(struct household_view *w,
                         const struct item_def *it,
                         const struct version_def *v,
                         enum bus_policy_depth depth,
                         struct bus_policy_verdict_of *to,
                         struct household_view **ret_w);
/* A value that was given. */
struct cell policy_cell_of_fact(const struct bus_policy_fact *f);
/* A program for one member, or the household (-1). */
struct cell
policy_run(struct household_view *w, const struct program *p, int member);

/* Another version of the item, or other figures of any standard, within those
 * days? */
bool policy_turns(const struct bus_policy_catalogue *c,
                  const struct item_def *it,
                  int32_t day,
                  int32_t days);

#endif
