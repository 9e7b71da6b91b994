/* demo: the whole county on this machine.
 *
 * - a folder of its own, keys made for it, an embedded broker and a private
 *   PostgreSQL unless --kafka and --db name real ones
 * - every role a process, all partners simulated
 * - applications through HTTP (web, mobile) and from files (telephone, spoken,
 *   station lists)
 * - watched until nothing moves any more; then the closing account
 * - whatever happens, what was started is ended and what was made is removed
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/ledger/migrate.h"
#include "bus/run/exit.h"
#include "ops/cli/county/generate.h"
#include "ops/cli/county/make.h"
#include "ops/cli/demo/apart.h"
#include "ops/cli/demo/demo.h"
#include "ops/cli/demo/feed.h"
#include "ops/cli/demo/keep.h"
#include "ops/cli/demo/source.h"
#include "ops/cli/demo/view.h"
#include "ops/cli/demo/ways.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define LOOK_MS     400
#define PLAIN_LOOKS 5   /* without a terminal a line every so many */
#define QUIET_LOOKS 6   /* without a change, and all is closed: it is over */
#define OPEN_LOOKS  25  /* the same while cases are open */
#define LOST_LOOKS  300 /* the same while something is not accounted for */
#define REST_BUSY   15  /* times a look's own length to the next */
#define REST_STILL  2
#define WAIT_TRIES  300 /* of 100 ms */

struct demo
{
    int64_t applications;
    uint64_t seed;
    const char *kafka, *db;
    bool keep, json, terminal;
    bool as_configured; /* no partner by another way than the county's */
    struct demo_stage stage;
    struct tool tool;
    int intake_port, desk_port;
    struct account account;
    struct demo_apart apart;
    struct demo_ways ways;
    struct demo_source source;
    struct demo_view view;
    uint64_t begun_ns;
    double look_s, seconds; /* look_s: not before */
    int quiet;              /* looks without a change so far */
    int looks;
};

static volatile sig_atomic_t interrupted;

static void on_demo_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void demo_report(const struct demo *d, const char *zh, const char *en)
{
    (void)fprintf(d->json ? stderr : stdout, "%s  %s\n", zh, en);
    (void)fflush(d->json ? stderr : stdout);
}

static void nap_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void demo_set(const char *name, const char *fmt, const char *value)
{
    char text[600];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, sizeof(text), fmt, value);
#pragma GCC diagnostic pop
    (void)setenv(name, text, 1);
}

static int start_topics(struct demo *d, struct bus_err *err)
{
    static const char *const apply[] = {"topics", "apply", NULL};
    demo_set("LIANOU_KAFKA_EMBEDDED", "%s", "false");
    BUS_TRY(cli_demo_spawn(&d->stage, "topics", apply, err));
    if (cli_demo_join(&d->stage, "topics") != 0) {
        return bus_fail(err, BUS_EAWAY,
                        "the topics could not be made on %s; see "
                        "%s/topics.log",
                        d->kafka, d->stage.dir);
    }
    return BUS_OK;
}

static int start_broker(struct demo *d, struct bus_err *err)
{
    char file[200], bootstrap[128];
    if (d->kafka != NULL) {
        return start_topics(d, err);
    }
    demo_set("LIANOU_KAFKA_EMBEDDED", "%s", "true");
    (void)snprintf(file, sizeof(file), "%s/bootstrap", d->stage.dir);
    const char *const args[] = {"broker", "--file", file, NULL};
    BUS_TRY(cli_demo_spawn(&d->stage, "broker", args, err));
    for (int i = 0; i < WAIT_TRIES; i++) {
        if (cli_demo_read(file, bootstrap, sizeof(bootstrap))) {
            demo_set("LIANOU_KAFKA", "%s", bootstrap);
            return BUS_OK;
        }
        nap_ms(100);
    }
    return bus_fail(err, BUS_EAWAY, "the embedded broker does not start");
}

static int start_private_pg(struct demo *d, struct bus_err *err)
{
    char dir[200];
    (void)snprintf(dir, sizeof(dir), "%s/pg", d->stage.dir);
    if (mkdir(dir, 0755) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", dir, strerror(errno));
    }
    BUS_TRY(cli_private_pg_start(&d->stage.pg, dir, err));
    return cli_demo_ways_database(&d->ways, &d->tool.config, &d->stage.pg, err);
}

