/* The treasury's books on a real PostgreSQL: from a decision to the fen that
 * came back. Drills D2, D4 and D8 with the source's 660.00 yuan. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/schedule.h"
#include "tests/live/pg/budget.h"
#include "tests/live/pg/place.h"

#define FEN 66000

static struct bus_arena mem;
static struct bus_policy_calendar *calendar;
static struct treasury_books books;
static struct bus_err err;

static int books_setup(void **state)
{
    bus_arena_init(&mem, 0, 64u << 20);
    return place_setup(state) != 0
               ? 1
               : bus_policy_calendar_new(NULL, 0, &calendar, &err);
}

static int books_teardown(void **state)
{
    bus_policy_calendar_free(calendar);
    bus_arena_fini(&mem);
    return place_teardown(state);
}

static int32_t day_of(int y, unsigned m, unsigned d)
{
    return (int32_t)bus_days_from_civil(y, m, d);
}

static struct bus_id id_of(int n)
{
    struct bus_id id = {{0}};
    id.b[0] = 1;
    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    return id;
}

static const char *text_of(const struct bus_id *id)
{
    static char texts[8][BUS_ID_TEXT + 1];
    static int at;
    at = (at + 1) % 8;
    return bus_id_text(id, texts[at]);
}

static void as(const char *who)
{
    books = (struct treasury_books){
        .pg = place.pg, .mem = &mem, .who = who, .day = day_of(2020, 12, 8)};
    assert_int_equal(treasury_books_begin(&books, &err), BUS_OK);
}

/* Ends it; what was wanted is what came, with this in its text. */
static void came(int rc, int want, const char *text)
{
    rc = treasury_books_end(&books, rc, &err);
    if (rc != want || (text != NULL && strstr(err.msg, text) == NULL)) {
        fail_msg("%d, not %d: %s", rc, want, rc != BUS_OK ? err.msg : "");
    }
}

static void number_is(int64_t want, const char *sql)
{
    int64_t got = place_number(sql);
    if (got != want) {
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
    }
}

/* --- awards --- */

static char hash[16];

/* Decided on this day of November 2020; of an assignment of its own. */
static struct
{
    enum treasury_period period;
    int assignment; /* 0: its own */
} decided_as = {TREASURY_MONTH, 0};

static void award_of(int household, int decision, int64_t fen, int from_month)
{
    int asked = decided_as.assignment != 0 ? decided_as.assignment : decision;
    struct treasury_award a = {.assignment_id = id_of(1000 + asked),
                               .decision_id = id_of(2000 + decision),
                               .household_id = id_of(household),
                               .beneficiary = id_of(household),
                               .case_id = id_of(3000),
                               .event_id = id_of(4000 + decision),
                               .item = BUS_STRV("MZ01"),
                               .fund = BUS_STRV("CG"),
                               .bank = BUS_STRV("nongshang"),
                               .purpose = BUS_STRV("aid"),
                               .amount_fen = fen,
                               .payee_hash = {hash, sizeof(hash)},
                               .personal = BUS_STRV("sealed")};
    struct treasury_schedule s = {.period = decided_as.period,
                                  .pay_day = 10,
                                  .from_month = from_month,
                                  .decided = day_of(2020, 11, 19)};
    bool is_new = false;
    as(TREASURY_ITSELF);
    came(treasury_award_take(&books, calendar, &a, &s, &is_new, &err), BUS_OK,
         NULL);
}

static int64_t due_by(int32_t day)
{
    int64_t made = -1;
    as(TREASURY_ITSELF);
    came(treasury_due_make(&books, calendar, day, &made, &err), BUS_OK, NULL);
    return made;
}

/* A county with one household, 660 yuan from December on, and this budget. */
static void county(const char *name, int64_t budget)
{
    (void)place_database(name);
    award_of(1, 1, FEN, TREASURY_MONTH_OF(2020, 12));
    if (budget > 0) {
        as("op-money");
        came(budget_by_two(&books, "CG", budget, "2020", &err), BUS_OK, NULL);
    }
}

static const struct treasury_prepare december = {"nongshang", "CG", 0};
static char batch[BUS_ID_TEXT + 1];

