#include "bus/partner/sheet_parts.h"

#include "bus/base/check.h"

#define SHOWN(name, w, type, place)                                     \
    {                                                                   \
        .title = (name), .width = (w), .cell = (type), .shown = (place) \
    }
#define KEPT(name, w, place)                                          \
    {                                                                 \
        .title = (name), .width = (w), .shown = (place), .kept = true \
    }
#define FILL(name, w, type, place)                                          \
    {                                                                       \
        .title = (name), .width = (w), .cell = (type), .filled = {(place) } \
    }
#define ROW_ID SHOWN("编号 id", 38, SHEET_TEXT, "/reply_to/event_id")
#define PERSON(part)                                             \
    KEPT("姓名 name", 12, part "/name"),                         \
        SHOWN("证件号码 number", 22, SHEET_TEXT, part "/id_no"), \
        SHOWN("电话 phone", 14, SHEET_TEXT, part "/phone"),      \
        SHOWN("住址 address", 24, SHEET_TEXT, part "/address")
#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

/* --- department --- */

static const struct sheet_word actions[] = {{"ASSIGNED", "派单", 0, false},
                                            {"UPDATED", "更新", 0, false},
                                            {"RETURNED", "退回", 0, false},
                                            {"WITHDRAWN", "撤回", 0, false},
                                            {NULL, NULL, 0, false}};
static const struct sheet_word verdicts[] = {
    {"ELIGIBLE", "符合", 0, false},
    {"NOT_ELIGIBLE", "不符合", 0, false},
    {"UNDETERMINED", "待定", 0, false},
    {"FAILED", "规则出错", 0, false},
    {NULL, NULL, 0, false}};
static const struct sheet_word decisions[] = {
    {"CONFIRMED", "同意", 0, false},
    {"REFUSED", "不同意", 0, false},
    {"RETURNED", "退回", 0, false},
    {"ACCEPTED", "受理", 1, true},
    {"SURVEYED", "入户调查", 1, true},
    {"CHECKED", "核对", 1, true},
    {"OPINION", "审核意见", 1, true},
    {"NOTICE_POSTED", "张贴公示", 1, true},
    {"NOTICE_OBJECTED", "公示有异议", 1, true},
    {"NOTICE_EXPIRED", "公示期满", 1, true},
    {"HEARD", "听取意见", 1, true},
    {NULL, NULL, 0, false}};
static const struct sheet_word deliveries[] = {
    {"BANK", "银行代发", 0, false},
    {"POST_CASH", "邮政现金", 0, false},
    {"POST_GOODS", "邮政实物", 0, false},
    {"SERVICE", "服务", 0, false},
    {NULL, NULL, 0, false}};
static const struct sheet_word periods[] = {{"ONCE", "一次", 0, false},
                                            {"MONTHLY", "每月", 0, false},
                                            {"QUARTERLY", "每季", 0, false},
                                            {"YEARLY", "每年", 0, false},
                                            {NULL, NULL, 0, false}};

static const struct sheet_column department[] = {
    ROW_ID,
    KEPT("事项 item", 10, "/reply_to/item"),
    {.title = "类型 action",
     .width = 8,
     .cell = SHEET_WORD,
     .shown = "/action",
     .words = actions},
    PERSON("/applicant"),
    SHOWN("村居 division", 14, SHEET_TEXT, "/division_code"),
    {.title = "研判 verdict",
     .width = 8,
     .cell = SHEET_WORD,
     .shown = "/verdict",
     .words = verdicts},
    SHOWN("拟给金额 proposed (元)", 12, SHEET_MONEY, "/amount_fen"),
    SHOWN("收款账户 payee", 18, SHEET_TEXT, "/payee_masked"),
    SHOWN("期限 due", 12, SHEET_TEXT, "/due"),
    SHOWN("事实 facts", 48, SHEET_FACTS, "/facts"),
    SHOWN("缺少 missing", 24, SHEET_NAMES, "/missing"),
    SHOWN("退回原因 came back because", 16, SHEET_TEXT, "/reason"),
    {.title = "决定 decision",
     .width = 12,
     .cell = SHEET_WORD,
     .filled = {"/outcome", "/kind"},
     .words = decisions},
    FILL("金额 amount (元)", 12, SHEET_MONEY, "/amount_fen"),
    {.title = "方式 delivery",
     .width = 10,
     .cell = SHEET_WORD,
     .filled = {"/delivery"},
     .words = deliveries},
    FILL("物资 goods", 16, SHEET_TEXT, "/goods"),
    {.title = "周期 period",
     .width = 8,
     .cell = SHEET_WORD,
     .filled = {"/period"},
     .words = periods},
    FILL("起始月 from month", 10, SHEET_TEXT, "/from_month"),
    FILL("理由 reason", 24, SHEET_TEXT, "/reason"),
    {.title = "经办人 operator",
     .width = 12,
     .filled = {"/decided_by/operator_id", "/done_by/operator_id"}},
    {.title = "单位 office",
     .width = 10,
     .filled = {"/decided_by/org_code", "/done_by/org_code"},
     .usual = {"@", "@"}},
    {.title = "岗位 role",
     .width = 10,
     .filled = {"/decided_by/role", "/done_by/role"},
     .usual = {"approver", "clerk"}},
    {.title = "第二人 second",
     .width = 12,
     .filled = {NULL, "/second/operator_id"}},
    {.title = "第二人单位 second's office",
     .width = 10,
     .filled = {NULL, "/second/org_code"},
     .usual = {NULL, "@"}},
    {.title = "第二人岗位 second's role",
     .width = 10,
     .filled = {NULL, "/second/role"},
     .usual = {NULL, "clerk"}},
};

