/* One batch: for each message decode, decide, encode.
 *
 * - well                        the new state and its events are put out
 * - seen before                 nothing
 * - bad (BUS_ACT_REJECT)        a dead letter with the bytes; others flow on
 * - our own trouble             the batch is aborted (RETRY) or all stops
 *
 * A later message of the batch sees the state an earlier one left: the overlay
 * before the disk. committed() writes the overlay to disk, aborted() drops it.
 */
#include <assert.h>
#include <string.h>

#include "bus/role/keyed.h"
#include "consumers/matcher/parts.h"
#include "consumers/matcher/shell.h"
#include "schemas/personal.h"

#define WRITE_BYTES (256u << 10) /* of states in one step to the disk */

struct work
{
    struct matcher_shell *s;
    struct matcher_lane *lane;
    const struct bus_kafka_msg *m;
    const struct matcher_input *in;
    struct bus_kafka_out *out;
    struct bus_id household;
    const char *reason_code;
    struct bus_strv personal; /* opened once an event */
    struct bus_id cause;
    struct bus_strv trace;
};

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
    };
    return types[kind];
}

static int check_key(struct work *w, struct bus_err *err)
{
    return bus_role_keyed_read(w->m,
                               (int32_t)w->s->frame.config.kafka.partitions,
                               &w->household, &w->reason_code, err);
}

/* The household as it stands: of this batch, of the disk, or new. */
static int load_state(struct work *w,
                      struct batch_state_slot *slot,
                      struct sa_household_state **ret,
                      struct bus_err *err)
{
    struct bus_arena *mem = &w->lane->event;
    struct bus_strv bytes = slot->state;
    struct store *store = w->s->stores[w->m->partition];
    int rc = BUS_OK;
    if (bytes.p == NULL) {
        rc = matcher_store_get(store, &w->household, &bytes, err);
    }
    if (rc == BUS_OK && bytes.p == NULL) {
        *ret = bus_arena_calloc(mem, 1, sizeof(**ret));
        return *ret ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a household");
    }
    void *record = NULL;
    rc = rc == BUS_OK
             ? bus_wire_decode(w->lane->schemas, &sa_household_state_type,
                               bytes, mem, &record, err)
             : rc;
    *ret = record;
    /* Our own bytes: if they cannot be read, it is not the event's fault. */
    return rc == BUS_OK
               ? rc
               : bus_fail(err, BUS_EBUG, "a household's state cannot be read");
}

static int process_open_personal(struct work *w,
                                 const struct sa_household_state *st,
                                 struct bus_err *err)
{
    if (!st->has_personal) {
        return BUS_OK;
    }
    struct bus_wire_binding b = {"application", "personal",
                                 &st->personal_event};
    int rc = bus_wire_open(w->lane->keys, &b, st->personal, &w->lane->event,
                           &w->personal, err);
    if (rc != BUS_OK) {
        w->reason_code = "DECRYPT_FAILED";
    }
    return rc;
}

static int matcher_process_seal(struct work *w,
                                const struct matcher_output *o,
                                const char *record,
                                bool *has,
                                struct bus_strv *field,
                                struct bus_err *err)
{
    if (o->seal_for.n == 0 || w->personal.n == 0) {
        return BUS_OK;
    }
    struct bus_strv plain = w->personal;
    int rc = o->withheld == 0
                 ? BUS_OK
                 : matcher_personal_without(w->personal, o->withheld,
                                            &w->lane->event, &plain, err);
    size_t n = plain.n + BUS_WIRE_SEAL_BYTES;
    uint8_t *to = rc ? NULL : bus_arena_alloc(&w->lane->event, n);
    struct bus_wire_binding b = {record, "personal", &o->event_id};
    if (to == NULL) {
        return rc ? rc : bus_fail(err, BUS_ENOMEM, "a sealed field");
    }
    rc = bus_wire_seal(w->lane->keys, o->seal_for, &b, plain, to, err);
    *has = rc == BUS_OK;
    *field = (struct bus_strv){(char *)to, n};
    return rc;
}

static int32_t route_of(const struct matcher_shell *s,
                        const struct matcher_output *o)
{
    for (size_t i = 0; i < s->route_count; i++) {
        if (s->routes[i].topic == o->topic &&
            bus_strv_eq(s->routes[i].partner, o->partner)) {
            return s->routes[i].output;
        }
    }
    return -1;
}

