#include "bus/role/household.h"

#include "bus/base/check.h"
#include "bus/policy/source.h"

static int member_at(const struct bus_role_household_members *members,
                     const struct bus_id *id)
{
    BUS_CHECK(members->n == 0 || members->v != NULL);
    for (size_t i = 0; i < members->n; i++) {
        if (bus_id_eq(&members->v[i].person_id, id)) {
            return (int)i;
        }
    }
    return -1;
}

void bus_role_fact_value(struct bus_policy_fact *f, const struct sa_fact *from)
{
    switch (from->value.branch) {
    case SA_FACT_VALUE_BOOLEAN:
        f->kind = BUS_POLICY_BOOL;
        f->number = from->value.u.boolean_value;
        break;
    case SA_FACT_VALUE_LONG:
        f->kind = BUS_POLICY_LONG;
        f->number = from->value.u.long_value;
        break;
    case SA_FACT_VALUE_INT:
        f->kind = BUS_POLICY_DATE;
        f->number = from->value.u.int_value;
        break;
    case SA_FACT_VALUE_STRING:
        f->kind = BUS_POLICY_TEXT;
        f->text = from->value.u.string_value;
        break;
    default:
        f->kind = BUS_POLICY_NULL;
        break;
    }
}

int bus_role_household_of(const struct bus_policy_catalogue *c,
                          const struct bus_role_household_members *members,
                          const struct sa_fact *facts,
                          const int32_t *ids,
                          size_t fact_count,
                          struct bus_arena *mem,
                          struct bus_policy_household *ret,
                          struct bus_err *err)
{
    struct bus_policy_fact *list =
        bus_arena_alloc(mem, (fact_count + 1) * sizeof(*list));
    if (list == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for %zu facts", fact_count);
    }
    size_t n = 0;
    for (size_t i = 0; i < fact_count; i++) {
        const struct sa_fact *from = &facts[i];
        struct bus_policy_fact f = {
            .fact = ids ? ids[i] : bus_policy_fact_find(c, from->name),
            .member = from->has_member ? member_at(members, &from->member) : -1,
            .as_of = from->as_of,
            .verified = from->verified,
            .source = from->source,
        };
        BUS_CHECK(f.fact < (int)bus_policy_fact_count(c));
        bool nobody = from->has_member && f.member < 0;
        if (f.fact >= 0 && !nobody) {
            bus_role_fact_value(&f, from);
            list[n++] = f;
        }
    }
    BUS_CHECK(n <= fact_count);
    *ret = (struct bus_policy_household){
        .member_count = members->n, .facts = list, .fact_count = n};
    return BUS_OK;
}
