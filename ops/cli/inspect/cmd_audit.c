/* audit: the no-drop certificate, the chain of the ledger's rows and that of
 * the reading log, and money: ordered = due, paid - returned = the fund's
 * board, per fund and day (bus/ledger/sql/audit_money.sql). First how far the
 * ledger is behind the topics (what it has not read it cannot account for),
 * then the account. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/kafka/read.h"
#include "bus/ledger/chain_check.h"
#include "bus/ledger/sql/audit_money.h"
#include "bus/web/readlog.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define AUDIT_PATIENCE_MS 60000 /* for a partition whose leader moves */

struct behind
{
    int64_t events;
    size_t topics;
};

static int64_t
ledger_next(const struct bus_pg_rows *r, const char *topic, int32_t part)
{
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        if (strcmp(bus_pg_value(r, i, 0), topic) == 0 &&
            bus_pg_i64(r, i, 1) == part) {
            return bus_pg_i64(r, i, 2);
        }
    }
    return -1;
}

struct unread
{
    int64_t n;
};

static int
count_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct unread *u = data;
    (void)m;
    (void)err;
    u->n++;
    return BUS_OK;
}

/* Records, not offsets: the markers of transactions take offsets as well. */
static int behind_topic(struct bus_kafka_reader *reader,
                        const struct bus_pg_rows *r,
                        const struct bus_topic *topic,
                        const char *name,
                        struct behind *ret,
                        struct bus_err *err)
{
    struct unread u = {0};
    for (int32_t p = 0; p < topic->partitions; p++) {
        struct bus_kafka_range range = {.topic = topic->name,
                                        .partition = p,
                                        .limit_ms = AUDIT_PATIENCE_MS,
                                        .from = ledger_next(r, name, p)};
        int64_t next = 0;
        BUS_TRY(bus_kafka_read(reader, &range, count_one, &u, &next, err));
    }
    ret->events += u.n;
    ret->topics += u.n > 0;
    return BUS_OK;
}

static int behind_of(struct tool *t, struct behind *ret, struct bus_err *err)
{
    static const char sql[] = "SELECT topic, part, next FROM reading";
    struct bus_pg_rows *r = NULL;
    struct bus_topic *topics = NULL;
    struct bus_kafka_reader *reader = NULL;
    size_t n = 0, prefix = strlen(t->config.prefix);
    struct bus_kafka_env env = {.conf = &t->config.kafka,
                                .client_id = "lianou-audit"};
    int rc;
    BUS_TRY_GOTO(rc, bus_pg_query(t->pg, sql, NULL, 0, &r, err), done);
    BUS_TRY_GOTO(rc, bus_conf_topics(&t->config, &t->mem, &topics, &n, err),
                 done);
    BUS_TRY_GOTO(rc, bus_kafka_reader_open(&env, &reader, err), done);
    for (size_t i = 0; i < n; i++) {
        const char *name = topics[i].name + prefix;
        if (topics[i].cleanup == BUS_TOPIC_COMPACT) {
            continue; /* the ledger does not read those */
        }
        BUS_TRY_GOTO(rc, behind_topic(reader, r, &topics[i], name, ret, err),
                     done);
    }
done:
    bus_kafka_reader_close(reader);
    bus_pg_rows_free(r);
    return rc;
}

#define AUDIT_FAULTS_MAX 20 /* told one by one */

struct audit_rows
{
    struct bus_ledger_chain_sum chain;
    FILE *to; /* where each fault is told */
    size_t told;
};

static void rows_hear(void *data, const struct bus_ledger_fault *f)
{
    struct audit_rows *r = data;
    const char *what = bus_ledger_fault_text(f->kind);
    if (r->told++ >= AUDIT_FAULTS_MAX) {
        return;
    }
    (void)fprintf(r->to, "chain broken           %s, partition %" PRId32,
                  f->topic, f->part);
    if (f->place >= 0) {
        (void)fprintf(r->to, ", offset %" PRId64, f->place);
    } else {
        (void)fprintf(r->to, ", at the end");
    }
    if (f->kind == BUS_LEDGER_MISSING) {
        (void)fprintf(r->to, ", rows %" PRId64 " to %" PRId64 ": %s\n", f->n,
                      f->to, what);
    } else {
        (void)fprintf(r->to, ", row %" PRId64 ": %s\n", f->n, what);
    }
}

