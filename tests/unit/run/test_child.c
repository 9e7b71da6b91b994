/* Programs beside the loop that behave, and programs that do not: shells that
 * do what the row says. What is looked at is what the owner hears, and what is
 * left when it is over. */
#include "tests/lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/run/child.h"

#define LINE_MAX_BYTES 4096
#define GRACE_MS       400
#define LATEST_MS      20000 /* nothing takes so long */

struct scene
{
    struct bus_run_loop *loop;
    struct bus_run_child *child;
    struct bus_timer *limit;
    char heard[16384], why[128];
    size_t lines, pause_at;
    int ended;
    void (*at_line)(struct scene *s, struct bus_strv line);
};

static void on_line(void *data, struct bus_strv line)
{
    struct scene *s = data;
    size_t n = strlen(s->heard);
    s->lines++;
    (void)snprintf(s->heard + n, sizeof(s->heard) - n, "%.*s|", (int)line.n,
                   line.p);
    if (s->pause_at > 0 && s->lines == s->pause_at) {
        bus_run_child_pause(s->child, true);
    }
    if (s->at_line != NULL) {
        s->at_line(s, line);
    }
}

static void on_child_ended(void *data, const char *why)
{
    struct scene *s = data;
    s->ended++;
    (void)snprintf(s->why, sizeof(s->why), "%s", why);
    bus_run_child_free(s->child);
    s->child = NULL;
    bus_run_loop_stop(s->loop, NULL);
}

static void on_latest(void *data)
{
    (void)data;
    fail_msg("it is not over");
}

static struct bus_run_child_conf conf_of(struct scene *s,
                                         const char *const *command)
{
    static const char *const environment[] = {"OWN=mine", "PATH=/usr/bin:/bin",
                                              NULL};
    return (struct bus_run_child_conf){.command = command,
                                       .environment = environment,
                                       .folder = "/tmp",
                                       .line_max = LINE_MAX_BYTES,
                                       .grace_ms = GRACE_MS,
                                       .data = s,
                                       .line = on_line,
                                       .ended = on_child_ended};
}

static void scene_open(struct scene *s)
{
    struct bus_err err;
    const struct bus_run_loop_conf loop = {.drain_ms = 1000,
                                           .no_signals = true};
    assert_int_equal(bus_run_loop_new(&loop, &s->loop, &err), 0);
    assert_int_equal(bus_run_timer_new(s->loop, on_latest, s, &s->limit, &err),
                     0);
    bus_run_timer_start(s->limit, LATEST_MS, 0);
}

static void scene_close(struct scene *s)
{
    bus_run_child_free(s->child);
    bus_run_timer_free(s->limit);
    bus_run_loop_free(s->loop);
}

/* A shell that runs this text, to its end. */
static void runs(struct scene *s, const char *text, const char *input)
{
    const char *const command[] = {"/bin/sh", "-c", text, NULL};
    const struct bus_run_child_conf conf = conf_of(s, command);
    struct bus_err err;
    scene_open(s);
    assert_int_equal(bus_run_child_start(s->loop, &conf, &s->child, &err), 0);
    if (input != NULL) {
        assert_int_equal(bus_run_child_write(s->child, bus_strv(input), &err),
                         0);
    }
    (void)bus_run_loop_run(s->loop);
    assert_int_equal(s->ended, 1);
    scene_close(s);
}

static void at_line_end(struct scene *s, struct bus_strv line)
{
    (void)line;
    bus_run_child_end(s->child);
}

static void test_lines_go_both_ways(void **state)
{
    (void)state;
    struct scene s = {.at_line = at_line_end};
    runs(&s, "read x; echo \"got $x\"; cat; echo over; exit 3", "a b c");
    assert_string_equal(s.heard, "got a b c|over|");
    assert_string_equal(s.why, "ended with exit 3");
}

/* Neither a variable nor an open file of ours; a group and a folder of its own;
 * no core file. */
