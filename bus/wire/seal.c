/* The keyring and sealed fields.
 *
 * - seal: the owner's newest key, a fresh nonce, the binding as additional data
 * - open: the key the value names; a failed tag is BUS_ECRYPT and nothing else
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/wire/crypt.h"

#define SEAL_VERSION   1
#define NONCE_BYTES    12
#define TAG_BYTES      16
#define HEAD_BYTES     (1 + 4 + NONCE_BYTES)
#define KEYS_MAX       256
#define OWNER_MAX      32
#define RING_BYTES_MAX 65536
#define AAD_MAX        160

struct key
{
    uint32_t id;
    char owner[OWNER_MAX + 1];
    EVP_CIPHER_CTX *seal, *open;         /* keyed once, a nonce each call */
    uint8_t sums[BUS_WIRE_SHA256_BYTES]; /* the key of its sums */
    uint8_t secret[BUS_WIRE_KEY_BYTES];
};
struct bus_wire_keyring
{
    size_t count;
    struct key keys[KEYS_MAX];
};

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

static int make_ctx(struct key *k, const uint8_t *secret)
{
    k->seal = EVP_CIPHER_CTX_new();
    k->open = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *c = EVP_aes_256_gcm();
    return k->seal != NULL && k->open != NULL &&
           EVP_EncryptInit_ex(k->seal, c, NULL, secret, NULL) == 1 &&
           EVP_DecryptInit_ex(k->open, c, NULL, secret, NULL) == 1;
}

static struct bus_strv seal_word(struct bus_strv *line)
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

static const struct key *find_id(const struct bus_wire_keyring *k, uint32_t id)
{
    for (size_t i = 0; i < k->count; i++) {
        if (k->keys[i].id == id) {
            return &k->keys[i];
        }
    }
    return NULL;
}

static int add_line(struct bus_wire_keyring *k,
                    struct bus_strv line,
                    const char *path,
                    int number,
                    struct bus_err *err)
{
    struct bus_strv id = seal_word(&line), owner = seal_word(&line),
                    hex = seal_word(&line);
    int64_t n = 0;
    uint8_t secret[BUS_WIRE_KEY_BYTES];
    if (id.n == 0 || id.p[0] == '#') {
        return BUS_OK;
    }
    if (!bus_strv_to_i64(id, &n) || n < 1 || n > UINT32_MAX || owner.n == 0 ||
        owner.n > OWNER_MAX || !bus_hex_read(hex, secret, BUS_WIRE_KEY_BYTES) ||
        seal_word(&line).n != 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s:%d: must be <key id> <owner> <64 hex digits>", path,
                        number);
    }
    if (find_id(k, (uint32_t)n) != NULL) {
        return bus_fail(err, BUS_ECONFIG, "%s:%d: key id %u is there already",
                        path, number, (unsigned)n);
    }
    if (k->count == KEYS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "%s: more than %d keys", path,
                        KEYS_MAX);
    }
    struct key *to = &k->keys[k->count++];
    to->id = (uint32_t)n;
    (void)bus_strv_copy(to->owner, sizeof(to->owner), owner);
    memcpy(to->secret, secret, sizeof(to->secret));
    int ok = make_ctx(to, secret);
    static const struct bus_strv purpose = BUS_STRV("lianou sums 1");
    bus_wire_hmac_sha256(
        (struct bus_strv){(const char *)secret, sizeof(secret)}, &purpose, 1,
        to->sums);
    explicit_bzero(secret, sizeof(secret));
    return ok ? BUS_OK : bus_fail(err, BUS_ENOMEM, "%s: no cipher", path);
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
    int number = 1;
    for (size_t at = 0; rc == BUS_OK && at < n; number++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - (text + at)) : n - at;
        rc = add_line(k, (struct bus_strv){text + at, len}, path, number, err);
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

void bus_wire_keyring_free(struct bus_wire_keyring *k)
{
    for (size_t i = 0; k != NULL && i < k->count; i++) {
        EVP_CIPHER_CTX_free(k->keys[i].seal);
        EVP_CIPHER_CTX_free(k->keys[i].open);
        explicit_bzero(k->keys[i].sums, sizeof(k->keys[i].sums));
        explicit_bzero(k->keys[i].secret, sizeof(k->keys[i].secret));
    }
    bus_free(k);
}

static const struct key *newest(const struct bus_wire_keyring *k,
                                struct bus_strv owner)
{
    for (size_t i = k->count; i > 0; i--) {
        if (bus_strv_is(owner, k->keys[i - 1].owner)) {
            return &k->keys[i - 1];
        }
    }
    return NULL;
}

