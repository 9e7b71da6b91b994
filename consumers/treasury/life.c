#include "consumers/treasury/life.h"

#include <string.h>

#include "bus/base/check.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/sql/award_find.h"
#include "consumers/treasury/sql/awards_of_household.h"
#include "consumers/treasury/sql/life_accepted.h"
#include "consumers/treasury/sql/life_done.h"
#include "consumers/treasury/sql/life_ready.h"
#include "consumers/treasury/sql/life_said.h"

struct life_known
{
    const char *household, *kind, *ended; /* ids with a space between */
    int32_t from_day;
    bool of_head;
};

static int life_stop(struct treasury_books *b,
                     const struct life_known *life,
                     const char *award,
                     const char *state,
                     struct bus_err *err)
{
    BUS_CHECK(strlen(award) == BUS_ID_TEXT);
    return treasury_award_stop(
        b,
        &(struct treasury_stop){.award = award,
                                .state = state,
                                .reason = life->kind,
                                .last_day = life->from_day,
                                .all = true},
        err);
}

static int life_of_head(struct treasury_books *b,
                        const struct life_known *life,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(life->of_head);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_awards_of_household,
                               TREASURY_PARAMS(life->household), &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = life_stop(b, life, bus_pg_value(r, i, 0), "waiting", err);
    }
    bus_pg_rows_free(r);
    return rc;
}

static int life_of_awards(struct treasury_books *b,
                          const struct life_known *life,
                          struct bus_err *err)
{
    BUS_CHECK(life->ended != NULL);
    for (const char *at = life->ended; strlen(at) >= BUS_ID_TEXT;) {
        struct bus_pg_rows *r = NULL;
        const char *award =
            treasury_books_text(b, (struct bus_strv){at, BUS_ID_TEXT});
        BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_find,
                                   TREASURY_PARAMS(award), &r, err));
        bool there = bus_pg_count(r) > 0;
        bus_pg_rows_free(r);
        BUS_TRY(there ? life_stop(b, life, award, "ended", err) : BUS_OK);
        at += BUS_ID_TEXT;
        at += *at == ' ';
    }
    return BUS_OK;
}

/* Both are known: it counts. */
static int
life_act(struct treasury_books *b, const char *change, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_life_ready,
                               TREASURY_PARAMS(change), &r, err));
    bool ready = bus_pg_count(r) > 0;
    struct life_known life = {0};
    if (ready) {
        life = (struct life_known){
            .household =
                treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 0))),
            .kind = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 1))),
            .from_day = (int32_t)bus_pg_i64(r, 0, 2),
            .of_head = strcmp(bus_pg_value(r, 0, 3), "t") == 0,
            .ended = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 4)))};
    }
    bus_pg_rows_free(r);
    if (!ready) {
        return BUS_OK;
    }
    BUS_TRY(life.of_head ? life_of_head(b, &life, err) : BUS_OK);
    BUS_TRY(life_of_awards(b, &life, err));
    return treasury_books_ask(b, consumers_treasury_sql_life_done,
                              TREASURY_PARAMS(change), NULL, err);
}

int treasury_life_said(struct treasury_books *b,
                       const struct bus_id *change,
                       const struct bus_id *household,
                       const char *kind,
                       int32_t from_day,
                       struct bus_err *err)
{
    const char *id = treasury_books_id(b, change);
    BUS_CHECK(kind != NULL);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_life_said,
        TREASURY_PARAMS(id, treasury_books_id(b, household), kind,
                        treasury_books_day(b, from_day)),
        NULL, err));
    return life_act(b, id, err);
}

int treasury_life_accepted(struct treasury_books *b,
                           const struct treasury_life *life,
                           struct bus_err *err)
{
    const char *id = treasury_books_id(b, &life->change);
    const char *ended = "{}";
    if (life->ended != NULL) {
        ended =
            bus_arena_printf(b->mem, "{%s}", treasury_books_id(b, life->ended));
        b->no_memory |= ended == NULL;
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_life_accepted,
        TREASURY_PARAMS(id, treasury_books_id(b, &life->household),
                        life->of_head ? "true" : "false", ended),
        NULL, err));
    return life_act(b, id, err);
}
