#include "bus/base/arena.h"
#include "bus/base/check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/heap.h"

#define ARENA_BLOCK_DEFAULT (64u * 1024u)
#define ARENA_ALIGN         16u

struct bus_arena_block
{
    struct bus_arena_block *next;
    size_t cap, used;
    _Alignas(ARENA_ALIGN) unsigned char data[];
};

void bus_arena_init(struct bus_arena *a, size_t block_bytes, size_t max_bytes)
{
    *a = (struct bus_arena){
        .block_bytes = block_bytes ? block_bytes : ARENA_BLOCK_DEFAULT,
        .max_bytes = max_bytes,
    };
}

void bus_arena_fini(struct bus_arena *a)
{
    if (a == NULL) {
        return;
    }
    for (struct bus_arena_block *b = a->first; b != NULL;) {
        struct bus_arena_block *next = b->next;
        bus_free(b);
        b = next;
    }
    a->first = a->cur = NULL;
    a->held_bytes = a->used_bytes = 0;
}

void bus_arena_reset(struct bus_arena *a)
{
    a->cur = a->first;
    if (a->cur != NULL) {
        a->cur->used = 0;
    }
    a->used_bytes = 0;
    a->refused = BUS_ARENA_GAVE;
}

/* Where the blocks blocks_behind cur hang: all of them are empty by contract.
 */
static struct bus_arena_block **blocks_behind(struct bus_arena *a)
{
    return a->cur ? &a->cur->next : &a->first;
}

static void drop_empty(struct bus_arena *a)
{
    struct bus_arena_block **at = blocks_behind(a);
    while (*at != NULL) {
        struct bus_arena_block *b = *at;
        *at = b->next;
        a->held_bytes -= b->cap;
        bus_free(b);
    }
}

/* The first empty block that is large enough is taken, so one large message
 * does not make each later one allocate. If what is held grows beyond the
 * limit by a new one, the empty ones, all too small, go first. */
static struct bus_arena_block *next_block(struct bus_arena *a, size_t n)
{
    for (struct bus_arena_block *b = *blocks_behind(a); b != NULL;
         b = b->next) {
        b->used = 0;
        if (b->cap >= n) {
            return b;
        }
    }
    size_t cap = n > a->block_bytes ? n : a->block_bytes;
    if (a->max_bytes != 0 && a->held_bytes + cap > a->max_bytes) {
        cap = n;
        drop_empty(a);
    }
    struct bus_arena_block *b = bus_malloc(sizeof(*b) + cap);
    if (b == NULL) {
        a->refused = BUS_ARENA_HEAP;
        return NULL;
    }
    *b = (struct bus_arena_block){.cap = cap};
    struct bus_arena_block **at = blocks_behind(a);
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = b;
    a->held_bytes += cap;
    return b;
}

void *bus_arena_alloc(struct bus_arena *a, size_t n)
{
    BUS_CHECK(a != NULL && a->block_bytes > 0);
    if (n > SIZE_MAX - 2 * ARENA_ALIGN - sizeof(struct bus_arena_block)) {
        return NULL;
    }
    n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (a->max_bytes != 0 &&
        (a->used_bytes > a->max_bytes || n > a->max_bytes - a->used_bytes)) {
        a->refused = BUS_ARENA_LIMIT;
        return NULL;
    }
    if (a->cur == NULL || n > a->cur->cap - a->cur->used) {
        struct bus_arena_block *b = next_block(a, n);
        if (b == NULL) {
            return NULL;
        }
        a->cur = b;
    }
    void *p = a->cur->data + a->cur->used;
    a->cur->used += n;
    a->used_bytes += n;
    if (a->used_bytes > a->peak_bytes) {
        a->peak_bytes = a->used_bytes;
    }
    return p;
}

void *bus_arena_rest(const struct bus_arena *a, size_t *ret_bytes)
{
    *ret_bytes = a->cur != NULL ? a->cur->cap - a->cur->used : 0;
    *ret_bytes &= ~(size_t)(ARENA_ALIGN - 1);
    return a->cur != NULL ? a->cur->data + a->cur->used : NULL;
}

void *bus_arena_calloc(struct bus_arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *p = bus_arena_alloc(a, count * size);
    if (p != NULL) {
        memset(p, 0, count * size);
    }
    return p;
}

void *bus_arena_dup(struct bus_arena *a, const void *src, size_t n)
{
    void *p = bus_arena_alloc(a, n);
    if (p != NULL && n > 0) {
        memcpy(p, src, n);
    }
    return p;
}

char *bus_arena_strndup(struct bus_arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX) {
        return NULL;
    }
    char *p = bus_arena_alloc(a, n + 1);
    if (p != NULL) {
        if (n > 0) {
            memcpy(p, s, n);
        }
        p[n] = '\0';
    }
    return p;
}

char *bus_arena_strdup(struct bus_arena *a, const char *s)
{
    return bus_arena_strndup(a, s, strlen(s));
}

char *bus_arena_printf(struct bus_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : bus_arena_alloc(a, (size_t)n + 1);
    if (p != NULL) {
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return p;
}

int bus_arena_cause(const struct bus_arena *a, int rc, struct bus_err *err)
{
    if ((rc == BUS_OK || rc == BUS_ETOOBIG) && a->refused == BUS_ARENA_HEAP) {
        return bus_fail(err, BUS_ENOMEM, "the heap gives no memory");
    }
    if (rc == BUS_ENOMEM && a->refused == BUS_ARENA_LIMIT) {
        return bus_fail(err, BUS_ETOOBIG, "more than %zu bytes of work",
                        a->max_bytes);
    }
    return rc;
}

struct bus_arena_mark bus_arena_mark(struct bus_arena *a)
{
    return (struct bus_arena_mark){a->cur, a->cur ? a->cur->used : 0,
                                   a->used_bytes};
}

void bus_arena_release(struct bus_arena *a, struct bus_arena_mark m)
{
    if (m.cur == NULL) {
        bus_arena_reset(a);
        return;
    }
    a->cur = m.cur;
    a->cur->used = m.cur_used;
    a->used_bytes = m.used_bytes;
}
