/* The words of a field: an Avro enum's symbols but UNKNOWN, which is for
 * readers of newer writers and nobody's to say; or a table of its own. */
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/partner/document_parts.h"

bool partner_document_word_at(const struct bus_partner_document_field *f,
                              size_t i,
                              struct bus_partner_document_word *ret)
{
    BUS_CHECK(f->symbols != NULL || f->words != NULL);
    if (f->symbols == NULL) {
        *ret = f->words[i];
        return ret->word != NULL;
    }
    int unknown = f->symbols->unknown;
    int value = (int)i + (unknown >= 0 && (int)i >= unknown ? 1 : 0);
    *ret = (struct bus_partner_document_word){NULL, value};
    if (value < f->symbols->count) {
        ret->word = f->symbols->v[value];
    }
    return ret->word != NULL;
}

bool partner_document_word_find(const struct bus_partner_document_field *f,
                                struct bus_strv s,
                                int *ret)
{
    struct bus_partner_document_word w;
    for (size_t i = 0; partner_document_word_at(f, i, &w); i++) {
        if (bus_strv_is(s, w.word)) {
            *ret = w.value;
            return true;
        }
    }
    return false;
}

const char *partner_document_word(const struct bus_partner_document_field *f,
                                  int value)
{
    struct bus_partner_document_word w;
    for (size_t i = 0; partner_document_word_at(f, i, &w); i++) {
        if (w.value == value) {
            return w.word;
        }
    }
    return "UNKNOWN";
}

void partner_document_word_list(const struct bus_partner_document_field *f,
                                char *to,
                                size_t cap)
{
    BUS_CHECK(cap > 0);
    struct bus_partner_document_word w;
    size_t n = 0;
    to[0] = '\0';
    for (size_t i = 0; partner_document_word_at(f, i, &w); i++) {
        int more =
            snprintf(to + n, cap - n, "%s%s", n > 0 ? " | " : "", w.word);
        n += more > 0 && (size_t)more < cap - n ? (size_t)more : 0;
        BUS_CHECK(n < cap);
    }
}
