/* lianou account: who may log in at the doors (bus/web/accounts.h).
 *
 * - add NAME --operator ID: for an operator who is in the register today
 * - passwd NAME: a new password; his sessions end
 * - list: name, operator, state, wrong passwords since, last login
 * - disable NAME, enable NAME: his sessions end
 *
 * A password is asked for twice on a terminal, without an echo; else it is the
 * first line of standard input. It is never an argument: those are seen. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "bus/web/accounts.h"
#include "ops/cli/lianou.h"
#include "ops/cli/password.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_account;

struct asked_account
{
    struct tool t;
    const char *act, *name, *operator_id;
};

/* --- what can be done --- */

/* In office today; his name goes to the screen, so that people see whom they
 * give an account. */
static int account_operator(struct asked_account *a, struct bus_err *err)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &a->t.mem);
    struct bus_register *r =
        bus_catalogue_register_folder(&a->t.config, &faults);
    if (r == NULL) {
        return bus_faults_fail(&faults, err);
    }
    const struct bus_register_operator *o =
        bus_registers_operator(r, bus_strv(a->operator_id),
                               bus_china_day(bus_clock_system.wall_ms(NULL)));
    int rc = BUS_OK;
    if (o == NULL) {
        rc = bus_fail(err, BUS_EUSAGE,
                      "%s: no operator of the register today / "
                      "登记簿中今日没有此经办人",
                      a->operator_id);
    } else {
        (void)printf("%s: %s, %s, %s\n", a->name, o->id, o->name, o->org);
    }
    bus_registers_free(r);
    return rc;
}

static int account_add(struct asked_account *a, struct bus_err *err)
{
    char password[CLI_PASSWORD_BYTES];
    BUS_TRY(account_operator(a, err));
    BUS_TRY(cli_password_read(true, password, err));
    int rc = bus_web_account_add(a->t.pg, a->name, a->operator_id,
                                 bus_strv(password), err);
    explicit_bzero(password, sizeof(password));
    return rc;
}

static int account_passwd(struct asked_account *a, struct bus_err *err)
{
    char password[CLI_PASSWORD_BYTES];
    BUS_TRY(cli_password_read(true, password, err));
    int rc = bus_web_account_passwd(a->t.pg, a->name, bus_strv(password), err);
    explicit_bzero(password, sizeof(password));
    return rc;
}

static int account_disable(struct asked_account *a, struct bus_err *err)
{
    return bus_web_account_able(a->t.pg, a->name, false, err);
}

static int account_enable(struct asked_account *a, struct bus_err *err)
{
    return bus_web_account_able(a->t.pg, a->name, true, err);
}

static int account_list(struct asked_account *a, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_web_account_list(a->t.pg, &r, err));
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)printf("%-24s %-12s %-8s %3s  %s\n", bus_pg_value(r, i, 0),
                     bus_pg_value(r, i, 1), bus_pg_value(r, i, 2),
                     bus_pg_value(r, i, 3), bus_pg_value(r, i, 4));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static const struct
{
    const char *name;
    bool named, of_operator;
    int (*act)(struct asked_account *a, struct bus_err *err);
} account_acts[] = {
    {"add", true, true, account_add},
    {"passwd", true, false, account_passwd},
    {"list", false, false, account_list},
    {"disable", true, false, account_disable},
    {"enable", true, false, account_enable},
};
#define ACCOUNT_ACTS (sizeof(account_acts) / sizeof(account_acts[0]))

static int
account_work(struct asked_account *a, size_t act, struct bus_err *err)
{
    if (a->name != NULL && !bus_web_account_name(bus_strv(a->name))) {
        return bus_fail(err, BUS_EUSAGE,
                        "an account's name has 2 to %d letters, digits and "
                        ".-_@ / 账号名为2至%d个字母、数字及.-_@",
                        BUS_WEB_ACCOUNT_MAX, BUS_WEB_ACCOUNT_MAX);
    }
    BUS_TRY(cli_tool_open(&a->t, err));
    BUS_TRY(cli_tool_database(&a->t, err));
    return account_acts[act].act(a, err);
}

static int account_usage(void)
{
    (void)fprintf(stderr, "usage: lianou account %s\n",
                  lianou_cmd_account.usage);
    return LIANOU_USAGE;
}

static int account_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"operator", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0}};
    struct asked_account a = {0};
    struct bus_err err = {0};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            a.t.folder = optarg;
        } else if (o == 'd') {
            a.t.conninfo = optarg;
        } else if (o == 'o') {
            a.operator_id = optarg;
        } else {
            return account_usage();
        }
    }
    a.act = optind < argc ? argv[optind++] : "";
    a.name = optind < argc ? argv[optind++] : NULL;
    for (size_t i = 0; i < ACCOUNT_ACTS; i++) {
        bool well = (a.name != NULL) == account_acts[i].named &&
                    (a.operator_id != NULL) == account_acts[i].of_operator;
        if (strcmp(a.act, account_acts[i].name) == 0 && well &&
            optind == argc) {
            int rc = account_work(&a, i, &err);
            return cli_tool_close(&a.t, "account", rc, &err);
        }
    }
    return account_usage();
}

const struct lianou_command lianou_cmd_account = {
    .name = "account",
    .usage = "add NAME --operator ID | passwd NAME | list | disable NAME | "
             "enable NAME\n    [--db CONNINFO] [--config DIR]",
    .summary = "who may log in: one account an operator of the register",
    .summary_zh = "登录账号:每名经办人一个",
    .group = 3,
    .run = account_run,
};
