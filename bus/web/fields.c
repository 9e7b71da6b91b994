#include "bus/web/fields.h"

#include <strings.h>

static int fields_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "+" and %xx decoded, into to (as long as s). False: %xx is none, a NUL, or no
 * UTF-8. */
static bool fields_decode(struct bus_strv s, char *to, struct bus_strv *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i] == '+' ? ' ' : (uint8_t)s.p[i];
        if (s.p[i] == '%') {
            int high = i + 2 < s.n ? fields_digit(s.p[i + 1]) : -1;
            int low = high >= 0 ? fields_digit(s.p[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = high * 16 + low;
            i += 2;
        }
        if (c == 0) {
            return false;
        }
        if (c != '\r') {
            to[n++] = (char)c;
        }
    }
    *ret = (struct bus_strv){to, n};
    return bus_utf8_valid(to, n);
}

static bool
fields_pair(struct bus_strv pair, char *to, struct bus_web_field *ret)
{
    const char *equals = memchr(pair.p, '=', pair.n);
    size_t n = equals != NULL ? (size_t)(equals - pair.p) : pair.n;
    struct bus_strv value = {pair.p + n, 0};
    if (equals != NULL) {
        value = (struct bus_strv){equals + 1, pair.n - n - 1};
    }
    return fields_decode((struct bus_strv){pair.p, n}, to, &ret->name) &&
           fields_decode(value, to + n, &ret->value);
}

int bus_web_fields_read(struct bus_strv body,
                        struct bus_arena *mem,
                        struct bus_web_fields *ret,
                        struct bus_err *err)
{
    size_t most = 1, at = 0;
    for (size_t i = 0; i < body.n; i++) {
        most += body.p[i] == '&';
    }
    *ret = (struct bus_web_fields){0};
    if (most > BUS_WEB_FIELDS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "more than %d fields",
                        BUS_WEB_FIELDS_MAX);
    }
    char *to = bus_arena_alloc(mem, body.n + 1);
    ret->list = bus_arena_calloc(mem, most, sizeof(*ret->list));
    if (to == NULL || ret->list == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "the fields of a form");
    }
    while (at < body.n) {
        const char *end = memchr(body.p + at, '&', body.n - at);
        size_t n = end != NULL ? (size_t)(end - body.p) - at : body.n - at;
        struct bus_strv pair = {body.p + at, n};
        if (n > 0 && !fields_pair(pair, to, &ret->list[ret->count])) {
            return bus_fail(err, BUS_EPARSE,
                            "field %zu: not as a form encodes it, or no UTF-8",
                            ret->count + 1);
        }
        ret->count += n > 0;
        to += n;
        at += n + 1;
    }
    return BUS_OK;
}

int bus_web_fields_of(struct bus_run_http_request *rq,
                      struct bus_web_fields *ret,
                      struct bus_err *err)
{
    static const char form[] = "application/x-www-form-urlencoded";
    struct bus_strv type = bus_run_http_header(rq, "Content-Type");
    size_t n = sizeof(form) - 1;
    if (type.n < n || strncasecmp(type.p, form, n) != 0 ||
        (type.n > n && type.p[n] != ';' && type.p[n] != ' ')) {
        return bus_fail(err, BUS_EUSAGE, "send %s", form);
    }
    return bus_web_fields_read(bus_run_http_body(rq), bus_run_http_mem(rq), ret,
                               err);
}

struct bus_strv bus_web_field(const struct bus_web_fields *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (bus_strv_is(f->list[i].name, name)) {
            return f->list[i].value;
        }
    }
    return (struct bus_strv){0};
}
