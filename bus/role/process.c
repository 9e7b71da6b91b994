#include "bus/role/process.h"

#include "bus/base/check.h"

#define AT(s)  SA_PROCESS_STATE_##s
#define BIT(s) BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_##s)

static const struct bus_fsm_state process_states[] = {
    [AT(WAITING)] = {"WAITING", "nothing is done yet", false},
    [AT(ACCEPTED)] = {"ACCEPTED", "accepted", false},
    [AT(SURVEYED)] = {"SURVEYED", "two people have been there", false},
    [AT(CHECKED_FIRST)] = {"CHECKED_FIRST", "checked, and not surveyed", false},
    [AT(CHECKED)] = {"CHECKED", "surveyed and checked", false},
    [AT(OPINED)] = {"OPINED", "somebody has proposed a decision", false},
    [AT(POSTED)] = {"POSTED", "the notice hangs", false},
    [AT(EXPIRED)] = {"EXPIRED", "it hung its days, nobody objected", false},
    [AT(OBJECTED)] = {"OBJECTED", "the survey begins anew", false},
    [AT(HEARD)] = {"HEARD", "who would lose by it was heard", false},
};

static const char *const process_events[] = {
    [SA_STEP_KIND_ACCEPTED] = "accept",
    [SA_STEP_KIND_SURVEYED] = "survey",
    [SA_STEP_KIND_CHECKED] = "check",
    [SA_STEP_KIND_OPINION] = "opinion",
    [SA_STEP_KIND_NOTICE_POSTED] = "post",
    [SA_STEP_KIND_NOTICE_OBJECTED] = "object",
    [SA_STEP_KIND_NOTICE_EXPIRED] = "expire",
    [SA_STEP_KIND_HEARD] = "hear",
};

/* An item's process leaves out what it does not ask for, so moves go over
 * several states; what must come before is looked at first. */
#define FROM(from, event, to, note)                   \
    {                                                 \
        AT(from), SA_STEP_KIND_##event, AT(to), note, \
    }
#define HEARING "before a cut or a stop"
static const struct bus_fsm_row process_rows[] = {
    FROM(WAITING, ACCEPTED, ACCEPTED, NULL),
    FROM(WAITING, SURVEYED, SURVEYED, NULL),
    FROM(ACCEPTED, SURVEYED, SURVEYED, NULL),
    FROM(CHECKED_FIRST, SURVEYED, CHECKED, NULL),
    FROM(OBJECTED, SURVEYED, CHECKED, "what was checked stays so"),
    FROM(WAITING, CHECKED, CHECKED_FIRST, NULL),
    FROM(ACCEPTED, CHECKED, CHECKED_FIRST, NULL),
    FROM(SURVEYED, CHECKED, CHECKED, NULL),
    FROM(WAITING, OPINION, OPINED, NULL),
    FROM(ACCEPTED, OPINION, OPINED, NULL),
    FROM(SURVEYED, OPINION, OPINED, NULL),
    FROM(CHECKED_FIRST, OPINION, OPINED, NULL),
    FROM(CHECKED, OPINION, OPINED, NULL),
    FROM(WAITING, NOTICE_POSTED, POSTED, NULL),
    FROM(ACCEPTED, NOTICE_POSTED, POSTED, NULL),
    FROM(SURVEYED, NOTICE_POSTED, POSTED, NULL),
    FROM(CHECKED_FIRST, NOTICE_POSTED, POSTED, NULL),
    FROM(CHECKED, NOTICE_POSTED, POSTED, NULL),
    FROM(OPINED, NOTICE_POSTED, POSTED, NULL),
    FROM(POSTED, NOTICE_OBJECTED, OBJECTED, NULL),
    FROM(POSTED, NOTICE_EXPIRED, EXPIRED, NULL),
    FROM(WAITING, HEARD, HEARD, HEARING),
    FROM(ACCEPTED, HEARD, HEARD, HEARING),
    FROM(SURVEYED, HEARD, HEARD, HEARING),
    FROM(CHECKED_FIRST, HEARD, HEARD, HEARING),
    FROM(CHECKED, HEARD, HEARD, HEARING),
    FROM(OPINED, HEARD, HEARD, HEARING),
    FROM(POSTED, HEARD, HEARD, HEARING),
    FROM(EXPIRED, HEARD, HEARD, HEARING),
};

const struct bus_fsm bus_role_process_fsm =
    BUS_FSM("role.process",
            "An assignment's process, up to its decision.",
            AT(WAITING),
            process_states,
            process_events,
            process_rows);

/* What counts as done in each state; what an item does not ask for hurts
 * nobody. */
static const unsigned process_done[] = {
    [AT(WAITING)] = 0,
    [AT(ACCEPTED)] = BIT(ACCEPT),
    [AT(SURVEYED)] = BIT(ACCEPT) | BIT(SURVEY),
    [AT(CHECKED_FIRST)] = BIT(ACCEPT) | BIT(CHECK),
    [AT(CHECKED)] = BIT(ACCEPT) | BIT(SURVEY) | BIT(CHECK),
    [AT(OPINED)] = BIT(ACCEPT) | BIT(SURVEY) | BIT(CHECK) | BIT(OPINION),
    [AT(POSTED)] = BIT(ACCEPT) | BIT(SURVEY) | BIT(CHECK) | BIT(OPINION),
    [AT(EXPIRED)] =
        BIT(ACCEPT) | BIT(SURVEY) | BIT(CHECK) | BIT(OPINION) | BIT(NOTICE),
    [AT(OBJECTED)] = BIT(ACCEPT) | BIT(CHECK),
    [AT(HEARD)] = BIT(ACCEPT) | BIT(SURVEY) | BIT(CHECK) | BIT(OPINION) |
                  BIT(NOTICE) | BIT(HEARING),
};

