/* TLS of the HTTP server: a certificate and its key from PEM files, read again
 * when they change. Connections that stand go on with what they began with. One
 * server with TLS a process: the library's callback has no place for whose it
 * is. Shared by http*.c only. */
#ifndef BUS_RUN_HTTP_TLS_H
#define BUS_RUN_HTTP_TLS_H

#include <stdbool.h>

#include "bus/base/err.h"

struct MHD_Daemon;
struct http_tls;
/* Reads both. cert_file: the chain, the server's own first; key_file: without a
 * pass phrase, nobody else's to read. Paths are borrowed. BUS_ECONFIG says
 * which file and why. */
int run_http_tls_open(const char *cert_file,
                      const char *key_file,
                      struct http_tls **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void run_http_tls_close(struct http_tls *t); /* NULL is allowed */
/* Reads them again if one of them is another than before; what there was stays
 * in use when that fails. *ret_read: they were looked at. */
int run_http_tls_refresh(struct http_tls *t,
                         bool *ret_read,
                         struct bus_err *err) BUS_MUSTCHECK;
/* The argument of MHD_OPTION_HTTPS_CERT_CALLBACK; of the server that stands. */
void *run_http_tls_callback(struct http_tls *t);

#endif