static void prepared(const char *who, int want, const char *text)
{
    struct treasury_prepare p = december;
    const char *made = "";
    p.pay_day = day_of(2020, 12, 10);
    as(who);
    int rc = treasury_batch_prepare(&books, &p, &made, &err);
    (void)snprintf(batch, sizeof(batch), "%s", made);
    came(rc, want, text);
}

static void approved(const char *who, int want, const char *text)
{
    as(who);
    came(treasury_batch_approve(&books, batch, &err), want, text);
}

static void sent(int want, const char *text)
{
    as("op-zhao");
    came(treasury_batch_send(&books, batch, &err), want, text);
}

static void sent_by_three(void)
{
    prepared("op-zhao", BUS_OK, NULL);
    approved("op-qian", BUS_OK, NULL);
    approved("op-sun", BUS_OK, NULL);
    sent(BUS_OK, NULL);
}

static int answers; /* so far */

static void answered(const char *sql_order,
                     int outcome,
                     int64_t fen,
                     const char *reference,
                     const char *reason,
                     const char *want)
{
    struct bus_pg_rows *r = NULL;
    struct treasury_result a = {.event_id = id_of(5000 + answers++),
                                .bank = BUS_STRV("nongshang"),
                                .outcome = outcome,
                                .amount_fen = fen,
                                .reason = bus_strv(reason),
                                .reference = bus_strv(reference),
                                .value_day = day_of(2020, 12, 10)};
    struct treasury_result_end end = {0};
    assert_int_equal(bus_pg_query(place.pg, sql_order, NULL, 0, &r, &err),
                     BUS_OK);
    assert_true(bus_pg_count(r) > 0);
    assert_true(bus_id_parse(bus_strv(bus_pg_value(r, 0, 0)), &a.order_id));
    bus_pg_rows_free(r);
    as(TREASURY_ITSELF);
    int rc = treasury_result_take(&books, &a, &end, &err);
    if (rc == BUS_OK && strcmp(end.end, want) != 0) {
        fail_msg("%s, not %s", end.end, want);
    }
    /* The same event again is not there. */
    if (rc == BUS_OK) {
        rc = treasury_result_take(&books, &a, &end, &err);
        assert_string_equal(end.end, "");
    }
    came(rc, BUS_OK, NULL);
}

static const char order[] =
    "SELECT order_id FROM batch_line ORDER BY attempt DESC, line_id LIMIT 1";

#define BALANCE(account) \
    "SELECT fen FROM fund_balance WHERE fund = 'CG' AND account = '" account "'"

/* --- the tests --- */

static void a_decision_is_one_award(void **state)
{
    (void)state;
    county("award", 0);
    award_of(1, 1, FEN, TREASURY_MONTH_OF(2020, 12));
    number_is(1, "SELECT count(*) FROM award");
    number_is(1, "SELECT count(*) FROM treasury_act WHERE act = 'award'");
    assert_int_equal(due_by(day_of(2020, 12, 9)), 0);
    assert_int_equal(due_by(day_of(2020, 12, 10)), 1);
    assert_int_equal(due_by(day_of(2020, 12, 10)), 0); /* the same ones */
    assert_int_equal(due_by(day_of(2021, 2, 28)), 2);  /* caught up in order */
    /* decided anew, with another amount: what was not sent is of it */
    award_of(1, 2, 70000, TREASURY_MONTH_OF(2021, 1));
    number_is(1, "SELECT count(*) FROM award WHERE state <> 'ended'");
    number_is(FEN + 2 * 70000, "SELECT sum(amount_fen) FROM due_line");
    assert_int_equal(due_by(day_of(2021, 3, 31)), 1);
    number_is(4, "SELECT count(*) FROM due_line");
}

