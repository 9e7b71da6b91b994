/* What the walker and the printer of descriptor tables share. Internal to the
 * conf room. */
#ifndef BUS_CONF_WALK_H
#define BUS_CONF_WALK_H

#include "bus/conf/keys.h"

/* The least and the greatest value of a key; of a text, a list or a map how
 * long it may be. False: it has neither (a word, a day, a struct). Both 0:
 * nobody gave it limits, which a test refuses. */
bool bus_conf_key_range(const struct bus_key *key,
                        int64_t *ret_min,
                        int64_t *ret_max);
/* "a whole number, 1 to 64": what a key allows, in English. */
void bus_conf_key_allowed(const struct bus_key *key, struct bus_buf *out);
/* "int", "duration", "list of struct partner": the type's short name. */
void bus_conf_key_type_text(const struct bus_key *key, struct bus_buf *out);

#endif
