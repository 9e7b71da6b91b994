/* A small county's registers; each rule has an offender, which is this county
 * with one row more or another one. Codes and persons are made up. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/registers/registers.h"
#include "tests/lib/check.h"

#define ORG_HEAD "code,zh,kind,parent,uscc,from,to\n"
#define OP_HEAD  "id,name,org,role,limit_fen,from,to\n"
#define DEL_HEAD "id,giver,taker,item,act,amount_fen,towns,from,until,basis\n"
#define SEAL_HEAD \
    "id,org,operator,public_key,items,from,expires,suspended,revoked\n"
#define KEY_HEAD "id,partner,public_key,from,until,revoked\n"
/* GB/T 32918.5-2017, annex A */
#define PUBLIC                                                           \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
/* the same with its halves exchanged: beside the curve */
#define BESIDE                                                           \
    "04ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13" \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"

#define TOWN_A "000000101"
#define TOWN_B "000000102"

static struct bus_village villages[] = {
    {.code = "000000101201",
     .name = "甲村委会",
     .town_code = TOWN_A,
     .town = "晏南镇"},
    {.code = "000000101202",
     .name = "李见村委会",
     .town_code = TOWN_A,
     .town = "晏南镇"},
    {.code = "000000102201",
     .name = "永安社区居民委员会",
     .town_code = TOWN_B,
     .town = "晏北镇"},
};
static const char organisations[] =
    ORG_HEAD "MZ,民政局,department,,,2020-01-01,\n"
             "MZ-1,救助股室,office,MZ,,2020-01-01,\n"
             "RS,人社局,department,,,2020-01-01,\n"
             "nongshang,农商行,bank,,91350100M000100Y43,2020-01-01,\n"
             "old,旧局所,department,,,2019-01-01,2020-12-31\n";
static const char operators[] =
    OP_HEAD "op-1,王小明,MZ,approver,,2020-01-01,\n"
            "op-2,李红,MZ-1,clerk,,2020-01-01,\n"
            "op-3,赵大海," TOWN_A ",approver,,2020-01-01,2024-12-31\n"
            "op-3,赵大海," TOWN_B ",approver,,2025-01-01,\n"
            "op-4,买买提·吐尔逊,000000101201,assistant,,2020-01-01,2023-06-30\n"
            "op-5,孙丽,000000101201,assistant,,2023-07-01,\n"
            "op-6,周正,000000101202,assistant,,2020-01-01,\n"
            "op-7,吴芳,000000102201,assistant,,2020-01-01,\n"
            "op-9,冯静,MZ-1,approver cashier,500000,2020-01-01,\n";
static const char delegations[] =
    DEL_HEAD "d-1,MZ," TOWN_A ",MZ01 MZ02,decide,300000," TOWN_A
             ",2022-01-01,2024-06-30,齐民发〔2022〕1号\n"
             "d-2,MZ," TOWN_A ",*,opinion,100000000,*,2020-01-01,,办法第3条\n";
static const char seals[] =
    SEAL_HEAD "s-1,MZ,," PUBLIC ",*,2020-11-19T10:00:00+08:00,"
              "2025-11-19T10:00:00+08:00,,\n"
              "s-2," TOWN_A ",op-3," PUBLIC ",MZ01,2022-01-01T00:00:00+08:00,,"
              "2023-01-01T00:00:00+08:00,2024-01-01T00:00:00+08:00\n";
static const char keys[] =
    KEY_HEAD "k-1,nongshang," PUBLIC ",2024-01-01T00:00:00+08:00,"
             "2026-01-01T00:00:00+08:00,2025-06-01T00:00:00+08:00\n";

static struct bus_arena mem;
static struct bus_faults faults;

static struct bus_source source(const char *file, const char *text)
{
    return (struct bus_source){file, bus_strv(text)};
}

static struct bus_register_sources county(void)
{
    return (struct bus_register_sources){
        .organisations = source("organisations.csv", organisations),
        .operators = source("operators.csv", operators),
        .delegations = source("delegations.csv", delegations),
        .seals = source("seals.csv", seals),
        .partner_keys = source("partner_keys.csv", keys),
        .county = "000000",
        .villages = villages,
        .village_count = 3,
    };
}

static struct bus_register *r;