static int32_t partition_of(const struct matcher_shell *s,
                            const struct bus_id *household)
{
    char key[BUS_ID_TEXT + 1];
    struct bus_strv text = {bus_id_text(household, key), BUS_ID_TEXT};
    return bus_kafka_partition_of(text,
                                  (int32_t)s->frame.config.kafka.partitions);
}

static int
put_output(struct work *w, const struct matcher_output *o, struct bus_err *err)
{
    static const struct
    {
        const struct bus_wire_type *type;
        const char *ce_type;
    } kinds[] = {
        [MATCHER_OUT_EVALUATIONS] = {&sa_evaluation_type, "sa.evaluation.v1"},
        [MATCHER_OUT_ASSIGNMENTS] = {&sa_assignment_type, "sa.assignment.v1"},
        [MATCHER_OUT_VERIFICATIONS] = {&sa_verification_request_type,
                                       "sa.verification_request.v1"},
        [MATCHER_OUT_CASES] = {&sa_case_event_type, "sa.case_event.v1"},
        [MATCHER_OUT_PARKED] = {&sa_parked_note_type, "sa.parked_note.v1"},
        [MATCHER_OUT_MEMBERSHIPS] = {&sa_membership_type, "sa.membership.v1"},
    };
    void *record = (void *)(uintptr_t)o->record;
    int64_t at = 0;
    int rc = BUS_OK;
    if (o->topic == MATCHER_OUT_ASSIGNMENTS) {
        struct sa_assignment *a = record;
        at = a->occurred_at;
        rc = matcher_process_seal(w, o, "assignment", &a->has_personal,
                                  &a->personal, err);
    } else if (o->topic == MATCHER_OUT_VERIFICATIONS) {
        struct sa_verification_request *q = record;
        at = q->occurred_at;
        rc = matcher_process_seal(w, o, "verification_request",
                                  &q->has_personal, &q->personal, err);
    } else if (o->topic == MATCHER_OUT_CASES) {
        struct sa_case_event *c = record;
        at = c->occurred_at;
        rc = matcher_process_seal(w, o, "case_event", &c->has_personal,
                                  &c->personal, err);
    } else if (o->topic == MATCHER_OUT_EVALUATIONS) {
        at = ((struct sa_evaluation *)record)->occurred_at;
    } else if (o->topic == MATCHER_OUT_MEMBERSHIPS) {
        at = ((struct sa_membership *)record)->occurred_at;
    } else {
        at = ((struct sa_parked_note *)record)->occurred_at;
    }
    int32_t topic = route_of(w->s, o);
    bool elsewhere = !bus_id_is_nil(&o->household_id);
    if (rc == BUS_OK && topic < 0) {
        rc = bus_fail(err, BUS_ECONFIG,
                      "no topic for '%.*s'; is there a partner of that code?",
                      BUS_STRV_ARG(o->partner));
    }
    struct bus_role_emit e = {
        .type = kinds[o->topic].type,
        .record = o->record,
        .ce_type = kinds[o->topic].ce_type,
        .source = w->s->frame.source,
        .event_id = o->event_id,
        .household_id = elsewhere ? o->household_id : w->household,
        .case_id = o->case_id,
        .cause_id = w->cause,
        .occurred_at = at,
        .traceparent = w->trace,
    };
    int32_t to =
        elsewhere ? partition_of(w->s, &o->household_id) : w->m->partition;
    return rc == BUS_OK ? bus_role_emit_put(w->out, topic, to, &e, err) : rc;
}

