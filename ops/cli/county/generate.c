#include "ops/cli/county/generate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/idno.h"
#include "schemas/channel.h"

struct dice
{
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): any household can be made alone. */
static uint64_t generate_roll(struct dice *d)
{
    uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t generate_upto(struct dice *d, int64_t n)
{
    return (int64_t)(generate_roll(d) % (uint64_t)n);
}

static bool chance(struct dice *d, int per_thousand)
{
    return generate_upto(d, 1000) < per_thousand;
}

static void generate_text(json_t *o, const char *k, const char *v)
{
    (void)json_object_set_new(o, k, json_string(v));
}

static void generate_number(json_t *o, const char *k, int64_t v)
{
    (void)json_object_set_new(o, k, json_integer(v));
}

static void generate_flag(json_t *o, const char *k, bool v)
{
    (void)json_object_set_new(o, k, json_boolean(v));
}

/* Every fact has an answer ("none", 0, no) unless something else is set. */
static json_t *plain_facts(const struct bus_config *c, int scope)
{
    json_t *o = json_object();
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct bus_fact *f = &c->facts[i];
        const struct bus_fact_word *words = f->words.items;
        if (f->scope != scope || f->derived != NULL || f->pii) {
            continue;
        }
        switch ((enum bus_fact_type)f->type) {
        case BUS_FACT_BOOLEAN:
            generate_flag(o, f->name, false);
            break;
        case BUS_FACT_MONEY_FEN:
        case BUS_FACT_COUNT:
        case BUS_FACT_NUMBER:
            generate_number(o, f->name, 0);
            break;
        case BUS_FACT_ENUM:
            generate_text(o, f->name, words[0].word);
            break;
        case BUS_FACT_DATE:
        case BUS_FACT_TEXT:
            break;
        }
    }
    (void)json_object_del(o, "birth_date");
    return o;
}

static void generate_rare(struct dice *d, json_t *o)
{
    static const struct
    {
        const char *fact;
        int per_thousand;
    } flags[] = {
        {"monitored", 60},
        {"escaped_poverty", 80},
        {"already_aided", 40},
        {"basic_life_broken", 120},
        {"no_shelter", 8},
        {"disaster_hit", 60},
        {"hard_winter", 60},
        {"legal_matter_listed", 60},
        {"victim_uncompensated", 25},
        {"emergency_unpaid", 20},
        {"renting", 60},
    };
    static const char *const shocks[] = {"fire", "traffic", "illness",
                                         "accident"};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (chance(d, flags[i].per_thousand)) {
            generate_flag(o, flags[i].fact, true);
        }
    }
    if (chance(d, 150)) {
        generate_text(o, "event_shock", shocks[generate_upto(d, 4)]);
        generate_number(o, "event_cost_fen",
                        100000 + generate_upto(d, 3000000));
    }
    if (chance(d, 60)) {
        static const char *const grades[] = {"C", "D", "no_house"};
        generate_text(o, "house_grade", grades[generate_upto(d, 3)]);
        generate_flag(o, "only_house", true);
    }
    if (chance(d, 40)) {
        generate_text(o, "house_damage", "serious");
    }
    if (chance(d, 60)) {
        generate_number(o, "crop_loss_fen", 50000 + generate_upto(d, 500000));
        generate_text(o, "return_risk", "disaster");
    }
}

static void household_facts(struct dice *d, json_t *o, int members)
{
    /* Two thirds poor by the illustrative standard, the rest near or above. */
    int64_t head = chance(d, 660) ? generate_upto(d, 69000)
                                  : 60000 + generate_upto(d, 200000);
    int64_t income = head * 12 * members;
    generate_text(o, "area", chance(d, 850) ? "rural" : "urban");
    generate_flag(o, "registered_in_county", !chance(d, 15));
    generate_text(o, "status", "none");
    generate_number(o, "income_total_fen", income);
    generate_number(o, "income_wage_fen", income);
    generate_number(o, "deposit_fen", generate_upto(d, 1500000));
    generate_number(o, "spend_living_fen", income / 2);
    generate_number(o, "spend_medical_fen",
                    chance(d, 300) ? generate_upto(d, 5000000) : 0);
    generate_number(o, "medical_out_of_pocket_fen",
                    chance(d, 250) ? generate_upto(d, 4000000) : 0);
    generate_flag(o, "has_supporter", chance(d, 800));
    generate_number(o, "supporter_age", 30 + generate_upto(d, 40));
    generate_number(o, "supporter_income_per_head_fen",
                    100000 + generate_upto(d, 200000));
    generate_number(o, "house_area_per_head", 8 + generate_upto(d, 40));
    generate_text(o, "house_grade", "B");
    generate_rare(d, o);
    /* What people do not know by heart is asked of the insurer. */
    if (chance(d, 500)) {
        (void)json_object_del(o, "vehicle_count");
    }
    if (chance(d, 300)) {
        (void)json_object_del(o, "house_count");
    } else {
        generate_number(o, "house_count", 1);
    }
}

