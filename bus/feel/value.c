#include "bus/feel/value.h"

#include <string.h>

#include "bus/feel/number.h"
#include "bus/feel/temporal.h"

const struct feel_value feel_null = {.kind = FEEL_NULL};
const struct feel_value feel_true = {.kind = FEEL_BOOLEAN, .boolean = true};
const struct feel_value feel_false = {.kind = FEEL_BOOLEAN};

const char feel_endless[] = "a regular expression without end";
const char feel_no_memory[] = "no memory: over the limit of one evaluation";

struct feel_value feel_wrong(const char *why)
{
    return (struct feel_value){.kind = FEEL_NULL, .why = why};
}

struct feel_value feel_bool(bool b)
{
    return b ? feel_true : feel_false;
}

struct feel_value feel_string(struct bus_strv s)
{
    return (struct feel_value){.kind = FEEL_STRING, .string = s};
}

struct feel_value feel_days_date(int64_t days)
{
    return (struct feel_value){.kind = FEEL_DATE, .when = {days, 0, NULL}};
}

struct feel_value feel_list_of(const struct feel_value *v, size_t n)
{
    return (struct feel_value){.kind = FEEL_LIST, .list = {v, n}};
}

const struct feel_value *feel_entry_get(const struct feel_context *c,
                                        struct bus_strv key)
{
    for (size_t i = 0; i < c->n; i++) {
        if (bus_strv_eq(c->v[i].key, key)) {
            return c->v[i].value;
        }
    }
    return NULL;
}

const char *feel_kind_name(enum feel_kind k)
{
    static const char *const names[] = {
        [FEEL_NULL] = "null",
        [FEEL_BOOLEAN] = "boolean",
        [FEEL_NUMBER] = "number",
        [FEEL_STRING] = "string",
        [FEEL_DATE] = "date",
        [FEEL_TIME] = "time",
        [FEEL_DATE_TIME] = "date and time",
        [FEEL_MONTHS] = "years and months duration",
        [FEEL_DAYS] = "days and time duration",
        [FEEL_LIST] = "list",
        [FEEL_RANGE] = "range",
        [FEEL_CONTEXT] = "context",
        [FEEL_FUNCTION] = "function",
        [FEEL_THING] = "context",
        [FEEL_UNKNOWN] = "unknown",
    };
    return names[k];
}

/* --- three values --- */

struct feel_value feel_unknown(struct bus_arena *mem, int fact, int member)
{
    struct feel_missing *m = bus_arena_alloc(mem, sizeof(*m) + sizeof(m->v[0]));
    if (m == NULL) {
        return feel_wrong(feel_no_memory);
    }
    m->n = 1;
    m->v[0] = FEEL_MISSING_KEY(fact, member);
    return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = m};
}

struct feel_value feel_unknown_of(struct bus_arena *mem,
                                  const struct feel_value *a,
                                  const struct feel_value *b)
{
    if (b->kind != FEEL_UNKNOWN || a->kind != FEEL_UNKNOWN) {
        return a->kind == FEEL_UNKNOWN ? *a : *b;
    }
    const struct feel_missing *x = a->missing, *y = b->missing;
    if (x == y) {
        return *a;
    }
    struct feel_missing *m =
        bus_arena_alloc(mem, sizeof(*m) + (x->n + y->n) * sizeof(m->v[0]));
    if (m == NULL) {
        return *a; /* still unknown, and no less true */
    }
    size_t i = 0, k = 0;
    m->n = 0;
    while (i < x->n || k < y->n) {
        uint32_t next =
            k == y->n || (i < x->n && x->v[i] <= y->v[k]) ? x->v[i] : y->v[k];
        i += i < x->n && x->v[i] == next;
        k += k < y->n && y->v[k] == next;
        m->v[m->n++] = next;
    }
    return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = m};
}

static bool value_is(const struct feel_value *v, bool b)
{
    return v->kind == FEEL_BOOLEAN && v->boolean == b;
}

/* Table 50 of the standard, and UNKNOWN between: whatever it will be. */
static struct feel_value value_junction(struct bus_arena *mem,
                                        const struct feel_value *a,
                                        const struct feel_value *b,
                                        bool decides)
{
    if (value_is(a, decides) || value_is(b, decides)) {
        return feel_bool(decides);
    }
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (value_is(a, !decides) && value_is(b, !decides)) {
        return feel_bool(!decides);
    }
    return a->kind == FEEL_NULL && a->why   ? *a
           : b->kind == FEEL_NULL && b->why ? *b
           : a->kind == FEEL_NULL           ? *a
           : b->kind == FEEL_NULL           ? *b
                                            : feel_wrong("no boolean");
}

struct feel_value feel_and(struct bus_arena *mem,
                           const struct feel_value *a,
                           const struct feel_value *b)
{
    return value_junction(mem, a, b, false);
}

struct feel_value feel_or(struct bus_arena *mem,
                          const struct feel_value *a,
                          const struct feel_value *b)
{
    return value_junction(mem, a, b, true);
}

struct feel_value feel_not(const struct feel_value *a)
{
    return a->kind == FEEL_BOOLEAN ? feel_bool(!a->boolean)
           : a->kind == FEEL_UNKNOWN
               ? *a
               : feel_wrong("not of something that is no boolean");
}