static void three_people_and_money(void **state)
{
    (void)state;
    county("people", 0);
    prepared("op-zhao", BUS_ESTATE, "is due by 2020-12-10");
    (void)due_by(day_of(2020, 12, 31));
    prepared("op-zhao", BUS_ESTATE, "0.00 yuan free");
    as("op-money");
    came(budget_by_two(&books, "CG", FEN - 1, "2020", &err), BUS_OK, NULL);
    prepared("op-zhao", BUS_ESTATE, "659.99 yuan free");
    as("op-money");
    came(budget_by_two(&books, "CG", -FEN, "2020", &err), BUS_ESTATE, "659.99");
    as("op-money");
    came(budget_by_two(&books, "CG", 1, "2020", &err), BUS_OK, NULL);
    prepared("op-zhao", BUS_OK, NULL);
    number_is(FEN, BALANCE("committed"));
    /* D4: the same once more has nothing in it */
    char first[sizeof(batch)];
    memcpy(first, batch, sizeof(batch));
    prepared("op-zhao", BUS_ESTATE, "nothing of fund CG");
    memcpy(batch, first, sizeof(batch));
    sent(BUS_ESTATE, "is prepared");
    approved("op-zhao", BUS_EDENIED, "prepared this batch");
    approved("op-qian", BUS_OK, NULL);
    approved("op-qian", BUS_EDENIED, "a third person");
    sent(BUS_ESTATE, "is approved_once");
    approved("op-sun", BUS_OK, NULL);
    approved("op-li", BUS_ESTATE, "is approved_twice");
    sent(BUS_OK, NULL);
    sent(BUS_ESTATE, "is sent"); /* never again */
    number_is(FEN, BALANCE("transit"));
    number_is(5, "SELECT count(DISTINCT operator) FROM treasury_act WHERE "
                 "operator <> 'treasury'");
    /* the first order is the one its decision is known by */
    struct bus_id assignment = id_of(1001), decision = id_of(2001);
    struct bus_id known = bus_wire_line_id("order", &assignment, &decision);
    char sql[160];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM batch_line WHERE order_id = '%s'",
                   text_of(&known));
    number_is(1, sql);
}

