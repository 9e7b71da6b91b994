/* The one command: a table of subcommands. ops/cmd_<name>.c defines
 * `const struct lianou_command lianou_cmd_<name>`; the table is made of the
 * file names at configure time ('-' in a name is '_' in the symbol). */
#ifndef OPS_CLI_LIANOU_H
#define OPS_CLI_LIANOU_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of every command: 0 well, 1 the thing asked for failed or was
 * found wanting, 2 wrong use or configuration, 3 a service is away, 4 a fault
 * of this program. */
enum lianou_exit {
    LIANOU_WELL = 0,
    LIANOU_FAILED = 1,
    LIANOU_USAGE = 2,
    LIANOU_AWAY = 3,
    LIANOU_BUG = 4
};

struct lianou_command
{
    const char *name;    /* "topics" */
    const char *usage;   /* "plan|apply [--config DIR]" */
    const char *summary; /* one line of English */
    const char *summary_zh;
    int group; /* order on the help screen: 0 start, 1 cases, 2 rules,
                  3 operate, 4 look inside */
    /* argv[0] is the command's own name. */
    int (*run)(int argc, char **argv);
    /* What a completion knows beyond usage: the i-th further line like one,
     * NULL behind the last. NULL: there is none. */
    const char *(*more)(size_t i);
};

/* The folder of the configuration: --config, else LIANOU_CONFIG, else
 * ./bus-config, else the installed one. Never NULL. */
const char *lianou_config_dir(const char *from_option);
/* A command's `more`: the roles' names. */
const char *lianou_role_line(size_t i);
/* The program's own path, to start further processes of it. */
const char *lianou_program(void);

#endif
