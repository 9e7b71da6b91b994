#include "consumers/matcher/replay.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/policy/source.h"
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
    BUS_CHECK(k->to != NULL);
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
    BUS_CHECK(k->to->place.n == 0);
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
    BUS_CHECK(r->outcome == REPLAY_IDENTICAL);
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

/* --- which fact was changed --- */

/* Where a snapshot was changed: the first fact whose sum is not the recorded
 * one, and what it was, searched for among the values of its kind. The sums
 * only point; that the whole snapshot then has the recorded hash proves it.
 *
 * - a flag, a word of the dictionary, nothing
 * - a number to SMALL_MAX, then whole yuan to BIG_MAX fen
 * - a day of DAYS; the same value verified or not, as of another day
 */

#define SMALL_MAX  2000000
#define BIG_MAX    INT64_C(500000000)
#define DAYS_FROM  (-25567) /* 1900 */
#define DAYS_TO    47482    /* 2100 */
#define FACT_BYTES 4096     /* longer ones are not searched for */

struct search
{
    const struct bus_policy_catalogue *c;
    const struct sa_evaluation *e;
    size_t at;
    uint32_t sum;
    struct bus_strv hash;
    struct bus_arena *mem;
    struct bus_err *err;
    struct sa_fact was; /* candidate */
    bool found;
    uint8_t bytes[FACT_BYTES];
};

