/* What an assignment carries: 10 000 made-up households through the matcher's
 * decide(), every assignment held against the list of bus_policy_needs(). The
 * households bring every fact of the dictionary, so there is always something
 * that a department must not get. */
#include "bus/policy/disclose.h"
#include "bus/wire/framing.h"
#include "schemas/personal.h"
#include "tests/lib/cases.h"
#include "tests/unit/role_matcher/household.h"

#include "tests/golden/county.h" /* last: its names are short */

#define CASES 10000

#define FACTS_MAX 1024
struct allowed /* of one department, as the list says */
{
    struct bus_strv department;
    bool fact[FACTS_MAX];
};
static const struct allowed *of_department(struct bus_strv department)
{
    static struct allowed all[64];
    static size_t count;
    const struct bus_policy_need *list;
    size_t n;
    for (size_t i = 0; i < count; i++) {
        if (bus_strv_eq(all[i].department, department)) {
            return &all[i];
        }
    }
    assert_true(count < 64);
    struct allowed *a = &all[count++];
    a->department = (struct bus_strv){
        bus_arena_strndup(&k.mem, department.p, department.n), department.n};
    assert_int_equal(bus_policy_needs(k.c, a->department, rules_day(DAY),
                                      &k.mem, &list, &n, NULL),
                     BUS_OK);
    for (size_t i = 0; i < n; i++) {
        a->fact[list[i].fact] = true;
    }
    return a;
}

static bool listed(const struct allowed *a, struct bus_strv name)
{
    int fact = bus_policy_fact_find(k.c, name);
    return fact >= 0 && a->fact[fact];
}

/* The first fact, or missing fact, that must not be there; "" for none. */
static struct bus_strv outside(const struct sa_assignment *a)
{
    const struct allowed *of = of_department(a->department);
    for (size_t i = 0; i < a->facts.n; i++) {
        if (!listed(of, a->facts.v[i].name)) {
            return a->facts.v[i].name;
        }
    }
    for (size_t i = 0; i < a->missing.n; i++) {
        if (!listed(of, a->missing.v[i].name)) {
            return a->missing.v[i].name;
        }
    }
    return (struct bus_strv){0};
}

/* One more field, if it is one that was kept back: it is caught. */
static size_t plant(struct sa_assignment *a,
                    const struct sa_application *all,
                    struct bus_advice_sampler *dice)
{
    struct sa_fact more[1025];
    struct sa_fact one =
        all->facts.v[bus_advice_sampler_upto(dice, all->facts.n)];
    if (listed(of_department(a->department), one.name)) {
        return 0;
    }
    more[0] = one;
    a->facts.v = more;
    a->facts.n = 1;
    assert_true(bus_strv_eq(outside(a), one.name));
    return 1;
}

/* The parts of the personal record that the list does not name. */
static uint8_t withheld_of(const struct sa_assignment *a)
{
    static const char *const facts[] = {"member.name", "member.id_number",
                                        "household.phone", "household.address",
                                        "member.account"};
    uint8_t withheld = 0;
    for (int i = 0; i < 5; i++) {
        bool may = listed(of_department(a->department), bus_strv(facts[i]));
        withheld |= (uint8_t)(may ? 0 : 1 << i);
    }
    return withheld;
}

static struct sa_assignment as_it_arrives(const void *record)
{
    struct bus_strv bytes;
    struct bus_err err;
    void *back = NULL;
    if (bus_wire_encode_arena(&sa_assignment_type, record, &mem, &bytes,
                              &err) != BUS_OK ||
        bus_wire_decode_own(&sa_assignment_type, bytes, &mem, &back, &err) !=
            BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return *(const struct sa_assignment *)back;
}

static void only_what_the_list_names(void **state)
{
    (void)state;
    static struct application app;
    struct bus_advice_sampler dice;
    size_t assignments = 0, carried = 0, kept = 0, planted = 0, whole = 0;
    uint64_t seed = seed_of(20261126);
    print_message("seed %llu, %d households\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES); n++) {
        bus_arena_reset(&mem);
        make(&app, k.c, &dice, 1 + bus_advice_sampler_upto(&dice, 3), n);
        struct matcher_outputs out = decide_on(k.c, &app, &mem);
        for (size_t i = 0; i < out.n; i++) {
            if (out.v[i].topic != MATCHER_OUT_ASSIGNMENTS) {
                continue;
            }
            struct sa_assignment a = as_it_arrives(out.v[i].record);
            struct bus_strv bad = outside(&a);
            if (bad.n > 0) {
                fail_msg("case %d: %.*s goes to %.*s", n, BUS_STRV_ARG(bad),
                         BUS_STRV_ARG(a.department));
            }
            assert_int_equal(out.v[i].withheld, withheld_of(&a));
            assert_int_equal(out.v[i].seal_for.n == 0,
                             out.v[i].withheld == MATCHER_PERSONAL);
            whole += out.v[i].withheld == 0;
            assignments++;
            carried += a.facts.n;
            kept += app.a.facts.n - a.facts.n;
            planted += plant(&a, &app.a, &dice);
        }
    }
    print_message("%zu assignments with %zu facts; %zu facts kept back; %zu "
                  "planted fields caught\n",
                  assignments, carried, kept, planted);
    assert_true(assignments > (size_t)cases(CASES) * 5);
    assert_true(whole < assignments / 2);
    assert_true(kept > carried && planted > (size_t)cases(CASES));
}

static void a_part_is_left_out(void **state)
{
    (void)state;
    struct sa_personal p = {.name = BUS_STRV("甲"),
                            .id_type = BUS_STRV("111"),
                            .id_no = BUS_STRV("000000198001010018"),
                            .has_phone = true,
                            .phone = BUS_STRV("1"),
                            .has_address = true,
                            .address = BUS_STRV("2"),
                            .has_bank_code = true,
                            .bank_code = BUS_STRV("3"),
                            .has_account = true,
                            .account = BUS_STRV("4"),
                            .has_account_holder = true,
                            .account_holder = BUS_STRV("5")};
    struct bus_strv whole, part, body;
    struct bus_err err;
    uint32_t id;
    bus_arena_reset(&mem);
    assert_int_equal(
        bus_wire_encode_framed(&sa_personal_type, &p, &mem, &whole, &err),
        BUS_OK);
    for (int withheld = 0; withheld <= MATCHER_PERSONAL; withheld++) {
        void *record = NULL;
        assert_int_equal(matcher_personal_without(whole, (uint8_t)withheld,
                                                  &mem, &part, &err),
                         BUS_OK);
        assert_int_equal(bus_wire_unframe(part, &id, &body, &err), BUS_OK);
        assert_int_equal(
            bus_wire_decode_own(&sa_personal_type, body, &mem, &record, &err),
            BUS_OK);
        const struct sa_personal *q = record;
        assert_int_equal(q->name.n > 0, !(withheld & MATCHER_NAME));
        assert_int_equal(q->id_no.n > 0, !(withheld & MATCHER_ID_NUMBER));
        assert_int_equal(q->id_type.n > 0, !(withheld & MATCHER_ID_NUMBER));
        assert_int_equal(q->has_phone, !(withheld & MATCHER_PHONE));
        assert_int_equal(q->has_address, !(withheld & MATCHER_ADDRESS));
        assert_int_equal(q->has_bank_code, !(withheld & MATCHER_ACCOUNT));
        assert_int_equal(q->has_account, !(withheld & MATCHER_ACCOUNT));
        assert_int_equal(q->has_account_holder, !(withheld & MATCHER_ACCOUNT));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_the_list_names),
        cmocka_unit_test(a_part_is_left_out),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
