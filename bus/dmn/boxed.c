/* Boxed expressions (7.3, 10.2) to trees of FEEL: a boxed context is a context,
 * an invocation a call by name, a relation a list of contexts. Only a decision
 * table stays what it is (dmn_table.c). */
#include <stdio.h>
#include <string.h>

#include "bus/dmn/parts.h"

struct feel_node *dmn_node(struct dmn_loading *l,
                           enum node_kind kind,
                           const struct feel_node *const *kids,
                           size_t n)
{
    struct feel_node *t = bus_arena_calloc(&l->m->mem, 1, sizeof(*t));
    const struct feel_node **copy =
        n ? bus_arena_dup(&l->m->mem, kids, n * sizeof(*kids)) : NULL;
    if (t == NULL || (n > 0 && copy == NULL)) {
        l->faults->out_of_memory = true;
        return NULL;
    }
    t->kind = kind;
    t->kids = copy;
    t->count = (uint32_t)n;
    return t;
}

const struct feel_node *dmn_broken(struct dmn_loading *l, const char *why)
{
    struct feel_node *t = dmn_node(l, NODE_CONSTANT, NULL, 0);
    if (t != NULL) {
        t->constant = feel_wrong(why);
    }
    return t;
}

const struct feel_node *dmn_typed(struct dmn_loading *l,
                                  const struct feel_node *n,
                                  const struct feel_type *t)
{
    if (n == NULL || t == NULL || t->is == FEEL_T_ANY) {
        return n;
    }
    struct feel_node *c = dmn_node(l, NODE_COERCE, &n, 1);
    if (c != NULL) {
        c->type = t;
    }
    return c;
}

struct scope
{
    struct dmn_loading *l;
    struct dmn_file *f;
};

static const struct feel_type *type_here(void *data, struct bus_strv name)
{
    struct scope *s = data;
    const struct feel_type *t = dmn_type_named(s->l, s->f, name);
    return t != NULL && t->name.n > 0 ? t : NULL;
}

/* The tree knows which text it is from: its faults may be found much later. */
static const struct feel_node *from_text(struct dmn_loading *l,
                                         const struct feel_node *tree,
                                         struct dmn_text text)
{
    struct dmn_model *m = l->m;
    if (m->text_count == m->text_cap) {
        size_t cap = m->text_cap ? m->text_cap * 2 : 64;
        struct dmn_text *wide = bus_arena_alloc(&m->mem, cap * sizeof(*wide));
        if (wide == NULL) {
            l->faults->out_of_memory = true;
            return tree;
        }
        if (m->text_count > 0) {
            memcpy(wide, m->texts, m->text_count * sizeof(*wide));
        }
        m->texts = wide;
        m->text_cap = cap;
    }
    m->texts[m->text_count++] = text;
    struct feel_node *own = (struct feel_node *)(uintptr_t)tree;
    own->source = (uint32_t)m->text_count;
    return tree;
}

const struct feel_node *dmn_feel(struct dmn_loading *l,
                                 struct dmn_file *f,
                                 const xmlNode *n,
                                 bool unary)
{
    struct scope s = {l, f};
    struct feel_names names = {&s, l->names, l->name_count, type_here};
    struct feel_error e = {0, ""};
    const xmlNode *where = dmn_child(n, "text");
    struct bus_strv text = dmn_content(l, where);
    struct bus_strv language = dmn_attr(l, n, "expressionLanguage");
    if (language.n > 0 && memmem(language.p, language.n, "FEEL", 4) == NULL &&
        memmem(language.p, language.n, "feel", 4) == NULL) {
        bus_faults_add(l->faults, dmn_place(f, n), NULL,
                       "the expression language '%.*s' is not supported / "
                       "不支持这种表达式语言",
                       BUS_STRV_ARG(language));
        return dmn_broken(l, "an expression language not supported");
    }
    bool blank = strspn(text.p ? text.p : "", " \t\r\n") == text.n;
    if (blank) {
        return unary ? dmn_node(l, NODE_TESTS, NULL, 0)
                     : dmn_broken(l, "an expression without text");
    }
    const struct feel_node *t =
        unary ? feel_parse_tests(text, &names, &l->m->mem, &e)
              : feel_parse_in(text, &names, &l->m->mem, &e);
    struct dmn_text place = dmn_text_of(f, where);
    if (t != NULL) {
        return from_text(l, t, place);
    }
    bus_faults_add(l->faults, dmn_place_of_text(&place, e.offset), NULL, "%s",
                   e.text);
    return dmn_broken(l, bus_arena_strdup(&l->m->mem, e.text));
}

