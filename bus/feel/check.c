/* Kinds, names and words told from a tree. */
#include "bus/feel/check.h"

#include <stdio.h>
#include <string.h>

#include "bus/feel/check_parts.h"

static const struct feel_shape no_shape = {.kind = FEEL_UNKNOWN};

static struct feel_shape shape_of_kind(enum feel_kind k)
{
    return (struct feel_shape){.kind = k};
}

/* "'<'", for messages. */
static const char *place_of_op(enum feel_op op, char *to, size_t cap)
{
    (void)snprintf(to, cap, "'%s'", feel_op_text(op));
    return to;
}

/* --- names --- */

/* As the evaluator looks it up. open: a filter stands around it whose items
 * cannot be told, so that any name may be theirs. */
static bool
look_up(struct feel_check *k, struct bus_strv name, struct feel_shape *ret)
{
    bool open = false;
    *ret = no_shape;
    for (const struct feel_check_bound *b = k->bound; b != NULL; b = b->up) {
        if (b->name.n > 0) {
            if (bus_strv_eq(b->name, name)) {
                *ret = b->shape;
                return true;
            }
            continue;
        }
        const struct feel_shapes *parts = b->shape.parts;
        if (parts != NULL && parts->find(parts->data, name, ret)) {
            return true;
        }
        if (bus_strv_is(name, "item")) {
            *ret = b->shape;
            return true;
        }
        open |= parts == NULL && b->shape.kind >= FEEL_CONTEXT;
    }
    const struct feel_shapes *self = k->self ? k->self->parts : NULL;
    if ((self != NULL && self->find(self->data, name, ret)) ||
        (k->scope.find != NULL && k->scope.find(k->scope.data, name, ret))) {
        return true;
    }
    *ret = no_shape;
    return open;
}

static struct feel_shape name_shape(struct feel_check *k,
                                    const struct feel_node *n)
{
    struct feel_shape r;
    if (look_up(k, n->name, &r)) {
        return r;
    }
    if (feel_builtin_find(n->name) != NULL) {
        return shape_of_kind(FEEL_FUNCTION);
    }
    feel_found_name(k, n);
    return no_shape;
}

/* --- paths --- */

