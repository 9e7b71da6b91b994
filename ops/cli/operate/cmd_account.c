/* lianou account: who may log in at the doors (bus/web/accounts.h).
 *
 * - add NAME --operator ID: for an operator who is in the register today
 * - passwd NAME: a new password; his sessions end
 * - list: name, operator, state, wrong passwords since, last login
 * - disable NAME, enable NAME: his sessions end
 * - factor NAME: he gets a second factor, by his password and a first code
 * - reset NAME: it is taken away, by another person and with a reason
 * - sessions NAME: where he is signed in: number, since, last seen, until,
 *   address, kind of program
 * - end NAME [--session N]: one of them ends, or all, by another person and
 * with a reason
 * - log [NAME]: what was done with accounts, by whom and why
 * - code: of a secret on standard input, now; asks no database
 *
 * A password is asked for twice on a terminal, without an echo; else it is the
 * first line of standard input. It is never an argument: those are seen. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "bus/web/accounts.h"
#include "bus/web/factor.h"
#include "ops/cli/lianou.h"
#include "ops/cli/password.h"
#include "ops/cli/sign_in.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_account;

struct asked_account
{
    struct tool t;
    const char *act, *name, *operator_id, *account, *why, *session;
    struct cli_signed_in by; /* of a reset, of an end */
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
        (void)printf("%-24s %-12s %-8s %3s  %-16s %s\n", bus_pg_value(r, i, 0),
                     bus_pg_value(r, i, 1), bus_pg_value(r, i, 2),
                     bus_pg_value(r, i, 3), bus_pg_value(r, i, 4),
                     bus_pg_value(r, i, 5));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* --- the second factor --- */

static int account_factor(struct asked_account *a, struct bus_err *err)
{
    const char *keys = a->t.config.keys.accounts;
    char secret[BUS_WEB_TOTP_TEXT], code[CLI_PASSWORD_BYTES];
    char address[BUS_WEB_TOTP_ADDRESS];
    char recovery[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT];
    struct bus_web_session s; /* he is himself */
    BUS_TRY(cli_log_in(&a->t, a->name, false, &s, err));
    BUS_TRY(bus_web_factor_begin(a->t.pg, keys, a->name, secret, err));
    if (!bus_web_totp_address(secret, a->t.config.county.name, a->name, address,
                              sizeof(address))) {
        address[0] = '\0';
    }
    (void)printf("%s\n%s\n", secret, address);
    explicit_bzero(secret, sizeof(secret));
    explicit_bzero(address, sizeof(address));
    (void)fflush(stdout);
    BUS_TRY(cli_code_read(code, err));
    BUS_TRY(bus_web_factor_confirm(a->t.pg, keys, a->name, bus_strv(code),
                                   recovery, err));
    (void)printf("recovery codes, each once / 恢复码, 每个只能用一次:\n");
    for (size_t i = 0; i < BUS_WEB_RECOVERIES; i++) {
        (void)printf("%s\n", recovery[i]);
    }
    explicit_bzero(recovery, sizeof(recovery));
    return BUS_OK;
}

/* Another person, in office today, and why. */
static int account_by_another(struct asked_account *a, struct bus_err *err)
{
    if (a->why[0] == '\0') {
        return bus_fail(err, BUS_EUSAGE, "--why: why? / 请写明原因");
    }
    BUS_TRY(cli_sign_in(&a->t, a->account, false, &a->by, err));
    return bus_registers_operator(a->by.in_force, bus_strv(a->by.operator_id),
                                  a->by.day) != NULL
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED,
                          "%s is not in office today / 该经办人今日不在岗",
                          a->by.operator_id);
}

static int account_reset(struct asked_account *a, struct bus_err *err)
{
    BUS_TRY(account_by_another(a, err));
    return bus_web_factor_reset(a->t.pg, a->name, a->by.operator_id, a->why,
                                err);
}

/* --- where he is signed in --- */

static int account_sessions(struct asked_account *a, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_web_session_list(a->t.pg, a->name, "", &r, err));
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)printf("%8s  %-16s  %-16s  %-16s  %-39s  %s\n",
                     bus_pg_value(r, i, BUS_WEB_SESSION_N),
                     bus_pg_value(r, i, BUS_WEB_SESSION_SINCE),
                     bus_pg_value(r, i, BUS_WEB_SESSION_SEEN),
                     bus_pg_value(r, i, BUS_WEB_SESSION_UNTIL),
                     bus_pg_value(r, i, BUS_WEB_SESSION_ADDRESS),
                     bus_pg_value(r, i, BUS_WEB_SESSION_PROGRAM));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int account_end(struct asked_account *a, struct bus_err *err)
{
    struct bus_web_ending e = {.name = a->name, .why = a->why};
    if (a->session != NULL &&
        (!bus_strv_to_i64(bus_strv(a->session), &e.n) || e.n <= 0)) {
        return bus_fail(err, BUS_EUSAGE,
                        "--session: a number of `lianou account sessions` / "
                        "应为 lianou account sessions 列出的编号");
    }
    BUS_TRY(account_by_another(a, err));
    e.by = a->by.operator_id;
    return bus_web_session_end_by(a->t.pg, &e, err);
}

