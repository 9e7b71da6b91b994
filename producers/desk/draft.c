#include "producers/desk/draft.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/hex.h"
#include "bus/web/readlog.h"
#include "producers/desk/sql/draft_end.h"
#include "producers/desk/sql/draft_find.h"
#include "producers/desk/sql/draft_keep.h"

#define NUMBER_CHARS 12
#define LAST_BYTES   6
#define DAY_MS       INT64_C(86400000)

struct drafting
{
    struct desk_visit *v;
    struct applying *a;
    void (*then)(struct applying *a);
    char number[NUMBER_CHARS + 1], second[DESK_DRAFT_SECOND + 1];
    const char *sealed; /* as hex digits */
};

bool desk_draft_has_key(const struct desk *d)
{
    return d->signs != NULL &&
           bus_wire_keyring_seals(d->signs, BUS_STRV(DESK_DRAFT_OWNER));
}

/* "abcd-ef01-2345", or without the lines; false: it is none. */
static bool draft_number(struct bus_strv s, char ret[NUMBER_CHARS + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if ((!digit && c != '-' && c != ' ') || (digit && n == NUMBER_CHARS)) {
            return false;
        }
        if (digit) {
            ret[n++] = c;
        }
    }
    ret[n] = '\0';
    return n == NUMBER_CHARS;
}

bool desk_draft_second(const struct desk_visit *v,
                       const char *number,
                       struct bus_strv last,
                       char ret[DESK_DRAFT_SECOND + 1])
{
    uint8_t sum[BUS_WIRE_SUM_BYTES];
    char upper[LAST_BYTES];
    for (size_t i = 0; i < LAST_BYTES && i < last.n; i++) {
        upper[i] = last.p[i] == 'x' ? 'X' : last.p[i];
    }
    const struct bus_strv parts[] = {bus_strv(number), {upper, LAST_BYTES}};
    if (last.n != LAST_BYTES || !desk_draft_has_key(v->desk) ||
        !bus_wire_keyring_sum(v->desk->signs, BUS_STRV(DESK_DRAFT_OWNER), 0,
                              parts, 2, sum)) {
        return false;
    }
    bus_hex_write(sum, sizeof(sum), ret);
    return true;
}

/* --- keeping --- */

json_t *desk_draft_json(const struct applying *a)
{
    json_t *list = json_array();
    json_t *all = json_pack("{s:s, s:i, s:o}", "reference", a->reference,
                            "step", (int)a->step, "fields", list);
    for (size_t i = 0; i < a->v->fields.count; i++) {
        const struct bus_web_field *f = &a->v->fields.list[i];
        if (desk_apply_kept(f)) {
            (void)json_array_append_new(list, json_pack("[s%, s%]", f->name.p,
                                                        f->name.n, f->value.p,
                                                        f->value.n));
        }
    }
    return all;
}

struct bus_strv desk_draft_last(const struct desk_visit *v)
{
    struct bus_strv id_no = bus_web_field(&v->fields, "/members/0/id_no");
    return id_no.n < LAST_BYTES
               ? (struct bus_strv){NULL, 0}
               : (struct bus_strv){id_no.p + id_no.n - LAST_BYTES, LAST_BYTES};
}

const char *desk_draft_seal(const struct desk *d,
                            struct bus_arena *mem,
                            const char *record,
                            const char *number,
                            json_t *all)
{
    struct bus_id none = {{0}}; /* its number binds it */
    const struct bus_wire_binding binding = {record, number, &none};
    struct bus_strv sealed;
    struct bus_err err;
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    int rc = text == NULL
                 ? BUS_ENOMEM
                 : bus_wire_seal(d->signs, BUS_STRV(DESK_DRAFT_OWNER), &binding,
                                 bus_strv(text), mem, &sealed, &err);
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
    }
    free(text); /* jansson's own */
    char *hex = rc == BUS_OK ? bus_arena_alloc(mem, 16 + 2 * sealed.n) : NULL;
    if (hex != NULL) {
        bus_hex_write((const uint8_t *)sealed.p, sealed.n, hex);
    }
    return hex;
}

