/* Decisions that do not hold, through decide(): they go back to the department
 * with a reason, nothing is told to dispatch, and a new decision counts. Who,
 * what, how much, payee, seal and when: each refused in a row of its own, with
 * a real register and real seals. */
#include "tests/lib/check.h"

#include <unistd.h>

#include "bus/role/signed.h"
#include "bus/wire/framing.h"
#include "consumers/matcher/parts.h"
#include "tests/lib/seals.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY "2026-10-09"
#define TEN INT64_C(1791511200000) /* that day, 10:00 in China */
#define MIN INT64_C(60000)

static struct bus_register *registers;
static struct bus_wire_sm2_tables *tables; /* of the second time */

static int32_t no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static struct matcher_outputs step(struct sa_household_state *st,
                                   const struct matcher_event *e)
{
    const struct matcher_rules rules = {.catalogue = k.c,
                                        .deadline = no_limit,
                                        .registers = registers,
                                        .seals = tables,
                                        .seals_from = rules_day("2020-01-01"),
                                        .seal_late_ms = 3 * 24 * 60 * MIN,
                                        .seal_skew_ms = 5 * MIN,
                                        .order_max_fen = 20000000};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return out;
}

static struct sa_fact
fact(const char *name, int branch, int64_t number, const char *text)
{
    struct sa_fact f = {.name = bus_strv(name),
                        .source = BUS_STRV("declared"),
                        .as_of = rules_day(DAY)};
    f.value.branch = branch;
    if (branch == SA_FACT_VALUE_BOOLEAN) {
        f.value.u.boolean_value = number != 0;
    } else if (branch == SA_FACT_VALUE_LONG) {
        f.value.u.long_value = number;
    } else {
        f.value.u.string_value = bus_strv(text);
    }
    return f;
}

/* A rural household after a fire: MZ05, at most one month of dibao, 700. */
static void apply(struct sa_household_state *st)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    static struct sa_application a;
    struct sa_fact facts[] = {
        fact("household.area", SA_FACT_VALUE_STRING, 0, "rural"),
        fact("household.event_shock", SA_FACT_VALUE_STRING, 0, "fire"),
        fact("household.basic_life_broken", SA_FACT_VALUE_BOOLEAN, 1, NULL),
    };
    head.person_id = id('p', 1);
    a = (struct sa_application){.event_id = id('e', 1),
                                .household_id = id('h', 1),
                                .application_id = id('a', 1),
                                .occurred_at = TEN,
                                .division_code = BUS_STRV("371425101001")};
    a.members.v = &head;
    a.members.n = 1;
    a.facts.v = bus_arena_dup(&mem, facts, sizeof(facts));
    a.facts.n = sizeof(facts) / sizeof(facts[0]);
    memset(st, 0, sizeof(*st));
    st->household_id = a.household_id;
    (void)step(
        st, &(struct matcher_event){.kind = MATCHER_APPLICATION, .record = &a});
}

static struct sa_assignment_state *of(struct sa_household_state *st,
                                      const char *item)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (bus_strv_is(st->assignments.v[i].item, item)) {
            return &st->assignments.v[i];
        }
    }
    fail_msg("%s is not assigned", item);
    return NULL;
}

static struct sa_decision *
decision(struct sa_household_state *st, uint8_t number, int64_t fen)
{
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d =
        (struct sa_decision){.event_id = id('d', number),
                             .decision_id = id('D', number),
                             .household_id = st->household_id,
                             .case_id = st->case_id,
                             .occurred_at = TEN + 120 * MIN,
                             .signed_at = TEN,
                             .assignment_id = of(st, "MZ05")->assignment_id,
                             .department = BUS_STRV("MZ"),
                             .item = BUS_STRV("MZ05"),
                             .outcome = SA_DECISION_OUTCOME_CONFIRMED,
                             .has_amount_fen = true,
                             .amount_fen = fen,
                             .delivery = SA_DELIVERY_POST_CASH,
                             .decided_by = {.org_code = BUS_STRV("371425101")}};
    return d;
}

