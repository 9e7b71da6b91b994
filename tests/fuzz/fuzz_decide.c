/* The matcher on any state and any event that decode: a byte for kind and
 * partner, length of the state (two bytes, little endian), state, event. It
 * decides or refuses, the same twice, and what it leaves can be written. */
#include "bus/wire/framing.h"
#include "consumers/matcher/decide.h"
#include "schemas/application.h"
#include "schemas/claim.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/dispatch_result.h"
#include "schemas/erasure.h"
#include "schemas/facts_reported.h"
#include "schemas/household_request.h"
#include "schemas/membership.h"
#include "schemas/membership_change.h"
#include "schemas/payee_change.h"
#include "schemas/payment_result.h"
#include "schemas/review.h"
#include "schemas/step.h"
#include "schemas/verification_result.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/county.h"

static const struct bus_wire_type *const types[MATCHER_EVENT_KINDS] = {
    [MATCHER_APPLICATION] = &sa_application_type,
    [MATCHER_FACTS] = &sa_facts_reported_type,
    [MATCHER_VERIFICATION] = &sa_verification_result_type,
    [MATCHER_DECISION] = &sa_decision_type,
    [MATCHER_DISPATCH] = &sa_dispatch_result_type,
    [MATCHER_PAYMENT] = &sa_payment_result_type,
    [MATCHER_RECEIPT] = &sa_delivery_receipt_type,
    [MATCHER_CLAIM] = &sa_claim_type,
    [MATCHER_REVIEW] = &sa_review_type,
    [MATCHER_MEMBERSHIP] = &sa_membership_type,
    [MATCHER_STEP] = &sa_step_type,
    [MATCHER_MEMBERS] = &sa_membership_change_type,
    [MATCHER_PAYEE] = &sa_payee_change_type,
    [MATCHER_REQUEST] = &sa_household_request_type,
    [MATCHER_ERASURE] = &sa_erasure_type,
};
_Static_assert(MATCHER_EVENT_KINDS == 15, "every kind stands in this table");

static int32_t deadline(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    return start + n * (working ? 7 : 5) / 5;
}

struct trial
{
    struct bus_arena mem;
    struct matcher_outputs outs;
    struct bus_strv after;
    int rc;
};

static bool decide(struct trial *t,
                   const struct matcher_rules *rules,
                   enum matcher_event_kind kind,
                   struct bus_strv partner,
                   struct bus_strv state,
                   struct bus_strv event)
{
    struct bus_err err;
    void *st = NULL, *record = NULL;
    struct matcher_event e = {.kind = kind, .partner = partner, .bytes = event};
    bus_arena_init(&t->mem, 0, 64u << 20);
    if (state.n == 0) {
        st = bus_arena_calloc(&t->mem, 1, sizeof(struct sa_household_state));
    }
    if ((st == NULL && bus_wire_decode_own(&sa_household_state_type, state,
                                           &t->mem, &st, &err) != BUS_OK) ||
        bus_wire_decode_own(types[kind], event, &t->mem, &record, &err) !=
            BUS_OK) {
        return false;
    }
    e.record = record;
    t->rc = matcher_decide(rules, st, &e, &t->mem, &t->outs, &err);
    fuzz_true(t->rc == BUS_OK || t->rc == BUS_EBUG ||
              bus_err_act((enum bus_errc)t->rc) == BUS_ACT_REJECT);
    fuzz_true(t->rc == BUS_OK || t->outs.reason_code != NULL ||
              t->rc == BUS_ETOOBIG);
    if (t->rc == BUS_OK &&
        bus_wire_encode_arena(&sa_household_state_type, st, &t->mem, &t->after,
                              &err) != BUS_OK) {
        t->rc = BUS_ETOOBIG;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const partners[] = {"MZ",       "caixian", "nongshang",
                                           "youzheng", "aixin",   "YB"};
    static struct county county;
    struct trial a = {0}, b = {0};
    if (county.c == NULL) {
        fuzz_true(county_open(&county, fuzz_source()));
    }
    struct matcher_rules rules = {.catalogue = county.c,
                                  .insurer = BUS_STRV("caixian"),
                                  .verification_days = 5,
                                  .deadline = deadline};
    size_t n = size > 3 ? data[1] + 256u * data[2] : 0;
    if (size <= 3 || n > size - 3) {
        return 0;
    }
    enum matcher_event_kind kind = data[0] % MATCHER_EVENT_KINDS;
    size_t from = data[0] / MATCHER_EVENT_KINDS;
    struct bus_strv partner =
        bus_strv(partners[from % (sizeof(partners) / sizeof(partners[0]))]);
    struct bus_strv state = {(const char *)data + 3, n};
    struct bus_strv event = {state.p + n, size - 3 - n};
    if (decide(&a, &rules, kind, partner, state, event)) {
        fuzz_true(decide(&b, &rules, kind, partner, state, event));
        fuzz_true(a.rc == b.rc && a.outs.n == b.outs.n);
        fuzz_true(bus_strv_eq(a.after, b.after));
    }
    bus_arena_fini(&a.mem);
    bus_arena_fini(&b.mem);
    return 0;
}