const struct feel_node *
dmn_boxed_in(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        const struct feel_node *t = dmn_boxed(l, f, c);
        if (t != NULL) {
            return t;
        }
    }
    return NULL;
}

/* Never NULL: what stands inside, or null with a reason. */
static const struct feel_node *
inside(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    const struct feel_node *t = n ? dmn_boxed_in(l, f, n) : NULL;
    if (t == NULL) {
        bus_faults_add(l->faults, dmn_place(f, n), NULL,
                       "an expression is missing / 缺少表达式");
        t = dmn_broken(l, "an expression is missing / 缺少表达式");
    }
    return t;
}

const struct feel_field *dmn_parameters(struct dmn_loading *l,
                                        struct dmn_file *f,
                                        const xmlNode *n,
                                        size_t *ret_n)
{
    struct feel_field *p = bus_arena_calloc(
        &l->m->mem, dmn_count(n, "formalParameter") + 1, sizeof(*p));
    *ret_n = 0;
    for (const xmlNode *c = dmn_first(n); p != NULL && c != NULL;
         c = dmn_next(c)) {
        if (dmn_is(c, "formalParameter")) {
            const struct feel_type *t = dmn_type_ref(l, f, c);
            p[(*ret_n)++] = (struct feel_field){dmn_attr(l, c, "name"),
                                                t ? t : &feel_type_any};
        }
    }
    return p;
}

static const struct feel_node *
function(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct bus_strv kind = dmn_attr(l, n, "kind");
    struct feel_type type = {.is = FEEL_T_FUNCTION, .kind = FEEL_FUNCTION};
    type.fields = dmn_parameters(l, f, n, &type.count);
    const struct feel_type *declared = dmn_type_ref(l, f, n);
    bool whole = declared != NULL && declared->is == FEEL_T_FUNCTION;
    type.of = whole ? declared->of : NULL;
    const struct feel_node *body = inside(l, f, n);
    struct feel_node *t = dmn_node(l, NODE_FUNCTION, &body, 1);
    if (t != NULL) {
        bool feel = kind.n == 0 || bus_strv_is(kind, "FEEL");
        t->external = !feel;
        t->type = bus_arena_dup(&l->m->mem, &type, sizeof(type));
    }
    return t;
}

/* --- collections --- */

struct parts
{
    const struct feel_node **kids;
    struct bus_strv *names;
    size_t n;
};

static bool room_for(struct dmn_loading *l, const xmlNode *n, struct parts *to)
{
    size_t count = 1;
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        count++;
    }
    to->n = 0;
    to->kids = bus_arena_calloc(&l->m->mem, count, sizeof(*to->kids));
    to->names = bus_arena_calloc(&l->m->mem, count, sizeof(*to->names));
    l->faults->out_of_memory |= to->kids == NULL || to->names == NULL;
    return to->kids != NULL && to->names != NULL;
}

static const struct feel_node *
boxed_context(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct parts p;
    bool result = false;
    if (!room_for(l, n, &p)) {
        return NULL;
    }
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        if (!dmn_is(c, "contextEntry")) {
            continue;
        }
        xmlNode *variable = dmn_child(c, "variable");
        const struct feel_node *value = inside(l, f, c);
        result |= variable == NULL;
        if (variable != NULL) {
            p.names[p.n] = dmn_attr(l, variable, "name");
            value = dmn_typed(l, value, dmn_type_ref(l, f, variable));
        }
        p.kids[p.n++] = value;
    }
    struct feel_node *t = dmn_node(l, NODE_CONTEXT, p.kids, p.n);
    if (t != NULL) {
        t->names = p.names;
        t->has_result = result;
    }
    return t;
}

static const struct feel_node *
boxed_list(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct parts p;
    if (!room_for(l, n, &p)) {
        return NULL;
    }
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        const struct feel_node *t = dmn_boxed(l, f, c);
        if (t != NULL) {
            p.kids[p.n++] = t;
        }
    }
    return dmn_node(l, NODE_LIST, p.kids, p.n);
}

