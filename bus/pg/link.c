/* The happy path: PQconnectStart, poll until it stands, pipeline mode, up();
 * send(): prepare what is new, the statements, one sync; results are read as
 * they come and end with the sync's own.
 *
 * - the server cannot be reached, or BUS_PG_CONNECT_MS go by: back-off, again
 * - the connection breaks: units in flight answer BUS_EAWAY, down(), back-off
 * - a statement fails: its unit's other results are "aborted" until its sync;
 *   the next unit is untouched
 * - a statement cannot be prepared: the unit fails with that error
 *
 * PQgetResult() is only called while PQisBusy() says no: behind a NULL it would
 * block, the server waiting for a sync, we for rows. */
#include "bus/pg/link.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/pg/parts.h"
#include "bus/run/backoff.h"

#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 10000

struct unit
{
    bus_pg_done done; /* NULL: our own */
    void *token;
    PGresult *rows; /* of the last statement */
    struct bus_err err;
};
struct bus_pg_link
{
    struct bus_pg_link_conf conf;
    struct bus_run_loop *loop;
    PGconn *conn;
    uv_poll_t *poll; /* of its socket; freed when closed */
    int fd;
    struct bus_timer *timer; /* the next try, or the end of this one */
    struct bus_run_backoff backoff;
    enum pg_link_state state;
    int calling; /* depth of callbacks: memory stays until they return */
    struct unit units[BUS_PG_UNITS + 1]; /* a ring */
    size_t first, count;
    const char *prepared[BUS_PG_STATEMENTS];
    size_t prepared_count;
};

static void on_link_poll(uv_poll_t *poll, int status, int events);
static void connect_now(void *data);

static void link_move(struct bus_pg_link *l, enum pg_link_event event)
{
    l->state = pg_link_moved(l->state, event);
}

static bool link_is_trying(const struct bus_pg_link *l)
{
    return l->state == PG_LINK_CONNECTING || l->state == PG_LINK_RETRYING;
}

/* --- the socket --- */

static void on_link_closed(uv_handle_t *h)
{
    bus_free(h);
}

static void unwatch(struct bus_pg_link *l)
{
    if (l->poll != NULL) {
        (void)uv_poll_stop(l->poll);
        uv_close((uv_handle_t *)l->poll, on_link_closed);
        l->poll = NULL;
        l->fd = -1;
    }
}

/* libpq may change the socket while it connects. False here and below: the
 * connection is lost. */
static bool link_watch(struct bus_pg_link *l, int events)
{
    int fd = PQsocket(l->conn);
    if (l->poll == NULL || fd != l->fd) {
        unwatch(l);
        l->poll = fd < 0 ? NULL : bus_calloc(1, sizeof(*l->poll));
        if (l->poll == NULL) {
            return false;
        }
        if (uv_poll_init(bus_run_loop_uv(l->loop), l->poll, fd) != 0) {
            bus_free(l->poll);
            l->poll = NULL;
            return false;
        }
        l->poll->data = l;
        l->fd = fd;
    }
    return uv_poll_start(l->poll, events, on_link_poll) == 0;
}

static void release(struct bus_pg_link *l)
{
    BUS_CHECK(l->calling >= 0);
    if (l->state == PG_LINK_CLOSED && l->calling == 0) {
        bus_free(l);
    }
}

/* --- units --- */

/* Takes the oldest out and answers it. */
static void finish_unit(struct bus_pg_link *l)
{
    BUS_CHECK(l->count > 0 && l->count <= BUS_PG_UNITS);
    struct unit u = l->units[l->first];
    l->first = (l->first + 1) % (BUS_PG_UNITS + 1);
    l->count--;
    bool failed = u.err.code != BUS_OK;
    if (u.done == NULL && failed) {
        /* A statement the server does not know now: that unit's fault if it
         * is one, and a fresh connection knows what it knows. */
        if (l->count > 0) {
            l->units[l->first].err = u.err;
        }
        if (bus_err_act(u.err.code) == BUS_ACT_RETRY) {
            bus_pg_link_drop(l);
        }
    }
    if (u.done != NULL && l->state != PG_LINK_CLOSED) {
        u.done(u.token, failed ? NULL : (const struct bus_pg_rows *)u.rows,
               failed ? &u.err : NULL);
    }
    PQclear(u.rows);
}

/* The connection is no more: who waits is told, then the next try. */
static void link_lost(struct bus_pg_link *l, const struct bus_err *why)
{
    struct bus_err err = *why;
    bool told = l->state == PG_LINK_RETRYING;
    l->calling++;
    link_move(l, PG_LINK_LOSE);
    unwatch(l);
    PQfinish(l->conn);
    l->conn = NULL;
    l->prepared_count = 0;
    for (size_t n = l->count; n > 0 && l->state != PG_LINK_CLOSED; n--) {
        struct unit *u = &l->units[l->first];
        if (u->err.code == BUS_OK ||
            bus_err_act(u->err.code) == BUS_ACT_RETRY) {
            u->err = err;
        }
        finish_unit(l);
    }
    if (!told && l->state == PG_LINK_AWAY) {
        l->conf.down(l->conf.data, &err);
    }
    if (l->state == PG_LINK_AWAY) {
        bus_run_timer_start(l->timer, bus_run_backoff_next_ms(&l->backoff), 0);
    }
    l->calling--;
    release(l);
}

