/* The keyring's file, and what its keys are for; seal.c seals with them. */
#include "bus/wire/keyring.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/wire/seal_parts.h"

#define RING_BYTES_MAX 65536

static const struct
{
    const char *word;
    bool seals, opens, sums;
} kinds[BUS_WIRE_KEY_KINDS] = {
    [BUS_WIRE_KEY_SHARED] = {"aes-256-gcm", true, true, true},
    [BUS_WIRE_KEY_SUMS] = {"sums", false, false, true},
    [BUS_WIRE_KEY_X25519_PUBLIC] = {"x25519-public", true, false, false},
    [BUS_WIRE_KEY_X25519_PRIVATE] = {"x25519-private", true, true, false},
};

const char *bus_wire_key_kind_word(enum bus_wire_key_kind kind)
{
    BUS_CHECK(kind >= 0 && kind < BUS_WIRE_KEY_KINDS);
    return kinds[kind].word;
}

bool wire_key_seals(const struct wire_key *k)
{
    return kinds[k->kind].seals;
}

bool wire_key_opens(const struct wire_key *k)
{
    return kinds[k->kind].opens;
}

bool wire_key_sums(const struct wire_key *k)
{
    return kinds[k->kind].sums;
}

/* --- the file --- */

static int read_secret(const char *path,
                       char *to,
                       size_t cap,
                       size_t *ret_n,
                       struct bus_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int e = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(e));
    }
    if ((st.st_mode & 077) != 0) {
        (void)close(fd);
        return bus_fail(err, BUS_ECONFIG,
                        "%s: others may read it (mode %03o); chmod 600 it",
                        path, (unsigned)st.st_mode & 0777);
    }
    ssize_t n = read(fd, to, cap);
    (void)close(fd);
    if (n < 0 || (size_t)n == cap) {
        return bus_fail(err, BUS_ECONFIG, "%s: %s", path,
                        n < 0 ? strerror(errno) : "larger than a key file is");
    }
    *ret_n = (size_t)n;
    return BUS_OK;
}

int bus_wire_key_file(const char *path,
                      uint8_t ret[BUS_WIRE_KEY_BYTES],
                      struct bus_err *err)
{
    char text[256];
    size_t n = 0;
    int rc = read_secret(path, text, sizeof(text), &n, err);
    while (rc == BUS_OK && n > 0 && isspace((unsigned char)text[n - 1])) {
        n--;
    }
    if (rc == BUS_OK &&
        !bus_hex_read((struct bus_strv){text, n}, ret, BUS_WIRE_KEY_BYTES)) {
        rc = bus_fail(err, BUS_ECONFIG, "%s: must hold 64 hex digits", path);
    }
    explicit_bzero(text, sizeof(text));
    return rc;
}

static struct bus_strv ring_word(struct bus_strv *line)
{
    while (line->n > 0 && (*line->p == ' ' || *line->p == '\t')) {
        line->p++;
        line->n--;
    }
    struct bus_strv w = {line->p, 0};
    while (line->n > 0 && *line->p != ' ' && *line->p != '\t') {
        line->p++;
        line->n--;
        w.n++;
    }
    return w;
}

const struct wire_key *wire_key_of_id(const struct bus_wire_keyring *k,
                                      uint32_t id)
{
    for (size_t i = 0; i < k->count; i++) {
        if (k->keys[i].id == id) {
            return &k->keys[i];
        }
    }
    return NULL;
}

static bool kind_parse(struct bus_strv word, enum bus_wire_key_kind *ret)
{
    for (int i = 0; i < BUS_WIRE_KEY_KINDS; i++) {
        if (bus_strv_is(word, kinds[i].word)) {
            *ret = (enum bus_wire_key_kind)i;
            return true;
        }
    }
    return false;
}

static bool key_ciphers(struct wire_key *k)
{
    const EVP_CIPHER *c = EVP_aes_256_gcm();
    k->seal = EVP_CIPHER_CTX_new();
    k->open = EVP_CIPHER_CTX_new();
    return k->seal != NULL && k->open != NULL &&
           EVP_EncryptInit_ex(k->seal, c, NULL, k->secret, NULL) == 1 &&
           EVP_DecryptInit_ex(k->open, c, NULL, k->secret, NULL) == 1;
}

