#include "ops/cli/tool.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/ledger/sql/account.h"
#include "bus/ledger/sql/audit.h"
#include "bus/web/readlog.h"
#include "ops/cli/lianou.h"

int cli_tool_word(struct tool *t,
                  const struct lianou_command *command,
                  const char *const *words,
                  int argc,
                  char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    bool well = true;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        well = well && o == 'c';
        t->folder = o == 'c' ? optarg : t->folder;
    }
    for (int i = 0; well && optind + 1 == argc && words[i] != NULL; i++) {
        if (strcmp(argv[optind], words[i]) == 0) {
            return i;
        }
    }
    (void)fprintf(stderr, "usage: lianou %s %s\n", command->name,
                  command->usage);
    return -1;
}

int cli_tool_open(struct tool *t, struct bus_err *err)
{
    struct bus_faults faults;
    bus_arena_init(&t->mem, 0, 0);
    bus_faults_init(&faults, &t->mem);
    return bus_conf_open(&t->config, lianou_config_dir(t->folder), &faults,
                         err);
}

int cli_tool_database(struct tool *t, struct bus_err *err)
{
    return bus_pg_open(t->conninfo ? t->conninfo : t->config.ledger.conninfo, 0,
                       &t->pg, err);
}

/* "user li", "user root for li": the system's accounts, which are a person's
 * where an operator keeps them so. */
static const char *who_runs(char ret[128])
{
    const struct passwd *me = getpwuid(getuid());
    const char *sudo = getenv("SUDO_USER");
    (void)snprintf(ret, 128, "user %.40s%s%.40s", me ? me->pw_name : "?",
                   sudo ? " for " : "", sudo ? sudo : "");
    return ret;
}

int cli_tool_note_read(struct tool *t,
                       const struct bus_web_read *read,
                       struct bus_err *err)
{
    char who[128];
    struct bus_web_read one = *read;
    one.who = who_runs(who);
    return bus_web_read_note(t->pg, &one, err);
}

int cli_tool_note_why(struct tool *t,
                      const struct bus_web_read *read,
                      struct bus_err *err)
{
    if (read->purpose == NULL ||
        read->purpose[strspn(read->purpose, " \t")] == '\0') {
        return bus_fail(err, BUS_EUSAGE, "--why: what for? / 请写明用途");
    }
    if (t->pg == NULL) {
        BUS_TRY(cli_tool_database(t, err));
    }
    return cli_tool_note_read(t, read, err);
}

int cli_tool_close(struct tool *t,
                   const char *name,
                   int rc,
                   struct bus_err *err)
{
    bus_pg_close(t->pg);
    bus_conf_close(&t->config);
    bus_arena_fini(&t->mem);
    if (rc == BUS_OK) {
        return LIANOU_WELL;
    }
    (void)fprintf(stderr, "lianou %s: %s\n", name, err->msg);
    return rc == BUS_EAWAY                         ? LIANOU_AWAY
           : rc == BUS_ECONFIG || rc == BUS_EUSAGE ? LIANOU_USAGE
                                                   : LIANOU_FAILED;
}

/* The columns of a query's one row. */
static int tool_row_read(struct bus_pg *pg,
                         const char *sql,
                         int64_t *const *to,
                         size_t n,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, sql, NULL, 0, &r, err));
    for (size_t i = 0; i < n; i++) {
        *to[i] = bus_pg_i64(r, 0, i);
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

int cli_account_read(struct bus_pg *pg,
                     struct account *ret,
                     struct bus_err *err)
{
    int64_t *const counts[] = {
        &ret->applications,  &ret->cases,        &ret->duplicates,
        &ret->evaluations,   &ret->assignments,  &ret->decisions,
        &ret->verifications, &ret->payments,     &ret->deliveries,
        &ret->needs,         &ret->cases_closed, &ret->parked,
        &ret->dead_lettered, &ret->departments,
    };
    int64_t *const faults[] = {&ret->lost, &ret->duplicated, &ret->torn,
                               &ret->out_of_order};
    BUS_TRY(tool_row_read(pg, bus_ledger_sql_account, counts,
                          sizeof(counts) / sizeof(*counts), err));
    return tool_row_read(pg, bus_ledger_sql_audit, faults,
                         sizeof(faults) / sizeof(*faults), err);
}
