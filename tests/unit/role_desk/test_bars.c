/* Bars are drawn to scale, named without being believed, and read without
 * colour. */
#include "tests/lib/check.h"

#include <string.h>

#include "producers/desk/bars.h"

static struct bus_arena mem;
static const struct desk_visit visit = {.mem = &mem, .lang = BUS_WEB_EN};

static const char *drawn(const struct desk_office_row *rows, size_t n)
{
    struct bus_web_markup m = desk_bars(&visit, rows, n);
    return m.html.p; /* ends with NUL */
}

static void to_scale_and_never_nothing(void **state)
{
    static const struct desk_office_row rows[] = {
        {"a", "A", 1000, 500, 0}, {"b", "B", 500, 0, 0}, {"c", "C", 1, 1, 1}};
    (void)state;
    const char *svg = drawn(rows, 3);
    assert_non_null(strstr(svg, "y=\"4\" width=\"130\""));
    assert_non_null(strstr(svg, "y=\"4\" width=\"65\""));
    assert_non_null(strstr(svg, "y=\"30\" width=\"65\""));
    assert_non_null(strstr(svg, "y=\"30\" width=\"0\""));
    assert_non_null(strstr(svg, "y=\"56\" width=\"1\""));
    assert_non_null(strstr(svg, ">1000 (500 overdue)<"));
    assert_non_null(strstr(svg, "role=\"img\" aria-label=\""));
}

static void names_are_text(void **state)
{
    static const struct desk_office_row rows[] = {
        {"a", "</text><script>alert(1)</script>", 1, 0, 0}};
    (void)state;
    const char *svg = drawn(rows, 1);
    assert_null(strstr(svg, "<script"));
    assert_non_null(strstr(svg, "&lt;script&gt;"));
}

static void none_and_too_many(void **state)
{
    static struct desk_office_row rows[DESK_BARS_MAX + 10];
    (void)state;
    assert_int_equal(desk_bars(&visit, rows, 0).html.n, 0);
    size_t n = sizeof(rows) / sizeof(rows[0]);
    for (size_t i = 0; i < n; i++) {
        rows[i].name = "N";
        rows[i].waiting = INT64_MAX / 1000; /* of a table gone wrong */
        rows[i].late = 0;
    }
    const char *svg = drawn(rows, n);
    size_t bars = 0;
    for (const char *at = svg; (at = strstr(at, "bar-all")) != NULL; at++) {
        bars++;
    }
    assert_int_equal(bars, DESK_BARS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_scale_and_never_nothing),
        cmocka_unit_test(names_are_text),
        cmocka_unit_test(none_and_too_many),
    };
    bus_arena_init(&mem, 0, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return failed;
}
