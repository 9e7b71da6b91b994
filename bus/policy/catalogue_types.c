/* The catalogue as FEEL's check sees it: the names a rule may read, the kinds
 * of facts and standards, the words of enumerations (bus/feel/check.h). */
#include "bus/policy/catalogue_types.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/check.h"
#include "bus/feel/tree.h"

static struct bus_strv label_in(const struct bus_node *n, const char *language)
{
    const struct bus_node *t = bus_node_get(n, language);
    return t != NULL && t->kind == BUS_NODE_SCALAR ? t->text
                                                   : (struct bus_strv){0};
}

static bool word_at(const void *data, size_t i, struct feel_word *ret)
{
    const struct bus_node *n = data;
    if (n->kind != BUS_NODE_MAP || i >= n->count) {
        return false;
    }
    *ret = (struct feel_word){.word = n->pairs[i].key->text,
                              .zh = label_in(n->pairs[i].value, "zh"),
                              .en = label_in(n->pairs[i].value, "en")};
    return true;
}

static struct feel_shape shape_of_fact(const struct fact_def *f)
{
    static const struct
    {
        const char *type;
        enum feel_kind kind;
    } kinds[] = {{"boolean", FEEL_BOOLEAN}, {"money_fen", FEEL_NUMBER},
                 {"count", FEEL_NUMBER},    {"number", FEEL_NUMBER},
                 {"date", FEEL_DATE},       {"enum", FEEL_STRING},
                 {"text", FEEL_STRING}};
    struct feel_shape s = {.kind = FEEL_UNKNOWN};
    const struct bus_node *type = bus_node_get(f->body, "type");
    for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(*kinds);
         i++) {
        if (bus_strv_is(type->text, kinds[i].type)) {
            s.kind = kinds[i].kind;
        }
    }
    s.words = f->words.word_at != NULL ? &f->words : NULL;
    return s;
}

/* Facts of households, or of members, by both their names. */
static bool find_in(const struct bus_map *names,
                    struct bus_strv name,
                    struct feel_shape *ret)
{
    const struct fact_def *f = bus_map_get(names, name);
    if (f != NULL) {
        *ret = shape_of_fact(f);
    }
    return f != NULL;
}

static bool find_household_fact(const void *data,
                                struct bus_strv name,
                                struct feel_shape *ret)
{
    const struct bus_policy_catalogue *c = data;
    return find_in(&c->household_names, name, ret);
}

static bool
find_member_fact(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    const struct bus_policy_catalogue *c = data;
    return find_in(&c->member_names, name, ret);
}

static bool
standard_named(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    const struct bus_policy_catalogue *c = data;
    *ret = (struct feel_shape){.kind = FEEL_NUMBER};
    return bus_map_get(&c->standard_names, name) != NULL;
}

static bool fact_name_at(const struct bus_policy_catalogue *c,
                         bool member,
                         size_t i,
                         struct bus_strv *ret)
{
    BUS_CHECK(c->fact_count <= BUS_POLICY_FACTS_MAX);
    for (size_t f = 0; f < c->fact_count; f++) {
        if (c->facts[f].member == member && i-- < 1) {
            *ret = c->facts[f].bare;
            return true;
        }
        if (c->facts[f].member == member && i-- < 1) {
            *ret = c->facts[f].zh;
            return true;
        }
    }
    return false;
}

static bool household_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    return fact_name_at(data, false, i, ret);
}

static bool member_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    return fact_name_at(data, true, i, ret);
}

static bool standard_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    const struct bus_policy_catalogue *c = data;
    if (i / 2 >= c->standard_count) {
        return false;
    }
    *ret = i % 2 ? c->standards[i / 2].zh : c->standards[i / 2].name;
    return true;
}

/* --- the names a rule may read --- */

struct world
{
    struct loading *l;
    const struct bus_node *n;
    const char *path;
    bool beneficiaries;
    struct feel_shapes household, member, standard;
    struct feel_shape a_member;
};

static const struct
{
    const char *en, *zh;
} globals[] = {
    {"household", "家庭"},     {"standard", "标准"},        {"members", "成员"},
    {"rule_date", "适用日期"}, {"beneficiaries", "受益人"},
};
enum { HOUSEHOLD, STANDARD, MEMBERS, RULE_DATE, BENEFICIARIES, GLOBALS };

