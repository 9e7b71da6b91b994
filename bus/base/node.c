/* Reading of a node tree: strict conversions and places inside texts. */
#include "bus/base/node.h"

#include <string.h>

#include "bus/base/clock.h"

const struct bus_node *bus_node_get(const struct bus_node *map, const char *key)
{
    if (!map || map->kind != BUS_NODE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        if (bus_strv_is(map->pairs[i].key->text, key)) {
            return map->pairs[i].value;
        }
    }
    return NULL;
}

static bool is_plain(const struct bus_node *n)
{
    return n && n->kind == BUS_NODE_SCALAR && n->style == BUS_NODE_PLAIN;
}

bool bus_node_is_null(const struct bus_node *n)
{
    return !n || (is_plain(n) && (n->text.n == 0 || bus_strv_is(n->text, "~") ||
                                  bus_strv_is(n->text, "null")));
}

const char *bus_node_cstr(const struct bus_node *n)
{
    return n && n->kind == BUS_NODE_SCALAR ? n->text.p : NULL;
}

bool bus_node_to_i64(const struct bus_node *n, int64_t *ret)
{
    if (!is_plain(n) || n->text.n == 0) {
        return false;
    }
    const char *p = n->text.p;
    size_t sign = p[0] == '-';
    size_t digits = n->text.n - sign;
    /* `010` is ten to one reader and eight to another: refused. */
    if (digits == 0 || (p[sign] == '0' && (digits > 1 || sign))) {
        return false;
    }
    for (size_t i = sign; i < n->text.n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return false;
        }
    }
    return bus_strv_to_i64(n->text, ret);
}

bool bus_node_to_bool(const struct bus_node *n, bool *ret)
{
    if (!is_plain(n)) {
        return false;
    }
    if (bus_strv_is(n->text, "true")) {
        *ret = true;
        return true;
    }
    if (bus_strv_is(n->text, "false")) {
        *ret = false;
        return true;
    }
    return false;
}

bool bus_node_to_date(const struct bus_node *n, int32_t *ret_days)
{
    return n && n->kind == BUS_NODE_SCALAR && bus_date_parse(n->text, ret_days);
}

struct bus_place bus_node_place(const struct bus_node *n, size_t offset)
{
    struct bus_place at = n->at;
    if (n->kind != BUS_NODE_SCALAR || offset > n->text.n ||
        n->style == BUS_NODE_FOLDED) {
        return at;
    }
    size_t start = 0;
    uint32_t lines = 0;
    for (size_t i = 0; i < offset; i++) {
        if (n->text.p[i] == '\n') {
            lines++;
            start = i + 1;
        }
    }
    uint32_t chars =
        (uint32_t)bus_utf8_count(n->text.p + start, offset - start);
    if (n->style == BUS_NODE_LITERAL) {
        at.line += 1 + lines;
        at.col = n->indent + chars + 1;
    } else if (lines == 0) {
        at.col += chars + (n->style == BUS_NODE_QUOTED);
    }
    return at;
}

const char *bus_node_kind_text(const struct bus_node *n)
{
    if (bus_node_is_null(n)) {
        return "nothing";
    }
    switch (n->kind) {
    case BUS_NODE_SCALAR:
        return "a text";
    case BUS_NODE_LIST:
        return "a list";
    case BUS_NODE_MAP:
        return "a map";
    }
    return "nothing";
}
