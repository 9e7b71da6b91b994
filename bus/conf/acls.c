#include "bus/conf/acls.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"

#define ROLE_MAX    96 /* of one role, partners' topics not counted */
#define PARTNER_MAX 12 /* of one partner, both sides */

struct acl_maker
{
    const struct bus_config *c;
    struct bus_arena *mem;
    struct bus_acl *list;
    size_t count, cap;
    bool failed;
};

const char *bus_conf_acl_resource_word(enum bus_acl_resource r)
{
    static const char *const words[] = {"topic", "group", "transaction"};
    BUS_CHECK((size_t)r < sizeof(words) / sizeof(words[0]));
    return words[r];
}

const char *bus_conf_acl_operation_word(enum bus_acl_operation o)
{
    static const char *const words[] = {"read", "write", "describe"};
    BUS_CHECK((size_t)o < sizeof(words) / sizeof(words[0]));
    return words[o];
}

int bus_conf_acl_cmp(const struct bus_acl *a, const struct bus_acl *b)
{
    int c = strcmp(a->principal, b->principal);
    c = c != 0 ? c : (int)a->resource - (int)b->resource;
    c = c != 0 ? c : strcmp(a->name, b->name);
    c = c != 0 ? c : (int)a->prefixed - (int)b->prefixed;
    return c != 0 ? c : (int)a->operation - (int)b->operation;
}

static int acl_by_rank(const void *a, const void *b)
{
    return bus_conf_acl_cmp(a, b);
}

static void acl_add(struct acl_maker *m,
                    const char *who,
                    enum bus_acl_resource resource,
                    const char *name,
                    enum bus_acl_operation operation)
{
    BUS_CHECK(m->count < m->cap);
    m->list[m->count] =
        (struct bus_acl){bus_arena_printf(m->mem, "User:%s", who), resource,
                         name, resource == BUS_ACL_TRANSACTION, operation};
    m->failed |= m->list[m->count++].principal == NULL || name == NULL;
}

static void acl_topic(struct acl_maker *m,
                      const char *who,
                      enum bus_acl_operation operation,
                      const char *what,
                      const char *part)
{
    acl_add(m, who, BUS_ACL_TOPIC, bus_conf_topic(m->c, m->mem, what, part),
            operation);
}

/* What a role reads and writes of the bus's own. */
struct acl_role
{
    const char *who;
    const char *reads[12], *writes[10];
    const char *group; /* NULL: none */
    bool transacts;    /* under the group's name */
};
static const struct acl_role roles[] = {
    {"lianou-intake",
     {"register", NULL},
     {"applications", "membership-changes", "requests", NULL},
     NULL,
     false},
    {"lianou-matcher",
     {"applications", "membership-changes", "requests", "reviews",
      "memberships", "dispatches", "catalogue", "register", "households",
      "household-keys", NULL},
     {"evaluations", "cases", "parked", "memberships", "households",
      "household-keys", "reviews", "catalogue", NULL},
     "matcher",
     true},
    {"lianou-dispatch",
     {"cases", "dead-letters", NULL},
     {"dispatches", NULL},
     "dispatch",
     true},
    {"lianou-desk", {"register", NULL}, {NULL}, NULL, false},
    {"lianou-treasury",
     {"cases", "membership-changes", "register", NULL},
     {NULL},
     "treasury",
     false},
    {"lianou-clock", {"dues", NULL}, {"dues", NULL}, NULL, false},
    {"lianou-bureau",
     {"catalogue", "register", NULL},
     {"catalogue", "register", "sheets", "postings", NULL},
     NULL,
     false},
};

static void acl_role(struct acl_maker *m, const struct acl_role *r)
{
    for (size_t i = 0; r->reads[i] != NULL; i++) {
        acl_topic(m, r->who, BUS_ACL_READ, r->reads[i], NULL);
    }
    for (size_t i = 0; r->writes[i] != NULL; i++) {
        acl_topic(m, r->who, BUS_ACL_WRITE, r->writes[i], NULL);
    }
    if (r->group == NULL) {
        return;
    }
    const char *group = bus_conf_topic(m->c, m->mem, r->group, NULL);
    acl_add(m, r->who, BUS_ACL_GROUP, group, BUS_ACL_READ);
    acl_topic(m, r->who, BUS_ACL_WRITE, "dead-letters", NULL);
    if (r->transacts) {
        acl_add(m, r->who, BUS_ACL_TRANSACTION, group, BUS_ACL_WRITE);
        acl_add(m, r->who, BUS_ACL_TRANSACTION, group, BUS_ACL_DESCRIBE);
    }
}

/* Which role writes what a partner is asked. What it answers, the matcher
 * reads. */
static const char *acl_asking_role(int kind)
{
    return kind == BUS_PARTNER_DEPARTMENT || kind == BUS_PARTNER_INSURER
               ? "lianou-matcher"
               : "lianou-dispatch";
}

/* What was wrong with what it sent: dispatch tells it. */
static void acl_notices(struct acl_maker *m, const char *who, const char *code)
{
    acl_topic(m, who, BUS_ACL_READ, "notices", code);
    acl_topic(m, "lianou-dispatch", BUS_ACL_WRITE, "notices", code);
}

