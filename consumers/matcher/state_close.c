/* What of a household's state has changed, as parts. */
#include <string.h>

#include "bus/base/check.h"
#include "consumers/matcher/state_parts.h"
#include "schemas/household_assignment.h"
#include "schemas/household_case.h"
#include "schemas/household_facts.h"

static int part_no_memory(struct bus_err *err)
{
    return bus_fail(err, BUS_ETOOBIG, "no room for a household's parts");
}

/* A word of the catalogue or the configuration. */
static int part_number(struct matcher_parted *h,
                       struct bus_strv text,
                       int32_t *ret,
                       struct bus_err *err)
{
    return matcher_names_number(h->names, text, true, ret, err);
}

static int close_verifications(struct matcher_parted *h,
                               const struct sa_household_state *st,
                               struct sa_household_case *ret,
                               struct bus_err *err)
{
    size_t n = st->verifications.n;
    struct sa_verification_part *v =
        bus_arena_calloc(h->mem, n + 1, sizeof(*v));
    if (v == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        const struct sa_verification_state *p = &st->verifications.v[i];
        v[i].request_id = p->request_id;
        v[i].open = p->open;
        v[i].answer = p->answer;
        BUS_TRY(part_number(h, p->partner, &v[i].partner, err));
        struct sa_missing_part *f =
            bus_arena_calloc(h->mem, p->facts.n + 1, sizeof(*f));
        if (f == NULL) {
            return part_no_memory(err);
        }
        for (size_t k = 0; k < p->facts.n; k++) {
            f[k].has_member = p->facts.v[k].has_member;
            f[k].member = p->facts.v[k].member;
            BUS_TRY(part_number(h, p->facts.v[k].name, &f[k].name, err));
        }
        v[i].facts.v = f;
        v[i].facts.n = p->facts.n;
    }
    ret->verifications.v = v;
    ret->verifications.n = n;
    return BUS_OK;
}

static int close_words(struct matcher_parted *h,
                       const struct bus_strv *words,
                       size_t n,
                       int32_t **ret,
                       struct bus_err *err)
{
    *ret = bus_arena_calloc(h->mem, n + 1, sizeof(**ret));
    if (*ret == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(part_number(h, words[i], &(*ret)[i], err));
    }
    return BUS_OK;
}

static int close_held(struct matcher_parted *h,
                      const struct sa_need_state *p,
                      struct sa_need_part *ret,
                      struct bus_err *err)
{
    struct sa_claim_held_part *v =
        bus_arena_calloc(h->mem, p->held.n + 1, sizeof(*v));
    if (v == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < p->held.n; i++) {
        const struct sa_claim_held *c = &p->held.v[i];
        v[i] = (struct sa_claim_held_part){.claim_id = c->claim_id,
                                           .amount_fen = c->amount_fen,
                                           .until = c->until,
                                           .delivered = c->delivered};
        BUS_TRY(part_number(h, c->charity, &v[i].charity, err));
    }
    ret->held.v = v;
    ret->held.n = p->held.n;
    return BUS_OK;
}

static int close_lists(struct matcher_parted *h,
                       const struct sa_household_state *st,
                       struct sa_household_case *ret,
                       struct bus_err *err)
{
    struct sa_need_part *needs =
        bus_arena_calloc(h->mem, st->needs.n + 1, sizeof(*needs));
    struct sa_membership_part *refs =
        bus_arena_calloc(h->mem, st->memberships.n + 1, sizeof(*refs));
    if (needs == NULL || refs == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < st->needs.n; i++) {
        const struct sa_need_state *p = &st->needs.v[i];
        needs[i] = (struct sa_need_part){.need_id = p->need_id,
                                         .case_id = p->case_id,
                                         .gap_fen = p->gap_fen,
                                         .claimed_fen = p->claimed_fen,
                                         .claimed_by = -1};
        if (p->has_claimed_by) {
            BUS_TRY(part_number(h, p->claimed_by, &needs[i].claimed_by, err));
        }
        needs[i].item = -1;
        if (p->item.n > 0) {
            BUS_TRY(part_number(h, p->item, &needs[i].item, err));
        }
        BUS_TRY(close_held(h, p, &needs[i], err));
        needs[i].claims.v = p->claims.v;
        needs[i].claims.n = p->claims.n;
        BUS_TRY(close_words(h, p->partners.v, p->partners.n,
                            &needs[i].partners.v, err));
        needs[i].partners.n = p->partners.n;
    }
    for (size_t i = 0; i < st->memberships.n; i++) {
        const struct sa_membership_ref *p = &st->memberships.v[i];
        refs[i] =
            (struct sa_membership_part){.person_id = p->person_id,
                                        .member_of = p->member_of,
                                        .case_id = p->case_id,
                                        .case_no = p->case_no,
                                        .division_code = p->division_code};
    }
    ret->needs.v = needs;
    ret->needs.n = st->needs.n;
    ret->memberships.v = refs;
    ret->memberships.n = st->memberships.n;
    ret->parked.v = st->parked.v;
    ret->parked.n = st->parked.n;
    return close_verifications(h, st, ret, err);
}

