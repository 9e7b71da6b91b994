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
#include "bus/policy/feel_parts.h"

#define KIDS_MAX 256

enum token { T_END, T_NUMBER, T_STRING, T_NAME, T_MARK, T_AT };

struct parser
{
    struct bus_strv text;
    struct bus_arena *mem;
    struct feel_error *err;
    size_t at;    /* behind the token */
    size_t start; /* of the token */
    enum token token;
    struct bus_strv word; /* the token's text */
    int depth;
    bool failed;
};

static const struct feel_node *fault(struct parser *p, const char *expected)
{
    if (!p->failed) {
        p->failed = true;
        p->err->offset = p->start;
        if (p->token == T_END) {
            (void)snprintf(p->err->text, sizeof(p->err->text),
                           "the expression ends where %s was expected",
                           expected);
        } else {
            (void)snprintf(p->err->text, sizeof(p->err->text),
                           "read '%.*s' where %s was expected",
                           (int)(p->word.n > 40 ? 40 : p->word.n), p->word.p,
                           expected);
        }
    }
    return NULL;
}

static bool name_char(char c, bool first)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalpha(u) || c == '_' || c == '?' ||
           (!first && isdigit(u));
}

static void skip_space(struct parser *p)
{
    const char *t = p->text.p;
    for (;;) {
        while (p->at < p->text.n && isspace((unsigned char)t[p->at])) {
            p->at++;
        }
        size_t left = p->text.n - p->at;
        if (left >= 2 && t[p->at] == '/' && t[p->at + 1] == '/') {
            while (p->at < p->text.n && t[p->at] != '\n') {
                p->at++;
            }
        } else if (left >= 2 && t[p->at] == '/' && t[p->at + 1] == '*') {
            const char *end = memmem(t + p->at + 2, left - 2, "*/", 2);
            p->at = end ? (size_t)(end + 2 - t) : p->text.n;
        } else {
            return;
        }
    }
}

static void scan_number(struct parser *p)
{
    const char *t = p->text.p;
    p->token = T_NUMBER;
    while (p->at < p->text.n && isdigit((unsigned char)t[p->at])) {
        p->at++;
    }
    /* "1..5" is a range of whole numbers. */
    if (p->at + 1 < p->text.n && t[p->at] == '.' &&
        isdigit((unsigned char)t[p->at + 1])) {
        p->at++;
        while (p->at < p->text.n && isdigit((unsigned char)t[p->at])) {
            p->at++;
        }
    }
}

static void scan_string(struct parser *p)
{
    p->token = T_STRING;
    p->at++;
    while (p->at < p->text.n && p->text.p[p->at] != '"') {
        p->at += p->text.p[p->at] == '\\' ? 2 : 1;
    }
    if (p->at >= p->text.n) {
        p->at = p->text.n;
        (void)fault(p, "a closing quote");
        return;
    }
    p->at++;
}

static void next(struct parser *p)
{
    skip_space(p);
    const char *t = p->text.p;
    p->start = p->at;
    if (p->at == p->text.n) {
        p->token = T_END;
        p->word = (struct bus_strv){t + p->at, 0};
        return;
    }
    char c = t[p->at], d = p->at + 1 < p->text.n ? t[p->at + 1] : '\0';
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)d))) {
        if (c == '.') {
            p->at++;
        }
        scan_number(p);
    } else if (c == '"') {
        scan_string(p);
    } else if (name_char(c, true)) {
        p->token = T_NAME;
        while (p->at < p->text.n && name_char(t[p->at], false)) {
            p->at++;
        }
    } else {
        bool two = (c == '*' && d == '*') || (c == '.' && d == '.') ||
                   (c == '!' && d == '=') || (c == '<' && d == '=') ||
                   (c == '>' && d == '=');
        p->token = c == '@' ? T_AT : T_MARK;
        p->at += two ? 2 : 1;
    }
    p->word = (struct bus_strv){t + p->start, p->at - p->start};
}

static bool mark(const struct parser *p, const char *m)
{
    return p->token == T_MARK && bus_strv_is(p->word, m);
}

static bool key(const struct parser *p, const char *k)
{
    return p->token == T_NAME && bus_strv_is(p->word, k);
}

static bool take_mark(struct parser *p, const char *m)
{
    if (!mark(p, m)) {
        char what[16];
        (void)snprintf(what, sizeof(what), "'%s'", m);
        (void)fault(p, what);
        return false;
    }
    next(p);
    return true;
}

static bool take_key(struct parser *p, const char *k)
{
    if (!key(p, k)) {
        char what[32];
        (void)snprintf(what, sizeof(what), "'%s'", k);
        (void)fault(p, what);
        return false;
    }
    next(p);
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
        (void)fault(p, "a smaller expression (no memory)");
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

static size_t utf8_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    to[0] = (char)(lead[n] | c);
    return n;
}

static uint32_t hex_of(const char *s, size_t n, bool *ok)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)s[i])) {
            *ok = false;
            return 0;
        }
        int d = isdigit((unsigned char)s[i])
                    ? s[i] - '0'
                    : (tolower((unsigned char)s[i]) - 'a') + 10;
        v = v << 4 | (uint32_t)d;
    }
    return v;
}