static int start_database(struct demo *d, struct bus_err *err)
{
    if (d->db == NULL || d->ways.database) {
        BUS_TRY(start_private_pg(d, err));
    }
    if (d->db == NULL) {
        d->db = d->stage.pg.conninfo;
    } else {
        BUS_TRY(cli_demo_apart_schema(&d->apart, d->db, err));
        d->db = d->apart.conninfo;
    }
    demo_set("LIANOU_DB", "%s", d->db);
    BUS_TRY(bus_pg_open(d->db, 0, &d->tool.pg, err));
    return bus_ledger_migrate(d->tool.pg, false, NULL, err);
}

static void demo_ports(struct demo *d)
{
    static const char *const shown[DEMO_VIEW_ROLES] = {"matcher", "dispatch",
                                                       "ledger"};
    d->view = (struct demo_view){.to = d->json ? stderr : stdout,
                                 .terminal = d->terminal};
    static const char *const names[] = {
        "LIANOU_PORT_INTAKE", "LIANOU_PORT_MATCHER",  "LIANOU_PORT_DISPATCH",
        "LIANOU_PORT_LEDGER", "LIANOU_PORT_REGISTRY", "LIANOU_PORT_DESK"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[16];
        int port = cli_demo_port();
        (void)snprintf(text, sizeof(text), "%d", port);
        (void)setenv(names[i], text, 1);
        d->intake_port = i == 0 ? port : d->intake_port;
        d->desk_port = port; /* the last */
        if (i > 0 && i <= DEMO_VIEW_ROLES) {
            d->view.roles[i - 1].name = shown[i - 1];
            d->view.roles[i - 1].port = port;
            d->view.roles[i - 1].fd = -1;
        }
    }
}

/* A county of the demo's own: the given one's texts for training, with keys, a
 * bureau whose word counts here alone, a seal for each department, and some
 * partners by other ways than Kafka. */
static int make_county(struct demo *d, struct bus_err *err)
{
    struct demo_ways *w = &d->ways;
    const struct cli_county_wants wants = {
        .from = lianou_config_dir(d->tool.folder), .training = true};
    (void)snprintf(w->county, sizeof(w->county), "%s/county", d->stage.dir);
    (void)snprintf(w->theirs, sizeof(w->theirs), "%s/theirs", d->stage.dir);
    w->seed = d->seed;
    w->database = !d->as_configured && cli_private_pg_there();
    BUS_TRY(cli_county_make(&wants, w->county, err));
    if (!d->as_configured) {
        BUS_TRY(cli_demo_ways_make(w, err));
    }
    demo_set("LIANOU_CONFIG", "%s", w->county);
    d->tool.folder = NULL;
    return cli_tool_open(&d->tool, err);
}

static int demo_prepare(struct demo *d, struct bus_err *err)
{
    BUS_TRY(cli_demo_stage_open(&d->stage, err));
    (void)setenv("LIANOU_KAFKA_PARTITIONS", "4", 0);
    (void)setenv("LIANOU_KAFKA_REPLICATION", "1", 0);
    (void)setenv("LIANOU_KAFKA_MIN_INSYNC", "1", 0);
    (void)setenv("LIANOU_PORT_YOUZHENG", "0", 0); /* any free one */
    (void)setenv("LIANOU_PORT_CHECK", "0", 0);
    (void)setenv("LIANOU_CHANGEABLE", "0s", 0); /* seen at once */
    cli_demo_apart_name(&d->apart);
    if (d->kafka != NULL) {
        demo_set("LIANOU_KAFKA", "%s", d->kafka);
        cli_demo_apart_topics(&d->apart);
    }
    demo_ports(d);
    demo_set("LIANOU_DESK_INTAKE", "http://127.0.0.1:%s",
             getenv("LIANOU_PORT_INTAKE"));
    return make_county(d, err);
}

/* Those whose partners do not speak Kafka. */
static int start_adapters(struct demo *d, struct bus_err *err)
{
    for (size_t i = 0; i < d->tool.config.partners_count; i++) {
        const struct bus_conf_partner *p = &d->tool.config.partners[i];
        const char *const args[] = {"run", "partner", p->code, NULL};
        if (p->transport != BUS_TRANSPORT_KAFKA) {
            BUS_TRY(cli_demo_spawn(&d->stage, p->code, args, err));
        }
    }
    return BUS_OK;
}

