/* A household's personal data is forgotten: its name, number, accounts, what is
 * known of its people. What was done stays: cases, assignments, amounts, days,
 * surrogate ids; the account and the chain over it are as they were.
 *
 * - who: two people of the lead department by the register, one who proposes
 *   and another who may decide; what does not hold is a dead letter
 * - when: no case of it is open and no grant of it stands, for they are the
 *   law's ground for keeping it; else people are told (ERASURE_REFUSED), with
 *   the day from which it may be where that is known
 * - the same once more: a duplicate; another: done and answered once more
 *
 * The shell destroys the household's key in the same transaction (keys.h). Who
 * applies again is a household as any other, under a new key. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "consumers/matcher/asked.h"
#include "schemas/erasure.h"

#define BASIS_BYTES 800 /* 200 characters */

static struct bus_strv erasure_officer(const struct step *s,
                                       const struct sa_actor *who,
                                       enum bus_register_act act)
{
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = who->org_code,
        .act = act,
        .owner = s->rules->lead,
        .town = matcher_asked_town(s),
        .day = matcher_known_day(s),
    };
    return matcher_register_held(s, &claim);
}

static struct bus_strv erasure_held(const struct step *s,
                                    const struct sa_erasure *e)
{
    BUS_CHECK(s->event->kind == MATCHER_ERASURE);
    if (e->basis.n == 0 || e->basis.n > BASIS_BYTES) {
        return BUS_STRV("BASIS_MISSING");
    }
    if (e->second.operator_id.n == 0) {
        return BUS_STRV("SECOND_MISSING");
    }
    if (bus_strv_eq(e->done_by.operator_id, e->second.operator_id)) {
        return BUS_STRV("SAME_PERSON");
    }
    struct bus_strv why = erasure_officer(s, &e->done_by, BUS_REGISTER_OPINION);
    return why.n > 0 ? why
                     : erasure_officer(s, &e->second, BUS_REGISTER_DECIDE);
}

/* *ret_from: the day from which nothing is granted any more; INT32_MAX: nobody
 * knows it yet. */
static bool erasure_granted(const struct step *s, int32_t *ret_from)
{
    bool any = false;
    int32_t today = matcher_known_day(s);
    *ret_from = today;
    for (size_t i = 0; i < s->state->assignments.n; i++) {
        const struct sa_assignment_state *a = &s->state->assignments.v[i];
        const struct sa_award *w = &a->award;
        if (!a->has_award || w->state == SA_AWARD_STATE_ENDED ||
            (w->until != 0 && today > w->until)) {
            continue;
        }
        int32_t from = w->until != 0 ? w->until + 1 : INT32_MAX;
        *ret_from = from > *ret_from ? from : *ret_from;
        any = true;
    }
    BUS_CHECK(any || *ret_from == today);
    return any;
}

static int erasure_refuse(struct step *s, bool granted, int32_t from)
{
    const struct sa_erasure *e = s->event->record;
    char day[BUS_DATE_TEXT + 1] = "";
    BUS_CHECK(granted || s->state->case_open);
    bool known = !s->state->case_open && from != INT32_MAX;
    if (known) {
        (void)bus_date_text(from, day);
    }
    const char *note =
        bus_arena_printf(s->mem, "ERASURE_REFUSED %s%s%s",
                         s->state->case_open ? "CASE_OPEN" : "GRANT_OPEN",
                         known ? " " : "", day);
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    s->out->changed = true;
    return matcher_step_attention(s, &e->event_id, bus_strv(note));
}

/* What waits may hold an account; it waited for what never came. */
static void erasure_forget(struct sa_household_state *st,
                           const struct bus_id *by)
{
    BUS_CHECK(!st->case_open);
    st->has_personal = false;
    st->personal = (struct bus_strv){0};
    st->has_personal_event = true; /* to know it again */
    st->personal_event = *by;
    st->facts.n = st->disputed.n = st->members.n = st->parked.n = 0;
    st->facts.v = NULL;
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        a->has_payee = a->has_payee_event = false;
        a->payee = (struct bus_strv){0};
        a->payee_event = (struct bus_id){{0}};
    }
}

int matcher_on_erasure(struct step *s)
{
    const struct sa_erasure *e = s->event->record;
    struct sa_household_state *st = s->state;
    int32_t from = 0;
    BUS_TRY(matcher_step_whole(s));
    struct bus_strv why = erasure_held(s, e);
    if (why.n > 0) { /* a word that outlives the event */
        return matcher_step_reject(s, BUS_EDENIED, why.p,
                                   "two people of the lead department say on "
                                   "what basis a household is erased");
    }
    if (st->case_no == 0) {
        return matcher_step_reject(s, BUS_EUNKNOWN, "HOUSEHOLD_UNKNOWN",
                                   "this household has never applied");
    }
    if (!st->has_personal && st->has_personal_event &&
        bus_id_eq(&st->personal_event, &e->event_id)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    bool granted = erasure_granted(s, &from);
    if (st->case_open || granted) {
        return erasure_refuse(s, granted, from);
    }
    erasure_forget(st, &e->event_id);
    s->out->changed = s->out->forget = true;
    return matcher_step_note(s, SA_CASE_EVENT_KIND_RESULT_FOLDED, &e->event_id,
                             BUS_STRV("ERASED"));
}