static int close_case(struct matcher_parted *h,
                      const struct sa_household_state *st,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    struct sa_household_case c = {
        .sequence = st->sequence,
        .division_code = st->division_code,
        .case_no = st->case_no,
        .case_open = st->case_open,
        .opened_at = st->opened_at,
        .facts_version = st->facts_version,
        .undetermined = st->undetermined,
        .judged_on = st->judged_on,
        .consent = st->consent,
        .withdrawn = st->withdrawn,
        .catalogue_version = -1,
        .size = h->facts_there ? (int32_t)st->members.n : h->size,
        .assignments = (int32_t)st->assignments.n,
    };
    if (st->catalogue_version.n > 0) {
        BUS_TRY(
            part_number(h, st->catalogue_version, &c.catalogue_version, err));
    }
    memcpy(c.mark, h->mark, sizeof(c.mark));
    BUS_TRY(close_lists(h, st, &c, err));
    return bus_wire_encode_framed(&sa_household_case_type, &c, h->mem, ret,
                                  err);
}

static int close_assignment(struct matcher_parted *h,
                            int64_t sequence,
                            const struct sa_assignment_state *a,
                            struct bus_strv *ret,
                            struct bus_err *err)
{
    struct sa_household_assignment p = {.sequence = sequence,
                                        .case_no = a->case_no,
                                        .assignment_id = a->assignment_id,
                                        .round = a->round,
                                        .status = a->status,
                                        .verdict = a->verdict,
                                        .has_amount_fen = a->has_amount_fen,
                                        .amount_fen = a->amount_fen,
                                        .has_decision_id = a->has_decision_id,
                                        .decision_id = a->decision_id,
                                        .due = a->due,
                                        .assigned_at = a->assigned_at,
                                        .has_process = a->has_process,
                                        .process = a->process,
                                        .has_award = a->has_award,
                                        .award = a->award,
                                        .has_payee = a->has_payee,
                                        .payee = a->payee,
                                        .has_payee_event = a->has_payee_event,
                                        .payee_event = a->payee_event,
                                        .payee_signed_at = a->payee_signed_at};
    memcpy(p.mark, h->mark, sizeof(p.mark));
    BUS_TRY(part_number(h, a->item, &p.item, err));
    BUS_TRY(part_number(h, a->item_version, &p.item_version, err));
    BUS_TRY(part_number(h, a->department, &p.department, err));
    if (a->has_reason) {
        int32_t at = -1;
        BUS_TRY(matcher_names_number(h->names, a->reason, false, &at, err));
        p.reason.branch = at >= 0 ? SA_HOUSEHOLD_ASSIGNMENT_REASON_INT
                                  : SA_HOUSEHOLD_ASSIGNMENT_REASON_STRING;
        if (at >= 0) {
            p.reason.u.int_value = at;
        } else {
            p.reason.u.string_value = a->reason;
        }
    }
    struct sa_line_part *lines =
        bus_arena_calloc(h->mem, a->lines.n + 1, sizeof(*lines));
    if (lines == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < a->lines.n; i++) {
        const struct sa_line_state *l = &a->lines.v[i];
        lines[i] = (struct sa_line_part){.order_id = l->order_id,
                                         .kind = l->kind,
                                         .status = l->status,
                                         .partner = -1,
                                         .amount_fen = l->amount_fen,
                                         .answer = l->answer};
        if (l->partner.n > 0) {
            BUS_TRY(part_number(h, l->partner, &lines[i].partner, err));
        }
    }
    p.lines.v = lines;
    p.lines.n = a->lines.n;
    return bus_wire_encode_framed(&sa_household_assignment_type, &p, h->mem,
                                  ret, err);
}

