#include "producers/desk/send.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 1024

void desk_send_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err)
{
    struct desk_sending *s = token;
    (void)data;
    (void)partition;
    (void)offset;
    s->done(s, err == NULL);
}

bool desk_send(struct desk_sending *s,
               const struct bus_ledger_assignment *a,
               struct bus_role_emit *e)
{
    struct desk *d = s->v->desk;
    struct bus_role_rendered r;
    struct bus_err err;
    if (d->producer == NULL || !bus_kafka_producer_connected(d->producer)) {
        return false;
    }
    e->source = d->frame->source;
    if (bus_role_emit_render(e, s->v->mem, &r, &err) != BUS_OK) {
        return false;
    }
    const struct bus_kafka_out_msg m = {
        .topic =
            bus_conf_topic(d->config, s->v->mem, "decisions", a->department),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count};
    return m.topic != NULL &&
           bus_kafka_producer_send(d->producer, &m, s, &err) == BUS_OK;
}

struct sa_actor desk_actor(const struct desk_visit *v)
{
    return (struct sa_actor){.operator_id = bus_strv(v->caller.operator_id),
                             .org_code = bus_strv(v->caller.org),
                             .role = bus_strv(v->role)};
}

bool desk_assignment_named(const struct desk_visit *v,
                           struct bus_id *ret_case,
                           struct bus_id *ret_assignment,
                           char ret_texts[2][BUS_ID_TEXT + 1])
{
    if (!v->decides ||
        !bus_id_parse(bus_run_http_param(v->rq, "id"), ret_case) ||
        !bus_id_parse(bus_run_http_param(v->rq, "assignment"),
                      ret_assignment)) {
        return false;
    }
    (void)bus_id_text(ret_case, ret_texts[0]);
    (void)bus_id_text(ret_assignment, ret_texts[1]);
    return true;
}

const char *desk_may(const struct desk_visit *v,
                     const struct bus_ledger_assignment *a,
                     enum bus_register_act act,
                     int64_t amount_fen,
                     bool by_town)
{
    const struct bus_register *held = NULL;
    struct bus_strv town = bus_strv(a->division);
    town.n =
        town.n < BUS_REGISTER_TOWN_DIGITS ? town.n : BUS_REGISTER_TOWN_DIGITS;
    const struct bus_register_claim claim = {
        .operator_id = bus_strv(v->caller.operator_id),
        .org = bus_strv(v->caller.org),
        .act = act,
        .owner = bus_strv(a->department),
        .item = bus_strv(a->item),
        .town = town,
        .amount_fen = amount_fen,
        .day = desk_today(),
        .by_town = by_town};
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    enum bus_register_answer answer = bus_registers_may(held, &claim);
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    return answer == BUS_REGISTER_YES
               ? ""
               : desk_code_text(v, "reason", bus_registers_answer_word(answer));
}

struct bus_wire_sealer *desk_seal_open(const struct desk_visit *v,
                                       const char *item,
                                       int64_t now_ms,
                                       char ret[DESK_SEAL_ID])
{
    const char *const owners[] = {v->caller.operator_id, v->department};
    struct bus_wire_sealer *key = NULL;
    const struct bus_register *held = NULL;
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    for (size_t i = 0; i < 2 && key == NULL; i++) {
        char path[PATH_BYTES];
        struct bus_register_seal_key held_key;
        struct bus_err err;
        (void)snprintf(ret, DESK_SEAL_ID, "seal-%.50s", owners[i]);
        (void)snprintf(path, sizeof(path), "%.900s/%s.key",
                       v->desk->config->desk.seals, ret);
        const struct bus_register_sealing sealing = {
            .seal_id = bus_strv(ret),
            .org = bus_strv(v->department),
            .operator_id = bus_strv(v->caller.operator_id),
            .item = bus_strv(item),
            .signed_ms = now_ms};
        if (bus_registers_seal_may(held, &sealing, &held_key) !=
                BUS_REGISTER_YES ||
            access(path, R_OK) != 0 ||
            bus_wire_sealer_open(path, &key, &err) != BUS_OK) {
            key = NULL;
        } else if (memcmp(bus_wire_sealer_point(key), held_key.point,
                          BUS_WIRE_SM2_POINT) != 0) {
            bus_wire_sealer_free(key); /* another's under that name */
            key = NULL;
        }
    }
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    return key;
}
