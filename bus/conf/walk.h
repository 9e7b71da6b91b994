/* What the walker and the printer of descriptor tables share. Internal to the
 * conf room. */
#ifndef BUS_CONF_WALK_H
#define BUS_CONF_WALK_H

#include "bus/conf/keys.h"

/* "a whole number, 1 to 64": what a key allows, in English. */
void bus_conf_key_allowed(const struct bus_key *key, struct bus_buf *out);
/* "int", "duration", "list of struct partner": the type's short name. */
void bus_conf_key_type_text(const struct bus_key *key, struct bus_buf *out);

#endif