static const struct bus_strv fine; /* no reason */

#define REASONS(code)                                          \
    {                                                          \
        [BUS_POLICY_STEP_ACCEPT] = BUS_STRV(code " accept"),   \
        [BUS_POLICY_STEP_SURVEY] = BUS_STRV(code " survey"),   \
        [BUS_POLICY_STEP_CHECK] = BUS_STRV(code " check"),     \
        [BUS_POLICY_STEP_OPINION] = BUS_STRV(code " opinion"), \
        [BUS_POLICY_STEP_NOTICE] = BUS_STRV(code " notice"),   \
        [BUS_POLICY_STEP_HEARING] = BUS_STRV(code " hearing"), \
    }
static const struct bus_strv step_missing[] = REASONS("STEP_MISSING");
static const struct bus_strv step_not_asked[] = REASONS("STEP_NOT_ASKED");
static const struct bus_strv step_done[] = REASONS("STEP_DONE");

enum bus_policy_step bus_role_process_step(enum sa_step_kind kind)
{
    static const enum bus_policy_step steps[] = {
        [SA_STEP_KIND_ACCEPTED] = BUS_POLICY_STEP_ACCEPT,
        [SA_STEP_KIND_SURVEYED] = BUS_POLICY_STEP_SURVEY,
        [SA_STEP_KIND_CHECKED] = BUS_POLICY_STEP_CHECK,
        [SA_STEP_KIND_OPINION] = BUS_POLICY_STEP_OPINION,
        [SA_STEP_KIND_NOTICE_POSTED] = BUS_POLICY_STEP_NOTICE,
        [SA_STEP_KIND_NOTICE_OBJECTED] = BUS_POLICY_STEP_NOTICE,
        [SA_STEP_KIND_NOTICE_EXPIRED] = BUS_POLICY_STEP_NOTICE,
        [SA_STEP_KIND_HEARD] = BUS_POLICY_STEP_HEARING,
        [SA_STEP_KIND_UNKNOWN] = BUS_POLICY_STEPS,
    };
    return steps[kind];
}

static enum sa_process_state state_of(const struct sa_assignment_process *done)
{
    return done != NULL ? done->state : AT(WAITING);
}

/* Where somebody objected, a survey is asked for whatever the item. */
static unsigned asked_of(const struct bus_policy_process *asked,
                         enum sa_process_state state)
{
    return asked->steps | (state == AT(OBJECTED) ? BIT(SURVEY) : 0);
}

static unsigned done_of(const struct bus_policy_process *asked,
                        const struct sa_assignment_process *done,
                        int32_t day)
{
    enum sa_process_state state = state_of(done);
    BUS_CHECK(state <= AT(HEARD));
    bool over = state == AT(POSTED) && day >= done->posted + asked->notice_days;
    return process_done[state] | (over ? BIT(NOTICE) : 0);
}

static struct bus_strv first_of(unsigned missing)
{
    for (unsigned i = 0; i < BUS_POLICY_STEPS; i++) {
        if ((missing & BUS_POLICY_STEP_BIT(i)) != 0) {
            return step_missing[i];
        }
    }
    return fine;
}

enum bus_register_act bus_role_process_act(enum sa_step_kind kind)
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
    BUS_CHECK(kind < SA_STEP_KIND_UNKNOWN);
    return acts[kind];
}

struct bus_strv bus_role_process_held(const struct bus_policy_process *asked,
                                      const struct sa_assignment_process *done,
                                      enum sa_step_kind kind,
                                      int32_t day)
{
    enum sa_process_state state = state_of(done);
    enum bus_policy_step step = bus_role_process_step(kind);
    BUS_CHECK(step < BUS_POLICY_STEPS);
    unsigned bit = BUS_POLICY_STEP_BIT(step);
    unsigned all = asked_of(asked, state);
    unsigned before =
        (bit - 1) & ~(step == BUS_POLICY_STEP_CHECK ? BIT(SURVEY) : 0u);
    bool early = kind == SA_STEP_KIND_NOTICE_EXPIRED && state == AT(POSTED) &&
                 day < done->posted + asked->notice_days;
    bool unposted = kind == SA_STEP_KIND_NOTICE_OBJECTED ||
                    kind == SA_STEP_KIND_NOTICE_EXPIRED;
    if ((all & bit) == 0) {
        return step_not_asked[step];
    }
    struct bus_strv missing =
        first_of(all & before & ~done_of(asked, done, day));
    if (missing.n > 0) {
        return missing;
    }
    if (early || (unposted && state < AT(POSTED))) {
        return step_missing[step];
    }
    return bus_fsm_can(&bus_role_process_fsm, state, kind) ? fine
                                                           : step_done[step];
}

void bus_role_process_move(struct sa_assignment_process *p,
                           enum sa_step_kind kind,
                           int32_t day,
                           struct bus_strv by)
{
    BUS_CHECK(kind < SA_STEP_KIND_UNKNOWN);
    bus_fsm_move(&bus_role_process_fsm, &p->state, kind, NULL);
    p->posted = kind == SA_STEP_KIND_NOTICE_POSTED ? day : p->posted;
    p->opinion_by = kind == SA_STEP_KIND_OPINION ? by : p->opinion_by;
}

struct bus_strv
bus_role_process_missing(const struct bus_policy_process *asked,
                         unsigned steps,
                         const struct sa_assignment_process *done,
                         int32_t day)
{
    unsigned all = asked_of(asked, state_of(done));
    return first_of(all & steps & ~done_of(asked, done, day));
}
