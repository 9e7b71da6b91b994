/* What an award pays, line by line, on the working days of 2026: New Year to 3
 * January, Spring Festival 15 to 23 February (14 and 28 worked), 1 to 7 October
 * (20 September and 10
 * October worked). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/conf/bus_config.h"
#include "consumers/treasury/schedule.h"
#include "tests/lib/check.h"

static struct bus_config config;
static struct bus_policy_calendar *calendar;

static int32_t day_of(const char *text)
{
    int y = 0, m = 0, d = 0;
    assert_int_equal(sscanf(text, "%d-%d-%d", &y, &m, &d), 3);
    return (int32_t)bus_days_from_civil(y, (unsigned)m, (unsigned)d);
}

static int calendar_setup(void **state)
{
    struct bus_err err;
    char folder[512];
    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (bus_conf_open(&config, folder, NULL, &err) != BUS_OK) {
        return 1;
    }
    return bus_policy_calendar_new(config.calendars, config.calendars_count,
                                   &calendar, &err);
}

static int calendar_teardown(void **state)
{
    (void)state;
    bus_policy_calendar_free(calendar);
    bus_conf_close(&config);
    return 0;
}

struct line
{
    const char *period, *pay;
    bool back;
};
struct award
{
    const char *name;
    enum treasury_period period;
    enum treasury_day_off day_off;
    int32_t pay_day;
    const char *from, *decided, *until;
    struct line lines[15]; /* period NULL: there is no more */
    bool ends;             /* after the lines */
};

static const struct award awards[] = {
    {"dibao of the source: decided on 19 November 2020 from December on",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     10,
     "2020-12",
     "2020-11-19",
     NULL,
     {{"2020-12", "2020-12-10", false},
      {"2021-01", "2021-01-11", false}, /* the 10th was a Sunday */
      {"2021-02", "2021-02-10", false}},
     false},
    {"a day off moves on, over a festival",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     15,
     "2026-01",
     "2026-01-05",
     "2026-03-31",
     {{"2026-01", "2026-01-15", false},
      {"2026-02", "2026-02-24", false},
      {"2026-03", "2026-03-16", false}},
     true},
    {"or back, before it",
     TREASURY_MONTH,
     TREASURY_DAY_BEFORE,
     15,
     "2026-02",
     "2026-01-05",
     "2026-03-31",
     {{"2026-02", "2026-02-14", false}, /* a Saturday that is worked */
      {"2026-03", "2026-03-13", false}},
     true},
    {"October's pay day is a worked Saturday",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     10,
     "2026-10",
     "2026-09-01",
     "2026-10-31",
     {{"2026-10", "2026-10-10", false}},
     true},
    {"the 31st of short months",
     TREASURY_MONTH,
     TREASURY_DAY_BEFORE,
     31,
     "2026-03",
     "2026-03-01",
     "2026-06-30",
     {{"2026-03", "2026-03-31", false},
      {"2026-04", "2026-04-30", false},
      {"2026-05", "2026-05-29", false},
      {"2026-06", "2026-06-30", false}},
     true},
    {"back pay: decided in July from April on",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     10,
     "2026-04",
     "2026-07-13",
     NULL,
     {{"2026-04", "2026-08-10", true},
      {"2026-05", "2026-08-10", true},
      {"2026-06", "2026-08-10", true},
      {"2026-07", "2026-08-10", true},
      {"2026-08", "2026-08-10", false},
      {"2026-09", "2026-09-10", false}},
     false},
    {"back pay, decided before that month's pay day",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     10,
     "2026-06",
     "2026-07-10",
     NULL,
     {{"2026-06", "2026-07-10", true}, {"2026-07", "2026-07-10", false}},
     false},
    {"the pay day before a festival lies in the month before",
     TREASURY_MONTH,
     TREASURY_DAY_BEFORE,
     1,
     "2026-10",
     "2026-09-30",
     "2026-11-30",
     {{"2026-10", "2026-09-30", false}, {"2026-11", "2026-10-30", false}},
     true},
    {"a quarter is three months from the first one on",
     TREASURY_QUARTER,
     TREASURY_DAY_AFTER,
     20,
     "2026-05",
     "2026-04-16",
     "2027-01-31",
     {{"2026Q2", "2026-05-20", false},
      {"2026Q3", "2026-08-20", false},
      {"2026Q4", "2026-11-20", false}},
     true},
    {"a year likewise: twelve months are one payment",
     TREASURY_YEAR,
     TREASURY_DAY_AFTER,
     15,
     "2026-11",
     "2026-11-02",
     "2027-11-01",
     {{"2026", "2026-11-16", false}, {"2027", "2027-11-15", false}},
     true},
    {"a term that has begun is paid at once",
     TREASURY_TERM,
     TREASURY_DAY_AFTER,
     0,
     "2026-09",
     "2026-09-16",
     "2027-01-31",
     {{"2026A", "2026-09-22", false}},
     true},
    {"January is of the term that began in August",
     TREASURY_TERM,
     TREASURY_DAY_AFTER,
     0,
     "2026-01",
     "2026-01-05",
     "2026-07-31",
     {{"2025A", "2026-01-12", false}, {"2026S", "2026-02-06", false}},
     true},
    {"once",
     TREASURY_ONCE,
     TREASURY_DAY_AFTER,
     0,
     "2026-09",
     "2026-09-24",
     "2026-09-24", /* 25 to 27 September are days off */
     {{"once", "2026-10-09", false}},
     true},
    {"an award that ends within a month pays it",
     TREASURY_MONTH,
     TREASURY_DAY_AFTER,
     10,
     "2026-07",
     "2026-07-01",
     "2026-08-03",
     {{"2026-07", "2026-07-10", false}, {"2026-08", "2026-08-10", false}},
     true},
};

