/* Facts, standards and rules from their node trees; names resolved, every
 * fault with its place. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/number.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/catalogue_types.h"
#include "bus/policy/source.h"

struct bus_strv policy_catalogue_text(struct loading *l,
                                      const struct bus_node *n)
{
    if (n == NULL || n->kind != BUS_NODE_SCALAR || bus_node_is_null(n)) {
        return (struct bus_strv){0};
    }
    char *s = bus_arena_strndup(&l->c->mem, n->text.p, n->text.n);
    return (struct bus_strv){s, s ? n->text.n : 0};
}

const struct feel_node *policy_catalogue_feel(struct loading *l,
                                              const struct bus_node *n,
                                              const char *path)
{
    struct bus_strv text = policy_catalogue_text(l, n);
    if (text.n == 0) {
        return NULL;
    }
    struct feel_error e;
    const struct feel_node *t = feel_parse(text, &l->c->mem, &e);
    if (t == NULL) {
        bus_faults_add(l->faults, bus_node_place(n, e.offset), path, "%s",
                       e.text);
    }
    return t;
}

/* --- facts --- */

static void fact_bounds(struct loading *l, struct fact_def *f)
{
    const struct bus_node *at = f->body;
    const char *wrong = NULL;
    if (!bus_bounds_read(f->body, &f->bounds, &at, &wrong)) {
        bus_faults_add(l->faults, at->at, f->name.p, "%s", wrong);
    }
}

static void fact_claim(struct loading *l, struct fact_def *f)
{
    static const char *const numbers[] = {"money_fen", "count", "number"};
    const struct bus_node *n = bus_node_get(f->body, "claim");
    const struct bus_node *type = bus_node_get(f->body, "type");
    bool claim = false;
    if (n == NULL || !bus_node_to_bool(n, &claim) || !claim) {
        return;
    }
    BUS_CHECK(type == NULL || type->kind == BUS_NODE_SCALAR);
    f->claim = type && bus_strv_is(type->text, "boolean") ? CLAIM_NO
               : type && bus_strv_is(type->text, "date")  ? CLAIM_NULL
                                                          : CLAIM_NONE;
    for (size_t i = 0; type && i < sizeof(numbers) / sizeof(*numbers); i++) {
        if (bus_strv_is(type->text, numbers[i])) {
            f->claim = CLAIM_ZERO;
        }
    }
    if (f->claim == CLAIM_NONE || bus_node_get(f->body, "derived") != NULL) {
        bus_faults_add(
            l->faults, n->at, f->name.p,
            "a claim is a number, a date or a boolean that is said, "
            "not worked out / claim 只用于他人所说的数字、日期或是否");
    }
}

static void add_fact(struct loading *l,
                     const struct bus_node *name,
                     const struct bus_node *body,
                     bool member)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->fact_count <= BUS_POLICY_FACTS_MAX);
    if (c->fact_count == BUS_POLICY_FACTS_MAX) {
        bus_faults_add(l->faults, name->at, NULL,
                       "more than %d facts / 事实过多", BUS_POLICY_FACTS_MAX);
        return;
    }
    struct fact_def *f = &c->facts[c->fact_count++];
    const char *scope = member ? "member" : "household";
    char *full = bus_arena_printf(&c->mem, "%s.%s", scope, name->text.p);
    if (full == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    f->name = bus_strv(full);
    f->bare = bus_strv(full + strlen(scope) + 1);
    const struct bus_node *zh = bus_node_get(body, "zh_name");
    f->zh = policy_catalogue_text(l, zh ? zh : bus_node_get(body, "zh"));
    f->member = member;
    f->body = body;
    f->sources = bus_node_get(body, "sources");
    (void)bus_node_to_bool(bus_node_get(body, "pii"), &f->pii);
    (void)bus_node_to_bool(bus_node_get(body, "confirmed"), &f->confirmed);
    fact_claim(l, f);
    const struct bus_node *sign = bus_node_get(body, "sign");
    f->sign = sign == NULL                     ? SIGN_TELLS
              : bus_strv_is(sign->text, "who") ? SIGN_WHO
                                               : SIGN_NONE;
    fact_bounds(l, f);
    policy_catalogue_fact_words(f);
    f->derived = policy_catalogue_feel(l, bus_node_get(body, "derived"), full);
    struct bus_map *names = member ? &c->member_names : &c->household_names;
    int rc = bus_map_put(&c->fact_names, f->name, f);
    if (rc == BUS_OK) {
        rc = bus_map_put(names, f->bare, f);
    }
    if (rc == BUS_OK && f->zh.n > 0) {
        rc = bus_map_put(names, f->zh, f);
    }
    l->faults->out_of_memory |= rc != BUS_OK;
}

