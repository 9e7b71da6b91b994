/* What speaks for an item while facts are missing: its signs. An item that
 * people may begin before all is known is begun only where one of them is
 * there; everywhere else nobody is bothered.
 *
 * An item writes its signs in FEEL (`signs:`), or they are taken out of its
 * condition: the clauses that read a telling fact, any of which will do. Facts
 * that most households have tell nothing (`sign: none` in facts.yaml), and
 * those that say who a member is (`sign: who`) only narrow: of "a member of 0
 * to 6, disabled" the sign is a disabled member of that age. What is denied,
 * and what holds of every member, is no sign. */
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/catalogue_types.h"
#include "bus/policy/clause_parts.h"
#include "bus/policy/source.h"

#define SIGN_BYTES_MAX (16u << 10)

struct weighing /* of one clause */
{
    const struct bus_policy_catalogue *c;
    bool tells, who; /* some fact of it does; all of them are of that sort */
    size_t facts;
};

static void weigh_fact(void *data,
                       struct bus_strv base,
                       struct bus_strv name,
                       size_t offset)
{
    (void)offset;
    struct weighing *w = data;
    if (bus_strv_is(base, "standard") || bus_strv_is(base, "标准")) {
        return;
    }
    bool household =
        bus_strv_is(base, "household") || bus_strv_is(base, "家庭");
    const struct fact_def *f = bus_map_get(
        household ? &w->c->household_names : &w->c->member_names, name);
    if (f != NULL) {
        w->facts++;
        w->tells |= f->sign == SIGN_TELLS;
        w->who &= f->sign == SIGN_WHO;
    }
}

static struct weighing clause_weigh(struct loading *l, struct bus_strv clause)
{
    struct weighing w = {.c = l->c, .who = true};
    struct feel_error e;
    const struct feel_node *tree = feel_parse(clause, &l->c->mem, &e);
    if (tree != NULL) {
        feel_reads(tree, weigh_fact, &w);
    }
    w.who &= w.facts > 0;
    l->faults->out_of_memory |= l->c->mem.refused != BUS_ARENA_GAVE;
    return w;
}

static void put_one_of(struct bus_buf *to, const char *between)
{
    bus_buf_puts(to, to->len > 0 ? between : "");
}

/* Behind "satisfies" of `some m in members satisfies`; the text's end. */
static size_t past_satisfies(struct bus_strv s)
{
    for (size_t i = 0; i < s.n;) {
        if (!policy_clause_name_char(s.p[i])) {
            i++;
            continue;
        }
        struct bus_strv w = policy_clause_word(s, i);
        i += w.n;
        if (bus_strv_is(w, "satisfies")) {
            return i;
        }
    }
    return s.n;
}

/* tells: what any of will do; who: what all must be. Calls itself for what
 * holds of some member: as deep as the text's `some`s. */
static void take_signs(struct loading *l,
                       struct bus_strv text,
                       struct bus_buf *tells,
                       struct bus_buf *who)
{
    struct bus_strv parts[BUS_POLICY_CLAUSES_MAX];
    size_t n = bus_policy_clauses(text, parts, BUS_POLICY_CLAUSES_MAX);
    n = n < BUS_POLICY_CLAUSES_MAX ? n : BUS_POLICY_CLAUSES_MAX;
    for (size_t i = 0; i < n; i++) {
        struct bus_strv p = parts[i], first = policy_clause_word(p, 0);
        if (bus_strv_is(first, "not") || bus_strv_is(first, "非") ||
            bus_strv_is(first, "every")) {
            continue;
        }
        if (bus_strv_is(first, "some")) {
            size_t at = past_satisfies(p);
            struct bus_buf own = {0}, own_who = {0};
            take_signs(l, (struct bus_strv){p.p + at, p.n - at}, &own,
                       &own_who);
            if (own.len > 0) {
                put_one_of(tells, " or ");
                bus_buf_printf(tells, "(%.*s %s%s(%s))", (int)at, p.p,
                               bus_buf_cstr(&own_who),
                               own_who.len > 0 ? " and " : "",
                               bus_buf_cstr(&own));
            }
            tells->failed |= own.failed || own_who.failed;
            bus_buf_fini(&own);
            bus_buf_fini(&own_who);
            continue;
        }
        struct weighing w = clause_weigh(l, p);
        struct bus_buf *to = w.tells ? tells : w.who ? who : NULL;
        if (to != NULL) {
            put_one_of(to, w.tells ? " or " : " and ");
            bus_buf_printf(to, "(%.*s)", BUS_STRV_ARG(p));
        }
    }
}

