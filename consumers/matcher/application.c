/* An application opens the household's case or joins the open one (T21): what
 * counts of one that joins was said by who may speak for the household. One of
 * another village, with other members, or of nobody whom the case knows, is set
 * aside whole for people to look at (ATTENTION with its application_id). */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/asked.h"

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

/* --- another one within the open case --- */

/* The case keeps the list it was opened with. */
static bool same_members(const struct sa_household_state *st,
                         const struct sa_application *a)
{
    bool same = a->members.n == st->members.n;
    for (size_t i = 0; i < a->members.n; i++) {
        const struct sa_member *m = &a->members.v[i];
        const struct sa_member *k =
            member_in(st->members.v, st->members.n, &m->person_id);
        same &= k != NULL && k->head == m->head &&
                bus_strv_eq(k->relation, m->relation);
    }
    return same;
}

/* Why it has no say in the open case, whoever knows the numbers in it: the
 * village that a case was opened in sees it, surveys and decides; its list of
 * members is what it is about; and where no officer answers for who applies, he
 * must be the one whom the case knows. How many reasons there are. */
#define ASIDE_MAX 2
static size_t application_held(const struct step *s,
                               const struct sa_application *a,
                               const char *why[ASIDE_MAX])
{
    const struct sa_household_state *st = s->state;
    size_t n = 0;
    BUS_CHECK(st->case_open);
    if (!bus_strv_eq(st->division_code, a->division_code)) {
        why[n++] = "DIVISION_DIFFERS";
    }
    if (!same_members(st, a)) {
        why[n++] = "MEMBERS_DIFFER";
    }
    if (n == 0 && !a->has_operator && s->event->differs != 0) {
        why[n++] = "APPLICANT_DIFFERS";
    }
    return n;
}

/* Nothing of it counts, and nothing of it is lost: the case's village sees it
 * there, looks, and takes down anew what is right. Whoever sent it learns
 * nothing of the case, not even that there is one. */
static int application_aside(struct step *s,
                             const struct sa_application *a,
                             const char *const *why,
                             size_t n)
{
    BUS_CHECK(n > 0 && n <= ASIDE_MAX);
    for (size_t i = 0; i < n; i++) {
        struct sa_case_event *e = matcher_step_attention_event(
            s, &a->application_id, bus_strv(why[i]));
        if (e == NULL) {
            return matcher_step_no_memory(s);
        }
        e->has_application_id = true;
        e->application_id = a->application_id;
        e->has_channel = true;
        e->channel = a->channel;
        BUS_TRY(matcher_step_emit_case(s, e, (struct bus_strv){0}));
    }
    return BUS_OK;
}

/* Who may speak for the household gives or takes back what it has consented
 * to; nobody does so unseen. */
static int join_consent(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    if (st->consent == a->consent) {
        return BUS_OK;
    }
    st->consent = a->consent;
    BUS_TRY(matcher_step_attention(s, &a->application_id,
                                   a->consent ? BUS_STRV("CONSENT_GIVEN")
                                              : BUS_STRV("CONSENT_WITHDRAWN")));
    return a->consent ? BUS_OK : matcher_verifications_withdraw(s);
}

/* While a case is open nobody puts another account, phone or address in the
 * place of those that officers have in hand (authority, "payee"). */
static int join_contact(struct step *s, const struct sa_application *a)
{
    static const struct
    {
        enum matcher_personal part;
        const char *word;
    } parts[] = {{MATCHER_NAME, "name"},
                 {MATCHER_ID_NUMBER, "id_number"},
                 {MATCHER_PHONE, "phone"},
                 {MATCHER_ADDRESS, "address"},
                 {MATCHER_ACCOUNT, "account"}};
    const char *note = "CONTACT_DIFFERS";
    BUS_CHECK(s->event->differs <= MATCHER_PERSONAL);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (note != NULL && (s->event->differs & parts[i].part) != 0) {
            note = bus_arena_printf(s->mem, "%s %s", note, parts[i].word);
        }
    }
    if (s->event->differs == 0) {
        return BUS_OK;
    }
    return note == NULL
               ? matcher_step_no_memory(s)
               : matcher_step_attention(s, &a->application_id, bus_strv(note));
}

