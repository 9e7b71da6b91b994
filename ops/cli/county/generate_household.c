#include "ops/cli/county/generate_household.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/idno.h"
#include "bus/policy/source.h"
#include "ops/cli/county/generate_parts.h"

const char *const cli_generate_kind_en[GENERATE_KINDS] = {
    "old person alone", "old couple",    "one adult",        "couple",
    "one parent",       "with children", "three generations"};
const char *const cli_generate_kind_zh[GENERATE_KINDS] = {
    "独居老人", "老年夫妇", "单人户", "夫妻户", "单亲户", "育儿户", "三代户"};

#define X(id, name) name,
static const char *const household_names[] = {GENERATE_HOME_FACTS(X)};
static const char *const person_names[] = {GENERATE_PERSON_FACTS(X)};
#undef X
_Static_assert((int)H_COUNT <= GENERATE_NAMES_MAX, "household facts");
_Static_assert((int)P_COUNT <= GENERATE_NAMES_MAX, "member facts");

/* --- the maker --- */

static bool generate_household_plain(const struct bus_policy_catalogue *c,
                                     int fact,
                                     struct bus_policy_fact *f)
{
    const struct bus_node *body = bus_policy_fact_node(c, fact);
    const struct bus_node *type = bus_node_get(body, "type");
    const struct bus_node *words = bus_node_get(body, "words");
    struct bus_strv t = type ? type->text : (struct bus_strv){0};
    *f = (struct bus_policy_fact){
        .fact = fact, .member = -1, .kind = BUS_POLICY_LONG, .verified = true};
    if (bus_policy_fact_derived(c, fact) || bus_node_get(body, "pii") != NULL ||
        bus_strv_is(t, "text")) {
        return false;
    }
    if (bus_strv_is(t, "boolean")) {
        f->kind = BUS_POLICY_BOOL;
    } else if (bus_strv_is(t, "date")) { /* a claim: nobody has said it */
        f->kind = bus_node_get(body, "claim") != NULL ? BUS_POLICY_NULL
                                                      : BUS_POLICY_DATE;
    } else if (bus_strv_is(t, "enum")) {
        f->kind = BUS_POLICY_TEXT;
        f->text = words && words->count > 0 ? words->pairs[0].key->text
                                            : (struct bus_strv){0};
    }
    return true;
}

static int generate_household_place(const struct generate_maker *m,
                                    bool member,
                                    const char *name)
{
    int fact = bus_policy_fact_named(m->catalogue, member, bus_strv(name));
    const struct bus_policy_fact *list = member ? m->person : m->household;
    size_t n = member ? m->person_count : m->household_count;
    for (size_t i = 0; i < n; i++) {
        if (list[i].fact == fact) {
            return (int)i;
        }
    }
    return -1;
}

int cli_generate_maker_init(struct generate_maker *m,
                            const struct bus_config *config,
                            const struct bus_policy_catalogue *catalogue,
                            int32_t day,
                            struct bus_err *err)
{
    *m = (struct generate_maker){
        .config = config, .catalogue = catalogue, .day = day};
    for (int f = 0; (size_t)f < bus_policy_fact_count(catalogue); f++) {
        bool member =
            strncmp(bus_policy_fact_name(catalogue, f).p, "member.", 7) == 0;
        size_t *n = member ? &m->person_count : &m->household_count;
        struct bus_policy_fact *list = member ? m->person : m->household;
        if (*n == GENERATE_FACTS_MAX) {
            return bus_fail(err, BUS_ECONFIG, "more than %d facts",
                            GENERATE_FACTS_MAX);
        }
        *n += generate_household_plain(catalogue, f, &list[*n]);
    }
    for (int member = 0; member < 2; member++) {
        int count = member ? (int)P_COUNT : (int)H_COUNT;
        for (int i = 0; i < count; i++) {
            const char *name = member ? person_names[i] : household_names[i];
            int at = generate_household_place(m, member != 0, name);
            if (at < 0) {
                return bus_fail(err, BUS_ECONFIG,
                                "the generator sets %s, facts.yaml lacks it",
                                name);
            }
            (member ? m->person_at : m->household_at)[i] = at;
        }
    }
    for (size_t i = 0; i < config->villages_count && i < UINT16_MAX &&
                       m->community_count < GENERATE_COMMUNITIES_MAX;
         i++) {
        if (config->villages[i].community) {
            m->communities[m->community_count++] = (uint16_t)i;
        }
    }
    return config->villages_count > 0
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "no villages");
}

/* --- one household --- */

