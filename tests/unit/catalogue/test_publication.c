/* Publications: what the bureau signed counts, and nothing else does; a
 * register travels as a catalogue does, and neither passes for the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/catalogue/publication.h"
#include "bus/catalogue/register_files.h"
#include "tests/lib/check.h"

static char folder[] = "/tmp/lianou-publication-XXXXXX";
static char ours[64], theirs[64];
static char our_hex[BUS_WIRE_SM2_HEX + 1], their_hex[BUS_WIRE_SM2_HEX + 1];

static const struct bus_catalogue_publication well = {
    .kind = BUS_ARCHIVE_CATALOGUE,
    .county = {"371425", 6},
    .version = {"0123456789abcdef", 16},
    .effective = 20788,
    .published_ms = INT64_C(1796083200000),
    .archive = {"archive", 7},
};

static void make_key(const char *name, char path[64], char *hex)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    struct bus_err err;
    (void)snprintf(path, 64, "%s/%s", folder, name);
    if (bus_wire_sm2_keygen(path, point, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    bus_wire_sm2_point_hex(point, hex);
}

static int open_keys(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    make_key("ours.pem", ours, our_hex);
    make_key("theirs.pem", theirs, their_hex);
    return 0;
}

static int remove_keys(void **state)
{
    (void)state;
    return unlink(ours) || unlink(theirs) || rmdir(folder);
}

static struct bus_catalogue_bureau bureau_of(const char *text)
{
    struct bus_config c = {.bureau = {.public_key = text}};
    struct bus_catalogue_bureau b;
    struct bus_err err;
    if (bus_catalogue_bureau_read(&c, &b, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return b;
}

static int verify(const struct bus_catalogue_publication *p,
                  const struct bus_catalogue_bureau *b,
                  const struct bus_wire_signature *s,
                  struct bus_err *err)
{
    struct bus_catalogue_publication q = *p;
    q.signer = bus_strv(s->signer);
    q.signature = (struct bus_strv){(const char *)s->der, s->n};
    return bus_catalogue_publication_verify(&q, b, err);
}

static void what_the_bureau_signed_counts(void **state)
{
    (void)state;
    struct bus_wire_signature s, foreign, none = {0};
    struct bus_err err;
    struct bus_catalogue_bureau b = bureau_of(our_hex), nobody = bureau_of("");
    assert_int_equal(b.count, 1);
    assert_int_equal(bus_catalogue_publication_sign(&well, ours, &s, &err),
                     BUS_OK);
    assert_int_equal(
        bus_catalogue_publication_sign(&well, theirs, &foreign, &err), BUS_OK);
    assert_int_equal(verify(&well, &b, &s, &err), BUS_OK);
    assert_int_equal(verify(&well, &b, &foreign, &err), BUS_ECRYPT);
    assert_non_null(strstr(err.msg, foreign.signer));
    (void)snprintf(foreign.signer, sizeof(foreign.signer), "%s", s.signer);
    assert_int_equal(verify(&well, &b, &foreign, &err), BUS_ECRYPT);
    assert_int_equal(verify(&well, &b, &none, &err), BUS_ECRYPT);
    assert_non_null(strstr(err.msg, "nobody has signed it"));
    assert_non_null(strstr(err.msg, "未签名"));
    assert_int_equal(verify(&well, &nobody, &s, &err), BUS_ECRYPT);
    assert_non_null(strstr(err.msg, "bureau.public_key"));
    struct bus_wire_signature odd = s; /* no bytes of others in a log */
    (void)snprintf(odd.signer, sizeof(odd.signer), "\x1b[31mx");
    assert_int_equal(verify(&well, &b, &odd, &err), BUS_ECRYPT);
    assert_null(strchr(err.msg, '\x1b'));
    odd.signer[0] = '\0'; /* the mathematics tells */
    assert_int_equal(verify(&well, &b, &odd, &err), BUS_OK);
    s.n = BUS_WIRE_SM2_MAX;
    assert_int_equal(verify(&well, &b, &s, &err), BUS_ECRYPT);
}

