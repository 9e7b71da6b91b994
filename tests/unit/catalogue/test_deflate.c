/* Packing there and back; what is cut, has something behind it or grows beyond
 * its limit is refused. */
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/catalogue/archive.h"
#include "bus/catalogue/deflate.h"

static void there_and_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 65535, 65536, 65537, 400000};
    struct bus_err err;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = malloc(sizes[i] + 1);
        struct bus_buf packed = {0}, same = {0};
        struct bus_strv back;
        for (size_t k = 0; k < sizes[i]; k++) {
            text[k] = (char)(k * k >> (k % 7));
        }
        struct bus_strv in = {text, sizes[i]};
        assert_int_equal(bus_catalogue_gzip(in, &packed, &err), BUS_OK);
        assert_int_equal(bus_catalogue_gzip(in, &same, &err), BUS_OK);
        struct bus_strv out = bus_buf_view(&packed);
        assert_true(bus_strv_eq(out, bus_buf_view(&same)));
        assert_true(bus_catalogue_is_gzip(out));
        assert_int_equal(
            bus_catalogue_inflate(out, false, sizes[i], &back, &err), BUS_OK);
        assert_true(bus_strv_eq(in, back));
        bus_free((char *)(uintptr_t)back.p);
        if (sizes[i] > 0) {
            assert_int_equal(
                bus_catalogue_inflate(out, false, sizes[i] - 1, &back, &err),
                BUS_ETOOBIG);
        }
        for (size_t cut = 0; cut < out.n; cut += 1 + out.n / 50) {
            struct bus_strv part = {out.p, cut};
            assert_int_equal(
                bus_catalogue_inflate(part, false, sizes[i], &back, &err),
                BUS_EPARSE);
        }
        bus_buf_putc(&packed, 0);
        out = (struct bus_strv){bus_buf_view(&packed).p, out.n};
        assert_int_equal(bus_catalogue_inflate(bus_buf_view(&packed), false,
                                               sizes[i], &back, &err),
                         BUS_EPARSE);
        assert_int_equal(
            bus_catalogue_inflate(out, true, sizes[i], &back, &err),
            BUS_EPARSE);
        /* raw: gzip's own head is ten bytes, its end eight; a part may stay */
        struct bus_strv raw = {out.p + 10, out.n - 10 - 5};
        assert_int_equal(
            bus_catalogue_inflate(raw, true, sizes[i], &back, &err), BUS_OK);
        assert_true(bus_strv_eq(in, back));
        bus_free((char *)(uintptr_t)back.p);
        bus_buf_fini(&packed);
        bus_buf_fini(&same);
        free(text);
    }
}

/* 64 MiB of zeros are 64 KiB packed: refused at the limit of an archive. */
static void a_bomb(void **state)
{
    (void)state;
    size_t n = 64u << 20;
    char *zeros = calloc(1, n);
    struct bus_buf packed = {0};
    struct bus_catalogue_archive a;
    struct bus_arena mem;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(
        bus_catalogue_gzip((struct bus_strv){zeros, n}, &packed, &err), BUS_OK);
    assert_true(packed.len < 100000);
    assert_int_equal(bus_catalogue_archive_unpack(bus_buf_view(&packed),
                                                  BUS_ARCHIVE_CATALOGUE, &mem,
                                                  &a, &err),
                     BUS_ETOOBIG);
    assert_non_null(strstr(err.msg, "unpacked"));
    bus_buf_fini(&packed);
    bus_arena_fini(&mem);
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(a_bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