/* The reason it goes back with; "" when dispatch is told of it. */
static struct bus_strv answer_to(struct sa_household_state *st,
                                 const struct matcher_event *e)
{
    const struct sa_decision *d = e->record;
    struct matcher_outputs out = step(st, e);
    struct bus_strv told = {0}, back = {0};
    bool accepted = false;
    for (size_t i = 0; i < out.n; i++) {
        const struct sa_case_event *c = out.v[i].record;
        const struct sa_assignment *a = out.v[i].record;
        if (out.v[i].topic == MATCHER_OUT_CASES) {
            accepted |= c->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED;
            told = c->kind == SA_CASE_EVENT_KIND_ORDER_REFUSED ? c->note : told;
        } else if (out.v[i].topic == MATCHER_OUT_ASSIGNMENTS &&
                   a->action == SA_ASSIGNMENT_ACTION_RETURNED) {
            back = a->reason;
            assert_int_equal(a->amount_fen, 70000); /* not what was decided */
        }
    }
    assert_true(bus_strv_eq(told, back));
    assert_true(accepted == (told.n == 0));
    assert_int_equal(of(st, "MZ05")->status,
                     !accepted ? SA_ASSIGNMENT_STATUS_ASSIGNED
                     : d->outcome == SA_DECISION_OUTCOME_CONFIRMED
                         ? SA_ASSIGNMENT_STATUS_CONFIRMED
                         : SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
    return told;
}

static struct bus_strv answered(struct sa_household_state *st,
                                const struct sa_decision *d)
{
    return answer_to(st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                                 .record = d,
                                                 .partner = BUS_STRV("MZ")});
}

/* Partners send at least once: what has gone back goes back no second time, or
 * the outputs of one event would stand twice. */
static bool given_back_before(struct sa_household_state *st,
                              const struct sa_decision *d)
{
    struct matcher_outputs out =
        step(st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                         .record = d,
                                         .partner = BUS_STRV("MZ")});
    return out.duplicate && out.n == 0;
}

static void test_T16(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    struct sa_decision *over = decision(&st, 1, 70001);
    assert_true(bus_strv_is(answered(&st, over), "ABOVE_CAP MZ06"));
    assert_true(given_back_before(&st, over));
    over->has_deviation = true;
    over->deviation = BUS_STRV("特殊困难");
    assert_true(given_back_before(&st, over)); /* the event again, for that */
    over->event_id = id('d', 9); /* said anew; its decision's id is not taken */
    assert_true(bus_strv_is(answered(&st, over), "ABOVE_CAP MZ06"));
    assert_int_equal(answered(&st, decision(&st, 2, 70000)).n, 0);
    /* A refusal has no cap, and what nobody knows holds nobody back. */
    apply(&st);
    struct sa_decision *no = decision(&st, 3, 70001);
    no->outcome = SA_DECISION_OUTCOME_REFUSED;
    (void)step(&st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                            .record = no,
                                            .partner = BUS_STRV("MZ")});
    assert_int_equal(of(&st, "MZ05")->status,
                     SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
    apply(&st);
    st.facts.v[0].value.branch = SA_FACT_VALUE_NULL;
    over = decision(&st, 4, 70001);
    assert_true(bus_strv_is(answered(&st, over), "ABOVE_PROPOSED"));
    over->has_deviation = true;
    over->deviation = BUS_STRV("特殊困难");
    assert_int_equal(answered(&st, over).n, 0);
}

/* MZ05 is given once here: each month is twelve times what was worked out. And
 * nobody is paid from a month before he asked, or from none there is, unless an
 * officer says why. */
static void a_period_is_money(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    struct sa_decision *d = decision(&st, 1, 70000);
    d->period = SA_PERIOD_MONTHLY;
    assert_true(bus_strv_is(answered(&st, d), "ABOVE_PROPOSED"));
    static const char *const months[] = {"2020-01", "zz\nq", "2026-13",
                                         "2026-1", "2026-011"};
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        d = decision(&st, (uint8_t)(2 + i), 70000);
        d->has_from_month = true;
        d->from_month = bus_strv(months[i]);
        assert_true(bus_strv_is(answered(&st, d), "FROM_MONTH"));
    }
    d = decision(&st, 20, 70000);
    d->has_from_month = d->has_deviation = true;
    d->from_month = BUS_STRV("2020-01");
    d->deviation = BUS_STRV("补发");
    assert_int_equal(answered(&st, d).n, 0);
}

