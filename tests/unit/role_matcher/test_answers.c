/* What banks, the post and charities answer, held against what was asked of
 * them, through decide(): of whom, what, how much. What does not hold leaves
 * the line open and people see it; what did not arrive goes back to its owner.
 */
#include "tests/unit/role_matcher/answers_scene.h"

static void held_against_what_was_asked(void **state)
{
    (void)state;
    enum { P, R }; /* a bank's result, a receipt */
    const struct
    {
        const struct line *line;
        const char *partner;
        int how, outcome;
        int64_t fen;
        const char *note;
        enum sa_line_status status;
    } rows[] = {
#define SETTLED SA_PAYMENT_OUTCOME_SETTLED
        {payment, "nongshang", P, SETTLED, FEN, "", SA_LINE_STATUS_DONE},
        {payment, "nongshang", P, SETTLED, 100, "AMOUNT_DIFFERS",
         SA_LINE_STATUS_OPEN},
        {payment, "nongshang", P, SETTLED, FEN - 100, "AMOUNT_DIFFERS",
         SA_LINE_STATUS_OPEN},
        {payment, "nongshang", P, SETTLED, 0, "AMOUNT_DIFFERS",
         SA_LINE_STATUS_OPEN},
        {payment, "nongshang", P, SETTLED, INT64_MAX, "AMOUNT_DIFFERS",
         SA_LINE_STATUS_OPEN},
        {payment, "nonghang", P, SETTLED, FEN, "NOT_YOURS",
         SA_LINE_STATUS_OPEN},
        {payment, "nonghang", P, SA_PAYMENT_OUTCOME_REJECTED, 0, "NOT_YOURS",
         SA_LINE_STATUS_OPEN},
        {payment, "nongshang", P, SA_PAYMENT_OUTCOME_REJECTED, 0, "",
         SA_LINE_STATUS_FAILED},
        {payment, "nongshang", R, SA_DELIVERY_OUTCOME_PAID, 0, "NOT_ASKED",
         SA_LINE_STATUS_OPEN},
        {payment, "youzheng", R, SA_DELIVERY_OUTCOME_PAID, 0, "NOT_YOURS",
         SA_LINE_STATUS_OPEN},
        {goods, "youzheng", R, SA_DELIVERY_OUTCOME_SIGNED, 0, "",
         SA_LINE_STATUS_DONE},
        {goods, "youzheng", R, SA_DELIVERY_OUTCOME_PAID, 0, "NOT_ASKED",
         SA_LINE_STATUS_OPEN},
        {goods, "nongshang", P, SETTLED, FEN, "NOT_YOURS", SA_LINE_STATUS_OPEN},
        {goods, "youzheng", P, SETTLED, FEN, "NOT_ASKED", SA_LINE_STATUS_OPEN},
        {cash, "youzheng", R, SA_DELIVERY_OUTCOME_PAID, 0, "",
         SA_LINE_STATUS_DONE},
        {cash, "youzheng", R, SA_DELIVERY_OUTCOME_SIGNED, 0, "NOT_ASKED",
         SA_LINE_STATUS_OPEN},
        {cash, "youzheng", R, SA_DELIVERY_OUTCOME_FAILED, 0, "",
         SA_LINE_STATUS_FAILED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_household_state st;
        begin(&st, rows[i].line, 1);
        bool bank = rows[i].how == P;
        struct sa_payment_result *p = pays(
            10, (enum sa_payment_outcome)rows[i].outcome, rows[i].fen, "B1");
        struct sa_delivery_receipt *d =
            hands(10, (enum sa_delivery_outcome)rows[i].outcome);
        p->order_id = d->task_id = of(&st)->lines.v[0].order_id;
        struct matcher_outputs out =
            step(&st, bank ? MATCHER_PAYMENT : MATCHER_RECEIPT, rows[i].partner,
                 bank ? (const void *)p : (const void *)d);
        if (!bus_strv_is(seen(&out), rows[i].note) ||
            of(&st)->lines.v[0].status != rows[i].status) {
            fail_msg("row %zu: %.*s, line %d", i, BUS_STRV_ARG(seen(&out)),
                     (int)of(&st)->lines.v[0].status);
        }
    }
}

/* An answer about no order that dispatch told of: with a treasury, and an award
 * that is paid every period, the treasury's matter; else nobody asked for it.
 */
static void later_periods_are_the_treasurys(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct sa_household_state st;
        struct matcher_outputs out;
        struct bus_err err;
        begin(&st, payment, 1);
        of(&st)->has_award = true;
        of(&st)->award.period = i & 1 ? SA_PERIOD_MONTHLY : SA_PERIOD_ONCE;
        of(&st)->award.from = rules_day(DAY) - (i & 4 ? 1 : 0);
        struct sa_payment_result *p =
            pays(10, SA_PAYMENT_OUTCOME_SETTLED, FEN, "B1");
        p->order_id = id('x', 1);
        const struct matcher_rules rules = {.catalogue = k.c,
                                            .deadline = no_limit,
                                            .treasury_from =
                                                i & 2 ? rules_day(DAY) : 0};
        const struct matcher_event e = {.kind = MATCHER_PAYMENT,
                                        .record = p,
                                        .partner = BUS_STRV("nongshang")};
        int rc = matcher_decide(&rules, &st, &e, &mem, &out, &err);
        assert_int_equal(rc, i == 3 ? BUS_OK : BUS_EUNKNOWN);
        assert_true(rc != BUS_OK || (out.n == 0 && !out.changed));
        assert_int_equal(of(&st)->lines.v[0].status, SA_LINE_STATUS_OPEN);
    }
}

