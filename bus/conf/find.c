/* Finders over a loaded configuration. */
#include <stdlib.h>
#include <string.h>

#include "bus/conf/bus_config.h"

const struct bus_conf_partner *bus_conf_partner(const struct bus_config *c,
                                                const char *code)
{
    for (size_t i = 0; code && i < c->partners_count; i++) {
        if (c->partners[i].code && strcmp(c->partners[i].code, code) == 0) {
            return &c->partners[i];
        }
    }
    return NULL;
}

int32_t bus_conf_once_from(const struct bus_conf_partner *bank)
{
    return bank != NULL && bank->file.format != BUS_CONF_BANK_NONE &&
                   bank->file.once_from != 0
               ? bank->file.once_from
               : INT32_MAX;
}

const struct bus_fund *bus_conf_fund(const struct bus_config *c,
                                     const char *code)
{
    for (size_t i = 0; code && i < c->funds_count; i++) {
        if (strcmp(c->funds[i].code, code) == 0) {
            return &c->funds[i];
        }
    }
    return NULL;
}

const struct bus_village *bus_conf_village(const struct bus_config *c,
                                           struct bus_strv code)
{
    size_t low = 0;
    size_t high = c->villages_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = bus_strv_cmp(bus_strv(c->villages[mid].code), code);
        if (d == 0) {
            return &c->villages[mid];
        }
        if (d < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

const struct bus_fact *
bus_conf_fact(const struct bus_config *c, int scope, struct bus_strv name)
{
    for (size_t i = 0; i < c->facts_count; i++) {
        if (c->facts[i].scope == scope && bus_strv_is(name, c->facts[i].name)) {
            return &c->facts[i];
        }
    }
    return NULL;
}

bool bus_conf_http_beyond(const struct bus_config *c)
{
    const char *host = c->http.host;
    bool loopback = strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
                    strcmp(host, "localhost") == 0;
    return !loopback && c->http.cert_file == NULL &&
           c->http.plain == BUS_HTTP_PLAIN_LOOPBACK;
}
