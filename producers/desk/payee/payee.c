/* The page of another account, and what is done on it. */
#include "producers/desk/payee/payee.h"

#include <string.h>

#include "bus/base/clock.h"
#include "bus/web/readlog.h"
#include "producers/desk/draft.h"
#include "producers/desk/sql/payee_end.h"
#include "producers/desk/sql/payee_find.h"
#include "producers/desk/sql/payee_forget.h"
#include "producers/desk/sql/payee_say.h"

static const char *const askers[] = {"HOUSEHOLD", "GUARDIAN", "BANK",
                                     "DEPARTMENT"};
static const char *const checks[] = {"SAME_NAME", "GUARDIAN_PROVEN"};

static const char *payee_field(const struct desk_visit *v, const char *name)
{
    return desk_printf(v, "%.*s",
                       BUS_STRV_ARG(bus_web_field(&v->fields, name)));
}

/* --- shown --- */

static const struct desk_choice *
payee_banks(const struct desk_visit *v, const char *chosen, size_t *ret_n)
{
    const struct bus_config *c = v->desk->config;
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->partners_count + 1, sizeof(*list));
    *ret_n = 0;
    for (size_t i = 0; list != NULL && i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->kind == BUS_PARTNER_BANK) {
            list[(*ret_n)++] =
                (struct desk_choice){p->code, desk_partner_name(v, p->code),
                                     strcmp(chosen, p->code) == 0};
        }
    }
    return list;
}

static void payee_show(const struct desk_payee_asking *a, int status)
{
    const struct desk_visit *v = a->v;
    const struct desk_payee_said *s = &a->said;
    struct bus_id fresh = bus_id_fresh(bus_clock_system.wall_ms(NULL));
    char change[BUS_ID_TEXT + 1];
    size_t n = a->waits ? strlen(s->account) : 0;
    bool again = a->act == DESK_PAYEE_SAY; /* what he wrote stays */
    struct desk_payee page = {
        .head = desk_head_of(v, DESK_WORD_PAYEE_PAGE, DESK_AT_QUEUE),
        .case_id = a->ids[0],
        .assignment_id = a->ids[1],
        .item = desk_item_name(v, a->assignment.item),
        .fault = a->fault,
        .payee = a->assignment.payee_masked,
        .change = bus_id_text(a->waits ? &s->change : &fresh, change),
        .waits = a->waits,
        .his = a->waits && strcmp(s->by, v->caller.operator_id) == 0,
        .holder = again ? payee_field(v, "holder") : "",
        .askers = desk_choices(v, "payee_asker", askers, 4,
                               again ? payee_field(v, "asked_by") : ""),
        .askers_count = 4,
        .checks = desk_choices(v, "payee_name_check", checks, 2,
                               again ? payee_field(v, "name_check") : ""),
        .checks_count = 2};
    page.banks =
        payee_banks(v, again ? payee_field(v, "bank") : "", &page.banks_count);
    if (a->waits) {
        page.said_by = s->by;
        page.said_at = s->at;
        page.masked = desk_printf(v, "%s ***%s", desk_partner_name(v, s->bank),
                                  s->account + (n > 4 ? n - 4 : 0));
        page.asked_by =
            desk_code_text(v, "payee_asker", sa_payee_asker_word(s->asked_by));
        page.name_check = desk_code_text(
            v, "payee_name_check", sa_payee_name_check_word(s->name_check));
    }
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_payee(&p, &page);
    desk_page_end(v, status, &p);
}

static void payee_fault(struct desk_payee_asking *a, enum desk_word why)
{
    a->fault = desk_word_of(a->v, why);
    payee_show(a, 422);
}

static void payee_see(const struct desk_payee_asking *a, const char *told)
{
    bus_web_page_see(a->v->rq,
                     desk_printf(a->v, "/cases/%s?told=%s", a->ids[0], told));
}

/* --- what waits --- */

static int
payee_find(struct bus_pg *pg, struct desk_payee_asking *a, struct bus_err *err)
{
    struct bus_arena *mem = a->v->mem;
    struct desk_payee_said *s = &a->said;
    const char *const params[] = {a->ids[1]};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_payee_find, params, 1, &r, err));
    a->waits = bus_pg_count(r) > 0 &&
               bus_id_parse(bus_strv(bus_pg_value(r, 0, 0)), &s->change);
    const char **const texts[] = {&s->sealed, &s->by, &s->org, &s->role,
                                  &s->at};
    bool well = true;
    for (size_t i = 0; a->waits && i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = bus_arena_strdup(mem, bus_pg_value(r, 0, i + 1));
        well = well && *texts[i] != NULL;
    }
    bus_pg_rows_free(r);
    return well ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a change of the payee");
}

static const char *
payee_text(const struct desk_visit *v, const json_t *all, const char *key)
{
    const char *s = json_string_value(json_object_get(all, key));
    return desk_printf(v, "%s", s != NULL ? s : "");
}

