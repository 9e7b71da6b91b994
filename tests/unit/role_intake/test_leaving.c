/* What an officer says of who leaves: read as a membership_change, or told what
 * is wrong with it, and never with a number in it. */
#include "producers/intake/leaving.h"

#include <string.h>

#include "bus/wire/ids.h"
#include "tests/lib/check.h"

#define NOW INT64_C(1791511200000) /* 2026-10-09 */
#define KEY BUS_STRV("0123456789abcdef0123456789abcdef")
#define BY                                                               \
    "\"operator\":{\"operator_id\":\"op-1\",\"org_code\":\"371425101\"," \
    "\"role\":\"clerk\"}"
#define HEAD "\"head\":{\"id_no\":\"000000198001010028\"}"
#define WHO  "\"members\":[{\"id_no\":\"000000200501010022\"}]"

static struct bus_arena mem;

static int leaving(const char *text, struct sa_membership_change *c)
{
    struct bus_err err;
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    int rc = intake_leaving_read(j, KEY, NOW, &mem, c, &err);
    if (rc != BUS_OK) {
        assert_null(strstr(err.msg, "000000"));
        assert_true(err.msg[0] != '\0');
    }
    c->said_by = (struct sa_actor){0}; /* it was the JSON's */
    json_decref(j);
    return rc;
}

static void it_is_read(void **state)
{
    (void)state;
    struct sa_membership_change c, again, other;
    struct bus_id head = bus_wire_person_id(KEY, BUS_STRV("111"),
                                            BUS_STRV("000000198001010028")),
                  who = bus_wire_person_id(KEY, BUS_STRV("111"),
                                           BUS_STRV("000000200501010022"));
    struct bus_id home = bus_wire_household_id(KEY, &head);
    assert_int_equal(leaving("{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," HEAD
                             "," WHO "," BY "}",
                             &c),
                     BUS_OK);
    assert_int_equal(c.kind, SA_MEMBERSHIP_CHANGE_KIND_DEATH);
    assert_true(bus_id_eq(&c.household_id, &home));
    assert_int_equal(c.members.n, 1);
    assert_true(bus_id_eq(&c.members.v[0], &who));
    assert_int_equal(c.occurred_at, NOW);
    assert_int_equal(leaving("{" BY "," WHO "," HEAD
                             ",\"from\":\"2026-10-09\",\"kind\":\"DEATH\"}",
                             &again),
                     BUS_OK);
    assert_true(bus_id_eq(&c.event_id, &again.event_id));
    assert_int_equal(leaving("{\"kind\":\"MOVE\",\"from\":\"2026-10-09\"," HEAD
                             "," WHO "," BY "}",
                             &other),
                     BUS_OK);
    assert_false(bus_id_eq(&c.event_id, &other.event_id));
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"kind\":\"UNKNOWN\",\"from\":\"2026-10-09\"," HEAD "," WHO "," BY
        "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-10\"," HEAD "," WHO "," BY "}",
        "{\"kind\":\"DEATH\",\"from\":\"9.10.2026\"," HEAD "," WHO "," BY "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," WHO "," BY "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," HEAD
        ",\"members\":[]," BY "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," HEAD
        ",\"members\":[{\"id_no\":\"000000200501010022\"},"
        "{\"id_no\":\"0000002005 01010022\"}]," BY "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," HEAD "," WHO "}",
        "{\"kind\":\"DEATH\",\"from\":\"2026-10-09\"," HEAD "," WHO "," BY
        ",\"names\":\"000000\"}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct sa_membership_change c;
        if (leaving(wrong[i], &c) == BUS_OK) {
            fail_msg("row %zu is taken", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    bus_arena_init(&mem, 0, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return failed;
}