void policy_catalogue_load_facts(struct loading *l,
                                 const struct bus_node *facts)
{
    BUS_CHECK(l->c->fact_count == 0);
    static const char *const scopes[] = {"household", "member"};
    const struct bus_node *max =
        bus_node_get(bus_node_get(facts, "money"), "item_max_fen");
    l->c->sources = bus_node_get(facts, "sources");
    if (max != NULL && (!bus_node_to_i64(max, &l->c->item_max_fen) ||
                        l->c->item_max_fen <= 0)) {
        bus_faults_add(
            l->faults, max->at, "money.item_max_fen",
            "must be a whole number of fen above 0 / 应为大于0的整数(分)");
    }
    for (int k = 0; k < 2; k++) {
        const struct bus_node *map = bus_node_get(facts, scopes[k]);
        uint32_t n = map && map->kind == BUS_NODE_MAP ? map->count : 0;
        for (uint32_t i = 0; i < n; i++) {
            add_fact(l, map->pairs[i].key, map->pairs[i].value, k == 1);
        }
    }
}

/* --- what a tree reads --- */

struct reads
{
    const struct bus_policy_catalogue *c;
    struct bus_policy_facts *set;
};

static bool is_household(struct bus_strv base)
{
    return bus_strv_is(base, "household") || bus_strv_is(base, "家庭");
}

static bool is_standard(struct bus_strv base)
{
    return bus_strv_is(base, "standard") || bus_strv_is(base, "标准");
}

static void catalogue_load_add_reads(const struct bus_policy_catalogue *c,
                                     struct fact_def *f,
                                     struct bus_policy_facts *set)
{
    BUS_CHECK((size_t)(f - c->facts) < c->fact_count);
    fact_set_add(set, (int)(f - c->facts));
    if (f->derived == NULL || f->closing) {
        return;
    }
    if (!f->closed) {
        f->closing = true;
        policy_catalogue_reads(c, f->derived, &f->reads);
        f->closing = false;
        f->closed = true;
    }
    fact_set_merge(set, &f->reads);
}

static void standard_reads(const struct bus_policy_catalogue *c,
                           struct standard_def *s)
{
    s->read = true;
    for (size_t i = 0; i < s->count; i++) {
        if (s->values[i].by >= 0) {
            BUS_CHECK((size_t)s->values[i].by < c->fact_count);
            catalogue_load_add_reads(c, &c->facts[s->values[i].by], &s->reads);
        }
    }
    if (s->derived != NULL && !s->closing) {
        s->closing = true; /* one that needs itself ends here */
        policy_catalogue_reads(c, s->derived, &s->reads);
        s->closing = false;
    }
}

static void
one_read(void *data, struct bus_strv base, struct bus_strv name, size_t offset)
{
    (void)offset;
    struct reads *r = data;
    const struct bus_policy_catalogue *c = r->c;
    struct fact_def *f = NULL;
    if (is_standard(base)) {
        struct standard_def *s = bus_map_get(&c->standard_names, name);
        if (s != NULL) {
            standard_reads(c, s);
            fact_set_merge(r->set, &s->reads);
        }
        return;
    }
    f = bus_map_get(is_household(base) ? &c->household_names : &c->member_names,
                    name);
    if (f != NULL) {
        catalogue_load_add_reads(c, f, r->set);
    }
}

void policy_catalogue_reads(const struct bus_policy_catalogue *c,
                            const struct feel_node *n,
                            struct bus_policy_facts *set)
{
    BUS_CHECK(set != NULL);
    struct reads r = {c, set};
    if (n != NULL) {
        feel_reads(n, one_read, &r);
    }
}

/* --- standards --- */

static bool catalogue_load_figure(const struct bus_node *n,
                                  struct feel_value *ret)
{
    return n != NULL && n->kind == BUS_NODE_SCALAR &&
           feel_number_parse(n->text, ret);
}

static void standard_value(struct loading *l,
                           const struct bus_node *n,
                           const char *path,
                           struct standard_value *to)
{
    to->by = -1;
    const struct bus_node *from = bus_node_get(n, "from");
    if (!bus_node_to_date(from, &to->from)) {
        bus_faults_add(l->faults, from ? from->at : n->at, path,
                       "needs `from`, a date that there is, such as "
                       "2026-07-01 / from 应为存在的日期");
    }
    const struct bus_node *by = bus_node_get(n, "by");
    if (by == NULL) {
        if (!catalogue_load_figure(bus_node_get(n, "value"), &to->value)) {
            bus_faults_add(l->faults, n->at, path,
                           "needs `value`, a number / 缺少 value,应为数字");
        }
        return;
    }
    struct fact_def *f = bus_map_get(&l->c->fact_names, by->text);
    to->in = bus_node_get(n, "in");
    if (f == NULL || to->in == NULL || to->in->kind != BUS_NODE_MAP) {
        bus_faults_add(
            l->faults, by->at, path,
            "`by` names a fact and `in` its words / by 应为事实,in 应为它的词");
        return;
    }
    to->by = (int)(f - l->c->facts);
}

