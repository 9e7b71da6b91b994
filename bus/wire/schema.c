/* The parser: JSON to tree. Named types are entered before their parts are
 * parsed, so that a type may contain itself. */
#include "bus/wire/schema.h"

#include <string.h>

#include "bus/base/heap.h"
#include "bus/wire/schema_parts.h"

#define SET_BYTES_MAX (64u << 20)

/* Of records, what their fields take; of fixed, their size. */
static const uint32_t min_bytes[] = {0, 1, 1, 1, 4, 8, 1, 1, 0, 1, 1, 1, 1, 0};

struct bus_wire_set *bus_wire_set_new(void)
{
    struct bus_wire_set *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return NULL;
    }
    bus_arena_init(&s->mem, 16384, SET_BYTES_MAX);
    s->texts = json_array();
    if (s->texts == NULL) {
        bus_free(s);
        return NULL;
    }
    return s;
}

void bus_wire_set_free(struct bus_wire_set *set)
{
    if (set == NULL) {
        return;
    }
    json_decref(set->texts);
    bus_map_fini(&set->named);
    bus_map_fini(&set->announced);
    bus_arena_fini(&set->mem);
    bus_free(set);
}

int bus_wire_set_announce(struct bus_wire_set *set,
                          const char *full_name,
                          struct bus_strv text,
                          struct bus_err *err)
{
    struct announced *a = bus_arena_calloc(&set->mem, 1, sizeof(*a));
    char *copy = bus_arena_strndup(&set->mem, text.p, text.n);
    char *name = bus_arena_strdup(&set->mem, full_name);
    if (a == NULL || copy == NULL || name == NULL ||
        bus_map_put(&set->announced, bus_strv(name), a) != BUS_OK) {
        return bus_fail(err, BUS_ENOMEM, "schema %s", full_name);
    }
    *a = (struct announced){name, {copy, text.n}, false};
    return BUS_OK;
}

const char *wire_full_name(struct parsing *p, const char *name, const char *ns)
{
    if (strchr(name, '.') != NULL || ns == NULL || ns[0] == '\0') {
        return bus_arena_strdup(&p->set->mem, name);
    }
    return bus_arena_printf(&p->set->mem, "%s.%s", ns, name);
}

static struct bus_wire_schema *
new_schema(struct parsing *p, enum bus_wire_kind kind, const json_t *j)
{
    struct bus_wire_schema *s = bus_arena_calloc(&p->set->mem, 1, sizeof(*s));
    if (s == NULL) {
        (void)bus_fail(p->err, BUS_ETOOBIG, "the schemas are too large");
        return NULL;
    }
    s->kind = kind;
    s->min_bytes = min_bytes[kind];
    s->enum_default = -1;
    s->json = json_is_object(j) ? (const struct json_t *)j : NULL;
    s->logical = json_string_value(json_object_get(j, "logicalType"));
    return s;
}

static int schema_parse_node(struct parsing *p,
                             const json_t *j,
                             const char *ns,
                             const struct bus_wire_schema **ret);

