/* YAML text to node tree.
 *
 * - the text is read whole, checked (size, UTF-8, tabs), then libyaml's events
 *   are built into the tree with a stack of open maps and lists
 * - events, not yaml_parser_load(): only they show anchors and aliases with
 *   their place, and let us stop at a depth before anything is built
 * - a syntax error or a limit ends the text (NULL); anything else is a fault
 *   and the tree goes on */
#include "bus/conf/yaml.h"

#include <string.h>
#include <yaml.h>

#include "bus/base/hash.h"
#include "bus/base/strv.h"
#include "bus/conf/file.h"

#define SMALL_MAP 24

struct item
{
    struct item *next;
    const struct bus_node *node;
};

/* An open map or list. */
struct level
{
    struct bus_node *node;
    struct item *first, **last;
    uint32_t count; /* of items; a map's keys and values alternate */
};

struct builder
{
    struct bus_arena *mem;
    struct bus_faults *faults;
    const char *file;
    struct bus_strv text;
    const uint32_t *line_at; /* byte offset of each line */
    size_t lines;
    struct level open[BUS_YAML_DEPTH_MAX];
    size_t depth, nodes, documents;
    const struct bus_node *root;
    bool broken; /* no tree */
};

static struct bus_place yaml_place(const struct builder *b, yaml_mark_t m)
{
    return (struct bus_place){b->file, (uint32_t)m.line + 1,
                              (uint32_t)m.column + 1};
}

static void yaml_stop(struct builder *b, struct bus_place at, const char *text)
{
    bus_faults_add(b->faults, at, NULL, "%s", text);
    b->broken = true;
}

/* Leading white space with a tab in it: editors show it as they like. */
static void check_tabs(struct builder *b)
{
    for (size_t l = 0; l < b->lines; l++) {
        size_t at = b->line_at[l];
        size_t i = at;
        while (i < b->text.n && b->text.p[i] == ' ') {
            i++;
        }
        if (i < b->text.n && b->text.p[i] == '\t') {
            struct bus_place p = {b->file, (uint32_t)l + 1,
                                  (uint32_t)(i - at) + 1};
            yaml_stop(b, p, "a tab in the indentation; use spaces");
            return;
        }
    }
}

static bool find_lines(struct builder *b)
{
    size_t lines = 1;
    for (size_t i = 0; i < b->text.n; i++) {
        lines += b->text.p[i] == '\n';
    }
    uint32_t *at = bus_arena_calloc(b->mem, lines, sizeof *at);
    if (!at) {
        return false;
    }
    size_t l = 1;
    for (size_t i = 0; i < b->text.n; i++) {
        if (b->text.p[i] == '\n') {
            at[l++] = (uint32_t)i + 1;
        }
    }
    b->line_at = at;
    b->lines = lines;
    return true;
}

/* Columns before the text of a block that is announced on line `head`. */
static uint32_t block_indent(const struct builder *b, size_t head)
{
    for (size_t l = head + 1; l < b->lines; l++) {
        size_t i = b->line_at[l];
        uint32_t n = 0;
        while (i < b->text.n && b->text.p[i] == ' ') {
            i++;
            n++;
        }
        if (i < b->text.n && b->text.p[i] != '\n' && b->text.p[i] != '\r') {
            return n;
        }
    }
    return 0;
}

static enum bus_node_style style_of(const yaml_event_t *e)
{
    switch (e->data.scalar.style) {
    case YAML_LITERAL_SCALAR_STYLE:
        return BUS_NODE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return BUS_NODE_FOLDED;
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        /* Over several lines its places are lost, as in a folded text. */
        return e->start_mark.line == e->end_mark.line ? BUS_NODE_QUOTED
                                                      : BUS_NODE_FOLDED;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
        break;
    }
    return e->start_mark.line == e->end_mark.line ? BUS_NODE_PLAIN
                                                  : BUS_NODE_FOLDED;
}

