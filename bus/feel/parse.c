/* Text to tree: one token ahead, one function a level of precedence.
 *
 * or < and < comparison, between, in, instance of < + - < * / < ** < unary - <
 * path, filter, call < primary (DMN 1.5, 10.3.1.2). The first fault ends it,
 * with the place, what was read and what was expected. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "bus/feel/lex.h"

struct feel_node *feel_new_node(struct parser *p,
                                enum node_kind kind,
                                size_t offset,
                                const struct feel_node *const *kids,
                                size_t n)
{
    struct feel_node *t = bus_arena_calloc(p->mem, 1, sizeof(*t));
    const struct feel_node **copy =
        n ? bus_arena_dup(p->mem, kids, n * sizeof(*kids)) : NULL;
    if (t == NULL || (n > 0 && copy == NULL)) {
        (void)feel_fault(p, "a smaller expression (no memory)");
        return NULL;
    }
    t->kind = kind;
    t->offset = (uint32_t)offset;
    t->kids = copy;
    t->count = (uint32_t)n;
    return t;
}

bool feel_add_kid(struct parser *p,
                  struct kids *k,
                  const struct feel_node *kid,
                  struct bus_strv name)
{
    if (k->n == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 8;
        const struct feel_node **v =
            cap <= KIDS_MAX ? bus_arena_alloc(p->mem, cap * sizeof(*v)) : NULL;
        struct bus_strv *names = bus_arena_alloc(p->mem, cap * sizeof(*names));
        if (v == NULL || names == NULL) {
            (void)feel_fault(p, "fewer parts");
            return false;
        }
        if (k->n > 0) {
            memcpy(v, k->v, k->n * sizeof(*v));
            memcpy(names, k->names, k->n * sizeof(*names));
        }
        k->v = v;
        k->names = names;
        k->cap = cap;
    }
    k->v[k->n] = kid;
    k->names[k->n++] = name;
    return true;
}

/* In "[1..5[" the last bracket ends a range and opens no filter. */
static bool closes_range(const struct parser *p)
{
    static const char *const marks[] = {")", "]", "}", ",", ".", NULL};
    static const char *const keys[] = {"and",    "or",        "then", "else",
                                       "return", "satisfies", NULL};
    struct parser ahead = *p;
    feel_next(&ahead);
    for (size_t i = 0; marks[i] != NULL; i++) {
        if (feel_mark(&ahead, marks[i])) {
            return true;
        }
    }
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (feel_key(&ahead, keys[i])) {
            return true;
        }
    }
    return ahead.token == T_END;
}

static const struct feel_node *parse_step(struct parser *p,
                                          const struct feel_node *e)
{
    size_t start = p->start;
    if (feel_mark(p, "(")) {
        return feel_call_of(p, e, NULL, start);
    }
    bool path = feel_mark(p, ".");
    feel_next(p);
    const struct feel_node *kids[2] = {e, NULL};
    if (path) {
        feel_longest_name(p);
        if (p->token != T_NAME) {
            return feel_fault(p, "a name behind '.'");
        }
        start = p->start;
    } else if ((kids[1] = feel_expression(p)) == NULL ||
               !feel_take_mark(p, "]")) {
        return NULL;
    }
    struct feel_node *t = feel_new_node(p, path ? NODE_PATH : NODE_FILTER,
                                        start, kids, path ? 1 : 2);
    if (t != NULL && path) {
        t->name = p->word;
        feel_next(p);
    }
    return t;
}

static const struct feel_node *postfix(struct parser *p)
{
    const struct feel_node *e = feel_primary(p);
    while (e != NULL && (feel_mark(p, ".") || feel_mark(p, "(") ||
                         (feel_mark(p, "[") && !closes_range(p)))) {
        e = parse_step(p, e);
    }
    return e;
}

static const struct feel_node *parse_negation(struct parser *p)
{
    if (!feel_mark(p, "-")) {
        return postfix(p);
    }
    size_t start = p->start;
    if (++p->depth > FEEL_DEPTH_MAX) {
        return feel_fault(p, "a flatter expression");
    }
    feel_next(p);
    const struct feel_node *kid = parse_negation(p);
    p->depth--;
    return kid ? feel_new_node(p, NODE_NEGATE, start, &kid, 1) : NULL;
}

