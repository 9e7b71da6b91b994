/* YAML to node tree: places, and everything that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/conf/yaml.h"

struct fixture
{
    struct bus_arena mem;
    struct bus_faults faults;
};

static int setup(void **state)
{
    static struct fixture f;
    bus_arena_init(&f.mem, 0, 0);
    bus_faults_init(&f.faults, &f.mem);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bus_arena_fini(&f->mem);
    return 0;
}

static const struct bus_node *parse(struct fixture *f, const char *text)
{
    return bus_conf_yaml_parse(&f->mem, "t.yaml", bus_strv(text), &f->faults);
}

static void assert_printed(struct fixture *f, const char *want)
{
    struct bus_buf out = {0};
    bus_faults_print(&f->faults, true, &out);
    assert_string_equal(bus_buf_cstr(&out), want);
    bus_buf_fini(&out);
}

static void test_tree_and_places(void **state)
{
    struct fixture *f = *state;
    const struct bus_node *root = parse(f, "a: 1\n"
                                           "表: {b: [x, 'y z']}\n"
                                           "empty:\n");
    assert_non_null(root);
    assert_true(bus_faults_none(&f->faults));
    assert_int_equal(root->kind, BUS_NODE_MAP);
    assert_int_equal(root->count, 3);
    const struct bus_node *b = bus_node_get(bus_node_get(root, "表"), "b");
    assert_int_equal(b->count, 2);
    assert_int_equal(b->items[1]->at.line, 2);
    /* A column counts characters, not bytes. */
    assert_int_equal(b->items[1]->at.col, 12);
    assert_string_equal(bus_node_cstr(b->items[1]), "y z");
    assert_true(bus_node_is_null(bus_node_get(root, "empty")));
    assert_null(bus_node_get(root, "none"));
}

static void test_place_inside_texts(void **state)
{
    struct fixture *f = *state;
    const struct bus_node *root = parse(f, "feel: |\n"
                                           "  低保 < 3\n"
                                           "  and x\n"
                                           "short: \"a < b\"\n"
                                           "plain: a < b\n");
    const struct bus_node *feel = bus_node_get(root, "feel");
    struct bus_place p = bus_node_place(feel, strlen("低保 < 3\nand "));
    assert_int_equal(p.line, 3);
    assert_int_equal(p.col, 7);
    p = bus_node_place(feel, strlen("低保 "));
    assert_int_equal(p.line, 2);
    assert_int_equal(p.col, 6);
    p = bus_node_place(bus_node_get(root, "short"), 2);
    assert_int_equal(p.line, 4);
    assert_int_equal(p.col, 11);
    p = bus_node_place(bus_node_get(root, "plain"), 2);
    assert_int_equal(p.col, 10);
}

static void test_numbers_are_strict(void **state)
{
    struct fixture *f = *state;
    const struct bus_node *root =
        parse(f, "[909x, 010, '5', 0x10, +1, 1_000, -0, 1.5, 1e3, "
                 "99999999999999999999]");
    int64_t v = 7;
    for (uint32_t i = 0; i < root->count; i++) {
        assert_false(bus_node_to_i64(root->items[i], &v));
    }
    assert_int_equal(v, 7);
    root = parse(f, "[0, -12, 9223372036854775807, -9223372036854775808]");
    assert_true(bus_node_to_i64(root->items[0], &v));
    assert_true(v == 0);
    assert_true(bus_node_to_i64(root->items[1], &v));
    assert_true(v == -12);
    assert_true(bus_node_to_i64(root->items[2], &v));
    assert_true(v == INT64_MAX);
    assert_true(bus_node_to_i64(root->items[3], &v));
    assert_true(v == INT64_MIN);
    bool b;
    root = parse(f, "[true, 'true', yes, True, false]");
    assert_true(bus_node_to_bool(root->items[0], &b) && b);
    assert_false(bus_node_to_bool(root->items[1], &b));
    assert_false(bus_node_to_bool(root->items[2], &b));
    assert_false(bus_node_to_bool(root->items[3], &b));
    assert_true(bus_node_to_bool(root->items[4], &b) && !b);
}

static void
refused(void **state, const char *text, bool has_tree, const char *want)
{
    struct fixture *f = *state;
    bus_faults_init(&f->faults, &f->mem);
    const struct bus_node *root = parse(f, text);
    assert_int_equal(root != NULL, has_tree);
    assert_printed(f, want);
}

static void test_refused(void **state)
{
    refused(state, "a: 1\nb: 2\na: 3\n", true,
            "t.yaml:3:1: the key 'a' is there already, on line 1\n");
    refused(state, "a: *x\n", false,
            "t.yaml:1:4: an alias (*); write the value out\n");
    refused(state, "a: &x [1]\nb: 2\n", true,
            "t.yaml:1:4: an anchor (&x); write the value out\n");
    refused(state, "x: &x [*x]\n", false,
            "t.yaml:1:4: an anchor (&x); write the value out\n"
            "t.yaml:1:8: an alias (*); write the value out\n");
    refused(state, "a: !!int 3\n", true,
            "t.yaml:1:4: a tag (tag:yaml.org,2002:int); values have no tags "
            "here\n");
    refused(state, "a:\n \tb: 1\n", false,
            "t.yaml:2:2: a tab in the indentation; use spaces\n");
    refused(state, "a: 1\n---\nb: 2\n", false,
            "t.yaml:2:1: a second document in one file\n");
    refused(state, "", false, "t.yaml: empty\n");
    refused(state, "# only a note\n", false, "t.yaml: empty\n");
    refused(state, "? [a]\n: 1\n", false, "t.yaml:1:3: a key must be a text\n");
    refused(state, "a: \xff\n", false, "t.yaml: not UTF-8\n");
    refused(state, "a: \"x\\0y\"\n", false,
            "t.yaml:1:4: a NUL character in a text\n");
    refused(state, "a: [1, 2\n", false,
            "t.yaml:2:1: did not find expected ',' or ']', while parsing a "
            "flow sequence\n");
}

