/* What the case events are to the treasury, on a real PostgreSQL: a decision of
 * 2026, a cut, another account, of whom it is; and what stops after its batch
 * was sent and before its order was written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/policy/calendar.h"
#include "bus/role/frame.h"
#include "bus/role/payee.h"
#include "bus/role/types.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/events.h"
#include "consumers/treasury/orders.h"
#include "schemas/case_event.h"
#include "tests/live/pg/budget.h"
#include "tests/live/pg/place.h"

#define FEN   66000
#define PARTS 12

static struct bus_config config;
static struct bus_policy_catalogue *catalogue;
static struct bus_policy_calendar *calendar;
static struct bus_wire_keyring *ring;
static struct bus_arena mem, message, made;
static struct treasury_events events;
static struct treasury_books books;
static struct bus_err err;

static struct bus_strv bank_of(void *data, struct bus_strv fund)
{
    (void)data;
    (void)fund;
    return BUS_STRV("nongshang");
}

static int ring_new(void)
{
    char path[] = "/tmp/lianou-ring-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || fchmod(fd, 0600) != 0) {
        return 1;
    }
    (void)dprintf(fd, "1 dispatch %064x\n2 nongshang %064x\n", 7, 8);
    (void)close(fd);
    int rc = bus_wire_keyring_open(path, &ring, &err);
    (void)unlink(path);
    return rc;
}

static int events_setup(void **state)
{
    char folder[512];
    bus_arena_init(&mem, 0, 64u << 20);
    bus_arena_init(&message, 0, 4u << 20);
    bus_arena_init(&made, 0, 4u << 20);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (place_setup(state) != 0 || ring_new() != 0 ||
        bus_conf_open(&config, folder, NULL, &err) != BUS_OK ||
        bus_policy_calendar_new(config.calendars, config.calendars_count,
                                &calendar, &err) != BUS_OK) {
        return 1;
    }
    catalogue = bus_role_frame_catalogue(&config);
    events = (struct treasury_events){
        .rules = {.config = &config,
                  .catalogue = catalogue,
                  .calendar = calendar,
                  .bank_of = bank_of,
                  .partitions = PARTS,
                  .order_max_fen = config.money.order_max_fen},
        .schemas = bus_role_types_registry(),
        .keys = ring,
        .mem = &message};
    return catalogue == NULL || events.schemas == NULL;
}

static int events_teardown(void **state)
{
    bus_wire_registry_free(events.schemas);
    bus_wire_keyring_free(ring);
    bus_policy_catalogue_free(catalogue);
    bus_policy_calendar_free(calendar);
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    bus_arena_fini(&message);
    bus_arena_fini(&made);
    return place_teardown(state);
}

static struct bus_id id_of(int n)
{
    struct bus_id id = {{1}};
    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    return id;
}

static int32_t day_of(unsigned m, unsigned d)
{
    return (int32_t)bus_days_from_civil(2026, m, d);
}

static void number_is(int64_t want, const char *sql)
{
    int64_t got = place_number(sql);
    if (got != want) {
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
    }
}

static void as(const char *who, int32_t day)
{
    books = (struct treasury_books){
        .pg = place.pg, .mem = &mem, .who = who, .day = day};
    assert_int_equal(treasury_books_begin(&books, &err), BUS_OK);
}

static void well(int rc)
{
    rc = treasury_books_end(&books, rc, &err);
    if (rc != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

/* --- what is said --- */

static void said(const struct sa_case_event *c)
{
    char key[BUS_ID_TEXT + 1];
    struct bus_kafka_msg m = {.topic = "cases", .timestamp_ms = c->occurred_at};
    m.key = (struct bus_strv){bus_id_text(&c->household_id, key), BUS_ID_TEXT};
    m.partition = bus_kafka_partition_of(m.key, PARTS);
    assert_int_equal(
        bus_wire_encode_framed(&sa_case_event_type, c, &made, &m.value, &err),
        BUS_OK);
    as(TREASURY_ITSELF, 0);
    well(treasury_event_take(
        &events, &books,
        &(struct treasury_message){.m = &m, .topic = TREASURY_CASES}, &err));
}

static int happened; /* events so far */

static struct sa_case_event
event_of(enum sa_case_event_kind kind, int32_t day, const char *note)
{
    return (struct sa_case_event){.event_id = id_of(5000 + happened++),
                                  .household_id = id_of(1),
                                  .occurred_at =
                                      ((int64_t)day * 24 + 2) * 3600000,
                                  .case_id = id_of(2),
                                  .case_no = 1,
                                  .kind = kind,
                                  .has_refers_to = true,
                                  .refers_to = id_of(6000),
                                  .division_code = BUS_STRV("000000101001"),
                                  .has_note = note != NULL,
                                  .note = bus_strv(note != NULL ? note : "")};
}

