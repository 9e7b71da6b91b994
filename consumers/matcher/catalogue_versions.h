/* The catalogues a matcher knows: its folder's, those published to it, each
 * with the first day it is in force, and those that matchers before it had in
 * their folder, to compare with. Pure. */
#ifndef CONSUMERS_MATCHER_CATALOGUE_VERSIONS_H
#define CONSUMERS_MATCHER_CATALOGUE_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/catalogue/publication.h"
#include "bus/policy/catalogue.h"

#define MATCHER_EDITIONS_MAX 32
#define MATCHER_NEVER        BUS_CATALOGUE_NEVER /* known, never in force */
#define MATCHER_KEPT         INT64_MIN

struct matcher_catalogue_version
{
    const struct bus_policy_catalogue *catalogue;
    int32_t effective;    /* first day in China; INT32_MIN: the folder's */
    int64_t published_ms; /* MATCHER_KEPT: only to compare with */
};
struct matcher_catalogue_versions /* in the order they were published */
{
    struct matcher_catalogue_version list[MATCHER_EDITIONS_MAX];
    size_t count;
};

/* The latest published one in force on that day; if nothing published is, the
 * first, which is the folder's. A household never goes back: while `judged_by`
 * (the version of its last evaluation) is a later one, that one stays. NULL for
 * an empty list. */
const struct matcher_catalogue_version *
matcher_catalogue_version_for(const struct matcher_catalogue_versions *e,
                              struct bus_strv judged_by,
                              int32_t day);
/* Puts it in its place by when it was published. One that is there already, as
 * late or later, stays as it is: what is sent again is not newer for that.
 * Nothing that is only kept to compare with takes a published one's place.
 * False: it changes nothing. */
bool matcher_catalogue_version_join(
    struct matcher_catalogue_versions *e,
    const struct matcher_catalogue_version *one);
/* The latest of that version, or NULL. */
const struct matcher_catalogue_version *
matcher_catalogue_version_find(const struct matcher_catalogue_versions *e,
                               struct bus_strv version);
/* The last day on which anything of what judges changed: the edition, or within
 * it a version or a figure that is in force since. */
int32_t
matcher_catalogue_version_turn(const struct matcher_catalogue_version *v,
                               int32_t today);

#endif
