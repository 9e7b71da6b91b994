/* Passwords of people: Argon2id (RFC 9106) by libsodium, its own text format
 * with salt and cost inside. About 60 ms and 64 MiB a call: for pool threads
 * and commands. */
#ifndef BUS_WEB_PASSWORD_H
#define BUS_WEB_PASSWORD_H

#include <stdbool.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define BUS_WEB_PASSWORD_MIN 10  /* characters */
#define BUS_WEB_PASSWORD_MAX 128 /* bytes */
#define BUS_WEB_HASH_BYTES   128 /* of the text, with NUL */

/* BUS_EUSAGE: too short, too long, no UTF-8, or of one character repeated; the
 * text says which, in both languages, and never the password. */
int bus_web_password_fit(struct bus_strv password,
                         struct bus_err *err) BUS_MUSTCHECK;
int bus_web_password_hash(struct bus_strv password,
                          char ret[BUS_WEB_HASH_BYTES],
                          struct bus_err *err) BUS_MUSTCHECK;
/* hash "": nobody's; takes as long and is false. */
bool bus_web_password_is(const char *hash, struct bus_strv password);

#endif
