/* One of decide's outputs as a message: sealed for whom it is, on its topic. */
#include "bus/base/check.h"
#include "bus/role/payee.h"
#include "consumers/matcher/parts.h"
#include "consumers/matcher/shell.h"

int matcher_open_personal(struct matcher_work *w,
                          const struct sa_household_state *st,
                          struct bus_err *err)
{
    BUS_CHECK(w->lane->keys != NULL);
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

static int output_seal(struct matcher_work *w,
                       const struct matcher_output *o,
                       const char *record,
                       bool *has,
                       struct bus_strv *field,
                       struct bus_err *err)
{
    BUS_CHECK(o->withheld <= MATCHER_PERSONAL);
    if (o->seal_for.n == 0 || w->personal.n == 0) {
        return BUS_OK;
    }
    struct bus_strv plain = w->personal;
    if (o->withheld != 0) {
        BUS_TRY(matcher_personal_without(w->personal, o->withheld,
                                         &w->lane->event, &plain, err));
    }
    struct bus_wire_binding b = {record, "personal", &o->event_id};
    BUS_TRY(bus_wire_seal(w->lane->keys, o->seal_for, &b, plain,
                          &w->lane->event, field, err));
    *has = true;
    return BUS_OK;
}

/* Whose account it is, and the sum that its decision repeats. */
static int output_payee(struct matcher_work *w,
                        const struct matcher_output *o,
                        struct sa_assignment *a,
                        struct bus_err *err)
{
    BUS_CHECK(o->topic == MATCHER_OUT_ASSIGNMENTS);
    struct bus_arena *mem = &w->lane->event;
    struct bus_role_payee *p = bus_arena_alloc(mem, sizeof(*p));
    if (!o->payee || w->personal.n == 0) {
        return BUS_OK;
    }
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a payee");
    }
    BUS_TRY(bus_role_payee_of(w->lane->keys, &a->household_id,
                              &a->assignment_id, w->personal, mem, p, err));
    if (p->known) {
        a->has_payee_masked = a->has_payee_hash = true;
        a->payee_masked = bus_strv(p->masked);
        a->payee_hash = (struct bus_strv){(char *)p->sum, sizeof(p->sum)};
    }
    return BUS_OK;
}

static int32_t route_of(const struct matcher_shell *s,
                        const struct matcher_output *o)
{
    BUS_CHECK(s->route_count <= MATCHER_TOPICS_MAX);
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
    BUS_CHECK(s->frame.config.kafka.partitions > 0);
    char key[BUS_ID_TEXT + 1];
    struct bus_strv text = {bus_id_text(household, key), BUS_ID_TEXT};
    return bus_kafka_partition_of(text,
                                  (int32_t)s->frame.config.kafka.partitions);
}

/* Fills what is sealed in the record; *ret_at is when it happened. */
static int seal_record(struct matcher_work *w,
                       const struct matcher_output *o,
                       int64_t *ret_at,
                       struct bus_err *err)
{
    BUS_CHECK(o->record != NULL);
    void *record = (void *)(uintptr_t)o->record;
    switch (o->topic) {
    case MATCHER_OUT_ASSIGNMENTS: {
        struct sa_assignment *a = record;
        *ret_at = a->occurred_at;
        BUS_TRY(output_payee(w, o, a, err));
        return output_seal(w, o, "assignment", &a->has_personal, &a->personal,
                           err);
    }
    case MATCHER_OUT_VERIFICATIONS: {
        struct sa_verification_request *q = record;
        *ret_at = q->occurred_at;
        return output_seal(w, o, "verification_request", &q->has_personal,
                           &q->personal, err);
    }
    case MATCHER_OUT_CASES: {
        struct sa_case_event *c = record;
        *ret_at = c->occurred_at;
        return output_seal(w, o, "case_event", &c->has_personal, &c->personal,
                           err);
    }
    case MATCHER_OUT_CLAIM_RESULTS: {
        struct sa_claim_result *c = record;
        *ret_at = c->occurred_at;
        return output_seal(w, o, "claim_result", &c->has_personal, &c->personal,
                           err);
    }
    case MATCHER_OUT_EVALUATIONS:
        *ret_at = ((struct sa_evaluation *)record)->occurred_at;
        return BUS_OK;
    case MATCHER_OUT_MEMBERSHIPS:
        *ret_at = ((struct sa_membership *)record)->occurred_at;
        return BUS_OK;
    case MATCHER_OUT_PARKED:
        *ret_at = ((struct sa_parked_note *)record)->occurred_at;
        return BUS_OK;
    case MATCHER_OUT_TOPICS:
        break;
    }
    return bus_fail(err, BUS_EBUG, "an output of no topic");
}

int matcher_put_output(struct matcher_work *w,
                       const struct matcher_output *o,
                       struct bus_err *err)
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
        [MATCHER_OUT_CLAIM_RESULTS] = {&sa_claim_result_type,
                                       "sa.claim_result.v1"},
        [MATCHER_OUT_MEMBERSHIPS] = {&sa_membership_type, "sa.membership.v1"},
    };
    int64_t at = 0;
    BUS_CHECK(o->topic < MATCHER_OUT_TOPICS);
    BUS_TRY(seal_record(w, o, &at, err));
    int32_t topic = route_of(w->s, o);
    bool elsewhere = !bus_id_is_nil(&o->household_id);
    if (topic < 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "no topic for '%.*s'; is there a partner of that code?",
                        BUS_STRV_ARG(o->partner));
    }
    BUS_CHECK((size_t)topic < w->s->output_count);
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
    return bus_role_emit_put(w->out, topic, to, &e, err);
}
