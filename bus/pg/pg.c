#include "bus/pg/pg.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/pg/parts.h"

#define PREPARED_MAX 64

/* What is not said otherwise: a peer that is silent does not hold a thread. */
static const char *const defaults[][2] = {{"connect_timeout", "5"},
                                          {"keepalives_idle", "10"},
                                          {"keepalives_interval", "5"},
                                          {"keepalives_count", "3"},
                                          {"tcp_user_timeout", "30000"}};
#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

struct bus_pg
{
    PGconn *conn;
    const char *prepared[PREPARED_MAX];
    size_t prepared_count;
};

const char *pg_cause(const char *text)
{
    static const struct
    {
        const char *said, *means;
    } causes[] = {
        {"password authentication failed",
         "the database does not take this user and password / "
         "用户名或口令不对"},
        {"does not match host name",
         "the database's certificate is for another name / 证书名称不符"},
        {"certificate verify failed",
         "no certificate of sslrootcert vouches for the database / 根证书不对"},
        {"no pg_hba.conf entry",
         "the database does not take this user from here / 不允许此用户接入"},
        {"bad decrypt", "sslpassword does not open sslkey / 私钥口令不对"},
    };
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (strstr(text, causes[i].said) != NULL) {
            return causes[i].means;
        }
    }
    return "the database is away";
}

int pg_fail(PGconn *conn, const PGresult *r, struct bus_err *err)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text =
        r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (state == NULL || PQstatus(conn) != CONNECTION_OK ||
        strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0) {
        text = text ? text : PQerrorMessage(conn);
        return bus_fail(err, BUS_EAWAY, "%s: %.300s", pg_cause(text), text);
    }
    enum bus_errc code = strncmp(state, "40", 2) == 0 ||
                                 strcmp(state, "55P03") == 0 ||
                                 strcmp(state, "57014") == 0
                             ? BUS_EAGAIN
                         : strncmp(state, "53", 2) == 0 ? BUS_EFULL
                                                        : BUS_EBUG;
    return bus_fail(err, code, "PostgreSQL %s: %.300s", state,
                    text ? text : "?");
}

static int
pg_report_failure(struct bus_pg *pg, const PGresult *r, struct bus_err *err)
{
    return pg_fail(pg->conn, r, err);
}

int bus_pg_open(const char *conninfo,
                int64_t statement_ms,
                struct bus_pg **ret,
                struct bus_err *err)
{
    struct bus_pg *pg = bus_calloc(1, sizeof(*pg));
    if (pg == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a connection");
    }
    /* conninfo stands behind the defaults and so goes before them */
    const char *keys[DEFAULTS + 2] = {0}, *values[DEFAULTS + 2] = {0};
    for (size_t i = 0; i < DEFAULTS; i++) {
        keys[i] = defaults[i][0];
        values[i] = defaults[i][1];
    }
    keys[DEFAULTS] = "dbname";
    values[DEFAULTS] = conninfo;
    pg->conn = PQconnectdbParams(keys, values, 1);
    if (pg->conn == NULL || PQstatus(pg->conn) != CONNECTION_OK) {
        const char *text = pg->conn ? PQerrorMessage(pg->conn) : "no memory";
        int rc = bus_fail(err, BUS_EAWAY, "%s: %.300s", pg_cause(text), text);
        bus_pg_close(pg);
        return rc;
    }
    char sql[160];
    (void)snprintf(sql, sizeof(sql),
                   "SET statement_timeout = %" PRId64
                   "; SET client_min_messages = warning",
                   statement_ms);
    int rc = bus_pg_exec(pg, sql, err);
    if (rc != BUS_OK) {
        bus_pg_close(pg);
        return rc;
    }
    *ret = pg;
    return BUS_OK;
}

void bus_pg_close(struct bus_pg *pg)
{
    if (pg != NULL) {
        PQfinish(pg->conn);
        bus_free(pg);
    }
}

int bus_pg_exec(struct bus_pg *pg, const char *sql, struct bus_err *err)
{
    PGresult *r = PQexec(pg->conn, sql);
    ExecStatusType st = PQresultStatus(r);
    int rc = st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK
                 ? BUS_OK
                 : pg_report_failure(pg, r, err);
    PQclear(r);
    return rc;
}

/* The statement's name, prepared if this is its first use. */
static int pg_prepare(struct bus_pg *pg,
                      const char *sql,
                      char name[16],
                      struct bus_err *err)
{
    size_t i = 0;
    while (i < pg->prepared_count && pg->prepared[i] != sql) {
        i++;
    }
    (void)snprintf(name, 16, "s%zu", i % 1000);
    if (i < pg->prepared_count) {
        return BUS_OK;
    }
    if (i == PREPARED_MAX) {
        return bus_fail(err, BUS_EBUG, "more than %d statements", PREPARED_MAX);
    }
    PGresult *r = PQprepare(pg->conn, name, sql, 0, NULL);
    int rc = PQresultStatus(r) == PGRES_COMMAND_OK
                 ? BUS_OK
                 : pg_report_failure(pg, r, err);
    PQclear(r);
    if (rc == BUS_OK) {
        pg->prepared[pg->prepared_count++] = sql;
    }
    return rc;
}

