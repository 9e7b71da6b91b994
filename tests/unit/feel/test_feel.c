/* FEEL: every construct and function (tests/golden/feel.txt), the place of a
 * fault, limits, three values, unary tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/feel/feel.h"
#include "bus/feel/number.h"
#include "tests/lib/check.h"

static struct bus_arena mem;

static struct feel_value
eval_with(const char *text,
          bool (*global)(void *, struct bus_strv, struct feel_value *))
{
    struct feel_error e;
    struct feel_env env = {.mem = &mem, .global = global};
    const struct feel_node *n = feel_parse(bus_strv(text), &mem, &e);
    return n ? feel_eval(n, &env) : feel_wrong("does not parse");
}

static struct feel_value eval(const char *text)
{
    return eval_with(text, NULL);
}

static void golden(void **state)
{
    (void)state;
    char path[1024], line[2048];
    size_t rows = 0, wrong = 0;
    (void)snprintf(path, sizeof(path), "%s/tests/golden/feel.txt",
                   getenv("LIANOU_SOURCE"));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        char *cut = strstr(line, " ==> ");
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || cut == NULL) {
            continue;
        }
        *cut = '\0';
        struct feel_value v = eval(line);
        const char *got = feel_literal(&mem, &v);
        if (strcmp(got, cut + 5) != 0) {
            print_error("%s: expected %s, got %s\n", line, cut + 5, got);
            wrong++;
        }
        rows++;
        bus_arena_reset(&mem);
    }
    (void)fclose(f);
    assert_true(rows > 200);
    assert_int_equal(wrong, 0);
}

/* What is read, what was expected, and where. */
static void faults_have_a_place(void **state)
{
    (void)state;
    static const struct
    {
        const char *text, *said;
        size_t at;
    } rows[] = {
        {"1 +", "the expression ends where a value was expected", 3},
        {"a b", "read 'b' where an operator or the end was expected", 2},
        {"[1..", "the expression ends where a value was expected", 4},
        {"if 1 then 2", "the expression ends where 'else' was expected", 11},
        {"\"abc", "read '\"abc' where a closing quote was expected", 0},
        {"1e7000",
         "read '1e7000' where a number within decimal128 was "
         "expected",
         0},
        {"@\"2026-02-30\"",
         "read '\"2026-02-30\"' where a date like @\"2026-07-01\", a time or a "
         "duration was expected",
         1},
        {"x instance of nosuch",
         "read 'nosuch' where a type that is known was expected", 14},
        {"{a: 1, a: 2}",
         "read '}' where each key of a context once was expected", 11},
        {"f(a: 1, 2)",
         "read ')' where all arguments by name, or none was expected", 9},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feel_error e = {0, ""};
        assert_null(feel_parse(bus_strv(rows[i].text), &mem, &e));
        /* In English, then in Chinese. */
        size_t n = strlen(rows[i].said);
        assert_memory_equal(e.text, rows[i].said, n);
        assert_memory_equal(e.text + n, " / ", 3);
        assert_int_equal(e.offset, rows[i].at);
    }
}

/* No rule holds the matcher: each becomes null with a reason. */
static void limits(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "for i in 1..1000, j in 1..1000, k in 1..10 return i",
        "{f: function(x) f(x), r: f(1)}.r",
        "{f: function(x) f(x) + f(x), r: f(1)}.r",
        "matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a+)+$\")",
        "9.99e6144 * 10",
        "date(1000000000, 1, 1)",
        "1..100000000",
        "for i in 1..100000000 return i",
        "count(for i in 1..900000 return [i])",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feel_value v = eval(rows[i]);
        assert_int_equal(v.kind, FEEL_NULL);
        assert_non_null(v.why);
        bus_arena_reset(&mem);
    }
    char deep[4001];
    struct feel_error e;
    memset(deep, '(', 4000);
    deep[4000] = '\0';
    assert_null(feel_parse(bus_strv(deep), &mem, &e));
}

static bool facts(void *data, struct bus_strv name, struct feel_value *ret)
{
    (void)data;
    if (name.n == 1 && name.p[0] >= 'p' && name.p[0] <= 'z') {
        *ret = feel_unknown(&mem, name.p[0] - 'p', -1);
        return true;
    }
    return false;
}

