/* A plausible county's households, one after the other: real villages,
 * made-up people. Sizes, ages and shares after census figures (mean size 2.77;
 * about one person in twenty on a low income), incomes with a low tail, and
 * what goes together in life goes together here: age, illness, work, income,
 * schooling, spending. Household i of a seed is always the same, and is made
 * alone: nothing is kept from one to the next.
 *
 * Identity numbers stand under division 000000, which is nowhere. At scale a
 * number may come twice; real ones do not. */
#ifndef OPS_CLI_COUNTY_GENERATE_HOUSEHOLD_H
#define OPS_CLI_COUNTY_GENERATE_HOUSEHOLD_H

#include "bus/base/buf.h"
#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"

#define GENERATE_DAY             20727 /* 2026-10-01, unless told otherwise */
#define GENERATE_PEOPLE_MAX      8
#define GENERATE_FACTS_MAX       96 /* of a household, and of a member */
#define GENERATE_NAMES_MAX       48
#define GENERATE_COMMUNITIES_MAX 256

enum generate_kind {
    GENERATE_OLD_ALONE,
    GENERATE_OLD_COUPLE,
    GENERATE_ONE_ADULT,
    GENERATE_COUPLE,
    GENERATE_ONE_PARENT,
    GENERATE_WITH_CHILDREN,
    GENERATE_THREE_GENERATIONS,
    GENERATE_KINDS
};
extern const char *const cli_generate_kind_en[GENERATE_KINDS];
extern const char *const cli_generate_kind_zh[GENERATE_KINDS];

struct generate_maker
{
    const struct bus_config *config;
    const struct bus_policy_catalogue *catalogue;
    int32_t day;
    /* Every fact with its plain answer (none, no, 0). */
    struct bus_policy_fact household[GENERATE_FACTS_MAX];
    struct bus_policy_fact person[GENERATE_FACTS_MAX];
    size_t household_count, person_count;
    uint16_t communities[GENERATE_COMMUNITIES_MAX]; /* of the villages */
    size_t community_count;
    int household_at[GENERATE_NAMES_MAX], person_at[GENERATE_NAMES_MAX];
};
struct generate_household
{
    uint64_t number;
    enum generate_kind kind;
    const struct bus_village *village;
    struct bus_policy_household h; /* borrows facts */
    struct bus_policy_fact
        facts[GENERATE_FACTS_MAX * (GENERATE_PEOPLE_MAX + 1)];
    char names[GENERATE_PEOPLE_MAX][32];
    char id_numbers[GENERATE_PEOPLE_MAX][19];
};
/* BUS_ECONFIG: the configuration lacks a fact the maker sets, or a village. */
int cli_generate_maker_init(struct generate_maker *m,
                            const struct bus_config *config,
                            const struct bus_policy_catalogue *catalogue,
                            int32_t day,
                            struct bus_err *err) BUS_MUSTCHECK;
void cli_generate_household_make(const struct generate_maker *m,
                                 uint64_t seed,
                                 uint64_t i,
                                 struct generate_household *to);
/* One line of JSON with its newline; `lianou policy test` reads it. */
void cli_generate_household_json(const struct generate_maker *m,
                                 const struct generate_household *h,
                                 struct bus_buf *out);

#endif
