/* Building the catalogue, and the questions about its items and facts. */
#include "bus/policy/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/dmn/dmn.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/catalogue_types.h"
#include "bus/policy/source.h"

static enum bus_policy_delivery catalogue_delivery_of(const struct bus_node *n)
{
    const struct bus_node *ch = bus_node_get(n, "channel");
    struct bus_strv w = ch ? ch->text : (struct bus_strv){0};
    return bus_strv_is(w, "bank")         ? BUS_POLICY_BANK
           : bus_strv_is(w, "post_cash")  ? BUS_POLICY_POST_CASH
           : bus_strv_is(w, "post_goods") ? BUS_POLICY_POST_GOODS
                                          : BUS_POLICY_SERVICE;
}

/* A version's own part, else the item's. */
static const struct bus_node *catalogue_part(const struct bus_node *version,
                                             const struct bus_node *item,
                                             const char *key)
{
    const struct bus_node *own = bus_node_get(version, key);
    return own ? own : bus_node_get(item, key);
}

/* An amount of money counts as often as it is paid in a year. */
static int64_t per_year_of(const struct bus_node *schedule)
{
    const struct bus_node *p = bus_node_get(schedule, "period");
    struct bus_strv w = p ? p->text : (struct bus_strv){0};
    return bus_strv_is(w, "month")     ? 12
           : bus_strv_is(w, "quarter") ? 4
           : bus_strv_is(w, "term")    ? 2
                                       : 1;
}

/* Not once, and not with an event. */
static bool paid_again(const struct bus_node *schedule)
{
    const struct bus_node *p = bus_node_get(schedule, "period");
    return p != NULL && !bus_strv_is(p->text, "once") &&
           !bus_strv_is(p->text, "event");
}

static void load_schedule(struct loading *l,
                          const struct bus_node *schedule,
                          struct version_def *v)
{
    const struct bus_node *day = bus_node_get(schedule, "pay_day");
    const struct bus_node *off = bus_node_get(schedule, "on_day_off");
    const struct bus_node *starts = bus_node_get(schedule, "starts");
    int64_t n = 0;
    v->per_year = per_year_of(schedule);
    v->item.per_year = paid_again(schedule) ? v->per_year : 0;
    if (day != NULL && (!bus_node_to_i64(day, &n) || n < 1 || n > 31)) {
        bus_faults_add(l->faults, day->at, v->item.code.p,
                       "schedule.pay_day: 1 to 31 / 发放日应为1至31");
    }
    v->item.pay_day = (int32_t)n;
    v->item.starts_next_month =
        starts != NULL && bus_strv_is(starts->text, "next_month");
    v->item.pays_before_day_off =
        off != NULL && bus_strv_is(off->text, "before");
    if (off != NULL && !v->item.pays_before_day_off &&
        !bus_strv_is(off->text, "after")) {
        bus_faults_add(l->faults, off->at, v->item.code.p,
                       "schedule.on_day_off: before or after / "
                       "遇休息日: before(提前)或 after(顺延)");
    }
}

static void load_clauses(struct loading *l, struct version_def *v)
{
    v->clause_count = v->condition ? feel_clauses(v->condition, v->clauses,
                                                  CATALOGUE_CLAUSES_MAX)
                                   : 0;
    v->clauses_whole = v->clause_count <= CATALOGUE_CLAUSES_MAX;
    if (v->clause_count > CATALOGUE_CLAUSES_MAX) {
        v->clause_count = CATALOGUE_CLAUSES_MAX;
    }
    BUS_CHECK(v->clause_count <= CATALOGUE_CLAUSES_MAX);
    for (size_t i = 0; i < v->clause_count; i++) {
        v->clause_keys[i] = bus_strv(bus_arena_printf(
            &l->c->mem, "%.*s.%zu", BUS_STRV_ARG(v->item.code), i + 1));
    }
    const struct bus_node *condition = bus_node_get(v->node, "condition");
    const struct bus_node *texts = bus_node_get(condition, "clauses");
    if (texts != NULL && bus_node_get(condition, "feel") != NULL &&
        (texts->kind != BUS_NODE_LIST || texts->count != v->clause_count)) {
        bus_faults_add(l->faults, texts->at, v->item.code.p,
                       "condition.clauses: the condition has %zu clauses (cut "
                       "at each `and` at its top), %u are worded / "
                       "条件有 %zu 条,文字有 %u 条",
                       v->clause_count, texts->count, v->clause_count,
                       texts->count);
    }
}

