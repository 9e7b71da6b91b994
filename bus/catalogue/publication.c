#include "bus/catalogue/publication.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "schemas/catalogue.h"
#include "schemas/register.h"

#define TEXT_MAX 512 /* of what is signed */
#define LAST_MS  ((int64_t)BUS_CATALOGUE_NEVER * 86400000)

int bus_catalogue_bureau_read(const struct bus_config *c,
                              struct bus_catalogue_bureau *ret,
                              struct bus_err *err)
{
    struct bus_strv rest = bus_strv(c->bureau.public_key);
    bool pem = rest.n > 0 && rest.p[0] == '-';
    *ret = (struct bus_catalogue_bureau){0};
    while (rest.n > 0) {
        const char *end = pem ? NULL : memchr(rest.p, ' ', rest.n);
        struct bus_strv one = {rest.p, end ? (size_t)(end - rest.p) : rest.n};
        rest.p += one.n + (end != NULL);
        rest.n -= one.n + (end != NULL);
        if (one.n == 0) {
            continue;
        }
        if (ret->count == BUS_BUREAU_KEYS_MAX) {
            return bus_fail(err, BUS_ECONFIG,
                            "bureau.public_key: more than %d keys / "
                            "公钥不得多于 %d 个",
                            BUS_BUREAU_KEYS_MAX, BUS_BUREAU_KEYS_MAX);
        }
        struct bus_err why;
        if (bus_wire_sm2_point_parse(one, ret->points[ret->count], &why) !=
            BUS_OK) {
            return bus_fail(err, BUS_ECONFIG,
                            "bureau.public_key: found '%.20s': %s", one.p,
                            why.msg);
        }
        ret->count++;
    }
    return BUS_OK;
}

static int publication_text(const struct bus_catalogue_publication *p,
                            char ret[TEXT_MAX],
                            struct bus_strv *ret_text,
                            struct bus_err *err)
{
    uint8_t sm3[BUS_WIRE_SM3_BYTES];
    char hex[2 * BUS_WIRE_SM3_BYTES + 1], day[BUS_DATE_TEXT + 1];
    BUS_TRY(bus_wire_sm3(p->archive, sm3, err));
    for (size_t i = 0; i < sizeof(sm3); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", sm3[i]);
    }
    int n =
        snprintf(ret, TEXT_MAX,
                 "lianou publication 1\nkind %s\ncounty %.*s\nversion "
                 "%.*s\neffective %s\npublished %lld\narchive %s\n",
                 bus_catalogue_archive_word(p->kind), BUS_STRV_ARG(p->county),
                 BUS_STRV_ARG(p->version), bus_date_text(p->effective, day),
                 (long long)p->published_ms, hex);
    bool lines =
        p->version.n > 0 && memchr(p->version.p, '\n', p->version.n) != NULL;
    if (n < 0 || n >= TEXT_MAX || lines) {
        return bus_fail(err, BUS_ECRYPT, "no version is written so");
    }
    *ret_text = (struct bus_strv){ret, (size_t)n};
    return BUS_OK;
}

int bus_catalogue_publication_sign(const struct bus_catalogue_publication *p,
                                   const char *key_file,
                                   struct bus_wire_signature *ret,
                                   struct bus_err *err)
{
    char room[TEXT_MAX];
    struct bus_strv text;
    BUS_TRY(publication_text(p, room, &text, err));
    return bus_wire_sm2_sign(key_file, text, ret, err);
}

