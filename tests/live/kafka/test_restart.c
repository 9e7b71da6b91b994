/* What the producer said was written is there, through a broker that is killed
 * and stays away for longer than a message waits.
 *
 * By hand: LIANOU_KAFKA_RESTART="ops/kafka/restart DIR" kills the broker and
 * starts it again, as many seconds later as its last argument says.
 */
#include "tests/lib/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "tests/live/kafka/scene.h"

#define MESSAGES  30000
#define A_TURN    6 /* messages every 10 ms */
#define KILLED_AT 3000
#define AWAY_S    18

struct one
{
    int32_t partition;
    int64_t offset; /* -1: not yet acknowledged */
    bool queued;
};
struct play
{
    struct scene s;
    struct bus_run_loop *loop;
    struct bus_kafka_producer *p;
    struct bus_timer *turn, *kill, *limit;
    struct one *list;
    long next, acked, again;
    long *queue; /* to be sent again */
    size_t head, tail;
    struct bus_err err;
};
static struct play play;

static void on_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err)
{
    (void)data;
    struct one *o = token;
    if (err != NULL) {
        assert_int_equal(bus_err_act(err->code), BUS_ACT_RETRY);
        play.again++;
        play.queue[play.tail++ % MESSAGES] = o - play.list;
        return;
    }
    o->partition = partition;
    o->offset = offset;
    if (++play.acked == MESSAGES) {
        bus_run_loop_stop(play.loop, NULL);
    }
}

static bool send_one(long i)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%ld", i);
    const struct bus_kafka_out_msg m = {.topic = play.s.names[0],
                                        .partition = -1,
                                        .key = {text, (size_t)n},
                                        .value = {text, (size_t)n}};
    return bus_kafka_producer_send(play.p, &m, &play.list[i], &play.err) == 0;
}

static void on_turn(void *data)
{
    (void)data;
    for (int i = 0; i < A_TURN && play.p != NULL; i++) {
        if (play.head < play.tail) {
            if (!send_one(play.queue[play.head % MESSAGES])) {
                return;
            }
            play.head++;
        } else if (play.next < MESSAGES) {
            if (!send_one(play.next)) {
                return;
            }
            play.next++;
        }
    }
}

static void on_kill(void *data)
{
    (void)data;
    char command[512];
    (void)snprintf(command, sizeof(command), "(%s %d) >/dev/null 2>&1 &",
                   getenv("LIANOU_KAFKA_RESTART"), AWAY_S);
    assert_int_equal(system(command), 0);
}

static void too_long(void *data)
{
    (void)data;
    fail_msg("%ld of %d acknowledged, %ld sent again", play.acked, MESSAGES,
             play.again);
}

static void drain(void *data)
{
    (void)data;
    bus_run_timer_stop(play.turn);
    bus_kafka_producer_close(play.p, 5000, NULL, NULL);
    play.p = NULL;
}

struct found
{
    long wrong, doubled, n;
    uint8_t *seen;
};

static int probe(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    (void)err;
    struct found *f = data;
    int64_t i = 0;
    assert_true(bus_strv_to_i64(m->value, &i) && i < MESSAGES);
    const struct one *o = &play.list[i];
    f->doubled += f->seen[i] > 0;
    f->seen[i] = f->seen[i] == 2 || (o->partition == m->partition &&
                                     o->offset == m->offset)
                     ? 2
                     : 1;
    f->n++;
    return 0;
}

static void test_what_was_acknowledged_is_there(void **state)
{
    (void)state;
    if (getenv("LIANOU_KAFKA_RESTART") == NULL) {
        skip();
    }
    scene_open(&play.s);
    play.list = bus_calloc(MESSAGES, sizeof(*play.list));
    play.queue = bus_calloc(MESSAGES, sizeof(*play.queue));
    struct found f = {.seen = bus_calloc(MESSAGES, 1)};
    for (long i = 0; i < MESSAGES; i++) {
        play.list[i].offset = -1;
    }
    const struct bus_run_loop_conf lc = {.no_signals = true, .drain_ms = 20000};
    assert_int_equal(bus_run_loop_new(&lc, &play.loop, &play.err), 0);
    play.s.env.loop = play.loop;
    assert_int_equal(bus_kafka_producer_open(&play.s.env, on_acked, NULL,
                                             &play.p, &play.err),
                     0);
    assert_int_equal(
        bus_run_timer_new(play.loop, on_turn, NULL, &play.turn, &play.err), 0);
    assert_int_equal(
        bus_run_timer_new(play.loop, on_kill, NULL, &play.kill, &play.err), 0);
    assert_int_equal(
        bus_run_timer_new(play.loop, too_long, NULL, &play.limit, &play.err),
        0);
    assert_int_equal(bus_run_loop_on_drain(play.loop, drain, NULL, &play.err),
                     0);
    bus_run_timer_start(play.turn, 10, 10);
    bus_run_timer_start(play.kill, KILLED_AT, 0);
    bus_run_timer_start(play.limit, 200000, 0);
    (void)bus_run_loop_run(play.loop);
    struct bus_kafka_reader *r = NULL;
    play.s.env.loop = NULL;
    assert_int_equal(bus_kafka_reader_open(&play.s.env, &r, &play.err), 0);
    for (int32_t p = 0; p < SCENE_PARTITIONS; p++) {
        const struct bus_kafka_range range = {
            .topic = play.s.names[0], .partition = p, .from = -1};
        int64_t next = 0;
        assert_int_equal(bus_kafka_read(r, &range, probe, &f, &next, &play.err),
                         0);
    }
    bus_kafka_reader_close(r);
    long lost = 0, elsewhere = 0;
    for (long i = 0; i < MESSAGES; i++) {
        lost += f.seen[i] == 0;
        elsewhere += f.seen[i] == 1;
    }
    print_message("%ld sent again, %ld stand twice, %ld acknowledged at "
                  "another's place, %ld lost\n",
                  play.again, f.doubled, elsewhere, lost);
    assert_int_equal(lost, 0);
    assert_int_equal(elsewhere, 0);
    bus_run_timer_free(play.turn);
    bus_run_timer_free(play.kill);
    bus_run_timer_free(play.limit);
    bus_run_loop_free(play.loop);
    bus_free(play.list);
    bus_free(play.queue);
    bus_free(f.seen);
    scene_close(&play.s);
}

int main(void)
{
    (void)scene_bootstrap();
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_what_was_acknowledged_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
