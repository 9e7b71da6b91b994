/* What a broken or hostile message can do: a clean error, little memory, no
 * long loop; by a plan that reads it, by one that skips it, and by a tap. Each
 * of these inputs has once brought down, or cost gigabytes to, an Avro library
 * in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/wire/framing.h"
#include "tests/lib/check.h"
#include "tests/lib/lay.h"

#define MEMORY_MAX (256u << 10) /* what a short message may take */

/* A schema of a record with one field of this type. */
static void around(const char *field, char *to, size_t cap)
{
    (void)snprintf(to, cap,
                   "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":"
                   "\"f\",\"type\":%s}]}",
                   field);
}

static const struct bus_wire_schema *
parse(struct bus_wire_set *set, const char *text, struct bus_err *err)
{
    const struct bus_wire_schema *s = NULL;
    if (bus_wire_set_parse(set, bus_strv(text), &s, err) != BUS_OK) {
        fail_msg("%s: %s", text, err->msg);
    }
    return s;
}

/* Decodes bytes of a writer with the field, as a reader that has it or (skips)
 * has not. Copies them so that a byte too far is seen. */
static int decode(const char *field,
                  bool skips,
                  struct bus_strv bytes,
                  struct bus_arena *mem,
                  struct bus_err *err)
{
    char w[4096];
    const char *r = "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}";
    around(field, w, sizeof(w));
    r = skips ? r : w;
    struct bus_wire_set *a = bus_wire_set_new(), *b = bus_wire_set_new();
    struct bus_arena lay_mem;
    struct bus_wire_runtime *runtime = NULL;
    struct bus_wire_type type;
    struct bus_wire_plan *plan = NULL;
    void *record = NULL;
    bus_arena_init(&lay_mem, 0, 0);
    const struct bus_wire_schema *ws = parse(a, w, err);
    char *copy = test_malloc(bytes.n + 1);
    memcpy(copy, bytes.p, bytes.n);
    assert_true(lay_type(parse(b, r, err), r, &lay_mem, &runtime, &type));
    int rc = bus_wire_plan_new(ws, &type, &plan, err);
    if (rc == BUS_OK) {
        rc = bus_wire_plan_decode(plan, (struct bus_strv){copy, bytes.n}, mem,
                                  &record, err);
    }
    test_free(copy);
    bus_wire_plan_free(plan);
    bus_wire_type_drop(&type);
    bus_arena_fini(&lay_mem);
    bus_wire_set_free(a);
    bus_wire_set_free(b);
    return rc;
}

static int print(const char *field,
                 struct bus_strv bytes,
                 size_t most,
                 struct bus_err *err)
{
    char w[4096];
    struct bus_buf out;
    around(field, w, sizeof(w));
    struct bus_wire_set *set = bus_wire_set_new();
    bus_buf_init(&out, most);
    int rc = bus_wire_print(parse(set, w, err), bytes, true, &out, err);
    bus_buf_fini(&out);
    bus_wire_set_free(set);
    return rc;
}

#define ENUM  "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"B\"]}"
#define NULLS "{\"type\":\"array\",\"items\":\"null\"}"
#define EMPTIES                                                          \
    "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"z\"," \
    "\"fields\":[]}}"
#define LONGS      "{\"type\":\"array\",\"items\":\"long\"}"
#define STRINGS    "{\"type\":\"map\",\"values\":\"string\"}"
#define HUGE_COUNT "\x80\x84\xaf\xbe\x01" /* 2e8 */
#define B(lit)     BUS_STRV(lit)

struct hostile
{
    const char *field;
    struct bus_strv bytes;
    int reads, skips, prints; /* the code of each way; BUS_OK: it is taken */
};

