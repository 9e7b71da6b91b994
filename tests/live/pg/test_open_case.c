/* Where each assignment of an open case stands, as the ledger tells it. */
#include "schemas/claim.h"
#include "schemas/need.h"
#include "tests/live/pg/writer.h"

struct told_case
{
    struct messages l;
    uint32_t event; /* ids and times */
};
#define OF(t, more)                                   \
    .event_id = messages_id(9, ++(t)->event),         \
    .household_id = messages_id(9, 0),                \
    .occurred_at = 1602000000000 + (t)->event * 1000, \
    .case_id = messages_id(9, 900), more

static void
tell_case(struct told_case *t, enum sa_case_event_kind kind, uint32_t about)
{
    struct sa_case_event c = {OF(t, .case_no = 1), .kind = kind,
                              .division_code = BUS_STRV("371425101001"),
                              .has_refers_to = true,
                              .refers_to = messages_id(9, about)};
    messages_put(&t->l, "cases", 9, &sa_case_event_type, &c);
}

static void tell_assignment(struct told_case *t,
                            uint32_t k,
                            enum sa_assignment_action action)
{
    struct sa_assignment a = {OF(t, .round = 1),
                              .assignment_id = messages_id(9, 3000 + k),
                              .action = action,
                              .department = BUS_STRV("MZ"),
                              .item = BUS_STRV("MZ01"),
                              .due = 20730,
                              .item_version = BUS_STRV("2026.1"),
                              .division_code = BUS_STRV("371425101001")};
    messages_put(&t->l, "assignments.MZ", 9, &sa_assignment_type, &a);
}

static void tell_decision(struct told_case *t,
                          uint32_t k,
                          enum sa_decision_outcome outcome,
                          bool accepted)
{
    struct sa_decision d = {OF(t, .outcome = outcome),
                            .decision_id = messages_id(9, 4000 + k),
                            .assignment_id = messages_id(9, 3000 + k),
                            .department = BUS_STRV("MZ"),
                            .item = BUS_STRV("MZ01"),
                            .reason = BUS_STRV("")};
    d.decided_by = (struct sa_actor){BUS_STRV("op-1"), BUS_STRV("MZ"),
                                     BUS_STRV("approver")};
    messages_put(&t->l, "decisions.MZ", 9, &sa_decision_type, &d);
    if (accepted) {
        tell_case(t, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, 4000 + k);
    }
}

static void
tell_dispatch(struct told_case *t, uint32_t k, enum sa_dispatch_outcome outcome)
{
    struct sa_dispatch_line gap = {.order_id = messages_id(5000 + k, 0),
                                   .kind = SA_DISPATCH_KIND_NEED,
                                   .partner = BUS_STRV("aixin"),
                                   .amount_fen = 30000};
    struct sa_dispatch_result d = {OF(t, .outcome = outcome),
                                   .assignment_id = messages_id(9, 3000 + k),
                                   .decision_id = messages_id(9, 4000 + k)};
    d.lines.v = &gap;
    d.lines.n = outcome == SA_DISPATCH_OUTCOME_ORDERED ? 1 : 0;
    messages_put(&t->l, "dispatches", 9, &sa_dispatch_result_type, &d);
}

/* Under its own number: neither household nor case stands in it. of: whose
 * dispatch says so, or nobody's. */
static void tell_need(struct told_case *t, uint32_t of)
{
    struct sa_need n = {
        OF(t, .gap_fen = 30000), .need_id = messages_id(5000 + of, 0),
        .item = BUS_STRV("MZ01"), .town_code = BUS_STRV("371425101")};
    struct sa_claim c = {OF(t, .amount_fen = 30000),
                         .claim_id = messages_id(9, 6000 + of),
                         .need_id = n.need_id, .charity = BUS_STRV("aixin"),
                         .outcome = SA_CLAIM_OUTCOME_CLAIMED};
    n.household_id = c.household_id = n.need_id;
    n.case_id = c.case_id = messages_id(9, 7000 + of);
    messages_put(&t->l, "needs.aixin", 5000 + of, &sa_need_type, &n);
    messages_put(&t->l, "claims.aixin", 5000 + of, &sa_claim_type, &c);
}

static const char *
text_at(const json_t *row, const char *key, const char *inner)
{
    const json_t *v = json_object_get(row, key);
    return json_string_value(inner ? json_object_get(v, inner) : v);
}

static const char *status_of(const json_t *document, uint32_t k)
{
    char id[BUS_ID_TEXT + 1];
    struct bus_id assignment = messages_id(9, 3000 + k);
    size_t i;
    json_t *row;
    (void)bus_id_text(&assignment, id);
    json_array_foreach(json_object_get(document, "assignments"), i, row)
    {
        if (strcmp(text_at(row, "assignment_id", NULL), id) == 0) {
            return text_at(row, "status", "code");
        }
    }
    return "nowhere";
}

