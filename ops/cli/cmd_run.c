#include <stdio.h>
#include <string.h>

#include "bus/run/role.h"
#include "ops/cli/lianou.h"

#define X(symbol) extern const struct bus_run_role symbol##_role;
#include "ops/cli/roles.def"
#undef X

static const struct bus_run_role *const roles[] = {
#define X(symbol) &symbol##_role,
#include "ops/cli/roles.def"
#undef X
    NULL,
};

static int run_usage(const char *why, const char *what)
{
    (void)fprintf(stderr, "lianou run: %s%s; the roles are:\n", why, what);
    for (size_t i = 0; roles[i] != NULL; i++) {
        (void)fprintf(stderr, "  %s %s  %s\n", roles[i]->name, roles[i]->usage,
                      roles[i]->summary);
    }
    return LIANOU_USAGE;
}

/* run [--config DIR] ROLE [NAME] [ARG...] */
static int cmd_run_role(int argc, char **argv)
{
    struct bus_run_role_args args = {0};
    int at = 1;
    if (at + 1 < argc && strcmp(argv[at], "--config") == 0) {
        args.config_dir = argv[at + 1];
        at += 2;
    }
    args.config_dir = lianou_config_dir(args.config_dir);
    if (at >= argc) {
        return run_usage("which role?", "");
    }
    for (size_t i = 0; roles[i] != NULL; i++) {
        if (strcmp(roles[i]->name, argv[at]) != 0) {
            continue;
        }
        at++;
        if (roles[i]->usage[0] != '\0') {
            if (at >= argc) {
                return run_usage("a name must follow ", roles[i]->name);
            }
            args.name = argv[at++];
        }
        args.argc = argc - at;
        args.argv = argv + at;
        return roles[i]->run(&args);
    }
    return run_usage("no role ", argv[at]);
}

const char *lianou_role_line(size_t i)
{
    return i + 1 < sizeof(roles) / sizeof(roles[0]) ? roles[i]->name : NULL;
}

const struct lianou_command lianou_cmd_run = {
    .name = "run",
    .usage = "[--config DIR] ROLE [PARTNER]",
    .summary = "run one role until SIGTERM",
    .summary_zh = "运行一个角色",
    .group = 3,
    .run = cmd_run_role,
    .more = lianou_role_line,
};