static const struct feel_node *arithmetic(struct parser *p, int level)
{
    static const char *const marks[3][2] = {
        {"+", "-"}, {"*", "/"}, {"**", "**"}};
    static const enum feel_op ops[3][2] = {{FEEL_OP_ADD, FEEL_OP_SUB},
                                           {FEEL_OP_MUL, FEEL_OP_DIV},
                                           {FEEL_OP_POW, FEEL_OP_POW}};
    if (level == 3) {
        return parse_negation(p);
    }
    const struct feel_node *left = arithmetic(p, level + 1);
    while (left != NULL &&
           (feel_mark(p, marks[level][0]) || feel_mark(p, marks[level][1]))) {
        size_t start = p->start;
        enum feel_op op = ops[level][feel_mark(p, marks[level][0]) ? 0 : 1];
        feel_next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, level + 1)};
        struct feel_node *t =
            kids[1] ? feel_new_node(p, NODE_ARITH, start, kids, 2) : NULL;
        if (t != NULL) {
            t->op = op;
        }
        left = t;
    }
    return left;
}

const struct feel_node *feel_sum(struct parser *p)
{
    return arithmetic(p, 0);
}

static enum feel_op comparison_op(const struct parser *p)
{
    return feel_mark(p, "=")    ? FEEL_OP_EQ
           : feel_mark(p, "!=") ? FEEL_OP_NE
           : feel_mark(p, "<")  ? FEEL_OP_LT
           : feel_mark(p, ">")  ? FEEL_OP_GT
           : feel_mark(p, "<=") ? FEEL_OP_LE
           : feel_mark(p, ">=") ? FEEL_OP_GE
                                : FEEL_OP_NONE;
}

const struct feel_node *feel_unary_test(struct parser *p)
{
    enum feel_op op = comparison_op(p);
    size_t start = p->start;
    if (op == FEEL_OP_NONE) {
        return feel_expression(p);
    }
    feel_next(p);
    const struct feel_node *kid = feel_sum(p);
    struct feel_node *t =
        kid ? feel_new_node(p, NODE_TEST, start, &kid, 1) : NULL;
    if (t != NULL) {
        t->op = op;
    }
    return t;
}

/* in test, in (test, test) */
static const struct feel_node *parse_membership(struct parser *p,
                                                const struct feel_node *left)
{
    struct kids k = {0};
    size_t start = p->start;
    feel_next(p);
    if (!feel_add_kid(p, &k, left, (struct bus_strv){0})) {
        return NULL;
    }
    struct parser before = *p;
    bool list = feel_mark(p, "(");
    if (list) { /* a range may begin with it, or an expression */
        feel_next(p);
        do {
            if (k.n > 1) {
                feel_next(p);
            }
            const struct feel_node *t = feel_unary_test(p);
            if (t == NULL || !feel_add_kid(p, &k, t, (struct bus_strv){0})) {
                return NULL;
            }
        } while (feel_mark(p, ","));
        if (k.n > 2 || !feel_mark(p, "..")) {
            return feel_take_mark(p, ")")
                       ? feel_new_node(p, NODE_IN, start, k.v, k.n)
                       : NULL;
        }
        *p = before;
        k.n = 1;
    }
    const struct feel_node *t =
        comparison_op(p) != FEEL_OP_NONE ? feel_unary_test(p) : feel_sum(p);
    if (t == NULL || !feel_add_kid(p, &k, t, (struct bus_strv){0})) {
        return NULL;
    }
    return feel_new_node(p, NODE_IN, start, k.v, k.n);
}

static const struct feel_node *parse_between(struct parser *p,
                                             const struct feel_node *left)
{
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *kids[] = {left, feel_sum(p), NULL};
    if (kids[1] == NULL || !feel_take_key(p, "and") ||
        (kids[2] = feel_sum(p)) == NULL) {
        return NULL;
    }
    return feel_new_node(p, NODE_BETWEEN, start, kids, 3);
}

static const struct feel_node *instance(struct parser *p,
                                        const struct feel_node *left)
{
    size_t start = p->start;
    feel_next(p);
    if (!feel_take_key(p, "of")) {
        return NULL;
    }
    const struct feel_type *type = feel_type_text(p);
    struct feel_node *t =
        type ? feel_new_node(p, NODE_INSTANCE, start, &left, 1) : NULL;
    if (t != NULL) {
        t->type = type;
    }
    return t;
}

static const struct feel_node *
compared(struct parser *p, const struct feel_node *left, enum feel_op op)
{
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *kids[] = {left, feel_sum(p)};
    while (kids[1] != NULL && feel_key(p, "instance")) {
        kids[1] = instance(p, kids[1]);
    }
    struct feel_node *t =
        kids[1] ? feel_new_node(p, NODE_COMPARE, start, kids, 2) : NULL;
    if (t != NULL) {
        t->op = op;
    }
    return t;
}

