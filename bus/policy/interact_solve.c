/* The solver. Members meet each other only through the household's claims, so
 * those are enumerated; then each member is solved alone. What ties members
 * together is whether some member's claim rules out an absent claim of the
 * household: that is a small state carried from member to member. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/interact.h"

#define STATES ((size_t)1 << BUS_POLICY_TOGETHER_MAX)

struct state /* what is best so far for one set of ruled-out claims */
{
    bool there;
    __int128 money;
    size_t count;
    uint16_t member[BUS_POLICY_PEOPLE_MAX];
};
struct solving
{
    const struct bus_policy_relations *r;
    const struct bus_policy_claims *e;
    uint16_t in, absent;    /* of the household's claims */
    uint16_t excused;       /* absent ones that may be: ruled out by someone */
    uint16_t owed;          /* those of them that a member must rule out */
    struct state *table[2]; /* by the set of owed ones already ruled out */
    struct bus_policy_set best;
    bool any;
};

static int lowest(uint16_t m)
{
    BUS_CHECK(m != 0);
    return __builtin_ctz(m);
}

/* Has a the earlier of the items in which they differ? */
static bool earlier(uint16_t a, uint16_t b)
{
    uint16_t d = a ^ b;
    return d != 0 && (a >> lowest(d) & 1) != 0;
}

/* No claim of `in` beats or differs from another. */
static bool peaceful(const struct bus_policy_relations *r, uint16_t in)
{
    for (uint16_t m = in; m != 0; m &= m - 1) {
        int i = lowest(m);
        if (((r->beats[i] | r->differs[i]) & in) != 0) {
            return false;
        }
    }
    return true;
}

static bool ruled_out(const struct bus_policy_relations *r, int a, uint16_t by)
{
    BUS_CHECK(a >= 0 && a < BUS_POLICY_RELATED_MAX);
    return ((r->beaten[a] | r->differs[a]) & by) != 0;
}

/* What the claims of one member pay, times the members; -1 if a claim that is
 * topped up would pay nothing. */
static __int128
interact_solve_paid(const struct solving *s, size_t m, uint16_t in)
{
    BUS_CHECK(m < s->e->members);
    __int128 sum = 0;
    __int128 n = (__int128)s->e->members;
    for (uint16_t left = in; left != 0; left &= left - 1) {
        int i = lowest(left);
        __int128 pay = n * s->e->member_worth[m][i];
        uint16_t over = s->r->tops_up[i];
        for (uint16_t o = over & in; o != 0; o &= o - 1) {
            pay -= n * s->e->member_worth[m][lowest(o)];
        }
        for (uint16_t o = over & s->in; o != 0; o &= o - 1) {
            pay -= s->e->household_worth[lowest(o)];
        }
        if (over != 0 && pay <= 0) {
            return -1;
        }
        sum += pay;
    }
    return sum;
}

/* May this member hold exactly `in` beside the household's claims? */
static bool lawful(const struct solving *s, size_t m, uint16_t in)
{
    BUS_CHECK((in & ~s->e->member[m]) == 0);
    const struct bus_policy_relations *r = s->r;
    uint16_t all = s->in | in, out = s->e->member[m] & (uint16_t)~in;
    if (!peaceful(r, all)) {
        return false;
    }
    for (uint16_t left = in; left != 0; left &= left - 1) {
        if ((r->beaten[lowest(left)] & s->absent & ~s->excused) != 0) {
            return false; /* who beats it may not just be waived */
        }
    }
    for (uint16_t left = out; left != 0; left &= left - 1) {
        int a = lowest(left);
        if ((r->beats[a] & all) != 0 && !ruled_out(r, a, all)) {
            return false;
        }
    }
    return true;
}

/* Those of the household's absent claims that the member's claims rule out. */
static uint16_t rules_out(const struct solving *s, uint16_t in)
{
    uint16_t done = 0;
    for (uint16_t left = s->owed; left != 0; left &= left - 1) {
        int a = lowest(left);
        done |= ruled_out(s->r, a, in) ? (uint16_t)(1u << a) : 0;
    }
    return done;
}

/* The bits of m that stand in `of`, packed together: an index. */
static size_t packed(uint16_t m, uint16_t of)
{
    size_t at = 0, bit = 0;
    for (; of != 0; of &= of - 1, bit++) {
        at |= (size_t)(m >> lowest(of) & 1) << bit;
    }
    return at;
}

static bool interact_solve_better(const struct state *a,
                                  const struct state *b,
                                  size_t members)
{
    BUS_CHECK(members <= BUS_POLICY_PEOPLE_MAX);
    if (!b->there || a->money != b->money) {
        return !b->there || a->money > b->money;
    }
    if (a->count != b->count) {
        return a->count > b->count;
    }
    for (size_t m = 0; m < members; m++) {
        if (a->member[m] != b->member[m]) {
            return earlier(a->member[m], b->member[m]);
        }
    }
    return false;
}

