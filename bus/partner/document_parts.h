/* Inside the document reader. */
#ifndef BUS_ADAPTER_DOCUMENT_PARTS_H
#define BUS_ADAPTER_DOCUMENT_PARTS_H

#include "bus/partner/document.h"

#define DOC_PATH_MAX 256

struct json_t;
struct doc_reading
{
    const struct bus_config *config;
    struct bus_arena *mem;
    struct bus_doc_faults *faults;
    char path[DOC_PATH_MAX]; /* JSON Pointer of where it reads */
    int depth;
    bool no_memory;
};

/* A step down; returns what doc_leave() goes back to. */
size_t doc_enter(struct doc_reading *r, const char *name);
void doc_leave(struct doc_reading *r, size_t was);
void doc_fault(struct doc_reading *r,
               const char *code,
               const char *zh,
               const char *en);
/* "found ...; must be ..." */
void doc_wrong(struct doc_reading *r,
               const char *code,
               const struct json_t *found,
               const char *zh,
               const char *en);
void doc_members(struct doc_reading *r,
                 const struct bus_doc_field *fields,
                 const struct json_t *object,
                 char *base);
/* document_fact.c: the value of the sa_fact at base, whose name is read. */
void doc_fact(struct doc_reading *r, const struct json_t *value, char *base);

#endif
