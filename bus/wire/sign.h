/* SM3 digests and SM2 signatures (GB/T 32905, GB/T 32918 with the usual
 * distinguishing id 1234567812345678): what an office vouches for with its key.
 *
 * A private key is a PEM file of mode 0600, on the curve SM2 as `openssl
 * genpkey` makes it, without a pass phrase. A public key is its point (04, x,
 * y), written as 130 small hex digits or as PEM. Any thread; nothing is kept
 * between calls but what a bus_wire_sm2_key holds. */
#ifndef BUS_WIRE_SIGN_H
#define BUS_WIRE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define BUS_WIRE_SM3_BYTES 32
#define BUS_WIRE_SM2_MAX   128 /* bytes of a signature, DER */
#define BUS_WIRE_SM2_NAME  16  /* characters of a key's name */
#define BUS_WIRE_SM2_POINT 65  /* bytes of a public key: 04, x, y */
#define BUS_WIRE_SM2_HEX   130 /* the same in hex digits */

/* BUS_EBUG: this OpenSSL has no SM3. */
int bus_wire_sm3(struct bus_strv text,
                 uint8_t ret[BUS_WIRE_SM3_BYTES],
                 struct bus_err *err) BUS_MUSTCHECK;

/* For many texts one after the other: what a digest needs is made once. */
struct bus_wire_sm3er;
int bus_wire_sm3er_new(struct bus_wire_sm3er **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_sm3er_free(struct bus_wire_sm3er *s); /* NULL is allowed */
int bus_wire_sm3er_run(struct bus_wire_sm3er *s,
                       struct bus_strv text,
                       uint8_t ret[BUS_WIRE_SM3_BYTES],
                       struct bus_err *err) BUS_MUSTCHECK;

struct bus_wire_signature
{
    uint8_t der[BUS_WIRE_SM2_MAX];
    size_t n;
    char signer[BUS_WIRE_SM2_NAME + 1]; /* its key's name; "": not told */
};

/* --- private keys --- */

struct bus_wire_sm2_key;
/* Writes a new key to a file that is not there yet, mode 0600. BUS_ECONFIG: it
 * is there, or cannot be written. */
int bus_wire_sm2_keygen(const char *key_file,
                        uint8_t ret_point[BUS_WIRE_SM2_POINT],
                        struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ECONFIG: no such file, others may read it, or it holds no SM2 key. Free
 * it: its secret is wiped. */
int bus_wire_sm2_key_open(const char *key_file,
                          struct bus_wire_sm2_key **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_sm2_key_free(struct bus_wire_sm2_key *k); /* NULL is allowed */
const uint8_t *bus_wire_sm2_key_point(const struct bus_wire_sm2_key *k);
/* Two signatures of one text differ: SM2 takes a fresh random number. */
int bus_wire_sm2_key_sign(const struct bus_wire_sm2_key *k,
                          struct bus_strv text,
                          struct bus_wire_signature *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Opens, signs, frees. */
int bus_wire_sm2_sign(const char *key_file,
                      struct bus_strv text,
                      struct bus_wire_signature *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

/* --- public keys --- */

/* 130 hex digits, or PEM. BUS_EPARSE: neither, or no point of the curve. */
int bus_wire_sm2_point_parse(struct bus_strv text,
                             uint8_t ret[BUS_WIRE_SM2_POINT],
                             struct bus_err *err) BUS_MUSTCHECK;
/* A file with either in it. BUS_ECONFIG. */
int bus_wire_sm2_point_read(const char *public_file,
                            uint8_t ret[BUS_WIRE_SM2_POINT],
                            struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_sm2_point_hex(const uint8_t point[BUS_WIRE_SM2_POINT],
                            char ret[BUS_WIRE_SM2_HEX + 1]);
/* First digits of the SM3 of its SubjectPublicKeyInfo: for people and logs,
 * never a proof. */
int bus_wire_sm2_point_name(const uint8_t point[BUS_WIRE_SM2_POINT],
                            char ret[BUS_WIRE_SM2_NAME + 1],
                            struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ECRYPT: made by another key (the message names both, if the signature
 * tells) or for another text. */
int bus_wire_sm2_point_verify(const uint8_t point[BUS_WIRE_SM2_POINT],
                              struct bus_strv text,
                              const struct bus_wire_signature *signature,
                              struct bus_err *err) BUS_MUSTCHECK;
/* Reads the signer's public key first. */
int bus_wire_sm2_verify(const char *public_file,
                        struct bus_strv text,
                        const struct bus_wire_signature *signature,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
