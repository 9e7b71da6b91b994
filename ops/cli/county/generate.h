/* A plausible county, household by household: real villages, generated people.
 * Household i of a seed is always the same one; identity numbers stand under
 * division 000000, which is nowhere. */
#ifndef OPS_CLI_COUNTY_GENERATE_H
#define OPS_CLI_COUNTY_GENERATE_H

#include <stdint.h>

#include <jansson.h>

#include "bus/conf/bus_config.h"

/* Application `i` as the intake form's JSON (a new reference), or NULL without
 * memory. channel_no 0..4 chooses the channel. One in twenty-five repeats the
 * household of the application before it on another channel. */
json_t *cli_generate_application(const struct bus_config *c,
                                 uint64_t seed,
                                 uint64_t i,
                                 int channel_no);

#endif
