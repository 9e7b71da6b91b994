/* What a role says of itself in its metrics, read as text. */
#ifndef OPS_CLI_OPERATE_STATUS_H
#define OPS_CLI_OPERATE_STATUS_H

#include "bus/base/buf.h"
#include "bus/base/strv.h"

struct cli_status
{
    bool ours;     /* a role of this program says it */
    char lost[96]; /* conditions that do not hold, with a space between */
    double lag_s;  /* of its slowest topic */
    double parked, dead_letters, overdue, journal_bytes;
};
/* Prometheus' text form; lines of others are passed over. */
void cli_status_read(struct bus_strv metrics, struct cli_status *ret);

#endif
