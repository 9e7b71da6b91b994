/* The words of a request, sealed; and the list of them on a case. */
#include <string.h>

#include "producers/desk/requests/requests.h"
#include "producers/desk/sql/request_find.h"
#include "producers/desk/sql/request_keep.h"

struct request_keeping
{
    const char *request, *application, *sealed;
    void (*then)(void *data);
    void *data;
};

static int request_keep_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct request_keeping *k = data;
    const char *const params[] = {k->request, k->application, k->sealed};
    return bus_pg_query(pg, producers_desk_sql_request_keep, params, 3, NULL,
                        err);
}

static void request_keep_done(void *data, int rc, const struct bus_err *err)
{
    const struct request_keeping *k = data;
    (void)rc; /* it was taken all the same */
    (void)err;
    k->then(k->data);
}

void desk_request_keep(struct desk_visit *v,
                       const char *request,
                       const char *application,
                       void (*then)(void *data),
                       void *data)
{
    struct request_keeping *k = bus_arena_calloc(v->mem, 1, sizeof(*k));
    struct bus_web_job job = {request_keep_run, request_keep_done, k};
    struct bus_strv reason = bus_web_field(&v->fields, "reason");
    if (k == NULL || reason.n == 0 || request[0] == '\0' ||
        !desk_draft_has_key(v->desk)) {
        then(data);
        return;
    }
    *k = (struct request_keeping){
        .request = request,
        .application = application,
        .then = then,
        .data = data,
        .sealed =
            desk_draft_seal(v->desk, v->mem, "desk_request", request,
                            json_pack("{s:s%}", "reason", reason.p, reason.n))};
    if (k->sealed == NULL ||
        bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        then(data);
    }
}

/* --- read again --- */

static json_t *request_of(json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);
        if (strcmp(desk_case_code(row, "request_id"), id) == 0) {
            return row;
        }
    }
    return NULL;
}

int desk_request_find(struct bus_pg *pg,
                      json_t *document,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    json_t *list = json_object_get(document, "requests");
    struct bus_pg_rows *r = NULL;
    const char *ids = "";
    for (size_t i = 0; ids != NULL && i < json_array_size(list); i++) {
        const char *id = desk_case_code(json_array_get(list, i), "request_id");
        if (id[0] != '\0') { /* its words are his to read */
            ids = bus_arena_printf(mem, "%s%s%s", ids,
                                   ids[0] != '\0' ? "," : "", id);
        }
    }
    if (ids != NULL && ids[0] == '\0') {
        return BUS_OK;
    }
    const char *param = ids != NULL ? bus_arena_printf(mem, "{%s}", ids) : NULL;
    if (param == NULL) {
        return bus_fail(err, BUS_ENOMEM, "requests of a case");
    }
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_request_find, &param, 1, &r, err));
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        json_t *row = request_of(list, bus_pg_value(r, i, 0));
        (void)json_object_set_new(row, "sealed",
                                  json_string(bus_pg_value(r, i, 1)));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static const char *request_words(const struct desk_visit *v, const json_t *row)
{
    const char *sealed = desk_case_code(row, "sealed");
    if (sealed[0] == '\0') {
        return strcmp(desk_case_code(row, "kind"), "OBJECT") == 0
                   ? desk_word_of(v, DESK_WORD_REQUEST_WORDS_ELSEWHERE)
                   : "";
    }
    json_t *all = desk_draft_open(v->desk, v->mem, "desk_request",
                                  desk_case_code(row, "request_id"), sealed);
    const char *reason = json_string_value(json_object_get(all, "reason"));
    const char *words =
        reason != NULL ? bus_arena_strdup(v->mem, reason) : NULL;
    json_decref(all);
    return words != NULL ? words
                         : desk_word_of(v, DESK_WORD_REQUEST_WORDS_ELSEWHERE);
}

static const char *
request_text(const struct desk_visit *v, const json_t *row, const char *key)
{
    return desk_printf(v, "%s", desk_json_text(v, json_object_get(row, key)));
}

void desk_request_rows(const struct desk_visit *v,
                       const json_t *document,
                       struct desk_case *page)
{
    const json_t *list = json_object_get(document, "requests");
    size_t n = json_array_size(list);
    struct desk_requested *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    page->requested_count = rows != NULL ? n : 0;
    for (size_t i = 0; i < page->requested_count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *at = desk_case_code(row, "at");
        const char *by = desk_case_code(row, "said_by");
        const char *state = request_text(v, row, "state");
        rows[i] = (struct desk_requested){
            .at = strlen(at) >= 16 ? desk_printf(v, "%.10s %.5s", at, at + 11)
                                   : "",
            .kind = request_text(v, row, "kind"),
            .item = request_text(v, row, "item"),
            .reason = request_words(v, row),
            .by = by[0] != '\0' ? desk_printf(v, "%s", by)
                                : desk_word_of(v, DESK_WORD_REQUEST_APPLICANT),
            .state = state[0] != '\0'
                         ? state
                         : desk_word_of(v, DESK_WORD_REQUEST_RECEIVED)};
    }
    page->requested = rows;
}
