#include "consumers/matcher/evaluation.h"

#include <endian.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/codec.h"
#include "bus/wire/crypt.h"

static int fill_missing(const struct bus_policy_catalogue *c,
                        const struct bus_role_household_members *members,
                        const struct bus_policy_verdict_of *v,
                        struct bus_arena *mem,
                        struct sa_item_verdict *ret,
                        struct bus_err *err)
{
    if (v->missing_count == 0) {
        return BUS_OK;
    }
    BUS_CHECK(v->missing != NULL);
    struct sa_missing_fact *list =
        bus_arena_calloc(mem, v->missing_count, sizeof(*list));
    if (list == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
    }
    for (size_t i = 0; i < v->missing_count; i++) {
        list[i].name = bus_policy_fact_name(c, v->missing[i].fact);
        int member = v->missing[i].member;
        if (member >= 0 && (size_t)member < members->n) {
            list[i].has_member = true;
            list[i].member = members->v[member].person_id;
        }
    }
    ret->missing.v = list;
    ret->missing.n = v->missing_count;
    return BUS_OK;
}

static enum sa_verdict verdict_word(enum bus_policy_verdict v)
{
    switch (v) {
    case BUS_POLICY_ELIGIBLE:
        return SA_VERDICT_ELIGIBLE;
    case BUS_POLICY_NOT_ELIGIBLE:
        return SA_VERDICT_NOT_ELIGIBLE;
    case BUS_POLICY_UNDETERMINED:
        return SA_VERDICT_UNDETERMINED;
    case BUS_POLICY_FAILED:
        break;
    }
    return SA_VERDICT_FAILED;
}

int matcher_evaluation_item_of(const struct bus_policy_catalogue *c,
                               int32_t rule_date,
                               const struct bus_role_household_members *members,
                               const struct bus_policy_verdict_of *v,
                               struct bus_arena *mem,
                               struct sa_item_verdict *ret,
                               struct bus_err *err)
{
    BUS_CHECK(v->item >= 0);
    struct bus_policy_item item;
    if (bus_policy_item_at(c, (size_t)v->item, rule_date, &item)) {
        ret->item = item.code;
        ret->version = item.version;
        ret->department = item.department;
    }
    ret->verdict = verdict_word(v->verdict);
    ret->has_amount_fen = v->has_amount;
    ret->amount_fen = v->amount_fen;
    ret->has_left_out_by = v->left_out_by.n > 0;
    ret->left_out_by = v->left_out_by;
    if (v->reason_count > 0) {
        ret->reasons.v = bus_arena_dup(mem, v->reasons,
                                       v->reason_count * sizeof(*v->reasons));
        if (ret->reasons.v == NULL) {
            return bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
        }
        ret->reasons.n = v->reason_count;
    }
    if (v->failure != NULL) { /* where the rule itself failed */
        ret->reasons.v = bus_arena_calloc(mem, 1, sizeof(*ret->reasons.v));
        if (ret->reasons.v == NULL) {
            return bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
        }
        ret->reasons.v[0] = bus_strv(v->failure);
        ret->reasons.n = 1;
    }
    return fill_missing(c, members, v, mem, ret, err);
}

/* One part of the evaluation alone, the others left at zero: what is hashed is
 * plain Avro, so any client can do the same. */
static int evaluation_hash_of(const struct sa_evaluation *part,
                              struct bus_arena *mem,
                              struct bus_strv *ret,
                              struct bus_err *err)
{
    struct bus_strv bytes;
    BUS_TRY(bus_wire_encode_arena(&sa_evaluation_type, part, mem, &bytes, err));
    BUS_CHECK(bytes.n > 0);
    uint8_t *digest = bus_arena_alloc(mem, BUS_WIRE_SHA256_BYTES);
    if (digest == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a hash");
    }
    /* without fact_sums, the last field: it is empty here, one byte */
    bus_wire_sha256(bytes.p, bytes.n - 1, digest);
    *ret = (struct bus_strv){(const char *)digest, BUS_WIRE_SHA256_BYTES};
    return BUS_OK;
}

int matcher_evaluation_inputs_hash(const struct sa_evaluation *e,
                                   struct bus_arena *mem,
                                   struct bus_strv *ret,
                                   struct bus_err *err)
{
    struct sa_evaluation inputs = {
        .catalogue_version = e->catalogue_version,
        .rule_date = e->rule_date,
        .members = e->members,
        .facts = e->facts,
    };
    return evaluation_hash_of(&inputs, mem, ret, err);
}

static int hashes(const struct sa_evaluation *of,
                  struct sa_evaluation *ret,
                  struct bus_arena *mem,
                  struct bus_err *err)
{
    struct sa_evaluation outputs = {.items = of->items};
    BUS_TRY(matcher_evaluation_inputs_hash(of, mem, &ret->inputs_hash, err));
    return evaluation_hash_of(&outputs, mem, &ret->outputs_hash, err);
}

