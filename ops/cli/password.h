/* A password from who runs a command: asked for on a terminal without an echo,
 * else the first line of standard input. Never an argument: those are seen. */
#ifndef OPS_CLI_PASSWORD_H
#define OPS_CLI_PASSWORD_H

#include "bus/base/err.h"
#include "bus/web/password.h"

#define CLI_PASSWORD_BYTES (BUS_WEB_PASSWORD_MAX + 3)

/* Wipe it with explicit_bzero afterwards. BUS_EUSAGE: none, too long, or (where
 * it is asked for twice) the two differ. */
int cli_password_read(bool twice,
                      char ret[CLI_PASSWORD_BYTES],
                      struct bus_err *err) BUS_MUSTCHECK;

/* A code of a second factor, or a recovery code; likewise. */
int cli_code_read(char ret[CLI_PASSWORD_BYTES],
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
