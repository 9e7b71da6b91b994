/* What every role has around it: the configuration, the loop, health, metrics,
 * HTTP, and the log lines at its start and end. For the top of a role: it
 * prints faults and logs. */
#ifndef BUS_ROLE_FRAME_H
#define BUS_ROLE_FRAME_H

#include "bus/base/arena.h"
#include "bus/conf/bus_config.h"
#include "bus/kafka/client.h"
#include "bus/policy/catalogue.h"
#include "bus/run/health.h"
#include "bus/run/http.h"
#include "bus/run/loop.h"
#include "bus/run/metrics.h"
#include "bus/run/role.h"

struct bus_role_frame
{
    struct bus_config config;
    struct bus_arena mem; /* lives as long as the role */
    struct bus_run_loop *loop;
    struct bus_run_health health;
    struct bus_run_metrics *metrics;
    struct bus_run_http *http;
    struct bus_timer *remind; /* of what does not hold */
    struct bus_kafka_env kafka;
    const char *role;
    const char *state_dir;  /* made if absent */
    struct bus_strv source; /* "/county/371425/matcher" */
};

/* Reads the configuration and prints its faults; makes the rest; the HTTP port
 * is the role's of the configuration. Returns 0 or an exit code (it has said
 * why). */
int bus_role_frame_open(struct bus_role_frame *f,
                        const struct bus_run_role_args *args,
                        const char *role) BUS_MUSTCHECK;
/* Starts HTTP and runs until drained; returns the exit code. */
int bus_role_frame_run(struct bus_role_frame *f);
/* After the role's own parts are freed. */
void bus_role_frame_close(struct bus_role_frame *f);
/* Logs why the role cannot start; returns the exit code for it. */
int bus_role_frame_fail(const struct bus_err *err);

/* Logs that a published register was taken up, or refused and why; data is not
 * used. */
void bus_role_frame_told_register(void *data, bool taken, const char *text);

/* The catalogue of the configuration's folder; prints faults. NULL: faults. */
struct bus_policy_catalogue *
bus_role_frame_catalogue(const struct bus_config *c);
/* "qihe.assignments.MZ", in the frame's memory. */
const char *bus_role_frame_topic(struct bus_role_frame *f,
                                 const char *what,
                                 const char *part);

#endif
