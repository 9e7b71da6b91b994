/* A model evaluated: what an element requires first, each once a run. */
#include <string.h>

#include "bus/dmn/parts.h"

enum state { STATE_NEW, STATE_BUSY, STATE_DONE };
struct run
{
    const struct dmn_model *m;
    struct feel_env env;
    uint8_t *states;
    struct feel_value *values;
    struct feel_value **scopes; /* what each element's requirements are */
    const char *broken;         /* a limit was met somewhere in the run */
};
struct callee /* a knowledge model or service as a function of this run */
{
    struct run *run;
    const struct dmn_element *e;
};

static struct feel_value eval_value_of(struct run *r,
                                       const struct dmn_element *e);

/* Entry `name` of the growing context; a new one if it is not there. */
static struct feel_value *eval_slot(struct feel_value *c, struct bus_strv name)
{
    struct feel_entry *e = (struct feel_entry *)(uintptr_t)c->context.v;
    for (size_t i = 0; i < c->context.n; i++) {
        if (bus_strv_eq(e[i].key, name)) {
            return (struct feel_value *)(uintptr_t)e[i].value;
        }
    }
    return NULL;
}

static bool eval_add(struct run *r,
                     struct feel_value *c,
                     struct bus_strv name,
                     struct feel_value v)
{
    struct feel_entry *e = (struct feel_entry *)(uintptr_t)c->context.v;
    struct feel_value *kept = bus_arena_dup(r->env.mem, &v, sizeof(v));
    e[c->context.n++] = (struct feel_entry){name, kept};
    return kept != NULL;
}

static struct feel_value *new_context(struct run *r, size_t n)
{
    struct feel_value c = {.kind = FEEL_CONTEXT};
    c.context.v = bus_arena_calloc(r->env.mem, n + 1, sizeof(*c.context.v));
    return c.context.v ? bus_arena_dup(r->env.mem, &c, sizeof(c)) : NULL;
}

/* The names an element's logic sees: its requirements, those of another model
 * behind the import's name. */
static const struct feel_value *scope_of(struct run *r,
                                         const struct dmn_element *e)
{
    if (r->scopes[e->index] != NULL) {
        return r->scopes[e->index];
    }
    struct feel_value *c = new_context(r, e->require_count);
    bool ok = c != NULL;
    for (size_t i = 0; ok && i < e->require_count; i++) {
        const struct dmn_requirement *q = &e->requires[i];
        struct feel_value v = eval_value_of(r, q->to);
        struct feel_value *in = c;
        if (q->import.n > 0) {
            in = eval_slot(c, q->import);
            if (in == NULL) {
                in = new_context(r, e->require_count);
                ok = in != NULL && eval_add(r, c, q->import, *in);
                in = eval_slot(c, q->import);
            }
        }
        ok = ok && in != NULL && eval_add(r, in, q->to->name, v);
    }
    r->scopes[e->index] = ok ? c : NULL;
    return ok ? c : NULL;
}

/* first .. last: the bindings of parameters, or NULL. */
static struct feel_value logic_of(struct run *r,
                                  const struct dmn_element *e,
                                  struct feel_binding *first,
                                  struct feel_binding *last)
{
    const struct feel_value *scope = scope_of(r, e);
    struct feel_binding *outer = r->env.bound;
    struct feel_binding b = {NULL, {"{", 0}, scope};
    if (scope == NULL || e->logic == NULL) {
        return scope ? feel_wrong("a decision without logic")
                     : feel_wrong(feel_no_memory);
    }
    if (first != NULL) {
        first->up = &b;
    }
    r->env.bound = last ? last : &b;
    struct feel_value v = feel_eval(e->logic, &r->env);
    r->env.bound = outer;
    r->broken = r->env.broken ? r->env.broken : r->broken;
    return feel_coerce(&r->env, e->type, &v);
}

static struct feel_value
call_knowledge(void *data, struct feel_env *env, const struct feel_value *args)
{
    struct callee *c = data;
    size_t n = c->e->param_count;
    struct feel_binding *b = bus_arena_calloc(env->mem, n + 1, sizeof(*b));
    if (b == NULL) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < n; i++) {
        b[i] = (struct feel_binding){i > 0 ? &b[i - 1] : NULL,
                                     c->e->params[i].name, &args[i]};
    }
    return logic_of(c->run, c->e, n ? b : NULL, n ? &b[n - 1] : NULL);
}

static bool eval_partner_open_run(struct run *r,
                                  const struct dmn_model *m,
                                  const struct feel_env *env)
{
    *r = (struct run){.m = m, .env = *env};
    r->env.bound = NULL;
    r->states = bus_arena_calloc(env->mem, m->element_count + 1, 1);
    r->values =
        bus_arena_calloc(env->mem, m->element_count + 1, sizeof(*r->values));
    r->scopes =
        bus_arena_calloc(env->mem, m->element_count + 1, sizeof(*r->scopes));
    return r->states && r->values && r->scopes;
}

static void eval_give(struct run *r,
                      const struct dmn_element *e,
                      const struct feel_value *v)
{
    r->values[e->index] = feel_coerce(&r->env, e->type, v);
    r->states[e->index] = STATE_DONE;
}

