/* The contract's schemas of an application (JSON Schema 2020-12), out of the
 * form's table, the dictionary of facts and the catalogue. */
#ifndef PRODUCERS_INTAKE_FORM_SCHEMA_H
#define PRODUCERS_INTAKE_FORM_SCHEMA_H

#include "bus/base/buf.h"
#include "producers/intake/form.h"

/* Faults that no schema can say, as only the county knows them. NULL ends. */
extern const char *const intake_form_county_codes[];

/* Appends all of openapi.json. BUS_ENOMEM, BUS_ETOOBIG. */
int intake_form_openapi_write(const struct bus_config *config,
                              struct bus_buf *out,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
