#include "bus/catalogue/register_files.h"

#include <string.h>

#include "bus/conf/file.h"

#define PLACE "registers/" /* in an archive */

struct bus_register *
bus_catalogue_register_new(const struct bus_catalogue_archive *a,
                           const struct bus_config *c,
                           const char *folder,
                           struct bus_faults *faults)
{
    struct bus_register_sources s = {
        .county = c->county.code,
        .villages = c->villages,
        .village_count = c->villages_count,
    };
    const struct
    {
        const char *path;
        struct bus_source *to;
    } tables[] = {
        {"registers/organisations.csv", &s.organisations},
        {"registers/operators.csv", &s.operators},
        {"registers/delegations.csv", &s.delegations},
        {"registers/seals.csv", &s.seals},
        {"registers/partner_keys.csv", &s.partner_keys},
    };
    size_t before = faults->errors;
    for (size_t k = 0; k < sizeof(tables) / sizeof(tables[0]); k++) {
        struct bus_source *to = tables[k].to;
        to->file = folder == NULL
                       ? tables[k].path
                       : bus_conf_join(faults->mem, folder,
                                       tables[k].path + strlen(PLACE));
        if (to->file == NULL) {
            faults->out_of_memory = true;
            return NULL;
        }
        for (size_t i = 0; i < a->count; i++) {
            if (strcmp(a->files[i].path, tables[k].path) == 0) {
                to->text = a->files[i].bytes;
            }
        }
        if (to->text.n == 0) {
            bus_faults_add(faults, (struct bus_place){to->file, 0, 0}, NULL,
                           "is missing or empty; its first line at least must "
                           "be there / 缺失或为空,至少须有表头");
        }
    }
    return faults->errors == before ? bus_registers_new(&s, faults) : NULL;
}

struct bus_register *bus_catalogue_register_folder(const struct bus_config *c,
                                                   struct bus_faults *faults)
{
    struct bus_catalogue_archive a;
    struct bus_err err;
    int rc = bus_catalogue_archive_folder(c->registers, BUS_ARCHIVE_REGISTER,
                                          faults->mem, &a, &err);
    if (rc == BUS_ENOMEM) {
        faults->out_of_memory = true;
        return NULL;
    }
    if (rc != BUS_OK) {
        bus_faults_add(faults, (struct bus_place){c->registers, 0, 0}, NULL,
                       "%s", err.msg);
        return NULL;
    }
    return bus_catalogue_register_new(&a, c, c->registers, faults);
}
