/* Reads an application; every fault is noted and reading goes on.
 *
 * - the frame: channel and its own evidence, place, people who helped
 * - each member: identity number, relation, facts
 * - the household's facts and the applicant's personal record
 * - ids: derived from the numbers by the county's key (schemas/README.md)
 */
#include "producers/intake/form.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/wire/crypt.h"

#define REFERENCE_MAX  128
#define NAME_MAX_BYTES 120

struct reading
{
    const struct form_rules *rules;
    struct bus_arena *mem;
    struct form *form;
    int32_t day;
};

static void fault(struct reading *r,
                  const char *pointer,
                  const char *code,
                  const char *zh,
                  const char *en)
{
    struct form *f = r->form;
    if (f->fault_count < FORM_FAULTS_MAX) {
        const char *kept = bus_arena_strdup(r->mem, pointer);
        f->faults[f->fault_count] =
            (struct form_fault){kept ? kept : "", code, zh, en};
    }
    f->fault_count++;
}

static const char *at(struct reading *r, const char *fmt, ...) BUS_PRINTF(2, 3);
static const char *at(struct reading *r, const char *fmt, ...)
{
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *kept = bus_arena_strdup(r->mem, text);
    return kept ? kept : "";
}

/* A string member: the empty view when absent or null; a fault if it is no
 * string, too long, or needed and not there. */
static struct bus_strv string_of(struct reading *r,
                                 const json_t *map,
                                 const char *base,
                                 const char *key,
                                 bool needed)
{
    const json_t *j = json_object_get(map, key);
    const char *pointer = at(r, "%s/%s", base, key);
    if (j == NULL || json_is_null(j)) {
        if (needed) {
            fault(r, pointer, "MISSING", "缺少此项", "this is needed");
        }
        return (struct bus_strv){0};
    }
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    if (!json_is_string(j) || s.n > REFERENCE_MAX || (needed && s.n == 0)) {
        fault(r, pointer, "TEXT", "应为文字, 不空, 不超过128字节",
              "must be a text, not empty, of at most 128 bytes");
        return (struct bus_strv){0};
    }
    return s;
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
    struct sa_application *a = &r->form->application;
    struct bus_strv word = string_of(r, j, "", "channel", true);
    a->channel = SA_CHANNEL_UNKNOWN;
    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (!bus_strv_is(word, channels[i].word)) {
            continue;
        }
        a->channel = channels[i].channel;
        if (channels[i].evidence != NULL) {
            struct bus_strv e =
                string_of(r, json_object_get(j, "evidence"), "/evidence",
                          channels[i].evidence, false);
            a->has_channel_evidence = e.n > 0;
            a->channel_evidence = e;
            if (e.n == 0) {
                fault(r, at(r, "/evidence/%s", channels[i].evidence),
                      "EVIDENCE", channels[i].zh, channels[i].en);
            }
        }
    }
    if (word.n > 0 && a->channel == SA_CHANNEL_UNKNOWN) {
        fault(r, "/channel", "CHANNEL",
              "渠道应为 WEB MOBILE TELEPHONE SPOKEN STATION_CSV 之一",
              "must be WEB, MOBILE, TELEPHONE, SPOKEN or STATION_CSV");
    }
    a->channel_reference = string_of(r, j, "", "channel_reference", true);
    struct bus_strv parts[] = {word, a->channel_reference};
    a->application_id = bus_wire_derived_id("application", parts, 2);
}

static bool read_actor(struct reading *r,
                       const json_t *j,
                       const char *key,
                       struct sa_actor *ret)
{
    const json_t *o = json_object_get(j, key);
    const char *base = at(r, "/%s", key);
    if (o == NULL || json_is_null(o)) {
        return false;
    }
    if (!json_is_object(o)) {
        fault(r, base, "ACTOR", "应为对象: operator_id org_code role",
              "must be an object with operator_id, org_code, role");
        return false;
    }
    ret->operator_id = string_of(r, o, base, "operator_id", true);
    ret->org_code = string_of(r, o, base, "org_code", true);
    ret->role = string_of(r, o, base, "role", false);
    if (ret->operator_id.n == 0 || ret->org_code.n == 0) {
        return false;
    }
    char org[REFERENCE_MAX + 1];
    const struct bus_operator *op = bus_config_operator(
        r->rules->config, ret->operator_id,
        bus_strv_copy(org, sizeof(org), ret->org_code), r->day);
    if (op == NULL) {
        fault(r, at(r, "%s/operator_id", base), "OPERATOR",
              "此人当日在该机构没有职务; 须为实名经办人",
              "nobody of this id has a role in that organisation on that "
              "day; operators are named persons");
        return false;
    }
    if (ret->role.n == 0) {
        ret->role = bus_strv(op->role);
    }
    return true;
}

