/* The registry's subjects: one a topic, "<topic>-value". */
#ifndef CONSUMERS_REGISTRY_SUBJECTS_H
#define CONSUMERS_REGISTRY_SUBJECTS_H

#include "bus/conf/bus_config.h"
#include "bus/wire/codec.h"

struct registry_subject
{
    const char *name;
    const struct bus_wire_type *type;
};
struct registry_subjects
{
    struct registry_subject *v; /* in the order of topics' names */
    size_t n;
};
/* All types are compiled, so that a faulty one ends the start. In mem. */
int registry_subjects_fill(struct registry_subjects *s,
                           const struct bus_config *config,
                           struct bus_arena *mem,
                           struct bus_err *err) BUS_MUSTCHECK;
const struct registry_subject *
registry_subject_find(const struct registry_subjects *s, struct bus_strv name);

#endif
