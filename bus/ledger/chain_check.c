#include "bus/ledger/chain_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/arena.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/ledger/sql/chain_heads.h"
#include "bus/ledger/sql/chain_page.h"

#define CHECK_NUMBER_TEXT 24

enum {
    PAGE_TOPIC,
    PAGE_PART,
    PAGE_PLACE,
    PAGE_N = BUS_LEDGER_CHAIN_COLUMNS,
    PAGE_CHAIN
};
enum { HEAD_TOPIC, HEAD_PART, HEAD_NEXT, HEAD_N, HEAD_CHAIN, HEAD_SINCE };

struct check
{
    struct bus_pg *pg;
    struct bus_ledger_chain chain;
    struct bus_ledger_chain_walk walk;
    struct bus_pg_rows *heads;
    bool *seen;           /* of each head: rows came for it */
    struct bus_arena mem; /* the partition's topic */
};

static int64_t big_endian(struct bus_strv v)
{
    uint64_t n = 0;
    for (size_t i = 0; i < v.n && i < sizeof(n); i++) {
        n = n << 8 | (uint8_t)v.p[i];
    }
    return (int64_t)n;
}

static void chain_finish(struct check *c)
{
    if (c->walk.topic != NULL) {
        bus_ledger_walk_end(&c->walk);
        c->walk.topic = NULL;
    }
}

static void chain_begin_at(struct check *c,
                           const char *topic,
                           int32_t part,
                           const struct bus_pg_rows *heads,
                           size_t i)
{
    struct bus_ledger_head head = {.n = -1};
    int64_t since = 0;
    if (heads != NULL) {
        head.next = bus_pg_i64(heads, i, HEAD_NEXT);
        head.n = bus_pg_i64(heads, i, HEAD_N);
        if (!bus_hex_read(bus_strv(bus_pg_value(heads, i, HEAD_CHAIN)),
                          head.chain, sizeof(head.chain))) {
            head.n = -1; /* no chain is as long */
        }
        since = bus_pg_i64(heads, i, HEAD_SINCE);
    }
    bus_ledger_walk_begin(&c->walk, topic, part, &head, since);
}

static int chain_move(struct check *c,
                      struct bus_strv topic,
                      int32_t part,
                      struct bus_err *err)
{
    chain_finish(c);
    bus_arena_reset(&c->mem);
    char *name = bus_arena_strndup(&c->mem, topic.p, topic.n);
    if (name == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a topic's name");
    }
    size_t i = 0, n = bus_pg_count(c->heads);
    while (i < n &&
           (bus_pg_i64(c->heads, i, HEAD_PART) != part ||
            strcmp(bus_pg_value(c->heads, i, HEAD_TOPIC), name) != 0)) {
        i++;
    }
    if (i < n) {
        c->seen[i] = true;
    }
    chain_begin_at(c, name, part, i < n ? c->heads : NULL, i);
    return BUS_OK;
}

static int chain_row(struct check *c,
                     const struct bus_pg_rows *r,
                     size_t i,
                     struct bus_err *err)
{
    struct bus_strv topic = bus_pg_bytes(r, i, PAGE_TOPIC);
    int32_t part = (int32_t)big_endian(bus_pg_bytes(r, i, PAGE_PART));
    if (c->walk.topic == NULL || c->walk.part != part ||
        !bus_strv_is(topic, c->walk.topic)) {
        BUS_TRY(chain_move(c, topic, part, err));
    }
    bus_ledger_chain_start(&c->chain);
    for (size_t k = 0; k < BUS_LEDGER_CHAIN_COLUMNS; k++) {
        bus_ledger_chain_column(&c->chain, bus_pg_bytes(r, i, k));
    }
    struct bus_ledger_chain_row row = {
        .place = big_endian(bus_pg_bytes(r, i, PAGE_PLACE)),
        .n = big_endian(bus_pg_bytes(r, i, PAGE_N)),
        .chain = bus_pg_bytes(r, i, PAGE_CHAIN),
    };
    return bus_ledger_walk_row(&c->walk, &row, err);
}

