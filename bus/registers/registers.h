/* Who may say what, and when: organisations, operators by real name,
 * delegations, seals, partners' keys, as one whole that never changes. Pure: it
 * is built from texts of bus-config/registers/, and any thread may read it. A
 * question names the day or instant it is about: a replay gets the same answer.
 * Every answer is YES, or the one reason why somebody's word does not count. */
#ifndef BUS_REGISTERS_REGISTERS_H
#define BUS_REGISTERS_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"
#include "bus/base/strv.h"
#include "bus/conf/county.h"

#define BUS_REGISTER_KEY_BYTES   65 /* SM2 public key: 04, x, y */
#define BUS_REGISTER_CODE_MAX    32 /* bytes of a code or an id */
#define BUS_REGISTER_TOWN_DIGITS 9  /* of a division's code (GB/T 2260) */

struct bus_register;

/* CSV texts with their first lines; a text of 0 bytes is an empty list. */
struct bus_register_sources
{
    struct bus_source organisations; /* code,zh,kind,parent,uscc,from,to */
    struct bus_source operators;     /* id,name,org,role,limit_fen,from,to */
    struct bus_source delegations;   /* id,giver,taker,item,act,amount_fen,
                                        towns,from,until,basis */
    struct bus_source seals;         /* id,org,operator,public_key,items,from,
                                        expires,suspended,revoked[,maker] */
    struct bus_source partner_keys;  /* id,partner,public_key,from,until,
                                        revoked */
    const char *county;              /* 6 digits */
    const struct bus_village *villages; /* sorted by code */
    size_t village_count;
};

/* Reads and checks everything and goes on after each fault; NULL if there was
 * any error. Copies what it keeps.
 * - a code stands once; what is named (parent, org, giver) is there
 * - a unified code has its check character (GB 32100)
 * - an operator is a person's name (S41): no place, no office
 * - each village has exactly one assistant at any time (S55), from the first
 *   one's first day without an end */
struct bus_register *
bus_registers_new(const struct bus_register_sources *sources,
                  struct bus_faults *faults);
void bus_registers_free(struct bus_register *r);
/* 16 hex digits of a hash of all texts: equal texts, equal version. */
const char *bus_registers_version(const struct bus_register *r);

/* --- what stands in it; texts live as long as the register --- */

struct bus_register_organisation
{
    const char *code, *name_zh, *kind, *parent, *uscc; /* "" for none */
    int32_t from_day, to_day; /* both inclusive; INT32_MAX: open */
};
struct bus_register_operator
{
    const char *id, *name, *org;
    const char *role;  /* several with a space between */
    int64_t limit_fen; /* of one decision; INT64_MAX: none of his own */
    int32_t from_day, to_day;
};
/* NULL: not there, or not on that day. */
const struct bus_register_organisation *
bus_registers_organisation(const struct bus_register *r,
                           struct bus_strv code,
                           int32_t day);
const struct bus_register_operator *
bus_registers_operator(const struct bus_register *r,
                       struct bus_strv id,
                       int32_t day);
/* In this organisation, and with this `role` as it stands there unless "". */
const struct bus_register_operator *
bus_registers_operator_in(const struct bus_register *r,
                          struct bus_strv id,
                          struct bus_strv org,
                          struct bus_strv role,
                          int32_t day);
const struct bus_register_operator *
bus_registers_assistant(const struct bus_register *r,
                        struct bus_strv village,
                        int32_t day);
/* Is this one of his roles? */
bool bus_registers_has_role(const struct bus_register_operator *o,
                            const char *role);
/* The department that it is, or stands below; NULL: none. */
const struct bus_register_organisation *
bus_registers_department(const struct bus_register *r,
                         struct bus_strv org,
                         int32_t day);
/* The town (9 digits) that it is, or that it, a village or a station, lies in,
 * or stands below; "" for one of the whole county. */
struct bus_strv bus_registers_town(const struct bus_register *r,
                                   struct bus_strv org,
                                   int32_t day);
struct bus_register_counts
{
    size_t organisations, operators, delegations, seals, partner_keys;
};
struct bus_register_counts bus_registers_counts(const struct bus_register *r);

/* --- whose word counts --- */

