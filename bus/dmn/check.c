/* A model's expressions held against the names they can see: what an element
 * requires, the parameters of a knowledge model, what a boxed expression
 * binds. And the other way round: the names that a model without input data
 * (as Camunda's modeller writes them) reads are its inputs. */
#include <string.h>

#include "bus/dmn/parts.h"

#define REACH_MAX 200 /* requirements of requirements */

struct checking
{
    const struct dmn_model *m;
    const struct dmn_element *e; /* whose logic is looked at */
    const struct dmn_caller *caller;
    struct bus_arena *mem;
    struct bus_faults *faults; /* NULL: only names are collected */
    struct feel_finding *names;
    size_t name_count, name_max;
};
struct imported /* the elements behind one import's name */
{
    struct feel_shapes parts;
    struct checking *k;
    struct bus_strv import;
};

static struct feel_shape element_shape(const struct checking *k,
                                       const struct dmn_element *e,
                                       struct bus_strv import)
{
    struct feel_shape s = {.kind = FEEL_UNKNOWN};
    if (e->kind == DMN_KNOWLEDGE || e->kind == DMN_SERVICE) {
        s.kind = FEEL_FUNCTION;
        return s;
    }
    if (e->kind == DMN_INPUT && k->caller != NULL &&
        k->caller->input_shape(k->caller->data, import, e->name, &s)) {
        return s;
    }
    return feel_shape_of(k->mem, e->type);
}

static bool
imported_find(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    const struct imported *in = data;
    const struct dmn_element *e = in->k->e;
    for (size_t i = 0; i < e->require_count; i++) {
        const struct dmn_requirement *r = &e->requires[i];
        if (bus_strv_eq(r->import, in->import) &&
            bus_strv_eq(r->to->name, name)) {
            *ret = element_shape(in->k, r->to, r->import);
            return true;
        }
    }
    return false;
}

static bool imported_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    const struct imported *in = data;
    const struct dmn_element *e = in->k->e;
    for (size_t r = 0; r < e->require_count; r++) {
        if (bus_strv_eq(e->requires[r].import, in->import) && i-- == 0) {
            *ret = e->requires[r].to->name;
            return true;
        }
    }
    return false;
}

static struct feel_shape import_shape(struct checking *k,
                                      struct bus_strv import)
{
    struct feel_shape s = {.kind = FEEL_CONTEXT};
    struct imported *in = bus_arena_calloc(k->mem, 1, sizeof(*in));
    if (in != NULL) {
        in->k = k;
        in->import = import;
        in->parts = (struct feel_shapes){in, imported_find, imported_name_at};
        s.parts = &in->parts;
    }
    return s;
}

static bool
scope_find(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    struct checking *k = (struct checking *)(uintptr_t)data;
    const struct dmn_element *e = k->e;
    for (size_t i = 0; e->kind == DMN_KNOWLEDGE && i < e->param_count; i++) {
        if (bus_strv_eq(e->params[i].name, name)) {
            *ret = feel_shape_of(k->mem, e->params[i].type);
            return true;
        }
    }
    for (size_t i = 0; i < e->require_count; i++) {
        const struct dmn_requirement *r = &e->requires[i];
        if (r->import.n > 0 && bus_strv_eq(r->import, name)) {
            *ret = import_shape(k, name);
            return true;
        }
        if (r->import.n == 0 && bus_strv_eq(r->to->name, name)) {
            *ret = element_shape(k, r->to, r->import);
            return true;
        }
    }
    return false;
}

static bool scope_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    const struct checking *k = data;
    const struct dmn_element *e = k->e;
    size_t params = e->kind == DMN_KNOWLEDGE ? e->param_count : 0;
    if (i < params) {
        *ret = e->params[i].name;
        return true;
    }
    i -= params;
    if (i < e->require_count) {
        const struct dmn_requirement *r = &e->requires[i];
        *ret = r->import.n > 0 ? r->import : r->to->name;
        return true;
    }
    return false;
}