static int rows_of(struct tool *t, struct audit_rows *ret, struct bus_err *err)
{
    return bus_ledger_chain_check(t->pg, false, rows_hear, ret, &ret->chain,
                                  err);
}

struct audit_reads
{
    struct bus_web_readlog_sum log;
    struct bus_pg_rows *bulk;   /* who, hour, records; NULL: not asked */
    struct bus_pg_rows *unsaid; /* who, day, reads without a purpose */
};

/* Who has read much in an hour, or a topic as a whole. */
static const char reads_bulk[] =
    "SELECT who, left(at, 13), count(DISTINCT record)::text || ' records' "
    "FROM read_log GROUP BY 1, 2 HAVING count(DISTINCT record) > 200 "
    "UNION ALL SELECT who, left(at, 13), 'all of ' || record FROM read_log "
    "WHERE via = 'lianou export' ORDER BY 2 DESC, 1, 3 LIMIT 20";
/* Who read and did not say what for; a resident reads his own. */
static const char reads_unsaid[] =
    "SELECT who, left(at, 10), count(*)::text FROM read_log WHERE purpose = '' "
    "AND via <> 'POST /v1/progress' GROUP BY 1, 2 ORDER BY 2 DESC, count(*) "
    "DESC, 1 LIMIT 20";

/* The reading log's chain, and its alarms. */
static int
reads_of(struct tool *t, struct audit_reads *ret, struct bus_err *err)
{
    BUS_TRY(bus_web_readlog_check(t->pg, &ret->log, err));
    BUS_TRY(bus_pg_query(t->pg, reads_bulk, NULL, 0, &ret->bulk, err));
    return bus_pg_query(t->pg, reads_unsaid, NULL, 0, &ret->unsaid, err);
}

static void money_show(const struct bus_pg_rows *r)
{
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)printf(
            "money off              %s, fund %s%s%s: the books say %s, "
            "it must be %s\n",
            bus_pg_value(r, i, 0), bus_pg_value(r, i, 1),
            bus_pg_value(r, i, 2)[0] != '\0' ? ", " : "", bus_pg_value(r, i, 2),
            bus_pg_value(r, i, 3), bus_pg_value(r, i, 4));
    }
    if (bus_pg_count(r) == 0) {
        (void)printf("money off              0\n");
    }
}

static void rows_show(const struct audit_rows *r)
{
    (void)printf("rows in the chain      %" PRId64 ", head %s\n", r->chain.rows,
                 r->chain.head);
    if (r->chain.before > 0) {
        (void)printf("rows of before it      %" PRId64 ", not held\n",
                     r->chain.before);
    }
    if (r->chain.faults > 0) {
        (void)printf("chain broken at        %" PRId64 " places\n",
                     r->chain.faults);
    }
}

static void reads_show(const struct audit_reads *r)
{
    (void)printf("reads written down     %" PRId64 ", head %s\n", r->log.rows,
                 r->log.head);
    if (r->log.broken > 0) {
        (void)printf("reading log broken     row %" PRId64 " %s\n",
                     r->log.broken, r->log.why);
    }
    for (size_t i = 0; i < bus_pg_count(r->bulk); i++) {
        (void)printf("many reads             %s, %s h: %s\n",
                     bus_pg_value(r->bulk, i, 0), bus_pg_value(r->bulk, i, 1),
                     bus_pg_value(r->bulk, i, 2));
    }
    for (size_t i = 0; i < bus_pg_count(r->unsaid); i++) {
        (void)printf("reads without purpose  %s, %s: %s\n",
                     bus_pg_value(r->unsaid, i, 0),
                     bus_pg_value(r->unsaid, i, 1),
                     bus_pg_value(r->unsaid, i, 2));
    }
}