static int set_up(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    struct bus_register_sources s = county();
    r = bus_registers_new(&s, &faults);
    if (r == NULL) {
        struct bus_buf out = {0};
        bus_faults_print(&faults, true, &out);
        print_error("%s", bus_buf_cstr(&out));
        bus_buf_fini(&out);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_registers_free(r);
    bus_arena_fini(&mem);
    return 0;
}

static int32_t day_of(const char *text)
{
    int32_t d = 0;
    assert_true(bus_date_parse(bus_strv(text), &d));
    return d;
}

static int64_t ms_of(const char *text)
{
    int64_t ms = 0;
    assert_true(bus_time_parse(bus_strv(text), &ms));
    return ms;
}

static void what_stands_in_it_is_found(void **state)
{
    (void)state;
    struct bus_register_counts n = bus_registers_counts(r);
    assert_int_equal(n.organisations, 5);
    assert_int_equal(n.operators, 9);
    assert_int_equal(n.delegations, 2);
    assert_int_equal(n.seals, 2);
    assert_int_equal(n.partner_keys, 1);
    assert_int_equal(strlen(bus_registers_version(r)), 16);
    int32_t day = day_of("2024-12-31");
    assert_string_equal(bus_registers_operator(r, BUS_STRV("op-3"), day)->org,
                        TOWN_A);
    assert_string_equal(
        bus_registers_operator(r, BUS_STRV("op-3"), day + 1)->org, TOWN_B);
    assert_null(bus_registers_operator(r, BUS_STRV("op-3"), 0));
    assert_null(bus_registers_operator(r, BUS_STRV("op-8"), day));
    struct bus_strv any = {0}, a = bus_strv(TOWN_A), b = bus_strv(TOWN_B);
    const struct bus_register_operator *in_a =
        bus_registers_operator_in(r, BUS_STRV("op-3"), a, any, day);
    assert_non_null(in_a);
    assert_ptr_equal(bus_registers_operator_in(r, BUS_STRV("op-3"), a,
                                               bus_strv(in_a->role), day),
                     in_a);
    assert_null(bus_registers_operator_in(r, BUS_STRV("op-3"), a,
                                          BUS_STRV("none"), day));
    assert_null(bus_registers_operator_in(r, BUS_STRV("op-3"), b, any, day));
    assert_null(
        bus_registers_operator_in(r, BUS_STRV("op-3"), a, any, day + 1));
    assert_null(bus_registers_organisation(r, BUS_STRV("old"), day));
    assert_non_null(
        bus_registers_organisation(r, BUS_STRV("old"), day_of("2020-12-31")));
}

static void a_village_has_one_assistant_any_day(void **state)
{
    (void)state;
    int32_t change = day_of("2023-07-01");
    assert_string_equal(
        bus_registers_assistant(r, BUS_STRV("000000101201"), change - 1)->id,
        "op-4");
    assert_string_equal(
        bus_registers_assistant(r, BUS_STRV("000000101201"), change)->id,
        "op-5");
    assert_null(bus_registers_assistant(r, BUS_STRV("000000109999"), change));
}

/* Day by day over ten years: always exactly the one whose row has that day. */
static void assistants_agree_with_a_plain_count(void **state)
{
    (void)state;
    int32_t day = day_of("2020-01-01"), end = day_of("2030-01-01");
    int32_t change = day_of("2023-07-01");
    for (; day < end; day++) {
        const char *want = day < change ? "op-4" : "op-5";
        assert_string_equal(
            bus_registers_assistant(r, BUS_STRV("000000101201"), day)->id,
            want);
    }
}

struct may_row
{
    const char *who, *org;
    enum bus_register_act act;
    const char *owner, *item, *town;
    int64_t fen;
    const char *day;
    enum bus_register_answer want;
};

static void whose_word_counts(void **state)
{
    (void)state;
#define D BUS_REGISTER_DECIDE
    static const struct may_row rows[] = {
        {"op-1", "MZ", D, "MZ", "MZ09", TOWN_B, 99, "2024-01-01",
         BUS_REGISTER_YES},
        {"op-1", "", D, "MZ", "MZ09", TOWN_B, 99, "2024-01-01",
         BUS_REGISTER_YES},
        {"nobody-at-all", "MZ", D, "MZ", "MZ01", TOWN_A, 1, "2024-01-01",
         BUS_REGISTER_OPERATOR_UNKNOWN},
        {"op-1", "MZ", D, "MZ", "MZ01", TOWN_A, 1, "2019-12-31",
         BUS_REGISTER_OPERATOR_NOT_THAT_DAY},
        {"op-1", "RS", D, "RS", "RS01", TOWN_A, 1, "2024-01-01",
         BUS_REGISTER_OPERATOR_ELSEWHERE},
        {"op-1", "MZ", D, "RS", "RS01", TOWN_A, 1, "2024-01-01",
         BUS_REGISTER_NOT_DELEGATED},
        {"op-2", "MZ-1", D, "MZ", "MZ01", TOWN_A, 1, "2024-01-01",
         BUS_REGISTER_ROLE_MAY_NOT},
        {"op-2", "MZ-1", BUS_REGISTER_SURVEY, "MZ", "MZ01", TOWN_A, 0,
         "2024-01-01", BUS_REGISTER_YES},
        {"op-3", TOWN_A, D, "MZ", "MZ01", TOWN_A, 300000, "2024-06-30",
         BUS_REGISTER_YES},
        {"op-3", TOWN_A, D, "MZ", "MZ01", TOWN_A, 300001, "2024-06-30",
         BUS_REGISTER_DELEGATION_AMOUNT},
        {"op-3", TOWN_A, D, "MZ", "MZ01", TOWN_B, 1, "2024-06-30",
         BUS_REGISTER_DELEGATION_TOWN},
        {"op-3", TOWN_A, D, "MZ", "MZ01", TOWN_A, 1, "2024-07-01",
         BUS_REGISTER_DELEGATION_NOT_THAT_DAY},
        {"op-3", TOWN_A, D, "MZ", "MZ03", TOWN_A, 1, "2024-06-30",
         BUS_REGISTER_NOT_DELEGATED},
        {"op-3", TOWN_A, BUS_REGISTER_OPINION, "MZ", "MZ03", TOWN_B, 1,
         "2024-07-01", BUS_REGISTER_YES},
        {"op-3", TOWN_B, D, "MZ", "MZ01", TOWN_B, 1, "2025-01-01",
         BUS_REGISTER_NOT_DELEGATED},
        {"op-9", "MZ-1", D, "MZ", "MZ01", TOWN_B, 500000, "2024-01-01",
         BUS_REGISTER_YES},
        {"op-9", "MZ-1", D, "MZ", "MZ01", TOWN_B, 500001, "2024-01-01",
         BUS_REGISTER_OPERATOR_LIMIT},
        {"op-9", "MZ-1", BUS_REGISTER_PAY, "MZ", "MZ01", TOWN_B, 1,
         "2024-01-01", BUS_REGISTER_YES},
        {"op-9", "MZ-1", BUS_REGISTER_SURVEY, "MZ", "MZ01", TOWN_B, 1,
         "2024-01-01", BUS_REGISTER_ROLE_MAY_NOT},
        {"op-6", "000000101202", D, "MZ", "MZ01", TOWN_A, 1, "2024-01-01",
         BUS_REGISTER_ROLE_MAY_NOT},
    };
#undef D
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct may_row *w = &rows[i];
        enum bus_register_answer got =
            bus_registers_may(r, &(struct bus_register_claim){
                                     .operator_id = bus_strv(w->who),
                                     .org = bus_strv(w->org),
                                     .act = w->act,
                                     .owner = bus_strv(w->owner),
                                     .item = bus_strv(w->item),
                                     .town = bus_strv(w->town),
                                     .amount_fen = w->fen,
                                     .day = day_of(w->day),
                                 });
        if (got != w->want) {
            fail_msg("row %zu: %s, not %s", i, bus_registers_answer_word(got),
                     bus_registers_answer_word(w->want));
        }
    }
}

