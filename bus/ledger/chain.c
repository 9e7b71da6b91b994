#include "bus/ledger/chain.h"

#include <string.h>

#include "bus/base/check.h"

#define CHAIN_NUMBER_BYTES 8
#define CHAIN_FRONT_BYTES  (BUS_LEDGER_CHAIN_BYTES + CHAIN_NUMBER_BYTES)

int bus_ledger_chain_init(struct bus_ledger_chain *c, struct bus_err *err)
{
    *c = (struct bus_ledger_chain){0};
    bus_buf_init(&c->row, 0);
    return bus_wire_sm3er_new(&c->sm3, err);
}

void bus_ledger_chain_fini(struct bus_ledger_chain *c)
{
    bus_wire_sm3er_free(c->sm3);
    bus_buf_fini(&c->row);
}

void bus_ledger_chain_start(struct bus_ledger_chain *c)
{
    static const uint8_t front[CHAIN_FRONT_BYTES];
    bus_buf_clear(&c->row);
    bus_buf_put(&c->row, front, sizeof(front));
}

void bus_ledger_chain_element(struct bus_ledger_chain *c,
                              struct bus_strv element)
{
    bus_buf_put(&c->row, element.p, element.n);
}

void bus_ledger_chain_column(struct bus_ledger_chain *c, struct bus_strv v)
{
    uint32_t n = v.p != NULL ? (uint32_t)v.n : UINT32_MAX;
    for (int i = 3; i >= 0; i--) {
        bus_buf_putc(&c->row, (uint8_t)(n >> (8 * i)));
    }
    if (v.p != NULL) {
        bus_buf_put(&c->row, v.p, v.n);
    }
}

int bus_ledger_chain_of(struct bus_ledger_chain *c,
                        const uint8_t before[BUS_LEDGER_CHAIN_BYTES],
                        int64_t n,
                        uint8_t ret[BUS_LEDGER_CHAIN_BYTES],
                        struct bus_err *err)
{
    if (c->row.failed) {
        return bus_fail(err, BUS_ENOMEM, "a row of the chain");
    }
    BUS_CHECK(c->row.len > CHAIN_FRONT_BYTES);
    uint8_t *number = c->row.data + BUS_LEDGER_CHAIN_BYTES;
    memcpy(c->row.data, before, BUS_LEDGER_CHAIN_BYTES);
    for (int i = 0; i < CHAIN_NUMBER_BYTES; i++) {
        number[i] =
            (uint8_t)((uint64_t)n >> (8 * (CHAIN_NUMBER_BYTES - 1 - i)));
    }
    return bus_wire_sm3er_run(c->sm3, bus_buf_view(&c->row), ret, err);
}
