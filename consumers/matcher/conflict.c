/* A person in two households becomes a task for people, never two quiet cases.
 *
 * All who name a person meet in one stream: that of the household he would head
 * (events.md). There is no second lookup and no second kind of state:
 *
 * - a household names a new member who does not head it -> membership, to the
 *   stream of the household that member would head
 * - it arrives where that household has a case, or another named him before ->
 *   CONFLICT in both cases
 * - the household gets its first case behind that -> CONFLICT in both cases
 *
 * Whichever comes last finds the other, in the order of that one stream.
 *
 * What a source says of a person by number comes there, too: it is folded where
 * he heads the household, and handed on to those that name him. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"
#include "consumers/matcher/parts.h"

struct side /* one of the two households */
{
    struct bus_id household, case_id;
    int32_t case_no;
    struct bus_strv division;
    size_t size; /* 0: not known here */
};

int matcher_report_membership(struct step *s,
                              const struct sa_application *a,
                              size_t i)
{
    BUS_CHECK(i < a->members.n);
    const struct sa_household_state *st = s->state;
    struct bus_id household = {{0}};
    if (i < a->homes.n) {
        household = a->homes.v[i];
    }
    if (bus_id_is_nil(&household) || bus_id_eq(&household, &st->household_id)) {
        return BUS_OK; /* without a number, or the head */
    }
    struct sa_membership *m = bus_arena_calloc(s->mem, 1, sizeof(*m));
    if (m == NULL) {
        return matcher_step_no_memory(s);
    }
    const struct bus_id *person = &a->members.v[i].person_id;
    *m = (struct sa_membership){
        .event_id = matcher_step_event_id(s, "membership", person, 0),
        .household_id = household,
        .occurred_at = s->now_ms,
        .case_id = st->case_id,
        .case_no = st->case_no,
        .person_id = *person,
        .member_of = st->household_id,
        .division_code = st->division_code,
    };
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_MEMBERSHIPS,
                                    .record = m,
                                    .event_id = m->event_id,
                                    .case_id = m->case_id,
                                    .household_id = household,
                                });
}

/* CONFLICT in the case of `of`, about the person whom `other` names too. */
static int conflict_tell(struct step *s,
                         const struct side *of,
                         const struct side *other,
                         const struct bus_id *person)
{
    BUS_CHECK(person != NULL);
    struct sa_case_event *e = bus_arena_calloc(s->mem, 1, sizeof(*e));
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    struct bus_id about =
        bus_wire_conflict_id(&of->household, &other->household, person);
    *e = (struct sa_case_event){
        .event_id = matcher_step_event_id(s, "case_event", &about,
                                          (int32_t)SA_CASE_EVENT_KIND_CONFLICT),
        .household_id = of->household,
        .occurred_at = s->now_ms,
        .case_id = of->case_id,
        .case_no = of->case_no,
        .kind = SA_CASE_EVENT_KIND_CONFLICT,
        .division_code = of->division,
        .household_size = (int32_t)of->size,
        .has_refers_to = true,
        .refers_to = *person,
        .has_note = true,
        .note = BUS_STRV("PERSON_IN_TWO_HOUSEHOLDS"),
        .has_other_household = true,
        .other_household = other->household,
    };
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_CASES,
                                    .record = e,
                                    .event_id = e->event_id,
                                    .case_id = e->case_id,
                                    .household_id = of->household,
                                });
}

static int tell_both(struct step *s,
                     const struct side *a,
                     const struct side *b,
                     const struct bus_id *person)
{
    BUS_CHECK(a != b);
    BUS_TRY(conflict_tell(s, a, b, person));
    return conflict_tell(s, b, a, person);
}

static struct side own_side(const struct step *s)
{
    const struct sa_household_state *st = s->state;
    BUS_CHECK(st->case_no >= 0);
    return (struct side){st->household_id, st->case_id, st->case_no,
                         st->division_code, (size_t)matcher_step_size(s)};
}

static struct side side_of(const struct sa_membership_ref *r)
{
    return (struct side){r->member_of, r->case_id, r->case_no, r->division_code,
                         0};
}

