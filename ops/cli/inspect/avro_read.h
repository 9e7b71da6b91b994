/* Reads an Avro object container file (Avro 1.11, "Object Container Files"),
 * codecs null and deflate: what `lianou export` and other tools write. */
#ifndef OPS_CLI_INSPECT_AVRO_READ_H
#define OPS_CLI_INSPECT_AVRO_READ_H

#include <stdbool.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define AVRO_READ_BLOCK_MAX (256u << 20) /* of one block, unpacked */

/* Begins with "Obj\1"? */
bool cli_avro_read_is(struct bus_strv file);
/* The blocks one after the other: count records in bytes (without framing).
 * schema: the writer's, as JSON. */
typedef int (*avro_read_cb)(void *data,
                            struct bus_strv schema,
                            int64_t count,
                            struct bus_strv bytes,
                            struct bus_err *err);
/* file: the whole of it. BUS_EPARSE, BUS_ETRUNCATED, BUS_ETOOBIG with the byte
 * where it stands. */
int cli_avro_read(struct bus_strv file,
                  avro_read_cb cb,
                  void *data,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
