/* The keyring files of a county: one a holder, each with what this holder needs
 * and no more (ops/docs/keys.md). */
#ifndef OPS_CLI_OPERATE_KEYS_FILES_H
#define OPS_CLI_OPERATE_KEYS_FILES_H

#include "bus/base/err.h"
#include "bus/conf/bus_config.h"

/* A new folder with a file for every role that has keys and every partner, and
 * the keys of person ids and of second factors where there are none. from: a
 * keyring of the older form whose keys go on opening what they sealed; NULL:
 * none. BUS_EUSAGE: keys are there already. */
int cli_keys_init(const struct bus_config *config,
                  const char *dir,
                  const char *from,
                  struct bus_err *err) BUS_MUSTCHECK;
/* A pair for a partner that has none, or (again) the next one of an owner that
 * has: "bus", "dispatch", "drafts", a partner's code. Its private half goes to
 * who opens, its public half to who seals; *ret_id is the pair's. "households":
 * the matcher's one key that wraps the keys of households. */
int cli_keys_pair(const struct bus_config *config,
                  const char *dir,
                  const char *owner,
                  bool again,
                  uint32_t *ret_id,
                  struct bus_err *err) BUS_MUSTCHECK;
/* Id, owner and kind of each key of a file, or of each file of a folder; to
 * standard output. */
int cli_keys_list(const char *path, struct bus_err *err) BUS_MUSTCHECK;

#endif
