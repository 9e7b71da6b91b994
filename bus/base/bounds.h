/* bounds: what a value of the fact dictionary may be (facts.yaml: type, words,
 * min, max, earliest, latest, pattern). One check for every door: the form,
 * lists, topics of facts, answers of partners, households to try rules on.
 * Pure; any thread. */
#ifndef BUS_BASE_BOUNDS_H
#define BUS_BASE_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/node.h"

/* No fact is as of a day before this one: 1949-10-01. */
#define BUS_BOUNDS_AS_OF_FIRST (-7397)
#define BUS_BOUNDS_TEXT_MAX    400 /* characters, where nothing else is said */
#define BUS_BOUNDS_SAYS        256 /* bytes of bus_bounds_says(), NUL too */

enum bus_bounds_type {
    BUS_BOUNDS_MONEY_FEN,
    BUS_BOUNDS_COUNT,
    BUS_BOUNDS_NUMBER,
    BUS_BOUNDS_BOOLEAN,
    BUS_BOUNDS_DATE,
    BUS_BOUNDS_ENUM,
    BUS_BOUNDS_TEXT
};
struct bus_bounds
{
    enum bus_bounds_type type;
    /* Of a number; of a TEXT its characters; of a DATE its days since 1970. */
    int64_t min, max;
    bool to_today;                /* DATE: not after the day it is said on */
    const struct bus_node *words; /* ENUM: a map by word */
    const char *pattern;          /* TEXT: POSIX extended, of the whole; NULL */
};
/* From a fact's entry of facts.yaml; what is not said is as wide as the type.
 * False, and what is wrong (a literal) at *ret_at, if it cannot be read. */
bool bus_bounds_read(const struct bus_node *fact,
                     struct bus_bounds *ret,
                     const struct bus_node **ret_at,
                     const char **ret_wrong);
/* Every bound that its type needs is written down. */
bool bus_bounds_complete(const struct bus_node *fact);

enum bus_bounds_kind {                  /* how a value stands in a record */
                       BUS_BOUNDS_NULL, /* not known: fits every fact */
                       BUS_BOUNDS_BOOL,
                       BUS_BOUNDS_LONG,
                       BUS_BOUNDS_DAY,
                       BUS_BOUNDS_STRING
};
/* today: the day it is said on, in China. */
bool bus_bounds_fit(const struct bus_bounds *b,
                    enum bus_bounds_kind kind,
                    int64_t number,
                    struct bus_strv text,
                    int32_t today);
/* What it must be: "a whole number of fen, 0 to 100000000000". */
const char *
bus_bounds_says(const struct bus_bounds *b, bool zh, char dst[BUS_BOUNDS_SAYS]);

#endif
