/* Members, what is declared of them and of the household, and the ids.
 *
 * - a number           person id = HMAC of type and number (schemas/README.md)
 * - no number          person id derived from application and place in the list
 * - the head           household id = HMAC of the head's person id
 * - the applicant      "applicant": true, else the head; his personal record
 *                      is the one that travels (sealed)
 */
#include <ctype.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/wire/crypt.h"
#include "producers/intake/form_parts.h"

#define NAME_MAX_BYTES 120
#define ID_RESIDENT    "111" /* GA/T 517: resident identity card */

struct fact_list
{
    struct sa_fact *v;
    size_t n, cap;
};

/* "name": value, or "name": {"value": .., "as_of": ".."} */
static bool read_as_of(struct reading *r,
                       struct form_at at,
                       const json_t *j,
                       struct sa_fact *f)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    if (!json_is_string(j) || !bus_date_parse(s, &f->as_of) ||
        f->as_of > r->today) {
        intake_form_fault(
            r,
            (struct form_at){intake_form_text(r, "%s/%s", at.base, at.key),
                             "as_of"},
            "DATE", "应为不晚于今天的日期 yyyy-mm-dd",
            "must be a date yyyy-mm-dd, not after today");
        return false;
    }
    return true;
}

static void form_members_read_fact(struct reading *r,
                                   const struct form_fact *known,
                                   struct form_at at,
                                   const json_t *value,
                                   const struct bus_id *member,
                                   struct fact_list *list)
{
    static const char *const keys[] = {"value", "as_of", NULL};
    struct sa_fact f = {
        .name = known->full,
        .as_of = r->day,
        .source = BUS_STRV("declared"),
        .has_member = member != NULL,
    };
    if (member != NULL) {
        f.member = *member;
    }
    if (json_is_object(value)) {
        intake_form_only(r, value,
                         intake_form_text(r, "%s/%s", at.base, at.key), keys);
        const json_t *as_of = json_object_get(value, "as_of");
        if (as_of != NULL && !read_as_of(r, at, as_of, &f)) {
            return;
        }
        value = json_object_get(value, "value");
    }
    if (value == NULL || !intake_form_value(known->fact, value, &f)) {
        intake_form_fault(
            r, at, "FACT_VALUE",
            intake_form_text(r, "应为%s", intake_form_type_zh(known->fact)),
            intake_form_text(r, "must be %s",
                             intake_form_type_en(known->fact)));
        return;
    }
    if (list->n < list->cap) {
        list->v[list->n++] = f;
    }
}

static void unknown_fact(struct reading *r, int scope, struct form_at at)
{
    const struct bus_config *c = r->rules->config;
    const char *near = NULL;
    size_t best = 4;
    for (size_t i = 0; i < c->facts_count; i++) {
        size_t d = bus_edit_distance(at.key, c->facts[i].name);
        if (c->facts[i].scope == scope && d < best && d > 0) {
            best = d;
            near = c->facts[i].name;
        }
    }
    intake_form_fault(
        r, at, "FACT_UNKNOWN",
        near ? intake_form_text(r, "字典中没有此可申报的事实; 是否为 %s?", near)
             : "字典中没有此可申报的事实",
        near ? intake_form_text(r, "no such fact to declare; did you mean %s?",
                                near)
             : "no such fact to declare");
}

static void form_members_read_facts(struct reading *r,
                                    const json_t *map,
                                    const char *base,
                                    const struct bus_id *member,
                                    struct fact_list *list)
{
    if (map == NULL || json_is_null(map)) {
        return;
    }
    if (!json_is_object(map) || json_object_size(map) > FORM_FACTS_MAX) {
        intake_form_fault(r, (struct form_at){base, ""}, "FACTS",
                          "应为对象, 不超过200项",
                          "must be an object of at most 200 facts");
        return;
    }
    int scope = member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        const struct form_fact *known =
            bus_map_get(&r->rules->index->facts[scope], bus_strv(key));
        struct form_at at = {base, key};
        if (known != NULL && known->fact->derived == NULL &&
            !known->fact->pii) {
            form_members_read_fact(r, known, at, value, member, list);
        } else {
            unknown_fact(r, scope, at);
        }
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
    struct form_at at = {base, "id_no"};
    enum idno_fault wrong = intake_idno_check(id_no, &birth);
    if (wrong != IDNO_WELL) {
        intake_form_fault(r, at, texts[wrong].code, texts[wrong].zh,
                          texts[wrong].en);
        return;
    }
    if (birth > r->today) {
        intake_form_fault(r, at, "ID_DATE", "出生日期在今天之后",
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

static bool form_members_digits(struct bus_strv s, size_t min, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i])) {
            return false;
        }
    }
    return s.n >= min && s.n <= max;
}

