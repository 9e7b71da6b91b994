/* `lianou run matcher`. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/catalogue/register_watch.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"
#include "bus/run/exit.h"
#include "consumers/matcher/catalogue_watch.h"
#include "consumers/matcher/keys/keys.h"
#include "consumers/matcher/shell.h"
#include "schemas/household_state.h"

#define VERIFICATION_DAYS 5 /* working days (domain: answer within 5 wd) */

static int32_t deadline(void *data, int32_t start, int32_t n, bool working)
{
    BUS_CHECK(data != NULL);
    return bus_policy_deadline(data, start, n, working);
}

static void matcher_failed(void *data, const struct bus_err *err)
{
    struct matcher_shell *s = data;
    bus_run_loop_stop(s->frame.loop, err);
}

static void matcher_drain(void *data)
{
    struct matcher_shell *s = data;
    BUS_CHECK(s->watch != NULL && s->registers != NULL);
    bus_kafka_eos_close(s->eos, NULL, NULL);
    s->eos = NULL;
    matcher_catalogue_watch_drain(s->watch);
    bus_catalogue_register_watch_drain(s->registers);
}

/* --- what it subscribes to and writes, from the configuration --- */

static int topics_add_input(struct matcher_shell *s,
                            enum matcher_event_kind kind,
                            const char *what,
                            const char *part,
                            struct bus_err *err)
{
    BUS_CHECK(s->input_count <= MATCHER_TOPICS_MAX);
    BUS_CHECK(kind < MATCHER_EVENT_KINDS);
    const char *topic = bus_role_frame_topic(&s->frame, what, part);
    if (topic == NULL || s->input_count == MATCHER_TOPICS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "more than %d topics to read",
                        MATCHER_TOPICS_MAX);
    }
    s->topics[s->input_count] = topic;
    s->calm[s->input_count] = kind != MATCHER_APPLICATION;
    s->inputs[s->input_count++] = (struct matcher_input){
        .topic = topic,
        .kind = kind,
        .partner = bus_strv(part ? part : ""),
        .owner = part ? part : what,
    };
    return BUS_OK;
}

static int32_t topics_add_output(struct matcher_shell *s,
                                 const char *what,
                                 const char *part,
                                 bool track)
{
    BUS_CHECK(s->output_count <= MATCHER_TOPICS_MAX);
    if (s->output_count == MATCHER_TOPICS_MAX) {
        return -1;
    }
    s->outputs[s->output_count] = (struct bus_kafka_eos_output){
        .topic = bus_role_frame_topic(&s->frame, what, part), .track = track};
    return (int32_t)s->output_count++;
}

static int topics_add_route(struct matcher_shell *s,
                            enum matcher_topic topic,
                            const char *what,
                            const char *part,
                            struct bus_err *err)
{
    BUS_CHECK(topic < MATCHER_OUT_TOPICS);
    int32_t out = topics_add_output(s, what, part, false);
    if (out < 0 || s->route_count == MATCHER_TOPICS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "more than %d topics to write",
                        MATCHER_TOPICS_MAX);
    }
    s->routes[s->route_count++] = (struct matcher_route){
        .topic = topic,
        .partner = bus_strv(part ? part : ""),
        .output = out,
    };
    return BUS_OK;
}

static int partner_topics(struct matcher_shell *s,
                          const struct bus_conf_partner *p,
                          struct bus_err *err)
{
    switch ((enum bus_conf_partner_kind)p->kind) {
    case BUS_PARTNER_DEPARTMENT:
        BUS_TRY(
            topics_add_input(s, MATCHER_DECISION, "decisions", p->code, err));
        return topics_add_route(s, MATCHER_OUT_ASSIGNMENTS, "assignments",
                                p->code, err);
    case BUS_PARTNER_BANK:
        return topics_add_input(s, MATCHER_PAYMENT, "payment-results", p->code,
                                err);
    case BUS_PARTNER_POST:
        return topics_add_input(s, MATCHER_RECEIPT, "delivery-receipts",
                                p->code, err);
    case BUS_PARTNER_INSURER:
        if (s->rules.insurer.n == 0) {
            s->rules.insurer = bus_strv(p->code);
        }
        BUS_TRY(topics_add_input(s, MATCHER_VERIFICATION,
                                 "verification-results", p->code, err));
        return topics_add_route(s, MATCHER_OUT_VERIFICATIONS,
                                "verification-requests", p->code, err);
    case BUS_PARTNER_CHARITY:
        BUS_TRY(topics_add_input(s, MATCHER_CLAIM, "claims", p->code, err));
        BUS_TRY(topics_add_route(s, MATCHER_OUT_NEEDS, "needs", p->code, err));
        return topics_add_route(s, MATCHER_OUT_CLAIM_RESULTS, "claim-results",
                                p->code, err);
    case BUS_PARTNER_SOURCE:
        return BUS_OK; /* its topic is there, whoever writes it */
    case BUS_PARTNER_KINDS:
        break;
    }
    return bus_fail(err, BUS_EBUG, "partner %s of no kind", p->code);
}