/* False: it cannot be read any more, and is as good as none. */
static bool payee_opened(struct desk_payee_asking *a)
{
    struct desk_visit *v = a->v;
    struct desk_payee_said *s = &a->said;
    char change[BUS_ID_TEXT + 1];
    json_t *all =
        a->waits && desk_draft_has_key(v->desk)
            ? desk_draft_open(v->desk, v->mem, "desk_payee",
                              bus_id_text(&s->change, change), s->sealed)
            : NULL;
    if (all == NULL) {
        return false;
    }
    s->bank = payee_text(v, all, "bank");
    s->account = payee_text(v, all, "account");
    s->holder = payee_text(v, all, "holder");
    bool known =
        sa_payee_asker_parse(bus_strv(payee_text(v, all, "asked_by")),
                             &s->asked_by) &&
        sa_payee_name_check_parse(bus_strv(payee_text(v, all, "name_check")),
                                  &s->name_check);
    json_decref(all);
    return known;
}

/* --- one takes it down --- */

static int payee_say_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct desk_payee_asking *a = data;
    struct bus_pg_rows *r = NULL;
    char change[BUS_ID_TEXT + 1], household[BUS_ID_TEXT + 1];
    const char *const params[] = {
        bus_id_text(&a->change, change),
        a->ids[1],
        bus_id_text(&a->assignment.household_id, household),
        a->said.sealed,
        a->v->caller.operator_id,
        a->v->caller.org,
        a->v->role};
    char lost[BUS_ID_TEXT + 1];
    const char *const forgotten[] = {
        a->lost ? bus_id_text(&a->said.change, lost) : NULL};
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_payee_forget, forgotten, 1,
                         NULL, err));
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_payee_say, params, 7, &r, err));
    a->ended = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    return BUS_OK;
}

static void payee_say_done(void *data, int rc, const struct bus_err *err)
{
    struct desk_payee_asking *a = data;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(a->v);
    } else if (!a->ended) {
        payee_fault(a, DESK_WORD_PAYEE_WAITS);
    } else {
        payee_see(a, "payee_said");
    }
}

static bool payee_is_account(const char *account)
{
    size_t n = strspn(account, "0123456789");
    return n >= 8 && n <= DESK_PAYEE_ACCOUNT && account[n] == '\0';
}

static void payee_say(struct desk_payee_asking *a)
{
    struct desk_visit *v = a->v;
    const char *bank = payee_field(v, "bank");
    const char *account = payee_field(v, "account");
    const char *holder = payee_field(v, "holder");
    const char *asked_by = payee_field(v, "asked_by");
    const char *check = payee_field(v, "name_check");
    const struct bus_conf_partner *p = bus_conf_partner(v->desk->config, bank);
    enum sa_payee_asker asker;
    enum sa_payee_name_check checked;
    char change[BUS_ID_TEXT + 1];
    if (p == NULL || p->kind != BUS_PARTNER_BANK ||
        !payee_is_account(account) || holder[0] == '\0' ||
        !sa_payee_asker_parse(bus_strv(asked_by), &asker) ||
        !sa_payee_name_check_parse(bus_strv(check), &checked) ||
        asker == SA_PAYEE_ASKER_UNKNOWN ||
        checked >= SA_PAYEE_NAME_CHECK_DIFFERS) {
        payee_fault(a, DESK_WORD_PAYEE_BAD);
        return;
    }
    a->said.sealed = desk_draft_seal(
        v->desk, v->mem, "desk_payee", bus_id_text(&a->change, change),
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "bank", bank, "account", account,
                  "holder", holder, "asked_by", asked_by, "name_check", check));
    struct bus_web_job job = {payee_say_run, payee_say_done, a};
    if (a->said.sealed == NULL ||
        bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

/* --- another approves it, or somebody drops it --- */

static int payee_end_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct desk_payee_asking *a = data;
    char change[BUS_ID_TEXT + 1];
    const char *const params[] = {bus_id_text(&a->said.change, change),
                                  a->act == DESK_PAYEE_AGREE ? "sent"
                                                             : "dropped",
                                  a->v->caller.operator_id};
    return bus_pg_query(pg, producers_desk_sql_payee_end, params, 3, NULL, err);
}

static void payee_end_done(void *data, int rc, const struct bus_err *err)
{
    const struct desk_payee_asking *a = data;
    (void)err;
    if (rc == BUS_OK || a->act == DESK_PAYEE_AGREE) { /* it has left */
        payee_see(a, a->act == DESK_PAYEE_AGREE ? "payee" : "payee_dropped");
    } else {
        desk_away(a->v);
    }
}

