/* store: the households of one partition on this machine's disk.
 *
 * A cache of the `households` topic, never the truth: each household's parts
 * as one record (household.h), written after the Kafka commit together with the
 * topic's offset it has applied, so that a restart reads only the tail.
 *
 * A file that grows: each record has a check sum, each commit a mark with the
 * offset. Nothing is read through a map, nothing is believed without its sum.
 * - opened: what stands behind the last whole commit is cut off and read from
 *   the topic again, be it a kill in the middle of writing, half a file, noise
 *   or an older copy; a file that does not even begin well is set aside
 * - read: a record that is not what it was makes the store damaged; its owner
 *   calls matcher_store_reset(), which sets the file aside, and fills it from
 * the topic
 * - more than half of it outdated: what still counts moves to a second file, a
 *   little with each commit
 * Not synced. One thread at a time, one process: a second one waits for it. */
#ifndef CONSUMERS_MATCHER_STORE_H
#define CONSUMERS_MATCHER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

struct store;

/* Opens <dir>/p<partition>, made if absent. max_bytes: of the file, 0 for no
 * limit. BUS_EAGAIN while another process has it open. */
int matcher_store_open(const char *dir,
                       int32_t partition,
                       size_t max_bytes,
                       struct store **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void matcher_store_close(struct store *s); /* NULL is allowed */
/* The next offset of the households topic to read; -1 when empty. */
int64_t matcher_store_applied(const struct store *s);
size_t matcher_store_count(const struct store *s);
/* Bytes that opening cut off or set aside. */
int64_t matcher_store_cut(const struct store *s);
/* A record was not what was written. */
bool matcher_store_damaged(const struct store *s);
/* Begins anew; what was is kept beside it as `damaged`. Also for a topic that
 * is not the one this was made from. It stays damaged if it fails. */
int matcher_store_reset(struct store *s, struct bus_err *err) BUS_MUSTCHECK;

/* What was put last, in mem; p == NULL if the household is not there. BUS_EIO
 * if it is damaged. */
int matcher_store_get(struct store *s,
                      const struct bus_id *id,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* The ids behind `after` (NULL: from the first) in their order, at most `max`
 * of them. */
int matcher_store_ids(struct store *s,
                      const struct bus_id *after,
                      size_t max,
                      struct bus_id *ret,
                      size_t *ret_count,
                      struct bus_err *err) BUS_MUSTCHECK;

/* Any number of puts (value.p == NULL deletes), then a commit with the offset
 * now applied, or an abort. BUS_EFULL when max_bytes or the disk is full. */
int matcher_store_put(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv value,
                      struct bus_err *err) BUS_MUSTCHECK;
int matcher_store_commit(struct store *s,
                         int64_t applied,
                         struct bus_err *err) BUS_MUSTCHECK;
void matcher_store_abort(struct store *s);

#endif
