/* Facts by the county's dictionary, and instants. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/partner/document_parts.h"
#include "schemas/fact.h"

static const struct bus_fact *document_fact_find(const struct bus_config *c,
                                                 struct bus_strv name)
{
    static const struct
    {
        struct bus_strv prefix;
        int scope;
    } scopes[] = {{{"household.", 10}, BUS_FACT_HOUSEHOLD},
                  {{"member.", 7}, BUS_FACT_MEMBER}};
    for (size_t i = 0; i < 2; i++) {
        struct bus_strv p = scopes[i].prefix;
        if (name.n > p.n && memcmp(name.p, p.p, p.n) == 0) {
            return bus_conf_fact(c, scopes[i].scope,
                                 (struct bus_strv){name.p + p.n, name.n - p.n});
        }
    }
    return NULL;
}

static bool document_fact_take(struct document_reading *r,
                               const struct bus_fact *d,
                               const json_t *j,
                               struct sa_fact *f)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    enum bus_bounds_kind kind = BUS_BOUNDS_STRING;
    int64_t number = json_integer_value(j);
    int32_t day = 0;
    if (json_is_boolean(j)) {
        kind = BUS_BOUNDS_BOOL;
        f->value.branch = SA_FACT_VALUE_BOOLEAN;
        f->value.u.boolean_value = json_is_true(j);
    } else if (json_is_integer(j)) {
        kind = BUS_BOUNDS_LONG;
        f->value.branch = SA_FACT_VALUE_LONG;
        f->value.u.long_value = number;
    } else if (d->type == BUS_FACT_DATE && s.p != NULL &&
               bus_date_parse(s, &day)) {
        kind = BUS_BOUNDS_DAY;
        number = day;
        f->value.branch = SA_FACT_VALUE_INT;
        f->value.u.int_value = day;
    } else if (s.p != NULL) {
        f->value.branch = SA_FACT_VALUE_STRING;
        f->value.u.string_value.p = bus_arena_strndup(r->mem, s.p, s.n);
        f->value.u.string_value.n = s.n;
        r->no_memory |= f->value.u.string_value.p == NULL;
    } else {
        return false;
    }
    /* What is said for a day to come is held against the day it arrives. */
    return bus_bounds_fit(&d->bounds, kind, number, s, INT32_MAX);
}

void partner_document_fact(struct document_reading *r,
                           const json_t *value,
                           char *base)
{
    char zh[BUS_BOUNDS_SAYS], en[BUS_BOUNDS_SAYS];
    struct sa_fact *f = (struct sa_fact *)(void *)base;
    const struct bus_fact *d =
        r->config ? document_fact_find(r->config, f->name) : NULL;
    if (d == NULL) {
        char *last = strrchr(r->path, '/');
        if (f->name.n > 0 && last != NULL) {
            *last = '\0';
            (void)partner_document_enter(r, "name"); /* the caller leaves */
            partner_document_fault(
                r, "FACT", "事实字典中没有此名称; 请原样抄回所问的名称",
                "no fact of the dictionary has this name; copy the name "
                "that was asked");
        }
        return;
    }
    BUS_CHECK(d->type >= 0 && d->type <= BUS_FACT_TEXT);
    if (json_is_null(value)) {
        f->value.branch = SA_FACT_VALUE_NULL;
    } else if (!document_fact_take(r, d, value, f)) {
        partner_document_wrong(r, "FACT_VALUE", value,
                               bus_bounds_says(&d->bounds, true, zh),
                               bus_bounds_says(&d->bounds, false, en));
    }
}
