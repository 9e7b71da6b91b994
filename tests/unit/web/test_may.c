/* Whose case may be read by whom, on the county's own configuration. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/catalogue/register_files.h"
#include "bus/web/may.h"

#define DAY 20000 /* 2024-10-04 */

static struct bus_config config;
static struct bus_register *registers;

static int opened(void **state)
{
    struct bus_faults faults;
    struct bus_err err;
    char folder[512];
    (void)state;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (bus_conf_open(&config, folder, NULL, &err) != BUS_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    bus_faults_init(&faults, &config.mem);
    registers = bus_catalogue_register_folder(&config, &faults);
    return registers != NULL ? 0 : -1;
}

static int closed(void **state)
{
    (void)state;
    bus_registers_free(registers);
    bus_conf_close(&config);
    return 0;
}

static struct bus_web_scope
scope_for(enum bus_web_caller_kind kind, const char *name, const char *org)
{
    struct bus_web_caller caller = {.kind = kind};
    (void)bus_strv_copy(caller.name, sizeof(caller.name), bus_strv(name));
    (void)bus_strv_copy(caller.org, sizeof(caller.org), bus_strv(org));
    return bus_web_scope_of(&caller, &config, registers, DAY);
}

static void scopes(void **state)
{
    static const struct
    {
        enum bus_web_caller_kind kind;
        const char *name, *org;
        enum bus_web_sees sees;
    } rows[] = {
        {BUS_WEB_MACHINE, "this machine", "", BUS_WEB_ALL},
        {BUS_WEB_RESIDENT, "the applicant", "", BUS_WEB_ALL},
        {BUS_WEB_PERSON, "account a", "371425", BUS_WEB_ALL},
        {BUS_WEB_PERSON, "account a", "371425001", BUS_WEB_PLACE},
        {BUS_WEB_PERSON, "account a", "371425001001", BUS_WEB_PLACE},
        {BUS_WEB_PERSON, "account a", "MZ", BUS_WEB_ITEMS},
        {BUS_WEB_PERSON, "account a", "nongshang", BUS_WEB_NOTHING},
        {BUS_WEB_PERSON, "account a", "", BUS_WEB_NOTHING},
        {BUS_WEB_SYSTEM, "system YB", "", BUS_WEB_ITEMS},
        {BUS_WEB_SYSTEM, "system nongshang", "", BUS_WEB_NOTHING},
        {BUS_WEB_SYSTEM, "system portal", "", BUS_WEB_NOTHING},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bus_web_scope s =
            scope_for(rows[i].kind, rows[i].name, rows[i].org);
        if (s.sees != rows[i].sees) {
            print_error("row %zu: sees %d\n", i, (int)s.sees);
        }
        assert_int_equal(s.sees, rows[i].sees);
    }
}

static void places(void **state)
{
    const char *village = "371425001001";
    const struct bus_village *v = bus_conf_village(&config, bus_strv(village));
    const struct
    {
        const char *org;
        bool may;
    } rows[] = {
        {"371425", true},        {"371425001", true},
        {village, true},         {v->station->code, true},
        {"371425001002", false}, {"371425101", false},
        {"MZ", false},           {"nongshang", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bus_web_scope s =
            scope_for(BUS_WEB_PERSON, "account a", rows[i].org);
        assert_int_equal(bus_web_may_place(&s, &config, village), rows[i].may);
        assert_int_equal(bus_web_may_place(&s, &config, ""),
                         s.sees == BUS_WEB_ALL);
    }
}

static json_t *a_case(void)
{
    return json_pack(
        "{s:{s:s}, s:[{s:{s:s}, s:{s:s}}, {s:{s:s}, s:{s:s}}],"
        " s:[{s:{s:s}, s:{s:s}}], s:[{s:{s:s}}, {s:{s:s}}, {s:s}], s:[{s:s}]}",
        "division", "code", "371425001001", "items", "item", "code", "MZ01",
        "department", "code", "MZ", "item", "code", "YB02", "department",
        "code", "YB", "assignments", "item", "code", "MZ01", "department",
        "code", "MZ", "timeline", "item", "code", "MZ01", "item", "code",
        "YB02", "record", "application", "verifications", "partner", "caixian");
}

/* A department's own rows, and nothing where nothing is its. */
static void items(void **state)
{
    struct bus_web_scope mz = scope_for(BUS_WEB_PERSON, "account a", "MZ");
    struct bus_web_scope yb = scope_for(BUS_WEB_PERSON, "account a", "YB");
    json_t *j = a_case();
    (void)state;
    assert_true(bus_web_may_read(&mz, &config, j));
    char *text = json_dumps(j, JSON_COMPACT);
    assert_non_null(strstr(text, "MZ01"));
    assert_null(strstr(text, "YB02"));
    assert_null(strstr(text, "caixian"));
    assert_int_equal(json_array_size(json_object_get(j, "timeline")), 1);
    free(text);
    json_decref(j);
    j = a_case();
    assert_false(bus_web_may_read(&yb, &config, j)); /* judged, not assigned */
    json_decref(j);
}

/* What the household asks of its items with the id that leads to the words; of
 * everything without; of others' not at all. */
static void requests(void **state)
{
    struct bus_web_scope mz = scope_for(BUS_WEB_PERSON, "account a", "MZ");
    json_t *j = a_case();
    json_t *list = json_pack(
        "[{s:s, s:{s:s}, s:{s:s}}, {s:s, s:{s:s}, s:{s:s}},"
        " {s:s, s:{s:s}}, {s:s, s:{s:s}}]",
        "request_id", "one", "kind", "code", "OBJECT", "item", "code", "MZ01",
        "request_id", "two", "kind", "code", "OBJECT", "item", "code", "YB02",
        "request_id", "three", "kind", "code", "WITHDRAW", "request_id", "four",
        "kind", "code", "SUPPLEMENT");
    (void)state;
    assert_int_equal(json_object_set_new(j, "requests", list), 0);
    assert_true(bus_web_may_read(&mz, &config, j));
    char *text = json_dumps(json_object_get(j, "requests"), JSON_COMPACT);
    assert_string_equal(text, "[{\"request_id\":\"one\",\"kind\":{\"code\":"
                              "\"OBJECT\"},\"item\":{\"code\":\"MZ01\"}},"
                              "{\"kind\":{\"code\":\"WITHDRAW\"}}]");
    free(text);
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes),
        cmocka_unit_test(places),
        cmocka_unit_test(items),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
