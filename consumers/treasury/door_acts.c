#include "consumers/treasury/door_acts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/ledger/sql/county_funds.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/officer.h"
#include "consumers/treasury/sql/awards_list.h"
#include "consumers/treasury/sql/batch_acts.h"
#include "consumers/treasury/sql/batch_lines.h"
#include "consumers/treasury/sql/batches_list.h"
#include "consumers/treasury/sql/budgets_open.h"
#include "consumers/treasury/sql/differences.h"
#include "consumers/treasury/sql/due_list.h"
#include "consumers/treasury/sql/lines_list.h"
#include "consumers/treasury/statements.h"

#define DIFFERENCES_MAX "1000" /* shown; how many there are is said */

int treasury_door_may(const struct treasury_asked *a,
                      int32_t day,
                      int64_t amount_fen,
                      struct bus_err *err)
{
    const struct bus_register_claim claim = {
        .operator_id = bus_strv(a->operator_id),
        .act = BUS_REGISTER_PAY,
        .owner = bus_strv(a->config->county.code),
        .amount_fen = amount_fen,
        .day = day};
    enum bus_register_answer answer = bus_registers_may(a->registers, &claim);
    return answer == BUS_REGISTER_YES
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED,
                          "%s may not: %s / 该经办人无此权限或超出限额",
                          a->operator_id, bus_registers_answer_word(answer));
}

/* --- rows as JSON --- */

struct door_question
{
    const char *key, *sql;
    const char *columns; /* names with a blank between; '#' before numbers */
};

static json_t *
door_row(const struct bus_pg_rows *r, size_t i, const char *columns)
{
    json_t *row = json_object();
    size_t k = 0;
    for (const char *at = columns; *at != '\0'; k++) {
        char name[32];
        size_t n = strcspn(at, " ");
        bool number = *at == '#';
        (void)bus_strv_copy(name, sizeof(name),
                            (struct bus_strv){at + number, n - number});
        (void)json_object_set_new(row, name,
                                  number ? json_integer(bus_pg_i64(r, i, k))
                                         : json_string(bus_pg_value(r, i, k)));
        at += n + (at[n] == ' ');
    }
    return row;
}

/* Its rows under its key. */
static int door_rows(struct treasury_books *b,
                     const struct door_question *q,
                     const char *const *params,
                     size_t n,
                     json_t *into,
                     struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, q->sql, params, n, &r, err));
    json_t *list = json_array();
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)json_array_append_new(list, door_row(r, i, q->columns));
    }
    bus_pg_rows_free(r);
    return json_object_set_new(into, q->key, list) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "an answer of the treasury");
}

static int door_say(const json_t *j, struct bus_buf *out, struct bus_err *err)
{
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    if (text != NULL) {
        bus_buf_puts(out, text);
    }
    bool well = text != NULL && !out->failed;
    free(text); /* jansson's own */
    return well ? BUS_OK
                : bus_fail(err, BUS_ENOMEM, "an answer of the treasury");
}

typedef int (*door_fill)(struct treasury_books *b,
                         const struct treasury_asked *a,
                         json_t *into,
                         struct bus_err *err);

static int door_answer(struct treasury_books *b,
                       const struct treasury_asked *a,
                       door_fill fill,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    json_t *j = json_object();
    int rc;
    BUS_TRY_GOTO(rc, fill(b, a, j, err), failed);
    rc = door_say(j, out, err);
failed:
    json_decref(j);
    return rc;
}

/* --- what there is --- */

static int door_board_rows(struct treasury_books *b,
                           const struct treasury_asked *a,
                           json_t *into,
                           struct bus_err *err)
{
    static const struct door_question due = {
        "due", consumers_treasury_sql_due_list,
        "bank fund pay_day #lines #total_fen"};
    static const struct door_question batches = {
        "batches", consumers_treasury_sql_batches_list,
        "batch bank fund pay_day #number state #lines #total_fen prepared_by "
        "approved_first approved_second"};
    static const struct door_question funds = {
        "funds", bus_ledger_sql_county_funds,
        "fund #budget_fen #free_fen #committed_fen #paid_fen #returned_fen "
        "blocked_by #disputes #differences"};
    const char *through =
        treasury_books_day(b, b->day + (int32_t)a->config->treasury.lead_days);
    BUS_TRY(door_rows(b, &due, TREASURY_PARAMS(through), into, err));
    BUS_TRY(door_rows(b, &batches, NULL, 0, into, err));
    return door_rows(b, &funds, NULL, 0, into, err);
}

