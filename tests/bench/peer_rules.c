/* The catalogue as a peer needs it, one JSON object: what is judged (items in
 * force, derived facts, standards, as FEEL texts), what each department may
 * receive, and the records' schemas.
 *
 *   peer_rules CONFIG DAY */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/clock.h"
#include "bus/policy/disclose.h"
#include "bus/policy/source.h"
#include "bus/role/frame.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/evaluation.h"
#include "schemas/household_state.h"

static json_t *text(struct bus_strv s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

/* A node as JSON; scalars are texts. */
static json_t *tree(const struct bus_node *n, int depth)
{
    json_t *to = NULL;
    if (n == NULL || depth > 16) {
        return json_null();
    }
    switch (n->kind) {
    case BUS_NODE_SCALAR:
        return text(n->text);
    case BUS_NODE_LIST:
        to = json_array();
        for (uint32_t i = 0; i < n->count; i++) {
            (void)json_array_append_new(to, tree(n->items[i], depth + 1));
        }
        return to;
    case BUS_NODE_MAP:
        to = json_object();
        for (uint32_t i = 0; i < n->count; i++) {
            (void)json_object_set_new(to, n->pairs[i].key->text.p,
                                      tree(n->pairs[i].value, depth + 1));
        }
        return to;
    }
    return json_null();
}

static json_t *items(const struct bus_policy_catalogue *c, int32_t day)
{
    json_t *list = json_array();
    for (size_t i = 0; i < bus_policy_item_count(c); i++) {
        struct bus_policy_item it;
        if (!bus_policy_item_at(c, i, day, &it)) {
            continue;
        }
        const struct bus_node *v = bus_policy_version_node(c, i, day);
        const struct bus_node *start =
            bus_node_get(bus_policy_item_node(c, i), "start");
        bool by_status = start != NULL && bus_strv_is(start->text, "status"),
             derived;
        json_t *may = json_array();
        struct bus_policy_facts set;
        bus_policy_discloses(c, it.department, day, &set);
        for (int f = 0; (size_t)f < bus_policy_fact_count(c); f++) {
            if (bus_policy_facts_has(&set, f)) {
                (void)json_array_append_new(may,
                                            text(bus_policy_fact_name(c, f)));
            }
        }
        (void)json_array_append_new(
            list,
            json_pack(
                "{s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "code",
                text(it.code), "version", text(it.version), "department",
                text(it.department), "startable", it.startable, "by_status",
                by_status, "signs",
                text(bus_policy_signs_of(c, i, day, &derived)), "condition",
                tree(bus_node_get(bus_node_get(v, "condition"), "feel"), 0),
                "discloses", may));
    }
    return list;
}

static json_t *facts(const struct bus_policy_catalogue *c)
{
    json_t *list = json_array();
    for (int f = 0; (size_t)f < bus_policy_fact_count(c); f++) {
        const struct bus_node *n = bus_policy_fact_node(c, f);
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o}", "name",
                            text(bus_policy_fact_name(c, f)), "type",
                            tree(bus_node_get(n, "type"), 0), "derived",
                            tree(bus_node_get(n, "derived"), 0), "confirmed",
                            tree(bus_node_get(n, "confirmed"), 0)));
    }
    return list;
}

int main(int argc, char **argv)
{
    static const struct bus_wire_type *const types[] = {
        &sa_application_type, &sa_evaluation_type, &sa_assignment_type,
        &sa_case_event_type, &sa_household_state_type};
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_err err;
    int32_t day = 0;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    if (argc < 3 || !bus_date_parse(bus_strv(argv[2]), &day) ||
        bus_conf_open(&config, argv[1], &faults, &err) != BUS_OK) {
        (void)fprintf(stderr, "peer_rules CONFIG DAY\n");
        return 1;
    }
    struct bus_policy_catalogue *c = bus_role_frame_catalogue(&config);
    json_t *schemas = json_object(),
           *standards = tree(config.standards_node, 0);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        (void)json_object_set_new(schemas, types[i]->name,
                                  json_pack("{s:s, s:i}", "json",
                                            types[i]->json, "id",
                                            (int)types[i]->id));
    }
    json_t *all = json_pack("{s:s, s:o, s:o, s:o, s:o}", "version",
                            bus_policy_catalogue_version(c), "items",
                            items(c, day), "facts", facts(c), "standards",
                            standards, "schemas", schemas);
    int rc = json_dumpf(all, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    json_decref(all);
    bus_policy_catalogue_free(c);
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return rc != 0;
}
