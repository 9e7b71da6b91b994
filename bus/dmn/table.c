/* Decision tables (chapter 8): hit policies and aggregations. With an UNKNOWN
 * input the answer is UNKNOWN unless whatever it will be changes nothing. */
#include <string.h>

#include "bus/dmn/parts.h"

#define COLUMNS_MAX 256
#define RULES_MAX   100000

struct column
{
    const struct feel_node *expression; /* input */
    const struct feel_node *values;     /* allowed, in their order; or NULL */
    const struct feel_node *otherwise;  /* default output, or NULL */
    const struct feel_type *type;
    struct bus_strv name;
};
struct rule
{
    const struct feel_node **tests, **outputs;
};
struct table
{
    char policy, aggregation; /* U A P F R O C; + < > # or ' ' */
    struct column *inputs, *outputs;
    size_t input_count, output_count;
    struct rule *rules;
    size_t rule_count;
};

/* --- evaluation --- */

struct hit
{
    struct feel_value value;
    size_t *order; /* of each output in its values */
};

static struct feel_value table_inputs_of(const struct table *t,
                                         struct feel_env *env,
                                         struct feel_value *v)
{
    for (size_t i = 0; i < t->input_count; i++) {
        v[i] = feel_eval(t->inputs[i].expression, env);
        if (t->inputs[i].values == NULL || v[i].kind == FEEL_UNKNOWN ||
            v[i].kind == FEEL_NULL) {
            continue;
        }
        struct feel_value ok = feel_test(t->inputs[i].values, env, &v[i]);
        if (!feel_is_true(&ok)) {
            return feel_wrong("an input that is none of its allowed values");
        }
    }
    return feel_true;
}

static struct feel_value table_matches(const struct table *t,
                                       const struct rule *r,
                                       struct feel_env *env,
                                       const struct feel_value *inputs)
{
    struct feel_value all = feel_true;
    for (size_t i = 0; i < t->input_count; i++) {
        struct feel_value one = feel_test(r->tests[i], env, &inputs[i]);
        if (one.kind != FEEL_UNKNOWN && !feel_is_true(&one)) {
            return feel_false;
        }
        all = feel_and(env->mem, &all, &one);
    }
    return all;
}

static size_t table_rank(const struct column *c,
                         struct feel_env *env,
                         const struct feel_value *v)
{
    size_t n = c->values ? c->values->count : 0;
    for (size_t i = 0; i < n; i++) {
        struct feel_node one = *c->values;
        one.kids = &c->values->kids[i];
        one.count = 1;
        one.negated = false;
        struct feel_value ok = feel_test(&one, env, v);
        if (feel_is_true(&ok)) {
            return i;
        }
    }
    return n;
}

static struct feel_value table_joined(const struct table *t,
                                      struct feel_env *env,
                                      const struct feel_value *v)
{
    if (t->output_count == 1) {
        return v[0];
    }
    struct feel_entry *e =
        bus_arena_alloc(env->mem, t->output_count * sizeof(*e));
    struct feel_value *kept =
        bus_arena_dup(env->mem, v, t->output_count * sizeof(*v));
    if (e == NULL || kept == NULL) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < t->output_count; i++) {
        e[i] = (struct feel_entry){t->outputs[i].name, &kept[i]};
    }
    return (struct feel_value){.kind = FEEL_CONTEXT,
                               .context = {e, t->output_count}};
}

static bool table_outputs_of(const struct table *t,
                             const struct rule *r,
                             struct feel_env *env,
                             struct hit *to)
{
    struct feel_value v[COLUMNS_MAX];
    to->order = bus_arena_calloc(env->mem, t->output_count, sizeof(size_t));
    for (size_t i = 0; to->order != NULL && i < t->output_count; i++) {
        v[i] = feel_eval(r->outputs[i], env);
        v[i] = feel_coerce(env, t->outputs[i].type, &v[i]);
        to->order[i] = table_rank(&t->outputs[i], env, &v[i]);
        if (t->outputs[i].values != NULL &&
            to->order[i] == t->outputs[i].values->count &&
            v[i].kind != FEEL_UNKNOWN) {
            v[i] = feel_wrong("an output that is none of its allowed values");
        }
    }
    to->value = to->order ? table_joined(t, env, v) : feel_null;
    return to->order != NULL;
}

