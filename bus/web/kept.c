#include "bus/web/kept.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/catalogue/deflate.h"

#define KEEPER_SLOTS 1024

struct keeper_slot
{
    struct bus_web_kept *kept;
    bool asked; /* since the hand came by */
};
struct bus_web_keeper
{
    struct keeper_slot slots[KEEPER_SLOTS]; /* by the key's hash */
    size_t bytes, bytes_max, hand;
};

/* --- an answer --- */

static size_t kept_bytes(const struct bus_web_kept *k)
{
    return sizeof(*k) + k->key.n + k->body.n + k->packed.n;
}

static struct bus_strv kept_copy(char **to, struct bus_strv s)
{
    char *at = *to;
    if (s.n > 0) {
        memcpy(at, s.p, s.n);
    }
    *to += s.n;
    return (struct bus_strv){at, s.n};
}

int bus_web_kept_new(struct bus_strv key,
                     const char *version,
                     struct bus_strv body,
                     bool pack,
                     struct bus_web_kept **ret,
                     struct bus_err *err)
{
    struct bus_buf packed = {0};
    if (pack && body.n >= BUS_WEB_PACK_BYTES) {
        int rc = bus_catalogue_gzip(body, &packed, err);
        if (rc != BUS_OK) {
            bus_buf_fini(&packed);
            return rc;
        }
    }
    struct bus_strv gzip = bus_buf_view(&packed);
    struct bus_web_kept *k =
        bus_calloc(1, sizeof(*k) + key.n + body.n + gzip.n);
    if (k != NULL) {
        char *to = (char *)(k + 1);
        k->key = kept_copy(&to, key);
        k->body = kept_copy(&to, body);
        k->packed = kept_copy(&to, gzip);
        k->holds = 1;
        (void)bus_strv_copy(k->version, sizeof(k->version), bus_strv(version));
        (void)snprintf(k->etag, sizeof(k->etag), "\"%016" PRIx64 "\"",
                       bus_hash64(body.p, body.n, 17));
        *ret = k;
    }
    bus_buf_fini(&packed);
    return k != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "an answer to keep");
}

void bus_web_kept_release(struct bus_web_kept *kept)
{
    BUS_CHECK(kept == NULL || kept->holds > 0);
    if (kept != NULL && --kept->holds == 0) {
        bus_free(kept);
    }
}

bool bus_web_kept_fits(const struct bus_web_kept *kept, bool packs)
{
    return !packs || kept->packed.n > 0 || kept->body.n < BUS_WEB_PACK_BYTES;
}

/* --- them all --- */

int bus_web_keeper_new(size_t bytes_max,
                       struct bus_web_keeper **ret,
                       struct bus_err *err)
{
    struct bus_web_keeper *k = bus_calloc(1, sizeof(*k));
    if (k == NULL) {
        return bus_fail(err, BUS_ENOMEM, "answers that are kept");
    }
    k->bytes_max = bytes_max;
    *ret = k;
    return BUS_OK;
}

static void keeper_drop(struct bus_web_keeper *k, struct keeper_slot *slot)
{
    if (slot->kept != NULL) {
        BUS_CHECK(k->bytes >= kept_bytes(slot->kept));
        k->bytes -= kept_bytes(slot->kept);
        bus_web_kept_release(slot->kept);
        slot->kept = NULL;
    }
}

void bus_web_keeper_free(struct bus_web_keeper *k)
{
    for (size_t i = 0; k != NULL && i < KEEPER_SLOTS; i++) {
        keeper_drop(k, &k->slots[i]);
    }
    bus_free(k);
}

static struct keeper_slot *keeper_place(struct bus_web_keeper *k,
                                        struct bus_strv key)
{
    return &k->slots[bus_hash64(key.p, key.n, 17) % KEEPER_SLOTS];
}

struct bus_web_kept *bus_web_keeper_find(struct bus_web_keeper *k,
                                         struct bus_strv key)
{
    struct keeper_slot *slot = keeper_place(k, key);
    if (slot->kept == NULL || !bus_strv_eq(slot->kept->key, key)) {
        return NULL;
    }
    slot->asked = true;
    slot->kept->holds++;
    return slot->kept;
}

