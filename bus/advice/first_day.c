/* The first day on which two catalogues are not the same rules: what is in
 * force is compared day by day, on the days on which anything begins or ends.
 */
#include <string.h>

#include "bus/advice/rehearse.h"
#include "bus/base/check.h"
#include "bus/feel/number.h"
#include "bus/policy/catalogue_parts.h"

/* What decides a verdict and its money; texts, materials and steps do not. */
static uint64_t first_day_item(const struct bus_policy_catalogue *c,
                               struct bus_strv code,
                               int32_t day)
{
    static const char *const parts[] = {"condition", "beneficiaries", "amount",
                                        "signs"};
    const struct item_def *it = bus_map_get(&c->item_codes, code);
    const struct version_def *v =
        it != NULL ? policy_catalogue_version_at(it, day) : NULL;
    uint64_t h = v != NULL;
    for (size_t i = 0; v != NULL && i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct bus_node *n = bus_node_get(v->node, parts[i]);
        policy_catalogue_hash(bus_node_get(n, "feel"), &h);
        policy_catalogue_hash(bus_node_get(n, "dmn"), &h);
        policy_catalogue_hash(bus_node_get(n, "decision"), &h);
        policy_catalogue_hash(bus_node_get(n, "inputs"), &h);
        policy_catalogue_hash(bus_node_get(n, "cap"), &h);
    }
    if (v != NULL) {
        h = bus_hash64(&v->models, sizeof(v->models), h);
        h = bus_hash64(&v->per_year, sizeof(v->per_year), h);
        h = bus_hash64(v->item.fund.p, v->item.fund.n, h);
    }
    return h;
}

static uint64_t first_day_standard(const struct bus_policy_catalogue *c,
                                   struct bus_strv name,
                                   int32_t day)
{
    const struct standard_def *s = bus_map_get(&c->standard_names, name);
    const struct standard_value *in = NULL;
    uint64_t h = s != NULL;
    for (size_t i = 0; s != NULL && i < s->count; i++) {
        if (s->values[i].from <= day &&
            (in == NULL || s->values[i].from >= in->from)) {
            in = &s->values[i];
        }
    }
    if (s != NULL) {
        policy_catalogue_hash(bus_node_get(s->body, "derived"), &h);
    }
    if (in != NULL) {
        char text[64];
        const char *n = in->by < 0
                            ? feel_number_text(&in->value, text, sizeof(text))
                            : "by";
        h = bus_hash64(n, strlen(n), h);
        policy_catalogue_hash(in->in, &h);
    }
    return h;
}

/* Facts and what items do to each other have no days of their own. */
static bool first_day_same_always(const struct bus_policy_catalogue *a,
                                  const struct bus_policy_catalogue *b)
{
    uint64_t x = 0, y = 0;
    for (size_t i = 0; i < a->fact_count; i++) {
        policy_catalogue_hash(bus_node_get(a->facts[i].body, "derived"), &x);
    }
    for (size_t i = 0; i < b->fact_count; i++) {
        policy_catalogue_hash(bus_node_get(b->facts[i].body, "derived"), &y);
    }
    for (size_t i = 0; i < a->rule_count; i++) {
        policy_catalogue_hash(a->rules[i].node, &x);
    }
    for (size_t i = 0; i < b->rule_count; i++) {
        policy_catalogue_hash(b->rules[i].node, &y);
    }
    return x == y;
}

static bool first_day_same(const struct bus_policy_catalogue *a,
                           const struct bus_policy_catalogue *b,
                           int32_t day)
{
    for (size_t i = 0; i < a->item_count; i++) {
        struct bus_strv code = a->items[i].code;
        if (first_day_item(a, code, day) != first_day_item(b, code, day)) {
            return false;
        }
    }
    for (size_t i = 0; i < a->standard_count; i++) {
        struct bus_strv name = a->standards[i].name;
        if (first_day_standard(a, name, day) !=
            first_day_standard(b, name, day)) {
            return false;
        }
    }
    return true;
}

static void first_day_offer(int32_t day, int32_t behind, int32_t *next)
{
    if (day > behind && day < *next) {
        *next = day;
    }
}

/* The next day on which something of it begins or has ended; INT32_MAX: none.
 */
static int32_t first_day_next(const struct bus_policy_catalogue *c, int32_t day)
{
    int32_t next = INT32_MAX;
    BUS_CHECK(c->item_count == 0 || c->items != NULL);
    for (size_t i = 0; i < c->item_count; i++) {
        for (size_t v = 0; v < c->items[i].count; v++) {
            const struct version_def *one = &c->items[i].versions[v];
            first_day_offer(one->from, day, &next);
            if (one->to < INT32_MAX) {
                first_day_offer(one->to + 1, day, &next);
            }
        }
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        for (size_t v = 0; v < c->standards[i].count; v++) {
            first_day_offer(c->standards[i].values[v].from, day, &next);
        }
    }
    return next;
}

int32_t bus_advice_first_day(const struct bus_policy_catalogue *present,
                             const struct bus_policy_catalogue *proposed,
                             int32_t today)
{
    if (!first_day_same_always(present, proposed)) {
        return today;
    }
    for (int32_t day = today; day < INT32_MAX;) {
        /* Both ways: what only one of them has is no item of the other. */
        if (!first_day_same(present, proposed, day) ||
            !first_day_same(proposed, present, day)) {
            return day;
        }
        int32_t a = first_day_next(present, day);
        int32_t b = first_day_next(proposed, day);
        day = a < b ? a : b;
    }
    return today;
}
