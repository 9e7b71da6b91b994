#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/ledger/sql/county_funds.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/answers_open.h"
#include "consumers/treasury/sql/batch_acts.h"
#include "consumers/treasury/sql/batch_lines.h"
#include "consumers/treasury/sql/batches_list.h"
#include "consumers/treasury/sql/budgets_open.h"
#include "consumers/treasury/sql/due_list.h"
#include "consumers/treasury/sql/fund_days.h"
#include "consumers/treasury/sql/lines_list.h"
#include "consumers/treasury/sql/years.h"
#include "ops/cli/operate/treasury.h"

static void show_yuan(int64_t fen, int width)
{
    char text[40];
    uint64_t n = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    (void)snprintf(text, sizeof(text), "%s%" PRIu64 ".%02u", fen < 0 ? "-" : "",
                   n / 100, (unsigned)(n % 100));
    (void)printf("%*s ", width, text);
}

static void show_rows(const struct bus_pg_rows *r, const struct shown *s)
{
    (void)printf("%s\n", s->head);
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        for (size_t k = 0; s->form[k] != '\0'; k++) {
            if (s->form[k] == 'y') {
                show_yuan(bus_pg_i64(r, i, k), s->width[k]);
            } else if (s->form[k] == 's') {
                (void)printf("%-*s ", s->width[k], bus_pg_value(r, i, k));
            }
        }
        (void)printf("\n");
    }
}

int cli_treasury_show(struct asked_treasury *a,
                      const char *sql,
                      const char *const *params,
                      size_t n,
                      const struct shown *s,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(a->t.pg, sql, params, n, &r, err));
    show_rows(r, s);
    bus_pg_rows_free(r);
    return BUS_OK;
}

int cli_treasury_lines(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {36, 6, 8, 10, 12, 9, 2, 10, 16, 0, 0};
    static const struct shown shown = {
        "line 明细 / item 事项 / period 期间 / pay day 发放日 / amount 金额 / "
        "state 状态 / order 次 / claimed back 应追回 / reason 原因",
        "ssssyssys", width};
    struct bus_id id;
    const char *state = a->words[1] != NULL ? a->words[1] : "";
    enum treasury_line_state known;
    if (state[0] != '\0' && !treasury_line_of(bus_strv(state), &known)) {
        return bus_fail(err, BUS_EUSAGE,
                        "%s: a state is due, sent, settled, rejected, "
                        "returned, repaid or stopped / 没有这种状态",
                        state);
    }
    if (a->of != NULL && !bus_id_parse(bus_strv(a->of), &id)) {
        return bus_fail(err, BUS_EUSAGE,
                        "--of: the id of a household or an award / "
                        "家庭编号或救助编号");
    }
    const char *params[] = {state, a->of};
    return cli_treasury_show(a, consumers_treasury_sql_lines_list, params, 2,
                             &shown, err);
}

int cli_treasury_funds(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {6, 15, 15, 15, 15, 15, 0, 4, 4};
    static const struct shown all = {
        "fund 资金 / budget 预算 / free 可用 / committed 已占用 / paid 已发 / "
        "returned 退回 / blocked 锁定 / disputes 待核实 / differences 对账差异",
        "syyyyysss", width};
    static const int day_width[] = {6, 10, 15, 15, 15, 15, 12, 15};
    static const struct shown days = {
        "fund 资金 / day 日期 / opening 期初 / budget 预算 / paid 支出 / "
        "returned 退回 / bank's own 银行收付 / closing 期末",
        "ssyyyyyy", day_width};
    const char *params[] = {a->words[1]};
    return a->words[1] == NULL
               ? cli_treasury_show(a, bus_ledger_sql_county_funds, NULL, 0,
                                   &all, err)
               : cli_treasury_show(a, consumers_treasury_sql_fund_days, params,
                                   1, &days, err);
}

