/* What a simulated partner's own system says to a document that has come to
 * it, whatever way it came. Answers bear the simulated event's id as their
 * reference, so that answering twice is answering once. */
#ifndef OPS_CLI_COUNTY_SIMULATE_DESK_H
#define OPS_CLI_COUNTY_SIMULATE_DESK_H

#include "bus/partner/kind.h"
#include "ops/cli/county/simulate.h"

struct simulate_desk /* all borrowed but mem */
{
    const struct simulate_rules *rules;
    const struct bus_conf_partner *partner;
    const struct bus_partner_kind *kind;
    int duplicates; /* percent of answers given twice */
    struct bus_arena mem;
};
struct simulate_said
{
    struct bus_strv text; /* a document; a NUL behind it */
    char id[BUS_ID_TEXT + 1];
    bool twice;
};

/* BUS_ECONFIG: nobody is of this kind. */
int cli_simulate_desk_open(struct simulate_desk *d,
                           const struct simulate_rules *rules,
                           const struct bus_conf_partner *partner,
                           int duplicates,
                           struct bus_err *err) BUS_MUSTCHECK;
void cli_simulate_desk_close(struct simulate_desk *d);
/* In the order in which they are to be given; none: it asks nothing. The texts
 * hold until the next call. */
int cli_simulate_desk_ask(struct simulate_desk *d,
                          struct bus_strv document,
                          struct simulate_said ret[SIMULATE_ANSWERS_MAX],
                          size_t *ret_n,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
