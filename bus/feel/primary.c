/* Literals, lists, ranges, contexts, if, some, every and for. */
#include <stdio.h>
#include <string.h>

#include "bus/feel/lex.h"

static const struct feel_node *primary_constant(struct parser *p,
                                                struct feel_value v)
{
    struct feel_node *t = feel_new_node(p, NODE_CONSTANT, p->start, NULL, 0);
    if (t != NULL) {
        t->constant = v;
    }
    feel_next(p);
    return t;
}

static const struct feel_node *at_literal(struct parser *p)
{
    feel_next(p);
    struct bus_strv s;
    struct feel_value v;
    if (p->token != T_STRING || !feel_unquote(p, p->word, &s)) {
        return feel_fault(p, "a quoted date, time or duration behind '@'");
    }
    if (!feel_at_parse(p->mem, s, &v)) {
        return feel_fault(p,
                          "a date like @\"2026-07-01\", a time or a duration");
    }
    return primary_constant(p, v);
}

static const struct feel_node *literal(struct parser *p)
{
    struct feel_value v = feel_null;
    if (p->token == T_NUMBER && !feel_number_parse(p->word, &v)) {
        return feel_fault(p, "a number within decimal128");
    }
    if (p->token == T_STRING) {
        struct bus_strv s;
        if (!feel_unquote(p, p->word, &s)) {
            return NULL;
        }
        v = feel_string(s);
    }
    return primary_constant(p, v);
}

/* --- lists, ranges, contexts --- */

static const struct feel_node *range_end(struct parser *p,
                                         size_t start,
                                         bool low_closed,
                                         const struct feel_node *low)
{
    feel_next(p); /* ".." */
    const struct feel_node *high = feel_sum(p);
    if (high == NULL) {
        return NULL;
    }
    bool closed = feel_mark(p, "]");
    if (!closed && !feel_mark(p, ")") && !feel_mark(p, "[")) {
        return feel_fault(p, "the range's ']' or ')'");
    }
    feel_next(p);
    const struct feel_node *kids[] = {low, high};
    struct feel_node *t = feel_new_node(p, NODE_RANGE, start, kids, 2);
    if (t != NULL) {
        t->low_closed = low_closed;
        t->high_closed = closed;
    }
    return t;
}

/* An item of a list, or what stands in parentheses: also a test like "< 5". */
static const struct feel_node *primary_item(struct parser *p)
{
    bool test = p->token == T_MARK && strchr("<>=!", p->word.p[0]) != NULL;
    return test ? feel_unary_test(p) : feel_expression(p);
}

static const struct feel_node *list_or_range(struct parser *p)
{
    size_t start = p->start;
    struct kids k = {0};
    feel_next(p);
    while (!feel_mark(p, "]")) {
        if (k.n > 0 && !feel_take_mark(p, ",")) {
            return NULL;
        }
        const struct feel_node *e = primary_item(p);
        if (e != NULL && k.n == 0 && feel_mark(p, "..")) {
            return range_end(p, start, true, e);
        }
        if (e == NULL || !feel_add_kid(p, &k, e, (struct bus_strv){0})) {
            return NULL;
        }
    }
    feel_next(p);
    return feel_new_node(p, NODE_LIST, start, k.v, k.n);
}

static const struct feel_node *parenthesis(struct parser *p)
{
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *e = primary_item(p);
    if (e != NULL && feel_mark(p, "..")) {
        return range_end(p, start, false, e);
    }
    return e != NULL && feel_take_mark(p, ")") ? e : NULL;
}

static const struct feel_node *open_range(struct parser *p)
{
    size_t start = p->start;
    feel_next(p); /* "]" */
    const struct feel_node *low = feel_sum(p);
    if (low == NULL || !feel_mark(p, "..")) {
        return feel_fault(p, "'..' of a range");
    }
    return range_end(p, start, false, low);
}

static const struct feel_node *primary_context(struct parser *p)
{
    static const char *const ends[] = {":", NULL};
    size_t start = p->start;
    struct kids k = {0};
    feel_next(p);
    while (!feel_mark(p, "}")) {
        struct bus_strv name = {0};
        if (k.n > 0 && !feel_take_mark(p, ",")) {
            return NULL;
        }
        if (p->token == T_STRING) {
            if (!feel_unquote(p, p->word, &name)) {
                return NULL;
            }
            feel_next(p);
            if (p->declared->n < DECLARED_MAX) {
                p->declared->v[p->declared->n++] = name;
            }
        } else if (!feel_declare(p, ends, &name)) {
            return NULL;
        }
        const struct feel_node *e =
            feel_take_mark(p, ":") ? feel_expression(p) : NULL;
        for (size_t i = 0; e != NULL && i < k.n; i++) {
            if (bus_strv_eq(k.names[i], name)) {
                return feel_fault(p, "each key of a context once");
            }
        }
        if (e == NULL || !feel_add_kid(p, &k, e, name)) {
            return NULL;
        }
    }
    feel_next(p);
    struct feel_node *t = feel_new_node(p, NODE_CONTEXT, start, k.v, k.n);
    if (t != NULL) {
        t->names = k.names;
    }
    return t;
}