/* Sealed for dispatch in this event; its sum into hash. */
static void
account(struct sa_case_event *c, const char *number, uint8_t hash[16])
{
    struct sa_personal p = {.name = BUS_STRV("甲"),
                            .id_type = BUS_STRV("111"),
                            .id_no = BUS_STRV(""),
                            .has_bank_code = true,
                            .bank_code = BUS_STRV("nongshang"),
                            .has_account = true,
                            .account = bus_strv(number)};
    struct bus_wire_binding at = {"case_event", "personal", &c->event_id};
    struct bus_id assignment = id_of(1001);
    struct bus_strv plain;
    struct bus_role_payee payee;
    assert_int_equal(
        bus_wire_encode_framed(&sa_personal_type, &p, &made, &plain, &err),
        BUS_OK);
    assert_int_equal(bus_role_payee_of(ring, &c->household_id, &assignment,
                                       plain, &made, &payee, &err),
                     BUS_OK);
    memcpy(hash, payee.sum, sizeof(payee.sum));
    assert_int_equal(bus_wire_seal(ring, BUS_STRV("dispatch"), &at, plain,
                                   &made, &c->personal, &err),
                     BUS_OK);
    c->has_personal = true;
}

static struct sa_decision
decision_of(int n, int64_t fen, const char *from, int32_t day)
{
    return (struct sa_decision){.event_id = id_of(4000 + n),
                                .household_id = id_of(1),
                                .case_id = id_of(2),
                                .occurred_at = (int64_t)day * 86400000,
                                .decision_id = id_of(2000 + n),
                                .assignment_id = id_of(1001),
                                .department = BUS_STRV("MZ"),
                                .item = BUS_STRV("MZ01"),
                                .outcome = SA_DECISION_OUTCOME_CONFIRMED,
                                .has_amount_fen = true,
                                .amount_fen = fen,
                                .delivery = SA_DELIVERY_BANK,
                                .period = SA_PERIOD_MONTHLY,
                                .has_from_month = from != NULL,
                                .from_month =
                                    bus_strv(from != NULL ? from : ""),
                                .reason = BUS_STRV("按规定"),
                                .decided_by = {.operator_id = BUS_STRV("op-1"),
                                               .org_code = BUS_STRV("MZ")}};
}

/* Granted on 20 July 2026 from July on; `people` of them. */
static void granted(const char *database, size_t people)
{
    struct bus_id whom[2] = {id_of(71), id_of(72)};
    uint8_t hash[16];
    (void)place_database(database);
    struct sa_case_event c =
        event_of(SA_CASE_EVENT_KIND_DECISION_ACCEPTED, day_of(7, 20), NULL);
    account(&c, "6200000012345678", hash);
    c.has_decision = true;
    c.decision = decision_of(1, FEN, "2026-07", day_of(7, 20));
    c.decision.has_payee_hash = true;
    c.decision.payee_hash = (struct bus_strv){(const char *)hash, sizeof(hash)};
    c.has_fund = true;
    c.fund = BUS_STRV("CG");
    c.beneficiaries.v = whom;
    c.beneficiaries.n = people;
    said(&c);
    number_is(1, "SELECT count(*) FROM award");
    as("op-money", day_of(7, 20));
    well(budget_by_two(&books, "CG", 100 * FEN, "2026", &err));
}

static void due_by(int32_t day)
{
    int64_t n = 0;
    as(TREASURY_ITSELF, day);
    well(treasury_due_make(&books, calendar, day, &n, &err));
}

static char batch[BUS_ID_TEXT + 1];

static void batched(int32_t day)
{
    struct treasury_prepare p = {"nongshang", "CG", day};
    const char *id = "";
    as("op-zhao", day);
    int rc = treasury_batch_prepare(&books, &p, &id, &err);
    (void)snprintf(batch, sizeof(batch), "%s", id);
    well(rc);
}

static void batch_sent(int32_t day)
{
    batched(day);
    as("op-qian", day);
    well(treasury_batch_approve(&books, batch, &err));
    as("op-sun", day);
    well(treasury_batch_approve(&books, batch, &err));
    as("op-zhao", day);
    well(treasury_batch_send(&books, batch, &err));
}

static void orders_written(size_t want)
{
    struct treasury_writer w = {.keys = ring, .config = &config, .mem = &made};
    size_t n = 0;
    as(TREASURY_ITSELF, day_of(9, 10));
    well(treasury_orders_write(&w, &books, &n, &err));
    assert_int_equal(n, want);
}

