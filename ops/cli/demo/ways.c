#include "ops/cli/demo/ways.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/base/buf.h"
#include "bus/base/hex.h"
#include "bus/ledger/sql/answering.h"
#include "bus/wire/crypt.h"
#include "ops/cli/demo/demo.h"
#include "ops/cli/demo/ways.def"
#include "ops/cli/lianou.h"

#define TOKEN_BYTES 16
#define KEY_MAX     40
#define TEXT_MAX    (64u << 10)
#define OF_KAFKA    "transport: kafka"
#define OF_DATABASE "transport: postgres"

static const struct
{
    const char *code, *text;
} ways[] = {
#define X(code) {#code, demo_way_##code},
    DEMO_WAYS(X)
#undef X
};

static int ways_put(const struct demo_ways *w,
                    const char *code,
                    const char *what,
                    const char *line,
                    struct bus_err *err)
{
    char path[320];
    (void)snprintf(path, sizeof(path), "%s/%.40s.%s", w->theirs, code, what);
    FILE *f = fopen(path, "we");
    bool well = f != NULL && fprintf(f, "%s\n", line) > 0;
    well = f != NULL && fclose(f) == 0 && well;
    return well && chmod(path, 0600) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
}

/* --- one partner's text --- */

/* A token that nobody has seen; its sum. */
static int ways_token(const struct demo_ways *w,
                      const char *code,
                      struct bus_buf *to,
                      struct bus_err *err)
{
    uint8_t bytes[TOKEN_BYTES], sum[BUS_WIRE_SHA256_BYTES];
    char token[2 * TOKEN_BYTES + 1], hex[2 * BUS_WIRE_SHA256_BYTES + 1];
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    bus_hex_write(bytes, sizeof(bytes), token);
    bus_wire_sha256(token, strlen(token), sum);
    bus_hex_write(sum, sizeof(sum), hex);
    bus_buf_puts(to, hex);
    return ways_put(w, code, "token", token, err);
}

static int ways_value(const struct demo_ways *w,
                      const char *code,
                      struct bus_strv name,
                      struct bus_buf *to,
                      struct bus_err *err)
{
    if (bus_strv_is(name, "TOKEN_SHA256")) {
        return ways_token(w, code, to, err);
    }
    if (bus_strv_is(name, "PORT")) {
        bus_buf_printf(to, "%d", cli_demo_port());
    } else if (bus_strv_is(name, "SEED")) {
        bus_buf_printf(to, "%" PRIu64, w->seed);
    } else if (bus_strv_is(name, "PROGRAM")) {
        bus_buf_puts(to, lianou_program());
    } else if (bus_strv_is(name, "COUNTY")) {
        bus_buf_puts(to, w->county);
    } else if (bus_strv_is(name, "THEIRS")) {
        bus_buf_puts(to, w->theirs);
    } else {
        return bus_fail(err, BUS_EBUG, "ways/%s.yaml: ${%.*s}", code,
                        (int)name.n, name.p);
    }
    return BUS_OK;
}

static int ways_fill(const struct demo_ways *w,
                     const char *code,
                     const char *text,
                     struct bus_buf *to,
                     struct bus_err *err)
{
    for (const char *at; (at = strstr(text, "${")) != NULL;) {
        size_t n = strcspn(at, "}");
        bus_buf_put(to, text, (size_t)(at - text));
        BUS_TRY(ways_value(w, code, (struct bus_strv){at + 2, n - 2}, to, err));
        text = at + n + 1;
    }
    bus_buf_puts(to, text);
    return BUS_OK;
}

/* Whether the way says a key of its own in this line's place. */
static bool ways_says(const char *way, const char *line)
{
    char key[KEY_MAX + 2];
    int n = (int)strcspn(line, ":\n");
    if (n < 1 || n > KEY_MAX || line[n] != ':') {
        return false;
    }
    (void)snprintf(key, sizeof(key), "\n%.*s:", n, line);
    return strstr(way, key) != NULL ||
           strncmp(way, key + 1, strlen(key + 1)) == 0;
}

/* What of the county's own text stays. *ret_kafka: it speaks Kafka there. */
static bool ways_keep(const char *path,
                      const char *way,
                      struct bus_buf *to,
                      bool *ret_kafka)
{
    char line[512];
    bool gone = false;
    FILE *f = fopen(path, "re");
    *ret_kafka = false;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        *ret_kafka =
            *ret_kafka || strncmp(line, OF_KAFKA, sizeof(OF_KAFKA) - 1) == 0;
        bool inner = line[0] == ' ' || line[0] == '-';
        gone = inner ? gone : ways_says(way, line);
        if (!gone) {
            bus_buf_puts(to, line);
        }
    }
    return f != NULL && fclose(f) == 0;
}

