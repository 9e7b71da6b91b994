#include "bus/role/need.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/kafka/client.h"

#define OWNER BUS_STRV("dispatch")
#define TRIES 256 /* a partition; one in e^256 finds none */

_Static_assert(BUS_WIRE_SUM_BYTES == sizeof(struct bus_id), "a sum is an id");

static struct bus_strv need_part(const struct bus_id *id)
{
    return (struct bus_strv){(const char *)id->b, sizeof(id->b)};
}

static int32_t need_partition(const struct bus_id *id, int32_t partitions)
{
    char text[BUS_ID_TEXT + 1];
    BUS_CHECK(partitions > 0);
    return bus_kafka_partition_of(
        (struct bus_strv){bus_id_text(id, text), BUS_ID_TEXT}, partitions);
}

/* The household under a sum of the number, or the other way round. */
static bool need_cover(const struct bus_wire_keyring *keys,
                       size_t nth,
                       const struct bus_id *number,
                       const struct bus_id *of,
                       struct bus_id *ret)
{
    const struct bus_strv parts[] = {BUS_STRV("need household"),
                                     need_part(number)};
    uint8_t sum[BUS_WIRE_SUM_BYTES];
    if (!bus_wire_keyring_sum(keys, OWNER, nth, parts, 2, sum)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(sum); i++) {
        ret->b[i] = (uint8_t)(of->b[i] ^ sum[i]);
    }
    return true;
}

int bus_role_need_make(const struct bus_wire_keyring *keys,
                       const struct bus_id *household,
                       const struct bus_id *assignment,
                       const struct bus_id *decision,
                       int32_t partitions,
                       struct bus_role_need *ret,
                       struct bus_err *err)
{
    BUS_CHECK(keys != NULL && !bus_id_is_nil(assignment));
    int32_t want = need_partition(household, partitions);
    for (uint32_t i = 0; i < (uint32_t)partitions * TRIES; i++) {
        const uint8_t n[] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16),
                             (uint8_t)(i >> 8), (uint8_t)i};
        const struct bus_strv parts[] = {BUS_STRV("need"),
                                         need_part(household),
                                         need_part(assignment),
                                         need_part(decision),
                                         {(const char *)n, sizeof(n)}};
        if (!bus_wire_keyring_sum(keys, OWNER, 0, parts, 5, ret->number.b)) {
            return bus_fail(err, BUS_ECONFIG,
                            "the keyring has no sums of `dispatch`");
        }
        ret->number.b[6] = (uint8_t)(0x80 | (ret->number.b[6] & 0x0f));
        ret->number.b[8] = (uint8_t)(0x80 | (ret->number.b[8] & 0x3f));
        if (need_partition(&ret->number, partitions) == want) {
            bool well = need_cover(keys, 0, &ret->number, household, &ret->way);
            BUS_CHECK(well);
            return BUS_OK;
        }
    }
    return bus_fail(err, BUS_ETOOBIG, "no number of partition %d", want);
}

bool bus_role_need_way(const struct bus_wire_keyring *keys,
                       const struct bus_id *number,
                       const struct bus_id *household,
                       struct bus_id *ret)
{
    return need_cover(keys, 0, number, household, ret);
}

bool bus_role_need_home(const struct bus_wire_keyring *keys,
                        size_t nth,
                        const struct bus_role_need *need,
                        struct bus_id *ret_household)
{
    BUS_CHECK(keys != NULL && need != NULL);
    return need_cover(keys, nth, &need->number, &need->way, ret_household);
}
