/* A queue that is full is told from a database that is away. */
#include "bus/web/pool.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "tests/lib/check.h"

/* Takes connections and never says a word. */
static int deaf_server(int *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int never(struct bus_pg *pg, void *data, struct bus_err *err)
{
    (void)pg;
    (void)data;
    return bus_fail(err, BUS_EBUG, "ran without a database");
}

static void count_away(void *data, int rc, const struct bus_err *err)
{
    (void)err;
    assert_int_equal(rc, BUS_EAWAY);
    ++*(int *)data;
}

static void full_is_not_away(void **state)
{
    char conninfo[128];
    int port = 0, done = 0;
    struct bus_err err;
    struct bus_run_loop *loop = NULL;
    struct bus_web_pool *pool = NULL;
    static const struct bus_run_loop_conf quiet = {.no_signals = true};
    struct bus_web_job job = {never, count_away, &done};
    (void)state;
    int fd = deaf_server(&port);
    (void)snprintf(conninfo, sizeof(conninfo),
                   "host=127.0.0.1 port=%d connect_timeout=2", port);
    assert_int_equal(bus_run_loop_new(&quiet, &loop, &err), BUS_OK);
    assert_int_equal(bus_web_pool_new(loop, conninfo, 1000, &pool, &err),
                     BUS_OK);
    int put = 0, rc;
    while ((rc = bus_web_pool_put(pool, &job, &err)) == BUS_OK) {
        put++;
        assert_true(put < 1000);
    }
    assert_int_equal(rc, BUS_EAGAIN);
    assert_true(put >= BUS_WEB_POOL_WAITING);
    while (done == 0) {
        (void)uv_run(bus_run_loop_uv(loop), UV_RUN_ONCE);
    }
    assert_int_equal(bus_web_pool_put(pool, &job, &err), BUS_EAWAY);
    (void)close(fd); /* the others need not wait */
    while (done < put) {
        (void)uv_run(bus_run_loop_uv(loop), UV_RUN_ONCE);
    }
    bus_run_loop_free(loop);
    bus_web_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_is_not_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