static void read_place(struct reading *r, const json_t *j)
{
    struct bus_strv code = string_of(r, j, "", "division_code", true);
    r->form->application.division_code = code;
    if (code.n > 0 && bus_config_village(r->rules->config, code) == NULL) {
        fault(r, "/division_code", "DIVISION", "不是本县的村(居)代码(12位)",
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
    const json_t *o = json_object_get(j, "operator");
    if (!alone && (o == NULL || json_is_null(o))) {
        fault(r, "/operator", "OPERATOR_MISSING",
              "电话、口述、服务站渠道须记录受理人",
              "this channel needs the operator who took it down");
    }
    const json_t *consent = json_object_get(j, "consent");
    a->consent = json_is_true(consent);
    if (consent == NULL || !json_is_boolean(consent)) {
        fault(r, "/consent", "CONSENT", "须说明是否授权核对 true/false",
              "say whether checking is authorised: true or false");
    }
}

/* "facts": {"name": value, "name": {"value": .., "as_of": ".."}} */
struct fact_list
{
    struct sa_fact *v;
    size_t n, cap;
};

static bool read_as_of(struct reading *r,
                       const char *pointer,
                       const json_t *j,
                       struct sa_fact *f)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    if (!json_is_string(j) || !bus_date_parse(s, &f->as_of) ||
        f->as_of > r->day) {
        fault(r, at(r, "%s/as_of", pointer), "DATE",
              "应为不晚于今天的日期 yyyy-mm-dd",
              "must be a date yyyy-mm-dd, not after today");
        return false;
    }
    return true;
}

static void read_fact(struct reading *r,
                      const struct bus_fact *fact,
                      const char *pointer,
                      const json_t *value,
                      const struct bus_id *member,
                      struct fact_list *list)
{
    struct sa_fact f = {
        .as_of = r->day,
        .source = BUS_STRV("declared"),
        .has_member = member != NULL,
    };
    if (member != NULL) {
        f.member = *member;
    }
    if (json_is_object(value)) {
        const json_t *as_of = json_object_get(value, "as_of");
        if (as_of != NULL && !read_as_of(r, pointer, as_of, &f)) {
            return;
        }
        value = json_object_get(value, "value");
    }
    if (value == NULL || !form_value(fact, value, &f)) {
        fault(r, pointer, "FACT_VALUE", at(r, "应为%s", form_type_zh(fact)),
              at(r, "must be %s", form_type_en(fact)));
        return;
    }
    f.name =
        bus_strv(at(r, "%s.%s", member ? "member" : "household", fact->name));
    if (list->n < list->cap) {
        list->v[list->n++] = f;
    }
}

static const char *nearest_fact(struct reading *r, int scope, const char *name)
{
    const struct bus_config *c = r->rules->config;
    const char *near = NULL;
    size_t best = 4;
    for (size_t i = 0; i < c->facts_count; i++) {
        size_t d = bus_edit_distance(name, c->facts[i].name);
        if (c->facts[i].scope == scope && d < best) {
            best = d;
            near = c->facts[i].name;
        }
    }
    return near;
}

static void read_facts(struct reading *r,
                       const json_t *map,
                       const char *base,
                       const struct bus_id *member,
                       struct fact_list *list)
{
    if (map == NULL || json_is_null(map)) {
        return;
    }
    if (!json_is_object(map) || json_object_size(map) > FORM_FACTS_MAX) {
        fault(r, base, "FACTS", "应为对象, 不超过200项",
              "must be an object of at most 200 facts");
        return;
    }
    int scope = member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        const struct bus_fact *fact =
            bus_config_fact(r->rules->config, scope, bus_strv(key));
        const char *pointer = at(r, "%s/%s", base, key);
        if (fact != NULL && fact->derived == NULL && !fact->pii) {
            read_fact(r, fact, pointer, value, member, list);
            continue;
        }
        const char *near = nearest_fact(r, scope, key);
        fault(r, pointer, "FACT_UNKNOWN",
              near ? at(r, "字典中没有此事实; 是否为 %s?", near)
                   : "字典中没有此可申报的事实",
              near ? at(r, "no such fact to declare; did you mean %s?", near)
                   : "no such fact to declare");
    }
}

