/* books: the treasury's tables (bus/ledger/migrations/0030_treasury.sql) from
 * C. Blocking; for the role's pool thread and for commands.
 *
 * All that is here happens in the caller's transaction, between
 * treasury_books_begin() and treasury_books_end(). One writer at a time: begin
 * waits for the others. What the tables refuse is a fault of this program
 * (BUS_EBUG); what people ask for and may not have is BUS_ESTATE, BUS_EDENIED
 * or BUS_EUNKNOWN, in Chinese and English, before a table has to say so. */
#ifndef CONSUMERS_TREASURY_BOOKS_H
#define CONSUMERS_TREASURY_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/pg/columns.h"
#include "bus/pg/pg.h"

#define TREASURY_ITSELF "treasury" /* who acts where no person does */

struct treasury_books
{
    struct bus_pg *pg;
    struct bus_arena *mem; /* texts of parameters; begin resets it */
    const char *who;       /* an operator's id, or TREASURY_ITSELF */
    int32_t day;           /* on which it is booked; 0: the events' own */
    bool no_memory;        /* a text had no room; the next question says so */
};

#define TREASURY_APART_MAX_MS 600000
/* BUS_EAGAIN (RETRY): there is a day, and this machine's clock is further from
 * the database's than that. */
int treasury_books_begin(struct treasury_books *b,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Commits if rc is BUS_OK, else takes everything back; returns rc, or why it
 * could not be committed. */
int treasury_books_end(struct treasury_books *b,
                       int rc,
                       struct bus_err *err) BUS_MUSTCHECK;

/* ret may be NULL. */
int treasury_books_ask(struct treasury_books *b,
                       const char *sql,
                       const char *const *params,
                       size_t n,
                       struct bus_pg_rows **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
#define TREASURY_PARAMS(...)            \
    (const char *const[]){__VA_ARGS__}, \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

/* Parameters as text, in b->mem. */
const char *treasury_books_number(struct treasury_books *b, int64_t n);
const char *treasury_books_day(struct treasury_books *b, int32_t day);
const char *treasury_books_id(struct treasury_books *b,
                              const struct bus_id *id);
const char *treasury_books_bytes(struct treasury_books *b, struct bus_strv v);
const char *treasury_books_text(struct treasury_books *b, struct bus_strv v);
/* "{a,b}" of a column of ids; "{}" of no rows. */
const char *treasury_books_ids(struct treasury_books *b,
                               const struct bus_pg_rows *rows);

/* "\\x6162", as the server writes bytes; p NULL: no memory. */
struct bus_strv treasury_bytes(const char *text, struct bus_arena *mem);

/* A row of who did what. Zeroed fields are left out. */
struct treasury_act
{
    const char *act, *fund, *batch, *line, *award, *note;
    int64_t amount_fen;
};
int treasury_books_act(struct treasury_books *b,
                       const struct treasury_act *act,
                       struct bus_err *err) BUS_MUSTCHECK;

/* Money from one account to another, booked once for each (kind, about). */
struct treasury_move
{
    const char *kind, *about, *fund, *from, *to, *batch, *line;
    int32_t day; /* 0: the books' */
    int64_t amount_fen;
};
int treasury_books_move(struct treasury_books *b,
                        const struct treasury_move *move,
                        struct bus_err *err) BUS_MUSTCHECK;
/* One question about many rows (columns.h): the n columns are its parameters,
 * and are empty afterwards. Of no rows nothing is asked, *ret is NULL. */
int treasury_books_ask_rows(struct treasury_books *b,
                            const char *sql,
                            struct bus_pg_columns *c,
                            size_t n,
                            struct bus_pg_rows **ret,
                            struct bus_err *err) BUS_MUSTCHECK;
/* Money, many at once: each added, then all put. */
void treasury_books_add(const struct treasury_books *b,
                        struct bus_pg_columns *c,
                        const struct treasury_move *move);
int treasury_books_put(struct treasury_books *b,
                       struct bus_pg_columns *c,
                       struct bus_err *err) BUS_MUSTCHECK;

/* --- batches (batches.c) --- */

struct treasury_prepare
{
    const char *bank, *fund;
    int32_t pay_day;
};
/* All lines of the bank and fund that are due by the day. BUS_ESTATE: nothing
 * is due, no money, an answer of the fund is in dispute, its bank's statement
 * says otherwise (statements.h). *ret_batch in b->mem. */
int treasury_batch_prepare(struct treasury_books *b,
                           const struct treasury_prepare *p,
                           const char **ret_batch,
                           struct bus_err *err) BUS_MUSTCHECK;
/* By b->who. BUS_EDENIED: who prepared it, or has approved it; BUS_ESTATE, also
 * when the fund differs from its bank's statement. Who
 * may at all is the caller's to ask of the register. */
int treasury_batch_approve(struct treasury_books *b,
                           const char *batch,
                           struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ESTATE: not approved by two, or not the lines that were approved. */
int treasury_batch_send(struct treasury_books *b,
                        const char *batch,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_batch_withdraw(struct treasury_books *b,
                            const char *batch,
                            const char *why,
                            struct bus_err *err) BUS_MUSTCHECK;
int treasury_batch_close(struct treasury_books *b,
                         const char *batch,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Its total; BUS_EUNKNOWN if there is none. */
int treasury_batch_total(struct treasury_books *b,
                         const char *batch,
                         int64_t *ret_fen,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
