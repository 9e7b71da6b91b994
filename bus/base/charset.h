/* Chinese text as other systems write it, to UTF-8 and back. Pure.
 *
 * GB18030 has some ninety characters that older tables (GBK, GB18030-2000) put
 * into the private area of Unicode and newer ones do not; libraries differ.
 * Here both are the same: what is read never holds a private one of them, and
 * what is written is the two bytes that every one of them knows. */
#ifndef BUS_BASE_CHARSET_H
#define BUS_BASE_CHARSET_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

enum bus_charset {
    BUS_CHARSET_UTF8,
    BUS_CHARSET_GBK,
    BUS_CHARSET_GB18030,
    BUS_CHARSETS
};
const char *bus_charset_name(enum bus_charset c);
/* The character that all mean by a private one; others as they are. */
uint32_t bus_charset_common(uint32_t code_point);
/* Appends; a mark at the start of UTF-8 stays. *ret_at (NULL allowed): the byte
 * of `from` that does not fit, with BUS_EPARSE. */
int bus_charset_decode(enum bus_charset c,
                       struct bus_strv from,
                       struct bus_buf *to,
                       size_t *ret_at,
                       struct bus_err *err) BUS_MUSTCHECK;
/* from: UTF-8. BUS_EPARSE: not UTF-8, or c has no such character. */
int bus_charset_encode(enum bus_charset c,
                       struct bus_strv from,
                       struct bus_buf *to,
                       size_t *ret_at,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
