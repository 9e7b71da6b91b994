#include "bus/base/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_BYTES (256 * 1024)
#define ARENAS      4 /* of glibc */

static const struct bus_heap *hook;

void bus_heap_settle(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_ARENA_MAX, ARENAS);
#endif
}

static _Thread_local unsigned refused;

unsigned bus_heap_refused(void)
{
    return refused;
}

static void *heap_counted(void *p)
{
    refused += p == NULL;
    return p;
}

void bus_heap_set(const struct bus_heap *heap)
{
    hook = heap;
}

void bus_heap_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

void *bus_malloc(size_t n)
{
    n = n == 0 ? 1 : n;
    return heap_counted(hook ? hook->alloc(hook->data, n) : malloc(n));
}

void *bus_calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    size_t n = count * size;
    void *p = bus_malloc(n);
    if (p != NULL) {
        memset(p, 0, n);
    }
    return p;
}

void *bus_realloc(void *p, size_t n)
{
    n = n == 0 ? 1 : n;
    return heap_counted(hook ? hook->realloc(hook->data, p, n) : realloc(p, n));
}

void bus_free(void *p)
{
    if (p == NULL) {
        return;
    }
    if (hook) {
        hook->free(hook->data, p);
    } else {
        free(p);
    }
}

char *bus_strndup(const char *s, size_t n)
{
    char *p = bus_malloc(n + 1);
    if (p != NULL) {
        if (n > 0) {
            memcpy(p, s, n);
        }
        p[n] = '\0';
    }
    return p;
}

char *bus_strdup(const char *s)
{
    return bus_strndup(s, strlen(s));
}
