/* What is done for an item before it is decided: its `process`, as what a
 * decision is held against. */
#ifndef BUS_POLICY_PROCESS_H
#define BUS_POLICY_PROCESS_H

#include "bus/policy/catalogue.h"

/* In the order in which they are done; survey and check go side by side. */
enum bus_policy_step {
    BUS_POLICY_STEP_ACCEPT,
    BUS_POLICY_STEP_SURVEY,  /* also a village's review; two people */
    BUS_POLICY_STEP_CHECK,   /* also an assessment, an examination */
    BUS_POLICY_STEP_OPINION, /* not by who confirms it */
    BUS_POLICY_STEP_NOTICE,
    BUS_POLICY_STEP_HEARING, /* before a cut or a stop */
    BUS_POLICY_STEPS
};
#define BUS_POLICY_STEP_BIT(step) (1u << (step))

struct bus_policy_process
{
    unsigned steps;      /* BUS_POLICY_STEP_BIT() of each that is asked for */
    unsigned town;       /* those of them that the town does by itself */
    int32_t notice_days; /* from the day it was posted */
};
/* By the version in force that day; nothing is asked for where there is none.
 * A list, an aid at once, a decision alone: none of these is a step. */
void bus_policy_process_at(const struct bus_policy_catalogue *c,
                           size_t item,
                           int32_t rule_date,
                           struct bus_policy_process *ret);
const char *bus_policy_step_word(enum bus_policy_step step); /* "survey" */

/* The words of process.steps that the catalogue may use, each in spaces. */
#define BUS_POLICY_STEP_WORDS                                   \
    " accept survey review check examine assess opinion notice" \
    " hearing decide letter list aid assign objection pay "

#endif