static int pg_query_in(struct bus_pg *pg,
                       const char *sql,
                       const char *const *params,
                       size_t n,
                       bool binary,
                       struct bus_pg_rows **ret,
                       struct bus_err *err)
{
    char name[16];
    int rc = pg_prepare(pg, sql, name, err);
    if (rc != BUS_OK) {
        return rc;
    }
    PGresult *r =
        PQexecPrepared(pg->conn, name, (int)n, params, NULL, NULL, binary);
    ExecStatusType st = PQresultStatus(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK) {
        rc = pg_report_failure(pg, r, err);
        PQclear(r);
        return rc;
    }
    if (ret == NULL) {
        PQclear(r);
    } else {
        *ret = (struct bus_pg_rows *)r;
    }
    return BUS_OK;
}

int bus_pg_query(struct bus_pg *pg,
                 const char *sql,
                 const char *const *params,
                 size_t n,
                 struct bus_pg_rows **ret,
                 struct bus_err *err)
{
    return pg_query_in(pg, sql, params, n, false, ret, err);
}

int bus_pg_query_binary(struct bus_pg *pg,
                        const char *sql,
                        const char *const *params,
                        size_t n,
                        struct bus_pg_rows **ret,
                        struct bus_err *err)
{
    return pg_query_in(pg, sql, params, n, true, ret, err);
}

int bus_pg_notified(struct bus_pg *pg, bool *ret, struct bus_err *err)
{
    *ret = false;
    if (PQconsumeInput(pg->conn) != 1 || PQstatus(pg->conn) != CONNECTION_OK) {
        return pg_report_failure(pg, NULL, err);
    }
    for (PGnotify *n; (n = PQnotifies(pg->conn)) != NULL; PQfreemem(n)) {
        *ret = true;
    }
    return BUS_OK;
}

/* One of a list with commas; an empty one is a socket of this machine. */
static bool pg_hosts_here(const char *hosts)
{
    size_t n = 0;
    for (const char *h = hosts; h != NULL && *h != '\0';
         h += n + (h[n] == ',')) {
        n = strcspn(h, ",");
        struct bus_strv host = {h, n};
        if (n > 0 && h[0] != '/' && h[0] != '@' &&
            !bus_strv_is(host, "localhost") &&
            !bus_strv_is(host, "127.0.0.1") && !bus_strv_is(host, "::1")) {
            return false;
        }
    }
    return true;
}

int bus_pg_private(const char *conninfo, bool *ret, struct bus_err *err)
{
    PQconninfoOption *list = PQconninfoParse(conninfo, NULL);
    const char *mode = "", *host = "", *address = "";
    if (list == NULL) {
        return bus_fail(err, BUS_EPARSE,
                        "is no connection string of libpq / 不是连接串");
    }
    for (const PQconninfoOption *o = list; o->keyword != NULL; o++) {
        const char *value = o->val != NULL ? o->val : "";
        mode = strcmp(o->keyword, "sslmode") == 0 ? value : mode;
        host = strcmp(o->keyword, "host") == 0 ? value : host;
        address = strcmp(o->keyword, "hostaddr") == 0 ? value : address;
    }
    *ret = strcmp(mode, "verify-full") == 0 ||
           pg_hosts_here(*address != '\0' ? address : host);
    PQconninfoFree(list);
    return BUS_OK;
}

size_t bus_pg_count(const struct bus_pg_rows *r)
{
    return (size_t)PQntuples((const PGresult *)r);
}

const char *bus_pg_value(const struct bus_pg_rows *r, size_t row, size_t col)
{
    return PQgetvalue((const PGresult *)r, (int)row, (int)col);
}

struct bus_strv
bus_pg_bytes(const struct bus_pg_rows *r, size_t row, size_t col)
{
    const PGresult *g = (const PGresult *)r;
    if (PQgetisnull(g, (int)row, (int)col)) {
        return (struct bus_strv){NULL, 0};
    }
    return (struct bus_strv){PQgetvalue(g, (int)row, (int)col),
                             (size_t)PQgetlength(g, (int)row, (int)col)};
}

int64_t bus_pg_i64(const struct bus_pg_rows *r, size_t row, size_t col)
{
    return strtoll(bus_pg_value(r, row, col), NULL, 10);
}

const char *bus_pg_bytea(struct bus_arena *mem, struct bus_strv bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *to = bus_arena_alloc(mem, 2 * bytes.n + 3);
    if (to == NULL) {
        return NULL;
    }
    memcpy(to, "\\x", 2);
    for (size_t i = 0; i < bytes.n; i++) {
        uint8_t b = (uint8_t)bytes.p[i];
        to[2 + 2 * i] = digits[b >> 4];
        to[3 + 2 * i] = digits[b & 15];
    }
    to[2 + 2 * bytes.n] = '\0';
    return to;
}

void bus_pg_rows_free(struct bus_pg_rows *r)
{
    PQclear((PGresult *)r);
}
