/* Reads an application; every fault is noted and reading goes on.
 *
 * - by the table (form_table.c): what each member is
 * - what hangs together: the channel's evidence and its operator, one head, at
 *   most one applicant, his name. The contract says these as well
 * - what only the county knows: its villages, its register of operators, its
 *   banks, its calendar, the check digits. The contract lists their codes
 */
#include <stddef.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/wire/crypt.h"
#include "producers/intake/form_parts.h"

#define NOON_CHINA_MS (INT64_C(4) * 3600 * 1000)
#define DAY_MS        (INT64_C(24) * 3600 * 1000)

/* What a channel itself must show, and no other channel. */
static void check_evidence(struct form_reading *r)
{
    static const struct
    {
        enum sa_channel channel;
        const char *key, *zh, *en;
    } kinds[] = {{SA_CHANNEL_TELEPHONE, "call_reference",
                  "电话申请须填通话编号",
                  "a telephone application names its call"},
                 {SA_CHANNEL_SPOKEN, "read_back", "口述申请须记录复述确认",
                  "a spoken application names who confirmed the read-back"}};
    const struct form_record *in = &r->record;
    const struct bus_strv texts[] = {in->call_reference, in->read_back};
    struct sa_application *a = &r->form->application;
    for (size_t i = 0; i < 2 && in->channel != SA_CHANNEL_UNKNOWN; i++) {
        struct form_at at = {"/evidence", kinds[i].key};
        bool mine = in->channel == (int)kinds[i].channel;
        if (mine && texts[i].n == 0) {
            intake_form_fault(r, at, "EVIDENCE", kinds[i].zh, kinds[i].en);
        } else if (mine) {
            a->has_channel_evidence = true;
            a->channel_evidence = texts[i];
        } else if (texts[i].n > 0) {
            intake_form_fault(r, at, "EVIDENCE_OTHER", "不是此渠道的证据",
                              "is the evidence of another channel");
        }
    }
}

/* The day the household applied: whose roles count, and when limits begin. */
static void check_day(struct form_reading *r)
{
    int32_t day = r->record.applied_on;
    if (!r->record.has_applied_on) {
        return;
    }
    if (day > r->today || day < r->today - FORM_PAST_DAYS) {
        intake_form_fault(r, (struct form_at){"", "applied_on"}, "DATE_RANGE",
                          "应为今天或之前366天内的日期",
                          "must be today or one of the 366 days before");
    } else {
        r->day = day;
    }
}

static void check_place(struct form_reading *r)
{
    struct bus_strv code = r->record.division_code;
    if (code.n > 0 && bus_conf_village(r->rules->config, code) == NULL) {
        intake_form_fault(r, (struct form_at){"", "division_code"}, "DIVISION",
                          "不是本县的村(居)代码(12位)",
                          "is no village code (12 digits) of this county");
    }
}

static int check_items(struct form_reading *r)
{
    const json_t *items = r->record.requested_items;
    struct sa_application *a = &r->form->application;
    size_t n = json_array_size(items);
    a->requested_items.v =
        bus_arena_calloc(r->mem, n + 1, sizeof(*a->requested_items.v));
    if (a->requested_items.v == NULL) {
        return bus_fail(r->err, BUS_ETOOBIG, "the application is too large");
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *s = json_array_get(items, i);
        struct bus_strv code = {json_string_value(s), json_string_length(s)};
        if (code.p == NULL ||
            bus_map_get(&r->rules->index->items, code) == NULL) {
            intake_form_fault(
                r,
                (struct form_at){intake_form_text(r, "/requested_items/%zu", i),
                                 ""},
                "ITEM_UNKNOWN", "目录中没有此事项",
                "the catalogue has no such item");
        } else {
            a->requested_items.v[a->requested_items.n++] = code;
        }
    }
    return BUS_OK;
}

static int read_all(struct form_reading *r, const json_t *json)
{
    struct sa_application *a = &r->form->application;
    struct form_record *in = &r->record;
    in->channel = SA_CHANNEL_UNKNOWN;
    BUS_TRY(intake_form_table_read(r, intake_form_fields, json, "", in));
    a->channel = (enum sa_channel)in->channel;
    a->channel_reference = in->channel_reference;
    a->division_code = in->division_code;
    a->consent = in->consent;
    a->application_id = bus_wire_application_id(
        r->rules->person_key,
        bus_strv(json_string_value(json_object_get(json, "channel"))),
        in->channel_reference, r->rules->sender);
    check_evidence(r);
    check_day(r);
    check_place(r);
    BUS_TRY(intake_form_people(r, json));
    a->occurred_at =
        r->day == r->today ? r->rules->now_ms : r->day * DAY_MS + NOON_CHINA_MS;
    BUS_TRY(intake_form_members(r));
    BUS_TRY(check_items(r));
    a->event_id = bus_wire_application_event_id(&a->application_id);
    return BUS_OK;
}

int intake_form_read(const struct form_rules *rules,
                     const json_t *json,
                     struct bus_arena *mem,
                     struct form *ret,
                     struct bus_err *err)
{
    BUS_CHECK(rules->config != NULL && rules->person_key.n > 0);
    memset(ret, 0, offsetof(struct form, faults));
    int32_t today = bus_china_day(rules->now_ms);
    struct form_reading r = {.rules = rules,
                             .mem = mem,
                             .form = ret,
                             .err = err,
                             .today = today,
                             .day = today};
    if (!json_is_object(json)) {
        intake_form_fault(&r, (struct form_at){"", ""}, "OBJECT",
                          "申请应为一个JSON对象",
                          "an application is a JSON object");
        return BUS_OK;
    }
    return read_all(&r, json);
}
