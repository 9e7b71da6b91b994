/* Generated applications as intake puts them on the topic, for benches. Ends
 * the program when something is wrong. */
#ifndef TESTS_BENCH_FORMS_H
#define TESTS_BENCH_FORMS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/strv.h"
#include "bus/conf/bus_config.h"

/* config: the folder; keyring and person key are the configuration's. plain:
 * without the sealed personal record and at a fixed time, so that the same seed
 * gives the same bytes. */
void forms_open(const char *config, bool plain);
const struct bus_config *forms_config(void);
/* Application i of a seed: its Kafka key and framed value, valid until the next
 * call. */
void forms_make(uint64_t seed,
                uint64_t i,
                struct bus_strv *ret_key,
                struct bus_strv *ret_value);

#endif
