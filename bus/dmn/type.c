/* Item definitions to types (7.3.2): structures, collections, functions,
 * allowed values and constraints; in any order, also through imports. */
#include <string.h>

#include "bus/dmn/parts.h"

static struct feel_type *new_type(struct dmn_loading *l, enum feel_type_kind is)
{
    struct feel_type *t = bus_arena_calloc(&l->m->mem, 1, sizeof(*t));
    if (t != NULL) {
        t->is = is;
        t->kind = is == FEEL_T_LIST       ? FEEL_LIST
                  : is == FEEL_T_CONTEXT  ? FEEL_CONTEXT
                  : is == FEEL_T_FUNCTION ? FEEL_FUNCTION
                                          : FEEL_NULL;
    }
    return t;
}

static void
type_resolve(struct dmn_loading *l, struct dmn_file *f, struct dmn_item *item);

static const struct feel_type *
type_own(struct dmn_loading *l, struct dmn_file *f, struct bus_strv name)
{
    for (size_t i = 0; i < f->item_count; i++) {
        if (bus_strv_eq(f->items[i].name, name)) {
            type_resolve(l, f, &f->items[i]);
            return f->items[i].type;
        }
    }
    return NULL;
}

/* What Camunda's modeller calls FEEL's number. */
static struct bus_strv modeller_type(struct bus_strv name)
{
    bool number = bus_strv_is(name, "integer") || bus_strv_is(name, "long") ||
                  bus_strv_is(name, "double");
    return number ? BUS_STRV("number") : name;
}

const struct feel_type *
dmn_type_named(struct dmn_loading *l, struct dmn_file *f, struct bus_strv name)
{
    if (name.n > 5 && memcmp(name.p, "feel:", 5) == 0) {
        name = (struct bus_strv){name.p + 5, name.n - 5};
    }
    const struct feel_type *t = type_own(l, f, name);
    for (size_t i = 0; t == NULL && i < f->import_count; i++) {
        const struct dmn_import *in = &f->imports[i];
        if (in->file == NULL || in->file == f) {
            continue;
        }
        if (in->name.n == 0) {
            t = type_own(l, in->file, name);
        } else if (name.n > in->name.n + 1 && name.p[in->name.n] == '.' &&
                   memcmp(name.p, in->name.p, in->name.n) == 0) {
            t = dmn_type_named(l, in->file,
                               (struct bus_strv){name.p + in->name.n + 1,
                                                 name.n - in->name.n - 1});
        }
    }
    return t ? t : feel_type_named(modeller_type(name));
}