static void read_idno(struct reading *r,
                      const char *base,
                      struct bus_strv id_no,
                      const struct bus_id *member,
                      struct fact_list *list)
{
    static const struct
    {
        const char *code, *zh, *en;
    } texts[] = {
        [IDNO_LENGTH] = {"ID_LENGTH", "身份证号应为18位",
                         "an identity number has 18 characters"},
        [IDNO_DIGITS] = {"ID_DIGITS", "身份证号只含数字, 末位可为大写X",
                         "digits only; the last may be an upper-case X"},
        [IDNO_DATE] = {"ID_DATE", "身份证号第7至14位不是日期",
                       "digits 7 to 14 are no date"},
        [IDNO_CHECK] = {"ID_CHECK_DIGIT", "身份证号校验位不符, 请核对",
                        "the check digit does not fit; look again"},
    };
    int32_t birth = 0;
    enum idno_fault wrong = idno_check(id_no, &birth);
    if (wrong != IDNO_WELL) {
        fault(r, at(r, "%s/id_no", base), texts[wrong].code, texts[wrong].zh,
              texts[wrong].en);
        return;
    }
    if (birth > r->day) {
        fault(r, at(r, "%s/id_no", base), "ID_DATE", "出生日期在今天之后",
              "born after today");
        return;
    }
    if (list->n < list->cap) {
        list->v[list->n] = (struct sa_fact){
            .name = BUS_STRV("member.birth_date"),
            .has_member = true,
            .member = *member,
            .as_of = r->day,
            .source = BUS_STRV("declared"),
        };
        list->v[list->n].value.branch = SA_FACT_VALUE_INT;
        list->v[list->n].value.u.int_value = birth;
        list->n++;
    }
}

/* Who has no number gets a fresh id: seen again, people must join the two. */
static void read_member(struct reading *r,
                        const json_t *j,
                        size_t i,
                        struct fact_list *list)
{
    struct sa_member *m = &r->form->application.members.v[i];
    const char *base = at(r, "/members/%zu", i);
    if (!json_is_object(j)) {
        fault(r, base, "MEMBER", "成员应为对象", "a member is an object");
        return;
    }
    struct bus_strv type = string_of(r, j, base, "id_type", false);
    struct bus_strv id_no = string_of(r, j, base, "id_no", false);
    type = type.n > 0 ? type : BUS_STRV("111");
    if (id_no.n > 0) {
        m->person_id = bus_wire_person_id(r->rules->person_key, type, id_no);
    } else {
        m->person_id = bus_id_fresh(r->rules->now_ms);
    }
    if (id_no.n > 0 && bus_strv_is(type, "111")) {
        read_idno(r, base, id_no, &m->person_id, list);
    }
    m->relation = string_of(r, j, base, "relation", true);
    m->head = json_is_true(json_object_get(j, "head"));
    struct bus_strv name = string_of(r, j, base, "name", false);
    if (name.n > NAME_MAX_BYTES) {
        fault(r, at(r, "%s/name", base), "NAME", "姓名过长",
              "the name is too long");
    }
    for (size_t k = 0; k < i; k++) {
        if (bus_id_eq(&r->form->application.members.v[k].person_id,
                      &m->person_id)) {
            fault(r, at(r, "%s/id_no", base), "MEMBER_TWICE",
                  "同一人在家庭成员中出现两次",
                  "this person is in the household twice");
        }
    }
    read_facts(r, json_object_get(j, "facts"), at(r, "%s/facts", base),
               &m->person_id, list);
}

