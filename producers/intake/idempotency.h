/* What was taken, by what it was sent under: so that the same thing sent again
 * gets the same answer, and another thing under the same reference or key is
 * told from it.
 *
 * The last KNOWN_MAX are remembered, in memory and in <dir>/known, a ring of
 * fixed records; a record is written before the answer goes out, not synced: it
 * outlives the process, and what a crash of the machine takes from it costs no
 * application (the application id makes a repeat the same one). One process a
 * directory: the open file is locked. One thread. */
#ifndef PRODUCERS_INTAKE_IDEMPOTENCY_H
#define PRODUCERS_INTAKE_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/hash.h"
#include "bus/base/id.h"

#define KNOWN_MAX (1u << 18)

enum idempotency_is {
    KNOWN_NEW,
    KNOWN_PENDING, /* the same bytes, not yet answered */
    KNOWN_SAME,    /* the same bytes were taken */
    KNOWN_OTHER    /* other bytes stand under this id */
};
struct known_slot;
struct idempotency
{
    int fd;
    struct known_slot *ring;
    struct bus_map by_id;
    uint64_t next; /* the number of the next one; its place is modulo max */
    uint64_t max;  /* KNOWN_MAX; less in tests */
    char path[512];
};

/* Opens or makes the file; what is torn in it is forgotten. A file that another
 * process has open is BUS_ECONFIG. */
int intake_idempotency_open(struct idempotency *k,
                            const char *dir,
                            uint64_t max,
                            struct bus_err *err) BUS_MUSTCHECK;
void intake_idempotency_close(
    struct idempotency *k); /* NULL or zeroed is allowed */
enum idempotency_is
intake_idempotency_probe(const struct idempotency *k,
                         const struct bus_id *id,
                         uint64_t body,
                         uint32_t *ret_outcome); /* of SAME; may be NULL */
/* Remembers it as pending. BUS_ENOMEM. */
int intake_idempotency_begin(struct idempotency *k,
                             const struct bus_id *id,
                             uint64_t body,
                             struct bus_err *err) BUS_MUSTCHECK;
/* It was taken with that outcome, and is written down (best effort). */
void intake_idempotency_taken(struct idempotency *k,
                              const struct bus_id *id,
                              uint64_t body,
                              uint32_t outcome);
/* It was not taken: a pending one is forgotten. */
void intake_idempotency_failed(struct idempotency *k,
                               const struct bus_id *id,
                               uint64_t body);

#endif
