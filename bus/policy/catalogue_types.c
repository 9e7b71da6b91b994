/* Kinds that cannot fit, found when a rule is compiled: `household.area < 3`.
 *
 * Each part of a tree has a kind, or none that can be told (ANY: functions,
 * lists, null); facts have theirs by the dictionary, standards are numbers. A
 * fault names the place, what was expected and what was found; where a kind
 * cannot be told nothing is said. As deep as the parser allows. */
#include "bus/policy/catalogue_types.h"

#include <string.h>

#include "bus/feel/tree.h"

#define ANY FEEL_UNKNOWN /* no constant has it */

struct bound /* a variable; an empty name: the item of a filter */
{
    const struct bound *up;
    struct bus_strv name;
    bool member; /* is a member, asked for facts */
};
struct typing
{
    struct loading *l;
    const struct bus_node *n;
    const char *path;
    const struct bound *bound;
    bool member; /* bare names are facts of a member */
};

static enum feel_kind catalogue_types_kind_of(struct typing *t,
                                              const struct feel_node *n);

static const char *catalogue_types_word(enum feel_kind k)
{
    return feel_kind_name(k);
}

static void catalogue_types_misfit(struct typing *t,
                                   const struct feel_node *at,
                                   const char *where,
                                   const char *expected,
                                   enum feel_kind found)
{
    bus_faults_add(t->l->faults, bus_node_place(t->n, at->offset), t->path,
                   "%s: expected %s, found %s", where, expected,
                   catalogue_types_word(found));
}

static void expect(struct typing *t,
                   const struct feel_node *n,
                   const char *where,
                   enum feel_kind want)
{
    enum feel_kind k = catalogue_types_kind_of(t, n);
    if (k != ANY && k != want) {
        catalogue_types_misfit(t, n, where, catalogue_types_word(want), k);
    }
}

static enum feel_kind fact_kind(const struct fact_def *f)
{
    static const struct
    {
        const char *type;
        enum feel_kind kind;
    } kinds[] = {{"boolean", FEEL_BOOLEAN}, {"money_fen", FEEL_NUMBER},
                 {"count", FEEL_NUMBER},    {"number", FEEL_NUMBER},
                 {"date", FEEL_DATE},       {"enum", FEEL_STRING},
                 {"text", FEEL_STRING}};
    const struct bus_node *type = f ? bus_node_get(f->body, "type") : NULL;
    for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(*kinds);
         i++) {
        if (bus_strv_is(type->text, kinds[i].type)) {
            return kinds[i].kind;
        }
    }
    return ANY;
}

static enum feel_kind catalogue_types_member_fact(const struct typing *t,
                                                  struct bus_strv name)
{
    return fact_kind(bus_map_get(&t->l->c->member_names, name));
}

static bool
catalogue_types_is(struct bus_strv s, const char *en, const char *zh)
{
    return bus_strv_is(s, en) || bus_strv_is(s, zh);
}

static const struct bound *catalogue_types_find(const struct typing *t,
                                                struct bus_strv name)
{
    const struct bound *b = t->bound;
    while (b != NULL && !bus_strv_eq(b->name, name)) {
        b = b->up;
    }
    return b;
}

/* members, beneficiaries, or a choice among them. */
static bool is_members(const struct typing *t, const struct feel_node *n)
{
    while (n->kind == NODE_FILTER) {
        n = n->kids[0];
    }
    return n->kind == NODE_NAME && catalogue_types_find(t, n->name) == NULL &&
           (catalogue_types_is(n->name, "members", "成员") ||
            bus_strv_is(n->name, "beneficiaries"));
}

static enum feel_kind name_kind(const struct typing *t, struct bus_strv name)
{
    if (catalogue_types_find(t, name) != NULL) {
        return ANY;
    }
    if (catalogue_types_is(name, "rule_date", "适用日期")) {
        return FEEL_DATE;
    }
    const struct bound *item = catalogue_types_find(t, (struct bus_strv){0});
    bool of_member = item != NULL ? item->member : t->member;
    return of_member ? catalogue_types_member_fact(t, name) : ANY;
}

