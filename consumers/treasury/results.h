/* What a bank answers of an order, into the books: as books.h says. */
#ifndef CONSUMERS_TREASURY_RESULTS_H
#define CONSUMERS_TREASURY_RESULTS_H

#include "bus/conf/bus_config.h"
#include "consumers/treasury/books.h"

struct treasury_result
{
    struct bus_id event_id, order_id;
    struct bus_strv bank, reason, reference;
    int outcome; /* enum treasury_answer_outcome */
    int64_t amount_fen;
    int32_t value_day;
};
/* Its end (enum treasury_answer_end) as a word in *ret; "" if it came before.
 */
int treasury_result_take(struct treasury_books *b,
                         const struct treasury_result *r,
                         const char **ret,
                         struct bus_err *err) BUS_MUSTCHECK;

/* The matcher hears of it, on its bank's topic, under the id that stands with
 * the answer, so that the treasury knows its own message again. mem is reset.
 * Of an order of ours. */
int treasury_result_tell(const struct bus_config *c,
                         struct treasury_books *b,
                         const struct treasury_result *r,
                         struct bus_arena *mem,
                         struct bus_err *err) BUS_MUSTCHECK;
/* The same of an order that never was: whose it would have been, and the event
 * that it would have followed from. */
struct treasury_result_of
{
    struct bus_id household, case_id, cause;
};
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
