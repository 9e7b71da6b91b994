#include "bus/role/keyed.h"

#include "bus/base/check.h"

int bus_role_keyed_read(const struct bus_kafka_msg *m,
                        int32_t partitions,
                        struct bus_id *ret,
                        const char **reason_code,
                        struct bus_err *err)
{
    BUS_CHECK(partitions > 0 && m->partition >= 0);
    char text[BUS_ID_TEXT + 1];
    if (!bus_id_parse(m->key, ret) ||
        !bus_strv_is(m->key, bus_id_text(ret, text))) {
        *reason_code = "KEY_UNREADABLE";
        return bus_fail(err, BUS_EPARSE,
                        "the key must be the household id's 36 characters, "
                        "letters in lower case");
    }
    if (bus_kafka_partition_of(m->key, partitions) != m->partition) {
        *reason_code = "WRONG_PARTITION";
        return bus_fail(err, BUS_ERANGE,
                        "the key belongs to another partition; produce with "
                        "partitioner=murmur2_random");
    }
    return BUS_OK;
}

int bus_role_keyed_same(const struct bus_id *named,
                        const struct bus_id *household,
                        const char **reason_code,
                        struct bus_err *err)
{
    if (!bus_id_eq(named, household)) {
        *reason_code = "KEY_MISMATCH";
        return bus_fail(err, BUS_EDENIED,
                        "the record's household is not its key's");
    }
    return BUS_OK;
}