/* What is worked out once of a key that was read into `secret`. */
static int key_ready(struct wire_key *k, const char *path, struct bus_err *err)
{
    static const struct bus_strv purpose = BUS_STRV("lianou sums 1");
    struct bus_strv secret = {(const char *)k->secret, sizeof(k->secret)};
    switch (k->kind) {
    case BUS_WIRE_KEY_SHARED:
        bus_wire_hmac_sha256(secret, &purpose, 1, k->sums);
        return key_ciphers(k)
                   ? BUS_OK
                   : bus_fail(err, BUS_ENOMEM, "%s: no cipher", path);
    case BUS_WIRE_KEY_SUMS:
        bus_wire_hmac_sha256(secret, &purpose, 1, k->sums);
        return BUS_OK;
    case BUS_WIRE_KEY_X25519_PUBLIC:
        memcpy(k->point, k->secret, sizeof(k->point));
        explicit_bzero(k->secret, sizeof(k->secret));
        return BUS_OK;
    case BUS_WIRE_KEY_X25519_PRIVATE:
        return bus_wire_x25519_public(k->secret, k->point, err);
    case BUS_WIRE_KEY_KINDS:
        break;
    }
    return bus_fail(err, BUS_EBUG, "%s: a kind of key", path);
}

struct ring_line
{
    const char *path;
    int number;
    struct bus_strv text;
};

static int
add_line(struct bus_wire_keyring *k, struct ring_line at, struct bus_err *err)
{
    struct bus_strv line = at.text;
    struct bus_strv id = ring_word(&line), owner = ring_word(&line),
                    kind = ring_word(&line), hex = ring_word(&line);
    int64_t n = 0;
    struct wire_key new = {.kind = BUS_WIRE_KEY_SHARED};
    if (id.n == 0 || id.p[0] == '#') {
        return BUS_OK;
    }
    bool older = hex.n == 0; /* no kind: the one key of both sides */
    bool known = older || kind_parse(kind, &new.kind);
    if (!bus_strv_to_i64(id, &n) || n < 1 || n > UINT32_MAX || owner.n == 0 ||
        owner.n > BUS_WIRE_OWNER_MAX || !known ||
        !bus_hex_read(older ? kind : hex, new.secret, BUS_WIRE_KEY_BYTES) ||
        ring_word(&line).n != 0) {
        explicit_bzero(&new, sizeof(new));
        return bus_fail(err, BUS_ECONFIG,
                        "%s:%d: must be <key id> <owner> <kind> <64 hex "
                        "digits>, the kind one of aes-256-gcm, sums, "
                        "x25519-public, x25519-private",
                        at.path, at.number);
    }
    if (wire_key_of_id(k, (uint32_t)n) != NULL ||
        k->count == BUS_WIRE_KEYS_MAX) {
        explicit_bzero(&new, sizeof(new));
        return k->count == BUS_WIRE_KEYS_MAX
                   ? bus_fail(err, BUS_ECONFIG, "%s: more than %d keys",
                              at.path, BUS_WIRE_KEYS_MAX)
                   : bus_fail(err, BUS_ECONFIG,
                              "%s:%d: key id %u is there already", at.path,
                              at.number, (unsigned)n);
    }
    struct wire_key *to = &k->keys[k->count++];
    *to = new;
    explicit_bzero(&new, sizeof(new));
    to->id = (uint32_t)n;
    (void)bus_strv_copy(to->owner, sizeof(to->owner), owner);
    return key_ready(to, at.path, err);
}

int bus_wire_keyring_open(const char *path,
                          struct bus_wire_keyring **ret,
                          struct bus_err *err)
{
    struct bus_wire_keyring *k = bus_calloc(1, sizeof(*k));
    char *text = bus_malloc(RING_BYTES_MAX);
    size_t n = 0;
    int rc = k == NULL || text == NULL
                 ? bus_fail(err, BUS_ENOMEM, "%s: no memory", path)
                 : read_secret(path, text, RING_BYTES_MAX, &n, err);
    struct ring_line line = {path, 1, {0}};
    for (size_t at = 0; rc == BUS_OK && at < n; line.number++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - (text + at)) : n - at;
        line.text = (struct bus_strv){text + at, len};
        rc = add_line(k, line, err);
        at += len + 1;
    }
    if (text != NULL) {
        explicit_bzero(text, n);
    }
    bus_free(text);
    if (rc != BUS_OK) {
        bus_wire_keyring_free(k);
        return rc;
    }
    *ret = k;
    return BUS_OK;
}

void wire_context_end(struct wire_context *c)
{
    EVP_CIPHER_CTX *cipher = c->cipher;
    if (cipher != NULL) {
        (void)EVP_CIPHER_CTX_reset(cipher);
    }
    explicit_bzero(c, sizeof(*c));
    c->cipher = cipher;
}

