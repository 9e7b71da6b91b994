/* The doors in the configuration. Part of bus_config.h, never changed after
 * loading. */
#ifndef BUS_CONF_HTTP_H
#define BUS_CONF_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/conf/keys.h"

enum bus_http_callers { BUS_HTTP_LOOPBACK, BUS_HTTP_NAMED };
enum bus_http_plain { BUS_HTTP_PLAIN_LOOPBACK, BUS_HTTP_PLAIN_ANYWHERE };
struct bus_config_http
{
    const char *host;
    const char *cert_file, *key_file; /* TLS; NULL: none */
    int callers, plain; /* who need not say who he is; where without TLS */
    int64_t session_ms, applications_hour, applications_day; /* of a person */
    int64_t systems_day;   /* applications of one that signs */
    int64_t guesses_day;   /* wrong ones at POST /v1/progress, of a client */
    int64_t changeable_ms; /* what is submitted on a page; 0: not at all */
    bool second_factor;    /* of who approves money or seals a decision */
    bool any_ports, client_loopback;   /* see KEYS.md */
    struct bus_list proxies, watchers; /* const char *: addresses, nets */
    int64_t client_connections, client_requests, intake, matcher, dispatch,
        ledger, registry, desk, treasury, clock; /* ports; 0 = any */
};
struct bus_config_desk /* the role with pages */
{
    const char *intake;      /* "http://127.0.0.1:8480" */
    const char *intake_ca;   /* NULL: the system's */
    const char *treasury;    /* "http://127.0.0.1:8486" */
    const char *treasury_ca; /* NULL: the system's */
    const char *seals;       /* folder of <seal id>.key */
    const char *signs;       /* keyring of its own key; NULL: signs nothing */
    const char *sheets;      /* folder of the public sheets; NULL: none */
    const char *address;     /* "https://...", on slips; "" for none */
    int64_t body_bytes_max, rows;
};

#endif
