#include "producers/desk/ask.h"

#include <stdio.h>
#include <string.h>

#include "bus/advice/wants.h"
#include "bus/base/clock.h"
#include "bus/policy/source.h"
#include "producers/desk/desk.h"

#define NAME_MAX_BYTES 96
#define FACTS_MAX      512  /* said of one household */
#define WEIGHT         5040 /* of an item, shared among what it waits for */

bool desk_ask_may(const struct bus_fact *f)
{
    /* What the identity number says, or the page of members asks. */
    static const char *const elsewhere[] = {"address", "phone", "birth_date",
                                            "relation", "sex"};
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (strcmp(elsewhere[i], f->name) == 0) {
            return false;
        }
    }
    return f->derived == NULL && !f->pii;
}

/* --- the household, as far as it was said --- */

struct household
{
    const struct desk_asking *a;
    struct bus_policy_fact *list;
    size_t count;
};

static bool household_value(const struct bus_fact *f,
                            struct bus_strv said,
                            struct bus_policy_fact *to)
{
    int32_t day = 0;
    switch (f->type) {
    case BUS_FACT_MONEY_FEN:
        to->kind = BUS_POLICY_LONG;
        return desk_yuan_to_fen(said, &to->number);
    case BUS_FACT_COUNT:
    case BUS_FACT_NUMBER:
        to->kind = BUS_POLICY_LONG;
        return bus_strv_to_i64(said, &to->number);
    case BUS_FACT_BOOLEAN:
        to->kind = BUS_POLICY_BOOL;
        to->number = bus_strv_is(said, "true");
        return true;
    case BUS_FACT_DATE:
        to->kind = BUS_POLICY_DATE;
        if (!bus_date_parse(said, &day)) {
            return false;
        }
        to->number = day;
        return true;
    default:
        to->kind = BUS_POLICY_TEXT;
        to->text = said;
        return true;
    }
}

static void household_put(struct household *h,
                          int scope,
                          const char *name,
                          int member,
                          struct bus_strv said)
{
    const struct bus_fact *f =
        bus_conf_fact(h->a->config, scope, bus_strv(name));
    char whole[NAME_MAX_BYTES];
    struct bus_policy_fact to = {
        .member = member, .as_of = h->a->day, .source = BUS_STRV("declared")};
    (void)snprintf(whole, sizeof(whole), "%s.%s",
                   scope == BUS_FACT_MEMBER ? "member" : "household", name);
    to.fact = bus_policy_fact_find(h->a->catalogue, bus_strv(whole));
    if (f != NULL && to.fact >= 0 && said.n > 0 && h->count < FACTS_MAX &&
        household_value(f, said, &to)) {
        h->list[h->count++] = to;
    }
}

/* "/facts/area", "/members/3/facts/labour" */
static void household_field(struct household *h, const struct bus_web_field *f)
{
    char name[NAME_MAX_BYTES];
    unsigned m = 0;
    int at = 0;
    if (f->name.n == 0 || f->name.n >= sizeof(name)) {
        return;
    }
    (void)bus_strv_copy(name, sizeof(name), f->name);
    if (strncmp(name, "/facts/", 7) == 0) {
        household_put(h, BUS_FACT_HOUSEHOLD, name + 7, -1, f->value);
    } else if (sscanf(name, "/members/%2u/facts/%n", &m, &at) == 1 && at > 0 &&
               m < h->a->members) {
        household_put(h, BUS_FACT_MEMBER, name + at, (int)m, f->value);
    }
}

static struct bus_strv
household_said(const struct household *h, size_t m, const char *key)
{
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof(name), "/members/%zu/%s", m, key);
    return bus_web_field(h->a->fields, name);
}

/* Birth and sex stand in the number (GB 11643), the relation in its code (GB/T
 * 4761). */
static void household_person(struct household *h, size_t m)
{
    static const char *const relations[] = {
        "self",   "spouse",      "son",     "daughter", "grandchild",
        "parent", "grandparent", "sibling", "other"};
    struct bus_strv id = household_said(h, m, "id_no");
    struct bus_strv relation = household_said(h, m, "relation");
    char birth[BUS_DATE_TEXT + 1];
    if (id.n == 18) {
        (void)snprintf(birth, sizeof(birth), "%.4s-%.2s-%.2s", id.p + 6,
                       id.p + 10, id.p + 12);
        household_put(h, BUS_FACT_MEMBER, "birth_date", (int)m,
                      bus_strv(birth));
        household_put(h, BUS_FACT_MEMBER, "sex", (int)m,
                      (id.p[16] - '0') % 2 == 0 ? BUS_STRV("female")
                                                : BUS_STRV("male"));
    }
    if (m == 0) {
        relation = BUS_STRV("0");
    }
    if (relation.n == 1 && relation.p[0] >= '0' && relation.p[0] <= '8') {
        household_put(h, BUS_FACT_MEMBER, "relation", (int)m,
                      bus_strv(relations[relation.p[0] - '0']));
    }
}