/* A part, then the rest. */
static void two_halves(void **state)
{
    (void)state;
    struct sa_household_state st;
    begin(&st, payment, 1);
    for (int i = 0; i < 2; i++) {
        struct matcher_outputs out =
            step(&st, MATCHER_PAYMENT, "nongshang",
                 pays(10, SETTLED, i ? FEN - 100 : 100, "B1"));
        assert_true(bus_strv_is(seen(&out), "AMOUNT_DIFFERS"));
        assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_DISPATCHED);
    }
}

static void a_second_answer(void **state)
{
    (void)state;
    struct sa_household_state st;
    begin(&st, payment, 1);
    (void)step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B1"));
    struct matcher_outputs out =
        step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B1"));
    assert_true(out.duplicate && seen(&out).n == 0);
    out = step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B2"));
    assert_true(!out.duplicate && bus_strv_is(seen(&out), "CONTRADICTION"));
    assert_int_equal(of(&st)->lines.v[0].status, SA_LINE_STATUS_DONE);
    /* What an earlier state does not know is a duplicate, as it was. */
    of(&st)->lines.v[0].answer = 0;
    out = step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B3"));
    assert_true(out.duplicate && seen(&out).n == 0);
}

static void an_earlier_line_holds_nobody_back(void **state)
{
    (void)state;
    struct sa_household_state st;
    begin(&st, payment, 1);
    of(&st)->lines.v[0].partner = (struct bus_strv){0};
    of(&st)->lines.v[0].amount_fen = 0;
    struct matcher_outputs out =
        step(&st, MATCHER_PAYMENT, "nonghang", pays(10, SETTLED, 5, "B1"));
    assert_int_equal(seen(&out).n, 0);
    assert_int_equal(of(&st)->lines.v[0].status, SA_LINE_STATUS_DONE);
}