/* --- the tests --- */

/* Heard and decided: from the month after on it is less; what was granted until
 * then is paid as it was, what left is claimed back as far as it is more. */
static void a_cut_reaches_the_money(void **state)
{
    (void)state;
    granted("cut", 0);
    due_by(day_of(8, 31)); /* July, August */
    number_is(2, "SELECT count(*) FROM due_line");
    struct sa_case_event c = event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED,
                                      day_of(9, 2), "AWARD_CUT MZ01");
    c.has_decision = true;
    c.decision = decision_of(2, 50000, NULL, day_of(9, 2));
    said(&c);
    said(&c); /* again: nothing else */
    due_by(day_of(11, 30));
    number_is(3, "SELECT count(*) FROM due_line WHERE amount_fen = 66000");
    number_is(2, "SELECT count(*) FROM due_line WHERE amount_fen = 50000 AND "
                 "first_day >= '2026-10-01'");
    number_is(1, "SELECT count(*) FROM award WHERE state = 'live' AND "
                 "amount_fen = 50000");
    /* of what left already the difference is claimed back */
    batch_sent(day_of(11, 30));
    c = event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED, day_of(11, 2),
                 "AWARD_CUT MZ01");
    c.has_decision = true;
    c.decision = decision_of(3, 40000, "2026-11", day_of(11, 2));
    said(&c);
    number_is(10000, "SELECT sum(owed_fen) FROM due_line");
    number_is(10000, "SELECT amount_fen FROM treasury_act WHERE act = "
                     "'claim_back'");
    orders_written(5); /* they leave: only a part of one is claimed */
    number_is(5, "SELECT count(*) FROM outbox");
    /* one nobody was told of here is nobody's */
    c = event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED, day_of(11, 2),
                 "AWARD_CUT MZ01");
    c.has_decision = true;
    c.decision = decision_of(4, 30000, NULL, day_of(11, 2));
    c.decision.assignment_id = id_of(999);
    said(&c);
    number_is(40000, "SELECT amount_fen FROM award");
}

/* From its month on nothing, until then all of it; what was sent comes back. */
static void a_stop_reaches_the_money(void **state)
{
    (void)state;
    granted("stop", 0);
    due_by(day_of(9, 30)); /* July, August, September */
    struct sa_case_event c = event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED,
                                      day_of(8, 20), "AWARD_STOPPED MZ01");
    c.has_decision = true;
    c.decision = decision_of(2, 0, "2026-09", day_of(8, 20));
    said(&c);
    number_is(1, "SELECT count(*) FROM due_line WHERE state = 'stopped' AND "
                 "first_day = '2026-09-01'");
    number_is(1, "SELECT count(*) FROM award WHERE state = 'live' AND until = "
                 "'2026-08-31'");
    due_by(day_of(12, 31));
    batch_sent(day_of(12, 31));
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'sent'");
    c.decision = decision_of(3, 0, "2026-08", day_of(8, 25));
    said(&c);
    number_is(FEN, "SELECT sum(owed_fen) FROM due_line");
}

/* While it waits, what it grants grows no less by that. */
static void a_cut_of_what_waits(void **state)
{
    (void)state;
    granted("cut_waits", 0);
    due_by(day_of(10, 31));
    struct bus_id award = id_of(1001);
    char text[BUS_ID_TEXT + 1];
    struct treasury_stop stop = {.award = bus_id_text(&award, text),
                                 .state = "waiting",
                                 .reason = "OFFICER",
                                 .last_day = day_of(9, 1),
                                 .all = true};
    as("op-sun", day_of(9, 1));
    well(treasury_award_stop(&books, &stop, &err));
    struct sa_case_event c = event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED,
                                      day_of(9, 2), "AWARD_CUT MZ01");
    c.has_decision = true;
    c.decision = decision_of(2, 50000, NULL, day_of(9, 2));
    said(&c);
    number_is(4, "SELECT count(*) FROM due_line WHERE state = 'stopped'");
    as("op-sun", day_of(9, 3));
    well(treasury_award_resume(&books, text, "alive", &err));
    number_is(3 * FEN + 50000,
              "SELECT sum(amount_fen) FROM due_line WHERE state = 'due'");
}

