/* His own account: where he is signed in, and that it ends; a new password; the
 * second factor, shown, confirmed by a first code, with recovery codes that are
 * told once. */
#include <string.h>

#include "bus/web/factor.h"
#include "bus/web/program.h"
#include "bus/web/qr.h"
#include "producers/desk/desk.h"

struct accounting
{
    struct desk_visit *v;
    const char *account, *fault;
    struct bus_web_factor has;
    struct desk_session *sessions;
    size_t sessions_count;
    int64_t session; /* to be ended; 0: all others */
    char secret[BUS_WEB_TOTP_TEXT];
    char recovery[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT];
};

struct bus_strv desk_account_name(const struct desk_visit *v)
{
    static const char account[] = "account ";
    struct bus_strv name = bus_strv(v->caller.name);
    return name.n >= sizeof(account) - 1
               ? (struct bus_strv){name.p + sizeof(account) - 1,
                                   name.n - (sizeof(account) - 1)}
               : BUS_STRV("");
}

const char *desk_confirm_fault(const struct desk_visit *v,
                               enum bus_web_sign_in how,
                               int64_t wait_ms)
{
    switch (how) {
    case BUS_WEB_SIGN_IN_WAIT:
        return desk_say_with(
            v, DESK_WORD_SIGN_IN_WAIT,
            desk_printf(v, "%lld", (long long)wait_ms / 1000 + 1));
    case BUS_WEB_SIGN_IN_AWAY:
        return desk_word_of(v, DESK_WORD_AWAY_TEXT);
    case BUS_WEB_SIGN_IN_NO_FACTOR:
        return desk_word_of(v, DESK_WORD_FACTOR_NEEDED);
    case BUS_WEB_SIGNED_IN: /* as another */
    case BUS_WEB_SIGN_IN_REFUSED:
        break;
    }
    return desk_word_of(v, DESK_WORD_WRONG_PASSWORD);
}

/* NULL: that was answered. */
static struct accounting *account_new(struct desk_visit *v)
{
    struct accounting *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    if (a == NULL) {
        desk_away(v);
        return NULL;
    }
    *a = (struct accounting){
        .v = v,
        .account = desk_printf(v, "%.*s", BUS_STRV_ARG(desk_account_name(v))),
        .fault = ""};
    return a;
}

static void account_put(struct accounting *a,
                        int (*run)(struct bus_pg *, void *, struct bus_err *),
                        void (*done)(void *, int, const struct bus_err *))
{
    struct bus_web_job job = {run, done, a};
    if (bus_web_pool_put(a->v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(a->v);
    }
}

/* --- the page --- */

static const char *account_program(const struct desk_visit *v,
                                   const char *program)
{
    if (strcmp(program, BUS_WEB_PROGRAM_COMMAND) == 0) {
        return desk_word_of(v, DESK_WORD_SESSION_COMMAND);
    }
    return program[0] != '\0' ? desk_printf(v, "%s", program)
                              : desk_word_of(v, DESK_WORD_SESSION_UNKNOWN);
}

static struct desk_session account_session(const struct desk_visit *v,
                                           const struct bus_pg_rows *r,
                                           size_t i)
{
    return (struct desk_session){
        .n = bus_pg_i64(r, i, BUS_WEB_SESSION_N),
        .since =
            desk_printf(v, "%s", bus_pg_value(r, i, BUS_WEB_SESSION_SINCE)),
        .seen = desk_printf(v, "%s", bus_pg_value(r, i, BUS_WEB_SESSION_SEEN)),
        .until =
            desk_printf(v, "%s", bus_pg_value(r, i, BUS_WEB_SESSION_UNTIL)),
        .address =
            desk_printf(v, "%s", bus_pg_value(r, i, BUS_WEB_SESSION_ADDRESS)),
        .program =
            account_program(v, bus_pg_value(r, i, BUS_WEB_SESSION_PROGRAM)),
        .here = bus_pg_value(r, i, BUS_WEB_SESSION_THIS)[0] != '\0'};
}

static int account_look(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct accounting *a = data;
    const struct desk_visit *v = a->v;
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_web_factor_has(pg, a->account, &a->has, err));
    BUS_TRY(bus_web_session_list(pg, a->account, v->secret, &r, err));
    size_t n = bus_pg_count(r);
    a->sessions = bus_arena_calloc(v->mem, n + 1, sizeof(*a->sessions));
    for (size_t i = 0; a->sessions != NULL && i < n; i++) {
        a->sessions[a->sessions_count++] = account_session(v, r, i);
    }
    bus_pg_rows_free(r);
    return a->sessions != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "sessions");
}