static void one_member(const struct solving *s,
                       size_t m,
                       const struct state *from,
                       struct state *to,
                       size_t states)
{
    BUS_CHECK(m < BUS_POLICY_PEOPLE_MAX && states <= STATES);
    uint16_t may = s->e->member[m];
    for (size_t i = 0; i < states; i++) {
        to[i].there = false;
    }
    for (uint16_t in = may;; in = (uint16_t)(in - 1) & may) {
        __int128 pay = lawful(s, m, in) ? interact_solve_paid(s, m, in) : -1;
        size_t done = pay >= 0 ? packed(rules_out(s, in), s->owed) : 0;
        for (size_t i = 0; pay >= 0 && i < states; i++) {
            if (!from[i].there) {
                continue;
            }
            struct state t = from[i];
            t.money += pay;
            t.count += (size_t)__builtin_popcount(in);
            t.member[m] = in;
            if (interact_solve_better(&t, &to[i | done], m + 1)) {
                to[i | done] = t;
            }
        }
        if (in == 0) {
            return;
        }
    }
}

/* The household's claims and what is owed are set: the members. */
static void all_members(struct solving *s, __int128 money)
{
    struct state *const *table = s->table;
    size_t states = (size_t)1 << __builtin_popcount(s->owed);
    BUS_CHECK(states <= STATES);
    for (size_t i = 0; i < states; i++) {
        table[0][i].there = false;
    }
    table[0][0] = (struct state){.there = true,
                                 .money = money,
                                 .count = (size_t)__builtin_popcount(s->in)};
    for (size_t m = 0; m < s->e->members; m++) {
        one_member(s, m, table[m % 2], table[(m + 1) % 2], states);
    }
    const struct state *t = &table[s->e->members % 2][states - 1];
    if (!t->there) {
        return;
    }
    struct state had = {
        .there = s->any, .money = s->best.money, .count = s->best.count};
    memcpy(had.member, s->best.member, sizeof(had.member));
    bool tie = s->any && t->money == had.money && t->count == had.count;
    if (tie && s->in != s->best.household
            ? earlier(s->in, s->best.household)
            : interact_solve_better(t, &had, s->e->members)) {
        s->any = true;
        s->best = (struct bus_policy_set){
            .household = s->in, .money = t->money, .count = t->count};
        memcpy(s->best.member, t->member, sizeof(t->member));
    }
}

static void household(struct solving *s)
{
    BUS_CHECK((s->in & s->absent) == 0);
    const struct bus_policy_relations *r = s->r;
    __int128 money = 0;
    uint16_t by_household = 0, needed = 0;
    if (!peaceful(r, s->in)) {
        return;
    }
    for (uint16_t left = s->in; left != 0; left &= left - 1) {
        int i = lowest(left);
        __int128 pay = s->e->household_worth[i];
        for (uint16_t o = r->tops_up[i] & s->in; o != 0; o &= o - 1) {
            pay -= s->e->household_worth[lowest(o)];
        }
        if (r->tops_up[i] != 0 && pay <= 0) {
            return;
        }
        money += pay * (__int128)s->e->members;
    }
    for (uint16_t left = s->absent; left != 0; left &= left - 1) {
        int a = lowest(left);
        by_household |= ruled_out(r, a, s->in) ? (uint16_t)(1u << a) : 0;
        needed |= (r->beats[a] & s->in) != 0 ? (uint16_t)(1u << a) : 0;
    }
    uint16_t open = s->absent & (uint16_t)~by_household;
    needed &= (uint16_t)~by_household;
    for (uint16_t owed = open;; owed = (uint16_t)(owed - 1) & open) {
        if ((needed & ~owed) == 0) {
            s->owed = owed;
            s->excused = by_household | owed;
            all_members(s, money);
        }
        if (owed == 0) {
            return;
        }
    }
}

int bus_policy_solve(const struct bus_policy_relations *r,
                     const struct bus_policy_claims *e,
                     struct bus_arena *mem,
                     struct bus_policy_set *ret,
                     struct bus_err *err)
{
    BUS_CHECK(e->members <= BUS_POLICY_PEOPLE_MAX);
    struct solving s = {.r = r, .e = e};
    struct bus_arena_mark mark = bus_arena_mark(mem);
    if (__builtin_popcount(e->household) > BUS_POLICY_TOGETHER_MAX) {
        return bus_fail(err, BUS_ETOOBIG,
                        "more than %d items for the household as one",
                        BUS_POLICY_TOGETHER_MAX);
    }
    s.table[0] = bus_arena_alloc(mem, STATES * sizeof(struct state));
    s.table[1] = bus_arena_alloc(mem, STATES * sizeof(struct state));
    if (s.table[0] == NULL || s.table[1] == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the interactions");
    }
    for (uint16_t in = e->household;; in = (uint16_t)(in - 1) & e->household) {
        s.in = in;
        s.absent = e->household & (uint16_t)~in;
        household(&s);
        if (in == 0) {
            break;
        }
    }
    bus_arena_release(mem, mark);
    BUS_CHECK(s.any);
    *ret = s.best; /* the empty set is lawful: there is always one */
    return BUS_OK;
}
