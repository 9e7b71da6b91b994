/* An application opens the household's case or joins the open one (T21). */
#include <string.h>

#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

/* Union of members: who was named once stays until a split says otherwise. */
static int merge_members(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    size_t room = st->members.n + a->members.n;
    struct sa_member *list = bus_arena_alloc(s->mem, room * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    size_t n = st->members.n;
    if (n > 0) {
        memcpy(list, st->members.v, n * sizeof(*list));
    }
    for (size_t i = 0; i < a->members.n; i++) {
        size_t at = 0;
        while (at < n &&
               !bus_id_eq(&list[at].person_id, &a->members.v[i].person_id)) {
            at++;
        }
        list[at] = a->members.v[i];
        if (at == n) {
            int rc = matcher_report_membership(s, a, i);
            n++;
            if (rc != BUS_OK) {
                return rc;
            }
        }
    }
    if (n == 0 || n > MATCHER_MEMBERS_MAX) {
        return matcher_step_reject(s, BUS_ERANGE, "LIMIT",
                                   "%zu members; a household has 1 to %d", n,
                                   MATCHER_MEMBERS_MAX);
    }
    st->members.v = list;
    st->members.n = n;
    return BUS_OK;
}

static void open_case(struct step *s)
{
    struct sa_household_state *st = s->state;
    st->case_no++;
    st->case_open = true;
    st->has_case_id = true;
    st->case_id = bus_wire_case_id(&st->household_id, st->case_no);
    st->opened_at = s->now_ms;
    st->verifications.n = 0;
    st->undetermined = 0;
}

/* Also of earlier cases: sent again, it must not open another one. */
static int note_application(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    size_t n = st->applications.n;
    size_t gone = n >= MATCHER_APPLICATIONS_KEPT ? 1 : 0;
    struct sa_application_ref *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    n -= gone;
    if (n > 0) {
        memcpy(list, st->applications.v + gone, n * sizeof(*list));
    }
    list[n] = (struct sa_application_ref){
        .application_id = a->application_id,
        .channel = a->channel,
        .occurred_at = a->occurred_at,
    };
    st->applications.v = list;
    st->applications.n = n + 1;
    return BUS_OK;
}

static int
application_report(struct step *s, const struct sa_application *a, bool opened)
{
    struct sa_case_event *e =
        matcher_step_case_event(s,
                                opened ? SA_CASE_EVENT_KIND_OPENED
                                       : SA_CASE_EVENT_KIND_APPLICATION_JOINED,
                                &a->application_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_application_id = true;
    e->application_id = a->application_id;
    e->has_channel = true;
    e->channel = a->channel;
    return matcher_step_emit_case(s, e, (struct bus_strv){0});
}

int matcher_on_application(struct step *s)
{
    const struct sa_application *a = s->event->record;
    struct sa_household_state *st = s->state;
    BUS_TRY(matcher_step_whole(s));
    for (size_t i = 0; i < st->applications.n; i++) {
        if (bus_id_eq(&st->applications.v[i].application_id,
                      &a->application_id)) {
            s->out->duplicate = true;
            return BUS_OK;
        }
    }
    bool opened = !st->case_open;
    if (opened) {
        open_case(s);
    }
    s->out->changed = true;
    st->division_code = a->division_code;
    /* While a case is open nobody puts another account, phone or address in
     * the place of those that officers have in hand (authority, "payee"). */
    if (a->has_personal && (opened || !st->has_personal)) {
        st->has_personal = true;
        st->personal = a->personal;
        st->has_personal_event = true;
        st->personal_event = a->event_id;
    }
    BUS_TRY(merge_members(s, a));
    BUS_TRY(note_application(s, a));
    BUS_TRY(application_report(s, a, opened));
    if (opened && st->case_no == 1) {
        BUS_TRY(matcher_meet_memberships(s));
    }
    bool changed = false;
    BUS_TRY(matcher_fold_facts(s, a->facts.v, a->facts.n, &changed));
    return changed || opened ? matcher_match_household(s) : BUS_OK;
}
