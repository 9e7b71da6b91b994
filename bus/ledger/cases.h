/* The life of a case as people and programs read it: one JSON document made of
 * the ledger's rows (bus/ledger/sql/case_*.sql), with a text in Chinese and
 * English beside every code, and for each item why it was judged so and what
 * would change it. Read by `lianou case` and by the intake's HTTP answers;
 * nothing here writes.
 *
 * Masked: persons are numbers and the first characters of a surrogate id, no
 * sealed field is opened, facts' values stand only in the sentences of a
 * reason.
 *
 * What would change a verdict is not kept anywhere: it is worked out when
 * asked, from the facts the evaluation was made of, at its rule date, with the
 * catalogue at hand. If that is not the version that judged, the document says
 * so ("same_catalogue": false) and changes belong to the present one.
 *
 * "proposals" are what the rules say about what is given already: a share that
 * is withheld, a status that goes on for its days of grace or changes; today's,
 * from the same facts. To cut or end something is people's, after a hearing.
 *
 * Blocking (PostgreSQL, some milliseconds of evaluation): for pool threads and
 * commands. */
#ifndef BUS_LEDGER_CASES_H
#define BUS_LEDGER_CASES_H

#include <jansson.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/conf/bus_config.h"
#include "bus/pg/pg.h"
#include "bus/policy/catalogue.h"

/* Evaluations spent on one item's "what would change it". */
#define BUS_CASES_TRIES 400
/* Bytes of a progress over HTTP. */
#define BUS_CASES_PROGRESS_MAX 4096
/* Cases of one list. */
#define BUS_CASES_LIST_MAX 10000

/* Of "items". FAMILY: "changes" are what a family can do or wait for, of what
 * it has not. OFFICER: what ends an eligible item too, and every fact that
 * would change a verdict. BRIEF: no changes, formulas and values. PROGRESS:
 * what a progress is made of, verdicts and of a no the first reason. */
enum bus_ledger_depth {
    BUS_LEDGER_FAMILY,
    BUS_LEDGER_OFFICER,
    BUS_LEDGER_BRIEF,
    BUS_LEDGER_PROGRESS
};
struct bus_ledger_cases
{
    const struct bus_config *config; /* villages, partners, facts, words */
    const struct bus_policy_catalogue *catalogue;
    enum bus_ledger_depth depth;
};

/* The document of the case that an id means: a case's, an application's, or a
 * household's (its newest case); with "results", what its household has
 * received in all its cases. An application that the ledger has but no
 * case yet: {"application_id", "state": ACCEPTED} and no more. Appended to
 * out. BUS_EUSAGE: no id; BUS_EUNKNOWN: nobody's; else as bus/pg/pg.h. */
int bus_ledger_show(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    struct bus_strv id,
                    struct bus_buf *out,
                    struct bus_err *err) BUS_MUSTCHECK;
/* The same of a case's own id, and no other, for those outside: without the
 * household's id, by which other records of it could be found. *ret is new. */
int bus_ledger_case(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    struct bus_strv id,
                    json_t **ret,
                    struct bus_err *err) BUS_MUSTCHECK;
/* Of an application's, likewise: {"application_id", "state": "accepted", "open"
 * or "closed", "state_text": {zh, en}, "case": the document}; no "case" while
 * it has none. */
