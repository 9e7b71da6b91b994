/* Codes of the hour (RFC 6238, HMAC-SHA-1, 30 s, six digits): what any
 * telephone's authenticator makes of a secret. Pure. */
#ifndef BUS_WEB_TOTP_H
#define BUS_WEB_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/strv.h"

#define BUS_WEB_TOTP_BYTES   20 /* of a secret */
#define BUS_WEB_TOTP_TEXT    33 /* in base32 (RFC 4648), with NUL */
#define BUS_WEB_TOTP_DIGITS  6
#define BUS_WEB_TOTP_STEP_MS 30000
#define BUS_WEB_TOTP_ADDRESS 300 /* bytes of an address, with NUL */
#define BUS_WEB_TOTP_DRIFT   1   /* steps that a telephone may be off */

int64_t bus_web_totp_step(int64_t wall_ms); /* since 1970 */
/* digits: 1 to 8. ret: that many, with NUL. */
void bus_web_totp_code(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                       int64_t step,
                       unsigned digits,
                       char *ret);
/* The step within the drift that this is the code of; -1: of none. */
int64_t bus_web_totp_of(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                        struct bus_strv code,
                        int64_t wall_ms);

void bus_web_totp_write(const uint8_t secret[BUS_WEB_TOTP_BYTES],
                        char ret[BUS_WEB_TOTP_TEXT]);
/* Capital or small, spaces between. False: it is none. */
bool bus_web_totp_read(struct bus_strv text, uint8_t ret[BUS_WEB_TOTP_BYTES]);

/* What an authenticator reads from a square: otpauth://totp/... ASCII; names
 * are percent-encoded. False: ret is too short. */
bool bus_web_totp_address(const char *secret, /* as text */
                          const char *issuer,
                          const char *account,
                          char *ret,
                          size_t n);

#endif
