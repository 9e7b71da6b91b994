/* Types of FEEL (DMN 1.5, 10.3.2.9): what `instance of` and typeRefs name. */
#ifndef BUS_FEEL_TYPE_H
#define BUS_FEEL_TYPE_H

#include "bus/feel/value.h"

struct feel_node;
enum feel_type_kind {
    FEEL_T_ANY,
    FEEL_T_KIND, /* of one kind, nothing said of its parts */
    FEEL_T_LIST,
    FEEL_T_RANGE,
    FEEL_T_CONTEXT,
    FEEL_T_FUNCTION
};
struct feel_type;
struct feel_field
{
    struct bus_strv name;
    const struct feel_type *type;
};
struct feel_type
{
    enum feel_type_kind is;
    enum feel_kind kind;             /* KIND */
    const struct feel_type *of;      /* element, end point, result; or NULL */
    const struct feel_field *fields; /* entries; parameters */
    size_t count;
    struct bus_strv name;            /* of its item definition, or "" */
    const struct feel_node *allowed; /* unary tests, or NULL */
    const struct feel_type *base;    /* another definition it narrows */
    bool any_function;               /* no parameters and result said */
};

extern const struct feel_type feel_type_any;
/* "number", "date and time", "list", ...; NULL if it is none of FEEL's own. */
const struct feel_type *feel_type_named(struct bus_strv name);
/* instance of, without allowed values. */
bool feel_type_has(const struct feel_type *t, const struct feel_value *v);
/* May a value of type a stand where b is asked (table 45)? */
bool feel_type_conforms(const struct feel_type *a, const struct feel_type *b);

#endif
