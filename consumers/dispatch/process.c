/* One batch of `cases`: each accepted decision becomes its orders. A record
 * that cannot be read or opened is a dead letter; others flow on. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/role/keyed.h"
#include "bus/role/need.h"
#include "bus/role/payee.h"
#include "bus/wire/framing.h"
#include "consumers/dispatch/shell.h"
#include "schemas/delivery_task.h"
#include "schemas/dispatch_result.h"
#include "schemas/need.h"
#include "schemas/payment_order.h"

struct work
{
    struct dispatch_shell *s;
    struct dispatch_lane *lane;
    const struct bus_kafka_msg *m;
    struct bus_kafka_out *out;
    const struct sa_case_event *event;
    const char *reason_code;
    struct bus_strv personal, by_hand; /* by_hand: without the account */
};

static const struct
{
    const struct bus_wire_type *type;
    const char *record, *ce_type;
} kinds[] = {
    [DISPATCH_OUT_RESULTS] = {&sa_dispatch_result_type, "dispatch_result",
                              "sa.dispatch_result.v1"},
    [DISPATCH_OUT_PAYMENTS] = {&sa_payment_order_type, "payment_order",
                               "sa.payment_order.v1"},
    [DISPATCH_OUT_DELIVERIES] = {&sa_delivery_task_type, "delivery_task",
                                 "sa.delivery_task.v1"},
    [DISPATCH_OUT_NOTICES] = {NULL, NULL, NULL}, /* notice.c */
    [DISPATCH_OUT_NEEDS] = {&sa_need_type, "need", "sa.need.v1"},
};

static int process_seal(struct work *w,
                        const struct dispatch_output *o,
                        struct bus_err *err)
{
    BUS_CHECK(o->topic < sizeof(kinds) / sizeof(kinds[0]) && o->record != NULL);
    if (!o->personal || w->personal.n == 0) {
        return BUS_OK;
    }
    struct bus_strv plain =
        o->topic == DISPATCH_OUT_DELIVERIES ? w->by_hand : w->personal;
    struct bus_strv sealed;
    struct bus_wire_binding b = {kinds[o->topic].record, "personal",
                                 &o->event_id};
    int rc = bus_wire_seal(w->lane->keys, o->partner, &b, plain,
                           &w->lane->event, &sealed, err);
    if (rc == BUS_OK && o->topic == DISPATCH_OUT_PAYMENTS) {
        struct sa_payment_order *r = o->record;
        r->has_personal = true;
        r->personal = sealed;
    } else if (rc == BUS_OK && o->topic == DISPATCH_OUT_DELIVERIES) {
        struct sa_delivery_task *r = o->record;
        r->has_personal = true;
        r->personal = sealed;
    }
    return rc;
}

static int process_put(struct work *w,
                       const struct dispatch_output *o,
                       struct bus_err *err)
{
    BUS_CHECK(w->event != NULL && !bus_id_is_nil(&o->event_id));
    int32_t topic = -1;
    for (size_t i = 0; i < w->s->route_count; i++) {
        if (w->s->routes[i].topic == o->topic &&
            bus_strv_eq(w->s->routes[i].partner, o->partner)) {
            topic = w->s->routes[i].output;
        }
    }
    if (topic < 0) {
        return bus_fail(err, BUS_ECONFIG, "no topic of partner '%.*s'",
                        BUS_STRV_ARG(o->partner));
    }
    int rc = process_seal(w, o, err);
    const struct sa_need *need =
        o->topic == DISPATCH_OUT_NEEDS ? o->record : NULL;
    struct bus_role_emit e = {
        .type = kinds[o->topic].type,
        .record = o->record,
        .ce_type = kinds[o->topic].ce_type,
        .source = w->s->frame.source,
        .event_id = o->event_id,
        .household_id = need ? need->household_id : w->event->household_id,
        .case_id = need ? need->case_id : w->event->case_id,
        .cause_id = w->event->event_id,
        .occurred_at = w->event->occurred_at,
        .traceparent = bus_kafka_msg_header(w->m, "traceparent"),
    };
    return rc == BUS_OK
               ? bus_role_emit_put(w->out, topic, w->m->partition, &e, err)
               : rc;
}

/* Opens the personal part of an accepted decision, and holds the account
 * against the one that was decided on. */
