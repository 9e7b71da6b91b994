/* The reader of forms' JSON: its faults at their place, and jansson beside it.
 */
#include <string.h>

#include "producers/intake/form.h"
#include "tests/lib/check.h"

static void syntax(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        size_t n; /* 0: strlen */
        const char *code;
        int line, column;
    } cases[] = {
        {"", 0, "JSON_END", 1, 1},
        {"{\n \"a\": 1", 0, "JSON_END", 2, 8},
        {"{\"a\": 1,\n \"a\": 2}", 0, "JSON_DUPLICATE", 2, 2},
        {"{} {}", 0, "JSON_MORE", 1, 4},
        {"{\"a\": tru}", 0, "JSON_SYNTAX", 1, 10},
        {"{\"a\": 99999999999999999999}", 0, "JSON_NUMBER", 1, 7},
        {"{\"a\": \"\\u0000\"}", 0, "JSON_NUL", 1, 10},
        {"{\"甲\": \"\xff\"}", 0, "JSON_UTF8", 1, 8},
        {"{\"甲\": \"\xed\xa0\x80\"}", 0, "JSON_UTF8", 1, 8},
        {"{\"\xe7\x94\"", 0, "JSON_UTF8", 1, 3},
        {"[[[[[[[[[[[[[[[[[", 0, "JSON_DEPTH", 1, 17},
        {"{\"a\0\": 1}", 9, "JSON_SYNTAX", 1, 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct form_syntax w = {0};
        struct bus_strv t = {cases[i].text,
                             cases[i].n ? cases[i].n : strlen(cases[i].text)};
        json_t *j = intake_form_parse(t, &w);
        if (j != NULL || strcmp(w.code, cases[i].code) != 0 ||
            w.line != cases[i].line || w.column != cases[i].column) {
            fail_msg("case %zu: %s %d:%d", i, w.code, w.line, w.column);
        }
    }
    static const char deep[] = "{\"a\": \"[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}";
    struct form_syntax w;
    json_t *j = intake_form_parse(bus_strv(deep), &w);
    assert_non_null(j);
    json_decref(j);
}

/* Made-up JSON, a few bytes changed: what jansson takes is taken with the same
 * value, what it refuses is refused; but for what is stricter here. */
static uint64_t seed = 20261125;
static size_t roll(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static void make(char *out, size_t *n, int depth)
{
    static const char *const atoms[] = {
        "0",
        "-0",
        "12",
        "-7.5",
        "1e3",
        "1E-2",
        "0.10e+1",
        "true",
        "false",
        "null",
        "\"\"",
        "\"甲\"",
        "\"a\\n\\\"b\"",
        "\"\\u4e2d\\ud840\\udc00\"",
        "\"\\/\\b\"",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "01",
        "1.",
        ".5",
        "1e999",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"\\x\"",
        "tru",
        "1e-999",
    };
    size_t room = 4000 - *n;
    size_t kind = depth > 4 || room < 400 ? 0 : roll(4);
    if (kind < 2) {
        size_t few = roll(8) == 0 ? 27 : 17;
        *n += (size_t)sprintf(out + *n, "%s", atoms[roll(few)]);
        return;
    }
    out[(*n)++] = kind == 2 ? '[' : '{';
    size_t count = roll(4);
    for (size_t i = 0; i < count; i++) {
        if (kind == 3) {
            *n += (size_t)sprintf(
                out + *n, "\"%c%s\" : ", (int)('a' + roll(roll(9) ? 26 : 2)),
                roll(5) ? "" : "\\t");
        }
        make(out, n, depth + 1);
        *n += (size_t)sprintf(out + *n, "%s", i + 1 < count ? " ,\n" : "");
    }
    out[(*n)++] = kind == 2 ? ']' : '}';
}

static void as_jansson(void **state)
{
    (void)state;
    static char t[8000];
    size_t taken = 0, refused = 0;
    for (int round = 0; round < 40000; round++) {
        size_t n = 0;
        t[n++] = '[';
        make(t, &n, 0);
        t[n++] = ']';
        for (size_t k = roll(3); k > 0; k--) {
            static const char bytes[] = "\"\\{}[],: 0-+eE.\t\n\xe4tfn/u";
            t[roll(n)] = bytes[roll(sizeof(bytes))]; /* NUL too */
        }
        json_error_t e;
        struct form_syntax w;
        struct bus_strv s = {t, n};
        json_t *a = json_loadb(t, n, JSON_REJECT_DUPLICATES, &e);
        json_t *b = intake_form_parse(s, &w);
        if (memchr(t, '\0', n) !=
            NULL) { /* theirs may drop it; it is no JSON */
            assert_null(b);
            json_decref(a);
            continue;
        }
        if ((a == NULL) != (b == NULL) || (a != NULL && !json_equal(a, b)) ||
            (b == NULL) != (w.code != NULL)) {
            fail_msg("round %d: %s (%s): %.*s", round, e.text,
                     w.code ? w.code : "taken", (int)n, t);
        }
        taken += a != NULL;
        refused += a == NULL;
        json_decref(a);
        json_decref(b);
    }
    assert_true(taken > 5000 && refused > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax),
        cmocka_unit_test(as_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
