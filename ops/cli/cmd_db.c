#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/ledger/migrate.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

static int db_migrate(struct tool *t, bool dry, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(cli_tool_database(t, err));
    BUS_TRY(bus_ledger_migrate(t->pg, dry, stdout, err));
    return dry ? BUS_OK : bus_ledger_roles(t->pg, err);
}

static int db_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"dry-run", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0}};
    struct tool t = {0};
    bool dry = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            t.folder = optarg;
        } else if (o == 'd') {
            t.conninfo = optarg;
        } else if (o == 'n') {
            dry = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind >= argc || strcmp(argv[optind], "migrate") != 0) {
        (void)fprintf(stderr, "lianou db: migrate?\n");
        return LIANOU_USAGE;
    }
    struct bus_err err;
    int rc = db_migrate(&t, dry, &err);
    return cli_tool_close(&t, "db", rc, &err);
}

const struct lianou_command lianou_cmd_db = {
    .name = "db",
    .usage = "migrate [--dry-run] [--db CONNINFO] [--config DIR]",
    .summary = "make the database match this program, and a role for each "
               "that uses it",
    .summary_zh = "建立或升级数据库",
    .group = 3,
    .run = db_run,
};