static struct feel_value eval_outputs_of(struct run *r,
                                         const struct dmn_element *s)
{
    if (s->output_count == 1) {
        return eval_value_of(r, s->outputs[0]);
    }
    struct feel_value *c = new_context(r, s->output_count);
    for (size_t i = 0; c != NULL && i < s->output_count; i++) {
        struct feel_value v = eval_value_of(r, s->outputs[i]);
        if (!eval_add(r, c, s->outputs[i]->name, v)) {
            return feel_wrong(feel_no_memory);
        }
    }
    return c ? *c : feel_wrong(feel_no_memory);
}

/* A service is a run of its own: only what is handed in comes from outside. */
static struct feel_value
call_service(void *data, struct feel_env *env, const struct feel_value *args)
{
    struct callee *c = data;
    struct run *inner = bus_arena_alloc(env->mem, sizeof(*inner));
    if (inner == NULL || !eval_partner_open_run(inner, c->run->m, env)) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < c->e->param_count; i++) {
        eval_give(inner, c->e->inputs[i], &args[i]);
    }
    struct feel_value v = eval_outputs_of(inner, c->e);
    env->steps = inner->env.steps;
    env->broken = inner->broken ? inner->broken : env->broken;
    return v;
}

static struct feel_value function_of(struct run *r, const struct dmn_element *e)
{
    struct callee c = {r, e};
    struct callee *kept = bus_arena_dup(r->env.mem, &c, sizeof(c));
    bool service = e->kind == DMN_SERVICE;
    const struct feel_type *result = e->type;
    if (result != NULL && result->is == FEEL_T_FUNCTION) {
        result = result->of;
    }
    return kept ? feel_native_function(
                      r->env.mem, e->params, e->param_count, result,
                      service ? call_service : call_knowledge, kept)
                : feel_wrong(feel_no_memory);
}

static struct feel_value eval_value_of(struct run *r,
                                       const struct dmn_element *e)
{
    if (r->states[e->index] == STATE_DONE) {
        return r->values[e->index];
    }
    if (r->states[e->index] == STATE_BUSY || e->cyclic) {
        return feel_wrong("a decision that needs itself");
    }
    r->states[e->index] = STATE_BUSY;
    struct feel_value v = feel_null;
    if (e->kind == DMN_DECISION) {
        v = logic_of(r, e, NULL, NULL);
    } else if (e->kind != DMN_INPUT) {
        v = function_of(r, e);
    }
    r->values[e->index] = v;
    r->states[e->index] = STATE_DONE;
    return v;
}

static const struct dmn_element *eval_find(const struct dmn_model *m,
                                           struct bus_strv space,
                                           struct bus_strv name)
{
    const struct dmn_element *other = NULL;
    size_t others = 0; /* of two imported ones neither is meant */
    for (size_t i = 0; i < m->element_count; i++) {
        const struct dmn_element *e = &m->elements[i];
        bool here = space.n > 0 ? bus_strv_eq(e->file->space, space)
                                : e->file == &m->files[0];
        if (!bus_strv_eq(e->name, name)) {
            continue;
        }
        if (here) {
            return e;
        }
        other = e;
        others++;
    }
    return space.n == 0 && others == 1 ? other : NULL;
}

static struct feel_value invoke(struct run *r,
                                const struct dmn_element *e,
                                const struct dmn_given *given,
                                size_t n)
{
    struct feel_value args[256], f = eval_value_of(r, e);
    if (e->param_count > 256) {
        return feel_wrong("too many parameters");
    }
    for (size_t i = 0; i < e->param_count; i++) {
        bool found = false;
        for (size_t k = 0; k < n && !found; k++) {
            found = bus_strv_eq(given[k].name, e->params[i].name);
            args[i] = found ? given[k].value : feel_null;
        }
        bool decision =
            e->kind == DMN_SERVICE && e->inputs[i]->kind == DMN_DECISION;
        if (!found && decision) {
            return feel_wrong("an input decision is not given");
        }
        args[i] = found ? args[i] : feel_null;
    }
    return feel_invoke(&r->env, &f, args, NULL, e->param_count);
}

struct feel_value dmn_evaluate(const struct dmn_model *m,
                               struct bus_strv name,
                               const struct dmn_given *given,
                               size_t n,
                               const struct feel_value *now,
                               struct bus_arena *mem)
{
    struct feel_env env = {.mem = mem, .now = now};
    struct run *r = bus_arena_alloc(mem, sizeof(*r));
    const struct dmn_element *e = eval_find(m, (struct bus_strv){0}, name);
    if (r == NULL || !eval_partner_open_run(r, m, &env)) {
        return feel_wrong(feel_no_memory);
    }
    if (e == NULL) {
        return feel_wrong("the model has no such decision");
    }
    if (e->kind == DMN_SERVICE || e->kind == DMN_KNOWLEDGE) {
        struct feel_value v = invoke(r, e, given, n);
        return r->env.broken ? feel_wrong(r->env.broken) : v;
    }
    for (size_t i = 0; i < n; i++) {
        const struct dmn_element *to =
            eval_find(m, given[i].space, given[i].name);
        if (to != NULL && (to->kind == DMN_INPUT || to->kind == DMN_DECISION)) {
            eval_give(r, to, &given[i].value);
        }
    }
    struct feel_value v = eval_value_of(r, e);
    return r->broken ? feel_wrong(r->broken) : v;
}
