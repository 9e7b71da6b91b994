#include "tests/live/pg/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bus/ledger/migrate.h"

#define PATIENCE_MS 30000

struct place place;
static char conninfo[400];

static void must(int rc, const struct bus_err *err)
{
    if (rc != BUS_OK) {
        fail_msg("%s", err->msg);
    }
}

int place_setup(void **state)
{
    struct bus_err err;
    (void)state;
    (void)snprintf(place.dir, sizeof(place.dir), "/tmp/lianou-pg-XXXXXX");
    if (mkdtemp(place.dir) == NULL || chmod(place.dir, 0755) != 0) {
        return 1;
    }
    if (cli_private_pg_start(&place.server, place.dir, &err) != BUS_OK) {
        (void)fprintf(stderr, "SKIPPED: %s\n", err.msg);
        exit(77);
    }
    static const struct bus_run_loop_conf quiet = {.no_signals = true};
    return bus_run_loop_new(&quiet, &place.loop, &err);
}

int place_teardown(void **state)
{
    char line[128];
    (void)state;
    bus_pg_close(place.pg);
    bus_run_loop_free(place.loop);
    cli_private_pg_stop(&place.server);
    (void)snprintf(line, sizeof(line), "rm -rf %s", place.dir);
    return system(line);
}

void place_do(const char *sql)
{
    struct bus_err err;
    must(bus_pg_exec(place.pg, sql, &err), &err);
}

int64_t place_number(const char *sql)
{
    struct bus_err err;
    struct bus_pg_rows *r = NULL;
    must(bus_pg_query(place.pg, sql, NULL, 0, &r, &err), &err);
    int64_t n = bus_pg_count(r) > 0 ? bus_pg_i64(r, 0, 0) : -1;
    bus_pg_rows_free(r);
    return n;
}

const char *place_database(const char *name)
{
    char sql[128];
    struct bus_err err;
    bus_pg_close(place.pg);
    place.pg = NULL;
    must(bus_pg_open(place.server.conninfo, 0, &place.pg, &err), &err);
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    place_do(sql);
    bus_pg_close(place.pg);
    (void)snprintf(conninfo, sizeof(conninfo), "host=%s user=lianou dbname=%s",
                   place.dir, name);
    must(bus_pg_open(conninfo, 0, &place.pg, &err), &err);
    must(bus_ledger_migrate(place.pg, false, NULL, &err), &err);
    return conninfo;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void place_turn(int64_t ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end;) {
        (void)uv_run(bus_run_loop_uv(place.loop), UV_RUN_NOWAIT);
        (void)usleep(200);
    }
}

void place_until(bool (*holds)(void *data), void *data, const char *what)
{
    int64_t end = now_ms() + PATIENCE_MS;
    while (!holds(data)) {
        if (now_ms() > end) {
            fail_msg("not within %d ms: %s", PATIENCE_MS, what);
        }
        (void)uv_run(bus_run_loop_uv(place.loop), UV_RUN_NOWAIT);
        (void)usleep(100);
    }
}
