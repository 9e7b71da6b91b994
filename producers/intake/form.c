/* Reads an application; every fault is noted and reading goes on.
 *
 * - the frame: channel and its own evidence, place, day, people who helped
 * - members, facts and ids (intake_form_members.c)
 * - the items asked for
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/wire/crypt.h"
#include "producers/intake/form_parts.h"

#define KEY_SHOWN_MAX 64 /* bytes of a key that we do not know */
#define NOON_CHINA_MS (INT64_C(4) * 3600 * 1000)
#define DAY_MS        (INT64_C(24) * 3600 * 1000)

const char *intake_form_text(struct reading *r, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *kept = bus_arena_strdup(r->mem, text);
    return kept ? kept : "";
}

/* RFC 6901: '~' and '/' of a key are escaped; a long key is cut. */
static const char *pointer_of(struct reading *r, struct form_at at)
{
    char key[2 * KEY_SHOWN_MAX + 8];
    size_t n = 0, took = 0;
    for (const char *p = at.key; *p != '\0'; p++) {
        bool first = ((unsigned char)*p & 0xc0) != 0x80;
        if (first && took + 4 > KEY_SHOWN_MAX) {
            memcpy(key + n, "...", 3);
            n += 3;
            break;
        }
        took++;
        if (*p == '~' || *p == '/') {
            key[n++] = '~';
            key[n++] = *p == '~' ? '0' : '1';
        } else {
            key[n++] = *p;
        }
    }
    key[n] = '\0';
    return intake_form_text(r, "%s%s%s", at.base, n > 0 ? "/" : "", key);
}

void intake_form_fault(struct reading *r,
                       struct form_at at,
                       const char *code,
                       const char *zh,
                       const char *en)
{
    bool kept = r->form->fault_count < FORM_FAULTS_MAX;
    struct intake_form_fault f = {kept ? pointer_of(r, at) : "", code, zh, en};
    intake_form_add_fault(r->form, &f);
}

void intake_form_add_fault(struct form *f,
                           const struct intake_form_fault *fault)
{
    if (f->fault_count < FORM_FAULTS_MAX) {
        f->faults[f->fault_count] = *fault;
    }
    f->fault_count++;
}

bool intake_form_absent(const json_t *map, const char *key)
{
    const json_t *j = json_object_get(map, key);
    return j == NULL || json_is_null(j);
}

static bool has_control(struct bus_strv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

struct bus_strv intake_form_string(struct reading *r,
                                   const json_t *map,
                                   struct form_at at,
                                   bool needed)
{
    const json_t *j = json_object_get(map, at.key);
    if (j == NULL || json_is_null(j)) {
        if (needed) {
            intake_form_fault(r, at, "MISSING", "缺少此项", "this is needed");
        }
        return (struct bus_strv){0};
    }
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    if (!json_is_string(j) || s.n > FORM_TEXT_MAX || (needed && s.n == 0) ||
        has_control(s)) {
        intake_form_fault(
            r, at, "TEXT", "应为文字, 不空, 不超过128字节, 不含控制字符",
            "must be a text, not empty, of at most 128 bytes, without "
            "control characters");
        return (struct bus_strv){0};
    }
    return s;
}

bool intake_form_flag(struct reading *r, const json_t *map, struct form_at at)
{
    const json_t *j = json_object_get(map, at.key);
    if (j != NULL && !json_is_null(j) && !json_is_boolean(j)) {
        intake_form_fault(r, at, "BOOLEAN", "应为 true 或 false",
                          "must be true or false");
    }
    return json_is_true(j);
}

static bool is_allowed(const char *key, const char *const *allowed)
{
    while (*allowed != NULL && strcmp(key, *allowed) != 0) {
        allowed++;
    }
    return *allowed != NULL;
}

void intake_form_only(struct reading *r,
                      const json_t *map,
                      const char *base,
                      const char *const *allowed)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        if (is_allowed(key, allowed)) {
            continue;
        }
        const char *near = NULL;
        size_t best = 4;
        for (size_t i = 0; allowed[i] != NULL; i++) {
            size_t d = bus_edit_distance(key, allowed[i]);
            if (d < best) {
                best = d;
                near = allowed[i];
            }
        }
        if (near == NULL) {
            intake_form_fault(r, (struct form_at){base, key}, "FIELD_UNKNOWN",
                              "没有此字段", "there is no such field here");
        } else {
            intake_form_fault(
                r, (struct form_at){base, key}, "FIELD_UNKNOWN",
                intake_form_text(r, "没有此字段; 是否为 %s?", near),
                intake_form_text(r, "there is no such field; did you mean %s?",
                                 near));
        }
    }
}

