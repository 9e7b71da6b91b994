/* The words of an Avro enum, made by avsc2c from the schema: no table by hand
 * can fall behind it. Generated headers wrap these two by the enum's type:
 * sa_<enum>_word(value) and sa_<enum>_parse(text, &value). */
#ifndef BUS_WIRE_WORDS_H
#define BUS_WIRE_WORDS_H

#include <stdbool.h>

#include "bus/base/strv.h"

struct bus_wire_words
{
    const char *name;     /* payment_outcome */
    const char *const *v; /* by value */
    int count;
    int unknown; /* value of UNKNOWN, which nobody may say; -1: none */
};

/* The word; ends the process for a value that the enum does not have, which
 * no codec gives. */
const char *bus_wire_word(const struct bus_wire_words *words, int value);
/* False for a text that is none of them. UNKNOWN is one of them. */
bool bus_wire_word_parse(const struct bus_wire_words *words,
                         struct bus_strv text,
                         int *ret);

#endif
