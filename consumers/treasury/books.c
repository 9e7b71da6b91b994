#include "consumers/treasury/books.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "consumers/treasury/sql/act.h"
#include "consumers/treasury/sql/books_put.h"
#include "consumers/treasury/sql/lock.h"

/* No day of a clock that jumped is booked on, and nothing becomes due by it. */
static int books_lock(struct treasury_books *b, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(b->day >= 0);
    BUS_TRY(bus_pg_query(b->pg, consumers_treasury_sql_lock, NULL, 0, &r, err));
    int64_t apart = bus_pg_i64(r, 0, 1) - bus_clock_system.wall_ms(NULL);
    bus_pg_rows_free(r);
    if (b->day > 0 &&
        (apart > TREASURY_APART_MAX_MS || apart < -TREASURY_APART_MAX_MS)) {
        return bus_fail(err, BUS_EAGAIN,
                        "this machine's clock and the database's are %" PRId64
                        " s apart: nothing is booked until they agree / "
                        "本机与数据库时钟相差过大, 暂不办理",
                        apart / 1000);
    }
    return BUS_OK;
}

int treasury_books_begin(struct treasury_books *b, struct bus_err *err)
{
    BUS_CHECK(b->pg != NULL && b->who != NULL && b->who[0] != '\0');
    bus_arena_reset(b->mem);
    b->no_memory = false;
    BUS_TRY(bus_pg_exec(b->pg, "BEGIN", err));
    int rc = books_lock(b, err);
    return rc == BUS_OK ? rc : treasury_books_end(b, rc, err);
}

int treasury_books_end(struct treasury_books *b, int rc, struct bus_err *err)
{
    BUS_CHECK(b->pg != NULL);
    if (rc == BUS_OK) {
        return bus_pg_exec(b->pg, "COMMIT", err);
    }
    struct bus_err ignored; /* a broken connection ends it as well */
    int back = bus_pg_exec(b->pg, "ROLLBACK", &ignored);
    (void)back;
    return rc;
}

int treasury_books_ask(struct treasury_books *b,
                       const char *sql,
                       const char *const *params,
                       size_t n,
                       struct bus_pg_rows **ret,
                       struct bus_err *err)
{
    BUS_CHECK(b->pg != NULL && sql != NULL);
    return b->no_memory
               ? bus_fail(err, BUS_ETOOBIG, "a transaction of the treasury")
               : bus_pg_query(b->pg, sql, params, n, ret, err);
}

int treasury_books_ask_rows(struct treasury_books *b,
                            const char *sql,
                            struct bus_pg_columns *c,
                            size_t n,
                            struct bus_pg_rows **ret,
                            struct bus_err *err)
{
    const char *params[BUS_PG_COLUMNS_MAX];
    BUS_CHECK(b->pg != NULL && n <= BUS_PG_COLUMNS_MAX);
    if (ret != NULL) {
        *ret = NULL;
    }
    if (c->rows == 0) {
        return BUS_OK;
    }
    int rc = bus_pg_columns_end(c, n, params, err);
    if (rc == BUS_OK) {
        rc = treasury_books_ask(b, sql, params, n, ret, err);
    }
    bus_pg_columns_clear(c);
    return rc;
}

/* --- parameters --- */

static const char *books_kept(struct treasury_books *b, const char *text)
{
    b->no_memory |= text == NULL;
    return text != NULL ? text : "";
}

const char *treasury_books_number(struct treasury_books *b, int64_t n)
{
    return books_kept(b, bus_arena_printf(b->mem, "%" PRId64, n));
}

const char *treasury_books_day(struct treasury_books *b, int32_t day)
{
    char room[BUS_PG_TEXT_BYTES];
    struct bus_strv text = bus_pg_text_day(day, room);
    return treasury_books_text(b, text);
}

const char *treasury_books_id(struct treasury_books *b, const struct bus_id *id)
{
    char text[BUS_ID_TEXT + 1];
    return books_kept(b, bus_arena_strdup(b->mem, bus_id_text(id, text)));
}

