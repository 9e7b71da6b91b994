/* A YAML file and the files it includes, joined at the top level.
 *
 * - files are queued and read one after the other; a file is read once
 * - a key that two files have is a fault that names both places */
#include <string.h>

#include "bus/conf/file.h"
#include "bus/conf/yaml.h"

#define INCLUDES_MAX 32

struct join
{
    struct bus_arena *mem;
    struct bus_faults *faults;
    const char *paths[INCLUDES_MAX];
    size_t count;
    struct bus_node *root; /* a map that grows */
    struct bus_node_pair *pairs;
    size_t cap;
};

static void
include_queue(struct join *j, const char *folder, const struct bus_node *n)
{
    const char *name = bus_node_cstr(n);
    if (!name || !name[0] || name[0] == '/' || strstr(name, "..")) {
        bus_faults_add(j->faults, n->at, "include",
                       "must be a file name inside this folder");
        return;
    }
    const char *path = bus_conf_join(j->mem, folder, name);
    for (size_t i = 0; path && i < j->count; i++) {
        if (strcmp(j->paths[i], path) == 0) {
            bus_faults_add(j->faults, n->at, "include",
                           "%s is included already", path);
            return;
        }
    }
    if (!path || j->count == INCLUDES_MAX) {
        bus_faults_add(j->faults, n->at, "include", "more than %d files",
                       INCLUDES_MAX);
        return;
    }
    j->paths[j->count++] = path;
}

static void take_pair(struct join *j, const struct bus_node_pair *p)
{
    for (uint32_t i = 0; i < j->root->count; i++) {
        const struct bus_node *k = j->pairs[i].key;
        if (bus_strv_eq(k->text, p->key->text)) {
            bus_faults_add(j->faults, p->key->at, k->text.p,
                           "is there already, in %s:%u", k->at.file,
                           k->at.line);
            return;
        }
    }
    if (j->root->count == j->cap) {
        size_t cap = j->cap ? j->cap * 2 : 32;
        struct bus_node_pair *more =
            bus_arena_calloc(j->mem, cap, sizeof *more);
        if (!more) {
            j->faults->out_of_memory = true;
            return;
        }
        if (j->cap) {
            memcpy(more, j->pairs, j->cap * sizeof *more);
        }
        j->pairs = more;
        j->cap = cap;
    }
    j->pairs[j->root->count++] = *p;
}

static void take_file(struct join *j, const struct bus_node *map)
{
    const char *file = map->at.file;
    const char *slash = strrchr(file, '/');
    const char *folder =
        slash ? bus_arena_strndup(j->mem, file, (size_t)(slash - file)) : ".";
    for (uint32_t i = 0; folder && i < map->count; i++) {
        const struct bus_node_pair *p = &map->pairs[i];
        if (!bus_strv_is(p->key->text, "include")) {
            take_pair(j, p);
            continue;
        }
        if (p->value->kind != BUS_NODE_LIST) {
            bus_faults_add(j->faults, p->value->at, "include",
                           "found %s; must be a list of files",
                           bus_node_kind_text(p->value));
            continue;
        }
        for (uint32_t k = 0; k < p->value->count; k++) {
            include_queue(j, folder, p->value->items[k]);
        }
    }
}

const struct bus_node *bus_conf_yaml_read_all(struct bus_arena *mem,
                                              const char *path,
                                              struct bus_faults *faults)
{
    struct join j = {.mem = mem, .faults = faults, .paths = {path}, .count = 1};
    j.root = bus_arena_calloc(mem, 1, sizeof *j.root);
    if (!j.root) {
        faults->out_of_memory = true;
        return NULL;
    }
    j.root->kind = BUS_NODE_MAP;
    for (size_t i = 0; i < j.count; i++) {
        const struct bus_node *map =
            bus_conf_yaml_read(mem, j.paths[i], faults);
        if (i == 0) {
            j.root->at = map ? map->at : (struct bus_place){path, 0, 0};
        }
        if (map && map->kind != BUS_NODE_MAP) {
            bus_faults_add(faults, map->at, NULL, "found %s; must be a map",
                           bus_node_kind_text(map));
        } else if (map) {
            take_file(&j, map);
        }
        if (!map && i == 0) {
            return NULL;
        }
    }
    j.root->pairs = j.pairs;
    return j.root;
}
