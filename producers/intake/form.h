/* form: an application as people send it (JSON) -> the bus's record.
 *
 * Every fault is found at once, each with its JSON Pointer (RFC 6901), a code,
 * and a sentence in Chinese and English. The identity numbers are turned into
 * ids here and travel on only inside the sealed personal record; no fault text
 * repeats a personal value. The contract of the JSON is openapi.json. */
#ifndef PRODUCERS_INTAKE_FORM_H
#define PRODUCERS_INTAKE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/conf/bus_config.h"
#include "schemas/application.h"
#include "schemas/personal.h"

#define FORM_FAULTS_MAX  64
#define FORM_MEMBERS_MAX 32
#define FORM_FACTS_MAX   200 /* of the household, and of each member */

struct form_fault
{
    const char *pointer; /* "/members/0/id_no" */
    const char *code;    /* "ID_CHECK_DIGIT" */
    const char *zh, *en;
};
struct form
{
    struct sa_application application; /* event_id: derived, the same again */
    struct sa_personal personal;       /* the applicant's */
    bool has_personal;
    struct form_fault faults[FORM_FAULTS_MAX];
    size_t fault_count; /* more than kept are counted */
};

struct form_rules
{
    const struct bus_config *config;
    struct bus_strv person_key; /* of the county's HMAC ids */
    int64_t now_ms;
};

/* Reads one application. Returns 0 (look at fault_count) or BUS_ETOOBIG when
 * the arena is full. Borrows the JSON's strings and the configuration. */
int form_read(const struct form_rules *rules,
              const json_t *json,
              struct bus_arena *mem,
              struct form *ret,
              struct bus_err *err) BUS_MUSTCHECK;

/* idno.c: GB 11643-1999, 18 characters; check digit by ISO 7064 MOD 11-2. */
enum idno_fault { IDNO_WELL, IDNO_LENGTH, IDNO_DIGITS, IDNO_DATE, IDNO_CHECK };
enum idno_fault idno_check(struct bus_strv s, int32_t *ret_birth_day);
/* '0'..'9' or 'X' for the first 17 digits, 0 if they are no digits. */
char idno_check_digit(const char body[17]);

/* facts.c: a value of the dictionary from JSON; false if it does not fit. */
bool form_value(const struct bus_fact *fact,
                const json_t *json,
                struct sa_fact *ret);
const char *form_type_zh(const struct bus_fact *fact);
const char *form_type_en(const struct bus_fact *fact);

#endif
