/* What a bank answers of an order, into the books: as books.h says. */
#ifndef CONSUMERS_TREASURY_RESULTS_H
#define CONSUMERS_TREASURY_RESULTS_H

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

/* What was ordered; 0: no such order here. For answers that name no amount. */
int treasury_order_amount(struct treasury_books *b,
                          const struct bus_id *order,
                          int64_t *ret_fen,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
