#include "bus/feel/value.h"

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
