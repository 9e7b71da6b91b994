/* avsc2c OUT-DIR FILE.avsc...: makes <name>.h and <name>.c of every record.
 *
 * - a record of its own file     struct sa_<name>, sa_<name>_type, its slots
 * - a nested or other named type the header of the file that defines it
 * - an enum                      enum sa_<name>, SA_<NAME>_<SYMBOL>, its words
 *                                sa_<name>_word(), _parse() and _words
 * - ["null", T]                  bool has_x and T x
 * - another union                struct { int branch; union { ... } u; }
 * - array, map                   struct { T *v; size_t n; }; a map's T is a
 *                                pair struct { struct bus_strv key; T value; }
 * - fixed `id`                   struct bus_id; other fixed uint8_t[n]
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/wire/schema_parts.h"

static const char *out_dir;
static struct bus_wire_set *set;

static void avsc2c_die(const char *where, const char *what)
{
    (void)fprintf(stderr, "avsc2c: %s: %s\n", where, what);
    exit(1);
}

static const char *avsc2c_bare(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void avsc2c_upper(FILE *f, const char *s)
{
    for (; *s != '\0'; s++) {
        (void)fputc(toupper((unsigned char)*s), f);
    }
}

/* --- C declarations --- */

static void declare(FILE *f, const struct bus_wire_schema *s, const char *name);

static void
declare_items(FILE *f, const struct bus_wire_schema *s, const char *name)
{
    (void)fprintf(f, "struct { ");
    if (s->kind == BUS_WIRE_MAP) {
        (void)fprintf(f, "struct { struct bus_strv key; ");
        declare(f, s->branches[0], "value");
        (void)fprintf(f, " } *v; ");
    } else {
        declare(f, s->branches[0], "*v");
    }
    (void)fprintf(f, " size_t n; } %s;", name);
}

static void branch_name(char *to, size_t cap, const struct bus_wire_schema *s)
{
    (void)snprintf(to, cap, "%s_value",
                   s->name ? avsc2c_bare(s->name) : wire_kind_name(s->kind));
}

static void
declare_union(FILE *f, const struct bus_wire_schema *s, const char *name)
{
    (void)fprintf(f, "struct { int branch; union { ");
    for (size_t i = 0; i < s->count; i++) {
        char n[128];
        branch_name(n, sizeof(n), s->branches[i]);
        if (s->branches[i]->kind != BUS_WIRE_NULL) {
            declare(f, s->branches[i], n);
            (void)fputc(' ', f);
        }
    }
    (void)fprintf(f, "} u; } %s;", name);
}

static void declare(FILE *f, const struct bus_wire_schema *s, const char *name)
{
    static const char *const types[] = {
        [BUS_WIRE_NULL] = "char",
        [BUS_WIRE_BOOLEAN] = "bool",
        [BUS_WIRE_INT] = "int32_t",
        [BUS_WIRE_LONG] = "int64_t",
        [BUS_WIRE_FLOAT] = "float",
        [BUS_WIRE_DOUBLE] = "double",
        [BUS_WIRE_BYTES] = "struct bus_strv",
        [BUS_WIRE_STRING] = "struct bus_strv",
    };
    switch (s->kind) {
    case BUS_WIRE_RECORD:
        (void)fprintf(f, "struct sa_%s %s;", avsc2c_bare(s->name), name);
        break;
    case BUS_WIRE_ENUM:
        (void)fprintf(f, "enum sa_%s %s;", avsc2c_bare(s->name), name);
        break;
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        declare_items(f, s, name);
        break;
    case BUS_WIRE_UNION:
        declare_union(f, s, name);
        break;
    case BUS_WIRE_FIXED:
        if (s->count == 16 && strcmp(avsc2c_bare(s->name), "id") == 0) {
            (void)fprintf(f, "struct bus_id %s;", name);
        } else {
            (void)fprintf(f, "uint8_t %s[%zu];", name, s->count);
        }
        break;
    default:
        (void)fprintf(f, "%s %s;", types[s->kind], name);
        break;
    }
}

