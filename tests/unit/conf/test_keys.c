/* Descriptor tables: every kind of fault at once, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/conf/keys.h"
#include "bus/conf/yaml.h"

struct inner
{
    const char *name; /* of a map */
    int64_t n;
};
struct outer
{
    const char *text;
    int64_t port, wait_ms, room_bytes, cash_fen;
    bool on;
    int color;
    int32_t day;
    const char *secret, *file;
    struct inner one;
    struct bus_list list, map;
    const struct bus_node *any, *self;
};
#define AT(field) offsetof(struct outer, field)

static const struct bus_word colors[] = {{"red", 1}, {"green", 2}, {NULL, 0}};
static const struct bus_key inner_table[] = {
    {"n", BUS_KEY_INT, offsetof(struct inner, n), .required = true, .min = 1,
     .max = 9},
    {.name = NULL}};
static const struct bus_keys inner_keys = {
    "inner", inner_table, sizeof(struct inner), BUS_KEYS_NO_NODE, NULL, NULL};
static const struct bus_key elem = {"elem", BUS_KEY_STRUCT, 0,
                                    .sub = &inner_keys};
static const struct bus_key table[] = {
    {"text", BUS_KEY_STR, AT(text), .dflt = "none"},
    {"port", BUS_KEY_INT, AT(port), .required = true, .min = 1, .max = 65535},
    {"wait", BUS_KEY_DURATION, AT(wait_ms), .dflt = "5s", .min = 20,
     .max = 60000},
    {"room", BUS_KEY_SIZE, AT(room_bytes), .dflt = "64KiB"},
    {"cash", BUS_KEY_MONEY, AT(cash_fen), .dflt = "3000 yuan"},
    {"on", BUS_KEY_BOOL, AT(on), .dflt = "true"},
    {"color", BUS_KEY_ENUM, AT(color), .dflt = "red", .words = colors},
    {"day", BUS_KEY_DATE, AT(day), .dflt = NULL},
    {"secret", BUS_KEY_SECRET, AT(secret), .dflt = NULL},
    {"file", BUS_KEY_PATH, AT(file), .dflt = NULL},
    {"one", BUS_KEY_STRUCT, AT(one), .sub = &inner_keys, .required = true},
    {"list", BUS_KEY_LIST, AT(list), .elem = &elem,
     .elem_size = sizeof(struct inner), .min = 0, .max = 3},
    {"map", BUS_KEY_MAP, AT(map), .elem = &elem,
     .elem_size = sizeof(struct inner)},
    {"any", BUS_KEY_NODE, AT(any), .dflt = NULL},
    {.name = NULL}};
static const struct bus_keys keys = {"outer",  table, sizeof(struct outer),
                                     AT(self), NULL,  NULL};

static const char *fake_env(void *data, const char *name)
{
    (void)data;
    return strcmp(name, "THERE") == 0 ? "s3cret" : NULL;
}
static const struct bus_keys_env env = {fake_env, NULL};

static struct bus_arena mem;
static struct bus_faults faults;

