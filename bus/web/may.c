#include "bus/web/may.h"

#include <string.h>

#include "bus/base/check.h"

static struct bus_web_scope scope_at(enum bus_web_sees sees, const char *code)
{
    struct bus_web_scope s = {.sees = sees};
    (void)bus_strv_copy(s.code, sizeof(s.code), bus_strv(code));
    return s;
}

static bool is_department(const struct bus_config *config, const char *code)
{
    const struct bus_conf_partner *p = bus_conf_partner(config, code);
    return p != NULL && p->kind == BUS_PARTNER_DEPARTMENT;
}

static struct bus_web_scope scope_of_person(const struct bus_web_caller *caller,
                                            const struct bus_config *config,
                                            const struct bus_register *r,
                                            int32_t day)
{
    struct bus_strv org = bus_strv(caller->org);
    if (strcmp(caller->org, config->county.code) == 0) {
        return scope_at(BUS_WEB_ALL, "");
    }
    if (bus_registers_town(r, org, day).n > 0) {
        return scope_at(BUS_WEB_PLACE, caller->org);
    }
    const struct bus_register_organisation *department =
        bus_registers_department(r, org, day);
    return department != NULL ? scope_at(BUS_WEB_ITEMS, department->code)
                              : scope_at(BUS_WEB_NOTHING, "");
}

struct bus_web_scope bus_web_scope_of(const struct bus_web_caller *caller,
                                      const struct bus_config *config,
                                      const struct bus_register *registers,
                                      int32_t day)
{
    static const char system[] = "system ";
    switch (caller->kind) {
    case BUS_WEB_MACHINE:
    case BUS_WEB_RESIDENT:
        return scope_at(BUS_WEB_ALL, "");
    case BUS_WEB_PERSON:
        return scope_of_person(caller, config, registers, day);
    case BUS_WEB_SYSTEM:
        break;
    }
    BUS_CHECK(strncmp(caller->name, system, sizeof(system) - 1) == 0);
    const char *code = caller->name + sizeof(system) - 1;
    return is_department(config, code) ? scope_at(BUS_WEB_ITEMS, code)
                                       : scope_at(BUS_WEB_NOTHING, "");
}

bool bus_web_may_place(const struct bus_web_scope *scope,
                       const struct bus_config *config,
                       const char *division)
{
    if (scope->sees == BUS_WEB_ALL) {
        return true;
    }
    const struct bus_village *v = bus_conf_village(config, bus_strv(division));
    return scope->sees == BUS_WEB_PLACE && v != NULL &&
           (strcmp(scope->code, v->code) == 0 ||
            strcmp(scope->code, v->town_code) == 0 ||
            (v->station != NULL && strcmp(scope->code, v->station->code) == 0));
}

static const char *code_at(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);
    const char *code = json_is_string(v)
                           ? json_string_value(v)
                           : json_string_value(json_object_get(v, "code"));
    return code != NULL ? code : "";
}

/* Of a list only the rows whose key is (or is an item of) the department. */
static void
keep_rows(json_t *document, const char *list, const char *key, const json_t *of)
{
    json_t *rows = json_object_get(document, list);
    for (size_t i = json_array_size(rows); i > 0; i--) {
        const char *code = code_at(json_array_get(rows, i - 1), key);
        if (json_object_get(of, code) == NULL) {
            (void)json_array_remove(rows, i - 1);
        }
    }
}

/* The department's items: those of the catalogue, and of its assignments. */
static json_t *department_items(const json_t *document, const char *department)
{
    json_t *items = json_object();
    static const char *const lists[] = {"items", "assignments"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *rows = json_object_get(document, lists[i]);
        for (size_t k = 0; k < json_array_size(rows); k++) {
            const json_t *row = json_array_get(rows, k);
            if (strcmp(code_at(row, "department"), department) == 0) {
                (void)json_object_set_new(items, code_at(row, "item"),
                                          json_true());
            }
        }
    }
    return items;
}

/* What the household asks of his items; that it wants nothing more at all, but
 * not in what words. */
static void keep_requests(json_t *document, const json_t *items)
{
    json_t *rows = json_object_get(document, "requests");
    for (size_t i = json_array_size(rows); i > 0; i--) {
        json_t *row = json_array_get(rows, i - 1);
        const char *item = code_at(row, "item");
        if (json_object_get(items, item) != NULL) {
            continue;
        }
        if (item[0] == '\0' && strcmp(code_at(row, "kind"), "WITHDRAW") == 0) {
            (void)json_object_del(row, "request_id");
        } else {
            (void)json_array_remove(rows, i - 1);
        }
    }
}

static bool read_items(const char *department, json_t *document)
{
    static const char *const by_item[] = {
        "items",      "assignments", "decisions", "payments",
        "deliveries", "needs",       "deadlines", "timeline"};
    /* What says something of others' matters, or of the whole household. */
    static const char *const others[] = {"verifications", "proposals",
                                         "members",       "note",
                                         "wanted",        "wanted_more"};
    json_t *items = department_items(document, department);
    size_t assigned = 0;
    for (size_t i = 0; i < sizeof(by_item) / sizeof(by_item[0]); i++) {
        keep_rows(document, by_item[i], "item", items);
    }
    keep_requests(document, items);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        (void)json_object_del(document, others[i]);
    }
    assigned = json_array_size(json_object_get(document, "assignments"));
    json_decref(items);
    return assigned > 0;
}

bool bus_web_may_read(const struct bus_web_scope *scope,
                      const struct bus_config *config,
                      json_t *case_document)
{
    switch (scope->sees) {
    case BUS_WEB_ALL:
        return true;
    case BUS_WEB_PLACE:
        return bus_web_may_place(scope, config,
                                 code_at(case_document, "division"));
    case BUS_WEB_ITEMS:
        return read_items(scope->code, case_document);
    case BUS_WEB_NOTHING:
        break;
    }
    return false;
}
