/* The compiled catalogue, and what its files share. */
#ifndef BUS_POLICY_CATALOGUE_PARTS_H
#define BUS_POLICY_CATALOGUE_PARTS_H

#include "bus/base/bounds.h"
#include "bus/base/hash.h"
#include "bus/feel/check.h"
#include "bus/feel/feel.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/disclose.h"
#include "bus/policy/fact_set.h"
#include "bus/policy/interact.h"
#include "bus/policy/program.h"

#define CATALOGUE_CLAUSES_MAX 32
#define CATALOGUE_BYTES_MAX   (64u << 20)
#define CATALOGUE_SHUTS_MAX   4
#define CYCLE_STEPS_MAX       64 /* derived out of derived */

enum fact_sign { SIGN_TELLS, SIGN_WHO, SIGN_NONE }; /* signs.c */
enum fact_claim { CLAIM_NONE, CLAIM_ZERO, CLAIM_NO, CLAIM_NULL };
struct fact_def
{
    struct bus_strv name;     /* "household.income_total_fen" */
    struct bus_strv bare, zh; /* behind the dot; in Chinese */
    bool member, pii;
    bool confirmed; /* what is given by itself follows it only if verified */
    enum fact_sign sign;
    enum fact_claim claim; /* while nobody has said it (decisions/0051) */
    const struct bus_node *body;
    const struct bus_node *sources; /* list of words, NULL for derived */
    struct bus_bounds bounds;
    struct feel_words words; /* word_at NULL: no enumeration */
    const struct feel_node *derived;
    const struct program *program; /* of derived */
    struct bus_policy_facts reads; /* of derived, all the way down */
    bool closing, closed, dated;   /* while worked out; names the rule date */
};
struct standard_value
{
    int32_t from;
    int by; /* fact whose word chooses, -1: one value */
    struct feel_value value;
    const struct bus_node *in; /* word -> figure */
};
struct standard_def
{
    struct bus_strv name, zh;
    struct bus_strv full; /* "standard.dibao_fen" */
    struct standard_value *values;
    size_t count;
    const struct feel_node *derived;
    const struct program *program; /* of derived */
    const struct bus_node *body;
    struct bus_policy_facts reads; /* that choose or make its figure */
    bool closing, dated;           /* time alone changes it */
    bool read;                     /* by an item, or by what an item reads */
};
struct part_reads /* of a version: one text and the facts it hangs on */
{
    enum bus_policy_need_kind kind;
    struct bus_strv key, text; /* a clause has a key and no text */
    const struct feel_node *tree;
    struct bus_policy_facts reads;
};
struct version_def
{
    const struct bus_node *node;
    struct bus_policy_item item; /* as bus_policy_item_at gives it */
    int32_t from, to;
    int64_t per_year; /* payments of its amount */
    const struct feel_node *condition, *amount, *cap, *beneficiaries;
    uint64_t models; /* hash of those it asks */
    const struct feel_node *clauses[CATALOGUE_CLAUSES_MAX];
    struct bus_strv clause_keys[CATALOGUE_CLAUSES_MAX];
    size_t clause_count;
    bool clauses_whole, sign_derived; /* they are all there are */
    uint64_t dated; /* bit i: clause i names the rule date; 63: any part */
    const struct feel_node *sign; /* NULL: it has none */
    struct bus_strv sign_text;
    const struct program *condition_p, *amount_p, *cap_p, *sign_p;
    const struct program *clauses_p[CATALOGUE_CLAUSES_MAX];
    struct part_reads *parts;
    size_t part_count;
    struct bus_policy_facts reads; /* of all parts, form, what excludes */
};
struct item_shut
{
    int fact, rule;
};
struct item_def
{
    struct bus_strv code, department;
    const struct bus_node *node;
    struct version_def *versions; /* by from */
    size_t count;
    struct bus_policy_facts reads; /* of all its versions */
    struct bus_policy_facts form;
    int related;    /* its number among the related ones, -1 */
    bool whole;     /* claimed for the household as one */
    bool by_status; /* begins by itself, from confirmed statuses only */
    struct item_shut shuts[CATALOGUE_SHUTS_MAX]; /* facts that exclude it */
    struct bus_policy_facts shut_reads[CATALOGUE_SHUTS_MAX];
    size_t shut_count;
};
struct rule_def /* of interactions.yaml */
{
    struct bus_strv id, kind;
    const struct bus_node *node;
    bool member; /* on each member, else on the household */
    int item;    /* -1 */
    int fact;    /* that excludes, -1 */
    const int *others;
    size_t other_count;
    const int *groups; /* item numbers, -1 between groups */
    size_t group_count;
};

