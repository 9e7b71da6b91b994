#include "bus/web/pool.h"

#include "bus/base/heap.h"
#include "bus/run/work.h"

#define POOL_WORKERS  2
#define POOL_AGAIN_MS 2000 /* the database is not asked again before */

struct web_worker
{
    struct bus_web_pool *pool;
    struct bus_pg *pg;
    bool busy;
    struct bus_web_job job;
    struct bus_err err;
    int rc;
};
struct bus_web_pool
{
    struct bus_run_loop *loop;
    const char *conninfo;
    int64_t statement_ms;
    struct web_worker workers[POOL_WORKERS];
    struct bus_web_job waiting[BUS_WEB_POOL_WAITING]; /* a ring */
    size_t first, count;
    bool failed; /* the database, at failed_ms */
    uint64_t failed_ms;
};

int bus_web_pool_new(struct bus_run_loop *loop,
                     const char *conninfo,
                     int64_t statement_ms,
                     struct bus_web_pool **ret,
                     struct bus_err *err)
{
    struct bus_web_pool *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "connections to the ledger");
    }
    p->loop = loop;
    p->conninfo = conninfo;
    p->statement_ms = statement_ms;
    for (size_t i = 0; i < POOL_WORKERS; i++) {
        p->workers[i].pool = p;
    }
    *ret = p;
    return BUS_OK;
}

void bus_web_pool_free(struct bus_web_pool *p)
{
    for (size_t i = 0; p != NULL && i < POOL_WORKERS; i++) {
        bus_pg_close(p->workers[i].pg);
    }
    bus_free(p);
}

static void pool_run(void *data)
{
    struct web_worker *w = data;
    const struct bus_web_pool *p = w->pool;
    w->rc = w->pg != NULL
                ? BUS_OK
                : bus_pg_open(p->conninfo, p->statement_ms, &w->pg, &w->err);
    if (w->rc == BUS_OK) {
        w->rc = w->job.run(w->pg, w->job.data, &w->err);
    }
    /* What broke once is opened again; a refusal of the job's own is none. */
    if (w->rc != BUS_OK && w->rc != BUS_EUSAGE &&
        bus_err_act(w->err.code) != BUS_ACT_REJECT) {
        bus_pg_close(w->pg);
        w->pg = NULL;
    }
}

static void pool_next(struct bus_web_pool *p);

static void pool_done(void *data)
{
    struct web_worker *w = data;
    struct bus_web_pool *p = w->pool;
    p->failed = w->rc == BUS_EAWAY;
    p->failed_ms = bus_run_loop_now_ms(p->loop);
    w->job.done(w->job.data, w->rc, &w->err);
    w->busy = false;
    pool_next(p);
}

static void pool_next(struct bus_web_pool *p)
{
    for (size_t i = 0; i < POOL_WORKERS && p->count > 0; i++) {
        struct web_worker *w = &p->workers[i];
        if (w->busy) {
            continue;
        }
        w->job = p->waiting[p->first];
        p->first = (p->first + 1) % BUS_WEB_POOL_WAITING;
        p->count--;
        w->busy = true;
        int rc = bus_run_work(p->loop, pool_run, pool_done, w, &w->err);
        if (rc != BUS_OK) {
            w->busy = false;
            w->job.done(w->job.data, rc, &w->err);
        }
    }
}

int bus_web_pool_put(struct bus_web_pool *p,
                     const struct bus_web_job *job,
                     struct bus_err *err)
{
    if (p->failed &&
        bus_run_loop_now_ms(p->loop) < p->failed_ms + POOL_AGAIN_MS) {
        return bus_fail(err, BUS_EAWAY, "the ledger's database is away");
    }
    if (p->count == BUS_WEB_POOL_WAITING) {
        return bus_fail(err, BUS_EAGAIN, "%d wait for the ledger already",
                        BUS_WEB_POOL_WAITING);
    }
    p->waiting[(p->first + p->count++) % BUS_WEB_POOL_WAITING] = *job;
    pool_next(p);
    return BUS_OK;
}
