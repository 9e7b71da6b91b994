/* Where jansson's values live: its allocator is one for the whole process, so
 * it is set here, once, and asks each thread. */
#ifndef BUS_WIRE_JSON_MEMORY_H
#define BUS_WIRE_JSON_MEMORY_H

#include "bus/base/arena.h"

/* Before the first value of the process; again it does nothing. Values are on
 * the bus heap. */
void bus_wire_json_memory(void);
/* This thread's values from now on: in mem (freeing one does nothing), NULL: on
 * the heap again. A value is freed under what it was made under. */
void bus_wire_json_arena(struct bus_arena *mem);

#endif