/* X(name, word in events and faults) */
#define BUS_REGISTER_ANSWERS(X)                           \
    X(YES, "YES")                                         \
    X(OPERATOR_UNKNOWN, "OPERATOR_UNKNOWN")               \
    X(OPERATOR_NOT_THAT_DAY, "OPERATOR_NOT_THAT_DAY")     \
    X(OPERATOR_ELSEWHERE, "OPERATOR_ELSEWHERE")           \
    X(ROLE_MAY_NOT, "ROLE_MAY_NOT")                       \
    X(OPERATOR_LIMIT, "OPERATOR_LIMIT")                   \
    X(NOT_DELEGATED, "NOT_DELEGATED")                     \
    X(DELEGATION_NOT_THAT_DAY, "DELEGATION_NOT_THAT_DAY") \
    X(DELEGATION_TOWN, "DELEGATION_TOWN")                 \
    X(DELEGATION_AMOUNT, "DELEGATION_AMOUNT")             \
    X(SEAL_UNKNOWN, "SEAL_UNKNOWN")                       \
    X(SEAL_OTHERS, "SEAL_OTHERS")                         \
    X(SEAL_ITEM, "SEAL_ITEM")                             \
    X(SEAL_NOT_YET, "SEAL_NOT_YET")                       \
    X(SEAL_EXPIRED, "SEAL_EXPIRED")                       \
    X(SEAL_SUSPENDED, "SEAL_SUSPENDED")                   \
    X(SEAL_REVOKED, "SEAL_REVOKED")                       \
    X(KEY_UNKNOWN, "KEY_UNKNOWN")                         \
    X(KEY_OTHERS, "KEY_OTHERS")                           \
    X(KEY_NOT_NOW, "KEY_NOT_NOW")
enum bus_register_answer {
#define X(name, word) BUS_REGISTER_##name,
    BUS_REGISTER_ANSWERS(X)
#undef X
};
const char *bus_registers_answer_word(enum bus_register_answer answer);

/* What an operator may do is his role's (register_may.c has the table). */
enum bus_register_act {
    BUS_REGISTER_TAKE_DOWN, /* an application */
    BUS_REGISTER_SURVEY,
    BUS_REGISTER_OPINION, /* proposes a decision */
    BUS_REGISTER_DECIDE,
    BUS_REGISTER_PAY, /* approves a batch */
    BUS_REGISTER_ACTS
};
struct bus_register_claim
{
    struct bus_strv operator_id;
    struct bus_strv org; /* whose he says he is; "" if he says nothing */
    enum bus_register_act act;
    struct bus_strv owner;      /* organisation that the matter belongs to */
    struct bus_strv item, town; /* of the matter; town: 9 digits */
    int64_t amount_fen;         /* 0: no money */
    int32_t day;
    bool by_town; /* the item's process gives this to the town itself */
};
/* In office that day, for the organisation he names, in a role that may, within
 * his own limit; and of the owner (or an organisation below it), or of one that
 * the owner has delegated this act to, for this item, town, amount and day, or
 * of an organisation in that town where the process itself says so. */
enum bus_register_answer
bus_registers_may(const struct bus_register *r,
                  const struct bus_register_claim *claim);

struct bus_register_sealing
{
    struct bus_strv seal_id, org, operator_id, item;
    int64_t signed_ms; /* ms since 1970 */
};
struct bus_register_seal_key
{
    const uint8_t *point; /* of who seals */
    const uint8_t *maker; /* of a seal of GB/T 38540; NULL: a plain key */
};
/* YES with its keys: of this organisation (and officer, if it is a person's),
 * for this item, valid at signing. */
enum bus_register_answer
bus_registers_seal_may(const struct bus_register *r,
                       const struct bus_register_sealing *sealing,
                       struct bus_register_seal_key *ret);
/* The same of a partner's signing key at an instant. */
enum bus_register_answer bus_registers_key_of(const struct bus_register *r,
                                              struct bus_strv key_id,
                                              struct bus_strv partner,
                                              int64_t at_ms,
                                              const uint8_t **ret_key);

/* --- pieces that stand alone --- */

/* GB 32100: 18 of 0-9 and A-Z without I, O, S, V, Z, the last a check. */
bool bus_registers_uscc_valid(struct bus_strv code);
/* The last character of a code whose first 17 these are; 0: none. */
char bus_registers_uscc_check(struct bus_strv first17);
/* Why this cannot be a person's name, in English and Chinese; NULL if it can.
 */
const char *bus_registers_name_fault(struct bus_strv name);

#endif