static bool
global_find(const void *data, struct bus_strv name, struct feel_shape *ret)
{
    const struct world *w = data;
    int i = 0;
    while (i < GLOBALS && !bus_strv_is(name, globals[i].en) &&
           !bus_strv_is(name, globals[i].zh)) {
        i++;
    }
    *ret = (struct feel_shape){.kind = FEEL_THING};
    switch (i) {
    case HOUSEHOLD:
        ret->parts = &w->household;
        return true;
    case STANDARD:
        ret->parts = &w->standard;
        return true;
    case BENEFICIARIES:
        if (!w->beneficiaries) {
            return false;
        }
        /* fall through */
    case MEMBERS:
        ret->kind = FEEL_LIST;
        ret->item = &w->a_member;
        return true;
    case RULE_DATE:
        ret->kind = FEEL_DATE;
        return true;
    default:
        return false;
    }
}

static bool global_name_at(const void *data, size_t i, struct bus_strv *ret)
{
    (void)data;
    if (i / 2 >= GLOBALS) {
        return false;
    }
    *ret = bus_strv(i % 2 ? globals[i / 2].zh : globals[i / 2].en);
    return true;
}

static void add_rule_fault(void *data, const struct feel_finding *f)
{
    const struct world *w = data;
    bus_faults_add(w->l->faults, bus_node_place(w->n, f->offset), w->path, "%s",
                   f->text);
}

static struct feel_shape check_in(struct loading *l,
                                  const struct bus_node *n,
                                  const char *path,
                                  const struct feel_node *tree,
                                  bool member,
                                  bool beneficiaries,
                                  enum feel_kind want)
{
    BUS_CHECK(tree != NULL && path != NULL);
    const struct bus_policy_catalogue *c = l->c;
    struct feel_shape none = {.kind = FEEL_UNKNOWN};
    struct world *w = bus_arena_calloc(&l->c->mem, 1, sizeof(*w));
    if (w == NULL) {
        l->faults->out_of_memory = true;
        return none;
    }
    *w = (struct world){
        .l = l,
        .n = n,
        .path = path,
        .beneficiaries = beneficiaries,
        .household = {c, find_household_fact, household_name_at},
        .member = {c, find_member_fact, member_name_at},
        .standard = {c, standard_named, standard_name_at},
    };
    w->a_member = (struct feel_shape){.kind = FEEL_THING, .parts = &w->member};
    struct feel_check k = {.data = w,
                           .mem = &l->c->mem,
                           .scope = {w, global_find, global_name_at},
                           .self = member ? &w->a_member : NULL,
                           .found = add_rule_fault};
    if (want == FEEL_UNKNOWN) {
        return feel_check(&k, tree);
    }
    feel_check_is(&k, tree, "the whole", want);
    return none;
}

void policy_catalogue_check_kinds(struct loading *l,
                                  const struct bus_node *n,
                                  const struct feel_node *tree,
                                  const char *path,
                                  enum feel_kind want)
{
    if (tree != NULL) {
        (void)check_in(l, n, path, tree, false, true, want);
    }
}

struct feel_shape policy_catalogue_check_input(struct loading *l,
                                               const struct bus_node *n,
                                               const struct feel_node *tree,
                                               const char *path)
{
    return check_in(l, n, path, tree, false, true, FEEL_UNKNOWN);
}

void policy_catalogue_fact_words(struct fact_def *f)
{
    BUS_CHECK(f->words.word_at == NULL);
    const struct bus_node *n = bus_node_get(f->body, "words");
    if (n != NULL && n->kind == BUS_NODE_MAP) {
        f->words = (struct feel_words){n, word_at};
    }
}

void policy_catalogue_check_derived(struct loading *l)
{
    const struct bus_policy_catalogue *c = l->c;
    for (size_t i = 0; i < c->fact_count; i++) {
        const struct fact_def *f = &c->facts[i];
        const struct bus_node *n = bus_node_get(f->body, "derived");
        if (f->derived != NULL) {
            (void)check_in(l, n, f->name.p, f->derived, f->member, false,
                           shape_of_fact(f).kind);
        }
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        const struct standard_def *s = &c->standards[i];
        const struct bus_node *n = bus_node_get(s->body, "derived");
        if (s->derived != NULL) {
            (void)check_in(l, n, s->name.p, s->derived, false, false,
                           FEEL_NUMBER);
        }
    }
}