/* What was declared before and is declared otherwise now. */
static int declared_anew(struct step *s, const struct bus_id *about)
{
    const char *note = "DECLARED_ANEW";
    for (size_t i = 0; note != NULL && i < s->anew.n; i++) {
        note = bus_arena_printf(s->mem, "%s %.*s", note,
                                BUS_STRV_ARG(s->anew.names[i]));
    }
    if (s->anew.n == 0) {
        return BUS_OK;
    }
    return note == NULL ? matcher_step_no_memory(s)
                        : matcher_step_attention(s, about, bus_strv(note));
}

static bool of_the_case(const struct sa_household_state *st,
                        const struct sa_fact *f)
{
    return !f->has_member ||
           member_in(st->members.v, st->members.n, &f->member) != NULL;
}

/* Facts of whom the case is not about count for nobody in it; mostly there are
 * none and the list is the one that was given. */
static int members_facts(struct step *s,
                         struct sa_fact *facts,
                         size_t n,
                         struct sa_fact **ret,
                         size_t *ret_n)
{
    size_t kept = 0;
    while (kept < n && of_the_case(s->state, &facts[kept])) {
        kept++;
    }
    *ret = facts;
    *ret_n = n;
    if (kept == n) {
        return BUS_OK;
    }
    struct sa_fact *list = bus_arena_alloc(s->mem, n * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    memcpy(list, facts, kept * sizeof(*list));
    for (size_t i = kept + 1; i < n; i++) {
        if (of_the_case(s->state, &facts[i])) {
            list[kept++] = facts[i];
        }
    }
    *ret = list;
    *ret_n = kept;
    return BUS_OK;
}

static int part_members(struct step *s)
{
    struct sa_household_state *st = s->state;
    size_t kept = 0;
    BUS_TRY(
        members_facts(s, st->facts.v, st->facts.n, &st->facts.v, &st->facts.n));
    for (size_t i = 0; i < st->disputed.n; i++) {
        const struct sa_fact *f = &st->disputed.v[i].fact;
        if (of_the_case(st, f)) {
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
    st->withdrawn = false;
}

/* Also of earlier cases: sent again, it must not open another one. */
static int
note_application(struct step *s, const struct sa_application *a, bool aside)
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
        .aside = aside,
    };
    st->applications.v = list;
    st->applications.n = n + 1;
    return BUS_OK;
}

/* What marks it: nobody may be asked; taken down so many days before it came.
 */
static const char *application_note(struct step *s,
                                    const struct sa_application *a)
{
    int32_t late =
        bus_china_day(matcher_step_known_ms(s)) - bus_china_day(a->occurred_at);
    const char *no = a->consent ? "" : "NO_CONSENT";
    return late <= 0 ? no
                     : bus_arena_printf(s->mem, "%s%sLATE %d", no,
                                        a->consent ? "" : " ", (int)late);
}

static int
application_report(struct step *s, const struct sa_application *a, bool opened)
{
    BUS_CHECK(s->state->has_case_id);
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
    const char *note = application_note(s, a);
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    e->note = bus_strv(note);
    e->has_note = e->note.n > 0;
    return matcher_step_emit_case(s, e, (struct bus_strv){0});
}

static void take_personal(struct sa_household_state *st,
                          const struct sa_application *a)
{
    if (a->has_personal) {
        st->has_personal = true;
        st->personal = a->personal;
        st->has_personal_event = true;
        st->personal_event = a->event_id;
    }
}

static int application_facts(struct step *s,
                             struct sa_fact *facts,
                             size_t n,
                             bool *ret_changed)
{
    struct sa_fact *counts = NULL;
    BUS_TRY(members_facts(s, facts, n, &counts, &n));
    return matcher_fold_facts(s, counts, n, ret_changed);
}

int matcher_declare_facts(struct step *s,
                          const struct bus_id *about,
                          struct sa_fact *facts,
                          size_t n,
                          bool *ret_changed)
{
    BUS_CHECK(s->state->case_open);
    BUS_TRY(application_facts(s, facts, n, ret_changed));
    return declared_anew(s, about);
}

/* A household that is known asks again: a move and another account are lawful,
 * and are what somebody who knows its numbers would write. People are told
 * before anything is set to work. (Its list is the new one, C17.) */
static int
application_told(struct step *s, const struct sa_application *a, bool moved)
{
    BUS_CHECK(s->state->case_open);
    if (moved) {
        BUS_TRY(matcher_step_attention(s, &a->application_id,
                                       BUS_STRV("DIVISION_DIFFERS")));
    }
    return join_contact(s, a);
}

static int application_opens(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    bool changed = false, known = st->case_no > 0;
    bool moved = known && st->division_code.n > 0 &&
                 !bus_strv_eq(st->division_code, a->division_code);
    BUS_CHECK(!st->case_open);
    open_case(s);
    st->consent = a->consent;
    st->division_code = a->division_code;
    take_personal(st, a);
    BUS_TRY(take_members(s, a));
    BUS_TRY(part_members(s));
    BUS_TRY(note_application(s, a, false));
    BUS_TRY(application_report(s, a, true));
    BUS_TRY(application_told(s, a, moved));
    if (st->case_no == 1) {
        BUS_TRY(matcher_meet_memberships(s));
    }
    BUS_TRY(application_facts(s, a->facts.v, a->facts.n, &changed));
    return matcher_match_household(s);
}

static int application_joins(struct step *s, const struct sa_application *a)
{
    struct sa_household_state *st = s->state;
    const char *why[ASIDE_MAX];
    size_t n = application_held(s, a, why);
    bool changed = false, asked = !st->consent && a->consent;
    BUS_TRY(note_application(s, a, n > 0));
    if (n > 0) {
        return application_aside(s, a, why, n);
    }
    asked |= matcher_requests_forget(s);
    if (!st->has_personal) {
        take_personal(st, a);
    }
    BUS_TRY(application_report(s, a, false));
    BUS_TRY(join_consent(s, a));
    BUS_TRY(join_contact(s, a));
    BUS_TRY(matcher_declare_facts(s, &a->application_id, a->facts.v, a->facts.n,
                                  &changed));
    return changed || asked ? matcher_match_household(s)
                            : matcher_close_if_ended(s);
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
    s->out->changed = true;
    return st->case_open ? application_joins(s, a) : application_opens(s, a);
}

int matcher_may_take_down(struct step *s, const struct sa_actor *who)
{
    BUS_CHECK(s->state->case_no > 0);
    const struct bus_register *r = s->rules->registers;
    struct bus_strv of = s->state->division_code, org = who->org_code;
    bool above = org.n > 0 && org.n <= of.n && memcmp(of.p, org.p, org.n) == 0;
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = org,
        .act = BUS_REGISTER_TAKE_DOWN,
        .owner = above ? org : of, /* the village's town, or the county */
        .town = matcher_asked_town(s),
        .day = s->today,
    };
    enum bus_register_answer answer =
        r == NULL ? BUS_REGISTER_YES : bus_registers_may(r, &claim);
    return answer == BUS_REGISTER_YES
               ? BUS_OK
               : matcher_step_reject(
                     s, BUS_EDENIED, bus_registers_answer_word(answer),
                     "who speaks for a household may take down its "
                     "application");
}

