#include "consumers/ledger/heads.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"

#define HEADS_FIRST 64

enum { HEAD_TOPIC, HEAD_PART, HEAD_NEXT, HEAD_N, HEAD_CHAIN };

void ledger_heads_init(struct ledger_heads *h)
{
    *h = (struct ledger_heads){0};
    bus_arena_init(&h->mem, 1 << 12, 0);
}

void ledger_heads_fini(struct ledger_heads *h)
{
    bus_free(h->v);
    bus_arena_fini(&h->mem);
}

static int heads_add(struct ledger_heads *h,
                     struct bus_strv topic,
                     int32_t partition,
                     const struct bus_ledger_head *head,
                     struct bus_err *err)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : HEADS_FIRST;
        struct ledger_head *v = bus_realloc(h->v, cap * sizeof(*v));
        if (v == NULL) {
            return bus_fail(err, BUS_ENOMEM, "heads of chains");
        }
        h->v = v;
        h->cap = cap;
    }
    char *name = bus_arena_strndup(&h->mem, topic.p, topic.n);
    if (name == NULL) {
        return bus_fail(err, BUS_ENOMEM, "heads of chains");
    }
    h->v[h->n++] = (struct ledger_head){.topic = {name, topic.n},
                                        .partition = partition,
                                        .done = *head,
                                        .sent = *head,
                                        .now = *head};
    return BUS_OK;
}

int ledger_heads_load(struct ledger_heads *h,
                      const struct bus_pg_rows *rows,
                      int32_t shards,
                      int32_t shard,
                      struct bus_err *err)
{
    BUS_CHECK(shard >= 0 && shard < shards);
    h->n = 0;
    bus_arena_reset(&h->mem);
    for (size_t i = 0; i < bus_pg_count(rows); i++) {
        struct bus_ledger_head head = {.next = bus_pg_i64(rows, i, HEAD_NEXT),
                                       .n = bus_pg_i64(rows, i, HEAD_N)};
        struct bus_strv topic = bus_strv(bus_pg_value(rows, i, HEAD_TOPIC));
        int32_t part = (int32_t)bus_pg_i64(rows, i, HEAD_PART);
        if (topic.n == 0 || part % shards != shard) {
            continue; /* what is said of the lock; another's */
        }
        /* One that somebody made unreadable breaks its chain here: found. */
        (void)bus_hex_read(bus_strv(bus_pg_value(rows, i, HEAD_CHAIN)),
                           head.chain, sizeof(head.chain));
        BUS_TRY(heads_add(h, topic, part, &head, err));
    }
    return BUS_OK;
}

int ledger_heads_find(struct ledger_heads *h,
                      struct bus_strv topic,
                      int32_t partition,
                      size_t *ret,
                      struct bus_err *err)
{
    static const struct bus_ledger_head none;
    BUS_CHECK(topic.n > 0 && partition >= 0);
    size_t i = 0;
    while (i < h->n && (h->v[i].partition != partition ||
                        !bus_strv_eq(h->v[i].topic, topic))) {
        i++;
    }
    *ret = i;
    return i < h->n ? BUS_OK : heads_add(h, topic, partition, &none, err);
}

void ledger_heads_sent(struct ledger_heads *h)
{
    for (size_t i = 0; i < h->n; i++) {
        h->v[i].sent = h->v[i].now;
    }
}

void ledger_heads_written(struct ledger_heads *h)
{
    for (size_t i = 0; i < h->n; i++) {
        BUS_CHECK(h->v[i].sent.n >= h->v[i].done.n);
        h->v[i].done = h->v[i].sent;
    }
}

void ledger_heads_back(struct ledger_heads *h)
{
    for (size_t i = 0; i < h->n; i++) {
        BUS_CHECK(h->v[i].now.n >= h->v[i].done.n);
        h->v[i].sent = h->v[i].now = h->v[i].done;
    }
}
