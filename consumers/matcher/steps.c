/* The steps of an item's process: said by who may, in their order, each once.
 * What does not hold goes back to its department. Those before an award that
 * stands is cut or stopped are a process of their own; of one that is in
 * nobody's hands what does not hold is a dead letter, and its sender is told.
 */
#include "bus/base/check.h"
#include "bus/conf/facts.h"
#include "bus/role/process.h"
#include "consumers/matcher/asked.h"
#include "consumers/matcher/award.h"

static struct bus_strv step_who(const struct step *s,
                                const struct sa_step *e,
                                const struct sa_actor *who,
                                bool by_town)
{
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = who->org_code,
        .act = bus_role_process_act(e->kind),
        .owner = e->department,
        .item = e->item,
        .town = matcher_asked_town(s),
        .day = matcher_known_day(s),
        .by_town = by_town,
    };
    return matcher_register_held(s, &claim);
}

static struct bus_strv step_people(const struct step *s,
                                   const struct sa_step *e,
                                   bool by_town,
                                   bool two)
{
    struct bus_strv why = step_who(s, e, &e->done_by, by_town);
    if (why.n > 0 || (!two && !e->has_second)) {
        return why;
    }
    if (!e->has_second) {
        return BUS_STRV("SECOND_MISSING");
    }
    /* The town goes along at any survey, and where people are heard. */
    return bus_strv_eq(e->done_by.operator_id, e->second.operator_id)
               ? BUS_STRV("SAME_PERSON")
               : step_who(s, e, &e->second, by_town || two);
}

/* Is it of what comes before a cut or a stop of the award that stands, not of
 * what came before it was granted? */
static bool step_of_hearing(const struct step *s,
                            const struct sa_step *e,
                            const struct sa_assignment_state *a)
{
    bool surveyed_anew = e->kind == SA_STEP_KIND_SURVEYED &&
                         a->award.has_hearing &&
                         a->award.hearing.state == SA_PROCESS_STATE_OBJECTED;
    BUS_CHECK(e->kind < SA_STEP_KIND_UNKNOWN);
    return matcher_award_stands(s, a) &&
           (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED ||
            e->kind >= SA_STEP_KIND_NOTICE_POSTED || surveyed_anew);
}

static struct bus_strv step_held(const struct step *s,
                                 const struct sa_step *e,
                                 const struct sa_assignment_state *a,
                                 bool hearing)
{
    struct bus_policy_process asked;
    struct bus_strv why = matcher_asked_about(s, e->item, &e->case_id, a);
    const struct sa_assignment_process *done =
        a->has_process ? &a->process : NULL;
    if (hearing) {
        matcher_award_hearing(s, a, e->kind, &asked);
        done = a->award.has_hearing ? &a->award.hearing : NULL;
    } else {
        matcher_process_asked(s, a, &asked);
    }
    unsigned bit = BUS_POLICY_STEP_BIT(bus_role_process_step(e->kind));
    bool by_town = (asked.town & bit) != 0;
    bool two = e->kind == SA_STEP_KIND_SURVEYED ||
               (e->kind == SA_STEP_KIND_HEARD && (asked.steps & bit) != 0);
    why = why.n > 0 ? why : step_people(s, e, by_town, two);
    return why.n > 0 ? why
                     : bus_role_process_held(&asked, done, e->kind,
                                             matcher_known_day(s));
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

/* What the two saw, of this household and its people, in the survey's name
 * whatever the sender wrote there. */
static int step_found(struct step *s, const struct sa_step *e)
{
    if (e->facts.n == 0) {
        return BUS_OK;
    }
    if (e->kind != SA_STEP_KIND_SURVEYED) {
        return matcher_step_reject(s, BUS_EDENIED, "FACT_NOT_YOURS",
                                   "facts come with a survey alone");
    }
    BUS_TRY(matcher_step_whole(s));
    for (size_t i = 0; i < e->facts.n; i++) {
        struct sa_fact *f = &e->facts.v[i];
        f->source = BUS_STRV(BUS_CONF_SURVEY);
        f->verified = true;
        if (f->has_member && !matcher_lives_here(s->state, &f->member)) {
            return matcher_step_reject(s, BUS_EDENIED, "FACT_NOT_YOURS",
                                       "a fact of who is not of the household");
        }
    }
    return matcher_facts_check(s, e->facts.v, e->facts.n,
                               BUS_STRV(BUS_CONF_SURVEY));
}

/* On the survey's own topic, as any source's; it is folded from there. */
static int step_report(struct step *s, const struct sa_step *e)
{
    if (e->facts.n == 0) {
        return BUS_OK;
    }
    struct sa_facts_reported *r = bus_arena_calloc(s->mem, 1, sizeof(*r));
    if (r == NULL) {
        return matcher_step_no_memory(s);
    }
    r->event_id = matcher_step_event_id(s, "facts_reported", &e->event_id, 0);
    r->household_id = e->household_id;
    r->occurred_at = e->occurred_at;
    r->source = BUS_STRV(BUS_CONF_SURVEY);
    r->facts.v = e->facts.v;
    r->facts.n = e->facts.n;
    return matcher_step_emit(
        s, &(struct matcher_output){.topic = MATCHER_OUT_FACTS,
                                    .partner = r->source,
                                    .record = r,
                                    .event_id = r->event_id,
                                    .case_id = e->case_id});
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
    bool hearing = step_of_hearing(s, e, a);
    bool in_hand = a->status == SA_ASSIGNMENT_STATUS_ASSIGNED;
    if (!in_hand && !hearing) {
        return matcher_step_reject(
            s, BUS_ESTATE, "ASSIGNMENT_ENDED",
            "the assignment is %s; steps come before its decision",
            matcher_assignment_status_word(a->status));
    }
    struct bus_strv why = step_held(s, e, a, hearing);
    if (why.n > 0) {
        return in_hand ? matcher_give_back(s, a, &e->event_id, why)
                       : matcher_step_reject(
                             s, BUS_EDENIED, matcher_reason_code(why),
                             "before an award is cut or stopped: %.*s",
                             BUS_STRV_ARG(why));
    }
    BUS_TRY(step_found(s, e));
    a->has_process = true;
    a->award.has_hearing |= hearing;
    bus_role_process_move(hearing ? &a->award.hearing : &a->process, e->kind,
                          matcher_known_day(s), e->done_by.operator_id);
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &e->event_id));
    BUS_TRY(step_report(s, e));
    return step_tell(s, e);
}
