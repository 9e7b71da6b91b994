/* Least disclosure, computed: a department may receive exactly the facts that
 * the rules and forms of its own items, in force on the day, read: their
 * conditions, amounts, beneficiaries, caps, the facts that exclude them
 * (interactions.yaml), and what their forms ask. A derived fact stands for all
 * it is worked out of.
 *
 * One list for everybody: who sends facts asks bus_policy_discloses(), who
 * shows or checks it reads bus_policy_needs(). */
#ifndef BUS_POLICY_DISCLOSE_H
#define BUS_POLICY_DISCLOSE_H

#include "bus/policy/catalogue.h"

enum bus_policy_need_kind {
    BUS_POLICY_NEED_CLAUSE, /* of the condition */
    BUS_POLICY_NEED_AMOUNT,
    BUS_POLICY_NEED_BENEFICIARIES,
    BUS_POLICY_NEED_CAP,
    BUS_POLICY_NEED_EXCLUSION, /* a rule between items */
    BUS_POLICY_NEED_FORM
};
struct bus_policy_need
{
    int fact, item;
    enum bus_policy_need_kind kind;
    struct bus_strv key;  /* clause key "MZ01.2", rule "X6", "" otherwise */
    struct bus_strv rule; /* the text that reads it; "" for a form */
    /* What that text names: the fact itself, or the derived fact or standard
     * by which it is reached ("household.meets_dibao"); "" = itself. */
    struct bus_strv through;
};

#define BUS_POLICY_FACTS_MAX 1024
struct bus_policy_facts
{
    uint64_t w[BUS_POLICY_FACTS_MAX / 64]; /* bit f: fact f */
};
static inline bool bus_policy_facts_has(const struct bus_policy_facts *s,
                                        int fact)
{
    return (s->w[fact / 64] >> (fact % 64) & 1) != 0;
}

/* All that this department may receive on that day; derived facts among them
 * stand for what they are worked out of. */
void bus_policy_discloses(const struct bus_policy_catalogue *c,
                          struct bus_strv department,
                          int32_t rule_date,
                          struct bus_policy_facts *ret);
/* Every need of the department's items, by fact, then item, then kind and
 * place; only facts that somebody supplies, none derived. In mem, texts
 * borrowed from the catalogue. BUS_ETOOBIG: no room. */
int bus_policy_needs(const struct bus_policy_catalogue *c,
                     struct bus_strv department,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     const struct bus_policy_need **ret,
                     size_t *ret_count,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
