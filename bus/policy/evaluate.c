/* One household at one date: every item in force, in three values.
 *
 * Facts are asked for only when an expression reads them; a derived fact is
 * worked out once. The result lives in the caller's arena. */
#include <assert.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/number.h"
#include "bus/policy/source.h"

#define MEMBERS_MAX 64

struct household_view
{
    const struct bus_policy_catalogue *c;
    const struct bus_policy_household *h;
    struct bus_arena *mem;
    struct feel_env *env;
    int32_t rule_date;
    const struct bus_policy_fact **given; /* [fact * width + member + 1] */
    struct feel_value **derived;          /* the same, worked out */
    struct feel_value **standards;
    uint8_t *busy; /* derived facts in work: one that needs itself */
    size_t width;
    struct feel_value members; /* list of things */
    struct feel_value beneficiaries;
    bool has_beneficiaries;
};

static struct feel_value of_fact(const struct bus_policy_fact *f)
{
    switch (f->kind) {
    case BUS_POLICY_BOOL:
        return feel_bool(f->number != 0);
    case BUS_POLICY_LONG:
        return feel_long(f->number);
    case BUS_POLICY_DATE:
        return feel_days_date((int32_t)f->number);
    case BUS_POLICY_TEXT:
        return feel_string(f->text);
    case BUS_POLICY_NULL:
        break;
    }
    return feel_null;
}

static struct feel_value fact_value(struct household_view *w,
                                    const struct fact_def *f,
                                    const struct feel_value *self,
                                    int member)
{
    int fact = (int)(f - w->c->facts);
    size_t at = (size_t)fact * w->width + (size_t)(member + 1);
    if (w->given[at] != NULL) {
        return of_fact(w->given[at]);
    }
    if (f->derived == NULL) {
        return feel_unknown(w->mem, fact, member);
    }
    if (w->derived[at] != NULL) {
        return *w->derived[at];
    }
    if (w->busy[at]) {
        return feel_wrong("a derived fact that needs itself");
    }
    w->busy[at] = 1;
    struct feel_value v =
        feel_eval_in(f->derived, w->env, f->member ? self : NULL);
    w->busy[at] = 0;
    w->derived[at] = bus_arena_dup(w->mem, &v, sizeof(v));
    return v;
}

static const struct standard_value *in_force(const struct standard_def *s,
                                             int32_t day)
{
    const struct standard_value *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->values[i].from <= day &&
            (best == NULL || s->values[i].from >= best->from)) {
            best = &s->values[i];
        }
    }
    return best;
}

static struct feel_value standard_value(struct household_view *w,
                                        const struct standard_def *s)
{
    size_t at = (size_t)(s - w->c->standards);
    if (w->standards[at] != NULL) {
        return *w->standards[at];
    }
    const struct standard_value *v = in_force(s, w->rule_date);
    struct feel_value r = feel_wrong("no standard in force on that day");
    if (s->derived != NULL) {
        r = feel_eval_in(s->derived, w->env, NULL);
    } else if (v != NULL && v->by < 0) {
        r = v->value;
    } else if (v != NULL) {
        struct feel_value word = fact_value(w, &w->c->facts[v->by], NULL, -1);
        r = word.kind == FEEL_UNKNOWN ? word : feel_wrong("no such word");
        char text[64];
        const struct bus_node *n =
            word.kind == FEEL_STRING
                ? bus_node_get(v->in,
                               bus_strv_copy(text, sizeof(text), word.string))
                : NULL;
        if (n != NULL) {
            (void)feel_number_parse(n->text, &r);
        }
    }
    w->standards[at] = bus_arena_dup(w->mem, &r, sizeof(r));
    return r;
}

static bool property(void *data,
                     const struct feel_value *thing,
                     struct bus_strv name,
                     struct feel_value *ret)
{
    struct household_view *w = data;
    if (thing->thing.what == FEEL_STANDARDS) {
        const struct standard_def *s = bus_map_get(&w->c->standard_names, name);
        if (s != NULL) {
            *ret = standard_value(w, s);
        }
        return s != NULL;
    }
    bool member = thing->thing.what == FEEL_MEMBER;
    const struct fact_def *f = bus_map_get(
        member ? &w->c->member_names : &w->c->household_names, name);
    if (f != NULL) {
        *ret = fact_value(w, f, thing, member ? thing->thing.index : -1);
    }
    return f != NULL;
}