static void context_fini(struct wire_context *c)
{
    wire_context_end(c);
    EVP_CIPHER_CTX_free(c->cipher);
}

void bus_wire_keyring_free(struct bus_wire_keyring *k)
{
    if (k == NULL) {
        return;
    }
    for (size_t i = 0; i < k->count; i++) {
        EVP_CIPHER_CTX_free(k->keys[i].seal);
        EVP_CIPHER_CTX_free(k->keys[i].open);
        context_fini(&k->keys[i].to);
    }
    for (size_t i = 0; i < WIRE_OPENED; i++) {
        context_fini(&k->from[i]);
    }
    EVP_CIPHER_CTX_free(k->under);
    explicit_bzero(k, sizeof(*k));
    bus_free(k);
}

void bus_wire_keyring_forget(struct bus_wire_keyring *k)
{
    for (size_t i = 0; i < k->count; i++) {
        if (k->keys[i].to.live) {
            wire_context_end(&k->keys[i].to);
        }
    }
    if (k->under != NULL) {
        (void)EVP_CIPHER_CTX_reset(k->under);
    }
}

/* --- what is in it --- */

size_t bus_wire_keyring_count(const struct bus_wire_keyring *k)
{
    return k->count;
}

struct bus_wire_key_view bus_wire_keyring_at(const struct bus_wire_keyring *k,
                                             size_t i)
{
    BUS_CHECK(i < k->count);
    const struct wire_key *key = &k->keys[i];
    return (struct bus_wire_key_view){key->id, bus_strv(key->owner), key->kind};
}

static bool ring_has(const struct bus_wire_keyring *k,
                     struct bus_strv owner,
                     bool (*can)(const struct wire_key *))
{
    for (size_t i = 0; i < k->count; i++) {
        if (bus_strv_is(owner, k->keys[i].owner) && can(&k->keys[i])) {
            return true;
        }
    }
    return false;
}

bool bus_wire_keyring_seals(const struct bus_wire_keyring *k,
                            struct bus_strv owner)
{
    return ring_has(k, owner, wire_key_seals);
}

bool bus_wire_keyring_opens(const struct bus_wire_keyring *k,
                            struct bus_strv owner)
{
    return ring_has(k, owner, wire_key_opens);
}

bool bus_wire_keyring_sums(const struct bus_wire_keyring *k,
                           struct bus_strv owner)
{
    return ring_has(k, owner, wire_key_sums);
}

#define SUM_PARTS_MAX 16

bool bus_wire_keyring_sum(const struct bus_wire_keyring *k,
                          struct bus_strv owner,
                          size_t nth,
                          const struct bus_strv *parts,
                          size_t n,
                          uint8_t ret[BUS_WIRE_SUM_BYTES])
{
    struct bus_strv v[2 * SUM_PARTS_MAX];
    uint8_t sizes[SUM_PARTS_MAX][4], sum[BUS_WIRE_SHA256_BYTES];
    BUS_CHECK(n <= SUM_PARTS_MAX);
    for (size_t i = k->count; i > 0; i--) {
        const struct wire_key *key = &k->keys[i - 1];
        if (!bus_strv_is(owner, key->owner) || !wire_key_sums(key) ||
            nth-- > 0) {
            continue;
        }
        for (size_t p = 0; p < n; p++) {
            for (int b = 0; b < 4; b++) {
                sizes[p][b] = (uint8_t)(parts[p].n >> (24 - 8 * b));
            }
            v[2 * p] = (struct bus_strv){(const char *)sizes[p], 4};
            v[2 * p + 1] = parts[p];
        }
        bus_wire_hmac_sha256(
            (struct bus_strv){(const char *)key->sums, sizeof(key->sums)}, v,
            2 * n, sum);
        memcpy(ret, sum, BUS_WIRE_SUM_BYTES);
        return true;
    }
    return false;
}

bool bus_wire_keyring_hmac(const struct bus_wire_keyring *k,
                           struct bus_strv owner,
                           uint32_t id,
                           const struct bus_strv *parts,
                           size_t n,
                           uint8_t ret[BUS_WIRE_SHA256_BYTES])
{
    const struct wire_key *key = wire_key_of_id(k, id);
    if (key == NULL || !bus_strv_is(owner, key->owner) || !wire_key_sums(key)) {
        return false;
    }
    bus_wire_hmac_sha256(
        (struct bus_strv){(const char *)key->secret, sizeof(key->secret)},
        parts, n, ret);
    return true;
}