static int matcher_topics(struct matcher_shell *s, struct bus_err *err)
{
    BUS_CHECK(s->input_count == 0 && s->output_count == 0);
    const struct bus_config *c = &s->frame.config;
    BUS_TRY(
        topics_add_input(s, MATCHER_APPLICATION, "applications", NULL, err));
    BUS_TRY(topics_add_input(s, MATCHER_DISPATCH, "dispatches", NULL, err));
    BUS_TRY(topics_add_input(s, MATCHER_REVIEW, "reviews", NULL, err));
    BUS_TRY(topics_add_input(s, MATCHER_MEMBERSHIP, "memberships", NULL, err));
    BUS_TRY(
        topics_add_input(s, MATCHER_MEMBERS, "membership-changes", NULL, err));
    BUS_TRY(topics_add_input(s, MATCHER_REQUEST, "requests", NULL, err));
    for (size_t i = 0; i < c->sources_count; i++) {
        if (c->sources[i].topic) {
            BUS_TRY(topics_add_input(s, MATCHER_FACTS, "facts",
                                     c->sources[i].code, err));
        }
        if (strcmp(c->sources[i].code, BUS_CONF_SURVEY) == 0) {
            BUS_TRY(topics_add_route(s, MATCHER_OUT_FACTS, "facts",
                                     BUS_CONF_SURVEY, err));
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        BUS_TRY(partner_topics(s, &c->partners[i], err));
    }
    BUS_TRY(
        topics_add_route(s, MATCHER_OUT_EVALUATIONS, "evaluations", NULL, err));
    BUS_TRY(topics_add_route(s, MATCHER_OUT_CASES, "cases", NULL, err));
    BUS_TRY(topics_add_route(s, MATCHER_OUT_PARKED, "parked", NULL, err));
    BUS_TRY(
        topics_add_route(s, MATCHER_OUT_MEMBERSHIPS, "memberships", NULL, err));
    s->out_households = topics_add_output(s, "households", NULL, true);
    s->out_keys = topics_add_output(s, "household-keys", NULL, false);
    s->out_dead_letters = topics_add_output(s, "dead-letters", NULL, false);
    s->out_reviews = topics_add_output(s, "reviews", NULL, false);
    bool all = s->out_households >= 0 && s->out_keys >= 0 &&
               s->out_dead_letters >= 0 && s->out_reviews >= 0;
    return all ? BUS_OK : bus_fail(err, BUS_ECONFIG, "too many topics");
}

/* --- its keys, its lanes, its life --- */

#define NEEDS_FIXED 3

/* It reads what the doors sealed, and seals for those who decide, verify and
 * help. */
static int matcher_open_keys(struct matcher_shell *s,
                             struct bus_wire_keyring **ret,
                             struct bus_err *err)
{
    const struct bus_config *c = &s->frame.config;
    struct bus_role_key_need needs[NEEDS_FIXED + BUS_WIRE_KEYS_MAX] = {
        {"bus", BUS_ROLE_KEY_OPENS},
        {"dispatch", BUS_ROLE_KEY_SEALS},
        {"dispatch", BUS_ROLE_KEY_SUMS}};
    size_t n = NEEDS_FIXED;
    BUS_CHECK(*ret == NULL);
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->kind == BUS_PARTNER_DEPARTMENT ||
            p->kind == BUS_PARTNER_INSURER || p->kind == BUS_PARTNER_CHARITY) {
            if (n == sizeof(needs) / sizeof(needs[0])) {
                return bus_fail(err, BUS_ECONFIG,
                                "more than %d partners to seal for",
                                BUS_WIRE_KEYS_MAX);
            }
            needs[n++] =
                (struct bus_role_key_need){p->code, BUS_ROLE_KEY_SEALS};
        }
    }
    return bus_role_keyring_open(c, "matcher", needs, n, ret, err);
}

