/* Answers made of the ledger, kept until the ledger says more: what a read
 * costs is then asking whether it does. A keeper belongs to the loop's thread;
 * an answer in it is never changed, so that a pool thread may read one that
 * the loop holds for it.
 *
 * Who asks is part of the key: an answer is for one scope (bus/web/may.h), and
 * nobody else finds it. An answer without a body is a refusal.
 *
 * Over HTTP an answer has an ETag, weak because it is the same for both
 * codings: If-None-Match (RFC 9110, 13.1.2) is answered 304 without a body.
 * From BUS_WEB_PACK_BYTES on it is sent as gzip to who accepts it. */
#ifndef BUS_WEB_KEPT_H
#define BUS_WEB_KEPT_H

#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/run/http.h"

#define BUS_WEB_PACK_BYTES   1024
#define BUS_WEB_KEPT_VERSION 64
#define BUS_WEB_KEPT_ETAG    24

struct bus_web_keeper;
struct bus_web_kept
{
    struct bus_strv key, body, packed; /* packed.n 0: not packed */
    char version[BUS_WEB_KEPT_VERSION], etag[BUS_WEB_KEPT_ETAG];
    int holds; /* the loop's */
};
/* Copies all; on any thread. pack: as gzip, too, if it is long enough. */
int bus_web_kept_new(struct bus_strv key,
                     const char *version,
                     struct bus_strv body,
                     bool pack,
                     struct bus_web_kept **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Gives a hold back, a new one's first as well. NULL is allowed. */
void bus_web_kept_release(struct bus_web_kept *kept);
/* An answer as `packs` wants it: packed, or too short to be. */
bool bus_web_kept_fits(const struct bus_web_kept *kept, bool packs);

/* bytes_max: of all its answers; those asked for least lately go first. */
int bus_web_keeper_new(size_t bytes_max,
                       struct bus_web_keeper **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void bus_web_keeper_free(struct bus_web_keeper *k); /* NULL is allowed */
/* Held; NULL: there is none. */
struct bus_web_kept *bus_web_keeper_find(struct bus_web_keeper *k,
                                         struct bus_strv key);
/* In place of what its key had; holds it as well. */
void bus_web_keeper_put(struct bus_web_keeper *k, struct bus_web_kept *kept);

/* Does he take gzip (RFC 9110, 12.5.3)? header: Accept-Encoding. */
bool bus_web_packs(struct bus_strv header);
/* Is it among those he has? header: If-None-Match. */
bool bus_web_has(struct bus_strv header, const char *etag);
/* 200, or 304 to who has it. Other headers are the caller's. */
void bus_web_kept_answer(struct bus_run_http_request *rq,
                         const struct bus_web_kept *kept);

#endif
