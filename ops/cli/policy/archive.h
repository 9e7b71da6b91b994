/* Catalogues as folders and archives, for the policy commands. */
#ifndef OPS_CLI_POLICY_ARCHIVE_H
#define OPS_CLI_POLICY_ARCHIVE_H

#include "bus/catalogue/rules.h"
#include "bus/conf/bus_config.h"

/* A configuration folder or an archive file; only read, not yet compiled.
 * Close in any case (bus_catalogue_rules_close). */
int cli_policy_rules_open(struct bus_catalogue_rules *r,
                          const char *path,
                          struct bus_err *err) BUS_MUSTCHECK;
/* The configuration's catalogue, compiled and checked, as an archive in out. On
 * a fault all are printed. Close r in any case. */
int cli_policy_pack(const struct bus_config *c,
                    const char *key_file,
                    struct bus_catalogue_rules *r,
                    struct bus_buf *out,
                    struct bus_err *err) BUS_MUSTCHECK;
/* What it takes as one message; a fault of the configuration if that is more
 * than kafka.message_max. */
#define POLICY_ENVELOPE_BYTES 4096 /* of a message, besides the archive */
int cli_policy_message_fits(const struct bus_config *c,
                            size_t archive_bytes,
                            struct bus_err *err) BUS_MUSTCHECK;

#endif
