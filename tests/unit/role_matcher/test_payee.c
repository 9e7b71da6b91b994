/* Another account for what an assignment pays, through decide() with a real
 * register and real seals: what must not count is a reject with its code and
 * changes nothing, what counts is shown with the assignment, and what follows
 * from a decision goes to the new account. */
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
static struct bus_wire_sealer *ours, *foreign;
static const char *code; /* of the last reject */

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

static int try_event(struct sa_household_state *st,
                     const struct matcher_event *e,
                     struct matcher_outputs *ret)
{
    const struct matcher_rules rules = {.catalogue = k.c,
                                        .deadline = no_limit,
                                        .registers = registers,
                                        .seals_from = rules_day("2020-01-01"),
                                        .seal_late_ms = 3 * 24 * 60 * MIN,
                                        .seal_skew_ms = 5 * MIN,
                                        .process_from = rules_day("2100-01-01"),
                                        .order_max_fen = 20000000};
    struct bus_err err;
    int rc = matcher_decide(&rules, st, e, &mem, ret, &err);
    code = rc == BUS_OK ? "" : ret->reason_code;
    return rc;
}

static struct matcher_outputs run_event(struct sa_household_state *st,
                                        const struct matcher_event *e)
{
    struct matcher_outputs out;
    if (try_event(st, e, &out) != BUS_OK) {
        fail_msg("%s", code);
    }
    return out;
}

/* --- the register and its seals --- */

static void key_of(const char *dir,
                   const char *name,
                   struct bus_wire_sealer **ret,
                   char hex[BUS_WIRE_SM2_HEX + 1])
{
    char path[256];
    struct bus_wire_sm2_key *key;
    struct bus_err err;
    seals_key(dir, name, &key, hex);
    bus_wire_sm2_key_free(key);
    (void)snprintf(path, sizeof(path), "%s/%s.key", dir, name);
    assert_int_equal(bus_wire_sealer_open(path, ret, &err), BUS_OK);
    (void)unlink(path);
}

static void register_of(const char *public)
{
    struct bus_faults faults;
    struct bus_register_sources s = {.county = "371425"};
    s.organisations = (struct bus_source){
        "o", BUS_STRV("code,zh,kind,parent,uscc,from,to\n"
                      "MZ,某民政局,department,,,2020-01-01,\n"
                      "YB,某医保局,department,,,2020-01-01,\n")};
    s.operators = (struct bus_source){
        "p", BUS_STRV("id,name,org,role,limit_fen,from,to\n"
                      "boss,王华,MZ,approver,,2020-01-01,\n"
                      "small,赵强,MZ,approver,60000,2020-01-01,\n"
                      "desk,李平,MZ,clerk,,2020-01-01,\n"
                      "yb,张英,YB,approver,,2020-01-01,\n"
                      "gone,陈玲,MZ,approver,,2020-01-01,2026-10-08\n")};
    s.delegations = (struct bus_source){
        "d", BUS_STRV("id,giver,taker,item,act,amount_fen,towns,from,until,"
                      "basis\n")};
    s.seals = (struct bus_source){
        "s", bus_strv(bus_arena_printf(
                 &mem,
                 "id,org,operator,public_key,items,from,expires,suspended,"
                 "revoked\n"
                 "S-MZ,MZ,,%s,*,2020-01-01T00:00:00+08:00,,,\n"
                 "S-YB,YB,,%s,*,2020-01-01T00:00:00+08:00,,,\n"
                 "S-ITEM,MZ,,%s,MZ01,2020-01-01T00:00:00+08:00,,,\n",
                 public, public, public))};
    s.partner_keys = (struct bus_source){
        "k", BUS_STRV("id,partner,public_key,from,until,revoked\n")};
    bus_faults_init(&faults, &mem);
    registers = bus_registers_new(&s, &faults);
    if (registers == NULL) {
        fail_msg("%s", faults.list[0].text);
    }
}

static int open_register(void **state)
{
    char dir[] = "/tmp/payeeXXXXXX", public[BUS_WIRE_SM2_HEX + 1],
         other[BUS_WIRE_SM2_HEX + 1];
    if (open_all(state) != 0 || mkdtemp(dir) == NULL) {
        return 1;
    }
    key_of(dir, "ours", &ours, public);
    key_of(dir, "foreign", &foreign, other);
    (void)rmdir(dir);
    register_of(public);
    return 0;
}

static int close_register(void **state)
{
    bus_registers_free(registers);
    bus_wire_sealer_free(ours);
    bus_wire_sealer_free(foreign);
    return close_all(state);
}

/* --- a household --- */

