/* FEEL, the expression language of OMG DMN 1.5 (chapter 10): text to tree, tree
 * to value. This is the first slice: literals, names (Chinese ones too), paths,
 * filters, comparison, exact decimal arithmetic, and / or / not, in with tests
 * and intervals, between, if, some / every, for, lists, ranges, contexts, dates
 * and the functions of feel_builtin.c. A tree never changes and may be read by
 * any thread; evaluation allocates only from the caller's arena. */
#ifndef BUS_POLICY_FEEL_H
#define BUS_POLICY_FEEL_H

#include "bus/base/err.h"
#include "bus/policy/value.h"

#define FEEL_TEXT_MAX  65536
#define FEEL_DEPTH_MAX 100     /* nesting of an expression */
#define FEEL_STEPS_MAX 1000000 /* of one evaluation */
#define FEEL_VARS_MAX  16      /* bound at one place */

struct feel_node;
struct feel_error
{
    size_t offset; /* byte of the text where it stands */
    char text[200];
};
/* Parses a whole expression; the tree lives in mem and borrows text. */
const struct feel_node *
feel_parse(struct bus_strv text, struct bus_arena *mem, struct feel_error *err);

/* The world an expression is evaluated in. */
struct feel_env
{
    struct bus_arena *mem;
    void *data;
    /* A global name ("household", "members", "rule_date"). false: no such. */
    bool (*global)(void *data, struct bus_strv name, struct feel_value *ret);
    /* A property of a thing. false: no such. */
    bool (*property)(void *data,
                     const struct feel_value *thing,
                     struct bus_strv name,
                     struct feel_value *ret);
    uint32_t steps; /* spent so far */
    /* inside: */
    int depth;
    struct feel_binding *bound;
};
struct feel_value feel_eval(const struct feel_node *n, struct feel_env *env);
/* The same with nothing bound but `self` (NULL: nothing), whose properties
 * stand bare. */
struct feel_value feel_eval_in(const struct feel_node *n,
                               struct feel_env *env,
                               const struct feel_value *self);

/* The clauses of a condition: what `and` joins at its top. Returns how many;
 * at most max are stored. */
size_t feel_clauses(const struct feel_node *n,
                    const struct feel_node **ret,
                    size_t max);
/* Calls back for every name and path the tree reads: base "household",
 * "standard", or "" for a bare name or a property of anything else. */
void feel_reads(const struct feel_node *n,
                void (*each)(void *data,
                             struct bus_strv base,
                             struct bus_strv name,
                             size_t offset),
                void *data);

#endif
