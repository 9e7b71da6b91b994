#include "consumers/treasury/worker.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/log.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/sql/reading_ask.h"
#include "consumers/treasury/sql/reading_put.h"

static struct treasury_books worker_books(struct treasury_worker *w,
                                          int32_t day)
{
    return (struct treasury_books){
        .pg = w->pg, .mem = &w->texts, .who = TREASURY_ITSELF, .day = day};
}

static int worker_open(struct treasury_worker *w, struct bus_err *err)
{
    BUS_CHECK(w->config != NULL);
    return w->pg != NULL
               ? BUS_OK
               : bus_pg_open(w->config->ledger.conninfo,
                             w->config->ledger.statement_ms, &w->pg, err);
}

static int worker_begin(struct treasury_worker *w,
                        int32_t day,
                        struct treasury_books *ret,
                        struct bus_err *err)
{
    BUS_TRY(worker_open(w, err));
    *ret = worker_books(w, day);
    return treasury_books_begin(ret, err);
}

/* The connection of a job that failed is given up: what it was in the middle of
 * is taken back with it. */
static int worker_ended(struct treasury_worker *w, int rc, struct bus_err *err)
{
    BUS_CHECK(rc == BUS_OK || err == NULL || err->code == (enum bus_errc)rc);
    if (rc != BUS_OK) {
        bus_pg_close(w->pg);
        w->pg = NULL;
    }
    return rc;
}

static int worker_end(struct treasury_worker *w,
                      struct treasury_books *b,
                      int rc,
                      struct bus_err *err)
{
    BUS_CHECK(w->pg != NULL);
    return worker_ended(w, treasury_books_end(b, rc, err), err);
}

/* --- what is read --- */

static int reading_next(struct treasury_worker *w,
                        struct treasury_books *b,
                        int32_t topic_index,
                        int32_t partition,
                        int64_t *ret,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(topic_index >= 0 && topic_index < TREASURY_TOPICS_MAX);
    BUS_TRY(
        treasury_books_ask(b, consumers_treasury_sql_reading_ask,
                           TREASURY_PARAMS(w->sources[topic_index].name,
                                           treasury_books_number(b, partition)),
                           &r, err));
    *ret = bus_pg_count(r) > 0 ? bus_pg_i64(r, 0, 0) : -1;
    bus_pg_rows_free(r);
    return BUS_OK;
}

int treasury_worker_offsets(struct treasury_worker *w,
                            struct bus_kafka_place *places,
                            size_t n,
                            struct bus_err *err)
{
    struct treasury_books b;
    int rc = worker_begin(w, 0, &b, err);
    if (rc != BUS_OK) {
        return worker_ended(w, rc, err);
    }
    BUS_CHECK(places != NULL || n == 0);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        rc = reading_next(w, &b, places[i].topic_index, places[i].partition,
                          &places[i].offset, err);
    }
    return worker_end(w, &b, rc, err);
}

/* Messages of one partition stand one after the other. */
static bool same_place(const struct bus_kafka_msg *a,
                       const struct bus_kafka_msg *b)
{
    return a->topic_index == b->topic_index && a->partition == b->partition;
}

static int batch_run(struct treasury_worker *w,
                     struct treasury_books *b,
                     const struct bus_kafka_msg *msgs,
                     size_t n,
                     struct bus_err *err)
{
    const struct treasury_source *s = &w->sources[msgs[0].topic_index];
    int64_t next = -1;
    BUS_CHECK(n > 0 && s->name != NULL);
    BUS_TRY(
        reading_next(w, b, msgs[0].topic_index, msgs[0].partition, &next, err));
    for (size_t i = 0; i < n; i++) {
        const struct treasury_message t = {
            .m = &msgs[i], .topic = s->topic, .bank = s->bank};
        if (msgs[i].offset < next) {
            continue; /* a predecessor's, or a second treasury's */
        }
        BUS_TRY(treasury_event_take(&w->events, b, &t, err));
        next = msgs[i].offset + 1;
    }
    return treasury_books_ask(
        b, consumers_treasury_sql_reading_put,
        TREASURY_PARAMS(s->name, treasury_books_number(b, msgs[0].partition),
                        treasury_books_number(b, next)),
        NULL, err);
}

int treasury_worker_batch(struct treasury_worker *w,
                          const struct bus_kafka_batch *batch,
                          struct bus_err *err)
{
    struct treasury_books b;
    int rc = worker_begin(w, 0, &b, err);
    if (rc != BUS_OK) {
        return worker_ended(w, rc, err);
    }
    BUS_CHECK(batch != NULL);
    for (size_t i = 0, k; rc == BUS_OK && i < batch->n; i = k) {
        k = i + 1;
        while (k < batch->n && same_place(&batch->msgs[i], &batch->msgs[k])) {
            k++;
        }
        rc = batch_run(w, &b, &batch->msgs[i], k - i, err);
    }
    return worker_end(w, &b, rc, err);
}

/* --- what is due, and what leaves --- */

int treasury_worker_tick(struct treasury_worker *w,
                         int32_t today,
                         bool *ret_more,
                         struct bus_err *err)
{
    struct treasury_books b;
    int64_t made = 0;
    size_t written = 0;
    int rc = worker_begin(w, today, &b, err);
    if (rc != BUS_OK) {
        return worker_ended(w, rc, err);
    }
    int32_t through = today + (int32_t)w->config->treasury.lead_days;
    rc = treasury_due_make(&b, w->calendar, through, &made, err);
    if (rc == BUS_OK) {
        rc = treasury_orders_write(&w->writer, &b, &written, err);
    }
    *ret_more = written == TREASURY_ORDERS_PAGE;
    rc = worker_end(w, &b, rc, err);
    BUS_CHECK(rc != BUS_OK || w->pg != NULL);
    if (rc == BUS_OK && made + (int64_t)written > 0) {
        bus_log(BUS_LOG_INFO, "due", "lines=%lld orders=%zu", (long long)made,
                written);
    }
    return rc;
}

int treasury_worker_relay(struct treasury_worker *w,
                          struct bus_ledger_relay *relay,
                          enum bus_ledger_relay_step step,
                          struct bus_err *err)
{
    BUS_TRY(worker_open(w, err)); /* no books: it may wait for the broker */
    return worker_ended(w, bus_ledger_relay_do(relay, step, w->pg, err), err);
}

void treasury_worker_close(struct treasury_worker *w)
{
    bus_pg_close(w->pg);
    w->pg = NULL;
    bus_wire_keyring_free(w->writer.keys);
    bus_wire_registry_free(w->events.schemas);
    bus_arena_fini(&w->texts);
    bus_arena_fini(&w->message);
    bus_arena_fini(&w->order);
}
