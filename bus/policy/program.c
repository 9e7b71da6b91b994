/* Tree to program. What cannot be said in operations becomes one OP_TREE, so
 * every rule compiles; test_program.c holds both against each other. */
#include "bus/policy/program.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/program_parts.h"

#define OPS_MAX 4096

struct compiling
{
    const struct bus_policy_catalogue *c;
    struct bus_arena *mem;
    struct op *ops;
    uint32_t n, depth, trees;
    const struct bus_strv *var; /* of the loop at hand; n 0: bare names */
    bool failed;
    struct op lost; /* where operations go once it failed */
};

static void expression(struct compiling *k, const struct feel_node *n);

static struct op *
program_emit(struct compiling *k, enum op_code code, int grows)
{
    BUS_CHECK((int)k->depth + grows >= 0);
    k->depth = (uint32_t)((int)k->depth + grows);
    if (k->n == OPS_MAX || k->depth >= PROGRAM_STACK) {
        k->failed = true;
        return &k->lost;
    }
    struct op *o = &k->ops[k->n++];
    *o = (struct op){.code = (uint8_t)code};
    return o;
}

static void program_tree(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n != NULL);
    struct op *o = program_emit(k, OP_TREE, 1);
    o->tree.node = n;
    o->tree.var = k->var;
    k->trees++;
}

static bool
program_named(const struct feel_node *n, const char *en, const char *zh)
{
    return n->kind == NODE_NAME &&
           (bus_strv_is(n->name, en) || bus_strv_is(n->name, zh));
}

/* --- reading --- */

static void program_constant(struct compiling *k, const struct feel_node *n)
{
    const struct feel_value *v = &n->constant;
    struct cell c = {.tag = CELL_VALUE, .value = v};
    if (v->kind == FEEL_BOOLEAN) {
        c = (struct cell){.tag = CELL_BOOL, .n = v->boolean};
    } else if (v->kind == FEEL_STRING) {
        c = (struct cell){.tag = CELL_TEXT, .text = &v->string};
    } else if (v->kind == FEEL_DATE) {
        c = (struct cell){.tag = CELL_DATE, .n = v->when.day};
    } else if (v->kind == FEEL_NULL) {
        c = (struct cell){.tag = CELL_NULL, .why = v->why};
    } else if (v->kind == FEEL_NUMBER && feel_number_to_long(v, &c.n)) {
        c.tag = CELL_INT;
    }
    if (c.tag == CELL_VALUE) {
        c.value = v;
    }
    program_emit(k, OP_CONST, 1)->cell = c;
}

static void program_member_fact(struct compiling *k,
                                const struct feel_node *n,
                                struct bus_strv name)
{
    const struct fact_def *f = bus_map_get(&k->c->member_names, name);
    if (f == NULL) {
        program_tree(k, n);
        return;
    }
    BUS_CHECK((size_t)(f - k->c->facts) < k->c->fact_count);
    struct op *o = program_emit(k, OP_MEMBER, 1);
    o->fact.def = f;
    o->fact.index = (size_t)(f - k->c->facts);
}

static void a_name(struct compiling *k, const struct feel_node *n)
{
    if (k->var != NULL && k->var->n == 0 &&
        bus_map_get(&k->c->member_names, n->name) != NULL) {
        program_member_fact(k, n, n->name);
    } else if (program_named(n, "rule_date", "适用日期")) {
        (void)program_emit(k, OP_RULE_DATE, 1);
    } else {
        program_tree(k, n);
    }
}

static void program_path(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n->count == 1);
    const struct feel_node *of = n->kids[0];
    bool var = k->var != NULL && k->var->n > 0 && of->kind == NODE_NAME &&
               bus_strv_eq(of->name, *k->var);
    if (var) {
        program_member_fact(k, n, n->name);
    } else if (program_named(of, "household", "家庭")) {
        const struct fact_def *f = bus_map_get(&k->c->household_names, n->name);
        if (f != NULL) {
            BUS_CHECK((size_t)(f - k->c->facts) < k->c->fact_count);
            struct op *o = program_emit(k, OP_FACT, 1);
            o->fact.def = f;
            o->fact.index = (size_t)(f - k->c->facts);
        } else {
            program_tree(k, n);
        }
    } else if (program_named(of, "standard", "标准")) {
        const struct standard_def *s =
            bus_map_get(&k->c->standard_names, n->name);
        if (s != NULL) {
            program_emit(k, OP_STANDARD, 1)->standard = s;
        } else {
            program_tree(k, n);
        }
    } else if (of->kind == NODE_CALL && of->builtin != NULL &&
               of->names == NULL && of->count == 2 &&
               bus_strv_is(of->name, "years and months duration") &&
               bus_strv_is(n->name, "years")) {
        expression(k, of->kids[0]);
        expression(k, of->kids[1]);
        (void)program_emit(k, OP_YEARS, -1);
    } else {
        program_tree(k, n);
    }
}

