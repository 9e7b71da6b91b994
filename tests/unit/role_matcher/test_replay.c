/* The replay proof: 10 000 evaluations as they stand in their topic run again
 * to the same; with one bit changed the difference is named. */
#include "bus/wire/framing.h"
#include "consumers/matcher/replay.h"
#include "tests/lib/cases.h"
#include "tests/unit/role_matcher/household.h"

#define CASES 10000

static struct county k;
static struct bus_arena mem;
static struct bus_wire_registry *registry;

static int open_all(void **state)
{
    (void)state;
    county_open(&k);
    bus_arena_init(&mem, 0, 0);
    registry = bus_wire_registry_new();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    bus_wire_registry_free(registry);
    bus_arena_fini(&mem);
    county_close(&k);
    return 0;
}

/* A household with holes, evaluated by the matcher, as its topic has it. */
static struct bus_strv written(struct bus_advice_sampler *dice, int number)
{
    static struct application app;
    struct bus_strv bytes = {0};
    struct bus_err err;
    size_t n = 0;
    make(&app, k.c, dice, 1 + bus_advice_sampler_upto(dice, 3), number);
    for (size_t i = 0; i < app.a.facts.n; i++) {
        if (bus_advice_sampler_upto(dice, 8) > 0) {
            app.facts[n++] = app.facts[i];
        }
    }
    app.a.facts.n = n;
    app.a.occurred_at -=
        86400000 * (int64_t)bus_advice_sampler_upto(dice, 2000);
    struct matcher_outputs out = decide_on(k.c, &app, &mem);
    for (size_t i = 0; i < out.n; i++) {
        if (out.v[i].topic == MATCHER_OUT_EVALUATIONS &&
            bus_wire_encode_framed(&sa_evaluation_type, out.v[i].record, &mem,
                                   &bytes, &err) != BUS_OK) {
            fail_msg("%s", err.msg);
        }
    }
    assert_non_null(bytes.p);
    return bytes;
}

/* false: the bytes are no evaluation. */
static bool read_back(struct bus_strv bytes, struct sa_evaluation **ret)
{
    struct bus_err err;
    void *record = NULL;
    if (bus_wire_decode(registry, &sa_evaluation_type, bytes, &mem, &record,
                        &err) != BUS_OK) {
        return false;
    }
    *ret = record;
    return true;
}

static struct replay again(const struct sa_evaluation *e)
{
    struct replay r;
    struct bus_err err;
    if (matcher_replay_evaluation(k.c, e, &mem, &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return r;
}

/* Where the members begin: behind what no hash covers. */
static size_t covered_from(const struct sa_evaluation *e)
{
    struct sa_evaluation head = *e;
    struct bus_strv bytes;
    struct bus_err err;
    head.members.n = head.facts.n = head.items.n = 0;
    head.inputs_hash = head.outputs_hash = (struct bus_strv){0};
    assert_int_equal(
        bus_wire_encode_framed(&sa_evaluation_type, &head, &mem, &bytes, &err),
        BUS_OK);
    return bytes.n - 5; /* three empty arrays, two empty hashes */
}

static void one_bit_is_seen(struct bus_strv bytes,
                            const struct sa_evaluation *e,
                            size_t *seen)
{
    static uint64_t at = 12345;
    char *copy = bus_arena_strndup(&mem, bytes.p, bytes.n);
    struct sa_evaluation *bad = NULL;
    size_t from = covered_from(e);
    at = at * UINT64_C(6364136223846793005) + 1;
    size_t bit = (size_t)(at >> 20) % ((bytes.n - from) * 8);
    copy[from + bit / 8] ^= (char)(1 << bit % 8);
    if (!read_back((struct bus_strv){copy, bytes.n}, &bad)) {
        seen[0]++;
        return;
    }
    struct replay r = again(bad);
    if (r.outcome == REPLAY_IDENTICAL) {
        fail_msg("bit %zu of %zu bytes: not seen", from * 8 + bit, bytes.n);
    }
    assert_true(r.place.n > 0 && r.recorded.n > 0 && r.again.n > 0);
    assert_false(bus_strv_eq(r.recorded, r.again));
    seen[r.outcome]++;
}

static void the_same_again(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    size_t seen[4] = {0};
    uint64_t seed = seed_of(20201008);
    print_message("seed %llu, %d evaluations\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES); n++) {
        struct sa_evaluation *e = NULL;
        bus_arena_reset(&mem);
        struct bus_strv bytes = written(&dice, n);
        assert_true(read_back(bytes, &e));
        struct replay r = again(e);
        if (r.outcome != REPLAY_IDENTICAL) {
            fail_msg("case %d: %.*s: %.*s, again %.*s", n,
                     BUS_STRV_ARG(r.place), BUS_STRV_ARG(r.recorded),
                     BUS_STRV_ARG(r.again));
        }
        one_bit_is_seen(bytes, e, seen);
    }
    print_message("one bit each: %zu no longer an evaluation, %zu in the "
                  "snapshot, %zu in the verdicts\n",
                  seen[0], seen[REPLAY_INPUTS], seen[REPLAY_OUTPUTS]);
    assert_true(seen[REPLAY_INPUTS] > (size_t)cases(CASES) / 10);
    assert_true(seen[REPLAY_OUTPUTS] > (size_t)cases(CASES) / 10);
}

static void places_are_named(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    struct sa_evaluation *e = NULL;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), 1);
    bus_arena_reset(&mem);
    assert_true(read_back(written(&dice, 1), &e));
    struct sa_item_verdict *first = &e->items.v[3], kept = *first;
    first->has_amount_fen = true;
    first->amount_fen = 4711;
    struct replay r = again(e);
    assert_int_equal(r.outcome, REPLAY_OUTPUTS);
    assert_true(bus_strv_is(r.place, "items[3] CL04: amount_fen"));
    assert_true(bus_strv_is(r.recorded, "4711"));
    *first = kept;
    e->items.n--;
    assert_true(bus_strv_is(again(e).place, "items: how many"));
    e->items.n++;
    e->rule_date++;
    r = again(e);
    assert_int_equal(r.outcome, REPLAY_INPUTS);
    assert_true(bus_strv_is(r.place, "inputs_hash"));
    e->rule_date--;
    assert_int_equal(again(e).outcome, REPLAY_IDENTICAL);
    e->catalogue_version = BUS_STRV("0123456789abcdef");
    r = again(e);
    assert_int_equal(r.outcome, REPLAY_CATALOGUE);
    assert_true(bus_strv_is(r.recorded, "0123456789abcdef"));
}

