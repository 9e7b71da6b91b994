/* FEEL, the expression language of OMG DMN 1.5 (chapter 10): text to tree, tree
 * to value. A tree never changes and may be read by any thread; evaluation
 * allocates only from the caller's arena and is limited in steps and depth. */
#ifndef BUS_FEEL_FEEL_H
#define BUS_FEEL_FEEL_H

#include "bus/base/err.h"
#include "bus/feel/type.h"
#include "bus/feel/value.h"

#define FEEL_TEXT_MAX  65536
#define FEEL_DEPTH_MAX 100     /* nesting of an expression */
#define FEEL_CALLS_MAX 2000    /* nesting of evaluation */
#define FEEL_STEPS_MAX 1000000 /* of one evaluation */
#define FEEL_VARS_MAX  16      /* bound at one place */

struct feel_node;
struct feel_error
{
    size_t offset;  /* byte of the text where it stands */
    char text[400]; /* English / Chinese */
};
/* Names the text may read that are not simple words, and its types. */
struct feel_names
{
    void *data;
    const struct bus_strv *names;
    size_t count;
    /* An item definition; NULL: no such. */
    const struct feel_type *(*type)(void *data, struct bus_strv name);
};
/* Parses a whole expression; the tree lives in mem and borrows text. */
const struct feel_node *
feel_parse(struct bus_strv text, struct bus_arena *mem, struct feel_error *err);
/* The same with names known (may be NULL). */
const struct feel_node *feel_parse_in(struct bus_strv text,
                                      const struct feel_names *names,
                                      struct bus_arena *mem,
                                      struct feel_error *err);
/* Unary tests: "-", "< 5", "[1..3], 7", "not(...)". */
const struct feel_node *feel_parse_tests(struct bus_strv text,
                                         const struct feel_names *names,
                                         struct bus_arena *mem,
                                         struct feel_error *err);

/* The world an expression is evaluated in. */
struct feel_env
{
    struct bus_arena *mem;
    void *data;
    /* A global name ("household", "members", "rule_date"). false: no such. */
    bool (*global)(void *data, struct bus_strv name, struct feel_value *ret);
    /* A property of a thing. false: no such. May be NULL without things. */
    bool (*property)(void *data,
                     const struct feel_value *thing,
                     struct bus_strv name,
                     struct feel_value *ret);
    const struct feel_value *now; /* DATE_TIME for now() and today(), or NULL */
    uint32_t steps;               /* spent so far */
    /* inside: */
    const char *broken; /* a limit was met: nothing said after it counts */
    int depth;
    struct feel_binding *bound;
};
struct feel_value feel_eval(const struct feel_node *n, struct feel_env *env);
/* The same with nothing bound but `self` (NULL: nothing), whose properties
 * stand bare. */
struct feel_value feel_eval_in(const struct feel_node *n,
                               struct feel_env *env,
                               const struct feel_value *self);
/* Unary tests on one value ("?"). */
struct feel_value feel_test(const struct feel_node *tests,
                            struct feel_env *env,
                            const struct feel_value *value);

/* Functions made elsewhere: a business knowledge model, a decision service. */
typedef struct feel_value (*feel_native)(void *data,
                                         struct feel_env *env,
                                         const struct feel_value *args);
struct feel_value feel_native_function(struct bus_arena *mem,
                                       const struct feel_field *params,
                                       size_t count,
                                       const struct feel_type *result,
                                       feel_native call,
                                       void *data);
/* Calls f; names: of the arguments, or NULL for by position. */
struct feel_value feel_invoke(struct feel_env *env,
                              const struct feel_value *f,
                              const struct feel_value *args,
                              const struct bus_strv *names,
                              size_t n);
/* How many parameters it takes; -1: no function, or any number. */
int feel_arity(const struct feel_value *f);
/* The value made fit for a type (10.3.2.9.4: to and from a list of one, a date
 * to its midnight), with allowed values looked at; null with a reason. */
struct feel_value feel_coerce(struct feel_env *env,
                              const struct feel_type *t,
                              const struct feel_value *v);

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
