#include "producers/intake/requests/request_form.h"

#include <stddef.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

static const struct bus_partner_document_word kinds[] = {
    {"WITHDRAW", SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW},
    {"OBJECT", SA_HOUSEHOLD_REQUEST_KIND_OBJECT},
    {"SUPPLEMENT", SA_HOUSEHOLD_REQUEST_KIND_SUPPLEMENT},
    {NULL, 0}};

#define AT(type_, field, ...)                                 \
    .doc = {.name = #field,                                   \
            .type = BUS_DOC_##type_,                          \
            .offset = offsetof(struct request_record, field), \
            __VA_ARGS__}

const struct form_field intake_request_fields[] = {
    {AT(TEXT, application_id, .min = 36, .max = 36, .required = true),
     .describe = "as the receipt has it"},
    {AT(TEXT, id_last, .min = FORM_LOOKUP, .max = FORM_LOOKUP),
     .personal = true,
     .describe = "a resident's second factor: the last six characters of the "
                 "applicant's document; left out in a session, by a system and "
                 "on this machine"},
    {AT(WORD, kind, .required = true, .words = kinds), .code = "KIND",
     .zh = "WITHDRAW(撤回) OBJECT(异议) SUPPLEMENT(补充情况) 之一",
     .en = "WITHDRAW, OBJECT or SUPPLEMENT"},
    {AT(TEXT, item, .max = 16),
     .describe = "of the catalogue; of an objection always, of a withdrawal "
                 "where it is not the whole case"},
    {AT(TEXT, reason, .max = REQUEST_REASON_MAX), .personal = true,
     .describe = "of an objection always; in the household's own words"},
    {AT(WORD, channel, .words = intake_form_channels), .code = "CHANNEL",
     .zh = "WEB MOBILE TELEPHONE SPOKEN STATION_CSV 之一",
     .en = "WEB, MOBILE, TELEPHONE, SPOKEN or STATION_CSV",
     .describe = "WEB when absent"},
    {AT(PART,
        operator,
        .has_offset = offsetof(struct request_record, has_operator)),
     .sub = intake_form_operator_fields, .schema = "Actor", .code = "ACTOR",
     .zh = "对象: operator_id org_code role",
     .en = "an object with operator_id, org_code, role",
     .describe = "who says it for the household; in a session it is who is "
                 "logged in and may be left out"},
    {AT(TEXT, facts), .more = FORM_FACTS, .schema = "HouseholdFacts"},
    {AT(TEXT, member_facts), .more = FORM_FACTS, .schema = "FactsOfMembers"},
    {.doc = {NULL}}};

/* --- what hangs together --- */

static void request_together(struct form_reading *r,
                             const struct request_record *in)
{
    bool adds = in->kind == SA_HOUSEHOLD_REQUEST_KIND_SUPPLEMENT;
    bool objects = in->kind == SA_HOUSEHOLD_REQUEST_KIND_OBJECT;
    bool facts =
        json_object_size(in->facts) + json_object_size(in->member_facts) > 0;
    if (objects && in->item.n == 0) {
        intake_form_fault(r, (struct form_at){"", "item"}, "MISSING",
                          "异议须写明对哪个事项",
                          "an objection is about an item");
    }
    if (objects && in->reason.n == 0) {
        intake_form_fault(r, (struct form_at){"", "reason"}, "MISSING",
                          "异议须写明理由", "an objection needs its reason");
    }
    if (adds && !facts) {
        intake_form_fault(r, (struct form_at){"", "facts"}, "MISSING",
                          "补充情况须有 facts 或 member_facts",
                          "a supplement has facts or member_facts");
    }
    if (!adds && facts) {
        intake_form_fault(r, (struct form_at){"", "facts"}, "NOT_HERE",
                          "仅补充情况可有 facts、member_facts",
                          "facts stand in a supplement alone");
    }
    if (adds && in->item.n > 0) {
        intake_form_fault(r, (struct form_at){"", "item"}, "NOT_HERE",
                          "补充情况不针对某一事项",
                          "a supplement is about no single item");
    }
}

static void request_codes(struct form_reading *r, struct request_form *f)
{
    const struct request_record *in = &f->record;
    const struct bus_map *items = &r->rules->index->items;
    if (in->application_id.n > 0 &&
        !bus_id_parse(in->application_id, &f->application)) {
        intake_form_fault(r, (struct form_at){"", "application_id"}, "ID",
                          "应为受理编号(36个字符)",
                          "must be an application's id, 36 characters");
    }
    if (in->item.n > 0 && bus_map_get(items, in->item) == NULL) {
        intake_form_fault(r, (struct form_at){"", "item"}, "ITEM",
                          "不是政策库中的事项代码",
                          "is no code of the catalogue");
    }
}