static void read_evidence(struct reading *r,
                          const json_t *j,
                          const char *key,
                          const char *zh,
                          const char *en)
{
    struct sa_application *a = &r->form->application;
    const json_t *o = json_object_get(j, "evidence");
    struct form_at at = {"/evidence", key};
    struct bus_strv e = intake_form_string(r, o, at, false);
    a->has_channel_evidence = e.n > 0;
    a->channel_evidence = e;
    if (e.n == 0 && (intake_form_absent(o, key) ||
                     json_string_length(json_object_get(o, key)) == 0)) {
        intake_form_fault(r, at, "EVIDENCE", zh, en);
    }
}

static void read_channel(struct reading *r, const json_t *j)
{
    static const struct
    {
        const char *word;
        enum sa_channel channel;
        const char *evidence; /* what the channel itself must show */
        const char *zh, *en;
    } channels[] = {
        {"WEB", SA_CHANNEL_WEB, NULL, NULL, NULL},
        {"MOBILE", SA_CHANNEL_MOBILE, NULL, NULL, NULL},
        {"TELEPHONE", SA_CHANNEL_TELEPHONE, "call_reference",
         "电话申请须填通话编号", "a telephone application names its call"},
        {"SPOKEN", SA_CHANNEL_SPOKEN, "read_back", "口述申请须记录复述确认",
         "a spoken application names who confirmed the read-back"},
        {"STATION_CSV", SA_CHANNEL_STATION_CSV, NULL, NULL, NULL},
    };
    static const char *const kinds[] = {"call_reference", "read_back", NULL};
    struct sa_application *a = &r->form->application;
    struct bus_strv word =
        intake_form_string(r, j, (struct form_at){"", "channel"}, true);
    const json_t *evidence = json_object_get(j, "evidence");
    if (!intake_form_absent(j, "evidence") && !json_is_object(evidence)) {
        intake_form_fault(r, (struct form_at){"", "evidence"}, "OBJECT",
                          "应为对象", "must be an object");
    }
    intake_form_only(r, evidence, "/evidence", kinds);
    a->channel = SA_CHANNEL_UNKNOWN;
    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (bus_strv_is(word, channels[i].word)) {
            a->channel = channels[i].channel;
            if (channels[i].evidence != NULL) {
                read_evidence(r, j, channels[i].evidence, channels[i].zh,
                              channels[i].en);
            }
        }
    }
    if (word.n > 0 && a->channel == SA_CHANNEL_UNKNOWN) {
        intake_form_fault(
            r, (struct form_at){"", "channel"}, "CHANNEL",
            "渠道应为 WEB MOBILE TELEPHONE SPOKEN STATION_CSV 之一",
            "must be WEB, MOBILE, TELEPHONE, SPOKEN or STATION_CSV");
    }
    a->channel_reference = intake_form_string(
        r, j, (struct form_at){"", "channel_reference"}, true);
    a->application_id = intake_form_application_id(word, a->channel_reference);
}

struct bus_id intake_form_application_id(struct bus_strv channel,
                                         struct bus_strv reference)
{
    return bus_wire_application_id(channel, reference);
}

/* The day the household applied: whose roles count, and when limits begin. */
static void read_day(struct reading *r, const json_t *j)
{
    struct form_at at = {"", "applied_on"};
    struct bus_strv s = intake_form_string(r, j, at, false);
    int32_t day = 0;
    if (s.n == 0) {
        return;
    }
    if (!bus_date_parse(s, &day)) {
        intake_form_fault(r, at, "DATE", "应为日期 yyyy-mm-dd",
                          "must be a date yyyy-mm-dd");
    } else if (day > r->today || day < r->today - FORM_PAST_DAYS) {
        intake_form_fault(r, at, "DATE_RANGE", "应为今天或之前366天内的日期",
                          "must be today or one of the 366 days before");
    } else {
        r->day = day;
    }
}

static const struct bus_operator *operator_of(struct reading *r,
                                              const struct sa_actor *a)
{
    char org[FORM_TEXT_MAX + 1];
    const struct bus_config *c = r->rules->config;
    const struct bus_operator *op =
        bus_conf_operator(c, a->operator_id,
                          bus_strv_copy(org, sizeof(org), a->org_code), r->day);
    const struct bus_operator *end = c->operators + c->operators_count;
    if (op == NULL || a->role.n == 0) {
        return op;
    }
    for (; op < end && bus_strv_is(a->operator_id, op->id); op++) {
        if (bus_strv_is(a->org_code, op->org) && op->from_day <= r->day &&
            r->day <= op->to_day && bus_strv_is(a->role, op->role)) {
            return op;
        }
    }
    return NULL;
}

