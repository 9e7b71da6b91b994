/* A household's state in parts: what goes in comes out, an answer writes one of
 * them, and a state that the program before this form wrote is taken over. */
#include "schemas/household_facts.h"
#include "tests/unit/role_matcher/state_scene.h"

static int by_name(const void *a, const void *b)
{
    const struct sa_fact *x = a, *y = b;
    int c = bus_strv_cmp(x->name, y->name);
    return c ? c : bus_id_cmp(&x->member, &y->member);
}

static void an_earlier_state_is_taken_over(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state st, again;
    open_before(&h, &st);
    assert_true(st.facts.n > 50 && st.assignments.n > 2 && st.members.n > 1);
    struct matcher_parts parts;
    bool *changed = NULL;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    size_t bytes = 0;
    for (uint32_t i = 0; i < parts.n; i++) {
        assert_true(changed[i]);
        bytes += parts.v[i].n;
    }
    assert_int_equal(parts.n, 2 + st.assignments.n);
    assert_true(bytes * 3 < recorded().n);
    struct bus_strv list;
    ok(matcher_names_encode(&names, &mem, &list, &err));
    struct matcher_names other; /* as after a restart */
    matcher_names_init(&other);
    ok(matcher_names_decode(&other, list, &mem, &err));
    struct matcher_parted h2 = parted();
    h2.names = &other;
    for (uint32_t i = 0; i < parts.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, parts.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
    assert_false(h2.facts_there);
    assert_int_equal(h2.size, st.members.n);
    assert_int_equal(again.members.n, 0);
    ok(matcher_parted_facts(&h2, &again, &err));
    qsort(st.facts.v, st.facts.n, sizeof(*st.facts.v), by_name);
    qsort(again.facts.v, again.facts.n, sizeof(*again.facts.v), by_name);
    struct bus_strv a = as_before(&st), b = as_before(&again);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    matcher_names_fini(&other);
}

static void an_answer_writes_its_assignment(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state st;
    struct matcher_parts parts;
    bool *changed = NULL;
    open_before(&h, &st);
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    struct matcher_parted h2 = parted();
    for (uint32_t i = 0; i < parts.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, parts.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &st, &err));
    int64_t before = st.sequence++;
    st.assignments.v[1].round++;
    ok(matcher_parted_close(&h2, &st, &parts, &changed, &err));
    for (uint32_t i = 0; i < parts.n; i++) {
        assert_int_equal(changed[i], i == MATCHER_PART_ASSIGNMENTS + 1);
    }
    struct bus_strv one = parts.v[MATCHER_PART_ASSIGNMENTS + 1];
    assert_true(one.n < 160);
    assert_int_equal(matcher_part_sequence(one), before + 1);
    assert_true(matcher_part_sequence(parts.v[0]) <= before);
}

/* As it was written before parts had marks: by their first ids, without a mark
 * and without what came behind: the case's consent, the facts' disputed, the
 * assignment's assigned_at, process, award and payee. */
static struct bus_strv without_mark(struct bus_strv framed)
{
    char *p = bus_arena_dup(&mem, framed.p, framed.n);
    size_t at = BUS_WIRE_FRAME_BYTES;
    assert_non_null(p);
    bool assignment = p[4] == (char)sa_household_assignment_type.id;
    bool facts = p[4] == (char)sa_household_facts_type.id;
    p[4] = (char)(assignment ? 103 : facts ? 102 : 101);
    while (p[at++] & 0x80) {
    }
    memmove(p + at, p + at + MATCHER_MARK_BYTES,
            framed.n - at - MATCHER_MARK_BYTES);
    size_t last = assignment ? 6 : facts ? 1 : 2;
    return (struct bus_strv){p, framed.n - MATCHER_MARK_BYTES - last};
}

