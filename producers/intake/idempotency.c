#include "producers/intake/idempotency.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bus/base/heap.h"

#define READ_SLOTS 4096

struct known_slot /* as it stands in the file, in this machine's byte order */
{
    struct bus_id id;
    uint64_t body;
    uint64_t number;  /* from 1; 0: none */
    uint32_t outcome; /* 0: pending, never in the file */
    uint32_t check;
};

static uint32_t check_of(const struct known_slot *s)
{
    return (uint32_t)bus_hash64(s, offsetof(struct known_slot, check), 2);
}

static struct bus_strv idempotency_key_of(const struct known_slot *s)
{
    return (struct bus_strv){(const char *)s->id.b, sizeof(s->id.b)};
}

static struct known_slot *idempotency_find(const struct idempotency *k,
                                           const struct bus_id *id)
{
    struct bus_strv key = {(const char *)id->b, sizeof(id->b)};
    return bus_map_get(&k->by_id, key);
}

/* The slot's key is borrowed by the map: it leaves before it is changed. */
static void idempotency_forget(struct idempotency *k, struct known_slot *s)
{
    if (s->number != 0 && idempotency_find(k, &s->id) == s) {
        (void)bus_map_del(&k->by_id, idempotency_key_of(s));
    }
    *s = (struct known_slot){0};
}

static int idempotency_set(struct idempotency *k, const struct known_slot *from)
{
    struct known_slot *s = &k->ring[from->number % k->max];
    idempotency_forget(k, s);
    struct known_slot *older = idempotency_find(k, &from->id);
    if (older != NULL) {
        idempotency_forget(k, older);
    }
    *s = *from;
    int rc = bus_map_put(&k->by_id, idempotency_key_of(s), s);
    if (rc != BUS_OK) {
        *s = (struct known_slot){0};
    }
    return rc;
}

/* Newest last, so that the ring is refilled in the order it was written. */
static int idempotency_load(struct idempotency *k, struct bus_err *err)
{
    struct known_slot *part = bus_malloc(READ_SLOTS * sizeof(*part));
    int rc = part == NULL ? BUS_ENOMEM : BUS_OK;
    off_t at = 0;
    ssize_t n = 0;
    while (rc == BUS_OK &&
           (n = pread(k->fd, part, READ_SLOTS * sizeof(*part), at)) > 0) {
        size_t slots = (size_t)n / sizeof(*part);
        for (size_t i = 0; rc == BUS_OK && i < slots; i++) {
            const struct known_slot *s = &part[i];
            const struct known_slot *there = idempotency_find(k, &s->id);
            if (s->number != 0 && s->check == check_of(s) &&
                (there == NULL || there->number < s->number)) {
                rc = idempotency_set(k, s);
                k->next = s->number >= k->next ? s->number + 1 : k->next;
            }
        }
        at += (off_t)(slots * sizeof(*part));
        if (slots == 0) {
            break; /* a torn end */
        }
    }
    bus_free(part);
    return rc == BUS_OK && n >= 0
               ? BUS_OK
               : bus_fail(err, rc != BUS_OK ? (enum bus_errc)rc : BUS_EIO,
                          "%s: cannot be read", k->path);
}

/* The ring and the file are there, and nobody else has the file. */
static int idempotency_owned(const struct idempotency *k, struct bus_err *err)
{
    if (k->ring == NULL) {
        return bus_fail(err, BUS_ENOMEM, "what was taken before");
    }
    if (k->fd < 0) {
        return bus_fail(err, BUS_EIO, "%s: cannot be opened: %s", k->path,
                        strerror(errno));
    }
    return flock(k->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG,
                          "%s is in use by another process: wait for it, or "
                          "give this one a state_dir of its own",
                          k->path);
}

int intake_idempotency_open(struct idempotency *k,
                            const char *dir,
                            uint64_t max,
                            struct bus_err *err)
{
    *k = (struct idempotency){.fd = -1, .next = 1, .max = max};
    (void)snprintf(k->path, sizeof(k->path), "%s/known", dir);
    k->ring = bus_calloc(max, sizeof(*k->ring));
    k->fd = open(k->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc;
    BUS_TRY_GOTO(rc, idempotency_owned(k, err), failed);
    BUS_TRY_GOTO(rc, idempotency_load(k, err), failed);
    return BUS_OK;
failed:
    intake_idempotency_close(k);
    return rc;
}

void intake_idempotency_close(struct idempotency *k)
{
    if (k == NULL || k->path[0] == '\0') {
        return;
    }
    if (k->fd >= 0) {
        (void)close(k->fd);
    }
    bus_map_fini(&k->by_id);
    bus_free(k->ring);
    *k = (struct idempotency){0};
}

enum idempotency_is intake_idempotency_probe(const struct idempotency *k,
                                             const struct bus_id *id,
                                             uint64_t body,
                                             uint32_t *ret_outcome)
{
    const struct known_slot *s = idempotency_find(k, id);
    if (s == NULL) {
        return KNOWN_NEW;
    }
    if (s->body != body) {
        return KNOWN_OTHER;
    }
    if (ret_outcome != NULL) {
        *ret_outcome = s->outcome;
    }
    return s->outcome == 0 ? KNOWN_PENDING : KNOWN_SAME;
}

int intake_idempotency_begin(struct idempotency *k,
                             const struct bus_id *id,
                             uint64_t body,
                             struct bus_err *err)
{
    struct known_slot s = {.id = *id, .body = body, .number = k->next};
    if (idempotency_find(k, id) != NULL) {
        return BUS_OK;
    }
    if (idempotency_set(k, &s) != BUS_OK) {
        return bus_fail(err, BUS_ENOMEM, "what was taken before");
    }
    k->next++;
    return BUS_OK;
}

void intake_idempotency_taken(struct idempotency *k,
                              const struct bus_id *id,
                              uint64_t body,
                              uint32_t outcome)
{
    struct known_slot *s = idempotency_find(k, id);
    if (s == NULL && intake_idempotency_begin(k, id, body, NULL) == BUS_OK) {
        s = idempotency_find(k, id);
    }
    if (s == NULL || s->body != body || s->outcome != 0) {
        return;
    }
    s->outcome = outcome;
    s->check = check_of(s);
    off_t at = (off_t)(s->number % k->max * sizeof(*s));
    /* A full disk costs the memory of it after a restart, nothing more. */
    (void)!pwrite(k->fd, s, sizeof(*s), at);
}

void intake_idempotency_failed(struct idempotency *k,
                               const struct bus_id *id,
                               uint64_t body)
{
    struct known_slot *s = idempotency_find(k, id);
    if (s != NULL && s->outcome == 0 && s->body == body) {
        idempotency_forget(k, s);
    }
}