static void apply(struct sa_household_state *st)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    static struct sa_fact f[3];
    static struct sa_application a;
    static const char *const names[] = {"household.area",
                                        "household.event_shock",
                                        "household.basic_life_broken"};
    for (size_t i = 0; i < 3; i++) {
        f[i] = (struct sa_fact){.name = bus_strv(names[i]),
                                .source = BUS_STRV("declared"),
                                .as_of = rules_day(DAY)};
        f[i].value.branch =
            i < 2 ? SA_FACT_VALUE_STRING : SA_FACT_VALUE_BOOLEAN;
    }
    f[0].value.u.string_value = BUS_STRV("rural");
    f[1].value.u.string_value = BUS_STRV("fire");
    f[2].value.u.boolean_value = true;
    head.person_id = id('p', 1);
    a = (struct sa_application){.event_id = id('e', 1),
                                .household_id = id('h', 1),
                                .application_id = id('a', 1),
                                .occurred_at = TEN,
                                .division_code = BUS_STRV("371425101001"),
                                .has_personal = true,
                                .personal = BUS_STRV("the applicant's")};
    a.members.v = &head;
    a.members.n = 1;
    a.facts.v = f;
    a.facts.n = 3;
    memset(st, 0, sizeof(*st));
    st->household_id = a.household_id;
    (void)run_event(st, &(struct matcher_event){.kind = MATCHER_APPLICATION,
                                                .record = &a,
                                                .arrived_ms = TEN});
}

static struct sa_assignment_state *of(struct sa_household_state *st)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (bus_strv_is(st->assignments.v[i].item, "MZ05")) {
            return &st->assignments.v[i];
        }
    }
    fail_msg("MZ05 is not assigned");
    return NULL;
}

static struct sa_actor who(const char *name)
{
    return (struct sa_actor){
        .operator_id = bus_strv(name),
        .org_code = strcmp(name, "yb") == 0 ? BUS_STRV("YB") : BUS_STRV("MZ"),
        .role = BUS_STRV("x")};
}

static struct sa_payee_change
change_of(struct sa_household_state *st, uint8_t n, int64_t minute)
{
    return (struct sa_payee_change){
        .event_id = id('c', n),
        .household_id = st->household_id,
        .case_id = st->case_id,
        .occurred_at = TEN + minute * MIN,
        .assignment_id = of(st)->assignment_id,
        .department = BUS_STRV("MZ"),
        .item = BUS_STRV("MZ05"),
        .asked_by = SA_PAYEE_ASKER_HOUSEHOLD,
        .name_check = SA_PAYEE_NAME_CHECK_SAME_NAME,
        .done_by = who("desk"),
        .has_second = true,
        .second = who("boss"),
        .signed_at = TEN + minute * MIN,
        .has_personal = true,
        .personal = BUS_STRV("another account"),
        .has_seal_id = true,
        .seal_id = BUS_STRV("S-MZ"),
    };
}

