/* The reader of documents where no sample goes: odd JSON, odd texts, limits. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/partner/document.h"
#include "bus/partner/kind_tables.h"
#include "schemas/missing_fact.h"

struct thing
{
    struct bus_id id;
    bool has_note, fine;
    struct bus_strv note, month, bytes;
    int64_t at, big;
    int32_t small, day;
    int word;
    struct
    {
        struct sa_missing_fact *v;
        size_t n;
    } list;
};
#define AT(field) offsetof(struct thing, field)

static const struct bus_partner_document_word words[] = {{"ONE", 1},
                                                         {"TWO", 2},
                                                         {NULL, 0}};
static const struct bus_partner_document_field inner[] = {
    {"small", BUS_DOC_INT, AT(small), .min = -5, .max = 5, .dflt = 3},
    {"day", BUS_DOC_DATE, .offset = AT(day)},
    BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"id", BUS_DOC_ID, AT(id), .required = true},
    {"note", BUS_DOC_TEXT, AT(note), .has_offset = AT(has_note), .max = 9},
    {"month", BUS_DOC_MONTH, .offset = AT(month)},
    {"bytes", BUS_DOC_HEX, AT(bytes), .max = 4},
    {"at", BUS_DOC_TIME, .offset = AT(at)},
    {"big", BUS_DOC_LONG, .offset = AT(big)},
    {"fine", BUS_DOC_BOOL, .offset = AT(fine)},
    {"word", BUS_DOC_WORD, AT(word), .dflt = 2, .words = words},
    {"part", BUS_DOC_PART, .offset = 0, .sub = inner},
    {"list", BUS_DOC_LIST, AT(list), .sub = bus_partner_kind_missing_fields,
     .sub_size = sizeof(struct sa_missing_fact)},
    BUS_KIND_END};
static const struct bus_partner_document doc = {"thing", 1, fields,
                                                sizeof(struct thing)};

#define ID   "\"11111111-2222-8333-8444-555555555501\""
#define HEAD "{\"document\":\"thing\",\"version\":1,\"id\":" ID

static struct bus_arena mem;
static struct thing got;
static struct bus_partner_document_faults faults;

static int read_text(struct bus_strv s)
{
    struct bus_err err;
    char *own = malloc(s.n ? s.n : 1); /* so that one byte too far is seen */
    memcpy(own, s.p, s.n);
    bus_arena_reset(&mem);
    int rc = bus_partner_document_read(&doc, NULL, (struct bus_strv){own, s.n},
                                       &mem, &got, &faults, &err);
    free(own);
    return rc;
}

static void one_fault(const char *text, const char *pointer, const char *code)
{
    int rc = read_text(bus_strv(text));
    if (rc == BUS_OK || faults.total != 1 ||
        strcmp(faults.v[0].pointer, pointer) != 0 ||
        strcmp(faults.v[0].code, code) != 0) {
        fail_msg("%s: %d, %zu faults, '%s' %s", text, rc, faults.total,
                 faults.n ? faults.v[0].pointer : "",
                 faults.n ? faults.v[0].code : "");
    }
    assert_true(faults.v[0].zh[0] != '\0' && faults.v[0].en[0] != '\0');
}

static void well(void **state)
{
    (void)state;
    assert_int_equal(read_text(BUS_STRV(HEAD "}")), 0);
    assert_int_equal(got.word, 2); /* what is not there */
    assert_int_equal(got.small, 0);
    assert_false(got.has_note);
    static const char all[] =
        "\xef\xbb\xbf \n" HEAD
        ",\"note\":\"\\u7532\\\"}\",\"month\":\"2026-02\",\"bytes\":\"00fF\","
        "\"at\":\"2026-07-01T09:30:00.25+08:00\",\"big\":9223372036854775807,"
        "\"fine\":true,\"word\":\"ONE\",\"part\":{\"day\":\"2024-02-29\"},"
        "\"list\":[{\"name\":\"a\"},{\"name\":\"b\",\"member\":" ID "}],"
        "\"x_mine\":{\"any\":[1]}}\r\n\t ";
    assert_int_equal(read_text(bus_strv(all)), 0);
    assert_true(bus_strv_is(got.note, "甲\"}"));
    assert_true(bus_strv_is(got.month, "2026-02"));
    assert_int_equal(got.bytes.n, 2);
    assert_int_equal((unsigned char)got.bytes.p[1], 0xff);
    assert_int_equal(got.at, INT64_C(1782869400250));
    assert_int_equal(got.big, INT64_MAX);
    assert_int_equal(got.word, 1);
    assert_int_equal(got.small, 3);
    assert_int_equal(got.day, 19782);
    assert_int_equal(got.list.n, 2);
    assert_true(got.list.v[1].has_member && !got.list.v[0].has_member);
}

