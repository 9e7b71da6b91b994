#include "bus/advice/sample.h"

#include <string.h>

#include "bus/policy/source.h"

#define FIGURE_MAX INT64_C(1000000000000)
#define SMALL_MAX  200

static void sample_keep(struct bus_advice_sampler *s, int64_t v)
{
    bool small = v <= SMALL_MAX;
    int64_t *list = small ? s->small : s->big;
    size_t *n = small ? &s->small_count : &s->big_count;
    for (size_t i = 0; i < *n; i++) {
        if (list[i] == v) {
            return;
        }
    }
    if (*n < BUS_POLICY_SAMPLE_NUMBERS) {
        list[(*n)++] = v;
    }
}

/* The whole numbers of a text, not those inside names. */
static void glean_text(struct bus_advice_sampler *s, struct bus_strv t)
{
    for (size_t i = 0; i < t.n;) {
        bool digit = t.p[i] >= '0' && t.p[i] <= '9';
        char before = i > 0 ? t.p[i - 1] : ' ';
        bool inside = before == '_' || before == '.' ||
                      ((before | 0x20) >= 'a' && (before | 0x20) <= 'z');
        int64_t v = 0;
        if (!digit) {
            i++;
            continue;
        }
        for (; i < t.n && t.p[i] >= '0' && t.p[i] <= '9'; i++) {
            v = v < FIGURE_MAX ? v * 10 + (t.p[i] - '0') : v;
        }
        if (!inside && v < FIGURE_MAX) {
            sample_keep(s, v);
        }
    }
}

/* Every scalar below; trees are at most as deep as their reader allows. */
static void sample_glean(struct bus_advice_sampler *s, const struct bus_node *n)
{
    if (n == NULL) {
        return;
    }
    switch (n->kind) {
    case BUS_NODE_SCALAR:
        glean_text(s, n->text);
        break;
    case BUS_NODE_LIST:
        for (uint32_t i = 0; i < n->count; i++) {
            sample_glean(s, n->items[i]);
        }
        break;
    case BUS_NODE_MAP:
        for (uint32_t i = 0; i < n->count; i++) {
            if (!bus_strv_is(n->pairs[i].key->text, "from")) {
                sample_glean(s, n->pairs[i].value);
            }
        }
        break;
    }
}

void bus_advice_sampler_init(struct bus_advice_sampler *s,
                             const struct bus_policy_catalogue *c,
                             int32_t day,
                             uint64_t seed)
{
    *s = (struct bus_advice_sampler){.c = c, .day = day, .state = seed};
    sample_keep(s, 0);
    sample_keep(s, 1);
    for (size_t i = 0; i < bus_policy_item_count(c); i++) {
        const struct bus_node *v = bus_policy_version_node(c, i, day);
        sample_glean(s, bus_node_get(bus_node_get(v, "condition"), "feel"));
        sample_glean(s, bus_node_get(bus_node_get(v, "amount"), "feel"));
    }
    for (size_t i = 0; i < bus_policy_fact_count(c); i++) {
        sample_glean(s,
                     bus_node_get(bus_policy_fact_node(c, (int)i), "derived"));
    }
    for (size_t i = 0; i < bus_policy_standard_count(c); i++) {
        sample_glean(s, bus_node_get(bus_policy_standard_node(c, i), "values"));
    }
    if (s->big_count == 0) {
        s->big[s->big_count++] = 100000;
    }
}

