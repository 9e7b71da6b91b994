/* Every key of every table at its least, its greatest, and one beyond each:
 * it loads, or it is a fault at its place that names the key. The files are
 * made from the tables, so that a new key is tried without a new test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/conf/config_tables.h"
#include "bus/conf/limits.h"
#include "bus/conf/walk.h"
#include "bus/conf/yaml.h"
#include "tests/lib/check.h"

static const struct bus_keys *const tables[] = {
    &bus_conf_keys_config, &bus_conf_keys_partner,  &bus_conf_keys_facts,
    &bus_conf_keys_funds,  &bus_conf_keys_calendar,
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* One value of one key; the rest of the file is what is required. */
struct trial
{
    const struct bus_key *key;
    int64_t value; /* of a text, list or map: how long */
    bool fits;
};

static char long_text[BUS_YAML_SCALAR_MAX];

static const char *secret(void *data, const char *name)
{
    (void)name;
    const struct trial *t = data;
    return long_text + sizeof(long_text) - 1 - (t->key ? t->value : 1);
}

static const struct bus_keys *table_in(const struct bus_key *key)
{
    return key->type == BUS_KEY_STRUCT ? key->sub
           : key->type == BUS_KEY_LIST || key->type == BUS_KEY_MAP
               ? table_in(key->elem)
               : NULL;
}

static bool is_in(const struct bus_key *sought, const struct bus_key *key)
{
    if (sought == key) {
        return true;
    }
    bool list = key->type == BUS_KEY_LIST || key->type == BUS_KEY_MAP;
    if (list && key->elem == sought) {
        return true;
    }
    const struct bus_keys *in = table_in(key);
    for (const struct bus_key *k = in ? in->keys : NULL; k && k->name; k++) {
        if (is_in(sought, k)) {
            return true;
        }
    }
    return false;
}

/* A struct that may be left out is made of its defaults; not if a key in it is
 * required. */
static bool is_needed(const struct bus_key *key)
{
    const struct bus_key *k =
        key->type == BUS_KEY_STRUCT ? key->sub->keys : NULL;
    for (; k != NULL && k->name != NULL; k++) {
        if (is_needed(k)) {
            return true;
        }
    }
    return key->required;
}

static void write_value(struct bus_buf *out,
                        const struct bus_key *key,
                        const struct trial *t);

static void write_table(struct bus_buf *out,
                        const struct bus_keys *keys,
                        const struct trial *t)
{
    const char *comma = "";
    bus_buf_puts(out, "{");
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        if (is_needed(k) || is_in(t->key, k)) {
            bus_buf_printf(out, "%s%s: ", comma, k->name);
            write_value(out, k, t);
            comma = ", ";
        }
    }
    bus_buf_puts(out, "}");
}

static void write_items(struct bus_buf *out,
                        const struct bus_key *key,
                        int64_t count,
                        const struct trial *t)
{
    bool map = key->type == BUS_KEY_MAP;
    bus_buf_puts(out, map ? "{" : "[");
    for (int64_t i = 0; i < count; i++) {
        bus_buf_puts(out, i > 0 ? ", " : "");
        if (map) {
            bus_buf_printf(out, "x%d: ", (int)i);
        }
        write_value(out, key->elem, t);
    }
    bus_buf_puts(out, map ? "}" : "]");
}

static void write_value(struct bus_buf *out,
                        const struct bus_key *key,
                        const struct trial *t)
{
    bool mine = key == t->key;
    int64_t v = mine ? t->value : key->min;
    switch (key->type) {
    case BUS_KEY_STR:
    case BUS_KEY_PATH:
        v = mine ? v : v > 1 ? v : 1;
        bus_buf_printf(out, "\"%.*s\"", (int)v, long_text);
        return;
    case BUS_KEY_SECRET:
        bus_buf_puts(out, "\"${SECRET}\"");
        return;
    case BUS_KEY_INT:
        bus_buf_printf(out, "%lld", (long long)v);
        return;
    case BUS_KEY_DURATION:
        bus_buf_printf(out, "%lldms", (long long)v);
        return;
    case BUS_KEY_SIZE:
        bus_buf_printf(out, "%lld", (long long)v);
        return;
    case BUS_KEY_MONEY:
        bus_buf_printf(out, "%lld fen", (long long)v);
        return;
    case BUS_KEY_BOOL:
        bus_buf_puts(out, "true");
        return;
    case BUS_KEY_ENUM:
        bus_buf_puts(out, key->words[0].word);
        return;
    case BUS_KEY_DATE:
        bus_buf_puts(out, "2026-01-01");
        return;
    case BUS_KEY_NODE:
        bus_buf_puts(out, "[]");
        return;
    case BUS_KEY_STRUCT:
        write_table(out, key->sub, t);
        return;
    case BUS_KEY_LIST:
    case BUS_KEY_MAP:
        write_items(out, key, mine ? v : v > 1 ? v : 1, t);
        return;
    }
}

