#include "bus/ledger/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/base/id.h"
#include "bus/ledger/parts.h"
#include "bus/ledger/sql/case_find.h"
#include "bus/ledger/sql/case_life.h"
#include "bus/ledger/sql/case_list.h"
#include "bus/ledger/sql/case_lookups.h"

static int
cases_print(json_t *document, struct bus_buf *out, struct bus_err *err)
{
    char *text = json_dumps(document, JSON_COMPACT);
    if (text == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the life of a case");
    }
    bus_buf_puts(out, text);
    free(text); /* jansson's own */
    return out->failed ? bus_fail(err, BUS_ENOMEM, "the life of a case")
                       : BUS_OK;
}

/* What SQL made. */
static int cases_parse(const char *text, json_t **ret, struct bus_err *err)
{
    json_error_t where;
    *ret = json_loads(text, 0, &where);
    return *ret ? BUS_OK
                : bus_fail(err, BUS_EBUG, "the ledger's document: %s",
                           where.text);
}

static int cases_finish(const struct bus_ledger_cases *c,
                        const struct bus_pg_rows *r,
                        json_t *document,
                        struct bus_err *err)
{
    struct bus_strv hex = bus_strv(bus_pg_value(r, 0, 1));
    BUS_TRY(bus_ledger_decorate(c, document, err));
    if (hex.n == 0) {
        return BUS_OK;
    }
    char *record = bus_malloc(hex.n / 2);
    int rc =
        record == NULL
            ? bus_fail(err, BUS_ENOMEM, "an evaluation in the ledger")
        : bus_hex_read(hex, record, hex.n / 2)
            ? bus_ledger_items(c, (struct bus_strv){record, hex.n / 2},
                               bus_china_day(bus_clock_system.wall_ms(NULL)),
                               document, err)
            : bus_fail(err, BUS_EBUG, "an evaluation in the ledger");
    bus_free(record);
    return rc;
}

static int cases_life(const struct bus_ledger_cases *c,
                      struct bus_pg *pg,
                      const char *case_id,
                      json_t **ret,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_case_life, &case_id, 1, &r, err));
    int rc =
        bus_pg_count(r) > 0
            ? cases_parse(bus_pg_value(r, 0, 0), ret, err)
            : bus_fail(err, BUS_EUNKNOWN, "the ledger has no case %s", case_id);
    if (rc == BUS_OK) {
        rc = cases_finish(c, r, *ret, err);
    }
    bus_pg_rows_free(r);
    return rc;
}

/* What an id is, by case_find.sql; both rows' texts live in *ret. */
struct found
{
    struct bus_pg_rows *rows;
    const char *what, *case_id; /* case_id "" for none */
    char id[BUS_ID_TEXT + 1];
};

static int cases_find(struct bus_pg *pg,
                      struct bus_strv id,
                      struct found *ret,
                      struct bus_err *err)
{
    struct bus_id parsed;
    const char *param = ret->id;
    ret->rows = NULL;
    if (!bus_id_parse(id, &parsed)) {
        return bus_fail(err, BUS_EUSAGE,
                        "not an id; expected 36 characters as in "
                        "0198c0de-0000-7000-8000-000000000000");
    }
    (void)bus_id_text(&parsed, ret->id);
    int rc =
        bus_pg_query(pg, bus_ledger_sql_case_find, &param, 1, &ret->rows, err);
    if (rc == BUS_OK && bus_pg_count(ret->rows) == 0) {
        rc = bus_fail(err, BUS_EUNKNOWN,
                      "the ledger has no case, application or household %s",
                      ret->id);
    }
    if (rc == BUS_OK) {
        ret->what = bus_pg_value(ret->rows, 0, 0);
        ret->case_id = bus_pg_value(ret->rows, 0, 1);
    }
    return rc;
}

int bus_ledger_show(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    struct bus_strv id,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    struct found f;
    json_t *document = NULL, *received = NULL;
    int rc;
    BUS_TRY_GOTO(rc, cases_find(pg, id, &f, err), done);
    if (f.case_id[0] == '\0') {
        document = json_pack(
            "{s:s, s:o}", "application_id", f.id, "state",
            bus_ledger_text(c, CASES_WORD, "state", BUS_STRV("ACCEPTED")));
    } else {
        BUS_TRY_GOTO(rc, cases_life(c, pg, f.case_id, &document, err), done);
        BUS_TRY_GOTO(rc, bus_ledger_received(c, pg, f.case_id, &received, err),
                     done);
        (void)json_object_set(document, "results",
                              json_object_get(received, "results"));
    }
    rc = cases_print(document, out, err);
done:
    json_decref(received);
    json_decref(document);
    bus_pg_rows_free(f.rows);
    return rc;
}

