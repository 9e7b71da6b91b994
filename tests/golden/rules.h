/* A small catalogue out of YAML texts, for tests that plant something in it. */
#ifndef TESTS_GOLDEN_RULES_H
#define TESTS_GOLDEN_RULES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/conf/bus_config.h"
#include "bus/conf/yaml.h"
#include "bus/policy/catalogue.h"
#include "tests/lib/check.h"

#define RULES_ITEMS_MAX 16

struct rules
{
    struct bus_arena mem;
    struct bus_faults faults;
    const struct bus_node *items[RULES_ITEMS_MAX];
    size_t count;
    struct bus_policy_sources sources;
    struct bus_policy_catalogue *c;
};

static inline const struct bus_node *
rules_text(struct rules *r, const char *name, const char *text)
{
    const struct bus_node *n =
        bus_conf_yaml_parse(&r->mem, name, bus_strv(text), &r->faults);
    if (n == NULL) {
        fail_msg("%s: %s", name, r->faults.list[0].text);
    }
    return n;
}

static inline void rules_open(struct rules *r)
{
    memset(r, 0, sizeof(*r));
    bus_arena_init(&r->mem, 0, 0);
    bus_faults_init(&r->faults, &r->mem);
}

/* items: YAML texts, NULL at the end. c stays NULL when they have faults. */
static inline void rules_try(struct rules *r,
                             const char *facts,
                             const char *standards,
                             const char *interactions,
                             const char *const *items)
{
    for (size_t i = 0; items[i] != NULL; i++) {
        assert_true(r->count < RULES_ITEMS_MAX);
        r->items[r->count++] = rules_text(r, "item.yaml", items[i]);
    }
    r->sources = (struct bus_policy_sources){
        .facts = rules_text(r, "facts.yaml", facts),
        .standards = rules_text(r, "standards.yaml", standards),
        .interactions = rules_text(r, "interactions.yaml", interactions),
        .items = r->items,
        .item_count = r->count,
    };
    r->c = bus_policy_catalogue_new(&r->sources, &r->faults);
}

static inline void rules_load(struct rules *r,
                              const char *facts,
                              const char *standards,
                              const char *interactions,
                              const char *const *items)
{
    rules_try(r, facts, standards, interactions, items);
    if (r->c == NULL) {
        fail_msg("%s:%u: %s", r->faults.list[0].at.file,
                 r->faults.list[0].at.line, r->faults.list[0].text);
    }
}

static inline void rules_close(struct rules *r)
{
    bus_policy_catalogue_free(r->c);
    bus_arena_fini(&r->mem);
}

/* The fault (or warning) whose text has these words in it, else NULL. */
static inline const struct bus_fault *rules_fault(const struct rules *r,
                                                  const char *words)
{
    for (size_t i = 0; i < r->faults.count; i++) {
        if (strstr(r->faults.list[i].text, words) != NULL) {
            return &r->faults.list[i];
        }
    }
    return NULL;
}

/* The county's own catalogue. */
struct county
{
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_policy_catalogue *c;
};

static inline void county_open(struct county *k)
{
    char folder[512];
    struct bus_err err;
    memset(k, 0, sizeof(*k));
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&k->mem, 0, 0);
    bus_faults_init(&k->faults, &k->mem);
    struct bus_faults of_config;
    if (bus_conf_open(&k->config, folder, &of_config, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    struct bus_policy_sources s = {
        .facts = k->config.facts_node,
        .standards = k->config.standards_node,
        .interactions = k->config.interactions_node,
        .items = k->config.policies,
        .item_count = k->config.policies_count,
        .models = k->config.models,
        .model_count = k->config.models_count,
    };
    k->c = bus_policy_catalogue_new(&s, &k->faults);
    assert_non_null(k->c);
}

static inline void county_close(struct county *k)
{
    bus_policy_catalogue_free(k->c);
    bus_conf_close(&k->config);
    bus_arena_fini(&k->mem);
}

static inline int32_t rules_day(const char *s)
{
    int32_t d = 0;
    assert_true(bus_date_parse(bus_strv(s), &d));
    return d;
}

#endif
