/* A register made of files: of a configuration's folder, or of an archive that
 * was published. Villages and the county are the configuration's. */
#ifndef BUS_CATALOGUE_REGISTER_FILES_H
#define BUS_CATALOGUE_REGISTER_FILES_H

#include "bus/catalogue/archive.h"
#include "bus/conf/bus_config.h"
#include "bus/registers/registers.h"

/* folder: where its files stand, for the places of faults; NULL: in an
 * archive. NULL with faults; what it reads for them lives in faults->mem. */
struct bus_register *
bus_catalogue_register_new(const struct bus_catalogue_archive *a,
                           const struct bus_config *c,
                           const char *folder,
                           struct bus_faults *faults);
/* That of c->registers. */
struct bus_register *bus_catalogue_register_folder(const struct bus_config *c,
                                                   struct bus_faults *faults);

#endif
