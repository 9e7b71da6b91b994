/* The newest evaluation, item by item: the verdict as it was given, its
 * reasons in words, what is missing and who can supply it, what would change
 * it. */
#include <string.h>

#include "bus/advice/explain.h"
#include "bus/advice/working.h"
#include "bus/base/clock.h"
#include "bus/ledger/parts.h"
#include "bus/policy/clause.h"
#include "bus/role/household.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "schemas/evaluation.h"

#define SHORT_ID 8 /* characters of a person's surrogate id */

struct judging
{
    const struct bus_ledger_cases *c;
    const struct sa_evaluation *e;
    struct bus_policy_household household;
    struct bus_advice_days days; /* neither is made for items in brief */
    struct bus_policy_values values;
    struct bus_arena mem, scratch;
    struct bus_buf zh, en;
    struct bus_err *err;
};

static const char *const verdict_words[] = {"ELIGIBLE", "NOT_ELIGIBLE",
                                            "UNDETERMINED", "FAILED"};

static bool items_brief(const struct judging *j)
{
    return j->c->depth == BUS_LEDGER_BRIEF ||
           j->c->depth == BUS_LEDGER_PROGRESS;
}

static int member_no(const struct judging *j, const struct bus_id *id)
{
    for (size_t i = 0; i < j->e->members.n; i++) {
        if (bus_id_eq(&j->e->members.v[i].person_id, id)) {
            return (int)i + 1;
        }
    }
    return 0;
}

static json_t *items_both(struct judging *j)
{
    struct bus_strv zh = bus_buf_view(&j->zh), en = bus_buf_view(&j->en);
    return json_pack("{s:s%, s:s%}", "zh", zh.p ? zh.p : "", zh.n, "en",
                     en.p ? en.p : "", en.n);
}

static void items_clear(struct judging *j)
{
    bus_buf_clear(&j->zh);
    bus_buf_clear(&j->en);
}

/* The clause, and the values it was judged by. */
static int report_clause(struct judging *j, struct bus_strv rule, json_t **ret)
{
    const struct bus_policy_catalogue *c = j->c->catalogue;
    if (items_brief(j)) {
        *ret = json_object();
        return BUS_OK;
    }
    items_clear(j);
    BUS_TRY(bus_advice_report_clause(c, rule, BUS_POLICY_ZH, &j->zh, j->err));
    BUS_TRY(bus_advice_report_clause(c, rule, BUS_POLICY_EN, &j->en, j->err));
    *ret = items_both(j);
    items_clear(j);
    BUS_TRY(bus_advice_report_values(&j->values, rule, BUS_POLICY_ZH, &j->zh,
                                     j->err));
    BUS_TRY(bus_advice_report_values(&j->values, rule, BUS_POLICY_EN, &j->en,
                                     j->err));
    return json_object_set_new(*ret, "values", items_both(j)) == 0
               ? BUS_OK
               : bus_fail(j->err, BUS_ENOMEM, "the values of a clause");
}

/* The item's own words for a clause; its formula a level deeper. */
static json_t *
items_worded(struct judging *j, struct bus_strv key, json_t *formula)
{
    const struct bus_node *text =
        bus_policy_clause_text(j->c->catalogue, key, j->e->rule_date);
    const char *zh = bus_node_cstr(bus_node_get(text, "zh"));
    const char *en = bus_node_cstr(bus_node_get(text, "en"));
    if (zh == NULL || en == NULL) {
        return formula;
    }
    if (items_brief(j)) {
        json_decref(formula);
        return json_pack("{s:s, s:s}", "zh", zh, "en", en);
    }
    json_t *values = json_incref(json_object_get(formula, "values"));
    (void)json_object_del(formula, "values");
    json_t *r =
        json_pack("{s:s, s:s, s:o}", "zh", zh, "en", en, "formula", formula);
    if (values != NULL) {
        (void)json_object_set_new(r, "values", values);
    }
    return r;
}

