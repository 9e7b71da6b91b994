/* Drafts: kept once, listed, masked, dropped; at the limit and when torn. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bus/base/hex.h"
#include "bus/wire/hpke.h"
#include "producers/intake/drafts.h"
#include "tests/lib/check.h"

static char dir[64];
static struct drafts drafts;
static struct bus_run_loop *loop;
static struct form form;
static char got[BUS_ID_TEXT + 1];
static enum bus_errc why;
static bool running, answered;
static struct bus_wire_keyring *door, *clerk; /* seals; opens */

/* A ring with one line of the pair of drafts. */
static struct bus_wire_keyring *ring(const char *kind, const uint8_t key[32])
{
    char path[] = "/tmp/lianou-ring-XXXXXX", hex[65];
    struct bus_err err;
    struct bus_wire_keyring *k = NULL;
    FILE *f = fdopen(mkstemp(path), "w");
    bus_hex_write(key, 32, hex);
    (void)fprintf(f, "7 drafts %s %s\n", kind, hex);
    (void)fclose(f);
    assert_int_equal(bus_wire_keyring_open(path, &k, &err), BUS_OK);
    (void)unlink(path);
    return k;
}

static int open_folder(int64_t keep_ms, struct bus_err *err)
{
    const struct drafts_conf conf = {.dir = dir,
                                     .max_bytes = 4000,
                                     .keep_ms = keep_ms,
                                     .seals = door,
                                     .opens = clerk};
    return intake_drafts_open(&drafts, &conf, err);
}

static int fresh(void **state)
{
    (void)state;
    struct bus_run_loop_conf conf = {.no_signals = true};
    struct bus_err err;
    uint8_t secret[32], public[32];
    assert_int_equal(bus_wire_x25519_keygen(secret, public, &err), BUS_OK);
    door = ring("x25519-public", public);
    clerk = ring("x25519-private", secret);
    (void)strcpy(dir, "/tmp/lianou-drafts-XXXXXX");
    form.fault_count = 1;
    form.faults[0] = (struct intake_form_fault){"/members/0/id_no", "ID_LENGTH",
                                                "长", "length"};
    return mkdtemp(dir) == NULL ||
           bus_run_loop_new(&conf, &loop, &err) != BUS_OK ||
           open_folder(0, &err) != BUS_OK;
}

static int swept(void **state)
{
    (void)state;
    DIR *d = opendir(dir);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    (void)closedir(d);
    bus_run_loop_free(loop);
    bus_wire_keyring_free(door);
    bus_wire_keyring_free(clerk);
    return rmdir(dir);
}

static void done(void *token, const char *id, const struct bus_err *err)
{
    (void)token;
    (void)snprintf(got, sizeof(got), "%s", id ? id : "");
    why = err ? err->code : BUS_OK;
    answered = true;
    if (running) {
        bus_run_loop_stop(loop, NULL);
    }
}

static json_t *application(const char *name, size_t filler)
{
    char text[3000];
    memset(text, 'x', sizeof(text));
    text[filler] = '\0';
    return json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "channel_reference", name,
                     "note", text, "members", "id_no", "000000190001010000",
                     "name", "甲");
}

static void keep(const char *name, size_t filler)
{
    struct bus_err err;
    struct bus_run_loop_conf conf = {.no_signals = true};
    json_t *a = application(name, filler);
    answered = false;
    assert_int_equal(
        intake_drafts_keep(&drafts, loop, a, &form, done, NULL, &err), BUS_OK);
    if (!answered) { /* on a worker */
        running = true;
        (void)bus_run_loop_run(loop);
        running = false;
        bus_run_loop_free(loop);
        assert_int_equal(bus_run_loop_new(&conf, &loop, &err), BUS_OK);
    }
    json_decref(a);
}

