#include "bus/web/csrf.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/hex.h"
#include "bus/wire/crypt.h"

#define VISITOR "lianou_visitor"

struct bus_strv bus_web_cookie(const struct bus_run_http_request *rq,
                               const char *name)
{
    struct bus_strv cookies = bus_run_http_header(rq, "Cookie");
    size_t n = strlen(name);
    for (size_t i = 0; i + n < cookies.n; i++) {
        bool begins =
            i == 0 || cookies.p[i - 1] == ' ' || cookies.p[i - 1] == ';';
        if (begins && memcmp(cookies.p + i, name, n) == 0 &&
            cookies.p[i + n] == '=') {
            struct bus_strv v = {cookies.p + i + n + 1, cookies.n - i - n - 1};
            const char *end = v.n > 0 ? memchr(v.p, ';', v.n) : NULL;
            v.n = end != NULL ? (size_t)(end - v.p) : v.n;
            return v;
        }
    }
    return (struct bus_strv){0};
}

void bus_web_csrf_token(struct bus_strv secret, char ret[BUS_WEB_CSRF_HEX + 1])
{
    uint8_t sum[BUS_WIRE_SHA256_BYTES];
    struct bus_strv part = BUS_STRV("lianou form");
    bus_wire_hmac_sha256(secret, &part, 1, sum);
    bus_hex_write(sum, sizeof(sum), ret);
}

/* "https://host:port" is of the request's own Host; "null" is of nobody. */
static bool csrf_from_here(const struct bus_run_http_request *rq)
{
    struct bus_strv site = bus_run_http_header(rq, "Sec-Fetch-Site");
    struct bus_strv origin = bus_run_http_header(rq, "Origin");
    struct bus_strv host = bus_run_http_header(rq, "Host");
    if (site.p != NULL && !bus_strv_is(site, "same-origin") &&
        !bus_strv_is(site, "none")) {
        return false;
    }
    if (origin.p == NULL) {
        return true;
    }
    const char *from = memmem(origin.p, origin.n, "://", 3);
    if (from == NULL) {
        return false;
    }
    struct bus_strv of = {from + 3, origin.n - (size_t)(from + 3 - origin.p)};
    return bus_strv_eq(of, host);
}

/* In a time that does not tell how much of it is right. */
static bool csrf_same(struct bus_strv given, const char *token)
{
    uint8_t other = 0;
    if (given.n != BUS_WEB_CSRF_HEX) {
        return false;
    }
    for (size_t i = 0; i < BUS_WEB_CSRF_HEX; i++) {
        other |= (uint8_t)(given.p[i] ^ token[i]);
    }
    return other == 0;
}

bool bus_web_csrf_held(const struct bus_run_http_request *rq,
                       const struct bus_web_fields *fields,
                       struct bus_strv secret)
{
    char token[BUS_WEB_CSRF_HEX + 1];
    bus_web_csrf_token(secret, token);
    return secret.n > 0 && csrf_from_here(rq) &&
           csrf_same(bus_web_field(fields, "csrf"), token);
}

void bus_web_csrf_visitor(const struct bus_run_http_request *rq,
                          char ret[BUS_WEB_CSRF_HEX + 1])
{
    struct bus_strv v = bus_web_cookie(rq, VISITOR);
    uint8_t bytes[BUS_WEB_CSRF_HEX / 2];
    bool well =
        v.n == BUS_WEB_CSRF_HEX && bus_hex_read(v, bytes, sizeof(bytes));
    (void)bus_strv_copy(ret, BUS_WEB_CSRF_HEX + 1, well ? v : BUS_STRV(""));
}

int bus_web_csrf_visitor_make(struct bus_run_http_request *rq,
                              bool secure,
                              char ret[BUS_WEB_CSRF_HEX + 1],
                              struct bus_err *err)
{
    uint8_t bytes[BUS_WEB_CSRF_HEX / 2];
    char cookie[192];
    bus_web_csrf_visitor(rq, ret);
    if (ret[0] != '\0') {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    bus_hex_write(bytes, sizeof(bytes), ret);
    (void)snprintf(cookie, sizeof(cookie),
                   VISITOR "=%s; Path=/; HttpOnly; SameSite=Strict%s", ret,
                   secure ? "; Secure" : "");
    bus_run_http_set(rq, "Set-Cookie", cookie);
    return BUS_OK;
}
