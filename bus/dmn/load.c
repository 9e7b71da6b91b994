/* Documents to a model: elements and what they require. */
#include <stdio.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/dmn/parts.h"

#define MODEL_BYTES_MAX (256u << 20)

/* Every name a text may read: of elements, their variables, parameters,
 * entries, columns, components, imports. */
static void add_name(struct dmn_loading *l, struct bus_strv name)
{
    if (name.n == 0 || l->name_count == DMN_NAMES_MAX ||
        bus_map_get(&l->seen, name) != NULL) {
        return;
    }
    l->names[l->name_count++] = name;
    l->faults->out_of_memory |=
        bus_map_put(&l->seen, name, &l->names[l->name_count - 1]) != BUS_OK;
}

static void collect_names(struct dmn_loading *l, const xmlNode *n)
{
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "extensionElements") || dmn_is(c, "DMNDI")) {
            continue;
        }
        add_name(l, dmn_attr(l, c, "name"));
        add_name(l, dmn_attr(l, c, "iteratorVariable"));
        collect_names(l, c);
    }
}

/* --- elements --- */

static bool load_kind_of(const xmlNode *n, enum dmn_kind *ret)
{
    static const char *const words[] = {
        "inputData", "decision", "businessKnowledgeModel", "decisionService"};
    for (int i = 0; i < 4; i++) {
        if (dmn_is(n, words[i])) {
            *ret = (enum dmn_kind)i;
            return true;
        }
    }
    return false;
}

static void add_elements(struct dmn_loading *l, struct dmn_file *f)
{
    enum dmn_kind kind;
    xmlNode *root = xmlDocGetRootElement(f->doc);
    for (xmlNode *c = dmn_first(root); c != NULL; c = dmn_next(c)) {
        if (!load_kind_of(c, &kind)) {
            continue;
        }
        if (l->m->element_count == DMN_ELEMENTS_MAX) {
            bus_faults_add(l->faults, dmn_place(f, c), NULL,
                           "more than %d elements / 元素过多",
                           DMN_ELEMENTS_MAX);
            return;
        }
        struct dmn_element *e = &l->m->elements[l->m->element_count];
        xmlNode *variable = dmn_child(c, "variable");
        e->index = l->m->element_count++;
        e->kind = kind;
        e->file = f;
        e->xml = c;
        e->at = dmn_place(f, c);
        e->id = dmn_attr(l, c, "id");
        e->name = dmn_attr(l, variable, "name");
        if (variable == NULL || e->name.n == 0) {
            e->name = dmn_attr(l, c, "name");
        }
    }
}

/* "#id", "namespace#id" */
static const struct dmn_element *
by_href(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct bus_strv href = dmn_attr(l, n, "href"), space = f->space;
    const char *hash = href.n ? memchr(href.p, '#', href.n) : NULL;
    if (hash != NULL) {
        size_t before = (size_t)(hash - href.p);
        if (before > 0) {
            space = (struct bus_strv){href.p, before};
        }
        href = (struct bus_strv){hash + 1, href.n - before - 1};
    }
    for (size_t i = 0; i < l->m->element_count; i++) {
        const struct dmn_element *e = &l->m->elements[i];
        if (bus_strv_eq(e->id, href) && bus_strv_eq(e->file->space, space)) {
            return e;
        }
    }
    bus_faults_add(l->faults, dmn_place(f, n), NULL,
                   "requires '%.*s', which is not there / 所需的元素不存在",
                   BUS_STRV_ARG(href));
    return NULL;
}

static struct bus_strv prefix_of(const struct dmn_file *f,
                                 const struct dmn_element *to)
{
    for (size_t i = 0; to->file != f && i < f->import_count; i++) {
        if (f->imports[i].file == to->file) {
            return f->imports[i].name;
        }
    }
    return (struct bus_strv){0};
}

static void load_requirements(struct dmn_loading *l, struct dmn_element *e)
{
    struct dmn_requirement *r =
        bus_arena_calloc(&l->m->mem,
                         dmn_count(e->xml, "informationRequirement") +
                             dmn_count(e->xml, "knowledgeRequirement") + 1,
                         sizeof(*r));
    for (xmlNode *c = dmn_first(e->xml); r != NULL && c != NULL;
         c = dmn_next(c)) {
        if (!dmn_is(c, "informationRequirement") &&
            !dmn_is(c, "knowledgeRequirement")) {
            continue;
        }
        const struct dmn_element *to = by_href(l, e->file, dmn_first(c));
        if (to != NULL) {
            r[e->require_count++] =
                (struct dmn_requirement){to, prefix_of(e->file, to)};
        }
    }
    e->requires = r;
}

static size_t referred(struct dmn_loading *l,
                       struct dmn_element *e,
                       const char *word,
                       const struct dmn_element **to)
{
    size_t n = 0;
    for (xmlNode *c = dmn_first(e->xml); c != NULL; c = dmn_next(c)) {
        const struct dmn_element *x =
            dmn_is(c, word) ? by_href(l, e->file, c) : NULL;
        if (x != NULL) {
            to[n++] = x;
        }
    }
    return n;
}

