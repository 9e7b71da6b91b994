/* Batches: prepared by one, approved by two others, sent as approved. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/wire/ids.h"
#include "bus/wire/sign.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/batch_approve.h"
#include "consumers/treasury/sql/batch_change.h"
#include "consumers/treasury/sql/batch_commit.h"
#include "consumers/treasury/sql/batch_count.h"
#include "consumers/treasury/sql/batch_find.h"
#include "consumers/treasury/sql/batch_leave.h"
#include "consumers/treasury/sql/batch_lines_put.h"
#include "consumers/treasury/sql/batch_put.h"
#include "consumers/treasury/sql/batch_release.h"
#include "consumers/treasury/sql/batch_send.h"
#include "consumers/treasury/sql/batch_state.h"
#include "consumers/treasury/sql/batch_text.h"
#include "consumers/treasury/sql/batches_of_lines.h"
#include "consumers/treasury/statements.h"

#define SUM_BYTES_MAX (64u << 20) /* of a batch's text */

/* --- one batch --- */

int treasury_batch_read(struct treasury_books *b,
                        const char *batch,
                        struct treasury_batch *ret,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_id id;
    if (!bus_id_parse(bus_strv(batch), &id)) {
        return bus_fail(err, BUS_EUSAGE,
                        "a batch is named by its id, 36 characters / "
                        "批次用36位编号指明");
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_find,
                               TREASURY_PARAMS(batch), &r, err));
    if (bus_pg_count(r) == 0) {
        bus_pg_rows_free(r);
        return bus_fail(err, BUS_EUNKNOWN, "no batch %s / 没有此批次", batch);
    }
    *ret = (struct treasury_batch){
        .batch = batch,
        .lines = bus_pg_i64(r, 0, 5),
        .total_fen = bus_pg_i64(r, 0, 6),
        .pay_day = (int32_t)bus_pg_i64(r, 0, 11),
    };
    const char **texts[] = {&ret->bank,
                            &ret->fund,
                            NULL,
                            NULL,
                            NULL,
                            NULL,
                            NULL,
                            &ret->sm3,
                            &ret->prepared_by,
                            &ret->approved[0],
                            &ret->approved[1]};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] != NULL) {
            *texts[i] = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, i)));
        }
    }
    bool known =
        treasury_batch_of(bus_strv(bus_pg_value(r, 0, 4)), &ret->state);
    bus_pg_rows_free(r);
    BUS_CHECK(known); /* the tables hold it */
    return BUS_OK;
}

int treasury_batch_total(struct treasury_books *b,
                         const char *batch,
                         int64_t *ret_fen,
                         struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    BUS_CHECK(of.total_fen >= 0);
    *ret_fen = of.total_fen;
    return BUS_OK;
}

static int batch_wrong_state(const struct treasury_batch *of,
                             const char *what,
                             const char *what_zh,
                             struct bus_err *err)
{
    return bus_fail(
        err, BUS_ESTATE, "batch %s is %s: it cannot be %s / 批次当前状态不能%s",
        of->batch, bus_fsm_word(&treasury_batch_fsm, of->state), what, what_zh);
}

/* --- what it says --- */

static void sum_head(struct bus_buf *text, const struct treasury_batch *of)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(of->pay_day, &year, &month, &dom);
    bus_buf_printf(text,
                   "lianou batch 2\n%s\n%s\n%s\n%04" PRId64 "-%02u-%02u\n"
                   "%" PRId64 " %" PRId64 "\n",
                   of->batch, of->bank, of->fund, year, month, dom, of->lines,
                   of->total_fen);
}

/* Lines as `text` has them, one a row. */
static int sum_made(struct bus_buf *text, char ret[65], struct bus_err *err)
{
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    if (text->failed) {
        return bus_fail(err, BUS_ETOOBIG,
                        "a batch of more than %u bytes / 批次过大",
                        SUM_BYTES_MAX);
    }
    BUS_TRY(bus_wire_sm3(bus_buf_view(text), sum, err));
    for (size_t i = 0; i < sizeof(sum); i++) {
        (void)snprintf(ret + 2 * i, 3, "%02x", sum[i]);
    }
    return BUS_OK;
}

int treasury_batch_sum(struct treasury_books *b,
                       const struct treasury_batch *of,
                       char ret[TREASURY_SUM_TEXT],
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_buf text;
    BUS_CHECK(of->bank != NULL && of->fund != NULL);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_text,
                               TREASURY_PARAMS(of->batch), &r, err));
    bus_buf_init(&text, SUM_BYTES_MAX);
    sum_head(&text, of);
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        bus_buf_puts(&text, bus_pg_value(r, i, 0));
        bus_buf_putc(&text, '\n');
    }
    int rc = sum_made(&text, ret, err);
    bus_buf_fini(&text);
    bus_pg_rows_free(r);
    return rc;
}

/* "\x..." of it. */
static const char *sum_param(struct treasury_books *b, const char *sum)
{
    BUS_CHECK(strlen(sum) == TREASURY_SUM_TEXT - 1);
    const char *text = bus_arena_printf(b->mem, "\\x%s", sum);
    b->no_memory |= text == NULL;
    return text;
}

