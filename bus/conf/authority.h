/* The configuration's part in whose word counts: who signs what everybody goes
 * by, when a seal counts, and what may leave at most. Part of bus_config.h. */
#ifndef BUS_CONF_AUTHORITY_H
#define BUS_CONF_AUTHORITY_H

#include <stdint.h>

struct bus_config_bureau /* bus/catalogue/publication.h */
{
    const char *public_key, *key; /* as written; private key file, mode 0600 */
};
struct bus_config_money
{
    int64_t order_max_fen; /* of one order, whatever anybody decided */
};
struct bus_config_treasury /* ops/docs/treasury.md */
{
    int32_t recurring_from; /* day; decisions of before are dispatch's */
    int64_t lead_days;
};
struct bus_config_seals
{
    int32_t required_from;    /* day from which a decision needs one */
    int64_t late_ms, skew_ms; /* signing to arrival; clocks' difference */
};
struct bus_config_process
{
    int32_t required_from; /* day from which a decision needs its steps */
    int64_t hearing_days;  /* working days, before a cut or a stop */
};
struct bus_config_times /* what an event says of when it happened */
{
    int64_t ahead_ms; /* of the broker's clock; beyond it is given back */
    int64_t late_ms, application_late_ms; /* before its arrival, at most */
};

#endif
