/* The tree, and what the files of FEEL share. */
#ifndef BUS_POLICY_FEEL_PARTS_H
#define BUS_POLICY_FEEL_PARTS_H

#include "bus/policy/feel.h"

enum node_kind {
    NODE_CONSTANT,
    NODE_NAME,
    NODE_PATH,    /* kid[0] . name */
    NODE_FILTER,  /* kid[0] [ kid[1] ] */
    NODE_CALL,    /* name ( kids ) */
    NODE_ARITH,   /* op: + - * / ^ */
    NODE_COMPARE, /* op: = ! < > l g */
    NODE_AND,
    NODE_OR,
    NODE_NEGATE,
    NODE_IN,      /* kid[0] in any of the others, each a test */
    NODE_TEST,    /* a unary test `< x`: op and kid[0] */
    NODE_BETWEEN, /* kid[0] between kid[1] and kid[2] */
    NODE_IF,
    NODE_SOME,  /* names[i] in kid[i], last kid: the condition */
    NODE_EVERY, /* the same */
    NODE_FOR,   /* the same; the last kid is the result */
    NODE_LIST,
    NODE_RANGE,  /* kid[0], kid[1]; NULL is open */
    NODE_CONTEXT /* names[i]: kid[i] */
};

struct feel_node
{
    enum node_kind kind;
    char op;
    bool low_closed, high_closed;
    uint32_t offset; /* in the text */
    uint32_t count;  /* kids */
    struct bus_strv name;
    struct feel_value constant;
    const struct feel_node *const *kids;
    const struct bus_strv *names; /* SOME, EVERY, FOR, CONTEXT */
    const struct feel_builtin *builtin;
};

struct feel_builtin
{
    const char *name;
    int args_min, args_max;
    struct feel_value (*call)(struct feel_env *env,
                              const struct feel_value *args,
                              size_t n);
};
const struct feel_builtin *feel_builtin_find(struct bus_strv name);
/* Are there functions whose name begins with these words? */
bool feel_builtin_prefix(struct bus_strv words);

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
/* A string literal or "@": duration and date text to a value. */
bool feel_duration_parse(struct bus_strv s, struct feel_value *ret);

#endif