static void lost_as(struct bus_pg_link *l, const PGresult *r)
{
    struct bus_err err;
    (void)pg_fail(l->conn, r, &err);
    err.code = BUS_EAWAY;
    link_lost(l, &err);
}

static bool link_push(struct bus_pg_link *l, bus_pg_done done, void *token)
{
    size_t at = (l->first + l->count) % (BUS_PG_UNITS + 1);
    BUS_CHECK(l->count < BUS_PG_UNITS);
    l->units[at] = (struct unit){.done = done, .token = token};
    l->count++;
    return PQpipelineSync(l->conn) == 1;
}

static bool link_arm(struct bus_pg_link *l)
{
    int more = PQflush(l->conn);
    return more >= 0 &&
           link_watch(l, UV_READABLE | (more > 0 ? UV_WRITABLE : 0));
}

/* --- connecting --- */

static void came_up(struct bus_pg_link *l)
{
    char sql[96];
    (void)snprintf(sql, sizeof(sql), "SET statement_timeout = %" PRId64,
                   l->conf.statement_ms);
    bus_run_timer_stop(l->timer);
    bool fine =
        PQsetnonblocking(l->conn, 1) == 0 &&
        PQenterPipelineMode(l->conn) == 1 &&
        PQsendQueryParams(l->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1 &&
        link_push(l, NULL, NULL) && link_arm(l);
    if (!fine) {
        lost_as(l, NULL);
        return;
    }
    bus_run_backoff_reset(&l->backoff);
    link_move(l, PG_LINK_STAND);
    l->calling++;
    l->conf.up(l->conf.data);
    l->calling--;
    release(l);
}

static void go_on_connecting(struct bus_pg_link *l)
{
    unwatch(l); /* another address may get a socket of the same number */
    PostgresPollingStatusType st = PQconnectPoll(l->conn);
    if (st == PGRES_POLLING_OK) {
        came_up(l);
    } else if (st == PGRES_POLLING_FAILED ||
               !link_watch(l, st == PGRES_POLLING_WRITING ? UV_WRITABLE
                                                          : UV_READABLE)) {
        lost_as(l, NULL);
    }
}

static void on_link_timer(void *data)
{
    struct bus_pg_link *l = data;
    if (l->state == PG_LINK_BROKEN) {
        lost_as(l, NULL);
    } else if (link_is_trying(l)) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_EAWAY,
                       "the database did not answer within %d ms",
                       BUS_PG_CONNECT_MS);
        link_lost(l, &err);
    } else {
        connect_now(l);
    }
}

static void connect_now(void *data)
{
    struct bus_pg_link *l = data;
    link_move(l, PG_LINK_TRY);
    l->conn = PQconnectStart(l->conf.conninfo);
    if (l->conn == NULL || PQstatus(l->conn) == CONNECTION_BAD ||
        !link_watch(l, UV_WRITABLE)) {
        lost_as(l, NULL);
        return;
    }
    bus_run_timer_start(l->timer, BUS_PG_CONNECT_MS, 0);
}

/* --- results --- */

static void take_result(struct bus_pg_link *l, PGresult *r)
{
    struct unit *u = &l->units[l->first];
    ExecStatusType st = PQresultStatus(r);
    if (st == PGRES_PIPELINE_SYNC) {
        finish_unit(l);
    } else if (st == PGRES_TUPLES_OK) {
        PQclear(u->rows);
        u->rows = r;
        return;
    } else if (st == PGRES_FATAL_ERROR && u->err.code == BUS_OK) {
        (void)pg_fail(l->conn, r, &u->err);
    }
    PQclear(r);
}

static void read_results(struct bus_pg_link *l)
{
    int ends = 0;
    while (l->state == PG_LINK_UP && l->count > 0 && !PQisBusy(l->conn)) {
        PGresult *r = PQgetResult(l->conn);
        if (r == NULL) {
            if (++ends > 1) {
                return;
            }
            continue;
        }
        ends = 0;
        take_result(l, r);
    }
}

static void on_link_poll(uv_poll_t *poll, int status, int events)
{
    struct bus_pg_link *l = poll->data;
    l->calling++;
    if (link_is_trying(l)) {
        go_on_connecting(l);
    } else if (status < 0 ||
               ((events & UV_READABLE) != 0 && PQconsumeInput(l->conn) != 1)) {
        lost_as(l, NULL);
    } else {
        read_results(l);
        if (l->state == PG_LINK_UP &&
            (PQstatus(l->conn) != CONNECTION_OK || !link_arm(l))) {
            lost_as(l, NULL);
        }
    }
    l->calling--;
    release(l);
}

