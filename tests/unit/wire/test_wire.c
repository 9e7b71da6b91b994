#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/wire/codec.h"
#include "bus/wire/framing.h"
#include "bus/wire/keyring.h"
#include "bus/wire/schema.h"
#include "tests/lib/check.h"

static const struct bus_wire_schema *parse(struct bus_wire_set *set,
                                           const char *text)
{
    const struct bus_wire_schema *s = NULL;
    struct bus_err err;
    if (bus_wire_set_parse(set, bus_strv(text), &s, &err) != BUS_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    return s;
}

static void canonical_form_and_fingerprint(void **state)
{
    (void)state;
    struct bus_wire_set *set = bus_wire_set_new();
    struct bus_buf out = {0};
    struct bus_err err;
    const struct bus_wire_schema *s =
        parse(set, "{\"type\":\"fixed\",\"namespace\":\"x.y\",\"doc\":\"d\","
                   "\"size\":16,\"name\":\"md5\"}");
    assert_int_equal(bus_wire_schema_canonical(s, &out, &err), BUS_OK);
    assert_string_equal(
        bus_buf_cstr(&out),
        "{\"name\":\"x.y.md5\",\"type\":\"fixed\",\"size\":16}");
    /* The published fingerprint of "int" in canonical form. */
    assert_true(bus_wire_crc64("\"int\"", 5) == UINT64_C(0x7275d51a3f395c8f));
    assert_true(bus_wire_crc64("\"null\"", 6) == UINT64_C(0x63dd24e7cc258f8a));
    bus_buf_fini(&out);
    bus_wire_set_free(set);
}

static void bad_schemas_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "\"nothing\"",
        "[]",
        "[\"int\",\"int\"]",
        "[\"null\",[\"null\",\"int\"]]",
        "{\"type\":\"record\",\"name\":\"a b\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"x\","
        "\"type\":\"int\"},{\"name\":\"x\",\"type\":\"int\"}]}",
        "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"A\"]}",
        "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\"],"
        "\"default\":\"B\"}",
        "{\"type\":\"fixed\",\"name\":\"f\",\"size\":-1}",
        "{\"type\":\"fixed\",\"name\":\"f\",\"size\":99999999999}",
        "{\"type\":\"array\"}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"x\","
        "\"type\":\"int\",\"default\":\"no\"}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bus_wire_set *set = bus_wire_set_new();
        const struct bus_wire_schema *s = NULL;
        struct bus_err err;
        int rc = bus_wire_set_parse(set, bus_strv(bad[i]), &s, &err);
        if (bus_err_act((enum bus_errc)rc) != BUS_ACT_REJECT) {
            fail_msg("taken: %s", bad[i]);
        }
        bus_wire_set_free(set);
    }
}

static void resolution_follows_the_specification(void **state)
{
    (void)state;
    static const struct
    {
        const char *w, *r;
        bool fits;
    } cases[] = {
        {"\"int\"", "\"long\"", true},
        {"\"long\"", "\"int\"", false},
        {"\"string\"", "\"bytes\"", true},
        {"\"int\"", "[\"null\",\"double\"]", true},
        {"[\"null\",\"int\"]", "\"int\"", false},
        {"[\"int\"]", "\"int\"", true},
        {"{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
         "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"x\","
         "\"type\":\"int\"}]}",
         false},
        {"{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
         "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"x\","
         "\"type\":\"int\",\"default\":1}]}",
         true},
        {"{\"type\":\"record\",\"name\":\"old\",\"fields\":[]}",
         "{\"type\":\"record\",\"name\":\"new\",\"aliases\":[\"old\"],"
         "\"fields\":[]}",
         true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bus_wire_set *a = bus_wire_set_new(), *b = bus_wire_set_new();
        struct bus_err err;
        int rc = bus_wire_resolvable(parse(a, cases[i].w), parse(b, cases[i].r),
                                     &err);
        assert_int_equal(rc == BUS_OK, cases[i].fits);
        bus_wire_set_free(a);
        bus_wire_set_free(b);
    }
}

static void person_ids_need_the_key(void **state)
{
    (void)state;
    struct bus_id a = bus_wire_person_id(BUS_STRV("k1"), BUS_STRV("111"),
                                         BUS_STRV("000000199001010014"));
    struct bus_id b = bus_wire_person_id(BUS_STRV("k2"), BUS_STRV("111"),
                                         BUS_STRV("000000199001010014"));
    struct bus_id c = bus_wire_person_id(BUS_STRV("k1"), BUS_STRV("111"),
                                         BUS_STRV("000000199001010014"));
    assert_false(bus_id_eq(&a, &b));
    assert_true(bus_id_eq(&a, &c));
    /* RFC 4231, test case 2. */
    uint8_t mac[32];
    struct bus_strv part = BUS_STRV("what do ya want for nothing?");
    bus_wire_hmac_sha256(BUS_STRV("Jefe"), &part, 1, mac);
    assert_int_equal(mac[0], 0x5b);
    assert_int_equal(mac[31], 0x43);
}

static void *derive(void *data)
{
    *(struct bus_id *)data = bus_wire_draft_id(BUS_STRV("x"));
    return NULL;
}

/* What a thread keeps for its digests goes with it: LeakSanitizer tells. */
static void threads_derive_the_same_and_leave_nothing(void **state)
{
    (void)state;
    struct bus_id mine, theirs;
    (void)derive(&mine);
    for (int i = 0; i < 3; i++) {
        pthread_t t;
        assert_int_equal(pthread_create(&t, NULL, derive, &theirs), 0);
        assert_int_equal(pthread_join(t, NULL), 0);
        assert_memory_equal(&mine, &theirs, sizeof(mine));
    }
}

static void framing_and_envelope(void **state)
{
    (void)state;
    uint32_t id = 0;
    struct bus_strv body;
    struct bus_err err;
    uint8_t f[6] = {0};
    (void)bus_wire_frame_at(0x01020304, f);
    assert_int_equal(
        bus_wire_unframe((struct bus_strv){(char *)f, 6}, &id, &body, &err),
        BUS_OK);
    assert_int_equal(id, 0x01020304);
    assert_int_equal(body.n, 1);
    f[0] = 1;
    assert_int_equal(
        bus_wire_unframe((struct bus_strv){(char *)f, 6}, &id, &body, &err),
        BUS_EPARSE);
    assert_int_equal(
        bus_wire_unframe((struct bus_strv){(char *)f, 4}, &id, &body, &err),
        BUS_ETRUNCATED);
    struct bus_wire_envelope e = {.id = BUS_STRV("x"),
                                  .traceparent = BUS_STRV("t")},
                             back;
    struct bus_wire_header h[BUS_WIRE_HEADERS_MAX];
    size_t n = bus_wire_envelope_headers(&e, h);
    assert_int_equal(n, 4);
    bus_wire_envelope_read(h, n, &back);
    assert_true(bus_strv_is(back.id, "x"));
    assert_true(bus_strv_is(back.traceparent, "t"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_form_and_fingerprint),
        cmocka_unit_test(bad_schemas_are_refused),
        cmocka_unit_test(resolution_follows_the_specification),
        cmocka_unit_test(person_ids_need_the_key),
        cmocka_unit_test(threads_derive_the_same_and_leave_nothing),
        cmocka_unit_test(framing_and_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