static int parse_text(struct parsing *p,
                      struct bus_strv text,
                      const struct bus_wire_schema **ret)
{
    json_error_t e;
    if (text.n > BUS_WIRE_SCHEMA_BYTES) {
        return bus_fail(p->err, BUS_ETOOBIG, "a schema of %zu bytes", text.n);
    }
    unsigned refused = bus_heap_refused();
    json_t *j = json_loadb(text.p, text.n,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (bus_heap_refused() != refused) {
        json_decref(j);
        return bus_fail(p->err, BUS_ENOMEM, "a schema");
    }
    if (j == NULL) {
        return bus_fail(p->err, BUS_ESCHEMA, "%d:%d: %s", e.line, e.column,
                        e.text);
    }
    if (json_array_append_new(p->set->texts, j) != 0) {
        return bus_fail(p->err, BUS_ENOMEM, "a schema");
    }
    return schema_parse_node(p, j, NULL, ret);
}

static int schema_named(struct parsing *p,
                        const char *full,
                        const struct bus_wire_schema **ret)
{
    *ret = bus_map_get(&p->set->named, bus_strv(full));
    struct announced *a = bus_map_get(&p->set->announced, bus_strv(full));
    if (*ret != NULL || a == NULL) {
        return BUS_OK;
    }
    if (a->busy) {
        return bus_fail(p->err, BUS_ESCHEMA, "%s defines no type of that name",
                        full);
    }
    a->busy = true;
    struct parsing inner = {p->set, p->err, p->depth, schema_parse_node};
    const struct bus_wire_schema *top = NULL;
    int rc = parse_text(&inner, a->text, &top);
    if (rc != BUS_OK) {
        return bus_wrap(p->err, "%s", full);
    }
    *ret = bus_map_get(&p->set->named, bus_strv(full));
    return BUS_OK;
}

/* Too large, or was it that the heap gave nothing? */
static int schema_cause(unsigned refused, int rc, struct bus_err *err)
{
    return rc != BUS_OK && bus_heap_refused() != refused
               ? bus_fail(err, BUS_ENOMEM, "a schema")
               : rc;
}

int bus_wire_set_named(struct bus_wire_set *set,
                       const char *full_name,
                       const struct bus_wire_schema **ret,
                       struct bus_err *err)
{
    struct parsing p = {set, err, 0, schema_parse_node};
    unsigned refused = bus_heap_refused();
    return schema_cause(refused, schema_named(&p, full_name, ret), err);
}

int bus_wire_set_parse(struct bus_wire_set *set,
                       struct bus_strv text,
                       const struct bus_wire_schema **ret,
                       struct bus_err *err)
{
    struct parsing p = {set, err, 0, schema_parse_node};
    unsigned refused = bus_heap_refused();
    return schema_cause(refused, parse_text(&p, text, ret), err);
}

static int parse_name(struct parsing *p,
                      const json_t *j,
                      const char *name,
                      const char *ns,
                      const struct bus_wire_schema **ret)
{
    for (int k = BUS_WIRE_NULL; k <= BUS_WIRE_STRING; k++) {
        if (strcmp(name, wire_kind_name((enum bus_wire_kind)k)) == 0) {
            *ret = new_schema(p, (enum bus_wire_kind)k, j);
            return *ret ? BUS_OK
                        : bus_fail(p->err, BUS_ETOOBIG,
                                   "the schemas are too large");
        }
    }
    const char *full = wire_full_name(p, name, ns);
    *ret = NULL;
    if (full == NULL) {
        return bus_fail(p->err, BUS_ETOOBIG, "the schemas are too large");
    }
    BUS_TRY(schema_named(p, full, ret));
    if (*ret == NULL && strcmp(full, name) != 0) {
        BUS_TRY(schema_named(p, name, ret));
    }
    return *ret ? BUS_OK
                : bus_fail(p->err, BUS_ESCHEMA, "no type '%s' is known", name);
}

static bool same_branch(const struct bus_wire_schema *a,
                        const struct bus_wire_schema *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    return a->name == NULL || b->name == NULL || strcmp(a->name, b->name) == 0;
}

static int parse_union(struct parsing *p,
                       const json_t *j,
                       const char *ns,
                       const struct bus_wire_schema **ret)
{
    size_t n = json_array_size(j);
    struct bus_wire_schema *s = new_schema(p, BUS_WIRE_UNION, j);
    const struct bus_wire_schema **list =
        bus_arena_calloc(&p->set->mem, n + 1, sizeof(const void *));
    if (s == NULL || list == NULL || n > BUS_WIRE_FIELDS_MAX) {
        return bus_fail(p->err, BUS_ETOOBIG, "a union of %zu branches", n);
    }
    for (size_t i = 0; i < n; i++) {
        int rc = schema_parse_node(p, json_array_get(j, i), ns, &list[i]);
        if (rc != BUS_OK) {
            return bus_wrap(p->err, "branch %zu", i);
        }
        if (list[i]->kind == BUS_WIRE_UNION) {
            return bus_fail(p->err, BUS_ESCHEMA,
                            "branch %zu: a union right inside a union", i);
        }
        for (size_t k = 0; k < i; k++) {
            if (same_branch(list[i], list[k])) {
                return bus_fail(p->err, BUS_ESCHEMA,
                                "branch %zu: %s is there already", i,
                                wire_kind_name(list[i]->kind));
            }
        }
    }
    if (n == 0) {
        return bus_fail(p->err, BUS_ESCHEMA, "a union without branches");
    }
    s->branches = list;
    s->count = n;
    *ret = s;
    return BUS_OK;
}

static int parse_item(struct parsing *p,
                      const json_t *j,
                      const char *ns,
                      enum bus_wire_kind kind,
                      const struct bus_wire_schema **ret)
{
    const char *key = kind == BUS_WIRE_ARRAY ? "items" : "values";
    const json_t *item = json_object_get(j, key);
    struct bus_wire_schema *s = new_schema(p, kind, j);
    const struct bus_wire_schema **list =
        bus_arena_calloc(&p->set->mem, 1, sizeof(const void *));
    if (s == NULL || list == NULL || item == NULL) {
        return item == NULL ? bus_fail(p->err, BUS_ESCHEMA, "%s without \"%s\"",
                                       wire_kind_name(kind), key)
                            : bus_fail(p->err, BUS_ETOOBIG, "an array");
    }
    s->branches = list;
    s->count = 1;
    *ret = s;
    return schema_parse_node(p, item, ns, &list[0]);
}

static int
parse_enum(struct parsing *p, const json_t *j, struct bus_wire_schema *s)
{
    const json_t *symbols = json_object_get(j, "symbols");
    size_t n = json_array_size(symbols);
    const char **list = bus_arena_calloc(&p->set->mem, n + 1, sizeof(char *));
    if (list == NULL || n == 0 || n > BUS_WIRE_FIELDS_MAX) {
        return bus_fail(p->err, BUS_ESCHEMA, "an enum of %zu symbols", n);
    }
    const char *d = json_string_value(json_object_get(j, "default"));
    for (size_t i = 0; i < n; i++) {
        list[i] = json_string_value(json_array_get(symbols, i));
        if (list[i] == NULL || !wire_name_valid(list[i], false)) {
            return bus_fail(p->err, BUS_ESCHEMA, "symbol %zu is no name", i);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(list[i], list[k]) == 0) {
                return bus_fail(p->err, BUS_ESCHEMA, "symbol %s twice",
                                list[i]);
            }
        }
        if (d != NULL && strcmp(d, list[i]) == 0) {
            s->enum_default = (int)i;
        }
    }
    if (json_object_get(j, "default") != NULL && s->enum_default < 0) {
        return bus_fail(p->err, BUS_ESCHEMA, "the default is no symbol");
    }
    s->symbols = list;
    s->count = n;
    return BUS_OK;
}

