/* Evaluates all items over the folded facts and fans out what differs from
 * what is already assigned.
 *
 * - the facts' next version gets one evaluation, whatever it says
 * - eligible, or undetermined but startable with a sign that speaks for it,
 *   and in the chosen set: assigned
 * - assigned and no longer wanted: withdrawn with the reason
 * - assigned and judged otherwise than before: updated
 * - facts the insurer may supply: one verification request
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"
#include "consumers/matcher/award.h"
#include "consumers/matcher/evaluation.h"
#include "consumers/matcher/parts.h"

static bool match_wanted(const struct bus_policy_verdict_of *v,
                         const struct bus_policy_item *item)
{
    return v->left_out_by.n == 0 && (v->verdict == BUS_POLICY_ELIGIBLE ||
                                     (v->verdict == BUS_POLICY_UNDETERMINED &&
                                      item->startable && v->sign));
}

/* The latest assignment of the item in this case, or NULL. */
static struct sa_assignment_state *latest(struct sa_household_state *st,
                                          struct bus_strv item)
{
    for (size_t i = st->assignments.n; i > 0; i--) {
        struct sa_assignment_state *a = &st->assignments.v[i - 1];
        if (a->case_no == st->case_no && bus_strv_eq(a->item, item)) {
            return a;
        }
    }
    return NULL;
}

static int emit_assignment(struct step *s,
                           const struct sa_assignment_state *st,
                           enum sa_assignment_action action,
                           const struct sa_item_verdict *judged)
{
    struct sa_assignment *a = bus_arena_calloc(s->mem, 1, sizeof(*a));
    if (a == NULL) {
        return matcher_step_no_memory(s);
    }
    a->event_id = matcher_step_event_id(s, "assignment", &st->assignment_id,
                                        (int32_t)action);
    a->household_id = s->state->household_id;
    a->occurred_at = s->now_ms;
    a->case_id = s->state->case_id;
    a->assignment_id = st->assignment_id;
    a->action = action;
    a->department = st->department;
    a->item = st->item;
    a->item_version = st->item_version;
    a->round = st->round;
    a->verdict = st->verdict;
    a->has_amount_fen = st->has_amount_fen;
    a->amount_fen = st->amount_fen;
    a->has_reason = st->has_reason;
    a->reason = st->reason;
    a->due = st->due;
    a->division_code = s->state->division_code;
    bool gone = action == SA_ASSIGNMENT_ACTION_WITHDRAWN;
    struct bus_strv *facts = NULL;
    uint8_t withheld = MATCHER_PERSONAL;
    int rc =
        gone ? BUS_OK
             : matcher_disclosed_facts(s, st->department, &facts, &withheld);
    if (facts != NULL) {
        a->facts.v = (void *)facts;
        a->facts.n = BUS_WIRE_ENCODED;
    }
    if (judged != NULL && !gone) {
        a->missing.v = judged->missing.v;
        a->missing.n = judged->missing.n;
    }
    if (rc != BUS_OK) {
        return rc;
    }
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_ASSIGNMENTS,
                                    .partner = st->department,
                                    .record = a,
                                    .event_id = a->event_id,
                                    .case_id = a->case_id,
                                    .seal_for = withheld == MATCHER_PERSONAL
                                                    ? (struct bus_strv){0}
                                                    : st->department,
                                    .withheld = withheld,
                                    .payee = !gone,
                                    .account = st,
                                });
}

int matcher_assignment_return(struct step *s,
                              struct sa_assignment_state *a,
                              struct bus_strv reason)
{
    a->has_reason = true;
    a->reason = reason;
    return emit_assignment(s, a, SA_ASSIGNMENT_ACTION_RETURNED, NULL);
}

int matcher_assignment_show(struct step *s, struct sa_assignment_state *a)
{
    return emit_assignment(s, a, SA_ASSIGNMENT_ACTION_UPDATED, NULL);
}

static struct bus_id assignment_id_of(const struct sa_household_state *st,
                                      struct bus_strv item,
                                      int32_t round)
{
    return bus_wire_assignment_id(&st->household_id, st->case_no, item, round);
}