/* --- what is left to ask --- */

static bool ask_asked(const struct desk_asking *a, struct bus_strv fact)
{
    for (size_t i = 0; i < a->fields->count; i++) {
        const struct bus_web_field *f = &a->fields->list[i];
        if (bus_strv_is(f->name, DESK_ASKED) && bus_strv_eq(f->value, fact)) {
            return true;
        }
    }
    return false;
}

/* The dictionary's fact, if a page may ask it and has not; else NULL. */
static const struct bus_fact *ask_open(const struct desk_asking *a, int fact)
{
    struct bus_strv name = bus_policy_fact_name(a->catalogue, fact);
    const char *dot = name.n > 0 ? memchr(name.p, '.', name.n) : NULL;
    if (dot == NULL || ask_asked(a, name)) {
        return NULL;
    }
    struct bus_strv bare = {dot + 1, name.n - (size_t)(dot + 1 - name.p)};
    const struct bus_fact *f = bus_conf_fact(
        a->config, name.p[0] == 'm' ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
        bare);
    return f != NULL && desk_ask_may(f) ? f : NULL;
}

static int ask_begun(const struct desk_asking *a,
                     const struct bus_policy_household *h,
                     struct bus_arena *mem,
                     struct desk_question *ret,
                     struct bus_err *err)
{
    struct bus_advice_wants *w = bus_arena_calloc(mem, 1, sizeof(*w));
    if (w == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for what to ask");
    }
    BUS_TRY(bus_advice_wants(a->catalogue, h, a->day, false, mem, w, err));
    for (size_t i = 0; i < w->count && ret->fact == NULL; i++) {
        *ret =
            (struct desk_question){ask_open(a, w->list[i].fact),
                                   w->list[i].members, w->list[i].items, false};
    }
    return BUS_OK;
}

/* What one fact would decide, over all items. */
struct ask_weight
{
    uint64_t members;
    size_t items, weight, last; /* last: the item counted, + 1 */
};

static void ask_weigh(const struct desk_asking *a,
                      const struct bus_policy_verdict_of *v,
                      struct ask_weight *of)
{
    for (size_t i = 0; i < v->missing_count; i++) {
        const struct bus_policy_missing *m = &v->missing[i];
        const struct bus_fact *f = ask_open(a, m->fact);
        struct ask_weight *to = &of[m->fact];
        if (f == NULL || (!v->sign && f->sign != BUS_FACT_SIGN_TELLS)) {
            continue;
        }
        if (m->member >= 0 && m->member < 64) {
            to->members |= UINT64_C(1) << m->member;
        }
        if (to->last != (size_t)v->item + 1) {
            to->last = (size_t)v->item + 1;
            to->items++;
            to->weight += WEIGHT / v->missing_count;
        }
    }
}

static int ask_opening(const struct desk_asking *a,
                       const struct bus_policy_household *h,
                       struct bus_arena *mem,
                       struct desk_question *ret,
                       struct bus_err *err)
{
    size_t facts = bus_policy_fact_count(a->catalogue), best = 0;
    struct bus_policy_result r = {0};
    struct ask_weight *of = bus_arena_calloc(mem, facts + 1, sizeof(*of));
    if (of == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for what to ask");
    }
    BUS_TRY(bus_policy_evaluate(a->catalogue, h, a->day, BUS_POLICY_REASONS,
                                mem, &r, err));
    for (size_t i = 0; i < r.count; i++) {
        if (r.items[i].verdict == BUS_POLICY_UNDETERMINED &&
            r.items[i].left_out_by.n == 0) {
            ask_weigh(a, &r.items[i], of);
        }
    }
    for (size_t i = 0; i < facts; i++) {
        best = of[i].weight > of[best].weight ? i : best;
    }
    if (of[best].weight > 0) {
        *ret = (struct desk_question){ask_open(a, (int)best), of[best].members,
                                      of[best].items, true};
    }
    return BUS_OK;
}

int desk_ask_next(const struct desk_asking *a,
                  struct bus_arena *mem,
                  struct desk_question *ret,
                  struct bus_err *err)
{
    struct household h = {
        a, bus_arena_calloc(mem, FACTS_MAX, sizeof(struct bus_policy_fact)), 0};
    *ret = (struct desk_question){0};
    if (h.list == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    for (size_t m = 0; m < a->members; m++) {
        household_person(&h, m);
    }
    for (size_t i = 0; i < a->fields->count; i++) {
        household_field(&h, &a->fields->list[i]);
    }
    const struct bus_policy_household said = {
        .member_count = a->members, .facts = h.list, .fact_count = h.count};
    BUS_TRY(ask_begun(a, &said, mem, ret, err));
    return ret->fact != NULL ? BUS_OK : ask_opening(a, &said, mem, ret, err);
}