/* --- operators --- */

static void
program_two(struct compiling *k, const struct feel_node *n, enum op_code code)
{
    BUS_CHECK(n->count == 2 && n->op != FEEL_OP_POW);
    expression(k, n->kids[0]);
    expression(k, n->kids[1]);
    program_emit(k, code, -1)->op = n->op;
}

static void program_junction(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n->count == 2);
    bool is_or = n->kind == NODE_OR;
    expression(k, n->kids[0]);
    struct op *jump =
        program_emit(k, is_or ? OP_JUMP_IF_TRUE : OP_JUMP_IF_FALSE, 0);
    expression(k, n->kids[1]);
    (void)program_emit(k, is_or ? OP_OR : OP_AND, -1);
    jump->to = k->n;
}

/* x in ("a", "b"), and x = "a", which says the same */
static bool program_in_texts(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n->count > 1);
    struct bus_strv texts[64];
    size_t count = n->count - 1;
    if (count == 0 || count > 64) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct feel_node *t = n->kids[i + 1];
        if (t->kind != NODE_CONSTANT || t->constant.kind != FEEL_STRING) {
            return false;
        }
        texts[i] = t->constant.string;
    }
    const struct bus_strv *kept =
        bus_arena_dup(k->mem, texts, count * sizeof(*texts));
    expression(k, n->kids[0]);
    struct op *o = program_emit(k, OP_IN_TEXT, 0);
    o->count = (uint16_t)count;
    o->texts = kept;
    k->failed |= kept == NULL;
    return true;
}

static bool program_whole(const struct feel_node *n, int64_t *ret)
{
    return n->kind == NODE_CONSTANT && n->constant.kind == FEEL_NUMBER &&
           feel_number_to_long(&n->constant, ret);
}

static void program_membership(struct compiling *k, const struct feel_node *n)
{
    const struct feel_node *r = n->kids[1];
    int64_t low, high;
    if (program_in_texts(k, n)) {
        return;
    }
    if (n->count != 2 || r->kind != NODE_RANGE ||
        !program_whole(r->kids[0], &low) || !program_whole(r->kids[1], &high)) {
        program_tree(k, n);
        return;
    }
    expression(k, n->kids[0]);
    struct op *o = program_emit(k, OP_IN_INT, 0);
    o->count = (uint16_t)((r->low_closed ? PROGRAM_LOW_CLOSED : 0) |
                          (r->high_closed ? PROGRAM_HIGH_CLOSED : 0));
    o->range.low = low;
    o->range.high = high;
}

static void program_conditional(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n->count == 3);
    const struct bus_strv *var = k->var;
    expression(k, n->kids[0]);
    struct op *branch = program_emit(k, OP_BRANCH, -1);
    branch->tree.node = n;
    branch->tree.var = var;
    expression(k, n->kids[1]);
    struct op *jump = program_emit(k, OP_JUMP, -1);
    branch->to = k->n;
    expression(k, n->kids[2]);
    jump->to = k->n;
    branch->count = (uint16_t)(k->n - (uint32_t)(branch - k->ops));
}

/* --- members --- */

static bool program_is_test(const struct feel_node *n)
{
    return n->kind == NODE_COMPARE || n->kind == NODE_AND ||
           n->kind == NODE_OR || n->kind == NODE_IN ||
           (n->kind == NODE_CALL && n->builtin != NULL &&
            bus_strv_is(n->name, "not"));
}

static void program_loop(struct compiling *k,
                         enum op_code code,
                         const struct bus_strv *var,
                         const struct feel_node *body)
{
    const struct bus_strv *outer = k->var;
    struct op *o = program_emit(k, code, 1);
    k->var = var;
    BUS_CHECK(k->depth > 0);
    k->depth--; /* the body's value is taken each time */
    expression(k, body);
    k->var = outer;
    o->to = k->n;
}

