#include "bus/policy/disclose.h"

#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/clause.h"

/* --- while the catalogue is built --- */

static bool disclose_empty(const struct bus_policy_facts *s)
{
    for (size_t i = 0; i < sizeof(s->w) / sizeof(s->w[0]); i++) {
        if (s->w[i] != 0) {
            return false;
        }
    }
    return true;
}

static void disclose_add_part(struct loading *l,
                              struct version_def *v,
                              struct part_reads what,
                              const struct feel_node *tree)
{
    if (tree == NULL) {
        return;
    }
    what.tree = tree;
    policy_catalogue_reads(l->c, tree, &what.reads);
    if (!disclose_empty(&what.reads)) {
        BUS_CHECK(v->part_count < v->clause_count + 4);
        v->parts[v->part_count++] = what;
        fact_set_merge(&v->reads, &what.reads);
    }
}

static struct bus_strv
disclose_text_at(const struct version_def *v, const char *part, const char *key)
{
    const struct bus_node *n = bus_node_get(bus_node_get(v->node, part), key);
    return n ? n->text : (struct bus_strv){0};
}

static void version_needs(struct loading *l, struct version_def *v)
{
    BUS_CHECK(v->part_count == 0);
    size_t room = v->clause_count + 4;
    v->parts = bus_arena_calloc(&l->c->mem, room, sizeof(*v->parts));
    if (v->parts == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < v->clause_count; i++) {
        disclose_add_part(l, v,
                          (struct part_reads){.kind = BUS_POLICY_NEED_CLAUSE,
                                              .key = v->clause_keys[i]},
                          v->clauses[i]);
    }
    if (!v->clauses_whole) { /* those that are not counted */
        disclose_add_part(l, v,
                          (struct part_reads){
                              .kind = BUS_POLICY_NEED_CLAUSE,
                              .text = disclose_text_at(v, "condition", "feel")},
                          v->condition);
    }
    disclose_add_part(
        l, v,
        (struct part_reads){.kind = BUS_POLICY_NEED_AMOUNT,
                            .text = disclose_text_at(v, "amount", "feel")},
        v->amount);
    disclose_add_part(l, v,
                      (struct part_reads){
                          .kind = BUS_POLICY_NEED_BENEFICIARIES,
                          .text = disclose_text_at(v, "beneficiaries", "feel")},
                      v->beneficiaries);
    disclose_add_part(
        l, v,
        (struct part_reads){.kind = BUS_POLICY_NEED_CAP,
                            .text = disclose_text_at(v, "amount", "cap")},
        v->cap);
}

/* --- what time alone may change --- */

struct dating
{
    const struct bus_policy_catalogue *c;
    bool named;
};

static void disclose_date_named(void *data,
                                struct bus_strv base,
                                struct bus_strv name,
                                size_t offset)
{
    (void)offset;
    struct dating *d = data;
    if (bus_strv_is(base, "standard") || bus_strv_is(base, "标准")) {
        const struct standard_def *s = bus_map_get(&d->c->standard_names, name);
        d->named |= s != NULL && s->dated;
    } else {
        d->named |=
            bus_strv_is(name, "rule_date") || bus_strv_is(name, "适用日期");
    }
}

static bool disclose_dated(const struct bus_policy_catalogue *c,
                           const struct feel_node *tree)
{
    struct dating d = {.c = c};
    if (tree != NULL) {
        feel_reads(tree, disclose_date_named, &d);
    }
    return d.named;
}

static void disclose_dates(struct bus_policy_catalogue *c)
{
    for (bool more = true; more;) { /* one worked out of another */
        more = false;
        for (size_t i = 0; i < c->standard_count; i++) {
            struct standard_def *s = &c->standards[i];
            bool before = s->dated;
            s->dated = before || disclose_dated(c, s->derived);
            more |= s->dated != before;
        }
    }
    for (size_t i = 0; i < c->fact_count; i++) {
        c->facts[i].dated = disclose_dated(c, c->facts[i].derived);
    }
}

static void version_dates(const struct bus_policy_catalogue *c,
                          struct version_def *v)
{
    for (size_t i = 0; i < v->clause_count; i++) {
        v->dated |= (uint64_t)disclose_dated(c, v->clauses[i]) << i;
    }
    bool any = disclose_dated(c, v->condition) ||
               disclose_dated(c, v->amount) || disclose_dated(c, v->cap) ||
               disclose_dated(c, v->beneficiaries);
    v->dated |= (uint64_t)any << 63;
}

static void excludes(struct loading *l, struct item_def *it)
{
    BUS_CHECK(it->shut_count <= CATALOGUE_SHUTS_MAX);
    for (size_t i = 0; i < it->shut_count; i++) {
        BUS_CHECK((size_t)it->shuts[i].fact < l->c->fact_count);
        const struct fact_def *f = &l->c->facts[it->shuts[i].fact];
        fact_set_add(&it->shut_reads[i], it->shuts[i].fact);
        policy_catalogue_reads(l->c, f->derived, &it->shut_reads[i]);
    }
}

void policy_needs_load(struct loading *l)
{
    disclose_dates(l->c);
    for (size_t i = 0; i < l->c->item_count; i++) {
        struct item_def *it = &l->c->items[i];
        excludes(l, it);
        for (size_t k = 0; k < it->count; k++) {
            struct version_def *v = &it->versions[k];
            version_needs(l, v);
            version_dates(l->c, v);
            fact_set_merge(&v->reads, &it->form);
            for (size_t s = 0; s < it->shut_count; s++) {
                fact_set_merge(&v->reads, &it->shut_reads[s]);
            }
            fact_set_merge(&it->reads, &v->reads);
        }
    }
}

