/* Files to and from a bank (bus/bank), in the caller's transaction of books.h.
 *
 * A file to a bank is of a batch that was sent, the same bytes however often it
 * is made: names and accounts stand in it, opened by dispatch's keys; mode
 * 0600. A file from a bank is given in by an officer; it does to lines what the
 * same answers do that come over Kafka (results.h), and the matcher is told of
 * those that were taken through the outbox. */
#ifndef CONSUMERS_TREASURY_BANK_FILES_H
#define CONSUMERS_TREASURY_BANK_FILES_H

#include "bus/bank/bank.h"
#include "bus/conf/bus_config.h"
#include "bus/wire/sign.h"
#include "consumers/treasury/books.h"
#include "consumers/treasury/orders.h"
#include "consumers/treasury/states.h"

/* A bank's profile as bus/bank takes it. */
struct treasury_bank
{
    const struct bus_conf_partner *partner;
    bool pain;             /* pain.001; else `out` */
    bool answers_by_table; /* `in` is there */
    struct bus_bank_table out, in;
};
/* BUS_EUSAGE: no such bank. BUS_ESTATE: it takes no files. */
int treasury_bank_find(const struct bus_config *c,
                       const char *code,
                       struct treasury_bank *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* SM3 of a file's bytes. */
int treasury_file_sum(const char *path,
                      uint8_t ret[BUS_WIRE_SM3_BYTES],
                      struct bus_err *err) BUS_MUSTCHECK;

struct treasury_file_made
{
    int64_t lines, total_fen, refused; /* refused: lines that may not leave */
    bool again;                        /* the same was made before */
};
/* To `path`, which must not be there; taken away after a failure. BUS_ESTATE:
 * the batch is not sent, its orders are not written yet, or it is not what was
 * made before. */
int treasury_file_make(struct treasury_writer *w,
                       struct treasury_books *b,
                       const char *batch,
                       const char *path,
                       struct treasury_file_made *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

struct treasury_file_taken
{
    bool again; /* taken before: nothing happened */
    enum bus_bank_kind kind;
    int64_t entries, noted, ends[TREASURY_ANSWER_ENDS];
    int64_t elsewhere; /* of dispatch, or told before */
    /* Each that has an end of its own, as it is read; NULL: not wanted. */
    void (*tell)(void *data, const struct bus_bank_entry *e, const char *end);
    void *data;
};
/* path: our copy. BUS_ACT_REJECT: nothing of it is taken, and the message says
 * why, with the place; the caller takes the transaction back and then says so
 * with treasury_file_refused(), in one of its own: somebody has to look at it
 * then (bank_file_waiting), until it is taken after all. */
int treasury_file_take(const struct bus_config *c,
                       struct treasury_books *b,
                       const char *bank,
                       const char *path,
                       struct treasury_file_taken *ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* gap: of a statement, whose fund's row it would have broken
 * (treasury_statement_taken); NULL: none. */
int treasury_file_refused(struct treasury_books *b,
                          const char *bank,
                          const char *path,
                          const char *kind,
                          const char *gap,
                          const char *why,
                          struct bus_err *err) BUS_MUSTCHECK;

/* --- between the files that take from a bank --- */

/* The file at an open FILE *, as a bus_bank_source has it. */
ptrdiff_t treasury_file_bytes(void *data, char *p, size_t n);
/* The SM3 of a file as the database takes bytes. */
int treasury_file_sum_text(struct treasury_books *b,
                           const char *path,
                           const char **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
struct treasury_file_row
{
    const char *bank, *sum, *kind, *message; /* message "": none */
    const char *refused;                     /* why; NULL: taken */
    const char *batch;                       /* that it answers; NULL */
    const char *gap; /* the fund whose row of statements has one; NULL */
    int64_t entries, total_fen;
};
/* *ret: this file was taken before. BUS_EDUPLICATE: another of its number was.
 */
int treasury_file_known(struct treasury_books *b,
                        const struct treasury_file_row *f,
                        bool *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_file_put(struct treasury_books *b,
                      const struct treasury_file_row *f,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