const struct feel_node *feel_comparison(struct parser *p)
{
    const struct feel_node *left = feel_sum(p);
    while (left != NULL) {
        enum feel_op op = comparison_op(p);
        if (op != FEEL_OP_NONE) {
            left = compared(p, left, op);
        } else if (feel_key(p, "between")) {
            left = parse_between(p, left);
        } else if (feel_key(p, "instance")) {
            left = instance(p, left);
        } else if (feel_key(p, "in")) {
            left = parse_membership(p, left);
        } else {
            break;
        }
    }
    return left;
}

static const struct feel_node *parse_junction(struct parser *p, bool is_or)
{
    const struct feel_node *left =
        is_or ? parse_junction(p, false) : feel_comparison(p);
    while (left != NULL && feel_key(p, is_or ? "or" : "and")) {
        size_t start = p->start;
        feel_next(p);
        const struct feel_node *kids[] = {left, is_or ? parse_junction(p, false)
                                                      : feel_comparison(p)};
        left = kids[1] ? feel_new_node(p, is_or ? NODE_OR : NODE_AND, start,
                                       kids, 2)
                       : NULL;
    }
    return left;
}

const struct feel_node *feel_expression(struct parser *p)
{
    if (p->failed) {
        return NULL;
    }
    if (++p->depth > FEEL_DEPTH_MAX) {
        return feel_fault(p, "a flatter expression");
    }
    const struct feel_node *e = parse_junction(p, true);
    p->depth--;
    return e;
}

/* --- the doors --- */

static bool open_text(struct parser *p)
{
    p->err->offset = 0;
    if (p->text.n > FEEL_TEXT_MAX || !bus_utf8_valid(p->text.p, p->text.n)) {
        (void)snprintf(p->err->text, sizeof(p->err->text),
                       "an expression is UTF-8 of at most %d bytes",
                       FEEL_TEXT_MAX);
        return false;
    }
    feel_next(p);
    return true;
}

static const struct feel_node *parse_whole(struct parser *p,
                                           const struct feel_node *e)
{
    if (e != NULL && p->token != T_END) {
        e = feel_fault(p, "an operator or the end");
    }
    return p->failed ? NULL : e;
}

const struct feel_node *feel_parse_in(struct bus_strv text,
                                      const struct feel_names *names,
                                      struct bus_arena *mem,
                                      struct feel_error *err)
{
    struct declared declared = {.n = 0};
    struct parser p = {.text = text,
                       .mem = mem,
                       .err = err,
                       .names = names,
                       .declared = &declared};
    return open_text(&p) ? parse_whole(&p, feel_expression(&p)) : NULL;
}

const struct feel_node *
feel_parse(struct bus_strv text, struct bus_arena *mem, struct feel_error *err)
{
    return feel_parse_in(text, NULL, mem, err);
}

static const struct feel_node *parse_tests(struct parser *p)
{
    struct kids k = {0};
    size_t start = p->start;
    struct parser before = *p;
    if (feel_mark(p, "-")) {
        feel_next(p);
        if (p->token == T_END) {
            return feel_new_node(p, NODE_TESTS, start, NULL, 0);
        }
        *p = before;
    }
    bool negated = false;
    if (feel_key(p, "not")) {
        feel_next(p);
        negated = feel_mark(p, "(");
        if (negated) {
            feel_next(p);
        } else {
            *p = before;
        }
    }
    for (;;) {
        const struct feel_node *t = feel_unary_test(p);
        if (t == NULL || !feel_add_kid(p, &k, t, (struct bus_strv){0})) {
            return NULL;
        }
        if (!feel_mark(p, ",")) {
            break;
        }
        feel_next(p);
    }
    if (negated && !feel_take_mark(p, ")")) {
        return NULL;
    }
    if (negated && p->token != T_END && k.n == 1) { /* not(x) and y */
        *p = before;
        const struct feel_node *t = feel_expression(p);
        k.n = 0;
        negated = false;
        if (t == NULL || !feel_add_kid(p, &k, t, (struct bus_strv){0})) {
            return NULL;
        }
    }
    struct feel_node *t = feel_new_node(p, NODE_TESTS, start, k.v, k.n);
    if (t != NULL) {
        t->negated = negated;
    }
    return t;
}

const struct feel_node *feel_parse_tests(struct bus_strv text,
                                         const struct feel_names *names,
                                         struct bus_arena *mem,
                                         struct feel_error *err)
{
    struct declared declared = {.n = 0};
    struct parser p = {.text = text,
                       .mem = mem,
                       .err = err,
                       .names = names,
                       .declared = &declared};
    return open_text(&p) ? parse_whole(&p, parse_tests(&p)) : NULL;
}