static void yaml_append(struct builder *b, struct bus_node *n)
{
    if (b->depth == 0) {
        b->root = n;
        return;
    }
    struct level *up = &b->open[b->depth - 1];
    struct item *it = bus_arena_alloc(b->mem, sizeof *it);
    if (!it) {
        b->broken = b->faults->out_of_memory = true;
        return;
    }
    *it = (struct item){NULL, n};
    *up->last = it;
    up->last = &it->next;
    if (up->node->kind == BUS_NODE_MAP && up->count % 2 == 0 &&
        n->kind != BUS_NODE_SCALAR) {
        yaml_stop(b, n->at, "a key must be a text");
    }
    up->count++;
}

static struct bus_node *
new_node(struct builder *b, const yaml_event_t *e, enum bus_node_kind kind)
{
    if (++b->nodes > BUS_YAML_NODES_MAX) {
        yaml_stop(b, yaml_place(b, e->start_mark),
                  "too many values in one file");
        return NULL;
    }
    struct bus_node *n = bus_arena_calloc(b->mem, 1, sizeof *n);
    if (!n) {
        b->broken = b->faults->out_of_memory = true;
        return NULL;
    }
    n->kind = kind;
    n->at = yaml_place(b, e->start_mark);
    return n;
}

static void refuse_marks(struct builder *b,
                         const yaml_event_t *e,
                         const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor) {
        bus_faults_add(b->faults, yaml_place(b, e->start_mark), NULL,
                       "an anchor (&%s); write the value out", anchor);
    }
    if (tag) {
        bus_faults_add(b->faults, yaml_place(b, e->start_mark), NULL,
                       "a tag (%s); values have no tags here", tag);
    }
}

static void add_scalar(struct builder *b, const yaml_event_t *e)
{
    struct bus_node *n = new_node(b, e, BUS_NODE_SCALAR);
    if (!n) {
        return;
    }
    size_t len = e->data.scalar.length;
    const char *p = (const char *)e->data.scalar.value;
    if (len > BUS_YAML_SCALAR_MAX) {
        yaml_stop(b, n->at, "a text over 256 KiB");
        return;
    }
    if (memchr(p, 0, len)) {
        yaml_stop(b, n->at, "a NUL character in a text");
        return;
    }
    const char *copy = bus_arena_strndup(b->mem, p, len);
    if (!copy) {
        b->broken = b->faults->out_of_memory = true;
        return;
    }
    n->text = (struct bus_strv){copy, len};
    n->style = style_of(e);
    if (n->style == BUS_NODE_LITERAL || n->style == BUS_NODE_FOLDED) {
        n->indent = block_indent(b, e->start_mark.line);
    }
    refuse_marks(b, e, e->data.scalar.anchor, e->data.scalar.tag);
    yaml_append(b, n);
}

static void
open_level(struct builder *b, const yaml_event_t *e, enum bus_node_kind kind)
{
    if (b->depth == BUS_YAML_DEPTH_MAX) {
        yaml_stop(b, yaml_place(b, e->start_mark),
                  "nested too deep (32 levels)");
        return;
    }
    struct bus_node *n = new_node(b, e, kind);
    if (!n) {
        return;
    }
    yaml_append(b, n);
    struct level *l = &b->open[b->depth++];
    *l = (struct level){.node = n};
    l->last = &l->first;
}

static void duplicate(struct builder *b,
                      const struct bus_node *key,
                      const struct bus_node *first)
{
    bus_faults_add(b->faults, key->at, NULL,
                   "the key '%s' is there already, on line %u", key->text.p,
                   first->at.line);
}

static void check_many(struct builder *b, const struct bus_node *n)
{
    struct bus_map seen = {0};
    for (uint32_t i = 0; i < n->count; i++) {
        const struct bus_node *k = n->pairs[i].key;
        const struct bus_node *first = bus_map_get(&seen, k->text);
        if (first) {
            duplicate(b, k, first);
        } else if (bus_map_put(&seen, k->text, (void *)(uintptr_t)k) != 0) {
            b->broken = b->faults->out_of_memory = true;
            break;
        }
    }
    bus_map_fini(&seen);
}