static int start_roles(struct demo *d, struct bus_err *err)
{
    char seed[32];
    (void)snprintf(seed, sizeof(seed), "%" PRIu64, d->seed);
    const char *const roles[][8] = {
        {"matcher", "run", "matcher", NULL},
        {"dispatch", "run", "dispatch", NULL},
        {"ledger", "run", "ledger", NULL},
        {"intake", "run", "intake", NULL},
        {"partners", "simulate", "all", "--seed", seed, "--theirs",
         d->ways.theirs, NULL},
    };
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        BUS_TRY(cli_demo_spawn(&d->stage, roles[i][0], roles[i] + 1, err));
    }
    BUS_TRY(start_adapters(d, err));
    for (int i = 0; i < WAIT_TRIES && !interrupted; i++) {
        int fd = -1;
        /* An empty application is refused by an intake that works. */
        if (cli_demo_post(&fd, d->intake_port, "/v1/applications", "{}") ==
            422) {
            (void)close(fd);
            return BUS_OK;
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        nap_ms(100);
    }
    return bus_fail(err, BUS_EAWAY, "intake does not answer; see %s/intake.log",
                    d->stage.dir);
}

static double demo_since(const struct demo *d)
{
    return (double)(bus_clock_system.monotonic_ns(NULL) - d->begun_ns) / 1e9;
}

/* Reads the account and shows it, LOOK_MS after the last, or some times as long
 * as that took: the county's database has other work, while things move. True:
 * it did. */
static bool demo_probe(struct demo *d, int *rc, struct bus_err *err)
{
    double now = demo_since(d);
    if (*rc != BUS_OK || now < d->look_s) {
        return false;
    }
    *rc = cli_account_read(d->tool.pg, &d->account, err);
    if (*rc == BUS_OK) {
        *rc = cli_demo_source_say(&d->source, d->tool.pg, err);
    }
    double took = demo_since(d) - now, rest = LOOK_MS / 1000.0;
    double much = took * (d->quiet > 0 ? REST_STILL : REST_BUSY);
    d->look_s = now + took + (rest > much ? rest : much);
    if (*rc == BUS_OK && (d->terminal || d->looks++ % PLAIN_LOOKS == 0)) {
        cli_demo_view_draw(&d->view, &d->account, d->tool.pg, now);
    }
    const char *dead = cli_demo_ended(&d->stage);
    if (dead != NULL && *rc == BUS_OK) {
        *rc = bus_fail(err, BUS_EIO, "%s ended by itself; see %s/%s.log", dead,
                       d->stage.dir, dead);
    }
    return true;
}

static bool on_fed(void *data, int *rc, struct bus_err *err)
{
    (void)demo_probe(data, rc, err);
    return *rc == BUS_OK && !interrupted;
}

static int demo_feed(struct demo *d, struct bus_err *err)
{
    const struct cli_demo_feed f = {.config = &d->tool.config,
                                    .stage = &d->stage,
                                    .seed = d->seed,
                                    .applications = d->applications,
                                    .intake_port = d->intake_port,
                                    .source = &d->source,
                                    .tick = on_fed,
                                    .data = d};
    return cli_demo_feed(&f, err);
}

static int64_t demo_moves(const struct account *a)
{
    return a->applications + a->cases + a->duplicates + a->evaluations +
           a->assignments + a->decisions + a->verifications + a->payments +
           a->deliveries + a->needs + a->cases_closed + a->dead_lettered;
}

/* How many looks without a change mean that it is over: what stays open waits
 * for facts that nobody will send here; what is lost may still be on its way
 * through a slow broker. */
static int looks_enough(const struct demo *d)
{
    const struct account *a = &d->account;
    bool all = a->applications >= d->applications &&
               a->cases + a->duplicates >= a->applications && a->lost == 0 &&
               d->source.waiting == 0;
    return !all                         ? LOST_LOOKS
           : a->cases > a->cases_closed ? OPEN_LOOKS
                                        : QUIET_LOOKS;
}