static struct bus_strv trimmed(struct bus_strv s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n' ||
                       s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

static const struct feel_type *named_or_fault(struct dmn_loading *l,
                                              struct dmn_file *f,
                                              const xmlNode *n,
                                              struct bus_strv name)
{
    name = trimmed(name);
    if (name.n == 0) {
        return NULL;
    }
    const struct feel_type *t = dmn_type_named(l, f, name);
    if (t == NULL) {
        bus_faults_add(l->faults, dmn_place(f, n), NULL,
                       "type '%.*s' is not known / 没有这个类型",
                       BUS_STRV_ARG(name));
    }
    return t;
}

const struct feel_type *
dmn_type_ref(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct bus_strv name = dmn_attr(l, n, "typeRef");
    if (name.n == 0) {
        name = dmn_content(l, dmn_child(n, "typeRef"));
    }
    return named_or_fault(l, f, n, name);
}

static void type_fill(struct dmn_loading *l,
                      struct dmn_file *f,
                      const xmlNode *n,
                      struct feel_type *to);

static void fill_fields(struct dmn_loading *l,
                        struct dmn_file *f,
                        const xmlNode *n,
                        struct feel_type *to)
{
    struct feel_field *fields = bus_arena_calloc(
        &l->m->mem, dmn_count(n, "itemComponent") + 1, sizeof(*fields));
    to->fields = fields;
    for (xmlNode *c = dmn_first(n); fields != NULL && c != NULL;
         c = dmn_next(c)) {
        if (!dmn_is(c, "itemComponent")) {
            continue;
        }
        struct feel_type *t = new_type(l, FEEL_T_ANY);
        if (t == NULL) {
            return;
        }
        type_fill(l, f, c, t);
        fields[to->count++] = (struct feel_field){dmn_attr(l, c, "name"), t};
    }
}

static void fill_function(struct dmn_loading *l,
                          struct dmn_file *f,
                          const xmlNode *n,
                          struct feel_type *to)
{
    struct feel_field *fields = bus_arena_calloc(
        &l->m->mem, dmn_count(n, "parameters") + 1, sizeof(*fields));
    to->fields = fields;
    to->of = named_or_fault(l, f, n, dmn_attr(l, n, "outputTypeRef"));
    for (xmlNode *c = dmn_first(n); fields != NULL && c != NULL;
         c = dmn_next(c)) {
        if (dmn_is(c, "parameters")) {
            const struct feel_type *t = dmn_type_ref(l, f, c);
            fields[to->count++] = (struct feel_field){dmn_attr(l, c, "name"),
                                                      t ? t : &feel_type_any};
        }
    }
}

/* What one value of the definition is, leaving out isCollection. */
static void fill_element(struct dmn_loading *l,
                         struct dmn_file *f,
                         const xmlNode *n,
                         struct feel_type *to)
{
    xmlNode *function = dmn_child(n, "functionItem");
    if (function != NULL) {
        *to = (struct feel_type){.is = FEEL_T_FUNCTION, .kind = FEEL_FUNCTION};
        fill_function(l, f, function, to);
    } else if (dmn_child(n, "itemComponent") != NULL) {
        *to = (struct feel_type){.is = FEEL_T_CONTEXT, .kind = FEEL_CONTEXT};
        fill_fields(l, f, n, to);
    } else {
        const struct feel_type *base = dmn_type_ref(l, f, n);
        if (base != NULL && base != to) {
            *to = *base;
            to->base = base;
            to->allowed = NULL;
        }
    }
}

static const struct feel_node *
type_tests(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    return n ? dmn_feel(l, f, n, true) : NULL;
}

static void type_fill(struct dmn_loading *l,
                      struct dmn_file *f,
                      const xmlNode *n,
                      struct feel_type *to)
{
    bool list = bus_strv_is(dmn_attr(l, n, "isCollection"), "true");
    struct feel_type *element = list ? new_type(l, FEEL_T_ANY) : to;
    if (element == NULL) {
        return;
    }
    if (list) {
        *to = (struct feel_type){
            .is = FEEL_T_LIST, .kind = FEEL_LIST, .of = element};
    }
    fill_element(l, f, n, element);
    element->allowed = type_tests(l, f, dmn_child(n, "allowedValues"));
    xmlNode *constraint = dmn_child(n, "typeConstraint");
    if (constraint != NULL) {
        to->allowed = type_tests(l, f, constraint);
    }
}

static void
type_resolve(struct dmn_loading *l, struct dmn_file *f, struct dmn_item *item)
{
    if (item->done || item->busy) {
        return;
    }
    item->busy = true;
    type_fill(l, f, item->xml, item->type);
    item->type->name = item->name;
    item->busy = false;
    item->done = true;
}

void dmn_load_types(struct dmn_loading *l, struct dmn_file *f)
{
    xmlNode *root = xmlDocGetRootElement(f->doc);
    size_t n = dmn_count(root, "itemDefinition");
    f->items = bus_arena_calloc(&l->m->mem, n + 1, sizeof(*f->items));
    for (xmlNode *c = dmn_first(root); f->items != NULL && c != NULL;
         c = dmn_next(c)) {
        struct feel_type *t =
            dmn_is(c, "itemDefinition") ? new_type(l, FEEL_T_ANY) : NULL;
        if (t != NULL) {
            f->items[f->item_count++] = (struct dmn_item){
                .name = dmn_attr(l, c, "name"), .xml = c, .type = t};
        }
    }
}
