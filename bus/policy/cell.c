/* A value of FEEL as a cell, and back. */
#include "bus/base/check.h"
#include "bus/feel/number.h"
#include "bus/policy/view.h"

struct feel_value policy_value(struct cell c)
{
    BUS_CHECK(c.tag != CELL_TEXT || c.text != NULL);
    switch (c.tag) {
    case CELL_BOOL:
        return feel_bool(c.n != 0);
    case CELL_INT:
        return feel_long(c.n);
    case CELL_DATE:
        return feel_days_date(c.n);
    case CELL_TEXT:
        return feel_string(*c.text);
    case CELL_VALUE:
        return *c.value;
    case CELL_UNKNOWN:
        return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = c.missing};
    case CELL_NULL:
        return feel_wrong(c.why);
    default:
        return feel_wrong("a derived fact that needs itself");
    }
}

struct cell policy_cell(struct household_view *w, struct feel_value v)
{
    BUS_CHECK(w->mem != NULL);
    struct cell c = {.tag = CELL_VALUE};
    switch (v.kind) {
    case FEEL_BOOLEAN:
        return (struct cell){.tag = CELL_BOOL, .n = v.boolean};
    case FEEL_NULL:
        return (struct cell){.tag = CELL_NULL, .why = v.why};
    case FEEL_DATE:
        return (struct cell){.tag = CELL_DATE, .n = v.when.day};
    case FEEL_UNKNOWN:
        return (struct cell){.tag = CELL_UNKNOWN, .missing = v.missing};
    case FEEL_NUMBER:
        if (feel_number_to_long(&v, &c.n)) {
            c.tag = CELL_INT;
            return c;
        }
        break;
    case FEEL_STRING:
        c.text = bus_arena_dup(w->mem, &v.string, sizeof(v.string));
        c.tag = CELL_TEXT;
        break;
    default:
        break;
    }
    if (c.tag == CELL_VALUE) {
        c.value = bus_arena_dup(w->mem, &v, sizeof(v));
    }
    return c.value ? c : (struct cell){.tag = CELL_NULL, .why = feel_no_memory};
}

struct cell
policy_unknown_of(struct household_view *w, struct cell a, struct cell b)
{
    BUS_CHECK(a.tag == CELL_UNKNOWN || b.tag == CELL_UNKNOWN);
    if (a.tag != CELL_UNKNOWN || b.tag != CELL_UNKNOWN) {
        return a.tag == CELL_UNKNOWN ? a : b;
    }
    if (w->quiet || a.missing == b.missing) {
        return a;
    }
    struct feel_value x = policy_value(a), y = policy_value(b);
    return policy_cell(w, feel_unknown_of(w->mem, &x, &y));
}
