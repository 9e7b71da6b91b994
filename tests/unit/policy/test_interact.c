/* The solver of interactions against brute force over every set of claims. The
 * law is written down a second time here, claim by claim, as interact.h says
 * it. */
#include <string.h>

#include "bus/policy/interact.h"
#include "tests/lib/cases.h"
#include "tests/lib/check.h"

#define CASES      10000
#define CLAIMS_MAX 10

static uint64_t state;

static uint64_t roll(uint64_t n)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % n;
}

struct claim
{
    int item, member; /* -1: the household's */
    int64_t worth;
};
struct world
{
    struct bus_policy_relations r;
    struct bus_policy_claims e;
    struct claim claims[CLAIMS_MAX];
    size_t count;
};

static bool bit(uint16_t m, int i)
{
    return (m >> i & 1) != 0;
}

static bool meet(const struct claim *a, const struct claim *b)
{
    return a->member < 0 || b->member < 0 || a->member == b->member;
}

static bool has(unsigned set, size_t i)
{
    return (set >> i & 1) != 0;
}

static bool is_ruled_out(const struct world *w, unsigned set, size_t a)
{
    for (size_t c = 0; c < w->count; c++) {
        if (has(set, c) && meet(&w->claims[c], &w->claims[a]) &&
            (bit(w->r.beats[w->claims[c].item], w->claims[a].item) ||
             bit(w->r.differs[w->claims[c].item], w->claims[a].item))) {
            return true;
        }
    }
    return false;
}

/* Times the members, so that it is whole. */
static __int128 pays(const struct world *w, unsigned set, size_t i)
{
    const struct claim *a = &w->claims[i];
    __int128 n = (__int128)w->e.members, pay = n * a->worth;
    for (size_t o = 0; o < w->count; o++) {
        const struct claim *b = &w->claims[o];
        if (!has(set, o) || !bit(w->r.tops_up[a->item], b->item)) {
            continue;
        }
        if (b->member < 0) {
            pay -= a->member < 0 ? n * b->worth : b->worth;
        } else if (b->member == a->member) {
            pay -= n * b->worth;
        }
    }
    return pay;
}

static bool is_lawful(const struct world *w, unsigned set)
{
    for (size_t a = 0; a < w->count; a++) {
        for (size_t b = 0; b < w->count; b++) {
            const struct claim *x = &w->claims[a], *y = &w->claims[b];
            if (a == b || !has(set, b) || !meet(x, y)) {
                continue;
            }
            bool beats = bit(w->r.beats[x->item], y->item);
            if (has(set, a) && (beats || bit(w->r.differs[x->item], y->item))) {
                return false;
            }
            if (!has(set, a) && beats && !is_ruled_out(w, set, a)) {
                return false;
            }
        }
        if (has(set, a) && w->r.tops_up[w->claims[a].item] != 0 &&
            pays(w, set, a) <= 0) {
            return false;
        }
    }
    return true;
}

struct worth
{
    __int128 money;
    int count;
    unsigned set;
};

static struct worth value(const struct world *w, unsigned set)
{
    struct worth v = {.set = set};
    for (size_t i = 0; i < w->count; i++) {
        if (has(set, i)) {
            v.money += pays(w, set, i);
            v.count++;
        }
    }
    return v;
}

/* Claims are in order: the lowest bit in which they differ decides. */
static bool preferred(const struct worth *a, const struct worth *b)
{
    unsigned d = a->set ^ b->set;
    return a->money != b->money   ? a->money > b->money
           : a->count != b->count ? a->count > b->count
                                  : (a->set & (d & -d)) != 0;
}

static struct worth brute(const struct world *w)
{
    struct worth best = value(w, 0); /* nothing is lawful */
    assert_true(is_lawful(w, 0));
    for (unsigned set = 1; set < 1u << w->count; set++) {
        if (is_lawful(w, set)) {
            struct worth v = value(w, set);
            best = preferred(&v, &best) ? v : best;
        }
    }
    return best;
}

static void make(struct world *w)
{
    memset(w, 0, sizeof(*w));
    int n = 2 + (int)roll(5);
    w->r.count = (size_t)n;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            if (i == j) {
                continue;
            }
            if (roll(6) == 0) { /* circles too */
                w->r.beats[i] |= (uint16_t)(1u << j);
                w->r.beaten[j] |= (uint16_t)(1u << i);
            }
            if (i < j && roll(6) == 0) {
                w->r.differs[i] |= (uint16_t)(1u << j);
                w->r.differs[j] |= (uint16_t)(1u << i);
            }
            if (roll(8) == 0) {
                w->r.tops_up[i] |= (uint16_t)(1u << j);
            }
        }
    }
    w->e.members = 1 + roll(3);
    for (int i = 0; i < n && w->count < CLAIMS_MAX; i++) {
        if (roll(3) == 0) {
            struct claim c = {i, -1, (int64_t)roll(7)};
            w->e.household |= (uint16_t)(1u << i);
            w->e.household_worth[i] = c.worth;
            w->claims[w->count++] = c;
        }
    }
    for (size_t m = 0; m < w->e.members; m++) {
        for (int i = 0; i < n && w->count < CLAIMS_MAX; i++) {
            if (!bit(w->e.household, i) && roll(2) == 0) {
                struct claim c = {i, (int)m, (int64_t)roll(7)};
                w->e.member[m] |= (uint16_t)(1u << i);
                w->e.member_worth[m][i] = c.worth;
                w->claims[w->count++] = c;
            }
        }
    }
}