static struct feel_value by_default(const struct table *t, struct feel_env *env)
{
    struct feel_value v[COLUMNS_MAX];
    size_t given = 0;
    for (size_t i = 0; i < t->output_count; i++) {
        const struct feel_node *d = t->outputs[i].otherwise;
        v[i] = d ? feel_eval(d, env) : feel_null;
        v[i] = feel_coerce(env, t->outputs[i].type, &v[i]);
        given += d != NULL;
    }
    return given > 0 ? table_joined(t, env, v) : feel_null;
}

static int
table_by_order(const struct table *t, const struct hit *a, const struct hit *b)
{
    for (size_t i = 0; i < t->output_count; i++) {
        if (a->order[i] != b->order[i]) {
            return a->order[i] < b->order[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Stable; a table has few hits. */
static void put_in_order(const struct table *t, struct hit *h, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct hit x = h[i];
        size_t k = i;
        while (k > 0 && table_by_order(t, &x, &h[k - 1]) < 0) {
            h[k] = h[k - 1];
            k--;
        }
        h[k] = x;
    }
}

static struct feel_value
list_of(struct feel_env *env, const struct hit *h, size_t n)
{
    struct feel_value *v = bus_arena_alloc(env->mem, (n + 1) * sizeof(*v));
    for (size_t i = 0; v != NULL && i < n; i++) {
        v[i] = h[i].value;
    }
    return v ? feel_list_of(v, n) : feel_wrong(feel_no_memory);
}

static struct feel_value aggregated(const struct table *t,
                                    struct feel_env *env,
                                    const struct hit *h,
                                    size_t n)
{
    struct feel_value list = list_of(env, h, n);
    if (t->aggregation == ' ' || list.kind != FEEL_LIST) {
        return list;
    }
    const char *name = t->aggregation == '+'   ? "sum"
                       : t->aggregation == '<' ? "min"
                       : t->aggregation == '>' ? "max"
                                               : "count";
    return feel_builtin_call(env, feel_builtin_find(bus_strv(name)), &list,
                             NULL, 1);
}

static struct feel_value
decided(const struct table *t, struct feel_env *env, struct hit *h, size_t n)
{
    switch (t->policy) {
    case 'U':
        return n == 1 ? h[0].value
                      : feel_wrong("more than one rule matches: not unique");
    case 'A':
        for (size_t i = 1; i < n; i++) {
            struct feel_value same =
                feel_equal(env->mem, &h[0].value, &h[i].value);
            if (!feel_is_true(&same)) {
                return feel_wrong("rules that match and say different things");
            }
        }
        return h[0].value;
    case 'P':
        put_in_order(t, h, n);
        return h[0].value;
    case 'F':
        return h[0].value;
    case 'O':
        put_in_order(t, h, n);
        return list_of(env, h, n);
    case 'R':
        return list_of(env, h, n);
    default:
        return aggregated(t, env, h, n);
    }
}

static struct feel_value table_evaluate(void *data, struct feel_env *env)
{
    const struct table *t = data;
    struct feel_value inputs[COLUMNS_MAX];
    struct feel_value ok = table_inputs_of(t, env, inputs), open = feel_false;
    struct hit *h = bus_arena_alloc(env->mem, (t->rule_count + 1) * sizeof(*h));
    size_t n = 0;
    if (ok.kind != FEEL_BOOLEAN || h == NULL) {
        return h ? ok : feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < t->rule_count; i++) {
        struct feel_value m = table_matches(t, &t->rules[i], env, inputs);
        if (m.kind == FEEL_UNKNOWN) {
            open = feel_unknown_of(env->mem, &open, &m);
        } else if (feel_is_true(&m)) {
            if (!table_outputs_of(t, &t->rules[i], env, &h[n++])) {
                return feel_wrong(feel_no_memory);
            }
            if (t->policy == 'F') {
                break;
            }
        }
    }
    if (open.kind == FEEL_UNKNOWN) {
        return open;
    }
    if (n == 0) { /* none: a list of none, counted none */
        struct feel_value d = by_default(t, env);
        bool lists = t->policy == 'R' || t->policy == 'O' ||
                     (t->policy == 'C' && t->aggregation == ' ');
        return d.kind != FEEL_NULL     ? d
               : t->aggregation == '#' ? feel_long(0)
               : lists                 ? feel_list_of(NULL, 0)
                                       : d;
    }
    return decided(t, env, h, n);
}

/* --- loading --- */

static char policy_of(struct bus_strv w)
{
    return w.n == 0                         ? 'U'
           : bus_strv_is(w, "UNIQUE")       ? 'U'
           : bus_strv_is(w, "ANY")          ? 'A'
           : bus_strv_is(w, "PRIORITY")     ? 'P'
           : bus_strv_is(w, "FIRST")        ? 'F'
           : bus_strv_is(w, "OUTPUT ORDER") ? 'O'
           : bus_strv_is(w, "RULE ORDER")   ? 'R'
           : bus_strv_is(w, "COLLECT")      ? 'C'
                                            : '\0';
}

static char aggregation_of(struct bus_strv w)
{
    return w.n == 0                  ? ' '
           : bus_strv_is(w, "SUM")   ? '+'
           : bus_strv_is(w, "MIN")   ? '<'
           : bus_strv_is(w, "MAX")   ? '>'
           : bus_strv_is(w, "COUNT") ? '#'
                                     : '\0';
}

static const struct feel_node *
values(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    return n && dmn_content(l, dmn_child(n, "text")).n > 0
               ? dmn_feel(l, f, n, true)
               : NULL;
}

static void load_input(struct dmn_loading *l,
                       struct dmn_file *f,
                       const xmlNode *n,
                       struct column *to)
{
    xmlNode *e = dmn_child(n, "inputExpression");
    to->type = e ? dmn_type_ref(l, f, e) : NULL;
    to->expression = e ? dmn_feel(l, f, e, false)
                       : dmn_broken(l, "an input without expression");
    to->expression = dmn_typed(l, to->expression, to->type);
    to->values = values(l, f, dmn_child(n, "inputValues"));
}

static void load_output(struct dmn_loading *l,
                        struct dmn_file *f,
                        const xmlNode *n,
                        struct column *to)
{
    xmlNode *d = dmn_child(n, "defaultOutputEntry");
    to->name = dmn_attr(l, n, "name");
    to->type = dmn_type_ref(l, f, n);
    to->values = values(l, f, dmn_child(n, "outputValues"));
    if (to->values == NULL && to->type != NULL) {
        to->values = to->type->allowed;
    }
    to->otherwise = d && dmn_content(l, dmn_child(d, "text")).n > 0
                        ? dmn_feel(l, f, d, false)
                        : NULL;
}

static bool load_rule(struct dmn_loading *l,
                      struct dmn_file *f,
                      const xmlNode *n,
                      struct table *t)
{
    struct rule *r = &t->rules[t->rule_count];
    size_t in = 0, out = 0;
    r->tests =
        bus_arena_calloc(&l->m->mem, t->input_count + 1, sizeof(*r->tests));
    r->outputs =
        bus_arena_calloc(&l->m->mem, t->output_count + 1, sizeof(*r->outputs));
    for (const xmlNode *c = dmn_first(n);
         r->tests != NULL && r->outputs != NULL && c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "inputEntry") && in < t->input_count) {
            r->tests[in++] = dmn_feel(l, f, c, true);
        } else if (dmn_is(c, "outputEntry") && out < t->output_count) {
            r->outputs[out++] = dmn_feel(l, f, c, false);
        }
    }
    if (in != t->input_count || out != t->output_count) {
        bus_faults_add(l->faults, dmn_place(f, n), NULL,
                       "a rule of %zu inputs and %zu outputs; the table has "
                       "%zu and %zu / 规则的格数与表头不符",
                       in, out, t->input_count, t->output_count);
        return false;
    }
    t->rule_count++;
    return true;
}

static struct table *
new_table(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct bus_strv policy = dmn_attr(l, n, "hitPolicy");
    struct bus_strv aggregation = dmn_attr(l, n, "aggregation");
    size_t in = dmn_count(n, "input"), out = dmn_count(n, "output");
    size_t rules = dmn_count(n, "rule");
    struct table *t = bus_arena_calloc(&l->m->mem, 1, sizeof(*t));
    if (t == NULL || in > COLUMNS_MAX || out > COLUMNS_MAX ||
        rules > RULES_MAX) {
        return NULL;
    }
    t->policy = policy_of(policy);
    t->aggregation = aggregation_of(aggregation);
    if (t->policy == '\0' || t->aggregation == '\0') {
        bus_faults_add(l->faults, dmn_place(f, n), NULL,
                       "no such hit policy or aggregation: '%.*s' '%.*s' / "
                       "没有这种命中策略或汇总",
                       BUS_STRV_ARG(policy), BUS_STRV_ARG(aggregation));
        return NULL;
    }
    t->inputs = bus_arena_calloc(&l->m->mem, in + 1, sizeof(*t->inputs));
    t->outputs = bus_arena_calloc(&l->m->mem, out + 1, sizeof(*t->outputs));
    t->rules = bus_arena_calloc(&l->m->mem, rules + 1, sizeof(*t->rules));
    return t->inputs && t->outputs && t->rules && out > 0 ? t : NULL;
}

/* The kind of a column by its type, else by what stands in it. */
static struct feel_shape
check_output(struct feel_check *k, const struct table *t, size_t column)
{
    const struct column *o = &t->outputs[column];
    struct feel_shape all = feel_shape_of(k->mem, o->type);
    bool plain = all.kind > FEEL_NULL && all.kind < FEEL_LIST;
    bool same = true, first = true;
    for (size_t r = 0; r < t->rule_count; r++) {
        const struct feel_node *n = t->rules[r].outputs[column];
        if (plain) {
            feel_check_is(k, n, "output", all.kind);
            continue;
        }
        struct feel_shape s = feel_check(k, n);
        same = same && (first || s.kind == all.kind);
        all = first && o->type == NULL ? s : all;
        first = false;
    }
    return same ? all : (struct feel_shape){.kind = FEEL_UNKNOWN};
}

struct feel_shape dmn_table_check(struct feel_check *k,
                                  const struct feel_node *n)
{
    struct feel_shape all = {.kind = FEEL_UNKNOWN};
    if (n->native != table_evaluate) {
        return all;
    }
    const struct table *t = n->data;
    for (size_t i = 0; i < t->input_count; i++) {
        struct feel_shape s = feel_check(k, t->inputs[i].expression);
        if (t->inputs[i].values != NULL) {
            feel_check_tests(k, &s, t->inputs[i].values);
        }
        for (size_t r = 0; r < t->rule_count; r++) {
            feel_check_tests(k, &s, t->rules[r].tests[i]);
        }
    }
    for (size_t i = 0; i < t->output_count; i++) {
        all = check_output(k, t, i);
        if (t->outputs[i].otherwise != NULL) {
            (void)feel_check(k, t->outputs[i].otherwise);
        }
    }
    return t->output_count == 1 ? all
                                : (struct feel_shape){.kind = FEEL_CONTEXT};
}

const struct feel_node *
dmn_table(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n)
{
    struct table *t = new_table(l, f, n);
    bool ok = t != NULL;
    for (const xmlNode *c = dmn_first(n); ok && c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "input")) {
            load_input(l, f, c, &t->inputs[t->input_count++]);
        } else if (dmn_is(c, "output")) {
            load_output(l, f, c, &t->outputs[t->output_count++]);
        } else if (dmn_is(c, "rule")) {
            ok = load_rule(l, f, c, t);
        }
    }
    struct feel_node *node = ok ? dmn_node(l, NODE_EXTERN, NULL, 0) : NULL;
    if (node == NULL) {
        return dmn_broken(l, "a decision table that cannot be read");
    }
    node->native = table_evaluate;
    node->data = t;
    return node;
}
