/* Asking another door of the bus over HTTP, as somebody: a GET or a POST and
 * its whole answer, on a pool thread. Nothing is followed, nothing but http and
 * https is spoken, and what takes longer than the limit has failed. */
#ifndef BUS_WEB_FETCH_H
#define BUS_WEB_FETCH_H

#include "bus/base/buf.h"
#include "bus/run/loop.h"

#define BUS_WEB_FETCH_MS  20000
#define BUS_WEB_FETCH_MAX (1u << 20) /* of an answer */

struct bus_web_fetch /* lives until done() */
{
    /* Asked; borrowed. */
    const char *url;
    struct bus_strv body;      /* application/json; of a POST */
    const char *bearer;        /* "" for none */
    const char *key;           /* Idempotency-Key; "" for none */
    const char *ca_file;       /* NULL: the system's */
    const char *authorization; /* "" for none; in place of bearer */
    const char *date;          /* Lianou-Date; "" for none */
    bool gets;                 /* set by bus_web_fetch_get() and _post() */
    /* Answered, for done(): rc BUS_OK and a status, or BUS_EAWAY. */
    int rc;
    long status;
    struct bus_buf answer; /* to be freed by done() */
    struct bus_err err;
    void (*done)(struct bus_web_fetch *f);
    void *data;
};
int bus_web_fetch_get(struct bus_run_loop *loop,
                      struct bus_web_fetch *f,
                      struct bus_err *err) BUS_MUSTCHECK;
int bus_web_fetch_post(struct bus_run_loop *loop,
                       struct bus_web_fetch *f,
                       struct bus_err *err) BUS_MUSTCHECK;

/* What a role of ours says at this address, at once: blocking, for commands.
 * cert_file: the certificate it shows, which is believed and no other (NULL:
 * plain, or the system's). BUS_EAWAY: no answer within the limit. */
int bus_web_get(const char *url,
                const char *cert_file,
                int64_t limit_ms,
                struct bus_buf *ret_answer,
                long *ret_status,
                struct bus_err *err) BUS_MUSTCHECK;

#endif
