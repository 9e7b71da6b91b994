#include "bus/policy/marks.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"

struct marking
{
    const struct bus_policy_catalogue *c;
    uint64_t h;
    struct bus_policy_facts facts;
    bool *standards;    /* seen */
    const int32_t *day; /* only what is in force then; NULL: all there is */
};

static void mark_tree(struct marking *m, const struct feel_node *n);

/* The first day of what is in force: it says which it is. */
static void mark_day(struct marking *m, size_t of, int32_t from)
{
    const uint64_t parts[] = {of, (uint32_t)from};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        m->h = (m->h ^ parts[i]) * UINT64_C(0x100000001b3);
    }
}

static int32_t figure_from(const struct standard_def *s, int32_t day)
{
    int32_t from = INT32_MIN;
    for (size_t i = 0; i < s->count; i++) {
        bool later = s->values[i].from <= day && s->values[i].from > from;
        from = later ? s->values[i].from : from;
    }
    return from;
}

static void mark_standard(struct marking *m, const struct standard_def *s)
{
    size_t at = (size_t)(s - m->c->standards);
    BUS_CHECK(at < m->c->standard_count);
    if (m->standards[at]) {
        return;
    }
    m->standards[at] = true;
    if (m->day == NULL) {
        policy_catalogue_hash(s->body, &m->h);
    } else {
        mark_day(m, at, figure_from(s, *m->day));
    }
    mark_tree(m, s->derived);
    for (size_t i = 0; i < s->count; i++) {
        if (s->values[i].by >= 0) {
            BUS_CHECK((size_t)s->values[i].by < m->c->fact_count);
            const struct fact_def *by = &m->c->facts[s->values[i].by];
            policy_catalogue_hash(by->body, &m->h);
            mark_tree(m, by->derived);
        }
    }
}

static void marks_one_name(void *data,
                           struct bus_strv base,
                           struct bus_strv name,
                           size_t offset)
{
    (void)offset;
    struct marking *m = data;
    const struct bus_policy_catalogue *c = m->c;
    if (bus_strv_is(base, "standard") || bus_strv_is(base, "标准")) {
        const struct standard_def *s = bus_map_get(&c->standard_names, name);
        if (s != NULL) {
            mark_standard(m, s);
        }
        return;
    }
    bool household =
        bus_strv_is(base, "household") || bus_strv_is(base, "家庭");
    const struct fact_def *f =
        bus_map_get(household ? &c->household_names : &c->member_names, name);
    int at = f ? (int)(f - c->facts) : -1;
    BUS_CHECK(at < (int)c->fact_count);
    if (f == NULL || bus_policy_facts_has(&m->facts, at)) {
        return;
    }
    fact_set_add(&m->facts, at);
    if (f->derived != NULL) {
        policy_catalogue_hash(f->body, &m->h);
        mark_tree(m, f->derived);
    }
}

/* Ends: each fact and standard is gone into once. */
static void mark_tree(struct marking *m, const struct feel_node *n)
{
    if (n != NULL) {
        feel_reads(n, marks_one_name, m);
    }
}

/* As deep as the YAML reader allows. */
static bool marks_names(const struct bus_node *n, struct bus_strv code)
{
    if (n == NULL || n->kind == BUS_NODE_SCALAR) {
        return n != NULL && bus_strv_eq(n->text, code);
    }
    for (uint32_t i = 0; i < n->count; i++) {
        if (marks_names(n->kind == BUS_NODE_LIST ? n->items[i]
                                                 : n->pairs[i].value,
                        code)) {
            return true;
        }
    }
    return false;
}

static void mark_version(struct marking *m, const struct version_def *v)
{
    BUS_CHECK(v->clause_count <= CATALOGUE_CLAUSES_MAX);
    m->h ^= v->models;
    mark_tree(m, v->condition);
    mark_tree(m, v->amount);
    mark_tree(m, v->cap);
    mark_tree(m, v->beneficiaries);
}

static uint64_t mark_of(const struct bus_policy_catalogue *c,
                        const struct item_def *it,
                        const int32_t *day,
                        bool *standards)
{
    BUS_CHECK(it->count == 0 || it->versions != NULL);
    struct marking m = {.c = c, .standards = standards, .day = day};
    memset(standards, 0, c->standard_count * sizeof(*standards));
    if (day != NULL) {
        const struct version_def *v = policy_catalogue_version_at(it, *day);
        mark_day(&m, c->standard_count, v ? v->from : INT32_MIN);
        if (v != NULL) {
            mark_version(&m, v);
        }
        return m.h;
    }
    policy_catalogue_hash(it->node, &m.h);
    for (size_t i = 0; i < it->count; i++) {
        mark_version(&m, &it->versions[i]);
    }
    for (size_t i = 0; i < c->rule_count; i++) {
        if (marks_names(c->rules[i].node, it->code)) {
            policy_catalogue_hash(c->rules[i].node, &m.h);
        }
    }
    return m.h;
}

/* False: no room. */
static bool marks_of(const struct bus_policy_catalogue *c,
                     const int32_t *day,
                     struct bus_arena *mem,
                     uint64_t **ret)
{
    bool *seen = bus_arena_calloc(mem, c->standard_count + 1, sizeof(*seen));
    *ret = bus_arena_calloc(mem, c->item_count + 1, sizeof(**ret));
    if (seen == NULL || *ret == NULL) {
        return false;
    }
    for (size_t i = 0; i < c->item_count; i++) {
        (*ret)[i] = mark_of(c, &c->items[i], day, seen);
    }
    return true;
}

