/* A source of the demo's county: it knows people by the numbers of their
 * documents, and says of some who have applied what it finds, as documents in
 * its spool. Its adapter makes the surrogates. */
#ifndef OPS_CLI_DEMO_SOURCE_H
#define OPS_CLI_DEMO_SOURCE_H

#include <jansson.h>

#include "bus/base/id.h"
#include "bus/conf/bus_config.h"
#include "bus/pg/pg.h"

#define DEMO_SOURCE_PEOPLE 256 /* of whom it says something */
#define DEMO_SOURCE_EVERY  7   /* of so many households one */

struct demo_source
{
    const struct bus_config *config;
    const struct bus_conf_partner *partner; /* NULL: the county has none */
    int in;                                 /* its folder */
    struct demo_source_person
    {
        struct bus_id household;
        json_t *document;
        bool said;
    } people[DEMO_SOURCE_PEOPLE];
    size_t count, waiting; /* not said, or said and not heard of yet */
};

/* The first source of the county that has a spool; none is well. */
int cli_demo_source_open(struct demo_source *s,
                         const struct bus_config *c,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Application i as it is sent: of its head the source will say what it has
 * declared, verified. */
int cli_demo_source_note(struct demo_source *s,
                         uint64_t i,
                         const json_t *application,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Says it of those whose case the ledger has; a source is told nothing of who
 * has not applied. */
int cli_demo_source_say(struct demo_source *s,
                        struct bus_pg *pg,
                        struct bus_err *err) BUS_MUSTCHECK;
void cli_demo_source_close(struct demo_source *s);

#endif
