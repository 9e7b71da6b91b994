/* What the `lianou policy` commands share. */
#ifndef OPS_CLI_POLICY_POLICY_H
#define OPS_CLI_POLICY_POLICY_H

#include "bus/base/buf.h"
#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/clause.h"

struct policy_tool
{
    struct bus_config config;
    struct bus_arena mem;     /* results */
    struct bus_faults faults; /* of the configuration and the catalogue */
    struct bus_policy_catalogue *catalogue;
    int32_t day; /* the rule date */
};

/* The catalogue of a configuration that is open; faults are added. */
struct bus_policy_catalogue *cli_policy_catalogue(const struct bus_config *c,
                                                  struct bus_faults *faults);
/* The template, the catalogue, and the rules tried on made-up households: all
 * of their faults. *ret may be NULL. */
int cli_policy_check_rules(const struct bus_config *c,
                           int32_t day,
                           struct bus_faults *faults,
                           struct bus_policy_catalogue **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* Opens the folder (NULL: as lianou_config_dir) and compiles. On a fault it
 * prints all of them and returns BUS_ECONFIG. Close in any case. */
int cli_policy_open(struct policy_tool *t,
                    const char *folder,
                    struct bus_err *err) BUS_MUSTCHECK;
void cli_policy_close(struct policy_tool *t);
/* Prints the faults (warnings only if asked for) to standard output. */
void cli_policy_print_faults(struct bus_faults *faults, bool warnings);
/* Writes out a buffer and empties it. */
void cli_policy_print(struct bus_buf *b);

/* One subcommand a file: ops/policy_<name>.c. argv[0] is its own name. */
struct policy_command
{
    const char *name, *usage, *summary, *summary_zh;
    int (*run)(int argc, char **argv);
};
extern const struct policy_command cli_policy_cmd_check, cli_policy_cmd_test,
    cli_policy_cmd_explain, cli_policy_cmd_export, cli_policy_cmd_import,
    cli_policy_cmd_diff;
extern const struct policy_command cli_policy_cmd_discloses,
    cli_policy_cmd_verify, cli_policy_cmd_rehearse, cli_policy_cmd_publish,
    cli_policy_cmd_new, cli_policy_cmd_facts, cli_policy_cmd_table,
    cli_policy_cmd_rank, cli_policy_cmd_show;

#endif