static int put_state(struct work *w,
                     struct batch_state_slot *slot,
                     const struct sa_household_state *state,
                     const struct matcher_outputs *outs,
                     struct bus_err *err)
{
    const struct bus_wire_type *type = &sa_household_state_type;
    struct sa_household_state copy = *state, *st = &copy;
    if (outs->facts.n > 0 && outs->facts_of == st->facts.v &&
        outs->facts_n == st->facts.n) {
        st->facts.v = (void *)(uintptr_t)&outs->facts;
        st->facts.n = BUS_WIRE_ENCODED;
    }
    size_t n = bus_wire_size(type, st);
    uint8_t *p = bus_arena_alloc(&w->lane->batch, n + BUS_WIRE_FRAME_BYTES);
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a household's state");
    }
    (void)bus_wire_encode_at(type, st, bus_wire_frame_at(type->id, p));
    struct bus_kafka_put put = {
        .partition = w->m->partition,
        .key = w->m->key,
        .value = {(char *)p, n + BUS_WIRE_FRAME_BYTES},
    };
    int rc = bus_kafka_out_put(w->out, w->s->out_households, &put, err);
    if (rc == BUS_OK) { /* the last that is put: nothing is refused now */
        slot->state = put.value;
    }
    return rc;
}

static int put_all(struct work *w,
                   struct batch_state_slot *slot,
                   const struct sa_household_state *st,
                   const struct matcher_outputs *outs,
                   struct bus_err *err)
{
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < outs->n; i++) {
        rc = put_output(w, &outs->v[i], err);
    }
    return rc == BUS_OK && outs->changed ? put_state(w, slot, st, outs, err)
                                         : rc;
}

static bool seals_anything(const struct matcher_outputs *outs)
{
    for (size_t i = 0; i < outs->n; i++) {
        if (outs->v[i].seal_for.n > 0) {
            return true;
        }
    }
    return false;
}

/* A review whose key is all zero is for every household of its partition. */
static bool is_notice(const struct work *w)
{
    struct bus_id id;
    return w->in->kind == MATCHER_REVIEW && bus_id_parse(w->m->key, &id) &&
           bus_id_is_nil(&id);
}

static int matcher_process_handle(struct work *w, struct bus_err *err)
{
    struct bus_arena *mem = &w->lane->event;
    void *record = NULL;
    bool notice = is_notice(w);
    int rc = notice ? BUS_OK : check_key(w, err);
    rc = rc == BUS_OK
             ? bus_wire_decode(w->lane->schemas, process_type_of(w->in->kind),
                               w->m->value, mem, &record, err)
             : rc;
    if (rc != BUS_OK || notice) {
        return rc ? rc
                  : matcher_review_partition(w->s, w->lane, w->m, record,
                                             w->out, err);
    }
    struct batch_state_slot *slot = matcher_batch_state_get(
        &w->lane->batch_state, &w->household, w->m->partition);
    struct sa_household_state *st = NULL;
    rc = load_state(w, slot, &st, err);
    if (rc != BUS_OK) {
        return rc;
    }
    if (st->sequence == 0) {
        st->household_id = w->household;
    }
    struct matcher_event event = {.kind = w->in->kind,
                                  .record = record,
                                  .partner = w->in->partner,
                                  .bytes = w->m->value};
    struct matcher_outputs outs;
    rc = matcher_decide(&w->lane->rules, st, &event, mem, &outs, err);
    if (rc != BUS_OK) {
        w->reason_code = outs.reason_code;
        return rc;
    }
    w->lane->duplicates += outs.duplicate && !outs.changed;
    if (seals_anything(&outs)) {
        rc = process_open_personal(w, st, err);
    }
    w->trace = bus_kafka_msg_header(w->m, "traceparent");
    memcpy(&w->cause, record, sizeof(w->cause)); /* event_id is first */
    return rc == BUS_OK ? put_all(w, slot, st, &outs, err) : rc;
}

/* What is wrong with the message itself, told apart from our own trouble. */
static bool is_reject(const struct work *w, int rc)
{
    return bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT ||
           (rc == BUS_EBUG && w->reason_code != NULL);
}