static void define_record(FILE *f, const struct bus_wire_schema *s)
{
    (void)fprintf(f, "struct sa_%s\n{\n", avsc2c_bare(s->name));
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_schema *t = s->fields[i].type;
        if (bus_wire_nullable(t) != NULL) {
            (void)fprintf(f, "    bool has_%s;\n", s->fields[i].name);
        }
        (void)fprintf(f, "    ");
        declare(f, bus_wire_nullable(t) ? bus_wire_nullable(t) : t,
                s->fields[i].name);
        (void)fputc('\n', f);
    }
    if (s->count == 0) {
        (void)fprintf(f, "    char nothing;\n");
    }
    (void)fprintf(f, "};\n");
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_schema *t = s->fields[i].type;
        if (t->kind != BUS_WIRE_UNION || bus_wire_nullable(t) != NULL) {
            continue;
        }
        for (size_t k = 0; k < t->count; k++) {
            (void)fprintf(f, "#define SA_");
            avsc2c_upper(f, avsc2c_bare(s->name));
            (void)fputc('_', f);
            avsc2c_upper(f, s->fields[i].name);
            (void)fputc('_', f);
            avsc2c_upper(f, t->branches[k]->name
                                ? avsc2c_bare(t->branches[k]->name)
                                : wire_kind_name(t->branches[k]->kind));
            (void)fprintf(f, " %zu\n", k);
        }
    }
}

/* The enums of the file in hand: write_c() writes their words. */
static const struct bus_wire_schema *own_enums[64];
static size_t own_enum_count;

static void define_enum(FILE *f, const struct bus_wire_schema *s)
{
    const char *n = avsc2c_bare(s->name);
    (void)fprintf(f, "enum sa_%s {\n", n);
    for (size_t i = 0; i < s->count; i++) {
        (void)fprintf(f, "    SA_");
        avsc2c_upper(f, n);
        (void)fprintf(f, "_%s,\n", s->symbols[i]);
    }
    (void)fprintf(f,
                  "};\n"
                  "extern const struct bus_wire_words sa_%s_words;\n"
                  "static inline const char *sa_%s_word(enum sa_%s value)\n"
                  "{\n"
                  "    return bus_wire_word(&sa_%s_words, (int)value);\n"
                  "}\n"
                  "static inline bool sa_%s_parse(struct bus_strv text, "
                  "enum sa_%s *ret)\n"
                  "{\n"
                  "    int value = 0;\n"
                  "    bool found = bus_wire_word_parse(&sa_%s_words, text, "
                  "&value);\n"
                  "    *ret = found ? (enum sa_%s)value : *ret;\n"
                  "    return found;\n"
                  "}\n",
                  n, n, n, n, n, n, n, n);
    if (own_enum_count == sizeof(own_enums) / sizeof(own_enums[0])) {
        avsc2c_die(s->name, "more enums in a file than there is room for");
    }
    own_enums[own_enum_count++] = s;
}

static void define_words(FILE *f, const struct bus_wire_schema *s)
{
    const char *n = avsc2c_bare(s->name);
    int unknown = -1;
    (void)fprintf(f, "static const char *const %s_symbols[] = {\n", n);
    for (size_t i = 0; i < s->count; i++) {
        (void)fprintf(f, "    \"%s\",\n", s->symbols[i]);
        unknown = strcmp(s->symbols[i], "UNKNOWN") == 0 ? (int)i : unknown;
    }
    (void)fprintf(f,
                  "};\nconst struct bus_wire_words sa_%s_words = {\n"
                  "    \"%s\", %s_symbols, %zu, %d};\n",
                  n, n, n, s->count, unknown);
}

/* --- what a type needs first --- */

static void avsc2c_visit(const struct bus_wire_schema *s,
                         void (*each)(const struct bus_wire_schema *, void *),
                         void *data)
{
    size_t n =
        s->kind == BUS_WIRE_FIXED || s->kind == BUS_WIRE_ENUM ? 0 : s->count;
    for (size_t i = 0; i < n; i++) {
        const struct bus_wire_schema *t =
            s->kind == BUS_WIRE_RECORD ? s->fields[i].type : s->branches[i];
        if (t->name != NULL) {
            each(t, data);
        } else {
            avsc2c_visit(t, each, data);
        }
    }
}

struct writing
{
    FILE *f;
    const char *file; /* base name of the file in hand */
    struct bus_map done, files;
};

static const char *file_of(struct writing *w, const struct bus_wire_schema *s)
{
    const char *f = bus_map_get(&w->files, bus_strv(s->name));
    return f ? f : w->file;
}