/* Quotes off, escapes resolved. */
static bool unquote(struct parser *p, struct bus_strv w, struct bus_strv *ret)
{
    char *to = bus_arena_alloc(p->mem, w.n + 1);
    size_t n = 0;
    bool ok = to != NULL;
    for (size_t i = 1; ok && i + 1 < w.n; i++) {
        char c = w.p[i];
        if (c != '\\') {
            to[n++] = c;
            continue;
        }
        c = w.p[++i];
        size_t digits = c == 'u' ? 4 : c == 'U' ? 6 : 0;
        if (digits > 0) {
            ok = i + digits < w.n - 0;
            uint32_t u = ok ? hex_of(w.p + i + 1, digits, &ok) : 0;
            i += digits;
            bool high = u >= 0xD800 && u < 0xDC00;
            if (ok && high && i + 6 < w.n && w.p[i + 1] == '\\') {
                uint32_t low = hex_of(w.p + i + 3, 4, &ok);
                u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
            ok = ok && u <= 0x10FFFF;
            n += ok ? utf8_put(to + n, u) : 0;
            continue;
        }
        to[n++] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
    *ret = (struct bus_strv){to, n};
    if (!ok) {
        (void)fault(p, "a well-formed escape");
    }
    return ok;
}

static const struct feel_node *at_literal(struct parser *p)
{
    next(p);
    struct bus_strv s;
    if (p->token != T_STRING || !unquote(p, p->word, &s)) {
        return fault(p, "a quoted date or duration behind '@'");
    }
    int32_t days = 0;
    struct feel_value v;
    if (bus_date_parse(s, &days)) {
        v = feel_days_date(days);
    } else if (!feel_duration_parse(s, &v)) {
        return fault(p, "a date like @\"2026-07-01\" or a duration");
    }
    const struct feel_node *t = constant(p, v);
    next(p);
    return t;
}

static const struct feel_node *literal(struct parser *p)
{
    struct feel_value v = feel_null;
    if (p->token == T_NUMBER && !feel_number_parse(p->word, &v)) {
        return fault(p, "a number within 34 digits");
    }
    if (p->token == T_STRING) {
        struct bus_strv s;
        if (!unquote(p, p->word, &s)) {
            return NULL;
        }
        v = feel_string(s);
    }
    const struct feel_node *t = constant(p, v);
    next(p);
    return t;
}

/* --- lists, ranges, contexts --- */

static const struct feel_node *range_end(struct parser *p,
                                         size_t start,
                                         bool low_closed,
                                         const struct feel_node *low)
{
    next(p); /* ".." */
    const struct feel_node *high = expression(p);
    if (high == NULL) {
        return NULL;
    }
    bool closed = mark(p, "]");
    if (!closed && !mark(p, ")") && !mark(p, "[")) {
        return fault(p, "the range's ']' or ')'");
    }
    next(p);
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
    next(p);
    if (mark(p, "]")) {
        next(p);
        return node(p, NODE_LIST, start, NULL, 0);
    }
    for (;;) {
        const struct feel_node *e = expression(p);
        if (e == NULL || n == KIDS_MAX) {
            return e ? fault(p, "fewer items") : NULL;
        }
        if (n == 0 && mark(p, "..")) {
            return range_end(p, start, true, e);
        }
        kids[n++] = e;
        if (!mark(p, ",")) {
            break;
        }
        next(p);
    }
    return take_mark(p, "]") ? node(p, NODE_LIST, start, kids, n) : NULL;
}

static const struct feel_node *parenthesis(struct parser *p)
{
    size_t start = p->start;
    next(p);
    const struct feel_node *e = expression(p);
    if (e != NULL && mark(p, "..")) {
        return range_end(p, start, false, e);
    }
    return e != NULL && take_mark(p, ")") ? e : NULL;
}

static const struct feel_node *context(struct parser *p)
{
    size_t start = p->start, n = 0;
    const struct feel_node *kids[KIDS_MAX];
    struct bus_strv names[KIDS_MAX];
    next(p);
    while (!mark(p, "}")) {
        if (n > 0 && !take_mark(p, ",")) {
            return NULL;
        }
        if (n == KIDS_MAX || (p->token != T_NAME && p->token != T_STRING)) {
            return fault(p, "an entry's name");
        }
        names[n] = p->word;
        if (p->token == T_STRING && !unquote(p, p->word, &names[n])) {
            return NULL;
        }
        next(p);
        if (!take_mark(p, ":") || (kids[n] = expression(p)) == NULL) {
            return NULL;
        }
        n++;
    }
    next(p);
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
    next(p);
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
    next(p);
    for (;;) {
        if (p->token != T_NAME || n == FEEL_VARS_MAX) {
            return fault(p, "a variable's name");
        }
        names[n] = p->word;
        next(p);
        if (!take_key(p, "in") || (kids[n] = expression(p)) == NULL) {
            return NULL;
        }
        if (mark(p, "..")) { /* for i in 1..5 */
            const struct feel_node *ends[] = {kids[n], NULL};
            next(p);
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
        if (!mark(p, ",")) {
            break;
        }
        next(p);
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
        next(&ahead);
        const struct feel_builtin *b = feel_builtin_find(w);
        if (b != NULL && mark(&ahead, "(")) {
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
    next(p); /* "(" */
    while (!mark(p, ")")) {
        if (n > 0 && !take_mark(p, ",")) {
            return NULL;
        }
        if (n == KIDS_MAX || (kids[n] = expression(p)) == NULL) {
            return fault(p, "fewer arguments");
        }
        n++;
    }
    if ((int)n < b->args_min || (b->args_max >= 0 && (int)n > b->args_max)) {
        p->start = start;
        p->word = bus_strv(b->name);
        return fault(p, "another number of arguments");
    }
    next(p);
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
        if (key(p, reserved[i])) {
            return fault(p, "a value");
        }
    }
    struct bus_strv w = p->word;
    if (key(p, "true") || key(p, "false") || key(p, "null")) {
        struct feel_value v =
            w.p[0] == 'n' ? feel_null : feel_bool(w.p[0] == 't');
        const struct feel_node *t = constant(p, v);
        next(p);
        return t;
    }
    next(p);
    if (mark(p, "(")) {
        p->start = start;
        p->word = w;
        return fault(p, "a function that is known");
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
        return key(p, "if")      ? conditional(p)
               : key(p, "some")  ? iteration(p, NODE_SOME, "satisfies")
               : key(p, "every") ? iteration(p, NODE_EVERY, "satisfies")
               : key(p, "for")   ? iteration(p, NODE_FOR, "return")
                                 : name_or_word(p);
    case T_MARK:
        if (mark(p, "(")) {
            return parenthesis(p);
        }
        if (mark(p, "[")) {
            return list_or_range(p);
        }
        if (mark(p, "{")) {
            return context(p);
        }
        break;
    case T_END:
        break;
    }
    return fault(p, "a value");
}

static const struct feel_node *postfix(struct parser *p)
{
    const struct feel_node *e = primary(p);
    while (e != NULL && (mark(p, ".") || mark(p, "["))) {
        size_t start = p->start;
        bool path = mark(p, ".");
        next(p);
        const struct feel_node *kids[2] = {e, NULL};
        if (path && p->token != T_NAME) {
            return fault(p, "a name behind '.'");
        }
        struct bus_strv name = p->word;
        if (path) {
            start = p->start;
            next(p);
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
    if (!mark(p, "-")) {
        return postfix(p);
    }
    size_t start = p->start;
    next(p);
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
           (mark(p, marks[level][0]) || mark(p, marks[level][1]))) {
        size_t start = p->start;
        char op = ops[level][mark(p, marks[level][0]) ? 0 : 1];
        next(p);
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
    return mark(p, "=")    ? '='
           : mark(p, "!=") ? '!'
           : mark(p, "<")  ? '<'
           : mark(p, ">")  ? '>'
           : mark(p, "<=") ? 'l'
           : mark(p, ">=") ? 'g'
                           : '\0';
}

static const struct feel_node *unary_test(struct parser *p)
{
    char op = comparison_op(p);
    size_t start = p->start;
    if (op == '\0') {
        return arithmetic(p, 0);
    }
    next(p);
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
    next(p);
    bool list = mark(p, "(");
    struct parser before = *p;
    if (list) {
        next(p);
    }
    do {
        if (n > 1) {
            next(p);
        }
        kids[n] = unary_test(p);
        if (kids[n] == NULL || n + 1 == KIDS_MAX) {
            return NULL;
        }
        n++;
    } while (list && mark(p, ","));
    if (list && n == 2 && mark(p, "..")) { /* in (1..5) */
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
        next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, 0)};
        struct feel_node *t =
            kids[1] ? node(p, NODE_COMPARE, start, kids, 2) : NULL;
        if (t != NULL) {
            t->op = op;
        }
        return t;
    }
    if (key(p, "between")) {
        next(p);
        const struct feel_node *kids[] = {left, arithmetic(p, 0), NULL};
        if (kids[1] == NULL || !take_key(p, "and") ||
            (kids[2] = arithmetic(p, 0)) == NULL) {
            return NULL;
        }
        return node(p, NODE_BETWEEN, start, kids, 3);
    }
    return key(p, "in") ? membership(p, left) : left;
}

static const struct feel_node *junction(struct parser *p, bool is_or)
{
    const struct feel_node *left = is_or ? junction(p, false) : comparison(p);
    while (left != NULL && key(p, is_or ? "or" : "and")) {
        size_t start = p->start;
        next(p);
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
        return fault(p, "a flatter expression");
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
    next(&p);
    const struct feel_node *e = expression(&p);
    if (e != NULL && p.token != T_END) {
        e = fault(&p, "an operator or the end");
    }
    return p.failed ? NULL : e;
}
