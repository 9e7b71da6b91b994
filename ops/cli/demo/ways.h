/* How partners of the demo's county connect who do not speak Kafka there, so
 * that each transport is seen at work: ways/CODE.yaml, each in the place of
 * those keys of partners.d/CODE.yaml. A partner that the county has given a
 * transport of its own keeps it. */
#ifndef OPS_CLI_DEMO_WAYS_H
#define OPS_CLI_DEMO_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/conf/bus_config.h"
#include "bus/pg/pg.h"
#include "ops/cli/demo/private_pg.h"

struct demo_ways
{
    char county[200];
    char theirs[224]; /* simulate_side.h */
    uint64_t seed;
    bool database; /* a server is there for a partner's own */
};

/* Writes into the county's folder, which must stand where it will stay. */
int cli_demo_ways_make(const struct demo_ways *w,
                       struct bus_err *err) BUS_MUSTCHECK;
/* The database of a partner that has one, in this server, with an account for
 * its adapter and one for its own system. */
int cli_demo_ways_database(const struct demo_ways *w,
                           const struct bus_config *c,
                           const struct private_pg *pg,
                           struct bus_err *err) BUS_MUSTCHECK;
/* "CL exec 36, YB postgres 70": who does not speak Kafka, and how often he has
 * answered by the ledger. */
int cli_demo_ways_tell(const struct bus_config *c,
                       struct bus_pg *pg,
                       char *ret,
                       size_t cap,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