static uint32_t sum_at(struct bus_strv sums, size_t i)
{
    BUS_CHECK((i + 1) * EVALUATION_SUM_BYTES <= sums.n);
    const uint8_t *p = (const uint8_t *)sums.p + i * EVALUATION_SUM_BYTES;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* With the candidate in its place, is it the snapshot that was hashed? */
static int replay_fact_prove(struct search *s)
{
    BUS_CHECK(s->at < s->e->facts.n);
    struct sa_evaluation e = *s->e;
    struct bus_strv hash;
    struct sa_fact *facts =
        bus_arena_dup(s->mem, e.facts.v, e.facts.n * sizeof(*facts));
    if (facts == NULL) {
        return bus_fail(s->err, BUS_ETOOBIG, "no room for the facts");
    }
    facts[s->at] = s->was;
    e.facts.v = facts;
    int rc = matcher_evaluation_inputs_hash(&e, s->mem, &hash, s->err);
    s->found = rc == BUS_OK && bus_strv_eq(hash, s->hash);
    return rc;
}

/* True when the search is over. */
static bool replay_fact_fits(struct search *s, int *rc)
{
    BUS_CHECK(!s->found);
    size_t n = bus_wire_size(&sa_fact_type, &s->was);
    if (n > FACT_BYTES) {
        return true;
    }
    (void)bus_wire_encode_at(&sa_fact_type, &s->was, s->bytes);
    if (matcher_evaluation_fact_sum((const char *)s->bytes, n) == s->sum) {
        *rc = replay_fact_prove(s);
    }
    return s->found || *rc != BUS_OK;
}

static int try_words(struct search *s, const struct bus_node *words)
{
    BUS_CHECK(!s->found);
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_STRING;
    for (uint32_t i = 0; words != NULL && i < words->count; i++) {
        s->was.value.u.string_value = words->pairs[i].key->text;
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_numbers(struct search *s)
{
    BUS_CHECK(!s->found);
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_LONG;
    for (int64_t n = 0; n <= BIG_MAX; n += n < SMALL_MAX ? 1 : 100) {
        s->was.value.u.long_value = n;
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_days(struct search *s, int32_t *day)
{
    BUS_CHECK(!s->found);
    int rc = BUS_OK;
    for (*day = DAYS_FROM; *day < DAYS_TO; ++*day) {
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_values(struct search *s, const struct bus_node *entry)
{
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_NULL;
    for (int flag = -1; rc == BUS_OK && !s->found && flag < 2; flag++) {
        if (flag >= 0) {
            s->was.value.branch = SA_FACT_VALUE_BOOLEAN;
            s->was.value.u.boolean_value = flag == 1;
        }
        (void)replay_fact_fits(s, &rc);
    }
    BUS_TRY(rc);
    if (!s->found) {
        BUS_TRY(try_words(s, bus_node_get(entry, "words")));
    }
    if (!s->found) {
        s->was.value.branch = SA_FACT_VALUE_INT;
        BUS_TRY(try_days(s, &s->was.value.u.int_value));
    }
    return s->found ? BUS_OK : try_numbers(s);
}

static int search(struct search *s)
{
    BUS_CHECK(s->at < s->e->facts.n);
    const struct sa_fact *now = &s->e->facts.v[s->at];
    int fact = bus_policy_fact_find(s->c, now->name), rc = BUS_OK;
    s->was = *now;
    s->was.verified = !now->verified;
    if (replay_fact_fits(s, &rc)) {
        return rc;
    }
    s->was.verified = now->verified;
    rc = try_days(s, &s->was.as_of);
    if (rc != BUS_OK || s->found) {
        return rc;
    }
    s->was = *now;
    return try_values(s, fact < 0 ? NULL : bus_policy_fact_node(s->c, fact));
}

static struct bus_strv replay_fact_text(struct bus_arena *mem,
                                        const struct sa_fact *f)
{
    char day[BUS_DATE_TEXT + 1], of[BUS_DATE_TEXT + 1];
    const char *tail = f->verified ? "verified" : "declared";
    (void)bus_date_text(f->as_of, of);
    switch (f->value.branch) {
    case SA_FACT_VALUE_BOOLEAN:
        return bus_strv(bus_arena_printf(
            mem, "%s (%s, %s)", f->value.u.boolean_value ? "true" : "false",
            tail, of));
    case SA_FACT_VALUE_LONG:
        return bus_strv(bus_arena_printf(mem, "%" PRId64 " (%s, %s)",
                                         f->value.u.long_value, tail, of));
    case SA_FACT_VALUE_INT:
        return bus_strv(bus_arena_printf(
            mem, "%s (%s, %s)", bus_date_text(f->value.u.int_value, day), tail,
            of));
    case SA_FACT_VALUE_STRING:
        return bus_strv(bus_arena_printf(mem, "%.*s (%s, %s)",
                                         BUS_STRV_ARG(f->value.u.string_value),
                                         tail, of));
    default:
        return bus_strv(bus_arena_printf(mem, "none (%s, %s)", tail, of));
    }
}

int matcher_replay_find_fact(const struct sa_evaluation *recorded,
                             struct bus_arena *mem,
                             struct replay *r,
                             struct bus_err *err)
{
    struct bus_strv sums;
    size_t n = recorded->fact_sums.n / EVALUATION_SUM_BYTES, i = 0;
    size_t both = n < recorded->facts.n ? n : recorded->facts.n;
    int rc =
        n == 0 ? BUS_OK : matcher_evaluation_sums(recorded, mem, &sums, err);
    if (rc != BUS_OK || n == 0) {
        return rc;
    }
    BUS_CHECK(sums.n == recorded->facts.n * EVALUATION_SUM_BYTES);
    while (i < both && sum_at(sums, i) == sum_at(recorded->fact_sums, i)) {
        i++;
    }
    if (n != recorded->facts.n) {
        r->place = bus_strv(bus_arena_printf(
            mem, "facts: how many; the first that differs is facts[%zu]", i));
        r->recorded = bus_strv(bus_arena_printf(mem, "%zu", n));
        r->again = bus_strv(bus_arena_printf(mem, "%zu", recorded->facts.n));
        return BUS_OK;
    }
    if (i == n) {
        return BUS_OK; /* the members, the rule date or the version */
    }
    const struct sa_fact *f = &recorded->facts.v[i];
    r->fact = f->name;
    r->fact_at = i;
    r->place = bus_strv(
        bus_arena_printf(mem, "facts[%zu] %.*s", i, BUS_STRV_ARG(f->name)));
    r->again = replay_fact_text(mem, f);
    r->recorded = BUS_STRV("?");
    return BUS_OK;
}

int matcher_replay_search_fact(const struct bus_policy_catalogue *c,
                               const struct sa_evaluation *recorded,
                               struct bus_arena *mem,
                               struct replay *r,
                               struct bus_err *err)
{
    struct search s = {.c = c,
                       .e = recorded,
                       .at = r->fact_at,
                       .hash = recorded->inputs_hash,
                       .mem = mem,
                       .err = err};
    if (r->fact.n == 0) {
        return BUS_OK;
    }
    BUS_CHECK(r->fact_at < recorded->facts.n);
    s.sum = sum_at(recorded->fact_sums, s.at);
    BUS_TRY(bus_wire_type_ready(&sa_fact_type, err));
    BUS_TRY(search(&s));
    if (s.found) {
        r->recorded = replay_fact_text(mem, &s.was);
    }
    return BUS_OK;
}
