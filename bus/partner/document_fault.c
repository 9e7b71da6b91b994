/* Faults of a document, and the place in it that is being read. */
#include <string.h>

#include "bus/partner/document.h"
#include "bus/partner/document_parts.h"

void partner_document_fault(struct document_reading *r,
                            const char *code,
                            const char *zh,
                            const char *en)
{
    bus_partner_document_fault_add(r->faults, r->path, code, zh ? zh : "",
                                   en ? en : "");
}

void bus_partner_document_fault_add(struct bus_partner_document_faults *f,
                                    const char *pointer,
                                    const char *code,
                                    const char *zh,
                                    const char *en)
{
    f->total++;
    if (f->n < BUS_DOC_FAULTS_MAX) {
        const char *kept = bus_arena_strdup(f->mem, pointer);
        f->v[f->n++] =
            (struct bus_partner_document_fault){kept ? kept : "", code, zh, en};
    }
}

/* "~" and "/" by RFC 6901; what is no plain text becomes "?". */
size_t partner_document_enter(struct document_reading *r, const char *name)
{
    size_t was = strlen(r->path), n = was;
    r->path[n++] = '/';
    for (size_t i = 0; name[i] != '\0' && n + 3 < sizeof(r->path); i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == '~' || c == '/') {
            r->path[n++] = '~';
            r->path[n++] = c == '~' ? '0' : '1';
        } else {
            r->path[n++] = c < 0x20 || c > 0x7e ? '?' : (char)c;
        }
    }
    r->path[n] = '\0';
    return was;
}

void partner_document_leave(struct document_reading *r, size_t was)
{
    r->path[was] = '\0';
}
