#include "consumers/matcher/replay.h"

#include <inttypes.h>

#include "bus/wire/crypt.h"

struct comparing
{
    struct bus_arena *mem;
    struct replay *to;
    size_t index;
    struct bus_strv item;
};

static struct bus_strv replay_quote(struct bus_strv s)
{
    return s.n > 0 ? s : BUS_STRV("(empty)");
}

/* Notes a difference of one field; returns true. */
static bool replay_other(struct comparing *k,
                         const char *field,
                         struct bus_strv recorded,
                         struct bus_strv again)
{
    k->to->place = bus_strv(bus_arena_printf(
        k->mem, "items[%zu] %.*s: %s", k->index, BUS_STRV_ARG(k->item), field));
    k->to->recorded = replay_quote(recorded);
    k->to->again = replay_quote(again);
    return true;
}

static bool text_differs(struct comparing *k,
                         const char *field,
                         struct bus_strv a,
                         struct bus_strv b)
{
    return !bus_strv_eq(a, b) && replay_other(k, field, a, b);
}

static struct bus_strv replay_number(struct comparing *k, bool has, int64_t n)
{
    return has ? bus_strv(bus_arena_printf(k->mem, "%" PRId64, n))
               : BUS_STRV("null");
}

static bool reasons_differ(struct comparing *k,
                           const struct sa_item_verdict *a,
                           const struct sa_item_verdict *b)
{
    size_t n = a->reasons.n > b->reasons.n ? a->reasons.n : b->reasons.n;
    const struct bus_strv none = BUS_STRV("(none)");
    for (size_t i = 0; i < n; i++) {
        struct bus_strv x = i < a->reasons.n ? a->reasons.v[i] : none;
        struct bus_strv y = i < b->reasons.n ? b->reasons.v[i] : none;
        if (text_differs(k, bus_arena_printf(k->mem, "reasons[%zu]", i), x,
                         y)) {
            return true;
        }
    }
    return false;
}

static struct bus_strv missing_text(struct comparing *k,
                                    const struct sa_missing_fact *m)
{
    char id[BUS_ID_TEXT + 1];
    return bus_strv(bus_arena_printf(
        k->mem, "%.*s%s%s", BUS_STRV_ARG(m->name), m->has_member ? " of " : "",
        m->has_member ? bus_id_text(&m->member, id) : ""));
}

static bool missing_differs(struct comparing *k,
                            const struct sa_item_verdict *a,
                            const struct sa_item_verdict *b)
{
    size_t n = a->missing.n > b->missing.n ? a->missing.n : b->missing.n;
    const struct bus_strv none = BUS_STRV("(none)");
    for (size_t i = 0; i < n; i++) {
        struct bus_strv x =
            i < a->missing.n ? missing_text(k, &a->missing.v[i]) : none;
        struct bus_strv y =
            i < b->missing.n ? missing_text(k, &b->missing.v[i]) : none;
        if (text_differs(k, bus_arena_printf(k->mem, "missing[%zu]", i), x,
                         y)) {
            return true;
        }
    }
    return false;
}

static struct bus_strv verdict_text(enum sa_verdict v)
{
    switch (v) {
    case SA_VERDICT_ELIGIBLE:
        return BUS_STRV("ELIGIBLE");
    case SA_VERDICT_NOT_ELIGIBLE:
        return BUS_STRV("NOT_ELIGIBLE");
    case SA_VERDICT_UNDETERMINED:
        return BUS_STRV("UNDETERMINED");
    case SA_VERDICT_FAILED:
        break;
    }
    return BUS_STRV("FAILED");
}

static bool item_differs(struct comparing *k,
                         const struct sa_item_verdict *a,
                         const struct sa_item_verdict *b)
{
    return text_differs(k, "item", a->item, b->item) ||
           text_differs(k, "version", a->version, b->version) ||
           text_differs(k, "department", a->department, b->department) ||
           text_differs(k, "verdict", verdict_text(a->verdict),
                        verdict_text(b->verdict)) ||
           text_differs(k, "amount_fen",
                        replay_number(k, a->has_amount_fen, a->amount_fen),
                        replay_number(k, b->has_amount_fen, b->amount_fen)) ||
           reasons_differ(k, a, b) || missing_differs(k, a, b) ||
           text_differs(k, "left_out_by",
                        a->has_left_out_by ? a->left_out_by : BUS_STRV("null"),
                        b->has_left_out_by ? b->left_out_by : BUS_STRV("null"));
}