/* Another account: out of the batch whose approvals were for the first one. */
static void another_account_is_approved_anew(void **state)
{
    (void)state;
    uint8_t hash[16];
    granted("payee", 0);
    due_by(day_of(8, 31));
    batched(day_of(8, 31));
    as("op-qian", day_of(8, 20));
    well(treasury_batch_approve(&books, batch, &err));
    struct sa_case_event c = event_of(SA_CASE_EVENT_KIND_ATTENTION,
                                      day_of(8, 21), "PAYEE_CHANGED MZ01");
    account(&c, "6200000087654321", hash);
    c.has_assignment_id = true;
    c.assignment_id = id_of(1001);
    said(&c);
    number_is(1, "SELECT count(*) FROM treasury_act WHERE act = 'payee'");
    number_is(0, "SELECT lines FROM batch WHERE state = 'prepared' AND "
                 "approved_first IS NULL");
    as("op-zhao", day_of(8, 22));
    well(treasury_batch_withdraw(&books, batch, "empty", &err));
    batch_sent(day_of(8, 31));
    orders_written(2);
    number_is(2, "SELECT count(*) FROM outbox");
    /* what was approved for the one before, and not written yet, stays here */
    due_by(day_of(9, 30));
    batch_sent(day_of(9, 30));
    c = event_of(SA_CASE_EVENT_KIND_ATTENTION, day_of(9, 1),
                 "PAYEE_CHANGED MZ01");
    account(&c, "6200000011112222", hash);
    c.has_assignment_id = true;
    c.assignment_id = id_of(1001);
    said(&c);
    orders_written(1);
    number_is(2, "SELECT count(*) FROM outbox WHERE topic LIKE "
                 "'%payment-orders%'");
    number_is(1, "SELECT count(*) FROM due_line WHERE state = 'rejected' AND "
                 "reason = 'PAYEE_DIFFERS'");
    /* one that does not open changes nothing */
    c = event_of(SA_CASE_EVENT_KIND_ATTENTION, day_of(9, 2),
                 "PAYEE_CHANGED MZ01");
    c.has_assignment_id = c.has_personal = true;
    c.assignment_id = id_of(1001);
    c.personal = BUS_STRV("\2 nobody's");
    said(&c);
    number_is(1, "SELECT count(*) FROM treasury_act WHERE note = "
                 "'ACCOUNT_UNREADABLE'");
}

/* Of a member alone, of several, of the household as one. */
static void of_whom_it_is(void **state)
{
    (void)state;
    granted("one_member", 1);
    number_is(1, "SELECT count(*) FROM award WHERE beneficiary <> "
                 "household_id AND beneficiary::text LIKE '%47'");
    due_by(day_of(8, 31));
    number_is(2, "SELECT count(*) FROM due_line JOIN award USING "
                 "(assignment_id, beneficiary)");
    granted("two_members", 2);
    number_is(1, "SELECT count(*) FROM award WHERE beneficiary = household_id");
}

/* A death after the batch was sent and before its orders stood in the outbox:
 * they do not leave, and are paid when it was not so. */
static void what_stops_before_it_is_written(void **state)
{
    (void)state;
    struct bus_id award = id_of(1001);
    char text[BUS_ID_TEXT + 1];
    granted("unwritten", 0);
    due_by(day_of(8, 31));
    batch_sent(day_of(8, 31));
    struct treasury_stop stop = {.award = bus_id_text(&award, text),
                                 .state = "waiting",
                                 .reason = "DEATH",
                                 .last_day = day_of(7, 31),
                                 .all = true};
    as(TREASURY_ITSELF, day_of(8, 10));
    well(treasury_award_stop(&books, &stop, &err));
    orders_written(2);
    number_is(0, "SELECT count(*) FROM outbox");
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'stopped' AND "
                 "owed_fen = 0");
    number_is(100 * FEN, "SELECT fen FROM fund_balance WHERE account = 'free'");
    as("op-sun", day_of(8, 12));
    well(treasury_award_resume(&books, text, "alive", &err));
    batch_sent(day_of(8, 31));
    orders_written(2);
    number_is(2, "SELECT count(*) FROM outbox");
}

/* Once, at a bank that takes files from 21 July on: before, dispatch's. Twice
 * in one case is one, in another case another. */
