/* What a bank answers of an order, into the books: as books.h says. */
#ifndef CONSUMERS_TREASURY_RESULTS_H
#define CONSUMERS_TREASURY_RESULTS_H

#include "bus/base/buf.h"
#include "bus/conf/bus_config.h"
#include "consumers/treasury/books.h"

struct treasury_result
{
    struct bus_id event_id, order_id;
    struct bus_strv bank, reason, reference;
    int outcome; /* enum treasury_answer_outcome */
    int64_t amount_fen;
    int32_t value_day;
    int32_t book_day; /* on which it is booked; 0: the books' */
};
/* Of an order of ours: what the matcher is told of it with. */
struct treasury_result_of
{
    struct bus_id household, case_id, cause;
};
struct treasury_result_end
{
    const char *end; /* a word of enum treasury_answer_end, ""; static */
    struct treasury_result_of of;
};
bool treasury_result_taken(const struct treasury_result_end *e);
/* What it does, once; "" if it came before, or is of an order of dispatch's. */
int treasury_result_take(struct treasury_books *b,
                         const struct treasury_result *r,
                         struct treasury_result_end *ret,
                         struct bus_err *err) BUS_MUSTCHECK;

/* Batches that answers were of. Zeroed: none. */
struct treasury_touched
{
    struct bus_buf batches;
};
void treasury_touched_fini(struct treasury_touched *t);
/* The batches go to where their lines are; at the end of the transaction, as it
 * looks at all lines of each. */
int treasury_touched_end(struct treasury_books *b,
                         struct treasury_touched *t,
                         struct bus_err *err) BUS_MUSTCHECK;
/* n answers as if they came one by one, in few questions to the database. */
int treasury_results_take(struct treasury_books *b,
                          const struct treasury_result *list,
                          size_t n,
                          struct treasury_result_end *ret,
                          struct treasury_touched *touched,
                          struct bus_err *err) BUS_MUSTCHECK;

/* The matcher hears of what was taken, on its bank's topic, under the id that
 * stands with the answer, so that the treasury knows its own message again. mem
 * is reset. */
int treasury_results_tell(const struct bus_config *c,
                          struct treasury_books *b,
                          const struct treasury_result *list,
                          const struct treasury_result_end *ends,
                          size_t n,
                          struct bus_arena *mem,
                          struct bus_err *err) BUS_MUSTCHECK;
/* The same of one, also of an order that never was: whose it would have been,
 * and the event that it would have followed from. mem is added to. */
int treasury_result_say(const struct bus_config *c,
                        struct treasury_books *b,
                        const struct treasury_result *r,
                        const struct treasury_result_of *of,
                        struct bus_arena *mem,
                        struct bus_err *err) BUS_MUSTCHECK;

/* What was ordered; 0: no such order here. For answers that name no amount. */
int treasury_order_amount(struct treasury_books *b,
                          const struct bus_id *order,
                          int64_t *ret_fen,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