int bus_catalogue_publication_verify(const struct bus_catalogue_publication *p,
                                     const struct bus_catalogue_bureau *bureau,
                                     struct bus_err *err)
{
    char room[TEXT_MAX];
    struct bus_strv text;
    struct bus_wire_signature s = {.n = p->signature.n};
    if (p->signature.n == 0) {
        return bus_fail(err, BUS_ECRYPT,
                        "nobody has signed it; only what the bureau has signed "
                        "counts / 未签名,只采用民政局签名的版本");
    }
    (void)bus_strv_copy(s.signer, sizeof(s.signer), p->signer);
    if (p->signature.n > sizeof(s.der) || p->signer.n >= sizeof(s.signer) ||
        strspn(s.signer, "0123456789abcdef") != p->signer.n) {
        return bus_fail(err, BUS_ECRYPT,
                        "its signature is none / 签名格式不符");
    }
    if (bureau->count == 0) {
        return bus_fail(err, BUS_ECRYPT,
                        "bus.yaml has no bureau.public_key: nothing published "
                        "counts / bus.yaml 未填 bureau.public_key,不采用任何"
                        "发布的版本");
    }
    memcpy(s.der, p->signature.p, p->signature.n);
    BUS_TRY(publication_text(p, room, &text, err));
    int rc = BUS_ECRYPT;
    for (size_t i = bureau->count; i > 0 && rc != BUS_OK; i--) {
        rc = bus_wire_sm2_point_verify(bureau->points[i - 1], text, &s, err);
    }
    return rc;
}

bool bus_catalogue_publication_kept(const struct bus_catalogue_publication *p)
{
    return p->kind == BUS_ARCHIVE_CATALOGUE && p->signature.n == 0 &&
           p->effective == BUS_CATALOGUE_NEVER;
}

/* --- events --- */

static int text_in(struct bus_arena *mem,
                   struct bus_strv from,
                   struct bus_strv *ret,
                   struct bus_err *err)
{
    char *p = bus_arena_strndup(mem, from.n > 0 ? from.p : "", from.n);
    *ret = (struct bus_strv){p, from.n};
    return p != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a publication");
}

/* What the signed text can say without two readings. */
static int
check_times(int64_t published_ms, int32_t effective, struct bus_err *err)
{
    return published_ms < 0 || published_ms > LAST_MS || effective < 0 ||
                   effective > BUS_CATALOGUE_NEVER
               ? bus_fail(err, BUS_ERANGE,
                          "published or in force before 1970 or after 9999 / "
                          "发布或生效时间不在 1970 至 9999 年之间")
               : BUS_OK;
}

static int read_catalogue(const struct sa_catalogue *c,
                          struct bus_arena *mem,
                          struct bus_catalogue_publication *ret,
                          struct bus_err *err)
{
    BUS_TRY(check_times(c->published_at, c->effective_from, err));
    ret->effective = c->effective_from;
    ret->published_ms = c->published_at;
    BUS_TRY(text_in(mem, c->version, &ret->version, err));
    BUS_TRY(text_in(mem, c->archive, &ret->archive, err));
    BUS_TRY(text_in(mem, c->signer, &ret->signer, err));
    return text_in(mem, c->signature, &ret->signature, err);
}

static int read_register(const struct sa_register *r,
                         struct bus_arena *mem,
                         struct bus_catalogue_publication *ret,
                         struct bus_err *err)
{
    BUS_TRY(check_times(r->published_at, 0, err));
    ret->effective = bus_china_day(r->published_at);
    ret->published_ms = r->published_at;
    BUS_TRY(text_in(mem, r->version, &ret->version, err));
    BUS_TRY(text_in(mem, r->archive, &ret->archive, err));
    BUS_TRY(text_in(mem, r->signer, &ret->signer, err));
    return text_in(mem, r->signature, &ret->signature, err);
}

int bus_catalogue_publication_read(struct bus_wire_registry *schemas,
                                   enum bus_archive_kind kind,
                                   const char *county,
                                   struct bus_strv value,
                                   struct bus_arena *mem,
                                   struct bus_catalogue_publication *ret,
                                   struct bus_err *err)
{
    void *record = NULL;
    *ret = (struct bus_catalogue_publication){.kind = kind,
                                              .county = bus_strv(county)};
    bool is_register = kind == BUS_ARCHIVE_REGISTER;
    BUS_TRY(bus_wire_decode(
        schemas, is_register ? &sa_register_type : &sa_catalogue_type, value,
        mem, &record, err));
    return is_register ? read_register(record, mem, ret, err)
                       : read_catalogue(record, mem, ret, err);
}
