#include "consumers/clock/tick.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/ledger/sql/outbox_put_many.h"
#include "bus/wire/framing.h"
#include "bus/wire/ids.h"
#include "consumers/clock/rules/cases.h"
#include "consumers/clock/rules/claims.h"
#include "consumers/clock/rules/decisions.h"
#include "consumers/clock/rules/deliveries.h"
#include "consumers/clock/rules/grant_ends.h"
#include "consumers/clock/rules/notices.h"
#include "consumers/clock/rules/pay_days.h"
#include "consumers/clock/rules/payments.h"
#include "consumers/clock/rules/requests.h"
#include "consumers/clock/rules/reviews.h"
#include "consumers/clock/sql/day_ask.h"
#include "consumers/clock/sql/day_put.h"
#include "consumers/clock/sql/lock.h"
#include "consumers/clock/sql/reading_next.h"
#include "consumers/clock/sql/reading_put.h"
#include "consumers/clock/sql/stage_put.h"
#include "consumers/clock/sql/stages_next.h"
#include "schemas/due.h"

#define DAY_MS         INT64_C(86400000)
#define CHINA_MS       INT64_C(28800000) /* ahead of UTC */
#define OUTBOX_COLUMNS 10                /* of outbox_put_many.sql */
#define STAGE_COLUMNS  4                 /* of stage_put.sql */

/* Deadlines, opened and closed by events; and what is so on a day. */
static const struct
{
    const char *sql;
    size_t params; /* topic, partition, from, to; the lead department */
} limit_rules[] = {
    {consumers_clock_rules_decisions, 4},  {consumers_clock_rules_requests, 4},
    {consumers_clock_rules_payments, 4},   {consumers_clock_rules_claims, 4},
    {consumers_clock_rules_deliveries, 4}, {consumers_clock_rules_notices, 4},
    {consumers_clock_rules_cases, 5},
};
static const struct
{
    const char *rule, *sql;
} day_rules[] = {
    {"pay_days", consumers_clock_rules_pay_days},
    {"grant_ends", consumers_clock_rules_grant_ends},
    {"reviews", consumers_clock_rules_reviews},
};
#define LIMIT_RULES (sizeof(limit_rules) / sizeof(limit_rules[0]))
#define DAY_RULES   (sizeof(day_rules) / sizeof(day_rules[0]))

static int clock_ask(struct clock *c,
                     const char *sql,
                     const char *const *params,
                     size_t n,
                     struct bus_pg_rows **ret,
                     struct bus_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (params[i] == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a transaction of the clock");
        }
    }
    BUS_CHECK(sql != NULL);
    return bus_pg_query(c->pg, sql, params, n, ret, err);
}

static const char *clock_text(struct clock *c, int64_t n)
{
    return bus_arena_printf(&c->mem, "%" PRId64, n);
}

static const char *clock_date(struct clock *c, int32_t day)
{
    char text[BUS_DATE_TEXT + 1];
    BUS_CHECK(day > 0);
    return bus_arena_strdup(&c->mem, bus_date_text(day, text));
}

/* --- telling --- */

/* A row of stages_next.sql, or of a rule of days. */
struct told
{
    const char *rule, *about, *household, *case_id, *item, *whose;
    enum sa_due_stage stage;
    int32_t due, day; /* its day; that on which it is told */
};

static int told_put(struct clock *c,
                    const struct told *t,
                    const struct sa_due *d,
                    struct bus_err *err)
{
    static const char none[] = "00000000-0000-0000-0000-000000000000";
    struct bus_strv framed;
    char id[BUS_PG_TEXT_BYTES], at[BUS_PG_TEXT_BYTES];
    BUS_TRY(bus_wire_encode_framed(&sa_due_type, d, &c->mem, &framed, err));
    const char *topic = bus_conf_topic(c->config, &c->mem, "dues", NULL);
    const char *value = bus_pg_bytea(&c->mem, framed);
    if (topic == NULL || value == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a transaction of the clock");
    }
    BUS_CHECK(d->occurred_at % DAY_MS == DAY_MS - CHINA_MS);
    bus_pg_columns_add(
        &c->told,
        BUS_PG_ROW(bus_strv(topic), bus_strv(t->household), bus_strv(value),
                   bus_pg_text_id(&d->event_id, id), BUS_STRV("sa.due.v1"),
                   bus_strv(t->household),
                   bus_strv(t->case_id[0] != '\0' ? t->case_id : none),
                   bus_strv(none), BUS_STRV(CLOCK_OWNER),
                   bus_pg_text_number(d->occurred_at, at)));
    return BUS_OK;
}