static bool items_differ(struct comparing *k,
                         const struct sa_evaluation *a,
                         const struct sa_evaluation *b)
{
    size_t n = a->items.n < b->items.n ? a->items.n : b->items.n;
    for (k->index = 0; k->index < n; k->index++) {
        k->item = b->items.v[k->index].item;
        if (item_differs(k, &a->items.v[k->index], &b->items.v[k->index])) {
            return true;
        }
    }
    if (a->items.n == b->items.n) {
        return false;
    }
    k->to->place = BUS_STRV("items: how many");
    k->to->recorded = replay_number(k, true, (int64_t)a->items.n);
    k->to->again = replay_number(k, true, (int64_t)b->items.n);
    return true;
}

static struct bus_strv replay_hex(struct bus_arena *mem, struct bus_strv bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *s = bus_arena_alloc(mem, bytes.n * 2 + 1);
    for (size_t i = 0; s != NULL && i < bytes.n; i++) {
        s[2 * i] = digits[(uint8_t)bytes.p[i] >> 4];
        s[2 * i + 1] = digits[(uint8_t)bytes.p[i] & 15];
    }
    return replay_quote((struct bus_strv){s, s ? bytes.n * 2 : 0});
}

static void replay_compare(struct comparing *k,
                           const struct sa_evaluation *recorded,
                           const struct sa_evaluation *again)
{
    struct replay *r = k->to;
    bool inputs = !bus_strv_eq(recorded->inputs_hash, again->inputs_hash);
    bool items = items_differ(k, recorded, again);
    bool sums = recorded->fact_sums.n > 0 &&
                !bus_strv_eq(recorded->fact_sums, again->fact_sums);
    if (inputs) {
        r->outcome = REPLAY_INPUTS;
        r->also = items ? r->place : (struct bus_strv){0};
        r->place = BUS_STRV("inputs_hash");
        r->recorded = replay_hex(k->mem, recorded->inputs_hash);
        r->again = replay_hex(k->mem, again->inputs_hash);
    } else if (items) {
        r->outcome = REPLAY_OUTPUTS;
    } else if (!bus_strv_eq(recorded->outputs_hash, again->outputs_hash)) {
        r->outcome = REPLAY_OUTPUTS;
        r->place = BUS_STRV("outputs_hash");
        r->recorded = replay_hex(k->mem, recorded->outputs_hash);
        r->again = replay_hex(k->mem, again->outputs_hash);
    } else if (sums) {
        r->outcome = REPLAY_OUTPUTS;
        r->place = BUS_STRV("fact_sums");
        r->recorded = replay_hex(k->mem, recorded->fact_sums);
        r->again = replay_hex(k->mem, again->fact_sums);
    }
}

int matcher_replay_evaluation(const struct bus_policy_catalogue *c,
                              const struct sa_evaluation *recorded,
                              struct bus_arena *mem,
                              struct replay *ret,
                              struct bus_err *err)
{
    struct replay r = {.outcome = REPLAY_IDENTICAL};
    struct comparing k = {.mem = mem, .to = &r};
    struct sa_evaluation again = *recorded;
    struct bus_strv version = bus_strv(bus_policy_catalogue_version(c));
    if (!bus_strv_eq(recorded->catalogue_version, version)) {
        *ret = (struct replay){.outcome = REPLAY_CATALOGUE,
                               .place = BUS_STRV("catalogue_version"),
                               .recorded =
                                   replay_quote(recorded->catalogue_version),
                               .again = version};
        return BUS_OK;
    }
    int rc = matcher_evaluation_run(c, &again, mem, err);
    if (rc == BUS_OK) {
        replay_compare(&k, recorded, &again);
        rc = r.outcome == REPLAY_INPUTS
                 ? matcher_replay_find_fact(recorded, mem, &r, err)
                 : rc;
        *ret = r;
    }
    return rc;
}
