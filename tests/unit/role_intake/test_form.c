/* Every check of an application: one thing is changed in a well one, and the
 * fault must stand at its place. The ids are those of the documents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/idno.h"
#include "bus/wire/crypt.h"
#include "producers/intake/form.h"
#include "tests/lib/check.h"

#define NOW_MS (INT64_C(1789000000) * 1000) /* 2026-09-10 in China */

static struct bus_config config;
static struct form_index names;
static struct bus_arena mem;
static const struct bus_operator *helper, *left; /* left: has an end */

static int opened(void **state)
{
    (void)state;
    char folder[512];
    struct bus_err err;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&mem, 0, 0);
    if (bus_conf_open(&config, folder, NULL, &err) != BUS_OK ||
        intake_form_index_init(&names, &config, &err) != BUS_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    int32_t day = bus_china_day(NOW_MS);
    for (size_t i = 0; i < config.operators_count; i++) {
        const struct bus_operator *o = &config.operators[i];
        if (strcmp(o->role, "assistant") != 0 ||
            bus_conf_village(&config, bus_strv(o->org)) == NULL) {
            continue;
        }
        helper = helper == NULL && o->to_day == INT32_MAX ? o : helper;
        left = left == NULL && o->to_day < day - 400 ? o : left;
    }
    return helper != NULL && left != NULL ? 0 : -1;
}

static int closed(void **state)
{
    (void)state;
    intake_form_index_fini(&names);
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return 0;
}

static json_t *well(void)
{
    char id[19] = "00000019800101003";
    id[17] = bus_idno_check_digit(id);
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:{s:s}, s:{s:s, s:s, s:s}, s:{s:s, s:s},"
        " s:{s:s, s:i}, s:[s],"
        " s:[{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:{s:s, s:b}},"
        "    {s:s, s:s}]}",
        "channel", "TELEPHONE", "channel_reference", "T-1", "division_code",
        helper->org, "consent", 1, "evidence", "call_reference", "C-1",
        "operator", "operator_id", helper->id, "org_code", helper->org, "role",
        helper->role, "helper", "operator_id", helper->id, "org_code",
        helper->org, "facts", "area", "rural", "income_total_fen", 100,
        "requested_items", "MZ01", "members", "id_no", id, "name", "甲",
        "relation", "0", "head", 1, "phone", "00000000001", "bank_code",
        "nongshang", "account", "0000000000000001", "facts", "sex", "male",
        "serious_illness", 1, "name", "乙", "relation", "1");
}

static struct form *read_form(json_t *j)
{
    struct form *f = bus_arena_alloc(&mem, sizeof(*f));
    struct form_rules rules = {.config = &config,
                               .index = &names,
                               .person_key = BUS_STRV("a key of tests"),
                               .now_ms = NOW_MS};
    struct bus_err err;
    assert_int_equal(intake_form_read(&rules, j, &mem, f, &err), BUS_OK);
    return f;
}

/* The word of a member's fact; NULL: it is not there. */
static const char *
word_of(const struct form *f, size_t member, const char *name)
{
    const struct sa_application *a = &f->application;
    for (size_t i = 0; i < a->facts.n; i++) {
        const struct sa_fact *x = &a->facts.v[i];
        if (bus_strv_is(x->name, name) && x->has_member &&
            bus_id_eq(&x->member, &a->members.v[member].person_id)) {
            assert_int_equal(x->value.branch, SA_FACT_VALUE_STRING);
            return bus_arena_strndup(&mem, x->value.u.string_value.p,
                                     x->value.u.string_value.n);
        }
    }
    return NULL;
}

/* Puts the JSON text at a pointer; "" takes the value away. */
static void put(json_t *at, const char *pointer, const char *text)
{
    char key[64];
    for (;;) {
        size_t n = strcspn(++pointer, "/");
        memcpy(key, pointer, n);
        key[n] = '\0';
        pointer += n;
        if (*pointer == '\0') {
            break;
        }
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key))
                               : json_object_get(at, key);
        assert_non_null(at);
    }
    json_t *v = text[0] == '\0'
                    ? NULL
                    : json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_true(text[0] == '\0' || v != NULL);
    if (json_is_array(at)) {
        assert_int_equal(json_array_set_new(at, (size_t)atoi(key), v), 0);
    } else if (v == NULL) {
        assert_int_equal(json_object_del(at, key), 0);
    } else {
        assert_int_equal(json_object_set_new(at, key, v), 0);
    }
}

