/* The walker: a map and a descriptor table into a struct.
 *
 * - defaults first, then every key of the map is looked up in the table and
 *   its value converted; then what is required and was not there
 * - a fault never ends the walk; the field keeps its default
 * - it calls itself for structs inside structs: as deep as the tables, which
 *   are constants, and never deeper than the file */
#include "bus/conf/keys.h"

#include "bus/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/conf/file.h"
#include "bus/conf/limits.h"
#include "bus/conf/walk.h"

#define PATH_MAX_TEXT 256
#define ENV_NAME_MAX  64

struct walk
{
    const struct bus_keys_env *env;
    struct bus_arena *mem;
    struct bus_faults *faults;
    char path[PATH_MAX_TEXT];
    size_t path_len;
};

static const char *env_get(void *data, const char *name)
{
    (void)data;
    return getenv(name);
}
const struct bus_keys_env bus_conf_keys_env_system = {env_get, NULL};

static size_t keys_push(struct walk *w, const char *name)
{
    size_t before = w->path_len;
    int n = snprintf(w->path + before, sizeof w->path - before, "%s%s",
                     before && name[0] != '[' ? "." : "", name);
    w->path_len += n > 0 ? (size_t)n : 0;
    if (w->path_len >= sizeof w->path) {
        w->path_len = sizeof w->path - 1;
    }
    return before;
}

static void keys_pop(struct walk *w, size_t before)
{
    w->path_len = before;
    w->path[before] = 0;
}

/* Where there is but one word, its page says why. */
static const char *why_one(const struct bus_key *key)
{
    bool one = key->type == BUS_KEY_ENUM && key->words[0].word != NULL &&
               key->words[1].word == NULL;
    return one && key->doc != NULL ? key->doc : "";
}

static void
keys_wrong(struct walk *w, const struct bus_key *key, const struct bus_node *n)
{
    struct bus_buf allowed = {0};
    bus_conf_key_allowed(key, &allowed);
    if (n->kind == BUS_NODE_SCALAR && !bus_node_is_null(n)) {
        bool quoted = n->style != BUS_NODE_PLAIN;
        const char *why = why_one(key);
        bus_faults_add(
            w->faults, n->at, w->path, "found %s%.60s%s; must be %s%s%s",
            quoted ? "the text \"" : "'", n->text.p, quoted ? "\"" : "'",
            bus_buf_cstr(&allowed), why[0] != '\0' ? ": " : "", why);
    } else if (n->kind == BUS_NODE_SCALAR) {
        bus_faults_add(w->faults, n->at, w->path, "found %s; must be %s",
                       bus_node_kind_text(n), bus_buf_cstr(&allowed));
    } else {
        bus_faults_add(w->faults, n->at, w->path, "found %s of %u; must be %s",
                       bus_node_kind_text(n), n->count, bus_buf_cstr(&allowed));
    }
    bus_buf_fini(&allowed);
}

/* ${NAME} and ${NAME:-default}: the node itself, a copy with the value from
 * outside, or NULL with a fault. */
static const struct bus_node *keys_resolve(struct walk *w,
                                           const struct bus_node *n)
{
    if (n->kind != BUS_NODE_SCALAR || n->text.n < 4 ||
        strncmp(n->text.p, "${", 2) != 0 || n->text.p[n->text.n - 1] != '}') {
        if (n->kind == BUS_NODE_SCALAR && n->style == BUS_NODE_PLAIN &&
            strstr(n->text.p, "${") != NULL) {
            bus_faults_add(w->faults, n->at, w->path,
                           "${NAME} stands for a whole value, not for a part");
            return NULL;
        }
        return n;
    }
    struct bus_strv in = {n->text.p + 2, n->text.n - 3};
    const char *alt = NULL;
    size_t name_len = in.n;
    for (size_t i = 0; i + 1 < in.n && !alt; i++) {
        if (in.p[i] == ':' && in.p[i + 1] == '-') {
            name_len = i;
            alt = bus_arena_strndup(w->mem, in.p + i + 2, in.n - i - 2);
        }
    }
    char name[ENV_NAME_MAX];
    if (name_len == 0 || name_len >= sizeof name) {
        bus_faults_add(w->faults, n->at, w->path,
                       "'%.60s' names no environment variable", n->text.p);
        return NULL;
    }
    bus_strv_copy(name, sizeof name, (struct bus_strv){in.p, name_len});
    const char *value = w->env->get(w->env->data, name);
    if (!value || !value[0]) {
        value = alt;
    }
    if (!value) {
        bus_faults_add(w->faults, n->at, w->path,
                       "the environment variable %s is not set", name);
        return NULL;
    }
    struct bus_node *copy = bus_arena_dup(w->mem, n, sizeof *n);
    char *text = bus_arena_strdup(w->mem, value);
    if (!copy || !text) {
        w->faults->out_of_memory = true;
        return NULL;
    }
    copy->style = BUS_NODE_PLAIN;
    copy->text = bus_strv(text);
    return copy;
}