int cli_treasury_answers(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {36, 36, 10, 9, 12, 6, 16, 4, 0};
    static const struct shown shown = {
        "answer 回执 / order 指令 / bank 银行 / says 结果 / amount 金额 / "
        "reason 原因 / why it waits 待核实 / fund 资金 / reference 流水号",
        "ssssyssss", width};
    return cli_treasury_show(a, consumers_treasury_sql_answers_open, NULL, 0,
                             &shown, err);
}

int cli_treasury_batches(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {36, 10, 4, 10, 3, 14, 6, 14, 12, 12, 12};
    static const struct shown shown = {
        "batch 批次 / bank 银行 / fund 资金 / pay day 发放日 / number 序号 / "
        "state 状态 / lines 笔数 / total 总额 / prepared 制批 / approved 审批",
        "sssssssysss", width};
    return cli_treasury_show(a, consumers_treasury_sql_batches_list, NULL, 0,
                             &shown, err);
}

int cli_treasury_years(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {6, 4, 15, 15, 15, 15, 12, 15, 15};
    static const struct shown shown = {
        "fund 资金 / year 年度 / carried in 上年结转 / budget 预算 / paid 支出 "
        "/ "
        "returned 退回 / bank's own 银行收付 / carried over 结转下年 / remains "
        "结余",
        "ssyyyyyyy", width};
    const char *params[] = {a->words[1]};
    return cli_treasury_show(a, consumers_treasury_sql_years, params, 1, &shown,
                             err);
}

int cli_treasury_budgets(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {4, 4, 15, 20, 12, 16};
    static const struct shown shown = {
        "number 编号 / fund 资金 / amount 金额 / why 原因 / who 提出人 / "
        "when 时间",
        "ssysss", width};
    return cli_treasury_show(a, consumers_treasury_sql_budgets_open, NULL, 0,
                             &shown, err);
}

int cli_treasury_due_show(struct asked_treasury *a,
                          const char *through,
                          struct bus_err *err)
{
    static const int width[] = {10, 4, 10, 6, 15};
    static const struct shown shown = {
        "bank 银行 / fund 资金 / pay day 发放日 / lines 笔数 / total 总额",
        "ssssy", width};
    return cli_treasury_show(a, consumers_treasury_sql_due_list, &through, 1,
                             &shown, err);
}

int cli_treasury_batch_show(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {36, 6, 8, 12, 9, 2, 36, 12};
    static const struct shown lines = {
        "line 明细 / item 事项 / period 期间 / amount 金额 / state 状态 / "
        "attempt 次 / order 指令 / reason 原因",
        "sssyssss", width};
    static const int act_width[] = {19, 12, 10, 15, 0};
    static const struct shown acts = {
        "when 时间 / who 经办人 / act 操作 / total 总额 / note 说明", "sssys",
        act_width};
    struct treasury_batch of;
    char sum[TREASURY_SUM_TEXT];
    const char *batch = a->words[2];
    BUS_TRY(treasury_batch_read(&a->books, batch, &of, err));
    BUS_TRY(treasury_batch_sum(&a->books, &of, sum, err));
    (void)printf("batch 批次 %s\nbank 银行 %s  fund 资金 %s  state 状态 %s\n"
                 "lines 笔数 %" PRId64 "  total 总额 ",
                 batch, of.bank, of.fund,
                 bus_fsm_word(&treasury_batch_fsm, of.state), of.lines);
    show_yuan(of.total_fen, 0);
    bool open = of.state <= TREASURY_BATCH_APPROVED_TWICE;
    (void)printf("\nSM3 %s%s\n\n", of.sm3,
                 !open || strcmp(sum, of.sm3) == 0
                     ? ""
                     : " !! its lines are not these / 内容已被改动");
    BUS_TRY(cli_treasury_show(a, consumers_treasury_sql_batch_lines, &batch, 1,
                              &lines, err));
    (void)printf("\n");
    return cli_treasury_show(a, consumers_treasury_sql_batch_acts, &batch, 1,
                             &acts, err);
}
