/* Which members of the document are codes, and of what. */
#include <string.h>

#include "bus/ledger/parts.h"

struct coded
{
    const char *section; /* an array of objects; "" the document itself */
    const char *key;
    enum cases_class class;
    const char *kind; /* of CASES_WORD */
};
static const struct coded coded[] = {
    {"", "state", CASES_WORD, "state"},
    {"", "note", CASES_WORD, "reason"},
    {"", "division", CASES_DIVISION, NULL},
    {"applications", "channel", CASES_WORD, "channel"},
    {"assignments", "item", CASES_ITEM, NULL},
    {"assignments", "department", CASES_PARTNER, NULL},
    {"assignments", "status", CASES_WORD, "assignment_status"},
    {"assignments", "verdict", CASES_WORD, "verdict"},
    {"assignments", "reason", CASES_WORD, "reason"},
    {"decisions", "item", CASES_ITEM, NULL},
    {"decisions", "department", CASES_PARTNER, NULL},
    {"decisions", "outcome", CASES_WORD, "decision_outcome"},
    {"decisions", "delivery", CASES_WORD, "delivery"},
    {"decisions", "period", CASES_WORD, "period"},
    {"verifications", "partner", CASES_PARTNER, NULL},
    {"verifications", "action", CASES_WORD, "request_action"},
    {"verifications", "verification", CASES_WORD, "verification_kind"},
    {"verifications", "outcome", CASES_WORD, "verification_outcome"},
    {"payments", "partner", CASES_PARTNER, NULL},
    {"payments", "item", CASES_ITEM, NULL},
    {"payments", "outcome", CASES_WORD, "payment_outcome"},
    {"payments", "period", CASES_WORD, "period"},
    {"payments", "reason", CASES_WORD, "reason"},
    {"deliveries", "partner", CASES_PARTNER, NULL},
    {"deliveries", "item", CASES_ITEM, NULL},
    {"deliveries", "kind", CASES_WORD, "delivery_kind"},
    {"deliveries", "outcome", CASES_WORD, "delivery_outcome"},
    {"needs", "partner", CASES_PARTNER, NULL},
    {"needs", "item", CASES_ITEM, NULL},
    {"needs", "outcome", CASES_WORD, "claim_outcome"},
    {"deadlines", "what", CASES_WORD, "record"},
    {"deadlines", "partner", CASES_PARTNER, NULL},
    {"deadlines", "item", CASES_ITEM, NULL},
    {"results", "record", CASES_WORD, "record"},
    {"results", "item", CASES_ITEM, NULL},
    {"results", "partner", CASES_PARTNER, NULL},
    {"results", "department", CASES_PARTNER, NULL},
    {"requests", "kind", CASES_WORD, "household_request_kind"},
    {"requests", "item", CASES_ITEM, NULL},
    {"requests", "state", CASES_WORD, "reason"},
    {"timeline", "partner", CASES_PARTNER, NULL},
    {"timeline", "item", CASES_ITEM, NULL},
    {"timeline", "note", CASES_WORD, "reason"},
    {"cases", "state", CASES_WORD, "state"},
    {"cases", "division", CASES_DIVISION, NULL},
    {"cases", "channel", CASES_WORD, "channel"},
};
#define CODED (sizeof(coded) / sizeof(coded[0]))

/* What an event's word is a word of. */
static const struct coded words_of[] = {
    {"", "application", CASES_WORD, "channel"},
    {"", "facts_reported", CASES_PARTNER, NULL},
    {"", "assignment", CASES_WORD, "assignment_action"},
    {"", "decision", CASES_WORD, "decision_outcome"},
    {"", "step", CASES_WORD, "step_kind"},
    {"", "payee_change", CASES_WORD, "payee_name_check"},
    {"", "verification_request", CASES_WORD, "request_action"},
    {"", "verification_result", CASES_WORD, "verification_outcome"},
    {"", "case_event", CASES_WORD, "case_event_kind"},
    {"", "dispatch_result", CASES_WORD, "dispatch_outcome"},
    {"", "payment_order", CASES_WORD, "dispatch_outcome"},
    {"", "payment_result", CASES_WORD, "payment_outcome"},
    {"", "delivery_task", CASES_WORD, "delivery_kind"},
    {"", "delivery_receipt", CASES_WORD, "delivery_outcome"},
    {"", "membership", CASES_WORD, "membership"},
    {"", "need", CASES_WORD, "need"},
    {"", "review", CASES_WORD, "review_reason"},
    {"", "due", CASES_WORD, "due_stage"},
    {"", "claim", CASES_WORD, "claim_outcome"},
    {"", "household_request", CASES_WORD, "household_request_kind"},
    {"", "parked_note", CASES_WORD, "parked_action"},
    {"", "dead_letter", CASES_WORD, "reason"},
};

static struct bus_strv decorate_text_at(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return (struct bus_strv){json_string_value(v), json_string_length(v)};
}

static int decorate_replace(const struct bus_ledger_cases *c,
                            json_t *row,
                            const struct coded *d,
                            struct bus_err *err)
{
    struct bus_strv code = decorate_text_at(row, d->key);
    if (code.p == NULL) {
        return BUS_OK;
    }
    json_t *text = bus_ledger_text(c, d->class, d->kind, code);
    return json_object_set_new(row, d->key, text) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "the life of a case");
}

static int
event_word(const struct bus_ledger_cases *c, json_t *row, struct bus_err *err)
{
    struct bus_strv record = decorate_text_at(row, "record");
    struct coded d = {"", "word", CASES_WORD, ""};
    for (size_t i = 0; i < sizeof(words_of) / sizeof(words_of[0]); i++) {
        if (bus_strv_is(record, words_of[i].key)) {
            d.class = words_of[i].class;
            d.kind = words_of[i].kind;
        }
    }
    BUS_TRY(decorate_replace(c, row, &d, err));
    d = (struct coded){"", "record", CASES_WORD, "record"};
    return decorate_replace(c, row, &d, err);
}

/* A request's facts: names of what is asked. */
static int
asked_facts(const struct bus_ledger_cases *c, json_t *row, struct bus_err *err)
{
    size_t i;
    json_t *fact;
    static const struct coded name = {"", "name", CASES_FACT, NULL};
    json_array_foreach(json_object_get(row, "facts"), i, fact)
    {
        (void)json_object_del(fact, "member");
        BUS_TRY(decorate_replace(c, fact, &name, err));
    }
    return BUS_OK;
}

static int section(const struct bus_ledger_cases *c,
                   json_t *document,
                   const char *name,
                   struct bus_err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(document, name), i, row)
    {
        for (size_t k = 0; k < CODED; k++) {
            if (strcmp(coded[k].section, name) == 0) {
                BUS_TRY(decorate_replace(c, row, &coded[k], err));
            }
        }
        if (strcmp(name, "timeline") == 0) {
            BUS_TRY(event_word(c, row, err));
        }
        if (strcmp(name, "verifications") == 0) {
            BUS_TRY(asked_facts(c, row, err));
        }
    }
    return BUS_OK;
}

int bus_ledger_decorate(const struct bus_ledger_cases *c,
                        json_t *document,
                        struct bus_err *err)
{
    for (size_t k = 0; k < CODED; k++) {
        if (coded[k].section[0] == '\0') {
            BUS_TRY(decorate_replace(c, document, &coded[k], err));
        } else if (k == 0 ||
                   strcmp(coded[k].section, coded[k - 1].section) != 0) {
            BUS_TRY(section(c, document, coded[k].section, err));
        }
    }
    return BUS_OK;
}
