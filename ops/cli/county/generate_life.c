/* What goes together in the life of a made-up household. Shares are per ten
 * thousand; illustrative, after the national figures the domain notes give. */
#include "ops/cli/county/generate_parts.h"

static struct bus_policy_fact *household_fact(struct generating *g,
                                              enum generate_household_fact f)
{
    return &g->household->facts[g->m->household_at[f]];
}

static struct bus_policy_fact *
person_fact(struct generating *g, int k, enum generate_person_fact f)
{
    size_t at = g->m->household_count + (size_t)k * g->m->person_count;
    return &g->household->facts[at + (size_t)g->m->person_at[f]];
}

static void generate_life_set(struct generating *g,
                              enum generate_household_fact f,
                              int64_t v)
{
    household_fact(g, f)->number = v;
}

static void generate_life_word(struct generating *g,
                               enum generate_household_fact f,
                               const char *w)
{
    household_fact(g, f)->text = bus_strv(w);
}

static void
set_of(struct generating *g, int k, enum generate_person_fact f, int64_t v)
{
    person_fact(g, k, f)->number = v;
}

static void generate_life_word_of(struct generating *g,
                                  int k,
                                  enum generate_person_fact f,
                                  const char *w)
{
    person_fact(g, k, f)->text = bus_strv(w);
}

/* --- a person --- */

/* Ten years from its issue; one in twenty has run out. */
static void certificate(struct generating *g, int k)
{
    struct bus_policy_fact *until = person_fact(g, k, P_VALID_UNTIL);
    bool out = cli_generate_chance(g->d, 500);
    until->kind = BUS_POLICY_DATE;
    until->number = g->m->day + (out ? -1 - cli_generate_upto(g->d, 300)
                                     : cli_generate_upto(g->d, 3650));
}

static void health(struct generating *g, int k)
{
    static const char *const kinds[] = {"physical", "physical",     "vision",
                                        "hearing",  "intellectual", "mental"};
    static const char *const illness[] = {"other",
                                          "other",
                                          "other",
                                          "severe_mental",
                                          "breast_cancer_invasive",
                                          "cervical_cancer_iib"};
    struct generate_person *p = &g->person[k];
    struct generate_dice *d = g->d;
    p->disabled = cli_generate_chance(d, p->age < 18   ? 120
                                         : p->age < 50 ? 300
                                         : p->age < 65 ? 800
                                                       : 1600);
    p->serious = cli_generate_chance(d, p->age < 18   ? 25
                                        : p->age < 50 ? 80
                                        : p->age < 65 ? 250
                                                      : 450);
    set_of(g, k, P_CHRONIC,
           cli_generate_chance(d, p->age < 40   ? 300
                                  : p->age < 60 ? 1800
                                                : 4800));
    if (p->disabled) {
        int64_t u = cli_generate_upto(d, 100);
        const char *kind = kinds[cli_generate_upto(d, 6)];
        p->grade = u < 15 ? 1 : u < 32 ? 2 : u < 66 ? 3 : 4;
        generate_life_word_of(g, k, P_CATEGORY, kind);
        set_of(g, k, P_DISABILITY, p->grade);
        certificate(g, k);
        set_of(g, k, P_CARE, p->grade <= 2 ? 6 + cli_generate_upto(d, 60) : 0);
        set_of(g, k, P_DEVICE, cli_generate_chance(d, 1500));
        set_of(g, k, P_REHAB_NEED,
               cli_generate_chance(d, p->age < 7 ? 7000 : 800));
        set_of(g, k, P_ACCESS, cli_generate_chance(d, 1200));
        set_of(g, k, P_DAY_CARE, cli_generate_chance(d, 600));
    }
    if (p->serious) {
        const char *what =
            p->age < 15 && cli_generate_chance(d, 2500)
                ? "leukaemia"
                : illness[cli_generate_upto(d, p->woman ? 6 : 4)];
        bool mental = bus_strv_is(bus_strv(what), "severe_mental");
        set_of(g, k, P_SERIOUS, 1);
        generate_life_word_of(g, k, P_DIAGNOSIS, what);
        set_of(g, k, P_RISK_GRADE, mental ? cli_generate_upto(d, 5) : 0);
        set_of(g, k, P_GUARDIAN, mental && cli_generate_chance(d, 8000));
    }
    if (p->age >= 75 || p->grade == 1) {
        set_of(g, k, P_ADL,
               cli_generate_chance(d, 2200) ? 1 + cli_generate_upto(d, 6) : 0);
    }
    set_of(g, k, P_INSURED, cli_generate_chance(d, 9650));
}

