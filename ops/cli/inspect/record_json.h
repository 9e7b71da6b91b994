/* JSON text as a record in Avro's binary form: the way back from
 * bus_wire_print() (ids as UUIDs, bytes as hex, unions plain), and from Avro's
 * own JSON encoding (a union as {"branch": value}). */
#ifndef OPS_CLI_INSPECT_RECORD_JSON_H
#define OPS_CLI_INSPECT_RECORD_JSON_H

#include <jansson.h>

#include "bus/wire/schema.h"

struct record_json
{
    /* A bare number where a union has both int and long: is it the int? Of the
     * record it stands in. NULL: the long. */
    bool (*is_int)(void *data, const json_t *record);
    void *data;
};
/* BUS_EPARSE names the field: "facts[3].value: ...". */
int cli_record_from_json(const struct record_json *how,
                         const struct bus_wire_schema *schema,
                         const json_t *json,
                         struct bus_buf *out,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
