/* statements: what a bank says of a fund's account, each statement once, and
 * what of it the books have. In the caller's transaction of books.h.
 *
 * An account is a fund's by funds.yaml. Statements of a fund at a bank are a
 * row without a gap: each opens with what the one before closed with, numbers
 * follow each other, and where a bank counts none no working day is left out.
 * What does not fit is refused as a whole, with its reason; the file is kept
 * and waits for a person, or for what is missing (bank_file_waiting). While one
 * waits behind a gap its fund stands as it does while it differs.
 *
 * Every entry is held against the books to the fen (fund_difference). While a
 * fund differs no batch of it is prepared or approved: until the answer that is
 * missing has come, or one person has said what it is and another that it is
 * so.
 */
#ifndef CONSUMERS_TREASURY_STATEMENTS_H
#define CONSUMERS_TREASURY_STATEMENTS_H

#include "bus/bank/bank.h"
#include "bus/conf/bus_config.h"
#include "consumers/treasury/books.h"

struct treasury_statement_taken
{
    bool again; /* this file was taken before: nothing happened */
    enum bus_bank_kind kind;
    bool kind_known;
    int64_t statements, known; /* known: taken before, in another file */
    int64_t entries, total_fen;
    const char *gap; /* refused: one before it is missing of this fund; NULL */
};
/* path: our copy. BUS_ACT_REJECT as treasury_file_take() has it. */
int treasury_statement_take(const struct bus_config *c,
                            struct treasury_books *b,
                            const char *bank,
                            const char *path,
                            struct treasury_statement_taken *ret,
                            struct bus_err *err) BUS_MUSTCHECK;

/* --- reconcile.c --- */

/* Lines that the books have by now are no difference any more. */
int treasury_statement_match(struct treasury_books *b,
                             const char *fund,
                             struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ESTATE: the fund is not what its bank says, and some are named, or a
 * statement of it waits behind a gap. */
int treasury_fund_agrees(struct treasury_books *b,
                         const char *fund,
                         struct bus_err *err) BUS_MUSTCHECK;
/* What a difference is: "fee", "interest", "other" of what the bank has,
 * "accepted" of what it has not. Nothing is booked by one person alone.
 * *ret_fen: its amount, for the limit of who says so. */
struct treasury_difference
{
    const char *name, *kind, *why;
};
int treasury_difference_fen(struct treasury_books *b,
                            const char *name,
                            int64_t *ret_fen,
                            struct bus_err *err) BUS_MUSTCHECK;
int treasury_difference_look(struct treasury_books *b,
                             const struct treasury_difference *d,
                             struct bus_err *err) BUS_MUSTCHECK;
/* BUS_EDENIED: who said what it is. */
int treasury_difference_agree(struct treasury_books *b,
                              const char *name,
                              struct bus_err *err) BUS_MUSTCHECK;
/* "F12" of the files that wait. */
int treasury_file_looked(struct treasury_books *b,
                         const char *file,
                         const char *why,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