static void test_it_has_nothing_of_ours(void **state)
{
    (void)state;
    struct scene s = {0};
    int leaked = open("/dev/zero", O_RDONLY); /* no O_CLOEXEC */
    assert_true(leaked > 2);
    assert_int_equal(setenv("LIANOU_SECRET", "hush", 1), 0);
    runs(&s,
         "env | grep -c LIANOU_SECRET; echo $OWN; pwd; ulimit -c;"
         "find /proc/self/fd -lname /dev/zero | wc -l;"
         "test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo leads",
         NULL);
    assert_string_equal(s.heard, "0|mine|/tmp|0|0|leads|");
    close(leaked);
}

static void test_limits_are_its(void **state)
{
    (void)state;
    struct scene s = {0};
    const char *const command[] = {"/bin/sh", "-c",
                                   "read x; ulimit -d; ulimit -t", NULL};
    struct bus_run_child_conf conf = conf_of(&s, command);
    struct bus_err err;
    conf.memory_bytes = 64 << 20;
    conf.cpu_ms = 2500;
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err), 0);
    assert_int_equal(bus_run_child_write(s.child, BUS_STRV("x"), &err), 0);
    (void)bus_run_loop_run(s.loop);
    assert_string_equal(s.heard, "65536|3|");
    scene_close(&s);
}

static void test_ends_are_told(void **state)
{
    (void)state;
    static const struct
    {
        const char *text, *heard, *why;
    } rows[] = {
        {"exit 0", "", "ended with exit 0"},
        {"kill -9 $$", "", "ended by signal 9"},
        {"echo half a line; printf torn; exit 1", "half a line|",
         "ended with exit 1"},
        {"echo one; head -c 1000000 /dev/zero; sleep 60", "one|",
         "killed: a line of it is over the limit"},
        {"echo one; exec >&-; sleep 60", "one|", "ended by signal 15"},
        {"trap '' TERM; exec >&-; while :; do sleep 1; done", "",
         "ended by signal 9"},
        {"yes hush >&2 & echo one; sleep 0.2; exit 4", "one|",
         "ended with exit 4"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s = {0};
        runs(&s, rows[i].text, NULL);
        assert_string_equal(s.heard, rows[i].heard);
        assert_string_equal(s.why, rows[i].why);
    }
}

static bool lives(const char *pid)
{
    char path[64], text[256] = "";
    (void)snprintf(path, sizeof(path), "/proc/%.*s/stat",
                   (int)strcspn(pid, "|"), pid);
    FILE *f = fopen(path, "r");
    bool is = f != NULL && fgets(text, sizeof(text), f) != NULL &&
              strstr(text, ") Z ") == NULL; /* nobody has fetched it yet */
    if (f != NULL) {
        (void)fclose(f);
    }
    return is;
}

static bool gone(const char *pid)
{
    for (int i = 0; i < 100 && lives(pid); i++) {
        usleep(50000);
    }
    return !lives(pid);
}

/* What it forked holds the pipe: it dies with it; one that has left the group
 * is waited for half a second and no longer. */
static void test_its_children_do_not_hold_us(void **state)
{
    (void)state;
    struct scene s = {0};
    runs(&s, "sleep 600 & echo $!; exit 0", NULL);
    assert_string_equal(s.why, "ended with exit 0");
    assert_true(gone(s.heard));

    struct scene t = {0};
    runs(&t, "setsid sh -c 'echo $$; sleep 600' & sleep 0.5; exit 0", NULL);
    assert_string_equal(t.why, "ended with exit 0");
    assert_true(lives(t.heard));
    assert_int_equal(kill((pid_t)strtol(t.heard, NULL, 10), SIGKILL), 0);
}

static void on_end_it(void *data)
{
    struct scene *s = data;
    assert_true(s->lines == s->pause_at);
    bus_run_child_kill(s->child, "was killed: enough");
}

/* Not read, it waits: what it writes does not pile up here. */
static void test_paused_it_waits(void **state)
{
    (void)state;
    struct scene s = {.pause_at = 3};
    struct bus_timer *t = NULL;
    struct bus_err err;
    const char *const command[] = {"/usr/bin/yes", NULL};
    const struct bus_run_child_conf conf = conf_of(&s, command);
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err), 0);
    assert_int_equal(bus_run_timer_new(s.loop, on_end_it, &s, &t, &err), 0);
    bus_run_timer_start(t, 300, 0);
    (void)bus_run_loop_run(s.loop);
    assert_string_equal(s.heard, "y|y|y|");
    assert_string_equal(s.why, "was killed: enough");
    bus_run_timer_free(t);
    scene_close(&s);
}

