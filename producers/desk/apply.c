/* Applying, step by step: what was written goes along in the form itself, so
 * that nothing is kept on the way and nothing is lost by waiting. Sent to
 * intake as who is signed in (ops/decisions/0131). */
#include "producers/desk/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/web/fetch.h"
#include "bus/wire/crypt.h"

#define REFERENCE_HEX 32

static const struct
{
    const char *name;
    enum desk_word title;
} steps[] = {{"members", DESK_WORD_STEP_MEMBERS},
             {"household", DESK_WORD_STEP_HOUSEHOLD},
             {"people", DESK_WORD_STEP_PEOPLE},
             {"check", DESK_WORD_STEP_CHECK}};

static bool is_answer(const struct bus_web_field *f)
{
    return f->name.n > 0 && f->name.p[0] == '/';
}

static bool
in_groups(const struct desk_group *groups, size_t n, struct bus_strv name)
{
    for (size_t g = 0; g < n; g++) {
        for (size_t i = 0; i < groups[g].inputs_count; i++) {
            if (bus_strv_is(name, groups[g].inputs[i].name)) {
                return true;
            }
        }
    }
    return false;
}

/* --- the page --- */

static void apply_hidden(const struct applying *a, struct desk_apply *page)
{
    const struct bus_web_fields *f = &a->v->fields;
    struct desk_hidden *list =
        bus_arena_calloc(a->v->mem, f->count + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < f->count; i++) {
        if (is_answer(&f->list[i]) && f->list[i].value.n > 0 &&
            !in_groups(page->groups, page->groups_count, f->list[i].name)) {
            list[page->hidden_count++] = (struct desk_hidden){
                bus_arena_strndup(a->v->mem, f->list[i].name.p,
                                  f->list[i].name.n),
                bus_arena_strndup(a->v->mem, f->list[i].value.p,
                                  f->list[i].value.n)};
        }
    }
    page->hidden = list;
}

static const char *answer_text(const struct desk_input *i)
{
    for (size_t c = 0; i->chooses && c < i->choices_count; c++) {
        if (i->choices[c].chosen) {
            return i->choices[c].name;
        }
    }
    return i->value;
}

/* What was said in each group; what is not known is left out. */
static void apply_answers(struct applying *a, struct desk_apply *page)
{
    static const enum apply_step told[] = {APPLY_MEMBERS, APPLY_HOUSEHOLD,
                                           APPLY_PEOPLE};
    struct desk_answers *all =
        bus_arena_calloc(a->v->mem, 2 * APPLY_MEMBERS_MAX + 2, sizeof(*all));
    for (size_t s = 0; all != NULL && s < 3; s++) {
        size_t n = 0;
        const struct desk_group *groups = desk_apply_groups(a, told[s], &n);
        for (size_t g = 0; g < n; g++) {
            struct desk_answers *to = &all[page->answers_count++];
            struct desk_answer *list = bus_arena_calloc(
                a->v->mem, groups[g].inputs_count + 1, sizeof(*list));
            to->title = groups[g].title;
            to->list = list;
            for (size_t i = 0; list != NULL && i < groups[g].inputs_count;
                 i++) {
                const struct desk_input *input = &groups[g].inputs[i];
                if (input->value[0] != '\0') {
                    list[to->list_count++] =
                        (struct desk_answer){input->label, answer_text(input)};
                }
            }
        }
    }
    page->answers = all;
}

/* The groups of every step: made once, for many faults look into them. */
struct apply_labels
{
    const struct desk_group *groups[APPLY_CHECK + 1];
    size_t count[APPLY_CHECK + 1];
};

static const char *fault_label(struct applying *a,
                               const struct apply_labels *of,
                               const char *pointer)
{
    for (int s = APPLY_MEMBERS; s <= APPLY_CHECK; s++) {
        for (size_t g = 0; g < of->count[s]; g++) {
            const struct desk_group *group = &of->groups[s][g];
            for (size_t i = 0; i < group->inputs_count; i++) {
                if (strcmp(group->inputs[i].name, pointer) == 0) {
                    return desk_printf(a->v, "%s · %s", group->title,
                                       group->inputs[i].label);
                }
            }
        }
    }
    return pointer[0] != '\0' ? pointer : "-";
}

static void apply_faults(struct applying *a, struct desk_apply *page)
{
    struct desk_answer *list =
        bus_arena_calloc(a->v->mem, a->faults_count + 1, sizeof(*list));
    struct apply_labels labels = {{NULL}, {0}};
    for (int s = APPLY_MEMBERS; a->faults_count > 0 && s <= APPLY_CHECK; s++) {
        labels.groups[s] =
            desk_apply_groups(a, (enum apply_step)s, &labels.count[s]);
    }
    for (size_t i = 0; list != NULL && i < a->faults_count; i++) {
        list[page->faults_count++] = (struct desk_answer){
            fault_label(a, &labels, a->faults[i].pointer), a->faults[i].text};
    }
    page->faults = list;
}

