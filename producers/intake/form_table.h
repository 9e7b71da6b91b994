/* The application form, once: what each member is, in the language of the
 * partners' documents (bus/partner/document.h).
 *
 * Read from it: the record of one application (intake_form_table_read), every
 * fault of a member's type, length and presence, the schemas of openapi.json
 * (form_schema.h), the columns of a station's list (csv_import.h) and its
 * template. So what the contract says and what is taken cannot differ: the
 * schema says all that this table says, and tests/e2e/intake_contract.py holds
 * the two against each other.
 *
 * As in every document, null is absent. Lengths are in characters. */
#ifndef PRODUCERS_INTAKE_FORM_TABLE_H
#define PRODUCERS_INTAKE_FORM_TABLE_H

#include <jansson.h>

#include "bus/partner/document.h"

/* What the language has no word for. */
enum form_more {
    FORM_AS_TYPE, /* what doc.type says */
    FORM_DIGITS,  /* TEXT of digits, and of the characters of `others` */
    FORM_FACTS,   /* an object of the dictionary's facts: const json_t * */
    FORM_VALUE,   /* of a fact: the dictionary says what, not this table */
    FORM_ITEMS    /* a list of the catalogue's codes: const json_t * */
};
/* How a cell of a list is read (csv_value.c). */
enum form_cell {
    FORM_CELL_NONE, /* no column */
    FORM_CELL_TEXT,
    FORM_CELL_FLAG,     /* 是 否 true false yes no 1 0 */
    FORM_CELL_DATE,     /* 2026-07-01 2026/7/1 2026年7月1日 20260701 */
    FORM_CELL_ID,       /* upper case, without blanks */
    FORM_CELL_PHONE,    /* +86, blanks and dashes left out */
    FORM_CELL_ACCOUNT,  /* blanks left out; never a rounded number */
    FORM_CELL_RELATION, /* GB/T 4761, also in Chinese */
    FORM_CELL_ITEMS,    /* codes with ; or 、 between */
    FORM_CELL_FACT
};
struct form_column
{
    const char *en, *zh;
    enum form_cell cell;
    bool needed; /* the column, in every list */
};
struct form_field
{
    struct bus_partner_document_field doc; /* its sub is not used: see below */
    const struct form_field *sub;
    const char *schema; /* PART, LIST: the name of sub in openapi.json */
    enum form_more more;
    const char *others;
    bool personal;        /* never shown */
    const char *code;     /* of a fault of its type; NULL: the type's own */
    const char *zh, *en;  /* likewise: what it must be */
    const char *describe; /* in the contract; NULL */
    struct form_column column;
};

struct form_actor
{
    struct bus_strv operator_id, org_code, role;
};
struct form_helped
{
    struct bus_strv name, relation, phone;
};
struct form_person
{
    struct bus_strv id_type, id_no, name, relation, phone, address, bank_code,
        account, account_holder;
    bool head, applicant;
    const json_t *facts; /* NULL: none */
};
struct form_persons
{
    struct form_person *v;
    size_t n;
};
struct form_dated /* a fact with its day */
{
    int32_t as_of;
    bool has_as_of;
};
struct form_record
{
    int channel; /* enum sa_channel; UNKNOWN: none that is known */
    struct bus_strv channel_reference, division_code;
    struct bus_strv call_reference, read_back; /* of "evidence" */
    int32_t applied_on;
    bool has_applied_on, has_operator, has_helper, has_helped_by, consent;
    struct form_actor operator, helper;
    struct form_helped helped_by;
    struct form_persons members;
    const json_t *facts, *requested_items; /* NULL: none */
};

extern const struct form_field intake_form_fields[]; /* of form_record */
extern const struct form_field intake_form_operator_fields[]; /* form_actor */
extern const struct bus_partner_document_word intake_form_channels[];
extern const struct form_field intake_form_dated_fields[]; /* of form_dated */

struct form_reading; /* form_parts.h */
/* Fills record (zeroed) and notes every fault. BUS_ETOOBIG: the arena is
 * full. Texts are the JSON's own. */
int intake_form_table_read(struct form_reading *r,
                           const struct form_field *fields,
                           const json_t *json,
                           const char *base,
                           void *record) BUS_MUSTCHECK;

#endif