static int setup(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

static struct outer load_as(const char *name, const char *text)
{
    struct outer o;
    bus_conf_keys_load(&keys,
                       bus_conf_yaml_parse(&mem, name, bus_strv(text), &faults),
                       NULL, &env, &faults, &o);
    return o;
}

static void assert_faults(const char *want)
{
    struct bus_buf out = {0};
    bus_faults_sort(&faults);
    bus_faults_print(&faults, true, &out);
    assert_string_equal(bus_buf_cstr(&out), want);
    bus_buf_fini(&out);
}

static void test_everything_read(void **state)
{
    (void)state;
    struct outer o = load_as("dir/t.yaml", "text: hello\n"
                                           "port: 8080\n"
                                           "wait: 20ms\n"
                                           "room: 2GiB\n"
                                           "cash: 12.34 yuan\n"
                                           "on: false\n"
                                           "color: green\n"
                                           "day: 1970-01-11\n"
                                           "secret: ${THERE}\n"
                                           "file: a/b\n"
                                           "one: {n: 3}\n"
                                           "list: [{n: 1}, {n: 2}]\n"
                                           "map: {x: {n: 4}}\n"
                                           "any: [1]\n");
    assert_faults("");
    assert_string_equal(o.text, "hello");
    assert_true(o.port == 8080 && o.wait_ms == 20);
    assert_true(o.room_bytes == INT64_C(2) << 30 && o.cash_fen == 1234);
    assert_true(!o.on && o.color == 2 && o.day == 10 && o.one.n == 3);
    assert_string_equal(o.secret, "s3cret");
    assert_string_equal(o.file, "dir/a/b");
    const struct inner *list = o.list.items, *map = o.map.items;
    assert_true(o.list.count == 2 && list[1].n == 2);
    assert_true(o.map.count == 1 && map[0].n == 4);
    assert_string_equal(map[0].name, "x");
    assert_int_equal(o.any->kind, BUS_NODE_LIST);
    assert_int_equal(o.self->count, 14);
}

static void test_defaults(void **state)
{
    (void)state;
    struct outer o = load_as("t.yaml", "port: 1\none: {n: 1}\n"
                                       "text: ${NOT_THERE:-other}\n");
    assert_faults("");
    assert_string_equal(o.text, "other");
    assert_true(o.wait_ms == 5000 && o.room_bytes == 65536);
    assert_true(o.cash_fen == 300000 && o.on && o.color == 1);
    assert_null(o.secret);
}

/* One file, every kind of fault, each told with its place. */
static void test_all_faults_at_once(void **state)
{
    (void)state;
    load_as("t.yaml", "prot: 80\n"
                      "port: 909x\n"
                      "wait: 10ms\n"
                      "room: 64Mib\n"
                      "cash: 12.3 yuan\n"
                      "on: yes\n"
                      "color: blue\n"
                      "day: 2026-02-30\n"
                      "secret: hunter2\n"
                      "file:\n"
                      "one: []\n"
                      "list: [{n: 010}, {}, {n: '5'}, {n: 1}]\n"
                      "map: {x: {m: 1, n: 10}}\n"
                      "text: ${NOT_THERE}\n"
                      "zzzzzz: 1\n");
    assert_faults(
        "t.yaml:1:1: prot: unknown key; did you mean 'port'?\n"
        "t.yaml:2:7: port: found '909x'; must be a whole number, 1 to 65535\n"
        "t.yaml:3:7: wait: found '10ms'; must be a duration such as 20ms, 5s, "
        "3m, 2h, 3d, 20ms to 1m\n"
        "t.yaml:4:7: room: found '64Mib'; must be a size such as 512, 64KiB, "
        "64MiB\n"
        "t.yaml:5:7: cash: found '12.3 yuan'; must be money such as 3000.00 "
        "yuan or 300000 fen\n"
        "t.yaml:6:5: on: found 'yes'; must be true or false\n"
        "t.yaml:7:8: color: found 'blue'; must be red | green\n"
        "t.yaml:8:6: day: found '2026-02-30'; must be a date such as "
        "2026-07-01\n"
        "t.yaml:9:9: secret: a secret does not stand here; must be ${NAME} of "
        "the environment, or secret_file: a file of mode 0600\n"
        "t.yaml:10:6: file: found nothing; must be a path\n"
        "t.yaml:11:6: one: found a list of 0; must be a map\n"
        "t.yaml:12:7: list: found a list of 4; must be a list, 0 to 3 entries\n"
        "t.yaml:13:11: map.x.m: unknown key; did you mean 'n'?\n"
        "t.yaml:13:20: map.x.n: found '10'; must be a whole number, 1 to 9\n"
        "t.yaml:14:7: text: the environment variable NOT_THERE is not set\n"
        "t.yaml:15:1: zzzzzz: unknown key; allowed here: text, port, wait, "
        "room, cash, on, color, day, secret, file, one, list, map, any\n");
}

static void test_list_elements_and_missing(void **state)
{
    (void)state;
    load_as("t.yaml", "list: [{n: 010}, {}, {n: '5'}]\n");
    assert_faults(
        "t.yaml:1:1: port: missing; must be a whole number, 1 to 65535\n"
        "t.yaml:1:1: one: missing; must be a map\n"
        "t.yaml:1:12: list[0].n: found '010'; must be a whole number, 1 to "
        "9\n"
        "t.yaml:1:18: list[1].n: missing; must be a whole number, 1 to 9\n"
        "t.yaml:1:26: list[2].n: found the text \"5\"; must be a whole "
        "number, 1 to 9\n");
}

static void test_secret_file(void **state)
{
    (void)state;
    char path[] = "/tmp/lianou-secret-XXXXXX";
    char text[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs("pass word\nmore", f);
    fclose(f);
    snprintf(text, sizeof text, "port: 1\none: {n: 1}\nsecret_file: %s\n",
             path);
    struct outer o = load_as("t.yaml", text);
    assert_faults("");
    assert_string_equal(o.secret, "pass word");
    assert_int_equal(chmod(path, 0644), 0);
    load_as("t.yaml", text);
    assert_int_equal(faults.errors, 1);
    assert_non_null(strstr(faults.list[0].text, "0600"));
    remove(path);
}

static void test_no_map(void **state)
{
    (void)state;
    load_as("t.yaml", "[1]\n");
    assert_faults("t.yaml:1:1: found a list; must be a map\n");
}

static void test_units(void **state)
{
    (void)state;
    int64_t v;
    assert_true(bus_conf_duration_parse(BUS_STRV("3d"), &v) && v == 259200000);
    assert_true(bus_conf_duration_parse(BUS_STRV("0"), &v) && v == 0);
    assert_false(bus_conf_duration_parse(BUS_STRV("3"), &v));
    assert_false(bus_conf_duration_parse(BUS_STRV("03d"), &v));
    assert_false(bus_conf_duration_parse(BUS_STRV("-3d"), &v));
    assert_false(bus_conf_duration_parse(BUS_STRV("9223372036854775807d"), &v));
    assert_true(bus_conf_size_parse(BUS_STRV("512"), &v) && v == 512);
    assert_false(bus_conf_size_parse(BUS_STRV("8589934592GiB"), &v));
    assert_true(bus_conf_money_parse(BUS_STRV("3000.01 yuan"), &v) &&
                v == 300001);
    assert_true(bus_conf_money_parse(BUS_STRV("300000 fen"), &v) &&
                v == 300000);
    assert_false(bus_conf_money_parse(BUS_STRV("3000.001 yuan"), &v));
    assert_false(bus_conf_money_parse(BUS_STRV("3000"), &v));
}

static void test_page(void **state)
{
    (void)state;
    struct bus_buf out = {0};
    bus_conf_keys_print(&keys, "outer", &out);
    const char *page = bus_buf_cstr(&out);
    assert_non_null(strstr(page, "| `port` | int | **required** | a whole "
                                 "number, 1 to 65535 |"));
    assert_non_null(strstr(page, "red \\| green"));
    assert_non_null(strstr(page, "## outer: list[]"));
    assert_non_null(strstr(page, "## outer: map.<name>"));
    assert_non_null(strstr(page, "or `secret_file`"));
    bus_buf_fini(&out);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_everything_read),
        T(test_defaults),
        T(test_all_faults_at_once),
        T(test_list_elements_and_missing),
        T(test_secret_file),
        T(test_no_map),
        T(test_units),
        T(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
