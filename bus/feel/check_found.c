/* What was found, said in English and Chinese with what to write instead. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/feel/check_parts.h"

#define TEXT_MAX  1024
#define NAME_MAX  96
#define NEAR_MAX  4 /* bytes that differ */
#define WORDS_MAX 16

static const struct
{
    const char *en, *zh;
} kinds[] = {
    [FEEL_NULL] = {"null", "空值"},
    [FEEL_BOOLEAN] = {"boolean", "是或否"},
    [FEEL_NUMBER] = {"number", "数字"},
    [FEEL_STRING] = {"string", "文字"},
    [FEEL_DATE] = {"date", "日期"},
    [FEEL_TIME] = {"time", "时刻"},
    [FEEL_DATE_TIME] = {"date and time", "日期时刻"},
    [FEEL_MONTHS] = {"years and months duration", "年月时长"},
    [FEEL_DAYS] = {"days and time duration", "日时时长"},
    [FEEL_LIST] = {"list", "列表"},
    [FEEL_RANGE] = {"range", "区间"},
    [FEEL_CONTEXT] = {"context", "结构"},
    [FEEL_FUNCTION] = {"function", "函数"},
    [FEEL_THING] = {"a thing with facts", "主体"},
    [FEEL_UNKNOWN] = {"anything", "任意值"},
};

const char *feel_kind_zh(enum feel_kind k)
{
    return kinds[k].zh;
}

static const char *place_zh(const char *where)
{
    static const char *const words[][2] = {
        {"the whole", "整个表达式"},
        {"and", "且(and)"},
        {"or", "或(or)"},
        {"if", "如果(if)"},
        {"satisfies", "satisfies 之后"},
        {"not()", "非(not)"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], where) == 0) {
            return words[i][1];
        }
    }
    return where;
}

static void add_finding(struct feel_check *k,
                        enum feel_finding_kind kind,
                        const struct feel_node *n,
                        const char *fmt,
                        ...) BUS_PRINTF(4, 5);

