/* DMN files of a folder: the model and what it may import. */
#ifndef OPS_CLI_POLICY_DMN_FILES_H
#define OPS_CLI_POLICY_DMN_FILES_H

#include "bus/dmn/dmn.h"

/* The whole file in mem; false if it cannot be read (errno). */
bool cli_dmn_slurp(struct bus_arena *mem,
                   const char *path,
                   struct bus_strv *ret);
/* path and the other *.dmn of its folder. Faults say what cannot be read. */
struct dmn_model *cli_dmn_open(struct bus_arena *mem,
                               const char *path,
                               struct bus_faults *faults);

#endif