static void define(const struct bus_wire_schema *s, void *data)
{
    struct writing *w = data;
    if (bus_map_get(&w->done, bus_strv(s->name)) != NULL) {
        return;
    }
    if (bus_map_put(&w->done, bus_strv(s->name), (void *)(uintptr_t)s) !=
        BUS_OK) {
        avsc2c_die(s->name, "no memory");
    }
    const char *file = file_of(w, s);
    if (strcmp(file, w->file) != 0) {
        (void)fprintf(w->f, "#include \"schemas/%s.h\"\n", file);
        return;
    }
    avsc2c_visit(s, define, w);
    if (s->kind == BUS_WIRE_RECORD) {
        define_record(w->f, s);
    } else if (s->kind == BUS_WIRE_ENUM) {
        define_enum(w->f, s);
    }
}

/* --- slots --- */

static int next_slots;

static void slot_expr(FILE *f,
                      const struct bus_wire_schema *s,
                      const char *owner,
                      const char *path,
                      const char *has,
                      int sub);

/* Writes the slot tables below s (a value at `path` of `owner`); returns the
 * number of the table its slot points to, -1 for none. */
static int slots_of(FILE *f,
                    const struct bus_wire_schema *s,
                    const char *owner,
                    const char *path)
{
    s = bus_wire_nullable(s) ? bus_wire_nullable(s) : s;
    int subs[BUS_WIRE_FIELDS_MAX];
    char at[512];
    if (s->kind == BUS_WIRE_RECORD) {
        return -2; /* the record's own table, by name */
    }
    if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        bool map = s->kind == BUS_WIRE_MAP;
        char item[1024];
        (void)snprintf(item, sizeof(item), "__typeof__(*((%s *)0)->%s.v)",
                       owner, path);
        int sub = slots_of(f, s->branches[0], item, map ? "value" : "");
        int me = next_slots++;
        (void)fprintf(f, "static const struct bus_wire_slot slots_%d[] = {\n",
                      me);
        slot_expr(f, s->branches[0], item, map ? "value" : "", NULL, sub);
        (void)fprintf(f, "};\n");
        return me;
    }
    if (s->kind != BUS_WIRE_UNION) {
        return -1;
    }
    for (size_t i = 0; i < s->count; i++) {
        char n[128];
        branch_name(n, sizeof(n), s->branches[i]);
        (void)snprintf(at, sizeof(at), "%s.u.%s", path, n);
        subs[i] = s->branches[i]->kind == BUS_WIRE_NULL
                      ? -1
                      : slots_of(f, s->branches[i], owner, at);
    }
    int me = next_slots++;
    (void)fprintf(f, "static const struct bus_wire_slot slots_%d[] = {\n", me);
    for (size_t i = 0; i < s->count; i++) {
        char n[128];
        branch_name(n, sizeof(n), s->branches[i]);
        (void)snprintf(at, sizeof(at), "%s.u.%s", path, n);
        if (s->branches[i]->kind == BUS_WIRE_NULL) {
            (void)fprintf(f, "    {0, BUS_WIRE_NO_HAS, 0, NULL},\n");
            continue;
        }
        /* A branch counts from the union's own start. */
        (void)fprintf(f,
                      "    {offsetof(%s, %s) - offsetof(%s, %s), "
                      "BUS_WIRE_NO_HAS, ",
                      owner, at, owner, path);
        slot_expr(f, s->branches[i], owner, at, "", subs[i]);
    }
    (void)fprintf(f, "};\n");
    return me;
}

/* The slot's row; has: the has_ member's path, NULL for none, "" when offset
 * and has were already written. */
