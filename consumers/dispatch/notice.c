/* What a partner or a source has sent and nobody can use is a dead letter; here
 * it is told so, on the topic that is its own. What others made of something
 * for it (a task it did not take) is not its fault, and not told. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/dispatch/shell.h"
#include "schemas/dead_letter.h"
#include "schemas/notice.h"

#define ELSE_ZH "未被采纳, 请按英文说明更正后重发"

static bool letter_came_on(const struct sa_dead_letter *d,
                           const char *prefix,
                           const char *what)
{
    struct bus_strv t = d->topic, at = bus_strv(prefix), name = bus_strv(what);
    size_t n = at.n + name.n + 1;
    return t.n == n + d->owner.n && memcmp(t.p, at.p, at.n) == 0 &&
           memcmp(t.p + at.n, name.p, name.n) == 0 && t.p[n - 1] == '.' &&
           memcmp(t.p + n, d->owner.p, d->owner.n) == 0;
}

/* It came on a topic that its owner writes. */
static bool sent_by_owner(const struct bus_config *c,
                          const struct sa_dead_letter *d)
{
    bool his = letter_came_on(d, c->prefix, "facts");
    for (int k = 0; k < BUS_PARTNER_KINDS; k++) {
        his |= letter_came_on(d, c->prefix, bus_conf_partner_kind_names[k].in);
    }
    return his;
}

static const struct dispatch_route *route_to(const struct dispatch_shell *s,
                                             struct bus_strv owner)
{
    for (size_t i = 0; i < s->route_count; i++) {
        if (s->routes[i].topic == DISPATCH_OUT_NOTICES &&
            bus_strv_eq(s->routes[i].partner, owner)) {
            return &s->routes[i];
        }
    }
    return NULL;
}

static struct bus_id sent_id(const struct sa_dead_letter *d)
{
    struct bus_id id = {{0}};
    for (size_t i = 0; i < d->headers.n; i++) {
        if (bus_strv_is(d->headers.v[i].key, "ce_id") &&
            !bus_id_parse(d->headers.v[i].value, &id)) {
            id = (struct bus_id){{0}};
        }
    }
    return id;
}

static const char *reason_zh(const struct bus_config *c, struct bus_strv code)
{
    char name[64];
    const struct bus_node *words = bus_node_get(c->words_node, "reason");
    const char *zh = NULL;
    if (code.n < sizeof(name)) {
        (void)bus_strv_copy(name, sizeof(name), code);
        zh = bus_node_cstr(bus_node_get(bus_node_get(words, name), "zh"));
    }
    return zh != NULL ? zh : ELSE_ZH;
}

int dispatch_notice(struct dispatch_shell *s,
                    struct dispatch_lane *lane,
                    const struct bus_kafka_msg *m,
                    struct bus_kafka_out *out,
                    struct bus_err *err)
{
    const struct bus_config *c = &s->frame.config;
    void *record = NULL;
    BUS_TRY(bus_wire_decode(lane->schemas, &sa_dead_letter_type, m->value,
                            &lane->event, &record, err));
    const struct sa_dead_letter *d = record;
    const struct dispatch_route *to = route_to(s, d->owner);
    if (to == NULL || !sent_by_owner(c, d)) {
        return BUS_OK;
    }
    BUS_CHECK((size_t)to->output < s->output_count);
    struct sa_notice n = {.event_id = bus_wire_dispatch_event_id(
                              "notice", &d->event_id, d->owner, &d->event_id),
                          .household_id = d->household_id,
                          .occurred_at = d->occurred_at,
                          .refers_to = sent_id(d),
                          .topic = d->topic,
                          .partition = d->partition,
                          .offset = d->offset,
                          .reason_code = d->reason_code,
                          .reason_zh = bus_strv(reason_zh(c, d->reason_code)),
                          .reason_en = d->reason};
    struct bus_role_emit e = {.type = &sa_notice_type,
                              .record = &n,
                              .ce_type = "sa.notice.v1",
                              .source = s->frame.source,
                              .event_id = n.event_id,
                              .household_id = n.household_id,
                              .cause_id = d->event_id,
                              .occurred_at = n.occurred_at};
    return bus_role_emit_put(out, to->output, 0, &e, err);
}
