/* Preloaded into a role (LD_PRELOAD): counts the general heap's allocations by
 * who asked. The counts stand in the file COUNT_MALLOC names, three 64-bit
 * numbers: from the program's own code on its other threads, on its first (the
 * loop), and from libraries. glibc. */
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static uint64_t nowhere[3];
static uint64_t *counts = nowhere;
static uintptr_t from, to;

/* The first object is the program. */
static int program(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type == PT_LOAD && (h->p_flags & PF_X) != 0) {
            from = info->dlpi_addr + h->p_vaddr;
            to = from + h->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("COUNT_MALLOC");
    int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    (void)dl_iterate_phdr(program, NULL);
    if (fd < 0 || ftruncate(fd, sizeof(nowhere)) != 0) {
        return;
    }
    void *p =
        mmap(NULL, sizeof(nowhere), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    counts = p != MAP_FAILED ? p : nowhere;
    (void)close(fd);
}

static void count(const void *caller)
{
    static __thread pid_t thread;
    uintptr_t at = (uintptr_t)caller;
    thread = thread != 0 ? thread : gettid();
    int who = at < from || at >= to ? 2 : thread == getpid();
    (void)__atomic_fetch_add(&counts[who], 1, __ATOMIC_RELAXED);
}

SHOWN void *malloc(size_t n)
{
    count(__builtin_return_address(0));
    return __libc_malloc(n);
}

SHOWN void *calloc(size_t n, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

SHOWN void *realloc(void *p, size_t n)
{
    count(__builtin_return_address(0));
    return __libc_realloc(p, n);
}