static void slot_expr(FILE *f,
                      const struct bus_wire_schema *s,
                      const char *owner,
                      const char *path,
                      const char *has,
                      int sub)
{
    if (bus_wire_nullable(s) != NULL && (has == NULL || has[0] == '\0')) {
        avsc2c_die(owner, "a nullable value stands only right in a record");
    }
    s = bus_wire_nullable(s) ? bus_wire_nullable(s) : s;
    if (has == NULL || has[0] != '\0') {
        if (path[0] == '\0') {
            (void)fprintf(f, "    {0, ");
        } else {
            (void)fprintf(f, "    {offsetof(%s, %s), ", owner, path);
        }
        if (has == NULL) {
            (void)fprintf(f, "BUS_WIRE_NO_HAS, ");
        } else {
            (void)fprintf(f, "offsetof(%s, %s), ", owner, has);
        }
    }
    if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        (void)fprintf(f, "sizeof(*((%s *)0)->%s.v), ", owner, path);
    } else {
        (void)fprintf(f, "0, ");
    }
    if (sub == -1) {
        (void)fprintf(f, "NULL},\n");
    } else if (sub == -2) {
        (void)fprintf(f, "sa_%s_slots},\n", avsc2c_bare(s->name));
    } else {
        (void)fprintf(f, "slots_%d},\n", sub);
    }
}

static void record_slots(FILE *f, const struct bus_wire_schema *s)
{
    char owner[256], has[256];
    int subs[BUS_WIRE_FIELDS_MAX];
    (void)snprintf(owner, sizeof(owner), "struct sa_%s", avsc2c_bare(s->name));
    for (size_t i = 0; i < s->count; i++) {
        subs[i] = slots_of(f, s->fields[i].type, owner, s->fields[i].name);
    }
    (void)fprintf(f, "const struct bus_wire_slot sa_%s_slots[] = {\n",
                  avsc2c_bare(s->name));
    for (size_t i = 0; i < s->count; i++) {
        (void)snprintf(has, sizeof(has), "has_%s", s->fields[i].name);
        slot_expr(f, s->fields[i].type, owner, s->fields[i].name,
                  bus_wire_nullable(s->fields[i].type) ? has : NULL, subs[i]);
    }
    (void)fprintf(f, "    {0, 0, 0, NULL},\n};\n");
}

/* --- files --- */

static FILE *avsc2c_create(const char *file, const char *suffix)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s%s", out_dir, file, suffix);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        avsc2c_die(path, strerror(errno));
    }
    (void)fprintf(f, "/* Made by avsc2c from schemas/%s.avsc. */\n", file);
    return f;
}

static void tables(const struct bus_wire_schema *s, void *data);

struct tables_of
{
    FILE *f;
    struct writing *w;
    struct bus_map done;
    bool extern_only;
};

static void tables(const struct bus_wire_schema *s, void *data)
{
    struct tables_of *t = data;
    if (s->kind != BUS_WIRE_RECORD ||
        bus_map_get(&t->done, bus_strv(s->name)) != NULL) {
        return;
    }
    if (bus_map_put(&t->done, bus_strv(s->name), (void *)(uintptr_t)s) !=
        BUS_OK) {
        avsc2c_die(s->name, "no memory");
    }
    bool ours = strcmp(file_of(t->w, s), t->w->file) == 0;
    if (t->extern_only) {
        (void)fprintf(t->f,
                      "extern const struct bus_wire_slot sa_%s_slots[];\n",
                      avsc2c_bare(s->name));
    }
    if (ours) {
        avsc2c_visit(s, tables, t);
    }
    if (!t->extern_only && ours) {
        record_slots(t->f, s);
    }
}

static void c_text(FILE *f, const char *s)
{
    (void)fprintf(f, "    \"");
    size_t col = 0;
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            (void)fputc('\\', f);
        }
        (void)fputc(*s, f);
        if (++col % 2000 == 0) {
            (void)fprintf(f, "\"\n    \"");
        }
    }
    (void)fprintf(f, "\"");
}