static void generate_life_schooling(struct generating *g, int k)
{
    struct generate_person *p = &g->person[k];
    struct generate_dice *d = g->d;
    int a = p->age;
    const char *stage = "none";
    if (a >= 3 && a < 6) {
        stage = cli_generate_chance(d, 9000) ? "preschool" : "none";
    } else if (a >= 6 && a < 15) {
        stage = "compulsory";
    } else if (a >= 15 && a < 18) {
        stage = cli_generate_chance(d, 6200) ? "senior_high" : "vocational";
    } else if (a >= 18 && a < 22) {
        stage = cli_generate_chance(d, 5800) ? "higher" : "none";
    }
    bool higher = stage[0] == 'h', poorly = p->grade > 0 && p->grade <= 2;
    generate_life_word_of(g, k, P_STAGE, stage);
    p->paid_school = a >= 15 && stage[0] != 'n';
    set_of(g, k, P_BOARDING,
           a >= 10 && stage[0] != 'n' && cli_generate_chance(d, 4000));
    set_of(g, k, P_FRESHMAN, higher && a == 18);
    set_of(g, k, P_GRADUATING, higher && a == 21);
    set_of(g, k, P_LOAN, higher && cli_generate_chance(d, 1500));
    set_of(g, k, P_CANNOT_ATTEND,
           a >= 6 && a < 15 && poorly && cli_generate_chance(d, 3000));
}

/* For who had work and is registered; of the last twelve months. */
static void unemployment_benefit(struct generating *g, int k)
{
    if (person_fact(g, k, P_REGISTERED_UNEMPLOYED)->number == 0 ||
        !cli_generate_chance(g->d, 2500)) {
        return;
    }
    struct generate_person *p = &g->person[k];
    p->benefit_fen = 130000 * (1 + cli_generate_upto(g->d, 12));
    set_of(g, k, P_BENEFIT, p->benefit_fen);
    set_of(g, k, P_DRAWS, cli_generate_chance(g->d, 7000));
}

static void generate_life_work(struct generating *g, int k, bool rural)
{
    struct generate_person *p = &g->person[k];
    struct generate_dice *d = g->d;
    bool mind = p->grade > 0 && p->grade <= 3 && p->disabled;
    bool none = p->age < 16 || p->age >= 75 || p->grade == 1 ||
                (p->serious && cli_generate_chance(d, 5000));
    bool weak = !none && (p->age >= 60 || mind || p->serious);
    bool student = p->age >= 6 && p->age < 22 &&
                   !bus_strv_is(person_fact(g, k, P_STAGE)->text, "none");
    const char *what = student ? "student" : "none";
    if (!student && !none && p->age < 60) {
        int idle = 350 + (weak ? 2500 : 0);
        what = cli_generate_chance(d, idle)            ? "unemployed"
               : rural && cli_generate_chance(d, 4500) ? "farming"
               : cli_generate_chance(d, 2600)          ? "flexible"
                                                       : "employed";
    } else if (p->age >= 60) {
        what = rural && !none && p->age < 72 && cli_generate_chance(d, 5500)
                   ? "farming"
                   : "retired";
    }
    generate_life_word_of(g, k, P_LABOUR,
                          none   ? "none"
                          : weak ? "weak"
                                 : "full");
    generate_life_word_of(g, k, P_EMPLOYMENT, what);
    bool idle = what[0] == 'u', flexible = what[1] == 'l';
    p->works = what[0] == 'e' || flexible || what[1] == 'a';
    set_of(g, k, P_REGISTERED_UNEMPLOYED, idle && cli_generate_chance(d, 5500));
    unemployment_benefit(g, k);
    set_of(g, k, P_DIFFICULT,
           (idle || flexible) &&
               cli_generate_chance(d, p->age > 50 || weak ? 4500 : 500));
    set_of(g, k, P_PREMIUM,
           flexible && cli_generate_chance(d, 5000)
               ? 600000 + cli_generate_upto(d, 600000)
               : 0);
    set_of(g, k, P_PENSION, p->age >= 16 && !student && what[0] != 'e');
    set_of(g, k, P_TRAINING, idle && cli_generate_chance(d, 800));
    set_of(g, k, P_UNION, what[0] == 'e' && cli_generate_chance(d, 4500));
}

