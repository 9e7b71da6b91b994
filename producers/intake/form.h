/* form: an application as people send it (JSON) -> the bus's record.
 *
 * Every fault is found at once, each with its JSON Pointer (RFC 6901), a code,
 * and a sentence in Chinese and English. A key that the contract does not have
 * is a fault too: what people wrote is never dropped in silence. The identity
 * numbers are turned into ids here and travel on only inside the sealed
 * personal record; no text repeats a personal value. The contract of the JSON
 * is openapi.json.
 *
 * Ids follow from what was sent: the same form is the same application, of the
 * same persons. Who has no number gets an id of (application, place in the
 * list): seen again elsewhere, people must join the two. */
#ifndef PRODUCERS_INTAKE_FORM_H
#define PRODUCERS_INTAKE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/hash.h"
#include "bus/conf/bus_config.h"
#include "bus/registers/registers.h"
#include "schemas/application.h"
#include "schemas/helped_by.h"
#include "schemas/personal.h"

#define FORM_FAULTS_MAX   64
#define FORM_MEMBERS_MAX  32
#define FORM_FACTS_MAX    200 /* of the household, and of each member */
#define FORM_ITEMS_MAX    64
#define FORM_DEPTH_MAX    16  /* of the JSON; an application needs 5 */
#define FORM_TEXT_MAX     128 /* characters of a text */
#define FORM_RELATION_MAX 20  /* characters */
#define FORM_NAME_MAX     120 /* characters */
#define FORM_ADDRESS_MAX  120 /* characters */
#define FORM_PHONE_MIN    5   /* digits */
#define FORM_PHONE_MAX    20
#define FORM_ACCOUNT_MIN  8 /* digits */
#define FORM_ACCOUNT_MAX  32
#define FORM_LOOKUP       6 /* last characters of a number, to ask by */
/* With the blanks and dashes that people write. */
#define FORM_PHONE_TEXT_MAX   32
#define FORM_ACCOUNT_TEXT_MAX 48
#define FORM_PAST_DAYS        366 /* how old an applied_on may be */

/* --- the text --- */

struct form_syntax
{
    int line, column; /* from 1; column in characters */
    bool no_memory;   /* of the heap, outside any arena: not the text's fault */
    const char *code; /* "JSON_UTF8" */
    const char *zh, *en;
};
/* One JSON value; NULL, and what is wrong where, if it is none: not UTF-8, too
 * deep, a key given twice, a number out of range, something behind it. The
 * texts are ours and never repeat the input. */
json_t *intake_form_parse(struct bus_strv text, struct form_syntax *ret);
/* From here on this thread's JSON values are made in mem and never given back
 * one by one: what is made under it must not be touched after
 * intake_form_json_heap(), which ends it. Keeps a form's some hundred values
 * off the general heap. */
void intake_form_json_arena(struct bus_arena *mem);
void intake_form_json_heap(void);
/* The JSON as compact text in mem; NULL: no room, or no value. */
const char *intake_form_json_text(const json_t *json, struct bus_arena *mem);

/* --- the form --- */

struct intake_form_fault
{
    const char *pointer; /* "/members/0/id_no" */
    const char *code;    /* "ID_CHECK_DIGIT" */
    const char *zh, *en;
};
struct form
{
    struct sa_application application; /* event_id: derived, the same again */
    struct sa_personal personal;       /* the applicant's */
    bool has_personal, has_helped_by;
    struct sa_helped_by helped_by; /* who is no operator */
    size_t fault_count;            /* more than kept are counted */
    struct intake_form_fault faults[FORM_FAULTS_MAX];
};

/* What the configuration allows, found by name. */
struct form_fact
{
    const struct bus_fact *fact;
    struct bus_strv full; /* "household.area" */
};
struct form_index
{
    struct bus_map facts[2]; /* by enum bus_fact_scope: struct form_fact */
    struct bus_map items;    /* the catalogue's item codes */
    struct form_fact *list;
    struct bus_register *folder;          /* what the index owns */
    const struct bus_register *registers; /* in force: the folder's, until who
                                             takes up what is published puts
                                             that here */
};
/* Borrows the configuration. */
int intake_form_index_init(struct form_index *ix,
                           const struct bus_config *config,
                           struct bus_err *err) BUS_MUSTCHECK;
void intake_form_index_fini(
    struct form_index *ix); /* NULL or zeroed is allowed */

struct form_rules
{
    const struct bus_config *config;
    const struct form_index *index;
    struct bus_strv person_key; /* of the county's HMAC ids */
    struct bus_strv sender;     /* whose references these are; "" our own */
    int64_t now_ms;
};

/* Reads one application. Returns 0 (look at fault_count) or BUS_ETOOBIG when
 * the arena is full. Borrows the JSON's strings and the configuration. */
int intake_form_read(const struct form_rules *rules,
                     const json_t *json,
                     struct bus_arena *mem,
                     struct form *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

/* Those kept, as problem+json and drafts have them. NULL: no memory. */
json_t *intake_form_fault_list(const struct form *form);
/* Adds one, found behind intake_form_read(); texts are borrowed. */
void intake_form_add_fault(struct form *form,
                           const struct intake_form_fault *fault);

/* facts.c: a value of the dictionary from JSON, within its bounds on that day;
 * false if it does not fit. */
bool intake_form_value(const struct bus_fact *fact,
                       const json_t *json,
                       int32_t today,
                       struct sa_fact *ret);

#endif