static void write_c(struct writing *w, const struct bus_wire_schema *s)
{
    FILE *f = avsc2c_create(w->file, ".c");
    (void)fprintf(f, "#include \"schemas/%s.h\"\n\n#include <stddef.h>\n\n",
                  w->file);
    for (size_t i = 0; i < own_enum_count; i++) {
        define_words(f, own_enums[i]);
    }
    if (s->kind == BUS_WIRE_RECORD) {
        struct tables_of t = {.f = f, .w = w, .extern_only = true};
        tables(s, &t);
        bus_map_fini(&t.done);
        t = (struct tables_of){.f = f, .w = w};
        tables(s, &t);
        bus_map_fini(&t.done);
        struct bus_buf json = {0};
        struct bus_err err;
        if (bus_wire_schema_json(s, &json, &err) != BUS_OK) {
            avsc2c_die(s->name, err.msg);
        }
        int64_t id = bus_wire_schema_int(s, "lianou.id");
        const char *n = avsc2c_bare(s->name);
        (void)fprintf(f,
                      "static struct bus_wire_runtime *runtime;\n"
                      "const struct bus_wire_type sa_%s_type = {\n"
                      "    .name = \"%s\",\n    .id = %lld,\n"
                      "    .size = sizeof(struct sa_%s),\n"
                      "    .slots = sa_%s_slots,\n    .runtime = &runtime,\n"
                      "    .json =\n",
                      n, s->name, (long long)(id < 0 ? 0 : id), n, n);
        c_text(f, bus_buf_cstr(&json));
        (void)fprintf(f, ",\n};\n");
        bus_buf_fini(&json);
    } else if (own_enum_count == 0) {
        (void)fprintf(f, "typedef int sa_%s_has_no_code;\n", w->file);
    }
    if (fclose(f) != 0) {
        avsc2c_die(w->file, strerror(errno));
    }
}

static void write_h(struct writing *w, const struct bus_wire_schema *s)
{
    FILE *f = avsc2c_create(w->file, ".h");
    (void)fprintf(f, "#ifndef SCHEMAS_");
    avsc2c_upper(f, w->file);
    (void)fprintf(f, "_H\n#define SCHEMAS_");
    avsc2c_upper(f, w->file);
    (void)fprintf(f, "_H\n\n#include <stdbool.h>\n#include <stddef.h>\n"
                     "#include <stdint.h>\n\n#include \"bus/base/id.h\"\n"
                     "#include \"bus/base/strv.h\"\n"
                     "#include \"bus/wire/codec.h\"\n"
                     "#include \"bus/wire/words.h\"\n\n");
    w->f = f;
    own_enum_count = 0;
    define(s, w);
    if (s->kind == BUS_WIRE_RECORD) {
        (void)fprintf(f, "extern const struct bus_wire_type sa_%s_type;\n",
                      avsc2c_bare(s->name));
    }
    (void)fprintf(f, "\n#endif\n");
    if (fclose(f) != 0) {
        avsc2c_die(w->file, strerror(errno));
    }
}

static struct bus_strv avsc2c_read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    static char text[BUS_WIRE_SCHEMA_BYTES];
    if (f == NULL) {
        avsc2c_die(path, strerror(errno));
    }
    size_t n = fread(text, 1, sizeof(text), f);
    (void)fclose(f);
    char *copy = malloc(n + 1);
    if (copy == NULL) {
        avsc2c_die(path, "no memory");
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return (struct bus_strv){copy, n};
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *s = strdup(slash ? slash + 1 : path);
    char *dot = s ? strrchr(s, '.') : NULL;
    if (dot != NULL) {
        *dot = '\0';
    }
    return s;
}

int main(int argc, char **argv)
{
    struct bus_err err;
    if (argc < 3) {
        avsc2c_die("usage", "avsc2c OUT-DIR FILE.avsc...");
    }
    out_dir = argv[1];
    set = bus_wire_set_new();
    struct bus_map files = {0};
    char full[256];
    for (int i = 2; i < argc; i++) {
        const char *name = base_name(argv[i]);
        (void)snprintf(full, sizeof(full), "lianou.%s", name);
        if (bus_wire_set_announce(set, full, avsc2c_read_file(argv[i]), &err) !=
                BUS_OK ||
            bus_map_put(&files, bus_strv(strdup(full)),
                        (void *)(uintptr_t)name) != BUS_OK) {
            avsc2c_die(argv[i], err.msg);
        }
    }
    for (int i = 2; i < argc; i++) {
        const struct bus_wire_schema *s = NULL;
        struct writing w = {.file = base_name(argv[i]), .files = files};
        (void)snprintf(full, sizeof(full), "lianou.%s", w.file);
        if (bus_wire_set_named(set, full, &s, &err) != BUS_OK) {
            avsc2c_die(argv[i], err.msg);
        }
        if (s == NULL) {
            avsc2c_die(argv[i], "must define lianou.<file name>");
        }
        write_h(&w, s);
        write_c(&w, s);
        bus_map_fini(&w.done);
    }
    bus_map_fini(&files);
    bus_wire_set_free(set);
    return 0;
}
