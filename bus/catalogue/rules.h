/* A catalogue compiled from an archive's files (archive.h): a published one, or
 * somebody else's. It owns everything it was made from. */
#ifndef BUS_CATALOGUE_RULES_H
#define BUS_CATALOGUE_RULES_H

#include "bus/catalogue/archive.h"
#include "bus/policy/catalogue.h"

struct bus_catalogue_rules
{
    struct bus_arena mem; /* files, trees, faults */
    struct bus_catalogue_archive archive;
    struct bus_policy_sources sources;      /* their trees */
    struct bus_policy_catalogue *catalogue; /* NULL until compiled */
    struct bus_faults faults;
};

/* Starts with nothing; close in any case. */
void bus_catalogue_rules_init(struct bus_catalogue_rules *r);
void bus_catalogue_rules_close(struct bus_catalogue_rules *r);
/* Fill r->archive first (bus_catalogue_archive_unpack or
 * bus_catalogue_archive_folder into &r->mem). BUS_ECONFIG: a fault, the first
 * one in the message and all in r->faults; places are the archive's paths. */
int bus_catalogue_rules_read(struct bus_catalogue_rules *r,
                             struct bus_err *err) BUS_MUSTCHECK;
int bus_catalogue_rules_compile(struct bus_catalogue_rules *r,
                                struct bus_err *err) BUS_MUSTCHECK;

#endif
