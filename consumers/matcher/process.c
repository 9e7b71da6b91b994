/* One batch: for each message decode, decide, encode.
 *
 * - well                        its events are put out, its state is kept
 * - seen before                 nothing
 * - bad (BUS_ACT_REJECT)        a dead letter with the bytes; others flow on
 * - our own trouble             the batch is aborted (RETRY) or all stops
 *
 * A later message of the batch sees what an earlier one left: the batch's
 * changes over the disk. At its end each part of a household that has changed
 * is put out once. committed() writes them to disk, aborted() drops them.
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/log.h"
#include "bus/catalogue/register_watch.h"
#include "bus/role/keyed.h"
#include "bus/role/need.h"
#include "bus/role/types.h"
#include "consumers/matcher/keys/keys.h"
#include "consumers/matcher/parts.h"
#include "consumers/matcher/shell.h"

#define MESSAGE_BYTES_MAX 1000000 /* librdkafka's own default */
#define MESSAGE_MORE      512     /* key, framing */
#define SUMS_MAX          64      /* keys of dispatch, tried in turn */

static const struct bus_wire_type *process_type_of(enum matcher_event_kind kind)
{
    static const struct bus_wire_type *const types[] = {
        [MATCHER_APPLICATION] = &sa_application_type,
        [MATCHER_FACTS] = &sa_facts_reported_type,
        [MATCHER_VERIFICATION] = &sa_verification_result_type,
        [MATCHER_DECISION] = &sa_decision_type,
        [MATCHER_DISPATCH] = &sa_dispatch_result_type,
        [MATCHER_PAYMENT] = &sa_payment_result_type,
        [MATCHER_RECEIPT] = &sa_delivery_receipt_type,
        [MATCHER_CLAIM] = &sa_claim_type,
        [MATCHER_REVIEW] = &sa_review_type,
        [MATCHER_MEMBERSHIP] = &sa_membership_type,
        [MATCHER_STEP] = &sa_step_type,
        [MATCHER_MEMBERS] = &sa_membership_change_type,
        [MATCHER_PAYEE] = &sa_payee_change_type,
        [MATCHER_REQUEST] = &sa_household_request_type,
        [MATCHER_ERASURE] = &sa_erasure_type,
    };
    BUS_CHECK(kind < MATCHER_EVENT_KINDS);
    return types[kind];
}

/* A department's topic has the steps before its decisions, and changes of the
 * payee, too; ours of memberships what a source said of whom others name, that
 * of their changes the erasures. */
static enum matcher_event_kind kind_of(const struct matcher_work *w)
{
    const struct bus_wire_type *is =
        bus_role_types_of_value(process_type_of(w->in->kind), w->m->value);
    return is == &sa_step_type             ? MATCHER_STEP
           : is == &sa_payee_change_type   ? MATCHER_PAYEE
           : is == &sa_erasure_type        ? MATCHER_ERASURE
           : is == &sa_facts_reported_type ? MATCHER_FACTS
                                           : w->in->kind;
}

/* --- the household's state --- */

/* Our own bytes: if they cannot be read, it is not the event's fault. */
static int own_fault(int rc, struct bus_err *err)
{
    if (rc == BUS_OK || bus_err_act((enum bus_errc)rc) != BUS_ACT_REJECT) {
        return rc;
    }
    return bus_fail(err, BUS_EBUG, "a household's state cannot be read");
}

/* The household as it stands: of this batch over the disk's, or new. */
static int load_state(struct matcher_work *w,
                      struct batch_state_slot *slot,
                      struct sa_household_state *ret,
                      struct bus_err *err)
{
    BUS_CHECK(slot->partition == w->m->partition);
    BUS_CHECK(w->part->store != NULL);
    struct matcher_parted *h = &w->state;
    struct bus_strv bundle;
    *h = (struct matcher_parted){.schemas = w->lane->schemas,
                                 .names = &w->part->names,
                                 .mem = &w->lane->event};
    BUS_TRY(
        matcher_store_get(w->part->store, &w->household, h->mem, &bundle, err));
    BUS_TRY(matcher_parts_read(bundle, h->mem, &h->parts, err));
    BUS_TRY(matcher_batch_state_over(slot, &h->parts, h->mem, err));
    return own_fault(matcher_parted_open(h, &w->household, ret, err), err);
}

static int
load_rest(void *data, struct sa_household_state *st, struct bus_err *err)
{
    struct matcher_work *w = data;
    return own_fault(matcher_parted_facts(&w->state, st, err), err);
}

/* What has changed of the state, kept for the end of the batch. Nothing fails
 * behind it. */
