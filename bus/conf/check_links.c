/* Names in policies that point to other files: facts of forms and grants,
 * items of the interaction rules. */
#include <string.h>

#include "bus/conf/check_parts.h"

/* "household.status" and "member.account": a fact of the dictionary. */
static const struct bus_fact *check_links_fact_of(const struct bus_config *c,
                                                  const struct bus_node *n)
{
    static const struct
    {
        const char *word;
        int scope;
    } scopes[] = {{"household.", BUS_FACT_HOUSEHOLD},
                  {"member.", BUS_FACT_MEMBER}};
    const char *name = bus_node_cstr(n);
    for (size_t i = 0; name && i < 2; i++) {
        size_t len = strlen(scopes[i].word);
        if (strncmp(name, scopes[i].word, len) == 0) {
            return bus_conf_fact(c, scopes[i].scope, bus_strv(name + len));
        }
    }
    return NULL;
}

static void check_form(const struct bus_config *c,
                       const struct bus_node *item,
                       struct bus_faults *faults)
{
    const struct bus_node *form = bus_node_get(item, "form");
    if (form && form->kind != BUS_NODE_LIST) {
        bus_faults_add(faults, form->at, "form", "must be a list of facts");
        return;
    }
    for (uint32_t i = 0; form && i < form->count; i++) {
        if (!check_links_fact_of(c, form->items[i])) {
            bus_faults_add(faults, form->items[i]->at, "form",
                           "found '%.60s'; must be household.<fact> or "
                           "member.<fact> of facts.yaml",
                           bus_node_cstr(form->items[i])
                               ? bus_node_cstr(form->items[i])
                               : "");
        }
    }
}

static bool check_links_word_known(const struct bus_fact *f, const char *word)
{
    const struct bus_fact_word *w = f->words.items;
    for (size_t i = 0; i < f->words.count; i++) {
        if (strcmp(w[i].word, word) == 0) {
            return true;
        }
    }
    return f->type != BUS_FACT_ENUM;
}

static void check_grants(const struct bus_config *c,
                         const struct bus_node *item,
                         struct bus_faults *faults)
{
    const struct bus_node *g = bus_node_get(item, "grants");
    if (!g) {
        return;
    }
    const struct bus_fact *f = check_links_fact_of(c, bus_node_get(g, "fact"));
    const char *value = bus_node_cstr(bus_node_get(g, "value"));
    int64_t months = 0;
    if (!f || f->derived || !value) {
        bus_faults_add(faults, g->at, "grants",
                       "must be {fact: a supplied fact of facts.yaml, value: "
                       "its value}");
    } else if (bus_node_get(g, "months") &&
               (!bus_node_to_i64(bus_node_get(g, "months"), &months) ||
                months < 1 || months > 120)) {
        bus_faults_add(faults, bus_node_get(g, "months")->at, "grants",
                       "months: for how long, 1 to 120");
    } else if (!check_links_word_known(f, value)) {
        bus_faults_add(faults, g->at, "grants", "'%s' is no word of %s", value,
                       f->name);
    }
}

static bool item_known(const struct bus_config *c, struct bus_strv code)
{
    for (size_t i = 0; i < c->policies_count; i++) {
        const struct bus_node *n = bus_node_get(c->policies[i], "code");
        if (n && n->kind == BUS_NODE_SCALAR && bus_strv_eq(n->text, code)) {
            return true;
        }
    }
    return false;
}

/* Lists of codes, and lists of such lists (groups). */
static void check_codes(const struct bus_config *c,
                        const struct bus_node *n,
                        struct bus_faults *faults)
{
    if (n && n->kind == BUS_NODE_SCALAR) {
        if (!item_known(c, n->text)) {
            bus_faults_warn(faults, n->at, "rules",
                            "'%.40s' is no item: the rule is idle", n->text.p);
        }
    } else if (n && n->kind == BUS_NODE_LIST) {
        for (uint32_t i = 0; i < n->count; i++) {
            check_codes(c, n->items[i], faults);
        }
    }
}

static void check_rules(const struct bus_config *c, struct bus_faults *faults)
{
    static const char *const lists[] = {
        "item", "others", "groups", "items", "not_income", "allowed", "except"};
    const struct bus_node *rules = bus_node_get(c->interactions_node, "rules");
    if (c->interactions_node && (!rules || rules->kind != BUS_NODE_LIST)) {
        bus_faults_add(faults, c->interactions_node->at, "rules",
                       "must be a list");
        return;
    }
    for (uint32_t i = 0; rules && i < rules->count; i++) {
        for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
            check_codes(c, bus_node_get(rules->items[i], lists[k]), faults);
        }
    }
}

void bus_conf_check_links(const struct bus_config *c, struct bus_faults *faults)
{
    for (size_t i = 0; i < c->policies_count; i++) {
        check_form(c, c->policies[i], faults);
        check_grants(c, c->policies[i], faults);
    }
    check_rules(c, faults);
}
