#include "consumers/ledger/store.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/ledger/sql/event_insert.h"
#include "bus/ledger/sql/ledger_lock.h"
#include "bus/ledger/sql/parked.h"
#include "bus/ledger/sql/reading_all.h"
#include "bus/ledger/sql/reading_heads.h"
#include "bus/ledger/sql/reading_upsert.h"
#include "bus/pg/link.h"
#include "bus/run/backoff.h"
#include "consumers/ledger/encode.h"
#include "consumers/ledger/life.h"

#define LOCK_AGAIN_MS 250
#define LOCK_HELD     4 /* column of reading_heads.sql */
#define AHEAD_MS      1 /* the socket takes a unit in several turns */

struct held /* a batch: left counts the shards that have not written theirs */
{
    struct bus_kafka_batch *batch;
    size_t left;
    uint32_t rows[]; /* indices of messages, a shard's together */
};
struct part
{
    struct held *held;
    const uint32_t *rows;
    size_t n;
    struct part *next;
};
struct shard
{
    struct ledger_store *all;
    int32_t number;
    struct bus_pg_link *link;
    struct bus_timer *timer; /* asks for the lock again, sends again */
    struct bus_timer *ahead; /* encodes, once the unit before has gone out */
    struct bus_run_backoff backoff;
    struct ledger_encode encode;
    struct part *first, **last;
    size_t sent_parts;    /* of the queue's front: the unit in flight */
    size_t encoded_parts; /* behind them: what the buffers hold */
    enum ledger_shard_state state;
    char name[12];       /* its number, for the log */
    uint64_t refused_ms; /* the lock, first; 0 = not */
};
struct ledger_store
{
    struct ledger_store_conf conf;
    struct bus_run_loop *loop;
    struct shard shards[LEDGER_SHARDS_MAX];
    struct bus_kafka_place *places; /* asked for; NULL: nothing */
    size_t place_count;
    void (*told)(void *data);
    void (*quiet)(void *data);
    struct bus_timer *quiet_timer; /* calls it from a stack of its own */
    bool asking;
    void (*parked_told)(void *data, int64_t waiting); /* NULL: not asked */
    struct ledger_store_counts counts;
};

static void store_pump(struct shard *s);
static void ask_offsets(struct ledger_store *all);

/* --- what is wrong, and that it is no more --- */

static void shard_move(struct shard *s, enum ledger_shard_event event)
{
    bus_fsm_move(&ledger_shard_fsm, &s->state, event, s->name);
}

static bool shard_is_sending(const struct shard *s)
{
    return s->state == SHARD_WRITING || s->state == SHARD_WRITING_AGAIN;
}

static bool shard_is_good(const struct shard *s)
{
    return s->state == SHARD_READY || s->state == SHARD_WRITING;
}

static bool shard_has_lock(const struct shard *s)
{
    return shard_is_sending(s) || s->state == SHARD_READY ||
           s->state == SHARD_STUCK;
}

static void tell_away(struct shard *s, const struct bus_err *err)
{
    BUS_CHECK(err != NULL);
    s->all->conf.away(s->all->conf.data, err);
}

/* The move that makes the last bad one good makes the store ready. */
static void move_to_good(struct shard *s, enum ledger_shard_event event)
{
    BUS_CHECK(s->state != SHARD_AWAY && s->state != SHARD_REFUSED);
    bool was_bad = s->state != SHARD_WRITING;
    shard_move(s, event);
    for (int i = 0; i < s->all->conf.connections; i++) {
        was_bad = was_bad && shard_is_good(&s->all->shards[i]);
    }
    if (was_bad) {
        s->all->conf.ready(s->all->conf.data);
    }
}

/* --- the lock --- */

