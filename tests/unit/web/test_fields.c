/* What a form posts is read as it was written, or not at all. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/web/csrf.h"

static struct bus_arena mem;

static int fields_read(const char *body, size_t n, struct bus_web_fields *f)
{
    struct bus_err err;
    bus_arena_reset(&mem);
    return bus_web_fields_read((struct bus_strv){body, n}, &mem, f, &err);
}

static void fields_are_decoded(void **state)
{
    static const char body[] =
        "a=1+2%2B3&b=%E7%94%B2&&c&d=&a=again&%2Fmembers%2F0=x&e=x%0D%0Ay&=z";
    static const char *const want[][2] = {
        {"a", "1 2+3"}, {"b", "甲"},         {"c", ""},     {"d", ""},
        {"a", "again"}, {"/members/0", "x"}, {"e", "x\ny"}, {"", "z"}};
    struct bus_web_fields f;
    (void)state;
    assert_int_equal(fields_read(body, sizeof(body) - 1, &f), BUS_OK);
    assert_int_equal(f.count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < f.count; i++) {
        assert_true(bus_strv_is(f.list[i].name, want[i][0]));
        assert_true(bus_strv_is(f.list[i].value, want[i][1]));
    }
    assert_true(bus_strv_is(bus_web_field(&f, "a"), "1 2+3"));
    assert_null(bus_web_field(&f, "z").p);
    assert_int_equal(fields_read("", 0, &f), BUS_OK);
    assert_int_equal(f.count, 0);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {
        "a=%",   "a=%4",        "a=%4x",      "a=%00",      "%zz=1",
        "a=%ff", "a=%C0%BCb=1", "a=\xff\xfe", "a=%ED%A0%80"};
    static char many[2 * BUS_WEB_FIELDS_MAX + 8];
    struct bus_web_fields f;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fields_read(bad[i], strlen(bad[i]), &f), BUS_EPARSE);
    }
    for (size_t i = 0; i < sizeof(many); i += 2) {
        memcpy(many + i, "a&", 2);
    }
    assert_int_equal(fields_read(many, sizeof(many), &f), BUS_ETOOBIG);
}

static void a_token_is_of_its_secret(void **state)
{
    char a[BUS_WEB_CSRF_HEX + 1], b[BUS_WEB_CSRF_HEX + 1];
    (void)state;
    bus_web_csrf_token(BUS_STRV("one"), a);
    bus_web_csrf_token(BUS_STRV("one"), b);
    assert_string_equal(a, b);
    bus_web_csrf_token(BUS_STRV("two"), b);
    assert_string_not_equal(a, b);
    assert_null(strstr(a, "one"));
}

static int fields_begin(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static int fields_end(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(a_token_is_of_its_secret),
    };
    return cmocka_run_group_tests(tests, fields_begin, fields_end);
}
