#include "ops/cli/policy/household.h"

#include <string.h>

#include "bus/conf/yaml.h"
#include "bus/policy/source.h"

#define MEMBERS_MAX 64

struct reading
{
    struct policy_tool *t;
    struct bus_faults *faults;
    int32_t day; /* on which they are judged */
};

/* A fact by its name, its Chinese name or its Chinese label; -1. */
static int
household_named(const struct reading *r, bool member, struct bus_strv name)
{
    const struct bus_policy_catalogue *c = r->t->catalogue;
    int f = bus_policy_fact_named(c, member, name);
    for (size_t i = 0; f < 0 && i < bus_policy_fact_count(c); i++) {
        const struct bus_node *zh =
            bus_node_get(bus_policy_fact_node(c, (int)i), "zh");
        bool of_member =
            strncmp(bus_policy_fact_name(c, (int)i).p, "member.", 7) == 0;
        if (of_member == member && zh != NULL && bus_strv_eq(zh->text, name)) {
            f = (int)i;
        }
    }
    return f;
}

static void
no_such(const struct reading *r, bool member, const struct bus_node *key)
{
    const struct bus_policy_catalogue *c = r->t->catalogue;
    const char *near = NULL;
    size_t best = 5;
    for (size_t i = 0; i < bus_policy_fact_count(c); i++) {
        const char *full = bus_policy_fact_name(c, (int)i).p;
        bool of_member = strncmp(full, "member.", 7) == 0;
        const char *bare = strchr(full, '.') + 1;
        size_t d =
            of_member == member ? bus_edit_distance(key->text.p, bare) : best;
        if (d < best) {
            best = d;
            near = bare;
        }
    }
    bus_faults_add(
        r->faults, key->at, key->text.p, "no such fact of a %s%s%s%s",
        member ? "member" : "household", near ? "; did you mean '" : "",
        near ? near : "", near ? "'?" : "");
}

/* A word of the fact's list, English or Chinese. */
static bool household_read_word(const struct bus_node *body,
                                const struct bus_node *v,
                                struct bus_policy_fact *to)
{
    const struct bus_node *words = bus_node_get(body, "words");
    for (uint32_t i = 0; words != NULL && i < words->count; i++) {
        const struct bus_node *zh = bus_node_get(words->pairs[i].value, "zh");
        if (bus_strv_eq(words->pairs[i].key->text, v->text) ||
            (zh != NULL && bus_strv_eq(zh->text, v->text))) {
            to->kind = BUS_POLICY_TEXT;
            to->text = words->pairs[i].key->text;
            return true;
        }
    }
    return false;
}

static bool read_value(const struct bus_node *body,
                       const struct bus_node *v,
                       struct bus_policy_fact *to,
                       const char **ret_must)
{
    const struct bus_node *type = bus_node_get(body, "type");
    struct bus_strv t = type ? type->text : (struct bus_strv){0};
    bool b = false;
    int32_t day = 0;
    *ret_must = "a whole number";
    if (bus_node_is_null(v)) {
        to->kind = BUS_POLICY_NULL;
        return true;
    }
    if (bus_strv_is(t, "boolean")) {
        *ret_must = "true or false";
        to->kind = BUS_POLICY_BOOL;
        b = bus_node_to_bool(v, &b) ? (to->number = b, true) : false;
        return b;
    }
    if (bus_strv_is(t, "date")) {
        *ret_must = "a date, 2026-10-09";
        to->kind = BUS_POLICY_DATE;
        bool well = bus_node_to_date(v, &day);
        to->number = day;
        return well;
    }
    if (bus_strv_is(t, "enum")) {
        *ret_must = "one of the fact's words (facts.yaml)";
        return v->kind == BUS_NODE_SCALAR && household_read_word(body, v, to);
    }
    if (bus_strv_is(t, "text")) {
        *ret_must = "a text";
        to->kind = BUS_POLICY_TEXT;
        to->text = v->text;
        return v->kind == BUS_NODE_SCALAR;
    }
    *ret_must = bus_strv_is(t, "money_fen") ? "a whole number of fen"
                                            : "a whole number";
    to->kind = BUS_POLICY_LONG;
    return bus_node_to_i64(v, &to->number);
}