/* Another application of the household, with another sealed account. */
static void again(struct sa_household_state *st, uint8_t n, const char *sealed)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    head.person_id = id('p', 1);
    struct sa_application a = {.event_id = id('e', n),
                               .household_id = id('h', 1),
                               .application_id = id('a', n),
                               .occurred_at = TEN + n * MIN,
                               .division_code = BUS_STRV("371425101001"),
                               .has_personal = true,
                               .personal = bus_strv(sealed)};
    a.members.v = &head;
    a.members.n = 1;
    (void)step(
        st, &(struct matcher_event){.kind = MATCHER_APPLICATION, .record = &a});
}

static void account_stays(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    again(&st, 2, "first");
    again(&st, 3, "second");
    assert_true(bus_strv_is(st.personal, "first"));
    assert_true(bus_id_eq(&st.personal_event, &(struct bus_id){{'e', 2}}));
    st.case_open = false;
    again(&st, 4, "third"); /* a new case, which officers will see */
    assert_true(st.case_open && bus_strv_is(st.personal, "third"));
}

/* --- the matrix --- */

static struct bus_wire_sm2_key *ours, *foreign;
static struct bus_wire_sealer *stamped, *forged; /* of our key */

static void register_of(const char *public, const char *maker)
{
    struct bus_faults faults;
    struct bus_register_sources s = {.county = "371425"};
#define DAWN  "2020-01-01T00:00:00+08:00"
#define T1010 "2026-10-09T10:10:00+08:00"
#define T1030 "2026-10-09T10:30:00+08:00"
    static const struct
    {
        const char *id, *org, *person, *behind; /* its key */
    } seals[] = {
        {"S-MZ", "MZ", "", "*," DAWN ",,,"},
        {"S-1", "MZ", "op-1", "*," DAWN ",,,"},
        {"S-YB", "YB", "", "*," DAWN ",,,"},
        {"S-TOWN", "371425101", "", "MZ05," DAWN ",,,"},
        {"S-ITEM", "MZ", "", "MZ01 MZ02," DAWN ",,,"},
        {"S-NEW", "MZ", "", "*," T1030 ",,,"},
        {"S-OLD", "MZ", "", "*," DAWN "," T1010 ",,"},
        {"S-HELD", "MZ", "", "*," DAWN ",," T1010 ","},
        {"S-GONE", "MZ", "", "*," DAWN ",,," T1010},
        {"S-LATER", "MZ", "", "*," DAWN ",,," T1030},
        {"S-GB", "MZ", "", "*," DAWN ",,,"},
        {"S-GB2", "MZ", "", "*," DAWN ",,,"},
    };
    struct bus_buf rows = {0};
    bus_buf_puts(
        &rows,
        "id,org,operator,public_key,items,from,expires,suspended,revoked,"
        "maker\n");
    for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
        bus_buf_puts(&rows,
                     bus_arena_printf(
                         &mem, "%s,%s,%s,%s,%s,%s\n", seals[i].id, seals[i].org,
                         seals[i].person, public, seals[i].behind,
                         strncmp(seals[i].id, "S-GB", 4) == 0 ? maker : ""));
    }
    s.organisations = (struct bus_source){
        "o", BUS_STRV("code,zh,kind,parent,uscc,from,to\n"
                      "MZ,某民政局,department,,,2020-01-01,\n"
                      "YB,某医保局,department,,,2020-01-01,\n"
                      "371425101,某镇政府,town,,,2020-01-01,\n"
                      "371425102,某某镇政府,town,,,2020-01-01,\n")};
    s.operators = (struct bus_source){
        "p", BUS_STRV("id,name,org,role,limit_fen,from,to\n"
                      "op-1,王华,MZ,approver,,2020-01-01,\n"
                      "op-2,李平,MZ,clerk,,2020-01-01,\n"
                      "op-3,张英,YB,approver,,2020-01-01,\n"
                      "op-4,刘军,371425101,approver,,2020-01-01,\n"
                      "op-5,陈玲,MZ,approver,,2020-01-01,2026-10-08\n"
                      "op-6,杨敏,MZ,approver,60000,2020-01-01,\n"
                      "op-7,赵强,371425102,approver,,2020-01-01,\n")};
    s.delegations = (struct bus_source){
        "d", BUS_STRV("id,giver,taker,item,act,amount_fen,towns,from,until,"
                      "basis\n"
                      "D-1,MZ,371425101,MZ05,decide,60000,371425101,"
                      "2020-01-01,,assumed\n"
                      "D-2,MZ,371425102,MZ05,decide,90000,371425102,"
                      "2020-01-01,,assumed\n")};
    s.seals = (struct bus_source){"s", bus_strv(bus_buf_cstr(&rows))};
    s.partner_keys = (struct bus_source){
        "k", BUS_STRV("id,partner,public_key,from,until,revoked\n")};
    bus_faults_init(&faults, &mem);
    bus_registers_free(registers);
    registers = bus_registers_new(&s, &faults);
    bus_buf_fini(&rows);
    if (registers == NULL) {
        fail_msg("%s", faults.list[0].text);
    }
}