static int
ways_write(const char *path, struct bus_buf *text, struct bus_err *err)
{
    FILE *f = fopen(path, "we");
    bool well = f != NULL && fputs(bus_buf_cstr(text), f) >= 0;
    well = f != NULL && fclose(f) == 0 && well && !text->failed;
    return well ? BUS_OK
                : bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
}

static int ways_take(const struct demo_ways *w,
                     const char *code,
                     const char *way,
                     struct bus_err *err)
{
    char path[300];
    bool kafka;
    struct bus_buf text;
    (void)snprintf(path, sizeof(path), "%s/partners.d/%.40s.yaml", w->county,
                   code);
    bus_buf_init(&text, TEXT_MAX);
    bool wanted = ways_keep(path, way, &text, &kafka) && kafka &&
                  (w->database || strstr(way, OF_DATABASE) == NULL);
    int rc = wanted ? ways_fill(w, code, way, &text, err) : BUS_OK;
    if (rc == BUS_OK && wanted) {
        rc = ways_write(path, &text, err);
    }
    bus_buf_fini(&text);
    return rc;
}

int cli_demo_ways_make(const struct demo_ways *w, struct bus_err *err)
{
    if (mkdir(w->theirs, 0700) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", w->theirs, strerror(errno));
    }
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        BUS_TRY(ways_take(w, ways[i].code, ways[i].text, err));
    }
    return BUS_OK;
}

/* --- a partner's database --- */

static int ways_sql(const char *conninfo, const char *sql, struct bus_err *err)
{
    struct bus_pg *pg = NULL;
    BUS_TRY(bus_pg_open(conninfo, 0, &pg, err));
    int rc = bus_pg_exec(pg, sql, err);
    bus_pg_close(pg);
    return rc;
}

static int ways_base(const struct demo_ways *w,
                     const char *code,
                     const struct private_pg *pg,
                     struct bus_err *err)
{
    char sql[256], base[400];
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE \"%.40s\"", code);
    BUS_TRY(ways_sql(pg->conninfo, sql, err));
    (void)snprintf(base, sizeof(base), "host=%s user=lianou dbname=%.40s",
                   pg->dir, code);
    BUS_TRY(ways_sql(base, demo_way_postgres, err));
    (void)snprintf(sql, sizeof(sql),
                   "CREATE ROLE \"%.40s_bus\" LOGIN IN ROLE lianou_bus;"
                   "CREATE ROLE \"%.40s_app\" LOGIN IN ROLE lianou_app",
                   code, code);
    BUS_TRY(ways_sql(base, sql, err));
    (void)snprintf(base, sizeof(base), "host=%s user=%.40s_bus dbname=%.40s",
                   pg->dir, code, code);
    BUS_TRY(ways_put(w, code, "bus", base, err));
    (void)snprintf(base, sizeof(base), "host=%s user=%.40s_app dbname=%.40s",
                   pg->dir, code, code);
    return ways_put(w, code, "conninfo", base, err);
}

int cli_demo_ways_database(const struct demo_ways *w,
                           const struct bus_config *c,
                           const struct private_pg *pg,
                           struct bus_err *err)
{
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->transport == BUS_TRANSPORT_POSTGRES) {
            BUS_TRY(ways_base(w, p->code, pg, err));
        }
    }
    return BUS_OK;
}

/* --- telling --- */

static const char *ways_word(const struct bus_conf_partner *p)
{
    switch ((enum bus_conf_partner_transport)p->transport) {
    case BUS_TRANSPORT_KAFKA:
        return NULL;
    case BUS_TRANSPORT_SPOOL:
        return "spool";
    case BUS_TRANSPORT_SHEET:
        return "sheet";
    case BUS_TRANSPORT_HTTP:
        return p->push.url != NULL ? "http push" : "http";
    case BUS_TRANSPORT_EXEC:
        return "exec";
    case BUS_TRANSPORT_POSTGRES:
        return "postgres";
    }
    return NULL;
}

static const char *ways_answers(const struct bus_pg_rows *r, const char *code)
{
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        if (strcmp(bus_pg_value(r, i, 0), code) == 0) {
            return bus_pg_value(r, i, 1);
        }
    }
    return "0";
}

int cli_demo_ways_tell(const struct bus_config *c,
                       struct bus_pg *pg,
                       char *ret,
                       size_t cap,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    size_t at = 0;
    ret[0] = '\0';
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_answering, NULL, 0, &r, err));
    for (size_t i = 0; i < c->partners_count && at < cap; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        const char *word = ways_word(p);
        if (word != NULL) {
            at += (size_t)snprintf(ret + at, cap - at, "%s%s %s %s",
                                   at > 0 ? ", " : "", p->code, word,
                                   ways_answers(r, p->code));
        }
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}