static void parents(struct generating *g, int k)
{
    static const char *const states[] = {"dead",       "dead",
                                         "missing",    "severely_disabled",
                                         "imprisoned", "lost_contact"};
    struct generate_dice *d = g->d;
    bool one = g->household->kind == GENERATE_ONE_PARENT;
    if (g->person[k].age >= 18) {
        return;
    }
    if (cli_generate_chance(d, one ? 3500 : 60)) {
        generate_life_word_of(g, k, P_FATHER, states[cli_generate_upto(d, 6)]);
        set_of(g, k, P_FATHER_MONTHS, 1 + cli_generate_upto(d, 60));
    }
    if (cli_generate_chance(d, one ? 400 : 20)) {
        generate_life_word_of(g, k, P_MOTHER, states[cli_generate_upto(d, 6)]);
        set_of(g, k, P_MOTHER_MONTHS, 1 + cli_generate_upto(d, 60));
    }
}

void cli_generate_fill_person(struct generating *g, int k, int64_t birth)
{
    struct generate_person *p = &g->person[k];
    set_of(g, k, P_BIRTH, birth);
    generate_life_word_of(g, k, P_SEX, p->woman ? "female" : "male");
    generate_life_word_of(g, k, P_RELATION, p->relation);
    health(g, k);
    generate_life_schooling(g, k);
    generate_life_work(g, k, !g->household->village->community);
    parents(g, k);
    if (p->age > 35 && !p->woman && cli_generate_chance(g->d, 450)) {
        generate_life_word_of(g, k, P_VETERAN,
                              cli_generate_chance(g->d, 2000) ? "entitled"
                                                              : "veteran");
    }
    set_of(g, k, P_LOST_CHILD, p->age > 48 && cli_generate_chance(g->d, 25));
    set_of(g, k, P_HERO, p->age > 18 && cli_generate_chance(g->d, 1));
}

/* --- the household --- */

/* Income a head a month in fen at a place of ten thousand in the order, from a
 * curve of ten points. */
static int64_t income_at(int64_t u, bool rural)
{
    static const int64_t at[] = {0,    30,   95,   215,  440,
                                 1700, 5000, 8000, 9600, 10000};
    static const int64_t rural_fen[] = {0,      15000,  36000,  62000,
                                        112000, 152000, 225000, 360000,
                                        700000, 2200000};
    static const int64_t urban_fen[] = {0,      25000,  55000,  92000,
                                        150000, 215000, 330000, 520000,
                                        950000, 3000000};
    const int64_t *fen = rural ? rural_fen : urban_fen;
    int i = 1;
    while (u > at[i]) {
        i++;
    }
    return fen[i - 1] +
           (fen[i] - fen[i - 1]) * (u - at[i - 1]) / (at[i] - at[i - 1]);
}

static int64_t draw_income(struct generating *g, bool rural)
{
    int workers = 0, ill = 0;
    for (int k = 0; k < g->people; k++) {
        workers += g->person[k].works;
        ill += g->person[k].serious ||
               (g->person[k].grade > 0 && g->person[k].grade <= 2);
    }
    int64_t u = cli_generate_upto(g->d, 10000);
    /* Nobody at work, somebody gravely ill: nearer to the low end. */
    u = workers == 0 ? u * 55 / 100 : u;
    u = 2 * workers < g->people ? u * 85 / 100 : u;
    u = ill > 0 ? u * 65 / 100 : u;
    return income_at(u, rural);
}

