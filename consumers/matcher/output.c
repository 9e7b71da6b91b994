/* One of decide's outputs as a message: sealed for whom it is, on its topic. */
#include "bus/base/check.h"
#include "bus/role/need.h"
#include "bus/role/payee.h"
#include "consumers/matcher/keys/keys.h"
#include "consumers/matcher/parts.h"
#include "consumers/matcher/shell.h"
#include "schemas/personal.h"

int matcher_open_personal(struct matcher_work *w,
                          const struct sa_household_state *st,
                          struct bus_err *err)
{
    BUS_CHECK(w->lane->keys != NULL);
    if (!st->has_personal || w->personal.n > 0) {
        return BUS_OK;
    }
    return matcher_keys_open(w, MATCHER_SEALED_PERSONAL, &st->personal_event,
                             st->personal, &w->personal, err);
}

static int open_record(struct bus_strv framed,
                       struct bus_arena *mem,
                       struct sa_personal **ret,
                       struct bus_err *err)
{
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    BUS_TRY(bus_wire_unframe(framed, &id, &body, err));
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, mem, &record, err));
    *ret = record;
    return BUS_OK;
}

/* Says something, and not this. */
static bool personal_other(struct bus_strv says, struct bus_strv is)
{
    return says.n > 0 && !bus_strv_eq(says, is);
}

