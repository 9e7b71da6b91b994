/* `lianou run dispatch`. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/conf/acls.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"
#include "bus/run/exit.h"
#include "consumers/dispatch/shell.h"

#define PAY_DAYS     5
#define DELIVER_DAYS 5
#define CLAIM_DAYS   5

static struct bus_strv bank_of(void *data, struct bus_strv fund)
{
    const struct bus_config *c = data;
    char code[32];
    const struct bus_fund *f =
        bus_conf_fund(c, bus_strv_copy(code, sizeof(code), fund));
    return bus_strv(f ? f->bank : "");
}

static int32_t once_from(void *data, struct bus_strv bank)
{
    const struct bus_config *c = data;
    char code[32];
    return bus_conf_once_from(
        bus_conf_partner(c, bus_strv_copy(code, sizeof(code), bank)));
}

static int
dispatch_assigned(void *data, int lane, int32_t p, struct bus_err *err)
{
    (void)data;
    (void)lane;
    (void)p;
    (void)err;
    return BUS_OK;
}

static void dispatch_revoked(void *data, int lane, int32_t p)
{
    (void)data;
    (void)lane;
    (void)p;
}

static int committed(void *data,
                     int lane,
                     const struct bus_kafka_written *w,
                     size_t n,
                     struct bus_err *err)
{
    (void)data;
    (void)lane;
    (void)w;
    (void)n;
    (void)err;
    return BUS_OK;
}

static void aborted(void *data, int lane)
{
    (void)data;
    (void)lane;
}

static void dispatch_failed(void *data, const struct bus_err *err)
{
    BUS_CHECK(err != NULL);
    struct dispatch_shell *s = data;
    bus_run_loop_stop(s->frame.loop, err);
}

static void dispatch_drain(void *data)
{
    struct dispatch_shell *s = data;
    bus_kafka_eos_close(s->eos, NULL, NULL);
    s->eos = NULL;
}

static int32_t dispatch_add_output(struct dispatch_shell *s,
                                   const char *what,
                                   const char *part)
{
    BUS_CHECK(s->output_count < DISPATCH_TOPICS_MAX);
    s->outputs[s->output_count].topic =
        bus_role_frame_topic(&s->frame, what, part);
    return (int32_t)s->output_count++;
}

static void dispatch_add_route(struct dispatch_shell *s,
                               enum dispatch_topic topic,
                               const char *what,
                               const char *part)
{
    BUS_CHECK(s->route_count < DISPATCH_TOPICS_MAX);
    s->routes[s->route_count++] = (struct dispatch_route){
        topic, bus_strv(part ? part : ""), dispatch_add_output(s, what, part)};
}

static int dispatch_topics(struct dispatch_shell *s, struct bus_err *err)
{
    BUS_CHECK(s->output_count == 0 && s->route_count == 0);
    const struct bus_config *c = &s->frame.config;
    s->rules =
        (struct dispatch_rules){.bank_of = bank_of,
                                .once_from = once_from,
                                .data = &s->frame.config,
                                .order_max_fen = c->money.order_max_fen,
                                .treasury_from = c->treasury.recurring_from,
                                .pay_days = PAY_DAYS,
                                .deliver_days = DELIVER_DAYS,
                                .claim_days = CLAIM_DAYS};
    if (c->partners_count * 2 + c->sources_count + 2 >= DISPATCH_TOPICS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "more than %d topics to write",
                        DISPATCH_TOPICS_MAX);
    }
    dispatch_add_route(s, DISPATCH_OUT_RESULTS, "dispatches", NULL);
    for (size_t i = 0; i < c->sources_count; i++) {
        if (bus_conf_source_told(c, &c->sources[i])) {
            dispatch_add_route(s, DISPATCH_OUT_NOTICES, "notices",
                               c->sources[i].code);
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        dispatch_add_route(s, DISPATCH_OUT_NOTICES, "notices", p->code);
        if (p->kind == BUS_PARTNER_BANK) {
            dispatch_add_route(s, DISPATCH_OUT_PAYMENTS, "payment-orders",
                               p->code);
        } else if (p->kind == BUS_PARTNER_POST) {
            dispatch_add_route(s, DISPATCH_OUT_DELIVERIES, "delivery-tasks",
                               p->code);
            s->rules.post = bus_strv(p->code);
            s->rules.cash_max_fen = p->cash ? p->cash_max_fen : 0;
        } else if (p->kind == BUS_PARTNER_CHARITY) {
            if (s->rules.charity_count == DISPATCH_CHARITIES_MAX) {
                return bus_fail(err, BUS_ECONFIG, "more than %d charities",
                                DISPATCH_CHARITIES_MAX);
            }
            s->rules.charities[s->rules.charity_count++] = bus_strv(p->code);
            dispatch_add_route(s, DISPATCH_OUT_NEEDS, "needs", p->code);
        }
    }
    s->out_dead_letters = dispatch_add_output(s, "dead-letters", NULL);
    return BUS_OK;
}

static int dispatch_open_lane(struct dispatch_shell *s,
                              struct dispatch_lane *lane,
                              struct bus_err *err)
{
    static const struct bus_role_key_need needs[] = {
        {"dispatch", BUS_ROLE_KEY_OPENS}, {"dispatch", BUS_ROLE_KEY_SUMS}};
    BUS_CHECK(lane->schemas == NULL && lane->keys == NULL);
    bus_arena_init(&lane->event, 64u << 10, DISPATCH_MESSAGE_BYTES);
    lane->schemas = bus_role_types_registry();
    return lane->schemas == NULL
               ? bus_fail(err, BUS_ENOMEM, "a lane")
               : bus_role_keyring_open(&s->frame.config, "dispatch", needs,
                                       sizeof(needs) / sizeof(needs[0]),
                                       &lane->keys, err);
}

static int dispatch_start(struct dispatch_shell *s, struct bus_err *err)
{
    static const struct bus_kafka_eos_ops ops = {
        .assigned = dispatch_assigned,
        .revoked = dispatch_revoked,
        .process = dispatch_process,
        .committed = committed,
        .aborted = aborted,
        .failed = dispatch_failed,
    };
    const struct bus_config *c = &s->frame.config;
    s->topics[0] = bus_role_frame_topic(&s->frame, "cases", NULL);
    s->topics[1] = bus_role_frame_topic(&s->frame, "dead-letters", NULL);
    static const bool calm[] = {true, true}; /* nobody waits for an order */
    BUS_TRY(dispatch_topics(s, err));
    s->lane_count = (int)c->matcher.lanes;
    BUS_CHECK(s->lane_count >= 1 && s->lane_count <= BUS_KAFKA_LANES_MAX);
    for (int i = 0; i < s->lane_count; i++) {
        BUS_TRY(dispatch_open_lane(s, &s->lanes[i], err));
    }
    struct bus_kafka_eos_conf conf = {
        .group = bus_arena_printf(&s->frame.mem, "%sdispatch", c->prefix),
        .instance = "1",
        .topics = s->topics,
        .topics_count = 2,
        .outputs = s->outputs,
        .outputs_count = s->output_count,
        .lanes = s->lane_count,
        .batch_max = (size_t)c->matcher.batch_max,
        .batch_wait_ms = c->matcher.batch_wait_ms,
        .calm = calm,
        .calm_wait_ms = c->matcher.answer_wait_ms,
        .ops = &ops,
        .data = s,
    };
    BUS_TRY(bus_run_loop_on_drain(s->frame.loop, dispatch_drain, s, err));
    return bus_kafka_eos_open(&s->frame.kafka, &conf, &s->eos, err);
}

static int dispatch_run(const struct bus_run_role_args *args)
{
    struct dispatch_shell *s = bus_calloc(1, sizeof(*s));
    struct bus_err err;
    if (s == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&s->frame, args, "dispatch");
    if (rc != BUS_EXIT_OK) {
        bus_free(s);
        return rc;
    }
    rc = dispatch_start(s, &err) == BUS_OK ? bus_role_frame_run(&s->frame)
                                           : bus_role_frame_fail(&err);
    for (int i = 0; i < s->lane_count; i++) {
        bus_wire_keyring_free(s->lanes[i].keys);
        bus_wire_registry_free(s->lanes[i].schemas);
        bus_arena_fini(&s->lanes[i].event);
    }
    bus_role_frame_close(&s->frame);
    bus_free(s);
    return rc;
}

const struct bus_run_role dispatch_role = {
    .name = "dispatch",
    .usage = "",
    .summary = "turns decisions into orders, tasks and needs",
    .run = dispatch_run,
};
