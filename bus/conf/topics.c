/* The topics that follow from a configuration (design: one topic a partner
 * and direction; all case topics share one partition count). */
#include <stdlib.h>
#include <string.h>

#include "bus/conf/acls.h"
#include "bus/conf/bus_config.h"

#include "bus/base/check.h"

#define TOPICS_MAX 4096

/* What is outdated in them is somebody's data, or the key to it. */
#define KEYS_FORGET_MS       INT64_C(43200000)  /* 12 h */
#define HOUSEHOLDS_FORGET_MS INT64_C(604800000) /* 7 d */

const struct bus_conf_partner_kind_names
    bus_conf_partner_kind_names[BUS_PARTNER_KINDS] = {
#define X(name, word, out, in) [BUS_PARTNER_##name] = {word, out, in},
        BUS_PARTNER_KIND_LIST(X)
#undef X
};

struct maker
{
    const struct bus_config *c;
    struct bus_arena *mem;
    struct bus_topic *list;
    size_t count, cap;
    bool failed;
};

const char *bus_conf_topic(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *what,
                           const char *part)
{
    return bus_arena_printf(mem, "%s%s%s%s", c->prefix, what, part ? "." : "",
                            part ? part : "");
}

const char *bus_conf_state(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *role,
                           const char *name)
{
    return bus_arena_printf(mem, "%s/%s%s%s", c->state_dir, role,
                            name ? "/" : "", name ? name : "");
}

static void topics_add(struct maker *m,
                       const char *what,
                       const char *part,
                       int64_t retention_ms)
{
    BUS_CHECK(m->count < m->cap);
    struct bus_topic *t = &m->list[m->count++];
    *t = (struct bus_topic){
        .name = bus_conf_topic(m->c, m->mem, what, part),
        .partitions = (int32_t)m->c->kafka.partitions,
        .replication = (int16_t)m->c->kafka.replication,
        .cleanup = retention_ms < 0 ? BUS_TOPIC_COMPACT : BUS_TOPIC_DELETE,
        .retention_ms = retention_ms,
        .owner = part,
    };
    m->failed = m->failed || !t->name;
}

/* They are few, and of nobody's case: one partition. */
static void add_notices(struct maker *m, const char *code)
{
    topics_add(m, "notices", code, m->c->kafka.retention.trouble_ms);
    m->list[m->count - 1].partitions = 1;
}

static void add_partner(struct maker *m, const struct bus_conf_partner *p)
{
    const struct bus_config_retention *r = &m->c->kafka.retention;
    bool decides = p->kind == BUS_PARTNER_DEPARTMENT; /* of the case itself */
    int64_t ms = decides ? r->case_ms : r->partner_ms;
    add_notices(m, p->code);
    if (p->kind == BUS_PARTNER_SOURCE) {
        return; /* its facts have their topic, whoever writes them */
    }
    topics_add(m, bus_conf_partner_kind_names[p->kind].out, p->code, ms);
    topics_add(m, bus_conf_partner_kind_names[p->kind].in, p->code, ms);
    if (p->kind == BUS_PARTNER_CHARITY) {
        topics_add(m, "claim-results", p->code, ms);
    }
}

bool bus_conf_source_told(const struct bus_config *c,
                          const struct bus_fact_source *s)
{
    return s->topic && bus_conf_partner(c, s->code) == NULL &&
           strcmp(s->code, BUS_CONF_SURVEY) != 0;
}

static int topic_cmp(const void *a, const void *b)
{
    const struct bus_topic *x = a, *y = b;
    return strcmp(x->name, y->name);
}

int bus_conf_topics(const struct bus_config *c,
                    struct bus_arena *mem,
                    struct bus_topic **ret,
                    size_t *ret_count,
                    struct bus_err *err)
{
    const struct bus_config_retention *r = &c->kafka.retention;
    struct maker m = {.c = c, .mem = mem};
    if (c->partners_count * 4 + c->sources_count * 2 + 20 > TOPICS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "more than %d topics", TOPICS_MAX);
    }
    m.cap = c->partners_count * 4 + c->sources_count * 2 + 20;
    m.list = bus_arena_calloc(mem, m.cap, sizeof *m.list);
    if (!m.list) {
        return bus_fail(err, BUS_ENOMEM, "topics");
    }
    topics_add(&m, "applications", NULL, r->case_ms);
    topics_add(&m, "evaluations", NULL, r->case_ms);
    topics_add(&m, "cases", NULL, r->case_ms);
    topics_add(&m, "dispatches", NULL, r->case_ms);
    topics_add(&m, "reviews", NULL, r->case_ms);
    topics_add(&m, "memberships", NULL, r->case_ms);
    topics_add(&m, "membership-changes", NULL, r->case_ms);
    topics_add(&m, "requests", NULL, r->case_ms);
    topics_add(&m, "dues", NULL, r->case_ms);
    topics_add(&m, "sheets", NULL, r->case_ms);
    topics_add(&m, "postings", NULL, r->case_ms);
    topics_add(&m, "households", NULL, -1);
    m.list[m.count - 1].forget_ms = HOUSEHOLDS_FORGET_MS;
    topics_add(&m, "household-keys", NULL, -1);
    m.list[m.count - 1].forget_ms = KEYS_FORGET_MS;
    topics_add(&m, "catalogue", NULL, -1);
    m.list[m.count - 1].partitions = 1;
    topics_add(&m, "register", NULL, -1);
    m.list[m.count - 1].partitions = 1;
    topics_add(&m, "parked", NULL, r->trouble_ms);
    topics_add(&m, "dead-letters", NULL, r->trouble_ms);
    for (size_t i = 0; i < c->sources_count; i++) {
        if (c->sources[i].topic) {
            topics_add(&m, "facts", c->sources[i].code, r->facts_ms);
        }
        if (bus_conf_source_told(c, &c->sources[i])) {
            add_notices(&m, c->sources[i].code);
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        add_partner(&m, &c->partners[i]);
    }
    if (m.failed) {
        return bus_fail(err, BUS_ENOMEM, "topics");
    }
    qsort(m.list, m.count, sizeof *m.list, topic_cmp);
    *ret = m.list;
    *ret_count = m.count;
    return 0;
}
