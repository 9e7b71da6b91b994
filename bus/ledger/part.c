/* A part of a case's document, and by what it may be kept. */
#include <stdio.h>

#include "bus/base/clock.h"
#include "bus/base/id.h"
#include "bus/ledger/cases.h"
#include "bus/ledger/sql/case_standing.h"

int bus_ledger_standing(struct bus_pg *pg,
                        struct bus_strv id,
                        struct bus_ledger_standing *ret,
                        struct bus_err *err)
{
    struct bus_id parsed;
    struct bus_pg_rows *r = NULL;
    char text[BUS_ID_TEXT + 1];
    const char *param = text;
    if (!bus_id_parse(id, &parsed)) {
        return bus_fail(err, BUS_EUSAGE,
                        "not an id; expected 36 characters as in "
                        "0198c0de-0000-7000-8000-000000000000");
    }
    (void)bus_id_text(&parsed, text);
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_case_standing, &param, 1, &r, err));
    if (bus_pg_count(r) == 0) {
        bus_pg_rows_free(r);
        return bus_fail(err, BUS_EUNKNOWN,
                        "the ledger has no case or application %s", text);
    }
    *ret = (struct bus_ledger_standing){.application =
                                            bus_pg_value(r, 0, 0)[0] == 'a'};
    (void)bus_strv_copy(ret->case_id, sizeof(ret->case_id),
                        bus_strv(bus_pg_value(r, 0, 1)));
    if (ret->case_id[0] != '\0') {
        (void)snprintf(ret->version, sizeof(ret->version), "%s.%s",
                       bus_pg_value(r, 0, 2), bus_pg_value(r, 0, 3));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

bool bus_ledger_part_named(struct bus_strv word, enum bus_ledger_part *ret)
{
    static const char *const words[] = {[BUS_LEDGER_ITEMS] = "items",
                                        [BUS_LEDGER_HISTORY] = "history",
                                        [BUS_LEDGER_ALL] = "all"};
    for (size_t i = BUS_LEDGER_ITEMS; i < sizeof(words) / sizeof(words[0]);
         i++) {
        if (bus_strv_is(word, words[i])) {
            *ret = (enum bus_ledger_part)i;
            return true;
        }
    }
    return false;
}

enum bus_ledger_depth bus_ledger_part_depth(enum bus_ledger_part part)
{
    return part == BUS_LEDGER_SHORT || part == BUS_LEDGER_HISTORY
               ? BUS_LEDGER_PROGRESS
               : BUS_LEDGER_FAMILY;
}

int bus_ledger_part_of(const json_t *document,
                       enum bus_ledger_part part,
                       json_t **ret,
                       struct bus_err *err)
{
    static const char *const items[] = {"case_id", "state",      "evaluation",
                                        "members", "items",      "proposals",
                                        "wanted",  "wanted_more"};
    static const char *const not_history[] = {"items", "wanted", "wanted_more",
                                              "proposals", "evaluation"};
    if (part == BUS_LEDGER_SHORT) {
        return bus_ledger_progress(document, BUS_CASES_PROGRESS_MAX, ret, err);
    }
    json_t *to = part == BUS_LEDGER_ITEMS ? json_object()
                                          : json_copy((json_t *)document);
    for (size_t i = 0;
         part == BUS_LEDGER_ITEMS && i < sizeof(items) / sizeof(items[0]);
         i++) {
        json_t *v = json_object_get(document, items[i]);
        if (v != NULL) {
            (void)json_object_set(to, items[i], v);
        }
    }
    for (size_t i = 0; part == BUS_LEDGER_HISTORY &&
                       i < sizeof(not_history) / sizeof(not_history[0]);
         i++) {
        (void)json_object_del(to, not_history[i]);
    }
    *ret = to;
    return to != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a case's document");
}
