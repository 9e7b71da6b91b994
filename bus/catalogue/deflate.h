/* zlib: packing and unpacking, in one place. */
#ifndef BUS_CATALOGUE_DEFLATE_H
#define BUS_CATALOGUE_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

/* Is it gzip (RFC 1952)? */
bool bus_catalogue_is_gzip(struct bus_strv bytes);
/* The same bytes give the same: no name, no time in it. Appended to out. */
int bus_catalogue_gzip(struct bus_strv bytes,
                       struct bus_buf *out,
                       struct bus_err *err) BUS_MUSTCHECK;
/* gzip, or with raw a deflate stream alone (RFC 1951), behind which some
 * writers of Avro files leave a part of a checksum: there it is not looked at.
 * *ret is on the heap, to be given back with bus_free. BUS_ETOOBIG: more than
 * max bytes; BUS_EPARSE: not deflated, cut short, or something stands behind
 * the gzip. */
int bus_catalogue_inflate(struct bus_strv bytes,
                          bool raw,
                          size_t max,
                          struct bus_strv *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
