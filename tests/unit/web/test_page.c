/* What people wrote never becomes HTML: whatever stands in a value, the page
 * has the same elements, attributes and addresses. */
#include "tests/lib/check.h"

#include <string.h>

#include "try_pages.h"

static const char *
written(struct bus_buf *b, enum bus_web_lang lang, const struct try_all *v)
{
    bus_buf_clear(b);
    struct bus_web_page p = {b, lang, "t0k\"en"};
    try_page_all(&p, v);
    return bus_buf_cstr(b);
}

static void page_says_it_all(void **state)
{
    struct bus_buf b = {0};
    struct try_row rows[] = {{"甲", 123456789, true}, {"乙", -5, false}};
    struct try_all v = {.head = {BUS_STRV("题")},
                        .text = "文",
                        .address = "/cases/1?a=b",
                        .piece = "a/b",
                        .count = 2,
                        .rows = rows,
                        .rows_count = 2,
                        .made = {BUS_STRV("<b>ours</b>")}};
    (void)state;
    assert_string_equal(
        written(&b, BUS_WEB_EN, &v),
        "<h1>题</h1>\n\n<p title=\"文\">文</p>\n"
        "<a href=\"/cases/1?a=b\">go</a>\n"
        "<a href=\"/x/a%2Fb?q=%E6%96%87\" class=\"some\">of 文 &amp; 2</a>\n"
        "<form method=\"post\" action=\"/x\"><input type=\"hidden\" "
        "name=\"csrf\" value=\"t0k&quot;en\"><input name=\"a\" value=\"文\" "
        "checked></form>\n"
        "<li>甲 1,234,567.89</li>\n<li>乙 -0.05 !</li>\n<b>ours</b>\n");
    v.rows_count = 0;
    v.count = 0;
    assert_non_null(strstr(written(&b, BUS_WEB_ZH, &v),
                           "class=\"none\">0 件 &lt;文&gt;</a>"));
    assert_null(strstr(written(&b, BUS_WEB_ZH, &v), "checked"));
    bus_buf_fini(&b);
}

static size_t times(const char *text, char c)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += *text == c;
    }
    return n;
}

static void attacks_stay_text(void **state)
{
    static const char *const attacks[] = {
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "' onfocus='alert(1)",
        "</p></a></form><img src=x onerror=alert(1)>",
        "<!--",
        "]]>",
        "&lt;script&gt;",
        "{{text}}",
        "{0}{1}",
        "javascript:alert(1)",
        "\xe2\x80\xae gnp.exe",
        "\xc0\xbcscript\xc0\xbe", /* '<' written too long */
        "a\x01\x7f",
        "\xff\xfe<"};
    struct bus_buf b = {0}, plain = {0};
    struct try_row row = {"x", 1, true};
    struct try_all v = {.head = {BUS_STRV("x")},
                        .text = "x",
                        .address = "/x",
                        .piece = "x",
                        .rows = &row,
                        .rows_count = 1};
    (void)state;
    (void)written(&plain, BUS_WEB_ZH, &v);
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        (void)bus_strv_copy(v.text, sizeof(v.text), bus_strv(attacks[i]));
        v.head.title = bus_strv(attacks[i]);
        v.address = v.piece = row.name = attacks[i];
        const char *page = written(&b, BUS_WEB_ZH, &v);
        const char *usual = bus_buf_cstr(&plain);
        assert_int_equal(times(page, '<'), times(usual, '<'));
        assert_int_equal(times(page, '>'), times(usual, '>'));
        assert_int_equal(times(page, '"'), times(usual, '"'));
        assert_int_equal(times(page, '\''), 0);
        assert_true(bus_utf8_valid(page, strlen(page)));
        assert_null(strstr(page, "\xe2\x80\xae"));
        assert_null(strstr(page, "href=\"java"));
    }
    bus_buf_fini(&b);
    bus_buf_fini(&plain);
}

static void addresses_stay_here(void **state)
{
    static const struct
    {
        const char *address;
        bool kept;
    } tries[] = {{"/a", true},
                 {"/", true},
                 {"#top", true},
                 {"?lang=en", true},
                 {"https://example.org/", true},
                 {"tel:12345", true},
                 {"", false},
                 {"//evil.example/", false},
                 {"/\\evil.example/", false},
                 {"/\t/evil.example", false},
                 {"javascript:alert(1)", false},
                 {"JaVaScRiPt:alert(1)", false},
                 {" javascript:alert(1)", false},
                 {"java\nscript:alert(1)", false},
                 {"data:text/html,x", false},
                 {"vbscript:x", false},
                 {"http://plain.example/", false},
                 {"evil", false}};
    struct bus_buf b = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct bus_web_page p = {&b, BUS_WEB_ZH, ""};
        bus_buf_clear(&b);
        bus_web_page_string(&p, BUS_WEB_IN_URL, tries[i].address);
        assert_string_equal(bus_buf_cstr(&b),
                            tries[i].kept ? tries[i].address : "#");
    }
    bus_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_says_it_all),
        cmocka_unit_test(attacks_stay_text),
        cmocka_unit_test(addresses_stay_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
