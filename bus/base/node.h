/* A tree of maps, lists and scalars read from a file that people write, each
 * with its place. The conf room makes it from YAML; other rooms (policies,
 * facts, standards) read it without knowing YAML.
 *
 * Everything lives in the arena it was read into and is never changed. */
#ifndef BUS_BASE_NODE_H
#define BUS_BASE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/faults.h"
#include "bus/base/strv.h"

enum bus_node_kind { BUS_NODE_SCALAR, BUS_NODE_LIST, BUS_NODE_MAP };
/* How a scalar was written: only a plain one can be a number, a boolean or
 * null; the others are always text. */
enum bus_node_style {
    BUS_NODE_PLAIN,
    BUS_NODE_QUOTED,  /* '...' or "..." */
    BUS_NODE_LITERAL, /* | */
    BUS_NODE_FOLDED   /* > */
};

struct bus_node;
struct bus_node_pair
{
    const struct bus_node *key; /* a scalar */
    const struct bus_node *value;
};
struct bus_node
{
    enum bus_node_kind kind;
    enum bus_node_style style;
    struct bus_place at;
    struct bus_strv text; /* scalar: its value, NUL-terminated, valid UTF-8 */
    uint32_t indent;      /* literal, folded: columns before its lines */
    uint32_t count;       /* list: items, map: pairs */
    union {
        const struct bus_node **items;     /* list */
        const struct bus_node_pair *pairs; /* map, in the order written */
    };
};

/* A file as it stands, for whoever reads another language in it. */
struct bus_source
{
    const char *file;
    struct bus_strv text;
};

/* The value of a key, NULL if map is NULL, no map, or has no such key. */
const struct bus_node *bus_node_get(const struct bus_node *map,
                                    const char *key);
/* NULL, or plain `null`, `~` or nothing. */
bool bus_node_is_null(const struct bus_node *n);
/* A scalar's text; NULL if it is none. */
const char *bus_node_cstr(const struct bus_node *n);
/* Plain decimal integer: no leading zero, no '+', no '_', nothing after it. */
bool bus_node_to_i64(const struct bus_node *n, int64_t *ret);
bool bus_node_to_bool(const struct bus_node *n, bool *ret); /* true, false */
/* 2026-07-01, plain or quoted. */
bool bus_node_to_date(const struct bus_node *n, int32_t *ret_days);
/* Where the byte `offset` of a scalar's text stands in its file: what an
 * expression's error points at. Exact for plain and quoted text on one line
 * and for literal blocks; a folded or continued text gives its start. */
struct bus_place bus_node_place(const struct bus_node *n, size_t offset);
/* "a text", "a list", "a map", "nothing": what was found, for faults. */
const char *bus_node_kind_text(const struct bus_node *n);

#endif
