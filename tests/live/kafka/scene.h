/* What the live tests share: fresh topics, input, checks, workers. */
#ifndef TESTS_LIVE_KAFKA_SCENE_H
#define TESTS_LIVE_KAFKA_SCENE_H

#include <sys/types.h>

#include "bus/kafka/admin.h"
#include "bus/kafka/read.h"

#define SCENE_PARTITIONS 4
#define SCENE_KEYS       200
#define SCENE_WORKERS    32 /* at a time */

struct scene
{
    struct bus_config_kafka kafka;
    struct bus_kafka_env env;
    struct bus_kafka_admin *admin;
    char prefix[64];
    char names[4][128]; /* in1 in2 out state */
    int64_t written[2][SCENE_KEYS];
};

/* Exits with 77 (skipped) without LIANOU_KAFKA. */
const char *scene_bootstrap(void);
void scene_open(struct scene *s);
void scene_close(struct scene *s);
/* What a failed test leaves behind: its workers end, its client goes. */
int scene_teardown(void **state);
#define SCENE_TEST(f) cmocka_unit_test_teardown(f, scene_teardown)
/* n more numbers for every key of both inputs. */
void scene_feed(struct scene *s, int n);
pid_t scene_worker(struct scene *s, const char *instance, const char *fault);
/* Waits until the group has committed all input; fails after so many seconds
 * (and more, on a slow machine) in which it committed none. */
void scene_wait_done(struct scene *s, int seconds);
/* The same; a worker that is fenced by a late request of one killed is started
 * again, as its supervisor would. Returns the worker that runs. */
pid_t scene_supervise(struct scene *s, const char *instance, int seconds);
/* The exit code, or 1000 + the signal. */
int scene_wait_exit(pid_t pid);
/* Asks the worker to end, once it listens (one just started would only be
 * killed), and returns as scene_wait_exit does. */
int scene_stop(pid_t pid);
/* Every number of every key once and in order in `out`. */
void scene_check(struct scene *s);

#endif
