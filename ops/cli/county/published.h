/* Catalogues and registers as they are published: signed, sent, shown. */
#ifndef OPS_CLI_COUNTY_PUBLISHED_H
#define OPS_CLI_COUNTY_PUBLISHED_H

#include "bus/catalogue/publication.h"
#include "bus/registers/registers.h"

/* Signs with the key file (NULL: bureau.key) and holds the signature against
 * bureau.public_key, as every reader will. *room keeps what p->signer and
 * p->signature then show. BUS_ECONFIG: no key, or readers would refuse it. */
int cli_published_sign(const struct bus_config *c,
                       const char *key_file,
                       struct bus_catalogue_publication *p,
                       struct bus_wire_signature *room,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Sends it, acknowledged. event_id is its own. */
int cli_published_send(const struct bus_config *c,
                       const struct bus_catalogue_publication *p,
                       struct bus_arena *mem,
                       struct bus_err *err) BUS_MUSTCHECK;
/* The register in force, as every role has it: the latest published one that
 * counts; the folder's own while none does. To be freed. BUS_ECONFIG: a fault
 * in the folder's; a broker that does not answer: nobody knows what is in
 * force. */
int cli_published_register(const struct bus_config *c,
                           struct bus_register **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* Prints each one on the topic: which, when, by whom, whether it counts and if
 * not why; then the one in force today. */
int cli_published_show(const struct bus_config *c,
                       enum bus_archive_kind kind,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
