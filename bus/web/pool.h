/* Blocking work on the database for a role with a loop: a few connections, each
 * on a pool thread while it works, and a short queue before them. */
#ifndef BUS_WEB_POOL_H
#define BUS_WEB_POOL_H

#include "bus/pg/pg.h"
#include "bus/run/loop.h"

#define BUS_WEB_POOL_WAITING 64

struct bus_web_pool;
struct bus_web_job
{
    /* On a pool thread, with a connection that stands. */
    int (*run)(struct bus_pg *pg, void *data, struct bus_err *err);
    /* On the loop's thread, with what run returned, or why it did not run. */
    void (*done)(void *data, int rc, const struct bus_err *err);
    void *data;
};
/* conninfo is borrowed. */
int bus_web_pool_new(struct bus_run_loop *loop,
                     const char *conninfo,
                     int64_t statement_ms,
                     struct bus_web_pool **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* After the loop has ended; NULL is allowed. */
void bus_web_pool_free(struct bus_web_pool *p);
/* BUS_EAGAIN: too many wait already; BUS_EAWAY: the database did not answer a
 * moment ago. Nothing of the job is called then. */
int bus_web_pool_put(struct bus_web_pool *p,
                     const struct bus_web_job *job,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
