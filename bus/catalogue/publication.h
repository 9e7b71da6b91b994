/* What makes a published catalogue or register count: the bureau's signature
 * over what it is, whose, from which day, and of which bytes.
 *
 * Signed are these lines, each with a line feed, with SM2 and SM3:
 *
 *   lianou publication 1
 *   kind catalogue                 or: register
 *   county 371425
 *   version 0123456789abcdef
 *   effective 2026-12-01           first day in force
 *   published 1764547200000        ms since 1970
 *   archive <SM3 in hex>           of the event's archive, gzip and all
 *
 * so that nobody takes an old one, or another county's, for a new one. Pure
 * but for key files. */
#ifndef BUS_CATALOGUE_PUBLICATION_H
#define BUS_CATALOGUE_PUBLICATION_H

#include "bus/catalogue/archive.h"
#include "bus/conf/bus_config.h"
#include "bus/wire/framing.h"

#define BUS_BUREAU_KEYS_MAX 8

struct bus_catalogue_bureau
{
    uint8_t points[BUS_BUREAU_KEYS_MAX][BUS_WIRE_SM2_POINT];
    size_t count; /* 0: nobody's publications count */
};
/* bureau.public_key of bus.yaml. BUS_ECONFIG: it is no key, or more than
 * BUS_BUREAU_KEYS_MAX. */
int bus_catalogue_bureau_read(const struct bus_config *c,
                              struct bus_catalogue_bureau *ret,
                              struct bus_err *err) BUS_MUSTCHECK;

struct bus_catalogue_publication
{
    enum bus_archive_kind kind;
    struct bus_strv county, version; /* county: 6 digits */
    int32_t effective; /* day since 1970; of a register that of publishing */
    int64_t published_ms;
    struct bus_strv archive;
    struct bus_strv signer, signature; /* name of the key; DER. "": nobody */
};
/* An event's value (sa_catalogue, sa_register). Borrows county; the rest is in
 * mem. BUS_ESCHEMA and others: it is no such event. Does not look at the
 * signature. */
int bus_catalogue_publication_read(struct bus_wire_registry *schemas,
                                   enum bus_archive_kind kind,
                                   const char *county,
                                   struct bus_strv value,
                                   struct bus_arena *mem,
                                   struct bus_catalogue_publication *ret,
                                   struct bus_err *err) BUS_MUSTCHECK;
int bus_catalogue_publication_sign(const struct bus_catalogue_publication *p,
                                   const char *key_file,
                                   struct bus_wire_signature *ret,
                                   struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ECRYPT: nobody signed it, not the bureau, or it says something else than
 * what was signed. */
int bus_catalogue_publication_verify(const struct bus_catalogue_publication *p,
                                     const struct bus_catalogue_bureau *bureau,
                                     struct bus_err *err) BUS_MUSTCHECK;
/* A catalogue that a matcher had in its folder and keeps for others to compare
 * with: nobody signs it, it is never in force, and its version is a hash of
 * what it holds, which who uses it holds against it. */
#define BUS_CATALOGUE_NEVER 2932896 /* 9999-12-31 */
bool bus_catalogue_publication_kept(const struct bus_catalogue_publication *p);

#endif
