/* Applying, step by step: what was written goes along in the form itself, so
 * that nothing is kept on the way and nothing is lost by waiting. Sent to
 * intake as who is signed in (ops/decisions/0131). */
#include "producers/desk/apply.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/web/fetch.h"
#include "bus/web/qr.h"
#include "producers/desk/held/held.h"

#define SQUARE_MAX (256u << 10)

/* --- sending --- */

struct apply_sending
{
    struct applying *a;
    struct bus_web_fetch fetch;
    const char *body;
    char token[BUS_WEB_TOKEN_HEX + 1];
};

/* Where its progress is shown, for a telephone; else the number itself. */
static struct bus_web_markup receipt_square(const struct applying *a)
{
    const struct desk_visit *v = a->v;
    const char *address = v->desk->config->desk.address;
    const char *text = address[0] != '\0'
                           ? desk_printf(v, "%s/progress?application=%s",
                                         address, a->application)
                           : a->application;
    struct bus_web_markup square = {BUS_STRV("")};
    struct bus_buf out;
    struct bus_err err;
    bus_buf_init(&out, SQUARE_MAX);
    if (bus_web_qr(text, &out, &err) == BUS_OK) {
        const char *kept =
            bus_arena_strndup(v->mem, (const char *)out.data, out.len);
        square.html = bus_strv(kept);
    }
    bus_buf_fini(&out);
    return square;
}

static void apply_receipt(struct applying *a)
{
    const struct desk_visit *v = a->v;
    char day[BUS_DATE_TEXT + 1];
    struct bus_strv name = bus_web_field(&v->fields, "/members/0/name");
    struct bus_buf out;
    struct desk_receipt page = {
        .head = desk_head_of(v, DESK_WORD_RECEIPT, DESK_AT_APPLY),
        .application = a->application,
        .applicant =
            desk_printf(v, "%.*s", (int)name.n, name.n > 0 ? name.p : ""),
        .day = bus_date_text(desk_today(), day),
        .address = v->desk->config->desk.address,
        .square = receipt_square(a),
        .until = a->until,
        .is_journaled = a->is_journaled};
    page.head.here =
        v->lang == BUS_WEB_EN ? "/apply?lang=zh" : "/apply?lang=en";
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_receipt(&p, &page);
    desk_page_end(v, 200, &p);
}

static const char *apply_said(const json_t *answer, const char *key)
{
    const char *said = json_string_value(json_object_get(answer, key));
    return said != NULL ? said : "";
}

static void apply_taken(struct applying *a, const json_t *answer)
{
    a->application =
        desk_printf(a->v, "%s", apply_said(answer, "application_id"));
    a->is_journaled = strcmp(apply_said(answer, "state"), "journaled") == 0;
    desk_draft_end(a, apply_receipt);
}

static void
apply_held(struct applying *a, enum desk_held_is is, const char *until)
{
    if (is == DESK_HELD_AWAY || is == DESK_HELD_NONE) {
        a->step = APPLY_CHECK;
        a->problem = desk_word_of(a->v, DESK_WORD_HELD_NOT_KEPT);
        desk_apply_show(a, 503);
    } else if (is == DESK_HELD_OPEN) {
        a->until = until;
        desk_draft_end(a, apply_receipt);
    } else { /* what it became in the meantime */
        bus_web_page_see(a->v->rq,
                         desk_printf(a->v, "/apply/sent/%s", a->application));
    }
}

/* It has no faults: it stands here until its time is over. Or it was taken. */
static void apply_admitted(struct apply_sending *s, const json_t *answer)
{
    struct applying *a = s->a;
    if (strcmp(apply_said(answer, "state"), "admitted") != 0) {
        apply_taken(a, answer);
        return;
    }
    a->application =
        desk_printf(a->v, "%s", apply_said(answer, "application_id"));
    desk_hold(a, apply_said(answer, "admission"), s->body, apply_held);
}

/* Where the first of them can be mended. */
static enum apply_step step_of(const char *pointer)
{
    return strncmp(pointer, "/facts", 6) == 0 ? APPLY_HOUSEHOLD
           : strncmp(pointer, "/members", 8) != 0
               ? APPLY_CHECK
               : (strstr(pointer, "/facts/") != NULL ? APPLY_PEOPLE
                                                     : APPLY_MEMBERS);
}

