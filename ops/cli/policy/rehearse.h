/* What the files of `policy rehearse` share. */
#ifndef OPS_CLI_POLICY_REHEARSE_H
#define OPS_CLI_POLICY_REHEARSE_H

#include <stdio.h>

#include "bus/advice/rehearse.h"
#include "bus/catalogue/rules.h"
#include "ops/cli/tool.h"

enum rehearse_on { REHEARSE_GENERATED, REHEARSE_LEDGER, REHEARSE_ARCHIVE };
struct rehearse
{
    struct tool tool;
    struct bus_catalogue_rules rules[2]; /* present, proposed */
    const char *with, *csv, *archive;
    enum rehearse_on on;
    uint64_t count, seed;
    int32_t day;
    bool dated; /* --date was said */
    bool zh, en;
    struct bus_policy_rehearsal *r;
    struct bus_arena mem; /* of one household */
    FILE *out;            /* the CSV, or NULL */
};
/* policy_households.c: every household of the source through the rehearsal. */
int cli_rehearse_all(struct rehearse *q, struct bus_err *err) BUS_MUSTCHECK;
/* policy_rehearsed.c: the readable screen on standard output. */
void cli_rehearse_show(struct rehearse *q);

#endif
