/* What the store's files share; see store.h. */
#ifndef CONSUMERS_MATCHER_STORE_PARTS_H
#define CONSUMERS_MATCHER_STORE_PARTS_H

#include "bus/base/buf.h"
#include "bus/base/hash.h"
#include "consumers/matcher/store/store.h"
#include "consumers/matcher/store/store_index.h"

#define STORE_FORMAT      1u
#define STORE_FLUSH_BYTES (256u << 10)
#define STORE_SWEEP_BYTES (8 << 20)   /* outdated ones that are not worth it */
#define STORE_SWEEP_STEP  (128 << 10) /* of the old file, with each commit */
#define STORE_PATH_MAX    640

enum store_kind {
    STORE_PUT = 1,
    STORE_DELETE,
    STORE_COMMIT, /* value: the offset applied */
    STORE_HEAD,   /* the first */
    STORE_SWEPT   /* nothing in the file before counts any more */
};

/* In this machine's byte order: the file never leaves it. */
struct store_record
{
    uint64_t sum; /* of everything behind it */
    uint32_t n, kind;
    struct bus_id id;
};
#define STORE_RECORD_BYTES 32u
_Static_assert(sizeof(struct store_record) == STORE_RECORD_BYTES, "as on disk");

struct store_head /* the first record's value */
{
    uint64_t format, generation;
    int64_t old_bytes; /* of the file before it, which must be whole */
};
struct store_file
{
    int fd;
    int64_t committed;
    int64_t live; /* bytes of records that count */
};
struct store_undo
{
    uint64_t tag, place, old;
};
struct store
{
    char path[STORE_PATH_MAX - 40];
    int32_t partition;
    int owner; /* the file whose lock says that the store is ours; -1 */
    size_t max_bytes;
    struct store_file files[2]; /* by the generation's last bit */
    uint64_t generation;        /* of the one written to */
    struct store_index index;
    int64_t applied, live;
    struct bus_buf out; /* stands in the file from `flushed` on */
    int64_t flushed;
    struct store_undo *undo;
    size_t undo_count, undo_cap;
    bool sweeping;
    int64_t swept; /* of the old file */
    int64_t cut;   /* bytes that opening dropped */
    bool damaged;
};

static inline size_t matcher_store_padded(size_t n)
{
    return (STORE_RECORD_BYTES + n + STORE_UNIT - 1) / STORE_UNIT * STORE_UNIT;
}
uint64_t matcher_store_sum(const struct store_record *r);
void matcher_store_file_path(const struct store *s,
                             uint64_t generation,
                             char ret[STORE_PATH_MAX]);
bool matcher_store_pread(int fd, void *to, size_t n, int64_t offset);
/* The front of the record at this place; false: the file ends before. */
bool matcher_store_front(struct store *s,
                         uint64_t place,
                         struct store_record *ret);
/* The household's record is now at this place; 0: nowhere. */
int matcher_store_point(struct store *s,
                        const struct bus_id *id,
                        uint64_t place,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Begins the file of that generation; the one before stays beside it. On an
 * error nothing of the store may be used but what the caller puts back. */
int matcher_store_begin(struct store *s,
                        uint64_t generation,
                        struct bus_err *err) BUS_MUSTCHECK;
/* `what` failed with this errno: BUS_EFULL or BUS_EIO. */
int matcher_store_disk_error(const struct store *s,
                             const char *what,
                             int code,
                             struct bus_err *err);

#endif
