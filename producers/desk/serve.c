/* The one way of every page. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "producers/desk/desk.h"

int32_t desk_today(void)
{
    return bus_china_day(bus_clock_system.wall_ms(NULL));
}

/* --- texts --- */

const char *desk_word_of(const struct desk_visit *v, enum desk_word word)
{
    return desk_words[v->lang][word];
}

const char *
desk_say_with(const struct desk_visit *v, enum desk_word word, const char *arg)
{
    const char *text = desk_word_of(v, word), *at = strstr(text, "{0}");
    return at == NULL ? text
                      : desk_printf(v, "%.*s%s%s", (int)(at - text), text, arg,
                                    at + 3);
}

const char *desk_text_of(const struct desk_visit *v,
                         const struct bus_node *node)
{
    const char *text =
        bus_node_cstr(bus_node_get(node, v->lang == BUS_WEB_EN ? "en" : "zh"));
    return text != NULL ? text : "";
}

const char *desk_json_text(const struct desk_visit *v, const json_t *text)
{
    const char *said = json_string_value(
        json_object_get(text, v->lang == BUS_WEB_EN ? "en" : "zh"));
    return said != NULL ? said : "";
}

const char *desk_printf(const struct desk_visit *v, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    const char *kept = bus_arena_strdup(v->mem, text);
    return kept != NULL ? kept : "";
}

/* --- the page around a page --- */

/* This address in another way; a form's answer leads home. */
static const char *
serve_here(const struct desk_visit *v, const char *query, const char *value)
{
    bool get = strcmp(bus_run_http_method(v->rq), "GET") == 0;
    struct bus_strv path = bus_run_http_path(v->rq);
    return desk_printf(v, "%.*s?%s=%s", get ? (int)path.n : 1,
                       get ? path.p : "/", query, value);
}

struct desk_head desk_head_of(const struct desk_visit *v,
                              enum desk_word title,
                              enum desk_place at)
{
    const struct desk *d = v->desk;
    bool en = v->lang == BUS_WEB_EN;
    return (struct desk_head){
        .lang = en ? "en" : "zh-CN",
        .title = desk_word_of(v, title),
        .county = en ? d->config->county.name : d->config->county.name_zh,
        .name = v->name,
        .org = v->org_name,
        .here = serve_here(v, "lang", en ? "zh" : "en"),
        .type_here = serve_here(v, "type", v->large ? "normal" : "large"),
        .large = v->large,
        .signed_in = v->known,
        .assists = v->assists,
        .decides = v->decides,
        .leads = v->leads,
        .pays = v->pays,
        .in_english = en,
        .at_home = at == DESK_AT_HOME,
        .at_catalogue = at == DESK_AT_CATALOGUE,
        .at_progress = at == DESK_AT_PROGRESS,
        .at_apply = at == DESK_AT_APPLY,
        .at_queue = at == DESK_AT_QUEUE,
        .at_cases = at == DESK_AT_CASES,
        .at_county = at == DESK_AT_COUNTY,
        .at_money = at == DESK_AT_MONEY,
        .at_account = at == DESK_AT_ACCOUNT,
        .at_sheets = at == DESK_AT_SHEETS,
    };
}

struct bus_web_page desk_page_begin(const struct desk_visit *v,
                                    struct bus_buf *out)
{
    bus_buf_init(out, DESK_PAGE_MAX);
    return (struct bus_web_page){out, v->lang, v->csrf};
}

void desk_page_end(const struct desk_visit *v,
                   int status,
                   struct bus_web_page *p)
{
    bus_web_page_answer(v->rq, status, p);
    bus_buf_fini(p->out);
}

void desk_say(const struct desk_visit *v,
              int status,
              enum desk_word title,
              enum desk_word text)
{
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    struct desk_said said = {desk_head_of(v, title, DESK_AT_NOTHING),
                             desk_word_of(v, text)};
    /* the same bytes whatever was asked for */
    said.head.here = v->lang == BUS_WEB_EN ? "/?lang=zh" : "/?lang=en";
    said.head.type_here = v->large ? "/?type=normal" : "/?type=large";
    desk_page_said(&p, &said);
    desk_page_end(v, status, &p);
}

