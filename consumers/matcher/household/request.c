/* What a household says of its own case (household_request): it wants no more
 * of it, objects, or adds what was missing. Who says so has an application that
 * has a say in its cases, or may take one down.
 *
 * - withdrawn, whole or an item: what nobody has decided yet is taken back, and
 *   not assigned anew unless the household asks again; what is granted ends by
 *   its department (events.md)
 * - objected, while the item's notice hangs: the survey begins anew; at any
 *   other time its department, or people, are told
 * - added: declared facts, as those of an application that joins
 *
 * What comes too late for the case changes nothing: people are told. Said again
 * is what leaves nothing to withdraw, adds nothing, or objects to the same item
 * for the same reason. */
#include "bus/base/check.h"
#include "bus/role/process.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/asked.h"
#include "consumers/matcher/award.h"

static int request_may(struct step *s, const struct sa_household_request *r)
{
    const struct sa_household_state *st = s->state;
    bool his = false;
    for (size_t i = 0; i < st->applications.n; i++) {
        const struct sa_application_ref *a = &st->applications.v[i];
        his |= !a->aside && bus_id_eq(&a->application_id, &r->application_id);
    }
    if (!his) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "APPLICATION_UNKNOWN",
            "the household has no such application that counts");
    }
    return r->has_said_by ? matcher_may_take_down(s, &r->said_by) : BUS_OK;
}

/* "<code> <item>", or the code. */
static int request_note(struct step *s,
                        const char *code,
                        struct bus_strv item,
                        struct bus_strv *ret)
{
    BUS_CHECK(code != NULL && code[0] != '\0');
    const char *note = item.n > 0 ? bus_arena_printf(s->mem, "%s %.*s", code,
                                                     BUS_STRV_ARG(item))
                                  : code;
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    *ret = bus_strv(note);
    return BUS_OK;
}

static struct bus_strv request_item(const struct sa_household_request *r)
{
    return r->has_item ? r->item : (struct bus_strv){0};
}

static int request_late(struct step *s, const struct sa_household_request *r)
{
    struct bus_strv note;
    const char *code = bus_arena_printf(
        s->mem, "REQUEST_LATE %s", sa_household_request_kind_word(r->kind));
    if (code == NULL) {
        return matcher_step_no_memory(s);
    }
    BUS_TRY(request_note(s, code, request_item(r), &note));
    return matcher_step_attention(s, &r->event_id, note);
}

/* --- it wants no more --- */

/* In somebody's hands, and nothing of it granted. */
static bool request_takes_back(const struct step *s,
                               const struct sa_household_request *r,
                               const struct sa_assignment_state *a)
{
    return a->case_no == s->state->case_no &&
           a->status == SA_ASSIGNMENT_STATUS_ASSIGNED &&
           !matcher_award_stands(s, a) &&
           (!r->has_item || bus_strv_eq(a->item, r->item));
}

static bool request_known(const struct step *s,
                          const struct sa_household_request *r)
{
    const struct sa_household_state *st = s->state;
    bool known = !r->has_item && st->withdrawn;
    BUS_CHECK(r->kind == SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW);
    for (size_t i = 0; r->has_item && i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        known |= a->case_no == st->case_no && bus_strv_eq(a->item, r->item) &&
                 matcher_assignment_by_household(a);
    }
    return known;
}

static int request_withdraw(struct step *s,
                            const struct sa_household_request *r)
{
    struct sa_household_state *st = s->state;
    struct bus_strv note;
    size_t taken = 0;
    BUS_CHECK(st->case_open && r->facts.n == 0);
    bool known = request_known(s, r);
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        if (request_takes_back(s, r, a)) {
            BUS_TRY(matcher_assignment_withdraw(s, a, MATCHER_BY_HOUSEHOLD));
            taken++;
        }
    }
    if (taken == 0 && known) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    if (taken == 0 && r->has_item) {
        return request_late(s, r);
    }
    st->withdrawn |= !r->has_item;
    s->out->changed = true;
    BUS_TRY(r->has_item ? BUS_OK : matcher_verifications_withdraw(s));
    BUS_TRY(request_note(s, "WITHDRAWN_BY_HOUSEHOLD", request_item(r), &note));
    BUS_TRY(matcher_step_folded(s, &r->event_id, note));
    return matcher_close_if_ended(s);
}

bool matcher_requests_forget(struct step *s)
{
    struct sa_household_state *st = s->state;
    bool any = st->withdrawn;
    BUS_CHECK(st->case_open);
    st->withdrawn = false;
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->case_no == st->case_no && matcher_assignment_by_household(a)) {
            a->reason = BUS_STRV("ASKED_AGAIN");
            any = true;
        }
    }
    return any;
}