int treasury_door_board(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    return door_answer(b, a, door_board_rows, out, err);
}

static int door_lines_rows(struct treasury_books *b,
                           const struct treasury_asked *a,
                           json_t *into,
                           struct bus_err *err)
{
    static const struct door_question lines = {
        "lines", consumers_treasury_sql_lines_list,
        "line item period pay_day #amount_fen state #attempt #owed_fen reason"};
    enum treasury_line_state known;
    if (a->state[0] != '\0' && !treasury_line_of(bus_strv(a->state), &known)) {
        return bus_fail(err, BUS_ERANGE, "no such state / 没有这种状态");
    }
    return door_rows(b, &lines, TREASURY_PARAMS(a->state, NULL), into, err);
}

int treasury_door_lines(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    return door_answer(b, a, door_lines_rows, out, err);
}

static int door_batch_rows(struct treasury_books *b,
                           const struct treasury_asked *a,
                           json_t *into,
                           struct bus_err *err)
{
    static const struct door_question lines = {
        "lines", consumers_treasury_sql_batch_lines,
        "line item period #amount_fen state #attempt order reason"};
    static const struct door_question acts = {
        "acts", consumers_treasury_sql_batch_acts,
        "at operator act #amount_fen note"};
    struct treasury_batch of;
    char sum[TREASURY_SUM_TEXT];
    BUS_TRY(treasury_batch_read(b, a->batch, &of, err));
    BUS_TRY(treasury_batch_sum(b, &of, sum, err));
    bool open = of.state <= TREASURY_BATCH_APPROVED_TWICE;
    json_t *head = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:b}", "batch",
        a->batch, "bank", of.bank, "fund", of.fund, "pay_day",
        treasury_books_day(b, of.pay_day), "state",
        bus_fsm_word(&treasury_batch_fsm, of.state), "lines_count",
        (json_int_t)of.lines, "total_fen", (json_int_t)of.total_fen, "sm3",
        of.sm3, "prepared_by", of.prepared_by, "approved_first", of.approved[0],
        "approved_second", of.approved[1], "holds",
        !open || strcmp(sum, of.sm3) == 0);
    bool well = json_object_update_new(into, head) == 0;
    BUS_TRY(well ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a batch"));
    BUS_TRY(door_rows(b, &lines, TREASURY_PARAMS(a->batch), into, err));
    return door_rows(b, &acts, TREASURY_PARAMS(a->batch), into, err);
}

int treasury_door_batch(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    return door_answer(b, a, door_batch_rows, out, err);
}

/* --- what is done --- */

static int
door_done(const char *batch, struct bus_buf *out, struct bus_err *err)
{
    json_t *j = json_pack("{s:s}", "batch", batch);
    int rc = door_say(j, out, err);
    json_decref(j);
    return rc;
}

int treasury_door_prepare(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    struct treasury_prepare p = {.fund = a->fund};
    const char *batch = NULL;
    const struct bus_fund *fund = bus_conf_fund(a->config, a->fund);
    if (fund == NULL) {
        return bus_fail(err, BUS_ERANGE, "no such fund / 无此资金");
    }
    if (!bus_date_parse(bus_strv(a->pay_day), &p.pay_day)) {
        return bus_fail(err, BUS_ERANGE, "a day is 2026-07-10 / 日期有误");
    }
    p.bank = fund->bank;
    BUS_TRY(treasury_batch_prepare(b, &p, &batch, err));
    return door_done(batch, out, err);
}

