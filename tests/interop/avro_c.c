/* Avro C as the judge of our bytes: every record that travels, many random
 * values, both ways, byte for byte; and the container file of `lianou export`.
 *
 *   ours -> Avro C reads it and writes it again: the same bytes
 *   Avro C fills a value and writes it -> we read it and write it: the same
 */
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/role/types.h"
#include "ops/cli/inspect/avro_file.h"
#include "tests/lib/check.h"
#include "tests/lib/fill.h"

#define VALUES     400 /* of each record, each way */
#define BYTES_MAX  1048576
#define SEED_USUAL UINT64_C(20201107)

static struct bus_arena mem;
static uint64_t seed;
static char bytes[BYTES_MAX];

static avro_schema_t their_schema(const struct bus_wire_type *type)
{
    struct bus_buf json = {0};
    struct bus_err err;
    avro_schema_t s = NULL;
    assert_int_equal(bus_wire_type_ready(type, &err), BUS_OK);
    assert_int_equal(
        bus_wire_schema_json(bus_wire_type_schema(type), &json, &err), BUS_OK);
    if (avro_schema_from_json_length((const char *)json.data, json.len, &s) !=
        0) {
        fail_msg("%s: %s", type->name, avro_strerror());
    }
    bus_buf_fini(&json);
    return s;
}

static size_t their_bytes(avro_value_t *value)
{
    avro_writer_t w = avro_writer_memory(bytes, sizeof(bytes));
    assert_int_equal(avro_value_write(w, value), 0);
    size_t n = (size_t)avro_writer_tell(w);
    avro_writer_free(w);
    return n;
}

static void same(const struct bus_wire_type *type,
                 struct bus_strv ours,
                 size_t n,
                 const char *way)
{
    if (ours.n != n || memcmp(ours.p, bytes, n) != 0) {
        fail_msg("%s, %s: %zu and %zu bytes differ; seed %llu", type->name, way,
                 ours.n, n, (unsigned long long)seed);
    }
}

static void ours_to_theirs(const struct bus_wire_type *type,
                           avro_value_t *value,
                           struct fill *f)
{
    struct bus_err err;
    struct bus_strv ours;
    const void *record = fill_record(f, type);
    assert_int_equal(bus_wire_encode_arena(type, record, &mem, &ours, &err),
                     BUS_OK);
    avro_reader_t r = avro_reader_memory(ours.p, (int64_t)ours.n);
    avro_value_reset(value);
    if (avro_value_read(r, value) != 0) {
        fail_msg("%s: Avro C: %s; seed %llu", type->name, avro_strerror(),
                 (unsigned long long)seed);
    }
    avro_reader_free(r);
    same(type, ours, their_bytes(value), "ours first");
}

/* Random values through Avro C's own interface. */
static void their_fill(struct fill *f, avro_value_t *v, avro_schema_t s);

static void their_items(struct fill *f, avro_value_t *v, avro_schema_t s)
{
    bool map = is_avro_map(s);
    size_t n = f->depth > 4 ? 0 : fill_random(f) % 4;
    for (size_t i = 0; i < n; i++) {
        avro_value_t item;
        char key[16];
        (void)snprintf(key, sizeof(key), "k%zu", i);
        assert_int_equal(map ? avro_value_add(v, key, &item, NULL, NULL)
                             : avro_value_append(v, &item, NULL),
                         0);
        their_fill(f, &item,
                   map ? avro_schema_map_values(s)
                       : avro_schema_array_items(s));
    }
}

static void their_record(struct fill *f, avro_value_t *v, avro_schema_t s)
{
    size_t n;
    assert_int_equal(avro_value_get_size(v, &n), 0);
    for (size_t i = 0; i < n; i++) {
        avro_value_t field;
        assert_int_equal(avro_value_get_by_index(v, i, &field, NULL), 0);
        their_fill(f, &field, avro_schema_record_field_get_by_index(s, (int)i));
    }
}

static void their_text(struct fill *f, avro_value_t *v, avro_type_t type)
{
    struct bus_strv t = fill_text(f, type == AVRO_STRING);
    char copy[64];
    (void)bus_strv_copy(copy, sizeof(copy), t);
    if (type == AVRO_STRING) { /* their length counts the final NUL */
        memcpy(copy, t.p, t.n);
        copy[t.n] = '\0';
        assert_int_equal(avro_value_set_string_len(v, copy, t.n + 1), 0);
    } else {
        assert_int_equal(avro_value_set_bytes(v, (void *)(uintptr_t)t.p, t.n),
                         0);
    }
}

static void their_fixed(struct fill *f, avro_value_t *v, avro_schema_t s)
{
    uint8_t raw[256];
    size_t n = (size_t)avro_schema_fixed_size(s);
    assert_true(n <= sizeof(raw));
    for (size_t i = 0; i < n; i++) {
        raw[i] = (uint8_t)fill_random(f);
    }
    assert_int_equal(avro_value_set_fixed(v, raw, n), 0);
}

static void their_number(struct fill *f, avro_value_t *v, avro_schema_t s)
{
    int64_t l = fill_number(f, avro_typeof(s) == AVRO_INT64 ? 53 : 31);
    int rc =
        avro_typeof(s) == AVRO_BOOLEAN ? avro_value_set_boolean(v, l & 1)
        : avro_typeof(s) == AVRO_INT32 ? avro_value_set_int(v, (int32_t)l)
        : avro_typeof(s) == AVRO_INT64 ? avro_value_set_long(v, l)
        : avro_typeof(s) == AVRO_FLOAT ? avro_value_set_float(v, (float)l / 8)
        : avro_typeof(s) == AVRO_DOUBLE
            ? avro_value_set_double(v, (double)l / 16)
        : avro_typeof(s) == AVRO_NULL
            ? avro_value_set_null(v)
            : avro_value_set_enum(
                  v, (int)(fill_random(f) %
                           (uint64_t)avro_schema_enum_number_of_symbols(s)));
    assert_int_equal(rc, 0);
}

