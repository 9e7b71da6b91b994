#include "bus/wire/words.h"

#include "bus/base/check.h"

const char *bus_wire_word(const struct bus_wire_words *words, int value)
{
    BUS_CHECK(value >= 0 && value < words->count);
    return words->v[value];
}

bool bus_wire_word_parse(const struct bus_wire_words *words,
                         struct bus_strv text,
                         int *ret)
{
    for (int i = 0; i < words->count; i++) {
        if (bus_strv_is(text, words->v[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}