static int match_assign(struct step *s,
                        const struct bus_policy_item *item,
                        const struct sa_item_verdict *judged,
                        int32_t round)
{
    struct sa_household_state *st = s->state;
    size_t n = st->assignments.n;
    struct sa_assignment_state *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->assignments.v, n * sizeof(*list));
    }
    list[n] = (struct sa_assignment_state){
        .case_no = st->case_no,
        .assignment_id = assignment_id_of(st, item->code, round),
        .item = item->code,
        .item_version = item->version,
        .department = item->department,
        .round = round,
        .status = SA_ASSIGNMENT_STATUS_ASSIGNED,
        .verdict = judged->verdict,
        .assigned_at = matcher_step_known_ms(s),
        .has_amount_fen = judged->has_amount_fen,
        .amount_fen = judged->amount_fen,
        .due = s->rules->deadline(s->rules->data, s->today, item->limit,
                                  item->working_days),
    };
    st->assignments.v = list;
    st->assignments.n = n + 1;
    return emit_assignment(s, &list[n], SA_ASSIGNMENT_ACTION_ASSIGNED, judged);
}

int matcher_assignment_withdraw(struct step *s,
                                struct sa_assignment_state *a,
                                struct bus_strv reason)
{
    BUS_CHECK(reason.n > 0);
    matcher_assignment_move(a, MOVE_WITHDRAW);
    a->has_reason = true;
    a->reason = reason;
    return emit_assignment(s, a, SA_ASSIGNMENT_ACTION_WITHDRAWN, NULL);
}

bool matcher_assignment_by_household(const struct sa_assignment_state *a)
{
    return a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN && a->has_reason &&
           bus_strv_eq(a->reason, MATCHER_BY_HOUSEHOLD);
}

static struct bus_strv no_longer(const struct sa_item_verdict *judged)
{
    return judged->has_left_out_by ? judged->left_out_by
           : judged->verdict == SA_VERDICT_NOT_ELIGIBLE
               ? BUS_STRV("NO_LONGER_ELIGIBLE")
               : BUS_STRV("NO_LONGER_STARTABLE");
}

static int settle_item(struct step *s,
                       const struct bus_policy_verdict_of *v,
                       const struct sa_item_verdict *judged)
{
    struct bus_policy_item item;
    if (!bus_policy_item_at(s->rules->catalogue, (size_t)v->item, s->today,
                            &item)) {
        return BUS_OK;
    }
    struct sa_assignment_state *a = latest(s->state, item.code);
    bool want = match_wanted(v, &item);
    bool none = a == NULL || a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN;
    struct sa_assignment_state *had = none ? matcher_award_of(s, &item) : NULL;
    if (had != NULL) {
        return matcher_award_tell(s, had, want, judged);
    }
    if (none && (s->state->withdrawn ||
                 (a != NULL && matcher_assignment_by_household(a)))) {
        return BUS_OK; /* until it asks again */
    }
    if (none) {
        return want ? match_assign(s, &item, judged, a ? a->round + 1 : 1)
                    : BUS_OK;
    }
    if (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED) {
        return BUS_OK; /* people have decided; a new fact is theirs to see */
    }
    /* A rule that failed says nothing about the household. */
    if (!want && judged->verdict != SA_VERDICT_FAILED) {
        return matcher_assignment_withdraw(s, a, no_longer(judged));
    }
    if (a->verdict == judged->verdict &&
        a->has_amount_fen == judged->has_amount_fen &&
        a->amount_fen == judged->amount_fen) {
        return BUS_OK;
    }
    a->verdict = judged->verdict;
    a->has_amount_fen = judged->has_amount_fen;
    a->amount_fen = judged->amount_fen;
    return emit_assignment(s, a, SA_ASSIGNMENT_ACTION_UPDATED, judged);
}

/* --- verification --- */

static bool is_disputed(const struct sa_household_state *st,
                        const struct sa_missing_fact *m)
{
    for (size_t i = 0; i < st->disputed.n; i++) {
        const struct sa_fact *f = &st->disputed.v[i].fact;
        if (bus_strv_eq(f->name, m->name) && f->has_member == m->has_member &&
            (!f->has_member || bus_id_eq(&f->member, &m->member))) {
            return true;
        }
    }
    return false;
}

/* What was answered and is disputed since is asked again. */
static bool asked_before(const struct sa_household_state *st,
                         const struct sa_missing_fact *m)
{
    bool again = is_disputed(st, m);
    for (size_t i = 0; i < st->verifications.n; i++) {
        const struct sa_verification_state *v = &st->verifications.v[i];
        if (again && !v->open) {
            continue;
        }
        for (size_t j = 0; j < v->facts.n; j++) {
            const struct sa_missing_fact *f = &v->facts.v[j];
            if (bus_strv_eq(f->name, m->name) &&
                f->has_member == m->has_member &&
                (!f->has_member || bus_id_eq(&f->member, &m->member))) {
                return true;
            }
        }
    }
    return false;
}