static bool global(void *data, struct bus_strv name, struct feel_value *ret)
{
    struct household_view *w = data;
    *ret = (struct feel_value){.kind = FEEL_THING};
    if (bus_strv_is(name, "household") || bus_strv_is(name, "家庭")) {
        ret->thing.what = FEEL_HOUSEHOLD;
    } else if (bus_strv_is(name, "standard") || bus_strv_is(name, "标准")) {
        ret->thing.what = FEEL_STANDARDS;
    } else if (bus_strv_is(name, "members") || bus_strv_is(name, "成员")) {
        *ret = w->members;
    } else if (bus_strv_is(name, "rule_date") ||
               bus_strv_is(name, "适用日期")) {
        *ret = feel_days_date(w->rule_date);
    } else if (w->has_beneficiaries && (bus_strv_is(name, "beneficiaries") ||
                                        bus_strv_is(name, "受益人"))) {
        *ret = w->beneficiaries;
    } else {
        return false;
    }
    return true;
}

static int open_view(struct household_view *w, struct bus_err *err)
{
    const struct bus_policy_household *h = w->h;
    w->width = h->member_count + 1;
    size_t cells = w->c->fact_count * w->width;
    struct feel_value *members =
        bus_arena_calloc(w->mem, h->member_count + 1, sizeof(*members));
    w->given = bus_arena_calloc(w->mem, cells + 1, sizeof(*w->given));
    w->derived = bus_arena_calloc(w->mem, cells + 1, sizeof(*w->derived));
    w->busy = bus_arena_calloc(w->mem, cells + 1, 1);
    w->standards = bus_arena_calloc(w->mem, w->c->standard_count + 1,
                                    sizeof(*w->standards));
    if (members == NULL || w->given == NULL || w->derived == NULL ||
        w->busy == NULL || w->standards == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    for (size_t i = 0; i < h->member_count; i++) {
        members[i].kind = FEEL_THING;
        members[i].thing.what = FEEL_MEMBER;
        members[i].thing.index = (int)i;
    }
    w->members = (struct feel_value){.kind = FEEL_LIST,
                                     .list = {members, h->member_count}};
    for (size_t i = 0; i < h->fact_count; i++) {
        const struct bus_policy_fact *f = &h->facts[i];
        assert(f->fact >= 0 && (size_t)f->fact < w->c->fact_count);
        if (w->c->facts[f->fact].derived == NULL) {
            w->given[(size_t)f->fact * w->width + (size_t)(f->member + 1)] = f;
        }
    }
    return BUS_OK;
}

static struct feel_value eval(struct household_view *w,
                              const struct feel_node *n)
{
    w->env->steps = 0;
    w->env->bound = NULL;
    return feel_eval(n, w->env);
}

/* The clauses that decided: all of a yes, the false ones of a no, the open
 * ones of a question. */
static int reasons(struct household_view *w,
                   const struct version_def *v,
                   struct bus_policy_verdict_of *to)
{
    struct bus_strv *list =
        bus_arena_alloc(w->mem, (v->clause_count + 1) * sizeof(*list));
    if (list == NULL) {
        return BUS_ETOOBIG;
    }
    for (size_t i = 0; i < v->clause_count; i++) {
        struct feel_value r = eval(w, v->clauses[i]);
        bool yes = r.kind == FEEL_BOOLEAN && r.boolean;
        bool open = r.kind == FEEL_UNKNOWN;
        if (to->verdict == BUS_POLICY_ELIGIBLE ||
            (to->verdict == BUS_POLICY_UNDETERMINED && open) ||
            (to->verdict == BUS_POLICY_NOT_ELIGIBLE && !yes && !open)) {
            list[to->reason_count++] = v->clause_keys[i];
        }
    }
    to->reasons = list;
    return BUS_OK;
}

static int missing(struct household_view *w,
                   const struct feel_value *r,
                   struct bus_policy_verdict_of *to)
{
    size_t n = r->kind == FEEL_UNKNOWN ? r->missing->n : 0;
    struct bus_policy_missing *list =
        bus_arena_alloc(w->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return BUS_ETOOBIG;
    }
    for (size_t i = 0; i < n; i++) {
        list[i].fact = FEEL_MISSING_FACT(r->missing->v[i]);
        list[i].member = FEEL_MISSING_MEMBER(r->missing->v[i]);
    }
    to->missing = list;
    to->missing_count = n;
    return BUS_OK;
}

static void amount(struct household_view *w,
                   const struct version_def *v,
                   struct bus_policy_verdict_of *to)
{
    if (v->amount == NULL) {
        return;
    }
    if (v->beneficiaries != NULL) {
        w->beneficiaries = eval(w, v->beneficiaries);
        w->has_beneficiaries = true;
    }
    struct feel_value a = eval(w, v->amount);
    to->amount = a.kind == FEEL_UNKNOWN ? BUS_POLICY_AMOUNT_UNKNOWN
                                        : BUS_POLICY_AMOUNT_BROKEN;
    bool capped = false;
    if (v->cap != NULL && a.kind == FEEL_NUMBER) {
        struct feel_value cap = eval(w, v->cap);
        capped = cap.kind == FEEL_NUMBER && feel_number_cmp(&a, &cap) > 0;
        a = capped ? cap : a;
    }
    w->has_beneficiaries = false;
    int64_t fen = 0;
    if (a.kind == FEEL_NUMBER && feel_number_to_long(&a, &fen)) {
        to->amount = fen < 0  ? BUS_POLICY_AMOUNT_NEGATIVE
                     : capped ? BUS_POLICY_AMOUNT_CAPPED
                              : BUS_POLICY_AMOUNT_GIVEN;
        to->has_amount = fen >= 0;
        to->amount_fen = fen < 0 ? 0 : fen;
    }
}

static bool fen_of(struct feel_value v, int64_t *ret)
{
    return v.kind == FEEL_NUMBER && feel_number_to_long(&v, ret) && *ret >= 0;
}

/* What each beneficiary gets of the amount; false if it cannot be taken apart
 * (then the item is the household's as one). */
static bool take_apart(struct household_view *w,
                       const struct version_def *v,
                       const struct feel_value *people,
                       struct bus_policy_share *list,
                       int64_t total)
{
    int64_t sum = 0;
    for (size_t i = 0; i < people->list.n; i++) {
        const struct feel_value *one = &people->list.v[i];
        if (one->kind != FEEL_THING || one->thing.what != FEEL_MEMBER) {
            return false;
        }
        list[i] = (struct bus_policy_share){.member = one->thing.index};
        if (v->amount == NULL) {
            continue;
        }
        w->beneficiaries =
            (struct feel_value){.kind = FEEL_LIST, .list = {one, 1}};
        w->has_beneficiaries = true;
        bool well = fen_of(eval(w, v->amount), &list[i].full_fen);
        w->has_beneficiaries = false;
        if (!well || __builtin_add_overflow(sum, list[i].full_fen, &sum)) {
            return false;
        }
    }
    return people->list.n > 0 && sum == total;
}

static int shares(struct household_view *w,
                  const struct item_def *it,
                  const struct version_def *v,
                  struct bus_policy_verdict_of *to)
{
    if (it->related < 0 || to->verdict != BUS_POLICY_ELIGIBLE) {
        return BUS_OK;
    }
    struct feel_value people = feel_null;
    if (v->beneficiaries != NULL && !it->whole) {
        people = eval(w, v->beneficiaries);
    }
    size_t n = people.kind == FEEL_LIST ? people.list.n : 0;
    struct bus_policy_share *list =
        bus_arena_calloc(w->mem, n + 1, sizeof(*list));
    if (list == NULL) {
        return BUS_ETOOBIG;
    }
    if (n == 0 || !take_apart(w, v, &people, list, to->amount_fen)) {
        list[0] =
            (struct bus_policy_share){.member = -1, .full_fen = to->amount_fen};
        n = 1;
    }
    to->shares = list;
    to->share_count = n;
    return BUS_OK;
}

/* X6: a fact of a member that excludes the item. One that is not known yet is
 * asked for; it excludes nobody. */
static int shut_out(struct household_view *w,
                    const struct item_def *it,
                    struct bus_policy_verdict_of *to)
{
    size_t asked = to->share_count * it->shut_count;
    struct bus_policy_missing *list = bus_arena_alloc(
        w->mem, (to->missing_count + asked + 1) * sizeof(*list));
    if (list == NULL) {
        return BUS_ETOOBIG;
    }
    if (to->missing_count > 0) {
        memcpy(list, to->missing, to->missing_count * sizeof(*list));
    }
    for (size_t k = 0; k < asked; k++) {
        struct bus_policy_share *s =
            (struct bus_policy_share *)&to->shares[k / it->shut_count];
        int fact = it->shuts[k % it->shut_count].fact;
        const struct fact_def *f = &w->c->facts[fact];
        if (f->member != (s->member >= 0)) {
            continue;
        }
        struct feel_value self = {.kind = FEEL_THING};
        self.thing.what = FEEL_MEMBER;
        self.thing.index = s->member;
        struct feel_value v = fact_value(w, f, &self, s->member);
        if (v.kind == FEEL_BOOLEAN && v.boolean) {
            s->left_out_by = w->c->rules[it->shuts[k % it->shut_count].rule].id;
        } else if (v.kind == FEEL_UNKNOWN) {
            list[to->missing_count++] =
                (struct bus_policy_missing){fact, s->member};
        }
    }
    to->missing = list;
    return BUS_OK;
}

static int judge(struct household_view *w,
                 const struct version_def *v,
                 enum bus_policy_depth depth,
                 struct bus_policy_verdict_of *to)
{
    struct feel_value r = eval(w, v->condition);
    to->verdict = BUS_POLICY_FAILED;
    if (r.kind == FEEL_BOOLEAN) {
        to->verdict = r.boolean ? BUS_POLICY_ELIGIBLE : BUS_POLICY_NOT_ELIGIBLE;
    } else if (r.kind == FEEL_UNKNOWN) {
        to->verdict = BUS_POLICY_UNDETERMINED;
    } else if (r.kind == FEEL_NULL && r.why == NULL) {
        to->verdict = BUS_POLICY_NOT_ELIGIBLE; /* what is known to be absent */
    } else {
        to->failure = r.kind == FEEL_NULL ? r.why : "no boolean";
    }
    bool open = to->verdict == BUS_POLICY_ELIGIBLE ||
                to->verdict == BUS_POLICY_UNDETERMINED;
    if (open) {
        amount(w, v, to);
    }
    if (depth == BUS_POLICY_VERDICTS) {
        return BUS_OK;
    }
    int rc = reasons(w, v, to);
    return rc == BUS_OK ? missing(w, &r, to) : rc;
}

int bus_policy_evaluate(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        enum bus_policy_depth depth,
                        struct bus_arena *mem,
                        struct bus_policy_result *ret,
                        struct bus_err *err)
{
    struct household_view w = {
        .c = c, .h = h, .mem = mem, .rule_date = rule_date};
    struct feel_env env = {
        .mem = mem, .data = &w, .global = global, .property = property};
    w.env = &env;
    if (h->member_count > MEMBERS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%zu members; at most %d",
                        h->member_count, MEMBERS_MAX);
    }
    struct bus_policy_verdict_of *items =
        bus_arena_calloc(mem, c->item_count + 1, sizeof(*items));
    int rc = items ? open_view(&w, err)
                   : bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
    if (rc != BUS_OK) {
        return rc;
    }
    size_t n = 0;
    for (size_t i = 0; i < c->item_count; i++) {
        const struct version_def *v =
            catalogue_version_at(&c->items[i], rule_date);
        if (v == NULL) {
            continue;
        }
        items[n].item = (int)i;
        if (judge(&w, v, depth, &items[n]) != BUS_OK ||
            (depth == BUS_POLICY_REASONS &&
             (shares(&w, &c->items[i], v, &items[n]) != BUS_OK ||
              shut_out(&w, &c->items[i], &items[n]) != BUS_OK))) {
            return bus_fail(err, BUS_ETOOBIG, "no room for the reasons");
        }
        n++;
    }
    if (depth == BUS_POLICY_REASONS) {
        rc = policy_interact(c, items, n, h->member_count, rule_date, mem, err);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    *ret = (struct bus_policy_result){.items = items, .count = n};
    return BUS_OK;
}

int bus_policy_evaluate_item(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int item,
                             enum bus_policy_depth depth,
                             struct bus_arena *mem,
                             struct bus_policy_verdict_of *ret,
                             struct bus_err *err)
{
    assert(item >= 0 && (size_t)item < c->item_count);
    struct household_view w = {
        .c = c, .h = h, .mem = mem, .rule_date = rule_date};
    struct feel_env env = {
        .mem = mem, .data = &w, .global = global, .property = property};
    w.env = &env;
    const struct version_def *v =
        catalogue_version_at(&c->items[item], rule_date);
    struct bus_policy_verdict_of one = {.item = item};
    int rc = BUS_OK;
    if (v == NULL) {
        rc = bus_fail(err, BUS_EUNKNOWN, "no version of %.*s on that day",
                      BUS_STRV_ARG(c->items[item].code));
    } else if (h->member_count > MEMBERS_MAX) {
        rc = bus_fail(err, BUS_ETOOBIG, "%zu members; at most %d",
                      h->member_count, MEMBERS_MAX);
    } else if ((rc = open_view(&w, err)) == BUS_OK &&
               judge(&w, v, depth, &one) != BUS_OK) {
        rc = bus_fail(err, BUS_ETOOBIG, "no room for the reasons");
    }
    if (rc == BUS_OK) {
        *ret = one;
    }
    return rc;
}

/* --- single values, for who explains --- */

static struct bus_strv text_of(const struct feel_value *v,
                               struct bus_arena *mem)
{
    char number[64], day[16];
    const char *t = "-";
    switch (v->kind) {
    case FEEL_STRING:
        return v->string;
    case FEEL_BOOLEAN:
        t = v->boolean ? "true" : "false";
        break;
    case FEEL_NUMBER:
        t = feel_number_text(v, number, sizeof(number));
        break;
    case FEEL_DATE:
        t = bus_date_text((int32_t)v->when.day, day);
        break;
    case FEEL_UNKNOWN:
        t = "?";
        break;
    default: /* no fact is of another kind */
        break;
    }
    return bus_strv(bus_arena_strdup(mem, t));
}

static int one_value(const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     const struct fact_def *fact,
                     int member,
                     const struct standard_def *standard,
                     struct bus_arena *mem,
                     struct bus_strv *ret)
{
    struct household_view w = {
        .c = c, .h = h, .mem = mem, .rule_date = rule_date};
    struct feel_env env = {
        .mem = mem, .data = &w, .global = global, .property = property};
    w.env = &env;
    int rc = h->member_count > MEMBERS_MAX ? BUS_ETOOBIG : open_view(&w, NULL);
    if (rc != BUS_OK) {
        return rc;
    }
    struct feel_value self = {.kind = FEEL_THING};
    self.thing.what = FEEL_MEMBER;
    self.thing.index = member;
    struct feel_value v = fact ? fact_value(&w, fact, &self, member)
                               : standard_value(&w, standard);
    *ret = text_of(&v, mem);
    return BUS_OK;
}

int bus_policy_fact_text(const struct bus_policy_catalogue *c,
                         const struct bus_policy_household *h,
                         int32_t rule_date,
                         struct bus_policy_missing which,
                         struct bus_arena *mem,
                         struct bus_strv *ret)
{
    return one_value(c, h, rule_date, &c->facts[which.fact], which.member, NULL,
                     mem, ret);
}

int bus_policy_standard_text(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int standard,
                             struct bus_arena *mem,
                             struct bus_strv *ret)
{
    return one_value(c, h, rule_date, NULL, -1, &c->standards[standard], mem,
                     ret);
}
