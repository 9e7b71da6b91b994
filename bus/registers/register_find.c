/* The whole, asked for rows by code and day. */
#include "bus/registers/registers_parts.h"

#include <string.h>

#include "bus/base/check.h"

struct bus_register_counts bus_registers_counts(const struct bus_register *r)
{
    return r->counts;
}

/* The first of the sorted rows whose text is not below `code`. */
static size_t lower_bound(const void *rows,
                          size_t n,
                          size_t size,
                          const char *(*text)(const void *row),
                          struct bus_strv code)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const char *at = (const char *)rows + mid * size;
        if (bus_strv_cmp(bus_strv(text(at)), code) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static const char *code_of_organisation(const void *row)
{
    return ((const struct register_organisation *)row)->o.code;
}

static const char *id_of_operator(const void *row)
{
    return ((const struct register_operator *)row)->o.id;
}

static const char *village_of_assistant(const void *row)
{
    return (*(const struct register_operator *const *)row)->o.org;
}

const struct register_organisation *
registers_organisation_any(const struct bus_register *r, struct bus_strv code)
{
    size_t i =
        lower_bound(r->organisations, r->counts.organisations,
                    sizeof(*r->organisations), code_of_organisation, code);
    return i < r->counts.organisations &&
                   bus_strv_is(code, r->organisations[i].o.code)
               ? &r->organisations[i]
               : NULL;
}

const struct bus_register_organisation *
bus_registers_organisation(const struct bus_register *r,
                           struct bus_strv code,
                           int32_t day)
{
    const struct register_organisation *o = registers_organisation_any(r, code);
    const struct register_organisation *end =
        r->organisations + r->counts.organisations;
    for (; o != NULL && o < end && bus_strv_is(code, o->o.code); o++) {
        if (day >= o->o.from_day && day <= o->o.to_day) {
            return &o->o;
        }
    }
    return NULL;
}

/* org, role NULL: any. */
static const struct bus_register_operator *
operator_find(const struct bus_register *r,
              struct bus_strv id,
              const struct bus_strv *org,
              const struct bus_strv *role,
              int32_t day)
{
    size_t i = lower_bound(r->operators, r->counts.operators,
                           sizeof(*r->operators), id_of_operator, id);
    for (; i < r->counts.operators && bus_strv_is(id, r->operators[i].o.id);
         i++) {
        const struct bus_register_operator *o = &r->operators[i].o;
        if (day >= o->from_day && day <= o->to_day &&
            (org == NULL || bus_strv_is(*org, o->org)) &&
            (role == NULL || bus_strv_is(*role, o->role))) {
            return o;
        }
    }
    return NULL;
}

const struct bus_register_operator *
bus_registers_operator(const struct bus_register *r,
                       struct bus_strv id,
                       int32_t day)
{
    return operator_find(r, id, NULL, NULL, day);
}

const struct bus_register_operator *
bus_registers_operator_in(const struct bus_register *r,
                          struct bus_strv id,
                          struct bus_strv org,
                          struct bus_strv role,
                          int32_t day)
{
    return operator_find(r, id, &org, role.n > 0 ? &role : NULL, day);
}

const struct bus_register_operator *
bus_registers_assistant(const struct bus_register *r,
                        struct bus_strv village,
                        int32_t day)
{
    const struct bus_register_operator *found = NULL;
    size_t i =
        lower_bound(r->assistants, r->assistant_count, sizeof(*r->assistants),
                    village_of_assistant, village);
    for (; i < r->assistant_count &&
           bus_strv_is(village, r->assistants[i]->o.org);
         i++) {
        const struct bus_register_operator *o = &r->assistants[i]->o;
        if (day >= o->from_day && day <= o->to_day) {
            BUS_CHECK(found == NULL); /* exactly one: register_check.c */
            found = o;
        }
    }
    return found;
}