/* A clause that the present catalogue has no more shows as its key. */
static json_t *items_reasons(struct judging *j, const struct sa_item_verdict *v)
{
    json_t *list = json_array();
    bool first = j->c->depth == BUS_LEDGER_PROGRESS;
    for (size_t i = 0; i < v->reasons.n && (i == 0 || !first); i++) {
        struct bus_strv key = v->reasons.v[i];
        struct bus_strv rule =
            bus_policy_clause_of(j->c->catalogue, key, j->e->rule_date);
        json_t *text = NULL;
        if (rule.n == 0 || report_clause(j, rule, &text) != BUS_OK) {
            json_decref(text);
            text = json_pack("{s:s%, s:s%}", "zh", key.p, key.n, "en", key.p,
                             key.n);
        }
        text = items_worded(j, key, text);
        (void)json_object_set_new(text, "clause", json_stringn(key.p, key.n));
        (void)json_array_append_new(list, text);
    }
    return list;
}

static json_t *items_missing(struct judging *j, const struct sa_item_verdict *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->missing.n; i++) {
        const struct sa_missing_fact *m = &v->missing.v[i];
        json_t *text = bus_ledger_text(j->c, CASES_FACT, NULL, m->name);
        if (m->has_member) {
            (void)json_object_set_new(text, "member",
                                      json_integer(member_no(j, &m->member)));
        }
        (void)json_object_set_new(text, "suppliers",
                                  bus_ledger_suppliers(j->c, m->name));
        (void)json_array_append_new(list, text);
    }
    return list;
}

static int items_put_change(struct judging *j,
                            const struct bus_advice_change *change,
                            json_t *list)
{
    items_clear(j);
    BUS_TRY(bus_advice_report_change(j->c->catalogue, change, BUS_POLICY_ZH,
                                     &j->zh, j->err));
    BUS_TRY(bus_advice_report_change(j->c->catalogue, change, BUS_POLICY_EN,
                                     &j->en, j->err));
    return json_array_append_new(list, items_both(j)) == 0
               ? BUS_OK
               : bus_fail(j->err, BUS_ENOMEM, "what would change a verdict");
}

/* [{zh, en}], and whether all ways were tried. */
static int items_put_changes(struct judging *j,
                             const struct sa_item_verdict *v,
                             json_t *to)
{
    struct bus_advice_changes found = {0};
    int item = bus_policy_item_find(j->c->catalogue, v->item);
    json_t *list = json_array();
    const struct bus_advice_question q = {.c = j->c->catalogue,
                                          .h = &j->household,
                                          .rule_date = j->e->rule_date,
                                          .item = item,
                                          .limit = BUS_CASES_TRIES,
                                          .family =
                                              j->c->depth != BUS_LEDGER_OFFICER,
                                          .days = &j->days};
    int rc = item < 0 ? BUS_EUNKNOWN
                      : bus_advice_changes(&q, &j->scratch, &found, j->err);
    for (size_t i = 0; rc == BUS_OK && i < found.count; i++) {
        rc = items_put_change(j, &found.list[i], list);
    }
    (void)json_object_set_new(to, "changes", list);
    (void)json_object_set_new(
        to, "changes_to",
        rc == BUS_OK ? bus_ledger_text(j->c, CASES_WORD, "verdict",
                                       bus_strv(verdict_words[found.to]))
                     : json_null());
    (void)json_object_set_new(
        to, "changes_complete",
        json_boolean(rc == BUS_OK && found.end == BUS_POLICY_SEARCH_DONE));
    return rc == BUS_EUNKNOWN ? BUS_OK : rc; /* an item that is no more */
}

/* How the amount came about, while the rules in force still give it: null where
 * they give another, or there are no words for it. */
