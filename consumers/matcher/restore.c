/* A partition comes: its households from this machine's disk, the rest from
 * the tail of the `households` topic; a lost or strange disk reads it all. What
 * is found damaged later is set aside, and read from the topic again.
 *
 * The second lock for torn transactions: a part's sequence only grows. One that
 * stands in the topic again or goes back, or one that is there though what
 * wrote it was aborted, says that a transaction was committed half; the
 * partition stops at that place, before more is written on top of it. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/catalogue/register_watch.h"
#include "consumers/matcher/catalogue_watch.h"
#include "consumers/matcher/keys/keys.h"

#define RESTORE_BATCH 4096

static const struct bus_id nobody; /* whose record is the names */

struct restoring
{
    struct matcher_shell *s;
    struct matcher_lane *lane;
    struct matcher_partition *part;
    uint32_t pass;
    bool known; /* nothing may come that we do not have */
    size_t pending;
    int64_t next;
};

static int restore_flush(struct restoring *r, struct bus_err *err)
{
    if (r->pending == 0) {
        return BUS_OK;
    }
    BUS_CHECK(r->next >= 0);
    r->pending = 0;
    return matcher_store_commit(r->part->store, r->next, err);
}

static int restore_torn(const struct bus_kafka_msg *m,
                        int64_t before,
                        int64_t now,
                        struct bus_err *err)
{
    return bus_fail(err, BUS_EBUG,
                    "%s[%d] offset %lld, key %.*s: sequence %lld stands behind "
                    "%lld: a transaction was committed half; nothing more is "
                    "written here (ops/decisions/0023)",
                    m->topic, m->partition, (long long)m->offset,
                    BUS_STRV_ARG(m->key), (long long)now, (long long)before);
}

static int restore_part(struct restoring *r,
                        const struct bus_id *id,
                        uint32_t part,
                        const struct bus_kafka_msg *m,
                        struct bus_err *err)
{
    BUS_CHECK(part < MATCHER_PARTS_MAX);
    struct bus_arena *mem = &r->lane->event;
    struct store *store = r->part->store;
    struct matcher_parts parts;
    struct bus_strv bundle;
    BUS_TRY(matcher_store_get(store, id, mem, &bundle, err));
    BUS_TRY(matcher_parts_read(bundle, mem, &parts, err));
    int64_t before = -1;
    switch (matcher_parts_follow(&parts, part, m->value, r->pass, r->known,
                                 &before)) {
    case PART_TORN:
        return restore_torn(m, before, matcher_part_sequence(m->value), err);
    case PART_OURS:
        return BUS_OK;
    case PART_NEXT:
        break;
    }
    if (m->value.p == NULL && part == MATCHER_PART_CASE) {
        return matcher_store_put(store, id, (struct bus_strv){0}, err);
    }
    BUS_TRY(matcher_parts_set(&parts, part, m->value, mem, err));
    BUS_CHECK(part < parts.n);
    parts.pass[part] = r->pass;
    BUS_TRY(matcher_parts_bundle(&parts, mem, &bundle, err));
    return matcher_store_put(store, id, bundle, err);
}

static int
restore_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct restoring *r = data;
    BUS_CHECK(r->pending < RESTORE_BATCH);
    struct bus_id id;
    uint32_t part = 0;
    bus_arena_reset(&r->lane->event);
    if (bus_strv_is(m->key, MATCHER_NAMES_KEY)) {
        BUS_TRY(matcher_names_decode(&r->part->names, m->value, &r->lane->event,
                                     err));
        BUS_TRY(matcher_store_put(r->part->store, &nobody, m->value, err));
    } else if (matcher_part_of_key(m->key, &id, &part)) {
        BUS_TRY(restore_part(r, &id, part, m, err));
    } else {
        return bus_fail(err, BUS_EPARSE,
                        "%s[%d] offset %lld: the key is no household's",
                        m->topic, m->partition, (long long)m->offset);
    }
    r->next = m->offset + 1;
    return ++r->pending == RESTORE_BATCH ? restore_flush(r, err) : BUS_OK;
}

static int read_names(struct matcher_partition *p,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    BUS_CHECK(p->store != NULL);
    struct bus_strv framed;
    bus_arena_reset(mem);
    BUS_TRY(matcher_store_get(p->store, &nobody, mem, &framed, err));
    return framed.n > 0 ? matcher_names_decode(&p->names, framed, mem, err)
                        : BUS_OK;
}

static int read_tail(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     int32_t partition,
                     bool known,
                     struct bus_err *err)
{
    struct matcher_partition *p = s->partitions[partition];
    BUS_CHECK(p != NULL && p->store != NULL);
    const char *topic = s->outputs[s->out_households].topic;
    int64_t ends[2] = {0, 0}, next = 0;
    BUS_TRY(bus_kafka_ends(lane->reader, topic, partition, false, ends, err));
    if (matcher_store_applied(p->store) > ends[1]) {
        matcher_names_fini(&p->names); /* the topic is a new one */
        matcher_names_init(&p->names);
        BUS_TRY(matcher_store_reset(p->store, err));
    }
    struct restoring r = {
        .s = s,
        .lane = lane,
        .part = p,
        .pass = (uint32_t)bus_clock_system.wall_ms(NULL) | 1u,
        .known = known,
    };
    struct bus_kafka_range range = {.topic = topic,
                                    .partition = partition,
                                    .from = matcher_store_applied(p->store),
                                    .compacted = true};
    int rc = bus_kafka_read(lane->reader, &range, restore_one, &r, &next, err);
    if (rc == BUS_OK) {
        r.next = next;
        rc = restore_flush(&r, err);
    }
    if (rc != BUS_OK) {
        matcher_store_abort(p->store);
    }
    return rc;
}

