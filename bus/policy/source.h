/* What stands behind a compiled catalogue: the files' own entries, for whoever
 * shows, checks or compares them. All borrowed from the catalogue. */
#ifndef BUS_POLICY_SOURCE_H
#define BUS_POLICY_SOURCE_H

#include "bus/base/bounds.h"
#include "bus/policy/catalogue.h"

size_t bus_policy_fact_count(const struct bus_policy_catalogue *c);
/* Worked out of other facts by a rule, and supplied by nobody? */
bool bus_policy_fact_derived(const struct bus_policy_catalogue *c, int fact);
/* Its entry of facts.yaml: type, unit, words, zh, en, sources. */
const struct bus_node *
bus_policy_fact_node(const struct bus_policy_catalogue *c, int fact);
/* The fact of that name, or -1; the next few behind `before` (-1: none) are
 * tried first, for lists of facts mostly keep the dictionary's order. */
int bus_policy_fact_after(const struct bus_policy_catalogue *c,
                          int before,
                          struct bus_strv name);
/* What a value of it may be. */
const struct bus_bounds *
bus_policy_fact_bounds(const struct bus_policy_catalogue *c, int fact);
/* Names a person: it stands in the personal record, and in no list of facts. */
bool bus_policy_fact_personal(const struct bus_policy_catalogue *c, int fact);
/* The place of a source among those of the fact, the best is 0; -1: it may not
 * supply it. */
int bus_policy_fact_rank(const struct bus_policy_catalogue *c,
                         int fact,
                         struct bus_strv source);
/* Days for which what the source said stays good (sources.<code>.fresh); 0: for
 * ever. Less than a day is one. */
int32_t bus_policy_source_fresh(const struct bus_policy_catalogue *c,
                                struct bus_strv source);
/* A value (kind, number, text) within its bounds, said on that day. */
bool bus_policy_fact_fits(const struct bus_policy_catalogue *c,
                          const struct bus_policy_fact *value,
                          int32_t today);
/* By its bare name, English or Chinese; -1 if there is none. */
int bus_policy_fact_named(const struct bus_policy_catalogue *c,
                          bool member,
                          struct bus_strv name);
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

/* The signs of item i's version in force (signs.c) as FEEL, "" for none;
 * derived: taken out of its condition. */
struct bus_strv bus_policy_signs_of(const struct bus_policy_catalogue *c,
                                    size_t i,
                                    int32_t rule_date,
                                    bool *ret_derived);
/* Is one of them there in the household? Fails for want of room. */
int bus_policy_has_sign(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        int item,
                        struct bus_arena *mem,
                        bool *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

/* What a fact (given or derived) or a standard is for the household on that
 * day, as text in mem: plain digits, true, a word, 2026-10-09; "?" while it is
 * unknown, "-" for none. member -1: the household's own fact. */
struct household_view;
struct bus_policy_values /* read once, for who asks for many; all borrowed */
{
    const struct bus_policy_catalogue *c;
    const struct bus_policy_household *h;
    struct household_view *view;
};
int bus_policy_values_open(const struct bus_policy_catalogue *c,
                           const struct bus_policy_household *h,
                           int32_t rule_date,
                           struct bus_arena *mem,
                           struct bus_policy_values *ret,
                           struct bus_err *err) BUS_MUSTCHECK;
struct bus_strv bus_policy_values_fact(const struct bus_policy_values *v,
                                       struct bus_policy_missing which);
struct bus_strv bus_policy_values_standard(const struct bus_policy_values *v,
                                           int standard);
int bus_policy_fact_text(const struct bus_policy_catalogue *c,
                         const struct bus_policy_household *h,
                         int32_t rule_date,
                         struct bus_policy_missing which,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err);
int bus_policy_standard_text(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int standard,
                             struct bus_arena *mem,
                             struct bus_strv *ret,
                             struct bus_err *err);

#endif
