/* What a form of a page posts: application/x-www-form-urlencoded, decoded.
 *
 * A value is UTF-8 without NUL; line ends are \n. Names may stand more than
 * once; order stays. */
#ifndef BUS_WEB_FIELDS_H
#define BUS_WEB_FIELDS_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/run/http.h"

#define BUS_WEB_FIELDS_MAX 4096

struct bus_web_field
{
    struct bus_strv name, value;
};
struct bus_web_fields
{
    struct bus_web_field *list;
    size_t count;
};
/* In mem. BUS_EPARSE: no such text; BUS_ETOOBIG: more fields than that, or mem
 * is full. */
int bus_web_fields_read(struct bus_strv body,
                        struct bus_arena *mem,
                        struct bus_web_fields *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Of the request; its Content-Type must say so (BUS_EUSAGE). */
int bus_web_fields_of(struct bus_run_http_request *rq,
                      struct bus_web_fields *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* The first of that name; p NULL: none. */
struct bus_strv bus_web_field(const struct bus_web_fields *f, const char *name);

#endif
