#include "producers/intake/reads.h"

#include <string.h>

#include "bus/base/heap.h"
#include "bus/ledger/cases.h"
#include "bus/run/work.h"

#define READERS      2  /* connections, pool threads */
#define WAITING_MAX  64 /* requests behind them */
#define STATEMENT_MS 5000
#define AGAIN_MS     2000 /* the database is not asked again before */
#define RECENT       65536

struct intake_reads;
struct reading
{
    struct bus_run_http_request *rq;
    bool application;
    struct bus_strv id; /* the request's own */
};
struct reader
{
    struct intake_reads *all;
    struct bus_pg *pg;
    bool busy;
    struct reading now;
    struct bus_buf out;
    struct bus_err err;
    int rc;
};
struct intake_reads
{
    struct bus_role_frame *frame;
    struct bus_ledger_cases cases;
    struct reader readers[READERS];
    struct reading waiting[WAITING_MAX]; /* a ring */
    size_t first, count;
    bool failed; /* the database, at failed_ms */
    uint64_t failed_ms;
    struct bus_id recent[RECENT]; /* by the id's own bits; a later one wins */
};

int intake_reads_open(struct bus_role_frame *frame,
                      struct intake_reads **ret,
                      struct bus_err *err)
{
    struct intake_reads *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "reading the ledger");
    }
    r->frame = frame;
    r->cases.config = &frame->config;
    r->cases.catalogue = bus_role_frame_catalogue(&frame->config);
    for (size_t i = 0; i < READERS; i++) {
        r->readers[i].all = r;
    }
    *ret = r;
    return BUS_OK;
}

void intake_reads_close(struct intake_reads *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        bus_pg_close(r->readers[i].pg);
        bus_buf_fini(&r->readers[i].out);
    }
    bus_policy_catalogue_free(
        (struct bus_policy_catalogue *)r->cases.catalogue);
    bus_free(r);
}

static size_t recent_slot(const struct bus_id *id)
{
    uint32_t bits;
    memcpy(&bits, id->b, sizeof(bits)); /* derived ids are hashes */
    return bits % RECENT;
}

void intake_reads_note(struct intake_reads *r, const struct bus_id *application)
{
    if (r != NULL) {
        r->recent[recent_slot(application)] = *application;
    }
}

static bool reads_noted(const struct intake_reads *r, struct bus_strv id)
{
    struct bus_id parsed;
    return bus_id_parse(id, &parsed) &&
           bus_id_eq(&r->recent[recent_slot(&parsed)], &parsed);
}

/* --- answers --- */

static void reads_away(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", "5");
    bus_run_http_problem(rq, 503,
                         "the ledger is away; what was applied for goes on all "
                         "the same, ask again later",
                         "台账暂不可用, 申请照常办理, 请稍后再查");
}

static void nobody(const struct reading *q)
{
    bus_run_http_set(q->rq, "Retry-After", "5");
    if (q->application) {
        bus_run_http_problem(
            q->rq, 404,
            "no application of this id is known; the ledger is "
            "behind by some moments",
            "没有此编号的申请; 台账略有延迟, 可稍后再查");
    } else {
        bus_run_http_problem(
            q->rq, 404,
            "no case of this id is known; the ledger is behind "
            "by some moments",
            "没有此编号的个案; 台账略有延迟, 可稍后再查");
    }
}

static void reads_answer(struct intake_reads *r, struct reader *d)
{
    struct bus_run_http_request *rq = d->now.rq;
    if (d->rc == BUS_EUNKNOWN && d->now.application &&
        reads_noted(r, d->now.id)) {
        bus_buf_clear(&d->out);
        d->rc = bus_ledger_accepted(&r->cases, d->now.id, &d->out, &d->err);
    }
    if (d->rc == BUS_OK) {
        bus_run_http_set(rq, "Cache-Control", "no-store");
        bus_run_http_answer(rq, 200, "application/json", d->out.data,
                            d->out.len);
    } else if (d->rc == BUS_EUNKNOWN) {
        nobody(&d->now);
    } else if (d->rc == BUS_EUSAGE) {
        bus_run_http_problem(rq, 400, d->err.msg, "编号格式不对, 应为36个字符");
    } else if (bus_err_act(d->err.code) == BUS_ACT_RETRY) {
        reads_away(rq);
    } else {
        bus_run_http_problem(rq, 500, "the ledger could not be read",
                             "台账读取出错");
    }
}

/* --- reading --- */

static void read_run(void *data)
{
    struct reader *d = data;
    const struct intake_reads *r = d->all;
    d->rc = BUS_OK;
    bus_buf_clear(&d->out);
    if (d->pg == NULL) {
        d->rc = bus_pg_open(r->frame->config.ledger.conninfo, STATEMENT_MS,
                            &d->pg, &d->err);
    }
    if (d->rc == BUS_OK) {
        d->rc = d->now.application
                    ? bus_ledger_application(&r->cases, d->pg, d->now.id,
                                             &d->out, &d->err)
                    : bus_ledger_case(&r->cases, d->pg, d->now.id, &d->out,
                                      &d->err);
    }
    if (d->rc != BUS_OK && bus_err_act(d->err.code) != BUS_ACT_REJECT &&
        d->rc != BUS_EUSAGE) {
        bus_pg_close(d->pg);
        d->pg = NULL;
    }
}

static void reads_next(struct intake_reads *r);

static void read_done(void *data)
{
    struct reader *d = data;
    struct intake_reads *r = d->all;
    r->failed = d->rc == BUS_EAWAY;
    r->failed_ms = bus_run_loop_now_ms(r->frame->loop);
    reads_answer(r, d);
    d->busy = false;
    reads_next(r);
}

static void reads_next(struct intake_reads *r)
{
    for (size_t i = 0; i < READERS && r->count > 0; i++) {
        struct reader *d = &r->readers[i];
        if (d->busy) {
            continue;
        }
        d->now = r->waiting[r->first];
        r->first = (r->first + 1) % WAITING_MAX;
        r->count--;
        d->busy = true;
        if (bus_run_work(r->frame->loop, read_run, read_done, d, &d->err) !=
            BUS_OK) {
            d->busy = false;
            reads_away(d->now.rq);
        }
    }
}

static void reads_ask(struct intake_reads *r,
                      struct bus_run_http_request *rq,
                      bool application)
{
    bool too_early = r->failed && bus_run_loop_now_ms(r->frame->loop) <
                                      r->failed_ms + AGAIN_MS;
    if (r->cases.catalogue == NULL || r->count == WAITING_MAX || too_early) {
        reads_away(rq);
        return;
    }
    r->waiting[(r->first + r->count++) % WAITING_MAX] =
        (struct reading){.rq = rq,
                         .application = application,
                         .id = bus_run_http_param(rq, "id")};
    reads_next(r);
}

static void get_application(struct bus_run_http_request *rq, void *data)
{
    reads_ask(data, rq, true);
}

static void get_case(struct bus_run_http_request *rq, void *data)
{
    reads_ask(data, rq, false);
}

int intake_reads_routes(struct intake_reads *r, struct bus_err *err)
{
    struct bus_run_http *h = r->frame->http;
    BUS_TRY(bus_run_http_route(h, "GET", "/v1/applications/{id}",
                               get_application, r, err));
    return bus_run_http_route(h, "GET", "/v1/cases/{id}", get_case, r, err);
}