static enum generate_kind generate_household_kind_of(struct generate_dice *d,
                                                     int size)
{
    switch (size) {
    case 1:
        return cli_generate_chance(d, 5000) ? GENERATE_OLD_ALONE
                                            : GENERATE_ONE_ADULT;
    case 2:
        return cli_generate_chance(d, 4200)   ? GENERATE_OLD_COUPLE
               : cli_generate_chance(d, 7800) ? GENERATE_COUPLE
                                              : GENERATE_ONE_PARENT;
    case 3:
        return cli_generate_chance(d, 8000)   ? GENERATE_WITH_CHILDREN
               : cli_generate_chance(d, 5000) ? GENERATE_ONE_PARENT
                                              : GENERATE_THREE_GENERATIONS;
    case 4:
        return cli_generate_chance(d, 7000) ? GENERATE_WITH_CHILDREN
                                            : GENERATE_THREE_GENERATIONS;
    default:
        return GENERATE_THREE_GENERATIONS;
    }
}

/* Mean 2.77. */
static int generate_household_size_of(struct generate_dice *d)
{
    static const int upto[] = {1900, 5000, 7200, 8700, 9500, 10000};
    int64_t u = cli_generate_upto(d, 10000);
    int n = 1;
    while (u >= upto[n - 1]) {
        n++;
    }
    return n;
}

enum role { HEAD, SPOUSE, CHILD, ELDER };

static enum role role_of(enum generate_kind kind, int size, int k)
{
    bool pair = kind != GENERATE_ONE_PARENT;
    if (k == 0) {
        return HEAD;
    }
    if (k == 1 && pair) {
        return SPOUSE;
    }
    /* The last of three generations, and of six the last two, are elders. */
    bool elder =
        kind == GENERATE_THREE_GENERATIONS && k >= size - (size >= 6 ? 2 : 1);
    return elder ? ELDER : CHILD;
}

static int age_of(struct generate_dice *d,
                  enum generate_kind kind,
                  enum role role,
                  int head)
{
    bool old = kind == GENERATE_OLD_ALONE || kind == GENERATE_OLD_COUPLE;
    int age = 0;
    switch (role) {
    case HEAD:
        age = old ? 62 + (int)(cli_generate_upto(d, 18) +
                               cli_generate_upto(d, 14))
              : kind == GENERATE_ONE_ADULT || kind == GENERATE_COUPLE
                  ? 22 + (int)cli_generate_upto(d, 40)
                  : 27 + (int)cli_generate_upto(d, 26);
        break;
    case SPOUSE:
        age = head - 4 + (int)cli_generate_upto(d, 8);
        break;
    case CHILD:
        age = (int)cli_generate_upto(d, head - 21 > 26 ? 26 : head - 21);
        break;
    case ELDER:
        age = head + 20 + (int)cli_generate_upto(d, 13);
        break;
    }
    return age < 0 ? 0 : age > 98 ? 98 : age;
}

static void
name_them(struct generate_dice *d, struct generate_household *to, int k)
{
    static const char *const family[] = {"王", "李", "张", "刘", "陈", "赵",
                                         "孙", "周", "马", "朱", "于", "徐"};
    static const char *const given[] = {"一", "二", "三", "四", "五", "六",
                                        "七", "八", "九", "十", "春", "秋"};
    (void)snprintf(to->names[k], sizeof(to->names[k]), "%s%s%s",
                   family[cli_generate_upto(d, 12)],
                   given[cli_generate_upto(d, 12)],
                   given[cli_generate_upto(d, 12)]);
}

static void number_them(struct generate_dice *d,
                        struct generate_household *to,
                        int k,
                        int64_t birth,
                        bool woman)
{
    char *id = to->id_numbers[k];
    int64_t y;
    unsigned m, day;
    bus_civil_from_days(birth, &y, &m, &day);
    /* The 17th digit is odd for men (GB 11643). */
    unsigned order = (unsigned)cli_generate_upto(d, 500) * 2 + !woman;
    bool taken = true;
    for (; taken; order += 2) {
        char text[40];
        (void)snprintf(text, sizeof(text), "000000%04u%02u%02u%03u",
                       (unsigned)y % 10000, m % 100, day % 100, order % 1000);
        memcpy(id, text, 17);
        id[17] = bus_idno_check_digit(id);
        id[18] = '\0';
        taken = false;
        for (int i = 0; i < k; i++) {
            taken |= strcmp(to->id_numbers[i], id) == 0;
        }
    }
}

/* A third live in urban neighbourhoods, few and large. */
static const struct bus_village *village_of(const struct generate_maker *m,
                                            struct generate_dice *d)
{
    size_t at =
        (size_t)cli_generate_upto(d, (int64_t)m->config->villages_count);
    if (m->community_count > 0 && cli_generate_chance(d, 3300)) {
        at = m->communities[cli_generate_upto(d, (int64_t)m->community_count)];
    }
    return &m->config->villages[at];
}