/* --- it is put down --- */

static int batch_insert(struct treasury_books *b,
                        const struct treasury_batch *of,
                        const struct treasury_batch_lines *lines,
                        struct bus_err *err)
{
    char sum[TREASURY_SUM_TEXT];
    static const char none[] =
        "\\x0000000000000000000000000000000000000000000000000000000000000000";
    BUS_CHECK(of->lines > 0 && of->total_fen > 0);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_put,
        TREASURY_PARAMS(of->batch, of->bank, of->fund,
                        treasury_books_day(b, of->pay_day),
                        treasury_books_number(b, of->number),
                        treasury_books_number(b, of->lines),
                        treasury_books_number(b, of->total_fen), none, b->who),
        NULL, err));
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_lines_put,
        TREASURY_PARAMS(of->batch, lines->lines, lines->orders), NULL, err));
    BUS_TRY(treasury_batch_sum(b, of, sum, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_count,
                               TREASURY_PARAMS(of->batch, sum_param(b, sum)),
                               NULL, err));
    return treasury_books_ask(
        b, consumers_treasury_sql_batch_commit,
        TREASURY_PARAMS(of->batch, treasury_books_day(b, b->day)), NULL, err);
}

int treasury_batch_prepare(struct treasury_books *b,
                           const struct treasury_prepare *p,
                           const char **ret_batch,
                           struct bus_err *err)
{
    struct treasury_batch of = {
        .bank = p->bank, .fund = p->fund, .pay_day = p->pay_day};
    struct treasury_batch_lines lines;
    int64_t free_fen = 0;
    BUS_TRY(treasury_fund_free(b, p->fund, &free_fen, err));
    BUS_TRY(treasury_fund_agrees(b, p->fund, err));
    BUS_TRY(treasury_batch_gather(b, p, &of, &lines, err));
    if (of.total_fen > free_fen) {
        return bus_fail(err, BUS_ESTATE,
                        "fund %s has %" PRId64 ".%02d yuan free, the %" PRId64
                        " lines come to %" PRId64 ".%02d / 资金不足, 不能制批",
                        p->fund, free_fen / 100, (int)(free_fen % 100),
                        of.lines, of.total_fen / 100,
                        (int)(of.total_fen % 100));
    }
    BUS_TRY(batch_insert(b, &of, &lines, err));
    *ret_batch = of.batch;
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "prepare",
                               .fund = of.fund,
                               .batch = of.batch,
                               .amount_fen = of.total_fen},
        err);
}

/* Some of its lines leave; what is left is counted and has to be approved anew.
 */
static int batch_shrink(struct treasury_books *b,
                        const char *batch,
                        const char *lines,
                        struct bus_err *err)
{
    struct treasury_batch of;
    char sum[TREASURY_SUM_TEXT];
    const char *none =
        "\\x0000000000000000000000000000000000000000000000000000000000000000";
    BUS_CHECK(lines != NULL);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_change,
                               TREASURY_PARAMS(batch), NULL, err));
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_release,
        TREASURY_PARAMS(batch, lines, treasury_books_day(b, b->day)), NULL,
        err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_leave,
                               TREASURY_PARAMS(batch, lines), NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_count,
                               TREASURY_PARAMS(batch, none), NULL, err));
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    BUS_TRY(treasury_batch_sum(b, &of, sum, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_count,
                               TREASURY_PARAMS(batch, sum_param(b, sum)), NULL,
                               err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "change",
                                                     .batch = batch,
                                                     .fund = of.fund,
                                                     .amount_fen = of.total_fen,
                                                     .note = "APPROVALS_VOID"},
                              err);
}

int treasury_batches_leave(struct treasury_books *b,
                           const char *lines,
                           struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(lines[0] == '{');
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batches_of_lines,
                               TREASURY_PARAMS(lines), &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = batch_shrink(b, bus_pg_value(r, i, 0), lines, err);
    }
    bus_pg_rows_free(r);
    return rc;
}

/* --- what people do with it --- */

static int batch_as_summed(struct treasury_books *b,
                           const struct treasury_batch *of,
                           struct bus_err *err)
{
    char sum[TREASURY_SUM_TEXT];
    BUS_CHECK(of->sm3 != NULL);
    BUS_TRY(treasury_batch_sum(b, of, sum, err));
    return strcmp(sum, of->sm3) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ESTATE,
                          "batch %s is not what its SM3 says: somebody has "
                          "changed it; it stays where it is / "
                          "批次内容与摘要不符, 已停止, 请查明原因",
                          of->batch);
}

