/* A simulated partner behind a transport of its own, as its system would stand
 * there: it reads what comes, and answers the same way.
 *
 *   spool     reads out/, answers in in/
 *   postgres  reads the inbox, answers in the outbox
 *   http      fetches and posts; or, with push, a server that answers in what
 *             it says (an insurer, the post, a charity: one answer a task)
 *   sheet     a charity's worklist, filled in as XLSX and as CSV by turns
 *
 * A program (exec) is run by its adapter: `lianou simulate NAME --lines`. */
#ifndef OPS_CLI_COUNTY_SIMULATE_SIDE_H
#define OPS_CLI_COUNTY_SIMULATE_SIDE_H

#include "bus/run/loop.h"
#include "ops/cli/county/simulate.h"

struct simulate_side;
struct simulate_side_conf /* all borrowed */
{
    struct bus_run_loop *loop;
    const struct simulate_rules *rules;
    const struct bus_conf_partner *partner;
    int duplicates; /* percent of answers given twice */
    /* A folder with what a partner has to its own way: CODE.token of one that
     * fetches, CODE.conninfo of one with a database; NULL: nobody has. */
    const char *theirs;
};

/* Whether one can be simulated so. */
bool cli_simulate_side_there(const struct bus_conf_partner *partner,
                             const char *theirs);
/* Looks every 200 ms. A partner's spool_dir is made if its adapter has not made
 * it yet. */
int cli_simulate_side_new(const struct simulate_side_conf *conf,
                          struct simulate_side **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* With the drain: looks no more. Freed when the loop has run. NULL is allowed,
 * in both. */
void cli_simulate_side_stop(struct simulate_side *s);
void cli_simulate_side_free(struct simulate_side *s);
/* What `exec` runs: lines of standard input answered on standard output, until
 * it ends. */
int cli_simulate_lines(const struct simulate_rules *rules,
                       const struct bus_conf_partner *partner,
                       int duplicates,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
