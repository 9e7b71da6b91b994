/* The two tables, and what answers do: drills D2 to D4 with the source's 660.00
 * yuan. */
#include <string.h>

#include "consumers/treasury/states.h"
#include "tests/lib/check.h"

#define FEN 66000

static void the_tables_are_tables(void **state)
{
    (void)state;
    struct bus_err err;
    assert_int_equal(bus_fsm_check(&treasury_line_fsm, &err), BUS_OK);
    assert_int_equal(bus_fsm_check(&treasury_batch_fsm, &err), BUS_OK);
}

/* What must never be: a line that was sent is never stopped or sent again, a
 * batch that changed is approved anew, one that has left is never sent again.
 */
static void there_is_no_way_to_pay_twice(void **state)
{
    (void)state;
    static const unsigned never_sent_again[] = {
        TREASURY_LINE_SENT, TREASURY_LINE_SETTLED, TREASURY_LINE_REPAID,
        TREASURY_LINE_STOPPED};
    for (size_t i = 0; i < 4; i++) {
        assert_false(bus_fsm_can(&treasury_line_fsm, never_sent_again[i],
                                 TREASURY_LINE_SEND));
        assert_false(bus_fsm_can(&treasury_line_fsm, never_sent_again[i],
                                 TREASURY_LINE_AGAIN));
    }
    assert_false(bus_fsm_can(&treasury_line_fsm, TREASURY_LINE_SENT,
                             TREASURY_LINE_STOP));
    assert_false(bus_fsm_can(&treasury_line_fsm, TREASURY_LINE_SETTLED,
                             TREASURY_LINE_STOP));
    for (unsigned s = 0; s < TREASURY_BATCH_STATES; s++) {
        assert_int_equal(
            bus_fsm_can(&treasury_batch_fsm, s, TREASURY_BATCH_SEND),
            s == TREASURY_BATCH_APPROVED_TWICE);
        bool open = s <= TREASURY_BATCH_APPROVED_TWICE;
        assert_int_equal(
            bus_fsm_can(&treasury_batch_fsm, s, TREASURY_BATCH_CHANGE), open);
        assert_int_equal(
            bus_fsm_can(&treasury_batch_fsm, s, TREASURY_BATCH_WITHDRAW), open);
    }
    for (unsigned s = 0; s <= TREASURY_BATCH_APPROVED_TWICE; s++) {
        assert_int_equal(
            bus_fsm_moved(&treasury_batch_fsm, s, TREASURY_BATCH_CHANGE, NULL),
            TREASURY_BATCH_PREPARED);
    }
}

static void words_are_states(void **state)
{
    (void)state;
    for (unsigned s = 0; s < TREASURY_LINE_STATES; s++) {
        enum treasury_line_state at = TREASURY_LINE_STATES;
        assert_true(treasury_line_of(
            bus_strv(bus_fsm_word(&treasury_line_fsm, s)), &at));
        assert_int_equal(at, s);
    }
    for (unsigned s = 0; s < TREASURY_BATCH_STATES; s++) {
        enum treasury_batch_state at = TREASURY_BATCH_STATES;
        assert_true(treasury_batch_of(
            bus_strv(bus_fsm_word(&treasury_batch_fsm, s)), &at));
        assert_int_equal(at, s);
    }
    enum treasury_line_state none = TREASURY_LINE_SENT;
    assert_false(treasury_line_of(BUS_STRV("paid"), &none));
    assert_int_equal(none, TREASURY_LINE_SENT);
}

/* --- a bank's answers --- */

#define DUE   TREASURY_LINE_DUE
#define SENT  TREASURY_LINE_SENT
#define PAID  TREASURY_LINE_SETTLED
#define FAILS TREASURY_LINE_REJECTED
#define BACK  TREASURY_LINE_RETURNED
#define GAVE  TREASURY_LINE_REPAID
#define STOP  TREASURY_LINE_STOPPED