static int
clock_tell(struct clock *c, const struct told *t, struct bus_err *err)
{
    bool escalated = t->stage == SA_DUE_STAGE_ESCALATED;
    struct sa_due d = {.occurred_at = t->day * DAY_MS - CHINA_MS,
                       .rule = bus_strv(t->rule),
                       .stage = t->stage,
                       .item = bus_strv(t->item),
                       .whose = bus_strv(escalated && c->config->county.lead
                                             ? c->config->county.lead
                                             : t->whose),
                       .due = t->due};
    bool well = bus_id_parse(bus_strv(t->about), &d.about);
    well &= bus_id_parse(bus_strv(t->household), &d.household_id);
    BUS_CHECK(well); /* the tables hold it */
    d.has_case_id = bus_id_parse(bus_strv(t->case_id), &d.case_id);
    const char *record = bus_arena_printf(&c->mem, "due %s", t->rule);
    if (record == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a transaction of the clock");
    }
    d.event_id = bus_wire_event_id(
        record, &d.about, t->due * 8 + (int32_t)t->stage, &d.household_id);
    return told_put(c, t, &d, err);
}

/* Rows of a transaction into their table, none is none. */
static int clock_put(struct clock *c,
                     const char *sql,
                     struct bus_pg_columns *rows,
                     size_t n,
                     struct bus_err *err)
{
    const char *params[BUS_PG_COLUMNS_MAX];
    if (rows->rows == 0) {
        return BUS_OK;
    }
    BUS_CHECK(n <= BUS_PG_COLUMNS_MAX);
    BUS_TRY(bus_pg_columns_end(rows, n, params, err));
    return bus_pg_query(c->pg, sql, params, n, NULL, err);
}

static int told_leave(struct clock *c, struct bus_err *err)
{
    BUS_CHECK(c->stages.rows <= c->told.rows);
    BUS_TRY(clock_put(c, bus_ledger_sql_outbox_put_many, &c->told,
                      OUTBOX_COLUMNS, err));
    return clock_put(c, consumers_clock_sql_stage_put, &c->stages,
                     STAGE_COLUMNS, err);
}

/* --- stages --- */

static enum sa_due_stage
stage_on(const struct clock *c, int32_t due, int32_t day, int32_t *ret_next)
{
    int32_t last =
        bus_policy_deadline(c->calendar, due, CLOCK_ESCALATE_DAYS, true);
    BUS_CHECK(last > due);
    *ret_next = day <= due ? due + 1 : day <= last ? last + 1 : 0;
    return day <= due    ? SA_DUE_STAGE_SOON
           : day <= last ? SA_DUE_STAGE_OVERDUE
                         : SA_DUE_STAGE_ESCALATED;
}

static int stage_tell(struct clock *c,
                      const struct bus_pg_rows *r,
                      size_t i,
                      int32_t day,
                      struct bus_err *err)
{
    static const char *const words[] = {[SA_DUE_STAGE_SOON] = "soon",
                                        [SA_DUE_STAGE_OVERDUE] = "overdue",
                                        [SA_DUE_STAGE_ESCALATED] = "escalated"};
    char text[BUS_PG_TEXT_BYTES];
    int32_t next = 0;
    struct told t = {.about = bus_pg_value(r, i, 0),
                     .household = bus_pg_value(r, i, 1),
                     .case_id = bus_pg_value(r, i, 2),
                     .item = bus_pg_value(r, i, 3),
                     .whose = bus_pg_value(r, i, 4),
                     .due = (int32_t)bus_pg_i64(r, i, 6),
                     .rule = bus_pg_value(r, i, 7),
                     .day = day};
    t.stage = stage_on(c, t.due, day, &next);
    BUS_TRY(clock_tell(c, &t, err));
    bus_pg_columns_add(&c->stages,
                       BUS_PG_ROW(bus_strv(t.rule), bus_strv(t.about),
                                  bus_strv(words[t.stage]),
                                  next != 0 ? bus_pg_text_day(next, text)
                                            : (struct bus_strv){0}));
    return BUS_OK;
}

static int
stages_tell(struct clock *c, int32_t day, int64_t *told, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *params[] = {clock_date(c, day), clock_text(c, CLOCK_TELLS)};
    BUS_CHECK(told != NULL);
    BUS_TRY(clock_ask(c, consumers_clock_sql_stages_next, params, 2, &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = stage_tell(c, r, i, day, err);
    }
    *told += (int64_t)bus_pg_count(r);
    bus_pg_rows_free(r);
    return rc;
}

/* --- days --- */

static int day_rule_tell(struct clock *c,
                         size_t rule,
                         int32_t day,
                         int64_t *told,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *params[] = {clock_date(c, day)};
    BUS_TRY(clock_ask(c, day_rules[rule].sql, params, 1, &r, err));
    int rc = BUS_OK;
    BUS_CHECK(rule < DAY_RULES);
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        struct told t = {.rule = day_rules[rule].rule,
                         .about = bus_pg_value(r, i, 0),
                         .household = bus_pg_value(r, i, 1),
                         .case_id = bus_pg_value(r, i, 2),
                         .item = bus_pg_value(r, i, 3),
                         .whose = bus_pg_value(r, i, 4),
                         .stage = SA_DUE_STAGE_DUE,
                         .day = day};
        rc = bus_date_parse(bus_strv(bus_pg_value(r, i, 5)), &t.due)
                 ? clock_tell(c, &t, err)
                 : bus_fail(err, BUS_EBUG, "a day of rule %s", t.rule);
    }
    *told += (int64_t)bus_pg_count(r);
    bus_pg_rows_free(r);
    return rc;
}

