/* A county's folder: configuration, register, keys; what `lianou init` and the
 * demo make.
 *
 *   bus.yaml, partners.d/, policies/ ...   the sample's, with this county's
 *   registers/                             its register
 *   bureau.pem                             the bureau's SM2 key; bus.yaml has
 *                                          its public half
 *   keys/, person.key, accounts            ops/docs/keys.md
 *   seals/                                 seals of departments, for training
 *   state/                                 what roles keep on this machine
 */
#ifndef OPS_CLI_COUNTY_MAKE_H
#define OPS_CLI_COUNTY_MAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/err.h"

struct cli_county_person
{
    const char *id, *name, *org, *role; /* id NULL: nobody */
};
struct cli_county_wants
{
    const char *from; /* the sample's folder */
    /* NULL or 0: as in the sample. */
    const char *code, *zh, *en, *prefix;
    const char *kafka, *db;
    const char *replication, *min_insync;         /* digits */
    const char *divisions, *stations, *operators; /* its own CSV files */
    struct cli_county_person first;               /* administrator */
    /* The sample's people, a seal for each department, notices that hang no
     * days: nobody waits a week to see a case end. Never for real use. */
    bool training;
};
/* Makes `to`, which is not there or empty, as a whole or not at all: whoever
 * else may not look into it. BUS_EUSAGE: something stands there, or what is
 * wanted does not go together; BUS_ECONFIG: sample, villages or register have a
 * fault; BUS_EIO. Changes the umask; cli_county_alone() is called first. */
int cli_county_make(const struct cli_county_wants *w,
                    const char *to,
                    struct bus_err *err) BUS_MUSTCHECK;
/* Names of the environment that would stand before a folder's own paths and
 * keys; NULL at the end. */
extern const char *const cli_county_names[];
/* Forgets them. */
void cli_county_alone(void);

#endif
