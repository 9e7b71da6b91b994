/* A payment that did not arrive says why in words, and what to do next. */
#include "tests/lib/check.h"

#include "bus/ledger/parts.h"
#include "tests/golden/county.h"

static json_t *reason_of(const char *code)
{
    struct bus_ledger_cases c = {.config = &k.config, .catalogue = k.c};
    struct bus_err err;
    json_t *d = json_pack("{s:[{s:s, s:s, s:s}]}", "payments", "item", "MZ01",
                          "outcome", "REJECTED", "reason", code);
    assert_non_null(d);
    if (bus_ledger_decorate(&c, d, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    json_t *r = json_incref(json_object_get(
        json_array_get(json_object_get(d, "payments"), 0), "reason"));
    json_decref(d);
    return r;
}

static const char *at(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

static void reasons_with_the_next_step(void **state)
{
    (void)state;
    static const char *const codes[] = {"AC01", "AC04", "AC06", "AM05",
                                        "BE01", "MD07", "NARR"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        json_t *r = reason_of(codes[i]);
        assert_string_equal(at(r, "code"), codes[i]);
        assert_non_null(strstr(at(r, "zh"), "下一步"));
        assert_non_null(strstr(at(r, "en"), "next: "));
        json_decref(r);
    }
}

static void another_banks_code_is_itself(void **state)
{
    (void)state;
    json_t *r = reason_of("ZZ99");
    assert_string_equal(at(r, "code"), "ZZ99");
    assert_string_equal(at(r, "zh"), "ZZ99");
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_with_the_next_step),
        cmocka_unit_test(another_banks_code_is_itself),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