static void test_depth_is_bounded(void **state)
{
    static char deep[200001];
    memset(deep, '[', sizeof deep - 1);
    refused(state, deep, false, "t.yaml:1:33: nested too deep (32 levels)\n");
}

static void test_size_is_bounded(void **state)
{
    struct fixture *f = *state;
    char *big = malloc(BUS_YAML_FILE_MAX + 1);
    assert_non_null(big);
    memset(big, 'x', BUS_YAML_FILE_MAX + 1);
    struct bus_strv text = {big, BUS_YAML_FILE_MAX + 1};
    assert_null(bus_conf_yaml_parse(&f->mem, "t.yaml", text, &f->faults));
    assert_printed(f, "t.yaml: over 8 MiB\n");
    free(big);
}

/* The billion laughs: stopped at its first alias. */
static void test_alias_bomb(void **state)
{
    refused(state,
            "a: [x, x]\n"
            "b: [*a, *a, *a]\n",
            false, "t.yaml:2:5: an alias (*); write the value out\n");
}

static const char sample[] = "# 样本\n"
                             "code: MZ01\n"
                             "name: {zh: 低保, en: \"a, b\"}\n"
                             "list:\n"
                             "  - {n: 5, unit: days}\n"
                             "  - |\n"
                             "    x < y\n"
                             "      and z\n"
                             "last: 'it''s'\n";

static void test_truncated_at_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof sample; n++) {
        struct bus_arena mem;
        struct bus_faults faults;
        bus_arena_init(&mem, 0, 0);
        bus_faults_init(&faults, &mem);
        struct bus_strv text = {sample,
                                n < sizeof sample - 1 ? n : sizeof sample - 1};
        const struct bus_node *root =
            bus_conf_yaml_parse(&mem, "t.yaml", text, &faults);
        assert_true(root || !bus_faults_none(&faults));
        bus_arena_fini(&mem);
    }
}

struct failing
{
    size_t left;
};

static void *fail_alloc(void *data, size_t n)
{
    struct failing *f = data;
    return f->left-- == 0 ? NULL : malloc(n);
}
static void *fail_realloc(void *data, void *p, size_t n)
{
    struct failing *f = data;
    return f->left-- == 0 ? NULL : realloc(p, n);
}
static void plain_free(void *data, void *p)
{
    (void)data;
    free(p);
}

static void test_out_of_memory_at_every_allocation(void **state)
{
    (void)state;
    bool done = false;
    for (size_t k = 0; !done; k++) {
        struct failing counter = {k};
        struct bus_heap heap = {&counter, fail_alloc, fail_realloc, plain_free};
        struct bus_arena mem;
        struct bus_faults faults;
        struct bus_err err;
        bus_heap_set(&heap);
        bus_arena_init(&mem, 64, 0);
        bus_faults_init(&faults, &mem);
        const struct bus_node *root = bus_conf_yaml_parse(
            &mem, "t.yaml", BUS_STRV("a: {b: [1, 2, 3]}\n"), &faults);
        done = root && bus_faults_none(&faults);
        assert_true(done || bus_faults_fail(&faults, &err) != 0);
        bus_arena_fini(&mem);
        bus_heap_set(NULL);
        assert_true(k < 1000);
    }
}

static char folder[] = "/tmp/lianou-yaml-XXXXXX";

static void put_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_includes(void **state)
{
    struct fixture *f = *state;
    char path[128], want[512];
    assert_non_null(mkdtemp(folder));
    put_file("a.yaml", "include: [b.yaml, c.yaml]\nx: 1\n");
    put_file("b.yaml", "y: 2\n");
    put_file("c.yaml", "z: 3\nx: 4\ninclude: [b.yaml, ../no.yaml]\n");
    snprintf(path, sizeof path, "%s/a.yaml", folder);
    const struct bus_node *root =
        bus_conf_yaml_read_all(&f->mem, path, &f->faults);
    assert_non_null(root);
    assert_int_equal(root->count, 3);
    assert_non_null(bus_node_get(root, "z"));
    snprintf(want, sizeof want,
             "%s/c.yaml:2:1: x: is there already, in %s/a.yaml:2\n"
             "%s/c.yaml:3:11: include: %s/b.yaml is included already\n"
             "%s/c.yaml:3:19: include: must be a file name inside this "
             "folder\n",
             folder, folder, folder, folder, folder);
    assert_printed(f, want);
    snprintf(want, sizeof want, "rm -r '%s'", folder);
    assert_int_equal(system(want), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_tree_and_places),
        T(test_place_inside_texts),
        T(test_numbers_are_strict),
        T(test_refused),
        T(test_depth_is_bounded),
        T(test_size_is_bounded),
        T(test_alias_bomb),
        T(test_truncated_at_every_byte),
        T(test_out_of_memory_at_every_allocation),
        T(test_includes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