static struct bus_id numberless(struct reading *r, size_t i)
{
    return bus_wire_numberless_id(&r->form->application.application_id,
                                  (uint8_t)i);
}

static void read_person(struct reading *r,
                        const json_t *j,
                        const char *base,
                        size_t i,
                        struct fact_list *list)
{
    struct sa_member *m = &r->form->application.members.v[i];
    struct form_at type_at = {base, "id_type"}, no_at = {base, "id_no"};
    struct bus_strv type = intake_form_string(r, j, type_at, false);
    struct bus_strv id_no = intake_form_string(r, j, no_at, false);
    type = type.n > 0 ? type : BUS_STRV(ID_RESIDENT);
    if (!form_members_digits(type, 3, 3)) {
        intake_form_fault(r, type_at, "ID_TYPE", "证件类型为3位数字(GA/T 517)",
                          "the kind of document is three digits (GA/T 517)");
    }
    m->person_id = id_no.n > 0
                       ? bus_wire_person_id(r->rules->person_key, type, id_no)
                       : numberless(r, i);
    if (id_no.n > 0 && bus_strv_is(type, ID_RESIDENT)) {
        read_idno(r, base, id_no, &m->person_id, list);
    }
    if (id_no.n > 0) {
        r->form->application.homes.v[i] =
            bus_wire_household_id(r->rules->person_key, &m->person_id);
    }
    for (size_t k = 0; k < i; k++) {
        if (bus_id_eq(&r->form->application.members.v[k].person_id,
                      &m->person_id)) {
            intake_form_fault(r, no_at, "MEMBER_TWICE",
                              "同一人在家庭成员中出现两次",
                              "this person is in the household twice");
        }
    }
}

static void read_member(struct reading *r,
                        const json_t *j,
                        size_t i,
                        struct fact_list *list)
{
    static const char *const keys[] = {
        "id_type",   "id_no",   "name",      "relation", "head",
        "applicant", "phone",   "bank_code", "account",  "account_holder",
        "facts",     "address", NULL};
    struct sa_member *m = &r->form->application.members.v[i];
    const char *base = intake_form_text(r, "/members/%zu", i);
    if (!json_is_object(j)) {
        m->person_id = numberless(r, i);
        intake_form_fault(r, (struct form_at){base, ""}, "MEMBER",
                          "成员应为对象", "a member is an object");
        return;
    }
    intake_form_only(r, j, base, keys);
    read_person(r, j, base, i, list);
    struct form_at relation = {base, "relation"};
    m->relation = intake_form_string(r, j, relation, true);
    if (m->relation.n > 0 && !form_members_digits(m->relation, 1, 2)) {
        intake_form_fault(
            r, relation, "RELATION",
            "与户主关系为GB/T 4761的1或2位数字代码, 如 0 本人 1 配偶 2 子 "
            "3 女",
            "one or two digits of GB/T 4761, such as 0 self, 1 spouse, 2 "
            "son, 3 daughter");
    }
    m->head = intake_form_flag(r, j, (struct form_at){base, "head"});
    (void)intake_form_flag(r, j, (struct form_at){base, "applicant"});
    struct bus_strv name =
        intake_form_string(r, j, (struct form_at){base, "name"}, false);
    if (name.n > NAME_MAX_BYTES) {
        intake_form_fault(r, (struct form_at){base, "name"}, "NAME", "姓名过长",
                          "the name is too long");
    }
    if (json_object_get(j, "facts") != NULL) {
        form_members_read_facts(r, json_object_get(j, "facts"),
                                intake_form_text(r, "%s/facts", base),
                                &m->person_id, list);
    }
}

/* The checks of each text were made by read_member where it is one of every
 * member; these are looked at for the applicant alone. */
