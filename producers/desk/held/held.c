/* Keeping it, and its page: change and withdraw. */
#include "producers/desk/held/held.h"

#include <string.h>

#include "bus/web/readlog.h"
#include "producers/desk/sql/held_find.h"
#include "producers/desk/sql/held_keep.h"
#include "producers/desk/sql/held_withdraw.h"

enum desk_held_is desk_held_of(const char *state)
{
    static const char *const states[] = {[DESK_HELD_NONE] = "",
                                         [DESK_HELD_OPEN] = "open",
                                         [DESK_HELD_LEAVING] = "leaving",
                                         [DESK_HELD_LEFT] = "left",
                                         [DESK_HELD_WITHDRAWN] = "withdrawn",
                                         [DESK_HELD_RETURNED] = "returned"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(states[i], state) == 0) {
            return (enum desk_held_is)i;
        }
    }
    return DESK_HELD_NONE;
}

enum desk_word desk_held_word(enum desk_held_is is)
{
    return is == DESK_HELD_OPEN        ? DESK_WORD_HELD_OPEN
           : is == DESK_HELD_WITHDRAWN ? DESK_WORD_HELD_WITHDRAWN
           : is == DESK_HELD_RETURNED  ? DESK_WORD_HELD_RETURNED
           : is == DESK_HELD_LEFT      ? DESK_WORD_HELD_LEFT
                                       : DESK_WORD_HELD_LEAVING;
}

bool desk_holds(const struct desk *d)
{
    return d->config->http.changeable_ms > 0 && desk_draft_has_key(d);
}

/* --- keeping it --- */

struct holding
{
    struct applying *a;
    void (*then)(struct applying *a, enum desk_held_is is, const char *until);
    const char *account, *sealed, *until_ms;
    char second[DESK_DRAFT_SECOND + 1];
    enum desk_held_is is;
    const char *until;
};

static int held_find(struct bus_pg *pg,
                     const struct desk_visit *v,
                     const char *application,
                     enum desk_held_is *ret_is,
                     const char **ret_until,
                     const char **ret_sealed,
                     struct bus_err *err)
{
    const char *const params[] = {application, v->caller.org};
    struct bus_pg_rows *r = NULL;
    *ret_is = DESK_HELD_NONE;
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_held_find, params, 2, &r, err));
    if (bus_pg_count(r) > 0) {
        *ret_is = desk_held_of(bus_pg_value(r, 0, 0));
        *ret_until = bus_arena_strdup(v->mem, bus_pg_value(r, 0, 1));
        *ret_sealed = bus_arena_strdup(v->mem, bus_pg_value(r, 0, 2));
    }
    bus_pg_rows_free(r);
    return *ret_until != NULL && *ret_sealed != NULL
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "what was submitted");
}

static int hold_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct holding *h = data;
    const struct desk_visit *v = h->a->v;
    const char *sealed = "";
    const char *const params[] = {h->a->application, h->second, h->account,
                                  v->caller.org,     h->sealed, h->until_ms};
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_held_keep, params, 6, NULL, err));
    return held_find(pg, v, h->a->application, &h->is, &h->until, &sealed, err);
}

static void hold_done(void *data, int rc, const struct bus_err *err)
{
    struct holding *h = data;
    (void)err;
    h->then(h->a, rc == BUS_OK ? h->is : DESK_HELD_AWAY, h->until);
}

void desk_hold(struct applying *a,
               const char *admission,
               const char *body,
               void (*then)(struct applying *a,
                            enum desk_held_is is,
                            const char *until))
{
    static const char account[] = "account ";
    struct desk_visit *v = a->v;
    struct holding *h = bus_arena_calloc(v->mem, 1, sizeof(*h));
    struct bus_web_job job = {hold_run, hold_done, h};
    json_t *all = desk_draft_json(a);
    (void)json_object_set_new(all, "admission", json_string(admission));
    (void)json_object_set_new(all, "body", json_string(body));
    if (h != NULL) {
        *h = (struct holding){
            .a = a,
            .then = then,
            .until = "",
            .account = v->caller.name + sizeof(account) - 1,
            .until_ms = desk_printf(
                v, "%lld", (long long)v->desk->config->http.changeable_ms),
            .sealed = desk_draft_seal(v->desk, v->mem, "desk_held",
                                      a->application, all)};
    } else {
        json_decref(all);
    }
    if (h == NULL || h->sealed == NULL ||
        !desk_draft_second(v, a->application, desk_draft_last(v), h->second) ||
        bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        then(a, DESK_HELD_AWAY, "");
    }
}