static bool names(const struct bus_fault *f, const struct bus_key *key)
{
    return strstr(f->path, key->name) != NULL || strchr(f->path, '[') != NULL;
}

static void try_value(const struct bus_keys *root, const struct trial *t)
{
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_buf text = {0};
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    write_table(&text, root, t);
    void *into = calloc(1, root->size);
    const struct bus_keys_env env = {secret, (void *)(uintptr_t)t};
    assert_non_null(into);
    bus_conf_keys_load(
        root, bus_conf_yaml_parse(&mem, "t.yaml", bus_buf_view(&text), &faults),
        NULL, &env, &faults, into);
    const struct bus_fault *f = faults.list;
    if (t->fits && faults.errors > 0) {
        fail_msg("%s %s = %lld: %s: %s", root->name, t->key->name,
                 (long long)t->value, f->path, f->text);
    }
    if (!t->fits && faults.errors == 0) {
        fail_msg("%s %s = %lld is taken", root->name, t->key->name,
                 (long long)t->value);
    }
    if (!t->fits && (f->at.line != 1 || f->at.col < 2 || !names(f, t->key))) {
        fail_msg("%s %s = %lld: the fault is at %u:%u, %s", root->name,
                 t->key->name, (long long)t->value, f->at.line, f->at.col,
                 f->path);
    }
    free(into);
    bus_buf_fini(&text);
    bus_arena_fini(&mem);
}

static size_t tried;

static void try_key(const struct bus_keys *root, const struct bus_key *key)
{
    int64_t least, most;
    if (!bus_conf_key_range(key, &least, &most)) {
        return; /* words, days, structs: no numbers */
    }
    if (least > most || (least == 0 && most == 0)) {
        fail_msg("%s: %s has no limits", root->name, key->name);
    }
    try_value(root, &(struct trial){key, least, true});
    try_value(root, &(struct trial){key, most, true});
    try_value(root, &(struct trial){key, most + 1, false});
    if (least > 0) {
        try_value(root, &(struct trial){key, least - 1, false});
    }
    tried++;
}

static void try_table(const struct bus_keys *root, const struct bus_keys *keys)
{
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        try_key(root, k);
        if ((k->type == BUS_KEY_LIST || k->type == BUS_KEY_MAP) &&
            k->elem->type != BUS_KEY_STRUCT) {
            try_key(root, k->elem);
        }
        const struct bus_keys *in = table_in(k);
        if (in != NULL) {
            try_table(root, in);
        }
    }
}

static void every_key_keeps_its_limits(void **state)
{
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    for (size_t i = 0; i < TABLES; i++) {
        size_t before = tried;
        try_table(tables[i], tables[i]);
        print_message("%s: %zu keys\n", tables[i]->name, tried - before);
        assert_true(tried > before);
    }
}

/* Offenders: a number, a text and a list without limits are found. */
static void keys_without_limits_are_found(void **state)
{
    (void)state;
    int64_t least, most;
    struct bus_key key = {"n", BUS_KEY_INT, 0, .min = 0, .max = 0};
    assert_true(bus_conf_key_range(&key, &least, &most));
    assert_true(least == 0 && most == 0);
    key = (struct bus_key){"t", BUS_KEY_STR, 0, .min = 0, .max = 0};
    assert_true(bus_conf_key_range(&key, &least, &most));
    assert_int_equal(most, BUS_CONF_TEXT_MAX);
    key = (struct bus_key){"e", BUS_KEY_ENUM, .offset = 0};
    assert_false(bus_conf_key_range(&key, &least, &most));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_keeps_its_limits),
        cmocka_unit_test(keys_without_limits_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