static int keep_state(struct matcher_work *w,
                      struct batch_state_slot *slot,
                      struct sa_household_state *st,
                      bool forget,
                      struct bus_err *err)
{
    struct matcher_parts parts;
    const struct batch_state_key *key = NULL;
    bool *changed = NULL;
    int64_t most = w->s->frame.config.kafka.message_bytes_max;
    size_t room = (size_t)(most > 0 ? most : MESSAGE_BYTES_MAX) - MESSAGE_MORE;
    BUS_TRY(matcher_keys_seal(w, st, forget, &key, err));
    BUS_TRY(matcher_parted_close(&w->state, st, &parts, &changed, err));
    BUS_CHECK(parts.n > 0);
    for (uint32_t i = 0; i < parts.n; i++) {
        if (changed[i] && parts.v[i].n > room) {
            return bus_fail(err, BUS_ETOOBIG,
                            "the household's state has a part of %zu bytes",
                            parts.v[i].n);
        }
    }
    BUS_TRY(matcher_batch_state_reserve(slot, &parts, changed, &w->lane->batch,
                                        err));
    matcher_batch_state_keep(slot, &parts, changed);
    slot->key = key;
    return BUS_OK;
}

/* --- one event --- */

static bool seals_anything(const struct matcher_outputs *outs)
{
    BUS_CHECK(outs->n <= outs->cap);
    for (size_t i = 0; i < outs->n; i++) {
        if (outs->v[i].seal_for.n > 0 || outs->v[i].payee) {
            return true;
        }
    }
    return false;
}

/* The second lock for torn transactions, beside the one of restore.c: the event
 * at this place has written the household's state before, with its outputs. */
static int outputs_once(const struct matcher_work *w, struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    if (!matcher_parts_marked(&w->state.parts, w->state.mark)) {
        return BUS_OK;
    }
    return bus_fail(err, BUS_EBUG,
                    "%s[%d] offset %lld, household %s: its outputs were "
                    "written before: a transaction was committed half, or the "
                    "group's offsets went back; nothing more is written here "
                    "(ops/decisions/0023)",
                    w->in->topic, w->m->partition, (long long)w->m->offset,
                    bus_id_text(&w->household, id));
}

static int put_all(struct matcher_work *w,
                   struct batch_state_slot *slot,
                   struct sa_household_state *st,
                   const struct matcher_outputs *outs,
                   struct bus_err *err)
{
    BUS_CHECK(outs->n <= MATCHER_OUTPUTS_MAX);
    if (outs->n > 0) {
        BUS_TRY(outputs_once(w, err));
    }
    if (seals_anything(outs)) {
        BUS_TRY(load_rest(w, st, err));
        BUS_TRY(matcher_open_personal(w, st, err));
    }
    for (size_t i = 0; i < outs->n; i++) {
        BUS_TRY(matcher_put_output(w, &outs->v[i], err));
    }
    return outs->changed ? keep_state(w, slot, st, outs->forget, err) : BUS_OK;
}

/* A review whose key is all zero is for every household of its partition. */
static bool is_notice(const struct matcher_work *w)
{
    struct bus_id id;
    return w->in->kind == MATCHER_REVIEW && bus_id_parse(w->m->key, &id) &&
           bus_id_is_nil(&id);
}

/* Who applies beside whom the household's case knows, the open or the last. */
static int process_applicant(struct matcher_work *w,
                             struct sa_household_state *st,
                             struct matcher_event *event,
                             struct matcher_rest *rest,
                             struct bus_err *err)
{
    if (event->kind != MATCHER_APPLICATION ||
        (!st->case_open && st->case_no == 0)) {
        return BUS_OK;
    }
    BUS_CHECK(rest->load != NULL);
    if (!rest->there) {
        BUS_TRY(load_rest(w, st, err));
        rest->there = true;
    }
    return matcher_open_applicant(w, st, event->record, &event->differs, err);
}

static int process_decide(struct matcher_work *w,
                          struct matcher_event *event,
                          struct bus_err *err)
{
    struct batch_state_slot *slot = matcher_batch_state_get(
        &w->lane->batch_state, &w->household, w->m->partition);
    struct sa_household_state st;
    w->slot = slot;
    BUS_TRY(load_state(w, slot, &st, err));
    memcpy(&w->cause, event->record, sizeof(w->cause)); /* event_id is first */
    matcher_mark_make(bus_strv(w->in->topic), w->m->partition, w->m->offset,
                      &w->cause, w->state.mark);
    struct matcher_rest rest = {.load = load_rest,
                                .data = w,
                                .size = w->state.size,
                                .there = w->state.facts_there};
    struct matcher_outputs outs;
    event->rest = &rest;
    BUS_TRY(process_applicant(w, &st, event, &rest, err));
    int rc = matcher_decide(&w->lane->rules, &st, event, &w->lane->event, &outs,
                            err);
    if (rc != BUS_OK) {
        w->reason_code = outs.reason_code;
        return rc;
    }
    w->lane->duplicates += outs.duplicate && !outs.changed;
    w->trace = bus_kafka_msg_header(w->m, "traceparent");
    return put_all(w, slot, &st, &outs, err);
}

