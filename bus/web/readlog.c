#include "bus/web/readlog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/web/sql/read_add.h"
#include "bus/web/sql/read_head.h"
#include "bus/web/sql/read_head_ask.h"
#include "bus/web/sql/read_head_set.h"
#include "bus/web/sql/read_page.h"

#define READ_TEXTS     6
#define READ_TEXT_MAX  1024 /* bytes; what is longer is cut */
#define READ_ROW_BYTES 16384

static void put_be32(struct bus_buf *to, uint32_t v)
{
    for (int i = 3; i >= 0; i--) {
        bus_buf_putc(to, (uint8_t)(v >> (8 * i)));
    }
}

int bus_web_readlog_chain(const uint8_t before[BUS_WIRE_SM3_BYTES],
                          const struct bus_web_readlog_row *row,
                          uint8_t ret[BUS_WIRE_SM3_BYTES],
                          struct bus_err *err)
{
    struct bus_buf text;
    bus_buf_init(&text, READ_ROW_BYTES);
    bus_buf_put(&text, before, BUS_WIRE_SM3_BYTES);
    put_be32(&text, (uint32_t)((uint64_t)row->n >> 32));
    put_be32(&text, (uint32_t)row->n);
    for (size_t i = 0; i < READ_TEXTS; i++) {
        put_be32(&text, (uint32_t)strlen(row->texts[i]));
        bus_buf_puts(&text, row->texts[i]);
    }
    int rc = text.failed
                 ? bus_fail(err, BUS_ETOOBIG,
                            "row %" PRId64 " of the reading log", row->n)
                 : bus_wire_sm3(bus_buf_view(&text), ret, err);
    bus_buf_fini(&text);
    return rc;
}

/* --- writing --- */

/* A text as it is kept: cut at a character, without control characters. */
static const char *kept_text(const char *s, char to[READ_TEXT_MAX + 1])
{
    size_t n = strlen(s);
    while (n > READ_TEXT_MAX ||
           (n > 0 && n < strlen(s) && ((unsigned char)s[n] & 0xc0) == 0x80)) {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = (char)((unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i]);
    }
    to[n] = '\0';
    return to;
}

/* Inside the transaction that holds the head. */
static int read_add(struct bus_pg *pg,
                    const struct bus_web_readlog_row *texts,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_web_readlog_row row = *texts;
    uint8_t chain[BUS_WIRE_SM3_BYTES];
    char hex[BUS_WEB_READLOG_HEX + 1], n[24];
    BUS_TRY(bus_pg_query(pg, bus_web_sql_read_head, NULL, 0, &r, err));
    bool well =
        bus_pg_count(r) == 1 && bus_hex_read(bus_strv(bus_pg_value(r, 0, 1)),
                                             chain, BUS_WIRE_SM3_BYTES);
    row.n = well ? bus_pg_i64(r, 0, 0) + 1 : 0;
    bus_pg_rows_free(r);
    if (!well) {
        return bus_fail(err, BUS_EBUG, "the reading log has no head");
    }
    BUS_TRY(bus_web_readlog_chain(chain, &row, chain, err));
    bus_hex_write(chain, BUS_WIRE_SM3_BYTES, hex);
    (void)snprintf(n, sizeof(n), "%" PRId64, row.n);
    const char *params[2 + READ_TEXTS] = {n, hex};
    memcpy(&params[2], row.texts, sizeof(row.texts));
    BUS_TRY(bus_pg_query(pg, bus_web_sql_read_add, params, 2 + READ_TEXTS, NULL,
                         err));
    return bus_pg_query(pg, bus_web_sql_read_head_set, params, 2, NULL, err);
}

int bus_web_read_note(struct bus_pg *pg,
                      const struct bus_web_read *read,
                      struct bus_err *err)
{
    const char *const given[READ_TEXTS - 1] = {
        read->who, read->via, read->purpose, read->record, read->fields};
    char at[BUS_TIME_TEXT + 1], kept[READ_TEXTS - 1][READ_TEXT_MAX + 1];
    struct bus_web_readlog_row row = {0};
    row.texts[0] = bus_time_text(bus_clock_system.wall_ms(NULL), at);
    for (size_t i = 0; i + 1 < READ_TEXTS; i++) {
        row.texts[i + 1] = kept_text(given[i] != NULL ? given[i] : "", kept[i]);
    }
    int rc;
    BUS_TRY_GOTO(rc, bus_pg_exec(pg, "BEGIN", err), failed);
    BUS_TRY_GOTO(rc, read_add(pg, &row, err), failed);
    BUS_TRY_GOTO(rc, bus_pg_exec(pg, "COMMIT", err), failed);
    return BUS_OK;
failed:;
    struct bus_err ignored; /* a broken connection ends it as well */
    int back = bus_pg_exec(pg, "ROLLBACK", &ignored);
    (void)back;
    return bus_wrap(err, "a read could not be written down");
}

