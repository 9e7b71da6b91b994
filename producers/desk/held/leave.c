/* Those whose time is over leave, one desk each. */
#include <string.h>

#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/web/fetch.h"
#include "producers/desk/held/held.h"
#include "producers/desk/sql/held_claim.h"
#include "producers/desk/sql/held_end.h"

#define TICK_MS     1000
#define AT_ONCE     8
#define AT_ONCE_SQL "8"
#define MEM_BLOCK   (64u << 10)
#define MEM_MAX     (64u << 20)

struct leaver
{
    struct desk_leaving *all;
    char application[BUS_ID_TEXT + 1];
    const char *sealed; /* as hex digits */
    const char *end;    /* the state it gets */
    json_t *form;       /* what is sent is in it */
    struct bus_web_fetch fetch;
};
struct desk_leaving
{
    struct desk *desk;
    struct bus_timer *ticker;
    struct bus_arena mem; /* of those on their way */
    struct leaver list[AT_ONCE];
    size_t count, on_their_way;
    bool busy;
};

static void leave_over(struct desk_leaving *l)
{
    l->count = 0;
    bus_arena_reset(&l->mem);
    l->busy = false;
}

/* --- written down --- */

static int end_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct leaver *x = data;
    const char *const params[] = {x->application, x->end};
    return bus_pg_query(pg, producers_desk_sql_held_end, params, 2, NULL, err);
}

static void end_done(void *data, int rc, const struct bus_err *err)
{
    const struct leaver *x = data;
    (void)err; /* sent again in a minute: the same application */
    if (rc == BUS_OK && strcmp(x->end, "returned") == 0) {
        bus_log(BUS_LOG_WARN, "submitted, and intake does not take it",
                "application=%s status=%ld", x->application, x->fetch.status);
    }
    if (--x->all->on_their_way == 0) {
        leave_over(x->all);
    }
}

static void leave_end(struct leaver *x, const char *state)
{
    struct bus_web_job job = {end_run, end_done, x};
    struct bus_err none = {0};
    json_decref(x->form);
    x->form = NULL;
    x->end = state;
    if (bus_web_pool_put(x->all->desk->pool, &job, NULL) != BUS_OK) {
        end_done(x, BUS_EAWAY, &none);
    }
}

/* --- sent --- */

static void leave_answered(struct bus_web_fetch *f)
{
    struct leaver *x = f->data;
    long status = f->rc == BUS_OK ? f->status : 0;
    bool taken = status == 202;
    bool never =
        status == 400 || status == 401 || status == 413 || status == 422;
    bus_buf_fini(&f->answer);
    leave_end(x, taken ? "left" : never ? "returned" : "changeable");
}

static const char *leave_text(const struct leaver *x, const char *key)
{
    const char *s = json_string_value(json_object_get(x->form, key));
    return s != NULL ? s : "";
}

static void leave_forward(struct leaver *x)
{
    const struct desk *d = x->all->desk;
    struct bus_arena *mem = &x->all->mem;
    struct bus_err err;
    x->form = desk_draft_open(d, mem, "desk_held", x->application, x->sealed);
    x->fetch = (struct bus_web_fetch){
        .url =
            bus_arena_printf(mem, "%s/v1/applications", d->config->desk.intake),
        .body = bus_strv(leave_text(x, "body")),
        .authorization = leave_text(x, "admission"),
        .key = leave_text(x, "reference"),
        .ca_file = d->config->desk.intake_ca,
        .done = leave_answered,
        .data = x};
    if (x->form == NULL) {
        bus_log(BUS_LOG_ERROR, "submitted, and no key opens it",
                "application=%s", x->application);
    }
    if (x->form == NULL || x->fetch.url == NULL ||
        bus_web_fetch_post(d->frame->loop, &x->fetch, &err) != BUS_OK) {
        leave_end(x, "changeable");
    }
}

/* --- claimed --- */

static int claim_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct desk_leaving *l = data;
    static const char *const params[] = {AT_ONCE_SQL};
    struct bus_pg_rows *r = NULL;
    int rc = BUS_OK;
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_held_claim, params, 1, &r, err));
    l->count = bus_pg_count(r);
    for (size_t i = 0; i < l->count && i < AT_ONCE; i++) {
        struct leaver *x = &l->list[i];
        *x = (struct leaver){
            .all = l,
            .sealed = bus_arena_strdup(&l->mem, bus_pg_value(r, i, 1))};
        (void)bus_strv_copy(x->application, sizeof(x->application),
                            bus_strv(bus_pg_value(r, i, 0)));
        if (x->sealed == NULL) {
            rc = bus_fail(err, BUS_ENOMEM, "what is to leave");
        }
    }
    bus_pg_rows_free(r);
    return rc;
}

static void claim_done(void *data, int rc, const struct bus_err *err)
{
    struct desk_leaving *l = data;
    (void)err;
    if (rc != BUS_OK ||
        l->count == 0) { /* what was claimed is free again soon */
        leave_over(l);
        return;
    }
    l->on_their_way = l->count;
    for (size_t i = 0, n = l->count; i < n; i++) {
        leave_forward(&l->list[i]);
    }
}

static void leave_tick(void *data)
{
    struct desk_leaving *l = data;
    struct bus_web_job job = {claim_run, claim_done, l};
    if (!l->busy && desk_draft_has_key(l->desk)) {
        l->busy = bus_web_pool_put(l->desk->pool, &job, NULL) == BUS_OK;
    }
}

/* --- while the role runs --- */

int desk_leaving_open(struct desk *d,
                      struct desk_leaving **ret,
                      struct bus_err *err)
{
    struct desk_leaving *l = bus_calloc(1, sizeof(*l));
    *ret = l;
    if (l == NULL) {
        return bus_fail(err, BUS_ENOMEM, "what leaves the desk");
    }
    l->desk = d;
    bus_arena_init(&l->mem, MEM_BLOCK, MEM_MAX);
    BUS_TRY(bus_run_timer_new(d->frame->loop, leave_tick, l, &l->ticker, err));
    bus_run_timer_start(l->ticker, TICK_MS, TICK_MS);
    return BUS_OK;
}

void desk_leaving_drain(struct desk_leaving *l)
{
    bus_run_timer_free(l->ticker);
    l->ticker = NULL;
}

void desk_leaving_close(struct desk_leaving *l)
{
    if (l != NULL) {
        desk_leaving_drain(l);
        bus_arena_fini(&l->mem);
        bus_free(l);
    }
}