/* A claim names no household: its need's number is its key, and what stands
 * beside it leads home. One of an earlier need has the household's id. */
static int find_home(struct matcher_work *w,
                     const struct sa_claim *c,
                     struct matcher_event *e,
                     struct bus_err *err)
{
    const struct bus_role_need need = {c->need_id, c->case_id};
    struct bus_id home;
    BUS_CHECK(e->kind == MATCHER_CLAIM);
    e->of_need = bus_id_eq(&w->household, &c->need_id);
    for (size_t i = 0; e->of_need && i < SUMS_MAX &&
                       bus_role_need_home(w->lane->keys, i, &need, &home);
         i++) {
        struct bus_strv there = {0};
        BUS_TRY(matcher_store_get(w->part->store, &home, &w->lane->event,
                                  &there, err));
        if (there.n > 0) { /* its need came out of an earlier batch */
            w->household = home;
            return bus_role_keyed_same(&c->need_id, &c->household_id,
                                       &w->reason_code, err);
        }
    }
    if (!e->of_need) {
        return BUS_OK;
    }
    w->reason_code = "NEED_UNKNOWN";
    return bus_fail(err, BUS_EUNKNOWN,
                    "the claim does not repeat a need that was published");
}

static int matcher_process_handle(struct matcher_work *w, struct bus_err *err)
{
    struct bus_arena *mem = &w->lane->event;
    void *record = NULL;
    bool notice = is_notice(w);
    enum matcher_event_kind kind = kind_of(w);
    if (!notice) {
        BUS_TRY(bus_role_keyed_read(
            w->m, (int32_t)w->s->frame.config.kafka.partitions, &w->household,
            &w->reason_code, err));
    }
    BUS_TRY(bus_wire_decode(w->lane->schemas, process_type_of(kind),
                            w->m->value, mem, &record, err));
    BUS_CHECK(record != NULL);
    if (notice) {
        const struct sa_review *first = record; /* of the day's stretches */
        BUS_TRY(first->has_behind
                    ? BUS_OK
                    : matcher_keys_beat(w->s, w->m->partition, w->out, err));
        return matcher_review_partition(w->s, w->lane, w->m, record, w->out,
                                        err);
    }
    struct matcher_event event = {.kind = kind,
                                  .record = record,
                                  .partner = w->in->partner,
                                  .bytes = w->m->value,
                                  .handed_on = kind == MATCHER_FACTS &&
                                               w->in->kind != kind,
                                  .arrived_ms = w->m->timestamp_ms};
    if (kind == MATCHER_PAYEE) {
        BUS_TRY(matcher_open_payee(w, record, err));
    } else if (kind == MATCHER_CLAIM) {
        BUS_TRY(find_home(w, record, &event, err));
    }
    return process_decide(w, &event, err);
}

/* What is wrong with the message itself, told apart from our own trouble. */
static bool is_reject(const struct matcher_work *w, int rc)
{
    BUS_CHECK(rc != BUS_OK);
    return bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT ||
           (rc == BUS_EBUG && w->reason_code != NULL);
}

static int process_reject(struct matcher_work *w, struct bus_err *err)
{
    BUS_CHECK(w->in->owner != NULL);
    struct matcher_shell *s = w->s;
    const char *lead = s->frame.config.county.lead;
    struct bus_err second;
    struct bus_role_dead_letter d = {
        .msg = w->m,
        .reason_code = w->reason_code,
        .why = err,
        .owner = lead != NULL && matcher_tells_of_person(w->reason_code)
                     ? lead
                     : w->in->owner,
        .source = s->frame.source,
        .now_ms = bus_clock_system.wall_ms(NULL),
        .metrics = s->frame.metrics,
    };
    w->lane->rejected++;
    bus_kafka_out_undo(w->out);
    bus_arena_reset(&w->lane->event); /* it may be full */
    int rc = bus_role_dead_letter_put(w->out, s->out_dead_letters, &d,
                                      &w->lane->event, &second);
    if (rc != BUS_OK && err != NULL) {
        *err = second;
    }
    return rc;
}