static void lock_told(void *token,
                      const struct bus_pg_rows *rows,
                      const struct bus_err *err)
{
    struct shard *s = token;
    struct bus_err why;
    if (err != NULL) {
        if (err->code != BUS_EAWAY) { /* else down() follows */
            shard_move(s, SHARD_REFUSE);
        }
        if (bus_err_act(err->code) != BUS_ACT_RETRY) {
            s->all->conf.failed(s->all->conf.data, err);
        } else if (err->code != BUS_EAWAY) {
            bus_run_timer_start(s->timer, LOCK_AGAIN_MS, 0);
        }
        return;
    }
    if (bus_pg_value(rows, 0, LOCK_HELD)[0] == 't') {
        if (ledger_heads_load(&s->encode.heads, rows, s->all->conf.connections,
                              s->number, &why) != BUS_OK) {
            s->all->conf.failed(s->all->conf.data, &why);
            return;
        }
        s->encoded_parts = 0; /* made for heads of before */
        s->refused_ms = 0;
        move_to_good(s, SHARD_LOCK);
        ask_offsets(s->all);
        store_pump(s);
        return;
    }
    uint64_t now = bus_run_loop_now_ms(s->all->loop);
    shard_move(s, SHARD_REFUSE);
    s->refused_ms = s->refused_ms ? s->refused_ms : now;
    (void)bus_fail(&why, BUS_EFENCED,
                   "another ledger writes to this database; stop it first");
    if (now - s->refused_ms >= LEDGER_LOCK_MS) {
        s->all->conf.failed(s->all->conf.data, &why);
    } else {
        tell_away(s, &why);
        bus_run_timer_start(s->timer, LOCK_AGAIN_MS, 0);
    }
}

static void ask_lock(struct shard *s)
{
    BUS_CHECK(s->number >= 0 && s->number < s->all->conf.connections);
    uint8_t class[4], number[4];
    struct bus_strv params[] = {{(const char *)class, 4},
                                {(const char *)number, 4}};
    struct bus_pg_call calls[] = {{bus_ledger_sql_ledger_lock, params, 2},
                                  {bus_ledger_sql_reading_heads, params, 2}};
    struct bus_err err;
    for (int i = 0; i < 4; i++) {
        class[i] = (uint8_t)(LEDGER_LOCK_CLASS >> (24 - 8 * i));
        number[i] = (uint8_t)((uint32_t)s->number >> (24 - 8 * i));
    }
    if (bus_pg_link_send(s->link, calls, 2, lock_told, s, &err) == BUS_OK) {
        shard_move(s, SHARD_ASK);
    }
}

static void on_store_up(void *data)
{
    ask_lock(data);
}

static void on_down(void *data, const struct bus_err *err)
{
    struct shard *s = data;
    shard_move(s, SHARD_LOSE);
    bus_run_timer_stop(s->timer);
    tell_away(s, err);
}

static void on_store_timer(void *data)
{
    struct shard *s = data;
    if (!bus_pg_link_up(s->link)) {
        return; /* up() goes on */
    }
    if (shard_has_lock(s)) {
        store_pump(s);
        ask_offsets(s->all);
    } else if (s->state != SHARD_ASKING) {
        ask_lock(s);
    }
}

/* --- offsets --- */

static void store_fill(struct ledger_store *all, const struct bus_pg_rows *rows)
{
    BUS_CHECK(all->places != NULL);
    for (size_t i = 0; i < all->place_count; i++) {
        struct bus_kafka_place *p = &all->places[i];
        p->offset = -1;
        for (size_t k = 0; k < bus_pg_count(rows); k++) {
            if (bus_pg_i64(rows, k, 1) == p->partition &&
                strcmp(p->topic + all->conf.prefix, bus_pg_value(rows, k, 0)) ==
                    0) {
                p->offset = bus_pg_i64(rows, k, 2);
            }
        }
    }
}

static void store_offsets_told(void *token,
                               const struct bus_pg_rows *rows,
                               const struct bus_err *err)
{
    struct ledger_store *all = token;
    BUS_CHECK(all->asking);
    all->asking = false;
    if (err == NULL) {
        if (all->places != NULL) {
            store_fill(all, rows);
            all->places = NULL;
            all->told(all->conf.data);
        }
    } else if (bus_err_act(err->code) != BUS_ACT_RETRY) {
        all->conf.failed(all->conf.data, err);
    } else if (err->code != BUS_EAWAY) {
        bus_run_timer_start(all->shards[0].timer, LOCK_AGAIN_MS, 0);
    }
}

