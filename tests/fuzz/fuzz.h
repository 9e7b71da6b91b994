/* What fuzz targets share. A target is one file fuzz_<what>.c with
 * LLVMFuzzerTestOneInput(): it gives the bytes to one decoder and holds what
 * comes out against what must be true of it. seeds/<what>/ holds its first
 * inputs and every input that has once found a fault.
 *
 * Built by clang with libFuzzer (preset `fuzz`, tests/fuzz/run) it searches;
 * built by any compiler with replay.c it runs what stands in seeds/. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/strv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be true, or this input is a finding. */
#define fuzz_true(what)                                                        \
    do {                                                                       \
        if (!(what)) {                                                         \
            (void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, \
                          #what);                                              \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The project's folder. */
static inline const char *fuzz_source(void)
{
    const char *s = getenv("LIANOU_SOURCE");
    return s ? s : LIANOU_FUZZ_SOURCE;
}

static inline struct bus_strv fuzz_view(const uint8_t *data, size_t size)
{
    return (struct bus_strv){size ? (const char *)data : "", size};
}

/* The bytes as a file, mode 0600; the path is good until the next call. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        fuzz_true(fd >= 0 && fchmod(fd, 0600) == 0);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    fuzz_true(ftruncate(fd, 0) == 0);
    fuzz_true(pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

/* The first part of the input up to a NUL, which is passed over. */
static inline struct bus_strv fuzz_part(struct bus_strv *rest)
{
    const char *end = memchr(rest->p, 0, rest->n);
    struct bus_strv part = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t used = part.n + (end != NULL);
    rest->p += used;
    rest->n -= used;
    return part;
}

#endif
