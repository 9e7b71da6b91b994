/* What a bank says of a fund's account: taken, listed, held against the books.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "consumers/treasury/sql/differences.h"
#include "consumers/treasury/sql/files_waiting.h"
#include "consumers/treasury/sql/statement_lines.h"
#include "consumers/treasury/sql/statements_list.h"
#include "consumers/treasury/statements.h"
#include "ops/cli/operate/treasury.h"

#define SHOWN_MAX "1000"

int cli_treasury_statement_before(struct asked_treasury *a, struct bus_err *err)
{
    const struct bus_conf_partner *p =
        a->bank != NULL ? bus_conf_partner(&a->t.config, a->bank) : NULL;
    if (p == NULL || p->kind != BUS_PARTNER_BANK) {
        return bus_fail(err, BUS_EUSAGE,
                        "--bank: no bank '%s' in partners.d / 请写明银行",
                        a->bank != NULL ? a->bank : "");
    }
    return cli_treasury_file_keep(a, err);
}

int cli_treasury_statement(struct asked_treasury *a, struct bus_err *err)
{
    struct treasury_statement_taken taken = {0};
    int rc = treasury_statement_take(&a->t.config, &a->books, a->bank, a->part,
                                     &taken, err);
    a->kind = taken.kind_known ? bus_bank_kind_words[taken.kind] : NULL;
    a->gap = taken.gap;
    if (rc != BUS_OK) {
        return rc;
    }
    if (taken.again) {
        (void)printf("taken before: nothing has changed / 已收过, 未作变动\n");
        return BUS_OK;
    }
    (void)printf("%s  statements 对账单 %" PRId64 "  known 已知 %" PRId64
                 "  entries 记录 %" PRId64 "\n",
                 a->kind, taken.statements, taken.known, taken.entries);
    return cli_treasury_differences(a, err);
}

int cli_treasury_statements(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {4, 4, 10, 24, 10, 10, 15, 15, 15, 6, 6, 6};
    static const struct shown shown = {
        "number 序号 / fund 资金 / bank 银行 / name 编号 / first 起 / last 止 "
        "/ "
        "opening 期初 / movements 变动 / closing 期末 / lines 笔数 / matched "
        "已对上 / unmatched 未对上",
        "ssssssyyysss", width};
    const char *params[] = {a->words[1]};
    return cli_treasury_show(a, consumers_treasury_sql_statements_list, params,
                             1, &shown, err);
}

int cli_treasury_statement_show(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {8, 10, 13, 16, 36, 36, 0};
    static const struct shown shown = {
        "entry 记录 / day 日期 / amount 金额 / in the books 账上 / line 明细 / "
        "order 指令 / reference 流水号",
        "ssyssss", width};
    const char *params[] = {a->words[2]};
    int64_t n = 0;
    if (!bus_strv_to_i64(bus_strv(a->words[2]), &n)) {
        return bus_fail(err, BUS_EUSAGE,
                        "%s: a statement's number (lianou treasury statements) "
                        "/ 对账单用序号指明",
                        a->words[2]);
    }
    return cli_treasury_show(a, consumers_treasury_sql_statement_lines, params,
                             1, &shown, err);
}

int cli_treasury_differences(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {36, 4, 10, 13, 16, 36, 36, 0, 0};
    static const struct shown shown = {
        "difference 差异 / fund 资金 / day 日期 / amount 金额 / reason 原因 / "
        "line 明细 / order 指令 / looked at by 核实人",
        "sssyssss-", width};
    bool of_fund = strcmp(a->words[0], "differences") == 0;
    const char *params[] = {of_fund ? a->words[1] : NULL, NULL, SHOWN_MAX};
    return cli_treasury_show(a, consumers_treasury_sql_differences, params, 3,
                             &shown, err);
}

int cli_treasury_files(struct asked_treasury *a, struct bus_err *err)
{
    static const int width[] = {6, 16, 10, 12, 10, 12, 0};
    static const struct shown shown = {
        "file 文件 / when 时间 / bank 银行 / given in by 经办人 / kind 格式 / "
        "SM3 / why it was refused 拒收原因",
        "sssssss", width};
    return cli_treasury_show(a, consumers_treasury_sql_files_waiting, NULL, 0,
                             &shown, err);
}