static struct treasury_schedule schedule_of(const struct award *a)
{
    struct treasury_schedule s = {.period = a->period,
                                  .day_off = a->day_off,
                                  .pay_day = a->pay_day,
                                  .decided = day_of(a->decided)};
    assert_true(treasury_month_parse(bus_strv(a->from), &s.from_month));
    s.until = a->until != NULL ? day_of(a->until) : 0;
    return s;
}

static void lines_are_as_the_schedule_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(awards) / sizeof(awards[0]); i++) {
        const struct award *a = &awards[i];
        struct treasury_schedule s = schedule_of(a);
        struct treasury_due due;
        struct bus_err err;
        if (treasury_schedule_check(&s, &err) != BUS_OK) {
            fail_msg("%s: %s", a->name, err.msg);
        }
        int32_t n = 0;
        for (; a->lines[n].period != NULL; n++) {
            const struct line *want = &a->lines[n];
            assert_true(treasury_schedule_line(&s, calendar, n, &due));
            if (strcmp(due.period, want->period) != 0 ||
                due.pay != day_of(want->pay) || due.back != want->back) {
                fail_msg("%s: line %d is %s, %+d days of %s, back %d", a->name,
                         n, due.period, due.pay - day_of(want->pay), want->pay,
                         due.back);
            }
        }
        if (treasury_schedule_line(&s, calendar, n, &due) == a->ends) {
            fail_msg("%s: line %d: %s", a->name, n, due.period);
        }
    }
}

/* Fifty years of a monthly award: each month once, in order, never paid before
 * it is decided, and never on a day off. */
static void no_period_is_left_out_or_doubled(void **state)
{
    (void)state;
    struct treasury_schedule s = schedule_of(&awards[0]);
    struct treasury_due due, before = {.last = 0};
    for (int32_t n = 0; n < 600; n++) {
        assert_true(treasury_schedule_line(&s, calendar, n, &due));
        assert_true(n == 0 || due.first == before.last + 1);
        assert_true(n == 0 || strcmp(before.period, due.period) < 0);
        assert_true(due.pay >= s.decided && due.pay >= before.pay);
        assert_true(bus_policy_is_workday(calendar, due.pay));
        before = due;
    }
}

static void a_period_is_known_by_its_days(void **state)
{
    static const struct
    {
        const char *first, *last;
        bool has;
    } rows[] = {{"2026-09-01", "2026-11-30", true},
                {"2026-12-01", "2027-02-28", true},
                {"2026-09-01", "2026-09-30", false}, /* a month of it */
                {"2026-10-01", "2026-12-31", false}, /* another quarter */
                {"2026-06-01", "2026-08-31", false}, /* before it */
                {"2027-06-01", "2027-08-31", false} /* after its end */};
    const struct treasury_schedule s = {.period = TREASURY_QUARTER,
                                        .pay_day = 10,
                                        .from_month =
                                            TREASURY_MONTH_OF(2026, 9),
                                        .decided = day_of("2026-08-20"),
                                        .until = day_of("2027-05-31")};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(treasury_schedule_has(&s, day_of(rows[i].first),
                                               day_of(rows[i].last)),
                         rows[i].has);
    }
}

static void what_cannot_be_paid_is_said(void **state)
{
    (void)state;
    static const struct
    {
        const char *from, *until;
        int32_t pay_day;
        const char *why; /* NULL: well */
    } rows[] = {
        {"2023-07", NULL, 10, NULL}, /* 36 months back */
        {"2023-06", NULL, 10, "start month 2023-06"},
        {"2027-07", NULL, 10, NULL},
        {"2027-08", NULL, 10, "start month 2027-08"},
        {"2026-07", "2026-06-30", 10, "ends before"},
        {"2026-07", "2026-07-01", 10, NULL},
        {"2026-07", NULL, 32, "pay day 32"},
        {"2026-07", NULL, -1, "pay day -1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct treasury_schedule s = {.period = TREASURY_MONTH,
                                      .pay_day = rows[i].pay_day,
                                      .decided = day_of("2026-07-01")};
        struct bus_err err = {0};
        assert_true(
            treasury_month_parse(bus_strv(rows[i].from), &s.from_month));
        s.until = rows[i].until != NULL ? day_of(rows[i].until) : 0;
        int rc = treasury_schedule_check(&s, &err);
        assert_int_equal(rc, rows[i].why == NULL ? BUS_OK : BUS_ERANGE);
        assert_true(rows[i].why == NULL ||
                    strstr(err.msg, rows[i].why) != NULL);
    }
}

static void a_month_is_written_one_way(void **state)
{
    static const char *const wrong[] = {"",        "2026",    "2026-13",
                                        "2026-00", "2026-7",  "2026/07",
                                        "0000-07", "202a-07", "2026-07-01"};
    int32_t month = 0;
    (void)state;
    assert_true(treasury_month_parse(BUS_STRV("2026-07"), &month));
    assert_int_equal(month, TREASURY_MONTH_OF(2026, 7));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(treasury_month_parse(bus_strv(wrong[i]), &month));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_as_the_schedule_says),
        cmocka_unit_test(no_period_is_left_out_or_doubled),
        cmocka_unit_test(a_period_is_known_by_its_days),
        cmocka_unit_test(what_cannot_be_paid_is_said),
        cmocka_unit_test(a_month_is_written_one_way),
    };
    return cmocka_run_group_tests(tests, calendar_setup, calendar_teardown);
}
