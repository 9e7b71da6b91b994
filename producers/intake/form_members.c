/* Members, what is declared of them and of the household, and the ids.
 *
 * - a number           person id = HMAC of type and number (schemas/README.md)
 * - no number          person id derived from application and place in the list
 * - the head           household id = HMAC of the head's person id
 * - the applicant      "applicant": true, else the head; his personal record
 *                      is the one that travels (sealed)
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/idno.h"
#include "bus/wire/crypt.h"
#include "producers/intake/form_parts.h"

#define ID_RESIDENT "111" /* GA/T 517: resident identity card */

/* Whom facts are about, and what his identity number says of him. */
struct about
{
    const struct bus_id *member; /* NULL: the household */
    bool number;                 /* a number that is well */
    int32_t birth;               /* INT32_MIN: not known */
    const char *sex;
    const char *relation; /* of the code; NULL: it says nothing */
};

/* "name": value, or "name": {"value": .., "as_of": ".."}; the table's rows. */
static const json_t *read_dated(struct form_reading *r,
                                struct form_at at,
                                const json_t *j,
                                struct sa_fact *f)
{
    struct form_dated dated = {0};
    const char *base = intake_form_text(r, "%s/%s", at.base, at.key);
    size_t before = r->form->fault_count;
    /* No list in it: nothing of the arena is needed but for faults' texts. */
    if (intake_form_table_read(r, intake_form_dated_fields, j, base, &dated) !=
            BUS_OK ||
        r->form->fault_count > before) {
        return NULL;
    }
    if (dated.has_as_of &&
        (dated.as_of > r->today || dated.as_of < BUS_BOUNDS_AS_OF_FIRST)) {
        intake_form_fault(r, (struct form_at){base, "as_of"}, "DATE_RANGE",
                          "应为1949-10-01至今天的日期",
                          "must be a day from 1949-10-01 to today");
        return NULL;
    }
    f->as_of = dated.has_as_of ? dated.as_of : f->as_of;
    const json_t *value = json_object_get(j, "value");
    if (value == NULL) {
        intake_form_fault(r, (struct form_at){base, "value"}, "MISSING",
                          "缺少此项", "this is needed");
    }
    return value;
}

/* What the form says of a member twice is said alike. "other" as a code, and
 * the head's own, say little. */
static bool fits_relation(struct form_reading *r,
                          const struct about *about,
                          struct form_at at,
                          const struct sa_fact *f)
{
    bool same = about->relation == NULL ||
                !bus_strv_is(f->name, "member.relation") ||
                f->value.branch != SA_FACT_VALUE_STRING ||
                strcmp(about->relation, "other") == 0 ||
                bus_strv_is(f->value.u.string_value, about->relation);
    if (!same) {
        intake_form_fault(r, at, "RELATION_DIFFERS", "与成员的关系代码不符",
                          "is not the relation that the member's code says");
    }
    return same;
}

/* Birth and sex as the number has them; "unknown" contradicts nothing. */
static bool fits_number(struct form_reading *r,
                        const struct about *about,
                        struct form_at at,
                        const struct sa_fact *f)
{
    bool birth = bus_strv_is(f->name, "member.birth_date") &&
                 f->value.branch == SA_FACT_VALUE_INT &&
                 f->value.u.int_value != about->birth;
    bool sex = bus_strv_is(f->name, "member.sex") &&
               f->value.branch == SA_FACT_VALUE_STRING &&
               !bus_strv_is(f->value.u.string_value, about->sex) &&
               !bus_strv_is(f->value.u.string_value, "unknown");
    if (birth) {
        intake_form_fault(r, at, "BIRTH_DIFFERS", "与身份证号中的出生日期不符",
                          "is not the birth date of the identity number");
    } else if (sex) {
        intake_form_fault(r, at, "SEX_DIFFERS", "与身份证号中的性别不符",
                          "is not the sex of the identity number");
    }
    return !birth && !sex;
}

