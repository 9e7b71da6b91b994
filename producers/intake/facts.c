#include "producers/intake/form_parts.h"

/* 5, and 5.0 and 5e0, which JSON does not tell from it (RFC 8259, 6). */
static bool facts_whole(const json_t *json, struct sa_fact *ret)
{
    const double beyond = 9223372036854775808.0; /* 2^63 */
    double d = json_real_value(json);
    bool real = json_is_real(json) && d >= -beyond && d < beyond &&
                d == (double)(int64_t)d;
    if (!real && !json_is_integer(json)) {
        return false;
    }
    ret->value.branch = SA_FACT_VALUE_LONG;
    ret->value.u.long_value = real ? (int64_t)d : json_integer_value(json);
    return true;
}

static bool text_value(const struct bus_fact *fact,
                       const json_t *json,
                       struct sa_fact *ret,
                       enum bus_bounds_kind *ret_kind,
                       int64_t *ret_number)
{
    struct bus_strv s = {json_string_value(json), json_string_length(json)};
    int32_t day = 0;
    if (!json_is_string(json)) {
        return false;
    }
    *ret_kind = BUS_BOUNDS_STRING;
    ret->value.branch = SA_FACT_VALUE_STRING;
    ret->value.u.string_value = s;
    if (fact->type == BUS_FACT_DATE && intake_form_day(s, &day)) {
        *ret_kind = BUS_BOUNDS_DAY;
        *ret_number = day;
        ret->value.branch = SA_FACT_VALUE_INT;
        ret->value.u.int_value = day;
    }
    return true;
}

bool intake_form_value(const struct bus_fact *fact,
                       const json_t *json,
                       int32_t today,
                       struct sa_fact *ret)
{
    enum bus_bounds_kind kind = BUS_BOUNDS_BOOL;
    struct bus_strv text = {json_string_value(json), json_string_length(json)};
    int64_t number = 0;
    if (json_is_null(json)) {
        ret->value.branch = SA_FACT_VALUE_NULL;
        return true;
    }
    if (json_is_boolean(json)) {
        ret->value.branch = SA_FACT_VALUE_BOOLEAN;
        ret->value.u.boolean_value = json_is_true(json);
    } else if (facts_whole(json, ret)) {
        kind = BUS_BOUNDS_LONG;
        number = ret->value.u.long_value;
    } else if (!text_value(fact, json, ret, &kind, &number)) {
        return false;
    }
    return bus_bounds_fit(&fact->bounds, kind, number, text, today);
}
