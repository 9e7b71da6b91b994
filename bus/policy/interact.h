/* What items do to each other (policies/interactions.yaml, X1 to X12), solved
 * together: of the lawful sets the one that gives the household most.
 *
 * Claims. A claim is an item for the household as one, or for one member. Two
 * claims meet if either is the household's or both are the same member's.
 * Lawful. A set of claims S, taken from the candidates E, is lawful if
 *   - no claim of S beats another of S that it meets (excludes, precedence,
 *     whole), and no two that meet are of different groups of a choice;
 *   - who beats a claim b of S and is not in S is *ruled out* by S: some claim
 *     of S that it meets beats it, or is of another group of its choice.
 *     (A higher status cannot be waived to keep what it excludes.)
 *   - a claim that is topped up pays more than nothing: its worth less what
 *     the claims of S that it meets, of those items, give the same person
 *     (a household's claim gives each member the same part; a household's
 *     own claim is topped up over other claims of the household only).
 * Best. Most money a year, exactly; then most claims; then, claim by claim in
 * order (the household's first, then member by member, by item code), the set
 * that has the earlier one. */
#ifndef BUS_POLICY_INTERACT_H
#define BUS_POLICY_INTERACT_H

#include "bus/policy/catalogue.h"

#define BUS_POLICY_RELATED_MAX 16 /* items that rules of choice name */
#define BUS_POLICY_TOGETHER_MAX \
    8 /* of them for the household as one, at once */
#define BUS_POLICY_PEOPLE_MAX 64

/* Items by their number among the related ones; bit j of x[i] stands for j. */
struct bus_policy_relations
{
    size_t count;
    uint16_t beats[BUS_POLICY_RELATED_MAX];
    uint16_t beaten[BUS_POLICY_RELATED_MAX];  /* by whom; of beats */
    uint16_t differs[BUS_POLICY_RELATED_MAX]; /* another group of a choice */
    uint16_t tops_up[BUS_POLICY_RELATED_MAX]; /* over these */
};
struct bus_policy_claims /* the candidates */
{
    uint16_t household; /* items claimed for the household as one */
    int64_t household_worth[BUS_POLICY_RELATED_MAX]; /* fen a year */
    size_t members; /* 1 .. BUS_POLICY_PEOPLE_MAX */
    uint16_t member[BUS_POLICY_PEOPLE_MAX];
    int64_t member_worth[BUS_POLICY_PEOPLE_MAX][BUS_POLICY_RELATED_MAX];
};
struct bus_policy_set
{
    uint16_t household;
    uint16_t member[BUS_POLICY_PEOPLE_MAX];
    __int128 money; /* fen a year, times members */
    size_t count;
};
/* mem: scratch, given back. BUS_ETOOBIG: over BUS_POLICY_TOGETHER_MAX, or no
 * room. */
int bus_policy_solve(const struct bus_policy_relations *r,
                     const struct bus_policy_claims *e,
                     struct bus_arena *mem,
                     struct bus_policy_set *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

/* The rule by which having item a leaves out item b, "" for none. */
struct bus_strv
bus_policy_beats(const struct bus_policy_catalogue *c, int a, int b);

/* X11, X12: months within which what hangs on an ended status, or a household
 * that lost a member, is checked again; -1 if no rule says so. when:
 * "status_ended", "member_died". */
int bus_policy_recheck_months(const struct bus_policy_catalogue *c,
                              const char *when);

#endif
