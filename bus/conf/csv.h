/* Tables that people write: RFC 4180 without line breaks in fields. Lines that
 * begin with '#' are notes, empty ones nothing. */
#ifndef BUS_CONF_CSV_H
#define BUS_CONF_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/arena.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"

#define BUS_CSV_COLUMNS_MAX 16

struct bus_csv_row
{
    struct bus_place at;
    size_t count;
    const char *cell[BUS_CSV_COLUMNS_MAX]; /* in the arena */
};
/* Compares the text's first line with `head` ("code,name,..."), checks that
 * each row has as many cells, and calls row() for each. The text is copied.
 * False if it is no table of this head, with a fault. */
bool bus_conf_csv_parse(struct bus_arena *mem,
                        const struct bus_source *source,
                        const char *head,
                        void (*row)(void *data, const struct bus_csv_row *row),
                        void *data,
                        struct bus_faults *faults);

#endif