/* --- somebody no longer lives there --- */

/* A split, a marriage, a death, a move. Who may take down the household's
 * application says so.
 *
 * - he leaves the list, with his facts and what is asked of him
 * - what was granted to him alone ends; people are told (AWARD_ENDED)
 * - what is left is judged anew
 *
 * A household whose head leaves is another one: people are told (HEAD_LEAVES),
 * nothing changes. */

static bool leaves(const struct sa_membership_change *c,
                   const struct bus_id *person)
{
    for (size_t i = 0; i < c->members.n; i++) {
        if (bus_id_eq(&c->members.v[i], person)) {
            return true;
        }
    }
    return false;
}

static int members_check(struct step *s,
                         const struct sa_membership_change *c,
                         bool *ret_head)
{
    const struct sa_household_state *st = s->state;
    BUS_CHECK(st->members.n <= MATCHER_MEMBERS_MAX);
    size_t found = 0;
    *ret_head = false;
    for (size_t i = 0; i < st->members.n; i++) {
        bool his = leaves(c, &st->members.v[i].person_id);
        found += his;
        *ret_head |= his && st->members.v[i].head;
    }
    if (c->kind == SA_MEMBERSHIP_CHANGE_KIND_UNKNOWN || c->members.n == 0 ||
        found != c->members.n) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "MEMBER_UNKNOWN",
            "kind must be SPLIT, MARRIAGE, DEATH or MOVE, and each of the %zu "
            "a member of this household; %zu are",
            c->members.n, found);
    }
    if (c->from > s->today) {
        return matcher_step_reject(s, BUS_ERANGE, "FACT_BOUNDS",
                                   "a member leaves on a day to come");
    }
    return BUS_OK;
}

