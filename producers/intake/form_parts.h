/* What the files that read a form share; see form.h. */
#ifndef PRODUCERS_INTAKE_FORM_PARTS_H
#define PRODUCERS_INTAKE_FORM_PARTS_H

#include "producers/intake/form.h"
#include "producers/intake/form_table.h"

/* Where a value stands: "/members/0" and "id_no"; either may be "". */
struct form_at
{
    const char *base, *key;
};
struct form_reading
{
    const struct form_rules *rules;
    struct bus_arena *mem;
    struct form *form;
    struct bus_err *err;
    struct form_record record; /* as the table read it */
    int32_t today;             /* in China */
    int32_t day;               /* of the application: applied_on or today */
};

/* intake_form_fault.c */
void intake_form_fault(struct form_reading *r,
                       struct form_at at,
                       const char *code,
                       const char *zh,
                       const char *en);
bool intake_form_has_fault(struct form_reading *r, struct form_at at);
/* Texts of faults, in mem; "" when it is full. */
const char *intake_form_text(struct form_reading *r, const char *fmt, ...)
    BUS_PRINTF(2, 3);

/* intake_form_table_read.c: a character that nobody sees (controls, zero width,
 * marks of direction), or blanks alone. The contract says it as a pattern; a
 * test holds the two against each other. */
#define HIDDEN_PATTERN                                                    \
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f" \
    "\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]"               \
    "|^[ \\u00a0\\u2000-\\u200a\\u3000]+$"
bool intake_form_has_control(struct bus_strv s);

/* A day yyyy-mm-dd from the year 0001 on. */
bool intake_form_day(struct bus_strv s, int32_t *ret_days);

/* intake_form_members.c: members, facts, ids, the applicant's personal record.
 */
int intake_form_members(struct form_reading *r) BUS_MUSTCHECK;
struct form_facts
{
    struct sa_fact *v;
    size_t n, cap;
};
/* Facts of an object, declared today: of the household (NULL), or of a member
 * of whom nothing else is said here. What has no room is left out. */
void intake_form_declared(struct form_reading *r,
                          const json_t *map,
                          const char *base,
                          const struct bus_id *member,
                          struct form_facts *list);

/* form_people.c: the operator, the helper, who helped and is neither. */
int intake_form_people(struct form_reading *r, const json_t *j) BUS_MUSTCHECK;

/* form_numbers.c: the digits of an account; of a telephone number, without its
 * +86; empty, where a '+' stands inside. In mem, or empty when it is full. */
struct bus_strv intake_form_digits(struct bus_arena *mem, struct bus_strv s);
struct bus_strv intake_form_phone(struct bus_arena *mem, struct bus_strv s);
/* The dictionary's word for a relation of GB/T 4761; NULL: it is no code. */
const char *intake_relation_word(struct bus_strv code);

#endif