static void load_version(struct loading *l,
                         const struct bus_node *n,
                         const struct bus_node *item,
                         struct version_def *v)
{
    BUS_CHECK(v->node == NULL && n != NULL);
    const char *code = v->item.code.p;
    v->node = n;
    const struct bus_node *days = bus_node_get(n, "effective");
    v->item.version = policy_catalogue_text(l, bus_node_get(n, "version"));
    v->to = INT32_MAX;
    if (!bus_node_to_date(bus_node_get(days, "from"), &v->from)) {
        bus_faults_add(l->faults, n->at, code,
                       "a version needs effective: {from: date} / 版本缺少 "
                       "effective: {from: 日期}");
    }
    const struct bus_node *to = bus_node_get(days, "to");
    if (to != NULL && !bus_node_to_date(to, &v->to)) {
        bus_faults_add(l->faults, to->at, code,
                       "effective.to is no date / effective.to 不是日期");
    }
    v->item.fund = policy_catalogue_text(l, catalogue_part(n, item, "fund"));
    v->item.delivery =
        catalogue_delivery_of(catalogue_part(n, item, "delivery"));
    load_schedule(l, catalogue_part(n, item, "schedule"), v);
    const struct bus_node *total =
        bus_node_get(catalogue_part(n, item, "process"), "total");
    int64_t limit = 0;
    (void)bus_node_to_i64(bus_node_get(total, "n"), &limit);
    v->item.limit = (int32_t)limit;
    const struct bus_node *unit = bus_node_get(total, "unit");
    v->item.working_days =
        unit != NULL && bus_strv_is(unit->text, "working_days");
    const struct
    {
        const struct bus_node *n;
        const struct feel_node **to;
        enum feel_kind kind;
    } texts[] = {
        {bus_node_get(bus_node_get(n, "condition"), "feel"), &v->condition,
         FEEL_BOOLEAN},
        {bus_node_get(bus_node_get(n, "amount"), "feel"), &v->amount,
         FEEL_NUMBER},
        {bus_node_get(bus_node_get(n, "amount"), "cap"), &v->cap, FEEL_NUMBER},
        {bus_node_get(bus_node_get(n, "beneficiaries"), "feel"),
         &v->beneficiaries, FEEL_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i].to = policy_catalogue_feel(l, texts[i].n, code);
        policy_catalogue_check_kinds(l, texts[i].n, *texts[i].to, code,
                                     texts[i].kind);
    }
    const struct bus_node *condition = bus_node_get(n, "condition");
    const struct bus_node *amount = bus_node_get(n, "amount");
    if (v->condition == NULL) {
        v->condition = policy_catalogue_decision(l, condition, code,
                                                 FEEL_BOOLEAN, &v->models);
    }
    if (v->amount == NULL) {
        v->amount =
            policy_catalogue_decision(l, amount, code, FEEL_NUMBER, &v->models);
    }
    if (v->condition == NULL && texts[0].n == NULL &&
        bus_node_get(condition, "dmn") == NULL) {
        bus_faults_add(l->faults, n->at, code,
                       "a version needs condition: {feel: ...}, or {dmn: "
                       "model.dmn, decision: name} / 版本缺少条件");
    }
    load_clauses(l, v);
}

static void
load_form(struct loading *l, const struct bus_node *form, struct item_def *to)
{
    for (uint32_t i = 0;
         form != NULL && form->kind == BUS_NODE_LIST && i < form->count; i++) {
        int fact = bus_policy_fact_find(l->c, form->items[i]->text);
        if (fact < 0) {
            bus_faults_add(l->faults, form->items[i]->at, to->code.p,
                           "form: no fact '%.*s' / form:没有这个事实",
                           BUS_STRV_ARG(form->items[i]->text));
        } else {
            fact_set_add(&to->form, fact);
        }
    }
}

