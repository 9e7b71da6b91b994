/* What the short commands share: configuration, database, the end. */
#ifndef OPS_CLI_TOOL_H
#define OPS_CLI_TOOL_H

#include "bus/base/arena.h"
#include "bus/base/faults.h"
#include "bus/conf/bus_config.h"
#include "bus/pg/pg.h"

struct lianou_command;
struct tool
{
    const char *folder;   /* --config */
    const char *conninfo; /* --db */
    struct bus_arena mem;
    struct bus_config config;
    struct bus_pg *pg;
};

/* `WORD [--config DIR]`, for a command that does nothing but one of a few
 * things: which of words (NULL at the end) it is, --config in t. -1: none, and
 * how it is used was told. */
int cli_tool_word(struct tool *t,
                  const struct lianou_command *command,
                  const char *const *words,
                  int argc,
                  char **argv);
int cli_tool_open(struct tool *t, struct bus_err *err) BUS_MUSTCHECK;
int cli_tool_database(struct tool *t, struct bus_err *err) BUS_MUSTCHECK;
struct bus_web_read;
/* A read of personal data by who runs this command, into the reading log
 * (bus/web/readlog.h); `who` of read is filled in. Before anything is shown. */
int cli_tool_note_read(struct tool *t,
                       const struct bus_web_read *read,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Likewise, for commands that need no database otherwise: opens it first. A
 * purpose that is empty is BUS_EUSAGE. */
int cli_tool_note_why(struct tool *t,
                      const struct bus_web_read *read,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Closes, prints the error of rc if any, returns the exit code. */
int cli_tool_close(struct tool *t,
                   const char *name,
                   int rc,
                   struct bus_err *err);

/* The closing account of the ledger (bus/ledger/sql/account.sql, audit.sql). */
struct account
{
    int64_t applications, cases, duplicates, evaluations, assignments;
    int64_t decisions, verifications, payments, deliveries, needs;
    int64_t cases_closed, parked, dead_lettered;
    int64_t departments; /* that have decided something */
    int64_t lost, duplicated, torn, out_of_order;
};
int cli_account_read(struct bus_pg *pg,
                     struct account *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