static void add_finding(struct feel_check *k,
                        enum feel_finding_kind kind,
                        const struct feel_node *n,
                        const char *fmt,
                        ...)
{
    char text[TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    struct feel_finding f = {kind, k->source, n->offset, n->name, text};
    k->found(k->data, &f);
}

/* The nearest of the names; "" if none is near. */
#define NEAR_PART 6 /* bytes; two Chinese characters */
struct near
{
    char want[NAME_MAX], best[NAME_MAX];
    size_t distance;
};

static void near_open(struct near *r, struct bus_strv want)
{
    (void)bus_strv_copy(r->want, sizeof(r->want), want);
    r->best[0] = '\0';
    /* Of a short name a few bytes are all of it. */
    r->distance = want.n < 4 ? 2 : NEAR_MAX;
}

/* Of a name that was cut short: its beginning, or words out of it. */
static size_t near_part(const char *want, size_t n, const char *have)
{
    char head[NAME_MAX];
    if (strstr(have, want) != NULL) {
        return 0;
    }
    (void)bus_strv_copy(head, sizeof(head), (struct bus_strv){have, n});
    return bus_edit_distance(want, head);
}

static void near_try(struct near *r, struct bus_strv name)
{
    char have[NAME_MAX];
    if (name.n == 0 || name.n >= sizeof(have)) {
        return;
    }
    (void)bus_strv_copy(have, sizeof(have), name);
    size_t d = bus_edit_distance(r->want, have), n = strlen(r->want);
    if (d >= r->distance && n >= NEAR_PART && n < name.n) {
        d = 1 + near_part(r->want, n, have);
    }
    if (d < r->distance) {
        r->distance = d;
        memcpy(r->best, have, sizeof(have));
    }
}

static void near_names(struct near *r, const struct feel_shapes *s)
{
    struct bus_strv name;
    for (size_t i = 0;
         s != NULL && s->name_at != NULL && s->name_at(s->data, i, &name);
         i++) {
        near_try(r, name);
    }
}

/* Something in scope that has a property of that very name. */
static bool
owner_of(const struct feel_check *k, struct bus_strv name, struct bus_strv *ret)
{
    const struct feel_shapes *s = &k->scope;
    struct feel_shape thing, part;
    bool zh = name.n > 0 && (unsigned char)name.p[0] >= 0x80;
    for (size_t i = 0; s->name_at != NULL && s->name_at(s->data, i, ret); i++) {
        if (ret->n > 0 && zh == ((unsigned char)ret->p[0] >= 0x80) &&
            s->find(s->data, *ret, &thing) && thing.kind == FEEL_THING &&
            thing.parts != NULL &&
            thing.parts->find(thing.parts->data, name, &part)) {
            return true;
        }
    }
    return false;
}

static void near_builtins(struct near *r)
{
    const struct feel_builtin *b = NULL;
    size_t far = r->distance;
    r->distance = far < 3 ? far : 3;
    for (size_t t = 0; (b = feel_builtin_next(b, &t)) != NULL;) {
        near_try(r, bus_strv(b->name));
    }
    r->distance = r->distance < 3 ? r->distance : far;
}

void feel_found_name(struct feel_check *k, const struct feel_node *n)
{
    struct near r;
    struct bus_strv owner;
    near_open(&r, n->name);
    for (const struct feel_check_bound *b = k->bound; b != NULL; b = b->up) {
        near_try(&r, b->name);
        near_names(&r, b->name.n == 0 ? b->shape.parts : NULL);
    }
    near_names(&r, k->self ? k->self->parts : NULL);
    near_names(&r, &k->scope);
    near_builtins(&r);
    if (owner_of(k, n->name, &owner)) {
        (void)snprintf(r.best, sizeof(r.best), "%.*s.%.60s",
                       owner.n < 30 ? (int)owner.n : 30, owner.p, r.want);
    }
    if (r.best[0] != '\0') {
        add_finding(k, FEEL_FOUND_NAME, n,
                    "no name '%s' here; did you mean '%s'? / "
                    "这里没有名称“%s”,是否应为“%s”?",
                    r.want, r.best, r.want, r.best);
        return;
    }
    add_finding(k, FEEL_FOUND_NAME, n,
                "no name '%s' here; a text stands in quotes: \"%s\" / "
                "这里没有名称“%s”;文字要加英文双引号:\"%s\"",
                r.want, r.want, r.want, r.want);
}

void feel_found_part(struct feel_check *k,
                     const struct feel_node *n,
                     const struct feel_shape *of)
{
    const struct feel_node *base = n->kids[0];
    struct near r;
    char whose[NAME_MAX];
    near_open(&r, n->name);
    near_names(&r, of->parts);
    bool named = base->kind == NODE_NAME;
    (void)bus_strv_copy(whose, sizeof(whose),
                        named ? base->name : bus_strv(kinds[of->kind].en));
    const char *zh = named ? whose : kinds[of->kind].zh;
    if (r.best[0] != '\0') {
        add_finding(k, FEEL_FOUND_PROPERTY, n,
                    "%s has no '%s'; did you mean '%s'? / "
                    "%s没有“%s”,是否应为“%s”?",
                    whose, r.want, r.best, zh, r.want, r.best);
    } else {
        add_finding(k, FEEL_FOUND_PROPERTY, n, "%s has no '%s' / %s没有“%s”",
                    whose, r.want, zh, r.want);
    }
}

void feel_found_misfit(struct feel_check *k,
                       const struct feel_node *n,
                       const char *where,
                       const char *want_en,
                       const char *want_zh,
                       enum feel_kind got)
{
    add_finding(k, FEEL_FOUND_KIND, n,
                "%s: expected %s, found %s / %s处应为%s,实为%s", where, want_en,
                feel_kind_name(got), place_zh(where), want_zh, kinds[got].zh);
}

/* --- words of an enumeration --- */

static void found_word(struct feel_check *k,
                       const struct feel_words *words,
                       const struct feel_node *n)
{
    char list[TEXT_MAX / 2] = "";
    struct near r;
    struct feel_word w;
    size_t at = 0;
    near_open(&r, n->constant.string);
    for (size_t i = 0; words->word_at(words->data, i, &w); i++) {
        near_try(&r, w.word);
        near_try(&r, w.zh);
        if (i < WORDS_MAX && at + w.word.n + w.zh.n + 8 < sizeof(list)) {
            at += (size_t)snprintf(list + at, sizeof(list) - at,
                                   "%s\"%.*s\" %.*s", i ? ", " : "",
                                   BUS_STRV_ARG(w.word), BUS_STRV_ARG(w.zh));
        }
    }
    bool near = r.best[0] != '\0';
    add_finding(k, FEEL_FOUND_WORD, n,
                "\"%s\" is none of its words%s%s%s: %s / "
                "“%s”不是可用的词%s%s%s",
                r.want, near ? "; did you mean \"" : "", r.best,
                near ? "\"? words" : " (words)", list, r.want,
                near ? ",是否应为“" : "", r.best, near ? "”?" : "");
}

/* The word itself, or the one whose name in Chinese or English stands there. */
static void check_one_word(struct feel_check *k,
                           const struct feel_words *words,
                           const struct feel_node *n)
{
    struct bus_strv text = n->constant.string;
    struct feel_word w, meant = {0};
    for (size_t i = 0; words->word_at(words->data, i, &w); i++) {
        if (bus_strv_eq(w.word, text)) {
            return;
        }
        if (bus_strv_eq(w.zh, text)) {
            meant = w;
        }
    }
    if (meant.word.n == 0) {
        found_word(k, words, n);
        return;
    }
    struct feel_node *own = (struct feel_node *)(uintptr_t)n;
    own->constant = feel_string(meant.word);
}

void feel_check_words(struct feel_check *k,
                      const struct feel_words *words,
                      const struct feel_node *n)
{
    uint32_t outer = k->source, first = n->kind == NODE_IF ? 1 : 0;
    k->source = n->source ? n->source : outer;
    if (n->kind == NODE_CONSTANT && n->constant.kind == FEEL_STRING) {
        check_one_word(k, words, n);
    } else if (n->kind == NODE_LIST || n->kind == NODE_IF ||
               n->kind == NODE_TESTS || n->kind == NODE_TEST ||
               n->kind == NODE_COERCE) {
        for (uint32_t i = first; i < n->count; i++) {
            feel_check_words(k, words, n->kids[i]);
        }
    }
    k->source = outer;
}

/* --- calls --- */

static bool argument_fits(char kind, enum feel_kind k)
{
    switch (kind) {
    case 'n':
    case 'N':
        return k == FEEL_NUMBER;
    case 's':
    case 'S':
        return k == FEEL_STRING;
    case 'u':
    case 'U':
        return k == FEEL_MONTHS || k == FEEL_DAYS;
    case 'b':
        return k == FEEL_BOOLEAN;
    case 'd':
        return k == FEEL_DATE;
    case 't':
        return k == FEEL_TIME;
    case 'D':
        return k == FEEL_DATE_TIME;
    case 'e':
        return k == FEEL_DATE || k == FEEL_DATE_TIME;
    case 'c':
        return k == FEEL_CONTEXT || k == FEEL_THING;
    case 'r':
        return k == FEEL_RANGE;
    case 'f':
        return k == FEEL_FUNCTION;
    case 'p':
        return k >= FEEL_NUMBER && k <= FEEL_DAYS;
    default:
        return true; /* anything, or what a single value becomes */
    }
}

/* Of a row "name:kind,name:?kind": does this many arguments of these kinds
 * fit? By name: only how many. */
static bool
row_fits(const char *params, const enum feel_kind *kind, size_t n, bool named)
{
    size_t i = 0;
    while (*params != '\0') {
        const char *colon = strchr(params, ':');
        bool may_lack = colon[1] == '?';
        char want = colon[may_lack ? 2 : 1];
        params = colon + (may_lack ? 3 : 2);
        params += *params == ',';
        if (want == '*' || want == '+') {
            return n > i;
        }
        if (i >= n) {
            if (!may_lack) {
                return false;
            }
            continue;
        }
        bool told = !named && kind[i] != FEEL_UNKNOWN && kind[i] != FEEL_NULL &&
                    kind[i] != FEEL_LIST;
        if (told && !argument_fits(want, kind[i])) {
            return false;
        }
        i++;
    }
    return n <= i;
}

static bool some_row_fits(const struct feel_builtin *b,
                          const enum feel_kind *kind,
                          size_t n,
                          bool named)
{
    const struct feel_builtin *row = NULL;
    for (size_t t = 0; (row = feel_builtin_next(row, &t)) != NULL;) {
        if (strcmp(row->name, b->name) == 0 &&
            row_fits(row->params, kind, n, named)) {
            return true;
        }
    }
    return false;
}

static enum feel_kind result_of(const char *name)
{
    static const struct
    {
        const char *name;
        enum feel_kind kind;
    } results[] = {
        {"count", FEEL_NUMBER},
        {"ceiling", FEEL_NUMBER},
        {"floor", FEEL_NUMBER},
        {"modulo", FEEL_NUMBER},
        {"decimal", FEEL_NUMBER},
        {"round up", FEEL_NUMBER},
        {"round down", FEEL_NUMBER},
        {"round half up", FEEL_NUMBER},
        {"round half down", FEEL_NUMBER},
        {"string length", FEEL_NUMBER},
        {"not", FEEL_BOOLEAN},
        {"contains", FEEL_BOOLEAN},
        {"starts with", FEEL_BOOLEAN},
        {"ends with", FEEL_BOOLEAN},
        {"list contains", FEEL_BOOLEAN},
        {"matches", FEEL_BOOLEAN},
        {"all", FEEL_BOOLEAN},
        {"any", FEEL_BOOLEAN},
        {"date", FEEL_DATE},
        {"today", FEEL_DATE},
        {"date and time", FEEL_DATE_TIME},
        {"now", FEEL_DATE_TIME},
        {"string", FEEL_STRING},
        {"substring", FEEL_STRING},
        {"upper case", FEEL_STRING},
        {"lower case", FEEL_STRING},
        {"years and months duration", FEEL_MONTHS},
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (strcmp(name, results[i].name) == 0) {
            return results[i].kind;
        }
    }
    return FEEL_UNKNOWN;
}

#define ARGUMENTS_MAX 32

struct feel_shape feel_check_call(struct feel_check *k,
                                  const struct feel_node *n)
{
    struct feel_shape shape[ARGUMENTS_MAX] = {{.kind = FEEL_UNKNOWN}};
    enum feel_kind kind[ARGUMENTS_MAX];
    struct feel_shape r = {.kind = FEEL_UNKNOWN};
    const struct feel_builtin *b = n->builtin;
    bool negation = b != NULL && strcmp(b->name, "not") == 0 && n->count == 1;
    for (uint32_t i = 0; i < n->count; i++) {
        struct feel_shape s = {.kind = FEEL_UNKNOWN};
        if (negation) {
            feel_check_is(k, n->kids[i], "not()", FEEL_BOOLEAN);
        } else {
            s = feel_check(k, n->kids[i]);
        }
        if (i < ARGUMENTS_MAX) {
            shape[i] = s;
            kind[i] = s.kind;
        }
    }
    if (b == NULL) {
        return r;
    }
    if (n->count <= ARGUMENTS_MAX &&
        !some_row_fits(b, kind, n->count, n->names != NULL)) {
        add_finding(k, FEEL_FOUND_CALL, n,
                    "%s() does not take these %u arguments / "
                    "函数 %s() 不接受这 %u 个参数",
                    b->name, n->count, b->name, n->count);
    }
    if (strcmp(b->name, "list contains") == 0 && n->count == 2 &&
        shape[1].words != NULL) {
        feel_check_words(k, shape[1].words, n->kids[0]);
    }
    r.kind = result_of(b->name);
    return r;
}

/* --- shapes of contexts and types --- */

struct entries
{
    struct feel_shapes parts;
    const struct feel_check_bound *v;
    size_t n;
};

static bool
entry_find(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    const struct entries *e = data;
    for (size_t i = 0; i < e->n; i++) {
        if (bus_strv_eq(e->v[i].name, name)) {
            *ret = e->v[i].shape;
            return true;
        }
    }
    return false;
}

static bool entry_at(const void *data, size_t i, struct bus_strv *ret)
{
    const struct entries *e = data;
    if (i < e->n) {
        *ret = e->v[i].name;
    }
    return i < e->n;
}

static struct feel_shape
entries_of(struct bus_arena *mem, const struct feel_check_bound *v, size_t n)
{
    struct feel_shape s = {.kind = FEEL_CONTEXT};
    struct entries *e = bus_arena_calloc(mem, 1, sizeof(*e));
    if (e != NULL) {
        e->v = v;
        e->n = n;
        e->parts = (struct feel_shapes){e, entry_find, entry_at};
        s.parts = &e->parts;
    }
    return s;
}

struct feel_shape feel_entries_shape(struct bus_arena *mem,
                                     const struct feel_check_bound *entries,
                                     const struct feel_node *n)
{
    return entries_of(mem, entries, entries ? n->count : 0);
}

#define SHAPE_DEPTH 16 /* of a type within a type */

static struct feel_shape
shape_within(struct bus_arena *mem, const struct feel_type *t, int depth)
{
    struct feel_shape s = {.kind = FEEL_UNKNOWN};
    if (t == NULL || t->is == FEEL_T_ANY || depth > SHAPE_DEPTH) {
        return s;
    }
    s.kind = t->kind == FEEL_NULL ? FEEL_UNKNOWN : t->kind;
    if (t->is == FEEL_T_LIST && t->of != NULL) {
        struct feel_shape item = shape_within(mem, t->of, depth + 1);
        s.item = bus_arena_dup(mem, &item, sizeof(item));
    } else if (t->is == FEEL_T_CONTEXT && t->count > 0) {
        struct feel_check_bound *v =
            bus_arena_calloc(mem, t->count, sizeof(*v));
        for (size_t i = 0; v != NULL && i < t->count; i++) {
            v[i].name = t->fields[i].name;
            v[i].shape = shape_within(mem, t->fields[i].type, depth + 1);
        }
        return entries_of(mem, v, v ? t->count : 0);
    }
    return s;
}

struct feel_shape feel_shape_of(struct bus_arena *mem,
                                const struct feel_type *t)
{
    return shape_within(mem, t, 0);
}
