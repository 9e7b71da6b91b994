#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/conf/acls.h"
#include "bus/kafka/admin.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_acl;

static void acl_print(char mark, const struct bus_acl *a)
{
    (void)printf("%c %-22s %-8s %-11s %s%s\n", mark,
                 a->principal + strlen("User:"),
                 bus_conf_acl_operation_word(a->operation),
                 bus_conf_acl_resource_word(a->resource), a->name,
                 a->prefixed ? "*" : "");
}

#define TAKEN_STILL    100 /* pauses without one more that is taken */
#define TAKEN_AGAIN    25  /* after so many, what is left is asked for again */
#define TAKEN_PAUSE_MS 200

/* Brokers take rules up a moment after they said yes, and one that is busy may
 * not even say it: who starts at once would be refused. So until none is left,
 * or nothing moves any more. */
static int acl_until_taken(struct bus_kafka_admin *admin,
                           const struct bus_acl *acls,
                           size_t n,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    const struct timespec pause = {0, TAKEN_PAUSE_MS * 1000000L};
    size_t least = SIZE_MAX;
    int rc = BUS_OK;
    for (int still = 0; still < TAKEN_STILL; still++) {
        struct bus_kafka_acl_plan left = {0};
        struct bus_arena_mark mark = bus_arena_mark(mem);
        rc = bus_kafka_acls_plan(admin, acls, n, mem, &left, err);
        if (rc == BUS_OK && left.n > 0 && still % TAKEN_AGAIN == 0) {
            rc = bus_kafka_acls_apply(admin, &left, err);
        }
        if (rc != BUS_OK && bus_err_act((enum bus_errc)rc) != BUS_ACT_RETRY) {
            return rc;
        }
        bus_arena_release(mem, mark);
        (void)nanosleep(&pause, NULL); /* the other brokers, too */
        if (rc == BUS_OK && left.n == 0) {
            return BUS_OK;
        }
        if (rc == BUS_OK && left.n < least) {
            least = left.n;
            still = 0;
        }
    }
    if (rc != BUS_OK) {
        return rc;
    }
    return bus_fail(err, BUS_EAWAY,
                    "the brokers do not take %zu rules up / %zu 条权限未生效",
                    least, least);
}

enum acl_what { ACL_LIST, ACL_PLAN, ACL_APPLY };

static int acl_plan_and_apply(struct tool *t,
                              bool apply,
                              const struct bus_acl *acls,
                              size_t n,
                              struct bus_err *err)
{
    struct bus_kafka_env env = {.conf = &t->config.kafka,
                                .client_id = "lianou-admin"};
    struct bus_kafka_admin *admin = NULL;
    struct bus_kafka_acl_plan plan;
    int rc;
    BUS_TRY(bus_kafka_admin_open(&env, &admin, err));
    BUS_TRY_GOTO(rc, bus_kafka_acls_plan(admin, acls, n, &t->mem, &plan, err),
                 done);
    for (size_t i = 0; i < plan.n; i++) {
        acl_print(plan.list[i].add ? '+' : '-', &plan.list[i].acl);
    }
    (void)printf("%zu differences / %zu 处不同\n", plan.n, plan.n);
    if (apply && plan.n > 0) {
        BUS_TRY_GOTO(rc, acl_until_taken(admin, acls, n, &t->mem, err), done);
        (void)printf("applied / 已生效\n");
    }
done:
    bus_kafka_admin_close(admin);
    return rc;
}

static int acl_do(struct tool *t, enum acl_what what, struct bus_err *err)
{
    struct bus_acl *acls = NULL;
    size_t n = 0;
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(bus_conf_acls(&t->config, &t->mem, &acls, &n, err));
    if (what != ACL_LIST) {
        return acl_plan_and_apply(t, what == ACL_APPLY, acls, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        acl_print(' ', &acls[i]);
    }
    return BUS_OK;
}

static int acl_run(int argc, char **argv)
{
    static const char *const words[] = {"list", "plan", "apply", NULL};
    struct tool t = {0};
    struct bus_err err = {0};
    int what = cli_tool_word(&t, &lianou_cmd_acl, words, argc, argv);
    return what < 0
               ? LIANOU_USAGE
               : cli_tool_close(&t, "acl",
                                acl_do(&t, (enum acl_what)what, &err), &err);
}

const struct lianou_command lianou_cmd_acl = {
    .name = "acl",
    .usage = "list|plan|apply [--config DIR]",
    .summary = "make Kafka's access rules match bus-config/",
    .summary_zh = "按配置核对或设置主题访问权限",
    .group = 3,
    .run = acl_run,
};
