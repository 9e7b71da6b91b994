/* A made-up household as an application to the matcher: every fact of the
 * dictionary, and one that no dictionary has. */
#ifndef TESTS_UNIT_ROLE_MATCHER_HOUSEHOLD_H
#define TESTS_UNIT_ROLE_MATCHER_HOUSEHOLD_H

#include "bus/advice/sample.h"
#include "bus/policy/source.h"
#include "consumers/matcher/parts.h"
#include "tests/golden/rules.h"

#define DAY "2026-10-09"

struct application
{
    struct sa_application a;
    struct sa_member members[4];
    struct sa_fact facts[1024];
    struct matcher_event event;
};

static inline void value_of(struct sa_fact *to,
                            const struct bus_policy_fact *from)
{
    static const int branch[] = {[BUS_POLICY_NULL] = SA_FACT_VALUE_NULL,
                                 [BUS_POLICY_BOOL] = SA_FACT_VALUE_BOOLEAN,
                                 [BUS_POLICY_LONG] = SA_FACT_VALUE_LONG,
                                 [BUS_POLICY_DATE] = SA_FACT_VALUE_INT,
                                 [BUS_POLICY_TEXT] = SA_FACT_VALUE_STRING};
    to->value.branch = branch[from->kind];
    switch (from->kind) {
    case BUS_POLICY_NULL:
        break;
    case BUS_POLICY_BOOL:
        to->value.u.boolean_value = from->number != 0;
        break;
    case BUS_POLICY_LONG:
        to->value.u.long_value = from->number;
        break;
    case BUS_POLICY_DATE:
        to->value.u.int_value = (int32_t)from->number;
        break;
    case BUS_POLICY_TEXT:
        to->value.u.string_value = from->text;
        break;
    }
}

static inline void make(struct application *to,
                        const struct bus_policy_catalogue *c,
                        struct bus_advice_sampler *dice,
                        size_t people,
                        int number)
{
    memset(to, 0, sizeof(*to));
    size_t n = 0;
    for (size_t m = 0; m < people; m++) {
        to->members[m].person_id.b[0] = (uint8_t)(m + 1);
        to->members[m].head = m == 0;
        to->members[m].relation = BUS_STRV("0");
    }
    for (int f = 0; (size_t)f < bus_policy_fact_count(c); f++) {
        if (bus_policy_fact_derived(c, f)) {
            continue;
        }
        struct bus_strv name = bus_policy_fact_name(c, f);
        bool member = strncmp(name.p, "member.", 7) == 0;
        for (size_t m = 0; m < (member ? people : 1); m++) {
            struct bus_policy_fact v = {.fact = f,
                                        .member = member ? (int)m : -1};
            bus_advice_sample_value(dice, people, &v);
            to->facts[n] = (struct sa_fact){.name = name,
                                            .has_member = member,
                                            .source = BUS_STRV("declared"),
                                            .as_of = rules_day(DAY)};
            to->facts[n].member = to->members[m].person_id;
            value_of(&to->facts[n++], &v);
        }
    }
    to->facts[n++] = (struct sa_fact){.name = BUS_STRV("household.unheard_of"),
                                      .source = BUS_STRV("declared")};
    memcpy(to->a.event_id.b, &number, sizeof(number));
    to->a.application_id = to->a.event_id;
    to->a.household_id = to->a.event_id;
    to->a.occurred_at = (int64_t)rules_day(DAY) * 86400000;
    to->a.division_code = BUS_STRV("371425101001");
    to->a.members.v = to->members;
    to->a.members.n = people;
    to->a.facts.v = to->facts;
    to->a.facts.n = n;
    to->event =
        (struct matcher_event){.kind = MATCHER_APPLICATION, .record = &to->a};
}

static inline int32_t
no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static inline struct matcher_outputs
decide_on(const struct bus_policy_catalogue *c,
          const struct application *app,
          struct bus_arena *mem)
{
    static struct sa_household_state st;
    const struct matcher_rules rules = {.catalogue = c, .deadline = no_limit};
    struct matcher_outputs out = {0};
    struct bus_err err;
    memset(&st, 0, sizeof(st));
    st.household_id = app->a.household_id;
    if (matcher_decide(&rules, &st, &app->event, mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return out;
}

#endif
