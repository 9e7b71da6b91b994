/* A document as it is laid out, on A4 and as a page of HTML: what it says comes
 * from whoever asks; nothing here knows a case, a fund or a village.
 *
 *   {"to": "/dir/name"          name.pdf and name.html are written; "-": the
 *                               PDF goes to standard output
 *    "formats": ["pdf", "html"],
 *    "title": "..", "under": "..",
 *    "made_at": "2026-12-01T00:00:00Z"   stands in the PDF, so that the same
 *                               document is the same bytes
 *    "parts": [{"heading": ".."} | {"text": ".."} |
 *              {"columns": [{"title": "..", "share": 3, "right": true}],
 *               "rows": [["..", ".."]]}],
 *    "code": "..", "code_text": ".."      a QR code and what stands beside it
 *    "foot": ".."}
 *
 * Texts are UTF-8. A page is A4 upright; a table that does not fit goes on, its
 * titles above it again. */
#ifndef OPS_PRINTER_PAGE_H
#define OPS_PRINTER_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"

#define PRINTER_PAGES_MAX 400 /* of one document */

/* layout.c: A4, appended to out. */
int cli_printer_pdf(const json_t *document,
                    struct bus_buf *out,
                    struct bus_err *err) BUS_MUSTCHECK;
/* page.c: one file, nothing is fetched from elsewhere; the code is an SVG. */
int cli_printer_html(const json_t *document,
                     struct bus_buf *out,
                     struct bus_err *err) BUS_MUSTCHECK;
/* "" for none. */
const char *cli_printer_text(const json_t *object, const char *key);

#endif