uint32_t matcher_evaluation_fact_sum(const char *p, size_t n)
{
    uint64_t h = EVALUATION_SUM_K, w = 0;
    for (; n >= sizeof(w); n -= sizeof(w), p += sizeof(w)) {
        memcpy(&w, p, sizeof(w));
        h = (h ^ le64toh(w)) * EVALUATION_SUM_K;
        h ^= h >> 32;
    }
    w = 0;
    memcpy(&w, p, n);
    h = (h ^ le64toh(w)) * EVALUATION_SUM_K;
    return (uint32_t)(h ^ h >> 32);
}

/* Facts as the bytes of an array: a count of so many bytes, then each. */
static int sums_of(struct bus_strv facts,
                   const uint32_t *ends,
                   size_t n,
                   struct bus_arena *mem,
                   struct bus_strv *ret,
                   struct bus_err *err)
{
    BUS_CHECK(n == 0 || ends[n - 1] <= facts.n);
    uint8_t *to = bus_arena_alloc(mem, n * EVALUATION_SUM_BYTES + 1);
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the facts");
    }
    uint32_t at = 1;
    for (size_t count = n << 1; count >= 0x80; count >>= 7) {
        at++;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t sum =
            htobe32(matcher_evaluation_fact_sum(facts.p + at, ends[i] - at));
        memcpy(to + i * EVALUATION_SUM_BYTES, &sum, EVALUATION_SUM_BYTES);
        at = ends[i];
    }
    *ret = (struct bus_strv){(const char *)to, n * EVALUATION_SUM_BYTES};
    return BUS_OK;
}

int matcher_evaluation_sums(const struct sa_evaluation *e,
                            struct bus_arena *mem,
                            struct bus_strv *ret,
                            struct bus_err *err)
{
    BUS_CHECK(e->facts.n != BUS_WIRE_ENCODED);
    struct bus_strv facts;
    uint32_t *ends = bus_arena_alloc(mem, (e->facts.n + 1) * sizeof(*ends));
    if (ends == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the facts");
    }
    BUS_TRY(bus_wire_encode_field(&sa_evaluation_type, e,
                                  offsetof(struct sa_evaluation, facts), mem,
                                  ends, &facts, err));
    return sums_of(facts, ends, e->facts.n, mem, ret, err);
}

int matcher_evaluation_encode(const struct sa_evaluation *e,
                              const struct bus_strv *facts,
                              const uint32_t *ends,
                              struct bus_arena *mem,
                              struct sa_evaluation *ret,
                              struct bus_err *err)
{
    BUS_CHECK(e->facts.n != BUS_WIRE_ENCODED);
    BUS_CHECK(facts != NULL && ends != NULL);
    struct bus_strv *items = bus_arena_alloc(mem, sizeof(*items));
    if (items == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the items");
    }
    BUS_TRY(bus_wire_encode_field(&sa_evaluation_type, e,
                                  offsetof(struct sa_evaluation, items), mem,
                                  NULL, items, err));
    *ret = *e;
    BUS_TRY(sums_of(*facts, ends, e->facts.n, mem, &ret->fact_sums, err));
    ret->facts.v = (void *)(uintptr_t)facts;
    ret->facts.n = BUS_WIRE_ENCODED;
    ret->items.v = (void *)items;
    ret->items.n = BUS_WIRE_ENCODED;
    return hashes(ret, ret, mem, err);
}

int matcher_evaluation_run(const struct bus_policy_catalogue *c,
                           struct sa_evaluation *e,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    BUS_CHECK(e->facts.n != BUS_WIRE_ENCODED);
    const struct bus_role_household_members members = {e->members.v,
                                                       e->members.n};
    struct bus_policy_household h;
    struct bus_policy_result r;
    BUS_TRY(bus_role_household_of(c, &members, e->facts.v, NULL, e->facts.n,
                                  mem, &h, err));
    BUS_TRY(bus_policy_evaluate(c, &h, e->rule_date, BUS_POLICY_REASONS, mem,
                                &r, err));
    struct sa_item_verdict *items =
        bus_arena_calloc(mem, r.count + 1, sizeof(*items));
    e->catalogue_version = bus_strv(bus_policy_catalogue_version(c));
    e->items.v = items;
    e->items.n = items ? r.count : 0;
    if (items == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
    }
    for (size_t i = 0; i < r.count; i++) {
        BUS_TRY(matcher_evaluation_item_of(c, e->rule_date, &members,
                                           &r.items[i], mem, &items[i], err));
    }
    BUS_TRY(hashes(e, e, mem, err));
    return matcher_evaluation_sums(e, mem, &e->fact_sums, err);
}