static void what_did_not_arrive_goes_back(void **state)
{
    (void)state;
    struct sa_household_state st;
    begin(&st, payment, 1);
    struct matcher_outputs out =
        step(&st, MATCHER_PAYMENT, "nongshang",
             pays(10, SA_PAYMENT_OUTCOME_REJECTED, 0, "B1"));
    assert_true(bus_strv_is(back(&out), "UNDELIVERED"));
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_ASSIGNED);
    assert_true(st.case_open);
    sent(&st, 2, payment, 1); /* its owner has decided anew */
    assert_true(of(&st)->lines.n == 2 &&
                of(&st)->lines.v[1].status == SA_LINE_STATUS_OPEN);
    /* A bank that was away says again what it said of the first order. */
    out = step(&st, MATCHER_PAYMENT, "nongshang",
               pays(10, SA_PAYMENT_OUTCOME_REJECTED, 0, "B1"));
    assert_true(out.duplicate &&
                of(&st)->status == SA_ASSIGNMENT_STATUS_DISPATCHED);
    out = step(&st, MATCHER_PAYMENT, "nongshang", pays(20, SETTLED, FEN, "B2"));
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    /* Reversed while the case is in hand, and when it has ended. */
    st.case_open = true;
    out = step(&st, MATCHER_PAYMENT, "nongshang",
               pays(20, SA_PAYMENT_OUTCOME_RETURNED, FEN, "B3"));
    assert_true(bus_strv_is(back(&out), "UNDELIVERED"));
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_ASSIGNED);
    sent(&st, 3, payment, 1);
    (void)step(&st, MATCHER_PAYMENT, "nongshang", pays(30, SETTLED, FEN, "B4"));
    st.case_open = false;
    out = step(&st, MATCHER_PAYMENT, "nongshang",
               pays(30, SA_PAYMENT_OUTCOME_RETURNED, FEN, "B5"));
    assert_int_equal(back(&out).n, 0);
    assert_true(bus_strv_is(seen(&out), "UNDELIVERED"));
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_ENDED_UNDELIVERED);
}

/* Decided anew for ever, a state does not grow for ever: of the orders that
 * came back as many are known as are kept, the last ones. */
static void what_came_back_is_kept_for_a_while(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    begin(&st, payment, 1);
    for (uint8_t d = 1; d < MATCHER_LINES_KEPT + 4; d++) {
        (void)step(
            &st, MATCHER_PAYMENT, "nongshang",
            pays((uint8_t)(d * 10), SA_PAYMENT_OUTCOME_REJECTED, 0, "B1"));
        sent(&st, (uint8_t)(d + 1), payment, 1);
        assert_true(of(&st)->lines.n <= MATCHER_LINES_KEPT + 1);
    }
    assert_int_equal(of(&st)->lines.n, MATCHER_LINES_KEPT + 1);
    out = step(&st, MATCHER_PAYMENT, "nongshang",
               pays(40, SA_PAYMENT_OUTCOME_REJECTED, 0, "B1"));
    assert_true(out.duplicate);
}

/* Of two lines one failed: what was done stays known, and is not done again. */
static void one_of_two(void **state)
{
    (void)state;
    static const struct line both[] = {
        {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN},
        {SA_DISPATCH_KIND_GOODS, "youzheng", 0}};
    struct sa_household_state st;
    begin(&st, both, 2);
    (void)step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B1"));
    struct matcher_outputs out = step(&st, MATCHER_RECEIPT, "youzheng",
                                      hands(11, SA_DELIVERY_OUTCOME_FAILED));
    assert_true(bus_strv_is(back(&out), "UNDELIVERED"));
    sent(&st, 2, goods, 1);
    assert_int_equal(of(&st)->lines.n, 3);
    (void)step(&st, MATCHER_RECEIPT, "youzheng",
               hands(20, SA_DELIVERY_OUTCOME_SIGNED));
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    out = step(&st, MATCHER_PAYMENT, "nongshang", pays(10, SETTLED, FEN, "B1"));
    assert_true(out.duplicate);
}