static const struct
{
    enum treasury_line_state from;
    enum treasury_answer_outcome outcome;
    int64_t fen;
    bool other_bank, other_reference;
    enum treasury_answer_end end;
    enum treasury_line_state to;
    bool books_settlement;
} answers[] = {
    {SENT, TREASURY_SETTLED, FEN, 0, 0, TREASURY_TAKEN, PAID, 0},
    {SENT, TREASURY_REJECTED, FEN, 0, 0, TREASURY_TAKEN, FAILS, 0},
    {SENT, TREASURY_REJECTED, 0, 0, 0, TREASURY_TAKEN, FAILS, 0},
    {PAID, TREASURY_RETURNED, FEN, 0, 1, TREASURY_TAKEN, BACK, 0},
    /* D2: out of order, the return first; then the settlement, late */
    {SENT, TREASURY_RETURNED, FEN, 0, 0, TREASURY_TAKEN, BACK, 1},
    {BACK, TREASURY_SETTLED, FEN, 0, 1, TREASURY_LATE, BACK, 0},
    /* D2: twice */
    {PAID, TREASURY_SETTLED, FEN, 0, 0, TREASURY_DOUBLED, PAID, 0},
    {FAILS, TREASURY_REJECTED, FEN, 0, 0, TREASURY_DOUBLED, FAILS, 0},
    {FAILS, TREASURY_REJECTED, 0, 0, 1, TREASURY_DOUBLED, FAILS, 0},
    {BACK, TREASURY_RETURNED, FEN, 0, 0, TREASURY_DOUBLED, BACK, 0},
    {GAVE, TREASURY_SETTLED, FEN, 0, 0, TREASURY_DOUBLED, GAVE, 0},
    /* paid under two of the bank's numbers */
    {PAID, TREASURY_SETTLED, FEN, 0, 1, TREASURY_CONTRADICTION, PAID, 0},
    {BACK, TREASURY_RETURNED, FEN, 0, 1, TREASURY_CONTRADICTION, BACK, 0},
    /* one that takes back what another said */
    {FAILS, TREASURY_SETTLED, FEN, 0, 1, TREASURY_CONTRADICTION, FAILS, 0},
    {FAILS, TREASURY_RETURNED, FEN, 0, 1, TREASURY_CONTRADICTION, FAILS, 0},
    {PAID, TREASURY_REJECTED, FEN, 0, 1, TREASURY_CONTRADICTION, PAID, 0},
    {BACK, TREASURY_REJECTED, 0, 0, 1, TREASURY_CONTRADICTION, BACK, 0},
    {GAVE, TREASURY_RETURNED, FEN, 0, 1, TREASURY_CONTRADICTION, GAVE, 0},
    {GAVE, TREASURY_REJECTED, FEN, 0, 1, TREASURY_CONTRADICTION, GAVE, 0},
    /* another amount, to the fen */
    {SENT, TREASURY_SETTLED, FEN - 1, 0, 0, TREASURY_AMOUNT_DIFFERS, SENT, 0},
    {SENT, TREASURY_SETTLED, 0, 0, 0, TREASURY_AMOUNT_DIFFERS, SENT, 0},
    {SENT, TREASURY_SETTLED, -FEN, 0, 0, TREASURY_AMOUNT_DIFFERS, SENT, 0},
    {SENT, TREASURY_REJECTED, FEN + 1, 0, 0, TREASURY_AMOUNT_DIFFERS, SENT, 0},
    {PAID, TREASURY_RETURNED, FEN - 1, 0, 1, TREASURY_AMOUNT_DIFFERS, PAID, 0},
    {PAID, TREASURY_SETTLED, FEN + 1, 0, 0, TREASURY_AMOUNT_DIFFERS, PAID, 0},
    /* another bank's, before the order left, of a line that was stopped */
    {SENT, TREASURY_SETTLED, FEN, 1, 0, TREASURY_NOT_YOURS, SENT, 0},
    {PAID, TREASURY_SETTLED, FEN, 1, 0, TREASURY_NOT_YOURS, PAID, 0},
    {DUE, TREASURY_SETTLED, FEN, 0, 0, TREASURY_BEFORE_ORDER, DUE, 0},
    {DUE, TREASURY_REJECTED, 0, 0, 0, TREASURY_BEFORE_ORDER, DUE, 0},
    {DUE, TREASURY_RETURNED, FEN, 0, 0, TREASURY_BEFORE_ORDER, DUE, 0},
    {STOP, TREASURY_SETTLED, FEN, 0, 0, TREASURY_BEFORE_ORDER, STOP, 0},
    {STOP, TREASURY_REJECTED, 0, 0, 0, TREASURY_BEFORE_ORDER, STOP, 0},
    {STOP, TREASURY_RETURNED, FEN, 0, 0, TREASURY_BEFORE_ORDER, STOP, 0},
};

