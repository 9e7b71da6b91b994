/* Decision models (OMG DMN 1.2 to 1.5, XML): read, compiled once, evaluated.
 *
 * A model never changes after dmn_model_new() and may be read by any thread. An
 * expression that does not compile is a fault with its place; evaluated all the
 * same it is null with that reason, as the standard has it. */
#ifndef BUS_DMN_DMN_H
#define BUS_DMN_DMN_H

#include "bus/base/faults.h"
#include "bus/feel/check.h"
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
/* sources[0] is the model, the others may be imported by it; one that nobody
 * imports is not even looked into. Copies what it keeps. Text that is no DMN,
 * or an import that is not there, is a fault and gives NULL; faults inside
 * expressions are added too, and the model is given.
 */
struct dmn_model *dmn_model_new(const struct dmn_source *sources,
                                size_t n,
                                struct bus_faults *faults);
void dmn_model_free(struct dmn_model *m);
/* Of the texts of the model and all it imports, on top of h. */
uint64_t dmn_model_hash(const struct dmn_model *m, uint64_t h);

enum dmn_kind { DMN_INPUT, DMN_DECISION, DMN_KNOWLEDGE, DMN_SERVICE };
/* Element i of the model itself (not of what it imports). false: no more. */
bool dmn_element_at(const struct dmn_model *m,
                    size_t i,
                    enum dmn_kind *kind,
                    struct bus_strv *name);

struct dmn_input
{
    struct bus_strv space;  /* "" for the model's own */
    struct bus_strv import; /* the name it stands behind, or "" */
    struct bus_strv name;
    const struct feel_type *type; /* NULL: not said */
    bool implied;                 /* read by its name, not declared */
    struct bus_place at;
};
/* Input i of those that a decision (n 0: any element) hangs on, imported ones
 * too. A model without input data reads its inputs by their names. mem:
 * scratch. false: no more. */
bool dmn_input_at(const struct dmn_model *m,
                  struct bus_strv decision,
                  size_t i,
                  struct bus_arena *mem,
                  struct dmn_input *ret);

struct dmn_caller /* what is known of the values that will be given */
{
    void *data;
    /* false: nothing. */
    bool (*input_shape)(void *data,
                        struct bus_strv import,
                        struct bus_strv name,
                        struct feel_shape *ret);
};
/* Names that are not in scope, kinds that cannot fit, words that are none
 * (bus/feel/check.h) in all that a decision hangs on; each a fault at its
 * place. want: of the decision, FEEL_UNKNOWN for any. caller may be NULL.
 * Chinese words of the inputs' enumerations become words. */
void dmn_check(const struct dmn_model *m,
               struct bus_strv decision,
               const struct dmn_caller *caller,
               enum feel_kind want,
               struct bus_arena *mem,
               struct bus_faults *faults);

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
