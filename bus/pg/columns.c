#include "bus/pg/columns.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

void bus_pg_columns_clear(struct bus_pg_columns *c)
{
    for (size_t i = 0; i < BUS_PG_COLUMNS_MAX; i++) {
        bus_buf_clear(&c->of[i]);
    }
    c->rows = 0;
}

void bus_pg_columns_fini(struct bus_pg_columns *c)
{
    for (size_t i = 0; i < BUS_PG_COLUMNS_MAX; i++) {
        bus_buf_fini(&c->of[i]);
    }
    c->rows = 0;
}

/* PostgreSQL 15, 8.15.2: an element in quotes, with \ before a quote and \. */
static void columns_put(struct bus_buf *to, struct bus_strv value)
{
    bus_buf_putc(to, to->len == 0 ? '{' : ',');
    if (value.p == NULL) {
        bus_buf_puts(to, "NULL");
        return;
    }
    bus_buf_putc(to, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\') {
            bus_buf_putc(to, '\\');
        }
        bus_buf_putc(to, (uint8_t)value.p[i]);
    }
    bus_buf_putc(to, '"');
}

void bus_pg_columns_add(struct bus_pg_columns *c,
                        const struct bus_strv *values,
                        size_t n)
{
    BUS_CHECK(n > 0 && n <= BUS_PG_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++) {
        columns_put(&c->of[i], values[i]);
    }
    c->rows++;
}

struct bus_strv bus_pg_text_id(const struct bus_id *id,
                               char room[BUS_PG_TEXT_BYTES])
{
    return (struct bus_strv){bus_id_text(id, room), BUS_ID_TEXT};
}

struct bus_strv bus_pg_text_number(int64_t n, char room[BUS_PG_TEXT_BYTES])
{
    int len = snprintf(room, BUS_PG_TEXT_BYTES, "%" PRId64, n);
    BUS_CHECK(len > 0 && len < BUS_PG_TEXT_BYTES);
    return (struct bus_strv){room, (size_t)len};
}

struct bus_strv bus_pg_text_day(int32_t day, char room[BUS_PG_TEXT_BYTES])
{
    const int64_t first = bus_days_from_civil(1, 1, 1),
                  last = bus_days_from_civil(9999, 12, 31);
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day < first  ? (int32_t)first
                        : day > last ? (int32_t)last
                                     : day,
                        &year, &month, &dom);
    int len = snprintf(room, BUS_PG_TEXT_BYTES, "%04" PRId64 "-%02u-%02u", year,
                       month, dom);
    BUS_CHECK(len > 0 && len < BUS_PG_TEXT_BYTES);
    return (struct bus_strv){room, (size_t)len};
}

int bus_pg_columns_end(struct bus_pg_columns *c,
                       size_t n,
                       const char *ret[BUS_PG_COLUMNS_MAX],
                       struct bus_err *err)
{
    bool failed = false;
    BUS_CHECK(n > 0 && n <= BUS_PG_COLUMNS_MAX && c->rows > 0);
    for (size_t i = 0; i < n; i++) {
        BUS_CHECK(c->of[i].failed || c->of[i].len > 0);
        bus_buf_putc(&c->of[i], '}');
        ret[i] = bus_buf_cstr(&c->of[i]);
        failed |= c->of[i].failed;
    }
    return failed ? bus_fail(err, BUS_ENOMEM, "rows of a question") : BUS_OK;
}
