/* A step of an item's process, recorded by who did it: the same event that a
 * department's own system writes. The matcher holds it; what does not hold
 * comes back with a reason. */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/process.h"
#include "producers/desk/found/found.h"
#include "producers/desk/send.h"
#include "schemas/step.h"

struct stepping
{
    struct desk_visit *v;
    struct bus_id case_id, assignment_id, once;
    enum sa_step_kind kind;
    char second[40], second_org[40], second_role[64];
    bool found; /* with what was seen */
    struct sa_fact *facts;
    size_t facts_n;
    struct bus_ledger_household home;
    struct bus_ledger_assignment assignment;
    struct desk_sending sending;
};

static int step_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct stepping *s = data;
    if (s->found) {
        BUS_TRY(bus_ledger_household_of_case(pg, &s->case_id, &s->home, err));
    }
    return bus_ledger_assignment(pg, &s->case_id, &s->assignment_id,
                                 &s->assignment, err);
}

/* Whose it may be: his department's, or of a place that is his. */
static bool step_is_his(const struct stepping *s)
{
    const struct desk_visit *v = s->v;
    const struct bus_register *held = NULL;
    if (strcmp(s->assignment.department, v->department) == 0) {
        return true;
    }
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    struct bus_web_scope scope =
        bus_web_scope_of(&v->caller, v->desk->config, held, desk_today());
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    return bus_web_may_place(&scope, v->desk->config, s->assignment.division);
}

/* Who went along is one of the register whose office and role this is, for this
 * item in this town, today: of the department, of one it has delegated to, or
 * of the town itself. */
static bool step_second_may(const struct stepping *s)
{
    const struct bus_ledger_assignment *a = &s->assignment;
    const struct bus_register *held = NULL;
    if (s->second[0] == '\0') {
        return true;
    }
    bus_catalogue_register_watch_hold(s->v->desk->registers, &held);
    struct bus_register_claim claim = {
        .operator_id = bus_strv(s->second),
        .org = bus_strv(s->second_org),
        .act = bus_role_process_act(s->kind),
        .owner = bus_strv(a->department),
        .item = bus_strv(a->item),
        .town = bus_strv(a->division),
        .day = desk_today(),
        .by_town = true,
    };
    claim.town.n = claim.town.n > BUS_REGISTER_TOWN_DIGITS
                       ? BUS_REGISTER_TOWN_DIGITS
                       : claim.town.n;
    bool may = bus_registers_may(held, &claim) == BUS_REGISTER_YES;
    bus_catalogue_register_watch_release(s->v->desk->registers, &held);
    return may;
}

static void step_sent(struct desk_sending *sending, bool well)
{
    const struct stepping *s = sending->data;
    char id[BUS_ID_TEXT + 1];
    if (well) {
        bus_web_page_see(s->v->rq, desk_printf(s->v, "/cases/%s?told=step",
                                               bus_id_text(&s->case_id, id)));
    } else {
        desk_say(s->v, 503, DESK_WORD_AWAY, DESK_WORD_BUS_AWAY);
    }
}

static void step_done(void *data, int rc, const struct bus_err *err)
{
    struct stepping *s = data;
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    if (rc != BUS_OK && bus_err_act(err->code) != BUS_ACT_REJECT) {
        desk_away(s->v);
        return;
    }
    if (rc != BUS_OK || !step_is_his(s)) {
        desk_not_there(s->v);
        return;
    }
    if (!step_second_may(s)) {
        desk_say(s->v, 422, DESK_WORD_REFUSED, DESK_WORD_BAD_SECOND);
        return;
    }
    if (s->found &&
        (s->kind != SA_STEP_KIND_SURVEYED ||
         !desk_found_read(s->v, &s->home, &s->facts, &s->facts_n))) {
        desk_say(s->v, 422, DESK_WORD_REFUSED, DESK_WORD_BAD_FOUND);
        return;
    }
    const struct bus_ledger_assignment *a = &s->assignment;
    struct sa_step e = {.event_id = s->once,
                        .household_id = a->household_id,
                        .occurred_at = now_ms,
                        .case_id = a->case_id,
                        .assignment_id = a->assignment_id,
                        .department = bus_strv(a->department),
                        .item = bus_strv(a->item),
                        .kind = s->kind,
                        .done_by = desk_actor(s->v),
                        .has_second = s->second[0] != '\0',
                        .second = {bus_strv(s->second), bus_strv(s->second_org),
                                   bus_strv(s->second_role)},
                        .facts = {.v = s->facts, .n = s->facts_n}};
    struct bus_role_emit emit = {.type = &sa_step_type,
                                 .record = &e,
                                 .ce_type = "sa.step.v1",
                                 .event_id = e.event_id,
                                 .household_id = e.household_id,
                                 .case_id = e.case_id,
                                 .occurred_at = now_ms};
    s->sending = (struct desk_sending){s->v, step_sent, s};
    if (!desk_send(&s->sending, a, &emit)) {
        desk_say(s->v, 503, DESK_WORD_AWAY, DESK_WORD_BUS_AWAY);
    }
}

static bool step_second(struct stepping *s)
{
    struct desk_visit *v = s->v;
    struct bus_strv id = bus_web_field(&v->fields, "second");
    const struct bus_register *held = NULL;
    if (id.n == 0) {
        return true;
    }
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    const struct bus_register_operator *o =
        bus_registers_operator(held, id, desk_today());
    bool other = o != NULL && !bus_strv_is(id, v->caller.operator_id);
    if (other) {
        (void)bus_strv_copy(s->second, sizeof(s->second), bus_strv(o->id));
        (void)bus_strv_copy(s->second_org, sizeof(s->second_org),
                            bus_strv(o->org));
        (void)bus_strv_copy(s->second_role, sizeof(s->second_role),
                            bus_strv(o->role));
    }
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    return other;
}

void desk_step_post(struct desk_visit *v)
{
    struct stepping *s = bus_arena_calloc(v->mem, 1, sizeof(*s));
    struct bus_web_job job = {step_run, step_done, s};
    if (s == NULL) {
        desk_away(v);
        return;
    }
    s->v = v;
    s->found = desk_found_said(v);
    if (!bus_id_parse(bus_run_http_param(v->rq, "id"), &s->case_id) ||
        !bus_id_parse(bus_web_field(&v->fields, "assignment"),
                      &s->assignment_id) ||
        !bus_id_parse(bus_web_field(&v->fields, "once"), &s->once) ||
        !sa_step_kind_parse(bus_web_field(&v->fields, "kind"), &s->kind) ||
        s->kind == SA_STEP_KIND_UNKNOWN) {
        desk_not_there(v);
    } else if (!step_second(s)) {
        desk_say(v, 422, DESK_WORD_REFUSED, DESK_WORD_BAD_SECOND);
    } else if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}
