/* What partners send may hold any number: of every record that comes from
 * outside, fields at random become the ends of what they can hold. Each is
 * taken, or told with a reason; none is a fault of this program, and no amount
 * below nothing, or above what may be ordered, is ever granted. */
#include <inttypes.h>

#include "bus/wire/codec.h"
#include "schemas/claim.h"
#include "schemas/delivery_receipt.h"
#include "schemas/facts_reported.h"
#include "schemas/membership_change.h"
#include "schemas/payee_change.h"
#include "schemas/payment_result.h"
#include "schemas/verification_result.h"

#include "tests/lib/fill.h"
#include "tests/unit/role_matcher/steps_scene.h" /* last: its names are short */

#define ROUNDS    1000
#define ORDER_MAX 20000000 /* of decide_one() */

static struct fill dice = {.mem = &mem, .seed = 20261201};

static bool one_in(unsigned n)
{
    return fill_random(&dice) % n == 0;
}

/* --- a number of a record becomes another one --- */

static void strike_number(const struct bus_wire_schema *s, uint8_t *at)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MAX,     -1,           0, 1,
                                   INT32_MIN, INT32_MAX - 1, INT64_MAX - 1};
    const int64_t v = ends[fill_random(&dice) % (sizeof(ends) / sizeof(*ends))];
    const int32_t small = (int32_t)(v > 0 ? INT32_MAX : v < -1 ? INT32_MIN : v);
    if (s->kind == BUS_WIRE_LONG) {
        memcpy(at, &v, sizeof(v));
    } else if (s->kind == BUS_WIRE_INT) {
        memcpy(at, &small, sizeof(small));
    } else {
        fill_number_at(&dice, s, at);
    }
}

static void strike(const struct bus_wire_schema *s,
                   const struct bus_wire_slot *slot,
                   uint8_t *base)
{
    uint8_t *at = base + slot->offset;
    const struct bus_wire_schema *some = bus_wire_nullable(s);
    if (some != NULL) {
        bool has = false;
        memcpy(&has, base + slot->has_offset, sizeof(has));
        has = one_in(8) ? !has : has;
        memcpy(base + slot->has_offset, &has, sizeof(has));
        s = some;
    }
    if (s->kind == BUS_WIRE_RECORD) {
        for (size_t i = 0; i < s->count; i++) {
            strike(s->fields[i].type, &slot->sub[i], at);
        }
    } else if (s->kind == BUS_WIRE_ARRAY) {
        struct
        {
            uint8_t *v;
            size_t n;
        } list;
        memcpy(&list, at, sizeof(list));
        for (size_t i = 0; i < list.n; i++) {
            strike(s->branches[0], &slot->sub[0], list.v + i * slot->size);
        }
    } else if (s->kind == BUS_WIRE_LONG || s->kind == BUS_WIRE_INT ||
               s->kind == BUS_WIRE_ENUM || s->kind == BUS_WIRE_BOOLEAN) {
        if (one_in(6)) {
            strike_number(s, at);
        }
    }
}

/* --- what comes of a household, each well before it is struck --- */

struct sent
{
    enum matcher_event_kind kind;
    const struct bus_wire_type *type;
    const char *partner;
    void *record;
};

static void *made(const void *record, size_t n)
{
    return bus_arena_dup(&mem, record, n);
}
#define MADE(type, ...) made(&(struct type){__VA_ARGS__}, sizeof(struct type))
#define OF_IT                                         \
    .event_id = id('z', (uint8_t)fill_random(&dice)), \
    .household_id = st->household_id, .occurred_at = TEN + 3 * DAY_MS
#define OF_CASE OF_IT, .case_id = st->case_id
#define ASKED                                                                 \
    OF_CASE, .assignment_id = a->assignment_id, .department = BUS_STRV("MZ"), \
             .item = a->item

static struct sent of_department(struct sa_household_state *st, int which)
{
    const struct sa_assignment_state *a = of(st, "MZ01");
    if (which == 0) {
        return (struct sent){
            MATCHER_DECISION, &sa_decision_type, "MZ",
            MADE(sa_decision, ASKED,
                 .decision_id = id('Z', (uint8_t)fill_random(&dice)),
                 .signed_at = TEN + 2 * DAY_MS, .has_amount_fen = true,
                 .amount_fen = 1000, .delivery = SA_DELIVERY_SERVICE,
                 .reason = BUS_STRV("x"), .decided_by = who("boss"))};
    }
    if (which == 1) {
        return (struct sent){MATCHER_STEP, &sa_step_type, "MZ",
                             MADE(sa_step, ASKED, .kind = ACC,
                                  .done_by = who("desk"), .has_second = true,
                                  .second = who("town"))};
    }
    return (struct sent){
        MATCHER_PAYEE, &sa_payee_change_type, "MZ",
        MADE(sa_payee_change, ASKED, .signed_at = TEN + 2 * DAY_MS,
             .done_by = who("desk"), .has_second = true, .second = who("boss"),
             .has_personal = true, .personal = BUS_STRV("sealed"))};
}

