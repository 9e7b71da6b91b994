/* orders: batches that were sent into the outbox, and the outbox to the banks.
 *
 * An order is written once, sealed for its bank, in one transaction with the
 * mark that it was; its event's id is derived, so that it may be relayed again.
 * The last door: more than order_max_fen, another account than the one that was
 * approved, or what has stopped since it was sent, does not leave; its line is
 * rejected here, with the reason.
 */
#ifndef CONSUMERS_TREASURY_ORDERS_H
#define CONSUMERS_TREASURY_ORDERS_H

#include "bus/conf/bus_config.h"
#include "bus/wire/keyring.h"
#include "consumers/treasury/books.h"

#define TREASURY_ORDERS_PAGE 500

struct treasury_writer
{
    struct bus_wire_keyring *keys; /* opens and sums of `dispatch` */
    const struct bus_config *config;
    struct bus_arena *mem; /* of one order */
};
/* At most a page; *ret: how many there were. */
int treasury_orders_write(struct treasury_writer *w,
                          struct treasury_books *b,
                          size_t *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
