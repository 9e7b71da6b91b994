/* The fields of the pages as the JSON that intake takes. Nothing is judged
 * here: what is no number goes as it was written, and intake says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producers/desk/apply.h"

#define NAME_MAX_BYTES 128

static json_t *text_json(struct bus_strv s)
{
    return json_stringn(s.p, s.n);
}

static json_t *fact_json(const struct bus_fact *f, struct bus_strv value)
{
    int64_t n = 0;
    if (f == NULL) {
        return text_json(value);
    }
    switch (f->type) {
    case BUS_FACT_MONEY_FEN:
        return desk_yuan_to_fen(value, &n) ? json_integer(n) : text_json(value);
    case BUS_FACT_COUNT:
    case BUS_FACT_NUMBER:
        return bus_strv_to_i64(value, &n) ? json_integer(n) : text_json(value);
    case BUS_FACT_BOOLEAN:
        return json_boolean(bus_strv_is(value, "true"));
    default:
        return text_json(value);
    }
}

/* The object behind `key` of to; made where it is not. */
static json_t *object_in(json_t *to, const char *key)
{
    json_t *found = json_object_get(to, key);
    if (found == NULL && to != NULL &&
        json_object_set_new(to, key, json_object()) == 0) {
        found = json_object_get(to, key);
    }
    return found;
}

/* "/members/3/facts/labour" into its place. */
static void member_put(const struct applying *a,
                       json_t *members,
                       const char *path,
                       struct bus_strv value)
{
    char *end = NULL;
    unsigned long m = strtoul(path, &end, 10);
    json_t *member = json_array_get(members, m);
    if (end == path || *end != '/' || member == NULL) {
        return;
    }
    const char *key = end + 1;
    if (strncmp(key, "facts/", 6) == 0) {
        const struct bus_fact *f = bus_conf_fact(
            a->v->desk->config, BUS_FACT_MEMBER, bus_strv(key + 6));
        (void)json_object_set_new(object_in(member, "facts"), key + 6,
                                  fact_json(f, value));
    } else if (strchr(key, '/') == NULL) {
        (void)json_object_set_new(member, key, text_json(value));
    }
}

void desk_apply_facts(const struct desk_visit *v, json_t *to)
{
    static const char members[] = "/members/", facts[] = "/facts/";
    for (size_t i = 0; i < v->fields.count; i++) {
        const struct bus_web_field *f = &v->fields.list[i];
        char name[NAME_MAX_BYTES], no[24], *end = NULL;
        if (f->value.n == 0 || f->name.n >= sizeof(name)) {
            continue;
        }
        (void)bus_strv_copy(name, sizeof(name), f->name);
        bool of_member = strncmp(name, members, sizeof(members) - 1) == 0;
        unsigned long m =
            of_member ? strtoul(name + sizeof(members) - 1, &end, 10) : 0;
        const char *rest = of_member ? end : name;
        if (m >= APPLY_MEMBERS_MAX ||
            strncmp(rest, facts, sizeof(facts) - 1) != 0) {
            continue;
        }
        const char *key = rest + sizeof(facts) - 1;
        const struct bus_fact *fact = bus_conf_fact(
            v->desk->config, of_member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
            bus_strv(key));
        (void)snprintf(no, sizeof(no), "%lu", m + 1);
        json_t *in = of_member ? object_in(object_in(to, "member_facts"), no)
                               : object_in(to, "facts");
        (void)json_object_set_new(in, key, fact_json(fact, f->value));
    }
}

static void field_put(const struct applying *a,
                      json_t *to,
                      const char *name,
                      struct bus_strv value)
{
    static const char members[] = "/members/", facts[] = "/facts/",
                      evidence[] = "/evidence/";
    if (strncmp(name, members, sizeof(members) - 1) == 0) {
        member_put(a, json_object_get(to, "members"),
                   name + sizeof(members) - 1, value);
    } else if (strncmp(name, facts, sizeof(facts) - 1) == 0) {
        const char *key = name + sizeof(facts) - 1;
        const struct bus_fact *f = bus_conf_fact(
            a->v->desk->config, BUS_FACT_HOUSEHOLD, bus_strv(key));
        (void)json_object_set_new(object_in(to, "facts"), key,
                                  fact_json(f, value));
    } else if (strncmp(name, evidence, sizeof(evidence) - 1) == 0) {
        (void)json_object_set_new(object_in(to, "evidence"),
                                  name + sizeof(evidence) - 1,
                                  text_json(value));
    } else if (strcmp(name, "/consent") == 0) {
        (void)json_object_set_new(to, "consent",
                                  json_boolean(bus_strv_is(value, "true")));
    } else if (strcmp(name, "/channel") == 0 ||
               strcmp(name, "/division_code") == 0) {
        (void)json_object_set_new(to, name + 1, text_json(value));
    }
}

json_t *desk_apply_json(const struct applying *a)
{
    const struct desk_visit *v = a->v;
    json_t *to = json_pack("{s:b, s:[]}", "consent", 0, "members");
    json_t *members = json_object_get(to, "members");
    for (size_t m = 0; m < a->members; m++) {
        (void)json_array_append_new(
            members, m == 0 ? json_pack("{s:s, s:b, s:b}", "relation", "0",
                                        "head", 1, "applicant", 1)
                            : json_object());
    }
    for (size_t i = 0; i < v->fields.count; i++) {
        const struct bus_web_field *f = &v->fields.list[i];
        char name[NAME_MAX_BYTES];
        if (f->value.n > 0 && f->name.n < sizeof(name)) {
            field_put(a, to, bus_strv_copy(name, sizeof(name), f->name),
                      f->value);
        }
    }
    if (strcmp(v->role, "assistant") == 0) {
        (void)json_object_set_new(to, "helper",
                                  json_pack("{s:s, s:s}", "operator_id",
                                            v->caller.operator_id, "org_code",
                                            v->caller.org));
    }
    return to;
}