static int account_log(struct asked_account *a, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_web_account_acts(a->t.pg, a->name != NULL ? a->name : "", &r, err));
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)printf("%s  %-24s %-8s %-12s %s\n", bus_pg_value(r, i, 0),
                     bus_pg_value(r, i, 1), bus_pg_value(r, i, 2),
                     bus_pg_value(r, i, 3), bus_pg_value(r, i, 4));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* What a telephone would show; of no account. */
static int account_code(struct asked_account *a, struct bus_err *err)
{
    char text[CLI_PASSWORD_BYTES], code[BUS_WEB_TOTP_DIGITS + 1];
    uint8_t secret[BUS_WEB_TOTP_BYTES];
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    (void)a;
    BUS_TRY(cli_code_read(text, err));
    bool well = bus_web_totp_read(bus_strv(text), secret);
    explicit_bzero(text, sizeof(text));
    if (!well) {
        return bus_fail(err, BUS_EUSAGE,
                        "a secret has 32 letters and digits (base32) / "
                        "密钥为32位字母和数字");
    }
    bus_web_totp_code(secret, bus_web_totp_step(now_ms), BUS_WEB_TOTP_DIGITS,
                      code);
    explicit_bzero(secret, sizeof(secret));
    (void)printf("%s\n", code);
    return BUS_OK;
}

static const struct
{
    const char *name;
    int names_min, names_max;
    bool of_operator, by_another;
    bool alone;      /* without the database */
    bool of_session; /* may name one */
    int (*act)(struct asked_account *a, struct bus_err *err);
} account_acts[] = {
    {"add", 1, 1, true, false, false, false, account_add},
    {"passwd", 1, 1, false, false, false, false, account_passwd},
    {"list", 0, 0, false, false, false, false, account_list},
    {"disable", 1, 1, false, false, false, false, account_disable},
    {"enable", 1, 1, false, false, false, false, account_enable},
    {"factor", 1, 1, false, false, false, false, account_factor},
    {"reset", 1, 1, false, true, false, false, account_reset},
    {"sessions", 1, 1, false, false, false, false, account_sessions},
    {"end", 1, 1, false, true, false, true, account_end},
    {"log", 0, 1, false, false, false, false, account_log},
    {"code", 0, 0, false, false, true, false, account_code},
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
    if (!account_acts[act].alone) {
        BUS_TRY(cli_tool_open(&a->t, err));
        BUS_TRY(cli_tool_database(&a->t, err));
    }
    return account_acts[act].act(a, err);
}

/* Is this what was asked, with all that it takes and nothing else? */
static bool account_fits(const struct asked_account *a, size_t i)
{
    int names = a->name != NULL;
    bool another = a->account != NULL && a->why != NULL;
    return strcmp(a->act, account_acts[i].name) == 0 &&
           names >= account_acts[i].names_min &&
           names <= account_acts[i].names_max &&
           (a->operator_id != NULL) == account_acts[i].of_operator &&
           another == account_acts[i].by_another &&
           (a->session == NULL || account_acts[i].of_session) &&
           (another || (a->account == NULL && a->why == NULL));
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
        {"account", required_argument, NULL, 'a'},
        {"why", required_argument, NULL, 'w'},
        {"session", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0}};
    struct asked_account a = {0};
    struct bus_err err = {0};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **to = o == 'c'   ? &a.t.folder
                          : o == 'd' ? &a.t.conninfo
                          : o == 'o' ? &a.operator_id
                          : o == 'a' ? &a.account
                          : o == 'w' ? &a.why
                          : o == 's' ? &a.session
                                     : NULL;
        if (to == NULL) {
            return account_usage();
        }
        *to = optarg;
    }
    a.act = optind < argc ? argv[optind++] : "";
    a.name = optind < argc ? argv[optind++] : NULL;
    for (size_t i = 0; i < ACCOUNT_ACTS; i++) {
        if (optind == argc && account_fits(&a, i)) {
            int rc = account_work(&a, i, &err);
            cli_sign_in_end(&a.by);
            return cli_tool_close(&a.t, "account", rc, &err);
        }
    }
    return account_usage();
}

const struct lianou_command lianou_cmd_account = {
    .name = "account",
    .usage = "add NAME --operator ID | passwd NAME | list | disable NAME | "
             "enable NAME |\n    factor NAME | reset NAME --account WHO --why "
             "TEXT | sessions NAME |\n    end NAME [--session N] --account WHO "
             "--why TEXT | log [NAME] | code\n    [--db CONNINFO] [--config "
             "DIR]",
    .summary =
        "who may log in: one account an operator of the register; second "
        "factors, sessions",
    .summary_zh = "登录账号:每名经办人一个;动态码;会话",
    .group = 3,
    .run = account_run,
};
