/* The port at which a partner with transport http fetches and gives.
 *
 *   GET  /v1/partners/{name}/events?after=CURSOR&wait=SECONDS&max=N
 *   POST /v1/partners/{name}/answers        Idempotency-Key: KEY
 *   GET  /v1/partners/openapi.json
 *
 * With push.url in the configuration its events are posted to the partner
 * instead (push.h), and /events says so; without a token there is neither.
 *
 * Who asks shows the partner's token (Authorization: Bearer), whose SHA-256
 * the configuration has; the name is the adapter's own partner and no other.
 * Events come in the order in which they were given to this partner, each with
 * its cursor. `after` says that everything up to that cursor is safe with him:
 * it is kept, on the disk, before those events go; without it he begins where
 * he last said so. One reader at a time; a new one ends the one that waits.
 *
 * An answer is a document as in a spool, and is checked like one; it is
 * answered when Kafka has acknowledged it (200, the acknowledgement) or it is
 * refused (422, the rejection with its faults). The same content, reference or
 * key again: 200 and "again". A key with other content: 422. More than
 * DOOR_POSTS_MAX that wait: 503 with Retry-After.
 *
 * The loop has the requests, the pool the folder; `lock` guards what both see.
 */
#ifndef BUS_PARTNER_DOOR_H
#define BUS_PARTNER_DOOR_H

#include <pthread.h>

#include "bus/base/buf.h"
#include "bus/partner/transport.h"
#include "bus/role/frame.h"

#define DOOR_POSTS_MAX  256
#define DOOR_EVENTS_MAX 64
#define DOOR_BYTES_MAX  (4u << 20) /* of one answer with events */
#define DOOR_WAIT_MAX   60         /* seconds */
#define DOOR_KEY_MAX    128

enum door_post_state { DOOR_POST_NEW, DOOR_POST_TAKEN, DOOR_POST_SETTLED };
struct door_post
{
    struct bus_run_http_request *rq; /* the loop's; NULL: answered */
    uint64_t number;
    enum door_post_state state;
    struct bus_strv body, key;  /* with the request; only while NEW */
    struct bus_id said, values; /* of a key: notes */
    bool keyed;
    int status;
    struct bus_buf note;
    /* What a partner said to a POST of ours: no request, a body of its own. */
    struct bus_buf own;
    void (*heard)(void *data, int status, struct bus_strv note); /* or NULL */
    void *data;
    struct door_post *next;
};
struct door_reader
{
    struct bus_run_http_request *rq; /* NULL: nobody reads */
    bool reading, has_after;
    uint64_t after, deadline_ms, seen;
    size_t max;
    /* of the job */
    int rc;
    struct bus_err err;
    size_t n;
    struct bus_buf out;
};
struct partner_door
{
    struct bus_role_frame *frame;
    const struct bus_conf_partner *partner;
    void (*wake)(void *data); /* an answer has come */
    void *data;
    uint8_t token[32];
    bool stopped;
    struct door_reader reader;
    pthread_mutex_t use; /* held while the folder is read or closed */
    struct bus_partner_transport *transport; /* under use; NULL: not open */
    pthread_mutex_t lock;
    bool ready;                  /* there is a transport */
    struct door_post *posts;     /* the oldest first */
    size_t posts_n;              /* with a request */
    uint64_t numbers, published; /* published: counts what is given */
};

/* --- the loop --- */

/* Before HTTP starts. wake is called on the loop. */
int partner_door_open(struct bus_role_frame *frame,
                      const struct bus_conf_partner *partner,
                      void (*wake)(void *data),
                      void *data,
                      struct partner_door **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Answers what can be answered. */
void partner_door_tick(struct partner_door *d);
/* Nothing waits any more, and nothing new is taken. */
void partner_door_stop(struct partner_door *d);
/* What the partner said to a POST of ours is an answer as those it gives here;
 * copies. heard: on the loop, with 200 or 422 and what is to be said of it; not
 * if the door is stopped before, or after partner_door_unsay(). */
int partner_door_say(struct partner_door *d,
                     struct bus_strv body,
                     void (*heard)(void *data,
                                   int status,
                                   struct bus_strv note),
                     void *data,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Nobody waits for this one any more. */
void partner_door_unsay(struct partner_door *d, const void *data);
void partner_door_close(struct partner_door *d); /* NULL is allowed */

/* --- http.c: what the loop asks of the folder, on the pool --- */

/* Keeps `after`, then appends at most max events behind it; a JSON object.
 * BUS_ESTATE: no cursor that was given. */
int partner_http_read(struct bus_partner_transport *t,
                      const uint64_t *after,
                      size_t max,
                      struct bus_buf *out,
                      size_t *ret_n,
                      struct bus_err *err);

#endif
