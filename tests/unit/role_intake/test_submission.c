/* The life of a submission is a table: it is one, and no way through it ends
 * without an answer or with two. */
#include "producers/intake/intake_parts.h"
#include "tests/lib/check.h"

static void is_a_table(void **state)
{
    (void)state;
    struct bus_err err = {0};
    if (bus_fsm_check(&intake_submission_fsm, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

/* Every way of at most `left` events from a state; answered: so far. */
static size_t ways(unsigned state, size_t answers, bool with_kafka, size_t left)
{
    size_t ended = 0;
    if (state == SUBMISSION_ANSWERED) {
        assert_int_equal(answers, 1);
        assert_false(with_kafka);
        return 1;
    }
    for (size_t i = 0; left > 0 && i < intake_submission_fsm.row_count; i++) {
        const struct bus_fsm_row *row = &intake_submission_fsm.rows[i];
        if (row->from == state) {
            ended += ways(row->to, answers + (row->event == SUBMISSION_ANSWER),
                          row->event == SUBMISSION_SEND     ? true
                          : row->event == SUBMISSION_RETURN ? false
                                                            : with_kafka,
                          left - 1);
        }
    }
    return ended;
}

static void answered_once(void **state)
{
    (void)state;
    assert_true(ways(SUBMISSION_FRESH, 0, false, 9) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_table),
        cmocka_unit_test(answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