static void marks_add_reads(const struct bus_policy_catalogue *c,
                            const struct item_def *it,
                            bool *facts)
{
    BUS_CHECK(c->fact_count <= BUS_POLICY_FACTS_MAX);
    for (size_t f = 0; f < c->fact_count; f++) {
        facts[f] |= bus_policy_facts_has(&it->reads, (int)f);
    }
}

static int marks_compare(const struct bus_policy_catalogue *from,
                         const int32_t *from_day,
                         const struct bus_policy_catalogue *to,
                         const int32_t *to_day,
                         struct bus_arena *mem,
                         struct bus_policy_change_set *ret,
                         struct bus_err *err)
{
    uint64_t *a = NULL, *b = NULL;
    bool *x = bus_arena_calloc(mem, BUS_POLICY_FACTS_MAX, sizeof(*x));
    bool *y = bus_arena_calloc(mem, BUS_POLICY_FACTS_MAX, sizeof(*y));
    if (x == NULL || y == NULL ||
        (from != NULL && !marks_of(from, from_day, mem, &a)) ||
        !marks_of(to, to_day, mem, &b)) {
        return bus_fail(err, BUS_ETOOBIG, "no room to compare two catalogues");
    }
    *ret = (struct bus_policy_change_set){
        .from = from, .to = to, .from_facts = x, .to_facts = y};
    for (size_t i = 0; i < to->item_count; i++) {
        int k = from ? bus_policy_item_find(from, to->items[i].code) : -1;
        if (k < 0 || a[k] != b[i]) {
            ret->items++;
            marks_add_reads(to, &to->items[i], y);
            if (k >= 0) {
                marks_add_reads(from, &from->items[k], x);
            }
        }
    }
    for (size_t k = 0; from != NULL && k < from->item_count; k++) {
        if (bus_policy_item_find(to, from->items[k].code) < 0) {
            ret->items++;
            marks_add_reads(from, &from->items[k], x);
        }
    }
    return BUS_OK;
}

int bus_policy_change_set(const struct bus_policy_catalogue *from,
                          const struct bus_policy_catalogue *to,
                          struct bus_arena *mem,
                          struct bus_policy_change_set *ret,
                          struct bus_err *err)
{
    BUS_CHECK(to != NULL);
    return marks_compare(from, NULL, to, NULL, mem, ret, err);
}

int bus_policy_change_days(const struct bus_policy_catalogue *c,
                           int32_t from_day,
                           int32_t to_day,
                           struct bus_arena *mem,
                           struct bus_policy_change_set *ret,
                           struct bus_err *err)
{
    return marks_compare(c, &from_day, c, &to_day, mem, ret, err);
}

int32_t bus_policy_effective_day(const struct bus_policy_catalogue *c,
                                 int32_t day)
{
    int32_t last = INT32_MIN;
    for (size_t i = 0; i < c->item_count; i++) {
        for (size_t v = 0; v < c->items[i].count; v++) {
            const struct version_def *d = &c->items[i].versions[v];
            last = d->from <= day && d->from > last ? d->from : last;
            last = d->to < day && d->to + 1 > last ? d->to + 1 : last;
        }
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        int32_t from = figure_from(&c->standards[i], day);
        last = from > last ? from : last;
    }
    return last;
}

bool bus_policy_change_reads(const struct bus_policy_change_set *s,
                             struct bus_strv fact)
{
    int a = s->from ? bus_policy_fact_find(s->from, fact) : -1;
    int b = bus_policy_fact_find(s->to, fact);
    BUS_CHECK(a < BUS_POLICY_FACTS_MAX && b < BUS_POLICY_FACTS_MAX);
    return (a >= 0 && s->from_facts[a]) || (b >= 0 && s->to_facts[b]);
}

static bool same_verdict(const struct bus_policy_change_set *s,
                         const struct bus_policy_verdict_of *a,
                         const struct bus_policy_verdict_of *b)
{
    bool same = a->verdict == b->verdict && a->has_amount == b->has_amount &&
                a->amount_fen == b->amount_fen &&
                a->reason_count == b->reason_count &&
                a->missing_count == b->missing_count &&
                bus_strv_eq(a->left_out_by, b->left_out_by);
    for (size_t i = 0; same && i < a->reason_count; i++) {
        same = bus_strv_eq(a->reasons[i], b->reasons[i]);
    }
    for (size_t i = 0; same && i < a->missing_count; i++) {
        same = a->missing[i].member == b->missing[i].member &&
               bus_strv_eq(bus_policy_fact_name(s->from, a->missing[i].fact),
                           bus_policy_fact_name(s->to, b->missing[i].fact));
    }
    return same;
}

bool bus_policy_same_result(const struct bus_policy_change_set *s,
                            const struct bus_policy_result *from,
                            int32_t from_date,
                            const struct bus_policy_result *to,
                            int32_t to_date)
{
    bool same = s->from != NULL && from->count == to->count;
    for (size_t i = 0; same && i < from->count; i++) {
        const struct bus_policy_verdict_of *a = &from->items[i];
        const struct bus_policy_verdict_of *b = &to->items[i];
        struct bus_policy_item x, y;
        same = bus_policy_item_at(s->from, (size_t)a->item, from_date, &x) &&
               bus_policy_item_at(s->to, (size_t)b->item, to_date, &y) &&
               bus_strv_eq(x.code, y.code) &&
               bus_strv_eq(x.version, y.version) &&
               bus_strv_eq(x.department, y.department) && same_verdict(s, a, b);
    }
    return same;
}