static void quantifier(struct compiling *k, const struct feel_node *n)
{
    if (k->var != NULL || n->count != 2 ||
        !program_named(n->kids[0], "members", "成员")) {
        program_tree(k, n);
        return;
    }
    program_loop(k, n->kind == NODE_SOME ? OP_SOME : OP_EVERY, &n->names[0],
                 n->kids[1]);
}

static void program_counted(struct compiling *k, const struct feel_node *n)
{
    BUS_CHECK(n->count == 1);
    static const struct bus_strv bare;
    const struct feel_node *of = n->kids[0];
    if (program_named(of, "members", "成员")) {
        (void)program_emit(k, OP_MEMBERS, 1);
    } else if (k->var == NULL && of->kind == NODE_FILTER && !of->boxed &&
               program_named(of->kids[0], "members", "成员") &&
               program_is_test(of->kids[1])) {
        program_loop(k, OP_COUNT, &bare, of->kids[1]);
    } else {
        program_tree(k, n);
    }
}

static void program_call(struct compiling *k, const struct feel_node *n)
{
    static const struct
    {
        const char *name;
        uint32_t args;
        enum op_code code;
        enum feel_op op;
    } known[] = {
        {"not", 1, OP_NOT, FEEL_OP_NONE},
        {"floor", 1, OP_FLOOR, FEEL_OP_NONE},
        {"ceiling", 1, OP_CEILING, FEEL_OP_NONE},
        {"min", 2, OP_LEAST, FEEL_OP_LT},
        {"max", 2, OP_MOST, FEEL_OP_GT},
    };
    if (n->builtin == NULL || n->names != NULL) {
        program_tree(k, n);
        return;
    }
    if (bus_strv_is(n->name, "count") && n->count == 1) {
        program_counted(k, n);
        return;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (n->count == known[i].args && bus_strv_is(n->name, known[i].name)) {
            for (uint32_t a = 0; a < n->count; a++) {
                expression(k, n->kids[a]);
            }
            program_emit(k, known[i].code, 1 - (int)n->count)->op = known[i].op;
            return;
        }
    }
    program_tree(k, n);
}

static void expression(struct compiling *k, const struct feel_node *n)
{
    switch (n->kind) {
    case NODE_CONSTANT:
        program_constant(k, n);
        break;
    case NODE_NAME:
        a_name(k, n);
        break;
    case NODE_PATH:
        program_path(k, n);
        break;
    case NODE_ARITH:
        if (n->op == FEEL_OP_POW) {
            program_tree(k, n);
        } else {
            program_two(k, n, OP_ARITH);
        }
        break;
    case NODE_COMPARE:
        if (n->op != FEEL_OP_EQ || !program_in_texts(k, n)) {
            program_two(k, n, OP_COMPARE);
        }
        break;
    case NODE_AND:
    case NODE_OR:
        program_junction(k, n);
        break;
    case NODE_IN:
        program_membership(k, n);
        break;
    case NODE_IF:
        program_conditional(k, n);
        break;
    case NODE_SOME:
    case NODE_EVERY:
        quantifier(k, n);
        break;
    case NODE_CALL:
        program_call(k, n);
        break;
    default:
        program_tree(k, n);
        break;
    }
}

const struct program *policy_compile(const struct bus_policy_catalogue *c,
                                     struct bus_arena *mem,
                                     const struct feel_node *tree_of,
                                     bool self)
{
    static const struct bus_strv bare;
    if (tree_of == NULL) {
        return NULL;
    }
    static _Thread_local struct op ops[OPS_MAX];
    struct compiling k = {
        .c = c, .mem = mem, .ops = ops, .var = self ? &bare : NULL};
    expression(&k, tree_of);
    if (k.failed) { /* too long or too deep: the tree as a whole */
        k = (struct compiling){
            .c = c, .mem = mem, .ops = ops, .var = self ? &bare : NULL};
        program_tree(&k, tree_of);
    }
    BUS_CHECK(k.n > 0 && k.n <= OPS_MAX && k.depth == 1);
    struct program p = {.count = k.n, .trees = k.trees};
    p.ops = bus_arena_dup(mem, k.ops, k.n * sizeof(*k.ops));
    return p.ops ? bus_arena_dup(mem, &p, sizeof(p)) : NULL;
}