void bus_web_keeper_put(struct bus_web_keeper *k, struct bus_web_kept *kept)
{
    struct keeper_slot *slot = keeper_place(k, kept->key);
    keeper_drop(k, slot);
    if (kept_bytes(kept) > k->bytes_max) {
        return;
    }
    while (k->bytes + kept_bytes(kept) > k->bytes_max) {
        struct keeper_slot *last = &k->slots[k->hand];
        k->hand = (k->hand + 1) % KEEPER_SLOTS;
        if (!last->asked) {
            keeper_drop(k, last);
        }
        last->asked = false;
    }
    kept->holds++;
    *slot = (struct keeper_slot){kept, false};
    k->bytes += kept_bytes(kept);
}

/* --- over HTTP --- */

static struct bus_strv kept_trim(struct bus_strv s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = (struct bus_strv){s.p + 1, s.n - 1};
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

/* What stands before the next `at`; the rest in *from. */
static struct bus_strv kept_next(struct bus_strv *from, char at)
{
    const char *end = memchr(from->p, at, from->n);
    size_t n = end != NULL ? (size_t)(end - from->p) : from->n;
    struct bus_strv one = {from->p, n};
    size_t used = end != NULL ? n + 1 : n;
    *from = (struct bus_strv){from->p + used, from->n - used};
    return kept_trim(one);
}

/* "q=0", "q=0.000" say no. */
static bool kept_weighs_nothing(struct bus_strv weight)
{
    if (weight.n < 3 || (weight.p[0] != 'q' && weight.p[0] != 'Q') ||
        weight.p[1] != '=') {
        return false;
    }
    for (size_t i = 2; i < weight.n; i++) {
        if (weight.p[i] != '0' && weight.p[i] != '.') {
            return false;
        }
    }
    return true;
}

static bool kept_is_gzip(struct bus_strv coding)
{
    return (coding.n == 4 && strncasecmp(coding.p, "gzip", 4) == 0) ||
           (coding.n == 6 && strncasecmp(coding.p, "x-gzip", 6) == 0);
}

bool bus_web_packs(struct bus_strv header)
{
    bool any = false;
    while (header.n > 0) {
        struct bus_strv weight = kept_next(&header, ',');
        struct bus_strv coding = kept_next(&weight, ';');
        bool well = !kept_weighs_nothing(kept_trim(weight));
        if (kept_is_gzip(coding)) {
            return well;
        }
        any = bus_strv_is(coding, "*") ? well : any;
    }
    return any;
}

bool bus_web_has(struct bus_strv header, const char *etag)
{
    while (header.n > 0) {
        struct bus_strv one = kept_next(&header, ',');
        if (one.n > 2 && one.p[0] == 'W' && one.p[1] == '/') {
            one = (struct bus_strv){one.p + 2, one.n - 2};
        }
        if (bus_strv_is(one, etag) || bus_strv_is(one, "*")) {
            return true;
        }
    }
    return false;
}

void bus_web_kept_answer(struct bus_run_http_request *rq,
                         const struct bus_web_kept *kept)
{
    char weak[BUS_WEB_KEPT_ETAG + 2];
    struct bus_strv body = kept->body;
    (void)snprintf(weak, sizeof(weak), "W/%s", kept->etag);
    bus_run_http_set(rq, "ETag", weak);
    bus_run_http_set(rq, "Vary", "Accept-Encoding");
    if (bus_web_has(bus_run_http_header(rq, "If-None-Match"), kept->etag)) {
        bus_run_http_answer(rq, 304, NULL, NULL, 0);
        return;
    }
    if (kept->packed.n > 0 &&
        bus_web_packs(bus_run_http_header(rq, "Accept-Encoding"))) {
        bus_run_http_set(rq, "Content-Encoding", "gzip");
        body = kept->packed;
    }
    bus_run_http_answer(rq, 200, "application/json", body.p, body.n);
}
