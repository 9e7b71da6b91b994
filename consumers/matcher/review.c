/* A notice for a whole partition: its households on disk, a stretch at a time,
 * each that the catalogue's change touches gets a review of its own; the rest
 * waits behind another notice. All of it is written in the transaction that
 * takes the notice, so that a crash begins the stretch anew.
 *
 * Touched: a changed item reads a fact it has (the reverse index), and the
 * answer is another one now than by its last evaluation. Changed is
 * - the catalogue: then both answers are at the review's day
 * - or, within one, what is in force: a version or a figure has its first day
 *   since that evaluation, and each answer is at its own day
 * What stands in the folder is no new catalogue: of that only the days count.
 *
 * Touched as well, its case closed or not: something of it is over by the
 * broker's time of the notice, of which there is one a day (award.c: what was
 * granted; results.c: a claim of its need).
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/marks.h"
#include "bus/role/household.h"
#include "bus/wire/crypt.h"
#include "consumers/matcher/award.h"
#include "consumers/matcher/shell.h"
#include "schemas/review.h"

#define STRETCH     2000 /* households a notice looks at */
#define CHANGES_MAX 8    /* older versions among them, worked out once */
#define SINCE_MAX   16   /* stretches of days among them, by their first day */

struct change
{
    struct bus_strv from; /* "" for one that is not known */
    struct bus_policy_change_set set;
};
struct stretch
{
    bool made;
    int32_t turn; /* its first day */
    struct bus_policy_change_set set;
};
struct scan
{
    struct matcher_shell *s;
    struct matcher_lane *lane;
    const struct bus_kafka_msg *m;
    const struct sa_review *notice;
    struct bus_kafka_out *out;
    const struct matcher_catalogue_version *to;
    int32_t day, turn;
    struct change changes[CHANGES_MAX];
    size_t change_count;
    struct stretch since[SINCE_MAX];
    struct bus_id last;
    int rc;
    struct bus_err *err;
};

/* From the household's catalogue to the new one; one that is not known any more
 * counts as changed throughout. Beyond CHANGES_MAX as well. */
static const struct bus_policy_change_set *change_from(struct scan *k,
                                                       struct bus_strv version)
{
    const struct matcher_catalogue_version *from =
        matcher_catalogue_version_find(k->lane->rules.versions, version);
    if (from == NULL || k->change_count >= CHANGES_MAX - 1) {
        version = (struct bus_strv){0};
        from = NULL;
    }
    for (size_t i = 0; i < k->change_count; i++) {
        if (bus_strv_eq(k->changes[i].from, version)) {
            return &k->changes[i].set;
        }
    }
    BUS_CHECK(k->change_count < CHANGES_MAX);
    struct change *c = &k->changes[k->change_count];
    k->rc =
        bus_policy_change_set(from ? from->catalogue : NULL, k->to->catalogue,
                              &k->lane->batch, &c->set, k->err);
    if (k->rc != BUS_OK) {
        return NULL;
    }
    c->from = from ? bus_strv(bus_policy_catalogue_version(from->catalogue))
                   : version;
    k->change_count++;
    return &c->set;
}

/* Since the day of an evaluation by the same catalogue: of each stretch in
 * which nothing began or ended there is one set. */
static const struct bus_policy_change_set *change_since(struct scan *k,
                                                        int32_t day)
{
    BUS_CHECK(day < k->turn);
    int32_t turn = bus_policy_effective_day(k->to->catalogue, day);
    struct stretch *c = &k->since[(uint32_t)turn % SINCE_MAX];
    if (!c->made || c->turn != turn) {
        k->rc = bus_policy_change_days(k->to->catalogue, day, k->day,
                                       &k->lane->batch, &c->set, k->err);
        c->made = k->rc == BUS_OK;
        c->turn = turn;
    }
    return k->rc == BUS_OK ? &c->set : NULL;
}

static bool review_judge(struct scan *k,
                         const struct bus_policy_catalogue *c,
                         int32_t day,
                         const struct sa_household_state *st,
                         struct bus_policy_result *ret)
{
    BUS_CHECK(c != NULL);
    struct bus_policy_household h;
    struct bus_role_household_members members = {st->members.v, st->members.n};
    struct bus_arena *mem = &k->lane->event;
    return bus_role_household_of(c, &members, st->facts.v, NULL, st->facts.n,
                                 mem, &h, NULL) == BUS_OK &&
           bus_policy_evaluate(c, &h, day, BUS_POLICY_REASONS, mem, ret,
                               NULL) == BUS_OK;
}

static bool touched(struct scan *k, const struct sa_household_state *st)
{
    BUS_CHECK(k->to != NULL);
    bool same =
        bus_strv_eq(st->catalogue_version, k->notice->catalogue_version);
    bool folders = k->to->effective == INT32_MIN;
    int32_t judged = matcher_judged_on(st), day = same ? judged : k->day;
    if (!st->case_open || (same ? judged >= k->turn : folders)) {
        return false;
    }
    const struct bus_policy_change_set *set =
        same ? change_since(k, judged) : change_from(k, st->catalogue_version);
    bool reads = false;
    for (size_t i = 0; set != NULL && !reads && i < st->facts.n; i++) {
        reads = bus_policy_change_reads(set, st->facts.v[i].name);
    }
    if (!reads || set->from == NULL) {
        return reads;
    }
    struct bus_policy_result before, after;
    return !review_judge(k, set->from, day, st, &before) ||
           !review_judge(k, set->to, k->day, st, &after) ||
           !bus_policy_same_result(set, &before, day, &after, k->day);
}

