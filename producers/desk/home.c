/* Home, signing in and out. */
#include <string.h>

#include "producers/desk/bars.h"

void desk_home(struct desk_visit *v)
{
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    const struct bus_config *c = v->desk->config;
    struct desk_home home = {.head =
                                 desk_head_of(v, DESK_WORD_HOME, DESK_AT_HOME)};
    struct bus_policy_item item;
    for (size_t i = 0; i < bus_policy_item_count(v->desk->catalogue); i++) {
        home.items +=
            bus_policy_item_at(v->desk->catalogue, i, desk_today(), &item);
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        home.departments += c->partners[i].kind == BUS_PARTNER_DEPARTMENT;
    }
    desk_page_home(&p, &home);
    desk_page_end(v, 200, &p);
}

/* --- the parts of pages, in every state --- */

void desk_style(struct desk_visit *v)
{
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    const struct desk_office_row rows[] = {
        {"1", desk_word_of(v, DESK_WORD_TOWN), 40, 12, 0},
        {"2", desk_word_of(v, DESK_WORD_VILLAGE), 7, 0, 0}};
    struct desk_style page = {
        .head = desk_head_of(v, DESK_WORD_STYLE, DESK_AT_NOTHING),
        .bars = desk_bars(v, rows, 2)};
    desk_page_style(&p, &page);
    desk_page_end(v, 200, &p);
}

/* --- signing in --- */

/* Where he wanted to go: a path of this door. */
static const char *sign_in_to(const struct desk_visit *v, struct bus_strv to)
{
    bool path = to.n > 0 && to.p[0] == '/' && (to.n == 1 || to.p[1] != '/');
    for (size_t i = 0; i < to.n; i++) {
        path = path && (uint8_t)to.p[i] > 0x20 && to.p[i] != '\\' &&
               (uint8_t)to.p[i] < 0x7f;
    }
    return path && to.n < 256 ? desk_printf(v, "%.*s", BUS_STRV_ARG(to)) : "/";
}

static void sign_in_show(const struct desk_visit *v,
                         int status,
                         const char *fault,
                         struct bus_strv account,
                         struct bus_strv to)
{
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    struct desk_sign_in page = {
        .head = desk_head_of(v, DESK_WORD_SIGN_IN, DESK_AT_NOTHING),
        .fault = fault,
        .account = desk_printf(v, "%.*s", (int)(account.n < 64 ? account.n : 0),
                               account.n > 0 ? account.p : ""),
        .to = sign_in_to(v, to)};
    desk_page_sign_in(&p, &page);
    desk_page_end(v, status, &p);
}

void desk_sign_in(struct desk_visit *v)
{
    sign_in_show(v, 200, "", BUS_STRV(""), bus_run_http_query(v->rq, "to"));
}

static void sign_in_done(struct bus_run_http_request *rq,
                         enum bus_web_sign_in how,
                         const struct bus_web_session *session,
                         const struct bus_register_operator *o,
                         int64_t wait_ms,
                         void *data)
{
    const struct desk_visit *v = data;
    struct bus_strv account = bus_web_field(&v->fields, "account");
    struct bus_strv to = bus_web_field(&v->fields, "to");
    (void)session;
    (void)o;
    switch (how) {
    case BUS_WEB_SIGNED_IN:
        bus_web_page_see(rq, sign_in_to(v, to));
        return;
    case BUS_WEB_SIGN_IN_NO_FACTOR: /* is not asked for here */
    case BUS_WEB_SIGN_IN_REFUSED:
        sign_in_show(v, 401, desk_word_of(v, DESK_WORD_SIGN_IN_REFUSED),
                     account, to);
        return;
    case BUS_WEB_SIGN_IN_WAIT:
        sign_in_show(v, 429,
                     desk_say_with(
                         v, DESK_WORD_SIGN_IN_WAIT,
                         desk_printf(v, "%lld", (long long)wait_ms / 1000 + 1)),
                     account, to);
        return;
    case BUS_WEB_SIGN_IN_AWAY:
        desk_away(v);
        return;
    }
}

void desk_sign_in_post(struct desk_visit *v)
{
    struct bus_web_signing_in how = {
        .account = bus_web_field(&v->fields, "account"),
        .password = bus_web_field(&v->fields, "password"),
        .code = bus_web_field(&v->fields, "code"),
        .done = sign_in_done,
        .data = v};
    bus_web_callers_sign_in(v->desk->callers, v->rq, &how);
}

static void
sign_out_done(struct bus_run_http_request *rq, bool away, void *data)
{
    struct desk_visit *v = data;
    (void)rq;
    if (away) {
        desk_away(v);
        return;
    }
    v->known = v->assists = v->decides = false;
    desk_say(v, 200, DESK_WORD_SIGNED_OUT, DESK_WORD_SIGNED_OUT_TEXT);
}

void desk_sign_out_post(struct desk_visit *v)
{
    bus_web_callers_sign_out(v->desk->callers, v->rq, sign_out_done, v);
}
