#include "bus/web/totp.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int64_t bus_web_totp_step(int64_t wall_ms)
{
    return wall_ms / BUS_WEB_TOTP_STEP_MS;
}

void bus_web_totp_code(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                       int64_t step,
                       unsigned digits,
                       char *ret)
{
    uint8_t counter[8], mac[BUS_WIRE_SHA1_BYTES];
    uint32_t bound = 1;
    BUS_CHECK(digits >= 1 && digits <= 8);
    for (size_t i = 0; i < sizeof(counter); i++) {
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    }
    bus_wire_hmac_sha1(
        (struct bus_strv){(const char *)secret, BUS_WEB_TOTP_BYTES},
        (struct bus_strv){(const char *)counter, sizeof(counter)}, mac);
    const uint8_t *at = mac + (mac[sizeof(mac) - 1] & 15); /* RFC 4226, 5.3 */
    uint32_t n = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 |
                 (uint32_t)at[2] << 8 | at[3];
    for (unsigned i = 0; i < digits; i++) {
        bound *= 10;
    }
    n %= bound;
    ret[digits] = '\0';
    for (unsigned i = digits; i > 0; i--) {
        ret[i - 1] = (char)('0' + n % 10);
        n /= 10;
    }
}

/* All of it is looked at, so that the time says nothing. */
static bool totp_same(const char *a, struct bus_strv b)
{
    unsigned differ = 0;
    for (size_t i = 0; i < BUS_WEB_TOTP_DIGITS; i++) {
        differ |= (unsigned)(uint8_t)(a[i] ^ b.p[i]);
    }
    return differ == 0;
}

int64_t bus_web_totp_of(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                        struct bus_strv code,
                        int64_t wall_ms)
{
    int64_t now = bus_web_totp_step(wall_ms), found = -1;
    char wanted[BUS_WEB_TOTP_DIGITS + 1];
    if (code.n != BUS_WEB_TOTP_DIGITS) {
        return -1;
    }
    for (int64_t step = now - BUS_WEB_TOTP_DRIFT;
         step <= now + BUS_WEB_TOTP_DRIFT; step++) {
        bus_web_totp_code(secret, step, BUS_WEB_TOTP_DIGITS, wanted);
        found = totp_same(wanted, code) ? step : found;
    }
    explicit_bzero(wanted, sizeof(wanted));
    return found;
}

void bus_web_totp_write(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                        char ret[BUS_WEB_TOTP_TEXT])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;
    for (size_t i = 0; i < BUS_WEB_TOTP_BYTES; i++) {
        bits = bits << 8 | secret[i];
        for (held += 8; held >= 5; held -= 5) {
            ret[n++] = base32[bits >> (held - 5) & 31];
        }
    }
    ret[n] = '\0';
}

bool bus_web_totp_read(struct bus_strv text, uint8_t ret[BUS_WEB_TOTP_BYTES])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        const char *at = c != '\0' ? strchr(base32, c) : NULL;
        if (c == ' ') {
            continue;
        }
        if (at == NULL || n == BUS_WEB_TOTP_BYTES) {
            return false;
        }
        bits = bits << 5 | (uint32_t)(at - base32);
        held += 5;
        if (held >= 8) {
            held -= 8;
            ret[n++] = (uint8_t)(bits >> held);
        }
    }
    return n == BUS_WEB_TOTP_BYTES && held == 0;
}

static size_t totp_encode(const char *from, char *to, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t used = 0;
    for (; *from != '\0' && used + 3 < n; from++) {
        uint8_t c = (uint8_t)*from;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_') {
            to[used++] = (char)c;
        } else {
            to[used++] = '%';
            to[used++] = hex[c >> 4];
            to[used++] = hex[c & 15];
        }
    }
    to[used] = '\0';
    return used;
}

bool bus_web_totp_address(const char *secret,
                          const char *issuer,
                          const char *account,
                          char *ret,
                          size_t n)
{
    char by[160], whose[256];
    (void)totp_encode(issuer, by, sizeof(by));
    (void)totp_encode(account, whose, sizeof(whose));
    int used = snprintf(ret, n, "otpauth://totp/%s:%s?secret=%s&issuer=%s", by,
                        whose, secret, by);
    return used > 0 && (size_t)used < n;
}
