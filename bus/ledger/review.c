/* What the rules propose about what is already given (bus/policy/review.h): a
 * member's own share withheld, a status that goes on for its days of grace or
 * changes. People decide, after a hearing. */
#include "bus/policy/review.h"
#include "bus/base/clock.h"
#include "bus/ledger/parts.h"

static json_t *word_of_status(const struct bus_ledger_cases *c,
                              struct bus_strv status)
{
    const struct bus_fact *f =
        bus_conf_fact(c->config, BUS_FACT_HOUSEHOLD, BUS_STRV("status"));
    const struct bus_fact_word *words = f ? f->words.items : NULL;
    for (size_t i = 0; f != NULL && i < f->words.count; i++) {
        if (bus_strv_is(status, words[i].word)) {
            return bus_ledger_pair(status, words[i].zh, words[i].en);
        }
    }
    return bus_ledger_pair(status, NULL, NULL);
}

static int put_status(const struct cases_review *r, json_t *list)
{
    char day[BUS_DATE_TEXT + 1];
    struct bus_policy_review_of of;
    int rc = bus_policy_review(r->c->catalogue, r->household, r->day, r->mem,
                               &of, r->err);
    bool grace = of.outcome == BUS_POLICY_REVIEW_GRACE;
    if (rc == BUS_EUNKNOWN ||
        (rc == BUS_OK && !grace && of.outcome != BUS_POLICY_REVIEW_CHANGES)) {
        return BUS_OK;
    }
    if (rc != BUS_OK) {
        return rc;
    }
    json_t *row = json_pack(
        "{s:o, s:o, s:o, s:o}", "what",
        bus_ledger_text(r->c, CASES_WORD, "proposal",
                        grace ? BUS_STRV("GRACE") : BUS_STRV("CHANGES")),
        "now", word_of_status(r->c, of.now), "then",
        word_of_status(r->c, of.then), "until",
        grace ? json_string(bus_date_text(of.until, day)) : json_null());
    return json_array_append_new(list, row) == 0
               ? BUS_OK
               : bus_fail(r->err, BUS_ENOMEM, "a proposal");
}

static int put_cut(const struct cases_review *r,
                   const struct sa_item_verdict *v,
                   json_t *list)
{
    struct bus_policy_cut cut;
    int item = bus_policy_item_find(r->c->catalogue, v->item);
    if (item < 0 || v->verdict != SA_VERDICT_ELIGIBLE || !v->has_amount_fen) {
        return BUS_OK;
    }
    int rc = bus_policy_cut(r->c->catalogue, r->household, r->day, item,
                            v->amount_fen, r->mem, &cut, r->err);
    if (rc != BUS_OK || cut.members == 0) {
        return rc;
    }
    json_t *members = json_array();
    for (int m = 0; m < 64; m++) {
        if (cut.members >> m & 1) {
            (void)json_array_append_new(members, json_integer(m + 1));
        }
    }
    json_t *row = json_pack(
        "{s:o, s:o, s:s%, s:o, s:I, s:I}", "item",
        bus_ledger_text(r->c, CASES_ITEM, NULL, v->item), "what",
        bus_ledger_text(r->c, CASES_WORD, "proposal", BUS_STRV("CUT")), "rule",
        cut.rule.p, cut.rule.n, "members", members, "from_fen",
        (json_int_t)v->amount_fen, "amount_fen", (json_int_t)cut.pay_fen);
    return json_array_append_new(list, row) == 0
               ? BUS_OK
               : bus_fail(r->err, BUS_ENOMEM, "a proposal");
}

int bus_ledger_propose(const struct cases_review *r, json_t *document)
{
    json_t *list = json_array();
    if (json_object_set_new(document, "proposals", list) != 0) {
        return bus_fail(r->err, BUS_ENOMEM, "the proposals");
    }
    BUS_TRY(put_status(r, list));
    for (size_t i = 0; i < r->e->items.n; i++) {
        BUS_TRY(put_cut(r, &r->e->items.v[i], list));
    }
    return BUS_OK;
}
