#include "bus/pg/array.h"

#include <string.h>

/* ndim, has nulls, element type, count, lower bound: five big-endian words. */
#define HEADER_BYTES 20
#define AT_NULLS     4
#define AT_COUNT     12
#define PG_EPOCH_MS  946684800000 /* 2000-01-01 */
/* Years 1 to 9999: what people's clocks can mean and the server takes. */
#define TIME_MIN_MS (-62135596800000)
#define TIME_MAX_MS 253402300799999

static void array_put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (24 - 8 * i));
    }
}

static uint32_t array_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* Room for one element of n bytes, its length written; NULL if it failed. */
static uint8_t *element(struct bus_buf *b, size_t n)
{
    uint8_t *p = bus_buf_reserve(b, 4 + n);
    if (p == NULL) {
        return NULL;
    }
    array_put32(p, (uint32_t)n);
    b->len += 4 + n;
    array_put32(b->data + AT_COUNT, array_get32(b->data + AT_COUNT) + 1);
    return p + 4;
}

void bus_pg_array_start(struct bus_buf *b, enum bus_pg_oid oid)
{
    bus_buf_clear(b);
    uint8_t *p = bus_buf_reserve(b, HEADER_BYTES);
    if (p != NULL) {
        memset(p, 0, HEADER_BYTES);
        array_put32(p, 1);
        array_put32(p + 8, (uint32_t)oid);
        array_put32(p + 16, 1);
        b->len += HEADER_BYTES;
    }
}

void bus_pg_array_null(struct bus_buf *b)
{
    uint8_t *p = element(b, 0);
    if (p != NULL) {
        array_put32(p - 4, UINT32_MAX);
        array_put32(b->data + AT_NULLS, 1);
    }
}

static void array_raw(struct bus_buf *b, const void *from, size_t n)
{
    uint8_t *p = element(b, n);
    if (p != NULL && n > 0) {
        memcpy(p, from, n);
    }
}

/* The rare text the server would refuse. */
static void mended(struct bus_buf *b, struct bus_strv v)
{
    bool utf8 = bus_utf8_valid(v.p, v.n);
    size_t keep = 0, at = 0;
    for (size_t i = 0; i < v.n; i++) {
        keep += v.p[i] != '\0';
    }
    uint8_t *p = element(b, keep);
    for (size_t i = 0; p != NULL && i < v.n; i++) {
        uint8_t c = (uint8_t)v.p[i];
        if (c != 0) {
            p[at++] = utf8 || c < 0x80 ? c : '?';
        }
    }
}

void bus_pg_array_text(struct bus_buf *b, struct bus_strv v)
{
    if (v.p == NULL) {
        bus_pg_array_null(b);
    } else if (memchr(v.p, '\0', v.n) != NULL || !bus_utf8_valid(v.p, v.n)) {
        mended(b, v);
    } else {
        array_raw(b, v.p, v.n);
    }
}

void bus_pg_array_bytes(struct bus_buf *b, struct bus_strv v)
{
    if (v.p == NULL) {
        bus_pg_array_null(b);
    } else {
        array_raw(b, v.p, v.n);
    }
}

void bus_pg_array_i32(struct bus_buf *b, int32_t v)
{
    uint8_t *p = element(b, 4);
    if (p != NULL) {
        array_put32(p, (uint32_t)v);
    }
}

void bus_pg_array_i64(struct bus_buf *b, int64_t v)
{
    uint8_t *p = element(b, 8);
    if (p != NULL) {
        array_put32(p, (uint32_t)((uint64_t)v >> 32));
        array_put32(p + 4, (uint32_t)v);
    }
}

void bus_pg_array_time(struct bus_buf *b, int64_t unix_ms)
{
    int64_t ms = unix_ms < TIME_MIN_MS   ? TIME_MIN_MS
                 : unix_ms > TIME_MAX_MS ? TIME_MAX_MS
                                         : unix_ms;
    bus_pg_array_i64(b, (ms - PG_EPOCH_MS) * 1000);
}

void bus_pg_array_id(struct bus_buf *b, const struct bus_id *id)
{
    if (id == NULL) {
        bus_pg_array_null(b);
    } else {
        array_raw(b, id->b, sizeof(id->b));
    }
}

struct bus_strv bus_pg_array_end(struct bus_buf *b)
{
    if (!b->failed && array_get32(b->data + AT_COUNT) == 0) {
        array_put32(b->data, 0); /* an empty array has no dimension */
        b->len = AT_COUNT;
    }
    return bus_buf_view(b);
}
