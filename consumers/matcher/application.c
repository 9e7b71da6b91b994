/* An application opens the household's case or joins the open one (T21). */
#include <string.h>

#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

static const struct sa_member *
member_in(const struct sa_member *list, size_t n, const struct bus_id *person)
{
    for (size_t i = 0; i < n; i++) {
        if (bus_id_eq(&list[i].person_id, person)) {
            return &list[i];
        }
    }
    return NULL;
}

/* A new case is about those that its application names; whoever is new to the
 * household is told where all who name him meet. */
static int take_members(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    size_t n = a->members.n;
    struct sa_member *list = bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n == 0 || n > MATCHER_MEMBERS_MAX) {
        return matcher_step_reject(s, BUS_ERANGE, "LIMIT",
                                   "%zu members; a household has 1 to %d", n,
                                   MATCHER_MEMBERS_MAX);
    }
    memcpy(list, a->members.v, n * sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        if (member_in(st->members.v, st->members.n, &list[i].person_id) ==
            NULL) {
            BUS_TRY(matcher_report_membership(s, a, i));
        }
    }
    st->members.v = list;
    st->members.n = n;
    return BUS_OK;
}

/* The case keeps the list it was opened with; another one is for people. */
static int hold_members(struct step *s, const struct sa_application *a)
{
    const struct sa_household_state *st = s->state;
    bool same = a->members.n == st->members.n;
    for (size_t i = 0; i < a->members.n; i++) {
        const struct sa_member *m = &a->members.v[i];
        const struct sa_member *k =
            member_in(st->members.v, st->members.n, &m->person_id);
        same &= k != NULL && k->head == m->head &&
                bus_strv_eq(k->relation, m->relation);
    }
    return same ? BUS_OK
                : matcher_step_attention(s, &a->application_id,
                                         BUS_STRV("MEMBERS_DIFFER"));
}

/* Facts of whom the case is not about count for nobody in it. */
static int members_facts(struct step *s,
                         const struct sa_fact *facts,
                         size_t n,
                         struct sa_fact **ret,
                         size_t *ret_n)
{
    const struct sa_household_state *st = s->state;
    struct sa_fact *list = bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    size_t kept = 0;
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = 0; i < n; i++) {
        if (!facts[i].has_member ||
            member_in(st->members.v, st->members.n, &facts[i].member) != NULL) {
            list[kept++] = facts[i];
        }
    }
    *ret = list;
    *ret_n = kept;
    return BUS_OK;
}

/* Who is not in the new case's list goes with his facts. */
static int part_members(struct step *s)
{
    struct sa_household_state *st = s->state;
    size_t kept = 0;
    BUS_TRY(
        members_facts(s, st->facts.v, st->facts.n, &st->facts.v, &st->facts.n));
    for (size_t i = 0; i < st->disputed.n; i++) {
        const struct sa_fact *f = &st->disputed.v[i].fact;
        if (!f->has_member ||
            member_in(st->members.v, st->members.n, &f->member) != NULL) {
            st->disputed.v[kept++] = st->disputed.v[i];
        }
    }
    st->disputed.n = kept;
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
    e->has_note = !a->consent;
    e->note = a->consent ? (struct bus_strv){0} : BUS_STRV("NO_CONSENT");
    return matcher_step_emit_case(s, e, (struct bus_strv){0});
}

int matcher_on_application(struct step *s)
{
    const struct sa_application *a = s->event->record;
    struct sa_household_state *st = s->state;
    BUS_TRY(
        matcher_facts_check(s, a->facts.v, a->facts.n, BUS_STRV("declared")));
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
    st->consent = a->consent;
    /* While a case is open nobody puts another account, phone or address in
     * the place of those that officers have in hand (authority, "payee"). */
    if (a->has_personal && (opened || !st->has_personal)) {
        st->has_personal = true;
        st->personal = a->personal;
        st->has_personal_event = true;
        st->personal_event = a->event_id;
    }
    BUS_TRY(opened ? take_members(s, a) : hold_members(s, a));
    BUS_TRY(opened ? part_members(s) : BUS_OK);
    BUS_TRY(note_application(s, a));
    BUS_TRY(application_report(s, a, opened));
    if (opened && st->case_no == 1) {
        BUS_TRY(matcher_meet_memberships(s));
    }
    bool changed = false;
    struct sa_fact *facts = NULL;
    size_t n = 0;
    BUS_TRY(members_facts(s, a->facts.v, a->facts.n, &facts, &n));
    BUS_TRY(matcher_fold_facts(s, facts, n, &changed));
    return changed || opened ? matcher_match_household(s) : BUS_OK;
}
