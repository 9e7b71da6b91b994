#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/conf/acls.h"
#include "bus/kafka/admin.h"
#include "ops/cli/lianou.h"

extern const struct lianou_command lianou_cmd_acl;

static void acl_print(char mark, const struct bus_acl *a)
{
    (void)printf("%c %-22s %-8s %-11s %s%s\n", mark,
                 a->principal + strlen("User:"),
                 bus_conf_acl_operation_word(a->operation),
                 bus_conf_acl_resource_word(a->resource), a->name,
                 a->prefixed ? "*" : "");
}

#define TAKEN_TRIES    50
#define TAKEN_PAUSE_MS 200

/* Brokers take rules up a moment after they said yes; who starts at once would
 * be refused. */
static int acl_until_taken(struct bus_kafka_admin *admin,
                           const struct bus_acl *acls,
                           size_t n,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    const struct timespec pause = {0, TAKEN_PAUSE_MS * 1000000L};
    for (int i = 0; i < TAKEN_TRIES; i++) {
        struct bus_kafka_acl_plan left;
        BUS_TRY(bus_kafka_acls_plan(admin, acls, n, mem, &left, err));
        (void)nanosleep(&pause, NULL); /* the others, too */
        if (left.n == 0) {
            return BUS_OK;
        }
    }
    return bus_fail(err, BUS_EAWAY,
                    "the brokers do not take the rules up / 权限未生效");
}

static int acl_compared(const struct bus_config *c,
                        bool apply,
                        const struct bus_acl *acls,
                        size_t n,
                        struct bus_arena *mem,
                        struct bus_err *err)
{
    struct bus_kafka_env env = {.conf = &c->kafka, .client_id = "lianou-admin"};
    struct bus_kafka_admin *admin = NULL;
    struct bus_kafka_acl_plan plan;
    int rc;
    BUS_TRY(bus_kafka_admin_open(&env, &admin, err));
    BUS_TRY_GOTO(rc, bus_kafka_acls_plan(admin, acls, n, mem, &plan, err),
                 done);
    for (size_t i = 0; i < plan.n; i++) {
        acl_print(plan.list[i].add ? '+' : '-', &plan.list[i].acl);
    }
    (void)printf("%zu differences / %zu 处不同\n", plan.n, plan.n);
    if (apply && plan.n > 0) {
        BUS_TRY_GOTO(rc, bus_kafka_acls_apply(admin, &plan, err), done);
        BUS_TRY_GOTO(rc, acl_until_taken(admin, acls, n, mem, err), done);
        (void)printf("applied / 已生效\n");
    }
done:
    bus_kafka_admin_close(admin);
    return rc;
}

enum acl_what { ACL_LIST, ACL_PLAN, ACL_APPLY, ACL_NOTHING };

static int acl_do(const char *folder, enum acl_what what, struct bus_err *err)
{
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_acl *acls = NULL;
    size_t n = 0;
    int rc;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    BUS_TRY_GOTO(
        rc, bus_conf_open(&config, lianou_config_dir(folder), &faults, err),
        done);
    BUS_TRY_GOTO(rc, bus_conf_acls(&config, &mem, &acls, &n, err), done);
    for (size_t i = 0; what == ACL_LIST && i < n; i++) {
        acl_print(' ', &acls[i]);
    }
    if (what != ACL_LIST) {
        rc = acl_compared(&config, what == ACL_APPLY, acls, n, &mem, err);
    }
done:
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return rc;
}

static enum acl_what acl_what_of(const char *word)
{
    return strcmp(word, "list") == 0    ? ACL_LIST
           : strcmp(word, "plan") == 0  ? ACL_PLAN
           : strcmp(word, "apply") == 0 ? ACL_APPLY
                                        : ACL_NOTHING;
}

static int acl_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    const char *folder = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        folder = optarg;
    }
    enum acl_what what = acl_what_of(optind < argc ? argv[optind] : "");
    if (what == ACL_NOTHING) {
        (void)fprintf(stderr, "usage: lianou acl %s\n", lianou_cmd_acl.usage);
        return LIANOU_USAGE;
    }
    struct bus_err err;
    int rc = acl_do(folder, what, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou acl: %s\n", err.msg);
    }
    return rc == BUS_OK      ? LIANOU_WELL
           : rc == BUS_EAWAY ? LIANOU_AWAY
                             : LIANOU_FAILED;
}

const struct lianou_command lianou_cmd_acl = {
    .name = "acl",
    .usage = "list|plan|apply [--config DIR]",
    .summary = "make Kafka's access rules match bus-config/",
    .summary_zh = "按配置核对或设置主题访问权限",
    .group = 3,
    .run = acl_run,
};