void desk_not_there(const struct desk_visit *v)
{
    desk_say(v, 404, DESK_WORD_NOT_THERE, DESK_WORD_NOT_THERE_TEXT);
}

void desk_refused(const struct desk_visit *v, enum desk_word why)
{
    desk_say(v, 403, DESK_WORD_REFUSED, why);
}

void desk_bad_form(const struct desk_visit *v)
{
    desk_say(v, 403, DESK_WORD_BAD_FORM, DESK_WORD_BAD_FORM_TEXT);
}

void desk_away(const struct desk_visit *v)
{
    bus_run_http_set(v->rq, "Retry-After", "5");
    desk_say(v, 503, DESK_WORD_AWAY, DESK_WORD_AWAY_TEXT);
}

/* --- who, in what language, with what form --- */

/* One of two that the address says (?query=), or that it said before. */
static bool serve_chosen(const struct desk_visit *v,
                         const char *query,
                         const char *on,
                         const char *off)
{
    const char *cookie = desk_printf(v, "lianou_%s", query);
    struct bus_strv asked = bus_run_http_query(v->rq, query);
    struct bus_strv kept = bus_web_cookie(v->rq, cookie);
    bool says = bus_strv_is(asked, on) || bus_strv_is(asked, off);
    bool chosen = bus_strv_is(says ? asked : kept, on);
    if (says && !bus_strv_eq(asked, kept)) {
        bus_run_http_set(
            v->rq, "Set-Cookie",
            desk_printf(v,
                        "%s=%s; Path=/; Max-Age=31536000; HttpOnly; "
                        "SameSite=Lax%s",
                        cookie, chosen ? on : off,
                        bus_web_callers_secure(v->desk->callers, v->rq)
                            ? "; Secure"
                            : ""));
    }
    return chosen;
}

static bool serve_pays(const struct desk_visit *v,
                       const struct bus_register *held,
                       int32_t day)
{
    const struct bus_register_claim claim = {
        .operator_id = bus_strv(v->caller.operator_id),
        .org = bus_strv(v->caller.org),
        .act = BUS_REGISTER_PAY,
        .owner = bus_strv(v->desk->config->county.code),
        .day = day};
    return bus_registers_may(held, &claim) == BUS_REGISTER_YES;
}

static void serve_person(struct desk_visit *v,
                         const struct bus_web_caller *caller)
{
    const struct bus_register *held = NULL;
    int32_t day = desk_today();
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    const struct bus_register_operator *o =
        bus_registers_operator(held, bus_strv(caller->operator_id), day);
    const struct bus_register_organisation *org =
        bus_registers_organisation(held, bus_strv(caller->org), day);
    const struct bus_register_organisation *dept =
        bus_registers_department(held, bus_strv(caller->org), day);
    struct bus_web_scope scope =
        bus_web_scope_of(caller, v->desk->config, held, day);
    const struct bus_config *c = v->desk->config;
    bool county = strcmp(caller->org, c->county.code) == 0;
    v->known = o != NULL;
    v->caller = *caller;
    (void)bus_strv_copy(v->name, sizeof(v->name), bus_strv(o ? o->name : ""));
    (void)bus_strv_copy(v->role, sizeof(v->role), bus_strv(o ? o->role : ""));
    const struct bus_village *village =
        bus_conf_village(v->desk->config, bus_strv(caller->org));
    (void)bus_strv_copy(v->org_name, sizeof(v->org_name),
                        bus_strv(org       ? org->name_zh
                                 : village ? village->name
                                 : county  ? c->county.name_zh
                                           : caller->org));
    (void)bus_strv_copy(v->department, sizeof(v->department),
                        bus_strv(dept ? dept->code : ""));
    v->assists = scope.sees == BUS_WEB_PLACE;
    v->decides = dept != NULL;
    const char *lead = v->desk->config->county.lead;
    v->leads = scope.sees == BUS_WEB_ALL ||
               (lead != NULL && strcmp(v->department, lead) == 0);
    v->pays = v->known && serve_pays(v, held, day);
    bus_catalogue_register_watch_release(v->desk->registers, &held);
}