/* --- questions --- */

void bus_policy_discloses(const struct bus_policy_catalogue *c,
                          struct bus_strv department,
                          int32_t rule_date,
                          struct bus_policy_facts *ret)
{
    *ret = (struct bus_policy_facts){0};
    for (size_t i = 0; i < c->item_count; i++) {
        if (bus_strv_eq(c->items[i].department, department)) {
            const struct version_def *v =
                policy_catalogue_version_at(&c->items[i], rule_date);
            if (v != NULL) {
                fact_set_merge(ret, &v->reads);
            }
        }
    }
}

struct search
{
    const struct bus_policy_catalogue *c;
    int fact;
    struct bus_strv through;
    bool itself;
};

/* One name that a text reads: is it the fact, or does it lead there? */
static void disclose_one_name(void *data,
                              struct bus_strv base,
                              struct bus_strv name,
                              size_t offset)
{
    (void)offset;
    struct search *s = data;
    const struct bus_policy_catalogue *c = s->c;
    BUS_CHECK(s->fact >= 0 && (size_t)s->fact < c->fact_count);
    bool of_standard =
        bus_strv_is(base, "standard") || bus_strv_is(base, "标准");
    if (of_standard) {
        const struct standard_def *d = bus_map_get(&c->standard_names, name);
        if (d != NULL && bus_policy_facts_has(&d->reads, s->fact)) {
            s->through = d->full;
        }
        return;
    }
    bool of_household =
        bus_strv_is(base, "household") || bus_strv_is(base, "家庭");
    const struct fact_def *f = bus_map_get(
        of_household ? &c->household_names : &c->member_names, name);
    if (f == NULL) {
        return;
    }
    s->itself |= f - c->facts == s->fact;
    if (f->derived != NULL && bus_policy_facts_has(&f->reads, s->fact)) {
        s->through = f->name;
    }
}

static struct bus_strv disclose_way(const struct bus_policy_catalogue *c,
                                    const struct feel_node *tree,
                                    int fact)
{
    struct search s = {.c = c, .fact = fact};
    if (tree != NULL) {
        feel_reads(tree, disclose_one_name, &s);
    }
    return s.itself ? (struct bus_strv){0} : s.through;
}

struct listing
{
    const struct bus_policy_catalogue *c;
    struct bus_policy_need *v; /* NULL: only counts */
    size_t n;
    int32_t day;
    int fact;
};

static void disclose_put(struct listing *l, struct bus_policy_need need)
{
    need.fact = l->fact;
    if (l->v != NULL) {
        l->v[l->n] = need;
    }
    l->n++;
}

static void needs_of(struct listing *l, int item, const struct version_def *v)
{
    BUS_CHECK(item >= 0 && (size_t)item < l->c->item_count);
    const struct item_def *it = &l->c->items[item];
    for (size_t i = 0; i < v->part_count; i++) {
        const struct part_reads *p = &v->parts[i];
        if (!bus_policy_facts_has(&p->reads, l->fact)) {
            continue;
        }
        struct bus_policy_need need = {
            .item = item,
            .kind = p->kind,
            .key = p->key,
            .rule = p->text,
            .through = disclose_way(l->c, p->tree, l->fact)};
        if (p->key.n > 0) {
            need.rule = bus_policy_clause_of(l->c, p->key, l->day);
        }
        disclose_put(l, need);
    }
    for (size_t i = 0; i < it->shut_count; i++) {
        const struct fact_def *f = &l->c->facts[it->shuts[i].fact];
        if (bus_policy_facts_has(&it->shut_reads[i], l->fact)) {
            disclose_put(l, (struct bus_policy_need){
                                .item = item,
                                .kind = BUS_POLICY_NEED_EXCLUSION,
                                .key = l->c->rules[it->shuts[i].rule].id,
                                .rule = f->name,
                                .through = it->shuts[i].fact == l->fact
                                               ? (struct bus_strv){0}
                                               : f->name});
        }
    }
    if (bus_policy_facts_has(&it->form, l->fact)) {
        disclose_put(l, (struct bus_policy_need){.item = item,
                                                 .kind = BUS_POLICY_NEED_FORM});
    }
}

static void list_all(struct listing *l, struct bus_strv department)
{
    const struct bus_policy_catalogue *c = l->c;
    l->n = 0;
    for (l->fact = 0; (size_t)l->fact < c->fact_count; l->fact++) {
        if (c->facts[l->fact].derived != NULL) {
            continue;
        }
        for (size_t i = 0; i < c->item_count; i++) {
            const struct version_def *v =
                policy_catalogue_version_at(&c->items[i], l->day);
            if (v != NULL && bus_strv_eq(c->items[i].department, department)) {
                needs_of(l, (int)i, v);
            }
        }
    }
}

int bus_policy_needs(const struct bus_policy_catalogue *c,
                     struct bus_strv department,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     const struct bus_policy_need **ret,
                     size_t *ret_count,
                     struct bus_err *err)
{
    struct listing l = {.c = c, .day = rule_date};
    list_all(&l, department);
    size_t room = l.n;
    l.v = bus_arena_calloc(mem, room + 1, sizeof(*l.v));
    if (l.v == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the list of needs");
    }
    list_all(&l, department);
    BUS_CHECK(l.n == room);
    *ret = l.v;
    *ret_count = l.n;
    return BUS_OK;
}