/* A service's parameters: its input data, then its input decisions. */
static void load_service(struct dmn_loading *l, struct dmn_element *e)
{
    size_t outs = dmn_count(e->xml, "outputDecision");
    size_t ins =
        dmn_count(e->xml, "inputData") + dmn_count(e->xml, "inputDecision");
    const struct dmn_element **out =
        bus_arena_calloc(&l->m->mem, outs + 1, sizeof(*out));
    const struct dmn_element **in =
        bus_arena_calloc(&l->m->mem, ins + 1, sizeof(*in));
    struct feel_field *params =
        bus_arena_calloc(&l->m->mem, ins + 1, sizeof(*params));
    if (out == NULL || in == NULL || params == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    e->output_count = referred(l, e, "outputDecision", out);
    e->param_count = referred(l, e, "inputData", in);
    e->param_count += referred(l, e, "inputDecision", in + e->param_count);
    for (size_t i = 0; i < e->param_count; i++) {
        params[i] = (struct feel_field){in[i]->name, in[i]->type};
    }
    e->outputs = out;
    e->inputs = in;
    e->params = params;
}

static void load_knowledge(struct dmn_loading *l, struct dmn_element *e)
{
    xmlNode *logic = dmn_child(e->xml, "encapsulatedLogic");
    struct bus_strv kind = dmn_attr(l, logic, "kind");
    if (e->type != NULL && e->type->is == FEEL_T_FUNCTION) {
        e->type = e->type->of;
    }
    if (logic != NULL && e->type == NULL) {
        e->type = dmn_type_ref(l, e->file, logic);
    }
    e->params = dmn_parameters(l, e->file, logic, &e->param_count);
    e->logic = kind.n > 0 && !bus_strv_is(kind, "FEEL")
                   ? dmn_broken(l, "a function of a kind not supported")
                   : dmn_boxed_in(l, e->file, logic);
}

static void load_element(struct dmn_loading *l, struct dmn_element *e)
{
    switch (e->kind) {
    case DMN_INPUT:
        break;
    case DMN_DECISION:
        load_requirements(l, e);
        e->logic = dmn_boxed_in(l, e->file, e->xml);
        break;
    case DMN_KNOWLEDGE:
        load_requirements(l, e);
        load_knowledge(l, e);
        break;
    case DMN_SERVICE:
        load_service(l, e);
        break;
    }
}

static void find_cycles(struct dmn_loading *l, struct dmn_element *e)
{
    if (e->closing) {
        e->cyclic = true;
        bus_faults_add(l->faults, dmn_place(e->file, e->xml), e->name.p,
                       "a decision that needs itself / 决策依赖自身");
        return;
    }
    if (e->closed || e->kind != DMN_DECISION) {
        return;
    }
    e->closing = true;
    for (size_t i = 0; i < e->require_count; i++) {
        find_cycles(l, &l->m->elements[e->requires[i].to->index]);
    }
    e->closing = false;
    e->closed = true;
}

static void load_all(struct dmn_loading *l)
{
    struct dmn_model *m = l->m;
    for (size_t i = 0; i < m->file_count; i++) {
        collect_names(l, xmlDocGetRootElement(m->files[i].doc));
    }
    for (size_t i = 0; i < m->file_count; i++) {
        dmn_load_types(l, &m->files[i]);
        add_elements(l, &m->files[i]);
    }
    for (size_t i = 0; i < m->element_count; i++) {
        struct dmn_element *e = &m->elements[i];
        xmlNode *variable = dmn_child(e->xml, "variable");
        e->type = variable ? dmn_type_ref(l, e->file, variable) : NULL;
    }
    for (size_t i = 0; i < m->element_count; i++) {
        load_element(l, &m->elements[i]);
    }
    for (size_t i = 0; i < m->file_count; i++) {
        dmn_imply_inputs(l, &m->files[i]);
    }
    for (size_t i = 0; i < m->element_count; i++) {
        find_cycles(l, &m->elements[i]);
    }
}

struct dmn_model *dmn_model_new(const struct dmn_source *sources,
                                size_t n,
                                struct bus_faults *faults)
{
    struct dmn_model *m = bus_calloc(1, sizeof(*m));
    struct dmn_loading l = {.m = m, .faults = faults};
    bool ok = m != NULL && n > 0 && n <= DMN_FILES_MAX;
    if (!ok) {
        faults->out_of_memory |= m == NULL;
        bus_free(m);
        return NULL;
    }
    bus_arena_init(&m->mem, 1 << 18, MODEL_BYTES_MAX);
    m->files = bus_arena_calloc(&m->mem, n, sizeof(*m->files));
    ok = m->files != NULL;
    faults->out_of_memory |= !ok;
    ok = ok && dmn_load_files(&l, sources, n);
    if (ok) { /* much memory: only for what is a model at all */
        m->elements =
            bus_arena_calloc(&m->mem, DMN_ELEMENTS_MAX, sizeof(*m->elements));
        l.names = bus_arena_calloc(&m->mem, DMN_NAMES_MAX, sizeof(*l.names));
        ok = m->elements != NULL && l.names != NULL;
        faults->out_of_memory |= !ok;
    }
    if (ok) {
        load_all(&l);
    }
    for (size_t i = 0; i < m->file_count; i++) {
        xmlFreeDoc(m->files[i].doc);
        m->files[i].doc = NULL;
    }
    bus_map_fini(&l.seen);
    if (!ok || faults->out_of_memory) {
        dmn_model_free(m);
        return NULL;
    }
    return m;
}

void dmn_model_free(struct dmn_model *m)
{
    if (m != NULL) {
        bus_arena_fini(&m->mem);
        bus_free(m);
    }
}

uint64_t dmn_model_hash(const struct dmn_model *m, uint64_t h)
{
    for (size_t i = 0; i < m->file_count; i++) {
        h = bus_hash64(m->files[i].text.p, m->files[i].text.n, h);
    }
    return h;
}

bool dmn_element_at(const struct dmn_model *m,
                    size_t i,
                    enum dmn_kind *kind,
                    struct bus_strv *name)
{
    if (i >= m->element_count || m->elements[i].file != &m->files[0]) {
        return false;
    }
    *kind = m->elements[i].kind;
    *name = m->elements[i].name;
    return true;
}
