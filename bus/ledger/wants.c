/* "wanted": one list of what is missing from the household, and who is to
 * supply it (bus/advice/wants.h). An open case that nothing was assigned of
 * waits for what is undetermined, begun or not. */
#include "bus/advice/wants.h"

#include <string.h>

#include "bus/ledger/parts.h"

/* Who is asked: the best source that shares it; of the family the first that
 * may say it. */
static json_t *wants_supplier(const struct cases_review *r,
                              const struct bus_advice_want *w,
                              json_t *suppliers)
{
    const struct bus_config *config = r->c->config;
    for (size_t i = 0; i < json_array_size(suppliers); i++) {
        json_t *one = json_array_get(suppliers, i);
        const char *code = json_string_value(json_object_get(one, "code"));
        for (size_t k = 0; k < config->sources_count; k++) {
            if (code != NULL && strcmp(code, config->sources[k].code) == 0 &&
                (w->family || config->sources[k].sharing)) {
                return json_incref(one);
            }
        }
    }
    return json_null();
}

static json_t *wants_members(const struct cases_review *r, uint64_t members)
{
    json_t *list = json_array();
    for (size_t m = 0; m < 64 && m < r->e->members.n; m++) {
        if (members >> m & 1) {
            const struct sa_member *of = &r->e->members.v[m];
            struct bus_strv group = {of->relation.p, of->relation.n > 0};
            json_t *row = bus_ledger_text(r->c, CASES_WORD, "relation", group);
            (void)json_object_del(row, "code");
            (void)json_object_set_new(row, "no", json_integer((int)m + 1));
            (void)json_array_append_new(list, row);
        }
    }
    return list;
}

static bool wants_all(const json_t *document)
{
    return json_is_null(json_object_get(document, "closed_at")) &&
           json_array_size(json_object_get(document, "assignments")) == 0;
}

int bus_ledger_wants(const struct cases_review *r, json_t *document)
{
    struct bus_advice_wants wants;
    const struct bus_policy_catalogue *c = r->c->catalogue;
    BUS_TRY(bus_advice_wants(c, r->household, r->e->rule_date,
                             wants_all(document), r->mem, &wants, r->err));
    json_t *list = json_array();
    for (size_t i = 0; i < wants.count; i++) {
        const struct bus_advice_want *w = &wants.list[i];
        struct bus_strv name = bus_policy_fact_name(c, w->fact);
        json_t *suppliers = bus_ledger_suppliers(r->c, name);
        json_t *row =
            json_pack("{s:o, s:o, s:o, s:b, s:i, s:i, s:I}", "fact",
                      bus_ledger_text(r->c, CASES_FACT, NULL, name), "members",
                      wants_members(r, w->members), "supplier",
                      wants_supplier(r, w, suppliers), "family", (int)w->family,
                      "items", (int)w->items, "decides", (int)w->decides,
                      "amount_fen", (json_int_t)w->fen);
        json_decref(suppliers);
        (void)json_array_append_new(list, row);
    }
    (void)json_object_set_new(document, "wanted_more",
                              json_integer((json_int_t)wants.left));
    return json_object_set_new(document, "wanted", list) == 0
               ? BUS_OK
               : bus_fail(r->err, BUS_ENOMEM, "what is missing");
}
