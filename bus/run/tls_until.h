/* Until when a certificate holds, for who looks after a county. Thread-safe. */
#ifndef BUS_RUN_TLS_UNTIL_H
#define BUS_RUN_TLS_UNTIL_H

#include <stdint.h>

#include "bus/base/err.h"

/* The earliest end among the certificates of a PEM file (a chain, or those of
 * authorities), ms since 1970. BUS_ECONFIG: the file cannot be read or holds
 * none; the text says which file and why. */
int bus_run_tls_until(const char *pem_file,
                      int64_t *ret_ms,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