static void organisations_have_a_department_and_a_town(void **state)
{
    (void)state;
    int32_t day = day_of("2024-01-01");
    static const struct
    {
        const char *org, *department, *town;
    } rows[] = {
        {"MZ", "MZ", ""},
        {"MZ-1", "MZ", ""},
        {"nongshang", NULL, ""},
        {TOWN_A, NULL, TOWN_A},
        {"000000101201", NULL, TOWN_A},
        {"000000102S01", NULL, TOWN_B},
        {"000000", NULL, ""},
        {"nowhere", NULL, ""},
        {"old", NULL, ""}, /* not any more on that day */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct bus_register_organisation *o =
            bus_registers_department(r, bus_strv(rows[i].org), day);
        assert_true((o == NULL) == (rows[i].department == NULL));
        assert_true(o == NULL || strcmp(o->code, rows[i].department) == 0);
        assert_true(bus_strv_is(
            bus_registers_town(r, bus_strv(rows[i].org), day), rows[i].town));
    }
    const struct bus_register_operator *o =
        bus_registers_operator(r, BUS_STRV("op-9"), day);
    assert_true(bus_registers_has_role(o, "approver"));
    assert_true(bus_registers_has_role(o, "cashier"));
    assert_false(bus_registers_has_role(o, "clerk"));
    assert_false(bus_registers_has_role(o, "approver cashier"));
}