static int matcher_open_lane(struct matcher_shell *s,
                             struct matcher_lane *lane,
                             struct bus_err *err)
{
    BUS_CHECK(lane->schemas == NULL && lane->keys == NULL);
    bus_arena_init(&lane->event, 256u << 10, MATCHER_MESSAGE_BYTES);
    bus_arena_init(&lane->batch, 1u << 20, 0);
    lane->schemas = bus_role_types_registry();
    if (lane->schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a lane");
    }
    BUS_TRY(matcher_batch_state_init(
        &lane->batch_state, (size_t)s->frame.config.matcher.batch_max, err));
    return matcher_open_keys(s, &lane->keys, err);
}

static void close_lane(struct matcher_lane *lane)
{
    bus_wire_keyring_free(lane->keys);
    bus_wire_registry_free(lane->schemas);
    bus_kafka_reader_close(lane->reader);
    matcher_batch_state_fini(&lane->batch_state);
    bus_arena_fini(&lane->event);
    bus_arena_fini(&lane->batch);
}

static int matcher_watch_registers(struct matcher_shell *s, struct bus_err *err)
{
    BUS_CHECK(s->registers == NULL);
    struct bus_register_watch_conf conf = {
        .kafka = &s->frame.kafka,
        .config = &s->frame.config,
        .topic = bus_role_frame_topic(&s->frame, "register", NULL),
        .schemas = bus_role_types_registry(),
        .told = bus_role_frame_told_register,
    };
    return bus_catalogue_register_watch_start(&conf, &s->registers, err);
}

/* What of the configuration judges events. */
static void matcher_rules_read(struct matcher_shell *s,
                               const struct bus_config *c)
{
    s->rules.verification_days = VERIFICATION_DAYS;
    s->rules.lead = bus_strv(c->county.lead ? c->county.lead : "");
    s->rules.seals_from = c->seals.required_from;
    s->rules.process_from = c->process.required_from;
    s->rules.hearing_days = (int32_t)c->process.hearing_days;
    s->rules.seal_late_ms = c->seals.late_ms;
    s->rules.seal_skew_ms = c->seals.skew_ms;
    s->rules.ahead_ms = c->times.ahead_ms;
    s->rules.late_ms = c->times.late_ms;
    s->rules.application_late_ms = c->times.application_late_ms;
    s->rules.order_max_fen = c->money.order_max_fen;
    s->rules.park_max = (int32_t)c->matcher.park_max;
    s->rules.treasury_from = c->treasury.recurring_from;
    for (size_t i = 0; i < c->partners_count; i++) {
        int32_t day = bus_conf_once_from(&c->partners[i]);
        bool first = s->rules.once_from == 0 || day < s->rules.once_from;
        s->rules.once_from =
            day != INT32_MAX && first ? day : s->rules.once_from;
    }
    s->rules.deadline = deadline;
}