int bus_ledger_application(const struct bus_ledger_cases *c,
                           struct bus_pg *pg,
                           struct bus_strv id,
                           json_t **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* What bus_ledger_application() says of one the ledger has not seen yet. */
int bus_ledger_accepted(const struct bus_ledger_cases *c,
                        struct bus_strv id,
                        struct bus_buf *out,
                        struct bus_err *err)
    BUS_MUSTCHECK; /* appended, as text */

/* What an id is, and how much of its case's life the ledger has. While the
 * version is the same, so is everything said of it on that day with that
 * catalogue: a document may be kept by it. */
struct bus_ledger_standing
{
    bool application; /* or a case's own id */
    char case_id[37]; /* "" while it has none; then there is no version */
    char version[48];
};
/* BUS_EUSAGE: no id; BUS_EUNKNOWN: nobody's, or a household's. */
int bus_ledger_standing(struct bus_pg *pg,
                        struct bus_strv id,
                        struct bus_ledger_standing *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

/* SHORT: bus_ledger_progress(). ITEMS: each item, and what is missing.
 * HISTORY: all but those. */
enum bus_ledger_part {
    BUS_LEDGER_SHORT,
    BUS_LEDGER_ITEMS,
    BUS_LEDGER_HISTORY,
    BUS_LEDGER_ALL
};
/* "items", "history", "all"; false: no such word. */
bool bus_ledger_part_named(struct bus_strv word, enum bus_ledger_part *ret);
/* How deep a document must be for it. */
enum bus_ledger_depth bus_ledger_part_depth(enum bus_ledger_part part);
/* That part of a whole document; *ret is new. */
int bus_ledger_part_of(const json_t *document,
                       enum bus_ledger_part part,
                       json_t **ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* In short, out of a whole document: {case_id, case_no, division, opened_at,
 * closed_at, state, paid_fen (all that came in), got: [{item, status,
 * amount_fen, paid_fen}], doing: [{item, department, status, due}], wanted (as
 * it stands there), not: [{item, why}], to_learn_of: open items that nothing
 * speaks for, more: rows left out, by list}: as many rows as fit into
 * bytes_max. *ret is new. */
int bus_ledger_progress(const json_t *document,
                        size_t bytes_max,
                        json_t **ret,
                        struct bus_err *err) BUS_MUSTCHECK;

/* What was received (S75), the newest first: {"households": [id], "results":
 * [{household_id, on, record: payment_result, delivery_receipt, claim or
 * decision, item, partner: from whom, fund, amount_fen, case_id, decision_id,
 * department, decided_by, decided_on}]}. id: a household's, a case's, an
 * application's, or a person's whom households name beside their heads. *ret is
 * new. BUS_EUSAGE: no id; BUS_EUNKNOWN: nobody's. */
int bus_ledger_results(const struct bus_ledger_cases *c,
                       struct bus_pg *pg,
                       struct bus_strv id,
                       json_t **ret,
                       struct bus_err *err) BUS_MUSTCHECK;

struct bus_ledger_cases_query
{
    const char *state;    /* "OPEN", "CLOSED", "CONFLICT", "" all */
    const char *division; /* start of a division code, "" all */
    int64_t limit;        /* 1..BUS_CASES_LIST_MAX */
    /* "uuid,uuid": of a household, an application, a person that a household
     * names; "-": of nobody; NULL: all. */
    const char *ids;
};
/* {"cases":[{case_id, household_id, case_no, division, channel, opened_at,
 * state, outcomes, conflicts: households that name a person of it too}]}, the
 * newest first. */
int bus_ledger_list(const struct bus_ledger_cases *c,
                    struct bus_pg *pg,
                    const struct bus_ledger_cases_query *q,
                    struct bus_buf *out,
                    struct bus_err *err) BUS_MUSTCHECK;

/* Every application (the newest 200 000) and the keyed hash of its applicant's
 * last six characters; division as above. */
typedef void (*bus_ledger_lookup_cb)(void *data,
                                     struct bus_strv application,
                                     struct bus_strv lookup);
int bus_ledger_lookups(struct bus_pg *pg,
                       const char *division,
                       bus_ledger_lookup_cb each,
                       void *data,
                       struct bus_err *err) BUS_MUSTCHECK;

/* Where an application was made ("" if there is none of this id), and whether
 * `lookup` is the keyed hash of its applicant's last six characters. */
#define BUS_LEDGER_DIVISION 16
int bus_ledger_application_of(struct bus_pg *pg,
                              struct bus_strv application,
                              struct bus_strv lookup,
                              char ret_division[BUS_LEDGER_DIVISION],
                              bool *ret_his,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