static const struct
{
    const char *at, *text; /* what is changed */
    const char *pointer, *code;
} faults[] = {
    {"/channel", "", "/channel", "MISSING"},
    {"/channel", "\"FAX\"", "/channel", "CHANNEL"},
    {"/channel", "7", "/channel", "CHANNEL"},
    {"/channel_reference", "null", "/channel_reference", "MISSING"},
    {"/evidence/read_back", "\"x\"", "/evidence/read_back", "EVIDENCE_OTHER"},
    {"/chanel", "\"WEB\"", "/chanel", "FIELD_UNKNOWN"},
    {"/channel_reference", "\"\"", "/channel_reference", "TEXT"},
    {"/channel_reference", "\"a\\u0007\"", "/channel_reference", "TEXT"},
    {"/evidence", "", "/evidence/call_reference", "EVIDENCE"},
    {"/evidence/call_reference", "\"\"", "/evidence/call_reference",
     "EVIDENCE"},
    {"/evidence", "[]", "/evidence", "OBJECT"},
    {"/evidence/tape", "1", "/evidence/tape", "FIELD_UNKNOWN"},
    {"/channel", "\"SPOKEN\"", "/evidence/read_back", "EVIDENCE"},
    {"/applied_on", "\"2026-02-30\"", "/applied_on", "DATE"},
    {"/applied_on", "\"2026-09-11\"", "/applied_on", "DATE_RANGE"},
    {"/applied_on", "\"2025-09-08\"", "/applied_on", "DATE_RANGE"},
    {"/division_code", "\"371425999999\"", "/division_code", "DIVISION"},
    {"/division_code", "\"371425001002\"", "/operator/operator_id",
     "OPERATOR_MAY_NOT"},
    {"/division_code", "\"371425101201\"", "/operator/operator_id",
     "OPERATOR_MAY_NOT"},
    {"/helped_by", "[]", "/helped_by", "HELPED_BY"},
    {"/helped_by", "{\"name\": \"甲\", \"relation\": \"邻居\"}",
     "/helped_by/phone", "MISSING"},
    {"/helped_by",
     "{\"name\": \"甲\", \"relation\": \"邻居\", \"phone\": \"1 - - 2\"}",
     "/helped_by/phone", "PHONE_LENGTH"},
    {"/helped_by",
     "{\"name\": \" \", \"relation\": \"邻居\", \"phone\": "
     "\"00000000001\"}",
     "/helped_by/name", "TEXT"},
    {"/operator", "null", "/operator", "OPERATOR_MISSING"},
    {"/operator", "\"op\"", "/operator", "ACTOR"},
    {"/operator/operator_id", "\"op-999999\"", "/operator/operator_id",
     "OPERATOR"},
    {"/operator/org_code", "\"YB\"", "/operator/operator_id", "OPERATOR"},
    {"/operator/role", "\"director\"", "/operator/operator_id", "OPERATOR"},
    {"/helper/operator_id", "\"op-999999\"", "/helper/operator_id", "OPERATOR"},
    {"/helper/org_code", "", "/helper/org_code", "MISSING"},
    {"/helper/nmae", "1", "/helper/nmae", "FIELD_UNKNOWN"},
    {"/consent", "", "/consent", "CONSENT"},
    {"/consent", "1", "/consent", "CONSENT"},
    {"/requested_items", "{}", "/requested_items", "ITEMS"},
    {"/requested_items/0", "\"MZ99\"", "/requested_items/0", "ITEM_UNKNOWN"},
    {"/requested_items/0", "1", "/requested_items/0", "ITEM_UNKNOWN"},
    {"/members", "[]", "/members", "MEMBERS"},
    {"/members/1", "3", "/members/1", "MEMBER"},
    {"/members/1/head", "true", "/members", "HEAD"},
    {"/members/0/head", "false", "/members", "HEAD"},
    {"/members/0/head", "\"yes\"", "/members/0/head", "BOOLEAN"},
    {"/members/0/relation", "\"self\"", "/members/0/relation", "RELATION"},
    {"/members/1/relation", "", "/members/1/relation", "MISSING"},
    {"/members/0/name", "", "/members/0/name", "MISSING"},
    {"/members/0/id_type", "\"11\"", "/members/0/id_type", "ID_TYPE"},
    {"/members/0/id_no", "\"0000\"", "/members/0/id_no", "ID_LENGTH"},
    {"/members/0/id_no", "\"00000019800101X03X\"", "/members/0/id_no",
     "ID_DIGITS"},
    {"/members/0/id_no", "\" - \"", "/members/0/id_no", "ID_NUMBER"},
    {"/members/0/id_no", "\"00000019800101００３7\"", "/members/0/id_no",
     "ID_NUMBER"},
    {"/members/0/name", "\" \\u3000 \"", "/members/0/name", "TEXT"},
    {"/members/0/name", "\"甲\\u200b\"", "/members/0/name", "TEXT"},
    {"/members/0/name", "\"甲\\u202e乙\"", "/members/0/name", "TEXT"},
    {"/members/0/name", "\"甲\\u0085\"", "/members/0/name", "TEXT"},
    {"/evidence/call_reference", "\"  \"", "/evidence/call_reference", "TEXT"},
    {"/members/0/id_no", "\"000000198013010037\"", "/members/0/id_no",
     "ID_DATE"},
    {"/members/0/id_no", "\"000000198001010031\"", "/members/0/id_no",
     "ID_CHECK_DIGIT"},
    {"/members/0/bank_code", "\"MZ\"", "/members/0/bank_code", "BANK"},
    {"/members/0/idno", "\"1\"", "/members/0/idno", "FIELD_UNKNOWN"},
    {"/members/0/facts/sex", "\"woman\"", "/members/0/facts/sex", "FACT_VALUE"},
    {"/members/0/facts/sx", "\"female\"", "/members/0/facts/sx",
     "FACT_UNKNOWN"},
    {"/members/0/facts/area", "\"rural\"", "/members/0/facts/area",
     "FACT_UNKNOWN"},
    {"/facts/member_count", "2", "/facts/member_count", "FACT_UNKNOWN"},
    {"/facts/phone", "\"1\"", "/facts/phone", "FACT_UNKNOWN"},
    {"/facts/income_total_fen", "1.5", "/facts/income_total_fen", "FACT_VALUE"},
    {"/facts/area", "{\"value\": \"rural\", \"as_of\": \"2026-09-11\"}",
     "/facts/area/as_of", "DATE_RANGE"},
    {"/facts/area", "{\"value\": \"rural\", \"as_of\": \"\"}",
     "/facts/area/as_of", "DATE"},
    {"/facts/area", "{\"as_of\": \"2026-09-10\"}", "/facts/area/value",
     "MISSING"},
    /* The bounds of the dictionary: each end, and what a number says. */
    {"/facts/income_total_fen", "-1", "/facts/income_total_fen", "FACT_VALUE"},
    {"/facts/income_total_fen", "9223372036854775807",
     "/facts/income_total_fen", "FACT_VALUE"},
    {"/facts/income_total_fen", "-9223372036854775808",
     "/facts/income_total_fen", "FACT_VALUE"},
    {"/facts/deposit_fen", "-1", "/facts/deposit_fen", "FACT_VALUE"},
    {"/facts/vehicle_count", "101", "/facts/vehicle_count", "FACT_VALUE"},
    {"/facts/house_grade", "\"E\"", "/facts/house_grade", "FACT_VALUE"},
    {"/members/0/facts/disability_grade", "9",
     "/members/0/facts/disability_grade", "FACT_VALUE"},
    {"/members/1/facts", "{\"birth_date\": \"1850-01-01\"}",
     "/members/1/facts/birth_date", "DATE_RANGE"},
    {"/members/1/facts", "{\"birth_date\": \"2030-01-01\"}",
     "/members/1/facts/birth_date", "DATE_RANGE"},
    {"/members/0/facts/birth_date", "\"1980-01-02\"",
     "/members/0/facts/birth_date", "BIRTH_DIFFERS"},
    {"/members/0/facts/sex", "\"female\"", "/members/0/facts/sex",
     "SEX_DIFFERS"},
    {"/members/1/facts", "{\"relation\": \"sibling\"}",
     "/members/1/facts/relation", "RELATION_DIFFERS"},
    {"/members/0/id_no", "\"000000185001010037\"", "/members/0/id_no",
     "ID_DATE"},
    {"/facts/area", "{\"value\": \"rural\", \"as_of\": \"0026-07-01\"}",
     "/facts/area/as_of", "DATE_RANGE"},
    {"/members/0/facts/serious_illness",
     "{\"value\": true, \"as_of\": \"1979-12-31\"}",
     "/members/0/facts/serious_illness", "DATE_RANGE"},
    {"/members/1/facts",
     "{\"birth_date\": \"2020-01-01\", "
     "\"stage\": {\"value\": \"none\", \"as_of\": \"2019-12-31\"}}",
     "/members/1/facts/stage", "DATE_RANGE"},
    {"/members/0/facts/shoe_size", "1", "/members/0/facts/shoe_size",
     "FACT_UNKNOWN"},
    {"/members/0/phone", "\"1.3E+10\"", "/members/0/phone", "PHONE"},
    {"/members/0/phone", "\"1 - - 2\"", "/members/0/phone", "PHONE_LENGTH"},
    {"/members/0/phone", "\"138+0000000\"", "/members/0/phone", "PHONE_LENGTH"},
    {"/members/0/account", "\"6.2E+18\"", "/members/0/account", "ACCOUNT"},
    {"/members/0/account", "\"0\"", "/members/0/account", "ACCOUNT"},
    {"/members/0/account", "\"62      1\"", "/members/0/account",
     "ACCOUNT_LENGTH"},
    {"/members/1/bank_code", "{}", "/members/1/bank_code", "TEXT"},
    {"/members/1/phone", "7", "/members/1/phone", "PHONE"},
    {"/members/1/name", "\"\"", "/members/1/name", "TEXT"},
    {"/applied_on", "\"0000-01-01\"", "/applied_on", "DATE"},
    {"/facts/area", "{\"vaule\": \"rural\"}", "/facts/area/vaule",
     "FIELD_UNKNOWN"},
    {"/facts", "[]", "/facts", "FACTS"},
};