static void kept_and_shown(void **state)
{
    (void)state;
    struct bus_err err;
    struct draft *list;
    size_t n;
    char first[BUS_ID_TEXT + 1], path[200];
    keep("A", 10);
    assert_int_equal(strlen(got), BUS_ID_TEXT);
    (void)strcpy(first, got);
    keep("A", 10); /* the same again */
    assert_string_equal(got, first);
    keep("B", 10);
    assert_string_not_equal(got, first);
    assert_int_equal(intake_drafts_list(&drafts, &list, &n, &err), BUS_OK);
    assert_int_equal(n, 2);
    json_t *a = json_object_get(list[0].json, "application");
    json_t *member = json_array_get(json_object_get(a, "members"), 0);
    intake_drafts_mask(list[0].json, false);
    assert_string_equal(json_string_value(json_object_get(member, "id_no")),
                        "***");
    assert_string_equal(json_string_value(json_object_get(member, "name")),
                        "***");
    intake_drafts_free(list, n);
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%s.json", dir, first);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    for (off_t cut = 0; cut < st.st_size; cut++) { /* torn: clean, and stays */
        json_t *j = NULL;
        assert_int_equal(truncate(path, st.st_size - 1 - cut), 0);
        assert_int_equal(intake_drafts_read(&drafts, first, &j, &err),
                         BUS_EPARSE);
    }
    assert_int_equal(intake_drafts_list(&drafts, &list, &n, &err), BUS_OK);
    assert_int_equal(n, 2);
    intake_drafts_free(list, n);
    assert_int_equal(intake_drafts_drop(&drafts, first, &err), BUS_OK);
    assert_int_equal(intake_drafts_drop(&drafts, first, &err), BUS_EUNKNOWN);
    assert_int_equal(intake_drafts_drop(&drafts, "../x", &err), BUS_EUNKNOWN);
}

static bool stands_in_file(const char *id, const char *text)
{
    static char bytes[20000];
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s.json", dir, id);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof(bytes), f);
    (void)fclose(f);
    return memmem(bytes, n, text, strlen(text)) != NULL;
}

/* The door keeps what it cannot open; another's key does not open it, nor one
 * draft's bytes under another's name. */
static void sealed(void **state)
{
    (void)state;
    struct bus_err err;
    json_t *j = NULL;
    char first[BUS_ID_TEXT + 1], from[200], to[200];
    keep("A", 10);
    (void)strcpy(first, got);
    assert_false(stands_in_file(first, "000000190001010000"));
    assert_false(stands_in_file(first, "application\""));
    drafts.opens = NULL;
    assert_int_equal(intake_drafts_read(&drafts, first, &j, &err), BUS_ECRYPT);
    drafts.opens = door;
    assert_int_equal(intake_drafts_read(&drafts, first, &j, &err), BUS_ECRYPT);
    struct draft *list;
    size_t n;
    assert_int_equal(intake_drafts_list(&drafts, &list, &n, &err), BUS_OK);
    assert_true(n == 1 && list[0].json == NULL && list[0].closed);
    intake_drafts_free(list, n);
    drafts.opens = clerk;
    assert_int_equal(intake_drafts_read(&drafts, first, &j, &err), BUS_OK);
    json_decref(j);
    keep("B", 10);
    (void)snprintf(from, sizeof(from), "%s/%s.json", dir, first);
    (void)snprintf(to, sizeof(to), "%s/%s.json", dir, got);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(intake_drafts_read(&drafts, got, &j, &err), BUS_ECRYPT);
}

/* Kept so long and no longer; what is too old makes room. */
static void lifetime(void **state)
{
    (void)state;
    struct bus_err err;
    char old[BUS_ID_TEXT + 1], path[200];
    keep("A", 400);
    (void)strcpy(old, got);
    keep("B", 400);
    uint64_t both = drafts.bytes;
    struct timespec times[2] = {{.tv_sec = time(NULL) - 7300},
                                {.tv_sec = time(NULL) - 7300}};
    (void)snprintf(path, sizeof(path), "%s/%s.json", dir, old);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(intake_drafts_expire(&drafts), 0); /* for ever */
    drafts.keep_ms = 7200000;
    assert_int_equal(intake_drafts_expire(&drafts), 1);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(drafts.bytes > 0 && drafts.bytes < both);
    (void)snprintf(path, sizeof(path), "%s/%s.json", dir, got);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(open_folder(7200000, &err), BUS_OK);
    assert_int_equal(drafts.bytes, 0);
}

