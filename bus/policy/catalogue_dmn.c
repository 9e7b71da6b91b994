/* A decision of a DMN model as an item's condition or amount. The model's
 * inputs are FEEL over the household: by their names (a fact of the household,
 * a standard, rule_date), or as `inputs:` says. What it reads is therefore
 * known as of any rule, and an input that is unknown is unknown to its tables
 * too. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/dmn/dmn.h"
#include "bus/feel/tree.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/catalogue_types.h"

#define INPUTS_MAX 64

struct decision /* what its node needs to run */
{
    const struct dmn_model *model;
    struct bus_strv name;
    struct bus_strv spaces[INPUTS_MAX]; /* of imported inputs */
    struct bus_strv imports[INPUTS_MAX];
    struct bus_strv inputs[INPUTS_MAX];
    struct feel_shape shapes[INPUTS_MAX];
    const struct feel_node *kids[INPUTS_MAX];
    size_t count;
};

static struct feel_value catalogue_dmn_run(void *data, struct feel_env *env)
{
    const struct decision *d = data;
    BUS_CHECK(d->count <= INPUTS_MAX);
    struct dmn_given *given =
        bus_arena_calloc(env->mem, d->count + 1, sizeof(*given));
    if (given == NULL) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < d->count; i++) {
        given[i].space = d->spaces[i];
        given[i].name = d->inputs[i];
        given[i].value = feel_eval(d->kids[i], env);
    }
    return dmn_evaluate(d->model, d->name, given, d->count, env->now, env->mem);
}

/* What stands under `inputs:` for it, by its name or that of its import and its
 * name; NULL: nothing. */
static const struct bus_node *said_meaning(const struct bus_node *body,
                                           const struct dmn_input *in)
{
    const struct bus_node *inputs = bus_node_get(body, "inputs");
    const struct bus_node *plain = NULL;
    for (uint32_t i = 0;
         inputs != NULL && inputs->kind == BUS_NODE_MAP && i < inputs->count;
         i++) {
        struct bus_strv key = inputs->pairs[i].key->text;
        size_t n = in->import.n;
        if (n > 0 && key.n == n + 1 + in->name.n && key.p[n] == '.' &&
            memcmp(key.p, in->import.p, n) == 0 &&
            memcmp(key.p + n + 1, in->name.p, in->name.n) == 0) {
            return inputs->pairs[i].value;
        }
        plain = bus_strv_eq(key, in->name) ? inputs->pairs[i].value : plain;
    }
    return plain;
}

/* The text of the FEEL that an input stands for by its name; NULL: nothing of
 * that name. */
static const char *catalogue_dmn_meaning(struct loading *l,
                                         struct bus_strv input)
{
    const struct bus_policy_catalogue *c = l->c;
    const struct fact_def *f = bus_map_get(&c->household_names, input);
    const struct standard_def *s = bus_map_get(&c->standard_names, input);
    return f   ? bus_arena_printf(&l->c->mem, "household.%.*s",
                                  BUS_STRV_ARG(f->bare))
           : s ? bus_arena_printf(&l->c->mem, "standard.%.*s",
                                  BUS_STRV_ARG(s->name))
           : bus_strv_is(input, "rule_date") ? "rule_date"
                                             : NULL;
}

static void fault_of_input(struct loading *l,
                           const struct bus_node *at,
                           const char *path,
                           const struct dmn_input *in)
{
    char want[65], near[65] = "";
    size_t best = 4, slot = 0;
    (void)bus_strv_copy(want, sizeof(want), in->name);
    for (const struct bus_map_slot *s;
         (s = bus_map_next(&l->c->household_names, &slot));) {
        char have[65];
        (void)bus_strv_copy(have, sizeof(have), s->key);
        size_t d = bus_edit_distance(want, have);
        if (d < best) {
            best = d;
            memcpy(near, have, sizeof(near));
        }
    }
    bool did = near[0] != '\0';
    bus_faults_add(
        l->faults, in->implied ? in->at : at->at, path,
        "the model's input '%s' is no fact of a household, no standard and not "
        "said under inputs:%s%s%s / "
        "模型的输入“%s”不是家庭事实、不是标准,inputs: "
        "也没有说明%s%s%s",
        want, did ? "; did you mean '" : "", near, did ? "'?" : "", want,
        did ? ",是否应为“" : "", near, did ? "”?" : "");
}

static bool catalogue_dmn_add_input(struct loading *l,
                                    const struct bus_node *body,
                                    const char *path,
                                    const struct dmn_input *in,
                                    struct decision *to)
{
    const struct bus_node *said = said_meaning(body, in);
    const struct bus_node *at = said ? said : bus_node_get(body, "dmn");
    const char *text =
        said ? bus_node_cstr(said) : catalogue_dmn_meaning(l, in->name);
    if (to->count == INPUTS_MAX) {
        bus_faults_add(l->faults, at->at, path,
                       "a model of more than %d inputs / 模型的输入过多",
                       INPUTS_MAX);
        return false;
    }
    if (text == NULL) {
        fault_of_input(l, at, path, in);
        return false;
    }
    struct feel_error e;
    const struct feel_node *tree = feel_parse(bus_strv(text), &l->c->mem, &e);
    if (tree == NULL) {
        bus_faults_add(l->faults, bus_node_place(at, e.offset), path,
                       "inputs: '%.*s': %s", BUS_STRV_ARG(in->name), e.text);
        return false;
    }
    BUS_CHECK(to->count < INPUTS_MAX);
    to->shapes[to->count] = policy_catalogue_check_input(l, at, tree, path);
    to->spaces[to->count] = in->space;
    to->imports[to->count] = in->import;
    to->inputs[to->count] = in->name;
    to->kids[to->count++] = tree;
    return true;
}

