#include "consumers/matcher/catalogue_versions.h"

const struct matcher_edition *
matcher_edition_find(const struct matcher_editions *e, struct bus_strv version)
{
    for (size_t i = e->count; i > 0; i--) {
        if (bus_strv_is(version, bus_policy_catalogue_version(
                                     e->list[i - 1].catalogue))) {
            return &e->list[i - 1];
        }
    }
    return NULL;
}

const struct matcher_edition *
matcher_edition_for(const struct matcher_editions *e,
                    struct bus_strv judged_by,
                    int32_t day)
{
    const struct matcher_edition *best = e->count > 0 ? &e->list[0] : NULL;
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].effective <= day) {
            best = &e->list[i];
        }
    }
    const struct matcher_edition *last = matcher_edition_find(e, judged_by);
    bool later = last > best && last->effective != MATCHER_NEVER;
    return later ? last : best;
}