static void signs_derive(struct loading *l, struct version_def *v)
{
    const struct bus_node *feel =
        bus_node_get(bus_node_get(v->node, "condition"), "feel");
    struct bus_buf tells = {.max_bytes = SIGN_BYTES_MAX};
    struct bus_buf who = {.max_bytes = SIGN_BYTES_MAX};
    if (feel != NULL) {
        take_signs(l, feel->text, &tells, &who);
    }
    if (tells.len > 0 && !tells.failed) {
        struct feel_error e;
        char *text =
            bus_arena_strndup(&l->c->mem, (const char *)tells.data, tells.len);
        v->sign_text = (struct bus_strv){text, text ? tells.len : 0};
        v->sign = text ? feel_parse(v->sign_text, &l->c->mem, &e) : NULL;
        v->sign_derived = true;
    }
    l->faults->out_of_memory |= tells.failed || who.failed;
    bus_buf_fini(&tells);
    bus_buf_fini(&who);
}

/* What a sign reads the item reads: nobody learns more by it. */
static void check_reads(struct loading *l,
                        const struct version_def *v,
                        const struct bus_node *at)
{
    struct bus_policy_facts reads = {0};
    policy_catalogue_reads(l->c, v->sign, &reads);
    for (size_t f = 0; f < l->c->fact_count; f++) {
        if (bus_policy_facts_has(&reads, (int)f) &&
            !bus_policy_facts_has(&v->reads, (int)f)) {
            bus_faults_add(l->faults, at->at, v->item.code.p,
                           "signs: '%s' is no fact that the item reads / "
                           "表征用到了本事项规则不用的事实",
                           l->c->facts[f].name.p);
        }
    }
}

static void
load_signs(struct loading *l, const struct item_def *it, struct version_def *v)
{
    const struct bus_node *own = bus_node_get(v->node, "signs");
    own = own ? own : bus_node_get(it->node, "signs");
    const struct bus_node *feel = bus_node_get(own, "feel");
    BUS_CHECK(v->sign == NULL);
    if (own != NULL && feel == NULL) {
        bus_faults_add(l->faults, own->at, it->code.p,
                       "signs: must be {feel: ...} / 表征应写成 {feel: ...}");
        return;
    }
    if (feel != NULL) {
        v->sign = policy_catalogue_feel(l, feel, it->code.p);
        v->sign_text = feel->text;
        policy_catalogue_check_kinds(l, feel, v->sign, it->code.p,
                                     FEEL_BOOLEAN);
        check_reads(l, v, feel);
        return;
    }
    if (v->condition != NULL) {
        signs_derive(l, v);
    }
    if (v->sign == NULL && v->condition != NULL) {
        bus_faults_warn(l->faults, v->node->at, it->code.p,
                        "startable, and no clause of its condition is a sign "
                        "by itself: nobody begins before all is known; write "
                        "`signs: {feel: ...}` / "
                        "可先行启动,而条件中没有可作表征的事实,请写 signs");
    }
}

struct bus_strv bus_policy_signs_of(const struct bus_policy_catalogue *c,
                                    size_t i,
                                    int32_t rule_date,
                                    bool *ret_derived)
{
    BUS_CHECK(i < c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[i], rule_date);
    *ret_derived = v != NULL && v->sign_derived;
    return v != NULL ? v->sign_text : (struct bus_strv){0};
}

void policy_signs_load(struct loading *l)
{
    for (size_t i = 0; i < l->c->item_count; i++) {
        struct item_def *it = &l->c->items[i];
        for (size_t k = 0; k < it->count; k++) {
            if (it->versions[k].item.startable ||
                bus_node_get(it->node, "signs") != NULL) {
                load_signs(l, it, &it->versions[k]);
            }
        }
    }
}