uint64_t bus_advice_sampler_next(struct bus_advice_sampler *s)
{
    uint64_t z = (s->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t bus_advice_sampler_upto(struct bus_advice_sampler *s, uint64_t n)
{
    return n == 0 ? 0 : bus_advice_sampler_next(s) % n;
}

static int64_t sample_small(struct bus_advice_sampler *s)
{
    if (bus_advice_sampler_upto(s, 2) == 0) {
        return (int64_t)bus_advice_sampler_upto(s, 8);
    }
    int64_t v = s->small[bus_advice_sampler_upto(s, s->small_count)] +
                (int64_t)bus_advice_sampler_upto(s, 3) - 1;
    return v < 0 ? 0 : v;
}

static int64_t sample_money(struct bus_advice_sampler *s, size_t members)
{
    uint64_t how = bus_advice_sampler_upto(s, 8);
    if (how == 0) {
        return 0;
    }
    if (how < 4) { /* any size: digits first */
        uint64_t top = 10;
        for (uint64_t d = bus_advice_sampler_upto(s, 9); d > 0; d--) {
            top *= 10;
        }
        return (int64_t)bus_advice_sampler_upto(s, top);
    }
    int64_t v = s->big[bus_advice_sampler_upto(s, s->big_count)];
    v *= how >= 6 ? 12 : 1;
    v *= how % 2 ? (int64_t)(members ? members : 1) : 1;
    v += (int64_t)bus_advice_sampler_upto(s, 3) - 1;
    return v < 0 ? 0 : v;
}

/* Nobody may say what is beyond the fact's bounds. */
static void sample_clamp(const struct bus_advice_sampler *s,
                         struct bus_policy_fact *f)
{
    const struct bus_bounds *b = bus_policy_fact_bounds(s->c, f->fact);
    int64_t max = b->to_today && b->max > s->day ? s->day : b->max;
    if (f->kind == BUS_POLICY_LONG || f->kind == BUS_POLICY_DATE) {
        f->number = f->number < b->min ? b->min
                    : f->number > max  ? max
                                       : f->number;
    }
}

void bus_advice_sample_value(struct bus_advice_sampler *s,
                             size_t members,
                             struct bus_policy_fact *f)
{
    const struct bus_node *body = bus_policy_fact_node(s->c, f->fact);
    const struct bus_node *type = bus_node_get(body, "type");
    const struct bus_node *words = bus_node_get(body, "words");
    struct bus_strv t = type ? type->text : (struct bus_strv){0};
    f->text = (struct bus_strv){0};
    f->verified = true;
    if (bus_strv_is(t, "boolean")) {
        f->kind = BUS_POLICY_BOOL;
        f->number = (int64_t)bus_advice_sampler_upto(s, 2);
    } else if (bus_strv_is(t, "enum") && words && words->count > 0) {
        f->kind = BUS_POLICY_TEXT;
        f->text =
            words->pairs[bus_advice_sampler_upto(s, words->count)].key->text;
    } else if (bus_strv_is(t, "date")) {
        f->kind = BUS_POLICY_DATE;
        f->number = s->day - sample_small(s) * 1461 / 4 +
                    (int64_t)bus_advice_sampler_upto(s, 3) - 1;
    } else if (bus_strv_is(t, "text")) {
        f->kind = BUS_POLICY_TEXT;
        f->text = BUS_STRV("x");
    } else {
        f->kind = BUS_POLICY_LONG;
        f->number = bus_strv_is(t, "money_fen") ? sample_money(s, members)
                                                : sample_small(s);
    }
    sample_clamp(s, f);
}

static bool any_reads(const struct bus_policy_catalogue *c,
                      const int *items,
                      size_t n,
                      int fact)
{
    for (size_t i = 0; i < n; i++) {
        if (bus_policy_item_reads(c, (size_t)items[i], fact)) {
            return true;
        }
    }
    return false;
}

int bus_advice_sample_household(struct bus_advice_sampler *s,
                                const int *items,
                                size_t item_count,
                                size_t members,
                                struct bus_arena *mem,
                                struct bus_policy_household *ret,
                                struct bus_err *err)
{
    size_t facts = bus_policy_fact_count(s->c), n = 0;
    struct bus_policy_fact *list =
        bus_arena_calloc(mem, facts * (members + 1) + 1, sizeof(*list));
    if (list == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    for (int f = 0; (size_t)f < facts; f++) {
        if (bus_policy_fact_derived(s->c, f) ||
            !any_reads(s->c, items, item_count, f)) {
            continue;
        }
        bool member =
            strncmp(bus_policy_fact_name(s->c, f).p, "member.", 7) == 0;
        for (int m = member ? 0 : -1; m < (member ? (int)members : 0); m++) {
            list[n].fact = f;
            list[n].member = m;
            bus_advice_sample_value(s, members, &list[n]);
            n++;
        }
    }
    *ret = (struct bus_policy_household){
        .member_count = members, .facts = list, .fact_count = n};
    return BUS_OK;
}
