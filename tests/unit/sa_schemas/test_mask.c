/* A masked record is still one of its schema, and holds nothing of a person. */
#include <string.h>

#include "bus/wire/codec.h"
#include "schemas/application.h"
#include "schemas/dead_letter.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/delivery_task.h"
#include "schemas/fact.h"
#include "schemas/household_state.h"
#include "schemas/personal.h"
#include "tests/lib/check.h"
#include "tests/lib/fill.h"

static struct bus_arena mem;

static void personal_fields(void **state)
{
    (void)state;
    struct bus_err err;
    struct sa_personal p = {
        .name = BUS_STRV("甲"),
        .id_no = BUS_STRV("000000199001010014"),
        .has_phone = true,
        .phone = BUS_STRV("1"),
        .has_account = true,
        .account = BUS_STRV("2"),
    };
    assert_int_equal(bus_wire_mask(&sa_personal_type, &p, &mem, &err), BUS_OK);
    assert_true(bus_strv_is(p.name, "***"));
    assert_true(bus_strv_is(p.id_no, "***"));
    assert_false(p.has_phone || p.has_account);
}

/* What people write in their own words may name anybody. */
static void free_text(void **state)
{
    (void)state;
    struct bus_err err;
    struct sa_application a = {.channel_reference = BUS_STRV("for Wang"),
                               .has_channel_evidence = true,
                               .channel_evidence = BUS_STRV("call 139")};
    struct sa_decision d = {.reason = BUS_STRV("his illness"),
                            .has_goods = true,
                            .goods = BUS_STRV("a wheelchair"),
                            .has_authority_ref = true,
                            .authority_ref = BUS_STRV("as Li said")};
    struct sa_delivery_task t = {.has_goods = true,
                                 .goods = BUS_STRV("a wheelchair")};
    struct sa_delivery_receipt r = {.has_signer_relation = true,
                                    .signer_relation = BUS_STRV("her son Li"),
                                    .has_reason = true,
                                    .reason = BUS_STRV("moved to Li")};
    assert_int_equal(bus_wire_mask(&sa_application_type, &a, &mem, &err), 0);
    assert_true(bus_strv_is(a.channel_reference, "***"));
    assert_false(a.has_channel_evidence);
    assert_int_equal(bus_wire_mask(&sa_decision_type, &d, &mem, &err), 0);
    assert_true(bus_strv_is(d.reason, "***"));
    assert_false(d.has_goods || d.has_authority_ref);
    assert_int_equal(bus_wire_mask(&sa_delivery_task_type, &t, &mem, &err), 0);
    assert_false(t.has_goods);
    assert_int_equal(bus_wire_mask(&sa_delivery_receipt_type, &r, &mem, &err),
                     0);
    assert_false(r.has_signer_relation || r.has_reason);
}

/* A fact's value says what somebody has: masked, but for who says what for.
 * Masked is not "known to be absent". */
static void values_of_facts(void **state)
{
    (void)state;
    struct bus_err err;
    struct bus_strv bytes;
    struct bus_buf masked = {0}, shown = {0};
    const struct bus_wire_type *t = &sa_fact_type;
    struct sa_fact f = {.name = BUS_STRV("member.diagnosis"),
                        .value = {.branch = 4},
                        .source = BUS_STRV("hospital")};
    f.value.u.string_value = BUS_STRV("a illness");
    assert_int_equal(bus_wire_type_ready(t, &err), BUS_OK);
    assert_int_equal(bus_wire_encode_arena(t, &f, &mem, &bytes, &err), BUS_OK);
    const struct bus_wire_schema *s = bus_wire_type_schema(t);
    assert_int_equal(bus_wire_print(s, bytes, true, &masked, &err), BUS_OK);
    assert_int_equal(bus_wire_print_facts(s, bytes, &shown, &err), BUS_OK);
    assert_null(strstr(bus_buf_cstr(&masked), "illness"));
    assert_non_null(strstr(bus_buf_cstr(&masked), "member.diagnosis"));
    assert_non_null(strstr(bus_buf_cstr(&shown), "a illness"));
    bus_buf_fini(&masked);
    bus_buf_fini(&shown);
    struct sa_fact n = f;
    assert_int_equal(bus_wire_mask_but_facts(t, &n, &mem, &err), BUS_OK);
    assert_true(bus_strv_is(n.value.u.string_value, "a illness"));
    n.value.branch = 2;
    n.value.u.long_value = 7;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(bus_wire_mask(t, i == 0 ? &f : &n, &mem, &err),
                         BUS_OK);
    }
    assert_int_equal(f.value.branch, 4);
    assert_true(bus_strv_is(f.value.u.string_value, "***"));
    assert_int_equal(n.value.branch, 4);
    assert_true(bus_strv_is(n.value.u.string_value, "***"));
}

static void what_is_inside_is_not_known(void **state)
{
    (void)state;
    struct bus_err err;
    struct sa_dead_letter d = {
        .has_value = true,
        .value = BUS_STRV("0123456789012345678901234567890123456789"),
        .has_key = true,
        .key = BUS_STRV("short"),
        .topic = BUS_STRV("qihe.applications"),
    };
    assert_int_equal(bus_wire_mask(&sa_dead_letter_type, &d, &mem, &err),
                     BUS_OK);
    assert_true(bus_strv_is(d.value, "(40 bytes)"));
    assert_true(bus_strv_is(d.key, "short"));
    assert_true(bus_strv_is(d.topic, "qihe.applications"));
}

/* Random records of the nested kinds: written, and read as the same. */
static void still_of_its_schema(void **state)
{
    (void)state;
    static const struct bus_wire_type *const types[] = {
        &sa_household_state_type, &sa_application_type, &sa_dead_letter_type,
        &sa_personal_type};
    struct fill f = {.mem = &mem, .seed = 77};
    struct bus_err err;
    for (int i = 0; i < 400; i++) {
        const struct bus_wire_type *t = types[i % 4];
        struct bus_strv bytes;
        struct bus_buf text = {0};
        void *back = NULL;
        assert_int_equal(bus_wire_type_ready(t, &err), BUS_OK);
        void *record = fill_record(&f, t);
        assert_int_equal(bus_wire_mask(t, record, &mem, &err), BUS_OK);
        assert_int_equal(bus_wire_encode_arena(t, record, &mem, &bytes, &err),
                         BUS_OK);
        assert_int_equal(bus_wire_decode_own(t, bytes, &mem, &back, &err),
                         BUS_OK);
        /* The tap finds nothing left to seal. */
        assert_int_equal(
            bus_wire_print(bus_wire_type_schema(t), bytes, true, &text, &err),
            BUS_OK);
        assert_null(strstr(bus_buf_cstr(&text), "(sealed)"));
        bus_buf_fini(&text);
        bus_arena_reset(&mem);
    }
}

int main(void)
{
    bus_arena_init(&mem, 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(personal_fields),
        cmocka_unit_test(free_text),
        cmocka_unit_test(values_of_facts),
        cmocka_unit_test(what_is_inside_is_not_known),
        cmocka_unit_test(still_of_its_schema),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return rc;
}
