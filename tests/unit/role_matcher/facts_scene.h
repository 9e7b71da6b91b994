/* A household that applies, and what sources say of it. */
#ifndef TESTS_UNIT_ROLE_MATCHER_FACTS_SCENE_H
#define TESTS_UNIT_ROLE_MATCHER_FACTS_SCENE_H

#include "tests/lib/check.h"

#include "bus/policy/source.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY "2026-10-09"
#define TEN INT64_C(1791511200000) /* that day, 10:00 in China */

static inline int32_t
no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static inline struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static struct bus_err err;
static uint8_t number; /* of the next event */

/* "" when it is taken; else the dead letter's reason. */
static inline const char *try_on(struct sa_household_state *st,
                                 const struct matcher_event *e,
                                 struct matcher_outputs *ret)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .deadline = no_limit, .insurer = BUS_STRV("caixian")};
    int rc = matcher_decide(&rules, st, e, &mem, ret, &err);
    return rc == BUS_OK               ? ""
           : ret->reason_code != NULL ? ret->reason_code
                                      : "?";
}

static inline struct matcher_outputs step(struct sa_household_state *st,
                                          const struct matcher_event *e)
{
    struct matcher_outputs out;
    const char *why = try_on(st, e, &out);
    if (why[0] != '\0') {
        fail_msg("%s: %s", why, err.msg);
    }
    return out;
}

static inline struct sa_fact
fact_of(const char *name, const char *source, int32_t day)
{
    return (struct sa_fact){.name = bus_strv(name),
                            .source = bus_strv(source),
                            .verified = strcmp(source, "declared") != 0,
                            .as_of = day};
}

static inline struct sa_fact
whole(const char *name, const char *source, int32_t day, int64_t v)
{
    struct sa_fact f = fact_of(name, source, day);
    f.value.branch = SA_FACT_VALUE_LONG;
    f.value.u.long_value = v;
    return f;
}

static inline struct sa_fact
word(const char *name, const char *source, int32_t day, const char *v)
{
    struct sa_fact f = fact_of(name, source, day);
    f.value.branch = SA_FACT_VALUE_STRING;
    f.value.u.string_value = bus_strv(v);
    return f;
}

static inline struct sa_fact
day_of(const char *name, const char *source, int32_t day, const char *v)
{
    struct sa_fact f = fact_of(name, source, day);
    f.value.branch = SA_FACT_VALUE_INT;
    f.value.u.int_value = rules_day(v);
    return f;
}

static inline struct sa_fact of_member(struct sa_fact f)
{
    f.has_member = true;
    f.member = id('p', 1);
    return f;
}

static inline const struct matcher_event *
applies_with(const struct sa_fact *facts,
             size_t n,
             uint8_t persons,
             bool consent)
{
    struct sa_application *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    struct matcher_event *e = bus_arena_calloc(&mem, 1, sizeof(*e));
    *a = (struct sa_application){.event_id = id('e', ++number),
                                 .household_id = id('h', 1),
                                 .application_id = id('a', number),
                                 .consent = consent,
                                 .occurred_at = TEN,
                                 .division_code = BUS_STRV("371425101001")};
    a->members.v = bus_arena_calloc(&mem, persons, sizeof(*a->members.v));
    a->members.n = persons;
    a->homes.v = bus_arena_calloc(&mem, persons, sizeof(*a->homes.v));
    a->homes.n = persons;
    for (uint8_t i = 0; i < persons; i++) {
        a->members.v[i] =
            (struct sa_member){id('p', (uint8_t)(i + 1)),
                               i == 0 ? BUS_STRV("0") : BUS_STRV("2"), i == 0};
    }
    a->facts.v = bus_arena_dup(&mem, facts, n * sizeof(*facts));
    a->facts.n = n;
    *e = (struct matcher_event){.kind = MATCHER_APPLICATION, .record = a};
    return e;
}

static inline const struct matcher_event *applies(const struct sa_fact *facts,
                                                  size_t n)
{
    return applies_with(facts, n, 1, true);
}

static inline const struct matcher_event *
reports(const char *source, const struct sa_fact *facts, size_t n)
{
    struct sa_facts_reported *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    struct matcher_event *e = bus_arena_calloc(&mem, 1, sizeof(*e));
    *r = (struct sa_facts_reported){.event_id = id('f', ++number),
                                    .household_id = id('h', 1),
                                    .occurred_at = TEN,
                                    .source = bus_strv(source)};
    r->facts.v = bus_arena_dup(&mem, facts, n * sizeof(*facts));
    r->facts.n = n;
    *e = (struct matcher_event){
        .kind = MATCHER_FACTS, .record = r, .partner = bus_strv(source)};
    return e;
}

static inline void fresh(struct sa_household_state *st)
{
    bus_arena_reset(&mem);
    memset(st, 0, sizeof(*st));
    (void)step(st, applies(NULL, 0));
}

static inline const struct sa_fact *known(const struct sa_household_state *st,
                                          const char *name)
{
    for (size_t i = 0; i < st->facts.n; i++) {
        if (bus_strv_is(st->facts.v[i].name, name)) {
            return &st->facts.v[i];
        }
    }
    return NULL;
}

static inline size_t attention(const struct matcher_outputs *out,
                               const char *note)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        n += out->v[i].topic == MATCHER_OUT_CASES &&
             c->kind == SA_CASE_EVENT_KIND_ATTENTION &&
             bus_strv_is(c->note, note);
    }
    return n;
}

#endif
