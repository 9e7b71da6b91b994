/* partners.d, funds.yaml, facts.yaml, calendar/ as descriptor tables. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(type, field) offsetof(struct type, field)
#define DAY             INT64_C(86400000)
#define END          \
    {                \
        .name = NULL \
    }

static const struct bus_key limits_keys[] = {
    {"in_flight", BUS_KEY_INT, AT(bus_conf_partner_limits, in_flight),
     .dflt = "1000", .min = 1, .max = 1000000,
     .doc = "tasks given out and not yet answered", .doc_zh = "在途任务上限"},
    {"per_second", BUS_KEY_INT, AT(bus_conf_partner_limits, per_second),
     .dflt = "200", .min = 1, .max = 100000, .doc = "tasks a second",
     .doc_zh = "每秒任务上限"},
    {"message_max", BUS_KEY_SIZE,
     AT(bus_conf_partner_limits, message_bytes_max), .dflt = "256KiB",
     .min = 4096, .max = 16777216, .doc = "largest answer",
     .doc_zh = "单个回复上限"},
    END};
static const struct bus_keys limits = {"limits",
                                       limits_keys,
                                       sizeof(struct bus_conf_partner_limits),
                                       BUS_KEYS_NO_NODE,
                                       "What the partner can take.",
                                       "伙伴承载上限。"};

static const struct bus_key retry_keys[] = {
    {"first", BUS_KEY_DURATION, AT(bus_conf_partner_retry, first_ms),
     .dflt = "500ms", .min = 10, .max = 600000, .doc = "first wait",
     .doc_zh = "首次等待"},
    {"max", BUS_KEY_DURATION, AT(bus_conf_partner_retry, max_ms), .dflt = "5m",
     .min = 100, .max = DAY, .doc = "longest wait; waits double, jittered",
     .doc_zh = "最长等待"},
    {"tries", BUS_KEY_INT, AT(bus_conf_partner_retry, tries), .dflt = "8",
     .min = 1, .max = 100, .doc = "after so many it is tried every retry.max",
     .doc_zh = "此后按最长等待重试"},
    END};
static const struct bus_keys retry = {
    "retry",
    retry_keys,
    sizeof(struct bus_conf_partner_retry),
    BUS_KEYS_NO_NODE,
    "When the partner does not take an event: it waits in parking, on disk.",
    "伙伴未接收时: 事件存入暂存并重试。"};

static const struct bus_key parking_keys[] = {
    {"per_household", BUS_KEY_INT, AT(bus_conf_partner_parking, per_household),
     .dflt = "100", .min = 1, .max = 100000,
     .doc = "events held behind one that failed", .doc_zh = "单户暂存上限"},
    {"total", BUS_KEY_INT, AT(bus_conf_partner_parking, total), .dflt = "10000",
     .min = 1, .max = 10000000, .doc = "events parked in all",
     .doc_zh = "暂存总上限"},
    {"give_up", BUS_KEY_DURATION, AT(bus_conf_partner_parking, give_up_ms),
     .dflt = "1d", .min = 1000, .max = 90 * DAY,
     .doc = "then it is dead-lettered", .doc_zh = "超过则转死信"},
    END};
static const struct bus_keys parking = {"parking",
                                        parking_keys,
                                        sizeof(struct bus_conf_partner_parking),
                                        BUS_KEYS_NO_NODE,
                                        "Events that wait behind a failed one.",
                                        "暂存。"};

static const struct bus_key answers_keys[] = {
    {"acknowledge", BUS_KEY_DURATION,
     AT(bus_conf_partner_answers, acknowledge_ms), .dflt = "1d", .min = 1000,
     .max = 365 * DAY, .doc = "time to say that a task has arrived",
     .doc_zh = "签收时限"},
    {"answer", BUS_KEY_DURATION, AT(bus_conf_partner_answers, answer_ms),
     .dflt = "20d", .min = 1000, .max = 365 * DAY,
     .doc = "time to answer; overdue is shown, nothing is dropped",
     .doc_zh = "答复时限,超期提示"},
    END};
static const struct bus_keys answers = {"answers",
                                        answers_keys,
                                        sizeof(struct bus_conf_partner_answers),
                                        BUS_KEYS_NO_NODE,
                                        "The service level agreed with it.",
                                        "约定的答复时限。"};

static const struct bus_key seal_keys[] = {
    {"id", BUS_KEY_STR, AT(bus_conf_partner_seal, id), .min = 1, .max = 64,
     .doc = "of the register's seals", .doc_zh = "登记簿中的印章编号"},
    {"key", BUS_KEY_PATH, AT(bus_conf_partner_seal, key),
     .doc = "its SM2 private key at the partner's site: PEM, mode 0600",
     .doc_zh = "印章私钥文件(伙伴侧保存,PEM,权限 0600)"},
    END};
static const struct bus_keys seal = {
    "seal",
    seal_keys,
    sizeof(struct bus_conf_partner_seal),
    BUS_KEYS_NO_NODE,
    "Department: what its adapter seals decisions with that come as files "
    "without a seal.",
    "部门:以文件提交且未盖章的决定,由适配器加盖的印章。"};

static const struct bus_key http_keys[] = {
    {"token_sha256", BUS_KEY_STR, AT(bus_conf_partner_http, token_sha256),
     .min = 64, .max = 64,
     .doc = "SHA-256 of its token in small hex digits: printf %s TOKEN | "
            "sha256sum; with push it may be left out: then it answers in what "
            "it says to a POST, and nowhere else",
     .doc_zh = "令牌的 SHA-256(小写十六进制); 推送时可不设, 则只在应答中答复"},
    END};
static const struct bus_keys http = {
    "http",
    http_keys,
    sizeof(struct bus_conf_partner_http),
    BUS_KEYS_NO_NODE,
    "Transport http: who may fetch its events and give its answers.",
    "http 接入:凭令牌取事项、交答复。"};

static const struct bus_word kinds[] = {
#define X(name, word, out, in) {word, BUS_PARTNER_##name},
    BUS_PARTNER_KIND_LIST(X)
#undef X
        {NULL, 0}};
static const struct bus_word transports[] = {
    {"kafka", BUS_TRANSPORT_KAFKA},
    {"spool", BUS_TRANSPORT_SPOOL},
    {"sheet", BUS_TRANSPORT_SHEET},
    {"http", BUS_TRANSPORT_HTTP},
    {"exec", BUS_TRANSPORT_EXEC},
    {"postgres", BUS_TRANSPORT_POSTGRES},
    {NULL, 0}};

#define SUB(key, en, zh)                                 \
    {                                                    \
#key, BUS_KEY_STRUCT, AT(bus_conf_partner, key), \
            .sub = &key, .doc = en, .doc_zh = zh         \
    }
static const struct bus_key partner_keys[] = {
    {"code", BUS_KEY_STR, AT(bus_conf_partner, code), .required = true,
     .min = 1, .max = 32,
     .doc = "letters, digits, '-'; in topic names; the file's name",
     .doc_zh = "代码(用于主题名,与文件名一致)"},
    {"zh", BUS_KEY_STR, AT(bus_conf_partner, name_zh), .required = true,
     .doc = "name in Chinese", .doc_zh = "中文名称"},
    {"en", BUS_KEY_STR, AT(bus_conf_partner, name), .required = true,
     .doc = "name in English", .doc_zh = "英文名称"},
    {"kind", BUS_KEY_ENUM, AT(bus_conf_partner, kind), .required = true,
     .words = kinds, .doc = "what it does on the bus", .doc_zh = "类别"},
    {"transport", BUS_KEY_ENUM, AT(bus_conf_partner, transport),
     .dflt = "kafka", .words = transports,
     .doc = "how it takes and gives events", .doc_zh = "接入方式"},
    {"spool_dir", BUS_KEY_PATH, AT(bus_conf_partner, spool_dir),
     .doc = "its directory, for transports spool and sheet; without it "
            "state_dir/spool/CODE",
     .doc_zh = "交换目录, 默认为 state_dir/spool/代码"},
    {"purpose", BUS_KEY_STR, AT(bus_conf_partner, purpose),
     .dflt = "办理本单位事项 what it was assigned", .min = 1, .max = 120,
     .doc = "what its system reads cases for: in the reading log, whatever the "
            "system says",
     .doc_zh = "其系统查阅个案的用途,记入阅读日志,不以系统自述为准"},
    {"org_code", BUS_KEY_STR, AT(bus_conf_partner, org_code), .min = 18,
     .max = 18, .doc = "unified social credit code (GB 32100)",
     .doc_zh = "统一社会信用代码"},
    {"cash", BUS_KEY_BOOL, AT(bus_conf_partner, cash), .dflt = "false",
     .doc = "post: pays cash out", .doc_zh = "邮政是否代发现金"},
    {"cash_max", BUS_KEY_MONEY, AT(bus_conf_partner, cash_max_fen),
     .dflt = "3000 yuan", .min = 0, .max = 100000000,
     .doc = "post: most cash in one payment, included",
     .doc_zh = "单笔现金上限(含)"},
    SUB(limits, "see below", "见下"),
    SUB(retry, "see below", "见下"),
    SUB(parking, "see below", "见下"),
    SUB(answers, "see below", "见下"),
    SUB(seal, "see below", "见下"),
    SUB(http, "see below", "见下"),
    {"push", BUS_KEY_STRUCT, AT(bus_conf_partner, push),
     .sub = &bus_conf_keys_push, .doc = "see below", .doc_zh = "见下"},
    {"exec", BUS_KEY_STRUCT, AT(bus_conf_partner, exec),
     .sub = &bus_conf_keys_exec, .doc = "see below", .doc_zh = "见下"},
    {"postgres", BUS_KEY_STRUCT, AT(bus_conf_partner, postgres),
     .sub = &bus_conf_keys_postgres, .doc = "see below", .doc_zh = "见下"},
    {"file", BUS_KEY_STRUCT, AT(bus_conf_partner, file),
     .sub = &bus_conf_keys_bank_file, .doc = "see below", .doc_zh = "见下"},
    {"metrics_port", BUS_KEY_INT, AT(bus_conf_partner, metrics_port),
     .dflt = "0", .min = 0, .max = 65535,
     .doc = "health and metrics of its adapter", .doc_zh = "适配器监控端口"},
    END};
const struct bus_keys bus_conf_keys_partner = {
    "partners.d/<code>.yaml",        partner_keys,
    sizeof(struct bus_conf_partner), AT(bus_conf_partner, node),
    "One partner a file.",           "每个伙伴一个文件。"};

static const struct bus_key fund_keys[] = {
    {"zh", BUS_KEY_STR, AT(bus_fund, name_zh), .required = true,
     .doc = "name in Chinese", .doc_zh = "中文名称"},
    {"en", BUS_KEY_STR, AT(bus_fund, name), .required = true,
     .doc = "name in English", .doc_zh = "英文名称"},
    {"bank", BUS_KEY_STR, AT(bus_fund, bank), .required = true,
     .doc = "partner code of the bank that pays it out",
     .doc_zh = "代发银行代码"},
    {"account", BUS_KEY_STR, AT(bus_fund, account), .min = 1, .max = 34,
     .doc = "the fund's account at that bank: pays, and has statements",
     .doc_zh = "该资金在代发银行的账户"},
    {"source", BUS_KEY_STR, AT(bus_fund, source), .doc = "where this is from",
     .doc_zh = "来源"},
    {"confidence", BUS_KEY_STR, AT(bus_fund, confidence), .min = 1, .max = 1,
     .doc = "F, K, I or A", .doc_zh = "可信度"},
    END};
static const struct bus_keys fund = {
    "fund",      fund_keys,   sizeof(struct bus_fund), AT(bus_fund, node),
    "One fund.", "一项资金。"};
static const struct bus_key fund_elem = {"fund", BUS_KEY_STRUCT, 0,
                                         .sub = &fund};
static const struct bus_key funds_keys[] = {
    {"funds", BUS_KEY_MAP, AT(bus_funds_file, funds), .required = true,
     .elem = &fund_elem, .elem_size = sizeof(struct bus_fund), .min = 1,
     .max = 200, .doc = "by code", .doc_zh = "按代码"},
    END};
const struct bus_keys bus_conf_keys_funds = {
    "funds.yaml",
    funds_keys,
    sizeof(struct bus_funds_file),
    BUS_KEYS_NO_NODE,
    "Funds and the banks that pay them out; each is kept apart (S59).",
    "资金及代发银行,专款专账。"};

static const struct bus_key span_keys[] = {
    {"zh", BUS_KEY_STR, AT(bus_calendar_span, zh), .required = true,
     .doc = "holiday in Chinese", .doc_zh = "节日"},
    {"en", BUS_KEY_STR, AT(bus_calendar_span, en), .required = true,
     .doc = "holiday in English", .doc_zh = "节日英文名"},
    {"from", BUS_KEY_DATE, AT(bus_calendar_span, from), .required = true,
     .doc = "first day off", .doc_zh = "首日"},
    {"to", BUS_KEY_DATE, AT(bus_calendar_span, to), .required = true,
     .doc = "last day off", .doc_zh = "末日"},
    END};
static const struct bus_keys span = {
    "holiday",        span_keys, sizeof(struct bus_calendar_span),
    BUS_KEYS_NO_NODE, NULL,      NULL};
static const struct bus_key span_elem = {"holiday", BUS_KEY_STRUCT, 0,
                                         .sub = &span};
static const struct bus_key day_elem = {"day", BUS_KEY_DATE, .offset = 0};
static const struct bus_key calendar_keys[] = {
    {"year", BUS_KEY_INT, AT(bus_calendar_file, year), .required = true,
     .min = 1990, .max = 2100, .doc = "the file's name", .doc_zh = "年份"},
    {"provisional", BUS_KEY_BOOL, AT(bus_calendar_file, provisional),
     .dflt = "false", .doc = "not yet published by the State Council",
     .doc_zh = "国务院办公厅尚未公布,暂定"},
    {"source", BUS_KEY_STR, AT(bus_calendar_file, source), .required = true,
     .doc = "the notice", .doc_zh = "文件依据"},
    {"confidence", BUS_KEY_STR, AT(bus_calendar_file, confidence), .min = 1,
     .max = 1, .doc = "F, K, I or A", .doc_zh = "可信度"},
    {"holidays", BUS_KEY_LIST, AT(bus_calendar_file, holidays),
     .required = true, .elem = &span_elem,
     .elem_size = sizeof(struct bus_calendar_span), .doc = "days off",
     .doc_zh = "放假日期"},
    {"workdays", BUS_KEY_LIST, AT(bus_calendar_file, workdays),
     .required = true, .elem = &day_elem, .elem_size = sizeof(int32_t),
     .doc = "Saturdays and Sundays that are worked", .doc_zh = "调休上班日"},
    END};
const struct bus_keys bus_conf_keys_calendar = {
    "calendar/<year>.yaml",
    calendar_keys,
    sizeof(struct bus_calendar_file),
    BUS_KEYS_NO_NODE,
    "Holidays and make-up workdays of one year.",
    "一年的节假日与调休。"};