/* The dice are thrown alike for everybody: who is somebody else does not make
 * others of those behind him. */
static void ability(struct dice *d, json_t *o, int age, bool woman)
{
    bool child = age < 16, old = age >= 60;
    bool disabled = chance(d, 130), ill = chance(d, 120);
    generate_text(o, "labour",
                  child || old ? "none"
                  : disabled   ? "weak"
                               : "full");
    generate_text(o, "employment",
                  child            ? "student"
                  : old            ? "none"
                  : chance(d, 350) ? "unemployed"
                                   : "farming");
    if (!child && !old && chance(d, 300)) {
        generate_flag(o, "registered_unemployed", true);
        generate_flag(o, "employment_difficulty", chance(d, 500));
    }
    if (disabled) {
        static const char *const kinds[] = {"vision", "physical",
                                            "intellectual", "mental"};
        generate_text(o, "disability_category", kinds[generate_upto(d, 4)]);
        generate_number(o, "disability_grade", 1 + generate_upto(d, 4));
        generate_number(o, "care_months", generate_upto(d, 24));
        generate_flag(o, "device_need", chance(d, 400));
        generate_flag(o, "accessibility_need", chance(d, 300));
        generate_flag(o, "day_care_need", chance(d, 200));
        generate_flag(o, "rehab_need", chance(d, 300));
    }
    generate_flag(o, "serious_illness", ill);
    if (ill && chance(d, 400)) {
        static const char *const what[] = {"leukaemia", "cervical_cancer_iib",
                                           "breast_cancer_invasive",
                                           "severe_mental"};
        int64_t which = generate_upto(d, 4);
        bool mental = which == 3;
        which = which == 1 || which == 2 ? (woman ? which : 0) : which;
        generate_text(o, "diagnosis", what[which]);
        generate_number(o, "mental_risk", mental ? 3 : 0);
        generate_flag(o, "guardian_agreement", mental);
    }
    generate_number(o, "adl_fails",
                    old && chance(d, 200) ? 1 + generate_upto(d, 6) : 0);
    generate_flag(o, "medical_insured", true);
    generate_flag(o, "pension_resident", !child);
    bool of_union = chance(d, 50);
    generate_flag(o, "union_member", of_union && !child && !old);
    generate_flag(o, "only_child_lost", age > 49 && chance(d, 20));
    generate_flag(o, "hero_recognised", chance(d, 15));
    if (!child && chance(d, 50) && age >= 20) {
        generate_text(o, "veteran", "veteran");
    }
}

static void generate_schooling(struct dice *d, json_t *o, int age)
{
    const char *stage = age < 3    ? "none"
                        : age < 6  ? "preschool"
                        : age < 15 ? "compulsory"
                        : age < 18
                            ? (chance(d, 500) ? "senior_high" : "vocational")
                        : age < 22 && chance(d, 500) ? "higher"
                                                     : "none";
    generate_text(o, "stage", stage);
    generate_flag(o, "freshman", age == 18 && strcmp(stage, "higher") == 0);
    generate_flag(o, "boarding", age > 8 && age < 18 && chance(d, 300));
    generate_text(o, "father_state", chance(d, 960) ? "able" : "dead");
    generate_text(o, "mother_state", chance(d, 960) ? "able" : "dead");
}

/* The 17th digit is odd for men (GB 11643). */
static void
identity(char id[24], int64_t y, unsigned m, unsigned day, unsigned order)
{
    (void)snprintf(id, 24, "000000%04u%02u%02u%03u", (unsigned)y % 10000,
                   m % 100, day % 100, order % 1000);
    id[17] = bus_idno_check_digit(id);
    id[18] = '\0';
}

static bool is_taken(const json_t *members, const char *id)
{
    bool taken = false;
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *m = json_array_get(members, i);
        taken |=
            strcmp(json_string_value(json_object_get(m, "id_no")), id) == 0;
    }
    return taken;
}

