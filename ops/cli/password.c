#include "ops/cli/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line of standard input without its end. */
static int password_line(char ret[CLI_PASSWORD_BYTES], struct bus_err *err)
{
    if (fgets(ret, CLI_PASSWORD_BYTES, stdin) == NULL) {
        return bus_fail(
            err, BUS_EUSAGE,
            "no password or code on standard input / 未读到口令或动态码");
    }
    size_t n = strcspn(ret, "\r\n");
    bool whole = ret[n] != '\0' || feof(stdin);
    ret[n] = '\0';
    return whole ? BUS_OK
                 : bus_fail(err, BUS_EUSAGE,
                            "a password has at most %d bytes / 口令过长",
                            BUS_WEB_PASSWORD_MAX);
}

static int password_prompt(const char *what,
                           char ret[CLI_PASSWORD_BYTES],
                           struct bus_err *err)
{
    struct termios was, silent;
    bool terminal = tcgetattr(STDIN_FILENO, &was) == 0;
    (void)fprintf(stderr, "%s: ", what);
    if (terminal) {
        silent = was;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    int rc = password_line(ret, err);
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    }
    (void)fprintf(stderr, "\n");
    return rc;
}

int cli_password_read(bool twice,
                      char ret[CLI_PASSWORD_BYTES],
                      struct bus_err *err)
{
    char again[CLI_PASSWORD_BYTES];
    if (!isatty(STDIN_FILENO)) {
        return password_line(ret, err);
    }
    BUS_TRY(password_prompt("password / 口令", ret, err));
    if (!twice) {
        return BUS_OK;
    }
    BUS_TRY(password_prompt("again / 再输一次", again, err));
    bool same = strcmp(ret, again) == 0;
    explicit_bzero(again, sizeof(again));
    return same ? BUS_OK
                : bus_fail(err, BUS_EUSAGE,
                           "the two passwords differ / 两次输入不一致");
}

int cli_code_read(char ret[CLI_PASSWORD_BYTES], struct bus_err *err)
{
    return isatty(STDIN_FILENO) ? password_prompt("code / 动态码", ret, err)
                                : password_line(ret, err);
}
