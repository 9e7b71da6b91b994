/* Names: the longest one known wins; declarations; calls, function literals and
 * types. A name may have blanks and marks inside ("Pre-bureau risk category",
 * grammar rules 25-30), so the text alone does not say where it ends. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bus/feel/lex.h"

static bool word_char(unsigned char c)
{
    return c >= 0x80 || isalnum(c) || c == '_';
}

/* Does `name` stand at p->start? Returns where it ends, or 0. */
static size_t ends_at(const struct parser *p, struct bus_strv name)
{
    const char *t = p->text.p;
    size_t at = p->start, i = 0;
    while (i < name.n) {
        if (name.p[i] == ' ') {
            size_t from = at;
            while (at < p->text.n && isspace((unsigned char)t[at])) {
                at++;
            }
            if (at == from) {
                return 0;
            }
            i++;
            continue;
        }
        if (at == p->text.n || t[at] != name.p[i]) {
            return 0;
        }
        at++;
        i++;
    }
    bool cut = name.n > 0 && word_char((unsigned char)name.p[name.n - 1]) &&
               at < p->text.n && word_char((unsigned char)t[at]);
    return cut ? 0 : at;
}

static void name_better(const struct parser *p,
                        struct bus_strv name,
                        size_t *end,
                        struct bus_strv *best)
{
    if (name.n <= best->n) {
        return;
    }
    size_t at = ends_at(p, name);
    if (at > *end) {
        *end = at;
        *best = name;
    }
}

void feel_longest_name(struct parser *p)
{
    static const char *const properties[] = {"time offset", "start included",
                                             "end included"};
    size_t end = p->at;
    struct bus_strv best = p->word;
    for (size_t i = 0; p->names != NULL && i < p->names->count; i++) {
        name_better(p, p->names->names[i], &end, &best);
    }
    for (size_t i = 0; i < p->declared->n; i++) {
        name_better(p, p->declared->v[i], &end, &best);
    }
    const struct feel_builtin *b = NULL;
    for (size_t t = 0; (b = feel_builtin_next(b, &t)) != NULL;) {
        if (p->word.n > 0 && b->name[0] == p->word.p[0]) {
            name_better(p, bus_strv(b->name), &end, &best);
        }
    }
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        name_better(p, bus_strv(properties[i]), &end, &best);
    }
    if (end > p->at) {
        p->token = T_NAME;
        p->word = best;
        p->at = end;
    }
}

bool feel_known(const struct parser *p, struct bus_strv name)
{
    for (size_t i = 0; p->names != NULL && i < p->names->count; i++) {
        if (bus_strv_eq(p->names->names[i], name)) {
            return true;
        }
    }
    for (size_t i = 0; i < p->declared->n; i++) {
        if (bus_strv_eq(p->declared->v[i], name)) {
            return true;
        }
    }
    return false;
}

static bool ends_here(const struct parser *p, const char *const *ends)
{
    for (; *ends != NULL; ends++) {
        if (feel_mark(p, *ends) || feel_key(p, *ends)) {
            return true;
        }
    }
    return p->token == T_END;
}

bool feel_declare(struct parser *p,
                  const char *const *ends,
                  struct bus_strv *ret)
{
    char name[256];
    size_t n = 0, end = 0;
    if (p->token != T_NAME) {
        (void)feel_fault(p, "a name");
        return false;
    }
    while (!ends_here(p, ends)) {
        bool mark =
            p->token == T_MARK &&
            ((p->word.n == 1 && strchr(".-/'+*", p->word.p[0]) != NULL) ||
             feel_foreign(p->word.p, p->word.n) != NULL);
        bool gap = n > 0 && p->start > end;
        if ((p->token != T_NAME && p->token != T_NUMBER && !mark) ||
            n + p->word.n + 2 > sizeof(name)) {
            (void)feel_fault(p, "a name and what follows it");
            return false;
        }
        if (gap) {
            name[n++] = ' ';
        }
        memcpy(name + n, p->word.p, p->word.n);
        n += p->word.n;
        end = p->at;
        feel_next(p);
    }
    char *copy = bus_arena_strndup(p->mem, name, n);
    *ret = (struct bus_strv){copy, copy ? n : 0};
    if (copy == NULL || p->declared->n == DECLARED_MAX) {
        (void)feel_fault(p, "fewer names");
        return false;
    }
    p->declared->v[p->declared->n++] = *ret;
    return true;
}

/* --- calls --- */

