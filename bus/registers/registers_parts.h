/* What the files of the registers share. Internal to the room. */
#ifndef BUS_REGISTERS_REGISTERS_PARTS_H
#define BUS_REGISTERS_REGISTERS_PARTS_H

#include "bus/base/arena.h"
#include "bus/conf/csv.h"
#include "bus/registers/registers.h"

#define REGISTER_ROWS_MAX 200000

/* A list of codes written with spaces, or "*" for all. */
struct register_codes
{
    bool all;
    const char **v;
    size_t n;
};
struct register_organisation
{
    struct bus_register_organisation o; /* first: sorted by its code */
    struct bus_place at;
};
struct register_operator
{
    struct bus_register_operator o;
    unsigned acts; /* bits of enum bus_register_act */
    struct bus_place at;
};
struct register_delegation
{
    const char *id, *giver, *taker, *basis;
    enum bus_register_act act;
    struct register_codes items, towns;
    int64_t amount_fen; /* most of one decision */
    int32_t from_day, until_day;
    struct bus_place at;
};
struct register_seal
{
    const char *id, *org, *operator_id;
    uint8_t key[BUS_REGISTER_KEY_BYTES], maker[BUS_REGISTER_KEY_BYTES];
    bool has_maker;
    struct register_codes items;
    int64_t from_ms, expires_ms, suspended_ms, revoked_ms;
    struct bus_place at;
};
struct register_key
{
    const char *id, *partner;
    uint8_t key[BUS_REGISTER_KEY_BYTES];
    int64_t from_ms, until_ms, revoked_ms;
    struct bus_place at;
};

struct bus_register
{
    struct bus_arena mem;
    char version[17];
    struct register_organisation *organisations; /* by code, from_day */
    struct register_operator *operators;         /* by id, from_day */
    const struct register_operator **assistants; /* by village, from_day */
    struct register_delegation *delegations;     /* by taker */
    struct register_seal *seals;                 /* by id */
    struct register_key *keys;                   /* by id */
    struct bus_register_counts counts;
    size_t assistant_count;
};

/* register_read.c: rows into lists, sorted. */
void registers_read(struct bus_register *r,
                    const struct bus_register_sources *sources,
                    struct bus_faults *faults);
/* register_check.c: what several rows say together. */
void registers_check(struct bus_register *r,
                     const struct bus_register_sources *sources,
                     struct bus_faults *faults);
/* register_role.c: what a role, or several with a space between, may do; 0 if
 * there is not each of them. */
unsigned registers_role_acts(const char *role);
bool registers_act_parse(const char *word, enum bus_register_act *ret);
/* Any row of this code, whatever the day. */
const struct register_organisation *
registers_organisation_any(const struct bus_register *r, struct bus_strv code);
bool registers_codes_has(const struct register_codes *c, struct bus_strv code);

#endif