/* Another account than the application's. */
static void a_changed_payee_comes_back(void **state)
{
    (void)state;
    struct matcher_parted h, h2 = parted();
    struct sa_household_state st, again;
    struct matcher_parts parts;
    bool *changed = NULL;
    open_before(&h, &st);
    struct sa_assignment_state *a = &st.assignments.v[0];
    a->has_payee = a->has_payee_event = true;
    a->payee = BUS_STRV("sealed");
    a->payee_event = (struct bus_id){{9}};
    a->payee_signed_at = 1791511200000;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    assert_true(changed[MATCHER_PART_ASSIGNMENTS]);
    for (uint32_t i = 0; i < parts.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, parts.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
    a = &again.assignments.v[0];
    assert_true(a->has_payee && bus_strv_is(a->payee, "sealed"));
    assert_true(a->has_payee_event && a->payee_event.b[0] == 9);
    assert_int_equal(a->payee_signed_at, 1791511200000);
    assert_false(again.assignments.v[1].has_payee);
}

/* An award is some twenty bytes of its assignment's part; what was written
 * before there were awards (122, 113) or payees (132) is read. */
static void an_award_comes_back(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state st, again;
    struct matcher_parts with, without;
    bool *changed = NULL;
    struct bus_id who = {{7}};
    const uint32_t at = MATCHER_PART_ASSIGNMENTS;
    open_before(&h, &st);
    struct matcher_parted plain = h;
    ok(matcher_parted_close(&plain, &st, &without, &changed, &err));
    struct sa_award *w = &st.assignments.v[0].award;
    st.assignments.v[0].has_award = true;
    *w = (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                           .period = SA_PERIOD_MONTHLY,
                           .from = 20735,
                           .until = 21099,
                           .told_case = 2,
                           .told_fen = 70000};
    w->members.v = &who;
    w->members.n = 1;
    ok(matcher_parted_close(&h, &st, &with, &changed, &err));
    assert_true(with.v[at].n - without.v[at].n <= 16 + 16);
    print_message("an award of one member: %zu bytes\n",
                  with.v[at].n - without.v[at].n);
    struct matcher_parted h2 = parted();
    for (uint32_t i = 0; i < with.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, with.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
    assert_true(again.assignments.v[0].has_award);
    assert_int_equal(again.assignments.v[0].award.until, 21099);
    assert_int_equal(again.assignments.v[0].award.told_fen, 70000);
    assert_true(bus_id_eq(&again.assignments.v[0].award.members.v[0], &who));
    static const struct
    {
        uint8_t id, less; /* bytes at its end */
    } before[] = {{132, 3}, {122, 4}, {113, 6}};
    for (size_t k = 0; k < 3; k++) {
        char *old = bus_arena_dup(&mem, without.v[at].p, without.v[at].n);
        old[4] = (char)before[k].id;
        h2 = parted();
        for (uint32_t i = 0; i < without.n; i++) {
            struct bus_strv part = {old, without.v[at].n - before[k].less};
            ok(matcher_parts_set(&h2.parts, i, i == at ? part : without.v[i],
                                 &mem, &err));
        }
        ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
        assert_false(again.assignments.v[0].has_award);
        assert_int_equal(again.assignments.v[0].due, st.assignments.v[0].due);
    }
}

static void a_part_of_before_the_marks_is_read(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state st, again;
    struct matcher_parts parts;
    bool *changed = NULL;
    open_before(&h, &st);
    st.verifications.n = st.needs.n = 0; /* what they hold now is more */
    st.applications.n = 0;
    for (size_t i = 0; i < st.assignments.n; i++) {
        st.assignments.v[i].lines.n = 0;
    }
    memset(h.mark, 7, sizeof(h.mark));
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    struct matcher_parted h2 = parted();
    for (uint32_t i = 0; i < parts.n; i++) {
        struct bus_strv old = without_mark(parts.v[i]);
        assert_int_equal(matcher_part_sequence(old), st.sequence);
        ok(matcher_parts_set(&h2.parts, i, old, &mem, &err));
    }
    assert_true(matcher_parts_marked(&parts, h.mark));
    assert_false(matcher_parts_marked(&h2.parts, h.mark));
    ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
    ok(matcher_parted_facts(&h2, &again, &err));
    qsort(st.facts.v, st.facts.n, sizeof(*st.facts.v), by_name);
    qsort(again.facts.v, again.facts.n, sizeof(*again.facts.v), by_name);
    struct bus_strv a = as_before(&st), b = as_before(&again);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
}

/* Of the parts an event writes each says so, the others say who wrote them;
 * what was written before there were marks says nothing, and stays as it is. */
static void a_part_says_which_event_wrote_it(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state st;
    struct matcher_parts parts;
    bool *changed = NULL;
    uint8_t marks[4][MATCHER_MARK_BYTES];
    struct bus_id event = {{1, 2}}, other = {{1, 3}};
    matcher_mark_make(BUS_STRV("a"), 1, 7, &event, marks[0]);
    matcher_mark_make(BUS_STRV("a"), 1, 8, &event, marks[1]);
    matcher_mark_make(BUS_STRV("b"), 1, 7, &event, marks[2]);
    matcher_mark_make(BUS_STRV("a"), 1, 7, &other, marks[3]);
    open_before(&h, &st);
    assert_false(matcher_parts_marked(&h.parts, h.mark));
    memcpy(h.mark, marks[0], sizeof(h.mark));
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    assert_true(matcher_parts_marked(&parts, marks[0]));
    struct matcher_parted h2 = parted();
    for (uint32_t i = 0; i < parts.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, parts.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &st, &err));
    for (size_t i = 1; i < 4; i++) {
        assert_false(matcher_parts_marked(&h2.parts, marks[i]));
    }
    memcpy(h2.mark, marks[1], sizeof(h2.mark));
    st.sequence++;
    st.assignments.v[1].round++;
    ok(matcher_parted_close(&h2, &st, &parts, &changed, &err));
    for (uint32_t i = 0; i < parts.n; i++) { /* the mark is no change */
        assert_int_equal(changed[i], i == MATCHER_PART_ASSIGNMENTS + 1);
    }
    assert_true(matcher_parts_marked(&parts, marks[0]));
    assert_true(matcher_parts_marked(&parts, marks[1]));
}

static struct bus_strv case_of_sequence(int64_t sequence)
{
    struct matcher_parted h = parted();
    struct sa_household_state st = {.sequence = sequence};
    struct matcher_parts parts;
    bool *changed = NULL;
    h.facts_there = true;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    return parts.v[MATCHER_PART_CASE];
}

/* Reads these sequences of a case from the topic; the last of them that is on
 * disk then, or -1: torn. */
static int64_t
follow(const int64_t *sequences, size_t n, int64_t disk, bool known)
{
    struct matcher_parts on = {0};
    if (disk > 0) {
        ok(matcher_parts_set(&on, 0, case_of_sequence(disk), &mem, &err));
    }
    for (size_t i = 0; i < n; i++) {
        int64_t before = 0;
        struct bus_strv now = case_of_sequence(sequences[i]);
        enum matcher_part_read r =
            matcher_parts_follow(&on, 0, now, 7, known, &before);
        if (r == PART_TORN) {
            return -1;
        }
        if (r == PART_NEXT) {
            ok(matcher_parts_set(&on, 0, now, &mem, &err));
            on.pass[0] = 7;
        }
    }
    return matcher_part_sequence(on.v[0]);
}

static void a_topic_that_is_read_again_is_told_from_a_torn_one(void **state)
{
    (void)state;
    static const int64_t up[] = {2, 3, 5}, twice[] = {2, 3, 3},
                         back[] = {2, 5, 3};
    assert_int_equal(follow(up, 3, 0, false), 5); /* a restart */
    assert_int_equal(follow(up, 3, 5, false), 5); /* the disk is further */
    assert_int_equal(follow(twice, 3, 0, false), -1);
    assert_int_equal(follow(back, 3, 0, false), -1);
    /* After an aborted transaction, from a place before the last commits. */
    assert_int_equal(follow(up, 3, 5, true), 5);
    assert_int_equal(follow(up, 2, 5, true), 5);
    assert_int_equal(follow(up, 3, 3, true), -1); /* 5 was aborted */
    assert_int_equal(follow(up, 1, 0, true), -1);
}

/* Of whom and how much was asked, what was answered, what is in dispute. */
static void what_was_asked_is_kept(void **state)
{
    (void)state;
    struct matcher_parted h, h2;
    struct sa_household_state st, again;
    struct matcher_parts parts;
    bool *changed = NULL;
    struct bus_strv charities[] = {BUS_STRV("cishan"), BUS_STRV("hongshizi")};
    struct sa_line_state lines[] = {
        {.order_id = {{1}},
         .kind = SA_DISPATCH_KIND_PAYMENT,
         .partner = BUS_STRV("nongshang"),
         .amount_fen = 140000,
         .answer = 0x3fffffff},
        {.order_id = {{2}}, .kind = SA_DISPATCH_KIND_GOODS}};
    struct sa_need_state need = {.need_id = {{3}}, .gap_fen = 5};
    struct sa_verification_state asked = {
        .request_id = {{4}}, .partner = BUS_STRV("caixian"), .answer = 7};
    open_before(&h, &st);
    assert_true(st.consent && st.disputed.n == 0); /* it did not say */
    struct sa_disputed_fact disputed = {st.facts.v[0], 20735};
    need.partners.v = charities;
    need.partners.n = 2;
    st.assignments.v[0].lines.v = lines;
    st.assignments.v[0].lines.n = 2;
    st.needs.v = &need;
    st.needs.n = 1;
    st.verifications.v = &asked;
    st.verifications.n = 1;
    st.disputed.v = &disputed;
    st.disputed.n = 1;
    st.consent = false;
    st.facts.n = 0;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    h2 = parted();
    for (uint32_t i = 0; i < parts.n; i++) {
        ok(matcher_parts_set(&h2.parts, i, parts.v[i], &mem, &err));
    }
    ok(matcher_parted_open(&h2, &st.household_id, &again, &err));
    ok(matcher_parted_facts(&h2, &again, &err));
    struct bus_strv a = as_before(&st), b = as_before(&again);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
}

/* Something must say how far the household has come. */
static void nothing_but_the_sequence_writes_the_case(void **state)
{
    (void)state;
    struct matcher_parted h = parted();
    struct sa_household_state st = {.sequence = 1};
    struct matcher_parts parts;
    bool *changed = NULL;
    h.facts_there = true;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    h.parts = parts;
    st.sequence = 2;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    assert_true(changed[MATCHER_PART_CASE]);
    assert_int_equal(matcher_part_sequence(parts.v[MATCHER_PART_CASE]), 2);
}

static void keys_are_told_apart(void **state)
{
    (void)state;
    struct bus_id id = {{7, 8, 9}}, got;
    char key[MATCHER_PART_KEY + 1];
    uint32_t part = 0;
    for (uint32_t i = 0; i < 300; i += 7) {
        struct bus_strv k = matcher_part_key(&id, i, key);
        assert_true(matcher_part_of_key(k, &got, &part));
        assert_true(bus_id_eq(&id, &got));
        assert_int_equal(part, i);
    }
    static const char *const none[] = {
        "names",
        "",
        "07080900-0000-0000-0000-000000000000/",
        "07080900-0000-0000-0000-000000000000/x",
        "07080900-0000-0000-0000-000000000000/-1",
        "07080900-0000-0000-0000-000000000000/8191",
        "07080900-0000-0000-0000-000000000000f"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(matcher_part_of_key(bus_strv(none[i]), &got, &part));
    }
}

static void a_word_keeps_its_number(void **state)
{
    (void)state;
    int32_t a = -1, b = -1;
    struct bus_strv word;
    ok(matcher_names_number(&names, BUS_STRV("MZ01"), true, &a, &err));
    for (int i = 0; i < 3000; i++) {
        char text[20];
        (void)snprintf(text, sizeof(text), "word %d", i);
        ok(matcher_names_number(&names, bus_strv(text), false, &b, &err));
    }
    ok(matcher_names_number(&names, BUS_STRV("MZ01"), true, &b, &err));
    assert_int_equal(a, b);
    ok(matcher_names_word(&names, a, &word, &err));
    assert_true(bus_strv_is(word, "MZ01"));
    assert_int_equal(matcher_names_word(&names, 100000, &word, &err), BUS_EBUG);
    for (int i = 0; i < 3000; i++) { /* what partners say may not fill it */
        char text[20];
        (void)snprintf(text, sizeof(text), "strange %d", i);
        ok(matcher_names_number(&names, bus_strv(text), false, &b, &err));
    }
    assert_int_equal(b, -1);
    assert_int_equal(names.n, MATCHER_NAMES_FREE);
    ok(matcher_names_number(&names, BUS_STRV("MZ99"), true, &b, &err));
    assert_int_equal(b, MATCHER_NAMES_FREE);
}

/* A household that another one's application named: a membership and nothing
 * else. Read from the topic again there is its case and no other part. */
static void a_household_only_named_has_one_part(void **state)
{
    (void)state;
    struct matcher_parted h;
    struct sa_household_state before, st, again;
    open_before(&h, &before);
    st = (struct sa_household_state){.household_id = before.household_id,
                                     .sequence = 1};
    h = parted();
    ok(matcher_parted_open(&h, &st.household_id, &again, &err));
    struct matcher_parts parts;
    bool *changed = NULL;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    assert_true(parts.v[MATCHER_PART_CASE].n > 0);
    struct matcher_parted read = parted();
    ok(matcher_parts_set(&read.parts, MATCHER_PART_CASE,
                         parts.v[MATCHER_PART_CASE], &mem, &err));
    assert_int_equal(read.parts.n, 1);
    ok(matcher_parted_open(&read, &st.household_id, &again, &err));
    assert_int_equal(again.sequence, 1);
    assert_int_equal(again.assignments.n, 0);
    assert_true(read.facts_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(a_changed_payee_comes_back),
        T(an_award_comes_back),
        T(an_earlier_state_is_taken_over),
        T(an_answer_writes_its_assignment),
        T(a_part_of_before_the_marks_is_read),
        T(a_part_says_which_event_wrote_it),
        T(a_topic_that_is_read_again_is_told_from_a_torn_one),
        T(what_was_asked_is_kept),
        T(nothing_but_the_sequence_writes_the_case),
        T(keys_are_told_apart),
        T(a_word_keeps_its_number),
        T(a_household_only_named_has_one_part),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