/* Each word of what was signed, changed, is seen. */
static void nothing_of_it_can_be_another(void **state)
{
    (void)state;
    struct bus_catalogue_publication rows[6] = {well, well, well,
                                                well, well, well};
    rows[0].kind = BUS_ARCHIVE_REGISTER;
    rows[1].county = BUS_STRV("371426");
    rows[2].version = BUS_STRV("0123456789abcdee");
    rows[3].effective++;
    rows[4].published_ms++;
    rows[5].archive = BUS_STRV("archivf");
    struct bus_wire_signature s;
    struct bus_err err;
    struct bus_catalogue_bureau b = bureau_of(our_hex);
    assert_int_equal(bus_catalogue_publication_sign(&well, ours, &s, &err),
                     BUS_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (verify(&rows[i], &b, &s, &err) != BUS_ECRYPT) {
            fail_msg("row %zu passes", i);
        }
    }
    /* Nor is a line smuggled into a version. */
    struct bus_catalogue_publication two = well;
    two.version = BUS_STRV("0123456789abcdef\neffective 2020-01-01");
    assert_int_equal(verify(&two, &b, &s, &err), BUS_ECRYPT);
    assert_int_equal(bus_catalogue_publication_sign(&two, ours, &s, &err),
                     BUS_ECRYPT);
}

static void one_key_may_follow_another(void **state)
{
    (void)state;
    char both[2 * BUS_WIRE_SM2_HEX + 3];
    struct bus_wire_signature s;
    struct bus_err err;
    (void)snprintf(both, sizeof(both), "%s  %s", their_hex, our_hex);
    struct bus_catalogue_bureau b = bureau_of(both);
    assert_int_equal(b.count, 2);
    const char *const keys[] = {ours, theirs};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            bus_catalogue_publication_sign(&well, keys[i], &s, &err), BUS_OK);
        assert_int_equal(verify(&well, &b, &s, &err), BUS_OK);
    }
    static const char *const bad[] = {"x", "04ab", "-----BEGIN nothing"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bus_config c = {.bureau = {.public_key = bad[i]}};
        assert_int_equal(bus_catalogue_bureau_read(&c, &b, &err), BUS_ECONFIG);
        assert_non_null(strstr(err.msg, "bureau.public_key: found"));
    }
}

/* The county's own register, packed and unpacked, is the same register. */
static void a_register_travels(void **state)
{
    (void)state;
    struct bus_config c;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_err err;
    struct bus_buf out = {0};
    struct bus_catalogue_archive a, b;
    char path[512];
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)snprintf(path, sizeof(path), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    assert_int_equal(bus_conf_open(&c, path, NULL, &err), BUS_OK);
    struct bus_register *own = bus_catalogue_register_folder(&c, &faults);
    assert_non_null(own);
    assert_int_equal(bus_catalogue_archive_folder(
                         c.registers, BUS_ARCHIVE_REGISTER, &mem, &a, &err),
                     BUS_OK);
    assert_int_equal(a.count, 5);
    a.county = BUS_STRV("371425");
    a.version = bus_strv(bus_registers_version(own));
    assert_int_equal(bus_catalogue_archive_pack(&a, NULL, &out, &err), BUS_OK);
    assert_int_equal(bus_catalogue_archive_press(&out, &err), BUS_OK);
    assert_int_equal(bus_catalogue_archive_unpack(bus_buf_view(&out),
                                                  BUS_ARCHIVE_CATALOGUE, &mem,
                                                  &b, &err),
                     BUS_EPARSE);
    assert_non_null(strstr(err.msg, "lianou catalogue 1"));
    assert_int_equal(bus_catalogue_archive_unpack(bus_buf_view(&out),
                                                  BUS_ARCHIVE_REGISTER, &mem,
                                                  &b, &err),
                     BUS_OK);
    struct bus_register *again =
        bus_catalogue_register_new(&b, &c, NULL, &faults);
    assert_non_null(again);
    assert_string_equal(bus_registers_version(own),
                        bus_registers_version(again));
    b.count--; /* seals.csv is gone */
    assert_null(bus_catalogue_register_new(&b, &c, NULL, &faults));
    assert_non_null(strstr(faults.list[0].text, "is missing or empty"));
    assert_string_equal(faults.list[0].at.file, "registers/seals.csv");
    bus_registers_free(own);
    bus_registers_free(again);
    bus_buf_fini(&out);
    bus_conf_close(&c);
    bus_arena_fini(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_bureau_signed_counts),
        cmocka_unit_test(nothing_of_it_can_be_another),
        cmocka_unit_test(one_key_may_follow_another),
        cmocka_unit_test(a_register_travels),
    };
    return cmocka_run_group_tests(tests, open_keys, remove_keys);
}
