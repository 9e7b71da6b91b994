/* What an officer does beside batches (officer.c, budgets.c), each in a
 * transaction of books.h and a row of who did it. */
#ifndef CONSUMERS_TREASURY_OFFICER_H
#define CONSUMERS_TREASURY_OFFICER_H

#include "consumers/treasury/books.h"

/* Money of a fund, or less than 0: taken away; by two. One says it, another
 * agrees, and it is booked; any of those who pay drops what is open. It is
 * named by a number: *ret_budget in b->mem. BUS_EDENIED: by who said it;
 * BUS_EUNKNOWN; BUS_ESTATE: it is open no more, or more than is free. */
int treasury_budget_say(struct treasury_books *b,
                        const char *fund,
                        int64_t fen,
                        const char *why,
                        const char **ret_budget,
                        struct bus_err *err) BUS_MUSTCHECK;
/* What remains of a fund's year (fund_year) is carried over into the next: said
 * as a budget is, and agreed to or dropped as one. BUS_ESTATE: the year is not
 * over, nothing remains of it, something does of one before it, the fund is not
 * what its bank says, or orders of it are not answered; when it is agreed to,
 * also: it is another sum by then. */
int treasury_year_close(struct treasury_books *b,
                        const char *fund,
                        int year,
                        const char *why,
                        const char **ret_budget,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_budget_fen(struct treasury_books *b,
                        const char *budget,
                        int64_t *ret_fen,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_budget_agree(struct treasury_books *b,
                          const char *budget,
                          struct bus_err *err) BUS_MUSTCHECK;
int treasury_budget_drop(struct treasury_books *b,
                         const char *budget,
                         struct bus_err *err) BUS_MUSTCHECK;
/* What was rejected or came back is paid once more. BUS_EUNKNOWN, BUS_ESTATE.
 */
int treasury_line_again(struct treasury_books *b,
                        const char *line,
                        const char *why,
                        struct bus_err *err) BUS_MUSTCHECK;
/* What was claimed back has been given back. BUS_EUNKNOWN, BUS_ESTATE. */
int treasury_line_repaid(struct treasury_books *b,
                         const char *line,
                         const char *why,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Somebody has looked at an answer that stopped its fund. BUS_EUNKNOWN. */
int treasury_answer_looked(struct treasury_books *b,
                           const char *answer,
                           const char *why,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