static struct form_reading request_reading(const struct form_rules *rules,
                                           struct request_form *f,
                                           struct bus_arena *mem,
                                           struct bus_err *err)
{
    int32_t today = bus_china_day(rules->now_ms);
    return (struct form_reading){.rules = rules,
                                 .mem = mem,
                                 .form = &f->form,
                                 .err = err,
                                 .today = today,
                                 .day = today};
}

int intake_request_read(const struct form_rules *rules,
                        const json_t *json,
                        struct bus_arena *mem,
                        struct request_form *ret,
                        struct bus_err *err)
{
    struct form_reading r = request_reading(rules, ret, mem, err);
    memset(ret, 0, sizeof(*ret));
    ret->record.kind = SA_HOUSEHOLD_REQUEST_KIND_UNKNOWN;
    ret->record.channel = SA_CHANNEL_WEB;
    if (!json_is_object(json)) {
        intake_form_fault(&r, (struct form_at){"", ""}, "REQUEST",
                          "诉求应为对象", "a request is an object");
        return BUS_OK;
    }
    BUS_TRY(intake_form_table_read(&r, intake_request_fields, json, "",
                                   &ret->record));
    if (ret->record.kind != SA_HOUSEHOLD_REQUEST_KIND_UNKNOWN) {
        request_together(&r, &ret->record);
    }
    request_codes(&r, ret);
    return BUS_OK;
}

/* --- the event --- */

struct request_facts
{
    struct sa_fact *v;
    size_t n, cap;
};

/* "2": the second of the case's; 0: there is none of that number. */
static size_t member_number(const char *text,
                            const struct bus_ledger_household *of)
{
    size_t n = 0, i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 3; i++) {
        n = n * 10 + (size_t)(text[i] - '0');
    }
    return i > 0 && text[i] == '\0' && text[0] != '0' && n <= of->members_count
               ? n
               : 0;
}

static int request_facts(struct form_reading *r,
                         const struct request_record *in,
                         const struct bus_ledger_household *of,
                         struct request_facts *ret)
{
    const char *key = NULL;
    json_t *value = NULL;
    struct form_facts list = {.cap = json_object_size(in->facts)};
    json_object_foreach((json_t *)(uintptr_t)in->member_facts, key, value)
    {
        list.cap += json_object_size(value);
    }
    list.v = bus_arena_calloc(r->mem, list.cap + 1, sizeof(*list.v));
    if (list.v == NULL) {
        return bus_fail(r->err, BUS_ETOOBIG, "the request is too large");
    }
    intake_form_declared(r, in->facts, "/facts", NULL, &list);
    json_object_foreach((json_t *)(uintptr_t)in->member_facts, key, value)
    {
        struct form_at at = {"/member_facts", key};
        size_t no = member_number(key, of);
        if (no == 0 || !json_is_object(value) ||
            json_object_size(value) > FORM_FACTS_MAX) {
            intake_form_fault(r, at, "MEMBER",
                              "应为本案成员的序号, 其值为事实的对象",
                              "a number that a member of the case has, with "
                              "an object of facts");
            continue;
        }
        intake_form_declared(r, value,
                             intake_form_text(r, "/member_facts/%zu", no),
                             &of->members[no - 1], &list);
    }
    ret->v = list.v;
    ret->n = list.n;
    return BUS_OK;
}

int intake_request_event(const struct form_rules *rules,
                         struct request_form *f,
                         const struct bus_ledger_household *of,
                         struct bus_arena *mem,
                         struct sa_household_request *ret,
                         struct bus_err *err)
{
    struct form_reading r = request_reading(rules, f, mem, err);
    const struct request_record *in = &f->record;
    struct request_facts facts = {0};
    BUS_CHECK(in->kind < SA_HOUSEHOLD_REQUEST_KIND_UNKNOWN);
    BUS_TRY(request_facts(&r, in, of, &facts));
    *ret = (struct sa_household_request){
        .event_id = bus_id_fresh(rules->now_ms),
        .household_id = of->household_id,
        .occurred_at = rules->now_ms,
        .application_id = f->application,
        .kind = (enum sa_household_request_kind)in->kind,
        .has_item = in->item.n > 0,
        .item = in->item,
        .reason = in->reason,
        .channel = (enum sa_channel)in->channel,
        .has_said_by = in->has_operator,
        .said_by = {.operator_id = in->operator.operator_id,
                    .org_code = in->operator.org_code,
                    .role = in->operator.role } };
    ret->facts.v = facts.v;
    ret->facts.n = facts.n;
    return BUS_OK;
}