int treasury_batch_approve(struct treasury_books *b,
                           const char *batch,
                           struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    if (!bus_fsm_can(&treasury_batch_fsm, of.state, TREASURY_BATCH_APPROVE)) {
        return batch_wrong_state(&of, "approved", "审批", err);
    }
    if (strcmp(of.prepared_by, b->who) == 0) {
        return bus_fail(err, BUS_EDENIED,
                        "%s prepared this batch: two others approve it / "
                        "制批人不得审批本批次",
                        b->who);
    }
    if (strcmp(of.approved[0], b->who) == 0) {
        return bus_fail(err, BUS_EDENIED,
                        "%s has approved this batch: a third person has to / "
                        "同一人不得审批两次",
                        b->who);
    }
    if (of.lines == 0) {
        return bus_fail(err, BUS_ESTATE,
                        "batch %s has no line left: withdraw it / "
                        "批次已无明细, 请撤回",
                        batch);
    }
    BUS_TRY(batch_as_summed(b, &of, err));
    BUS_TRY(treasury_fund_agrees(b, of.fund, err));
    enum treasury_batch_state to = of.state;
    bus_fsm_move(&treasury_batch_fsm, &to, TREASURY_BATCH_APPROVE, batch);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_approve,
        TREASURY_PARAMS(batch, bus_fsm_word(&treasury_batch_fsm, to), b->who),
        NULL, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "approve",
                                                     .batch = batch,
                                                     .fund = of.fund,
                                                     .amount_fen = of.total_fen,
                                                     .note = of.sm3},
                              err);
}

static int batch_go(struct treasury_books *b,
                    const struct treasury_batch *of,
                    enum treasury_batch_event event,
                    struct bus_err *err)
{
    enum treasury_batch_state to = of->state;
    BUS_CHECK(bus_fsm_can(&treasury_batch_fsm, of->state, event));
    bus_fsm_move(&treasury_batch_fsm, &to, event, of->batch);
    return treasury_books_ask(
        b, consumers_treasury_sql_batch_state,
        TREASURY_PARAMS(of->batch, bus_fsm_word(&treasury_batch_fsm, to)), NULL,
        err);
}

int treasury_batch_send(struct treasury_books *b,
                        const char *batch,
                        struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    if (!bus_fsm_can(&treasury_batch_fsm, of.state, TREASURY_BATCH_SEND)) {
        return batch_wrong_state(&of, "sent", "发送", err);
    }
    BUS_TRY(batch_as_summed(b, &of, err));
    BUS_TRY(batch_go(b, &of, TREASURY_BATCH_SEND, err));
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_send,
        TREASURY_PARAMS(batch, treasury_books_day(b, b->day)), NULL, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "send",
                                                     .batch = batch,
                                                     .fund = of.fund,
                                                     .amount_fen = of.total_fen,
                                                     .note = of.sm3},
                              err);
}

int treasury_batch_withdraw(struct treasury_books *b,
                            const char *batch,
                            const char *why,
                            struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    if (!bus_fsm_can(&treasury_batch_fsm, of.state, TREASURY_BATCH_WITHDRAW)) {
        return batch_wrong_state(&of, "withdrawn", "撤回", err);
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_release,
        TREASURY_PARAMS(batch, NULL, treasury_books_day(b, b->day)), NULL,
        err));
    BUS_TRY(batch_go(b, &of, TREASURY_BATCH_WITHDRAW, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_leave,
                               TREASURY_PARAMS(batch, NULL), NULL, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "withdraw",
                                                     .batch = batch,
                                                     .fund = of.fund,
                                                     .amount_fen = of.total_fen,
                                                     .note = why},
                              err);
}

int treasury_batch_close(struct treasury_books *b,
                         const char *batch,
                         struct bus_err *err)
{
    struct treasury_batch of;
    int64_t ignored = 0;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    if (!bus_fsm_can(&treasury_batch_fsm, of.state, TREASURY_BATCH_CLOSE)) {
        return batch_wrong_state(&of, "closed", "关闭", err);
    }
    BUS_TRY(treasury_fund_free(b, of.fund, &ignored, err));
    BUS_TRY(batch_go(b, &of, TREASURY_BATCH_CLOSE, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "close",
                               .batch = batch,
                               .fund = of.fund,
                               .amount_fen = of.total_fen},
        err);
}

int treasury_batch_acknowledged(struct treasury_books *b,
                                const char *batch,
                                struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    return of.state == TREASURY_BATCH_SENT
               ? batch_go(b, &of, TREASURY_BATCH_ACKNOWLEDGE, err)
               : BUS_OK;
}

int treasury_batch_answered(struct treasury_books *b,
                            const char *batch,
                            bool all,
                            struct bus_err *err)
{
    struct treasury_batch of;
    BUS_TRY(treasury_batch_read(b, batch, &of, err));
    if (of.state == TREASURY_BATCH_SENT) {
        BUS_TRY(batch_go(b, &of, TREASURY_BATCH_ACKNOWLEDGE, err));
        of.state = TREASURY_BATCH_ACKNOWLEDGED;
    }
    enum treasury_batch_event event =
        all ? TREASURY_BATCH_SETTLE_ALL : TREASURY_BATCH_SETTLE_PART;
    return bus_fsm_can(&treasury_batch_fsm, of.state, event)
               ? batch_go(b, &of, event, err)
               : BUS_OK; /* settled or closed: money came back afterwards */
}
