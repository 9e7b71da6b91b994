#include <string.h>

#include "bus/base/check.h"
#include "consumers/matcher/shell.h"

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
        return topics_add_route(s, MATCHER_OUT_CLAIM_RESULTS, "claim-results",
                                p->code, err);
    case BUS_PARTNER_KINDS:
        break;
    }
    return bus_fail(err, BUS_EBUG, "partner %s of no kind", p->code);
}

int matcher_topics(struct matcher_shell *s, struct bus_err *err)
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
    for (size_t i = 0; i < c->sources_count; i++) {
        if (c->sources[i].topic) {
            BUS_TRY(topics_add_input(s, MATCHER_FACTS, "facts",
                                     c->sources[i].code, err));
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
    s->out_dead_letters = topics_add_output(s, "dead-letters", NULL, false);
    s->out_reviews = topics_add_output(s, "reviews", NULL, false);
    bool all = s->out_households >= 0 && s->out_dead_letters >= 0 &&
               s->out_reviews >= 0;
    return all ? BUS_OK : bus_fail(err, BUS_ECONFIG, "too many topics");
}
