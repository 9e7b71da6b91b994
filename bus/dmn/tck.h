/* Test cases of the DMN Technology Compatibility Kit (testCases.xsd): inputs,
 * what is asked, what is expected. */
#ifndef BUS_DMN_TCK_H
#define BUS_DMN_TCK_H

#include "bus/dmn/dmn.h"

struct dmn_tck_result
{
    struct bus_strv id;   /* of the case */
    struct bus_strv node; /* the first that differs, or "" */
    bool passed;
    const char *want, *got; /* FEEL text; got with its reason when null */
};
/* Runs every case of `text` against m; each() sees one after the other, and its
 * texts live only that long. Numbers are equal within 1e-8 of each other, as
 * the kit's own runners have it; all else exactly. Faults of the file go to
 * faults; false if it is no test file. */
bool dmn_tck_run(const struct dmn_model *m,
                 const struct dmn_source *text,
                 const struct feel_value *now,
                 void (*each)(void *data, const struct dmn_tck_result *r),
                 void *data,
                 struct bus_faults *faults);

#endif
