#include "bus/wire/json_memory.h"

#include <jansson.h>
#include <pthread.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

static pthread_once_t set_once = PTHREAD_ONCE_INIT;
static _Thread_local struct bus_arena *values_in; /* NULL: the heap */

static void *make_json_value(size_t n)
{
    return values_in != NULL ? bus_arena_alloc(values_in, n) : bus_malloc(n);
}

static void free_json_value(void *p)
{
    if (values_in == NULL) {
        bus_free(p);
    }
}

static void set_json_memory(void)
{
    json_set_alloc_funcs(make_json_value, free_json_value);
}

void bus_wire_json_memory(void)
{
    BUS_CHECK(pthread_once(&set_once, set_json_memory) == 0);
}

void bus_wire_json_arena(struct bus_arena *mem)
{
    bus_wire_json_memory();
    values_in = mem;
}