static void charities(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN},
        {SA_DISPATCH_KIND_NEED, "cishan", 30000},
        {SA_DISPATCH_KIND_NEED, "cishan", 30000}};
    const struct
    {
        const char *charity;
        enum sa_claim_outcome outcome;
        const char *note;
    } rows[] = {
        {"another", SA_CLAIM_OUTCOME_CLAIMED, "NOT_YOURS"},
        {"another", SA_CLAIM_OUTCOME_DELIVERED, "NOT_YOURS"},
        {"cishan", SA_CLAIM_OUTCOME_DELIVERED, "NOT_ASKED"},
        {"cishan", SA_CLAIM_OUTCOME_CLAIMED, ""},
        {"cishan", SA_CLAIM_OUTCOME_DELIVERED, ""},
    };
    struct sa_household_state st;
    begin(&st, lines, 3);
    assert_int_equal(st.needs.n, 1);
    assert_int_equal(st.needs.v[0].partners.n, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_claim *c = bus_arena_calloc(&mem, 1, sizeof(*c));
        *c = (struct sa_claim){.event_id = id('c', ++number),
                               .claim_id = id('C', number),
                               .household_id = id('h', 1),
                               .occurred_at = TEN,
                               .need_id = id('N', 1),
                               .charity = bus_strv(rows[i].charity),
                               .outcome = rows[i].outcome,
                               .amount_fen = 30000};
        struct matcher_outputs out =
            step(&st, MATCHER_CLAIM, rows[i].charity, c);
        if (!bus_strv_is(seen(&out), rows[i].note)) {
            fail_msg("row %zu: %.*s", i, BUS_STRV_ARG(seen(&out)));
        }
    }
    assert_int_equal(st.needs.v[0].claimed_fen, 30000);
}

static struct matcher_outputs
claims_one(struct sa_household_state *st, const char *charity, int n)
{
    struct sa_claim *c = bus_arena_calloc(&mem, 1, sizeof(*c));
    *c = (struct sa_claim){.event_id = {{'c', (uint8_t)(n >> 8), (uint8_t)n}},
                           .claim_id = {{'C', (uint8_t)(n >> 8), (uint8_t)n}},
                           .household_id = id('h', 1),
                           .occurred_at = TEN,
                           .need_id = id('N', 1),
                           .charity = bus_strv(charity),
                           .outcome = SA_CLAIM_OUTCOME_CLAIMED,
                           .amount_fen = 1};
    return step(st, MATCHER_CLAIM, charity, c);
}

/* A fen at a time, for ever: the state does not grow for ever, what is held is
 * known again, and another may claim what is left. */
static void a_charity_that_claims_for_ever(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN},
        {SA_DISPATCH_KIND_NEED, "cishan", 30000},
        {SA_DISPATCH_KIND_NEED, "aixin", 30000}};
    struct sa_household_state st;
    begin(&st, lines, 3);
    for (int n = 0; n < MATCHER_CLAIMS_KEPT + 50; n++) {
        (void)claims_one(&st, "cishan", n);
    }
    const struct sa_need_state *need = &st.needs.v[0];
    assert_int_equal(need->held.n, MATCHER_CLAIMS_HELD);
    assert_int_equal(need->claims.n, MATCHER_CLAIMS_KEPT);
    assert_int_equal(need->claimed_fen, MATCHER_CLAIMS_HELD);
    assert_true(claims_one(&st, "cishan", 0).duplicate);
    assert_true(claims_one(&st, "cishan", MATCHER_CLAIMS_KEPT + 49).duplicate);
    (void)claims_one(&st, "aixin", 1000);
    assert_int_equal(st.needs.v[0].claimed_fen, MATCHER_CLAIMS_HELD + 1);
}

/* Claims that add up, and one too late: each charity is told what is its, and
 * whom to help if the household has consented. */