/* For the check of the model: what each input is in the catalogue. */
static bool input_shape(void *data,
                        struct bus_strv import,
                        struct bus_strv name,
                        struct feel_shape *ret)
{
    const struct decision *d = data;
    BUS_CHECK(d->count <= INPUTS_MAX);
    for (size_t i = 0; i < d->count; i++) {
        if (bus_strv_eq(d->inputs[i], name) &&
            bus_strv_eq(d->imports[i], import)) {
            *ret = d->shapes[i];
            return true;
        }
    }
    return false;
}

/* The file of that name beside the item's own. */
static size_t find_model(const struct loading *l, const struct bus_node *name)
{
    const char *end = strrchr(name->at.file, '/');
    size_t n = end ? (size_t)(end + 1 - name->at.file) : 0;
    size_t i = 0;
    for (; i < l->model_count; i++) {
        const char *file = l->models[i].file;
        if (strncmp(file, name->at.file, n) == 0 &&
            bus_strv_is(name->text, file + n)) {
            break;
        }
    }
    return i;
}

/* Do two files stand in one folder? */
static bool same_folder(const char *a, const char *b)
{
    const char *x = strrchr(a, '/'), *y = strrchr(b, '/');
    size_t n = x ? (size_t)(x - a) : 0, m = y ? (size_t)(y - b) : 0;
    return n == m && memcmp(a, b, n) == 0;
}

/* Compiled once, however many items ask it. Other models of the folder may be
 * imported by it. */
static const struct dmn_model *catalogue_dmn_model_of(struct loading *l,
                                                      size_t at)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(at < l->model_count && at < c->model_count);
    struct dmn_source sources[DMN_FILES_MAX];
    size_t n = 0;
    if (c->models[at] != NULL) {
        return c->models[at];
    }
    for (size_t k = 0; k < l->model_count && n < DMN_FILES_MAX; k++) {
        size_t i = k == 0 ? at : k <= at ? k - 1 : k;
        if (!same_folder(l->models[i].file, l->models[at].file)) {
            continue;
        }
        sources[n++] =
            (struct dmn_source){l->models[i].file, l->models[i].text};
    }
    c->models[at] = dmn_model_new(sources, n, l->faults);
    return c->models[at];
}

static bool has_decision(const struct dmn_model *m, struct bus_strv name)
{
    enum dmn_kind kind;
    struct bus_strv one;
    for (size_t i = 0; dmn_element_at(m, i, &kind, &one); i++) {
        if (kind == DMN_DECISION && bus_strv_eq(one, name)) {
            return true;
        }
    }
    return false;
}

static struct decision *catalogue_dmn_make(struct loading *l,
                                           const struct bus_node *body,
                                           const char *path,
                                           enum feel_kind want,
                                           const struct dmn_model *m)
{
    BUS_CHECK(m != NULL);
    const struct bus_node *name = bus_node_get(body, "decision");
    struct decision *d = bus_arena_calloc(&l->c->mem, 1, sizeof(*d));
    struct dmn_input in;
    if (d == NULL) {
        l->faults->out_of_memory = true;
        return NULL;
    }
    if (name == NULL || name->kind != BUS_NODE_SCALAR ||
        !has_decision(m, name->text)) {
        bus_faults_add(l->faults, name ? name->at : body->at, path,
                       "the model has no decision '%s' / 模型中没有这个决策",
                       name && name->kind == BUS_NODE_SCALAR ? name->text.p
                                                             : "");
        return NULL;
    }
    d->model = m;
    d->name = policy_catalogue_text(l, name);
    bool ok = true;
    for (size_t i = 0; dmn_input_at(m, d->name, i, &l->c->mem, &in); i++) {
        ok = catalogue_dmn_add_input(l, body, path, &in, d) && ok;
    }
    struct dmn_caller caller = {d, input_shape};
    dmn_check(m, d->name, &caller, want, &l->c->mem, l->faults);
    return ok ? d : NULL;
}

const struct feel_node *policy_catalogue_decision(struct loading *l,
                                                  const struct bus_node *body,
                                                  const char *path,
                                                  enum feel_kind want,
                                                  uint64_t *hash)
{
    const struct bus_node *file = bus_node_get(body, "dmn");
    if (file == NULL || file->kind != BUS_NODE_SCALAR) {
        return NULL;
    }
    size_t at = find_model(l, file);
    if (at == l->model_count) {
        bus_faults_add(
            l->faults, file->at, path,
            "no model '%s' beside this file / 同一文件夹中没有这个模型",
            file->text.p);
        return NULL;
    }
    const struct dmn_model *m = catalogue_dmn_model_of(l, at);
    *hash = m ? dmn_model_hash(m, *hash) : *hash;
    struct decision *d = m ? catalogue_dmn_make(l, body, path, want, m) : NULL;
    struct feel_node *n =
        d ? bus_arena_calloc(&l->c->mem, 1, sizeof(*n)) : NULL;
    if (n == NULL) {
        return NULL; /* a fault says why */
    }
    n->kind = NODE_EXTERN;
    n->kids = d->kids;
    n->count = (uint32_t)d->count;
    n->native = catalogue_dmn_run;
    n->data = d;
    return n;
}
