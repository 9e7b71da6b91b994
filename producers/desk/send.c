#include "producers/desk/send.h"

#include <string.h>

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
