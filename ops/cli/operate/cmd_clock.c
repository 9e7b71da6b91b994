/* lianou clock due: what is to be done until when, by whom; as the ledger's
 * events say it (consumers/clock). Nothing is changed. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "consumers/clock/sql/deadlines.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_clock;

#define DAYS_AHEAD 14

static int
clock_show(struct tool *t, const char *const params[3], struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(cli_tool_database(t, err));
    BUS_TRY(
        bus_pg_query(t->pg, consumers_clock_sql_deadlines, params, 3, &r, err));
    (void)printf(
        "due 期限 / stage 阶段 / rule 规则 / item 事项 / whose 责任方 / "
        "case 个案 / about 事由\n");
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        (void)printf("%s %-9s %-10s %-6s %-10s %s %s\n", bus_pg_value(r, i, 0),
                     bus_pg_value(r, i, 1), bus_pg_value(r, i, 2),
                     bus_pg_value(r, i, 3), bus_pg_value(r, i, 4),
                     bus_pg_value(r, i, 5), bus_pg_value(r, i, 6));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int clock_usage(void)
{
    (void)fprintf(stderr, "usage: lianou clock %s\n", lianou_cmd_clock.usage);
    return LIANOU_USAGE;
}

static int clock_run_command(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"through", required_argument, NULL, 't'},
        {"of", required_argument, NULL, 'o'},
        {"rule", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0}};
    struct tool t = {0};
    struct bus_err err = {0};
    char text[BUS_DATE_TEXT + 1];
    int32_t day = bus_china_day(bus_clock_system.wall_ms(NULL)) + DAYS_AHEAD;
    const char *params[3] = {bus_date_text(day, text), "", ""};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **to = o == 'c'   ? &t.folder
                          : o == 'd' ? &t.conninfo
                          : o == 't' ? &params[0]
                          : o == 'o' ? &params[1]
                          : o == 'r' ? &params[2]
                                     : NULL;
        if (to == NULL) {
            return clock_usage();
        }
        *to = optarg;
    }
    if (argc - optind != 1 || strcmp(argv[optind], "due") != 0 ||
        !bus_date_parse(bus_strv(params[0]), &day)) {
        return clock_usage();
    }
    return cli_tool_close(&t, "clock", clock_show(&t, params, &err), &err);
}

const struct lianou_command lianou_cmd_clock = {
    .name = "clock",
    .usage = "due [--through DAY] [--of DEPARTMENT] [--rule RULE]\n"
             "    [--db CONNINFO] [--config DIR]",
    .summary = "deadlines: what is to be done until when, by whom; what is "
               "overdue",
    .summary_zh = "期限:何时到期、由谁办理、哪些逾期",
    .group = 3,
    .run = clock_run_command,
};
