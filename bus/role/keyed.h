/* Whose a message of a case topic is: the one rule that the matcher, dispatch
 * and the ledger go by, so that what one refuses is no household's event to the
 * others.
 *
 * - the key is a household's id, 36 characters in     else KEY_UNREADABLE
 *   lower case (in capitals it would belong elsewhere)
 * - it stands in the partition that key belongs to    else WRONG_PARTITION
 * - the record is of the household the key names      else KEY_MISMATCH
 *
 * Pure. An error is one to REJECT, with the reason code for the dead letter. */
#ifndef BUS_ROLE_KEYED_H
#define BUS_ROLE_KEYED_H

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/kafka/client.h"

/* partitions: of every case topic. Of a message read; fills in whose it says
 * it is. */
int bus_role_keyed_read(const struct bus_kafka_msg *m,
                        int32_t partitions,
                        struct bus_id *ret,
                        const char **reason_code,
                        struct bus_err *err) BUS_MUSTCHECK;
/* named: by the key; household: by the record. */
int bus_role_keyed_same(const struct bus_id *named,
                        const struct bus_id *household,
                        const char **reason_code,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
