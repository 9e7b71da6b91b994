/* What items do to each other (interactions.yaml). First slice: excludes,
 * precedence, and the highest of several groups, on the household as a whole,
 * in the order of the file. */
#include "bus/policy/interact.h"

#include "bus/policy/catalogue_parts.h"

static struct bus_policy_verdict_of *
find(struct bus_policy_verdict_of *items, size_t n, int item)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i].item == item) {
            return &items[i];
        }
    }
    return NULL;
}

static bool chosen(const struct bus_policy_verdict_of *v)
{
    return v != NULL && v->verdict == BUS_POLICY_ELIGIBLE &&
           v->left_out_by.n == 0;
}

static void leave_out(struct bus_policy_verdict_of *v, struct bus_strv by)
{
    if (v != NULL && v->left_out_by.n == 0 &&
        (v->verdict == BUS_POLICY_ELIGIBLE ||
         v->verdict == BUS_POLICY_UNDETERMINED)) {
        v->left_out_by = by;
    }
}

static void excludes(const struct rule_def *r,
                     struct bus_policy_verdict_of *items,
                     size_t n)
{
    if (r->item < 0 || !chosen(find(items, n, r->item))) {
        return;
    }
    for (size_t i = 0; i < r->other_count; i++) {
        leave_out(find(items, n, r->others[i]), r->id);
    }
}

static void precedence(const struct rule_def *r,
                       struct bus_policy_verdict_of *items,
                       size_t n)
{
    bool taken = false;
    for (size_t i = 0; i < r->other_count; i++) {
        struct bus_policy_verdict_of *v = find(items, n, r->others[i]);
        if (taken) {
            leave_out(v, r->id);
        }
        taken |= chosen(v);
    }
}

static int64_t worth(const struct rule_def *r,
                     size_t from,
                     struct bus_policy_verdict_of *items,
                     size_t n)
{
    int64_t sum = -1;
    for (size_t i = from; i < r->group_count && r->groups[i] >= 0; i++) {
        const struct bus_policy_verdict_of *v = find(items, n, r->groups[i]);
        if (chosen(v)) {
            sum = (sum < 0 ? 0 : sum) + v->amount_fen;
        }
    }
    return sum;
}

static void
highest(const struct rule_def *r, struct bus_policy_verdict_of *items, size_t n)
{
    size_t best = 0;
    int64_t most = -1;
    for (size_t i = 0; i < r->group_count; i++) {
        bool starts = i == 0 || r->groups[i - 1] < 0;
        int64_t w = starts ? worth(r, i, items, n) : -1;
        if (w > most) {
            most = w;
            best = i;
        }
    }
    size_t group = 0;
    for (size_t i = 0; most >= 0 && i < r->group_count; i++) {
        if (i == 0 || r->groups[i - 1] < 0) {
            group = i;
        }
        if (group != best && r->groups[i] >= 0 &&
            chosen(find(items, n, r->groups[i]))) {
            leave_out(find(items, n, r->groups[i]), r->id);
        }
    }
}

void policy_interact(const struct bus_policy_catalogue *c,
                     struct bus_policy_verdict_of *items,
                     size_t n)
{
    for (size_t i = 0; i < c->rule_count; i++) {
        const struct rule_def *r = &c->rules[i];
        if (bus_strv_is(r->kind, "excludes")) {
            excludes(r, items, n);
        } else if (bus_strv_is(r->kind, "precedence")) {
            precedence(r, items, n);
        } else if (bus_strv_is(r->kind, "choose") ||
                   bus_strv_is(r->kind, "highest")) {
            highest(r, items, n);
        }
    }
}

static bool among(const int *list, size_t n, int item, size_t *ret_at)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == item) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

struct bus_strv
bus_policy_beats(const struct bus_policy_catalogue *c, int a, int b)
{
    for (size_t i = 0; i < c->rule_count; i++) {
        const struct rule_def *r = &c->rules[i];
        size_t at_a = 0, at_b = 0;
        bool has_b = among(r->others, r->other_count, b, &at_b);
        bool excludes = bus_strv_is(r->kind, "excludes") ||
                        bus_strv_is(r->kind, "excludes_full");
        if ((excludes && r->item == a && has_b) ||
            (bus_strv_is(r->kind, "precedence") && has_b &&
             among(r->others, r->other_count, a, &at_a) && at_a < at_b)) {
            return r->id;
        }
    }
    return (struct bus_strv){0};
}