/* Not one of the members so far. */
static json_t *person(const struct bus_config *c,
                      struct dice *d,
                      const json_t *members,
                      uint64_t number_of,
                      int k,
                      int64_t today)
{
    static const char *const family[] = {"王", "李", "张", "刘", "陈", "赵"};
    static const char *const given[] = {"一", "二", "三", "四", "五", "六"};
    int age = k == 0   ? 25 + (int)generate_upto(d, 60)
              : k == 1 ? 25 + (int)generate_upto(d, 50)
                       : (int)generate_upto(d, 22);
    bool woman = chance(d, 500);
    int64_t y;
    unsigned m, day;
    bus_civil_from_days(today - age * 365 - 10 - generate_upto(d, 340), &y, &m,
                        &day);
    char id[24], name[32], phone[16];
    unsigned order = (unsigned)(generate_roll(d) % 500) * 2 + !woman;
    identity(id, y, m, day, order);
    while (is_taken(members, id)) {
        identity(id, y, m, day, order += 2);
    }
    (void)snprintf(name, sizeof(name), "%s%s%s", family[generate_upto(d, 6)],
                   given[generate_upto(d, 6)], given[generate_upto(d, 6)]);
    (void)snprintf(phone, sizeof(phone), "000%08u",
                   (unsigned)(number_of % 100000000));
    json_t *o = json_object(), *facts = plain_facts(c, BUS_FACT_MEMBER);
    generate_text(o, "id_no", id);
    generate_text(o, "name", name);
    generate_text(o, "relation",
                  k == 0   ? "0"
                  : k == 1 ? "1"
                  : woman  ? "3"
                           : "2");
    generate_flag(o, "head", k == 0);
    if (k == 0) {
        generate_text(o, "phone", phone);
        generate_text(o, "account", "0000000000000000");
        generate_text(o, "bank_code", "nongshang");
    }
    generate_text(facts, "sex", woman ? "female" : "male");
    generate_text(facts, "relation",
                  k == 0   ? "self"
                  : k == 1 ? "spouse"
                  : woman  ? "daughter"
                           : "son");
    generate_text(facts, "life_state", "alive");
    ability(d, facts, age, woman);
    generate_schooling(d, facts, age);
    (void)json_object_set_new(o, "facts", facts);
    return o;
}

static void channel(json_t *o,
                    const struct bus_config *c,
                    const struct bus_village *v,
                    uint64_t seed,
                    uint64_t i,
                    int no)
{
    const char *channel = sa_channel_word((enum sa_channel)no);
    char ref[64];
    (void)snprintf(ref, sizeof(ref), "%s-%llu-%llu", channel,
                   (unsigned long long)seed, (unsigned long long)i);
    generate_text(o, "channel", channel);
    generate_text(o, "channel_reference", ref);
    if (strcmp(channel, "TELEPHONE") == 0) {
        (void)json_object_set_new(o, "evidence",
                                  json_pack("{s:s}", "call_reference", ref));
    } else if (strcmp(channel, "SPOKEN") == 0) {
        (void)json_object_set_new(
            o, "evidence", json_pack("{s:s}", "read_back", "本人复述确认"));
    }
    for (size_t k = 0; k < c->operators_count; k++) {
        const struct bus_operator *op = &c->operators[k];
        if (strcmp(op->org, v->code) == 0 && op->to_day == INT32_MAX) {
            json_t *who = json_pack("{s:s, s:s, s:s}", "operator_id", op->id,
                                    "org_code", op->org, "role", op->role);
            (void)json_object_set(o, "helper", who);
            (void)json_object_set_new(o, "operator", who);
            break;
        }
    }
}

json_t *cli_generate_application(const struct bus_config *c,
                                 uint64_t seed,
                                 uint64_t i,
                                 int channel_no)
{
    /* Every 25th comes a second time, on another channel (T21). */
    uint64_t household = i % 25 == 24 ? i - 1 : i;
    struct dice d = {seed * UINT64_C(1000003) + household * 7919 + 17};
    const struct bus_village *v =
        &c->villages[generate_upto(&d, (int64_t)c->villages_count)];
    int64_t today = bus_china_day(bus_clock_system.wall_ms(NULL));
    json_t *o = json_object(), *members = json_array();
    json_t *facts = plain_facts(c, BUS_FACT_HOUSEHOLD);
    int n = 1 + (int)generate_upto(&d, 5);
    channel(o, c, v, seed, i, channel_no);
    generate_text(o, "division_code", v->code);
    generate_flag(o, "consent", true);
    household_facts(&d, facts, n);
    (void)json_object_set_new(o, "facts", facts);
    for (int k = 0; k < n; k++) {
        (void)json_array_append_new(
            members, person(c, &d, members, household * 31 + seed, k, today));
    }
    (void)json_object_set_new(o, "members", members);
    return o;
}
