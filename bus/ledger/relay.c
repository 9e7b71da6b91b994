#include "bus/ledger/relay.h"

#include "bus/base/check.h"
#include "bus/base/log.h"

static void relay_acked(void *data,
                        void *token,
                        int32_t partition,
                        int64_t offset,
                        const struct bus_err *err)
{
    struct bus_ledger_relay *r = data;
    const struct bus_ledger_outgoing *o = token;
    (void)partition;
    (void)offset;
    BUS_CHECK(r->unacked > 0 && r->acked_count < BUS_LEDGER_OUTBOX_PAGE);
    r->unacked--;
    if (err == NULL) {
        r->acked[r->acked_count++] = o->id;
    } else {
        bus_log(BUS_LOG_WARN, "not relayed", "%.200s", err->msg);
    }
    if (r->unacked == 0 && r->producer != NULL) {
        r->settled(r->data);
    }
}

int bus_ledger_relay_open(struct bus_ledger_relay *r,
                          const struct bus_kafka_env *kafka,
                          size_t mem_bytes,
                          struct bus_err *err)
{
    BUS_CHECK(r->owner != NULL && r->settled != NULL && r->producer == NULL);
    bus_arena_init(&r->page.mem, 0, mem_bytes);
    return bus_kafka_producer_open(kafka, relay_acked, r, &r->producer, err);
}

enum bus_ledger_relay_step
bus_ledger_relay_next(const struct bus_ledger_relay *r)
{
    BUS_CHECK(r->acked_count <= BUS_LEDGER_OUTBOX_PAGE);
    return r->unacked > 0       ? BUS_LEDGER_RELAY_NOTHING
           : r->acked_count > 0 ? BUS_LEDGER_RELAY_FORGET
           : r->wanted          ? BUS_LEDGER_RELAY_READ
                                : BUS_LEDGER_RELAY_NOTHING;
}

int bus_ledger_relay_do(struct bus_ledger_relay *r,
                        enum bus_ledger_relay_step step,
                        struct bus_pg *pg,
                        struct bus_err *err)
{
    BUS_CHECK(step != BUS_LEDGER_RELAY_NOTHING && r->unacked == 0);
    return step == BUS_LEDGER_RELAY_FORGET
               ? bus_ledger_outbox_sent(pg, r->acked, r->acked_count, err)
               : bus_ledger_outbox_next(pg, r->owner, &r->page, err);
}

static void relay_send(struct bus_ledger_relay *r)
{
    struct bus_err err;
    BUS_CHECK(r->unacked == 0 && r->page.n <= BUS_LEDGER_OUTBOX_PAGE);
    for (size_t i = 0; i < r->page.n; i++) {
        struct bus_ledger_outgoing *o = &r->page.v[i];
        if (bus_ledger_outbox_send(r->producer, o, r->source, o, &err) !=
            BUS_OK) {
            return;
        }
        r->unacked++;
    }
}

void bus_ledger_relay_done(struct bus_ledger_relay *r,
                           enum bus_ledger_relay_step step)
{
    BUS_CHECK(step != BUS_LEDGER_RELAY_NOTHING);
    if (step == BUS_LEDGER_RELAY_FORGET) {
        r->wanted |= r->acked_count == BUS_LEDGER_OUTBOX_PAGE;
        r->acked_count = 0;
    } else {
        r->wanted = false;
        relay_send(r);
    }
}

bool bus_ledger_relay_idle(const struct bus_ledger_relay *r)
{
    return r->unacked == 0;
}

void bus_ledger_relay_close(struct bus_ledger_relay *r,
                            int64_t wait_ms,
                            void (*closed)(void *data))
{
    struct bus_kafka_producer *p = r->producer;
    r->producer = NULL;
    if (p != NULL) {
        bus_kafka_producer_close(p, wait_ms, closed, r->data);
    }
}

void bus_ledger_relay_fini(struct bus_ledger_relay *r)
{
    bus_arena_fini(&r->page.mem);
}