int matcher_verifications_withdraw(struct step *s)
{
    struct sa_household_state *st = s->state;
    for (size_t i = 0; i < st->verifications.n; i++) {
        struct sa_verification_state *v = &st->verifications.v[i];
        struct sa_verification_request *q =
            bus_arena_calloc(s->mem, 1, sizeof(*q));
        if (q == NULL) {
            return matcher_step_no_memory(s);
        }
        if (!v->open) {
            continue;
        }
        q->request_id = v->request_id;
        q->event_id =
            matcher_step_event_id(s, "verification_request", &q->request_id,
                                  SA_REQUEST_ACTION_WITHDRAWN);
        q->household_id = st->household_id;
        q->occurred_at = s->now_ms;
        q->case_id = st->case_id;
        q->action = SA_REQUEST_ACTION_WITHDRAWN;
        q->kind = SA_VERIFICATION_KIND_INFORMATION;
        q->division_code = st->division_code;
        q->due = s->today;
        v->open = false;
        v->facts.n = 0; /* asked anew, should it be consented to again */
        s->out->changed = true;
        BUS_TRY(matcher_step_emit(s, &(struct matcher_output){
                                         .topic = MATCHER_OUT_VERIFICATIONS,
                                         .partner = v->partner,
                                         .record = q,
                                         .event_id = q->event_id,
                                         .case_id = q->case_id,
                                     }));
    }
    return BUS_OK;
}

static bool in_list(const struct sa_missing_fact *list,
                    size_t n,
                    const struct sa_missing_fact *m)
{
    for (size_t i = 0; i < n; i++) {
        if (bus_strv_eq(list[i].name, m->name) &&
            list[i].has_member == m->has_member &&
            (!m->has_member || bus_id_eq(&list[i].member, &m->member))) {
            return true;
        }
    }
    return false;
}

#define VERIFY_FACTS_MAX 64

/* What the insurer may supply, was not asked yet, and an undetermined item
 * waits for. */
static int collect_askable(struct step *s,
                           const struct bus_policy_result *result,
                           const struct sa_evaluation *e,
                           struct sa_missing_fact **ret,
                           size_t *ret_n)
{
    const struct matcher_rules *r = s->rules;
    struct sa_missing_fact *list =
        bus_arena_alloc(s->mem, VERIFY_FACTS_MAX * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    size_t n = 0;
    for (size_t i = 0; i < e->items.n; i++) {
        const struct sa_item_verdict *v = &e->items.v[i];
        for (size_t j = 0; j < v->missing.n && n < VERIFY_FACTS_MAX; j++) {
            const struct sa_missing_fact *m = &v->missing.v[j];
            if (bus_policy_fact_supplied_by(r->catalogue,
                                            result->items[i].missing[j].fact,
                                            BUS_STRV("insurer")) &&
                !asked_before(s->state, m) && !in_list(list, n, m)) {
                list[n++] = *m;
            }
        }
    }
    *ret = list;
    *ret_n = n;
    return BUS_OK;
}

static int note_request(struct step *s, const struct sa_verification_request *q)
{
    struct sa_household_state *st = s->state;
    size_t n = st->verifications.n;
    struct sa_verification_state *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->verifications.v, n * sizeof(*list));
    }
    list[n] = (struct sa_verification_state){
        .request_id = q->request_id,
        .partner = s->rules->insurer,
        .open = true,
    };
    list[n].facts.v = q->facts.v;
    list[n].facts.n = q->facts.n;
    st->verifications.v = list;
    st->verifications.n = n + 1;
    return BUS_OK;
}

static int ask_insurer(struct step *s,
                       const struct bus_policy_result *result,
                       const struct sa_evaluation *e)
{
    struct sa_missing_fact *facts = NULL;
    size_t n = 0;
    int rc =
        s->rules->insurer.n == 0 || !s->state->consent || s->state->withdrawn
            ? BUS_OK
            : collect_askable(s, result, e, &facts, &n);
    if (rc != BUS_OK || n == 0) {
        return rc;
    }
    struct sa_verification_request *q = bus_arena_calloc(s->mem, 1, sizeof(*q));
    if (q == NULL) {
        return matcher_step_no_memory(s);
    }
    q->request_id =
        bus_wire_request_id(&e->case_id, s->rules->insurer, e->facts_version);
    q->event_id =
        matcher_step_event_id(s, "verification_request", &q->request_id, 0);
    q->household_id = e->household_id;
    q->occurred_at = s->now_ms;
    q->case_id = e->case_id;
    q->action = SA_REQUEST_ACTION_REQUESTED;
    q->kind = SA_VERIFICATION_KIND_INFORMATION;
    q->facts.v = facts;
    q->facts.n = n;
    q->division_code = s->state->division_code;
    q->due = s->rules->deadline(s->rules->data, s->today,
                                s->rules->verification_days, true);
    BUS_TRY(note_request(s, q));
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_VERIFICATIONS,
                                    .partner = s->rules->insurer,
                                    .record = q,
                                    .event_id = q->event_id,
                                    .case_id = q->case_id,
                                    .seal_for = s->rules->insurer,
                                    .withheld = MATCHER_ACCOUNT,
                                });
}