static void generate_life_money(struct generating *g, int64_t head, bool rural)
{
    struct generate_dice *d = g->d;
    int64_t income = head * 12 * g->people, benefits = 0;
    bool poor = head < 105000;
    for (int k = 0; k < g->people; k++) {
        benefits += g->person[k].benefit_fen;
    }
    income = income > benefits ? income : benefits;
    int64_t farm =
        rural ? (income - benefits) * (20 + cli_generate_upto(d, 40)) / 100 : 0;
    int64_t transfer =
        benefits + income * cli_generate_upto(d, poor ? 40 : 10) / 100;
    generate_life_set(g, H_INCOME, income);
    generate_life_set(g, H_BUSINESS, farm);
    generate_life_set(g, H_TRANSFER,
                      transfer < income - farm ? transfer : benefits);
    generate_life_set(g, H_WAGE,
                      income - farm - household_fact(g, H_TRANSFER)->number);
    int64_t saved =
        income *
        (poor ? cli_generate_upto(d, 60) : 20 + cli_generate_upto(d, 300)) /
        100;
    generate_life_set(g, H_DEPOSIT, saved);
    generate_life_set(g, H_SECURITIES,
                      !poor && cli_generate_chance(d, 800) ? saved / 4 : 0);
    generate_life_set(g, H_VEHICLES,
                      poor            ? cli_generate_chance(d, 300)
                      : head > 400000 ? 1 + cli_generate_chance(d, 2500)
                                      : cli_generate_chance(d, 4500));
    bool renting = !rural && cli_generate_chance(d, poor ? 1800 : 900);
    generate_life_set(g, H_RENTING, renting);
    generate_life_set(g, H_HOUSES,
                      renting         ? 0
                      : head > 500000 ? 1 + cli_generate_chance(d, 3000)
                                      : 1);
    generate_life_set(g, H_FLOOR,
                      renting ? 8 + cli_generate_upto(d, 20)
                              : 16 + cli_generate_upto(d, 40));
}

static void spending(struct generating *g, int64_t head)
{
    struct generate_dice *d = g->d;
    int64_t medical = 0, school = 0, rehab = 0;
    for (int k = 0; k < g->people; k++) {
        const struct generate_person *p = &g->person[k];
        medical += p->age > 60 ? 50000 + cli_generate_upto(d, 200000)
                               : cli_generate_upto(d, 60000);
        medical += p->serious ? 800000 + cli_generate_upto(d, 4500000) : 0;
        school += p->paid_school ? 300000 + cli_generate_upto(d, 900000) : 0;
        rehab +=
            p->grade > 0 && p->grade <= 2 ? cli_generate_upto(d, 600000) : 0;
    }
    int64_t living = (45000 + head / 4) * 12 * g->people / 2;
    generate_life_set(g, H_LIVING, living);
    generate_life_set(g, H_MEDICAL, medical);
    generate_life_set(g, H_POCKET, medical);
    generate_life_set(g, H_EDUCATION, school);
    generate_life_set(g, H_REHAB, rehab);
}

static void
generate_life_housing(struct generating *g, int64_t head, bool rural)
{
    struct generate_dice *d = g->d;
    const char *grade = cli_generate_chance(d, 6000) ? "A" : "B";
    if (rural && cli_generate_chance(d, head < 105000 ? 420 : 40)) {
        grade = cli_generate_chance(d, 6500)   ? "C"
                : cli_generate_chance(d, 8500) ? "D"
                                               : "no_house";
    }
    generate_life_word(g, H_GRADE, grade);
    generate_life_set(g, H_ONLY_HOUSE,
                      household_fact(g, H_HOUSES)->number == 1);
}

