/* Hashes and HMAC, random bytes; the only room with OpenSSL.
 * Keyrings and sealed fields: keyring.h. */
#ifndef BUS_WIRE_CRYPT_H
#define BUS_WIRE_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/wire/ids.h"

#define BUS_WIRE_SHA256_BYTES 32
#define BUS_WIRE_KEY_BYTES    32

void bus_wire_sha256(const void *p,
                     size_t n,
                     uint8_t ret[BUS_WIRE_SHA256_BYTES]);
/* Of the parts one after the other. */
void bus_wire_sha256_parts(const struct bus_strv *parts,
                           size_t n,
                           uint8_t ret[BUS_WIRE_SHA256_BYTES]);
void bus_wire_md5(const void *p, size_t n, uint8_t ret[16]);
void bus_wire_hmac_sha256(struct bus_strv key,
                          const struct bus_strv *parts,
                          size_t n,
                          uint8_t ret[BUS_WIRE_SHA256_BYTES]);
/* For codes of the hour (RFC 6238), which telephones make with SHA-1. */
#define BUS_WIRE_SHA1_BYTES 20
void bus_wire_hmac_sha1(struct bus_strv key,
                        struct bus_strv text,
                        uint8_t ret[BUS_WIRE_SHA1_BYTES]);
int bus_wire_random(void *to, size_t n, struct bus_err *err) BUS_MUSTCHECK;

#endif
