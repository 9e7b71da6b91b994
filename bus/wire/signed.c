#include "bus/wire/signed.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"

#define NONCE_MIN   8
#define NONCE_MAX   64
#define KEYS_TRIED  64
#define SEEN_PROBES 64
#define SIGN_HEX    (2 * BUS_WIRE_SHA256_BYTES)

struct one_sign
{
    struct bus_strv system, key, nonce, signature;
};
struct seen_one
{
    uint8_t sign[16]; /* half of it is enough to know it again */
    int64_t at_ms;    /* 0: nothing stands here */
};
struct bus_wire_signed_seen
{
    struct seen_one slots[BUS_WIRE_SIGNED_SEEN];
};

int bus_wire_signed_seen_new(struct bus_wire_signed_seen **ret,
                             struct bus_err *err)
{
    *ret = bus_calloc(1, sizeof(**ret));
    return *ret != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "signatures seen");
}

void bus_wire_signed_seen_free(struct bus_wire_signed_seen *s)
{
    bus_free(s);
}

bool bus_wire_signed_is(struct bus_strv authorization)
{
    static const char scheme[] = BUS_WIRE_SIGNED_SCHEME " ";
    return authorization.n > sizeof(scheme) - 1 &&
           strncasecmp(authorization.p, scheme, sizeof(scheme) - 1) == 0;
}

/* The next `name=value` of a list with ", " between; false at its end. */
static bool
sign_pair(struct bus_strv *at, struct bus_strv *name, struct bus_strv *value)
{
    while (at->n > 0 && (*at->p == ' ' || *at->p == ',')) {
        at->p++;
        at->n--;
    }
    size_t n = 0;
    while (n < at->n && at->p[n] != ',' && at->p[n] != ' ') {
        n++;
    }
    const char *equals = n > 0 ? memchr(at->p, '=', n) : NULL;
    if (equals == NULL) {
        return false;
    }
    *name = (struct bus_strv){at->p, (size_t)(equals - at->p)};
    *value = (struct bus_strv){equals + 1, n - name->n - 1};
    at->p += n;
    at->n -= n;
    return true;
}

static bool sign_plain(struct bus_strv s, size_t min, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.')) {
            return false;
        }
    }
    return s.n >= min && s.n <= max;
}

static bool sign_read(struct bus_strv authorization, struct one_sign *ret)
{
    const struct
    {
        const char *name;
        struct bus_strv *to;
    } parts[] = {{"system", &ret->system},
                 {"key", &ret->key},
                 {"nonce", &ret->nonce},
                 {"signature", &ret->signature}};
    size_t skip = strlen(BUS_WIRE_SIGNED_SCHEME);
    struct bus_strv at = {authorization.p + skip, authorization.n - skip};
    struct bus_strv name, value;
    *ret = (struct one_sign){0};
    while (sign_pair(&at, &name, &value)) {
        size_t i = 0;
        while (i < 4 && !bus_strv_is(name, parts[i].name)) {
            i++;
        }
        if (i == 4 || parts[i].to->p != NULL) {
            return false;
        }
        *parts[i].to = value;
    }
    return at.n == 0 && sign_plain(ret->system, 1, BUS_WIRE_SIGNED_NAME) &&
           sign_plain(ret->key, 1, 10) &&
           sign_plain(ret->nonce, NONCE_MIN, NONCE_MAX) &&
           sign_plain(ret->signature, SIGN_HEX, SIGN_HEX);
}

/* Takes as long wherever they differ. */
static bool sign_same(const char *a, const char *b)
{
    unsigned differ = 0;
    for (size_t i = 0; i < SIGN_HEX; i++) {
        differ |= (unsigned)((unsigned char)a[i] ^ (unsigned char)b[i]);
    }
    return differ == 0;
}

/* BUS_OK: new, and noted. What is older than it could count gives way. */
static int seen_note(struct bus_wire_signed_seen *s,
                     const uint8_t sign[BUS_WIRE_SHA256_BYTES],
                     int64_t now_ms,
                     struct bus_err *err)
{
    uint32_t at;
    struct seen_one *free_one = NULL;
    memcpy(&at, sign, sizeof(at)); /* a hash already */
    for (uint32_t i = 0; i < SEEN_PROBES; i++) {
        struct seen_one *one = &s->slots[(at + i) % BUS_WIRE_SIGNED_SEEN];
        bool past = one->at_ms < now_ms - 2 * BUS_WIRE_SIGNED_OFF_MS;
        if (!past && memcmp(one->sign, sign, sizeof(one->sign)) == 0) {
            return bus_fail(err, BUS_EDENIED,
                            "the signed request was used before");
        }
        if (past && free_one == NULL) {
            free_one = one;
        }
    }
    if (free_one == NULL) {
        return bus_fail(err, BUS_EFULL,
                        "more signed requests in ten minutes than about %d",
                        BUS_WIRE_SIGNED_SEEN);
    }
    memcpy(free_one->sign, sign, sizeof(free_one->sign));
    free_one->at_ms = now_ms;
    return BUS_OK;
}

/* The six lines under this key; false: there is none of this id. */
static bool sign_lines(const struct bus_wire_signed_request *rq,
                       struct bus_strv date,
                       struct bus_strv nonce,
                       const struct bus_wire_keyring *keys,
                       struct bus_strv system,
                       uint32_t id,
                       uint8_t ret[BUS_WIRE_SHA256_BYTES])
{
    char digest[SIGN_HEX + 1];
    bus_wire_sha256(rq->body.p, rq->body.n, ret);
    bus_hex_write(ret, BUS_WIRE_SHA256_BYTES, digest);
    const struct bus_strv lines[] = {
        BUS_STRV("LIANOU-HMAC-SHA256\n"),
        rq->method,
        BUS_STRV("\n"),
        rq->path,
        BUS_STRV("\n"),
        date,
        BUS_STRV("\n"),
        nonce,
        BUS_STRV("\n"),
        {digest, SIGN_HEX},
        BUS_STRV("\n"),
    };
    return bus_wire_keyring_hmac(keys, system, id, lines,
                                 sizeof(lines) / sizeof(lines[0]), ret);
}

