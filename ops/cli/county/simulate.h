/* What a simulated partner answers. Pure and deterministic: the same question
 * and seed give the same answer with the same ids, so that answering twice is
 * answering once. */
#ifndef OPS_CLI_COUNTY_SIMULATE_H
#define OPS_CLI_COUNTY_SIMULATE_H

#include "bus/base/arena.h"
#include "bus/base/id.h"
#include "bus/policy/catalogue.h"
#include "bus/role/frame.h"
#include "bus/wire/codec.h"
#include "bus/wire/sealer.h"

#define SIMULATE_ANSWERS_MAX 12 /* to one question: steps, a decision */

/* A department's approver, who does the steps before, and its seal's key. */
struct simulate_officer
{
    const struct bus_conf_partner *department;
    const struct bus_operator *approver; /* NULL: the register has none */
    const struct bus_operator *clerk;
    struct bus_wire_sealer *key; /* NULL: what it decides has no seal */
    char seal_id[48];
};
#define SIMULATE_OFFICERS_MAX 64
struct simulate_rules
{
    const struct bus_config *config;
    struct simulate_officer officers[SIMULATE_OFFICERS_MAX];
    size_t officer_count;
    const struct bus_policy_catalogue *catalogue;
    uint64_t seed;
    int errors; /* percent of unwilling answers: refusals, rejections */
};
struct cli_simulate_answer
{
    const struct bus_wire_type *type;
    const char *ce_type;
    const void *record;
    const char *what; /* "decisions" */
    struct bus_id event_id, household_id, case_id, cause_id;
    int64_t occurred_at;
};
struct simulate_answers
{
    struct cli_simulate_answer v[SIMULATE_ANSWERS_MAX];
    size_t n;
};

/* Finds each department's approver, and opens the keys of their seals: files
 * <folder>/seal-<department>.key; folder NULL: nothing is sealed. */
int cli_simulate_officers(struct simulate_rules *rules,
                          const char *folder,
                          struct bus_err *err) BUS_MUSTCHECK;
void cli_simulate_officers_free(struct simulate_rules *rules);
/* The type of what a partner of this kind is asked, and its topic's word. */
const struct bus_wire_type *
cli_simulate_question(enum bus_conf_partner_kind kind, const char **ret_what);
int cli_simulate_answer(const struct simulate_rules *rules,
                        const struct bus_conf_partner *partner,
                        const void *question,
                        int64_t now_ms,
                        struct bus_arena *mem,
                        struct simulate_answers *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