#define OTHER(field) \
    (a->has_##field && (!b->has_##field || personal_other(a->field, b->field)))

static uint8_t personal_differs(const struct sa_personal *a,
                                const struct sa_personal *b)
{
    unsigned differs = 0;
    BUS_CHECK(a != NULL && b != NULL);
    differs |= personal_other(a->name, b->name) ? MATCHER_NAME : 0;
    differs |= personal_other(a->id_no, b->id_no) ||
                       personal_other(a->id_type, b->id_type)
                   ? MATCHER_ID_NUMBER
                   : 0;
    differs |= OTHER(phone) ? MATCHER_PHONE : 0;
    differs |= OTHER(address) ? MATCHER_ADDRESS : 0;
    differs |= OTHER(bank_code) || OTHER(account) || OTHER(account_holder)
                   ? MATCHER_ACCOUNT
                   : 0;
    return (uint8_t)differs;
}

int matcher_open_applicant(struct matcher_work *w,
                           const struct sa_household_state *st,
                           const struct sa_application *a,
                           uint8_t *ret_differs,
                           struct bus_err *err)
{
    struct bus_wire_binding b = {"application", "personal", &a->event_id};
    struct sa_personal *says = NULL, *is = NULL;
    struct bus_strv plain;
    BUS_CHECK((st->case_open || st->case_no > 0) && *ret_differs == 0);
    if (!a->has_personal || !st->has_personal ||
        bus_id_eq(&a->event_id, &st->personal_event)) {
        return BUS_OK;
    }
    BUS_TRY(matcher_open_personal(w, st, err));
    int rc = bus_wire_open(w->lane->keys, &b, a->personal, &w->lane->event,
                           &plain, err);
    if (rc != BUS_OK) {
        w->reason_code = "DECRYPT_FAILED";
        return rc;
    }
    BUS_TRY(open_record(plain, &w->lane->event, &says, err));
    BUS_TRY(open_record(w->personal, &w->lane->event, &is, err));
    *ret_differs = personal_differs(says, is);
    return BUS_OK;
}

static int open_changed(struct matcher_work *w,
                        const struct bus_id *event,
                        struct bus_strv sealed,
                        struct sa_personal **ret,
                        struct bus_err *err)
{
    struct bus_strv plain;
    BUS_CHECK(ret != NULL);
    BUS_TRY(
        matcher_keys_open(w, MATCHER_SEALED_PAYEE, event, sealed, &plain, err));
    return open_record(plain, &w->lane->event, ret, err);
}

int matcher_open_payee(struct matcher_work *w,
                       const struct sa_payee_change *c,
                       struct bus_err *err)
{
    struct sa_personal *p = NULL;
    if (!c->has_personal) {
        return BUS_OK; /* decide() says so */
    }
    BUS_TRY(open_changed(w, &c->event_id, c->personal, &p, err));
    if (!p->has_account || p->account.n == 0 || !p->has_bank_code ||
        p->bank_code.n == 0 || !p->has_account_holder ||
        p->account_holder.n == 0) {
        w->reason_code = "PAYEE_MISSING";
        return bus_fail(err, BUS_ESCHEMA,
                        "a change of the payee needs bank_code, account and "
                        "account_holder");
    }
    return BUS_OK;
}

/* The applicant's, with the account that a payee_change has put in the place
 * of his. */
static int output_personal(struct matcher_work *w,
                           const struct matcher_output *o,
                           struct bus_strv *ret,
                           struct bus_err *err)
{
    const struct sa_assignment_state *a = o->account;
    struct sa_personal *own = NULL, *other = NULL;
    BUS_CHECK(ret != NULL && o->record != NULL);
    *ret = w->personal;
    if (a == NULL || !a->has_payee || w->personal.n == 0) {
        return BUS_OK;
    }
    BUS_CHECK(a->has_payee_event);
    BUS_TRY(open_record(w->personal, &w->lane->event, &own, err));
    BUS_TRY(open_changed(w, &a->payee_event, a->payee, &other, err));
    own->has_bank_code = own->has_account = own->has_account_holder = true;
    own->bank_code = other->bank_code;
    own->account = other->account;
    own->account_holder = other->account_holder;
    return bus_wire_encode_framed(&sa_personal_type, own, &w->lane->event, ret,
                                  err);
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
    struct bus_strv plain;
    BUS_TRY(output_personal(w, o, &plain, err));
    if (o->withheld != 0) {
        BUS_TRY(matcher_personal_without(plain, o->withheld, &w->lane->event,
                                         &plain, err));
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
    struct bus_strv plain;
    BUS_TRY(output_personal(w, o, &plain, err));
    BUS_TRY(bus_role_payee_of(w->lane->keys, &a->household_id,
                              &a->assignment_id, plain, mem, p, err));
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
    enum matcher_topic to = o->topic == MATCHER_OUT_FACTS && o->partner.n == 0
                                ? MATCHER_OUT_MEMBERSHIPS
                                : o->topic;
    for (size_t i = 0; i < s->route_count; i++) {
        if (s->routes[i].topic == to &&
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

static int output_way(const struct matcher_work *w,
                      const struct bus_id *need,
                      struct bus_id *ret,
                      struct bus_err *err)
{
    BUS_CHECK(!bus_id_is_nil(need));
    return bus_role_need_way(w->lane->keys, need, &w->household, ret)
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "no sums of `dispatch`");
}

/* What stands where a case's id does. */
static struct bus_id output_case(const struct matcher_output *o)
{
    return o->topic == MATCHER_OUT_CLAIM_RESULTS
               ? ((const struct sa_claim_result *)o->record)->case_id
           : o->topic == MATCHER_OUT_NEEDS
               ? ((const struct sa_need *)o->record)->case_id
               : o->case_id;
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
        BUS_TRY(output_way(w, &c->need_id, &c->case_id, err));
        return output_seal(w, o, "claim_result", &c->has_personal, &c->personal,
                           err);
    }
    case MATCHER_OUT_NEEDS: {
        struct sa_need *n = record;
        *ret_at = n->occurred_at;
        return output_way(w, &n->need_id, &n->case_id, err);
    }
    case MATCHER_OUT_EVALUATIONS:
        *ret_at = ((struct sa_evaluation *)record)->occurred_at;
        return BUS_OK;
    case MATCHER_OUT_MEMBERSHIPS:
        *ret_at = ((struct sa_membership *)record)->occurred_at;
        return BUS_OK;
    case MATCHER_OUT_FACTS:
        *ret_at = ((struct sa_facts_reported *)record)->occurred_at;
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
        [MATCHER_OUT_NEEDS] = {&sa_need_type, "sa.need.v1"},
        [MATCHER_OUT_FACTS] = {&sa_facts_reported_type, "sa.facts_reported.v1"},
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
        .case_id = output_case(o),
        .cause_id = w->cause,
        .occurred_at = at,
        .traceparent = w->trace,
    };
    int32_t to =
        elsewhere ? partition_of(w->s, &o->household_id) : w->m->partition;
    return bus_role_emit_put(w->out, topic, to, &e, err);
}