static struct bus_place place_of_finding(const struct checking *k,
                                         const struct feel_finding *f)
{
    bool known = f->source > 0 && f->source <= k->m->text_count;
    return known ? dmn_place_of_text(&k->m->texts[f->source - 1], f->offset)
                 : (struct bus_place){k->e->file->path, 0, 0};
}

/* In the model, and not drawn to this element? */
static bool is_not_required(const struct checking *k, struct bus_strv name)
{
    for (size_t i = 0; i < k->m->element_count; i++) {
        const struct dmn_element *e = &k->m->elements[i];
        if (e->file == k->e->file && bus_strv_eq(e->name, name)) {
            return true;
        }
    }
    return false;
}

static void add_fault(void *data, const struct feel_finding *f)
{
    struct checking *k = data;
    struct bus_place at = place_of_finding(k, f);
    if (f->kind == FEEL_FOUND_NAME && is_not_required(k, f->name)) {
        bus_faults_add(k->faults, at, k->e->name.p,
                       "'%.*s' is in the model, but '%.*s' does not require "
                       "it: draw the requirement / 模型里有“%.*s”,但“%.*s”"
                       "没有依赖它:请画上连线",
                       BUS_STRV_ARG(f->name), BUS_STRV_ARG(k->e->name),
                       BUS_STRV_ARG(f->name), BUS_STRV_ARG(k->e->name));
        return;
    }
    bus_faults_add(k->faults, at, k->e->name.p, "%s", f->text);
}

static void collect_name(void *data, const struct feel_finding *f)
{
    struct checking *k = data;
    bool seen = f->kind != FEEL_FOUND_NAME || is_not_required(k, f->name);
    for (size_t i = 0; !seen && i < k->name_count; i++) {
        seen = bus_strv_eq(k->names[i].name, f->name);
    }
    if (!seen && k->name_count < k->name_max) {
        k->names[k->name_count++] = *f;
    }
}

static void check_logic(struct checking *k, enum feel_kind want)
{
    struct feel_check c = {.data = k,
                           .mem = k->mem,
                           .scope = {k, scope_find, scope_name_at},
                           .found = k->faults ? add_fault : collect_name,
                           .external = dmn_table_check};
    if (k->e->logic != NULL) {
        feel_check_is(&c, k->e->logic, "the whole", want);
    }
}

/* --- what a decision hangs on --- */

static void mark_reached(const struct dmn_model *m,
                         const struct dmn_element *e,
                         bool *reached,
                         int depth)
{
    if (reached[e->index] || depth > REACH_MAX) {
        return;
    }
    reached[e->index] = true;
    for (size_t i = 0; i < e->require_count; i++) {
        mark_reached(m, e->requires[i].to, reached, depth + 1);
    }
    for (size_t i = 0; e->kind == DMN_SERVICE && i < e->output_count; i++) {
        mark_reached(m, e->outputs[i], reached, depth + 1);
    }
}

static bool *reached_by(const struct dmn_model *m,
                        struct bus_strv decision,
                        struct bus_arena *mem)
{
    bool *reached = bus_arena_calloc(mem, m->element_count + 1, sizeof(bool));
    for (size_t i = 0; reached != NULL && i < m->element_count; i++) {
        const struct dmn_element *e = &m->elements[i];
        bool own = e->file == &m->files[0];
        if (own && (decision.n == 0 || bus_strv_eq(e->name, decision))) {
            mark_reached(m, e, reached, 0);
        }
    }
    return reached;
}

void dmn_check(const struct dmn_model *m,
               struct bus_strv decision,
               const struct dmn_caller *caller,
               enum feel_kind want,
               struct bus_arena *mem,
               struct bus_faults *faults)
{
    struct checking k = {
        .m = m, .caller = caller, .mem = mem, .faults = faults};
    const bool *reached = reached_by(m, decision, mem);
    faults->out_of_memory |= reached == NULL;
    for (size_t i = 0; reached != NULL && i < m->element_count; i++) {
        const struct dmn_element *e = &m->elements[i];
        bool whole = e->file == &m->files[0] && e->kind == DMN_DECISION &&
                     decision.n > 0 && bus_strv_eq(e->name, decision);
        k.e = e;
        if (reached[i] &&
            (e->kind == DMN_DECISION || e->kind == DMN_KNOWLEDGE)) {
            check_logic(&k, whole ? want : FEEL_UNKNOWN);
        }
    }
}