/* The secret of his forms: his session's, or a visitor's. */
static bool serve_secret(struct desk_visit *v)
{
    struct bus_err err;
    if (v->known) {
        bus_web_callers_token(v->rq, v->secret);
    } else if (bus_web_csrf_visitor_make(
                   v->rq, bus_web_callers_secure(v->desk->callers, v->rq),
                   v->secret, &err) != BUS_OK) {
        return false;
    }
    bus_web_csrf_token(bus_strv(v->secret), v->csrf);
    return true;
}

static bool is_post(const struct desk_visit *v)
{
    return strcmp(v->route->method, "POST") == 0;
}

static void serve_page(struct desk_visit *v)
{
    struct bus_err err;
    if (!serve_secret(v)) {
        desk_away(v);
        return;
    }
    if (is_post(v) &&
        (bus_web_fields_of(v->rq, &v->fields, &err) != BUS_OK ||
         !bus_web_csrf_held(v->rq, &v->fields, bus_strv(v->secret)))) {
        desk_bad_form(v);
        return;
    }
    v->route->page(v);
}

static void serve_known(struct bus_run_http_request *rq,
                        const struct bus_web_caller *caller,
                        void *data)
{
    struct desk_visit *v = data;
    (void)rq;
    serve_person(v, caller);
    serve_page(v);
}

static void
serve_unknown(struct bus_run_http_request *rq, bool away, void *data)
{
    struct desk_visit *v = data;
    if (v->route->who == DESK_ANYBODY) {
        serve_page(v);
        return;
    }
    if (away || !serve_secret(v)) {
        desk_away(v);
        return;
    }
    if (is_post(v)) {
        desk_bad_form(v);
        return;
    }
    struct bus_strv path = bus_run_http_path(rq);
    bus_web_page_see(rq,
                     desk_printf(v, "/sign-in?to=%.*s", (int)path.n, path.p));
}

struct desk_served /* what a route of the server hands on */
{
    struct desk *desk;
    const struct desk_route *route;
};

static void desk_serve(struct bus_run_http_request *rq, void *data)
{
    const struct desk_served *s = data;
    struct desk_visit *v =
        bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*v));
    if (v == NULL) {
        bus_run_http_problem(rq, 503, "no memory at the moment; again later",
                             "内存不足, 请稍后再试");
        return;
    }
    *v = (struct desk_visit){.desk = s->desk,
                             .rq = rq,
                             .mem = bus_run_http_mem(rq),
                             .route = s->route};
    v->lang = serve_chosen(v, "lang", "en", "zh") ? BUS_WEB_EN : BUS_WEB_ZH;
    v->large = serve_chosen(v, "type", "large", "normal");
    bus_web_callers_visit(s->desk->callers, rq, serve_known, serve_unknown, v);
}

static void desk_serve_file(struct bus_run_http_request *rq, void *data)
{
    bus_web_file_answer(rq, data);
}

int desk_routes(struct desk *d,
                const struct desk_route *list,
                size_t n,
                struct bus_err *err)
{
    struct bus_run_http *http = d->frame->http;
    for (size_t i = 0; i < desk_files_count; i++) {
        BUS_TRY(bus_run_http_route(http, "GET", desk_files[i].path,
                                   desk_serve_file, (void *)&desk_files[i],
                                   err));
    }
    struct desk_served *served =
        bus_arena_calloc(&d->frame->mem, n, sizeof(*served));
    if (served == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the desk's pages");
    }
    for (size_t i = 0; i < n; i++) {
        served[i] = (struct desk_served){d, &list[i]};
        BUS_TRY(bus_run_http_route(http, list[i].method, list[i].pattern,
                                   desk_serve, &served[i], err));
    }
    return BUS_OK;
}
