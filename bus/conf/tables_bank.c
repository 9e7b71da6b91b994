/* How a bank takes batches as files, as descriptor tables. */
#include "bus/base/charset.h"
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(type, field) offsetof(struct type, field)
#define END          \
    {                \
        .name = NULL \
    }

static const struct bus_word formats[] = {{"none", BUS_CONF_BANK_NONE},
                                          {"pain001", BUS_CONF_BANK_PAIN001},
                                          {"csv", BUS_CONF_BANK_CSV},
                                          {"fixed", BUS_CONF_BANK_FIXED},
                                          {NULL, 0}};
static const struct bus_word charsets[] = {{"UTF-8", BUS_CHARSET_UTF8},
                                           {"GBK", BUS_CHARSET_GBK},
                                           {"GB18030", BUS_CHARSET_GB18030},
                                           {NULL, 0}};
static const struct bus_word fields[] = {
#define X(name, word) {word, BUS_CONF_BANK_##name},
    BUS_CONF_BANK_FIELDS(X)
#undef X
        {NULL, 0}};
static const struct bus_word outcomes[] = {{"noted", 0},
                                           {"settled", 1},
                                           {"rejected", 2},
                                           {"returned", 3},
                                           {NULL, 0}};

static const struct bus_key column_keys[] = {
    {"field", BUS_KEY_ENUM, AT(bus_conf_bank_column, field), .required = true,
     .words = fields, .doc = "what stands in it", .doc_zh = "内容"},
    {"title", BUS_KEY_STR, AT(bus_conf_bank_column, title), .max = 60,
     .doc = "in the first row", .doc_zh = "表头"},
    {"width", BUS_KEY_INT, AT(bus_conf_bank_column, width), .dflt = "0",
     .min = 0, .max = 400, .doc = "format fixed: bytes",
     .doc_zh = "定长格式的字节数"},
    END};
static const struct bus_keys column = {
    "column",         column_keys, sizeof(struct bus_conf_bank_column),
    BUS_KEYS_NO_NODE, NULL,        NULL};
static const struct bus_key column_elem = {"column", BUS_KEY_STRUCT, 0,
                                           .sub = &column};
static const struct bus_key word_keys[] = {
    {"outcome", BUS_KEY_ENUM, AT(bus_conf_bank_word, outcome), .required = true,
     .words = outcomes, .doc = "what it means", .doc_zh = "含义"},
    {"reason", BUS_KEY_STR, AT(bus_conf_bank_word, reason), .max = 35,
     .doc = "reason by ISO 20022, e.g. AC04", .doc_zh = "ISO 20022 原因代码"},
    END};
static const struct bus_keys word = {
    "word",           word_keys, sizeof(struct bus_conf_bank_word),
    BUS_KEYS_NO_NODE, NULL,      NULL};
static const struct bus_key word_elem = {"word", BUS_KEY_STRUCT, 0,
                                         .sub = &word};

static const struct bus_key file_keys[] = {
    {"format", BUS_KEY_ENUM, AT(bus_conf_bank_file, format), .dflt = "none",
     .words = formats,
     .doc = "of a batch; none: it reads its topic, and takes no files",
     .doc_zh = "批次文件格式; none 表示读主题"},
    {"encoding", BUS_KEY_ENUM, AT(bus_conf_bank_file, charset),
     .dflt = "GB18030", .words = charsets, .doc = "of csv and fixed",
     .doc_zh = "文本编码"},
    {"titles", BUS_KEY_BOOL, AT(bus_conf_bank_file, titles), .dflt = "true",
     .doc = "csv: the first row has titles", .doc_zh = "首行为表头"},
    {"once_from", BUS_KEY_DATE, AT(bus_conf_bank_file, once_from),
     .doc = "what a decision accepted from this day on pays once goes in its "
            "batches too: nobody reads its topic any more. The day on which it "
            "began to take files; the same for matcher, dispatch and treasury",
     .doc_zh = "自该日起受理的一次性款项也入批次文件; 即该银行改用文件之日, "
               "研判、派发、资金发放须相同"},
    {"payer", BUS_KEY_STR, AT(bus_conf_bank_file, payer), .min = 1, .max = 140,
     .doc = "pain001: the payer's name at this bank", .doc_zh = "付款户名"},
    {"agent", BUS_KEY_STR, AT(bus_conf_bank_file, agent), .min = 1, .max = 35,
     .doc = "pain001: the bank's clearing number", .doc_zh = "银行行号"},
    {"columns", BUS_KEY_LIST, AT(bus_conf_bank_file, columns),
     .elem = &column_elem, .elem_size = sizeof(struct bus_conf_bank_column),
     .max = BUS_CONF_BANK_COLUMNS_MAX, .doc = "of a batch, in order",
     .doc_zh = "批次文件各栏"},
    {"answers", BUS_KEY_LIST, AT(bus_conf_bank_file, answers),
     .elem = &column_elem, .elem_size = sizeof(struct bus_conf_bank_column),
     .max = BUS_CONF_BANK_COLUMNS_MAX,
     .doc = "of the table it answers with; none: it answers by ISO 20022",
     .doc_zh = "回盘文件各栏"},
    {"words", BUS_KEY_MAP, AT(bus_conf_bank_file, words), .elem = &word_elem,
     .elem_size = sizeof(struct bus_conf_bank_word),
     .max = BUS_CONF_BANK_WORDS_MAX, .doc = "outcomes as it writes them",
     .doc_zh = "回盘结果用词"},
    END};
const struct bus_keys bus_conf_keys_bank_file = {
    "file",
    file_keys,
    sizeof(struct bus_conf_bank_file),
    BUS_KEYS_NO_NODE,
    "Bank: batches as files, by an officer's hand (ops/docs/treasury.md).",
    "银行:以文件交换批次。"};
