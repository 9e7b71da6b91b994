/* Between the files that make batches and answers. */
#ifndef CONSUMERS_TREASURY_BATCHES_H
#define CONSUMERS_TREASURY_BATCHES_H

#include "consumers/treasury/books.h"
#include "consumers/treasury/states.h"

#define TREASURY_SUM_TEXT 65 /* SM3 in hex, NUL in it */

struct treasury_batch
{
    const char *batch, *bank, *fund, *sm3, *prepared_by;
    const char *approved[2]; /* "" until somebody has */
    enum treasury_batch_state state;
    int64_t lines, total_fen, number;
    int32_t pay_day;
};
/* Texts in b->mem. BUS_EUSAGE: no id; BUS_EUNKNOWN. */
int treasury_batch_read(struct treasury_books *b,
                        const char *batch,
                        struct treasury_batch *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* SM3 over, each with a line feed: "lianou batch 2", batch, bank, fund, pay
 * day, "count total"; then the lines by their ids: "line attempt order fen
 * payee", the payee's sum in hex. */
int treasury_batch_sum(struct treasury_books *b,
                       const struct treasury_batch *of,
                       char ret[TREASURY_SUM_TEXT],
                       struct bus_err *err) BUS_MUSTCHECK;
/* Lines ("{id,...}") out of batches that were not sent. */
int treasury_batches_leave(struct treasury_books *b,
                           const char *lines,
                           struct bus_err *err) BUS_MUSTCHECK;
/* The bank has it, and says no more. */
int treasury_batch_acknowledged(struct treasury_books *b,
                                const char *batch,
                                struct bus_err *err) BUS_MUSTCHECK;
/* A line of it was answered; all: none is left open. */
int treasury_batch_answered(struct treasury_books *b,
                            const char *batch,
                            bool all,
                            struct bus_err *err) BUS_MUSTCHECK;

/* gather.c: what may go into a batch. */
struct treasury_batch_lines
{
    const char *lines, *orders; /* "{id,...}", in the same order */
};
/* Id, number, count and total into *of. BUS_ESTATE: nothing is due. */
int treasury_batch_gather(struct treasury_books *b,
                          const struct treasury_prepare *p,
                          struct treasury_batch *of,
                          struct treasury_batch_lines *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* What may be committed. BUS_EUNKNOWN; BUS_ESTATE: something of the fund has to
 * be looked at first, and the message says what. */
int treasury_fund_free(struct treasury_books *b,
                       const char *fund,
                       int64_t *ret_fen,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
