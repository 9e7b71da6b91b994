/* Between the files of simulated partners' transports. */
#ifndef OPS_CLI_COUNTY_SIMULATE_PARTS_H
#define OPS_CLI_COUNTY_SIMULATE_PARTS_H

#include "ops/cli/county/simulate_desk.h"
#include "ops/cli/county/simulate_side.h"

struct simulate_way
{
    /* Sets s->own; what it has made by a failure, close() takes away. */
    int (*open)(struct simulate_side *s, struct bus_err *err);
    /* Now and then; what is RETRY is tried again then. NULL: never. */
    int (*look)(struct simulate_side *s, struct bus_err *err);
    void (*close)(struct simulate_side *s);
};
struct simulate_side
{
    struct simulate_side_conf conf;
    const struct simulate_way *way;
    struct simulate_desk desk;
    struct bus_arena mem; /* of one look */
    struct bus_timer *timer;
    void *own;
};

extern const struct simulate_way simulate_way_spool, simulate_way_postgres,
    simulate_way_fetch, simulate_way_serve, simulate_way_sheet;

/* The line of theirs/CODE.<what>, in ret. */
int cli_simulate_side_line(const struct simulate_side *s,
                           const char *what,
                           char *ret,
                           size_t cap,
                           struct bus_err *err) BUS_MUSTCHECK;
/* A failure in a callback: waits for the next look, or ends the simulation. */
void cli_simulate_side_failed(struct simulate_side *s,
                              const struct bus_err *err);

#endif