static bool is_one_of(struct bus_strv name, const char *const *names)
{
    while (*names != NULL && !bus_strv_is(name, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Table 65: what dates, times, durations and ranges can be asked. */
static bool
known_part(enum feel_kind of, struct bus_strv name, struct feel_shape *ret)
{
    static const char *const day[] = {"year", "month", "day", "weekday", NULL};
    static const char *const time[] = {"hour", "minute", "second", NULL};
    static const char *const zone[] = {"time offset", "timezone", NULL};
    static const char *const months[] = {"years", "months", NULL};
    static const char *const days[] = {"days", "hours", "minutes", "seconds",
                                       NULL};
    static const char *const ends[] = {"start", "end", "start included",
                                       "end included", NULL};
    bool dated = of == FEEL_DATE || of == FEEL_DATE_TIME;
    bool timed = of == FEEL_TIME || of == FEEL_DATE_TIME || of == FEEL_DATE;
    *ret = no_shape;
    if ((dated && is_one_of(name, day)) || (timed && is_one_of(name, time)) ||
        (of == FEEL_MONTHS && is_one_of(name, months)) ||
        (of == FEEL_DAYS && is_one_of(name, days))) {
        ret->kind = FEEL_NUMBER;
        return true;
    }
    return (timed && is_one_of(name, zone)) ||
           (of == FEEL_RANGE && is_one_of(name, ends));
}

static bool part_of(const struct feel_shape *of,
                    struct bus_strv name,
                    struct feel_shape *ret)
{
    *ret = no_shape;
    if (of->kind == FEEL_UNKNOWN || of->kind == FEEL_NULL) {
        return true;
    }
    if (of->kind == FEEL_CONTEXT || of->kind == FEEL_THING) {
        return of->parts == NULL || of->parts->find(of->parts->data, name, ret);
    }
    return known_part(of->kind, name, ret);
}

static struct feel_shape path_shape(struct feel_check *k,
                                    const struct feel_node *n)
{
    struct feel_shape of = feel_check(k, n->kids[0]), r = no_shape;
    bool list = of.kind == FEEL_LIST;
    if (list) {
        of = of.item ? *of.item : no_shape;
    }
    if (!part_of(&of, n->name, &r)) {
        feel_found_part(k, n, &of);
    }
    return list ? shape_of_kind(FEEL_LIST) : r;
}

/* --- operators --- */

static bool is_duration(enum feel_kind k)
{
    return k == FEEL_MONTHS || k == FEEL_DAYS;
}

/* Of two kinds that are both told; UNKNOWN: they do not go together. */
static enum feel_kind
joined_kind(enum feel_op op, enum feel_kind a, enum feel_kind b)
{
    if (a == FEEL_NUMBER && b == FEEL_NUMBER) {
        return FEEL_NUMBER;
    }
    if (op == FEEL_OP_ADD && a == FEEL_STRING && b == FEEL_STRING) {
        return FEEL_STRING;
    }
    bool dates = a == FEEL_DATE || a == FEEL_DATE_TIME || a == FEEL_TIME;
    if (op == FEEL_OP_SUB && dates && a == b) {
        return FEEL_DAYS;
    }
    if (op == FEEL_OP_SUB && a != FEEL_TIME && dates &&
        (b == FEEL_DATE || b == FEEL_DATE_TIME)) {
        return FEEL_DAYS;
    }
    if ((op == FEEL_OP_ADD || op == FEEL_OP_SUB) && dates && is_duration(b)) {
        return a;
    }
    if (is_duration(a) && (a == b || b == FEEL_NUMBER)) {
        return op == FEEL_OP_DIV && a == b ? FEEL_NUMBER : a;
    }
    bool turned = (op == FEEL_OP_MUL && a == FEEL_NUMBER && is_duration(b)) ||
                  (op == FEEL_OP_ADD && is_duration(a) &&
                   (b == FEEL_DATE || b == FEEL_DATE_TIME || b == FEEL_TIME));
    return turned ? b : FEEL_UNKNOWN;
}

static struct feel_shape check_arithmetic(struct feel_check *k,
                                          const struct feel_node *n)
{
    static const enum feel_kind never[] = {FEEL_BOOLEAN, FEEL_STRING};
    struct feel_shape s[2] = {feel_check(k, n->kids[0]),
                              feel_check(k, n->kids[1])};
    char text[16];
    const char *where = place_of_op(n->op, text, sizeof(text));
    for (size_t i = 0; i < 2; i++) {
        const bool joins = never[i] == FEEL_STRING && n->op == FEEL_OP_ADD;
        for (size_t side = 0; !joins && side < 2; side++) {
            if (s[side].kind == never[i]) {
                feel_found_misfit(k, n->kids[side], where,
                                  feel_kind_name(FEEL_NUMBER),
                                  feel_kind_zh(FEEL_NUMBER), s[side].kind);
                return no_shape;
            }
        }
    }
    if (s[0].kind == FEEL_UNKNOWN || s[1].kind == FEEL_UNKNOWN) {
        return no_shape;
    }
    enum feel_kind r = joined_kind(n->op, s[0].kind, s[1].kind);
    if (r == FEEL_UNKNOWN) {
        feel_found_misfit(k, n->kids[1], where, feel_kind_name(s[0].kind),
                          feel_kind_zh(s[0].kind), s[1].kind);
    }
    return shape_of_kind(r);
}

/* A day and a moment compare; whatever else has a kind compares with its own.
 */
static bool comparable_kinds(enum feel_kind a, enum feel_kind b)
{
    bool days = (a == FEEL_DATE || a == FEEL_DATE_TIME) &&
                (b == FEEL_DATE || b == FEEL_DATE_TIME);
    return a == FEEL_UNKNOWN || b == FEEL_UNKNOWN || a == b || days;
}

static void check_same_kind(struct feel_check *k,
                            const struct feel_shape *a,
                            const struct feel_node *left,
                            const struct feel_node *right,
                            enum feel_op op)
{
    char text[16];
    struct feel_shape b = feel_check(k, right);
    bool order = op != FEEL_OP_EQ && op != FEEL_OP_NE;
    if (order && a->kind == FEEL_BOOLEAN && left != NULL) {
        feel_found_misfit(k, left, place_of_op(op, text, sizeof(text)),
                          "something that has an order", "能比较大小的值",
                          a->kind);
    } else if (!comparable_kinds(a->kind, b.kind)) {
        feel_found_misfit(k, right, place_of_op(op, text, sizeof(text)),
                          feel_kind_name(a->kind), feel_kind_zh(a->kind),
                          b.kind);
    } else if (a->words != NULL) {
        feel_check_words(k, a->words, right);
    } else if (b.words != NULL && left != NULL) {
        feel_check_words(k, b.words, left);
    }
}

static void check_one_test(struct feel_check *k,
                           const struct feel_shape *of,
                           const struct feel_node *n)
{
    bool inside = n->kind == NODE_RANGE || n->kind == NODE_LIST ||
                  n->kind == NODE_TEST || n->kind == NODE_TESTS;
    k->source = n->source ? n->source : k->source;
    for (uint32_t i = 0; inside && i < n->count; i++) {
        check_one_test(k, of, n->kids[i]);
    }
    if (inside) {
        return;
    }
    bool plain = n->kind == NODE_CONSTANT || n->kind == NODE_PATH ||
                 n->kind == NODE_NAME;
    struct feel_shape s = feel_check(k, n);
    if (plain && s.kind < FEEL_LIST && s.kind != FEEL_NULL &&
        !comparable_kinds(of->kind, s.kind) && of->kind < FEEL_LIST) {
        feel_found_misfit(k, n, "'in'", feel_kind_name(of->kind),
                          feel_kind_zh(of->kind), s.kind);
    } else if (of->words != NULL) {
        feel_check_words(k, of->words, n);
    }
}

void feel_check_tests(struct feel_check *k,
                      const struct feel_shape *of,
                      const struct feel_node *tests)
{
    uint32_t outer = k->source;
    struct feel_check_bound b = {k->bound, BUS_STRV("?"), *of};
    k->bound = &b;
    check_one_test(k, of, tests);
    k->bound = b.up;
    k->source = outer;
}

/* --- what binds names --- */

static struct feel_shape items_of(const struct feel_shape *s)
{
    return s->kind == FEEL_LIST ? (s->item ? *s->item : no_shape)
           : s->kind == FEEL_RANGE || s->kind == FEEL_UNKNOWN ? no_shape
                                                              : *s;
}

/* Variables in their lists, then the last kid with all of them bound. */
static struct feel_shape check_loop(struct feel_check *k,
                                    const struct feel_node *n)
{
    struct feel_check_bound vars[FEEL_VARS_MAX + 1];
    const struct feel_check_bound *outside = k->bound;
    uint32_t count = n->count - 1 < FEEL_VARS_MAX ? n->count - 1 : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct feel_shape list = feel_check(k, n->kids[i]);
        vars[i] =
            (struct feel_check_bound){k->bound, n->names[i], items_of(&list)};
        k->bound = &vars[i];
    }
    const struct feel_node *body = n->kids[n->count - 1];
    if (n->kind == NODE_FOR) {
        vars[count] = (struct feel_check_bound){k->bound, BUS_STRV("partial"),
                                                shape_of_kind(FEEL_LIST)};
        k->bound = &vars[count];
        (void)feel_check(k, body);
    } else {
        feel_check_is(k, body, "satisfies", FEEL_BOOLEAN);
    }
    k->bound = outside;
    return shape_of_kind(n->kind == NODE_FOR ? FEEL_LIST : FEEL_BOOLEAN);
}

static struct feel_shape check_filter(struct feel_check *k,
                                      const struct feel_node *n)
{
    struct feel_shape of = feel_check(k, n->kids[0]);
    struct feel_check_bound item = {k->bound, {0}, items_of(&of)};
    if (of.kind == FEEL_UNKNOWN) {
        item.shape.kind = FEEL_CONTEXT; /* may have any property */
    } else if (of.kind == FEEL_LIST && of.item == NULL) {
        item.shape.kind = FEEL_CONTEXT;
    }
    k->bound = &item;
    struct feel_shape by = feel_check(k, n->kids[1]);
    k->bound = item.up;
    if (by.kind == FEEL_NUMBER) {
        return items_of(&of);
    }
    return of.kind == FEEL_LIST && by.kind == FEEL_BOOLEAN ? of : no_shape;
}

static struct feel_shape check_function(struct feel_check *k,
                                        const struct feel_node *n)
{
    struct feel_check_bound params[FEEL_VARS_MAX * 4];
    const struct feel_check_bound *outside = k->bound;
    size_t count = n->type ? n->type->count : 0;
    for (size_t i = 0; i < count && i < FEEL_VARS_MAX * 4; i++) {
        const struct feel_field *f = &n->type->fields[i];
        params[i] = (struct feel_check_bound){k->bound, f->name,
                                              feel_shape_of(k->mem, f->type)};
        k->bound = &params[i];
    }
    if (!n->external && count <= FEEL_VARS_MAX * 4) {
        (void)feel_check(k, n->kids[0]);
    }
    k->bound = outside;
    return shape_of_kind(FEEL_FUNCTION);
}

/* Entries see those before them, and a function itself. */
static struct feel_shape check_context(struct feel_check *k,
                                       const struct feel_node *n)
{
    const struct feel_check_bound *outside = k->bound;
    struct feel_shape last = no_shape;
    struct feel_check_bound *entries =
        bus_arena_calloc(k->mem, n->count + 1, sizeof(*entries));
    for (uint32_t i = 0; entries != NULL && i < n->count; i++) {
        bool own = n->kids[i]->kind == NODE_FUNCTION && n->names[i].n > 0;
        entries[i] = (struct feel_check_bound){
            k->bound, n->names[i],
            own ? shape_of_kind(FEEL_FUNCTION) : no_shape};
        const struct feel_check_bound *before = k->bound;
        k->bound = own ? &entries[i] : before;
        last = feel_check(k, n->kids[i]);
        entries[i].shape = last;
        k->bound = n->names[i].n > 0 ? &entries[i] : before;
    }
    k->bound = outside;
    return n->has_result ? last : feel_entries_shape(k->mem, entries, n);
}

static struct feel_shape check_condition(struct feel_check *k,
                                         const struct feel_node *n)
{
    feel_check_is(k, n->kids[0], "if", FEEL_BOOLEAN);
    struct feel_shape a = feel_check(k, n->kids[1]);
    struct feel_shape b = feel_check(k, n->kids[2]);
    return a.kind == b.kind ? a : no_shape;
}

static struct feel_shape check_compound(struct feel_check *k,
                                        const struct feel_node *n)
{
    struct feel_shape s;
    switch (n->kind) {
    case NODE_AND:
    case NODE_OR:
        for (uint32_t i = 0; i < n->count; i++) {
            feel_check_is(k, n->kids[i], n->kind == NODE_AND ? "and" : "or",
                          FEEL_BOOLEAN);
        }
        return shape_of_kind(FEEL_BOOLEAN);
    case NODE_COMPARE:
        s = feel_check(k, n->kids[0]);
        check_same_kind(k, &s, n->kids[0], n->kids[1], n->op);
        return shape_of_kind(FEEL_BOOLEAN);
    case NODE_BETWEEN:
        s = feel_check(k, n->kids[0]);
        check_same_kind(k, &s, n->kids[0], n->kids[1], FEEL_OP_GE);
        check_same_kind(k, &s, NULL, n->kids[2], FEEL_OP_LE);
        return shape_of_kind(FEEL_BOOLEAN);
    case NODE_IN:
        s = feel_check(k, n->kids[0]);
        for (uint32_t i = 1; i < n->count; i++) {
            feel_check_tests(k, &s, n->kids[i]);
        }
        return shape_of_kind(FEEL_BOOLEAN);
    default:
        for (uint32_t i = 0; i < n->count; i++) {
            (void)feel_check(k, n->kids[i]);
        }
        return shape_of_kind(n->kind == NODE_LIST       ? FEEL_LIST
                             : n->kind == NODE_RANGE    ? FEEL_RANGE
                             : n->kind == NODE_INSTANCE ? FEEL_BOOLEAN
                                                        : FEEL_UNKNOWN);
    }
}

static struct feel_shape check_node(struct feel_check *k,
                                    const struct feel_node *n)
{
    switch (n->kind) {
    case NODE_CONSTANT:
        return shape_of_kind(n->constant.kind == FEEL_NULL ? FEEL_UNKNOWN
                                                           : n->constant.kind);
    case NODE_NAME:
        return name_shape(k, n);
    case NODE_PATH:
        return path_shape(k, n);
    case NODE_FILTER:
        return check_filter(k, n);
    case NODE_CALL:
        return feel_check_call(k, n);
    case NODE_ARITH:
        return check_arithmetic(k, n);
    case NODE_NEGATE:
        feel_check_is(k, n->kids[0], "'-'", FEEL_NUMBER);
        return no_shape; /* a number or a duration */
    case NODE_IF:
        return check_condition(k, n);
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_FOR:
        return check_loop(k, n);
    case NODE_FUNCTION:
        return check_function(k, n);
    case NODE_CONTEXT:
        return check_context(k, n);
    case NODE_COERCE:
        (void)feel_check(k, n->kids[0]);
        return feel_shape_of(k->mem, n->type);
    case NODE_EXTERN:
        return k->external ? k->external(k, n) : no_shape;
    case NODE_AND:
    case NODE_OR:
    case NODE_COMPARE:
    case NODE_BETWEEN:
    case NODE_IN:
    case NODE_TEST:
    case NODE_TESTS:
    case NODE_INSTANCE:
    case NODE_LIST:
    case NODE_RANGE:
        break;
    }
    return check_compound(k, n);
}

struct feel_shape feel_check(struct feel_check *k, const struct feel_node *n)
{
    uint32_t outer = k->source;
    k->source = n->source ? n->source : outer;
    struct feel_shape s = check_node(k, n);
    k->source = outer;
    return s;
}

void feel_check_is(struct feel_check *k,
                   const struct feel_node *n,
                   const char *where,
                   enum feel_kind want)
{
    if (n->kind == NODE_IF && want != FEEL_UNKNOWN) { /* either way */
        feel_check_is(k, n->kids[0], "if", FEEL_BOOLEAN);
        feel_check_is(k, n->kids[1], where, want);
        feel_check_is(k, n->kids[2], where, want);
        return;
    }
    struct feel_shape s = feel_check(k, n);
    bool number =
        want == FEEL_NUMBER && is_duration(s.kind) && strcmp(where, "'-'") == 0;
    if (want != FEEL_UNKNOWN && s.kind != FEEL_UNKNOWN && s.kind != want &&
        !number) {
        feel_found_misfit(k, n, where, feel_kind_name(want), feel_kind_zh(want),
                          s.kind);
    }
}