/* --- if, some, every, for --- */

static const struct feel_node *primary_conditional(struct parser *p)
{
    size_t start = p->start;
    const struct feel_node *kids[3] = {NULL};
    feel_next(p);
    if ((kids[0] = feel_expression(p)) == NULL || !feel_take_key(p, "then") ||
        (kids[1] = feel_expression(p)) == NULL || !feel_take_key(p, "else") ||
        (kids[2] = feel_expression(p)) == NULL) {
        return NULL;
    }
    return feel_new_node(p, NODE_IF, start, kids, 3);
}

/* The domain of one variable: an expression, or two ends (for i in 1..5). */
static const struct feel_node *domain(struct parser *p)
{
    size_t start = p->start;
    const struct feel_node *ends[2] = {feel_expression(p), NULL};
    if (ends[0] == NULL || !feel_mark(p, "..")) {
        return ends[0];
    }
    feel_next(p);
    ends[1] = feel_sum(p);
    struct feel_node *r =
        ends[1] ? feel_new_node(p, NODE_RANGE, start, ends, 2) : NULL;
    if (r != NULL) {
        r->low_closed = r->high_closed = true;
        r->descending = true;
    }
    return r;
}

static const struct feel_node *
iteration(struct parser *p, enum node_kind kind, const char *then)
{
    static const char *const ends[] = {"in", NULL};
    size_t start = p->start;
    struct kids k = {0};
    feel_next(p);
    do {
        struct bus_strv name = {0};
        if (k.n > 0) {
            feel_next(p);
        }
        if (k.n == FEEL_VARS_MAX || !feel_declare(p, ends, &name)) {
            return feel_fault(p, "a variable's name");
        }
        const struct feel_node *of = feel_take_key(p, "in") ? domain(p) : NULL;
        if (of == NULL || !feel_add_kid(p, &k, of, name)) {
            return NULL;
        }
    } while (feel_mark(p, ","));
    const struct feel_node *body =
        feel_take_key(p, then) ? feel_expression(p) : NULL;
    if (body == NULL || !feel_add_kid(p, &k, body, (struct bus_strv){0})) {
        return NULL;
    }
    struct feel_node *t = feel_new_node(p, kind, start, k.v, k.n);
    if (t != NULL) {
        t->names = k.names;
    }
    return t;
}

/* 非(x), 非 x: not(x) */
static const struct feel_node *chinese_not(struct parser *p)
{
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *kid = feel_comparison(p);
    struct feel_node *t =
        kid ? feel_new_node(p, NODE_CALL, start, &kid, 1) : NULL;
    if (t != NULL) {
        t->builtin = feel_builtin_find(BUS_STRV("not"));
        t->name = BUS_STRV("not");
    }
    return t;
}

static const struct feel_node *primary_word(struct parser *p)
{
    struct parser before = *p;
    size_t simple = p->at;
    feel_longest_name(p);
    if (p->at > simple) { /* a longer name that begins with "if", "for" .. */
        *p = before;
        return feel_name_or_call(p);
    }
    *p = before;
    if (bus_strv_is(p->word, "非")) {
        return chinese_not(p);
    }
    return feel_key(p, "if")      ? primary_conditional(p)
           : feel_key(p, "some")  ? iteration(p, NODE_SOME, "satisfies")
           : feel_key(p, "every") ? iteration(p, NODE_EVERY, "satisfies")
           : feel_key(p, "for")   ? iteration(p, NODE_FOR, "return")
                                  : feel_name_or_call(p);
}

const struct feel_node *feel_primary(struct parser *p)
{
    switch (p->token) {
    case T_NUMBER:
    case T_STRING:
        return literal(p);
    case T_AT:
        return at_literal(p);
    case T_NAME:
        return primary_word(p);
    case T_MARK:
        if (feel_mark(p, "(")) {
            return parenthesis(p);
        }
        if (feel_mark(p, "[")) {
            return list_or_range(p);
        }
        if (feel_mark(p, "]")) {
            return open_range(p);
        }
        if (feel_mark(p, "{")) {
            return primary_context(p);
        }
        feel_longest_name(p); /* one that begins with a mark */
        if (p->token == T_NAME) {
            return feel_name_or_call(p);
        }
        break;
    case T_END:
        break;
    }
    return feel_fault(p, "a value");
}