int bus_ledger_case(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    struct bus_strv id,
                    json_t **ret,
                    struct bus_err *err)
{
    struct found f;
    json_t *document = NULL;
    int rc = cases_find(pg, id, &f, err);
    if (rc == BUS_OK && strcmp(f.what, "case") != 0) {
        rc = bus_fail(err, BUS_EUNKNOWN, "the ledger has no case %s", f.id);
    }
    if (rc == BUS_OK) {
        rc = cases_life(c, pg, f.case_id, &document, err);
    }
    bus_pg_rows_free(f.rows);
    if (rc != BUS_OK) {
        json_decref(document);
        return rc;
    }
    (void)json_object_del(document, "household_id");
    *ret = document;
    return BUS_OK;
}

/* case_document is taken over; NULL: it has none yet. */
static int cases_application(const struct bus_ledger_cases *c,
                             const char *id,
                             json_t *case_document,
                             json_t **ret,
                             struct bus_err *err)
{
    const json_t *state = json_object_get(case_document, "state");
    const char *code = json_string_value(json_object_get(state, "code"));
    json_t *text = bus_ledger_text(c, CASES_WORD, "state",
                                   bus_strv(code ? code : "ACCEPTED"));
    const char *word = code == NULL                ? "accepted"
                       : strcmp(code, "OPEN") == 0 ? "open"
                                                   : "closed";
    (void)json_object_del(text, "code");
    *ret = json_pack("{s:s, s:s, s:o}", "application_id", id, "state", word,
                     "state_text", text);
    if (case_document != NULL) {
        (void)json_object_del(case_document, "household_id");
        (void)json_object_set_new(*ret, "case", case_document);
    }
    return *ret != NULL ? BUS_OK
                        : bus_fail(err, BUS_ENOMEM, "the life of a case");
}

int bus_ledger_application(const struct bus_ledger_cases *c,
                           struct bus_pg *pg,
                           struct bus_strv id,
                           json_t **ret,
                           struct bus_err *err)
{
    struct found f;
    json_t *document = NULL;
    int rc = cases_find(pg, id, &f, err);
    if (rc == BUS_OK && strcmp(f.what, "application") != 0) {
        rc = bus_fail(err, BUS_EUNKNOWN, "the ledger has no application %s",
                      f.id);
    }
    if (rc == BUS_OK && f.case_id[0] != '\0') {
        rc = cases_life(c, pg, f.case_id, &document, err);
    }
    if (rc == BUS_OK) {
        rc = cases_application(c, f.id, document, ret, err);
    } else {
        json_decref(document);
    }
    bus_pg_rows_free(f.rows);
    return rc;
}

int bus_ledger_accepted(const struct bus_ledger_cases *c,
                        struct bus_strv id,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    char text[BUS_ID_TEXT + 1];
    struct bus_id parsed;
    json_t *document = NULL;
    if (!bus_id_parse(id, &parsed)) {
        return bus_fail(err, BUS_EUSAGE, "not an id");
    }
    BUS_TRY(
        cases_application(c, bus_id_text(&parsed, text), NULL, &document, err));
    int rc = cases_print(document, out, err);
    json_decref(document);
    return rc;
}

int bus_ledger_list(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    const struct bus_ledger_cases_query *q,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    char limit[24];
    const char *params[] = {q->state, q->division, limit, q->ids ? q->ids : ""};
    struct bus_pg_rows *r = NULL;
    json_t *list = NULL, *document = NULL;
    (void)snprintf(limit, sizeof(limit), "%lld", (long long)q->limit);
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_case_list, params, 4, &r, err));
    int rc;
    BUS_TRY_GOTO(rc, cases_parse(bus_pg_value(r, 0, 0), &list, err), done);
    document = json_pack("{s:o}", "cases", list);
    if (document == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "a list of cases");
        goto done;
    }
    BUS_TRY_GOTO(rc, bus_ledger_decorate(c, document, err), done);
    rc = cases_print(document, out, err);
done:
    json_decref(document);
    bus_pg_rows_free(r);
    return rc;
}

int bus_ledger_lookups(struct bus_pg *pg,
                       const char *division,
                       bus_ledger_lookup_cb each,
                       void *data,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, bus_ledger_sql_case_lookups, &division, 1, &r, err));
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        each(data, bus_strv(bus_pg_value(r, i, 0)),
             bus_strv(bus_pg_value(r, i, 1)));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static const char application_sql[] =
    "SELECT note, coalesce(detail->>'lookup', '') FROM event "
    "WHERE kind = 'application' AND about = $1::uuid LIMIT 1";

int bus_ledger_application_of(struct bus_pg *pg,
                              struct bus_strv application,
                              struct bus_strv lookup,
                              char ret_division[BUS_LEDGER_DIVISION],
                              bool *ret_his,
                              struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    const char *param = bus_strv_copy(id, sizeof(id), application);
    struct bus_pg_rows *r = NULL;
    ret_division[0] = '\0';
    *ret_his = false;
    BUS_TRY(bus_pg_query(pg, application_sql, &param, 1, &r, err));
    if (bus_pg_count(r) > 0) {
        (void)bus_strv_copy(ret_division, BUS_LEDGER_DIVISION,
                            bus_strv(bus_pg_value(r, 0, 0)));
        *ret_his = bus_strv_eq(lookup, bus_strv(bus_pg_value(r, 0, 1)));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}