/* Without its facts: most households are passed over. */
static bool review_due(const struct scan *k,
                       const struct sa_household_state *st)
{
    BUS_CHECK(k->notice != NULL);
    int32_t day =
        k->m->timestamp_ms > 0 ? bus_china_day(k->m->timestamp_ms) : k->day;
    bool due = matcher_awards_due(st, day);
    for (size_t i = 0; i < st->needs.n; i++) {
        due |= matcher_need_due(&st->needs.v[i], day);
    }
    return due;
}

static struct bus_id review_id(const struct scan *k, const struct bus_id *about)
{
    return bus_wire_review_id(about, k->notice->catalogue_version,
                              &k->notice->event_id);
}

static int review_put(struct scan *k, const struct sa_review *r)
{
    BUS_CHECK(k->s->out_reviews >= 0);
    struct bus_role_emit e = {
        .type = &sa_review_type,
        .record = r,
        .ce_type = "sa.review.v1",
        .source = k->s->frame.source,
        .event_id = r->event_id,
        .household_id = r->household_id,
        .cause_id = k->notice->event_id,
        .occurred_at = r->occurred_at,
        .traceparent = bus_kafka_msg_header(k->m, "traceparent"),
    };
    return bus_role_emit_put(k->out, k->s->out_reviews, k->m->partition, &e,
                             k->err);
}

static int one_household(struct scan *k, const struct bus_id *id)
{
    struct bus_arena *mem = &k->lane->event;
    struct matcher_partition *part = k->s->partitions[k->m->partition];
    BUS_CHECK(part != NULL && part->store != NULL);
    struct matcher_parted h = {
        .schemas = k->lane->schemas, .names = &part->names, .mem = mem};
    struct sa_household_state st;
    struct bus_strv bundle;
    BUS_TRY(matcher_store_get(part->store, id, mem, &bundle, k->err));
    BUS_TRY(matcher_parts_read(bundle, mem, &h.parts, k->err));
    BUS_TRY(matcher_parted_open(&h, id, &st, k->err));
    bool due = review_due(k, &st);
    if (!due && !st.case_open) {
        return BUS_OK;
    }
    BUS_TRY(due ? BUS_OK : matcher_parted_facts(&h, &st, k->err));
    if (!due && !touched(k, &st)) {
        return k->rc;
    }
    struct sa_review r = {
        .event_id = review_id(k, id),
        .household_id = *id,
        .occurred_at = k->notice->occurred_at,
        .reason = k->notice->reason,
        .catalogue_version = k->notice->catalogue_version,
    };
    return review_put(k, &r);
}

/* The households of one stretch; *ret_more: there are others behind them. */
static int one_stretch(struct scan *k, bool *ret_more)
{
    const struct sa_review *notice = k->notice;
    struct bus_arena *mem = &k->lane->event;
    struct store *store = k->s->partitions[k->m->partition]->store;
    struct bus_id *ids = bus_arena_alloc(mem, (STRETCH + 2) * sizeof(*ids));
    size_t n = 0;
    if (ids == NULL) {
        return bus_fail(k->err, BUS_ENOMEM, "a stretch of households");
    }
    BUS_TRY(matcher_store_ids(store,
                              notice->has_behind ? &notice->behind : NULL,
                              STRETCH + 2, ids, &n, k->err));
    BUS_CHECK(n <= STRETCH + 2);
    size_t from = n > 0 && bus_id_is_nil(&ids[0]) ? 1 : 0; /* nobody's: names */
    *ret_more = n - from > STRETCH;
    size_t end = *ret_more ? from + STRETCH : n;
    BUS_CHECK(end <= n);
    for (size_t i = from; i < end; i++) {
        struct bus_arena_mark mark = bus_arena_mark(mem);
        BUS_TRY(one_household(k, &ids[i]));
        bus_arena_release(mem, mark);
        k->last = ids[i];
    }
    return BUS_OK;
}

int matcher_review_partition(struct matcher_shell *s,
                             struct matcher_lane *lane,
                             const struct bus_kafka_msg *m,
                             const struct sa_review *notice,
                             struct bus_kafka_out *out,
                             struct bus_err *err)
{
    struct scan k = {
        .s = s,
        .lane = lane,
        .m = m,
        .notice = notice,
        .out = out,
        .day = bus_china_day(notice->occurred_at),
        .err = err,
    };
    const struct matcher_catalogue_versions *all = lane->rules.versions;
    BUS_CHECK(all != NULL && all->count > 0);
    k.to = matcher_catalogue_version_for(all, (struct bus_strv){0}, k.day);
    if (!bus_strv_is(notice->catalogue_version,
                     bus_policy_catalogue_version(k.to->catalogue))) {
        lane->duplicates++; /* another has taken its place */
        return BUS_OK;
    }
    k.turn = bus_policy_effective_day(k.to->catalogue, k.day);
    bool more = false;
    int rc = one_stretch(&k, &more);
    if (rc == BUS_OK && more) {
        struct sa_review rest = *notice;
        rest.event_id = review_id(&k, &k.last);
        rest.has_behind = true;
        rest.behind = k.last;
        rc = review_put(&k, &rest);
    }
    /* What is on our own disk is not the notice's fault. */
    return rc == BUS_OK || bus_err_act((enum bus_errc)rc) != BUS_ACT_REJECT
               ? rc
               : bus_fail(err, BUS_EBUG, "a household's state cannot be read");
}
