/* Arena: memory with the life of one message (or one load of a file).
 *
 * Blocks are taken from the bus heap, kept over bus_arena_reset() and given
 * back by bus_arena_fini(), so that the steady state allocates nothing.
 *
 * The limit is of what is handed out since the last reset, in units of 16
 * bytes: what fits a new arena fits one that has worked for years. Blocks
 * together are at most twice the limit and one block (a block's rest is left
 * when the next piece is larger than it). */
#ifndef BUS_BASE_ARENA_H
#define BUS_BASE_ARENA_H

#include <stddef.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

struct bus_arena_block;
/* Why it gave no memory, since the last reset. */
enum bus_arena_refused {
    BUS_ARENA_GAVE,
    BUS_ARENA_LIMIT, /* its own max_bytes */
    BUS_ARENA_HEAP
};
struct bus_arena
{
    struct bus_arena_block *first, *cur;
    size_t block_bytes; /* size of a usual block */
    size_t max_bytes;   /* limit of used_bytes; 0 = no limit */
    size_t held_bytes;  /* blocks held now */
    size_t used_bytes;  /* handed out since the last reset */
    size_t peak_bytes;  /* the most that was ever handed out */
    enum bus_arena_refused refused;
};

/* Allocates nothing yet. block_bytes 0 = 64 KiB. */
void bus_arena_init(struct bus_arena *a, size_t block_bytes, size_t max_bytes);
void bus_arena_fini(struct bus_arena *a); /* NULL or zeroed is allowed */
void bus_arena_reset(struct bus_arena *a);
/* 16-byte aligned; NULL when the limit or the heap is exhausted. */
void *bus_arena_alloc(struct bus_arena *a, size_t n);
/* What is left of the block in use: where the next bus_arena_alloc() of at most
 * *ret_bytes will be, for one who learns how much he needs by writing. Nothing
 * is taken; 0 bytes: there is no block yet. */
void *bus_arena_rest(const struct bus_arena *a, size_t *ret_bytes);
void *bus_arena_calloc(struct bus_arena *a, size_t count, size_t size);
void *bus_arena_dup(struct bus_arena *a, const void *p, size_t n);
char *bus_arena_strdup(struct bus_arena *a, const char *s);
/* A NUL-terminated copy. */
char *bus_arena_strndup(struct bus_arena *a, const char *s, size_t n);
char *bus_arena_printf(struct bus_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What a failure rc of work in this arena really is: rooms say BUS_ETOOBIG (or
 * BUS_ENOMEM) when it gave nothing. The limit's refusal is BUS_ETOOBIG, the
 * input's fault; the heap's is BUS_ENOMEM, and no input may be put aside for
 * it, nor does work that went on without it count. Other codes stay. Returns
 * the code, which err has, too. */
int bus_arena_cause(const struct bus_arena *a, int rc, struct bus_err *err);

/* A mark to go back to (for scratch work inside a longer life). */
struct bus_arena_mark
{
    struct bus_arena_block *cur;
    size_t cur_used, used_bytes;
};
struct bus_arena_mark bus_arena_mark(struct bus_arena *a);
void bus_arena_release(struct bus_arena *a, struct bus_arena_mark m);

#endif