static void each_answer_has_its_end(void **state)
{
    (void)state;
    bool seen[TREASURY_LINE_STATES][TREASURY_OUTCOMES] = {{false}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct treasury_answer a = {.order = answers[i].from,
                                    .outcome = answers[i].outcome,
                                    .same_bank = !answers[i].other_bank,
                                    .same_reference =
                                        !answers[i].other_reference,
                                    .ordered_fen = FEN,
                                    .amount_fen = answers[i].fen};
        struct treasury_answer_effect e = treasury_answer_judge(&a);
        unsigned to =
            e.moves ? bus_fsm_moved(&treasury_line_fsm, a.order, e.event, NULL)
                    : a.order;
        if (e.end != answers[i].end || to != answers[i].to ||
            e.books_settlement != answers[i].books_settlement) {
            fail_msg("row %zu: %s, %s", i, treasury_answer_words[e.end],
                     bus_fsm_word(&treasury_line_fsm, to));
        }
        seen[a.order][a.outcome] = true;
    }
    for (int s = 0; s < TREASURY_LINE_STATES; s++) {
        for (int o = 0; o < TREASURY_OUTCOMES; o++) {
            assert_true(seen[s][o]);
        }
    }
}

/* D2: the same answers in every order, each of them twice, are the same books:
 * paid, returned, and where the line stands. */
static void run(const int *order, int64_t *paid, int64_t *back, unsigned *at)
{
    *at = TREASURY_LINE_SENT;
    const char *reference = "";
    for (int i = 0; i < 4; i++) {
        bool settles = order[i] < 2;
        const char *mine = settles ? "0001" : "0002";
        struct treasury_answer a = {
            .order = (enum treasury_line_state) * at,
            .outcome = settles ? TREASURY_SETTLED : TREASURY_RETURNED,
            .same_bank = true,
            .same_reference = strcmp(mine, reference) == 0,
            .ordered_fen = FEN,
            .amount_fen = FEN};
        struct treasury_answer_effect e = treasury_answer_judge(&a);
        assert_false(treasury_answer_stops(e.end));
        if (e.moves) {
            *at = bus_fsm_moved(&treasury_line_fsm, *at, e.event, NULL);
            reference = mine;
            *paid += settles || e.books_settlement ? FEN : 0;
            *back += settles ? 0 : FEN;
        }
    }
}

static void the_books_do_not_ask_for_an_order(void **state)
{
    (void)state;
    int tried = 0;
    for (int k = 0; k < 256; k++) {
        int order[] = {k & 3, k >> 2 & 3, k >> 4 & 3, k >> 6 & 3}, seen = 0;
        for (int i = 0; i < 4; i++) {
            seen |= 1 << order[i];
        }
        if (seen != 15) {
            continue;
        }
        int64_t paid = 0, back = 0;
        unsigned at = 0;
        run(order, &paid, &back, &at);
        assert_int_equal(paid, FEN);
        assert_int_equal(back, FEN);
        assert_int_equal(at, TREASURY_LINE_RETURNED);
        tried++;
    }
    assert_int_equal(tried, 24);
}

static void each_reason_has_its_next_step(void **state)
{
    (void)state;
    static const char *const codes[] = {"AC01", "AC04", "AC06", "AM05",
                                        "BE01", "MD07", "NARR"};
    for (size_t i = 0; i < 7; i++) {
        const struct treasury_reason *r =
            treasury_reason_of(bus_strv(codes[i]));
        assert_string_equal(r->code, codes[i]);
        assert_true(r->zh[0] != '\0' && r->en[0] != '\0');
    }
    assert_string_equal(treasury_reason_of(BUS_STRV("XX99"))->code, "NARR");
    assert_int_equal(treasury_reason_of(BUS_STRV("MD07"))->next,
                     TREASURY_NEXT_DEATH);
    assert_int_equal(treasury_reason_of(BUS_STRV("AM05"))->next,
                     TREASURY_NEXT_LOOK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_are_tables),
        cmocka_unit_test(there_is_no_way_to_pay_twice),
        cmocka_unit_test(words_are_states),
        cmocka_unit_test(each_answer_has_its_end),
        cmocka_unit_test(the_books_do_not_ask_for_an_order),
        cmocka_unit_test(each_reason_has_its_next_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