/* "name:" before an argument; false: it is by position. */
static bool argument_name(struct parser *p, struct bus_strv *ret)
{
    struct parser before = *p;
    char name[128];
    size_t n = 0, end = 0;
    /* Names may have marks inside (grammar rule 30). */
    while (p->token == T_NAME || (n > 0 && p->token == T_NUMBER) ||
           (n > 0 && p->token == T_MARK && p->word.n == 1 &&
            strchr(".-/'+*", p->word.p[0]) != NULL)) {
        if (n + p->word.n + 2 > sizeof(name)) {
            break;
        }
        if (n > 0 && p->start > end) {
            name[n++] = ' ';
        }
        memcpy(name + n, p->word.p, p->word.n);
        n += p->word.n;
        end = p->at;
        feel_next(p);
    }
    if (n == 0 || !feel_mark(p, ":")) {
        *p = before;
        return false;
    }
    feel_next(p);
    char *copy = bus_arena_strndup(p->mem, name, n);
    *ret = (struct bus_strv){copy, copy ? n : 0};
    return copy != NULL;
}

const struct feel_node *feel_call_of(struct parser *p,
                                     const struct feel_node *callee,
                                     const struct feel_builtin *b,
                                     size_t start)
{
    struct kids k = {0};
    size_t named = 0, first = callee ? 1 : 0;
    if (callee != NULL && !feel_add_kid(p, &k, callee, (struct bus_strv){0})) {
        return NULL;
    }
    feel_next(p); /* "(" */
    while (!feel_mark(p, ")")) {
        if (k.n > first && !feel_take_mark(p, ",")) {
            return NULL;
        }
        struct bus_strv name = {0};
        named += argument_name(p, &name);
        const struct feel_node *arg = feel_expression(p);
        if (arg == NULL || !feel_add_kid(p, &k, arg, name)) {
            return NULL;
        }
    }
    if (named > 0 && named != k.n - first) {
        return feel_fault(p, "all arguments by name, or none");
    }
    feel_next(p);
    struct feel_node *t = feel_new_node(p, NODE_CALL, start, k.v, k.n);
    if (t != NULL) {
        t->builtin = b;
        t->name = b ? bus_strv(b->name) : (struct bus_strv){0};
        t->names = named ? k.names + first : NULL;
    }
    return t;
}

static const struct feel_node *word_constant(struct parser *p)
{
    struct bus_strv w = p->word;
    struct feel_node *t = feel_new_node(p, NODE_CONSTANT, p->start, NULL, 0);
    if (t != NULL) {
        t->constant = w.p[0] == 'n' ? feel_null : feel_bool(w.p[0] == 't');
    }
    feel_next(p);
    return t;
}

const struct feel_node *feel_name_or_call(struct parser *p)
{
    static const char *const reserved[] = {
        "and", "or", "in", "then", "else", "satisfies", "return", "between"};
    size_t start = p->start;
    feel_longest_name(p);
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (feel_key(p, reserved[i])) {
            return feel_fault(p, "a value");
        }
    }
    if (feel_key(p, "true") || feel_key(p, "false") || feel_key(p, "null")) {
        return word_constant(p);
    }
    if (feel_key(p, "function")) {
        return feel_function_literal(p);
    }
    struct bus_strv w = p->word;
    const struct feel_builtin *b =
        feel_known(p, w) ? NULL : feel_builtin_find(w);
    feel_next(p);
    if (b != NULL && feel_mark(p, "(")) {
        return feel_call_of(p, NULL, b, start);
    }
    struct feel_node *t = feel_new_node(p, NODE_NAME, start, NULL, 0);
    if (t != NULL) {
        t->name = w;
    }
    return t;
}

/* --- function literals --- */

struct params
{
    struct feel_field v[FEEL_VARS_MAX * 4];
    struct bus_strv names[FEEL_VARS_MAX * 4];
    size_t n;
};

static bool parameters(struct parser *p, struct params *to)
{
    static const char *const ends[] = {":", ",", ")", NULL};
    if (!feel_take_mark(p, "(")) {
        return false;
    }
    while (!feel_mark(p, ")")) {
        if (to->n > 0 && !feel_take_mark(p, ",")) {
            return false;
        }
        if (to->n == sizeof(to->v) / sizeof(to->v[0])) {
            (void)feel_fault(p, "fewer parameters");
            return false;
        }
        struct feel_field *f = &to->v[to->n];
        f->type = &feel_type_any;
        if (!feel_declare(p, ends, &f->name)) {
            return false;
        }
        to->names[to->n++] = f->name;
        if (feel_mark(p, ":")) {
            feel_next(p);
            f->type = feel_type_text(p);
            if (f->type == NULL) {
                return false;
            }
        }
    }
    feel_next(p);
    return true;
}

