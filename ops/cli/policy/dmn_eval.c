/* Inputs of an imported model are given behind its name, {"model_a": {"x": 1}}
 * or {"model_a.x": 1}, or alone where no other input has that name. */
#include "ops/cli/policy/dmn_eval.h"

#include <stdio.h>
#include <string.h>

#include "ops/cli/lianou.h"
#include "ops/cli/policy/dmn_files.h"
#include "ops/cli/policy/feel_json.h"

#define BYTES_MAX (1024u << 20)
#define GIVEN_MAX 256

struct evaluating
{
    struct bus_arena mem;
    struct bus_faults faults;
    struct dmn_model *m;
    struct bus_strv name;
    struct feel_value in;
    struct dmn_given given[GIVEN_MAX];
    size_t given_count;
    bool used[GIVEN_MAX]; /* entries of `in` */
};

static const struct feel_value *entry_of(struct evaluating *e,
                                         struct bus_strv key)
{
    for (size_t i = 0; i < e->in.context.n && i < GIVEN_MAX; i++) {
        if (bus_strv_eq(e->in.context.v[i].key, key)) {
            e->used[i] = true;
            return e->in.context.v[i].value;
        }
    }
    return NULL;
}

static const struct feel_value *value_of_input(struct evaluating *e,
                                               const struct dmn_input *in)
{
    if (in->import.n > 0) {
        const struct feel_value *model = entry_of(e, in->import);
        const struct feel_value *v =
            model != NULL && model->kind == FEEL_CONTEXT
                ? feel_entry_get(&model->context, in->name)
                : NULL;
        const char *both =
            bus_arena_printf(&e->mem, "%.*s.%.*s", BUS_STRV_ARG(in->import),
                             BUS_STRV_ARG(in->name));
        v = v == NULL && both != NULL ? entry_of(e, bus_strv(both)) : v;
        if (v != NULL) {
            return v;
        }
    }
    return entry_of(e, in->name);
}

static void take_inputs(struct evaluating *e)
{
    struct dmn_input in;
    for (size_t i = 0; e->given_count < GIVEN_MAX &&
                       dmn_input_at(e->m, e->name, i, &e->mem, &in);
         i++) {
        const struct feel_value *v = value_of_input(e, &in);
        if (v == NULL) {
            bus_faults_add(&e->faults, in.at, NULL,
                           "the input '%.*s%s%.*s' is not given; null says "
                           "there is none / 没有给出输入“%.*s”;没有就写 null",
                           BUS_STRV_ARG(in.import), in.import.n > 0 ? "." : "",
                           BUS_STRV_ARG(in.name), BUS_STRV_ARG(in.name));
            continue;
        }
        e->given[e->given_count++] = (struct dmn_given){in.space, in.name, *v};
    }
}

static bool is_input_behind(struct evaluating *e,
                            struct bus_strv import,
                            struct bus_strv name)
{
    struct dmn_input in;
    for (size_t i = 0; dmn_input_at(e->m, e->name, i, &e->mem, &in); i++) {
        if (bus_strv_eq(in.import, import) && bus_strv_eq(in.name, name)) {
            return true;
        }
    }
    return false;
}

static void
add_stranger(struct evaluating *e, struct bus_strv import, struct bus_strv name)
{
    bus_faults_add(&e->faults, (struct bus_place){NULL, 0, 0}, NULL,
                   "'%.*s%s%.*s' is given and is no input of it / "
                   "给出的“%.*s”不是它的输入",
                   (int)import.n, import.n > 0 ? import.p : "",
                   import.n > 0 ? "." : "", BUS_STRV_ARG(name),
                   BUS_STRV_ARG(name));
}

/* Given and read by nobody: misspelt, most likely. */
static void find_strangers(struct evaluating *e)
{
    for (size_t i = 0; i < e->in.context.n && i < GIVEN_MAX; i++) {
        const struct feel_entry *x = &e->in.context.v[i];
        if (!e->used[i]) {
            add_stranger(e, (struct bus_strv){0}, x->key);
            continue;
        }
        bool own = is_input_behind(e, (struct bus_strv){0}, x->key);
        const struct feel_context *c = &x->value->context;
        for (size_t k = 0; !own && x->value->kind == FEEL_CONTEXT && k < c->n;
             k++) {
            if (!is_input_behind(e, x->key, c->v[k].key)) {
                add_stranger(e, x->key, c->v[k].key);
            }
        }
    }
}

/* A knowledge model or a service takes its parameters as they come. */
static bool is_decision(const struct evaluating *e)
{
    enum dmn_kind kind;
    struct bus_strv one;
    for (size_t i = 0; dmn_element_at(e->m, i, &kind, &one); i++) {
        if (bus_strv_eq(one, e->name)) {
            return kind == DMN_DECISION;
        }
    }
    return false;
}

static int print_decision(struct evaluating *e)
{
    struct feel_value now = cli_feel_now();
    struct feel_value v =
        dmn_evaluate(e->m, e->name, e->given, e->given_count, &now, &e->mem);
    json_t *j = cli_feel_to_json(&e->mem, &v);
    (void)json_dumpf(j, stdout, JSON_ENCODE_ANY | JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(j);
    bool wrong = v.kind == FEEL_NULL && v.why != NULL;
    if (wrong) {
        (void)fprintf(stderr, "lianou dmn: null: %s\n", v.why);
    }
    return wrong ? LIANOU_FAILED : LIANOU_WELL;
}

static int evaluate_given(struct evaluating *e)
{
    struct bus_buf out = {0};
    if (is_decision(e)) {
        dmn_check(e->m, e->name, NULL, FEEL_UNKNOWN, &e->mem, &e->faults);
        take_inputs(e);
        find_strangers(e);
    } else {
        for (size_t i = 0; i < e->in.context.n && i < GIVEN_MAX; i++) {
            e->given[e->given_count++] = (struct dmn_given){
                {0}, e->in.context.v[i].key, *e->in.context.v[i].value};
        }
    }
    bus_faults_sort(&e->faults);
    bus_faults_print(&e->faults, true, &out);
    (void)fputs(bus_buf_cstr(&out), stderr);
    bus_buf_fini(&out);
    int code = print_decision(e);
    return e->faults.errors > 0 ? LIANOU_FAILED : code;
}

int cli_dmn_evaluate(const char *model, const char *name, const char *input)
{
    static struct evaluating e;
    struct bus_err err = {0};
    int code = LIANOU_USAGE;
    memset(&e, 0, sizeof(e));
    e.in.kind = FEEL_CONTEXT;
    e.name = bus_strv(name);
    bus_arena_init(&e.mem, 1 << 20, BYTES_MAX);
    bus_faults_init(&e.faults, &e.mem);
    e.m = cli_dmn_open(&e.mem, model, &e.faults);
    if (e.m == NULL) {
        struct bus_buf out = {0};
        bus_faults_print(&e.faults, true, &out);
        (void)fprintf(stderr, "%slianou dmn: %s: 不能读取 / cannot be read\n",
                      bus_buf_cstr(&out), model);
        bus_buf_fini(&out);
    } else if (input != NULL &&
               cli_feel_json_file(&e.mem, input, &e.in, &err)) {
        (void)fprintf(stderr, "lianou dmn: %s\n", err.msg);
    } else {
        code = evaluate_given(&e);
    }
    dmn_model_free(e.m);
    bus_arena_fini(&e.mem);
    return code;
}
