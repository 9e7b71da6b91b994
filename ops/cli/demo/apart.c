#include "ops/cli/demo/apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bus/kafka/admin.h"

void cli_demo_apart_name(struct demo_apart *a)
{
    uint32_t n = 0;
    if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n)) {
        n = 1;
    }
    (void)snprintf(a->name, sizeof(a->name), "demo_%08x", n);
}

void cli_demo_apart_topics(struct demo_apart *a)
{
    char prefix[DEMO_APART_NAME + 1];
    (void)snprintf(prefix, sizeof(prefix), "%s.", a->name);
    prefix[strcspn(prefix, "_")] = '-'; /* Kafka likes no '_' beside '.' */
    a->topics = getenv("LIANOU_PREFIX") == NULL;
    (void)setenv("LIANOU_PREFIX", prefix, 0);
}

/* PostgreSQL takes a string of words or a URI. */
static bool with_schema(struct demo_apart *a, const char *conninfo)
{
    bool uri = strncmp(conninfo, "postgres://", 11) == 0 ||
               strncmp(conninfo, "postgresql://", 13) == 0;
    int n = uri ? snprintf(a->conninfo, sizeof(a->conninfo),
                           "%s%coptions=-csearch_path%%3D%s", conninfo,
                           strchr(conninfo, '?') != NULL ? '&' : '?', a->name)
                : snprintf(a->conninfo, sizeof(a->conninfo),
                           "%s options='-c search_path=%s'", conninfo, a->name);
    return n < (int)sizeof(a->conninfo);
}

static int schema(const char *conninfo,
                  const char *verb,
                  const char *name,
                  struct bus_err *err)
{
    char sql[80];
    struct bus_pg *pg = NULL;
    BUS_TRY(bus_pg_open(conninfo, 0, &pg, err));
    (void)snprintf(sql, sizeof(sql), "%s %s%s", verb, name,
                   verb[0] == 'D' ? " CASCADE" : "");
    int rc = bus_pg_exec(pg, sql, err);
    bus_pg_close(pg);
    return rc;
}

int cli_demo_apart_schema(struct demo_apart *a,
                          const char *conninfo,
                          struct bus_err *err)
{
    if (!with_schema(a, conninfo)) {
        return bus_fail(err, BUS_ECONFIG, "--db: longer than %zu bytes",
                        sizeof(a->conninfo) - 64);
    }
    int rc = schema(conninfo, "CREATE SCHEMA", a->name, err);
    a->schema = rc == BUS_OK;
    return rc;
}

static int delete_topics(struct tool *t, struct bus_err *err)
{
    struct bus_topic *topics = NULL;
    struct bus_kafka_admin *admin = NULL;
    size_t n = 0;
    const struct bus_kafka_env env = {.conf = &t->config.kafka,
                                      .client_id = "lianou-demo"};
    BUS_TRY(bus_conf_topics(&t->config, &t->mem, &topics, &n, err));
    BUS_TRY(bus_kafka_admin_open(&env, &admin, err));
    int rc = bus_kafka_topics_delete(admin, topics, n, err);
    bus_kafka_admin_close(admin);
    return rc;
}

void cli_demo_apart_end(struct demo_apart *a, struct tool *t)
{
    struct bus_err err;
    if (a->topics && delete_topics(t, &err) != BUS_OK) {
        (void)fprintf(stderr, "lianou demo: topics %s* stay: %s\n",
                      t->config.prefix, err.msg);
    }
    if (a->schema &&
        schema(a->conninfo, "DROP SCHEMA", a->name, &err) != BUS_OK) {
        (void)fprintf(stderr, "lianou demo: schema %s stays: %s\n", a->name,
                      err.msg);
    }
    a->topics = a->schema = false;
}