static const struct hostile hostile[] = {
    /* enums out of range */
    {ENUM, {"\x01", 1}, BUS_ERANGE, BUS_OK, BUS_ERANGE},
    {ENUM, {"\x04", 1}, BUS_ERANGE, BUS_OK, BUS_ERANGE},
    {ENUM, {"\xfe\xff\xff\xff\x0f", 5}, BUS_ERANGE, BUS_OK, BUS_ERANGE},
    /* unions out of range */
    {"[\"null\",\"int\"]", {"\x01", 1}, BUS_ERANGE, BUS_ERANGE, BUS_ERANGE},
    {"[\"null\",\"int\"]", {"\x04", 1}, BUS_ERANGE, BUS_ERANGE, BUS_ERANGE},
    /* 2e8 items that take no bytes */
    {NULLS, {HUGE_COUNT, 5}, BUS_ETOOBIG, BUS_ETOOBIG, BUS_ETOOBIG},
    {EMPTIES, {HUGE_COUNT, 5}, BUS_ETOOBIG, BUS_ETOOBIG, BUS_ETOOBIG},
    /* a count over what is left */
    {LONGS,
     {HUGE_COUNT "\x02\x02", 7},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    {STRINGS,
     {HUGE_COUNT "\x02\x02", 7},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    /* the smallest count there is has no positive twin */
    {LONGS,
     {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11},
     BUS_ERANGE,
     BUS_ERANGE,
     BUS_ETRUNCATED},
    /* lengths: -1, the smallest, 16 GB, one too many */
    {"\"string\"", {"\x01", 1}, BUS_ETRUNCATED, BUS_ETRUNCATED, BUS_ETRUNCATED},
    {"\"bytes\"",
     {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    {"\"string\"",
     {"\x80\x80\x80\x80\x80\x01", 6},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    {"\"bytes\"",
     {"\x08"
      "abc",
      4},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    /* numbers */
    {"\"long\"",
     {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
     BUS_ERANGE,
     BUS_ERANGE,
     BUS_ERANGE},
    {"\"int\"", {"\x80\x80\x80\x80\x10", 5}, BUS_ERANGE, BUS_OK, BUS_OK},
    {"\"boolean\"", {"\x09", 1}, BUS_ERANGE, BUS_OK, BUS_OK},
    {"\"double\"",
     {"\0\0\0\0\0\0\0", 7},
     BUS_ETRUNCATED,
     BUS_ETRUNCATED,
     BUS_ETRUNCATED},
    /* text and keys that are no UTF-8: overlong, surrogate, cut short */
    {"\"string\"", {"\x04\xc0\x80", 3}, BUS_EPARSE, BUS_OK, BUS_OK},
    {"\"string\"", {"\x06\xed\xa0\x80", 4}, BUS_EPARSE, BUS_OK, BUS_OK},
    {"\"string\"", {"\x04\xe8\x8e", 3}, BUS_EPARSE, BUS_OK, BUS_OK},
    {STRINGS, {"\x02\x04\xc0\x80\x00\x00", 6}, BUS_EPARSE, BUS_OK, BUS_OK},
    /* more than the value */
    {"\"null\"", {"\x00", 1}, BUS_EPARSE, BUS_EPARSE, BUS_EPARSE},
};

static void known_inputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        const struct hostile *h = &hostile[i];
        for (int way = 0; way < 3; way++) {
            struct bus_arena mem;
            struct bus_err err = {0};
            bus_arena_init(&mem, 0, 0);
            int want = way == 0 ? h->reads : way == 1 ? h->skips : h->prints;
            int rc = way < 2 ? decode(h->field, way == 1, h->bytes, &mem, &err)
                             : print(h->field, h->bytes, MEMORY_MAX, &err);
            if (rc != want || mem.held_bytes > MEMORY_MAX) {
                fail_msg("%zu, way %d, %s: %s, not %s (%s), %zu bytes held", i,
                         way, h->field, bus_errc_name((enum bus_errc)rc),
                         bus_errc_name((enum bus_errc)want), err.msg,
                         mem.held_bytes);
            }
            bus_arena_fini(&mem);
        }
    }
}

/* 2 MB of 0x02 over a type that holds itself: each byte one level deeper. */
static void deep_values(void **state)
{
    (void)state;
    static const char *const nodes[] = {
        "{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"x\","
        "\"type\":[\"null\",\"n\"]}]}",
        "{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"x\","
        "\"type\":{\"type\":\"array\",\"items\":\"n\"}}]}",
    };
    size_t n = 2u << 20;
    char *bytes = test_malloc(n);
    memset(bytes, 2, n);
    for (size_t i = 0; i < 2; i++) {
        struct bus_arena mem;
        struct bus_err err;
        bus_arena_init(&mem, 0, 0);
        assert_int_equal(
            decode(nodes[i], true, (struct bus_strv){bytes, n}, &mem, &err),
            BUS_ETOOBIG);
        assert_true(mem.held_bytes <= MEMORY_MAX);
        assert_int_equal(print(nodes[i], (struct bus_strv){bytes, n}, 0, &err),
                         BUS_ETOOBIG);
        bus_arena_fini(&mem);
    }
    test_free(bytes);
}

/* Empty arrays of nothing, a million of them, each announcing as much as is
 * allowed once: the limit is of the message. */
static void zero_items_add_up(void **state)
{
    (void)state;
    static const char field[] = "{\"type\":\"array\",\"items\":" NULLS "}";
    enum { MANY = 10000 };
    char bytes[4 + 3 * MANY], *p = bytes;
    memcpy(p, "\xa0\x9c\x01", 3); /* 10 000 */
    p += 3;
    for (int i = 0; i < MANY; i++, p += 3) {
        memcpy(p, "\x80\x20\x00", 3); /* 2048 items, then the end */
    }
    *p++ = 0;
    struct bus_arena mem;
    struct bus_err err;
    struct bus_strv all = {bytes, sizeof(bytes)};
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(decode(field, false, all, &mem, &err), BUS_ETOOBIG);
    assert_int_equal(decode(field, true, all, &mem, &err), BUS_ETOOBIG);
    assert_int_equal(print(field, all, 0, &err), BUS_ETOOBIG);
    bus_arena_fini(&mem);
}

/* An array in blocks of one item costs in proportion to its items. */
static void small_blocks_are_linear(void **state)
{
    (void)state;
    enum { ITEMS = 50000 };
    char *bytes = test_malloc(2 * ITEMS + 1);
    for (int i = 0; i < ITEMS; i++) {
        memcpy(bytes + 2 * i, "\x02\x06", 2);
    }
    bytes[2 * ITEMS] = 0;
    struct bus_arena mem;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(decode(LONGS, false,
                            (struct bus_strv){bytes, 2 * ITEMS + 1}, &mem,
                            &err),
                     BUS_OK);
    assert_true(mem.held_bytes < 8 * ITEMS * sizeof(int64_t));
    bus_arena_fini(&mem);
    test_free(bytes);
}

/* The same items in blocks that say their size, which a writer may. */
static void blocks_with_sizes(void **state)
{
    (void)state;
    struct bus_arena mem;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    struct bus_strv all = B("\x03\x04\x0a\x0c\x01\x02\x0e\x00");
    assert_int_equal(decode(LONGS, false, all, &mem, &err), BUS_OK);
    assert_int_equal(decode(LONGS, true, all, &mem, &err), BUS_OK);
    assert_int_equal(print(LONGS, all, 0, &err), BUS_OK);
    bus_arena_fini(&mem);
}

static int parsed(const char *text, size_t n)
{
    struct bus_wire_set *set = bus_wire_set_new();
    const struct bus_wire_schema *s = NULL;
    struct bus_err err;
    int rc = bus_wire_set_parse(set, (struct bus_strv){text, n}, &s, &err);
    bus_wire_set_free(set);
    return rc;
}

static void deep_and_large_schemas(void **state)
{
    (void)state;
    struct bus_buf b = {0};
    for (size_t depth = 10; depth <= 100000; depth *= 10) {
        bus_buf_clear(&b);
        for (size_t i = 0; i < depth; i++) {
            bus_buf_puts(&b, "{\"type\":\"array\",\"items\":");
        }
        bus_buf_puts(&b, "\"int\"");
        for (size_t i = 0; i < depth; i++) {
            bus_buf_putc(&b, '}');
        }
        int rc = parsed(bus_buf_cstr(&b), b.len);
        assert_true(depth == 10 ? rc == BUS_OK
                                : rc == BUS_ETOOBIG || rc == BUS_ESCHEMA);
    }
    bus_buf_fini(&b);
}

/* Records whose fields are all of the record before: what a value takes must
 * not be counted out field by field. */
static void wide_chains_end(void **state)
{
    (void)state;
    struct bus_buf b = {0};
    bus_buf_puts(&b, "[{\"type\":\"record\",\"name\":\"r0\",\"fields\":[]}");
    for (int i = 1; i < 16; i++) {
        bus_buf_printf(
            &b, ",{\"type\":\"record\",\"name\":\"r%d\",\"fields\":[", i);
        for (int k = 0; k < 1000; k++) {
            bus_buf_printf(&b, "%s{\"name\":\"f%d\",\"type\":\"r%d\"}",
                           k ? "," : "", k, i - 1);
        }
        bus_buf_puts(&b, "]}");
    }
    bus_buf_puts(&b, ",{\"type\":\"array\",\"items\":\"r15\"}]");
    struct bus_wire_set *set = bus_wire_set_new();
    const struct bus_wire_schema *s = NULL;
    struct bus_err err;
    assert_int_equal(bus_wire_set_parse(set, bus_buf_view(&b), &s, &err),
                     BUS_OK);
    assert_int_equal(bus_wire_resolvable(s, s, &err), BUS_OK);
    bus_wire_set_free(set);
    bus_buf_fini(&b);
}

static void schemas_that_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"type\":\"record\",\"name\":\"int\",\"fields\":[]}",
        "{\"type\":\"fixed\",\"name\":\"x\",\"namespace\":\"a b\",\"size\":1}",
        "{\"type\":\"fixed\",\"name\":\"x\",\"namespace\":\"a..b\",\"size\":1}",
        "{\"type\":\"fixed\",\"name\":\"x\",\"namespace\":1,\"size\":1}",
        /* a default that holds what is being defined */
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"f\","
        "\"type\":{\"type\":\"array\",\"items\":\"r\"},\"default\":[{}]}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parsed(bad[i], strlen(bad[i])) != BUS_ESCHEMA) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

/* A record without bytes is written into nothing. */
static void nothing_is_written(void **state)
{
    (void)state;
    static const char json[] =
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"f\","
        "\"type\":\"null\"}]}";
    struct bus_wire_set *set = bus_wire_set_new();
    struct bus_arena mem;
    struct bus_wire_runtime *runtime = NULL;
    struct bus_wire_type type;
    struct bus_err err;
    struct bus_buf out = {0};
    struct bus_strv bytes;
    uint64_t record = 0;
    void *back = NULL;
    bus_arena_init(&mem, 0, 0);
    assert_true(lay_type(parse(set, json, &err), json, &mem, &runtime, &type));
    assert_int_equal(bus_wire_encode_buf(&type, &record, &out, &err), BUS_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(bus_wire_encode_arena(&type, &record, &mem, &bytes, &err),
                     BUS_OK);
    assert_int_equal(bytes.n, 0);
    assert_int_equal(
        bus_wire_decode_own(&type, bus_buf_view(&out), &mem, &back, &err),
        BUS_OK);
    bus_wire_type_drop(&type);
    bus_wire_set_free(set);
    bus_arena_fini(&mem);
    bus_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_inputs),
        cmocka_unit_test(deep_values),
        cmocka_unit_test(zero_items_add_up),
        cmocka_unit_test(small_blocks_are_linear),
        cmocka_unit_test(blocks_with_sizes),
        cmocka_unit_test(deep_and_large_schemas),
        cmocka_unit_test(wide_chains_end),
        cmocka_unit_test(schemas_that_are_refused),
        cmocka_unit_test(nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