static void their_fill(struct fill *f, avro_value_t *v, avro_schema_t s)
{
    avro_value_t branch;
    avro_type_t type = avro_typeof(s);
    f->depth++;
    if (type == AVRO_LINK) {
        their_fill(f, v, avro_schema_link_target(s));
    } else if (type == AVRO_RECORD) {
        their_record(f, v, s);
    } else if (type == AVRO_ARRAY || type == AVRO_MAP) {
        their_items(f, v, s);
    } else if (type == AVRO_UNION) {
        int i = (int)(fill_random(f) % avro_schema_union_size(s));
        assert_int_equal(avro_value_set_branch(v, i, &branch), 0);
        their_fill(f, &branch, avro_schema_union_branch(s, i));
    } else if (type == AVRO_STRING || type == AVRO_BYTES) {
        their_text(f, v, type);
    } else if (type == AVRO_FIXED) {
        their_fixed(f, v, s);
    } else {
        their_number(f, v, s);
    }
    f->depth--;
}

static void theirs_to_ours(const struct bus_wire_type *type,
                           avro_value_t *value,
                           avro_schema_t schema,
                           struct fill *f)
{
    struct bus_err err;
    struct bus_strv ours;
    void *record = NULL;
    avro_value_reset(value);
    their_fill(f, value, schema);
    size_t n = their_bytes(value);
    struct bus_strv in = {bus_arena_dup(&mem, bytes, n), n};
    if (bus_wire_decode_own(type, in, &mem, &record, &err) != BUS_OK) {
        fail_msg("%s: %s; seed %llu", type->name, err.msg,
                 (unsigned long long)seed);
    }
    assert_int_equal(bus_wire_encode_arena(type, record, &mem, &ours, &err),
                     BUS_OK);
    same(type, ours, n, "theirs first");
}

static void every_record_both_ways(void **state)
{
    (void)state;
    size_t types = 0;
    struct fill f = {.mem = &mem, .seed = seed};
    for (const struct bus_wire_type *const *t = bus_role_types_all(); *t; t++) {
        avro_schema_t schema = their_schema(*t);
        avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
        avro_value_t value;
        assert_non_null(iface);
        assert_int_equal(avro_generic_value_new(iface, &value), 0);
        for (int i = 0; i < VALUES; i++) {
            ours_to_theirs(*t, &value, &f);
            theirs_to_ours(*t, &value, schema, &f);
            bus_arena_reset(&mem);
        }
        avro_value_decref(&value);
        avro_value_iface_decref(iface);
        avro_schema_decref(schema);
        types++;
    }
    print_message("seed %llu: %zu records, %d values each way\n",
                  (unsigned long long)seed, types, VALUES);
    assert_true(types >= 20);
}

/* What our writer of container files leaves, Avro C reads. */
static void container_file(const char *codec)
{
    const struct bus_wire_type *type =
        bus_role_types_of_topic(BUS_STRV("applications"));
    char path[] = "/tmp/lianou-avro-XXXXXX";
    struct bus_buf json = {0}, all = {0};
    struct bus_err err;
    struct avro_file *file = NULL;
    struct fill f = {.mem = &mem, .seed = seed};
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(bus_wire_type_ready(type, &err), BUS_OK);
    assert_int_equal(
        bus_wire_schema_json(bus_wire_type_schema(type), &json, &err), BUS_OK);
    assert_int_equal(
        cli_avro_file_new(path, bus_buf_view(&json), codec, &file, &err),
        BUS_EDUPLICATE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(
        cli_avro_file_new(path, bus_buf_view(&json), codec, &file, &err),
        BUS_OK);
    for (int i = 0; i < 3000; i++) {
        struct bus_strv one;
        assert_int_equal(bus_wire_encode_arena(type, fill_record(&f, type),
                                               &mem, &one, &err),
                         BUS_OK);
        bus_buf_put(&all, one.p, one.n);
        assert_int_equal(cli_avro_file_put(file, one, &err), BUS_OK);
        bus_arena_reset(&mem);
    }
    assert_int_equal(cli_avro_file_end(file, true, &err), BUS_OK);
    avro_file_reader_t r;
    avro_value_t value;
    assert_int_equal(avro_file_reader(path, &r), 0);
    avro_schema_t schema = avro_file_reader_get_writer_schema(r);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    assert_int_equal(avro_generic_value_new(iface, &value), 0);
    size_t at = 0, count = 0;
    while (avro_file_reader_read_value(r, &value) == 0) {
        size_t n = their_bytes(&value);
        assert_true(at + n <= all.len);
        assert_memory_equal(all.data + at, bytes, n);
        at += n;
        count++;
        avro_value_reset(&value);
    }
    assert_int_equal(count, 3000);
    assert_int_equal(at, all.len);
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    (void)avro_file_reader_close(r);
    bus_buf_fini(&json);
    bus_buf_fini(&all);
    (void)unlink(path);
}

static void container_files(void **state)
{
    (void)state;
    container_file("null");
    container_file("deflate");
}

int main(void)
{
    const char *given = getenv("WIRE_SEED");
    seed = given ? strtoull(given, NULL, 10) : SEED_USUAL;
    seed = seed ? seed : 1;
    bus_arena_init(&mem, 1 << 20, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_both_ways),
        cmocka_unit_test(container_files),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return rc;
}