static void read_personal(struct reading *r, const json_t *j, size_t i)
{
    struct sa_personal *p = &r->form->personal;
    const char *base = at(r, "/members/%zu", i);
    *p = (struct sa_personal){.id_type = BUS_STRV("111")};
    p->name = string_of(r, j, base, "name", true);
    struct bus_strv type = string_of(r, j, base, "id_type", false);
    p->id_type = type.n > 0 ? type : p->id_type;
    p->id_no = string_of(r, j, base, "id_no", false);
#define OPTIONAL(field)                                  \
    do {                                                 \
        p->field = string_of(r, j, base, #field, false); \
        p->has_##field = p->field.n > 0;                 \
    } while (0)
    OPTIONAL(phone);
    OPTIONAL(address);
    OPTIONAL(bank_code);
    OPTIONAL(account);
    OPTIONAL(account_holder);
#undef OPTIONAL
    r->form->has_personal = true;
}

static void read_household(struct reading *r, const json_t *members)
{
    struct sa_application *a = &r->form->application;
    size_t head = a->members.n, heads = 0;
    for (size_t i = 0; i < a->members.n; i++) {
        if (a->members.v[i].head) {
            heads++;
            head = i;
        }
    }
    if (heads != 1) {
        fault(r, "/members", "HEAD", "须恰有一名户主 head: true",
              "exactly one member is the head: \"head\": true");
        return;
    }
    a->household_id = bus_wire_household_id(r->rules->person_key,
                                            &a->members.v[head].person_id);
    const json_t *j =
        json_object_get(json_array_get(members, head), "applicant");
    size_t applicant = head;
    for (size_t i = 0; j == NULL && i < a->members.n; i++) {
        if (json_is_true(
                json_object_get(json_array_get(members, i), "applicant"))) {
            applicant = i;
        }
    }
    a->applicant_id = a->members.v[applicant].person_id;
    read_personal(r, json_array_get(members, applicant), applicant);
}

static int read_members(struct reading *r, const json_t *j)
{
    struct sa_application *a = &r->form->application;
    const json_t *members = json_object_get(j, "members");
    size_t n = json_array_size(members);
    if (!json_is_array(members) || n == 0 || n > FORM_MEMBERS_MAX) {
        fault(r, "/members", "MEMBERS", "家庭成员应为1至32人的列表",
              "must be a list of 1 to 32 members");
        n = 0;
    }
    struct fact_list list = {.cap = (n + 1) * (FORM_FACTS_MAX + 1)};
    size_t facts = json_object_size(json_object_get(j, "facts"));
    for (size_t i = 0; i < n; i++) {
        facts += 1 + json_object_size(
                         json_object_get(json_array_get(members, i), "facts"));
    }
    list.cap = facts < list.cap ? facts : list.cap;
    list.v = bus_arena_alloc(r->mem, (list.cap + 1) * sizeof(*list.v));
    a->members.v = bus_arena_calloc(r->mem, n + 1, sizeof(*a->members.v));
    if (list.v == NULL || a->members.v == NULL) {
        return BUS_ETOOBIG;
    }
    a->members.n = n;
    for (size_t i = 0; i < n; i++) {
        read_member(r, json_array_get(members, i), i, &list);
    }
    if (n > 0) {
        read_household(r, members);
    }
    read_facts(r, json_object_get(j, "facts"), "/facts", NULL, &list);
    a->facts.v = list.v;
    a->facts.n = list.n;
    return BUS_OK;
}

static int read_items(struct reading *r, const json_t *j)
{
    const json_t *items = json_object_get(j, "requested_items");
    struct sa_application *a = &r->form->application;
    size_t n = json_array_size(items);
    if (items != NULL && (!json_is_array(items) || n > 64)) {
        fault(r, "/requested_items", "ITEMS", "应为不超过64项的列表",
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
        a->requested_items.v[a->requested_items.n++] =
            (struct bus_strv){json_is_string(s) ? json_string_value(s) : "",
                              json_string_length(s)};
    }
    return BUS_OK;
}

int form_read(const struct form_rules *rules,
              const json_t *json,
              struct bus_arena *mem,
              struct form *ret,
              struct bus_err *err)
{
    assert(rules->config != NULL && rules->person_key.n > 0);
    *ret = (struct form){0};
    struct reading r = {rules, mem, ret, bus_china_day(rules->now_ms)};
    if (!json_is_object(json)) {
        fault(&r, "", "OBJECT", "申请应为一个JSON对象",
              "an application is a JSON object");
        return BUS_OK;
    }
    ret->application.occurred_at = rules->now_ms;
    read_channel(&r, json);
    read_place(&r, json);
    read_people(&r, json);
    int rc = read_members(&r, json);
    rc = rc == BUS_OK ? read_items(&r, json) : rc;
    struct bus_strv id = {(const char *)ret->application.application_id.b, 16};
    struct bus_strv parts[] = {BUS_STRV("application"), id};
    ret->application.event_id = bus_wire_derived_id("event", parts, 2);
    return rc == BUS_OK ? BUS_OK
                        : bus_fail(err, rc, "the application is too large");
}
