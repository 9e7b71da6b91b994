/* The county's own catalogue, and households at random over its facts:
 * plausible numbers near the standards, words of the dictionary, some facts
 * missing. */
#ifndef TESTS_LIB_COUNTY_H
#define TESTS_LIB_COUNTY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/source.h"

#define COUNTY_FACTS_MAX   2048
#define COUNTY_MEMBERS_MAX 6

struct county
{
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_policy_catalogue *c;
};

/* folder: the project. false: says why on stderr. */
static inline bool county_open(struct county *k, const char *project)
{
    char folder[512];
    struct bus_err err;
    memset(k, 0, sizeof(*k));
    (void)snprintf(folder, sizeof(folder), "%s/bus-config", project);
    bus_arena_init(&k->mem, 0, 0);
    bus_faults_init(&k->faults, &k->mem);
    if (bus_conf_open(&k->config, folder, &k->faults, &err) != BUS_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    struct bus_policy_sources s = {
        .facts = k->config.facts_node,
        .standards = k->config.standards_node,
        .interactions = k->config.interactions_node,
        .items = k->config.policies,
        .item_count = k->config.policies_count,
    };
    k->c = bus_policy_catalogue_new(&s, &k->faults);
    return k->c != NULL;
}

static inline void county_close(struct county *k)
{
    bus_policy_catalogue_free(k->c);
    bus_conf_close(&k->config);
    bus_arena_fini(&k->mem);
}

static inline uint64_t county_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s * UINT64_C(0x2545F4914F6CDD1D);
}

struct county_household
{
    struct bus_policy_household h;
    struct bus_policy_fact facts[COUNTY_FACTS_MAX];
};

static inline struct bus_strv county_word(const struct bus_node *words,
                                          uint64_t r)
{
    return words && words->count ? words->pairs[r % words->count].key->text
                                 : BUS_STRV("text");
}

static inline void county_fact(const struct county *k,
                               struct county_household *to,
                               int fact,
                               int member,
                               uint64_t *seed)
{
    static const int64_t money[] = {0,      1,      30000,  60000,   86000,
                                    129000, 300000, 600000, 1200000, 9000000};
    const struct bus_node *n = bus_policy_fact_node(k->c, fact);
    const struct bus_node *type = bus_node_get(n, "type");
    uint64_t r = county_random(seed) >> 8;
    struct bus_policy_fact *f = &to->facts[to->h.fact_count++];
    *f = (struct bus_policy_fact){
        .fact = fact, .member = member, .verified = (r >> 40) % 4 != 0};
    f->kind = BUS_POLICY_LONG;
    if (bus_strv_is(type->text, "boolean")) {
        f->kind = BUS_POLICY_BOOL;
        f->number = (int64_t)(r & 1);
    } else if (bus_strv_is(type->text, "enum")) {
        f->kind = BUS_POLICY_TEXT;
        f->text = county_word(bus_node_get(n, "words"), r);
    } else if (bus_strv_is(type->text, "text")) {
        f->kind = BUS_POLICY_TEXT;
        f->text = BUS_STRV("text");
    } else if (bus_strv_is(type->text, "date")) {
        f->kind = BUS_POLICY_DATE;
        f->number = 20630 - (int64_t)(r % 36500);
    } else if (bus_strv_is(type->text, "money_fen")) {
        f->number = money[r % 10] + (int64_t)(r >> 32) % 3 * 7;
    } else {
        f->number = (int64_t)(r % 5);
    }
    if (r % 61 == 0) {
        f->kind = BUS_POLICY_NULL;
    }
}

/* missing: of 100 facts, so many are not given. */
static inline void county_household(const struct county *k,
                                    struct county_household *to,
                                    unsigned missing,
                                    uint64_t *seed)
{
    to->h = (struct bus_policy_household){
        .facts = to->facts,
        .member_count = county_random(seed) % COUNTY_MEMBERS_MAX + 1};
    for (int f = 0; (size_t)f < bus_policy_fact_count(k->c); f++) {
        struct bus_strv name = bus_policy_fact_name(k->c, f);
        bool member = name.n > 7 && memcmp(name.p, "member.", 7) == 0;
        if (bus_policy_fact_derived(k->c, f)) {
            continue;
        }
        int last = member ? (int)to->h.member_count : 0;
        for (int m = member ? 0 : -1; m < last; m++) {
            if (county_random(seed) % 100 >= missing) {
                county_fact(k, to, f, m, seed);
            }
        }
    }
}

#endif
