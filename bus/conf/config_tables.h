/* The descriptor tables of the configuration's files. Internal to the conf
 * room. */
#ifndef BUS_CONF_CONFIG_TABLES_H
#define BUS_CONF_CONFIG_TABLES_H

#include "bus/conf/keys.h"

/* facts.yaml: the two scopes and the sources, each a map by name. */
struct bus_facts_money
{
    int64_t item_max_fen;
};
struct bus_facts_file
{
    struct bus_facts_money money;
    struct bus_list sources, household, member;
};
/* One entry of funds.yaml is a struct bus_fund, of calendar/<year>.yaml: */
struct bus_calendar_file
{
    int64_t year;
    bool provisional;
    const char *source, *confidence;
    struct bus_list holidays; /* struct bus_calendar_span */
    struct bus_list workdays; /* int32_t */
};
struct bus_calendar_span
{
    const char *zh, *en;
    int32_t from, to;
};
struct bus_funds_file
{
    struct bus_list funds;
};

extern const struct bus_keys bus_conf_keys_desk; /* bus_config_desk */
extern const struct bus_keys bus_conf_keys_push; /* bus_conf_partner_push */
extern const struct bus_keys
    bus_conf_keys_postgres;                      /* bus_conf_partner_postgres */
extern const struct bus_keys bus_conf_keys_exec; /* bus_conf_partner_exec */
extern const struct bus_keys bus_conf_keys_config; /* bus.yaml: bus_config */
extern const struct bus_keys
    bus_conf_keys_partner; /* partners.d: bus_conf_partner */
extern const struct bus_keys
    bus_conf_keys_bank_file; /* of a bank: bus_conf_bank_file */
extern const struct bus_keys bus_conf_keys_facts;    /* bus_facts_file */
extern const struct bus_keys bus_conf_keys_funds;    /* bus_funds_file */
extern const struct bus_keys bus_conf_keys_calendar; /* bus_calendar_file */

#endif
