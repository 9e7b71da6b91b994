/* What a household says of its own case, as JSON (POST /v1/requests):
 *
 *   {"application_id": "...", "id_last": "123456", "kind": "SUPPLEMENT",
 *    "facts": {"area": "rural"}, "member_facts": {"2": {"disabled": true}}}
 *
 * kind WITHDRAW takes back the case or one item, OBJECT is about an item,
 * SUPPLEMENT brings facts; member_facts by the numbers that a progress has
 * beside what is missing ("wanted"). By the form's table (form_table.h), so
 * that openapi.json says the same. Pure; whose request it is, and whose members
 * these are, is asked behind it. */
#ifndef PRODUCERS_INTAKE_REQUESTS_REQUEST_FORM_H
#define PRODUCERS_INTAKE_REQUESTS_REQUEST_FORM_H

#include "bus/ledger/household_of.h"
#include "producers/intake/form_parts.h"
#include "schemas/household_request.h"

#define REQUEST_REASON_MAX 500 /* characters */

struct request_record
{
    struct bus_strv application_id, id_last, item, reason;
    int kind;    /* enum sa_household_request_kind */
    int channel; /* enum sa_channel; WEB when absent */
    bool has_operator;
    struct form_actor operator;
    const json_t *facts, *member_facts; /* NULL: none */
};
extern const struct form_field intake_request_fields[];

struct request_form
{
    struct form form; /* its faults, and nothing else of it */
    struct request_record record;
    struct bus_id application;
};
/* Faults are noted in ret->form. BUS_ETOOBIG: the arena is full. Texts are the
 * JSON's own. */
int intake_request_read(const struct form_rules *rules,
                        const json_t *json,
                        struct bus_arena *mem,
                        struct request_form *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* The event, when it is known whose household it is; each is one of its
 * own: said again, it is the matcher's to know (household/request.c). A member
 * of a number that the case does not have is a fault. */
int intake_request_event(const struct form_rules *rules,
                         struct request_form *f,
                         const struct bus_ledger_household *of,
                         struct bus_arena *mem,
                         struct sa_household_request *ret,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
