/* A partition comes: its households from this machine's disk, the rest from
 * the tail of the `households` topic; a lost or strange disk reads it all. */
#include <string.h>

#include "consumers/matcher/catalogue_watch.h"
#include "schemas/household_state.h"

#define RESTORE_BATCH 4096

struct restoring
{
    struct store *store;
    size_t pending;
    int64_t next;
};

static int restore_flush(struct restoring *r, struct bus_err *err)
{
    if (r->pending == 0) {
        return BUS_OK;
    }
    r->pending = 0;
    return matcher_store_write_commit(r->store, r->next, err);
}

static int
restore_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct restoring *r = data;
    struct bus_id id;
    if (!bus_id_parse(m->key, &id)) {
        return bus_fail(err, BUS_EPARSE,
                        "%s[%d] offset %lld: the key is no household id",
                        m->topic, m->partition, (long long)m->offset);
    }
    int rc = BUS_OK;
    if (r->pending == 0) {
        rc = matcher_store_write_begin(r->store, err);
    }
    rc = rc == BUS_OK ? matcher_store_put(r->store, &id, m->value, err) : rc;
    r->next = m->offset + 1;
    if (rc == BUS_OK && ++r->pending == RESTORE_BATCH) {
        rc = restore_flush(r, err);
    }
    return rc;
}

static int read_tail(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     int32_t partition,
                     struct bus_err *err)
{
    struct store *store = s->stores[partition];
    const char *topic = s->outputs[s->out_households].topic;
    int64_t ends[2] = {0, 0}, next = 0;
    int rc = bus_kafka_ends(lane->reader, topic, partition, false, ends, err);
    if (rc == BUS_OK && matcher_store_applied(store) > ends[1]) {
        rc = matcher_store_clear(store, err); /* the topic is a new one */
    }
    struct restoring r = {.store = store};
    struct bus_kafka_range range = {.topic = topic,
                                    .partition = partition,
                                    .from = matcher_store_applied(store),
                                    .compacted = true};
    rc = rc == BUS_OK
             ? bus_kafka_read(lane->reader, &range, restore_one, &r, &next, err)
             : rc;
    if (rc == BUS_OK) {
        r.next = next;
        rc = restore_flush(&r, err);
    }
    if (rc != BUS_OK) {
        matcher_store_write_abort(store);
    }
    return rc;
}

int matcher_assigned(void *data,
                     int lane_no,
                     int32_t partition,
                     struct bus_err *err)
{
    struct matcher_shell *s = data;
    struct matcher_lane *lane = &s->lanes[lane_no];
    if (partition >= MATCHER_PARTITIONS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "partition %d; at most %d", partition,
                        MATCHER_PARTITIONS_MAX);
    }
    int rc = matcher_catalogue_watch_wait(s->watch, err);
    rc = rc || lane->reader
             ? rc
             : bus_kafka_reader_open(&s->frame.kafka, &lane->reader, err);
    if (rc == BUS_OK && s->stores[partition] == NULL) {
        rc = matcher_store_open(s->frame.state_dir, partition,
                                (size_t)s->frame.config.matcher.map_bytes,
                                &s->stores[partition], err);
    }
    rc = rc == BUS_OK ? read_tail(s, lane, partition, err) : rc;
    return rc == BUS_OK ? rc
                        : bus_wrap(err, "restoring partition %d", partition);
}

void matcher_revoked(void *data, int lane, int32_t partition)
{
    (void)lane;
    struct matcher_shell *s = data;
    matcher_store_close(s->stores[partition]);
    s->stores[partition] = NULL;
}
