/* store: the households of one partition on this machine's disk (LMDB).
 *
 * A cache of the `households` topic, never the truth, each state in the framing
 * it has there, so that one of an earlier schema is read as such: written after
 * the Kafka commit together with the topic's offset it has applied, so that a
 * restart reads only the tail. It is not synced: what a crash of the machine
 * may have torn is told by the boot id and thrown away; a crash of the process
 * loses nothing. One thread at a time, one process: a second one waits for it.
 */
#ifndef CONSUMERS_MATCHER_STORE_H
#define CONSUMERS_MATCHER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

struct store;

/* Opens <dir>/p<partition>, made if absent, emptied if of another boot.
 * BUS_EAGAIN while another process has it open. */
int matcher_store_open(const char *dir,
                       int32_t partition,
                       size_t map_bytes,
                       struct store **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void matcher_store_close(struct store *s); /* NULL is allowed */
/* The next offset of the households topic to read; -1 when empty. */
int64_t matcher_store_applied(const struct store *s);
/* Forgets everything (the topic is not the one this was made from). */
int matcher_store_clear(struct store *s, struct bus_err *err) BUS_MUSTCHECK;

/* Reading: views are valid between begin and end. */
int matcher_store_read_begin(struct store *s,
                             struct bus_err *err) BUS_MUSTCHECK;
/* The empty view (p == NULL) if the household is not there. */
int matcher_store_get(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* The households behind `after` (NULL: from the first) in the order of their
 * ids, until each() returns false. */
int matcher_store_each(struct store *s,
                       const struct bus_id *after,
                       bool (*each)(void *data,
                                    const struct bus_id *id,
                                    struct bus_strv value),
                       void *data,
                       struct bus_err *err) BUS_MUSTCHECK;
void matcher_store_read_end(struct store *s);

/* Writing: begin, any number of puts, commit with the offset now applied.
 * BUS_EFULL when the map (matcher.map_size) or the disk is full. */
int matcher_store_write_begin(struct store *s,
                              struct bus_err *err) BUS_MUSTCHECK;
/* value.p == NULL deletes. */
int matcher_store_put(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv value,
                      struct bus_err *err) BUS_MUSTCHECK;
int matcher_store_write_commit(struct store *s,
                               int64_t applied,
                               struct bus_err *err) BUS_MUSTCHECK;
void matcher_store_write_abort(struct store *s);

#endif
