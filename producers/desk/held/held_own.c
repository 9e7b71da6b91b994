/* The applicant's own: by its number and the end of his document. */
#include <string.h>

#include "bus/web/readlog.h"
#include "producers/desk/held/held.h"
#include "producers/desk/sql/held_own.h"
#include "producers/desk/sql/held_withdraw.h"

struct owning
{
    const struct desk_visit *v;
    char id[BUS_ID_TEXT + 1], second[DESK_DRAFT_SECOND + 1];
    bool withdraws;
    enum desk_held_is is;
    const char *until;
    void (*then)(void *data, enum desk_held_is is, const char *until);
    void *data;
};

static int own_find(struct bus_pg *pg, struct owning *o, struct bus_err *err)
{
    const char *const params[] = {o->id, o->second};
    struct bus_pg_rows *r = NULL;
    o->is = DESK_HELD_NONE;
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_held_own, params, 2, &r, err));
    if (bus_pg_count(r) > 0) {
        o->is = desk_held_of(bus_pg_value(r, 0, 0));
        o->until = bus_arena_strdup(o->v->mem, bus_pg_value(r, 0, 1));
    }
    bus_pg_rows_free(r);
    return o->until != NULL ? BUS_OK
                            : bus_fail(err, BUS_ENOMEM, "what was submitted");
}

static int own_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct owning *o = data;
    const struct bus_web_read read = {
        .who = "the applicant",
        .via = o->withdraws ? "POST /progress/withdraw" : "POST /progress",
        .purpose = o->withdraws ? "to withdraw" : "progress",
        .record = o->id,
        .fields = "submitted, not sent yet"};
    const char *const params[] = {o->id, "", o->second};
    BUS_TRY(own_find(pg, o, err));
    if (o->is == DESK_HELD_NONE) {
        return BUS_OK;
    }
    BUS_TRY(bus_web_read_note(pg, &read, err));
    if (!o->withdraws) {
        return BUS_OK;
    }
    BUS_TRY(bus_pg_query(pg, producers_desk_sql_held_withdraw, params, 3, NULL,
                         err));
    return own_find(pg, o, err);
}

static void own_done(void *data, int rc, const struct bus_err *err)
{
    const struct owning *o = data;
    (void)err;
    o->then(o->data, rc == BUS_OK ? o->is : DESK_HELD_AWAY, o->until);
}

void desk_held_own(struct desk_visit *v,
                   const char *application,
                   bool withdraws,
                   void (*then)(void *data,
                                enum desk_held_is is,
                                const char *until),
                   void *data)
{
    struct owning *o = bus_arena_calloc(v->mem, 1, sizeof(*o));
    struct bus_web_job job = {own_run, own_done, o};
    struct bus_id id;
    if (o == NULL) {
        then(data, DESK_HELD_AWAY, "");
        return;
    }
    *o = (struct owning){.v = v,
                         .withdraws = withdraws,
                         .until = "",
                         .then = then,
                         .data = data};
    if (!bus_id_parse(bus_strv(application), &id) ||
        !desk_draft_second(v, bus_id_text(&id, o->id),
                           bus_web_field(&v->fields, "id_last"), o->second)) {
        then(data, DESK_HELD_NONE, "");
    } else if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        then(data, DESK_HELD_AWAY, "");
    }
}
