#include "ops/cli/county/simulate_officer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/role/signed.h"

/* In office today, first of the list. */
static const struct bus_operator *approver_of(const struct bus_config *c,
                                              const char *department)
{
    for (size_t i = 0; i < c->operators_count; i++) {
        const struct bus_operator *o = &c->operators[i];
        if (strcmp(o->org, department) == 0 &&
            strstr(o->role, "approver") != NULL && o->to_day == INT32_MAX) {
            return o;
        }
    }
    return NULL;
}

int cli_simulate_officers(struct simulate_rules *rules,
                          const char *folder,
                          struct bus_err *err)
{
    const struct bus_config *c = rules->config;
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->kind != BUS_PARTNER_DEPARTMENT ||
            rules->officer_count == SIMULATE_OFFICERS_MAX) {
            continue;
        }
        struct simulate_officer *o = &rules->officers[rules->officer_count++];
        char path[512];
        *o = (struct simulate_officer){.department = p,
                                       .approver = approver_of(c, p->code)};
        (void)snprintf(o->seal_id, sizeof(o->seal_id), "seal-%.32s", p->code);
        if (folder == NULL || p->transport == BUS_TRANSPORT_SPOOL) {
            continue; /* its adapter seals */
        }
        (void)snprintf(path, sizeof(path), "%.400s/%s.key", folder, o->seal_id);
        if (access(path, F_OK) == 0) { /* else: it has none */
            BUS_TRY(bus_wire_sm2_key_open(path, &o->key, err));
        }
    }
    return BUS_OK;
}

void cli_simulate_officers_free(struct simulate_rules *rules)
{
    for (size_t i = 0; i < rules->officer_count; i++) {
        bus_wire_sm2_key_free(rules->officers[i].key);
    }
    rules->officer_count = 0;
}

const struct simulate_officer *
cli_simulate_officer(const struct simulate_rules *rules,
                     const struct bus_conf_partner *department)
{
    for (size_t i = 0; i < rules->officer_count; i++) {
        if (rules->officers[i].department == department) {
            return &rules->officers[i];
        }
    }
    return NULL;
}

struct sa_actor cli_simulate_actor(const struct simulate_officer *o)
{
    bool known = o != NULL && o->approver != NULL;
    return (struct sa_actor){
        .operator_id =
            known ? bus_strv(o->approver->id) : BUS_STRV("op-simulated"),
        .org_code = o != NULL ? bus_strv(o->department->code) : BUS_STRV(""),
        .role = BUS_STRV("approver")};
}

int cli_simulate_seal(const struct simulate_officer *o,
                      struct sa_decision *d,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    return o == NULL || o->key == NULL
               ? BUS_OK
               : bus_role_decision_sign(d, bus_strv(o->seal_id), o->key, mem,
                                        err);
}