static void each_fault(void **state)
{
    (void)state;
    json_t *j = well();
    struct form *f = read_form(j);
    for (size_t i = 0; i < f->fault_count; i++) {
        print_error("%s %s\n", f->faults[i].pointer, f->faults[i].code);
    }
    assert_int_equal(f->fault_count, 0);
    json_decref(j);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        j = well();
        put(j, faults[i].at, faults[i].text);
        f = read_form(j);
        bool found = false;
        for (size_t k = 0; k < f->fault_count; k++) {
            found |= strcmp(f->faults[k].pointer, faults[i].pointer) == 0 &&
                     strcmp(f->faults[k].code, faults[i].code) == 0;
            assert_true(f->faults[k].zh[0] != '\0' &&
                        f->faults[k].en[0] != '\0');
        }
        if (!found) {
            fail_msg("%s = %s: no %s at %s (%zu faults, first %s %s)",
                     faults[i].at, faults[i].text, faults[i].code,
                     faults[i].pointer, f->fault_count,
                     f->fault_count ? f->faults[0].pointer : "",
                     f->fault_count ? f->faults[0].code : "");
        }
        json_decref(j);
        bus_arena_reset(&mem);
    }
}

/* All at once, and no text repeats what was sent. */
static void all_at_once(void **state)
{
    (void)state;
    json_t *j = well();
    put(j, "/division_code", "\"Secret-1\"");
    put(j, "/operator/operator_id", "\"Secret-2\"");
    put(j, "/members/0/id_no", "\"Secret-3\"");
    put(j, "/members/0/facts/sex", "\"Secret-4\"");
    put(j, "/facts/area", "\"Secret-5\"");
    put(j, "/channel", "\"Secret-6\"");
    struct form *f = read_form(j);
    assert_int_equal(f->fault_count, 6);
    for (size_t i = 0; i < f->fault_count; i++) {
        assert_null(strstr(f->faults[i].zh, "Secret"));
        assert_null(strstr(f->faults[i].en, "Secret"));
        assert_null(strstr(f->faults[i].pointer, "Secret"));
    }
    json_decref(j);
}