static void what_is_paid_once_by_files(void **state)
{
    (void)state;
    struct bus_conf_partner *bank = NULL;
    for (size_t i = 0; i < config.partners_count; i++) {
        if (strcmp(config.partners[i].code, "nongshang") == 0) {
            bank = &config.partners[i];
        }
    }
    assert_non_null(bank);
    bank->file.format = BUS_CONF_BANK_PAIN001;
    bank->file.once_from = day_of(7, 21);
    granted("once_by_files", 0);
    for (int i = 0; i < 3; i++) {
        uint8_t hash[16];
        unsigned day = i == 0 ? 20 : 21;
        struct sa_case_event c = event_of(SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                                          day_of(7, day), NULL);
        struct bus_id assignment = id_of(1500 + i);
        c.case_id = id_of(3 + i);
        account(&c, "6200000012345678", hash);
        c.has_decision = true;
        c.decision = decision_of(20 + i, FEN, NULL, day_of(7, day));
        c.decision.assignment_id = assignment;
        c.decision.period = SA_PERIOD_ONCE;
        c.decision.has_payee_hash = true;
        c.decision.payee_hash =
            (struct bus_strv){(const char *)hash, sizeof(hash)};
        c.has_fund = true;
        c.fund = BUS_STRV("CG");
        said(&c);
        said(&c);
    }
    number_is(1, "SELECT count(*) FROM order_elsewhere");
    number_is(2, "SELECT count(DISTINCT purpose) FROM award WHERE period = "
                 "'once' AND state = 'live'");
    due_by(day_of(8, 31));
    number_is(2, "SELECT count(*) FROM due_line WHERE period = 'once'");
    batched(day_of(8, 31));
    number_is(4, "SELECT lines FROM batch");
    bank->file.format = BUS_CONF_BANK_NONE;
}

/* Above the limit, which was lowered since it was approved; what no schedule
 * can pay: the matcher hears as from the bank, once, and its own word that
 * comes back is no news. */
static void what_is_refused_here_is_told(void **state)
{
    (void)state;
    int64_t limit = config.money.order_max_fen;
    granted("refused_here", 0);
    due_by(day_of(8, 31));
    batch_sent(day_of(8, 31));
    config.money.order_max_fen = FEN - 1;
    orders_written(2);
    config.money.order_max_fen = limit;
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'rejected' AND "
                 "reason = 'ABOVE_ORDER_MAX'");
    number_is(2, "SELECT count(*) FROM outbox o JOIN bank_answer a USING "
                 "(event_id) WHERE topic LIKE '%payment-results.nongshang' AND "
                 "ce_type = 'sa.payment_result.v1' AND o.household_id IS NOT "
                 "NULL AND a.outcome = 'REJECTED' AND a.ended = 'TAKEN'");
    number_is(2, "SELECT count(*) FROM outbox");
    orders_written(0);
    uint8_t hash[16];
    struct sa_case_event c =
        event_of(SA_CASE_EVENT_KIND_DECISION_ACCEPTED, day_of(7, 21), NULL);
    account(&c, "6200000012345678", hash);
    c.has_decision = true;
    c.decision = decision_of(9, FEN, "2021-07", day_of(7, 21));
    c.decision.has_payee_hash = true;
    c.decision.payee_hash = (struct bus_strv){(const char *)hash, sizeof(hash)};
    c.has_fund = true;
    c.fund = BUS_STRV("CG");
    said(&c);
    said(&c);
    number_is(3, "SELECT count(*) FROM outbox WHERE topic LIKE "
                 "'%payment-results.nongshang'");
    number_is(1, "SELECT count(*) FROM order_elsewhere");
}

static void erased(void)
{
    struct sa_case_event c =
        event_of(SA_CASE_EVENT_KIND_RESULT_FOLDED, day_of(9, 1), "ERASED");
    said(&c);
}

/* What stands, or owes something, keeps its account; the rest forgets it. */
static void an_erased_household(void **state)
{
    (void)state;
    struct bus_id award = id_of(1001);
    char text[BUS_ID_TEXT + 1];
    static const char forgotten[] =
        "SELECT count(*) FROM award WHERE personal = ''";
    granted("erased", 0);
    due_by(day_of(8, 31));
    erased();
    number_is(0, forgotten);
    struct treasury_stop stop = {.award = bus_id_text(&award, text),
                                 .state = "ended",
                                 .reason = "AWARD_ENDED",
                                 .last_day = day_of(8, 31)};
    as(TREASURY_ITSELF, day_of(9, 1));
    well(treasury_award_stop(&books, &stop, &err));
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'due'");
    erased();
    number_is(0, forgotten);
    assert_int_equal(
        bus_pg_exec(place.pg, "UPDATE due_line SET state = 'stopped'", &err),
        BUS_OK);
    erased();
    number_is(1, forgotten);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_reaches_the_money),
        cmocka_unit_test(a_stop_reaches_the_money),
        cmocka_unit_test(a_cut_of_what_waits),
        cmocka_unit_test(another_account_is_approved_anew),
        cmocka_unit_test(of_whom_it_is),
        cmocka_unit_test(what_stops_before_it_is_written),
        cmocka_unit_test(what_is_refused_here_is_told),
        cmocka_unit_test(what_is_paid_once_by_files),
        cmocka_unit_test(an_erased_household),
    };
    return cmocka_run_group_tests(tests, events_setup, events_teardown);
}
