#include "consumers/registry/subjects.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/role/types.h"

#define PER_TOPIC 4 /* records at most */

static int subject_add(struct registry_subjects *s,
                       const char *topic,
                       const char *behind,
                       const struct bus_wire_type *type,
                       struct bus_arena *mem,
                       struct bus_err *err)
{
    struct registry_subject *one = &s->v[s->n++];
    one->type = type;
    one->name = bus_arena_printf(mem, "%s-%s", topic, behind);
    return one->name == NULL ? bus_fail(err, BUS_ENOMEM, "subjects")
                             : bus_wire_type_ready(type, err);
}

/* TopicNameStrategy for a topic's own record, TopicRecordNameStrategy for what
 * stands beside it. */
int registry_subjects_fill(struct registry_subjects *s,
                           const struct bus_config *config,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    struct bus_topic *topics = NULL;
    size_t n = 0;
    int rc = bus_conf_topics(config, mem, &topics, &n, err);
    s->v =
        rc ? NULL : bus_arena_calloc(mem, (n + 1) * PER_TOPIC, sizeof(*s->v));
    if (rc == BUS_OK && s->v == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "subjects");
    }
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        BUS_CHECK(strlen(topics[i].name) > strlen(config->prefix));
        const struct bus_wire_type *type = bus_role_types_of_topic(
            bus_strv(topics[i].name + strlen(config->prefix)));
        if (type == NULL) {
            continue;
        }
        rc = subject_add(s, topics[i].name, "value", type, mem, err);
        const struct bus_wire_type *other;
        for (size_t k = 0;
             rc == BUS_OK && (other = bus_role_types_beside(type, k)) != NULL;
             k++) {
            BUS_CHECK(k + 1 < PER_TOPIC);
            rc = subject_add(s, topics[i].name, other->name, other, mem, err);
        }
    }
    return rc;
}

const struct registry_subject *
registry_subject_find(const struct registry_subjects *s, struct bus_strv name)
{
    BUS_CHECK(s->n == 0 || s->v != NULL);
    for (size_t i = 0; i < s->n; i++) {
        if (bus_strv_is(name, s->v[i].name)) {
            return &s->v[i];
        }
    }
    return NULL;
}