static int items_put_working(struct judging *j,
                             const struct sa_item_verdict *v,
                             json_t *to)
{
    const struct bus_policy_catalogue *c = j->c->catalogue;
    struct bus_policy_verdict_of now = {0};
    int item = bus_policy_item_find(c, v->item);
    int rc = item < 0 || !v->has_amount_fen
                 ? BUS_EUNKNOWN
                 : bus_policy_evaluate_item(c, &j->household, j->e->rule_date,
                                            item, BUS_POLICY_VERDICTS,
                                            &j->scratch, &now, j->err);
    items_clear(j);
    if (rc == BUS_OK && now.has_amount && now.amount_fen == v->amount_fen) {
        BUS_TRY(bus_advice_report_working(c, &j->household, j->e->rule_date,
                                          item, BUS_POLICY_ZH, &j->scratch,
                                          &j->zh, j->err));
        BUS_TRY(bus_advice_report_working(c, &j->household, j->e->rule_date,
                                          item, BUS_POLICY_EN, &j->scratch,
                                          &j->en, j->err));
    }
    (void)json_object_set_new(to, "working",
                              j->zh.len > 0 ? items_both(j) : json_null());
    return rc == BUS_EUNKNOWN ? BUS_OK : rc;
}

/* What of an item is not in a progress. */
static int
items_put_rest(struct judging *j, const struct sa_item_verdict *v, json_t *row)
{
    (void)json_object_set_new(row, "version",
                              json_stringn(v->version.p, v->version.n));
    (void)json_object_set_new(row, "amount_fen",
                              v->has_amount_fen ? json_integer(v->amount_fen)
                                                : json_null());
    (void)json_object_set_new(row, "missing", items_missing(j, v));
    (void)json_object_set_new(
        row, "left_out_by",
        v->has_left_out_by
            ? bus_ledger_text(j->c, CASES_ITEM, NULL, v->left_out_by)
            : json_null());
    if (items_brief(j)) {
        return BUS_OK;
    }
    BUS_TRY(items_put_working(j, v, row));
    return items_put_changes(j, v, row);
}

/* Of a progress, its words only where they are shown: who may see it goes by
 * codes. */
static int items_put_short(struct judging *j,
                           const struct sa_item_verdict *v,
                           json_t *row,
                           json_t *items)
{
    bool no = v->verdict == SA_VERDICT_NOT_ELIGIBLE;
    (void)json_object_set_new(
        row, "item",
        no ? bus_ledger_text(j->c, CASES_ITEM, NULL, v->item)
           : json_stringn(v->item.p, v->item.n));
    (void)json_object_set_new(row, "department",
                              json_stringn(v->department.p, v->department.n));
    (void)json_object_set_new(row, "verdict",
                              json_string(verdict_words[v->verdict]));
    if (no) {
        (void)json_object_set_new(row, "reasons", items_reasons(j, v));
    }
    return json_array_append_new(items, row) == 0
               ? BUS_OK
               : bus_fail(j->err, BUS_ENOMEM, "an item of an evaluation");
}

static int items_put_item(struct judging *j,
                          const struct sa_item_verdict *v,
                          json_t *items)
{
    json_t *row = json_object();
    if (j->c->depth == BUS_LEDGER_PROGRESS) {
        return items_put_short(j, v, row, items);
    }
    bus_arena_reset(&j->scratch);
    (void)json_object_set_new(row, "item",
                              bus_ledger_text(j->c, CASES_ITEM, NULL, v->item));
    (void)json_object_set_new(
        row, "department",
        bus_ledger_text(j->c, CASES_PARTNER, NULL, v->department));
    (void)json_object_set_new(
        row, "verdict",
        bus_ledger_text(j->c, CASES_WORD, "verdict",
                        bus_strv(verdict_words[v->verdict])));
    (void)json_object_set_new(row, "reasons", items_reasons(j, v));
    int rc =
        j->c->depth == BUS_LEDGER_PROGRESS ? BUS_OK : items_put_rest(j, v, row);
    return json_array_append_new(items, row) == 0
               ? rc
               : bus_fail(j->err, BUS_ENOMEM, "an item of an evaluation");
}

static json_t *items_members(const struct judging *j)
{
    json_t *list = json_array();
    for (size_t i = 0; i < j->e->members.n; i++) {
        const struct sa_member *m = &j->e->members.v[i];
        char id[BUS_ID_TEXT + 1];
        /* one digit, or two of which the first is the group (01 self, 02 head)
         */
        struct bus_strv group = {m->relation.p, m->relation.n > 0};
        json_t *relation = bus_ledger_text(j->c, CASES_WORD, "relation", group);
        (void)json_object_set_new(relation, "code",
                                  json_stringn(m->relation.p, m->relation.n));
        (void)json_array_append_new(
            list, json_pack("{s:i, s:s%, s:o, s:b}", "no", (int)i + 1, "person",
                            bus_id_text(&m->person_id, id), (size_t)SHORT_ID,
                            "relation", relation, "head", (int)m->head));
    }
    return list;
}