/* --- checking --- */

static void
walk_broken(struct bus_web_readlog_walk *w, int64_t n, const char *why)
{
    if (w->sum.broken == 0) {
        w->sum.broken = n;
        w->sum.why = why;
    }
}

int bus_web_readlog_step(struct bus_web_readlog_walk *w,
                         const struct bus_web_readlog_row *row,
                         const char *hex,
                         struct bus_err *err)
{
    uint8_t is[BUS_WIRE_SM3_BYTES];
    int64_t due = w->sum.rows + 1;
    BUS_CHECK(w->sum.why != NULL);
    if (row->n != due) {
        walk_broken(w, due, "is missing / 缺失");
    }
    BUS_TRY(bus_web_readlog_chain(w->chain, row, is, err));
    if (!bus_hex_read(bus_strv(hex), w->chain, BUS_WIRE_SM3_BYTES) ||
        memcmp(is, w->chain, sizeof(is)) != 0) {
        walk_broken(w, row->n, "is not as it was written / 内容被改动");
    }
    w->sum.rows = row->n;
    return BUS_OK;
}

void bus_web_readlog_end(struct bus_web_readlog_walk *w,
                         int64_t head_n,
                         const char *head_hex)
{
    bus_hex_write(w->chain, BUS_WIRE_SM3_BYTES, w->sum.head);
    if (head_n > w->sum.rows) {
        walk_broken(w, w->sum.rows + 1, "is missing at the end / 末尾缺失");
    } else if (head_n < w->sum.rows) {
        walk_broken(w, head_n + 1, "was put in behind the head / 末尾多出");
    } else if (strcmp(head_hex, w->sum.head) != 0) {
        walk_broken(w, head_n, "is not what the head says / 与链首不符");
    }
}

static int read_page(struct bus_pg *pg,
                     struct bus_web_readlog_walk *w,
                     bool *ret_more,
                     struct bus_err *err)
{
    char after[24];
    const char *param = after;
    struct bus_pg_rows *r = NULL;
    (void)snprintf(after, sizeof(after), "%" PRId64, w->sum.rows);
    BUS_TRY(bus_pg_query(pg, bus_web_sql_read_page, &param, 1, &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        struct bus_web_readlog_row row = {.n = bus_pg_i64(r, i, 0)};
        for (size_t k = 0; k < READ_TEXTS; k++) {
            row.texts[k] = bus_pg_value(r, i, 1 + k);
        }
        rc = bus_web_readlog_step(w, &row, bus_pg_value(r, i, 1 + READ_TEXTS),
                                  err);
    }
    *ret_more = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    return rc;
}

int bus_web_readlog_check(struct bus_pg *pg,
                          struct bus_web_readlog_sum *ret,
                          struct bus_err *err)
{
    struct bus_web_readlog_walk w = {.sum.why = ""};
    struct bus_pg_rows *r = NULL;
    /* The head first: rows that are added meanwhile are not missing. */
    BUS_TRY(bus_pg_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                        err));
    int rc;
    BUS_TRY_GOTO(rc,
                 bus_pg_query(pg, bus_web_sql_read_head_ask, NULL, 0, &r, err),
                 done);
    for (bool more = true; more;) {
        BUS_TRY_GOTO(rc, read_page(pg, &w, &more, err), done);
    }
    if (bus_pg_count(r) == 1) {
        bus_web_readlog_end(&w, bus_pg_i64(r, 0, 0), bus_pg_value(r, 0, 1));
    } else {
        bus_web_readlog_end(&w, INT64_MAX, "");
    }
    *ret = w.sum;
done:
    bus_pg_rows_free(r);
    if (rc == BUS_OK) {
        return bus_pg_exec(pg, "COMMIT", err);
    }
    return bus_wrap(err, "the reading log");
}
