/* lianou status: how the county is now, on one screen.
 *
 * - each role that listens on this machine, by its own metrics: ready or what
 *   it lacks, how far behind, parked, dead letters since its start, overdue
 *   tasks of a partner, intake's journal
 * - by the ledger: what is overdue, escalated, dead, parked, not yet relayed
 * - names: these only, where others run elsewhere
 * - reads only. --watch: again every two seconds, until it is interrupted
 * - 0 all are ready, 1 one is not, 3 one does not answer and no other lacks
 *   anything */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/ledger/sql/status.h"
#include "bus/web/fetch.h"
#include "ops/cli/lianou.h"
#include "ops/cli/operate/roles.h"
#include "ops/cli/operate/status.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_status;

#define ASK_MS     2000
#define WATCH_S    2
#define URL_BYTES  320
#define LINE_BYTES 160

struct looking_status
{
    struct tool t;
    bool watch;
    char **only; /* names; those that run here */
    size_t only_count;
    size_t ready, unready, away;
};

static void role_tell(const struct cli_role *role,
                      const char *how,
                      const struct cli_status *s)
{
    char name[LINE_BYTES], more[LINE_BYTES] = "";
    (void)snprintf(name, sizeof(name), "%s%s", role->partner ? "partner " : "",
                   role->name);
    if (s == NULL) {
        (void)printf("%-18s %s\n", name, how);
        return;
    }
    if (s->overdue > 0) {
        (void)snprintf(more, sizeof(more), "  逾期任务 overdue %.0f",
                       s->overdue);
    } else if (s->journal_bytes > 0) {
        (void)snprintf(more, sizeof(more), "  日志待发 journal %.0f B",
                       s->journal_bytes);
    }
    (void)printf("%-18s %s  %8.1f s  %7.0f  %5.0f%s%s%s\n", name, how, s->lag_s,
                 s->parked, s->dead_letters,
                 s->lost[0] != '\0' ? "  缺 lacks " : "", s->lost, more);
}

static void role_ask(struct looking_status *l, const struct cli_role *role)
{
    const struct bus_config *c = &l->t.config;
    char url[URL_BYTES];
    struct bus_buf answer;
    struct bus_err err;
    long status = 0;
    bool tls = c->http.cert_file != NULL && c->http.cert_file[0] != '\0';
    bus_buf_init(&answer, BUS_WEB_FETCH_MAX);
    (void)snprintf(url, sizeof(url), "%s://%.200s:%" PRId64 "/metrics",
                   tls ? "https" : "http", cli_roles_host(c), role->port);
    int rc = bus_web_get(url, tls ? c->http.cert_file : NULL, ASK_MS, &answer,
                         &status, &err);
    struct cli_status s;
    cli_status_read(bus_buf_view(&answer), &s);
    if (rc != BUS_OK) {
        l->away++;
        role_tell(role, "无应答 away", NULL);
    } else if (status != 200 || !s.ours) {
        l->away++;
        role_tell(role,
                  "不是本角色, 或本机不在 http.watchers 中 / not this role, "
                  "or this machine is none of http.watchers",
                  NULL);
    } else if (s.lost[0] != '\0') {
        l->unready++;
        role_tell(role, "未就绪 unready", &s);
    } else {
        l->ready++;
        role_tell(role, "就绪   ready  ", &s);
    }
    bus_buf_fini(&answer);
}

static bool is_wanted(const struct looking_status *l, const char *name)
{
    for (size_t i = 0; i < l->only_count; i++) {
        if (strcmp(l->only[i], name) == 0) {
            return true;
        }
    }
    return l->only_count == 0;
}