static void read_personal(struct reading *r, const json_t *j, size_t i)
{
    struct sa_personal *p = &r->form->personal;
    const char *base = intake_form_text(r, "/members/%zu", i);
    struct bus_strv type = {json_string_value(json_object_get(j, "id_type")),
                            json_string_length(json_object_get(j, "id_type"))};
    *p = (struct sa_personal){
        .id_type = type.n > 0 ? type : BUS_STRV(ID_RESIDENT),
        .id_no = {json_string_value(json_object_get(j, "id_no")),
                  json_string_length(json_object_get(j, "id_no"))},
    };
    p->name = intake_form_string(r, j, (struct form_at){base, "name"}, true);
#define OPTIONAL(field)                                                      \
    do {                                                                     \
        p->field =                                                           \
            intake_form_string(r, j, (struct form_at){base, #field}, false); \
        p->has_##field = p->field.n > 0;                                     \
    } while (0)
    OPTIONAL(phone);
    OPTIONAL(address);
    OPTIONAL(bank_code);
    OPTIONAL(account);
    OPTIONAL(account_holder);
#undef OPTIONAL
    char code[FORM_TEXT_MAX + 1];
    const struct bus_conf_partner *bank = bus_conf_partner(
        r->rules->config, bus_strv_copy(code, sizeof(code), p->bank_code));
    if (p->has_bank_code && (bank == NULL || bank->kind != BUS_PARTNER_BANK)) {
        intake_form_fault(r, (struct form_at){base, "bank_code"}, "BANK",
                          "不是本县发放银行的代码",
                          "is no bank of this county's bus");
    }
    r->form->has_personal = true;
}

static void form_read_household(struct reading *r, const json_t *members)
{
    struct sa_application *a = &r->form->application;
    size_t head = 0, heads = 0, applicant = 0, applicants = 0;
    for (size_t i = 0; i < a->members.n; i++) {
        if (a->members.v[i].head) {
            heads++;
            head = i;
        }
        if (json_is_true(
                json_object_get(json_array_get(members, i), "applicant"))) {
            applicants++;
            applicant = i;
        }
    }
    struct form_at at = {"/members", ""};
    if (applicants > 1) {
        intake_form_fault(
            r, at, "APPLICANT", "申请人 applicant: true 至多一名",
            "at most one member is the applicant: \"applicant\": true");
    }
    if (heads != 1) {
        intake_form_fault(r, at, "HEAD", "须恰有一名户主 head: true",
                          "exactly one member is the head: \"head\": true");
        return;
    }
    applicant = applicants == 1 ? applicant : head;
    a->household_id = bus_wire_household_id(r->rules->person_key,
                                            &a->members.v[head].person_id);
    a->applicant_id = a->members.v[applicant].person_id;
    read_personal(r, json_array_get(members, applicant), applicant);
}

int intake_form_members(struct reading *r, const json_t *j)
{
    struct sa_application *a = &r->form->application;
    const json_t *members = json_object_get(j, "members");
    size_t n = json_array_size(members);
    if (!json_is_array(members) || n == 0 || n > FORM_MEMBERS_MAX) {
        intake_form_fault(r, (struct form_at){"", "members"}, "MEMBERS",
                          "家庭成员应为1至32人的列表",
                          "must be a list of 1 to 32 members");
        n = 0;
    }
    /* One fact more a member: the birth date of the number. */
    struct fact_list list = {.cap = (n + 1) * (FORM_FACTS_MAX + 1)};
    size_t facts = json_object_size(json_object_get(j, "facts"));
    for (size_t i = 0; i < n; i++) {
        facts += 1 + json_object_size(
                         json_object_get(json_array_get(members, i), "facts"));
    }
    list.cap = facts < list.cap ? facts : list.cap;
    list.v = bus_arena_alloc(r->mem, (list.cap + 1) * sizeof(*list.v));
    a->members.v = bus_arena_calloc(r->mem, n + 1, sizeof(*a->members.v));
    a->homes.v = bus_arena_calloc(r->mem, n + 1, sizeof(*a->homes.v));
    a->homes.n = n;
    if (list.v == NULL || a->members.v == NULL || a->homes.v == NULL) {
        return BUS_ETOOBIG;
    }
    a->members.n = n;
    for (size_t i = 0; i < n; i++) {
        read_member(r, json_array_get(members, i), i, &list);
    }
    if (n > 0) {
        form_read_household(r, members);
    }
    form_members_read_facts(r, json_object_get(j, "facts"), "/facts", NULL,
                            &list);
    a->facts.v = list.v;
    a->facts.n = list.n;
    return BUS_OK;
}