static struct sa_fact *one_of(struct sa_evaluation *e, int branch)
{
    for (size_t i = 0; i < e->facts.n; i++) {
        if (e->facts.v[i].value.branch == branch) {
            return &e->facts.v[i];
        }
    }
    fail_msg("no fact of that kind");
    return NULL;
}

static struct replay searched(const struct sa_evaluation *e)
{
    struct bus_err err;
    struct replay r = again(e);
    assert_int_equal(r.outcome, REPLAY_INPUTS);
    assert_int_equal(matcher_replay_search_fact(k.c, e, &mem, &r, &err),
                     BUS_OK);
    return r;
}

/* One fact of the snapshot is another: its name, what it was, what it is. */
static void the_changed_fact_is_named(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    struct sa_evaluation *e = NULL;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), 1);
    bus_arena_reset(&mem);
    assert_true(read_back(written(&dice, 1), &e));
    struct sa_fact *f = one_of(e, SA_FACT_VALUE_LONG), kept = *f;
    f->value.u.long_value += 1;
    struct replay r = searched(e);
    assert_true(bus_strv_eq(r.fact, f->name));
    assert_int_equal(r.fact_at, (size_t)(f - e->facts.v));
    assert_non_null(memmem(r.place.p, r.place.n, f->name.p, f->name.n));
    char was[64], is[64];
    (void)snprintf(was, sizeof(was), "%lld (",
                   (long long)kept.value.u.long_value);
    (void)snprintf(is, sizeof(is), "%lld (",
                   (long long)kept.value.u.long_value + 1);
    assert_memory_equal(r.recorded.p, was, strlen(was));
    assert_memory_equal(r.again.p, is, strlen(is));
    *f = kept;
    f = one_of(e, SA_FACT_VALUE_BOOLEAN);
    f->verified = true;
    assert_non_null(memmem(searched(e).recorded.p, 20, "declared", 8));
    f->verified = false;
    f->value.u.boolean_value = !f->value.u.boolean_value;
    r = searched(e);
    assert_true(bus_strv_eq(r.fact, f->name));
    assert_memory_equal(r.recorded.p,
                        f->value.u.boolean_value ? "false" : "true", 4);
    /* A second one changed: the first is named, what it was cannot be proved.
     */
    e->facts.v[e->facts.n - 1].as_of++;
    r = searched(e);
    assert_true(bus_strv_eq(r.fact, f->name));
    assert_true(bus_strv_is(r.recorded, "?"));
    e->facts.v[e->facts.n - 1].as_of--;
    f->value.u.boolean_value = !f->value.u.boolean_value;
    assert_int_equal(again(e).outcome, REPLAY_IDENTICAL);
    e->facts.n--;
    assert_non_null(memmem(again(e).place.p, 16, "facts: how many", 15));
    e->facts.n++;
    e->members.v[0].head = !e->members.v[0].head;
    assert_true(bus_strv_is(again(e).place, "inputs_hash"));
    e->members.v[0].head = !e->members.v[0].head;
    /* An earlier schema had no sums. */
    e->fact_sums = (struct bus_strv){0};
    assert_int_equal(again(e).outcome, REPLAY_IDENTICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(places_are_named),
        cmocka_unit_test(the_changed_fact_is_named),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