const char *treasury_books_bytes(struct treasury_books *b, struct bus_strv v)
{
    return books_kept(b, bus_pg_bytea(b->mem, v));
}

const char *treasury_books_text(struct treasury_books *b, struct bus_strv v)
{
    return books_kept(b, bus_arena_strndup(b->mem, v.n > 0 ? v.p : "", v.n));
}

const char *treasury_books_ids(struct treasury_books *b,
                               const struct bus_pg_rows *rows)
{
    size_t n = bus_pg_count(rows), at = 1;
    char *to = bus_arena_alloc(b->mem, n * (BUS_ID_TEXT + 1) + 3);
    if (to == NULL) {
        return books_kept(b, NULL);
    }
    to[0] = '{';
    for (size_t i = 0; i < n; i++) {
        const char *id = bus_pg_value(rows, i, 0);
        BUS_CHECK(strlen(id) == BUS_ID_TEXT);
        to[at] = ',';
        at += i > 0;
        memcpy(to + at, id, BUS_ID_TEXT);
        at += BUS_ID_TEXT;
    }
    to[at] = '}';
    to[at + 1] = '\0';
    return to;
}

struct bus_strv treasury_bytes(const char *text, struct bus_arena *mem)
{
    size_t n = strlen(text) > 2 ? (strlen(text) - 2) / 2 : 0;
    char *to = bus_arena_alloc(mem, n + 1);
    for (size_t i = 0; to != NULL && i < n; i++) {
        int byte = 0;
        for (int k = 0; k < 2; k++) {
            char c = text[2 + 2 * i + (size_t)k];
            byte = byte * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        to[i] = (char)byte;
    }
    return (struct bus_strv){to, to != NULL ? n : 0};
}

/* --- acts and money --- */

int treasury_books_act(struct treasury_books *b,
                       const struct treasury_act *act,
                       struct bus_err *err)
{
    BUS_CHECK(act->act != NULL && b->who != NULL);
    const char *amount =
        act->amount_fen != 0 ? treasury_books_number(b, act->amount_fen) : NULL;
    return treasury_books_ask(
        b, consumers_treasury_sql_act,
        TREASURY_PARAMS(b->who, act->act, act->fund, act->batch, act->line,
                        act->award, amount, act->note != NULL ? act->note : ""),
        NULL, err);
}

#define MOVE_COLUMNS 9

static struct bus_strv books_given(const char *text)
{
    return text != NULL ? bus_strv(text) : (struct bus_strv){NULL, 0};
}

void treasury_books_add(const struct treasury_books *b,
                        struct bus_pg_columns *c,
                        const struct treasury_move *move)
{
    char amount[BUS_PG_TEXT_BYTES], day[BUS_PG_TEXT_BYTES];
    BUS_CHECK(move->amount_fen != 0 && strcmp(move->from, move->to) != 0);
    bus_pg_columns_add(
        c, BUS_PG_ROW(bus_strv(move->kind), bus_strv(move->about),
                      bus_strv(move->fund), bus_strv(move->from),
                      bus_strv(move->to),
                      bus_pg_text_number(move->amount_fen, amount),
                      bus_pg_text_day(move->day > 0 ? move->day : b->day, day),
                      books_given(move->batch), books_given(move->line)));
}

int treasury_books_put(struct treasury_books *b,
                       struct bus_pg_columns *c,
                       struct bus_err *err)
{
    return treasury_books_ask_rows(b, consumers_treasury_sql_books_put, c,
                                   MOVE_COLUMNS, NULL, err);
}

int treasury_books_move(struct treasury_books *b,
                        const struct treasury_move *move,
                        struct bus_err *err)
{
    struct bus_pg_columns one = {0};
    treasury_books_add(b, &one, move);
    int rc = treasury_books_put(b, &one, err);
    bus_pg_columns_fini(&one);
    return rc;
}
