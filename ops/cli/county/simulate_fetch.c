/* Events are fetched at the adapter's door, answers posted there: one request
 * at a time. What fails is begun again where it was last said to be safe. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/run/client.h"
#include "ops/cli/county/simulate_parts.h"

#define WAIT_S     2
#define TIMEOUT_MS 20000
#define PAGE_BYTES (8u << 20)
#define CURSOR_MAX 64

struct simulate_fetch
{
    struct bus_run_client *client;
    char door[200], url[320], bearer[200];
    char after[CURSOR_MAX]; /* up to there it is safe here; "": unsaid */
    bool busy;              /* a request is under way */
    json_t *page;
    size_t at; /* of its events */
    struct simulate_said said[SIMULATE_ANSWERS_MAX];
    size_t n, next;
    bool again; /* said[next] has been posted once of two times */
};

static void fetch_given_up(struct simulate_fetch *f)
{
    json_decref(f->page);
    f->page = NULL;
    f->busy = false;
}

static json_t *fetch_event(const struct simulate_fetch *f)
{
    return json_array_get(json_object_get(f->page, "events"), f->at);
}

static int fetch_ask(struct simulate_side *s,
                     bool get,
                     struct bus_strv body,
                     void (*done)(void *, const struct bus_run_client_answer *),
                     struct bus_err *err)
{
    struct simulate_fetch *f = s->own;
    struct bus_run_client_post post = {
        .url = f->url,
        .get = get,
        .body = body,
        .headers = {f->bearer, get ? NULL : "Content-Type: application/json"},
        .done = done,
        .data = s,
    };
    return bus_run_client_post(f->client, &post, err);
}

static int fetch_go_on(struct simulate_side *s, struct bus_err *err);

static void on_fetch_said(void *data, const struct bus_run_client_answer *a)
{
    struct simulate_side *s = data;
    struct simulate_fetch *f = s->own;
    struct bus_err err;
    if (a->rc != BUS_OK || (a->status != 200 && a->status != 422)) {
        fetch_given_up(f);
        return;
    }
    if (a->status == 422) {
        bus_log(BUS_LOG_WARN, "an answer is not taken", "partner=%s",
                s->conf.partner->code);
    }
    f->again = f->said[f->next].twice && !f->again;
    f->next += f->again ? 0 : 1;
    if (fetch_go_on(s, &err) != BUS_OK) {
        fetch_given_up(f);
        cli_simulate_side_failed(s, &err);
    }
}

/* The next answer of the event at hand. */
static int fetch_say(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_fetch *f = s->own;
    BUS_CHECK(f->next < f->n);
    (void)snprintf(f->url, sizeof(f->url), "%s/answers", f->door);
    return fetch_ask(s, false, f->said[f->next].text, on_fetch_said, err);
}

static int fetch_work_out(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_fetch *f = s->own;
    char *text = json_dumps(json_object_get(fetch_event(f), "document"), 0);
    f->next = 0;
    f->again = false;
    int rc = text == NULL
                 ? bus_fail(err, BUS_EPARSE, "an event without a document")
                 : cli_simulate_desk_ask(&s->desk, bus_strv(text), f->said,
                                         &f->n, err);
    free(text);
    return rc;
}

static void on_fetched(void *data, const struct bus_run_client_answer *a)
{
    struct simulate_side *s = data;
    struct simulate_fetch *f = s->own;
    struct bus_err err;
    if (a->rc != BUS_OK || a->status != 200) {
        f->after[0] = a->status == 409 ? '\0' : f->after[0];
        fetch_given_up(f);
        return;
    }
    f->page = json_loadb(a->body.p, a->body.n, 0, NULL);
    f->at = f->n = f->next = 0;
    int rc = BUS_OK;
    if (fetch_event(f) != NULL) {
        rc = fetch_work_out(s, &err);
    }
    if (rc != BUS_OK || fetch_go_on(s, &err) != BUS_OK) {
        fetch_given_up(f);
        cli_simulate_side_failed(s, &err);
    }
}

static int fetch_page(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_fetch *f = s->own;
    json_decref(f->page);
    f->page = NULL;
    f->busy = true;
    (void)snprintf(f->url, sizeof(f->url), "%s/events?wait=%d%s%s", f->door,
                   WAIT_S, f->after[0] != '\0' ? "&after=" : "", f->after);
    return fetch_ask(s, true, (struct bus_strv){0}, on_fetched, err);
}

/* An event without answers left is safe; behind the last one it fetches. */
static int fetch_go_on(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_fetch *f = s->own;
    while (f->next == f->n && fetch_event(f) != NULL) {
        const char *cursor =
            json_string_value(json_object_get(fetch_event(f), "cursor"));
        (void)snprintf(f->after, sizeof(f->after), "%s",
                       cursor != NULL ? cursor : "");
        f->at++;
        f->n = f->next = 0;
        if (fetch_event(f) != NULL) {
            BUS_TRY(fetch_work_out(s, err));
        }
    }
    return fetch_event(f) != NULL ? fetch_say(s, err) : fetch_page(s, err);
}

static int simulate_fetch_look(struct simulate_side *s, struct bus_err *err)
{
    const struct simulate_fetch *f = s->own;
    return f->busy ? BUS_OK : fetch_page(s, err);
}

static void simulate_fetch_close(struct simulate_side *s)
{
    struct simulate_fetch *f = s->own;
    bus_run_client_close(f->client);
    json_decref(f->page);
    bus_free(f);
}

static int simulate_fetch_open(struct simulate_side *s, struct bus_err *err)
{
    const struct bus_run_client_conf conf = {.plain = true,
                                             .timeout_ms = TIMEOUT_MS,
                                             .connections = 1,
                                             .answer_max = PAGE_BYTES};
    struct simulate_fetch *f = bus_calloc(1, sizeof(*f));
    char token[128];
    if (f == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a simulated reader");
    }
    s->own = f;
    BUS_TRY(cli_simulate_side_line(s, "token", token, sizeof(token), err));
    (void)snprintf(f->bearer, sizeof(f->bearer), "Authorization: Bearer %s",
                   token);
    (void)snprintf(f->door, sizeof(f->door),
                   "http://127.0.0.1:%" PRId64 "/v1/partners/%.40s",
                   s->conf.partner->metrics_port, s->conf.partner->code);
    return bus_run_client_open(s->conf.loop, &conf, &f->client, err);
}

const struct simulate_way simulate_way_fetch = {.open = simulate_fetch_open,
                                                .look = simulate_fetch_look,
                                                .close = simulate_fetch_close};
