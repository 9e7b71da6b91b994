/* Access rules as they should be, as they are, and making them so. Rules of
 * principals that the list does not name are left alone. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/admin_parts.h"

static rd_kafka_ResourceType_t acl_restype(enum bus_acl_resource r)
{
    return r == BUS_ACL_TOPIC   ? RD_KAFKA_RESOURCE_TOPIC
           : r == BUS_ACL_GROUP ? RD_KAFKA_RESOURCE_GROUP
                                : RD_KAFKA_RESOURCE_TRANSACTIONAL_ID;
}

static rd_kafka_AclOperation_t acl_operation(enum bus_acl_operation o)
{
    return o == BUS_ACL_READ    ? RD_KAFKA_ACL_OPERATION_READ
           : o == BUS_ACL_WRITE ? RD_KAFKA_ACL_OPERATION_WRITE
                                : RD_KAFKA_ACL_OPERATION_DESCRIBE;
}

static rd_kafka_ResourcePatternType_t acl_pattern(const struct bus_acl *a)
{
    return a->prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED
                       : RD_KAFKA_RESOURCE_PATTERN_LITERAL;
}

/* False: it is none of the shapes that the list has. */
static bool acl_read(const rd_kafka_AclBinding_t *b, struct bus_acl *ret)
{
    BUS_CHECK(b != NULL);
    rd_kafka_ResourceType_t type = rd_kafka_AclBinding_restype(b);
    rd_kafka_AclOperation_t op = rd_kafka_AclBinding_operation(b);
    *ret = (struct bus_acl){
        .principal = rd_kafka_AclBinding_principal(b),
        .resource = type == RD_KAFKA_RESOURCE_TOPIC   ? BUS_ACL_TOPIC
                    : type == RD_KAFKA_RESOURCE_GROUP ? BUS_ACL_GROUP
                                                      : BUS_ACL_TRANSACTION,
        .name = rd_kafka_AclBinding_name(b),
        .prefixed = rd_kafka_AclBinding_resource_pattern_type(b) ==
                    RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
        .operation = op == RD_KAFKA_ACL_OPERATION_READ    ? BUS_ACL_READ
                     : op == RD_KAFKA_ACL_OPERATION_WRITE ? BUS_ACL_WRITE
                                                          : BUS_ACL_DESCRIBE,
    };
    return acl_restype(ret->resource) == type &&
           acl_operation(ret->operation) == op &&
           rd_kafka_AclBinding_permission_type(b) ==
               RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW &&
           strcmp(rd_kafka_AclBinding_host(b), "*") == 0;
}

static bool
acl_in(const struct bus_acl *list, size_t n, const struct bus_acl *one)
{
    for (size_t i = 0; i < n; i++) {
        if (bus_conf_acl_cmp(&list[i], one) == 0) {
            return true;
        }
    }
    return false;
}

static bool
acl_principal_in(const struct bus_acl *list, size_t n, const char *who)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].principal, who) == 0) {
            return true;
        }
    }
    return false;
}

