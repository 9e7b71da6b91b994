#include "producers/intake/admit.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/hex.h"
#include "bus/wire/crypt.h"

#define SCHEME  "Lianou-Admission "
#define DAY_MS  INT64_C(86400000)
#define MAC_HEX (2 * BUS_WIRE_SHA256_BYTES)

static const char account_of[] = "account "; /* of a caller's name */

static void admission_mac(const struct intake *in,
                          const struct bus_web_caller *person,
                          const struct intake_sent *sent,
                          char ret[MAC_HEX + 1])
{
    const struct bus_strv use = BUS_STRV("lianou admission 1");
    uint8_t key[BUS_WIRE_SHA256_BYTES], mac[BUS_WIRE_SHA256_BYTES];
    char head[INTAKE_ADMISSION_MAX];
    int n = snprintf(head, sizeof(head), "%s,%s,%s,%lld,%zu\n", person->name,
                     person->operator_id, person->org,
                     (long long)sent->admitted_ms, sent->key.n);
    const struct bus_strv parts[] = {{head, (size_t)n}, sent->key, sent->bytes};
    bus_wire_hmac_sha256(
        (struct bus_strv){(const char *)in->person_key, sizeof(in->person_key)},
        &use, 1, key);
    bus_wire_hmac_sha256((struct bus_strv){(const char *)key, sizeof(key)},
                         parts, sizeof(parts) / sizeof(parts[0]), mac);
    explicit_bzero(key, sizeof(key));
    bus_hex_write(mac, sizeof(mac), ret);
}

void intake_admission_make(const struct intake *in,
                           const struct bus_web_caller *person,
                           const struct intake_sent *sent,
                           char ret[INTAKE_ADMISSION_MAX])
{
    char mac[MAC_HEX + 1];
    admission_mac(in, person, sent, mac);
    (void)snprintf(ret, INTAKE_ADMISSION_MAX, SCHEME "%s,%s,%s,%lld,%s",
                   person->name + sizeof(account_of) - 1, person->operator_id,
                   person->org, (long long)sent->admitted_ms, mac);
}

bool intake_admission_is(struct bus_strv authorization)
{
    size_t n = sizeof(SCHEME) - 1;
    return authorization.n > n && memcmp(authorization.p, SCHEME, n) == 0;
}

/* As long as both are, whatever they differ in. */
static bool admission_same(const char *a, const char *b)
{
    unsigned differs = 0;
    for (size_t i = 0; i < MAC_HEX; i++) {
        differs |= (unsigned)(a[i] ^ b[i]);
    }
    return differs == 0;
}

bool intake_admission_holds(const struct intake *in,
                            struct bus_strv authorization,
                            int64_t now_ms,
                            struct intake_sent *sent,
                            struct bus_web_caller *ret_person)
{
    char text[INTAKE_ADMISSION_MAX], account[65], given[MAC_HEX + 1],
        mac[MAC_HEX + 1];
    long long at_ms = 0;
    *ret_person = (struct bus_web_caller){.kind = BUS_WEB_PERSON};
    if (!intake_admission_is(authorization) ||
        authorization.n >= sizeof(text)) {
        return false;
    }
    (void)bus_strv_copy(text, sizeof(text), authorization);
    if (sscanf(text, SCHEME "%64[^,],%39[^,],%39[^,],%lld,%64[0-9a-f]", account,
               ret_person->operator_id, ret_person->org, &at_ms, given) != 5 ||
        strlen(given) != MAC_HEX) {
        return false;
    }
    (void)snprintf(ret_person->name, sizeof(ret_person->name), "%s%s",
                   account_of, account);
    sent->admitted_ms = at_ms;
    admission_mac(in, ret_person, sent, mac);
    return admission_same(mac, given) && at_ms <= now_ms &&
           now_ms - at_ms <= INTAKE_ADMISSION_DAYS * DAY_MS;
}
