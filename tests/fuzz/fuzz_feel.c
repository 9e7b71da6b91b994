/* FEEL text, as an expression and as unary tests: a tree or one error inside
 * the text; evaluated within its limits; its value can be shown. */
#include "bus/feel/feel.h"
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"
#include "tests/fuzz/fuzz.h"

static bool global(void *data, struct bus_strv name, struct feel_value *ret)
{
    static struct feel_value list[3];
    (void)data;
    list[0] = feel_long(1);
    list[1] = feel_string(BUS_STRV("莲藕"));
    list[2] = feel_null;
    if (bus_strv_is(name, "n")) {
        *ret = feel_long(-7);
    } else if (bus_strv_is(name, "s")) {
        *ret = list[1];
    } else if (bus_strv_is(name, "l")) {
        *ret = feel_list_of(list, 3);
    } else if (bus_strv_is(name, "家庭月人均收入") ||
               bus_strv_is(name, "income per head")) {
        *ret = feel_long(860);
    } else {
        return false;
    }
    return true;
}

static void run(struct bus_strv text, bool tests)
{
    static const struct bus_strv known[] = {BUS_STRV("income per head")};
    const struct feel_names names = {.names = known, .count = 1};
    struct bus_arena mem;
    struct feel_error e = {0};
    struct feel_value now, v, input = feel_long(5);
    bus_arena_init(&mem, 0, 64u << 20);
    fuzz_true(feel_date_time_parse(&mem, BUS_STRV("2026-07-01T08:00:00+08:00"),
                                   &now));
    struct feel_env env = {.mem = &mem, .global = global, .now = &now};
    const struct feel_node *n = tests ? feel_parse_tests(text, &names, &mem, &e)
                                      : feel_parse_in(text, &names, &mem, &e);
    if (n == NULL) {
        fuzz_true(e.text[0] != '\0' && e.offset <= text.n);
    } else {
        v = tests ? feel_test(n, &env, &input) : feel_eval(n, &env);
        (void)feel_literal(&mem, &v);
        (void)feel_equal(&mem, &v, &input);
    }
    bus_arena_fini(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(fuzz_view(data, size), false);
    run(fuzz_view(data, size), true);
    return 0;
}
