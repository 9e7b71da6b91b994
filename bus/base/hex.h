/* Bytes as small hex digits. Any thread. */
#ifndef BUS_BASE_HEX_H
#define BUS_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/strv.h"

/* ret: 2 * n characters and a NUL. */
void bus_hex_write(const void *bytes, size_t n, char *ret);
/* Exactly 2 * n digits, small or capital, into n bytes; else false, and what
 * is in ret is of no use. */
bool bus_hex_read(struct bus_strv text, void *ret, size_t n);

#endif