/* The name by which file 0 sees what stands in another file: of the import, or
 * of the imports on the way there. */
static struct bus_strv import_of(const struct dmn_model *m,
                                 const struct dmn_element *e)
{
    const struct dmn_file *own = &m->files[0];
    for (size_t i = 0; e->file != own && i < own->import_count; i++) {
        if (own->imports[i].file == e->file) {
            return own->imports[i].name;
        }
    }
    return (struct bus_strv){0};
}

bool dmn_input_at(const struct dmn_model *m,
                  struct bus_strv decision,
                  size_t i,
                  struct bus_arena *mem,
                  struct dmn_input *ret)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    const bool *reached = reached_by(m, decision, mem);
    bool found = false;
    for (size_t k = 0; reached != NULL && !found && k < m->element_count; k++) {
        const struct dmn_element *e = &m->elements[k];
        found = reached[k] && e->kind == DMN_INPUT && i-- == 0;
        if (found) {
            *ret = (struct dmn_input){
                .space = e->file == &m->files[0] ? (struct bus_strv){0}
                                                 : e->file->space,
                .import = import_of(m, e),
                .name = e->name,
                .type = e->type,
                .implied = e->id.n == 0 && e->xml == NULL,
                .at = e->at,
            };
        }
    }
    bus_arena_release(mem, mark);
    return found;
}

/* --- inputs nobody declared --- */

#define IMPLIED_MAX 64

static struct dmn_element *implied_input(struct dmn_loading *l,
                                         const struct dmn_element *by,
                                         struct bus_strv name,
                                         struct bus_place at)
{
    struct dmn_model *m = l->m;
    for (size_t i = 0; i < m->element_count; i++) {
        struct dmn_element *e = &m->elements[i];
        if (e->file == by->file && bus_strv_eq(e->name, name)) {
            return e;
        }
    }
    if (m->element_count == DMN_ELEMENTS_MAX) {
        return NULL;
    }
    struct dmn_element *e = &m->elements[m->element_count];
    *e = (struct dmn_element){.kind = DMN_INPUT,
                              .index = m->element_count++,
                              .name = name,
                              .file = by->file,
                              .at = at};
    return e;
}

static void require_names(struct dmn_loading *l,
                          struct dmn_element *e,
                          const struct checking *k)
{
    struct dmn_requirement *r = bus_arena_calloc(
        &l->m->mem, e->require_count + k->name_count + 1, sizeof(*r));
    if (r == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    if (e->require_count > 0) {
        memcpy(r, e->requires, e->require_count * sizeof(*r));
    }
    for (size_t i = 0; i < k->name_count; i++) {
        struct bus_place at = place_of_finding(k, &k->names[i]);
        const struct dmn_element *to =
            implied_input(l, e, k->names[i].name, at);
        if (to != NULL) {
            r[e->require_count++] = (struct dmn_requirement){to, {0}};
        }
    }
    e->requires = r;
}

void dmn_imply_inputs(struct dmn_loading *l, const struct dmn_file *f)
{
    struct dmn_model *m = l->m;
    size_t count = m->element_count;
    for (size_t i = 0; i < count; i++) {
        if (m->elements[i].file == f && m->elements[i].kind == DMN_INPUT) {
            return; /* whoever declares one declares all */
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct feel_finding names[IMPLIED_MAX];
        struct dmn_element *e = &m->elements[i];
        struct checking k = {.m = m,
                             .e = e,
                             .mem = &m->mem,
                             .names = names,
                             .name_max = IMPLIED_MAX};
        if (e->file == f && e->kind == DMN_DECISION) {
            check_logic(&k, FEEL_UNKNOWN);
            require_names(l, e, &k);
        }
    }
}
