/* The last door: whatever was accepted, what leaves is an order of an amount
 * that may leave, to the account decided on. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/wire/ids.h"
#include "consumers/dispatch/plan.h"
#include "schemas/dispatch_result.h"
#include "schemas/need.h"
#include "schemas/payment_order.h"

#define ORDER_MAX 20000000

static struct bus_arena mem;

static struct bus_strv nongshang(void *data, struct bus_strv fund)
{
    (void)data;
    (void)fund;
    return BUS_STRV("nongshang");
}

static struct bus_strv no_bank(void *data, struct bus_strv fund)
{
    (void)data;
    (void)fund;
    return BUS_STRV("");
}

struct row
{
    const char *why; /* of the refusal; "": ordered */
    enum sa_delivery delivery;
    bool has_amount;
    int64_t fen;
    struct dispatch_payee payee;
};
#define BANK SA_DELIVERY_BANK
#define CASH SA_DELIVERY_POST_CASH
#define GOOD SA_DELIVERY_POST_GOODS
static const struct row rows[] = {
    {"", BANK, true, 1, {BUS_ROLE_PAYEE_SAME, true}},
    {"", BANK, true, ORDER_MAX, {BUS_ROLE_PAYEE_SAME, true}},
    {"ABOVE_ORDER_MAX", BANK, true, ORDER_MAX + 1, {BUS_ROLE_PAYEE_SAME, true}},
    {"ABOVE_ORDER_MAX", BANK, true, INT64_MAX, {BUS_ROLE_PAYEE_SAME, true}},
    {"ABOVE_ORDER_MAX", BANK, true, 0, {BUS_ROLE_PAYEE_SAME, true}},
    {"ABOVE_ORDER_MAX", BANK, true, -1, {BUS_ROLE_PAYEE_SAME, true}},
    {"ABOVE_ORDER_MAX", BANK, false, 100, {BUS_ROLE_PAYEE_SAME, true}},
    {"PAYEE_DIFFERS", BANK, true, 100, {BUS_ROLE_PAYEE_OTHER, true}},
    {"ACCOUNT_MISSING", BANK, true, 100, {BUS_ROLE_PAYEE_UNKNOWN, true}},
    {"", CASH, true, 300000, {BUS_ROLE_PAYEE_UNKNOWN, true}},
    {"CASH_ABOVE_CAP", CASH, true, 300001, {BUS_ROLE_PAYEE_UNKNOWN, true}},
    {"ABOVE_ORDER_MAX", CASH, true, -5, {BUS_ROLE_PAYEE_UNKNOWN, true}},
    {"NAME_MISSING", CASH, true, 100, {BUS_ROLE_PAYEE_SAME, false}},
    {"", GOOD, false, 0, {BUS_ROLE_PAYEE_UNKNOWN, true}},
    {"NAME_MISSING", GOOD, false, 0, {BUS_ROLE_PAYEE_UNKNOWN, false}},
    {"", SA_DELIVERY_SERVICE, false, 0, {BUS_ROLE_PAYEE_UNKNOWN, false}},
};

static void one_row(size_t i)
{
    const struct row *r = &rows[i];
    struct dispatch_rules rules = {.bank_of = nongshang,
                                   .post = BUS_STRV("youzheng"),
                                   .cash_max_fen = 300000,
                                   .order_max_fen = ORDER_MAX};
    struct sa_case_event e = {.kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                              .has_decision = true,
                              .has_fund = true,
                              .fund = BUS_STRV("dibao")};
    struct dispatch_outputs outs;
    struct bus_err err;
    e.decision.outcome = SA_DECISION_OUTCOME_CONFIRMED;
    e.decision.delivery = r->delivery;
    e.decision.has_amount_fen = r->has_amount;
    e.decision.amount_fen = r->fen;
    bus_arena_reset(&mem);
    if (dispatch_plan(&rules, &e, &r->payee,
                      &(struct bus_role_need){{{1}}, {{2}}}, &mem, &outs,
                      &err) != BUS_OK) {
        fail_msg("row %zu: %s", i, err.msg);
    }
    bool serves = r->delivery == SA_DELIVERY_SERVICE;
    const struct sa_dispatch_result *told = outs.v[outs.n - 1].record;
    struct bus_strv why = told->has_reason ? told->reason : BUS_STRV("");
    if (!bus_strv_is(why, r->why)) {
        fail_msg("row %zu: '%.*s' instead of '%s'", i, BUS_STRV_ARG(why),
                 r->why);
    }
    assert_int_equal(outs.n, why.n > 0 || serves ? 1 : 2);
}

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        one_row(i);
    }
}

static int32_t files_from_20001(void *data, struct bus_strv bank)
{
    (void)data;
    return bus_strv_is(bank, "nongshang") ? 20001 : INT32_MAX;
}

/* Where there is a treasury, what is paid every period is told of under the id
 * it always had, and not sent; so is what is paid once, from the day on which
 * its bank took files. What is wrong with it is refused as ever. */