static void on_go_on(void *data)
{
    struct scene *s = data;
    s->pause_at = 0;
    bus_run_child_pause(s->child, false);
}

static void test_paused_and_read_on_nothing_is_lost(void **state)
{
    (void)state;
    struct scene s = {.pause_at = 2};
    struct bus_timer *t = NULL;
    struct bus_err err;
    const char *const command[] = {"/bin/sh", "-c", "seq 5; sleep 1; echo 6",
                                   NULL};
    const struct bus_run_child_conf conf = conf_of(&s, command);
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err), 0);
    assert_int_equal(bus_run_timer_new(s.loop, on_go_on, &s, &t, &err), 0);
    bus_run_timer_start(t, 200, 0);
    (void)bus_run_loop_run(s.loop);
    assert_string_equal(s.heard, "1|2|3|4|5|6|");
    bus_run_timer_free(t);
    scene_close(&s);
}

static void test_what_cannot_be_started(void **state)
{
    (void)state;
    struct scene s = {0};
    struct bus_err err;
    const char *const none[] = {"/nonexistent/program", NULL};
    const char *const folder[] = {"/tmp", NULL};
    struct bus_run_child_conf conf = conf_of(&s, none);
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err),
                     BUS_EAWAY);
    assert_non_null(strstr(err.msg, "no such file"));
    conf.command = folder;
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err),
                     BUS_EAWAY);
    conf.errors = "/nonexistent/errors";
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err),
                     BUS_EAWAY);
    assert_null(s.child);
    scene_close(&s);
}

/* Its errors: to their file, which nobody else reads, and not elsewhere. */
static void test_errors_have_their_file(void **state)
{
    (void)state;
    struct scene s = {0};
    char path[] = "/tmp/lianou-errors-XXXXXX", text[64] = "";
    struct stat st;
    int fd = mkstemp(path);
    struct bus_err err;
    const char *const command[] = {"/bin/sh", "-c", "echo hush >&2", NULL};
    struct bus_run_child_conf conf = conf_of(&s, command);
    assert_int_equal(unlink(path), 0);
    conf.errors = path;
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err), 0);
    (void)bus_run_loop_run(s.loop);
    close(fd);
    fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(read(fd, text, sizeof(text)), 5);
    assert_string_equal(text, "hush\n");
    assert_string_equal(s.heard, "");
    close(fd);
    assert_int_equal(unlink(path), 0);
    scene_close(&s);
}

static void at_line_stop(struct scene *s, struct bus_strv line)
{
    (void)line;
    bus_run_loop_stop(s->loop, NULL);
}

/* Freed while it runs: it is gone, and nothing is called. */
static void test_freed_it_is_gone(void **state)
{
    (void)state;
    struct scene s = {.at_line = at_line_stop};
    struct bus_err err;
    const char *const command[] = {
        "/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1; done",
        NULL};
    const struct bus_run_child_conf conf = conf_of(&s, command);
    scene_open(&s);
    assert_int_equal(bus_run_child_start(s.loop, &conf, &s.child, &err), 0);
    (void)bus_run_loop_run(s.loop);
    assert_true(lives(s.heard));
    scene_close(&s);
    assert_int_equal(s.ended, 0);
    assert_true(gone(s.heard));
}

static void test_its_life_is_whole(void **state)
{
    (void)state;
    struct bus_err err;
    assert_int_equal(bus_fsm_check(&bus_run_child_fsm, &err), BUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_go_both_ways),
        cmocka_unit_test(test_it_has_nothing_of_ours),
        cmocka_unit_test(test_limits_are_its),
        cmocka_unit_test(test_ends_are_told),
        cmocka_unit_test(test_its_children_do_not_hold_us),
        cmocka_unit_test(test_paused_it_waits),
        cmocka_unit_test(test_paused_and_read_on_nothing_is_lost),
        cmocka_unit_test(test_what_cannot_be_started),
        cmocka_unit_test(test_errors_have_their_file),
        cmocka_unit_test(test_freed_it_is_gone),
        cmocka_unit_test(test_its_life_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
