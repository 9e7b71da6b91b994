/* Schemas as they were: every program reads what an earlier one wrote. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/role/types.h"
#include "schemas/earlier.h"
#include "schemas/household_state.h"

#define BEFORE_JUDGED_ON 92

static const char *bare(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void each_is_read_as_what_it_became(void **state)
{
    (void)state;
    struct bus_err err;
    for (const struct sa_earlier *e = sa_earlier; e->json != NULL; e++) {
        struct bus_wire_set *set = bus_wire_set_new();
        const struct bus_wire_schema *was = NULL;
        assert_null(bus_role_types_by_id(e->id)); /* an id stays what it was */
        assert_int_equal(bus_wire_set_parse(set, bus_strv(e->json), &was, &err),
                         BUS_OK);
        bool found = false;
        for (const struct bus_wire_type *const *t = bus_role_types_all(); *t;
             t++) {
            if (strcmp(bare((*t)->name), bare(was->name)) == 0) {
                found = true;
                assert_int_equal(bus_wire_type_ready(*t, &err), BUS_OK);
                if (bus_wire_resolvable(was, bus_wire_type_schema(*t), &err) !=
                    BUS_OK) {
                    fail_msg("%u: %s", e->id, err.msg);
                }
            }
        }
        assert_true(found);
        bus_wire_set_free(set);
    }
}

/* Written before there were `judged_on`, `consent`, `disputed` and
 * `withdrawn`, the last fields: a byte each. */
static void an_earlier_state(void **state)
{
    (void)state;
    struct bus_arena mem;
    struct bus_err err;
    struct bus_strv framed;
    void *record = NULL;
    struct sa_fact fact = {.name = BUS_STRV("household.area"),
                           .source = BUS_STRV("declared")};
    struct sa_household_state st = {.sequence = 7,
                                    .division_code = BUS_STRV("371425101001"),
                                    .case_no = 2,
                                    .case_open = true,
                                    .facts_version = 3,
                                    .catalogue_version = BUS_STRV("0123")};
    st.facts.v = &fact;
    st.facts.n = 1;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(bus_wire_encode_framed(&sa_household_state_type, &st, &mem,
                                            &framed, &err),
                     BUS_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(framed.p[--framed.n], 0);
    }
    struct bus_wire_registry *r = bus_role_types_registry();
    assert_int_not_equal(bus_wire_decode(r, &sa_household_state_type, framed,
                                         &mem, &record, &err),
                         BUS_OK); /* under the present id it is cut short */
    (void)bus_wire_frame_at(BEFORE_JUDGED_ON, (uint8_t *)(uintptr_t)framed.p);
    if (bus_wire_decode(r, &sa_household_state_type, framed, &mem, &record,
                        &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    const struct sa_household_state *back = record;
    assert_int_equal(back->sequence, 7);
    assert_int_equal(back->case_no, 2);
    assert_true(bus_strv_eq(back->facts.v[0].name, fact.name));
    assert_true(bus_strv_is(back->catalogue_version, "0123"));
    assert_int_equal(back->judged_on, 0);
    assert_true(back->consent && back->disputed.n == 0);
    bus_wire_registry_free(r);
    bus_arena_fini(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_read_as_what_it_became),
        cmocka_unit_test(an_earlier_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