/* False: it cannot be kept now. */
static bool draft_seal(struct drafting *d)
{
    const struct applying *a = d->a;
    if (a->reference[0] == '\0') {
        return false;
    }
    (void)bus_strv_copy(d->number, sizeof(d->number), bus_strv(a->reference));
    if (!desk_draft_second(d->v, d->number, desk_draft_last(d->v), d->second)) {
        return false;
    }
    d->sealed = desk_draft_seal(d->v->desk, d->v->mem, "desk_draft", d->number,
                                desk_draft_json(a));
    return d->sealed != NULL;
}

static int draft_keep_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct drafting *d = data;
    static const char account[] = "account ";
    const char *const params[] = {d->number, d->second, d->sealed,
                                  d->v->caller.name + sizeof(account) - 1};
    return bus_pg_query(pg, producers_desk_sql_draft_keep, params, 4, NULL,
                        err);
}

static void draft_keep_done(void *data, int rc, const struct bus_err *err)
{
    struct drafting *d = data;
    (void)err;
    if (rc == BUS_OK) {
        d->a->draft = desk_printf(d->v, "%.4s-%.4s-%.4s", d->number,
                                  d->number + 4, d->number + 8);
    }
    d->then(d->a);
}

void desk_draft_keep(struct applying *a, void (*then)(struct applying *a))
{
    struct drafting *d = bus_arena_calloc(a->v->mem, 1, sizeof(*d));
    struct bus_web_job job = {draft_keep_run, draft_keep_done, d};
    if (d != NULL) {
        *d = (struct drafting){.v = a->v, .a = a, .then = then};
    }
    if (d == NULL || !desk_draft_has_key(a->v->desk) || !draft_seal(d) ||
        bus_web_pool_put(a->v->desk->pool, &job, NULL) != BUS_OK) {
        then(a);
    }
}

static int draft_end_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct drafting *d = data;
    const char *const params[] = {d->number};
    return bus_pg_query(pg, producers_desk_sql_draft_end, params, 1, NULL, err);
}

static void draft_end_done(void *data, int rc, const struct bus_err *err)
{
    const struct drafting *d = data;
    (void)rc; /* what stays goes by its age */
    (void)err;
    d->then(d->a);
}

void desk_draft_end(struct applying *a, void (*then)(struct applying *a))
{
    struct drafting *d = bus_arena_calloc(a->v->mem, 1, sizeof(*d));
    struct bus_web_job job = {draft_end_run, draft_end_done, d};
    if (d != NULL) {
        *d = (struct drafting){.v = a->v, .a = a, .then = then};
        (void)bus_strv_copy(d->number, sizeof(d->number),
                            bus_strv(a->reference));
    }
    if (d == NULL || !desk_draft_has_key(a->v->desk) ||
        bus_web_pool_put(a->v->desk->pool, &job, NULL) != BUS_OK) {
        then(a);
    }
}

/* --- opening it again --- */

static void
resume_show(const struct desk_visit *v, int status, const char *fault)
{
    struct bus_strv number = bus_web_field(&v->fields, "number");
    struct desk_resume page = {
        .head = desk_head_of(v, DESK_WORD_RESUME, DESK_AT_APPLY),
        .fault = fault,
        .number = desk_printf(v, "%.*s", (int)(number.n <= 20 ? number.n : 0),
                              number.n > 0 ? number.p : "")};
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_resume(&p, &page);
    desk_page_end(v, status, &p);
}

void desk_resume(struct desk_visit *v)
{
    if (v->assists) {
        resume_show(v, 200, "");
    } else {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
    }
}

static int resume_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct drafting *d = data;
    const char *const params[] = {d->number, d->second};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_draft_find, params, 2, &r, err));
    if (bus_pg_count(r) > 0) {
        d->sealed = bus_arena_strdup(d->v->mem, bus_pg_value(r, 0, 0));
    }
    bus_pg_rows_free(r);
    const struct bus_web_read read = {.who = d->v->caller.name,
                                      .via = "POST /apply/resume",
                                      .purpose = "to apply",
                                      .record = d->number,
                                      .fields = "draft"};
    return d->sealed != NULL ? bus_web_read_note(pg, &read, err) : BUS_OK;
}