const struct feel_node *feel_function_literal(struct parser *p)
{
    size_t start = p->start;
    struct params params = {.n = 0};
    struct feel_type type = {.is = FEEL_T_FUNCTION, .kind = FEEL_FUNCTION};
    feel_next(p);
    if (!parameters(p, &params)) {
        return NULL;
    }
    if (feel_mark(p, ":")) {
        feel_next(p);
        type.of = feel_type_text(p);
        if (type.of == NULL) {
            return NULL;
        }
    }
    bool external = feel_key(p, "external");
    if (external) {
        feel_next(p);
    }
    const struct feel_node *body = feel_expression(p);
    if (body == NULL) {
        return NULL;
    }
    struct feel_node *t = feel_new_node(p, NODE_FUNCTION, start, &body, 1);
    if (t == NULL) {
        return NULL;
    }
    type.count = params.n;
    type.fields =
        bus_arena_dup(p->mem, params.v, params.n * sizeof(params.v[0]) + 1);
    t->names = bus_arena_dup(p->mem, params.names,
                             params.n * sizeof(params.names[0]) + 1);
    t->type = bus_arena_dup(p->mem, &type, sizeof(type));
    t->external = external;
    return type.fields && t->names && t->type ? t : NULL;
}

/* --- types --- */

static bool type_list(struct parser *p, struct params *to, bool named)
{
    static const char *const ends[] = {":", NULL};
    while (!feel_mark(p, ">")) {
        if (to->n > 0 && !feel_take_mark(p, ",")) {
            return false;
        }
        if (to->n == sizeof(to->v) / sizeof(to->v[0])) {
            (void)feel_fault(p, "fewer types");
            return false;
        }
        struct feel_field *f = &to->v[to->n++];
        *f = (struct feel_field){0};
        if (named &&
            (!feel_declare(p, ends, &f->name) || !feel_take_mark(p, ":"))) {
            return false;
        }
        f->type = feel_type_text(p);
        if (f->type == NULL) {
            return false;
        }
    }
    feel_next(p);
    return true;
}

static const struct feel_type *parametric(struct parser *p, struct feel_type t)
{
    struct params params = {.n = 0};
    feel_next(p); /* "<" */
    if (!type_list(p, &params, t.is == FEEL_T_CONTEXT)) {
        return NULL;
    }
    if (t.is == FEEL_T_FUNCTION) {
        if (!feel_take_mark(p, "->")) {
            return NULL;
        }
        t.of = feel_type_text(p);
        t.any_function = false;
        if (t.of == NULL) {
            return NULL;
        }
    } else if (t.is != FEEL_T_CONTEXT) {
        if (params.n != 1) {
            (void)feel_fault(p, "one type between < and >");
            return NULL;
        }
        t.of = params.v[0].type;
        return bus_arena_dup(p->mem, &t, sizeof(t));
    }
    t.count = params.n;
    t.fields =
        bus_arena_dup(p->mem, params.v, params.n * sizeof(params.v[0]) + 1);
    return t.fields ? bus_arena_dup(p->mem, &t, sizeof(t)) : NULL;
}

static const struct feel_type *own_type(struct parser *p)
{
    static const char *const long_names[] = {
        "days and time duration", "years and months duration", "date and time"};
    size_t end = p->at;
    struct bus_strv best = p->word;
    for (size_t i = 0; i < sizeof(long_names) / sizeof(long_names[0]); i++) {
        name_better(p, bus_strv(long_names[i]), &end, &best);
    }
    const struct feel_type *t = feel_type_named(best);
    if (t != NULL) {
        p->at = end;
        p->word = best;
    }
    return t;
}

const struct feel_type *feel_type_text(struct parser *p)
{
    if (p->token != T_NAME || ++p->depth > FEEL_DEPTH_MAX) {
        (void)feel_fault(p, "a type");
        return NULL;
    }
    const struct feel_type *t = NULL;
    bool user = p->names != NULL && p->names->type != NULL;
    if (user) {
        struct parser before = *p;
        feel_longest_name(p);
        t = p->names->type(p->names->data, p->word);
        if (t == NULL) {
            *p = before;
        }
    }
    if (t == NULL) {
        t = own_type(p);
    }
    if (t == NULL && user) { /* import.type */
        struct parser before = *p;
        struct bus_strv whole = p->word;
        feel_next(p);
        if (feel_mark(p, ".")) {
            feel_next(p);
            feel_longest_name(p);
            whole.n = p->at - before.start;
            t = p->names->type(p->names->data, whole);
        }
    }
    if (t == NULL) {
        (void)feel_fault(p, "a type that is known");
        return NULL;
    }
    feel_next(p);
    if (feel_mark(p, "<") && t->is >= FEEL_T_LIST) {
        t = parametric(p, *t);
    }
    p->depth--;
    return t;
}