static enum bus_register_answer seal(const char *id,
                                     const char *org,
                                     const char *who,
                                     const char *item,
                                     const char *at)
{
    struct bus_register_seal_key key = {NULL, NULL};
    enum bus_register_answer a = bus_registers_seal_may(
        r,
        &(struct bus_register_sealing){.seal_id = bus_strv(id),
                                       .org = bus_strv(org),
                                       .operator_id = bus_strv(who),
                                       .item = bus_strv(item),
                                       .signed_ms = ms_of(at)},
        &key);
    assert_true((a == BUS_REGISTER_YES) == (key.point != NULL));
    assert_true(key.point == NULL ||
                (key.point[0] == 4 && key.point[64] == 0x13));
    return a;
}

static void seals_count_while_they_are_valid(void **state)
{
    (void)state;
#define AT(day) day "T00:00:00+08:00"
    assert_int_equal(seal("s-1", "MZ", "op-1", "MZ01", AT("2024-01-01")),
                     BUS_REGISTER_YES);
    assert_int_equal(seal("s-9", "MZ", "op-1", "MZ01", AT("2024-01-01")),
                     BUS_REGISTER_SEAL_UNKNOWN);
    assert_int_equal(seal("s-1", "RS", "op-1", "MZ01", AT("2024-01-01")),
                     BUS_REGISTER_SEAL_OTHERS);
    assert_int_equal(seal("s-1", "MZ", "", "MZ01", AT("2020-11-19")),
                     BUS_REGISTER_SEAL_NOT_YET);
    assert_int_equal(seal("s-1", "MZ", "", "MZ01", "2025-11-19T10:00:00+08:00"),
                     BUS_REGISTER_SEAL_EXPIRED);
    assert_int_equal(seal("s-2", TOWN_A, "op-3", "MZ01", AT("2022-06-01")),
                     BUS_REGISTER_YES);
    assert_int_equal(seal("s-2", TOWN_A, "op-1", "MZ01", AT("2022-06-01")),
                     BUS_REGISTER_SEAL_OTHERS);
    assert_int_equal(seal("s-2", TOWN_A, "op-3", "MZ02", AT("2022-06-01")),
                     BUS_REGISTER_SEAL_ITEM);
    assert_int_equal(seal("s-2", TOWN_A, "op-3", "MZ01", AT("2023-01-01")),
                     BUS_REGISTER_SEAL_SUSPENDED);
    assert_int_equal(seal("s-2", TOWN_A, "op-3", "MZ01", AT("2024-01-01")),
                     BUS_REGISTER_SEAL_REVOKED);
}

static void partners_sign_with_their_own_key(void **state)
{
    (void)state;
    const uint8_t *key = NULL;
    struct bus_strv id = BUS_STRV("k-1"), bank = BUS_STRV("nongshang");
    assert_int_equal(
        bus_registers_key_of(r, id, bank, ms_of(AT("2025-01-01")), &key),
        BUS_REGISTER_YES);
    assert_non_null(key);
    assert_int_equal(bus_registers_key_of(r, id, BUS_STRV("youchu"),
                                          ms_of(AT("2025-01-01")), &key),
                     BUS_REGISTER_KEY_OTHERS);
    assert_int_equal(
        bus_registers_key_of(r, id, bank, ms_of(AT("2025-06-01")), &key),
        BUS_REGISTER_KEY_NOT_NOW);
    assert_int_equal(bus_registers_key_of(r, BUS_STRV("k-2"), bank, 0, &key),
                     BUS_REGISTER_KEY_UNKNOWN);
}

/* --- offenders --- */

/* The county with these rows behind one of its tables must be refused with a
 * fault that says so, at that line. */
static void is_refused(struct bus_source *table,
                       struct bus_register_sources *s,
                       const char *rows,
                       const char *why)
{
    struct bus_faults found;
    char *text =
        bus_arena_printf(&mem, "%.*s%s", BUS_STRV_ARG(table->text), rows);
    table->text = bus_strv(text);
    bus_faults_init(&found, &mem);
    assert_null(bus_registers_new(s, &found));
    for (size_t i = 0; i < found.count; i++) {
        if (strstr(found.list[i].text, why) != NULL) {
            return;
        }
    }
    fail_msg("'%s' is not told; first: %s", why,
             found.count > 0 ? found.list[0].text : "nothing");
}

