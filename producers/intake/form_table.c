#include "producers/intake/form_table.h"

#include <stddef.h>

#include "producers/intake/form.h"
#include "schemas/channel.h"

const struct bus_partner_document_word intake_form_channels[] = {
    {"WEB", SA_CHANNEL_WEB},
    {"MOBILE", SA_CHANNEL_MOBILE},
    {"TELEPHONE", SA_CHANNEL_TELEPHONE},
    {"SPOKEN", SA_CHANNEL_SPOKEN},
    {"STATION_CSV", SA_CHANNEL_STATION_CSV},
    {NULL, 0}};

/* Where a member of the form stands in C, and what it is. */
#define AT(type_, record, field, ...)                 \
    .doc = {.name = #field,                           \
            .type = BUS_DOC_##type_,                  \
            .offset = offsetof(struct record, field), \
            __VA_ARGS__}
#define TEXT(record, field, most, ...) \
    AT(TEXT, record, field, .max = (most), __VA_ARGS__)
#define COLUMN(en_, zh_, cell_, ...) \
    .column = {en_, zh_, FORM_CELL_##cell_, __VA_ARGS__}
#define NO_MORE         \
    {                   \
        .doc = { NULL } \
    }

static const struct form_field evidence_fields[] = {
    {TEXT(form_record, call_reference, FORM_TEXT_MAX),
     .describe = "TELEPHONE, and there alone: the call"},
    {TEXT(form_record, read_back, FORM_TEXT_MAX),
     .describe = "SPOKEN, and there alone: who confirmed what was read back"},
    NO_MORE};

/* The same members; a list has columns of its own for each office. */
#define ACTOR(en, zh, zh_org, needed)                                     \
    {                                                                     \
        {TEXT(form_actor, operator_id, FORM_TEXT_MAX, .required = true),  \
         COLUMN(en "_id", zh "编号", TEXT, needed)},                      \
            {TEXT(form_actor, org_code, FORM_TEXT_MAX, .required = true), \
             COLUMN(en "_org", zh_org, TEXT, needed)},                    \
            {TEXT(form_actor, role, FORM_TEXT_MAX),                       \
             .describe = "if he has several on that day",                 \
             COLUMN(en "_role", zh "角色", TEXT, false)},                 \
            NO_MORE                                                       \
    }
const struct form_field intake_form_operator_fields[] =
    ACTOR("operator", "受理人", "受理机构", true);
static const struct form_field helper_fields[] =
    ACTOR("helper", "协助人", "协助机构", false);

static const struct form_field helped_fields[] = {
    {TEXT(form_helped, name, FORM_NAME_MAX, .required = true), .personal = true,
     COLUMN("helped_name", "帮助人姓名", TEXT, false)},
    {TEXT(form_helped, relation, FORM_RELATION_MAX, .required = true),
     .describe = "to the applicant, in words",
     COLUMN("helped_relation", "帮助人关系", TEXT, false)},
    {TEXT(form_helped,
          phone,
          FORM_PHONE_TEXT_MAX,
          .min = FORM_PHONE_MIN,
          .required = true),
     .more = FORM_DIGITS, .others = " -+", .personal = true, .code = "PHONE",
     .zh = "电话号码: 5至20位数字, 可有+86、空格和短横",
     .en = "a telephone number of 5 to 20 digits, +86, blanks and dashes "
           "allowed",
     COLUMN("helped_phone", "帮助人电话", PHONE, false)},
    NO_MORE};

static const struct form_field person_fields[] = {
    {TEXT(form_person, name, FORM_NAME_MAX), .personal = true,
     .describe = "of the applicant it must be there",
     COLUMN("name", "姓名", TEXT, true)},
    {TEXT(form_person, id_type, 3, .min = 3), .more = FORM_DIGITS, .others = "",
     .code = "ID_TYPE", .zh = "3位数字(GA/T 517)",
     .en = "the kind of document, three digits of GA/T 517",
     .describe = "GA/T 517; 111, the identity card, when absent",
     COLUMN("id_type", "证件类型", TEXT, false)},
    {TEXT(form_person, id_no, FORM_TEXT_MAX), .personal = true,
     COLUMN("id_no", "证件号码", ID, true)},
    {TEXT(form_person, relation, 2, .min = 1, .required = true),
     .more = FORM_DIGITS, .others = "", .code = "RELATION",
     .zh = "GB/T 4761的1或2位数字代码, 如 0 本人 1 配偶 2 子 3 女",
     .en = "one or two digits of GB/T 4761, such as 0 self, 1 spouse, 2 son, "
           "3 daughter",
     .describe = "to the head, GB/T 4761",
     COLUMN("relation", "与户主关系", RELATION, true)},
    {AT(BOOL, form_person, head), .describe = "of exactly one member",
     COLUMN("head", "户主", FLAG, false)},
    {AT(BOOL, form_person, applicant),
     .describe = "of at most one member; else the head applies",
     COLUMN("applicant", "申请人", FLAG, false)},
    {TEXT(form_person, phone, FORM_PHONE_TEXT_MAX, .min = FORM_PHONE_MIN),
     .more = FORM_DIGITS, .others = " -+", .personal = true, .code = "PHONE",
     .zh = "电话号码: 5至20位数字, 可有+86、空格和短横",
     .en = "a telephone number of 5 to 20 digits, +86, blanks and dashes "
           "allowed",
     COLUMN("phone", "联系电话", PHONE, false)},
    {TEXT(form_person, address, FORM_ADDRESS_MAX), .personal = true,
     COLUMN("address", "住址", TEXT, false)},
    {TEXT(form_person, bank_code, FORM_TEXT_MAX),
     .describe = "a bank of this county's bus",
     COLUMN("bank_code", "开户银行", TEXT, false)},
    {TEXT(form_person, account, FORM_ACCOUNT_TEXT_MAX, .min = FORM_ACCOUNT_MIN),
     .more = FORM_DIGITS, .others = " ", .personal = true, .code = "ACCOUNT",
     .zh = "账号: 8至32位数字, 须完整写出(不可为 6.2E+18)",
     .en = "an account of 8 to 32 digits, written out (not 6.2E+18)",
     COLUMN("account", "账号", ACCOUNT, false)},
    {TEXT(form_person, account_holder, FORM_NAME_MAX), .personal = true,
     COLUMN("account_holder", "户名", TEXT, false)},
    {AT(TEXT, form_person, facts), .more = FORM_FACTS, .schema = "MemberFacts"},
    NO_MORE};

const struct form_field intake_form_dated_fields[] = {
    {.doc = {.name = "value", .type = BUS_DOC_FACT}, .more = FORM_VALUE},
    {AT(DATE,
        form_dated,
        as_of,
        .has_offset = offsetof(struct form_dated, has_as_of)),
     .describe = "the day it was so; not after today"},
    NO_MORE};

const struct form_field intake_form_fields[] = {
    {AT(WORD,
        form_record,
        channel,
        .required = true,
        .words = intake_form_channels),
     .code = "CHANNEL", .zh = "WEB MOBILE TELEPHONE SPOKEN STATION_CSV 之一",
     .en = "WEB, MOBILE, TELEPHONE, SPOKEN or STATION_CSV"},
    {TEXT(form_record, channel_reference, FORM_TEXT_MAX, .required = true),
     .describe = "unique within the channel: the same again is the same "
                 "application",
     COLUMN("reference", "流水号", TEXT, true)},
    {.doc = {.name = "evidence", .type = BUS_DOC_PART},
     .sub = evidence_fields,
     .schema = "Evidence",
     .code = "OBJECT",
     .zh = "对象",
     .en = "an object"},
    {AT(DATE,
        form_record,
        applied_on,
        .has_offset = offsetof(struct form_record, has_applied_on)),
     .describe = "the day of the application, today or one of the 366 days "
                 "before; today when absent",
     COLUMN("applied_on", "申请日期", DATE, false)},
    {TEXT(form_record, division_code, 12, .min = 12, .required = true),
     .more = FORM_DIGITS, .others = "", .code = "DIVISION",
     .zh = "本县村(居)的12位代码",
     .en = "a village code of 12 digits of this county",
     COLUMN("division_code", "村居代码", TEXT, true)},
    {AT(PART,
        form_record,
        operator,
        .has_offset = offsetof(struct form_record, has_operator)),
     .sub = intake_form_operator_fields, .schema = "Actor", .code = "ACTOR",
     .zh = "对象: operator_id org_code role",
     .en = "an object with operator_id, org_code, role",
     .describe = "who took it down; needed but for WEB and MOBILE; in a "
                 "session it is who is logged in and may be left out"},
    {AT(PART,
        form_record,
        helper,
        .has_offset = offsetof(struct form_record, has_helper)),
     .sub = helper_fields, .schema = "Actor", .code = "ACTOR",
     .zh = "对象: operator_id org_code role",
     .en = "an object with operator_id, org_code, role",
     .describe = "an operator who helped"},
    {AT(PART,
        form_record,
        helped_by,
        .has_offset = offsetof(struct form_record, has_helped_by)),
     .sub = helped_fields, .schema = "HelpedBy", .code = "HELPED_BY",
     .zh = "对象: name relation phone",
     .en = "an object with name, relation, phone",
     .describe = "a relative or neighbour who helped and is no operator"},
    {AT(BOOL, form_record, consent, .required = true), .code = "CONSENT",
     .zh = "是否授权核对, true 或 false",
     .en = "whether checking is authorised, true or false",
     COLUMN("consent", "授权核对", FLAG, true)},
    {AT(LIST, form_record, requested_items, .max = FORM_ITEMS_MAX),
     .more = FORM_ITEMS, .code = "ITEMS", .zh = "不超过64项的列表",
     .en = "a list of at most 64 items",
     .describe = "the household need not know; the county says what it may get",
     COLUMN("requested_items", "申请事项", ITEMS, false)},
    {AT(LIST,
        form_record,
        members,
        .required = true,
        .min = 1,
        .max = FORM_MEMBERS_MAX,
        .sub_size = sizeof(struct form_person)),
     .sub = person_fields, .schema = "Member", .code = "MEMBERS",
     .zh = "1至32名家庭成员的列表", .en = "a list of 1 to 32 members"},
    {AT(TEXT, form_record, facts), .more = FORM_FACTS,
     .schema = "HouseholdFacts"},
    NO_MORE};
