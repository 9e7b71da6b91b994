/* Text to tree: one token ahead, one function a level of precedence.
 *
 * or < and < comparison, between, in < + - < * / < ^ < unary - < path, filter,
 * call < primary (DMN 1.5, 10.3.1.2). The first fault ends it, with the place,
 * what was read and what was expected. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/feel_lex.h"

#define KIDS_MAX 256

static bool take_mark(struct parser *p, const char *m)
{
    if (!feel_mark(p, m)) {
        char what[16];
        (void)snprintf(what, sizeof(what), "'%s'", m);
        (void)feel_fault(p, what);
        return false;
    }
    feel_next(p);
    return true;
}

static bool take_key(struct parser *p, const char *k)
{
    if (!feel_key(p, k)) {
        char what[32];
        (void)snprintf(what, sizeof(what), "'%s'", k);
        (void)feel_fault(p, what);
        return false;
    }
    feel_next(p);
    return true;
}

static struct feel_node *node(struct parser *p,
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

static const struct feel_node *constant(struct parser *p, struct feel_value v)
{
    struct feel_node *t = node(p, NODE_CONSTANT, p->start, NULL, 0);
    if (t != NULL) {
        t->constant = v;
    }
    return t;
}

static const struct feel_node *expression(struct parser *p);

/* --- literals --- */

static const struct feel_node *at_literal(struct parser *p)
{
    feel_next(p);
    struct bus_strv s;
    if (p->token != T_STRING || !feel_unquote(p, p->word, &s)) {
        return feel_fault(p, "a quoted date or duration behind '@'");
    }
    int32_t days = 0;
    struct feel_value v;
    if (bus_date_parse(s, &days)) {
        v = feel_days_date(days);
    } else if (!feel_duration_parse(s, &v)) {
        return feel_fault(p, "a date like @\"2026-07-01\" or a duration");
    }
    const struct feel_node *t = constant(p, v);
    feel_next(p);
    return t;
}

static const struct feel_node *literal(struct parser *p)
{
    struct feel_value v = feel_null;
    if (p->token == T_NUMBER && !feel_number_parse(p->word, &v)) {
        return feel_fault(p, "a number within 34 digits");
    }
    if (p->token == T_STRING) {
        struct bus_strv s;
        if (!feel_unquote(p, p->word, &s)) {
            return NULL;
        }
        v = feel_string(s);
    }
    const struct feel_node *t = constant(p, v);
    feel_next(p);
    return t;
}

/* --- lists, ranges, contexts --- */

static const struct feel_node *range_end(struct parser *p,
                                         size_t start,
                                         bool low_closed,
                                         const struct feel_node *low)
{
    feel_next(p); /* ".." */
    const struct feel_node *high = expression(p);
    if (high == NULL) {
        return NULL;
    }
    bool closed = feel_mark(p, "]");
    if (!closed && !feel_mark(p, ")") && !feel_mark(p, "[")) {
        return feel_fault(p, "the range's ']' or ')'");
    }
    feel_next(p);
    const struct feel_node *kids[] = {low, high};
    struct feel_node *t = node(p, NODE_RANGE, start, kids, 2);
    if (t != NULL) {
        t->low_closed = low_closed;
        t->high_closed = closed;
    }
    return t;
}

static const struct feel_node *list_or_range(struct parser *p)
{
    size_t start = p->start, n = 0;
    const struct feel_node *kids[KIDS_MAX];
    feel_next(p);
    if (feel_mark(p, "]")) {
        feel_next(p);
        return node(p, NODE_LIST, start, NULL, 0);
    }
    for (;;) {
        const struct feel_node *e = expression(p);
        if (e == NULL || n == KIDS_MAX) {
            return e ? feel_fault(p, "fewer items") : NULL;
        }
        if (n == 0 && feel_mark(p, "..")) {
            return range_end(p, start, true, e);
        }
        kids[n++] = e;
        if (!feel_mark(p, ",")) {
            break;
        }
        feel_next(p);
    }
    return take_mark(p, "]") ? node(p, NODE_LIST, start, kids, n) : NULL;
}

static const struct feel_node *parenthesis(struct parser *p)
{
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *e = expression(p);
    if (e != NULL && feel_mark(p, "..")) {
        return range_end(p, start, false, e);
    }
    return e != NULL && take_mark(p, ")") ? e : NULL;
}