/* --- a partition's life --- */

static void partition_free(struct matcher_shell *s, int32_t partition)
{
    struct matcher_partition *p = s->partitions[partition];
    if (p != NULL) {
        matcher_store_close(p->store);
        matcher_names_fini(&p->names);
        matcher_key_table_fini(&p->keys);
        bus_free(p);
        s->partitions[partition] = NULL;
    }
}

static int partition_open(struct matcher_shell *s,
                          struct matcher_lane *lane,
                          int32_t partition,
                          struct bus_err *err)
{
    BUS_CHECK(s->partitions[partition] == NULL);
    struct matcher_partition *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a partition");
    }
    matcher_names_init(&p->names);
    s->partitions[partition] = p;
    BUS_TRY(matcher_store_open(s->frame.state_dir, partition,
                               (size_t)s->frame.config.matcher.map_bytes,
                               &p->store, err));
    if (matcher_store_cut(p->store) > 0) {
        bus_log(BUS_LOG_WARN,
                "state on disk does not end well, the rest is read from the "
                "topic",
                "partition=%d bytes=%lld households=%zu", partition,
                (long long)matcher_store_cut(p->store),
                matcher_store_count(p->store));
    }
    return read_names(p, &lane->event, err);
}

/* What is on disk is not what was written: all of it comes from the topic. */
static int
set_aside(struct matcher_partition *p, int32_t partition, struct bus_err *err)
{
    BUS_CHECK(matcher_store_damaged(p->store));
    bus_log(BUS_LOG_WARN,
            "state on disk is damaged, set aside and read from the topic",
            "partition=%d households=%zu", partition,
            matcher_store_count(p->store));
    matcher_names_fini(&p->names);
    matcher_names_init(&p->names);
    return matcher_store_reset(p->store, err);
}

static int partition_bring(struct matcher_shell *s,
                           struct matcher_lane *lane,
                           int32_t partition,
                           struct bus_err *err)
{
    BUS_CHECK(partition >= 0 && partition < MATCHER_PARTITIONS_MAX);
    int rc = BUS_OK;
    if (s->partitions[partition] == NULL) {
        rc = partition_open(s, lane, partition, err);
    }
    if (rc == BUS_OK) {
        rc = matcher_keys_read(s, lane, partition, err);
    }
    if (rc == BUS_OK) {
        rc = read_tail(s, lane, partition, false, err);
    }
    struct matcher_partition *p = s->partitions[partition];
    bool damaged =
        p != NULL && p->store != NULL && matcher_store_damaged(p->store);
    if (damaged) {
        BUS_TRY(set_aside(p, partition, err));
        rc = read_tail(s, lane, partition, false, err);
    }
    if (rc != BUS_OK && p != NULL && p->store == NULL) {
        partition_free(s, partition); /* not opened: opened anew next time */
    }
    return rc;
}

int matcher_assigned(void *data,
                     int lane_no,
                     int32_t partition,
                     struct bus_err *err)
{
    struct matcher_shell *s = data;
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    struct matcher_lane *lane = &s->lanes[lane_no];
    if (partition < 0 || partition >= MATCHER_PARTITIONS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "partition %d; at most %d", partition,
                        MATCHER_PARTITIONS_MAX);
    }
    BUS_TRY(matcher_catalogue_watch_wait(s->watch, err));
    BUS_TRY(bus_catalogue_register_watch_wait(s->registers, err));
    if (lane->reader == NULL) {
        BUS_TRY(bus_kafka_reader_open(&s->frame.kafka, &lane->reader, err));
    }
    int rc = partition_bring(s, lane, partition, err);
    return rc == BUS_OK ? rc
                        : bus_wrap(err, "restoring partition %d", partition);
}

void matcher_revoked(void *data, int lane, int32_t partition)
{
    (void)lane;
    partition_free(data, partition);
}

int matcher_make_sound(struct matcher_shell *s,
                       int lane_no,
                       struct bus_err *err)
{
    BUS_CHECK(lane_no >= 0 && lane_no < s->lane_count);
    struct matcher_lane *lane = &s->lanes[lane_no];
    int32_t partitions = (int32_t)s->frame.config.kafka.partitions;
    for (int32_t i = lane_no; i < partitions; i += s->lane_count) {
        struct matcher_partition *p = s->partitions[i];
        if (p == NULL) {
            continue;
        }
        if (matcher_store_damaged(p->store)) {
            p->behind = true; /* also after a reading that fails */
            BUS_TRY(set_aside(p, i, err));
        }
        if (p->behind || p->doubtful) {
            BUS_TRY(matcher_keys_read(s, lane, i, err));
            BUS_TRY(read_tail(s, lane, i, !p->behind, err));
        }
        p->behind = p->doubtful = false;
    }
    return BUS_OK;
}
