/* A station's list: columns in two languages, values as people write them,
 * households of several rows, and the place of every fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producers/intake/csv_import.h"
#include "tests/lib/check.h"

#define HEADER \
    "流水号,村居代码,受理人编号,受理机构,授权核对,姓名,证件号码,与户主关系"
#define FRONT "S1,371425001001,op-1,371425001001,是,"

static struct bus_config config;
static struct form_index names;
static struct bus_arena mem;
static struct csv_import sheet;
static struct csv_import_faults faults;
static struct bus_err err;

static int opened(void **state)
{
    (void)state;
    char folder[512];
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&mem, 0, 0);
    return bus_conf_open(&config, folder, NULL, &err) == BUS_OK &&
                   intake_form_index_init(&names, &config, &err) == BUS_OK
               ? 0
               : -1;
}

static int closed(void **state)
{
    (void)state;
    intake_form_index_fini(&names);
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return 0;
}

static void open_text(const char *text)
{
    int rc = intake_csv_import_open(&sheet, bus_strv(text), &config, &names,
                                    &faults, &err);
    if (rc != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static struct csv_import_unit *next(void)
{
    struct csv_import_unit *u = bus_arena_calloc(&mem, 1, sizeof(*u));
    return intake_csv_import_next(&sheet, &mem, u, &err) == BUS_OK ? u : NULL;
}

static void expect_json(const struct csv_import_unit *u, const char *want)
{
    json_t *w = json_loads(want, 0, NULL);
    assert_non_null(w);
    if (!json_equal(u->json, w)) {
        fail_msg("%s", json_dumps(u->json, JSON_COMPACT));
    }
    json_decref(w);
    json_decref(u->json);
}

static void households(void **state)
{
    (void)state;
    open_text(HEADER
              ",城乡类别,家庭年收入(元),性别,member.status,申请事项,"
              "申请日期\r\n" FRONT
              "甲,00000019800101003x,户主,农村,\"12,345.6\",女,,MZ01、MZ07,"
              "2026年7月1日\n"
              ",,,,,\"乙\"\"丙\"\"\",,配偶,,,男,,,\n"
              ",,,,,,,,,,,,,\n"
              "S2,371425001001,op-1,371425001001,no,丁,,self,rural,0,female,,,"
              "20260702\n");
    assert_int_equal(faults.n, 0);
    struct csv_import_unit *u = next();
    assert_non_null(u);
    assert_int_equal(u->faults.n, 0);
    assert_int_equal(u->first_line, 2);
    assert_int_equal(u->last_line, 3);
    assert_int_equal(u->rows, 2);
    expect_json(
        u, "{\"channel\": \"STATION_CSV\", \"channel_reference\": "
           "\"371425001001:S1\", \"applied_on\": \"2026-07-01\", "
           "\"division_code\": \"371425001001\", \"operator\": "
           "{\"operator_id\": \"op-1\", \"org_code\": \"371425001001\"}, "
           "\"consent\": true, \"requested_items\": [\"MZ01\", \"MZ07\"], "
           "\"facts\": {\"area\": \"rural\", \"income_total_fen\": 1234560}, "
           "\"members\": [{\"name\": \"甲\", \"id_no\": "
           "\"00000019800101003X\", \"relation\": \"0\", \"head\": true, "
           "\"facts\": {\"sex\": \"female\"}}, {\"name\": \"乙\\\"丙\\\"\", "
           "\"relation\": \"1\", \"facts\": {\"sex\": \"male\"}}]}");
    u = next();
    assert_non_null(u);
    assert_int_equal(u->first_line, 5);
    assert_string_equal(u->reference, "S2");
    assert_string_equal(
        json_string_value(json_object_get(u->json, "applied_on")),
        "2026-07-02");
    assert_true(json_is_false(json_object_get(u->json, "consent")));
    json_decref(u->json);
    assert_null(next());
    assert_int_equal(err.code, BUS_EAGAIN);
    intake_csv_import_close(&sheet);
}

static bool has(size_t line, size_t column, const char *code)
{
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].line == line && faults.v[i].column == column &&
            strcmp(faults.v[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

static void header_faults(void **state)
{
    (void)state;
    open_text("流水号,村居代玛,受理人编号,受理机构,授权核对,姓名,姓名,"
              "与户主关系,status,家庭.救助身份,收入x,,area_yuan\n");
    assert_int_equal(faults.n, 7);
    assert_true(has(1, 2, "COLUMN_UNKNOWN"));
    assert_non_null(strstr(faults.v[0].zh, "村居代码"));
    assert_true(has(1, 7, "COLUMN_TWICE"));
    assert_true(has(1, 9, "COLUMN_AMBIGUOUS"));
    assert_true(has(1, 11, "COLUMN_UNKNOWN"));
    assert_true(has(1, 13, "COLUMN_UNKNOWN"));
    assert_true(has(1, 0, "COLUMN_MISSING")); /* 村居代码, 证件号码 */
    intake_csv_import_close(&sheet);
    assert_int_equal(intake_csv_import_open(&sheet, BUS_STRV("\n\n"), &config,
                                            &names, &faults, &err),
                     BUS_EPARSE);
    intake_csv_import_close(&sheet);
}