static void a_period_is_the_treasurys(void **state)
{
    (void)state;
    struct dispatch_rules rules = {.bank_of = nongshang,
                                   .order_max_fen = ORDER_MAX};
    struct sa_case_event e = {.kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                              .has_decision = true,
                              .has_fund = true,
                              .fund = BUS_STRV("dibao")};
    struct dispatch_outputs outs;
    struct bus_err err;
    e.decision.outcome = SA_DECISION_OUTCOME_CONFIRMED;
    e.decision.delivery = SA_DELIVERY_BANK;
    e.decision.has_amount_fen = true;
    e.decision.amount_fen = 66000;
    struct bus_id order = bus_wire_line_id("order", &e.decision.assignment_id,
                                           &e.decision.decision_id);
    for (int i = 0; i < 32; i++) {
        bool monthly = i & 1, other = i & 4, before = i & 8, files = i & 16;
        bool treasurys = (i & 2) && !before && (monthly || files);
        struct dispatch_payee payee = {
            other ? BUS_ROLE_PAYEE_OTHER : BUS_ROLE_PAYEE_SAME, true};
        rules.treasury_from = i & 2 ? 20000 : 0;
        rules.once_from = i & 2 ? files_from_20001 : NULL;
        e.occurred_at =
            (before ? INT64_C(19999) : 20000 + (int64_t)files) * 86400000;
        e.decision.period = monthly ? SA_PERIOD_MONTHLY : SA_PERIOD_ONCE;
        bus_arena_reset(&mem);
        assert_int_equal(dispatch_plan(&rules, &e, &payee,
                                       &(struct bus_role_need){{{1}}, {{2}}},
                                       &mem, &outs, &err),
                         BUS_OK);
        const struct sa_dispatch_result *told = outs.v[outs.n - 1].record;
        assert_int_equal(outs.n, other || treasurys ? 1 : 2);
        assert_int_equal(told->lines.n, !other);
        assert_int_equal(told->has_reason, other);
        assert_true(other || bus_id_eq(&told->lines.v[0].order_id, &order));
    }
}

/* Whom the county has not: nothing is sent, and the department is told. */
static void nobody_to_send_it(void **state)
{
    (void)state;
    static const struct
    {
        const char *why;
        enum sa_delivery delivery;
        bool fund, bank;
    } none[] = {{"NO_BANK_FOR_FUND", BANK, false, true},
                {"NO_BANK_FOR_FUND", BANK, true, false},
                {"NO_POST", CASH, true, true},
                {"NO_POST", GOOD, true, true}};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        const struct dispatch_rules rules = {.bank_of = none[i].bank ? nongshang
                                                                     : no_bank,
                                             .cash_max_fen = 300000,
                                             .order_max_fen = ORDER_MAX};
        struct sa_case_event e = {.kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                                  .has_decision = true,
                                  .has_fund = none[i].fund,
                                  .fund = BUS_STRV("dibao")};
        const struct dispatch_payee payee = {BUS_ROLE_PAYEE_SAME, true};
        struct dispatch_outputs outs;
        struct bus_err err;
        e.decision.outcome = SA_DECISION_OUTCOME_CONFIRMED;
        e.decision.delivery = none[i].delivery;
        e.decision.has_amount_fen = true;
        e.decision.amount_fen = 100;
        bus_arena_reset(&mem);
        assert_int_equal(dispatch_plan(&rules, &e, &payee,
                                       &(struct bus_role_need){{{1}}, {{2}}},
                                       &mem, &outs, &err),
                         BUS_OK);
        const struct sa_dispatch_result *told = outs.v[0].record;
        assert_int_equal(outs.n, 1);
        assert_int_equal(told->outcome, SA_DISPATCH_OUTCOME_REFUSED);
        assert_true(bus_strv_is(told->reason, none[i].why));
    }
}

/* What a charity reads has the need's number and its way home, and neither the
 * household nor the case. */
static void a_need_names_nobody(void **state)
{
    (void)state;
    const struct bus_role_need need = {{{1, 1}}, {{2, 2}}};
    struct dispatch_rules rules = {.order_max_fen = ORDER_MAX,
                                   .charities = {BUS_STRV("aixin")},
                                   .charity_count = 1};
    struct sa_case_event e = {.kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                              .household_id = {{8}},
                              .case_id = {{9}},
                              .has_decision = true};
    struct dispatch_outputs outs;
    struct bus_err err;
    e.decision.outcome = SA_DECISION_OUTCOME_CONFIRMED;
    e.decision.delivery = SA_DELIVERY_SERVICE;
    e.decision.uncovered_fen = 30000;
    bus_arena_reset(&mem);
    assert_int_equal(
        dispatch_plan(&rules, &e, &rows[0].payee, &need, &mem, &outs, &err),
        BUS_OK);
    assert_int_equal(outs.n, 2);
    const struct sa_need *n = outs.v[0].record;
    const struct sa_dispatch_result *told = outs.v[1].record;
    assert_int_equal(outs.v[0].topic, DISPATCH_OUT_NEEDS);
    assert_true(bus_id_eq(&n->need_id, &need.number) &&
                bus_id_eq(&n->household_id, &need.number) &&
                bus_id_eq(&n->case_id, &need.way));
    assert_true(bus_id_eq(&told->lines.v[0].order_id, &need.number));
    assert_true(bus_id_eq(&told->household_id, &e.household_id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(a_period_is_the_treasurys),
        cmocka_unit_test(nobody_to_send_it),
        cmocka_unit_test(a_need_names_nobody)};
    bus_arena_init(&mem, 0, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return failed;
}
