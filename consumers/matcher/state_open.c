/* A household's state from its parts. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/state_parts.h"
#include "schemas/household_assignment.h"
#include "schemas/household_case.h"
#include "schemas/household_facts.h"

static int state_no_room(struct bus_err *err)
{
    return bus_fail(err, BUS_ETOOBIG, "no room for a household's state");
}

static int state_word(struct matcher_parted *h,
                      int32_t number,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    return matcher_names_word(h->names, number, ret, err);
}

static int open_verifications(struct matcher_parted *h,
                              const struct sa_household_case *c,
                              struct sa_household_state *ret,
                              struct bus_err *err)
{
    size_t n = c->verifications.n;
    struct sa_verification_state *v =
        bus_arena_calloc(h->mem, n + 1, sizeof(*v));
    if (v == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < n; i++) {
        const struct sa_verification_part *p = &c->verifications.v[i];
        v[i].request_id = p->request_id;
        v[i].open = p->open;
        v[i].answer = p->answer;
        BUS_TRY(state_word(h, p->partner, &v[i].partner, err));
        struct sa_missing_fact *f =
            bus_arena_calloc(h->mem, p->facts.n + 1, sizeof(*f));
        if (f == NULL) {
            return state_no_room(err);
        }
        for (size_t k = 0; k < p->facts.n; k++) {
            f[k].has_member = p->facts.v[k].has_member;
            f[k].member = p->facts.v[k].member;
            BUS_TRY(state_word(h, p->facts.v[k].name, &f[k].name, err));
        }
        v[i].facts.v = f;
        v[i].facts.n = p->facts.n;
    }
    ret->verifications.v = v;
    ret->verifications.n = n;
    return BUS_OK;
}

static int open_words(struct matcher_parted *h,
                      const int32_t *numbers,
                      size_t n,
                      struct bus_strv **ret,
                      struct bus_err *err)
{
    *ret = bus_arena_calloc(h->mem, n + 1, sizeof(**ret));
    if (*ret == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(state_word(h, numbers[i], &(*ret)[i], err));
    }
    return BUS_OK;
}

static int open_held(struct matcher_parted *h,
                     const struct sa_need_part *p,
                     struct sa_need_state *ret,
                     struct bus_err *err)
{
    struct sa_claim_held *v =
        bus_arena_calloc(h->mem, p->held.n + 1, sizeof(*v));
    if (v == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < p->held.n; i++) {
        const struct sa_claim_held_part *c = &p->held.v[i];
        v[i] = (struct sa_claim_held){.claim_id = c->claim_id,
                                      .amount_fen = c->amount_fen,
                                      .until = c->until,
                                      .delivered = c->delivered};
        BUS_TRY(state_word(h, c->charity, &v[i].charity, err));
    }
    ret->held.v = v;
    ret->held.n = p->held.n;
    return BUS_OK;
}

static int open_lists(struct matcher_parted *h,
                      const struct sa_household_case *c,
                      struct sa_household_state *ret,
                      struct bus_err *err)
{
    struct sa_need_state *needs =
        bus_arena_calloc(h->mem, c->needs.n + 1, sizeof(*needs));
    struct sa_membership_ref *refs =
        bus_arena_calloc(h->mem, c->memberships.n + 1, sizeof(*refs));
    if (needs == NULL || refs == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < c->needs.n; i++) {
        const struct sa_need_part *p = &c->needs.v[i];
        needs[i] = (struct sa_need_state){.need_id = p->need_id,
                                          .case_id = p->case_id,
                                          .gap_fen = p->gap_fen,
                                          .claimed_fen = p->claimed_fen,
                                          .has_claimed_by = p->claimed_by >= 0};
        BUS_TRY(state_word(h, p->claimed_by, &needs[i].claimed_by, err));
        BUS_TRY(state_word(h, p->item, &needs[i].item, err));
        BUS_TRY(open_held(h, p, &needs[i], err));
        needs[i].claims.v = p->claims.v;
        needs[i].claims.n = p->claims.n;
        BUS_TRY(open_words(h, p->partners.v, p->partners.n,
                           &needs[i].partners.v, err));
        needs[i].partners.n = p->partners.n;
    }
    for (size_t i = 0; i < c->memberships.n; i++) {
        const struct sa_membership_part *p = &c->memberships.v[i];
        refs[i] = (struct sa_membership_ref){.person_id = p->person_id,
                                             .member_of = p->member_of,
                                             .case_id = p->case_id,
                                             .case_no = p->case_no,
                                             .division_code = p->division_code};
    }
    ret->needs.v = needs;
    ret->needs.n = c->needs.n;
    ret->memberships.v = refs;
    ret->memberships.n = c->memberships.n;
    ret->parked.v = c->parked.v;
    ret->parked.n = c->parked.n;
    return open_verifications(h, c, ret, err);
}

static int open_assignment(struct matcher_parted *h,
                           struct bus_strv framed,
                           struct sa_household_state *st,
                           struct sa_assignment_state *ret,
                           struct bus_err *err)
{
    void *record = NULL;
    BUS_TRY(bus_wire_decode(h->schemas, &sa_household_assignment_type, framed,
                            h->mem, &record, err));
    const struct sa_household_assignment *p = record;
    *ret = (struct sa_assignment_state){.case_no = p->case_no,
                                        .assignment_id = p->assignment_id,
                                        .round = p->round,
                                        .status = p->status,
                                        .verdict = p->verdict,
                                        .has_amount_fen = p->has_amount_fen,
                                        .amount_fen = p->amount_fen,
                                        .has_decision_id = p->has_decision_id,
                                        .decision_id = p->decision_id,
                                        .due = p->due,
                                        .assigned_at = p->assigned_at,
                                        .has_process = p->has_process,
                                        .process = p->process,
                                        .has_award = p->has_award,
                                        .award = p->award,
                                        .has_payee = p->has_payee,
                                        .payee = p->payee,
                                        .has_payee_event = p->has_payee_event,
                                        .payee_event = p->payee_event,
                                        .payee_signed_at = p->payee_signed_at};
    BUS_TRY(state_word(h, p->item, &ret->item, err));
    BUS_TRY(state_word(h, p->item_version, &ret->item_version, err));
    BUS_TRY(state_word(h, p->department, &ret->department, err));
    if (p->reason.branch == SA_HOUSEHOLD_ASSIGNMENT_REASON_STRING) {
        ret->has_reason = true;
        ret->reason = p->reason.u.string_value;
    } else if (p->reason.branch == SA_HOUSEHOLD_ASSIGNMENT_REASON_INT) {
        ret->has_reason = true;
        BUS_TRY(state_word(h, p->reason.u.int_value, &ret->reason, err));
    }
    struct sa_line_state *lines =
        bus_arena_calloc(h->mem, p->lines.n + 1, sizeof(*lines));
    if (lines == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < p->lines.n; i++) {
        const struct sa_line_part *l = &p->lines.v[i];
        lines[i] = (struct sa_line_state){.order_id = l->order_id,
                                          .kind = l->kind,
                                          .status = l->status,
                                          .amount_fen = l->amount_fen,
                                          .answer = l->answer};
        BUS_TRY(state_word(h, l->partner, &lines[i].partner, err));
    }
    ret->lines.v = lines;
    ret->lines.n = p->lines.n;
    st->sequence = p->sequence > st->sequence ? p->sequence : st->sequence;
    return BUS_OK;
}

/* Of the version that is written today? */
static bool state_is_own(const struct bus_wire_type *type,
                         struct bus_strv framed)
{
    struct bus_strv body;
    uint32_t id = 0;
    return bus_wire_unframe(framed, &id, &body, NULL) == BUS_OK &&
           id == type->id;
}