/* An operator counts on the day of the application, not of the typing. */
static void role_at_that_date(void **state)
{
    (void)state;
    json_t *j = well();
    char name[64];
    (void)snprintf(name, sizeof(name), "\"%s\"", left->id);
    put(j, "/operator/operator_id", name);
    (void)snprintf(name, sizeof(name), "\"%s\"", left->org);
    put(j, "/operator/org_code", name);
    put(j, "/division_code", name);
    put(j, "/operator/role", "");
    struct form *f = read_form(j);
    assert_int_equal(f->fault_count, 1);
    assert_string_equal(f->faults[0].pointer, "/operator/operator_id");
    struct bus_operator *o = (struct bus_operator *)(uintptr_t)left;
    struct bus_register_operator *in_register =
        (struct bus_register_operator *)(uintptr_t)bus_registers_operator(
            names.registers, bus_strv(left->id), left->to_day);
    int32_t was = o->to_day;
    assert_non_null(in_register);
    o->to_day = in_register->to_day = bus_china_day(NOW_MS) - 30;
    put(j, "/applied_on", "\"2026-08-11\"");
    f = read_form(j);
    assert_int_equal(f->fault_count, 0);
    assert_int_equal(bus_china_day(f->application.occurred_at), o->to_day);
    put(j, "/applied_on", "\"2026-08-12\"");
    assert_int_equal(read_form(j)->fault_count, 1);
    o->to_day = in_register->to_day = was;
    json_decref(j);
}

