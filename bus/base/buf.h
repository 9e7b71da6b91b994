/* A growable byte buffer on the bus heap. A failed growth is kept in `failed`
 * so that a long run of appends needs one check at its end. */
#ifndef BUS_BASE_BUF_H
#define BUS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/strv.h"

struct bus_buf
{
    uint8_t *data;
    size_t len, cap;
    size_t max_bytes; /* 0 = no limit */
    bool failed;      /* out of memory or over the limit */
};

/* A zeroed struct is a valid empty buffer. */
void bus_buf_init(struct bus_buf *b, size_t max_bytes);
void bus_buf_fini(struct bus_buf *b);
void bus_buf_clear(struct bus_buf *b); /* keeps the memory */
/* Room for n more bytes; returns where to write, NULL if it failed. */
uint8_t *bus_buf_reserve(struct bus_buf *b, size_t n);
void bus_buf_put(struct bus_buf *b, const void *p, size_t n);
void bus_buf_puts(struct bus_buf *b, const char *s);
void bus_buf_putc(struct bus_buf *b, uint8_t c);
void bus_buf_printf(struct bus_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* NUL-terminates (not counted in len) and returns the text; "" if failed. */
const char *bus_buf_cstr(struct bus_buf *b);
struct bus_strv bus_buf_view(const struct bus_buf *b);

#endif
