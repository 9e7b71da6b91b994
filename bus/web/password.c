#include "bus/web/password.h"

#include <string.h>

#include <sodium.h>

_Static_assert(BUS_WEB_HASH_BYTES >= crypto_pwhash_STRBYTES,
               "a hash's text fits");

int bus_web_password_fit(struct bus_strv password, struct bus_err *err)
{
    if (!bus_utf8_valid(password.p, password.n) ||
        bus_utf8_count(password.p, password.n) < BUS_WEB_PASSWORD_MIN ||
        password.n > BUS_WEB_PASSWORD_MAX) {
        return bus_fail(err, BUS_EUSAGE,
                        "a password has %d characters to %d bytes, UTF-8 / "
                        "口令至少%d个字符,至多%d字节",
                        BUS_WEB_PASSWORD_MIN, BUS_WEB_PASSWORD_MAX,
                        BUS_WEB_PASSWORD_MIN, BUS_WEB_PASSWORD_MAX);
    }
    size_t same = 0;
    while (same < password.n && password.p[same] == password.p[0]) {
        same++;
    }
    return same < password.n
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "a password of one character repeated is none / "
                          "口令不能是同一字符的重复");
}

int bus_web_password_hash(struct bus_strv password,
                          char ret[BUS_WEB_HASH_BYTES],
                          struct bus_err *err)
{
    if (sodium_init() < 0) {
        return bus_fail(err, BUS_EBUG, "libsodium does not start");
    }
    return crypto_pwhash_str_alg(ret, password.p, password.n,
                                 crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "a password's hash takes 64 MiB");
}

bool bus_web_password_is(const char *hash, struct bus_strv password)
{
    char none[BUS_WEB_HASH_BYTES];
    if (sodium_init() < 0 || password.n > BUS_WEB_PASSWORD_MAX) {
        return false;
    }
    if (hash[0] == '\0') { /* whether one is there is not told by the time */
        int made = crypto_pwhash_str_alg(
            none, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
        (void)made;
        return false;
    }
    return crypto_pwhash_str_verify(hash, password.p, password.n) == 0;
}