static void form_members_read_fact(struct form_reading *r,
                                   const struct form_fact *known,
                                   struct form_at at,
                                   const json_t *value,
                                   const struct about *about,
                                   struct form_facts *list)
{
    struct sa_fact f = {
        .name = known->full,
        .as_of = r->day,
        .source = BUS_STRV("declared"),
        .has_member = about->member != NULL,
    };
    if (about->member != NULL) {
        f.member = *about->member;
    }
    if (json_is_object(value)) {
        value = read_dated(r, at, value, &f);
        if (value == NULL) {
            return;
        }
    }
    if (!intake_form_value(known->fact, value, r->today, &f)) {
        char zh[BUS_BOUNDS_SAYS], en[BUS_BOUNDS_SAYS];
        const struct bus_bounds *b = &known->fact->bounds;
        intake_form_fault(
            r, at,
            f.value.branch == SA_FACT_VALUE_INT ? "DATE_RANGE" : "FACT_VALUE",
            intake_form_text(r, "应为%s", bus_bounds_says(b, true, zh)),
            intake_form_text(r, "must be %s", bus_bounds_says(b, false, en)));
        return;
    }
    if ((about->number && !fits_number(r, about, at, &f)) ||
        !fits_relation(r, about, at, &f)) {
        return;
    }
    if (about->birth != INT32_MIN && f.as_of < about->birth) {
        intake_form_fault(r, at, "DATE_RANGE", "应为不早于出生日期的日期",
                          "must not be before the person's birth");
        return;
    }
    if (list->n < list->cap) {
        list->v[list->n++] = f;
    }
}

static void unknown_fact(struct form_reading *r, int scope, struct form_at at)
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

static void form_members_read_facts(struct form_reading *r,
                                    const json_t *map,
                                    const char *base,
                                    const struct about *about,
                                    struct form_facts *list)
{
    if (map == NULL) {
        return;
    }
    int scope = about->member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        const struct form_fact *known =
            bus_map_get(&r->rules->index->facts[scope], bus_strv(key));
        struct form_at at = {base, key};
        if (known != NULL && known->fact->derived == NULL &&
            !known->fact->pii) {
            form_members_read_fact(r, known, at, value, about, list);
        } else {
            unknown_fact(r, scope, at);
        }
    }
}

void intake_form_declared(struct form_reading *r,
                          const json_t *map,
                          const char *base,
                          const struct bus_id *member,
                          struct form_facts *list)
{
    const struct about about = {.member = member, .birth = INT32_MIN};
    form_members_read_facts(r, map, base, &about, list);
}

/* The first day that the dictionary lets anybody be born on. */
static int32_t form_members_first_birth(const struct form_reading *r)
{
    const struct form_fact *f = bus_map_get(
        &r->rules->index->facts[BUS_FACT_MEMBER], BUS_STRV("birth_date"));
    return f != NULL ? (int32_t)f->fact->bounds.min : INT32_MIN;
}

/* A fact that something else of the form says. */
static struct sa_fact *list_put(struct form_reading *r,
                                const struct about *about,
                                struct form_facts *list,
                                struct bus_strv name)
{
    BUS_CHECK(list->n < list->cap && about->member != NULL);
    list->v[list->n] = (struct sa_fact){
        .name = name,
        .has_member = true,
        .member = *about->member,
        .as_of = r->day,
        .source = BUS_STRV("declared"),
    };
    return &list->v[list->n++];
}

/* Unless the facts say it themselves, as a word. */
static void put_said(struct form_reading *r,
                     const struct about *about,
                     const json_t *facts,
                     struct bus_strv name,
                     const char *word,
                     struct form_facts *list)
{
    const char *key = strchr(name.p, '.') + 1;
    if (word != NULL && json_object_get(facts, key) == NULL) {
        struct sa_fact *f = list_put(r, about, list, name);
        f->value.branch = SA_FACT_VALUE_STRING;
        f->value.u.string_value = bus_strv(word);
    }
}

static void read_idno(struct form_reading *r,
                      const char *base,
                      struct bus_strv id_no,
                      struct about *about,
                      struct form_facts *list)
{
    static const struct
    {
        const char *code, *zh, *en;
    } texts[] = {
        [BUS_IDNO_LENGTH] = {"ID_LENGTH", "身份证号应为18位",
                             "an identity number has 18 characters"},
        [BUS_IDNO_DIGITS] = {"ID_DIGITS", "身份证号只含数字, 末位可为大写X",
                             "digits only; the last may be an upper-case X"},
        [BUS_IDNO_DATE] = {"ID_DATE", "身份证号第7至14位不是日期",
                           "digits 7 to 14 are no date"},
        [BUS_IDNO_CHECK] = {"ID_CHECK_DIGIT", "身份证号校验位不符, 请核对",
                            "the check digit does not fit; look again"},
    };
    int32_t birth = 0;
    struct form_at at = {base, "id_no"};
    enum bus_idno wrong = bus_idno_check(id_no, &birth);
    if (wrong != BUS_IDNO_WELL) {
        intake_form_fault(r, at, texts[wrong].code, texts[wrong].zh,
                          texts[wrong].en);
        return;
    }
    if (birth > r->today || birth < form_members_first_birth(r)) {
        intake_form_fault(r, at, "ID_DATE", "出生日期在今天之后, 或过早",
                          "born after today, or too long ago");
        return;
    }
    about->number = true;
    about->birth = birth;
    /* GB 11643: the 17th digit is odd for men. */
    about->sex = (id_no.p[16] - '0') % 2 ? "male" : "female";
    struct sa_fact *f = list_put(r, about, list, BUS_STRV("member.birth_date"));
    f->value.branch = SA_FACT_VALUE_INT;
    f->value.u.int_value = birth;
}

