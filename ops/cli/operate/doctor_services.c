#include "ops/cli/operate/doctor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/kafka/admin.h"
#include "bus/ledger/migrate.h"

#define CLOCKS_APART_MS 2000 /* what seals.skew forgives is more */
/* A broker that stands still is waited for by the others so long, and as long
 * nobody reads what was committed before; they elect in some 10 s. */
#define BROKER_WAIT_MS 10000

static const struct doctor_about kafka = {"消息服务", "Kafka"};
static const struct doctor_about topics = {"主题", "topics"};
static const struct doctor_about brokers = {"消息服务器", "brokers"};
static const struct doctor_about published = {"已发布", "published"};
static const struct doctor_about rules = {"访问权限", "access rules"};
static const struct doctor_about database = {"数据库", "database"};
static const struct doctor_about tables = {"数据表", "tables"};
static const struct doctor_about clocks = {"数据库时钟", "database's clock"};

static enum doctor_grade grade_of(int rc)
{
    return rc == BUS_EAWAY ? DOCTOR_AWAY : DOCTOR_FAULT;
}

/* What every role waits for: a catalogue and a register of the bureau. */
static void doctor_published(struct doctor *d,
                             struct bus_kafka_admin *admin,
                             const char *what)
{
    const char *topic = bus_conf_topic(&d->t->config, &d->t->mem, what, NULL);
    struct bus_kafka_lags lags = {0};
    struct bus_err err;
    struct bus_kafka_lags_of of = {.topics = &topic, .topics_count = 1};
    int rc = topic == NULL
                 ? bus_fail(&err, BUS_ETOOBIG, "no memory")
                 : bus_kafka_lags(admin, &of, &d->t->mem, &lags, &err);
    if (rc != BUS_OK) {
        cli_doctor_tell(d, grade_of(rc), &published, "%s: %s", what, err.msg);
        return;
    }
    int64_t records = 0;
    for (size_t i = 0; i < lags.n; i++) {
        records += lags.list[i].end - lags.list[i].first;
    }
    cli_doctor_tell(d, records > 0 ? DOCTOR_WELL : DOCTOR_FAULT, &published,
                    "%s: %" PRId64, what, records);
    if (records == 0) {
        cli_doctor_advise("`lianou policy publish`, `lianou register publish`: "
                          "各角色要等到目录和登记簿才能工作",
                          "`lianou policy publish`, `lianou register publish`: "
                          "no role works before there are both");
    }
}

static bool doctor_topics(struct doctor *d, struct bus_kafka_admin *admin)
{
    struct bus_topic *all = NULL;
    struct bus_kafka_plan plan = {0};
    struct bus_err err;
    size_t n = 0;
    int rc = bus_conf_topics(&d->t->config, &d->t->mem, &all, &n, &err);
    if (rc == BUS_OK) {
        rc = bus_kafka_topics_plan(admin, all, n, &d->t->mem, &plan, &err);
    }
    if (rc != BUS_OK) {
        cli_doctor_tell(d, grade_of(rc), &kafka, "%s", err.msg);
        cli_doctor_advise("检查 kafka.bootstrap、网络和消息服务器",
                          "look at kafka.bootstrap, the network, the brokers");
        return false;
    }
    cli_doctor_tell(d, DOCTOR_WELL, &kafka, "%s", d->t->config.kafka.bootstrap);
    if (plan.n == 0) {
        cli_doctor_tell(d, DOCTOR_WELL, &topics, "%zu", n);
        doctor_published(d, admin, "catalogue");
        doctor_published(d, admin, "register");
    } else {
        cli_doctor_tell(d, DOCTOR_FAULT, &topics,
                        "%zu 个中 %zu 处不符 / %zu differences in %zu", n,
                        plan.n, plan.n, n);
        cli_doctor_advise(
            "`lianou topics plan` 查看, `lianou topics apply` 建立",
            "`lianou topics plan` shows, `lianou topics apply` "
            "makes them");
    }
    return true;
}

static void doctor_brokers(struct doctor *d, struct bus_kafka_admin *admin)
{
    static const char setting[] = "request.timeout.ms";
    struct bus_err err;
    int32_t broker = -1;
    int64_t is = 0;
    int rc = bus_kafka_brokers_greatest(admin, setting, &broker, &is, &err);
    if (rc != BUS_OK) {
        cli_doctor_tell(d, rc == BUS_EDENIED ? DOCTOR_WARNING : grade_of(rc),
                        &brokers, "%s", err.msg);
        cli_doctor_advise("用有权查看消息服务器设置的用户运行",
                          "run it as a user that may see their settings");
        return;
    }
    bool slow = is > BROKER_WAIT_MS;
    cli_doctor_tell(d, slow ? DOCTOR_WARNING : DOCTOR_WELL, &brokers,
                    "%s %" PRId64 " (%d)", setting, is, (int)broker);
    if (slow) {
        cli_doctor_advise(
            "一台停住不动时其余各台要等这么久; 设为 5000 (operate.md 第 1 节)",
            "one that stands still is waited for so long by the others; set it "
            "to 5000 (operate.md, section 1)");
    }
}