int treasury_door_approve(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_batch_total(b, a->batch, &fen, err));
    BUS_TRY(treasury_door_may(a, b->day, fen, err));
    BUS_TRY(treasury_batch_approve(b, a->batch, err));
    return door_done(a->batch, out, err);
}

int treasury_door_send(struct treasury_books *b,
                       const struct treasury_asked *a,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    BUS_TRY(treasury_batch_send(b, a->batch, err));
    return door_done(a->batch, out, err);
}

int treasury_door_withdraw(struct treasury_books *b,
                           const struct treasury_asked *a,
                           struct bus_buf *out,
                           struct bus_err *err)
{
    if (a->why[0] == '\0') {
        return bus_fail(err, BUS_ERANGE, "why? / 请写明原因");
    }
    BUS_TRY(treasury_batch_withdraw(b, a->batch, a->why, err));
    return door_done(a->batch, out, err);
}

/* --- what a bank says otherwise --- */

static int door_differences_rows(struct treasury_books *b,
                                 const struct treasury_asked *a,
                                 json_t *into,
                                 struct bus_err *err)
{
    static const struct door_question differences = {
        "differences", consumers_treasury_sql_differences,
        "name fund day #amount_fen reason line order first_by #all"};
    (void)a;
    return door_rows(b, &differences,
                     TREASURY_PARAMS(NULL, NULL, DIFFERENCES_MAX), into, err);
}

int treasury_door_differences(struct treasury_books *b,
                              const struct treasury_asked *a,
                              struct bus_buf *out,
                              struct bus_err *err)
{
    return door_answer(b, a, door_differences_rows, out, err);
}

static int
door_difference_said(const char *name, struct bus_buf *out, struct bus_err *err)
{
    json_t *j = json_pack("{s:s}", "difference", name);
    int rc = door_say(j, out, err);
    json_decref(j);
    return rc;
}

/* Within the limit of who says what it is, as that it is so. */
static int door_difference_may(struct treasury_books *b,
                               const struct treasury_asked *a,
                               struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_difference_fen(b, a->difference, &fen, err));
    return treasury_door_may(a, b->day, fen, err);
}

int treasury_door_look(struct treasury_books *b,
                       const struct treasury_asked *a,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    const struct treasury_difference d = {
        .name = a->difference, .kind = a->as, .why = a->why};
    if (a->why[0] == '\0' || a->as[0] == '\0') {
        return bus_fail(err, BUS_ERANGE,
                        "what is it, and why? / 请写明类别和原因");
    }
    BUS_TRY(door_difference_may(b, a, err));
    int rc = treasury_difference_look(b, &d, err);
    if (rc == BUS_EUSAGE) { /* it cannot be that */
        char said[BUS_ERR_MSG_MAX];
        (void)bus_strv_copy(said, sizeof(said), bus_strv(err->msg));
        rc = bus_fail(err, BUS_ERANGE, "%s", said);
    }
    return rc == BUS_OK ? door_difference_said(a->difference, out, err) : rc;
}

int treasury_door_agree(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    BUS_TRY(door_difference_may(b, a, err));
    BUS_TRY(treasury_difference_agree(b, a->difference, err));
    return door_difference_said(a->difference, out, err);
}

/* --- awards --- */

static int door_awards_rows(struct treasury_books *b,
                            const struct treasury_asked *a,
                            json_t *into,
                            struct bus_err *err)
{
    static const char *const states[] = {"", "live", "waiting", "ended"};
    static const struct door_question awards = {
        "awards", consumers_treasury_sql_awards_list,
        "award item fund #amount_fen state note from_month"};
    struct bus_id id;
    size_t i = 0;
    while (i < 4 && strcmp(states[i], a->state) != 0) {
        i++;
    }
    if (i == 4) {
        return bus_fail(err, BUS_ERANGE, "no such state / 没有这种状态");
    }
    bool one = a->award[0] != '\0';
    if (one && !bus_id_parse(bus_strv(a->award), &id)) {
        return bus_fail(err, BUS_EUNKNOWN, "no such award / 没有此项救助");
    }
    return door_rows(b, &awards,
                     TREASURY_PARAMS(a->state, one ? a->award : NULL), into,
                     err);
}