static void operator_is_refused(const char *rows, const char *why)
{
    struct bus_register_sources s = county();
    is_refused(&s.operators, &s, rows, why);
}

static void places_are_no_persons(void **state)
{
    (void)state;
    static const char *const places[] = {"表白寺镇李见村社区",
                                         "甲村委会",
                                         "晏南镇",
                                         "李见村",
                                         "民政局",
                                         "永安社区",
                                         "救助股室",
                                         "管理员",
                                         "村委会",
                                         "服务站",
                                         "王",
                                         "Wang Wei",
                                         "王小明1",
                                         "·王",
                                         "王··明",
                                         "王小明小明",
                                         ""};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char row[256];
        (void)snprintf(row, sizeof(row), "op-8,%s,MZ,clerk,,2020-01-01,\n",
                       places[i]);
        struct bus_register_sources s = county();
        struct bus_faults found;
        char *text = bus_arena_printf(&mem, "%s%s", operators, row);
        s.operators.text = bus_strv(text);
        bus_faults_init(&found, &mem);
        if (bus_registers_new(&s, &found) != NULL) {
            fail_msg("'%s' passes as a person", places[i]);
        }
        assert_int_equal(found.list[0].at.line, 11);
    }
    static const char *const persons[] = {
        "王小明",        "欧阳修竹",           "李镇", "张科", "陈站长江",
        "买买提·吐尔逊", "迪丽热巴·迪力木拉提"};
    for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
        const char *why = bus_registers_name_fault(bus_strv(persons[i]));
        if (why != NULL) {
            fail_msg("%s %s", persons[i], why);
        }
    }
    /* The village's own name without what a village is called. */
    operator_is_refused("op-8,李见,000000101202,clerk,,2020-01-01,\n",
                        "is the name of a place");
}

static void assistants_leave_no_gap(void **state)
{
    (void)state;
    operator_is_refused("op-8,郑强,000000101202,assistant,,2025-01-01,\n",
                        "has two assistants from 2025-01-01 on: op-6 and op-8");
    operator_is_refused("op-8,郑强,MZ,assistant,,2025-01-01,\n",
                        "an assistant is of a village");
    struct bus_register_sources s = county();
    s.operators.text = BUS_STRV(
        OP_HEAD "op-4,王甲,000000101201,assistant,,2020-01-01,2023-06-29\n"
                "op-5,孙丽,000000101201,assistant,,2023-07-01,\n"
                "op-6,周正,000000101202,assistant,,2020-01-01,2025-12-31\n");
    struct bus_source *ops = &s.operators;
    struct bus_register_sources again = s;
    is_refused(ops, &s, "", "no assistant from 2023-06-30 to 2023-06-30");
    s = again;
    is_refused(ops, &s, "", "000000101202 has no assistant from 2026-01-01 on");
    s = again;
    is_refused(ops, &s, "", "000000102201 永安社区居民委员会 has no assistant");
}

static void rows_that_contradict_are_told(void **state)
{
    (void)state;
    operator_is_refused("op-1,王小红,MZ,clerk,,2030-01-01,\n",
                        "'op-1' is '王小明' in another row");
    operator_is_refused("op-1,王小明,RS,clerk,,2024-01-01,\n",
                        "'op-1' has another row for that day");
    operator_is_refused("op-8,郑强,XX,clerk,,2020-01-01,\n",
                        "'XX' is no organisation");
    operator_is_refused("op-8,郑强,MZ,cleaner,,2020-01-01,\n",
                        "found 'cleaner'; must be director");
    operator_is_refused("op-8,郑强,MZ,clerk cleaner,,2020-01-01,\n",
                        "found 'clerk cleaner'");
    operator_is_refused("op-8,郑强,MZ,clerk  cashier,,2020-01-01,\n",
                        "several with a space between");
    operator_is_refused("op-8,郑强,MZ,approver,5.00,2020-01-01,\n",
                        "found '5.00'; must be a number of fen");
    operator_is_refused("op-8,郑强,MZ,approver,-1,2020-01-01,\n",
                        "found '-1'; must be a number of fen");
    operator_is_refused("op-8,郑强,MZ,clerk,,2020-01-02,2020-01-01\n",
                        "must be dates in order");
    operator_is_refused("op-8,郑强,MZ,clerk\n", "the row has 4 cells");
    struct bus_register_sources s = county();
    is_refused(&s.organisations, &s,
               "YB,医保局,department,,91350100M000100Y44,2020-01-01,\n",
               "with its check character");
    s = county();
    is_refused(&s.organisations, &s, "MZ,民政局,department,,,2021-01-01,\n",
               "'MZ' is there twice");
    s = county();
    is_refused(&s.organisations, &s, "YB,医保局,department,ZZ,,2021-01-01,\n",
               "'ZZ' is no organisation");
}