static void apply_take_faults(struct applying *a, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "faults");
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n && i < APPLY_FAULTS_MAX; i++) {
        const json_t *f = json_array_get(list, i);
        const char *pointer = json_string_value(json_object_get(f, "pointer"));
        a->faults[a->faults_count++] = (struct apply_fault){
            desk_printf(a->v, "%s", pointer != NULL ? pointer : ""),
            desk_printf(a->v, "%s", desk_json_text(a->v, f))};
    }
    a->step = a->faults_count > 0 ? step_of(a->faults[0].pointer) : APPLY_CHECK;
}

static void apply_answered(struct bus_web_fetch *f)
{
    struct apply_sending *s = f->data;
    struct applying *a = s->a;
    struct desk_visit *v = a->v;
    json_t *answer = f->rc == BUS_OK ? json_loadb((const char *)f->answer.data,
                                                  f->answer.len, 0, NULL)
                                     : NULL;
    explicit_bzero(s->token, sizeof(s->token));
    a->step = APPLY_CHECK;
    if (f->rc == BUS_OK && f->status == 202) {
        apply_taken(a, answer);
    } else if (f->rc == BUS_OK && f->status == 200) {
        apply_admitted(s, answer);
    } else if (f->rc == BUS_OK && f->status == 422) {
        apply_take_faults(a, answer);
        desk_apply_show(a, 422);
    } else if (f->rc == BUS_OK && f->status == 401) {
        bus_web_page_see(v->rq, "/sign-in?to=/apply");
    } else {
        bool busy = f->rc == BUS_OK && f->status == 429;
        a->problem = desk_word_of(v, busy ? DESK_WORD_INTAKE_BUSY
                                          : DESK_WORD_INTAKE_AWAY);
        desk_apply_show(a, busy ? 429 : 503);
    }
    json_decref(answer);
    bus_buf_fini(&f->answer);
}

static void apply_send(struct applying *a)
{
    struct desk_visit *v = a->v;
    struct apply_sending *s = bus_arena_calloc(v->mem, 1, sizeof(*s));
    json_t *json = desk_apply_json(a);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *body = text != NULL ? bus_arena_strdup(v->mem, text) : NULL;
    struct bus_err err;
    free(text); /* jansson's own */
    json_decref(json);
    if (s == NULL || body == NULL) {
        desk_away(v);
        return;
    }
    s->a = a;
    s->body = body;
    bus_web_callers_token(v->rq, s->token);
    s->fetch = (struct bus_web_fetch){
        .url = desk_printf(v, "%s/v1/%s", v->desk->config->desk.intake,
                           desk_holds(v->desk) ? "admissions" : "applications"),
        .body = bus_strv(body),
        .bearer = s->token,
        .key = a->reference,
        .ca_file = v->desk->config->desk.intake_ca,
        .done = apply_answered,
        .data = s};
    if (bus_web_fetch_post(v->desk->frame->loop, &s->fetch, &err) != BUS_OK) {
        desk_away(v);
    }
}

/* --- the routes --- */

void desk_apply_begin(struct desk_visit *v)
{
    struct applying *a = desk_applying(v);
    if (!v->assists) {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
    } else if (a == NULL) {
        desk_away(v);
    } else {
        desk_apply_show(a, 200);
    }
}

static void apply_go_on(struct applying *a)
{
    bool back = strcmp(a->go, "question-before") == 0;
    if (back || strcmp(a->go, "questions") == 0) {
        desk_apply_ask(a, back);
    } else {
        desk_apply_show(a, 200);
    }
}

/* What he goes to, or where he is. */
static void apply_step_of(struct applying *a)
{
    struct bus_strv at = bus_web_field(&a->v->fields, "at");
    for (int i = APPLY_MEMBERS; i <= APPLY_CHECK; i++) {
        const char *name = desk_apply_step_name((enum apply_step)i);
        if (strcmp(a->go, name) == 0) {
            a->step = (enum apply_step)i;
            return;
        }
        if (bus_strv_is(at, name)) {
            a->step = (enum apply_step)i;
        }
    }
}

void desk_apply_post(struct desk_visit *v)
{
    struct bus_strv go = bus_web_field(&v->fields, "go");
    struct applying *a = desk_applying(v);
    if (!v->assists) {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
        return;
    }
    if (a == NULL) {
        desk_away(v);
        return;
    }
    a->go = desk_printf(v, "%.*s", BUS_STRV_ARG(go));
    apply_step_of(a);
    if (strcmp(a->go, "send") == 0) {
        apply_send(a);
        return;
    }
    if (strcmp(a->go, "add") == 0 && a->members < APPLY_MEMBERS_MAX) {
        a->members++;
    }
    desk_draft_keep(a, apply_go_on);
}
