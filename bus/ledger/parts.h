/* Inside the room. A text is an object {"code", "zh", "en"}; a code nobody
 * knows is its own text. A json_t returned is new, NULL: no memory. */
#ifndef BUS_LEDGER_PARTS_H
#define BUS_LEDGER_PARTS_H

#include <jansson.h>

#include "bus/base/strv.h"
#include "bus/ledger/cases.h"
#include "schemas/evaluation.h"

enum cases_class {
    CASES_WORD,     /* of words.yaml */
    CASES_PARTNER,  /* a partner, or a source of facts */
    CASES_ITEM,     /* an item of the catalogue */
    CASES_DIVISION, /* a village */
    CASES_FACT      /* "household.x", "member.x" */
};
json_t *bus_ledger_pair(struct bus_strv code, const char *zh, const char *en);
/* kind: the map of words.yaml, for CASES_WORD. */
json_t *bus_ledger_text(const struct bus_ledger_cases *c,
                        enum cases_class class,
                        const char *kind,
                        struct bus_strv code);
/* [{code, zh, en}] of those who may supply a fact. */
json_t *bus_ledger_suppliers(const struct bus_ledger_cases *c,
                             struct bus_strv fact);

/* Codes of the document that SQL made into texts. */
int bus_ledger_decorate(const struct bus_ledger_cases *c,
                        json_t *document,
                        struct bus_err *err) BUS_MUSTCHECK;
/* "evaluation", "members", "items" of a framed evaluation into the document,
 * and "proposals" as they stand on that day in China. */
int bus_ledger_items(const struct bus_ledger_cases *c,
                     struct bus_strv evaluation,
                     int32_t day,
                     json_t *document,
                     struct bus_err *err) BUS_MUSTCHECK;
/* results.c: the document of bus_ledger_results(), of nobody an empty one. */
int bus_ledger_received(const struct bus_ledger_cases *c,
                        struct bus_pg *pg,
                        const char *id,
                        json_t **ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* review.c: "proposals". */
struct cases_review
{
    const struct bus_ledger_cases *c;
    const struct sa_evaluation *e;
    const struct bus_policy_household *household; /* of its facts */
    int32_t day;
    struct bus_arena *mem;
    struct bus_err *err;
};
int bus_ledger_propose(const struct cases_review *r, json_t *document);
/* wants.c: "wanted" and "wanted_more". */
int bus_ledger_wants(const struct cases_review *r, json_t *document);

#endif