static const struct feel_node *context(struct parser *p)
{
    size_t start = p->start, n = 0;
    const struct feel_node *kids[KIDS_MAX];
    struct bus_strv names[KIDS_MAX];
    feel_next(p);
    while (!feel_mark(p, "}")) {
        if (n > 0 && !take_mark(p, ",")) {
            return NULL;
        }
        if (n == KIDS_MAX || (p->token != T_NAME && p->token != T_STRING)) {
            return feel_fault(p, "an entry's name");
        }
        names[n] = p->word;
        if (p->token == T_STRING && !feel_unquote(p, p->word, &names[n])) {
            return NULL;
        }
        feel_next(p);
        if (!take_mark(p, ":") || (kids[n] = expression(p)) == NULL) {
            return NULL;
        }
        n++;
    }
    feel_next(p);
    struct feel_node *t = node(p, NODE_CONTEXT, start, kids, n);
    if (t != NULL) {
        t->names = bus_arena_dup(p->mem, names, n * sizeof(*names));
    }
    return t != NULL && (n == 0 || t->names != NULL) ? t : NULL;
}

/* --- if, some, every, for --- */

static const struct feel_node *conditional(struct parser *p)
{
    size_t start = p->start;
    const struct feel_node *kids[3] = {NULL};
    feel_next(p);
    if ((kids[0] = expression(p)) == NULL || !take_key(p, "then") ||
        (kids[1] = expression(p)) == NULL || !take_key(p, "else") ||
        (kids[2] = expression(p)) == NULL) {
        return NULL;
    }
    return node(p, NODE_IF, start, kids, 3);
}

static const struct feel_node *
iteration(struct parser *p, enum node_kind kind, const char *then)
{
    size_t start = p->start, n = 0;
    const struct feel_node *kids[FEEL_VARS_MAX + 1];
    struct bus_strv names[FEEL_VARS_MAX];
    feel_next(p);
    for (;;) {
        if (p->token != T_NAME || n == FEEL_VARS_MAX) {
            return feel_fault(p, "a variable's name");
        }
        names[n] = p->word;
        feel_next(p);
        if (!take_key(p, "in") || (kids[n] = expression(p)) == NULL) {
            return NULL;
        }
        if (feel_mark(p, "..")) { /* for i in 1..5 */
            const struct feel_node *ends[] = {kids[n], NULL};
            feel_next(p);
            ends[1] = expression(p);
            struct feel_node *r =
                ends[1] ? node(p, NODE_RANGE, start, ends, 2) : NULL;
            if (r == NULL) {
                return NULL;
            }
            r->low_closed = r->high_closed = true;
            kids[n] = r;
        }
        n++;
        if (!feel_mark(p, ",")) {
            break;
        }
        feel_next(p);
    }
    if (!take_key(p, then) || (kids[n] = expression(p)) == NULL) {
        return NULL;
    }
    struct feel_node *t = node(p, kind, start, kids, n + 1);
    if (t != NULL) {
        t->names = bus_arena_dup(p->mem, names, n * sizeof(*names));
    }
    return t != NULL && t->names != NULL ? t : NULL;
}

/* --- names and calls --- */

/* A function's name may be of several words ("years and months duration"):
 * the longest that is known and has a parenthesis behind it. */
static const struct feel_builtin *function_name(struct parser *p)
{
    struct parser ahead = *p;
    char words[80];
    size_t n = 0;
    while (ahead.token == T_NAME && n + ahead.word.n + 2 < sizeof(words)) {
        if (n > 0) {
            words[n++] = ' ';
        }
        memcpy(words + n, ahead.word.p, ahead.word.n);
        n += ahead.word.n;
        struct bus_strv w = {words, n};
        feel_next(&ahead);
        const struct feel_builtin *b = feel_builtin_find(w);
        if (b != NULL && feel_mark(&ahead, "(")) {
            *p = ahead;
            return b;
        }
        if (!feel_builtin_prefix(w)) {
            break;
        }
    }
    return NULL;
}