static void ask_offsets(struct ledger_store *all)
{
    BUS_CHECK(all->places == NULL || all->told != NULL);
    struct bus_pg_call call = {bus_ledger_sql_reading_all, NULL, 0};
    struct bus_err err;
    if (all->places != NULL && !all->asking &&
        shard_has_lock(&all->shards[0])) {
        all->asking = bus_pg_link_send(all->shards[0].link, &call, 1,
                                       store_offsets_told, all, &err) == BUS_OK;
    }
}

void ledger_store_offsets(struct ledger_store *s,
                          struct bus_kafka_place *places,
                          size_t n,
                          void (*told)(void *data))
{
    BUS_CHECK(told != NULL && places != NULL);
    s->places = places;
    s->place_count = n;
    s->told = told;
    ask_offsets(s);
}

/* --- what waits --- */

static void store_parked_told(void *token,
                              const struct bus_pg_rows *rows,
                              const struct bus_err *err)
{
    struct ledger_store *s = token;
    BUS_CHECK(s->parked_told != NULL);
    void (*told)(void *, int64_t) = s->parked_told;
    s->parked_told = NULL;
    if (err == NULL) {
        told(s->conf.data, bus_pg_i64(rows, 0, 0));
    }
}

void ledger_store_parked(struct ledger_store *s,
                         void (*told)(void *data, int64_t waiting))
{
    BUS_CHECK(told != NULL);
    struct bus_pg_call call = {bus_ledger_sql_parked, NULL, 0};
    struct bus_err err;
    if (s->parked_told == NULL && shard_has_lock(&s->shards[0]) &&
        s->quiet == NULL &&
        bus_pg_link_send(s->shards[0].link, &call, 1, store_parked_told, s,
                         &err) == BUS_OK) {
        s->parked_told = told;
    }
}

/* --- rows --- */

/* The next parts of the queue, behind those in flight, into the buffers. */
static int encode(struct shard *s, struct bus_err *err)
{
    BUS_CHECK(s->encoded_parts == 0);
    struct part *p = s->first;
    size_t rows = 0;
    for (size_t i = 0; i < s->sent_parts; i++) {
        p = p->next;
    }
    if (p == NULL) {
        return BUS_OK;
    }
    ledger_encode_start(&s->encode);
    for (; p != NULL && (rows == 0 || rows + p->n <= s->all->conf.batch_rows);
         p = p->next) {
        BUS_CHECK(p->n > 0 && p->held->left > 0);
        for (size_t i = 0; i < p->n; i++) {
            ledger_encode_add(&s->encode, &p->held->batch->msgs[p->rows[i]]);
        }
        rows += p->n;
        s->encoded_parts++;
    }
    return ledger_encode_end(&s->encode, err);
}

static void finish_parts(struct shard *s)
{
    struct ledger_store *all = s->all;
    all->counts.units++;
    for (; s->sent_parts > 0; s->sent_parts--) {
        struct part *p = s->first;
        BUS_CHECK(p != NULL && p->held->left > 0);
        s->first = p->next;
        s->last = s->first ? s->last : &s->first;
        all->counts.rows += p->n;
        if (--p->held->left == 0) {
            struct bus_kafka_batch *batch = p->held->batch;
            bus_free(p->held);
            all->conf.done(all->conf.data, batch);
        }
        bus_free(p);
    }
}

static bool in_flight(const struct ledger_store *all)
{
    bool any = false;
    for (int i = 0; i < all->conf.connections; i++) {
        any |= shard_is_sending(&all->shards[i]);
    }
    return any;
}