static void an_open_case_says_where_it_stands(void **state)
{
    struct writer w;
    struct told_case t = {.event = 0};
    struct bus_kafka_batch batches[8];
    struct bus_config config;
    struct bus_err err;
    struct bus_buf out = {0};
    char dir[300], id[BUS_ID_TEXT + 1];
    size_t n = 0;
    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/bus-config", getenv("LIANOU_SOURCE"));
    assert_int_equal(bus_conf_open(&config, dir, NULL, &err), BUS_OK);
    struct bus_ledger_cases cases = {&config, bus_role_frame_catalogue(&config),
                                     BUS_LEDGER_OFFICER};
    messages_init(&t.l, 64);
    tell_case(&t, SA_CASE_EVENT_KIND_OPENED, 1000);
    for (uint32_t k = 0; k < 7; k++) {
        tell_assignment(&t, k, SA_ASSIGNMENT_ACTION_ASSIGNED);
    }
    tell_assignment(&t, 1, SA_ASSIGNMENT_ACTION_WITHDRAWN);
    tell_decision(&t, 2, SA_DECISION_OUTCOME_REFUSED, true);
    tell_decision(&t, 3, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_dispatch(&t, 3, SA_DISPATCH_OUTCOME_ORDERED);
    tell_need(&t, 3);
    tell_need(&t, 8); /* of another household, who knows which */
    tell_decision(&t, 4, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_dispatch(&t, 4, SA_DISPATCH_OUTCOME_REFUSED); /* cash above the cap */
    tell_assignment(&t, 4, SA_ASSIGNMENT_ACTION_RETURNED);
    tell_decision(&t, 5, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_decision(&t, 6, SA_DECISION_OUTCOME_CONFIRMED,
                  false); /* a dead letter */
    open_writer(&w, place_database("standing"), 0);
    put(&w, &t.l, batches, &n);
    place_until(is_idle, &w, "written");
    struct bus_id case_id = messages_id(9, 900);
    (void)bus_id_text(&case_id, id);
    assert_int_equal(
        bus_ledger_show(&cases, place.pg, bus_strv(id), &out, &err), BUS_OK);
    json_t *document = json_loads(bus_buf_cstr(&out), 0, NULL);
    static const char *const status[] = {
        "ASSIGNED", "ENDED_WITHDRAWN", "ENDED_REFUSED", "DISPATCHED",
        "ASSIGNED", "CONFIRMED",       "ASSIGNED"};
    for (uint32_t k = 0; k < 7; k++) {
        assert_string_equal(status_of(document, k), status[k]);
    }
    const json_t *needs = json_object_get(document, "needs");
    assert_int_equal(json_array_size(needs), 1);
    assert_string_equal(text_at(json_array_get(needs, 0), "outcome", "code"),
                        "CLAIMED");
    /* the days of those that wait */
    assert_int_equal(json_array_size(json_object_get(document, "deadlines")),
                     3);
    json_decref(document);
    bus_buf_fini(&out);
    messages_fini(&t.l);
    close_writer(&w);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)cases.catalogue);
    bus_conf_close(&config);
}

/* What an answer is kept by is another for each row of the case's life, also
 * for one that stands under a need's number alone; and for nobody else's. */
static void each_row_is_another_version(void **state)
{
    struct writer w;
    struct told_case t = {.event = 0};
    struct bus_kafka_batch batches[32];
    struct bus_ledger_standing first, then;
    struct bus_err err;
    char id[BUS_ID_TEXT + 1];
    size_t n = 0;
    (void)state;
    struct bus_id case_id = messages_id(9, 900);
    struct bus_strv of = {bus_id_text(&case_id, id), BUS_ID_TEXT};
    open_writer(&w, place_database("versions"), 0);
    assert_int_equal(bus_ledger_standing(place.pg, of, &first, &err),
                     BUS_EUNKNOWN);
    assert_int_equal(
        bus_ledger_standing(place.pg, BUS_STRV("12"), &first, &err),
        BUS_EUSAGE);
    messages_init(&t.l, 64);
    tell_case(&t, SA_CASE_EVENT_KIND_OPENED, 1000);
    tell_decision(&t, 3, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_dispatch(&t, 3, SA_DISPATCH_OUTCOME_ORDERED);
    put(&w, &t.l, batches, &n);
    place_until(is_idle, &w, "written");
    assert_int_equal(bus_ledger_standing(place.pg, of, &first, &err), BUS_OK);
    assert_false(first.application);
    assert_string_equal(first.case_id, id);
    static const uint32_t needs[] = {3, 8};
    for (size_t k = 0; k < 2; k++) { /* its need, and nobody knows whose */
        t.l.n = 0;
        tell_need(&t, needs[k]);
        put(&w, &t.l, batches, &n);
        place_until(is_idle, &w, "written");
        assert_int_equal(bus_ledger_standing(place.pg, of, &then, &err),
                         BUS_OK);
        assert_int_equal(strcmp(first.version, then.version) == 0, k == 1);
        first = then;
    }
    struct bus_id application = messages_id(9, 1000);
    of.p = bus_id_text(&application, id);
    assert_int_equal(bus_ledger_standing(place.pg, of, &then, &err), BUS_OK);
    assert_true(then.application);
    assert_string_equal(first.version, then.version);
    messages_fini(&t.l);
    close_writer(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_case_says_where_it_stands),
        cmocka_unit_test(each_row_is_another_version),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