static void ids(void **state)
{
    (void)state;
    json_t *j = well();
    struct sa_application a = read_form(j)->application;
    struct sa_application again = read_form(j)->application;
    const char *no = json_string_value(json_object_get(
        json_array_get(json_object_get(j, "members"), 0), "id_no"));
    struct bus_id person = bus_wire_person_id(BUS_STRV("a key of tests"),
                                              BUS_STRV("111"), bus_strv(no));
    assert_true(bus_id_eq(&a.members.v[0].person_id, &person));
    assert_true(bus_id_eq(&a.applicant_id, &person));
    /* Also who has no number is the same person when it is sent again. */
    assert_true(
        bus_id_eq(&a.members.v[1].person_id, &again.members.v[1].person_id));
    assert_true(bus_id_eq(&a.event_id, &again.event_id));
    assert_true(bus_id_eq(&a.household_id, &again.household_id));
    assert_true(a.has_helper && a.has_operator);
    put(j, "/members/0/applicant", "false");
    put(j, "/members/1/applicant", "true");
    struct form *f = read_form(j);
    assert_int_equal(f->fault_count, 0);
    assert_true(bus_id_eq(&f->application.applicant_id,
                          &f->application.members.v[1].person_id));
    assert_true(bus_strv_is(f->personal.name, "乙"));
    put(j, "/channel_reference", "\"T-2\"");
    again = read_form(j)->application;
    assert_false(bus_id_eq(&a.application_id, &again.application_id));
    assert_false(
        bus_id_eq(&a.members.v[1].person_id, &again.members.v[1].person_id));
    assert_true(bus_id_eq(&a.household_id, &again.household_id));
    json_decref(j);
}

/* The clock steps back a day and an hour: the same ids; only the instant and
 * the day of the declared facts are the clock's. */
