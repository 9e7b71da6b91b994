/* lianou: finds the subcommand and runs it.
 *
 * - `lianou`, `lianou help`        the screen of all commands
 * - `lianou help COMMAND`          the usage of one
 * - `lianou help --man|--bash`     the table for lianou(1) and the completion
 * - `lianou COMMAND ...`           its run()
 * - an unknown command             the nearest name, exit code 2
 */
#include "ops/cli/lianou.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/strv.h"
#include "bus/wire/json_memory.h"
#include "ops/cli/help.h"
#include "ops/cli/terminal.h"

#define X(symbol) extern const struct lianou_command lianou_cmd_##symbol;
#include "ops/cli/commands.def"
#undef X

static const struct lianou_command *const commands[] = {
#define X(symbol) &lianou_cmd_##symbol,
#include "ops/cli/commands.def"
#undef X
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *lianou_config_dir(const char *from_option)
{
    if (from_option != NULL) {
        return from_option;
    }
    const char *env = getenv("LIANOU_CONFIG");
    if (env != NULL && env[0] != '\0') {
        return env;
    }
    return access("bus-config/bus.yaml", R_OK) == 0 ? "bus-config"
           : access("bus.yaml", R_OK) == 0          ? "."
                                                    : LIANOU_CONFIG_DIR;
}

const char *lianou_program(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 0 ? path : "lianou";
}

static void help_screen(FILE *to)
{
    static const char *const groups[] = {"start / 开始", "cases / 个案",
                                         "rules / 政策", "operate / 运行",
                                         "look inside / 查看"};
    (void)fprintf(to, "lianou " LIANOU_VERSION
                      ": one way in, one way out / 一口进、一口出\n");
    for (int g = 0; g < 5; g++) {
        bool first = true;
        for (size_t i = 0; i < COMMANDS; i++) {
            const struct lianou_command *c = commands[i];
            if (c->group != g) {
                continue;
            }
            if (first) {
                (void)fprintf(to, "\n%s\n", groups[g]);
            }
            first = false;
            (void)fprintf(to, "  lianou %-10s %s / %s\n", c->name, c->summary,
                          c->summary_zh);
        }
    }
    (void)fprintf(to, "\nlianou help COMMAND shows how one is used.\n");
}

static const struct lianou_command *lianou_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    const char *near = NULL;
    size_t best = 4;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t d = bus_edit_distance(name, commands[i]->name);
        if (d < best) {
            best = d;
            near = commands[i]->name;
        }
    }
    (void)fprintf(stderr, "lianou: no command '%s'%s%s%s; see lianou help\n",
                  name, near ? ", did you mean '" : "", near ? near : "",
                  near ? "'?" : "");
    return LIANOU_USAGE;
}

int main(int argc, char **argv)
{
    bus_wire_json_memory();
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("lianou " LIANOU_VERSION "\n");
        return LIANOU_WELL;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        help_screen(argc < 2 ? stderr : stdout);
        return argc < 2 ? LIANOU_USAGE : LIANOU_WELL;
    }
    bool help = strcmp(argv[1], "help") == 0;
    if (help && argc == 2) {
        help_screen(stdout);
        return LIANOU_WELL;
    }
    if (help && strcmp(argv[2], "--man") == 0) {
        cli_help_man(stdout, commands, COMMANDS);
        return LIANOU_WELL;
    }
    if (help && strcmp(argv[2], "--bash") == 0) {
        cli_help_bash(stdout, commands, COMMANDS, LIANOU_CONFIG_DIR);
        return LIANOU_WELL;
    }
    const struct lianou_command *c = lianou_find(argv[help ? 2 : 1]);
    if (c == NULL) {
        return unknown(argv[help ? 2 : 1]);
    }
    if (help || (argc > 2 && strcmp(argv[2], "--help") == 0)) {
        (void)printf("lianou %s %s\n  %s\n  %s\n", c->name, c->usage,
                     c->summary, c->summary_zh);
        return LIANOU_WELL;
    }
    if (c != &lianou_cmd_demo) { /* it draws */
        cli_terminal_guard();
    }
    return c->run(argc - 1, argv + 1);
}
