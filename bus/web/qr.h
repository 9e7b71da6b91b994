/* A square that telephones read (ISO/IEC 18004), as an SVG of one path: black
 * on white in every mode, for a slip on paper. */
#ifndef BUS_WEB_QR_H
#define BUS_WEB_QR_H

#include "bus/base/buf.h"
#include "bus/base/err.h"

#define BUS_WEB_QR_MAX 300 /* bytes of text */

/* text: ASCII, not "". BUS_ETOOBIG: longer than that; BUS_ENOMEM. The SVG says
 * nothing to who does not see: the text stands beside it. */
int bus_web_qr(const char *text,
               struct bus_buf *out,
               struct bus_err *err) BUS_MUSTCHECK;

#endif
