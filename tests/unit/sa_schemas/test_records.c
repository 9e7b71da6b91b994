/* The generated types: every record round-trips, every truncation of its bytes
 * is a clean error, hostile lengths allocate nothing. */
#include <stddef.h>
#include <string.h>

#include "bus/wire/codec.h"
#include "bus/wire/framing.h"
#include "schemas/application.h"
#include "schemas/household_state.h"
#include "tests/lib/check.h"

static struct bus_strv sample(struct bus_arena *mem)
{
    struct sa_member members[2] = {{.relation = BUS_STRV("0"), .head = true},
                                   {.relation = BUS_STRV("1")}};
    struct sa_fact facts[3] = {
        {.name = BUS_STRV("household.area"), .source = BUS_STRV("declared")},
        {.name = BUS_STRV("member.disabled"), .has_member = true},
        {.name = BUS_STRV("member.birth_date"), .as_of = 20000},
    };
    facts[0].value.branch = SA_FACT_VALUE_STRING;
    facts[0].value.u.string_value = BUS_STRV("农村");
    facts[1].value.branch = SA_FACT_VALUE_BOOLEAN;
    facts[1].value.u.boolean_value = true;
    facts[2].value.branch = SA_FACT_VALUE_INT;
    facts[2].value.u.int_value = -3;
    struct sa_application a = {
        .channel = SA_CHANNEL_SPOKEN,
        .channel_reference = BUS_STRV("S-1"),
        .has_channel_evidence = true,
        .channel_evidence = BUS_STRV("read back"),
        .division_code = BUS_STRV("371425101001"),
        .occurred_at = INT64_C(1600000000000),
    };
    a.members.v = members;
    a.members.n = 2;
    a.facts.v = facts;
    a.facts.n = 3;
    struct bus_strv bytes;
    struct bus_err err;
    if (bus_wire_encode_arena(&sa_application_type, &a, mem, &bytes, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return bytes;
}

static void a_record_comes_back(void **state)
{
    (void)state;
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    struct bus_err err;
    struct bus_strv bytes = sample(&mem), again;
    void *record = NULL;
    if (bus_wire_decode_own(&sa_application_type, bytes, &mem, &record, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    const struct sa_application *a = record;
    assert_int_equal(a->facts.n, 3);
    assert_true(bus_strv_is(a->facts.v[0].value.u.string_value, "农村"));
    assert_int_equal(a->facts.v[2].value.u.int_value, -3);
    assert_true(a->has_channel_evidence);
    assert_false(a->has_helper);
    assert_int_equal(
        bus_wire_encode_arena(&sa_application_type, a, &mem, &again, &err),
        BUS_OK);
    assert_int_equal(again.n, bytes.n);
    assert_memory_equal(again.p, bytes.p, bytes.n);
    bus_arena_fini(&mem);
}

/* Array a->facts written once and put back gives the same record. */
static void
check_encoded(struct sa_application *a, struct bus_arena *mem, uint32_t ends[3])
{
    struct bus_strv plain, facts, again;
    struct bus_err err;
    assert_int_equal(
        bus_wire_encode_arena(&sa_application_type, a, mem, &plain, &err),
        BUS_OK);
    assert_int_equal(
        bus_wire_encode_field(&sa_application_type, a,
                              offsetof(struct sa_application, facts), mem, ends,
                              &facts, &err),
        BUS_OK);
    assert_int_equal(facts.p[0], 6); /* three, as a zigzag */
    assert_int_equal(ends[2], facts.n - 1);
    assert_int_equal(facts.p[facts.n - 1], 0);
    assert_memory_equal(facts.p + ends[0] + 1, "member.disabled", 15);
    struct sa_application other = *a;
    other.facts.v = (void *)&facts;
    other.facts.n = BUS_WIRE_ENCODED;
    assert_int_equal(
        bus_wire_encode_arena(&sa_application_type, &other, mem, &again, &err),
        BUS_OK);
    assert_int_equal(again.n, plain.n);
    assert_memory_equal(again.p, plain.p, plain.n);
}

static void an_encoded_array_is_the_array(void **state)
{
    (void)state;
    static char large[2000];
    struct bus_arena mem;
    struct bus_err err;
    void *record = NULL;
    uint32_t ends[3];
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(bus_wire_decode_own(&sa_application_type, sample(&mem),
                                         &mem, &record, &err),
                     BUS_OK);
    struct sa_application *a = record;
    check_encoded(a, &mem, ends);
    memset(large, 'x', sizeof(large)); /* more than is guessed of three */
    for (size_t n = 0; n < sizeof(large); n += 37) {
        a->facts.v[2].source = (struct bus_strv){large, n};
        check_encoded(a, &mem, ends);
        (void)bus_arena_alloc(&mem, 40 + n % 700); /* ends of blocks vary */
    }
    bus_arena_fini(&mem);
}

/* Where less is left of a block than a record takes, another is taken. */
static void a_block_is_never_overrun(void **state)
{
    (void)state;
    static const char text[16] = "0123456789abcde";
    struct bus_arena mem, tight;
    struct bus_strv plain, again;
    struct bus_err err;
    void *record = NULL;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(bus_wire_decode_own(&sa_application_type, sample(&mem),
                                         &mem, &record, &err),
                     BUS_OK);
    struct sa_application *a = record;
    for (size_t n = 0; n < sizeof(text); n++) {
        a->facts.v[2].source = (struct bus_strv){text, n};
        assert_int_equal(
            bus_wire_encode_arena(&sa_application_type, a, &mem, &plain, &err),
            BUS_OK);
        for (size_t left = 0; left < plain.n + 512; left += 16) {
            size_t rest = 0;
            bus_arena_init(&tight, 4096, 0);
            (void)bus_arena_alloc(&tight, 1);
            (void)bus_arena_rest(&tight, &rest);
            assert_true(rest > left);
            (void)bus_arena_alloc(&tight, rest - left);
            assert_int_equal(bus_wire_encode_arena(&sa_application_type, a,
                                                   &tight, &again, &err),
                             BUS_OK);
            assert_int_equal(again.n, plain.n);
            assert_memory_equal(again.p, plain.p, plain.n);
            bus_arena_fini(&tight);
        }
    }
    bus_arena_fini(&mem);
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    struct bus_arena mem, scratch;
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&scratch, 0, 1 << 20);
    struct bus_strv bytes = sample(&mem);
    for (size_t n = 0; n < bytes.n; n++) {
        char *cut = test_malloc(n + 1);
        memcpy(cut, bytes.p, n);
        struct bus_err err;
        void *record = NULL;
        bus_arena_reset(&scratch);
        int rc =
            bus_wire_decode_own(&sa_application_type, (struct bus_strv){cut, n},
                                &scratch, &record, &err);
        assert_int_equal(bus_err_act((enum bus_errc)rc), BUS_ACT_REJECT);
        test_free(cut);
    }
    bus_arena_fini(&mem);
    bus_arena_fini(&scratch);
}

static void flipped_bytes_never_crash(void **state)
{
    (void)state;
    struct bus_arena mem, scratch;
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&scratch, 0, 8 << 20);
    struct bus_strv bytes = sample(&mem);
    uint8_t *copy = test_malloc(bytes.n);
    uint32_t seed = 12345;
    for (int round = 0; round < 20000; round++) {
        memcpy(copy, bytes.p, bytes.n);
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525u + 1013904223u;
            copy[(seed >> 8) % bytes.n] = (uint8_t)(seed >> 24);
        }
        void *record = NULL;
        struct bus_err err;
        bus_arena_reset(&scratch);
        int rc = bus_wire_decode_own(&sa_application_type,
                                     (struct bus_strv){(char *)copy, bytes.n},
                                     &scratch, &record, &err);
        assert_true(rc == BUS_OK ||
                    bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
    }
    test_free(copy);
    bus_arena_fini(&mem);
    bus_arena_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back),
        cmocka_unit_test(an_encoded_array_is_the_array),
        cmocka_unit_test(a_block_is_never_overrun),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(flipped_bytes_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