static const char *account_told(const struct desk_visit *v)
{
    static const struct
    {
        const char *told;
        enum desk_word word;
    } list[] = {{"end", DESK_WORD_TOLD_SESSION_ENDED},
                {"others", DESK_WORD_TOLD_OTHERS_ENDED},
                {"password", DESK_WORD_TOLD_PASSWORD}};
    struct bus_strv told = bus_run_http_query(v->rq, "told");
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (bus_strv_is(told, list[i].told)) {
            return desk_word_of(v, list[i].word);
        }
    }
    return "";
}

static void account_show(void *data, int rc, const struct bus_err *err)
{
    struct accounting *a = data;
    struct desk_visit *v = a->v;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    struct desk_account page = {
        .head = desk_head_of(v, DESK_WORD_ACCOUNT_PAGE, DESK_AT_ACCOUNT),
        .account = a->account,
        .fault = a->fault,
        .told = a->fault[0] == '\0' ? account_told(v) : "",
        .since = a->has.since,
        .recoveries = a->has.recoveries,
        .sessions = a->sessions,
        .sessions_count = a->sessions_count,
        .others = a->sessions_count > 1,
        .least = BUS_WEB_PASSWORD_MIN,
        .most = BUS_WEB_PASSWORD_MAX};
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_account(&p, &page);
    desk_page_end(v, a->fault[0] != '\0' ? 422 : 200, &p);
}

static void account_fault(struct accounting *a, const char *fault)
{
    a->fault = fault;
    account_put(a, account_look, account_show);
}

void desk_account(struct desk_visit *v)
{
    struct accounting *a = account_new(v);
    if (a != NULL) {
        account_put(a, account_look, account_show);
    }
}

/* --- his sessions end --- */

static int session_end(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct accounting *a = data;
    return a->session != 0
               ? bus_web_session_end_own(pg, a->account, a->session, err)
               : bus_web_session_end_others(pg, a->account, a->v->secret, err);
}

static void session_ended(void *data, int rc, const struct bus_err *err)
{
    struct accounting *a = data;
    const struct desk_visit *v = a->v;
    (void)err;
    if (rc == BUS_EUNKNOWN) {
        account_fault(a, desk_word_of(v, DESK_WORD_SESSION_NONE));
    } else if (rc != BUS_OK) {
        desk_away(v);
    } else {
        bus_web_callers_forget(v->desk->callers, a->account);
        bus_web_page_see(v->rq, a->session != 0 ? "/account?told=end"
                                                : "/account?told=others");
    }
}

void desk_sessions_post(struct desk_visit *v)
{
    struct accounting *a = account_new(v);
    if (a == NULL) {
        return;
    }
    struct bus_strv act = bus_web_field(&v->fields, "act");
    struct bus_strv n = bus_web_field(&v->fields, "session");
    bool one = bus_strv_is(act, "end") && bus_strv_to_i64(n, &a->session) &&
               a->session > 0;
    if (one || bus_strv_is(act, "others")) {
        account_put(a, session_end, session_ended);
    } else {
        account_fault(a, desk_word_of(v, DESK_WORD_SESSION_NONE));
    }
}

/* --- a new password --- */

static void password_changed(struct bus_run_http_request *rq,
                             enum bus_web_sign_in how,
                             const struct bus_web_session *session,
                             const struct bus_register_operator *o,
                             int64_t wait_ms,
                             void *data)
{
    struct accounting *a = data;
    (void)session;
    (void)o;
    if (how == BUS_WEB_SIGNED_IN) {
        bus_web_page_see(rq, "/account?told=password");
    } else {
        account_fault(a, desk_confirm_fault(a->v, how, wait_ms));
    }
}

void desk_password_post(struct desk_visit *v)
{
    struct accounting *a = account_new(v);
    struct bus_strv fresh = bus_web_field(&v->fields, "new");
    struct bus_err err;
    if (a == NULL) {
        return;
    }
    if (bus_web_password_fit(fresh, &err) != BUS_OK) {
        account_fault(a, desk_word_of(v, DESK_WORD_PASSWORD_UNFIT));
        return;
    }
    if (!bus_strv_eq(fresh, bus_web_field(&v->fields, "again"))) {
        account_fault(a, desk_word_of(v, DESK_WORD_PASSWORD_DIFFERS));
        return;
    }
    const struct bus_web_signing_in how = {
        .account = desk_account_name(v),
        .password = bus_web_field(&v->fields, "old"),
        .code = bus_web_field(&v->fields, "old_code"),
        .renew = fresh,
        .done = password_changed,
        .data = a};
    bus_web_callers_sign_in(v->desk->callers, v->rq, &how);
}

/* --- a secret, shown --- */