int bus_wire_signed_make(const struct bus_wire_signed_request *rq,
                         const struct bus_wire_keyring *keys,
                         const char *system,
                         int64_t now_ms,
                         char ret_authorization[BUS_WIRE_SIGNED_HEADER],
                         char ret_date[BUS_WIRE_SIGNED_HEADER],
                         struct bus_err *err)
{
    uint8_t bytes[16], hash[BUS_WIRE_SHA256_BYTES];
    char nonce[2 * sizeof(bytes) + 1], signature[SIGN_HEX + 1];
    uint32_t id = KEYS_TRIED;
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    bus_hex_write(bytes, sizeof(bytes), nonce);
    (void)bus_time_text(now_ms, ret_date);
    while (id > 0 && !sign_lines(rq, bus_strv(ret_date), bus_strv(nonce), keys,
                                 bus_strv(system), id, hash)) {
        id--;
    }
    if (id == 0) {
        return bus_fail(err, BUS_ECONFIG, "no key signs as %s", system);
    }
    bus_hex_write(hash, sizeof(hash), signature);
    (void)snprintf(ret_authorization, BUS_WIRE_SIGNED_HEADER,
                   BUS_WIRE_SIGNED_SCHEME
                   " system=%s, key=%u, nonce=%s, signature=%s",
                   system, id, nonce, signature);
    return BUS_OK;
}

int bus_wire_signed_sm2(const struct bus_wire_signed_request *rq,
                        const struct bus_wire_sm2_key *key,
                        const char *system,
                        int64_t now_ms,
                        char ret_authorization[BUS_WIRE_SIGNED_HEADER],
                        char ret_date[BUS_WIRE_SIGNED_HEADER],
                        struct bus_err *err)
{
    uint8_t bytes[16], hash[BUS_WIRE_SHA256_BYTES];
    char nonce[2 * sizeof(bytes) + 1], digest[SIGN_HEX + 1];
    char signature[2 * BUS_WIRE_SM2_MAX + 1], name[BUS_WIRE_SM2_NAME + 1];
    struct bus_wire_signature made;
    struct bus_buf lines = {0};
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    BUS_TRY(bus_wire_sm2_point_name(bus_wire_sm2_key_point(key), name, err));
    bus_hex_write(bytes, sizeof(bytes), nonce);
    bus_wire_sha256(rq->body.p, rq->body.n, hash);
    bus_hex_write(hash, sizeof(hash), digest);
    (void)bus_time_text(now_ms, ret_date);
    bus_buf_printf(&lines, "LIANOU-SM2\n%.*s\n%.*s\n%s\n%s\n%s\n",
                   BUS_STRV_ARG(rq->method), BUS_STRV_ARG(rq->path), ret_date,
                   nonce, digest);
    int rc = lines.failed
                 ? bus_fail(err, BUS_ENOMEM, "a signature")
                 : bus_wire_sm2_key_sign(key, bus_buf_view(&lines), &made, err);
    bus_buf_fini(&lines);
    BUS_TRY(rc);
    bus_hex_write(made.der, made.n, signature);
    int n = snprintf(ret_authorization, BUS_WIRE_SIGNED_HEADER,
                     BUS_WIRE_SIGNED_SM2
                     " system=%s, key=%s, nonce=%s, signature=%s",
                     system, name, nonce, signature);
    return n < BUS_WIRE_SIGNED_HEADER
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "the name of system %.40s", system);
}

int bus_wire_signed_verify(const struct bus_wire_signed_request *rq,
                           const struct bus_wire_keyring *keys,
                           int64_t now_ms,
                           struct bus_wire_signed_seen *seen,
                           char ret[BUS_WIRE_SIGNED_NAME + 1],
                           struct bus_err *err)
{
    struct one_sign sign;
    int64_t at_ms = 0, id = 0;
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    char mine[SIGN_HEX + 1];
    if (!sign_read(rq->authorization, &sign) ||
        !bus_strv_to_i64(sign.key, &id) || id < 1 || id > UINT32_MAX) {
        return bus_fail(err, BUS_EPARSE,
                        "Authorization: " BUS_WIRE_SIGNED_SCHEME
                        " system=, key=, nonce=, signature= are needed, once");
    }
    if (!bus_time_parse(rq->date, &at_ms)) {
        return bus_fail(err, BUS_EPARSE,
                        "Lianou-Date: an instant as "
                        "2026-07-01T09:10:11+08:00 is needed");
    }
    bool known = keys != NULL && sign_lines(rq, rq->date, sign.nonce, keys,
                                            sign.system, (uint32_t)id, hash);
    bus_hex_write(hash, BUS_WIRE_SHA256_BYTES, mine);
    if (!known || !sign_same(mine, sign.signature.p)) {
        return bus_fail(err, BUS_EDENIED, "the signature is not this system's");
    }
    if (at_ms < now_ms - BUS_WIRE_SIGNED_OFF_MS ||
        at_ms > now_ms + BUS_WIRE_SIGNED_OFF_MS) {
        return bus_fail(err, BUS_EDENIED,
                        "the signed request is more than five minutes off");
    }
    BUS_TRY(seen_note(seen, hash, now_ms, err));
    (void)bus_strv_copy(ret, BUS_WIRE_SIGNED_NAME + 1, sign.system);
    return BUS_OK;
}
