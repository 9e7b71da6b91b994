/* Cut at every byte: each file of a small configuration, the keyring, and a
 * value of every record that travels. A clean end each time: for files a fault
 * with its place, or a shorter file that is well; for records an error. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"
#include "bus/role/types.h"
#include "bus/wire/keyring.h"
#include "tests/lib/check.h"
#include "tests/lib/fill.h"

#define PATH_BYTES 512
#define FILE_BYTES 65536

static char root[] = "/dev/shm/lianou-cut-XXXXXX"; /* thousands of files */

static void write_file(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static size_t read_file(const char *path, char to[FILE_BYTES])
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    size_t n = fread(to, 1, FILE_BYTES, f);
    (void)fclose(f);
    return n;
}

/* name of the county's folder into ours; lines 0: all of it. */
static void copy(const char *name, int lines)
{
    char from[PATH_BYTES], to[PATH_BYTES], bytes[FILE_BYTES];
    (void)snprintf(from, sizeof(from), "%s/bus-config/%s",
                   getenv("LIANOU_SOURCE"), name);
    (void)snprintf(to, sizeof(to), "%s/%s", root, name);
    size_t n = read_file(from, bytes), cut = 0;
    for (; lines > 0 && cut < n; cut++) {
        lines -= bytes[cut] == '\n';
    }
    for (char *slash = strchr(to + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(to, 0700);
        *slash = '/';
    }
    write_file(to, bytes, cut ? cut : n);
}

static const struct
{
    const char *name;
    int lines;
} files[] = {
    {"bus.yaml", 0},
    {"partners.d/MZ.yaml", 0},
    {"funds.yaml", 5},
    {"calendar/2026.yaml", 5},
    {"registers/operators.csv", 4},
    {"divisions/371425.csv", 4},
    {"divisions/stations.csv", 4},
};

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(root) == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        copy(files[i].name, files[i].lines);
    }
    copy("facts.yaml", 51);
    copy("standards.yaml", 40);
    copy("policies/interactions.yaml", 12);
    copy("policies/SF/SF01.yaml", 0);
    copy("partners.d/nongshang.yaml", 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[PATH_BYTES];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -r '%s'", root);
    return system(command);
}

/* Opens and checks all; what it says of faults must have a place. */
static void open_once(const char *name, size_t n)
{
    static struct bus_config config;
    struct bus_faults faults;
    struct bus_err err = {0};
    int rc = bus_conf_open(&config, root, &faults, &err);
    if (rc == BUS_OK) {
        bus_conf_check(&config, &faults);
    } else if (rc != BUS_ECONFIG || err.msg[0] == '\0') {
        fail_msg("%s cut at %zu: %s", name, n,
                 bus_errc_name((enum bus_errc)rc));
    }
    for (size_t i = 0; i < faults.count; i++) {
        assert_non_null(faults.list[i].at.file);
        assert_true(faults.list[i].text[0] != '\0');
    }
    bus_conf_close(&config);
}

static void configuration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[PATH_BYTES], bytes[FILE_BYTES];
        (void)snprintf(path, sizeof(path), "%s/%s", root, files[i].name);
        size_t n = read_file(path, bytes);
        for (size_t cut = 0; cut < n; cut++) {
            write_file(path, bytes, cut);
            open_once(files[i].name, cut);
        }
        write_file(path, bytes, n);
    }
}

static void keyring(void **state)
{
    (void)state;
    char path[PATH_BYTES], text[256];
    int n = snprintf(text, sizeof(text), "# two keys\n7 MZ %064d\n8 bus %064d",
                     7, 8);
    (void)snprintf(path, sizeof(path), "%s/ring", root);
    for (int cut = 0; cut <= n; cut++) {
        struct bus_wire_keyring *k = NULL;
        struct bus_err err = {0};
        write_file(path, text, (size_t)cut);
        assert_int_equal(chmod(path, 0600), 0);
        int rc = bus_wire_keyring_open(path, &k, &err);
        bool whole = cut == n || cut <= 11 || cut == 11 + 69 || cut == 11 + 70;
        if (rc != BUS_OK && rc != BUS_ECONFIG) {
            fail_msg("cut at %d: %s", cut, bus_errc_name((enum bus_errc)rc));
        }
        if (rc == BUS_OK && !whole) {
            fail_msg("a key cut at %d is taken", cut);
        }
        bus_wire_keyring_free(rc == BUS_OK ? k : NULL);
        assert_int_equal(unlink(path), 0);
    }
}

static void records(void **state)
{
    (void)state;
    struct bus_arena mem, scratch;
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&scratch, 0, 0);
    struct fill f = {.mem = &mem, .seed = 20201107};
    for (const struct bus_wire_type *const *t = bus_role_types_all(); *t; t++) {
        struct bus_strv bytes;
        struct bus_err err;
        void *back = NULL;
        assert_int_equal(bus_wire_type_ready(*t, &err), BUS_OK);
        assert_int_equal(
            bus_wire_encode_arena(*t, fill_record(&f, *t), &mem, &bytes, &err),
            BUS_OK);
        for (size_t n = 0; n < bytes.n; n++) {
            char *part = malloc(n ? n : 1);
            memcpy(part, bytes.p, n);
            struct bus_strv cut = {part, n};
            struct bus_buf text = {0};
            int rc = bus_wire_decode_own(*t, cut, &scratch, &back, &err);
            if (rc != BUS_ETRUNCATED) {
                fail_msg("%s cut at %zu of %zu: %s", (*t)->name, n, bytes.n,
                         bus_errc_name((enum bus_errc)rc));
            }
            assert_int_equal(bus_wire_print(bus_wire_type_schema(*t), cut, true,
                                            &text, &err),
                             BUS_ETRUNCATED);
            bus_buf_fini(&text);
            free(part);
            bus_arena_reset(&scratch);
        }
        bus_arena_reset(&mem);
    }
    bus_arena_fini(&scratch);
    bus_arena_fini(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration),
        cmocka_unit_test(keyring),
        cmocka_unit_test(records),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
