/* A partner's document: JSON (RFC 8259, UTF-8), described by a table from
 * which it is both written and read.
 *
 * A document is one object with "document" (its name) and "version"; its other
 * members are the table's. Writing and reading are pure. Reading finds every
 * fault at once, each with its JSON Pointer (RFC 6901), what was found and what
 * is allowed, in Chinese and English; no fault repeats a text of the document,
 * for it may be a person's. Members that begin with "x_" are the partner's own
 * and passed over; others that are not in the table are faults. */
#ifndef BUS_PARTNER_DOCUMENT_H
#define BUS_PARTNER_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/conf/bus_config.h"
#include "bus/wire/words.h"

#define BUS_DOC_FAULTS_MAX 32    /* kept; more are counted */
#define BUS_DOC_ITEMS_MAX  1000  /* of one list */
#define BUS_DOC_DEPTH_MAX  4     /* tables within tables */
#define BUS_DOC_TEXT_MAX   1024  /* bytes, where a field says nothing */
#define BUS_DOC_BYTES_MAX  65536 /* of a hex field, likewise */

/* What a member is in JSON, and where it stands in C. */
enum bus_partner_document_type {
    BUS_DOC_ID,    /* "xxxxxxxx-xxxx-..."        struct bus_id */
    BUS_DOC_TEXT,  /* 1..max bytes               struct bus_strv */
    BUS_DOC_LONG,  /* min..max                   int64_t */
    BUS_DOC_INT,   /* min..max                   int32_t */
    BUS_DOC_BOOL,  /*                            bool */
    BUS_DOC_DATE,  /* "2026-07-01"               int32_t, days */
    BUS_DOC_TIME,  /* RFC 3339, offset or Z      int64_t, ms */
    BUS_DOC_MONTH, /* "2026-07"                  struct bus_strv */
    BUS_DOC_WORD,  /* one of words               int (an enum) */
    BUS_DOC_HEX,   /* 1..max bytes as hex        struct bus_strv */
    BUS_DOC_PART,  /* an object of sub's members; offset is added to theirs */
    BUS_DOC_LIST,  /* of objects   struct { sub's struct *v; size_t n; } */
    BUS_DOC_FACT   /* a fact's value by the dictionary; the list's struct is
                      sa_fact and its name stands before it in the table */
};
struct bus_partner_document_word
{
    const char *word; /* NULL ends the list */
    int value;
};
#define BUS_DOC_NO_HAS 0 /* a record begins with its id, never with a has_ */
struct bus_partner_document_field
{
    const char *name; /* NULL ends the table */
    enum bus_partner_document_type type;
    size_t offset, has_offset; /* has_offset: of a bool, or BUS_DOC_NO_HAS */
    bool required;
    int64_t min, max; /* both 0: the type's own limits */
    int64_t dflt;     /* of an absent number or word */
    const struct bus_partner_document_word *words;
    const struct bus_partner_document_field *sub;
    size_t sub_size; /* BUS_DOC_LIST: of one item */
    /* BUS_DOC_WORD: an Avro enum's words instead of `words`; UNKNOWN, where it
     * has that, may not be said. */
    const struct bus_wire_words *symbols;
};
struct bus_partner_document
{
    const char *name; /* "delivery-task" */
    int version;
    const struct bus_partner_document_field *fields;
    size_t size; /* of the C struct it describes */
};

struct bus_partner_document_fault
{
    const char *pointer; /* "/reply_to/task_id"; "" is the whole */
    const char *code;    /* "MISSING", "WORD", ... */
    const char *zh, *en;
};
struct bus_partner_document_faults
{
    struct bus_arena *mem; /* borrowed; texts live here */
    struct bus_partner_document_fault v[BUS_DOC_FAULTS_MAX];
    size_t n;     /* kept */
    size_t total; /* found */
};
/* Copies the pointer; code and texts are borrowed. */
void bus_partner_document_fault_add(struct bus_partner_document_faults *f,
                                    const char *pointer,
                                    const char *code,
                                    const char *zh,
                                    const char *en);

/* Appends the document, indented by two, with a newline at its end. Absent
 * members are left out. BUS_ETOOBIG: over the buffer's limit. */
int bus_partner_document_write(const struct bus_partner_document *doc,
                               const void *record,
                               struct bus_buf *out,
                               struct bus_err *err) BUS_MUSTCHECK;

/* Whether the text is a whole document of that name; what else it is, read()
 * tells. */
bool bus_partner_document_named(struct bus_strv bytes, const char *name);

/* Fills record (doc->size bytes, zeroed here). Texts are in mem. config: the
 * dictionary of facts; may be NULL for tables without BUS_DOC_FACT.
 * BUS_ETRUNCATED: the text ends early (perhaps it is still being written);
 * BUS_EPARSE: no JSON, or another document; BUS_ESCHEMA: faults. Each of the
 * three comes with at least one fault. BUS_ENOMEM. */
int bus_partner_document_read(const struct bus_partner_document *doc,
                              const struct bus_config *config,
                              struct bus_strv bytes,
                              struct bus_arena *mem,
                              void *record,
                              struct bus_partner_document_faults *faults,
                              struct bus_err *err) BUS_MUSTCHECK;

/* The reason file next to a rejected document. */
int bus_partner_document_faults_write(
    const struct bus_partner_document_faults *f,
    struct bus_buf *out,
    struct bus_err *err) BUS_MUSTCHECK;

#endif