static void
written(void *token, const struct bus_pg_rows *rows, const struct bus_err *err)
{
    struct shard *s = token;
    struct ledger_store *all = s->all;
    (void)rows;
    BUS_CHECK(shard_is_sending(s) && s->sent_parts > 0);
    if (err == NULL) {
        bus_run_backoff_reset(&s->backoff);
        ledger_heads_written(&s->encode.heads);
        finish_parts(s);
        move_to_good(s, SHARD_WRITTEN);
    } else {
        shard_move(s, err->code == BUS_EAWAY ? SHARD_LOSE : SHARD_REFUSE);
        s->sent_parts = s->encoded_parts = 0; /* from the front again */
        ledger_heads_back(&s->encode.heads);
        if (bus_err_act(err->code) != BUS_ACT_RETRY) {
            all->conf.failed(all->conf.data, err);
        } else if (err->code != BUS_EAWAY) { /* else down() and up() follow */
            tell_away(s, err);
            bus_run_timer_start(s->timer, bus_run_backoff_next_ms(&s->backoff),
                                0);
        }
    }
    if (all->quiet != NULL && !in_flight(all)) {
        bus_run_timer_start(all->quiet_timer, 0, 0);
    } else if (err == NULL) {
        store_pump(s);
    }
}

static void store_pump(struct shard *s)
{
    struct bus_err err;
    int rc = BUS_OK;
    if ((s->state != SHARD_READY && s->state != SHARD_STUCK) ||
        s->all->quiet != NULL) {
        return;
    }
    BUS_CHECK(s->sent_parts == 0);
    if (s->encoded_parts == 0) {
        rc = encode(s, &err);
    }
    if (rc == BUS_OK && s->encoded_parts > 0) {
        struct bus_pg_call calls[] = {
            {bus_ledger_sql_event_insert, s->encode.row_params, LEDGER_COLUMNS},
            {bus_ledger_sql_reading_upsert, s->encode.offset_params,
             LEDGER_OFFSETS},
        };
        rc = bus_pg_link_send(s->link, calls, 2, written, s, &err);
        if (rc == BUS_OK) {
            shard_move(s, SHARD_SEND);
            ledger_heads_sent(&s->encode.heads);
            s->sent_parts = s->encoded_parts;
            s->encoded_parts = 0;
            bus_run_timer_start(s->ahead, AHEAD_MS, 0);
        }
    }
    if (rc != BUS_OK && bus_err_act(rc) != BUS_ACT_RETRY) {
        s->all->conf.failed(s->all->conf.data, &err);
    }
}

static void on_ahead(void *data)
{
    struct shard *s = data;
    struct bus_err err;
    if (shard_is_sending(s) && s->encoded_parts == 0 &&
        encode(s, &err) != BUS_OK) {
        s->all->conf.failed(s->all->conf.data, &err);
    }
}

/* A shard's part of a batch; rows is where its indices begin. */
static int store_add_part(struct shard *s,
                          struct held *h,
                          uint32_t *rows,
                          size_t *ret_n,
                          struct bus_err *err)
{
    BUS_CHECK(*s->last == NULL);
    size_t n = 0;
    for (size_t i = 0; i < h->batch->n; i++) {
        if (h->batch->msgs[i].partition % s->all->conf.connections ==
            s->number) {
            rows[n++] = (uint32_t)i;
        }
    }
    BUS_CHECK(n <= h->batch->n);
    *ret_n = n;
    if (n == 0) {
        return BUS_OK;
    }
    struct part *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a batch");
    }
    *p = (struct part){.held = h, .rows = rows, .n = n};
    h->left++;
    *s->last = p;
    s->last = &p->next;
    return BUS_OK;
}

int ledger_store_put(struct ledger_store *s,
                     struct bus_kafka_batch *batch,
                     struct bus_err *err)
{
    BUS_CHECK(batch->n <= LEDGER_ROWS_MAX);
    struct held *h = bus_calloc(1, sizeof(*h) + batch->n * sizeof(h->rows[0]));
    if (h == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a batch");
    }
    size_t at = 0, n = 0;
    int rc = BUS_OK;
    h->batch = batch;
    for (int i = 0; rc == BUS_OK && i < s->conf.connections; i++) {
        rc = store_add_part(&s->shards[i], h, h->rows + at, &n, err);
        at += n;
    }
    BUS_CHECK(rc != BUS_OK || at == batch->n);
    if (rc == BUS_OK && h->left == 0) {
        bus_free(h);
        s->conf.done(s->conf.data, batch);
        return rc;
    }
    for (int i = 0; rc == BUS_OK && i < s->conf.connections; i++) {
        store_pump(&s->shards[i]);
    }
    return rc;
}