static enum feel_kind path_kind(struct typing *t, const struct feel_node *n)
{
    const struct feel_node *of = n->kids[0];
    const struct bus_policy_catalogue *c = t->l->c;
    if (of->kind != NODE_NAME) {
        enum feel_kind k = catalogue_types_kind_of(t, of);
        return k == FEEL_DATE ? FEEL_NUMBER : ANY; /* its year, month, day */
    }
    const struct bound *b = catalogue_types_find(t, of->name);
    if (b != NULL) {
        return b->member ? catalogue_types_member_fact(t, n->name) : ANY;
    }
    if (catalogue_types_is(of->name, "household", "家庭")) {
        return fact_kind(bus_map_get(&c->household_names, n->name));
    }
    if (catalogue_types_is(of->name, "standard", "标准")) {
        return bus_map_get(&c->standard_names, n->name) ? FEEL_NUMBER : ANY;
    }
    return name_kind(t, of->name) == FEEL_DATE ? FEEL_NUMBER : ANY;
}

static bool duration(enum feel_kind k)
{
    return k == FEEL_MONTHS || k == FEEL_DAYS;
}

/* Of two kinds that are both told; ANY: they do not go together. */
static enum feel_kind
catalogue_types_joined(char op, enum feel_kind a, enum feel_kind b)
{
    bool numbers = a == FEEL_NUMBER && b == FEEL_NUMBER;
    if (numbers) {
        return FEEL_NUMBER;
    }
    if (op == '+' && a == FEEL_STRING && b == FEEL_STRING) {
        return FEEL_STRING;
    }
    if (op == '-' && a == FEEL_DATE && b == FEEL_DATE) {
        return FEEL_DAYS;
    }
    if ((op == '+' || op == '-') && a == FEEL_DATE && duration(b)) {
        return FEEL_DATE;
    }
    if (duration(a) && (a == b || b == FEEL_NUMBER)) {
        return op == '/' && a == b ? FEEL_NUMBER : a;
    }
    bool turned = (op == '*' && a == FEEL_NUMBER && duration(b)) ||
                  (op == '+' && duration(a) && b == FEEL_DATE);
    return turned ? b : ANY;
}

static enum feel_kind catalogue_types_arith(struct typing *t,
                                            const struct feel_node *n)
{
    enum feel_kind a = catalogue_types_kind_of(t, n->kids[0]),
                   b = catalogue_types_kind_of(t, n->kids[1]);
    char where[4] = {'\'', n->op == '^' ? '*' : n->op, '\'', '\0'};
    static const enum feel_kind never[] = {FEEL_BOOLEAN, FEEL_STRING};
    for (size_t i = 0; i < 2; i++) {
        const bool text = never[i] == FEEL_STRING && n->op == '+';
        if (!text && a == never[i]) {
            catalogue_types_misfit(t, n->kids[0], where, "number", a);
            return ANY;
        }
        if (!text && b == never[i]) {
            catalogue_types_misfit(t, n->kids[1], where, "number", b);
            return ANY;
        }
    }
    if (a == ANY || b == ANY) {
        return ANY;
    }
    enum feel_kind r = catalogue_types_joined(n->op, a, b);
    if (r == ANY) {
        catalogue_types_misfit(t, n->kids[1], where, catalogue_types_word(a),
                               b);
    }
    return r;
}

/* a: what is compared; the other side must be of its kind, or null. */
static void same_kind(struct typing *t,
                      enum feel_kind a,
                      const struct feel_node *other,
                      char op,
                      const struct feel_node *left)
{
    static const struct
    {
        char op;
        const char *text;
    } words[] = {{'=', "'='"}, {'!', "'!='"}, {'<', "'<'"},
                 {'>', "'>'"}, {'l', "'<='"}, {'g', "'>='"}};
    const char *where = "'in'";
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        where = words[i].op == op ? words[i].text : where;
    }
    enum feel_kind b = catalogue_types_kind_of(t, other);
    bool order = op != '=' && op != '!';
    if (order && a == FEEL_BOOLEAN && left != NULL) {
        catalogue_types_misfit(t, left, where, "something that has an order",
                               a);
    } else if (a != ANY && b != ANY && a != b) {
        catalogue_types_misfit(t, other, where, catalogue_types_word(a), b);
    }
}

