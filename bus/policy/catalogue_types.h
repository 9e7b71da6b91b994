/* What nobody knows: names that are not in scope, kinds that cannot fit, words
 * that are none (bus/feel/check.h). Inside the room; faults are added with
 * their place, what was written and what may be. */
#ifndef BUS_POLICY_CATALOGUE_TYPES_H
#define BUS_POLICY_CATALOGUE_TYPES_H

#include "bus/policy/catalogue_parts.h"

/* want: of the whole; FEEL_UNKNOWN for any. Facts and standards are loaded. */
void policy_catalogue_check_kinds(struct loading *l,
                                  const struct bus_node *n,
                                  const struct feel_node *tree,
                                  const char *path,
                                  enum feel_kind want);
/* Of what an input of a model stands for; what can be told of it. */
struct feel_shape policy_catalogue_check_input(struct loading *l,
                                               const struct bus_node *n,
                                               const struct feel_node *tree,
                                               const char *path);
/* The words of an enumeration, from facts.yaml. */
void policy_catalogue_fact_words(struct fact_def *f);
/* Of all derived facts and standards. */
void policy_catalogue_check_derived(struct loading *l);

#endif