static void a_charity_is_told(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN},
        {SA_DISPATCH_KIND_NEED, "cishan", 30000},
        {SA_DISPATCH_KIND_NEED, "aixin", 30000}};
    const struct
    {
        const char *charity;
        int64_t claims, won;
        enum sa_claim_result_outcome outcome;
    } rows[] = {
        {"cishan", 20000, 20000, SA_CLAIM_RESULT_OUTCOME_WON},
        {"aixin", 20000, 10000, SA_CLAIM_RESULT_OUTCOME_PARTLY},
        {"cishan", 5000, 0, SA_CLAIM_RESULT_OUTCOME_LOST},
    };
    for (int consent = 0; consent < 2; consent++) {
        struct sa_household_state st;
        begin(&st, lines, 3);
        st.consent = consent;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct sa_claim *c = bus_arena_calloc(&mem, 1, sizeof(*c));
            *c = (struct sa_claim){.event_id = id('c', ++number),
                                   .claim_id = id('C', number),
                                   .household_id = id('h', 1),
                                   .occurred_at = TEN,
                                   .need_id = id('N', 1),
                                   .charity = bus_strv(rows[i].charity),
                                   .outcome = SA_CLAIM_OUTCOME_CLAIMED,
                                   .amount_fen = rows[i].claims};
            struct matcher_outputs out =
                step(&st, MATCHER_CLAIM, rows[i].charity, c);
            const struct matcher_output *o = &out.v[0];
            const struct sa_claim_result *r = o->record;
            assert_int_equal(o->topic, MATCHER_OUT_CLAIM_RESULTS);
            assert_true(bus_strv_is(o->partner, rows[i].charity));
            assert_int_equal(r->outcome, rows[i].outcome);
            assert_int_equal(r->amount_fen, rows[i].won);
            assert_true(bus_id_eq(&r->household_id, &st.needs.v[0].need_id));
            assert_true(bus_id_eq(&o->household_id, &st.needs.v[0].need_id));
            assert_true(bus_id_is_nil(&r->case_id)); /* the shell's to fill */
            assert_int_equal(r->has_until, rows[i].won > 0);
            assert_true(rows[i].won == 0 || r->until == rules_day(DAY) + 5);
            assert_int_equal(o->seal_for.n > 0, consent && rows[i].won > 0);
            assert_int_equal(o->withheld, MATCHER_ID_NUMBER | MATCHER_ACCOUNT);
            out = step(&st, MATCHER_CLAIM, rows[i].charity, c);
            assert_true(out.duplicate && out.n == 0);
        }
        assert_int_equal(st.needs.v[0].claimed_fen, 30000);
    }
}

/* --- a claim's time --- */

#define WON     SA_CLAIM_RESULT_OUTCOME_WON
#define PARTLY  SA_CLAIM_RESULT_OUTCOME_PARTLY
#define LOST    SA_CLAIM_RESULT_OUTCOME_LOST
#define EXPIRED SA_CLAIM_RESULT_OUTCOME_EXPIRED

/* What the charity says on a day after the ninth, by the broker's clock; the
 * results that go out for it, of whom, how much. */
struct says
{
    const char *charity;
    enum sa_claim_outcome outcome;
    int64_t fen;
    int day;
    struct
    {
        const char *charity;
        int outcome;
        int64_t fen;
    } told[2];
    int64_t opens; /* what is open again, and offered again */
};