int treasury_door_awards(struct treasury_books *b,
                         const struct treasury_asked *a,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    return door_answer(b, a, door_awards_rows, out, err);
}

/* What is said of one thing, by its name. */
static int door_named(const char *key,
                      const char *name,
                      struct bus_buf *out,
                      struct bus_err *err)
{
    BUS_CHECK(key != NULL && name != NULL);
    json_t *j = json_pack("{s:s}", key, name);
    int rc = door_say(j, out, err);
    json_decref(j);
    return rc;
}

static int door_award_of(const struct treasury_asked *a, struct bus_err *err)
{
    struct bus_id id;
    BUS_CHECK(a->award != NULL && a->why != NULL);
    if (!bus_id_parse(bus_strv(a->award), &id)) {
        return bus_fail(err, BUS_EUNKNOWN, "no such award / 没有此项救助");
    }
    return a->why[0] != '\0' ? BUS_OK
                             : bus_fail(err, BUS_ERANGE, "why? / 请写明原因");
}

int treasury_door_suspend(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    BUS_TRY(door_award_of(a, err));
    BUS_TRY(treasury_award_suspend(b, a->award, a->why, err));
    return door_named("award", a->award, out, err);
}

int treasury_door_resume(struct treasury_books *b,
                         const struct treasury_asked *a,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    BUS_TRY(door_award_of(a, err));
    BUS_TRY(treasury_award_resume(b, a->award, a->why, err));
    return door_named("award", a->award, out, err);
}

/* --- a fund's money, by two --- */

static int door_budgets_rows(struct treasury_books *b,
                             const struct treasury_asked *a,
                             json_t *into,
                             struct bus_err *err)
{
    static const struct door_question budgets = {
        "budgets", consumers_treasury_sql_budgets_open,
        "budget fund #amount_fen why said_by said_at"};
    (void)a;
    return door_rows(b, &budgets, NULL, 0, into, err);
}

int treasury_door_budgets(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    return door_answer(b, a, door_budgets_rows, out, err);
}

int treasury_door_budget_say(struct treasury_books *b,
                             const struct treasury_asked *a,
                             struct bus_buf *out,
                             struct bus_err *err)
{
    char text[64];
    bool less = a->yuan[0] == '-';
    int64_t fen = 0;
    BUS_CHECK(a->fund != NULL && a->config != NULL);
    if (bus_conf_fund(a->config, a->fund) == NULL) {
        return bus_fail(err, BUS_ERANGE, "no such fund / 无此资金");
    }
    (void)snprintf(text, sizeof(text), "%.40s yuan", a->yuan + less);
    if (!bus_conf_money_parse(bus_strv(text), &fen)) {
        return bus_fail(err, BUS_ERANGE, "yuan, as 3000.00 / 金额有误");
    }
    if (a->why[0] == '\0') {
        return bus_fail(err, BUS_ERANGE, "why? / 请写明原因");
    }
    BUS_TRY(treasury_door_may(a, b->day, fen, err));
    const char *budget = NULL;
    BUS_TRY(treasury_budget_say(b, a->fund, less ? -fen : fen, a->why, &budget,
                                err));
    return door_named("budget", budget, out, err);
}

int treasury_door_budget_agree(struct treasury_books *b,
                               const struct treasury_asked *a,
                               struct bus_buf *out,
                               struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_budget_fen(b, a->budget, &fen, err));
    BUS_TRY(treasury_door_may(a, b->day, fen < 0 ? -fen : fen, err));
    BUS_TRY(treasury_budget_agree(b, a->budget, err));
    return door_named("budget", a->budget, out, err);
}

int treasury_door_budget_drop(struct treasury_books *b,
                              const struct treasury_asked *a,
                              struct bus_buf *out,
                              struct bus_err *err)
{
    BUS_TRY(treasury_budget_drop(b, a->budget, err));
    return door_named("budget", a->budget, out, err);
}
