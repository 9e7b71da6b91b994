/* An Avro object container file (Avro 1.11, "Object Container Files"): what
 * `lianou export` writes and any Avro tool reads. Avro C packs and writes the
 * blocks; the header is ours, for Avro C writes a schema without its logical
 * types, docs, defaults and attributes. The only place with avro.h. */
#ifndef OPS_CLI_INSPECT_AVRO_FILE_H
#define OPS_CLI_INSPECT_AVRO_FILE_H

#include <stdbool.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

struct avro_file;
/* codec: "null" or "deflate". Writes to `<path>.part`; BUS_EDUPLICATE: path is
 * there. schema_json stands alone and holds every attribute. */
int cli_avro_file_new(const char *path,
                      struct bus_strv schema_json,
                      const char *codec,
                      struct avro_file **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* One record in Avro's binary encoding, without framing. */
int cli_avro_file_put(struct avro_file *f,
                      struct bus_strv body,
                      struct bus_err *err) BUS_MUSTCHECK;
/* keep: the file is on disk under its name, or rc. Else it is removed. f is
 * gone in any case; NULL is allowed with !keep. */
int cli_avro_file_end(struct avro_file *f,
                      bool keep,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
