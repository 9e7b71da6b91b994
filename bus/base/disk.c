#include "bus/base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct bus_disk_io system_io = {write, fsync, renameat, NULL};
static const struct bus_disk_io *io = &system_io;

void bus_disk_io_set(const struct bus_disk_io *replaced)
{
    io = replaced ? replaced : &system_io;
}

int bus_disk_fail(struct bus_err *err, const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return bus_fail(err, full ? BUS_EFULL : BUS_EIO, "%s: %s", what,
                    strerror(errno));
}

int bus_disk_folder(int at, const char *path, int *ret_fd, struct bus_err *err)
{
    char part[1024];
    size_t n = strlen(path);
    if (n >= sizeof(part)) {
        return bus_fail(err, BUS_ECONFIG, "a path of %zu bytes", n);
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdirat(at, part, 0770) != 0 && errno != EEXIST) {
            return bus_disk_fail(err, part);
        }
    }
    *ret_fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? bus_disk_fail(err, path) : BUS_OK;
}

static bool disk_write_all(int fd, struct bus_strv s)
{
    while (s.n > 0) {
        ssize_t n = io->write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return false;
        }
        s.p += n;
        s.n -= (size_t)n;
    }
    return true;
}

int bus_disk_write(int folder,
                   const char *name,
                   struct bus_strv bytes,
                   struct bus_err *err)
{
    int fd =
        openat(folder, name,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool well = fd >= 0 && disk_write_all(fd, bytes) && io->fsync(fd) == 0;
    int rc = well ? BUS_OK : bus_disk_fail(err, name);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!well) {
        (void)unlinkat(folder, name, 0);
    }
    return rc;
}

int bus_disk_append(int fd,
                    off_t *size,
                    struct bus_strv bytes,
                    struct bus_err *err)
{
    if (lseek(fd, *size, SEEK_SET) == *size && disk_write_all(fd, bytes) &&
        io->fsync(fd) == 0) {
        *size += (off_t)bytes.n;
        return BUS_OK;
    }
    int rc = bus_disk_fail(err, "append");
    (void)!ftruncate(fd, *size); /* a torn end is also seen when it is read */
    return rc;
}

int bus_disk_rename(int from,
                    const char *old,
                    int to,
                    const char *name,
                    struct bus_err *err)
{
    if (io->rename(from, old, to, name) == 0) {
        return BUS_OK;
    }
    if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST) {
        return bus_fail(err, BUS_EAGAIN, "%s: %s", name, strerror(errno));
    }
    return bus_disk_fail(err, name);
}

int bus_disk_unlink(int folder, const char *name, struct bus_err *err)
{
    int rc = io->unlink ? io->unlink(folder, name) : unlinkat(folder, name, 0);
    return rc == 0 || errno == ENOENT ? BUS_OK : bus_disk_fail(err, name);
}

int bus_disk_sync(int folder, struct bus_err *err)
{
    return io->fsync(folder) == 0 ? BUS_OK : bus_disk_fail(err, "folder");
}

int bus_disk_read(int folder,
                  const char *name,
                  size_t max,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err)
{
    struct stat st;
    int fd =
        openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? bus_fail(err, BUS_EUNKNOWN, "%s: gone", name)
               : errno == EACCES
                   ? bus_fail(err, BUS_EDENIED, "%s: may not be read", name)
                   : bus_disk_fail(err, name);
    }
    int rc = fstat(fd, &st) == 0 ? BUS_OK : bus_disk_fail(err, name);
    if (rc == BUS_OK && (!S_ISREG(st.st_mode) || (size_t)st.st_size > max)) {
        rc = bus_fail(err, BUS_ETOOBIG, "%s: over %zu bytes", name, max);
    }
    size_t size = rc ? 0 : (size_t)st.st_size, have = 0;
    char *to = rc ? NULL : bus_arena_alloc(mem, size + 1);
    if (rc == BUS_OK && to == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "%s", name);
    }
    while (rc == BUS_OK && have < size) {
        ssize_t n = read(fd, to + have, size - have);
        if (n < 0 && errno != EINTR) {
            rc = bus_disk_fail(err, name);
        } else if (n == 0) {
            size = have; /* it has become shorter */
        } else {
            have += n > 0 ? (size_t)n : 0;
        }
    }
    (void)close(fd);
    *ret = (struct bus_strv){to, have};
    return rc;
}