static void not_well(void **state)
{
    (void)state;
    static const struct
    {
        const char *text, *pointer, *code;
    } all[] = {
        {"", "", "TRUNCATED"},
        {" \n", "", "TRUNCATED"},
        {"\xef\xbb\xbf", "", "TRUNCATED"},
        {"{\"a\":\"}", "", "TRUNCATED"},
        {"{\"a\":\"\\", "", "TRUNCATED"},
        {"[]", "", "JSON"},
        {"<xml/>", "", "JSON"},
        {"{]", "", "JSON"},
        {HEAD ",}", "", "JSON"},
        {HEAD "} {}", "", "JSON"},
        {HEAD ",\"big\":1,\"big\":2}", "", "JSON"},
        {HEAD ",\"big\":92233720368547758070}", "", "JSON"},
        {HEAD ",\"note\":\"\xb5\xd8\"}", "", "ENCODING"},
        {"{\"document\":\"thing\",\"version\":\"1\",\"id\":" ID "}", "/version",
         "VERSION"},
        {"{\"version\":1,\"id\":" ID "}", "/document", "DOCUMENT"},
        {HEAD ",\"a/b~c\":1}", "/a~1b~0c", "UNKNOWN"},
        {HEAD ",\"nota\":1}", "/nota", "UNKNOWN"},
        {HEAD ",\"note\":\"0123456789\"}", "/note", "TEXT"},
        {HEAD ",\"note\":7}", "/note", "TEXT"},
        {HEAD ",\"month\":\"2026-13\"}", "/month", "MONTH"},
        {HEAD ",\"month\":\"2026-1\"}", "/month", "MONTH"},
        {HEAD ",\"bytes\":\"0\"}", "/bytes", "HEX"},
        {HEAD ",\"bytes\":\"0000000000\"}", "/bytes", "HEX"},
        {HEAD ",\"big\":1.0}", "/big", "NUMBER"},
        {HEAD ",\"fine\":\"true\"}", "/fine", "BOOL"},
        {HEAD ",\"word\":\"THREE\"}", "/word", "WORD"},
        {HEAD ",\"part\":[]}", "/part", "OBJECT"},
        {HEAD ",\"part\":{\"small\":6}}", "/part/small", "NUMBER"},
        {HEAD ",\"part\":{\"day\":\"2023-02-29\"}}", "/part/day", "DATE"},
        {HEAD ",\"part\":{\"version\":1}}", "/part/version", "UNKNOWN"},
        {HEAD ",\"list\":{}}", "/list", "LIST"},
        {HEAD ",\"list\":[{}]}", "/list/0/name", "MISSING"},
        {HEAD ",\"list\":[{\"name\":\"a\",\"member\":\"b\"}]}",
         "/list/0/member", "ID"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        one_fault(all[i].text, all[i].pointer, all[i].code);
    }
}

/* A person's text, put anywhere, is in no fault. */
static void nobody_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {"note", "month", "bytes", "at",
                                        "id",   "word",  "list",  "part"};
    char text[300];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (int number = 0; number < 2; number++) {
            (void)snprintf(text, sizeof(text),
                           "{\"document\":\"thing\",\"version\":1,\"%s\":%s}",
                           names[i],
                           number ? "13000000000" : "\"000000198001010072\"");
            assert_int_not_equal(read_text(bus_strv(text)), 0);
            struct bus_buf b = {0};
            assert_int_equal(
                bus_partner_document_faults_write(&faults, &b, NULL), 0);
            assert_null(strstr(bus_buf_cstr(&b), "0000001980"));
            assert_null(strstr(bus_buf_cstr(&b), "13000000000"));
            bus_buf_fini(&b);
        }
    }
}