/* Which of the members; -1: none of them. The one before is tried first. */
static int32_t member_of(const struct sa_household_state *st,
                         const struct bus_id *person,
                         int32_t before)
{
    if (before >= 0 && bus_id_eq(&st->members.v[before].person_id, person)) {
        return before;
    }
    for (size_t i = 0; i < st->members.n; i++) {
        if (bus_id_eq(&st->members.v[i].person_id, person)) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* `guess` is tried before it is looked up: facts mostly come in the order in
 * which their words came first, of one source. */
static int fact_number(struct matcher_parted *h,
                       struct bus_strv text,
                       int32_t guess,
                       int32_t *ret,
                       struct bus_err *err)
{
    const struct matcher_names *names = h->names;
    if (guess >= 0 && (size_t)guess < names->n &&
        bus_strv_eq(names->v[guess], text)) {
        *ret = guess;
        return BUS_OK;
    }
    return matcher_names_number(h->names, text, false, ret, err);
}

static int close_fact_list(struct matcher_parted *h,
                           const struct sa_household_state *st,
                           struct sa_household_facts *ret,
                           struct bus_err *err)
{
    size_t n = st->facts.n;
    struct sa_fact_part *v = bus_arena_alloc(h->mem, (n + 1) * sizeof(*v));
    struct sa_fact *others = bus_arena_alloc(h->mem, (n + 1) * sizeof(*others));
    if (v == NULL || others == NULL) {
        return part_no_memory(err);
    }
    ret->day = n > 0 ? st->facts.v[0].as_of : 0;
    size_t known = 0, strange = 0;
    int32_t member = -1, name = -1, source = -1;
    for (size_t i = 0; i < n; i++) {
        const struct sa_fact *f = &st->facts.v[i];
        struct sa_fact_part p = {
            .member = -1, .days = f->as_of - ret->day, .verified = f->verified};
        BUS_TRY(fact_number(h, f->name, name + 1, &p.name, err));
        BUS_TRY(fact_number(h, f->source, source, &p.source, err));
        name = p.name;
        source = p.source;
        if (f->has_member) {
            p.member = member_of(st, &f->member, member);
            member = p.member;
        }
        if (p.name < 0 || p.source < 0 || (f->has_member && p.member < 0)) {
            others[strange++] = *f;
            continue;
        }
        memcpy(&p.value, &f->value, sizeof(p.value));
        v[known++] = p;
    }
    ret->facts.v = v;
    ret->facts.n = known;
    ret->others.v = others;
    ret->others.n = strange;
    return BUS_OK;
}

static int close_facts(struct matcher_parted *h,
                       const struct sa_household_state *st,
                       struct bus_strv *ret,
                       struct bus_err *err)
{
    struct sa_household_facts f = {.sequence = st->sequence,
                                   .division_code = st->division_code,
                                   .has_personal = st->has_personal,
                                   .personal = st->personal,
                                   .has_personal_event = st->has_personal_event,
                                   .personal_event = st->personal_event};
    struct sa_application_part *refs =
        bus_arena_calloc(h->mem, st->applications.n + 1, sizeof(*refs));
    if (refs == NULL) {
        return part_no_memory(err);
    }
    for (size_t i = 0; i < st->applications.n; i++) {
        refs[i] = (struct sa_application_part){
            st->applications.v[i].application_id, st->applications.v[i].channel,
            st->applications.v[i].occurred_at, st->applications.v[i].aside};
    }
    f.disputed.v = st->disputed.v;
    f.disputed.n = st->disputed.n;
    f.members.v = st->members.v;
    f.members.n = st->members.n;
    f.applications.v = refs;
    f.applications.n = st->applications.n;
    memcpy(f.mark, h->mark, sizeof(f.mark));
    BUS_TRY(close_fact_list(h, st, &f, err));
    return bus_wire_encode_framed(&sa_household_facts_type, &f, h->mem, ret,
                                  err);
}

/* As it was opened, so that the bytes are the old ones. Its texts, the marks of
 * its process (the hearing's too) and the members of its award are only ever
 * exchanged as a whole; lines are changed in place. A list more is to be looked
 * at here as well: this ends its build. */
_Static_assert(sizeof(struct sa_assignment_state) == 392, "another list?");
static bool assignment_stays(const struct matcher_opened *o,
                             size_t i,
                             const struct sa_assignment_state *a)
{
    struct sa_assignment_state now;
    if (i >= o->n || !o->plain[i]) {
        return false;
    }
    const struct sa_assignment_state *was = &o->assignments[i];
    size_t lines = was->lines.n;
    memcpy(&now, a, sizeof(now));
    now.lines.v = was->lines.v;
    return memcmp(&now, was, sizeof(now)) == 0 &&
           (lines == 0 || memcmp(a->lines.v, was->lines.v,
                                 lines * sizeof(*was->lines.v)) == 0);
}

/* Its lists are never changed in place, only the disputed: they have none. */
static bool facts_stay(const struct matcher_opened *o,
                       const struct sa_household_state *st)
{
    const struct sa_household_state *was = o->rest;
    return was != NULL && was->facts.v == st->facts.v &&
           was->facts.n == st->facts.n && was->members.v == st->members.v &&
           was->members.n == st->members.n && st->disputed.n == 0 &&
           was->applications.v == st->applications.v &&
           was->applications.n == st->applications.n &&
           was->has_personal == st->has_personal &&
           was->personal.p == st->personal.p &&
           was->personal.n == st->personal.n &&
           was->has_personal_event == st->has_personal_event &&
           bus_id_eq(&was->personal_event, &st->personal_event) &&
           bus_strv_eq(was->division_code, st->division_code);
}

/* The part as it is now, the old bytes if nothing of it has changed. */
static void settle(struct matcher_parts *ret,
                   bool *changed,
                   uint32_t part,
                   struct bus_strv now)
{
    changed[part] = !matcher_part_same(ret->v[part], now);
    if (changed[part]) {
        ret->v[part] = now;
    }
}

int matcher_parted_close(struct matcher_parted *h,
                         const struct sa_household_state *st,
                         struct matcher_parts *ret,
                         bool **ret_changed,
                         struct bus_err *err)
{
    size_t n = MATCHER_PART_ASSIGNMENTS + st->assignments.n;
    if (n > MATCHER_PARTS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "a household of %zu parts", n);
    }
    struct bus_strv now;
    bool *changed = bus_arena_calloc(h->mem, n, sizeof(*changed));
    ret->v = bus_arena_calloc(h->mem, n, sizeof(*ret->v));
    if (changed == NULL || ret->v == NULL) {
        return part_no_memory(err);
    }
    BUS_CHECK(h->parts.n <= n);
    if (h->parts.n > 0) {
        memcpy(ret->v, h->parts.v, h->parts.n * sizeof(*ret->v));
    }
    ret->n = (uint32_t)n;
    ret->pass = NULL;
    *ret_changed = changed;
    BUS_TRY(close_case(h, st, &now, err));
    settle(ret, changed, MATCHER_PART_CASE, now);
    struct bus_strv whole = now;
    bool facts = st->members.n + st->facts.n + st->applications.n > 0 ||
                 st->has_personal;
    if (h->facts_there && facts && !facts_stay(&h->opened, st)) {
        BUS_TRY(close_facts(h, st, &now, err));
        settle(ret, changed, MATCHER_PART_FACTS, now);
    }
    bool any = changed[MATCHER_PART_CASE] || changed[MATCHER_PART_FACTS];
    for (size_t i = 0; i < st->assignments.n; i++) {
        uint32_t part = MATCHER_PART_ASSIGNMENTS + (uint32_t)i;
        if (assignment_stays(&h->opened, i, &st->assignments.v[i])) {
            continue;
        }
        BUS_TRY(close_assignment(h, st->sequence, &st->assignments.v[i], &now,
                                 err));
        settle(ret, changed, part, now);
        any |= changed[part];
    }
    if (!any) { /* the sequence has */
        ret->v[MATCHER_PART_CASE] = whole;
        changed[MATCHER_PART_CASE] = true;
    }
    return BUS_OK;
}
