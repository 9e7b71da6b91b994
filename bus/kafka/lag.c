/* How far a group is behind: ends of partitions, committed offsets. */
#include "bus/base/check.h"
#include "bus/kafka/admin_parts.h"

static int count_partitions(struct bus_kafka_admin *a,
                            const char *topic,
                            int32_t *ret,
                            struct bus_err *err)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(a->rk, topic, NULL);
    if (rkt == NULL) {
        return kafka_fail(err, rd_kafka_last_error(), topic);
    }
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(a->rk, 0, rkt, &md, ADMIN_MS);
    rd_kafka_topic_destroy(rkt);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return bus_fail(err, BUS_EAWAY, "no broker answers: %s",
                        rd_kafka_err2str(e));
    }
    *ret = 0;
    if (md->topic_cnt == 1 && md->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        *ret = md->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(md);
    return 0;
}

int bus_kafka_partitions(struct bus_kafka_admin *a,
                         const char *topic,
                         int32_t *ret,
                         struct bus_err *err)
{
    return count_partitions(a, topic, ret, err);
}

static int fill_ends(struct bus_kafka_admin *a,
                     struct bus_kafka_lag *row,
                     struct bus_err *err)
{
    rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(
        a->rk, row->topic, row->partition, &row->first, &row->end, ADMIN_MS);
    return e == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_fail(err, e, row->topic);
}

static int fill_committed(const struct bus_kafka_admin *a,
                          const char *group,
                          struct bus_kafka_lag *rows,
                          size_t n,
                          struct bus_err *err)
{
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *rk = NULL;
    int rc = kafka_conf(&a->env, &conf, err);
    if (rc != 0) {
        return rc;
    }
    kafka_set(conf, "group.id", group, &rc, err);
    kafka_set(conf, "enable.auto.commit", "false", &rc, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rc = kafka_make(RD_KAFKA_CONSUMER, conf, &rk, err);
    if (rc != 0) {
        return rc;
    }
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        (void)rd_kafka_topic_partition_list_add(list, rows[i].topic,
                                                rows[i].partition);
    }
    rd_kafka_resp_err_t e = rd_kafka_committed(rk, list, ADMIN_MS);
    BUS_CHECK((size_t)list->cnt == n);
    for (size_t i = 0; i < n && e == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        int64_t at = list->elems[i].offset;
        rows[i].committed = at >= 0 ? at : -1;
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return e == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_fail(err, e, group);
}

int bus_kafka_lags(struct bus_kafka_admin *a,
                   const struct bus_kafka_lags_of *of,
                   struct bus_arena *mem,
                   struct bus_kafka_lags *ret,
                   struct bus_err *err)
{
    BUS_CHECK(of->topics_count > 0);
    size_t n = 0;
    int32_t *counts =
        bus_arena_calloc(mem, of->topics_count + 1, sizeof(*counts));
    int rc = counts == NULL ? bus_fail(err, BUS_ENOMEM, "lags") : 0;
    for (size_t i = 0; i < of->topics_count && rc == 0; i++) {
        rc = count_partitions(a, of->topics[i], &counts[i], err);
        n += (size_t)(rc == 0 ? counts[i] : 0);
    }
    struct bus_kafka_lag *rows =
        rc == 0 ? bus_arena_calloc(mem, n + 1, sizeof(*rows)) : NULL;
    if (rc == 0 && rows == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "lags");
    }
    size_t at = 0;
    for (size_t i = 0; i < of->topics_count && rc == 0; i++) {
        for (int32_t p = 0; p < counts[i] && rc == 0; p++) {
            rows[at] = (struct bus_kafka_lag){of->topics[i], p, 0, 0, -1};
            rc = fill_ends(a, &rows[at++], err);
        }
    }
    if (rc == 0 && of->group != NULL && n > 0) {
        rc = fill_committed(a, of->group, rows, n, err);
    }
    if (rc == 0) {
        ret->list = rows;
        ret->n = n;
    }
    return rc;
}
