/* What ends, stops or changes an award acts on the lines that no order has left
 * for. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/award_find.h"
#include "consumers/treasury/sql/award_forget.h"
#include "consumers/treasury/sql/award_lines_fit.h"
#include "consumers/treasury/sql/award_state.h"
#include "consumers/treasury/sql/award_until.h"
#include "consumers/treasury/sql/line_find.h"
#include "consumers/treasury/sql/lines_overpaid.h"
#include "consumers/treasury/sql/lines_resume.h"
#include "consumers/treasury/sql/lines_stop.h"
#include "consumers/treasury/sql/lines_to_stop.h"

/* --- stops --- */

static int award_overpaid(struct treasury_books *b,
                          const struct treasury_stop *stop,
                          const char *day,
                          struct bus_err *err)
{
    BUS_CHECK(day != NULL && stop->reason != NULL);
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_lines_overpaid,
                               TREASURY_PARAMS(stop->award, day, stop->reason),
                               &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = treasury_books_act(
            b,
            &(struct treasury_act){.act = "claim_back",
                                   .award = stop->award,
                                   .line = bus_pg_value(r, i, 0),
                                   .amount_fen = bus_pg_i64(r, i, 1),
                                   .note = stop->reason},
            err);
    }
    bus_pg_rows_free(r);
    return rc;
}

int treasury_award_lines_stop(struct treasury_books *b,
                              const struct treasury_stop *stop,
                              struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(stop->award != NULL && stop->reason != NULL);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_lines_to_stop,
        TREASURY_PARAMS(stop->award, stop->all ? "true" : "false",
                        treasury_books_day(b, stop->last_day)),
        &r, err));
    const char *lines = treasury_books_ids(b, r);
    size_t n = bus_pg_count(r);
    bus_pg_rows_free(r);
    if (n == 0) {
        return BUS_OK;
    }
    BUS_TRY(treasury_batches_leave(b, lines, err));
    return treasury_books_ask(b, consumers_treasury_sql_lines_stop,
                              TREASURY_PARAMS(lines, stop->reason), NULL, err);
}

int treasury_award_stop(struct treasury_books *b,
                        const struct treasury_stop *stop,
                        struct bus_err *err)
{
    const char *day = treasury_books_day(b, stop->last_day);
    BUS_CHECK(stop->award != NULL && stop->reason != NULL);
    bool ends = strcmp(stop->state, "ended") == 0;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_state,
                               TREASURY_PARAMS(stop->award, stop->state,
                                               stop->reason, ends ? day : NULL),
                               NULL, err));
    BUS_TRY(treasury_award_lines_stop(b, stop, err));
    BUS_TRY(award_overpaid(b, stop, day, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "stop",
                               .award = stop->award,
                               .note = stop->why != NULL ? stop->why
                                                         : stop->reason},
        err);
}

int treasury_award_until(struct treasury_books *b,
                         const char *award,
                         int32_t last_day,
                         struct bus_err *err)
{
    const struct treasury_stop stop = {
        .award = award, .reason = "AWARD_STOPPED", .last_day = last_day};
    const char *day = treasury_books_day(b, last_day);
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(award != NULL && last_day > 0);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_until,
                               TREASURY_PARAMS(award, day, stop.reason), &r,
                               err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    if (!there) {
        return BUS_OK;
    }
    BUS_TRY(treasury_award_lines_stop(b, &stop, err));
    BUS_TRY(award_overpaid(b, &stop, day, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "stop",
                                                     .award = award,
                                                     .note = stop.reason},
                              err);
}

/* BUS_EUNKNOWN: no such award; BUS_ESTATE, with these words: in another state.
 */
static int award_is(struct treasury_books *b,
                    const char *award,
                    const char *state,
                    const char *otherwise,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_find,
                               TREASURY_PARAMS(award), &r, err));
    bool there = bus_pg_count(r) > 0;
    bool is = there && strcmp(bus_pg_value(r, 0, 0), state) == 0;
    bus_pg_rows_free(r);
    if (!there) {
        return bus_fail(err, BUS_EUNKNOWN, "no such award / 没有此项救助");
    }
    return is ? BUS_OK : bus_fail(err, BUS_ESTATE, "%s", otherwise);
}

int treasury_award_suspend(struct treasury_books *b,
                           const char *award,
                           const char *why,
                           struct bus_err *err)
{
    BUS_CHECK(award != NULL && why != NULL);
    BUS_TRY(award_is(b, award, "live",
                     "it does not stand: it waits or has ended / "
                     "该救助已暂停或已终止",
                     err));
    return treasury_award_stop(b,
                               &(struct treasury_stop){.award = award,
                                                       .state = "waiting",
                                                       .reason = "OFFICER",
                                                       .why = why,
                                                       .last_day = b->day,
                                                       .all = true},
                               err);
}

int treasury_award_resume(struct treasury_books *b,
                          const char *award,
                          const char *why,
                          struct bus_err *err)
{
    BUS_CHECK(award != NULL && why != NULL);
    BUS_TRY(award_is(b, award, "waiting",
                     "only an award that waits is resumed; one that has "
                     "ended needs a new decision / "
                     "只能恢复暂停的救助; 已终止的须重新决定",
                     err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_state,
                               TREASURY_PARAMS(award, "live", "RESUMED", NULL),
                               NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_lines_resume,
                               TREASURY_PARAMS(award), NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_fit,
                               TREASURY_PARAMS(award), NULL, err));
    return treasury_books_act(
        b, &(struct treasury_act){.act = "resume", .award = award, .note = why},
        err);
}

int treasury_award_forget(struct treasury_books *b,
                          const struct bus_id *household,
                          struct bus_err *err)
{
    BUS_CHECK(!bus_id_is_nil(household));
    return treasury_books_ask(b, consumers_treasury_sql_award_forget,
                              TREASURY_PARAMS(treasury_books_id(b, household)),
                              NULL, err);
}