bool bus_wire_keyring_has(const struct bus_wire_keyring *k,
                          struct bus_strv owner)
{
    return newest(k, owner) != NULL;
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
        const struct key *key = &k->keys[i - 1];
        if (!bus_strv_is(owner, key->owner) || nth-- > 0) {
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
    const struct key *key = find_id(k, id);
    if (key == NULL || !bus_strv_is(owner, key->owner)) {
        return false;
    }
    bus_wire_hmac_sha256(
        (struct bus_strv){(const char *)key->secret, sizeof(key->secret)},
        parts, n, ret);
    return true;
}

static size_t aad_of(const struct bus_wire_binding *b, uint8_t to[AAD_MAX])
{
    int n = snprintf((char *)to, AAD_MAX - sizeof(*b->event_id), "%s%c%s%c",
                     b->record, 0, b->field, 0);
    memcpy(to + n, b->event_id->b, sizeof(b->event_id->b));
    return (size_t)n + sizeof(b->event_id->b);
}

int bus_wire_seal(struct bus_wire_keyring *k,
                  struct bus_strv owner,
                  const struct bus_wire_binding *binding,
                  struct bus_strv plain,
                  uint8_t *to,
                  struct bus_err *err)
{
    const struct key *key = newest(k, owner);
    if (key == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the keyring has no key of '%.*s'",
                        BUS_STRV_ARG(owner));
    }
    to[0] = SEAL_VERSION;
    for (int i = 0; i < 4; i++) {
        to[1 + i] = (uint8_t)(key->id >> (24 - 8 * i));
    }
    int rc = bus_wire_random(to + 5, NONCE_BYTES, err);
    if (rc != BUS_OK) {
        return rc;
    }
    uint8_t aad[AAD_MAX], *body = to + HEAD_BYTES;
    int n = 0, tail = 0, aad_n = (int)aad_of(binding, aad);
    EVP_CIPHER_CTX *c = key->seal;
    bool ok = EVP_EncryptInit_ex(c, NULL, NULL, NULL, to + 5) == 1 &&
              EVP_EncryptUpdate(c, NULL, &n, aad, aad_n) == 1 &&
              EVP_EncryptUpdate(c, body, &n, (const uint8_t *)plain.p,
                                (int)plain.n) == 1 &&
              EVP_EncryptFinal_ex(c, body + n, &tail) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                                  body + plain.n) == 1;
    return ok ? BUS_OK : bus_fail(err, BUS_ECRYPT, "sealing failed");
}

int bus_wire_open(struct bus_wire_keyring *k,
                  const struct bus_wire_binding *binding,
                  struct bus_strv sealed,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err)
{
    const uint8_t *from = (const uint8_t *)sealed.p;
    if (sealed.n < BUS_WIRE_SEAL_BYTES || from[0] != SEAL_VERSION) {
        return bus_fail(err, BUS_ECRYPT,
                        "%s.%s is no sealed value of version "
                        "%d",
                        binding->record, binding->field, SEAL_VERSION);
    }
    uint32_t id = (uint32_t)from[1] << 24 | (uint32_t)from[2] << 16 |
                  (uint32_t)from[3] << 8 | from[4];
    const struct key *key = find_id(k, id);
    if (key == NULL) {
        return bus_fail(err, BUS_ECRYPT, "%s.%s: the keyring has no key %u",
                        binding->record, binding->field, id);
    }
    size_t size = sealed.n - BUS_WIRE_SEAL_BYTES;
    uint8_t *to = bus_arena_alloc(mem, size + 1), tag[TAG_BYTES], aad[AAD_MAX];
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a sealed value of %zu bytes", size);
    }
    memcpy(tag, from + HEAD_BYTES + size, TAG_BYTES);
    int n = 0, tail = 0, aad_n = (int)aad_of(binding, aad);
    EVP_CIPHER_CTX *c = key->open;
    bool ok =
        EVP_DecryptInit_ex(c, NULL, NULL, NULL, from + 5) == 1 &&
        EVP_DecryptUpdate(c, NULL, &n, aad, aad_n) == 1 &&
        EVP_DecryptUpdate(c, to, &n, from + HEAD_BYTES, (int)size) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
        EVP_DecryptFinal_ex(c, to + n, &tail) == 1;
    *ret = (struct bus_strv){(const char *)to, size};
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT,
                         "%s.%s: not sealed for this event with key %u, or "
                         "changed on the way",
                         binding->record, binding->field, id);
}
