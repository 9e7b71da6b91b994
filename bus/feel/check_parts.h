/* What the files of the check share. */
#ifndef BUS_FEEL_CHECK_PARTS_H
#define BUS_FEEL_CHECK_PARTS_H

#include "bus/feel/check.h"
#include "bus/feel/tree.h"

struct feel_check_bound /* a variable; an empty name: the item of a filter */
{
    const struct feel_check_bound *up;
    struct bus_strv name;
    struct feel_shape shape;
};

/* Findings, each with its text in both languages. */
void feel_found_name(struct feel_check *k, const struct feel_node *n);
void feel_found_part(struct feel_check *k,
                     const struct feel_node *n,
                     const struct feel_shape *of);
void feel_found_misfit(struct feel_check *k,
                       const struct feel_node *n,
                       const char *where,
                       const char *want_en,
                       const char *want_zh,
                       enum feel_kind got);
struct feel_shape feel_check_call(struct feel_check *k,
                                  const struct feel_node *n);
/* A context's entries as the properties of its value. */
struct feel_shape feel_entries_shape(struct bus_arena *mem,
                                     const struct feel_check_bound *entries,
                                     const struct feel_node *n);

#endif