/* --- the whole --- */

static struct sa_evaluation *
make_evaluation(struct step *s, const struct bus_policy_result *result)
{
    struct sa_evaluation *e = bus_arena_calloc(s->mem, 1, sizeof(*e));
    struct sa_item_verdict *items =
        bus_arena_calloc(s->mem, result->count + 1, sizeof(*items));
    if (e == NULL || items == NULL) {
        return NULL;
    }
    struct sa_household_state *st = s->state;
    e->household_id = st->household_id;
    e->occurred_at = s->now_ms;
    e->case_id = st->case_id;
    e->facts_version = st->facts_version;
    e->event_id =
        matcher_step_event_id(s, "evaluation", &st->case_id, st->facts_version);
    e->catalogue_version =
        bus_strv(bus_policy_catalogue_version(s->rules->catalogue));
    st->catalogue_version = e->catalogue_version;
    e->rule_date = s->today;
    st->judged_on = s->today;
    e->members.v = st->members.v;
    e->members.n = st->members.n;
    e->facts.v = st->facts.v;
    e->facts.n = st->facts.n;
    e->items.v = items;
    e->items.n = result->count;
    return e;
}

static int fan_out(struct step *s,
                   const struct bus_policy_result *result,
                   const struct sa_evaluation *e,
                   const struct sa_evaluation *encoded)
{
    int32_t undetermined = 0;
    for (size_t i = 0; i < result->count; i++) {
        undetermined += result->items[i].verdict == BUS_POLICY_UNDETERMINED;
    }
    s->state->undetermined = undetermined;
    BUS_TRY(matcher_step_emit(s, &(struct matcher_output){
                                     .topic = MATCHER_OUT_EVALUATIONS,
                                     .record = encoded,
                                     .event_id = e->event_id,
                                     .case_id = e->case_id,
                                 }));
    BUS_TRY(ask_insurer(s, result, e));
    for (size_t i = 0; i < result->count; i++) {
        BUS_TRY(settle_item(s, &result->items[i], &e->items.v[i]));
    }
    return matcher_close_if_ended(s);
}

int matcher_match_household(struct step *s)
{
    struct sa_household_state *st = s->state;
    st->facts_version++;
    s->out->changed = true;
    if (!st->case_open) {
        return BUS_OK; /* a signal without an application: kept, not judged */
    }
    BUS_TRY(matcher_awards_judge(s, s->today));
    BUS_TRY(matcher_number_facts(s));
    struct bus_policy_household h;
    struct bus_policy_result result;
    struct bus_role_household_members members = {st->members.v, st->members.n};
    s->out->reason_code = "LIMIT";
    BUS_TRY(bus_role_household_of(s->rules->catalogue, &members, st->facts.v,
                                  s->facts.ids, st->facts.n, s->mem, &h,
                                  s->err));
    BUS_TRY(bus_policy_evaluate(s->rules->catalogue, &h, s->today,
                                BUS_POLICY_REASONS, s->mem, &result, s->err));
    s->out->reason_code = NULL;
    struct sa_evaluation *e = make_evaluation(s, &result);
    struct sa_evaluation *encoded = bus_arena_alloc(s->mem, sizeof(*encoded));
    if (e == NULL || encoded == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = 0; i < result.count; i++) {
        const struct bus_policy_verdict_of *v = &result.items[i];
        if (evaluation_item(s->rules->catalogue, s->today, &st->members, v,
                            s->mem, &e->items.v[i]) != BUS_OK) {
            return matcher_step_no_memory(s);
        }
    }
    BUS_TRY(matcher_evaluation_encode(e, s->facts.bytes, s->facts.ends, s->mem,
                                      encoded, s->err));
    return fan_out(s, &result, e, encoded);
}
