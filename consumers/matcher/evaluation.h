/* Between the bus's records and the policy room: a household in, verdicts out,
 * and the hashes that let anyone run an evaluation again and compare. */
#ifndef CONSUMERS_MATCHER_EVALUATION_H
#define CONSUMERS_MATCHER_EVALUATION_H

#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/policy/catalogue.h"
#include "bus/role/household.h"
#include "schemas/evaluation.h"
#include "schemas/household_state.h"

/* Fills item, version, department, verdict, amount, reasons, missing,
 * left_out_by. BUS_ETOOBIG: no room in mem. */
int matcher_evaluation_item_of(const struct bus_policy_catalogue *c,
                               int32_t rule_date,
                               const struct bus_role_household_members *members,
                               const struct bus_policy_verdict_of *v,
                               struct bus_arena *mem,
                               struct sa_item_verdict *ret,
                               struct bus_err *err) BUS_MUSTCHECK;
/* *ret: e as it goes out, its facts and items written once (BUS_WIRE_ENCODED;
 * facts are the bytes of e->facts, borrowed, and ends where each ends in them)
 * and its hashes: SHA-256 over (catalogue version, rule date, members, facts)
 * and over the items, each in Avro's binary form in the record's own order up
 * to outputs_hash; and a sum of each fact. */
int matcher_evaluation_encode(const struct sa_evaluation *e,
                              const struct bus_strv *facts,
                              const uint32_t *ends,
                              struct bus_arena *mem,
                              struct sa_evaluation *ret,
                              struct bus_err *err) BUS_MUSTCHECK;

/* What fact_sums holds of one fact's bytes (big endian there): 64-bit little
 * endian words, the last one filled with zeros, h = (h ^ word) * K from h = K,
 * h ^= h >> 32 after each; the low 32 bits. */
#define EVALUATION_SUM_BYTES 4
#define EVALUATION_SUM_K     UINT64_C(0x9e3779b97f4a7c15)
uint32_t matcher_evaluation_fact_sum(const char *p, size_t n);
int matcher_evaluation_inputs_hash(const struct sa_evaluation *e,
                                   struct bus_arena *mem,
                                   struct bus_strv *ret,
                                   struct bus_err *err) BUS_MUSTCHECK;
/* Those of e's facts, as fact_sums. */
int matcher_evaluation_sums(const struct sa_evaluation *e,
                            struct bus_arena *mem,
                            struct bus_strv *ret,
                            struct bus_err *err) BUS_MUSTCHECK;

/* Evaluates the members and facts of e at its rule date: fills
 * catalogue_version, items, both hashes and the sums, nothing encoded. Fails as
 * bus_policy_evaluate, or for want of room. */
int matcher_evaluation_run(const struct bus_policy_catalogue *c,
                           struct sa_evaluation *e,
                           struct bus_arena *mem,
                           struct bus_err *err) BUS_MUSTCHECK;

/* The same for who says itself that there was no room. */
#define evaluation_item(c, date, members, v, mem, ret)                       \
    matcher_evaluation_item_of(                                              \
        c, date,                                                             \
        &(struct bus_role_household_members){(members)->v, (members)->n}, v, \
        mem, ret, NULL)

#endif