/* --- it objects --- */

static struct sa_assignment_state *request_latest(struct sa_household_state *st,
                                                  struct bus_strv item)
{
    for (size_t i = st->assignments.n; i > 0; i--) {
        if (bus_strv_eq(st->assignments.v[i - 1].item, item)) {
            return &st->assignments.v[i - 1];
        }
    }
    return NULL;
}

/* The notice of a grant, or of a cut or a stop, hangs: it is as if its
 * department had said that somebody objected. NULL: none hangs. */
static struct sa_assignment_process *
request_notice(const struct step *s, struct sa_assignment_state *a)
{
    const enum sa_step_kind kind = SA_STEP_KIND_NOTICE_OBJECTED;
    struct bus_policy_process asked;
    struct sa_assignment_process *hangs = NULL;
    if (a->has_award && a->award.has_hearing && matcher_award_stands(s, a)) {
        matcher_award_hearing(s, a, kind, &asked);
        hangs = &a->award.hearing;
    } else if (a->has_process && a->status == SA_ASSIGNMENT_STATUS_ASSIGNED) {
        matcher_process_asked(s, a, &asked);
        hangs = &a->process;
    }
    bool well =
        hangs != NULL &&
        bus_role_process_held(&asked, hangs, kind, matcher_known_day(s)).n == 0;
    return well ? hangs : NULL;
}

static int request_object(struct step *s, const struct sa_household_request *r)
{
    struct sa_assignment_state *a = request_latest(s->state, r->item);
    struct bus_strv note;
    BUS_CHECK(r->item.n > 0);
    const struct bus_id said =
        bus_wire_answer_id((struct bus_strv){0}, "objection",
                           &r->application_id, false, r->reason);
    if (a != NULL && matcher_answer_known(s, a, &said)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    BUS_TRY(request_note(s, "OBJECTED", r->item, &note));
    BUS_TRY(matcher_step_attention(s, &r->event_id, note));
    if (a == NULL) {
        return BUS_OK;
    }
    struct sa_assignment_process *notice = request_notice(s, a);
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &said));
    if (notice != NULL) {
        bus_role_process_move(notice, SA_STEP_KIND_NOTICE_OBJECTED,
                              matcher_known_day(s), (struct bus_strv){0});
        BUS_TRY(request_note(s, sa_step_kind_word(SA_STEP_KIND_NOTICE_OBJECTED),
                             r->item, &note));
        BUS_TRY(
            matcher_step_note(s, SA_CASE_EVENT_KIND_STEP, &r->event_id, note));
    }
    return a->status == SA_ASSIGNMENT_STATUS_ASSIGNED
               ? matcher_assignment_return(s, a, BUS_STRV("OBJECTED"))
               : BUS_OK;
}

/* --- it adds what was missing --- */

static int request_supplement(struct step *s,
                              const struct sa_household_request *r)
{
    bool changed = false;
    BUS_CHECK(s->state->case_open && r->facts.n > 0);
    BUS_TRY(matcher_declare_facts(s, &r->event_id, r->facts.v, r->facts.n,
                                  &changed));
    if (!changed) {
        s->out->duplicate = !s->out->changed;
        return BUS_OK;
    }
    BUS_TRY(matcher_step_folded(s, &r->event_id, BUS_STRV("SUPPLEMENTED")));
    return matcher_match_household(s);
}

int matcher_on_request(struct step *s)
{
    BUS_CHECK(s->event->kind == MATCHER_REQUEST);
    const struct sa_household_request *r = s->event->record;
    BUS_TRY(
        matcher_facts_check(s, r->facts.v, r->facts.n, BUS_STRV("declared")));
    BUS_TRY(matcher_step_whole(s));
    BUS_TRY(request_may(s, r));
    bool object = r->kind == SA_HOUSEHOLD_REQUEST_KIND_OBJECT;
    bool adds = r->kind == SA_HOUSEHOLD_REQUEST_KIND_SUPPLEMENT;
    if (r->kind == SA_HOUSEHOLD_REQUEST_KIND_UNKNOWN ||
        (object && request_item(r).n == 0) || adds != (r->facts.n > 0)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "REQUEST_UNREADABLE",
            "kind must be WITHDRAW, OBJECT with an item, or SUPPLEMENT with "
            "facts, and no other has facts");
    }
    if (object) {
        return request_object(s, r);
    }
    if (!s->state->case_open) {
        return request_late(s, r);
    }
    return adds ? request_supplement(s, r) : request_withdraw(s, r);
}