/* Of what was granted to some: those who are left; nobody: it has ended. */
static int members_awards(struct step *s, const struct sa_membership_change *c)
{
    struct sa_household_state *st = s->state;
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        size_t n = a->has_award ? a->award.members.n : 0, kept = 0;
        struct bus_id *list = bus_arena_calloc(s->mem, n + 1, sizeof(*list));
        if (list == NULL) {
            return matcher_step_no_memory(s);
        }
        for (size_t k = 0; k < n; k++) {
            if (!leaves(c, &a->award.members.v[k])) {
                list[kept++] = a->award.members.v[k];
            }
        }
        if (kept == n) {
            continue;
        }
        a->award.members.v = list;
        a->award.members.n = kept;
        if (kept == 0) {
            a->award.state = SA_AWARD_STATE_ENDED;
            a->award.until = c->from;
        }
        const char *note = bus_arena_printf(
            s->mem, "%s %.*s", kept == 0 ? "AWARD_ENDED" : "AWARD_CHANGE",
            BUS_STRV_ARG(a->item));
        if (note == NULL) {
            return matcher_step_no_memory(s);
        }
        BUS_TRY(matcher_step_attention(s, &a->assignment_id, bus_strv(note)));
    }
    return BUS_OK;
}

static int members_leave(struct step *s, const struct sa_membership_change *c)
{
    struct sa_household_state *st = s->state;
    size_t kept = 0;
    struct sa_member *list =
        bus_arena_calloc(s->mem, st->members.n + 1, sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = 0; i < st->members.n; i++) {
        if (!leaves(c, &st->members.v[i].person_id)) {
            list[kept++] = st->members.v[i];
        }
    }
    BUS_CHECK(kept > 0 && kept < st->members.n);
    st->members.v = list;
    st->members.n = kept;
    BUS_TRY(part_members(s));
    return members_awards(s, c);
}

int matcher_on_members(struct step *s)
{
    BUS_CHECK(s->event->kind == MATCHER_MEMBERS);
    const struct sa_membership_change *c = s->event->record;
    static const char *const notes[] = {
        [SA_MEMBERSHIP_CHANGE_KIND_SPLIT] = "MEMBERS_SPLIT",
        [SA_MEMBERSHIP_CHANGE_KIND_MARRIAGE] = "MEMBERS_MARRIAGE",
        [SA_MEMBERSHIP_CHANGE_KIND_DEATH] = "MEMBERS_DEATH",
        [SA_MEMBERSHIP_CHANGE_KIND_MOVE] = "MEMBERS_MOVE",
    };
    bool head = false;
    BUS_TRY(matcher_step_whole(s));
    BUS_TRY(matcher_may_take_down(s, &c->said_by));
    BUS_TRY(members_check(s, c, &head));
    s->out->changed = true;
    if (head) {
        return matcher_step_attention(s, &c->event_id, BUS_STRV("HEAD_LEAVES"));
    }
    BUS_TRY(members_leave(s, c));
    BUS_TRY(matcher_step_note(s, SA_CASE_EVENT_KIND_RESULT_FOLDED, &c->event_id,
                              bus_strv(notes[c->kind])));
    return matcher_match_household(s);
}