static void audit_show(const struct account *a,
                       const struct behind *b,
                       const struct audit_rows *rows,
                       const struct audit_reads *r,
                       const struct bus_pg_rows *money,
                       bool json)
{
    const char *format =
        json ? "{\"unread\":%" PRId64 ",\"applications\":%" PRId64
               ",\"closed\":%" PRId64 ",\"open\":%" PRId64
               ",\"parked\":%" PRId64 ",\"dead_lettered\":%" PRId64
               ",\"lost\":%" PRId64 ",\"duplicated\":%" PRId64
               ",\"torn\":%" PRId64 ",\"out_of_order\":%" PRId64
             : "not yet in the ledger %" PRId64 "\n"
               "applications in        %" PRId64 "\n"
               "cases closed           %" PRId64 "\n"
               "cases open             %" PRId64 "\n"
               "events parked          %" PRId64 "\n"
               "dead letters           %" PRId64 "\n"
               "lost                   %" PRId64 "\n"
               "duplicated             %" PRId64 "\n"
               "torn                   %" PRId64 "\n"
               "out of order           %" PRId64 "\n";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)printf(format, b->events, a->applications, a->cases_closed,
                 a->cases - a->cases_closed, a->parked, a->dead_lettered,
                 a->lost, a->duplicated, a->torn, a->out_of_order);
#pragma GCC diagnostic pop
    if (json) {
        (void)printf(",\"rows\":%" PRId64 ",\"rows_broken\":%" PRId64
                     ",\"rows_head\":\"%s\"",
                     rows->chain.rows, rows->chain.faults, rows->chain.head);
        (void)printf(",\"reads\":%" PRId64 ",\"reads_broken\":%" PRId64
                     ",\"reads_head\":\"%s\",\"reads_bulk\":%zu"
                     ",\"reads_unsaid\":%zu,\"money\":%zu}\n",
                     r->log.rows, r->log.broken, r->log.head,
                     bus_pg_count(r->bulk), bus_pg_count(r->unsaid),
                     bus_pg_count(money));
    } else {
        money_show(money);
        rows_show(rows);
        reads_show(r);
    }
}

static int audit_read(struct tool *t,
                      struct behind *b,
                      struct account *a,
                      struct audit_rows *rows,
                      struct audit_reads *r,
                      struct bus_pg_rows **money,
                      struct bus_err *err)
{
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(cli_tool_database(t, err));
    BUS_TRY(behind_of(t, b, err));
    BUS_TRY(rows_of(t, rows, err));
    BUS_TRY(reads_of(t, r, err));
    BUS_TRY(
        bus_pg_query(t->pg, bus_ledger_sql_audit_money, NULL, 0, money, err));
    return cli_account_read(t->pg, a, err);
}

static int audit_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0}};
    struct tool t = {0};
    bool json = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            t.folder = optarg;
        } else if (o == 'd') {
            t.conninfo = optarg;
        } else if (o == 'j') {
            json = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    struct bus_err err;
    struct account a = {0};
    struct behind b = {0};
    struct audit_rows rows = {.to = json ? stderr : stdout};
    struct audit_reads r = {0};
    struct bus_pg_rows *money = NULL;
    int rc = audit_read(&t, &b, &a, &rows, &r, &money, &err);
    if (rc == BUS_OK) {
        audit_show(&a, &b, &rows, &r, money, json);
    }
    size_t off = bus_pg_count(money);
    bus_pg_rows_free(money);
    bus_pg_rows_free(r.bulk);
    bus_pg_rows_free(r.unsaid);
    bool clean =
        rc == BUS_OK && r.log.broken + rows.chain.faults + off == 0 &&
        a.lost + a.duplicated + a.torn + a.out_of_order + b.events == 0;
    rc = cli_tool_close(&t, "audit", rc, &err);
    return rc == LIANOU_WELL && !clean ? LIANOU_FAILED : rc;
}

const struct lianou_command lianou_cmd_audit = {
    .name = "audit",
    .usage = "[--json] [--db CONNINFO] [--config DIR]",
    .summary = "the no-drop certificate: in = out + open + parked + dead; that "
               "no row or read was changed; that money adds up, fund by fund",
    .summary_zh = "不落一户核验",
    .group = 3,
    .run = audit_run,
};
