#include "ops/cli/operate/roles.h"

#include <string.h>

const struct cli_role *
cli_roles_of(const struct bus_config *c, struct bus_arena *mem, size_t *ret_n)
{
    const struct bus_config_http *h = &c->http;
    const struct cli_role own[] = {
        {"intake", false, h->intake},     {"matcher", false, h->matcher},
        {"dispatch", false, h->dispatch}, {"ledger", false, h->ledger},
        {"registry", false, h->registry}, {"desk", false, h->desk},
        {"treasury", false, h->treasury}, {"clock", false, h->clock}};
    size_t n = sizeof(own) / sizeof(*own);
    struct cli_role *all =
        bus_arena_calloc(mem, n + c->partners_count, sizeof(*all));
    if (all == NULL) {
        return NULL;
    }
    memcpy(all, own, sizeof(own));
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->metrics_port != 0 && p->transport != BUS_TRANSPORT_KAFKA) {
            all[n++] = (struct cli_role){p->code, true, p->metrics_port};
        }
    }
    *ret_n = n;
    return all;
}

const char *cli_roles_host(const struct bus_config *c)
{
    return strcmp(c->http.host, "0.0.0.0") == 0 ? "127.0.0.1" : c->http.host;
}