/* --- its page --- */

struct sent_look
{
    struct desk_visit *v;
    char id[BUS_ID_TEXT + 1];
    const char *why; /* for the reading log */
    bool withdraws;
    enum desk_held_is is;
    const char *until, *sealed;
};

static void sent_show(const struct sent_look *s, int status)
{
    const struct desk_visit *v = s->v;
    struct bus_buf out;
    struct desk_sent page = {
        .head = desk_head_of(v, DESK_WORD_HELD, DESK_AT_APPLY),
        .application = s->id,
        .state = desk_word_of(v, desk_held_word(s->is)),
        .until = s->is == DESK_HELD_OPEN ? s->until : "",
        .may_change = s->is == DESK_HELD_OPEN || s->is == DESK_HELD_RETURNED,
        .is_over = status == 409};
    page.head.here = desk_printf(v, "/apply/sent/%s?lang=%s", s->id,
                                 v->lang == BUS_WEB_EN ? "zh" : "en");
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_sent(&p, &page);
    desk_page_end(v, status, &p);
}

static int sent_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct sent_look *s = data;
    const struct desk_visit *v = s->v;
    const struct bus_web_read read = {.who = v->caller.name,
                                      .via = "/apply/sent/{application}",
                                      .purpose = s->why,
                                      .record = s->id,
                                      .fields = "submitted, not sent yet"};
    const char *const params[] = {s->id, v->caller.org, ""};
    BUS_TRY(held_find(pg, v, s->id, &s->is, &s->until, &s->sealed, err));
    if (s->is == DESK_HELD_NONE) {
        return BUS_OK;
    }
    BUS_TRY(bus_web_read_note(pg, &read, err));
    if (!s->withdraws) {
        return BUS_OK;
    }
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_held_withdraw, params, 3, NULL,
                         err));
    return held_find(pg, v, s->id, &s->is, &s->until, &s->sealed, err);
}

/* The form again, where its answers are checked. */
static void sent_change(const struct sent_look *s)
{
    struct desk_visit *v = s->v;
    json_t *all =
        desk_draft_open(v->desk, v->mem, "desk_held", s->id, s->sealed);
    struct applying *a = all != NULL ? desk_draft_take(v, all) : NULL;
    json_decref(all);
    if (a == NULL) {
        desk_away(v);
        return;
    }
    a->step = APPLY_CHECK;
    desk_apply_show(a, 200);
}

static void sent_done(void *data, int rc, const struct bus_err *err)
{
    const struct sent_look *s = data;
    bool open = s->is == DESK_HELD_OPEN || s->is == DESK_HELD_RETURNED;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(s->v);
    } else if (s->is == DESK_HELD_NONE) {
        desk_not_there(s->v);
    } else if (strcmp(s->why, "to change") == 0 && open) {
        sent_change(s);
    } else {
        bool asked = strcmp(s->why, "to look") != 0;
        bool well = !asked || s->is == DESK_HELD_WITHDRAWN;
        sent_show(s, well ? 200 : 409);
    }
}

static void sent_of(struct desk_visit *v, const char *why)
{
    struct sent_look *s = bus_arena_calloc(v->mem, 1, sizeof(*s));
    struct bus_web_job job = {sent_run, sent_done, s};
    struct bus_id id;
    if (!v->assists ||
        !bus_id_parse(bus_run_http_param(v->rq, "application"), &id)) {
        desk_not_there(v);
        return;
    }
    if (s == NULL) {
        desk_away(v);
        return;
    }
    *s = (struct sent_look){.v = v,
                            .why = why,
                            .withdraws = strcmp(why, "to withdraw") == 0,
                            .until = "",
                            .sealed = ""};
    (void)bus_id_text(&id, s->id);
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_sent(struct desk_visit *v)
{
    sent_of(v, "to look");
}

void desk_sent_post(struct desk_visit *v)
{
    bool withdraws = bus_strv_is(bus_web_field(&v->fields, "go"), "withdraw");
    sent_of(v, withdraws ? "to withdraw" : "to change");
}
