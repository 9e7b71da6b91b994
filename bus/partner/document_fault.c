/* Faults of a document, and the place in it that is being read. */
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/partner/document.h"
#include "bus/partner/document_parts.h"

#define SHOWN_NUMBER 100000000 /* a larger one may be a person's number */
#define SHOWN_WORD   24

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
    BUS_CHECK(f->n <= f->total && f->mem != NULL);
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
    BUS_CHECK(was + 2 < sizeof(r->path));
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
    BUS_CHECK(was <= strlen(r->path));
    r->path[was] = '\0';
}

static bool plain_word(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!((s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_')) {
            return false;
        }
    }
    return n > 0 && n <= SHOWN_WORD;
}

/* What was found, without a person's text in it. */
static const char *
document_fault_shown(struct document_reading *r, const json_t *j, bool zh)
{
    struct bus_arena *mem = r->mem;
    if (j == NULL) {
        return zh ? "没有" : "nothing";
    }
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return zh ? "对象" : "an object";
    case JSON_ARRAY:
        return zh ? "列表" : "a list";
    case JSON_STRING:
        if (plain_word(json_string_value(j), json_string_length(j))) {
            return bus_arena_printf(mem, zh ? "“%s”" : "'%s'",
                                    json_string_value(j));
        }
        return bus_arena_printf(
            mem, zh ? "%zu个字符的文字" : "a text of %zu characters",
            bus_utf8_count(json_string_value(j), json_string_length(j)));
    case JSON_INTEGER:
        if (json_integer_value(j) < SHOWN_NUMBER &&
            json_integer_value(j) > -SHOWN_NUMBER) {
            return bus_arena_printf(mem, "%" JSON_INTEGER_FORMAT,
                                    json_integer_value(j));
        }
        return zh ? "很大的整数" : "a large whole number";
    case JSON_REAL:
        return zh ? "小数" : "a number with a fraction";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        break;
    }
    return "null";
}

void partner_document_wrong(struct document_reading *r,
                            const char *code,
                            const json_t *found,
                            const char *zh,
                            const char *en)
{
    const char *fz = document_fault_shown(r, found, true),
               *fe = document_fault_shown(r, found, false);
    partner_document_fault(
        r, code,
        bus_arena_printf(r->mem, "读到%s; 应为%s", fz ? fz : "", zh ? zh : ""),
        bus_arena_printf(r->mem, "found %s; must be %s", fe ? fe : "",
                         en ? en : ""));
}
