/* The faults of a form: where, what, in both languages. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "producers/intake/form_parts.h"

#define KEY_SHOWN_MAX 64 /* bytes of a key that we do not know */

const char *intake_form_text(struct form_reading *r, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *kept = bus_arena_strdup(r->mem, text);
    return kept ? kept : "";
}

/* RFC 6901: '~' and '/' of a key are escaped; a long key is cut. */
static const char *pointer_of(struct form_reading *r, struct form_at at)
{
    char key[2 * KEY_SHOWN_MAX + 8];
    size_t n = 0, took = 0;
    for (const char *p = at.key; *p != '\0'; p++) {
        bool first = ((unsigned char)*p & 0xc0) != 0x80;
        if (first && took + 4 > KEY_SHOWN_MAX) {
            memcpy(key + n, "...", 3);
            n += 3;
            break;
        }
        took++;
        if (*p == '~' || *p == '/') {
            key[n++] = '~';
            key[n++] = *p == '~' ? '0' : '1';
        } else {
            key[n++] = *p;
        }
    }
    key[n] = '\0';
    return intake_form_text(r, "%s%s%s", at.base, n > 0 ? "/" : "", key);
}

void intake_form_fault(struct form_reading *r,
                       struct form_at at,
                       const char *code,
                       const char *zh,
                       const char *en)
{
    bool kept = r->form->fault_count < FORM_FAULTS_MAX;
    struct intake_form_fault f = {kept ? pointer_of(r, at) : "", code, zh, en};
    intake_form_add_fault(r->form, &f);
}

bool intake_form_has_fault(struct form_reading *r, struct form_at at)
{
    const char *pointer = pointer_of(r, at);
    size_t n = r->form->fault_count;
    for (size_t i = 0; i < n && i < FORM_FAULTS_MAX; i++) {
        if (strcmp(r->form->faults[i].pointer, pointer) == 0) {
            return true;
        }
    }
    return false;
}

void intake_form_add_fault(struct form *f,
                           const struct intake_form_fault *fault)
{
    if (f->fault_count < FORM_FAULTS_MAX) {
        f->faults[f->fault_count] = *fault;
    }
    f->fault_count++;
}
