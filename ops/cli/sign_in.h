/* Whoever changes or says something by a command: known by his account, and
 * held against the register that is in force. */
#ifndef OPS_CLI_SIGN_IN_H
#define OPS_CLI_SIGN_IN_H

#include "bus/registers/registers.h"
#include "bus/web/accounts.h"
#include "ops/cli/tool.h"

struct cli_signed_in
{
    char operator_id[33];
    struct bus_register *in_force; /* the published one, never the folder's */
    int32_t day;                   /* in China */
};

/* Asks for the account's password, and for a code of who has a second factor
 * (password.h: one line each). factor: he has to have one where
 * http.second_factor says so. t has its configuration and its database. The
 * session that it comes to has ended again. BUS_EDENIED: not him, or no second
 * factor. */
int cli_log_in(struct tool *t,
               const char *account,
               bool factor,
               struct bus_web_session *ret,
               struct bus_err *err) BUS_MUSTCHECK;
/* The same, with the register that is in force. To be given to cli_sign_in_end,
 * whatever is returned. BUS_EUSAGE: no account was named. BUS_ECONFIG: see
 * cli_published_register. */
int cli_sign_in(struct tool *t,
                const char *account,
                bool factor,
                struct cli_signed_in *ret,
                struct bus_err *err) BUS_MUSTCHECK;
void cli_sign_in_end(struct cli_signed_in *s);

#endif