/* Most maps are small: compared pair by pair, without any memory. */
static void check_duplicates(struct builder *b, const struct bus_node *n)
{
    if (n->count > SMALL_MAP) {
        check_many(b, n);
        return;
    }
    for (uint32_t i = 1; i < n->count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (bus_strv_eq(n->pairs[k].key->text, n->pairs[i].key->text)) {
                duplicate(b, n->pairs[i].key, n->pairs[k].key);
                break;
            }
        }
    }
}

static void close_level(struct builder *b)
{
    struct level *l = &b->open[--b->depth];
    struct bus_node *n = l->node;
    struct item *it = l->first;
    if (n->kind == BUS_NODE_LIST) {
        n->count = l->count;
        const struct bus_node **items =
            bus_arena_calloc(b->mem, l->count, sizeof(struct bus_node *));
        n->items = items;
        for (uint32_t i = 0; items && it; it = it->next) {
            items[i++] = it->node;
        }
        b->broken = b->broken || (!items && l->count);
        return;
    }
    n->count = l->count / 2;
    struct bus_node_pair *pairs =
        bus_arena_calloc(b->mem, n->count, sizeof *pairs);
    n->pairs = pairs;
    if (!pairs && n->count) {
        b->broken = b->faults->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < n->count; i++, it = it->next) {
        pairs[i].key = it->node;
        it = it->next;
        pairs[i].value = it->node;
    }
    check_duplicates(b, n);
}

static void on_event(struct builder *b, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        add_scalar(b, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(b, e, e->data.sequence_start.anchor,
                     e->data.sequence_start.tag);
        open_level(b, e, BUS_NODE_LIST);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_marks(b, e, e->data.mapping_start.anchor,
                     e->data.mapping_start.tag);
        open_level(b, e, BUS_NODE_MAP);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_level(b);
        break;
    case YAML_ALIAS_EVENT:
        yaml_stop(b, yaml_place(b, e->start_mark),
                  "an alias (*); write the value out");
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1) {
            yaml_stop(b, yaml_place(b, e->start_mark),
                      "a second document in one file");
        }
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

static void run_parser(struct builder *b)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        b->broken = b->faults->out_of_memory = true;
        return;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->text.p,
                                 b->text.n);
    bool done = false;
    while (!done && !b->broken) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            const char *what = parser.problem ? parser.problem : "no YAML";
            bus_faults_add(b->faults, yaml_place(b, parser.problem_mark), NULL,
                           "%s%s%s", what, parser.context ? ", " : "",
                           parser.context ? parser.context : "");
            b->broken = true;
            break;
        }
        done = e.type == YAML_STREAM_END_EVENT;
        on_event(b, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
}

const struct bus_node *bus_conf_yaml_parse(struct bus_arena *mem,
                                           const char *name,
                                           struct bus_strv text,
                                           struct bus_faults *faults)
{
    struct builder b = {.mem = mem, .faults = faults, .text = text};
    b.file = bus_arena_strdup(mem, name);
    struct bus_place whole = {b.file, 0, 0};
    if (!b.file) {
        faults->out_of_memory = true;
        return NULL;
    }
    if (text.n > BUS_YAML_FILE_MAX) {
        bus_faults_add(faults, whole, NULL, "over 8 MiB");
        return NULL;
    }
    if (!bus_utf8_valid(text.p, text.n)) {
        bus_faults_add(faults, whole, NULL, "not UTF-8");
        return NULL;
    }
    if (!find_lines(&b)) {
        faults->out_of_memory = true;
        return NULL;
    }
    check_tabs(&b);
    if (!b.broken) {
        run_parser(&b);
    }
    if (!b.broken && !b.root) {
        bus_faults_add(faults, whole, NULL, "empty");
    }
    return b.broken ? NULL : b.root;
}

const struct bus_node *bus_conf_yaml_read(struct bus_arena *mem,
                                          const char *path,
                                          struct bus_faults *faults)
{
    struct bus_strv text;
    if (!bus_conf_slurp(mem, path, BUS_YAML_FILE_MAX, &text, faults)) {
        return NULL;
    }
    return bus_conf_yaml_parse(mem, path, text, faults);
}
