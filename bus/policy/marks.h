/* What has changed between two catalogues, or within one from a day to a later
 * one, and whom it can touch. */
#ifndef BUS_POLICY_MARKS_H
#define BUS_POLICY_MARKS_H

#include "bus/policy/catalogue.h"

/* From one catalogue to another: the changed items (also those only one of them
 * has) and, of each catalogue, the facts that a changed item reads: the reverse
 * index from fact to changed item. An item has changed if anything has that
 * bears on it: its file, the standards and derived facts that its rules read,
 * all the way down, the rules between items that name it. */
struct bus_policy_change_set
{
    const struct bus_policy_catalogue *from, *to;
    size_t items;                      /* how many changed */
    const bool *from_facts, *to_facts; /* by fact id of each */
};
/* In mem. from NULL: every item counts as changed. BUS_ETOOBIG: no room. */
int bus_policy_change_set(const struct bus_policy_catalogue *from,
                          const struct bus_policy_catalogue *to,
                          struct bus_arena *mem,
                          struct bus_policy_change_set *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Within one catalogue, from a day to a later one: an item has changed if
 * another version of it is in force, or another figure of a standard that it
 * reads. */
int bus_policy_change_days(const struct bus_policy_catalogue *c,
                           int32_t from_day,
                           int32_t to_day,
                           struct bus_arena *mem,
                           struct bus_policy_change_set *ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* The last day up to `day` on which a version begins or has ended, or a figure
 * begins; INT32_MIN: none. */
int32_t bus_policy_effective_day(const struct bus_policy_catalogue *c,
                                 int32_t day);
/* Does a changed item read this fact? */
bool bus_policy_change_reads(const struct bus_policy_change_set *s,
                             struct bus_strv fact);
/* Two results of one household, item by item: the same verdicts, amounts,
 * versions, reasons, missing facts, exclusions? Each with its rule date. */
bool bus_policy_same_result(const struct bus_policy_change_set *s,
                            const struct bus_policy_result *from,
                            int32_t from_date,
                            const struct bus_policy_result *to,
                            int32_t to_date);

#endif
