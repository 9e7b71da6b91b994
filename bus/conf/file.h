/* Files of the configuration: whole texts, folder listings, CSV. Internal to
 * the conf room. */
#ifndef BUS_CONF_FILE_H
#define BUS_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/arena.h"
#include "bus/base/faults.h"
#include "bus/base/strv.h"
#include "bus/conf/csv.h"

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

/* Reads the file and goes through it as bus_conf_csv_parse() does. */
bool bus_conf_csv_read(struct bus_arena *mem,
                       const char *path,
                       const char *head,
                       void (*row)(void *data, const struct bus_csv_row *row),
                       void *data,
                       struct bus_faults *faults);

#endif