bool bus_conf_key_range(const struct bus_key *key,
                        int64_t *ret_min,
                        int64_t *ret_max)
{
    bool given = key->min != 0 || key->max != 0;
    *ret_min = key->min;
    *ret_max = key->max;
    switch (key->type) {
    case BUS_KEY_STR:
        *ret_max = given ? key->max : BUS_CONF_TEXT_MAX;
        return true;
    case BUS_KEY_SECRET:
    case BUS_KEY_PATH:
        *ret_min = 1;
        *ret_max = BUS_CONF_TEXT_MAX;
        return true;
    case BUS_KEY_LIST:
    case BUS_KEY_MAP:
        *ret_max = given ? key->max : BUS_CONF_ITEMS_MAX;
        return true;
    case BUS_KEY_INT:
    case BUS_KEY_DURATION:
    case BUS_KEY_SIZE:
    case BUS_KEY_MONEY:
        return true;
    case BUS_KEY_BOOL:
    case BUS_KEY_ENUM:
    case BUS_KEY_DATE:
    case BUS_KEY_NODE:
    case BUS_KEY_STRUCT:
        break;
    }
    return false;
}

static bool limits_ok(const struct bus_key *key, int64_t v)
{
    int64_t min, max;
    return bus_conf_key_range(key, &min, &max) &&
           ((min == 0 && max == 0) || (v >= min && v <= max));
}

static bool
take_number(const struct bus_key *key, const struct bus_node *n, int64_t *ret)
{
    int64_t v = 0;
    bool plain = n->style == BUS_NODE_PLAIN;
    bool ok = false;
    if (key->type == BUS_KEY_INT) {
        ok = bus_node_to_i64(n, &v);
    } else if (key->type == BUS_KEY_DURATION) {
        ok = plain && bus_conf_duration_parse(n->text, &v);
    } else if (key->type == BUS_KEY_SIZE) {
        ok = plain && bus_conf_size_parse(n->text, &v);
    } else if (key->type == BUS_KEY_MONEY) {
        ok = plain && bus_conf_money_parse(n->text, &v);
    }
    if (ok && limits_ok(key, v)) {
        *ret = v;
        return true;
    }
    return false;
}

static bool
take_word(const struct bus_key *key, const struct bus_node *n, int *ret)
{
    for (const struct bus_word *x = key->words; x->word; x++) {
        if (bus_strv_is(n->text, x->word)) {
            *ret = x->value;
            return true;
        }
    }
    return false;
}

static const char *beside(struct walk *w, const struct bus_node *n)
{
    const char *file = n->at.file ? n->at.file : "";
    const char *slash = strrchr(file, '/');
    char *folder = slash
                       ? bus_arena_strndup(w->mem, file, (size_t)(slash - file))
                       : bus_arena_strdup(w->mem, ".");
    return folder ? bus_conf_join(w->mem, folder, n->text.p) : NULL;
}

/* Fields are written by memcpy: only the table knows their type. */
static void keys_put_text(char *field, const char *text)
{
    memcpy(field, &text, sizeof text);
}

/* A file that the environment may name: ${NAME:-} without NAME names none. */
static bool key_may_lack(const struct bus_key *key)
{
    return key->type == BUS_KEY_PATH && !key->required && key->dflt == NULL;
}

/* One scalar into its field; false if it does not fit the row. */
static bool take_scalar(struct walk *w,
                        const struct bus_key *key,
                        const struct bus_node *n,
                        char *field)
{
    int64_t v;
    switch (key->type) {
    case BUS_KEY_STR:
    case BUS_KEY_SECRET:
        /* A number needs no quotes to be a text: 371425 is a county code. */
        if (!limits_ok(key, (int64_t)n->text.n)) {
            return false;
        }
        keys_put_text(field, n->text.p);
        return true;
    case BUS_KEY_PATH: {
        const char *path = beside(w, n);
        memcpy(field, &path, sizeof path);
        return limits_ok(key, (int64_t)n->text.n);
    }
    case BUS_KEY_INT:
    case BUS_KEY_DURATION:
    case BUS_KEY_SIZE:
    case BUS_KEY_MONEY:
        if (!take_number(key, n, &v)) {
            return false;
        }
        memcpy(field, &v, sizeof v);
        return true;
    case BUS_KEY_BOOL:
        return bus_node_to_bool(n, (bool *)field);
    case BUS_KEY_ENUM:
        return take_word(key, n, (int *)(void *)field);
    case BUS_KEY_DATE:
        return bus_node_to_date(n, (int32_t *)(void *)field);
    case BUS_KEY_NODE:
    case BUS_KEY_STRUCT:
    case BUS_KEY_LIST:
    case BUS_KEY_MAP:
        break;
    }
    return false;
}

