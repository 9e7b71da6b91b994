/* A door as a machine; each rule of bus_fsm_check() has an offender that is
 * this door with one thing wrong. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base/fsm.h"
#include "bus/base/log.h"
#include "tests/lib/check.h"

enum door_state {
    DOOR_NONE,
    DOOR_OPEN,
    DOOR_SHUT,
    DOOR_WALLED,
    DOOR_FORGOTTEN
};
enum door_event { DOOR_PUSH, DOOR_PULL, DOOR_WALL, DOOR_FORGET };

static const struct bus_fsm_state door_states[] = {
    [DOOR_OPEN] = {"open", "people pass", false},
    [DOOR_SHUT] = {"shut", NULL, false},
    [DOOR_WALLED] = {"walled", "for good", true},
    [DOOR_FORGOTTEN] = {"forgotten", NULL, true},
};
static const char *const door_events[] = {"push", "pull", "wall", "forget"};
static const struct bus_fsm_row door_rows[] = {
    {DOOR_SHUT, DOOR_PULL, DOOR_OPEN, "it creaks"},
    {DOOR_OPEN, DOOR_PUSH, DOOR_SHUT, NULL},
    {DOOR_SHUT, DOOR_WALL, DOOR_WALLED, NULL},
    {DOOR_WALLED, DOOR_FORGET, DOOR_FORGOTTEN, NULL},
};
static const struct bus_fsm door = BUS_FSM("test.door",
                                           "A door.",
                                           DOOR_SHUT,
                                           door_states,
                                           door_events,
                                           door_rows);

static void a_move_follows_its_row(void **state)
{
    (void)state;
    enum door_state s = DOOR_SHUT;
    bus_fsm_move(&door, &s, DOOR_PULL, "front");
    assert_int_equal(s, DOOR_OPEN);
    assert_true(bus_fsm_can(&door, s, DOOR_PUSH));
    assert_false(bus_fsm_can(&door, s, DOOR_WALL));
    bus_fsm_move(&door, &s, DOOR_PUSH, NULL);
    bus_fsm_move(&door, &s, DOOR_WALL, NULL);
    assert_int_equal(s, DOOR_WALLED);
    assert_string_equal(bus_fsm_word(&door, s), "walled");
    assert_string_equal(bus_fsm_word(&door, DOOR_NONE), "?");
    assert_string_equal(bus_fsm_word(&door, 99), "?");
}

/* What a child with these moves writes to stderr; its status in ret_status. */
static void
child_writes(enum door_event event, char *ret_text, size_t cap, int *ret_status)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        bus_log_level_set(BUS_LOG_DEBUG);
        enum door_state s = DOOR_SHUT;
        bus_fsm_move(&door, &s, event, "front");
        _exit(0);
    }
    (void)close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], ret_text + n, cap - 1 - n)) > 0;) {
        n += (size_t)got;
    }
    ret_text[n] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, ret_status, 0), pid);
}

static void each_move_is_logged_at_debug(void **state)
{
    (void)state;
    char text[4096];
    int status;
    child_writes(DOOR_PULL, text, sizeof(text), &status);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_non_null(strstr(text, "lvl=debug msg=\"move\" machine=test.door "
                                 "who=\"front\" from=shut event=pull "
                                 "to=open"));
}

static void a_move_without_a_row_ends_the_process(void **state)
{
    (void)state;
    char text[4096];
    int status;
    child_writes(DOOR_FORGET, text, sizeof(text), &status);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "machine=test.door who=\"front\" state=shut "
                                 "event=forget"));
}

static void a_door_is_drawn(void **state)
{
    (void)state;
    struct bus_buf out = {0};
    bus_fsm_mermaid(&door, &out);
    assert_string_equal(bus_buf_cstr(&out), "stateDiagram-v2\n"
                                            "    [*] --> shut\n"
                                            "    shut --> open: pull (it "
                                            "creaks)\n"
                                            "    open --> shut: push\n"
                                            "    shut --> walled: wall\n"
                                            "    walled --> forgotten: forget\n"
                                            "    walled --> [*]\n"
                                            "    forgotten --> [*]\n");
    bus_buf_fini(&out);
}

