#include "bus/web/qr.h"

#include <qrencode.h>
#include <string.h>

#define QUIET 4 /* modules around it, as the standard wants */

/* Each row's runs of dark modules, as one path. */
static void qr_path(const QRcode *qr, struct bus_buf *out)
{
    int n = qr->width;
    for (int y = 0; y < n; y++) {
        for (int x = 0, run; x < n; x += run) {
            bool dark = (qr->data[y * n + x] & 1) != 0;
            for (run = 1;
                 x + run < n && ((qr->data[y * n + x + run] & 1) != 0) == dark;
                 run++) {
            }
            if (dark) {
                bus_buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET,
                               run, run);
            }
        }
    }
}

int bus_web_qr(const char *text, struct bus_buf *out, struct bus_err *err)
{
    size_t n = strlen(text);
    if (n == 0 || n > BUS_WEB_QR_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "a square of %zu bytes", n);
    }
    QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (qr == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a square");
    }
    int side = qr->width + 2 * QUIET;
    bus_buf_printf(out,
                   "<svg class=\"qr\" viewBox=\"0 0 %d %d\" "
                   "shape-rendering=\"crispEdges\" aria-hidden=\"true\">"
                   "<path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>"
                   "<path fill=\"#000\" d=\"",
                   side, side, side, side, side);
    qr_path(qr, out);
    bus_buf_puts(out, "\"/></svg>");
    QRcode_free(qr);
    return out->failed ? bus_fail(err, BUS_ENOMEM, "a square") : BUS_OK;
}