int matcher_on_membership(struct step *s)
{
    BUS_CHECK(s->event->kind == MATCHER_MEMBERSHIP);
    const struct sa_membership *m = s->event->record;
    struct sa_household_state *st = s->state;
    size_t n = st->memberships.n;
    for (size_t i = 0; i < n; i++) {
        if (bus_id_eq(&st->memberships.v[i].member_of, &m->member_of)) {
            s->out->duplicate = true;
            return BUS_OK;
        }
    }
    if (n == MATCHER_NAMED_MAX) {
        return matcher_step_reject(s, BUS_ERANGE, "LIMIT",
                                   "more than %d households name one person",
                                   MATCHER_NAMED_MAX);
    }
    BUS_CHECK(n < MATCHER_NAMED_MAX);
    struct sa_membership_ref *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->memberships.v, n * sizeof(*list));
    }
    list[n] = (struct sa_membership_ref){
        .person_id = m->person_id,
        .member_of = m->member_of,
        .case_id = m->case_id,
        .case_no = m->case_no,
        .division_code = m->division_code,
    };
    st->memberships.v = list;
    st->memberships.n = n + 1;
    s->out->changed = true;
    struct side one = side_of(&list[n]);
    struct side other = st->case_no > 0 ? own_side(s)
                        : n > 0         ? side_of(&list[0])
                                        : (struct side){0};
    return st->case_no > 0 || n > 0 ? tell_both(s, &one, &other, &m->person_id)
                                    : BUS_OK;
}

int matcher_meet_memberships(struct step *s)
{
    const struct sa_household_state *st = s->state;
    BUS_CHECK(st->memberships.n <= MATCHER_NAMED_MAX);
    struct side own = own_side(s);
    for (size_t i = 0; i < st->memberships.n; i++) {
        struct side other = side_of(&st->memberships.v[i]);
        BUS_TRY(tell_both(s, &own, &other, &st->memberships.v[i].person_id));
    }
    return BUS_OK;
}

/* --- what a source says of him --- */

bool matcher_lives_here(const struct sa_household_state *st,
                        const struct bus_id *person)
{
    for (size_t i = 0; i < st->members.n; i++) {
        if (bus_id_eq(&st->members.v[i].person_id, person)) {
            return true;
        }
    }
    return false;
}

static int facts_hand_on(struct step *s,
                         const struct sa_facts_reported *r,
                         const struct bus_id *to)
{
    BUS_CHECK(!bus_id_eq(to, &r->household_id));
    struct sa_facts_reported *f = bus_arena_dup(s->mem, r, sizeof(*r));
    if (f == NULL) {
        return matcher_step_no_memory(s);
    }
    f->event_id = matcher_step_event_id(s, "facts_reported", to, 0);
    f->household_id = *to;
    return matcher_step_emit(
        s, &(struct matcher_output){.topic = MATCHER_OUT_FACTS,
                                    .record = f,
                                    .event_id = f->event_id,
                                    .household_id = *to});
}

bool matcher_tells_of_person(const char *reason_code)
{
    return reason_code != NULL &&
           (strcmp(reason_code, "PERSON_UNKNOWN") == 0 ||
            strcmp(reason_code, "PERSON_IN_TWO_HOUSEHOLDS") == 0);
}

int matcher_facts_home(struct step *s,
                       const struct sa_facts_reported *r,
                       bool *ret_here)
{
    const struct sa_household_state *st = s->state;
    BUS_CHECK(r->has_person && ret_here != NULL);
    BUS_TRY(matcher_step_whole(s));
    bool whole = false;
    *ret_here = st->case_no > 0 && matcher_lives_here(st, &r->person);
    size_t others = s->event->handed_on ? 0 : st->memberships.n;
    for (size_t i = 0; i < r->facts.n; i++) {
        const struct sa_fact *f = &r->facts.v[i];
        whole |= !f->has_member;
        if (f->has_member && !bus_id_eq(&f->member, &r->person)) {
            return matcher_step_reject(s, BUS_EDENIED, "FACT_NOT_YOURS",
                                       "a fact of another than the person who "
                                       "was named");
        }
    }
    if (!*ret_here && others == 0) {
        return matcher_step_reject(s, BUS_EUNKNOWN, "PERSON_UNKNOWN",
                                   "nobody of this number has applied, alone "
                                   "or in a household");
    }
    if (whole && others + *ret_here > 1) {
        return matcher_step_reject(s, BUS_ERANGE, "PERSON_IN_TWO_HOUSEHOLDS",
                                   "a fact of a household, and the person is "
                                   "in more than one");
    }
    for (size_t i = 0; i < others; i++) {
        BUS_TRY(facts_hand_on(s, r, &st->memberships.v[i].member_of));
    }
    return BUS_OK;
}