static void is_refused(const struct bus_fsm *machine, const char *why)
{
    struct bus_err err;
    assert_int_equal(bus_fsm_check(machine, &err), BUS_EBUG);
    if (strstr(err.msg, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
    }
}

/* The door with one row in the place of its last. */
static void row_is_refused(struct bus_fsm_row row, const char *why)
{
    struct bus_fsm_row rows[4];
    memcpy(rows, door_rows, sizeof(rows));
    rows[3] = row;
    struct bus_fsm bad = door;
    bad.rows = rows;
    is_refused(&bad, why);
}

static void a_good_table_is_one(void **state)
{
    (void)state;
    struct bus_err err = {0};
    if (bus_fsm_check(&door, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static void bad_rows_are_found(void **state)
{
    (void)state;
    row_is_refused((struct bus_fsm_row){DOOR_NONE, DOOR_FORGET, DOOR_OPEN, 0},
                   "row 3 stands outside the table");
    row_is_refused((struct bus_fsm_row){DOOR_OPEN, DOOR_FORGET, 5, 0},
                   "row 3 stands outside the table");
    row_is_refused((struct bus_fsm_row){DOOR_OPEN, 4, DOOR_SHUT, 0},
                   "row 3 stands outside the table");
    row_is_refused((struct bus_fsm_row){DOOR_SHUT, DOOR_PULL, DOOR_WALLED, 0},
                   "shut has two rows for pull");
    row_is_refused((struct bus_fsm_row){DOOR_WALLED, DOOR_FORGET, DOOR_OPEN, 0},
                   "the end walled goes on by forget");
    row_is_refused(
        (struct bus_fsm_row){DOOR_WALLED, DOOR_FORGET, DOOR_FORGOTTEN, "a; b"},
        "the note of walled by forget cannot be drawn");
    row_is_refused((struct bus_fsm_row){DOOR_OPEN, DOOR_WALL, DOOR_WALLED, 0},
                   "no row for the event forget");
    row_is_refused(
        (struct bus_fsm_row){DOOR_WALLED, DOOR_FORGET, DOOR_WALLED, 0},
        "nothing leads to forgotten");
}

static void bad_words_are_found(void **state)
{
    (void)state;
    struct bus_fsm bad = door;
    bad.initial = DOOR_NONE;
    is_refused(&bad, "the initial state is none");

    struct bus_fsm_state states[5];
    memcpy(states, door_states, sizeof(states));
    bad = door;
    bad.states = states;
    states[DOOR_OPEN].word = "shut";
    is_refused(&bad, "two states are shut");
    states[DOOR_OPEN].word = "wide open";
    is_refused(&bad, "\"wide open\" is no word");

    const char *events[] = {"push", "pull", "pull", "forget"};
    bad = door;
    bad.events = events;
    is_refused(&bad, "two events are pull");
    events[2] = NULL;
    is_refused(&bad, "event 2 has no word");
}

static void a_state_without_a_way_out_is_found(void **state)
{
    (void)state;
    struct bus_fsm_state states[5];
    memcpy(states, door_states, sizeof(states));
    states[DOOR_FORGOTTEN].end = false;
    struct bus_fsm_row rows[4];
    memcpy(rows, door_rows, sizeof(rows));
    rows[3] = (struct bus_fsm_row){DOOR_OPEN, DOOR_FORGET, DOOR_FORGOTTEN, 0};
    struct bus_fsm bad = door;
    bad.states = states;
    bad.rows = rows;
    is_refused(&bad, "from forgotten no end is reached");
    /* Without any end it is a circle, which is allowed. */
    states[DOOR_WALLED].end = false;
    struct bus_err err;
    assert_int_equal(bus_fsm_check(&bad, &err), BUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_follows_its_row),
        cmocka_unit_test(each_move_is_logged_at_debug),
        cmocka_unit_test(a_move_without_a_row_ends_the_process),
        cmocka_unit_test(a_door_is_drawn),
        cmocka_unit_test(a_good_table_is_one),
        cmocka_unit_test(bad_rows_are_found),
        cmocka_unit_test(bad_words_are_found),
        cmocka_unit_test(a_state_without_a_way_out_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
