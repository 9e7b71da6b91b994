#include "bus/wire/sealer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/wire/ses.h"

#define PATH_BYTES     1024
#define SEAL_BYTES_MAX (1 << 20)

struct bus_wire_sealer
{
    struct bus_wire_sm2_key *key;
    struct bus_arena mem;
    struct bus_strv cert, seal; /* n 0: the key alone */
};

/* The key's file with another ending; false: it has none to take away. */
static bool
path_beside(const char *key_file, const char *ending, char ret[PATH_BYTES])
{
    size_t n = strlen(key_file);
    return n > 4 && strcmp(key_file + n - 4, ".key") == 0 &&
           snprintf(ret, PATH_BYTES, "%.*s%s", (int)(n - 4), key_file, ending) <
               PATH_BYTES;
}

static int
read_seal(struct bus_wire_sealer *s, const char *path, struct bus_err *err)
{
    FILE *f = fopen(path, "re");
    char *to = bus_arena_alloc(&s->mem, SEAL_BYTES_MAX);
    size_t n = f != NULL && to != NULL ? fread(to, 1, SEAL_BYTES_MAX, f) : 0;
    int rc = n > 0 && n < SEAL_BYTES_MAX
                 ? BUS_OK
                 : bus_fail(err, BUS_ECONFIG,
                            "%.500s: no seal of 1 byte to 1 MiB (%s) / "
                            "不是印章文件",
                            path, f == NULL ? strerror(errno) : "read");
    s->seal = (struct bus_strv){to, n};
    if (f != NULL) {
        (void)fclose(f);
    }
    return rc;
}

static int open_beside(struct bus_wire_sealer *s,
                       const char *key_file,
                       struct bus_err *err)
{
    char esl[PATH_BYTES], crt[PATH_BYTES];
    struct bus_strv tried;
    if (!path_beside(key_file, ".esl", esl) ||
        !path_beside(key_file, ".crt", crt) ||
        (access(esl, F_OK) != 0 && access(crt, F_OK) != 0)) {
        return BUS_OK;
    }
    BUS_TRY(read_seal(s, esl, err));
    BUS_TRY(bus_wire_ses_cert_read(crt, &s->mem, &s->cert, err));
    if (bus_wire_sealer_seal(s, BUS_STRV("-"), 0, &s->mem, &tried, err) !=
        BUS_OK) {
        char why[BUS_ERR_MSG_MAX / 2];
        (void)snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1,
                       err != NULL ? err->msg : "");
        return bus_fail(err, BUS_ECONFIG, "%.300s: %s", esl, why);
    }
    return BUS_OK;
}

int bus_wire_sealer_open(const char *key_file,
                         struct bus_wire_sealer **ret,
                         struct bus_err *err)
{
    struct bus_wire_sealer *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a seal");
    }
    bus_arena_init(&s->mem, 0, 4u << 20);
    int rc = bus_wire_sm2_key_open(key_file, &s->key, err);
    if (rc == BUS_OK) {
        rc = open_beside(s, key_file, err);
    }
    if (rc != BUS_OK) {
        bus_wire_sealer_free(s);
        return rc;
    }
    *ret = s;
    return BUS_OK;
}

void bus_wire_sealer_free(struct bus_wire_sealer *s)
{
    if (s != NULL) {
        bus_wire_sm2_key_free(s->key);
        bus_arena_fini(&s->mem);
        bus_free(s);
    }
}

const uint8_t *bus_wire_sealer_point(const struct bus_wire_sealer *s)
{
    return bus_wire_sm2_key_point(s->key);
}

int bus_wire_sealer_seal(const struct bus_wire_sealer *s,
                         struct bus_strv text,
                         int64_t now_ms,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    struct bus_wire_signature made;
    BUS_CHECK(s != NULL && s->key != NULL);
    if (s->seal.n > 0) {
        const struct bus_wire_ses_act act = {.seal = s->seal,
                                             .signer = s->key,
                                             .cert = s->cert,
                                             .what = BUS_STRV("lianou"),
                                             .document = text,
                                             .now_ms = now_ms};
        return bus_wire_ses_sign(&act, mem, ret, err);
    }
    BUS_TRY(bus_wire_sm2_key_sign(s->key, text, &made, err));
    const char *der = bus_arena_dup(mem, made.der, made.n);
    *ret = (struct bus_strv){der, made.n};
    return der != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a seal");
}