static int
parse_fixed(struct parsing *p, const json_t *j, struct bus_wire_schema *s)
{
    const json_t *size = json_object_get(j, "size");
    json_int_t n = json_integer_value(size);
    if (!json_is_integer(size) || n < 0 || n > BUS_WIRE_FIXED_MAX) {
        return bus_fail(p->err, BUS_ESCHEMA, "size must be 0 to %d",
                        BUS_WIRE_FIXED_MAX);
    }
    s->count = (size_t)n;
    s->min_bytes = (uint32_t)n;
    return BUS_OK;
}

static int parse_aliases(struct parsing *p,
                         const json_t *j,
                         const char *ns,
                         struct bus_wire_schema *s)
{
    const json_t *a = json_object_get(j, "aliases");
    size_t n = json_array_size(a);
    const char **list = bus_arena_calloc(&p->set->mem, n + 1, sizeof(char *));
    if (n > BUS_WIRE_FIELDS_MAX) {
        return bus_fail(p->err, BUS_ETOOBIG, "%zu aliases", n);
    }
    for (size_t i = 0; list != NULL && i < n; i++) {
        const char *name = json_string_value(json_array_get(a, i));
        if (name == NULL || !wire_name_valid(name, true)) {
            return bus_fail(p->err, BUS_ESCHEMA, "alias %zu is no name", i);
        }
        list[i] = wire_full_name(p, name, ns);
        if (list[i] == NULL) {
            return bus_fail(p->err, BUS_ETOOBIG, "aliases");
        }
    }
    s->aliases = list;
    s->alias_count = n;
    return list ? BUS_OK : bus_fail(p->err, BUS_ETOOBIG, "aliases");
}

