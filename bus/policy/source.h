/* What stands behind a compiled catalogue: the files' own entries, for whoever
 * shows, checks or compares them. All borrowed from the catalogue. */
#ifndef BUS_POLICY_SOURCE_H
#define BUS_POLICY_SOURCE_H

#include "bus/policy/catalogue.h"

size_t bus_policy_fact_count(const struct bus_policy_catalogue *c);
/* Worked out of other facts by a rule, and supplied by nobody? */
bool bus_policy_fact_derived(const struct bus_policy_catalogue *c, int fact);
/* Its entry of facts.yaml: type, unit, words, zh, en, sources. */
const struct bus_node *
bus_policy_fact_node(const struct bus_policy_catalogue *c, int fact);
int bus_policy_standard_find(const struct bus_policy_catalogue *c,
                             struct bus_strv name); /* or -1 */
size_t bus_policy_standard_count(const struct bus_policy_catalogue *c);
const struct bus_node *
bus_policy_standard_node(const struct bus_policy_catalogue *c, size_t i);
/* Item i's file, and its version in force at rule_date (NULL: none). */
const struct bus_node *
bus_policy_item_node(const struct bus_policy_catalogue *c, size_t i);
const struct bus_node *
bus_policy_version_node(const struct bus_policy_catalogue *c,
                        size_t i,
                        int32_t rule_date);

#endif