static struct matcher_event event_of(const struct sa_payee_change *c,
                                     int64_t minute)
{
    struct matcher_event e = {.kind = MATCHER_PAYEE,
                              .record = c,
                              .partner = BUS_STRV("MZ"),
                              .arrived_ms = TEN + minute * MIN};
    struct bus_err err;
    if (bus_wire_encode_framed(&sa_payee_change_type, c, &mem, &e.bytes,
                               &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return e;
}

static void seal(struct sa_payee_change *c, const struct bus_wire_sealer *with)
{
    struct bus_err err;
    c->has_seal = false;
    if (bus_role_record_sign(&sa_payee_change_type, c, c->signed_at, with, &mem,
                             &c->seal, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    c->has_seal = true;
}

static bool is_changed(struct sa_household_state *st)
{
    return of(st)->has_payee;
}

/* --- what must not count --- */

enum trick {
    PLAIN,
    UNSEALED,
    FOREIGN_KEY,
    OTHER_ACCOUNT, /* after it was sealed */
    OTHER_CASE,
    OTHER_ITEM,
    NO_SECOND,
    NO_ACCOUNT,
    NO_ASKER,
    NOT_HIS,
    FOREIGN_TOPIC,
};
static const struct cell
{
    const char *why, *by, *second, *seal;
    int64_t signed_min, arrived_min;
    enum trick trick;
} cells[] = {
    {"", "desk", "boss", "S-MZ", 20, 30, PLAIN},
    {"OPERATOR_LIMIT", "desk", "small", "S-MZ", 20, 30, PLAIN}, /* of 70000 */
    {"WRONG_TOPIC", "desk", "boss", "S-MZ", 20, 30, FOREIGN_TOPIC},
    {"ITEM_DIFFERS", "desk", "boss", "S-MZ", 20, 30, OTHER_ITEM},
    {"CASE_DIFFERS", "desk", "boss", "S-MZ", 20, 30, OTHER_CASE},
    {"SECOND_MISSING", "desk", "boss", "S-MZ", 20, 30, NO_SECOND},
    {"SAME_PERSON", "boss", "boss", "S-MZ", 20, 30, PLAIN},
    {"OPERATOR_UNKNOWN", "nobody", "boss", "S-MZ", 20, 30, PLAIN},
    {"OPERATOR_UNKNOWN", "desk", "nobody", "S-MZ", 20, 30, PLAIN},
    {"OPERATOR_NOT_THAT_DAY", "desk", "gone", "S-MZ", 20, 30, PLAIN},
    {"NOT_DELEGATED", "yb", "boss", "S-MZ", 20, 30, PLAIN},
    {"NOT_DELEGATED", "desk", "yb", "S-MZ", 20, 30, PLAIN},
    {"ROLE_MAY_NOT", "boss", "desk", "S-MZ", 20, 30, PLAIN},
    {"PAYEE_UNREADABLE", "desk", "boss", "S-MZ", 20, 30, NO_ASKER},
    {"NAME_DIFFERS", "desk", "boss", "S-MZ", 20, 30, NOT_HIS},
    {"PAYEE_MISSING", "desk", "boss", "S-MZ", 20, 30, NO_ACCOUNT},
    {"SEAL_MISSING", "desk", "boss", "S-MZ", 20, 30, UNSEALED},
    {"SEAL_UNKNOWN", "desk", "boss", "S-X", 20, 30, PLAIN},
    {"SEAL_OTHERS", "desk", "boss", "S-YB", 20, 30, PLAIN},
    {"SEAL_ITEM", "desk", "boss", "S-ITEM", 20, 30, PLAIN},
    {"SEAL_BROKEN", "desk", "boss", "S-MZ", 20, 30, FOREIGN_KEY},
    {"SEAL_BROKEN", "desk", "boss", "S-MZ", 20, 30, OTHER_ACCOUNT},
    {"SEAL_BEFORE_ASSIGNMENT", "desk", "boss", "S-MZ", -6, 30, PLAIN},
    {"SEAL_AFTER_ARRIVAL", "desk", "boss", "S-MZ", 36, 30, PLAIN},
    {"SEAL_LATE", "desk", "boss", "S-MZ", 20, 20 + 4321, PLAIN},
};

static void one_cell(const struct cell *x)
{
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    struct sa_payee_change c = change_of(&st, 1, x->signed_min);
    c.done_by = who(x->by);
    c.second = who(x->second);
    c.has_second = x->trick != NO_SECOND;
    c.item = x->trick == OTHER_ITEM ? BUS_STRV("MZ01") : c.item;
    c.case_id = x->trick == OTHER_CASE ? id('x', 9) : c.case_id;
    c.has_personal = x->trick != NO_ACCOUNT;
    c.asked_by = x->trick == NO_ASKER ? SA_PAYEE_ASKER_UNKNOWN : c.asked_by;
    c.name_check =
        x->trick == NOT_HIS ? SA_PAYEE_NAME_CHECK_DIFFERS : c.name_check;
    c.seal_id = bus_strv(x->seal);
    if (x->trick != UNSEALED) {
        seal(&c, x->trick == FOREIGN_KEY ? foreign : ours);
    }
    if (x->trick == OTHER_ACCOUNT) {
        c.personal = BUS_STRV("the thief's own");
    }
    struct matcher_event e = event_of(&c, x->arrived_min);
    e.partner = x->trick == FOREIGN_TOPIC ? BUS_STRV("YB") : e.partner;
    int rc = try_event(&st, &e, &out);
    if (strcmp(code, x->why) != 0) {
        fail_msg("row %zu: '%s' instead of '%s'", (size_t)(x - cells), code,
                 x->why);
    }
    assert_true((rc == BUS_OK) == (x->why[0] == '\0'));
    assert_true(is_changed(&st) == (rc == BUS_OK));
}

static void every_cell(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        one_cell(&cells[i]);
    }
}

/* --- what counts --- */

static void change(struct sa_household_state *st, uint8_t n, int64_t minute)
{
    struct sa_payee_change c = change_of(st, n, minute);
    seal(&c, ours);
    struct matcher_event e = event_of(&c, minute);
    struct matcher_outputs out = run_event(st, &e);
    bool told = false, shown = false;
    for (size_t i = 0; i < out.n; i++) {
        const struct sa_case_event *ce = out.v[i].record;
        const struct sa_assignment *a = out.v[i].record;
        if (out.v[i].topic == MATCHER_OUT_CASES) {
            told |= ce->kind == SA_CASE_EVENT_KIND_ATTENTION &&
                    bus_strv_is(ce->note, "PAYEE_CHANGED MZ05") &&
                    ce->has_assignment_id && out.v[i].account == of(st) &&
                    bus_strv_is(out.v[i].seal_for, "dispatch");
        } else if (out.v[i].topic == MATCHER_OUT_ASSIGNMENTS) {
            shown |= a->action == SA_ASSIGNMENT_ACTION_UPDATED &&
                     out.v[i].payee && out.v[i].account == of(st);
        }
    }
    assert_true(told);
    assert_true(shown == (of(st)->status == SA_ASSIGNMENT_STATUS_ASSIGNED));
    assert_true(bus_id_eq(&of(st)->payee_event, &c.event_id));
    struct matcher_outputs again = run_event(st, &e);
    assert_true(again.duplicate && !again.changed && again.n == 0);
}

/* The last one that was signed stands; one of before does not come back. */
static void the_last_one_stands(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    change(&st, 1, 20);
    change(&st, 2, 40);
    struct sa_payee_change c = change_of(&st, 3, 30);
    seal(&c, ours);
    struct matcher_event e = event_of(&c, 50);
    assert_int_not_equal(try_event(&st, &e, &out), BUS_OK);
    assert_string_equal(code, "PAYEE_OLDER");
    assert_true(bus_id_eq(&of(&st)->payee_event, &(struct bus_id){{'c', 2}}));
}

static struct matcher_outputs decided(struct sa_household_state *st,
                                      enum sa_decision_outcome outcome)
{
    static struct sa_decision d;
    static uint8_t n;
    d = (struct sa_decision){.event_id = id('d', ++n),
                             .decision_id = id('D', n),
                             .household_id = st->household_id,
                             .case_id = st->case_id,
                             .occurred_at = TEN + 60 * MIN,
                             .signed_at = TEN + 60 * MIN,
                             .assignment_id = of(st)->assignment_id,
                             .department = BUS_STRV("MZ"),
                             .item = BUS_STRV("MZ05"),
                             .outcome = outcome,
                             .has_amount_fen = true,
                             .amount_fen = 70000,
                             .delivery = SA_DELIVERY_BANK,
                             .has_payee_hash = true,
                             .payee_hash = BUS_STRV("0123456789abcdef"),
                             .decided_by = who("boss"),
                             .has_seal_id = true,
                             .seal_id = BUS_STRV("S-MZ")};
    struct bus_err err;
    if (bus_role_record_sign(&sa_decision_type, &d, d.signed_at, ours, &mem,
                             &d.seal, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    d.has_seal = true;
    struct matcher_event e = {.kind = MATCHER_DECISION,
                              .record = &d,
                              .partner = BUS_STRV("MZ"),
                              .arrived_ms = TEN + 61 * MIN};
    if (bus_wire_encode_framed(&sa_decision_type, &d, &mem, &e.bytes, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return run_event(st, &e);
}

/* What dispatch gets goes to the changed account; what is ordered stays. */
static void the_decision_pays_it(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    change(&st, 1, 20);
    struct matcher_outputs out = decided(&st, SA_DECISION_OUTCOME_CONFIRMED);
    bool told = false;
    for (size_t i = 0; i < out.n; i++) {
        told |= out.v[i].topic == MATCHER_OUT_CASES &&
                bus_strv_is(out.v[i].seal_for, "dispatch") &&
                out.v[i].account == of(&st);
    }
    assert_true(told);
    change(&st, 2, 70); /* confirmed: nothing is shown, the next pays there */
    assert_int_equal(of(&st)->status, SA_ASSIGNMENT_STATUS_CONFIRMED);
}

static void nothing_is_left_to_pay(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    (void)decided(&st, SA_DECISION_OUTCOME_REFUSED);
    struct sa_payee_change c = change_of(&st, 1, 70);
    seal(&c, ours);
    struct matcher_event e = event_of(&c, 70);
    assert_int_not_equal(try_event(&st, &e, &out), BUS_OK);
    assert_string_equal(code, "ASSIGNMENT_ENDED");
    assert_false(is_changed(&st));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(the_last_one_stands),
        cmocka_unit_test(the_decision_pays_it),
        cmocka_unit_test(nothing_is_left_to_pay),
    };
    return cmocka_run_group_tests(tests, open_register, close_register);
}
