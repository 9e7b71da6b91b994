/* The one general heap of the tree. It can be replaced (before start) so that
 * a test can count allocations or make any one of them fail. */
#ifndef BUS_BASE_HEAP_H
#define BUS_BASE_HEAP_H

#include <stddef.h>

struct bus_heap
{
    void *data;
    void *(*alloc)(void *data, size_t n);
    void *(*realloc)(void *data, void *p, size_t n);
    void (*free)(void *data, void *p);
};

/* At a role's start: what is large goes back to the system as soon as it is
 * freed (glibc else keeps up to 32 MiB pieces of what a client library took in
 * for a moment, one heap a thread). */
void bus_heap_settle(void);
/* Once all is read in: what reading took goes back to the system. */
void bus_heap_trim(void);
/* NULL puts libc's back. Borrows heap. Not for use while other threads run. */
void bus_heap_set(const struct bus_heap *heap);
/* How many requests of this thread have been refused: for what is made of a
 * library that goes on without saying so (jansson then drops a character). */
unsigned bus_heap_refused(void);
/* All return NULL when out of memory; n == 0 is taken as 1. */
void *bus_malloc(size_t n);
void *bus_calloc(size_t count, size_t size); /* zeroed, overflow checked */
void *bus_realloc(void *p, size_t n);
void bus_free(void *p); /* NULL is allowed */
char *bus_strdup(const char *s);
char *bus_strndup(const char *s, size_t n);

#endif
