/* HTTP asked outside, from the loop: POSTs by libcurl's multi interface, many
 * at once, on connections that are kept. Nothing is followed, no proxy of the
 * environment is used, nothing but https (and http, where it may) is spoken, an
 * answer is bounded, and what takes longer than the limit has failed.
 *
 * Belongs to the loop's thread. */
#ifndef BUS_RUN_CLIENT_H
#define BUS_RUN_CLIENT_H

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/run/loop.h"

#define BUS_RUN_CLIENT_HEADERS 8

struct bus_run_client;
struct bus_run_client_conf /* texts are copied */
{
    const char *ca_file;              /* PEM; NULL: the system's */
    const char *cert_file, *key_file; /* shown; NULL: nothing is */
    bool plain;                       /* http:// may be spoken */
    int64_t timeout_ms;               /* of one POST, connecting included */
    size_t connections;               /* at once */
    size_t answer_max;                /* bytes of a body */
};

struct bus_run_client_answer /* for the call only */
{
    /* BUS_OK: status and body. BUS_EAWAY: nobody was reached, nothing was
     * asked. BUS_ETIMEOUT, BUS_EIO: it may have been asked, there is no answer.
     * BUS_ETOOBIG: a status, and a body over the limit. */
    int rc;
    long status;
    int64_t retry_after_ms; /* at most 6 h, as libcurl has it; -1: none said */
    struct bus_strv type, body;
    int64_t took_ms;
    struct bus_err err; /* nothing of what was asked or said */
};
struct bus_run_client_post /* borrowed until done() */
{
    const char *url;
    bool get; /* a GET: without a body */
    struct bus_strv body;
    const char *headers[BUS_RUN_CLIENT_HEADERS]; /* "Name: value"; NULL ends */
    /* Once for each post, unless it is called off; it may post again. */
    void (*done)(void *data, const struct bus_run_client_answer *a);
    void *data;
};

/* BUS_ECONFIG: a file that cannot be used, with its name. */
int bus_run_client_open(struct bus_run_loop *loop,
                        const struct bus_run_client_conf *conf,
                        struct bus_run_client **ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* done() is never called from in here. */
int bus_run_client_post(struct bus_run_client *c,
                        const struct bus_run_client_post *post,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Calls off what is under way: no done() comes. */
void bus_run_client_drop(struct bus_run_client *c);
/* Drops, and frees with the loop's next turn. NULL is allowed. */
void bus_run_client_close(struct bus_run_client *c);

#endif