static int process_one(struct matcher_work *w, struct bus_err *err)
{
    bus_arena_reset(&w->lane->event);
    w->lane->events++;
    int rc = matcher_process_handle(w, err);
    rc = bus_arena_cause(&w->lane->event, rc, err);
    if (rc != BUS_OK && is_reject(w, rc)) {
        rc = process_reject(w, err);
    }
    return rc == BUS_OK ? bus_kafka_out_done(w->out, err) : rc;
}

/* --- the batch --- */

static int put_state(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     const struct batch_state_slot *slot,
                     struct bus_kafka_out *out,
                     struct bus_err *err)
{
    BUS_CHECK(s->partitions[slot->partition] != NULL);
    char key[MATCHER_PART_KEY + 1];
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct batch_state_part *p = &slot->parts[i];
        struct bus_kafka_put put = {
            .partition = slot->partition,
            .key = matcher_part_key(&slot->id, p->part, key),
            .value = p->framed,
        };
        if (p->framed.n > 0) {
            BUS_TRY(bus_kafka_out_put(out, s->out_households, &put, err));
        }
    }
    return matcher_keys_put(s, lane, slot, out, err);
}

/* New words go out with what is written in them. */
static int put_names(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     int32_t partition,
                     struct bus_kafka_out *out,
                     struct bus_err *err)
{
    struct matcher_partition *p = s->partitions[partition];
    BUS_CHECK(p->names.written <= p->names.n);
    struct bus_kafka_put put = {.partition = partition,
                                .key = BUS_STRV(MATCHER_NAMES_KEY)};
    if (p->names.n == p->names.written) {
        return BUS_OK;
    }
    BUS_TRY(matcher_names_encode(&p->names, &lane->batch, &put.value, err));
    return bus_kafka_out_put(out, s->out_households, &put, err);
}

static int put_states(struct matcher_shell *s,
                      int lane_no,
                      struct bus_kafka_out *out,
                      struct bus_err *err)
{
    struct matcher_lane *lane = &s->lanes[lane_no];
    int32_t partitions = (int32_t)s->frame.config.kafka.partitions;
    BUS_CHECK(partitions <= MATCHER_PARTITIONS_MAX);
    for (int32_t p = lane_no; p < partitions; p += s->lane_count) {
        if (s->partitions[p] != NULL) {
            BUS_TRY(put_names(s, lane, p, out, err));
        }
    }
    for (size_t i = 0; i < lane->batch_state.count; i++) {
        BUS_TRY(put_state(
            s, lane, matcher_batch_state_at(&lane->batch_state, i), out, err));
    }
    return bus_kafka_out_done(out, err);
}

/* What nobody has told yet; any lane. */
static void
tell_series(struct bus_series *to, _Atomic uint64_t *told, uint64_t now)
{
    uint64_t before = atomic_load(told);
    while (before < now) {
        if (atomic_compare_exchange_weak(told, &before, now)) {
            bus_run_series_add(to, now - before);
            break;
        }
    }
}

static void tell_seals(struct matcher_shell *s)
{
    struct bus_wire_sm2_cost cost = bus_wire_sm2_tables_cost(s->rules.seals);
    tell_series(s->seals, &s->seals_told, cost.verified);
    tell_series(s->seals_cpu, &s->seals_cpu_told, cost.cpu_ns / 1000);
}

int matcher_process(void *data,
                    int lane_no,
                    const struct bus_kafka_msg *msgs,
                    size_t n,
                    struct bus_kafka_out *out,
                    struct bus_err *err)
{
    struct matcher_shell *s = data;
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    struct matcher_lane *lane = &s->lanes[lane_no];
    const struct bus_register *held = lane->rules.registers;
    bus_catalogue_register_watch_hold(s->registers, &held);
    lane->rules = s->rules;
    BUS_CHECK(held != NULL); /* without one everybody's word would count */
    lane->rules.registers = held;
    lane->rules.versions = atomic_load(&s->versions);
    BUS_TRY(matcher_make_sound(s, lane_no, err));
    for (size_t i = 0; i < n; i++) {
        BUS_CHECK((size_t)msgs[i].partition < MATCHER_PARTITIONS_MAX);
        BUS_CHECK((size_t)msgs[i].topic_index < s->input_count);
        struct matcher_work w = {.s = s,
                                 .lane = lane,
                                 .m = &msgs[i],
                                 .in = &s->inputs[msgs[i].topic_index],
                                 .part = s->partitions[msgs[i].partition],
                                 .out = out};
        BUS_CHECK(w.part != NULL);
        BUS_TRY(process_one(&w, err));
    }
    tell_seals(s);
    bus_wire_keyring_forget(lane->keys);
    return put_states(s, lane_no, out, err);
}

