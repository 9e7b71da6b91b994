/* facts.yaml as descriptor tables. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(type, field) offsetof(struct type, field)
#define FIGURE_MAX      INT64_C(1000000000000000)
#define END          \
    {                \
        .name = NULL \
    }

static const struct bus_key word_keys[] = {
    {"zh", BUS_KEY_STR, AT(bus_fact_word, zh), .required = true,
     .doc = "the word in Chinese", .doc_zh = "中文"},
    {"en", BUS_KEY_STR, AT(bus_fact_word, en), .required = true,
     .doc = "the word in English", .doc_zh = "英文"},
    END};
static const struct bus_keys word = {
    "word",           word_keys, sizeof(struct bus_fact_word),
    BUS_KEYS_NO_NODE, NULL,      NULL};
static const struct bus_key word_elem = {"word", BUS_KEY_STRUCT, 0,
                                         .sub = &word};
static const struct bus_key source_name = {"source", BUS_KEY_STR, 0, .min = 1,
                                           .max = 32};

static const struct bus_word types[] = {
    {"money_fen", BUS_FACT_MONEY_FEN}, {"count", BUS_FACT_COUNT},
    {"number", BUS_FACT_NUMBER},       {"boolean", BUS_FACT_BOOLEAN},
    {"date", BUS_FACT_DATE},           {"enum", BUS_FACT_ENUM},
    {"text", BUS_FACT_TEXT},           {NULL, 0}};

static const struct bus_word signs[] = {{"tells", BUS_FACT_SIGN_TELLS},
                                        {"who", BUS_FACT_SIGN_WHO},
                                        {"none", BUS_FACT_SIGN_NONE},
                                        {NULL, 0}};

static const struct bus_key fact_keys[] = {
    {"type", BUS_KEY_ENUM, AT(bus_fact, type), .required = true, .words = types,
     .doc = "what a value is", .doc_zh = "类型"},
    {"unit", BUS_KEY_STR, AT(bus_fact, unit), .doc = "of a number",
     .doc_zh = "单位"},
    {"min", BUS_KEY_INT, AT(bus_fact, min), .min = -FIGURE_MAX,
     .max = FIGURE_MAX, .doc = "the least value of a number",
     .doc_zh = "数值下限"},
    {"max", BUS_KEY_INT, AT(bus_fact, max), .min = -FIGURE_MAX,
     .max = FIGURE_MAX,
     .doc = "the greatest value of a number; characters of a text",
     .doc_zh = "数值上限; 文字的字数上限"},
    {"earliest", BUS_KEY_STR, AT(bus_fact, earliest), .min = 10, .max = 10,
     .doc = "the first day of a date", .doc_zh = "日期的最早一天"},
    {"latest", BUS_KEY_STR, AT(bus_fact, latest), .min = 5, .max = 10,
     .doc = "its last day, or `today`", .doc_zh = "日期的最晚一天, 或 today"},
    {"pattern", BUS_KEY_STR, AT(bus_fact, pattern), .min = 1, .max = 200,
     .doc = "of a text: a POSIX extended regular expression, of the whole",
     .doc_zh = "文字的格式: POSIX 扩展正则表达式, 匹配全文"},
    {"zh", BUS_KEY_STR, AT(bus_fact, zh), .required = true,
     .doc = "label in Chinese", .doc_zh = "中文标签"},
    {"en", BUS_KEY_STR, AT(bus_fact, en), .required = true,
     .doc = "label in English", .doc_zh = "英文标签"},
    {"zh_name", BUS_KEY_STR, AT(bus_fact, zh_name),
     .doc = "its name in rules; the label if not given",
     .doc_zh = "规则中使用的中文名"},
    {"words", BUS_KEY_MAP, AT(bus_fact, words), .elem = &word_elem,
     .elem_size = sizeof(struct bus_fact_word), .doc = "of an enum",
     .doc_zh = "取值"},
    {"sources", BUS_KEY_LIST, AT(bus_fact, sources), .elem = &source_name,
     .elem_size = sizeof(const char *), .doc = "who may supply it, best first",
     .doc_zh = "可提供的来源,优先者在前"},
    {"derived", BUS_KEY_STR, AT(bus_fact, derived),
     .doc = "a FEEL expression, instead of sources",
     .doc_zh = "由其他事实计算的 FEEL 表达式"},
    {"pii", BUS_KEY_BOOL, AT(bus_fact, pii), .dflt = "false",
     .doc = "names a person", .doc_zh = "可识别个人"},
    {"sensitive", BUS_KEY_BOOL, AT(bus_fact, sensitive), .dflt = "false",
     .doc = "health, money, minors", .doc_zh = "敏感信息"},
    {"confirmed", BUS_KEY_BOOL, AT(bus_fact, confirmed), .dflt = "false",
     .doc = "a status: what begins by itself follows it once it is verified",
     .doc_zh = "救助身份: 免申即享事项只认已核实的"},
    {"sign", BUS_KEY_ENUM, AT(bus_fact, sign), .words = signs, .dflt = "tells",
     .doc = "what it says for an item while others are missing: `tells`, `who` "
            "(only whose it is), `none`",
     .doc_zh = "作为表征: tells 有意义, who 仅说明是谁, none 无意义"},
    {"actionable", BUS_KEY_BOOL, AT(bus_fact, actionable), .dflt = "false",
     .doc = "a family can do it or wait for it",
     .doc_zh = "家庭可以办理或等待的"},
    {"claim", BUS_KEY_BOOL, AT(bus_fact, claim), .dflt = "false",
     .doc = "counts as 0, as no, or a date as none, while nobody has said it; "
            "not for an enum or a text",
     .doc_zh = "未主张的按 0、否计, 日期按无计"},
    {"confidence", BUS_KEY_STR, AT(bus_fact, confidence), .min = 1, .max = 1,
     .doc = "F, K, I or A", .doc_zh = "可信度"},
    END};
static const struct bus_keys fact = {
    "fact",      fact_keys,   sizeof(struct bus_fact), AT(bus_fact, node),
    "One fact.", "一项事实。"};
static const struct bus_key fact_elem = {"fact", BUS_KEY_STRUCT, 0,
                                         .sub = &fact};

static const struct bus_key source_keys[] = {
    {"en", BUS_KEY_STR, AT(bus_fact_source, en), .required = true,
     .doc = "label in English", .doc_zh = "英文名称"},
    {"zh", BUS_KEY_STR, AT(bus_fact_source, zh), .required = true,
     .doc = "label in Chinese", .doc_zh = "中文名称"},
    {"topic", BUS_KEY_BOOL, AT(bus_fact_source, topic), .dflt = "true",
     .doc = "has a topic facts.<source>", .doc_zh = "是否有专用主题"},
    {"sharing", BUS_KEY_BOOL, AT(bus_fact_source, sharing), .dflt = "true",
     .doc = "supplies without asking the family",
     .doc_zh = "数据共享来源,不再向家庭索要"},
    {"fresh", BUS_KEY_DURATION, AT(bus_fact_source, fresh_ms), .min = 0,
     .max = INT64_C(3650) * 86400000, .dflt = "0",
     .doc = "older values are asked for again; 0 = never",
     .doc_zh = "有效期,过期重新获取"},
    END};
static const struct bus_keys source = {
    "source",         source_keys,   sizeof(struct bus_fact_source),
    BUS_KEYS_NO_NODE, "One source.", "一个来源。"};
static const struct bus_key source_elem = {"source", BUS_KEY_STRUCT, 0,
                                           .sub = &source};

static const struct bus_key money_keys[] = {
    {"item_max_fen", BUS_KEY_INT, AT(bus_facts_money, item_max_fen), .min = 1,
     .max = FIGURE_MAX, .required = true,
     .doc = "the greatest amount that an item may come to, in fen",
     .doc_zh = "单个事项金额上限(分)"},
    END};
static const struct bus_keys money = {"money",
                                      money_keys,
                                      sizeof(struct bus_facts_money),
                                      BUS_KEYS_NO_NODE,
                                      "Bounds of what rules work out.",
                                      "规则计算金额的上限。"};

static const struct bus_key facts_keys[] = {
    {"money", BUS_KEY_STRUCT, AT(bus_facts_file, money), .sub = &money,
     .doc = "see below", .doc_zh = "见下"},
    {"sources", BUS_KEY_MAP, AT(bus_facts_file, sources), .required = true,
     .elem = &source_elem, .elem_size = sizeof(struct bus_fact_source),
     .min = 1, .max = 100, .doc = "by code", .doc_zh = "按代码"},
    {"household", BUS_KEY_MAP, AT(bus_facts_file, household), .required = true,
     .elem = &fact_elem, .elem_size = sizeof(struct bus_fact), .min = 1,
     .max = 1000, .doc = "household.<name>", .doc_zh = "家庭事实"},
    {"member", BUS_KEY_MAP, AT(bus_facts_file, member), .required = true,
     .elem = &fact_elem, .elem_size = sizeof(struct bus_fact), .min = 1,
     .max = 1000, .doc = "m.<name>", .doc_zh = "成员事实"},
    END};
const struct bus_keys bus_conf_keys_facts = {"facts.yaml",
                                             facts_keys,
                                             sizeof(struct bus_facts_file),
                                             BUS_KEYS_NO_NODE,
                                             "The fact dictionary.",
                                             "事实字典。"};
