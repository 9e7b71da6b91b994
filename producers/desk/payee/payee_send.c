/* The event of two: taken down by one, approved by who is signed in. */
#include "bus/base/clock.h"
#include "producers/desk/draft.h"
#include "producers/desk/payee/payee.h"
#include "schemas/personal.h"

bool desk_payee_keys(const struct desk *d)
{
    return desk_draft_has_key(d) && d->seals != NULL &&
           bus_wire_keyring_seals(d->seals, BUS_STRV("bus"));
}

/* For the bus alone, bound to the event. */
static int payee_sealed(const struct desk_payee_asking *a,
                        struct bus_strv *ret,
                        struct bus_err *err)
{
    const struct desk_visit *v = a->v;
    const struct bus_wire_binding at = {"payee_change", "personal",
                                        &a->said.change};
    struct sa_personal who = {.has_bank_code = true,
                              .bank_code = bus_strv(a->said.bank),
                              .has_account = true,
                              .account = bus_strv(a->said.account),
                              .has_account_holder = true,
                              .account_holder = bus_strv(a->said.holder)};
    struct bus_strv plain;
    BUS_TRY(
        bus_wire_encode_framed(&sa_personal_type, &who, v->mem, &plain, err));
    BUS_TRY(bus_wire_seal(v->desk->seals, BUS_STRV("bus"), &at, plain, v->mem,
                          ret, err));
    bus_wire_keyring_forget(v->desk->seals);
    return BUS_OK;
}

static struct sa_payee_change payee_event(const struct desk_payee_asking *a,
                                          int64_t now_ms)
{
    const struct bus_ledger_assignment *of = &a->assignment;
    return (struct sa_payee_change){.event_id = a->said.change,
                                    .household_id = of->household_id,
                                    .occurred_at = now_ms,
                                    .case_id = of->case_id,
                                    .assignment_id = of->assignment_id,
                                    .department = bus_strv(of->department),
                                    .item = bus_strv(of->item),
                                    .asked_by = a->said.asked_by,
                                    .name_check = a->said.name_check,
                                    .done_by = {bus_strv(a->said.by),
                                                bus_strv(a->said.org),
                                                bus_strv(a->said.role)},
                                    .has_second = true,
                                    .second = desk_actor(a->v),
                                    .signed_at = now_ms,
                                    .has_personal = true};
}

bool desk_payee_send(struct desk_payee_asking *a,
                     void (*done)(struct desk_sending *s, bool well),
                     enum desk_word *ret_why)
{
    struct desk_visit *v = a->v;
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    char seal_id[DESK_SEAL_ID];
    struct bus_err err;
    struct sa_payee_change e = payee_event(a, now_ms);
    struct bus_wire_sealer *key =
        desk_seal_open(v, a->assignment.item, now_ms, seal_id);
    *ret_why = DESK_WORD_BUS_AWAY;
    if (key == NULL) {
        *ret_why = DESK_WORD_SEAL_AWAY;
        return false;
    }
    int rc = payee_sealed(a, &e.personal, &err);
    e.has_seal_id = true;
    e.seal_id = bus_strv(seal_id);
    if (rc == BUS_OK) {
        rc = bus_role_record_sign(&sa_payee_change_type, &e, now_ms, key,
                                  v->mem, &e.seal, &err);
    }
    e.has_seal = true;
    bus_wire_sealer_free(key);
    struct bus_role_emit emit = {.type = &sa_payee_change_type,
                                 .record = &e,
                                 .ce_type = "sa.payee_change.v1",
                                 .event_id = e.event_id,
                                 .household_id = e.household_id,
                                 .case_id = e.case_id,
                                 .occurred_at = now_ms};
    a->sending = (struct desk_sending){v, done, a};
    return rc == BUS_OK && desk_send(&a->sending, &a->assignment, &emit);
}
