/* Between the files of this room. */
#ifndef BUS_BANK_BANK_PARTS_H
#define BUS_BANK_BANK_PARTS_H

#include "bus/bank/bank.h"

/* --- texts.c --- */

#define BANK_AMOUNT_TEXT 32
/* "66.00"; 0 <= fen. */
const char *bank_amount_text(int64_t fen, char dst[BANK_AMOUNT_TEXT]);
/* "66", "66.5", "66,50" (by point); up to BUS_BANK_FEN_MAX, whole fen. */
bool bank_amount_parse(struct bus_strv s, char point, int64_t *ret_fen);
/* "2026-12-10", "20261210", or the day of an instant that begins so. */
bool bank_day_parse(struct bus_strv s, int32_t *ret);
/* Characters of valid UTF-8 without control characters, at most max; no ends
 * in blanks. */
bool bank_text_fits(struct bus_strv s, size_t max);
struct bus_strv bank_trim(struct bus_strv s);

#define BANK_TEXT_BYTES 600 /* of one value that is kept */
struct bank_text
{
    char p[BANK_TEXT_BYTES];
    size_t n;
};
bool bank_text_set(struct bank_text *t,
                   struct bus_strv s); /* false: too long */
struct bus_strv bank_text_view(const struct bank_text *t);

/* --- sources.c: a source that can be looked at, and gives lines --- */

#define BANK_LINE_MAX 8192

struct bank_input
{
    const struct bus_bank_source *from;
    char buf[65536];
    size_t at, n; /* what was read ahead */
    size_t bytes; /* so far */
    size_t line;  /* the one that was read last, from 1 */
    bool ended, broken, over;
};
/* What comes next is in buf[at, n). */
void bank_input_ahead(struct bank_input *in);
ptrdiff_t bank_input_read(struct bank_input *in, char *p, size_t n);
/* Why it ended. */
int bank_input_fault(const struct bank_input *in, struct bus_err *err);
/* Without its end; false at the end, or with *rc. */
bool bank_input_line(struct bank_input *in,
                     char dst[BANK_LINE_MAX],
                     struct bus_strv *ret,
                     int *rc,
                     struct bus_err *err);

/* --- xml.c: a document, element by element --- */

#define BANK_XML_PATH  512
#define BANK_XML_DEPTH 32

struct bank_xml
{
    struct bank_input *in;
    void *data;
    const char *path; /* "Document/CstmrPmtStsRpt/GrpHdr/MsgId" */
    const char *space;
    const char *currency; /* of the element that is being closed; "" none */
    int line;
    /* An element begins; one ends, with its own text. */
    int (*opened)(struct bank_xml *x, struct bus_err *err);
    int (*closed)(struct bank_xml *x,
                  struct bus_strv text,
                  struct bus_err *err);
};
int bank_xml_read(struct bank_xml *x, struct bus_err *err) BUS_MUSTCHECK;
/* "line 7, Ntry/Amt: ..." */
int bank_xml_fault(const struct bank_xml *x,
                   enum bus_errc code,
                   struct bus_err *err,
                   const char *what);

/* --- the formats --- */

int bank_iso_read(struct bank_input *in,
                  const struct bus_bank_told *told,
                  struct bus_err *err) BUS_MUSTCHECK;
int bank_mt940_read(struct bank_input *in,
                    const struct bus_bank_told *told,
                    struct bus_err *err) BUS_MUSTCHECK;
int bank_table_read(const struct bus_bank_table *t,
                    struct bank_input *in,
                    const struct bus_bank_told *told,
                    struct bus_err *err) BUS_MUSTCHECK;

/* Opening + movements = closing. */
struct bank_balance
{
    bool opening, closing;
    int64_t opening_fen, closing_fen, moved_fen;
};
bool bank_balance_move(struct bank_balance *b,
                       int64_t fen); /* false: too much */
int bank_balance_check(const struct bank_balance *b,
                       size_t line,
                       struct bus_err *err);

struct bank_writing;
/* What a format does with a batch. */
struct bank_format
{
    int (*begin)(struct bank_writing *w, struct bus_err *err);
    int (*add)(struct bank_writing *w,
               const struct bus_bank_payment *p,
               struct bus_err *err);
    int (*end)(struct bank_writing *w, struct bus_err *err);
    void (*drop)(struct bank_writing *w);
};
struct bank_writing
{
    const struct bus_bank_table *table;
    const struct bus_bank_batch *batch;
    const struct bus_bank_sink *sink;
    int64_t count, total_fen;
    struct bus_buf out;  /* of a table's row */
    void *xml;           /* of pain.001 */
    struct bus_err *err; /* where the sink tells of its failure */
    int broken;          /* the sink's */
};
extern const struct bank_format bank_pain001, bank_rows;

#endif