static void payee_end(struct desk_payee_asking *a)
{
    struct bus_web_job job = {payee_end_run, payee_end_done, a};
    if (bus_web_pool_put(a->v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(a->v);
    }
}

static void payee_sent(struct desk_sending *sending, bool well)
{
    struct desk_payee_asking *a = sending->data;
    if (well) {
        payee_end(a);
    } else {
        payee_fault(a, DESK_WORD_BUS_AWAY);
    }
}

static void payee_confirmed(struct bus_run_http_request *rq,
                            enum bus_web_sign_in how,
                            const struct bus_web_session *session,
                            const struct bus_register_operator *o,
                            int64_t wait_ms,
                            void *data)
{
    struct desk_payee_asking *a = data;
    enum desk_word why;
    (void)rq;
    (void)session;
    if (how != BUS_WEB_SIGNED_IN || o == NULL ||
        strcmp(o->id, a->v->caller.operator_id) != 0) {
        a->fault = desk_confirm_fault(a->v, how, wait_ms);
        payee_show(a, 422);
    } else if (!desk_payee_send(a, payee_sent, &why)) {
        payee_fault(a, why);
    }
}

static void payee_agree(struct desk_payee_asking *a)
{
    struct desk_visit *v = a->v;
    struct bus_web_signing_in how = {.account = desk_account_name(v),
                                     .password =
                                         bus_web_field(&v->fields, "password"),
                                     .code = bus_web_field(&v->fields, "code"),
                                     .confirm = true,
                                     .factor = true,
                                     .done = payee_confirmed,
                                     .data = a};
    if (!a->waits || !bus_id_eq(&a->said.change, &a->change)) {
        payee_fault(a, DESK_WORD_PAYEE_NONE);
    } else if (strcmp(a->said.by, v->caller.operator_id) == 0) {
        payee_fault(a, DESK_WORD_PAYEE_ANOTHER);
    } else if (strcmp(payee_field(v, "account"), a->said.account) != 0) {
        payee_fault(a, DESK_WORD_PAYEE_DIFFERS);
    } else {
        bus_web_callers_sign_in(v->desk->callers, v->rq, &how);
    }
}

/* --- one after the other --- */

static int payee_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct desk_payee_asking *a = data;
    BUS_TRY(bus_ledger_assignment(pg, &a->case_id, &a->assignment_id,
                                  &a->assignment, err));
    if (strcmp(a->assignment.department, a->v->department) != 0) {
        return bus_fail(err, BUS_EDENIED, "not his to see");
    }
    BUS_TRY(payee_find(pg, a, err));
    struct bus_web_read read = {.who = a->v->caller.name,
                                .via = "GET /cases/{id}/payee",
                                .purpose = "another account",
                                .record = a->ids[0],
                                .fields = "payee"};
    return bus_web_read_note(pg, &read, err);
}

static const char *payee_may(const struct desk_payee_asking *a)
{
    static const enum bus_register_act acts[] = {
        BUS_REGISTER_OPINION, BUS_REGISTER_OPINION, BUS_REGISTER_DECIDE,
        BUS_REGISTER_OPINION};
    const struct bus_ledger_assignment *of = &a->assignment;
    return desk_may(a->v, of, acts[a->act], of->has_amount ? of->amount_fen : 0,
                    false);
}

static void payee_act(struct desk_payee_asking *a)
{
    const char *no = a->act == DESK_PAYEE_LOOK ? "" : payee_may(a);
    bool found = a->waits;
    a->waits = payee_opened(a);
    a->lost = found && !a->waits && desk_payee_keys(a->v->desk);
    if (a->act == DESK_PAYEE_LOOK) {
        payee_show(a, 200);
    } else if (no[0] != '\0') {
        a->fault = desk_say_with(a->v, DESK_WORD_REGISTER_REFUSED, no);
        payee_show(a, 422);
    } else if (!desk_payee_keys(a->v->desk)) {
        payee_fault(a, DESK_WORD_PAYEE_NO_KEY);
    } else if (a->act == DESK_PAYEE_SAY) {
        payee_say(a);
    } else if (a->act == DESK_PAYEE_AGREE) {
        payee_agree(a);
    } else if (!a->waits || !bus_id_eq(&a->said.change, &a->change)) {
        payee_fault(a, DESK_WORD_PAYEE_NONE);
    } else {
        payee_end(a);
    }
}

static void payee_done(void *data, int rc, const struct bus_err *err)
{
    struct desk_payee_asking *a = data;
    if (rc == BUS_OK) {
        payee_act(a);
    } else if (bus_err_act(err->code) == BUS_ACT_REJECT) {
        desk_not_there(a->v);
    } else {
        desk_away(a->v);
    }
}

static void payee_begin(struct desk_visit *v, enum desk_payee_act act)
{
    struct desk_payee_asking *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    struct bus_web_job job = {payee_run, payee_done, a};
    if (a == NULL) {
        desk_away(v);
        return;
    }
    *a = (struct desk_payee_asking){.v = v, .act = act, .fault = ""};
    if (!desk_assignment_named(v, &a->case_id, &a->assignment_id, a->ids) ||
        (act != DESK_PAYEE_LOOK &&
         !bus_id_parse(bus_web_field(&v->fields, "change"), &a->change))) {
        desk_not_there(v);
        return;
    }
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_payee(struct desk_visit *v)
{
    payee_begin(v, DESK_PAYEE_LOOK);
}

void desk_payee_post(struct desk_visit *v)
{
    struct bus_strv act = bus_web_field(&v->fields, "act");
    payee_begin(v, bus_strv_is(act, "agree")  ? DESK_PAYEE_AGREE
                   : bus_strv_is(act, "drop") ? DESK_PAYEE_DROP
                                              : DESK_PAYEE_SAY);
}
