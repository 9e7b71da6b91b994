/* The cases of a village, a station, a town. */
#include <stdio.h>
#include <string.h>

#include "bus/web/readlog.h"
#include "producers/desk/case_page.h"
#include "producers/desk/held/held.h"
#include "producers/desk/sql/held_list.h"

struct listing
{
    struct desk_visit *v;
    const char *state;
    struct bus_web_scope scope;
    struct bus_buf out;
    json_t *document;
    struct desk_held_row *held;
    size_t held_count;
};

/* What his office has submitted, as long as it is still here. */
static int list_held(struct bus_pg *pg, struct listing *l, struct bus_err *err)
{
    const struct desk_visit *v = l->v;
    const char *const params[] = {v->caller.org};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_held_list, params, 1, &r, err));
    size_t n = bus_pg_count(r);
    l->held = bus_arena_calloc(v->mem, n + 1, sizeof(*l->held));
    l->held_count = l->held != NULL ? n : 0;
    for (size_t i = 0; i < l->held_count; i++) {
        l->held[i] = (struct desk_held_row){
            .application = desk_printf(v, "%s", bus_pg_value(r, i, 0)),
            .state = desk_word_of(
                v, desk_held_word(desk_held_of(bus_pg_value(r, i, 1)))),
            .until = desk_printf(v, "%s", bus_pg_value(r, i, 2))};
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int list_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct listing *l = data;
    const struct desk *d = l->v->desk;
    char place[BUS_REGISTER_TOWN_DIGITS + 4] = "";
    /* A station's code begins with its town's. */
    bool village = bus_conf_village(d->config, bus_strv(l->scope.code)) != NULL;
    struct bus_strv code = bus_strv(l->scope.code);
    code.n = village || code.n < BUS_REGISTER_TOWN_DIGITS
                 ? code.n
                 : BUS_REGISTER_TOWN_DIGITS;
    const struct bus_ledger_cases_query q = {
        .state = l->state,
        .division = bus_strv_copy(place, sizeof(place), code),
        .limit = d->config->desk.rows};
    bus_buf_clear(&l->out);
    BUS_TRY(list_held(pg, l, err));
    BUS_TRY(bus_ledger_list(&d->cases, pg, &q, &l->out, err));
    l->document = json_loadb((const char *)l->out.data, l->out.len, 0, NULL);
    struct bus_web_read read = {.who = l->v->caller.name,
                                .via = "GET /cases",
                                .purpose = "list",
                                .record = l->scope.code,
                                .fields = "list of cases"};
    return l->document == NULL ? bus_fail(err, BUS_ENOMEM, "a list of cases")
                               : bus_web_read_note(pg, &read, err);
}

static const char *
list_text(const struct desk_visit *v, const json_t *row, const char *key)
{
    return desk_printf(v, "%s", desk_json_text(v, json_object_get(row, key)));
}

static void list_rows(const struct listing *l, struct desk_cases *page)
{
    const struct desk_visit *v = l->v;
    const json_t *list = json_object_get(l->document, "cases");
    size_t n = json_array_size(list);
    struct desk_place_row *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = json_string_value(json_object_get(row, "case_id"));
        const char *at = json_string_value(json_object_get(row, "opened_at"));
        int no = (int)json_integer_value(json_object_get(row, "case_no"));
        if (!bus_web_may_place(&l->scope, v->desk->config,
                               desk_case_code(row, "division"))) {
            continue; /* of another station of the town */
        }
        rows[page->rows_count++] = (struct desk_place_row){
            .case_id = desk_printf(v, "%s", id != NULL ? id : ""),
            .case_no =
                desk_say_with(v, DESK_WORD_CASE_NO, desk_printf(v, "%d", no)),
            .village = list_text(v, row, "division"),
            .state = list_text(v, row, "state"),
            .opened_at = desk_printf(v, "%.10s", at != NULL ? at : "")};
    }
    page->rows = rows;
}

static void list_done(void *data, int rc, const struct bus_err *err)
{
    struct listing *l = data;
    struct desk_visit *v = l->v;
    const struct desk_choice states[] = {
        {"", desk_word_of(v, DESK_WORD_ALL_STATES), l->state[0] == '\0'},
        {"OPEN", desk_word_of(v, DESK_WORD_STATE_OPEN),
         strcmp(l->state, "OPEN") == 0},
        {"CLOSED", desk_word_of(v, DESK_WORD_STATE_CLOSED),
         strcmp(l->state, "CLOSED") == 0}};
    struct desk_cases page = {
        .head = desk_head_of(v, DESK_WORD_CASES, DESK_AT_CASES),
        .state = l->state,
        .states = states,
        .states_count = 3,
        .held = l->held,
        .held_count = l->held_count};
    (void)err;
    if (rc == BUS_OK) {
        struct bus_buf out;
        list_rows(l, &page);
        struct bus_web_page p = desk_page_begin(v, &out);
        desk_page_cases(&p, &page);
        desk_page_end(v, 200, &p);
    } else {
        desk_away(v);
    }
    json_decref(l->document);
    bus_buf_fini(&l->out);
}

void desk_cases(struct desk_visit *v)
{
    struct listing *l = bus_arena_calloc(v->mem, 1, sizeof(*l));
    struct bus_web_job job = {list_run, list_done, l};
    struct bus_strv state = bus_run_http_query(v->rq, "state");
    const struct bus_register *held = NULL;
    if (!v->assists) {
        desk_refused(v, DESK_WORD_PLACES_ONLY);
        return;
    }
    if (l == NULL) {
        desk_away(v);
        return;
    }
    l->v = v;
    l->state = bus_strv_is(state, "OPEN")     ? "OPEN"
               : bus_strv_is(state, "CLOSED") ? "CLOSED"
                                              : "";
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    l->scope =
        bus_web_scope_of(&v->caller, v->desk->config, held, desk_today());
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}