struct applying *desk_draft_take(struct desk_visit *v, const json_t *all)
{
    const json_t *list = json_object_get(all, "fields");
    size_t n = json_array_size(list);
    struct bus_web_fields *to = &v->fields;
    to->list = bus_arena_calloc(v->mem, n + 1, sizeof(*to->list));
    to->count = 0;
    for (size_t i = 0; to->list != NULL && i < n; i++) {
        const json_t *pair = json_array_get(list, i);
        const char *name = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));
        if (name != NULL && value != NULL) {
            to->list[to->count++] = (struct bus_web_field){
                bus_strv(bus_arena_strdup(v->mem, name)),
                bus_strv(bus_arena_strdup(v->mem, value))};
        }
    }
    struct applying *a = desk_applying(v);
    const char *reference =
        json_string_value(json_object_get(all, "reference"));
    json_int_t step = json_integer_value(json_object_get(all, "step"));
    if (a == NULL || reference == NULL) {
        return NULL;
    }
    a->reference = desk_printf(v, "%s", reference);
    a->step = step >= 0 && step <= APPLY_CHECK ? (enum apply_step)step
                                               : APPLY_MEMBERS;
    return a;
}

json_t *desk_draft_open(const struct desk *d,
                        struct bus_arena *mem,
                        const char *record,
                        const char *number,
                        const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *bytes = bus_arena_alloc(mem, n + 1);
    struct bus_id none = {{0}};
    struct bus_strv text;
    struct bus_err err;
    const struct bus_wire_binding binding = {record, number, &none};
    if (bytes == NULL || !bus_hex_read(bus_strv(hex), bytes, n)) {
        return NULL;
    }
    struct bus_strv sealed = {(const char *)bytes, n};
    return bus_wire_open(d->signs, &binding, sealed, mem, &text, &err) == BUS_OK
               ? json_loadb(text.p, text.n, 0, NULL)
               : NULL;
}

static void resume_open(const struct drafting *d)
{
    struct desk_visit *v = d->v;
    json_t *all =
        desk_draft_open(v->desk, v->mem, "desk_draft", d->number, d->sealed);
    struct applying *a = all != NULL ? desk_draft_take(v, all) : NULL;
    json_decref(all);
    if (a == NULL || strncmp(a->reference, d->number, NUMBER_CHARS) != 0) {
        resume_show(v, 404, desk_word_of(v, DESK_WORD_DRAFT_NONE));
        return;
    }
    a->draft = desk_printf(v, "%.4s-%.4s-%.4s", d->number, d->number + 4,
                           d->number + 8);
    desk_apply_show(a, 200);
}

static void resume_done(void *data, int rc, const struct bus_err *err)
{
    const struct drafting *d = data;
    uint8_t client[16];
    (void)err;
    if (rc != BUS_OK) {
        desk_away(d->v);
    } else if (d->sealed == NULL) {
        resume_show(d->v, 404, desk_word_of(d->v, DESK_WORD_DRAFT_NONE));
    } else {
        bus_web_limits_uncount(d->v->desk->clients,
                               bus_run_http_client(d->v->rq, client));
        resume_open(d);
    }
}

void desk_resume_post(struct desk_visit *v)
{
    struct drafting *d = bus_arena_calloc(v->mem, 1, sizeof(*d));
    struct bus_web_job job = {resume_run, resume_done, d};
    uint8_t client[16];
    int64_t wait_ms = 0;
    if (!v->assists) {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
        return;
    }
    if (!bus_web_limits_count(
            v->desk->clients, bus_run_http_client(v->rq, client),
            v->desk->config->http.guesses_day, DAY_MS,
            bus_run_loop_now_ms(v->desk->frame->loop), &wait_ms)) {
        resume_show(v, 429, desk_word_of(v, DESK_WORD_PROGRESS_WAIT));
        return;
    }
    if (d == NULL) {
        desk_away(v);
        return;
    }
    d->v = v;
    if (!draft_number(bus_web_field(&v->fields, "number"), d->number) ||
        !desk_draft_second(v, d->number, bus_web_field(&v->fields, "id_last"),
                           d->second)) {
        resume_show(v, 404, desk_word_of(v, DESK_WORD_DRAFT_NONE));
    } else if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}
