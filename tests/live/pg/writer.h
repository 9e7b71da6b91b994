/* A ledger's store on a private database, and what comes of it. */
#ifndef TESTS_LIVE_PG_WRITER_H
#define TESTS_LIVE_PG_WRITER_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/ledger/cases.h"
#include "bus/ledger/chain_check.h"
#include "bus/role/frame.h"
#include "consumers/ledger/store.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/decision.h"
#include "schemas/dispatch_result.h"
#include "schemas/parked_note.h"
#include "schemas/payment_result.h"
#include "tests/lib/messages.h"
#include "tests/live/pg/place.h"

struct writer
{
    struct ledger_store *store;
    int readies, aways, fails, dones;
    bool told; /* offsets */
    struct bus_err failure;
};

static inline void on_ready(void *data)
{
    ((struct writer *)data)->readies++;
}

static inline void on_away(void *data, const struct bus_err *err)
{
    (void)err;
    ((struct writer *)data)->aways++;
}

static inline void on_failed(void *data, const struct bus_err *err)
{
    struct writer *w = data;
    w->fails++;
    w->failure = *err;
}

static inline void on_done(void *data, struct bus_kafka_batch *batch)
{
    (void)batch;
    ((struct writer *)data)->dones++;
}

static inline bool is_ready(void *data)
{
    return ((struct writer *)data)->readies > 0;
}

static inline bool is_idle(void *data)
{
    const struct writer *w = data;
    return w->fails > 0 || ledger_store_idle(w->store);
}

static inline bool has_failed(void *data)
{
    return ((struct writer *)data)->fails > 0;
}

static inline bool is_away(void *data)
{
    return ((struct writer *)data)->aways > 0;
}

static inline void
open_writer(struct writer *w, const char *conninfo, int64_t statement_ms)
{
    struct bus_err err;
    struct ledger_store_conf conf = {.conninfo = conninfo,
                                     .statement_ms = statement_ms,
                                     .retry_min_ms = 20,
                                     .retry_max_ms = 200,
                                     .connections = 2,
                                     .batch_rows = 500,
                                     .prefix = strlen(LETTERS_PREFIX),
                                     .partitions = LETTERS_PARTITIONS,
                                     .data = w,
                                     .ready = on_ready,
                                     .away = on_away,
                                     .failed = on_failed,
                                     .done = on_done};
    memset(w, 0, sizeof(*w));
    assert_int_equal(ledger_store_open(place.loop, &conf, &w->store, &err),
                     BUS_OK);
}

static inline void close_writer(struct writer *w)
{
    ledger_store_close(w->store);
    place_turn(20);
}

/* All of the letters in batches of 300. */
static inline void put(struct writer *w,
                       const struct messages *l,
                       struct bus_kafka_batch *batches,
                       size_t *ret_n)
{
    struct bus_err err;
    size_t n = 0;
    for (size_t at = 0; at < l->n; at += 300) {
        batches[n] = (struct bus_kafka_batch){
            .msgs = l->msgs + at, .n = l->n - at < 300 ? l->n - at : 300};
        assert_int_equal(ledger_store_put(w->store, &batches[n], &err), BUS_OK);
        n++;
    }
    *ret_n = n;
}

static inline void broken(void *data, const struct bus_ledger_fault *f)
{
    (void)data;
    print_error("%s %d, offset %lld, row %lld: %s\n", f->topic, f->part,
                (long long)f->place, (long long)f->n,
                bus_ledger_fault_text(f->kind));
}

static inline void check_all(const struct messages *l)
{
    struct bus_ledger_chain_sum chain;
    struct bus_err err;
    assert_int_equal(
        bus_ledger_chain_check(place.pg, false, broken, NULL, &chain, &err),
        BUS_OK);
    assert_int_equal(chain.faults, 0);
    assert_int_equal(chain.rows, l->n);
    assert_int_equal(place_number("SELECT count(*) FROM event"), l->n);
    assert_int_equal(place_number("SELECT sum(next) FROM reading"), l->n);
    /* how far a partition was read, and what of it is there, are the same */
    assert_int_equal(
        place_number("SELECT count(*) FROM reading AS r WHERE next <> (SELECT "
                     "count(*) FROM event AS e "
                     "WHERE e.topic = r.topic AND e.part = r.part)"),
        0);
}

#endif