static struct bus_id numberless(struct form_reading *r, size_t i)
{
    return bus_wire_numberless_id(&r->form->application.application_id,
                                  (uint8_t)i);
}

static struct bus_strv type_of(const struct form_person *p)
{
    return p->id_type.n > 0 ? p->id_type : BUS_STRV(ID_RESIDENT);
}

static void form_check_person(struct form_reading *r,
                              const struct form_person *p,
                              const char *base,
                              size_t i,
                              struct about *about,
                              struct form_facts *list)
{
    struct sa_member *m = &r->form->application.members.v[i];
    struct bus_strv type = type_of(p), id_no = p->id_no;
    m->person_id = id_no.n > 0
                       ? bus_wire_person_id(r->rules->person_key, type, id_no)
                       : numberless(r, i);
    if (id_no.n > 0 && bus_strv_is(type, ID_RESIDENT)) {
        read_idno(r, base, id_no, about, list);
    }
    if (id_no.n > 0) {
        r->form->application.homes.v[i] =
            bus_wire_household_id(r->rules->person_key, &m->person_id);
    }
    for (size_t k = 0; k < i; k++) {
        if (bus_id_eq(&r->form->application.members.v[k].person_id,
                      &m->person_id)) {
            intake_form_fault(r, (struct form_at){base, "id_no"},
                              "MEMBER_TWICE", "同一人在家庭成员中出现两次",
                              "this person is in the household twice");
        }
    }
}

/* Where it is to be paid; a bank's own form of a number is digits alone. */
static void
check_payee(struct form_reading *r, struct form_person *p, const char *base)
{
    char code[4 * FORM_TEXT_MAX + 1];
    const struct bus_conf_partner *bank = bus_conf_partner(
        r->rules->config, bus_strv_copy(code, sizeof(code), p->bank_code));
    if (p->bank_code.n > 0 &&
        (bank == NULL || bank->kind != BUS_PARTNER_BANK)) {
        intake_form_fault(r, (struct form_at){base, "bank_code"}, "BANK",
                          "不是本县发放银行的代码",
                          "is no bank of this county's bus");
    }
    if (p->account.n > 0) {
        p->account = intake_form_digits(r->mem, p->account);
        if (p->account.n < FORM_ACCOUNT_MIN ||
            p->account.n > FORM_ACCOUNT_MAX) {
            intake_form_fault(r, (struct form_at){base, "account"},
                              "ACCOUNT_LENGTH", "账号应为8至32位数字",
                              "an account has 8 to 32 digits");
        }
    }
    if (p->phone.n > 0) {
        p->phone = intake_form_phone(r->mem, p->phone);
        if (p->phone.n < FORM_PHONE_MIN || p->phone.n > FORM_PHONE_MAX) {
            intake_form_fault(r, (struct form_at){base, "phone"},
                              "PHONE_LENGTH", "电话号码应为5至20位数字",
                              "a telephone number has 5 to 20 digits");
        }
    }
}

/* As it is declared, where no number says it; INT32_MIN: it is not. */
static int32_t form_members_birth(const json_t *facts)
{
    const json_t *j = json_object_get(facts, "birth_date");
    j = json_is_object(j) ? json_object_get(j, "value") : j;
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    int32_t day = 0;
    return json_is_string(j) && intake_form_day(s, &day) ? day : INT32_MIN;
}

/* A letter or digit of full width, U+FF01 to U+FF5E. */
static bool is_wide(struct bus_strv s)
{
    for (size_t i = 0; i + 2 < s.n; i++) {
        if (memcmp(s.p + i, "\xef\xbc", 2) == 0 ||
            (memcmp(s.p + i, "\xef\xbd", 2) == 0 &&
             (unsigned char)s.p[i + 2] <= 0x9e)) {
            return true;
        }
    }
    return false;
}

