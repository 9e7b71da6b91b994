#include "bus/base/err.h"
#include "bus/base/check.h"

#include <stdio.h>
#include <string.h>

static const struct
{
    enum bus_act act;
    const char *name, *word;
} codes[] = {
#define X(code, act, word) [code] = {act, #code, word},
    BUS_ERR_CODES(X)
#undef X
};

int bus_vfail(struct bus_err *err,
              enum bus_errc code,
              const char *fmt,
              va_list ap)
{
    BUS_CHECK(code > BUS_OK && code < BUS_ERR_MAX);
    if (err != NULL) {
        err->code = code;
        (void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    }
    return (int)code;
}

int bus_fail(struct bus_err *err, enum bus_errc code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = bus_vfail(err, code, fmt, ap);
    va_end(ap);
    return rc;
}

int bus_wrap(struct bus_err *err, const char *fmt, ...)
{
    if (err == NULL) {
        return BUS_EBUG;
    }
    char old[BUS_ERR_MSG_MAX];
    memcpy(old, err->msg, sizeof(old));
    old[sizeof(old) - 1] = '\0';
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->msg)) {
        size_t room = sizeof(err->msg) - (size_t)n;
        (void)snprintf(err->msg + n, room, ": %.*s",
                       (int)(room > 3 ? room - 3 : 0), old);
    }
    return err->code == BUS_OK ? BUS_EBUG : (int)err->code;
}

int bus_err_own(struct bus_err *err, int rc)
{
    if (rc != BUS_OK && err != NULL && (int)err->code != rc) {
        return bus_fail(err, (enum bus_errc)rc, "%s",
                        bus_errc_text((enum bus_errc)rc));
    }
    return rc;
}

enum bus_act bus_err_act(enum bus_errc code)
{
    return code < BUS_ERR_MAX ? codes[code].act : BUS_ACT_STOP;
}

const char *bus_errc_name(enum bus_errc code)
{
    return code < BUS_ERR_MAX ? codes[code].name : "?";
}

const char *bus_errc_text(enum bus_errc code)
{
    return code < BUS_ERR_MAX ? codes[code].word : "unknown code";
}