static const struct feel_node *boxed_row(struct dmn_loading *l,
                                         struct dmn_file *f,
                                         const xmlNode *n,
                                         const struct parts *columns,
                                         const struct feel_type *const *types)
{
    const struct feel_node *kids[256];
    size_t k = 0;
    for (const xmlNode *c = dmn_first(n); c != NULL && k < columns->n;
         c = dmn_next(c)) {
        const struct feel_node *t = dmn_boxed(l, f, c);
        if (t != NULL) {
            kids[k] = dmn_typed(l, t, types[k]);
            k++;
        }
    }
    struct feel_node *t = dmn_node(l, NODE_CONTEXT, kids, k);
    if (t != NULL) {
        t->names = columns->names;
    }
    return t;
}

static const struct feel_node *
boxed_relation(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct parts columns, rows;
    const struct feel_type *types[256];
    if (!room_for(l, n, &columns) || !room_for(l, n, &rows)) {
        return NULL;
    }
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "column") && columns.n < 256) {
            types[columns.n] = dmn_type_ref(l, f, c);
            columns.names[columns.n++] = dmn_attr(l, c, "name");
        } else if (dmn_is(c, "row")) {
            rows.kids[rows.n++] = boxed_row(l, f, c, &columns, types);
        }
    }
    return dmn_node(l, NODE_LIST, rows.kids, rows.n);
}

static const struct feel_node *
invocation(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct parts p;
    if (!room_for(l, n, &p)) {
        return NULL;
    }
    p.kids[p.n++] = inside(l, f, n);
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "binding")) {
            p.names[p.n - 1] = dmn_attr(l, dmn_child(c, "parameter"), "name");
            p.kids[p.n++] = inside(l, f, c);
        }
    }
    struct feel_node *t = dmn_node(l, NODE_CALL, p.kids, p.n);
    if (t != NULL) {
        t->names = p.n > 1 ? p.names : NULL;
    }
    return t;
}

static const struct feel_node *
boxed_conditional(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    const struct feel_node *kids[] = {inside(l, f, dmn_child(n, "if")),
                                      inside(l, f, dmn_child(n, "then")),
                                      inside(l, f, dmn_child(n, "else"))};
    return dmn_node(l, NODE_IF, kids, 3);
}

static const struct feel_node *
boxed_filter(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    const struct feel_node *kids[] = {inside(l, f, dmn_child(n, "in")),
                                      inside(l, f, dmn_child(n, "match"))};
    struct feel_node *t = dmn_node(l, NODE_FILTER, kids, 2);
    if (t != NULL) {
        t->boxed = true;
    }
    return t;
}

static const struct feel_node *boxed_loop(struct dmn_loading *l,
                                          struct dmn_file *f,
                                          const xmlNode *n,
                                          enum node_kind kind,
                                          const char *then)
{
    const xmlNode *in = dmn_child(n, "in");
    const struct feel_node *kids[] = {
        dmn_typed(l, inside(l, f, in), in ? dmn_type_ref(l, f, in) : NULL),
        inside(l, f, dmn_child(n, then))};
    struct bus_strv name = dmn_attr(l, n, "iteratorVariable");
    struct feel_node *t = dmn_node(l, kind, kids, 2);
    if (t != NULL) {
        t->names = bus_arena_dup(&l->m->mem, &name, sizeof(name));
    }
    return t;
}

const struct feel_node *
dmn_boxed(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    const struct feel_node *t =
        dmn_is(n, "literalExpression")    ? dmn_feel(l, f, n, false)
        : dmn_is(n, "decisionTable")      ? dmn_table(l, f, n)
        : dmn_is(n, "context")            ? boxed_context(l, f, n)
        : dmn_is(n, "relation")           ? boxed_relation(l, f, n)
        : dmn_is(n, "list")               ? boxed_list(l, f, n)
        : dmn_is(n, "invocation")         ? invocation(l, f, n)
        : dmn_is(n, "functionDefinition") ? function(l, f, n)
        : dmn_is(n, "conditional")        ? boxed_conditional(l, f, n)
        : dmn_is(n, "filter")             ? boxed_filter(l, f, n)
        : dmn_is(n, "for")   ? boxed_loop(l, f, n, NODE_FOR, "return")
        : dmn_is(n, "every") ? boxed_loop(l, f, n, NODE_EVERY, "satisfies")
        : dmn_is(n, "some")  ? boxed_loop(l, f, n, NODE_SOME, "satisfies")
                             : NULL;
    if (t == NULL || dmn_is(n, "functionDefinition")) {
        return t;
    }
    return dmn_typed(l, t, dmn_type_ref(l, f, n));
}
