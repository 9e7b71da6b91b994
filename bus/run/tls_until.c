#include "bus/run/tls_until.h"

#include <stddef.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

int bus_run_tls_until(const char *pem_file,
                      int64_t *ret_ms,
                      struct bus_err *err)
{
    gnutls_datum_t text = {0};
    gnutls_x509_crt_t *list = NULL;
    unsigned n = 0;
    int rc = gnutls_load_file(pem_file, &text);
    if (rc >= 0) {
        rc = gnutls_x509_crt_list_import2(&list, &n, &text, GNUTLS_X509_FMT_PEM,
                                          0);
        gnutls_free(text.data);
    }
    if (rc < 0) {
        return bus_fail(err, BUS_ECONFIG, "%s: %s", pem_file,
                        gnutls_strerror(rc));
    }
    *ret_ms = INT64_MAX;
    for (unsigned i = 0; i < n; i++) {
        int64_t end = (int64_t)gnutls_x509_crt_get_expiration_time(list[i]);
        *ret_ms = end * 1000 < *ret_ms ? end * 1000 : *ret_ms;
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
    return BUS_OK;
}