/* Read as a number, not as a text that may have one by now. */
static bool state_is_word(const struct matcher_parted *h, struct bus_strv text)
{
    int32_t at = matcher_names_find(h->names, text);
    return at >= 0 && h->names->v[at].p == text.p;
}

/* Copies, for the lines are changed in place. */
static int state_keep(struct matcher_parted *h,
                      const struct sa_assignment_state *a,
                      size_t n,
                      struct bus_err *err)
{
    struct matcher_opened *o = &h->opened;
    o->assignments = bus_arena_alloc(h->mem, (n + 1) * sizeof(*a));
    o->plain = bus_arena_calloc(h->mem, n + 1, sizeof(*o->plain));
    if (o->assignments == NULL || o->plain == NULL) {
        return state_no_room(err);
    }
    if (n > 0) {
        memcpy(o->assignments, a, n * sizeof(*a));
    }
    for (size_t i = 0; i < n; i++) {
        size_t bytes = a[i].lines.n * sizeof(*a[i].lines.v);
        o->plain[i] = state_is_own(&sa_household_assignment_type,
                                   h->parts.v[MATCHER_PART_ASSIGNMENTS + i]) &&
                      (!a[i].has_reason || state_is_word(h, a[i].reason));
        o->assignments[i].lines.v = bus_arena_dup(h->mem, a[i].lines.v, bytes);
        if (o->assignments[i].lines.v == NULL) {
            return state_no_room(err);
        }
    }
    o->n = n;
    return BUS_OK;
}