/* The day after the last one that was told, if it has come: a page of its
 * stages; behind the last page what its rules find, and it is told. */
static int day_tell(struct clock *c,
                    int32_t today,
                    struct clock_ticked *ret,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *params[] = {clock_date(c, today)};
    BUS_TRY(clock_ask(c, consumers_clock_sql_day_ask, params, 1, &r, err));
    int32_t day = (int32_t)bus_pg_i64(r, 0, 0) + 1;
    bus_pg_rows_free(r);
    if (day > today) { /* of today: what was opened since */
        BUS_TRY(stages_tell(c, day - 1, &ret->told, err));
        ret->more = ret->told == CLOCK_TELLS;
        return BUS_OK;
    }
    ret->more = true;
    BUS_TRY(stages_tell(c, day, &ret->told, err));
    if (ret->told == CLOCK_TELLS) {
        return BUS_OK;
    }
    for (size_t i = 0; i < DAY_RULES; i++) {
        BUS_TRY(day_rule_tell(c, i, day, &ret->told, err));
    }
    params[0] = clock_date(c, day);
    return clock_ask(c, consumers_clock_sql_day_put, params, 1, NULL, err);
}

/* --- the ledger --- */

static int clock_read(struct clock *c,
                      const struct bus_pg_rows *r,
                      struct clock_ticked *ret,
                      struct bus_err *err)
{
    const char *params[] = {bus_pg_value(r, 0, 0), bus_pg_value(r, 0, 1),
                            bus_pg_value(r, 0, 2), bus_pg_value(r, 0, 3),
                            c->config->county.lead ? c->config->county.lead
                                                   : ""};
    const char *put[] = {params[0], params[1], params[3]};
    BUS_CHECK(bus_pg_i64(r, 0, 3) > bus_pg_i64(r, 0, 2));
    for (size_t i = 0; i < LIMIT_RULES; i++) {
        BUS_TRY(clock_ask(c, limit_rules[i].sql, params, limit_rules[i].params,
                          NULL, err));
    }
    ret->read = bus_pg_i64(r, 0, 3) - bus_pg_i64(r, 0, 2);
    ret->more = true;
    return clock_ask(c, consumers_clock_sql_reading_put, put, 3, NULL, err);
}

static int clock_work(struct clock *c,
                      int64_t now_ms,
                      struct clock_ticked *ret,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(clock_ask(c, consumers_clock_sql_lock, NULL, 0, &r, err));
    int64_t apart = bus_pg_i64(r, 0, 1) - now_ms;
    bus_pg_rows_free(r);
    if (apart > CLOCK_APART_MAX_MS || apart < -CLOCK_APART_MAX_MS) {
        return bus_fail(err, BUS_EAGAIN,
                        "this machine's clock and the database's are %" PRId64
                        " s apart: nothing is told until they agree / "
                        "本机与数据库时钟相差过大, 暂不提醒",
                        apart / 1000);
    }
    const char *rows[] = {clock_text(c, CLOCK_READING_ROWS)};
    BUS_TRY(clock_ask(c, consumers_clock_sql_reading_next, rows, 1, &r, err));
    if (bus_pg_count(r) == 0) {
        bus_pg_rows_free(r);
        return day_tell(c, bus_china_day(now_ms), ret, err);
    }
    int rc = clock_read(c, r, ret, err);
    bus_pg_rows_free(r);
    return rc;
}

int clock_tick(struct clock *c,
               int64_t now_ms,
               struct clock_ticked *ret,
               struct bus_err *err)
{
    struct bus_err ignored; /* a broken connection ends it as well */
    *ret = (struct clock_ticked){0};
    BUS_CHECK(c->pg != NULL && c->calendar != NULL);
    bus_arena_reset(&c->mem);
    bus_pg_columns_clear(&c->told);
    bus_pg_columns_clear(&c->stages);
    BUS_TRY(bus_pg_exec(c->pg, "BEGIN", err));
    int rc;
    BUS_TRY_GOTO(rc, clock_work(c, now_ms, ret, err), undo);
    BUS_TRY_GOTO(rc, told_leave(c, err), undo);
    return bus_pg_exec(c->pg, "COMMIT", err);
undo:;
    int back = bus_pg_exec(c->pg, "ROLLBACK", &ignored);
    (void)back;
    return rc;
}

void clock_fini(struct clock *c)
{
    bus_pg_columns_fini(&c->told);
    bus_pg_columns_fini(&c->stages);
    bus_arena_fini(&c->mem);
}