/* --- its end --- */

/* How far the topic is known to have gone; told now and then, not each time.
 * What the disk has beyond that is read again after a restart, to the same. */
static int64_t applied_now(const struct matcher_shell *s,
                           const struct bus_kafka_written *w,
                           size_t n,
                           int32_t partition)
{
    BUS_CHECK(s->partitions[partition] != NULL);
    for (size_t i = 0; i < n; i++) {
        if (w[i].topic == s->out_households && w[i].partition == partition) {
            return w[i].next_offset;
        }
    }
    return matcher_store_applied(s->partitions[partition]->store);
}

static int write_household(struct matcher_lane *lane,
                           struct store *store,
                           const struct batch_state_slot *slot,
                           struct bus_err *err)
{
    BUS_CHECK(slot->count > 0);
    struct bus_arena *mem = &lane->event;
    struct matcher_parts parts;
    struct bus_strv bundle;
    bus_arena_reset(mem);
    BUS_TRY(matcher_store_get(store, &slot->id, mem, &bundle, err));
    BUS_TRY(matcher_parts_read(bundle, mem, &parts, err));
    BUS_TRY(matcher_batch_state_over(slot, &parts, mem, err));
    if (parts.n == 0) {
        return BUS_OK;
    }
    BUS_TRY(matcher_parts_bundle(&parts, mem, &bundle, err));
    return matcher_store_put(store, &slot->id, bundle, err);
}

static int write_names(struct matcher_lane *lane,
                       struct matcher_partition *p,
                       struct bus_err *err)
{
    BUS_CHECK(p->names.written <= p->names.n);
    static const struct bus_id nobody;
    struct bus_strv framed;
    if (p->names.n == p->names.written) {
        return BUS_OK;
    }
    bus_arena_reset(&lane->event);
    BUS_TRY(matcher_names_encode(&p->names, &lane->event, &framed, err));
    BUS_TRY(matcher_store_put(p->store, &nobody, framed, err));
    p->names.written = p->names.n;
    return BUS_OK;
}

static int write_partition(struct matcher_lane *lane,
                           struct matcher_partition *p,
                           int32_t partition,
                           int64_t applied,
                           struct bus_err *err)
{
    BUS_CHECK(p->store != NULL);
    bool any = p->names.n > p->names.written ||
               applied != matcher_store_applied(p->store);
    BUS_TRY(write_names(lane, p, err));
    for (size_t i = 0; i < lane->batch_state.count; i++) {
        const struct batch_state_slot *slot =
            matcher_batch_state_at(&lane->batch_state, i);
        if (slot->partition == partition && slot->count > 0) {
            BUS_TRY(matcher_keys_keep(p, slot, err));
            BUS_TRY(write_household(lane, p->store, slot, err));
            any = true;
        }
    }
    return any ? matcher_store_commit(p->store, applied, err) : BUS_OK;
}

static void end_batch(struct matcher_lane *lane)
{
    matcher_batch_state_clear(&lane->batch_state);
    bus_arena_reset(&lane->batch);
}

int matcher_committed(void *data,
                      int lane_no,
                      const struct bus_kafka_written *w,
                      size_t n,
                      struct bus_err *err)
{
    struct matcher_shell *s = data;
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    struct matcher_lane *lane = &s->lanes[lane_no];
    int32_t partitions = (int32_t)s->frame.config.kafka.partitions;
    for (int32_t i = lane_no; i < partitions; i += s->lane_count) {
        struct matcher_partition *p = s->partitions[i];
        if (p == NULL) {
            continue;
        }
        int rc = write_partition(lane, p, i, applied_now(s, w, n, i), err);
        if (rc != BUS_OK) {
            matcher_store_abort(p->store);
            p->behind = true; /* the topic has it: read again from there */
            bus_log(BUS_LOG_WARN, "a partition's state is not on disk",
                    "partition=%d err=\"%s\"", i, err ? err->msg : "");
        }
    }
    end_batch(lane);
    return BUS_OK;
}

void matcher_aborted(void *data, int lane_no)
{
    struct matcher_shell *s = data;
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    int32_t partitions = (int32_t)s->frame.config.kafka.partitions;
    for (int32_t i = lane_no; i < partitions; i += s->lane_count) {
        if (s->partitions[i] != NULL) {
            s->partitions[i]->doubtful = true;
        }
    }
    end_batch(&s->lanes[lane_no]);
}
