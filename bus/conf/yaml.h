/* YAML files into trees of `struct bus_node`.
 *
 * The strict part of YAML 1.1 that people need: maps, lists, scalars, block
 * texts. Refused, each with its place: tabs in indentation, duplicate keys,
 * aliases and anchors, tags, a second document, keys that are no scalars, text
 * that is no UTF-8, files over a limit. All memory is the arena's. */
#ifndef BUS_CONF_YAML_H
#define BUS_CONF_YAML_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"

#define BUS_YAML_FILE_MAX   (8u << 20) /* bytes of one file */
#define BUS_YAML_DEPTH_MAX  32
#define BUS_YAML_NODES_MAX  1000000
#define BUS_YAML_SCALAR_MAX (256u << 10)

/* Reads a text. `name` is what faults call the file (copied). Faults go to
 * `faults`; NULL is returned only if there is no tree at all (a syntax error,
 * an empty text, a limit). */
const struct bus_node *bus_conf_yaml_parse(struct bus_arena *mem,
                                           const char *name,
                                           struct bus_strv text,
                                           struct bus_faults *faults);
/* The same of a file. A missing or unreadable file is a fault. The name in
 * faults is `path` as given. */
const struct bus_node *bus_conf_yaml_read(struct bus_arena *mem,
                                          const char *path,
                                          struct bus_faults *faults);
/* A file whose map may hold `include: [other.yaml, ...]` (paths relative to
 * it, inside its folder): the maps are joined at the top level; the same key
 * in two files is a fault that names both. */
const struct bus_node *bus_conf_yaml_read_all(struct bus_arena *mem,
                                              const char *path,
                                              struct bus_faults *faults);

#endif