/* An unknown fact is a question; what it cannot change is answered. */
static void unknown_is_sound(void **state)
{
    (void)state;
    static const struct
    {
        const char *text, *want;
    } rows[] = {
        {"p > 1", "unknown"},
        {"p > 1 and false", "false"},
        {"p > 1 or true", "true"},
        {"p > 1 and null", "unknown"},
        {"if p > 1 then 5 else 5", "5"},
        {"if p > 1 then 5 else 6", "unknown"},
        {"count([p, 1])", "2"},
        {"sum([p, 1])", "unknown"},
        {"list contains([p, 1], 1)", "true"},
        {"list contains([p, 1], 2)", "unknown"},
        {"some x in [p, 5] satisfies x = 5", "true"},
        {"every x in [p, 5] satisfies x = 4", "false"},
        {"any([p = 1, true])", "true"},
        {"p in [1..5]", "unknown"},
        {"string length(p)", "unknown"},
        {"[1, 2][item > p]", "unknown"},
        {"not(p)", "unknown"},
        {"p instance of number", "unknown"},
        {"{a: p}.a + 1", "unknown"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feel_value v = eval_with(rows[i].text, facts);
        const char *got = feel_literal(&mem, &v);
        if (strcmp(got, rows[i].want) != 0) {
            print_error("%s\n", rows[i].text);
        }
        assert_string_equal(got, rows[i].want);
    }
    struct feel_value v = eval_with("p + q > r", facts);
    assert_int_equal(v.kind, FEEL_UNKNOWN);
    assert_int_equal(v.missing->n, 3);
}

static void unary_tests(void **state)
{
    (void)state;
    static const struct
    {
        const char *tests, *input, *want;
    } rows[] = {
        {"-", "1", "true"},
        {"< 5", "4", "true"},
        {"[1..3], 7", "7", "true"},
        {"not(1, 2)", "3", "true"},
        {"not(1, 2)", "2", "false"},
        {"\"a\", \"b\"", "\"b\"", "true"},
        {"? > 3 and ? < 5", "4", "true"},
        {"list contains(?, 2)", "[1, 2]", "true"},
        {"[1, 2]", "2", "true"},
        {"null", "null", "true"},
        {"!= 3", "4", "true"},
        {"true", "false", "false"},
        {"1 + 1 = 2", "\"any\"", "true"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feel_error e;
        struct feel_env env = {.mem = &mem};
        const struct feel_node *t =
            feel_parse_tests(bus_strv(rows[i].tests), NULL, &mem, &e);
        assert_non_null(t);
        struct feel_value in = eval(rows[i].input);
        struct feel_value v = feel_test(t, &env, &in);
        assert_string_equal(feel_literal(&mem, &v), rows[i].want);
    }
}

/* Every cut of a long expression is an error or a value, never more. */
static void truncated(void **state)
{
    (void)state;
    static const char text[] =
        "{a: for i in [1..3] return if i in (<2, 3) then \"x\\u00e9\" else "
        "date(\"2020-01-01\") + @\"P1D\", f: function(x: list<number>) x[1] "
        "instance of number, r: some y in a satisfies y = f(x: [1]), s: a[item "
        "= null].b}";
    for (size_t n = 0; n < sizeof(text); n++) {
        char *cut = malloc(n + 1); /* exact, for the sanitizer */
        struct feel_error e;
        struct feel_env env = {.mem = &mem};
        assert_non_null(cut);
        memcpy(cut, text, n);
        const struct feel_node *t =
            feel_parse((struct bus_strv){cut, n}, &mem, &e);
        if (t != NULL) {
            (void)feel_eval(t, &env);
        }
        assert_true((t != NULL) == (n + 1 == sizeof(text)));
        bus_arena_reset(&mem);
        free(cut);
    }
}

static int open_mem(void **state)
{
    (void)state;
    bus_arena_init(&mem, 1 << 16, 256u << 20);
    return 0;
}

static int close_mem(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),      cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(limits),      cmocka_unit_test(unknown_is_sound),
        cmocka_unit_test(unary_tests), cmocka_unit_test(truncated),
    };
    return cmocka_run_group_tests(tests, open_mem, close_mem);
}