/* D4: the same id with other content stops. */
static void a_batch_that_was_changed_stays(void **state)
{
    (void)state;
    county("changed", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    prepared("op-zhao", BUS_OK, NULL);
    place_do("UPDATE batch_line SET order_id = gen_random_uuid()");
    approved("op-qian", BUS_ESTATE, "not what its SM3 says");
    number_is(1, "SELECT count(*) FROM batch WHERE state = 'prepared'");
    /* nor to another account than the one of its sum */
    as("op-zhao");
    came(treasury_batch_withdraw(&books, batch, "changed", &err), BUS_OK, NULL);
    prepared("op-zhao", BUS_OK, NULL);
    place_do("UPDATE batch_line SET payee_hash = decode(repeat('ab', 16), "
             "'hex')");
    approved("op-qian", BUS_ESTATE, "not what its SM3 says");
    as("op-zhao");
    came(treasury_batch_withdraw(&books, batch, "changed", &err), BUS_OK, NULL);
    number_is(10 * FEN, BALANCE("free"));
    sent_by_three();
}

/* D2: the return before the settlement, each of them twice. */
static void answers_in_any_order(void **state)
{
    (void)state;
    county("answers", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    sent_by_three();
    answered(order, TREASURY_RETURNED, FEN, "R1", "AC04", "TAKEN");
    answered(order, TREASURY_SETTLED, FEN, "S1", "", "LATE");
    answered(order, TREASURY_RETURNED, FEN, "R1", "AC04", "DOUBLED");
    number_is(10 * FEN, BALANCE("free"));
    number_is(0, BALANCE("paid"));
    number_is(1, "SELECT count(*) FROM fund_day WHERE spent = 66000 AND back = "
                 "66000");
    number_is(1, "SELECT count(*) FROM batch WHERE state = 'settled'");
    /* paid once more, under another order, and no third time */
    struct bus_pg_rows *r = NULL;
    assert_int_equal(bus_pg_query(place.pg, "SELECT line_id FROM due_line",
                                  NULL, 0, &r, &err),
                     BUS_OK);
    char line[BUS_ID_TEXT + 1];
    (void)snprintf(line, sizeof(line), "%s", bus_pg_value(r, 0, 0));
    bus_pg_rows_free(r);
    as("op-zhao");
    came(treasury_line_again(&books, line, "new account", &err), BUS_OK, NULL);
    sent_by_three();
    number_is(2, "SELECT count(DISTINCT order_id) FROM batch_line");
    answered(order, TREASURY_REJECTED, 0, "R2", "AC01", "TAKEN");
    as("op-zhao");
    came(treasury_line_again(&books, line, "", &err), BUS_ESTATE,
         "once more already");
    number_is(10 * FEN, BALANCE("free"));
}

static void what_differs_stops_the_fund(void **state)
{
    (void)state;
    county("differs", 10 * FEN);
    (void)due_by(day_of(2021, 1, 31));
    sent_by_three();
    answered(order, TREASURY_SETTLED, FEN - 1, "S1", "", "AMOUNT_DIFFERS");
    answered("SELECT gen_random_uuid()", TREASURY_SETTLED, FEN, "S9", "",
             "UNKNOWN_ORDER");
    number_is(FEN, BALANCE("transit"));
    struct treasury_prepare january = {"nongshang", "CG", day_of(2021, 1, 31)};
    const char *made = NULL;
    as("op-zhao");
    came(treasury_batch_prepare(&books, &january, &made, &err), BUS_ESTATE,
         "1 answers of banks have to be looked at");
    struct bus_pg_rows *r = NULL;
    assert_int_equal(
        bus_pg_query(place.pg,
                     "SELECT event_id FROM bank_answer WHERE fund = 'CG'", NULL,
                     0, &r, &err),
        BUS_OK);
    char answer[BUS_ID_TEXT + 1];
    (void)snprintf(answer, sizeof(answer), "%s", bus_pg_value(r, 0, 0));
    bus_pg_rows_free(r);
    as("op-sun");
    came(treasury_answer_looked(&books, answer, "asked the bank", &err), BUS_OK,
         NULL);
    as("op-sun");
    came(treasury_answer_looked(&books, answer, "", &err), BUS_EUNKNOWN, NULL);
    as("op-zhao");
    came(treasury_batch_prepare(&books, &january, &made, &err), BUS_OK, NULL);
}

static void stopped(const char *state_word, bool all, int32_t last_day)
{
    struct bus_id award = id_of(1001);
    struct treasury_stop stop = {.award = text_of(&award),
                                 .state = state_word,
                                 .reason = "DEATH",
                                 .last_day = last_day,
                                 .all = all};
    as(TREASURY_ITSELF);
    came(treasury_award_stop(&books, &stop, &err), BUS_OK, NULL);
}

/* D8: a minute before the second approval, and a minute after it left; and
 * found false later. */
static void a_death_around_the_approval(void **state)
{
    (void)state;
    struct bus_id award = id_of(1001);
    county("death", 10 * FEN);
    award_of(2, 2, FEN, TREASURY_MONTH_OF(2020, 12)); /* a neighbour */
    (void)due_by(day_of(2020, 12, 31));
    prepared("op-zhao", BUS_OK, NULL);
    approved("op-qian", BUS_OK, NULL);
    number_is(2 * FEN, BALANCE("committed"));
    stopped("waiting", true, day_of(2020, 12, 8));
    number_is(FEN, BALANCE("committed"));
    number_is(1, "SELECT lines FROM batch WHERE state = 'prepared' AND "
                 "approved_first IS NULL");
    sent(BUS_ESTATE, "is prepared");
    approved("op-qian", BUS_OK, NULL);
    approved("op-sun", BUS_OK, NULL);
    sent(BUS_OK, NULL);
    number_is(1, "SELECT count(*) FROM due_line WHERE state = 'sent'");
    prepared("op-zhao", BUS_ESTATE, "nothing of fund CG");
    /* it was not so: what was stopped is paid */
    as("op-sun");
    came(treasury_award_resume(&books, text_of(&award), "alive", &err), BUS_OK,
         NULL);
    sent_by_three();
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'sent'");
    /* after it left: it is followed, and claimed back */
    stopped("ended", true, day_of(2020, 11, 30));
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'sent'");
    number_is(FEN, "SELECT sum(owed_fen) FROM due_line");
    answered("SELECT order_id FROM batch_line JOIN due_line USING (line_id) "
             "WHERE owed_fen > 0",
             TREASURY_SETTLED, FEN, "S1", "", "TAKEN");
    struct bus_pg_rows *r = NULL;
    assert_int_equal(
        bus_pg_query(place.pg,
                     "SELECT line_id FROM due_line WHERE owed_fen > 0", NULL, 0,
                     &r, &err),
        BUS_OK);
    char line[BUS_ID_TEXT + 1];
    (void)snprintf(line, sizeof(line), "%s", bus_pg_value(r, 0, 0));
    bus_pg_rows_free(r);
    as("op-sun");
    came(treasury_line_repaid(&books, line, "by the family", &err), BUS_OK,
         NULL);
    number_is(0, BALANCE("paid"));
    number_is(9 * FEN, BALANCE("free"));
    assert_int_equal(due_by(day_of(2021, 1, 31)), 1); /* the neighbour's */
}

/* While it waits each period is a stop on record; resumed, all are due. */
static void a_period_of_one_that_waits(void **state)
{
    (void)state;
    struct bus_id award = id_of(1001);
    county("record", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    stopped("waiting", true, day_of(2020, 12, 8));
    assert_int_equal(due_by(day_of(2021, 1, 31)), 1);
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'stopped'");
    number_is(1, "SELECT count(*) FROM due_line WHERE reason = 'AWARD_WAITS'");
    as("op-sun");
    came(treasury_award_resume(&books, text_of(&award), "alive", &err), BUS_OK,
         NULL);
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'due'");
}

/* What the bank says of a death is looked at by people; nothing leaves. */
static void a_dead_payee_waits(void **state)
{
    (void)state;
    county("md07", 10 * FEN);
    (void)due_by(day_of(2021, 1, 31));
    sent_by_three();
    answered(order, TREASURY_REJECTED, 0, "R1", "MD07", "TAKEN");
    number_is(1, "SELECT count(*) FROM award WHERE state = 'waiting'");
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'stopped'");
    number_is(10 * FEN, BALANCE("free"));
}

/* Decided anew in quarters: a month's line does not get a quarter's money. */
static void a_quarter_takes_no_month(void **state)
{
    (void)state;
    county("quarters", 10 * FEN);
    (void)due_by(day_of(2021, 2, 28)); /* December, January, February */
    decided_as.period = TREASURY_QUARTER;
    award_of(1, 2, 3 * FEN, TREASURY_MONTH_OF(2021, 1));
    decided_as.period = TREASURY_MONTH;
    (void)due_by(day_of(2021, 2, 28));
    number_is(4 * FEN, "SELECT sum(amount_fen) FROM due_line WHERE state = "
                       "'due'"); /* December, and the quarter */
    number_is(2, "SELECT count(*) FROM due_line WHERE state = 'stopped' AND "
                 "reason = 'SUPERSEDED'");
    number_is(1, "SELECT count(*) FROM due_line d JOIN award a USING "
                 "(assignment_id) WHERE d.state = 'due' AND a.state = 'ended' "
                 "AND d.first_day <= a.until");
    /* nor does a quarter pay for a month that was sent */
    county("sent_months", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    sent_by_three();
    decided_as.period = TREASURY_QUARTER;
    award_of(1, 2, 3 * FEN, TREASURY_MONTH_OF(2020, 12));
    decided_as.period = TREASURY_MONTH;
    (void)due_by(day_of(2021, 3, 31));
    number_is(4 * FEN, "SELECT sum(amount_fen) FROM due_line");
    number_is(1, "SELECT count(*) FROM due_line WHERE first_day = "
                 "'2021-03-01'");
    number_is(1, "SELECT count(*) FROM treasury_act WHERE act = 'refuse' AND "
                 "note = 'DAYS_PAID_ALREADY 2020Q4'");
}

/* Two years that begin in other months: called otherwise, and the same days;
 * called the same, and nothing was paid of the first. */
static void a_year_is_its_days(void **state)
{
    (void)state;
    county("years", 10 * FEN);
    decided_as.period = TREASURY_YEAR;
    award_of(2, 2, FEN, TREASURY_MONTH_OF(2020, 9));
    (void)due_by(day_of(2020, 12, 31));
    sent_by_three();
    award_of(2, 3, FEN, TREASURY_MONTH_OF(2021, 1));
    (void)due_by(day_of(2021, 1, 31));
    number_is(1, "SELECT count(*) FROM due_line WHERE period IN ('2020', "
                 "'2021')");
    number_is(1, "SELECT count(*) FROM treasury_act WHERE act = 'refuse' AND "
                 "note = 'DAYS_PAID_ALREADY 2021'");
    award_of(3, 4, FEN, TREASURY_MONTH_OF(2020, 3));
    (void)due_by(day_of(2020, 12, 31));
    place_do("UPDATE due_line SET state = 'stopped' WHERE state = 'due'");
    award_of(3, 5, FEN, TREASURY_MONTH_OF(2020, 9));
    (void)due_by(day_of(2020, 12, 31));
    decided_as.period = TREASURY_MONTH;
    number_is(1, "SELECT count(*) FROM due_line WHERE period = '2020' AND "
                 "state = 'due' AND first_day = '2020-09-01'");
}

/* Stopped, or rejected twice: a new decision pays it. */
static void what_was_stopped_is_decided_anew(void **state)
{
    (void)state;
    county("anew", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    struct bus_id award = id_of(1001);
    struct treasury_stop stop = {.award = text_of(&award),
                                 .state = "ended",
                                 .reason = "DECISION_REFUSED",
                                 .last_day = day_of(2020, 11, 30),
                                 .all = true};
    as(TREASURY_ITSELF);
    came(treasury_award_stop(&books, &stop, &err), BUS_OK, NULL);
    number_is(1, "SELECT count(*) FROM due_line WHERE state = 'stopped'");
    decided_as.assignment = 1; /* on appeal */
    award_of(1, 2, 70000, TREASURY_MONTH_OF(2020, 12));
    decided_as.assignment = 0;
    (void)due_by(day_of(2020, 12, 31));
    number_is(70000, "SELECT amount_fen FROM due_line WHERE state = 'due'");
    sent_by_three();
    answered(order, TREASURY_REJECTED, 0, "R1", "AC01", "TAKEN");
    place_do("UPDATE due_line SET state = 'due'");
    sent_by_three();
    answered(order, TREASURY_REJECTED, 0, "R2", "AC01", "TAKEN");
    award_of(1, 3, 70000, TREASURY_MONTH_OF(2020, 12));
    sent_by_three();
    number_is(3, "SELECT attempt FROM due_line WHERE state = 'sent'");
    number_is(3, "SELECT count(DISTINCT order_id) FROM batch_line");
}

/* What was granted until the new one begins is paid, whether its lines were
 * made or not; of one that waits for people nothing is. */
static void what_was_granted_until_then_is_paid(void **state)
{
    (void)state;
    county("until", 10 * FEN);
    award_of(1, 2, 70000, TREASURY_MONTH_OF(2021, 2));
    (void)due_by(day_of(2021, 2, 28));
    number_is(2 * FEN + 70000, "SELECT sum(amount_fen) FROM due_line");
    struct treasury_prepare p = {"nongshang", "CG", day_of(2021, 2, 28)};
    const char *made = NULL;
    as("op-zhao");
    came(treasury_batch_prepare(&books, &p, &made, &err), BUS_OK, NULL);
    number_is(3, "SELECT lines FROM batch");
    county("waits", 10 * FEN);
    (void)due_by(day_of(2020, 12, 31));
    stopped("waiting", true, day_of(2020, 12, 8));
    (void)due_by(day_of(2021, 1, 31)); /* made while it waits */
    award_of(1, 2, 70000, TREASURY_MONTH_OF(2021, 2));
    (void)due_by(day_of(2021, 2, 28));
    as("op-zhao");
    came(treasury_batch_prepare(&books, &p, &made, &err), BUS_OK, NULL);
    number_is(70000, "SELECT total_fen FROM batch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_one_award),
        cmocka_unit_test(three_people_and_money),
        cmocka_unit_test(a_batch_that_was_changed_stays),
        cmocka_unit_test(answers_in_any_order),
        cmocka_unit_test(what_differs_stops_the_fund),
        cmocka_unit_test(a_death_around_the_approval),
        cmocka_unit_test(a_period_of_one_that_waits),
        cmocka_unit_test(a_dead_payee_waits),
        cmocka_unit_test(a_quarter_takes_no_month),
        cmocka_unit_test(a_year_is_its_days),
        cmocka_unit_test(what_was_stopped_is_decided_anew),
        cmocka_unit_test(what_was_granted_until_then_is_paid),
    };
    return cmocka_run_group_tests(tests, books_setup, books_teardown);
}
