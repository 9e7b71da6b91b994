/* The demo's applications, through every way in: web and mobile by HTTP,
 * telephone and spoken from a clerk's file (`intake submit`), station lists as
 * CSV (`intake import`). */
#ifndef OPS_CLI_DEMO_FEED_H
#define OPS_CLI_DEMO_FEED_H

#include <stdint.h>

#include "bus/conf/bus_config.h"
#include "ops/cli/demo/demo.h"
#include "ops/cli/demo/source.h"

struct cli_demo_feed
{
    const struct bus_config *config;
    struct demo_stage *stage;
    uint64_t seed;
    int64_t applications;
    int intake_port;
    struct demo_source *source; /* is told who applies */
    /* Between two applications; false: give up, rc tells whether for a fault.
     */
    bool (*tick)(void *data, int *rc, struct bus_err *err);
    void *data;
};
int cli_demo_feed(const struct cli_demo_feed *f,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