static void load_struct(struct walk *w,
                        const struct bus_keys *keys,
                        const struct bus_node *node,
                        char *base);
static void load_value(struct walk *w,
                       const struct bus_key *key,
                       const struct bus_node *n,
                       char *field);

static void keys_load_items(struct walk *w,
                            const struct bus_key *key,
                            const struct bus_node *n,
                            char *field)
{
    bool is_map = key->type == BUS_KEY_MAP;
    if (n->kind != (is_map ? BUS_NODE_MAP : BUS_NODE_LIST) ||
        !limits_ok(key, n->count)) {
        keys_wrong(w, key, n);
        return;
    }
    struct bus_list list = {bus_arena_calloc(w->mem, n->count, key->elem_size),
                            n->count};
    if (!list.items && n->count) {
        w->faults->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        char index[24];
        char *at = (char *)list.items + i * key->elem_size;
        size_t before;
        if (is_map) {
            before = keys_push(w, n->pairs[i].key->text.p);
            keys_put_text(at, n->pairs[i].key->text.p);
        } else {
            snprintf(index, sizeof index, "[%u]", i);
            before = keys_push(w, index);
        }
        load_value(w, key->elem, is_map ? n->pairs[i].value : n->items[i],
                   at + key->elem->offset);
        keys_pop(w, before);
    }
    memcpy(field, &list, sizeof list);
}

static void load_value(struct walk *w,
                       const struct bus_key *key,
                       const struct bus_node *n,
                       char *field)
{
    switch (key->type) {
    case BUS_KEY_NODE:
        memcpy(field, &n, sizeof n);
        return;
    case BUS_KEY_STRUCT:
        if (n->kind == BUS_NODE_MAP) {
            load_struct(w, key->sub, n, field);
        } else {
            keys_wrong(w, key, n);
        }
        return;
    case BUS_KEY_LIST:
    case BUS_KEY_MAP:
        keys_load_items(w, key, n, field);
        return;
    case BUS_KEY_SECRET:
    case BUS_KEY_STR:
    case BUS_KEY_INT:
    case BUS_KEY_BOOL:
    case BUS_KEY_ENUM:
    case BUS_KEY_DURATION:
    case BUS_KEY_SIZE:
    case BUS_KEY_MONEY:
    case BUS_KEY_DATE:
    case BUS_KEY_PATH:
        break;
    }
    if (n->kind != BUS_NODE_SCALAR || bus_node_is_null(n)) {
        keys_wrong(w, key, n);
        return;
    }
    const struct bus_node *value = keys_resolve(w, n);
    if (!value || (value != n && value->text.n == 0 && key_may_lack(key))) {
        return;
    }
    if (key->type == BUS_KEY_SECRET && value == n) {
        bus_faults_add(w->faults, n->at, w->path,
                       "a secret does not stand here; must be ${NAME} of the "
                       "environment, or %s_file: a file of mode 0600",
                       key->name);
    } else if (!take_scalar(w, key, value, field)) {
        keys_wrong(w, key, value);
    }
}

/* <name>_file of a SECRET: the file's first line. */
static void load_secret_file(struct walk *w,
                             const struct bus_key *key,
                             const struct bus_node *n,
                             char *field)
{
    if (n->kind != BUS_NODE_SCALAR || bus_node_is_null(n)) {
        keys_wrong(w, key, n);
        return;
    }
    const struct bus_node *value = keys_resolve(w, n);
    const char *path = value ? beside(w, value) : NULL;
    struct stat st;
    if (!path) {
        return;
    }
    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0) {
        bus_faults_add(w->faults, n->at, w->path,
                       "%.100s can be read by others; its mode must be 0600",
                       path);
        return;
    }
    struct bus_strv text;
    if (!bus_conf_slurp(w->mem, path, 4096, &text, w->faults)) {
        return;
    }
    text.n = strcspn(text.p, "\r\n");
    if (!limits_ok(key, (int64_t)text.n)) {
        bus_faults_add(w->faults, n->at, w->path,
                       "the first line of %.100s has %zu bytes; must be 1 to "
                       "%d",
                       path, text.n, BUS_CONF_TEXT_MAX);
        return;
    }
    char *line = bus_arena_strndup(w->mem, text.p, text.n);
    memcpy(field, &line, sizeof line);
}