bool ledger_store_idle(const struct ledger_store *s)
{
    bool idle = true;
    for (int i = 0; i < s->conf.connections; i++) {
        idle &= s->shards[i].first == NULL;
    }
    return idle;
}

static void on_quiet(void *data)
{
    struct ledger_store *s = data;
    BUS_CHECK(s->quiet != NULL && !in_flight(s));
    s->quiet(s->conf.data); /* may close the store */
}

void ledger_store_quiesce(struct ledger_store *s, void (*quiet)(void *data))
{
    BUS_CHECK(quiet != NULL && s->quiet == NULL);
    s->quiet = quiet;
    if (!in_flight(s)) {
        bus_run_timer_start(s->quiet_timer, 0, 0);
    }
}

struct ledger_store_counts ledger_store_counts(const struct ledger_store *s)
{
    struct ledger_store_counts c = s->counts;
    for (int i = 0; i < s->conf.connections; i++) {
        c.unreadable += s->shards[i].encode.unreadable;
        c.parked_notes += s->shards[i].encode.parked_notes;
    }
    return c;
}

/* --- life --- */

static int open_shard(struct ledger_store *all, int i, struct bus_err *err)
{
    BUS_CHECK(i >= 0 && i < LEDGER_SHARDS_MAX);
    struct shard *s = &all->shards[i];
    struct bus_pg_link_conf conf = {
        .conninfo = all->conf.conninfo,
        .statement_ms = all->conf.statement_ms,
        .retry_min_ms = all->conf.retry_min_ms,
        .retry_max_ms = all->conf.retry_max_ms,
        .data = s,
        .up = on_store_up,
        .down = on_down,
    };
    s->all = all;
    s->number = i;
    s->last = &s->first;
    (void)snprintf(s->name, sizeof(s->name), "%d", i);
    s->backoff = (struct bus_run_backoff){.min_ms = all->conf.retry_min_ms,
                                          .max_ms = all->conf.retry_max_ms};
    BUS_TRY(ledger_encode_init(&s->encode, all->conf.prefix,
                               all->conf.partitions, err));
    BUS_TRY(bus_run_timer_new(all->loop, on_store_timer, s, &s->timer, err));
    BUS_TRY(bus_run_timer_new(all->loop, on_ahead, s, &s->ahead, err));
    return bus_pg_link_open(all->loop, &conf, &s->link, err);
}

int ledger_store_open(struct bus_run_loop *loop,
                      const struct ledger_store_conf *conf,
                      struct ledger_store **ret,
                      struct bus_err *err)
{
    BUS_CHECK(conf->batch_rows > 0 && conf->partitions > 0);
    BUS_CHECK(conf->connections >= 1 && conf->connections <= LEDGER_SHARDS_MAX);
    struct ledger_store *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a store");
    }
    s->conf = *conf;
    s->loop = loop;
    int rc = bus_run_timer_new(loop, on_quiet, s, &s->quiet_timer, err);
    for (int i = 0; rc == BUS_OK && i < conf->connections; i++) {
        rc = open_shard(s, i, err);
    }
    if (rc != BUS_OK) {
        ledger_store_close(s);
        return rc;
    }
    *ret = s;
    return BUS_OK;
}

void ledger_store_close(struct ledger_store *s)
{
    for (int i = 0; s != NULL && i < s->conf.connections; i++) {
        struct shard *d = &s->shards[i];
        bus_pg_link_close(d->link);
        bus_run_timer_free(d->timer);
        bus_run_timer_free(d->ahead);
        ledger_encode_fini(&d->encode);
        while (d->first != NULL) {
            struct part *p = d->first;
            d->first = p->next;
            if (--p->held->left == 0) {
                bus_free(p->held);
            }
            bus_free(p);
        }
    }
    if (s != NULL) {
        bus_run_timer_free(s->quiet_timer);
        bus_free(s);
    }
}
