#include "bus/role/keys.h"

#include <stdio.h>
#include <sys/stat.h>

#include "bus/base/check.h"

int bus_role_keyring_path(const struct bus_config *config,
                          const char *holder,
                          char ret[BUS_ROLE_RING_PATH],
                          struct bus_err *err)
{
    const char *ring = config->keys.ring;
    struct stat st;
    bool folder = stat(ring, &st) == 0 && S_ISDIR(st.st_mode);
    int n = folder
                ? snprintf(ret, BUS_ROLE_RING_PATH, "%s/%s.keys", ring, holder)
                : snprintf(ret, BUS_ROLE_RING_PATH, "%s", ring);
    return n < BUS_ROLE_RING_PATH
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "%s: too long a path", ring);
}

static bool key_meets(const struct bus_wire_keyring *k,
                      const struct bus_role_key_need *need)
{
    struct bus_strv owner = bus_strv(need->owner);
    switch (need->use) {
    case BUS_ROLE_KEY_SEALS:
        return bus_wire_keyring_seals(k, owner);
    case BUS_ROLE_KEY_OPENS:
        return bus_wire_keyring_opens(k, owner);
    case BUS_ROLE_KEY_SUMS:
        return bus_wire_keyring_sums(k, owner);
    }
    return false;
}

static int keys_check(const struct bus_wire_keyring *k,
                      const char *path,
                      const struct bus_role_key_need *needs,
                      size_t n,
                      struct bus_err *err)
{
    static const char *const kinds[] = {
        [BUS_ROLE_KEY_SEALS] = "x25519-public",
        [BUS_ROLE_KEY_OPENS] = "x25519-private",
        [BUS_ROLE_KEY_SUMS] = "sums",
    };
    for (size_t i = 0; i < n; i++) {
        if (!key_meets(k, &needs[i])) {
            return bus_fail(err, BUS_ECONFIG,
                            "%s has no key of `%s` that it needs; add a line "
                            "`<key id> %s %s <64 hex digits>` (lianou keys)",
                            path, needs[i].owner, needs[i].owner,
                            kinds[needs[i].use]);
        }
    }
    return BUS_OK;
}

int bus_role_keyring_open(const struct bus_config *config,
                          const char *holder,
                          const struct bus_role_key_need *needs,
                          size_t n,
                          struct bus_wire_keyring **ret,
                          struct bus_err *err)
{
    char path[BUS_ROLE_RING_PATH];
    struct bus_wire_keyring *k = NULL;
    BUS_CHECK(holder != NULL && (n == 0 || needs != NULL));
    BUS_TRY(bus_role_keyring_path(config, holder, path, err));
    BUS_TRY(bus_wire_keyring_open(path, &k, err));
    int rc = keys_check(k, path, needs, n, err);
    if (rc != BUS_OK) {
        bus_wire_keyring_free(k);
        return rc;
    }
    *ret = k;
    return BUS_OK;
}

int bus_role_keyring_only_seals(const struct bus_wire_keyring *k,
                                const char *path,
                                bool *ret_shared,
                                struct bus_err *err)
{
    *ret_shared = false;
    for (size_t i = 0; i < bus_wire_keyring_count(k); i++) {
        struct bus_wire_key_view v = bus_wire_keyring_at(k, i);
        if (v.kind == BUS_WIRE_KEY_X25519_PRIVATE) {
            return bus_fail(err, BUS_ECONFIG,
                            "%s: key %u of `%.*s` is a private one; a door "
                            "seals and does not open: give it the public half "
                            "(lianou keys)",
                            path, (unsigned)v.id, BUS_STRV_ARG(v.owner));
        }
        *ret_shared = *ret_shared || v.kind == BUS_WIRE_KEY_SHARED;
    }
    return BUS_OK;
}