static bool read_actor(struct reading *r,
                       const json_t *j,
                       const char *key,
                       struct sa_actor *ret)
{
    static const char *const keys[] = {"operator_id", "org_code", "role", NULL};
    const json_t *o = json_object_get(j, key);
    const char *base = key[0] == 'h' ? "/helper" : "/operator";
    if (intake_form_absent(j, key)) {
        return false;
    }
    if (!json_is_object(o)) {
        intake_form_fault(r, (struct form_at){"", key}, "ACTOR",
                          "应为对象: operator_id org_code role",
                          "must be an object with operator_id, org_code, role");
        return false;
    }
    intake_form_only(r, o, base, keys);
    struct form_at id = {base, "operator_id"}, org = {base, "org_code"},
                   role = {base, "role"};
    ret->operator_id = intake_form_string(r, o, id, true);
    ret->org_code = intake_form_string(r, o, org, true);
    ret->role = intake_form_string(r, o, role, false);
    if (ret->operator_id.n == 0 || ret->org_code.n == 0) {
        return false;
    }
    const struct bus_operator *op = operator_of(r, ret);
    if (op == NULL) {
        intake_form_fault(
            r, id, "OPERATOR",
            "此人在申请当日于该机构没有(此)职务; 须为实名经办人",
            "nobody of this id has a (this) role in that organisation "
            "on the day of the application; operators are named "
            "persons");
        return false;
    }
    ret->role = bus_strv(op->role);
    return true;
}

static void read_place(struct reading *r, const json_t *j)
{
    struct form_at at = {"", "division_code"};
    struct bus_strv code = intake_form_string(r, j, at, true);
    r->form->application.division_code = code;
    if (code.n > 0 && bus_conf_village(r->rules->config, code) == NULL) {
        intake_form_fault(r, at, "DIVISION", "不是本县的村(居)代码(12位)",
                          "is no village code (12 digits) of this county");
    }
}

static void read_people(struct reading *r, const json_t *j)
{
    struct sa_application *a = &r->form->application;
    a->has_helper = read_actor(r, j, "helper", &a->helper);
    a->has_operator = read_actor(r, j, "operator", &a->operator);
    bool alone =
        a->channel == SA_CHANNEL_WEB || a->channel == SA_CHANNEL_MOBILE;
    if (!alone && intake_form_absent(j, "operator")) {
        intake_form_fault(r, (struct form_at){"", "operator"},
                          "OPERATOR_MISSING",
                          "电话、口述、服务站渠道须记录受理人",
                          "this channel needs the operator who took it down");
    }
    const json_t *consent = json_object_get(j, "consent");
    a->consent = json_is_true(consent);
    if (consent == NULL || !json_is_boolean(consent)) {
        intake_form_fault(r, (struct form_at){"", "consent"}, "CONSENT",
                          "须说明是否授权核对 true/false",
                          "say whether checking is authorised: true or false");
    }
}

static int read_items(struct reading *r, const json_t *j)
{
    const json_t *items = json_object_get(j, "requested_items");
    struct sa_application *a = &r->form->application;
    size_t n = json_array_size(items);
    if (!intake_form_absent(j, "requested_items") &&
        (!json_is_array(items) || n > FORM_ITEMS_MAX)) {
        intake_form_fault(r, (struct form_at){"", "requested_items"}, "ITEMS",
                          "应为不超过64项的列表",
                          "must be a list of at most 64 items");
        n = 0;
    }
    a->requested_items.v =
        bus_arena_calloc(r->mem, n + 1, sizeof(*a->requested_items.v));
    if (a->requested_items.v == NULL) {
        return BUS_ETOOBIG;
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

int intake_form_read(const struct form_rules *rules,
                     const json_t *json,
                     struct bus_arena *mem,
                     struct form *ret,
                     struct bus_err *err)
{
    static const char *const keys[] = {
        "channel", "channel_reference", "evidence", "applied_on",
        "members", "division_code",     "helper",   "operator",
        "consent", "requested_items",   "facts",    NULL};
    assert(rules->config != NULL && rules->person_key.n > 0);
    memset(ret, 0, offsetof(struct form, faults));
    int32_t today = bus_china_day(rules->now_ms);
    struct reading r = {rules, mem, ret, today, today};
    if (!json_is_object(json)) {
        intake_form_fault(&r, (struct form_at){"", ""}, "OBJECT",
                          "申请应为一个JSON对象",
                          "an application is a JSON object");
        return BUS_OK;
    }
    intake_form_only(&r, json, "", keys);
    read_channel(&r, json);
    read_day(&r, json);
    read_place(&r, json);
    read_people(&r, json);
    ret->application.occurred_at =
        r.day == today ? rules->now_ms : r.day * DAY_MS + NOON_CHINA_MS;
    int rc = intake_form_members(&r, json);
    rc = rc == BUS_OK ? read_items(&r, json) : rc;
    ret->application.event_id =
        bus_wire_application_event_id(&ret->application.application_id);
    return rc == BUS_OK ? BUS_OK
                        : bus_fail(err, rc, "the application is too large");
}