static void many_and_deep(void **state)
{
    (void)state;
    struct bus_buf b = {0};
    bus_buf_puts(&b, "{");
    for (int i = 0; i < 100; i++) {
        bus_buf_printf(&b, "\"unknown%d\":1,", i);
    }
    bus_buf_puts(&b, "\"z\":1}");
    assert_int_equal(read_text(bus_buf_view(&b)), BUS_ESCHEMA);
    assert_int_equal(faults.n, BUS_DOC_FAULTS_MAX);
    assert_true(faults.total > 100);
    bus_buf_clear(&b);
    bus_buf_puts(&b, HEAD ",\"x_deep\":");
    for (int i = 0; i < 100000; i++) {
        bus_buf_putc(&b, '[');
    }
    for (int i = 0; i < 100000; i++) {
        bus_buf_putc(&b, ']');
    }
    bus_buf_putc(&b, '}');
    assert_int_equal(read_text(bus_buf_view(&b)), BUS_EPARSE);
    bus_buf_clear(&b);
    bus_buf_puts(&b, HEAD ",\"list\":[{}");
    for (int i = 0; i < BUS_DOC_ITEMS_MAX; i++) {
        bus_buf_puts(&b, ",{}");
    }
    bus_buf_puts(&b, "]}");
    assert_int_equal(read_text(bus_buf_view(&b)), BUS_ESCHEMA);
    assert_string_equal(faults.v[0].code, "LIST");
    bus_buf_fini(&b);
}

static void instants(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(bus_time_parse(BUS_STRV("1970-01-01T08:00:00+08:00"), &ms));
    assert_int_equal(ms, 0);
    assert_true(bus_time_parse(BUS_STRV("1969-12-31T23:59:59.999999Z"), &ms));
    assert_int_equal(ms, -1);
    assert_true(bus_time_parse(BUS_STRV("2024-02-29t23:59:59-00:30"), &ms));
    assert_int_equal(ms, INT64_C(1709252999000));
    static const char *const bad[] = {
        "2026-07-01",           "2026-07-01T09:30",
        "2026-07-01T09:30:00",  "2026-07-01T09:30:00.Z",
        "2026-07-01T24:00:00Z", "2026-07-01T09:60:00Z",
        "2026-07-01T+1:00:00Z", "2026-07-01T09:30:00+0800",
        "2026-02-30T09:30:00Z", "2026-07-01T09:30:00+08:00 "};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(bus_time_parse(bus_strv(bad[i]), &ms));
    }
}

/* Without memory at any one allocation: a clean error. */
static long left;
static void *starved_alloc(void *data, size_t n)
{
    (void)data;
    return left-- > 0 ? malloc(n) : NULL;
}
static void *starved_realloc(void *data, void *p, size_t n)
{
    (void)data;
    return left-- > 0 ? realloc(p, n) : NULL;
}
static void starved_free(void *data, void *p)
{
    (void)data;
    free(p);
}

static void no_memory(void **state)
{
    (void)state;
    static const struct bus_heap heap = {NULL, starved_alloc, starved_realloc,
                                         starved_free};
    static const char text[] =
        HEAD ",\"note\":\"a\",\"list\":[{\"name\":\"a\"}],\"nota\":1,"
             "\"big\":\"x\"}";
    bus_heap_set(&heap);
    for (long n = 0; n < 5; n++) {
        struct bus_arena small;
        struct bus_err err;
        left = n;
        bus_arena_init(&small, 64, 0);
        int rc = bus_partner_document_read(&doc, NULL, bus_strv(text), &small,
                                           &got, &faults, &err);
        assert_true(rc == BUS_ENOMEM || rc == BUS_ESCHEMA);
        bus_arena_fini(&small);
    }
    bus_heap_set(NULL);
}

static int start(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well),          cmocka_unit_test(not_well),
        cmocka_unit_test(many_and_deep), cmocka_unit_test(nobody_is_named),
        cmocka_unit_test(instants),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, start, end);
}
