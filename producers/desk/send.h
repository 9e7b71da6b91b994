/* An event of an officer on its way to his department's topic, answered when
 * Kafka has it. */
#ifndef PRODUCERS_DESK_SEND_H
#define PRODUCERS_DESK_SEND_H

#include "bus/ledger/queue.h"
#include "bus/role/emit.h"
#include "bus/role/signed.h"
#include "producers/desk/desk.h"
#include "schemas/actor.h"

struct desk_sending
{
    struct desk_visit *v;
    void (*done)(struct desk_sending *s, bool well);
    void *data;
};
void desk_send_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err);
/* False: it is not on its way, and done is not called. s lives until then. */
bool desk_send(struct desk_sending *s,
               const struct bus_ledger_assignment *a,
               struct bus_role_emit *e);
/* Who is signed in, as an event names him. */
struct sa_actor desk_actor(const struct desk_visit *v);
/* The case and the assignment that the path names, with their texts, for who
 * decides at all; false: there is no such page for him. */
bool desk_assignment_named(const struct desk_visit *v,
                           struct bus_id *ret_case,
                           struct bus_id *ret_assignment,
                           char ret_texts[2][BUS_ID_TEXT + 1]);
/* What the register says of the act by him for this assignment; "" : yes. */
const char *desk_may(const struct desk_visit *v,
                     const struct bus_ledger_assignment *a,
                     enum bus_register_act act,
                     int64_t amount_fen,
                     bool by_town);

/* A key of his own seal, or of his office's, that the register has for this
 * item; its id in ret. NULL: there is none on this machine. */
#define DESK_SEAL_ID 64
struct bus_wire_sealer *desk_seal_open(const struct desk_visit *v,
                                       const char *item,
                                       int64_t now_ms,
                                       char ret[DESK_SEAL_ID]);

#endif