struct plan; /* verdicts.c: what is looked at for one stretch of days */
struct bus_policy_catalogue
{
    struct bus_arena mem;
    char version[17];
    struct fact_def *facts;
    size_t fact_count;
    const struct bus_node *sources; /* of facts.yaml */
    int64_t item_max_fen;           /* 0: no limit */
    struct bus_map fact_names;      /* full name -> fact_def */
    struct bus_map household_names, member_names, standard_names, item_codes;
    struct standard_def *standards;
    size_t standard_count;
    struct item_def *items; /* by code */
    size_t item_count;
    struct rule_def *rules;
    size_t rule_count, plan_count;
    struct dmn_model **models; /* of the sources' models; NULL: not asked */
    size_t model_count;
    struct plan *plans; /* by their first day */
    struct bus_policy_relations relations;
    int related[BUS_POLICY_RELATED_MAX]; /* item numbers */
    uint8_t why[BUS_POLICY_RELATED_MAX]
               [BUS_POLICY_RELATED_MAX]; /* rule, from 1 */
};

struct loading
{
    struct bus_policy_catalogue *c;
    struct bus_faults *faults;
    const struct bus_source *models;
    size_t model_count;
};

/* NULL for an absent node or a fault. */
const struct feel_node *policy_catalogue_feel(struct loading *l,
                                              const struct bus_node *n,
                                              const char *path);
/* catalogue_dmn.c: {dmn: model.dmn, decision: name, inputs: {..}} as a tree;
 * its model's text goes into *hash. NULL if the body names no model, or a
 * fault. */
const struct feel_node *policy_catalogue_decision(struct loading *l,
                                                  const struct bus_node *body,
                                                  const char *path,
                                                  enum feel_kind want,
                                                  uint64_t *hash);
const struct version_def *policy_catalogue_version_at(const struct item_def *it,
                                                      int32_t day);
void policy_catalogue_reads(const struct bus_policy_catalogue *c,
                            const struct feel_node *n,
                            struct bus_policy_facts *set);
void policy_catalogue_hash(const struct bus_node *n, uint64_t *h);
struct bus_strv policy_catalogue_text(struct loading *l,
                                      const struct bus_node *n);
void policy_catalogue_load_facts(struct loading *l,
                                 const struct bus_node *facts);
void policy_catalogue_load_standards(struct loading *l,
                                     const struct bus_node *n);
void policy_catalogue_load_item(struct loading *l,
                                const struct bus_node *n,
                                struct item_def *to);
void policy_catalogue_load_rules(struct loading *l, const struct bus_node *n);
/* After the rules: what each version reads, and where (disclose.c); cycles.c;
 * verdicts.c. */
void policy_needs_load(struct loading *l);
void policy_signs_load(struct loading *l); /* signs.c, then */
void policy_check_cycles(struct loading *l);
void policy_plan(struct loading *l);
void policy_unplan(struct bus_policy_catalogue *c);

/* interact.c: the relations of all rules, once they are read; the best
 * lawful set, with its shares, amounts, left_out_by. */
void policy_relate(struct loading *l);
int policy_interact(const struct bus_policy_catalogue *c,
                    struct bus_policy_verdict_of *items,
                    size_t n,
                    size_t members,
                    int32_t rule_date,
                    struct bus_arena *mem,
                    struct bus_err *err);

#endif