int matcher_process(void *data,
                    int lane_no,
                    const struct bus_kafka_msg *msgs,
                    size_t n,
                    struct bus_kafka_out *out,
                    struct bus_err *err)
{
    struct matcher_shell *s = data;
    struct matcher_lane *lane = &s->lanes[lane_no];
    struct store *reading[BUS_KAFKA_LANES_MAX * 32];
    size_t open = 0;
    int rc = BUS_OK;
    int32_t seen = -1;
    lane->rules = s->rules;
    lane->rules.versions = atomic_load(&s->versions);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        struct store *store = s->stores[msgs[i].partition];
        assert(store != NULL);
        bool have = msgs[i].partition == seen;
        for (size_t k = 0; !have && k < open; k++) {
            have = reading[k] == store;
        }
        seen = msgs[i].partition;
        if (!have) {
            rc = matcher_store_read_begin(store, err);
            if (rc != BUS_OK) {
                break;
            }
            assert(open < sizeof(reading) / sizeof(reading[0]));
            reading[open++] = store;
        }
        struct work w = {.s = s,
                         .lane = lane,
                         .m = &msgs[i],
                         .in = &s->inputs[msgs[i].topic_index],
                         .out = out};
        bus_arena_reset(&lane->event);
        lane->events++;
        rc = matcher_process_handle(&w, err);
        rc = bus_arena_cause(&lane->event, rc, err);
        if (rc != BUS_OK && is_reject(&w, rc)) {
            struct bus_role_dead_letter d = {
                .msg = w.m,
                .reason_code = w.reason_code,
                .why = err,
                .owner = w.in->owner,
                .source = s->frame.source,
                .now_ms = bus_clock_system.wall_ms(NULL),
                .metrics = s->frame.metrics,
            };
            struct bus_err second;
            lane->rejected++;
            bus_kafka_out_undo(out);
            bus_arena_reset(&lane->event); /* it may be full */
            rc = bus_role_dead_letter_put(out, s->out_dead_letters, &d,
                                          &lane->event, &second);
            if (rc != BUS_OK && err != NULL) {
                *err = second;
            }
        }
        rc = rc == BUS_OK ? bus_kafka_out_done(out, err) : rc;
    }
    for (size_t k = 0; k < open; k++) {
        matcher_store_read_end(reading[k]);
    }
    return rc;
}

/* How far the topic is known to have gone; told now and then, not each time.
 * What the disk has beyond that is read again after a restart, to the same. */
static int64_t applied_now(const struct matcher_shell *s,
                           const struct bus_kafka_written *w,
                           size_t n,
                           int32_t partition)
{
    for (size_t i = 0; i < n; i++) {
        if (w[i].topic == s->out_households && w[i].partition == partition) {
            return w[i].next_offset;
        }
    }
    return matcher_store_applied(s->stores[partition]);
}

/* In several steps: LMDB holds the changed pages of one in memory, and those of
 * the largest for good. */
static int write_partition(struct matcher_shell *s,
                           struct matcher_lane *lane,
                           int32_t partition,
                           int64_t applied,
                           struct bus_err *err)
{
    struct store *store = s->stores[partition];
    bool begun = false;
    size_t bytes = 0;
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < lane->batch_state.count; i++) {
        const struct batch_state_slot *slot =
            &lane->batch_state.slots[lane->batch_state.used[i]];
        if (slot->partition != partition || slot->state.p == NULL) {
            continue;
        }
        rc = begun ? BUS_OK : matcher_store_write_begin(store, err);
        begun = begun || rc == BUS_OK;
        rc = rc == BUS_OK
                 ? matcher_store_put(store, &slot->id, slot->state, err)
                 : rc;
        bytes += slot->state.n;
        if (rc == BUS_OK && bytes > WRITE_BYTES) {
            rc = matcher_store_write_commit(store, matcher_store_applied(store),
                                            err);
            begun = false;
            bytes = 0;
        }
    }
    if (rc == BUS_OK && !begun && applied != matcher_store_applied(store)) {
        rc = matcher_store_write_begin(store, err);
        begun = rc == BUS_OK;
    }
    if (rc != BUS_OK) {
        matcher_store_write_abort(store);
        return rc;
    }
    return begun ? matcher_store_write_commit(store, applied, err) : BUS_OK;
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
    struct matcher_lane *lane = &s->lanes[lane_no];
    int rc = BUS_OK;
    int32_t partitions = (int32_t)s->frame.config.kafka.partitions;
    for (int32_t p = lane_no; rc == BUS_OK && p < partitions;
         p += s->lane_count) {
        if (s->stores[p] != NULL) {
            rc = write_partition(s, lane, p, applied_now(s, w, n, p), err);
        }
    }
    end_batch(lane);
    return rc;
}

void matcher_aborted(void *data, int lane_no)
{
    struct matcher_shell *s = data;
    end_batch(&s->lanes[lane_no]);
}