static unsigned as_set(const struct world *w, const struct bus_policy_set *s)
{
    unsigned set = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct claim *c = &w->claims[i];
        uint16_t in = c->member < 0 ? s->household : s->member[c->member];
        set |= bit(in, c->item) ? 1u << i : 0;
    }
    return set;
}

static void equal_to_brute_force(void **unused)
{
    (void)unused;
    struct bus_arena mem;
    size_t conflicts = 0, excused = 0;
    state = 20261124;
    print_message("seed %llu, %d cases\n", (unsigned long long)state,
                  cases(CASES));
    bus_arena_init(&mem, 0, 0);
    for (int k = 0; k < cases(CASES); k++) {
        struct world w;
        struct bus_policy_set s;
        make(&w);
        struct worth want = brute(&w);
        assert_int_equal(bus_policy_solve(&w.r, &w.e, &mem, &s, NULL), BUS_OK);
        if (as_set(&w, &s) != want.set || s.money != want.money ||
            s.count != (size_t)want.count) {
            fail_msg("case %d: set %x money %lld, brute force %x %lld", k,
                     as_set(&w, &s), (long long)s.money, want.set,
                     (long long)want.money);
        }
        conflicts += want.set != (1u << w.count) - 1;
        for (size_t a = 0; a < w.count; a++) {
            for (size_t b = 0; b < w.count; b++) {
                excused += !has(want.set, a) && has(want.set, b) &&
                           meet(&w.claims[a], &w.claims[b]) &&
                           bit(w.r.beats[w.claims[a].item], w.claims[b].item);
            }
        }
        bus_arena_reset(&mem);
    }
    print_message("%zu with a conflict, %zu excused absences\n", conflicts,
                  excused);
    assert_true(conflicts > (size_t)cases(CASES) / 2);
    assert_true(excused > 100);
    bus_arena_fini(&mem);
}

static void too_many_for_the_household(void **unused)
{
    (void)unused;
    struct bus_arena mem;
    struct bus_policy_relations r = {.count = 16};
    struct bus_policy_claims e = {.household = 0x1ff, .members = 1};
    struct bus_policy_set s;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(bus_policy_solve(&r, &e, &mem, &s, &err), BUS_ETOOBIG);
    assert_non_null(strstr(err.msg, "for the household as one"));
    e.household = 0xff;
    assert_int_equal(bus_policy_solve(&r, &e, &mem, &s, NULL), BUS_OK);
    assert_int_equal(s.count, 8);
    bus_arena_fini(&mem);
}

/* It was told as too many items for the household as one. */
static void no_room_says_so(void **unused)
{
    (void)unused;
    struct bus_arena mem;
    struct bus_policy_relations r = {.count = 16};
    struct bus_policy_claims e = {.household = 1, .members = 1};
    struct bus_policy_set s;
    struct bus_err err;
    bus_arena_init(&mem, 64, 64);
    assert_int_equal(bus_policy_solve(&r, &e, &mem, &s, &err), BUS_ETOOBIG);
    assert_non_null(strstr(err.msg, "no room"));
    bus_arena_fini(&mem);
}

/* A full house: 64 members, each with eight claims, still at once. */
static void a_large_household(void **unused)
{
    (void)unused;
    static struct bus_policy_claims e = {.household = 0xf,
                                         .members = BUS_POLICY_PEOPLE_MAX};
    struct bus_arena mem;
    struct bus_policy_relations r = {.count = 12};
    struct bus_policy_set s;
    r.beats[0] = 0xff0;
    for (int j = 4; j < 12; j++) {
        r.beaten[j] = 1;
    }
    for (size_t m = 0; m < e.members; m++) {
        e.member[m] = 0xff0;
        for (int i = 4; i < 12; i++) {
            e.member_worth[m][i] = INT64_C(1) << 40;
        }
    }
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(bus_policy_solve(&r, &e, &mem, &s, NULL), BUS_OK);
    assert_int_equal(s.household, 0xf); /* it may not be waived */
    assert_int_equal(s.member[63], 0);
    bus_arena_fini(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_brute_force),
        cmocka_unit_test(too_many_for_the_household),
        cmocka_unit_test(no_room_says_so),
        cmocka_unit_test(a_large_household),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
