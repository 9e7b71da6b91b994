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
#include "schemas/personal.h"

#define TREASURY_ORDERS_PAGE 500

struct treasury_writer
{
    struct bus_wire_keyring *keys; /* opens and sums of `dispatch` */
    const struct bus_config *config;
    struct bus_arena *mem; /* of one order */
};
/* Whom an order pays, as sealed in the case event of an award, and what of it
 * was approved. */
struct treasury_order_payee
{
    struct bus_id household, assignment, event_id;
    struct bus_strv payee_hash, personal;
    int64_t amount_fen;
};
/* Opens it and holds it against what was approved: *ret_fault "" and the record
 * at *ret and framed at *ret_plain, both in w->mem; else a word why it may not
 * leave. */
int treasury_order_open(struct treasury_writer *w,
                        const struct treasury_order_payee *o,
                        const struct sa_personal **ret,
                        struct bus_strv *ret_plain,
                        const char **ret_fault,
                        struct bus_err *err) BUS_MUSTCHECK;
/* An order that may not leave (fault), as if the bank had rejected it: the
 * money is free, people see the reason, and the matcher hears of it, so that
 * the case goes back to its owner. What has stopped since it was sent is no
 * news to him: the award waits. */
#define TREASURY_AWARD_STOPPED "AWARD_STOPPED"
struct treasury_order_refused
{
    const char *line, *batch, *fund, *bank, *fault;
    struct bus_id order_id, cause; /* cause: the award's event */
    int64_t amount_fen;
};
int treasury_order_refuse(struct treasury_writer *w,
                          struct treasury_books *b,
                          const struct treasury_order_refused *o,
                          struct bus_err *err) BUS_MUSTCHECK;
/* At most a page; *ret: how many there were. */
int treasury_orders_write(struct treasury_writer *w,
                          struct treasury_books *b,
                          size_t *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