/* --- post --- */

static const struct sheet_word task_kinds[] = {{"CASH", "现金", 0, false},
                                               {"GOODS", "实物", 0, false},
                                               {NULL, NULL, 0, false}};
static const struct sheet_word receipts[] = {{"SIGNED", "签收", 0, false},
                                             {"PAID", "付讫", 0, false},
                                             {"FAILED", "未妥投", 0, false},
                                             {"RETURNED", "退回", 0, false},
                                             {NULL, NULL, 0, false}};
static const struct sheet_column post[] = {
    ROW_ID,
    KEPT("事项 item", 10, "/item"),
    {.title = "类别 kind",
     .width = 8,
     .cell = SHEET_WORD,
     .shown = "/kind",
     .words = task_kinds},
    PERSON("/recipient"),
    SHOWN("村居 division", 14, SHEET_TEXT, "/division_code"),
    SHOWN("金额 amount (元)", 12, SHEET_MONEY, "/amount_fen"),
    SHOWN("物资 goods", 20, SHEET_TEXT, "/goods"),
    SHOWN("期限 due", 12, SHEET_TEXT, "/due"),
    {.title = "结果 outcome",
     .width = 10,
     .cell = SHEET_WORD,
     .filled = {"/outcome"},
     .words = receipts},
    FILL("次数 attempts", 8, SHEET_COUNT, "/attempts"),
    FILL("签收人关系 signer", 12, SHEET_TEXT, "/signer_relation"),
    FILL("原因 reason", 24, SHEET_TEXT, "/reason"),
};

/* --- charity --- */

static const struct sheet_word claims[] = {{"CLAIMED", "认领", 0, true},
                                           {"DELIVERED", "已帮扶", 0, false},
                                           {"DECLINED", "不认领", 0, false},
                                           {NULL, NULL, 0, false}};
static const struct sheet_column charity[] = {
    ROW_ID,
    KEPT("事项 item", 10, "/item"),
    SHOWN("乡镇 town", 14, SHEET_TEXT, "/town_code"),
    SHOWN("缺口 gap (元)", 12, SHEET_MONEY, "/gap_fen"),
    SHOWN("人口 people", 8, SHEET_COUNT, "/household_size"),
    SHOWN("截止 until", 12, SHEET_TEXT, "/expires"),
    {.title = "结果 outcome",
     .width = 10,
     .cell = SHEET_WORD,
     .filled = {"/outcome"},
     .words = claims},
    FILL("金额 amount (元)", 12, SHEET_MONEY, "/amount_fen"),
};

static const struct sheet_form forms[] = {
    {.kind = BUS_PARTNER_DEPARTMENT,
     .task = "assignment",
     .about = "/reply_to/assignment_id",
     .answers = {{.document = "decision",
                  .times = {"/occurred_at", "/signed_at"},
                  .copied = "/payee_hash",
                  .with = "CONFIRMED"},
                 {.document = "step", .times = {"/occurred_at"}}},
     .columns = department,
     .count = COUNT(department),
     .outcome = 15},
    {.kind = BUS_PARTNER_POST,
     .task = "delivery-task",
     .about = "/reply_to/task_id",
     .answers = {{.document = "delivery-receipt", .times = {"/occurred_at"}}},
     .columns = post,
     .count = COUNT(post),
     .outcome = 11},
    {.kind = BUS_PARTNER_CHARITY,
     .task = "need",
     .about = "/reply_to/need_id",
     .ends = "claim-result",
     .ends_with = "LOST",
     .answers = {{.document = "claim", .times = {"/occurred_at"}}},
     .columns = charity,
     .count = COUNT(charity),
     .outcome = 6},
};

const struct sheet_form *partner_sheet_form(int kind)
{
    for (size_t i = 0; i < COUNT(forms); i++) {
        if (forms[i].kind == kind) {
            const struct sheet_column *c = &forms[i].columns[forms[i].outcome];
            BUS_CHECK(c->words != NULL && c->filled[0] != NULL);
            return &forms[i];
        }
    }
    return NULL;
}