void cli_generate_household_make(const struct generate_maker *m,
                                 uint64_t seed,
                                 uint64_t i,
                                 struct generate_household *to)
{
    struct generate_dice d = {(seed ^ UINT64_C(0x6c69616e6f75)) *
                                  UINT64_C(0x2545f4914f6cdd1d) +
                              i * UINT64_C(0x9e3779b97f4a7c15)};
    (void)cli_generate_roll(&d);
    int size = generate_household_size_of(&d);
    to->number = i;
    to->kind = generate_household_kind_of(&d, size);
    to->village = village_of(m, &d);
    struct generating g = {.m = m, .d = &d, .household = to, .people = size};
    memcpy(to->facts, m->household,
           m->household_count * sizeof(m->household[0]));
    size_t n = m->household_count;
    for (int k = 0; k < size; k++) {
        memcpy(to->facts + n, m->person,
               m->person_count * sizeof(m->household[0]));
        for (size_t f = 0; f < m->person_count; f++) {
            to->facts[n + f].member = k;
        }
        n += m->person_count;
    }
    to->h = (struct bus_policy_household){
        .member_count = (size_t)size, .facts = to->facts, .fact_count = n};
    for (int k = 0; k < size; k++) {
        enum role role = role_of(to->kind, size, k);
        struct generate_person *p = &g.person[k];
        p->age = age_of(&d, to->kind, role, g.person[0].age);
        p->woman = role == SPOUSE ? !g.person[0].woman
                   : role == HEAD ? cli_generate_chance(&d, 3000)
                                  : cli_generate_chance(&d, 5000);
        p->relation = role == HEAD     ? "self"
                      : role == SPOUSE ? "spouse"
                      : role == ELDER  ? "parent"
                      : p->woman       ? "daughter"
                                       : "son";
        int64_t birth = m->day - (int64_t)p->age * 1461 / 4 - 2 -
                        cli_generate_upto(&d, 360);
        cli_generate_fill_person(&g, k, birth);
        name_them(&d, to, k);
        number_them(&d, to, k, birth, p->woman);
    }
    cli_generate_fill_household(&g);
}

/* --- a line of JSON --- */

static void generate_household_put_fact(const struct generate_maker *m,
                                        const struct bus_policy_fact *f,
                                        struct bus_buf *out)
{
    const char *bare =
        strchr(bus_policy_fact_name(m->catalogue, f->fact).p, '.') + 1;
    char day[BUS_DATE_TEXT + 1];
    bus_buf_printf(out, ",\"%s\":", bare);
    switch (f->kind) {
    case BUS_POLICY_BOOL:
        bus_buf_puts(out, f->number ? "true" : "false");
        break;
    case BUS_POLICY_LONG:
        bus_buf_printf(out, "%" PRId64, f->number);
        break;
    case BUS_POLICY_DATE:
        bus_buf_printf(out, "\"%s\"", bus_date_text((int32_t)f->number, day));
        break;
    case BUS_POLICY_TEXT:
        bus_buf_printf(out, "\"%.*s\"", BUS_STRV_ARG(f->text));
        break;
    case BUS_POLICY_NULL:
        bus_buf_puts(out, "null");
        break;
    }
}

void cli_generate_household_json(const struct generate_maker *m,
                                 const struct generate_household *h,
                                 struct bus_buf *out)
{
    char day[BUS_DATE_TEXT + 1];
    bus_buf_printf(
        out,
        "{\"number\":%" PRIu64 ",\"date\":\"%s\",\"village\":\"%s\","
        "\"kind\":\"%s\",\"name\":{\"zh\":\"%s %" PRIu64
        "\",\"en\":\"%s %" PRIu64 "\"},\"facts\":{\"address\":\"%s\"",
        h->number, bus_date_text(m->day, day), h->village->code,
        cli_generate_kind_en[h->kind], cli_generate_kind_zh[h->kind], h->number,
        cli_generate_kind_en[h->kind], h->number, h->village->name);
    size_t at = 0;
    for (; at < m->household_count; at++) {
        generate_household_put_fact(m, &h->facts[at], out);
    }
    bus_buf_puts(out, "},\"members\":[");
    for (size_t k = 0; k < h->h.member_count; k++) {
        bus_buf_printf(out, "%s{\"name\":\"%s\",\"id_number\":\"%s\"",
                       k > 0 ? "," : "", h->names[k], h->id_numbers[k]);
        for (size_t f = 0; f < m->person_count; f++, at++) {
            generate_household_put_fact(m, &h->facts[at], out);
        }
        bus_buf_putc(out, '}');
    }
    bus_buf_puts(out, "]}\n");
}
