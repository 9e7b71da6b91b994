/* What a household says of its own case, as JSON: read by the table, or told
 * what is wrong, each fault at its place and never with what was written. */
#include "producers/intake/requests/request_form.h"

#include <string.h>

#include "tests/lib/check.h"
#include "tests/lib/county.h"

#define NOW    INT64_C(1791511200000) /* 2026-10-09 */
#define KEY    BUS_STRV("0123456789abcdef0123456789abcdef")
#define ID     "\"application_id\":\"0198c0de-0000-7000-8000-000000000000\""
#define SECRET "135246"

static struct county county;
static struct form_index ix;
static struct bus_arena mem;

static struct form_rules rules(void)
{
    return (struct form_rules){.config = &county.config,
                               .index = &ix,
                               .person_key = KEY,
                               .now_ms = NOW};
}

static struct request_form *read_it(json_t *j)
{
    struct request_form *f = bus_arena_calloc(&mem, 1, sizeof(*f));
    struct form_rules r = rules();
    struct bus_err err;
    assert_int_equal(intake_request_read(&r, j, &mem, f, &err), BUS_OK);
    return f;
}

/* The pointers and codes of its faults: "/item MISSING". */
static void faulty(const char *text, const char *fault)
{
    json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(j);
    const struct request_form *f = read_it(j);
    char got[200];
    assert_true(f->form.fault_count > 0);
    const struct intake_form_fault *one = &f->form.faults[0];
    (void)snprintf(got, sizeof(got), "%s %s", one->pointer, one->code);
    assert_string_equal(got, fault);
    assert_true(one->zh[0] != '\0' && one->en[0] != '\0');
    assert_null(strstr(one->zh, SECRET));
    assert_null(strstr(one->en, SECRET));
    json_decref(j);
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    faulty("[]", " REQUEST");
    faulty("{}", "/application_id MISSING");
    faulty("{" ID "}", "/kind MISSING");
    faulty("{" ID ",\"kind\":\"DESTROY\"}", "/kind KIND");
    faulty("{" ID ",\"kind\":\"OBJECT\",\"reason\":\"x\"}", "/item MISSING");
    faulty("{" ID ",\"kind\":\"OBJECT\",\"item\":\"MZ01\"}", "/reason MISSING");
    faulty("{" ID ",\"kind\":\"WITHDRAW\",\"item\":\"ZZ99\"}", "/item ITEM");
    faulty("{" ID ",\"kind\":\"WITHDRAW\",\"facts\":{\"area\":\"rural\"}}",
           "/facts NOT_HERE");
    faulty("{" ID ",\"kind\":\"SUPPLEMENT\"}", "/facts MISSING");
    faulty("{" ID ",\"kind\":\"SUPPLEMENT\",\"item\":\"MZ01\","
           "\"facts\":{\"area\":\"rural\"}}",
           "/item NOT_HERE");
    faulty("{" ID ",\"kind\":\"WITHDRAW\",\"household_id\":\"x\"}",
           "/household_id FIELD_UNKNOWN");
    faulty("{" ID ",\"kind\":\"WITHDRAW\",\"id_last\":\"" SECRET "9\"}",
           "/id_last TEXT");
    faulty("{\"application_id\":\"" SECRET
           "-aaaa-bbbb-cccc-dddddddddddddd\",\"kind\":\"WITHDRAW\"}",
           "/application_id ID");
}

static void of_its_members(void **state)
{
    (void)state;
    struct bus_ledger_household of = {.household_id = {{'h', 1}},
                                      .case_id = {{'c', 1}},
                                      .members = {{{'p', 1}}, {{'p', 2}}},
                                      .members_count = 2};
    struct sa_household_request event, again;
    struct form_rules r = rules();
    struct bus_err err;
    json_t *j = json_loads(
        "{" ID ",\"kind\":\"SUPPLEMENT\",\"facts\":{\"area\":\"rural\"},"
        "\"member_facts\":{\"2\":{\"serious_illness\":true}}}",
        0, NULL);
    struct request_form *f = read_it(j);
    assert_int_equal(f->form.fault_count, 0);
    assert_int_equal(intake_request_event(&r, f, &of, &mem, &event, &err),
                     BUS_OK);
    assert_int_equal(f->form.fault_count, 0);
    assert_int_equal(event.facts.n, 2);
    assert_true(bus_strv_is(event.facts.v[0].name, "household.area"));
    assert_true(bus_strv_is(event.facts.v[0].source, "declared"));
    assert_true(bus_id_eq(&event.facts.v[1].member, &of.members[1]));
    assert_int_equal(event.occurred_at, NOW);
    assert_int_equal(intake_request_event(&r, f, &of, &mem, &again, &err),
                     BUS_OK);
    assert_false(bus_id_eq(&event.event_id, &again.event_id));
    of.members_count = 1; /* no second one */
    assert_int_equal(intake_request_event(&r, f, &of, &mem, &again, &err),
                     BUS_OK);
    assert_int_equal(f->form.fault_count, 1);
    assert_string_equal(f->form.faults[0].pointer, "/member_facts/2");
    json_decref(j);
}

static int opened(void **state)
{
    (void)state;
    struct bus_err err;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    bus_arena_init(&mem, 1 << 20, 0);
    return county_open(&county, getenv("LIANOU_SOURCE")) &&
                   intake_form_index_init(&ix, &county.config, &err) == BUS_OK
               ? 0
               : -1;
}

static int closed(void **state)
{
    (void)state;
    intake_form_index_fini(&ix);
    county_close(&county);
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_wrong_is_told),
                                       cmocka_unit_test(of_its_members)};
    return cmocka_run_group_tests(tests, opened, closed);
}
