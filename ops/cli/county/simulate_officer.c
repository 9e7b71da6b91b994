#include "ops/cli/county/simulate_officer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/role/signed.h"

#define TOWN 9 /* digits */

/* In office today, first of the list. */
static const struct bus_operator *
officer_of(const struct bus_config *c, struct bus_strv org, const char *role)
{
    for (size_t i = 0; i < c->operators_count; i++) {
        const struct bus_operator *o = &c->operators[i];
        if (bus_strv_is(org, o->org) && strstr(o->role, role) != NULL &&
            o->to_day == INT32_MAX) {
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
        *o = (struct simulate_officer){
            .department = p,
            .approver = officer_of(c, bus_strv(p->code), "approver"),
            .clerk = officer_of(c, bus_strv(p->code), "clerk")};
        (void)snprintf(o->seal_id, sizeof(o->seal_id), "seal-%.32s", p->code);
        if (folder == NULL || p->transport != BUS_TRANSPORT_KAFKA) {
            continue; /* its adapter seals */
        }
        (void)snprintf(path, sizeof(path), "%.400s/%s.key", folder, o->seal_id);
        if (access(path, F_OK) == 0) { /* else: it has none */
            BUS_TRY(bus_wire_sealer_open(path, &o->key, err));
        }
    }
    return BUS_OK;
}

void cli_simulate_officers_free(struct simulate_rules *rules)
{
    for (size_t i = 0; i < rules->officer_count; i++) {
        bus_wire_sealer_free(rules->officers[i].key);
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

static struct sa_actor
actor_of(const struct bus_operator *o, const char *org, const char *role)
{
    return (struct sa_actor){
        .operator_id = o != NULL ? bus_strv(o->id) : BUS_STRV("op-simulated"),
        .org_code = bus_strv(o != NULL ? o->org : org),
        .role = bus_strv(role)};
}

struct sa_actor cli_simulate_actor(const struct simulate_officer *o)
{
    return actor_of(o != NULL ? o->approver : NULL,
                    o != NULL ? o->department->code : "", "approver");
}

struct sa_actor cli_simulate_clerk(const struct simulate_officer *o)
{
    return actor_of(o != NULL ? o->clerk : NULL,
                    o != NULL ? o->department->code : "", "clerk");
}

struct sa_actor cli_simulate_companion(const struct simulate_rules *rules,
                                       struct bus_strv division)
{
    struct bus_strv town = {division.p, division.n > TOWN ? TOWN : division.n};
    const struct bus_operator *o = officer_of(rules->config, town, "clerk");
    return o != NULL
               ? actor_of(o, "", "clerk")
               : actor_of(officer_of(rules->config, division, "assistant"), "",
                          "assistant");
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
