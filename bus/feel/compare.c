/* Equality and order of two values (DMN 1.5, 10.3.2.13). */
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"
#include "bus/feel/value.h"

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
