/* A register watch without a broker: the folder's register is in force, lanes
 * hold it, and what is wrong with it or with the bureau's key is told. What is
 * published is tests/security/register.py's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/catalogue/register_watch.h"
#include "bus/run/loop.h"
#include "tests/lib/check.h"

struct world
{
    struct bus_config config;
    struct bus_run_loop *loop;
    struct bus_run_health health;
    struct bus_run_metrics *metrics;
    struct bus_kafka_env kafka;
    bool no_condition;
};

static void world_open(struct world *x)
{
    struct bus_err err;
    char path[512];
    *x = (struct world){0};
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)setenv("LIANOU_KAFKA", "127.0.0.1:1", 1);
    (void)snprintf(path, sizeof(path), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (bus_conf_open(&x->config, path, NULL, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    struct bus_run_loop_conf conf = {.drain_ms = 1000};
    assert_int_equal(bus_run_loop_new(&conf, &x->loop, &err), BUS_OK);
    bus_run_health_init(&x->health, NULL, NULL);
    x->metrics = bus_run_metrics_new();
    x->kafka = (struct bus_kafka_env){.loop = x->loop,
                                      .health = &x->health,
                                      .conf = &x->config.kafka,
                                      .client_id = "test",
                                      .metrics = x->metrics};
}

static void world_close(struct world *x)
{
    bus_run_loop_free(x->loop);
    bus_run_metrics_free(x->metrics);
    bus_conf_close(&x->config);
}

static int
start(struct world *x, struct bus_register_watch **ret, struct bus_err *err)
{
    struct bus_register_watch_conf conf = {.kafka = &x->kafka,
                                           .config = &x->config,
                                           .topic = "qihe.register",
                                           .schemas = bus_wire_registry_new(),
                                           .no_condition = x->no_condition};
    return bus_catalogue_register_watch_start(&conf, ret, err);
}

static void lanes_hold_the_folders_own(void **state)
{
    (void)state;
    struct world x;
    struct bus_err err;
    struct bus_register_watch *w = NULL;
    const struct bus_register *one = NULL, *two = NULL;
    world_open(&x);
    assert_int_equal(start(&x, &w, &err), BUS_OK);
    bus_catalogue_register_watch_hold(w, &one);
    bus_catalogue_register_watch_hold(w, &two);
    assert_non_null(one);
    assert_ptr_equal(one, two);
    bus_catalogue_register_watch_hold(w, &one); /* nothing new: the same */
    assert_ptr_equal(one, two);
    assert_true(bus_registers_counts(one).operators > 1000);
    /* Nobody works before the topic was looked at. */
    assert_int_equal(bus_catalogue_register_watch_wait(w, &err), BUS_EAGAIN);
    assert_false(bus_run_health_ready(&x.health));
    assert_false(bus_catalogue_register_watch_read(w));
    bus_catalogue_register_watch_release(w, &one);
    assert_null(one);
    bus_catalogue_register_watch_release(w, &one); /* nothing: nothing */
    bus_catalogue_register_watch_hold(w, &one);
    assert_ptr_equal(one, two);
    bus_catalogue_register_watch_drain(w);
    bus_catalogue_register_watch_free(w);
    bus_catalogue_register_watch_free(NULL);
    world_close(&x);
}

/* Nobody shuts a door by publishing, or by keeping Kafka away. */
static void a_door_has_no_condition(void **state)
{
    (void)state;
    struct world x;
    struct bus_err err;
    struct bus_register_watch *w = NULL;
    world_open(&x);
    x.no_condition = true;
    assert_int_equal(start(&x, &w, &err), BUS_OK);
    assert_true(bus_run_health_ready(&x.health));
    bus_catalogue_register_watch_drain(w);
    bus_catalogue_register_watch_free(w);
    world_close(&x);
}

static void what_is_wrong_stops_the_start(void **state)
{
    (void)state;
    struct world x;
    struct bus_err err;
    struct bus_register_watch *w = NULL;
    world_open(&x);
    x.config.bureau.public_key = "04ab";
    assert_int_equal(start(&x, &w, &err), BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "bureau.public_key: found '04ab'"));
    bus_catalogue_register_watch_free(w);
    w = NULL;
    x.config.bureau.public_key = "";
    x.config.registers = "/nowhere";
    assert_int_equal(start(&x, &w, &err), BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "/nowhere"));
    bus_catalogue_register_watch_free(w);
    world_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_hold_the_folders_own),
        cmocka_unit_test(a_door_has_no_condition),
        cmocka_unit_test(what_is_wrong_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