/* However it was written, a document is one. */
static void
check_document(struct form_reading *r, struct form_person *p, const char *base)
{
    char *to = bus_arena_alloc(r->mem, p->id_no.n + 1);
    struct bus_strv number = to != NULL ? bus_wire_document_number(p->id_no, to)
                                        : (struct bus_strv){0};
    if ((p->id_no.n > 0 && number.n == 0) || is_wide(number)) {
        intake_form_fault(r, (struct form_at){base, "id_no"}, "ID_NUMBER",
                          "证件号码须含字母或数字, 用半角书写",
                          "a document's number has letters or digits, and none "
                          "of full width");
        number.n = 0;
    }
    p->id_no = number;
}

static void
check_member(struct form_reading *r, size_t i, struct form_facts *list)
{
    struct form_person *p = &r->record.members.v[i];
    struct sa_member *m = &r->form->application.members.v[i];
    const char *base = intake_form_text(r, "/members/%zu", i);
    check_document(r, p, base);
    struct about about = {.member = &m->person_id,
                          .birth = form_members_birth(p->facts)};
    form_check_person(r, p, base, i, &about, list);
    m->relation = p->relation;
    m->head = p->head;
    about.relation = intake_relation_word(p->relation);
    put_said(r, &about, p->facts, BUS_STRV("member.sex"), about.sex, list);
    put_said(r, &about, p->facts, BUS_STRV("member.relation"), about.relation,
             list);
    check_payee(r, p, base);
    form_members_read_facts(r, p->facts, intake_form_text(r, "%s/facts", base),
                            &about, list);
}

/* By what he asks for his own case, later and from elsewhere. */
static void put_lookup(struct form_reading *r, struct bus_strv id_no)
{
    struct sa_application *a = &r->form->application;
    if (id_no.n >= FORM_LOOKUP) {
        a->has_lookup = true;
        a->lookup = bus_wire_lookup_id(
            r->rules->person_key, &a->application_id,
            (struct bus_strv){id_no.p + id_no.n - FORM_LOOKUP, FORM_LOOKUP});
    }
}

static void put_personal(struct form_reading *r, size_t i)
{
    const struct form_person *p = &r->record.members.v[i];
    put_lookup(r, p->id_no);
    struct sa_personal *to = &r->form->personal;
    *to = (struct sa_personal){
        .id_type = type_of(p),
        .id_no = p->id_no,
        .name = p->name,
        .phone = p->phone,
        .address = p->address,
        .bank_code = p->bank_code,
        .account = p->account,
        .account_holder = p->account_holder,
        .has_phone = p->phone.n > 0,
        .has_address = p->address.n > 0,
        .has_bank_code = p->bank_code.n > 0,
        .has_account = p->account.n > 0,
        .has_account_holder = p->account_holder.n > 0,
    };
    r->form->has_personal = true;
    struct form_at at = {intake_form_text(r, "/members/%zu", i), "name"};
    if (p->name.n == 0 && !intake_form_has_fault(r, at)) {
        intake_form_fault(r, at, "MISSING", "缺少此项: 申请人的姓名",
                          "this is needed: the applicant's name");
    }
}

static void check_household(struct form_reading *r)
{
    struct sa_application *a = &r->form->application;
    size_t head = 0, heads = 0, applicant = 0, applicants = 0;
    for (size_t i = 0; i < a->members.n; i++) {
        if (a->members.v[i].head) {
            heads++;
            head = i;
        }
        if (r->record.members.v[i].applicant) {
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
    put_personal(r, applicant);
}

/* Three facts more a member: birth date and sex of the number, the relation of
 * its code. */
static size_t facts_of(const struct form_record *in)
{
    size_t n = json_object_size(in->facts);
    for (size_t i = 0; i < in->members.n; i++) {
        n += 3 + json_object_size(in->members.v[i].facts);
    }
    return n;
}

int intake_form_members(struct form_reading *r)
{
    struct sa_application *a = &r->form->application;
    size_t n = r->record.members.n;
    struct form_facts list = {.cap = facts_of(&r->record)};
    list.v = bus_arena_alloc(r->mem, (list.cap + 1) * sizeof(*list.v));
    a->members.v = bus_arena_calloc(r->mem, n + 1, sizeof(*a->members.v));
    a->homes.v = bus_arena_calloc(r->mem, n + 1, sizeof(*a->homes.v));
    a->homes.n = n;
    if (list.v == NULL || a->members.v == NULL || a->homes.v == NULL) {
        return bus_fail(r->err, BUS_ETOOBIG, "the application is too large");
    }
    a->members.n = n;
    for (size_t i = 0; i < n; i++) {
        check_member(r, i, &list);
    }
    if (n > 0) {
        check_household(r);
    }
    const struct about household = {.birth = INT32_MIN};
    form_members_read_facts(r, r->record.facts, "/facts", &household, &list);
    a->facts.v = list.v;
    a->facts.n = list.n;
    return BUS_OK;
}