static struct sent of_partner(struct sa_household_state *st, int which)
{
    const struct sa_line_state *line = &of(st, "MZ01")->lines.v[which % 2];
    if (which == 0) {
        return (struct sent){
            MATCHER_PAYMENT, &sa_payment_result_type, "nongshang",
            MADE(sa_payment_result, OF_CASE, .order_id = line->order_id,
                 .amount_fen = line->amount_fen,
                 .value_date = rules_day("2026-10-12"))};
    }
    if (which == 1) {
        return (struct sent){MATCHER_RECEIPT, &sa_delivery_receipt_type,
                             "youzheng",
                             MADE(sa_delivery_receipt, OF_CASE,
                                  .task_id = line->order_id, .attempts = 1)};
    }
    return (struct sent){MATCHER_CLAIM, &sa_claim_type, "aixin",
                         MADE(sa_claim, OF_CASE,
                              .claim_id = id('C', (uint8_t)fill_random(&dice)),
                              .need_id = st->needs.v[0].need_id,
                              .charity = BUS_STRV("aixin"), .amount_fen = 500)};
}

static struct sent of_source(struct sa_household_state *st, int which)
{
    struct sa_fact *f =
        made(&(struct sa_fact){.name = BUS_STRV("household.income_total_fen"),
                               .source = BUS_STRV("check"),
                               .verified = true,
                               .as_of = rules_day("2026-10-11")},
             sizeof(*f));
    f->value.branch = SA_FACT_VALUE_LONG;
    f->value.u.long_value = 5;
    if (which == 0) {
        struct sa_facts_reported *r =
            MADE(sa_facts_reported, OF_IT, .source = f->source);
        r->facts.v = f;
        r->facts.n = 1;
        return (struct sent){MATCHER_FACTS, &sa_facts_reported_type, "check",
                             r};
    }
    if (which == 1) {
        struct sa_verification_result *r =
            MADE(sa_verification_result, OF_CASE,
                 .request_id = st->verifications.v[0].request_id);
        f->source = BUS_STRV("insurer");
        r->facts.v = f;
        r->facts.n = 1;
        return (struct sent){MATCHER_VERIFICATION, &sa_verification_result_type,
                             "caixian", r};
    }
    struct sa_membership_change *c =
        MADE(sa_membership_change, OF_IT, .from = rules_day("2026-10-11"),
             .said_by = who("town"));
    c->members.v = made(&st->members.v[0].person_id, sizeof(struct bus_id));
    c->members.n = 1;
    return (struct sent){MATCHER_MEMBERS, &sa_membership_change_type, "", c};
}

/* In its owner's hands, or granted, sent and offered. */
static void scene(struct sa_household_state *st)
{
    static struct sa_line_state lines[2];
    static struct sa_need_state need;
    static struct bus_strv charities[1];
    static struct sa_verification_state asked;
    apply(st);
    struct sa_assignment_state *a = of(st, "MZ01");
    lines[0] = (struct sa_line_state){.order_id = id('o', 1),
                                      .kind = SA_DISPATCH_KIND_PAYMENT,
                                      .partner = BUS_STRV("nongshang"),
                                      .amount_fen = 70000};
    lines[1] = (struct sa_line_state){.order_id = id('o', 2),
                                      .kind = SA_DISPATCH_KIND_GOODS,
                                      .partner = BUS_STRV("youzheng")};
    charities[0] = BUS_STRV("aixin");
    need = (struct sa_need_state){.need_id = id('N', 1),
                                  .case_id = st->case_id,
                                  .gap_fen = 30000,
                                  .item = a->item};
    need.partners.v = charities;
    need.partners.n = 1;
    asked = (struct sa_verification_state){.request_id = id('V', 1)};
    a->lines.v = lines;
    a->lines.n = 2;
    st->needs.v = &need;
    st->needs.n = 1;
    st->verifications.v = &asked;
    st->verifications.n = 1;
    if (one_in(2)) {
        a->status = SA_ASSIGNMENT_STATUS_DISPATCHED;
        a->has_amount_fen = a->has_award = a->has_decision_id = true;
        a->amount_fen = 70000;
        a->award = (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                                     .period = SA_PERIOD_MONTHLY,
                                     .from = rules_day("2026-10-01"),
                                     .amount_fen = 70000,
                                     .has_hearing = true};
        a->award.hearing.state = SA_PROCESS_STATE_HEARD;
    }
}

static void in_bounds(const struct sa_household_state *st, int round)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        int64_t fen = a->has_award && a->award.state != SA_AWARD_STATE_ENDED
                          ? a->award.amount_fen
                          : 0;
        if (fen < 0 || fen > ORDER_MAX) {
            fail_msg("round %d: %" PRId64 " fen are granted", round, fen);
        }
    }
}

static void no_record_ends_the_matcher(void **state)
{
    (void)state;
    int taken = 0, told = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct sa_household_state st;
        struct matcher_outputs out;
        struct bus_err err;
        scene(&st);
        int which = (int)(fill_random(&dice) % 9);
        const struct sent e = which < 3   ? of_department(&st, which)
                              : which < 6 ? of_partner(&st, which - 3)
                                          : of_source(&st, which - 6);
        assert_int_equal(bus_wire_type_ready(e.type, &err), BUS_OK);
        const struct bus_wire_slot top = {0, BUS_WIRE_NO_HAS, 0, e.type->slots};
        strike(bus_wire_type_schema(e.type), &top, e.record);
        int rc =
            decide_one(&st,
                       &(struct matcher_event){.kind = e.kind,
                                               .record = e.record,
                                               .partner = bus_strv(e.partner),
                                               .bytes = BUS_STRV("as it came"),
                                               .arrived_ms = TEN + 3 * DAY_MS},
                       &out);
        assert_true(rc == BUS_OK || out.reason_code != NULL);
        taken += rc == BUS_OK;
        told += rc != BUS_OK;
        if (rc == BUS_OK) {
            in_bounds(&st, round);
        }
    }
    assert_true(taken > ROUNDS / 10 && told > ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_record_ends_the_matcher),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