/* Tests of `in`: ranges, lists, comparisons, plain values. */
static void
test_kind(struct typing *t, enum feel_kind of, const struct feel_node *n)
{
    bool inside = n->kind == NODE_RANGE || n->kind == NODE_LIST ||
                  n->kind == NODE_TEST || n->kind == NODE_TESTS;
    if (!inside) {
        bool plain = n->kind == NODE_CONSTANT || n->kind == NODE_PATH;
        enum feel_kind k = catalogue_types_kind_of(t, n);
        if (plain && k < FEEL_LIST && of != ANY && k != of) {
            catalogue_types_misfit(t, n, "'in'", catalogue_types_word(of), k);
        }
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        test_kind(t, of, n->kids[i]);
    }
}

/* Variables in their lists, then the last kid with all of them bound. */
static enum feel_kind catalogue_types_bind(struct typing *t,
                                           const struct feel_node *n)
{
    struct bound vars[FEEL_VARS_MAX];
    const struct bound *outside = t->bound;
    uint32_t count = n->count - 1 < FEEL_VARS_MAX ? n->count - 1 : 0;
    for (uint32_t i = 0; i < count; i++) {
        (void)catalogue_types_kind_of(t, n->kids[i]);
        vars[i] =
            (struct bound){t->bound, n->names[i], is_members(t, n->kids[i])};
        t->bound = &vars[i];
    }
    const struct feel_node *body = n->kids[n->count - 1];
    if (n->kind == NODE_FOR) {
        (void)catalogue_types_kind_of(t, body);
    } else {
        expect(t, body, "satisfies", FEEL_BOOLEAN);
    }
    t->bound = outside;
    return n->kind == NODE_FOR ? FEEL_LIST : FEEL_BOOLEAN;
}

static enum feel_kind catalogue_types_filter(struct typing *t,
                                             const struct feel_node *n)
{
    struct bound item = {t->bound, {0}, is_members(t, n->kids[0])};
    (void)catalogue_types_kind_of(t, n->kids[0]);
    t->bound = &item;
    (void)catalogue_types_kind_of(t, n->kids[1]);
    t->bound = item.up;
    return ANY;
}

static enum feel_kind catalogue_types_call(struct typing *t,
                                           const struct feel_node *n)
{
    static const struct
    {
        const char *name;
        enum feel_kind kind;
    } results[] = {{"count", FEEL_NUMBER},    {"ceiling", FEEL_NUMBER},
                   {"floor", FEEL_NUMBER},    {"abs", FEEL_NUMBER},
                   {"modulo", FEEL_NUMBER},   {"decimal", FEEL_NUMBER},
                   {"not", FEEL_BOOLEAN},     {"contains", FEEL_BOOLEAN},
                   {"date", FEEL_DATE},       {"string", FEEL_STRING},
                   {"substring", FEEL_STRING}};
    for (uint32_t i = 0; i < n->count; i++) {
        (void)catalogue_types_kind_of(t, n->kids[i]);
    }
    for (size_t i = 0;
         n->builtin != NULL && i < sizeof(results) / sizeof(*results); i++) {
        if (strcmp(n->builtin->name, results[i].name) == 0) {
            if (results[i].kind == FEEL_BOOLEAN && n->count == 1) {
                expect(t, n->kids[0], "not()", FEEL_BOOLEAN);
            }
            return results[i].kind;
        }
    }
    return ANY;
}

static enum feel_kind catalogue_types_condition(struct typing *t,
                                                const struct feel_node *n)
{
    expect(t, n->kids[0], "if", FEEL_BOOLEAN);
    enum feel_kind a = catalogue_types_kind_of(t, n->kids[1]),
                   b = catalogue_types_kind_of(t, n->kids[2]);
    return a == b ? a : ANY;
}

