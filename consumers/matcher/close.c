/* One way out: when every assignment of the case has ended, one joined result
 * leaves. A case with nothing assigned closes only if nothing is undetermined:
 * a missing fact never becomes a silent no. */
#include "consumers/matcher/parts.h"

static bool may_close(const struct sa_household_state *st, size_t *ret_count)
{
    size_t count = 0;
    if (!st->case_open) {
        return false;
    }
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->case_no != st->case_no) {
            continue;
        }
        if (!matcher_assignment_ended(a->status)) {
            return false;
        }
        count++;
    }
    for (size_t i = 0; i < st->verifications.n; i++) {
        if (st->verifications.v[i].open) {
            return false;
        }
    }
    *ret_count = count;
    return count > 0 || st->undetermined == 0;
}

static int fill_outcomes(struct step *s, struct sa_case_event *e, size_t count)
{
    const struct sa_household_state *st = s->state;
    struct sa_case_outcome *v = bus_arena_calloc(s->mem, count + 1, sizeof(*v));
    if (v == NULL) {
        return matcher_step_no_memory(s);
    }
    size_t n = 0;
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->case_no == st->case_no) {
            v[n++] = (struct sa_case_outcome){
                .assignment_id = a->assignment_id,
                .item = a->item,
                .department = a->department,
                .status = bus_strv(matcher_assignment_status_word(a->status)),
                .has_amount_fen = a->has_amount_fen,
                .amount_fen = a->amount_fen,
            };
        }
    }
    e->outcomes.v = v;
    e->outcomes.n = n;
    return BUS_OK;
}

int matcher_close_if_ended(struct step *s)
{
    size_t count = 0;
    if (!may_close(s->state, &count)) {
        return BUS_OK;
    }
    struct sa_case_event *e = matcher_step_case_event(
        s, SA_CASE_EVENT_KIND_CLOSED, &s->state->case_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    if (count == 0) {
        e->has_note = true;
        e->note = BUS_STRV("NOTHING_TO_ASSIGN");
    }
    int rc = fill_outcomes(s, e, count);
    rc = rc == BUS_OK ? matcher_step_emit_case(s, e, (struct bus_strv){0}) : rc;
    if (rc == BUS_OK) {
        s->state->case_open = false;
        s->out->changed = true;
    }
    return rc;
}
