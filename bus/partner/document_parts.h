/* Inside the document reader. */
#ifndef BUS_PARTNER_DOCUMENT_PARTS_H
#define BUS_PARTNER_DOCUMENT_PARTS_H

#include "bus/partner/document.h"

#define DOC_PATH_MAX 256

struct json_t;
struct document_reading
{
    const struct bus_config *config;
    struct bus_arena *mem;
    struct bus_partner_document_faults *faults;
    char path[DOC_PATH_MAX]; /* JSON Pointer of where it reads */
    int depth;
    bool no_memory;
};

/* A step down; returns what partner_document_leave() goes back to. */
size_t partner_document_enter(struct document_reading *r, const char *name);
void partner_document_leave(struct document_reading *r, size_t was);
void partner_document_fault(struct document_reading *r,
                            const char *code,
                            const char *zh,
                            const char *en);
/* "found ...; must be ..." */
void partner_document_wrong(struct document_reading *r,
                            const char *code,
                            const struct json_t *found,
                            const char *zh,
                            const char *en);
void partner_document_members(struct document_reading *r,
                              const struct bus_partner_document_field *fields,
                              const struct json_t *object,
                              char *base);
/* document_fact.c: the value of the sa_fact at base, whose name is read. */
void partner_document_fact(struct document_reading *r,
                           const struct json_t *value,
                           char *base);

/* document_words.c: the i-th word; false behind the last. */
bool partner_document_word_at(const struct bus_partner_document_field *f,
                              size_t i,
                              struct bus_partner_document_word *ret);
bool partner_document_word_find(const struct bus_partner_document_field *f,
                                struct bus_strv s,
                                int *ret);
/* "UNKNOWN" for a value that has none. */
const char *partner_document_word(const struct bus_partner_document_field *f,
                                  int value);
/* "A | B | C" */
void partner_document_word_list(const struct bus_partner_document_field *f,
                                char *to,
                                size_t cap);

#endif