static void doctor_rules(struct doctor *d, struct bus_kafka_admin *admin)
{
    struct bus_acl *all = NULL;
    struct bus_kafka_acl_plan plan = {0};
    struct bus_err err;
    size_t n = 0;
    int security = d->t->config.kafka.security;
    if (security != BUS_KAFKA_SASL_SSL) {
        cli_doctor_tell(d, DOCTOR_WARNING, &rules,
                        "kafka.security 不是 sasl_ssl / is not sasl_ssl");
        cli_doctor_advise(
            "谁连上都能写入任何主题; 正式运行请用 sasl_ssl 并设权限",
            "whoever connects may write to any topic; a county "
            "in use wants sasl_ssl and `lianou acl apply`");
        return;
    }
    int rc = bus_conf_acls(&d->t->config, &d->t->mem, &all, &n, &err);
    if (rc == BUS_OK) {
        rc = bus_kafka_acls_plan(admin, all, n, &d->t->mem, &plan, &err);
    }
    if (rc != BUS_OK) {
        cli_doctor_tell(d, rc == BUS_EDENIED ? DOCTOR_WARNING : grade_of(rc),
                        &rules, "%s", err.msg);
        cli_doctor_advise("用有权查看权限的用户运行",
                          "run it as a user that may see the rules");
        return;
    }
    cli_doctor_tell(d, plan.n == 0 ? DOCTOR_WELL : DOCTOR_FAULT, &rules,
                    "%zu 条中 %zu 处不符 / %zu differences in %zu", n, plan.n,
                    plan.n, n);
    if (plan.n > 0) {
        cli_doctor_advise("`lianou acl plan` 查看, `lianou acl apply` 设置",
                          "`lianou acl plan` shows, `lianou acl apply` sets");
    }
}

static void doctor_kafka(struct doctor *d)
{
    struct bus_kafka_env env = {.conf = &d->t->config.kafka,
                                .client_id = "lianou-doctor"};
    struct bus_kafka_admin *admin = NULL;
    struct bus_err err;
    if (bus_kafka_admin_open(&env, &admin, &err) != BUS_OK) {
        cli_doctor_tell(d, DOCTOR_FAULT, &kafka, "%s", err.msg);
        cli_doctor_advise("检查 bus.yaml 的 kafka 一节",
                          "look at `kafka` in bus.yaml");
        return;
    }
    if (doctor_topics(d, admin)) {
        doctor_brokers(d, admin);
        doctor_rules(d, admin);
    }
    bus_kafka_admin_close(admin);
}

static void doctor_tables(struct doctor *d)
{
    struct bus_err err;
    size_t left = 0;
    int rc = bus_ledger_migrations_left(d->t->pg, &left, &err);
    if (rc != BUS_OK) {
        cli_doctor_tell(d, grade_of(rc), &tables, "%s", err.msg);
        cli_doctor_advise("用有权查看的数据库账户运行",
                          "run it as a role that may see the tables");
        return;
    }
    if (left == 0) {
        cli_doctor_tell(d, DOCTOR_WELL, &tables, "最新 / up to date");
        return;
    }
    cli_doctor_tell(d, DOCTOR_FAULT, &tables,
                    "%zu 项升级未做 / %zu migrations are not made", left, left);
    cli_doctor_advise("`lianou db migrate`", "`lianou db migrate`");
}

static void doctor_clocks(struct doctor *d)
{
    static const char ask[] =
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    int64_t before = bus_clock_system.wall_ms(NULL);
    if (bus_pg_query(d->t->pg, ask, NULL, 0, &r, &err) != BUS_OK) {
        cli_doctor_tell(d, DOCTOR_FAULT, &clocks, "%s", err.msg);
        return;
    }
    int64_t theirs = bus_pg_i64(r, 0, 0);
    int64_t after = bus_clock_system.wall_ms(NULL);
    bus_pg_rows_free(r);
    int64_t apart = theirs < before  ? before - theirs
                    : theirs > after ? theirs - after
                                     : 0;
    bool far = apart > CLOCKS_APART_MS;
    cli_doctor_tell(d, far ? DOCTOR_FAULT : DOCTOR_WELL, &clocks,
                    "相差 %" PRId64 " 毫秒 / %" PRId64 " ms apart", apart,
                    apart);
    if (far) {
        cli_doctor_advise("两台机器都启用 NTP", "run NTP on both machines");
    }
}

static void doctor_database(struct doctor *d)
{
    struct bus_err err;
    int rc = cli_tool_database(d->t, &err);
    if (rc != BUS_OK) {
        cli_doctor_tell(d, grade_of(rc), &database, "%.*s",
                        (int)strcspn(err.msg, "\n"), err.msg);
        cli_doctor_advise("检查 ledger.conninfo、网络和 PostgreSQL",
                          "look at ledger.conninfo, the network, PostgreSQL");
        return;
    }
    cli_doctor_tell(d, DOCTOR_WELL, &database, "有应答 / answers");
    doctor_tables(d);
    doctor_clocks(d);
}

void cli_doctor_services(struct doctor *d)
{
    doctor_kafka(d);
    doctor_database(d);
}
