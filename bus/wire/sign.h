/* SM3 digests and SM2 signatures (GB/T 32905, GB/T 32918 with the usual
 * identifier 1234567812345678): what an office vouches for with its key. Keys
 * are PEM files on the curve SM2, as `openssl genpkey` makes them. */
#ifndef BUS_WIRE_SIGN_H
#define BUS_WIRE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define BUS_WIRE_SM3_BYTES 32
#define BUS_WIRE_SM2_MAX   128 /* bytes of a signature, DER */
#define BUS_WIRE_SM2_NAME  16  /* characters of a key's name */

/* BUS_EBUG: this OpenSSL has no SM3. */
int bus_wire_sm3(struct bus_strv text,
                 uint8_t ret[BUS_WIRE_SM3_BYTES],
                 struct bus_err *err) BUS_MUSTCHECK;
struct bus_wire_signature
{
    uint8_t der[BUS_WIRE_SM2_MAX];
    size_t n;
    char signer[BUS_WIRE_SM2_NAME + 1]; /* first digits of its public key's SM3
                                         */
};
/* key_file: the private key, mode 0600. BUS_ECONFIG: no such key. Two
 * signatures of one text differ: SM2 takes a fresh random number. */
int bus_wire_sm2_sign(const char *key_file,
                      struct bus_strv text,
                      struct bus_wire_signature *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* public_file: the signer's public key. BUS_ECRYPT: made by another key (the
 * message names both) or for another text. */
int bus_wire_sm2_verify(const char *public_file,
                        struct bus_strv text,
                        const struct bus_wire_signature *signature,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