static int demo_watch(struct demo *d, struct bus_err *err)
{
    int64_t before = -1;
    int rc = BUS_OK;
    while (rc == BUS_OK && !interrupted &&
           (d->quiet == 0 || d->quiet < looks_enough(d))) {
        if (demo_probe(d, &rc, err)) {
            d->quiet = demo_moves(&d->account) == before ? d->quiet + 1 : 0;
            before = demo_moves(&d->account);
        }
        nap_ms(50);
    }
    return rc;
}

static void demo_print_json(const struct demo *d)
{
    const struct account *a = &d->account;
    (void)printf("{\"applications\":%" PRId64 ",\"cases\":%" PRId64
                 ",\"duplicates\":%" PRId64 ",\"evaluations\":%" PRId64
                 ",\"assignments\":%" PRId64 ",\"decisions\":%" PRId64
                 ",\"verifications\":%" PRId64 ",\"payments\":%" PRId64
                 ",\"deliveries\":%" PRId64 ",\"needs\":%" PRId64
                 ",\"departments\":%" PRId64 ",\"cases_closed\":%" PRId64
                 ",\"open\":%" PRId64 ",\"parked\":%" PRId64
                 ",\"dead_lettered\":%" PRId64 ",\"lost\":%" PRId64
                 ",\"duplicated\":%" PRId64 ",\"out_of_order\":%" PRId64
                 ",\"seconds\":%.1f}\n",
                 a->applications, a->cases, a->duplicates, a->evaluations,
                 a->assignments, a->decisions, a->verifications, a->payments,
                 a->deliveries, a->needs, a->departments, a->cases_closed,
                 a->cases - a->cases_closed, a->parked, a->dead_lettered,
                 a->lost, a->duplicated + a->torn, a->out_of_order, d->seconds);
}

static void print_account(const struct demo *d)
{
    const struct account *a = &d->account;
    (void)printf("\n一口进、一口出  one way in, one way out (%.1f s)\n",
                 d->seconds);
    const struct
    {
        const char *label;
        int64_t n;
    } rows[] = {
        {"申请 applications", a->applications},
        {"立案 cases", a->cases},
        {"并入已立案 joined an open case", a->duplicates},
        {"研判 evaluations", a->evaluations},
        {"派单 assignments", a->assignments},
        {"决定 decisions", a->decisions},
        {"作出决定的部门 departments that decided", a->departments},
        {"保险核查 verifications", a->verifications},
        {"银行代发 payments", a->payments},
        {"邮政投递 deliveries", a->deliveries},
        {"慈善需求 needs", a->needs},
        {"结案 cases closed", a->cases_closed},
        {"在办 open (waiting for facts)", a->cases - a->cases_closed},
        {"暂存 parked", a->parked},
        {"死信 dead letters", a->dead_lettered},
        {"丢失 lost", a->lost},
        {"重复 duplicated", a->duplicated + a->torn},
        {"乱序 out of order", a->out_of_order},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)printf("%9" PRId64 "  %s\n", rows[i].n, rows[i].label);
    }
}

/* Pages, for who looks at a demo that stays; without them it stays as well. */
static void start_desk(struct demo *d,
                       const struct demo_kept *kept,
                       char password[DEMO_PASSWORD])
{
    static const char *const run[] = {"run", "desk", NULL};
    const char *const others[] = {
        "simulate", "all",          "--silent", DEMO_DESK_DEPARTMENT,
        "--theirs", d->ways.theirs, NULL};
    struct bus_err err;
    cli_demo_end(&d->stage, "partners"); /* one office is for people now */
    if (cli_demo_spawn(&d->stage, "partners", others, &err) != BUS_OK ||
        cli_demo_spawn(&d->stage, "desk", run, &err) != BUS_OK ||
        cli_demo_keep_accounts(kept, password, &err) != BUS_OK) {
        (void)fprintf(stderr, "lianou demo: desk: %s\n", err.msg);
        password[0] = '\0';
    }
}

static void wait_kept(struct demo *d)
{
    char password[DEMO_PASSWORD] = "";
    const struct demo_kept kept = {.dir = d->stage.dir,
                                   .prefix = d->tool.config.prefix,
                                   .pg = d->tool.pg,
                                   .intake_port = d->intake_port,
                                   .desk_port = d->desk_port,
                                   .config = &d->tool.config};
    start_desk(d, &kept, password);
    cli_demo_keep_report(d->json ? stderr : stdout, &kept, password);
    while (!interrupted) {
        nap_ms(200);
    }
}

