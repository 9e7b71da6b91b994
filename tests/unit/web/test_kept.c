/* Answers that are kept: who finds them, what goes first, what HTTP says. */
#include "bus/web/kept.h"

#include <string.h>

#include "bus/base/heap.h"
#include "bus/catalogue/deflate.h"
#include "tests/lib/check.h"

static struct bus_web_kept *
kept_of(const char *key, const char *version, size_t n, bool pack)
{
    static char body[65536];
    struct bus_web_kept *k = NULL;
    struct bus_err err;
    memset(body, 'a', sizeof(body));
    assert_int_equal(bus_web_kept_new(bus_strv(key), version,
                                      (struct bus_strv){body, n}, pack, &k,
                                      &err),
                     BUS_OK);
    return k;
}

static struct bus_web_keeper *keeper_of(size_t bytes)
{
    struct bus_web_keeper *k = NULL;
    struct bus_err err;
    assert_int_equal(bus_web_keeper_new(bytes, &k, &err), BUS_OK);
    return k;
}

static void keeper_take(struct bus_web_keeper *k, struct bus_web_kept *kept)
{
    bus_web_keeper_put(k, kept);
    bus_web_kept_release(kept);
}

static void each_finds_his_own(void **state)
{
    struct bus_web_keeper *k = keeper_of(1u << 20);
    (void)state;
    assert_null(bus_web_keeper_find(k, BUS_STRV("town a/case 1")));
    keeper_take(k, kept_of("town a/case 1", "v1", 10, false));
    assert_null(bus_web_keeper_find(k, BUS_STRV("town b/case 1")));
    struct bus_web_kept *found =
        bus_web_keeper_find(k, BUS_STRV("town a/case 1"));
    assert_string_equal(found->version, "v1");
    /* a newer one takes its place; who holds the old one may go on */
    keeper_take(k, kept_of("town a/case 1", "v2", 20, false));
    assert_string_equal(found->version, "v1");
    assert_int_equal(found->body.n, 10);
    bus_web_kept_release(found);
    found = bus_web_keeper_find(k, BUS_STRV("town a/case 1"));
    assert_string_equal(found->version, "v2");
    bus_web_kept_release(found);
    bus_web_keeper_free(k);
}

/* Of three of 30 kB in 100 kB a fourth takes the place of one that nobody
 * asked for; what is asked for stays; what is too big is not kept. */
static void little_is_kept(void **state)
{
    struct bus_web_keeper *k = keeper_of(100000);
    static const char *const keys[] = {"one", "two", "three", "four"};
    size_t kept = 0;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        keeper_take(k, kept_of(keys[i], "v", 30000, false));
        bus_web_kept_release(bus_web_keeper_find(k, BUS_STRV("one")));
    }
    for (size_t i = 0; i < 4; i++) {
        struct bus_web_kept *found = bus_web_keeper_find(k, bus_strv(keys[i]));
        kept += found != NULL;
        assert_true(found != NULL || i == 1 || i == 2);
        bus_web_kept_release(found);
    }
    assert_int_equal(kept, 3);
    keeper_take(k, kept_of("one", "v", 60000, true));
    keeper_take(k, kept_of("huge", "v", 65536, false));
    struct bus_web_kept *huge = kept_of("huge", "v", 65536, false);
    struct bus_web_keeper *small = keeper_of(1000);
    keeper_take(small, huge);
    assert_null(bus_web_keeper_find(small, BUS_STRV("huge")));
    bus_web_keeper_free(small);
    bus_web_keeper_free(k);
}

static void long_ones_are_packed(void **state)
{
    struct bus_strv back;
    struct bus_err err;
    (void)state;
    struct bus_web_kept *s = kept_of("k", "v", BUS_WEB_PACK_BYTES - 1, true);
    assert_int_equal(s->packed.n, 0);
    assert_true(bus_web_kept_fits(s, true));
    bus_web_kept_release(s);
    struct bus_web_kept *plain = kept_of("k", "v", 4096, false);
    struct bus_web_kept *packed = kept_of("k", "v", 4096, true);
    assert_true(bus_web_kept_fits(plain, false));
    assert_false(bus_web_kept_fits(plain, true));
    assert_true(bus_web_kept_fits(packed, true) &&
                bus_web_kept_fits(packed, false));
    assert_string_equal(plain->etag, packed->etag);
    assert_true(packed->packed.n > 0 && packed->packed.n < 1024);
    assert_int_equal(
        bus_catalogue_inflate(packed->packed, false, 8192, &back, &err),
        BUS_OK);
    assert_true(bus_strv_eq(back, plain->body));
    bus_free((void *)(uintptr_t)back.p);
    bus_web_kept_release(plain);
    bus_web_kept_release(packed);
}

static void who_takes_gzip(void **state)
{
    static const struct
    {
        const char *header;
        bool packs;
    } cases[] = {{"gzip", true},
                 {"GZIP;q=0.5", true},
                 {"deflate, gzip;q=1.0, *;q=0.5", true},
                 {"*", true},
                 {"x-gzip", true},
                 {"br", false},
                 {"identity", false},
                 {"gzip;q=0", false},
                 {"gzip; q=0.000, *", false},
                 {"*;q=0", false},
                 {"gzipped", false},
                 {"", false},
                 {",,;", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(bus_web_packs(bus_strv(cases[i].header)),
                         cases[i].packs);
    }
    assert_false(bus_web_packs((struct bus_strv){NULL, 0}));
}

static void who_has_it(void **state)
{
    static const char mine[] = "\"0123\"";
    (void)state;
    assert_true(bus_web_has(BUS_STRV("\"0123\""), mine));
    assert_true(bus_web_has(BUS_STRV("W/\"0123\""), mine));
    assert_true(bus_web_has(BUS_STRV("\"9\" , W/\"0123\""), mine));
    assert_true(bus_web_has(BUS_STRV("*"), mine));
    assert_false(bus_web_has(BUS_STRV("0123"), mine));
    assert_false(bus_web_has(BUS_STRV("\"01234\""), mine));
    assert_false(bus_web_has(BUS_STRV("W/"), mine));
    assert_false(bus_web_has((struct bus_strv){NULL, 0}, mine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_finds_his_own),
        cmocka_unit_test(little_is_kept),
        cmocka_unit_test(long_ones_are_packed),
        cmocka_unit_test(who_takes_gzip),
        cmocka_unit_test(who_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