static int matcher_start(struct matcher_shell *s, struct bus_err *err)
{
    BUS_CHECK(s->catalogue != NULL && s->eos == NULL);
    static const struct bus_kafka_eos_ops ops = {
        .assigned = matcher_assigned,
        .revoked = matcher_revoked,
        .process = matcher_process,
        .committed = matcher_committed,
        .aborted = matcher_aborted,
        .failed = matcher_failed,
    };
    const struct bus_config *c = &s->frame.config;
    matcher_rules_read(s, c);
    BUS_TRY(bus_wire_sm2_tables_new(&s->rules.seals, err));
    s->seals = bus_run_metrics_plain(s->frame.metrics, BUS_M_SEALS);
    s->seals_cpu = bus_run_metrics_plain(s->frame.metrics, BUS_M_SEALS_CPU);
    s->lane_count = (int)c->matcher.lanes;
    BUS_CHECK(s->lane_count > 0 && s->lane_count <= BUS_KAFKA_LANES_MAX);
    BUS_TRY(bus_policy_calendar_new(c->calendars, c->calendars_count,
                                    &s->calendar, err));
    s->rules.data = s->calendar;
    BUS_TRY(bus_wire_type_ready(&sa_household_state_type, err));
    BUS_TRY(matcher_watch_registers(s, err));
    BUS_TRY(matcher_topics(s, err));
    for (int i = 0; i < s->lane_count; i++) {
        BUS_TRY(matcher_open_lane(s, &s->lanes[i], err));
    }
    if (!bus_wire_keyring_seals(s->lanes[0].keys,
                                BUS_STRV(MATCHER_KEYS_OWNER))) {
        bus_log(BUS_LOG_WARN,
                "no key of households: states stay sealed for the bus",
                "see=\"lianou keys add households\"");
    }
    struct bus_kafka_eos_conf conf = {
        .group = bus_arena_printf(&s->frame.mem, "%smatcher", c->prefix),
        .instance = "1",
        .topics = s->topics,
        .topics_count = s->input_count,
        .outputs = s->outputs,
        .outputs_count = s->output_count,
        .lanes = s->lane_count,
        .batch_max = (size_t)c->matcher.batch_max,
        .batch_wait_ms = c->matcher.batch_wait_ms,
        .calm = s->calm,
        .calm_wait_ms = c->matcher.answer_wait_ms,
        .transaction_ms = c->matcher.transaction_ms,
        .ops = &ops,
        .data = s,
    };
    BUS_TRY(matcher_catalogue_watch_start(s, &s->watch, err));
    BUS_TRY(bus_run_loop_on_drain(s->frame.loop, matcher_drain, s, err));
    return bus_kafka_eos_open(&s->frame.kafka, &conf, &s->eos, err);
}

static void matcher_stop(struct matcher_shell *s)
{
    BUS_CHECK(s->lane_count >= 0 && s->lane_count <= BUS_KAFKA_LANES_MAX);
    uint64_t events = 0, duplicates = 0, rejected = 0;
    for (int i = 0; i < s->lane_count; i++) {
        events += s->lanes[i].events;
        duplicates += s->lanes[i].duplicates;
        rejected += s->lanes[i].rejected;
        close_lane(&s->lanes[i]);
    }
    bus_log(BUS_LOG_INFO, "matcher ended",
            "events=%llu duplicates=%llu rejected=%llu",
            (unsigned long long)events, (unsigned long long)duplicates,
            (unsigned long long)rejected);
    for (size_t i = 0; i < MATCHER_PARTITIONS_MAX; i++) {
        if (s->partitions[i] != NULL) {
            matcher_revoked(s, 0, (int32_t)i);
        }
    }
    matcher_catalogue_watch_free(s->watch);
    bus_catalogue_register_watch_free(s->registers);
    bus_wire_sm2_tables_free(s->rules.seals);
    bus_policy_catalogue_free(s->catalogue);
    bus_policy_calendar_free(s->calendar);
}

static int matcher_run(const struct bus_run_role_args *args)
{
    struct matcher_shell *s = bus_calloc(1, sizeof(*s));
    struct bus_err err;
    if (s == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&s->frame, args, "matcher");
    if (rc != BUS_EXIT_OK) {
        bus_free(s);
        return rc;
    }
    s->catalogue = bus_role_frame_catalogue(&s->frame.config);
    s->rules.catalogue = s->catalogue;
    if (s->catalogue == NULL) {
        rc = BUS_EXIT_CONFIG;
    } else if (matcher_start(s, &err) != BUS_OK) {
        rc = bus_role_frame_fail(&err);
    } else {
        rc = bus_role_frame_run(&s->frame);
    }
    matcher_stop(s);
    bus_role_frame_close(&s->frame);
    bus_free(s);
    return rc;
}

const struct bus_run_role matcher_role = {
    .name = "matcher",
    .usage = "",
    .summary = "folds each household's events, evaluates, assigns",
    .run = matcher_run,
};
