/* The steps of an item's process: said by who may, in their order, each once.
 * What does not hold goes back to its department. */
#include "bus/base/check.h"
#include "bus/role/process.h"
#include "consumers/matcher/asked.h"

static struct bus_strv step_who(const struct step *s,
                                const struct sa_step *e,
                                const struct sa_actor *who,
                                bool by_town)
{
    static const enum bus_register_act acts[] = {
        [SA_STEP_KIND_ACCEPTED] = BUS_REGISTER_TAKE_DOWN,
        [SA_STEP_KIND_SURVEYED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_CHECKED] = BUS_REGISTER_OPINION,
        [SA_STEP_KIND_OPINION] = BUS_REGISTER_OPINION,
        [SA_STEP_KIND_NOTICE_POSTED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_NOTICE_OBJECTED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_NOTICE_EXPIRED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_HEARD] = BUS_REGISTER_OPINION,
    };
    BUS_CHECK(e->kind < SA_STEP_KIND_UNKNOWN);
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = who->org_code,
        .act = acts[e->kind],
        .owner = e->department,
        .item = e->item,
        .town = matcher_asked_town(s),
        .day = matcher_known_day(s),
        .by_town = by_town,
    };
    return matcher_register_held(s, &claim);
}

static struct bus_strv
step_people(const struct step *s, const struct sa_step *e, bool by_town)
{
    bool two = e->kind == SA_STEP_KIND_SURVEYED;
    struct bus_strv why = step_who(s, e, &e->done_by, by_town);
    if (why.n > 0 || (!two && !e->has_second)) {
        return why;
    }
    if (!e->has_second) {
        return BUS_STRV("SECOND_MISSING");
    }
    /* The town goes along at any survey. */
    return bus_strv_eq(e->done_by.operator_id, e->second.operator_id)
               ? BUS_STRV("SAME_PERSON")
               : step_who(s, e, &e->second, by_town || two);
}

static struct bus_strv step_held(const struct step *s,
                                 const struct sa_step *e,
                                 const struct sa_assignment_state *a)
{
    struct bus_policy_process asked;
    struct bus_strv why = matcher_asked_about(s, e->item, &e->case_id, a);
    matcher_process_asked(s, a, &asked);
    bool by_town =
        (asked.town & BUS_POLICY_STEP_BIT(bus_role_process_step(e->kind))) != 0;
    why = why.n > 0 ? why : step_people(s, e, by_town);
    return why.n > 0
               ? why
               : bus_role_process_held(&asked,
                                       a->has_process ? &a->process : NULL,
                                       e->kind, matcher_known_day(s));
}

/* His role as the register has it: what a sender calls it is his own text. */
static const char *step_role(const struct step *s, const struct sa_actor *who)
{
    const struct bus_register_operator *o =
        s->rules->registers != NULL
            ? bus_registers_operator(s->rules->registers, who->operator_id,
                                     matcher_known_day(s))
            : NULL;
    return o != NULL ? o->role : "";
}

static int step_tell(struct step *s, const struct sa_step *e)
{
    const char *note =
        bus_arena_printf(s->mem, "%s %.*s %s%s%s", sa_step_kind_word(e->kind),
                         BUS_STRV_ARG(e->item), step_role(s, &e->done_by),
                         e->has_second ? " " : "",
                         e->has_second ? step_role(s, &e->second) : "");
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    return matcher_step_note(s, SA_CASE_EVENT_KIND_STEP, &e->event_id,
                             bus_strv(note));
}

int matcher_on_step(struct step *s)
{
    const struct sa_step *e = s->event->record;
    struct sa_assignment_state *a =
        matcher_assignment_find(s->state, &e->assignment_id);
    BUS_TRY(matcher_assignment_asked(s, a, e->department, &e->event_id));
    if (e->kind == SA_STEP_KIND_UNKNOWN) {
        return matcher_step_reject(s, BUS_ERANGE, "STEP_UNREADABLE",
                                   "kind must be one of a step's");
    }
    if (s->out->duplicate ||
        a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN) {
        s->out->duplicate = true; /* or it crossed our withdrawal */
        return BUS_OK;
    }
    if (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED) {
        return matcher_step_reject(
            s, BUS_ESTATE, "ASSIGNMENT_ENDED",
            "the assignment is %s; steps come before its decision",
            matcher_assignment_status_word(a->status));
    }
    struct bus_strv why = step_held(s, e, a);
    if (why.n > 0) {
        return matcher_give_back(s, a, &e->event_id, why);
    }
    a->has_process = true;
    bus_role_process_move(&a->process, e->kind, matcher_known_day(s),
                          e->done_by.operator_id);
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &e->event_id));
    return step_tell(s, e);
}