void policy_catalogue_load_item(struct loading *l,
                                const struct bus_node *n,
                                struct item_def *to)
{
    struct bus_policy_item common = {
        .code = policy_catalogue_text(l, bus_node_get(n, "code")),
        .department = policy_catalogue_text(l, bus_node_get(n, "department")),
        .title_zh = policy_catalogue_text(
            l, bus_node_get(bus_node_get(n, "name"), "zh")),
        .title_en = policy_catalogue_text(
            l, bus_node_get(bus_node_get(n, "name"), "en")),
    };
    (void)bus_node_to_bool(bus_node_get(n, "startable"), &common.startable);
    const struct bus_node *grants = bus_node_get(n, "grants");
    common.grants_fact = policy_catalogue_text(l, bus_node_get(grants, "fact"));
    common.grants_value =
        policy_catalogue_text(l, bus_node_get(grants, "value"));
    const struct bus_node *start = bus_node_get(n, "start");
    to->by_status = start != NULL && bus_strv_is(start->text, "status");
    int64_t months = 0;
    (void)bus_node_to_i64(bus_node_get(grants, "months"), &months);
    common.grants_months = (int32_t)months;
    const struct bus_node *kind = bus_node_get(n, "kind");
    common.status = kind != NULL && bus_strv_is(kind->text, "status");
    to->node = n;
    to->related = -1;
    to->code = common.code;
    to->department = common.department;
    const struct bus_node *versions = bus_node_get(n, "versions");
    if (common.code.n == 0 || common.department.n == 0 || versions == NULL ||
        versions->kind != BUS_NODE_LIST) {
        bus_faults_add(l->faults, n->at, NULL,
                       "an item needs code, department and versions / 事项要有 "
                       "code、department 和 versions");
        return;
    }
    to->versions =
        bus_arena_calloc(&l->c->mem, versions->count, sizeof(*to->versions));
    for (uint32_t i = 0; to->versions != NULL && i < versions->count; i++) {
        struct version_def *v = &to->versions[to->count++];
        v->item = common;
        load_version(l, versions->items[i], n, v);
    }
    load_form(l, bus_node_get(n, "form"), to);
}

void policy_catalogue_hash(const struct bus_node *n, uint64_t *h)
{
    if (n == NULL) {
        return;
    }
    *h = bus_hash64(&n->kind, sizeof(n->kind), *h);
    switch (n->kind) {
    case BUS_NODE_SCALAR:
        *h = bus_hash64(n->text.p, n->text.n, *h);
        break;
    case BUS_NODE_LIST:
        for (uint32_t i = 0; i < n->count; i++) {
            policy_catalogue_hash(n->items[i], h);
        }
        break;
    case BUS_NODE_MAP:
        for (uint32_t i = 0; i < n->count; i++) {
            policy_catalogue_hash(n->pairs[i].key, h);
            policy_catalogue_hash(n->pairs[i].value, h);
        }
        break;
    }
}

static int by_code(const void *a, const void *b)
{
    const struct bus_node *x = *(const struct bus_node *const *)a;
    const struct bus_node *y = *(const struct bus_node *const *)b;
    const struct bus_node *p = bus_node_get(x, "code");
    const struct bus_node *q = bus_node_get(y, "code");
    return bus_strv_cmp(p ? p->text : (struct bus_strv){0},
                        q ? q->text : (struct bus_strv){0});
}