static void shocks(struct generating *g, int64_t head, bool rural)
{
    static const char *const kinds[] = {"fire", "traffic", "illness",
                                        "accident", "unemployment"};
    static const char *const risks[] = {"illness", "schooling", "unemployment",
                                        "other"};
    struct generate_dice *d = g->d;
    bool poor = head < 105000;
    if (cli_generate_chance(d, poor ? 500 : 150)) {
        generate_life_word(g, H_SHOCK, kinds[cli_generate_upto(d, 5)]);
        generate_life_set(g, H_EVENT_COST,
                          100000 + cli_generate_upto(d, 4000000));
        generate_life_set(g, H_BROKEN,
                          cli_generate_chance(d, poor ? 5000 : 800));
        generate_life_set(g, H_UNPAID, cli_generate_chance(d, 150));
    }
    if (cli_generate_chance(d, 60)) {
        generate_life_word(g, H_SHOCK, "disaster");
        generate_life_set(g, H_DISASTER, 1);
        generate_life_set(g, H_BROKEN, cli_generate_chance(d, 4000));
        generate_life_set(g, H_WINTER, cli_generate_chance(d, 3500));
        generate_life_word(g, H_DAMAGE,
                           cli_generate_chance(d, 1500)   ? "serious"
                           : cli_generate_chance(d, 500)  ? "destroyed"
                           : cli_generate_chance(d, 4000) ? "slight"
                                                          : "none");
    }
    if (rural && cli_generate_chance(d, 200)) {
        generate_life_set(g, H_CROP, 30000 + cli_generate_upto(d, 1500000));
    }
    if (rural && poor && cli_generate_chance(d, 2500)) {
        generate_life_word(g, H_RISK, risks[cli_generate_upto(d, 4)]);
    }
    generate_life_set(g, H_SHELTER, cli_generate_chance(d, 1));
    generate_life_set(g, H_LEGAL, cli_generate_chance(d, 60));
    generate_life_set(g, H_VICTIM, cli_generate_chance(d, 3));
}

static void supporter(struct generating *g, int64_t head)
{
    struct generate_dice *d = g->d;
    int age = g->person[0].age;
    bool poor = head < 105000;
    bool any = cli_generate_chance(d, age < 60 ? 9800 : poor ? 5500 : 9300);
    generate_life_set(g, H_SUPPORTER, any);
    generate_life_set(g, H_SUPPORTER_AGE,
                      any ? (age > 45 ? age - 25 : age + 25) : 0);
    generate_life_set(g, H_SUPPORTER_INCOME,
                      any ? 80000 + cli_generate_upto(d, 400000) : 0);
    generate_life_word(g, H_SUPPORTER_STATUS,
                       any && cli_generate_chance(d, 300) ? "dibao" : "none");
}

/* The status confirmed so far: most, not all, of those who could have one, and
 * a few who no longer should. */
static void status(struct generating *g, int64_t head, bool rural)
{
    struct generate_dice *d = g->d;
    int64_t line = rural ? 70000 : 90000;
    bool labour = false;
    for (int k = 0; k < g->people; k++) {
        labour |= g->person[k].age >= 16 && g->person[k].age < 60 &&
                  g->person[k].grade != 1;
    }
    bool alone = household_fact(g, H_SUPPORTER)->number == 0;
    const char *w = "none";
    if (head < line && alone && !labour) {
        w = cli_generate_chance(d, 9000) ? "tekun" : "none";
    } else if (head < line) {
        w = cli_generate_chance(d, 8200) ? "dibao" : "none";
    } else if (head < line * 3 / 2) {
        w = cli_generate_chance(d, 3500)   ? "edge"
            : cli_generate_chance(d, 1200) ? "dibao"
                                           : "none";
    } else if (cli_generate_chance(d, 8)) {
        w = "dibao";
    }
    generate_life_word(g, H_STATUS, w);
    bool aided = w[0] != 'n' || cli_generate_chance(d, 50);
    generate_life_set(g, H_AIDED, aided && cli_generate_chance(d, 6000));
    generate_life_set(g, H_MONITORED,
                      rural && head < 150000 && cli_generate_chance(d, 600));
    generate_life_set(g, H_ESCAPED,
                      rural && head < 400000 && cli_generate_chance(d, 350));
}

void cli_generate_fill_household(struct generating *g)
{
    bool rural = !g->household->village->community;
    int64_t head = draw_income(g, rural);
    generate_life_word(g, H_AREA, rural ? "rural" : "urban");
    generate_life_set(g, H_REGISTERED,
                      cli_generate_chance(g->d, rural ? 9850 : 9200));
    generate_life_money(g, head, rural);
    spending(g, head);
    generate_life_housing(g, head, rural);
    shocks(g, head, rural);
    supporter(g, head);
    status(g, head, rural);
}