/* --- the contract --- */

int bus_pg_link_open(struct bus_run_loop *loop,
                     const struct bus_pg_link_conf *conf,
                     struct bus_pg_link **ret,
                     struct bus_err *err)
{
    struct bus_pg_link *l = bus_calloc(1, sizeof(*l));
    if (l == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a connection");
    }
    l->conf = *conf;
    l->loop = loop;
    l->fd = -1;
    l->backoff = (struct bus_run_backoff){
        .min_ms = conf->retry_min_ms ? conf->retry_min_ms : RETRY_MIN_MS,
        .max_ms = conf->retry_max_ms ? conf->retry_max_ms : RETRY_MAX_MS};
    int rc = bus_run_timer_new(loop, on_link_timer, l, &l->timer, err);
    if (rc != BUS_OK) {
        bus_free(l);
        return rc;
    }
    bus_run_timer_start(l->timer, 0, 0);
    *ret = l;
    return BUS_OK;
}

void bus_pg_link_close(struct bus_pg_link *l)
{
    if (l == NULL) {
        return;
    }
    link_move(l, PG_LINK_CLOSE);
    bus_run_timer_free(l->timer);
    unwatch(l);
    while (l->count > 0) {
        finish_unit(l); /* says nothing any more */
    }
    PQfinish(l->conn);
    l->conn = NULL;
    release(l);
}

bool bus_pg_link_up(const struct bus_pg_link *l)
{
    return l->state == PG_LINK_UP;
}

static bool link_prepare(struct bus_pg_link *l,
                         const char *sql,
                         char name[16],
                         bool *ret_fine)
{
    size_t i = 0;
    while (i < l->prepared_count && l->prepared[i] != sql) {
        i++;
    }
    (void)snprintf(name, 16, "s%zu", i % BUS_PG_STATEMENTS);
    *ret_fine = i < BUS_PG_STATEMENTS;
    if (i < l->prepared_count || !*ret_fine) {
        return true;
    }
    l->prepared[l->prepared_count++] = sql;
    return PQsendPrepare(l->conn, name, sql, 0, NULL) == 1;
}

static bool
send_call(struct bus_pg_link *l, const struct bus_pg_call *c, const char *name)
{
    const char *values[BUS_PG_PARAMS];
    int lengths[BUS_PG_PARAMS], formats[BUS_PG_PARAMS];
    for (size_t i = 0; i < c->n; i++) {
        values[i] = c->params[i].p;
        lengths[i] = (int)c->params[i].n;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(l->conn, name, (int)c->n, values, lengths,
                               formats, 0) == 1;
}

int bus_pg_link_send(struct bus_pg_link *l,
                     const struct bus_pg_call *calls,
                     size_t n,
                     bus_pg_done done,
                     void *token,
                     struct bus_err *err)
{
    char names[BUS_PG_UNIT_CALLS][16];
    bool fine = n <= BUS_PG_UNIT_CALLS, sent = true;
    if (l->state != PG_LINK_UP) {
        return bus_fail(err, BUS_EAWAY, "the database is away");
    }
    if (l->count >= BUS_PG_UNITS - 1) {
        return bus_fail(err, BUS_EAGAIN, "%zu units wait", l->count);
    }
    /* What is new is prepared in a unit before, so that the fate of this one
     * does not decide whether the server knows it. */
    size_t known = l->prepared_count;
    for (size_t i = 0; fine && sent && i < n; i++) {
        fine = calls[i].n <= BUS_PG_PARAMS;
        sent = fine && link_prepare(l, calls[i].sql, names[i], &fine);
    }
    if (!fine) {
        return bus_fail(err, BUS_EBUG,
                        "over %d statements a unit, %d parameters or %d "
                        "statements a link",
                        BUS_PG_UNIT_CALLS, BUS_PG_PARAMS, BUS_PG_STATEMENTS);
    }
    sent = sent && (l->prepared_count == known || link_push(l, NULL, NULL));
    for (size_t i = 0; sent && i < n; i++) {
        sent = send_call(l, &calls[i], names[i]);
    }
    /* What failed half-way breaks the connection, and that answers all. */
    sent = link_push(l, done, token) && sent;
    if (!sent || !link_arm(l)) {
        bus_pg_link_drop(l);
    }
    return BUS_OK;
}

/* libpq closes the socket of a connection that it finds broken, so nothing may
 * wait on it any more; who waits for answers is told from the loop. */
void bus_pg_link_drop(struct bus_pg_link *l)
{
    if (l->state == PG_LINK_UP) {
        link_move(l, PG_LINK_DROP);
        unwatch(l);
        bus_run_timer_start(l->timer, 0, 0);
    }
}
