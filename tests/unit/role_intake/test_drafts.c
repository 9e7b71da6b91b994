/* Drafts: kept once, listed, masked, dropped; at the limit and when torn. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producers/intake/drafts.h"
#include "tests/lib/check.h"

static char dir[64];
static struct drafts drafts;
static struct bus_run_loop *loop;
static struct form form;
static char got[BUS_ID_TEXT + 1];
static enum bus_errc why;
static bool running, answered;

static int fresh(void **state)
{
    (void)state;
    struct bus_run_loop_conf conf = {.no_signals = true};
    struct bus_err err;
    (void)strcpy(dir, "/tmp/lianou-drafts-XXXXXX");
    form.fault_count = 1;
    form.faults[0] = (struct intake_form_fault){"/members/0/id_no", "ID_LENGTH",
                                                "长", "length"};
    return mkdtemp(dir) == NULL ||
           bus_run_loop_new(&conf, &loop, &err) != BUS_OK ||
           intake_drafts_open(&drafts, dir, 2000, &err) != BUS_OK;
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
    intake_drafts_mask(list[0].json);
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
        intake_drafts_mask(draft);
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
    intake_drafts_mask(draft);
    char *text = json_dumps(draft, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"application\":{\"members\":{\"members\":[{"
                              "\"id_no\":\"***\",\"n\":1}]},"
                              "\"name\":\"***\"}}");
    free(text);
    json_decref(draft);
}

static void limit(void **state)
{
    (void)state;
    struct bus_err err;
    keep("A", 1000);
    assert_int_equal(why, BUS_OK);
    keep("B", 1000);
    assert_int_equal(why, BUS_EFULL);
    assert_string_equal(got, "");
    assert_int_equal(intake_drafts_open(&drafts, dir, 2000, &err), BUS_OK);
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
        cmocka_unit_test_setup_teardown(limit, fresh, swept),
        cmocka_unit_test(no_json),
        cmocka_unit_test(masked_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
