/* Who may read and write which topic: one principal a role and a partner, and
 * exactly what follows from the configuration, as topics do. Kafka's standard
 * authorizer holds it; a topic a partner and direction is what makes it an ACL
 * and not a filter in our code (ops/docs/security.md).
 *
 *   lianou-<role>     intake, matcher, dispatch, ledger
 *   lianou-bureau     who publishes catalogue and register
 *   <partner code>    a partner or its adapter
 *   source-<code>     a source of facts
 * Reading implies describing. Pure. */
#ifndef BUS_CONF_ACLS_H
#define BUS_CONF_ACLS_H

#include "bus/conf/bus_config.h"

enum bus_acl_resource { BUS_ACL_TOPIC, BUS_ACL_GROUP, BUS_ACL_TRANSACTION };
enum bus_acl_operation { BUS_ACL_READ, BUS_ACL_WRITE, BUS_ACL_DESCRIBE };
struct bus_acl
{
    const char *principal; /* "User:lianou-matcher" */
    enum bus_acl_resource resource;
    const char *name; /* with the topics' prefix */
    bool prefixed;    /* every name that begins so */
    enum bus_acl_operation operation;
};
/* In mem, sorted, each once. BUS_ENOMEM. */
int bus_conf_acls(const struct bus_config *c,
                  struct bus_arena *mem,
                  struct bus_acl **ret,
                  size_t *ret_count,
                  struct bus_err *err) BUS_MUSTCHECK;
/* Less than, equal, greater than 0. */
int bus_conf_acl_cmp(const struct bus_acl *a, const struct bus_acl *b);
const char *bus_conf_acl_resource_word(enum bus_acl_resource r);
const char *bus_conf_acl_operation_word(enum bus_acl_operation o);

/* The source has a topic of its own for what is wrong with its facts
 * (notices.<code>): it sends some, and is no partner, who has one already. A
 * survey has none: whoever said its step is told. */
bool bus_conf_source_told(const struct bus_config *c,
                          const struct bus_fact_source *s);

#endif