static void the_other_tables_are_checked(void **state)
{
    (void)state;
    struct bus_register_sources s = county();
    is_refused(&s.delegations, &s, "d-3,MZ,RS,*,rule,1,*,2020-01-01,,x\n",
               "found 'rule'; must be take_down");
    s = county();
    is_refused(&s.delegations, &s, "d-3,MZ,RS,*,decide,-1,*,2020-01-01,,x\n",
               "a number of fen");
    s = county();
    is_refused(&s.delegations, &s, "d-3,MZ,RS,*,decide,1,*,2020-01-01,,\n",
               "the document it rests on");
    s = county();
    is_refused(&s.delegations, &s, "d-3,MZ,RS,a/b,decide,1,*,2020-01-01,,x\n",
               "* or codes with a space between");
    s = county();
    is_refused(&s.delegations, &s, "d-3,MZ,RS,*,decide,1,9,2020-01-01,,x\n",
               "'9' is no organisation");
    s = county();
    is_refused(&s.seals, &s, "s-3,MZ,,04ab,*,2020-11-19T10:00:00+08:00,,,\n",
               "no SM2 public key: must be 04, x and y");
    s = county();
    is_refused(&s.seals, &s,
               "s-3,MZ,," BESIDE ",*,2020-11-19T10:00:00+08:00,,,\n",
               "a point of the curve SM2");
    s = county();
    is_refused(&s.seals, &s, "s-1,MZ,," PUBLIC ",*,2020-11-19T10:00:00Z,,,\n",
               "'s-1' is there twice");
    s = county();
    is_refused(&s.seals, &s,
               "s-3,MZ,op-8," PUBLIC ",*,2020-11-19T10:00:00Z,,,\n",
               "'op-8' is no operator on its first day");
    s = county();
    is_refused(&s.seals, &s, "s-3,MZ,," PUBLIC ",*,2020-11-19,,,\n",
               "an instant");
    s = county();
    is_refused(&s.partner_keys, &s,
               "k-1,nongshang," PUBLIC ",2024-01-01T00:00:00Z,,\n",
               "'k-1' is there twice");
    s = county();
    s.partner_keys.text = BUS_STRV("id,partner\n");
    is_refused(&s.partner_keys, &s, "", "the first line is 'id,partner'");
}

static void unified_codes_have_a_check(void **state)
{
    (void)state;
    /* GB 32100-2015, the standard's own example. */
    assert_true(bus_registers_uscc_valid(BUS_STRV("91350100M000100Y43")));
    assert_int_equal(bus_registers_uscc_check(BUS_STRV("91350100M000100Y4")),
                     '3');
    assert_false(bus_registers_uscc_valid(BUS_STRV("91350100M000100Y4")));
    assert_false(bus_registers_uscc_valid(BUS_STRV("91350100M000100I43")));
    /* Any one character changed is seen. */
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < 18; i++) {
        for (const char *c = letters; *c != '\0'; c++) {
            char code[] = "91350100M000100Y43";
            bool same = code[i] == *c;
            code[i] = *c;
            assert_int_equal(bus_registers_uscc_valid(bus_strv(code)), same);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_in_it_is_found),
        cmocka_unit_test(a_village_has_one_assistant_any_day),
        cmocka_unit_test(assistants_agree_with_a_plain_count),
        cmocka_unit_test(whose_word_counts),
        cmocka_unit_test(organisations_have_a_department_and_a_town),
        cmocka_unit_test(seals_count_while_they_are_valid),
        cmocka_unit_test(partners_sign_with_their_own_key),
        cmocka_unit_test(places_are_no_persons),
        cmocka_unit_test(assistants_leave_no_gap),
        cmocka_unit_test(rows_that_contradict_are_told),
        cmocka_unit_test(the_other_tables_are_checked),
        cmocka_unit_test(unified_codes_have_a_check),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