/* The rows behind the one that the walk is at. */
static int chain_page(struct check *c, bool *ret_more, struct bus_err *err)
{
    char part[CHECK_NUMBER_TEXT], place[CHECK_NUMBER_TEXT];
    const char *params[] = {"", part, place};
    struct bus_pg_rows *r = NULL;
    bool begun = c->walk.topic != NULL;
    (void)snprintf(part, sizeof(part), "%d", begun ? c->walk.part : -1);
    (void)snprintf(place, sizeof(place), "%" PRId64,
                   begun ? c->walk.place : -1);
    if (begun) {
        params[0] = c->walk.topic;
    }
    BUS_TRY(bus_pg_query_binary(c->pg, bus_ledger_sql_chain_page, params, 3, &r,
                                err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = chain_row(c, r, i, err);
    }
    *ret_more = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    return rc;
}

/* One text for all heads: kept elsewhere, it says of each row that it was. */
static int chain_sum_heads(const struct check *c,
                           char ret[2 * BUS_LEDGER_CHAIN_BYTES + 1],
                           struct bus_err *err)
{
    struct bus_buf text;
    uint8_t sm3[BUS_LEDGER_CHAIN_BYTES];
    bus_buf_init(&text, 0);
    for (size_t i = 0; i < bus_pg_count(c->heads); i++) {
        bus_buf_printf(&text, "%s %s %s %s\n",
                       bus_pg_value(c->heads, i, HEAD_TOPIC),
                       bus_pg_value(c->heads, i, HEAD_PART),
                       bus_pg_value(c->heads, i, HEAD_N),
                       bus_pg_value(c->heads, i, HEAD_CHAIN));
    }
    int rc = text.failed ? bus_fail(err, BUS_ENOMEM, "heads of chains")
                         : bus_wire_sm3(bus_buf_view(&text), sm3, err);
    bus_buf_fini(&text);
    if (rc == BUS_OK) {
        bus_hex_write(sm3, sizeof(sm3), ret);
    }
    return rc;
}

static int chain_walk_all(struct check *c,
                          struct bus_ledger_chain_sum *ret,
                          struct bus_err *err)
{
    BUS_TRY(bus_pg_query(c->pg, bus_ledger_sql_chain_heads, NULL, 0, &c->heads,
                         err));
    size_t n = bus_pg_count(c->heads);
    c->seen = bus_calloc(n + 1, sizeof(*c->seen));
    if (c->seen == NULL) {
        return bus_fail(err, BUS_ENOMEM, "heads of chains");
    }
    for (bool more = true; more;) {
        BUS_TRY(chain_page(c, &more, err));
    }
    chain_finish(c);
    for (size_t i = 0; i < n; i++) { /* those without a row */
        if (!c->seen[i]) {
            chain_begin_at(c, bus_pg_value(c->heads, i, HEAD_TOPIC),
                           (int32_t)bus_pg_i64(c->heads, i, HEAD_PART),
                           c->heads, i);
            chain_finish(c);
        }
    }
    ret->rows = c->walk.rows;
    ret->before = c->walk.old;
    ret->faults = c->walk.faults;
    return chain_sum_heads(c, ret->head, err);
}

int bus_ledger_chain_check(struct bus_pg *pg,
                           bool inside,
                           bus_ledger_faulty faulty,
                           void *data,
                           struct bus_ledger_chain_sum *ret,
                           struct bus_err *err)
{
    struct check c = {.pg = pg, .walk = {.faulty = faulty, .data = data}};
    c.walk.chain = &c.chain;
    bus_arena_init(&c.mem, 1024, 0);
    int rc;
    BUS_TRY_GOTO(rc, bus_ledger_chain_init(&c.chain, err), done);
    if (!inside) {
        BUS_TRY_GOTO(
            rc,
            bus_pg_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                        err),
            done);
    }
    BUS_TRY_GOTO(rc, chain_walk_all(&c, ret, err), done);
    if (!inside) {
        BUS_TRY_GOTO(rc, bus_pg_exec(pg, "COMMIT", err), done);
    }
done:
    bus_pg_rows_free(c.heads);
    bus_free(c.seen);
    bus_ledger_chain_fini(&c.chain);
    bus_arena_fini(&c.mem);
    return rc == BUS_OK ? rc : bus_wrap(err, "the ledger's chain");
}
