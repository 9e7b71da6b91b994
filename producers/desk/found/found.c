#include "producers/desk/found/found.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/bounds.h"
#include "bus/base/clock.h"
#include "producers/desk/apply.h"

#define NAME_MAX_BYTES 96

static bool found_may(const struct bus_fact *f)
{
    const char *const *sources = f->sources.items;
    for (size_t i = 0; desk_ask_may(f) && i < f->sources.count; i++) {
        if (strcmp(sources[i], BUS_CONF_SURVEY) == 0) {
            return true;
        }
    }
    return false;
}

const struct desk_group *
desk_found_groups(struct desk_visit *v, const json_t *document, size_t *ret_n)
{
    const struct bus_config *c = v->desk->config;
    struct applying *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    struct desk_group *to =
        bus_arena_calloc(v->mem, c->facts_count + 1, sizeof(*to));
    *ret_n = 0;
    if (a == NULL || to == NULL) {
        return NULL;
    }
    size_t members = json_array_size(json_object_get(document, "members"));
    *a = (struct applying){
        .v = v,
        .members = members < APPLY_MEMBERS_MAX ? members : APPLY_MEMBERS_MAX};
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct desk_question q = {.fact = &c->facts[i],
                                        .members = UINT64_MAX};
        bool of_nobody = q.fact->scope == BUS_FACT_MEMBER && a->members == 0;
        if (found_may(q.fact) && !of_nobody) {
            to[(*ret_n)++] = desk_apply_question(a, &q);
        }
    }
    return to;
}

/* --- what was filled in --- */

/* "/facts/area", "/members/3/facts/labour" (the fourth); NULL: neither. */
static const char *found_key(const char *name, int *ret_member)
{
    unsigned m = 0;
    int at = 0;
    *ret_member = -1;
    if (strncmp(name, "/facts/", 7) == 0) {
        return name + 7;
    }
    if (sscanf(name, "/members/%2u/facts/%n", &m, &at) == 1 && at > 0) {
        *ret_member = (int)m;
        return name + at;
    }
    return NULL;
}

static bool found_name(const struct bus_web_field *f, char to[NAME_MAX_BYTES])
{
    return f->value.n > 0 && f->name.n < NAME_MAX_BYTES &&
           bus_strv_copy(to, NAME_MAX_BYTES, f->name) != NULL;
}

bool desk_found_said(const struct desk_visit *v)
{
    char name[NAME_MAX_BYTES];
    int member;
    for (size_t i = 0; i < v->fields.count; i++) {
        if (found_name(&v->fields.list[i], name) &&
            found_key(name, &member) != NULL) {
            return true;
        }
    }
    return false;
}

static bool
found_value(const struct bus_fact *f, struct bus_strv said, struct sa_fact *to)
{
    enum bus_bounds_kind kind = BUS_BOUNDS_LONG;
    int64_t number = 0;
    int32_t day = 0;
    bool well = true;
    to->value.branch = SA_FACT_VALUE_LONG;
    if (f->type == BUS_FACT_MONEY_FEN) {
        well = desk_yuan_to_fen(said, &number);
    } else if (f->type == BUS_FACT_COUNT || f->type == BUS_FACT_NUMBER) {
        well = bus_strv_to_i64(said, &number);
    } else if (f->type == BUS_FACT_BOOLEAN) {
        kind = BUS_BOUNDS_BOOL;
        to->value.branch = SA_FACT_VALUE_BOOLEAN;
        to->value.u.boolean_value = bus_strv_is(said, "true");
        well = to->value.u.boolean_value || bus_strv_is(said, "false");
    } else if (f->type == BUS_FACT_DATE) {
        kind = BUS_BOUNDS_DAY;
        well = bus_date_parse(said, &day);
        number = day;
        to->value.branch = SA_FACT_VALUE_INT;
        to->value.u.int_value = day;
    } else {
        kind = BUS_BOUNDS_STRING;
        to->value.branch = SA_FACT_VALUE_STRING;
        to->value.u.string_value = said;
    }
    if (kind == BUS_BOUNDS_LONG) {
        to->value.u.long_value = number;
    }
    return well && bus_bounds_fit(&f->bounds, kind, number, said, desk_today());
}

static bool found_fact(const struct desk_visit *v,
                       const struct bus_ledger_household *home,
                       const char *name,
                       struct bus_strv said,
                       struct sa_fact *to)
{
    int member = -1;
    const char *key = found_key(name, &member);
    bool his = member >= 0;
    const struct bus_fact *f = bus_conf_fact(
        v->desk->config, his ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
        bus_strv(key));
    if (f == NULL || !found_may(f) ||
        (his && (size_t)member >= home->members_count)) {
        return false;
    }
    const char *whole =
        desk_printf(v, "%s.%s", his ? "member" : "household", key);
    *to = (struct sa_fact){.name = bus_strv(whole),
                           .has_member = his,
                           .as_of = desk_today(),
                           .source = BUS_STRV(BUS_CONF_SURVEY),
                           .verified = true};
    if (his) {
        to->member = home->members[member];
    }
    return whole[0] != '\0' && found_value(f, said, to);
}

bool desk_found_read(const struct desk_visit *v,
                     const struct bus_ledger_household *home,
                     struct sa_fact **ret,
                     size_t *ret_n)
{
    char name[NAME_MAX_BYTES];
    int member;
    *ret = bus_arena_calloc(v->mem, v->fields.count + 1, sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; *ret != NULL && i < v->fields.count; i++) {
        const struct bus_web_field *f = &v->fields.list[i];
        if (!found_name(f, name) || found_key(name, &member) == NULL) {
            continue;
        }
        if (!found_fact(v, home, name, f->value, &(*ret)[*ret_n])) {
            return false;
        }
        (*ret_n)++;
    }
    return *ret != NULL;
}