enum trick {
    PLAIN,
    UNSEALED,    /* names nothing */
    ONLY_NAMED,  /* names a seal, brings none */
    FOREIGN_KEY, /* sealed by another's key */
    CHANGED,     /* by one fen, after it was sealed */
    OTHER_CASE,  /* of another case */
    OTHER_ITEM,  /* says another item than it was asked about */
    HUGE_GAP,    /* what stays uncovered */
    TRANSFER,    /* by bank, and does not say to whom */
    TRANSFER_TO, /* and says it */
    STAMPED,     /* the whole structure of GB/T 38540 */
    FORGED,      /* the same, its seal by another maker */
    RESTAMPED,   /* changed by one fen, after it was sealed so */
    STALE,       /* the structure's own time is another */
};
struct cell
{
    const char *why; /* it goes back; "": it counts */
    const char *operator_id, *org, *seal;
    int64_t fen, signed_min, arrived_min; /* after 10:00 */
    enum trick trick;
    enum sa_decision_outcome outcome;
    const char *deviation;
};
#define YES SA_DECISION_OUTCOME_CONFIRMED
#define NO  SA_DECISION_OUTCOME_REFUSED
static const struct cell cells[] = {
    {"", "op-1", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES, NULL},
    /* who */
    {"OPERATOR_UNKNOWN", "op-9", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES, NULL},
    {"OPERATOR_UNKNOWN", "", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES, NULL},
    {"OPERATOR_NOT_THAT_DAY", "op-5", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES,
     NULL},
    {"OPERATOR_ELSEWHERE", "op-3", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES,
     NULL},
    {"ROLE_MAY_NOT", "op-2", "MZ", "S-MZ", 70000, 20, 30, PLAIN, YES, NULL},
    {"ROLE_MAY_NOT", "op-2", "MZ", "S-MZ", 70000, 20, 30, PLAIN, NO, NULL},
    {"NOT_DELEGATED", "op-3", "YB", "S-YB", 70000, 20, 30, PLAIN, YES, NULL},
    {"DELEGATION_TOWN", "op-7", "371425102", "S-MZ", 50000, 20, 30, PLAIN, YES,
     NULL},
    {"DELEGATION_AMOUNT", "op-4", "371425101", "S-TOWN", 60001, 20, 30, PLAIN,
     YES, NULL},
    {"", "op-4", "371425101", "S-TOWN", 60000, 20, 30, PLAIN, YES, NULL},
    {"", "op-1", "MZ", "S-1", 70000, 20, 30, PLAIN, NO, NULL},
    /* what */
    {"ITEM_DIFFERS", "op-1", "MZ", "S-MZ", 70000, 20, 30, OTHER_ITEM, YES,
     NULL},
    {"CASE_DIFFERS", "op-1", "MZ", "S-MZ", 70000, 20, 30, OTHER_CASE, YES,
     NULL},
    /* how much */
    {"ABOVE_CAP MZ06", "op-1", "MZ", "S-MZ", 70001, 20, 30, PLAIN, YES, "x"},
    {"ABOVE_ORDER_MAX", "op-1", "MZ", "S-MZ", 20000001, 20, 30, PLAIN, YES,
     "x"},
    {"ABOVE_ORDER_MAX", "op-1", "MZ", "S-MZ", INT64_MAX, 20, 30, PLAIN, YES,
     "x"},
    {"ABOVE_ORDER_MAX", "op-1", "MZ", "S-MZ", 70000, 20, 30, HUGE_GAP, YES,
     NULL},
    {"", "op-6", "MZ", "S-MZ", 60000, 20, 30, PLAIN, YES, NULL},
    /* payee */
    {"PAYEE_MISSING", "op-1", "MZ", "S-MZ", 70000, 20, 30, TRANSFER, YES, NULL},
    {"", "op-1", "MZ", "S-MZ", 70000, 20, 30, TRANSFER_TO, YES, NULL},
    /* seal */
    {"SEAL_MISSING", "op-1", "MZ", "S-MZ", 70000, 20, 30, UNSEALED, YES, NULL},
    {"SEAL_MISSING", "op-1", "MZ", "S-MZ", 70000, 20, 30, ONLY_NAMED, YES,
     NULL},
    {"SEAL_UNKNOWN", "op-1", "MZ", "S-X", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_OTHERS", "op-1", "MZ", "S-YB", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_OTHERS", "op-6", "MZ", "S-1", 60000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_ITEM", "op-1", "MZ", "S-ITEM", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_NOT_YET", "op-1", "MZ", "S-NEW", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_EXPIRED", "op-1", "MZ", "S-OLD", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_SUSPENDED", "op-1", "MZ", "S-HELD", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_REVOKED", "op-1", "MZ", "S-GONE", 70000, 20, 30, PLAIN, YES, NULL},
    /* T20: revoked between signing and reading */
    {"", "op-1", "MZ", "S-LATER", 70000, 20, 40, PLAIN, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-MZ", 70000, 20, 30, FOREIGN_KEY, YES,
     NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-MZ", 70000, 20, 30, CHANGED, YES, NULL},
    {"", "op-1", "MZ", "S-GB", 70000, 20, 30, STAMPED, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-GB", 70000, 20, 30, PLAIN, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-MZ", 70000, 20, 30, STAMPED, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-GB2", 70000, 20, 30, STAMPED, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-GB", 70000, 20, 30, FORGED, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-GB", 70000, 20, 30, RESTAMPED, YES, NULL},
    {"SEAL_BROKEN", "op-1", "MZ", "S-GB", 70000, 20, 30, STALE, YES, NULL},
    /* when */
    {"SEAL_BEFORE_ASSIGNMENT", "op-1", "MZ", "S-MZ", 70000, -6, 30, PLAIN, YES,
     NULL},
    {"", "op-1", "MZ", "S-MZ", 70000, -5, 30, PLAIN, YES, NULL},
    {"SEAL_AFTER_ARRIVAL", "op-1", "MZ", "S-MZ", 70000, 36, 30, PLAIN, YES,
     NULL},
    {"", "op-1", "MZ", "S-MZ", 70000, 35, 30, PLAIN, YES, NULL},
    {"SEAL_LATE", "op-1", "MZ", "S-MZ", 70000, 20, 20 + 4321, PLAIN, YES, NULL},
    {"", "op-1", "MZ", "S-MZ", 70000, 20, 20 + 4320, PLAIN, YES, NULL},
};

/* Sealed over what a sender writes: everything before the last field. */
static void seal(struct sa_decision *d, const struct bus_wire_sm2_key *with)
{
    struct bus_strv framed;
    struct bus_wire_signature made;
    struct bus_err err;
    if (bus_wire_encode_framed(&sa_decision_type, d, &mem, &framed, &err) !=
            BUS_OK ||
        bus_wire_sm2_key_sign(
            with, bus_role_signed_text(framed, false, (struct bus_strv){0}),
            &made, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    d->has_seal = true;
    d->seal = (struct bus_strv){bus_arena_dup(&mem, made.der, made.n), made.n};
}

static void stamp(struct sa_decision *d, enum trick trick)
{
    struct bus_err err;
    if (bus_role_record_sign(&sa_decision_type, d,
                             d->signed_at - (trick == STALE) * 60 * MIN,
                             trick == FORGED ? forged : stamped, &mem, &d->seal,
                             &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    d->has_seal = true;
}

static struct bus_strv cell_answer(const struct cell *c)
{
    struct sa_household_state st;
    apply(&st);
    struct sa_decision *d = decision(&st, 1, c->fen);
    d->outcome = c->outcome;
    d->signed_at = TEN + c->signed_min * MIN;
    d->decided_by.operator_id = bus_strv(c->operator_id);
    d->decided_by.org_code = bus_strv(c->org);
    d->has_deviation = c->deviation != NULL;
    d->deviation = bus_strv(c->deviation ? c->deviation : "");
    d->item = c->trick == OTHER_ITEM ? BUS_STRV("MZ01") : d->item;
    d->case_id = c->trick == OTHER_CASE ? id('c', 9) : d->case_id;
    d->uncovered_fen = c->trick == HUGE_GAP ? INT64_MAX : 0;
    if (c->trick == TRANSFER || c->trick == TRANSFER_TO) {
        d->delivery = SA_DELIVERY_BANK;
        d->has_payee_hash = c->trick == TRANSFER_TO;
        d->payee_hash = BUS_STRV("0123456789abcdef");
    }
    d->has_seal_id = c->trick != UNSEALED;
    d->seal_id = bus_strv(c->seal);
    if (c->trick != UNSEALED && c->trick != ONLY_NAMED) {
        if (c->trick >= STAMPED) {
            stamp(d, c->trick);
        } else {
            seal(d, c->trick == FOREIGN_KEY ? foreign : ours);
        }
    }
    d->amount_fen -= c->trick == CHANGED || c->trick == RESTAMPED;
    struct matcher_event e = {.kind = MATCHER_DECISION,
                              .record = d,
                              .partner = BUS_STRV("MZ"),
                              .arrived_ms = TEN + c->arrived_min * MIN};
    struct bus_err err;
    if (bus_wire_encode_framed(&sa_decision_type, d, &mem, &e.bytes, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return answer_to(&st, &e);
}

static void open_seals(void)
{
    static const char *const files[] = {"ours.key",    "ours.crt",  "ours.esl",
                                        "foreign.key", "maker.key", "maker.crt",
                                        "foreign.crt"};
    char dir[] = "/tmp/heldXXXXXX", public[BUS_WIRE_SM2_HEX + 1],
         other[BUS_WIRE_SM2_HEX + 1], makers[BUS_WIRE_SM2_HEX + 1], path[256];
    struct bus_wire_sm2_key *maker;
    assert_non_null(mkdtemp(dir));
    seals_key(dir, "ours", &ours, public);
    seals_key(dir, "foreign", &foreign, other);
    seals_key(dir, "maker", &maker, makers);
    seals_stamp(dir, "maker", maker, TEN, &mem, &stamped);
    seals_stamp(dir, "foreign", foreign, TEN, &mem, &forged);
    bus_wire_sm2_key_free(maker);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        assert_int_equal(unlink(path), 0);
    }
    (void)rmdir(dir);
    register_of(public, makers);
}

static void close_seals(void)
{
    bus_registers_free(registers);
    registers = NULL;
    bus_wire_sm2_key_free(ours);
    bus_wire_sm2_key_free(foreign);
    bus_wire_sealer_free(stamped);
    bus_wire_sealer_free(forged);
}

/* Revoked before it signed, and revoked between its signing and our reading. */
static void test_T20(void **state)
{
    (void)state;
    const struct cell gone = {
        "SEAL_REVOKED", "op-1", "MZ", "S-GONE", 70000, 20, 30,
        PLAIN,          YES,    NULL};
    const struct cell later = {"", "op-1", "MZ",  "S-LATER", 70000,
                               20, 40,     PLAIN, YES,       NULL};
    open_seals();
    assert_true(bus_strv_is(cell_answer(&gone), gone.why));
    assert_true(bus_strv_is(cell_answer(&later), later.why));
    close_seals();
}

static void every_cell(void **state)
{
    (void)state;
    open_seals();
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        struct bus_strv got = cell_answer(&cells[i]);
        if (!bus_strv_is(got, cells[i].why)) {
            fail_msg("row %zu: '%.*s' instead of '%s'", i, BUS_STRV_ARG(got),
                     cells[i].why);
        }
    }
    close_seals();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T16),      cmocka_unit_test(a_period_is_money),
        cmocka_unit_test(account_stays), cmocka_unit_test(test_T20),
        cmocka_unit_test(every_cell),
    };
    struct bus_err err;
    int failed = cmocka_run_group_tests(tests, open_all, close_all);
    if (bus_wire_sm2_tables_new(&tables, &err) != BUS_OK) {
        return 1;
    }
    failed += cmocka_run_group_tests(tests, open_all, close_all);
    failed += bus_wire_sm2_tables_cost(tables).verified == 0;
    bus_wire_sm2_tables_free(tables);
    return failed;
}
