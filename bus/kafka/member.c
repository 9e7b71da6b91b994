/* Who bears this member's name in its group?
 *
 * A static member that starts takes the name over, and only then begins with
 * transactions. So the group is the judge whenever something looks fenced:
 * - the id it gave us bears the name: no other instance is there (a
 *   transaction timed out at the coordinator, or a request of a process that
 *   was killed came late)
 * - another id bears it: another instance took over
 * - nobody does: our session has ended; the library will say so
 */
#include <stdio.h>
#include <string.h>

#include "bus/kafka/parts.h"

void kafka_member_name(const struct kafka_group_conf *c, char *ret, size_t n)
{
    (void)snprintf(ret, n, "%s-%s", c->group, c->instance);
}

static const char *bearer(const rd_kafka_ConsumerGroupDescription_t *group,
                          const char *name)
{
    size_t n = rd_kafka_ConsumerGroupDescription_member_count(group);
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_MemberDescription_t *m =
            rd_kafka_ConsumerGroupDescription_member(group, i);
        const char *its = rd_kafka_MemberDescription_group_instance_id(m);
        if (its != NULL && strcmp(its, name) == 0) {
            return rd_kafka_MemberDescription_consumer_id(m);
        }
    }
    return NULL;
}

static int read_answer(rd_kafka_event_t *ev,
                       const struct kafka_group_conf *c,
                       const char *member,
                       enum kafka_member *ret,
                       struct bus_err *err)
{
    char name[KAFKA_MEMBER_NAME];
    size_t n = 0;
    kafka_member_name(c, name, sizeof(name));
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
    const rd_kafka_error_t *e =
        n == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
    if (n != 1 || e != NULL) {
        return bus_fail(err, BUS_EAWAY, "members of %s: %s", c->group,
                        e != NULL ? rd_kafka_error_string(e) : "no answer");
    }
    const char *id = bearer(groups[0], name);
    *ret = id == NULL                ? KAFKA_MEMBER_NOBODY
           : strcmp(id, member) == 0 ? KAFKA_MEMBER_OURS
                                     : KAFKA_MEMBER_OTHER;
    return 0;
}

int kafka_member_ask(rd_kafka_t *rk,
                     const struct kafka_group_conf *c,
                     const char *member,
                     enum kafka_member *ret,
                     struct bus_err *err)
{
    char why[128];
    const char *group = c->group;
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, KAFKA_CALL_MS, why,
                                                    sizeof(why));
    rd_kafka_DescribeConsumerGroups(rk, &group, 1, o, q);
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, KAFKA_CALL_MS + 1000);
    int rc = 0;
    if (ev == NULL) {
        rc =
            bus_fail(err, BUS_EAWAY, "members of %s: no broker answers", group);
    } else if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = bus_fail(err, BUS_EAWAY, "members of %s: %s", group,
                      rd_kafka_event_error_string(ev));
    } else {
        rc = read_answer(ev, c, member, ret, err);
    }
    if (ev != NULL) {
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_queue_destroy(q);
    return rc;
}