static int items_judge(struct judging *j, json_t *document)
{
    char day[BUS_DATE_TEXT + 1];
    const struct sa_evaluation *e = j->e;
    const char *now = bus_policy_catalogue_version(j->c->catalogue);
    struct bus_role_household_members of = {e->members.v, e->members.n};
    int rc = bus_role_household_of(j->c->catalogue, &of, e->facts.v, NULL,
                                   e->facts.n, &j->mem, &j->household, j->err);
    json_t *items = json_array();
    if (rc == BUS_OK && !items_brief(j)) {
        rc = bus_advice_days_of(j->c->catalogue, &j->household, e->rule_date,
                                &j->mem, &j->days, j->err);
    }
    if (rc == BUS_OK && !items_brief(j)) {
        rc = bus_policy_values_open(j->c->catalogue, &j->household,
                                    e->rule_date, &j->mem, &j->values, j->err);
    }
    for (size_t i = 0; rc == BUS_OK && i < e->items.n; i++) {
        rc = items_put_item(j, &e->items.v[i], items);
    }
    (void)json_object_set_new(
        document, "evaluation",
        json_pack("{s:i, s:s, s:s%, s:s, s:b}", "facts_version",
                  (int)e->facts_version, "rule_date",
                  bus_date_text(e->rule_date, day), "catalogue_version",
                  e->catalogue_version.p, e->catalogue_version.n,
                  "catalogue_now", now, "same_catalogue",
                  (int)bus_strv_is(e->catalogue_version, now)));
    (void)json_object_set_new(document, "members", items_members(j));
    return json_object_set_new(document, "items", items) == 0
               ? rc
               : bus_fail(j->err, BUS_ENOMEM, "the items of an evaluation");
}

/* An older writer's needs the schemas that were, which take longer to read than
 * the record does. */
static int items_record(struct bus_strv evaluation,
                        struct bus_arena *mem,
                        void **ret,
                        struct bus_err *err)
{
    uint32_t id = 0;
    struct bus_strv body;
    BUS_TRY(bus_wire_unframe(evaluation, &id, &body, err));
    if (id == sa_evaluation_type.id) {
        return bus_wire_decode_own(&sa_evaluation_type, body, mem, ret, err);
    }
    struct bus_wire_registry *schemas = bus_role_types_registry();
    if (schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the schemas");
    }
    int rc = bus_wire_decode(schemas, &sa_evaluation_type, evaluation, mem, ret,
                             err);
    bus_wire_registry_free(schemas);
    return rc;
}

int bus_ledger_items(const struct bus_ledger_cases *c,
                     struct bus_strv evaluation,
                     int32_t day,
                     json_t *document,
                     struct bus_err *err)
{
    struct judging j = {.c = c, .err = err};
    void *record = NULL;
    bus_arena_init(&j.mem, 64u << 10, 16u << 20);
    bus_arena_init(&j.scratch, 256u << 10, 64u << 20);
    int rc;
    BUS_TRY_GOTO(rc, items_record(evaluation, &j.mem, &record, err), done);
    j.e = record;
    BUS_TRY_GOTO(rc, items_judge(&j, document), done);
    struct cases_review review = {c, j.e, &j.household, day, &j.mem, err};
    BUS_TRY_GOTO(rc, bus_ledger_propose(&review, document), done);
    BUS_TRY_GOTO(rc, bus_ledger_wants(&review, document), done);
    if (j.zh.failed || j.en.failed) {
        rc = bus_fail(err, BUS_ENOMEM, "the words of an evaluation");
    }
done:
    rc = rc != BUS_OK ? bus_wrap(err, "the items of an evaluation") : BUS_OK;
    bus_buf_fini(&j.zh);
    bus_buf_fini(&j.en);
    bus_arena_fini(&j.mem);
    bus_arena_fini(&j.scratch);
    return rc;
}