static void row_faults(void **state)
{
    (void)state;
    open_text(HEADER ",城乡类别\n" FRONT "甲,1,0,农村\n"
                     ",371425001002,,,,乙,,1\n");
    struct csv_import_unit *u = next();
    assert_non_null(u);
    faults = u->faults;
    assert_int_equal(faults.n, 2);
    assert_true(has(3, 2, "HOUSEHOLD_DIFFERS"));
    assert_true(has(3, 0, "ROW_WIDTH"));
    json_decref(u->json);
    intake_csv_import_close(&sheet);
}

static void places(void **state)
{
    (void)state;
    static const struct
    {
        const char *pointer;
        size_t line, column;
        const char *found;
    } cases[] = {
        {"/channel_reference", 2, 1, "S1"},
        {"/division_code", 2, 2, "371425001001"},
        {"/operator/operator_id", 2, 3, "op-1"},
        {"/operator/org_code", 2, 4, "371425001001"},
        {"/members/0/id_no", 2, 7, "***"},
        {"/members/1/id_no", 3, 7, "***"},
        {"/members/1/name", 3, 6, "***"},
        {"/members/1/relation", 3, 8, "一二三四五六七八九十一二三"},
        {"/members/1/facts/sex", 3, 9, "x"},
        {"/facts/income_total_fen", 2, 10, "1.234"},
        {"/facts/area", 2, 0, ""}, /* no such column */
        {"/members/1", 3, 0, ""},
        {"/members", 2, 0, ""},
        {"/members/9/name", 2, 0, ""},
        {"", 2, 0, ""},
    };
    open_text(HEADER ",性别,家庭年收入（元）\n" FRONT "甲,11,0,女,1.234\n"
                     ",,,,,乙,22,一二三四五六七八九十一二三四五,x,\n");
    struct csv_import_unit *u = next();
    assert_non_null(u);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct intake_form_fault f = {cases[i].pointer, "FACT_VALUE", "z", "e"};
        struct csv_import_fault s;
        intake_csv_import_place(&sheet, u, &f, &mem, &s);
        if (s.line != cases[i].line || s.column != cases[i].column ||
            strcmp(s.found, cases[i].found) != 0) {
            fail_msg("%s: %zu %zu %s", cases[i].pointer, s.line, s.column,
                     s.found);
        }
        assert_true(s.column != 10 || strstr(s.zh, "元") != NULL);
    }
    json_decref(u->json);
    intake_csv_import_close(&sheet);
}

/* Any cut of the file: an error with its place, or households that are whole;
 * never a household of other members than it has. */
static void every_truncation(void **state)
{
    (void)state;
    static const char text[] =
        HEADER ",城乡类别\n" FRONT "\"甲\"\"\",1,0,\"农\n村\"\n"
               ",,,,,乙,2,1,\n"
               "S2,371425001001,op-1,371425001001,是,丙,"
               "3,0,城镇\n";
    for (size_t n = 1; n < sizeof(text) - 1; n++) {
        struct bus_strv part = {text, n};
        int rc = intake_csv_import_open(&sheet, part, &config, &names, &faults,
                                        &err);
        if (rc != BUS_OK) {
            assert_non_null(strstr(err.msg, "line 1"));
        } else if (faults.n == 0) {
            for (struct csv_import_unit *u; (u = next()) != NULL;) {
                json_decref(u->json);
            }
            assert_true(err.code == BUS_EAGAIN || err.code == BUS_EPARSE);
        }
        intake_csv_import_close(&sheet);
        bus_arena_reset(&mem);
    }
}

/* The list that README.md points to: every household of it has no fault. */
static void the_example(void **state)
{
    (void)state;
    char path[512];
    struct bus_buf text;
    const char *encoding;
    struct form *form = bus_arena_alloc(&mem, sizeof(*form));
    struct form_rules rules = {.config = &config,
                               .index = &names,
                               .person_key = BUS_STRV("a key of tests"),
                               .now_ms = INT64_C(1789000000) * 1000};
    size_t households = 0, persons = 0;
    (void)snprintf(path, sizeof(path), "%s/producers/intake/list.example.csv",
                   getenv("LIANOU_SOURCE"));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(bus_workbook_csv_load(f, &text, &encoding, &err), BUS_OK);
    (void)fclose(f);
    open_text(bus_buf_cstr(&text));
    assert_int_equal(faults.n, 0);
    for (struct csv_import_unit *u; (u = next()) != NULL; households++) {
        assert_int_equal(u->faults.n, 0);
        assert_int_equal(intake_form_read(&rules, u->json, &mem, form, &err),
                         BUS_OK);
        if (form->fault_count > 0) {
            fail_msg("%s %s", form->faults[0].pointer, form->faults[0].code);
        }
        persons += u->rows;
        json_decref(u->json);
    }
    assert_int_equal(err.code, BUS_EAGAIN);
    assert_int_equal(households, 3);
    assert_int_equal(persons, 6);
    intake_csv_import_close(&sheet);
    bus_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(households),       cmocka_unit_test(header_faults),
        cmocka_unit_test(row_faults),       cmocka_unit_test(places),
        cmocka_unit_test(every_truncation), cmocka_unit_test(the_example),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
