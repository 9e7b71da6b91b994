#include "bus/partner/transport.h"

#include <stddef.h>

const struct bus_partner_transport_ops *
bus_partner_transport_of(const struct bus_conf_partner *partner)
{
    switch ((enum bus_conf_partner_transport)partner->transport) {
    case BUS_TRANSPORT_SPOOL:
        return &bus_partner_transport_spool;
    case BUS_TRANSPORT_SHEET:
        return &bus_partner_transport_sheet;
    case BUS_TRANSPORT_HTTP:
        return partner->push.url != NULL ? &bus_partner_transport_push
                                         : &bus_partner_transport_http;
    case BUS_TRANSPORT_EXEC:
        return &bus_partner_transport_exec;
    case BUS_TRANSPORT_POSTGRES:
        return &bus_partner_transport_postgres;
    case BUS_TRANSPORT_KAFKA:
        break;
    }
    return NULL;
}