void policy_catalogue_load_standards(struct loading *l,
                                     const struct bus_node *n)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->standard_count == 0);
    uint32_t count = n && n->kind == BUS_NODE_MAP ? n->count : 0;
    c->standards = bus_arena_calloc(&c->mem, count + 1, sizeof(*c->standards));
    for (uint32_t i = 0; c->standards != NULL && i < count; i++) {
        struct standard_def *s = &c->standards[c->standard_count++];
        const struct bus_node *body = n->pairs[i].value;
        s->name = policy_catalogue_text(l, n->pairs[i].key);
        s->body = body;
        s->zh = policy_catalogue_text(l, bus_node_get(body, "zh"));
        s->full = bus_strv(
            bus_arena_printf(&c->mem, "standard.%.*s", BUS_STRV_ARG(s->name)));
        s->derived =
            policy_catalogue_feel(l, bus_node_get(body, "derived"), s->name.p);
        const struct bus_node *values = bus_node_get(body, "values");
        uint32_t k =
            values && values->kind == BUS_NODE_LIST ? values->count : 0;
        s->values = bus_arena_calloc(&c->mem, k + 1, sizeof(*s->values));
        for (uint32_t v = 0; s->values != NULL && v < k; v++) {
            standard_value(l, values->items[v], s->name.p,
                           &s->values[s->count++]);
            if (v > 0 && s->values[v].from <= s->values[v - 1].from) {
                bus_faults_add(l->faults, values->items[v]->at, s->name.p,
                               "values go on in order of days, and this one "
                               "does not begin after the one before it / "
                               "各期应按日期先后排列");
            }
        }
        int rc = bus_map_put(&c->standard_names, s->name, s);
        if (rc == BUS_OK && s->zh.n > 0) {
            rc = bus_map_put(&c->standard_names, s->zh, s);
        }
        l->faults->out_of_memory |= rc != BUS_OK || s->values == NULL;
    }
}

/* --- rules between items --- */

static size_t
item_numbers(struct loading *l, const struct bus_node *list, int *to)
{
    size_t n = 0;
    for (uint32_t i = 0;
         list != NULL && list->kind == BUS_NODE_LIST && i < list->count; i++) {
        const struct bus_node *v = list->items[i];
        if (v->kind == BUS_NODE_LIST) {
            n += item_numbers(l, v, to ? to + n : NULL);
            if (to != NULL) {
                to[n] = -1;
            }
            n++;
            continue;
        }
        int at = bus_policy_item_find(l->c, v->text);
        if (at >= 0) { /* a code not in the catalogue makes its rule idle */
            if (to != NULL) {
                to[n] = at;
            }
            n++;
        }
    }
    return n;
}

static const int *catalogue_load_numbers(struct loading *l,
                                         const struct bus_node *list,
                                         size_t *ret_n)
{
    *ret_n = item_numbers(l, list, NULL);
    int *v = bus_arena_calloc(&l->c->mem, *ret_n + 1, sizeof(*v));
    if (v != NULL) {
        size_t put = item_numbers(l, list, v);
        BUS_CHECK(put == *ret_n);
    } else {
        *ret_n = 0;
        l->faults->out_of_memory = true;
    }
    return v;
}

static void rule_standard(struct loading *l, const struct rule_def *r)
{
    const struct bus_node *n = bus_node_get(r->node, "standard");
    struct standard_def *s =
        n ? bus_map_get(&l->c->standard_names, n->text) : NULL;
    if (s != NULL) {
        s->read = true;
    } else if (n != NULL) {
        bus_faults_add(l->faults, n->at, r->id.p,
                       "no standard '%.*s' / 没有这个标准",
                       BUS_STRV_ARG(n->text));
    }
}

void policy_catalogue_load_rules(struct loading *l, const struct bus_node *n)
{
    const struct bus_node *rules = bus_node_get(n, "rules");
    uint32_t count = rules && rules->kind == BUS_NODE_LIST ? rules->count : 0;
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->rule_count == 0);
    c->rules = bus_arena_calloc(&c->mem, count + 1, sizeof(*c->rules));
    for (uint32_t i = 0; c->rules != NULL && i < count; i++) {
        const struct bus_node *body = rules->items[i];
        struct rule_def *r = &c->rules[c->rule_count++];
        r->id = policy_catalogue_text(l, bus_node_get(body, "id"));
        r->kind = policy_catalogue_text(l, bus_node_get(body, "kind"));
        const struct bus_node *item = bus_node_get(body, "item");
        r->item = item ? bus_policy_item_find(c, item->text) : -1;
        const struct bus_node *others = bus_node_get(body, "others");
        others = others ? others : bus_node_get(body, "items");
        others = others ? others : bus_node_get(body, "except");
        r->others = catalogue_load_numbers(l, others, &r->other_count);
        r->groups = catalogue_load_numbers(l, bus_node_get(body, "groups"),
                                           &r->group_count);
        const struct bus_node *scope = bus_node_get(body, "for");
        const struct bus_node *fact = bus_node_get(body, "fact");
        r->node = body;
        r->member = scope != NULL && bus_strv_is(scope->text, "member");
        r->fact = fact ? bus_policy_fact_named(c, r->member, fact->text) : -1;
        if (fact != NULL && r->fact < 0) {
            bus_faults_add(l->faults, fact->at, r->id.p,
                           "no fact '%.*s' / 没有这个事实",
                           BUS_STRV_ARG(fact->text));
        }
        rule_standard(l, r);
    }
    if (c->rules != NULL) {
        policy_relate(l);
    }
}
