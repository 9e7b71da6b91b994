/* The tree, and what the files of FEEL share. */
#ifndef BUS_FEEL_TREE_H
#define BUS_FEEL_TREE_H

#include "bus/feel/feel.h"
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"

enum node_kind {
    NODE_CONSTANT,
    NODE_NAME,
    NODE_PATH,    /* kid[0] . name */
    NODE_FILTER,  /* kid[0] [ kid[1] ]; boxed: no index */
    NODE_CALL,    /* kid[0] or builtin; the other kids are arguments */
    NODE_ARITH,   /* op: ADD to POW */
    NODE_COMPARE, /* op: EQ to GE */
    NODE_AND,
    NODE_OR,
    NODE_NEGATE,
    NODE_IN,       /* kid[0] in any of the others, each a test */
    NODE_TEST,     /* a unary test `< x`: op and kid[0]; alone, a range */
    NODE_TESTS,    /* unary tests; negated: none of them; no kid: any value */
    NODE_BETWEEN,  /* kid[0] between kid[1] and kid[2] */
    NODE_INSTANCE, /* kid[0] instance of type */
    NODE_IF,
    NODE_SOME,  /* names[i] in kid[i], last kid: the condition */
    NODE_EVERY, /* the same */
    NODE_FOR,   /* the same; the last kid is the result */
    NODE_LIST,
    NODE_RANGE,    /* kid[0], kid[1] */
    NODE_CONTEXT,  /* names[i]: kid[i]; has_result: the last kid is it */
    NODE_FUNCTION, /* type: parameters; kid[0]: body */
    NODE_COERCE,   /* kid[0] made fit for type */
    NODE_EXTERN    /* a boxed expression of its own: native and data */
};

struct feel_node
{
    enum node_kind kind;
    enum feel_op op;
    bool low_closed, high_closed;
    bool boxed, negated, has_result, external;
    bool descending; /* RANGE: `for i in 5..1` may go down */
    uint32_t offset; /* in the text */
    uint32_t source; /* which text, 0: as the node above */
    uint32_t count;  /* kids */
    struct bus_strv name;
    struct feel_value constant;
    const struct feel_node *const *kids;
    const struct bus_strv
        *names; /* SOME, EVERY, FOR, CONTEXT, CALL, FUNCTION */
    const struct feel_builtin *builtin; /* CALL */
    const struct feel_type *type;       /* INSTANCE; FUNCTION: its own */
    struct feel_value (*native)(void *data, struct feel_env *env);
    void *data;
};

/* One signature; a name may have several rows, one after the other.
 * params: "name:kind,name:?kind" (? may be left out; "*" takes the rest as one
 * list, or is it if it stands alone; "+" takes the rest as items). Kinds: a(ny)
 * n(umber) s(tring) b(oolean) l(ist) d(ate) t(ime) D(ate and time) e: d or D;
 * u: a duration; c(ontext) r(ange) f(unction) p: a point, what has an order; S,
 * N, U: s, n, u or null. A list of one stands for its item, a single item for a
 * list of one; null fits only a, S, N and U. */
struct feel_builtin
{
    const char *name;
    const char *params;
    /* args has as many values as params; left out ones are null. */
    struct feel_value (*call)(struct feel_env *env,
                              const struct feel_value *args);
    bool open; /* takes UNKNOWN itself */
};
const struct feel_builtin *feel_builtin_find(struct bus_strv name);
/* May it stand where a function of this type is asked? */
bool feel_builtin_conforms(const struct feel_builtin *b,
                           const struct feel_type *t);
struct feel_value feel_builtin_call(struct feel_env *env,
                                    const struct feel_builtin *b,
                                    const struct feel_value *args,
                                    const struct bus_strv *names,
                                    size_t n);
/* builtin_*.c: a table each, ended by name NULL. */
extern const struct feel_builtin feel_builtins_text[], feel_builtins_number[],
    feel_builtins_list[], feel_builtins_time[], feel_builtins_range[],
    feel_builtins_context[];
/* The one behind b (NULL: the first); NULL behind the last. table: kept from
 * one call to the next. */
const struct feel_builtin *feel_builtin_next(const struct feel_builtin *b,
                                             size_t *table);

struct feel_function
{
    struct feel_type type; /* FEEL_T_FUNCTION: parameters and result */
    const struct feel_builtin *builtin;
    const struct feel_node *body;
    struct feel_binding *closure;
    feel_native native;
    void *data;
};

struct feel_binding /* a variable, or the item of a filter */
{
    struct feel_binding *up;
    struct bus_strv name; /* n == 0: an item, asked for its properties */
    const struct feel_value *value;
};

bool feel_property(struct feel_env *env,
                   const struct feel_value *of,
                   struct bus_strv name,
                   struct feel_value *ret);
/* v in (test): ranges, lists, equality. */
struct feel_value feel_in(struct feel_env *env,
                          const struct feel_value *v,
                          const struct feel_value *test);
struct feel_value feel_compare(struct feel_env *env,
                               enum feel_op op,
                               const struct feel_value *a,
                               const struct feel_value *b);
struct feel_value feel_arith(struct feel_env *env,
                             enum feel_op op,
                             const struct feel_value *a,
                             const struct feel_value *b);
/* The list a filter, a loop or a function works on: null is empty, another
 * value is a list of one. */
struct feel_value feel_as_list(struct feel_env *env, struct feel_value v);
struct feel_value feel_iteration(struct feel_env *env,
                                 const struct feel_node *n);
struct feel_value feel_filter(struct feel_env *env, const struct feel_node *n);
/* Of a filter at the top those that are in it whatever is not known of the
 * others; else the value. */
struct feel_value feel_filter_sure(struct feel_env *env,
                                   const struct feel_node *n);
struct feel_value feel_collection(struct feel_env *env,
                                  const struct feel_node *n);
void feel_name_itself(struct feel_env *env,
                      struct feel_value *v,
                      struct bus_strv name);
struct feel_value feel_call(struct feel_env *env, const struct feel_node *n);
struct feel_value feel_function_of(struct feel_env *env,
                                   const struct feel_node *n);
/* bound, name by name; false if none has it. */
bool feel_lookup(struct feel_env *env,
                 struct bus_strv name,
                 struct feel_value *ret);
static inline struct feel_value *feel_keep(struct feel_env *env,
                                           struct feel_value v)
{
    return bus_arena_dup(env->mem, &v, sizeof(v));
}
/* A list grown one by one; false without memory. */
struct feel_growing
{
    struct feel_value *v;
    size_t n, cap;
};
bool feel_push(struct feel_env *env,
               struct feel_growing *g,
               struct feel_value v);

#endif