static void acl_partner(struct acl_maker *m, const struct bus_conf_partner *p)
{
    const struct bus_conf_partner_kind_names *k =
        &bus_conf_partner_kind_names[p->kind];
    if (p->file.format == BUS_CONF_BANK_NONE) {
        acl_topic(m, p->code, BUS_ACL_READ, k->out, p->code);
        acl_topic(m, p->code, BUS_ACL_WRITE, k->in, p->code);
    } /* else it has files: who read both would pay twice */
    acl_topic(m, p->code, BUS_ACL_WRITE, "dead-letters", NULL);
    acl_add(m, p->code, BUS_ACL_GROUP,
            bus_arena_printf(m->mem, "%spartner-%s", m->c->prefix, p->code),
            BUS_ACL_READ);
    acl_topic(m, acl_asking_role(p->kind), BUS_ACL_WRITE, k->out, p->code);
    acl_topic(m, "lianou-matcher", BUS_ACL_READ, k->in, p->code);
    if (p->kind == BUS_PARTNER_DEPARTMENT) { /* its officers, on pages */
        acl_topic(m, "lianou-desk", BUS_ACL_WRITE, k->in, p->code);
    }
    acl_notices(m, p->code, p->code);
    if (p->kind == BUS_PARTNER_BANK) {
        acl_topic(m, "lianou-treasury", BUS_ACL_WRITE, k->out, p->code);
        /* whether an order is there already: it is sent once */
        acl_topic(m, "lianou-treasury", BUS_ACL_READ, k->out, p->code);
        acl_topic(m, "lianou-treasury", BUS_ACL_READ, k->in, p->code);
        /* what its files say, and what the treasury refuses itself */
        acl_topic(m, "lianou-treasury", BUS_ACL_WRITE, k->in, p->code);
    }
    if (p->kind == BUS_PARTNER_CHARITY) {
        acl_topic(m, p->code, BUS_ACL_READ, "claim-results", p->code);
        acl_topic(m, "lianou-matcher", BUS_ACL_WRITE, "claim-results", p->code);
        acl_topic(m, "lianou-matcher", BUS_ACL_WRITE, "needs", p->code);
    }
}

static void acl_source(struct acl_maker *m, const struct bus_fact_source *s)
{
    const char *who = bus_arena_printf(m->mem, "source-%s", s->code);
    who = who ? who : "";
    acl_topic(m, who, BUS_ACL_WRITE, "facts", s->code);
    acl_topic(m, "lianou-matcher", BUS_ACL_READ, "facts", s->code);
    acl_notices(m, who, s->code);
    acl_add(m, who, BUS_ACL_GROUP,
            bus_arena_printf(m->mem, "%s%s", m->c->prefix, who), BUS_ACL_READ);
}

/* What two people saw is said by them in a step; the matcher, which has held
 * them against the register, and nobody else writes it there. */
static void acl_survey(struct acl_maker *m)
{
    acl_topic(m, "lianou-matcher", BUS_ACL_READ, "facts", BUS_CONF_SURVEY);
    acl_topic(m, "lianou-matcher", BUS_ACL_WRITE, "facts", BUS_CONF_SURVEY);
}

static void acl_ledger(struct acl_maker *m)
{
    acl_add(m, "lianou-ledger", BUS_ACL_GROUP,
            bus_conf_topic(m->c, m->mem, "ledger", NULL), BUS_ACL_READ);
    acl_add(m, "lianou-ledger", BUS_ACL_TOPIC, m->c->prefix, BUS_ACL_READ);
    m->list[m->count - 1].prefixed = true; /* it keeps all */
}

static size_t without_doubles(struct bus_acl *list, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || bus_conf_acl_cmp(&list[kept - 1], &list[i]) != 0) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

int bus_conf_acls(const struct bus_config *c,
                  struct bus_arena *mem,
                  struct bus_acl **ret,
                  size_t *ret_count,
                  struct bus_err *err)
{
    struct acl_maker m = {.c = c, .mem = mem};
    m.cap = ROLE_MAX + (c->partners_count + c->sources_count) * PARTNER_MAX;
    m.list = bus_arena_calloc(mem, m.cap, sizeof(*m.list));
    if (m.list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "access rules");
    }
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        acl_role(&m, &roles[i]);
    }
    acl_ledger(&m);
    for (size_t i = 0; i < c->sources_count; i++) {
        if (bus_conf_source_told(c, &c->sources[i])) {
            acl_source(&m, &c->sources[i]);
        }
        if (strcmp(c->sources[i].code, BUS_CONF_SURVEY) == 0) {
            acl_survey(&m);
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        acl_partner(&m, &c->partners[i]);
    }
    if (m.failed) {
        return bus_fail(err, BUS_ENOMEM, "access rules");
    }
    qsort(m.list, m.count, sizeof(*m.list), acl_by_rank);
    *ret = m.list;
    *ret_count = without_doubles(m.list, m.count);
    return BUS_OK;
}
