#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/clock.h"
#include "bus/web/readlog.h"
#include "producers/intake/reads_parts.h"

/* Of an application: where it was made, and that it is his who asks so. */
static int reads_his(struct bus_pg *pg,
                     const struct reading *q,
                     char ret_division[BUS_LEDGER_DIVISION],
                     struct bus_err *err)
{
    char text[BUS_ID_TEXT + 1];
    struct bus_strv lookup = bus_strv(bus_id_text(&q->lookup, text));
    bool his = false;
    BUS_TRY(
        bus_ledger_application_of(pg, q->id, lookup, ret_division, &his, err));
    return q->what != READS_PROGRESS || his
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED, "not his application");
}

/* What this caller may see of the document, and no more. */
static int reads_allowed(const struct reading *q,
                         const char *division,
                         json_t *document,
                         struct bus_err *err)
{
    const struct bus_config *config = q->all->cases.config;
    json_t *a_case =
        q->what == READS_CASE ? document : json_object_get(document, "case");
    bool seen = a_case != NULL ? bus_web_may_read(&q->scope, config, a_case)
                               : bus_web_may_place(&q->scope, config, division);
    return seen ? BUS_OK : bus_fail(err, BUS_EDENIED, "not his to see");
}

static int
reads_note_read(struct bus_pg *pg, const struct reading *q, struct bus_err *err)
{
    static const char *const vias[] = {[READS_APPLICATION] =
                                           "GET /v1/applications/{id}",
                                       [READS_CASE] = "GET /v1/cases/{id}",
                                       [READS_PROGRESS] = "POST /v1/progress"};
    char id[BUS_ID_TEXT + 1];
    struct bus_web_read read = {.who = q->caller.name,
                                .via = vias[q->what],
                                .purpose = q->purpose,
                                .record = bus_strv_copy(id, sizeof(id), q->id),
                                .fields = q->what == READS_CASE ? "case"
                                                                : "progress"};
    return bus_web_read_note(pg, &read, err);
}

/* In its place in the document, or as the document. */
static int
reads_shape(const struct reading *q, json_t **document, struct bus_err *err)
{
    json_t *a_case =
        q->what == READS_CASE ? *document : json_object_get(*document, "case");
    json_t *part = NULL;
    if (a_case == NULL) {
        return BUS_OK;
    }
    BUS_TRY(bus_ledger_part_of(a_case, q->part, &part, err));
    if (q->what == READS_CASE) {
        json_decref(*document);
        *document = part;
    } else {
        (void)json_object_set_new(*document, "case", part);
    }
    return BUS_OK;
}

/* Cut to what he may see, and to the part he asked for, as text. */
static int reads_cut(struct reading *q,
                     const char *division,
                     json_t **document,
                     struct bus_err *err)
{
    BUS_TRY(reads_allowed(q, division, *document, err));
    BUS_TRY(reads_shape(q, document, err));
    char *text = json_dumps(*document, JSON_COMPACT);
    if (text == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a case's document");
    }
    bus_buf_puts(&q->out, text);
    free(text); /* jansson's own */
    return q->out.failed ? bus_fail(err, BUS_ENOMEM, "a case's document")
                         : BUS_OK;
}

/* Out of the ledger. A refusal is kept as well: as an answer without a body. */
static int reads_make(struct bus_pg *pg,
                      struct reading *q,
                      const char *division,
                      const char *version,
                      struct bus_err *err)
{
    struct bus_ledger_cases how = q->all->cases;
    json_t *document = NULL;
    how.depth = bus_ledger_part_depth(q->part);
    bus_buf_clear(&q->out);
    BUS_TRY(q->what == READS_CASE
                ? bus_ledger_case(&how, pg, q->id, &document, err)
                : bus_ledger_application(&how, pg, q->id, &document, err));
    int rc = reads_cut(q, division, &document, err);
    json_decref(document);
    if (version[0] != '\0' && (rc == BUS_OK || rc == BUS_EDENIED)) {
        BUS_TRY(bus_web_kept_new(bus_strv(q->key), version,
                                 bus_buf_view(&q->out), q->packs, &q->made,
                                 err));
    }
    return rc;
}

/* What was said last still holds; packed now, if it was not and he packs. */
static int reads_again(struct reading *q, struct bus_err *err)
{
    if (q->kept->body.n == 0) {
        return bus_fail(err, BUS_EDENIED, "not his to see");
    }
    return bus_web_kept_fits(q->kept, q->packs)
               ? BUS_OK
               : bus_web_kept_new(q->kept->key, q->kept->version, q->kept->body,
                                  true, &q->made, err);
}

int intake_reads_make(struct bus_pg *pg, void *reading, struct bus_err *err)
{
    struct reading *q = reading;
    struct bus_ledger_standing standing;
    char division[BUS_LEDGER_DIVISION] = "", version[BUS_WEB_KEPT_VERSION] = "";
    BUS_TRY(bus_ledger_standing(pg, q->id, &standing, err));
    if (standing.application != (q->what != READS_CASE)) {
        return bus_fail(err, BUS_EUNKNOWN, "an id of something else");
    }
    if (q->what == READS_PROGRESS || standing.version[0] == '\0') {
        BUS_TRY(reads_his(pg, q, division, err));
    }
    if (standing.version[0] != '\0') { /* proposals have a day */
        (void)snprintf(version, sizeof(version), "%s@%d", standing.version,
                       bus_china_day(bus_clock_system.wall_ms(NULL)));
    }
    bool same = q->kept != NULL && strcmp(q->kept->version, version) == 0;
    BUS_TRY(same ? reads_again(q, err)
                 : reads_make(pg, q, division, version, err));
    return reads_note_read(pg, q, err);
}
