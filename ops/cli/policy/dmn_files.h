/* DMN files of a folder: the model and what it may import. */
#ifndef OPS_DMN_FILES_H
#define OPS_DMN_FILES_H

#include "bus/dmn/dmn.h"

/* The whole file in mem; false if it cannot be read (errno). */
bool dmn_slurp(struct bus_arena *mem, const char *path, struct bus_strv *ret);
/* path and the other *.dmn of its folder. Faults say what cannot be read. */
struct dmn_model *
dmn_open(struct bus_arena *mem, const char *path, struct bus_faults *faults);

#endif
