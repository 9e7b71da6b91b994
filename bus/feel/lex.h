/* The tokens of FEEL, and what the files of its parser share. */
#ifndef BUS_FEEL_LEX_H
#define BUS_FEEL_LEX_H

#include "bus/feel/tree.h"

enum token { T_END, T_NUMBER, T_STRING, T_NAME, T_MARK, T_AT };
#define DECLARED_MAX 256
#define KIDS_MAX     1024

struct declared /* names this text itself introduces */
{
    struct bus_strv v[DECLARED_MAX];
    size_t n;
};
struct parser
{
    struct bus_strv text;
    struct bus_arena *mem;
    struct feel_error *err;
    const struct feel_names *names; /* or NULL */
    struct declared *declared;
    size_t at;    /* behind the token */
    size_t start; /* of the token */
    enum token token;
    struct bus_strv word; /* the token's text */
    int depth;
    bool failed;
};
struct kids /* a list of nodes as it grows */
{
    const struct feel_node **v;
    struct bus_strv *names;
    size_t n, cap;
};

struct feel_foreign /* a mark of another keyboard */
{
    const char *mark, *plain; /* plain "": nothing stands for it */
    const char *zh;           /* what it is */
};
/* The one that the text begins with, or NULL. */
const struct feel_foreign *feel_foreign(const char *t, size_t left);
/* fault.c: p->err->text of what was read and expected, in both languages. */
void feel_fault_text(struct parser *p, const char *expected);
/* The first fault is kept; always NULL. */
const struct feel_node *feel_fault(struct parser *p, const char *expected);
void feel_next(struct parser *p);
bool feel_mark(const struct parser *p, const char *m);
bool feel_key(const struct parser *p, const char *k);
/* Past it, or a fault. */
bool feel_take_mark(struct parser *p, const char *m);
bool feel_take_key(struct parser *p, const char *k);
/* Quotes off, escapes resolved; false is a fault. */
bool feel_unquote(struct parser *p, struct bus_strv w, struct bus_strv *ret);
struct feel_node *feel_new_node(struct parser *p,
                                enum node_kind kind,
                                size_t offset,
                                const struct feel_node *const *kids,
                                size_t n);
bool feel_add_kid(struct parser *p,
                  struct kids *k,
                  const struct feel_node *kid,
                  struct bus_strv name);
/* The longest known name that begins at the token; the token becomes it. */
void feel_longest_name(struct parser *p);
/* A name being introduced: all up to `end` ("in", ":", ",", ")"). */
bool feel_declare(struct parser *p,
                  const char *const *ends,
                  struct bus_strv *ret);
bool feel_known(const struct parser *p, struct bus_strv name);

const struct feel_node *feel_expression(struct parser *p);
const struct feel_node *feel_sum(struct parser *p); /* no comparison */
const struct feel_node *feel_comparison(struct parser *p);
const struct feel_node *feel_unary_test(struct parser *p);
const struct feel_node *feel_primary(struct parser *p);
const struct feel_node *feel_name_or_call(struct parser *p);
const struct feel_node *feel_call_of(struct parser *p,
                                     const struct feel_node *callee,
                                     const struct feel_builtin *b,
                                     size_t start);
const struct feel_node *feel_function_literal(struct parser *p);
const struct feel_type *feel_type_text(struct parser *p);

#endif
