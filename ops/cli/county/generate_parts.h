/* What the household maker's files share. */
#ifndef OPS_CLI_COUNTY_GENERATE_PARTS_H
#define OPS_CLI_COUNTY_GENERATE_PARTS_H

#include "ops/cli/county/generate_household.h"

/* The facts it sets; every other one keeps its plain answer. */
#define GENERATE_HOME_FACTS(X)                           \
    X(AREA, "area")                                      \
    X(REGISTERED, "registered_in_county")                \
    X(STATUS, "status")                                  \
    X(MONITORED, "monitored")                            \
    X(ESCAPED, "escaped_poverty")                        \
    X(AIDED, "already_aided")                            \
    X(INCOME, "income_total_fen")                        \
    X(WAGE, "income_wage_fen")                           \
    X(BUSINESS, "income_business_fen")                   \
    X(TRANSFER, "income_transfer_fen")                   \
    X(DEPOSIT, "deposit_fen")                            \
    X(SECURITIES, "securities_fen")                      \
    X(VEHICLES, "vehicle_count")                         \
    X(HOUSES, "house_count")                             \
    X(LIVING, "spend_living_fen")                        \
    X(MEDICAL, "spend_medical_fen")                      \
    X(EDUCATION, "spend_education_fen")                  \
    X(REHAB, "spend_rehab_fen")                          \
    X(POCKET, "medical_out_of_pocket_fen")               \
    X(SUPPORTER, "has_supporter")                        \
    X(SUPPORTER_AGE, "supporter_age")                    \
    X(SUPPORTER_STATUS, "supporter_status")              \
    X(SUPPORTER_INCOME, "supporter_income_per_head_fen") \
    X(SHOCK, "event_shock")                              \
    X(EVENT_COST, "event_cost_fen")                      \
    X(BROKEN, "basic_life_broken")                       \
    X(SHELTER, "no_shelter")                             \
    X(DISASTER, "disaster_hit")                          \
    X(WINTER, "hard_winter")                             \
    X(DAMAGE, "house_damage")                            \
    X(GRADE, "house_grade")                              \
    X(ONLY_HOUSE, "only_house")                          \
    X(FLOOR, "house_area_per_head")                      \
    X(RENTING, "renting")                                \
    X(CROP, "crop_loss_fen")                             \
    X(RISK, "return_risk")                               \
    X(LEGAL, "legal_matter_listed")                      \
    X(VICTIM, "victim_uncompensated")                    \
    X(UNPAID, "emergency_unpaid")
#define GENERATE_PERSON_FACTS(X)                      \
    X(SEX, "sex")                                     \
    X(BIRTH, "birth_date")                            \
    X(RELATION, "relation")                           \
    X(SERIOUS, "serious_illness")                     \
    X(CHRONIC, "chronic_illness")                     \
    X(DIAGNOSIS, "diagnosis")                         \
    X(CATEGORY, "disability_category")                \
    X(DISABILITY, "disability_grade")                 \
    X(VALID_UNTIL, "disability_valid_until")          \
    X(CARE, "care_months")                            \
    X(ADL, "adl_fails")                               \
    X(RISK_GRADE, "mental_risk")                      \
    X(GUARDIAN, "guardian_agreement")                 \
    X(DEVICE, "device_need")                          \
    X(REHAB_NEED, "rehab_need")                       \
    X(ACCESS, "accessibility_need")                   \
    X(DAY_CARE, "day_care_need")                      \
    X(INSURED, "medical_insured")                     \
    X(LABOUR, "labour")                               \
    X(EMPLOYMENT, "employment")                       \
    X(REGISTERED_UNEMPLOYED, "registered_unemployed") \
    X(BENEFIT, "unemployment_benefit_fen")            \
    X(DRAWS, "draws_unemployment_benefit")            \
    X(DIFFICULT, "employment_difficulty")             \
    X(PREMIUM, "premium_paid_fen")                    \
    X(PENSION, "pension_resident")                    \
    X(TRAINING, "training_enrolled")                  \
    X(UNION, "union_member")                          \
    X(VETERAN, "veteran")                             \
    X(STAGE, "stage")                                 \
    X(BOARDING, "boarding")                           \
    X(FRESHMAN, "freshman")                           \
    X(GRADUATING, "graduating")                       \
    X(LOAN, "student_loan")                           \
    X(CANNOT_ATTEND, "cannot_attend")                 \
    X(FATHER, "father_state")                         \
    X(FATHER_MONTHS, "father_state_months")           \
    X(MOTHER, "mother_state")                         \
    X(MOTHER_MONTHS, "mother_state_months")           \
    X(LOST_CHILD, "only_child_lost")                  \
    X(HERO, "hero_recognised")

#define X(id, name) H_##id,
enum generate_household_fact { GENERATE_HOME_FACTS(X) H_COUNT };
#undef X
#define X(id, name) P_##id,
enum generate_person_fact { GENERATE_PERSON_FACTS(X) P_COUNT };
#undef X

/* SplitMix64 (Steele, Lea, Flood 2014): any household can be made alone. */
struct generate_dice
{
    uint64_t state;
};
uint64_t cli_generate_roll(struct generate_dice *d);
int64_t cli_generate_upto(struct generate_dice *d, int64_t n);
bool cli_generate_chance(struct generate_dice *d, int per_10000);

struct generate_person
{
    int age;
    bool woman, works, serious, disabled;
    int grade;       /* of disability, 0 none */
    int paid_school; /* 1 in senior high, vocational, higher */
    int64_t benefit_fen;
    const char *relation;
};
struct generating
{
    const struct generate_maker *m;
    struct generate_dice *d;
    struct generate_household *household;
    int people;
    struct generate_person person[GENERATE_PEOPLE_MAX];
};
void cli_generate_fill_person(struct generating *g, int k, int64_t birth);
void cli_generate_fill_household(struct generating *g);

#endif