static void claim_says(struct sa_household_state *st, const struct says *x)
{
    const struct matcher_rules rules = {.catalogue = k.c, .deadline = no_limit};
    struct sa_claim c = {.event_id = id('c', ++number),
                         .claim_id = id('C', number),
                         .household_id = id('N', 1),
                         .occurred_at = TEN,
                         .need_id = id('N', 1),
                         .charity = bus_strv(x->charity),
                         .outcome = x->outcome,
                         .amount_fen = x->fen};
    const struct matcher_event e = {.kind = MATCHER_CLAIM,
                                    .record = &c,
                                    .partner = bus_strv(x->charity),
                                    .of_need = true,
                                    .arrived_ms =
                                        TEN + x->day * INT64_C(86400000)};
    struct matcher_outputs out;
    struct bus_err err;
    size_t n = 0;
    if (matcher_decide(&rules, st, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    size_t offers = 0;
    for (size_t i = 0; i < out.n; i++) {
        const struct sa_claim_result *r = out.v[i].record;
        const struct sa_need *need = out.v[i].record;
        if (out.v[i].topic == MATCHER_OUT_NEEDS) {
            assert_true(bus_id_eq(&need->household_id, &need->need_id) &&
                        bus_id_eq(&need->need_id, &c.need_id) &&
                        bus_id_is_nil(&need->case_id)); /* the shell's */
            assert_int_equal(need->gap_fen, x->opens);
            offers++;
        }
        if (out.v[i].topic != MATCHER_OUT_CLAIM_RESULTS) {
            continue;
        }
        assert_true(n < 2 && x->told[n].charity != NULL);
        assert_true(bus_strv_is(r->charity, x->told[n].charity));
        assert_int_equal(r->outcome, x->told[n].outcome);
        assert_int_equal(r->amount_fen, x->told[n].fen);
        n++;
    }
    assert_true(n == 2 || x->told[n].charity == NULL);
    assert_int_equal(offers, x->opens > 0 ? 2 : 0); /* both charities */
}

static void a_claim_has_its_days(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN},
        {SA_DISPATCH_KIND_NEED, "cishan", 30000},
        {SA_DISPATCH_KIND_NEED, "aixin", 30000}};
#define CLAIMS SA_CLAIM_OUTCOME_CLAIMED
    static const struct says says[] = {
        /* two at one instant: the first of the one order wins */
        {"cishan", CLAIMS, 30000, 0, {{"cishan", WON, 30000}}, 0},
        {"aixin", CLAIMS, 30000, 0, {{"aixin", LOST, 0}}, 0},
        {"aixin", CLAIMS, 10000, 5, {{"aixin", LOST, 0}}, 0},
        /* its fifth day is over */
        {"aixin",
         CLAIMS,
         10000,
         6,
         {{"cishan", EXPIRED, 0}, {"aixin", WON, 10000}},
         30000},
        /* it has nothing any more to have delivered */
        {"cishan", SA_CLAIM_OUTCOME_DELIVERED, 30000, 6, {{NULL, 0, 0}}, 0},
        {"cishan", CLAIMS, 30000, 7, {{"cishan", PARTLY, 20000}}, 0},
        /* who says no gives it up */
        {"cishan", SA_CLAIM_OUTCOME_DECLINED, 0, 8, {{NULL, 0, 0}}, 20000},
        {"aixin", CLAIMS, 20000, 8, {{"aixin", WON, 20000}}, 0},
        /* help is given: it stays */
        {"aixin", SA_CLAIM_OUTCOME_DELIVERED, 30000, 9, {{NULL, 0, 0}}, 0},
        {"cishan", CLAIMS, 30000, 60, {{"cishan", LOST, 0}}, 0},
    };
    static const int64_t claimed[] = {30000, 30000, 30000, 10000, 10000,
                                      30000, 10000, 30000, 30000, 30000};
    struct sa_household_state st;
    begin(&st, lines, 3);
    assert_true(bus_strv_eq(st.needs.v[0].item, of(&st)->item));
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        claim_says(&st, &says[i]);
        assert_int_equal(st.needs.v[0].claimed_fen, claimed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_against_what_was_asked),
        cmocka_unit_test(later_periods_are_the_treasurys),
        cmocka_unit_test(two_halves),
        cmocka_unit_test(a_second_answer),
        cmocka_unit_test(an_earlier_line_holds_nobody_back),
        cmocka_unit_test(what_did_not_arrive_goes_back),
        cmocka_unit_test(what_came_back_is_kept_for_a_while),
        cmocka_unit_test(one_of_two),
        cmocka_unit_test(charities),
        cmocka_unit_test(a_charity_that_claims_for_ever),
        cmocka_unit_test(a_charity_is_told),
        cmocka_unit_test(a_claim_has_its_days),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
