/* The clauses of a condition as people read them: the rule's own text, cut at
 * what `and` joins at its top, and the same in the words of the dictionary. */
#ifndef BUS_POLICY_CLAUSE_H
#define BUS_POLICY_CLAUSE_H

#include "bus/base/buf.h"
#include "bus/policy/catalogue.h"

#define BUS_POLICY_CLAUSES_MAX 32

/* Cuts a condition's text; views into it, brackets around a whole clause taken
 * off. Returns how many there are; at most max are stored. */
size_t
bus_policy_clauses(struct bus_strv condition, struct bus_strv *ret, size_t max);
/* The text of a clause key ("MZ01.2") of the version in force; "" if there is
 * none such. */
struct bus_strv bus_policy_clause_of(const struct bus_policy_catalogue *c,
                                     struct bus_strv key,
                                     int32_t rule_date);

/* What the item itself says of that clause, {zh, en}: condition.clauses, or the
 * condition's text where there is but one. NULL: nothing. */
const struct bus_node *
bus_policy_clause_text(const struct bus_policy_catalogue *c,
                       struct bus_strv key,
                       int32_t rule_date);

enum bus_policy_lang { BUS_POLICY_ZH, BUS_POLICY_EN };
/* A rule's text with names of facts, standards and words in that language. */
int bus_advice_report_clause(const struct bus_policy_catalogue *c,
                             struct bus_strv rule,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err) BUS_MUSTCHECK;

#endif
