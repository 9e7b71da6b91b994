/* A sealed field: foreign bytes are never opened, our own are, and not after
 * any change. The same bytes as a keyring file are read or refused. */
#include "bus/wire/keyring.h"
#include "tests/fuzz/fuzz.h"

static const char ring[] =
    "7 MZ 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
    "8 bus x25519-private "
    "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bus_wire_keyring *k;
    struct bus_wire_keyring *other = NULL;
    struct bus_err err;
    struct bus_arena mem;
    struct bus_id id = {{1, 2, 3}};
    struct bus_wire_binding b = {"assignment", "personal", &id};
    struct bus_strv plain, in = fuzz_view(data, size);
    if (k == NULL) {
        fuzz_true(bus_wire_keyring_open(
                      fuzz_file((const uint8_t *)ring, sizeof(ring) - 1), &k,
                      &err) == BUS_OK);
    }
    int rc = bus_wire_keyring_open(fuzz_file(data, size), &other, &err);
    fuzz_true(rc == BUS_OK || rc == BUS_ECONFIG);
    bus_wire_keyring_free(rc == BUS_OK ? other : NULL);
    bus_arena_init(&mem, 0, 0);
    fuzz_true(bus_wire_open(k, &b, in, &mem, &plain, &err) == BUS_ECRYPT);
    static const char *const owners[] = {"MZ", "bus"};
    for (int i = 0; i < 2; i++) {
        struct bus_strv sealed;
        fuzz_true(bus_wire_seal(k, bus_strv(owners[i]), &b, in, &mem, &sealed,
                                &err) == BUS_OK);
        fuzz_true(bus_wire_open(k, &b, sealed, &mem, &plain, &err) == BUS_OK);
        fuzz_true(bus_strv_eq(plain, in));
        char *to = (char *)(uintptr_t)sealed.p;
        to[(size ? data[0] * 7u : 0u) % sealed.n] ^= 1;
        fuzz_true(bus_wire_open(k, &b, sealed, &mem, &plain, &err) ==
                  BUS_ECRYPT);
    }
    bus_arena_fini(&mem);
    return 0;
}
