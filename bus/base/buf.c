#include "bus/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/heap.h"

#define BUF_FIRST 256u

void bus_buf_init(struct bus_buf *b, size_t max_bytes)
{
    *b = (struct bus_buf){.max_bytes = max_bytes};
}

void bus_buf_fini(struct bus_buf *b)
{
    if (b != NULL) {
        bus_free(b->data);
        bus_buf_init(b, b->max_bytes);
    }
}

void bus_buf_clear(struct bus_buf *b)
{
    b->len = 0;
    b->failed = false;
}

uint8_t *bus_buf_reserve(struct bus_buf *b, size_t n)
{
    if (b->failed) {
        return NULL;
    }
    if (n <= b->cap - b->len) {
        return b->data + b->len;
    }
    size_t want = 0;
    if (__builtin_add_overflow(b->len, n, &want) ||
        (b->max_bytes != 0 && want > b->max_bytes)) {
        b->failed = true;
        return NULL;
    }
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < want) {
        cap = cap > SIZE_MAX / 2 ? want : cap * 2;
    }
    if (b->max_bytes != 0 && cap > b->max_bytes) {
        cap = b->max_bytes;
    }
    uint8_t *p = bus_realloc(b->data, cap);
    if (p == NULL) {
        b->failed = true;
        return NULL;
    }
    b->data = p;
    b->cap = cap;
    return p + b->len;
}

void bus_buf_put(struct bus_buf *b, const void *p, size_t n)
{
    if (n == 0) {
        return;
    }
    uint8_t *at = bus_buf_reserve(b, n);
    if (at != NULL) {
        memcpy(at, p, n);
        b->len += n;
    }
}

void bus_buf_puts(struct bus_buf *b, const char *s)
{
    bus_buf_put(b, s, strlen(s));
}

void bus_buf_putc(struct bus_buf *b, uint8_t c)
{
    bus_buf_put(b, &c, 1);
}

void bus_buf_printf(struct bus_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    uint8_t *at = n < 0 ? NULL : bus_buf_reserve(b, (size_t)n + 1);
    if (at != NULL) {
        (void)vsnprintf((char *)at, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    } else {
        b->failed = true;
    }
    va_end(again);
}

const char *bus_buf_cstr(struct bus_buf *b)
{
    uint8_t *at = bus_buf_reserve(b, 1);
    if (at == NULL) {
        return "";
    }
    *at = '\0';
    return (const char *)b->data;
}

struct bus_strv bus_buf_view(const struct bus_buf *b)
{
    return (struct bus_strv){(const char *)b->data, b->len};
}
