/* GB18030 and GBK to UTF-8 and back: characters that libraries map in two ways
 * are one here. */
#include "bus/base/charset.h"
#include "tests/lib/check.h"

#include <stdio.h>

static const char *decoded(enum bus_charset c, const char *bytes)
{
    static char out[600];
    struct bus_buf b = {0};
    struct bus_err err;
    int rc = bus_charset_decode(c, bus_strv(bytes), &b, NULL, &err);
    (void)snprintf(out, sizeof(out), "%s",
                   rc == BUS_OK ? bus_buf_cstr(&b) : err.msg);
    bus_buf_fini(&b);
    return out;
}

static const char *encoded(enum bus_charset c, const char *text)
{
    static char out[600];
    struct bus_buf b = {0};
    struct bus_err err;
    int rc = bus_charset_encode(c, bus_strv(text), &b, NULL, &err);
    (void)snprintf(out, sizeof(out), "%s",
                   rc == BUS_OK ? bus_buf_cstr(&b) : err.msg);
    bus_buf_fini(&b);
    return out;
}

static void both_ways(void **state)
{
    (void)state;
    static const struct
    {
        enum bus_charset c;
        const char *bytes, *text;
    } cases[] = {
        {BUS_CHARSET_UTF8, "莲藕 a", "莲藕 a"},
        {BUS_CHARSET_GBK, "\xC1\xAB\xC5\xBA", "莲藕"},
        {BUS_CHARSET_GB18030, "\xC1\xAB\xC5\xBA,1", "莲藕,1"},
        {BUS_CHARSET_GB18030, "\x95\x32\x82\x36", "𠀀"},
        /* private in older tables: U+9FB4, U+20087, U+FE10, U+1E3F */
        {BUS_CHARSET_GB18030, "\xFE\x59", "\xE9\xBE\xB4"},
        {BUS_CHARSET_GB18030,
         "a\xFE\x51"
         "b",
         "a\xF0\xA0\x82\x87"
         "b"},
        {BUS_CHARSET_GB18030, "\xA6\xD9\xA8\xBC", "\xEF\xB8\x90\xE1\xB8\xBF"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(decoded(cases[i].c, cases[i].bytes), cases[i].text);
        assert_string_equal(encoded(cases[i].c, cases[i].text), cases[i].bytes);
    }
    /* U+E81E as somebody else's table wrote it */
    assert_string_equal(encoded(BUS_CHARSET_GB18030, "\xEE\xA0\x9E"),
                        "\xFE\x59");
    assert_string_equal(decoded(BUS_CHARSET_UTF8, "\xEE\xA0\x9E"),
                        "\xE9\xBE\xB4");
}

static void refused(void **state)
{
    (void)state;
    assert_string_equal(decoded(BUS_CHARSET_GBK, "ab\xFF"),
                        "byte 3: not in GBK / 字符编码有误");
    assert_string_equal(decoded(BUS_CHARSET_GB18030, "\xC1"),
                        "byte 1: not in GB18030 / 字符编码有误");
    assert_string_equal(decoded(BUS_CHARSET_UTF8, "\xC1\xAB"),
                        "byte 1: not in UTF-8 / 字符编码有误");
    assert_string_equal(encoded(BUS_CHARSET_GBK, "莲𠀀"),
                        "byte 4: not in GBK / 字符编码有误");
    assert_string_equal(encoded(BUS_CHARSET_GBK, ""), "");
}

/* Every character of two bytes, there and back to the same two bytes. */
static void all_pairs(void **state)
{
    (void)state;
    for (unsigned a = 0x81; a <= 0xFE; a++) {
        for (unsigned b = 0x40; b <= 0xFE; b++) {
            char bytes[3] = {(char)a, (char)b, '\0'};
            struct bus_buf text = {0}, back = {0};
            struct bus_err err;
            if (b == 0x7F) {
                continue;
            }
            assert_int_equal(bus_charset_decode(BUS_CHARSET_GB18030,
                                                bus_strv(bytes), &text, NULL,
                                                &err),
                             BUS_OK);
            assert_int_equal(bus_charset_encode(BUS_CHARSET_GB18030,
                                                bus_buf_view(&text), &back,
                                                NULL, &err),
                             BUS_OK);
            assert_string_equal(bus_buf_cstr(&back), bytes);
            bus_buf_fini(&text);
            bus_buf_fini(&back);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(refused),
        cmocka_unit_test(all_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