static enum feel_kind compound(struct typing *t, const struct feel_node *n)
{
    enum feel_kind k;
    switch (n->kind) {
    case NODE_AND:
    case NODE_OR:
        for (uint32_t i = 0; i < n->count; i++) {
            expect(t, n->kids[i], n->kind == NODE_AND ? "and" : "or",
                   FEEL_BOOLEAN);
        }
        return FEEL_BOOLEAN;
    case NODE_COMPARE:
        same_kind(t, catalogue_types_kind_of(t, n->kids[0]), n->kids[1], n->op,
                  n->kids[0]);
        return FEEL_BOOLEAN;
    case NODE_BETWEEN:
        k = catalogue_types_kind_of(t, n->kids[0]);
        same_kind(t, k, n->kids[1], 'g', n->kids[0]);
        same_kind(t, k, n->kids[2], 'l', NULL);
        return FEEL_BOOLEAN;
    case NODE_IN:
        k = catalogue_types_kind_of(t, n->kids[0]);
        for (uint32_t i = 1; i < n->count; i++) {
            test_kind(t, k, n->kids[i]);
        }
        return FEEL_BOOLEAN;
    default:
        for (uint32_t i = 0; i < n->count; i++) {
            (void)catalogue_types_kind_of(t, n->kids[i]);
        }
        return n->kind == NODE_LIST       ? FEEL_LIST
               : n->kind == NODE_RANGE    ? FEEL_RANGE
               : n->kind == NODE_CONTEXT  ? FEEL_CONTEXT
               : n->kind == NODE_INSTANCE ? FEEL_BOOLEAN
                                          : ANY;
    }
}

static enum feel_kind catalogue_types_kind_of(struct typing *t,
                                              const struct feel_node *n)
{
    switch (n->kind) {
    case NODE_CONSTANT:
        return n->constant.kind == FEEL_NULL ? ANY : n->constant.kind;
    case NODE_NAME:
        return name_kind(t, n->name);
    case NODE_PATH:
        return path_kind(t, n);
    case NODE_FILTER:
        return catalogue_types_filter(t, n);
    case NODE_CALL:
        return catalogue_types_call(t, n);
    case NODE_ARITH:
        return catalogue_types_arith(t, n);
    case NODE_NEGATE:
        expect(t, n->kids[0], "'-'", FEEL_NUMBER);
        return FEEL_NUMBER;
    case NODE_IF:
        return catalogue_types_condition(t, n);
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_FOR:
        return catalogue_types_bind(t, n);
    case NODE_FUNCTION: /* its parameters are of any kind */
    case NODE_COERCE:
    case NODE_EXTERN:
        return ANY;
    default:
        return compound(t, n);
    }
}

void policy_catalogue_check_kinds(struct loading *l,
                                  const struct bus_node *n,
                                  const struct feel_node *tree,
                                  const char *path,
                                  enum feel_kind want)
{
    struct typing t = {.l = l, .n = n, .path = path};
    if (tree == NULL) {
        return;
    }
    if (want == ANY) {
        (void)catalogue_types_kind_of(&t, tree);
    } else {
        expect(&t, tree, "the whole", want);
    }
}

void policy_catalogue_check_derived(struct loading *l)
{
    const struct bus_policy_catalogue *c = l->c;
    for (size_t i = 0; i < c->fact_count; i++) {
        const struct fact_def *f = &c->facts[i];
        struct typing t = {.l = l,
                           .n = bus_node_get(f->body, "derived"),
                           .path = f->name.p,
                           .member = f->member};
        enum feel_kind want = fact_kind(f);
        if (f->derived != NULL && want != ANY) {
            expect(&t, f->derived, "the whole", want);
        }
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        const struct standard_def *s = &c->standards[i];
        policy_catalogue_check_kinds(l, bus_node_get(s->body, "derived"),
                                     s->derived, s->name.p, FEEL_NUMBER);
    }
}
