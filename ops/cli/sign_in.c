#include "ops/cli/sign_in.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/calendar.h"
#include "bus/web/factor.h"
#include "bus/web/program.h"
#include "ops/cli/county/published.h"
#include "ops/cli/password.h"

#define LOGIN_MS 60000

/* A second line, of who has a second factor. */
static int sign_in_code(struct tool *t,
                        const char *account,
                        bool factor,
                        char ret[CLI_PASSWORD_BYTES],
                        struct bus_err *err)
{
    struct bus_web_factor has;
    ret[0] = '\0';
    BUS_TRY(bus_web_factor_has(t->pg, account, &has, err));
    if (has.since[0] != '\0') {
        return cli_code_read(ret, err);
    }
    return factor && t->config.http.second_factor
               ? bus_fail(err, BUS_EDENIED,
                          "%s: this needs a second factor: lianou account "
                          "factor %s / 须先开通动态码",
                          account, account)
               : BUS_OK;
}

int cli_log_in(struct tool *t,
               const char *account,
               bool factor,
               struct bus_web_session *ret,
               struct bus_err *err)
{
    char password[CLI_PASSWORD_BYTES], code[CLI_PASSWORD_BYTES] = "";
    BUS_TRY(cli_password_read(false, password, err));
    int rc = sign_in_code(t, account, factor, code, err);
    if (rc == BUS_OK) {
        const struct bus_web_login how = {.name = account,
                                          .password = bus_strv(password),
                                          .code = bus_strv(code),
                                          .program = BUS_WEB_PROGRAM_COMMAND,
                                          .keys = t->config.keys.accounts,
                                          .session_ms = LOGIN_MS};
        rc = bus_web_login(t->pg, &how, ret, err);
    }
    explicit_bzero(password, sizeof(password));
    explicit_bzero(code, sizeof(code));
    return rc == BUS_OK ? bus_web_session_end(t->pg, ret->token, err) : rc;
}

int cli_sign_in(struct tool *t,
                const char *account,
                bool factor,
                struct cli_signed_in *ret,
                struct bus_err *err)
{
    struct bus_web_session s;
    *ret = (struct cli_signed_in){
        .day = bus_china_day(bus_clock_system.wall_ms(NULL))};
    if (account == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "--account: who does this? / 请写明经办人账号");
    }
    BUS_TRY(cli_log_in(t, account, factor, &s, err));
    (void)snprintf(ret->operator_id, sizeof(ret->operator_id), "%s",
                   s.operator_id);
    return cli_published_register(&t->config, &ret->in_force, err);
}

void cli_sign_in_end(struct cli_signed_in *s)
{
    bus_registers_free(s->in_force);
    s->in_force = NULL;
}
