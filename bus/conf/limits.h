/* Limits of the configuration that arrays elsewhere are made for. Each stands
 * here once: the tables of keys refuse what is beyond, and who has such an
 * array takes its size from here and checks what it was given. */
#ifndef BUS_CONF_LIMITS_H
#define BUS_CONF_LIMITS_H

#define BUS_CONF_LANES_MAX       32 /* matcher.lanes */
#define BUS_CONF_PARTITIONS_MAX  1024
#define BUS_CONF_CONNECTIONS_MAX 16                  /* ledger.connections */
#define BUS_CONF_ROWS_MAX        10000               /* ledger.batch_rows */
#define BUS_CONF_PARKED_MAX      64                  /* matcher.park_max */
#define BUS_CONF_ORDER_MAX_FEN   INT64_C(1000000000) /* money.order_max */
#define BUS_CONF_TEXT_MAX        1024 /* bytes, where a key says nothing */
#define BUS_CONF_ITEMS_MAX       1000 /* of a list, likewise */

#endif
