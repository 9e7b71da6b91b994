/* A part that has stayed is not written to see that it has. */
#include "tests/unit/role_matcher/state_scene.h"

static struct sa_assignment_state *
own_assignments(struct sa_household_state *st)
{
    st->assignments.v =
        bus_arena_dup(&mem, st->assignments.v,
                      st->assignments.n * sizeof(*st->assignments.v));
    return &st->assignments.v[0];
}

/* The i-th way of changing a state; false: there are no more. */
static bool change(struct sa_household_state *st, unsigned i)
{
    static const char text[] = "a reason that is longer than any word of the "
                               "catalogue or of the dictionary may be";
    struct sa_assignment_state *a = &st->assignments.v[0];
    struct sa_fact *f =
        bus_arena_dup(&mem, st->facts.v, (st->facts.n + 1) * sizeof(*f));
    static int32_t other[] = {3, 5};
    struct sa_line_state *l = bus_arena_calloc(&mem, 3, sizeof(*l));
    switch (i) {
    case 0: /* nothing */
        return true;
    case 1:
        a->due++;
        return true;
    case 2:
        a->has_amount_fen = !a->has_amount_fen;
        return true;
    case 3:
        a->lines.v = l;
        a->lines.n = 1;
        return true;
    case 4: /* in place */
        st->assignments.v[2].lines.v[0].amount_fen++;
        return true;
    case 5:
        st->assignments.v[2].lines.n = 0;
        return true;
    case 6:
        a->has_reason = true;
        a->reason = bus_strv(text);
        return true;
    case 7:
        a->has_reason = true;
        a->reason = BUS_STRV("a word");
        return true;
    case 8:
        st->facts.v = f;
        return true;
    case 9:
        st->facts.v = f;
        f[0].as_of++;
        return true;
    case 10:
        st->facts.n--;
        return true;
    case 11:
        st->division_code = BUS_STRV("371425101002");
        return true;
    case 12:
        st->disputed.v = bus_arena_calloc(&mem, 1, sizeof(*st->disputed.v));
        st->disputed.v[0].fact = st->facts.v[0];
        st->disputed.n = 1;
        return true;
    case 13:
        st->has_personal = !st->has_personal;
        return true;
    case 14:
        st->personal_event.b[0] ^= 1;
        return true;
    case 15:
        st->members.n--;
        return true;
    case 16:
        (void)own_assignments(st);
        return true;
    case 17:
        own_assignments(st)->round++;
        return true;
    case 18:
        st->case_no++;
        return true;
    case 19:
        a->item = BUS_STRV("MZ05x");
        return true;
    case 20:
        st->applications.n = 0;
        return true;
    case 21:
        a->has_process = true;
        return true;
    case 22:
        st->assignments.v[1].process.posted++;
        return true;
    case 23:
        st->assignments.v[1].process.taken.n--;
        return true;
    case 24:
        st->assignments.v[1].process.taken.v = other;
        return true;
    default:
        return false;
    }
}

static void what_stays_is_not_written_to_see_that(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state first, st;
    struct matcher_parts parts, kept, all;
    static int32_t marks[] = {3, 4};
    bool *changed = NULL, *kept_changed = NULL, *all_changed = NULL;
    open_before(&h, &first);
    struct sa_line_state *line = bus_arena_calloc(&mem, 1, sizeof(*line));
    first.assignments.v[2].lines.v = line;
    first.assignments.v[2].lines.n = 1;
    first.assignments.v[1].has_reason = true;
    first.assignments.v[1].reason = BUS_STRV("WORD");
    first.assignments.v[1].has_process = true;
    first.assignments.v[1].process.opinion_by = BUS_STRV("zhang");
    first.assignments.v[1].process.taken.v = marks;
    first.assignments.v[1].process.taken.n = 2;
    ok(matcher_parted_close(&h, &first, &parts, &changed, &err));
    bool more = true;
    for (unsigned i = 0; more; i++) {
        struct matcher_parted h2 = parted();
        for (uint32_t p = 0; p < parts.n; p++) {
            ok(matcher_parts_set(&h2.parts, p, parts.v[p], &mem, &err));
        }
        ok(matcher_parted_open(&h2, &first.household_id, &st, &err));
        ok(matcher_parted_facts(&h2, &st, &err));
        assert_non_null(h2.opened.rest);
        assert_int_equal(h2.opened.n, st.assignments.n);
        st.sequence++;
        more = change(&st, i);
        ok(matcher_parted_close(&h2, &st, &kept, &kept_changed, &err));
        h2.opened = (struct matcher_opened){.n = 0}; /* written all the same */
        ok(matcher_parted_close(&h2, &st, &all, &all_changed, &err));
        assert_int_equal(kept.n, all.n);
        for (uint32_t p = 0; p < all.n; p++) {
            assert_int_equal(kept_changed[p], all_changed[p]);
            assert_true(bus_strv_eq(kept.v[p], all.v[p]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(what_stays_is_not_written_to_see_that),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
