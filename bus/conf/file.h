/* Files of the configuration: whole texts, folder listings, CSV. Internal to
 * the conf room. */
#ifndef BUS_CONF_FILE_H
#define BUS_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/arena.h"
#include "bus/base/faults.h"
#include "bus/base/strv.h"

#define BUS_CSV_COLUMNS_MAX 16

/* The whole file as a NUL-terminated text in mem; false with a fault. */
bool bus_conf_slurp(struct bus_arena *mem,
                    const char *path,
                    size_t max_bytes,
                    struct bus_strv *ret,
                    struct bus_faults *faults);
/* "folder/name"; an absolute name stays. NULL without memory. */
char *
bus_conf_join(struct bus_arena *mem, const char *folder, const char *name);
/* Names in `folder` that end in `suffix` ("" = folders), sorted by bytes. A
 * folder that is missing is a fault. */
bool bus_conf_list(struct bus_arena *mem,
                   const char *folder,
                   const char *suffix,
                   const char ***ret,
                   size_t *ret_count,
                   struct bus_faults *faults);

/* A row of a CSV file: RFC 4180 without line breaks in fields; lines that
 * begin with '#' are notes. */
struct bus_csv_row
{
    struct bus_place at;
    size_t count;
    const char *cell[BUS_CSV_COLUMNS_MAX]; /* in the arena */
};
/* Reads the file, compares its first line with `head` ("code,name,..."),
 * checks that each row has as many cells, and calls row() for each. */
bool bus_conf_csv_read(struct bus_arena *mem,
                       const char *path,
                       const char *head,
                       void (*row)(void *data, const struct bus_csv_row *row),
                       void *data,
                       struct bus_faults *faults);

#endif
