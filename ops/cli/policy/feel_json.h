/* JSON as FEEL values and back, for the command line. */
#ifndef OPS_CLI_POLICY_FEEL_JSON_H
#define OPS_CLI_POLICY_FEEL_JSON_H

#include <jansson.h>

#include "bus/base/err.h"
#include "bus/feel/value.h"

/* Objects become contexts, arrays lists; a string "@..." becomes the date, time
 * or duration it holds. */
struct feel_value cli_feel_of_json(struct bus_arena *mem, const json_t *j);
/* A new reference. Dates, times and durations as their text, ranges and
 * functions as FEEL shows them, numbers that are no 64-bit integer as text of
 * all their digits where a double would lose some. */
json_t *cli_feel_to_json(struct bus_arena *mem, const struct feel_value *v);
/* A JSON object of a file; fails with file and line. */
int cli_feel_json_file(struct bus_arena *mem,
                       const char *path,
                       struct feel_value *ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* The clock as now() needs it, in China's time. */
struct feel_value cli_feel_now(void);

#endif
