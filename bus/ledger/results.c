/* What was received: the results library (S75). */
#include <string.h>

#include "bus/base/id.h"
#include "bus/ledger/parts.h"
#include "bus/ledger/sql/results.h"

int bus_ledger_received(const struct bus_ledger_cases *c,
                        struct bus_pg *pg,
                        const char *id,
                        json_t **ret,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    json_error_t where;
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_results, &id, 1, &r, err));
    json_t *document = json_loads(bus_pg_value(r, 0, 0), 0, &where);
    bus_pg_rows_free(r);
    if (document == NULL) {
        return bus_fail(err, BUS_EBUG, "the ledger's document: %s", where.text);
    }
    int rc = bus_ledger_decorate(c, document, err);
    if (rc != BUS_OK) {
        json_decref(document);
        return rc;
    }
    *ret = document;
    return BUS_OK;
}

int bus_ledger_results(const struct bus_ledger_cases *c,
                       struct bus_pg *pg,
                       struct bus_strv id,
                       json_t **ret,
                       struct bus_err *err)
{
    struct bus_id parsed;
    char text[BUS_ID_TEXT + 1];
    json_t *document = NULL;
    if (!bus_id_parse(id, &parsed)) {
        return bus_fail(err, BUS_EUSAGE,
                        "not an id; expected 36 characters as in "
                        "0198c0de-0000-7000-8000-000000000000");
    }
    (void)bus_id_text(&parsed, text);
    BUS_TRY(bus_ledger_received(c, pg, text, &document, err));
    if (json_array_size(json_object_get(document, "households")) == 0) {
        json_decref(document);
        return bus_fail(err, BUS_EUNKNOWN,
                        "the ledger has no household, case, application or "
                        "person %s",
                        text);
    }
    *ret = document;
    return BUS_OK;
}