static int
process_payee(struct work *w, struct dispatch_payee *ret, struct bus_err *err)
{
    const struct sa_case_event *e = w->event;
    struct bus_arena *mem = &w->lane->event;
    struct bus_wire_binding b = {"case_event", "personal", &e->event_id};
    struct bus_strv body, none = BUS_STRV("");
    uint32_t id = 0;
    void *record = NULL;
    *ret = (struct dispatch_payee){.account = BUS_ROLE_PAYEE_UNKNOWN};
    if (e->kind != SA_CASE_EVENT_KIND_DECISION_ACCEPTED || !e->has_decision ||
        !e->has_personal) {
        return BUS_OK;
    }
    BUS_TRY(
        bus_wire_open(w->lane->keys, &b, e->personal, mem, &w->personal, err));
    BUS_TRY(bus_wire_unframe(w->personal, &id, &body, err));
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, mem, &record, err));
    const struct sa_personal *who = record;
    const struct sa_decision *d = &e->decision;
    struct sa_personal without = *who; /* the post needs no account */
    without.has_bank_code = without.has_account = false;
    without.has_account_holder = false;
    BUS_TRY(bus_wire_encode_framed(&sa_personal_type, &without, mem,
                                   &w->by_hand, err));
    ret->named = who->name.n > 0;
    ret->account =
        bus_role_payee_is(w->lane->keys, &e->household_id, &d->assignment_id,
                          who, d->has_payee_hash ? d->payee_hash : none);
    return BUS_OK;
}

/* The number of what stays uncovered. */
static int process_need(const struct work *w,
                        struct bus_role_need *ret,
                        struct bus_err *err)
{
    const struct sa_case_event *e = w->event;
    const struct sa_decision *d = &e->decision;
    BUS_CHECK(e != NULL);
    return e->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED && e->has_decision &&
                   d->uncovered_fen > 0
               ? bus_role_need_make(
                     w->lane->keys, &e->household_id, &d->assignment_id,
                     &d->decision_id,
                     (int32_t)w->s->frame.config.kafka.partitions, ret, err)
               : BUS_OK;
}

static int process_handle(struct work *w, struct bus_err *err)
{
    void *record = NULL;
    struct dispatch_outputs outs;
    struct bus_arena *mem = &w->lane->event;
    struct bus_id named;
    BUS_TRY(bus_role_keyed_read(w->m,
                                (int32_t)w->s->frame.config.kafka.partitions,
                                &named, &w->reason_code, err));
    BUS_TRY(bus_wire_decode(w->lane->schemas, &sa_case_event_type, w->m->value,
                            mem, &record, err));
    w->event = record;
    BUS_TRY(bus_role_keyed_same(&named, &w->event->household_id,
                                &w->reason_code, err));
    struct dispatch_payee payee;
    BUS_TRY(process_payee(w, &payee, err));
    struct bus_role_need need = {0};
    BUS_TRY(process_need(w, &need, err));
    BUS_TRY(
        dispatch_plan(&w->s->rules, w->event, &payee, &need, mem, &outs, err));
    BUS_CHECK(outs.n <= DISPATCH_OUTPUTS_MAX);
    for (size_t i = 0; i < outs.n; i++) {
        BUS_TRY(process_put(w, &outs.v[i], err));
    }
    return BUS_OK;
}

int dispatch_process(void *data,
                     int lane_no,
                     const struct bus_kafka_msg *msgs,
                     size_t n,
                     struct bus_kafka_out *out,
                     struct bus_err *err)
{
    struct dispatch_shell *s = data;
    struct dispatch_lane *lane = &s->lanes[lane_no];
    int rc = BUS_OK;
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        struct work w = {.s = s, .lane = lane, .m = &msgs[i], .out = out};
        bus_arena_reset(&lane->event);
        if (err != NULL) {
            err->code = BUS_OK; /* of this message, not of one before */
        }
        rc = bus_err_own(err, msgs[i].topic_index == 0
                                  ? process_handle(&w, err)
                                  : dispatch_notice(s, lane, w.m, out, err));
        rc = bus_arena_cause(&lane->event, rc, err);
        if (rc != BUS_OK && bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT) {
            struct bus_role_dead_letter d = {
                .msg = w.m,
                .reason_code = w.reason_code,
                .why = err,
                .owner = "dispatch",
                .source = s->frame.source,
                .now_ms = bus_clock_system.wall_ms(NULL),
                .metrics = s->frame.metrics,
            };
            struct bus_err second;
            bus_kafka_out_undo(out);
            bus_arena_reset(&lane->event); /* it may be full */
            rc = bus_role_dead_letter_put(out, s->out_dead_letters, &d,
                                          &lane->event, &second);
            if (rc != BUS_OK && err != NULL) {
                *err = second;
            }
        }
        if (rc == BUS_OK) {
            rc = bus_kafka_out_done(out, err);
        }
    }
    bus_wire_keyring_forget(lane->keys);
    return rc;
}