static int acl_describe_once(struct bus_kafka_admin *a,
                             rd_kafka_event_t **ret,
                             struct bus_err *err)
{
    char why[256];
    rd_kafka_AclBindingFilter_t *all = rd_kafka_AclBindingFilter_new(
        RD_KAFKA_RESOURCE_ANY, NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, NULL, NULL,
        RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, why,
        sizeof(why));
    if (all == NULL) {
        return bus_fail(err, BUS_EBUG, "access rules: %s", why);
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DESCRIBEACLS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_DescribeAcls(a->rk, all, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_AclBinding_destroy(all);
    return kafka_admin_wait(a, RD_KAFKA_EVENT_DESCRIBEACLS_RESULT,
                            "access rules of the brokers", ret, err);
}

static int acl_describe(struct bus_kafka_admin *a,
                        rd_kafka_event_t **ret,
                        struct bus_err *err)
{
    int rc, tries = 0;
    do {
        rc = acl_describe_once(a, ret, err);
    } while (kafka_admin_again(rc, &tries));
    return rc;
}

static int acl_keep(struct bus_kafka_acl_plan *p,
                    const struct bus_acl *one,
                    bool add,
                    struct bus_arena *mem,
                    struct bus_err *err)
{
    BUS_CHECK(p->list != NULL && one->principal != NULL && one->name != NULL);
    struct bus_kafka_acl_change *c = &p->list[p->n];
    *c = (struct bus_kafka_acl_change){.add = add, .acl = *one};
    c->acl.principal = bus_arena_strdup(mem, one->principal);
    c->acl.name = bus_arena_strdup(mem, one->name);
    if (c->acl.principal == NULL || c->acl.name == NULL) {
        return bus_fail(err, BUS_ENOMEM, "access rules");
    }
    p->n++;
    return BUS_OK;
}

static int acl_compare(const struct bus_acl *want,
                       size_t n,
                       const rd_kafka_AclBinding_t **are,
                       size_t are_n,
                       struct bus_arena *mem,
                       struct bus_kafka_acl_plan *ret,
                       struct bus_err *err)
{
    struct bus_acl *have = bus_arena_calloc(mem, are_n + 1, sizeof(*have));
    ret->list = bus_arena_calloc(mem, n + are_n + 1, sizeof(*ret->list));
    size_t have_n = 0;
    if (have == NULL || ret->list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "access rules");
    }
    for (size_t i = 0; i < are_n; i++) {
        have_n += acl_read(are[i], &have[have_n]);
    }
    for (size_t i = 0; i < n; i++) {
        if (!acl_in(have, have_n, &want[i])) {
            BUS_TRY(acl_keep(ret, &want[i], true, mem, err));
        }
    }
    for (size_t i = 0; i < have_n; i++) {
        if (acl_principal_in(want, n, have[i].principal) &&
            !acl_in(want, n, &have[i])) {
            BUS_TRY(acl_keep(ret, &have[i], false, mem, err));
        }
    }
    return BUS_OK;
}

int bus_kafka_acls_plan(struct bus_kafka_admin *a,
                        const struct bus_acl *acls,
                        size_t n,
                        struct bus_arena *mem,
                        struct bus_kafka_acl_plan *ret,
                        struct bus_err *err)
{
    BUS_CHECK(a->rk != NULL && (acls != NULL || n == 0));
    rd_kafka_event_t *ev = NULL;
    *ret = (struct bus_kafka_acl_plan){0};
    BUS_TRY(acl_describe(a, &ev, err));
    size_t are_n = 0;
    const rd_kafka_AclBinding_t **are = rd_kafka_DescribeAcls_result_acls(
        rd_kafka_event_DescribeAcls_result(ev), &are_n);
    int rc = acl_compare(acls, n, are, are_n, mem, ret, err);
    rd_kafka_event_destroy(ev);
    return rc;
}

static rd_kafka_AclBinding_t *acl_binding(const struct bus_acl *a, bool filter)
{
    char why[256];
    return filter ? rd_kafka_AclBindingFilter_new(
                        acl_restype(a->resource), a->name, acl_pattern(a),
                        a->principal, "*", acl_operation(a->operation),
                        RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why, sizeof(why))
                  : rd_kafka_AclBinding_new(
                        acl_restype(a->resource), a->name, acl_pattern(a),
                        a->principal, "*", acl_operation(a->operation),
                        RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why, sizeof(why));
}

static int acl_created(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    BUS_TRY(kafka_admin_wait(a, RD_KAFKA_EVENT_CREATEACLS_RESULT,
                             "make access rules", &ev, err));
    BUS_CHECK(ev != NULL);
    size_t n = 0;
    int rc = BUS_OK;
    const rd_kafka_acl_result_t **r = rd_kafka_CreateAcls_result_acls(
        rd_kafka_event_CreateAcls_result(ev), &n);
    for (size_t i = 0; i < n && rc == BUS_OK; i++) {
        const rd_kafka_error_t *e = rd_kafka_acl_result_error(r[i]);
        if (e != NULL) {
            rc = bus_fail(err, kafka_errc(rd_kafka_error_code(e)),
                          "make access rules: %s", rd_kafka_error_string(e));
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

static int acl_deleted(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    BUS_TRY(kafka_admin_wait(a, RD_KAFKA_EVENT_DELETEACLS_RESULT,
                             "take access rules away", &ev, err));
    rd_kafka_event_destroy(ev);
    return BUS_OK;
}

/* Those to add, or those to take away. */
static int acl_send(struct bus_kafka_admin *a,
                    const struct bus_kafka_acl_plan *plan,
                    bool add,
                    struct bus_err *err)
{
    BUS_CHECK(plan->n == 0 || plan->list != NULL);
    rd_kafka_AclBinding_t **list = bus_calloc(plan->n + 1, sizeof(*list));
    size_t n = 0;
    if (list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "access rules");
    }
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->list[i].add == add) {
            list[n] = acl_binding(&plan->list[i].acl, !add);
            BUS_CHECK(list[n] != NULL);
            n++;
        }
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, add ? RD_KAFKA_ADMIN_OP_CREATEACLS
                                             : RD_KAFKA_ADMIN_OP_DELETEACLS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    int rc = BUS_OK;
    if (n > 0 && add) {
        rd_kafka_CreateAcls(a->rk, list, n, o, a->queue);
        rc = acl_created(a, err);
    } else if (n > 0) {
        rd_kafka_DeleteAcls(a->rk, list, n, o, a->queue);
        rc = acl_deleted(a, err);
    }
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_AclBinding_destroy_array(list, n);
    bus_free(list);
    return rc;
}

int bus_kafka_acls_apply(struct bus_kafka_admin *a,
                         const struct bus_kafka_acl_plan *plan,
                         struct bus_err *err)
{
    BUS_CHECK(a->rk != NULL && (plan->list != NULL || plan->n == 0));
    BUS_TRY(acl_send(a, plan, true, err));
    return acl_send(a, plan, false, err);
}
