/* Every record that travels in a topic, by the id of its schema, by name, and
 * by the topic it travels in: one list for taps, dead letters, the registry. */
#ifndef BUS_ROLE_TYPES_H
#define BUS_ROLE_TYPES_H

#include "bus/base/strv.h"
#include "bus/wire/framing.h"

/* NULL-terminated. */
const struct bus_wire_type *const *bus_role_types_all(void);
/* NULL: none has this id. */
const struct bus_wire_type *bus_role_types_by_id(uint32_t id);
/* What stands in a topic, by its name without the prefix ("assignments.MZ",
 * "applications"); NULL: no topic of ours. */
const struct bus_wire_type *bus_role_types_of_topic(struct bus_strv name);
/* A topic may hold other records beside its own: with its decisions stand the
 * steps before them, in one order. The nth of them, NULL: there are no more. */
const struct bus_wire_type *
bus_role_types_beside(const struct bus_wire_type *own, size_t nth);
/* What this message of the topic is, by its schema's id; the topic's own where
 * that is none of the others. */
const struct bus_wire_type *
bus_role_types_of_value(const struct bus_wire_type *own, struct bus_strv value);
/* A registry that also knows what our schemas were (schemas/earlier). NULL: no
 * memory. */
struct bus_wire_registry *bus_role_types_registry(void);

#endif