static int state_open_case(struct matcher_parted *h,
                           struct sa_household_state *ret,
                           struct bus_err *err)
{
    const struct matcher_parts *parts = &h->parts;
    void *record = NULL;
    BUS_TRY(bus_wire_decode(h->schemas, &sa_household_case_type, parts->v[0],
                            h->mem, &record, err));
    const struct sa_household_case *c = record;
    ret->sequence = c->sequence;
    ret->division_code = c->division_code;
    ret->case_no = c->case_no;
    ret->case_open = c->case_open;
    ret->has_case_id = c->case_no > 0;
    if (c->case_no > 0) {
        ret->case_id = bus_wire_case_id(&ret->household_id, c->case_no);
    }
    ret->opened_at = c->opened_at;
    ret->facts_version = c->facts_version;
    ret->undetermined = c->undetermined;
    ret->judged_on = c->judged_on;
    ret->consent = c->consent;
    ret->withdrawn = c->withdrawn;
    BUS_TRY(state_word(h, c->catalogue_version, &ret->catalogue_version, err));
    BUS_TRY(open_lists(h, c, ret, err));
    /* Of a household that others only named there is no part but this one. */
    size_t n = (size_t)c->assignments;
    if (c->assignments < 0 ||
        (n > 0 && n + MATCHER_PART_ASSIGNMENTS > parts->n)) {
        return bus_fail(err, BUS_EBUG,
                        "a household with %d assignments has %u "
                        "parts",
                        c->assignments, parts->n);
    }
    struct sa_assignment_state *a = bus_arena_calloc(h->mem, n + 1, sizeof(*a));
    if (a == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(open_assignment(h, parts->v[MATCHER_PART_ASSIGNMENTS + i], ret,
                                &a[i], err));
    }
    ret->assignments.v = a;
    ret->assignments.n = n;
    BUS_TRY(state_keep(h, a, n, err));
    int64_t facts = parts->n > MATCHER_PART_FACTS
                        ? matcher_part_sequence(parts->v[MATCHER_PART_FACTS])
                        : -1;
    ret->sequence = facts > ret->sequence ? facts : ret->sequence;
    h->size = c->size;
    return BUS_OK;
}