static void catalogue_load_items(struct loading *l,
                                 const struct bus_policy_sources *s)
{
    struct bus_policy_catalogue *c = l->c;
    const struct bus_node **sorted =
        bus_arena_dup(&c->mem, s->items, s->item_count * sizeof(*s->items));
    c->items = bus_arena_calloc(&c->mem, s->item_count + 1, sizeof(*c->items));
    if (c->items == NULL || sorted == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    qsort(sorted, s->item_count, sizeof(*sorted), by_code);
    uint64_t h = 0;
    for (size_t i = 0; i < s->item_count; i++) {
        BUS_CHECK(c->item_count <= i);
        struct item_def *it = &c->items[c->item_count];
        policy_catalogue_hash(sorted[i], &h);
        *it = (struct item_def){0}; /* where one was left out before */
        policy_catalogue_load_item(l, sorted[i], it);
        if (it->code.n == 0) {
            continue;
        }
        if (bus_map_get(&c->item_codes, it->code) != NULL) {
            bus_faults_add(l->faults, sorted[i]->at, it->code.p,
                           "this code is there already / 代码已被使用");
            continue;
        }
        for (size_t k = 0; k < it->count; k++) {
            h ^= it->versions[k].models;
        }
        c->item_count++;
        l->faults->out_of_memory |=
            bus_map_put(&c->item_codes, it->code, it) != BUS_OK;
    }
    policy_catalogue_hash(s->facts, &h);
    policy_catalogue_hash(s->standards, &h);
    policy_catalogue_hash(s->interactions, &h);
    (void)snprintf(c->version, sizeof(c->version), "%016llx",
                   (unsigned long long)h);
}

/* Trees to programs, once every name has its meaning. */
static void compile_all(struct loading *l)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->fact_count <= BUS_POLICY_FACTS_MAX);
    for (size_t i = 0; i < c->fact_count; i++) {
        struct fact_def *f = &c->facts[i];
        f->program = policy_compile(c, &c->mem, f->derived, f->member);
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        struct standard_def *s = &c->standards[i];
        s->program = policy_compile(c, &c->mem, s->derived, false);
    }
    for (size_t i = 0; i < c->item_count; i++) {
        for (size_t k = 0; k < c->items[i].count; k++) {
            struct version_def *v = &c->items[i].versions[k];
            v->condition_p = policy_compile(c, &c->mem, v->condition, false);
            v->amount_p = policy_compile(c, &c->mem, v->amount, false);
            v->cap_p = policy_compile(c, &c->mem, v->cap, false);
            v->sign_p = policy_compile(c, &c->mem, v->sign, false);
            for (size_t n = 0; n < v->clause_count; n++) {
                v->clauses_p[n] =
                    policy_compile(c, &c->mem, v->clauses[n], false);
            }
        }
    }
}

struct bus_policy_catalogue *
bus_policy_catalogue_new(const struct bus_policy_sources *sources,
                         struct bus_faults *faults)
{
    BUS_CHECK(sources->item_count == 0 || sources->items != NULL);
    struct bus_policy_catalogue *c = bus_calloc(1, sizeof(*c));
    struct loading l = {.c = c,
                        .faults = faults,
                        .models = sources->models,
                        .model_count = sources->model_count};
    size_t before = faults->errors;
    if (c == NULL) {
        faults->out_of_memory = true;
        return NULL;
    }
    bus_arena_init(&c->mem, 1 << 20, CATALOGUE_BYTES_MAX);
    c->facts =
        bus_arena_calloc(&c->mem, BUS_POLICY_FACTS_MAX, sizeof(*c->facts));
    c->models =
        bus_arena_calloc(&c->mem, sources->model_count + 1, sizeof(*c->models));
    if (c->facts != NULL && c->models != NULL) {
        c->model_count = sources->model_count;
        policy_catalogue_load_facts(&l, sources->facts);
        policy_catalogue_load_standards(&l, sources->standards);
        policy_catalogue_check_derived(&l);
        catalogue_load_items(&l, sources);
        policy_check_cycles(&l);
        policy_catalogue_load_rules(&l, sources->interactions);
        policy_needs_load(&l);
        policy_signs_load(&l);
        compile_all(&l);
        policy_plan(&l);
    } else {
        faults->out_of_memory = true;
    }
    if (faults->errors > before || faults->out_of_memory) {
        bus_policy_catalogue_free(c);
        return NULL;
    }
    return c;
}

void bus_policy_catalogue_free(struct bus_policy_catalogue *c)
{
    if (c == NULL) {
        return;
    }
    policy_unplan(c);
    for (size_t i = 0; i < c->model_count; i++) {
        dmn_model_free(c->models[i]);
    }
    bus_map_fini(&c->fact_names);
    bus_map_fini(&c->household_names);
    bus_map_fini(&c->member_names);
    bus_map_fini(&c->standard_names);
    bus_map_fini(&c->item_codes);
    bus_arena_fini(&c->mem);
    bus_free(c);
}