static int demo_play(struct demo *d, struct bus_err *err)
{
    d->begun_ns = bus_clock_system.monotonic_ns(NULL);
    BUS_TRY(demo_prepare(d, err));
    demo_report(d, d->kafka ? "使用给定的Kafka" : "内嵌消息代理, 仅供演示",
                d->kafka
                    ? "Kafka as given"
                    : "the embedded broker is for showing, never for proving");
    demo_report(d, "培训目录: 公示天数为0, 其余与本县相同",
                "a training catalogue: notices hang 0 days, the rest is the "
                "county's");
    BUS_TRY(start_broker(d, err));
    BUS_TRY(start_database(d, err));
    BUS_TRY(cli_demo_source_open(&d->source, &d->tool.config, err));
    BUS_TRY(start_roles(d, err));
    if (!interrupted) {
        demo_report(d, "各角色与模拟伙伴已就位, 开始受理",
                    "roles and partners are up, taking applications");
        BUS_TRY(demo_feed(d, err));
    }
    if (!interrupted) {
        char told[512];
        BUS_TRY(demo_watch(d, err));
        BUS_TRY(cli_demo_ways_tell(&d->tool.config, d->tool.pg, told,
                                   sizeof(told), err));
        demo_report(d,
                    "不经Kafka的应答  answers by other ways than Kafka:", told);
    }
    d->seconds = demo_since(d);
    return BUS_OK;
}

static int cmd_demo_run(struct demo *d)
{
    struct bus_err err;
    struct sigaction act = {.sa_handler = on_demo_signal};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    d->terminal = isatty(d->json ? STDERR_FILENO : STDOUT_FILENO);
    int rc = demo_play(d, &err);
    if (rc == BUS_OK && !interrupted) {
        if (!d->json) {
            print_account(d);
        }
        if (d->keep) {
            wait_kept(d);
        }
    }
    cli_demo_view_close(&d->view);
    cli_demo_source_close(&d->source);
    bus_pg_close(d->tool.pg);
    d->tool.pg = NULL;
    bool faulty = rc != BUS_OK;
    cli_demo_stage_close(&d->stage, faulty);
    cli_demo_apart_end(&d->apart, &d->tool);
    if (rc == BUS_OK && d->json && !(interrupted && !d->keep)) {
        demo_print_json(d);
    }
    bool clean = d->account.lost + d->account.duplicated + d->account.torn +
                     d->account.out_of_order ==
                 0;
    int code = cli_tool_close(&d->tool, "demo", rc, &err);
    if (faulty) {
        (void)fprintf(stderr, "the logs stay in %s\n", d->stage.dir);
    }
    return code == LIANOU_WELL && !clean ? LIANOU_FAILED : code;
}

static int demo_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"applications", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"kafka", required_argument, NULL, 'k'},
        {"db", required_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'},
        {"as-configured", no_argument, NULL, 'w'},
        {"keep", no_argument, NULL, 'K'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0}};
    static struct demo d = {.applications = 300,
                            .seed = 1,
                            .view.roles = {{.fd = -1}, {.fd = -1}, {.fd = -1}}};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'n':
            d.applications = strtoll(optarg, NULL, 10);
            break;
        case 's':
            d.seed = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            d.kafka = optarg;
            break;
        case 'd':
            d.db = optarg;
            break;
        case 'c':
            d.tool.folder = optarg;
            break;
        case 'w':
            d.as_configured = true;
            break;
        case 'K':
            d.keep = true;
            break;
        case 'j':
            d.json = true;
            break;
        default:
            return LIANOU_USAGE;
        }
    }
    if (d.applications < 1 || d.applications > 1000000) {
        (void)fprintf(stderr, "lianou demo: --applications is 1 to 1000000\n");
        return LIANOU_USAGE;
    }
    return cmd_demo_run(&d);
}

const struct lianou_command lianou_cmd_demo = {
    .name = "demo",
    .usage = "[--applications N] [--seed S] [--kafka H:P] [--db CONNINFO] "
             "[--as-configured] [--keep] [--json]",
    .summary = "the whole county on this machine",
    .summary_zh = "在本机演示全县流程",
    .group = 0,
    .run = demo_run,
};
