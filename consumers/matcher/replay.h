/* The replay proof: an evaluation that was written is run again from its own
 * snapshot, and compared. Pure. */
#ifndef CONSUMERS_MATCHER_REPLAY_H
#define CONSUMERS_MATCHER_REPLAY_H

#include "consumers/matcher/evaluation.h"

enum replay_outcome {
    REPLAY_IDENTICAL,
    REPLAY_CATALOGUE, /* it was made with another version than the one given */
    REPLAY_INPUTS,    /* the snapshot is not the one that was hashed */
    REPLAY_OUTPUTS    /* the items, or their hash, come out otherwise */
};
struct replay
{
    enum replay_outcome outcome;
    /* The first difference: "items[3] MZ02: amount_fen", "inputs_hash"; what
     * the record says there, and what it is when run again. In mem. */
    struct bus_strv place, recorded, again;
    /* Of REPLAY_INPUTS: the first item that comes out otherwise for it; ""
     * when none does. */
    struct bus_strv also;
    /* Of REPLAY_INPUTS: the first changed fact's name, if the sums of facts
     * tell; `again` is its value in the snapshot, `recorded` "?". */
    struct bus_strv fact;
    size_t fact_at;
};
/* Fills place, recorded, again and fact if the sums tell where
 * the snapshot was changed. */
int matcher_replay_find_fact(const struct sa_evaluation *recorded,
                             struct bus_arena *mem,
                             struct replay *r,
                             struct bus_err *err) BUS_MUSTCHECK;
/* What that fact was when it was hashed, searched for among the values of its
 * kind (a second or so) and proved by the hash of the whole snapshot;
 * `recorded` stays "?" if it is none of them, or if more was changed. */
int matcher_replay_search_fact(const struct bus_policy_catalogue *c,
                               const struct sa_evaluation *recorded,
                               struct bus_arena *mem,
                               struct replay *r,
                               struct bus_err *err) BUS_MUSTCHECK;

/* c need not be of the evaluation's version: then that is the answer, for
 * another catalogue proves nothing. Fails only as bus_policy_evaluate does. */
int matcher_replay_evaluation(const struct bus_policy_catalogue *c,
                              const struct sa_evaluation *recorded,
                              struct bus_arena *mem,
                              struct replay *ret,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