static int parse_named(struct parsing *p,
                       const json_t *j,
                       const char *ns,
                       enum bus_wire_kind kind,
                       const struct bus_wire_schema **ret)
{
    const char *name = json_string_value(json_object_get(j, "name"));
    const json_t *own = json_object_get(j, "namespace");
    const char *space = own ? json_string_value(own) : "";
    if (name == NULL || !wire_name_valid(name, true) || space == NULL ||
        (space[0] != '\0' && !wire_name_valid(space, true))) {
        return bus_fail(p->err, BUS_ESCHEMA, "%s without a valid name",
                        wire_kind_name(kind));
    }
    ns = own ? space : ns;
    struct bus_wire_schema *s = new_schema(p, kind, j);
    const char *full = wire_full_name(p, name, ns);
    if (s == NULL || full == NULL) {
        return bus_fail(p->err, BUS_ETOOBIG, "%s", name);
    }
    for (int k = BUS_WIRE_NULL; k <= BUS_WIRE_STRING; k++) {
        if (strcmp(full, wire_kind_name((enum bus_wire_kind)k)) == 0) {
            return bus_fail(p->err, BUS_ESCHEMA,
                            "%s is a primitive type and no name for a %s", full,
                            wire_kind_name(kind));
        }
    }
    const char *dot = strrchr(full, '.');
    ns = dot ? bus_arena_strndup(&p->set->mem, full, (size_t)(dot - full))
             : NULL;
    s->name = full;
    if (bus_map_get(&p->set->named, bus_strv(full)) != NULL) {
        return bus_fail(p->err, BUS_ESCHEMA, "%s is defined twice", full);
    }
    if (bus_map_put(&p->set->named, bus_strv(full), s) != BUS_OK) {
        return bus_fail(p->err, BUS_ENOMEM, "%s", full);
    }
    *ret = s;
    int rc = parse_aliases(p, j, ns, s);
    if (rc == BUS_OK) {
        rc = kind == BUS_WIRE_RECORD ? wire_parse_record(p, j, ns, s)
             : kind == BUS_WIRE_ENUM ? parse_enum(p, j, s)
                                     : parse_fixed(p, j, s);
    }
    return rc == BUS_OK ? rc : bus_wrap(p->err, "%s", full);
}

static int parse_object(struct parsing *p,
                        const json_t *j,
                        const char *ns,
                        const struct bus_wire_schema **ret)
{
    const json_t *type = json_object_get(j, "type");
    if (json_is_object(type) || json_is_array(type)) {
        return schema_parse_node(p, type, ns, ret);
    }
    const char *word = json_string_value(type);
    if (word == NULL) {
        return bus_fail(p->err, BUS_ESCHEMA, "an object without \"type\"");
    }
    if (strcmp(word, "array") == 0 || strcmp(word, "map") == 0) {
        return parse_item(p, j, ns,
                          word[0] == 'a' ? BUS_WIRE_ARRAY : BUS_WIRE_MAP, ret);
    }
    if (strcmp(word, "record") == 0 || strcmp(word, "error") == 0) {
        return parse_named(p, j, ns, BUS_WIRE_RECORD, ret);
    }
    if (strcmp(word, "enum") == 0 || strcmp(word, "fixed") == 0) {
        return parse_named(
            p, j, ns, word[0] == 'e' ? BUS_WIRE_ENUM : BUS_WIRE_FIXED, ret);
    }
    return parse_name(p, j, word, ns, ret);
}

static int schema_parse_node(struct parsing *p,
                             const json_t *j,
                             const char *ns,
                             const struct bus_wire_schema **ret)
{
    if (++p->depth > BUS_WIRE_SCHEMA_DEPTH) {
        return bus_fail(p->err, BUS_ETOOBIG, "nested deeper than %d",
                        BUS_WIRE_SCHEMA_DEPTH);
    }
    int rc;
    if (json_is_string(j)) {
        rc = parse_name(p, NULL, json_string_value(j), ns, ret);
    } else if (json_is_array(j)) {
        rc = parse_union(p, j, ns, ret);
    } else if (json_is_object(j)) {
        rc = parse_object(p, j, ns, ret);
    } else {
        rc = bus_fail(p->err, BUS_ESCHEMA,
                      "a schema is a name, an object or a list");
    }
    p->depth--;
    return rc;
}

const struct bus_wire_schema *bus_wire_nullable(const struct bus_wire_schema *s)
{
    if (s->kind != BUS_WIRE_UNION || s->count != 2) {
        return NULL;
    }
    return s->branches[0]->kind == BUS_WIRE_NULL   ? s->branches[1]
           : s->branches[1]->kind == BUS_WIRE_NULL ? s->branches[0]
                                                   : NULL;
}

int64_t bus_wire_schema_int(const struct bus_wire_schema *s, const char *key)
{
    const json_t *v = json_object_get((const json_t *)s->json, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}
