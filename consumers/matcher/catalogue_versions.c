#include "consumers/matcher/catalogue_versions.h"

const struct matcher_catalogue_version *
matcher_catalogue_version_find(const struct matcher_catalogue_versions *e,
                               struct bus_strv version)
{
    for (size_t i = e->count; i > 0; i--) {
        if (bus_strv_is(version, bus_policy_catalogue_version(
                                     e->list[i - 1].catalogue))) {
            return &e->list[i - 1];
        }
    }
    return NULL;
}

const struct matcher_catalogue_version *
matcher_catalogue_version_for(const struct matcher_catalogue_versions *e,
                              struct bus_strv judged_by,
                              int32_t day)
{
    const struct matcher_catalogue_version *best =
        e->count > 0 ? &e->list[0] : NULL;
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].effective <= day) {
            best = &e->list[i];
        }
    }
    const struct matcher_catalogue_version *last =
        matcher_catalogue_version_find(e, judged_by);
    bool later = last > best && last->effective != MATCHER_NEVER;
    return later ? last : best;
}