static int roles_look(struct looking_status *l, struct bus_err *err)
{
    size_t n = 0;
    const struct cli_role *roles = cli_roles_of(&l->t.config, &l->t.mem, &n);
    if (roles == NULL) {
        return bus_fail(err, BUS_ENOMEM, "roles");
    }
    (void)printf(
        "角色 role           状态 state      落后 lag  parked   dead\n");
    for (size_t i = 0; i < n; i++) {
        if (roles[i].port != 0 && is_wanted(l, roles[i].name)) {
            role_ask(l, &roles[i]);
        }
    }
    return l->ready + l->unready + l->away >= l->only_count
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "a name is no role with a port here; without names "
                          "all are shown / 名称有误, 不写名称则全部列出");
}

/* What does not answer here is told, and is no fault of the roles. */
static void ledger_look(struct looking_status *l)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    if ((l->t.pg == NULL && cli_tool_database(&l->t, &err) != BUS_OK) ||
        bus_pg_query(l->t.pg, bus_ledger_sql_status, NULL, 0, &r, &err) !=
            BUS_OK) {
        (void)printf("台账 ledger: %.*s\n", (int)strcspn(err.msg, "\n"),
                     err.msg);
        bus_pg_close(l->t.pg);
        l->t.pg = NULL;
        return;
    }
    (void)printf("台账 ledger: 逾期 overdue %" PRId64
                 " (上报 escalated %" PRId64 "), 死信 dead letters %" PRId64
                 ", 暂存 parked %" PRId64 ", 待发 to be relayed %" PRId64 "\n",
                 bus_pg_i64(r, 0, 0), bus_pg_i64(r, 0, 1), bus_pg_i64(r, 0, 2),
                 bus_pg_i64(r, 0, 3), bus_pg_i64(r, 0, 4));
    bus_pg_rows_free(r);
}

static int status_once(struct looking_status *l, struct bus_err *err)
{
    char at[BUS_TIME_TEXT + 1];
    l->ready = l->unready = l->away = 0;
    (void)printf("%.19s\n", bus_time_text(bus_clock_system.wall_ms(NULL), at));
    BUS_TRY(roles_look(l, err));
    ledger_look(l);
    (void)printf("%zu 就绪, %zu 未就绪, %zu 无应答 / %zu ready, %zu unready, "
                 "%zu away\n",
                 l->ready, l->unready, l->away, l->ready, l->unready, l->away);
    (void)fflush(stdout);
    return BUS_OK;
}

static int status_look(struct looking_status *l, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(&l->t, err));
    while (l->watch) {
        if (isatty(STDOUT_FILENO)) {
            (void)printf("\033[H\033[2J");
        }
        BUS_TRY(status_once(l, err));
        (void)nanosleep(&(struct timespec){.tv_sec = WATCH_S}, NULL);
    }
    return status_once(l, err);
}

static int status_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"watch", no_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    struct looking_status l = {.watch = false};
    struct bus_err err = {0};
    bool well = true;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            l.t.folder = optarg;
        } else if (o == 'd') {
            l.t.conninfo = optarg;
        } else {
            well &= o == 'w';
            l.watch = true;
        }
    }
    l.only = argv + optind;
    l.only_count = (size_t)(argc - optind);
    if (!well) {
        (void)fprintf(stderr, "usage: lianou status %s\n",
                      lianou_cmd_status.usage);
        return LIANOU_USAGE;
    }
    int rc = status_look(&l, &err);
    int end = cli_tool_close(&l.t, "status", rc, &err);
    return rc != BUS_OK    ? end
           : l.unready > 0 ? LIANOU_FAILED
           : l.away > 0    ? LIANOU_AWAY
                           : LIANOU_WELL;
}

const struct lianou_command lianou_cmd_status = {
    .name = "status",
    .usage = "[ROLE|PARTNER ...] [--watch] [--config DIR] [--db CONNINFO]",
    .summary = "how the county is now: each role, how far behind, what waits "
               "for somebody",
    .summary_zh = "县里现在怎样: 各角色是否就绪、落后多少、哪些事等人处理",
    .group = 3,
    .run = status_run,
    .more = lianou_role_line,
};