int matcher_parted_open(struct matcher_parted *h,
                        const struct bus_id *household,
                        struct sa_household_state *ret,
                        struct bus_err *err)
{
    BUS_CHECK(h->schemas != NULL && h->names != NULL && h->mem != NULL);
    *ret = (struct sa_household_state){.household_id = *household,
                                       .consent = true};
    h->size = 0;
    h->opened = (struct matcher_opened){.n = 0};
    h->before = false;
    h->facts_there = h->parts.n <= MATCHER_PART_FACTS ||
                     h->parts.v[MATCHER_PART_FACTS].n == 0;
    if (h->parts.n == 0) {
        return BUS_OK;
    }
    if (matcher_part_sequence(h->parts.v[MATCHER_PART_CASE]) >= 0) {
        return state_open_case(h, ret, err);
    }
    void *record = NULL;
    BUS_TRY(bus_wire_decode(h->schemas, &sa_household_state_type,
                            h->parts.v[MATCHER_PART_CASE], h->mem, &record,
                            err));
    *ret = *(struct sa_household_state *)record;
    h->size = (int32_t)ret->members.n;
    h->parts.n = 0; /* each part is written anew */
    h->before = h->facts_there = true;
    return BUS_OK;
}

static int open_fact(struct matcher_parted *h,
                     const struct sa_household_facts *from,
                     const struct sa_fact_part *p,
                     struct sa_fact *ret,
                     struct bus_err *err)
{
    *ret = (struct sa_fact){.has_member = p->member >= 0,
                            .as_of = from->day + p->days,
                            .verified = p->verified};
    BUS_TRY(state_word(h, p->name, &ret->name, err));
    BUS_TRY(state_word(h, p->source, &ret->source, err));
    if (p->member >= (int32_t)from->members.n) {
        return bus_fail(err, BUS_EBUG, "a fact of member %d of %zu", p->member,
                        from->members.n);
    }
    if (ret->has_member) {
        ret->member = from->members.v[p->member].person_id;
    }
    _Static_assert(sizeof(ret->value) == sizeof(p->value), "the same union");
    memcpy(&ret->value, &p->value, sizeof(ret->value));
    return BUS_OK;
}

int matcher_parted_facts(struct matcher_parted *h,
                         struct sa_household_state *st,
                         struct bus_err *err)
{
    if (h->facts_there) {
        return BUS_OK;
    }
    BUS_CHECK(h->parts.n > MATCHER_PART_FACTS);
    void *record = NULL;
    BUS_TRY(bus_wire_decode(h->schemas, &sa_household_facts_type,
                            h->parts.v[MATCHER_PART_FACTS], h->mem, &record,
                            err));
    const struct sa_household_facts *p = record;
    size_t n = p->facts.n + p->others.n;
    struct sa_fact *facts = bus_arena_alloc(h->mem, (n + 1) * sizeof(*facts));
    struct sa_application_ref *refs =
        bus_arena_calloc(h->mem, p->applications.n + 1, sizeof(*refs));
    if (facts == NULL || refs == NULL) {
        return state_no_room(err);
    }
    for (size_t i = 0; i < p->facts.n; i++) {
        BUS_TRY(open_fact(h, p, &p->facts.v[i], &facts[i], err));
    }
    if (p->others.n > 0) {
        memcpy(facts + p->facts.n, p->others.v, p->others.n * sizeof(*facts));
    }
    for (size_t i = 0; i < p->applications.n; i++) {
        refs[i] = (struct sa_application_ref){
            p->applications.v[i].application_id, p->applications.v[i].channel,
            p->applications.v[i].occurred_at, p->applications.v[i].aside};
    }
    if (st->division_code.n == 0) { /* of the facts alone */
        st->division_code = p->division_code;
    }
    st->members.v = p->members.v;
    st->members.n = p->members.n;
    st->facts.v = facts;
    st->facts.n = n;
    st->disputed.v = p->disputed.v;
    st->disputed.n = p->disputed.n;
    st->applications.v = refs;
    st->applications.n = p->applications.n;
    st->has_personal = p->has_personal;
    st->personal = p->personal;
    st->has_personal_event = p->has_personal_event;
    st->personal_event = p->personal_event;
    h->facts_there = true;
    bool plain =
        p->others.n == 0 && p->disputed.n == 0 &&
        bus_strv_eq(st->division_code, p->division_code) &&
        state_is_own(&sa_household_facts_type, h->parts.v[MATCHER_PART_FACTS]);
    h->opened.rest = plain ? bus_arena_dup(h->mem, st, sizeof(*st)) : NULL;
    return BUS_OK;
}
