/* The inbox is answered in the outbox, a task a transaction. */
#include <stdio.h>

#include "bus/base/heap.h"
#include "bus/pg/pg.h"
#include "ops/cli/county/simulate_parts.h"

#define STATEMENT_MS 5000
#define WAITS                                                  \
    "SELECT event_id::text, document::text FROM lianou.inbox " \
    "WHERE taken_at IS NULL ORDER BY number LIMIT 64"
#define SAYS                                                     \
    "INSERT INTO lianou.outbox (key, document) VALUES ($1, $2) " \
    "ON CONFLICT (key) DO NOTHING"
#define TAKEN \
    "UPDATE lianou.inbox SET taken_at = now() WHERE event_id = $1::uuid"

struct simulate_database
{
    struct bus_pg *pg; /* NULL: not connected */
};

static int
base_say(struct bus_pg *pg, const struct simulate_said *a, struct bus_err *err)
{
    char again[BUS_ID_TEXT + 8];
    const char *params[] = {a->id, a->text.p};
    BUS_TRY(bus_pg_query(pg, SAYS, params, 2, NULL, err));
    if (!a->twice) {
        return BUS_OK;
    }
    (void)snprintf(again, sizeof(again), "%s-again", a->id);
    params[0] = again;
    return bus_pg_query(pg, SAYS, params, 2, NULL, err);
}

static int base_answer(struct simulate_side *s,
                       struct bus_pg *pg,
                       const char *event,
                       const char *document,
                       struct bus_err *err)
{
    struct simulate_said said[SIMULATE_ANSWERS_MAX];
    size_t n = 0;
    BUS_TRY(cli_simulate_desk_ask(&s->desk, bus_strv(document), said, &n, err));
    BUS_TRY(bus_pg_exec(pg, "BEGIN", err));
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(base_say(pg, &said[i], err));
    }
    BUS_TRY(bus_pg_query(pg, TAKEN, &event, 1, NULL, err));
    return bus_pg_exec(pg, "COMMIT", err);
}

static int
base_round(struct simulate_side *s, struct bus_pg *pg, struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_TRY(bus_pg_query(pg, WAITS, NULL, 0, &rows, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(rows); i++) {
        rc = base_answer(s, pg, bus_pg_value(rows, i, 0),
                         bus_pg_value(rows, i, 1), err);
    }
    bus_pg_rows_free(rows);
    return rc;
}

/* What has failed leaves no transaction behind: the next look connects anew. */
static int simulate_database_look(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_database *own = s->own;
    char conninfo[600];
    if (own->pg == NULL) {
        BUS_TRY(cli_simulate_side_line(s, "conninfo", conninfo,
                                       sizeof(conninfo), err));
        BUS_TRY(bus_pg_open(conninfo, STATEMENT_MS, &own->pg, err));
    }
    int rc = base_round(s, own->pg, err);
    if (rc != BUS_OK) {
        bus_pg_close(own->pg);
        own->pg = NULL;
    }
    return rc;
}

static int simulate_database_open(struct simulate_side *s, struct bus_err *err)
{
    s->own = bus_calloc(1, sizeof(struct simulate_database));
    return s->own != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a database");
}

static void simulate_database_close(struct simulate_side *s)
{
    struct simulate_database *own = s->own;
    bus_pg_close(own->pg);
    bus_free(own);
}

const struct simulate_way simulate_way_postgres = {
    .open = simulate_database_open,
    .look = simulate_database_look,
    .close = simulate_database_close};