static void factor_show(struct accounting *a)
{
    struct desk_visit *v = a->v;
    char address[BUS_WEB_TOTP_ADDRESS];
    struct bus_buf square, out;
    struct bus_err err;
    struct desk_factor page = {
        .head = desk_head_of(v, DESK_WORD_FACTOR_BEGIN, DESK_AT_ACCOUNT),
        .fault = a->fault,
        .secret = a->secret,
        .square = {BUS_STRV("")}};
    bus_buf_init(&square, DESK_PAGE_MAX);
    if (bus_web_totp_address(a->secret, v->desk->config->county.name,
                             a->account, address, sizeof(address)) &&
        bus_web_qr(address, &square, &err) == BUS_OK) {
        page.square.html = bus_strv(bus_buf_cstr(&square));
    }
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_factor(&p, &page);
    desk_page_end(v, a->fault[0] != '\0' ? 422 : 200, &p);
    explicit_bzero(address, sizeof(address));
    explicit_bzero(a->secret, sizeof(a->secret));
    bus_buf_fini(&square);
}

static int factor_begin(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct accounting *a = data;
    return bus_web_factor_begin(pg, a->v->desk->config->keys.accounts,
                                a->account, a->secret, err);
}

static void factor_told(void *data, int rc, const struct bus_err *err)
{
    struct accounting *a = data;
    (void)err;
    if (rc == BUS_OK) {
        factor_show(a);
    } else if (rc == BUS_ECONFIG) {
        account_fault(a, desk_word_of(a->v, DESK_WORD_FACTOR_AWAY));
    } else {
        desk_away(a->v);
    }
}

static void factor_confirmed(struct bus_run_http_request *rq,
                             enum bus_web_sign_in how,
                             const struct bus_web_session *session,
                             const struct bus_register_operator *o,
                             int64_t wait_ms,
                             void *data)
{
    struct accounting *a = data;
    (void)rq;
    (void)session;
    if (how == BUS_WEB_SIGNED_IN && o != NULL &&
        strcmp(o->id, a->v->caller.operator_id) == 0) {
        account_put(a, factor_begin, factor_told);
    } else {
        account_fault(a, desk_confirm_fault(a->v, how, wait_ms));
    }
}

void desk_factor_post(struct desk_visit *v)
{
    struct accounting *a = account_new(v);
    if (a == NULL) {
        return;
    }
    const struct bus_web_signing_in how = {
        .account = desk_account_name(v),
        .password = bus_web_field(&v->fields, "password"),
        .code = bus_web_field(&v->fields, "code"),
        .confirm = true,
        .done = factor_confirmed,
        .data = a};
    bus_web_callers_sign_in(v->desk->callers, v->rq, &how);
}

/* --- its first code --- */

static int factor_confirm(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct accounting *a = data;
    const char *keys = a->v->desk->config->keys.accounts;
    int rc = bus_web_factor_confirm(pg, keys, a->account,
                                    bus_web_field(&a->v->fields, "code"),
                                    a->recovery, err);
    if (rc == BUS_EDENIED) { /* once more, on the same page */
        BUS_TRY(bus_web_factor_shown(pg, keys, a->account, a->secret, err));
    }
    return rc;
}

static void recovery_show(struct accounting *a)
{
    const struct desk_visit *v = a->v;
    struct desk_line lines[BUS_WEB_RECOVERIES];
    struct desk_recovery page = {
        .head = desk_head_of(v, DESK_WORD_RECOVERY, DESK_AT_ACCOUNT),
        .codes = lines,
        .codes_count = BUS_WEB_RECOVERIES};
    struct bus_buf out;
    for (size_t i = 0; i < BUS_WEB_RECOVERIES; i++) {
        lines[i] = (struct desk_line){a->recovery[i]};
    }
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_recovery(&p, &page);
    desk_page_end(v, 200, &p);
    explicit_bzero(a->recovery, sizeof(a->recovery));
}

static void factor_ended(void *data, int rc, const struct bus_err *err)
{
    struct accounting *a = data;
    (void)err;
    if (rc == BUS_OK) {
        recovery_show(a);
    } else if (rc == BUS_EDENIED) {
        a->fault = desk_word_of(a->v, DESK_WORD_FACTOR_WRONG);
        factor_show(a);
    } else if (rc == BUS_EUNKNOWN) {
        account_fault(a, desk_word_of(a->v, DESK_WORD_FACTOR_LATE));
    } else {
        desk_away(a->v);
    }
}

void desk_factor_confirm_post(struct desk_visit *v)
{
    struct accounting *a = account_new(v);
    if (a != NULL) {
        account_put(a, factor_confirm, factor_ended);
    }
}
