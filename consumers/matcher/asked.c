#include "consumers/matcher/asked.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/registers/registers.h"
#include "bus/wire/ids.h"

#define GONE_BACK  1  /* a seed of its own */
#define MARKS_KEPT 16 /* of an assignment, to know what was heard */

/* --- what was heard before --- */

/* Each id that a partner's event was heard by leaves a mark at the assignment:
 * what he says again is known, also when another has it in hand by now. */
static int32_t
heard_mark(const struct step *s, const struct bus_id *id, uint64_t seed)
{
    uint64_t who = bus_hash64(s->event->partner.p, s->event->partner.n, seed);
    int32_t mark = matcher_answer_of(bus_hash64(id->b, sizeof(id->b), who));
    BUS_CHECK(mark != 0);
    return mark;
}

static bool heard_mark_stands(const struct sa_assignment_state *a, int32_t mark)
{
    for (size_t i = 0; a->has_process && i < a->process.taken.n; i++) {
        if (a->process.taken.v[i] == mark) {
            return true;
        }
    }
    return false;
}

static int
heard_mark_note(struct step *s, struct sa_assignment_state *a, int32_t mark)
{
    size_t n = a->has_process ? a->process.taken.n : 0;
    size_t from = n < MARKS_KEPT ? 0 : n - MARKS_KEPT + 1;
    int32_t *marks = bus_arena_alloc(s->mem, (n + 1) * sizeof(*marks));
    if (marks == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = from; i < n; i++) {
        marks[i - from] = a->process.taken.v[i];
    }
    marks[n - from] = mark;
    a->has_process = true;
    a->process.taken.v = marks;
    a->process.taken.n = n - from + 1;
    return BUS_OK;
}

int matcher_answer_note(struct step *s,
                        struct sa_assignment_state *a,
                        const struct bus_id *id)
{
    return heard_mark_note(s, a, heard_mark(s, id, 0));
}

bool matcher_answer_known(const struct step *s,
                          const struct sa_assignment_state *a,
                          const struct bus_id *id)
{
    return heard_mark_stands(a, heard_mark(s, id, 0));
}

int matcher_assignment_asked(struct step *s,
                             const struct sa_assignment_state *a,
                             struct bus_strv department,
                             const struct bus_id *id)
{
    if (a == NULL) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "ASSIGNMENT_UNKNOWN",
            "no such assignment was made to this household");
    }
    bool open = a->status == SA_ASSIGNMENT_STATUS_ASSIGNED;
    bool theirs = bus_strv_eq(a->department, s->event->partner) &&
                  bus_strv_eq(a->department, department);
    if (matcher_answer_known(s, a, id) ||
        (!(open && theirs) &&
         heard_mark_stands(a, heard_mark(s, &s->cause, GONE_BACK)))) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    if (!theirs) {
        return matcher_step_reject(
            s, BUS_EDENIED, "WRONG_TOPIC",
            "the assignment is %.*s's; it is answered on "
            "decisions.%.*s by that department only",
            BUS_STRV_ARG(a->department), BUS_STRV_ARG(a->department));
    }
    return BUS_OK;
}

/* Partners say what they say at least once: an event goes back once, whatever
 * for, or its outputs would stand twice. Not by the mark of one that is taken:
 * the real one, which has no reason to go back, is heard after a false one. */
int matcher_give_back(struct step *s,
                      struct sa_assignment_state *a,
                      const struct bus_id *about,
                      struct bus_strv why)
{
    int32_t mark = heard_mark(s, &s->cause, GONE_BACK);
    if (heard_mark_stands(a, mark)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    BUS_TRY(heard_mark_note(s, a, mark));
    s->out->changed = true;
    BUS_TRY(matcher_step_note(s, SA_CASE_EVENT_KIND_ORDER_REFUSED, about, why));
    return matcher_assignment_return(s, a, why);
}

const char *matcher_reason_code(struct bus_strv why)
{
    static const char *const codes[] = {"STEP_MISSING", "STEP_NOT_ASKED",
                                        "STEP_DONE", "ABOVE_CAP"};
    BUS_CHECK(why.n > 0);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        size_t n = strlen(codes[i]);
        if (why.n > n && memcmp(why.p, codes[i], n) == 0 && why.p[n] == ' ') {
            return codes[i];
        }
    }
    return why.p; /* one word, of our own */
}

/* --- what was asked --- */

struct bus_strv matcher_asked_about(const struct step *s,
                                    struct bus_strv item,
                                    const struct bus_id *case_id,
                                    const struct sa_assignment_state *a)
{
    struct bus_id asked = bus_wire_case_id(&s->state->household_id, a->case_no);
    return !bus_strv_eq(item, a->item)   ? BUS_STRV("ITEM_DIFFERS")
           : !bus_id_eq(case_id, &asked) ? BUS_STRV("CASE_DIFFERS")
                                         : (struct bus_strv){0};
}

struct bus_strv matcher_register_held(const struct step *s,
                                      const struct bus_register_claim *claim)
{
    const struct bus_register *r = s->rules->registers;
    BUS_CHECK(claim->operator_id.n == 0 || claim->operator_id.p != NULL);
    enum bus_register_answer answer =
        r != NULL ? bus_registers_may(r, claim) : BUS_REGISTER_YES;
    return answer == BUS_REGISTER_YES
               ? (struct bus_strv){0}
               : bus_strv(bus_registers_answer_word(answer));
}

struct bus_strv matcher_asked_town(const struct step *s)
{
    struct bus_strv town = s->state->division_code;
    town.n =
        town.n > BUS_REGISTER_TOWN_DIGITS ? BUS_REGISTER_TOWN_DIGITS : town.n;
    return town;
}

int32_t matcher_known_day(const struct step *s)
{
    return bus_china_day(matcher_step_known_ms(s));
}

void matcher_process_asked(const struct step *s,
                           const struct sa_assignment_state *a,
                           struct bus_policy_process *ret)
{
    int at = bus_policy_item_find(s->rules->catalogue, a->item);
    *ret = (struct bus_policy_process){0};
    if (at >= 0) {
        bus_policy_process_at(s->rules->catalogue, (size_t)at, s->today, ret);
    }
}
