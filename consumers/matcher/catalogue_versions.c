#include "consumers/matcher/catalogue_versions.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/marks.h"

const struct matcher_catalogue_version *
matcher_catalogue_version_find(const struct matcher_catalogue_versions *e,
                               struct bus_strv version)
{
    BUS_CHECK(e->count <= MATCHER_EDITIONS_MAX);
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

int32_t
matcher_catalogue_version_turn(const struct matcher_catalogue_version *v,
                               int32_t today)
{
    BUS_CHECK(v->catalogue != NULL);
    int32_t turn = bus_policy_effective_day(v->catalogue, today);
    return v->effective > turn ? v->effective : turn;
}

static void versions_remove(struct matcher_catalogue_versions *e, size_t i)
{
    BUS_CHECK(i > 0 && i < e->count);
    memmove(&e->list[i], &e->list[i + 1],
            (--e->count - i) * sizeof(e->list[0]));
}

static bool is_kept(const struct matcher_catalogue_version *v)
{
    return v->published_ms == MATCHER_KEPT;
}

/* Makes room: the oldest kept one gives way, else the oldest published one, but
 * not to a kept one. */
static bool versions_make_room(struct matcher_catalogue_versions *e,
                               bool for_a_kept_one)
{
    BUS_CHECK(e->count > 0 && e->count <= MATCHER_EDITIONS_MAX);
    if (e->count < MATCHER_EDITIONS_MAX) {
        return true;
    }
    if (for_a_kept_one && !is_kept(&e->list[1])) {
        return false;
    }
    versions_remove(e, 1); /* the kept ones stand first */
    return true;
}

bool matcher_catalogue_version_join(struct matcher_catalogue_versions *e,
                                    const struct matcher_catalogue_version *one)
{
    BUS_CHECK(one->catalogue != NULL);
    struct matcher_catalogue_version add = *one;
    const char *version = bus_policy_catalogue_version(one->catalogue);
    for (size_t i = 1; i < e->count; i++) {
        const struct matcher_catalogue_version *was = &e->list[i];
        if (strcmp(bus_policy_catalogue_version(was->catalogue), version) ==
            0) {
            if (was->published_ms >= one->published_ms) {
                return false;
            }
            add.catalogue = was->catalogue; /* a lane may hold its texts */
            versions_remove(e, i);
            break;
        }
    }
    if (!versions_make_room(e, is_kept(one))) {
        return false;
    }
    size_t at = 1;
    while (at < e->count && e->list[at].published_ms <= add.published_ms) {
        at++;
    }
    BUS_CHECK(e->count < MATCHER_EDITIONS_MAX && at <= e->count);
    memmove(&e->list[at + 1], &e->list[at],
            (e->count - at) * sizeof(e->list[0]));
    e->list[at] = add;
    e->count++;
    return true;
}