/* One document is one person and one household, whatever way it was written. */
/* What the number and the code of the relation say is not asked for again. */
static void said_by_number_and_code(void **state)
{
    static const struct
    {
        const char *code, *word;
    } codes[] = {
        {"\"1\"", "spouse"},    {"\"2\"", "son"},    {"\"29\"", "son"},
        {"\"30\"", "daughter"}, {"\"38\"", "other"}, {"\"41\"", "grandchild"},
        {"\"51\"", "parent"},   {"\"55\"", "other"}, {"\"61\"", "grandparent"},
        {"\"71\"", "sibling"},  {"\"74\"", "other"}, {"\"97\"", "other"}};
    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        json_t *j = well();
        put(j, "/members/1/relation", codes[i].code);
        put(j, "/members/0/facts/sex", "");
        struct form *f = read_form(j);
        assert_int_equal(f->fault_count, 0);
        assert_string_equal(word_of(f, 0, "member.relation"), "self");
        assert_string_equal(word_of(f, 0, "member.sex"), "male");
        assert_string_equal(word_of(f, 1, "member.relation"), codes[i].word);
        assert_null(word_of(f, 1, "member.sex")); /* no number */
        json_decref(j);
    }
}

static void documents_are_one(void **state)
{
    static const char *const ways[] = {"E12345678", "e12345678", " E1234 5678",
                                       "E1234-5678", "E12345678\xe3\x80\x80"};
    struct bus_id home = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        json_t *j = well();
        json_t *m = json_array_get(json_object_get(j, "members"), 0);
        assert_int_equal(json_object_set_new(m, "id_type", json_string("414")),
                         0);
        assert_int_equal(json_object_set_new(m, "id_no", json_string(ways[i])),
                         0);
        struct form *f = read_form(j);
        assert_int_equal(f->fault_count, 0);
        assert_true(bus_strv_is(f->personal.id_no, "E12345678"));
        if (i == 0) {
            home = f->application.household_id;
        }
        assert_true(bus_id_eq(&home, &f->application.household_id));
        json_decref(j);
    }
}

static void clock_steps_back(void **state)
{
    (void)state;
    json_t *j = well();
    struct form_rules rules = {.config = &config,
                               .index = &names,
                               .person_key = BUS_STRV("a key of tests"),
                               .now_ms = NOW_MS};
    struct form *now = bus_arena_alloc(&mem, sizeof(*now));
    struct form *back = bus_arena_alloc(&mem, sizeof(*back));
    struct bus_err err;
    assert_int_equal(intake_form_read(&rules, j, &mem, now, &err), BUS_OK);
    rules.now_ms -= INT64_C(25) * 3600 * 1000;
    assert_int_equal(intake_form_read(&rules, j, &mem, back, &err), BUS_OK);
    const struct sa_application *a = &now->application, *b = &back->application;
    assert_true(bus_id_eq(&a->event_id, &b->event_id));
    assert_true(bus_id_eq(&a->application_id, &b->application_id));
    assert_true(bus_id_eq(&a->household_id, &b->household_id));
    assert_true(
        bus_id_eq(&a->members.v[1].person_id, &b->members.v[1].person_id));
    assert_true(b->occurred_at < a->occurred_at);
    /* Fresh ids grow all the same. */
    struct bus_id last = bus_id_fresh(NOW_MS);
    for (int i = 0; i < 5000; i++) {
        struct bus_id next = bus_id_fresh(NOW_MS - i * 1000);
        assert_true(bus_id_cmp(&last, &next) < 0);
        last = next;
    }
    json_decref(j);
}

/* Every truncation of a well application is a clean fault. */
static void every_truncation(void **state)
{
    (void)state;
    json_t *j = well();
    char *text = json_dumps(j, JSON_INDENT(1) | JSON_ENSURE_ASCII * 0);
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++) {
        struct form_syntax w = {0};
        json_t *part = intake_form_parse((struct bus_strv){text, cut}, &w);
        assert_null(part);
        assert_true(w.line > 0 && w.column > 0 && w.code != NULL);
    }
    free(text);
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(role_at_that_date),
        cmocka_unit_test(ids),
        cmocka_unit_test(said_by_number_and_code),
        cmocka_unit_test(documents_are_one),
        cmocka_unit_test(clock_steps_back),
        cmocka_unit_test(every_truncation),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