static void household_read_facts(const struct reading *r,
                                 const struct bus_node *map,
                                 int member,
                                 struct bus_policy_fact *list,
                                 size_t *count)
{
    if (map != NULL && map->kind != BUS_NODE_MAP) {
        bus_faults_add(r->faults, map->at, "facts", "must be a map");
        return;
    }
    for (uint32_t i = 0; map != NULL && i < map->count; i++) {
        const struct bus_node *k = map->pairs[i].key, *v = map->pairs[i].value;
        struct bus_policy_fact f = {
            .fact = household_named(r, member >= 0, k->text),
            .member = member,
            .source = BUS_STRV("declared"),
            .verified = true, /* what would follow if it were so */
            .as_of = r->t->day};
        const char *must = "";
        if (f.fact < 0) {
            no_such(r, member >= 0, k);
        } else if (bus_policy_fact_derived(r->t->catalogue, f.fact)) {
            bus_faults_add(r->faults, k->at, k->text.p,
                           "is worked out of other facts: give those");
        } else if (!read_value(bus_policy_fact_node(r->t->catalogue, f.fact), v,
                               &f, &must)) {
            bus_faults_add(r->faults, v->at, k->text.p, "must be %s", must);
        } else if (!bus_policy_fact_fits(r->t->catalogue, &f, r->day)) {
            char says[BUS_BOUNDS_SAYS];
            bus_faults_add(
                r->faults, v->at, k->text.p, "must be %s",
                bus_bounds_says(bus_policy_fact_bounds(r->t->catalogue, f.fact),
                                false, says));
        } else {
            list[(*count)++] = f;
        }
    }
}

static const char *household_text_of(const struct bus_node *n,
                                     const char *key,
                                     const char *otherwise)
{
    const struct bus_node *v =
        n != NULL && n->kind == BUS_NODE_MAP ? bus_node_get(n, key) : n;
    return v != NULL && v->kind == BUS_NODE_SCALAR ? v->text.p : otherwise;
}

static void read_household(const struct reading *r,
                           const struct bus_node *n,
                           size_t number,
                           struct cli_policy_household *to)
{
    const struct bus_node *members = bus_node_get(n, "members");
    const struct bus_node *facts = bus_node_get(n, "facts");
    const struct bus_node *name = bus_node_get(n, "name");
    size_t room = facts && facts->kind == BUS_NODE_MAP ? facts->count : 0;
    size_t people = 0, count = 0;
    if (n->kind != BUS_NODE_MAP || members == NULL ||
        members->kind != BUS_NODE_LIST || members->count == 0 ||
        members->count > MEMBERS_MAX) {
        bus_faults_add(r->faults, n->at, "members",
                       "a household is a map with `facts` and `members`, a "
                       "list of 1 to %d maps",
                       MEMBERS_MAX);
        return;
    }
    people = members->count;
    for (size_t i = 0; i < people; i++) {
        room += members->items[i]->kind == BUS_NODE_MAP
                    ? members->items[i]->count
                    : 0;
    }
    struct bus_policy_fact *list =
        bus_arena_calloc(&r->t->mem, room + 1, sizeof(*list));
    if (list == NULL) {
        r->faults->out_of_memory = true;
        return;
    }
    household_read_facts(r, facts, -1, list, &count);
    for (size_t i = 0; i < people; i++) {
        household_read_facts(r, members->items[i], (int)i, list, &count);
    }
    const char *plain =
        bus_arena_printf(&r->t->mem, "household %zu", number + 1);
    to->zh = household_text_of(name, "zh", plain);
    to->en = household_text_of(name, "en", to->zh);
    to->expect = bus_node_get(n, "expect");
    to->h = (struct bus_policy_household){
        .member_count = people, .facts = list, .fact_count = count};
}

int cli_policy_households_read(struct policy_tool *t,
                               const char *path,
                               struct cli_policy_households *ret,
                               struct bus_err *err)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &t->mem);
    struct reading r = {.t = t, .faults = &faults};
    const struct bus_node *n = bus_conf_yaml_read(&t->mem, path, &faults);
    const struct bus_node *list = bus_node_get(n, "households");
    const struct bus_node *date = bus_node_get(n, "date");
    struct cli_policy_households households = {.day = t->day};
    if (date != NULL && !bus_node_to_date(date, &households.day)) {
        bus_faults_add(&faults, date->at, "date", "must be a date, 2026-10-09");
    }
    if (n != NULL && (list == NULL || list->kind != BUS_NODE_LIST)) {
        households.count = 1;
    } else if (n != NULL) {
        households.count = list->count;
    }
    r.day = households.day;
    households.list = bus_arena_calloc(&t->mem, households.count + 1,
                                       sizeof(*households.list));
    if (households.list == NULL) {
        faults.out_of_memory = true;
    }
    for (size_t i = 0; households.list != NULL && i < households.count; i++) {
        bool whole = list == NULL || list->kind != BUS_NODE_LIST;
        read_household(&r, whole ? n : list->items[i], i, &households.list[i]);
    }
    if (n != NULL && households.count == 0) {
        bus_faults_add(&faults, n->at, "households", "there is none");
    }
    cli_policy_print_faults(&faults, false);
    int rc = bus_faults_fail(&faults, err);
    if (rc == BUS_OK) {
        *ret = households;
    }
    return rc;
}
