/* The ledger's writer against a bare loader of the same rows.
 *
 * bench-needs: postgresql
 *   bench_ledger [--json] [--quick]
 *
 * ours   messages -> decode, rows, JSON, offsets -> consumers/ledger/store.h,
 *        two connections, as the role runs it but for Kafka
 * bare   the same rows, encoded beforehand, by two threads that do nothing but
 *        one prepared INSERT .. unnest a thousand rows: no decoding, no offsets
 *
 * Blocks a b b a on emptied tables of one server (LIANOU_DB); the ratio is of
 * rows a second within a pair, the median of the pairs. CPU is this process's
 * and its server sessions'. */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bus/ledger/migrate.h"
#include "bus/ledger/sql/event_insert.h"
#include "bus/run/loop.h"
#include "consumers/ledger/encode.h"
#include "consumers/ledger/store.h"
#include "tests/lib/messages.h"

#define CONNECTIONS 2
#define BATCH       1000
#define PAIRS_MAX   8
#define OUTSTANDING 8 /* as the role's consumer */

struct cost
{
    double seconds, client_cpu, server_cpu;
};
struct unit /* one statement of the bare loader */
{
    struct bus_buf columns[LEDGER_COLUMNS];
};
struct bare
{
    struct unit *units;
    size_t n;
    double server_cpu;
};
static struct messages messages;
static const char *conninfo;
static struct bus_pg *admin;

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_ledger: %s\n", what);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* User and system time of a server process so far. */
static double cpu_of(int pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    text[n] = '\0';
    const char *p = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    for (int field = 2; p != NULL && field < 13; field++) {
        p = strchr(p + 1, ' ');
    }
    if (p == NULL || sscanf(p, " %lu %lu", &user, &system) != 2) {
        return 0;
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void empty(void)
{
    struct bus_err err;
    if (bus_pg_exec(admin, "TRUNCATE event, reading", &err) != BUS_OK ||
        bus_pg_exec(admin, "CHECKPOINT", &err) != BUS_OK) {
        die(err.msg);
    }
}

static int64_t ask(const char *sql)
{
    struct bus_err err;
    struct bus_pg_rows *r = NULL;
    if (bus_pg_query(admin, sql, NULL, 0, &r, &err) != BUS_OK) {
        die(err.msg);
    }
    int64_t n = bus_pg_i64(r, 0, 0);
    bus_pg_rows_free(r);
    return n;
}

/* Sessions of the application name `ledger`, by their pids. */
static double sessions_cpu(void)
{
    struct bus_err err;
    struct bus_pg_rows *r = NULL;
    double sum = 0;
    if (bus_pg_query(admin,
                     "SELECT pid FROM pg_stat_activity WHERE datname = "
                     "current_database() AND pid <> pg_backend_pid()",
                     NULL, 0, &r, &err) != BUS_OK) {
        die(err.msg);
    }
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        sum += cpu_of((int)bus_pg_i64(r, i, 0));
    }
    bus_pg_rows_free(r);
    return sum;
}

/* --- ours --- */

struct ours
{
    bool ready;
    size_t outstanding;
};

static void on_ready(void *data)
{
    ((struct ours *)data)->ready = true;
}

static void on_away(void *data, const struct bus_err *err)
{
    (void)data;
    die(err->msg);
}

static void on_done(void *data, struct bus_kafka_batch *batch)
{
    (void)batch;
    ((struct ours *)data)->outstanding--;
}

static void feed(struct ledger_store *store,
                 struct bus_run_loop *loop,
                 struct ours *o,
                 struct bus_kafka_batch *batches)
{
    struct bus_err err;
    size_t n = 0;
    for (size_t at = 0; at < messages.n || o->outstanding > 0;) {
        while (at < messages.n && o->outstanding < OUTSTANDING) {
            size_t rows = messages.n - at < BATCH ? messages.n - at : BATCH;
            batches[n] = (struct bus_kafka_batch){messages.msgs + at, rows};
            o->outstanding++;
            if (ledger_store_put(store, &batches[n++], &err) != BUS_OK) {
                die(err.msg);
            }
            at += rows;
        }
        if (o->outstanding > 0) {
            (void)uv_run(bus_run_loop_uv(loop), UV_RUN_ONCE);
        }
    }
}

static struct cost run_ours(void)
{
    static const struct bus_run_loop_conf quiet = {.no_signals = true};
    struct ours o = {0};
    struct ledger_store_conf conf = {.conninfo = conninfo,
                                     .connections = CONNECTIONS,
                                     .batch_rows = BATCH,
                                     .prefix = strlen(LETTERS_PREFIX),
                                     .partitions = LETTERS_PARTITIONS,
                                     .data = &o,
                                     .ready = on_ready,
                                     .away = on_away,
                                     .failed = on_away,
                                     .done = on_done};
    struct bus_run_loop *loop = NULL;
    struct ledger_store *store = NULL;
    struct bus_err err;
    struct bus_kafka_batch *batches =
        calloc(messages.n / BATCH + 1, sizeof(*batches));
    empty();
    if (bus_run_loop_new(&quiet, &loop, &err) != BUS_OK ||
        ledger_store_open(loop, &conf, &store, &err) != BUS_OK) {
        die(err.msg);
    }
    while (!o.ready) {
        (void)uv_run(bus_run_loop_uv(loop), UV_RUN_ONCE);
    }
    struct cost c = {.seconds = -now(CLOCK_MONOTONIC),
                     .client_cpu = -now(CLOCK_PROCESS_CPUTIME_ID),
                     .server_cpu = -sessions_cpu()};
    feed(store, loop, &o, batches);
    c.seconds += now(CLOCK_MONOTONIC);
    c.client_cpu += now(CLOCK_PROCESS_CPUTIME_ID);
    c.server_cpu += sessions_cpu();
    ledger_store_close(store);
    (void)uv_run(bus_run_loop_uv(loop), UV_RUN_NOWAIT);
    bus_run_loop_free(loop);
    free(batches);
    return c;
}

/* --- bare --- */

static void encode_all(struct bare bare[CONNECTIONS])
{
    struct bus_err err;
    struct ledger_encode e;
    size_t in_unit[CONNECTIONS] = {0};
    if (ledger_encode_init(&e, strlen(LETTERS_PREFIX), LETTERS_PARTITIONS,
                           &err) != BUS_OK) {
        die(err.msg);
    }
    for (int c = 0; c < CONNECTIONS; c++) {
        bare[c].units = calloc(messages.n / BATCH + 2, sizeof(struct unit));
        ledger_encode_start(&e);
        for (size_t i = 0; i <= messages.n; i++) {
            bool end = i == messages.n;
            if (!end && messages.msgs[i].partition % CONNECTIONS == c) {
                ledger_encode_add(&e, &messages.msgs[i]);
                in_unit[c]++;
            }
            if ((end && in_unit[c] > 0) || in_unit[c] == BATCH) {
                if (ledger_encode_end(&e, &err) != BUS_OK) {
                    die(err.msg);
                }
                struct unit *u = &bare[c].units[bare[c].n++];
                for (int k = 0; k < LEDGER_COLUMNS; k++) {
                    bus_buf_put(&u->columns[k], e.row_params[k].p,
                                e.row_params[k].n);
                }
                ledger_encode_start(&e);
                in_unit[c] = 0;
            }
        }
    }
    ledger_encode_fini(&e);
}

static void *load(void *data)
{
    struct bare *b = data;
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *r = PQprepare(conn, "i", bus_ledger_sql_event_insert, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        die(PQerrorMessage(conn));
    }
    PQclear(r);
    b->server_cpu = -cpu_of(PQbackendPID(conn));
    for (size_t i = 0; i < b->n; i++) {
        const char *values[LEDGER_COLUMNS];
        int lengths[LEDGER_COLUMNS], formats[LEDGER_COLUMNS];
        for (int k = 0; k < LEDGER_COLUMNS; k++) {
            values[k] = (const char *)b->units[i].columns[k].data;
            lengths[k] = (int)b->units[i].columns[k].len;
            formats[k] = 1;
        }
        r = PQexecPrepared(conn, "i", LEDGER_COLUMNS, values, lengths, formats,
                           0);
        if (PQresultStatus(r) != PGRES_COMMAND_OK) {
            die(PQerrorMessage(conn));
        }
        PQclear(r);
    }
    b->server_cpu += cpu_of(PQbackendPID(conn));
    PQfinish(conn);
    return NULL;
}

static struct cost run_bare(struct bare bare[CONNECTIONS])
{
    pthread_t threads[CONNECTIONS];
    empty();
    struct cost c = {.seconds = -now(CLOCK_MONOTONIC),
                     .client_cpu = -now(CLOCK_PROCESS_CPUTIME_ID)};
    for (int i = 0; i < CONNECTIONS; i++) {
        if (pthread_create(&threads[i], NULL, load, &bare[i]) != 0) {
            die("no thread");
        }
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        (void)pthread_join(threads[i], NULL);
        c.server_cpu += bare[i].server_cpu;
    }
    c.seconds += now(CLOCK_MONOTONIC);
    c.client_cpu += now(CLOCK_PROCESS_CPUTIME_ID);
    return c;
}

/* --- figures --- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof(*v), by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
report(const char *name, double value, const char *unit, const char *rest)
{
    (void)printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",%s}\n", name,
                 value, unit, rest);
}

static void report_cost(const struct cost *a, const struct cost *b, int pairs)
{
    double ratio[PAIRS_MAX], cpu[PAIRS_MAX], rows[PAIRS_MAX], bare[PAIRS_MAX];
    double client[PAIRS_MAX], server[PAIRS_MAX];
    char rest[300];
    for (int i = 0; i < pairs; i++) {
        ratio[i] = b[i].seconds / a[i].seconds;
        cpu[i] = (a[i].client_cpu + a[i].server_cpu) /
                 (b[i].client_cpu + b[i].server_cpu);
        rows[i] = (double)messages.n / a[i].seconds;
        bare[i] = (double)messages.n / b[i].seconds;
        client[i] = a[i].client_cpu * 1e6 / (double)messages.n;
        server[i] = a[i].server_cpu * 1e6 / (double)messages.n;
    }
    double middle = median(ratio, pairs);
    (void)snprintf(rest, sizeof(rest),
                   "\"target\":0.8,\"better\":\"more\",\"note\":\"%zu rows, %d "
                   "connections, %d pairs a b b a: %.2f to %.2f\"",
                   messages.n, CONNECTIONS, pairs, ratio[0], ratio[pairs - 1]);
    report("ledger: rows a second against a bare unnest loader", middle,
           "ratio", rest);
    report("ledger: rows a second", median(rows, pairs), "rows/s",
           "\"target\":null,\"better\":\"more\"");
    report("ledger: the bare loader's rows a second", median(bare, pairs),
           "rows/s", "\"target\":null,\"better\":\"more\"");
    report("ledger: CPU of client and server against the bare loader",
           median(cpu, pairs), "ratio", "\"target\":null,\"better\":\"less\"");
    report("ledger: CPU of the writer", median(client, pairs), "us/row",
           "\"target\":null,\"better\":\"less\"");
    report("ledger: CPU of its server sessions", median(server, pairs),
           "us/row", "\"target\":null,\"better\":\"less\"");
}

int main(int argc, char **argv)
{
    struct cost a[PAIRS_MAX], b[PAIRS_MAX];
    struct bare bare[CONNECTIONS] = {{0}};
    struct bus_err err;
    uint32_t cases = 1500;
    int pairs = 6;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            cases = 200;
            pairs = 2;
        }
    }
    conninfo = getenv("LIANOU_DB");
    if (conninfo == NULL) {
        die("LIANOU_DB is not set");
    }
    if (bus_pg_open(conninfo, 0, &admin, &err) != BUS_OK ||
        bus_ledger_migrate(admin, false, NULL, &err) != BUS_OK) {
        die(err.msg);
    }
    if (ask("SELECT count(*) FROM event") > 0) {
        die("the ledger of LIANOU_DB is not empty; give an empty database");
    }
    messages_init(&messages, (size_t)cases * LETTERS_PER_CASE);
    for (uint32_t i = 0; i < cases; i++) {
        messages_case(&messages, i);
    }
    encode_all(bare);
    for (int i = 0; i < pairs; i++) { /* a b, b a, a b ... */
        if (i % 2 == 0) {
            a[i] = run_ours();
        }
        b[i] = run_bare(bare);
        if (i % 2 == 1) {
            a[i] = run_ours();
        }
    }
    empty();
    report_cost(a, b, pairs);
    bus_pg_close(admin);
    return 0;
}
