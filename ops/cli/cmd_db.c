#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/ledger/migrate.h"
#include "bus/ledger/sql/life_rebuild.h"
#include "bus/ledger/sql/life_refresh.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

static int db_migrate(struct tool *t, bool dry, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(cli_tool_database(t, err));
    BUS_TRY(bus_ledger_migrate(t->pg, dry, stdout, err));
    return dry ? BUS_OK : bus_ledger_roles(t->pg, err);
}

/* What the events come to (bus/ledger/migrations/0043_life.sql). */
static int db_rebuild(struct tool *t, bool new_only, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(cli_tool_database(t, err));
    BUS_TRY(bus_pg_query(t->pg,
                         new_only ? bus_ledger_sql_life_refresh
                                  : bus_ledger_sql_life_rebuild,
                         NULL, 0, &r, err));
    (void)printf("%s rows / 行\n", bus_pg_value(r, 0, 0));
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int db_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"dry-run", no_argument, NULL, 'n'},
        {"new", no_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    struct tool t = {0};
    bool dry = false, new_only = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            t.folder = optarg;
        } else if (o == 'd') {
            t.conninfo = optarg;
        } else if (o == 'n') {
            dry = true;
        } else if (o == 'w') {
            new_only = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    const char *what = optind + 1 == argc ? argv[optind] : "";
    bool rebuild = strcmp(what, "rebuild") == 0;
    if ((!rebuild && strcmp(what, "migrate") != 0) || (rebuild && dry) ||
        (!rebuild && new_only)) {
        (void)fprintf(stderr, "lianou db: migrate or rebuild?\n");
        return LIANOU_USAGE;
    }
    struct bus_err err;
    int rc =
        rebuild ? db_rebuild(&t, new_only, &err) : db_migrate(&t, dry, &err);
    return cli_tool_close(&t, "db", rc, &err);
}

const struct lianou_command lianou_cmd_db = {
    .name = "db",
    .usage = "migrate [--dry-run] | rebuild [--new] [--db CONNINFO] "
             "[--config DIR]",
    .summary = "make the database match this program, and a role for each "
               "that uses it; write the tables people query anew from the "
               "events, or what is new of them",
    .summary_zh = "建立或升级数据库, 由事件重建查询表",
    .group = 3,
    .run = db_run,
};
