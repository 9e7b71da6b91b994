/* Decision models (OMG DMN 1.2 to 1.5, XML): read, compiled once, evaluated.
 *
 * A model never changes after dmn_model_new() and may be read by any thread. An
 * expression that does not compile is a fault with its place; evaluated all the
 * same it is null with that reason, as the standard has it. */
#ifndef BUS_DMN_DMN_H
#define BUS_DMN_DMN_H

#include "bus/base/faults.h"
#include "bus/feel/value.h"

#define DMN_BYTES_MAX (4u << 20) /* of one file */
#define DMN_DEPTH_MAX 200        /* nesting of elements */
#define DMN_FILES_MAX 64

struct dmn_model;
struct dmn_source
{
    const char *file; /* for messages; borrowed, lives as long as the faults */
    struct bus_strv text;
};
/* sources[0] is the model, the others may be imported by it. Copies what it
 * keeps. Text that is no DMN, or an import that is not there, is a fault and
 * gives NULL; faults inside expressions are added too, and the model is given.
 */
struct dmn_model *dmn_model_new(const struct dmn_source *sources,
                                size_t n,
                                struct bus_faults *faults);
void dmn_model_free(struct dmn_model *m);

enum dmn_kind { DMN_INPUT, DMN_DECISION, DMN_KNOWLEDGE, DMN_SERVICE };
/* Element i of the model itself (not of what it imports). false: no more. */
bool dmn_element_at(const struct dmn_model *m,
                    size_t i,
                    enum dmn_kind *kind,
                    struct bus_strv *name);

struct dmn_given
{
    struct bus_strv space; /* namespace of an imported input, or "" */
    struct bus_strv name;
    struct feel_value value;
};
/* Decision, service or business knowledge model `name` with these inputs (of a
 * service also its input decisions, of a knowledge model its parameters). The
 * value lives in mem. now: DATE_TIME or NULL. Null with a reason for what is
 * not there or goes wrong. Inputs that are not given are null. */
struct feel_value dmn_evaluate(const struct dmn_model *m,
                               struct bus_strv name,
                               const struct dmn_given *given,
                               size_t n,
                               const struct feel_value *now,
                               struct bus_arena *mem);

#endif