static const struct feel_node *
call(struct parser *p, const struct feel_builtin *b, size_t start)
{
    const struct feel_node *kids[KIDS_MAX];
    size_t n = 0;
    feel_next(p); /* "(" */
    while (!feel_mark(p, ")")) {
        if (n > 0 && !take_mark(p, ",")) {
            return NULL;
        }
        if (n == KIDS_MAX || (kids[n] = expression(p)) == NULL) {
            return feel_fault(p, "fewer arguments");
        }
        n++;
    }
    if ((int)n < b->args_min || (b->args_max >= 0 && (int)n > b->args_max)) {
        p->start = start;
        p->word = bus_strv(b->name);
        return feel_fault(p, "another number of arguments");
    }
    feel_next(p);
    struct feel_node *t = node(p, NODE_CALL, start, kids, n);
    if (t != NULL) {
        t->builtin = b;
        t->name = bus_strv(b->name);
    }
    return t;
}

static const struct feel_node *name_or_word(struct parser *p)
{
    size_t start = p->start;
    const struct feel_builtin *b = function_name(p);
    if (b != NULL) {
        return call(p, b, start);
    }
    static const char *const reserved[] = {
        "and", "or", "in", "then", "else", "satisfies", "return", "between"};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (feel_key(p, reserved[i])) {
            return feel_fault(p, "a value");
        }
    }
    struct bus_strv w = p->word;
    if (feel_key(p, "true") || feel_key(p, "false") || feel_key(p, "null")) {
        struct feel_value v =
            w.p[0] == 'n' ? feel_null : feel_bool(w.p[0] == 't');
        const struct feel_node *t = constant(p, v);
        feel_next(p);
        return t;
    }
    feel_next(p);
    if (feel_mark(p, "(")) {
        p->start = start;
        p->word = w;
        return feel_fault(p, "a function that is known");
    }
    struct feel_node *t = node(p, NODE_NAME, start, NULL, 0);
    if (t != NULL) {
        t->name = w;
    }
    return t;
}

static const struct feel_node *primary(struct parser *p)
{
    switch (p->token) {
    case T_NUMBER:
    case T_STRING:
        return literal(p);
    case T_AT:
        return at_literal(p);
    case T_NAME:
        return feel_key(p, "if")      ? conditional(p)
               : feel_key(p, "some")  ? iteration(p, NODE_SOME, "satisfies")
               : feel_key(p, "every") ? iteration(p, NODE_EVERY, "satisfies")
               : feel_key(p, "for")   ? iteration(p, NODE_FOR, "return")
                                      : name_or_word(p);
    case T_MARK:
        if (feel_mark(p, "(")) {
            return parenthesis(p);
        }
        if (feel_mark(p, "[")) {
            return list_or_range(p);
        }
        if (feel_mark(p, "{")) {
            return context(p);
        }
        break;
    case T_END:
        break;
    }
    return feel_fault(p, "a value");
}

static const struct feel_node *postfix(struct parser *p)
{
    const struct feel_node *e = primary(p);
    while (e != NULL && (feel_mark(p, ".") || feel_mark(p, "["))) {
        size_t start = p->start;
        bool path = feel_mark(p, ".");
        feel_next(p);
        const struct feel_node *kids[2] = {e, NULL};
        if (path && p->token != T_NAME) {
            return feel_fault(p, "a name behind '.'");
        }
        struct bus_strv name = p->word;
        if (path) {
            start = p->start;
            feel_next(p);
        } else if ((kids[1] = expression(p)) == NULL || !take_mark(p, "]")) {
            return NULL;
        }
        struct feel_node *t =
            node(p, path ? NODE_PATH : NODE_FILTER, start, kids, path ? 1 : 2);
        if (t != NULL && path) {
            t->name = name;
        }
        e = t;
    }
    return e;
}

static const struct feel_node *negation(struct parser *p)
{
    if (!feel_mark(p, "-")) {
        return postfix(p);
    }
    size_t start = p->start;
    feel_next(p);
    const struct feel_node *kid = negation(p);
    return kid ? node(p, NODE_NEGATE, start, &kid, 1) : NULL;
}

static const struct feel_node *arithmetic(struct parser *p, int level)
{
    static const char *const marks[3][2] = {
        {"+", "-"}, {"*", "/"}, {"**", "**"}};
    static const char ops[3][2] = {{'+', '-'}, {'*', '/'}, {'^', '^'}};
    if (level == 3) {
        return negation(p);
    }
    const struct feel_node *left = arithmetic(p, level + 1);
    while (left != NULL &&
           (feel_mark(p, marks[level][0]) || feel_mark(p, marks[level][1]))) {
        size_t start = p->start;
        char op = ops[level][feel_mark(p, marks[level][0]) ? 0 : 1];
        feel_next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, level + 1)};
        struct feel_node *t =
            kids[1] ? node(p, NODE_ARITH, start, kids, 2) : NULL;
        if (t != NULL) {
            t->op = op;
        }
        left = t;
    }
    return left;
}