/* Facts stay for who has said what for; what was typed as a field's name says
 * nothing. */
static void facts_shown(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        json_t *draft = json_pack("{s:{s:s, s:s, s:[{s:s, s:{s:s}}], s:{s:i}}}",
                                  "application", "channel", "WEB", "nmae", "甲",
                                  "members", "name", "乙", "facts", "diagnosis",
                                  "an illness", "facts", "deposit_fen", 700);
        intake_drafts_mask(draft, with == 1);
        char *text = json_dumps(draft, JSON_COMPACT);
        assert_true((strstr(text, "an illness") != NULL) == (with == 1));
        assert_true((strstr(text, "700") != NULL) == (with == 1));
        assert_null(strstr(text, "甲"));
        assert_null(strstr(text, "乙"));
        assert_non_null(strstr(text, "WEB"));
        free(text);
        json_decref(draft);
    }
}

/* What is no JSON comes back byte by byte, and is shown to nobody. */
static void no_json(void **state)
{
    (void)state;
    static const struct bus_strv sent[] = {
        BUS_STRV("{\"members\": [{\"name\": \"甲\""),
        BUS_STRV("{\"name\": \"\xbc\xd7\"}"), BUS_STRV("a\0b")};
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        struct bus_err err;
        struct bus_buf text = {0};
        json_t *draft = json_pack("{s:o, s:[]}", "application",
                                  intake_drafts_raw(sent[i]), "faults");
        assert_non_null(draft);
        assert_int_equal(intake_drafts_text(draft, &text, &err), BUS_OK);
        assert_int_equal(text.len, sent[i].n);
        assert_memory_equal(text.data, sent[i].p, sent[i].n);
        bus_buf_fini(&text);
        intake_drafts_mask(draft, false);
        assert_string_equal(
            json_string_value(json_object_get(draft, "application")), "***");
        json_decref(draft);
    }
}

static void masked_wherever_it_stands(void **state)
{
    (void)state;
    json_t *draft =
        json_pack("{s:{s:s, s:{s:[{s:s, s:i}]}}}", "application", "name", "甲",
                  "members", "members", "id_no", "000000190001010000", "n", 1);
    intake_drafts_mask(draft, false);
    char *text = json_dumps(draft, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"application\":{\"members\":{\"members\":[{"
                              "\"id_no\":\"***\",\"n\":\"***\"}]},"
                              "\"name\":\"***\"}}");
    free(text);
    json_decref(draft);
}

static void limit(void **state)
{
    (void)state;
    struct bus_err err;
    keep("A", 1000); /* sealed, in hex: more than twice that */
    assert_int_equal(why, BUS_OK);
    keep("B", 1000);
    assert_int_equal(why, BUS_EFULL);
    assert_string_equal(got, "");
    assert_int_equal(open_folder(0, &err), BUS_OK);
    assert_true(drafts.bytes > 1000); /* counted anew */
    keep("B", 1000);
    assert_int_equal(why, BUS_EFULL);
    keep("C", 10);
    assert_int_equal(why, BUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kept_and_shown, fresh, swept),
        cmocka_unit_test_setup_teardown(sealed, fresh, swept),
        cmocka_unit_test_setup_teardown(lifetime, fresh, swept),
        cmocka_unit_test(facts_shown),
        cmocka_unit_test_setup_teardown(limit, fresh, swept),
        cmocka_unit_test(no_json),
        cmocka_unit_test(masked_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
