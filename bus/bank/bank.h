/* bank: files that go to a bank and come back. Pure: bytes in, records out, and
 * the other way; no clock, no database, no file. One thread at a time.
 *
 * Written: pain.001.001.09, or a bank's own table (CSV, fixed width). Read:
 * pain.002.001.10, camt.053.001.08, camt.054.001.08, MT940, a bank's table of
 * answers. Streamed both ways: a file of any length needs the same memory.
 *
 * Amounts are fen, days are days since 1970; texts given to a callback are good
 * until it returns, UTF-8, without the private characters of older tables
 * (bus/base/charset.h). A fault names the line, and the element or column; it
 * never repeats a value. Errors of a file: BUS_EPARSE, BUS_ERANGE, BUS_ETOOBIG,
 * BUS_EUNKNOWN, BUS_ETRUNCATED, all REJECT; of a callback: its own. */
#ifndef BUS_BANK_BANK_H
#define BUS_BANK_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/charset.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

#define BUS_BANK_NO_DAY      INT32_MIN
#define BUS_BANK_COLUMNS_MAX 24
#define BUS_BANK_WORDS_MAX   32
#define BUS_BANK_ID_TEXT     32 /* an id as a bank's reference: 32 hex digits */
#define BUS_BANK_FEN_MAX     INT64_C(100000000000000) /* of one amount */
#define BUS_BANK_READ_MAX    ((size_t)512 << 20)      /* bytes of a file */

/* --- a bank's own table --- */

enum bus_bank_field {
    BUS_BANK_EMPTY, /* nothing of ours */
    BUS_BANK_NUMBER,
    BUS_BANK_ORDER,
    BUS_BANK_ACCOUNT,
    BUS_BANK_NAME,
    BUS_BANK_YUAN, /* 66.00 */
    BUS_BANK_FEN,  /* 6600 */
    BUS_BANK_DAY,  /* 20261210; read with hyphens as well */
    BUS_BANK_REMARK,
    BUS_BANK_OUTCOME,
    BUS_BANK_REASON,
    BUS_BANK_REFERENCE,
    BUS_BANK_FIELDS
};
enum bus_bank_outcome {
    BUS_BANK_NOTED, /* on its way, or of no order: nothing ends by it */
    BUS_BANK_SETTLED,
    BUS_BANK_REJECTED,
    BUS_BANK_RETURNED,
    BUS_BANK_OUTCOMES
};
struct bus_bank_column
{
    enum bus_bank_field field;
    const char *title; /* "" if the table has no titles */
    int width;         /* fixed width, in bytes of the charset */
};
struct bus_bank_word
{
    const char *word; /* of the bank: "0000", "成功" */
    enum bus_bank_outcome outcome;
    const char *reason; /* ISO 20022 reason; "" none */
};
struct bus_bank_table
{
    bool fixed, titles;
    enum bus_charset charset;
    struct bus_bank_column columns[BUS_BANK_COLUMNS_MAX];
    size_t count;
    struct bus_bank_word words[BUS_BANK_WORDS_MAX]; /* of answers */
    size_t word_count;
};
/* What a table needs to be of use: "" or what is missing (a literal). */
const char *bus_bank_table_fault(const struct bus_bank_table *t, bool answers);

/* --- to the bank --- */

struct bus_bank_batch
{
    struct bus_id batch;
    int64_t made_ms; /* the same each time the file is made */
    struct bus_strv payer, payer_account,
        agent; /* agent: its clearing number */
    int32_t pay_day;
    int64_t count, total_fen;
};
struct bus_bank_payment
{
    struct bus_id order;
    int64_t amount_fen;
    struct bus_strv account, name, remark;
};
struct bus_bank_sink
{
    int (*write)(void *data, struct bus_strv bytes, struct bus_err *err);
    void *data;
};
struct bus_bank_writer;
/* table NULL: pain.001.001.09. What table, batch and sink point to outlives the
 * writer. BUS_EPARSE: a text that the format cannot say. */
int bus_bank_writer_open(const struct bus_bank_table *table,
                         const struct bus_bank_batch *batch,
                         const struct bus_bank_sink *sink,
                         struct bus_bank_writer **ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* BUS_EPARSE: name, account or remark cannot be written; payment k of the file
 * is named, not the text. */
int bus_bank_writer_add(struct bus_bank_writer *w,
                        const struct bus_bank_payment *p,
                        struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ESTATE: not as many, or not the sum, that the batch says. */
int bus_bank_writer_end(struct bus_bank_writer *w,
                        struct bus_err *err) BUS_MUSTCHECK;
void bus_bank_writer_free(struct bus_bank_writer *w); /* NULL is allowed */

/* --- from the bank --- */

enum bus_bank_kind {
    BUS_BANK_PAIN002,
    BUS_BANK_CAMT053,
    BUS_BANK_CAMT054,
    BUS_BANK_MT940,
    BUS_BANK_TABLE,
    BUS_BANK_KINDS
};
extern const char *const bus_bank_kind_words[BUS_BANK_KINDS];

struct bus_bank_head
{
    enum bus_bank_kind kind;
    struct bus_strv message; /* its own id; "" of a table */
};
/* pain.002: of the file that it answers; told before its entries. */
struct bus_bank_original
{
    struct bus_strv message;       /* of ours */
    int64_t count, total_fen;      /* as the bank has them; -1: not said */
    enum bus_bank_outcome outcome; /* REJECTED: all of it */
    struct bus_strv reason;
};
struct bus_bank_statement
{
    struct bus_strv id, account, currency;
    int64_t number; /* in a row of statements; -1: none */
    bool closed;    /* it has an opening and a closing balance */
    int64_t opening_fen, closing_fen;
    /* The first it is of, and its last; or BUS_BANK_NO_DAY. */
    int32_t first_day, closing_day;
};
struct bus_bank_entry
{
    size_t line;           /* of the file */
    struct bus_strv order; /* end to end id as it stands; "" none */
    enum bus_bank_outcome outcome;
    bool booked, credit; /* of statements; credit: money to us */
    int64_t amount_fen;  /* 0: none is named */
    int32_t value_day;   /* or BUS_BANK_NO_DAY */
    struct bus_strv currency, reason, reference; /* currency "" unnamed */
};
/* Each is called in this order; NULL: not wanted. */
struct bus_bank_told
{
    void *data;
    int (*head)(void *, const struct bus_bank_head *, struct bus_err *);
    int (*original)(void *, const struct bus_bank_original *, struct bus_err *);
    int (*entry)(void *, const struct bus_bank_entry *, struct bus_err *);
    /* After its entries; opening + movements = closing was held already. */
    int (*statement)(void *,
                     const struct bus_bank_statement *,
                     struct bus_err *);
};
struct bus_bank_source
{
    /* At most n bytes to p; 0: the end; < 0: it cannot be read. */
    ptrdiff_t (*read)(void *data, char *p, size_t n);
    void *data;
};
/* answers NULL: this bank has no table of its own. What was told before a fault
 * was told for nothing: the caller takes it back. */
int bus_bank_read(const struct bus_bank_table *answers,
                  const struct bus_bank_source *from,
                  const struct bus_bank_told *told,
                  struct bus_err *err) BUS_MUSTCHECK;

/* An id as 32 hex digits, as banks take it, and back (with hyphens as well). */
char *bus_bank_id_text(const struct bus_id *id, char dst[BUS_BANK_ID_TEXT + 1]);
bool bus_bank_id_parse(struct bus_strv s, struct bus_id *ret);

#endif
