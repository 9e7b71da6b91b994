/* Electronic seals as GB/T 38540-2020 has them (version 4): a seal maker's
 * SESeal for whom it was made, and the SES_Signature of a document under it.
 * Keys are SM2 (sign.h), certificates X.509 in DER as a CA issues them.
 *
 * A seal is as good as its maker, whose public key the caller names; what a CA
 * says about certificates is not asked here: a register says whose keys count.
 * Any thread. Times are ms since 1970, kept to the second. */
#ifndef BUS_WIRE_SES_H
#define BUS_WIRE_SES_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/wire/sign.h"
#include "bus/wire/sm2_tables.h"

#define BUS_WIRE_SES_ID_MAX   64
#define BUS_WIRE_SES_NAME_MAX 192 /* bytes */

/* A certificate file in PEM or DER, as DER in mem; its key must be SM2. */
int bus_wire_ses_cert_read(const char *path,
                           struct bus_arena *mem,
                           struct bus_strv *ret,
                           struct bus_err *err) BUS_MUSTCHECK;

struct bus_wire_ses_self
{
    struct bus_strv name; /* UTF-8 */
    int64_t serial, from_ms, until_ms;
};
/* A new file with a certificate of this key that it signs itself: nobody
 * vouches for it. For demonstrations and tests. BUS_ECONFIG. */
int bus_wire_ses_cert_self(const char *key_file,
                           const struct bus_wire_ses_self *self,
                           const char *cert_file,
                           struct bus_err *err) BUS_MUSTCHECK;

struct bus_wire_ses_seal
{
    struct bus_strv id, name, maker; /* maker: its name, ASCII as the id is */
    struct bus_strv signer_cert;
    int64_t created_ms, from_ms, until_ms;
    struct bus_strv picture_type, picture; /* "PNG" and its bytes */
    int width_mm, height_mm;
};
/* The seal (.esl), signed by its maker; DER in mem. BUS_EUSAGE: a text is
 * empty, too long, or no ASCII where it must be. */
int bus_wire_ses_make(const struct bus_wire_ses_seal *seal,
                      const struct bus_wire_sm2_key *maker,
                      struct bus_strv maker_cert,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
struct bus_wire_ses_act
{
    struct bus_strv seal; /* DER */
    const struct bus_wire_sm2_key *signer;
    struct bus_strv cert;     /* the signer's */
    struct bus_strv what;     /* is signed: "decision"; ASCII */
    struct bus_strv document; /* its bytes */
    int64_t now_ms;
};
/* The document's signature under the seal; DER in mem. BUS_EPARSE: that is no
 * seal. BUS_EUSAGE: the certificate is of another key. */
int bus_wire_ses_sign(const struct bus_wire_ses_act *act,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

struct bus_wire_ses_found
{
    char id[BUS_WIRE_SES_ID_MAX + 1];
    char name[BUS_WIRE_SES_NAME_MAX + 1]; /* as it stands there: foreign text */
    uint8_t signer[BUS_WIRE_SM2_POINT];
    int64_t signed_ms;
};
/* Who sealed this document, and when: the seal is this maker's and was valid
 * then, the signer's certificate is one of the seal's and was valid then, the
 * document is the one that was signed. tables: of who verifies many, one thread
 * (sm2_tables.h); NULL: without. BUS_EPARSE: no such structure;
 * BUS_ECRYPT: one of these does not hold, and which. */
int bus_wire_ses_verify(struct bus_strv signature,
                        struct bus_strv document,
                        const uint8_t maker[BUS_WIRE_SM2_POINT],
                        struct bus_wire_sm2_tables *tables,
                        struct bus_wire_ses_found *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
