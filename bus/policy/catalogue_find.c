/* The questions about the items, facts and standards of a built catalogue. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/source.h"

int64_t bus_policy_item_max_fen(const struct bus_policy_catalogue *c)
{
    return c->item_max_fen;
}

const char *bus_policy_catalogue_version(const struct bus_policy_catalogue *c)
{
    return c->version;
}

size_t bus_policy_item_count(const struct bus_policy_catalogue *c)
{
    return c->item_count;
}

const struct version_def *policy_catalogue_version_at(const struct item_def *it,
                                                      int32_t day)
{
    BUS_CHECK(it->count == 0 || it->versions != NULL);
    for (size_t i = 0; i < it->count; i++) {
        if (it->versions[i].from <= day && day <= it->versions[i].to) {
            return &it->versions[i];
        }
    }
    return NULL;
}

const struct bus_node *
bus_policy_item_node(const struct bus_policy_catalogue *c, size_t i)
{
    BUS_CHECK(i < c->item_count);
    return c->items[i].node;
}

const struct bus_node *
bus_policy_version_node(const struct bus_policy_catalogue *c,
                        size_t i,
                        int32_t rule_date)
{
    BUS_CHECK(i < c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[i], rule_date);
    return v ? v->node : NULL;
}

bool bus_policy_item_at(const struct bus_policy_catalogue *c,
                        size_t i,
                        int32_t rule_date,
                        struct bus_policy_item *ret)
{
    BUS_CHECK(i < c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[i], rule_date);
    if (v != NULL) {
        *ret = v->item;
    }
    return v != NULL;
}

int bus_policy_item_find(const struct bus_policy_catalogue *c,
                         struct bus_strv code)
{
    const struct item_def *it = bus_map_get(&c->item_codes, code);
    BUS_CHECK(it == NULL || (size_t)(it - c->items) < c->item_count);
    return it ? (int)(it - c->items) : -1;
}

int bus_policy_fact_find(const struct bus_policy_catalogue *c,
                         struct bus_strv name)
{
    const struct fact_def *f = bus_map_get(&c->fact_names, name);
    BUS_CHECK(f == NULL || (size_t)(f - c->facts) < c->fact_count);
    return f ? (int)(f - c->facts) : -1;
}

#define FACTS_TRIED 4

int bus_policy_fact_after(const struct bus_policy_catalogue *c,
                          int before,
                          struct bus_strv name)
{
    BUS_CHECK(before >= -1 && before < (int)c->fact_count);
    size_t from = (size_t)(before + 1);
    for (size_t i = from; i < c->fact_count && i < from + FACTS_TRIED; i++) {
        if (bus_strv_eq(c->facts[i].name, name)) {
            return (int)i;
        }
    }
    return bus_policy_fact_find(c, name);
}

struct bus_strv bus_policy_fact_name(const struct bus_policy_catalogue *c,
                                     int fact)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    return c->facts[fact].name;
}

size_t bus_policy_fact_count(const struct bus_policy_catalogue *c)
{
    return c->fact_count;
}

bool bus_policy_fact_derived(const struct bus_policy_catalogue *c, int fact)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    return c->facts[fact].derived != NULL;
}

const struct bus_node *
bus_policy_fact_node(const struct bus_policy_catalogue *c, int fact)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    return c->facts[fact].body;
}

const struct bus_bounds *
bus_policy_fact_bounds(const struct bus_policy_catalogue *c, int fact)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    return &c->facts[fact].bounds;
}

bool bus_policy_fact_personal(const struct bus_policy_catalogue *c, int fact)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    return c->facts[fact].pii;
}

bool bus_policy_fact_fits(const struct bus_policy_catalogue *c,
                          const struct bus_policy_fact *value,
                          int32_t today)
{
    static const enum bus_bounds_kind kinds[] = {
        [BUS_POLICY_NULL] = BUS_BOUNDS_NULL,
        [BUS_POLICY_BOOL] = BUS_BOUNDS_BOOL,
        [BUS_POLICY_LONG] = BUS_BOUNDS_LONG,
        [BUS_POLICY_DATE] = BUS_BOUNDS_DAY,
        [BUS_POLICY_TEXT] = BUS_BOUNDS_STRING,
    };
    return bus_bounds_fit(bus_policy_fact_bounds(c, value->fact),
                          kinds[value->kind], value->number, value->text,
                          today);
}

int bus_policy_fact_named(const struct bus_policy_catalogue *c,
                          bool member,
                          struct bus_strv name)
{
    const struct fact_def *f =
        bus_map_get(member ? &c->member_names : &c->household_names, name);
    BUS_CHECK(f == NULL || (size_t)(f - c->facts) < c->fact_count);
    return f ? (int)(f - c->facts) : -1;
}

int bus_policy_standard_find(const struct bus_policy_catalogue *c,
                             struct bus_strv name)
{
    const struct standard_def *s = bus_map_get(&c->standard_names, name);
    BUS_CHECK(s == NULL || (size_t)(s - c->standards) < c->standard_count);
    return s ? (int)(s - c->standards) : -1;
}

size_t bus_policy_standard_count(const struct bus_policy_catalogue *c)
{
    return c->standard_count;
}

const struct bus_node *
bus_policy_standard_node(const struct bus_policy_catalogue *c, size_t i)
{
    BUS_CHECK(i < c->standard_count);
    return c->standards[i].body;
}

int bus_policy_fact_rank(const struct bus_policy_catalogue *c,
                         int fact,
                         struct bus_strv source)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < c->fact_count);
    const struct bus_node *list = c->facts[fact].sources;
    for (uint32_t i = 0;
         list != NULL && list->kind == BUS_NODE_LIST && i < list->count; i++) {
        if (bus_strv_eq(list->items[i]->text, source)) {
            return (int)i;
        }
    }
    return -1;
}

bool bus_policy_fact_supplied_by(const struct bus_policy_catalogue *c,
                                 int fact,
                                 struct bus_strv source)
{
    return bus_policy_fact_rank(c, fact, source) >= 0;
}

int32_t bus_policy_source_fresh(const struct bus_policy_catalogue *c,
                                struct bus_strv source)
{
    const struct bus_node *list = c->sources;
    for (uint32_t i = 0;
         list != NULL && list->kind == BUS_NODE_MAP && i < list->count; i++) {
        if (bus_strv_eq(list->pairs[i].key->text, source)) {
            const char *text =
                bus_node_cstr(bus_node_get(list->pairs[i].value, "fresh"));
            long days = text != NULL ? strtol(text, NULL, 10) : 0;
            bool whole = text != NULL && strchr(text, 'd') != NULL;
            return days <= 0 ? 0 : whole ? (int32_t)days : 1;
        }
    }
    return 0;
}

bool bus_policy_item_reads(const struct bus_policy_catalogue *c,
                           size_t i,
                           int fact)
{
    BUS_CHECK(i < c->item_count && fact >= 0 && (size_t)fact < c->fact_count);
    return bus_policy_facts_has(&c->items[i].reads, fact);
}