bool feel_unknown_in(struct bus_arena *mem,
                     const struct feel_value *v,
                     size_t n,
                     struct feel_value *ret)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        struct feel_value inner = v[i];
        if (v[i].kind == FEEL_LIST &&
            !feel_unknown_in(mem, v[i].list.v, v[i].list.n, &inner)) {
            continue;
        }
        if (inner.kind == FEEL_UNKNOWN) {
            *ret = found ? feel_unknown_of(mem, ret, &inner) : inner;
            found = true;
        }
    }
    return found;
}

static struct feel_value equal_lists(struct bus_arena *mem,
                                     const struct feel_list *a,
                                     const struct feel_list *b)
{
    if (a->n != b->n) {
        return feel_false;
    }
    struct feel_value all = feel_true;
    for (size_t i = 0; i < a->n; i++) {
        struct feel_value one = feel_equal(mem, &a->v[i], &b->v[i]);
        if (one.kind == FEEL_NULL) {
            one = feel_false;
        }
        all = feel_and(mem, &all, &one);
    }
    return all;
}

static struct feel_value equal_contexts(struct bus_arena *mem,
                                        const struct feel_context *a,
                                        const struct feel_context *b)
{
    struct feel_value all = feel_bool(a->n == b->n);
    for (size_t i = 0; i < a->n && feel_is_true(&all); i++) {
        const struct feel_value *other = feel_entry_get(b, a->v[i].key);
        struct feel_value one =
            other ? feel_equal(mem, a->v[i].value, other) : feel_false;
        if (one.kind == FEEL_NULL) {
            one = feel_false;
        }
        all = feel_and(mem, &all, &one);
    }
    return all;
}

static struct feel_value equal_ends(struct bus_arena *mem,
                                    const struct feel_value *a,
                                    const struct feel_value *b)
{
    if (a == NULL || b == NULL) {
        return feel_bool(a == b);
    }
    return feel_equal(mem, a, b);
}

static struct feel_value equal_ranges(struct bus_arena *mem,
                                      const struct feel_range *a,
                                      const struct feel_range *b)
{
    struct feel_value low = equal_ends(mem, a->low, b->low);
    struct feel_value high = equal_ends(mem, a->high, b->high);
    high = feel_and(mem, &low, &high);
    low = feel_bool(a->low_closed == b->low_closed && a->test == b->test &&
                    a->high_closed == b->high_closed);
    return feel_and(mem, &low, &high);
}

struct feel_value feel_equal(struct bus_arena *mem,
                             const struct feel_value *a,
                             const struct feel_value *b)
{
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL) {
        return feel_bool(a->kind == b->kind);
    }
    if (a->kind != b->kind) {
        return feel_wrong("two kinds that do not compare");
    }
    switch (a->kind) {
    case FEEL_BOOLEAN:
        return feel_bool(a->boolean == b->boolean);
    case FEEL_NUMBER:
        return feel_bool(feel_number_cmp(a, b) == 0);
    case FEEL_STRING:
        return feel_bool(bus_strv_eq(a->string, b->string));
    case FEEL_DATE:
    case FEEL_TIME:
    case FEEL_DATE_TIME:
        return feel_bool(feel_when_same(a, b));
    case FEEL_MONTHS:
        return feel_bool(a->months == b->months);
    case FEEL_DAYS:
        return feel_bool(feel_span_cmp(a->span, b->span) == 0);
    case FEEL_LIST:
        return equal_lists(mem, &a->list, &b->list);
    case FEEL_CONTEXT:
        return equal_contexts(mem, &a->context, &b->context);
    case FEEL_RANGE:
        return equal_ranges(mem, &a->range, &b->range);
    case FEEL_FUNCTION:
        return feel_bool(a->function == b->function);
    case FEEL_THING:
        return feel_bool(a->thing.what == b->thing.what &&
                         a->thing.index == b->thing.index);
    default:
        return feel_null;
    }
}

struct feel_value feel_order(struct bus_arena *mem,
                             enum feel_op op,
                             const struct feel_value *a,
                             const struct feel_value *b)
{
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL) {
        return a->kind == FEEL_NULL ? *a : *b;
    }
    if (a->kind != b->kind) {
        return feel_wrong("two kinds that have no order");
    }
    int c = 0;
    switch (a->kind) {
    case FEEL_NUMBER:
        c = feel_number_cmp(a, b);
        break;
    case FEEL_STRING: /* UTF-8 orders as its code points do */
        c = bus_strv_cmp(a->string, b->string);
        break;
    case FEEL_DATE:
    case FEEL_TIME:
    case FEEL_DATE_TIME:
        c = feel_when_cmp(a, b);
        if (c == 0 && (op == FEEL_OP_LE || op == FEEL_OP_GE) &&
            !feel_when_same(a, b)) {
            return feel_false; /* not below, nor equal: one has no zone */
        }
        break;
    case FEEL_MONTHS:
        c = (a->months > b->months) - (a->months < b->months);
        break;
    case FEEL_DAYS:
        c = feel_span_cmp(a->span, b->span);
        break;
    default:
        return feel_wrong("a kind that has no order");
    }
    return feel_bool(feel_op_holds(op, c));
}