static char comparison_op(const struct parser *p)
{
    return feel_mark(p, "=")    ? '='
           : feel_mark(p, "!=") ? '!'
           : feel_mark(p, "<")  ? '<'
           : feel_mark(p, ">")  ? '>'
           : feel_mark(p, "<=") ? 'l'
           : feel_mark(p, ">=") ? 'g'
                                : '\0';
}

static const struct feel_node *unary_test(struct parser *p)
{
    char op = comparison_op(p);
    size_t start = p->start;
    if (op == '\0') {
        return arithmetic(p, 0);
    }
    feel_next(p);
    const struct feel_node *kid = arithmetic(p, 0);
    struct feel_node *t = kid ? node(p, NODE_TEST, start, &kid, 1) : NULL;
    if (t != NULL) {
        t->op = op;
    }
    return t;
}

static const struct feel_node *membership(struct parser *p,
                                          const struct feel_node *left)
{
    const struct feel_node *kids[KIDS_MAX] = {left};
    size_t start = p->start, n = 1;
    feel_next(p);
    bool list = feel_mark(p, "(");
    struct parser before = *p;
    if (list) {
        feel_next(p);
    }
    do {
        if (n > 1) {
            feel_next(p);
        }
        kids[n] = unary_test(p);
        if (kids[n] == NULL || n + 1 == KIDS_MAX) {
            return NULL;
        }
        n++;
    } while (list && feel_mark(p, ","));
    if (list && n == 2 && feel_mark(p, "..")) { /* in (1..5) */
        *p = before;
        kids[1] = unary_test(p);
        list = false;
    }
    if (kids[1] == NULL || (list && !take_mark(p, ")"))) {
        return NULL;
    }
    return node(p, NODE_IN, start, kids, n);
}

static const struct feel_node *comparison(struct parser *p)
{
    const struct feel_node *left = arithmetic(p, 0);
    size_t start = p->start;
    char op = comparison_op(p);
    if (left == NULL) {
        return NULL;
    }
    if (op != '\0') {
        feel_next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, 0)};
        struct feel_node *t =
            kids[1] ? node(p, NODE_COMPARE, start, kids, 2) : NULL;
        if (t != NULL) {
            t->op = op;
        }
        return t;
    }
    if (feel_key(p, "between")) {
        feel_next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, 0), NULL};
        if (kids[1] == NULL || !take_key(p, "and") ||
            (kids[2] = arithmetic(p, 0)) == NULL) {
            return NULL;
        }
        return node(p, NODE_BETWEEN, start, kids, 3);
    }
    return feel_key(p, "in") ? membership(p, left) : left;
}

static const struct feel_node *junction(struct parser *p, bool is_or)
{
    const struct feel_node *left = is_or ? junction(p, false) : comparison(p);
    while (left != NULL && feel_key(p, is_or ? "or" : "and")) {
        size_t start = p->start;
        feel_next(p);
        const struct feel_node *kids[] = {left, is_or ? junction(p, false)
                                                      : comparison(p)};
        left = kids[1] ? node(p, is_or ? NODE_OR : NODE_AND, start, kids, 2)
                       : NULL;
    }
    return left;
}

static const struct feel_node *expression(struct parser *p)
{
    if (p->failed) {
        return NULL;
    }
    if (++p->depth > FEEL_DEPTH_MAX) {
        return feel_fault(p, "a flatter expression");
    }
    const struct feel_node *e = junction(p, true);
    p->depth--;
    return e;
}

const struct feel_node *
feel_parse(struct bus_strv text, struct bus_arena *mem, struct feel_error *err)
{
    struct parser p = {.text = text, .mem = mem, .err = err};
    if (text.n > FEEL_TEXT_MAX || !bus_utf8_valid(text.p, text.n)) {
        err->offset = 0;
        (void)snprintf(err->text, sizeof(err->text),
                       "an expression is UTF-8 of at most %d bytes",
                       FEEL_TEXT_MAX);
        return NULL;
    }
    feel_next(&p);
    const struct feel_node *e = expression(&p);
    if (e != NULL && p.token != T_END) {
        e = feel_fault(&p, "an operator or the end");
    }
    return p.failed ? NULL : e;
}