static void apply_show(struct applying *a, int status)
{
    const struct desk_visit *v = a->v;
    bool check = a->step == APPLY_CHECK;
    struct desk_apply page = {
        .head = desk_head_of(v, DESK_WORD_APPLY, DESK_AT_APPLY),
        .at = steps[a->step].name,
        .step = desk_word_of(v, steps[a->step].title),
        .reference = a->reference,
        .problem = a->problem,
        .is_first = a->step == APPLY_MEMBERS,
        .is_members =
            a->step == APPLY_MEMBERS && a->members < APPLY_MEMBERS_MAX,
        .is_check = check,
        .next = check ? "" : steps[a->step + 1].name,
        .back = a->step > 0 ? steps[a->step - 1].name : ""};
    struct bus_buf out;
    page.head.here =
        v->lang == BUS_WEB_EN ? "/apply?lang=zh" : "/apply?lang=en";
    page.groups = desk_apply_groups(a, a->step, &page.groups_count);
    if (check) {
        apply_answers(a, &page);
    }
    apply_faults(a, &page);
    apply_hidden(a, &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_apply(&p, &page);
    desk_page_end(v, status, &p);
}

/* --- reading what came --- */

static size_t members_said(const struct bus_web_fields *f)
{
    size_t most = 1;
    for (size_t i = 0; i < f->count; i++) {
        char name[64];
        unsigned long m = 0;
        if (f->list[i].name.n < sizeof(name) && is_answer(&f->list[i]) &&
            sscanf(bus_strv_copy(name, sizeof(name), f->list[i].name),
                   "/members/%2lu/", &m) == 1 &&
            m < APPLY_MEMBERS_MAX && m + 1 > most) {
            most = m + 1;
        }
    }
    return most;
}

static const char *reference_of(const struct desk_visit *v)
{
    struct bus_strv given = bus_web_field(&v->fields, "reference");
    uint8_t bytes[REFERENCE_HEX / 2];
    char hex[REFERENCE_HEX + 1];
    struct bus_err err;
    if (given.n == REFERENCE_HEX && bus_hex_read(given, bytes, sizeof(bytes))) {
        return desk_printf(v, "%.*s", BUS_STRV_ARG(given));
    }
    if (bus_wire_random(bytes, sizeof(bytes), &err) != BUS_OK) {
        return "";
    }
    bus_hex_write(bytes, sizeof(bytes), hex);
    return desk_printf(v, "%s", hex);
}

static struct applying *applying_of(struct desk_visit *v)
{
    struct applying *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    if (a != NULL) {
        *a = (struct applying){.v = v,
                               .members = members_said(&v->fields),
                               .reference = reference_of(v),
                               .problem = ""};
    }
    return a;
}

/* --- sending --- */

struct apply_sending
{
    struct applying *a;
    struct bus_web_fetch fetch;
    char token[BUS_WEB_TOKEN_HEX + 1];
};

static void apply_receipt(const struct applying *a, const json_t *answer)
{
    const struct desk_visit *v = a->v;
    char day[BUS_DATE_TEXT + 1];
    const char *id =
        json_string_value(json_object_get(answer, "application_id"));
    const char *state = json_string_value(json_object_get(answer, "state"));
    struct bus_strv name = bus_web_field(&v->fields, "/members/0/name");
    struct bus_buf out;
    struct desk_receipt page = {
        .head = desk_head_of(v, DESK_WORD_RECEIPT, DESK_AT_APPLY),
        .application = id != NULL ? id : "",
        .applicant =
            desk_printf(v, "%.*s", (int)name.n, name.n > 0 ? name.p : ""),
        .day = bus_date_text(desk_today(), day),
        .is_journaled = state != NULL && strcmp(state, "journaled") == 0};
    page.head.here =
        v->lang == BUS_WEB_EN ? "/apply?lang=zh" : "/apply?lang=en";
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_receipt(&p, &page);
    desk_page_end(v, 200, &p);
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
        apply_receipt(a, answer);
    } else if (f->rc == BUS_OK && f->status == 422) {
        apply_take_faults(a, answer);
        apply_show(a, 422);
    } else if (f->rc == BUS_OK && f->status == 401) {
        bus_web_page_see(v->rq, "/sign-in?to=/apply");
    } else {
        bool busy = f->rc == BUS_OK && f->status == 429;
        a->problem = desk_word_of(v, busy ? DESK_WORD_INTAKE_BUSY
                                          : DESK_WORD_INTAKE_AWAY);
        apply_show(a, busy ? 429 : 503);
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
    bus_web_callers_token(v->rq, s->token);
    s->fetch =
        (struct bus_web_fetch){.url = desk_printf(v, "%s/v1/applications",
                                                  v->desk->config->desk.intake),
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

void desk_apply(struct desk_visit *v)
{
    struct applying *a = applying_of(v);
    if (!v->assists) {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
    } else if (a == NULL) {
        desk_away(v);
    } else {
        apply_show(a, 200);
    }
}

void desk_apply_post(struct desk_visit *v)
{
    struct bus_strv go = bus_web_field(&v->fields, "go");
    struct bus_strv at = bus_web_field(&v->fields, "at");
    struct applying *a = applying_of(v);
    if (!v->assists) {
        desk_refused(v, DESK_WORD_APPLY_NOT_YOURS);
        return;
    }
    if (a == NULL) {
        desk_away(v);
        return;
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bool is = bus_strv_is(go, steps[i].name);
        if (is || (!is && bus_strv_is(at, steps[i].name))) {
            a->step = (enum apply_step)i;
        }
        if (is) {
            break;
        }
    }
    if (bus_strv_is(go, "send")) {
        apply_send(a);
        return;
    }
    if (bus_strv_is(go, "add") && a->members < APPLY_MEMBERS_MAX) {
        a->members++;
    }
    apply_show(a, 200);
}