static const struct bus_key *
find_key(const struct bus_keys *keys, struct bus_strv name, bool *ret_is_file)
{
    *ret_is_file = false;
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        if (bus_strv_is(name, k->name)) {
            return k;
        }
        size_t n = strlen(k->name);
        if (k->type == BUS_KEY_SECRET && name.n == n + 5 &&
            strncmp(name.p, k->name, n) == 0 &&
            strcmp(name.p + n, "_file") == 0) {
            *ret_is_file = true;
            return k;
        }
    }
    return NULL;
}

static void unknown_key(struct walk *w,
                        const struct bus_keys *keys,
                        const struct bus_node *name)
{
    const char *near = NULL;
    size_t best = 4;
    struct bus_buf all = {0};
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        size_t d = bus_edit_distance(name->text.p, k->name);
        if (d < best) {
            best = d;
            near = k->name;
        }
        bus_buf_printf(&all, "%s%s", k == keys->keys ? "" : ", ", k->name);
    }
    size_t before = keys_push(w, name->text.p);
    if (near) {
        bus_faults_add(w->faults, name->at, w->path,
                       "unknown key; did you mean '%s'?", near);
    } else {
        bus_faults_add(w->faults, name->at, w->path,
                       "unknown key; allowed here: %s", bus_buf_cstr(&all));
    }
    keys_pop(w, before);
    bus_buf_fini(&all);
}

/* Defaults go through the same conversions as a file's values. */
static void load_defaults(struct walk *w,
                          const struct bus_keys *keys,
                          const struct bus_node *node,
                          char *base)
{
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        if (k->type == BUS_KEY_STRUCT) {
            if (!bus_node_get(node, k->name) && !k->required) {
                const struct bus_node none = {.kind = BUS_NODE_MAP,
                                              .at = node->at};
                size_t before = keys_push(w, k->name);
                load_struct(w, k->sub, &none, base + k->offset);
                keys_pop(w, before);
            }
        } else if (k->dflt) {
            struct bus_node *n = bus_arena_calloc(w->mem, 1, sizeof *n);
            if (!n) {
                w->faults->out_of_memory = true;
                return;
            }
            *n = (struct bus_node){.kind = BUS_NODE_SCALAR,
                                   .at = node->at,
                                   .text = bus_strv(k->dflt)};
            bool fits = take_scalar(w, k, n, base + k->offset);
            BUS_CHECK(fits);
            (void)fits;
        }
    }
}

static void check_required(struct walk *w,
                           const struct bus_keys *keys,
                           const struct bus_node *node)
{
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        if (!k->required || bus_node_get(node, k->name)) {
            continue;
        }
        char file[80];
        snprintf(file, sizeof file, "%.70s_file", k->name);
        if (k->type == BUS_KEY_SECRET && bus_node_get(node, file)) {
            continue;
        }
        struct bus_buf allowed = {0};
        bus_conf_key_allowed(k, &allowed);
        size_t before = keys_push(w, k->name);
        bus_faults_add(w->faults, node->at, w->path, "missing; must be %s",
                       bus_buf_cstr(&allowed));
        keys_pop(w, before);
        bus_buf_fini(&allowed);
    }
}

static void load_struct(struct walk *w,
                        const struct bus_keys *keys,
                        const struct bus_node *node,
                        char *base)
{
    if (keys->node_offset != BUS_KEYS_NO_NODE) {
        memcpy(base + keys->node_offset, &node, sizeof node);
    }
    load_defaults(w, keys, node, base);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct bus_node *name = node->pairs[i].key;
        bool is_file;
        const struct bus_key *k = find_key(keys, name->text, &is_file);
        if (!k) {
            unknown_key(w, keys, name);
            continue;
        }
        size_t before = keys_push(w, name->text.p);
        if (is_file) {
            load_secret_file(w, k, node->pairs[i].value, base + k->offset);
        } else {
            load_value(w, k, node->pairs[i].value, base + k->offset);
        }
        keys_pop(w, before);
    }
    check_required(w, keys, node);
}

void bus_conf_keys_load(const struct bus_keys *keys,
                        const struct bus_node *node,
                        const char *path,
                        const struct bus_keys_env *env,
                        struct bus_faults *faults,
                        void *ret)
{
    struct walk w = {.env = env, .mem = faults->mem, .faults = faults};
    memset(ret, 0, keys->size);
    if (path && path[0]) {
        keys_push(&w, path);
    }
    if (!node) {
        return;
    }
    if (node->kind != BUS_NODE_MAP) {
        bus_faults_add(faults, node->at, path, "found %s; must be a map",
                       bus_node_kind_text(node));
        return;
    }
    load_struct(&w, keys, node, ret);
}
